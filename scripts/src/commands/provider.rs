//! `ogpu provider`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use eyre::Result;
use ogpu_client::{
    Account, Market, Profile,
    alloy::primitives::{Address, U256},
    amount,
};
use serde_json::json;

use super::{
    ResultHash,
    offer::{self, Offer},
    parse_amount, provider_id,
};
use crate::{
    context::Context,
    output::{distance, span, table},
};

/// Offer GPUs: register, stake, bid, deliver, earn.
#[derive(Subcommand)]
#[command(after_help = "From nothing to being paid:
  ogpu provider register --gpu H100 --count 8 --region eu-west --endpoint https://gpu.example
  ogpu provider stake 500
  ogpu provider collateral deposit 200
  ogpu provider bid 1 20
  ogpu provider submit-result 1 --file result.bin
  ogpu provider earnings withdraw

Other ways to offer:
  ogpu provider publish-price 2.5 --max-duration 86400       be hired, for 2.5 oGPU an hour
  ogpu provider sign-bid 1 20 --out bid.json                 a bid without a transaction; the client hands it in
  ogpu provider seal-bid 1 20                                where prices are sealed; then `reveal-bid 1`
  ogpu provider take 1                                       where the price rises until somebody takes it
  ogpu provider bid 1 20 --allow-list providers.txt          where the client lists who may bid")]
pub enum Provider {
    /// Register the signer as a provider
    Register(ProfileArgs),
    /// Replace the signer's profile
    UpdateProfile(ProfileArgs),
    /// What a provider has: score, record, stake, collateral, earnings
    Show {
        /// The provider's id; the signer's when left out
        id: Option<U256>,
    },
    /// Stake oGPU in the vault (approves it where needed)
    Stake {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Commit stake to the market, or take it out again
    #[command(subcommand)]
    Collateral(Collateral),
    /// Bid on a task; again to lower the price
    Bid {
        /// The task
        task: U256,
        /// The price, in oGPU
        #[arg(value_parser = parse_amount)]
        price: U256,
        /// The client's list of providers, where it has one
        #[arg(long, value_name = "FILE")]
        allow_list: Option<PathBuf>,
    },
    #[command(flatten)]
    Offer(Offer),
    /// Take a bid back; after the task was given to somebody else, take back its bond
    WithdrawBid {
        /// The task
        task: U256,
    },
    /// Deliver a result: its seal goes to the chain, the result itself to the client
    SubmitResult {
        /// The task
        task: U256,
        #[command(flatten)]
        result: ResultHash,
    },
    /// Dispute the client's rejection
    Dispute {
        /// The task
        task: U256,
    },
    /// What was earned, and taking it out
    #[command(subcommand)]
    Earnings(Earnings),
    /// Take stake out of the vault: request it, wait, withdraw it
    #[command(subcommand)]
    Unbond(Unbond),
}

/// What a provider tells about itself.
#[derive(Args)]
pub struct ProfileArgs {
    /// GPU model, for example H100
    #[arg(long)]
    gpu: String,
    /// How many GPUs
    #[arg(long)]
    count: u32,
    /// Where they stand, for example eu-west
    #[arg(long)]
    region: String,
    /// Where jobs are sent
    #[arg(long)]
    endpoint: String,
    /// Where the prices are listed
    #[arg(long, default_value = "")]
    price_list: String,
}

/// Stake committed to the market.
#[derive(Subcommand)]
pub enum Collateral {
    /// Lock free stake as collateral for bids and tasks
    Deposit {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Make free collateral free stake again
    Withdraw {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
}

/// Payments received.
#[derive(Subcommand)]
pub enum Earnings {
    /// Open the account that payments go to, as `register` does: the first payment then costs its payer as little as any other
    Open,
    /// What the signer has in the escrow
    Show,
    /// Take it out
    Withdraw {
        /// How much, in oGPU; everything when left out
        #[arg(value_parser = parse_amount)]
        amount: Option<U256>,
    },
}

/// Stake on its way out.
#[derive(Subcommand)]
pub enum Unbond {
    /// Begin to take free stake out; restarts the wait of what is on its way already
    Request {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Make unbonding stake free stake again
    Cancel {
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Take out what has waited long enough
    Withdraw,
}

impl Provider {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        if let Self::Show { id } = self {
            let market = context.market().await?;
            let id = match id {
                Some(id) => id,
                None => provider_id(&market, context.account(market.chain())?.address()).await?,
            };
            return show(context, &market, id).await;
        }
        let (market, account) = context.trader().await?;
        match self {
            Self::Register(profile) => {
                let (id, receipt) = market.register(&account, &profile.into()).await?;
                // The slot that payments go to is the provider's own expense, not that of whoever settles its first task.
                account
                    .send("opening the account", market.escrow().openAccount())
                    .await?;
                let text = format!("{} is provider {id}", account.address());
                context.sent(&text, &receipt, json!({ "providerId": id.to_string() }));
            }
            Self::UpdateProfile(profile) => {
                let Profile {
                    gpu_model,
                    gpu_count,
                    region,
                    endpoint,
                    price_list_uri,
                } = profile.into();
                let registry = market.registry();
                let call =
                    registry.updateProfile(gpu_model, gpu_count, region, endpoint, price_list_uri);
                let receipt = account.send("updating the profile", call).await?;
                context.sent("the profile is replaced", &receipt, json!({}));
            }
            Self::Show { .. } => unreachable!("shown above"),
            Self::Stake { amount } => {
                let receipt = market.stake(&account, amount).await?;
                context.sent(
                    &format!("staked {} oGPU", amount::format(amount)),
                    &receipt,
                    json!({}),
                );
            }
            Self::Collateral(command) => collateral(context, &market, &account, command).await?,
            Self::Bid {
                task,
                price,
                allow_list,
            } => {
                let id = provider_id(&market, account.address()).await?;
                let (what, tasks) = ("placing the bid", market.tasks());
                let receipt = match allow_list {
                    None => account.send(what, tasks.placeBid(task, id, price)).await?,
                    Some(path) => {
                        let proof = offer::proof(Some(&path), id)?;
                        let call = tasks.placeListedBid(task, id, price, proof);
                        account.send(what, call).await?
                    }
                };
                context.sent(
                    &format!("bid {} oGPU on task {task}", amount::format(price)),
                    &receipt,
                    json!({}),
                );
            }
            Self::Offer(offer) => offer.run(context, &market, &account).await?,
            Self::WithdrawBid { task } => {
                let id = provider_id(&market, account.address()).await?;
                let receipt = account
                    .send("withdrawing the bid", market.tasks().withdrawBid(task, id))
                    .await?;
                context.sent(
                    &format!("the bid on task {task} is withdrawn, its bond is free"),
                    &receipt,
                    json!({}),
                );
            }
            Self::SubmitResult { task, result } => {
                let hash = result.get()?;
                let id = provider_id(&market, account.address()).await?;
                let receipt = market.deliver(&account, task, id, hash).await?;
                let text = format!("delivered; send the client the result, or its hash {hash}");
                context.sent(&text, &receipt, json!({ "resultHash": hash }));
            }
            Self::Dispute { task } => {
                let receipt = account
                    .send("opening the dispute", market.tasks().openDispute(task))
                    .await?;
                context.sent(
                    &format!("the rejection of task {task} is disputed"),
                    &receipt,
                    json!({}),
                );
            }
            Self::Earnings(command) => earnings(context, &market, &account, command).await?,
            Self::Unbond(command) => unbond(context, &account, &market, command).await?,
        }
        Ok(())
    }
}

impl From<ProfileArgs> for Profile {
    fn from(args: ProfileArgs) -> Self {
        Self {
            gpu_model: args.gpu,
            gpu_count: args.count,
            region: args.region,
            endpoint: args.endpoint,
            price_list_uri: args.price_list,
        }
    }
}

async fn collateral(
    context: &Context,
    market: &Market,
    account: &Account,
    command: Collateral,
) -> Result<()> {
    let id = provider_id(market, account.address()).await?;
    let tasks = market.tasks();
    match command {
        Collateral::Deposit { amount } => {
            let receipt = account
                .send("depositing collateral", tasks.depositCollateral(id, amount))
                .await?;
            context.sent(
                &format!("committed {} oGPU", amount::format(amount)),
                &receipt,
                json!({}),
            );
        }
        Collateral::Withdraw { amount } => {
            let receipt = account
                .send(
                    "withdrawing collateral",
                    tasks.withdrawCollateral(id, amount),
                )
                .await?;
            context.sent(
                &format!("{} oGPU are free stake again", amount::format(amount)),
                &receipt,
                json!({}),
            );
        }
    }
    Ok(())
}

async fn earnings(
    context: &Context,
    market: &Market,
    account: &Account,
    command: Earnings,
) -> Result<()> {
    let escrow = market.escrow();
    let balance = market
        .chain()
        .read("reading the balance", escrow.balanceOf(account.address()))
        .await?;
    match command {
        Earnings::Open => {
            let receipt = account
                .send("opening the account", escrow.openAccount())
                .await?;
            context.sent("the account in the escrow is open", &receipt, json!({}));
        }
        Earnings::Show => {
            let text = format!("{} oGPU in the escrow", amount::format(balance));
            context.print(&text, &json!({ "balance": balance.to_string() }));
        }
        Earnings::Withdraw { amount } => {
            let amount = amount.unwrap_or(balance);
            let receipt = account
                .send("withdrawing from the escrow", escrow.withdraw(amount))
                .await?;
            context.sent(
                &format!("withdrew {} oGPU", amount::format(amount)),
                &receipt,
                json!({}),
            );
        }
    }
    Ok(())
}

async fn unbond(
    context: &Context,
    account: &Account,
    market: &Market,
    command: Unbond,
) -> Result<()> {
    let vault = market.vault();
    let (text, receipt) = match command {
        Unbond::Request { amount } => {
            let receipt = account
                .send("requesting to unbond", vault.requestUnbond(amount))
                .await?;
            (
                format!("{} oGPU are unbonding", amount::format(amount)),
                receipt,
            )
        }
        Unbond::Cancel { amount } => {
            let receipt = account
                .send("cancelling the unbonding", vault.cancelUnbond(amount))
                .await?;
            (
                format!("{} oGPU are free stake again", amount::format(amount)),
                receipt,
            )
        }
        Unbond::Withdraw => {
            let receipt = account
                .send("withdrawing unbonded stake", vault.withdrawUnbonded())
                .await?;
            ("the unbonded stake is withdrawn".to_owned(), receipt)
        }
    };
    context.sent(&text, &receipt, json!({}));
    Ok(())
}

async fn show(context: &Context, market: &Market, id: U256) -> Result<()> {
    let chain = market.chain();
    let owner: Address = chain
        .read("reading the provider", market.registry().ownerOf(id))
        .await?;
    let record = chain
        .read("reading the record", market.registry().recordOf(id))
        .await?;
    let stake = chain
        .read("reading the stake", market.vault().accountOf(owner))
        .await?;
    let tier = chain
        .read("reading the tier", market.vault().tierOf(owner))
        .await?;
    let card = chain
        .read("reading the card", market.tasks().cardOf(id))
        .await?;
    let earned = chain
        .read("reading the balance", market.escrow().balanceOf(owner))
        .await?;
    let price = chain
        .read("reading the price", market.tasks().priceOf(id))
        .await?;
    let now = chain.now().await?;
    let mut rows = vec![
        vec!["owner".to_owned(), owner.to_string()],
        vec!["score".to_owned(), record.score.to_string()],
        vec!["tasks completed".to_owned(), record.completed.to_string()],
        vec!["tasks failed".to_owned(), record.failed.to_string()],
        vec!["tier".to_owned(), tier.to_string()],
        vec!["free stake, oGPU".to_owned(), amount::format(stake.free)],
        vec!["locked stake".to_owned(), amount::format(stake.locked)],
        vec!["unbonding".to_owned(), amount::format(stake.unbonding)],
        vec![
            "free collateral".to_owned(),
            amount::format(card.collateral),
        ],
        vec!["in the escrow".to_owned(), amount::format(earned)],
    ];
    if price.maxDuration != 0 {
        let hour = price.pricePerSecond * U256::from(3_600);
        rows.push(vec!["for hire, an hour".to_owned(), amount::format(hour)]);
        rows.push(vec!["at most for".to_owned(), span(price.maxDuration)]);
    }
    if !stake.unbonding.is_zero() {
        rows.insert(
            8,
            vec!["unbonded".to_owned(), distance(stake.maturesAt, now)],
        );
    }
    let value = json!({
        "providerId": id.to_string(),
        "owner": owner,
        "score": record.score.to_string(),
        "completed": record.completed.to_string(),
        "failed": record.failed.to_string(),
        "tier": tier,
        "stake": {
            "free": stake.free.to_string(),
            "locked": stake.locked.to_string(),
            "unbonding": stake.unbonding.to_string(),
            "maturesAt": stake.maturesAt,
        },
        "collateral": card.collateral.to_string(),
        "escrow": earned.to_string(),
        "hire": {
            "pricePerSecond": price.pricePerSecond.to_string(),
            "maxDuration": price.maxDuration,
        },
    });
    context.print(&table(&[&format!("provider {id}"), ""], &rows), &value);
    Ok(())
}
