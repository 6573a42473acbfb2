//! No step costs more because there are more others: the same steps, each time by newcomers in the same situation, among 1,
//! 10 and 1,000 others.
//!
//! The others are providers that bid on the same task, clients' tasks that are open and tasks that were settled, counted and rated,
//! leases, nodes of the committee, holders of the token, and checkpoints of the votes that move.
//!
//! The committee's `draw` is not among the steps: its cost depends on how many numbers it draws twice, of which there are fewer among
//! more nodes, and ends at 96 tries.

use std::collections::BTreeMap;

use eyre::{ContextCompat, Result, WrapErr, ensure};
use ogpu_client::{
    Account, Receipt,
    alloy::{
        primitives::{Address, B256, Bytes, U256, keccak256},
        sol_types::{SolCall, SolValue},
    },
    bindings::TaskManager,
};
use ogpu_tests::{DURATION, Harness, Provider, ogpu, result_hash};

use super::{ADDRESS, UPDATE, snapshot_path};

/// How many others there are.
const CROWDS: [usize; 3] = [1, 10, 1_000];

/// Calls in one transaction while a crowd is made.
const BATCH: usize = 20;

/// What the same step may cost more or less, in gas: 12 for each byte of calldata that is zero in one transaction and not in the
/// other, of an address (newcomers have their own) or of the numbers of a task and of a provider.
const SLACK: u64 = ADDRESS + 12 * (2 + 2);

/// What those who send for all others get for gas, in wei of ether.
const ETHER: u64 = 200_000_000_000_000_000;

/// A rate of leases, in wei a second.
const RATE: u64 = 1_000_000_000_000;

#[tokio::test]
async fn every_step_costs_the_same_among_a_thousand_others() -> Result<()> {
    // The review has to hold a committee's whole round.
    let harness = Harness::with(|settings| settings.parameters.reviewWindow = 700).await?;
    let mut others = Others::none(&harness).await?;
    // The first of all make the slots that everybody uses from then on.
    others.grow_to(1).await?;
    others.steps_of_newcomers().await?;
    others.votes_of_newcomers().await?;
    let mut table: BTreeMap<&str, BTreeMap<String, u64>> = BTreeMap::new();
    for crowd in CROWDS {
        others.grow_to(crowd).await?;
        let steps = others.steps_of_newcomers().await?;
        let votes = others.votes_of_newcomers().await?;
        for (step, receipt) in steps.into_iter().chain(votes) {
            let gas = harness.execution_gas(&receipt).await?;
            table
                .entry(step)
                .or_default()
                .insert(crowd.to_string(), gas);
        }
    }
    let mut uneven = vec![];
    for (step, costs) in &table {
        assert_eq!(
            costs.len(),
            CROWDS.len(),
            "{step} was measured once a crowd"
        );
        let least = costs.values().min().wrap_err("no costs")?;
        let most = costs.values().max().wrap_err("no costs")?;
        if most - least > SLACK {
            uneven.push(format!("{step}: {costs:?}"));
        }
    }
    assert!(
        uneven.is_empty(),
        "costs grow with others:\n{}",
        uneven.join("\n")
    );
    harness.check_books().await?;
    if !harness.is_cached().await? || !harness.stage().is_embedded() {
        return Ok(());
    }
    let path = snapshot_path("growth.json");
    let now = serde_json::to_string_pretty(&table)? + "\n";
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        std::fs::write(&path, &now)?;
    }
    let then = std::fs::read_to_string(&path)
        .wrap_err_with(|| format!("{} is missing; write it with {UPDATE}=1", path.display()))?;
    ensure!(
        then == now,
        "gas has changed; if that is meant, write the snapshot with {UPDATE}=1\n{now}"
    );
    Ok(())
}

/// Everybody else on the market.
struct Others<'a> {
    harness: &'a Harness,
    /// Submits all their tasks, rents all their leases, and sends tokens with votes.
    client: Account,
    /// Works on all tasks that are settled, and publishes a price.
    worker: Provider,
    /// Providers that bid.
    bidders: Vec<Provider>,
    /// Whoever has joined the committee.
    nodes: Vec<Account>,
    /// How many of each there are.
    size: usize,
}

impl<'a> Others<'a> {
    async fn none(harness: &'a Harness) -> Result<Self> {
        let client = harness.actor(20_000).await?;
        harness.market.deposit(&client, ogpu(10_000)).await?;
        let token = harness.market.token();
        let call = token.delegate(client.address());
        client.send("delegating", call).await?;
        let worker = harness.provider().await?;
        for account in [&client, &worker.account, &harness.treasury] {
            let gas = U256::from(ETHER);
            harness.owner.send_ether(account.address(), gas).await?;
        }
        let tasks = harness.market.tasks();
        let call = tasks.publishPrice(worker.id, U256::from(RATE), 86_400);
        worker.account.send("publishing a price", call).await?;
        Ok(Self {
            harness,
            client,
            worker,
            bidders: vec![],
            nodes: vec![],
            size: 0,
        })
    }

    async fn grow_to(&mut self, size: usize) -> Result<()> {
        let more = size - self.size;
        let bidders = self.harness.crowd(more).await?;
        for bidder in &bidders {
            join(self.harness, &bidder.account).await?;
            self.nodes.push(bidder.account.clone());
        }
        self.bidders.extend(bidders);
        for number in self.size..size {
            self.one_more_holder(number).await?;
        }
        let mut left = more;
        while left > 0 {
            let batch = left.min(BATCH);
            self.settle(batch).await?;
            self.submit(batch).await?;
            self.rent(batch).await?;
            left -= batch;
        }
        self.size = size;
        Ok(())
    }

    /// A holder, by a transfer at a second of its own: the sender's votes get a checkpoint.
    async fn one_more_holder(&self, number: usize) -> Result<()> {
        self.harness.advance(1).await?;
        let holder = Address::from_word(keccak256(format!("holder {number}")));
        self.harness.watch(holder);
        let token = self.harness.market.token();
        let call = token.transfer(holder, U256::ONE).gas(1_000_000);
        self.client.send("sending oGPU", call).await?;
        Ok(())
    }

    /// Open tasks; their ids.
    async fn submit(&self, count: usize) -> Result<Vec<U256>> {
        let call = TaskManager::submitTaskCall {
            taskMetadata: "ipfs://job".to_owned(),
            budget: ogpu(1),
            duration: DURATION,
        };
        let receipt = batch(self.harness, &self.client, vec![call; count]).await?;
        let logs = receipt.inner.logs().iter();
        let ids: Vec<U256> = logs
            .filter_map(|log| log.log_decode::<TaskManager::TaskSubmitted>().ok())
            .map(|log| log.inner.taskId)
            .collect();
        ensure!(
            ids.len() == count,
            "{} of {count} were submitted",
            ids.len()
        );
        Ok(ids)
    }

    /// Tasks from submission to payment: each counts for the worker's score.
    async fn settle(&self, count: usize) -> Result<()> {
        let (harness, id) = (self.harness, self.worker.id);
        let tasks = self.submit(count).await?;
        let each = |call: &dyn Fn(U256) -> Bytes| tasks.iter().map(|task| call(*task)).collect();
        let bids: Vec<Bytes> = each(&|task| {
            let call = TaskManager::placeBidCall {
                taskId: task,
                providerId: id,
                price: ogpu(1),
            };
            call.abi_encode().into()
        });
        multicall(harness, &self.worker.account, bids).await?;
        let assignments = each(&|task| {
            let call = TaskManager::assignProviderCall {
                taskId: task,
                providerId: id,
            };
            call.abi_encode().into()
        });
        multicall(harness, &self.client, assignments).await?;
        let results = each(&|task| {
            let seal = (task, id, result_hash()).abi_encode();
            let call = TaskManager::submitResultCall {
                taskId: task,
                resultSeal: keccak256(seal),
            };
            call.abi_encode().into()
        });
        multicall(harness, &self.worker.account, results).await?;
        let verdicts = each(&|task| {
            let call = TaskManager::verifyCompletionCall {
                taskId: task,
                resultHash: result_hash(),
            };
            call.abi_encode().into()
        });
        multicall(harness, &self.client, verdicts).await?;
        harness.outlast(tasks[count - 1]).await?;
        let payments = each(&|task| {
            TaskManager::finalizePaymentCall { taskId: task }
                .abi_encode()
                .into()
        });
        multicall(harness, &harness.treasury, payments).await?;
        let call = harness.market.tasks();
        let call = call.recordOutcomes(tasks.clone());
        harness.treasury.send("recording outcomes", call).await?;
        for task in tasks {
            rate(harness, &self.client, task).await?;
        }
        Ok(())
    }

    /// Leases that wait for their provider.
    async fn rent(&self, count: usize) -> Result<()> {
        let call = TaskManager::rentCall {
            metadata: "ipfs://machine".to_owned(),
            providerId: self.worker.id,
            maxRate: U256::from(RATE),
            duration: 3_600,
            verifier: 0,
        };
        batch(self.harness, &self.client, vec![call; count]).await?;
        Ok(())
    }

    /// Every step once, by a client and providers that were not there before, on a task that every other provider has bid on.
    async fn steps_of_newcomers(&self) -> Result<Vec<(&'static str, Receipt)>> {
        let (harness, market) = (self.harness, &self.harness.market);
        let (token, escrow, vault, tasks) = (
            market.token(),
            market.escrow(),
            market.vault(),
            market.tasks(),
        );
        let mut steps = Vec::new();
        let client = harness.client().await?;
        let (first, second) = (harness.provider().await?, harness.provider().await?);

        harness.advance(1).await?;
        let call = token.transfer(client.address(), ogpu(10));
        steps.push(("transfer, delegated", self.client.send("", call).await?));
        let call = token.approve(market.addresses().escrow, ogpu(10));
        client.send("", call).await?;
        steps.push(("deposit", client.send("", escrow.deposit(ogpu(10))).await?));
        let call = vault.requestUnbond(ogpu(10));
        steps.push(("requestUnbond", first.account.send("", call).await?));
        let call = token.transfer(first.account.address(), ogpu(10));
        harness.owner.send("", call).await?;
        let call = token.approve(market.addresses().vault, ogpu(10));
        first.account.send("", call).await?;
        let call = vault.stake(ogpu(10));
        steps.push(("stake", first.account.send("", call).await?));
        let call = tasks.depositCollateral(first.id, ogpu(10));
        steps.push(("depositCollateral", first.account.send("", call).await?));
        let call = tasks.withdrawCollateral(first.id, ogpu(10));
        steps.push(("withdrawCollateral", first.account.send("", call).await?));

        let (_, submitted) = market
            .submit_task(&client, "ipfs://job", ogpu(100), DURATION)
            .await?;
        steps.push(("submitTask", submitted));
        let task = harness.open_for(&client, 86_400).await?;
        for (index, bidder) in self.bidders.iter().enumerate() {
            let price = ogpu(50 + (index as u64 * 7) % 20);
            let call = tasks.placeBid(task, bidder.id, price).gas(1_000_000);
            bidder.account.send("bidding", call).await?;
        }
        steps.push(("placeBid", harness.bid(&first, task, 40).await?));
        harness.bid(&second, task, 45).await?;
        let call = tasks.withdrawBid(task, second.id);
        steps.push(("withdrawBid", second.account.send("", call).await?));
        steps.push((
            "assignProvider",
            harness.assign(&client, task, &first).await?,
        ));
        steps.push(("submitResult", harness.deliver(&first, task).await?));
        steps.push(("verifyCompletion", harness.accept(&client, task).await?));
        harness.outlast(task).await?;
        steps.push(("finalizePayment, first", harness.finalize(task).await?));
        let call = tasks.recordOutcomes(vec![task]);
        let recorded = harness.treasury.send("", call).await?;
        steps.push(("recordOutcomes, first", recorded));
        steps.push(("giveFeedback, first", rate(harness, &client, task).await?));
        let call = token.transfer(client.address(), ogpu(100));
        harness.owner.send("", call).await?;
        let call = token.approve(market.addresses().registry, U256::MAX);
        client.send("", call).await?;
        let call = market.registry();
        let call = call.contest(task);
        steps.push(("contest", client.send("", call).await?));
        let call = escrow.withdraw(ogpu(10));
        steps.push(("withdraw", first.account.send("", call).await?));

        let late = harness.open(&client).await?;
        harness.bid(&second, late, 40).await?;
        harness.assign(&client, late, &second).await?;
        harness.outlast(late).await?;
        let call = tasks.failTask(late);
        steps.push(("failTask", harness.treasury.send("", call).await?));

        let call = tasks.publishPrice(first.id, U256::from(RATE), 86_400);
        first.account.send("", call).await?;
        let machine = "ipfs://machine".to_owned();
        let call = tasks.rent(machine, first.id, U256::from(RATE), 3_600, 0);
        let rented = client.send("", call).await?;
        let lease = rented
            .decoded_log::<TaskManager::LeaseRented>()
            .wrap_err("no lease")?
            .leaseId;
        steps.push(("rent", rented));
        let started = first.account.send("", tasks.startLease(lease)).await?;
        steps.push(("startLease", started));
        harness.advance(60).await?;
        let beat = first.account.send("", tasks.heartbeat(lease)).await?;
        steps.push(("heartbeat", beat));
        let call = tasks.settleLeases(vec![lease]);
        steps.push(("settleLeases", harness.treasury.send("", call).await?));
        Ok(steps)
    }

    /// A committee's verdict: two newcomers among its nodes make the beacon, whoever is drawn votes.
    async fn votes_of_newcomers(&mut self) -> Result<Vec<(&'static str, Receipt)>> {
        let (harness, market) = (self.harness, &self.harness.market);
        let committee = market.committee();
        let mut steps = Vec::new();
        let (first, second) = (harness.actor(0).await?, harness.actor(0).await?);
        join(harness, &first).await?;
        steps.push(("join the committee", join(harness, &second).await?));
        self.nodes.extend([first.clone(), second.clone()]);
        harness.advance(1).await?;

        let (client, worker) = (harness.client().await?, &self.worker);
        let task = harness
            .committee_task(&client, worker, result_hash())
            .await?;
        let call = committee.request(task);
        steps.push(("request", harness.treasury.send("", call).await?));
        let id = market.round(task).await?.beacon;
        let secret = result_hash();
        for (node, name) in [(&first, "commitSecret, first"), (&second, "commitSecret")] {
            let commitment = keccak256((id, node.address(), secret).abi_encode());
            let call = committee.commitSecret(id, commitment);
            steps.push((name, node.send("", call).await?));
        }
        harness.reach(market.beacon(id).await?.commit_end).await?;
        for (node, name) in [(&first, "revealSecret, first"), (&second, "revealSecret")] {
            let call = committee.revealSecret(id, secret);
            steps.push((name, node.send("", call).await?));
        }
        harness.treasury.send("", committee.draw(task)).await?;

        let mut members = Vec::new();
        for member in market.round(task).await?.members {
            let mut nodes = self.nodes.iter();
            let node = nodes.find(|node| node.address() == member);
            members.push(node.wrap_err("a member that nobody knows")?);
        }
        for (member, name) in
            members
                .iter()
                .zip(["commitVote, first", "commitVote", "commitVote, last"])
        {
            let vote = (task, member.address(), result_hash(), true, secret).abi_encode();
            let call = committee.commitVote(task, keccak256(vote));
            steps.push((name, member.send("", call.gas(1_000_000)).await?));
        }
        for (member, name) in
            members
                .iter()
                .zip(["revealVote, first", "revealVote", "revealVote, last"])
        {
            let call = committee.revealVote(task, result_hash(), true, secret);
            steps.push((name, member.send("", call.gas(1_000_000)).await?));
        }
        steps.push((
            "tally",
            harness.treasury.send("", committee.tally(task)).await?,
        ));
        Ok(steps)
    }
}

/// Has an account join the committee, with the least bond, which the owner gives it.
async fn join(harness: &Harness, account: &Account) -> Result<Receipt> {
    let market = &harness.market;
    let bond = harness.settings.committee.min_bond;
    let (token, committee) = (market.token(), market.committee());
    let call = token.transfer(account.address(), bond).gas(1_000_000);
    harness.owner.send("sending a bond", call).await?;
    let call = token.approve(market.addresses().committee, bond);
    account
        .send("approving a bond", call.gas(1_000_000))
        .await?;
    let call = committee.join(bond).gas(1_000_000);
    Ok(account.send("joining", call).await?)
}

/// Gives feedback on a task.
async fn rate(harness: &Harness, client: &Account, task: U256) -> Result<Receipt> {
    let registry = harness.market.registry();
    let none = String::new;
    let call = registry.giveFeedback(task, 90, 0, none(), none(), none(), B256::ZERO);
    Ok(client.send("giving feedback", call.gas(1_000_000)).await?)
}

/// The same calls in one transaction.
async fn batch<C: SolCall>(harness: &Harness, account: &Account, calls: Vec<C>) -> Result<Receipt> {
    let calls = calls.iter().map(|call| call.abi_encode().into()).collect();
    multicall(harness, account, calls).await
}

async fn multicall(harness: &Harness, account: &Account, calls: Vec<Bytes>) -> Result<Receipt> {
    let tasks = harness.market.tasks();
    Ok(account.send("a batch", tasks.multicall(calls)).await?)
}
