//! What every command needs: the chain, the system on it, and who signs.

use std::{
    io::{ErrorKind, Write as _},
    path::PathBuf,
    sync::OnceLock,
};

use clap::Args;
use eyre::{Result, eyre};
use ogpu_client::{Account, Chain, Deployment, Market, Receipt, signer};
use serde_json::{Value, json};

use crate::output::harmless;

/// Where a development chain listens.
pub const DEFAULT_RPC: &str = "http://127.0.0.1:8547";

/// Options of every command.
#[derive(Args, Clone)]
pub struct Global {
    /// RPC address of the chain; http://127.0.0.1:8547 when left out
    #[arg(long, global = true, env = "OGPU_RPC_URL", value_name = "URL")]
    pub rpc: Option<String>,
    /// The deployment file: where the contracts are
    #[arg(
        long,
        global = true,
        default_value = ".ogpu/deployment.json",
        value_name = "FILE"
    )]
    pub deployment: PathBuf,
    /// An encrypted keystore to sign with, instead of OGPU_PRIVATE_KEY
    #[arg(long, global = true, value_name = "FILE")]
    pub keystore: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

/// A command's surroundings.
pub struct Context {
    /// The options of every command.
    pub global: Global,
    /// Why something that was to be printed was not.
    unprinted: OnceLock<std::io::Error>,
}

impl Context {
    /// The surroundings that `global` describes.
    pub fn new(global: Global) -> Self {
        Self {
            global,
            unprinted: OnceLock::new(),
        }
    }

    /// The chain at `--rpc`.
    pub async fn chain(&self) -> Result<Chain> {
        Ok(Chain::connect(self.global.rpc.as_deref().unwrap_or(DEFAULT_RPC)).await?)
    }

    /// The system in `--deployment`, on the chain at `--rpc`.
    pub async fn market(&self) -> Result<Market> {
        Ok(self.deployed().await?.0)
    }

    /// As [`Context::market`], with the deployment file.
    pub async fn deployed(&self) -> Result<(Market, Deployment)> {
        let chain = self.chain().await?;
        let deployment = Deployment::load(&self.global.deployment, &chain).await?;
        Ok((Market::new(chain, deployment.addresses()?), deployment))
    }

    /// Who signs on `chain`.
    pub fn account(&self, chain: &Chain) -> Result<Account> {
        let key = match &self.global.keystore {
            None => signer::from_environment()?,
            Some(path) => {
                let password = match std::env::var(signer::PASSWORD_VARIABLE) {
                    Ok(password) => password,
                    Err(_) => {
                        rpassword::prompt_password(format!("Password of {}: ", path.display()))?
                    }
                };
                signer::from_keystore(path, &password)?
            }
        };
        Ok(Account::new(chain.clone(), key))
    }

    /// The system and who signs.
    pub async fn trader(&self) -> Result<(Market, Account)> {
        let market = self.market().await?;
        let account = self.account(market.chain())?;
        Ok((market, account))
    }

    /// Prints the text, or the JSON object with `--json`. Where that fails, [`Context::finish`] says so.
    pub fn print(&self, text: &str, value: &Value) {
        let mut output = std::io::stdout().lock();
        let printed = if self.global.json {
            writeln!(output, "{value}")
        } else {
            writeln!(output, "{}", harmless(text.trim_end()))
        };
        if let Err(error) = printed.and_then(|()| output.flush()) {
            // The first failure is told.
            let _ = self.unprinted.set(error);
        }
    }

    /// Ends a command that did what it should.
    ///
    /// # Errors
    /// When what it printed did not arrive, on a full disk for example. A reader that has seen enough is no failure.
    pub fn finish(&self) -> Result<()> {
        match self.unprinted.get() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(eyre!(
                "cannot write the output: {error}; the command itself is done, do not repeat it for its output"
            )),
            _ => Ok(()),
        }
    }

    /// Says what a transaction did, and what it cost. `more` is added to the JSON object.
    pub fn sent(&self, text: &str, receipt: &Receipt, more: Value) {
        let mut value = json!({ "tx": receipt.transaction_hash, "gas": receipt.gas_used });
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        self.print(
            &format!(
                "{text}\n  transaction {}, {} gas",
                receipt.transaction_hash, receipt.gas_used
            ),
            &value,
        );
    }

    /// Says what is going on, unless the output is JSON.
    pub fn note(&self, text: &str) {
        if !self.global.json {
            say(text);
        }
    }

    /// Says why a command failed.
    pub fn fail(&self, error: &eyre::Report) {
        if self.global.json {
            self.print("", &json!({ "error": format!("{error:#}") }));
        }
        say(&format!("error: {error:#}"));
    }
}

/// Writes a line to standard error. What a command does goes on when nobody can read it there.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(text));
}
