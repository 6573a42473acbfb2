//! The words of the task manager, as values of the rules.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolEvent;
use ogpu_common::key;
pub(crate) use ogpu_common::key::Number as Id;
use ogpu_rules::{
    Card, ClientSlot, ColdParams, Entry, HotParams, Params, Party, TaskState, Terms, seal,
};
use stylus_sdk::{prelude::*, storage::StorageKey};

use crate::{
    TaskManager,
    abi::{Parameters, id},
    errors::{Error, NotProvider, TooManyVersions, UnknownProvider, UnknownTask},
    events::{ParametersSet, word},
};

/// The key of a bid, by task and provider: one hash, of `abi.encode(taskId, providerId, root)`, where a map of maps takes two.
pub struct Bid(pub U256, pub U256);

impl StorageKey for Bid {
    #[inline(never)]
    fn to_slot(&self, root: B256) -> U256 {
        key::number(&keccak256(seal::preimage(self.0, self.1, root)))
    }
}

impl TaskManager {
    pub(crate) fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }

    pub(crate) fn caller(&self) -> Address {
        self.vm().msg_sender()
    }

    pub(crate) fn state(&self, task_id: &U256) -> Result<TaskState, Error> {
        let word = self.states.get(Id(*task_id));
        if word.is_zero() {
            Err(Error::of::<UnknownTask>(&[task_id]))
        } else {
            Ok(TaskState::unpack(word))
        }
    }

    pub(crate) fn put_state(&mut self, task_id: &U256, state: &TaskState) {
        self.states.insert(Id(*task_id), state.pack());
    }

    pub(crate) fn client(&self, task_id: &U256) -> ClientSlot {
        ClientSlot::unpack(self.clients.get(Id(*task_id)))
    }

    /// The card of a provider, and its id; only providers with ids below 2^32 have cards.
    pub(crate) fn card(&self, provider_id: &U256) -> Result<(Card, u32), Error> {
        let card = Card::unpack(self.cards.get(Id(*provider_id)));
        if card.owner.is_zero() {
            return Err(Error::of::<UnknownProvider>(&[provider_id]));
        }
        Ok((card, provider_id.as_limbs()[0] as u32))
    }

    /// The card of a provider that the caller owns, and its id.
    pub(crate) fn own_card(&self, provider_id: &U256) -> Result<(Card, u32), Error> {
        let (card, id) = self.card(provider_id)?;
        match card.party(self.caller()) {
            Party::Provider => Ok((card, id)),
            _ => Err(Error::of::<NotProvider>(&[
                provider_id,
                &word(self.caller()),
            ])),
        }
    }

    pub(crate) fn put_card(&mut self, provider_id: &U256, card: &Card) {
        self.cards.insert(Id(*provider_id), card.pack());
    }

    pub(crate) fn entry(&self, task_id: &U256, provider_id: &U256) -> Entry {
        Entry::unpack(self.entries.get(Bid(*task_id, *provider_id)))
    }

    pub(crate) fn put_entry(&mut self, task_id: &U256, provider_id: &U256, entry: Entry) {
        self.entries
            .insert(Bid(*task_id, *provider_id), entry.pack());
    }

    pub(crate) fn hot(&self, version: u16) -> HotParams {
        HotParams::unpack(self.hot_params.get(version))
    }

    pub(crate) fn cold(&self, version: u16) -> ColdParams {
        ColdParams::unpack(self.cold_params.get(version))
    }

    /// The terms of a task, which are those of its parameters if it has none of its own.
    pub(crate) fn terms(&self, task_id: &U256, state: &TaskState, hot: &HotParams) -> Terms {
        if state.has_terms() {
            Terms::unpack(self.terms.get(Id(*task_id)))
        } else {
            hot.default_terms()
        }
    }

    /// Adds a set of parameters and makes it the current one.
    pub(crate) fn add_parameters(&mut self, parameters: Parameters) -> Result<u16, Error> {
        let Params { hot, cold } = parameters
            .checked()
            .map_err(|rule| self.refused(&U256::ZERO, &U256::ZERO, rule))?;
        let version = (self.version.get().as_limbs()[0] as u16)
            .checked_add(1)
            .ok_or_else(|| Error::of::<TooManyVersions>(&[]))?;
        self.version
            .set(alloy_primitives::aliases::U16::from_limbs([version as u64]));
        self.hot_params.insert(version, hot.pack());
        self.cold_params.insert(version, cold.pack());
        self.emit(
            &ParametersSet::SIGNATURE_HASH,
            &[&id(version.into())],
            &parameters.to_words().each_ref(),
        );
        Ok(version)
    }
}
