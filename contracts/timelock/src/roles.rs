//! Who may do what.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{signature::hash, words::number};
use stylus_sdk::{keccak_const::Keccak256, storage::StorageKey};

/// Gives and takes every role, itself included.
pub const DEFAULT_ADMIN_ROLE: B256 = B256::ZERO;
/// Schedules operations.
pub const PROPOSER_ROLE: B256 = role("PROPOSER_ROLE");
/// Executes operations that are ready. Everybody does if the zero address has it.
pub const EXECUTOR_ROLE: B256 = role("EXECUTOR_ROLE");
/// Cancels operations that are not done.
pub const CANCELLER_ROLE: B256 = role("CANCELLER_ROLE");

const fn role(name: &str) -> B256 {
    B256::new(Keccak256::new().update(name.as_bytes()).finalize())
}

/// A key of storage: a role and an account, in one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member(pub B256, pub Address);

impl StorageKey for Member {
    fn to_slot(&self, root: B256) -> U256 {
        number(&hash(&[self.0, self.1.into_word(), root]))
    }
}
