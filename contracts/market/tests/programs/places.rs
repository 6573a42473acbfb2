//! Where bids are kept: places that a provider uses again, and slots of their own where a place is taken.

use ogpu_rules::entry::PLACES;

use super::*;

/// Two tasks whose bids have the same place, both open: the first one's id and the second one's.
fn sharing() -> (Stage, U256) {
    let mut market = Stage::open();
    for _ in 0..PLACES {
        market
            .by(CLIENT, |m| m.tasks.submit_task("".into(), n(10_000), 400))
            .unwrap();
    }
    (market, T + U256::from(PLACES))
}

impl Stage {
    fn bids(&mut self, task: U256, price: u128) {
        self.by(ALICE, |m| m.tasks.place_bid(task, A, n(price)))
            .unwrap();
    }

    fn price(&self, task: U256) -> U256 {
        self.programs.admin.bid_of(task, A).unwrap().price
    }
}

#[test]
fn two_bids_that_share_a_place_both_stand() {
    let (mut market, second) = sharing();
    market.bids(T, 8_000);
    market.bids(second, 7_000);
    assert_eq!(
        (market.price(T), market.price(second)),
        (n(8_000), n(7_000))
    );
    assert_eq!(market.collateral(A), n(1_990), "two bonds");

    // Each is lowered where it is, whichever place is free by then.
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    market.bids(second, 6_000);
    assert_eq!((market.price(T), market.price(second)), (n(0), n(6_000)));
    market.bids(T, 5_000);
    assert_eq!(
        (market.price(T), market.price(second)),
        (n(5_000), n(6_000))
    );
    assert_eq!(market.collateral(A), n(1_990));

    market
        .by(CLIENT, |m| m.tasks.assign_provider(second, A))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, A))
        .unwrap();
    assert_eq!(
        market.programs.admin.task_of(second).unwrap().price,
        n(6_000)
    );
    assert_eq!(market.programs.admin.task_of(T).unwrap().price, n(5_000));
}

#[test]
fn the_next_bid_in_a_place_takes_the_bond_of_one_that_lost() {
    let (mut market, second) = sharing();
    market.bids(T, 8_000);
    market
        .by(BOB, |m| m.tasks.place_bid(T, B, n(7_000)))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, B))
        .unwrap();
    assert_eq!(market.collateral(A), n(1_995));
    market.bids(second, 6_000);
    assert_eq!(market.collateral(A), n(1_995), "one bond came, one went");
    let lost = BidWithdrawn {
        taskId: T,
        providerId: A,
    };
    let logs = market.chain.vm.get_emitted_logs();
    let (topics, data) = logs[logs.len() - 2].clone();
    assert_eq!(BidWithdrawn::decode_raw_log(topics, &data).unwrap(), lost);
    // The bond has been taken back, once.
    refused(
        market.by(ALICE, |m| m.bids.withdraw_bid(T, A)),
        NoBid {
            taskId: T,
            providerId: A,
        },
    );
    assert_eq!(market.price(second), n(6_000));
}

#[test]
fn a_bid_on_a_task_that_was_taken_back_gives_its_place_and_bond() {
    let (mut market, second) = sharing();
    market.bids(T, 8_000);
    market.by(CLIENT, |m| m.bids.cancel_task(T)).unwrap();
    market.bids(second, 6_000);
    assert_eq!((market.price(T), market.price(second)), (n(0), n(6_000)));
    assert_eq!(market.collateral(A), n(1_995));
}

#[test]
fn a_winner_keeps_its_place_until_it_is_settled_and_gets_its_bond_once() {
    let (mut market, second) = sharing();
    market.bids(T, 8_000);
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, A))
        .unwrap();
    market.bids(second, 6_000);
    assert_eq!(market.price(second), n(6_000), "in a slot of its own");
    assert_eq!(market.collateral(A), n(2_000 - 800 - 10));

    let (mut market, second) = sharing();
    market.bids(T, 8_000);
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, A))
        .unwrap();
    let seal = market.programs.admin.seal_of(T, A, HASH);
    market
        .by(ALICE, |m| m.tasks.submit_result(T, seal))
        .unwrap();
    market.chain.pass(1_000);
    market
        .by(STRANGER, |m| m.tasks.finalize_payment(T))
        .unwrap();
    assert_eq!(market.collateral(A), n(2_000));
    market
        .by(CLIENT, |m| m.tasks.submit_task("".into(), n(10_000), 400))
        .unwrap();
    let third = second + U256::from(1);
    market.bids(third, 6_000);
    let fourth = T + U256::from(PLACES);
    assert_eq!(fourth, second);
    assert_eq!(market.collateral(A), n(1_995), "the settled bond came once");
    assert_eq!(market.programs.admin.bid_of(T, A).unwrap().resultSeal, seal);
}
