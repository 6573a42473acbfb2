//! Finding logs.

use alloy_consensus::BlockHeader;
use alloy_eips::BlockNumberOrTag;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};

use super::{Block, Chain, ChainError};

impl Chain {
    /// The logs a filter asks for, in order. A range that ends after the newest block ends with it.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] for an unknown hash, [`ChainError::Invalid`] for a range that runs backwards.
    pub fn logs(&self, filter: &Filter) -> Result<Vec<Log>, ChainError> {
        match filter.block_option {
            FilterBlockOption::AtBlockHash(hash) => {
                let block = self
                    .block_by_hash(hash)
                    .ok_or_else(|| ChainError::UnknownBlock(hash.to_string()))?;
                Ok(block_logs(block, filter))
            }
            FilterBlockOption::Range {
                from_block,
                to_block,
            } => {
                let (from, to) = (self.bound(from_block), self.bound(to_block));
                if from > to {
                    return Err(ChainError::Invalid(format!(
                        "invalid block range: from {from} to {to}"
                    )));
                }
                Ok(self.logs_between(from, to, filter))
            }
        }
    }

    /// The logs of blocks `from ..= to` that match everything in the filter but its range.
    pub fn logs_between(&self, from: u64, to: u64, filter: &Filter) -> Vec<Log> {
        let end = self
            .blocks
            .len()
            .min(usize::try_from(to.saturating_add(1)).unwrap_or(usize::MAX));
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(end);
        self.blocks[start..end]
            .iter()
            .flat_map(|block| block_logs(block, filter))
            .collect()
    }

    fn bound(&self, bound: Option<BlockNumberOrTag>) -> u64 {
        match bound {
            Some(BlockNumberOrTag::Number(number)) => number,
            Some(BlockNumberOrTag::Earliest) => 0,
            _ => self.head().number(),
        }
    }
}

/// The logs of one block that match everything in the filter but its range.
pub fn block_logs(block: &Block, filter: &Filter) -> Vec<Log> {
    if !filter.matches_bloom(block.header.logs_bloom()) {
        return Vec::new();
    }
    (0..block.transactions.len())
        .flat_map(|index| transaction_logs(block, index))
        .filter(|log| filter.matches(&log.inner))
        .collect()
}

/// The logs of one transaction with their place in the chain.
pub fn transaction_logs(block: &Block, index: usize) -> impl Iterator<Item = Log> {
    let mined = &block.transactions[index];
    let first = block.first_log(index);
    mined
        .receipt
        .logs
        .iter()
        .enumerate()
        .map(move |(i, log)| Log {
            inner: log.clone(),
            block_hash: Some(block.header.hash()),
            block_number: Some(block.number()),
            block_timestamp: Some(block.header.timestamp()),
            transaction_hash: Some(*mined.transaction.hash()),
            transaction_index: Some(index as u64),
            log_index: Some((first + i) as u64),
            removed: false,
        })
}
