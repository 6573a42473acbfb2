//! Nodes come and go; the owner sets up the committee.

use ogpu_common::{
    AmountTooLarge, EnforcedPause, InvalidInitialization, OwnableUnauthorizedAccount,
    TokenCallFailed, TokenTookFee, UUPSUnauthorizedCallContext, ZeroAddress,
};

use super::*;

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let mut world = World::new(0);
    let committee = world.committee();
    assert_eq!(
        (committee.nodes.owner(), committee.nodes.token()),
        (OWNER, TOKEN)
    );
    assert_eq!(
        (committee.nodes.treasury(), committee.nodes.planter()),
        (TREASURY, PLANTER)
    );
    assert_eq!(committee.nodes.siblings(), (MARKET, ESCROW));
    let version = committee.nodes.current_version();
    assert_eq!(version, U256::from(1 + PARAMETERS.len()));
    let of = |version, field| committee.nodes.parameter(version, U256::from(field as u8));
    for (field, value) in PARAMETERS {
        assert_eq!(of(version, field), U256::from(value));
    }
    let initial = Params::initial();
    assert_eq!(
        of(U256::ONE, Field::MinBond),
        U256::from(initial.get(Field::MinBond))
    );
    assert_eq!(of(U256::from(99), Field::MinBond), U256::ZERO);
    world.refused(
        OWNER,
        |committee| committee.initialize(OWNER, TOKEN, TREASURY),
        InvalidInitialization {},
    );
    let direct = Chain::direct();
    let mut bare = Committee::of(&direct);
    let result = direct.call(OWNER, || bare.initialize(OWNER, TOKEN, TREASURY));
    assert_eq!(
        result.map_err(Vec::from),
        Err(data(UUPSUnauthorizedCallContext {}))
    );
    let empty = Chain::new();
    let mut bare = Committee::of(&empty);
    let result = empty.call(OWNER, || bare.initialize(OWNER, Address::ZERO, TREASURY));
    assert_eq!(result.map_err(Vec::from), Err(data(ZeroAddress {})));
}

#[test]
fn only_the_owner_sets_it_up() {
    let mut world = World::new(1);
    let stranger = || OwnableUnauthorizedAccount { account: STRANGER };
    world.refused(
        STRANGER,
        |committee| committee.nodes.set_siblings(MARKET, ESCROW),
        stranger(),
    );
    world.refused(
        STRANGER,
        |committee| committee.nodes.set_treasury(STRANGER),
        stranger(),
    );
    world.refused(
        STRANGER,
        |committee| committee.nodes.set_planter(STRANGER),
        stranger(),
    );
    world.refused(
        STRANGER,
        |committee| committee.nodes.set_parameter(U256::ONE, U256::ONE),
        stranger(),
    );
    world.refused(
        STRANGER,
        |committee| committee.set_extension(ESCROW),
        stranger(),
    );
    let nobody = InvalidExtension {
        extension: STRANGER,
    };
    world.refused(OWNER, |committee| committee.set_extension(STRANGER), nobody);
    world.refused(
        STRANGER,
        |committee| committee.nodes.remove_node(node(1), U256::ZERO),
        stranger(),
    );
    world.refused(
        OWNER,
        |committee| committee.nodes.set_siblings(Address::ZERO, ESCROW),
        ZeroAddress {},
    );
    world.refused(
        OWNER,
        |committee| committee.nodes.set_siblings(MARKET, Address::ZERO),
        ZeroAddress {},
    );
    world.refused(
        OWNER,
        |committee| committee.nodes.set_treasury(Address::ZERO),
        ZeroAddress {},
    );
    let maximum = (U256::ONE << 96) - U256::ONE;
    let amount = maximum + U256::ONE;
    let too_large = || AmountTooLarge { amount, maximum };
    world.refused(
        OWNER,
        |committee| committee.nodes.set_parameter(U256::ONE, amount),
        too_large(),
    );
    world.refused(
        OWNER,
        |committee| committee.nodes.remove_node(node(1), amount),
        too_large(),
    );
    world.refused(
        node(1),
        |committee| committee.nodes.join(amount),
        too_large(),
    );
    let out = |field: u64, value, minimum, maximum| OutOfRange {
        field: U256::from(field),
        value: U256::from(value),
        minimum: U256::from(minimum),
        maximum: U256::from(maximum),
    };
    for error in [
        out(1, 5_001, 1, 5_000),
        out(9, 91, 0, 90),
        out(10, 49, 50, (1u128 << 96) - 1),
        out(11, 5, 1, 0),
    ] {
        let (field, value) = (error.field, error.value);
        world.refused(
            OWNER,
            |committee| committee.nodes.set_parameter(field, value),
            error,
        );
    }
    let version = world.set(Field::MinSecrets, 9);
    assert_eq!(version, Ok(U256::from(10)));
    let event = ParameterSet {
        version: U256::from(10),
        field: U256::from(8),
        value: U256::from(9),
    };
    assert_eq!(world.chain.last_event::<ParameterSet>(), event);
}

#[test]
fn running_rounds_keep_their_parameters() {
    let mut world = World::new(5);
    let id = task(1);
    world.submitted(id, PRICE);
    world
        .by(STRANGER, |committee| committee.request(id))
        .unwrap();
    for (field, value) in [
        (Field::MinSecrets, 9),
        (Field::VoteSlash, 5_000),
        (Field::CommitWindow, 10),
        (Field::MediumValue, 0),
    ] {
        world.set(field, value).unwrap();
    }
    world.beacon();
    world.by(STRANGER, |committee| committee.draw(id)).unwrap();
    let members = world.committee().nodes.committee_of(id);
    assert_eq!(
        (members.len(), world.round_of(id).3),
        (3, world.now() + 600)
    );
    world.vote(
        id,
        &[
            (members[0], good()),
            (members[1], good()),
            (members[2], bad()),
        ],
    );
    world.tells(id, good(), |committee| committee.tally(id));
    assert_eq!(world.bond(members[2]), (BOND - 50, 0));
}

#[test]
fn a_node_joins_with_a_bond_and_leaves_with_it() {
    let mut world = World::new(2);
    let start = world.now();
    let low = BondOutOfRange {
        bond: U256::from(999),
        minimum: U256::from(1_000),
        maximum: U256::from((1u128 << 80) - 1),
    };
    world.refused(
        node(3),
        |committee| committee.nodes.join(U256::from(999)),
        low,
    );
    assert_eq!(
        world.committee().nodes.number_count(),
        U256::from(2),
        "what fails takes no number"
    );
    world.join(node(3), BOND).unwrap();
    let joined = NodeJoined {
        node: node(3),
        id: U256::from(3),
        added: U256::from(BOND),
        bond: U256::from(BOND),
    };
    assert_eq!(world.chain.last_event::<NodeJoined>(), joined);
    assert_eq!(world.node_of(node(3)), (1, start, 3, BOND, 0));
    world.join(node(3), 5).unwrap();
    assert_eq!(world.bond(node(3)), (BOND + 5, 0));
    assert_eq!(world.committee().nodes.node_at(U256::from(3)), node(3));

    world.refused(
        node(3),
        |committee| committee.nodes.withdraw(),
        NothingToWithdraw {
            account: node(3),
            maturesAt: 0,
        },
    );
    world
        .by(node(3), |committee| committee.nodes.leave())
        .unwrap();
    let matures_at = start + 10 * DAY;
    assert_eq!(
        world.chain.last_event::<NodeLeaving>(),
        NodeLeaving {
            node: node(3),
            maturesAt: matures_at
        }
    );
    let again = NotAllowed {
        account: node(3),
        standing: 2,
        bond: U256::from(BOND + 5),
    };
    world.refused(node(3), |committee| committee.nodes.leave(), again);
    world.chain.pass(10 * DAY - 1);
    world.refused(
        node(3),
        |committee| committee.nodes.withdraw(),
        NothingToWithdraw {
            account: node(3),
            maturesAt: matures_at,
        },
    );
    world.chain.pass(1);
    world
        .by(node(3), |committee| committee.nodes.withdraw())
        .unwrap();
    assert_eq!(
        (
            world.held(node(3)),
            world.committee().nodes.node_at(U256::from(3))
        ),
        (u128::from(BOND) + 5, Address::ZERO)
    );
    assert_eq!(world.node_of(node(3)), (0, 0, 0, 0, 0));
}

#[test]
fn vacant_numbers_are_used_again() {
    let mut world = World::new(4);
    for n in [2, 3] {
        world
            .by(node(n), |committee| committee.nodes.leave())
            .unwrap();
    }
    world.chain.pass(10 * DAY);
    for n in [2, 3] {
        world
            .by(node(n), |committee| committee.nodes.withdraw())
            .unwrap();
    }
    for (n, number) in [(5, 3u64), (6, 2), (7, 5)] {
        world.join(node(n), BOND).unwrap();
        assert_eq!(world.node_of(node(n)).2, number);
        assert_eq!(world.committee().nodes.node_at(U256::from(number)), node(n));
    }
    assert_eq!(world.committee().nodes.number_count(), U256::from(5));
}

#[test]
fn the_owner_removes_a_node_for_good() {
    let mut world = World::new(3);
    let start = world.now();
    world
        .by(OWNER, |committee| {
            committee.nodes.remove_node(node(1), U256::from(400))
        })
        .unwrap();
    assert_eq!(
        world.chain.last_event::<NodeRemoved>(),
        NodeRemoved {
            node: node(1),
            maturesAt: start + 10 * DAY
        }
    );
    assert_eq!(
        (world.bond(node(1)), world.bond(TREASURY)),
        ((600, 0), (0, 400))
    );
    let out = |bond: u64| NotAllowed {
        account: node(1),
        standing: 3,
        bond: U256::from(bond),
    };
    world.refused(
        OWNER,
        |committee| committee.nodes.remove_node(node(1), U256::ZERO),
        out(600),
    );
    world.refused(node(1), |committee| committee.nodes.leave(), out(600));
    world.refused(
        node(1),
        |committee| committee.nodes.join(U256::from(BOND)),
        out(600),
    );
    world.chain.pass(10 * DAY);
    world
        .by(node(1), |committee| committee.nodes.withdraw())
        .unwrap();
    world
        .by(TREASURY, |committee| committee.nodes.withdraw())
        .unwrap();
    assert_eq!((world.held(node(1)), world.held(TREASURY)), (600, 400));
    world.refused(
        node(1),
        |committee| committee.nodes.join(U256::from(BOND)),
        out(0),
    );
    // and whoever is no node yet
    world
        .by(OWNER, |committee| {
            committee.nodes.remove_node(STRANGER, U256::MAX >> 160)
        })
        .unwrap();
    world.refused(
        STRANGER,
        |committee| committee.nodes.join(U256::from(BOND)),
        NotAllowed {
            account: STRANGER,
            standing: 3,
            bond: U256::ZERO,
        },
    );
}

#[test]
fn a_pause_stops_joining_and_nothing_else() {
    let mut world = World::new(5);
    let until = world.now() + DAY;
    world
        .by(OWNER, |committee| Ok(committee.nodes.pause(until)?))
        .unwrap();
    world.refused(
        node(9),
        |committee| committee.nodes.join(U256::from(BOND)),
        EnforcedPause { until },
    );
    let members = world.voting(task(1), PRICE);
    let votes: Vec<_> = members.iter().map(|member| (*member, good())).collect();
    world.vote(task(1), &votes);
    world.pay_fee(task(1));
    world.tells(task(1), good(), |committee| committee.tally(task(1)));
    assert_eq!(
        world.by(members[0], |committee| committee.nodes.withdraw()),
        Ok(())
    );
    assert_eq!(
        world.by(members[0], |committee| committee.nodes.leave()),
        Ok(())
    );
}

#[test]
fn a_token_that_takes_a_fee_is_refused() {
    let mut world = World::new(0);
    world.chain.token.borrow_mut().fee = 1;
    let error = TokenTookFee {
        token: TOKEN,
        sent: U256::from(BOND),
        received: U256::from(BOND - 1),
    };
    let contract = world.chain.contract();
    world
        .chain
        .token
        .borrow_mut()
        .fund(node(1), contract, BOND.into());
    world.refused(
        node(1),
        |committee| committee.nodes.join(U256::from(BOND)),
        error,
    );
    assert_eq!(world.bond(node(1)), (0, 0));
}

#[test]
fn what_the_token_does_not_pay_out_is_still_owed() {
    let mut world = World::new(1);
    world
        .by(node(1), |committee| committee.nodes.leave())
        .unwrap();
    world.chain.pass(10 * DAY);
    world.chain.token.borrow_mut().refuses = true;
    world.refused(
        node(1),
        |committee| committee.nodes.withdraw(),
        TokenCallFailed { token: TOKEN },
    );
    world.chain.token.borrow_mut().refuses = false;
    world
        .by(node(1), |committee| committee.nodes.withdraw())
        .unwrap();
    assert_eq!(world.held(node(1)), BOND.into());
}
