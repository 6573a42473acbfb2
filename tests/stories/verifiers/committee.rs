//! A committee decides.

use eyre::Result;
use ogpu_client::{
    Account, ClientError, Receipt, Status,
    alloy::{
        primitives::{Address, B256, U256, keccak256},
        sol,
        sol_types::{SolCall as _, SolValue as _},
    },
};
use ogpu_tests::{Harness, Provider, ogpu, say};

use super::{FEE, activated, delivered, deploy, market, optimistic::re_entering, refused};

/// The most that a vote may cost: commitment and reveal, each a transaction of its own.
const VOTE_GAS: u64 = 90_000;

/// The bond of a node, in whole oGPU.
const BOND: u64 = 100;

/// Seconds for secrets, and again for their reveal; for commitments; for reveals.
const WINDOWS: [u64; 3] = [20, 40, 20];

sol! {
    #[sol(rpc)]
    interface Committee {
        function initialize(address owner, address token, address treasury) external;
        function setExtension(address extension) external;
        function setSiblings(address market, address escrow) external;
        function setParameter(uint256 field, uint256 value) external returns (uint256);
        function join(uint256 bond) external;
        function leave() external;
        function withdraw() external;
        function request(uint256 taskId) external;
        function commitSecret(uint256 beacon, bytes32 commitment) external;
        function revealSecret(uint256 beacon, bytes32 secret) external;
        function draw(uint256 taskId) external;
        function commitVote(uint256 taskId, bytes32 commitment) external;
        function revealVote(uint256 taskId, bytes32 resultHash, bool latencyOk, bytes32 salt) external;
        function batch(bytes[] calls) external;
        function tally(uint256 taskId) external;
        function nodeOf(address account) external view returns (uint256, uint256, uint256, uint256, uint256);
        function newestBeacon() external view returns (uint256);
        function committeeOf(uint256 taskId) external view returns (address[]);
        function owner() external view returns (address);

        event RoundClosed(uint256 indexed taskId, bytes32 resultHash, uint8 votes, bool latencyOk, uint256 fee, uint256 slashed);

        error NotDrawn(uint256 taskId, address node);
        error NotAwaited(uint256 taskId, address verifier, uint8 status);
        error EmptyResult(uint256 taskId);
        error UnknownFunction();
        error OwnableUnauthorizedAccount(address account);
    }
}
use Committee::*;

/// A market, its committee with six nodes, and people.
struct Scene {
    harness: Harness,
    committee: Address,
    number: u8,
    nodes: Vec<Account>,
    client: Account,
    provider: Provider,
}

impl Scene {
    async fn new() -> Result<Self> {
        let harness = market().await?;
        let addresses = *harness.market.addresses();
        let initialize = initializeCall {
            owner: harness.owner.address(),
            token: addresses.token,
            treasury: harness.treasury.address(),
        };
        let name = "verification-committee";
        let (committee, number) = deploy(&harness, name, &initialize.abi_encode()).await?;
        harness.watch(committee);
        let mut scene = Self {
            client: harness.client().await?,
            provider: harness.provider().await?,
            harness,
            committee,
            number,
            nodes: Vec::new(),
        };
        let contract = scene.contract();
        let owner = &scene.harness.owner;
        let early = owner.send(
            "",
            contract.setSiblings(addresses.task_manager, addresses.escrow),
        );
        refused(early.await, UnknownFunction {});
        let extension = activated(&scene.harness, "committee-nodes").await?;
        let stranger = scene.client.send("", contract.setExtension(extension));
        let account = scene.client.address();
        refused(stranger.await, OwnableUnauthorizedAccount { account });
        owner.send("", contract.setExtension(extension)).await?;
        let call = contract.setSiblings(addresses.task_manager, addresses.escrow);
        owner.send("wiring", call).await?;
        for (field, value) in [
            (0, ogpu(BOND)),
            (4, U256::from(WINDOWS[0])),
            (5, U256::from(WINDOWS[1])),
            (6, U256::from(WINDOWS[2])),
        ] {
            let call = contract.setParameter(U256::from(field), value);
            owner.send("setting a parameter", call).await?;
        }
        for _ in 0..6 {
            let node = scene.harness.actor(2 * BOND).await?;
            let token = scene.harness.market.token();
            node.send("approving", token.approve(committee, ogpu(2 * BOND)))
                .await?;
            scene
                .say(
                    "join, first",
                    &node.send("", contract.join(ogpu(BOND))).await?,
                )
                .await?;
            scene.nodes.push(node);
        }
        scene.harness.advance(1).await?;
        Ok(scene)
    }

    fn contract(&self) -> CommitteeInstance<ogpu_client::Provider> {
        Committee::new(self.committee, self.harness.chain().provider().clone())
    }

    async fn say(&self, what: &str, receipt: &Receipt) -> Result<u64> {
        let gas = self.harness.execution_gas(receipt).await?;
        say(&format!("committee: {what} costs {gas} gas"));
        Ok(gas)
    }

    /// A task whose delivery is `result`.
    async fn task(&self, result: B256) -> Result<U256> {
        let Self {
            harness,
            client,
            provider,
            number,
            ..
        } = self;
        delivered(harness, client, provider, *number, B256::ZERO, result).await
    }

    /// Draws the committee of a task; returns its members.
    async fn draw(&self, task: U256) -> Result<Vec<Account>> {
        let (contract, harness) = (self.contract(), &self.harness);
        let anyone = &self.client;
        self.say("request", &anyone.send("", contract.request(task)).await?)
            .await?;
        let beacon = harness.chain().read("", contract.newestBeacon()).await?;
        for node in &self.nodes[..2] {
            let secret = keccak256((beacon, node.address()).abi_encode());
            let commitment = keccak256((beacon, node.address(), secret).abi_encode());
            let sent = node
                .send("", contract.commitSecret(beacon, commitment))
                .await?;
            self.say("commitSecret", &sent).await?;
        }
        harness.advance(WINDOWS[0]).await?;
        for node in &self.nodes[..2] {
            let secret = keccak256((beacon, node.address()).abi_encode());
            let sent = node.send("", contract.revealSecret(beacon, secret)).await?;
            self.say("revealSecret", &sent).await?;
        }
        self.say(
            "draw of three",
            &anyone.send("", contract.draw(task)).await?,
        )
        .await?;
        let members = harness.chain().read("", contract.committeeOf(task)).await?;
        let node = |address: &Address| self.nodes.iter().find(|node| node.address() == *address);
        Ok(members.iter().filter_map(node).cloned().collect())
    }

    async fn commit(
        &self,
        task: U256,
        node: &Account,
        result: B256,
    ) -> Result<Receipt, ClientError> {
        let commitment = keccak256((task, node.address(), result, true, SALT).abi_encode());
        let call = self.contract();
        let call = call.commitVote(task, commitment);
        node.send("committing", call).await
    }

    async fn reveal(
        &self,
        task: U256,
        node: &Account,
        result: B256,
    ) -> Result<Receipt, ClientError> {
        let call = self.contract();
        let call = call.revealVote(task, result, true, SALT);
        node.send("revealing", call).await
    }

    async fn tally(&self, task: U256) -> Result<RoundClosed> {
        let call = self.contract();
        let receipt = self.client.send("counting", call.tally(task)).await?;
        self.say("tally of three", &receipt).await?;
        Ok(receipt.decoded_log::<RoundClosed>().expect("an event").data)
    }

    /// Bond and what is owed.
    async fn bond(&self, account: Address) -> Result<(U256, U256)> {
        let call = self.contract();
        let words = self.harness.chain().read("", call.nodeOf(account)).await?;
        Ok((words._3, words._4))
    }

    /// That the committee has what it owes.
    async fn check(&self) -> Result<()> {
        let treasury = self.harness.treasury.address();
        let accounts = self.nodes.iter().map(Account::address).chain([treasury]);
        let mut owed = U256::ZERO;
        for account in accounts {
            let (bond, credit) = self.bond(account).await?;
            owed += bond + credit;
        }
        let token = self.harness.market.token();
        let held = token.balanceOf(self.committee);
        assert_eq!(self.harness.chain().read("", held).await?, owed);
        self.harness.check_books().await
    }
}

fn sits(node: &Account, members: &[Account]) -> bool {
    let mut members = members.iter();
    members.any(|member| member.address() == node.address())
}

const SALT: B256 = B256::repeat_byte(0x5a);

#[tokio::test]
async fn a_committee_decides_a_task_and_is_paid() -> Result<()> {
    let scene = Scene::new().await?;
    let (right, wrong) = (keccak256("right"), keccak256("wrong"));
    let task = scene.task(right).await?;
    let members = scene.draw(task).await?;
    assert_eq!(members.len(), 3);
    let outsider = scene
        .nodes
        .iter()
        .find(|node| !sits(node, &members))
        .expect("one");
    let error = NotDrawn {
        taskId: task,
        node: outsider.address(),
    };
    refused(scene.commit(task, outsider, right).await, error);

    let results = [right, right, wrong];
    let mut gas = Vec::new();
    for (node, result) in members.iter().zip(results) {
        let receipt = scene.commit(task, node, result).await?;
        gas.push(scene.say("commitVote", &receipt).await?);
    }
    for ((node, result), gas) in members.iter().zip(results).zip(&mut gas) {
        let receipt = scene.reveal(task, node, result).await?;
        *gas += scene.say("revealVote", &receipt).await?;
    }
    if scene.harness.is_cached().await? {
        assert!(gas.iter().all(|gas| *gas < VOTE_GAS), "{gas:?}");
    }
    let closed = scene.tally(task).await?;
    assert_eq!(
        (closed.votes, closed.resultHash, closed.latencyOk),
        (2, right, true)
    );
    assert_eq!((closed.fee, closed.slashed), (ogpu(FEE), ogpu(BOND / 20)));
    assert_eq!(scene.harness.status(task).await?, Status::Verified);
    let share = (ogpu(FEE) + ogpu(BOND / 20)) / U256::from(2);
    assert_eq!(scene.bond(members[0].address()).await?, (ogpu(BOND), share));
    let loser = scene.bond(members[2].address()).await?;
    assert_eq!(loser, (ogpu(BOND - BOND / 20), U256::ZERO));
    scene.check().await?;

    let withdrawn = members[0].send("", scene.contract().withdraw()).await?;
    scene.say("withdraw", &withdrawn).await?;
    assert_eq!(scene.harness.tokens(&members[0]).await?, ogpu(BOND) + share);
    scene.check().await?;

    let harness = &scene.harness;
    harness.outlast(task).await?;
    harness.advance(20).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.in_escrow(&scene.provider.account).await?, ogpu(78));
    scene.check().await
}

#[tokio::test]
async fn what_a_majority_found_decides_against_what_was_delivered() -> Result<()> {
    let scene = Scene::new().await?;
    let (right, wrong) = (keccak256("right"), keccak256("wrong"));
    for (found, status) in [(right, Status::Rejected), (B256::ZERO, Status::Disputed)] {
        let task = scene.task(wrong).await?;
        let members = scene.draw(task).await?;
        for node in &members {
            scene.commit(task, node, found).await?;
        }
        for node in &members {
            scene.reveal(task, node, found).await?;
        }
        let closed = scene.tally(task).await?;
        assert_eq!((closed.votes, closed.resultHash), (3, found));
        assert_eq!(scene.harness.status(task).await?, status);
        scene.check().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_committee_that_does_not_vote_pays_and_the_task_goes_to_dispute() -> Result<()> {
    let scene = Scene::new().await?;
    let task = scene.task(keccak256("right")).await?;
    let members = scene.draw(task).await?;
    scene.harness.advance(WINDOWS[1]).await?;
    let call = scene.contract();
    scene.client.send("extending", call.tally(task)).await?;
    scene.harness.advance(WINDOWS[2]).await?;
    let closed = scene.tally(task).await?;
    assert_eq!((closed.votes, closed.slashed), (0, ogpu(3 * BOND / 20)));
    assert_eq!(scene.harness.status(task).await?, Status::Disputed);
    for node in &members {
        let bond = scene.bond(node.address()).await?;
        assert_eq!(bond, (ogpu(BOND - BOND / 20), U256::ZERO));
    }
    scene.check().await
}

#[tokio::test]
async fn many_votes_go_in_one_transaction() -> Result<()> {
    let scene = Scene::new().await?;
    let result = keccak256("right");
    let mut tasks = Vec::new();
    for _ in 0..2 {
        tasks.push(scene.task(result).await?);
    }
    let contract = scene.contract();
    let mut drawn = Vec::new();
    for task in &tasks {
        drawn.push(scene.draw(*task).await?);
    }
    for node in &scene.nodes {
        let own = tasks.iter().zip(&drawn);
        let own: Vec<_> = own.filter(|(_, members)| sits(node, members)).collect();
        if own.is_empty() {
            continue;
        }
        let commits = own.iter().map(|(task, _)| {
            let vote = (**task, node.address(), result, true, SALT).abi_encode();
            let commitment = keccak256(vote);
            commitVoteCall {
                taskId: **task,
                commitment,
            }
            .abi_encode()
            .into()
        });
        let sent = node.send("", contract.batch(commits.collect())).await?;
        scene
            .say(&format!("a batch of {} commitVote", own.len()), &sent)
            .await?;
    }
    for node in &scene.nodes {
        let own = tasks
            .iter()
            .zip(&drawn)
            .filter(|(_, members)| sits(node, members));
        let reveals = own.map(|(task, _)| {
            let call = revealVoteCall {
                taskId: *task,
                resultHash: result,
                latencyOk: true,
                salt: SALT,
            };
            call.abi_encode().into()
        });
        node.send("", contract.batch(reveals.collect())).await?;
    }
    for task in tasks {
        assert_eq!(scene.tally(task).await?.resultHash, result);
        assert_eq!(scene.harness.status(task).await?, Status::Verified);
    }
    scene.check().await
}

#[tokio::test]
async fn only_delivered_tasks_of_this_committee_are_judged() -> Result<()> {
    let scene = Scene::new().await?;
    let task = scene.harness.open(&scene.client).await?;
    let call = scene.contract();
    let sent = scene.client.send("", call.request(task)).await;
    let error = NotAwaited {
        taskId: task,
        verifier: Address::ZERO,
        status: Status::Open as u8,
    };
    refused(sent, error);
    Ok(())
}

/// The market would take the verdict that there is no result for one that the result zero is right.
#[tokio::test]
async fn the_result_zero_is_never_paid() -> Result<()> {
    let scene = Scene::new().await?;
    let task = scene.task(B256::ZERO).await?;
    let call = scene.contract();
    let sent = scene.client.send("", call.request(task)).await;
    refused(sent, EmptyResult { taskId: task });
    scene.harness.outlast(task).await?;
    scene.harness.finalize(task).await?;
    assert_eq!(scene.harness.status(task).await?, Status::Disputed);
    scene.check().await
}

#[tokio::test]
async fn a_market_that_calls_back_counts_no_vote_twice() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, contract, task) = (&scene.harness, scene.contract(), U256::ONE);
    let again = tallyCall { taskId: task }.abi_encode();
    let double = re_entering(&harness.owner, again).await?;
    let call = contract.setSiblings(double, harness.market.addresses().escrow);
    harness.owner.send("wiring", call).await?;
    let members = scene.draw(task).await?;
    for node in &members {
        scene.commit(task, node, SALT).await?;
    }
    for node in &members {
        scene.reveal(task, node, SALT).await?;
    }
    assert_eq!(scene.tally(task).await?.votes, 3);
    let asked = harness.chain().storage(double, U256::ZERO).await?;
    let through = harness.chain().storage(double, U256::ONE).await?;
    assert_eq!((asked, through), (B256::with_last_byte(1), B256::ZERO));
    scene.check().await
}
