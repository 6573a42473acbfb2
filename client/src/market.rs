//! The market on a chain: its contracts, and the operations that take more than one call.

use alloy::{
    contract::SolCallBuilder,
    primitives::{Address, B256, U256},
    providers::Provider as _,
    sol_types::{SolCall, SolEvent as _},
};
use ogpu_rules::Status;

use crate::{
    Account, Addresses, Chain, ClientError, Deployment, Offer, Provider, Receipt,
    bindings::{
        OgpuToken::{self, OgpuTokenInstance},
        PaymentEscrow::{self, PaymentEscrowInstance},
        ReputationRegistry::{self, ReputationRegistryInstance},
        StakingVault::{self, StakingVaultInstance},
        TaskManager::{self, TaskManagerInstance},
        VerificationCommittee::{self, VerificationCommitteeInstance},
        Watchdog::{self, WatchdogInstance},
        task_manager::{Parameters, SignedBid, Terms},
    },
    chain::event,
    governance::Dao,
};

/// A deployed system on a chain. Cheap to clone.
///
/// Single calls go through the bindings: `account.send("place the bid", market.tasks().placeBid(task, provider, price))`
/// to write, `chain.read("read the task", market.tasks().taskOf(task))` to read.
#[derive(Clone, Debug)]
pub struct Market {
    chain: Chain,
    addresses: Addresses,
}

/// What a provider tells about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// GPU model, for example `H100`.
    pub gpu_model: String,
    /// How many of them.
    pub gpu_count: u32,
    /// Where they stand.
    pub region: String,
    /// Where jobs are sent.
    pub endpoint: String,
    /// Where the prices are listed.
    pub price_list_uri: String,
}

/// A task as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: U256,
    /// Where it stands in its life.
    pub status: Status,
    /// All the contract tells.
    pub view: TaskManager::TaskView,
}

/// A provider's bid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// The provider's id.
    pub provider: U256,
    /// What it asks, in wei of oGPU.
    pub price: U256,
    /// Its score, 0 to 10,000.
    pub trust: U256,
    /// Its free collateral, in wei of oGPU.
    pub collateral: U256,
}

impl Market {
    /// The system at `addresses` on `chain`.
    pub fn new(chain: Chain, addresses: Addresses) -> Self {
        Self { chain, addresses }
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Where the contracts are.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// The DAO that owns the contracts.
    ///
    /// # Errors
    /// [`ClientError::NoDao`] where an account owns them.
    pub fn dao(&self, deployment: &Deployment) -> Result<Dao, ClientError> {
        let owner = deployment.settings.owner.unwrap_or(deployment.deployer);
        let dao = self.addresses.dao.ok_or(ClientError::NoDao { owner })?;
        Ok(Dao::new(self.chain.clone(), dao))
    }

    /// The token.
    pub fn token(&self) -> OgpuTokenInstance<Provider> {
        OgpuToken::new(self.addresses.token, self.chain.provider().clone())
    }

    /// The escrow.
    pub fn escrow(&self) -> PaymentEscrowInstance<Provider> {
        PaymentEscrow::new(self.addresses.escrow, self.chain.provider().clone())
    }

    /// The vault.
    pub fn vault(&self) -> StakingVaultInstance<Provider> {
        StakingVault::new(self.addresses.vault, self.chain.provider().clone())
    }

    /// The registry.
    pub fn registry(&self) -> ReputationRegistryInstance<Provider> {
        ReputationRegistry::new(self.addresses.registry, self.chain.provider().clone())
    }

    /// The task manager.
    pub fn tasks(&self) -> TaskManagerInstance<Provider> {
        TaskManager::new(self.addresses.task_manager, self.chain.provider().clone())
    }

    /// The watchdog.
    pub fn watchdog(&self) -> WatchdogInstance<Provider> {
        Watchdog::new(self.addresses.watchdog, self.chain.provider().clone())
    }

    /// The verification committee.
    pub fn committee(&self) -> VerificationCommitteeInstance<Provider> {
        VerificationCommittee::new(self.addresses.committee, self.chain.provider().clone())
    }

    /// Approves `spender` for exactly `amount` where its allowance is less, and returns the receipt if that took a
    /// transaction.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn allow(
        &self,
        account: &Account,
        spender: Address,
        amount: U256,
    ) -> Result<Option<Receipt>, ClientError> {
        let what = "reading the allowance";
        let allowed = self
            .chain
            .read(what, self.token().allowance(account.address(), spender))
            .await?;
        if allowed >= amount {
            return Ok(None);
        }
        account
            .send("approving oGPU", self.token().approve(spender, amount))
            .await
            .map(Some)
    }

    /// Moves `amount` from the account's tokens to its balance in the escrow, approving it where needed.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn deposit(&self, account: &Account, amount: U256) -> Result<Receipt, ClientError> {
        self.allow(account, self.addresses.escrow, amount).await?;
        account
            .send("depositing oGPU", self.escrow().deposit(amount))
            .await
    }

    /// Stakes `amount` of the account's tokens in the vault, approving it where needed.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn stake(&self, account: &Account, amount: U256) -> Result<Receipt, ClientError> {
        self.allow(account, self.addresses.vault, amount).await?;
        account
            .send("staking oGPU", self.vault().stake(amount))
            .await
    }

    /// Registers the account as a provider and returns its id.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn register(
        &self,
        account: &Account,
        profile: &Profile,
    ) -> Result<(U256, Receipt), ClientError> {
        let Profile {
            gpu_model,
            gpu_count,
            region,
            endpoint,
            price_list_uri,
        } = profile.clone();
        let registry = self.registry();
        let call = registry.register(gpu_model, gpu_count, region, endpoint, price_list_uri);
        let receipt = account.send("registering the provider", call).await?;
        let id = self.provider_of(account.address()).await?;
        Ok((id, receipt))
    }

    /// The provider id of `account`; zero when it is not registered.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn provider_of(&self, account: Address) -> Result<U256, ClientError> {
        self.chain
            .read(
                "reading the provider's id",
                self.registry().providerOf(account),
            )
            .await
    }

    /// Submits a task under the default terms and returns its id. The budget comes from the client's balance in the
    /// escrow, and what is missing there from its tokens, by allowance to the escrow.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn submit_task(
        &self,
        client: &Account,
        metadata: &str,
        budget: U256,
        duration: u64,
    ) -> Result<(U256, Receipt), ClientError> {
        let call = self.tasks();
        let call = call.submitTask(metadata.to_owned(), budget, duration);
        new_task(client, "submitting the task", call).await
    }

    /// Submits a task under the client's own terms and returns its id.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn submit_task_with_terms(
        &self,
        client: &Account,
        metadata: &str,
        budget: U256,
        duration: u64,
        terms: Terms,
    ) -> Result<(U256, Receipt), ClientError> {
        let call = self.tasks();
        let call = call.submitTaskWithTerms(metadata.to_owned(), budget, duration, terms);
        new_task(client, "submitting the task", call).await
    }

    /// Submits a task for `client` at the cost of `sponsor`, to whom what is not spent comes back, and returns its id.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn submit_task_for(
        &self,
        sponsor: &Account,
        client: Address,
        metadata: &str,
        budget: U256,
        duration: u64,
        terms: Terms,
    ) -> Result<(U256, Receipt), ClientError> {
        let call = self.tasks();
        let call = call.submitTaskFor(client, metadata.to_owned(), budget, duration, terms);
        new_task(sponsor, "submitting the task", call).await
    }

    /// Takes an open task back and makes it anew under the same budget and other terms; returns the id of the new one.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn reopen_task(
        &self,
        client: &Account,
        task: U256,
        metadata: &str,
        duration: u64,
        terms: Terms,
    ) -> Result<(U256, Receipt), ClientError> {
        let call = self.tasks();
        let call = call.reopenTask(task, metadata.to_owned(), duration, terms);
        new_task(client, "reopening the task", call).await
    }

    /// Has `provider` work at the price that it has published, for at most `max_price` wei of oGPU, and returns the task's id.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn hire(
        &self,
        client: &Account,
        metadata: &str,
        provider: U256,
        duration: u64,
        max_price: U256,
        terms: Terms,
    ) -> Result<(U256, Receipt), ClientError> {
        let call = self.tasks();
        let call = call.hire(metadata.to_owned(), provider, duration, max_price, terms);
        new_task(client, "hiring the provider", call).await
    }

    /// Signs a bid of `provider` for a client to hand in until `expiry` (seconds since 1970), at `price` wei of oGPU. Nothing
    /// is sent; `owner` is the provider's.
    ///
    /// # Errors
    /// What reading gives, [`ClientError::Unsigned`].
    pub async fn sign_bid(
        &self,
        owner: &Account,
        provider: U256,
        task: U256,
        price: U256,
        expiry: u64,
    ) -> Result<Offer, ClientError> {
        let tasks = self.tasks();
        let nonce = tasks.bidNonceOf(provider);
        let bid = SignedBid {
            taskId: task,
            providerId: provider,
            price,
            expiry,
            nonce: self.chain.read("reading the nonce", nonce).await?,
        };
        Offer::sign(owner, self.addresses.task_manager, &bid)
    }

    /// Gives a task to the provider whose signed bid this is.
    ///
    /// # Errors
    /// [`ClientError::OtherMarket`], and what sending gives.
    pub async fn assign_signed_bid(
        &self,
        client: &Account,
        offer: &Offer,
    ) -> Result<Receipt, ClientError> {
        let (here_id, here) = (self.chain.id(), self.addresses.task_manager);
        if (offer.chain_id, offer.market) != (here_id, here) {
            return Err(ClientError::OtherMarket {
                chain_id: offer.chain_id,
                market: offer.market,
                here_id,
                here,
            });
        }
        let call = self.tasks();
        let call = call.assignSignedBid(offer.bid(), offer.signature.clone());
        client.send("assigning", call).await
    }

    /// Delivers a result: only its seal goes to the chain.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn deliver(
        &self,
        provider: &Account,
        task: U256,
        provider_id: U256,
        result_hash: B256,
    ) -> Result<Receipt, ClientError> {
        let seal = ogpu_rules::seal::seal(task, provider_id, result_hash);
        provider
            .send(
                "delivering the result",
                self.tasks().submitResult(task, seal),
            )
            .await
    }

    /// A task as it stands.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when there is none with this id, and what reading gives.
    pub async fn task(&self, id: U256) -> Result<Task, ClientError> {
        let view = self
            .chain
            .read("reading the task", self.tasks().taskOf(id))
            .await?;
        Ok(Task {
            id,
            status: Status::from_number(view.status),
            view,
        })
    }

    /// The parameters in force.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn parameters(&self) -> Result<Parameters, ClientError> {
        let what = "reading the parameters";
        let version = self.chain.read(what, self.tasks().currentVersion()).await?;
        self.chain
            .read(what, self.tasks().parameters(version))
            .await
    }

    /// The standing bids on an open task, and those that did not win and hold a bond still, best price first.
    ///
    /// They are found in the events since block `from`: that of the task, or of the deployment.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn bids(&self, task: U256, from: u64) -> Result<Vec<Bid>, ClientError> {
        let what = "looking for bids";
        let filter = self
            .tasks()
            .BidPlaced_filter()
            .topic1(task)
            .from_block(from)
            .filter;
        let logs = self.chain.provider().get_logs(&filter).await;
        let logs = logs.map_err(|error| self.chain.explain(what, &error))?;
        let mut ids: Vec<U256> = (logs.iter())
            .filter_map(|log| TaskManager::BidPlaced::decode_log(&log.inner).ok())
            .map(|event| event.providerId)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let mut bids = Vec::new();
        for provider in ids {
            let price = self
                .chain
                .read(what, self.tasks().bidOf(task, provider))
                .await?
                .price;
            if price.is_zero() {
                continue;
            }
            let card = self.chain.read(what, self.tasks().cardOf(provider)).await?;
            bids.push(Bid {
                provider,
                price,
                trust: card.trust,
                collateral: card.collateral,
            });
        }
        bids.sort_by_key(|bid| bid.price);
        Ok(bids)
    }

    /// Whether the result with this hash is what was delivered for `task`. Accepting any other would reject the result.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn is_delivered(&self, task: U256, result_hash: B256) -> Result<bool, ClientError> {
        let provider = self.task(task).await?.view.providerId;
        let bid = self
            .chain
            .read("reading the seal", self.tasks().bidOf(task, provider))
            .await?;
        Ok(bid.resultSeal == ogpu_rules::seal::seal(task, provider, result_hash))
    }
}

/// Sends a call that makes a task, and returns its id.
async fn new_task<P: alloy::providers::Provider, C: SolCall>(
    account: &Account,
    what: &str,
    call: SolCallBuilder<P, C>,
) -> Result<(U256, Receipt), ClientError> {
    let receipt = account.send(what, call).await?;
    let task = event::<TaskManager::TaskSubmitted>(what, &receipt)?.taskId;
    Ok((task, receipt))
}
