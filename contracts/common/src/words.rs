//! Words of the ABI: 32 bytes each, the first byte the most significant.
//!
//! One function for all errors and one for all events, over fields that are whole words, is a fraction of the code of an encoder
//! for each.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::{host::VM, prelude::*};

/// A number as a word.
#[inline(never)]
pub fn word(number: &U256) -> B256 {
    let mut word = B256::ZERO;
    for (bytes, limb) in word.rchunks_exact_mut(8).zip(number.as_limbs()) {
        bytes.copy_from_slice(&limb.to_be_bytes());
    }
    word
}

/// A word as a number.
#[inline(never)]
pub fn number(word: &B256) -> U256 {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(word.rchunks_exact(8)) {
        let mut eight = [0; 8];
        eight.copy_from_slice(bytes);
        *limb = u64::from_be_bytes(eight);
    }
    U256::from_limbs(limbs)
}

/// An address as a number.
pub fn address(address: Address) -> U256 {
    number(&address.into_word())
}

/// A selector and words: the data of an error, or of a call.
#[inline(never)]
pub fn encode(selector: [u8; 4], words: &[&U256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(4 + 32 * words.len());
    data.extend_from_slice(&selector);
    for number in words {
        data.extend_from_slice(word(number).as_slice());
    }
    data
}

/// Emits an event all of whose fields are words: the indexed ones, then the others, in their order. `tail` comes after the words,
/// padded to whole ones.
#[inline(never)]
pub fn emit(vm: &VM, signature: &B256, indexed: &[&U256], others: &[&U256], tail: &[u8]) {
    let mut bytes = Vec::with_capacity(32 * (2 + indexed.len() + others.len()) + tail.len());
    bytes.extend_from_slice(signature.as_slice());
    for number in indexed.iter().chain(others) {
        bytes.extend_from_slice(word(number).as_slice());
    }
    bytes.extend_from_slice(tail);
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    vm.emit_log(&bytes, 1 + indexed.len());
}
