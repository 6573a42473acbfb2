//! The task manager: the way of a GPU task from submission to payment, or to the end that comes without it.
//!
//! A client submits a task with a budget, which the escrow locks. Providers bid out of collateral that they have committed to the
//! market. The client picks a bid, or after the bidding anyone triggers the best fit; the provider delivers a sealed result; the client
//! accepts or rejects it; once the window for objections has passed, anyone finalises. Every state that is not final has an end that
//! anyone can bring about at a time known in advance: see [`ogpu_rules::task`], where the rules are.
//!
//! This is what the proxy delegates to. Tasks with terms of their own are in `market-orders`, other ways to bid and the end of tasks that
//! nobody was assigned to in `market-bids`, disputes and outcomes in `market-disputes`;
//! collateral, parameters, ownership, pausing and views in `market-admin`. It delegates to them in turn: callers see one contract. See
//! [`market`].
//!
//! Amounts are wei of oGPU below 2^96, times are seconds since 1970, shares are basis points. A pause stops
//! [`TaskManager::submit_task`] and [`TaskManager::place_bid`], and the depositing of collateral, and nothing else.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use market::{Error, Market, abi::id, errors::*, events::*, store::Id};
use ogpu_common::{Calldata, Text, Upgradeable, initializable, ownable, words};
use ogpu_rules::{Bidding, Card, Party, Status, Verdict};
use stylus_sdk::{ArbResult, call::delegate_call, function_selector, prelude::*};

/// The task manager.
#[storage]
#[entrypoint]
pub struct TaskManager {
    market: Market,
}

market::program!(TaskManager);
ogpu_common::upgradeable!(TaskManager);

#[public]
#[implements(Upgradeable)]
impl TaskManager {
    /// Makes the market, once, through a new proxy.
    pub fn initialize(&mut self, owner: Address) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        Ok(ownable::set_first_owner(self.vm(), owner)?)
    }

    /// Delegates calls with these selectors, four bytes each one after the other, to `extension`, or to nobody if that is zero. What
    /// this program knows itself stays here. Owner only. Emits `ExtensionSet`.
    ///
    /// # Errors
    /// [`InvalidExtension`] if there is no code.
    pub fn set_extension(&mut self, extension: Address, selectors: Calldata) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        if !extension.is_zero() && self.vm().code_size(extension) == 0 {
            return Err(Error::of::<InvalidExtension>(&[&word(extension)]));
        }
        for selector in selectors.0.as_chunks().0 {
            self.extensions
                .insert(u32::from_be_bytes(*selector), extension);
        }
        words::emit(
            self.vm(),
            &ExtensionSet::SIGNATURE_HASH,
            &[&word(extension)],
            &[&id(32), &id(selectors.0.len() as u32)],
            &selectors.0,
        );
        Ok(())
    }

    /// Makes a task and locks its budget. `task_metadata` says what is to be done, or where that is written; `duration` is the time
    /// in seconds from assignment to delivery. Anyone, unless paused. Emits `TaskSubmitted`.
    ///
    /// # Errors
    /// [`OutOfRange`] (field 2: the duration), [`ClientStakeTooLow`], [`SiblingsNotSet`], a pause, and what the escrow reverts with.
    pub fn submit_task(
        &mut self,
        task_metadata: Text,
        budget: U256,
        duration: u64,
    ) -> Result<U256, Error> {
        let client = self.caller();
        let (task_id, state) = self.create(client, budget, duration, None, None)?;
        self.lock_budget(task_id, client, budget)?;
        self.announce(&task_id, client, &budget, &state, &task_metadata.0);
        Ok(task_id)
    }

    /// Bids on a task, or repeats or lowers the bid. The first bid takes the bond from the provider's collateral. The owner of the
    /// provider, unless it is the client or bids are paused, while the bidding runs. Emits `BidPlaced`, and `BiddingExtended` if a
    /// late bid took the lead. The cost does not depend on the number of bids.
    ///
    /// # Errors
    /// [`UnknownTask`], [`UnknownProvider`], [`NotProvider`], [`SelfDealing`], [`WrongStatus`], [`TooLate`], [`PriceAboveBudget`],
    /// [`PriceRaised`], [`TrustTooLow`], [`CollateralTooLow`], a pause.
    pub fn place_bid(
        &mut self,
        task_id: U256,
        provider_id: U256,
        price: U256,
    ) -> Result<(), Error> {
        let task = self.task(&task_id)?;
        self.require_bidding(&task_id, &task.terms, Bidding::Open)?;
        if task.terms.listed {
            return Err(Error::of::<NotListed>(&[&task_id, &provider_id]));
        }
        self.enter_bid(&task_id, &task, &provider_id, price, task.hot.bid_bond)
    }

    /// Assigns a provider at its price and holds its collateral. While bids come in and until the grace after that has passed: the
    /// client, any bid. In the grace: anyone, the best fit, which is the leader, or the runner-up if the leader is no longer eligible.
    /// `provider_id` 0 stands for the best fit. Emits `ProviderAssigned`. The cost does not depend on the number of bids.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`], [`TooLate`], [`NoBid`], [`TrustTooLow`], [`CollateralTooLow`] of the client's
    /// choice; [`NoEligibleBid`], [`NotBestFit`].
    pub fn assign_provider(&mut self, task_id: U256, provider_id: U256) -> Result<(), Error> {
        let task = self.task(&task_id)?;
        let by = if self.caller() == task.client {
            Party::Client
        } else {
            Party::Anyone
        };
        task.state
            .check_assign(by, self.now(), task.hot.assignment_grace)
            .map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        let (winner, found) = if by == Party::Client && !provider_id.is_zero() {
            let found = self.candidate(&task_id, &task, &provider_id);
            let found = found.map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
            (provider_id, found)
        } else {
            let book = task.state.book();
            let best = [book.leader, book.runner_up].into_iter().map(id);
            let best = best
                .filter_map(|id| Some((id, self.candidate(&task_id, &task, &id).ok()?)))
                .next();
            let best = best.ok_or_else(|| Error::of::<NoEligibleBid>(&[&task_id]))?;
            if !provider_id.is_zero() && provider_id != best.0 {
                return Err(Error::of::<NotBestFit>(&[&provider_id, &best.0]));
            }
            best
        };
        self.assign_to(&task_id, &task.state, &winner, found)
    }

    /// Delivers: `result_seal` is `keccak256(abi.encode(taskId, providerId, resultHash))`, so that nobody can deliver another's
    /// result. The owner of the assigned provider, before the deadline. Emits `ResultSubmitted`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotProvider`], [`TooLate`].
    pub fn submit_result(&mut self, task_id: U256, result_seal: B256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let provider_id = id(state.winner());
        let by = Card::unpack(self.cards.get(Id(provider_id))).party(self.caller());
        let next = state
            .deliver(by, self.now())
            .map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        self.seals.insert(Id(task_id), result_seal);
        self.put_state(&task_id, &next);
        self.emit(
            &ResultSubmitted::SIGNATURE_HASH,
            &[&task_id, &provider_id],
            &[&result_seal.into()],
        );
        Ok(())
    }

    /// Judges a delivered result: a `result_hash` that matches the seal accepts it, any other rejects it, which a client can only do
    /// within the review window. The task's verifier, or the client where it has none. A verifier that comes to no verdict says so by
    /// zero, which leaves the task to arbitration; for any of the three it gets its fee. Emits `CompletionVerified`, `ResultRejected`
    /// or `DisputeOpened`, and `VerifierPaid`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotClient`], [`NotVerifier`], [`TooLate`].
    pub fn verify_completion(&mut self, task_id: U256, result_hash: B256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let provider_id = id(state.winner());
        let (caller, now) = (self.caller(), self.now());
        let verifier = self.verifier(&task_id, &state);
        let by = match verifier {
            None => self.client(&task_id).party(caller),
            Some((verifier, _)) if verifier == caller => Party::Verifier,
            Some((verifier, _)) => {
                let (caller, verifier) = (word(caller), word(verifier));
                return Err(Error::of::<NotVerifier>(&[&task_id, &caller, &verifier]));
            }
        };
        let sealed = self.seals.get(Id(task_id));
        // No verdict comes first: whoever sealed zero must not be paid by it.
        let (next, event) = if verifier.is_some() && result_hash.is_zero() {
            (state.give_up(now), &DisputeOpened::SIGNATURE_HASH)
        } else if self.seal(task_id, provider_id, result_hash) == sealed {
            (state.accept(by, now), &CompletionVerified::SIGNATURE_HASH)
        } else {
            let window = state.window(&self.hot(state.version()));
            (
                state.reject(by, now, window),
                &ResultRejected::SIGNATURE_HASH,
            )
        };
        let next = next.map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        self.put_state(&task_id, &next);
        if next.status() == Status::Disputed {
            self.emit(event, &[&task_id, &word(caller)], &[]);
        } else {
            self.emit(event, &[&task_id, &provider_id], &[&result_hash.into()]);
        }
        match verifier {
            Some((verifier, fee)) if fee != 0 => self.pay_verifier(task_id, &next, verifier, fee),
            _ => Ok(()),
        }
    }

    /// Settles what nobody objected to, once its window has passed: a delivered result that the client did not judge, or accepted,
    /// is paid; a rejected one fails; what a verifier did not judge goes to arbitration; a dispute that the owner did not settle ends as
    /// `resolveByDefault` of the extension says. Anyone. Emits `PaymentFinalized`, `TaskFailed`, `DisputeResolved` or `DisputeOpened`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`].
    pub fn finalize_payment(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        if state.status() == Status::Disputed {
            let call = words::encode(function_selector!("resolveByDefault", U256), &[&task_id]);
            return self.fallback(&call).map(drop).map_err(Error);
        }
        let (now, window) = (self.now(), state.window(&self.hot(state.version())));
        if state.status() == Status::Submitted && self.verifier(&task_id, &state).is_some() {
            let next = state.escalate(now, window);
            let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
            self.put_state(&task_id, &next);
            let caller = word(self.caller());
            self.emit(&DisputeOpened::SIGNATURE_HASH, &[&task_id, &caller], &[]);
            return Ok(());
        }
        let finalized = state.finalize(now, window);
        let (next, verdict) =
            finalized.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        self.settle(task_id, next, verdict)
    }

    /// Ends work that was not delivered in time: the budget returns, the provider is slashed. Anyone, from the deadline on. Emits
    /// `TaskFailed`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`].
    pub fn fail_task(&mut self, task_id: U256) -> Result<(), Error> {
        let next = self.state(&task_id)?.fail(self.now());
        let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        self.settle(task_id, next, Verdict::Failed)
    }

    /// Delegates every other call to the program that has its selector.
    ///
    /// # Errors
    /// [`UnknownSelector`], and what that program reverts with.
    #[fallback]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        let selector = calldata.first_chunk().copied().unwrap_or_default();
        let extension = self.extensions.get(u32::from_be_bytes(selector));
        if extension.is_zero() {
            let mut left_aligned = [0; 32];
            left_aligned[..4].copy_from_slice(&selector);
            let selector = U256::from_be_bytes(left_aligned);
            return Err(Error::of::<UnknownSelector>(&[&selector]).into());
        }
        let call = Call::new_mutating(self);
        #[allow(unsafe_code)] // the owner chose this code, as it chose the code that runs here
        unsafe { delegate_call(self.vm(), call, extension, calldata) }.map_err(Into::into)
    }
}
