//! Blocks, transactions and receipts as clients read them, with Arbitrum's own fields.

use alloy_consensus::{BlockHeader, Transaction as _, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::B256;
use alloy_rlp::Encodable;
use alloy_rpc_types_eth::{Header, Log, Transaction, TransactionInfo, TransactionReceipt};
use serde_json::{Map, Value};

use super::{error::RpcError, json_of, quantity};
use crate::chain::{self, Block, transaction_logs};

/// A block, with its transactions or only their hashes.
pub(crate) fn block(block: &Block, full: bool) -> Result<Value, RpcError> {
    let mut object = header_fields(block)?;
    let transactions = (0..block.transactions.len()).map(|index| {
        if full {
            transaction(block, index)
        } else {
            json_of(block.transactions[index].transaction.hash())
        }
    });
    object.insert(
        "transactions".into(),
        transactions.collect::<Result<_, _>>()?,
    );
    object.insert("uncles".into(), Value::Array(Vec::new()));
    let body: usize = block
        .transactions
        .iter()
        .map(|mined| mined.transaction.encode_2718_len())
        .sum();
    object.insert(
        "size".into(),
        quantity((block.header.length() + body) as u64)?,
    );
    Ok(Value::Object(object))
}

/// A block's header, as subscribers to new heads get it.
pub(crate) fn header(block: &Block) -> Result<Value, RpcError> {
    header_fields(block).map(Value::Object)
}

fn header_fields(block: &Block) -> Result<Map<String, Value>, RpcError> {
    let mut object = object(json_of(Header::from_sealed(block.header.clone()))?)?;
    object.insert("l1BlockNumber".into(), quantity(block.l1_number)?);
    object.insert("sendCount".into(), quantity(0)?);
    object.insert("sendRoot".into(), json_of(B256::ZERO)?);
    Ok(object)
}

/// A mined transaction.
pub(crate) fn transaction(block: &Block, index: usize) -> Result<Value, RpcError> {
    let mined = &block.transactions[index];
    json_of(Transaction::<TxEnvelope>::from_transaction(
        mined.transaction.clone(),
        TransactionInfo {
            hash: Some(*mined.transaction.hash()),
            index: Some(index as u64),
            block_hash: Some(block.header.hash()),
            block_number: Some(block.number()),
            base_fee: block.header.base_fee_per_gas(),
            block_timestamp: Some(block.header.timestamp()),
        },
    ))
}

/// A transaction that waits for its block.
pub(crate) fn waiting(transaction: &chain::Transaction) -> Result<Value, RpcError> {
    let info = TransactionInfo {
        hash: Some(*transaction.hash()),
        ..TransactionInfo::default()
    };
    json_of(Transaction::<TxEnvelope>::from_transaction(
        transaction.clone(),
        info,
    ))
}

/// A receipt.
pub(crate) fn receipt(block: &Block, index: usize) -> Result<Value, RpcError> {
    let mined = &block.transactions[index];
    let logs: Vec<Log> = transaction_logs(block, index).collect();
    let receipt = TransactionReceipt {
        inner: mined.envelope().map_logs({
            let mut logs = logs.into_iter();
            move |log| {
                logs.next().unwrap_or(Log {
                    inner: log,
                    ..Log::default()
                })
            }
        }),
        transaction_hash: *mined.transaction.hash(),
        transaction_index: Some(index as u64),
        block_hash: Some(block.header.hash()),
        block_number: Some(block.number()),
        gas_used: mined.gas_used,
        effective_gas_price: u128::from(block.header.base_fee_per_gas().unwrap_or_default()),
        blob_gas_used: None,
        blob_gas_price: None,
        from: mined.transaction.signer(),
        to: mined.transaction.to(),
        contract_address: mined.contract,
    };
    let mut object = object(json_of(receipt)?)?;
    object.insert("gasUsedForL1".into(), quantity(0)?);
    object.insert("l1BlockNumber".into(), quantity(block.l1_number)?);
    Ok(Value::Object(object))
}

fn object(value: Value) -> Result<Map<String, Value>, RpcError> {
    match value {
        Value::Object(object) => Ok(object),
        other => Err(RpcError::internal(format!(
            "expected an object, got {other}"
        ))),
    }
}
