//! Successes are recorded by whoever wants them to count; everything else at once.

use super::*;

impl Stage {
    /// A task that was paid.
    fn paid() -> Self {
        let mut market = Self::verified();
        market.chain.pass(500);
        market
            .by(STRANGER, |m| m.tasks.finalize_payment(T))
            .unwrap();
        market
    }

    fn records(&mut self, tasks: &[U256]) -> Result<U256, Error> {
        self.by(STRANGER, |m| m.disputes.record_outcomes(tasks.to_vec()))
    }
}

#[test]
fn anyone_has_a_success_recorded_as_of_its_end() {
    let mut market = Stage::paid();
    assert_eq!(market.programs.admin.card_of(A).1, n(5_000));
    market.outcome(10_000, 5_039);
    market.chain.pass(86_400);
    assert_eq!(market.records(&[T]), Ok(n(1)));
    assert_eq!(
        market.last::<ProviderRefreshed>(),
        ProviderRefreshed {
            providerId: A,
            trust: n(5_039),
            collateral: n(2_000)
        }
    );
    assert_eq!(
        market.programs.admin.card_of(A),
        (ALICE, n(5_039), n(2_000))
    );
}

#[test]
fn what_cannot_be_recorded_is_passed_over_unless_there_is_nothing_else() {
    let mut market = Stage::paid();
    let unknown = UnknownTask { taskId: n(9) };
    refused(market.records(&[n(9)]), unknown);
    let call = market.outcome(10_000, 5_039);
    assert_eq!(market.records(&[n(9), T, n(10)]), Ok(n(1)));
    let again = Err(b"already".to_vec());
    market.chain.answer(REGISTRY, call.abi_encode(), again);
    let error = market.records(&[T]).unwrap_err();
    assert_eq!(Vec::from(error), b"already");
    assert_eq!(market.records(&[]), Ok(n(0)));
}

#[test]
fn only_a_paid_task_is_a_success() {
    for mut market in [
        Stage::open(),
        Stage::assigned(),
        Stage::submitted(),
        Stage::verified(),
        Stage::rejected(),
        Stage::disputed(),
    ] {
        let status = market.status();
        refused(market.records(&[T]), WrongStatus { taskId: T, status });
    }
    let mut market = Stage::assigned();
    market.chain.pass(400);
    market.outcome(0, 4_900);
    let slash = Siblings::slashCall {
        account: ALICE,
        amount: n(400),
        injured: CLIENT,
    };
    let slashed = Ok(n(400).abi_encode());
    market.chain.answer(VAULT, slash.abi_encode(), slashed);
    market.by(STRANGER, |m| m.tasks.fail_task(T)).unwrap();
    refused(
        market.records(&[T]),
        WrongStatus {
            taskId: T,
            status: 9,
        },
    );
}

#[test]
fn a_high_value_takes_longer_to_settle() {
    let mut market = Stage::new();
    for (budget, wait) in [(999_999, 500), (1_000_000, 1_000)] {
        let task = market
            .by(CLIENT, |m| m.tasks.submit_task("".into(), n(budget), 400))
            .unwrap();
        market
            .by(ALICE, |m| m.tasks.place_bid(task, A, n(8_000)))
            .unwrap();
        market
            .by(CLIENT, |m| m.tasks.assign_provider(task, A))
            .unwrap();
        let seal = market.programs.admin.seal_of(task, A, HASH);
        market
            .by(ALICE, |m| m.tasks.submit_result(task, seal))
            .unwrap();
        market
            .by(CLIENT, |m| m.tasks.verify_completion(task, HASH))
            .unwrap();
        let view = market.programs.admin.task_of(task).unwrap();
        let from = market.chain.now() + wait;
        assert_eq!((view.highValue, view.deadline), (wait == 1_000, from));
        market.chain.pass(wait - 1);
        refused(
            market.by(STRANGER, |m| m.tasks.finalize_payment(task)),
            TooEarly { taskId: task, from },
        );
        market.chain.pass(1);
        market
            .by(STRANGER, |m| m.tasks.finalize_payment(task))
            .unwrap();
    }
}
