//! `ogpu verifier`

use clap::Subcommand;
use eyre::Result;
use serde_json::json;

use crate::{context::Context, output::table};

/// Contracts and accounts that judge results in the client's place; the market's owner approves them.
#[derive(Subcommand)]
#[command(after_help = "Examples:
  ogpu verifier list
  ogpu verifier replica --help
  ogpu client submit ipfs://job 25 --duration 3600 --verifier 1 --verifier-fee 0.5")]
pub enum Verifier {
    /// List the verifiers, with the numbers that `ogpu client submit --verifier` takes
    List,
    /// Have a result found again by several providers, or be one of them
    #[command(subcommand)]
    Replica(super::replica::Replica),
}

impl Verifier {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        match self {
            Self::List => list(context).await,
            Self::Replica(replica) => replica.run(context).await,
        }
    }
}

async fn list(context: &Context) -> Result<()> {
    let market = context.market().await?;
    let tasks = market.tasks();
    let mut verifiers = Vec::new();
    for number in 1..=u8::MAX {
        let call = tasks.verifierAt(number);
        let entry = market.chain().read("reading the verifiers", call).await?;
        if entry.verifier.is_zero() {
            break;
        }
        verifiers.push((number, entry));
    }
    let rows: Vec<_> = verifiers
        .iter()
        .map(|(number, entry)| {
            let state = match entry.approved {
                true => "takes tasks",
                false => "retired",
            };
            vec![
                number.to_string(),
                entry.verifier.to_string(),
                state.to_owned(),
            ]
        })
        .collect();
    let text = match rows.is_empty() {
        true => "no verifiers yet; clients judge results themselves".to_owned(),
        false => table(&["number", "verifier", ""], &rows),
    };
    let value = verifiers
            .iter()
            .map(|(number, entry)| {
                json!({ "number": number, "verifier": entry.verifier, "approved": entry.approved })
            })
            .collect::<Vec<_>>();
    context.print(&text, &json!({ "verifiers": value }));
    Ok(())
}
