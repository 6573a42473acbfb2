//! Many signed ballots in one transaction.

use super::*;

/// A ballot for a batch: voter, support, nonce, signature.
type Entry = (Address, u8, u64, Bytes);

fn entry(id: U256, voter: Address, support: u8, nonce: u64) -> Entry {
    let signature = signed(&ballot(id, support, voter, nonce), voter);
    (voter, support, nonce, signature)
}

fn batch(id: U256, entries: &[Entry]) -> Dao::castVoteBySigBatchCall {
    Dao::castVoteBySigBatchCall {
        proposalId: id,
        voters: entries.iter().map(|entry| entry.0).collect(),
        support: entries.iter().map(|entry| entry.1).collect(),
        nonces: entries.iter().map(|entry| n(entry.2)).collect(),
        signatures: entries.iter().map(|entry| entry.3.clone()).collect(),
    }
}

fn skipped(id: U256, voter: Address, position: u64, reason: impl SolError) -> BallotSkipped {
    BallotSkipped {
        proposalId: id,
        voter,
        position: n(position),
        reason: reason.abi_encode().into(),
    }
}

#[test]
fn all_good_ballots_count() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Batch"));
    let entries = [
        entry(id, ALICE, FOR, 0),
        entry(id, BOB, AGAINST, 0),
        entry(id, CAROL, ABSTAIN, 0),
    ];
    host::calls_to(TOKEN);
    assert_eq!(world.by(STRANGER, batch(id, &entries)), Ok(n(3)));
    assert_eq!(
        host::calls_to(TOKEN),
        5,
        "the clock, the votes of each, the supply"
    );
    assert_eq!(world.votes(id), (200, 300, 60));
    assert_eq!(events::<VoteCast>().len(), 3);
    assert_eq!([ALICE, BOB, CAROL].map(|voter| world.nonce(voter)), [1; 3]);
}

#[test]
fn one_bad_ballot_of_each_kind_costs_the_others_nothing() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Bad ones"));
    let (wallet, refuser) = (Address::repeat_byte(0x77), Address::repeat_byte(0x78));
    install(wallet, Code::Closure(Rc::new(|_| Err(b"no".to_vec()))));
    install(refuser, Code::Closure(Rc::new(|_| Ok(vec![0; 32]))));
    world.vote(CAROL, id, ABSTAIN).unwrap();
    let mut forged = entry(id, BOB, FOR, 0);
    forged.3 = signed(&ballot(id, FOR, BOB, 0), ALICE);
    let entries = [
        forged,
        entry(id, ALICE, FOR, 0),
        entry(id, ALICE, FOR, 0),
        entry(id, ALICE, FOR, 1),
        entry(id, CAROL, FOR, 0),
        entry(id, BOB, 3, 0),
        entry(id, wallet, FOR, 0),
        entry(id, refuser, FOR, 0),
        entry(id, BOB, FOR, 7),
        entry(id, BOB, FOR, 0),
    ];
    host::clear_logs();
    assert_eq!(world.by(STRANGER, batch(id, &entries)), Ok(n(2)));
    let invalid = |voter| GovernorInvalidSignature { voter };
    let nonce = |account, current| InvalidAccountNonce {
        account,
        currentNonce: n(current),
    };
    assert_eq!(
        events::<BallotSkipped>(),
        [
            skipped(id, BOB, 0, invalid(BOB)),
            skipped(id, ALICE, 2, nonce(ALICE, 1)),
            skipped(id, ALICE, 3, GovernorAlreadyCastVote { voter: ALICE }),
            skipped(id, CAROL, 4, GovernorAlreadyCastVote { voter: CAROL }),
            skipped(id, BOB, 5, GovernorInvalidVoteType {}),
            skipped(id, wallet, 6, invalid(wallet)),
            skipped(id, refuser, 7, invalid(refuser)),
            skipped(id, BOB, 8, nonce(BOB, 0)),
        ]
    );
    assert_eq!(events::<VoteCast>().len(), 2);
    assert_eq!(world.votes(id), (0, 500, 60));
    assert_eq!(
        [ALICE, BOB, CAROL, wallet].map(|voter| world.nonce(voter)),
        [1, 1, 0, 0]
    );
}

#[test]
fn a_batch_says_why() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Reasons"));
    let extended = |voter, reason: &str, params: &'static [u8]| ExtendedBallot {
        proposalId: id,
        support: FOR,
        voter,
        nonce: n(0),
        reason: reason.into(),
        params: params.into(),
    };
    let ballots = [
        (ALICE, extended(ALICE, "a", b"")),
        (BOB, extended(BOB, "another reason", b"p")),
        (CAROL, extended(CAROL, "", b"")),
    ];
    let mut message = Dao::castVoteWithReasonAndParamsBySigBatchCall {
        proposalId: id,
        voters: vec![ALICE, BOB, CAROL],
        support: vec![FOR; 3],
        nonces: vec![n(0); 3],
        reasons: ballots
            .iter()
            .map(|(_, ballot)| ballot.reason.clone())
            .collect(),
        params: ballots
            .iter()
            .map(|(_, ballot)| ballot.params.clone())
            .collect(),
        signatures: ballots
            .iter()
            .map(|(voter, ballot)| signed(ballot, *voter))
            .collect(),
    };
    message.reasons[2] = "not what she signed".into();
    assert_eq!(world.by(STRANGER, message), Ok(n(2)));
    assert_eq!(events::<VoteCast>()[0].reason, "a");
    assert_eq!(events::<VoteCastWithParams>()[0].reason, "another reason");
    let skipped_one = skipped(id, CAROL, 2, GovernorInvalidSignature { voter: CAROL });
    assert_eq!(events::<BallotSkipped>(), [skipped_one]);
}

#[test]
fn a_batch_extends_the_voting_once() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Late batch"));
    pass(PERIOD - 1);
    let entries = [ALICE, BOB, CAROL].map(|voter| entry(id, voter, FOR, 0));
    assert_eq!(world.by(STRANGER, batch(id, &entries)), Ok(n(3)));
    assert_eq!(events::<ProposalExtended>().len(), 1);
}

#[test]
fn a_batch_as_a_whole_needs_an_active_proposal_and_even_lists() {
    let world = World::new();
    let id = world.proposed(&Proposal::plain("Even"));
    let entries = [entry(id, ALICE, FOR, 0), entry(id, BOB, FOR, 0)];
    let full = batch(id, &entries);
    for list in 0..4 {
        let mut uneven = full.clone();
        match list {
            0 => drop(uneven.voters.pop()),
            1 => drop(uneven.support.pop()),
            2 => drop(uneven.nonces.pop()),
            _ => drop(uneven.signatures.pop()),
        }
        refused(world.by(STRANGER, uneven), BallotLengthMismatch {});
    }
    refused(
        world.by(STRANGER, batch(n(9), &entries)),
        GovernorNonexistentProposal { proposalId: n(9) },
    );
    assert_eq!(world.by(STRANGER, batch(id, &[])), Ok(n(0)));
    pass(PERIOD);
    refused(
        world.by(STRANGER, full),
        unexpected(id, DEFEATED, &[ACTIVE]),
    );
}
