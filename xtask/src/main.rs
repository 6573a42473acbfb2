//! Everything a developer runs: `cargo xtask <command>`.
//!
//! | command | does |
//! |---|---|
//! | `demo` | builds, starts the embedded chain, deploys, runs three tasks from submission to settlement |
//! | `test` | builds the programs and runs every test of the workspace |
//! | `build` | compiles every contract to a deployable Stylus program and prints its size |
//! | `reproduce` | builds the committed sources twice in different folders and compares the bytes |
//! | `check` | formatting, lints and the committed snapshots |
//! | `snapshots` | rewrites the committed snapshots on purpose |
//! | `layout` | compares how the contracts of two commits lay storage out |
//! | `bench` | measures start-up and the demo; with `--compile`, compiles OpenZeppelin's Stylus contracts anew |
//! | `mutants` | breaks the rules on purpose, everywhere: the tests must notice |
//! | `guards` | takes the contracts' guards out, one at a time: the tests must notice |

mod abi;
mod bench;
mod check;
mod layout;
mod module;
mod peers;
mod programs;
mod proof;
mod reproduce;
mod run;
mod toolchain;

use clap::{Parser, Subcommand};
use eyre::Result;

/// Builds, checks and measures OGPU.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a GPU task from submission to payment on the embedded chain (or on --rpc URL)
    Demo {
        /// Options of `cargo ogpu demo`: --json, --rpc URL, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the programs and run every test of the workspace
    Test {
        /// Options of `cargo test`: a test's name, -p CRATE, -- --nocapture, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Compile every contract to a deployable Stylus program
    Build {
        /// Print the sizes as JSON
        #[arg(long)]
        json: bool,
    },
    /// Prove that the committed sources give the same bytes in another folder
    Reproduce,
    /// Check formatting, lints and the committed snapshots
    Check,
    /// Rewrite abi/ and snapshots/ from what the code says now
    Snapshots,
    /// Compare storage layouts; fail if an upgrade would misread what is stored
    Layout {
        /// The commit whose contracts are deployed
        old: String,
        /// The commit they are upgraded to; the working tree, if none is named
        new: Option<String>,
    },
    /// Measure start-up and the demo
    Bench {
        /// How many times each thing is run
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// Only compile OpenZeppelin's Stylus contracts into bench/artifacts anew
        #[arg(long)]
        compile: bool,
    },
    /// Break the rules in every way that cargo-mutants knows; fail if tests miss what is not explained
    Mutants {
        /// Options of cargo-mutants: --file F, --re R, --shard N/M, …
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Take the contracts' guards out, one at a time; fail if tests miss what is not explained
    Guards(proof::guards::Options),
}

fn main() -> Result<()> {
    std::env::set_current_dir(run::workspace_root())?;
    match Cli::parse().command {
        Command::Demo { args } => {
            programs::build(run::Output::Quiet)?;
            let mut command = run::cargo();
            command
                .args(["run", "--quiet", "--package", "ogpu", "--", "demo"])
                .args(args);
            run::exit_with(command)
        }
        Command::Test { args } => {
            programs::build(run::Output::Table)?;
            let mut command = run::cargo();
            command.arg("test");
            if std::env::var_os("OGPU_RPC_URL").is_some() {
                // one funded account pays for everything there, and its nonces are taken one after another
                command.env("RUST_TEST_THREADS", "1");
            }
            if !args
                .iter()
                .any(|arg| arg == "-p" || arg.starts_with("--package"))
            {
                command.arg("--workspace");
            }
            run::exit_with(command.args(args))
        }
        Command::Build { json } => {
            let output = if json {
                run::Output::Json
            } else {
                run::Output::Table
            };
            programs::build(output).map(drop)
        }
        Command::Reproduce => reproduce::reproduce(),
        Command::Check => check::check(),
        Command::Snapshots => check::rewrite(),
        Command::Layout { old, new } => layout::compare_commits(&old, new.as_deref()),
        Command::Bench { compile: true, .. } => peers::compile(),
        Command::Bench { runs, .. } => bench::bench(runs),
        Command::Mutants { args } => proof::mutants::mutants(&args),
        Command::Guards(options) => proof::guards::guards(&options),
    }
}
