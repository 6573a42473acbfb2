//! What the market knows of a provider.
//!
//! ```text
//! | free collateral u80 | trust u16 | owner address 160 |
//! ```

use alloy_primitives::{Address, B256};

use crate::{MAX_COLLATERAL, RuleError, status::Party, terms::Terms, word};

/// A provider's card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// Who acts for the provider, and whose stake the collateral is. Zero: there is no card.
    pub owner: Address,
    /// The score when the card was last refreshed, `0..=10_000`.
    pub trust: u16,
    /// Collateral that no bid and no task holds, in wei, below 2^80.
    pub free: u128,
}

impl Card {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            owner: word::address(&word),
            trust: word::small::<2>(&word, 10) as u16,
            free: word::large::<10>(&word, 0),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = self.owner.into_word();
        word::put::<10>(&mut word, 0, self.free);
        word::put::<2>(&mut word, 10, self.trust as u128);
        word
    }

    /// [`Party::Provider`], or [`Party::Anyone`].
    pub fn party(&self, caller: Address) -> Party {
        if caller == self.owner {
            Party::Provider
        } else {
            Party::Anyone
        }
    }

    /// Adds to the free collateral.
    ///
    /// # Errors
    /// [`RuleError::CollateralTooHigh`] above 2^80 − 1 wei.
    pub fn credit(self, amount: u128) -> Result<Self, RuleError> {
        match self.free.saturating_add(amount) {
            free if free <= MAX_COLLATERAL => Ok(Self { free, ..self }),
            amount => Err(RuleError::CollateralTooHigh { amount }),
        }
    }

    /// Gives back collateral that came from this card. What a card cannot hold is left with the vault's lock.
    pub fn restore(self, amount: u128) -> Self {
        Self {
            free: self.free.saturating_add(amount).min(MAX_COLLATERAL),
            ..self
        }
    }

    /// Takes from the free collateral.
    ///
    /// # Errors
    /// [`RuleError::CollateralTooLow`] if there is less.
    pub fn debit(self, amount: u128) -> Result<Self, RuleError> {
        match self.free.checked_sub(amount) {
            Some(free) => Ok(Self { free, ..self }),
            None => Err(RuleError::CollateralTooLow {
                free: self.free,
                required: amount,
            }),
        }
    }

    /// Whether the provider can take a task under these terms that needs this collateral.
    ///
    /// # Errors
    /// [`RuleError::TrustTooLow`] and [`RuleError::CollateralTooLow`].
    pub fn check_eligible(&self, terms: &Terms, collateral: u128) -> Result<(), RuleError> {
        if self.trust < terms.min_trust {
            return Err(RuleError::TrustTooLow {
                trust: self.trust,
                required: terms.min_trust,
            });
        }
        self.debit(collateral).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(word: [u8; 32]) {
            let word = B256::from(word);
            prop_assert_eq!(Card::unpack(word).pack(), word);
        }

        #[test]
        fn credit_and_debit_undo_each_other(
            free in 0..=MAX_COLLATERAL,
            trust: u16,
            amount in prop_oneof![0..=MAX_COLLATERAL, any::<u128>()],
        ) {
            let card = Card { owner: Address::repeat_byte(1), trust, free };
            if let Ok(richer) = card.credit(amount) {
                prop_assert!(richer.free <= MAX_COLLATERAL);
                prop_assert_eq!(richer.debit(amount), Ok(card));
                prop_assert_eq!(card.restore(amount), richer);
            }
            prop_assert!(card.restore(amount).free <= MAX_COLLATERAL);
            prop_assert_eq!(card.debit(amount).is_ok(), amount <= free);
        }
    }

    #[test]
    fn has_the_layout_above() {
        let card = Card {
            owner: Address::repeat_byte(0xab),
            trust: 0x1388,
            free: 7,
        };
        assert_eq!(
            card.pack()[..12],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0x13, 0x88]
        );
        assert_eq!(card.pack()[12..], [0xab; 20]);
    }

    #[test]
    fn its_owner_acts_for_the_provider() {
        let card = Card {
            owner: Address::repeat_byte(1),
            ..Card::default()
        };
        assert_eq!(card.party(Address::repeat_byte(1)), Party::Provider);
        assert_eq!(card.party(Address::repeat_byte(2)), Party::Anyone);
    }

    #[test]
    fn what_is_too_much_is_refused_or_left() {
        let card = |free| Card {
            owner: Address::repeat_byte(1),
            trust: 5_000,
            free,
        };
        assert_eq!(card(40).credit(2), Ok(card(42)));
        assert_eq!(card(1).credit(MAX_COLLATERAL - 1), Ok(card(MAX_COLLATERAL)));
        assert_eq!(
            card(1).credit(MAX_COLLATERAL),
            Err(RuleError::CollateralTooHigh {
                amount: MAX_COLLATERAL + 1
            })
        );
        assert_eq!(card(40).restore(2), card(42));
        assert_eq!(card(1).restore(MAX_COLLATERAL), card(MAX_COLLATERAL));
        assert_eq!(card(42).debit(2), Ok(card(40)));
    }

    #[test]
    fn eligible_by_trust_and_collateral() {
        let card = Card {
            owner: Address::ZERO,
            trust: 5_000,
            free: 100,
        };
        let terms = Terms {
            min_trust: 5_000,
            ..Terms::default()
        };
        assert_eq!(card.check_eligible(&terms, 100), Ok(()));
        assert_eq!(
            card.check_eligible(&terms, 101),
            Err(RuleError::CollateralTooLow {
                free: 100,
                required: 101
            })
        );
        let terms = Terms {
            min_trust: 5_001,
            ..terms
        };
        assert_eq!(
            card.check_eligible(&terms, 0),
            Err(RuleError::TrustTooLow {
                trust: 5_000,
                required: 5_001
            })
        );
    }
}
