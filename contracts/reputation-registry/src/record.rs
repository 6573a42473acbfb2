//! A provider's slot.

use alloy_primitives::{Address, B256};
use ogpu_rules::score;

/// What one slot keeps of a provider, so that an outcome reads and writes one slot.
///
/// ```text
/// | owner 160 | completed 24 | failed 16 | score 16 | updated at 40 |
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The account that registered; zero if there is no such provider.
    pub owner: Address,
    /// Tasks settled well. Stays at 2^24 − 1 once there.
    pub completed: u32,
    /// Tasks settled badly. Stays at 2^16 − 1 once there.
    pub failed: u16,
    /// The score when it last changed, `0..=10_000`.
    pub score: u16,
    /// When the score last changed, in seconds since 1970, below 2^40.
    pub updated_at: u64,
}

/// The most completed tasks that are counted.
const MAX_COMPLETED: u32 = (1 << 24) - 1;

impl Record {
    /// The record of a new provider.
    pub const fn new(owner: Address, now: u64) -> Self {
        Self {
            owner,
            completed: 0,
            failed: 0,
            score: score::START,
            updated_at: now,
        }
    }

    /// Reads the slot.
    pub fn unpack(word: B256) -> Self {
        let number = |start: usize, end: usize| {
            word[start..end]
                .iter()
                .fold(0, |value, byte| value << 8 | u64::from(*byte))
        };
        Self {
            owner: Address::from_slice(&word[..20]),
            completed: number(20, 23) as u32,
            failed: number(23, 25) as u16,
            score: number(25, 27) as u16,
            updated_at: number(27, 32),
        }
    }

    /// The slot's new content.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word[..20].copy_from_slice(self.owner.as_slice());
        word[20..23].copy_from_slice(&self.completed.to_be_bytes()[1..]);
        word[23..25].copy_from_slice(&self.failed.to_be_bytes());
        word[25..27].copy_from_slice(&self.score.to_be_bytes());
        word[27..].copy_from_slice(&self.updated_at.to_be_bytes()[3..]);
        word
    }

    /// The score at a time: it drifts back to the start while nothing happens.
    pub fn score_at(&self, now: u64) -> u16 {
        score::decayed(self.score, now.saturating_sub(self.updated_at))
    }

    /// The record after the score became `score`.
    pub fn with_score(self, score: u16, now: u64) -> Self {
        Self {
            score,
            updated_at: now,
            ..self
        }
    }

    /// The record with one more task that went well (`success`) or not.
    pub fn with_task(self, success: bool) -> Self {
        if success {
            Self {
                completed: MAX_COMPLETED.min(self.completed + 1),
                ..self
            }
        } else {
            Self {
                failed: self.failed.saturating_add(1),
                ..self
            }
        }
    }

    /// The record with one task less that went well (`success`) or not.
    pub fn without_task(self, success: bool) -> Self {
        if success {
            Self {
                completed: self.completed.saturating_sub(1),
                ..self
            }
        } else {
            Self {
                failed: self.failed.saturating_sub(1),
                ..self
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn has_the_documented_layout() {
        let record = Record {
            owner: Address::repeat_byte(0xee),
            completed: 0x010203,
            failed: 0x0405,
            score: 0x0607,
            updated_at: 0x08090a0b0c,
        };
        let mut word = [0xee; 32];
        word[20..].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!(record.pack(), B256::from(word));
    }

    #[test]
    fn counters_stay_at_their_ends() {
        let full = Record {
            completed: MAX_COMPLETED,
            failed: u16::MAX,
            ..Record::new(Address::repeat_byte(1), 7)
        };
        assert_eq!(full.with_task(true), full);
        assert_eq!(full.with_task(false), full);
        let none = Record::new(Address::repeat_byte(1), 7);
        assert_eq!(none.without_task(true), none);
        assert_eq!(none.without_task(false), none);
        assert_eq!(none.with_task(true).without_task(true), none);
        assert_eq!(none.with_task(false).without_task(false), none);
        assert_eq!(none.with_task(false).failed, 1);
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(
            owner: [u8; 20],
            completed in 0..=MAX_COMPLETED,
            failed: u16,
            score: u16,
            updated_at in 0u64..1 << 40,
        ) {
            let record = Record { owner: owner.into(), completed, failed, score, updated_at };
            prop_assert_eq!(Record::unpack(record.pack()), record);
        }
    }
}
