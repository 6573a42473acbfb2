//! Several calls in one transaction.

use eyre::Result;
use ogpu_client::{
    Status,
    alloy::{
        primitives::{Bytes, U256},
        sol_types::SolCall,
    },
    bindings::TaskManager,
};
use ogpu_tests::{DURATION, Harness, ogpu, refusal, result_hash};

fn submission() -> Bytes {
    TaskManager::submitTaskCall {
        taskMetadata: "ipfs://job".to_owned(),
        budget: ogpu(100),
        duration: DURATION,
    }
    .abi_encode()
    .into()
}

#[tokio::test]
async fn eight_tasks_are_submitted_bid_on_and_settled_in_three_transactions() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let tasks = harness.market.tasks();
    let market = &harness.market;

    client
        .send("submitting", tasks.multicall(vec![submission(); 8]))
        .await?;
    let ids: Vec<U256> = (1..=8).map(U256::from).collect();
    for task in &ids {
        assert_eq!(market.task(*task).await?.view.client, client.address());
    }
    let bids = ids.iter().map(|task| {
        let call = TaskManager::placeBidCall {
            taskId: *task,
            providerId: provider.id,
            price: ogpu(80),
        };
        Bytes::from(call.abi_encode())
    });
    let receipt = provider
        .account
        .send("bidding", tasks.multicall(bids.collect()))
        .await?;
    let a_bid = harness.execution_gas(&receipt).await? / 8;

    for task in &ids {
        harness.assign(&client, *task, &provider).await?;
        market
            .deliver(&provider.account, *task, provider.id, result_hash())
            .await?;
        harness.accept(&client, *task).await?;
    }
    harness.outlast(ids[7]).await?;
    let settle = ids.iter().map(|task| {
        let call = TaskManager::finalizePaymentCall { taskId: *task };
        Bytes::from(call.abi_encode())
    });
    let receipt = harness
        .treasury
        .send("settling", tasks.multicall(settle.collect()))
        .await?;
    let a_settlement = harness.execution_gas(&receipt).await? / 8;
    for task in ids {
        assert_eq!(harness.status(task).await?, Status::Finalized);
    }
    if harness.is_cached().await? {
        assert!(a_settlement <= 57_000, "{a_settlement} gas a settlement");
        assert!(a_bid <= 50_000, "{a_bid} gas a bid");
    }
    harness.check_books().await
}

#[tokio::test]
async fn a_batch_is_all_or_nothing_and_everybodys_own() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let stranger = harness.actor(0).await?;
    let tasks = harness.market.tasks();
    let task = harness.open(&client).await?;
    let cancel = || {
        let call = TaskManager::cancelTaskCall { taskId: task };
        Bytes::from(call.abi_encode())
    };
    let by_stranger = stranger.send("", tasks.multicall(vec![cancel()])).await;
    assert_eq!(refusal(by_stranger), "NotClient");
    let twice = client
        .send("", tasks.multicall(vec![cancel(), cancel()]))
        .await;
    assert_eq!(refusal(twice), "WrongStatus");
    assert_eq!(harness.status(task).await?, Status::Open);
    let nested = TaskManager::multicallCall {
        calls: vec![cancel()],
    };
    client
        .send("", tasks.multicall(vec![nested.abi_encode().into()]))
        .await?;
    assert_eq!(harness.status(task).await?, Status::Cancelled);
    harness.check_books().await
}
