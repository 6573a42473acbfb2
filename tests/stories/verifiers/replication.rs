//! Results are found again by several providers.

use eyre::Result;
use ogpu_client::{
    Account, Plan, Receipt, Replication, Status,
    alloy::{
        primitives::{Address, B256, U256, hex, keccak256},
        sol_types::SolCall as _,
    },
    bindings::{errors::Contracts::*, task_manager::Terms, verifiers::ReplicationVerifier},
    programs::creation_code,
};
use ogpu_tests::{DURATION, Harness, Provider, ogpu, result_hash, say};

use super::{create, deploy, refused};

/// The deployed verifier's number in the market's list.
const NUMBER: u8 = 4;
/// How long seats are claimed, in seconds.
const CLAIM: u64 = 900;
/// How long a round of these stories takes at most: claims, ten minutes of work, reveals, and the time to conclude in.
const ROUND: u64 = CLAIM + 600 + 1_800 + 900;
/// What a replica puts up, in whole oGPU.
const BOND: u64 = 50;
/// What the verifier's verdict costs, in whole oGPU.
const FEE: u64 = 6;
/// What the client keeps to itself until delivery.
const SECRET: B256 = B256::repeat_byte(0x5e);

/// A market, its verifier, and people.
struct Scene {
    harness: Harness,
    verifier: Replication,
    client: Account,
    provider: Provider,
    replicas: Vec<Account>,
}

impl Scene {
    /// Four replicas have [`BOND`] at the verifier.
    async fn new() -> Result<Self> {
        let review = ROUND as u32 + 300;
        let harness = Harness::with(|settings| settings.parameters.reviewWindow = review).await?;
        let verifier = Replication::of(harness.chain().clone(), &harness.deployment)?;
        let tasks = harness.market.tasks();
        let listed = tasks.verifierAt(NUMBER);
        let listed = harness.chain().read("", listed).await?;
        assert_eq!(
            (listed.verifier, listed.approved),
            (verifier.address(), true)
        );
        let crowd = harness.crowd(4).await?;
        let replicas: Vec<_> = crowd.into_iter().map(|member| member.account).collect();
        for replica in &replicas {
            let token = harness.market.token();
            let call = token.transfer(replica.address(), ogpu(BOND));
            harness.owner.send("giving tokens", call).await?;
            verifier
                .deposit(&harness.market, replica, ogpu(BOND))
                .await?;
        }
        Ok(Self {
            client: harness.client().await?,
            provider: harness.provider().await?,
            harness,
            verifier,
            replicas,
        })
    }

    /// An open task that asks for so many replicas.
    async fn open(&self, replicas: u8) -> Result<U256> {
        let plan = Plan::new(replicas, 10, ogpu(BOND).to(), &SECRET).expect("a plan");
        let terms = Terms {
            biddingWindow: 40,
            trustWeight: self.harness.settings.parameters.trustWeight,
            verifier: NUMBER,
            verifierFee: ogpu(FEE),
            verifierData: plan.pack(),
            ..Terms::default()
        };
        let market = &self.harness.market;
        let (task, _) = market
            .submit_task_with_terms(&self.client, "ipfs://job", ogpu(106), DURATION, terms)
            .await?;
        Ok(task)
    }

    /// The provider gets the task for 80 and delivers; the client draws.
    async fn drawn(&self, task: U256) -> Result<()> {
        let (harness, contract) = (&self.harness, self.verifier.contract());
        harness.bid(&self.provider, task, 80).await?;
        harness.assign(&self.client, task, &self.provider).await?;
        let own = SelfDealing {
            account: self.provider.account.address(),
        };
        let enrol = self.provider.account.send("", contract.enrol(task));
        refused(enrol.await, own);
        harness.deliver(&self.provider, task).await?;
        let late = WrongStatus {
            taskId: task,
            status: Status::Submitted as u8,
        };
        let enrol = self.replicas[3].send("", contract.enrol(task));
        refused(enrol.await, late);
        let wrong = self
            .client
            .send("", contract.draw(task, keccak256("another")));
        refused(wrong.await, WrongSecret { taskId: task });
        let draw = contract.draw(task, SECRET);
        let receipt = self.client.send("drawing", draw).await?;
        self.costs("drawing", &receipt).await
    }

    async fn costs(&self, what: &str, receipt: &Receipt) -> Result<()> {
        let gas = self.harness.execution_gas(receipt).await?;
        say(&format!("{what} costs {gas} gas"));
        Ok(())
    }

    /// Free and locked, in wei.
    async fn purse(&self, account: Address) -> Result<(U256, U256)> {
        let contract = self.verifier.contract();
        let call = contract.purseOf(account);
        let purse = self.harness.chain().read("", call).await?;
        Ok((purse.free, purse.locked))
    }

    /// Takes everything out, after which the verifier has nothing.
    async fn empty(&self) -> Result<()> {
        let contract = self.verifier.contract();
        let people = [&self.client, &self.harness.treasury];
        for account in people.into_iter().chain(&self.replicas) {
            let (free, locked) = self.purse(account.address()).await?;
            assert_eq!(locked, U256::ZERO);
            if free > U256::ZERO {
                let call = contract.withdraw(free);
                account.send("withdrawing", call).await?;
            }
        }
        let token = self.harness.market.token();
        let held = token.balanceOf(self.verifier.address());
        assert_eq!(self.harness.chain().read("", held).await?, U256::ZERO);
        self.harness.check_books().await
    }
}

#[tokio::test]
async fn the_majority_of_drawn_replicas_decides() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, verifier) = (&scene.harness, &scene.verifier);
    if !harness.stage().may_wait(ROUND, "a round of replicas") {
        return Ok(());
    }
    let contract = verifier.contract();
    let task = scene.open(3).await?;
    for replica in &scene.replicas {
        let receipt = replica.send("enrolling", contract.enrol(task)).await?;
        scene.costs("enrolling", &receipt).await?;
    }
    let bonded = scene.replicas[0].address();
    assert_eq!(scene.purse(bonded).await?, (U256::ZERO, ogpu(BOND)));
    let poor = InsufficientPurse {
        account: bonded,
        available: U256::ZERO,
        requested: ogpu(1),
    };
    let withdraw = scene.replicas[0].send("", contract.withdraw(ogpu(1)));
    refused(withdraw.await, poor);
    scene.drawn(task).await?;

    // The highest ticket comes first, and the lowest takes its seat from it.
    let mut by_ticket = Vec::new();
    for replica in &scene.replicas {
        let ticket = contract.ticketOf(task, replica.address());
        by_ticket.push((harness.chain().read("", ticket).await?, replica));
    }
    by_ticket.sort_by_key(|(ticket, _)| *ticket);
    for (_, replica) in by_ticket.iter().rev() {
        let receipt = replica.send("claiming", contract.claim(task)).await?;
        scene.costs("claiming a seat", &receipt).await?;
    }
    let (displaced, seated) = (by_ticket[3].1, &by_ticket[..3]);
    displaced.send("leaving", contract.leave(task)).await?;
    let round = harness.chain().read("", contract.roundOf(task)).await?;
    assert_eq!((round.stage, round.ordered, round.seated), (1, 3, 3));

    harness.reach(round.claimEnd).await?;
    let [honest, liar, also] = [seated[0].1, seated[1].1, seated[2].1];
    let not_seated = NotSeated {
        taskId: task,
        account: displaced.address(),
    };
    let commit = verifier.commit(displaced, task, result_hash());
    refused(commit.await, not_seated);
    let wrong = keccak256("not it");
    for (replica, result) in [
        (honest, result_hash()),
        (liar, wrong),
        (also, result_hash()),
    ] {
        let receipt = verifier.commit(replica, task, result).await?;
        scene.costs("committing", &receipt).await?;
    }
    let other = WrongReveal {
        id: task,
        account: liar.address(),
    };
    let copy = verifier.reveal(liar, task, result_hash());
    refused(copy.await, other);
    for (replica, result) in [
        (honest, result_hash()),
        (liar, wrong),
        (also, result_hash()),
    ] {
        let receipt = verifier.reveal(replica, task, result).await?;
        scene.costs("revealing", &receipt).await?;
    }
    let receipt = scene
        .client
        .send("concluding", contract.conclude(task))
        .await?;
    scene
        .costs("concluding, with the verdict,", &receipt)
        .await?;
    assert_eq!(harness.status(task).await?, Status::Verified);
    let half = (ogpu(BOND + FEE / 2), U256::ZERO);
    assert_eq!(scene.purse(honest.address()).await?, half);
    assert_eq!(scene.purse(also.address()).await?, half);
    let nothing = (U256::ZERO, U256::ZERO);
    assert_eq!(scene.purse(liar.address()).await?, nothing);
    let treasury = scene.purse(harness.treasury.address()).await?;
    assert_eq!(treasury, (ogpu(BOND), U256::ZERO));
    let closed = WrongStage {
        taskId: task,
        stage: 2,
    };
    let again = scene.client.send("", contract.conclude(task));
    refused(again.await, closed);

    harness.outlast(task).await?;
    harness.advance(20).await?;
    harness.finalize(task).await?;
    let paid = harness.in_escrow(&scene.provider.account).await?;
    assert_eq!(paid, ogpu(78));
    scene.empty().await
}

#[tokio::test]
async fn too_few_replicas_send_the_task_to_arbitration() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, verifier) = (&scene.harness, &scene.verifier);
    if !harness.stage().may_wait(ROUND, "a round of replicas") {
        return Ok(());
    }
    let contract = verifier.contract();
    let task = scene.open(2).await?;
    let replica = &scene.replicas[0];
    replica.send("enrolling", contract.enrol(task)).await?;
    scene.drawn(task).await?;
    replica.send("claiming", contract.claim(task)).await?;
    let round = harness.chain().read("", contract.roundOf(task)).await?;
    harness.reach(round.claimEnd).await?;
    let call = contract.conclude(task);
    scene.client.send("concluding", call).await?;
    assert_eq!(harness.status(task).await?, Status::Disputed);
    let whole = (ogpu(BOND), U256::ZERO);
    assert_eq!(scene.purse(replica.address()).await?, whole);
    let refund = scene.purse(scene.client.address()).await?;
    assert_eq!(refund, (ogpu(FEE), U256::ZERO));
    scene.empty().await
}

/// Creates a token that makes the call `again`, of 36 bytes, to whoever moves it, and remembers in slot 1 whether that went through. Its
/// balance, which is that of everybody, grows by 2^32 − 1 with every transfer.
async fn re_entering_token(owner: &Account, again: &[u8]) -> Result<Address> {
    // calldatasize == 36: mstore(0, sload(0)); return(0, 32)
    // else: codecopy(0, 0x34, 36); sstore(1, call(gas, caller, 0, 0, 36, 0, 0)); sstore(0, sload(0) + 2^32 − 1); return 1
    let instructions = hex!(
        "36 6024 14 602b 57
         6024 6034 5f 39 5f 5f 6024 5f 5f 33 5a f1 6001 55 5f 54 63ffffffff 01 5f 55 6001 5f 52 6020 5f f3
         5b 5f 54 5f 52 6020 5f f3"
    );
    let mut code = instructions.to_vec();
    code.resize(0x34, 0);
    code.extend(again);
    create(owner, creation_code(&code)).await
}

#[tokio::test]
async fn a_token_that_calls_back_gets_nowhere() -> Result<()> {
    let harness = Harness::new().await?;
    let (owner, addresses) = (&harness.owner, *harness.market.addresses());
    let amount = U256::from(1_000);
    let again = ReplicationVerifier::depositCall { amount }.abi_encode();
    let token = re_entering_token(owner, &again).await?;
    let initialize = ReplicationVerifier::initializeCall {
        owner: owner.address(),
        market: addresses.task_manager,
        escrow: addresses.escrow,
        registry: addresses.registry,
        token,
        treasury: harness.treasury.address(),
    };
    let (address, _) = deploy(&harness, "replication-verifier", &initialize.abi_encode()).await?;
    let verifier = Replication::new(harness.chain().clone(), address);
    let contract = verifier.contract();
    let through = || harness.chain().storage(token, U256::ONE);
    let purse = || contract.purseOf(token);

    // The token would put in of its own, which anybody may, while it is still being moved.
    owner
        .send("depositing", contract.deposit(amount + amount))
        .await?;
    assert_eq!(through().await?, B256::ZERO);
    assert_eq!(harness.chain().read("", purse()).await?.free, U256::ZERO);
    owner.send("withdrawing", contract.withdraw(amount)).await?;
    assert_eq!(through().await?, B256::ZERO);
    assert_eq!(harness.chain().read("", purse()).await?.free, U256::ZERO);
    let left = contract.purseOf(owner.address());
    assert_eq!(harness.chain().read("", left).await?.free, amount);
    Ok(())
}
