//! Methods that take transactions in.

use std::{
    thread,
    time::{Duration, Instant},
};

use alloy_eips::BlockId;
use alloy_primitives::Bytes;
use alloy_rpc_types_eth::TransactionRequest;

use super::{Answer, Rpc, error::RpcError, json_of, params::Params};
use crate::chain::{Call, Chain, ChainError, decode};

/// How long a transaction may wait for an earlier one of its sender, as on Arbitrum's sequencer.
const NONCE_PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn send_raw(rpc: &Rpc, mut params: Params) -> Answer {
    let transaction = decode(&params.required::<Bytes>("transaction")?)?;
    let deadline = Instant::now() + NONCE_PATIENCE;
    loop {
        // The lock is free while waiting, so that the earlier transaction can come.
        let result = rpc.write().submit(transaction.clone());
        match result {
            Err(ChainError::NonceTooHigh { .. }) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
            }
            result => return json_of(result?),
        }
    }
}

pub(super) fn send(rpc: &Rpc, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required("transaction")?;
    let from = request
        .from
        .ok_or_else(|| RpcError::invalid_params("transaction has no 'from'"))?;
    let mut chain = rpc.write();
    chain.check_sender(from)?;
    let request = filled(&chain, request)?;
    let transaction = request
        .build_consensus_tx()
        .map_err(|error| RpcError::invalid_params(error.error))?;
    json_of(chain.send(from, transaction)?)
}

/// Completes a transaction with the sender's next nonce, an estimate of its gas and twice the base fee.
fn filled(
    chain: &Chain,
    mut request: TransactionRequest,
) -> Result<TransactionRequest, ChainError> {
    let from = request.from.unwrap_or_default();
    request.normalize_input();
    request.chain_id.get_or_insert(chain.config().chain_id);
    request.nonce.get_or_insert(chain.next_nonce(from));
    request.to.get_or_insert_default();
    if request.gas_price.is_none() {
        let tip = *request.max_priority_fee_per_gas.get_or_insert(0);
        request
            .max_fee_per_gas
            .get_or_insert(2 * u128::from(chain.base_fee()) + tip);
    }
    if request.gas.is_none() {
        let call = Call {
            request: request.clone(),
            block: BlockId::pending(),
            ..Call::default()
        };
        request.gas = Some(chain.estimate(&call)?);
    }
    Ok(request)
}
