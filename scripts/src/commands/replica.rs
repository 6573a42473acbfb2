//! `ogpu verifier replica`

use clap::Subcommand;
use eyre::{Result, WrapErr, eyre};
use ogpu_client::{
    Account, Market, Plan, Receipt, Replication,
    alloy::primitives::{Address, B256, U256},
    amount,
    bindings::verifiers::ReplicationVerifier::Concluded,
};
use serde_json::json;

use super::{ResultHash, parse_amount};
use crate::{
    context::Context,
    output::{distance, table},
};

/// Have a result found again by several providers, or be one of them.
#[derive(Subcommand)]
#[command(after_help = "Examples, as the client:
  ogpu verifier replica plan --replicas 3 --minutes 60 --bond 50      prints the verifier data, and a secret to keep
  ogpu client submit ipfs://job 105 --duration 3600 --verifier 4 --verifier-fee 5 --verifier-data 0x…
  ogpu verifier replica draw 1 0x…                                    with the secret, as soon as the result is delivered

as a replica:
  ogpu verifier replica deposit 50
  ogpu verifier replica enrol 1                                       before delivery
  ogpu verifier replica claim 1                                       within a quarter of an hour after the draw
  ogpu verifier replica commit 1 --file result.bin                    in the time to work
  ogpu verifier replica reveal 1 --file result.bin                    in the half hour after that

as anybody:
  ogpu verifier replica show 1
  ogpu verifier replica conclude 1")]
pub enum Replica {
    /// Make a plan: the verifier data of a task that several providers are to do, and its secret
    Plan {
        /// How many do the work again, 2 to 8; odd numbers are worth most
        #[arg(long, value_name = "NUMBER")]
        replicas: u8,
        /// How long they have for it, in minutes
        #[arg(long, value_name = "MINUTES")]
        minutes: u16,
        /// What each of them puts up, in oGPU
        #[arg(long, value_parser = parse_amount, value_name = "OGPU")]
        bond: U256,
    },
    /// Show the replicas of a task
    Show {
        /// The task
        task: U256,
    },
    /// Show what an account has at the verifier
    Purse {
        /// The account; that of the key when left out
        account: Option<Address>,
    },
    /// A transaction.
    #[command(flatten)]
    Step(Step),
}

/// Steps of replicated execution.
#[derive(Subcommand)]
pub enum Step {
    /// Put oGPU into your purse at the verifier, to be bonded
    Deposit {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Take oGPU out of your purse: all that is not bonded
    Withdraw {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Offer to do a task again; the bond is locked
    Enrol {
        /// The task
        task: U256,
    },
    /// Take the offer back, unless you have a seat; the bond is free
    Leave {
        /// The task
        task: U256,
    },
    /// Open the secret of a delivered task's plan: it decides who gets the seats
    Draw {
        /// The task
        task: U256,
        /// The secret that `plan` printed
        secret: B256,
    },
    /// Take a seat that your ticket wins
    Claim {
        /// The task
        task: U256,
    },
    /// Commit to the result that you have found
    Commit {
        /// The task
        task: U256,
        #[command(flatten)]
        result: ResultHash,
    },
    /// Reveal the result that you have committed to, with the same key
    Reveal {
        /// The task
        task: U256,
        #[command(flatten)]
        result: ResultHash,
    },
    /// Count the results and tell the market (anybody can)
    Conclude {
        /// The task
        task: U256,
    },
}

impl Replica {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Plan {
                replicas,
                minutes,
                bond,
            } => plan(context, replicas, minutes, bond),
            Self::Show { task } => show(context, task).await,
            Self::Purse { account } => purse(context, account).await,
            Self::Step(step) => {
                let (market, deployment) = context.deployed().await?;
                let verifier = Replication::of(market.chain().clone(), &deployment)?;
                let account = context.account(market.chain())?;
                let (text, receipt) = step.take(&market, &verifier, &account).await?;
                let concluded = receipt.decoded_log::<Concluded>();
                let more = concluded.map_or(json!({}), |event| {
                    json!({ "result": event.resultHash, "replicas": event.replicas, "told": event.told })
                });
                context.sent(&text, &receipt, more);
                Ok(())
            }
        }
    }
}

fn plan(context: &Context, replicas: u8, minutes: u16, bond: U256) -> Result<()> {
    let secret = B256::random();
    let bond_wei = u128::try_from(bond).wrap_err("the bond is more than there is oGPU")?;
    let plan = Plan::new(replicas, minutes, bond_wei, &secret).ok_or_else(|| {
        eyre!("no plan: there are 2 to 8 replicas, a minute or more, and a bond of a millionth of an oGPU or more")
    })?;
    let (data, needed) = (plan.pack(), plan.time_needed());
    context.print(
        &format!(
            "verifier data  {data}\nsecret         {secret}\n\nKeep the secret to yourself until the result is delivered, then draw with it at once: replicas need\n{needed} s of the market's review window. Without the secret there is no verdict."
        ),
        &json!({ "verifierData": data, "secret": secret, "secondsNeeded": needed }),
    );
    Ok(())
}

impl Step {
    /// Sends the transaction; says what it did.
    async fn take(
        self,
        market: &Market,
        verifier: &Replication,
        account: &Account,
    ) -> Result<(String, Receipt)> {
        let contract = verifier.contract();
        Ok(match self {
            Self::Deposit { amount } => (
                format!("{} oGPU can be bonded", amount::format(amount)),
                verifier.deposit(market, account, amount).await?,
            ),
            Self::Withdraw { amount } => (
                format!("took {} oGPU out", amount::format(amount)),
                account
                    .send("withdrawing", contract.withdraw(amount))
                    .await?,
            ),
            Self::Enrol { task } => (
                format!("enrolled for task {task}; claim a seat once it is drawn"),
                account.send("enrolling", contract.enrol(task)).await?,
            ),
            Self::Leave { task } => (
                format!("left task {task}; the bond is free"),
                account.send("leaving", contract.leave(task)).await?,
            ),
            Self::Draw { task, secret } => (
                format!("task {task} is drawn; seats can be claimed for a quarter of an hour"),
                account.send("drawing", contract.draw(task, secret)).await?,
            ),
            Self::Claim { task } => (
                format!("took a seat of task {task}; a lower ticket can still take it"),
                account
                    .send("claiming a seat", contract.claim(task))
                    .await?,
            ),
            Self::Commit { task, result } => (
                format!("committed for task {task}; reveal the same result in time"),
                verifier.commit(account, task, result.get()?).await?,
            ),
            Self::Reveal { task, result } => (
                format!("revealed for task {task}"),
                verifier.reveal(account, task, result.get()?).await?,
            ),
            Self::Conclude { task } => {
                let receipt = account.send("concluding", contract.conclude(task)).await?;
                let text = match receipt.decoded_log::<Concluded>() {
                    Some(event) if event.replicas > 0 => {
                        format!(
                            "task {task}: {} replicas found {}",
                            event.replicas, event.resultHash
                        )
                    }
                    _ => format!("task {task}: no verdict"),
                };
                (text, receipt)
            }
        })
    }
}

async fn show(context: &Context, task: U256) -> Result<()> {
    let (market, deployment) = context.deployed().await?;
    let chain = market.chain();
    let contract = Replication::of(chain.clone(), &deployment)?.contract();
    let round = chain
        .read("reading the round", contract.roundOf(task))
        .await?;
    let now = chain.now().await?;
    let stage = match round.stage {
        0 => "not drawn".to_owned(),
        1 if now < round.claimEnd => format!("claims end {}", distance(round.claimEnd, now)),
        1 if now < round.commitEnd => format!("commitments end {}", distance(round.commitEnd, now)),
        1 if now < round.revealEnd => format!("reveals end {}", distance(round.revealEnd, now)),
        1 => "can be concluded".to_owned(),
        _ => "concluded".to_owned(),
    };
    let mut rows = Vec::new();
    let mut replicas = Vec::new();
    for seat in 0..round.seated {
        let account = contract.replicaAt(task, seat);
        let account = chain.read("reading a seat", account).await?;
        let candidate = contract.candidateOf(task, account);
        let candidate = chain.read("reading a replica", candidate).await?;
        let done = match candidate.stage {
            2 => "seated",
            3 => "committed",
            4 => "revealed",
            _ => "settled",
        };
        rows.push(vec![
            account.to_string(),
            done.to_owned(),
            amount::format(candidate.bond),
            candidate.result.to_string(),
        ]);
        replicas.push(json!({ "replica": account, "state": done, "bond": candidate.bond.to_string(), "result": candidate.result }));
    }
    let head = ["replica", "", "bond", "commitment, or result"];
    let text = format!(
        "task {task}: {stage}; {} of {} seats taken, {} committed, {} revealed\n\n{}",
        round.seated,
        round.ordered,
        round.committed,
        round.revealed,
        table(&head, &rows)
    );
    context.print(
        &text,
        &json!({
            "stage": round.stage, "ordered": round.ordered, "seated": round.seated, "committed": round.committed, "revealed": round.revealed,
            "claimEnd": round.claimEnd, "commitEnd": round.commitEnd, "revealEnd": round.revealEnd, "replicas": replicas,
        }),
    );
    Ok(())
}

async fn purse(context: &Context, account: Option<Address>) -> Result<()> {
    let (market, deployment) = context.deployed().await?;
    let chain = market.chain();
    let account = match account {
        Some(account) => account,
        None => context.account(chain)?.address(),
    };
    let contract = Replication::of(chain.clone(), &deployment)?.contract();
    let purse = contract.purseOf(account);
    let purse = chain.read("reading the purse", purse).await?;
    context.print(
        &format!(
            "{} oGPU free, {} bonded",
            amount::format(purse.free),
            amount::format(purse.locked)
        ),
        &json!({ "free": purse.free.to_string(), "locked": purse.locked.to_string() }),
    );
    Ok(())
}
