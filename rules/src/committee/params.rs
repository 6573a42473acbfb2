//! The parameters of the committee: one set in two words. A round keeps the set that it began with.
//!
//! ```text
//! terms:  | least bond u80 | vote slash u16 | secret slash u16 | plant slash u16
//!         | beacon window u32 | commit window u32 | reveal window u32 | unbonding u32 |
//! values: | 0, 56 | least secrets u8 | medium value u96 | high value u96 |
//! ```

use alloy_primitives::B256;

use crate::{BPS, MAX_AMOUNT, MAX_COLLATERAL, share};

/// One parameter. Amounts are wei of oGPU, times seconds, slashes basis points of the least bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// The least bond with which a node is drawn: 1 to 2^80 − 1.
    MinBond = 0,
    /// What a minority vote or a missing one costs: 1 to 5,000.
    VoteSlash = 1,
    /// What a secret costs that is committed and not revealed: 1 to 10,000.
    SecretSlash = 2,
    /// What a wrong vote on a planted task costs: 1 to 10,000.
    PlantSlash = 3,
    /// How long secrets are committed, and then how long they are revealed: 10 s to a day.
    BeaconWindow = 4,
    /// How long votes are committed: 10 s to a day.
    CommitWindow = 5,
    /// How long votes are revealed, and by how much a round without quorum is extended: 10 s to a day.
    RevealWindow = 6,
    /// How long a bond unbonds: 7 to 365 days.
    Unbonding = 7,
    /// How many secrets a beacon needs: 1 to 255.
    MinSecrets = 8,
    /// From this price on, five verify; not above the high value.
    MediumValue = 9,
    /// From this price on, seven verify; not below the medium value.
    HighValue = 10,
}

/// How many parameters there are.
pub const FIELDS: usize = 11;

const DAY: u128 = 24 * 60 * 60;

/// Where a parameter stands, counting the bytes of both words, how many bytes it has, and its range.
///
/// A node that leaves sits in no vote that is longer than a commit window and three reveal windows, four days, after which a
/// planted task can be opened for three: the shortest unbonding outlasts both.
static PLACES: [(usize, usize, u128, u128); FIELDS] = [
    (0, 10, 1, MAX_COLLATERAL),
    (10, 2, 1, BPS as u128 / 2),
    (12, 2, 1, BPS as u128),
    (14, 2, 1, BPS as u128),
    (16, 4, 10, DAY),
    (20, 4, 10, DAY),
    (24, 4, 10, DAY),
    (28, 4, 7 * DAY, 365 * DAY),
    (39, 1, 1, 255),
    (40, 12, 0, MAX_AMOUNT),
    (52, 12, 0, MAX_AMOUNT),
];

/// What parameters begin with, in their order: a bond of 1,000 oGPU; 5 %, 50 % and 50 % of it; five minutes, an hour, 15 minutes,
/// 14 days; two secrets; 1,000 and 10,000 oGPU.
static INITIAL: [u128; FIELDS] = [
    1_000 * OGPU,
    500,
    5_000,
    5_000,
    300,
    3_600,
    900,
    14 * DAY,
    2,
    1_000 * OGPU,
    10_000 * OGPU,
];

const OGPU: u128 = 1_000_000_000_000_000_000;

/// A parameter is out of range, or there is none of this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The smallest value possible.
    pub min: u128,
    /// The largest value possible.
    pub max: u128,
}

/// One set of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params([u8; 64]);

impl Params {
    /// What a committee begins with.
    pub fn initial() -> Self {
        let mut params = Self([0; 64]);
        for (field, value) in INITIAL.into_iter().enumerate() {
            params.put(field, value);
        }
        params
    }

    /// Reads the words.
    pub fn unpack(terms: &B256, values: &B256) -> Self {
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(terms.as_slice());
        bytes[32..].copy_from_slice(values.as_slice());
        Self(bytes)
    }

    /// Writes the words: terms and values.
    pub fn pack(&self) -> (B256, B256) {
        let (terms, values) = self.0.split_at(32);
        (B256::from_slice(terms), B256::from_slice(values))
    }

    /// The value of a parameter, by its number; 0 if there is none of this number.
    pub fn number(&self, field: usize) -> u128 {
        let Some((at, length, ..)) = PLACES.get(field) else {
            return 0;
        };
        let bytes = self.0.iter().skip(*at).take(*length);
        bytes.fold(0, |value, byte| value << 8 | *byte as u128)
    }

    /// The value of a parameter.
    pub fn get(&self, field: Field) -> u128 {
        self.number(field as usize)
    }

    /// The set with another value for a parameter, by its number.
    ///
    /// # Errors
    /// [`OutOfRange`].
    pub fn with(mut self, field: usize, value: u128) -> Result<Self, OutOfRange> {
        let (mut min, mut max) = PLACES
            .get(field)
            .map_or((1, 0), |(_, _, min, max)| (*min, *max));
        if field == Field::MediumValue as usize {
            max = self.get(Field::HighValue);
        } else if field == Field::HighValue as usize {
            min = self.get(Field::MediumValue);
        }
        if value < min || value > max {
            return Err(OutOfRange { min, max });
        }
        self.put(field, value);
        Ok(self)
    }

    /// How many verify a task of this price: three, five or seven.
    pub fn size(&self, price: u128) -> u8 {
        if price >= self.get(Field::HighValue) {
            7
        } else if price >= self.get(Field::MediumValue) {
            5
        } else {
            3
        }
    }

    /// What a slash takes, in wei.
    pub fn slash(&self, field: Field) -> u128 {
        share(self.get(Field::MinBond), self.get(field) as u16)
    }

    /// How long a time is, in seconds.
    pub fn seconds(&self, field: Field) -> u64 {
        self.get(field) as u64
    }

    /// Writes a value, which is in range, of a parameter that there is.
    fn put(&mut self, field: usize, mut value: u128) {
        let (at, length, ..) = PLACES[field];
        for byte in self.0.iter_mut().skip(at).take(length).rev() {
            *byte = value as u8;
            value >>= 8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn has_the_documented_layout() {
        let mut params = Params::initial();
        for (field, value) in [
            (0, 0x0102),
            (1, 0x0304),
            (7, 8 * DAY),
            (8, 9),
            (10, OGPU << 20),
        ] {
            params = params.with(field, value).unwrap();
        }
        let (terms, values) = params.pack();
        assert_eq!(terms[..12], [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
        assert_eq!(terms[28..], (8 * DAY as u32).to_be_bytes());
        assert_eq!(values[..8], [0, 0, 0, 0, 0, 0, 0, 9]);
        assert_eq!(values[20..], (OGPU << 20).to_be_bytes()[4..]);
    }

    #[test]
    fn begins_in_range() {
        for (value, (_, length, min, max)) in INITIAL.into_iter().zip(PLACES) {
            assert!((min..=max).contains(&value));
            assert!(max < 1 << (8 * length));
        }
        let initial = Params::initial();
        assert_eq!(initial.seconds(Field::CommitWindow), 3_600);
        assert_eq!(initial.slash(Field::VoteSlash), 50 * OGPU);
        assert_eq!(
            (0..FIELDS)
                .map(|field| initial.number(field))
                .collect::<Vec<_>>(),
            INITIAL
        );
        assert_eq!(initial.number(FIELDS), 0);
    }

    #[test]
    fn a_minority_vote_costs_half_of_the_bond_at_most() {
        let params = Params::initial();
        assert!(params.with(1, 5_000).is_ok());
        assert!(params.with(1, 5_001).is_err());
    }

    #[test]
    fn sizes_follow_the_price() {
        let params = Params::initial();
        let sizes = [
            0,
            1_000 * OGPU - 1,
            1_000 * OGPU,
            10_000 * OGPU - 1,
            10_000 * OGPU,
            MAX_AMOUNT,
        ];
        assert_eq!(sizes.map(|price| params.size(price)), [3, 3, 5, 5, 7, 7]);
    }

    #[test]
    fn every_field_has_its_range() {
        let params = Params::initial();
        for (field, (_, _, min, max)) in PLACES.into_iter().enumerate() {
            let (min, max) = match field {
                9 => (min, 10_000 * OGPU),
                10 => (1_000 * OGPU, max),
                _ => (min, max),
            };
            for value in [min, max] {
                assert_eq!(params.with(field, value).unwrap().number(field), value);
            }
            for value in [min.wrapping_sub(1), max + 1, u128::MAX] {
                assert_eq!(params.with(field, value), Err(OutOfRange { min, max }));
            }
        }
        assert_eq!(params.with(FIELDS, 1), Err(OutOfRange { min: 1, max: 0 }));
    }

    #[test]
    fn unbonding_outlasts_every_vote_and_its_plant() {
        let max = |field: Field| PLACES[field as usize].3;
        let vote = max(Field::CommitWindow) + 3 * max(Field::RevealWindow);
        let least = PLACES[Field::Unbonding as usize].2;
        assert!(least >= vote + u128::from(super::super::PLANT_WINDOW));
        assert!(least >= 2 * max(Field::BeaconWindow));
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(field in 0..FIELDS, share in 0.0..=1.0f64) {
            let (_, _, min, max) = PLACES[field];
            let value = (min + ((max - min) as f64 * share) as u128).min(max);
            let before = Params::initial();
            if let Ok(params) = before.with(field, value) {
                let (terms, values) = params.pack();
                prop_assert_eq!(Params::unpack(&terms, &values), params);
                for other in 0..FIELDS {
                    let expected = if other == field { value } else { before.number(other) };
                    prop_assert_eq!(params.number(other), expected);
                }
            }
        }
    }
}
