//! Sealed blocks, and what they remember of each transaction.

use alloy_consensus::{
    BlockHeader, EMPTY_OMMER_ROOT_HASH, Header, Receipt, ReceiptEnvelope, Sealable, Sealed,
    TxEnvelope,
    proofs::{calculate_receipt_root, calculate_transaction_root},
    transaction::Recovered,
};
use alloy_primitives::{Address, B256, Bloom, Bytes, U256, keccak256};
use ogpu_evm::Block as Context;

use super::state::Version;

/// A transaction with its sender.
pub type Transaction = Recovered<TxEnvelope>;

/// A transaction in a block, and what it did.
#[derive(Clone, Debug)]
pub struct Mined {
    /// The transaction.
    pub transaction: Transaction,
    /// Status, cumulative gas and logs.
    pub receipt: Receipt,
    /// Gas used by this transaction alone.
    pub gas_used: u64,
    /// The contract it created, if it did.
    pub contract: Option<Address>,
    /// What it returned or reverted with.
    pub output: Bytes,
    /// The state it ran on.
    pub before: Version,
}

impl Mined {
    /// The receipt as it is hashed into the block.
    pub fn envelope(&self) -> ReceiptEnvelope {
        ReceiptEnvelope::from_typed(
            self.transaction.tx_type(),
            self.receipt.clone().with_bloom(),
        )
    }
}

/// A sealed block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The header and its hash.
    pub header: Sealed<Header>,
    /// The parent chain's block number that contracts saw.
    pub l1_number: u64,
    /// The transactions in order.
    pub transactions: Vec<Mined>,
    /// The state after the block.
    pub state: Version,
}

impl Block {
    /// The block's number.
    pub fn number(&self) -> u64 {
        self.header.number()
    }

    /// How many logs come before those of transaction `index`.
    pub fn first_log(&self, index: usize) -> usize {
        self.transactions[..index]
            .iter()
            .map(|mined| mined.receipt.logs.len())
            .sum()
    }
}

/// What contracts saw of a block.
pub fn context_of(block: &Block) -> Context {
    Context {
        number: block.number(),
        l1_number: block.l1_number,
        timestamp: block.header.timestamp(),
        base_fee: block.header.base_fee_per_gas().unwrap_or_default(),
        ..Context::default()
    }
}

/// Seals a block over what its transactions did.
///
/// `digest` stands for the changes of the state: the state root is a running digest and not a Merkle root, so there are no state
/// proofs.
pub fn seal(
    context: &Context,
    parent: Option<&Block>,
    arbos_version: u64,
    transactions: Vec<Mined>,
    digest: B256,
    state: Version,
) -> Block {
    let receipts: Vec<_> = transactions.iter().map(Mined::envelope).collect();
    let envelopes: Vec<_> = transactions
        .iter()
        .map(|mined| mined.transaction.inner())
        .collect();
    let parent_root = parent.map_or(B256::ZERO, |parent| parent.header.state_root());
    let header = Header {
        parent_hash: parent.map_or(B256::ZERO, |parent| parent.header.hash()),
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: context.coinbase,
        state_root: keccak256([parent_root, digest].concat()),
        transactions_root: calculate_transaction_root(&envelopes),
        receipts_root: calculate_receipt_root(&receipts),
        logs_bloom: receipts
            .iter()
            .fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom()),
        difficulty: U256::ONE,
        number: context.number,
        gas_limit: context.gas_limit,
        gas_used: transactions.iter().map(|mined| mined.gas_used).sum(),
        timestamp: context.timestamp,
        mix_hash: mix_hash(context.l1_number, arbos_version),
        base_fee_per_gas: Some(context.base_fee),
        ..Header::default()
    };
    Block {
        header: header.seal_slow(),
        l1_number: context.l1_number,
        transactions,
        state,
    }
}

/// Arbitrum's use of the field: messages sent to the parent chain, its block number, the ArbOS version, zero; 8 bytes each.
fn mix_hash(l1_number: u64, arbos_version: u64) -> B256 {
    let mut hash = B256::ZERO;
    hash[8..16].copy_from_slice(&l1_number.to_be_bytes());
    hash[16..24].copy_from_slice(&arbos_version.to_be_bytes());
    hash
}
