//! Leases, as the market's events tell.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use market::events::*;
use ogpu_rules::lease::{COLLATERAL_PERIOD, DEAD_AFTER};

use super::{Market, Others, end::expect_slash, number, short};
use crate::{
    chain::{Chain, Log},
    model::{Escrow, Registry, Violation, only, registry::Outcome, share},
    world::lease_view,
};

/// A lease.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Who rents and pays.
    pub client: Address,
    /// Whose machine it is.
    pub provider: u32,
    /// Whether the meter has been started.
    pub started: bool,
    /// Whether nothing can happen to it any more.
    pub over: bool,
    /// A number of the list of verifiers, or 0.
    pub verifier: u8,
    rate: u128,
    fee_bps: u16,
    slash_bps: u16,
    /// Bought, and neither paid out nor given back.
    seconds: u128,
    /// Paid to the provider.
    paid: u64,
    /// What is held of the provider's collateral, in wei.
    held: u128,
    started_at: u64,
    heartbeat: u64,
}

/// The number under which the escrow knows a lease.
const fn escrow_id(id: u64) -> u128 {
    1 << 64 | id as u128
}

impl Market {
    /// A lease.
    pub fn lease(&self, id: u64) -> Option<&Lease> {
        self.leases.get((id as usize).checked_sub(1)?)
    }

    /// The leases that are not over.
    pub fn live_leases(&self) -> &[u64] {
        &self.live_leases
    }

    /// How leases begin, run and end.
    pub(super) fn observe_lease(
        &mut self,
        log: Log<'_>,
        now: u64,
        mut others: Others<'_>,
    ) -> Result<(), Violation> {
        let registry = &*others.registry;
        match log.signature() {
            LeaseRented::SIGNATURE_HASH => self.rented(log)?,
            LeaseStarted::SIGNATURE_HASH => {
                let event = log.read::<LeaseStarted>()?;
                let lease = self.of_provider(log, event.leaseId, registry)?;
                (lease.started, lease.started_at, lease.heartbeat) = (true, now, now);
            }
            LeaseHeartbeat::SIGNATURE_HASH => {
                let event = log.read::<LeaseHeartbeat>()?;
                self.of_provider(log, event.leaseId, registry)?.heartbeat = now;
            }
            LeaseSettled::SIGNATURE_HASH => {
                let event = log.read::<LeaseSettled>()?;
                let parts = (number(event.payment), number(event.fee));
                self.metered(event.leaseId, event.duration, parts, now)?;
            }
            LeaseToppedUp::SIGNATURE_HASH => {
                let event = log.read::<LeaseToppedUp>()?;
                let lease = self.touch_lease(event.leaseId)?;
                only(log, lease.client)?;
                lease.seconds += u128::from(event.duration);
            }
            LeaseShortened::SIGNATURE_HASH => {
                let event = log.read::<LeaseShortened>()?;
                let lease = self.touch_lease(event.leaseId)?;
                only(log, lease.client)?;
                lease.take(event.leaseId, event.duration)?;
            }
            NoticeGiven::SIGNATURE_HASH => {
                let event = log.read::<NoticeGiven>()?;
                let lease = self.touch_lease(event.leaseId)?;
                if event.by != lease.client {
                    self.of_provider(log, event.leaseId, registry)?;
                }
                only(log, event.by)?;
            }
            LatencyReported::SIGNATURE_HASH => {
                let event = log.read::<LatencyReported>()?;
                let verifier = self.touch_lease(event.leaseId)?.verifier;
                only(log, self.verifier(verifier))?;
            }
            LeaseCancelled::SIGNATURE_HASH => {
                let event = log.read::<LeaseCancelled>()?;
                self.finish_lease(event.leaseId, 0, &mut others)?;
            }
            LeaseClosed::SIGNATURE_HASH => {
                let event = log.read::<LeaseClosed>()?;
                let parts = (number(event.payment), number(event.fee));
                self.metered(event.leaseId, event.duration, parts, now)?;
                self.vanished(event.leaseId, number(event.slashed), now, &mut others)?;
                self.finish_lease(event.leaseId, number(event.slashed), &mut others)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn rented(&mut self, log: Log<'_>) -> Result<(), Violation> {
        let event = log.read::<LeaseRented>()?;
        only(log, event.client)?;
        let id = self.leases.len() as u128 + 1;
        equal(id as u64, "id", event.leaseId.saturating_to(), id)?;
        let parameters = &self.parameters[event.version as usize - 1];
        let lease = Lease {
            client: event.client,
            provider: event.providerId.saturating_to(),
            started: false,
            over: false,
            verifier: event.verifier,
            rate: number(event.rate),
            fee_bps: parameters.feeBps,
            slash_bps: parameters.slashBps,
            seconds: event.duration.into(),
            paid: 0,
            held: number(event.collateral),
            started_at: 0,
            heartbeat: 0,
        };
        let day = lease.rate * u128::from(COLLATERAL_PERIOD);
        let expected = share(day, parameters.collateralBps);
        equal(id as u64, "collateral", lease.held, expected)?;
        let (provider, held) = (lease.provider, lease.held);
        self.leases.push(lease);
        self.live_leases.push(id as u64);
        self.touched_leases.push(id as u64);
        let card = self.touch_card(provider);
        card.free = short(provider, card, card.free, held)?;
        card.held += held;
        Ok(())
    }

    /// So many seconds of a lease are paid to its provider: never more than have passed since it began.
    fn metered(
        &mut self,
        id: U256,
        seconds: u64,
        (payment, fee): (u128, u128),
        now: u64,
    ) -> Result<(), Violation> {
        let lease = self.touch_lease(id)?;
        let number = id.saturating_to();
        let price = lease.rate * u128::from(seconds);
        equal(number, "payment", payment + fee, price)?;
        equal(number, "fee", fee, share(price, lease.fee_bps))?;
        lease.take(id, seconds)?;
        lease.paid += seconds;
        let (paid, passed) = (u128::from(lease.paid), u128::from(now - lease.started_at));
        equal(number, "paid time", paid, paid.min(passed))
    }

    /// A provider is slashed, and its score falls, if it has vanished, and only then.
    fn vanished(
        &mut self,
        id: U256,
        slashed: u128,
        now: u64,
        others: &mut Others<'_>,
    ) -> Result<(), Violation> {
        let lease = self.touch_lease(id)?;
        let (number, provider) = (id.saturating_to(), lease.provider);
        let value = lease.rate * u128::from(COLLATERAL_PERIOD);
        let dead = now >= lease.heartbeat + u64::from(DEAD_AFTER);
        if others.registry.outcome_of(provider, value) == Some(false) && dead {
            let success = false;
            let outcome = Outcome {
                provider,
                value,
                success,
            };
            let expected = share(lease.held, lease.slash_bps);
            equal(number, "slash", slashed, expected)?;
            return others.registry.settled(outcome);
        }
        equal(number, "slash", slashed, 0)
    }

    /// A lease is over: what was held goes back, but for what was slashed.
    fn finish_lease(
        &mut self,
        id: U256,
        slashed: u128,
        others: &mut Others<'_>,
    ) -> Result<(), Violation> {
        let lease = self.touch_lease(id)?;
        equal(id.saturating_to(), "ends", lease.over.into(), 0)?;
        let (provider, held) = (lease.provider, lease.held);
        (lease.over, lease.seconds) = (true, 0);
        let card = self.touch_card(provider);
        card.held = short(provider, card, card.held, held)?;
        card.free += held - slashed;
        expect_slash(others, id.saturating_to(), provider, slashed)
    }

    fn of_provider(
        &mut self,
        log: Log<'_>,
        id: U256,
        registry: &Registry,
    ) -> Result<&mut Lease, Violation> {
        let lease = self.touch_lease(id)?;
        let owner = registry.provider(lease.provider).map(|known| known.owner);
        only(log, owner.unwrap_or_default())?;
        Ok(lease)
    }

    fn touch_lease(&mut self, id: U256) -> Result<&mut Lease, Violation> {
        let id: u64 = id.saturating_to();
        if !self.touched_leases.contains(&id) {
            self.touched_leases.push(id);
        }
        let lease = self.leases.get_mut((id as usize).wrapping_sub(1));
        lease.ok_or(Violation::WrongLease {
            lease: id,
            what: "existence",
            found: 1,
            expected: 0,
        })
    }

    pub(super) fn verify_leases(
        &mut self,
        chain: &mut Chain,
        escrow: &Escrow,
    ) -> Result<(), Violation> {
        while let Some(id) = self.touched_leases.pop() {
            self.verify_lease(chain, id, escrow)?;
            if self.leases[id as usize - 1].over {
                self.live_leases.retain(|live| *live != id);
            }
        }
        Ok(())
    }

    pub(super) fn verify_lease(
        &self,
        chain: &mut Chain,
        id: u64,
        escrow: &Escrow,
    ) -> Result<(), Violation> {
        let lease = &self.leases[id as usize - 1];
        let found = lease_view(chain, id)?;
        let seconds = u128::from(found.due) + u128::from(found.left);
        equal(id, "seconds", seconds, lease.seconds)?;
        equal(id, "rate", number(found.rate), lease.rate)?;
        let over = found.status > 3;
        equal(id, "end", over.into(), lease.over.into())?;
        let held = if over { 0 } else { lease.held };
        equal(id, "collateral", number(found.collateral), held)?;
        let locked = escrow.lock(escrow_id(id), lease.client);
        equal(id, "lock", locked, lease.rate * lease.seconds)
    }
}

impl Lease {
    fn take(&mut self, id: U256, seconds: u64) -> Result<(), Violation> {
        let left = self.seconds.checked_sub(seconds.into());
        self.seconds = left.ok_or(Violation::WrongLease {
            lease: id.saturating_to(),
            what: "seconds",
            found: seconds.into(),
            expected: self.seconds,
        })?;
        Ok(())
    }
}

fn equal(lease: u64, what: &'static str, found: u128, expected: u128) -> Result<(), Violation> {
    if found == expected {
        return Ok(());
    }
    Err(Violation::WrongLease {
        lease,
        what,
        found,
        expected,
    })
}
