//! What the verifier has is what its purses hold, over any sequence of steps.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Deposit(Address, u64),
    Withdraw(Address, u64),
    Enrol(Address),
    Leave(Address),
    Market(u8),
    Draw,
    Claim(Address),
    Commit(Address, B256),
    Reveal(Address, B256),
    Conclude,
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || proptest::sample::select([&[PROVIDER][..], &REPLICAS].concat());
    let result = || proptest::sample::select(vec![RESULT, OTHER]);
    let step = prop_oneof![
        (who(), any::<u64>()).prop_map(|(who, amount)| Step::Deposit(who, amount)),
        (who(), any::<u64>()).prop_map(|(who, amount)| Step::Withdraw(who, amount)),
        who().prop_map(Step::Enrol),
        who().prop_map(Step::Leave),
        proptest::sample::select(vec![OPEN, ASSIGNED, SUBMITTED, SUBMITTED, DISPUTED])
            .prop_map(Step::Market),
        Just(Step::Draw),
        who().prop_map(Step::Claim),
        (who(), result()).prop_map(|(who, result)| Step::Commit(who, result)),
        (who(), result()).prop_map(|(who, result)| Step::Reveal(who, result)),
        Just(Step::Conclude),
        proptest::sample::select(vec![1, CLAIM, WORK, REVEAL]).prop_map(Step::Pass),
    ];
    // Half of the sequences begin with a round that votes.
    (any::<bool>(), proptest::collection::vec(step, 1..60)).prop_map(|(drawn, steps)| {
        if drawn {
            [begun(), steps].concat()
        } else {
            steps
        }
    })
}

/// The steps to a round that votes.
fn begun() -> Vec<Step> {
    let enrol = REPLICAS.map(Step::Enrol);
    let claim = REPLICAS.map(Step::Claim);
    let drawn = vec![Step::Market(SUBMITTED), Step::Draw];
    [&enrol[..], &drawn, &claim, &[Step::Pass(CLAIM)]].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn it_has_what_its_purses_hold(steps in steps()) {
        let mut scene = Scene::new(3);
        for step in steps {
            match step {
                Step::Deposit(who, amount) => drop(scene.by(who, |v| v.deposit(U256::from(amount)))),
                Step::Withdraw(who, amount) => drop(scene.by(who, |v| v.withdraw(U256::from(amount)))),
                Step::Enrol(who) => drop(scene.by(who, |v| v.enrol(T))),
                Step::Leave(who) => drop(scene.by(who, |v| v.leave(T))),
                Step::Market(status) => scene.task_is(status),
                Step::Draw => drop(scene.by(CLIENT, |v| v.draw(T, SECRET))),
                Step::Claim(who) => drop(scene.by(who, |v| v.claim(T))),
                Step::Commit(who, result) => drop(scene.commit(who, result)),
                Step::Reveal(who, result) => drop(scene.reveal(who, result)),
                Step::Conclude => drop(scene.conclude()),
                Step::Pass(seconds) => scene.chain.pass(seconds),
            }
            prop_assert_eq!(scene.held(), scene.owed());
            for account in REPLICAS {
                let (stage, _, bond, _) = scene.verifier.candidate_of(T, account);
                prop_assert_eq!(scene.purse(account).1, bond.to::<u128>(), "a bond for each ticket");
                prop_assert_eq!(stage > 0, bond > U256::ZERO);
            }
        }
        // Whatever was begun ends without anybody's leave, and every bond is free or lost.
        scene.task_is(DISPUTED);
        scene.chain.pass(CLAIM + WORK + REVEAL);
        let _ = scene.conclude();
        for account in [&[PROVIDER][..], &REPLICAS].concat() {
            let _ = scene.by(account, |v| v.leave(T));
            prop_assert_eq!(scene.purse(account).1, 0);
            let free = scene.verifier.purse_of(account).0;
            if free > U256::ZERO {
                scene.by(account, |v| v.withdraw(free)).unwrap();
            }
        }
        prop_assert_eq!(scene.held(), scene.owed());
    }
}
