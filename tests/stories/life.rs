//! The life of a task: every way it can go, and every step at every moment, allowed or refused.

use eyre::Result;
use ogpu_client::{
    Status,
    alloy::primitives::{U256, keccak256},
};
use ogpu_tests::{Harness, Provider, ogpu, refusal, result_hash};

#[tokio::test]
async fn a_delivered_and_accepted_task_is_paid() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let task = harness
        .task_in(Status::Finalized, &client, &provider)
        .await?;

    assert_eq!(harness.status(task).await?, Status::Finalized);
    // 80 of 100 oGPU agreed; 2.5 % of 80 is the fee.
    assert_eq!(harness.in_escrow(&provider.account).await?, ogpu(78));
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 80));
    // The bond and the collateral are free again.
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    // A success counts as soon as somebody has it recorded, and once.
    assert_eq!(harness.score(&provider).await?, U256::from(5_000));
    let tasks = harness.market.tasks();
    let record = || tasks.recordOutcomes(vec![task]);
    client.send("recording", record()).await?;
    assert!(harness.score(&provider).await? > U256::from(5_000));
    let again = client.send("recording again", record()).await;
    assert_eq!(refusal(again), "AlreadyRecorded");
    harness.check_books().await?;

    let escrow = harness.market.escrow();
    let treasury = harness.tokens(&harness.treasury).await?;
    client.send("collecting fees", escrow.collectFees()).await?;
    assert_eq!(harness.tokens(&harness.treasury).await? - treasury, ogpu(2));
    provider
        .account
        .send("withdrawing", escrow.withdraw(ogpu(78)))
        .await?;
    assert_eq!(harness.tokens(&provider.account).await?, ogpu(78));
    harness.check_books().await
}

#[tokio::test]
async fn a_missed_deadline_refunds_and_slashes() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let supply = total_supply(&harness).await?;
    let treasury = harness.tokens(&harness.treasury).await?;
    let (task, _) = harness
        .market
        .submit_task(&client, "ipfs://job", ogpu(100), 10)
        .await?;
    harness.bid(&provider, task, 80).await?;
    harness.assign(&client, task, &provider).await?;
    // The bond and a tenth of the price are held.
    assert_eq!(harness.collateral(&provider).await?, ogpu(100 - 1 - 8));
    harness.outlast(task).await?;
    harness
        .treasury
        .send("failing", harness.market.tasks().failTask(task))
        .await?;

    assert_eq!(harness.status(task).await?, Status::Failed);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000));
    assert_eq!(harness.in_escrow(&provider.account).await?, U256::ZERO);
    // Half of the 8 oGPU are gone: half of that to the client, a quarter to the treasury, a quarter burned.
    assert_eq!(harness.collateral(&provider).await?, ogpu(100 - 4));
    assert_eq!(stake_of(&harness, &provider).await?, ogpu(1_000 - 4));
    let vault = harness.market.vault();
    let injured = harness
        .chain()
        .read("reading", vault.accountOf(client.address()))
        .await?;
    assert_eq!(injured.compensation, ogpu(2));
    assert!(harness.score(&provider).await? < U256::from(5_000));
    harness.check_books().await?;
    client.send("collecting", vault.collectSlashes()).await?;
    assert_eq!(supply - total_supply(&harness).await?, ogpu(1));
    harness.check_books().await?;

    client
        .send("taking the compensation", vault.withdrawCompensation())
        .await?;
    assert_eq!(harness.tokens(&client).await?, ogpu(2));
    let in_vault = harness
        .chain()
        .read("reading", vault.accountOf(harness.treasury.address()))
        .await?
        .compensation;
    assert_eq!(
        harness.tokens(&harness.treasury).await? - treasury + in_vault,
        ogpu(1)
    );
    harness.check_books().await
}

#[tokio::test]
async fn a_cancelled_or_expired_task_is_refunded_and_bonds_come_back() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let tasks = harness.market.tasks();

    let cancelled = harness.open(&client).await?;
    harness.bid(&provider, cancelled, 80).await?;
    assert_eq!(harness.collateral(&provider).await?, ogpu(99));
    client
        .send("cancelling", tasks.cancelTask(cancelled))
        .await?;
    assert_eq!(harness.status(cancelled).await?, Status::Cancelled);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000));
    provider
        .account
        .send("withdrawing", tasks.withdrawBid(cancelled, provider.id))
        .await?;
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    let again = provider
        .account
        .send("withdrawing", tasks.withdrawBid(cancelled, provider.id))
        .await;
    assert_eq!(refusal(again), "NoBid");

    let expired = harness.open(&client).await?;
    harness.bid(&provider, expired, 80).await?;
    harness.outlast(expired).await?;
    let early = harness
        .treasury
        .send("expiring", tasks.expireTask(expired))
        .await;
    assert_eq!(refusal(early), "TooEarly");
    harness.advance(20).await?;
    harness
        .treasury
        .send("expiring", tasks.expireTask(expired))
        .await?;
    assert_eq!(harness.status(expired).await?, Status::Expired);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000));
    provider
        .account
        .send("withdrawing", tasks.withdrawBid(expired, provider.id))
        .await?;
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    harness.check_books().await
}

#[tokio::test]
async fn a_silent_client_pays() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let task = harness
        .task_in(Status::Submitted, &client, &provider)
        .await?;
    assert_eq!(refusal(harness.finalize(task).await), "TooEarly");
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.status(task).await?, Status::Finalized);
    assert_eq!(harness.in_escrow(&provider.account).await?, ogpu(78));
    harness.check_books().await
}

#[tokio::test]
async fn an_undisputed_rejection_fails_the_task() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let task = harness
        .task_in(Status::Rejected, &client, &provider)
        .await?;
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.status(task).await?, Status::Failed);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000));
    assert_eq!(stake_of(&harness, &provider).await?, ogpu(1_000 - 4));
    harness.check_books().await
}

#[tokio::test]
async fn the_owner_decides_a_dispute() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let tasks = harness.market.tasks();
    let task = harness
        .task_in(Status::Disputed, &client, &provider)
        .await?;
    let stranger = harness
        .treasury
        .send("resolving", tasks.resolveDispute(task, 5_000, U256::ZERO))
        .await;
    assert_eq!(refusal(stranger), "OwnableUnauthorizedAccount");
    let excess = harness
        .owner
        .send("resolving", tasks.resolveDispute(task, 10_001, U256::ZERO))
        .await;
    assert_eq!(refusal(excess), "OutOfRange");
    let excess = harness
        .owner
        .send("resolving", tasks.resolveDispute(task, 0, ogpu(9)))
        .await;
    assert_eq!(refusal(excess), "SlashAboveCollateral");
    harness
        .owner
        .send("resolving", tasks.resolveDispute(task, 2_500, ogpu(3)))
        .await?;
    assert_eq!(harness.status(task).await?, Status::Resolved);
    // A quarter of 80 oGPU, less the fee of 2.5 % of that; 3 oGPU of the collateral are gone.
    let fee = ogpu(20) * U256::from(250) / U256::from(10_000);
    assert_eq!(harness.in_escrow(&provider.account).await?, ogpu(20) - fee);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 20));
    assert_eq!(stake_of(&harness, &provider).await?, ogpu(1_000 - 3));
    assert_eq!(harness.collateral(&provider).await?, ogpu(100 - 3));
    assert!(harness.score(&provider).await? < U256::from(5_000));
    harness.check_books().await
}

#[tokio::test]
async fn a_dispute_nobody_decides_is_split() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let task = harness
        .task_in(Status::Disputed, &client, &provider)
        .await?;
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.status(task).await?, Status::Resolved);
    assert_eq!(harness.in_escrow(&provider.account).await?, ogpu(39));
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 40));
    assert_eq!(stake_of(&harness, &provider).await?, ogpu(1_000));
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    harness.check_books().await
}

#[tokio::test]
async fn a_client_can_dispute_its_own_acceptance() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let tasks = harness.market.tasks();
    let task = harness
        .task_in(Status::Verified, &client, &provider)
        .await?;
    client.send("disputing", tasks.openDispute(task)).await?;
    assert_eq!(harness.status(task).await?, Status::Disputed);
    harness
        .owner
        .send("resolving", tasks.resolveDispute(task, 0, ogpu(8)))
        .await?;
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000));
    assert_eq!(stake_of(&harness, &provider).await?, ogpu(1_000 - 8));
    harness.check_books().await
}

#[tokio::test]
async fn steps_belong_to_those_who_may_take_them() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let stranger = harness.actor(0).await?;
    let tasks = harness.market.tasks();
    let unknown = U256::from(99);

    let task = harness.open(&client).await?;
    let call = tasks.placeBid(task, provider.id, ogpu(80));
    assert_eq!(refusal(stranger.send("bidding", call).await), "NotProvider");
    let call = tasks.placeBid(task, unknown, ogpu(80));
    assert_eq!(
        refusal(stranger.send("bidding", call).await),
        "UnknownProvider"
    );
    let call = tasks.placeBid(unknown, provider.id, ogpu(80));
    assert_eq!(
        refusal(provider.account.send("bidding", call).await),
        "UnknownTask"
    );
    // Ids that would be known if their upper bits were cut off.
    let call = tasks.placeBid((U256::ONE << 32) + task, provider.id, ogpu(80));
    assert_eq!(
        refusal(provider.account.send("bidding", call).await),
        "UnknownTask"
    );
    let call = tasks.placeBid(task, (U256::ONE << 32) + provider.id, ogpu(80));
    assert_eq!(
        refusal(provider.account.send("bidding", call).await),
        "UnknownProvider"
    );
    let call = tasks.placeBid(task, provider.id, ogpu(101));
    assert_eq!(
        refusal(provider.account.send("bidding", call).await),
        "PriceAboveBudget"
    );
    let call = tasks.placeBid(task, provider.id, (U256::ONE << 96) + ogpu(80));
    assert_eq!(
        refusal(provider.account.send("bidding", call).await),
        "AmountTooLarge"
    );
    assert_eq!(
        refusal(stranger.send("cancelling", tasks.cancelTask(task)).await),
        "NotClient"
    );

    harness.bid(&provider, task, 80).await?;
    let call = tasks.placeBid(task, provider.id, ogpu(81));
    assert_eq!(
        refusal(provider.account.send("bidding", call).await),
        "PriceRaised"
    );
    harness.bid(&provider, task, 70).await?;
    assert_eq!(
        harness.collateral(&provider).await?,
        ogpu(99),
        "a lower bid holds no second bond"
    );

    harness.assign(&client, task, &provider).await?;
    let call = tasks.submitResult(task, keccak256("any"));
    assert_eq!(
        refusal(stranger.send("delivering", call).await),
        "NotProvider"
    );
    harness.deliver(&provider, task).await?;
    let call = tasks.verifyCompletion(task, result_hash());
    assert_eq!(
        refusal(provider.account.send("accepting", call).await),
        "NotClient"
    );
    harness.reject(&client, task).await?;
    assert_eq!(
        refusal(client.send("disputing", tasks.openDispute(task)).await),
        "NotProvider"
    );
    let call = tasks.withdrawBid(task, provider.id);
    assert_eq!(
        refusal(provider.account.send("withdrawing", call).await),
        "BidWon"
    );
    Ok(())
}

#[tokio::test]
async fn nobody_bids_on_its_own_task() -> Result<()> {
    let harness = Harness::new().await?;
    let provider = harness.provider().await?;
    let token = harness.market.token();
    harness
        .owner
        .send(
            "sending",
            token.transfer(provider.account.address(), ogpu(100)),
        )
        .await?;
    harness.market.deposit(&provider.account, ogpu(100)).await?;
    let task = harness.open(&provider.account).await?;
    assert_eq!(
        refusal(harness.bid(&provider, task, 80).await),
        "SelfDealing"
    );
    Ok(())
}

#[tokio::test]
async fn a_copied_seal_is_worthless() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let (honest, copying) = (harness.provider().await?, harness.provider().await?);
    let tasks = harness.market.tasks();
    let (one, other) = (harness.open(&client).await?, harness.open(&client).await?);
    harness.bid(&honest, one, 80).await?;
    harness.assign(&client, one, &honest).await?;
    harness.bid(&copying, other, 80).await?;
    harness.assign(&client, other, &copying).await?;
    harness.deliver(&honest, one).await?;
    let seal = harness
        .chain()
        .read("reading", tasks.bidOf(one, honest.id))
        .await?
        .resultSeal;
    copying
        .account
        .send("delivering", tasks.submitResult(other, seal))
        .await?;
    harness.accept(&client, one).await?;
    harness.accept(&client, other).await?;
    assert_eq!(harness.status(one).await?, Status::Verified);
    assert_eq!(harness.status(other).await?, Status::Rejected);
    Ok(())
}

#[tokio::test]
async fn a_winner_without_collateral_gives_way_to_the_runner_up() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let (leader, second) = (harness.provider().await?, harness.provider().await?);
    let tasks = harness.market.tasks();
    let task = harness.open(&client).await?;
    harness.bid(&second, task, 80).await?;
    harness.bid(&leader, task, 60).await?;
    assert_eq!(harness.market.task(task).await?.view.providerId, leader.id);
    assert_eq!(harness.market.task(task).await?.view.runnerUpId, second.id);
    // The leader takes out all but less than it needs: a tenth of 60.
    leader
        .account
        .send("withdrawing", tasks.withdrawCollateral(leader.id, ogpu(95)))
        .await?;
    harness.outlast(task).await?;
    harness
        .treasury
        .send("assigning", tasks.assignProvider(task, U256::ZERO))
        .await?;
    let view = harness.market.task(task).await?.view;
    assert_eq!((view.providerId, view.price), (second.id, ogpu(80)));
    harness.check_books().await
}

async fn total_supply(harness: &Harness) -> Result<U256> {
    Ok(harness
        .chain()
        .read("reading the supply", harness.market.token().totalSupply())
        .await?)
}

async fn stake_of(harness: &Harness, provider: &Provider) -> Result<U256> {
    let call = harness.market.vault();
    Ok(harness
        .chain()
        .read(
            "reading the stake",
            call.totalStakeOf(provider.account.address()),
        )
        .await?)
}
