//! A provider's bid on a task.
//!
//! ```text
//! | 0, 160 | price u96 |
//! ```
//!
//! A bid that stands has a price above zero, and its bond is held. Once the winner has delivered, its slot holds the 256 bits of the
//! result's seal instead; the price is then in the state of the task.

use alloy_primitives::B256;

use crate::{MAX_AMOUNT, RuleError, word};

/// The bid in an entry slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The price asked, in wei, below 2^96; zero if there is no bid.
    pub price: u128,
}

impl Entry {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            price: word::large::<12>(&word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<12>(&mut word, 20, self.price);
        word
    }

    /// The entry with a new price: the first, the same, or a lower one.
    ///
    /// # Errors
    /// [`RuleError::Zero`], [`RuleError::PriceAboveBudget`], [`RuleError::PriceRaised`].
    pub fn bid(self, price: u128, budget: u128) -> Result<Self, RuleError> {
        if price == 0 {
            return Err(RuleError::Zero);
        }
        if price > budget || price > MAX_AMOUNT {
            return Err(RuleError::PriceAboveBudget { price, budget });
        }
        if self.stands() && price > self.price {
            return Err(RuleError::PriceRaised {
                price,
                standing: self.price,
            });
        }
        Ok(Self { price })
    }

    /// Whether a word is the seal of a result rather than a bid; a seal whose first 160 bits are zero cannot be told apart.
    pub fn is_seal(word: B256) -> bool {
        word[..20] != [0; 20]
    }

    /// Whether there is a bid.
    pub const fn stands(&self) -> bool {
        self.price != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bid_only_falls() {
        let bid = Entry::default().bid(90, 100).unwrap();
        assert_eq!(bid.bid(90, 100), Ok(bid));
        assert_eq!(bid.bid(80, 100), Ok(Entry { price: 80 }));
        assert_eq!(
            bid.bid(91, 100),
            Err(RuleError::PriceRaised {
                price: 91,
                standing: 90
            })
        );
        assert_eq!(bid.bid(0, 100), Err(RuleError::Zero));
        assert_eq!(
            Entry::default().bid(101, 100),
            Err(RuleError::PriceAboveBudget {
                price: 101,
                budget: 100
            })
        );
    }

    proptest! {
        #[test]
        fn round_trips(price in 0..=MAX_AMOUNT) {
            let entry = Entry { price };
            prop_assert_eq!(Entry::unpack(entry.pack()), entry);
            prop_assert_eq!(entry.pack() == B256::ZERO, !entry.stands());
            prop_assert!(!Entry::is_seal(entry.pack()) && Entry::is_seal(B256::with_last_byte(1) | B256::left_padding_from(&[1; 13])));
        }
    }
}
