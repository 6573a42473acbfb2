//! Nodes of the deployed committee, through the client: they verify a task, are caught when they do not look, and fail to agree.

use std::path::PathBuf;

use eyre::{Result, eyre};
use ogpu_client::{
    Account, ClientError, Status,
    alloy::primitives::{Address, B256, U256, keccak256},
    bindings::{
        Owned,
        TaskManager::{LeaseClosed, VerifierAdded},
        VerificationCommittee::{PlantOpened, RoundClosed, RoundExtended},
    },
    committee::{Ballot, Phase},
    node::{Node, Vote, plant_commitment},
};
use ogpu_tests::{COMMITTEE, COMMITTEE_FEE, Harness, Provider, ogpu, refusal, temporary};

/// The bond of a node, in whole oGPU.
const BOND: u64 = 100;

/// A market, four nodes of its committee, and people.
struct Scene {
    harness: Harness,
    folder: PathBuf,
    nodes: Vec<Node>,
    client: Account,
    provider: Provider,
    planter: Account,
}

impl Scene {
    async fn new() -> Result<Self> {
        let harness = Harness::with(|settings| settings.parameters.reviewWindow = 700).await?;
        let folder = temporary("nodes");
        let planter = harness.actor(0).await?;
        let committee = harness.market.committee();
        let call = committee.setPlanter(planter.address());
        harness.owner.send("naming the planter", call).await?;
        let mut nodes = Vec::new();
        for _ in 0..4 {
            let account = harness.actor(BOND).await?;
            harness.market.join_committee(&account, ogpu(BOND)).await?;
            nodes.push(Node::open(harness.market.clone(), account, &folder)?);
        }
        // Who joins in the second in which a beacon opens is not drawn by it.
        harness.advance(1).await?;
        Ok(Self {
            client: harness.client().await?,
            provider: harness.provider().await?,
            harness,
            folder,
            nodes,
            planter,
        })
    }

    /// A task for the committee, with `result` delivered.
    async fn task(&self, result: B256) -> Result<U256> {
        let harness = &self.harness;
        harness
            .committee_task(&self.client, &self.provider, result)
            .await
    }

    /// Has the committee of a task drawn; the members come first among the nodes, by seat.
    async fn draw(&mut self, task: U256) -> Result<()> {
        let market = self.harness.market.clone();
        let committee = market.committee();
        self.client.send("asking", committee.request(task)).await?;
        let beacon = market.round(task).await?.beacon;
        for node in &mut self.nodes {
            node.commit_secret(beacon).await?;
        }
        self.harness
            .reach(market.beacon(beacon).await?.commit_end)
            .await?;
        for node in &self.nodes {
            node.reveal_secret(beacon).await?;
        }
        let ready = market.beacon(beacon).await?;
        assert_eq!((ready.commits, ready.reveals), (4, 4));
        self.client.send("drawing", committee.draw(task)).await?;
        let round = market.round(task).await?;
        assert_eq!((round.phase, round.members.len()), (Phase::Voting, 3));
        self.nodes.sort_by_key(|node| {
            let mut seats = round.members.iter();
            seats
                .position(|member| *member == node.address())
                .unwrap_or(usize::MAX)
        });
        Ok(())
    }

    /// The first nodes commit to these results and reveal them, each by a process of its own.
    async fn vote(&mut self, task: U256, results: &[B256]) -> Result<()> {
        for (node, result) in self.nodes.iter_mut().zip(results) {
            node.commit_vote(task, found(*result)).await?;
        }
        self.restart()?;
        for (node, result) in self.nodes.iter().zip(results) {
            let (vote, _) = node.reveal_vote(task).await?;
            assert_eq!(vote.result, *result);
        }
        Ok(())
    }

    /// Ends every node, and starts it from what its file says.
    fn restart(&mut self) -> Result<()> {
        for node in std::mem::take(&mut self.nodes) {
            let (market, account) = (node.market.clone(), node.account.clone());
            let other = Node::open(market.clone(), account.clone(), &self.folder);
            assert!(matches!(other, Err(ClientError::InUse { .. })));
            drop(node);
            self.nodes.push(Node::open(market, account, &self.folder)?);
        }
        Ok(())
    }

    async fn tally(&self, task: U256) -> Result<RoundClosed> {
        let call = self.harness.market.committee();
        let receipt = self.client.send("counting", call.tally(task)).await?;
        let event = receipt.decoded_log::<RoundClosed>();
        Ok(event.ok_or_else(|| eyre!("the round is not closed"))?.data)
    }

    /// Bond and what is owed.
    async fn bond(&self, account: Address) -> Result<(U256, U256)> {
        let member = self.harness.market.node_of(account).await?;
        Ok((member.bond, member.owed))
    }

    /// That the committee holds what it owes, and everybody else too.
    async fn check(&self) -> Result<()> {
        let mut owed = U256::ZERO;
        let nodes = self.nodes.iter().map(Node::address);
        for account in nodes.chain([self.harness.treasury.address()]) {
            let (bond, credit) = self.bond(account).await?;
            owed += bond + credit;
        }
        let token = self.harness.market.token();
        let held = token.balanceOf(self.harness.market.addresses().committee);
        assert_eq!(self.harness.chain().read("", held).await?, owed);
        self.harness.check_books().await
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.nodes.clear();
        // What is left in the system's folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn found(result: B256) -> Vote {
    Vote {
        result,
        latency_ok: true,
    }
}

#[tokio::test]
async fn nodes_verify_a_task_and_are_paid() -> Result<()> {
    let mut scene = Scene::new().await?;
    let right = keccak256("right");
    let task = scene.task(right).await?;
    scene.draw(task).await?;
    let market = scene.harness.market.clone();

    let outsider = scene.nodes[3].commit_vote(task, found(right)).await;
    assert_eq!(refusal(outsider), "NotDrawn");
    let slow = Vote {
        result: right,
        latency_ok: false,
    };
    for node in &mut scene.nodes[..3] {
        node.commit_vote(task, slow).await?;
        assert_eq!(
            market.ballot(task, node.address()).await?,
            Ballot::Committed
        );
    }
    let changed = scene.nodes[0].commit_vote(task, found(right)).await;
    assert!(matches!(changed, Err(ClientError::OtherVote { .. })));
    let again = scene.nodes[0].commit_vote(task, slow).await;
    assert_eq!(refusal(again), "AlreadyCommitted");
    scene.restart()?;
    for node in &scene.nodes[..3] {
        assert_eq!(node.reveal_vote(task).await?.0, slow);
    }
    let closed = scene.tally(task).await?;
    assert_eq!(
        (closed.votes, closed.resultHash, closed.latencyOk),
        (3, right, false)
    );
    assert_eq!(scene.harness.status(task).await?, Status::Verified);
    for node in &scene.nodes[..3] {
        let share = ogpu(COMMITTEE_FEE) / U256::from(3);
        assert_eq!(scene.bond(node.address()).await?, (ogpu(BOND), share));
    }
    scene.check().await?;

    let committee = market.committee();
    let member = &scene.nodes[0].account;
    member.send("collecting", committee.withdraw()).await?;
    assert_eq!(scene.harness.tokens(member).await?, ogpu(COMMITTEE_FEE / 3));
    member.send("leaving", committee.leave()).await?;
    let bonded = member.send("withdrawing", committee.withdraw()).await;
    assert_eq!(refusal(bonded), "NothingToWithdraw");
    let beacon = scene.nodes[0].commit_secret(U256::ONE).await;
    assert_eq!(refusal(beacon), "TooLate");
    scene.check().await
}

#[tokio::test]
async fn nodes_that_repeat_what_was_delivered_are_caught_by_a_planted_task() -> Result<()> {
    let mut scene = Scene::new().await?;
    let (right, wrong, salt) = (keccak256("right"), keccak256("wrong"), B256::random());
    let task = scene.task(wrong).await?;
    let market = scene.harness.market.clone();
    let committee = market.committee();
    let commitment = plant_commitment(task, right, salt);
    let stranger = scene.client.send("planting", committee.plant(commitment));
    assert_eq!(refusal(stranger.await), "NotPlanter");
    let planting = scene.planter.send("planting", committee.plant(commitment));
    planting.await?;

    // Two of three vote for what was delivered, unseen; they are the majority.
    scene.draw(task).await?;
    scene.vote(task, &[wrong, wrong, right]).await?;
    let closed = scene.tally(task).await?;
    assert_eq!((closed.votes, closed.resultHash), (2, wrong));
    assert_eq!(scene.harness.status(task).await?, Status::Verified);

    let opening = committee.openPlant(task, right, salt);
    let receipt = scene.planter.send("opening", opening).await?;
    let opened = receipt
        .decoded_log::<PlantOpened>()
        .ok_or_else(|| eyre!("nothing was opened"))?;
    assert_eq!((opened.answer, opened.slashed), (right, ogpu(BOND)));
    assert_eq!(market.round(task).await?.phase, Phase::Planted);
    let share = (ogpu(COMMITTEE_FEE) + ogpu(BOND / 20)) / U256::from(2);
    for lazy in &scene.nodes[..2] {
        let lost = ogpu(BOND / 2);
        assert_eq!(scene.bond(lazy.address()).await?, (lost, share));
    }
    let honest = scene.bond(scene.nodes[2].address()).await?;
    assert_eq!(honest, (ogpu(BOND - BOND / 20), U256::ZERO));
    let treasury = scene.bond(scene.harness.treasury.address()).await?;
    assert_eq!(treasury, (U256::ZERO, ogpu(BOND)));
    scene.check().await?;

    // Half a bond is drawn no more, until it is filled up.
    let lazy = scene.nodes[0].account.clone();
    let other = scene.task(right).await?;
    scene
        .client
        .send("asking", committee.request(other))
        .await?;
    let beacon = market.round(other).await?.beacon;
    let poor = scene.nodes[0].commit_secret(beacon).await;
    assert_eq!(refusal(poor), "NotAllowed");
    let call = market.token();
    let call = call.transfer(lazy.address(), ogpu(BOND / 2));
    scene.harness.owner.send("sending oGPU", call).await?;
    market.join_committee(&lazy, ogpu(BOND / 2)).await?;
    scene.nodes[0].commit_secret(beacon).await?;
    scene.check().await
}

#[tokio::test]
async fn without_a_quorum_a_round_is_extended_and_then_goes_to_dispute() -> Result<()> {
    let mut scene = Scene::new().await?;
    let right = keccak256("right");
    let task = scene.task(right).await?;
    scene.draw(task).await?;
    let market = scene.harness.market.clone();
    scene.nodes[0].commit_vote(task, found(right)).await?;
    let early = scene.tally(task).await;
    assert!(early.is_err_and(|error| error.to_string().contains("too early")));

    scene
        .harness
        .reach(market.round(task).await?.commit_end)
        .await?;
    let alone = scene.nodes[0].reveal_vote(task).await;
    assert_eq!(refusal(alone), "NoQuorum");
    let call = market.committee();
    let receipt = scene.client.send("counting", call.tally(task)).await?;
    let extended = receipt
        .decoded_log::<RoundExtended>()
        .ok_or_else(|| eyre!("the round has no more time"))?;
    let round = market.round(task).await?;
    assert_eq!(round.commit_end, extended.commitEnd);
    assert_eq!(scene.harness.status(task).await?, Status::Submitted);

    scene.harness.reach(round.commit_end).await?;
    let closed = scene.tally(task).await?;
    assert_eq!((closed.votes, closed.resultHash), (0, B256::ZERO));
    assert_eq!(closed.slashed, ogpu(2 * BOND / 20));
    assert_eq!(scene.harness.status(task).await?, Status::Disputed);
    let present = scene.bond(scene.nodes[0].address()).await?;
    assert_eq!(present, (ogpu(BOND), U256::ZERO));
    for absent in &scene.nodes[1..3] {
        let bond = scene.bond(absent.address()).await?;
        assert_eq!(bond, (ogpu(BOND - BOND / 20), U256::ZERO));
    }
    scene.check().await?;

    let tasks = market.tasks();
    let verdict = tasks.resolveDispute(task, 10_000, U256::ZERO);
    scene.harness.owner.send("resolving", verdict).await?;
    assert_eq!(scene.harness.status(task).await?, Status::Resolved);
    scene.check().await
}

/// The market's owner approves a node's own account as a verifier; leases name it by its number.
#[tokio::test]
async fn a_node_that_finds_a_machine_slow_stops_the_meter() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, market) = (&scene.harness, &scene.harness.market);
    let tasks = market.tasks();
    let (node, other) = (&scene.nodes[0].account, &scene.nodes[1].account);
    let call = tasks.addVerifier(node.address());
    let receipt = harness.owner.send("approving a node", call).await?;
    let added = receipt.decoded_log::<VerifierAdded>();
    let number = added.ok_or_else(|| eyre!("not approved"))?.number;
    let rate = ogpu(1) / U256::from(100);
    let (provider, lease) = (&scene.provider, U256::ONE);
    let call = tasks.publishPrice(provider.id, rate, 7_200);
    provider.account.send("publishing", call).await?;
    let call = tasks.rent("ipfs://machine".into(), provider.id, rate, 7_200, number);
    scene.client.send("renting", call).await?;
    let call = tasks.startLease(lease);
    provider.account.send("starting", call).await?;

    harness.advance(100).await?;
    let call = tasks.reportLatency(lease, false);
    assert_eq!(refusal(other.send("", call).await), "NotLeaseParty");
    node.send("reporting", tasks.reportLatency(lease, true))
        .await?;
    let running = harness.chain().read("", tasks.leaseOf(lease)).await?;
    let now = harness.chain().now().await?;
    assert!(
        running.endsAt > now,
        "a machine that is fast enough runs on"
    );
    node.send("reporting", tasks.reportLatency(lease, false))
        .await?;
    let stopped = harness.chain().read("", tasks.leaseOf(lease)).await?;
    assert_eq!(stopped.endsAt, harness.chain().now().await?);

    harness.advance(300).await?;
    let call = tasks.closeLease(lease);
    let receipt = scene.client.send("closing", call).await?;
    let closed = receipt
        .decoded_log::<LeaseClosed>()
        .ok_or_else(|| eyre!("not closed"))?;
    assert!((100..200).contains(&closed.duration), "{}", closed.duration);
    assert_eq!(closed.slashed, U256::ZERO);
    let paid = rate * U256::from(closed.duration);
    assert_eq!(closed.payment + closed.fee, paid);
    assert_eq!(harness.in_escrow(&scene.client).await?, ogpu(1_000) - paid);
    scene.check().await
}

#[tokio::test]
async fn the_committee_is_deployed_as_its_settings_say() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, market) = (&scene.harness, &scene.harness.market);
    let (chain, addresses) = (harness.chain(), market.addresses());
    let tasks = market.tasks();
    let entry = chain.read("", tasks.verifierAt(COMMITTEE)).await?;
    assert_eq!(
        (entry.verifier, entry.approved),
        (addresses.committee, true)
    );
    let committee = market.committee();
    let siblings = chain.read("", committee.siblings()).await?;
    assert_eq!(
        (siblings.market, siblings.escrow),
        (addresses.task_manager, addresses.escrow)
    );
    assert_eq!(chain.read("", committee.token()).await?, addresses.token);
    let treasury = chain.read("", committee.treasury()).await?;
    assert_eq!(treasury, harness.treasury.address());
    let owned = Owned::new(addresses.committee, chain.provider());
    assert_eq!(
        chain.read("", owned.owner()).await?,
        harness.owner.address()
    );
    let version = chain.read("", committee.currentVersion()).await?;
    // As the tests' settings have them: least bond, vote slash, three windows, least secrets.
    let expected = [
        (0, ogpu(BOND)),
        (1, U256::from(500)),
        (4, U256::from(20)),
        (5, U256::from(40)),
        (6, U256::from(20)),
        (8, U256::from(2)),
    ];
    for (field, value) in expected {
        let parameter = committee.parameter(version, U256::from(field));
        assert_eq!(chain.read("", parameter).await?, value, "{field}");
    }
    Ok(())
}
