//! A quantity's history: its value at every time it changed.

use alloc::vec::Vec; // for `#[storage]`
use alloy_primitives::B256;
use stylus_sdk::{
    prelude::*,
    storage::{StorageB256, StorageMap},
};

use crate::{account::number, errors::CheckpointUnorderedInsertion};

/// The value from a time on, until the next checkpoint. As a slot of a history:
///
/// ```text
/// | value 208 | key 48 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The clock's reading, 48 bits.
    pub key: u64,
    /// The value, at most 2^96 − 1.
    pub value: u128,
}

impl Checkpoint {
    fn unpack(word: B256) -> Self {
        Self {
            key: number(&word[26..]) as u64,
            value: number(&word[10..26]),
        }
    }

    fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word[10..26].copy_from_slice(&self.value.to_be_bytes());
        word[26..].copy_from_slice(&self.key.to_be_bytes()[2..]);
        word
    }
}

/// The last checkpoint and how many there are:
///
/// ```text
/// | count 32 | key 48 | zero 80 | value 96 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Head {
    count: u32,
    last: Checkpoint,
}

impl Head {
    fn unpack(word: B256) -> Self {
        Self {
            count: number(&word[..4]) as u32,
            last: Checkpoint {
                key: number(&word[4..10]) as u64,
                value: number(&word[20..]),
            },
        }
    }

    fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word[..4].copy_from_slice(&self.count.to_be_bytes());
        word[4..10].copy_from_slice(&self.last.key.to_be_bytes()[2..]);
        word[20..].copy_from_slice(&self.last.value.to_be_bytes()[4..]);
        word
    }
}

/// A history in storage.
///
/// The last checkpoint stands in the head, with the count, and moves to the history when a later one follows. So the present
/// value, and any time since it changed, cost one read; a first change writes one slot and a later one two.
#[storage]
pub struct Trace {
    head: StorageB256,
    history: StorageMap<u32, StorageB256>,
}

impl Trace {
    /// How many checkpoints there are.
    pub fn count(&self) -> u32 {
        self.head().count
    }

    /// The present value.
    pub fn latest(&self) -> u128 {
        self.head().last.value
    }

    /// The checkpoint at a position, oldest first, or nothing beyond the last.
    pub fn get(&self, position: u32) -> Option<Checkpoint> {
        let head = self.head();
        match head.count.saturating_sub(position) {
            0 => None,
            1 => Some(head.last),
            _ => Some(self.past(position)),
        }
    }

    /// The value at a time: that of the last checkpoint whose key is not later, or 0 before the first.
    ///
    /// Looks at the head, then back in doubling steps, then by halves: the number of reads grows with the logarithm of how many
    /// checkpoints are later.
    pub fn at(&self, key: u64) -> u128 {
        let head = self.head();
        if head.count == 0 || head.last.key <= key {
            return head.last.value;
        }
        // Checkpoints before `low` are not later than `key`; those from `high` on are.
        let mut high = head.count - 1;
        let mut step = 1;
        let mut low = loop {
            if step > high {
                break 0;
            }
            let probe = high - step;
            if self.past(probe).key <= key {
                break probe + 1;
            }
            high = probe;
            step *= 2;
        };
        while low < high {
            let middle = low + (high - low) / 2;
            if self.past(middle).key <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        match low.checked_sub(1) {
            Some(position) => self.past(position).value,
            None => 0,
        }
    }

    /// Records a new value from `key` on, in place of one recorded for the same `key`.
    ///
    /// # Errors
    /// [`CheckpointUnorderedInsertion`] if a later value is recorded already.
    pub fn push(&mut self, key: u64, value: u128) -> Result<(), CheckpointUnorderedInsertion> {
        let mut head = self.head();
        if head.count == 0 || key > head.last.key {
            if let Some(position) = head.count.checked_sub(1) {
                self.history.insert(position, head.last.pack());
            }
            head.count += 1;
        } else if key < head.last.key {
            return Err(CheckpointUnorderedInsertion {});
        }
        head.last = Checkpoint { key, value };
        self.head.set(head.pack());
        Ok(())
    }

    fn head(&self) -> Head {
        Head::unpack(self.head.get())
    }

    fn past(&self, position: u32) -> Checkpoint {
        Checkpoint::unpack(self.history.get(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stylus_sdk::testing::TestVM;

    #[test]
    fn has_the_documented_layouts() {
        let last = Checkpoint {
            key: 0x0102_0304_0506,
            value: 0x0a0b,
        };
        let mut word = [0; 32];
        word[24..].copy_from_slice(&[0x0a, 0x0b, 1, 2, 3, 4, 5, 6]);
        assert_eq!(last.pack(), B256::from(word));
        let mut word = [0; 32];
        word[..10].copy_from_slice(&[0, 0, 0, 7, 1, 2, 3, 4, 5, 6]);
        word[30..].copy_from_slice(&[0x0a, 0x0b]);
        assert_eq!(Head { count: 7, last }.pack(), B256::from(word));
    }

    #[test]
    fn is_empty_at_first() {
        let trace = Trace::from(&TestVM::new());
        assert_eq!((trace.count(), trace.latest(), trace.at(7)), (0, 0, 0));
        assert_eq!(trace.get(0), None);
        assert_eq!(trace.get(u32::MAX), None);
    }

    #[test]
    fn replaces_a_value_of_the_same_time_and_refuses_an_earlier_one() {
        let mut trace = Trace::from(&TestVM::new());
        assert!(trace.push(5, 1).is_ok());
        assert!(trace.push(5, 2).is_ok());
        assert_eq!((trace.count(), trace.at(4), trace.at(5)), (1, 0, 2));
        assert!(trace.push(4, 3).is_err());
        assert!(trace.push(6, 3).is_ok());
        assert_eq!(trace.get(0), Some(Checkpoint { key: 5, value: 2 }));
        assert_eq!(trace.get(1), Some(Checkpoint { key: 6, value: 3 }));
        assert_eq!(trace.get(2), None);
    }

    proptest! {
        #[test]
        fn finds_what_a_scan_finds(steps in proptest::collection::vec((0u64..4, 0u128..1 << 96), 0..40)) {
            let mut trace = Trace::from(&TestVM::new());
            let mut plain = std::collections::BTreeMap::new();
            let mut now = 0;
            for (wait, value) in steps {
                now += wait;
                prop_assert!(trace.push(now, value).is_ok());
                plain.insert(now, value);
            }
            prop_assert_eq!(trace.count() as usize, plain.len());
            for (position, (key, value)) in plain.iter().enumerate() {
                prop_assert_eq!(trace.get(position as u32), Some(Checkpoint { key: *key, value: *value }));
            }
            for key in 0..=now + 1 {
                let expected = plain.range(..=key).next_back().map_or(0, |(_, value)| *value);
                prop_assert_eq!(trace.at(key), expected);
            }
        }

        #[test]
        fn packs_without_loss(count: u32, key in 0u64..1 << 48, value in 0u128..1 << 96) {
            let last = Checkpoint { key, value };
            prop_assert_eq!(Checkpoint::unpack(last.pack()), last);
            prop_assert_eq!(Head::unpack(Head { count, last }.pack()), Head { count, last });
        }
    }
}
