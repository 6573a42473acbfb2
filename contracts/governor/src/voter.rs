//! What is known of a voter: the nonce of the next ballot to sign, and a bit for each proposal voted on.
//!
//! ```text
//! first window   | voted on proposals 192 … 1 | nonce 64 |
//! next windows   | voted on 256 more |
//! ```
//!
//! So a ballot, signed or not, writes one word, and after the first proposal that word is there already.

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::{amount::time, words::number};
use stylus_sdk::storage::StorageKey;

use crate::{Governor, proposal::eight, with_bit};

/// A word of a voter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Whose.
    pub voter: Address,
    /// Which, from 0.
    pub index: u32,
}

impl StorageKey for Window {
    /// Windows of a voter follow one another from a hashed place on.
    fn to_slot(&self, root: B256) -> U256 {
        let mut words = [0; 64];
        words[..32].copy_from_slice(self.voter.into_word().as_slice());
        words[32..].copy_from_slice(root.as_slice());
        number(&keccak256(words)).wrapping_add(time(self.index.into()))
    }
}

/// Where the bit for the proposal with this number, from 1, stands: the index of the window, and the position in it.
pub const fn place(proposal: u32) -> (u32, u32) {
    let position = 63 + proposal;
    (position / 256, position % 256)
}

impl Governor {
    /// The nonce of the next ballot that `voter` signs.
    pub fn nonce_of(&self, voter: Address) -> u64 {
        eight(&self.voters.get(Window { voter, index: 0 }), 24)
    }

    /// Uses up the nonce of a ballot.
    pub fn use_nonce(&mut self, voter: Address) {
        let window = Window { voter, index: 0 };
        let mut word = self.voters.get(window);
        let next = eight(&word, 24) + 1;
        word[24..].copy_from_slice(&next.to_be_bytes());
        self.voters.insert(window, word);
    }

    /// The word in which the ballot of `voter` on this proposal is marked, marked, and whether it was.
    pub fn marked(&self, voter: Address, proposal: u32) -> (Window, B256, bool) {
        let (index, position) = place(proposal);
        let window = Window { voter, index };
        let (word, had) = with_bit(self.voters.get(window), position);
        (window, word, had)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stylus_sdk::testing::TestVM;

    #[test]
    fn the_first_window_has_192_proposals_and_the_next_256() {
        assert_eq!(place(1), (0, 64));
        assert_eq!(place(192), (0, 255));
        assert_eq!(place(193), (1, 0));
        assert_eq!(place(448), (1, 255));
        assert_eq!(place(449), (2, 0));
    }

    proptest! {
        #[test]
        fn marks_one_proposal_and_keeps_the_nonce(numbers in proptest::collection::btree_set(1u32..1_000, 1..20), other in 1u32..1_000, uses in 0u64..5) {
            let mut governor = Governor::from(&TestVM::new());
            let voter = Address::repeat_byte(1);
            for proposal in &numbers {
                let (window, word, had) = governor.marked(voter, *proposal);
                prop_assert!(!had);
                governor.voters.insert(window, word);
            }
            (0..uses).for_each(|_| governor.use_nonce(voter));
            prop_assert_eq!(governor.nonce_of(voter), uses);
            for proposal in &numbers {
                prop_assert!(governor.marked(voter, *proposal).2);
            }
            prop_assert_eq!(governor.marked(voter, other).2, numbers.contains(&other));
            prop_assert!(!governor.marked(Address::repeat_byte(2), other).2);
        }
    }
}
