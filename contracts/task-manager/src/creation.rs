//! How tasks begin.

use alloy_primitives::{U256, aliases::U40};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::{self, widen},
    pausable,
};
use ogpu_rules::{ClientSlot, TaskState};
use stylus_sdk::prelude::*;

use crate::{
    TaskManager,
    abi::{id, time},
    errors::{ClientStakeTooLow, Error, SiblingsNotSet},
    events::{TaskSubmitted, TermsSet, word},
    store::Id,
};

impl TaskManager {
    /// Makes a task with terms of its own: least trust, least collateral, weight of trust.
    pub(crate) fn open_with(
        &mut self,
        metadata: &[u8],
        budget: U256,
        duration: u64,
        window: u64,
        (min_trust, min_collateral, trust_weight): (u16, U256, u16),
    ) -> Result<U256, Error> {
        let min_collateral = amount::checked(min_collateral)?;
        let terms = ogpu_rules::Terms {
            min_trust,
            trust_weight,
            min_collateral,
        }
        .checked();
        let terms = terms.map_err(|rule| self.refused(&U256::ZERO, &U256::ZERO, rule))?;
        self.open(metadata, budget, duration, Some(window), Some(terms))
    }

    /// Makes a task.
    pub(crate) fn open(
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

        self.lock_budget(&task_id, client, &budget)?;
        let digest = self.vm().native_keccak256(metadata);
        self.emit_with(
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
