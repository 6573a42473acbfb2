//! One call of an ArbOS precompile: who calls, what it may do, what it costs.

use crate::{
    arbos::{ArbosState, Inactive},
    chain::ArbContext,
};
use alloy_sol_types::{SolError, SolEvent, SolValue};
use ogpu_stylus::Params;
use revm::{
    Database, Journal,
    context::{Block as _, ContextTr as _, JournalTr, LocalContextTr as _},
    interpreter::{CallInputs, CallScheme, Gas, InstructionResult, InterpreterResult},
    primitives::{Address, B256, Bytes, Log, LogData, U256},
};

use super::abi::ArbWasm;

/// Gas of each slot of ArbOS' state that is read.
const READ_GAS: u64 = 800;
/// Gas of each slot of ArbOS' state that is written.
const WRITE_GAS: u64 = 20_000;
/// Gas of each word of arguments and results.
const COPY_GAS: u64 = 3;
/// Gas of reading the Stylus parameters, which count as warm.
const PARAMS_GAS: u64 = 100;
const LOG_GAS: u64 = 375;
const LOG_DATA_GAS: u64 = 8;

/// How a precompile refuses.
#[derive(Debug)]
pub(super) enum Failure {
    /// With data; unused gas is kept.
    Revert(Bytes),
    /// Taking all gas: out of gas, unknown method, no permission, value where none is taken.
    Halt(InstructionResult),
    /// The database failed.
    Database(String),
}

/// The ABI-encoded results of a call.
pub(super) type Answer = Result<Bytes, Failure>;

/// The failure that carries a Solidity error.
pub(super) fn revert(error: &impl SolError) -> Failure {
    Failure::Revert(error.abi_encode().into())
}

/// The failure that takes all gas and gives nothing.
pub(super) const fn refuse() -> Failure {
    Failure::Halt(InstructionResult::PrecompileError)
}

impl From<Inactive> for Failure {
    fn from(why: Inactive) -> Self {
        match why {
            Inactive::NotActivated => revert(&ArbWasm::ProgramNotActivated {}),
            Inactive::NeedsUpgrade { program, chain } => revert(&ArbWasm::ProgramNeedsUpgrade {
                version: program,
                stylusVersion: chain,
            }),
            Inactive::Expired { age } => revert(&ArbWasm::ProgramExpired { ageInSeconds: age }),
        }
    }
}

/// A failed database ends the execution.
pub(super) fn broken(error: impl std::error::Error) -> Failure {
    Failure::Database(error.to_string())
}

/// A call of a precompile that is being answered.
pub(super) struct Call<'a, DB: Database> {
    pub(super) ctx: &'a mut ArbContext<DB>,
    pub(super) inputs: &'a CallInputs,
    gas: Gas,
}

impl<'a, DB: Database> Call<'a, DB> {
    /// Starts a call, paying for its arguments and for opening ArbOS' state.
    pub(super) fn answer(
        ctx: &'a mut ArbContext<DB>,
        inputs: &'a CallInputs,
        method: impl FnOnce(&mut Self, &[u8]) -> Answer,
    ) -> Result<InterpreterResult, String> {
        let data = inputs.input.bytes(ctx);
        let gas = Gas::new(inputs.gas_limit);
        let mut call = Self { ctx, inputs, gas };
        let words = data.len().saturating_sub(4).div_ceil(32) as u64;
        let answer = call
            .burn(COPY_GAS * words + READ_GAS)
            .and_then(|()| method(&mut call, &data))
            .and_then(|output| {
                call.burn(COPY_GAS * output.len().div_ceil(32) as u64)?;
                Ok(output)
            });
        let mut gas = call.gas;
        let (result, output) = match answer {
            Ok(output) => (InstructionResult::Return, output),
            Err(Failure::Revert(data)) => (InstructionResult::Revert, data),
            Err(Failure::Halt(result)) => {
                gas.spend_all();
                (result, Bytes::new())
            }
            Err(Failure::Database(error)) => return Err(error),
        };
        Ok(InterpreterResult::new(result, output, gas))
    }

    pub(super) fn caller(&self) -> Address {
        self.inputs.caller
    }

    pub(super) fn value(&self) -> U256 {
        self.inputs.value.get()
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.ctx.block.timestamp().saturating_to()
    }

    pub(super) fn arbos(&self) -> u64 {
        self.ctx.chain.config.arbos_version
    }

    pub(super) fn journal(&mut self) -> &mut Journal<DB> {
        &mut self.ctx.journaled_state
    }

    pub(super) fn burn(&mut self, gas: u64) -> Result<(), Failure> {
        if self.gas.record_regular_cost(gas) {
            Ok(())
        } else {
            Err(Failure::Halt(InstructionResult::PrecompileOOG))
        }
    }

    /// Refuses, saying why in the result of the transaction if nothing else ends it.
    pub(super) fn refuse_because(&mut self, why: impl std::fmt::Display) -> Failure {
        self.ctx
            .local_mut()
            .set_precompile_error_context(format!("not activated: {why}"));
        refuse()
    }

    /// Gives back all gas that was burned.
    pub(super) const fn free(&mut self) {
        self.gas = Gas::new(self.inputs.gas_limit);
    }

    /// Refuses value.
    pub(super) fn nonpayable(&self) -> Result<(), Failure> {
        if self.value().is_zero() {
            Ok(())
        } else {
            Err(refuse())
        }
    }

    /// Refuses static and delegated calls.
    pub(super) fn writes(&self) -> Result<(), Failure> {
        if self.inputs.is_static || self.inputs.scheme != CallScheme::Call {
            Err(refuse())
        } else {
            Ok(())
        }
    }

    /// Reads `slots` slots of ArbOS' state through `read`.
    pub(super) fn read<T>(
        &mut self,
        slots: u64,
        read: impl FnOnce(ArbosState<'_, Journal<DB>>) -> Result<T, DB::Error>,
    ) -> Result<T, Failure> {
        self.burn(slots * READ_GAS)?;
        read(ArbosState(self.journal())).map_err(broken)
    }

    /// Writes `slots` slots of ArbOS' state through `write`.
    pub(super) fn write<T>(
        &mut self,
        slots: u64,
        write: impl FnOnce(ArbosState<'_, Journal<DB>>) -> Result<T, DB::Error>,
    ) -> Result<T, Failure> {
        self.burn(slots * WRITE_GAS)?;
        write(ArbosState(self.journal())).map_err(broken)
    }

    /// The Stylus parameters in force.
    pub(super) fn params(&mut self) -> Result<Params, Failure> {
        self.burn(PARAMS_GAS)?;
        let arbos = self.arbos();
        ArbosState(self.journal()).params(arbos).map_err(broken)
    }

    /// An account's code hash and code.
    pub(super) fn code(&mut self, account: Address) -> Result<(B256, Bytes), Failure> {
        let info = &self
            .journal()
            .load_account_with_code(account)
            .map_err(broken)?
            .info;
        let code = info
            .code
            .as_ref()
            .map(|code| code.original_bytes())
            .unwrap_or_default();
        Ok((info.code_hash, code))
    }

    /// Emits an event of the precompile.
    pub(super) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Failure> {
        let data: LogData = event.encode_log_data();
        let topics = data.topics().len() as u64;
        self.burn(LOG_GAS * (1 + topics) + LOG_DATA_GAS * data.data.len() as u64)?;
        let address = self.inputs.target_address;
        self.journal().log(Log { address, data });
        Ok(())
    }
}

/// The encoding of one or several results.
pub(super) fn results(values: &impl SolValue) -> Answer {
    Ok(values.abi_encode().into())
}
