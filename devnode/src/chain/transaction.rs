//! Transactions on their way in: decoding, checking, and the form the virtual machine takes.

use alloy_consensus::{Transaction as _, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::{Decodable2718, Typed2718};
use alloy_primitives::U256;
use ogpu_evm::Block;
use revm::{context::TxEnv, context_interface::either::Either};

use super::{block::Transaction, error::ChainError, state::View};

/// The most gas one transaction can use; what its gas limit has beyond is never touched, as on Arbitrum.
pub const TX_GAS_LIMIT: u64 = 32_000_000;

/// Decodes a signed transaction and recovers its sender.
///
/// # Errors
/// [`ChainError::Undecodable`], [`ChainError::UnsupportedType`] or [`ChainError::BadSignature`].
pub fn decode(raw: &[u8]) -> Result<Transaction, ChainError> {
    match raw.first() {
        None => return Err(ChainError::Undecodable("it is empty".into())),
        // Above 0x7f it is a list: a legacy transaction.
        Some(&kind) if kind == 3 || (5..0x80).contains(&kind) => {
            return Err(ChainError::UnsupportedType(kind));
        }
        Some(_) => {}
    }
    let mut rest = raw;
    let envelope = TxEnvelope::decode_2718(&mut rest)
        .map_err(|error| ChainError::Undecodable(error.to_string()))?;
    if !rest.is_empty() {
        return Err(ChainError::Undecodable(format!(
            "{} bytes after its end",
            rest.len()
        )));
    }
    envelope
        .try_into_recovered()
        .map_err(|error| ChainError::BadSignature(error.to_string()))
}

/// Checks what can be checked before running: chain, gas limit, nonce, fees, funds.
///
/// `next_nonce` is the sender's nonce after everything that waits already; `impersonated` senders may have code.
pub fn check(
    transaction: &Transaction,
    chain_id: u64,
    block: &Block,
    state: View<'_>,
    next_nonce: u64,
    impersonated: bool,
) -> Result<(), ChainError> {
    let address = transaction.signer();
    if transaction.is_eip4844() {
        return Err(ChainError::UnsupportedType(transaction.ty()));
    }
    if let Some(have) = transaction.chain_id().filter(|have| *have != chain_id) {
        return Err(ChainError::WrongChain {
            have,
            want: chain_id,
        });
    }
    let gas = transaction.gas_limit();
    if gas > block.gas_limit {
        return Err(ChainError::GasLimitTooHigh {
            have: gas,
            limit: block.gas_limit,
        });
    }
    let (tx, state_nonce) = (transaction.nonce(), next_nonce);
    if tx < state_nonce {
        return Err(ChainError::NonceTooLow {
            address,
            tx,
            state: state_nonce,
        });
    }
    if tx > state_nonce {
        return Err(ChainError::NonceTooHigh {
            address,
            tx,
            state: state_nonce,
        });
    }
    let cap = transaction.max_fee_per_gas();
    if let Some(tip) = transaction
        .max_priority_fee_per_gas()
        .filter(|tip| *tip > cap)
    {
        return Err(ChainError::TipAboveFeeCap { address, tip, cap });
    }
    let base_fee = block.base_fee;
    if cap < u128::from(base_fee) {
        return Err(ChainError::FeeCapTooLow {
            address,
            cap,
            base_fee,
        });
    }
    let account = state.account(address);
    let want = U256::from(gas)
        .saturating_mul(U256::from(cap))
        .saturating_add(transaction.value());
    if want > account.balance {
        return Err(ChainError::InsufficientFunds {
            address,
            have: account.balance,
            want,
        });
    }
    let plain = state
        .code(address)
        .is_none_or(|code| code.is_empty() || code.is_eip7702());
    if !(impersonated || plain) {
        return Err(ChainError::SenderHasCode {
            address,
            code_hash: account.code_hash,
        });
    }
    Ok(())
}

/// The transaction as the virtual machine takes it.
///
/// Everybody pays the base fee, as on Arbitrum, so the fee cap has done its work in [`check`].
pub fn env(transaction: &Transaction, chain_id: u64, base_fee: u64) -> TxEnv {
    let authorizations = transaction.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: if transaction.is_eip7702() { 4 } else { 2 },
        caller: transaction.signer(),
        gas_limit: transaction.gas_limit().min(TX_GAS_LIMIT),
        gas_price: u128::from(base_fee),
        kind: transaction.kind(),
        value: transaction.value(),
        data: transaction.input().clone(),
        nonce: transaction.nonce(),
        // Old transactions name no chain; those that do have been checked.
        chain_id: Some(chain_id),
        access_list: transaction.access_list().cloned().unwrap_or_default(),
        gas_priority_fee: Some(0),
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}
