//! Tasks whose answer is known.

use super::*;

const PLANT_WINDOW: u64 = 3 * DAY;

fn commitment(id: U256, answer: B256) -> B256 {
    keccak256((id, answer, SALT).abi_encode())
}

/// A planted task, whose answer is good, on which three members voted like this.
fn planted(results: [B256; 3]) -> (World, U256, Vec<Address>) {
    let mut world = World::new(9);
    let id = task(1);
    world
        .by(PLANTER, |committee| {
            committee.nodes.plant(commitment(id, good()))
        })
        .unwrap();
    let members = world.voting(id, PRICE);
    let votes: Vec<_> = members.iter().copied().zip(results).collect();
    world.vote(id, &votes);
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    (world, id, members)
}

#[test]
fn who_voted_wrongly_loses_half_a_bond_even_in_the_majority() {
    let (mut world, id, members) = planted([bad(), good(), bad()]);
    let before: Vec<_> = members.iter().map(|member| world.bond(*member)).collect();
    assert_eq!(before, [(BOND, 25), (BOND - 50, 0), (BOND, 25)]);
    world
        .by(STRANGER, |committee| {
            committee.nodes.open_plant(id, good(), SALT)
        })
        .unwrap();
    let opened = PlantOpened {
        taskId: id,
        commitment: commitment(id, good()),
        answer: good(),
        slashed: U256::from(1_000),
    };
    assert_eq!(world.chain.last_event::<PlantOpened>(), opened);
    let after: Vec<_> = members.iter().map(|member| world.bond(*member)).collect();
    assert_eq!(after, [(BOND - 500, 25), (BOND - 50, 0), (BOND - 500, 25)]);
    assert_eq!(world.bond(TREASURY), (0, 1_000));
    assert_eq!(world.round_of(id).0, 4);
    let gone = UnknownPlant {
        commitment: commitment(id, good()),
    };
    world.refused(
        STRANGER,
        |committee| committee.nodes.open_plant(id, good(), SALT),
        gone,
    );
}

#[test]
fn a_task_is_planted_once() {
    let (mut world, id, _) = planted([good(); 3]);
    world
        .by(STRANGER, |committee| {
            committee.nodes.open_plant(id, good(), SALT)
        })
        .unwrap();
    assert_eq!(world.chain.last_event::<PlantOpened>().slashed, U256::ZERO);
    world
        .by(PLANTER, |committee| {
            committee.nodes.plant(commitment(id, bad()))
        })
        .unwrap();
    world.refused(
        PLANTER,
        |committee| committee.nodes.open_plant(id, bad(), SALT),
        WrongPhase {
            taskId: id,
            phase: 4,
        },
    );
}

#[test]
fn only_the_planter_plants_and_only_before_anybody_can_know_the_committee() {
    let mut world = World::new(9);
    let id = task(1);
    let seed = commitment(id, good());
    world.refused(
        STRANGER,
        |committee| committee.nodes.plant(seed),
        NotPlanter { caller: STRANGER },
    );
    let members = world.voting(id, PRICE);
    world
        .by(PLANTER, |committee| committee.nodes.plant(seed))
        .unwrap();
    world.refused(
        PLANTER,
        |committee| committee.nodes.plant(seed),
        AlreadyPlanted { commitment: seed },
    );
    let at = world.now();
    world.refused(
        PLANTER,
        |committee| committee.nodes.open_plant(id, good(), SALT),
        WrongPhase {
            taskId: id,
            phase: 2,
        },
    );
    let votes: Vec<_> = members.iter().map(|member| (*member, bad())).collect();
    world.vote(id, &votes);
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    let late = PlantedTooLate {
        taskId: id,
        plantedAt: at,
        latest: at,
    };
    world.refused(
        PLANTER,
        |committee| committee.nodes.open_plant(id, good(), SALT),
        late,
    );
    let unknown = UnknownPlant {
        commitment: commitment(id, bad()),
    };
    world.refused(
        PLANTER,
        |committee| committee.nodes.open_plant(id, bad(), SALT),
        unknown,
    );
}

#[test]
fn a_plant_has_its_time_within_which_no_bond_can_leave() {
    let (mut world, id, members) = planted([bad(); 3]);
    let closed = world.now();
    world
        .by(members[0], |committee| committee.nodes.leave())
        .unwrap();
    world.chain.pass(PLANT_WINDOW - 1);
    let until = closed + 10 * DAY;
    let still = NothingToWithdraw {
        account: members[0],
        maturesAt: until,
    };
    world.refused(members[0], |committee| committee.nodes.withdraw(), still);
    assert_eq!(world.bond(members[0]), (BOND, 0));
    let mut later = planted([bad(); 3]).0;
    later.chain.pass(PLANT_WINDOW);
    let late = TooLate {
        id,
        until: closed + PLANT_WINDOW,
    };
    later.refused(
        PLANTER,
        |committee| committee.nodes.open_plant(id, good(), SALT),
        late,
    );
    world
        .by(PLANTER, |committee| {
            committee.nodes.open_plant(id, good(), SALT)
        })
        .unwrap();
    assert_eq!(world.bond(members[0]), (BOND - 500, 0));
}
