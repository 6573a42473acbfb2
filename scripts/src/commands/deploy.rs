//! `ogpu deploy`

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use clap::{Args, ValueEnum};
use eyre::{Result, WrapErr, ensure, eyre};
use ogpu_client::{
    ClientError, Deployment, Programs,
    alloy::primitives::{Address, U256},
    committee::CommitteeParameters,
    deploy::{GovernanceSettings, Progress, Settings, deploy},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::parse_amount;
use crate::{context::Context, output::table};

/// Deploys the whole system: programs, activation, cache bids, proxies, wiring. Every step is written to the deployment
/// file before and after it; run the command again after an interruption, and it goes on where it stopped.
#[derive(Args)]
#[command(after_help = "Examples:
  ogpu deploy                                      to the chain at http://127.0.0.1:8547, as OGPU_PRIVATE_KEY
  ogpu deploy --dao                                governed by the holders of oGPU: see `ogpu dao --help`
  ogpu deploy --rpc https://sepolia-rollup.arbitrum.io/rpc --deployment deployments/sepolia.json --dao dao.json")]
pub struct Deploy {
    /// Who owns every contract in the end; the deployer when left out
    #[arg(long)]
    owner: Option<Address>,
    /// Have a DAO own every contract: the holders of oGPU vote, a timelock carries out; JSON file with all of its terms, or the
    /// defaults
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with = "owner")]
    dao: Option<Option<PathBuf>>,
    /// What the clock of votes counts, for good: seconds, or blocks of the parent chain; the DAO's terms are in these
    #[arg(long, value_enum, default_value_t = Clock::Timestamp, requires = "dao")]
    clock: Clock,
    /// Who may pause new entries through the watchdog, besides the owner
    #[arg(long)]
    guardian: Option<Address>,
    /// How much may flow out of the escrow, and out of the vault, within a day before the watchdog pauses, in oGPU
    #[arg(long, value_parser = parse_amount, default_value = "10000000")]
    outflow_limit: U256,
    /// Who gets the token's whole supply; the deployer when left out
    #[arg(long)]
    holder: Option<Address>,
    /// Who gets fees and the treasury's share of slashes; the owner when left out
    #[arg(long)]
    treasury: Option<Address>,
    /// The token's supply, in oGPU
    #[arg(long, value_parser = parse_amount, default_value = "1000000000")]
    supply: U256,
    /// Seconds that stake takes to leave the vault
    #[arg(long, default_value_t = Settings::default().unbonding_period, value_name = "SECONDS")]
    unbonding_period: u64,
    /// JSON file with the market's parameters, all of them; the defaults when left out
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Who plants tasks with known answers, to catch nodes of the committee that do not look; nobody when left out
    #[arg(long)]
    planter: Option<Address>,
    /// JSON file with the verification committee's parameters, all of them; the defaults when left out
    #[arg(long, value_name = "FILE")]
    committee: Option<PathBuf>,
    /// Folder with the built programs; target/programs when left out
    #[arg(long, env = "OGPU_PROGRAMS", value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// What the clock of votes counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Clock {
    /// Seconds since 1970
    Timestamp,
    /// Blocks of the parent chain
    Blocknumber,
}

impl Deploy {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let programs = Programs::load(&self.programs.unwrap_or_else(Programs::default_folder))?;
        let parameters = match &self.parameters {
            Some(path) => read_parameters(path, &Settings::default().parameters)?,
            None => Settings::default().parameters,
        };
        let committee = match &self.committee {
            Some(path) => read_parameters(path, &CommitteeParameters::default())?,
            None => CommitteeParameters::default(),
        };
        let governance = match &self.dao {
            Some(Some(path)) => Some(read_parameters(path, &GovernanceSettings::default())?),
            Some(None) => Some(GovernanceSettings::default()),
            None => None,
        };
        ensure!(
            self.clock == Clock::Timestamp || matches!(self.dao, Some(Some(_))),
            "the default terms are in seconds; with --clock blocknumber name a file with terms in blocks, --dao FILE"
        );
        let governed = governance.is_some();
        let chain = context.chain().await?;
        let account = context.account(&chain)?;
        let settings = Settings {
            owner: self.owner,
            governance,
            guardian: self.guardian,
            outflow_limit: self.outflow_limit,
            holder: self.holder,
            treasury: self.treasury,
            supply: self.supply,
            clock_mode: self.clock as u8,
            unbonding_period: self.unbonding_period,
            parameters,
            planter: self.planter,
            committee,
            ..Settings::default()
        };
        context.note(&format!(
            "deploying to {} (chain {}) as {}",
            chain.url(),
            chain.id(),
            account.address()
        ));
        let start = Instant::now();
        let mut gas = 0;
        let mut progress = |event: Progress| match event {
            Progress::Signed { step } => context.note(&format!("  {step} …")),
            Progress::Done { step, gas: used } => {
                gas += used;
                context.note(&format!("  {step}: {used} gas"));
            }
            Progress::Skipped { step } => context.note(&format!("  {step}: nothing to do")),
        };
        let path = &context.global.deployment;
        let deployment = match deploy(&account, &programs, &settings, path, &mut progress).await {
            Err(
                error @ ClientError::File {
                    action: "write", ..
                },
            ) => {
                return Err(eyre!(
                    "{error}; nothing is lost: make room there, or make it writable, and run the same command again to go on"
                ));
            }
            other => other?,
        };
        if !governed && self.owner.is_none_or(|owner| owner == account.address()) {
            context.note(&format!(
                "\nATTENTION: {} owns every contract and can upgrade, reconfigure and arbitrate alone.\nFor anything but development, deploy with --dao, or with --owner.",
                account.address()
            ));
        }
        report(context, &deployment, gas, start.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Reads a set of parameters, all of its fields, amounts in wei.
fn read_parameters<T: Serialize + DeserializeOwned>(path: &Path, example: &T) -> Result<T> {
    let text = std::fs::read(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).wrap_err_with(|| {
        let example = serde_json::to_string(example).unwrap_or_default();
        format!(
            "{} is no set of parameters; write it like {example}",
            path.display()
        )
    })
}

fn report(context: &Context, deployment: &Deployment, gas: u64, seconds: f64) {
    let address =
        |address: Option<Address>| address.map_or("-".to_owned(), |address| address.to_string());
    let rows: Vec<_> = deployment
        .contracts
        .iter()
        .map(|(name, contract)| {
            vec![
                name.clone(),
                address(contract.proxy),
                contract.implementation.to_string(),
            ]
        })
        .collect();
    let text = format!(
        "{}\n\ndeployed with {gas} gas in {seconds:.1} s; written to {}",
        table(&["contract", "address", "implementation"], &rows),
        deployment.path().display()
    );
    let value = json!({
        "deployment": deployment.path(),
        "chainId": deployment.chain_id,
        "contracts": deployment.contracts,
        "gas": gas,
        "seconds": seconds,
    });
    context.print(&text, &value);
}
