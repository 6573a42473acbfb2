//! Ballots: those in files, and those that were counted.

use std::path::PathBuf;

use eyre::{Result, WrapErr, ensure};
use ogpu_client::{
    alloy::primitives::U256,
    amount,
    governance::{self, SignedBallot},
};
use serde_json::json;

use super::{Hall, short};
use crate::context::Context;

/// Ballots in one transaction.
const BATCH: usize = 50;

pub async fn voted(
    context: &Context,
    hall: &Hall,
    id: U256,
    receipt: &ogpu_client::Receipt,
) -> Result<()> {
    let view = hall.dao.proposal(id).await?;
    let text = format!(
        "{} for, {} against, {} abstain",
        amount::format(view.for_votes),
        amount::format(view.against_votes),
        amount::format(view.abstain_votes)
    );
    let value = json!({
        "for": view.for_votes.to_string(),
        "against": view.against_votes.to_string(),
        "abstain": view.abstain_votes.to_string(),
    });
    context.sent(&text, receipt, value);
    Ok(())
}

/// The ballots in these files and folders.
fn read_ballots(paths: &[PathBuf]) -> Result<Vec<(PathBuf, SignedBallot)>> {
    let mut files = vec![];
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path);
            let entries = entries.wrap_err_with(|| format!("cannot read {}", path.display()))?;
            for entry in entries {
                let path = entry?.path();
                if path
                    .extension()
                    .is_some_and(|extension| extension == "json")
                {
                    files.push(path);
                }
            }
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    let read = |path: PathBuf| -> Result<(PathBuf, SignedBallot)> {
        let text =
            std::fs::read(&path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        let ballot = serde_json::from_slice(&text)
            .wrap_err_with(|| format!("{} is no ballot", path.display()))?;
        Ok((path, ballot))
    };
    files.into_iter().map(read).collect()
}

pub async fn post(context: &Context, hall: &Hall, paths: &[PathBuf]) -> Result<()> {
    let account = hall.account(context)?;
    let mut good: Vec<SignedBallot> = vec![];
    let mut refused = vec![];
    for (path, ballot) in read_ballots(paths)? {
        match hall.dao.check(&ballot).await? {
            None => good.push(ballot),
            Some(why) => refused.push((path, why)),
        }
    }
    for (path, why) in &refused {
        context.note(&format!("{} is left out: {why}", path.display()));
    }
    ensure!(!good.is_empty(), "no ballot can be posted");
    good.sort_by_key(|ballot| ballot.proposal_id);
    let (mut counted, mut gas) = (0, 0);
    for of_one in good.chunk_by(|one, next| one.proposal_id == next.proposal_id) {
        for batch in of_one.chunks(BATCH) {
            let id = batch[0].proposal_id;
            let receipt = hall.dao.post(&account, id, batch).await?;
            let votes = governance::votes_in(&receipt);
            context.note(&format!(
                "{} of {} ballots on {} counted, {} gas",
                votes.len(),
                batch.len(),
                short(id),
                receipt.gas_used
            ));
            counted += votes.len();
            gas += receipt.gas_used;
        }
    }
    let text = format!("{counted} ballots counted, {gas} gas");
    let refused: Vec<_> = refused
        .iter()
        .map(|(path, why)| json!({ "file": path, "why": why }))
        .collect();
    let value = json!({ "counted": counted, "gas": gas, "leftOut": refused });
    context.print(&text, &value);
    Ok(())
}
