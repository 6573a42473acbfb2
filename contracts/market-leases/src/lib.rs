//! Leases: machines rented by the second, at the price a second that their providers have published.
//!
//! A client rents so many seconds, whose price the escrow locks; the provider starts the lease, and sends heartbeats while the machine is
//! there. Anyone settles what is due, as often as one likes, and closes the lease once it has ended: by a notice, because it is used up,
//! because its verifier measured a latency that is not acceptable, or because the provider vanished, which costs it collateral. The rules
//! are in [`ogpu_rules::lease`].
//!
//! Of the provider's collateral a share of a day's rent is held. A fee is taken of what is paid, as of tasks. In the escrow's events a
//! lease has the number 2^64 + its id, so that it cannot be taken for a task. A pause stops [`MarketLeases::rent`] and
//! [`MarketLeases::top_up_lease`], and nothing else.
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod store;

use alloc::vec::Vec;

use alloy_primitives::{U256, aliases::U40};
use alloy_sol_types::SolEvent;
use market::{
    Error, Market,
    abi::{LeaseView, id},
    errors::*,
    events::*,
    store::Id,
};
use ogpu_common::{
    Text,
    amount::{time, widen},
    pausable, words,
};
use ogpu_rules::{
    Agreement, Lease, LeaseStatus, Party, PublishedPrice, lease::COLLATERAL_PERIOD, share,
};
use stylus_sdk::prelude::*;

/// The leases of the market.
#[storage]
#[entrypoint]
pub struct MarketLeases {
    market: Market,
}

market::program!(MarketLeases);

#[public]
impl MarketLeases {
    /// Rents a provider's machine for `duration` seconds, an hour to 180 days and at most what the provider has published, at the
    /// published price, which is at most `max_rate` wei a second; that price is locked, and a share of a day's rent is held of the
    /// provider's collateral. `metadata` says what is rented, or where that is written; `verifier` is the number of who watches the
    /// latency, or 0. Anyone but the provider's owner, unless paused. Gives the id of the lease; they count from 1. Emits `LeaseRented`.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`SelfDealing`], [`NotForHire`], [`RateAboveMaximum`], [`OutOfRange`] (field 1: the published rate, 3: the
    /// duration), [`UnknownVerifier`], [`ClientStakeTooLow`], [`CollateralTooLow`], [`SiblingsNotSet`], [`ParametersNotSet`], a pause,
    /// and what the escrow reverts with.
    pub fn rent(
        &mut self,
        metadata: Text,
        provider_id: U256,
        max_rate: U256,
        duration: u64,
        verifier: u8,
    ) -> Result<U256, Error> {
        let (client, now) = (self.caller(), self.now());
        let version = self.open_version()?;
        let (card, provider) = self.card(&provider_id)?;
        if card.owner == client {
            return Err(Error::of::<SelfDealing>(&[&word(client)]));
        }
        let rate = self.published_rate(&provider_id, duration, &max_rate)?;
        self.check_verifier(verifier)?;
        let hot = self.hot(version);
        self.check_client_stake(client, &self.cold(version))?;
        let agreement = Agreement {
            client,
            rate,
            fee_bps: hot.fee_bps,
            verifier,
        };
        let agreement = agreement
            .checked()
            .map_err(|rule| self.lease_refused(&U256::ZERO, 1, rule))?;
        let lease = Lease::rent(version, provider, duration, now)
            .map_err(|rule| self.lease_refused(&U256::ZERO, 3, rule))?;
        let collateral = agreement.collateral(hot.collateral_bps);
        let card = card
            .debit(collateral)
            .map_err(|rule| self.refused(&U256::ZERO, &provider_id, rule))?;

        let number = self.lease_count.get().as_limbs()[0] + 1;
        self.lease_count.set(U40::from_limbs([number]));
        let lease_id = time(number);
        self.agreements.insert(Id(lease_id), agreement.pack());
        self.put_lease(&lease_id, &lease);
        self.put_card(&provider_id, &card);
        self.lock_budget(
            store::escrow_id(&lease_id),
            client,
            widen(agreement.price(lease.left)),
        )?;
        words::emit(
            self.vm(),
            &LeaseRented::SIGNATURE_HASH,
            &[&lease_id, &word(client), &provider_id],
            &[
                &widen(rate),
                &id(lease.left),
                &widen(collateral),
                &id(verifier.into()),
                &id(version.into()),
                &id(32 * 6), // where the metadata starts: after these six words
                &id(metadata.0.len() as u32),
            ],
            &metadata.0,
        );
        Ok(lease_id)
    }

    /// Starts the meter; counts as a heartbeat. The owner of the provider, within half an hour of the renting. Emits `LeaseStarted`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`NotProvider`], [`LeaseTooLate`].
    pub fn start_lease(&mut self, lease_id: U256) -> Result<(), Error> {
        let lease = self.lease(&lease_id)?;
        self.only_provider(&lease)?;
        let next = lease.start(self.now());
        self.step(&lease_id, next, &LeaseStarted::SIGNATURE_HASH, &[])
    }

    /// Ends a lease that was not started; everything goes back. The owner of the provider, which declines it; anyone, once the half hour
    /// to start it is over. Emits `LeaseCancelled`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`LeaseTooEarly`].
    pub fn cancel_lease(&mut self, lease_id: U256) -> Result<(), Error> {
        let (agreement, lease) = (self.agreement(&lease_id), self.lease(&lease_id)?);
        let (card, _) = self.card(&id(lease.provider))?;
        let next = lease.cancel(card.party(self.caller()), self.now());
        let next = next.map_err(|rule| self.lease_refused(&lease_id, 0, rule))?;
        self.put_lease(&lease_id, &next);
        let collateral = agreement.collateral(self.hot(lease.version).collateral_bps);
        self.put_card(&id(lease.provider), &card.restore(collateral));
        self.pay(&lease_id, &agreement, card.owner, 0, lease.left)?;
        self.emit(&LeaseCancelled::SIGNATURE_HASH, &[&lease_id], &[]);
        Ok(())
    }

    /// Says that the machine is there: the meter runs for ten minutes from now. What a gap before was longer than ten minutes is not
    /// paid. The owner of the provider, until the lease ends. Emits `LeaseHeartbeat`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`NotProvider`], [`LeaseTooLate`].
    pub fn heartbeat(&mut self, lease_id: U256) -> Result<(), Error> {
        let lease = self.lease(&lease_id)?;
        self.only_provider(&lease)?;
        let next = lease.beat(self.now());
        self.step(&lease_id, next, &LeaseHeartbeat::SIGNATURE_HASH, &[])
    }

    /// Pays the provider what is due, less the fee, and gives that payment in wei: zero if nothing is due. Anyone, at any time. Emits
    /// `LeaseSettled`, if something was due.
    ///
    /// # Errors
    /// [`UnknownLease`].
    pub fn settle_lease(&mut self, lease_id: U256) -> Result<U256, Error> {
        let (next, seconds) = self.lease(&lease_id)?.settle(self.now());
        if seconds == 0 {
            return Ok(U256::ZERO);
        }
        self.put_lease(&lease_id, &next);
        let agreement = self.agreement(&lease_id);
        let (card, _) = self.card(&id(next.provider))?;
        let (payment, fee) = self.pay(&lease_id, &agreement, card.owner, seconds, seconds)?;
        self.settled(&lease_id, seconds, &payment, &fee);
        Ok(payment)
    }

    /// [`MarketLeases::settle_lease`] for each of them. Anyone.
    ///
    /// # Errors
    /// [`UnknownLease`].
    pub fn settle_leases(&mut self, lease_ids: Vec<U256>) -> Result<(), Error> {
        for lease_id in lease_ids {
            self.settle_lease(lease_id)?;
        }
        Ok(())
    }

    /// Buys `duration` more seconds at the same rate, up to 180 days ahead. The client, while the last heartbeat is good (ten minutes),
    /// unless paused. Emits `LeaseToppedUp`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`NotLeaseParty`], [`LeaseTooLate`], [`OutOfRange`] (field 1: the duration), a pause, and
    /// what the escrow reverts with.
    pub fn top_up_lease(&mut self, lease_id: U256, duration: u64) -> Result<(), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let lease = self.lease(&lease_id)?;
        let agreement = self.only_client(&lease_id)?;
        let next = lease.top_up(duration, self.now());
        let seconds = time(duration);
        self.step(&lease_id, next, &LeaseToppedUp::SIGNATURE_HASH, &[&seconds])?;
        // In range: the step has checked it.
        let price = widen(agreement.price(duration as u32));
        self.lock_budget(store::escrow_id(&lease_id), agreement.client, price)
    }

    /// Takes `duration` seconds back, down to an hour from now, and settles what is due. The client, until the lease ends. Emits
    /// `LeaseSettled`, if something was due, and `LeaseShortened`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`NotLeaseParty`], [`LeaseTooLate`], [`OutOfRange`] (field 1: the duration).
    pub fn shorten_lease(&mut self, lease_id: U256, duration: u64) -> Result<(), Error> {
        let lease = self.lease(&lease_id)?;
        let agreement = self.only_client(&lease_id)?;
        let (next, paid) = lease
            .shorten(duration, self.now())
            .map_err(|rule| self.lease_refused(&lease_id, 1, rule))?;
        self.put_lease(&lease_id, &next);
        let (card, _) = self.card(&id(next.provider))?;
        let gone = lease.left - next.left;
        let (payment, fee) = self.pay(&lease_id, &agreement, card.owner, paid, gone)?;
        if paid != 0 {
            self.settled(&lease_id, paid, &payment, &fee);
        }
        self.emit(
            &LeaseShortened::SIGNATURE_HASH,
            &[&lease_id],
            &[&time(duration)],
        );
        Ok(())
    }

    /// Gives notice: the lease ends in an hour, or before if it is used up; heartbeats are needed until then. The client, or the owner of
    /// the provider, once. Emits `NoticeGiven`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`NotLeaseParty`], [`LeaseTooLate`].
    pub fn give_notice(&mut self, lease_id: U256) -> Result<(), Error> {
        let lease = self.lease(&lease_id)?;
        let (card, _) = self.card(&id(lease.provider))?;
        if card.party(self.caller()) != Party::Provider {
            self.only_client(&lease_id)?;
        }
        let next = lease
            .give_notice(self.now())
            .map_err(|rule| self.lease_refused(&lease_id, 0, rule))?;
        self.put_lease(&lease_id, &next);
        self.emit(
            &NoticeGiven::SIGNATURE_HASH,
            &[&lease_id, &word(self.caller())],
            &[&time(next.until)],
        );
        Ok(())
    }

    /// Says whether the machine answers fast enough; if not, the lease ends at once, and costs nobody collateral. The lease's verifier,
    /// until the lease ends. Emits `LatencyReported`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`NotLeaseParty`], [`LeaseTooLate`].
    pub fn report_latency(&mut self, lease_id: U256, acceptable: bool) -> Result<(), Error> {
        let lease = self.lease(&lease_id)?;
        let verifier = self.agreement(&lease_id).verifier;
        if verifier == 0 || self.verifiers.getter(verifier).address.get() != self.caller() {
            return Err(self.not_party(&lease_id));
        }
        let stopped = lease
            .stop(self.now())
            .map_err(|rule| self.lease_refused(&lease_id, 0, rule))?;
        if !acceptable {
            self.put_lease(&lease_id, &stopped);
        }
        self.emit(
            &LatencyReported::SIGNATURE_HASH,
            &[&lease_id, &word(self.caller())],
            &[&id(acceptable.into())],
        );
        Ok(())
    }

    /// Settles a lease that has ended, refunds the rest, and gives the collateral back: without what the parameters slash of it, if the
    /// provider vanished (two hours without a heartbeat, before any other end), which also counts as a failed task worth a day's rent.
    /// Anyone. Emits `LeaseClosed`.
    ///
    /// # Errors
    /// [`UnknownLease`], [`WrongLeaseStatus`], [`LeaseTooEarly`].
    pub fn close_lease(&mut self, lease_id: U256) -> Result<(), Error> {
        let closing = self.lease(&lease_id)?.close(self.now());
        let closing = closing.map_err(|rule| self.lease_refused(&lease_id, 0, rule))?;
        let agreement = self.agreement(&lease_id);
        let provider_id = id(closing.lease.provider);
        let (card, _) = self.card(&provider_id)?;
        let hot = self.hot(closing.lease.version);
        let collateral = agreement.collateral(hot.collateral_bps);
        let slash = if closing.dead {
            share(collateral, hot.slash_bps)
        } else {
            0
        };
        let card = card.restore(collateral - slash);
        self.put_lease(&lease_id, &closing.lease);
        self.put_card(&provider_id, &card);

        let (paid, left) = (closing.paid, closing.left);
        let (payment, fee) = self.pay(&lease_id, &agreement, card.owner, paid, left)?;
        if slash != 0 {
            self.slash(card.owner, widen(slash), agreement.client)?;
        }
        if closing.dead {
            let value = widen(agreement.price(COLLATERAL_PERIOD));
            let (work, now) = (store::escrow_id(&lease_id), self.now());
            self.record_outcome(work, provider_id, agreement.client, value, 0, now)?;
        }
        self.emit(
            &LeaseClosed::SIGNATURE_HASH,
            &[&lease_id],
            &[&id(paid), &payment, &fee, &widen(slash)],
        );
        Ok(())
    }

    /// A lease.
    ///
    /// # Errors
    /// [`UnknownLease`].
    pub fn lease_of(&self, lease_id: U256) -> Result<LeaseView, Error> {
        let (agreement, lease) = (self.agreement(&lease_id), self.lease(&lease_id)?);
        let (now, _) = lease.settle(self.now());
        let collateral = agreement.collateral(self.hot(lease.version).collateral_bps);
        let is_final = matches!(lease.status, LeaseStatus::Closed | LeaseStatus::Cancelled);
        Ok(LeaseView {
            client: agreement.client,
            providerId: id(lease.provider),
            status: lease.status as u8,
            version: lease.version,
            verifier: agreement.verifier,
            feeBps: agreement.fee_bps,
            rate: widen(agreement.rate),
            due: (lease.left - now.left).into(),
            left: now.left.into(),
            heartbeat: lease.heartbeat,
            endsAt: if is_final { 0 } else { lease.end() },
            collateral: if is_final {
                U256::ZERO
            } else {
                widen(collateral)
            },
        })
    }

    /// How many leases there have been; ids count from 1.
    pub fn lease_count(&self) -> U256 {
        U256::from(self.market.lease_count.get())
    }
}

impl MarketLeases {
    /// The published price a second of a provider, for so many seconds, if it is not above `max_rate`.
    fn published_rate(
        &self,
        provider_id: &U256,
        duration: u64,
        max_rate: &U256,
    ) -> Result<u128, Error> {
        let published = PublishedPrice::unpack(self.prices.get(Id(*provider_id)));
        if published.price(duration).is_none() {
            let most = time(published.max_duration.into());
            let error = [provider_id, &time(duration), &most];
            return Err(Error::of::<NotForHire>(&error));
        }
        let rate = widen(published.per_second);
        if rate > *max_rate {
            return Err(Error::of::<RateAboveMaximum>(&[&rate, max_rate]));
        }
        Ok(published.per_second)
    }

    /// Tells the world of a settlement. Emits `LeaseSettled`.
    fn settled(&self, lease_id: &U256, seconds: u32, payment: &U256, fee: &U256) {
        self.emit(
            &LeaseSettled::SIGNATURE_HASH,
            &[lease_id],
            &[&id(seconds), payment, fee],
        );
    }
}
