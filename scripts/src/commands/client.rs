//! `ogpu client`

use clap::{Args, Subcommand};
use eyre::{Result, bail};
use ogpu_client::{
    Account, ClientError, Market, Receipt,
    alloy::primitives::{B256, U256},
    amount,
    bindings::task_manager::Terms,
};
use serde_json::json;

use super::{ResultHash, parse_amount, task};
use crate::{context::Context, output::table};

/// Have work done: deposit, submit, choose, accept.
#[derive(Subcommand)]
#[command(after_help = "From a job to its result:
  ogpu client deposit 100
  ogpu client submit ipfs://job 25 --duration 3600
  ogpu client bids 1
  ogpu client assign 1 7
  ogpu client accept 1 --file result.bin")]
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
    /// Submit a task; its budget is locked until it is settled
    Submit(Submit),
    /// The bids on a task
    Bids {
        /// The task
        task: U256,
    },
    /// Give a task to a bidder
    Assign {
        /// The task
        task: U256,
        /// The provider's id; 0 for the best fit, once bidding is over
        provider: U256,
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
pub struct Submit {
    /// What is to be done: an address of the job's description
    metadata: String,
    /// The most it may cost, in oGPU
    #[arg(value_parser = parse_amount)]
    budget: U256,
    /// Seconds the provider has
    #[arg(long, value_name = "SECONDS")]
    duration: u64,
    /// Seconds for bids; the market's default when left out
    #[arg(long, value_name = "SECONDS")]
    bidding_window: Option<u64>,
    /// The least trust a provider must have, 0 to 10,000
    #[arg(long, value_name = "SCORE")]
    min_trust: Option<u16>,
    /// The least free collateral a provider must have, in oGPU
    #[arg(long, value_parser = parse_amount, value_name = "AMOUNT")]
    min_collateral: Option<U256>,
    /// How much trust counts against price, in basis points; the market's default when left out
    #[arg(long, value_name = "BPS")]
    trust_weight: Option<u16>,
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
            Self::Assign { task, provider } => {
                let receipt = account
                    .send("assigning", market.tasks().assignProvider(task, provider))
                    .await?;
                let winner = market.task(task).await?.view.providerId;
                (
                    format!("task {task} is given to provider {winner}"),
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
                    format!("task {task} is cancelled; its budget is back in your balance"),
                    receipt,
                )
            }
        };
        context.sent(&text, &receipt, json!({}));
        Ok(())
    }
}

impl Submit {
    async fn send(
        self,
        market: &Market,
        account: &Account,
    ) -> Result<(U256, Receipt), ClientError> {
        let default = self.bidding_window.is_none()
            && self.min_trust.is_none()
            && self.min_collateral.is_none()
            && self.trust_weight.is_none();
        if default {
            return market
                .submit_task(account, &self.metadata, self.budget, self.duration)
                .await;
        }
        let parameters = market.parameters().await?;
        let terms = Terms {
            biddingWindow: self
                .bidding_window
                .unwrap_or(parameters.biddingWindow.into()),
            minTrust: self.min_trust.unwrap_or(0),
            minCollateral: self.min_collateral.unwrap_or(U256::ZERO),
            trustWeight: self.trust_weight.unwrap_or(parameters.trustWeight),
            ..Terms::default()
        };
        let (metadata, budget, duration) = (&self.metadata, self.budget, self.duration);
        market
            .submit_task_with_terms(account, metadata, budget, duration, terms)
            .await
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
