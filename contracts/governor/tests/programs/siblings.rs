//! A token or a timelock that fails, or answers with what cannot be: the caller is told why, and nothing has happened.

use super::*;

sol! {
    interface Sibling {
        function clock() external view returns (uint48);
        function CLOCK_MODE() external view returns (string);
        function getPastVotes(address account, uint256 timepoint) external view returns (uint256);
        function getPastTotalSupply(uint256 timepoint) external view returns (uint256);
        function getMinDelay() external view returns (uint256);
        function isOperationPending(bytes32 id) external view returns (bool);
        function isOperationDone(bytes32 id) external view returns (bool);
    }
}

const REASON: &[u8] = b"refused there";

/// Has a sibling's functions with these selectors answer so; the others are what they were.
fn spoil(sibling: Address, answers: Vec<([u8; 4], Answer)>) {
    let (code, real) = if sibling == TOKEN {
        (CODE[0], host::program::<ogpu_token::OgpuToken>())
    } else {
        (CODE[1], host::program::<timelock::Timelock>())
    };
    let Code::Program(real) = real else {
        unreachable!("a program is one")
    };
    let reply = move |data: &[u8]| match answers
        .iter()
        .find(|(selector, _)| data.starts_with(selector))
    {
        Some((_, answer)) => answer.clone(),
        None => real(data),
    };
    install(code, Code::Closure(Rc::new(reply)));
}

fn word(number: U256) -> Answer {
    Ok(number.abi_encode())
}

fn fails() -> Answer {
    Err(REASON.to_vec())
}

fn too_wide(bits: u8, value: U256) -> Vec<u8> {
    SafeCastOverflowedUintDowncast { bits, value }.abi_encode()
}

/// What each way to use the clock comes to, with a clock like this.
fn with_clock(answer: Answer) -> Vec<Vec<u8>> {
    let world = World::new();
    let proposal = Proposal::plain("Open the box");
    let id = world.proposed(&proposal);
    spoil(TOKEN, vec![(Sibling::clockCall::SELECTOR, answer.clone())]);
    let mut seen = vec![
        world.vote(ALICE, id, FOR).unwrap_err(),
        world
            .by(ALICE, Proposal::plain("Another").propose())
            .unwrap_err(),
        ask(DAO, &Dao::stateCall { proposalId: id }.abi_encode()).unwrap_err(),
        ask(DAO, &Admin::clockCall {}.abi_encode()).unwrap_err(),
    ];
    let silent = vec![
        (Sibling::clockCall::SELECTOR, answer),
        (Sibling::CLOCK_MODECall::SELECTOR, fails()),
    ];
    spoil(TOKEN, silent);
    seen.push(ask(DAO, &Admin::CLOCK_MODECall {}.abi_encode()).unwrap_err());
    seen
}

#[test]
fn a_clock_that_shows_no_time_stops_everything() {
    let over = U256::ONE << 48;
    for reason in with_clock(word(over)) {
        assert_eq!(reason, too_wide(48, over));
    }
    let wide = U256::ONE << 200;
    for reason in with_clock(word(wide)) {
        assert_eq!(reason, too_wide(48, wide));
    }
    for reason in with_clock(Ok(vec![0; 31])) {
        assert_eq!(reason, ogpu_common::UnexpectedAnswer {}.abi_encode());
    }
}

#[test]
fn nothing_is_proposed_before_time_or_beyond_it() {
    let world = World::new();
    let propose = |clock| {
        let enough = word(n(1_000));
        let answers = vec![
            (Sibling::clockCall::SELECTOR, word(clock)),
            (Sibling::getPastVotesCall::SELECTOR, enough),
        ];
        spoil(TOKEN, answers);
        world.by(ALICE, Proposal::plain("Open the box").propose())
    };
    let underflow = Panic { code: n(0x11) }.abi_encode();
    assert_eq!(propose(U256::ZERO), Err(underflow));
    let last = n((1 << 48) - 1);
    assert_eq!(propose(last), Err(too_wide(48, last + n(DELAY))));
}

#[test]
fn a_token_that_knows_no_votes_says_why() {
    let world = World::new();
    let votes = |answer| spoil(TOKEN, vec![(Sibling::getPastVotesCall::SELECTOR, answer)]);
    let id = world.proposed(&Proposal::plain("Open the box"));
    votes(fails());
    assert_eq!(world.vote(ALICE, id, FOR), Err(REASON.to_vec()));
    let proposed = world.by(ALICE, Proposal::plain("Another").propose());
    assert_eq!(proposed, Err(REASON.to_vec()));
    let over = U256::ONE << 96;
    votes(word(over));
    assert_eq!(world.vote(ALICE, id, FOR), Err(too_wide(96, over)));
    assert_eq!(world.votes(id), (0, 0, 0));

    let supply = vec![(Sibling::getPastTotalSupplyCall::SELECTOR, fails())];
    spoil(TOKEN, supply);
    assert_eq!(world.vote(ALICE, id, FOR), Err(REASON.to_vec()));
    let past = Admin::quorumCall {
        timepoint: n(START),
    };
    assert_eq!(ask(DAO, &past.abi_encode()), Err(REASON.to_vec()));
}

#[test]
fn a_timelock_that_fails_says_why() {
    let world = World::new();
    let proposal = Proposal::plain("Open the box");
    let id = world.succeeded(&proposal);
    let delay = |answer| spoil(LOCK, vec![(Sibling::getMinDelayCall::SELECTOR, answer)]);
    delay(fails());
    let queued = world.by(STRANGER, proposal.queue());
    assert_eq!(queued, Err(REASON.to_vec()));
    delay(word(U256::MAX));
    let queued = world.by(STRANGER, proposal.queue());
    assert_eq!(queued, Err(too_wide(48, U256::MAX)));
    spoil(LOCK, vec![]);
    world.by(STRANGER, proposal.queue()).unwrap();

    let state = Dao::stateCall { proposalId: id }.abi_encode();
    let pending = Sibling::isOperationPendingCall::SELECTOR;
    let done = Sibling::isOperationDoneCall::SELECTOR;
    spoil(LOCK, vec![(pending, fails())]);
    assert_eq!(ask(DAO, &state), Err(REASON.to_vec()));
    spoil(LOCK, vec![(pending, word(U256::ZERO)), (done, fails())]);
    assert_eq!(ask(DAO, &state), Err(REASON.to_vec()));
}

#[test]
fn a_quorum_is_not_changed_before_the_last_change() {
    let world = World::new();
    let lower = |percent| Admin::updateQuorumNumeratorCall { v: n(percent) };
    world.decree(lower(40), "Forty").unwrap();
    let proposal = Proposal::new(&[(DAO, 0, lower(30).abi_encode())], "Thirty");
    world.due(&proposal);
    let clock = |answer| spoil(TOKEN, vec![(Sibling::clockCall::SELECTOR, answer)]);
    clock(word(n(START)));
    let backwards = CheckpointUnorderedInsertion {}.abi_encode();
    assert_eq!(world.by(STRANGER, proposal.execute()), Err(backwards));
    let over = U256::ONE << 48;
    clock(word(over));
    let executed = world.by(STRANGER, proposal.execute());
    assert_eq!(executed, Err(too_wide(48, over)));
    spoil(TOKEN, vec![]);
    world.by(STRANGER, proposal.execute()).unwrap();
}

#[test]
fn a_hash_that_is_missing_is_none() {
    World::new();
    for selector in [
        Dao::queue_0Call::SELECTOR,
        Dao::execute_0Call::SELECTOR,
        Dao::cancel_0Call::SELECTOR,
    ] {
        // Three lists without entries, and nothing after them.
        let data = [selector.as_slice(), &[0; 96]].concat();
        assert_eq!(call(ALICE, DAO, n(0), &data), Err(Vec::new()));
    }
}
