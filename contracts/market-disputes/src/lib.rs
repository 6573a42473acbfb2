//! Disputes about results, and how the owner settles them.
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use market::{Error, Market, abi::id, events::*, store::Id};
use ogpu_common::{amount, ownable};
use ogpu_rules::{Card, Status, Verdict};
use stylus_sdk::prelude::*;

/// The disputes of the market.
#[storage]
#[entrypoint]
pub struct MarketDisputes {
    market: Market,
}

market::program!(MarketDisputes);

#[public]
impl MarketDisputes {
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
}
