//! Offers that come another way than the task takes them, from providers that it does not, or without what they have to leave.

use market::abi::Terms;

use super::{
    orders::{leaf, plain},
    *,
};

fn sealed() -> Terms {
    Terms {
        bidding: 1,
        revealMinutes: 2,
        ..plain()
    }
}

fn rising() -> Terms {
    Terms {
        bidding: 2,
        startPrice: n(4_000),
        ..plain()
    }
}

impl Stage {
    /// Leaves the first provider this much of its 2,000 wei of collateral.
    fn leaves(&mut self, free: u128) {
        self.by(ALICE, |m| m.admin.withdraw_collateral(A, n(2_000 - free)))
            .unwrap();
    }
}

#[test]
fn a_task_takes_offers_in_its_own_way_only() {
    let commit = |m: &mut Programs| m.bids.commit_bid(T, A, HASH, vec![]);
    let take = |m: &mut Programs| m.bids.take_task(T, A, vec![]);
    let bid = |m: &mut Programs| m.bids.place_listed_bid(T, A, n(8_000), vec![]);
    let other = |bidding| OtherBidding { taskId: T, bidding };
    let mut market = Stage::with(plain());
    refused(market.by(ALICE, commit), other(0));
    refused(market.by(ALICE, take), other(0));
    let mut market = Stage::with(sealed());
    refused(market.by(ALICE, bid), other(1));
    refused(market.by(ALICE, take), other(1));
    let mut market = Stage::with(rising());
    refused(market.by(ALICE, bid), other(2));
    refused(market.by(ALICE, commit), other(2));
}

#[test]
fn a_list_is_for_every_way_to_offer() {
    let listed = |terms| Terms {
        allowList: leaf(A),
        ..terms
    };
    let not = || NotListed {
        taskId: T,
        providerId: B,
    };
    let commit = |id| move |m: &mut Programs| m.bids.commit_bid(T, id, HASH, vec![]);
    let mut market = Stage::with(listed(sealed()));
    refused(market.by(BOB, commit(B)), not());
    market.by(ALICE, commit(A)).unwrap();
    let take = |id| move |m: &mut Programs| m.bids.take_task(T, id, vec![]);
    let mut market = Stage::with(listed(rising()));
    refused(market.by(BOB, take(B)), not());
    market.by(ALICE, take(A)).unwrap();
}

#[test]
fn a_sealed_bid_is_made_by_the_provider_and_leaves_a_bond() {
    let mut market = Stage::with(sealed());
    let commit = |m: &mut Programs| m.bids.commit_bid(T, A, HASH, vec![]);
    let other = NotProvider {
        providerId: A,
        caller: BOB,
    };
    refused(market.by(BOB, commit), other);
    market.leaves(4);
    let poor = CollateralTooLow {
        free: n(4),
        required: n(5),
    };
    refused(market.by(ALICE, commit), poor);
}

#[test]
fn who_takes_a_task_leaves_the_bond_and_the_collateral() {
    let take = |m: &mut Programs| m.bids.take_task(T, A, vec![]);
    // At once the price is 4,000 wei, of which a tenth is held.
    for (free, left, required) in [(4, 4, 5), (404, 399, 400)] {
        let mut market = Stage::with(rising());
        market.leaves(free);
        let poor = CollateralTooLow {
            free: n(left),
            required: n(required),
        };
        refused(market.by(ALICE, take), poor);
    }
    let mut market = Stage::with(rising());
    market.leaves(405);
    market.by(ALICE, take).unwrap();
    assert_eq!(market.collateral(A), U256::ZERO);
}

#[test]
fn a_provider_that_lost_the_trust_asked_for_is_not_assigned() {
    let mut market = Stage::with(Terms {
        minTrust: 5_000,
        ..plain()
    });
    market
        .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
        .unwrap();
    market.standing(A, ALICE, 4_999);
    market
        .by(STRANGER, |m| m.admin.refresh_provider(A))
        .unwrap();
    let error = TrustTooLow {
        trust: n(4_999),
        required: n(5_000),
    };
    refused(market.by(CLIENT, |m| m.tasks.assign_provider(T, A)), error);
}

#[test]
fn terms_are_checked_when_a_task_is_reopened_or_a_provider_hired() {
    let mut market = Stage::open();
    market
        .by(ALICE, |m| m.orders.publish_price(A, n(20), 400))
        .unwrap();
    let wrong = || Terms {
        verifier: 1,
        ..plain()
    };
    let reopened = market.by(CLIENT, |m| m.orders.reopen_task(T, "".into(), 300, wrong()));
    refused(reopened, UnknownVerifier { verifier: 1 });
    let hired = market.by(CLIENT, |m| {
        m.orders.hire("".into(), A, 400, n(8_000), wrong())
    });
    refused(hired, UnknownVerifier { verifier: 1 });
    assert_eq!(
        (market.status(), market.programs.admin.task_count()),
        (1, T)
    );
}

#[test]
fn a_default_is_for_disputes_only() {
    for mut market in [Stage::submitted(), Stage::verified(), Stage::rejected()] {
        market.chain.pass(10_000);
        let status = market.status();
        refused(
            market.by(STRANGER, |m| m.disputes.resolve_by_default(T)),
            WrongStatus { taskId: T, status },
        );
    }
}
