//! `ogpu task`

use clap::Subcommand;
use eyre::Result;
use ogpu_client::{Market, Status, Task as TaskState, alloy::primitives::U256, amount};
use serde_json::{Value, json};

use crate::{
    context::Context,
    output::{distance, span, table},
};

/// Look at tasks, and push stuck ones on. Every state that is not final has an exit that anybody can trigger.
#[derive(Subcommand)]
pub enum Task {
    /// Show one task
    Show {
        /// The task
        task: U256,
    },
    /// List the latest tasks
    List {
        /// How many
        #[arg(long, default_value_t = 20)]
        last: u64,
    },
    /// Settle a task whose window has passed: pay it, fail it after a rejection nobody disputed, or split it after a
    /// dispute nobody decided
    Finalize {
        /// The task
        task: U256,
    },
    /// End a task that nobody was assigned to in time
    Expire {
        /// The task
        task: U256,
    },
    /// End a task whose provider missed its deadline
    Fail {
        /// The task
        task: U256,
    },
}

impl Task {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let (task, receipt) = match self {
            Self::Show { task } => return show(context, &context.market().await?, task).await,
            Self::List { last } => return list(context, last).await,
            Self::Finalize { task } => {
                let (market, account) = context.trader().await?;
                (
                    task,
                    account
                        .send("finalizing", market.tasks().finalizePayment(task))
                        .await?,
                )
            }
            Self::Expire { task } => {
                let (market, account) = context.trader().await?;
                (
                    task,
                    account
                        .send("expiring", market.tasks().expireTask(task))
                        .await?,
                )
            }
            Self::Fail { task } => {
                let (market, account) = context.trader().await?;
                (
                    task,
                    account
                        .send("failing", market.tasks().failTask(task))
                        .await?,
                )
            }
        };
        let status = context.market().await?.task(task).await?.status;
        context.sent(
            &format!("task {task} is {status:?}"),
            &receipt,
            json!({ "status": format!("{status:?}") }),
        );
        Ok(())
    }
}

/// Shows one task.
pub async fn show(context: &Context, market: &Market, id: U256) -> Result<()> {
    let task = market.task(id).await?;
    let now = market.chain().now().await?;
    let view = &task.view;
    let mut rows = vec![
        vec!["status".to_owned(), format!("{:?}", task.status)],
        vec!["client".to_owned(), view.client.to_string()],
        vec!["budget, oGPU".to_owned(), amount::format(view.budget)],
        vec!["time to deliver".to_owned(), span(view.duration)],
        vec![
            meaning(task.status).to_owned(),
            distance(view.deadline, now),
        ],
    ];
    if task.status == Status::Open {
        rows.push(vec![
            "leading provider".to_owned(),
            or_none(view.providerId),
        ]);
        rows.push(vec!["runner-up".to_owned(), or_none(view.runnerUpId)]);
    } else if task.status.has_provider() {
        rows.push(vec!["provider".to_owned(), view.providerId.to_string()]);
        rows.push(vec!["price, oGPU".to_owned(), amount::format(view.price)]);
    }
    context.print(&table(&[&format!("task {id}"), ""], &rows), &value(&task));
    Ok(())
}

async fn list(context: &Context, last: u64) -> Result<()> {
    let market = context.market().await?;
    let count = market
        .chain()
        .read("counting tasks", market.tasks().taskCount())
        .await?;
    let first = count.saturating_sub(U256::from(last)) + U256::ONE;
    let mut tasks = Vec::new();
    let mut id = first;
    while id <= count {
        tasks.push(market.task(id).await?);
        id += U256::ONE;
    }
    let rows: Vec<_> = tasks
        .iter()
        .map(|task| {
            vec![
                task.id.to_string(),
                format!("{:?}", task.status),
                amount::format(task.view.budget),
                or_none(task.view.providerId),
                task.view.client.to_string(),
            ]
        })
        .collect();
    let text = match rows.is_empty() {
        true => "no tasks yet; submit one with `ogpu client submit`".to_owned(),
        false => table(
            &["task", "status", "budget, oGPU", "provider", "client"],
            &rows,
        ),
    };
    context.print(&text, &json!({ "count": count.to_string(), "tasks": tasks.iter().map(value).collect::<Vec<_>>() }));
    Ok(())
}

/// What a task's `deadline` means in a state.
fn meaning(status: Status) -> &'static str {
    match status {
        Status::Open => "bidding ends",
        Status::Assigned => "delivery is due",
        Status::Submitted => "review ends",
        Status::Verified | Status::Rejected => "challenge window ends",
        Status::Disputed => "arbitration ends",
        _ => "settled",
    }
}

fn or_none(id: U256) -> String {
    if id.is_zero() {
        "-".to_owned()
    } else {
        id.to_string()
    }
}

fn value(task: &TaskState) -> Value {
    let view = &task.view;
    json!({
        "taskId": task.id.to_string(),
        "status": format!("{:?}", task.status),
        "client": view.client,
        "budget": view.budget.to_string(),
        "duration": view.duration,
        "deadline": view.deadline,
        "providerId": view.providerId.to_string(),
        "price": view.price.to_string(),
        "parameters": view.version,
    })
}
