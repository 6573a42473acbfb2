//! What the market is run by: collateral, parameters, ownership, pausing; and what others read of it.
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market without an owner.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{
    Address, B256, FixedBytes, U256,
    aliases::{U8, U16},
};
use alloy_sol_types::SolEvent;
use market::{
    Error, Market,
    abi::{BidView, Parameters, TaskView, Verification, id},
    errors::*,
    events::*,
    store::Id,
};
use ogpu_common::{
    Ownable, Pausable,
    amount::{self, widen},
    ownable, pausable,
};
use ogpu_rules::{Card, ClientSlot, Params, Status};
use stylus_sdk::prelude::*;

/// The administration of the market.
#[storage]
#[entrypoint]
pub struct MarketAdmin {
    market: Market,
}

market::program!(MarketAdmin);
ogpu_common::owned!(MarketAdmin);
ogpu_common::pausable!(MarketAdmin, market.paused_until);

#[public]
#[implements(Ownable, Pausable)]
impl MarketAdmin {
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
        let Params {
            hot,
            cold,
            high_value,
        } = parameters
            .checked()
            .map_err(|rule| self.refused(&U256::ZERO, &U256::ZERO, rule))?;
        let version = self
            .market
            .current_version()
            .checked_add(1)
            .ok_or_else(|| Error::of::<TooManyVersions>(&[]))?;
        self.version.set(U16::from_limbs([version as u64]));
        self.hot_params.insert(version, hot.pack());
        self.cold_params.insert(version, cold.pack());
        amount::store(&mut self.high_values.setter(version), high_value);
        self.emit(
            &ParametersSet::SIGNATURE_HASH,
            &[&id(version.into())],
            &parameters.to_words().each_ref(),
        );
        Ok(version)
    }

    /// Commits `amount` of the caller's free stake to the market. The owner of the provider. Emits `CollateralDeposited`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotProvider`], [`CollateralTooHigh`], a pause, and what the vault reverts with.
    pub fn deposit_collateral(&mut self, provider_id: U256, amount: U256) -> Result<(), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let wei = amount::positive(amount)?;
        let caller = self.caller();
        let (owner, trust) = self.standing(provider_id)?;
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
        self.lock_stake(caller, amount)?;
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
        self.unlock_stake(card.owner, amount)?;
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
        let (_, trust) = self.standing(provider_id)?;
        self.put_card(&provider_id, &Card { trust, ..card });
        self.emit(
            &ProviderRefreshed::SIGNATURE_HASH,
            &[&provider_id],
            &[&id(trust.into()), &widen(card.free)],
        );
        Ok(())
    }

    /// Slashes a provider outside of a task: takes `amount` of its free collateral, which goes where slashes go, with a share for
    /// `injured`, if that is not zero. Owner only. Emits `ProviderSlashed`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`CollateralTooLow`].
    pub fn slash_provider(
        &mut self,
        provider_id: U256,
        amount: U256,
        injured: Address,
    ) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let wei = amount::positive(amount)?;
        let (card, _) = self.card(&provider_id)?;
        let card = card
            .debit(wei)
            .map_err(|rule| self.refused(&U256::ZERO, &provider_id, rule))?;
        self.put_card(&provider_id, &card);
        self.slash(card.owner, amount, injured)?;
        self.emit(
            &ProviderSlashed::SIGNATURE_HASH,
            &[&provider_id],
            &[&amount, &word(injured)],
        );
        Ok(())
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
            Status::Submitted | Status::Verified | Status::Rejected => state.window(&hot),
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
            highValue: state.is_high_value(),
        })
    }

    /// A provider's bid on a task.
    ///
    /// # Errors
    /// [`UnknownTask`].
    pub fn bid_of(&self, task_id: U256, provider_id: U256) -> Result<BidView, Error> {
        let state = self.state(&task_id)?;
        let won = state.winner() != 0 && id(state.winner()) == provider_id;
        Ok(if won {
            BidView {
                price: widen(state.price()),
                resultSeal: self.seals.get(Id(task_id)),
            }
        } else {
            BidView {
                price: widen(self.entry(&task_id, &provider_id).0.price),
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
        Parameters::of(Params {
            hot: self.hot(version),
            cold: self.cold(version),
            high_value: amount::load(&self.high_values.getter(version)),
        })
    }

    /// The set under which tasks are made now; versions count from 1.
    pub fn current_version(&self) -> u16 {
        self.market.current_version()
    }

    /// The escrow, the vault and the registry.
    pub fn siblings(&self) -> (Address, Address, Address) {
        (self.escrow.get(), self.vault.get(), self.registry.get())
    }

    /// The seal of a result: `keccak256(abi.encode(taskId, providerId, resultHash))`.
    pub fn seal_of(&self, task_id: U256, provider_id: U256, result_hash: B256) -> B256 {
        self.seal(task_id, provider_id, result_hash)
    }

    /// The program to which the task manager delegates a selector; zero if there is none.
    pub fn extension_of(&self, selector: FixedBytes<4>) -> Address {
        self.extensions.get(u32::from_be_bytes(selector.0))
    }

    /// Approves a contract to judge results and gives its number, under which tasks name it. Owner only. Emits `VerifierAdded`.
    ///
    /// # Errors
    /// `ZeroAddress`, [`TooManyVerifiers`].
    pub fn add_verifier(&mut self, verifier: Address) -> Result<u8, Error> {
        ownable::only_owner(self.vm())?;
        let verifier = amount::nonzero(verifier)?;
        let number = (self.verifier_count.get().as_limbs()[0] as u8)
            .checked_add(1)
            .ok_or_else(|| Error::of::<TooManyVerifiers>(&[]))?;
        self.verifier_count.set(U8::from_limbs([number as u64]));
        self.verifiers.setter(number).address.set(verifier);
        self.emit(
            &VerifierAdded::SIGNATURE_HASH,
            &[&id(number.into()), &word(verifier)],
            &[],
        );
        Ok(number)
    }

    /// Lets no new task name a verifier; those that have keep it. Owner only. Emits `VerifierRetired`.
    ///
    /// # Errors
    /// [`UnknownVerifier`].
    pub fn retire_verifier(&mut self, number: u8) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        if self.verifiers.getter(number).address.get().is_zero() {
            return Err(Error::of::<UnknownVerifier>(&[&id(number.into())]));
        }
        self.verifiers.setter(number).retired.set(true);
        self.emit(&VerifierRetired::SIGNATURE_HASH, &[&id(number.into())], &[]);
        Ok(())
    }

    /// The verifier with a number, zero if there is none, and whether new tasks can name it.
    pub fn verifier_at(&self, number: u8) -> (Address, bool) {
        let verifier = self.verifiers.getter(number);
        let address = verifier.address.get();
        (address, !address.is_zero() && !verifier.retired.get())
    }

    /// What a verifier needs to know of a task.
    ///
    /// # Errors
    /// [`UnknownTask`].
    pub fn verification_of(&self, task_id: U256) -> Result<Verification, Error> {
        let state = self.state(&task_id)?;
        let (verifier, fee) = self.market.verifier(&task_id, &state).unwrap_or_default();
        let provider_id = id(state.winner());
        let window = match state.status() {
            Status::Submitted => state.window(&self.hot(state.version())),
            _ => 0,
        };
        Ok(Verification {
            verifier,
            status: state.status() as u8,
            client: self.client(&task_id).client,
            providerId: provider_id,
            provider: Card::unpack(self.cards.get(Id(provider_id))).owner,
            price: widen(state.price()),
            fee: widen(fee),
            data: self.verifier_data.get(Id(task_id)),
            seal: self.seals.get(Id(task_id)),
            deadline: state.deadline() + u64::from(window),
        })
    }
}
