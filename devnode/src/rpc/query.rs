//! Methods that read accounts, blocks, transactions and logs.

use std::sync::Arc;

use alloy_consensus::BlockHeader;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_rpc_types_eth::{FeeHistory, Filter};
use serde_json::Value;

use super::{
    Answer, Rpc,
    error::RpcError,
    json_of,
    params::{Params, Quantity, Word},
    quantity, render,
};
use crate::chain::Block;

/// The most blocks one fee history covers.
const FEE_HISTORY_LIMIT: u64 = 1_024;

pub(super) fn sha3(mut params: Params) -> Answer {
    json_of(keccak256(params.required::<Bytes>("data")?))
}

pub(super) fn accounts(rpc: &Rpc) -> Answer {
    json_of(
        rpc.read()
            .accounts()
            .iter()
            .map(|account| account.address())
            .collect::<Vec<_>>(),
    )
}

fn block_id(params: &mut Params) -> Result<BlockId, RpcError> {
    Ok(params.optional("block")?.unwrap_or_default())
}

pub(super) fn balance(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, block) = (params.required("address")?, block_id(&mut params)?);
    json_of(rpc.read().view(block)?.account(address).balance)
}

pub(super) fn code(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, block) = (params.required("address")?, block_id(&mut params)?);
    let chain = rpc.read();
    json_of(
        chain
            .view(block)?
            .code(address)
            .map(|code| code.original_bytes())
            .unwrap_or_default(),
    )
}

pub(super) fn storage(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, Word(slot)) = (params.required("address")?, params.required("slot")?);
    let block = block_id(&mut params)?;
    json_of(B256::from(rpc.read().view(block)?.storage(address, slot)))
}

pub(super) fn transaction_count(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, block): (Address, _) = (params.required("address")?, block_id(&mut params)?);
    let chain = rpc.read();
    quantity(if block.is_pending() {
        chain.next_nonce(address)
    } else {
        chain.view(block)?.account(address).nonce
    })
}

pub(super) fn fee_history(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(count) = params.required("blockCount")?;
    let newest: BlockNumberOrTag = params.required("newestBlock")?;
    let percentiles: Option<Vec<f64>> = params.optional("rewardPercentiles")?;
    let chain = rpc.read();
    let newest = chain
        .block_by_number(newest)
        .ok_or_else(|| RpcError::server(format!("request beyond head block: no block {newest}")))?
        .number();
    let count = count.min(FEE_HISTORY_LIMIT).min(newest + 1);
    let oldest_block = newest + 1 - count;
    let gas_used_ratio = (oldest_block..=newest)
        .filter_map(|number| chain.block_by_number(number.into()))
        .map(|block| block.header.gas_used() as f64 / block.header.gas_limit() as f64)
        .collect::<Vec<_>>();
    json_of(FeeHistory {
        // The history ends with the price of the block after the newest.
        base_fee_per_gas: vec![u128::from(chain.base_fee()); gas_used_ratio.len() + 1],
        reward: percentiles
            .map(|percentiles| vec![vec![0; percentiles.len()]; gas_used_ratio.len()]),
        gas_used_ratio,
        oldest_block,
        ..FeeHistory::default()
    })
}

fn number(rpc: &Rpc, params: &mut Params) -> Result<Option<Arc<Block>>, RpcError> {
    Ok(rpc
        .read()
        .block_by_number(params.required("block")?)
        .cloned())
}

fn hash(rpc: &Rpc, params: &mut Params) -> Result<Option<Arc<Block>>, RpcError> {
    Ok(rpc
        .read()
        .block_by_hash(params.required("blockHash")?)
        .cloned())
}

/// null where there is no such block or transaction.
fn or_null(value: Option<Answer>) -> Answer {
    value.unwrap_or(Ok(Value::Null))
}

fn rendered(block: Option<Arc<Block>>, mut params: Params) -> Answer {
    let full = params.optional("full")?.unwrap_or(false);
    or_null(block.map(|block| render::block(&block, full)))
}

pub(super) fn block_by_number(rpc: &Rpc, mut params: Params) -> Answer {
    rendered(number(rpc, &mut params)?, params)
}

pub(super) fn block_by_hash(rpc: &Rpc, mut params: Params) -> Answer {
    rendered(hash(rpc, &mut params)?, params)
}

fn transactions_in(block: Option<Arc<Block>>) -> Answer {
    or_null(block.map(|block| quantity(block.transactions.len() as u64)))
}

pub(super) fn transactions_in_number(rpc: &Rpc, mut params: Params) -> Answer {
    transactions_in(number(rpc, &mut params)?)
}

pub(super) fn transactions_in_hash(rpc: &Rpc, mut params: Params) -> Answer {
    transactions_in(hash(rpc, &mut params)?)
}

pub(super) fn block_receipts(rpc: &Rpc, mut params: Params) -> Answer {
    let block = rpc.read().block(params.required("block")?).cloned();
    or_null(block.map(|block| {
        (0..block.transactions.len())
            .map(|index| render::receipt(&block, index))
            .collect()
    }))
}

fn transaction_in(block: Option<Arc<Block>>, mut params: Params) -> Answer {
    let Quantity(index) = params.required("index")?;
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let found = block.filter(|block| index < block.transactions.len());
    or_null(found.map(|block| render::transaction(&block, index)))
}

pub(super) fn transaction_in_number(rpc: &Rpc, mut params: Params) -> Answer {
    transaction_in(number(rpc, &mut params)?, params)
}

pub(super) fn transaction_in_hash(rpc: &Rpc, mut params: Params) -> Answer {
    transaction_in(hash(rpc, &mut params)?, params)
}

pub(super) fn transaction_by_hash(rpc: &Rpc, mut params: Params) -> Answer {
    let hash: B256 = params.required("hash")?;
    let chain = rpc.read();
    match chain.transaction(hash) {
        Some((block, index)) => render::transaction(block, index),
        None => or_null(chain.waiting(hash).map(render::waiting)),
    }
}

pub(super) fn receipt(rpc: &Rpc, mut params: Params) -> Answer {
    let hash: B256 = params.required("hash")?;
    or_null(
        rpc.read()
            .transaction(hash)
            .map(|(block, index)| render::receipt(block, index)),
    )
}

pub(super) fn logs(rpc: &Rpc, mut params: Params) -> Answer {
    let filter: Filter = params.required("filter")?;
    json_of(rpc.read().logs(&filter)?)
}
