//! The chain itself: state, blocks and the transactions that make them. It knows nothing of JSON or sockets.

pub mod block;
mod call;
mod clock;
mod database;
mod error;
mod genesis;
mod logs;
mod mine;
mod snapshot;
pub mod state;
mod trace;
mod transaction;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use alloy_consensus::BlockHeader;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::{Address, B256, Bytes, U256};
use ogpu_evm::{Block as Context, ChainConfig, Programs};
use tokio::sync::broadcast;

pub use block::{Block, Mined, Transaction};
pub use call::Call;
pub use error::ChainError;
pub use genesis::{CREATE2_FACTORY, DEV_KEY, DevAccount, ETHER};
pub use logs::{block_logs, transaction_logs};
pub use trace::{Trace, TraceOptions};
pub use transaction::{TX_GAS_LIMIT, decode};

use clock::Clock;
use database::bytecode;
use snapshot::Snapshot;
use state::{State, View};

/// What happens on the chain, for those who listen.
#[derive(Clone, Debug)]
pub enum Event {
    /// A block was made.
    Block(Arc<Block>),
    /// A transaction was accepted.
    Transaction(B256),
}

/// How many events a slow listener may be behind before it misses some.
const EVENTS: usize = 4096;

/// What a chain starts with.
#[derive(Clone, Debug)]
pub struct Genesis {
    /// Chain id, ArbOS version, owner.
    pub config: ChainConfig,
    /// Price of gas, in wei; it never changes.
    pub base_fee: u64,
    /// Funded accounts whose keys the node holds.
    pub accounts: Vec<DevAccount>,
    /// Time of block 0 in seconds since 1970; now if `None`.
    pub timestamp: Option<u64>,
    /// Whether every transaction makes a block at once.
    pub automine: bool,
}

/// The chain.
#[derive(Debug)]
pub struct Chain {
    config: ChainConfig,
    base_fee: u64,
    l1_number: u64,
    programs: Programs,
    state: State,
    blocks: Vec<Arc<Block>>,
    by_hash: HashMap<B256, u64>,
    transactions: HashMap<B256, (u64, usize)>,
    pool: Vec<Transaction>,
    automine: bool,
    clock: Clock,
    snapshots: Vec<Snapshot>,
    next_snapshot: u64,
    accounts: Vec<DevAccount>,
    impersonated: HashSet<Address>,
    impersonate_all: bool,
    events: broadcast::Sender<Event>,
}

impl Chain {
    /// A chain with block 0.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooLow`] for a time of block 0 that no clock can keep.
    pub fn new(genesis: Genesis) -> Result<Self, ChainError> {
        let mut chain = Self {
            config: genesis.config,
            base_fee: genesis.base_fee,
            l1_number: 0,
            programs: Programs::default(),
            state: State::default(),
            blocks: Vec::new(),
            by_hash: HashMap::new(),
            transactions: HashMap::new(),
            pool: Vec::new(),
            automine: genesis.automine,
            clock: Clock::default(),
            snapshots: Vec::new(),
            next_snapshot: 1,
            accounts: genesis.accounts,
            impersonated: HashSet::new(),
            impersonate_all: false,
            events: broadcast::channel(EVENTS).0,
        };
        if let Some(timestamp) = genesis.timestamp {
            chain.clock.set(timestamp, 0)?;
        }
        for account in ogpu_evm::genesis(&chain.config) {
            chain
                .state
                .insert(account.address, account.info, account.storage);
        }
        for DevAccount { signer, balance } in &chain.accounts {
            chain
                .state
                .edit_account(signer.address(), |account| account.balance = *balance);
        }
        chain
            .state
            .set_code(CREATE2_FACTORY, bytecode(genesis::CREATE2_FACTORY_CODE)?);
        chain
            .state
            .edit_account(CREATE2_FACTORY, |account| account.nonce = 1);
        chain.seal_empty();
        Ok(chain)
    }

    /// Chain id, ArbOS version, owner.
    pub fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// Price of gas, in wei.
    pub fn base_fee(&self) -> u64 {
        self.base_fee
    }

    /// The newest block.
    pub fn head(&self) -> &Arc<Block> {
        // Block 0 is made with the chain and never removed.
        &self.blocks[self.blocks.len() - 1]
    }

    /// Listens to what happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// The accounts the node signs for.
    pub fn accounts(&self) -> &[DevAccount] {
        &self.accounts
    }

    /// A block by number or tag. There is no difference between latest, safe, finalized and pending.
    pub fn block_by_number(&self, number: BlockNumberOrTag) -> Option<&Arc<Block>> {
        match number {
            BlockNumberOrTag::Number(number) => self.blocks.get(usize::try_from(number).ok()?),
            BlockNumberOrTag::Earliest => self.blocks.first(),
            _ => self.blocks.last(),
        }
    }

    /// A block by hash.
    pub fn block_by_hash(&self, hash: B256) -> Option<&Arc<Block>> {
        self.block_by_number((*self.by_hash.get(&hash)?).into())
    }

    /// A block by whatever names it.
    pub fn block(&self, id: BlockId) -> Option<&Arc<Block>> {
        match id {
            BlockId::Hash(hash) => self.block_by_hash(hash.block_hash),
            BlockId::Number(number) => self.block_by_number(number),
        }
    }

    /// The state after a block; for the newest, with what was set since.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub fn view(&self, id: BlockId) -> Result<View<'_>, ChainError> {
        let block = self.block(id).ok_or_else(|| unknown(id))?;
        Ok(if block.number() == self.head().number() {
            self.state.latest()
        } else {
            self.state.at(block.state)
        })
    }

    /// A mined transaction, its block and its place there.
    pub fn transaction(&self, hash: B256) -> Option<(&Arc<Block>, usize)> {
        let (number, index) = *self.transactions.get(&hash)?;
        Some((self.block_by_number(number.into())?, index))
    }

    /// A transaction that waits for its block.
    pub fn waiting(&self, hash: B256) -> Option<&Transaction> {
        self.pool
            .iter()
            .find(|transaction| *transaction.hash() == hash)
    }

    /// The nonce of the account's next transaction, after those that wait.
    pub fn next_nonce(&self, address: Address) -> u64 {
        let waiting = self
            .pool
            .iter()
            .filter(|transaction| transaction.signer() == address)
            .count();
        self.state.latest().account(address).nonce + waiting as u64
    }

    /// Blocks as far as they are decided before they are made.
    fn context(&self, timestamp: u64) -> Context {
        Context {
            number: self.blocks.len() as u64,
            l1_number: self.l1_number,
            timestamp,
            base_fee: self.base_fee,
            ..Context::default()
        }
    }

    /// What a transaction sees that runs next.
    fn pending_context(&self) -> Context {
        self.context(self.clock.peek(self.last_timestamp()))
    }

    fn last_timestamp(&self) -> u64 {
        self.blocks
            .last()
            .map_or(0, |block| block.header.timestamp())
    }

    /// Moves the clock forward and returns its offset from the wall clock, in seconds.
    pub fn increase_time(&mut self, seconds: u64) -> i64 {
        self.clock.advance(seconds)
    }

    /// Sets the clock and returns its offset from the wall clock, in seconds.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooLow`].
    pub fn set_time(&mut self, timestamp: u64) -> Result<i64, ChainError> {
        self.clock.set(timestamp, self.last_timestamp())
    }

    /// Fixes the time of the next block.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooLow`].
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> {
        self.clock.set_next(timestamp, self.last_timestamp())
    }

    /// Sets the parent chain's block number: what `block.number` reads from the next block on.
    pub fn set_l1_number(&mut self, number: u64) {
        self.l1_number = number;
    }

    /// Sets a balance, in wei.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.state
            .edit_account(address, |account| account.balance = balance);
    }

    /// Sets a nonce.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.state
            .edit_account(address, |account| account.nonce = nonce);
    }

    /// Sets an account's code.
    ///
    /// # Errors
    /// [`ChainError::BadCode`].
    pub fn set_code(&mut self, address: Address, code: Bytes) -> Result<(), ChainError> {
        self.state.set_code(address, bytecode(code)?);
        Ok(())
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        self.state.set_storage(address, slot, value);
    }

    /// Lets the node send transactions for an account without its key, or no longer.
    pub fn impersonate(&mut self, address: Address, on: bool) {
        if on {
            self.impersonated.insert(address);
        } else {
            self.impersonated.remove(&address);
        }
    }

    /// Lets the node send transactions for every account, or no longer.
    pub fn impersonate_all(&mut self, on: bool) {
        self.impersonate_all = on;
    }

    fn is_impersonated(&self, address: Address) -> bool {
        self.impersonate_all || self.impersonated.contains(&address)
    }
}

fn unknown(id: BlockId) -> ChainError {
    ChainError::UnknownBlock(match id {
        BlockId::Hash(hash) => hash.block_hash.to_string(),
        BlockId::Number(BlockNumberOrTag::Number(number)) => number.to_string(),
        BlockId::Number(tag) => tag.to_string(),
    })
}
