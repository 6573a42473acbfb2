//! What providers offer, beyond open bids on plain terms.
//!
//! * bids on tasks whose client has listed who may bid: [`MarketBids::place_listed_bid`];
//! * sealed bids: [`MarketBids::commit_bid`], [`MarketBids::reveal_bid`];
//! * a rising price that the first provider takes: [`MarketBids::take_task`];
//! * signed bids that cost the provider nothing until the client hands one in: [`MarketBids::assign_signed_bid`].
//!
//! Here is also what becomes of bids that did not win, and of tasks without any: [`MarketBids::withdraw_bid`],
//! [`MarketBids::expire_task`].
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod listed;
pub mod signed;

use alloc::vec::Vec;

use alloy_primitives::{B256, FixedBytes, U256};
use alloy_sol_types::SolEvent;
use market::{Error, Market, abi::SignedBid, bidding::Task, errors::*, events::*, store::Id};
use ogpu_common::{
    Calldata, ZeroAmount,
    amount::{self, time},
    key::Pair,
    signature, words,
};
use ogpu_rules::{Bidding, Entry, Party, Rising, RuleError};
use stylus_sdk::prelude::*;

/// The bids of the market.
#[storage]
#[entrypoint]
pub struct MarketBids {
    market: Market,
}

market::program!(MarketBids);

#[public]
impl MarketBids {
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
        if commitment.is_zero() {
            return Err(Error::of::<ZeroAmount>(&[]));
        }
        let task = self.task(&task_id)?;
        self.require_bidding(&task_id, &task.terms, Bidding::Sealed)?;
        self.require_listed(&task_id, &task, &provider_id, &proof)?;
        let (card, _) = self.bidder(&task_id, &task, &provider_id)?;
        let refused = |rule| self.refused(&task_id, &provider_id, rule);
        task.state
            .check_open(self.now(), reveal_seconds(&task))
            .map_err(refused)?;
        let key = || Pair(task_id, provider_id);
        let first =
            self.commitments.get(key()).is_zero() && !self.entry(&task_id, &provider_id).0.stands();
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
        let key = || Pair(task_id, provider_id);
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

    /// Takes a bid and its bond back: a standing bid, a sealed one, or one that did not win. The owner of the provider. Emits
    /// `BidWithdrawn`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`UnknownProvider`], [`NotProvider`], [`NoBid`], [`BidWon`].
    pub fn withdraw_bid(&mut self, task_id: U256, provider_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let (card, provider) = self.own_card(&provider_id)?;
        let key = || Pair(task_id, provider_id);
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
        } else {
            let (entry, home) = self.entry(&task_id, &provider_id);
            if !entry.stands() {
                return Err(self.refused(&task_id, &provider_id, RuleError::NoBid));
            }
            self.put_entry(&provider_id, Entry::none(entry.task), home);
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
}

/// The last seconds of the bidding, in which sealed bids are opened.
fn reveal_seconds(task: &Task) -> u64 {
    60 * u64::from(task.terms.reveal_minutes)
}
