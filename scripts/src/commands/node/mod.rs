//! `ogpu node`

mod agent;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use eyre::{Result, bail};
use ogpu_client::{
    Account, ClientError, Market, Receipt,
    alloy::primitives::{Address, B256, U256, keccak256},
    amount,
    committee::{Ballot, Field, Phase},
    node::{Node as Member, Vote},
};
use serde_json::{Value, json};

use super::parse_amount;
use crate::{
    context::Context,
    output::{distance, table},
};

/// Verify results: bond, be drawn by lot, vote, be paid.
#[derive(Args)]
#[command(after_help = "From nothing to being paid:
  ogpu node register 1000                  bond 1,000 oGPU, and be a node
  ogpu node run --check ./check.sh         everything else, as long as it runs; see `ogpu node run --help`
  ogpu node status                         what the node has, and what it is owed
  ogpu node exit                           be drawn no more; after the unbonding `ogpu node withdraw`

The same by hand, for a task that was delivered:
  ogpu node push 7                         ask for a committee
  ogpu node beacon                         commit to a secret; run it again to reveal it
  ogpu node push 7                         draw the committee
  ogpu node vote 7 --file result.bin       commit to what you found; then `ogpu node reveal 7`
  ogpu node push 7                         count the votes

Secrets and votes stay in a file in the state folder that only you can read, and are there before they go to the chain. Keep it:
what was committed and cannot be revealed is slashed.")]
pub struct Node {
    /// Folder for what the node must not lose; `nodes` beside the deployment file when left out
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// What a node does.
#[derive(Subcommand)]
enum Command {
    /// Become a node with this bond, or add to it (approves it where needed)
    Register {
        /// How much to add to the bond, in oGPU; 0 to come back while a bond is unbonding
        #[arg(value_parser = parse_amount)]
        bond: U256,
    },
    /// Do what the newest beacon waits for: commit to a secret, or reveal it
    Beacon,
    /// Commit to a vote on a task that the signer was drawn for
    Vote {
        /// The task
        task: U256,
        #[command(flatten)]
        found: Found,
        /// The provider was slower than it promised
        #[arg(long)]
        slow: bool,
    },
    /// Reveal the vote on a task
    Reveal {
        /// The task
        task: U256,
    },
    /// Take the next step of a task's verification: ask for a committee, draw it, count the votes (anybody can)
    Push {
        /// The task
        task: U256,
    },
    /// Show the vote on a task
    Round {
        /// The task
        task: U256,
    },
    /// What a node has: standing, bond, what it is owed
    Status {
        /// The node; the signer when left out
        node: Option<Address>,
    },
    /// Take out what the signer is owed, and its bond once that has unbonded
    Withdraw,
    /// Be drawn no more, and begin to unbond; what the node was drawn for, it still has to do
    Exit,
    /// Report on the latency of a lease that names the signer as its verifier; `slow` ends it, and stops its meter
    Latency {
        /// The lease
        lease: U256,
        /// What was measured
        verdict: Latency,
    },
    /// Run a node: enter beacons, vote on what it is drawn for, collect fees
    Run(agent::Run),
}

/// What was found to be the right result.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Found {
    /// Its hash: 32 bytes, hexadecimal
    #[arg(long)]
    hash: Option<B256>,
    /// A file with it: its Keccak-256 is the hash
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// None: the result is bad or cannot be had
    #[arg(long)]
    none: bool,
}

/// Whether a machine answers as fast as promised.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Latency {
    /// It does
    Ok,
    /// It does not
    Slow,
}

impl Found {
    fn get(&self) -> Result<B256, ClientError> {
        match (&self.hash, &self.file) {
            (Some(hash), _) => Ok(*hash),
            (None, Some(path)) => match std::fs::read(path) {
                Ok(bytes) => Ok(keccak256(bytes)),
                Err(source) => Err(ClientError::File {
                    action: "read",
                    path: path.clone(),
                    source,
                }),
            },
            (None, None) => Ok(B256::ZERO),
        }
    }
}

impl Node {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let folder = self.state.unwrap_or_else(|| {
            let beside = context.global.deployment.parent();
            beside.unwrap_or(Path::new(".")).join("nodes")
        });
        match self.command {
            Command::Status { node } => {
                let market = context.market().await?;
                let node = match node {
                    Some(node) => node,
                    None => context.account(market.chain())?.address(),
                };
                return status(context, &market, node).await;
            }
            Command::Round { task } => return round(context, &context.market().await?, task).await,
            Command::Run(run) => return run.run(context, &folder).await,
            _ => {}
        }
        let (market, account) = context.trader().await?;
        match self.command {
            Command::Register { bond } => {
                let receipt = market.join_committee(&account, bond).await?;
                let bond = market.node_of(account.address()).await?.bond;
                let text = format!(
                    "{} is a node with a bond of {} oGPU",
                    account.address(),
                    amount::format(bond)
                );
                context.sent(&text, &receipt, json!({ "bond": bond.to_string() }));
            }
            Command::Beacon => beacon(context, Member::open(market, account, &folder)?).await?,
            Command::Vote { task, found, slow } => {
                let vote = Vote {
                    result: found.get()?,
                    latency_ok: !slow,
                };
                let mut node = Member::open(market, account, &folder)?;
                let receipt = node.commit_vote(task, vote).await?;
                let text = format!(
                    "committed to a vote on task {task}; what reveals it is in {}. Reveal it with `ogpu node reveal {task}`",
                    node.file.path().display()
                );
                let value = json!({ "task": task.to_string(), "file": node.file.path() });
                context.sent(&text, &receipt, value);
            }
            Command::Reveal { task } => {
                let node = Member::open(market, account, &folder)?;
                let (vote, receipt) = node.reveal_vote(task).await?;
                let text = format!("voted on task {task}: the result is {}", vote.result);
                let value = json!({ "task": task.to_string(), "result": vote.result, "latencyOk": vote.latency_ok });
                context.sent(&text, &receipt, value);
            }
            Command::Push { task } => {
                let (step, receipt) = push(&market, &account, task).await?;
                let value = json!({ "task": task.to_string(), "step": step.name() });
                context.sent(&format!("{} task {task}", step.done()), &receipt, value);
            }
            Command::Withdraw => {
                let receipt = account
                    .send("withdrawing", market.committee().withdraw())
                    .await?;
                let text = "took out what was owed, and what has unbonded";
                context.sent(text, &receipt, json!({}));
            }
            Command::Exit => {
                let receipt = account.send("leaving", market.committee().leave()).await?;
                let since = market.node_of(account.address()).await?.since;
                let text = format!(
                    "{} is drawn no more; its bond can be taken out {} (`ogpu node withdraw`)",
                    account.address(),
                    distance(since, market.chain().now().await?)
                );
                context.sent(&text, &receipt, json!({ "maturesAt": since }));
            }
            Command::Latency { lease, verdict } => {
                let acceptable = verdict == Latency::Ok;
                let call = market.tasks();
                let call = call.reportLatency(lease, acceptable);
                let receipt = account.send("reporting the latency", call).await?;
                let text = match verdict {
                    Latency::Ok => format!("lease {lease} is as fast as promised"),
                    Latency::Slow => format!("lease {lease} is too slow, and over"),
                };
                context.sent(&text, &receipt, json!({ "acceptable": acceptable }));
            }
            Command::Status { .. } | Command::Round { .. } | Command::Run(_) => {
                unreachable!("done above")
            }
        }
        Ok(())
    }
}

/// Does what the newest beacon waits for.
async fn beacon(context: &Context, mut node: Member) -> Result<()> {
    let newest = node.market.committee();
    let newest = newest.newestBeacon();
    let chain = node.market.chain();
    let beacon = chain.read("reading the newest beacon", newest).await?;
    if beacon.is_zero() {
        bail!(
            "there is no beacon yet; one opens when a task is waiting for a committee (`ogpu node push TASK`)"
        );
    }
    let times = node.market.beacon(beacon).await?;
    let known = node.file.beacons().any(|known| known == beacon);
    let (text, receipt, step) = match node.commit_secret(beacon).await {
        Ok(receipt) => (
            format!(
                "committed to a secret for beacon {beacon}; what reveals it is in {}. Run this again from {} on, until {}",
                node.file.path().display(),
                times.commit_end,
                times.reveal_end
            ),
            receipt,
            "commit",
        ),
        Err(error) if known && is_named(&error, &["TooLate", "AlreadyCommitted"]) => (
            format!("revealed the secret for beacon {beacon}"),
            node.reveal_secret(beacon).await?,
            "reveal",
        ),
        Err(error) => return Err(error.into()),
    };
    let value = json!({ "beacon": beacon.to_string(), "step": step });
    context.sent(&text, &receipt, value);
    Ok(())
}

/// A step of a task's verification that anybody can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Request,
    Draw,
    Tally,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Draw => "draw",
            Self::Tally => "tally",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Request => "asked for a committee for",
            Self::Draw => "drew the committee of",
            Self::Tally => "counted the votes on",
        }
    }
}

/// Takes the next step of a task's verification.
async fn push(
    market: &Market,
    account: &Account,
    task: U256,
) -> Result<(Step, Receipt), ClientError> {
    let committee = market.committee();
    let (what, step) = match market.round(task).await?.phase {
        Phase::None => ("asking for a committee", Step::Request),
        Phase::Requested => {
            let what = "drawing the committee";
            match account.send(what, committee.draw(task)).await {
                Err(error) if is_named(&error, &["BeaconFailed"]) => {
                    ("asking for a committee again", Step::Request)
                }
                result => return Ok((Step::Draw, result?)),
            }
        }
        Phase::Voting | Phase::Closed | Phase::Planted => ("counting the votes", Step::Tally),
    };
    let receipt = match step {
        Step::Request => account.send(what, committee.request(task)).await?,
        _ => account.send(what, committee.tally(task)).await?,
    };
    Ok((step, receipt))
}

/// Whether a contract refused with one of these errors.
fn is_named(error: &ClientError, names: &[&str]) -> bool {
    let name = error.reason().and_then(|reason| reason.name());
    name.is_some_and(|name| names.contains(&name))
}

async fn status(context: &Context, market: &Market, node: Address) -> Result<()> {
    let (chain, committee) = (market.chain(), market.committee());
    let what = "reading the committee";
    let member = market.node_of(node).await?;
    let version = chain.read(what, committee.currentVersion()).await?;
    let least = committee.parameter(version, U256::from(Field::MinBond as u8));
    let least = chain.read(what, least).await?;
    let numbers = chain.read(what, committee.numberCount()).await?;
    let newest = chain.read(what, committee.newestBeacon()).await?;
    let now = chain.now().await?;
    let beacon = market.beacon(newest).await?;
    let taking = match (beacon.commit_end, beacon.reveal_end) {
        (end, _) if now < end => format!("{newest}, takes secrets, ends {}", distance(end, now)),
        (_, end) if now < end => format!("{newest}, takes reveals, ends {}", distance(end, now)),
        (0, _) => "none yet".to_owned(),
        _ => format!("{newest}, over"),
    };
    let standing = format!("{:?}", member.standing).to_lowercase();
    let since = match member.since {
        0 => "-".to_owned(),
        since => distance(since, now),
    };
    let drawn = member.bond >= least && standing == "active";
    let rows = [
        ("standing", standing.clone()),
        ("since, or bond free", since),
        ("bond, oGPU", amount::format(member.bond)),
        ("least bond, oGPU", amount::format(least)),
        ("can be drawn", if drawn { "yes" } else { "no" }.to_owned()),
        ("owed, oGPU", amount::format(member.owed)),
        ("nodes, at most", numbers.to_string()),
        ("beacon", taking),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    let value = json!({
        "node": node,
        "standing": standing,
        "since": member.since,
        "bond": member.bond.to_string(),
        "leastBond": least.to_string(),
        "canBeDrawn": drawn,
        "owed": member.owed.to_string(),
        "numbers": numbers.to_string(),
        "beacon": newest.to_string(),
        "commitEnd": beacon.commit_end,
        "revealEnd": beacon.reveal_end,
    });
    context.print(&table(&[&node.to_string(), ""], &rows), &value);
    Ok(())
}

async fn round(context: &Context, market: &Market, task: U256) -> Result<()> {
    let round = market.round(task).await?;
    let now = market.chain().now().await?;
    let (phase, more) = match round.phase {
        Phase::None => ("none", "nobody has asked for a committee yet".to_owned()),
        Phase::Requested => ("requested", format!("waits for beacon {}", round.beacon)),
        Phase::Voting if now < round.commit_end => (
            "voting",
            format!("commitments end {}", distance(round.commit_end, now)),
        ),
        Phase::Voting => (
            "voting",
            format!("reveals end {}", distance(round.reveal_end, now)),
        ),
        Phase::Closed => ("closed", distance(round.reveal_end, now)),
        Phase::Planted => ("planted", "closed, and a planted task".to_owned()),
    };
    let mut rows = vec![vec![phase.to_owned(), more]];
    let mut members: Vec<Value> = Vec::new();
    for member in round.members {
        let ballot = market.ballot(task, member).await?;
        let (state, result) = match ballot {
            Ballot::NotDrawn => ("gone", None),
            Ballot::Drawn => ("drawn", None),
            Ballot::Committed => ("committed", None),
            Ballot::Revealed { result, latency_ok } => ("revealed", Some((result, latency_ok))),
        };
        let shown = result.map(|(result, _)| result.to_string());
        rows.push(vec![
            member.to_string(),
            shown.unwrap_or_else(|| state.to_owned()),
        ]);
        members.push(json!({
            "node": member,
            "vote": state,
            "result": result.map(|(result, _)| result),
            "latencyOk": result.map(|(_, latency_ok)| latency_ok),
        }));
    }
    let value = json!({
        "task": task.to_string(),
        "phase": phase,
        "beacon": round.beacon.to_string(),
        "commitEnd": round.commit_end,
        "revealEnd": round.reveal_end,
        "members": members,
    });
    context.print(&table(&[&format!("task {task}"), ""], &rows), &value);
    Ok(())
}
