//! `ogpu lease`

use clap::Subcommand;
use eyre::{ContextCompat, Result};
use ogpu_client::{
    Market,
    alloy::primitives::U256,
    amount,
    bindings::task_manager::TaskManager::{LeaseRented, LeaseView},
};
use serde_json::json;

use super::parse_amount;
use crate::{
    context::Context,
    output::{distance, span, table},
};

/// Seconds of an hour.
const HOUR: U256 = U256::from_limbs([3_600, 0, 0, 0]);

/// Rent a provider's machine by the second.
#[derive(Subcommand)]
#[command(after_help = "Examples:
  ogpu provider publish-price 2.5 --max-duration 86400      what the provider asks for an hour
  ogpu lease rent 1 ipfs://machine --max-price 2.5 --duration 7200
  ogpu lease start 1                                        the provider, within half an hour
  ogpu lease heartbeat 1                                    the provider, every ten minutes
  ogpu lease notice 1                                       either side; it ends in an hour
  ogpu lease close 1                                        anybody, once it has ended")]
pub enum Lease {
    /// A step of a lease.
    #[command(flatten)]
    Step(Step),
    /// Show a lease
    Show {
        /// The lease
        lease: U256,
    },
}

/// Steps of a lease.
#[derive(Subcommand)]
pub enum Step {
    /// Rent a provider's machine at its published price; the price of the whole time is locked
    Rent {
        /// The provider's id
        provider: U256,
        /// What is rented, or where that is written
        metadata: String,
        /// The most to pay for an hour, in oGPU
        #[arg(long, value_parser = parse_amount, value_name = "OGPU")]
        max_price: U256,
        /// How long, an hour to 180 days; what is not used comes back
        #[arg(long, value_name = "SECONDS")]
        duration: u64,
        /// The number of the verifier that watches the latency
        #[arg(long, default_value_t = 0, value_name = "NUMBER")]
        verifier: u8,
    },
    /// Start a lease, as its provider
    Start {
        /// The lease
        lease: U256,
    },
    /// End a lease that was not started: its provider, or anybody after half an hour
    Cancel {
        /// The lease
        lease: U256,
    },
    /// Say that the machine is there, as the provider; the meter runs for ten minutes
    Heartbeat {
        /// The lease
        lease: U256,
    },
    /// Pay the provider what is due (anybody can)
    Settle {
        /// The leases
        #[arg(required = true)]
        leases: Vec<U256>,
    },
    /// Buy more seconds, as the client
    TopUp {
        /// The lease
        lease: U256,
        /// How many seconds more
        #[arg(long, value_name = "SECONDS")]
        duration: u64,
    },
    /// Take seconds back, as the client, down to an hour from now
    Shorten {
        /// The lease
        lease: U256,
        /// How many seconds less
        #[arg(long, value_name = "SECONDS")]
        duration: u64,
    },
    /// Give notice, as the client or the provider: the lease ends in an hour
    Notice {
        /// The lease
        lease: U256,
    },
    /// Settle a lease that has ended and refund the rest (anybody can)
    Close {
        /// The lease
        lease: U256,
    },
}

impl Lease {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::Show { lease } => show(context, lease).await,
            Self::Step(step) => step.run(context).await,
        }
    }
}

impl Step {
    async fn run(self, context: &Context) -> Result<()> {
        let (market, account) = context.trader().await?;
        let tasks = market.tasks();
        let (lease, receipt) = match self {
            Self::Rent {
                provider,
                metadata,
                max_price,
                duration,
                verifier,
            } => {
                // Prices are published as whole wei a second, rounded up from those of an hour.
                let rate = max_price.div_ceil(HOUR);
                let call = tasks.rent(metadata, provider, rate, duration, verifier);
                let receipt = account.send("renting", call).await?;
                let rented = receipt
                    .decoded_log::<LeaseRented>()
                    .wrap_err("the receipt has no lease")?;
                (rented.leaseId, receipt)
            }
            Self::Start { lease } => {
                let call = tasks.startLease(lease);
                (lease, account.send("starting the lease", call).await?)
            }
            Self::Cancel { lease } => {
                let call = tasks.cancelLease(lease);
                (lease, account.send("cancelling the lease", call).await?)
            }
            Self::Heartbeat { lease } => {
                let call = tasks.heartbeat(lease);
                (lease, account.send("sending a heartbeat", call).await?)
            }
            Self::Settle { leases } => {
                let last = leases[leases.len() - 1];
                let call = tasks.settleLeases(leases);
                (last, account.send("settling", call).await?)
            }
            Self::TopUp { lease, duration } => {
                let call = tasks.topUpLease(lease, duration);
                (lease, account.send("topping the lease up", call).await?)
            }
            Self::Shorten { lease, duration } => {
                let call = tasks.shortenLease(lease, duration);
                (lease, account.send("shortening the lease", call).await?)
            }
            Self::Notice { lease } => {
                let call = tasks.giveNotice(lease);
                (lease, account.send("giving notice", call).await?)
            }
            Self::Close { lease } => {
                let call = tasks.closeLease(lease);
                (lease, account.send("closing the lease", call).await?)
            }
        };
        let status = status(&view(&market, lease).await?);
        let value = json!({ "leaseId": lease.to_string(), "status": status });
        context.sent(&format!("lease {lease} is {status}"), &receipt, value);
        Ok(())
    }
}

async fn view(market: &Market, lease: U256) -> Result<LeaseView> {
    let tasks = market.tasks();
    let call = tasks.leaseOf(lease);
    Ok(market.chain().read("reading the lease", call).await?)
}

fn status(view: &LeaseView) -> &'static str {
    match view.status {
        1 => "Pending",
        2 => "Active",
        3 => "Ending",
        4 => "Closed",
        _ => "Cancelled",
    }
}

async fn show(context: &Context, lease: U256) -> Result<()> {
    let market = context.market().await?;
    let view = view(&market, lease).await?;
    let now = market.chain().now().await?;
    let mut rows = vec![
        vec!["status".to_owned(), status(&view).to_owned()],
        vec!["client".to_owned(), view.client.to_string()],
        vec!["provider".to_owned(), view.providerId.to_string()],
        vec![
            "price an hour, oGPU".to_owned(),
            amount::format(view.rate * HOUR),
        ],
        vec!["due to the provider".to_owned(), span(view.due)],
        vec!["left".to_owned(), span(view.left)],
    ];
    if view.endsAt != 0 {
        let what = if view.status == 1 {
            "to be started"
        } else {
            "ends"
        };
        rows.push(vec![what.to_owned(), distance(view.endsAt, now)]);
    }
    let value = json!({
        "leaseId": lease.to_string(),
        "status": status(&view),
        "client": view.client,
        "providerId": view.providerId.to_string(),
        "rate": view.rate.to_string(),
        "due": view.due,
        "left": view.left,
        "heartbeat": view.heartbeat,
        "endsAt": view.endsAt,
        "collateral": view.collateral.to_string(),
        "verifier": view.verifier,
        "parameters": view.version,
    });
    context.print(&table(&[&format!("lease {lease}"), ""], &rows), &value);
    Ok(())
}
