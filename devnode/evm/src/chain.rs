//! What a transaction needs to know beyond Ethereum: the chain part of revm's context.

use crate::{
    config::ChainConfig,
    executor::Executor,
    programs::{Programs, RecentPrograms},
};
use revm::{
    Context, Journal,
    context::{BlockEnv, CfgEnv, TxEnv},
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
}

impl ChainState {
    pub(crate) fn new(executor: &Executor<'_>) -> Self {
        Self {
            config: executor.config.clone(),
            programs: executor.programs.clone(),
            recent: executor.recent.clone(),
            block_number: executor.block.number,
        }
    }
}
