//! The way of a task, from request to verdict.

use ogpu_common::Calldata;

use super::*;

#[test]
fn a_committee_of_three_decides() {
    let mut world = World::new(10);
    let (id, start) = (task(1), world.now());
    let members = world.voting(id, PRICE);
    assert_eq!(members.len(), 3);
    assert_eq!(world.round_of(id), (2, 3, 1, start + 660, start + 960));
    let drawn = CommitteeDrawn {
        taskId: id,
        size: 3,
        commitEnd: start + 660,
        revealEnd: start + 960,
    };
    assert_eq!(world.chain.last_event::<CommitteeDrawn>(), drawn);
    for member in &members {
        assert_eq!(world.vote_of(id, *member), (1, B256::ZERO, false));
        assert_eq!(world.bond(*member), (BOND, 0));
    }
    world.vote(
        id,
        &[
            (members[0], good()),
            (members[1], bad()),
            (members[2], good()),
        ],
    );
    assert_eq!(world.vote_of(id, members[1]), (3, bad(), true));
    assert_eq!(
        world.chain.last_event::<VoteRevealed>(),
        VoteRevealed {
            taskId: id,
            node: members[2],
            resultHash: good(),
            latencyOk: true
        }
    );
    world.pay_fee(id);
    let withdraw = withdrawCall {
        amount: U256::from(FEE),
    }
    .abi_encode();
    let refusal = Err(data(Called {}));
    world.chain.answer(ESCROW, withdraw.clone(), refusal);
    world.refused(STRANGER, |committee| committee.tally(id), Called {});
    world.chain.answer(ESCROW, withdraw, Ok(Vec::new()));
    world.tells(id, good(), |committee| committee.tally(id));
    let closed = RoundClosed {
        taskId: id,
        resultHash: good(),
        votes: 2,
        latencyOk: true,
        fee: U256::from(FEE),
        slashed: U256::from(50),
    };
    assert_eq!(world.chain.last_event::<RoundClosed>(), closed);
    // 100 of the fee and 50 of the slash among two
    assert_eq!(
        members
            .iter()
            .map(|member| world.bond(*member))
            .collect::<Vec<_>>(),
        [(BOND, 75), (BOND - 50, 0), (BOND, 75)]
    );
    assert_eq!(world.bond(TREASURY), (0, 0));
    world.refused(
        STRANGER,
        |committee| committee.tally(id),
        WrongPhase {
            taskId: id,
            phase: 3,
        },
    );
    world.refused(
        STRANGER,
        |committee| committee.request(id),
        WrongPhase {
            taskId: id,
            phase: 3,
        },
    );
    world.refused(
        STRANGER,
        |committee| committee.draw(id),
        WrongPhase {
            taskId: id,
            phase: 3,
        },
    );

    world
        .by(members[0], |committee| committee.nodes.withdraw())
        .unwrap();
    assert_eq!(
        (world.held(members[0]), world.bond(members[0])),
        (75, (BOND, 0))
    );
}

#[test]
fn the_price_makes_the_size() {
    let mut world = World::new(20);
    for (n, price, size) in [(1, 49, 3), (2, 50, 5), (3, 90, 7)] {
        let mut members = world.voting(task(n), price);
        assert_eq!(members.len(), size);
        members.sort();
        members.dedup();
        assert_eq!(members.len(), size, "nobody sits twice");
        assert!(members.iter().all(|member| world.node_of(*member).0 == 1));
        let votes: Vec<_> = members.iter().map(|member| (*member, good())).collect();
        world.vote(task(n), &votes);
        world.tells(task(n), good(), |committee| committee.tally(task(n)));
    }
}

#[test]
fn nobody_judges_what_it_is_party_to() {
    for n in 1..=8 {
        let mut world = World::new(5);
        world.join(CLIENT, BOND).unwrap();
        world.join(PROVIDER, BOND).unwrap();
        world.chain.pass(1);
        let members = world.voting(task(n), 50);
        assert_eq!(members.len(), 5, "all others");
        assert!(!members.contains(&CLIENT) && !members.contains(&PROVIDER));
    }
}

#[test]
fn a_majority_for_nothing_sends_the_task_to_dispute_and_is_paid() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let votes: Vec<_> = members.iter().map(|member| (*member, B256::ZERO)).collect();
    world.vote(id, &votes);
    world.pay_fee(id);
    world.tells(id, B256::ZERO, |committee| committee.tally(id));
    assert_eq!(world.chain.last_event::<RoundClosed>().votes, 3);
    assert_eq!(world.bond(members[0]), (BOND, 33));
    assert_eq!(world.bond(TREASURY), (0, 1), "the remainder");
}

#[test]
fn without_a_majority_nobody_is_paid_and_only_who_was_missing_is_slashed() {
    let mut world = World::new(9);
    let id = task(1);
    let members = world.voting(id, 50);
    let other = keccak256("other");
    let results = [good(), bad(), other, good()];
    let votes: Vec<_> = members.iter().copied().zip(results).collect();
    for (member, result) in &votes {
        world.commit(id, *member, *result).unwrap();
    }
    world.chain.pass(600);
    for (member, result) in &votes {
        world.reveal(id, *member, *result).unwrap();
    }
    world.pay_fee(id);
    world.tells(id, B256::ZERO, |committee| committee.tally(id));
    let closed = world.chain.last_event::<RoundClosed>();
    assert_eq!(
        (closed.votes, closed.fee, closed.slashed),
        (0, U256::from(FEE), U256::from(50))
    );
    assert!(
        members[..4]
            .iter()
            .all(|member| world.bond(*member) == (BOND, 0))
    );
    assert_eq!(world.bond(members[4]), (BOND - 50, 0));
    assert_eq!(world.bond(TREASURY), (0, 150));
}

#[test]
fn a_round_without_quorum_gets_more_time_once() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let begin = world.now();
    world.commit(id, members[0], good()).unwrap();
    let early = |from| TooEarly { id, from };
    world.refused(
        STRANGER,
        |committee| committee.tally(id),
        early(begin + 600),
    );
    world.chain.pass(700);
    let needed = NoQuorum {
        taskId: id,
        committed: 1,
        needed: 2,
    };
    world.refused(
        members[0],
        |committee| committee.reveal_vote(id, good(), true, SALT),
        needed,
    );
    let late = TooLate {
        id,
        until: begin + 600,
    };
    world.refused(
        members[1],
        |committee| committee.commit_vote(id, SALT),
        late,
    );
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    let extended = RoundExtended {
        taskId: id,
        commitEnd: begin + 1_000,
        revealEnd: begin + 1_300,
    };
    assert_eq!(world.chain.last_event::<RoundExtended>(), extended);
    world.refused(
        STRANGER,
        |committee| committee.tally(id),
        early(begin + 1_000),
    );

    // nobody comes
    world.chain.pass(300);
    world.tells(id, B256::ZERO, |committee| committee.tally(id));
    assert_eq!(world.bond(members[0]), (BOND, 0), "it could not reveal");
    assert_eq!(
        (world.bond(members[1]).0, world.bond(members[2]).0),
        (BOND - 50, BOND - 50)
    );
    assert_eq!(world.bond(TREASURY), (0, 100));
}

#[test]
fn with_more_time_a_round_can_still_decide() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    world.commit(id, members[0], good()).unwrap();
    world.chain.pass(600);
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    world.commit(id, members[1], good()).unwrap();
    world.chain.pass(300);
    world.reveal(id, members[0], good()).unwrap();
    world.reveal(id, members[1], good()).unwrap();
    world.tells(id, good(), |committee| committee.tally(id));
    assert_eq!(world.bond(members[0]), (BOND, 25));
    assert_eq!(world.bond(members[2]), (BOND - 50, 0));
}

#[test]
fn withheld_reveals_are_waited_for_once_and_then_cost() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    for member in &members[..2] {
        world.commit(id, *member, good()).unwrap();
    }
    world.chain.pass(600);
    world.reveal(id, members[0], good()).unwrap();
    let until = world.now() + 300;
    world.refused(
        STRANGER,
        |committee| committee.tally(id),
        TooEarly { id, from: until },
    );
    world.chain.pass(300);
    world.refused(
        members[1],
        |committee| committee.reveal_vote(id, good(), true, SALT),
        TooLate { id, until },
    );
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    world.refused(
        members[2],
        |committee| committee.commit_vote(id, SALT),
        TooLate {
            id,
            until: until - 300,
        },
    );
    world.chain.pass(300);
    world.tells(id, B256::ZERO, |committee| committee.tally(id));
    let bonds: Vec<_> = members.iter().map(|member| world.bond(*member)).collect();
    assert_eq!(bonds, [(BOND, 0), (BOND - 50, 0), (BOND - 50, 0)]);
}

#[test]
fn when_the_market_waits_no_more_the_round_ends_without_it() {
    let mut world = World::new(5);
    let id = task(1);
    let members = world.voting(id, PRICE);
    let votes: Vec<_> = members.iter().map(|member| (*member, good())).collect();
    world.vote(id, &votes);
    let (this, now) = (world.chain.contract(), world.now());
    world.market_says(id, this, 6, PRICE, now);
    let report = verifyCompletionCall {
        taskId: id,
        resultHash: good(),
    }
    .abi_encode();
    world.chain.answer(MARKET, report, Err(data(Called {})));
    world.by(STRANGER, |committee| committee.tally(id)).unwrap();
    let closed = world.chain.last_event::<RoundClosed>();
    assert_eq!((closed.votes, closed.fee), (3, U256::ZERO));
    assert_eq!(world.bond(members[0]), (BOND, 0));
}

#[test]
fn only_tasks_that_wait_for_this_committee() {
    let mut world = World::new(5);
    let (id, this, deadline) = (task(1), world.chain.contract(), world.now() + DAY);
    for (verifier, status) in [(this, 2), (this, 4), (STRANGER, 3)] {
        world.market_says(id, verifier, status, PRICE, deadline);
        let error = NotAwaited {
            taskId: id,
            verifier,
            status,
        };
        world.refused(STRANGER, |committee| committee.request(id), error);
    }
    world.submitted(id, PRICE);
    world
        .by(STRANGER, |committee| committee.request(id))
        .unwrap();
    assert_eq!(
        world.chain.last_event::<Requested>(),
        Requested {
            taskId: id,
            beacon: U256::ONE
        }
    );
    world.beacon();
    let now = world.now();
    world.market_says(id, this, 3, PRICE, now + 899);
    let error = DeadlineTooNear {
        taskId: id,
        deadline: now + 899,
        needed: now + 900,
    };
    world.refused(STRANGER, |committee| committee.draw(id), error);
    world.market_says(id, this, 6, PRICE, now + 900);
    let error = NotAwaited {
        taskId: id,
        verifier: this,
        status: 6,
    };
    world.refused(STRANGER, |committee| committee.draw(id), error);
    world.market_says(id, this, 3, PRICE, now + 900);
    assert_eq!(world.by(STRANGER, |committee| committee.draw(id)), Ok(()));
}

#[test]
fn tasks_share_a_beacon_and_beacons_overlap() {
    let mut world = World::new(9);
    for n in [1, 2] {
        world.submitted(task(n), PRICE);
        world
            .by(STRANGER, |committee| committee.request(task(n)))
            .unwrap();
    }
    let error = AlreadyRequested {
        taskId: task(1),
        beacon: U256::ONE,
    };
    world.refused(STRANGER, |committee| committee.request(task(1)), error);
    world.commit_secret(U256::ONE, node(1), SALT).unwrap();
    world.commit_secret(U256::ONE, node(2), SALT).unwrap();
    world.chain.pass(60);
    // the first takes no more tasks, so that nobody can choose one that suits the secrets
    world.submitted(task(3), PRICE);
    world
        .by(STRANGER, |committee| committee.request(task(3)))
        .unwrap();
    assert_eq!(
        (
            world.committee().nodes.newest_beacon(),
            world.round_of(task(3)).2
        ),
        (U256::from(2), 2)
    );
    for n in [1, 2] {
        world
            .by(node(n), |committee| {
                committee.reveal_secret(U256::ONE, SALT)
            })
            .unwrap();
    }
    world
        .by(STRANGER, |committee| committee.draw(task(1)))
        .unwrap();
    world
        .by(STRANGER, |committee| committee.draw(task(2)))
        .unwrap();
    let (first, second) = (
        world.committee().nodes.committee_of(task(1)),
        world.committee().nodes.committee_of(task(2)),
    );
    assert_ne!(first, second, "each task has a draw of its own");
}

#[test]
fn after_three_beacons_that_fail_the_task_goes_to_dispute() {
    let mut world = World::new(5);
    let id = task(1);
    world.submitted(id, PRICE);
    for beacon in 1..=3u64 {
        world
            .by(STRANGER, |committee| committee.request(id))
            .unwrap();
        let number = U256::from(beacon);
        assert_eq!(world.committee().nodes.newest_beacon(), number);
        world.commit_secret(number, node(1), SALT).unwrap();
        world.chain.pass(60);
        // one secret can never be enough: nobody has to reveal, and nobody is slashed
        let failed = || BeaconFailed { beacon: number };
        world.refused(
            node(1),
            |committee| committee.reveal_secret(number, SALT),
            failed(),
        );
        world.refused(STRANGER, |committee| committee.draw(id), failed());
        world.chain.pass(60);
        world.refused(
            STRANGER,
            |committee| committee.nodes.report_withheld(number, node(1)),
            failed(),
        );
    }
    world.tells(id, B256::ZERO, |committee| committee.request(id));
    assert_eq!(world.chain.last_event::<RoundClosed>().votes, 0);
    assert_eq!(world.round_of(id).0, 3);
}

#[test]
fn without_enough_nodes_the_task_goes_to_dispute() {
    let mut world = World::new(4);
    let id = task(1);
    world.submitted(id, 50);
    world
        .by(STRANGER, |committee| committee.request(id))
        .unwrap();
    world.beacon();
    world.tells(id, B256::ZERO, |committee| committee.draw(id));
    assert!(world.committee().nodes.committee_of(id).is_empty());
}

#[test]
fn batches_are_all_or_nothing() {
    let mut world = World::new(3);
    let ids = [task(1), task(2)];
    for id in ids {
        world.submitted(id, PRICE);
        world
            .by(STRANGER, |committee| committee.request(id))
            .unwrap();
    }
    world.beacon();
    let draws = ids.map(|id| calldata("draw(uint256)", id.abi_encode()));
    world
        .by(STRANGER, |committee| committee.batch(draws.to_vec()))
        .unwrap();
    let commits = |n: u64, ids: [U256; 2]| {
        let call = |id| {
            let arguments = (id, vote(id, node(n), good())).abi_encode();
            calldata("commitVote(uint256,bytes32)", arguments)
        };
        ids.map(call).to_vec()
    };
    let reveals = |results: [B256; 2]| {
        let call = |(id, result)| {
            let arguments = (id, result, true, SALT).abi_encode();
            calldata("revealVote(uint256,bytes32,bool,bytes32)", arguments)
        };
        ids.into_iter().zip(results).map(call).collect::<Vec<_>>()
    };
    let twice = AlreadyCommitted {
        id: task(1),
        node: node(1),
    };
    let calls = commits(1, [task(1); 2]);
    world.refused(node(1), |committee| committee.batch(calls), twice);
    for n in 1..=3 {
        let calls = commits(n, ids);
        world
            .by(node(n), |committee| committee.batch(calls))
            .unwrap();
    }
    for n in 1..=3 {
        let wrong = WrongReveal {
            id: task(2),
            node: node(n),
        };
        let calls = reveals([good(), bad()]);
        world.refused(node(n), |committee| committee.batch(calls), wrong);
        let calls = reveals([good(); 2]);
        world
            .by(node(n), |committee| committee.batch(calls))
            .unwrap();
    }
    let unknown = vec![calldata("nothing()", Vec::new())];
    world.refused(
        node(1),
        |committee| committee.batch(unknown),
        UnknownFunction {},
    );
    let tallies = ids.map(|id| calldata("tally(uint256)", id.abi_encode()));
    world
        .by(STRANGER, |committee| committee.batch(tallies.to_vec()))
        .unwrap();
    assert!(ids.iter().all(|id| world.round_of(*id).0 == 3));
}

/// A call, as a wallet encodes it.
fn calldata(function: &str, arguments: Vec<u8>) -> Calldata {
    Calldata([&keccak256(function)[..4], &arguments].concat())
}

/// To the market, the result zero is none: a verdict that there is none would be one for whoever has delivered it.
#[test]
fn an_empty_result_is_not_judged() {
    let mut world = World::new(5);
    let id = task(1);
    world.seal = keccak256((id, U256::from(7), B256::ZERO).abi_encode());
    world.submitted(id, PRICE);
    let error = EmptyResult { taskId: id };
    world.refused(STRANGER, |committee| committee.request(id), error);
    world.submitted(task(2), PRICE);
    let other = world.by(STRANGER, |committee| committee.request(task(2)));
    assert_eq!(other, Ok(()));
}
