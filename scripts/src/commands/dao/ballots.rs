//! Ballots: those in files, and those that were counted.

use std::path::PathBuf;

use eyre::{Result, WrapErr, ensure};
use ogpu_client::{
    ClientError,
    alloy::primitives::U256,
    amount,
    governance::{self, SignedBallot},
};
use serde_json::json;

use super::{Hall, short};
use crate::context::Context;

/// What there is of each file: a ballot, or why there is none.
type Filed<T> = Vec<(PathBuf, T)>;

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

/// The ballots in these files and folders, and the files that are none, with why.
fn read_ballots(paths: &[PathBuf]) -> Result<(Filed<SignedBallot>, Filed<String>)> {
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
    files.dedup();
    let (mut ballots, mut others) = (vec![], vec![]);
    for path in files {
        let text = std::fs::read(&path).map_err(|error| format!("it cannot be read: {error}"));
        let ballot = text.and_then(|text| {
            serde_json::from_slice(&text).map_err(|error| format!("it is no ballot: {error}"))
        });
        match ballot {
            Ok(ballot) => ballots.push((path, ballot)),
            Err(why) => others.push((path, why)),
        }
    }
    Ok((ballots, others))
}

pub async fn post(context: &Context, hall: &Hall, paths: &[PathBuf]) -> Result<()> {
    let account = hall.account(context)?;
    let (ballots, mut left_out) = read_ballots(paths)?;
    let checked = hall.dao.check_all(ballots).await?;
    left_out.extend(checked.refused);
    for (path, why) in &left_out {
        context.note(&format!("{} is left out: {why}", path.display()));
    }
    let any = !checked.batches.is_empty();
    let (mut counted, mut gas) = (0, 0);
    for batch in checked.batches {
        let (paths, ballots): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let id = ballots[0].proposal_id;
        let receipt = match hall.dao.post(&account, id, &ballots).await {
            Err(why @ ClientError::Refused { .. }) => {
                context.note(&format!("{} are not posted: {why}", ballots.len()));
                left_out.extend(paths.into_iter().map(|path| (path, why.to_string())));
                continue;
            }
            posted => posted?,
        };
        let votes = governance::votes_in(&receipt);
        context.note(&format!(
            "{} of {} ballots on {} counted, {} gas",
            votes.len(),
            ballots.len(),
            short(id),
            receipt.gas_used
        ));
        for (position, why) in governance::skipped_in(&receipt) {
            let path = paths.get(position).cloned().unwrap_or_default();
            context.note(&format!("{} was not counted: {why}", path.display()));
            left_out.push((path, why.to_string()));
        }
        counted += votes.len();
        gas += receipt.gas_used;
    }
    ensure!(any, "no ballot can be posted: {}", reasons(&left_out));
    let text = format!("{counted} ballots counted, {gas} gas");
    let left_out: Vec<_> = left_out
        .iter()
        .map(|(path, why)| json!({ "file": path, "why": why }))
        .collect();
    let value = json!({ "counted": counted, "gas": gas, "leftOut": left_out });
    context.print(&text, &value);
    ensure!(counted > 0, "none was counted");
    Ok(())
}

/// Why files were left out, the first few of them.
fn reasons(left_out: &[(PathBuf, String)]) -> String {
    let each = left_out.iter().take(3);
    let each: Vec<_> = each
        .map(|(path, why)| format!("{}: {why}", path.display()))
        .collect();
    match each.is_empty() {
        true => "there is none".to_owned(),
        false => each.join("; "),
    }
}
