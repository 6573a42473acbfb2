//! The words of the task manager, as values of the rules.

use alloy_primitives::{Address, B256, U256};
pub use ogpu_common::key::Number as Id;
use ogpu_common::{amount::widen, key::Pair};
use ogpu_rules::{
    Card, ClientSlot, ColdParams, Entry, HotParams, Party, TaskState, Terms, entry::PLACES, seal,
};
use stylus_sdk::prelude::*;

use crate::{
    Market,
    errors::{Error, NotProvider, UnknownProvider, UnknownTask},
    events::word,
};

/// Where a bid is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In the provider's place for the task.
    Place,
    /// In a slot of its own.
    Own,
    /// Nowhere yet: in its place there is this.
    Shared(Entry),
}

fn place(task: u64, provider_id: &U256) -> Pair {
    Pair(widen((task % PLACES).into()), *provider_id)
}

impl Market {
    /// The time of the block, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }

    /// Who calls.
    pub fn caller(&self) -> Address {
        self.vm().msg_sender()
    }

    /// The state of a task.
    ///
    /// # Errors
    /// [`UnknownTask`].
    pub fn state(&self, task_id: &U256) -> Result<TaskState, Error> {
        let word = self.states.get(Id(*task_id));
        if word.is_zero() {
            Err(Error::of::<UnknownTask>(&[task_id]))
        } else {
            Ok(TaskState::unpack(word))
        }
    }

    /// Stores the state of a task.
    pub fn put_state(&mut self, task_id: &U256, state: &TaskState) {
        self.states.insert(Id(*task_id), state.pack());
    }

    /// A task's client and budget.
    pub fn client(&self, task_id: &U256) -> ClientSlot {
        ClientSlot::unpack(self.clients.get(Id(*task_id)))
    }

    /// The card of a provider, and its id; only providers with ids below 2^32 have cards.
    ///
    /// # Errors
    /// [`UnknownProvider`].
    pub fn card(&self, provider_id: &U256) -> Result<(Card, u32), Error> {
        let card = Card::unpack(self.cards.get(Id(*provider_id)));
        if card.owner.is_zero() {
            return Err(Error::of::<UnknownProvider>(&[provider_id]));
        }
        Ok((card, provider_id.as_limbs()[0] as u32))
    }

    /// The card of a provider that the caller owns, and its id.
    ///
    /// # Errors
    /// [`UnknownProvider`], [`NotProvider`].
    pub fn own_card(&self, provider_id: &U256) -> Result<(Card, u32), Error> {
        let (card, id) = self.card(provider_id)?;
        match card.party(self.caller()) {
            Party::Provider => Ok((card, id)),
            _ => Err(Error::of::<NotProvider>(&[
                provider_id,
                &word(self.caller()),
            ])),
        }
    }

    /// Stores a card.
    pub fn put_card(&mut self, provider_id: &U256, card: &Card) {
        self.cards.insert(Id(*provider_id), card.pack());
    }

    /// A provider's bid on a task, and where it is or was; if it never was, where its first belongs if that is free.
    pub fn entry(&self, task_id: &U256, provider_id: &U256) -> (Entry, Home) {
        let task = task_id.as_limbs()[0];
        let place = Entry::unpack(self.places.get(place(task, provider_id)));
        if place.task == task {
            return (place, Home::Place);
        }
        let own = Entry::unpack(self.entries.get(Pair(*task_id, *provider_id)));
        if own.stands() {
            (own, Home::Own)
        } else {
            (Entry::none(task), Home::Shared(place))
        }
    }

    /// Stores a bid.
    pub fn put_entry(&mut self, provider_id: &U256, entry: Entry, home: Home) {
        let key = Pair(widen(entry.task.into()), *provider_id);
        match home {
            Home::Own if entry.stands() => self.entries.insert(key, entry.pack()),
            Home::Own => self.entries.insert(key, B256::ZERO),
            _ => (self.places).insert(place(entry.task, provider_id), entry.pack()),
        }
    }

    /// The parameters that most steps read.
    pub fn hot(&self, version: u16) -> HotParams {
        HotParams::unpack(self.hot_params.get(version))
    }

    /// The parameters that few steps read.
    pub fn cold(&self, version: u16) -> ColdParams {
        ColdParams::unpack(self.cold_params.get(version))
    }

    /// The terms of a task, which are those of its parameters if it has none of its own.
    pub fn terms(&self, task_id: &U256, state: &TaskState, hot: &HotParams) -> Terms {
        if state.has_terms() {
            Terms::unpack(self.terms.get(Id(*task_id)))
        } else {
            hot.default_terms()
        }
    }

    /// Who judges a task's result, and what for, in wei; nobody if the client does.
    pub fn verifier(&self, task_id: &U256, state: &TaskState) -> Option<(Address, u128)> {
        if !state.has_terms() {
            return None;
        }
        let terms = Terms::unpack(self.terms.get(Id(*task_id)));
        if terms.verifier == 0 {
            return None;
        }
        let verifier = self.verifiers.getter(terms.verifier).address.get();
        Some((verifier, terms.verifier_fee))
    }

    /// Who pays for a task.
    pub fn payer(&self, task_id: &U256, terms: &Terms, client: Address) -> Address {
        if terms.sponsored {
            self.sponsors.get(Id(*task_id))
        } else {
            client
        }
    }

    /// [`Market::payer`] of a task in this state.
    pub fn payer_of(&self, task_id: &U256, state: &TaskState, client: Address) -> Address {
        if state.has_terms() {
            let terms = Terms::unpack(self.terms.get(Id(*task_id)));
            self.payer(task_id, &terms, client)
        } else {
            client
        }
    }

    /// The set of parameters under which tasks are made now; versions count from 1.
    pub fn current_version(&self) -> u16 {
        self.version.get().as_limbs()[0] as u16
    }

    /// What the seal of a result must be: `keccak256(abi.encode(taskId, providerId, resultHash))`.
    pub fn seal(&self, task_id: U256, provider_id: U256, result_hash: B256) -> B256 {
        self.vm()
            .native_keccak256(&seal::preimage(task_id, provider_id, result_hash))
    }
}
