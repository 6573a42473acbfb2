//! The governor of the OGPU DAO: holders of oGPU propose, vote, and have the timelock carry out what succeeded.
//!
//! # The way of a proposal
//!
//! ```text
//! propose ──▶ Pending ──▶ Active ──▶ Succeeded ──queue──▶ Queued ──execute──▶ Executed
//!                │          │           │                   │
//!                └──────────┴─cancel────┴───────────────────┴──▶ Canceled       Active ──▶ Defeated
//! ```
//!
//! Votes are those of the snapshot, the clock's reading at which a proposal stops being Pending, so tokens that are borrowed for a
//! transaction have none. A proposal succeeds with a quorum of votes in favor or abstaining, and more in favor than against. A quorum that is
//! reached late extends the voting.
//!
//! The functions, events and errors are those of OpenZeppelin's governor: see [`governor`]. Beyond them, signed ballots are taken
//! in batches, `castVoteBySigBatch`.
//!
//! What each function does, who may call it and how it fails is written in `interface.rs`.
//!
//! This is what the proxy delegates to. Settings, `relay` and most views are in `governor-admin`, to which it delegates in turn: callers
//! see one contract. The owner, who upgrades it, is the timelock.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

#[cfg(feature = "export-abi")]
mod interface;
#[cfg(not(feature = "export-abi"))]
mod program;

#[cfg(feature = "export-abi")]
pub use interface::*;
#[cfg(not(feature = "export-abi"))]
pub use program::GovernanceDao;
