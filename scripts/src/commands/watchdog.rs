//! `ogpu watchdog`

use clap::Subcommand;
use eyre::Result;
use ogpu_client::{
    Deployment, Market,
    alloy::primitives::Address,
    amount,
    bindings::{Pausable, Watchdog::Tripped},
    keeper::{Life, bring_back, keep_alive, life_of},
};
use serde_json::{Value, json};

use crate::{
    context::Context,
    output::{distance, span, table},
};

const DAY: u64 = 86_400;

/// Look after the system: circuit breakers, and programs that grow old (anybody can).
#[derive(Subcommand)]
#[command(after_help = "Examples:
  ogpu watchdog status                    how long each program has left, what has flowed out, what is paused
  ogpu watchdog poke                      every few minutes: breakers trip only when somebody looks
  ogpu watchdog keep-alive --below 180    every month: programs expire after a year")]
pub enum Watchdog {
    /// How long each program has left, what has flowed out, and what is paused
    Status,
    /// Take note of what watched contracts hold; new entries are paused where too much has flowed out
    Poke {
        /// A watched contract; all of them when left out
        account: Option<Address>,
    },
    /// Give programs another year, and activate again those that have expired
    KeepAlive {
        /// Only programs that have at most this many days left
        #[arg(long, default_value_t = 180, value_name = "DAYS")]
        below: u64,
    },
}

impl Watchdog {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let (market, deployment) = context.deployed().await?;
        match self {
            Self::Status => status(context, &market, &deployment).await,
            Self::Poke { account } => poke(context, &market, account).await,
            Self::KeepAlive { below } => revive(context, &market, &deployment, below).await,
        }
    }
}

/// A program of the deployment.
struct Program<'a> {
    name: &'a str,
    address: Address,
    life: Life,
}

async fn programs<'a>(market: &Market, deployment: &'a Deployment) -> Result<Vec<Program<'a>>> {
    let mut programs = Vec::new();
    for (name, contract) in &deployment.contracts {
        programs.push(Program {
            name,
            address: contract.implementation,
            life: life_of(market.chain(), contract.implementation).await?,
        });
    }
    Ok(programs)
}

async fn status(context: &Context, market: &Market, deployment: &Deployment) -> Result<()> {
    let programs = programs(market, deployment).await?;
    let rows: Vec<_> = programs
        .iter()
        .map(|program| {
            let left = match program.life {
                Life::Left(seconds) => span(seconds),
                Life::Over => "expired".to_owned(),
            };
            vec![program.name.to_owned(), program.address.to_string(), left]
        })
        .collect();
    let mut text = table(&["program", "implementation", "time left"], &rows);
    let listed: Vec<_> = programs
        .iter()
        .map(|program| {
            let left = match program.life {
                Life::Left(seconds) => Some(seconds),
                Life::Over => None,
            };
            json!({ "name": program.name, "implementation": program.address, "secondsLeft": left })
        })
        .collect();
    let mut value = json!({ "programs": listed });
    if programs.iter().any(|program| program.life == Life::Over) {
        text.push_str("\n\nExpired programs cannot be called, so nothing more can be read; `ogpu watchdog keep-alive` brings them back.");
    } else {
        let (more, breakers) = breakers(market).await?;
        text.push_str(&more);
        value["breakers"] = breakers;
    }
    context.print(&text, &value);
    Ok(())
}

/// What the breakers have seen, and what is paused.
async fn breakers(market: &Market) -> Result<(String, Value)> {
    let (chain, watchdog) = (market.chain(), market.watchdog());
    let now = chain.now().await?;
    let mut rows = Vec::new();
    let mut watched = Vec::new();
    let accounts = watchdog.watchedAccounts();
    for account in chain.read("reading what is watched", accounts).await? {
        let status = watchdog.statusOf(account);
        let status = chain.read("reading a breaker", status).await?;
        let window = match status.windowEnd {
            0 => "not yet".to_owned(),
            end => distance(end, now),
        };
        rows.push(vec![
            label(market, account),
            amount::format(status.start),
            amount::format(status.fall),
            amount::format(status.limit),
            window,
            if status.tripped { "yes" } else { "no" }.to_owned(),
        ]);
        watched.push(json!({
            "account": account,
            "start": status.start.to_string(),
            "fall": status.fall.to_string(),
            "limit": status.limit.to_string(),
            "windowEnd": status.windowEnd,
            "tripped": status.tripped,
        }));
    }
    let head = [
        "watched",
        "began with",
        "fell by",
        "limit",
        "window ends",
        "tripped",
    ];
    let mut text = format!("\n\n{}", table(&head, &rows));
    let mut rows = Vec::new();
    let mut targets = Vec::new();
    for target in chain
        .read("reading what is paused", watchdog.targets())
        .await?
    {
        let pausable = Pausable::new(target, chain.provider());
        let until = chain
            .read("reading a pause", pausable.pausedUntil())
            .await?;
        let paused = if until > now {
            distance(until, now)
        } else {
            "-".to_owned()
        };
        rows.push(vec![label(market, target), paused]);
        targets.push(json!({ "target": target, "pausedUntil": until, "paused": until > now }));
    }
    text.push_str(&format!(
        "\n\n{}",
        table(&["new entries of", "paused, ends"], &rows)
    ));
    Ok((text, json!({ "watched": watched, "targets": targets })))
}

async fn poke(context: &Context, market: &Market, account: Option<Address>) -> Result<()> {
    let (chain, watchdog) = (market.chain(), market.watchdog());
    let signer = context.account(chain)?;
    let accounts = match account {
        Some(account) => vec![account],
        None => {
            let accounts = watchdog.watchedAccounts();
            chain.read("reading what is watched", accounts).await?
        }
    };
    let mut lines = Vec::new();
    let mut pokes = Vec::new();
    for account in accounts {
        let receipt = signer.send("poking", watchdog.poke(account)).await?;
        let tripped = receipt
            .inner
            .logs()
            .iter()
            .find_map(|log| log.log_decode_validate::<Tripped>().ok());
        let what = match &tripped {
            None => "within its limit".to_owned(),
            Some(log) => format!(
                "TRIPPED: from {} to {} oGPU; {} contracts paused until {}",
                amount::format(log.inner.peak),
                amount::format(log.inner.balance),
                log.inner.paused,
                log.inner.until
            ),
        };
        let (tx, gas) = (receipt.transaction_hash, receipt.gas_used);
        lines.push(format!(
            "{}: {what}\n  transaction {tx}, {gas} gas",
            label(market, account)
        ));
        let paused = tripped.as_ref().map(|log| log.inner.paused);
        pokes.push(json!({ "account": account, "tripped": tripped.is_some(), "paused": paused, "tx": tx, "gas": gas }));
    }
    context.print(&lines.join("\n"), &json!({ "pokes": pokes }));
    Ok(())
}

async fn revive(
    context: &Context,
    market: &Market,
    deployment: &Deployment,
    below: u64,
) -> Result<()> {
    let account = context.account(market.chain())?;
    let programs = programs(market, deployment).await?;
    let mut activated = Vec::new();
    for program in programs.iter().filter(|program| program.life == Life::Over) {
        let receipt = bring_back(&account, program.address).await?;
        context.note(&format!(
            "  activated {} again: {} gas",
            program.name, receipt.gas_used
        ));
        activated.push(program.name);
    }
    let old: Vec<_> = programs
        .iter()
        .filter(|program| matches!(program.life, Life::Left(seconds) if seconds <= below.saturating_mul(DAY)))
        .map(|program| program.address)
        .collect();
    let kept = if old.is_empty() {
        None
    } else {
        keep_alive(market, &account, old).await?
    };
    match kept {
        Some((receipt, extended, fees)) => {
            let text = format!(
                "{} programs activated again, {extended} extended for {} ETH",
                activated.len(),
                amount::format(fees)
            );
            let more = json!({ "activated": activated, "extended": extended.to_string(), "fees": fees.to_string() });
            context.sent(&text, &receipt, more);
        }
        None => context.print(
            &format!(
                "{} programs activated again, none old enough to be extended",
                activated.len()
            ),
            &json!({ "activated": activated, "extended": "0", "fees": "0" }),
        ),
    }
    Ok(())
}

/// What a contract is called.
fn label(market: &Market, account: Address) -> String {
    let addresses = market.addresses();
    let known = [
        (addresses.escrow, "escrow"),
        (addresses.vault, "vault"),
        (addresses.task_manager, "task manager"),
    ];
    let name = known.iter().find(|(address, _)| *address == account);
    name.map_or_else(|| account.to_string(), |(_, name)| (*name).to_owned())
}
