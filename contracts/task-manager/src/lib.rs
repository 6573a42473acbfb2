//! Creation, bidding, assignment, delivery, judgement and settlement of GPU tasks.
//!
//! A client submits a task with a budget, which the escrow locks. Providers bid out of collateral that they have committed to the
//! market. The client picks a bid, or after the bidding anyone triggers the best fit; the provider delivers a sealed result; the client
//! accepts or rejects it; once the window for objections has passed, anyone finalises. Every state that is not final has an end that
//! anyone can bring about at a time known in advance: see [`ogpu_rules::task`], where the rules are. This crate loads the words,
//! asks the rules, stores the words, calls the other contracts, and emits events.
//!
//! Amounts are wei of oGPU below 2^96, times are seconds since 1970, shares are basis points. A pause stops [`TaskManager::submit_task`],
//! [`TaskManager::place_bid`] and [`TaskManager::deposit_collateral`], and nothing else.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod abi;
mod creation;
pub mod errors;
pub mod events;
pub mod router;
mod settlement;
mod siblings;
mod store;

#[cfg(test)]
mod tests;

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    Ownable, Pausable, Upgradeable,
    amount::{self, StorageTime, widen},
    initializable, ownable, pausable,
};
use ogpu_rules::{
    Card, ClientSlot, Entry, Party, RuleError, Status, Verdict, book::rank, fit::fit, seal,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU16, StorageUint},
};

use abi::{BidView, Parameters, TaskView, Terms, id, time};
use errors::*;
use events::*;
use store::{Bid, Id};

/// The task manager.
#[storage]
pub struct TaskManager {
    /// Holds the budgets.
    escrow: StorageAddress,
    /// Tasks made so far; the id of the latest.
    task_count: StorageUint<40, 1>,
    /// The current set of parameters.
    version: StorageU16,
    /// When a pause of new entries ends.
    paused_until: StorageTime,
    /// Holds the stakes.
    vault: StorageAddress,
    /// Knows the providers and their scores.
    registry: StorageAddress,
    /// [`ogpu_rules::HotParams`] by version.
    hot_params: StorageMap<u16, StorageB256>,
    /// [`ogpu_rules::ColdParams`] by version.
    cold_params: StorageMap<u16, StorageB256>,
    /// [`ClientSlot`] by task.
    clients: StorageMap<Id, StorageB256>,
    /// [`TaskState`] by task.
    states: StorageMap<Id, StorageB256>,
    /// [`ogpu_rules::Terms`] by task, for tasks that have their own.
    terms: StorageMap<Id, StorageB256>,
    /// [`Card`] by provider.
    cards: StorageMap<Id, StorageB256>,
    /// [`Entry`] by task and provider; the winner's becomes the seal of its result.
    entries: StorageMap<Bid, StorageB256>,
}

#[allow(unsafe_code)] // it is the contract's whole storage, which is all that the SDK asks
unsafe impl TopLevelStorage for TaskManager {}

ogpu_common::proxied!(TaskManager);
ogpu_common::pausable!(TaskManager, paused_until);

#[public]
#[implements(Ownable, Upgradeable, Pausable)]
impl TaskManager {
    /// Makes the market, once, through a new proxy, with `owner` and a first set of parameters. Emits `ParametersSet`.
    pub fn initialize(&mut self, owner: Address, parameters: Parameters) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.add_parameters(parameters)?;
        Ok(())
    }

    /// Names the other contracts. Owner only. Emits `SiblingsSet`.
    pub fn set_siblings(
        &mut self,
        escrow: Address,
        vault: Address,
        registry: Address,
    ) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.escrow.set(amount::nonzero(escrow)?);
        self.vault.set(amount::nonzero(vault)?);
        self.registry.set(amount::nonzero(registry)?);
        self.emit(
            &SiblingsSet::SIGNATURE_HASH,
            &[&word(escrow), &word(vault), &word(registry)],
            &[],
        );
        Ok(())
    }

    /// Adds a set of parameters for the tasks to come and gives its version; running tasks keep theirs. Owner only. Emits
    /// `ParametersSet`.
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn set_parameters(&mut self, parameters: Parameters) -> Result<u16, Error> {
        ownable::only_owner(self.vm())?;
        self.add_parameters(parameters)
    }

    /// Commits `amount` of the caller's free stake to the market. The owner of the provider. Emits `CollateralDeposited`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotProvider`], [`CollateralTooHigh`], a pause, and what the vault reverts with.
    pub fn deposit_collateral(&mut self, provider_id: U256, amount: U256) -> Result<(), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let wei = amount::positive(amount)?;
        let caller = self.caller();
        let (owner, trust) = self.standing(&provider_id)?;
        let card = Card::unpack(self.cards.get(Id(provider_id)));
        if owner.is_zero() || provider_id > id(u32::MAX) {
            return Err(Error::of::<UnknownProvider>(&[&provider_id]));
        }
        if caller != owner || !(card.owner.is_zero() || card.owner == owner) {
            return Err(Error::of::<NotProvider>(&[&provider_id, &word(caller)]));
        }
        let card = Card {
            owner,
            trust,
            ..card
        }
        .credit(wei);
        let card = card.map_err(|rule| self.refused(&U256::ZERO, &provider_id, rule))?;
        self.put_card(&provider_id, &card);
        self.lock_stake(caller, &amount)?;
        self.emit(
            &CollateralDeposited::SIGNATURE_HASH,
            &[&provider_id, &word(owner)],
            &[&amount],
        );
        Ok(())
    }

    /// Takes free collateral back into the caller's free stake. The owner of the provider. Emits `CollateralWithdrawn`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotProvider`], [`CollateralTooLow`].
    pub fn withdraw_collateral(&mut self, provider_id: U256, amount: U256) -> Result<(), Error> {
        let wei = amount::positive(amount)?;
        let (card, _) = self.own_card(&provider_id)?;
        let card = card
            .debit(wei)
            .map_err(|rule| self.refused(&U256::ZERO, &provider_id, rule))?;
        self.put_card(&provider_id, &card);
        self.unlock_stake(card.owner, &amount)?;
        self.emit(
            &CollateralWithdrawn::SIGNATURE_HASH,
            &[&provider_id, &word(card.owner)],
            &[&amount],
        );
        Ok(())
    }

    /// Brings the score on a provider's card up to date with the registry. Anyone. Emits `ProviderRefreshed`.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn refresh_provider(&mut self, provider_id: U256) -> Result<(), Error> {
        let (card, _) = self.card(&provider_id)?;
        let (_, trust) = self.standing(&provider_id)?;
        self.put_card(&provider_id, &Card { trust, ..card });
        self.emit(
            &ProviderRefreshed::SIGNATURE_HASH,
            &[&provider_id],
            &[&id(trust.into()), &widen(card.free)],
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
        task_metadata: String,
        budget: U256,
        duration: u64,
    ) -> Result<U256, Error> {
        self.open(task_metadata.as_bytes(), budget, duration, None, None)
    }

    /// Makes a task with terms of its own; see [`TaskManager::submit_task`]. Emits `TaskSubmitted` and `TermsSet`.
    ///
    /// # Errors
    /// Those of [`TaskManager::submit_task`]; [`OutOfRange`] names the field of [`Terms`].
    pub fn submit_task_with_terms(&mut self, terms: Terms) -> Result<U256, Error> {
        let rules = (terms.minTrust, terms.minCollateral, terms.trustWeight);
        self.open_with(
            terms.metadata.as_bytes(),
            terms.budget,
            terms.duration,
            terms.biddingWindow,
            rules,
        )
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
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let wei = amount::positive(price)?;
        let state = self.state(&task_id)?;
        let (card, provider) = self.own_card(&provider_id)?;
        let task = self.client(&task_id);
        if task.client == card.owner {
            return Err(self.refused(&task_id, &provider_id, RuleError::SelfDealing));
        }
        let hot = self.hot(state.version());
        let terms = self.terms(&task_id, &state, &hot);
        let standing = self.entry(&task_id, &provider_id);
        let bond = if standing.stands() { 0 } else { hot.bid_bond };
        let refused = |rule| self.refused(&task_id, &provider_id, rule);
        let entry = standing.bid(wei, task.budget).map_err(refused)?;
        let card = card.debit(bond).map_err(refused)?;
        card.check_eligible(&terms, terms.collateral(wei, hot.collateral_bps))
            .map_err(refused)?;
        let rank = rank(
            fit(wei, task.budget, card.trust, terms.trust_weight),
            card.free,
        );
        let next = state
            .bid(provider, rank, self.now(), hot.late_bid_window)
            .map_err(refused)?;
        self.put_entry(&task_id, &provider_id, entry);
        self.put_card(&provider_id, &card);
        self.put_state(&task_id, &next);
        self.emit(
            &BidPlaced::SIGNATURE_HASH,
            &[&task_id, &provider_id],
            &[&price],
        );
        if next.deadline() != state.deadline() {
            self.emit(
                &BiddingExtended::SIGNATURE_HASH,
                &[&task_id],
                &[&time(next.deadline())],
            );
        }
        Ok(())
    }

    /// Takes a bid and its bond back: a standing bid, or one that did not win. The owner of the provider. Emits `BidWithdrawn`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`UnknownProvider`], [`NotProvider`], [`NoBid`], [`BidWon`].
    pub fn withdraw_bid(&mut self, task_id: U256, provider_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let (card, provider) = self.own_card(&provider_id)?;
        let next = state
            .withdraw(provider)
            .map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        if !self.entry(&task_id, &provider_id).stands() {
            return Err(self.refused(&task_id, &provider_id, RuleError::NoBid));
        }
        let bond = self.hot(state.version()).bid_bond;
        self.put_entry(&task_id, &provider_id, Entry::default());
        self.put_card(&provider_id, &card.restore(bond));
        self.put_state(&task_id, &next);
        self.emit(
            &BidWithdrawn::SIGNATURE_HASH,
            &[&task_id, &provider_id],
            &[],
        );
        Ok(())
    }

    /// Assigns a provider at its price and holds its collateral. While bids come in and until the grace after that has passed: the
    /// client, any bid. In the grace: anyone, the best fit, which is the leader, or the runner-up if the leader is no longer eligible.
    /// `provider_id` 0 stands for the best fit. Emits `ProviderAssigned`. The cost does not depend on the number of bids.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`], [`TooLate`], [`NoBid`], [`TrustTooLow`], [`CollateralTooLow`] of the client's
    /// choice; [`NoEligibleBid`], [`NotBestFit`].
    pub fn assign_provider(&mut self, task_id: U256, provider_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let hot = self.hot(state.version());
        let now = self.now();
        let by = self.client(&task_id).party(self.caller());
        state
            .check_assign(by, now, hot.assignment_grace)
            .map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        let terms = self.terms(&task_id, &state, &hot);
        let candidate = |provider_id: U256| -> Result<(Card, u128, u128), RuleError> {
            let card = Card::unpack(self.cards.get(Id(provider_id)));
            let entry = self.entry(&task_id, &provider_id);
            if !entry.stands() {
                return Err(RuleError::NoBid);
            }
            let collateral = terms.collateral(entry.price, hot.collateral_bps);
            card.check_eligible(&terms, collateral)?;
            Ok((card.debit(collateral)?, entry.price, collateral))
        };
        let (winner, (card, price, collateral)) = if by == Party::Client && !provider_id.is_zero() {
            (
                provider_id,
                candidate(provider_id)
                    .map_err(|rule| self.refused(&task_id, &provider_id, rule))?,
            )
        } else {
            let best = [state.book().leader, state.book().runner_up]
                .into_iter()
                .map(id);
            let best = best
                .filter_map(|id| candidate(id).ok().map(|found| (id, found)))
                .next();
            let best = best.ok_or_else(|| Error::of::<NoEligibleBid>(&[&task_id]))?;
            if !provider_id.is_zero() && provider_id != best.0 {
                return Err(Error::of::<NotBestFit>(&[&provider_id, &best.0]));
            }
            best
        };
        let next = state
            .assign(winner.as_limbs()[0] as u32, price, now)
            .map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        self.put_card(&winner, &card);
        self.put_state(&task_id, &next);
        self.emit(
            &ProviderAssigned::SIGNATURE_HASH,
            &[&task_id, &winner],
            &[&widen(price), &widen(collateral), &time(next.deadline())],
        );
        Ok(())
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
        self.entries.insert(Bid(task_id, provider_id), result_seal);
        self.put_state(&task_id, &next);
        self.emit(
            &ResultSubmitted::SIGNATURE_HASH,
            &[&task_id, &provider_id],
            &[&result_seal.into()],
        );
        Ok(())
    }

    /// Judges a delivered result: a `result_hash` that matches the seal accepts it, any other rejects it, which is possible only
    /// within the review window. The client. Emits `CompletionVerified` or `ResultRejected`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotClient`], [`TooLate`].
    pub fn verify_completion(&mut self, task_id: U256, result_hash: B256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let provider_id = id(state.winner());
        let (by, now) = (self.client(&task_id).party(self.caller()), self.now());
        let sealed = self.entries.get(Bid(task_id, provider_id));
        let (next, event) = if self.seal_of(task_id, provider_id, result_hash) == sealed {
            (state.accept(by, now), &CompletionVerified::SIGNATURE_HASH)
        } else {
            let window = self.hot(state.version()).review_window;
            (
                state.reject(by, now, window),
                &ResultRejected::SIGNATURE_HASH,
            )
        };
        let next = next.map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        self.put_state(&task_id, &next);
        self.emit(event, &[&task_id, &provider_id], &[&result_hash.into()]);
        Ok(())
    }

    /// Settles what nobody objected to, once its window has passed: a delivered result that the client did not judge, or accepted,
    /// is paid; a rejected one fails; a dispute that the owner did not settle is split in halves without a slash. Anyone. Emits
    /// `PaymentFinalized`, `TaskFailed` or `DisputeResolved`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`].
    pub fn finalize_payment(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let window = if state.status() == Status::Disputed {
            self.cold(state.version()).arbitration_window
        } else {
            self.hot(state.version()).window(state.status())
        };
        let finalized = state.finalize(self.now(), window);
        let (next, verdict) =
            finalized.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        self.settle(task_id, next, verdict)
    }

    /// Takes an open task back; the budget returns. The client. Emits `TaskCancelled`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotClient`].
    pub fn cancel_task(&mut self, task_id: U256) -> Result<(), Error> {
        let by = self.client(&task_id).party(self.caller());
        let next = self.state(&task_id)?.cancel(by, self.now());
        let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        self.close(task_id, next)?;
        self.emit(&TaskCancelled::SIGNATURE_HASH, &[&task_id], &[]);
        Ok(())
    }

    /// Ends a task that nobody was assigned to; the budget returns. Anyone: after the bidding if the book of the best bids is
    /// empty, else after the grace. Emits `TaskExpired`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`].
    pub fn expire_task(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let next = state.expire(self.now(), self.hot(state.version()).assignment_grace);
        let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        self.close(task_id, next)?;
        self.emit(&TaskExpired::SIGNATURE_HASH, &[&task_id], &[]);
        Ok(())
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

    /// Asks the owner to arbitrate, within the challenge window: the provider's owner against a rejection, the client against its
    /// own acceptance. Emits `DisputeOpened`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotProvider`], [`NotClient`], [`TooLate`].
    pub fn open_dispute(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let caller = self.caller();
        let provider_id = id(state.winner());
        let by = if state.status() == Status::Verified {
            self.client(&task_id).party(caller)
        } else {
            Card::unpack(self.cards.get(Id(provider_id))).party(caller)
        };
        let next = state.dispute(by, self.now(), self.hot(state.version()).challenge_window);
        let next = next.map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        self.put_state(&task_id, &next);
        self.emit(
            &DisputeOpened::SIGNATURE_HASH,
            &[&task_id, &word(caller)],
            &[],
        );
        Ok(())
    }

    /// Arbitrates: the provider gets `provider_bps` of the price and loses `slash_amount` of its collateral. Above half of the price
    /// it counts as a success, below as a failure. Owner only. Emits `DisputeResolved`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`OutOfRange`], [`SlashAboveCollateral`].
    pub fn resolve_dispute(
        &mut self,
        task_id: U256,
        provider_bps: u16,
        slash_amount: U256,
    ) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let slash = amount::checked(slash_amount)?;
        let next = self.state(&task_id)?.resolve(self.now());
        let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        self.settle(
            task_id,
            next,
            Verdict::Split {
                provider_bps,
                slash,
            },
        )
    }

    /// A task.
    ///
    /// # Errors
    /// [`UnknownTask`].
    pub fn task_of(&self, task_id: U256) -> Result<TaskView, Error> {
        let state = self.state(&task_id)?;
        let ClientSlot { client, budget } = self.client(&task_id);
        let hot = self.hot(state.version());
        let terms = self.terms(&task_id, &state, &hot);
        let window = match state.status() {
            Status::Submitted | Status::Verified | Status::Rejected => hot.window(state.status()),
            Status::Disputed => self.cold(state.version()).arbitration_window,
            _ => 0,
        };
        Ok(TaskView {
            client,
            budget: widen(budget),
            status: state.status() as u8,
            version: state.version(),
            duration: state.duration() as u64,
            deadline: state.deadline() + window as u64,
            price: widen(state.price()),
            providerId: id(if state.status() == Status::Open {
                state.book().leader
            } else {
                state.winner()
            }),
            runnerUpId: id(state.book().runner_up),
            minTrust: terms.min_trust,
            minCollateral: widen(terms.min_collateral),
            trustWeight: terms.trust_weight,
        })
    }

    /// A provider's bid on a task.
    ///
    /// # Errors
    /// [`UnknownTask`].
    pub fn bid_of(&self, task_id: U256, provider_id: U256) -> Result<BidView, Error> {
        let state = self.state(&task_id)?;
        let word = self.entries.get(Bid(task_id, provider_id));
        Ok(if Entry::is_seal(word) {
            BidView {
                price: widen(state.price()),
                resultSeal: word,
            }
        } else {
            BidView {
                price: widen(Entry::unpack(word).price),
                resultSeal: B256::ZERO,
            }
        })
    }

    /// What the market knows of a provider: its owner, its score, its free collateral in wei. Zeros without a card.
    pub fn card_of(&self, provider_id: U256) -> (Address, U256, U256) {
        let Card { owner, trust, free } = Card::unpack(self.cards.get(Id(provider_id)));
        (owner, widen(trust.into()), widen(free))
    }

    /// How many tasks there have been; ids count from 1.
    pub fn task_count(&self) -> U256 {
        U256::from(self.task_count.get())
    }

    /// A set of parameters; zeros if there is none with this version.
    pub fn parameters(&self, version: u16) -> Parameters {
        Parameters::of(self.hot(version), self.cold(version))
    }

    /// The set under which tasks are made now; versions count from 1.
    pub fn current_version(&self) -> u16 {
        self.version.get().as_limbs()[0] as u16
    }

    /// The escrow, the vault and the registry.
    pub fn siblings(&self) -> (Address, Address, Address) {
        (self.escrow.get(), self.vault.get(), self.registry.get())
    }

    /// The seal of a result: `keccak256(abi.encode(taskId, providerId, resultHash))`.
    pub fn seal_of(&self, task_id: U256, provider_id: U256, result_hash: B256) -> B256 {
        self.vm()
            .native_keccak256(&seal::preimage(task_id, provider_id, result_hash))
    }
}
