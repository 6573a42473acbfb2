//! Delivery, judgement, settlement, and every other end.

use super::*;
use market::abi::BidView;
use ogpu_common::OwnableUnauthorizedAccount;

#[test]
fn a_delivery_is_sealed() {
    let mut market = Stage::assigned();
    let seal = market.programs.admin.seal_of(T, A, HASH);
    refused(
        market.by(BOB, |m| m.tasks.submit_result(T, seal)),
        NotProvider {
            providerId: A,
            caller: BOB,
        },
    );
    market
        .by(ALICE, |m| m.tasks.submit_result(T, seal))
        .unwrap();
    assert_eq!(
        market.last::<ResultSubmitted>(),
        ResultSubmitted {
            taskId: T,
            providerId: A,
            resultSeal: seal
        }
    );
    assert_eq!(
        market.programs.admin.bid_of(T, A),
        Ok(BidView {
            price: n(8_000),
            resultSeal: seal
        })
    );
    assert_eq!(
        market.programs.admin.task_of(T).unwrap().deadline,
        START + 1_000
    );
    refused(
        market.by(ALICE, |m| m.tasks.submit_result(T, seal)),
        WrongStatus {
            taskId: T,
            status: 3,
        },
    );
    refused(
        market.by(ALICE, |m| m.bids.withdraw_bid(T, A)),
        BidWon {
            taskId: T,
            providerId: A,
        },
    );
}

#[test]
fn work_ends_at_the_deadline() {
    let mut market = Stage::assigned();
    market.chain.pass(400);
    refused(
        market.by(ALICE, |m| m.tasks.submit_result(T, HASH)),
        TooLate {
            taskId: T,
            until: START + 400,
        },
    );
}

#[test]
fn the_client_accepts_what_matches_the_seal() {
    let mut market = Stage::submitted();
    refused(
        market.by(STRANGER, |m| m.tasks.verify_completion(T, HASH)),
        NotClient {
            taskId: T,
            caller: STRANGER,
        },
    );
    market
        .by(CLIENT, |m| m.tasks.verify_completion(T, HASH))
        .unwrap();
    assert_eq!(
        market.last::<CompletionVerified>(),
        CompletionVerified {
            taskId: T,
            providerId: A,
            resultHash: HASH
        }
    );
    assert_eq!(
        (
            market.status(),
            market.programs.admin.task_of(T).unwrap().deadline
        ),
        (4, START + 500)
    );
}

#[test]
fn another_providers_seal_matches_nothing() {
    let mut market = Stage::assigned();
    let copied = market.programs.admin.seal_of(T, B, HASH);
    market
        .by(ALICE, |m| m.tasks.submit_result(T, copied))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.verify_completion(T, HASH))
        .unwrap();
    assert_eq!(
        market.last::<ResultRejected>(),
        ResultRejected {
            taskId: T,
            providerId: A,
            resultHash: HASH
        }
    );
    assert_eq!(market.status(), 5);
}

#[test]
fn a_rejection_comes_within_the_review_window() {
    let mut market = Stage::submitted();
    market.chain.pass(1_000);
    refused(
        market.by(CLIENT, |m| m.tasks.verify_completion(T, B256::ZERO)),
        TooLate {
            taskId: T,
            until: START + 1_000,
        },
    );
    market
        .by(CLIENT, |m| m.tasks.verify_completion(T, HASH))
        .unwrap();
    refused(
        market.by(CLIENT, |m| m.tasks.verify_completion(T, HASH)),
        WrongStatus {
            taskId: T,
            status: 4,
        },
    );
}

/// 8,000 wei at 2.5 %; the collateral of 800 and the bond of 5 return.
fn is_paid(mut market: Stage, wait: u64) {
    market.chain.pass(wait - 1);
    let from = START + wait;
    refused(
        market.by(STRANGER, |m| m.tasks.finalize_payment(T)),
        TooEarly { taskId: T, from },
    );
    market.chain.pass(1);
    let settle = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
        provider: ALICE,
        payment: n(7_800),
        fee: n(200),
    };
    market.calling(STRANGER, ESCROW, settle, Vec::new(), |m| {
        m.tasks.finalize_payment(T)
    });
    let event = PaymentFinalized {
        taskId: T,
        providerId: A,
        payment: n(7_800),
        fee: n(200),
    };
    assert_eq!(market.last::<PaymentFinalized>(), event);
    assert_eq!(market.status(), 7);
    assert_eq!(
        market.programs.admin.card_of(A),
        (ALICE, n(5_000), n(2_000))
    );
    refused(
        market.by(STRANGER, |m| m.tasks.finalize_payment(T)),
        WrongStatus {
            taskId: T,
            status: 7,
        },
    );
    refused(
        market.by(ALICE, |m| m.bids.withdraw_bid(T, A)),
        BidWon {
            taskId: T,
            providerId: A,
        },
    );
}

#[test]
fn an_accepted_result_is_paid() {
    is_paid(Stage::verified(), 500);
}

#[test]
fn a_silent_client_pays() {
    is_paid(Stage::submitted(), 1_000);
}

/// Everything returns to the client; half of the collateral of 800 is slashed.
fn fails(mut market: Stage, call: impl Fn(&mut Programs) -> Result<(), Error>) {
    let outcome = market.outcome(0, 4_900);
    market
        .chain
        .answer(REGISTRY, outcome.abi_encode(), Err(b"not yet".to_vec()));
    let settle = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
        provider: ALICE,
        payment: n(0),
        fee: n(0),
    };
    market
        .chain
        .answer(ESCROW, settle.abi_encode(), Err(b"refund".to_vec()));
    assert_eq!(
        Vec::from(market.by(STRANGER, &call).unwrap_err()),
        b"refund"
    );
    market
        .chain
        .answer(ESCROW, settle.abi_encode(), Ok(Vec::new()));
    let slash = Siblings::slashCall {
        account: ALICE,
        amount: n(400),
        injured: CLIENT,
    };
    market
        .chain
        .answer(VAULT, slash.abi_encode(), Err(b"slash".to_vec()));
    assert_eq!(Vec::from(market.by(STRANGER, &call).unwrap_err()), b"slash");
    market
        .chain
        .answer(VAULT, slash.abi_encode(), Ok(n(400).abi_encode()));
    assert_eq!(
        Vec::from(market.by(STRANGER, &call).unwrap_err()),
        b"not yet"
    );
    market.outcome(0, 4_900);
    market.by(STRANGER, &call).unwrap();
    assert_eq!(
        market.last::<TaskFailed>(),
        TaskFailed {
            taskId: T,
            providerId: A,
            slashed: n(400)
        }
    );
    assert_eq!(market.status(), 9);
    assert_eq!(
        market.programs.admin.card_of(A),
        (ALICE, n(4_900), n(1_600))
    );
    assert!(market.by(STRANGER, &call).is_err());
    refused(
        market.by(ALICE, |m| m.bids.withdraw_bid(T, A)),
        BidWon {
            taskId: T,
            providerId: A,
        },
    );
}

#[test]
fn a_missed_deadline_fails() {
    let mut market = Stage::assigned();
    market.chain.pass(399);
    refused(
        market.by(STRANGER, |m| m.tasks.fail_task(T)),
        TooEarly {
            taskId: T,
            from: START + 400,
        },
    );
    market.chain.pass(1);
    fails(market, |m| m.tasks.fail_task(T));
}

#[test]
fn an_undisputed_rejection_fails() {
    let mut market = Stage::rejected();
    market.chain.pass(499);
    refused(
        market.by(STRANGER, |m| m.tasks.finalize_payment(T)),
        TooEarly {
            taskId: T,
            from: START + 500,
        },
    );
    market.chain.pass(1);
    refused(
        market.by(ALICE, |m| m.disputes.open_dispute(T)),
        TooLate {
            taskId: T,
            until: START + 500,
        },
    );
    fails(market, |m| m.tasks.finalize_payment(T));
}

#[test]
fn each_side_disputes_what_went_against_it() {
    let mut market = Stage::rejected();
    refused(
        market.by(CLIENT, |m| m.disputes.open_dispute(T)),
        NotProvider {
            providerId: A,
            caller: CLIENT,
        },
    );
    market.by(ALICE, |m| m.disputes.open_dispute(T)).unwrap();
    assert_eq!(
        market.last::<DisputeOpened>(),
        DisputeOpened {
            taskId: T,
            by: ALICE
        }
    );
    assert_eq!(
        (
            market.status(),
            market.programs.admin.task_of(T).unwrap().deadline
        ),
        (6, START + 2_000)
    );

    let mut market = Stage::verified();
    refused(
        market.by(ALICE, |m| m.disputes.open_dispute(T)),
        NotClient {
            taskId: T,
            caller: ALICE,
        },
    );
    market.by(CLIENT, |m| m.disputes.open_dispute(T)).unwrap();
    assert_eq!(market.status(), 6);
    refused(
        Stage::submitted().by(CLIENT, |m| m.disputes.open_dispute(T)),
        WrongStatus {
            taskId: T,
            status: 3,
        },
    );
}

#[test]
fn the_owner_arbitrates() {
    let mut market = Stage::disputed();
    refused(
        market.by(CLIENT, |m| m.disputes.resolve_dispute(T, 0, n(0))),
        OwnableUnauthorizedAccount { account: CLIENT },
    );
    let error = SlashAboveCollateral {
        slash: n(801),
        collateral: n(800),
    };
    refused(
        market.by(OWNER, |m| m.disputes.resolve_dispute(T, 0, n(801))),
        error,
    );
    let error = OutOfRange {
        field: 1,
        value: n(10_001),
        minimum: n(0),
        maximum: n(10_000),
    };
    refused(
        market.by(OWNER, |m| m.disputes.resolve_dispute(T, 10_001, n(0))),
        error,
    );
    market.outcome(2_500, 4_800);
    let slash = Siblings::slashCall {
        account: ALICE,
        amount: n(100),
        injured: CLIENT,
    };
    market
        .chain
        .answer(VAULT, slash.abi_encode(), Ok(n(100).abi_encode()));
    // a quarter of 8,000 less 2.5 %
    let settle = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
        provider: ALICE,
        payment: n(1_950),
        fee: n(50),
    };
    market.calling(OWNER, ESCROW, settle, Vec::new(), |m| {
        m.disputes.resolve_dispute(T, 2_500, n(100))
    });
    let event = DisputeResolved {
        taskId: T,
        providerId: A,
        payment: n(1_950),
        fee: n(50),
        slashed: n(100),
    };
    assert_eq!(market.last::<DisputeResolved>(), event);
    assert_eq!(
        (market.status(), market.programs.admin.card_of(A)),
        (8, (ALICE, n(4_800), n(1_900)))
    );
    refused(
        market.by(OWNER, |m| m.disputes.resolve_dispute(T, 0, n(0))),
        WrongStatus {
            taskId: T,
            status: 8,
        },
    );
}

#[test]
fn a_silent_owner_splits_in_halves() {
    let mut market = Stage::disputed();
    market.chain.pass(1_999);
    refused(
        market.by(STRANGER, |m| m.disputes.resolve_by_default(T)),
        TooEarly {
            taskId: T,
            from: START + 2_000,
        },
    );
    market.chain.pass(1);
    market.outcome(5_000, 5_000);
    let settle = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
        provider: ALICE,
        payment: n(3_900),
        fee: n(100),
    };
    market.calling(STRANGER, ESCROW, settle, Vec::new(), |m| {
        m.disputes.resolve_by_default(T)
    });
    let event = DisputeResolved {
        taskId: T,
        providerId: A,
        payment: n(3_900),
        fee: n(100),
        slashed: n(0),
    };
    assert_eq!(market.last::<DisputeResolved>(), event);
    assert_eq!(
        (market.status(), market.programs.admin.card_of(A)),
        (8, (ALICE, n(5_000), n(2_000)))
    );
}

#[test]
fn the_client_cancels_while_open() {
    let mut market = Stage::with_bids();
    refused(
        market.by(STRANGER, |m| m.bids.cancel_task(T)),
        NotClient {
            taskId: T,
            caller: STRANGER,
        },
    );
    let refund = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
        provider: CLIENT,
        payment: n(0),
        fee: n(0),
    };
    market.calling(CLIENT, ESCROW, refund, Vec::new(), |m| {
        m.bids.cancel_task(T)
    });
    assert_eq!(market.last::<TaskCancelled>(), TaskCancelled { taskId: T });
    assert_eq!(market.status(), 10);
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    market.by(BOB, |m| m.bids.withdraw_bid(T, B)).unwrap();
    assert_eq!(
        (market.collateral(A), market.collateral(B)),
        (n(2_000), n(2_000))
    );
    refused(
        market.by(CLIENT, |m| m.bids.cancel_task(T)),
        WrongStatus {
            taskId: T,
            status: 10,
        },
    );
    refused(
        market.by(CLIENT, |m| m.bids.cancel_task(n(2))),
        UnknownTask { taskId: n(2) },
    );
    refused(
        Stage::assigned().by(CLIENT, |m| m.bids.cancel_task(T)),
        WrongStatus {
            taskId: T,
            status: 2,
        },
    );
}

#[test]
fn unassigned_tasks_expire() {
    let mut market = Stage::open();
    market.chain.pass(599);
    refused(
        market.by(STRANGER, |m| m.bids.expire_task(T)),
        TooEarly {
            taskId: T,
            from: START + 600,
        },
    );
    market.chain.pass(1);
    let refund = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(10_000),
        provider: CLIENT,
        payment: n(0),
        fee: n(0),
    };
    market.calling(STRANGER, ESCROW, refund, Vec::new(), |m| {
        m.bids.expire_task(T)
    });
    assert_eq!(market.last::<TaskExpired>(), TaskExpired { taskId: T });
    assert_eq!(market.status(), 11);

    let mut market = Stage::with_bids();
    market.chain.pass(899);
    refused(
        market.by(STRANGER, |m| m.bids.expire_task(T)),
        TooEarly {
            taskId: T,
            from: START + 900,
        },
    );
    market.chain.pass(1);
    market.by(STRANGER, |m| m.bids.expire_task(T)).unwrap();
    market.by(ALICE, |m| m.bids.withdraw_bid(T, A)).unwrap();
    assert_eq!(market.collateral(A), n(2_000));
}
