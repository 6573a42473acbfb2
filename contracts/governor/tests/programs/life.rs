//! Proposals from beginning to end.

use super::*;

#[test]
fn a_proposal_is_told_with_everything_in_it() {
    let world = World::new();
    let proposal = Proposal::new(
        &[(BOX, 7, b"opens".to_vec()), (TOKEN, 0, vec![])],
        "Open the box\nand see",
    );
    let id = world.by(ALICE, proposal.propose()).unwrap();
    let start = host::time() + DELAY;
    assert_eq!(
        events::<ProposalCreated>(),
        [ProposalCreated {
            proposalId: id,
            proposer: ALICE,
            targets: proposal.targets.clone(),
            values: proposal.values.clone(),
            signatures: vec![String::new(); 2],
            calldatas: proposal.calldatas.clone(),
            voteStart: n(start),
            voteEnd: n(start + PERIOD),
            description: proposal.description.clone(),
        }]
    );
    assert_eq!(world.state(&proposal), PENDING);
    assert_eq!(world.ask(Admin::proposalSnapshotCall { id }), n(start));
    assert_eq!(
        world.ask(Admin::proposalDeadlineCall { id }),
        n(start + PERIOD)
    );
    assert_eq!(world.ask(Admin::proposalProposerCall { id }), ALICE);
    assert_eq!(world.ask(Admin::proposalEtaCall { id }), U256::ZERO);
    assert!(world.ask(Admin::proposalNeedsQueuingCall { id }));
}

#[test]
fn states_follow_the_clock() {
    let world = World::new();
    let proposal = Proposal::plain("Clock");
    let id = world.by(ALICE, proposal.propose()).unwrap();
    for (seconds, state) in [
        (0, PENDING),
        (DELAY, PENDING),
        (1, ACTIVE),
        (PERIOD - 1, ACTIVE),
        (1, DEFEATED),
    ] {
        pass(seconds);
        assert_eq!(world.state(&proposal), state, "after {seconds} s more");
    }
    refused(
        world.by(STRANGER, proposal.queue()),
        unexpected(id, DEFEATED, &[SUCCEEDED]),
    );
}

#[test]
fn a_proposal_succeeds_is_queued_and_executed() {
    let world = World::new();
    let proposal = Proposal::plain("All the way");
    let id = world.proposed(&proposal);
    world.vote(ALICE, id, FOR).unwrap();
    world.vote(BOB, id, FOR).unwrap();
    refused(
        world.by(STRANGER, proposal.queue()),
        unexpected(id, ACTIVE, &[SUCCEEDED]),
    );
    pass(PERIOD);
    refused(
        world.by(STRANGER, proposal.execute()),
        unexpected(id, SUCCEEDED, &[QUEUED]),
    );
    assert_eq!(world.by(STRANGER, proposal.queue()), Ok(id));
    let eta = host::time() + MIN_DELAY;
    let queued = ProposalQueued {
        proposalId: id,
        etaSeconds: n(eta),
    };
    assert_eq!(events::<ProposalQueued>(), [queued]);
    assert_eq!(world.ask(Admin::proposalEtaCall { id }), n(eta));
    let (_, operation) = proposal.operation(DAO);
    let timestamp = Lock::getTimestampCall { id: operation };
    assert_eq!(world.at(LOCK, STRANGER, timestamp), Ok(n(eta)));
    assert_eq!(world.state(&proposal), QUEUED);
    refused(
        world.by(STRANGER, proposal.queue()),
        unexpected(id, QUEUED, &[SUCCEEDED]),
    );
    pass(MIN_DELAY - 1);
    let early = world.by(STRANGER, proposal.execute()).unwrap_err();
    let selector = keccak256("TimelockUnexpectedOperationState(bytes32,bytes32)");
    assert_eq!(early[..4], selector[..4]);
    pass(1);
    host::calls_to(BOX);
    assert_eq!(world.by(STRANGER, proposal.execute()), Ok(id));
    assert_eq!(host::calls_to(BOX), 1);
    assert_eq!(
        events::<ProposalExecuted>(),
        [ProposalExecuted { proposalId: id }]
    );
    assert_eq!(world.state(&proposal), EXECUTED);
    refused(
        world.by(STRANGER, proposal.execute()),
        unexpected(id, EXECUTED, &[QUEUED]),
    );
}

#[test]
fn the_id_alone_is_enough() {
    let world = World::new();
    let proposal = Proposal::new(&[(BOX, 0, vec![1; 100]), (BOX, 0, vec![])], "By id");
    let id = world.succeeded(&proposal);
    world
        .by(STRANGER, Dao::queue_1Call { proposalId: id })
        .unwrap();
    pass(MIN_DELAY);
    host::calls_to(BOX);
    world
        .by(STRANGER, Dao::execute_1Call { proposalId: id })
        .unwrap();
    assert_eq!(host::calls_to(BOX), 2);
    let other = Proposal::plain("By id, called off");
    let id = world.by(ALICE, other.propose()).unwrap();
    world
        .by(ALICE, Dao::cancel_1Call { proposalId: id })
        .unwrap();
    assert_eq!(world.state(&other), CANCELED);
    let unknown = GovernorNonexistentProposal { proposalId: n(9) };
    refused(
        world
            .by(ALICE, Dao::queue_1Call { proposalId: n(9) })
            .map(|_| ()),
        unknown.clone(),
    );
    refused(
        world
            .by(ALICE, Dao::execute_1Call { proposalId: n(9) })
            .map(|_| ()),
        unknown.clone(),
    );
    refused(
        world
            .by(ALICE, Dao::cancel_1Call { proposalId: n(9) })
            .map(|_| ()),
        unknown,
    );
}

#[test]
fn ether_goes_through_to_the_targets() {
    let world = World::new();
    let proposal = Proposal::new(&[(BOX, 5, vec![])], "Pay");
    world.due(&proposal);
    host::give(STRANGER, 10);
    let data = proposal.execute().abi_encode();
    call(STRANGER, DAO, n(5), &data).unwrap();
    assert_eq!(
        (
            host::balance(BOX),
            host::balance(DAO),
            host::balance(STRANGER)
        ),
        (n(5), n(0), n(5))
    );
    // Nothing else takes any.
    let others = [
        proposal.propose().abi_encode(),
        proposal.queue().abi_encode(),
        proposal.cancel().abi_encode(),
        Dao::queue_1Call {
            proposalId: proposal.id(),
        }
        .abi_encode(),
        Dao::castVoteCall {
            proposalId: proposal.id(),
            support: 1,
        }
        .abi_encode(),
        Dao::stateCall {
            proposalId: proposal.id(),
        }
        .abi_encode(),
        Admin::nameCall {}.abi_encode(),
    ];
    for data in others {
        assert_eq!(call(STRANGER, DAO, n(1), &data), Err(vec![]));
    }
    refused(call(STRANGER, DAO, n(1), &[]), GovernorDisabledDeposit {});
    refused(call(STRANGER, DAO, n(0), &[]), GovernorDisabledDeposit {});
}

#[test]
fn a_proposal_is_made_once() {
    let world = World::new();
    let proposal = Proposal::plain("Once");
    let id = world.by(ALICE, proposal.propose()).unwrap();
    refused(
        world.by(BOB, proposal.propose()),
        unexpected(id, PENDING, &[]),
    );
    world.by(ALICE, proposal.cancel()).unwrap();
    refused(
        world.by(BOB, proposal.propose()),
        unexpected(id, CANCELED, &[]),
    );
    assert_eq!(world.ask(Admin::proposalCountCall {}), n(1));
}

#[test]
fn lists_have_one_length_that_is_not_zero() {
    let world = World::new();
    let lengths = |targets: usize, values: usize, calldatas: usize| {
        let proposal = Proposal {
            targets: vec![BOX; targets],
            values: vec![n(0); values],
            calldatas: vec![Bytes::new(); calldatas],
            description: "Short".into(),
        };
        let error = GovernorInvalidProposalLength {
            targets: n(targets as u64),
            calldatas: n(calldatas as u64),
            values: n(values as u64),
        };
        refused(world.by(ALICE, proposal.propose()), error);
        let unknown = GovernorNonexistentProposal {
            proposalId: proposal.id(),
        };
        refused(world.by(ALICE, proposal.queue()), unknown.clone());
        refused(world.by(ALICE, proposal.execute()), unknown.clone());
        refused(world.by(ALICE, proposal.cancel()), unknown);
    };
    for (targets, values, calldatas) in [
        (0, 0, 0),
        (1, 0, 1),
        (1, 1, 0),
        (2, 1, 1),
        (1, 2, 2),
        (0, 1, 1),
    ] {
        lengths(targets, values, calldatas);
    }
}

#[test]
fn proposers_need_votes_of_a_moment_ago() {
    let world = World::new();
    let poor = |votes| GovernorInsufficientProposerVotes {
        proposer: STRANGER,
        votes: n(votes),
        threshold: n(50),
    };
    let proposal = Proposal::plain("Threshold");
    refused(world.by(STRANGER, proposal.propose()), poor(0));
    world.endow(STRANGER, 0);
    refused(world.by(STRANGER, proposal.propose()), poor(0));
    pass(1);
    assert!(world.by(STRANGER, proposal.propose()).is_ok());
}

#[test]
fn a_description_can_name_its_proposer() {
    let world = World::new();
    let named = format!("Mine #proposer={BOB:#x}");
    let shouting = format!("Mine too #proposer=0x{}", format!("{BOB:x}").to_uppercase());
    for description in [named, shouting] {
        let proposal = Proposal::plain(&description);
        refused(
            world.by(ALICE, proposal.propose()),
            GovernorRestrictedProposer { proposer: ALICE },
        );
        // Before the votes are asked for.
        refused(
            world.by(GUARDIAN, proposal.propose()),
            GovernorRestrictedProposer { proposer: GUARDIAN },
        );
        assert!(world.by(BOB, proposal.propose()).is_ok());
    }
    assert!(
        world
            .by(ALICE, Proposal::plain("Anybody's #proposer=0x").propose())
            .is_ok()
    );
}

#[test]
fn two_governors_share_a_timelock() {
    let world = World::new();
    let other = Address::repeat_byte(0x0d);
    install_proxy(other, CODE[2], setup(LOCK, GUARDIAN).abi_encode()).unwrap();
    // The timelock lets strangers propose, so let the second governor be one of its proposers by the first's decree.
    let role = keccak256("PROPOSER_ROLE");
    sol! { function grantRole(bytes32 role, address account) external; }
    let grant = grantRoleCall {
        role,
        account: other,
    }
    .abi_encode();
    let proposal = Proposal::new(&[(LOCK, 0, grant)], "Second governor");
    world.due(&proposal);
    world.by(STRANGER, proposal.execute()).unwrap();
    let same = Proposal::plain("Same");
    let id = world.succeeded(&same);
    world.by(STRANGER, same.queue()).unwrap();
    world.at(other, ALICE, same.propose()).unwrap();
    pass(DELAY + 1);
    for voter in [ALICE, BOB] {
        let vote = Dao::castVoteCall {
            proposalId: id,
            support: FOR,
        };
        world.at(other, voter, vote).unwrap();
    }
    pass(PERIOD);
    assert_eq!(world.at(other, STRANGER, same.queue()), Ok(id));
    let (first, second) = (same.operation(DAO).1, same.operation(other).1);
    assert_ne!(first, second);
    for id in [first, second] {
        let pending = Lock::isOperationPendingCall { id };
        assert_eq!(world.at(LOCK, STRANGER, pending), Ok(true));
    }
}

#[test]
fn what_happens_at_the_timelock_itself_counts() {
    let world = World::new();
    let proposal = Proposal::plain("Executed there");
    let id = world.due(&proposal);
    let (salt, _) = proposal.operation(DAO);
    let direct = Lock::executeBatchCall {
        targets: proposal.targets.clone(),
        values: proposal.values.clone(),
        payloads: proposal.calldatas.clone(),
        predecessor: B256::ZERO,
        salt,
    };
    world.at(LOCK, STRANGER, direct).unwrap();
    assert_eq!(world.state(&proposal), EXECUTED);
    refused(
        world.by(STRANGER, proposal.execute()),
        unexpected(id, EXECUTED, &[QUEUED]),
    );
    refused(
        world.by(GUARDIAN, proposal.cancel()),
        unexpected(id, EXECUTED, &[0, 1, 3, 4, 5]),
    );
    let proposal = Proposal::plain("Canceled there");
    let id = world.due(&proposal);
    let cancel = Lock::cancelCall {
        id: proposal.operation(DAO).1,
    };
    world.at(LOCK, STRANGER, cancel).unwrap();
    assert_eq!(world.state(&proposal), CANCELED);
    refused(
        world.by(STRANGER, proposal.execute()),
        unexpected(id, CANCELED, &[QUEUED]),
    );
    refused(
        world.by(GUARDIAN, proposal.cancel()),
        unexpected(id, CANCELED, &[0, 1, 3, 4, 5]),
    );
}

#[test]
fn who_may_cancel() {
    let world = World::new();
    let unable = |id, account| GovernorUnableToCancel {
        proposalId: id,
        account,
    };
    let proposal = Proposal::plain("Pending");
    refused(
        world.by(GUARDIAN, proposal.cancel()),
        GovernorNonexistentProposal {
            proposalId: proposal.id(),
        },
    );
    let id = world.by(ALICE, proposal.propose()).unwrap();
    refused(world.by(BOB, proposal.cancel()), unable(id, BOB));
    host::clear_logs();
    assert_eq!(world.by(ALICE, proposal.cancel()), Ok(id));
    assert_eq!(
        events::<ProposalCanceled>(),
        [ProposalCanceled { proposalId: id }]
    );
    refused(
        world.by(GUARDIAN, proposal.cancel()),
        unexpected(id, CANCELED, &[0, 1, 3, 4, 5]),
    );
    let proposal = Proposal::plain("Active");
    let id = world.proposed(&proposal);
    refused(world.by(ALICE, proposal.cancel()), unable(id, ALICE));
    assert_eq!(world.by(GUARDIAN, proposal.cancel()), Ok(id));
    let proposal = Proposal::plain("Queued");
    let id = world.due(&proposal);
    refused(world.by(ALICE, proposal.cancel()), unable(id, ALICE));
    assert_eq!(world.by(GUARDIAN, proposal.cancel()), Ok(id));
    let pending = Lock::isOperationPendingCall {
        id: proposal.operation(DAO).1,
    };
    assert_eq!(world.at(LOCK, STRANGER, pending), Ok(false));
    assert_eq!(world.state(&proposal), CANCELED);
    let proposal = Proposal::plain("Executed");
    let id = world.due(&proposal);
    world.by(STRANGER, proposal.execute()).unwrap();
    refused(
        world.by(GUARDIAN, proposal.cancel()),
        unexpected(id, EXECUTED, &[0, 1, 3, 4, 5]),
    );
    refused(world.by(ALICE, proposal.cancel()), unable(id, ALICE));
}

#[test]
fn without_a_guardian_proposers_cancel_until_the_end() {
    let world = World::guarded(Address::ZERO);
    let proposal = Proposal::plain("Mine");
    let id = world.due(&proposal);
    refused(
        world.by(BOB, proposal.cancel()),
        GovernorUnableToCancel {
            proposalId: id,
            account: BOB,
        },
    );
    assert_eq!(world.by(ALICE, proposal.cancel()), Ok(id));
}
