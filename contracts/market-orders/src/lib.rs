//! Ways to ask for work and to offer it, beyond open bids on plain terms.
//!
//! * [`MarketOrders::submit_task_with_terms`], and for somebody else [`MarketOrders::submit_task_for`]: terms of a task's own, among them
//!   who judges the result, which providers may bid, and how they do;
//! * signed bids that cost the provider nothing until the client hands one in: [`MarketOrders::assign_signed_bid`];
//! * hiring a provider at the price it has published: [`MarketOrders::hire`];
//! * sealed bids: [`MarketOrders::commit_bid`], [`MarketOrders::reveal_bid`];
//! * a rising price that the first provider takes: [`MarketOrders::take_task`].
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod listed;
pub mod signed;
mod terms;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, FixedBytes, U256};
use alloy_sol_types::SolEvent;
use market::{
    Error, Market,
    abi::{SignedBid, Terms, id},
    bidding::{Task, commit},
    errors::*,
    events::*,
    store::{BidKey, Id},
};
use ogpu_common::{
    Calldata, Text,
    amount::{self, time, widen},
    signature, words,
};
use ogpu_rules::{Bidding, Card, Entry, Party, PublishedPrice, Rising, RuleError};
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

    /// `placeBid` on a task whose client has listed who may bid; `proof` leads from the provider's id to the root of the list. See
    /// `placeBid` of the task manager.
    ///
    /// # Errors
    /// Those of `placeBid`, [`NotListed`].
    pub fn place_listed_bid(
        &mut self,
        task_id: U256,
        provider_id: U256,
        price: U256,
        proof: Vec<FixedBytes<32>>,
    ) -> Result<(), Error> {
        let task = self.task(&task_id)?;
        self.require_bidding(&task_id, &task.terms, Bidding::Open)?;
        self.require_listed(&task_id, &task, &provider_id, &proof)?;
        let bond = task.hot.bid_bond;
        self.enter_bid(&task_id, &task, &provider_id, price, bond)
    }

    /// Makes a sealed bid: `commitment` is `keccak256(abi.encode(taskId, providerId, price, salt))`. The first one takes the bond from
    /// the provider's collateral; another replaces it. The owner of the provider, until the time for opening begins. Emits
    /// `BidCommitted`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`OtherBidding`], [`NotListed`], [`UnknownProvider`], [`NotProvider`], [`SelfDealing`], [`WrongStatus`],
    /// [`TooLate`], [`CollateralTooLow`], a pause, `ZeroAmount` for an empty commitment.
    pub fn commit_bid(
        &mut self,
        task_id: U256,
        provider_id: U256,
        commitment: B256,
        proof: Vec<FixedBytes<32>>,
    ) -> Result<(), Error> {
        amount_of(commitment)?;
        let task = self.task(&task_id)?;
        self.require_bidding(&task_id, &task.terms, Bidding::Sealed)?;
        self.require_listed(&task_id, &task, &provider_id, &proof)?;
        let (card, _) = self.bidder(&task_id, &task, &provider_id)?;
        let refused = |rule| self.refused(&task_id, &provider_id, rule);
        task.state
            .check_open(self.now(), reveal_seconds(&task))
            .map_err(refused)?;
        let key = || BidKey(task_id, provider_id);
        let first =
            self.commitments.get(key()).is_zero() && !self.entry(&task_id, &provider_id).stands();
        let bond = if first { task.hot.bid_bond } else { 0 };
        let card = card.debit(bond).map_err(refused)?;
        self.commitments.insert(key(), commitment);
        self.put_card(&provider_id, &card);
        self.emit(
            &BidCommitted::SIGNATURE_HASH,
            &[&task_id, &provider_id],
            &[&commitment.into()],
        );
        Ok(())
    }

    /// Opens a sealed bid, which then is a bid like any other. The owner of the provider, in the last minutes of the bidding. Emits
    /// `BidPlaced`.
    ///
    /// # Errors
    /// [`WrongOpening`], [`TooEarly`], and those of `placeBid`.
    pub fn reveal_bid(
        &mut self,
        task_id: U256,
        provider_id: U256,
        price: U256,
        salt: B256,
    ) -> Result<(), Error> {
        let task = self.task(&task_id)?;
        let opens = task.state.deadline().saturating_sub(reveal_seconds(&task));
        if self.now() < opens {
            return Err(Error::of::<TooEarly>(&[&task_id, &time(opens)]));
        }
        let fields = [task_id, provider_id, price].map(|field| words::word(&field));
        let [a, b, c] = fields;
        let commitment = signature::hash(&[a, b, c, salt]);
        let key = || BidKey(task_id, provider_id);
        if self.commitments.get(key()) != commitment {
            return Err(Error::of::<WrongOpening>(&[&task_id, &provider_id]));
        }
        self.commitments.insert(key(), B256::ZERO);
        // The commitment has left the bond.
        self.enter_bid(&task_id, &task, &provider_id, price, 0)
    }

    /// Takes a task at the price to which it has risen. The owner of an eligible provider, unless it is the client. Emits
    /// `ProviderAssigned`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`OtherBidding`], [`NotListed`], [`UnknownProvider`], [`NotProvider`], [`SelfDealing`], [`WrongStatus`],
    /// [`TooLate`], [`TrustTooLow`], [`CollateralTooLow`], a pause.
    pub fn take_task(
        &mut self,
        task_id: U256,
        provider_id: U256,
        proof: Vec<FixedBytes<32>>,
    ) -> Result<(), Error> {
        let task = self.task(&task_id)?;
        self.require_bidding(&task_id, &task.terms, Bidding::Rising)?;
        self.require_listed(&task_id, &task, &provider_id, &proof)?;
        let (card, _) = self.bidder(&task_id, &task, &provider_id)?;
        let refused = |rule| self.refused(&task_id, &provider_id, rule);
        let now = self.now();
        task.state.check_open(now, 0).map_err(refused)?;
        let rising = Rising::unpack(self.risings.get(Id(task_id)));
        let price = rising.price(task.spendable, task.state.deadline(), now);
        self.assign_without_bid(&task_id, &task, &provider_id, card, price)
    }

    /// Assigns the task to a provider that signed a bid off chain, at the price it signed. The client, while bids come in and until
    /// the grace after that has passed. Emits `ProviderAssigned`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`NotClient`], [`WrongStatus`], [`TooLate`], [`UnknownProvider`], [`SelfDealing`], [`BidExpired`], [`BidRevoked`],
    /// [`InvalidSignature`], [`PriceAboveBudget`], [`TrustTooLow`], [`CollateralTooLow`].
    pub fn assign_signed_bid(&mut self, bid: SignedBid, signature: Calldata) -> Result<(), Error> {
        let (task_id, provider_id) = (bid.taskId, bid.providerId);
        let wei = amount::positive(bid.price)?;
        let task = self.task(&task_id)?;
        let refused = |rule| self.refused(&task_id, &provider_id, rule);
        if self.caller() != task.client {
            let needed = Party::Client;
            return Err(refused(RuleError::NotAllowed { needed }));
        }
        let now = self.now();
        task.state
            .check_assign(Party::Client, now, task.hot.assignment_grace)
            .map_err(refused)?;
        let (card, _) = self.card(&provider_id)?;
        if card.owner == task.client {
            return Err(Error::of::<SelfDealing>(&[&word(card.owner)]));
        }
        if now >= bid.expiry {
            return Err(Error::of::<BidExpired>(&[&time(bid.expiry)]));
        }
        let nonce = self.bid_nonces.get(Id(provider_id));
        if bid.nonce != nonce {
            return Err(Error::of::<BidRevoked>(&[&provider_id, &bid.nonce, &nonce]));
        }
        let digest = signed::digest(self.vm(), &bid);
        if !signature::is_valid(self.vm(), card.owner, digest, &signature.0) {
            return Err(Error::of::<InvalidSignature>(&[&word(card.owner)]));
        }
        Entry::default().bid(wei, task.spendable).map_err(refused)?;
        self.assign_without_bid(&task_id, &task, &provider_id, card, wei)
    }

    /// Takes all signed bids of a provider back. The owner of the provider. Emits `SignedBidsRevoked`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotProvider`].
    pub fn revoke_signed_bids(&mut self, provider_id: U256) -> Result<(), Error> {
        self.own_card(&provider_id)?;
        let nonce = self.bid_nonces.get(Id(provider_id)) + U256::ONE;
        self.bid_nonces.insert(Id(provider_id), nonce);
        self.emit(
            &SignedBidsRevoked::SIGNATURE_HASH,
            &[&provider_id],
            &[&nonce],
        );
        Ok(())
    }

    /// What a signed bid of the provider must have as its nonce.
    pub fn bid_nonce_of(&self, provider_id: U256) -> U256 {
        self.bid_nonces.get(Id(provider_id))
    }

    /// What a provider's owner signs for a bid: the EIP-712 digest under the domain "OGPU Market", version "1", this chain and this
    /// contract.
    pub fn signed_bid_digest(&self, bid: SignedBid) -> B256 {
        signed::digest(self.vm(), &bid)
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

    /// Takes a bid and its bond back: a standing bid, a sealed one, or one that did not win. The owner of the provider. Emits
    /// `BidWithdrawn`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`UnknownProvider`], [`NotProvider`], [`NoBid`], [`BidWon`].
    pub fn withdraw_bid(&mut self, task_id: U256, provider_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let (card, provider) = self.own_card(&provider_id)?;
        let key = || BidKey(task_id, provider_id);
        let sealed = !self.commitments.get(key()).is_zero();
        // A sealed bid that was never opened has not won, whoever has.
        let next = if sealed {
            Ok(state)
        } else {
            state.withdraw(provider)
        };
        let next = next.map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        if sealed {
            self.commitments.insert(key(), B256::ZERO);
        } else if self.entry(&task_id, &provider_id).stands() {
            self.put_entry(&task_id, &provider_id, Entry::default());
        } else {
            return Err(self.refused(&task_id, &provider_id, RuleError::NoBid));
        }
        let bond = self.hot(state.version()).bid_bond;
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

impl MarketOrders {
    /// Assigns a provider that left no bond with a bid: it leaves it now.
    fn assign_without_bid(
        &mut self,
        task_id: &U256,
        task: &Task,
        provider_id: &U256,
        card: Card,
        price: u128,
    ) -> Result<(), Error> {
        let refused = |rule| self.refused(task_id, provider_id, rule);
        // A bid of its own on the task has left one already.
        let standing = self.entry(task_id, provider_id).stands();
        let bond = if standing { 0 } else { task.hot.bid_bond };
        let card = card.debit(bond).map_err(refused)?;
        let (card, collateral) = commit(task, card, price).map_err(refused)?;
        self.assign_to(task_id, &task.state, provider_id, (card, price, collateral))
    }
}

/// The last seconds of the bidding, in which sealed bids are opened.
fn reveal_seconds(task: &Task) -> u64 {
    60 * u64::from(task.terms.reveal_minutes)
}

fn amount_of(commitment: B256) -> Result<(), Error> {
    if commitment.is_zero() {
        return Err(Error::of::<ogpu_common::ZeroAmount>(&[]));
    }
    Ok(())
}
