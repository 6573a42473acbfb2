//! What the verifier has, what it holds and what it owes, over any sequence of steps.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Propose(Address, u8),
    Challenge(Address, u8),
    Conclude(u8),
    Resolve(u8, bool),
    Release(u8),
    Withdraw(Address),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || proptest::sample::select(PEOPLE.to_vec());
    let task = || 1..5_u8;
    proptest::collection::vec(
        prop_oneof![
            (who(), task()).prop_map(|(who, task)| Step::Propose(who, task)),
            (who(), task()).prop_map(|(who, task)| Step::Challenge(who, task)),
            task().prop_map(Step::Conclude),
            (task(), any::<bool>()).prop_map(|(task, right)| Step::Resolve(task, right)),
            task().prop_map(Step::Release),
            who().prop_map(Step::Withdraw),
            proptest::sample::select(vec![1, PERIOD / 2, PERIOD, ARBITRATION]).prop_map(Step::Pass),
        ],
        1..60,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_has_what_it_holds_and_owes(steps in steps()) {
        let mut scene = Scene::new();
        let this = scene.chain.contract();
        for task in 1..5 {
            let forever = verificationOfReturn { deadline: u64::MAX >> 25, ..delivered(n(task), this) };
            scene.market_says(n(task), forever);
        }
        for step in steps {
            let before: Vec<u8> = (1..5).map(|task| scene.stage(n(task))).collect();
            match step {
                Step::Propose(who, task) => drop(scene.by(who, |v| v.propose(n(task), RESULT))),
                Step::Challenge(who, task) => drop(scene.challenge(who, n(task))),
                Step::Conclude(task) => drop(scene.by(CLIENT, |v| v.conclude(n(task)))),
                Step::Resolve(task, right) => drop(scene.by(OWNER, |v| v.resolve_challenge(n(task), right))),
                Step::Release(task) => drop(scene.by(KEEPER, |v| v.release_challenge(n(task)))),
                Step::Withdraw(who) => drop(scene.by(KEEPER, |v| v.withdraw(who))),
                Step::Pass(seconds) => scene.chain.pass(seconds),
            }
            let mut expected: u128 = PEOPLE.into_iter().map(|account| scene.owed(account)).sum();
            for (task, before) in (1..5_u8).zip(before) {
                let (now, _, _, _, _, bond, fee) = scene.verifier.proposal_of(n(task));
                prop_assert!(now >= before, "a proposal went back from {before} to {now}");
                if now == crate::Stage::Challenged as u8 {
                    expected += bond.to::<u128>() + fee.to::<u128>();
                }
            }
            prop_assert_eq!(scene.held(), expected);
        }
        // Every proposal has an end that needs nobody's leave, after which everything can be withdrawn.
        scene.chain.pass(ARBITRATION);
        for task in 1..5 {
            match scene.stage(n(task)) {
                1 => scene.by(CLIENT, |v| v.conclude(n(task))).unwrap(),
                2 => scene.by(CLIENT, |v| v.release_challenge(n(task))).unwrap(),
                _ => {}
            }
        }
        for account in PEOPLE {
            let _ = scene.by(CLIENT, |v| v.withdraw(account));
        }
        prop_assert_eq!(scene.held(), 0);
    }
}
