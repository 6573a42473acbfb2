//! The words of leases, who may take a step on them, and what the escrow pays out.

use alloy_primitives::{Address, B256, U256};
use market::{
    Error,
    abi::id,
    errors::{
        LeaseTooEarly, LeaseTooLate, NotLeaseParty, NotProvider, OutOfRange, UnknownLease,
        WrongLeaseStatus,
    },
    events::word,
    store::Id,
};
use ogpu_common::amount::{time, widen};
use ogpu_rules::{Agreement, Lease, LeaseError, Party};

use crate::MarketLeases;

/// The number under which the escrow knows a lease, where tasks have the numbers below 2^64: 2^64 + its id.
pub(crate) fn escrow_id(lease_id: &U256) -> U256 {
    U256::from_limbs([lease_id.as_limbs()[0], 1, 0, 0])
}

impl MarketLeases {
    /// The state of a lease.
    ///
    /// # Errors
    /// [`UnknownLease`].
    pub(crate) fn lease(&self, lease_id: &U256) -> Result<Lease, Error> {
        let word = self.leases.get(Id(*lease_id));
        if word.is_zero() {
            Err(Error::of::<UnknownLease>(&[lease_id]))
        } else {
            Ok(Lease::unpack(word))
        }
    }

    /// Stores the state of a lease.
    pub(crate) fn put_lease(&mut self, lease_id: &U256, lease: &Lease) {
        self.leases.insert(Id(*lease_id), lease.pack());
    }

    /// What was agreed.
    pub(crate) fn agreement(&self, lease_id: &U256) -> Agreement {
        Agreement::unpack(self.agreements.get(Id(*lease_id)))
    }

    /// Stores the state after a step and emits an event whose indexed field is the lease; or says why there is none.
    #[inline(never)]
    pub(crate) fn step(
        &mut self,
        lease_id: &U256,
        next: Result<Lease, LeaseError>,
        event: &B256,
        others: &[&U256],
    ) -> Result<(), Error> {
        let next = next.map_err(|rule| self.lease_refused(lease_id, 1, rule))?;
        self.put_lease(lease_id, &next);
        self.emit(event, &[lease_id], others);
        Ok(())
    }

    /// Passes for the owner of the provider.
    ///
    /// # Errors
    /// [`NotProvider`].
    pub(crate) fn only_provider(&self, lease: &Lease) -> Result<(), Error> {
        let provider_id = id(lease.provider);
        let (card, _) = self.card(&provider_id)?;
        match card.party(self.caller()) {
            Party::Provider => Ok(()),
            _ => {
                let caller = word(self.caller());
                Err(Error::of::<NotProvider>(&[&provider_id, &caller]))
            }
        }
    }

    /// The agreement, for the client.
    ///
    /// # Errors
    /// [`NotLeaseParty`].
    pub(crate) fn only_client(&self, lease_id: &U256) -> Result<Agreement, Error> {
        let agreement = self.agreement(lease_id);
        if agreement.client == self.caller() {
            Ok(agreement)
        } else {
            Err(self.not_party(lease_id))
        }
    }

    /// The step is another's.
    pub(crate) fn not_party(&self, lease_id: &U256) -> Error {
        Error::of::<NotLeaseParty>(&[lease_id, &word(self.caller())])
    }

    /// The escrow pays out `left` seconds of a lease: `paid` of them to the provider and the protocol, the rest back to the client. Gives
    /// payment and fee, in wei.
    ///
    /// # Errors
    /// What the escrow reverts with.
    pub(crate) fn pay(
        &mut self,
        lease_id: &U256,
        agreement: &Agreement,
        provider: Address,
        paid: u32,
        left: u32,
    ) -> Result<(U256, U256), Error> {
        let (payment, fee) = agreement.split(paid);
        let parts = (widen(payment), widen(fee));
        if left != 0 {
            let amount = agreement.price(left);
            self.settle_budget(
                escrow_id(lease_id),
                agreement.client,
                amount,
                provider,
                parts,
            )?;
        }
        Ok(parts)
    }

    /// The error that tells the caller why the rules refuse a step on this lease; `field` is the argument that can be out of range.
    #[inline(never)]
    pub(crate) fn lease_refused(&self, lease_id: &U256, field: u32, rule: LeaseError) -> Error {
        match rule {
            LeaseError::WrongStatus(status) => {
                Error::of::<WrongLeaseStatus>(&[lease_id, &id(status as u32)])
            }
            LeaseError::TooEarly { from } => Error::of::<LeaseTooEarly>(&[lease_id, &time(from)]),
            LeaseError::TooLate { until } => Error::of::<LeaseTooLate>(&[lease_id, &time(until)]),
            LeaseError::OutOfRange { value, min, max } => {
                let range = [value, min, max].map(widen);
                let [value, min, max] = range.each_ref();
                Error::of::<OutOfRange>(&[&id(field), value, min, max])
            }
        }
    }
}
