//! What clients ask for, beyond open bids on plain terms.
//!
//! * [`MarketOrders::submit_task_with_terms`], and for somebody else [`MarketOrders::submit_task_for`]: terms of a task's own, among them
//!   who judges the result, which providers may bid, and how they do;
//! * hiring a provider at the price it has published: [`MarketOrders::hire`];
//! * any calls to the market in one transaction: [`MarketOrders::multicall`].
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod terms;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use market::{
    Error, Market,
    abi::{Terms, id},
    errors::*,
    events::*,
    store::Id,
};
use ogpu_common::{
    Calldata, Text,
    amount::{self, time, widen},
    multicall,
};
use ogpu_rules::PublishedPrice;
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
    /// Those of `submitTask`; [`OutOfRange`] counts the fields of [`Terms`] on from the other arguments; [`UnknownVerifier`].
    pub fn submit_task_with_terms(
        &mut self,
        task_metadata: Text,
        budget: U256,
        duration: u64,
        terms: Terms,
    ) -> Result<U256, Error> {
        let client = self.caller();
        self.order(client, &task_metadata.0, budget, duration, &terms)
    }

    /// Makes a task for `client`, at the caller's cost: what is not spent comes back to the caller, everything else is the client's to
    /// decide. Anyone. Emits `TaskSubmitted` and `TermsSet`.
    ///
    /// # Errors
    /// Those of [`MarketOrders::submit_task_with_terms`], and `ZeroAddress`.
    pub fn submit_task_for(
        &mut self,
        client: Address,
        task_metadata: Text,
        budget: U256,
        duration: u64,
        terms: Terms,
    ) -> Result<U256, Error> {
        let client = amount::nonzero(client)?;
        self.order(client, &task_metadata.0, budget, duration, &terms)
    }

    /// Takes an open task back and makes it anew with other terms, under the same budget, which stays locked. Bids on the old one can
    /// be withdrawn. The client. Emits `TaskCancelled`, `TaskSubmitted`, `TermsSet` and `TaskReopened`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotClient`], and those of [`MarketOrders::submit_task_with_terms`].
    pub fn reopen_task(
        &mut self,
        task_id: U256,
        task_metadata: Text,
        duration: u64,
        terms: Terms,
    ) -> Result<U256, Error> {
        let state = self.state(&task_id)?;
        let slot = self.client(&task_id);
        let by = slot.party(self.caller());
        let next = state.cancel(by, self.now());
        let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        let payer = self.payer_of(&task_id, &state, slot.client);
        self.put_state(&task_id, &next);
        let budget = widen(slot.budget);
        let window = Some(terms.biddingWindow);
        let (new, state, rules) =
            self.place(slot.client, payer, budget, duration, window, &terms)?;
        self.emit(&TaskCancelled::SIGNATURE_HASH, &[&task_id], &[]);
        self.announce(&new, slot.client, &budget, &state, &task_metadata.0);
        self.announce_terms(&new, payer, &rules, &terms);
        self.emit(&TaskReopened::SIGNATURE_HASH, &[&task_id, &new], &[]);
        Ok(new)
    }

    /// Publishes the price a second, in wei, at which anybody can hire the provider for at most `max_duration` seconds; zeros end that.
    /// The owner of the provider. Emits `PricePublished`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotProvider`], `AmountTooLarge`, [`OutOfRange`] (field 2: the duration).
    pub fn publish_price(
        &mut self,
        provider_id: U256,
        price_per_second: U256,
        max_duration: u64,
    ) -> Result<(), Error> {
        let per_second = amount::checked(price_per_second)?;
        let Ok(seconds) = u32::try_from(max_duration) else {
            let (field, most) = (id(2), id(u32::MAX));
            let error = [&field, &time(max_duration), &U256::ZERO, &most];
            return Err(Error::of::<OutOfRange>(&error));
        };
        self.own_card(&provider_id)?;
        let price = PublishedPrice {
            max_duration: seconds,
            per_second,
        };
        self.prices.insert(Id(provider_id), price.pack());
        self.emit(
            &PricePublished::SIGNATURE_HASH,
            &[&provider_id],
            &[&price_per_second, &time(max_duration)],
        );
        Ok(())
    }

    /// What a provider can be hired for: wei a second, and seconds at most; zeros if it cannot.
    pub fn price_of(&self, provider_id: U256) -> (U256, u64) {
        let price = PublishedPrice::unpack(self.prices.get(Id(provider_id)));
        (widen(price.per_second), price.max_duration.into())
    }

    /// Makes a task and assigns it at once, at the price that the provider has published, which is at most `max_price` wei; the budget is
    /// that price and the verifier's fee. Of the terms those about bids have no effect. Anyone but the provider's owner. Emits
    /// `TaskSubmitted`, `TermsSet` and `ProviderAssigned`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotForHire`], [`PriceAboveBudget`], [`SelfDealing`], [`TrustTooLow`], [`CollateralTooLow`], and those of
    /// [`MarketOrders::submit_task_with_terms`].
    pub fn hire(
        &mut self,
        task_metadata: Text,
        provider_id: U256,
        duration: u64,
        max_price: U256,
        terms: Terms,
    ) -> Result<U256, Error> {
        let client = self.caller();
        let (card, _) = self.card(&provider_id)?;
        if card.owner == client {
            return Err(Error::of::<SelfDealing>(&[&word(client)]));
        }
        let published = PublishedPrice::unpack(self.prices.get(Id(provider_id)));
        let Some(price) = published.price(duration) else {
            let most = time(published.max_duration.into());
            let error = [&provider_id, &time(duration), &most];
            return Err(Error::of::<NotForHire>(&error));
        };
        if widen(price) > max_price {
            return Err(Error::of::<PriceAboveBudget>(&[&widen(price), &max_price]));
        }
        let fee = amount::checked(terms.verifierFee)?;
        let budget = widen(amount::sum(price, fee)?);
        let (task_id, state, rules) = self.place(client, client, budget, duration, None, &terms)?;
        self.announce(&task_id, client, &budget, &state, &task_metadata.0);
        self.announce_terms(&task_id, client, &rules, &terms);
        let task = self.task(&task_id)?;
        self.assign_without_bid(&task_id, &task, &provider_id, card, price)?;
        self.lock_budget(task_id, client, budget)?;
        Ok(task_id)
    }

    /// Makes several calls to the market in one transaction, in their order and as the caller's own: submissions, bids,
    /// settlements, whatever it can do. Gives back what each returns; if one fails, all do, for its reason. Anyone.
    ///
    /// # Errors
    /// What a call reverts with.
    pub fn multicall(&mut self, calls: Vec<Calldata>) -> Result<Vec<Calldata>, Error> {
        Ok(multicall::multicall(self, calls)?)
    }
}
