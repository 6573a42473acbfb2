//! What a client asks for beyond a price.
//!
//! ```text
//! | verifier fee u96 | flags u8 | verifier u8 | reveal minutes u16 | min trust u16 | trust weight u16 | min collateral u96 |
//! ```
//!
//! Flags: bits 0 and 1 say how providers bid ([`Bidding`]), bit 2 that only listed providers may, bit 3 that somebody else pays.

use alloy_primitives::B256;

use crate::{MAX_AMOUNT, MAX_COLLATERAL, RuleError, fit::MAX_TRUST_WEIGHT, score, share, word};

/// How providers offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Bidding {
    /// Bids that everybody sees; the best fit wins.
    #[default]
    Open = 0,
    /// Bids that nobody sees before the last minutes, when they are opened; the best fit wins.
    Sealed = 1,
    /// A price that rises until a provider takes it.
    Rising = 2,
}

impl Bidding {
    /// The way with this number.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`] for numbers that no way has.
    pub fn from_number(number: u8) -> Result<Self, RuleError> {
        crate::params::in_range(11, number as u128, 0, 2)?;
        Ok(Self::of_bits(number))
    }

    const fn of_bits(bits: u8) -> Self {
        match bits & 3 {
            1 => Self::Sealed,
            2 => Self::Rising,
            _ => Self::Open,
        }
    }
}

const LISTED: u8 = 4;
const SPONSORED: u8 = 8;

/// The terms of a task. A task without terms of its own has no minimum, the weight of its parameters, and its client as verifier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The least score a bidder needs, `0..=10_000`.
    pub min_trust: u16,
    /// What trust weighs against the price, `0..=8_000`.
    pub trust_weight: u16,
    /// The least collateral of the winner, in wei, below 2^80.
    pub min_collateral: u128,
    /// Who judges the result: a number of the list of verifiers, or 0 for the client.
    pub verifier: u8,
    /// What the verifier gets out of the budget for a verdict, in wei, below 2^96.
    pub verifier_fee: u128,
    /// How providers offer.
    pub bidding: Bidding,
    /// The last minutes of the bidding, in which sealed bids are opened.
    pub reveal_minutes: u16,
    /// Only listed providers may bid.
    pub listed: bool,
    /// Somebody else than the client pays.
    pub sponsored: bool,
}

impl Terms {
    /// The terms with every value in its range. Fields count as the arguments of `submitTaskWithTerms`.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`].
    pub fn checked(self) -> Result<Self, RuleError> {
        crate::params::in_range(4, self.min_trust as u128, 0, score::MAX as u128)?;
        crate::params::in_range(5, self.min_collateral, 0, MAX_COLLATERAL)?;
        crate::params::in_range(6, self.trust_weight as u128, 0, MAX_TRUST_WEIGHT as u128)?;
        let fee = if self.verifier == 0 { 0 } else { MAX_AMOUNT };
        crate::params::in_range(8, self.verifier_fee, 0, fee)?;
        Ok(self)
    }

    /// What providers can ask of a budget: all of it but the verifier's fee.
    pub const fn spendable(&self, budget: u128) -> u128 {
        budget.saturating_sub(self.verifier_fee)
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        let flags = word[12];
        Self {
            min_trust: word::small::<2>(&word, 16) as u16,
            trust_weight: word::small::<2>(&word, 18) as u16,
            min_collateral: word::large::<12>(&word, 20),
            verifier: word[13],
            verifier_fee: word::large::<12>(&word, 0),
            bidding: Bidding::of_bits(flags),
            reveal_minutes: word::small::<2>(&word, 14) as u16,
            listed: flags & LISTED != 0,
            sponsored: flags & SPONSORED != 0,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<2>(&mut word, 16, self.min_trust as u128);
        word::put::<2>(&mut word, 18, self.trust_weight as u128);
        word::put::<12>(&mut word, 20, self.min_collateral);
        word::put::<12>(&mut word, 0, self.verifier_fee);
        word[12] = self.bidding as u8
            | if self.listed { LISTED } else { 0 }
            | if self.sponsored { SPONSORED } else { 0 };
        word[13] = self.verifier;
        word::put::<2>(&mut word, 14, self.reveal_minutes as u128);
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

    #[test]
    fn only_a_verifier_is_paid() {
        let terms = Terms {
            verifier_fee: 1,
            ..Terms::default()
        };
        let error = RuleError::OutOfRange {
            field: 8,
            value: 1,
            min: 0,
            max: 0,
        };
        assert_eq!(terms.checked(), Err(error));
        let terms = Terms {
            verifier: 3,
            ..terms
        };
        assert_eq!(terms.checked(), Ok(terms));
        assert_eq!((terms.spendable(10), terms.spendable(0)), (9, 0));
    }

    #[test]
    fn ways_of_bidding_have_numbers() {
        let ways = [Bidding::Open, Bidding::Sealed, Bidding::Rising];
        for (number, way) in ways.into_iter().enumerate() {
            assert_eq!(Bidding::from_number(number as u8), Ok(way));
            assert_eq!(way as usize, number);
        }
        let error = RuleError::OutOfRange {
            field: 11,
            value: 3,
            min: 0,
            max: 2,
        };
        assert_eq!(Bidding::from_number(3), Err(error));
    }

    proptest! {
        #[test]
        fn round_trips(
            numbers: (u16, u16, u16, u8), min_collateral in 0..=crate::MAX_AMOUNT, verifier_fee in 0..=crate::MAX_AMOUNT,
            way in 0..3_u8, listed: bool, sponsored: bool,
        ) {
            let (min_trust, trust_weight, reveal_minutes, verifier) = numbers;
            let terms = Terms {
                min_trust, trust_weight, min_collateral, verifier, verifier_fee, reveal_minutes, listed, sponsored,
                bidding: Bidding::from_number(way).unwrap(),
            };
            prop_assert_eq!(Terms::unpack(terms.pack()), terms);
        }
    }
}
