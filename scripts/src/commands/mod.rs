//! The commands, one file a noun.

pub mod client;
pub mod dao;
pub mod deploy;
pub mod devnode;
pub mod lease;
pub mod node;
pub mod offer;
pub mod provider;
pub mod replica;
pub mod reputation;
pub mod task;
pub mod terms;
pub mod token;
pub mod verifier;
pub mod watchdog;

use eyre::{Result, WrapErr, bail};
use ogpu_client::{
    ClientError, Market,
    alloy::primitives::{Address, B256, U256, keccak256},
    amount,
};

/// Reads an amount of oGPU from an argument.
pub fn parse_amount(text: &str) -> Result<U256, ClientError> {
    amount::parse(text)
}

/// A result, named by its hash or by a file that holds it.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct ResultHash {
    /// The result's hash: 32 bytes, hexadecimal
    #[arg(long)]
    hash: Option<B256>,
    /// A file with the result: its Keccak-256 is the hash
    #[arg(long, value_name = "FILE")]
    file: Option<std::path::PathBuf>,
}

impl ResultHash {
    /// The hash.
    pub fn get(&self) -> Result<B256> {
        match (&self.hash, &self.file) {
            (Some(hash), _) => Ok(*hash),
            (None, Some(path)) => {
                let bytes = std::fs::read(path)
                    .wrap_err_with(|| format!("cannot read {}", path.display()))?;
                Ok(keccak256(bytes))
            }
            (None, None) => bail!("name the result with --hash or --file"),
        }
    }
}

/// The provider id of `account`, which must be registered.
pub async fn provider_id(market: &Market, account: Address) -> Result<U256> {
    let id = market.provider_of(account).await?;
    if id.is_zero() {
        bail!("{account} is no registered provider; register it with `ogpu provider register`");
    }
    Ok(id)
}
