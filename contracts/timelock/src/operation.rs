//! Operations: what identifies one, and how it stands.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::{
    Calldata,
    amount::time,
    words::{self, word},
};

/// The time of readiness that stands for an operation that is done.
pub const DONE: U256 = U256::ONE;

/// How an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Not scheduled, or cancelled.
    Unset,
    /// Scheduled, and too early to execute.
    Waiting,
    /// Can be executed.
    Ready,
    /// Executed, for good.
    Done,
}

impl State {
    /// The state that a time of readiness (seconds since 1970; 0: unset, 1: done) stands for at the time `now`.
    pub fn of(timestamp: U256, now: u64) -> Self {
        if timestamp.is_zero() {
            Self::Unset
        } else if timestamp == DONE {
            Self::Done
        } else if timestamp > time(now) {
            Self::Waiting
        } else {
            Self::Ready
        }
    }

    /// Whether it can be executed, now or later.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::Ready)
    }

    /// The bit that stands for it where several states are named.
    pub const fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// The calls of an operation, in their order. What a call sends comes in wei of ether.
#[derive(Clone, Copy, Debug)]
pub struct Calls<'a> {
    /// Who is called.
    pub targets: &'a [Address],
    /// What each is sent.
    pub values: &'a [U256],
    /// What each is called with.
    pub payloads: &'a [Calldata],
}

impl<'a> Calls<'a> {
    /// Whether there are as many targets as values and payloads.
    pub fn is_even(&self) -> bool {
        self.targets.len() == self.values.len() && self.targets.len() == self.payloads.len()
    }

    /// The calls, numbered from 0.
    pub fn iter(&self) -> impl Iterator<Item = (U256, Address, &'a U256, &'a [u8])> + use<'a> {
        let calls = self.targets.iter().zip(self.values).zip(self.payloads);
        calls
            .enumerate()
            .map(|(index, ((target, value), payload))| {
                (size(index), *target, value, payload.0.as_slice())
            })
    }
}

/// A number of bytes or items, as a word.
pub fn size(size: usize) -> U256 {
    time(size as u64)
}

/// What identifies an operation of one call: keccak256 of `abi.encode(target, value, data, predecessor, salt)`.
pub fn hash(target: Address, value: &U256, data: &[u8], predecessor: &B256, salt: &B256) -> B256 {
    let mut encoding = Vec::with_capacity(6 * 32 + padded(data));
    for number in [&words::address(target), value, &size(5 * 32)] {
        push(&mut encoding, number);
    }
    for word in [predecessor, salt] {
        encoding.extend_from_slice(word.as_slice());
    }
    push_bytes(&mut encoding, data);
    keccak256(encoding)
}

/// What identifies an operation of several calls: keccak256 of `abi.encode(targets, values, payloads, predecessor, salt)`.
pub fn hash_batch(calls: &Calls, predecessor: &B256, salt: &B256) -> B256 {
    let Calls {
        targets,
        values,
        payloads,
    } = calls;
    let values_at = 32 * (5 + 1 + targets.len());
    let payloads_at = values_at + 32 * (1 + values.len());
    let tail: usize = payloads.iter().map(|data| 32 + padded(&data.0)).sum();
    let mut encoding = Vec::with_capacity(payloads_at + 32 * (1 + payloads.len()) + tail);
    for at in [5 * 32, values_at, payloads_at] {
        push(&mut encoding, &size(at));
    }
    for word in [predecessor, salt] {
        encoding.extend_from_slice(word.as_slice());
    }
    push(&mut encoding, &size(targets.len()));
    for target in *targets {
        push(&mut encoding, &words::address(*target));
    }
    push(&mut encoding, &size(values.len()));
    for value in *values {
        push(&mut encoding, value);
    }
    push(&mut encoding, &size(payloads.len()));
    let mut at = 32 * payloads.len();
    for data in *payloads {
        push(&mut encoding, &size(at));
        at += 32 + padded(&data.0);
    }
    for data in *payloads {
        push_bytes(&mut encoding, &data.0);
    }
    keccak256(encoding)
}

fn padded(data: &[u8]) -> usize {
    data.len().next_multiple_of(32)
}

#[inline(never)]
fn push(encoding: &mut Vec<u8>, number: &U256) {
    encoding.extend_from_slice(word(number).as_slice());
}

#[inline(never)]
fn push_bytes(encoding: &mut Vec<u8>, data: &[u8]) {
    push(encoding, &size(data.len()));
    encoding.extend_from_slice(data);
    encoding.resize(encoding.len().next_multiple_of(32), 0);
}
