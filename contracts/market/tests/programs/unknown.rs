//! Ids under which there is nothing: every function that takes one says so.

use super::{orders::plain, *};

/// Nothing has this id.
const NOTHING: U256 = U256::from_limbs([9, 0, 0, 0]);

type Step = fn(&mut Programs) -> Result<(), Error>;

#[test]
fn a_task_that_was_never_made_is_unknown_to_every_step() {
    let steps: [Step; 17] = [
        |m| m.tasks.place_bid(NOTHING, A, n(1)),
        |m| m.tasks.assign_provider(NOTHING, A),
        |m| m.tasks.submit_result(NOTHING, HASH),
        |m| m.tasks.verify_completion(NOTHING, HASH),
        |m| m.tasks.finalize_payment(NOTHING),
        |m| m.tasks.fail_task(NOTHING),
        |m| m.bids.commit_bid(NOTHING, A, HASH, vec![]),
        |m| m.bids.take_task(NOTHING, A, vec![]),
        |m| m.bids.withdraw_bid(NOTHING, A),
        |m| m.bids.expire_task(NOTHING),
        |m| m.disputes.open_dispute(NOTHING),
        |m| m.disputes.submit_evidence(NOTHING, HASH, "".into()),
        |m| m.disputes.resolve_dispute(NOTHING, 0, U256::ZERO),
        |m| m.disputes.resolve_by_default(NOTHING),
        |m| (m.orders.reopen_task(NOTHING, "".into(), 1, plain())).map(drop),
        |m| m.admin.bid_of(NOTHING, A).map(drop),
        |m| m.admin.verification_of(NOTHING).map(drop),
    ];
    let mut market = Stage::with_bids();
    for step in steps {
        refused(market.by(OWNER, step), UnknownTask { taskId: NOTHING });
    }
}

#[test]
fn a_lease_that_was_never_made_is_unknown_to_every_step() {
    let steps: [Step; 9] = [
        |m| m.leases.start_lease(NOTHING),
        |m| m.leases.cancel_lease(NOTHING),
        |m| m.leases.heartbeat(NOTHING),
        |m| m.leases.settle_lease(NOTHING).map(drop),
        |m| m.leases.top_up_lease(NOTHING, 1),
        |m| m.leases.shorten_lease(NOTHING, 1),
        |m| m.leases.give_notice(NOTHING),
        |m| m.leases.report_latency(NOTHING, true),
        |m| m.leases.close_lease(NOTHING),
    ];
    let mut market = Stage::new();
    for step in steps {
        refused(market.by(ALICE, step), UnknownLease { leaseId: NOTHING });
    }
}

#[test]
fn a_provider_without_a_card_is_unknown_to_every_step() {
    let steps: [Step; 5] = [
        |m| m.tasks.place_bid(T, NOTHING, n(1)),
        |m| m.bids.withdraw_bid(T, NOTHING),
        |m| m.bids.revoke_signed_bids(NOTHING),
        |m| m.orders.publish_price(NOTHING, n(1), 1),
        |m| (m.orders.hire("".into(), NOTHING, 1, n(1), plain())).map(drop),
    ];
    let mut market = Stage::open();
    for step in steps {
        let unknown = UnknownProvider {
            providerId: NOTHING,
        };
        refused(market.by(ALICE, step), unknown);
    }
}

#[test]
fn a_bid_is_withdrawn_by_the_owner_of_the_provider_alone() {
    let mut market = Stage::with_bids();
    for caller in [CLIENT, OWNER, BOB] {
        let other = NotProvider {
            providerId: A,
            caller,
        };
        refused(market.by(caller, |m| m.bids.withdraw_bid(T, A)), other);
    }
}
