//! `ogpu demo`: three tasks side by side on a fresh market, and the books before and after.

mod books;
mod stage;
mod story;

use std::time::Instant;

use clap::Args;
use eyre::{Result, ensure};
use ogpu_client::{
    Status,
    alloy::primitives::{U256, keccak256},
};
use serde_json::json;

use crate::context::Context;
use books::Books;
use stage::Stage;
use story::{Outcome, Story};

/// Runs three tasks from submission to settlement: one paid, one that misses its deadline, one cancelled.
///
/// Without --rpc (and OGPU_RPC_URL) the embedded chain is started in this process, and time is told to pass. On a real
/// chain the demo deploys a market of its own with short windows, signs as OGPU_PRIVATE_KEY (or --keystore), and waits.
#[derive(Args)]
#[command(after_help = "Examples:
  ogpu demo                                  on the embedded chain
  ogpu demo --json                           the same, for programs
  ogpu demo --rpc http://127.0.0.1:8547      on a chain that runs already")]
pub struct Demo {
    /// Folder with the built programs; target/programs when left out
    #[arg(long, env = "OGPU_PROGRAMS", value_name = "DIR")]
    programs: Option<std::path::PathBuf>,
}

/// oGPU, in wei.
fn ogpu(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

impl Demo {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let start = Instant::now();
        let stage = Stage::set(context, self.programs).await?;
        let before = Books::take(&stage).await?;

        let mut paid = Story::new(context, "paid", 600);
        let mut missed = Story::new(context, "missed", stage::SHORT);
        let mut cancelled = Story::new(context, "cancelled", 600);
        context.note("\nThree tasks, side by side:");
        for story in [&mut paid, &mut missed, &mut cancelled] {
            story.submit(&stage, ogpu(100)).await?;
        }
        paid.bid(&stage, &stage.swift, ogpu(80)).await?;
        missed.bid(&stage, &stage.slow, ogpu(90)).await?;
        paid.assign(&stage, &stage.swift).await?;
        missed.assign(&stage, &stage.slow).await?;
        cancelled.cancel(&stage).await?;

        let result = keccak256(b"the weights of a small model");
        paid.deliver(&stage, &stage.swift, result).await?;
        paid.accept(&stage, result).await?;
        paid.wait(&stage).await?;
        paid.pay(&stage).await?;
        let paid_after = start.elapsed().as_secs_f64();
        missed.wait(&stage).await?;
        paid.record(&stage).await?;
        missed.fail(&stage).await?;
        missed.collect(&stage).await?;

        let stories = [paid, missed, cancelled];
        let mut outcomes = Vec::new();
        for (story, expected) in
            stories
                .iter()
                .zip([Status::Finalized, Status::Failed, Status::Cancelled])
        {
            let outcome = story.outcome(&stage).await?;
            ensure!(
                outcome.status == expected,
                "task {} ended {:?} instead of {expected:?}",
                outcome.id,
                outcome.status
            );
            outcomes.push(outcome);
        }
        let after = Books::take(&stage).await?;
        let changes = after.check(&before)?;

        let text = format!(
            "\n{}\n\n{}\n\nThe paid task was settled {paid_after:.1} s after the start; everything took {:.1} s.",
            changes.table(),
            Outcome::table(&outcomes),
            start.elapsed().as_secs_f64()
        );
        let value = json!({
            "chain_id": stage.market.chain().id(),
            "deployment": stage.deployment_json(),
            "tasks": outcomes.iter().map(Outcome::json).collect::<Vec<_>>(),
            "books": changes.json(),
            "seconds_to_paid": paid_after,
            "seconds": start.elapsed().as_secs_f64(),
        });
        context.print(&text, &value);
        Ok(())
    }
}
