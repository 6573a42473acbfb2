//! A proposed result as it lies in storage.

use alloc::vec::Vec;

use alloy_primitives::aliases::U8;
use ogpu_common::amount::{StorageTime, store_time};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageU8, StorageU96},
};

/// Where a proposal is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// There is none.
    None = 0,
    /// It can be challenged until it ends, and concluded from then on.
    Proposed = 1,
    /// The owner judges; from its end on the bond can be released.
    Challenged = 2,
    /// Nothing can happen any more.
    Closed = 3,
}

/// Two slots, and two more for one that is challenged.
#[storage]
pub struct Proposal {
    pub(crate) proposer: StorageAddress,
    /// When the challenge period, then the arbitration period ends.
    pub(crate) ends: StorageTime,
    pub(crate) stage: StorageU8,
    pub(crate) result_hash: StorageB256,
    pub(crate) challenger: StorageAddress,
    pub(crate) bond: StorageU96,
    pub(crate) client: StorageAddress,
    pub(crate) fee: StorageU96,
}

impl Proposal {
    pub(crate) fn stage(&self) -> u8 {
        self.stage.get().into_limbs()[0] as u8
    }

    pub(crate) fn enter(&mut self, stage: Stage, ends: u64) {
        self.stage.set(U8::from_limbs([stage as u64]));
        store_time(&mut self.ends, ends);
    }

    pub(crate) fn close(&mut self) {
        self.stage.set(U8::from_limbs([Stage::Closed as u64]));
    }
}
