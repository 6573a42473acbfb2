//! Ways to ask for work and to offer it, beyond the plain ones.
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use market::{Error, Market, abi::Terms, events::*};
use ogpu_common::Text;
use ogpu_rules::{Entry, RuleError};
use stylus_sdk::prelude::*;

/// The orders of the market.
#[storage]
#[entrypoint]
pub struct MarketOrders {
    market: Market,
}

market::program!(MarketOrders);

#[public]
impl MarketOrders {
    /// Makes a task with terms of its own; see `submitTask` of the task manager. Emits `TaskSubmitted` and `TermsSet`.
    ///
    /// # Errors
    /// Those of `submitTask`; [`OutOfRange`] names the field of [`Terms`].
    pub fn submit_task_with_terms(
        &mut self,
        task_metadata: Text,
        budget: U256,
        duration: u64,
        terms: Terms,
    ) -> Result<U256, Error> {
        let rules = self.checked_terms(&terms)?;
        let window = Some(terms.biddingWindow);
        self.open(&task_metadata.0, budget, duration, window, Some(rules))
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
}
