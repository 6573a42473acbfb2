//! `ogpu dao`

mod ballots;
mod verify;
mod views;
mod written;

use std::{path::PathBuf, time::SystemTime};

use clap::{Subcommand, ValueEnum};
use eyre::{Result, WrapErr, bail, ensure};
use ogpu_client::{
    Account, Deployment, Market, Program, Programs,
    alloy::primitives::{Address, U256},
    amount,
    bindings::GovernanceDao::ProposalCreated,
    governance::{self, Action, ProposalState, Support},
    install, interfaces,
    programs::{EXTENSIONS, selectors},
};
use serde_json::json;

use self::{
    ballots::{post, voted},
    verify::verify,
    views::{describe, list, show, watch},
    written::Written,
};
use crate::{context::Context, output::distance};

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
  ogpu dao verify 1234…                         the programs that it puts in place, against those built here

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
        /// The ballot's number among the signer's: the next by what was counted, when left out. Who has signed ballots that nobody has
        /// posted yet gives the number after theirs
        #[arg(long)]
        nonce: Option<u64>,
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
    /// Cancel a proposal: as its proposer before voting, and until it is executed where no guardian is named; or as the guardian
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
    /// Print what happens to a proposal until it is over; with --json an object a line
    Watch {
        /// The proposal
        proposal: String,
    },
    /// Build the programs from the sources here, and compare them with those that a proposal puts in place
    #[command(
        after_help = "Run it in a clone of the project, at the commit that the proposal says it was built from. It fails if a program is another
than the one built here, if the proposal does not pin its code (watchdog.requireCode), or if it has a call that nobody here can
read. Calls inside of calls (the one after an upgrade, relay, schedule, multicall) are followed."
    )]
    Verify {
        /// The proposal; the programs that run now when left out
        proposal: Option<String>,
        /// Folder with programs that are built already; they are built now when left out
        #[arg(long, value_name = "DIR")]
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

    /// Whether the clock of votes counts blocks.
    async fn counts_blocks(&self) -> Result<bool> {
        let governor = self.dao.governor();
        let mode = self
            .market
            .chain()
            .read("reading the clock", governor.CLOCK_MODE());
        Ok(mode.await?.starts_with("mode=blocknumber"))
    }

    /// Whether the timelock has had a queued proposal for long enough.
    async fn is_due(&self, id: U256) -> Result<()> {
        let view = self.dao.proposal(id).await?;
        // a chain where nothing happens has an old latest block, and the next is of now
        let here = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let now = self.market.chain().now().await?.max(here.as_secs());
        let eta = view.eta.saturating_to();
        ensure!(
            view.state != ProposalState::Queued || eta <= now,
            "it can be executed {}",
            distance(eta, now)
        );
        Ok(())
    }

    /// Whether an account's vote on a proposal could count.
    async fn can_vote(&self, id: U256, voter: Address) -> Result<()> {
        let view = self.dao.proposal(id).await?;
        use ProposalState::{Active, Pending};
        ensure!(
            matches!(view.state, Pending | Active),
            "the proposal takes no votes any more: it is {:?}",
            view.state
        );
        if view.state == Active {
            let governor = self.dao.governor();
            let votes = governor.getVotes(voter, view.snapshot);
            let votes = self.market.chain().read("reading the votes", votes).await?;
            ensure!(
                !votes.is_zero(),
                "{voter} had no votes when voting on this began, so it has no say in it; with `ogpu dao delegate` its tokens count for later \
                 proposals"
            );
        }
        Ok(())
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

/// The call, as a proposal's file has it, that puts a program in its place: the implementation of a contract, or an extension of one.
///
/// # Errors
/// For the proxy's own program.
fn placing(program: &str) -> Result<String> {
    ensure!(
        program != "proxy-uups",
        "proxies stay as they are: what changes is the program behind them; name that"
    );
    let host = EXTENSIONS.iter().find(|(name, _)| *name == program);
    let (contract, function, more) = match host {
        None => (program, "upgradeToAndCall", ", \"0x\"".to_owned()),
        Some((_, host @ "task-manager")) => (
            *host,
            "setExtension",
            format!(", \"{}\"", selectors(program)),
        ),
        Some((_, host)) => (*host, "setExtension", String::new()),
    };
    Ok(format!(
        "[[call]]\ncontract = \"{contract}\"\nfunction = \"{function}\"\narguments = [\"ADDRESS\"{more}]"
    ))
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
                hall.can_vote(id, account.address()).await?;
                let receipt = hall.dao.vote(&account, id, support.into(), &reason).await?;
                voted(context, &hall, id, &receipt).await
            }
            Self::Sign {
                proposal,
                support,
                file,
                nonce,
            } => {
                let made = hall.find(&proposal).await?;
                let account = hall.account(context)?;
                hall.can_vote(made.proposalId, account.address()).await?;
                let (id, support) = (made.proposalId, support.into());
                let ballot = match nonce.map(U256::from) {
                    None => hall.dao.sign(&account, id, support).await?,
                    Some(nonce) => hall.dao.sign_with_nonce(&account, id, support, nonce)?,
                };
                let text = serde_json::to_string_pretty(&ballot)? + "\n";
                if let Some(folder) = file.parent() {
                    std::fs::create_dir_all(folder)
                        .wrap_err_with(|| format!("cannot make {}", folder.display()))?;
                }
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
                hall.is_due(id).await?;
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
                let call = placing(&contract)?;
                let account = hall.account(context)?;
                let address = install(&account, &program).await?;
                let hash = program.code_hash();
                let text = format!(
                    "{contract} is at {address}, code hash {hash}; a proposal puts it in place, and no other code, with\n\n[[call]]\ncontract = \"watchdog\"\nfunction = \"requireCode\"\narguments = [\"{address}\", \"{hash}\"]\n\n{}",
                    call.replace("ADDRESS", &address.to_string())
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
            Self::Verify { proposal, programs } => verify(context, &hall, proposal, programs).await,
        }
    }
}
