//! `ogpu`: the command line of the market. `ogpu --help` is its manual.

mod commands;
mod context;
mod demo;
mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use context::{Context, Global};

/// Rent GPUs, or rent them out, on the OGPU market.
#[derive(Parser)]
#[command(
    name = "ogpu",
    version,
    disable_help_subcommand = true,
    after_help = "Examples:
  ogpu demo                                    a whole market in one process: three tasks, from submission to settlement
  ogpu devnode                                 a development chain at http://127.0.0.1:8547
  ogpu deploy                                  deploy the system to it; writes .ogpu/deployment.json
  ogpu client deposit 100                      put 100 oGPU into the escrow
  ogpu client submit ipfs://job 25 --duration 3600
  ogpu provider register --gpu H100 --count 8 --region eu-west --endpoint https://gpu.example
  ogpu provider bid 1 20                       bid 20 oGPU on task 1
  ogpu task show 1

The key that signs comes from OGPU_PRIVATE_KEY, or from an encrypted keystore (--keystore FILE, password from
OGPU_KEYSTORE_PASSWORD or a prompt); never from an argument. Amounts are decimal oGPU, like 12.5."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run three tasks side by side: one paid, one that misses its deadline, one cancelled
    Demo(demo::Demo),
    /// Start the embedded development chain
    Devnode(commands::devnode::Devnode),
    /// Deploy the whole system, or go on with an interrupted deployment
    Deploy(commands::deploy::Deploy),
    /// Hold, send and vote with oGPU
    #[command(subcommand)]
    Token(commands::token::Token),
    /// Offer GPUs: register, stake, bid, deliver, earn
    #[command(subcommand)]
    Provider(commands::provider::Provider),
    /// Have work done: deposit, submit, choose, accept
    #[command(subcommand)]
    Client(commands::client::Client),
    /// Look at tasks, and push stuck ones on (anybody can)
    #[command(subcommand)]
    Task(commands::task::Task),
    /// Rent a machine by the second, or rent one out
    #[command(subcommand)]
    Lease(commands::lease::Lease),
    /// See how well providers have done, say how content you are, contest what is wrong
    #[command(subcommand)]
    Reputation(commands::reputation::Reputation),
    /// Verify results: bond, be drawn by lot, vote, be paid
    Node(commands::node::Node),
    /// Decide together: propose, delegate, vote, and have the timelock do what was decided
    #[command(subcommand)]
    Dao(commands::dao::Dao),
    /// Look after the system: circuit breakers, and programs that grow old
    #[command(subcommand)]
    Watchdog(commands::watchdog::Watchdog),
    /// See who judges results in the client's place
    #[command(subcommand)]
    Verifier(commands::verifier::Verifier),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let context = Context::new(global);
    let result = match command {
        Command::Demo(demo) => demo.run(&context).await,
        Command::Devnode(devnode) => devnode.run(&context).await,
        Command::Deploy(deploy) => deploy.run(&context).await,
        Command::Token(token) => token.run(&context).await,
        Command::Provider(provider) => provider.run(&context).await,
        Command::Client(client) => client.run(&context).await,
        Command::Task(task) => task.run(&context).await,
        Command::Lease(lease) => lease.run(&context).await,
        Command::Reputation(reputation) => reputation.run(&context).await,
        Command::Node(node) => node.run(&context).await,
        Command::Dao(dao) => dao.run(&context).await,
        Command::Watchdog(watchdog) => watchdog.run(&context).await,
        Command::Verifier(verifier) => verifier.run(&context).await,
    };
    match result.and_then(|()| context.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            context.fail(&error);
            ExitCode::FAILURE
        }
    }
}
