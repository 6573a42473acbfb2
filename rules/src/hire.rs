//! A provider's published price, at which clients hire it directly.
//!
//! ```text
//! | 0, 128 | max duration u32 | price a second u96 |
//! ```

use alloy_primitives::B256;

use crate::{MAX_AMOUNT, word};

/// What a provider can be hired for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublishedPrice {
    /// The longest task, in seconds; zero if it cannot be hired.
    pub max_duration: u32,
    /// Wei a second, below 2^96.
    pub per_second: u128,
}

impl PublishedPrice {
    /// What so many seconds cost, in wei; nothing if it cannot be hired for so long, or the price is no amount.
    pub fn price(&self, duration: u64) -> Option<u128> {
        if duration == 0 || duration > self.max_duration as u64 {
            return None;
        }
        let price = self.per_second.checked_mul(duration as u128)?;
        (price != 0 && price <= MAX_AMOUNT).then_some(price)
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            max_duration: word::small::<4>(&word, 16) as u32,
            per_second: word::large::<12>(&word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<4>(&mut word, 16, self.max_duration as u128);
        word::put::<12>(&mut word, 20, self.per_second);
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_is_for_so_many_seconds() {
        let published = PublishedPrice {
            max_duration: 100,
            per_second: 7,
        };
        assert_eq!(
            [0, 1, 100, 101].map(|seconds| published.price(seconds)),
            [None, Some(7), Some(700), None]
        );
        assert_eq!(PublishedPrice::default().price(1), None);
        let dear = PublishedPrice {
            per_second: MAX_AMOUNT,
            ..published
        };
        assert_eq!((dear.price(1), dear.price(2)), (Some(MAX_AMOUNT), None));
    }

    proptest! {
        #[test]
        fn round_trips(max_duration: u32, per_second in 0..=MAX_AMOUNT) {
            let published = PublishedPrice { max_duration, per_second };
            prop_assert_eq!(PublishedPrice::unpack(published.pack()), published);
        }
    }
}
