//! What an answer tells.

use crate::wasm::ProgramFrame;
use ogpu_stylus::{Activation, InvalidModule, Status};
use revm::primitives::{Address, B256, Bytes, Log};
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether and at what cost a module can be activated.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ActivationReport {
    Accepted {
        ok: bool,
        init_cost: u16,
        cached_init_cost: u16,
        footprint: u16,
        asm_estimate: u32,
        activation_gas: u64,
    },
    Refused {
        ok: bool,
        why: String,
    },
}

impl ActivationReport {
    pub(super) fn accepted(activation: &Activation) -> Self {
        Self::Accepted {
            ok: true,
            init_cost: activation.init_cost,
            cached_init_cost: activation.cached_init_cost,
            footprint: activation.footprint,
            asm_estimate: activation.asm_estimate,
            activation_gas: activation.activation_gas,
        }
    }

    pub(super) fn refused(why: &InvalidModule) -> Self {
        Self::Refused {
            ok: false,
            why: why.to_string(),
        }
    }
}

/// What a call did.
#[derive(Debug, Default, Serialize)]
pub(super) struct CallReport {
    pub(super) status: &'static str,
    pub(super) output: Bytes,
    /// From the first instruction, sub-calls included.
    pub(super) ink_used: u64,
    /// Gas paid before the first instruction.
    pub(super) call_overhead: u64,
    pub(super) program_gas: u64,
    pub(super) gas_used: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) refund: i64,
    /// Host functions of all frames.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) hostio: BTreeMap<&'static str, HostIo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pages_at_end: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stack_left: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) frames: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) logs: Vec<LogReport>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) storage_changed: BTreeMap<String, B256>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[derive(Debug, Default, Serialize)]
pub(super) struct HostIo {
    calls: u64,
    ink: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct LogReport {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl From<Log> for LogReport {
    fn from(log: Log) -> Self {
        let (topics, data) = log.data.split();
        Self {
            address: log.address,
            topics,
            data,
        }
    }
}

/// Calls and ink by host function, over all frames.
pub(super) fn host_calls(frames: &[ProgramFrame]) -> BTreeMap<&'static str, HostIo> {
    let mut sums = BTreeMap::<_, HostIo>::new();
    for (name, one) in frames.iter().flat_map(|frame| &frame.outcome.host_calls) {
        let sum = sums.entry(*name).or_default();
        sum.calls += one.calls;
        sum.ink += one.ink;
    }
    sums
}

pub(super) const fn status(status: Status) -> &'static str {
    match status {
        Status::Success => "success",
        Status::Revert => "revert",
        Status::Failure => "failure",
        Status::OutOfGas => "out_of_gas",
        Status::OutOfStack => "out_of_stack",
    }
}
