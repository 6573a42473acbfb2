//! Ways to offer beyond the plain bid: a published price, signed bids, sealed bids, rising prices. Commands of `ogpu provider`.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use eyre::{Result, WrapErr, bail};
use ogpu_client::{
    Account, AllowList, Market, SealedBid, SealedBids,
    alloy::primitives::{B256, U256},
    amount,
};
use serde_json::json;

use super::{parse_amount, provider_id};
use crate::context::Context;

/// Seconds of an hour.
const HOUR: U256 = U256::from_limbs([3_600, 0, 0, 0]);

/// Ways to offer beyond the plain bid.
#[derive(Subcommand)]
pub enum Offer {
    /// Publish the price at which anybody can hire the signer; 0 and `--max-duration 0` end that
    #[command(after_help = "Example: 2.5 oGPU an hour, for a day at most
  ogpu provider publish-price 2.5 --max-duration 86400")]
    PublishPrice {
        /// The price of an hour, in oGPU; rounded up to whole wei a second
        #[arg(value_parser = parse_amount)]
        price: U256,
        /// The longest time it can be hired for
        #[arg(long, value_name = "SECONDS")]
        max_duration: u64,
    },
    /// Sign a bid for the client to hand in; nothing is sent, so it costs nothing
    #[command(after_help = "Example: 20 oGPU on task 1, good for an hour
  ogpu provider sign-bid 1 20 --expires-in 3600 --out bid.json
The client then runs
  ogpu client assign --signed-bid bid.json")]
    SignBid {
        /// The task
        task: U256,
        /// The price, in oGPU
        #[arg(value_parser = parse_amount)]
        price: U256,
        /// Seconds it is good for
        #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
        expires_in: u64,
        /// Where to write it; printed when left out
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Take back all bids that the signer has signed and no client has handed in
    RevokeSignedBids,
    /// Bid where prices are sealed; again to replace the bid. Open it later with `reveal-bid`
    #[command(after_help = "Example:
  ogpu provider seal-bid 1 20
  ogpu provider reveal-bid 1          in the last minutes of the bidding

The price and the salt that opens the bid stay in a file beside the deployment file, which only you can read. Keep it:
without it the bid cannot be opened.")]
    SealBid {
        /// The task
        task: U256,
        /// The price, in oGPU
        #[arg(value_parser = parse_amount)]
        price: U256,
        /// The client's list of providers, where it has one
        #[arg(long, value_name = "FILE")]
        allow_list: Option<PathBuf>,
    },
    /// Open a sealed bid, in the last minutes of the bidding; a bid that is not opened does not count
    RevealBid {
        /// The task
        task: U256,
        /// The file that `seal-bid` wrote; its usual place when left out
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Take a task with a rising price, at the price to which it has risen
    Take {
        /// The task
        task: U256,
        /// The client's list of providers, where it has one
        #[arg(long, value_name = "FILE")]
        allow_list: Option<PathBuf>,
    },
}

impl Offer {
    /// Runs the command.
    pub async fn run(self, context: &Context, market: &Market, account: &Account) -> Result<()> {
        let id = provider_id(market, account.address()).await?;
        let tasks = market.tasks();
        match self {
            Self::PublishPrice {
                price,
                max_duration,
            } => {
                // rounded down, so that whoever offers this price an hour pays it; and not to nothing, which ends the offer
                let per_second = match price.is_zero() {
                    true => price,
                    false => (price / HOUR).max(U256::ONE),
                };
                let call = tasks.publishPrice(id, per_second, max_duration);
                let receipt = account.send("publishing the price", call).await?;
                let text = match per_second.is_zero() || max_duration == 0 {
                    true => format!("provider {id} cannot be hired any more"),
                    false => format!(
                        "provider {id} can be hired for {} oGPU an hour, {max_duration} s at most",
                        amount::format(per_second * HOUR)
                    ),
                };
                let value = json!({ "pricePerSecond": per_second.to_string(), "maxDuration": max_duration });
                context.sent(&text, &receipt, value);
            }
            Self::SignBid {
                task,
                price,
                expires_in,
                out,
            } => {
                let expiry = market.chain().now().await?.saturating_add(expires_in);
                let offer = market.sign_bid(account, id, task, price, expiry).await?;
                let value = serde_json::to_value(&offer)?;
                let pretty = serde_json::to_string_pretty(&offer)?;
                let text = match &out {
                    None => pretty,
                    Some(path) => {
                        std::fs::write(path, pretty + "\n")
                            .wrap_err_with(|| format!("cannot write {}", path.display()))?;
                        format!(
                            "signed a bid of {} oGPU on task {task}, good for {expires_in} s; give the client {}",
                            amount::format(price),
                            path.display()
                        )
                    }
                };
                context.print(&text, &value);
            }
            Self::RevokeSignedBids => {
                let call = tasks.revokeSignedBids(id);
                let receipt = account.send("revoking signed bids", call).await?;
                let text = format!("no bid that provider {id} has signed so far can be handed in");
                context.sent(&text, &receipt, json!({}));
            }
            Self::SealBid {
                task,
                price,
                allow_list,
            } => {
                let proof = proof(allow_list.as_deref(), id)?;
                let path = sealed_file(context, market, task, id);
                let bid = SealedBid::new(task, id, price);
                let commitment = bid.commitment();
                SealedBids::load(&path)?.add(bid)?;
                let call = tasks.commitBid(task, id, commitment, proof);
                let receipt = account.send("sealing the bid", call).await?;
                let text = format!(
                    "sealed a bid of {} oGPU on task {task}; what opens it is in {}",
                    amount::format(price),
                    path.display()
                );
                let value = json!({ "commitment": commitment, "file": path });
                context.sent(&text, &receipt, value);
            }
            Self::RevealBid { task, file } => {
                let path = file.unwrap_or_else(|| sealed_file(context, market, task, id));
                reveal(context, market, account, (task, id), &path).await?;
            }
            Self::Take { task, allow_list } => {
                let call = tasks.takeTask(task, id, proof(allow_list.as_deref(), id)?);
                let receipt = account.send("taking the task", call).await?;
                let price = market.task(task).await?.view.price;
                context.sent(
                    &format!("task {task} is yours for {} oGPU", amount::format(price)),
                    &receipt,
                    json!({ "price": price.to_string() }),
                );
            }
        }
        Ok(())
    }
}

/// Proves that `provider` is on the client's list; nothing where there is no list.
pub fn proof(list: Option<&Path>, provider: U256) -> Result<Vec<B256>> {
    match list {
        None => Ok(Vec::new()),
        Some(path) => Ok(AllowList::load(path)?.proof(provider)?),
    }
}

/// Opens the latest bid in the file that the chain knows: those after it were never mined.
async fn reveal(
    context: &Context,
    market: &Market,
    account: &Account,
    (task, id): (U256, U256),
    path: &Path,
) -> Result<()> {
    let bids = SealedBids::load(path)?;
    for bid in bids.latest_first() {
        let tasks = market.tasks();
        let call = tasks.revealBid(task, id, bid.price, bid.salt);
        let receipt = match account.send("opening the bid", call).await {
            Err(error)
                if error.reason().and_then(|reason| reason.name()) == Some("WrongOpening") =>
            {
                continue;
            }
            result => result?,
        };
        context.sent(
            &format!(
                "bid {} oGPU on task {task}, for all to see",
                amount::format(bid.price)
            ),
            &receipt,
            json!({ "price": bid.price.to_string() }),
        );
        return Ok(());
    }
    bail!(
        "{} has no bid on task {task} that could be opened; seal one with `ogpu provider seal-bid`, or name the file that it wrote with --file",
        path.display()
    )
}

/// Where a provider's sealed bids on a task are: beside the deployment file.
fn sealed_file(context: &Context, market: &Market, task: U256, provider: U256) -> PathBuf {
    let name = format!(
        "{}-{}-task-{task}-provider-{provider}.json",
        market.chain().id(),
        market.addresses().task_manager
    );
    let folder = context.global.deployment.parent();
    folder
        .unwrap_or(Path::new("."))
        .join("sealed-bids")
        .join(name)
}
