//! Reading and writing the fields of a 256-bit word, most significant byte first.
//!
//! These are plain loops that are called, not inlined: in a contract every field of every word goes through them.

use alloy_primitives::{Address, B256};

/// The `N` bytes at `at` as a number. `N` is at most 8.
pub(crate) fn small<const N: usize>(word: &B256, at: usize) -> u64 {
    const { assert!(N <= 8) };
    read(word, at, N)
}

/// The `N` bytes at `at` as a number. `N` is more than 8 and at most 16.
pub(crate) fn large<const N: usize>(word: &B256, at: usize) -> u128 {
    const { assert!(N > 8 && N <= 16) };
    (read(word, at, N - 8) as u128) << 64 | read(word, at + N - 8, 8) as u128
}

/// The low 160 bits as an address.
pub(crate) fn address(word: &B256) -> Address {
    Address::from_word(*word)
}

/// Writes the low `N` bytes of `value` at `at`. `N` is at most 16.
pub(crate) fn put<const N: usize>(word: &mut B256, at: usize, value: u128) {
    const { assert!(N <= 16) };
    if N > 8 {
        write(word, at, N - 8, (value >> 64) as u64);
        write(word, at + N - 8, 8, value as u64);
    } else {
        write(word, at, N, value as u64);
    }
}

#[inline(never)]
fn read(word: &B256, at: usize, length: usize) -> u64 {
    let bytes = word.iter().skip(at).take(length);
    bytes.fold(0, |number, byte| number << 8 | *byte as u64)
}

#[inline(never)]
fn write(word: &mut B256, at: usize, length: usize, mut value: u64) {
    for byte in word.iter_mut().skip(at).take(length).rev() {
        *byte = value as u8;
        value >>= 8;
    }
}
