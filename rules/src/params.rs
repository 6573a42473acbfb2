//! The parameters of the market: one set in two words, so that the common path reads one, and the budget that counts as high.
//!
//! ```text
//! hot:   | bid bond u80 | late bid window u16 | fee u16 | trust weight u16 | collateral u16 | slash u16
//!        | review window u32 | challenge window u32 | assignment grace u32 |
//! cold:  | min client stake u80 | dispute bond u80 | bidding window u32 | arbitration window u32 | max duration u32 |
//! ```

use alloy_primitives::B256;

use crate::{BPS, MAX_AMOUNT, MAX_COLLATERAL, RuleError, Terms, fit::MAX_TRUST_WEIGHT, word};

const DAY: u128 = 24 * 60 * 60;

/// The highest fee: a fifth of the price.
pub const MAX_FEE_BPS: u16 = 2_000;
/// The longest time for bids, in seconds: 30 days.
pub const MAX_BIDDING_WINDOW: u64 = 30 * DAY as u64;

/// The range of every parameter, in the order of the ABI's struct `Parameters`.
static RANGES: [(u128, u128); 15] = [
    (0, MAX_FEE_BPS as u128),
    (0, MAX_TRUST_WEIGHT as u128),
    (0, BPS as u128),
    (0, BPS as u128),
    (0, MAX_COLLATERAL),
    (0, MAX_COLLATERAL),
    (1, MAX_BIDDING_WINDOW as u128),
    (1, 30 * DAY),
    (1, 30 * DAY),
    (1, 90 * DAY),
    (0, 30 * DAY),
    (1, 365 * DAY),
    (0, 3_600),
    (0, MAX_COLLATERAL),
    (0, MAX_AMOUNT),
];

/// What bidding, assigning and settling read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HotParams {
    /// What a provider leaves with a bid, in wei, below 2^80.
    pub bid_bond: u128,
    /// A bid that takes the lead in the last so many seconds extends the bidding to so many seconds after itself.
    pub late_bid_window: u16,
    /// The protocol's share of a payment.
    pub fee_bps: u16,
    /// What trust weighs against the price where the client does not say.
    pub trust_weight: u16,
    /// Collateral of a task, as a share of its price.
    pub collateral_bps: u16,
    /// What a failure costs, as a share of the collateral.
    pub slash_bps: u16,
    /// Seconds the client has to judge a delivered result.
    pub review_window: u32,
    /// Seconds after the client's judgement in which it can be disputed.
    pub challenge_window: u32,
    /// Seconds after the bidding in which a provider can still be assigned.
    pub assignment_grace: u32,
}

impl HotParams {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            bid_bond: word::large::<10>(&word, 0),
            late_bid_window: word::small::<2>(&word, 10) as u16,
            fee_bps: word::small::<2>(&word, 12) as u16,
            trust_weight: word::small::<2>(&word, 14) as u16,
            collateral_bps: word::small::<2>(&word, 16) as u16,
            slash_bps: word::small::<2>(&word, 18) as u16,
            review_window: word::small::<4>(&word, 20) as u32,
            challenge_window: word::small::<4>(&word, 24) as u32,
            assignment_grace: word::small::<4>(&word, 28) as u32,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<10>(&mut word, 0, self.bid_bond);
        word::put::<2>(&mut word, 10, self.late_bid_window as u128);
        word::put::<2>(&mut word, 12, self.fee_bps as u128);
        word::put::<2>(&mut word, 14, self.trust_weight as u128);
        word::put::<2>(&mut word, 16, self.collateral_bps as u128);
        word::put::<2>(&mut word, 18, self.slash_bps as u128);
        word::put::<4>(&mut word, 20, self.review_window as u128);
        word::put::<4>(&mut word, 24, self.challenge_window as u128);
        word::put::<4>(&mut word, 28, self.assignment_grace as u128);
        word
    }

    /// The terms of a task whose client gave none.
    pub fn default_terms(&self) -> Terms {
        Terms {
            trust_weight: self.trust_weight,
            ..Terms::default()
        }
    }
}

/// What making a task and ending a dispute read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColdParams {
    /// The stake a client needs in the vault, in wei, below 2^80; zero: none, and the vault is not asked.
    pub min_client_stake: u128,
    /// What a side leaves with a dispute that it opens, in wei, below 2^80.
    pub dispute_bond: u128,
    /// Seconds of bidding where the client does not say.
    pub bidding_window: u32,
    /// Seconds the owner has to arbitrate.
    pub arbitration_window: u32,
    /// The longest duration of a task, in seconds.
    pub max_duration: u32,
}

impl ColdParams {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            min_client_stake: word::large::<10>(&word, 0),
            dispute_bond: word::large::<10>(&word, 10),
            bidding_window: word::small::<4>(&word, 20) as u32,
            arbitration_window: word::small::<4>(&word, 24) as u32,
            max_duration: word::small::<4>(&word, 28) as u32,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<10>(&mut word, 0, self.min_client_stake);
        word::put::<10>(&mut word, 10, self.dispute_bond);
        word::put::<4>(&mut word, 20, self.bidding_window as u128);
        word::put::<4>(&mut word, 24, self.arbitration_window as u128);
        word::put::<4>(&mut word, 28, self.max_duration as u128);
        word
    }
}

impl ColdParams {
    /// The duration and the bidding window of a new task, in range; no window means the one of the parameters. Fields count as in the
    /// ABI's struct `Terms`.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`].
    pub fn times(&self, duration: u64, window: Option<u64>) -> Result<(u32, u32), RuleError> {
        in_range(2, duration as u128, 1, self.max_duration as u128)?;
        let window = window.unwrap_or(self.bidding_window as u64);
        in_range(3, window as u128, 1, MAX_BIDDING_WINDOW as u128)?;
        Ok((duration as u32, window as u32))
    }
}

/// A whole set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// The word of the common path.
    pub hot: HotParams,
    /// The other word.
    pub cold: ColdParams,
    /// The budget from which on a task is of high value, in wei; zero: none is.
    pub high_value: u128,
}

impl Params {
    /// Whether a task with this budget is of high value under a threshold.
    pub const fn is_high_value(budget: u128, threshold: u128) -> bool {
        threshold != 0 && budget >= threshold
    }

    /// The set with every value in its range. Fields count as in the ABI's struct `Parameters`.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`].
    pub fn checked(self) -> Result<Self, RuleError> {
        let Self {
            hot,
            cold,
            high_value,
        } = self;
        let values = [
            hot.fee_bps as u128,
            hot.trust_weight as u128,
            hot.collateral_bps as u128,
            hot.slash_bps as u128,
            hot.bid_bond,
            cold.min_client_stake,
            cold.bidding_window as u128,
            hot.review_window as u128,
            hot.challenge_window as u128,
            cold.arbitration_window as u128,
            hot.assignment_grace as u128,
            cold.max_duration as u128,
            hot.late_bid_window as u128,
            cold.dispute_bond,
            high_value,
        ];
        for (field, (value, (min, max))) in values.into_iter().zip(RANGES).enumerate() {
            in_range(field as u8, value, min, max)?;
        }
        Ok(self)
    }
}

/// Refuses a value outside `min..=max`.
///
/// # Errors
/// [`RuleError::OutOfRange`].
#[inline(never)]
pub fn in_range(field: u8, value: u128, min: u128, max: u128) -> Result<(), RuleError> {
    if value < min || value > max {
        Err(RuleError::OutOfRange {
            field,
            value,
            min,
            max,
        })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usual() -> Params {
        Params {
            hot: HotParams {
                bid_bond: 1 << 60,
                late_bid_window: 60,
                fee_bps: 250,
                trust_weight: 3_000,
                collateral_bps: 1_000,
                slash_bps: 5_000,
                review_window: 86_400,
                challenge_window: 43_200,
                assignment_grace: 3_600,
            },
            cold: ColdParams {
                min_client_stake: 0,
                dispute_bond: 0,
                bidding_window: 600,
                arbitration_window: 604_800,
                max_duration: 86_400,
            },
            high_value: 0,
        }
    }

    #[test]
    fn the_longest_times_in_seconds() {
        let longest: Vec<_> = RANGES[6..13].iter().map(|(_, most)| *most).collect();
        let (month, quarter, year) = (2_592_000, 7_776_000, 31_536_000);
        assert_eq!(longest, [month, month, month, quarter, month, year, 3_600]);
    }

    #[test]
    fn a_client_without_terms_gets_the_usual_weight_of_trust() {
        let terms = usual().hot.default_terms();
        assert_eq!(terms.trust_weight, 3_000);
        assert_eq!(
            terms,
            Terms {
                trust_weight: 3_000,
                ..Terms::default()
            }
        );
    }

    #[test]
    fn ranges_name_the_field() {
        assert_eq!(usual().checked(), Ok(usual()));
        let mut params = usual();
        params.hot.fee_bps = 2_001;
        assert_eq!(
            params.checked(),
            Err(RuleError::OutOfRange {
                field: 0,
                value: 2_001,
                min: 0,
                max: 2_000
            })
        );
        let mut params = usual();
        params.cold.max_duration = 0;
        assert_eq!(
            params.checked(),
            Err(RuleError::OutOfRange {
                field: 11,
                value: 0,
                min: 1,
                max: 365 * DAY
            })
        );
        let mut params = usual();
        params.hot.late_bid_window = 3_601;
        assert_eq!(
            params.checked(),
            Err(RuleError::OutOfRange {
                field: 12,
                value: 3_601,
                min: 0,
                max: 3_600
            })
        );
    }

    #[test]
    fn times_of_a_task_have_bounds() {
        let cold = usual().cold;
        assert_eq!(cold.times(86_400, None), Ok((86_400, 600)));
        assert_eq!(cold.times(1, Some(5)), Ok((1, 5)));
        assert_eq!(
            cold.times(86_401, None),
            Err(RuleError::OutOfRange {
                field: 2,
                value: 86_401,
                min: 1,
                max: 86_400
            })
        );
        assert!(cold.times(u64::MAX, None).is_err());
        assert_eq!(
            cold.times(1, Some(0)),
            Err(RuleError::OutOfRange {
                field: 3,
                value: 0,
                min: 1,
                max: 2_592_000
            })
        );
    }

    #[test]
    fn a_high_value_is_at_or_above_the_threshold() {
        assert!(!Params::is_high_value(u128::MAX, 0));
        assert!(!Params::is_high_value(99, 100));
        assert!(Params::is_high_value(100, 100));
    }

    proptest! {
        #[test]
        fn hot_round_trips(word: [u8; 32]) {
            let word = B256::from(word);
            prop_assert_eq!(HotParams::unpack(word).pack(), word);
        }

        #[test]
        fn cold_round_trips(head: [u8; 24]) {
            let word = B256::right_padding_from(&head);
            prop_assert_eq!(ColdParams::unpack(word).pack(), word);
        }
    }
}
