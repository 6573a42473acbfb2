//! Whatever anybody does, the committee has what it owes.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Join(u64, u64),
    Leave(u64),
    Withdraw(u64),
    Remove(u64, u64),
    Request(u64),
    CommitSecret(u64),
    RevealSecret(u64),
    Report(u64),
    Draw(u64),
    Commit(u64, u64, bool),
    Reveal(u64, u64, bool),
    Tally(u64),
    Plant(u64),
    OpenPlant(u64),
    /// All nodes that can make the newest beacon do.
    Beacon,
    /// All members vote; the bits say who votes for the good result.
    Vote(u64, u8),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 1..=6u64;
    let which = || 1..=2u64;
    let step = prop_oneof![
        1 => (who(), 0..1_500u64).prop_map(|(n, amount)| Step::Join(n, amount)),
        1 => who().prop_map(Step::Leave),
        1 => who().prop_map(Step::Withdraw),
        1 => (who(), 0..2_000u64).prop_map(|(n, amount)| Step::Remove(n, amount)),
        5 => which().prop_map(Step::Request),
        2 => who().prop_map(Step::CommitSecret),
        1 => who().prop_map(Step::RevealSecret),
        1 => who().prop_map(Step::Report),
        6 => which().prop_map(Step::Draw),
        3 => (which(), who(), any::<bool>()).prop_map(|(id, n, right)| Step::Commit(id, n, right)),
        3 => (which(), who(), any::<bool>()).prop_map(|(id, n, right)| Step::Reveal(id, n, right)),
        5 => which().prop_map(Step::Tally),
        1 => which().prop_map(Step::Plant),
        1 => which().prop_map(Step::OpenPlant),
        5 => Just(Step::Beacon),
        4 => (which(), any::<u8>()).prop_map(|(id, right)| Step::Vote(id, right)),
        1 => Just(Step::Pass(10 * DAY)),
        3 => prop_oneof![Just(60u64), Just(300), Just(600)].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..250)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn it_has_what_it_owes(steps in steps()) {
        let mut world = World::new(5);
        world.fee = FEE;
        for n in [1, 2] {
            world.submitted(task(n), PRICE);
        }
        for step in steps {
            let beacon = world.committee().nodes.newest_beacon();
            let result = |right| if right { good() } else { bad() };
            let closed = |world: &World| [1, 2].map(|n| world.round_of(task(n)).0 >= 3);
            let (before, reports) = (closed(&world), matches!(step, Step::Request(_) | Step::Draw(_) | Step::Tally(_)));
            let done = match step.clone() {
                Step::Join(n, amount) => world.join(node(n), amount),
                Step::Leave(n) => world.by(node(n), |committee| committee.nodes.leave()),
                Step::Withdraw(n) => world.by(if n == 6 { TREASURY } else { node(n) }, |committee| committee.nodes.withdraw()),
                Step::Remove(n, amount) if amount % 7 == 0 => world.by(OWNER, |committee| committee.nodes.remove_node(node(n), U256::from(amount))),
                Step::Remove(..) => Ok(()),
                Step::Request(id) => world.by(STRANGER, |committee| committee.request(task(id))),
                Step::CommitSecret(n) => world.commit_secret(beacon, node(n), secret(beacon, n)),
                Step::RevealSecret(n) => world.by(node(n), |committee| committee.reveal_secret(beacon, secret(beacon, n))),
                Step::Report(n) => world.by(node(1), |committee| committee.nodes.report_withheld(beacon, node(n))),
                Step::Draw(id) => world.by(STRANGER, |committee| committee.draw(task(id))),
                Step::Commit(id, n, right) => world.commit(task(id), node(n), result(right)),
                Step::Reveal(id, n, right) => world.reveal(task(id), node(n), result(right)),
                Step::Tally(id) => world.by(STRANGER, |committee| committee.tally(task(id))),
                Step::Plant(id) => world.by(PLANTER, |committee| committee.nodes.plant(keccak256((task(id), good(), SALT).abi_encode()))),
                Step::OpenPlant(id) => world.by(PLANTER, |committee| committee.nodes.open_plant(task(id), good(), SALT)),
                Step::Beacon => {
                    for n in 1..=6 {
                        let _ = world.commit_secret(beacon, node(n), secret(beacon, n));
                    }
                    world.chain.pass(60);
                    for n in 1..=6 {
                        let _ = world.by(node(n), |committee| committee.reveal_secret(beacon, secret(beacon, n)));
                    }
                    Ok(())
                }
                Step::Vote(id, right) => {
                    let id = task(id);
                    let votes: Vec<_> = world.committee().nodes.committee_of(id).into_iter().enumerate()
                        .map(|(index, member)| (member, result(right >> index & 1 == 1))).collect();
                    for (member, result) in &votes {
                        let _ = world.commit(id, *member, *result);
                    }
                    for (member, result) in &votes {
                        let _ = world.reveal(id, *member, *result);
                    }
                    Ok(())
                }
                Step::Pass(seconds) => {
                    world.chain.pass(seconds);
                    Ok(())
                }
            };
            if done.is_ok() && reports && closed(&world) != before {
                // the round that ended brought in the fee
                let contract = world.chain.contract();
                *world.chain.token.borrow_mut().balances.entry(contract).or_default() += u128::from(FEE);
            }
            let accounts = (1..=6).map(node).chain([TREASURY, STRANGER, OWNER, PLANTER]);
            let owed: u64 = accounts.map(|account| {
                let (bond, owed) = world.bond(account);
                bond + owed
            }).sum();
            prop_assert_eq!(world.held(world.chain.contract()), u128::from(owed), "after {:?}: {:?}", step, done);
        }
    }
}
