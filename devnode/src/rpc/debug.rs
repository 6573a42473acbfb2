//! Methods that tell what a transaction did.

use alloy_eips::BlockId;
use alloy_rpc_types_eth::TransactionRequest;
use serde::Deserialize;

use super::{Answer, Rpc, error::RpcError, json_of, params::Params};
use crate::chain::{Call, TraceOptions};

/// How a trace is wanted. Block and state overrides go into the same object, as in geth.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    tracer: Option<String>,
    tracer_config: TracerConfig,
    state_overrides: alloy_rpc_types_eth::state::StateOverride,
    block_overrides: alloy_rpc_types_eth::BlockOverrides,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TracerConfig {
    only_top_call: bool,
    with_log: bool,
}

impl Config {
    fn options(&self) -> Result<TraceOptions, RpcError> {
        let TracerConfig {
            only_top_call,
            with_log,
        } = self.tracer_config;
        match self.tracer.as_deref() {
            Some("callTracer") => Ok(TraceOptions {
                only_top_call,
                with_log,
            }),
            Some(script) if script.contains('{') => Err(RpcError::invalid_params(
                "tracers in JavaScript are not run: this node has \"callTracer\"",
            )),
            other => Err(RpcError::invalid_params(format!(
                "no tracer {:?}: this node has \"callTracer\"",
                other.unwrap_or("(opcodes)")
            ))),
        }
    }
}

pub(super) fn trace_transaction(rpc: &Rpc, mut params: Params) -> Answer {
    let hash = params.required("hash")?;
    let config: Config = params.optional("config")?.unwrap_or_default();
    json_of(rpc.read().trace_transaction(hash, config.options()?)?)
}

pub(super) fn trace_call(rpc: &Rpc, mut params: Params) -> Answer {
    let request: TransactionRequest = params.required("transaction")?;
    let block: Option<BlockId> = params.optional("block")?;
    let config: Config = params.optional("config")?.unwrap_or_default();
    let options = config.options()?;
    let call = Call {
        request,
        block: block.unwrap_or_default(),
        state: config.state_overrides,
        overrides: config.block_overrides,
    };
    json_of(rpc.read().trace_call(&call, options)?)
}
