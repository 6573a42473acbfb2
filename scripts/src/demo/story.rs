//! One task's story: every transaction, who sent it, what it cost.

use eyre::Result;
use ogpu_client::{
    Receipt, Status,
    alloy::primitives::{B256, U256},
    amount,
};
use serde_json::{Map, Value, json};

use super::stage::{Provider, Stage};
use crate::{
    context::Context,
    output::{span, table},
};

/// A task and what has been done for it.
pub struct Story<'a> {
    context: &'a Context,
    name: &'static str,
    duration: u64,
    id: U256,
    steps: Vec<(&'static str, Receipt)>,
}

/// How a story ended.
pub struct Outcome {
    /// The task.
    pub id: U256,
    /// Its last state.
    pub status: Status,
    name: &'static str,
    steps: Vec<(&'static str, Receipt)>,
}

impl<'a> Story<'a> {
    /// A story whose provider will have `duration` seconds.
    pub fn new(context: &'a Context, name: &'static str, duration: u64) -> Self {
        Self {
            context,
            name,
            duration,
            id: U256::ZERO,
            steps: Vec::new(),
        }
    }

    fn step(&mut self, who: &str, operation: &'static str, what: &str, receipt: Receipt) {
        self.tell(who, what, &receipt);
        self.steps.push((operation, receipt));
    }

    /// Tells of a transaction that is not a step of the task.
    fn tell(&self, who: &str, what: &str, receipt: &Receipt) {
        self.context.note(&format!(
            "  {:<9}  {who:<10}  {what:<32}  {:>7} gas  {}",
            self.name, receipt.gas_used, receipt.transaction_hash
        ));
    }

    /// The client submits the task.
    pub async fn submit(&mut self, stage: &Stage, budget: U256) -> Result<()> {
        let metadata = format!("ipfs://demo/{}", self.name);
        let (id, receipt) = stage
            .market
            .submit_task(&stage.client, &metadata, budget, self.duration)
            .await?;
        self.id = id;
        self.step(
            "client",
            "submit",
            &format!("submits task {id}, {} oGPU", amount::format(budget)),
            receipt,
        );
        Ok(())
    }

    /// A provider bids.
    pub async fn bid(&mut self, stage: &Stage, provider: &Provider, price: U256) -> Result<()> {
        let call = stage.market.tasks();
        let receipt = provider
            .account
            .send("bidding", call.placeBid(self.id, provider.id, price))
            .await?;
        self.step(
            &format!("provider {}", provider.id),
            "bid",
            &format!("bids {} oGPU", amount::format(price)),
            receipt,
        );
        Ok(())
    }

    /// The client chooses a provider.
    pub async fn assign(&mut self, stage: &Stage, provider: &Provider) -> Result<()> {
        let call = stage.market.tasks();
        let receipt = stage
            .client
            .send("assigning", call.assignProvider(self.id, provider.id))
            .await?;
        self.step(
            "client",
            "assign",
            &format!("assigns provider {}", provider.id),
            receipt,
        );
        Ok(())
    }

    /// The provider delivers.
    pub async fn deliver(
        &mut self,
        stage: &Stage,
        provider: &Provider,
        result: B256,
    ) -> Result<()> {
        let receipt = stage
            .market
            .deliver(&provider.account, self.id, provider.id, result)
            .await?;
        self.step(
            &format!("provider {}", provider.id),
            "deliver",
            "delivers, sealed",
            receipt,
        );
        Ok(())
    }

    /// The client accepts.
    pub async fn accept(&mut self, stage: &Stage, result: B256) -> Result<()> {
        let call = stage.market.tasks();
        let receipt = stage
            .client
            .send("accepting", call.verifyCompletion(self.id, result))
            .await?;
        self.step("client", "accept", "accepts the result", receipt);
        Ok(())
    }

    /// The client takes the task back.
    pub async fn cancel(&mut self, stage: &Stage) -> Result<()> {
        let receipt = stage
            .client
            .send("cancelling", stage.market.tasks().cancelTask(self.id))
            .await?;
        self.step("client", "cancel", "takes the task back", receipt);
        Ok(())
    }

    /// Anybody settles, once the challenge window has passed.
    pub async fn pay(&mut self, stage: &Stage) -> Result<()> {
        let call = stage.market.tasks();
        let receipt = stage
            .swift
            .account
            .send("finalizing", call.finalizePayment(self.id))
            .await?;
        self.step("anybody", "pay", "finalizes the payment", receipt);
        Ok(())
    }

    /// Anybody ends the task of a provider that is late.
    pub async fn fail(&mut self, stage: &Stage) -> Result<()> {
        let receipt = stage
            .deployer
            .send("failing", stage.market.tasks().failTask(self.id))
            .await?;
        self.step("anybody", "fail", "refunds the client, slashes", receipt);
        Ok(())
    }

    /// The provider has its success recorded.
    pub async fn record(&self, stage: &Stage) -> Result<()> {
        let call = stage.market.tasks();
        let call = call.recordOutcomes(vec![self.id]);
        let receipt = stage.swift.account.send("recording", call).await?;
        self.tell("provider 1", "has its success recorded", &receipt);
        Ok(())
    }

    /// Anybody sends on what the slash left for the treasury, and burns the rest.
    pub async fn collect(&self, stage: &Stage) -> Result<()> {
        let call = stage.market.vault();
        let call = call.collectSlashes();
        let receipt = stage.deployer.send("collecting slashes", call).await?;
        self.tell("anybody", "sends and burns the slash", &receipt);
        Ok(())
    }

    /// Lets time pass until the present state can be ended.
    pub async fn wait(&self, stage: &Stage) -> Result<()> {
        let end = stage.market.task(self.id).await?.view.deadline;
        let now = stage.market.chain().now().await?;
        self.context.note(&format!(
            "  {:<9}  {} pass",
            self.name,
            span(end.saturating_sub(now))
        ));
        Ok(stage.deployer.reach(end).await?)
    }

    /// How it ended.
    pub async fn outcome(&self, stage: &Stage) -> Result<Outcome> {
        let status = stage.market.task(self.id).await?.status;
        Ok(Outcome {
            id: self.id,
            status,
            name: self.name,
            steps: self.steps.clone(),
        })
    }
}

impl Outcome {
    fn total_gas(&self) -> u64 {
        self.steps.iter().map(|(_, receipt)| receipt.gas_used).sum()
    }

    /// The outcome, for programs.
    pub fn json(&self) -> Value {
        let per_step = |value: &dyn Fn(&Receipt) -> Value| -> Map<String, Value> {
            self.steps
                .iter()
                .map(|(step, receipt)| ((*step).to_owned(), value(receipt)))
                .collect()
        };
        json!({
            "id": self.id.to_string(),
            "story": self.name,
            "status": format!("{:?}", self.status),
            "gas": per_step(&|receipt| receipt.gas_used.into()),
            "total_gas": self.total_gas(),
            "transactions": per_step(&|receipt| receipt.transaction_hash.to_string().into()),
        })
    }

    /// Outcomes, for people.
    pub fn table(outcomes: &[Self]) -> String {
        let rows: Vec<_> = outcomes
            .iter()
            .map(|outcome| {
                let steps: Vec<_> = outcome
                    .steps
                    .iter()
                    .map(|(step, receipt)| format!("{step} {}", receipt.gas_used))
                    .collect();
                vec![
                    format!("{} ({})", outcome.id, outcome.name),
                    format!("{:?}", outcome.status),
                    outcome.total_gas().to_string(),
                    steps.join(" + "),
                ]
            })
            .collect();
        table(&["task", "status", "gas", "of which"], &rows)
    }
}
