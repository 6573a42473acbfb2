//! What somebody might try.

use super::*;

#[test]
fn a_copied_commitment_is_useless() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let copied = vote(id, members[0], good());
    for member in &members {
        world
            .by(*member, |committee| committee.commit_vote(id, copied))
            .unwrap();
    }
    world.reveal(id, members[0], good()).unwrap();
    for member in &members[1..] {
        let wrong = WrongReveal { id, node: *member };
        world.refused(
            *member,
            |committee| committee.reveal_vote(id, good(), true, SALT),
            wrong,
        );
    }
}

#[test]
fn a_copied_secret_is_useless() {
    let mut world = World::new(3);
    world.submitted(task(1), PRICE);
    world
        .by(STRANGER, |committee| committee.request(task(1)))
        .unwrap();
    let copied = keccak256((U256::ONE, node(1), SALT).abi_encode());
    for n in [1, 2] {
        world
            .by(node(n), |committee| {
                committee.commit_secret(U256::ONE, copied)
            })
            .unwrap();
    }
    world.chain.pass(60);
    world
        .by(node(1), |committee| {
            committee.reveal_secret(U256::ONE, SALT)
        })
        .unwrap();
    let wrong = WrongReveal {
        id: U256::ONE,
        node: node(2),
    };
    world.refused(
        node(2),
        |committee| committee.reveal_secret(U256::ONE, SALT),
        wrong,
    );
    let nothing = NothingToReveal {
        id: U256::ONE,
        node: node(3),
    };
    world.refused(
        node(3),
        |committee| committee.reveal_secret(U256::ONE, SALT),
        nothing,
    );
    assert_eq!(
        B256::from(world.committee().nodes.beacon_of(U256::ONE).4),
        SALT,
        "and does not cancel the first"
    );
}

#[test]
fn nobody_votes_twice_or_for_another_or_undrawn() {
    let mut world = World::new(9);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let outsider = (1..=9)
        .map(node)
        .find(|node| !members.contains(node))
        .unwrap();
    for account in [outsider, STRANGER, OWNER] {
        let error = || NotDrawn {
            taskId: id,
            node: account,
        };
        world.refused(
            account,
            |committee| committee.commit_vote(id, SALT),
            error(),
        );
        world.refused(
            account,
            |committee| committee.reveal_vote(id, good(), true, SALT),
            error(),
        );
    }
    world.commit(id, members[0], good()).unwrap();
    let again = AlreadyCommitted {
        id,
        node: members[0],
    };
    world.refused(
        members[0],
        |committee| committee.commit_vote(id, SALT),
        again,
    );
    world.commit(id, members[1], good()).unwrap();
    let early = TooEarly {
        id,
        from: world.round_of(id).3,
    };
    world.refused(
        members[0],
        |committee| committee.reveal_vote(id, good(), true, SALT),
        early,
    );
    world.chain.pass(600);
    let wrong = || WrongReveal {
        id,
        node: members[0],
    };
    world.refused(
        members[0],
        |committee| committee.reveal_vote(id, bad(), true, SALT),
        wrong(),
    );
    world.refused(
        members[0],
        |committee| committee.reveal_vote(id, good(), false, SALT),
        wrong(),
    );
    world.refused(
        members[0],
        |committee| committee.reveal_vote(id, good(), true, B256::ZERO),
        wrong(),
    );
    world.reveal(id, members[0], good()).unwrap();
    for member in [members[0], members[2]] {
        let nothing = NothingToReveal { id, node: member };
        world.refused(
            member,
            |committee| committee.reveal_vote(id, good(), true, SALT),
            nothing,
        );
    }
    // a vote on one task says nothing about another
    let missing = WrongPhase {
        taskId: task(2),
        phase: 0,
    };
    world.refused(
        members[0],
        |committee| committee.reveal_vote(task(2), good(), true, SALT),
        missing,
    );
}

/// A result whose bytes look like a committed seat of another index must not become one.
#[test]
fn a_result_is_no_seat() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let inner = keccak256((id, members[0], good(), true, B256::ZERO).abi_encode());
    let mut crafted = inner;
    crafted[0] = 0x21;
    let commitment = keccak256((id, members[0], crafted, true, SALT).abi_encode());
    world
        .by(members[0], |committee| {
            committee.commit_vote(id, commitment)
        })
        .unwrap();
    world.commit(id, members[1], good()).unwrap();
    world.chain.pass(600);
    world
        .by(members[0], |committee| {
            committee.reveal_vote(id, crafted, true, SALT)
        })
        .unwrap();
    let nothing = NothingToReveal {
        id,
        node: members[0],
    };
    world.refused(
        members[0],
        |committee| committee.reveal_vote(id, good(), true, B256::ZERO),
        nothing,
    );
    assert_eq!(world.vote_of(id, members[0]), (3, crafted, true));
    let others = &members[1..];
    assert!(others.iter().all(|other| world.vote_of(id, *other).0 < 3));
}

#[test]
fn nothing_is_drawn_before_the_seed_is_final() {
    let mut world = World::new(5);
    let (id, start) = (task(1), world.now());
    world.refused(
        STRANGER,
        |committee| committee.draw(id),
        WrongPhase {
            taskId: id,
            phase: 0,
        },
    );
    world.submitted(id, PRICE);
    world
        .by(STRANGER, |committee| committee.request(id))
        .unwrap();
    let early = |from| TooEarly { id, from };
    world.refused(STRANGER, |committee| committee.draw(id), early(start + 60));
    for n in 1..=3 {
        world
            .commit_secret(U256::ONE, node(n), secret(U256::ONE, n))
            .unwrap();
    }
    let early_secret = TooEarly {
        id: U256::ONE,
        from: start + 60,
    };
    world.refused(
        node(1),
        |committee| committee.reveal_secret(U256::ONE, secret(U256::ONE, 1)),
        early_secret,
    );
    world.chain.pass(60);
    for n in [1, 2] {
        world
            .by(node(n), |committee| {
                committee.reveal_secret(U256::ONE, secret(U256::ONE, n))
            })
            .unwrap();
    }
    world.refused(STRANGER, |committee| committee.draw(id), early(start + 120));
    let late = TooLate {
        id: U256::ONE,
        until: start + 60,
    };
    world.refused(
        node(4),
        |committee| committee.commit_secret(U256::ONE, SALT),
        late,
    );
    world.chain.pass(60);
    // one is withheld: there is no seed, so that nobody chooses one by withholding
    let failed = || BeaconFailed { beacon: U256::ONE };
    world.refused(
        node(3),
        |committee| committee.reveal_secret(U256::ONE, secret(U256::ONE, 3)),
        failed(),
    );
    world.refused(STRANGER, |committee| committee.draw(id), failed());
    world
        .by(STRANGER, |committee| committee.request(id))
        .unwrap();
    assert_eq!(world.beacon(), U256::from(2));
    assert_eq!(world.by(STRANGER, |committee| committee.draw(id)), Ok(()));
}

#[test]
fn a_withheld_secret_costs_half_of_the_bond_once() {
    let mut world = World::new(5);
    let id = task(1);
    world.submitted(id, PRICE);
    world
        .by(STRANGER, |committee| committee.request(id))
        .unwrap();
    world.commit_secret(U256::ONE, node(3), SALT).unwrap();
    let beacon = world.beacon();
    let start = world.now();
    world.refused(
        STRANGER,
        |committee| committee.nodes.report_withheld(beacon, node(3)),
        TooEarly {
            id: beacon,
            from: start + 60,
        },
    );
    world.chain.pass(60);
    world
        .by(STRANGER, |committee| {
            committee.nodes.report_withheld(beacon, node(3))
        })
        .unwrap();
    assert_eq!(
        (
            world.bond(node(3)),
            world.bond(STRANGER),
            world.bond(TREASURY)
        ),
        ((500, 0), (0, 50), (0, 450))
    );
    for n in [1, 3, 4] {
        let nothing = NothingToReveal {
            id: beacon,
            node: node(n),
        };
        world.refused(
            STRANGER,
            |committee| committee.nodes.report_withheld(beacon, node(n)),
            nothing,
        );
    }
    world.refused(
        STRANGER,
        |committee| committee.nodes.report_withheld(U256::from(9), node(3)),
        BeaconFailed {
            beacon: U256::from(9),
        },
    );
}

#[test]
fn only_nodes_make_randomness() {
    let mut world = World::new(3);
    world.submitted(task(1), PRICE);
    world.refused(
        node(1),
        |committee| committee.commit_secret(U256::ONE, SALT),
        BeaconFailed { beacon: U256::ONE },
    );
    world
        .by(STRANGER, |committee| committee.request(task(1)))
        .unwrap();
    let none = NotAllowed {
        account: STRANGER,
        standing: 0,
        bond: U256::ZERO,
    };
    world.refused(
        STRANGER,
        |committee| committee.commit_secret(U256::ONE, SALT),
        none,
    );
    world
        .by(node(3), |committee| committee.nodes.leave())
        .unwrap();
    let leaving = NotAllowed {
        account: node(3),
        standing: 2,
        bond: U256::from(BOND),
    };
    world.refused(
        node(3),
        |committee| committee.commit_secret(U256::ONE, SALT),
        leaving,
    );
    world.refused(
        node(1),
        |committee| committee.commit_secret(U256::ONE, B256::ZERO),
        NothingToReveal {
            id: U256::ONE,
            node: node(1),
        },
    );
    world.commit_secret(U256::ONE, node(1), SALT).unwrap();
    let again = AlreadyCommitted {
        id: U256::ONE,
        node: node(1),
    };
    world.refused(
        node(1),
        |committee| committee.commit_secret(U256::ONE, SALT),
        again,
    );
}

/// Once a seed can be known, nothing that nodes do moves a ticket to another node: who comes late is passed over.
#[test]
fn the_draw_does_not_depend_on_who_comes_after() {
    let draw = |change: &dyn Fn(&mut World)| {
        let mut world = World::new(6);
        // a vacant number in the middle, for newcomers
        world
            .by(node(3), |committee| committee.nodes.leave())
            .unwrap();
        world.chain.pass(10 * DAY);
        world
            .by(node(3), |committee| committee.nodes.withdraw())
            .unwrap();
        world.submitted(task(1), PRICE);
        world
            .by(STRANGER, |committee| committee.request(task(1)))
            .unwrap();
        world.beacon();
        change(&mut world);
        world.chain.pass(1);
        world
            .by(STRANGER, |committee| committee.draw(task(1)))
            .unwrap();
        world.committee().nodes.committee_of(task(1))
    };
    let plain = draw(&|_| ());
    assert_eq!(
        draw(&|world| (11..=20).for_each(|n| world.join(node(n), BOND).unwrap())),
        plain
    );
    // who leaves gives up its own seat and nobody else's
    let first = plain[0];
    let left = draw(&|world| {
        world
            .by(first, |committee| committee.nodes.leave())
            .unwrap()
    });
    assert!(!left.contains(&first) && left.contains(&plain[1]) && left.contains(&plain[2]));
    // and does not get it back
    let back = draw(&|world| {
        world
            .by(first, |committee| committee.nodes.leave())
            .unwrap();
        world
            .by(first, |committee| committee.nodes.join(U256::ZERO))
            .unwrap();
    });
    assert_eq!(back, left);
}

/// One whose bond is too low cannot wait for a seed that suits it and then add what is missing.
#[test]
fn a_bond_filled_up_late_is_new() {
    let mut world = World::new(4);
    let out = world.voting(task(1), PRICE)[0];
    world.chain.pass(600);
    world
        .by(STRANGER, |committee| committee.tally(task(1)))
        .unwrap();
    world.chain.pass(300);
    world
        .by(STRANGER, |committee| committee.tally(task(1)))
        .unwrap();
    assert_eq!(world.bond(out), (BOND - 50, 0));
    world.chain.pass(1);
    for n in 1..=4 {
        if node(n) != out && world.bond(node(n)).0 < BOND {
            world.join(node(n), 50).unwrap();
        }
    }
    world.chain.pass(1);
    world.submitted(task(2), PRICE);
    world
        .by(STRANGER, |committee| committee.request(task(2)))
        .unwrap();
    let beacon = world.committee().nodes.newest_beacon();
    for n in 1..=4 {
        if node(n) != out {
            world
                .commit_secret(beacon, node(n), secret(beacon, n))
                .unwrap();
        }
    }
    world.chain.pass(60);
    for n in 1..=4 {
        if node(n) != out {
            world
                .by(node(n), |committee| {
                    committee.reveal_secret(beacon, secret(beacon, n))
                })
                .unwrap();
        }
    }
    world.join(out, 50).unwrap();
    world
        .by(STRANGER, |committee| committee.draw(task(2)))
        .unwrap();
    assert!(!world.committee().nodes.committee_of(task(2)).contains(&out));
}

#[test]
fn leaving_in_the_middle_of_a_round_saves_nothing() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    world
        .by(members[0], |committee| committee.nodes.leave())
        .unwrap();
    world.vote(id, &[(members[1], good()), (members[2], good())]);
    world.chain.pass(300);
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    assert_eq!(world.bond(members[0]), (BOND - 50, 0));
    assert_eq!(world.bond(members[1]), (BOND, 25));
}

/// A number that somebody else has by the time of a late tally does not make that one a member.
#[test]
fn a_late_tally_slashes_no_successor() {
    let mut world = World::new(3);
    let id = task(1);
    let members = world.voting(id, PRICE);
    world
        .by(members[0], |committee| committee.nodes.leave())
        .unwrap();
    world.vote(id, &[(members[1], good()), (members[2], good())]);
    world.chain.pass(10 * DAY);
    world
        .by(members[0], |committee| committee.nodes.withdraw())
        .unwrap();
    world.join(node(9), BOND).unwrap();
    assert!(
        world.committee().nodes.committee_of(id).contains(&node(9)),
        "it has the number"
    );
    world.tells(id, good(), |committee| committee.tally(id));
    assert_eq!(
        (world.bond(node(9)), world.bond(members[0])),
        ((BOND, 0), (0, 0))
    );
    assert_eq!(world.chain.last_event::<RoundClosed>().slashed, U256::ZERO);
}

/// A tally whose question to the market fails, for want of gas or otherwise, does not end the round behind the market's back.
#[test]
fn a_market_that_fails_is_no_market_that_does_not_wait() {
    let mut world = World::new(3);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let votes: Vec<_> = members.iter().map(|member| (*member, good())).collect();
    world.vote(id, &votes);
    let call = verificationOfCall { taskId: id }.abi_encode();
    world.chain.answer(MARKET, call, Err(Vec::new()));
    let failed = world.by(STRANGER, |committee| committee.tally(id));
    assert_eq!(failed.map_err(Vec::from), Err(Vec::new()));
    assert_eq!(world.round_of(id).0, 2);
    world.submitted(id, PRICE);
    world.tells(id, good(), |committee| committee.tally(id));
}

#[test]
fn a_slash_takes_what_is_there() {
    let mut world = World::new(3);
    world.set(Field::VoteSlash, 5_000).unwrap();
    let id = task(1);
    let members = world.voting(id, PRICE);
    world
        .by(OWNER, |committee| {
            committee
                .nodes
                .remove_node(members[0], U256::from(BOND - 10))
        })
        .unwrap();
    world.vote(id, &[(members[1], good()), (members[2], good())]);
    world.chain.pass(300);
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    assert_eq!(
        world.chain.last_event::<RoundClosed>().slashed,
        U256::from(10)
    );
    assert_eq!(world.bond(members[0]), (0, 0));
}
