//! `ogpu dao verify`: the programs on the chain, or in a proposal, beside those built from the sources here.

mod calls;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Command, Stdio},
};

use eyre::{ContextCompat, Result, WrapErr, ensure};
use ogpu_client::{
    Program,
    alloy::{
        primitives::{Address, B256, Bytes, U256, keccak256},
        providers::Provider as _,
        rpc::types::Filter,
        sol_types::SolEvent as _,
    },
    bindings::{GovernanceDao, TaskManager},
    programs::{EXTENSIONS, selectors},
    proxy_init::IMPLEMENTATION_SLOT,
};
use serde_json::json;

use self::calls::{Placed, placed};
use super::Hall;
use crate::{context::Context, output::table};

/// The program of every proxy.
const PROXY: &str = "proxy-uups";

/// Compares programs with those built here, and fails if one is another, or is not pinned by the proposal that puts it in place.
pub async fn verify(
    context: &Context,
    hall: &Hall,
    proposal: Option<String>,
    folder: Option<PathBuf>,
) -> Result<()> {
    let programs = match &proposal {
        None => running(hall).await?,
        Some(text) => proposed(hall, text).await?,
    };
    let folder = match folder {
        Some(folder) => {
            context.note(&format!(
                "nothing is built: compared with what {} has",
                folder.display()
            ));
            folder
        }
        None => build(context)?,
    };
    let (mut rows, mut values) = (vec![], vec![]);
    let (mut same, mut pinned) = (true, true);
    for placed in programs {
        let built = Program::read(&folder, &placed.program)?.code_hash();
        let code: Bytes = hall.market.chain().code(placed.address).await?;
        let (found, pin) = (keccak256(&code), placed.pins.contains(&built));
        let mut row = vec![
            placed.contract.clone(),
            placed.program.clone(),
            placed.address.to_string(),
            shortened(found),
            if found == built {
                "the same"
            } else {
                "DIFFERENT"
            }
            .to_owned(),
        ];
        if proposal.is_some() {
            row.push(if pin { "pinned" } else { "NOT PINNED" }.to_owned());
        }
        rows.push(row);
        values.push(json!({
            "contract": placed.contract,
            "program": placed.program,
            "implementation": placed.address,
            "codeHash": found,
            "same": found == built,
            "pinned": pin,
        }));
        same &= found == built;
        pinned &= pin;
    }
    let head = [
        "contract",
        "program",
        "at",
        "code hash",
        "built here",
        "in the proposal",
    ];
    let (columns, mut value) = match proposal {
        Some(_) => (6, json!({ "pinned": pinned })),
        None => (5, json!({})),
    };
    value["programs"] = json!(values);
    value["same"] = json!(same);
    context.print(&table(&head[..columns], &rows), &value);
    ensure!(
        same,
        "a program is not the one that is built here: ask for the commit it was built from, or do not vote for it"
    );
    ensure!(
        pinned || proposal.is_none(),
        "the proposal does not pin every program by watchdog.requireCode with the hash of the code built here, before the call that puts \
         it in place; `ogpu dao install` prints a proposal that does"
    );
    Ok(())
}

/// The ends of a hash.
fn shortened(hash: B256) -> String {
    let text = hash.to_string();
    format!("{}…{}", &text[..10], &text[62..])
}

/// Builds the programs from the sources around the working directory.
fn build(context: &Context) -> Result<PathBuf> {
    let here = std::env::current_dir()?;
    let root = here
        .ancestors()
        .find(|folder| folder.join("contracts").is_dir() && folder.join("xtask").is_dir())
        .wrap_err(
            "no sources here to build the programs from: go to a clone of the project, at the commit that the proposal names, or \
             name a folder of built programs with --programs",
        )?;
    context.note("building the programs from the sources here, as `cargo xtask build` does …");
    let status = Command::new("cargo")
        .args(["xtask", "build"])
        .current_dir(root)
        .stdout(Stdio::null())
        .status()
        .wrap_err("cannot start cargo, which builds the programs")?;
    ensure!(status.success(), "the sources here do not build");
    Ok(root.join(ogpu_client::programs::DEFAULT_FOLDER))
}

/// What a proposal puts in place.
async fn proposed(hall: &Hall, text: &str) -> Result<Vec<Placed>> {
    let made = hall.find(text).await?;
    let actions = made.targets.iter().zip(&made.calldatas);
    let actions = actions.map(|(target, data)| (*target, data.as_ref()));
    let programs = placed(&hall.deployment.contracts, actions)?;
    ensure!(!programs.is_empty(), "it puts no program in place");
    Ok(programs)
}

/// What runs now: each proxy's implementation, and the extensions it delegates to, as the chain has them.
async fn running(hall: &Hall) -> Result<Vec<Placed>> {
    let mut programs = vec![];
    for (name, contract) in &hall.deployment.contracts {
        let Some(proxy) = contract.proxy else {
            continue;
        };
        let slot = U256::from_be_bytes(IMPLEMENTATION_SLOT.0);
        let word = hall.market.chain().storage(proxy, slot).await?;
        programs.push(Placed::running(name, PROXY, proxy));
        programs.push(Placed::running(name, name, Address::from_word(word)));
        for (program, address) in extensions(hall, name, proxy).await? {
            programs.push(Placed::running(name, &program, address));
        }
    }
    Ok(programs)
}

/// The extensions that a contract delegates to, from its events.
async fn extensions(hall: &Hall, contract: &str, proxy: Address) -> Result<Vec<(String, Address)>> {
    if EXTENSIONS.iter().all(|(_, host)| *host != contract) {
        return Ok(vec![]);
    }
    let chain = hall.market.chain();
    let from = hall.deployment.anchor.as_ref();
    let filter = Filter::new()
        .address(proxy)
        .event_signature(vec![
            GovernanceDao::ExtensionSet::SIGNATURE_HASH,
            TaskManager::ExtensionSet::SIGNATURE_HASH,
        ])
        .from_block(from.map_or(0, |anchor| anchor.number));
    let logs = chain.provider().get_logs(&filter).await;
    let logs = logs.wrap_err("reading the extensions from the events")?;
    // who answers a selector now; the one extension of others answers for all
    let mut now: BTreeMap<[u8; 4], Address> = BTreeMap::new();
    for log in logs {
        if let Ok(set) = log.log_decode::<TaskManager::ExtensionSet>() {
            let set = set.inner.data;
            for selector in set.selectors.as_chunks().0 {
                now.insert(*selector, set.extension);
            }
        } else if let Ok(set) = log.log_decode::<GovernanceDao::ExtensionSet>() {
            now.insert([0; 4], set.inner.data.extension);
        }
    }
    let mut found = vec![];
    for (selector, address) in now {
        let pair = (program_of(contract, selector)?, address);
        if !address.is_zero() && !found.contains(&pair) {
            found.push(pair);
        }
    }
    Ok(found)
}

/// The extension of a contract that has a function.
fn program_of(contract: &str, selector: [u8; 4]) -> Result<String> {
    let mut extensions = EXTENSIONS.iter().filter(|(_, host)| *host == contract);
    let found = match contract {
        "task-manager" => extensions.find(|(name, _)| {
            let known = selectors(name);
            known.as_chunks::<4>().0.contains(&selector)
        }),
        _ => extensions.next(),
    };
    let found = found.wrap_err_with(|| {
        let selector = Bytes::from(selector);
        format!("no extension of {contract} built here has a function {selector}")
    })?;
    Ok(found.0.to_owned())
}
