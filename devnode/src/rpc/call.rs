//! Methods that run a transaction without keeping what it did.

use alloy_eips::BlockId;

use super::{Answer, Rpc, error::RpcError, json_of, params::Params, quantity};
use crate::chain::Call;

/// Reads a call: the transaction, the block (`default` if left out), state overrides, block overrides.
fn read_call(params: &mut Params, default: BlockId) -> Result<Call, RpcError> {
    Ok(Call {
        request: params.required("transaction")?,
        block: params.optional("block")?.unwrap_or(default),
        state: params.optional("stateOverride")?.unwrap_or_default(),
        overrides: params.optional("blockOverrides")?.unwrap_or_default(),
    })
}

pub(super) fn call(rpc: &Rpc, mut params: Params) -> Answer {
    let call = read_call(&mut params, BlockId::latest())?;
    json_of(rpc.read().call(&call)?)
}

/// Estimates in the pending block if none is named: that is where the transaction will run.
pub(super) fn estimate_gas(rpc: &Rpc, mut params: Params) -> Answer {
    let call = read_call(&mut params, BlockId::pending())?;
    quantity(rpc.read().estimate(&call)?)
}
