//! The ABI encoding of words and texts in a row: the data of events, of one error, and what profiles are digested from.
//!
//! One function for all of them is a fraction of the code of an encoder for each.

use alloc::vec::Vec;

use alloy_primitives::U256;
use ogpu_common::{amount::widen, words};

/// A field of what is encoded.
#[derive(Clone, Copy)]
pub enum Field<'a> {
    /// A word.
    Word(&'a U256),
    /// A `string`, or `bytes`.
    Text(&'a [u8]),
}

/// Adds `abi.encode` of these fields to `data`.
#[inline(never)]
pub fn encode(data: &mut Vec<u8>, fields: &[Field<'_>]) {
    let mut put = |number: &U256| data.extend_from_slice(words::word(number).as_slice());
    let mut offset = 32 * fields.len();
    for field in fields {
        match field {
            Field::Word(number) => put(number),
            Field::Text(text) => {
                put(&length(offset));
                offset += 32 + text.len().next_multiple_of(32);
            }
        }
    }
    for field in fields {
        if let Field::Text(text) = field {
            data.extend_from_slice(words::word(&length(text.len())).as_slice());
            data.extend_from_slice(text);
            data.resize(data.len() + text.len().next_multiple_of(32) - text.len(), 0);
        }
    }
}

/// A length as a word.
pub fn length(length: usize) -> U256 {
    widen(length as u128)
}
