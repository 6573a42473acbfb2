//! A provider's bid on a task.
//!
//! ```text
//! | 0 u120 | task u40 | price u96 |
//! ```
//!
//! A bid that stands has a price above zero, and its bond is held.
//!
//! A new slot costs 22,100 gas, a used one 5,000. So a provider has [`PLACES`] places for its bids, which it uses again and again: the bid
//! on task `t` goes into place `t mod PLACES`, unless a bid is there that can still win or has won; then it gets a slot of its own.

use alloy_primitives::B256;

use crate::{MAX_AMOUNT, RuleError, word};

/// How many places a provider has for its bids.
pub const PLACES: u64 = 64;

/// The bid in an entry slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The task it is or was on, below 2^40; zero in a slot that was never used.
    pub task: u64,
    /// The price asked, in wei, below 2^96; zero if there is no bid.
    pub price: u128,
}

/// What a bid means once it is made: see [`crate::TaskState::hold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It can still win, or it won a task that is not settled.
    Bid,
    /// It cannot win any more; its bond is the provider's to take back.
    Bond,
    /// It won, and the settlement has given the bond back.
    Nothing,
}

impl Entry {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            task: word::small::<5>(&word, 15),
            price: word::large::<12>(&word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<5>(&mut word, 15, self.task as u128);
        word::put::<12>(&mut word, 20, self.price);
        word
    }

    /// No bid, on this task: a place is left like this, since a slot that is not zero is cheaper to use again.
    pub const fn none(task: u64) -> Self {
        Self { task, price: 0 }
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
        Ok(Self { price, ..self })
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
        let bid = Entry::none(7).bid(90, 100).unwrap();
        assert_eq!(bid.bid(90, 100), Ok(bid));
        assert_eq!(bid.bid(80, 100), Ok(Entry { task: 7, price: 80 }));
        assert_eq!(
            bid.bid(91, 100),
            Err(RuleError::PriceRaised {
                price: 91,
                standing: 90
            })
        );
        assert_eq!(bid.bid(0, 100), Err(RuleError::Zero));
        assert_eq!(
            Entry::none(7).bid(100, 100),
            Ok(Entry {
                task: 7,
                price: 100
            })
        );
        assert!(Entry::none(7).bid(MAX_AMOUNT, u128::MAX).is_ok());
        assert_eq!(
            Entry::none(7).bid(MAX_AMOUNT + 1, u128::MAX),
            Err(RuleError::PriceAboveBudget {
                price: MAX_AMOUNT + 1,
                budget: u128::MAX
            })
        );
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
        fn round_trips(task in 0u64..1 << 40, price in 0..=MAX_AMOUNT) {
            let entry = Entry { task, price };
            prop_assert_eq!(Entry::unpack(entry.pack()), entry);
            prop_assert_eq!(entry.stands(), price != 0);
            prop_assert_eq!(Entry::none(task).pack() == B256::ZERO, task == 0);
        }
    }
}
