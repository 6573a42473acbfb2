//! Runs a program by itself: one request in JSON, one answer in JSON.
//!
//! A request names a module, the chain's ArbOS version and some calls; the answer gives the activation figures and what each
//! call did, down to the ink. Every call is a frame of its own, in a transaction and block of its own, run by the same loop
//! as any transaction of the chain. Golden numbers of the production runtime are compared this way.
//!
//! ```json
//! {"module": "counter.wasm", "arbos": 51, "stylus_version": 2, "max_depth": 22000,
//!  "context": {"value": "0x05"}, "programs": {"0xb1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1": "callee.wasm"},
//!  "calls": [{"calldata": "0x", "gas_limit": 32000000, "cached": false, "storage_before": {}}]}
//! ```
//!
//! `context` may also have `readonly`, `ink_price`, `chain_id`, `block_number`, `block_timestamp`, `block_gas_limit`,
//! `block_basefee`, `block_coinbase`, `gas_price`, `sender` and `origin`.

mod report;
mod world;

use crate::config::ChainConfig;
use ogpu_stylus::Params;
use report::{ActivationReport, CallReport};
use revm::primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};
use world::World;

/// Why a request gets no answer.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It is not the JSON that is expected.
    #[error("the request is not understood: {0}")]
    Request(#[from] serde_json::Error),
    /// A module cannot be read.
    #[error("{path} cannot be read: {error}")]
    Module {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A further program is none.
    #[error("{path} cannot be activated: {error}")]
    Program {
        /// The file.
        path: PathBuf,
        /// Why.
        error: ogpu_stylus::InvalidModule,
    },
    /// A key of a storage slot is neither `slot` nor `address:slot`.
    #[error("{0:?} is no storage slot; write it as slot or address:slot")]
    Slot(String),
    /// The engine failed.
    #[error("a call was not finished: {0}")]
    Execution(String),
}

/// What is to be run.
#[derive(Clone, Debug, Deserialize)]
struct Request {
    /// The module, a file.
    module: PathBuf,
    arbos: u64,
    stylus_version: u16,
    max_depth: u32,
    #[serde(default)]
    context: Surroundings,
    /// Further programs by address.
    #[serde(default)]
    programs: BTreeMap<Address, PathBuf>,
    #[serde(default)]
    calls: Vec<Call>,
}

/// What differs from the usual surroundings of a call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Surroundings {
    readonly: bool,
    value: U256,
    ink_price: Option<u32>,
    chain_id: Option<u64>,
    block_number: Option<u64>,
    #[serde(alias = "timestamp")]
    block_timestamp: Option<u64>,
    #[serde(alias = "gas_limit")]
    block_gas_limit: Option<u64>,
    #[serde(alias = "base_fee", alias = "basefee")]
    block_basefee: Option<U256>,
    gas_price: Option<U256>,
    #[serde(alias = "coinbase")]
    block_coinbase: Option<Address>,
    sender: Option<Address>,
    origin: Option<Address>,
}

/// One call of the module.
#[derive(Clone, Debug, Deserialize)]
struct Call {
    calldata: Bytes,
    /// Gas of the frame.
    gas_limit: u64,
    cached: bool,
    /// Slots of the contract, or `address:slot`.
    #[serde(default)]
    storage_before: BTreeMap<String, U256>,
}

#[derive(Debug, Serialize)]
struct Answer {
    activate: ActivationReport,
    calls: Vec<CallReport>,
}

/// Answers one request, both in JSON.
///
/// # Errors
/// [`RunError`] if the request is not understood or a file it names cannot be read. A module that cannot be activated is
/// no error: the answer says so.
pub fn run(request: &str) -> Result<String, RunError> {
    let request: Request = serde_json::from_str(request)?;
    let params = params(&request);
    let wasm = read(&request.module)?;
    let activation = match ogpu_stylus::activate(&wasm, &params) {
        Ok(activation) => activation,
        Err(why) => {
            let activate = ActivationReport::refused(&why);
            return Ok(serde_json::to_string(&Answer {
                activate,
                calls: Vec::new(),
            })?);
        }
    };
    let world = World::new(&request, params, wasm, activation)?;
    let calls = request
        .calls
        .iter()
        .map(|call| world.call(call))
        .collect::<Result<_, _>>()?;
    let activate = ActivationReport::accepted(&activation);
    Ok(serde_json::to_string(&Answer { activate, calls })?)
}

fn params(request: &Request) -> Params {
    let defaults = Params::at(request.arbos);
    Params {
        version: request.stylus_version,
        max_stack_depth: request.max_depth,
        ink_price: request.context.ink_price.unwrap_or(defaults.ink_price),
        ..defaults
    }
}

fn config(request: &Request) -> ChainConfig {
    let defaults = ChainConfig::default();
    ChainConfig {
        chain_id: request.context.chain_id.unwrap_or(defaults.chain_id),
        arbos_version: request.arbos,
        ..defaults
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    fs::read(path).map_err(|error| RunError::Module {
        path: path.to_owned(),
        error,
    })
}
