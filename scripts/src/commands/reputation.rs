//! `ogpu reputation`

use std::path::PathBuf;

use clap::Subcommand;
use eyre::{Result, WrapErr, bail};
use ogpu_client::{
    Market,
    alloy::primitives::{Address, B256, U256, keccak256},
    amount,
    bindings::ReputationRegistry::{OutcomeRecorded, OutcomeView},
};
use serde_json::json;

use crate::{
    context::Context,
    output::{distance, table},
};

/// See how well providers have done, say how content you are, contest what is wrong.
#[derive(Subcommand)]
#[command(after_help = "Examples:
  ogpu reputation list                               providers with their scores
  ogpu reputation show 1                             one of them, and what its clients say
  ogpu reputation record 7 8 9                       have successes counted: anybody, any number at a time
  ogpu reputation outcome 7                          how task 7 ended, and what it moved
  ogpu reputation feedback 1 87.5 --tag fast         the client of task 1, once: 0 to 100; it moves no score
  ogpu reputation contest 7                          its client or provider, within 7 days, against a bond
  ogpu reputation close 7                            anybody, when the owner has said nothing for 30 days more

A score moves with settled tasks only: from 5,000 towards 10,000 with those that went well, towards 0 with those that did not,
back to 5,000 by half in 180 days without any. What one client can move in 30 days is capped.")]
pub enum Reputation {
    /// List providers with their scores
    List {
        /// The first id
        #[arg(long, default_value_t = U256::ONE, value_name = "ID")]
        from: U256,
        /// How many
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        count: u64,
    },
    /// Show a provider's score, tasks and feedback
    Show {
        /// The provider's id
        provider: U256,
        /// What this client has said, and can still move
        #[arg(long, value_name = "ADDRESS")]
        client: Option<Address>,
    },
    /// Have paid tasks counted for their providers' scores; failures count at once, successes when somebody asks (anybody can)
    Record {
        /// The tasks
        #[arg(required = true, value_name = "TASK")]
        tasks: Vec<U256>,
    },
    /// Show how a task ended for its provider, and whether that is contested
    Outcome {
        /// The task
        task: U256,
    },
    /// Say how content you are with a task, as its client, once
    Feedback {
        /// The task
        task: U256,
        /// From 0 to 100, with up to two decimals
        value: String,
        /// A word for it, up to 32 bytes
        #[arg(long, default_value = "", hide_default_value = true)]
        tag: String,
        /// Another word
        #[arg(long, default_value = "", hide_default_value = true)]
        second_tag: String,
        /// Where more is written, up to 256 bytes
        #[arg(long, default_value = "", hide_default_value = true)]
        uri: String,
        /// A file with what is written there: its Keccak-256 goes on the chain
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Put a bond against what a task has moved, as its client or provider (approves it where needed)
    Contest {
        /// The task
        task: U256,
    },
    /// Decide a contest, as the registry's owner
    Resolve {
        /// The task
        task: U256,
        /// Undo the change and return the bond; otherwise the change stands and the bond burns
        #[arg(long)]
        reverse: bool,
    },
    /// Close a contest that nobody has decided: the change stands, the bond goes back (anybody can)
    Close {
        /// The task
        task: U256,
    },
}

impl Reputation {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List { from, count } => list(context, from, count).await,
            Self::Show { provider, client } => show(context, provider, client).await,
            Self::Record { tasks } => record(context, tasks).await,
            Self::Outcome { task } => outcome(context, task).await,
            Self::Feedback {
                task,
                value,
                tag,
                second_tag,
                uri,
                file,
            } => {
                let (value, decimals) = decimal(&value)?;
                let hash = match file {
                    None => B256::ZERO,
                    Some(path) => {
                        let bytes = std::fs::read(&path)
                            .wrap_err_with(|| format!("cannot read {}", path.display()))?;
                        keccak256(bytes)
                    }
                };
                let (market, account) = context.trader().await?;
                let registry = market.registry();
                let call = registry.giveFeedback(task, value, decimals, tag, second_tag, uri, hash);
                let receipt = account.send("giving feedback", call).await?;
                let text = format!("feedback on task {task} is given");
                context.sent(&text, &receipt, json!({ "taskId": task.to_string() }));
                Ok(())
            }
            Self::Contest { task } => {
                let (market, account) = context.trader().await?;
                let registry = market.registry();
                let call = registry.contestTerms();
                let terms = market.chain().read("reading the bond", call).await?;
                let spender = market.addresses().registry;
                market.allow(&account, spender, terms.bond).await?;
                let call = registry.contest(task);
                let receipt = account.send("contesting", call).await?;
                let text = format!(
                    "the outcome of task {task} is contested with a bond of {} oGPU",
                    amount::format(terms.bond)
                );
                let value = json!({ "taskId": task.to_string(), "bond": terms.bond.to_string() });
                context.sent(&text, &receipt, value);
                Ok(())
            }
            Self::Resolve { task, reverse } => {
                let (market, account) = context.trader().await?;
                let registry = market.registry();
                let call = registry.resolveContest(task, reverse);
                let receipt = account.send("deciding", call).await?;
                let view = view(&market, task).await?;
                closed(context, task, &view, &receipt);
                Ok(())
            }
            Self::Close { task } => {
                let (market, account) = context.trader().await?;
                let registry = market.registry();
                let receipt = account.send("closing", registry.closeContest(task)).await?;
                let view = view(&market, task).await?;
                closed(context, task, &view, &receipt);
                Ok(())
            }
        }
    }
}

async fn record(context: &Context, tasks: Vec<U256>) -> Result<()> {
    let (market, account) = context.trader().await?;
    let (registry, count) = (market.registry(), tasks.len());
    let market_calls = market.tasks();
    let call = market_calls.recordOutcomes(tasks);
    let receipt = account.send("recording", call).await?;
    let logs = receipt.inner.logs().iter();
    let recorded: Vec<OutcomeRecorded> = logs
        .filter(|log| log.address() == *registry.address())
        .filter_map(|log| Some(log.log_decode::<OutcomeRecorded>().ok()?.inner.data))
        .collect();
    let rows = recorded.iter().map(|outcome| {
        vec![
            outcome.taskId.to_string(),
            outcome.providerId.to_string(),
            outcome.score.to_string(),
        ]
    });
    let text = format!(
        "{} of {count} tasks are recorded\n{}",
        recorded.len(),
        table(&["task", "provider", "score"], &rows.collect::<Vec<_>>())
    );
    let outcomes = recorded.iter().map(|outcome| {
        json!({
            "taskId": outcome.taskId.to_string(),
            "providerId": outcome.providerId.to_string(),
            "weight": outcome.weight,
            "score": outcome.score.to::<u64>(),
        })
    });
    let value = json!({ "recorded": outcomes.collect::<Vec<_>>() });
    context.sent(&text, &receipt, value);
    Ok(())
}

/// A decimal number as a whole one and its decimals.
fn decimal(text: &str) -> Result<(i128, u8)> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{rest}");
    match (digits.parse(), u8::try_from(rest.len())) {
        (Ok(value), Ok(decimals)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((value, decimals))
        }
        _ => bail!("'{text}' is no number; give 0 to 100, like 87.5"),
    }
}

/// Hundredths, as people read them.
fn hundredths(value: impl Into<u128>) -> String {
    let value = value.into();
    format!("{}.{:02}", value / 100, value % 100)
}

fn closed(context: &Context, task: U256, view: &OutcomeView, receipt: &ogpu_client::Receipt) {
    let stage = stage(view);
    let value = json!({ "taskId": task.to_string(), "contest": stage });
    let text = format!("the outcome of task {task} is {stage}");
    context.sent(&text, receipt, value);
}

fn stage(view: &OutcomeView) -> &'static str {
    match view.stage {
        0 => "not contested",
        1 => "contested",
        2 => "confirmed",
        _ => "reversed",
    }
}

async fn view(market: &Market, task: U256) -> Result<OutcomeView> {
    let registry = market.registry();
    let call = registry.outcomeOf(task);
    Ok(market.chain().read("reading the outcome", call).await?)
}

async fn list(context: &Context, from: U256, count: u64) -> Result<()> {
    let market = context.market().await?;
    let registry = market.registry();
    let call = registry.providersFrom(from, U256::from(count));
    let providers = market.chain().read("reading providers", call).await?;
    let rows: Vec<_> = providers
        .iter()
        .map(|provider| {
            vec![
                provider.providerId.to_string(),
                provider.score.to_string(),
                provider.completed.to_string(),
                provider.failed.to_string(),
                match provider.feedbackCount {
                    0 => "-".to_owned(),
                    count => format!(
                        "{} ({count})",
                        hundredths(provider.feedbackAverage.saturating_to::<u128>())
                    ),
                },
                provider.owner.to_string(),
            ]
        })
        .collect();
    let text = match rows.is_empty() {
        true => format!("no providers from {from} on"),
        false => table(
            &["provider", "score", "done", "failed", "feedback", "owner"],
            &rows,
        ),
    };
    let value: Vec<_> = providers
        .iter()
        .map(|provider| {
            json!({
                "providerId": provider.providerId.to_string(),
                "owner": provider.owner,
                "score": provider.score.to::<u64>(),
                "completed": provider.completed.to::<u64>(),
                "failed": provider.failed.to::<u64>(),
                "updatedAt": provider.updatedAt,
                "feedbackCount": provider.feedbackCount,
                "feedbackAverage": provider.feedbackAverage.to::<u64>(),
            })
        })
        .collect();
    context.print(&text, &json!({ "providers": value }));
    Ok(())
}

async fn show(context: &Context, provider: U256, client: Option<Address>) -> Result<()> {
    let market = context.market().await?;
    let (chain, registry) = (market.chain(), market.registry());
    let record = chain
        .read("reading the record", registry.recordOf(provider))
        .await?;
    let owner = chain
        .read("reading the owner", registry.ownerOf(provider))
        .await?;
    let clients: Vec<Address> = client.into_iter().collect();
    let call = registry.getSummary(provider, clients, String::new(), String::new());
    let summary = chain.read("reading feedback", call).await?;
    let average = hundredths(u128::try_from(summary.summaryValue).unwrap_or(0));
    let now = chain.now().await?;
    let mut rows = vec![
        vec!["owner".to_owned(), owner.to_string()],
        vec!["score".to_owned(), record.score.to_string()],
        vec!["tasks done".to_owned(), record.completed.to_string()],
        vec!["tasks failed".to_owned(), record.failed.to_string()],
        vec![
            "score last moved".to_owned(),
            distance(record.updatedAt, now),
        ],
        vec!["feedbacks".to_owned(), summary.count.to_string()],
    ];
    if summary.count > 0 {
        rows.push(vec!["their average, of 100".to_owned(), average.clone()]);
    }
    let mut value = json!({
        "providerId": provider.to_string(),
        "owner": owner,
        "score": record.score.to::<u64>(),
        "completed": record.completed.to::<u64>(),
        "failed": record.failed.to::<u64>(),
        "updatedAt": record.updatedAt,
        "feedbackCount": summary.count,
        "feedbackAverage": average,
    });
    if let Some(client) = client {
        let pair = chain
            .read("reading the pair", registry.pairOf(client, provider))
            .await?;
        let left = format!("{} up, {} down", pair.gainLeft, pair.lossLeft);
        rows.push(vec!["weight this client can still move".to_owned(), left]);
        value["client"] = json!(client);
        value["gainLeft"] = json!(pair.gainLeft);
        value["lossLeft"] = json!(pair.lossLeft);
        value["windowEnds"] = json!(pair.windowEnds);
    }
    let head = format!("provider {provider}");
    context.print(&table(&[&head, ""], &rows), &value);
    Ok(())
}

async fn outcome(context: &Context, task: U256) -> Result<()> {
    let market = context.market().await?;
    let view = view(&market, task).await?;
    let now = market.chain().now().await?;
    let ended = match view.outcome {
        1 => "failure",
        2 => "neutral",
        _ => "success",
    };
    let mut rows = vec![
        vec!["provider".to_owned(), view.providerId.to_string()],
        vec!["client".to_owned(), view.client.to_string()],
        vec!["outcome".to_owned(), ended.to_owned()],
        vec!["moved the score by".to_owned(), view.moved.to_string()],
        vec!["recorded".to_owned(), distance(view.recordedAt, now)],
        vec![
            "feedback".to_owned(),
            if view.rated { "given" } else { "none yet" }.to_owned(),
        ],
        vec!["contest".to_owned(), stage(&view).to_owned()],
    ];
    match view.stage {
        0 if view.moved != 0 && now < view.contestEnds => rows.push(vec![
            "can be contested until".to_owned(),
            distance(view.contestEnds, now),
        ]),
        1 => {
            rows.push(vec!["by".to_owned(), view.contestant.to_string()]);
            rows.push(vec!["bond, oGPU".to_owned(), amount::format(view.bond)]);
            rows.push(vec![
                "anybody closes it from".to_owned(),
                distance(view.reviewEnds, now),
            ]);
        }
        _ => {}
    }
    let value = json!({
        "taskId": task.to_string(),
        "providerId": view.providerId.to_string(),
        "client": view.client,
        "outcome": ended,
        "moved": view.moved,
        "recordedAt": view.recordedAt,
        "rated": view.rated,
        "contest": stage(&view),
        "contestEnds": view.contestEnds,
        "reviewEnds": view.reviewEnds,
        "contestant": view.contestant,
        "bond": view.bond.to_string(),
    });
    context.print(&table(&[&format!("task {task}"), ""], &rows), &value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_is_read_as_it_is_written() {
        for (text, expected) in [
            ("87", (87, 0)),
            ("87.5", (875, 1)),
            ("0.05", (5, 2)),
            ("100.00", (10_000, 2)),
        ] {
            assert_eq!(decimal(text).unwrap(), expected);
        }
        for text in ["", "-1", "+1", "a", "1.2.3", "."] {
            assert!(decimal(text).is_err(), "{text}");
        }
        assert_eq!(hundredths(9_345u128), "93.45");
        assert_eq!(hundredths(5u128), "0.05");
    }
}
