//! What must never be seen, with the values that were.

use alloy_primitives::{Address, B256};

use crate::{
    chain::{Defect, UnreadableLog},
    world::Unanswered,
};

/// Something that must always hold and does not. The numbers are those of the list in `docs/architecture.md`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say what each is, and name its fields
pub enum Violation {
    #[error(
        "{holder} holds {held} wei of oGPU and owes {owed}, of which {surplus} were given to it"
    )]
    Unbalanced {
        holder: Address,
        held: u128,
        owed: u128,
        surplus: u128,
    },
    #[error("{what} of {account} at {contract} is {found} and should be {expected}")]
    WrongBooks {
        contract: Address,
        account: Address,
        what: &'static str,
        found: u128,
        expected: u128,
    },
    #[error("{what} of {account} would fall below zero: {available} less {amount}")]
    Overdrawn {
        account: Address,
        what: &'static str,
        available: u128,
        amount: u128,
    },
    #[error("task {task} pays out {amount} wei, and {locked} are locked for it by {payer}")]
    PaidWithoutLock {
        task: u128,
        payer: Address,
        amount: u128,
        locked: u128,
    },
    #[error(
        "{locked} wei of {payer} are locked for task {task} in state {status}, and {expected} should be"
    )]
    WrongLock {
        task: u64,
        status: u8,
        payer: Address,
        locked: u128,
        expected: u128,
    },
    #[error("task {task} went from state {from} to {to}")]
    WrongTransition { task: u64, from: u8, to: u8 },
    #[error("{what} of task {task} is {found} and should be {expected}")]
    WrongTask {
        task: u64,
        what: &'static str,
        found: u128,
        expected: u128,
    },
    #[error("{what} of lease {lease} is {found} and should be {expected}")]
    WrongLease {
        lease: u64,
        what: &'static str,
        found: u128,
        expected: u128,
    },
    #[error(
        "provider {provider} has {free} wei free, {held} held by tasks and {bonds} in bonds, and {locked} locked in the vault"
    )]
    WrongCollateral {
        provider: u32,
        free: u128,
        held: u128,
        bonds: u128,
        locked: u128,
    },
    #[error("{amount} wei left the vault for {account} at {time}, and mature at {matures_at}")]
    TooEarly {
        account: Address,
        amount: u128,
        time: u64,
        matures_at: u64,
    },
    #[error("the score of provider {provider} is {found} and should be {expected}")]
    WrongScore {
        provider: u32,
        found: u128,
        expected: u128,
    },
    #[error("the score of provider {provider} moved and no task was settled")]
    ScoreWithoutTask { provider: u32 },
    #[error("{caller} did at {contract} what only {allowed} may; the log is {event}")]
    Unauthorized {
        contract: Address,
        caller: Address,
        allowed: Address,
        event: B256,
    },
    #[error("{what} {id} in state {status} cannot be ended at {time} by anyone: {reason}")]
    NoExit {
        what: &'static str,
        id: u64,
        status: u8,
        time: u64,
        reason: String,
    },
    #[error("{account} cannot take out its {what} of {amount} wei: {reason}")]
    Stuck {
        account: Address,
        what: &'static str,
        amount: u128,
        reason: String,
    },
    #[error("{account} had {found} votes at {timepoint}, and {expected} when that was now")]
    WrongPast {
        account: Address,
        timepoint: u64,
        found: u128,
        expected: u128,
    },
    #[error("a call that reverted changed something")]
    RevertChanged,
    #[error("a view changed something")]
    ViewChanged,
    #[error("a call that succeeded changed something and logged nothing")]
    Silent,
    #[error("a call reverted with {0}, which is no error of any interface")]
    UntypedRevert(String),
    #[error("a call took {accesses} reads, writes and calls, more than {limit}")]
    Costly { accesses: u32, limit: u32 },
    #[error("the digest of the storage is not that of its words")]
    WrongDigest,
    #[error(transparent)]
    Defect(#[from] Defect),
    #[error(transparent)]
    Log(#[from] UnreadableLog),
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}
