//! What a challenge costs and who gets what in the end: plain functions over plain values.
//!
//! Amounts are wei of oGPU, at most 2^96 − 1; shares are basis points (10,000 = all); times are seconds.

use ogpu_rules::share;

/// The shortest challenge period: ten minutes.
pub const MIN_CHALLENGE_PERIOD: u64 = 10 * 60;

/// The longest challenge period: seven days.
pub const MAX_CHALLENGE_PERIOD: u64 = 7 * 24 * 60 * 60;

/// The shortest arbitration period: a day.
pub const MIN_ARBITRATION_PERIOD: u64 = 24 * 60 * 60;

/// The longest arbitration period: ninety days. No bond is held for longer.
pub const MAX_ARBITRATION_PERIOD: u64 = 90 * 24 * 60 * 60;

/// The largest share of the price that a bond can be, in basis points: more would protect false results, not the market.
pub const MAX_BOND_BPS: u16 = 5_000;

/// The highest lower bound of bonds: 10,000 oGPU.
pub const MAX_MIN_BOND: u128 = 10_000 * 1_000_000_000_000_000_000;

/// What the owner sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// How long a proposed result can be challenged, in seconds.
    pub challenge_period: u64,
    /// How long a bond waits for the owner's judgement, in seconds.
    pub arbitration_period: u64,
    /// The bond as a share of the task's price, in basis points.
    pub bond_bps: u16,
    /// The least bond, in wei; above zero.
    pub min_bond: u128,
}

/// A parameter out of its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Which one, counted from 0 in the order of [`Parameters`].
    pub field: u8,
    /// What it was.
    pub value: u128,
    /// The least it can be.
    pub minimum: u128,
    /// The most it can be.
    pub maximum: u128,
}

impl Parameters {
    /// What holds until the owner sets others: an hour to challenge, two weeks to judge, a tenth of the price and at least 10 oGPU.
    pub const INITIAL: Self = Self {
        challenge_period: 60 * 60,
        arbitration_period: 14 * 24 * 60 * 60,
        bond_bps: 1_000,
        min_bond: 10 * 1_000_000_000_000_000_000,
    };

    /// Passes parameters within their bounds.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let fields = [
            (
                self.challenge_period.into(),
                MIN_CHALLENGE_PERIOD.into(),
                MAX_CHALLENGE_PERIOD.into(),
            ),
            (
                self.arbitration_period.into(),
                MIN_ARBITRATION_PERIOD.into(),
                MAX_ARBITRATION_PERIOD.into(),
            ),
            (self.bond_bps.into(), 0, MAX_BOND_BPS.into()),
            (self.min_bond, 1, MAX_MIN_BOND),
        ];
        for (field, (value, minimum, maximum)) in (0..).zip(fields) {
            if value < minimum || value > maximum {
                return Err(OutOfBounds {
                    field,
                    value,
                    minimum,
                    maximum,
                });
            }
        }
        Ok(())
    }

    /// The bond for challenging the result of a task of this price, in wei; never zero.
    pub fn bond(&self, price: u128) -> u128 {
        share(price, self.bond_bps).max(self.min_bond)
    }
}

/// How a challenge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// The result was false.
    ChallengerRight = 1,
    /// The result was right.
    ChallengerWrong = 2,
    /// Nobody has judged in time.
    Unjudged = 3,
}

/// Who gets how much of a bond and a fee, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Whoever challenged.
    pub challenger: u128,
    /// Whoever proposed.
    pub proposer: u128,
    /// The client of the task.
    pub client: u128,
    /// The treasury.
    pub treasury: u128,
}

impl Split {
    /// A challenger that was right gets its bond and the fee; one that was wrong loses the bond to the treasury, and the fee is the
    /// proposer's. Without a judgement everybody gets back what was theirs: the challenger the bond, the client the fee.
    pub const fn of(outcome: Outcome, bond: u128, fee: u128) -> Self {
        let nobody = Self {
            challenger: 0,
            proposer: 0,
            client: 0,
            treasury: 0,
        };
        match outcome {
            Outcome::ChallengerRight => Self {
                challenger: bond + fee,
                ..nobody
            },
            Outcome::ChallengerWrong => Self {
                proposer: fee,
                treasury: bond,
                ..nobody
            },
            Outcome::Unjudged => Self {
                challenger: bond,
                client: fee,
                ..nobody
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use ogpu_rules::MAX_AMOUNT;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn initial_parameters_are_within_bounds() {
        assert_eq!(Parameters::INITIAL.check(), Ok(()));
    }

    #[test]
    fn every_bound_holds_on_both_sides() {
        let initial = Parameters::INITIAL;
        let with = |field: u8, value: u128| match field {
            0 => Parameters {
                challenge_period: value as u64,
                ..initial
            },
            1 => Parameters {
                arbitration_period: value as u64,
                ..initial
            },
            2 => Parameters {
                bond_bps: value as u16,
                ..initial
            },
            _ => Parameters {
                min_bond: value,
                ..initial
            },
        };
        for (field, minimum, maximum) in [
            (0, 600, 604_800),
            (1, 86_400, 7_776_000),
            (2, 0, 5_000),
            (3, 1, 10_000_000_000_000_000_000_000),
        ] {
            assert_eq!(with(field, minimum).check(), Ok(()));
            assert_eq!(with(field, maximum).check(), Ok(()));
            let below = minimum.checked_sub(1);
            for value in below.into_iter().chain([maximum + 1]) {
                let error = OutOfBounds {
                    field,
                    value,
                    minimum,
                    maximum,
                };
                assert_eq!(with(field, value).check(), Err(error));
            }
        }
    }

    #[test]
    fn bonds_are_a_share_of_the_price_with_a_floor() {
        let parameters = Parameters {
            bond_bps: 1_000,
            min_bond: 50,
            ..Parameters::INITIAL
        };
        for (price, bond) in [(0, 50), (509, 50), (510, 51), (1_000, 100), (1_009, 100)] {
            assert_eq!(parameters.bond(price), bond, "{price}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_made(bond in 0..=MAX_AMOUNT, fee in 0..=MAX_AMOUNT) {
            for outcome in [Outcome::ChallengerRight, Outcome::ChallengerWrong, Outcome::Unjudged] {
                let Split { challenger, proposer, client, treasury } = Split::of(outcome, bond, fee);
                prop_assert_eq!(challenger + proposer + client + treasury, bond + fee);
                let bond_lost = outcome == Outcome::ChallengerWrong;
                prop_assert_eq!(challenger >= bond, !bond_lost || bond == 0);
                prop_assert_eq!(treasury, if bond_lost { bond } else { 0 });
            }
        }

        #[test]
        fn a_bond_is_never_zero_nor_above_half_of_a_price_that_covers_the_floor(
            price in 0..=MAX_AMOUNT, bond_bps in 0..=MAX_BOND_BPS, min_bond in 1..=MAX_MIN_BOND,
        ) {
            let parameters = Parameters { bond_bps, min_bond, ..Parameters::INITIAL };
            let bond = parameters.bond(price);
            prop_assert!(bond >= min_bond);
            prop_assert!(bond == min_bond || bond <= price / 2);
        }
    }
}
