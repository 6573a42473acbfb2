//! Running a transaction without keeping what it did.

use alloy_eips::BlockId;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use ogpu_evm::{Block as Context, Executor, Options};
use revm::{
    Database as _,
    context::{
        TxEnv,
        result::{ExecutionResult, HaltReason},
    },
    context_interface::either::Either,
};

use super::{
    Chain, ChainError, TX_GAS_LIMIT, block::context_of, database::Reader, mine::refused, unknown,
};

/// The gas a call gets if it asks for none, and the most it can get.
const CALL_GAS_LIMIT: u64 = 50_000_000;

/// An estimate is at most this part of itself too high.
const ESTIMATE_PRECISION: u64 = 200;

/// A transaction to try.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Sender, recipient, value, data, gas and price; all may be left out.
    pub request: TransactionRequest,
    /// The block after which it runs. The pending block has the time the next block would get.
    pub block: BlockId,
    /// Accounts to pretend different.
    pub state: StateOverride,
    /// Block values to pretend different.
    pub overrides: BlockOverrides,
}

impl Call {
    fn sender(&self) -> Address {
        self.request.from.unwrap_or_default()
    }
}

impl Chain {
    /// Runs a call and returns its output.
    ///
    /// # Errors
    /// [`ChainError::Reverted`], [`ChainError::Halted`], or why it could not run.
    pub fn call(&self, call: &Call) -> Result<Bytes, ChainError> {
        let gas = call
            .request
            .gas
            .unwrap_or(CALL_GAS_LIMIT)
            .min(CALL_GAS_LIMIT);
        output(self.try_call(call, gas)?)
    }

    /// The gas limit with which a transaction succeeds: what it spends before refunds if that is enough, otherwise at most half a per
    /// cent too high.
    ///
    /// # Errors
    /// [`ChainError::Reverted`] or [`ChainError::Halted`] if no limit helps, [`ChainError::AllowanceTooLow`] if the gas asked for or
    /// paid for is too little, or why it could not run.
    pub fn estimate(&self, call: &Call) -> Result<u64, ChainError> {
        let mut high = call
            .request
            .gas
            .filter(|gas| *gas > 0)
            .unwrap_or(TX_GAS_LIMIT)
            .min(TX_GAS_LIMIT);
        if let Some(price) = price(&call.request).filter(|price| *price > 0) {
            let address = call.sender();
            let have = self.reader(call)?.balance(address);
            let want = call.request.value.unwrap_or_default();
            let spare = have
                .checked_sub(want)
                .ok_or(ChainError::InsufficientFunds {
                    address,
                    have,
                    want,
                })?;
            high = high.min((spare / U256::from(price)).saturating_to());
        }
        let spent = match self.try_call(call, high) {
            Ok(ExecutionResult::Halt {
                reason: HaltReason::OutOfGas(_),
                ..
            })
            | Err(ChainError::IntrinsicGas { .. }) => {
                return Err(ChainError::AllowanceTooLow(high));
            }
            Ok(result) => {
                let spent = result.gas().total_gas_spent().max(result.tx_gas_used());
                output(result)?;
                spent
            }
            Err(error) => return Err(error),
        };
        let mut low = spent.saturating_sub(1);
        // Most transactions need what they spent; those with sub-calls, a 64th more at each level.
        let mut guesses = [spent, spent.saturating_add(2_300).saturating_mul(64) / 63].into_iter();
        while high - low > 1 && (high - low > high / ESTIMATE_PRECISION || guesses.len() > 0) {
            let guess = guesses
                .next()
                .filter(|guess| (low + 1..high).contains(guess))
                .unwrap_or(low.midpoint(high));
            match self.try_call(call, guess) {
                Ok(result) if result.is_success() => high = guess,
                Ok(_) | Err(ChainError::IntrinsicGas { .. }) => low = guess,
                Err(error) => return Err(error),
            }
        }
        Ok(high)
    }

    fn try_call(&self, call: &Call, gas: u64) -> Result<ExecutionResult<HaltReason>, ChainError> {
        let context = self.call_context(call)?;
        let mut reader = self.reader(call)?;
        let tx = call_env(call, gas, &mut reader)?;
        let output = self
            .call_executor(&context)
            .transact(reader, tx)
            .map_err(|error| refused(error, call.sender()))?;
        Ok(output.result)
    }

    pub(super) fn call_executor<'a>(&'a self, context: &'a Context) -> Executor<'a> {
        // The sender needs what it sends, and the price if the call names one.
        let options = Options {
            skip_balance: false,
            ..Options::call()
        };
        Executor::new(&self.config, context, &self.programs).with_options(options)
    }

    pub(super) fn reader(&self, call: &Call) -> Result<Reader<'_>, ChainError> {
        Reader::new(self.view(call.block)?, &self.blocks).with_overrides(call.state.clone())
    }

    pub(super) fn call_context(&self, call: &Call) -> Result<Context, ChainError> {
        let context = if call.block.is_pending() {
            self.pending_context()
        } else {
            context_of(self.block(call.block).ok_or_else(|| unknown(call.block))?)
        };
        let overrides = &call.overrides;
        Ok(Context {
            l1_number: overrides
                .number
                .map_or(context.l1_number, |number| number.saturating_to()),
            timestamp: overrides.time.unwrap_or(context.timestamp),
            gas_limit: overrides.gas_limit.unwrap_or(context.gas_limit),
            coinbase: overrides.coinbase.unwrap_or(context.coinbase),
            prevrandao: overrides.random.unwrap_or(context.prevrandao),
            base_fee: overrides
                .base_fee
                .map_or(context.base_fee, |fee| fee.saturating_to()),
            ..context
        })
    }
}

/// The most a request pays for gas, if it says.
fn price(request: &TransactionRequest) -> Option<u128> {
    request.gas_price.or(request.max_fee_per_gas)
}

/// A call as the virtual machine takes it, with `gas` to spend.
pub(super) fn call_env(
    call: &Call,
    gas: u64,
    reader: &mut Reader<'_>,
) -> Result<TxEnv, ChainError> {
    let request = &call.request;
    let caller = call.sender();
    let Ok(account) = reader.basic(caller);
    let account = account.unwrap_or_default();
    let (have, want) = (account.balance, request.value.unwrap_or_default());
    if have < want {
        return Err(ChainError::InsufficientFunds {
            address: caller,
            have,
            want,
        });
    }
    let data = request
        .input
        .unique_input()
        .map_err(|error| ChainError::Invalid(error.to_string()))?;
    let authorizations = request
        .authorization_list
        .iter()
        .flatten()
        .cloned()
        .map(Either::Left)
        .collect::<Vec<_>>();
    Ok(TxEnv {
        tx_type: if authorizations.is_empty() { 2 } else { 4 },
        caller,
        gas_limit: gas,
        gas_price: price(request).unwrap_or_default(),
        gas_priority_fee: Some(0),
        kind: request.to.unwrap_or(TxKind::Create),
        value: want,
        data: data.cloned().unwrap_or_default(),
        nonce: account.nonce,
        chain_id: None,
        access_list: request.access_list.clone().unwrap_or_default(),
        authorization_list: authorizations,
        ..TxEnv::default()
    })
}

/// The output of a success, or why it is none.
fn output(result: ExecutionResult<HaltReason>) -> Result<Bytes, ChainError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(ChainError::Reverted(output)),
        ExecutionResult::Halt { reason, .. } => Err(ChainError::Halted(reason.to_string())),
    }
}
