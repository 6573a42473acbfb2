//! `ogpu dao verify`: the programs on the chain beside those built here.

use std::path::Path;

use eyre::{ContextCompat, Result, WrapErr, ensure};
use ogpu_client::{
    alloy::{
        primitives::{Address, Bytes, keccak256},
        sol_types::SolCall as _,
    },
    bindings::{Owned, Watchdog},
};
use serde_json::json;

use super::Hall;
use crate::{context::Context, output::table};

/// A program on the chain beside the one that was built.
async fn compared(
    hall: &Hall,
    name: &str,
    at: Address,
    folder: &Path,
) -> Result<(Vec<String>, bool)> {
    let path = folder.join(format!("{name}.code"));
    let built = std::fs::read(&path).wrap_err_with(|| {
        format!(
            "cannot read {}; `cargo xtask build` makes it",
            path.display()
        )
    })?;
    let code: Bytes = hall.market.chain().code(at).await?;
    let same = *code == built[..];
    let row = vec![
        name.to_owned(),
        at.to_string(),
        keccak256(&code).to_string(),
        if same { "the same" } else { "DIFFERENT" }.to_owned(),
    ];
    Ok((row, same))
}

pub async fn verify(
    context: &Context,
    hall: &Hall,
    proposal: Option<String>,
    folder: &Path,
) -> Result<()> {
    let mut programs: Vec<(String, Address)> = vec![];
    let mut pinned = vec![];
    match proposal {
        None => {
            for (name, contract) in &hall.deployment.contracts {
                programs.push((name.clone(), contract.implementation));
            }
        }
        Some(text) => {
            let made = hall.find(&text).await?;
            for (target, data) in made.targets.iter().zip(&made.calldatas) {
                if let Ok(pin) = Watchdog::requireCodeCall::abi_decode(data) {
                    pinned.push(pin.account);
                }
                let Ok(upgrade) = Owned::upgradeToAndCallCall::abi_decode(data) else {
                    continue;
                };
                let mut contracts = hall.deployment.contracts.iter();
                let found = contracts.find(|(_, contract)| contract.proxy == Some(*target));
                let (name, _) = found.wrap_err_with(|| {
                    format!("it upgrades {target}, which is no contract of this deployment")
                })?;
                programs.push((name.clone(), upgrade.newImplementation));
            }
            ensure!(!programs.is_empty(), "it upgrades nothing");
        }
    }
    let (mut rows, mut all) = (vec![], true);
    let mut values = vec![];
    for (name, address) in programs {
        let (row, same) = compared(hall, &name, address, folder).await?;
        let pin = pinned.contains(&address);
        values.push(json!({ "contract": row[0], "implementation": row[1], "codeHash": row[2], "same": same, "pinned": pin }));
        rows.push(row);
        all &= same;
    }
    let text = table(
        &["contract", "implementation", "code hash", "built here"],
        &rows,
    );
    context.print(&text, &json!({ "programs": values, "same": all }));
    ensure!(all, "a program is not the one that is built here");
    Ok(())
}
