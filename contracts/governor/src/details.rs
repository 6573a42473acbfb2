//! What proposals do, kept so that whoever queues, executes or cancels one needs nothing but its id.
//!
//! The calls stand one after the other, without padding, in as many words as that takes:
//!
//! ```text
//! | bytes that follow 24 | description hash 256 | call … |
//! a call: | target 160 | bytes of the value 8 | value | bytes of the calldata 24 | calldata |
//! ```

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::{
    Calldata,
    words::{number, word},
};
use stylus_sdk::storage::StorageKey;

use crate::{Governor, encoding::Actions, small};

/// A word of the details of the proposal with a number.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// The number of the proposal.
    pub proposal: u32,
    /// The position of the word.
    pub position: usize,
}

impl StorageKey for Piece {
    /// Words of a proposal follow one another from a hashed place on.
    fn to_slot(&self, root: B256) -> U256 {
        let mut words = [0; 64];
        words[..32].copy_from_slice(word(&small(self.proposal)).as_slice());
        words[32..].copy_from_slice(root.as_slice());
        number(&keccak256(words)).wrapping_add(U256::from_limbs([self.position as u64, 0, 0, 0]))
    }
}

/// Packs the calls of a proposal.
pub fn pack(actions: &Actions, description_hash: &B256) -> Vec<u8> {
    let mut bytes = vec![0; 3];
    bytes.extend_from_slice(description_hash.as_slice());
    let calls = actions.targets.iter().zip(&actions.values);
    for ((target, value), Calldata(data)) in calls.zip(&actions.calldatas) {
        let value = word(value);
        let zeros = value.iter().take_while(|byte| **byte == 0).count();
        bytes.extend_from_slice(target.as_slice());
        bytes.push(32 - zeros as u8);
        bytes.extend_from_slice(&value[zeros..]);
        bytes.extend_from_slice(&(data.len() as u32).to_be_bytes()[1..]);
        bytes.extend_from_slice(data);
    }
    let length = (bytes.len() - 3) as u32;
    bytes[..3].copy_from_slice(&length.to_be_bytes()[1..]);
    bytes
}

/// How many bytes there are in all, by the first of them.
fn packed_length(bytes: &[u8]) -> usize {
    let [high, middle, low] = [0, 1, 2].map(|index| usize::from(bytes[index]));
    3 + (high << 16 | middle << 8 | low)
}

/// Unpacks the calls of a proposal, and the hash of its description.
pub fn unpack(bytes: &[u8]) -> (Actions, B256) {
    let mut actions = Actions::default();
    let mut rest = bytes;
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at(length.min(rest.len()));
        rest = left;
        (taken, !left.is_empty())
    };
    take(3);
    let (hash, mut more) = take(32);
    let hash = padded(hash);
    while more {
        actions.targets.push(Address::from_word(padded(take(20).0)));
        let length = take(1).0;
        let value = take(length[0].into()).0;
        actions.values.push(number(&padded(value)));
        let length = packed_length(take(3).0) - 3;
        let data;
        (data, more) = take(length);
        actions.calldatas.push(Calldata(data.to_vec()));
    }
    (actions, hash)
}

/// At most 32 bytes as a word, at its end.
fn padded(bytes: &[u8]) -> B256 {
    let mut word = B256::ZERO;
    word[32 - bytes.len()..].copy_from_slice(bytes);
    word
}

impl Governor {
    /// Keeps the calls of the proposal with this number.
    pub fn store_details(&mut self, proposal: u32, actions: &Actions, description_hash: &B256) {
        let bytes = pack(actions, description_hash);
        for (position, chunk) in bytes.chunks(32).enumerate() {
            let mut word = B256::ZERO;
            word[..chunk.len()].copy_from_slice(chunk);
            self.details.insert(Piece { proposal, position }, word);
        }
    }

    /// The calls of the proposal with this number, which must exist, and the hash of its description.
    pub fn load_details(&self, proposal: u32) -> (Actions, B256) {
        let mut bytes = Vec::new();
        let mut position = 0;
        loop {
            let word = self.details.get(Piece { proposal, position });
            bytes.extend_from_slice(word.as_slice());
            position += 1;
            let length = packed_length(&bytes);
            if bytes.len() >= length {
                bytes.truncate(length);
                return unpack(&bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use stylus_sdk::testing::TestVM;

    #[test]
    fn an_ordinary_call_takes_three_words() {
        let actions = Actions {
            targets: vec![Address::repeat_byte(1)],
            values: vec![U256::ZERO],
            calldatas: vec![Calldata(vec![7; 36])],
        };
        assert_eq!(pack(&actions, &B256::ZERO).len(), 95);
    }

    proptest! {
        #[test]
        fn keeps_what_it_is_given(
            calls in proptest::collection::vec((any::<[u8; 20]>(), any::<[u64; 4]>(), 0u8..5, proptest::collection::vec(any::<u8>(), 0..100)), 0..4),
            hash: [u8; 32], proposal in 1u32..1 << 24,
        ) {
            let mut actions = Actions::default();
            for (target, limbs, length, data) in calls {
                actions.targets.push(target.into());
                let value = if length == 0 { U256::ZERO } else { U256::from_limbs(limbs) >> (64 * (4 - usize::from(length))) };
                actions.values.push(value);
                actions.calldatas.push(Calldata(data));
            }
            let hash = B256::from(hash);
            prop_assert_eq!(unpack(&pack(&actions, &hash)), (actions.clone(), hash));
            let mut governor = Governor::from(&TestVM::new());
            governor.store_details(proposal, &actions, &hash);
            prop_assert_eq!(governor.load_details(proposal), (actions, hash));
        }
    }
}
