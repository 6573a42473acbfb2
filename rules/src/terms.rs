//! What a client asks for beyond a price.
//!
//! ```text
//! | 0, 128 | min trust u16 | trust weight u16 | min collateral u96 |
//! ```

use alloy_primitives::B256;

use crate::{MAX_COLLATERAL, RuleError, fit::MAX_TRUST_WEIGHT, score, share, word};

/// The terms of a task. A task without terms of its own has no minimum and the weight of its parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The least score a bidder needs, `0..=10_000`.
    pub min_trust: u16,
    /// What trust weighs against the price, `0..=8_000`.
    pub trust_weight: u16,
    /// The least collateral of the winner, in wei, below 2^80.
    pub min_collateral: u128,
}

impl Terms {
    /// The terms with every value in its range. Fields count as in the ABI's struct `Terms`.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`].
    pub fn checked(self) -> Result<Self, RuleError> {
        crate::params::in_range(4, self.min_trust as u128, 0, score::MAX as u128)?;
        crate::params::in_range(5, self.min_collateral, 0, MAX_COLLATERAL)?;
        crate::params::in_range(6, self.trust_weight as u128, 0, MAX_TRUST_WEIGHT as u128)?;
        Ok(self)
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            min_trust: word::small::<2>(&word, 16) as u16,
            trust_weight: word::small::<2>(&word, 18) as u16,
            min_collateral: word::large::<12>(&word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<2>(&mut word, 16, self.min_trust as u128);
        word::put::<2>(&mut word, 18, self.trust_weight as u128);
        word::put::<12>(&mut word, 20, self.min_collateral);
        word
    }

    /// The collateral a task at this price needs: `collateral_bps` of the price, and not less than the client's minimum.
    pub fn collateral(&self, price: u128, collateral_bps: u16) -> u128 {
        share(price, collateral_bps).max(self.min_collateral)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn collateral_follows_the_price_above_the_minimum() {
        let terms = Terms {
            min_collateral: 50,
            ..Terms::default()
        };
        assert_eq!(terms.collateral(1_000, 1_000), 100);
        assert_eq!(terms.collateral(100, 1_000), 50);
        assert_eq!(Terms::default().collateral(100, 1_000), 10);
    }

    #[test]
    fn ranges_name_the_field() {
        let terms = Terms {
            min_trust: 10_001,
            ..Terms::default()
        };
        assert_eq!(
            terms.checked(),
            Err(RuleError::OutOfRange {
                field: 4,
                value: 10_001,
                min: 0,
                max: 10_000
            })
        );
        let terms = Terms {
            trust_weight: 8_001,
            ..Terms::default()
        };
        assert_eq!(
            terms.checked(),
            Err(RuleError::OutOfRange {
                field: 6,
                value: 8_001,
                min: 0,
                max: 8_000
            })
        );
    }

    proptest! {
        #[test]
        fn round_trips(min_trust: u16, trust_weight: u16, min_collateral in 0..=crate::MAX_AMOUNT) {
            let terms = Terms { min_trust, trust_weight, min_collateral };
            prop_assert_eq!(Terms::unpack(terms.pack()), terms);
        }
    }
}
