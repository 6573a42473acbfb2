//! How tasks begin: [`Market::create`] writes the words, [`Market::announce`] locks the budget and tells the world.

use alloy_primitives::{Address, U256, aliases::U40};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::{self, time, widen},
    pausable, words,
};
use ogpu_rules::{ClientSlot, ColdParams, Params, TaskState, Terms};
use stylus_sdk::prelude::*;

use crate::{
    Market,
    abi::id,
    errors::{ClientStakeTooLow, Error, ParametersNotSet, SiblingsNotSet, UnknownVerifier},
    events::{TaskSubmitted, word},
    store::Id,
};

impl Market {
    /// Makes a task: its id and state.
    ///
    /// # Errors
    /// A pause, `ZeroAmount`, `AmountTooLarge`, [`SiblingsNotSet`], [`ParametersNotSet`], `OutOfRange`, [`ClientStakeTooLow`].
    pub fn create(
        &mut self,
        client: Address,
        budget: U256,
        duration: u64,
        window: Option<u64>,
        terms: Option<Terms>,
    ) -> Result<(U256, TaskState), Error> {
        let wei = amount::positive(budget)?;
        let version = self.open_version()?;
        let cold = self.cold(version);
        let times = cold.times(duration, window);
        let (duration, window) =
            times.map_err(|rule| self.refused(&U256::ZERO, &U256::ZERO, rule))?;
        self.check_client_stake(client, &cold)?;

        let number = self.task_count.get().as_limbs()[0] + 1;
        self.task_count.set(U40::from_limbs([number]));
        let task_id = widen(number.into());
        let slot = ClientSlot {
            client,
            budget: wei,
        };
        self.clients.insert(Id(task_id), slot.pack());
        let threshold = amount::load(&self.high_values.getter(version));
        let kind = (terms.is_some(), Params::is_high_value(wei, threshold));
        let state = TaskState::open(version, kind, duration, self.now(), window);
        self.put_state(&task_id, &state);
        if let Some(terms) = terms {
            self.terms.insert(Id(task_id), terms.pack());
        }
        Ok((task_id, state))
    }

    /// The parameters under which something new is made.
    ///
    /// # Errors
    /// A pause, [`SiblingsNotSet`], [`ParametersNotSet`].
    pub fn open_version(&self) -> Result<u16, Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        if self.escrow.get().is_zero() {
            return Err(Error::of::<SiblingsNotSet>(&[]));
        }
        match self.current_version() {
            0 => Err(Error::of::<ParametersNotSet>(&[])),
            version => Ok(version),
        }
    }

    /// Passes for who has the stake that clients need.
    ///
    /// # Errors
    /// [`ClientStakeTooLow`].
    pub fn check_client_stake(&self, client: Address, cold: &ColdParams) -> Result<(), Error> {
        if cold.min_client_stake != 0 {
            let stake = self.stake_of(client)?;
            let required = widen(cold.min_client_stake);
            if stake < required {
                return Err(Error::of::<ClientStakeTooLow>(&[&stake, &required]));
            }
        }
        Ok(())
    }

    /// Passes for 0, and the number of a verifier that can be named.
    ///
    /// # Errors
    /// [`UnknownVerifier`].
    pub fn check_verifier(&self, number: u8) -> Result<(), Error> {
        let verifier = self.verifiers.getter(number);
        if number != 0 && (verifier.address.get().is_zero() || verifier.retired.get()) {
            return Err(Error::of::<UnknownVerifier>(&[&id(number.into())]));
        }
        Ok(())
    }

    /// Tells the world of a new task. Emits `TaskSubmitted`.
    pub fn announce(
        &mut self,
        task_id: &U256,
        client: Address,
        budget: &U256,
        state: &TaskState,
        metadata: &[u8],
    ) {
        let digest = self.vm().native_keccak256(metadata);
        words::emit(
            self.vm(),
            &TaskSubmitted::SIGNATURE_HASH,
            &[task_id, &word(client), &digest.into()],
            &[
                budget,
                &id(state.duration()),
                &time(state.deadline()),
                &id(state.version().into()),
                &id(32 * 5), // where the metadata starts: after these five words
                &id(metadata.len() as u32),
            ],
            metadata,
        );
    }
}
