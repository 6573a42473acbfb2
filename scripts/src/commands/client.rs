//! `ogpu client`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use eyre::{Result, bail};
use ogpu_client::{
    Account, Market, Offer, Receipt,
    alloy::primitives::{Address, B256, U256},
    amount,
};
use serde_json::json;

use super::{
    ResultHash, parse_amount, task,
    terms::{Judge, TermsArgs},
};
use crate::{context::Context, output::table};

/// Have work done: deposit, submit, choose, accept.
#[derive(Subcommand)]
#[command(after_help = "From a job to its result:
  ogpu client deposit 100
  ogpu client submit ipfs://job 25 --duration 3600
  ogpu client bids 1
  ogpu client assign 1 7
  ogpu client accept 1 --file result.bin

Other ways to order:
  ogpu client hire 7 ipfs://job --duration 3600 --max-price 3      a provider, at the price it has published
  ogpu client assign --signed-bid bid.json                         a bid that a provider has signed
  ogpu client submit --help                                        sealed bids, rising prices, lists, verifiers, sponsors")]
pub enum Client {
    /// Put oGPU into the escrow (approves it where needed)
    Deposit {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Take oGPU out of the escrow
    Withdraw {
        /// How much, in oGPU; everything when left out
        #[arg(value_parser = parse_amount)]
        amount: Option<U256>,
    },
    /// Take out what the signer is owed by those who were slashed for failing it
    Compensation,
    /// Submit a task; its budget is locked until it is settled
    Submit(Submit),
    /// The bids on a task
    Bids {
        /// The task
        task: U256,
    },
    /// Take an open task back and make it anew with other terms, under the same budget
    #[command(
        after_help = "Example: nobody bid on task 1; try a price that rises from 10 oGPU
  ogpu client reopen 1 ipfs://job --duration 3600 --rising 10"
    )]
    Reopen(Reopen),
    /// Have a provider work at once, at the price that it has published
    Hire(Hire),
    /// Give a task to a bidder
    #[command(after_help = "Examples:
  ogpu client assign 1 7                        to provider 7, which has bid on it
  ogpu client assign 1 0                        to the best fit, once bidding is over
  ogpu client assign --signed-bid bid.json      to the provider that signed this bid")]
    Assign {
        /// The task
        #[arg(required_unless_present = "signed_bid")]
        task: Option<U256>,
        /// The provider's id; 0 for the best fit, once bidding is over
        #[arg(required_unless_present = "signed_bid")]
        provider: Option<U256>,
        /// A bid that a provider has signed (`ogpu provider sign-bid`)
        #[arg(long, value_name = "FILE", conflicts_with_all = ["task", "provider"])]
        signed_bid: Option<PathBuf>,
    },
    /// Accept a result
    #[command(alias = "verify")]
    Accept {
        /// The task
        task: U256,
        #[command(flatten)]
        result: ResultHash,
    },
    /// Reject what was delivered; the provider can dispute it
    Reject {
        /// The task
        task: U256,
    },
    /// Dispute the acceptance of a result, before it is paid
    Dispute {
        /// The task
        task: U256,
    },
    /// Take back a task that nobody was assigned to
    Cancel {
        /// The task
        task: U256,
    },
    /// Show a task
    Show {
        /// The task
        task: U256,
    },
}

/// A task to submit.
#[derive(Args)]
#[command(after_help = "Examples:
  ogpu client submit ipfs://job 25 --duration 3600                               open bids, as the market has them
  ogpu client submit ipfs://job 25 --duration 3600 --allow-list providers.txt    bids of these providers only
  ogpu client submit ipfs://job 25 --duration 3600 --sealed 10                   prices unseen until the last 10 minutes
  ogpu client submit ipfs://job 25 --duration 3600 --rising 10                   10 oGPU, rising to 25 until one takes it
  ogpu client submit ipfs://job 25 --duration 3600 --verifier 1 --verifier-fee 0.5
  ogpu client submit ipfs://job 25 --duration 3600 --for 0x…                     you pay, they decide")]
pub struct Submit {
    /// What is to be done: an address of the job's description
    metadata: String,
    /// The most it may cost, in oGPU
    #[arg(value_parser = parse_amount)]
    budget: U256,
    /// Seconds the provider has
    #[arg(long, value_name = "SECONDS")]
    duration: u64,
    /// Whose task it is, when you only pay for it: what is not spent comes back to you, the rest is theirs to decide
    #[arg(long = "for", value_name = "CLIENT")]
    client: Option<Address>,
    #[command(flatten)]
    terms: TermsArgs,
}

/// A task to make anew.
#[derive(Args)]
pub struct Reopen {
    /// The open task
    task: U256,
    /// What is to be done: an address of the job's description
    metadata: String,
    /// Seconds the provider has
    #[arg(long, value_name = "SECONDS")]
    duration: u64,
    #[command(flatten)]
    terms: TermsArgs,
}

/// A provider to hire.
#[derive(Args)]
#[command(after_help = "Example: provider 7 for an hour, for 3 oGPU at most
  ogpu provider show 7                what it asks
  ogpu client hire 7 ipfs://job --duration 3600 --max-price 3")]
pub struct Hire {
    /// The provider's id
    provider: U256,
    /// What is to be done: an address of the job's description
    metadata: String,
    /// Seconds the provider has, and is paid for
    #[arg(long, value_name = "SECONDS")]
    duration: u64,
    /// The most it may cost, in oGPU, without the verifier's fee
    #[arg(long, value_parser = parse_amount, value_name = "AMOUNT")]
    max_price: U256,
    #[command(flatten)]
    judge: Judge,
}

impl Client {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Bids { task } => return bids(context, task).await,
            Self::Show { task } => {
                return task::show(context, &context.market().await?, task).await;
            }
            _ => {}
        }
        let (market, account) = context.trader().await?;
        let (text, receipt) = match self {
            Self::Bids { .. } | Self::Show { .. } => unreachable!("shown above"),
            Self::Deposit { amount } => {
                let receipt = market.deposit(&account, amount).await?;
                (
                    format!("deposited {} oGPU", amount::format(amount)),
                    receipt,
                )
            }
            Self::Withdraw { amount } => {
                let escrow = market.escrow();
                let amount = match amount {
                    Some(amount) => amount,
                    None => {
                        market
                            .chain()
                            .read("reading the balance", escrow.balanceOf(account.address()))
                            .await?
                    }
                };
                let receipt = account
                    .send("withdrawing from the escrow", escrow.withdraw(amount))
                    .await?;
                (format!("withdrew {} oGPU", amount::format(amount)), receipt)
            }
            Self::Compensation => {
                let (vault, what) = (market.vault(), "reading the compensation");
                let owed = market
                    .chain()
                    .read(what, vault.accountOf(account.address()))
                    .await?
                    .compensation;
                let receipt = account
                    .send("taking the compensation", vault.withdrawCompensation())
                    .await?;
                (format!("took {} oGPU", amount::format(owed)), receipt)
            }
            Self::Submit(submit) => {
                let budget = submit.budget;
                let (task, receipt) = submit.send(&market, &account).await?;
                let text = format!(
                    "task {task} is open; {} oGPU are locked for it",
                    amount::format(budget)
                );
                context.sent(&text, &receipt, json!({ "taskId": task.to_string() }));
                return Ok(());
            }
            Self::Reopen(reopen) => {
                let terms = reopen.terms.terms(&market).await?;
                let (old, metadata, duration) = (reopen.task, reopen.metadata, reopen.duration);
                let (task, receipt) = market
                    .reopen_task(&account, old, &metadata, duration, terms)
                    .await?;
                let text = format!("task {old} is now task {task}, open under the same budget");
                context.sent(&text, &receipt, json!({ "taskId": task.to_string() }));
                return Ok(());
            }
            Self::Hire(hire) => {
                let (metadata, most) = (&hire.metadata, hire.max_price);
                let terms = hire.judge.terms();
                let (task, receipt) = market
                    .hire(
                        &account,
                        metadata,
                        hire.provider,
                        hire.duration,
                        most,
                        terms,
                    )
                    .await?;
                let price = market.task(task).await?.view.price;
                let text = format!(
                    "provider {} works on task {task} for {} oGPU",
                    hire.provider,
                    amount::format(price)
                );
                let value = json!({ "taskId": task.to_string(), "price": price.to_string() });
                context.sent(&text, &receipt, value);
                return Ok(());
            }
            Self::Assign {
                task,
                provider,
                signed_bid,
            } => {
                let (task, receipt) = match signed_bid {
                    Some(path) => {
                        let offer = Offer::load(&path)?;
                        let receipt = market.assign_signed_bid(&account, &offer).await?;
                        (offer.task_id, receipt)
                    }
                    None => {
                        let task = task.unwrap_or_default();
                        let provider = provider.unwrap_or_default();
                        let call = market.tasks();
                        let call = call.assignProvider(task, provider);
                        (task, account.send("assigning", call).await?)
                    }
                };
                let view = market.task(task).await?.view;
                (
                    format!(
                        "task {task} is given to provider {}, for {} oGPU",
                        view.providerId,
                        amount::format(view.price)
                    ),
                    receipt,
                )
            }
            Self::Accept { task, result } => {
                let hash = result.get()?;
                matches_seal(&market, task, hash).await?;
                let receipt = account
                    .send("accepting", market.tasks().verifyCompletion(task, hash))
                    .await?;
                (
                    format!(
                        "task {task} is accepted; anyone can pay it once the challenge window has passed"
                    ),
                    receipt,
                )
            }
            Self::Reject { task } => {
                // Any hash but the sealed one rejects; a random one cannot have been sealed in advance.
                let call = market.tasks();
                let receipt = account
                    .send("rejecting", call.verifyCompletion(task, B256::random()))
                    .await?;
                (
                    format!("the result of task {task} is rejected; the provider can dispute it"),
                    receipt,
                )
            }
            Self::Dispute { task } => {
                let receipt = account
                    .send("opening the dispute", market.tasks().openDispute(task))
                    .await?;
                (
                    format!("task {task} is disputed; the owner arbitrates"),
                    receipt,
                )
            }
            Self::Cancel { task } => {
                let receipt = account
                    .send("cancelling", market.tasks().cancelTask(task))
                    .await?;
                (
                    format!(
                        "task {task} is cancelled; its budget is back in the balance of who paid for it"
                    ),
                    receipt,
                )
            }
        };
        context.sent(&text, &receipt, json!({}));
        Ok(())
    }
}

impl Submit {
    async fn send(self, market: &Market, account: &Account) -> Result<(U256, Receipt)> {
        let (metadata, budget, duration) = (&self.metadata, self.budget, self.duration);
        if self.client.is_none() && self.terms.is_plain() {
            return Ok(market
                .submit_task(account, metadata, budget, duration)
                .await?);
        }
        let terms = self.terms.terms(market).await?;
        Ok(match self.client {
            None => {
                market
                    .submit_task_with_terms(account, metadata, budget, duration, terms)
                    .await?
            }
            Some(client) => {
                market
                    .submit_task_for(account, client, metadata, budget, duration, terms)
                    .await?
            }
        })
    }
}

async fn bids(context: &Context, task: U256) -> Result<()> {
    let (market, deployment) = context.deployed().await?;
    let from = deployment.anchor.map_or(0, |anchor| anchor.number);
    let bids = market.bids(task, from).await?;
    let rows: Vec<_> = bids
        .iter()
        .map(|bid| {
            vec![
                bid.provider.to_string(),
                amount::format(bid.price),
                bid.trust.to_string(),
                amount::format(bid.collateral),
            ]
        })
        .collect();
    let value = json!({
        "taskId": task.to_string(),
        "bids": bids.iter().map(|bid| json!({
            "providerId": bid.provider.to_string(),
            "price": bid.price.to_string(),
            "trust": bid.trust.to_string(),
            "collateral": bid.collateral.to_string(),
        })).collect::<Vec<_>>(),
    });
    let text = match rows.is_empty() {
        true => format!("no bids on task {task}"),
        false => table(
            &["provider", "price, oGPU", "trust", "free collateral"],
            &rows,
        ),
    };
    context.print(&text, &value);
    Ok(())
}

/// Refuses to accept a result that was not delivered: the contract would take that for a rejection.
async fn matches_seal(market: &Market, task: U256, hash: B256) -> Result<()> {
    if !market.is_delivered(task, hash).await? {
        bail!(
            "{hash} is not the result delivered for task {task}; if what you received is not what you ordered, `ogpu client reject {task}`"
        );
    }
    Ok(())
}
