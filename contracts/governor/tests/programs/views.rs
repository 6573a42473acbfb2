//! What can be read of the governor, and how it comes into being.

use super::*;

#[test]
fn constants_are_those_of_the_standards() {
    let world = World::new();
    assert_eq!(world.ask(Admin::nameCall {}), "OGPU DAO");
    assert_eq!(world.ask(Admin::versionCall {}), "1");
    assert_eq!(
        world.ask(Admin::COUNTING_MODECall {}),
        "support=bravo&quorum=for,abstain"
    );
    assert_eq!(world.ask(Admin::quorumDenominatorCall {}), n(100));
    assert_eq!(
        world.ask(Admin::BALLOT_TYPEHASHCall {}),
        keccak256(Ballot::eip712_encode_type().as_bytes())
    );
    assert_eq!(
        world.ask(Admin::EXTENDED_BALLOT_TYPEHASHCall {}),
        keccak256(ExtendedBallot::eip712_encode_type().as_bytes())
    );
    let domain = world.ask(Admin::eip712DomainCall {});
    assert_eq!(
        (
            domain.fields.0,
            domain.name.as_str(),
            domain.version.as_str()
        ),
        ([0x0f], "OGPU DAO", "1")
    );
    assert_eq!((domain.chainId, domain.verifyingContract), (n(42_161), DAO));
    assert_eq!((domain.salt, domain.extensions), (B256::ZERO, vec![]));
    for (id, has) in [
        (0x01ff_c9a7_u32, true),
        (0xcdbd_fcee, true),
        (0x6545_5a86, true),
        (0x4e23_12e0, true),
        (0xffff_ffff, false),
        (0xda28_7a1d, false),
    ] {
        assert_eq!(
            world.ask(Admin::supportsInterfaceCall {
                id: id.to_be_bytes().into()
            }),
            has,
            "{id:#x}"
        );
    }
}

#[test]
fn settings_and_siblings_are_read() {
    let world = World::new();
    assert_eq!(world.ask(Admin::tokenCall {}), TOKEN);
    assert_eq!(world.ask(Admin::timelockCall {}), LOCK);
    assert_eq!(world.ask(Admin::ownerCall {}), LOCK);
    assert_eq!(world.ask(Admin::proposalGuardianCall {}), GUARDIAN);
    assert_eq!(world.ask(Admin::votingDelayCall {}), n(DELAY));
    assert_eq!(world.ask(Admin::votingPeriodCall {}), n(PERIOD));
    assert_eq!(world.ask(Admin::proposalThresholdCall {}), n(50));
    assert_eq!(
        world.ask(Admin::lateQuorumVoteExtensionCall {}).to::<u64>(),
        EXTENSION
    );
    let timepoint = n(host::time() - 1);
    assert_eq!(world.ask(Admin::quorumCall { timepoint }), n(500));
    assert_eq!(
        world.ask(Admin::getVotesCall {
            account: ALICE,
            timepoint
        }),
        n(300)
    );
    let params = b"any".into();
    assert_eq!(
        world.ask(Admin::getVotesWithParamsCall {
            account: BOB,
            timepoint,
            params
        }),
        n(200)
    );
    // The token refuses what is not over.
    let now = Admin::getVotesCall {
        account: ALICE,
        timepoint: n(host::time()),
    };
    let selector = keccak256("ERC5805FutureLookup(uint256,uint48)");
    assert_eq!(ask(DAO, &now.abi_encode()).unwrap_err()[..4], selector[..4]);
}

#[test]
fn ids_are_hashes() {
    let world = World::new();
    let proposal = Proposal::new(&[(BOX, 1, b"a".to_vec()), (TOKEN, 0, vec![])], "Hash");
    let (targets, values, calldatas) = (
        proposal.targets.clone(),
        proposal.values.clone(),
        proposal.calldatas.clone(),
    );
    let hash = Admin::hashProposalCall {
        targets: targets.clone(),
        values: values.clone(),
        calldatas: calldatas.clone(),
        descriptionHash: proposal.hash(),
    };
    assert_eq!(world.ask(hash), proposal.id());
    let get = Admin::getProposalIdCall {
        targets,
        values,
        calldatas,
        descriptionHash: proposal.hash(),
    };
    assert_eq!(world.ask(get), proposal.id());
}

#[test]
fn proposals_are_kept_in_their_order() {
    let world = World::new();
    let proposals = [
        Proposal::plain("First"),
        Proposal::new(
            &[(BOX, u64::MAX, vec![9; 300]), (TOKEN, 0, vec![])],
            "Second",
        ),
    ];
    for proposal in &proposals {
        world.by(BOB, proposal.propose()).unwrap();
    }
    assert_eq!(world.ask(Admin::proposalCountCall {}), n(2));
    for (index, proposal) in proposals.iter().enumerate() {
        let at = world.ask(Admin::proposalDetailsAtCall {
            index: n(index as u64),
        });
        assert_eq!(
            (at.id, at.descriptionHash),
            (proposal.id(), proposal.hash())
        );
        let details = world.ask(Admin::proposalDetailsCall { id: proposal.id() });
        assert_eq!(
            (&details.targets, &details.values),
            (&proposal.targets, &proposal.values)
        );
        assert_eq!(
            (details.calldatas, details.descriptionHash),
            (proposal.calldatas.clone(), proposal.hash())
        );
        assert_eq!(
            (at.targets, at.values, at.calldatas),
            (details.targets, details.values, proposal.calldatas.clone())
        );
    }
    for index in [n(2), U256::MAX, U256::from(1) << 64] {
        let beyond = Admin::proposalDetailsAtCall { index };
        assert_eq!(
            ask(DAO, &beyond.abi_encode()),
            Err(Panic { code: n(0x32) }.abi_encode())
        );
    }
    let unknown = Admin::proposalDetailsCall { id: n(9) };
    let error = GovernorNonexistentProposal { proposalId: n(9) };
    assert_eq!(ask(DAO, &unknown.abi_encode()), Err(error.abi_encode()));
    assert_eq!(
        ask(DAO, &Dao::stateCall { proposalId: n(9) }.abi_encode()),
        Err(error.abi_encode())
    );
    assert_eq!(world.votes(n(9)), (0, 0, 0));
    for account in [ALICE, Address::ZERO] {
        assert!(!world.ask(Admin::hasVotedCall { id: n(9), account }));
    }
    assert_eq!(world.ask(Admin::proposalDeadlineCall { id: n(9) }), n(0));
}

#[test]
fn the_clock_is_the_tokens_or_the_block_number() {
    let world = World::new();
    assert_eq!(world.ask(Admin::clockCall {}).to::<u64>(), host::time());
    assert_eq!(world.ask(Admin::CLOCK_MODECall {}), "mode=timestamp");
    let world = World::of(GUARDIAN, 1);
    host::set_block(77);
    assert_eq!(world.ask(Admin::clockCall {}).to::<u64>(), 77);
    assert_eq!(
        world.ask(Admin::CLOCK_MODECall {}),
        "mode=blocknumber&from=default"
    );
    // A token without a clock.
    install(TOKEN, Code::Closure(Rc::new(|_| Err(vec![]))));
    assert_eq!(world.ask(Admin::clockCall {}).to::<u64>(), 77);
    assert_eq!(
        world.ask(Admin::CLOCK_MODECall {}),
        "mode=blocknumber&from=default"
    );
    // One with a clock of its own that does not say which.
    let strange = |data: &[u8]| {
        let clock = data == Admin::clockCall::SELECTOR;
        if clock {
            Ok(n(5).abi_encode())
        } else {
            Err(vec![])
        }
    };
    install(TOKEN, Code::Closure(Rc::new(strange)));
    assert_eq!(
        ask(DAO, &Admin::CLOCK_MODECall::SELECTOR),
        Err(ERC6372InconsistentClock {}.abi_encode())
    );
}

#[test]
fn tokens_belong_to_the_timelock() {
    let world = World::new();
    let (a, b) = (ALICE, BOB);
    let disabled = || GovernorDisabledDeposit {};
    refused(
        world.by(
            BOX,
            Admin::onERC721ReceivedCall {
                a,
                b,
                c: n(1),
                d: b"x".into(),
            },
        ),
        disabled(),
    );
    refused(
        world.by(
            BOX,
            Admin::onERC1155ReceivedCall {
                a,
                b,
                c: n(1),
                d: n(1),
                e: b"x".into(),
            },
        ),
        disabled(),
    );
    let many = Admin::onERC1155BatchReceivedCall {
        a,
        b,
        c: vec![n(1)],
        d: vec![n(1)],
        e: b"x".into(),
    };
    refused(world.by(BOX, many), disabled());
    // Unless the governor is its own executor.
    world
        .decree(Admin::updateTimelockCall { v: DAO }, "Own")
        .unwrap();
    let one = Admin::onERC721ReceivedCall {
        a,
        b,
        c: n(1),
        d: b"x".into(),
    };
    assert_eq!(
        world.by(BOX, one).unwrap().0,
        Admin::onERC721ReceivedCall::SELECTOR
    );
    let one = Admin::onERC1155ReceivedCall {
        a,
        b,
        c: n(1),
        d: n(1),
        e: b"x".into(),
    };
    assert_eq!(
        world.by(BOX, one).unwrap().0,
        Admin::onERC1155ReceivedCall::SELECTOR
    );
    let many = Admin::onERC1155BatchReceivedCall {
        a,
        b,
        c: vec![n(1)],
        d: vec![n(1)],
        e: b"x".into(),
    };
    assert_eq!(
        world.by(BOX, many).unwrap().0,
        Admin::onERC1155BatchReceivedCall::SELECTOR
    );
    assert_eq!(call(STRANGER, DAO, n(0), &[]), Ok(vec![]));
}

#[test]
fn it_is_initialised_once_and_behind_a_proxy() {
    let world = World::new();
    let again = world.by(LOCK, setup(LOCK, GUARDIAN)).map(|_| ());
    refused(again, ogpu_common::InvalidInitialization {});
    let direct = call(LOCK, CODE[2], n(0), &setup(LOCK, GUARDIAN).abi_encode());
    refused(direct, ogpu_common::UUPSUnauthorizedCallContext {});
    let fresh = |change: fn(&mut Dao::initializeCall)| {
        let mut call = setup(LOCK, GUARDIAN);
        change(&mut call);
        install_proxy(Address::repeat_byte(0x55), CODE[2], call.abi_encode())
    };
    refused(
        fresh(|call| call.token = Address::ZERO),
        ogpu_common::ZeroAddress {},
    );
    refused(
        fresh(|call| call.timelock = Address::ZERO),
        ogpu_common::OwnableInvalidOwner {
            owner: Address::ZERO,
        },
    );
    refused(
        fresh(|call| call.extension = STRANGER),
        InvalidExtension {
            extension: STRANGER,
        },
    );
    refused(
        fresh(|call| call.votingPeriod = 0),
        GovernorInvalidVotingPeriod { votingPeriod: n(0) },
    );
    let fraction = GovernorInvalidQuorumFraction {
        quorumNumerator: n(101),
        quorumDenominator: n(100),
    };
    refused(fresh(|call| call.quorumNumerator = n(101)), fraction);
    assert!(fresh(|call| call.extension = Address::ZERO).is_ok());
    // Without an extension the rest is not there.
    let other = Address::repeat_byte(0x55);
    refused(
        call(STRANGER, other, n(0), &Admin::nameCall::SELECTOR),
        UnknownFunction {},
    );
}

#[test]
fn the_owner_names_the_extension() {
    let world = World::new();
    let set = |extension| Dao::setExtensionCall { extension };
    let stranger = ogpu_common::OwnableUnauthorizedAccount { account: STRANGER };
    refused(world.by(STRANGER, set(CODE[3])).map(|_| ()), stranger);
    refused(
        world.by(LOCK, set(STRANGER)).map(|_| ()),
        InvalidExtension {
            extension: STRANGER,
        },
    );
    world.by(LOCK, set(Address::ZERO)).unwrap();
    refused(
        call(LOCK, DAO, n(0), &Admin::nameCall::SELECTOR),
        UnknownFunction {},
    );
    world.by(LOCK, set(CODE[3])).unwrap();
    assert_eq!(events::<ExtensionSet>().len(), 2);
    assert_eq!(world.ask(Admin::nameCall {}), "OGPU DAO");
}

#[test]
fn the_timelock_upgrades_it() {
    let world = World::new();
    sol! { function upgradeToAndCall(address implementation, bytes data) external payable; }
    let upgrade = || upgradeToAndCallCall {
        implementation: CODE[2],
        data: Bytes::new(),
    };
    refused(
        world.by(STRANGER, upgrade()).map(|_| ()),
        ogpu_common::OwnableUnauthorizedAccount { account: STRANGER },
    );
    world.decree(upgrade(), "Upgrade").unwrap();
}

#[test]
fn selectors_are_those_of_the_standard() {
    for (selector, signature) in [
        (Dao::proposeCall::SELECTOR, "7d5e81e2"),
        (Dao::queue_0Call::SELECTOR, "160cbed7"),
        (Dao::queue_1Call::SELECTOR, "ddf0b009"),
        (Dao::execute_0Call::SELECTOR, "2656227d"),
        (Dao::execute_1Call::SELECTOR, "fe0d94c1"),
        (Dao::cancel_0Call::SELECTOR, "452115d6"),
        (Dao::cancel_1Call::SELECTOR, "40e58ee5"),
        (Dao::stateCall::SELECTOR, "3e4f49e6"),
        (Dao::castVoteCall::SELECTOR, "56781388"),
        (Dao::castVoteWithReasonCall::SELECTOR, "7b3c71d3"),
        (Dao::castVoteWithReasonAndParamsCall::SELECTOR, "5f398a14"),
        (Dao::castVoteBySigCall::SELECTOR, "8ff262e3"),
        (
            Dao::castVoteWithReasonAndParamsBySigCall::SELECTOR,
            "5b8d0e0d",
        ),
    ] {
        assert_eq!(alloy_primitives::hex::encode(selector), signature);
    }
}

#[test]
fn arguments_that_are_none_are_refused() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Garbage"));
    for data in [
        Dao::castVoteCall::SELECTOR.to_vec(),
        [
            Dao::castVoteCall::SELECTOR.as_slice(),
            &(id, n(256)).abi_encode(),
        ]
        .concat(),
        [Dao::proposeCall::SELECTOR.as_slice(), &[0xff; 200]].concat(),
        [
            Dao::castVoteBySigBatchCall::SELECTOR.as_slice(),
            &[0x20; 200],
        ]
        .concat(),
        vec![1, 2, 3],
    ] {
        assert!(call(ALICE, DAO, n(0), &data).is_err());
    }
    // What follows the arguments does not matter.
    let long = [
        Dao::castVoteCall {
            proposalId: id,
            support: 1,
        }
        .abi_encode(),
        vec![7; 9],
    ]
    .concat();
    assert_eq!(call(ALICE, DAO, n(0), &long), Ok(n(300).abi_encode()));
}
