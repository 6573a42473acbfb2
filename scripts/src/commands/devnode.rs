//! `ogpu devnode`

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    net::IpAddr,
    time::Duration,
};

use clap::{Args, Subcommand};
use eyre::{Result, WrapErr, eyre};
use ogpu_client::alloy::{hex, primitives::utils::format_ether};
use ogpu_devnode::{ChainConfig, DEV_KEY, NodeConfig, serve};
use serde_json::json;

use crate::context::Context;

/// Starts the embedded chain: an Arbitrum chain with Stylus in one process, for development. It keeps everything in memory,
/// and stops with Ctrl-C.
#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  ogpu devnode                             at http://127.0.0.1:8547, as `nitro --dev`
  ogpu devnode --port 0 --arbos 60         on a free port, with ArbOS 60
  ogpu devnode run < request.json          run one Stylus module, and print what it did and cost"
)]
pub struct Devnode {
    #[command(subcommand)]
    command: Option<Command>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port for HTTP and WebSocket; 0 takes a free one
    #[arg(long, default_value_t = 8547)]
    port: u16,
    /// Chain id
    #[arg(long, default_value_t = ChainConfig::default().chain_id)]
    chain_id: u64,
    /// ArbOS version, 30 to 60
    #[arg(long, default_value_t = ChainConfig::default().arbos_version, value_parser = clap::value_parser!(u64).range(30..=60))]
    arbos: u64,
    /// Seconds between blocks; a block for every transaction when left out
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
}

#[derive(Subcommand)]
enum Command {
    /// Run one module: reads a JSON request on standard input, prints a JSON answer
    Run,
}

impl Devnode {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self.command {
            Some(Command::Run) => run_module(),
            None => self.serve(context).await,
        }
    }

    async fn serve(self, context: &Context) -> Result<()> {
        let chain = ChainConfig {
            chain_id: self.chain_id,
            arbos_version: self.arbos,
            ..ChainConfig::default()
        };
        let config = NodeConfig {
            host: self.host,
            port: self.port,
            chain,
            block_time: self.block_time.map(Duration::from_secs),
            ..NodeConfig::default()
        };
        let accounts: Vec<_> = config
            .accounts
            .iter()
            .map(|account| (account.address(), account.balance))
            .collect();
        let (chain_id, arbos) = (self.chain_id, self.arbos);
        serve(config, |node| {
            let mut text = format!(
                "chain {chain_id}, ArbOS {arbos}\n  http  {}\n  ws    {}\n\naccounts\n",
                node.url(),
                node.ws_url()
            );
            for (address, balance) in &accounts {
                text.push_str(&format!("  {address}  {} ether\n", format_ether(*balance)));
            }
            text.push_str(&format!(
                "\nThe first one owns the chain. Its key is public:\n  export OGPU_PRIVATE_KEY={}\n\nCtrl-C stops the chain.",
                hex::encode_prefixed(DEV_KEY)
            ));
            let value = json!({
                "chainId": chain_id,
                "arbos": arbos,
                "http": node.url(),
                "ws": node.ws_url(),
                "accounts": accounts.iter().map(|(address, _)| address).collect::<Vec<_>>(),
            });
            context.print(&text, &value);
        })
        .await
        .wrap_err("the embedded chain does not start")
    }
}

fn run_module() -> Result<()> {
    let mut request = String::new();
    if std::io::stdin().is_terminal() {
        eprintln!("reading a JSON request from standard input …");
    }
    std::io::stdin()
        .read_to_string(&mut request)
        .wrap_err("cannot read standard input")?;
    let answer = ogpu_evm::run::run(&request).map_err(|error| eyre!("{error}"))?;
    writeln!(std::io::stdout(), "{answer}").wrap_err("cannot write the answer")
}
