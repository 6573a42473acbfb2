//! The parameters of the committee: one set in two words. A round keeps the set that it began with.
//!
//! ```text
//! terms:  | min bond u80 | vote slash u16 | beacon slash u16 | plant slash u16
//!         | beacon window u32 | commit window u32 | reveal window u32 | unbonding u32 |
//! values: | 0, 56 | min reveals u8 | medium value u96 | high value u96 |
//! ```

use alloy_primitives::B256;

use crate::{BPS, MAX_AMOUNT, MAX_COLLATERAL, RuleError, share, word};

const DAY: u128 = 24 * 60 * 60;

/// The range of every parameter, in the order of the ABI's struct `Parameters`.
///
/// A node that leaves sits in no vote that is longer than a commit window and three reveal windows, four days, after which a
/// planted task can be opened for three: the shortest unbonding outlasts both.
const RANGES: [(u128, u128); 11] = [
    (1, MAX_COLLATERAL),
    (1, BPS as u128 / 2),
    (1, BPS as u128),
    (1, BPS as u128),
    (1, 255),
    (10, DAY),
    (10, DAY),
    (10, DAY),
    (7 * DAY, 365 * DAY),
    (0, MAX_AMOUNT),
    (0, MAX_AMOUNT),
];

/// One set of parameters. Amounts are wei of oGPU, times seconds, slashes basis points of the least bond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// The least bond with which a node is drawn, below 2^80.
    pub min_bond: u128,
    /// What a minority vote or a missing one costs.
    pub vote_slash: u16,
    /// What a beacon secret costs that is committed and not revealed.
    pub beacon_slash: u16,
    /// What a wrong vote on a planted task costs.
    pub plant_slash: u16,
    /// How many secrets a beacon round needs.
    pub min_reveals: u8,
    /// How long secrets are committed, and then how long they are revealed.
    pub beacon_window: u32,
    /// How long votes are committed.
    pub commit_window: u32,
    /// How long votes are revealed, and by how much a round without quorum is extended.
    pub reveal_window: u32,
    /// How long a bond unbonds.
    pub unbonding: u32,
    /// From this price on, five verify.
    pub medium_value: u128,
    /// From this price on, seven verify.
    pub high_value: u128,
}

impl Params {
    /// Reads the words.
    pub fn unpack(terms: &B256, values: &B256) -> Self {
        Self {
            min_bond: word::large::<10>(terms, 0),
            vote_slash: word::small::<2>(terms, 10) as u16,
            beacon_slash: word::small::<2>(terms, 12) as u16,
            plant_slash: word::small::<2>(terms, 14) as u16,
            min_reveals: word::small::<1>(values, 7) as u8,
            beacon_window: word::small::<4>(terms, 16) as u32,
            commit_window: word::small::<4>(terms, 20) as u32,
            reveal_window: word::small::<4>(terms, 24) as u32,
            unbonding: word::small::<4>(terms, 28) as u32,
            medium_value: word::large::<12>(values, 8),
            high_value: word::large::<12>(values, 20),
        }
    }

    /// Writes the words: terms and values.
    pub fn pack(&self) -> (B256, B256) {
        let (mut terms, mut values) = (B256::ZERO, B256::ZERO);
        word::put::<10>(&mut terms, 0, self.min_bond);
        word::put::<2>(&mut terms, 10, self.vote_slash.into());
        word::put::<2>(&mut terms, 12, self.beacon_slash.into());
        word::put::<2>(&mut terms, 14, self.plant_slash.into());
        word::put::<4>(&mut terms, 16, self.beacon_window.into());
        word::put::<4>(&mut terms, 20, self.commit_window.into());
        word::put::<4>(&mut terms, 24, self.reveal_window.into());
        word::put::<4>(&mut terms, 28, self.unbonding.into());
        word::put::<1>(&mut values, 7, self.min_reveals.into());
        word::put::<12>(&mut values, 8, self.medium_value);
        word::put::<12>(&mut values, 20, self.high_value);
        (terms, values)
    }

    /// The fields in the order of the ABI's struct `Parameters`.
    pub fn fields(&self) -> [u128; 11] {
        [
            self.min_bond,
            self.vote_slash.into(),
            self.beacon_slash.into(),
            self.plant_slash.into(),
            self.min_reveals.into(),
            self.beacon_window.into(),
            self.commit_window.into(),
            self.reveal_window.into(),
            self.unbonding.into(),
            self.medium_value,
            self.high_value,
        ]
    }

    /// The parameters of such fields, all in range.
    ///
    /// # Errors
    /// [`RuleError::OutOfRange`] with the first field that is not; a high value below the medium one is out of range too.
    pub fn checked(fields: [u128; 11]) -> Result<Self, RuleError> {
        for (field, (value, (min, max))) in fields.into_iter().zip(RANGES).enumerate() {
            let min = if field == 10 { fields[9] } else { min };
            if value < min || value > max {
                return Err(RuleError::OutOfRange {
                    value,
                    min,
                    max,
                    field: field as u8,
                });
            }
        }
        let [
            min_bond,
            vote,
            beacon,
            plant,
            reveals,
            window,
            commit,
            reveal,
            unbonding,
            medium,
            high,
        ] = fields;
        Ok(Self {
            min_bond,
            vote_slash: vote as u16,
            beacon_slash: beacon as u16,
            plant_slash: plant as u16,
            min_reveals: reveals as u8,
            beacon_window: window as u32,
            commit_window: commit as u32,
            reveal_window: reveal as u32,
            unbonding: unbonding as u32,
            medium_value: medium,
            high_value: high,
        })
    }

    /// How many verify a task of this price: three, five or seven.
    pub const fn size(&self, price: u128) -> u8 {
        if price >= self.high_value {
            7
        } else if price >= self.medium_value {
            5
        } else {
            3
        }
    }

    /// So many basis points of the least bond, in wei.
    pub const fn slash(&self, bps: u16) -> u128 {
        share(self.min_bond, bps)
    }

    /// How long a vote lasts that is not extended, in seconds.
    pub const fn vote_windows(&self) -> u64 {
        self.commit_window as u64 + self.reveal_window as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIELDS: [u128; 11] = [1_000, 500, 5_000, 10_000, 2, 60, 600, 300, 604_800, 50, 90];

    #[test]
    fn sizes_follow_the_price() {
        let params = Params::checked(FIELDS).unwrap();
        let sizes = [0, 49, 50, 89, 90, u128::MAX].map(|price| params.size(price));
        assert_eq!(sizes, [3, 3, 5, 5, 7, 7]);
        assert_eq!(
            (params.slash(params.vote_slash), params.slash(10_000)),
            (50, 1_000)
        );
        assert_eq!(params.vote_windows(), 900);
    }

    #[test]
    fn every_field_has_its_range() {
        for (field, (min, max)) in RANGES.into_iter().enumerate() {
            for (value, min) in [(min.wrapping_sub(1), min), (max + 1, min), (u128::MAX, min)] {
                let mut fields = FIELDS;
                fields[field] = value;
                let min = if field == 10 { 50 } else { min };
                let error = RuleError::OutOfRange {
                    value,
                    min,
                    max,
                    field: field as u8,
                };
                assert_eq!(Params::checked(fields), Err(error));
            }
        }
        let mut fields = FIELDS;
        fields[10] = 49;
        assert!(Params::checked(fields).is_err(), "high below medium");
    }

    #[test]
    fn unbonding_outlasts_every_vote_and_its_plant() {
        let longest = RANGES[6].1 + 3 * RANGES[7].1 + u128::from(super::super::PLANT_WINDOW);
        assert!(RANGES[8].0 >= longest);
        assert!(RANGES[8].0 >= 2 * RANGES[5].1);
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(shares in prop::array::uniform11(0.0..=1.0f64)) {
            let mut fields = [0; 11];
            for (field, ((min, max), at)) in fields.iter_mut().zip(RANGES.into_iter().zip(shares)) {
                *field = min + ((max - min) as f64 * at) as u128;
                *field = (*field).min(max);
            }
            fields[10] = fields[10].max(fields[9]);
            let params = Params::checked(fields).unwrap();
            let (terms, values) = params.pack();
            prop_assert_eq!(Params::unpack(&terms, &values), params);
            prop_assert_eq!(params.fields(), fields);
        }
    }
}
