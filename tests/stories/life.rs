//! The life of a task: every way it can go, and every step at every moment, allowed or refused.

use eyre::Result;
use ogpu_client::{Status, alloy::primitives::U256};
use ogpu_tests::{Harness, ogpu};

#[tokio::test]
async fn a_delivered_and_accepted_task_is_paid() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let task = harness.task_in(Status::Finalized, &client, &provider).await?;

    assert_eq!(harness.status(task).await?, Status::Finalized);
    // 80 of 100 oGPU agreed; 2.5 % of 80 is the fee.
    assert_eq!(harness.in_escrow(&provider.account).await?, ogpu(78));
    assert_eq!(harness.in_escrow(&client).await?, ogpu(1_000 - 80));
    // The bond and the collateral are free again.
    assert_eq!(harness.collateral(&provider).await?, ogpu(100));
    assert!(harness.score(&provider).await? > U256::from(5_000));
    harness.check_books().await?;

    let escrow = harness.market.escrow();
    let treasury = harness.tokens(&harness.treasury).await?;
    client.send("collecting fees", escrow.collectFees()).await?;
    assert_eq!(harness.tokens(&harness.treasury).await? - treasury, ogpu(2));
    provider.account.send("withdrawing", escrow.withdraw(ogpu(78))).await?;
    assert_eq!(harness.tokens(&provider.account).await?, ogpu(78));
    harness.check_books().await
}
