//! The integration harness: the whole system, deployed as WASM on a chain and driven over JSON-RPC.
//!
//! [`Harness::new`] starts the embedded chain in this process, or uses the one at `OGPU_RPC_URL`, deploys a market of its
//! own, and makes funded actors. The tests of a process share the chain at `OGPU_RPC_URL`: run them with
//! `--test-threads=1` there. [`Harness::check_books`] proves that every token is where it should be.
//!
//! # Waiting
//!
//! [`Harness::advance`] lets time pass: at once on a chain whose clock can be told, as that of the embedded one; by waiting
//! on any other. `OGPU_MAX_WAIT` is the longest single wait there, in seconds, 3600 when left out. A wait says when it ends,
//! and then every minute what is left of it.
//!
//! A story that needs a longer wait asks [`Stage::may_wait`] before it begins. Where it may not, that prints what the story
//! would wait for and which `OGPU_MAX_WAIT` allows it, and the story is left out. There is no other reason to leave one out.
//! Unbonding and the arbitration of challenged results take a day (86400), results that can be challenged twelve minutes
//! (700), the expiry of programs a year and a day (31622400); everything else takes a minute at most.

mod books;
mod clock;
mod gas;
mod stage;
mod tasks;

use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

pub use clock::say;
use eyre::{Result, WrapErr};
use ogpu_client::{
    Account, Chain, ClientError, Deployment, Market, Profile, Programs, Status,
    alloy::primitives::{Address, B256, U256, aliases::U96, keccak256},
    bindings::task_manager::Parameters,
    committee::CommitteeParameters,
    deploy::{Settings, deploy},
    programs::DEFAULT_FOLDER,
};
use stage::PURSE;
pub use stage::{DEVELOPMENT_KEY, Stage};
pub use tasks::{COMMITTEE, COMMITTEE_FEE};

/// Seconds to deliver in the tasks of [`Harness::open`]: enough for a transaction, short enough to be outlasted.
pub const DURATION: u64 = 60;

/// Whole oGPU in wei.
pub fn ogpu(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// The result that [`Harness::deliver`] delivers.
pub fn result_hash() -> B256 {
    keccak256("a result")
}

/// A market on a chain, and everybody who ever acted on it.
#[derive(Debug)]
pub struct Harness {
    stage: Stage,
    /// The market.
    pub market: Market,
    /// Owns the contracts and holds the supply.
    pub owner: Account,
    /// Where fees and shares of slashes go.
    pub treasury: Account,
    /// What it was deployed with.
    pub settings: Settings,
    /// How it was deployed.
    pub deployment: Deployment,
    actors: Mutex<Vec<Address>>,
}

/// A provider with stake and collateral.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Who signs.
    pub account: Account,
    /// The id in the registry.
    pub id: U256,
}

impl Harness {
    /// A market with [`Harness::settings_for_tests`].
    ///
    /// # Errors
    /// When the programs are not built (says `cargo xtask build`), or the chain refuses.
    pub async fn new() -> Result<Self> {
        Self::with(|_| ()).await
    }

    /// A market whose settings `change` has changed.
    ///
    /// # Errors
    /// As [`Harness::new`].
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Result<Self> {
        Self::on(Stage::new().await?, change).await
    }

    /// As [`Harness::with`], on `stage`.
    ///
    /// # Errors
    /// As [`Harness::new`].
    pub async fn on(stage: Stage, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let programs = programs()?;
        let owner = stage.account_with(100 * PURSE).await?;
        let treasury = stage.account().await?;
        let mut settings = Self::settings_for_tests();
        settings.treasury = Some(treasury.address());
        change(&mut settings);
        let path = temporary("deployment.json");
        let deployment = deploy(&owner, &programs, &settings, &path, &mut |_| ()).await?;
        std::fs::remove_file(&path)?;
        let market = Market::new(stage.chain().clone(), deployment.addresses()?);
        let (committee, registry) = (market.addresses().committee, market.addresses().registry);
        let holders = vec![owner.address(), treasury.address(), committee, registry];
        let actors = Mutex::new(holders);
        Ok(Self {
            stage,
            market,
            owner,
            treasury,
            settings,
            deployment,
            actors,
        })
    }

    /// Windows of a few seconds, so that a real chain can be waited for; a fee of 2.5 %, a tenth of the price as collateral,
    /// half of that slashed, a bond of one oGPU; of a node of the committee a hundred.
    pub fn settings_for_tests() -> Settings {
        let default = Settings::default();
        Settings {
            unbonding_period: 86_400,
            parameters: Parameters {
                feeBps: 250,
                trustWeight: 5_000,
                collateralBps: 1_000,
                slashBps: 5_000,
                bidBond: U96::from(ogpu(1)),
                minClientStake: U96::ZERO,
                biddingWindow: 40,
                reviewWindow: 20,
                challengeWindow: 20,
                arbitrationWindow: 20,
                assignmentGrace: 20,
                maxDuration: 86_400,
                lateBidWindow: 0,
                disputeBond: U96::ZERO,
                highValue: U96::ZERO,
            },
            committee: CommitteeParameters {
                min_bond: ogpu(100),
                beacon_window: 20,
                commit_window: 40,
                reveal_window: 20,
                ..CommitteeParameters::default()
            },
            ..default
        }
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        self.stage.chain()
    }

    /// The chain and who pays for accounts.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Lets `seconds` pass.
    ///
    /// # Errors
    /// When the chain does not answer, or the wait is longer than `OGPU_MAX_WAIT` allows.
    pub async fn advance(&self, seconds: u64) -> Result<()> {
        let now = self.chain().now().await?;
        self.reach(now + seconds).await
    }

    /// Lets time pass until the chain's clock shows `time`.
    ///
    /// # Errors
    /// As [`Harness::advance`].
    pub async fn reach(&self, time: u64) -> Result<()> {
        self.stage.reach(&self.owner, time).await
    }

    /// Lets time pass until the present state of `task` can be ended by anybody.
    ///
    /// # Errors
    /// As [`Harness::advance`].
    pub async fn outlast(&self, task: U256) -> Result<()> {
        let end = self.market.task(task).await?.view.deadline;
        self.reach(end).await
    }

    /// A new account with ether and `whole` oGPU.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn actor(&self, whole: u64) -> Result<Account> {
        let account = self.stage.account().await?;
        if whole > 0 {
            let call = self.market.token();
            self.owner
                .send(
                    "sending oGPU",
                    call.transfer(account.address(), ogpu(whole)),
                )
                .await?;
        }
        self.watch(account.address());
        Ok(account)
    }

    /// Has [`Harness::check_books`] count what `address` has: that of a contract that holds money in the market.
    pub fn watch(&self, address: Address) {
        self.actors
            .lock()
            .expect("no test panics while it adds an actor")
            .push(address);
    }

    /// A new account with 1,000 oGPU in the escrow.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn client(&self) -> Result<Account> {
        let client = self.actor(1_000).await?;
        self.market.deposit(&client, ogpu(1_000)).await?;
        Ok(client)
    }

    /// A new provider with 1,000 oGPU staked, 100 of them as collateral.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn provider(&self) -> Result<Provider> {
        let account = self.actor(1_000).await?;
        let (id, _) = self.market.register(&account, &profile()).await?;
        self.market.stake(&account, ogpu(1_000)).await?;
        let call = self.market.tasks();
        account
            .send(
                "depositing collateral",
                call.depositCollateral(id, ogpu(100)),
            )
            .await?;
        Ok(Provider { account, id })
    }

    /// `size` new providers with ten oGPU staked, all as collateral. Many of them are made faster than by
    /// [`Harness::provider`].
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn crowd(&self, size: usize) -> Result<Vec<Provider>> {
        let market = &self.market;
        let stake = ogpu(10);
        market
            .allow(
                &self.owner,
                market.addresses().vault,
                stake * U256::from(size),
            )
            .await?;
        let profile = profile();
        let mut crowd = Vec::with_capacity(size);
        for _ in 0..size {
            let account = self.stage.account().await?;
            let (model, region, endpoint, prices) = (
                profile.gpu_model.clone(),
                profile.region.clone(),
                profile.endpoint.clone(),
                profile.price_list_uri.clone(),
            );
            let call = market.registry();
            let call = call
                .register(model, profile.gpu_count, region, endpoint, prices)
                .gas(1_000_000);
            account.send("registering", call).await?;
            let id = market.provider_of(account.address()).await?;
            let call = market.vault();
            self.owner
                .send(
                    "staking",
                    call.stakeFor(account.address(), stake).gas(1_000_000),
                )
                .await?;
            let call = market.tasks();
            account
                .send(
                    "depositing collateral",
                    call.depositCollateral(id, stake).gas(1_000_000),
                )
                .await?;
            self.watch(account.address());
            crowd.push(Provider { account, id });
        }
        Ok(crowd)
    }

    /// The state of `task`.
    ///
    /// # Errors
    /// When there is none.
    pub async fn status(&self, task: U256) -> Result<Status> {
        Ok(self.market.task(task).await?.status)
    }

    /// The balance of `account` in the escrow.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn in_escrow(&self, account: &Account) -> Result<U256> {
        let call = self.market.escrow();
        Ok(self
            .chain()
            .read("reading the balance", call.balanceOf(account.address()))
            .await?)
    }

    /// The tokens of `account`.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn tokens(&self, account: &Account) -> Result<U256> {
        let call = self.market.token();
        Ok(self
            .chain()
            .read("reading the balance", call.balanceOf(account.address()))
            .await?)
    }

    /// The free collateral of `provider`.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn collateral(&self, provider: &Provider) -> Result<U256> {
        let call = self.market.tasks();
        Ok(self
            .chain()
            .read("reading the card", call.cardOf(provider.id))
            .await?
            .collateral)
    }

    /// The score of `provider`.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn score(&self, provider: &Provider) -> Result<U256> {
        Ok(self
            .chain()
            .read(
                "reading the score",
                self.market.registry().scoreOf(provider.id),
            )
            .await?)
    }
}

/// A provider's profile.
pub fn profile() -> Profile {
    Profile {
        gpu_model: "H100".to_owned(),
        gpu_count: 8,
        region: "eu-west".to_owned(),
        endpoint: "https://gpu.example".to_owned(),
        price_list_uri: "ipfs://prices".to_owned(),
    }
}

/// The built programs: those in `target/programs`, or in the folder that `OGPU_PROGRAMS` names.
///
/// # Errors
/// When they are not built; the error says how to.
pub fn programs() -> Result<Programs> {
    let folder = match std::env::var("OGPU_PROGRAMS") {
        Ok(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(DEFAULT_FOLDER),
    };
    Programs::load(&folder).wrap_err("the integration tests run the built programs")
}

/// A path of its own in the system's folder for temporary files.
pub fn temporary(name: &str) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("ogpu-{}-{count}-{name}", std::process::id()));
    // Left by an earlier process with the same id, if at all.
    let _ = std::fs::remove_file(&path);
    path
}

/// The name of the contract's error that ended a call.
///
/// # Panics
/// When the call succeeded, or did not fail by a contract's own error.
#[track_caller]
pub fn refusal<T: std::fmt::Debug>(result: Result<T, ClientError>) -> &'static str {
    let error = result.expect_err("the contract should have refused");
    match error.reason().and_then(|reason| reason.name()) {
        Some(name) => name,
        None => panic!("not one of the contracts' errors: {error}"),
    }
}
