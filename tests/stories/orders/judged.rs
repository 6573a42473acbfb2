//! Results that a verifier judges in the client's place. Here it is an account with a key.

use eyre::Result;
use ogpu_client::{
    Account, ClientError, Receipt, Status,
    alloy::primitives::{B256, U256, keccak256},
    bindings::task_manager::Terms,
};
use ogpu_tests::{Harness, Provider, ogpu, refusal, result_hash};

use super::{order, plain};

/// What the verifier gets for its verdict, in whole oGPU.
const FEE: u64 = 5;

struct Scene {
    harness: Harness,
    client: Account,
    provider: Provider,
    verifier: Account,
    task: U256,
}

impl Scene {
    /// A delivered task of 100 oGPU, done for 80, that waits for its verdict.
    async fn new() -> Result<Self> {
        let harness = Harness::new().await?;
        let (client, provider) = (harness.client().await?, harness.provider().await?);
        let verifier = harness.actor(0).await?;
        let tasks = harness.market.tasks();
        let add = tasks.addVerifier(verifier.address());
        let call = add.clone().from(harness.owner.address());
        let number = harness.chain().read("reading", call).await?;
        let terms = || Terms {
            verifier: number,
            verifierFee: ogpu(FEE),
            verifierData: keccak256("what to verify"),
            ..plain(&harness)
        };
        let unknown = harness
            .market
            .submit_task_with_terms(&client, "ipfs://job", ogpu(100), 60, terms())
            .await;
        assert_eq!(refusal(unknown), "UnknownVerifier");
        harness.owner.send("approving", add).await?;
        let task = order(&harness, &client, terms()).await?;
        // The fee is not the providers' to bid for.
        let above = harness.bid(&provider, task, 100 - FEE + 1).await;
        assert_eq!(refusal(above), "PriceAboveBudget");
        harness.bid(&provider, task, 80).await?;
        harness.assign(&client, task, &provider).await?;
        harness.deliver(&provider, task).await?;

        let call = tasks.verificationOf(task);
        let seen = harness.chain().read("reading", call).await?;
        assert_eq!(seen.verifier, verifier.address());
        assert_eq!(seen.provider, provider.account.address());
        assert_eq!((seen.price, seen.fee), (ogpu(80), ogpu(FEE)));
        assert_eq!(seen.data, keccak256("what to verify"));
        let own = harness.accept(&client, task).await;
        assert_eq!(refusal(own), "NotVerifier");
        Ok(Self {
            harness,
            client,
            provider,
            verifier,
            task,
        })
    }

    async fn judge(&self, result: B256) -> Result<Receipt, ClientError> {
        let tasks = self.harness.market.tasks();
        let call = tasks.verifyCompletion(self.task, result);
        self.verifier.send("judging", call).await
    }

    /// What client, provider and verifier have in the escrow, in wei.
    async fn balances(&self) -> Result<[U256; 3]> {
        Ok([
            self.harness.in_escrow(&self.client).await?,
            self.harness.in_escrow(&self.provider.account).await?,
            self.harness.in_escrow(&self.verifier).await?,
        ])
    }

    /// The owner gives the provider everything.
    async fn resolve(&self) -> Result<()> {
        let tasks = self.harness.market.tasks();
        let call = tasks.resolveDispute(self.task, 10_000, U256::ZERO);
        self.harness.owner.send("resolving", call).await?;
        Ok(())
    }
}

#[tokio::test]
async fn a_good_verdict_pays_provider_and_verifier() -> Result<()> {
    let scene = Scene::new().await?;
    let harness = &scene.harness;
    scene.judge(result_hash()).await?;
    assert_eq!(harness.status(scene.task).await?, Status::Verified);
    assert_eq!(harness.in_escrow(&scene.verifier).await?, ogpu(FEE));
    assert_eq!(refusal(scene.judge(result_hash()).await), "WrongStatus");
    harness.outlast(scene.task).await?;
    harness.finalize(scene.task).await?;
    let expected = [ogpu(1_000 - 80 - FEE), ogpu(78), ogpu(FEE)];
    assert_eq!(scene.balances().await?, expected);
    assert_eq!(harness.collateral(&scene.provider).await?, ogpu(100));
    harness.check_books().await
}

#[tokio::test]
async fn a_bad_verdict_fails_the_task_and_is_paid_too() -> Result<()> {
    let scene = Scene::new().await?;
    let harness = &scene.harness;
    scene.judge(keccak256("something else")).await?;
    assert_eq!(harness.status(scene.task).await?, Status::Rejected);
    harness.outlast(scene.task).await?;
    harness.finalize(scene.task).await?;
    assert_eq!(harness.status(scene.task).await?, Status::Failed);
    let expected = [ogpu(1_000 - FEE), U256::ZERO, ogpu(FEE)];
    assert_eq!(scene.balances().await?, expected);
    // Half of the collateral of 8 oGPU.
    assert_eq!(harness.collateral(&scene.provider).await?, ogpu(100 - 4));
    harness.check_books().await
}

#[tokio::test]
async fn a_verifier_that_cannot_tell_leaves_it_to_arbitration() -> Result<()> {
    let scene = Scene::new().await?;
    let harness = &scene.harness;
    scene.judge(B256::ZERO).await?;
    assert_eq!(harness.status(scene.task).await?, Status::Disputed);
    scene.resolve().await?;
    let expected = [ogpu(1_000 - 80 - FEE), ogpu(78), ogpu(FEE)];
    assert_eq!(scene.balances().await?, expected);
    harness.check_books().await
}

#[tokio::test]
async fn a_silent_verifier_is_not_paid_and_anybody_calls_the_arbiter() -> Result<()> {
    let scene = Scene::new().await?;
    let harness = &scene.harness;
    harness.outlast(scene.task).await?;
    harness.finalize(scene.task).await?;
    assert_eq!(harness.status(scene.task).await?, Status::Disputed);
    assert_eq!(refusal(scene.judge(result_hash()).await), "WrongStatus");
    scene.resolve().await?;
    let expected = [ogpu(1_000 - 80), ogpu(78), U256::ZERO];
    assert_eq!(scene.balances().await?, expected);
    harness.check_books().await
}
