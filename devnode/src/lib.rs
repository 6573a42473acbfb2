//! The embedded chain: an Arbitrum chain with Stylus in one process, for development, tests and demos.
//!
//! It takes the same transactions as Nitro and answers the same JSON-RPC, over HTTP and WebSocket on one port. It keeps everything in
//! memory, trusts everybody, and never pretends to be more: production is Nitro.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), ogpu_devnode::NodeError> {
//! use ogpu_devnode::{Node, NodeConfig};
//!
//! let node = Node::start(NodeConfig::test()).await?;
//! assert!(node.url().starts_with("http://127.0.0.1:"));
//! # Ok(())
//! # }
//! ```
//!
//! `chain` is the chain itself: state, blocks, time. `rpc` is what clients see of it.

pub mod chain;
mod config;
mod node;
mod rpc;

pub use chain::{CREATE2_FACTORY, ChainError, DEV_KEY, DevAccount, ETHER};
pub use config::NodeConfig;
pub use node::{Node, NodeError, serve};
pub use ogpu_evm::{ChainConfig, DEV_ACCOUNT};
