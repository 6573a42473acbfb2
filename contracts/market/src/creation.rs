//! How tasks begin.

use alloy_primitives::{U256, aliases::U40};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::{self, time, widen},
    pausable, words,
};
use ogpu_rules::{ClientSlot, TaskState};
use stylus_sdk::prelude::*;

use crate::{
    Market,
    abi::{Terms, id},
    errors::{ClientStakeTooLow, Error, ParametersNotSet, SiblingsNotSet},
    events::{TaskSubmitted, TermsSet, word},
    store::Id,
};

impl Market {
    /// A task's own terms as the rules take them, in range.
    ///
    /// # Errors
    /// `OutOfRange`, `AmountTooLarge`.
    pub fn checked_terms(&self, terms: &Terms) -> Result<ogpu_rules::Terms, Error> {
        let terms = ogpu_rules::Terms {
            min_trust: terms.minTrust,
            trust_weight: terms.trustWeight,
            min_collateral: amount::checked(terms.minCollateral)?,
        };
        terms
            .checked()
            .map_err(|rule| self.refused(&U256::ZERO, &U256::ZERO, rule))
    }

    /// Makes a task.
    pub fn open(
        &mut self,
        metadata: &[u8],
        budget: U256,
        duration: u64,
        window: Option<u64>,
        terms: Option<ogpu_rules::Terms>,
    ) -> Result<U256, Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let wei = amount::positive(budget)?;
        if self.escrow.get().is_zero() {
            return Err(Error::of::<SiblingsNotSet>(&[]));
        }
        let client = self.caller();
        let version = self.current_version();
        if version == 0 {
            return Err(Error::of::<ParametersNotSet>(&[]));
        }
        let cold = self.cold(version);
        let times = cold.times(duration, window);
        let (duration, window) =
            times.map_err(|rule| self.refused(&U256::ZERO, &U256::ZERO, rule))?;
        if cold.min_client_stake != 0 {
            let stake = self.stake_of(client)?;
            let required = widen(cold.min_client_stake);
            if stake < required {
                return Err(Error::of::<ClientStakeTooLow>(&[&stake, &required]));
            }
        }

        let number = self.task_count.get().as_limbs()[0] + 1;
        self.task_count.set(U40::from_limbs([number]));
        let task_id = widen(number.into());
        self.clients.insert(
            Id(task_id),
            ClientSlot {
                client,
                budget: wei,
            }
            .pack(),
        );
        let state = TaskState::open(version, terms.is_some(), duration, self.now(), window);
        self.put_state(&task_id, &state);
        if let Some(terms) = terms {
            self.terms.insert(Id(task_id), terms.pack());
        }

        self.lock_budget(task_id, client, budget)?;
        let digest = self.vm().native_keccak256(metadata);
        words::emit(
            self.vm(),
            &TaskSubmitted::SIGNATURE_HASH,
            &[&task_id, &word(client), &digest.into()],
            &[
                &budget,
                &id(duration),
                &time(state.deadline()),
                &id(version.into()),
                &id(32 * 5), // where the metadata starts: after these five words
                &id(metadata.len() as u32),
            ],
            metadata,
        );
        if let Some(terms) = terms {
            let words = [
                widen(terms.min_trust.into()),
                widen(terms.min_collateral),
                widen(terms.trust_weight.into()),
            ];
            self.emit(&TermsSet::SIGNATURE_HASH, &[&task_id], &words.each_ref());
        }
        Ok(task_id)
    }
}
