//! Reading and writing the fields of a 256-bit word, most significant byte first.

use alloy_primitives::{Address, B256};

/// The `N` bytes at `at` as a number. `N` is at most 8.
pub(crate) fn small<const N: usize>(word: &B256, at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes[8 - N..].copy_from_slice(&word[at..at + N]);
    u64::from_be_bytes(bytes)
}

/// The `N` bytes at `at` as a number. `N` is at most 16.
pub(crate) fn large<const N: usize>(word: &B256, at: usize) -> u128 {
    let mut bytes = [0; 16];
    bytes[16 - N..].copy_from_slice(&word[at..at + N]);
    u128::from_be_bytes(bytes)
}

/// The low 160 bits as an address.
pub(crate) fn address(word: &B256) -> Address {
    Address::from_slice(&word[12..])
}

/// Writes the low `N` bytes of `value` at `at`. `N` is at most 16.
pub(crate) fn put<const N: usize>(word: &mut B256, at: usize, value: u128) {
    word[at..at + N].copy_from_slice(&value.to_be_bytes()[16 - N..]);
}
