//! The verification committee: for each task that names it as its verifier, members drawn at random among bonded nodes vote on
//! what the right result is, and the market acts on what more than half of them found.
//!
//! # The way of a task
//!
//! ```text
//! request ──▶ beacon: secrets, reveals ──▶ draw ──▶ commitVote ──▶ revealVote ──▶ tally ──▶ market
//!                │ failed: again, up to 3 times              │ no quorum: more time, once
//!                ▼                                           ▼
//!             dispute                                     dispute
//! ```
//!
//! Every step but the votes and secrets themselves can be taken by anyone, at a time known in advance. Without a verdict the task
//! goes to dispute; it is never paid for by default. If nobody takes a step, the market's own deadline sends it there.
//!
//! # The money
//!
//! The committee's token balance is the sum of all bonds and of all that is owed. A bond leaves by a slash, or by `withdraw` after
//! `leave` and the unbonding period; what is owed leaves by `withdraw` at any time. A slash takes what is there and never fails.
//!
//! This is what the proxy delegates to. Bonds, parameters, planted tasks and views are in `committee-nodes`, to which it delegates in
//! turn: callers see one contract. See [`committee`].
//!
//! What can go wrong with the randomness, with collusion and with planted tasks is written in `docs/verification.md`.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use committee::{Committee, Error, errors::*, events::*};
use ogpu_common::{Calldata, Upgradeable, amount::nonzero, initializable, ownable, words};
use ogpu_rules::committee::{Params, Vote};
use stylus_sdk::{ArbResult, abi::router_entrypoint, call::delegate_call, prelude::*};

/// The committee.
#[storage]
#[entrypoint]
pub struct VerificationCommittee {
    committee: Committee,
}

committee::program!(VerificationCommittee);
ogpu_common::upgradeable!(VerificationCommittee);

#[public]
#[implements(Upgradeable)]
impl VerificationCommittee {
    /// Makes the committee, once, through a new proxy. It works, with [`Params::initial`], once the
    /// owner has called `setSiblings`. Emits `TreasuryChanged`.
    ///
    /// # Errors
    /// `InvalidInitialization`, `UUPSUnauthorizedCallContext`, `OwnableInvalidOwner`, `ZeroAddress`.
    pub fn initialize(
        &mut self,
        owner: Address,
        token: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.token.set(nonzero(token)?);
        self.add_params(&Params::initial())?;
        self.replace_treasury(treasury)
    }

    /// Names the program to which this one hands on what it does not know; zero for none. What this program knows itself stays here.
    /// Owner only. Emits `ExtensionSet`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`InvalidExtension`] if there is no code.
    pub fn set_extension(&mut self, extension: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let word = words::address(extension);
        if !extension.is_zero() && self.vm().code_size(extension) == 0 {
            return Err(Error::of::<InvalidExtension>(&[&word]));
        }
        self.extension.set(extension);
        self.emit::<ExtensionSet>(&[&word], &[]);
        Ok(())
    }

    /// Asks for a committee for a task that the market waits on, or again when the beacon has failed; after the third the
    /// task goes to dispute. Anyone. Emits `Requested`, and `BeaconOpened` where there is none that takes secrets.
    ///
    /// # Errors
    /// `NotAwaited`, `EmptyResult`, `AlreadyRequested`, `WrongPhase`.
    pub fn request(&mut self, task_id: U256) -> Result<(), Error> {
        self.ask(&task_id)
    }

    /// Commits the caller to a secret: `keccak256(abi.encode(beacon, node, secret))`, of 32 bytes that nobody can guess. Once a
    /// beacon. A node with the least bond. Emits `SecretCommitted`.
    ///
    /// # Errors
    /// `NotAllowed`, `BeaconFailed` if there is none, `TooLate`, `AlreadyCommitted`, `NothingToReveal` if it is zero, `BeaconFull`.
    pub fn commit_secret(&mut self, beacon: U256, commitment: B256) -> Result<(), Error> {
        self.take_secret(&beacon, commitment)
    }

    /// Reveals the caller's secret. Who does not is slashed. Emits `SecretRevealed`.
    ///
    /// # Errors
    /// `BeaconFailed`, `TooEarly`, `TooLate`, `NothingToReveal`, `WrongReveal`.
    pub fn reveal_secret(&mut self, beacon: U256, secret: B256) -> Result<(), Error> {
        self.mix_secret(&beacon, secret)
    }

    /// Draws the committee of a task, once its beacon is ready; the vote begins. If there are not enough nodes, the task goes to
    /// dispute. Anyone. Emits `Seated` for each member and `CommitteeDrawn`, or `RoundClosed`.
    ///
    /// # Errors
    /// `WrongPhase`, `TooEarly`, `BeaconFailed`, `NotAwaited`, `DeadlineTooNear`.
    pub fn draw(&mut self, task_id: U256) -> Result<(), Error> {
        self.seat_committee(&task_id)
    }

    /// Commits the caller to a vote: `keccak256(abi.encode(taskId, node, resultHash, latencyOk, salt))`. A member of the committee,
    /// once. When all have committed, reveals begin at once. Emits `VoteCommitted`.
    ///
    /// # Errors
    /// `WrongPhase`, `NotDrawn`, `AlreadyCommitted`, `TooLate`.
    pub fn commit_vote(&mut self, task_id: U256, commitment: B256) -> Result<(), Error> {
        self.take_vote(&task_id, commitment)
    }

    /// Reveals the caller's vote: what it found to be the right result, or 0 if the result is bad or cannot be had; and whether
    /// the provider was as fast as it promised. Emits `VoteRevealed`.
    ///
    /// # Errors
    /// `WrongPhase`, `NotDrawn`, `NothingToReveal`, `TooEarly`, `NoQuorum`, `TooLate`, `WrongReveal`.
    pub fn reveal_vote(
        &mut self,
        task_id: U256,
        result_hash: B256,
        latency_ok: bool,
        salt: B256,
    ) -> Result<(), Error> {
        let vote = Vote {
            result: result_hash,
            latency_ok,
        };
        self.open_vote(&task_id, vote, &salt)
    }

    /// Does all of these calls to the committee as the caller, or none: votes on many tasks in one transaction. Each is the calldata of
    /// a function; what they return is dropped.
    ///
    /// # Errors
    /// Those of the functions; without data if there is no such function.
    pub fn batch(&mut self, calls: Vec<Calldata>) -> Result<(), Error> {
        calls.into_iter().try_for_each(|Calldata(call)| {
            router_entrypoint::<Self, Self>(call, self.vm().clone())
                .map(|_| ())
                .map_err(Error)
        })
    }

    /// Counts the votes once all that were committed are revealed or the window is over, tells the market, pays those who agree
    /// with the verdict and slashes the others and who did not vote. Without quorum the round gets more time, once, and then ends
    /// without a verdict. Anyone. Emits `RoundExtended`; or `Slashed` and `Credited` for members, and `RoundClosed`.
    ///
    /// # Errors
    /// `WrongPhase`, `TooEarly`, and what the market and the escrow revert with.
    pub fn tally(&mut self, task_id: U256) -> Result<(), Error> {
        self.count_votes(&task_id)
    }

    /// Delegates to the extension.
    ///
    /// # Errors
    /// [`UnknownFunction`] without one, and what that program reverts with.
    #[fallback]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        let extension = self.extension.get();
        if extension.is_zero() {
            return Err(Error::of::<UnknownFunction>(&[]).into());
        }
        let call = Call::new_mutating(self);
        #[allow(unsafe_code)] // the owner chose this code, as it chose the code that runs here
        unsafe { delegate_call(self.vm(), call, extension, calldata) }.map_err(Into::into)
    }
}
