//! The whole state from logs alone, as an indexer has them: nobody says there who called whom.

use alloy_primitives::{Address, B256};

use super::{Model, Violation};
use crate::{
    chain::{Chain, Log},
    world::{COMMITTEE, ESCROW, MARKET, OPTIMISTIC, VAULT},
};

/// What a transaction logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When, in seconds since 1970.
    pub time: u64,
    /// Emitter, topics and data of each log.
    pub logs: Vec<(Address, Vec<B256>, Vec<u8>)>,
}

impl Told {
    /// What the last transaction of a chain logged.
    pub fn of(chain: &Chain) -> Self {
        let logs = chain.logs().iter();
        let logs = logs.map(|log| (log.emitter, log.topics.to_vec(), log.data.to_vec()));
        Self {
            time: chain.time,
            logs: logs.collect(),
        }
    }
}

impl Model {
    /// The books as they follow from all logs since the beginning.
    ///
    /// Two things they do not say. What `transferFrom` leaves of an allowance: tokens do not log it. And whether the vault slashed what
    /// was locked, as the market does, or only what was not, as its owner does: where the market logs something in the same
    /// transaction, it was the market.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn rebuild(transactions: &[Told]) -> Result<Self, Violation> {
        let mut model = Self::default();
        for Told { time, logs } in transactions {
            let by_market = logs.iter().any(|(emitter, ..)| *emitter == MARKET);
            let logs = logs.iter().map(|(emitter, topics, data)| Log {
                emitter: *emitter,
                caller: (by_market && *emitter == VAULT).then_some(MARKET),
                topics,
                data,
            });
            model.enter(logs, *time)?;
            model.votes.forget();
            model.escrow.forget();
            model.vault.forget();
            model.registry.forget();
            model.optimistic.forget();
            model.committee.forget();
            model.market.forget();
        }
        let held = [ESCROW, VAULT, OPTIMISTIC, COMMITTEE].map(|holder| model.votes.balance(holder));
        model.escrow.absorb(held[0]);
        model.vault.absorb(held[1]);
        model.optimistic.absorb(held[2]);
        model.committee.absorb(held[3]);
        Ok(model)
    }

    /// Compares everything with everything, and every task and lease that there has been.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn scan_everything(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        self.scan(chain)?;
        self.market.scan_all(chain, &self.escrow)
    }
}
