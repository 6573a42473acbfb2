//! `ogpu node run`: a node that works by itself.
//!
//! What it knows is on the chain and in the node's file; each round it looks at both and does what is due. A step that is not due, or
//! that somebody else has taken, is refused in simulation and costs nothing. So it can be killed at any moment and started again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use clap::Args;
use eyre::{Result, bail, ensure};
use ogpu_client::{
    ClientError, Receipt, Status,
    alloy::{
        primitives::{B256, U256},
        providers::Provider as _,
        rpc::types::Filter,
        sol_types::SolEvent as _,
    },
    amount,
    bindings::{
        TaskManager::{ResultSubmitted, TaskSubmitted},
        VerificationCommittee::{Requested, RoundClosed, Slashed},
    },
    committee::{Ballot, Phase},
    node::{Node, Vote},
    signer::{KEY_VARIABLE, PASSWORD_VARIABLE},
};
use serde_json::{Value, json};
use tokio::{process::Command, task::JoinHandle};

use super::{is_named, parse_amount, push};
use crate::context::Context;

/// How long after a check that failed it is tried again.
const RETRY: Duration = Duration::from_secs(30);
/// How many blocks' events are asked for at once.
const BLOCKS: u64 = 10_000;

/// Errors of a step that is not due, or that somebody else took first.
const NOT_DUE: [&str; 9] = [
    "TooEarly",
    "TooLate",
    "AlreadyRequested",
    "AlreadyCommitted",
    "WrongPhase",
    "NoQuorum",
    "BeaconFailed",
    "NotAwaited",
    "NothingToReveal",
];

/// Runs a node: asks for committees, enters beacons, draws, checks what it is drawn for, votes, counts, and collects what it earns.
///
/// For each task that the node is drawn for, --check runs in a shell, with these variables:
///
///   OGPU_TASK            the task's id
///   OGPU_METADATA        what the client wrote when it submitted it; anybody's text, so quote it
///   OGPU_VERIFIER_DATA   the task's verifier data, 32 bytes in hexadecimal
///   OGPU_RESULT_SEAL     what the provider delivered: keccak256(abi.encode(task, provider id, result hash))
///   OGPU_PROVIDER_ID, OGPU_PROVIDER, OGPU_CLIENT, OGPU_PRICE (wei)
///   OGPU_COMMIT_UNTIL    when the vote has to be on the chain, in seconds since 1970
///
/// The last line that it prints is the vote: the hash of the right result, 32 bytes in hexadecimal, or 0x0 if the result is bad or cannot
/// be had; and `slow` after it, if the provider was slower than it promised. A check that fails is tried again every 30 seconds while
/// there is time. It does not see the node's key; what it writes
/// to standard error is shown.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  ogpu node run --check ./check.sh
  ogpu node run --check 'docker run --rm -e OGPU_METADATA my/checker' --json --collect 5

It can be stopped, or killed, at any moment, and started again: what it has committed to is in its file first."
)]
pub struct Run {
    /// The command that finds a task's result and prints its hash
    #[arg(long, value_name = "CMD")]
    check: String,
    /// Seconds between two looks at the chain
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    every: u64,
    /// Take out what the node is owed whenever it is as much, in oGPU; 0 for never
    #[arg(long, value_parser = parse_amount, default_value = "1", value_name = "OGPU")]
    collect: U256,
}

impl Run {
    /// Runs the node until it is interrupted.
    pub async fn run(self, context: &Context, folder: &Path) -> Result<()> {
        let (market, deployment) = context.deployed().await?;
        let account = context.account(market.chain())?;
        let node = Node::open(market, account, folder)?;
        let member = node.market.node_of(node.address()).await?;
        if member.bond.is_zero() {
            bail!(
                "{} is no node; become one with `ogpu node register`",
                node.address()
            );
        }
        let mut agent = Agent {
            context,
            first_block: deployment.anchor.map_or(0, |anchor| anchor.number),
            run: self,
            node,
            checks: BTreeMap::new(),
            done: BTreeSet::new(),
            troubles: BTreeMap::new(),
        };
        let text = format!(
            "node {}, bond {} oGPU; its file is {}",
            agent.node.address(),
            amount::format(member.bond),
            agent.node.file.path().display()
        );
        let value = json!({ "event": "started", "node": agent.node.address(), "bond": member.bond.to_string(), "file": agent.node.file.path() });
        context.print(&text, &value);
        let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
        loop {
            agent.round().await;
            tokio::select! {
                _ = &mut interrupted => break,
                () = tokio::time::sleep(Duration::from_secs(agent.run.every)) => {}
            }
        }
        context.print("stopped", &json!({ "event": "stopped" }));
        Ok(())
    }
}

/// A check of a task.
enum Check {
    Running(JoinHandle<Result<Vote>>),
    Failed(Instant),
}

/// A node at work.
struct Agent<'a> {
    context: &'a Context,
    run: Run,
    node: Node,
    first_block: u64,
    checks: BTreeMap<U256, Check>,
    /// Steps that are taken and would only be refused: "commit" or "reveal", and the beacon.
    done: BTreeSet<(&'static str, U256)>,
    /// What goes wrong, by what it is about: told once.
    troubles: BTreeMap<String, String>,
}

impl Agent<'_> {
    /// Looks, and does what is due. What fails is told, and tried again.
    async fn round(&mut self) {
        let looked = self.look().await;
        self.note("events", looked);
        for beacon in self.node.file.beacons() {
            let revealed = self.reveal(beacon).await;
            self.note(&format!("beacon {beacon}"), revealed);
        }
        let entered = self.enter().await;
        self.note("entering a beacon", entered);
        for task in self.node.file.open_tasks() {
            let worked = self.task(task).await;
            self.note(&format!("task {task}"), worked);
        }
        let collected = self.collect().await;
        self.note("collecting", collected);
    }

    /// Reads what has happened since the last look.
    async fn look(&mut self) -> Result<()> {
        let market = self.node.market.clone();
        let chain = market.chain();
        let addresses = market.addresses();
        let latest = chain.provider().get_block_number().await?;
        while self.node.file.block() < latest {
            let from = (self.node.file.block() + 1).max(self.first_block);
            let to = latest.min(from + BLOCKS - 1);
            let filter = Filter::new()
                .address(vec![addresses.task_manager, addresses.committee])
                .event_signature(vec![
                    ResultSubmitted::SIGNATURE_HASH,
                    Requested::SIGNATURE_HASH,
                    RoundClosed::SIGNATURE_HASH,
                    Slashed::SIGNATURE_HASH,
                ])
                .from_block(from)
                .to_block(to);
            let mut tasks = Vec::new();
            for log in chain.provider().get_logs(&filter).await? {
                let log = &log.inner;
                if let Ok(event) = ResultSubmitted::decode_log(log) {
                    let view = market.tasks();
                    let view = view.verificationOf(event.taskId);
                    let task = chain.read("reading a task", view).await?;
                    if task.verifier == addresses.committee {
                        tasks.push(event.taskId);
                    }
                } else if let Ok(event) = Requested::decode_log(log) {
                    tasks.push(event.taskId);
                } else if let Ok(event) = RoundClosed::decode_log(log) {
                    self.closed(&event).await?;
                } else if let Ok(event) = Slashed::decode_log(log)
                    && event.node == self.node.address()
                {
                    let taken = amount::format(event.taken);
                    let cause = match event.cause {
                        1 => "a missing vote",
                        2 => "a minority vote",
                        3 => "a withheld secret",
                        4 => "a wrong vote on a planted task",
                        _ => "the owner's decision",
                    };
                    let value = json!({ "event": "slashed", "id": event.id.to_string(), "cause": cause, "taken": event.taken.to_string() });
                    self.tell(&format!("SLASHED {taken} oGPU for {cause}"), value);
                }
            }
            self.node.file.seen(to, &tasks)?;
        }
        Ok(())
    }

    /// Tells how a round ended that the node sat in.
    async fn closed(&self, event: &RoundClosed) -> Result<(), ClientError> {
        let task = event.taskId;
        let ballot = self.node.market.ballot(task, self.node.address()).await?;
        let agreed = match ballot {
            Ballot::NotDrawn => return Ok(()),
            Ballot::Revealed { result, .. } => event.votes > 0 && result == event.resultHash,
            Ballot::Drawn | Ballot::Committed => false,
        };
        let text = match event.votes {
            0 => format!("task {task}: no verdict; it goes to dispute"),
            votes => format!("task {task}: {votes} found {}", event.resultHash),
        };
        let value = json!({
            "event": "closed",
            "task": task.to_string(),
            "result": event.resultHash,
            "votes": event.votes,
            "latencyOk": event.latencyOk,
            "agreed": agreed,
        });
        self.tell(&text, value);
        Ok(())
    }

    /// Reveals the secret for a beacon, and forgets it once the beacon is over.
    async fn reveal(&mut self, beacon: U256) -> Result<()> {
        let chain = self.node.market.chain();
        let times = self.node.market.beacon(beacon).await?;
        if chain.now().await? >= times.reveal_end {
            self.node.file.forget(beacon)?;
        } else if !self.done.contains(&("reveal", beacon)) {
            let sent = self.node.reveal_secret(beacon).await;
            let text = format!("revealed the secret for beacon {beacon}");
            let value = json!({ "event": "secret-revealed", "beacon": beacon.to_string() });
            if self.did(sent, &text, value)? {
                self.done.insert(("reveal", beacon));
            }
        }
        Ok(())
    }

    /// Commits to a secret for the newest beacon.
    async fn enter(&mut self) -> Result<()> {
        let market = self.node.market.clone();
        let (chain, committee) = (market.chain(), market.committee());
        let newest = chain
            .read("reading the newest beacon", committee.newestBeacon())
            .await?;
        if newest.is_zero()
            || self.done.contains(&("commit", newest))
            || chain.now().await? >= market.beacon(newest).await?.commit_end
        {
            return Ok(());
        }
        let sent = self.node.commit_secret(newest).await;
        let taken = matches!(&sent, Err(error) if is_named(error, &["AlreadyCommitted"]));
        let text = format!("committed to a secret for beacon {newest}");
        let value = json!({ "event": "secret-committed", "beacon": newest.to_string() });
        if self.did(sent, &text, value)? || taken {
            self.done.insert(("commit", newest));
        }
        Ok(())
    }

    /// Does what a task waits for.
    async fn task(&mut self, task: U256) -> Result<()> {
        let market = self.node.market.clone();
        let round = market.round(task).await?;
        match round.phase {
            Phase::None | Phase::Requested => {
                let view = market.tasks();
                let view = view.verificationOf(task);
                let asked = market.chain().read("reading the task", view).await?;
                // The market's own deadline ends what was never decided.
                if asked.verifier != market.addresses().committee
                    || asked.status != Status::Submitted as u8
                {
                    return self.close(task);
                }
            }
            Phase::Voting => match market.ballot(task, self.node.address()).await? {
                Ballot::Drawn => self.vote(task, round.commit_end).await?,
                Ballot::Committed => {
                    let sent = self.node.reveal_vote(task).await;
                    let found = sent.as_ref().ok().map(|(vote, _)| *vote);
                    let value = json!({ "event": "vote-revealed", "task": task.to_string(), "result": found.map(|vote| vote.result) });
                    let text = format!("revealed the vote on task {task}");
                    self.did(sent.map(|(_, receipt)| receipt), &text, value)?;
                }
                Ballot::NotDrawn | Ballot::Revealed { .. } => {}
            },
            Phase::Closed | Phase::Planted => return self.close(task),
        }
        match push(&market, &self.node.account, task).await {
            Ok((step, receipt)) => {
                let value = json!({ "event": step.name(), "task": task.to_string() });
                self.did(Ok(receipt), &format!("{} task {task}", step.done()), value)?;
            }
            Err(error) if is_named(&error, &["EmptyResult"]) => self.close(task)?,
            Err(error) => drop(self.did(Err(error), "", Value::Null)?),
        }
        Ok(())
    }

    fn close(&mut self, task: U256) -> Result<()> {
        if let Some(Check::Running(check)) = self.checks.remove(&task) {
            check.abort();
        }
        Ok(self.node.file.close(task)?)
    }

    /// Commits to what the check found, once it has.
    async fn vote(&mut self, task: U256, until: u64) -> Result<()> {
        let vote = match self.node.file.vote(task) {
            Some(vote) => vote,
            None => match self.checks.remove(&task) {
                Some(Check::Running(check)) if check.is_finished() => match check.await? {
                    Ok(vote) => {
                        let value = json!({ "event": "checked", "task": task.to_string(), "result": vote.result, "latencyOk": vote.latency_ok });
                        self.tell(&format!("checked task {task}: {}", vote.result), value);
                        vote
                    }
                    Err(error) => {
                        self.checks.insert(task, Check::Failed(Instant::now()));
                        return Err(error);
                    }
                },
                Some(Check::Failed(at)) if at.elapsed() < RETRY => {
                    self.checks.insert(task, Check::Failed(at));
                    return Ok(());
                }
                Some(running @ Check::Running(_)) => {
                    self.checks.insert(task, running);
                    return Ok(());
                }
                Some(Check::Failed(_)) | None => {
                    let check = self.check(task, until).await?;
                    self.checks.insert(task, Check::Running(check));
                    self.tell(
                        &format!("drawn for task {task}; checking it"),
                        json!({ "event": "drawn", "task": task.to_string() }),
                    );
                    return Ok(());
                }
            },
        };
        let sent = self.node.commit_vote(task, vote).await;
        let value = json!({ "event": "vote-committed", "task": task.to_string() });
        self.did(sent, &format!("committed to a vote on task {task}"), value)?;
        Ok(())
    }

    /// Starts the check of a task.
    async fn check(&self, task: U256, until: u64) -> Result<JoinHandle<Result<Vote>>> {
        let market = &self.node.market;
        let (chain, tasks) = (market.chain(), market.tasks());
        let view = chain
            .read("reading the task", tasks.verificationOf(task))
            .await?;
        let filter = tasks.TaskSubmitted_filter().topic1(task);
        let filter = filter.from_block(self.first_block).filter;
        let logs = chain.provider().get_logs(&filter).await?;
        let submitted = logs
            .iter()
            .find_map(|log| TaskSubmitted::decode_log(&log.inner).ok());
        let metadata = submitted.map_or(String::new(), |event| event.data.metadata);
        let mut command = Command::new("sh");
        command
            .args(["-c", &self.run.check])
            .env_remove(KEY_VARIABLE)
            .env_remove(PASSWORD_VARIABLE)
            .env("OGPU_TASK", task.to_string())
            // A variable holds no zero byte, and metadata that has one is no address of anything.
            .env("OGPU_METADATA", metadata.replace('\0', ""))
            .env("OGPU_VERIFIER_DATA", view.data.to_string())
            .env("OGPU_RESULT_SEAL", view.seal.to_string())
            .env("OGPU_PROVIDER_ID", view.providerId.to_string())
            .env("OGPU_PROVIDER", view.provider.to_string())
            .env("OGPU_CLIENT", view.client.to_string())
            .env("OGPU_PRICE", view.price.to_string())
            .env("OGPU_COMMIT_UNTIL", until.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        Ok(tokio::spawn(async move {
            let output = command.spawn()?.wait_with_output().await?;
            ensure!(
                output.status.success(),
                "the check ended with {}",
                output.status
            );
            parse(&String::from_utf8_lossy(&output.stdout))
        }))
    }

    /// Takes out what the node is owed.
    async fn collect(&mut self) -> Result<()> {
        let market = self.node.market.clone();
        let owed = market.node_of(self.node.address()).await?.owed;
        if self.run.collect.is_zero() || owed < self.run.collect {
            return Ok(());
        }
        let call = market.committee();
        let sent = self.node.account.send("collecting", call.withdraw()).await;
        let text = format!("collected {} oGPU", amount::format(owed));
        let value = json!({ "event": "collected", "amount": owed.to_string() });
        self.did(sent, &text, value)?;
        Ok(())
    }

    /// Tells of a step that was taken; a step that was not due, or that somebody else took, is none.
    fn did(
        &self,
        sent: Result<Receipt, ClientError>,
        text: &str,
        mut value: Value,
    ) -> Result<bool, ClientError> {
        match sent {
            Ok(receipt) => {
                value["tx"] = json!(receipt.transaction_hash);
                value["gas"] = json!(receipt.gas_used);
                self.tell(&format!("{text}: {} gas", receipt.gas_used), value);
                Ok(true)
            }
            Err(ClientError::Reverted { .. }) => Ok(false),
            Err(error) if is_named(&error, &NOT_DUE) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn tell(&self, text: &str, value: Value) {
        self.context.print(text, &value);
    }

    /// Tells of a trouble, once for as long as it stays the same.
    fn note(&mut self, about: &str, result: Result<()>) {
        let Err(error) = result else {
            self.troubles.remove(about);
            return;
        };
        let text = format!("{error:#}");
        if self.troubles.get(about) != Some(&text) {
            self.tell(
                &format!("TROUBLE with {about}: {text}"),
                json!({ "event": "trouble", "about": about, "why": text }),
            );
            self.troubles.insert(about.to_owned(), text);
        }
    }
}

/// Reads the vote that a check prints in its last line.
fn parse(output: &str) -> Result<Vote> {
    let line = output.lines().rev().find(|line| !line.trim().is_empty());
    let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    let (hash, latency_ok) = match words[..] {
        [hash] => (hash, true),
        [hash, "slow"] => (hash, false),
        _ => bail!("the check's last line is no hash, alone or with `slow` after it: {words:?}"),
    };
    let result = match hash {
        "0x0" | "0" => B256::ZERO,
        hash => match hash.parse() {
            Ok(hash) => hash,
            Err(_) => {
                bail!("the check printed {hash:?}, which is no hash of 32 bytes in hexadecimal")
            }
        },
    };
    Ok(Vote { result, latency_ok })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_votes_by_its_last_line() {
        let hash = B256::repeat_byte(0xab);
        let vote = |result, latency_ok| Vote { result, latency_ok };
        for (output, expected) in [
            (format!("{hash}\n"), vote(hash, true)),
            (
                format!("loading…\ndone\n{hash} slow\n\n"),
                vote(hash, false),
            ),
            ("0x0".to_owned(), vote(B256::ZERO, true)),
        ] {
            assert_eq!(parse(&output).unwrap(), expected, "{output:?}");
        }
        for output in [
            "",
            "\n",
            "ok",
            "0xabcd",
            &format!("{hash} fast"),
            &format!("{hash} slow slow"),
        ] {
            let error = parse(output).unwrap_err().to_string();
            assert!(error.starts_with("the check"), "{error}");
        }
    }
}
