//! How well a bid fits a task.
//!
//! ```text
//! saving = 10,000 · (budget − price) / budget
//! fit    = ((10,000 − w) · saving + w · trust) / 10,000        w: the weight of trust, chosen by the client
//! ```

use crate::{BPS, score};

/// The largest weight a client can give to trust: the price always counts for a fifth.
pub const MAX_TRUST_WEIGHT: u16 = 8_000;

/// The fit of a bid, `0..=10_000`: falls with the price, rises with the trust.
///
/// A price above the budget counts as the budget; trust and weight above 10,000 count as 10,000.
pub const fn fit(price: u128, budget: u128, trust: u16, trust_weight: u16) -> u16 {
    let trust = if trust > score::MAX {
        score::MAX
    } else {
        trust
    } as u64;
    let weight = if trust_weight > BPS {
        BPS
    } else {
        trust_weight
    } as u64;
    (((BPS as u64 - weight) * saving(price, budget) + weight * trust) / BPS as u64) as u16
}

/// How much of the budget a price saves, in basis points.
const fn saving(price: u128, budget: u128) -> u64 {
    // 50 significant bits of the budget are enough, and keep the product below 2^64.
    let excess = (u128::BITS - budget.leading_zeros()).saturating_sub(50);
    let saved = (budget.saturating_sub(price) >> excess) as u64;
    match (BPS as u64 * saved).checked_div((budget >> excess) as u64) {
        Some(saving) => saving,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OGPU: u128 = 1_000_000_000_000_000_000;

    #[test]
    fn weighs_price_against_trust() {
        assert_eq!(fit(80 * OGPU, 100 * OGPU, 5_000, 0), 2_000);
        assert_eq!(fit(80 * OGPU, 100 * OGPU, 5_000, 10_000), 5_000);
        assert_eq!(fit(80 * OGPU, 100 * OGPU, 5_000, 3_000), 2_900);
        assert_eq!(fit(100 * OGPU, 100 * OGPU, 0, 3_000), 0);
        assert_eq!(fit(0, 100 * OGPU, 10_000, 3_000), 10_000);
        assert_eq!(fit(1, 0, 10_000, 0), 0);
    }

    proptest! {
        #[test]
        fn stays_in_range(price: u128, budget: u128, trust: u16, weight: u16) {
            prop_assert!(fit(price, budget, trust, weight) <= BPS);
        }

        #[test]
        fn a_lower_price_never_fits_worse(a: u128, b: u128, budget: u128, trust: u16, weight: u16) {
            prop_assert!(fit(a.min(b), budget, trust, weight) >= fit(a.max(b), budget, trust, weight));
        }

        #[test]
        fn more_trust_never_fits_worse(price: u128, budget: u128, a: u16, b: u16, weight: u16) {
            prop_assert!(fit(price, budget, a.max(b), weight) >= fit(price, budget, a.min(b), weight));
        }

        #[test]
        fn close_to_the_exact_quotient(budget in 1u128..=crate::MAX_AMOUNT, part in 0u16..=BPS) {
            let price = crate::share(budget, part);
            let exact = (BPS as u128 * (budget - price) / budget) as u16;
            prop_assert!(fit(price, budget, 0, 0).abs_diff(exact) <= 1);
        }
    }
}
