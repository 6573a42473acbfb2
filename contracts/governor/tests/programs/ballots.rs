//! Ballots, one by one: their own, signed by keys, signed by contracts.

use super::*;

fn by_sig(id: U256, support: u8, voter: Address, signature: Bytes) -> Dao::castVoteBySigCall {
    Dao::castVoteBySigCall {
        proposalId: id,
        support,
        voter,
        signature,
    }
}

fn cast(voter: Address, id: U256, support: u8, weight: u64, reason: &str) -> VoteCast {
    VoteCast {
        voter,
        proposalId: id,
        support,
        weight: n(weight),
        reason: reason.into(),
    }
}

#[test]
fn each_vote_counts_once_where_it_belongs() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Count"));
    assert_eq!(world.vote(ALICE, id, FOR), Ok(n(300)));
    assert_eq!(world.vote(BOB, id, AGAINST), Ok(n(200)));
    assert_eq!(world.vote(CAROL, id, ABSTAIN), Ok(n(60)));
    assert_eq!(world.votes(id), (200, 300, 60));
    assert_eq!(
        events::<VoteCast>(),
        [
            cast(ALICE, id, FOR, 300, ""),
            cast(BOB, id, AGAINST, 200, ""),
            cast(CAROL, id, ABSTAIN, 60, ""),
        ]
    );
    for voter in [ALICE, BOB, CAROL] {
        let account = voter;
        assert!(world.ask(Admin::hasVotedCall { id, account }));
        for support in 0..4 {
            refused(
                world.vote(voter, id, support),
                GovernorAlreadyCastVote { voter },
            );
        }
    }
    assert!(!world.ask(Admin::hasVotedCall {
        id,
        account: STRANGER
    }));
    assert_eq!(world.votes(id), (200, 300, 60));
    refused(world.vote(STRANGER, id, 3), GovernorInvalidVoteType {});
    assert_eq!(world.vote(STRANGER, id, FOR), Ok(n(0)));
}

#[test]
fn reasons_and_parameters_are_told() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Tell"));
    let because = Dao::castVoteWithReasonCall {
        proposalId: id,
        support: FOR,
        reason: "because".into(),
    };
    assert_eq!(world.by(ALICE, because), Ok(n(300)));
    assert_eq!(events::<VoteCast>(), [cast(ALICE, id, FOR, 300, "because")]);
    let with = |params: &'static [u8]| Dao::castVoteWithReasonAndParamsCall {
        proposalId: id,
        support: AGAINST,
        reason: "so".into(),
        params: params.into(),
    };
    assert_eq!(world.by(BOB, with(b"params")), Ok(n(200)));
    let told = VoteCastWithParams {
        voter: BOB,
        proposalId: id,
        support: AGAINST,
        weight: n(200),
        reason: "so".into(),
        params: b"params".into(),
    };
    assert_eq!(events::<VoteCastWithParams>(), [told]);
    host::clear_logs();
    assert_eq!(world.by(CAROL, with(b"")), Ok(n(60)));
    assert_eq!(events::<VoteCast>(), [cast(CAROL, id, AGAINST, 60, "so")]);
}

#[test]
fn ballots_are_taken_while_a_proposal_is_active() {
    let world = World::new();
    refused(
        world.vote(ALICE, n(9), FOR),
        GovernorNonexistentProposal { proposalId: n(9) },
    );
    let proposal = Proposal::plain("When");
    let id = world.by(ALICE, proposal.propose()).unwrap();
    pass(DELAY);
    refused(
        world.vote(ALICE, id, FOR),
        unexpected(id, PENDING, &[ACTIVE]),
    );
    pass(PERIOD);
    assert!(world.vote(ALICE, id, FOR).is_ok());
    pass(EXTENSION + 1);
    refused(
        world.vote(BOB, id, FOR),
        unexpected(id, DEFEATED, &[ACTIVE]),
    );
    let proposal = Proposal::plain("Executed");
    let id = world.due(&proposal);
    refused(
        world.vote(CAROL, id, FOR),
        unexpected(id, QUEUED, &[ACTIVE]),
    );
    world.by(STRANGER, proposal.execute()).unwrap();
    refused(
        world.vote(CAROL, id, FOR),
        unexpected(id, EXECUTED, &[ACTIVE]),
    );
}

#[test]
fn borrowed_tokens_have_no_votes() {
    let world = World::new();
    let proposal = Proposal::plain("Flash");
    let id = world.by(ALICE, proposal.propose()).unwrap();
    pass(DELAY);
    // In the snapshot's last moment tokens move, and come back: only what is there at its end counts.
    let to = CAROL;
    let transfer = |to, value| Token::transferCall {
        to,
        value: n(value),
    };
    world.at(TOKEN, ALICE, transfer(to, 300)).unwrap();
    world.at(TOKEN, CAROL, transfer(ALICE, 300)).unwrap();
    pass(1);
    // Borrowed for the vote.
    world.at(TOKEN, ALICE, transfer(to, 300)).unwrap();
    assert_eq!(world.vote(CAROL, id, FOR), Ok(n(60)));
    world.at(TOKEN, CAROL, transfer(ALICE, 300)).unwrap();
    assert_eq!(world.vote(ALICE, id, FOR), Ok(n(300)));
}

#[test]
fn a_quorum_reached_late_extends_the_voting() {
    let world = World::new();
    let proposal = Proposal::plain("Late");
    let id = world.proposed(&proposal);
    let deadline = host::time() + PERIOD - 1;
    assert!(world.vote(ALICE, id, FOR).is_ok());
    assert_eq!(events::<ProposalExtended>(), []);
    pass(PERIOD - 101);
    assert!(world.vote(BOB, id, ABSTAIN).is_ok());
    let extended = host::time() + EXTENSION;
    assert_eq!(extended, deadline + EXTENSION - 100);
    let told = ProposalExtended {
        proposalId: id,
        extendedDeadline: extended,
    };
    assert_eq!(events::<ProposalExtended>(), [told]);
    assert_eq!(world.ask(Admin::proposalDeadlineCall { id }), n(extended));
    pass(EXTENSION);
    assert_eq!(world.state(&proposal), ACTIVE);
    assert!(world.vote(CAROL, id, FOR).is_ok());
    assert_eq!(events::<ProposalExtended>().len(), 1);
    pass(1);
    assert_eq!(world.state(&proposal), SUCCEEDED);
}

#[test]
fn a_quorum_reached_early_extends_nothing_and_is_the_last_question() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Early"));
    let asks = |voter, support| {
        host::calls_to(TOKEN);
        world.vote(voter, id, support).unwrap();
        host::calls_to(TOKEN)
    };
    assert_eq!(asks(ALICE, FOR), 3, "clock, votes, supply");
    assert_eq!(asks(BOB, FOR), 3);
    assert_eq!(asks(CAROL, FOR), 2);
    assert_eq!(asks(STRANGER, AGAINST), 2);
    assert_eq!(events::<ProposalExtended>(), []);
}

#[test]
fn a_quorum_counts_in_favor_and_abstaining_and_the_majority_does_not() {
    for (votes, state) in [
        (vec![(ALICE, FOR), (BOB, ABSTAIN)], SUCCEEDED),
        (
            vec![(ALICE, FOR), (BOB, AGAINST), (CAROL, ABSTAIN)],
            DEFEATED,
        ),
        (vec![(ALICE, ABSTAIN), (BOB, ABSTAIN)], DEFEATED),
        (
            vec![(ALICE, AGAINST), (BOB, FOR), (CAROL, ABSTAIN)],
            DEFEATED,
        ),
        (vec![(ALICE, FOR), (CAROL, FOR)], DEFEATED),
        (vec![], DEFEATED),
    ] {
        let world = World::new();
        let proposal = Proposal::plain("Majority");
        let id = world.proposed(&proposal);
        for (voter, support) in &votes {
            world.vote(*voter, id, *support).unwrap();
        }
        pass(PERIOD);
        assert_eq!(world.state(&proposal), state, "{votes:?}");
    }
}

#[test]
fn signed_ballots_count_for_who_signed() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Signed"));
    let signature = signed(&ballot(id, FOR, ALICE, 0), ALICE);
    assert_eq!(
        world.by(STRANGER, by_sig(id, FOR, ALICE, signature.clone())),
        Ok(n(300))
    );
    assert_eq!(events::<VoteCast>(), [cast(ALICE, id, FOR, 300, "")]);
    assert_eq!((world.nonce(ALICE), world.votes(id)), (1, (0, 300, 0)));
    // Again: the nonce is used up.
    let invalid = GovernorInvalidSignature { voter: ALICE };
    refused(
        world.by(STRANGER, by_sig(id, FOR, ALICE, signature)),
        invalid,
    );
    // Signed anew: the vote is.
    let signature = signed(&ballot(id, FOR, ALICE, 1), ALICE);
    refused(
        world.by(STRANGER, by_sig(id, FOR, ALICE, signature)),
        GovernorAlreadyCastVote { voter: ALICE },
    );
    assert_eq!(world.nonce(ALICE), 1);
}

#[test]
fn extended_ballots_cover_reason_and_parameters() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Extended"));
    let extended = ExtendedBallot {
        proposalId: id,
        support: ABSTAIN,
        voter: BOB,
        nonce: n(0),
        reason: "why".into(),
        params: b"what".into(),
    };
    let signature = signed(&extended, BOB);
    let message = |reason: &str, params: &[u8]| Dao::castVoteWithReasonAndParamsBySigCall {
        proposalId: id,
        support: ABSTAIN,
        voter: BOB,
        reason: reason.into(),
        params: params.to_vec().into(),
        signature: signature.clone(),
    };
    for (reason, params) in [("Why", b"what".as_slice()), ("why", b"wha"), ("", b"")] {
        refused(
            world.by(STRANGER, message(reason, params)),
            GovernorInvalidSignature { voter: BOB },
        );
    }
    assert_eq!(world.by(STRANGER, message("why", b"what")), Ok(n(200)));
    assert_eq!(events::<VoteCastWithParams>().len(), 1);
    assert_eq!(world.nonce(BOB), 1);
}

#[test]
fn only_the_signature_of_this_ballot_on_this_chain_will_do() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Replay"));
    let good = ballot(id, FOR, ALICE, 0);
    let digest = |domain: Eip712Domain| good.eip712_signing_hash(&domain);
    let mut twin = signed(&good, ALICE).to_vec();
    twin[32] |= 0x80;
    let other_name = Eip712Domain {
        name: Some("OGPU".into()),
        ..domain(DAO, 42_161)
    };
    let bad: Vec<Bytes> = vec![
        Bytes::new(),
        signed(&good, ALICE)[..64].to_vec().into(),
        [signed(&good, ALICE).as_ref(), &[0]].concat().into(),
        twin.into(),
        signed(&good, BOB),
        sign(ALICE, digest(domain(DAO, 1))),
        sign(ALICE, digest(domain(LOCK, 42_161))),
        sign(ALICE, digest(other_name)),
        signed(&ballot(id, AGAINST, ALICE, 0), ALICE),
        signed(&ballot(id, FOR, BOB, 0), ALICE),
        signed(&ballot(id, FOR, ALICE, 1), ALICE),
        signed(&ballot(n(9), FOR, ALICE, 0), ALICE),
    ];
    for signature in bad {
        refused(
            world.by(STRANGER, by_sig(id, FOR, ALICE, signature)),
            GovernorInvalidSignature { voter: ALICE },
        );
    }
    // The chain's id is the one of now.
    host::set_chain_id(1);
    refused(
        world.by(STRANGER, by_sig(id, FOR, ALICE, signed(&good, ALICE))),
        GovernorInvalidSignature { voter: ALICE },
    );
    assert!(
        world
            .by(
                STRANGER,
                by_sig(id, FOR, ALICE, sign(ALICE, digest(domain(DAO, 1))))
            )
            .is_ok()
    );
    // Nobody signs for nobody.
    refused(
        world.by(STRANGER, by_sig(id, FOR, Address::ZERO, vec![0; 65].into())),
        GovernorInvalidSignature {
            voter: Address::ZERO,
        },
    );
    // The signature comes before the proposal.
    refused(
        world.by(STRANGER, by_sig(n(9), FOR, BOB, Bytes::new())),
        GovernorInvalidSignature { voter: BOB },
    );
    let early = signed(&ballot(n(9), FOR, BOB, 0), BOB);
    host::set_chain_id(42_161);
    refused(
        world.by(STRANGER, by_sig(n(9), FOR, BOB, early)),
        GovernorNonexistentProposal { proposalId: n(9) },
    );
}

#[test]
fn contracts_say_whether_they_signed() {
    let magic = isValidSignatureCall::SELECTOR;
    let word = |bytes: &[u8]| {
        let mut word = [0; 32];
        word[..bytes.len()].copy_from_slice(bytes);
        word.to_vec()
    };
    let answers: Vec<(Answer, bool)> = vec![
        (Ok(word(&magic)), true),
        (Ok([word(&magic), vec![7; 5]].concat()), true),
        (Ok(magic.to_vec()), false),
        (Ok(word(&[0x16, 0x26, 0xba, 0x7f])), false),
        (Ok([magic.to_vec(), vec![1; 28]].concat()), false),
        (Ok(vec![]), false),
        (Err(word(&magic)), false),
    ];
    for (answer, good) in answers {
        let world = World::new();
        let id = world.proposed(&Proposal::plain("Wallet"));
        let digest = ballot(id, FOR, ALICE, 0).eip712_signing_hash(&domain(DAO, 42_161));
        let expected = isValidSignatureCall {
            hash: digest,
            signature: b"short".into(),
        }
        .abi_encode();
        let said = answer.clone();
        let wallet = move |data: &[u8]| {
            assert_eq!(data, expected);
            said.clone()
        };
        install(ALICE, Code::Closure(Rc::new(wallet)));
        let result = world.by(STRANGER, by_sig(id, FOR, ALICE, b"short".into()));
        if good {
            assert_eq!(result, Ok(n(300)));
        } else {
            refused(result, GovernorInvalidSignature { voter: ALICE });
        }
    }
}
