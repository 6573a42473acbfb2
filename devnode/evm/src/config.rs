//! What a chain, a block and a single execution are told from outside.

use revm::{
    context::{BlockEnv, CfgEnv},
    context_interface::block::BlobExcessGasAndPrice,
    primitives::{Address, B256, U256, address, hardfork::SpecId},
};

/// The account every development chain funds and makes its owner; its key is public.
pub const DEV_ACCOUNT: Address = address!("3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E");

/// What stays the same for the whole life of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainConfig {
    /// Chain id, checked against every transaction that names one.
    pub chain_id: u64,
    /// ArbOS version (30 ..= 60): EVM rules, Stylus version, prices.
    pub arbos_version: u64,
    /// Receives all transaction fees and activation fees, and may call `ArbOwner`.
    pub owner: Address,
}

impl Default for ChainConfig {
    /// Chain 412346 at ArbOS 51, owned by [`DEV_ACCOUNT`].
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            arbos_version: 51,
            owner: DEV_ACCOUNT,
        }
    }
}

impl ChainConfig {
    /// The Ethereum rules that go with the ArbOS version.
    pub const fn spec(&self) -> SpecId {
        match self.arbos_version {
            0..=39 => SpecId::CANCUN,
            40..=49 => SpecId::PRAGUE,
            _ => SpecId::OSAKA,
        }
    }

    pub(crate) fn cfg_env(&self, options: &Options) -> CfgEnv {
        let mut cfg = CfgEnv::new_with_spec(self.spec()).with_chain_id(self.chain_id);
        cfg.tx_chain_id_check = !options.skip_chain_id;
        cfg.tx_gas_limit_cap = Some(u64::MAX);
        // The rule stays for all prefixes but those of Stylus: see `evm::refuse_reserved_prefix`.
        cfg.disable_eip3541 = true;
        // The calldata floor price is off unless a chain's owner turns it on.
        cfg.disable_eip7623 = true;
        cfg.disable_nonce_check = options.skip_nonce;
        cfg.disable_balance_check = options.skip_balance;
        cfg.disable_block_gas_limit = options.skip_block_gas_limit;
        cfg.disable_eip3607 = options.skip_sender_code;
        cfg.disable_base_fee = options.skip_base_fee;
        cfg.disable_fee_charge = options.skip_fees;
        cfg
    }
}

/// The block a transaction is executed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Number of the block on this chain: what `ArbSys.arbBlockNumber` returns.
    pub number: u64,
    /// Number of the parent chain's block: what `block.number` means to contracts.
    pub l1_number: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
    /// Wei a gas; every transaction pays exactly this price.
    pub base_fee: u64,
    /// Gas limit, as contracts see it.
    pub gas_limit: u64,
    /// Fee recipient as contracts see it; it is paid nothing.
    pub coinbase: Address,
    /// `block.prevrandao`.
    pub prevrandao: B256,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            number: 0,
            l1_number: 0,
            timestamp: 0,
            base_fee: 100_000_000,
            gas_limit: 1 << 50,
            coinbase: SEQUENCER,
            prevrandao: B256::with_last_byte(1),
        }
    }
}

/// The sequencer's address, coinbase of ordinary blocks.
pub const SEQUENCER: Address = address!("A4b000000000000000000073657175656e636572");

impl Block {
    pub(crate) fn block_env(&self) -> BlockEnv {
        BlockEnv {
            number: U256::from(self.l1_number),
            beneficiary: self.coinbase,
            timestamp: U256::from(self.timestamp),
            gas_limit: self.gas_limit,
            basefee: self.base_fee,
            difficulty: U256::from(1),
            prevrandao: Some(self.prevrandao),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
                excess_blob_gas: 0,
                blob_gasprice: 1,
            }),
            slot_num: 0,
        }
    }
}

/// Checks that one execution leaves out. All are made by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The transaction's chain id.
    pub skip_chain_id: bool,
    /// The sender's nonce.
    pub skip_nonce: bool,
    /// That the sender can pay for gas and value.
    pub skip_balance: bool,
    /// That the transaction's gas limit is within the block's.
    pub skip_block_gas_limit: bool,
    /// That the sender is not a contract (EIP-3607).
    pub skip_sender_code: bool,
    /// That the gas price reaches the base fee.
    pub skip_base_fee: bool,
    /// Taking the fee from the sender and giving it to the owner.
    pub skip_fees: bool,
}

impl Options {
    /// For `eth_call` and `eth_estimateGas`: only execution itself is checked.
    pub const fn call() -> Self {
        Self {
            skip_chain_id: true,
            skip_nonce: true,
            skip_balance: true,
            skip_block_gas_limit: true,
            skip_sender_code: true,
            skip_base_fee: true,
            skip_fees: true,
        }
    }

    /// For transactions of an impersonated account: it may be a contract.
    pub const fn impersonated() -> Self {
        Self {
            skip_chain_id: false,
            skip_nonce: false,
            skip_balance: false,
            skip_block_gas_limit: false,
            skip_sender_code: true,
            skip_base_fee: false,
            skip_fees: false,
        }
    }
}
