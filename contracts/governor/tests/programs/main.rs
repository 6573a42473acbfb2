//! The governor's two programs behind one proxy, with the token and the timelock, all of them the real ones, on a chain in this process.

mod ballots;
mod batches;
mod conformance;
mod governance;
mod host;
mod life;
mod props;
mod siblings;
mod views;

use std::rc::Rc;

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use alloy_sol_types::{
    Eip712Domain, SolCall, SolError, SolEvent, SolStruct, SolValue, eip712_domain, sol,
};

use governor::{abi::IGovernanceDao as Dao, errors::*, events::*};
use host::{Answer, Code, ask, call, install, install_proxy, pass};

sol! {
    /// What `governor-admin` has.
    interface Admin {
        function setVotingDelay(uint48 v) external;
        function setVotingPeriod(uint32 v) external;
        function setProposalThreshold(uint256 v) external;
        function updateQuorumNumerator(uint256 v) external;
        function updateTimelock(address v) external;
        function setLateQuorumVoteExtension(uint48 v) external;
        function setProposalGuardian(address v) external;
        function relay(address target, uint256 value, bytes data) external payable;
        function name() external view returns (string);
        function version() external view returns (string);
        function token() external view returns (address);
        function timelock() external view returns (address);
        function proposalGuardian() external view returns (address);
        function clock() external view returns (uint48);
        function CLOCK_MODE() external view returns (string);
        function COUNTING_MODE() external view returns (string);
        function votingDelay() external view returns (uint256);
        function votingPeriod() external view returns (uint256);
        function proposalThreshold() external view returns (uint256);
        function lateQuorumVoteExtension() external view returns (uint48);
        function quorum(uint256 timepoint) external view returns (uint256);
        function quorumNumerator() external view returns (uint256);
        function quorumNumerator(uint256 timepoint) external view returns (uint256);
        function quorumDenominator() external view returns (uint256);
        function getVotes(address account, uint256 timepoint) external view returns (uint256);
        function getVotesWithParams(address account, uint256 timepoint, bytes params) external view returns (uint256);
        function hashProposal(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external view returns (uint256);
        function getProposalId(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external view returns (uint256);
        function proposalSnapshot(uint256 id) external view returns (uint256);
        function proposalDeadline(uint256 id) external view returns (uint256);
        function proposalProposer(uint256 id) external view returns (address);
        function proposalEta(uint256 id) external view returns (uint256);
        function proposalNeedsQueuing(uint256 id) external view returns (bool);
        function proposalVotes(uint256 id) external view returns (uint256 against, uint256 inFavor, uint256 abstaining);
        function hasVoted(uint256 id, address account) external view returns (bool);
        function proposalCount() external view returns (uint256);
        function proposalDetails(uint256 id) external view returns (address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash);
        function proposalDetailsAt(uint256 index) external view returns (uint256 id, address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash);
        function nonces(address owner) external view returns (uint256);
        function BALLOT_TYPEHASH() external view returns (bytes32);
        function EXTENDED_BALLOT_TYPEHASH() external view returns (bytes32);
        function eip712Domain() external view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions);
        function supportsInterface(bytes4 id) external view returns (bool);
        function onERC721Received(address a, address b, uint256 c, bytes d) external returns (bytes4);
        function onERC1155Received(address a, address b, uint256 c, uint256 d, bytes e) external returns (bytes4);
        function onERC1155BatchReceived(address a, address b, uint256[] c, uint256[] d, bytes e) external returns (bytes4);
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
    }

    interface Token {
        function initialize(address owner, address holder, uint256 supply, uint8 clockMode) external;
        function transfer(address to, uint256 value) external returns (bool);
        function delegate(address delegatee) external;
        function burn(uint256 value) external;
    }

    interface Lock {
        function initialize(uint256 minDelay, address[] proposers, address[] executors, address admin) external;
        function cancel(bytes32 id) external;
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
        function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external payable;
        function hashOperationBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external view returns (bytes32);
        function isOperationPending(bytes32 id) external view returns (bool);
        function isOperationDone(bytes32 id) external view returns (bool);
        function getTimestamp(bytes32 id) external view returns (uint256);
    }

    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);

    /// What voters sign.
    struct Ballot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
    }

    struct ExtendedBallot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
        string reason;
        bytes params;
    }
}

const TOKEN: Address = address!("7070707070707070707070707070707070707070");
const DAO: Address = address!("da00da00da00da00da00da00da00da00da00da00");
const LOCK: Address = address!("10c10c10c10c10c10c10c10c10c10c10c10c10c1");
const BOX: Address = address!("b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0");
const ECRECOVER: Address = Address::with_last_byte(1);
/// Implementations: of the token, the timelock, and the governor's two programs.
const CODE: [Address; 4] = [
    Address::repeat_byte(0xc1),
    Address::repeat_byte(0xc2),
    Address::repeat_byte(0xc3),
    Address::repeat_byte(0xc4),
];

const GUARDIAN: Address = address!("000000000000000000000000000000000000000a");
const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
const BOB: Address = address!("0000000000000000000000000000000000000b0b");
const CAROL: Address = address!("00000000000000000000000000000000000ca401");
const STRANGER: Address = address!("0000000000000000000000000000000000005747");

const START: u64 = 1_000_000;
const DELAY: u64 = 100;
const PERIOD: u64 = 1_000;
const EXTENSION: u64 = 300;
const MIN_DELAY: u64 = 3_600;

/// The supply is 1,000: Alice has 300 of it, Bob 200, Carol 60, and a holder without a delegate the rest. A quorum is 50 %.
const SHARES: [(Address, u64); 3] = [(ALICE, 300), (BOB, 200), (CAROL, 60)];

fn n(number: u64) -> U256 {
    U256::from(number)
}

/// A governor and its world, on this thread's chain.
struct World;

/// What a governor in these tests starts with; the timelock may be another.
fn setup(timelock: Address, guardian: Address) -> Dao::initializeCall {
    Dao::initializeCall {
        token: TOKEN,
        timelock,
        extension: CODE[3],
        votingDelay: alloy_primitives::aliases::U48::from(DELAY),
        votingPeriod: PERIOD as u32,
        proposalThreshold: n(50),
        quorumNumerator: n(50),
        voteExtension: alloy_primitives::aliases::U48::from(EXTENSION),
        guardian,
    }
}

impl World {
    fn new() -> Self {
        Self::guarded(GUARDIAN)
    }

    fn guarded(guardian: Address) -> Self {
        Self::of(guardian, 0)
    }

    fn of(guardian: Address, clock_mode: u8) -> Self {
        host::reset(START);
        install(CODE[0], host::program::<ogpu_token::OgpuToken>());
        install(CODE[1], host::program::<timelock::Timelock>());
        install(CODE[2], host::program::<governance_dao::GovernanceDao>());
        install(CODE[3], host::program::<governor_admin::GovernorAdmin>());
        install(ECRECOVER, Code::Closure(Rc::new(recover)));
        install(BOX, Code::Closure(Rc::new(|_| Ok(Vec::new()))));
        let holder = STRANGER;
        let token = Token::initializeCall {
            owner: LOCK,
            holder,
            supply: n(1_000),
            clockMode: clock_mode,
        };
        install_proxy(TOKEN, CODE[0], token.abi_encode()).unwrap();
        let lock = Lock::initializeCall {
            minDelay: n(MIN_DELAY),
            proposers: vec![DAO, STRANGER],
            executors: vec![Address::ZERO],
            admin: Address::ZERO,
        };
        install_proxy(LOCK, CODE[1], lock.abi_encode()).unwrap();
        install_proxy(DAO, CODE[2], setup(LOCK, guardian).abi_encode()).unwrap();
        let world = Self;
        for (account, amount) in SHARES {
            world.endow(account, amount);
        }
        pass(10);
        host::clear_logs();
        world
    }

    /// Gives an account tokens, and their votes.
    fn endow(&self, account: Address, amount: u64) {
        let transfer = Token::transferCall {
            to: account,
            value: n(amount),
        };
        call(STRANGER, TOKEN, U256::ZERO, &transfer.abi_encode()).unwrap();
        let delegate = Token::delegateCall { delegatee: account };
        call(account, TOKEN, U256::ZERO, &delegate.abi_encode()).unwrap();
    }

    /// Calls the governor.
    fn by<C: SolCall>(&self, sender: Address, message: C) -> Result<C::Return, Vec<u8>> {
        self.at(DAO, sender, message)
    }

    fn at<C: SolCall>(
        &self,
        to: Address,
        sender: Address,
        message: C,
    ) -> Result<C::Return, Vec<u8>> {
        let answer = call(sender, to, U256::ZERO, &message.abi_encode())?;
        Ok(C::abi_decode_returns(&answer).expect("an answer of this type"))
    }

    /// Asks the governor.
    fn ask<C: SolCall>(&self, message: C) -> C::Return {
        let answer = ask(DAO, &message.abi_encode()).expect("an answer");
        C::abi_decode_returns(&answer).expect("an answer of this type")
    }

    fn state(&self, proposal: &Proposal) -> u8 {
        self.ask(Dao::stateCall {
            proposalId: proposal.id(),
        })
    }

    /// Has Alice propose, and lets the delay pass.
    fn proposed(&self, proposal: &Proposal) -> U256 {
        let id = self.by(ALICE, proposal.propose()).unwrap();
        assert_eq!(id, proposal.id());
        pass(DELAY + 1);
        assert_eq!(self.state(proposal), ACTIVE);
        id
    }

    fn vote(&self, voter: Address, id: U256, support: u8) -> Result<U256, Vec<u8>> {
        self.by(
            voter,
            Dao::castVoteCall {
                proposalId: id,
                support,
            },
        )
    }

    /// Proposes, has Alice and Bob vote for it, and lets the time for ballots pass.
    fn succeeded(&self, proposal: &Proposal) -> U256 {
        let id = self.proposed(proposal);
        self.vote(ALICE, id, FOR).unwrap();
        self.vote(BOB, id, FOR).unwrap();
        pass(PERIOD);
        assert_eq!(self.state(proposal), SUCCEEDED);
        id
    }

    /// The same, and queues it and lets the timelock's delay pass.
    fn due(&self, proposal: &Proposal) -> U256 {
        let id = self.succeeded(proposal);
        self.by(STRANGER, proposal.queue()).unwrap();
        assert_eq!(self.state(proposal), QUEUED);
        pass(MIN_DELAY);
        id
    }

    /// Has the DAO call itself with this, and returns what came of executing it.
    fn decree<C: SolCall>(&self, message: C, description: &str) -> Result<U256, Vec<u8>> {
        let proposal = Proposal::new(&[(DAO, 0, message.abi_encode())], description);
        self.due(&proposal);
        self.by(STRANGER, proposal.execute())
    }

    fn votes(&self, id: U256) -> (u64, u64, u64) {
        let votes = self.ask(Admin::proposalVotesCall { id });
        (
            votes.against.to(),
            votes.inFavor.to(),
            votes.abstaining.to(),
        )
    }

    fn nonce(&self, owner: Address) -> u64 {
        self.ask(Admin::noncesCall { owner }).to()
    }
}

const PENDING: u8 = 0;
const ACTIVE: u8 = 1;
const CANCELED: u8 = 2;
const DEFEATED: u8 = 3;
const SUCCEEDED: u8 = 4;
const QUEUED: u8 = 5;
const EXECUTED: u8 = 7;

const AGAINST: u8 = 0;
const FOR: u8 = 1;
const ABSTAIN: u8 = 2;

/// What is proposed.
#[derive(Clone, Debug)]
struct Proposal {
    targets: Vec<Address>,
    values: Vec<U256>,
    calldatas: Vec<Bytes>,
    description: String,
}

impl Proposal {
    fn new(calls: &[(Address, u64, Vec<u8>)], description: &str) -> Self {
        Self {
            targets: calls.iter().map(|call| call.0).collect(),
            values: calls.iter().map(|call| n(call.1)).collect(),
            calldatas: calls.iter().map(|call| call.2.clone().into()).collect(),
            description: description.into(),
        }
    }

    /// A call to the box.
    fn plain(description: &str) -> Self {
        Self::new(&[(BOX, 0, b"opens".to_vec())], description)
    }

    fn hash(&self) -> B256 {
        keccak256(&self.description)
    }

    fn id(&self) -> U256 {
        let Self {
            targets,
            values,
            calldatas,
            ..
        } = self.clone();
        U256::from_be_bytes(
            keccak256((targets, values, calldatas, self.hash()).abi_encode_params()).0,
        )
    }

    /// The salt and the id that the timelock has for it, with the governor at this address.
    fn operation(&self, governor: Address) -> (B256, B256) {
        let mut own = B256::ZERO;
        own[..20].copy_from_slice(governor.as_slice());
        let salt = own ^ self.hash();
        let Self {
            targets,
            values,
            calldatas,
            ..
        } = self.clone();
        let data = (targets, values, calldatas, B256::ZERO, salt).abi_encode_params();
        (salt, keccak256(data))
    }

    fn propose(&self) -> Dao::proposeCall {
        let Self {
            targets,
            values,
            calldatas,
            description,
        } = self.clone();
        Dao::proposeCall {
            targets,
            values,
            calldatas,
            description,
        }
    }

    fn queue(&self) -> Dao::queue_0Call {
        Dao::queue_0Call {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            descriptionHash: self.hash(),
        }
    }

    fn execute(&self) -> Dao::execute_0Call {
        Dao::execute_0Call {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            descriptionHash: self.hash(),
        }
    }

    fn cancel(&self) -> Dao::cancel_0Call {
        Dao::cancel_0Call {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            descriptionHash: self.hash(),
        }
    }
}

/// What a call must fail with.
fn refused<T: std::fmt::Debug + PartialEq>(result: Result<T, Vec<u8>>, error: impl SolError) {
    assert_eq!(result, Err(error.abi_encode()));
}

fn unexpected(id: U256, current: u8, states: &[u8]) -> GovernorUnexpectedProposalState {
    let expected = states.iter().fold(0u64, |bits, state| bits | 1 << state);
    GovernorUnexpectedProposalState {
        proposalId: id,
        current,
        expectedStates: n(expected).into(),
    }
}

/// The events of a type that the governor emitted, which are all forgotten then.
fn events<E: SolEvent>() -> Vec<E> {
    let logs = host::logs().into_iter().filter(|log| log.emitter == DAO);
    logs.filter(|log| log.topics[0] == E::SIGNATURE_HASH)
        .map(|log| E::decode_raw_log_validate(log.topics, &log.data).expect("such an event"))
        .collect()
}

/// The domain of ballots for a governor on a chain, as another implementation of EIP-712 has it.
fn domain(governor: Address, chain_id: u64) -> Eip712Domain {
    eip712_domain! {
        name: "OGPU DAO",
        version: "1",
        chain_id: chain_id,
        verifying_contract: governor,
    }
}

/// A stand-in for a signature: `s` is a hash of the digest and the signer, `r` is the signer. Its highest bit does not matter, so every
/// signature has a twin.
fn sign(voter: Address, digest: B256) -> Bytes {
    let mut s = keccak256((digest, voter).abi_encode());
    s[0] = 0;
    [voter.into_word().as_slice(), s.as_slice(), &[27]]
        .concat()
        .into()
}

/// The stand-in for the precompile that recovers signers.
fn recover(input: &[u8]) -> Answer {
    let digest = B256::from_slice(&input[..32]);
    let signer = Address::from_slice(&input[76..96]);
    let mut s = B256::from_slice(&input[96..128]);
    s[0] &= 0x7f;
    let good = input[63] == 27 && sign(signer, digest)[32..64] == s[..];
    Ok(if good {
        signer.into_word().to_vec()
    } else {
        Vec::new()
    })
}

fn ballot(id: U256, support: u8, voter: Address, nonce: u64) -> Ballot {
    Ballot {
        proposalId: id,
        support,
        voter,
        nonce: n(nonce),
    }
}

/// What a voter signs for this governor on this chain.
fn signed(ballot: &impl SolStruct, voter: Address) -> Bytes {
    sign(voter, ballot.eip712_signing_hash(&domain(DAO, 42_161)))
}
