//! Everything a program needs to use the OGPU market on a chain: typed [`bindings`] of every contract, whole-system
//! [`deploy`]ment that survives interruption, the [`Deployment`] file that tells where a system lives,
//! [signing](signer), sending ([`Account`]) and the market's operations as one handle ([`Market`]).
//!
//! ```no_run
//! # async fn example() -> Result<(), ogpu_client::ClientError> {
//! use ogpu_client::{Account, Chain, Deployment, Market, signer};
//!
//! let chain = Chain::connect("http://127.0.0.1:8547").await?;
//! let deployment = Deployment::load(".ogpu/deployment.json".as_ref(), &chain).await?;
//! let client = Account::new(chain.clone(), signer::from_environment()?);
//! let market = Market::new(chain, deployment.addresses()?);
//! let budget = ogpu_client::amount::parse("25")?;
//! let (task, receipt) = market.submit_task(&client, "ipfs://job", budget, 3_600).await?;
//! println!("task {task} cost {} gas", receipt.gas_used);
//! # Ok(())
//! # }
//! ```
//!
//! Amounts are wei of oGPU, times are seconds since 1970, shares are basis points.

pub mod amount;
pub mod bindings;
mod chain;
pub mod committee;
pub mod deploy;
mod deployment;
mod error;
mod file;
pub mod governance;
mod install;
pub mod interfaces;
pub mod keeper;
mod market;
pub mod node;
mod offers;
pub mod programs;
pub mod proxy_init;
mod reason;
mod replication;
mod settings;
pub mod signer;

pub use alloy;
pub use chain::{Account, Chain, Provider, Receipt, Signed};
pub use deployment::{Addresses, Anchor, Contract, DaoAddresses, Deployment, Step, StepState};
pub use error::ClientError;
pub use install::install;
pub use market::{Bid, Market, Profile, Task};
pub use offers::{AllowList, Offer, SealedBid, SealedBids};
pub use ogpu_rules::Status;
pub use programs::{Program, Programs};
pub use reason::Reason;
pub use replication::{Plan, Replication};
