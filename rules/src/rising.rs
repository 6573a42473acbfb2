//! A price that rises until a provider takes it: a reverse Dutch auction.
//!
//! ```text
//! | 0, 128 | window u32 | start price u96 |
//! ```

use alloy_primitives::B256;

use crate::{RuleError, word};

/// Where a rising price begins, and how long it rises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rising {
    /// Seconds from the first price to the last, above zero.
    pub window: u32,
    /// The first price, in wei, below 2^96.
    pub start: u128,
}

impl Rising {
    /// A price that starts at `start`, above zero and not above `top`. Fields count as the arguments of `submitTaskWithTerms`.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`].
    pub fn checked(window: u32, start: u128, top: u128) -> Result<Self, RuleError> {
        crate::params::in_range(12, start, 1, top)?;
        Ok(Self { window, start })
    }

    /// The price at `now`, on its way to `top`, which it reaches when the window ends at `end`; rounded down.
    pub fn price(&self, top: u128, end: u64, now: u64) -> u128 {
        let window = self.window.max(1) as u128;
        let left = (end.saturating_sub(now) as u128).min(window);
        let rise = top.saturating_sub(self.start);
        self.start + rise * (window - left) / window
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            window: word::small::<4>(&word, 16) as u32,
            start: word::large::<12>(&word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<4>(&mut word, 16, self.window as u128);
        word::put::<12>(&mut word, 20, self.start);
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_AMOUNT;
    use proptest::prelude::*;

    #[test]
    fn it_rises_evenly() {
        let rising = Rising {
            window: 100,
            start: 50,
        };
        let prices = [0, 900, 901, 950, 999, 1_000, 2_000].map(|now| rising.price(150, 1_000, now));
        assert_eq!(prices, [50, 50, 51, 100, 149, 150, 150]);
    }

    #[test]
    fn it_starts_between_nothing_and_the_top() {
        assert_eq!(
            Rising::checked(9, 1, 1),
            Ok(Rising {
                window: 9,
                start: 1
            })
        );
        for start in [0, 11] {
            let error = RuleError::OutOfRange {
                field: 12,
                value: start,
                min: 1,
                max: 10,
            };
            assert_eq!(Rising::checked(9, start, 10), Err(error));
        }
    }

    proptest! {
        #[test]
        fn it_never_falls_and_stays_in_range(
            window in 1..=u32::MAX, start in 1..=MAX_AMOUNT, more in 0..=MAX_AMOUNT, early: u32, later: u32,
        ) {
            let (rising, top) = (Rising { window, start }, start.saturating_add(more).min(MAX_AMOUNT));
            let end = 10_000_000_000;
            let prices = [early, early.saturating_add(later)].map(|now| rising.price(top, end, end - u64::from(u32::MAX) + u64::from(now)));
            prop_assert!(start <= prices[0] && prices[0] <= prices[1] && prices[1] <= top);
            prop_assert_eq!(rising.price(top, end, end), top);
            prop_assert_eq!(Rising::unpack(rising.pack()), rising);
        }
    }
}
