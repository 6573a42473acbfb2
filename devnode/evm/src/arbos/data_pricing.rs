//! What activating a program pays for the data it makes every node keep.

use super::{ArbosState, DbError, Space};
use revm::{
    context::JournalTr,
    primitives::{B256, U256},
};

/// Wei a byte when there is no demand.
const MIN_PRICE: u64 = 82_928_201;
/// Demand that multiplies the price by e.
const INERTIA: u64 = 21_360_419;
/// Bytes of demand that drain away each second: 2^40 a year.
const BYTES_PER_SECOND: u64 = (1 << 40) / (365 * 24 * 60 * 60);
/// Terms of the exponential series.
const TERMS: u64 = 12;
const ONE_IN_BIPS: u64 = 10_000;

/// Bytes that were recently paid for, and when that was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DataPricer {
    demand: u32,
    updated_at: u64,
}

impl DataPricer {
    /// Adds `bytes` at time `now` and gives their price in wei.
    pub(crate) fn charge(&mut self, bytes: u32, now: u64) -> U256 {
        let drained = now
            .saturating_sub(self.updated_at)
            .saturating_mul(BYTES_PER_SECOND);
        let drained = u32::try_from(drained).unwrap_or(u32::MAX);
        self.demand = self.demand.saturating_sub(drained).saturating_add(bytes);
        self.updated_at = now;
        let exponent = u64::from(self.demand) * ONE_IN_BIPS / INERTIA;
        let price = U256::from(MIN_PRICE) * exp_bips(exponent) / U256::from(ONE_IN_BIPS);
        price * U256::from(bytes)
    }
}

/// e^(bips / 10000) in bips, by Horner's scheme with every term rounded down.
fn exp_bips(bips: u64) -> U256 {
    let one = U256::from(ONE_IN_BIPS);
    let x = U256::from(bips);
    let start = one + x / U256::from(TERMS);
    (1..TERMS)
        .rev()
        .fold(start, |sum, term| one + sum * x / (U256::from(term) * one))
}

impl<J: JournalTr> ArbosState<'_, J> {
    pub(crate) fn data_pricer(&mut self) -> Result<DataPricer, DbError<J>> {
        let [updated_at, demand, ..] = *self.get(Space::DataPricer.slot(B256::ZERO))?.as_limbs();
        Ok(DataPricer {
            demand: demand as u32,
            updated_at,
        })
    }

    pub(crate) fn set_data_pricer(&mut self, pricer: DataPricer) -> Result<(), DbError<J>> {
        let word = U256::from_limbs([pricer.updated_at, pricer.demand.into(), 0, 0]);
        self.set(Space::DataPricer.slot(B256::ZERO), word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_on_an_idle_chain_costs_what_nitro_asks() {
        let mut pricer = DataPricer::default();
        assert_eq!(
            pricer.charge(762_776, 1_800_000_000),
            U256::from(65_551_820_699_344_u64)
        );
    }

    #[test]
    fn demand_raises_the_price_and_drains() {
        let mut pricer = DataPricer::default();
        let first = pricer.charge(1_000_000, 1_000_000);
        let second = pricer.charge(1_000_000, 1_000_000);
        assert!(second > first, "{second} after {first}");
        assert_eq!(pricer.charge(1_000_000, 2_000_000), first);
    }
}
