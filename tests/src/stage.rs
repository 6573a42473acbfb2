//! A chain to deploy to, and who pays for accounts.

use std::sync::atomic::{AtomicU64, Ordering};

use eyre::Result;
use ogpu_client::{
    Account, Chain,
    alloy::{
        primitives::{U256, keccak256},
        signers::local::PrivateKeySigner,
    },
    signer,
};
use ogpu_devnode::{Node, NodeConfig};

use crate::clock::Clock;

/// The public key of every Nitro development chain's account.
pub const DEVELOPMENT_KEY: &str =
    "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";

/// Ether of a new actor, in wei: enough for some fifty million gas at 0.1 gwei.
pub(crate) const PURSE: u64 = 10_000_000_000_000_000;

/// A chain without contracts.
#[derive(Debug)]
pub struct Stage {
    chain: Chain,
    /// Keeps the embedded chain running.
    node: Option<Node>,
    clock: Clock,
    /// How many accounts there are.
    accounts: AtomicU64,
}

impl Stage {
    /// Starts the embedded chain, or finds the one at `OGPU_RPC_URL`.
    ///
    /// # Errors
    /// When the chain does not start or answer, or `OGPU_MAX_WAIT` is no number.
    pub async fn new() -> Result<Self> {
        match std::env::var("OGPU_RPC_URL") {
            Ok(url) if !url.is_empty() => {
                let chain = Chain::connect(&url).await?;
                let clock = Clock::of(&chain).await?;
                Ok(Self {
                    chain,
                    node: None,
                    clock,
                    accounts: AtomicU64::new(0),
                })
            }
            _ => Self::embedded().await,
        }
    }

    /// Starts the embedded chain.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn embedded() -> Result<Self> {
        let node = Node::start(NodeConfig::test()).await?;
        Ok(Self {
            chain: Chain::connect(&node.url()).await?,
            node: Some(node),
            clock: Clock::Told,
            accounts: AtomicU64::new(0),
        })
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Whether it is the embedded chain, where gas is the same in every run.
    pub fn is_embedded(&self) -> bool {
        self.node.is_some()
    }

    /// Whether a story may wait `seconds` at a stretch for `what`, or need not, because the clock can be told. If not, this
    /// has printed why, and how to allow it: the story is to be left out.
    pub fn may_wait(&self, seconds: u64, what: &str) -> bool {
        self.clock.may_wait(seconds, what)
    }

    /// Lets time pass until the chain's clock shows `time`, in seconds since 1970; `account` makes the blocks for it.
    ///
    /// # Errors
    /// When the chain does not answer, or the wait is longer than `OGPU_MAX_WAIT` allows.
    pub async fn reach(&self, account: &Account, time: u64) -> Result<()> {
        self.clock.reach(account, time).await
    }

    /// A new account with ether.
    ///
    /// # Errors
    /// When the funding account (`OGPU_PRIVATE_KEY`, else Nitro's development key) cannot pay.
    pub async fn account(&self) -> Result<Account> {
        self.account_with(PURSE).await
    }

    /// A new key. On the embedded chain the first, second, … key of every chain are the same: calldata with addresses in them
    /// cost gas by their bytes, and gas is to be the same in every run.
    pub fn key(&self) -> PrivateKeySigner {
        let count = self.accounts.fetch_add(1, Ordering::Relaxed);
        match self.node {
            Some(_) => PrivateKeySigner::from_bytes(&keccak256(format!("actor {count}")))
                .expect("a hash is a key, but for one in 2^128"),
            None => PrivateKeySigner::random(),
        }
    }

    /// A new account with `wei` of ether.
    ///
    /// # Errors
    /// As [`Stage::account`].
    pub async fn account_with(&self, wei: u64) -> Result<Account> {
        /// One transaction at a time from the account that all tests of this process share.
        static FUNDS: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let account = Account::new(self.chain.clone(), self.key());
        let key = match (&self.node, signer::from_environment()) {
            (None, Ok(key)) => key,
            _ => signer::parse(DEVELOPMENT_KEY)?,
        };
        let _turn = FUNDS.lock().await;
        Account::new(self.chain.clone(), key)
            .send_ether(account.address(), U256::from(wei))
            .await?;
        Ok(account)
    }
}
