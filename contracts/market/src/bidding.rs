//! How providers come to tasks: bids, and assignment.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::{self, time, widen},
    pausable,
};
use ogpu_rules::{
    Bidding, Card, Entry, Hold, HotParams, RuleError, TaskState, Terms, book::rank, fit::fit,
};
use stylus_sdk::prelude::*;

use crate::{
    Market,
    abi::id,
    errors::{Error, OtherBidding},
    events::{BidPlaced, BidWithdrawn, BiddingExtended, ProviderAssigned},
    store::Home,
};

/// A task on which somebody acts: its state, the parameters it was made under, its terms, and what providers can ask.
pub struct Task {
    /// The state.
    pub state: TaskState,
    /// The parameters.
    pub hot: HotParams,
    /// The terms.
    pub terms: Terms,
    /// Who made it.
    pub client: Address,
    /// The most that providers can ask, in wei: the budget less the verifier's fee.
    pub spendable: u128,
}

impl Market {
    /// Everything that a bid depends on.
    ///
    /// # Errors
    /// `UnknownTask`.
    pub fn task(&self, task_id: &U256) -> Result<Task, Error> {
        let state = self.state(task_id)?;
        let slot = self.client(task_id);
        let hot = self.hot(state.version());
        let terms = self.terms(task_id, &state, &hot);
        Ok(Task {
            state,
            hot,
            terms,
            client: slot.client,
            spendable: terms.spendable(slot.budget),
        })
    }

    /// Passes if the task takes offers in this way.
    ///
    /// # Errors
    /// [`OtherBidding`].
    pub fn require_bidding(
        &self,
        task_id: &U256,
        terms: &Terms,
        way: Bidding,
    ) -> Result<(), Error> {
        if terms.bidding == way {
            Ok(())
        } else {
            let way = id(terms.bidding as u32);
            Err(Error::of::<OtherBidding>(&[task_id, &way]))
        }
    }

    /// The caller's card, for an offer on somebody else's task: its id is below 2^32.
    ///
    /// # Errors
    /// A pause, `UnknownProvider`, `NotProvider`, `SelfDealing`.
    pub fn bidder(
        &self,
        task_id: &U256,
        task: &Task,
        provider_id: &U256,
    ) -> Result<(Card, u32), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let (card, provider) = self.own_card(provider_id)?;
        if task.client == card.owner {
            return Err(self.refused(task_id, provider_id, RuleError::SelfDealing));
        }
        Ok((card, provider))
    }

    /// Enters a bid of the caller's provider; `bond` is what it still has to leave, in wei. An earlier bid that lost and stands in
    /// its place goes, and leaves its bond. Emits `BidPlaced`, `BiddingExtended` if a late bid took the lead, and `BidWithdrawn` for
    /// the earlier bid.
    ///
    /// # Errors
    /// Those of [`Market::bidder`], `WrongStatus`, `TooLate`, `PriceAboveBudget`, `PriceRaised`, `TrustTooLow`, `CollateralTooLow`.
    pub fn enter_bid(
        &mut self,
        task_id: &U256,
        task: &Task,
        provider_id: &U256,
        price: U256,
        bond: u128,
    ) -> Result<(), Error> {
        let wei = amount::positive(price)?;
        let (card, provider) = self.bidder(task_id, task, provider_id)?;
        let Task {
            state,
            hot,
            terms,
            spendable,
            ..
        } = task;
        let (standing, mut home) = self.entry(task_id, provider_id);
        let bond = if standing.stands() { 0 } else { bond };
        let mut card = card;
        if let Home::Shared(old) = home {
            match self.vacate(old, provider)? {
                Some(bond) => card = card.restore(bond),
                None => home = Home::Own,
            }
        }
        let refused = |rule| self.refused(task_id, provider_id, rule);
        let entry = standing.bid(wei, *spendable).map_err(refused)?;
        let card = card.debit(bond).map_err(refused)?;
        card.check_eligible(terms, terms.collateral(wei, hot.collateral_bps))
            .map_err(refused)?;
        let rank = rank(
            fit(wei, *spendable, card.trust, terms.trust_weight),
            card.free,
        );
        let late = match terms.bidding {
            Bidding::Open => hot.late_bid_window,
            _ => 0,
        };
        let next = state
            .bid(provider, rank, self.now(), late)
            .map_err(refused)?;
        self.put_entry(provider_id, entry, home);
        self.put_card(provider_id, &card);
        self.put_state(task_id, &next);
        self.emit(
            &BidPlaced::SIGNATURE_HASH,
            &[task_id, provider_id],
            &[&price],
        );
        if next.deadline() != state.deadline() {
            self.emit(
                &BiddingExtended::SIGNATURE_HASH,
                &[task_id],
                &[&time(next.deadline())],
            );
        }
        Ok(())
    }

    /// Clears a provider's place of an earlier bid, if that can be, and says what bond it gives back. Emits `BidWithdrawn` for a bid
    /// that lost.
    fn vacate(&mut self, old: Entry, provider: u32) -> Result<Option<u128>, Error> {
        if !old.stands() {
            return Ok(Some(0));
        }
        let task_id = widen(old.task.into());
        let state = self.state(&task_id)?;
        Ok(match state.hold(provider) {
            Hold::Bid => None,
            Hold::Nothing => Some(0),
            Hold::Bond => {
                let parties = [&task_id, &id(provider)];
                self.emit(&BidWithdrawn::SIGNATURE_HASH, &parties, &[]);
                Some(self.hot(state.version()).bid_bond)
            }
        })
    }

    /// Assigns a provider that left no bond with a bid: it leaves it now. Emits `ProviderAssigned`.
    ///
    /// # Errors
    /// `TrustTooLow`, `CollateralTooLow`, `WrongStatus`.
    pub fn assign_without_bid(
        &mut self,
        task_id: &U256,
        task: &Task,
        provider_id: &U256,
        card: Card,
        price: u128,
    ) -> Result<(), Error> {
        let refused = |rule| self.refused(task_id, provider_id, rule);
        // A bid of its own on the task has left one already.
        let standing = self.entry(task_id, provider_id).0.stands();
        let bond = if standing { 0 } else { task.hot.bid_bond };
        let card = card.debit(bond).map_err(refused)?;
        let (card, collateral) = commit(task, card, price).map_err(refused)?;
        self.assign_to(task_id, &task.state, provider_id, (card, price, collateral))
    }

    /// What a standing bid would cost the provider now: its card without the collateral, the price, the collateral.
    ///
    /// # Errors
    /// `NoBid`, `TrustTooLow`, `CollateralTooLow`.
    pub fn candidate(
        &self,
        task_id: &U256,
        task: &Task,
        provider_id: &U256,
    ) -> Result<(Card, u128, u128), RuleError> {
        let card = Card::unpack(self.cards.get(crate::store::Id(*provider_id)));
        let Entry { price, .. } = self.entry(task_id, provider_id).0;
        if price == 0 {
            return Err(RuleError::NoBid);
        }
        let (card, collateral) = commit(task, card, price)?;
        Ok((card, price, collateral))
    }

    /// Assigns: `card` is already without the collateral. Emits `ProviderAssigned`.
    ///
    /// # Errors
    /// `WrongStatus`.
    pub fn assign_to(
        &mut self,
        task_id: &U256,
        state: &TaskState,
        provider_id: &U256,
        (card, price, collateral): (Card, u128, u128),
    ) -> Result<(), Error> {
        let next = state
            .assign(provider_id.as_limbs()[0] as u32, price, self.now())
            .map_err(|rule| self.refused(task_id, provider_id, rule))?;
        self.put_card(provider_id, &card);
        self.put_state(task_id, &next);
        self.emit(
            &ProviderAssigned::SIGNATURE_HASH,
            &[task_id, provider_id],
            &[&widen(price), &widen(collateral), &time(next.deadline())],
        );
        Ok(())
    }
}

/// The card without the collateral of a task at this price, and that collateral.
///
/// # Errors
/// `TrustTooLow`, `CollateralTooLow`.
pub fn commit(task: &Task, card: Card, price: u128) -> Result<(Card, u128), RuleError> {
    let collateral = task.terms.collateral(price, task.hot.collateral_bps);
    card.check_eligible(&task.terms, collateral)?;
    Ok((card.debit(collateral)?, collateral))
}
