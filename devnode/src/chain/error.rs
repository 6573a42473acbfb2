//! Why the chain refuses something, in the words wallets and libraries recognise.

use alloy_primitives::{Address, B256, Bytes, U256, hex};

/// Why a request to the chain failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The raw transaction could not be decoded.
    #[error("invalid raw transaction: {0}")]
    Undecodable(String),
    /// The signature gives no sender.
    #[error("invalid transaction signature: {0}")]
    BadSignature(String),
    /// The chain takes no transactions of this type.
    #[error("transaction type {0} not supported: send type 0, 1, 2 or 4")]
    UnsupportedType(u8),
    /// The transaction was signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// The transaction's chain id.
        have: u64,
        /// This chain's.
        want: u64,
    },
    /// The same transaction waits already.
    #[error("already known")]
    AlreadyKnown,
    /// The sender has already used this nonce.
    #[error("nonce too low: address {address}, tx: {tx} state: {state}")]
    NonceTooLow {
        /// The sender.
        address: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The next nonce of the sender.
        state: u64,
    },
    /// A transaction of the sender is missing before this one.
    #[error("nonce too high: address {address}, tx: {tx} state: {state}")]
    NonceTooHigh {
        /// The sender.
        address: Address,
        /// The transaction's nonce.
        tx: u64,
        /// The next nonce of the sender.
        state: u64,
    },
    /// The sender cannot pay.
    #[error(
        "insufficient funds for gas * price + value: address {address} have {have} want {want}"
    )]
    InsufficientFunds {
        /// The sender.
        address: Address,
        /// Its balance, in wei.
        have: U256,
        /// Value plus gas limit times fee cap, in wei.
        want: U256,
    },
    /// The fee cap does not reach the base fee.
    #[error(
        "max fee per gas less than block base fee: address {address}, maxFeePerGas: {cap}, baseFee: {base_fee}"
    )]
    FeeCapTooLow {
        /// The sender.
        address: Address,
        /// Highest price the sender pays, in wei.
        cap: u128,
        /// The block's base fee, in wei.
        base_fee: u64,
    },
    /// The tip is more than the fee cap.
    #[error(
        "max priority fee per gas higher than max fee per gas: address {address}, maxPriorityFeePerGas: {tip}, maxFeePerGas: {cap}"
    )]
    TipAboveFeeCap {
        /// The sender.
        address: Address,
        /// The tip, in wei.
        tip: u128,
        /// Highest price the sender pays, in wei.
        cap: u128,
    },
    /// Not even the fixed costs fit.
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGas {
        /// The gas limit.
        have: u64,
        /// The fixed costs.
        want: u64,
    },
    /// The gas limit is more than a block's.
    #[error("exceeds block gas limit: have {have}, limit {limit}")]
    GasLimitTooHigh {
        /// The gas limit.
        have: u64,
        /// The block's.
        limit: u64,
    },
    /// The sender has code (EIP-3607).
    #[error("sender not an eoa: address {address}, codehash: {code_hash}")]
    SenderHasCode {
        /// The sender.
        address: Address,
        /// The hash of its code.
        code_hash: B256,
    },
    /// The virtual machine refused to run the transaction.
    #[error("{0}")]
    Invalid(String),
    /// A call or estimate reverted.
    #[error("execution reverted{}", reason(.0))]
    Reverted(Bytes),
    /// A call or estimate ended by an exception other than a revert.
    #[error("{0}")]
    Halted(String),
    /// No gas limit makes the call succeed.
    #[error("gas required exceeds allowance ({0})")]
    AllowanceTooLow(u64),
    /// There is no such block.
    #[error("header not found: no block {0}")]
    UnknownBlock(String),
    /// There is no such transaction.
    #[error("transaction {0} not found")]
    UnknownTransaction(B256),
    /// The node has no key for the account and does not impersonate it.
    #[error(
        "unknown account {0}: it is neither one of eth_accounts nor impersonated (anvil_impersonateAccount)"
    )]
    UnknownAccount(Address),
    /// Blocks cannot go back in time.
    #[error(
        "timestamp {timestamp} is not allowed: give one from the latest block's, {last}, to 2^63 - 1"
    )]
    TimestampTooLow {
        /// What was asked for.
        timestamp: u64,
        /// The latest block's.
        last: u64,
    },
    /// A state override names both `state` and `stateDiff`.
    #[error("account {0} has both 'state' and 'stateDiff': give one of them")]
    AmbiguousOverride(Address),
    /// Code that no account may have.
    #[error("code is not valid: {0}")]
    BadCode(String),
    /// More than the node does in one request.
    #[error("{what} {have} is over the limit of {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How much was asked for.
        have: u64,
        /// The most there may be.
        limit: u64,
    },
}

/// The text after "execution reverted": the message of a Solidity `Error(string)`, or nothing.
fn reason(data: &Bytes) -> String {
    const ERROR: [u8; 4] = hex!("08c379a0");
    let text = || {
        let body = data.strip_prefix(&ERROR)?;
        let length = usize::try_from(U256::try_from_be_slice(body.get(32..64)?)?).ok()?;
        std::str::from_utf8(body.get(64..64usize.checked_add(length)?)?).ok()
    };
    text().map(|text| format!(": {text}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revert_names_its_reason() {
        let data = hex!(
            "08c379a0"
            "0000000000000000000000000000000000000000000000000000000000000020"
            "0000000000000000000000000000000000000000000000000000000000000004"
            "6e6f706500000000000000000000000000000000000000000000000000000000"
        );
        assert_eq!(
            ChainError::Reverted(data.into()).to_string(),
            "execution reverted: nope"
        );
        assert_eq!(
            ChainError::Reverted(hex!("12345678").into()).to_string(),
            "execution reverted"
        );
        assert_eq!(
            ChainError::Reverted(data[..70].to_vec().into()).to_string(),
            "execution reverted"
        );
    }
}
