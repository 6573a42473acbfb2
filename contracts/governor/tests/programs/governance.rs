//! What only governance may do, and what a proposal may do to the governor while it runs.

use super::*;

/// A call to each function that only governance may call.
fn governed() -> [Vec<u8>; 8] {
    let u48 = alloy_primitives::aliases::U48::from(5);
    [
        Admin::setVotingDelayCall { v: u48 }.abi_encode(),
        Admin::setVotingPeriodCall { v: 7 }.abi_encode(),
        Admin::setProposalThresholdCall { v: U256::MAX }.abi_encode(),
        Admin::updateQuorumNumeratorCall { v: n(9) }.abi_encode(),
        Admin::updateTimelockCall { v: BOB }.abi_encode(),
        Admin::setLateQuorumVoteExtensionCall { v: u48 }.abi_encode(),
        Admin::setProposalGuardianCall { v: BOB }.abi_encode(),
        Admin::relayCall {
            target: BOX,
            value: n(0),
            data: b"hi".into(),
        }
        .abi_encode(),
    ]
}

#[test]
fn nobody_else_governs() {
    let world = World::new();
    for data in governed() {
        for account in [STRANGER, ALICE, GUARDIAN, DAO] {
            refused(
                call(account, DAO, n(0), &data),
                GovernorOnlyExecutor { account },
            );
        }
        // The timelock neither, in an operation that no proposal has announced.
        refused(call(LOCK, DAO, n(0), &data), Panic { code: n(0x31) });
        let schedule = Lock::scheduleCall {
            target: DAO,
            value: n(0),
            data: data.clone().into(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
            delay: n(MIN_DELAY),
        };
        world.at(LOCK, STRANGER, schedule).unwrap();
        pass(MIN_DELAY);
        let execute = Lock::executeCall {
            target: DAO,
            value: n(0),
            payload: data.into(),
            predecessor: B256::ZERO,
            salt: B256::ZERO,
        };
        refused(
            world.at(LOCK, STRANGER, execute).map(|_| ()),
            Panic { code: n(0x31) },
        );
    }
}

#[test]
fn called_directly_the_administration_has_nobody_to_obey() {
    let _world = World::new();
    for data in governed() {
        refused(
            call(STRANGER, CODE[3], n(0), &data),
            GovernorOnlyExecutor { account: STRANGER },
        );
    }
}

#[test]
fn a_proposal_changes_every_setting() {
    let world = World::new();
    let u48 = alloy_primitives::aliases::U48::from(5);
    let calls = governed();
    let proposal = Proposal::new(
        &[&calls[..4], &calls[5..]]
            .concat()
            .into_iter()
            .map(|data| (DAO, 0, data))
            .collect::<Vec<_>>(),
        "All settings",
    );
    world.due(&proposal);
    host::clear_logs();
    host::calls_to(BOX);
    world.by(STRANGER, proposal.execute()).unwrap();
    assert_eq!(world.ask(Admin::votingDelayCall {}), n(5));
    assert_eq!(world.ask(Admin::votingPeriodCall {}), n(7));
    assert_eq!(world.ask(Admin::proposalThresholdCall {}), U256::MAX);
    assert_eq!(world.ask(Admin::quorumNumerator_0Call {}), n(9));
    assert_eq!(world.ask(Admin::lateQuorumVoteExtensionCall {}), u48);
    assert_eq!(world.ask(Admin::proposalGuardianCall {}), BOB);
    assert_eq!(host::calls_to(BOX), 1);
    assert_eq!(
        events::<VotingDelaySet>(),
        [VotingDelaySet {
            oldVotingDelay: n(DELAY),
            newVotingDelay: n(5)
        }]
    );
    assert_eq!(
        events::<VotingPeriodSet>(),
        [VotingPeriodSet {
            oldVotingPeriod: n(PERIOD),
            newVotingPeriod: n(7)
        }]
    );
    let threshold = ProposalThresholdSet {
        oldProposalThreshold: n(50),
        newProposalThreshold: U256::MAX,
    };
    assert_eq!(events::<ProposalThresholdSet>(), [threshold]);
    let quorum = QuorumNumeratorUpdated {
        oldQuorumNumerator: n(50),
        newQuorumNumerator: n(9),
    };
    assert_eq!(events::<QuorumNumeratorUpdated>(), [quorum]);
    let extension = LateQuorumVoteExtensionSet {
        oldVoteExtension: EXTENSION,
        newVoteExtension: 5,
    };
    assert_eq!(events::<LateQuorumVoteExtensionSet>(), [extension]);
    let guardian = ProposalGuardianSet {
        oldProposalGuardian: GUARDIAN,
        newProposalGuardian: BOB,
    };
    assert_eq!(events::<ProposalGuardianSet>(), [guardian]);
    // What was announced is used up.
    refused(call(LOCK, DAO, n(0), &calls[0]), Panic { code: n(0x31) });
}

#[test]
fn settings_have_limits() {
    let world = World::new();
    let u48 = alloy_primitives::aliases::U48::from(PERIOD + 1);
    refused(
        world.decree(Admin::setVotingPeriodCall { v: 0 }, "1"),
        GovernorInvalidVotingPeriod { votingPeriod: n(0) },
    );
    let fraction = GovernorInvalidQuorumFraction {
        quorumNumerator: n(101),
        quorumDenominator: n(100),
    };
    refused(
        world.decree(Admin::updateQuorumNumeratorCall { v: n(101) }, "2"),
        fraction,
    );
    let extension = GovernorPreventLateQuorumVoteExtensionTooLarge {
        newVoteExtension: n(PERIOD + 1),
        maxVoteExtension: n(PERIOD),
    };
    refused(
        world.decree(Admin::setLateQuorumVoteExtensionCall { v: u48 }, "3"),
        extension,
    );
    assert!(
        world
            .decree(Admin::updateQuorumNumeratorCall { v: n(100) }, "4")
            .is_ok()
    );
}

#[test]
fn another_timelock_takes_over() {
    let world = World::new();
    let next = Address::repeat_byte(0x10);
    let waiting = Proposal::plain("Queued at the old one");
    world.due(&waiting);
    let lock = Lock::initializeCall {
        minDelay: n(1),
        proposers: vec![DAO],
        executors: vec![Address::ZERO],
        admin: Address::ZERO,
    };
    install_proxy(next, CODE[1], lock.abi_encode()).unwrap();
    host::clear_logs();
    world
        .decree(Admin::updateTimelockCall { v: next }, "Move")
        .unwrap();
    assert_eq!(
        events::<TimelockChange>(),
        [TimelockChange {
            oldTimelock: LOCK,
            newTimelock: next
        }]
    );
    assert_eq!(world.ask(Admin::timelockCall {}), next);
    assert_eq!(world.ask(Admin::ownerCall {}), LOCK);
    // The new one does not know what is queued at the old one.
    assert_eq!(world.state(&waiting), CANCELED);
    refused(
        call(LOCK, DAO, n(0), &governed()[0]),
        GovernorOnlyExecutor { account: LOCK },
    );
    world
        .decree(Admin::setVotingPeriodCall { v: 9 }, "By the new one")
        .unwrap();
    assert_eq!(world.ask(Admin::votingPeriodCall {}), n(9));
}

#[test]
fn a_timelock_without_code_executes_nothing() {
    let world = World::new();
    let waiting = Proposal::plain("Not done");
    world.due(&waiting);
    world
        .decree(Admin::updateTimelockCall { v: STRANGER }, "Nowhere")
        .unwrap();
    assert!(world.by(STRANGER, waiting.execute()).is_err());
    let id = waiting.id();
    assert!(ask(DAO, &Dao::stateCall { proposalId: id }.abi_encode()).is_err());
}

#[test]
fn relay_sends_what_the_governor_has() {
    let world = World::new();
    host::give(DAO, 8);
    world
        .decree(
            Admin::relayCall {
                target: BOX,
                value: n(8),
                data: Bytes::new(),
            },
            "Relay",
        )
        .unwrap();
    assert_eq!((host::balance(DAO), host::balance(BOX)), (n(0), n(8)));
    install(BOX, Code::Closure(Rc::new(|_| Err(vec![]))));
    refused(
        world.decree(
            Admin::relayCall {
                target: BOX,
                value: n(0),
                data: Bytes::new(),
            },
            "Fails",
        ),
        FailedCall {},
    );
    install(BOX, Code::Closure(Rc::new(|_| Err(b"why".to_vec()))));
    let result = world.decree(
        Admin::relayCall {
            target: BOX,
            value: n(0),
            data: Bytes::new(),
        },
        "Says why",
    );
    assert_eq!(result, Err(b"why".to_vec()));
}

#[test]
fn a_running_proposal_is_not_executed_again() {
    let world = World::new();
    let proposal = Proposal::plain("Again");
    let id = world.due(&proposal);
    let again = proposal.execute().abi_encode();
    let attempt = move |_: &[u8]| {
        refused(
            call(BOX, DAO, n(0), &again),
            unexpected(id, EXECUTED, &[QUEUED]),
        );
        Ok(Vec::new())
    };
    install(BOX, Code::Closure(Rc::new(attempt)));
    assert_eq!(world.by(STRANGER, proposal.execute()), Ok(id));
    assert_eq!(events::<ProposalExecuted>().len(), 1);
}

#[test]
fn a_running_proposal_lends_its_powers_to_nobody() {
    let world = World::new();
    let set = Admin::setVotingPeriodCall { v: 7 }.abi_encode();
    let proposal = Proposal::new(&[(BOX, 0, vec![]), (DAO, 0, set.clone())], "Borrow");
    let id = world.due(&proposal);
    // Who is called first can neither make the announced call nor another.
    let attempt = move |_: &[u8]| {
        refused(
            call(BOX, DAO, n(0), &set),
            GovernorOnlyExecutor { account: BOX },
        );
        Ok(Vec::new())
    };
    install(BOX, Code::Closure(Rc::new(attempt)));
    assert_eq!(world.by(STRANGER, proposal.execute()), Ok(id));
    assert_eq!(world.ask(Admin::votingPeriodCall {}), n(7));
}

#[test]
fn a_proposal_that_runs_inside_another_ends_what_that_may_do() {
    let world = World::new();
    let inner = Proposal::plain("Inner");
    world.due(&inner);
    let set = Admin::setVotingPeriodCall { v: 7 }.abi_encode();
    let opener = Address::repeat_byte(0x0e);
    let outer = Proposal::new(&[(opener, 0, vec![]), (DAO, 0, set)], "Outer");
    world.due(&outer);
    let run = inner.execute().abi_encode();
    install(
        opener,
        Code::Closure(Rc::new(move |_| call(opener, DAO, n(0), &run))),
    );
    refused(world.by(STRANGER, outer.execute()), Panic { code: n(0x31) });
    assert_eq!(world.state(&outer), QUEUED);
}

#[test]
fn a_lower_quorum_revives_nothing() {
    let world = World::new();
    let old = Proposal::plain("Defeated");
    let id = world.proposed(&old);
    world.vote(ALICE, id, FOR).unwrap();
    pass(PERIOD);
    assert_eq!(world.state(&old), DEFEATED);
    let snapshot = world.ask(Admin::proposalSnapshotCall { id });
    world
        .decree(Admin::updateQuorumNumeratorCall { v: n(10) }, "Lower")
        .unwrap();
    let changed = host::time();
    assert_eq!(world.state(&old), DEFEATED);
    refused(
        world.by(STRANGER, old.queue()),
        unexpected(id, DEFEATED, &[SUCCEEDED]),
    );
    pass(1);
    let quorum = |timepoint| world.ask(Admin::quorumCall { timepoint });
    let numerator = |timepoint| world.ask(Admin::quorumNumerator_1Call { timepoint });
    assert_eq!((quorum(snapshot), numerator(snapshot)), (n(500), n(50)));
    assert_eq!(
        (quorum(n(changed - 1)), numerator(n(changed - 1))),
        (n(500), n(50))
    );
    assert_eq!((quorum(n(changed)), numerator(n(changed))), (n(100), n(10)));
    assert_eq!(numerator(U256::MAX), n(10));
    assert_eq!(numerator(n(START - 1)), n(0));
    // A new proposal has the new quorum.
    let new = Proposal::plain("New");
    let id = world.proposed(&new);
    world.vote(ALICE, id, FOR).unwrap();
    pass(PERIOD);
    assert_eq!(world.state(&new), SUCCEEDED);
}

#[test]
fn many_quorums_are_found_again() {
    let world = World::new();
    let mut changes = vec![(START, 50)];
    for numerator in [40, 30, 20, 10, 5, 4] {
        world
            .decree(
                Admin::updateQuorumNumeratorCall { v: n(numerator) },
                &format!("To {numerator}"),
            )
            .unwrap();
        changes.push((host::time(), numerator));
    }
    for pair in changes.windows(2) {
        let [(from, numerator), (next, _)] = [pair[0], pair[1]];
        for timepoint in [from, from + 1, next - 1] {
            assert_eq!(
                world.ask(Admin::quorumNumerator_1Call {
                    timepoint: n(timepoint)
                }),
                n(numerator)
            );
        }
    }
}

#[test]
fn without_a_quorum_to_reach_the_first_vote_settles_it() {
    let world = World::new();
    world
        .decree(Admin::updateQuorumNumeratorCall { v: n(0) }, "None")
        .unwrap();
    pass(1);
    let proposal = Proposal::plain("Small");
    let id = world.proposed(&proposal);
    pass(PERIOD - 1);
    world.vote(CAROL, id, AGAINST).unwrap();
    assert_eq!(events::<ProposalExtended>().len(), 1);
    world.vote(BOB, id, FOR).unwrap();
    pass(EXTENSION + 1);
    assert_eq!(world.state(&proposal), SUCCEEDED);
}
