//! The demo's chain, its market, and who takes part.

use std::path::{Path, PathBuf};

use eyre::{Result, WrapErr};
use ogpu_client::{
    Account, Chain, ClientError, Market, Profile, Programs,
    alloy::{
        primitives::{Address, U256},
        providers::Provider as _,
        signers::local::PrivateKeySigner,
    },
    bindings::task_manager::Parameters,
    deploy::{Progress, Settings, deploy},
    signer,
};
use ogpu_devnode::{Node, NodeConfig};
use serde_json::{Value, json};

use super::ogpu;
use crate::context::Context;

/// Seconds that the late provider's task allows.
pub const SHORT: u64 = 10;

/// The public key of every Nitro development chain's account.
const DEVELOPMENT_KEY: &str = "0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659";
/// The chain id of Nitro's development chains.
const DEVELOPMENT_CHAIN: u64 = 412_346;
/// What an actor needs for gas, at most.
const GAS_OF_AN_ACTOR: u64 = 4_000_000;

/// Everything the stories happen on.
pub struct Stage {
    /// The market.
    pub market: Market,
    /// Has work to be done.
    pub client: Account,
    /// A provider that delivers.
    pub swift: Provider,
    /// A provider that does not.
    pub slow: Provider,
    /// Owns the contracts.
    pub deployer: Account,
    /// Where fees and shares of slashes go.
    pub treasury: Address,
    gas: u64,
    /// Keeps the embedded chain running.
    _node: Option<Node>,
}

/// A provider and its id.
pub struct Provider {
    /// Who signs.
    pub account: Account,
    /// The id in the registry.
    pub id: U256,
}

impl Stage {
    /// Starts or finds the chain, deploys, and gives everybody what they need.
    pub async fn set(context: &Context, programs: Option<PathBuf>) -> Result<Self> {
        let programs = Programs::load(&programs.unwrap_or_else(Programs::default_folder))?;
        let (node, url) = match context.global.rpc.clone() {
            Some(url) => (None, url),
            None => {
                let node = Node::start(NodeConfig::test())
                    .await
                    .wrap_err("the embedded chain does not start")?;
                let url = node.url();
                (Some(node), url)
            }
        };
        let chain = Chain::connect(&url).await?;
        let deployer = match (&node, context.account(&chain)) {
            (None, Ok(account)) => account,
            (None, Err(error)) if chain.id() != DEVELOPMENT_CHAIN => return Err(error),
            _ => Account::new(chain.clone(), signer::parse(DEVELOPMENT_KEY)?),
        };
        let embedded = if node.is_some() {
            "embedded chain"
        } else {
            "chain"
        };
        context.note(&format!(
            "{embedded} {} at {url}, deploying as {}",
            chain.id(),
            deployer.address()
        ));

        let treasury = PrivateKeySigner::random().address();
        let settings = settings(treasury);
        let file = match &node {
            Some(_) => std::env::temp_dir().join(format!("ogpu-demo-{}.json", treasury)),
            None => fresh_file(context, &chain, treasury),
        };
        let mut gas = 0;
        let mut progress = |event: Progress| {
            if let Progress::Done { step, gas: used } = event {
                gas += used;
                context.note(&format!("  {step}: {used} gas"));
            }
        };
        let deployment = deploy(&deployer, &programs, &settings, &file, &mut progress).await?;
        if node.is_some() {
            std::fs::remove_file(&file)
                .wrap_err_with(|| format!("cannot remove {}", file.display()))?;
        } else {
            context.note(&format!("the market is in {}", file.display()));
        }
        context.note(&format!("  in all: {gas} gas\n"));
        let market = Market::new(chain, deployment.addresses()?);
        let stage = Self::furnish(context, market, deployer, treasury, node, gas).await?;
        Ok(stage)
    }

    /// Brings in a client with money and two providers with collateral.
    async fn furnish(
        context: &Context,
        market: Market,
        deployer: Account,
        treasury: Address,
        node: Option<Node>,
        gas: u64,
    ) -> Result<Self> {
        let client = actor(&market, &deployer, ogpu(500)).await?;
        market.deposit(&client, ogpu(400)).await?;
        context.note(&format!(
            "client {} has 100 oGPU, and 400 in the escrow",
            client.address()
        ));
        let swift = provider(context, &market, &deployer, "H100").await?;
        let slow = provider(context, &market, &deployer, "A100").await?;
        Ok(Self {
            market,
            client,
            swift,
            slow,
            deployer,
            treasury,
            gas,
            _node: node,
        })
    }

    /// Where the contracts are and what they cost, for programs.
    pub fn deployment_json(&self) -> Value {
        let addresses = self.market.addresses();
        json!({
            "gas": self.gas,
            "token": addresses.token,
            "escrow": addresses.escrow,
            "vault": addresses.vault,
            "registry": addresses.registry,
            "task_manager": addresses.task_manager,
        })
    }
}

/// Windows short enough to wait for.
fn settings(treasury: Address) -> Settings {
    let default = Settings::default();
    Settings {
        treasury: Some(treasury),
        unbonding_period: 86_400,
        parameters: Parameters {
            biddingWindow: 120,
            reviewWindow: 60,
            challengeWindow: 5,
            arbitrationWindow: 60,
            assignmentGrace: 60,
            maxDuration: 3_600,
            lateBidWindow: 0,
            disputeBond: Default::default(),
            ..default.parameters.clone()
        },
        ..default
    }
}

/// A deployment file of its own for every run on a real chain, beside the user's.
fn fresh_file(context: &Context, chain: &Chain, treasury: Address) -> PathBuf {
    let folder = context.global.deployment.parent().unwrap_or(Path::new("."));
    folder.join(format!("demo-{}-{treasury}.json", chain.id()))
}

/// A new account with ether for gas and `tokens`.
async fn actor(market: &Market, deployer: &Account, tokens: U256) -> Result<Account, ClientError> {
    let account = Account::new(market.chain().clone(), PrivateKeySigner::random());
    let price = market
        .chain()
        .provider()
        .get_gas_price()
        .await
        .unwrap_or(100_000_000);
    deployer
        .send_ether(
            account.address(),
            U256::from(price * 2) * U256::from(GAS_OF_AN_ACTOR),
        )
        .await?;
    deployer
        .send(
            "sending oGPU",
            market.token().transfer(account.address(), tokens),
        )
        .await?;
    Ok(account)
}

async fn provider(
    context: &Context,
    market: &Market,
    deployer: &Account,
    gpu: &str,
) -> Result<Provider> {
    let account = actor(market, deployer, ogpu(300)).await?;
    let profile = Profile {
        gpu_model: gpu.to_owned(),
        gpu_count: 8,
        region: "eu-west".to_owned(),
        endpoint: format!("https://{}.example", gpu.to_lowercase()),
        price_list_uri: String::new(),
    };
    let (id, _) = market.register(&account, &profile).await?;
    market.stake(&account, ogpu(200)).await?;
    account
        .send(
            "depositing collateral",
            market.tasks().depositCollateral(id, ogpu(100)),
        )
        .await?;
    // Payments find the account open: its slot is the provider's own expense, not its first client's.
    account
        .send(
            "opening the account in the escrow",
            market.escrow().openAccount(),
        )
        .await?;
    context.note(&format!(
        "provider {id} {} has 8 {gpu}, 200 oGPU staked, half of it as collateral",
        account.address()
    ));
    Ok(Provider { account, id })
}
