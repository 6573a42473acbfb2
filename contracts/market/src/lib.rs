//! The market: tasks, bids and cards, as the task manager's proxy stores them, and the steps that its two programs share.
//!
//! A program has at most 24,576 bytes, and the market has more to say than that. So several programs serve one proxy, over one
//! storage: `task-manager` is what the proxy delegates to and has the way of a task from submission to payment; a call that it does
//! not know goes on, by its selector, to one of its extensions, `market-orders`, `market-bids`, `market-leases`, `market-disputes` and
//! `market-admin`. Each of them
//! holds one [`Market`] and nothing else, and all are called under the address of the proxy, as one contract.
//!
//! The rules are in [`ogpu_rules`]. What is here loads words, stores words, calls the escrow, the vault and the registry, and
//! emits events.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]

#[macro_use]
extern crate alloc;

pub mod abi;
pub mod bidding;
mod creation;
pub mod errors;
pub mod events;
mod settlement;
mod siblings;
pub mod store;

use alloc::vec::Vec;

use ogpu_common::{
    amount::StorageTime,
    key::{Number, Pair},
};
use stylus_sdk::{
    prelude::*,
    storage::{
        StorageAddress, StorageB256, StorageBool, StorageMap, StorageU8, StorageU16, StorageU96,
        StorageU256, StorageUint,
    },
};

pub use errors::Error;

/// A contract that judges results.
#[storage]
pub struct StorageVerifier {
    /// The contract.
    pub address: StorageAddress,
    /// No new task can name it.
    pub retired: StorageBool,
}

/// The whole storage of the market.
#[storage]
pub struct Market {
    /// Holds the budgets.
    pub escrow: StorageAddress,
    /// Tasks made so far; the id of the latest.
    pub task_count: StorageUint<40, 1>,
    /// The current set of parameters.
    pub version: StorageU16,
    /// When a pause of new entries ends.
    pub paused_until: StorageTime,
    /// Holds the stakes.
    pub vault: StorageAddress,
    /// Verifiers ever approved; they count from 1.
    pub verifier_count: StorageU8,
    /// Knows the providers and their scores.
    pub registry: StorageAddress,
    /// The program that has what the task manager does not know, by selector.
    pub extensions: StorageMap<u32, StorageAddress>,
    /// [`ogpu_rules::HotParams`] by version.
    pub hot_params: StorageMap<u16, StorageB256>,
    /// [`ogpu_rules::ColdParams`] by version.
    pub cold_params: StorageMap<u16, StorageB256>,
    /// [`ogpu_rules::ClientSlot`] by task.
    pub clients: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::TaskState`] by task.
    pub states: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::Terms`] by task, for tasks that have their own.
    pub terms: StorageMap<Number, StorageB256>,
    /// Who pays, by task, where that is not the client.
    pub sponsors: StorageMap<Number, StorageAddress>,
    /// What the client told the verifier, by task.
    pub verifier_data: StorageMap<Number, StorageB256>,
    /// The root of the list of providers that may bid, by task.
    pub allow_lists: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::Rising`] by task.
    pub risings: StorageMap<Number, StorageB256>,
    /// Sealed bids by task and provider, until they are opened.
    pub commitments: StorageMap<Pair, StorageB256>,
    /// Who can judge instead of clients, by number.
    pub verifiers: StorageMap<u8, StorageVerifier>,
    /// [`ogpu_rules::PublishedPrice`] by provider.
    pub prices: StorageMap<Number, StorageB256>,
    /// How often a provider has taken its signed bids back.
    pub bid_nonces: StorageMap<Number, StorageU256>,
    /// [`ogpu_rules::Card`] by provider.
    pub cards: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::Entry`] by task and provider, for bids that found their place taken.
    pub entries: StorageMap<Pair, StorageB256>,
    /// Leases made so far; the id of the latest.
    pub lease_count: StorageUint<40, 1>,
    /// [`ogpu_rules::Agreement`] by lease.
    pub agreements: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::Lease`] by lease.
    pub leases: StorageMap<Number, StorageB256>,
    /// [`ogpu_rules::Entry`] by place and provider: see [`ogpu_rules::entry`].
    pub places: StorageMap<Pair, StorageB256>,
    /// The seals of delivered results, by task.
    pub seals: StorageMap<Number, StorageB256>,
    /// The budget from which on a task is of high value, by version of the parameters.
    pub high_values: StorageMap<u16, StorageU96>,
}

#[allow(unsafe_code)] // it is the programs' whole storage, which is all that the SDK asks
unsafe impl TopLevelStorage for Market {}

/// Makes a program of the market: a storage that is one [`Market`], as which it can be used.
#[macro_export]
macro_rules! program {
    ($program:ident) => {
        impl core::ops::Deref for $program {
            type Target = $crate::Market;

            fn deref(&self) -> &$crate::Market {
                &self.market
            }
        }

        impl core::ops::DerefMut for $program {
            fn deref_mut(&mut self) -> &mut $crate::Market {
                &mut self.market
            }
        }
    };
}
