//! What a transaction needs to know beyond Ethereum: the chain part of revm's context.

use crate::{
    config::ChainConfig,
    executor::Executor,
    programs::{Programs, RecentPrograms},
    wasm::ProgramFrame,
};
use ogpu_stylus::Pages;
use revm::{
    Context, Journal,
    context::{BlockEnv, CfgEnv, TxEnv},
    primitives::{Address, AddressMap},
};

/// revm's context for this chain.
pub type ArbContext<DB> = Context<BlockEnv, TxEnv, CfgEnv, DB, Journal<DB>, ChainState>;

/// Chain-wide facts and the counters of one transaction.
#[derive(Clone, Debug)]
pub struct ChainState {
    pub(crate) config: ChainConfig,
    pub(crate) programs: Programs,
    pub(crate) recent: RecentPrograms,
    pub(crate) block_number: u64,
    /// Memory pages of the transaction's programs.
    pub(crate) pages: Pages,
    /// Programs' frames that have ended, innermost first.
    pub(crate) frames: Vec<ProgramFrame>,
    /// How often each account is being executed now, delegated calls aside.
    entries: AddressMap<u32>,
}

impl ChainState {
    pub(crate) fn new(executor: &Executor<'_>) -> Self {
        Self {
            config: executor.config.clone(),
            programs: executor.programs.clone(),
            recent: executor.recent.clone(),
            block_number: executor.block.number,
            pages: Pages::default(),
            frames: Vec::new(),
            entries: AddressMap::default(),
        }
    }

    /// Frames of `account` that are running now, delegated calls aside.
    pub(crate) fn entries(&self, account: Address) -> u32 {
        self.entries.get(&account).copied().unwrap_or_default()
    }

    pub(crate) fn enter(&mut self, account: Address) {
        *self.entries.entry(account).or_default() += 1;
    }

    pub(crate) fn leave(&mut self, account: Address) {
        if let Some(count) = self.entries.get_mut(&account) {
            *count -= 1;
        }
    }
}
