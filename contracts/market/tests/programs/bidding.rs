//! Making tasks, bidding, assignment.

use super::*;
use alloy_primitives::keccak256;
use market::abi::{BidView, TaskView, Terms};
use ogpu_common::{AmountTooLarge, ZeroAmount};

fn terms() -> Terms {
    Terms {
        biddingWindow: 50,
        minTrust: 5_000,
        minCollateral: n(900),
        trustWeight: 8_000,
        verifier: 0,
        verifierFee: U256::ZERO,
        verifierData: B256::ZERO,
        allowList: B256::ZERO,
        bidding: 0,
        startPrice: U256::ZERO,
        revealMinutes: 0,
    }
}

#[test]
fn a_task_locks_its_budget() {
    let mut market = Stage::new();
    let lock = Siblings::lockCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
    };
    market.calling(CLIENT, ESCROW, lock, Vec::new(), |m| {
        m.tasks
            .submit_task("ipfs://task".into(), n(10_000), 400)
            .map(drop)
    });
    let event = TaskSubmitted {
        taskId: T,
        client: CLIENT,
        metadataDigest: keccak256("ipfs://task"),
        budget: n(10_000),
        duration: 400,
        biddingEnds: START + 600,
        version: 1,
        metadata: "ipfs://task".into(),
    };
    assert_eq!(market.last::<TaskSubmitted>(), event);
    assert_eq!(market.programs.admin.task_count(), T);
    let view = TaskView {
        client: CLIENT,
        budget: n(10_000),
        status: 1,
        version: 1,
        duration: 400,
        deadline: START + 600,
        price: n(0),
        providerId: n(0),
        runnerUpId: n(0),
        minTrust: 0,
        minCollateral: n(0),
        trustWeight: 3_000,
        highValue: false,
    };
    assert_eq!(market.programs.admin.task_of(T), Ok(view));
}

#[test]
fn a_task_has_bounds() {
    let mut market = Stage::new();
    let mut submit =
        |budget, duration| market.by(CLIENT, |m| m.tasks.submit_task("".into(), budget, duration));
    refused(submit(n(0), 400), ZeroAmount {});
    let maximum = n((1 << 96) - 1);
    refused(
        submit(n(1 << 96), 400),
        AmountTooLarge {
            amount: n(1 << 96),
            maximum,
        },
    );
    refused(
        submit(U256::MAX, 400),
        AmountTooLarge {
            amount: U256::MAX,
            maximum,
        },
    );
    let error = |value| OutOfRange {
        field: 2,
        value: n(value),
        minimum: n(1),
        maximum: n(10_000),
    };
    refused(submit(n(1), 0), error(0));
    refused(submit(n(1), 10_001), error(10_001));
    refused(submit(n(1), u64::MAX), error(u64::MAX as u128));
    assert_eq!(submit(maximum, 10_000), Ok(T));
    refused(
        market.programs.admin.task_of(n(2)),
        UnknownTask { taskId: n(2) },
    );
    // an id that would be the first one's if it were cut
    let long = U256::from_limbs([1, 0, 0, 1]);
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(long, A, n(1))),
        UnknownTask { taskId: long },
    );
}

#[test]
fn clients_may_need_a_stake() {
    let mut market = Stage::new();
    let asks = Parameters {
        minClientStake: U96::from(500),
        ..parameters()
    };
    market.by(OWNER, |m| m.admin.set_parameters(asks)).unwrap();
    let staked = |market: &Stage, stake: u128| {
        let call = Siblings::totalStakeOfCall { account: CLIENT }.abi_encode();
        market.chain.answer(VAULT, call, Ok(n(stake).abi_encode()));
    };
    staked(&market, 499);
    let submitted = market.by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1));
    refused(
        submitted,
        ClientStakeTooLow {
            stake: n(499),
            required: n(500),
        },
    );
    staked(&market, 500);
    assert_eq!(
        market.by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1)),
        Ok(T)
    );
}

#[test]
fn terms_bind_bidders() {
    let mut market = Stage::new();
    assert_eq!(
        market.by(CLIENT, |m| m.orders.submit_task_with_terms(
            "ipfs://task".into(),
            n(10_000),
            400,
            terms()
        )),
        Ok(T)
    );
    let event = TermsSet {
        taskId: T,
        payer: CLIENT,
        minTrust: 5_000,
        minCollateral: n(900),
        trustWeight: 8_000,
        verifier: 0,
        verifierFee: U256::ZERO,
        verifierData: B256::ZERO,
        allowList: B256::ZERO,
        bidding: 0,
        startPrice: U256::ZERO,
        revealMinutes: 0,
    };
    assert_eq!(market.last::<TermsSet>(), event);
    let view = market.programs.admin.task_of(T).unwrap();
    assert_eq!(
        (
            view.deadline,
            view.minTrust,
            view.minCollateral,
            view.trustWeight
        ),
        (START + 50, 5_000, n(900), 8_000)
    );

    market.standing(B, BOB, 4_999);
    market
        .by(STRANGER, |m| m.admin.refresh_provider(B))
        .unwrap();
    refused(
        market.by(BOB, |m| m.tasks.place_bid(T, B, n(1))),
        TrustTooLow {
            trust: n(4_999),
            required: n(5_000),
        },
    );
    market
        .by(ALICE, |m| m.admin.withdraw_collateral(A, n(1_096)))
        .unwrap();
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(1))),
        CollateralTooLow {
            free: n(899),
            required: n(900),
        },
    );
    market
        .by(ALICE, |m| m.admin.deposit_collateral(A, n(1)))
        .unwrap();
    market.by(ALICE, |m| m.tasks.place_bid(T, A, n(1))).unwrap();
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, A))
        .unwrap();
    assert_eq!(market.last::<ProviderAssigned>().collateral, n(900));
    assert_eq!(market.collateral(A), n(0));

    let error = |field, value, minimum, maximum| OutOfRange {
        field,
        value: n(value),
        minimum: n(minimum),
        maximum: n(maximum),
    };
    let mut submit = |terms| {
        market.by(CLIENT, |m| {
            m.orders
                .submit_task_with_terms("ipfs://task".into(), n(10_000), 400, terms)
        })
    };
    refused(
        submit(Terms {
            biddingWindow: 0,
            ..terms()
        }),
        error(3, 0, 1, 2_592_000),
    );
    refused(
        submit(Terms {
            minTrust: 10_001,
            ..terms()
        }),
        error(4, 10_001, 0, 10_000),
    );
    refused(
        submit(Terms {
            trustWeight: 8_001,
            ..terms()
        }),
        error(6, 8_001, 0, 8_000),
    );
    refused(
        submit(Terms {
            minCollateral: n(1 << 80),
            ..terms()
        }),
        error(5, 1 << 80, 0, (1 << 80) - 1),
    );
}

#[test]
fn a_bid_holds_the_bond_once() {
    let mut market = Stage::open();
    market
        .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
        .unwrap();
    assert_eq!(
        market.last::<BidPlaced>(),
        BidPlaced {
            taskId: T,
            providerId: A,
            price: n(8_000)
        }
    );
    assert_eq!(market.collateral(A), n(1_995));
    market
        .by(ALICE, |m| m.tasks.place_bid(T, A, n(7_500)))
        .unwrap();
    assert_eq!(market.collateral(A), n(1_995));
    assert_eq!(
        market.programs.admin.bid_of(T, A),
        Ok(BidView {
            price: n(7_500),
            resultSeal: B256::ZERO
        })
    );
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(7_501))),
        PriceRaised {
            price: n(7_501),
            standing: n(7_500),
        },
    );
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    assert_eq!(
        market.last::<BidWithdrawn>(),
        BidWithdrawn {
            taskId: T,
            providerId: A
        }
    );
    assert_eq!(
        (
            market.collateral(A),
            market.programs.admin.task_of(T).unwrap().providerId
        ),
        (n(2_000), n(0))
    );
    refused(
        market.by(ALICE, |m| m.bids.withdraw_bid(T, A)),
        NoBid {
            taskId: T,
            providerId: A,
        },
    );
    market
        .by(ALICE, |m| m.tasks.place_bid(T, A, n(9_999)))
        .unwrap();
}

#[test]
fn bids_are_refused_with_reasons() {
    let mut market = Stage::open();
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(n(2), A, n(1))),
        UnknownTask { taskId: n(2) },
    );
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, n(9), n(1))),
        UnknownProvider { providerId: n(9) },
    );
    refused(
        market.by(BOB, |m| m.tasks.place_bid(T, A, n(1))),
        NotProvider {
            providerId: A,
            caller: BOB,
        },
    );
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(0))),
        ZeroAmount {},
    );
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(10_001))),
        PriceAboveBudget {
            price: n(10_001),
            budget: n(10_000),
        },
    );
    market
        .by(ALICE, |m| m.admin.withdraw_collateral(A, n(1_196)))
        .unwrap();
    // 804 left: the bond of 5 is there, the collateral of 800 is not
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000))),
        CollateralTooLow {
            free: n(799),
            required: n(800),
        },
    );
    market
        .by(ALICE, |m| m.admin.withdraw_collateral(A, n(800)))
        .unwrap();
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(1))),
        CollateralTooLow {
            free: n(4),
            required: n(5),
        },
    );
    market.chain.pass(600);
    refused(
        market.by(BOB, |m| m.tasks.place_bid(T, B, n(1))),
        TooLate {
            taskId: T,
            until: START + 600,
        },
    );
}

#[test]
fn nobody_bids_on_its_own_task() {
    let mut market = Stage::new();
    market
        .by(ALICE, |m| m.tasks.submit_task("".into(), n(10_000), 400))
        .unwrap();
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(1))),
        SelfDealing { account: ALICE },
    );
    market.by(BOB, |m| m.tasks.place_bid(T, B, n(1))).unwrap();
}

#[test]
fn a_late_lead_extends_the_bidding() {
    let mut market = Stage::with_bids();
    market.chain.pass(580);
    market
        .by(BOB, |m| m.tasks.place_bid(T, B, n(8_500)))
        .unwrap();
    assert_eq!(
        market.programs.admin.task_of(T).unwrap().deadline,
        START + 600
    );
    market
        .by(BOB, |m| m.tasks.place_bid(T, B, n(7_000)))
        .unwrap();
    assert_eq!(
        market.last::<BiddingExtended>(),
        BiddingExtended {
            taskId: T,
            biddingEnds: START + 640
        }
    );
    let view = market.programs.admin.task_of(T).unwrap();
    assert_eq!(
        (view.deadline, view.providerId, view.runnerUpId),
        (START + 640, B, A)
    );
}

#[test]
fn the_client_chooses_any_bid() {
    let mut market = Stage::with_bids();
    refused(
        market.by(CLIENT, |m| m.tasks.assign_provider(T, n(9))),
        NoBid {
            taskId: T,
            providerId: n(9),
        },
    );
    refused(
        market.by(STRANGER, |m| m.tasks.assign_provider(T, A)),
        TooEarly {
            taskId: T,
            from: START + 600,
        },
    );
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, B))
        .unwrap();
    let event = ProviderAssigned {
        taskId: T,
        providerId: B,
        price: n(9_000),
        collateral: n(900),
        deadline: START + 400,
    };
    assert_eq!(market.last::<ProviderAssigned>(), event);
    assert_eq!(market.collateral(B), n(2_000 - 5 - 900));
    let view = market.programs.admin.task_of(T).unwrap();
    assert_eq!(
        (view.status, view.providerId, view.price, view.deadline),
        (2, B, n(9_000), START + 400)
    );
    refused(
        market.by(CLIENT, |m| m.tasks.assign_provider(T, A)),
        WrongStatus {
            taskId: T,
            status: 2,
        },
    );
    // the loser takes its bond back, the winner cannot
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    assert_eq!(market.collateral(A), n(2_000));
    refused(
        market.by(BOB, |m| m.bids.withdraw_bid(T, B)),
        BidWon {
            taskId: T,
            providerId: B,
        },
    );
}

#[test]
fn anyone_triggers_the_best_fit_in_the_grace() {
    let mut market = Stage::with_bids();
    market.chain.pass(600);
    refused(
        market.by(STRANGER, |m| m.tasks.assign_provider(T, B)),
        NotBestFit {
            providerId: B,
            bestProviderId: A,
        },
    );
    market
        .by(STRANGER, |m| m.tasks.assign_provider(T, n(0)))
        .unwrap();
    assert_eq!(market.last::<ProviderAssigned>().providerId, A);

    let mut market = Stage::with_bids();
    market.chain.pass(900);
    refused(
        market.by(STRANGER, |m| m.tasks.assign_provider(T, n(0))),
        TooLate {
            taskId: T,
            until: START + 900,
        },
    );
    refused(
        market.by(CLIENT, |m| m.tasks.assign_provider(T, A)),
        TooLate {
            taskId: T,
            until: START + 900,
        },
    );
}

#[test]
fn an_ineligible_leader_gives_way() {
    let mut market = Stage::with_bids();
    market
        .by(ALICE, |m| m.admin.withdraw_collateral(A, n(1_196)))
        .unwrap();
    refused(
        market.by(CLIENT, |m| m.tasks.assign_provider(T, A)),
        CollateralTooLow {
            free: n(799),
            required: n(800),
        },
    );
    market.chain.pass(600);
    market
        .by(STRANGER, |m| m.tasks.assign_provider(T, B))
        .unwrap();
    assert_eq!(market.last::<ProviderAssigned>().providerId, B);

    let mut market = Stage::with_bids();
    market
        .by(ALICE, |m| m.admin.withdraw_collateral(A, n(1_995)))
        .unwrap();
    market
        .by(BOB, |m| m.admin.withdraw_collateral(B, n(1_995)))
        .unwrap();
    market.chain.pass(600);
    refused(
        market.by(STRANGER, |m| m.tasks.assign_provider(T, n(0))),
        NoEligibleBid { taskId: T },
    );
}

#[test]
fn a_leader_that_withdraws_gives_way() {
    let mut market = Stage::with_bids();
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    let view = market.programs.admin.task_of(T).unwrap();
    assert_eq!((view.providerId, view.runnerUpId), (B, n(0)));
    market.chain.pass(600);
    market
        .by(STRANGER, |m| m.tasks.assign_provider(T, n(0)))
        .unwrap();
    assert_eq!(market.last::<ProviderAssigned>().providerId, B);
}
