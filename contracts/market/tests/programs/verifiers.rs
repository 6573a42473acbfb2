//! Contracts that judge results in the client's place.

use market::abi::Terms;

use super::*;

const VERIFIER: Address = address!("00000000000000000000000000000000000000ee");

impl Stage {
    /// A delivered task of 10,000 wei whose verifier gets 100 of them.
    fn judged() -> Self {
        Self::delivering(HASH)
    }

    /// [`Stage::judged`], with this result.
    fn delivering(result: B256) -> Self {
        let mut market = Self::new();
        assert_eq!(market.by(OWNER, |m| m.admin.add_verifier(VERIFIER)), Ok(1));
        let terms = Terms {
            biddingWindow: 600,
            minTrust: 0,
            minCollateral: U256::ZERO,
            trustWeight: 0,
            verifier: 1,
            verifierFee: n(100),
            verifierData: HASH,
            allowList: B256::ZERO,
            bidding: 0,
            startPrice: U256::ZERO,
            revealMinutes: 0,
        };
        market
            .by(CLIENT, |m| {
                m.orders
                    .submit_task_with_terms("ipfs://task".into(), n(10_000), 400, terms)
            })
            .unwrap();
        let above = PriceAboveBudget {
            price: n(9_901),
            budget: n(9_900),
        };
        refused(
            market.by(ALICE, |m| m.tasks.place_bid(T, A, n(9_901))),
            above,
        );
        market
            .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
            .unwrap();
        market
            .by(CLIENT, |m| m.tasks.assign_provider(T, A))
            .unwrap();
        let seal = market.programs.admin.seal_of(T, A, result);
        market
            .by(ALICE, |m| m.tasks.submit_result(T, seal))
            .unwrap();
        market
    }

    /// The verifier says what it found, and gets its fee out of the budget.
    fn verdict(&mut self, result: B256) {
        let fee = Siblings::settleCall {
            taskId: T,
            payer: CLIENT,
            amount: n(100),
            provider: VERIFIER,
            payment: n(100),
            fee: U256::ZERO,
        };
        self.calling(VERIFIER, ESCROW, fee, Vec::new(), |m| {
            m.tasks.verify_completion(T, result)
        });
        let paid = VerifierPaid {
            taskId: T,
            verifier: VERIFIER,
            fee: n(100),
        };
        assert_eq!(self.last::<VerifierPaid>(), paid);
        assert_eq!(self.programs.admin.task_of(T).unwrap().budget, n(9_900));
        refused(
            self.by(VERIFIER, |m| m.tasks.verify_completion(T, result)),
            WrongStatus {
                taskId: T,
                status: self.status(),
            },
        );
    }
}

#[test]
fn a_verifier_sees_what_it_judges() {
    let market = Stage::judged();
    let seen = market.programs.admin.verification_of(T).unwrap();
    assert_eq!(
        (seen.verifier, seen.status, seen.fee, seen.data),
        (VERIFIER, 3, n(100), HASH)
    );
    assert_eq!(
        (seen.client, seen.provider, seen.providerId),
        (CLIENT, ALICE, A)
    );
    assert_eq!(seen.seal, market.programs.admin.seal_of(T, A, HASH));
    assert_eq!((seen.price, seen.deadline), (n(8_000), START + 1_000));
}

#[test]
fn nobody_else_judges() {
    let mut market = Stage::judged();
    for caller in [CLIENT, ALICE, OWNER, STRANGER] {
        let error = NotVerifier {
            taskId: T,
            caller,
            verifier: VERIFIER,
        };
        refused(
            market.by(caller, |m| m.tasks.verify_completion(T, HASH)),
            error,
        );
    }
}

#[test]
fn a_good_verdict_pays() {
    let mut market = Stage::judged();
    market.verdict(HASH);
    assert_eq!(market.status(), 4);
    market.chain.pass(500);
    let settle = Siblings::settleCall {
        taskId: T,
        payer: CLIENT,
        amount: n(9_900),
        provider: ALICE,
        payment: n(7_800),
        fee: n(200),
    };
    market.calling(STRANGER, ESCROW, settle, Vec::new(), |m| {
        m.tasks.finalize_payment(T)
    });
}

#[test]
fn a_bad_verdict_rejects() {
    let mut market = Stage::judged();
    market.verdict(B256::repeat_byte(1));
    assert_eq!(market.status(), 5);
}

#[test]
fn a_late_verdict_counts_while_the_task_waits() {
    for (result, status) in [(HASH, 4), (B256::repeat_byte(1), 5)] {
        let mut market = Stage::judged();
        market.chain.pass(1_000);
        market.verdict(result);
        assert_eq!(market.status(), status);
    }
}

#[test]
fn no_verdict_goes_to_arbitration() {
    let mut market = Stage::judged();
    market.verdict(B256::ZERO);
    assert_eq!(market.status(), 6);
}

#[test]
fn a_sealed_zero_is_not_accepted_by_no_verdict() {
    let mut market = Stage::delivering(B256::ZERO);
    market.verdict(B256::ZERO);
    assert_eq!(market.status(), 6);
}

#[test]
fn a_silent_verifier_is_not_paid_and_pays_nobody() {
    let mut market = Stage::judged();
    market.chain.pass(999);
    refused(
        market.by(STRANGER, |m| m.tasks.finalize_payment(T)),
        TooEarly {
            taskId: T,
            from: START + 1_000,
        },
    );
    market.chain.pass(1);
    market
        .by(STRANGER, |m| m.tasks.finalize_payment(T))
        .unwrap();
    let event = DisputeOpened {
        taskId: T,
        by: STRANGER,
    };
    assert_eq!(
        (market.status(), market.last::<DisputeOpened>()),
        (6, event)
    );
    assert_eq!(market.programs.admin.task_of(T).unwrap().budget, n(10_000));
}

#[test]
fn the_owner_approves_and_retires() {
    let mut market = Stage::new();
    for result in [
        market.by(STRANGER, |m| m.admin.add_verifier(VERIFIER).map(drop)),
        market.by(STRANGER, |m| m.admin.retire_verifier(1)),
    ] {
        refused(
            result,
            ogpu_common::OwnableUnauthorizedAccount { account: STRANGER },
        );
    }
    refused(
        market.by(OWNER, |m| m.admin.retire_verifier(1)),
        UnknownVerifier { verifier: 1 },
    );
    for number in 1..=255 {
        assert_eq!(
            market.by(OWNER, |m| m.admin.add_verifier(VERIFIER)),
            Ok(number)
        );
    }
    refused(
        market.by(OWNER, |m| m.admin.add_verifier(VERIFIER)),
        TooManyVerifiers {},
    );
    assert_eq!(market.programs.admin.verifier_at(7), (VERIFIER, true));
    market.by(OWNER, |m| m.admin.retire_verifier(7)).unwrap();
    assert_eq!(market.programs.admin.verifier_at(7), (VERIFIER, false));
}
