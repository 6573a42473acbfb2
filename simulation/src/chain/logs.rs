//! What contracts logged during a transaction.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;

/// A log that is not what its signature says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{emitter} logged something else than {event} under its signature")]
pub struct UnreadableLog {
    /// Who logged it.
    pub emitter: Address,
    /// What it should be.
    pub event: &'static str,
}

/// The logs of a transaction, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    entries: Vec<Entry>,
    topics: Vec<B256>,
    data: Vec<u8>,
}

/// Where a log ends; it begins where the one before ends.
#[derive(Clone, Copy, Debug)]
struct Entry {
    emitter: Address,
    caller: Address,
    topics_end: usize,
    data_end: usize,
}

/// A log.
#[derive(Clone, Copy, Debug)]
pub struct Log<'a> {
    /// Which contract emitted it.
    pub emitter: Address,
    /// Who had called that contract, where that is known: logs do not say so.
    pub caller: Option<Address>,
    /// The hash of the event's signature, and its indexed fields.
    pub topics: &'a [B256],
    /// The other fields.
    pub data: &'a [u8],
}

impl Log<'_> {
    /// The hash of the event's signature.
    pub fn signature(&self) -> B256 {
        self.topics.first().copied().unwrap_or_default()
    }

    /// The log as the event that its signature says it is. Texts can be any bytes, as they can in calls.
    ///
    /// # Errors
    /// [`UnreadableLog`] if it is something else.
    pub fn read<E: SolEvent>(&self) -> Result<E, UnreadableLog> {
        let event = E::decode_raw_log(self.topics.iter().copied(), self.data);
        event.map_err(|_| UnreadableLog {
            emitter: self.emitter,
            event: E::SIGNATURE,
        })
    }
}

impl Logs {
    /// Whether nothing was logged.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The logs in their order.
    pub fn iter(&self) -> impl Iterator<Item = Log<'_>> {
        let (mut topics, mut data) = (0, 0);
        self.entries.iter().map(move |entry| {
            let log = Log {
                emitter: entry.emitter,
                caller: Some(entry.caller),
                topics: &self.topics[topics..entry.topics_end],
                data: &self.data[data..entry.data_end],
            };
            (topics, data) = (entry.topics_end, entry.data_end);
            log
        })
    }

    pub(super) fn push(&mut self, emitter: Address, caller: Address, bytes: &[u8], topics: usize) {
        let (words, data) = bytes.split_at(32 * topics);
        self.topics
            .extend(words.chunks_exact(32).map(B256::from_slice));
        self.data.extend_from_slice(data);
        self.entries.push(Entry {
            emitter,
            caller,
            topics_end: self.topics.len(),
            data_end: self.data.len(),
        });
    }

    pub(super) fn checkpoint(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn revert(&mut self, checkpoint: usize) {
        self.entries.truncate(checkpoint);
        let (topics, data) = match self.entries.last() {
            Some(last) => (last.topics_end, last.data_end),
            None => (0, 0),
        };
        self.topics.truncate(topics);
        self.data.truncate(data);
    }

    pub(super) fn clear(&mut self) {
        self.revert(0);
    }
}
