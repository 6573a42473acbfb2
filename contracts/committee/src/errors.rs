//! Why a call to the committee fails.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolError, sol};
use ogpu_common::{
    amount::{time, widen},
    words,
};
use ogpu_rules::{
    MAX_COLLATERAL,
    committee::{node::NodeError, round::VoteError},
};

sol! {
    /// The account's standing (0 none, 1 active, 2 leaving, 3 removed), or a bond below the least, does not allow this.
    #[derive(Debug, PartialEq)]
    error NotAllowed(address account, uint8 standing, uint256 bond);
    /// The bond would be out of range, in wei of oGPU.
    #[derive(Debug, PartialEq)]
    error BondOutOfRange(uint256 bond, uint256 minimum, uint256 maximum);
    /// Nothing is owed to the account; its bond matures at this time (seconds since 1970; 0 if it is not unbonding).
    #[derive(Debug, PartialEq)]
    error NothingToWithdraw(address account, uint64 maturesAt);
    /// The value is out of the range of this parameter; a range of nothing: there is no such parameter.
    #[derive(Debug, PartialEq)]
    error OutOfRange(uint256 field, uint256 value, uint256 minimum, uint256 maximum);
    /// There is no code at this address.
    #[derive(Debug, PartialEq)]
    error InvalidExtension(address extension);
    /// Neither this program nor an extension has the function that was called.
    #[derive(Debug, PartialEq)]
    error UnknownFunction();
    /// There are 65,535 versions of the parameters.
    #[derive(Debug, PartialEq)]
    error TooManyVersions();
    /// The market does not wait for a verdict of this committee on this task: another verifier decides it, or it is not Submitted (3).
    #[derive(Debug, PartialEq)]
    error NotAwaited(uint256 taskId, address verifier, uint8 status);
    /// The provider delivered the result zero, which stands for none: nobody judges that, and the market sends the task to dispute.
    #[derive(Debug, PartialEq)]
    error EmptyResult(uint256 taskId);
    /// The round is at another phase (0 none, 1 requested, 2 voting, 3 closed, 4 closed and planted).
    #[derive(Debug, PartialEq)]
    error WrongPhase(uint256 taskId, uint8 phase);
    /// The task waits for this beacon already.
    #[derive(Debug, PartialEq)]
    error AlreadyRequested(uint256 taskId, uint256 beacon);
    /// Possible from this time on (seconds since 1970); `id` is the task's or the beacon's.
    #[derive(Debug, PartialEq)]
    error TooEarly(uint256 id, uint64 from);
    /// Not possible any more since this time (seconds since 1970); `id` is the task's or the beacon's.
    #[derive(Debug, PartialEq)]
    error TooLate(uint256 id, uint64 until);
    /// There is no such beacon, or it got too few secrets, or one was withheld: the task has to be requested again.
    #[derive(Debug, PartialEq)]
    error BeaconFailed(uint256 beacon);
    /// The beacon has 65,535 commitments.
    #[derive(Debug, PartialEq)]
    error BeaconFull(uint256 beacon);
    /// The market's deadline leaves no time for a vote, which needs until `needed` (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error DeadlineTooNear(uint256 taskId, uint64 deadline, uint64 needed);
    /// The node has no seat in the committee of this task.
    #[derive(Debug, PartialEq)]
    error NotDrawn(uint256 taskId, address node);
    /// The node has committed already; `id` is the task's or the beacon's.
    #[derive(Debug, PartialEq)]
    error AlreadyCommitted(uint256 id, address node);
    /// The node has committed to nothing that is not revealed; `id` is the task's or the beacon's.
    #[derive(Debug, PartialEq)]
    error NothingToReveal(uint256 id, address node);
    /// What is revealed is not what the node committed to; `id` is the task's or the beacon's.
    #[derive(Debug, PartialEq)]
    error WrongReveal(uint256 id, address node);
    /// Too few have committed for votes to be revealed: `tally` gives the round more time, once.
    #[derive(Debug, PartialEq)]
    error NoQuorum(uint256 taskId, uint8 committed, uint8 needed);
    /// Only the planter plants.
    #[derive(Debug, PartialEq)]
    error NotPlanter(address caller);
    /// This was planted already.
    #[derive(Debug, PartialEq)]
    error AlreadyPlanted(bytes32 commitment);
    /// Nobody planted this, or it was opened.
    #[derive(Debug, PartialEq)]
    error UnknownPlant(bytes32 commitment);
    /// It was planted when the committee could be known already (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error PlantedTooLate(uint256 taskId, uint64 plantedAt, uint64 latest);
}

ogpu_common::encoded_errors! {
    /// Why a call to the committee fails: one of the errors above, one of the shared code, or one of a sibling.
    pub struct Error {
        NotAllowed,
        BondOutOfRange,
        NothingToWithdraw,
        OutOfRange,
        InvalidExtension,
        UnknownFunction,
        TooManyVersions,
        NotAwaited,
        EmptyResult,
        WrongPhase,
        AlreadyRequested,
        TooEarly,
        TooLate,
        BeaconFailed,
        BeaconFull,
        DeadlineTooNear,
        NotDrawn,
        AlreadyCommitted,
        NothingToReveal,
        WrongReveal,
        NoQuorum,
        NotPlanter,
        AlreadyPlanted,
        UnknownPlant,
        PlantedTooLate,
    }
}

impl Error {
    /// Not yet.
    #[inline(never)]
    pub fn early(id: &U256, from: u64) -> Self {
        Self::of::<TooEarly>(&[id, &time(from)])
    }

    /// Not any more.
    #[inline(never)]
    pub fn late(id: &U256, until: u64) -> Self {
        Self::of::<TooLate>(&[id, &time(until)])
    }

    /// One that names a node and something else.
    #[inline(never)]
    pub fn by_node<E: SolError>(id: &U256, node: Address) -> Self {
        Self::of::<E>(&[id, &words::address(node)])
    }

    /// What the rules of accounts say.
    pub fn of_node(account: Address, bond: u128, error: NodeError) -> Self {
        let account = words::address(account);
        match error {
            NodeError::Standing(standing) => {
                Self::of::<NotAllowed>(&[&account, &small(standing as u32), &widen(bond)])
            }
            NodeError::Bond { bond, min } => {
                Self::of::<BondOutOfRange>(&[&widen(bond), &widen(min), &widen(MAX_COLLATERAL)])
            }
            NodeError::Nothing { matures_at } => {
                Self::of::<NothingToWithdraw>(&[&account, &time(matures_at)])
            }
        }
    }

    /// What the rules of votes say.
    pub fn of_vote(task_id: &U256, node: Address, error: VoteError) -> Self {
        let node = words::address(node);
        match error {
            VoteError::Phase(phase) => Self::of::<WrongPhase>(&[task_id, &small(phase as u32)]),
            VoteError::NotDrawn => Self::of::<NotDrawn>(&[task_id, &node]),
            VoteError::Committed => Self::of::<AlreadyCommitted>(&[task_id, &node]),
            VoteError::NothingToReveal => Self::of::<NothingToReveal>(&[task_id, &node]),
            VoteError::OtherVote => Self::of::<WrongReveal>(&[task_id, &node]),
            VoteError::TooEarly(from) => Self::early(task_id, from),
            VoteError::TooLate(until) => Self::late(task_id, until),
            VoteError::NoQuorum { committed, needed } => {
                Self::of::<NoQuorum>(&[task_id, &small(committed.into()), &small(needed.into())])
            }
        }
    }
}

/// A small number as a word.
pub const fn small(number: u32) -> U256 {
    widen(number as u128)
}
