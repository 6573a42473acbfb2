//! Tasks with terms of their own: who pays, who may bid, and how.

use eyre::{Result, eyre};
use ogpu_client::{
    AllowList, SealedBid, Status,
    alloy::{primitives::U256, providers::Provider as _},
    bindings::task_manager::Terms,
};
use ogpu_tests::{DURATION, Harness, ogpu, refusal};

use super::{UNLISTED, finish, order, plain};

#[tokio::test]
async fn a_sponsor_pays_and_gets_the_rest_back() -> Result<()> {
    let harness = Harness::new().await?;
    let (sponsor, client) = (harness.client().await?, harness.actor(0).await?);
    let provider = harness.provider().await?;
    let market = &harness.market;
    let tasks = market.tasks();
    let mut made = Vec::new();
    for _ in 0..2 {
        let terms = plain(&harness);
        let (task, _) = market
            .submit_task_for(
                &sponsor,
                client.address(),
                "ipfs://job",
                ogpu(100),
                DURATION,
                terms,
            )
            .await?;
        assert_eq!(market.task(task).await?.view.client, client.address());
        made.push(task);
    }
    assert_eq!(harness.in_escrow(&sponsor).await?, ogpu(1_000 - 200));
    let meddling = sponsor.send("cancelling", tasks.cancelTask(made[0])).await;
    assert_eq!(refusal(meddling), "NotClient");
    client.send("cancelling", tasks.cancelTask(made[0])).await?;
    assert_eq!(harness.in_escrow(&sponsor).await?, ogpu(1_000 - 100));

    harness.bid(&provider, made[1], 80).await?;
    harness.assign(&client, made[1], &provider).await?;
    finish(&harness, &client, &provider, made[1], ogpu(80)).await?;
    assert_eq!(harness.in_escrow(&sponsor).await?, ogpu(1_000 - 80));
    assert_eq!(harness.in_escrow(&client).await?, U256::ZERO);
    Ok(())
}

#[tokio::test]
async fn only_providers_on_the_list_bid() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let mut providers = Vec::new();
    for _ in 0..4 {
        providers.push(harness.provider().await?);
    }
    let stranger = providers.pop().ok_or_else(|| eyre!("no providers"))?;
    let tasks = harness.market.tasks();
    let list = AllowList::new(providers.iter().map(|provider| provider.id).collect())?;
    let terms = Terms {
        allowList: list.root(),
        ..plain(&harness)
    };
    let task = order(&harness, &client, terms).await?;
    let plainly = harness.bid(&providers[0], task, 80).await;
    assert_eq!(refusal(plainly), "NotListed");
    let borrowed = list.proof(providers[0].id)?;
    let call = tasks.placeListedBid(task, stranger.id, ogpu(80), borrowed);
    assert_eq!(
        refusal(stranger.account.send("bidding", call).await),
        "NotListed"
    );
    for (provider, price) in providers.iter().zip([82, 80, 81]) {
        let proof = list.proof(provider.id)?;
        let call = tasks.placeListedBid(task, provider.id, ogpu(price), proof);
        provider.account.send("bidding", call).await?;
    }
    harness.outlast(task).await?;
    stranger
        .account
        .send("assigning", tasks.assignProvider(task, U256::ZERO))
        .await?;
    let winner = &providers[1];
    assert_eq!(harness.market.task(task).await?.view.providerId, winner.id);
    finish(&harness, &client, winner, task, ogpu(80)).await
}

#[tokio::test]
async fn sealed_bids_are_opened_and_the_best_wins() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let (dear, fair) = (harness.provider().await?, harness.provider().await?);
    let silent = harness.provider().await?;
    let tasks = harness.market.tasks();
    let terms = Terms {
        biddingWindow: 120,
        bidding: 1,
        revealMinutes: 1,
        ..plain(&harness)
    };
    let task = order(&harness, &client, terms).await?;
    let end = harness.market.task(task).await?.view.deadline;
    let open = harness.bid(&fair, task, 80).await;
    assert_eq!(refusal(open), "OtherBidding");
    let mut sealed = Vec::new();
    for (provider, price) in [(&dear, 90), (&fair, 80), (&silent, 70)] {
        let bid = SealedBid::new(task, provider.id, ogpu(price));
        let call = tasks.commitBid(task, provider.id, bid.commitment(), UNLISTED);
        provider.account.send("sealing", call).await?;
        assert_eq!(harness.collateral(provider).await?, ogpu(99));
        sealed.push((provider, bid));
    }
    let (provider, bid) = &sealed[1];
    let call = tasks.revealBid(task, provider.id, bid.price, bid.salt);
    let early = provider.account.send("opening", call).await;
    assert_eq!(refusal(early), "TooEarly");
    harness.reach(end - 60).await?;
    let late = tasks.commitBid(task, silent.id, bid.commitment(), UNLISTED);
    assert_eq!(
        refusal(silent.account.send("sealing", late).await),
        "TooLate"
    );
    let lower = tasks.revealBid(task, provider.id, bid.price - U256::ONE, bid.salt);
    let lower = provider.account.send("opening", lower).await;
    assert_eq!(refusal(lower), "WrongOpening");
    for (provider, bid) in &sealed[..2] {
        let call = tasks.revealBid(task, provider.id, bid.price, bid.salt);
        provider.account.send("opening", call).await?;
    }
    harness.reach(end).await?;
    let anybody = &harness.treasury;
    anybody
        .send("assigning", tasks.assignProvider(task, U256::ZERO))
        .await?;
    assert_eq!(harness.market.task(task).await?.view.providerId, fair.id);
    for loser in [&dear, &silent] {
        let call = tasks.withdrawBid(task, loser.id);
        loser.account.send("withdrawing", call).await?;
        assert_eq!(harness.collateral(loser).await?, ogpu(100));
    }
    finish(&harness, &client, &fair, task, ogpu(80)).await
}

#[tokio::test]
async fn a_rising_price_is_taken() -> Result<()> {
    let harness = Harness::new().await?;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let tasks = harness.market.tasks();
    let terms = Terms {
        bidding: 2,
        startPrice: ogpu(20),
        ..plain(&harness)
    };
    let task = order(&harness, &client, terms).await?;
    let end = harness.market.task(task).await?.view.deadline;
    harness.reach(end - 20).await?;
    let call = tasks.takeTask(task, provider.id, UNLISTED);
    let receipt = provider.account.send("taking", call).await?;
    let block = receipt.block_number.unwrap_or_default();
    let block = harness.chain().provider().get_block(block.into()).await?;
    let taken = block.ok_or_else(|| eyre!("no block"))?.header.timestamp;
    // From 20 to 100 oGPU in 40 seconds.
    let price = ogpu(100) - ogpu(2 * (end - taken));
    assert!((ogpu(60)..ogpu(100)).contains(&price), "{price}");
    assert_eq!(harness.market.task(task).await?.view.price, price);
    finish(&harness, &client, &provider, task, price).await
}

#[tokio::test]
async fn a_provider_is_hired_at_the_price_it_published() -> Result<()> {
    let harness = Harness::new().await?;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let market = &harness.market;
    let hire = async |duration, most| {
        let terms = Terms::default();
        market
            .hire(
                &client,
                "ipfs://job",
                provider.id,
                duration,
                ogpu(most),
                terms,
            )
            .await
    };
    assert_eq!(refusal(hire(DURATION, 60).await), "NotForHire");
    let publish = market.tasks();
    let publish = publish.publishPrice(provider.id, ogpu(1), DURATION);
    provider.account.send("publishing", publish).await?;
    assert_eq!(refusal(hire(DURATION + 1, 100).await), "NotForHire");
    assert_eq!(refusal(hire(DURATION, 59).await), "PriceAboveBudget");
    let (task, _) = hire(DURATION, 60).await?;
    assert_eq!(harness.status(task).await?, Status::Assigned);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 60));
    finish(&harness, &client, &provider, task, ogpu(60)).await
}

#[tokio::test]
async fn a_task_is_reopened_under_the_same_budget() -> Result<()> {
    let harness = Harness::new().await?;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let market = &harness.market;
    let old = harness.open(&client).await?;
    harness.bid(&provider, old, 95).await?;
    let terms = Terms {
        minTrust: 4_000,
        ..plain(&harness)
    };
    let (task, _) = market
        .reopen_task(&client, old, "ipfs://job", DURATION, terms)
        .await?;
    assert_eq!(harness.status(old).await?, Status::Cancelled);
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 100));
    let view = market.task(task).await?.view;
    assert_eq!((view.budget, view.minTrust), (ogpu(100), 4_000));
    let withdraw = market.tasks();
    let withdraw = withdraw.withdrawBid(old, provider.id);
    provider.account.send("withdrawing", withdraw).await?;
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    harness.bid(&provider, task, 80).await?;
    harness.assign(&client, task, &provider).await?;
    finish(&harness, &client, &provider, task, ogpu(80)).await?;
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 80));
    Ok(())
}
