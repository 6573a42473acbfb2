//! The governor of the OGPU DAO: proposals, ballots and settings as its proxy stores them, and the steps that its two programs share.
//!
//! It is OpenZeppelin's `Governor` with `GovernorSettings`, `GovernorCountingSimple`, `GovernorVotes`, `GovernorVotesQuorumFraction`,
//! `GovernorTimelockControl`, `GovernorPreventLateQuorum`, `GovernorStorage` and `GovernorProposalGuardian`, as one contract: the same
//! functions, events and errors, in the same order of checks.
//!
//! A program has at most 24,576 bytes, and less is cheaper to call. So two serve one proxy, over one storage: `governance-dao` is
//! what the proxy delegates to and has the way of a proposal and the ballots; what it does not know it hands on to `governor-admin`,
//! which has settings and views. Each holds one [`Governor`] and nothing else, and both are called under the address of the proxy, as
//! one contract.
//!
//! # What is kept, and what is not
//!
//! * A proposal is [three words](mod@proposal), of which a ballot touches one; its calls are [packed](mod@details).
//! * Who has voted is a [bit](mod@voter) beside the voter's nonce.
//! * The quorum of a proposal is settled with its snapshot. So the ballot that reaches it is the last that asks for it.
//! * The timelock's id of a queued proposal follows from its calls, so it is not stored.
//!
//! Votes are wei of oGPU below 2^96. Readings of the clock are what the token says: seconds or blocks, below 2^48.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]

#[macro_use]
extern crate alloc;

pub mod abi;
pub mod ballots;
pub mod details;
pub mod encoding;
pub mod errors;
pub mod events;
pub mod governance;
pub mod life;
pub mod proposal;
pub mod reader;
pub mod settings;
pub mod setup;
pub mod siblings;
pub mod signing;
pub mod voter;

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::{key::Number, words};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU256},
};

use details::Piece;
pub use errors::{Error, small};
use proposal::{Core, Opposition, Tally};
use voter::Window;

/// The name of the governor, and of the domain in which ballots are signed.
pub const NAME: &str = "OGPU DAO";

/// The whole storage of the governor, but for the word of [`governance::Office`].
#[storage]
pub struct Governor {
    /// [`settings::Terms`].
    pub terms: StorageB256,
    /// How many votes a proposer needs, in wei.
    pub threshold: StorageU256,
    /// [`settings::Quorum`].
    pub quorum: StorageB256,
    /// [`settings::Quorum`]s before the present one, oldest first.
    pub quorum_history: StorageMap<Number, StorageB256>,
    /// Who can cancel any proposal; zero for nobody.
    pub guardian: StorageAddress,
    /// The program that has what the first does not know.
    pub extension: StorageAddress,
    /// A [`Core`] each, by id.
    pub cores: StorageMap<Number, StorageB256>,
    /// A [`Tally`] each, by id.
    pub tallies: StorageMap<Number, StorageB256>,
    /// An [`Opposition`] each, by id.
    pub oppositions: StorageMap<Number, StorageB256>,
    /// The calls of proposals, by number.
    pub details: StorageMap<Piece, StorageB256>,
    /// Nonces, and who has voted on what.
    pub voters: StorageMap<Window, StorageB256>,
    /// Hashes of the calls to itself that a running proposal still may make.
    pub calls: StorageMap<Number, StorageB256>,
}

#[allow(unsafe_code)] // it is the programs' whole storage, which is all that the SDK asks
unsafe impl TopLevelStorage for Governor {}

/// Makes a program of the governor: a storage that is one [`Governor`], as which it can be used.
#[macro_export]
macro_rules! program {
    ($program:ident) => {
        impl core::ops::Deref for $program {
            type Target = $crate::Governor;

            fn deref(&self) -> &$crate::Governor {
                &self.governor
            }
        }

        impl core::ops::DerefMut for $program {
            fn deref_mut(&mut self) -> &mut $crate::Governor {
                &mut self.governor
            }
        }
    };
}

impl Governor {
    /// Emits an event all of whose fields are words: the indexed ones, then the others.
    pub fn emit<E: SolEvent>(&self, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), &E::SIGNATURE_HASH, indexed, others, &[]);
    }

    /// A proposal's core; empty if there is none.
    pub fn core(&self, id: &U256) -> Core {
        Core::unpack(self.cores.get(Number(*id)))
    }

    /// Stores a proposal's core.
    pub fn put_core(&mut self, id: &U256, core: Core) {
        self.cores.insert(Number(*id), core.pack());
    }

    /// A proposal's votes for the quorum; empty if there is none.
    pub fn tally(&self, id: &U256) -> Tally {
        Tally::unpack(self.tallies.get(Number(*id)))
    }

    /// Stores a proposal's votes for the quorum.
    pub fn put_tally(&mut self, id: &U256, tally: Tally) {
        self.tallies.insert(Number(*id), tally.pack());
    }

    /// A proposal's votes against; empty if there is none.
    pub fn opposition(&self, id: &U256) -> Opposition {
        Opposition::unpack(self.oppositions.get(Number(*id)))
    }

    /// Stores a proposal's votes against.
    pub fn put_opposition(&mut self, id: &U256, opposition: Opposition) {
        self.oppositions.insert(Number(*id), opposition.pack());
    }
}

/// A word with a bit at this position, counted from the lowest, and whether the word had it.
pub(crate) fn with_bit(mut word: B256, position: u32) -> (B256, bool) {
    let byte = &mut word[31 - position as usize / 8];
    let bit = 1 << (position % 8);
    let had = *byte & bit != 0;
    *byte |= bit;
    (word, had)
}
