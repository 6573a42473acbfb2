//! Who pays for a task, and at most how much.
//!
//! ```text
//! | budget u96 | client address 160 |
//! ```

use alloy_primitives::{Address, B256};

use crate::{status::Party, word};

/// The client slot of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientSlot {
    /// Who made the task.
    pub client: Address,
    /// The most it can cost, in wei, below 2^96.
    pub budget: u128,
}

impl ClientSlot {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            client: word::address(&word),
            budget: word::large::<12>(&word, 0),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = self.client.into_word();
        word::put::<12>(&mut word, 0, self.budget);
        word
    }

    /// [`Party::Client`], or [`Party::Anyone`].
    pub fn party(&self, caller: Address) -> Party {
        if caller == self.client {
            Party::Client
        } else {
            Party::Anyone
        }
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
            prop_assert_eq!(ClientSlot::unpack(word).pack(), word);
        }
    }

    #[test]
    fn has_the_layout_above() {
        let slot = ClientSlot {
            client: Address::repeat_byte(0xab),
            budget: 0x1234,
        };
        assert_eq!(
            slot.pack()[..12],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0x34]
        );
        assert_eq!(slot.pack()[12..], [0xab; 20]);
    }
}
