//! Scores, feedback and contests of the deployed registry: what a settled task moves, who may say what, and what can be undone.

use eyre::{ContextCompat, Result};
use ogpu_client::{
    Status,
    alloy::primitives::{U256, keccak256},
    bindings::ReputationRegistry::{ContestClosed, NewFeedback, OutcomeView, TaskRated},
};
use ogpu_tests::{Harness, ogpu, refusal};

/// How long an outcome can be contested, and then how long the owner has to say something, in seconds.
const CONTEST: u64 = 7 * DAY;
const REVIEW: u64 = 30 * DAY;
const DAY: u64 = 86_400;

async fn outcome(harness: &Harness, task: U256) -> Result<OutcomeView> {
    let call = harness.market.registry();
    Ok(harness.chain().read("", call.outcomeOf(task)).await?)
}

#[tokio::test]
async fn a_client_says_once_how_content_it_was() -> Result<()> {
    let harness = Harness::new().await?;
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let task = harness
        .task_in(Status::Finalized, &client, &provider)
        .await?;
    let registry = harness.market.registry();
    let feedback = |value: i128| {
        let (tag, none) = ("fast".to_owned(), String::new());
        let uri = "ipfs://review".to_owned();
        registry.giveFeedback(task, value, 1, tag, none, uri, keccak256("review"))
    };
    let early = client.send("rating", feedback(875)).await;
    assert_eq!(refusal(early), "UnknownOutcome");
    let call = harness.market.tasks();
    let call = call.recordOutcomes(vec![task]);
    harness.treasury.send("recording", call).await?;
    let score = harness.score(&provider).await?;

    let other = provider.account.send("rating", feedback(1_000)).await;
    assert_eq!(refusal(other), "NotClient");
    let beyond = client.send("rating", feedback(1_001)).await;
    assert_eq!(refusal(beyond), "FeedbackOutOfRange");
    let receipt = client.send("rating", feedback(875)).await?;
    let given = receipt.decoded_log::<NewFeedback>().wrap_err("no event")?;
    assert_eq!(
        (given.agentId, given.clientAddress),
        (provider.id, client.address())
    );
    assert_eq!((given.value, given.valueDecimals), (875, 1));
    assert_eq!(
        (given.tag1.as_str(), given.feedbackHash),
        ("fast", keccak256("review"))
    );
    let rated = receipt.decoded_log::<TaskRated>().wrap_err("no event")?;
    assert_eq!(rated.taskId, task);
    let again = client.send("rating", feedback(0)).await;
    assert_eq!(refusal(again), "AlreadyRated");

    let call = registry.getSummary(provider.id, vec![], String::new(), String::new());
    let summary = harness.chain().read("", call).await?;
    assert_eq!((summary.count, summary.summaryValue), (1, 8_750));
    assert!(outcome(&harness, task).await?.rated);
    assert_eq!(
        harness.score(&provider).await?,
        score,
        "feedback moves no score"
    );
    harness.check_books().await
}

#[tokio::test]
async fn a_contested_outcome_is_reversed_or_stands() -> Result<()> {
    let harness = Harness::new().await?;
    let client = harness.client().await?;
    let provider = harness.provider().await?;
    let (registry, token) = (harness.market.registry(), harness.market.token());
    let terms = harness.chain().read("", registry.contestTerms()).await?;
    let purse = ogpu(100);
    let call = token.transfer(provider.account.address(), purse);
    harness.owner.send("lending", call).await?;
    let call = token.approve(*registry.address(), U256::MAX);
    provider.account.send("approving", call).await?;
    let start = harness.score(&provider).await?;

    // A missed deadline counts at once, and its provider contests it.
    let task = harness.task_in(Status::Failed, &client, &provider).await?;
    assert!(harness.score(&provider).await? < start);
    let stranger = harness.actor(1).await?;
    let other = stranger.send("contesting", registry.contest(task)).await;
    assert_eq!(refusal(other), "NotParty");
    let call = registry.contest(task);
    provider.account.send("contesting", call).await?;
    assert_eq!(harness.tokens(&provider.account).await?, purse - terms.bond);
    let twice = provider
        .account
        .send("contesting", registry.contest(task))
        .await;
    assert_eq!(refusal(twice), "AlreadyContested");
    let call = registry.resolveContest(task, true);
    let other = stranger.send("deciding", call).await;
    assert_eq!(refusal(other), "OwnableUnauthorizedAccount");
    let early = stranger.send("closing", registry.closeContest(task)).await;
    assert_eq!(refusal(early), "TooEarly");

    // The owner undoes the change; the bond comes back.
    let call = registry.resolveContest(task, true);
    let receipt = harness.owner.send("deciding", call).await?;
    let closed = receipt
        .decoded_log::<ContestClosed>()
        .wrap_err("no event")?;
    assert!(closed.reversed && closed.returned);
    assert_eq!(harness.score(&provider).await?, start);
    assert_eq!(harness.tokens(&provider.account).await?, purse);

    // Another one stands: the bond burns.
    let task = harness.task_in(Status::Failed, &client, &provider).await?;
    let lower = harness.score(&provider).await?;
    let supply = harness.chain().read("", token.totalSupply()).await?;
    let call = registry.contest(task);
    provider.account.send("contesting", call).await?;
    let call = registry.resolveContest(task, false);
    harness.owner.send("deciding", call).await?;
    assert_eq!(harness.score(&provider).await?, lower);
    assert_eq!(harness.tokens(&provider.account).await?, purse - terms.bond);
    let left = harness.chain().read("", token.totalSupply()).await?;
    assert_eq!(supply - left, terms.bond);
    assert_eq!(outcome(&harness, task).await?.stage, 2);
    harness.check_books().await
}

#[tokio::test]
async fn a_contest_that_nobody_decides_is_closed_by_anyone() -> Result<()> {
    let harness = Harness::new().await?;
    let waits = "for the owner's silence about a contest";
    if !harness.stage().may_wait(REVIEW + CONTEST, waits) {
        return Ok(());
    }
    let (client, provider) = (harness.client().await?, harness.provider().await?);
    let (registry, token) = (harness.market.registry(), harness.market.token());
    let task = harness.task_in(Status::Failed, &client, &provider).await?;
    let later = harness.task_in(Status::Failed, &client, &provider).await?;
    let score = harness.score(&provider).await?;
    let call = token.transfer(client.address(), ogpu(100));
    harness.owner.send("lending", call).await?;
    let call = token.approve(*registry.address(), U256::MAX);
    client.send("approving", call).await?;
    client.send("contesting", registry.contest(task)).await?;

    harness
        .reach(outcome(&harness, later).await?.contestEnds)
        .await?;
    let late = client.send("contesting", registry.contest(later)).await;
    assert_eq!(refusal(late), "TooLate");
    harness
        .reach(outcome(&harness, task).await?.reviewEnds)
        .await?;
    let call = registry.resolveContest(task, true);
    let late = harness.owner.send("deciding", call).await;
    assert_eq!(refusal(late), "TooLate");
    let stranger = harness.actor(0).await?;
    let receipt = stranger
        .send("closing", registry.closeContest(task))
        .await?;
    let closed = receipt
        .decoded_log::<ContestClosed>()
        .wrap_err("no event")?;
    assert!(!closed.reversed && closed.returned);
    assert_eq!(harness.tokens(&client).await?, ogpu(100));
    assert!(
        harness.score(&provider).await? >= score,
        "only time moves it"
    );
    harness.check_books().await
}
