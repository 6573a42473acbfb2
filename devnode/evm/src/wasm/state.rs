//! What a program asks of state, accounts and logs, answered at once.

use crate::chain::ArbContext;
use ogpu_stylus::{Request, Response};
use revm::{
    Database,
    context::{Cfg as _, JournalTr},
    handler::{EthFrame, evm::ContextDbError},
    interpreter::{interpreter::EthInterpreter, interpreter_types::RuntimeFlag as _},
    primitives::{Address, B256, Bytes, Log, LogData},
};

/// Gas of reading code, besides the access of the account.
const CODE_GAS: u64 = 700;

/// Answers everything but calls and creates.
pub(super) fn answer<DB: Database>(
    frame: &mut EthFrame<EthInterpreter>,
    ctx: &mut ArbContext<DB>,
    request: Request,
) -> Result<Response, ContextDbError<ArbContext<DB>>> {
    let contract = frame.interpreter.input.target_address;
    let readonly = frame.interpreter.runtime_flag.is_static();
    let journal = &mut ctx.journaled_state;
    Ok(match request {
        Request::StorageLoad { key } => {
            let load = journal.sload(contract, key.into())?;
            let prices = ctx.cfg.gas_params();
            let gas = if load.is_cold {
                prices.cold_storage_cost()
            } else {
                prices.warm_storage_read_cost()
            };
            Response::Storage {
                value: load.data.into(),
                gas,
            }
        }
        Request::StorageFlush { .. } | Request::TransientStore { .. } | Request::EmitLog { .. }
            if readonly =>
        {
            Response::Denied
        }
        Request::StorageFlush { slots, gas_left } => flush(frame, ctx, slots, gas_left)?,
        Request::TransientLoad { key } => Response::Storage {
            value: journal.tload(contract, key.into()).into(),
            gas: 0,
        },
        Request::TransientStore { key, value } => {
            journal.tstore(contract, key.into(), value.into());
            Response::Done { gas: 0 }
        }
        Request::EmitLog { topics, data } => {
            let data = LogData::new_unchecked(topics, data);
            journal.log(Log {
                address: contract,
                data,
            });
            Response::Done { gas: 0 }
        }
        Request::AccountBalance { address } => {
            let gas = touch(ctx, address)?;
            let value = ctx.journaled_state.load_account(address)?.info.balance;
            Response::Balance { value, gas }
        }
        Request::AccountCode { address, gas_left } => {
            let gas = CODE_GAS + touch(ctx, address)?;
            let code = if gas > gas_left {
                Bytes::new()
            } else {
                code(ctx, address)?
            };
            Response::Code { code, gas }
        }
        Request::AccountCodeHash { address } => {
            let gas = touch(ctx, address)?;
            let info = &ctx.journaled_state.load_account(address)?.info;
            let value = if info.is_empty() {
                B256::ZERO
            } else {
                info.code_hash
            };
            Response::Storage { value, gas }
        }
        Request::Call { .. } | Request::Create { .. } => Response::Denied,
    })
}

/// Makes an account warm and gives the gas of the access.
fn touch<DB: Database>(ctx: &mut ArbContext<DB>, address: Address) -> Result<u64, DB::Error> {
    let is_cold = ctx.journaled_state.load_account(address)?.is_cold;
    let prices = ctx.cfg.gas_params();
    let cold = if is_cold {
        prices.cold_account_additional_cost()
    } else {
        0
    };
    Ok(prices.warm_storage_read_cost() + cold)
}

fn code<DB: Database>(ctx: &mut ArbContext<DB>, address: Address) -> Result<Bytes, DB::Error> {
    let info = &ctx.journaled_state.load_account_with_code(address)?.info;
    Ok(info
        .code
        .as_ref()
        .map(|code| code.original_bytes())
        .unwrap_or_default())
}

/// Writes slots in order, each at its price; where the gas ends, the frame ends, and revm takes back what was written.
fn flush<DB: Database>(
    frame: &mut EthFrame<EthInterpreter>,
    ctx: &mut ArbContext<DB>,
    slots: Vec<(B256, B256)>,
    gas_left: u64,
) -> Result<Response, DB::Error> {
    let contract = frame.interpreter.input.target_address;
    let mut gas = 0;
    for (key, value) in slots {
        let store = ctx
            .journaled_state
            .sstore(contract, key.into(), value.into())?;
        let prices = ctx.cfg.gas_params();
        gas += prices.sstore_static_gas();
        gas += prices.sstore_dynamic_gas(true, &store.data, store.is_cold);
        if gas > gas_left {
            return Ok(Response::OutOfGas);
        }
        frame
            .interpreter
            .gas
            .record_refund(prices.sstore_refund(true, &store.data));
    }
    Ok(Response::Done { gas })
}
