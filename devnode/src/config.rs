//! What a node is told at its start.

use std::{net::IpAddr, time::Duration};

use ogpu_evm::ChainConfig;

use crate::chain::{DevAccount, Genesis};

/// How a node runs. The default is what `nitro --dev` gives, on port 8547 of the loopback interface.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// Address to listen on.
    pub host: IpAddr,
    /// Port for HTTP and WebSocket; 0 takes a free one.
    pub port: u16,
    /// Chain id, ArbOS version, owner.
    pub chain: ChainConfig,
    /// Price of gas, in wei.
    pub base_fee: u64,
    /// Time between blocks; `None` makes a block for every transaction at once.
    pub block_time: Option<Duration>,
    /// Time of block 0 in seconds since 1970; now if `None`.
    pub genesis_time: Option<u64>,
    /// Funded accounts whose keys the node holds.
    pub accounts: Vec<DevAccount>,
    /// The largest request, in bytes.
    pub max_body: usize,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8547,
            chain: ChainConfig::default(),
            base_fee: 100_000_000,
            block_time: None,
            genesis_time: None,
            accounts: DevAccount::defaults(),
            max_body: 16 << 20,
        }
    }
}

impl NodeConfig {
    /// The default node on a free port: what a test wants.
    pub fn test() -> Self {
        Self {
            port: 0,
            ..Self::default()
        }
    }

    pub(crate) fn genesis(&self) -> Genesis {
        Genesis {
            config: self.chain.clone(),
            base_fee: self.base_fee,
            accounts: self.accounts.clone(),
            timestamp: self.genesis_time,
            automine: self.block_time.is_none(),
        }
    }
}
