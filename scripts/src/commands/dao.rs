//! `ogpu dao`

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use eyre::{ContextCompat, Result, WrapErr, bail, ensure};
use ogpu_client::{
    Account, Deployment, Market, Program, Programs,
    alloy::{
        primitives::{Address, Bytes, U256, keccak256},
        sol_types::SolCall as _,
    },
    amount,
    bindings::{GovernanceDao::ProposalCreated, Owned, Watchdog},
    governance::{self, Action, Proposal, ProposalState, ProposalView, SignedBallot, Support},
    install, interfaces,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    context::Context,
    output::{distance, table},
};

/// Ballots in one transaction.
const BATCH: usize = 50;

/// Seconds between two looks at a proposal.
const PAUSE: u64 = 2;

/// Decide together: propose, delegate, vote, and have the timelock do what was decided.
#[derive(Subcommand)]
#[command(after_help = "Examples:
  ogpu dao show                                 the DAO's terms, and who may do what
  ogpu dao delegate                             count your tokens as your votes
  ogpu dao propose proposal.toml                what it does is printed first; --dry-run stops there
  ogpu dao list                                 proposals and how far they are
  ogpu dao describe 1234…                       what a proposal does, in words, and its votes
  ogpu dao vote 1234… for --reason \"cheaper\"
  ogpu dao sign 1234… for ballots/me.json       a ballot that anybody can post: costs nothing
  ogpu dao post ballots                         checks a folder of ballots and posts them
  ogpu dao queue 1234… && ogpu dao execute 1234…
  ogpu dao install payment-escrow               the program built here, for a proposal to upgrade to
  ogpu dao verify 1234…                         the programs that it upgrades to, against those built here

A proposal is a file:
  title = \"Halve the treasury's share of slashes\"
  description = \"\"\"
  Why, as long as need be.
  \"\"\"
  [[call]]
  contract = \"staking-vault\"                    a contract of the deployment, or an address
  function = \"setSlashSplit\"                    or with its types, like setSlashSplit(uint16,uint16)
  arguments = [\"5000\", \"2500\"]
A proposal's number can be shortened to its first digits, as long as they are its alone.")]
pub enum Dao {
    /// Show the DAO's terms
    Show,
    /// Count your tokens as the votes of an account, your own if none is named
    Delegate {
        /// Who votes with them
        to: Option<Address>,
    },
    /// Make the proposal that a file describes
    Propose {
        /// The file
        file: PathBuf,
        /// Print what it would do, and send nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List proposals
    List,
    /// Show what a proposal does, in words, and its votes
    Describe {
        /// The proposal
        proposal: String,
    },
    /// Vote
    Vote {
        /// The proposal
        proposal: String,
        /// What you are for
        support: Choice,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
    /// Write a signed ballot to a file, for anybody to post
    Sign {
        /// The proposal
        proposal: String,
        /// What you are for
        support: Choice,
        /// Where to write it
        file: PathBuf,
    },
    /// Check signed ballots, and post them in as few transactions as fit
    Post {
        /// Files, or folders of files that end in .json
        #[arg(required = true)]
        ballots: Vec<PathBuf>,
    },
    /// Hand a proposal that succeeded to the timelock (anybody can)
    Queue {
        /// The proposal
        proposal: String,
    },
    /// Have the timelock do what a proposal says, once its time has come (anybody can)
    Execute {
        /// The proposal
        proposal: String,
    },
    /// Cancel a proposal, as its proposer before voting, or as the guardian
    Cancel {
        /// The proposal
        proposal: String,
    },
    /// Put a built program on the chain, activated and cached, for a proposal to upgrade to
    Install {
        /// The contract, like payment-escrow
        contract: String,
        /// Folder with the built programs; target/programs when left out
        #[arg(long, env = "OGPU_PROGRAMS", value_name = "DIR")]
        programs: Option<PathBuf>,
    },
    /// Print what happens to a proposal until it is over
    Watch {
        /// The proposal
        proposal: String,
    },
    /// Compare the programs that a proposal upgrades to with those built here
    Verify {
        /// The proposal; the programs that run now when left out
        proposal: Option<String>,
        /// Folder with the built programs; target/programs when left out
        #[arg(long, env = "OGPU_PROGRAMS", value_name = "DIR")]
        programs: Option<PathBuf>,
    },
}

/// What a voter is for.
#[derive(Clone, Copy, ValueEnum)]
pub enum Choice {
    /// For the proposal
    For,
    /// Against it
    Against,
    /// Neither, but there
    Abstain,
}

impl From<Choice> for Support {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::For => Self::For,
            Choice::Against => Self::Against,
            Choice::Abstain => Self::Abstain,
        }
    }
}

/// The file of a proposal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    description: String,
    call: Vec<WrittenCall>,
}

/// One call of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCall {
    contract: String,
    function: String,
    #[serde(default)]
    arguments: Vec<String>,
    /// Ether, in wei.
    #[serde(default)]
    value: Option<String>,
}

impl Written {
    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .wrap_err_with(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).wrap_err_with(|| {
            format!(
                "{} is no proposal; `ogpu dao --help` shows one",
                path.display()
            )
        })
    }

    fn proposal(self, deployment: &Deployment) -> Result<Proposal> {
        ensure!(!self.call.is_empty(), "the proposal has no [[call]]");
        let mut actions = Vec::with_capacity(self.call.len());
        for call in self.call {
            let known = deployment.contracts.get(&call.contract);
            let target = match known.and_then(|contract| contract.proxy) {
                Some(proxy) => proxy,
                None => call.contract.parse().ok().wrap_err_with(|| {
                    let names = deployment.contracts.iter();
                    let names = names.filter(|(_, contract)| contract.proxy.is_some());
                    let names: Vec<_> = names.map(|(name, _)| name.as_str()).collect();
                    format!(
                        "{} is neither an address nor one of {}",
                        call.contract,
                        names.join(", ")
                    )
                })?,
            };
            actions.push(Action {
                target,
                value: match call.value {
                    None => U256::ZERO,
                    Some(wei) => wei
                        .parse()
                        .wrap_err("the value of a call is ether in wei")?,
                },
                data: interfaces::encode(&call.contract, &call.function, &call.arguments)?,
            });
        }
        Ok(Proposal {
            actions,
            description: format!("# {}\n\n{}", self.title.trim(), self.description.trim()),
        })
    }
}

/// The DAO, and where everything is.
struct Hall {
    dao: governance::Dao,
    market: Market,
    deployment: Deployment,
}

impl Hall {
    async fn enter(context: &Context) -> Result<Self> {
        let (market, deployment) = context.deployed().await?;
        Ok(Self {
            dao: market.dao(&deployment)?,
            market,
            deployment,
        })
    }

    fn account(&self, context: &Context) -> Result<Account> {
        context.account(self.market.chain())
    }

    /// The proposal that a number, or its first digits, stand for.
    async fn find(&self, text: &str) -> Result<ProposalCreated> {
        ensure!(
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
            "'{text}' is no number of a proposal; `ogpu dao list` shows them"
        );
        let made = self.dao.proposals(&self.deployment).await?;
        let mut found = made
            .into_iter()
            .filter(|made| made.proposalId.to_string().starts_with(text));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => bail!("there is no proposal {text}; `ogpu dao list` shows them"),
            _ => bail!("several proposals begin with {text}; give more digits"),
        }
    }

    fn describe(&self, actions: &[Action]) -> Vec<String> {
        let each = actions.iter();
        each.map(|action| {
            let call = interfaces::describe(&self.deployment, action.target, &action.data);
            match action.value {
                U256::ZERO => call,
                wei => format!("{call}, with {wei} wei"),
            }
        })
        .collect()
    }
}

fn title(description: &str) -> &str {
    let first = description.lines().next().unwrap_or_default();
    first.trim_start_matches('#').trim()
}

/// The first digits of a proposal's number.
fn short(id: U256) -> String {
    let mut digits = id.to_string();
    digits.truncate(10);
    digits
}

impl Dao {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let hall = Hall::enter(context).await?;
        match self {
            Self::Show => show(context, &hall).await,
            Self::Delegate { to } => {
                let account = hall.account(context)?;
                let to = to.unwrap_or(account.address());
                let token = hall.market.token();
                let receipt = account.send("delegating", token.delegate(to)).await?;
                let votes = hall.market.chain().read("", token.getVotes(to)).await?;
                let text = format!("{to} has {} votes now", amount::format(votes));
                let value = json!({ "delegate": to, "votes": votes.to_string() });
                context.sent(&text, &receipt, value);
                Ok(())
            }
            Self::Propose { file, dry_run } => {
                let proposal = Written::read(&file)?.proposal(&hall.deployment)?;
                let calls = hall.describe(&proposal.actions);
                context.note(&format!(
                    "{}\n  {}",
                    title(&proposal.description),
                    calls.join("\n  ")
                ));
                if dry_run {
                    context.print("nothing was sent", &json!({ "calls": calls }));
                    return Ok(());
                }
                let account = hall.account(context)?;
                let proposal = proposal.reserved_for(account.address());
                let mut value = json!({ "proposalId": proposal.id().to_string(), "calls": calls });
                let (id, receipt) = hall.dao.propose(&account, &proposal).await?;
                let view = hall.dao.proposal(id).await?;
                value["votingBegins"] = json!(view.snapshot.to_string());
                let text = format!("proposal {id} is made");
                context.sent(&text, &receipt, value);
                Ok(())
            }
            Self::List => list(context, &hall).await,
            Self::Describe { proposal } => {
                let made = hall.find(&proposal).await?;
                let view = hall.dao.proposal(made.proposalId).await?;
                describe(context, &hall, &made, &view).await
            }
            Self::Vote {
                proposal,
                support,
                reason,
            } => {
                let made = hall.find(&proposal).await?;
                let (id, account) = (made.proposalId, hall.account(context)?);
                let receipt = hall.dao.vote(&account, id, support.into(), &reason).await?;
                voted(context, &hall, id, &receipt).await
            }
            Self::Sign {
                proposal,
                support,
                file,
            } => {
                let made = hall.find(&proposal).await?;
                let account = hall.account(context)?;
                let ballot = hall.dao.sign(&account, made.proposalId, support.into());
                let ballot = ballot.await?;
                let text = serde_json::to_string_pretty(&ballot)? + "\n";
                std::fs::write(&file, text)
                    .wrap_err_with(|| format!("cannot write {}", file.display()))?;
                let text = format!(
                    "{} signed; anybody can post it with `ogpu dao post {0}`",
                    file.display()
                );
                context.print(&text, &serde_json::to_value(&ballot)?);
                Ok(())
            }
            Self::Post { ballots } => post(context, &hall, &ballots).await,
            Self::Queue { proposal } => {
                let id = hall.find(&proposal).await?.proposalId;
                let receipt = hall.dao.queue(&hall.account(context)?, id).await?;
                let (view, now) = (
                    hall.dao.proposal(id).await?,
                    hall.market.chain().now().await?,
                );
                let eta = view.eta.saturating_to();
                let text = format!("it can be executed {}", distance(eta, now));
                context.sent(&text, &receipt, json!({ "eta": eta }));
                Ok(())
            }
            Self::Execute { proposal } => {
                let made = hall.find(&proposal).await?;
                let id = made.proposalId;
                let receipt = hall.dao.execute(&hall.account(context)?, id).await?;
                let text = format!("done: {}", title(&made.description));
                context.sent(&text, &receipt, json!({ "proposalId": id.to_string() }));
                Ok(())
            }
            Self::Cancel { proposal } => {
                let id = hall.find(&proposal).await?.proposalId;
                let receipt = hall.dao.cancel(&hall.account(context)?, id).await?;
                let value = json!({ "proposalId": id.to_string() });
                context.sent("cancelled", &receipt, value);
                Ok(())
            }
            Self::Install { contract, programs } => {
                let folder = programs.unwrap_or_else(Programs::default_folder);
                let program = Program::read(&folder, &contract)?;
                let account = hall.account(context)?;
                let address = install(&account, &program).await?;
                let hash = program.code_hash();
                let text = format!(
                    "{contract} is at {address}, code hash {hash}; a proposal upgrades to it, and to no other code, with\n\n[[call]]\ncontract = \"watchdog\"\nfunction = \"requireCode\"\narguments = [\"{address}\", \"{hash}\"]\n\n[[call]]\ncontract = \"{contract}\"\nfunction = \"upgradeToAndCall\"\narguments = [\"{address}\", \"0x\"]"
                );
                let value =
                    json!({ "contract": contract, "implementation": address, "codeHash": hash });
                context.print(&text, &value);
                Ok(())
            }
            Self::Watch { proposal } => {
                let id = hall.find(&proposal).await?.proposalId;
                watch(context, &hall, id).await
            }
            Self::Verify { proposal, programs } => {
                let folder = programs.unwrap_or_else(Programs::default_folder);
                verify(context, &hall, proposal, &folder).await
            }
        }
    }
}

async fn show(context: &Context, hall: &Hall) -> Result<()> {
    let (chain, governor) = (hall.market.chain(), hall.dao.governor());
    let (timelock, token) = (hall.dao.timelock(), hall.market.token());
    let what = "reading the DAO's terms";
    let now = chain.read(what, governor.clock()).await?;
    let past = U256::from(now).saturating_sub(U256::ONE);
    let supply = chain.read(what, token.totalSupply()).await?;
    let quorum = chain.read(what, governor.quorum(past)).await?;
    let rows = [
        ("governor", hall.dao.addresses().governor.to_string()),
        (
            "timelock, which owns everything",
            hall.dao.addresses().timelock.to_string(),
        ),
        ("clock", chain.read(what, governor.CLOCK_MODE()).await?),
        (
            "until voting begins",
            chain.read(what, governor.votingDelay()).await?.to_string(),
        ),
        (
            "voting takes",
            chain.read(what, governor.votingPeriod()).await?.to_string(),
        ),
        (
            "at least, after a late quorum",
            chain
                .read(what, governor.lateQuorumVoteExtension())
                .await?
                .to_string(),
        ),
        (
            "votes to propose",
            amount::format(chain.read(what, governor.proposalThreshold()).await?),
        ),
        ("quorum, of votes", amount::format(quorum)),
        ("supply", amount::format(supply)),
        (
            "seconds in the timelock",
            chain.read(what, timelock.getMinDelay()).await?.to_string(),
        ),
        (
            "guardian, who can cancel",
            chain
                .read(what, governor.proposalGuardian())
                .await?
                .to_string(),
        ),
        (
            "proposals",
            chain
                .read(what, governor.proposalCount())
                .await?
                .to_string(),
        ),
    ];
    let value: serde_json::Map<String, Value> = rows
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    context.print(&table(&["the DAO", ""], &rows), &Value::Object(value));
    Ok(())
}

async fn list(context: &Context, hall: &Hall) -> Result<()> {
    let made = hall.dao.proposals(&hall.deployment).await?;
    let (mut rows, mut values) = (vec![], vec![]);
    for made in made.iter().rev() {
        let state = hall.dao.state(made.proposalId).await?;
        let state = serde_json::to_value(state)?;
        let title = title(&made.description);
        rows.push(vec![
            short(made.proposalId),
            state.as_str().unwrap_or_default().to_owned(),
            title.to_owned(),
        ]);
        values.push(json!({
            "proposalId": made.proposalId.to_string(),
            "state": state,
            "proposer": made.proposer,
            "title": title,
        }));
    }
    let text = match rows.is_empty() {
        true => "nobody has proposed anything yet".to_owned(),
        false => table(&["proposal", "state", "title"], &rows),
    };
    context.print(&text, &json!({ "proposals": values }));
    Ok(())
}

async fn describe(
    context: &Context,
    hall: &Hall,
    made: &ProposalCreated,
    view: &ProposalView,
) -> Result<()> {
    let chain = hall.market.chain();
    let governor = hall.dao.governor();
    let clock = U256::from(chain.read("reading the clock", governor.clock()).await?);
    let quorum = match view.snapshot < clock {
        true => amount::format(
            chain
                .read("reading the quorum", governor.quorum(view.snapshot))
                .await?,
        ),
        false => "known when voting begins".to_owned(),
    };
    let calls = hall.describe(&view.actions);
    let state = serde_json::to_value(view.state)?;
    let from_now = |reading: U256| distance(reading.saturating_to(), clock.saturating_to());
    let mut rows = vec![
        ("state", state.as_str().unwrap_or_default().to_owned()),
        ("proposer", view.proposer.to_string()),
        ("voting began, or begins", from_now(view.snapshot)),
        ("voting ends", from_now(view.deadline)),
        ("votes for", amount::format(view.for_votes)),
        ("votes against", amount::format(view.against_votes)),
        ("abstaining", amount::format(view.abstain_votes)),
        ("quorum, for and abstaining", quorum),
    ];
    if !view.eta.is_zero() {
        let now = chain.now().await?;
        rows.push(("can be executed", distance(view.eta.saturating_to(), now)));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    let text = format!(
        "{}\n\nIt calls, as the timelock:\n  {}\n\n{}",
        made.description,
        calls.join("\n  "),
        table(&[&format!("proposal {}", made.proposalId), ""], &rows)
    );
    let value = json!({
        "proposalId": made.proposalId.to_string(),
        "state": state,
        "proposer": view.proposer,
        "description": made.description,
        "calls": calls,
        "snapshot": view.snapshot.to_string(),
        "deadline": view.deadline.to_string(),
        "eta": view.eta.to_string(),
        "for": view.for_votes.to_string(),
        "against": view.against_votes.to_string(),
        "abstain": view.abstain_votes.to_string(),
    });
    context.print(&text, &value);
    Ok(())
}

async fn voted(
    context: &Context,
    hall: &Hall,
    id: U256,
    receipt: &ogpu_client::Receipt,
) -> Result<()> {
    let view = hall.dao.proposal(id).await?;
    let text = format!(
        "{} for, {} against, {} abstain",
        amount::format(view.for_votes),
        amount::format(view.against_votes),
        amount::format(view.abstain_votes)
    );
    let value = json!({
        "for": view.for_votes.to_string(),
        "against": view.against_votes.to_string(),
        "abstain": view.abstain_votes.to_string(),
    });
    context.sent(&text, receipt, value);
    Ok(())
}

/// The ballots in these files and folders.
fn read_ballots(paths: &[PathBuf]) -> Result<Vec<(PathBuf, SignedBallot)>> {
    let mut files = vec![];
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path);
            let entries = entries.wrap_err_with(|| format!("cannot read {}", path.display()))?;
            for entry in entries {
                let path = entry?.path();
                if path
                    .extension()
                    .is_some_and(|extension| extension == "json")
                {
                    files.push(path);
                }
            }
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    let read = |path: PathBuf| -> Result<(PathBuf, SignedBallot)> {
        let text =
            std::fs::read(&path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        let ballot = serde_json::from_slice(&text)
            .wrap_err_with(|| format!("{} is no ballot", path.display()))?;
        Ok((path, ballot))
    };
    files.into_iter().map(read).collect()
}

async fn post(context: &Context, hall: &Hall, paths: &[PathBuf]) -> Result<()> {
    let account = hall.account(context)?;
    let mut good: Vec<SignedBallot> = vec![];
    let mut refused = vec![];
    for (path, ballot) in read_ballots(paths)? {
        match hall.dao.check(&ballot).await? {
            None => good.push(ballot),
            Some(why) => refused.push((path, why)),
        }
    }
    for (path, why) in &refused {
        context.note(&format!("{} is left out: {why}", path.display()));
    }
    ensure!(!good.is_empty(), "no ballot can be posted");
    good.sort_by_key(|ballot| ballot.proposal_id);
    let (mut counted, mut gas) = (0, 0);
    for of_one in good.chunk_by(|one, next| one.proposal_id == next.proposal_id) {
        for batch in of_one.chunks(BATCH) {
            let id = batch[0].proposal_id;
            let receipt = hall.dao.post(&account, id, batch).await?;
            let votes = governance::votes_in(&receipt);
            context.note(&format!(
                "{} of {} ballots on {} counted, {} gas",
                votes.len(),
                batch.len(),
                short(id),
                receipt.gas_used
            ));
            counted += votes.len();
            gas += receipt.gas_used;
        }
    }
    let text = format!("{counted} ballots counted, {gas} gas");
    let refused: Vec<_> = refused
        .iter()
        .map(|(path, why)| json!({ "file": path, "why": why }))
        .collect();
    let value = json!({ "counted": counted, "gas": gas, "leftOut": refused });
    context.print(&text, &value);
    Ok(())
}

async fn watch(context: &Context, hall: &Hall, id: U256) -> Result<()> {
    let mut before: Option<ProposalView> = None;
    loop {
        let view = hall.dao.proposal(id).await?;
        if before.as_ref() != Some(&view) {
            let state = serde_json::to_value(view.state)?;
            let text = format!(
                "{}: {} for, {} against, {} abstain",
                state.as_str().unwrap_or_default(),
                amount::format(view.for_votes),
                amount::format(view.against_votes),
                amount::format(view.abstain_votes)
            );
            let value = json!({
                "state": state,
                "for": view.for_votes.to_string(),
                "against": view.against_votes.to_string(),
                "abstain": view.abstain_votes.to_string(),
            });
            context.print(&text, &value);
        }
        use ProposalState::{Canceled, Defeated, Executed, Expired};
        if matches!(view.state, Canceled | Defeated | Executed | Expired) {
            return Ok(());
        }
        before = Some(view);
        tokio::time::sleep(std::time::Duration::from_secs(PAUSE)).await;
    }
}

/// A program on the chain beside the one that was built.
async fn compared(
    hall: &Hall,
    name: &str,
    at: Address,
    folder: &Path,
) -> Result<(Vec<String>, bool)> {
    let path = folder.join(format!("{name}.code"));
    let built = std::fs::read(&path).wrap_err_with(|| {
        format!(
            "cannot read {}; `cargo xtask build` makes it",
            path.display()
        )
    })?;
    let code: Bytes = hall.market.chain().code(at).await?;
    let same = *code == built[..];
    let row = vec![
        name.to_owned(),
        at.to_string(),
        keccak256(&code).to_string(),
        if same { "the same" } else { "DIFFERENT" }.to_owned(),
    ];
    Ok((row, same))
}

async fn verify(
    context: &Context,
    hall: &Hall,
    proposal: Option<String>,
    folder: &Path,
) -> Result<()> {
    let mut programs: Vec<(String, Address)> = vec![];
    let mut pinned = vec![];
    match proposal {
        None => {
            for (name, contract) in &hall.deployment.contracts {
                programs.push((name.clone(), contract.implementation));
            }
        }
        Some(text) => {
            let made = hall.find(&text).await?;
            for (target, data) in made.targets.iter().zip(&made.calldatas) {
                if let Ok(pin) = Watchdog::requireCodeCall::abi_decode(data) {
                    pinned.push(pin.account);
                }
                let Ok(upgrade) = Owned::upgradeToAndCallCall::abi_decode(data) else {
                    continue;
                };
                let mut contracts = hall.deployment.contracts.iter();
                let found = contracts.find(|(_, contract)| contract.proxy == Some(*target));
                let (name, _) = found.wrap_err_with(|| {
                    format!("it upgrades {target}, which is no contract of this deployment")
                })?;
                programs.push((name.clone(), upgrade.newImplementation));
            }
            ensure!(!programs.is_empty(), "it upgrades nothing");
        }
    }
    let (mut rows, mut all) = (vec![], true);
    let mut values = vec![];
    for (name, address) in programs {
        let (row, same) = compared(hall, &name, address, folder).await?;
        let pin = pinned.contains(&address);
        values.push(json!({ "contract": row[0], "implementation": row[1], "codeHash": row[2], "same": same, "pinned": pin }));
        rows.push(row);
        all &= same;
    }
    let text = table(
        &["contract", "implementation", "code hash", "built here"],
        &rows,
    );
    context.print(&text, &json!({ "programs": values, "same": all }));
    ensure!(all, "a program is not the one that is built here");
    Ok(())
}
