//! Every way to trade beyond the plain order, from the order to the payment.

mod judged;
mod signed;
mod terms;

use eyre::Result;
use ogpu_client::{
    Account, Status,
    alloy::primitives::{B256, U256},
    bindings::task_manager::Terms,
};
use ogpu_tests::{DURATION, Harness, Provider, ogpu};

/// The terms that a plain order has.
fn plain(harness: &Harness) -> Terms {
    let parameters = &harness.settings.parameters;
    Terms {
        biddingWindow: parameters.biddingWindow.into(),
        trustWeight: parameters.trustWeight,
        ..Terms::default()
    }
}

/// A task of 100 oGPU under these terms.
async fn order(harness: &Harness, client: &Account, terms: Terms) -> Result<U256> {
    let market = &harness.market;
    let (task, _) = market
        .submit_task_with_terms(client, "ipfs://job", ogpu(100), DURATION, terms)
        .await?;
    Ok(task)
}

/// An assigned task is delivered, accepted and paid: `provider` earns `price`, in wei, without the fee of 2.5 %, its collateral
/// is free again, and the books add up.
async fn finish(
    harness: &Harness,
    client: &Account,
    provider: &Provider,
    task: U256,
    price: U256,
) -> Result<()> {
    let before = harness.in_escrow(&provider.account).await?;
    harness.deliver(provider, task).await?;
    harness.accept(client, task).await?;
    harness.outlast(task).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.status(task).await?, Status::Finalized);
    let earned = harness.in_escrow(&provider.account).await? - before;
    assert_eq!(earned, price - price / U256::from(40));
    assert_eq!(harness.collateral(provider).await?, ogpu(100));
    harness.check_books().await
}

/// No proof, for tasks without a list.
const UNLISTED: Vec<B256> = Vec::new();
