//! Results stand unless somebody puts money against them.

use eyre::Result;
use ogpu_client::{
    Account, Status,
    alloy::{
        primitives::{Address, B256, U256, hex, keccak256},
        sol,
        sol_types::{SolCall as _, SolValue as _},
    },
};
use ogpu_tests::{Harness, Provider, ogpu, result_hash, say};

use super::{FEE, REVIEW, create, delivered, deploy, market, refused};

/// The shortest challenge period, in seconds.
const CHALLENGE: u64 = 600;
/// The shortest arbitration period, in seconds.
const ARBITRATION: u64 = 86_400;
/// A tenth of the price, in whole oGPU.
const BOND: u64 = 8;

sol! {
    #[sol(rpc)]
    interface OptimisticVerifier {
        function initialize(address owner, address market, address escrow, address token, address treasury) external;
        function setParameters(uint64 challengePeriod, uint64 arbitrationPeriod, uint16 bondBps, uint256 minBond) external;
        function propose(uint256 taskId, bytes32 resultHash) external;
        function challenge(uint256 taskId) external;
        function conclude(uint256 taskId) external;
        function resolveChallenge(uint256 taskId, bool challengerRight) external;
        function releaseChallenge(uint256 taskId) external;
        function withdraw(address account) external;
        function proposalOf(uint256 taskId) external view returns (uint8 stage, address proposer, bytes32 resultHash, uint64 ends, address challenger, uint256 bond, uint256 fee);
        function owedTo(address account) external view returns (uint256);

        error WrongResult(uint256 taskId, bytes32 resultHash, bytes32 seal);
        error WrongStage(uint256 taskId, uint8 stage, uint8 required);
        error TooLate(uint256 taskId, uint64 until);
        error TooEarly(uint256 taskId, uint64 from);
        error SelfDealing(address account);
        error OwnableUnauthorizedAccount(address account);
    }
}
use OptimisticVerifier::*;

/// A market, its verifier, and people.
struct Scene {
    harness: Harness,
    verifier: Address,
    number: u8,
    client: Account,
    provider: Provider,
    keeper: Account,
    challenger: Account,
}

impl Scene {
    async fn new() -> Result<Self> {
        let harness = market().await?;
        let addresses = *harness.market.addresses();
        let initialize = initializeCall {
            owner: harness.owner.address(),
            market: addresses.task_manager,
            escrow: addresses.escrow,
            token: addresses.token,
            treasury: harness.treasury.address(),
        };
        let name = "optimistic-verifier";
        let (verifier, number) = deploy(&harness, name, &initialize.abi_encode()).await?;
        let contract = OptimisticVerifier::new(verifier, harness.chain().provider());
        let call = contract.setParameters(CHALLENGE, ARBITRATION, 1_000, ogpu(1));
        harness.owner.send("setting the parameters", call).await?;
        let scene = Self {
            client: harness.client().await?,
            provider: harness.provider().await?,
            keeper: harness.actor(0).await?,
            challenger: harness.actor(100).await?,
            harness,
            verifier,
            number,
        };
        let market = &scene.harness.market;
        market.allow(&scene.challenger, verifier, ogpu(100)).await?;
        Ok(scene)
    }

    fn contract(&self) -> OptimisticVerifierInstance<&ogpu_client::Provider> {
        OptimisticVerifier::new(self.verifier, self.harness.chain().provider())
    }

    /// A delivered task whose result the keeper has proposed.
    async fn proposed(&self) -> Result<U256> {
        let Self {
            harness,
            client,
            provider,
            number,
            ..
        } = self;
        let result = result_hash();
        let task = delivered(harness, client, provider, *number, B256::ZERO, result).await?;
        let contract = self.contract();
        let tasks = harness.market.tasks();
        let seal = harness
            .chain()
            .read("", tasks.sealOf(task, provider.id, result))
            .await?;
        let wrong = contract.propose(task, keccak256("not it"));
        let error = WrongResult {
            taskId: task,
            resultHash: keccak256("not it"),
            seal,
        };
        refused(self.keeper.send("", wrong).await, error);
        let receipt = self
            .keeper
            .send("proposing", contract.propose(task, result))
            .await?;
        let gas = harness.execution_gas(&receipt).await?;
        say(&format!("proposing a result costs {gas} gas"));
        Ok(task)
    }

    async fn challenged(&self) -> Result<U256> {
        let task = self.proposed().await?;
        let contract = self.contract();
        let receipt = self
            .challenger
            .send("challenging", contract.challenge(task))
            .await?;
        let gas = self.harness.execution_gas(&receipt).await?;
        say(&format!("challenging a result costs {gas} gas"));
        assert_eq!(self.harness.status(task).await?, Status::Disputed);
        assert_eq!(self.held().await?, ogpu(BOND + FEE));
        assert_eq!(
            self.harness.tokens(&self.challenger).await?,
            ogpu(100 - BOND)
        );
        Ok(task)
    }

    /// What the verifier has.
    async fn held(&self) -> Result<U256> {
        let call = self.harness.market.token();
        let call = call.balanceOf(self.verifier);
        Ok(self.harness.chain().read("", call).await?)
    }

    async fn withdraw(&self, account: &Account) -> Result<U256> {
        let before = self.harness.tokens(account).await?;
        let contract = self.contract();
        let call = contract.withdraw(account.address());
        self.keeper.send("withdrawing", call).await?;
        Ok(self.harness.tokens(account).await? - before)
    }
}

#[tokio::test]
async fn an_unchallenged_result_is_taken() -> Result<()> {
    let scene = Scene::new().await?;
    let harness = &scene.harness;
    if !harness.stage().may_wait(CHALLENGE, "a challenge period") {
        return Ok(());
    }
    let task = scene.proposed().await?;
    let contract = scene.contract();
    let seen = harness.chain().read("", contract.proposalOf(task)).await?;
    assert_eq!((seen.stage, seen.proposer), (1, scene.keeper.address()));
    let ends = seen.ends;
    let early = TooEarly {
        taskId: task,
        from: ends,
    };
    let conclude = || scene.client.send("concluding", contract.conclude(task));
    refused(conclude().await, early);
    let own = SelfDealing {
        account: scene.provider.account.address(),
    };
    let challenge = scene.provider.account.send("", contract.challenge(task));
    refused(challenge.await, own);

    harness.reach(ends).await?;
    let late = TooLate {
        taskId: task,
        until: ends,
    };
    let challenge = scene.challenger.send("", contract.challenge(task));
    refused(challenge.await, late);
    let receipt = conclude().await?;
    let gas = harness.execution_gas(&receipt).await?;
    say(&format!(
        "concluding an unchallenged result costs {gas} gas"
    ));
    assert_eq!(harness.status(task).await?, Status::Verified);
    assert_eq!(harness.tokens(&scene.keeper).await?, ogpu(FEE));
    assert_eq!(scene.held().await?, U256::ZERO);
    let closed = WrongStage {
        taskId: task,
        stage: 3,
        required: 1,
    };
    refused(conclude().await, closed);

    harness.outlast(task).await?;
    harness.advance(20).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.in_escrow(&scene.provider.account).await?, ogpu(78));
    harness.check_books().await
}

#[tokio::test]
async fn a_right_challenger_gets_bond_and_fee() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, contract) = (&scene.harness, scene.contract());
    let task = scene.challenged().await?;
    let resolve = |by: &Account, right: bool| {
        let (by, call) = (by.clone(), contract.resolveChallenge(task, right));
        async move { by.send("resolving", call).await }
    };
    let stranger = OwnableUnauthorizedAccount {
        account: scene.challenger.address(),
    };
    refused(resolve(&scene.challenger, true).await, stranger);
    let market = harness.market.tasks();
    let call = market.resolveDispute(task, 0, ogpu(4));
    harness.owner.send("resolving", call).await?;
    resolve(&harness.owner, true).await?;
    assert_eq!(scene.withdraw(&scene.challenger).await?, ogpu(BOND + FEE));
    assert_eq!(scene.held().await?, U256::ZERO);
    assert_eq!(harness.in_escrow(&scene.client).await?, ogpu(1_000 - FEE));
    harness.check_books().await
}

#[tokio::test]
async fn a_wrong_challenger_loses_the_bond_to_the_treasury() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, contract) = (&scene.harness, scene.contract());
    let task = scene.challenged().await?;
    let market = harness.market.tasks();
    let call = market.resolveDispute(task, 10_000, U256::ZERO);
    harness.owner.send("resolving", call).await?;
    let call = contract.resolveChallenge(task, false);
    harness.owner.send("resolving", call).await?;
    assert_eq!(scene.withdraw(&harness.treasury).await?, ogpu(BOND));
    assert_eq!(scene.withdraw(&scene.keeper).await?, ogpu(FEE));
    assert_eq!(scene.held().await?, U256::ZERO);
    assert_eq!(harness.in_escrow(&scene.provider.account).await?, ogpu(78));
    harness.check_books().await
}

#[tokio::test]
async fn without_a_judgement_everybody_gets_back_what_was_theirs() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, contract) = (&scene.harness, scene.contract());
    if !harness
        .stage()
        .may_wait(ARBITRATION, "an arbitration period")
    {
        return Ok(());
    }
    let task = scene.challenged().await?;
    let seen = harness.chain().read("", contract.proposalOf(task)).await?;
    let release = || {
        scene
            .keeper
            .send("releasing", contract.releaseChallenge(task))
    };
    let early = TooEarly {
        taskId: task,
        from: seen.ends,
    };
    refused(release().await, early);
    harness.reach(seen.ends).await?;
    release().await?;
    assert_eq!(scene.withdraw(&scene.challenger).await?, ogpu(BOND));
    assert_eq!(scene.withdraw(&scene.client).await?, ogpu(FEE));
    assert_eq!(scene.held().await?, U256::ZERO);
    harness.check_books().await
}

#[tokio::test]
async fn a_proposal_that_the_market_outruns_lapses() -> Result<()> {
    let scene = Scene::new().await?;
    let (harness, contract) = (&scene.harness, scene.contract());
    if !harness.stage().may_wait(REVIEW, "a verdict's deadline") {
        return Ok(());
    }
    let task = scene.proposed().await?;
    let tasks = harness.market.tasks();
    let seen = harness.chain().read("", tasks.verificationOf(task)).await?;
    harness.reach(seen.deadline).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.status(task).await?, Status::Disputed);
    let conclude = || scene.client.send("concluding", contract.conclude(task));
    conclude().await?;
    assert_eq!(harness.status(task).await?, Status::Disputed);
    assert_eq!(harness.tokens(&scene.keeper).await?, U256::ZERO);
    let closed = WrongStage {
        taskId: task,
        stage: 3,
        required: 1,
    };
    refused(conclude().await, closed);
    Ok(())
}

/// Creates a market that makes the call `again`, of 36 bytes, to its verifier from within `verifyCompletion`, and remembers in slot 0 how often it
/// was asked for that, in slot 1 whether the call went through. Its task 1 is delivered and has no fee.
pub(super) async fn re_entering(owner: &Account, again: Vec<u8>) -> Result<Address> {
    // calldatasize == 36: codecopy(0, 0x35, 320); mstore(0, caller); return(0, 320)
    // else: codecopy(0, 0x175, 36); sstore(1, call(gas, caller, 0, 0, 36, 0, 0)); sstore(0, sload(0) + 1); stop
    let instructions = hex!(
        "36 6024 14 6022 57
         6024 610175 5f 39 5f 5f 6024 5f 5f 33 5a f1 6001 55 5f 54 6001 01 5f 55 00
         5b 610140 6035 5f 39 33 5f 52 610140 5f f3"
    );
    let one = U256::ONE;
    let seal = keccak256((one, one, result_hash()).abi_encode());
    let deadline = U256::from(u32::MAX);
    let (data, nobody, submitted) = (B256::ZERO, Address::ZERO, U256::from(3));
    let task = (
        nobody,
        submitted,
        nobody,
        one,
        nobody,
        one,
        U256::ZERO,
        data,
        seal,
        deadline,
    );
    let mut code = instructions.to_vec();
    code.resize(0x35, 0);
    code.extend(task.abi_encode());
    code.extend(again);
    create(owner, ogpu_client::programs::creation_code(&code)).await
}

#[tokio::test]
async fn a_market_that_calls_back_gets_nowhere() -> Result<()> {
    let scene = Scene::new().await?;
    let harness = &scene.harness;
    if !harness.stage().may_wait(CHALLENGE, "a challenge period") {
        return Ok(());
    }
    let again = concludeCall { taskId: U256::ONE }.abi_encode();
    let double = re_entering(&harness.owner, again).await?;
    let addresses = *harness.market.addresses();
    let initialize = initializeCall {
        owner: harness.owner.address(),
        market: double,
        escrow: addresses.escrow,
        token: addresses.token,
        treasury: harness.treasury.address(),
    };
    let name = "optimistic-verifier";
    let (verifier, _) = deploy(harness, name, &initialize.abi_encode()).await?;
    let contract = OptimisticVerifier::new(verifier, harness.chain().provider());
    let call = contract.setParameters(CHALLENGE, ARBITRATION, 1_000, ogpu(1));
    harness.owner.send("setting the parameters", call).await?;
    let one = U256::ONE;
    let call = contract.propose(one, result_hash());
    scene.keeper.send("proposing", call).await?;
    harness.advance(CHALLENGE).await?;
    scene
        .keeper
        .send("concluding", contract.conclude(one))
        .await?;
    let asked = harness.chain().storage(double, U256::ZERO).await?;
    let through = harness.chain().storage(double, one).await?;
    assert_eq!((asked, through), (B256::with_last_byte(1), B256::ZERO));
    Ok(())
}
