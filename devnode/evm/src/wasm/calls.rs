//! Calls and creates that a program makes: what they cost, the frame they become, what the program learns of it.

use crate::chain::ArbContext;
use ogpu_stylus::{CallKind, CallStatus, Response};
use revm::{
    Database,
    context::{Cfg as _, CreateScheme},
    context_interface::context::ContextError,
    handler::{EthFrame, FrameResult, evm::ContextDbError},
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, Gas,
        InstructionResult, instructions::contract::load_account_delegated,
        interpreter::EthInterpreter, interpreter_types::RuntimeFlag as _,
    },
    primitives::{Address, B256, Bytes, U256},
};

/// How a request goes on.
pub(super) enum Next {
    /// With an answer.
    Answer(Response),
    /// With a frame whose result will be the answer.
    Frame(PendingCall, FrameInput),
}

/// A call or create whose frame is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingCall {
    /// Gas of making it.
    base: u64,
    /// Gas given to it. The stipend of a call with value is part of it: unlike in EVM code, what the callee does with it is
    /// charged.
    given: u64,
}

impl PendingCall {
    /// What the program is told.
    pub(super) fn response(self, result: &FrameResult) -> Response {
        let back = kept(result.instruction_result(), result.gas());
        let gas = (self.base + self.given).saturating_sub(back);
        let reverted = result.instruction_result() == InstructionResult::Revert;
        match result {
            FrameResult::Call(outcome) => {
                let status = if outcome.result.result.is_ok() {
                    CallStatus::Success
                } else {
                    CallStatus::Failure
                };
                Response::Call {
                    status,
                    output: outcome.result.output.clone(),
                    gas,
                }
            }
            FrameResult::Create(outcome) => {
                let address = outcome.address.filter(|_| outcome.result.result.is_ok());
                let output = if reverted {
                    outcome.result.output.clone()
                } else {
                    Bytes::new()
                };
                Response::Create {
                    address,
                    output,
                    gas,
                }
            }
        }
    }
}

/// Gas a finished frame gives back.
fn kept(result: InstructionResult, gas: &Gas) -> u64 {
    if result.is_ok_or_revert() {
        gas.remaining()
    } else {
        0
    }
}

/// Prices a call as CALL, DELEGATECALL and STATICCALL do, and makes its frame.
#[expect(
    clippy::too_many_arguments,
    reason = "they are the fields of one request"
)]
pub(super) fn begin_call<DB: Database>(
    frame: &EthFrame<EthInterpreter>,
    ctx: &mut ArbContext<DB>,
    kind: CallKind,
    address: Address,
    value: U256,
    input: Bytes,
    gas: u64,
    gas_left: u64,
) -> Result<Next, ContextDbError<ArbContext<DB>>> {
    let call = &frame.interpreter.input;
    let readonly = frame.interpreter.runtime_flag.is_static();
    let transfers = !value.is_zero();
    if readonly && transfers {
        return Ok(Next::Answer(failed_call(0)));
    }
    let prices = ctx.cfg.gas_params();
    let stipend = if transfers { prices.call_stipend() } else { 0 };
    let mut base = prices.warm_storage_read_cost();
    if transfers {
        base += prices.transfer_value_cost();
    }
    let load = load_account_delegated(
        ctx,
        ctx.cfg.spec,
        u64::MAX,
        address,
        transfers,
        kind == CallKind::Call,
    );
    let Ok((access, _, code, code_hash)) = load else {
        return Err(core::mem::replace(&mut ctx.error, Ok(()))
            .err()
            .unwrap_or_else(|| ContextError::Custom(format!("account {address} cannot be read"))));
    };
    base += access;
    if base > gas_left {
        return Ok(Next::Answer(failed_call(gas_left)));
    }
    let given = gas.min(ctx.cfg.gas_params().call_stipend_reduction(gas_left - base)) + stipend;
    let delegate = kind == CallKind::Delegate;
    let inputs = CallInputs {
        input: CallInput::Bytes(input),
        return_memory_offset: 0..0,
        gas_limit: given,
        reservoir: 0,
        bytecode_address: address,
        known_bytecode: (code_hash, code),
        target_address: if delegate {
            call.target_address
        } else {
            address
        },
        caller: if delegate {
            call.caller_address
        } else {
            call.target_address
        },
        value: if delegate {
            CallValue::Apparent(call.call_value)
        } else {
            CallValue::Transfer(value)
        },
        scheme: match kind {
            CallKind::Call => CallScheme::Call,
            CallKind::Delegate => CallScheme::DelegateCall,
            CallKind::Static => CallScheme::StaticCall,
        },
        is_static: readonly || kind == CallKind::Static,
        charged_new_account_state_gas: false,
    };
    Ok(Next::Frame(
        PendingCall { base, given },
        FrameInput::Call(Box::new(inputs)),
    ))
}

fn failed_call(gas: u64) -> Response {
    Response::Call {
        status: CallStatus::Failure,
        output: Bytes::new(),
        gas,
    }
}

/// Prices a create as CREATE and CREATE2 do, and makes its frame.
pub(super) fn begin_create<DB: Database>(
    frame: &EthFrame<EthInterpreter>,
    ctx: &ArbContext<DB>,
    code: Bytes,
    endowment: U256,
    salt: Option<B256>,
    gas_left: u64,
) -> Next {
    if frame.interpreter.runtime_flag.is_static() {
        return Next::Answer(Response::Denied);
    }
    let prices = ctx.cfg.gas_params();
    let (scheme, base) = match salt {
        Some(salt) => (
            CreateScheme::Create2 { salt: salt.into() },
            prices.create2_cost(code.len()),
        ),
        None => (CreateScheme::Create, prices.create_cost()),
    };
    if base > gas_left {
        return Next::Answer(Response::Denied);
    }
    let given = prices.call_stipend_reduction(gas_left - base);
    let creator = frame.interpreter.input.target_address;
    let inputs = CreateInputs::new(creator, scheme, endowment, code, given, 0);
    Next::Frame(
        PendingCall { base, given },
        FrameInput::Create(Box::new(inputs)),
    )
}
