//! The verification committee: nodes, beacons and votes as its proxy stores them, and the steps that its two programs share.
//!
//! A program has at most 24,576 bytes, and less is cheaper to call. So two serve one proxy, over one storage:
//! `verification-committee` is what the proxy delegates to and has the way of a task from request to verdict; what it does not know it
//! hands on to `committee-nodes`, which has bonds, parameters, planted tasks and views. Each holds one [`Committee`] and nothing else,
//! and both are called under the address of the proxy, as one contract.
//!
//! The rules are in [`ogpu_rules::committee`]. What is here loads words, stores words, calls the market, the escrow and the token, and
//! emits events.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]

#[macro_use]
extern crate alloc;

mod beacons;
pub mod errors;
pub mod events;
mod nodes;
mod rounds;
mod siblings;
mod tallies;

use alloc::vec::Vec;

use alloy_primitives::{
    Address, B256, U256,
    aliases::{U16, U32},
};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::{StorageTime, nonzero},
    key::{Account, Number, Pair},
    words,
};
use ogpu_rules::committee::{Node, Params, Round, Seat};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU16, StorageU32},
};

use errors::TooManyVersions;
pub use errors::{Error, small};
use events::TreasuryChanged;

/// The whole storage of the committee.
#[storage]
pub struct Committee {
    /// Bonds and what is owed: a [`Node`] each.
    pub accounts: StorageMap<Account, StorageB256>,
    /// Who has which number: `| 0, 64 | next vacant number, while this one is vacant, u32 | account 160 |`.
    pub numbers: StorageMap<Number, StorageB256>,
    /// How many numbers there are, from 1.
    pub number_count: StorageU32,
    /// The first vacant number; 0 for none.
    pub first_vacant: StorageU32,
    /// The newest beacon; 0 for none.
    pub newest_beacon: StorageU32,
    /// The newest version of the parameters.
    pub version: StorageU16,
    /// Until when no node joins.
    pub paused_until: StorageTime,
    /// A [`Beacon`](ogpu_rules::committee::Beacon) each.
    pub beacons: StorageMap<Number, StorageB256>,
    /// The exclusive or of all secrets that were revealed to a beacon.
    pub mixes: StorageMap<Number, StorageB256>,
    /// Commitments to secrets that are not revealed, by beacon and node.
    pub secrets: StorageMap<Pair, StorageB256>,
    /// A [`Round`] for each task.
    pub rounds: StorageMap<Number, StorageB256>,
    /// The numbers of a task's committee, seven times u32, from the left.
    pub committees: StorageMap<Number, StorageB256>,
    /// A [`Seat`] for each member of each committee.
    pub seats: StorageMap<Pair, StorageB256>,
    /// When which commitment was planted.
    pub plants: StorageMap<Number, StorageB256>,
    /// Versions of the parameters: terms.
    pub terms: StorageMap<Number, StorageB256>,
    /// Versions of the parameters: values.
    pub values: StorageMap<Number, StorageB256>,
    /// The program that has what the first does not know.
    pub extension: StorageAddress,
    /// The oGPU token.
    pub token: StorageAddress,
    /// Whose tasks are verified.
    pub market: StorageAddress,
    /// Where the market pays fees.
    pub escrow: StorageAddress,
    /// Who is owed what nobody else is.
    pub treasury: StorageAddress,
    /// Who plants tasks.
    pub planter: StorageAddress,
}

#[allow(unsafe_code)] // it is the programs' whole storage, which is all that the SDK asks
unsafe impl TopLevelStorage for Committee {}

/// Makes a program of the committee: a storage that is one [`Committee`], as which it can be used.
#[macro_export]
macro_rules! program {
    ($program:ident) => {
        impl core::ops::Deref for $program {
            type Target = $crate::Committee;

            fn deref(&self) -> &$crate::Committee {
                &self.committee
            }
        }

        impl core::ops::DerefMut for $program {
            fn deref_mut(&mut self) -> &mut $crate::Committee {
                &mut self.committee
            }
        }
    };
}

impl Committee {
    /// Who has a number; zero if it is vacant.
    pub fn holder(&self, number: &U256) -> Address {
        Address::from_word(self.numbers.get(Number(*number)))
    }

    /// When a commitment was planted (seconds since 1970); 0 if it was not, or was opened.
    pub fn plant_time(&self, commitment: &B256) -> U256 {
        words::number(&self.plants.get(Number(words::number(commitment))))
    }

    /// The time of the block, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }

    /// Emits an event all of whose fields are words: the indexed ones, then the others.
    pub fn emit<E: SolEvent>(&self, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), &E::SIGNATURE_HASH, indexed, others, &[]);
    }

    /// The newest version of the parameters; 0 before the first.
    pub fn version(&self) -> u16 {
        self.version.get().into_limbs()[0] as u16
    }

    /// A set of parameters; all zero if there is none of this version.
    pub fn params_at(&self, version: U256) -> Params {
        let version = Number(version);
        Params::unpack(&self.terms.get(version), &self.values.get(version))
    }

    /// A set of parameters.
    pub fn params(&self, version: u16) -> Params {
        self.params_at(small(version.into()))
    }

    /// Adds a set and returns its version.
    ///
    /// # Errors
    /// `TooManyVersions`.
    pub fn add_params(&mut self, params: &Params) -> Result<U256, Error> {
        let version = self
            .version()
            .checked_add(1)
            .ok_or_else(|| Error::of::<TooManyVersions>(&[]))?;
        let (terms, values) = params.pack();
        let id = small(version.into());
        self.version.set(U16::from_limbs([version.into()]));
        self.terms.insert(Number(id), terms);
        self.values.insert(Number(id), values);
        Ok(id)
    }

    /// The newest set of parameters.
    pub fn current_params(&self) -> Params {
        self.params(self.version())
    }

    /// An account.
    pub fn node(&self, account: Address) -> Node {
        Node::unpack(self.accounts.get(Account(account)))
    }

    /// Stores an account.
    pub fn put_node(&mut self, account: Address, node: Node) {
        self.accounts.insert(Account(account), node.pack());
    }

    /// The round of a task.
    pub fn round(&self, task_id: &U256) -> Round {
        Round::unpack(self.rounds.get(Number(*task_id)))
    }

    /// Stores the round of a task.
    pub fn put_round(&mut self, task_id: &U256, round: Round) {
        self.rounds.insert(Number(*task_id), round.pack());
    }

    /// The seat of a node in the committee of a task.
    pub fn seat(&self, task_id: &U256, node: Address) -> Seat {
        Seat::unpack(self.seats.get(Pair::of(task_id, node)))
    }

    /// Stores the seat of a node.
    pub fn put_seat(&mut self, task_id: &U256, node: Address, seat: Seat) {
        self.seats.insert(Pair::of(task_id, node), seat.pack());
    }

    /// Names the treasury. Emits `TreasuryChanged`.
    ///
    /// # Errors
    /// `ZeroAddress`.
    pub fn replace_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        let treasuries = [self.treasury.get(), nonzero(treasury)?].map(words::address);
        self.treasury.set(treasury);
        self.emit::<TreasuryChanged>(&treasuries.each_ref(), &[]);
        Ok(())
    }
}

/// A stored counter.
pub fn number(field: &StorageU32) -> u32 {
    field.get().into_limbs()[0] as u32
}

/// A counter to store.
pub fn stored(number: u32) -> U32 {
    U32::from_limbs([number.into()])
}
