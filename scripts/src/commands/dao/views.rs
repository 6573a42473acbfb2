//! What is printed of the DAO.

use eyre::Result;
use ogpu_client::{
    alloy::primitives::U256,
    amount,
    bindings::GovernanceDao::ProposalCreated,
    governance::{ProposalState, ProposalView},
};
use serde_json::{Value, json};

use super::{Hall, short, title};
use crate::{
    context::Context,
    output::{distance, in_blocks, table},
};

/// Seconds between two looks at a proposal.
const PAUSE: u64 = 2;

pub async fn show(context: &Context, hall: &Hall) -> Result<()> {
    let (chain, governor) = (hall.market.chain(), hall.dao.governor());
    let (timelock, token) = (hall.dao.timelock(), hall.market.token());
    let what = "reading the DAO's terms";
    let now = chain.read(what, governor.clock()).await?;
    let past = U256::from(now).saturating_sub(U256::ONE);
    let supply = chain.read(what, token.totalSupply()).await?;
    let quorum = chain.read(what, governor.quorum(past)).await?;
    let blocks = hall.counts_blocks().await?;
    let unit = if blocks { "blocks" } else { "seconds" };
    let read = [
        chain.read(what, governor.votingDelay()).await?.to_string(),
        chain.read(what, governor.votingPeriod()).await?.to_string(),
        chain
            .read(what, governor.lateQuorumVoteExtension())
            .await?
            .to_string(),
    ];
    let [delay, period, extension] = read;
    let delays = chain.read(what, timelock.getMinDelay()).await?.to_string();
    let threshold = chain.read(what, governor.proposalThreshold()).await?;
    let guardian = chain.read(what, governor.proposalGuardian()).await?;
    let made = chain.read(what, governor.proposalCount()).await?;
    let clock = chain.read(what, governor.CLOCK_MODE()).await?;
    let addresses = hall.dao.addresses();
    let timed = |name: &str| format!("{name}, {unit}");
    let rows = [
        (
            "governor".to_owned(),
            "governor",
            addresses.governor.to_string(),
        ),
        (
            "timelock, which owns everything".to_owned(),
            "timelock",
            addresses.timelock.to_string(),
        ),
        ("clock".to_owned(), "clock", clock),
        (timed("until voting begins"), "votingDelay", delay),
        (timed("voting takes"), "votingPeriod", period),
        (
            timed("at least, after a late quorum"),
            "voteExtension",
            extension,
        ),
        (
            "votes to propose".to_owned(),
            "proposalThreshold",
            amount::format(threshold),
        ),
        (
            "quorum, of votes".to_owned(),
            "quorum",
            amount::format(quorum),
        ),
        ("supply".to_owned(), "supply", amount::format(supply)),
        (
            "in the timelock, seconds".to_owned(),
            "timelockDelay",
            delays,
        ),
        (
            "guardian, who can cancel".to_owned(),
            "guardian",
            guardian.to_string(),
        ),
        ("proposals".to_owned(), "proposals", made.to_string()),
    ];
    let value: serde_json::Map<String, Value> = rows
        .iter()
        .map(|(_, key, value)| ((*key).to_owned(), json!(value)))
        .collect();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, _, value)| vec![name, value])
        .collect();
    context.print(&table(&["the DAO", ""], &rows), &Value::Object(value));
    Ok(())
}

pub async fn list(context: &Context, hall: &Hall) -> Result<()> {
    let made = hall.dao.proposals(&hall.deployment).await?;
    let (mut rows, mut values) = (vec![], vec![]);
    for made in made.iter().rev() {
        let state = hall.dao.state(made.proposalId).await?;
        let state = serde_json::to_value(state)?;
        let title = title(&made.description);
        rows.push(vec![
            short(made.proposalId),
            state.as_str().unwrap_or_default().to_owned(),
            title.to_owned(),
        ]);
        values.push(json!({
            "proposalId": made.proposalId.to_string(),
            "state": state,
            "proposer": made.proposer,
            "title": title,
        }));
    }
    let text = match rows.is_empty() {
        true => "nobody has proposed anything yet".to_owned(),
        false => table(&["proposal", "state", "title"], &rows),
    };
    context.print(&text, &json!({ "proposals": values }));
    Ok(())
}

pub async fn describe(
    context: &Context,
    hall: &Hall,
    made: &ProposalCreated,
    view: &ProposalView,
) -> Result<()> {
    let chain = hall.market.chain();
    let governor = hall.dao.governor();
    let clock = U256::from(chain.read("reading the clock", governor.clock()).await?);
    let quorum = match view.snapshot < clock {
        true => amount::format(
            chain
                .read("reading the quorum", governor.quorum(view.snapshot))
                .await?,
        ),
        false => "known when voting begins".to_owned(),
    };
    let calls = hall.describe(&view.actions);
    let state = serde_json::to_value(view.state)?;
    let blocks = hall.counts_blocks().await?;
    let from_now = |reading: U256| match blocks {
        true => in_blocks(reading.saturating_to(), clock.saturating_to()),
        false => distance(reading.saturating_to(), clock.saturating_to()),
    };
    let mut rows = vec![
        ("state", state.as_str().unwrap_or_default().to_owned()),
        ("proposer", view.proposer.to_string()),
        ("voting began, or begins", from_now(view.snapshot)),
        ("voting ends", from_now(view.deadline)),
        ("votes for", amount::format(view.for_votes)),
        ("votes against", amount::format(view.against_votes)),
        ("abstaining", amount::format(view.abstain_votes)),
        ("quorum, for and abstaining", quorum),
    ];
    if view.state == ProposalState::Queued {
        let now = chain.now().await?;
        rows.push(("can be executed", distance(view.eta.saturating_to(), now)));
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    // what the proposer says is set apart from what is so
    let said: Vec<_> = made
        .description
        .trim_end()
        .lines()
        .map(|line| format!("| {line}"))
        .collect();
    let text = format!(
        "{}\n\nIt calls, as the timelock:\n  {}\n\n{}",
        said.join("\n"),
        calls.join("\n  "),
        table(&[&format!("proposal {}", made.proposalId), ""], &rows)
    );
    let value = json!({
        "proposalId": made.proposalId.to_string(),
        "state": state,
        "proposer": view.proposer,
        "description": made.description,
        "calls": calls,
        "snapshot": view.snapshot.to_string(),
        "deadline": view.deadline.to_string(),
        "eta": view.eta.to_string(),
        "for": view.for_votes.to_string(),
        "against": view.against_votes.to_string(),
        "abstain": view.abstain_votes.to_string(),
    });
    context.print(&text, &value);
    Ok(())
}

pub async fn watch(context: &Context, hall: &Hall, id: U256) -> Result<()> {
    let mut before: Option<ProposalView> = None;
    loop {
        let view = hall.dao.proposal(id).await?;
        if before.as_ref() != Some(&view) {
            let state = serde_json::to_value(view.state)?;
            let text = format!(
                "{}: {} for, {} against, {} abstain",
                state.as_str().unwrap_or_default(),
                amount::format(view.for_votes),
                amount::format(view.against_votes),
                amount::format(view.abstain_votes)
            );
            let value = json!({
                "state": state,
                "for": view.for_votes.to_string(),
                "against": view.against_votes.to_string(),
                "abstain": view.abstain_votes.to_string(),
            });
            context.print(&text, &value);
        }
        use ProposalState::{Canceled, Defeated, Executed, Expired};
        if matches!(view.state, Canceled | Defeated | Executed | Expired) {
            return Ok(());
        }
        before = Some(view);
        tokio::time::sleep(std::time::Duration::from_secs(PAUSE)).await;
    }
}
