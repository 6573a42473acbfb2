//! Tasks: their steps one by one, and brought to the state that a story begins with.

use eyre::{Result, bail};
use ogpu_client::{
    Account, ClientError, Receipt, Status,
    alloy::{
        primitives::{B256, Bytes, U256, keccak256},
        sol_types::SolCall,
    },
    bindings::{TaskManager, task_manager::Terms},
};

use crate::{DURATION, Harness, Provider, ogpu, result_hash};

/// The committee's number among the verifiers of a deployed market.
pub const COMMITTEE: u8 = 3;

/// What the committee gets for a verdict on a [`Harness::committee_task`], in whole oGPU.
pub const COMMITTEE_FEE: u64 = 3;

impl Harness {
    /// An open task with a budget of 100 oGPU and [`DURATION`] to deliver.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn open(&self, client: &Account) -> Result<U256> {
        let (id, _) = self
            .market
            .submit_task(client, "ipfs://job", ogpu(100), DURATION)
            .await?;
        Ok(id)
    }

    /// As [`Harness::open`], with `window` seconds for bids.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn open_for(&self, client: &Account, window: u64) -> Result<U256> {
        let terms = Terms {
            biddingWindow: window,
            trustWeight: self.settings.parameters.trustWeight,
            ..Terms::default()
        };
        let market = &self.market;
        let (id, _) = market
            .submit_task_with_terms(client, "ipfs://job", ogpu(100), DURATION, terms)
            .await?;
        Ok(id)
    }

    /// Tasks of one wei each, in one transaction.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn submit_many(
        &self,
        client: &Account,
        count: usize,
    ) -> Result<Receipt, ClientError> {
        let call = TaskManager::submitTaskCall {
            taskMetadata: String::new(),
            budget: U256::ONE,
            duration: DURATION,
        };
        let calls = vec![Bytes::from(call.abi_encode()); count];
        let tasks = self.market.tasks();
        client.send("submitting", tasks.multicall(calls)).await
    }

    /// Bids `whole` oGPU.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn bid(
        &self,
        provider: &Provider,
        task: U256,
        whole: u64,
    ) -> Result<Receipt, ClientError> {
        let call = self.market.tasks();
        provider
            .account
            .send("bidding", call.placeBid(task, provider.id, ogpu(whole)))
            .await
    }

    /// The client assigns.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn assign(
        &self,
        client: &Account,
        task: U256,
        provider: &Provider,
    ) -> Result<Receipt, ClientError> {
        client
            .send(
                "assigning",
                self.market.tasks().assignProvider(task, provider.id),
            )
            .await
    }

    /// Delivers [`result_hash`].
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn deliver(&self, provider: &Provider, task: U256) -> Result<Receipt, ClientError> {
        self.market
            .deliver(&provider.account, task, provider.id, result_hash())
            .await
    }

    /// The client accepts [`result_hash`].
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn accept(&self, client: &Account, task: U256) -> Result<Receipt, ClientError> {
        client
            .send(
                "accepting",
                self.market.tasks().verifyCompletion(task, result_hash()),
            )
            .await
    }

    /// The client rejects what was delivered.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn reject(&self, client: &Account, task: U256) -> Result<Receipt, ClientError> {
        client
            .send(
                "rejecting",
                self.market
                    .tasks()
                    .verifyCompletion(task, keccak256("not it")),
            )
            .await
    }

    /// Anybody settles.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn finalize(&self, task: U256) -> Result<Receipt, ClientError> {
        self.treasury
            .send("finalizing", self.market.tasks().finalizePayment(task))
            .await
    }

    /// A task in state `status`, given to `provider` at 80 of its 100 oGPU where somebody has to have it. Time passes as
    /// needed.
    ///
    /// # Errors
    /// When the chain refuses, or for [`Status::None`].
    pub async fn task_in(
        &self,
        status: Status,
        client: &Account,
        provider: &Provider,
    ) -> Result<U256> {
        let tasks = self.market.tasks();
        let task = self.open(client).await?;
        match status {
            Status::None => bail!("no task is in no state"),
            Status::Cancelled => {
                client.send("cancelling", tasks.cancelTask(task)).await?;
                return Ok(task);
            }
            Status::Expired => {
                self.outlast(task).await?;
                self.treasury
                    .send("expiring", tasks.expireTask(task))
                    .await?;
                return Ok(task);
            }
            _ => {}
        }
        self.bid(provider, task, 80).await?;
        if status == Status::Open {
            return Ok(task);
        }
        self.assign(client, task, provider).await?;
        match status {
            Status::Assigned => return Ok(task),
            Status::Failed => {
                self.outlast(task).await?;
                self.treasury.send("failing", tasks.failTask(task)).await?;
                return Ok(task);
            }
            _ => {}
        }
        self.deliver(provider, task).await?;
        match status {
            Status::Submitted => return Ok(task),
            Status::Verified => drop(self.accept(client, task).await?),
            Status::Finalized => {
                self.accept(client, task).await?;
                self.outlast(task).await?;
                self.finalize(task).await?;
            }
            _ => drop(self.reject(client, task).await?),
        }
        if matches!(status, Status::Disputed | Status::Resolved) {
            provider
                .account
                .send("disputing", tasks.openDispute(task))
                .await?;
        }
        if status == Status::Resolved {
            self.owner
                .send("resolving", tasks.resolveDispute(task, 10_000, U256::ZERO))
                .await?;
        }
        Ok(task)
    }

    /// A task that the committee is to verify, done for 80 oGPU, with `result` delivered.
    ///
    /// # Errors
    /// When the chain refuses.
    pub async fn committee_task(
        &self,
        client: &Account,
        provider: &Provider,
        result: B256,
    ) -> Result<U256> {
        let terms = Terms {
            biddingWindow: 40,
            trustWeight: self.settings.parameters.trustWeight,
            verifier: COMMITTEE,
            verifierFee: ogpu(COMMITTEE_FEE),
            ..Terms::default()
        };
        let market = &self.market;
        let (task, _) = market
            .submit_task_with_terms(client, "ipfs://job", ogpu(100), DURATION, terms)
            .await?;
        self.bid(provider, task, 80).await?;
        self.assign(client, task, provider).await?;
        let (account, id) = (&provider.account, provider.id);
        market.deliver(account, task, id, result).await?;
        Ok(task)
    }
}
