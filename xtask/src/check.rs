//! Formatting, lints, and the committed snapshots.
//!
//! | snapshot | says | made by |
//! |---|---|---|
//! | `snapshots/size.json` | program → bytes on chain | `cargo xtask build` |
//! | `abi/CONTRACT.json` | functions, events, errors, those of its extension among them | [`crate::abi`] |
//! | `snapshots/layout/CONTRACT.json` | field → slot, offset, type; of an extension there is none, since it has its contract's | [`crate::layout`] |
//! | `snapshots/gas.json` | operation → gas | the stories in `tests/`, which compare it themselves |
//! | `snapshots/growth.json` | step → gas among 1, 10 and 1,000 others | likewise |

use crate::{
    abi, layout,
    programs::{self, CONTRACTS, Contract, Kind},
    run::{self, cargo, workspace_root},
};
use eyre::{Result, bail};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

/// The largest program the project allows itself, in bytes on chain.
const OWN_LIMIT: usize = 22_000;

/// The largest proxy the project allows itself, in bytes on chain.
const PROXY_LIMIT: usize = 1_500;

/// Everything that must hold before a change lands, tests aside.
pub fn check() -> Result<()> {
    for component in ["rustfmt", "clippy"] {
        let tool = if component == "clippy" {
            "cargo-clippy"
        } else {
            component
        };
        if run::capture(Command::new(tool).arg("--version")).is_err() {
            eprintln!("Installing {component} for the pinned toolchain …");
            run::run(Command::new("rustup").args(["component", "add", component]))?;
        }
    }
    step("formatting", || {
        run::run(cargo().args(["fmt", "--all", "--check"]))
    })?;
    step("lints", || {
        let mut clippy = cargo();
        clippy.args([
            "clippy",
            "--quiet",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]);
        run::run(&mut clippy)
    })?;
    let manifest = programs::build(run::Output::Quiet)?;
    step("sizes", || {
        for Contract { name, kind, .. } in CONTRACTS {
            let bytes = manifest[name].code_bytes;
            let limit = match kind {
                Kind::Proxy => PROXY_LIMIT,
                Kind::BehindProxy | Kind::ExtensionOf(_) => OWN_LIMIT,
            };
            if bytes > limit {
                bail!("{name} has {bytes} bytes; the project's limit is {limit}");
            }
        }
        Ok(())
    })?;
    step("snapshots", || {
        let mut differ = Vec::new();
        for (path, now) in snapshots(&manifest)? {
            let committed = fs::read_to_string(&path).unwrap_or_default();
            if committed != now {
                differ.push(format!(
                    "{}: {}",
                    path.display(),
                    first_difference(&committed, &now)
                ));
            }
        }
        if !differ.is_empty() {
            bail!(
                "these snapshots say something else than the code; if that is on purpose, run `cargo xtask snapshots`:\n  {}",
                differ.join("\n  ")
            );
        }
        Ok(())
    })
}

/// Rewrites the committed snapshots; those of gas are rewritten by the stories that measure it.
pub fn rewrite() -> Result<()> {
    let manifest = programs::build(run::Output::Quiet)?;
    for (path, now) in snapshots(&manifest)? {
        if fs::read_to_string(&path).unwrap_or_default() != now {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&path, now)?;
            println!("wrote {}", path.display());
        }
    }
    let mut gas = cargo();
    gas.args(["test", "--quiet", "--package", "ogpu-tests", "gas"])
        .env("OGPU_UPDATE_SNAPSHOTS", "1");
    run::run(&mut gas)
}

/// Path → content, as the code says now.
fn snapshots(manifest: &programs::Manifest) -> Result<BTreeMap<PathBuf, String>> {
    let root = workspace_root();
    let mut files = BTreeMap::new();
    let sizes: BTreeMap<&String, usize> = manifest
        .iter()
        .map(|(name, program)| (name, program.code_bytes))
        .collect();
    files.insert(
        root.join("snapshots/size.json"),
        pretty(&serde_json::to_value(sizes)?)?,
    );
    for (name, abi) in abi::all()? {
        files.insert(root.join("abi").join(format!("{name}.json")), pretty(&abi)?);
    }
    for (name, layout) in layout::all()? {
        files.insert(
            root.join("snapshots/layout").join(format!("{name}.json")),
            pretty(&layout)?,
        );
    }
    Ok(files)
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn first_difference(committed: &str, now: &str) -> String {
    if committed.is_empty() {
        return "is not committed".into();
    }
    let differing = committed
        .lines()
        .zip(now.lines())
        .find(|(before, after)| before != after);
    match differing {
        Some((before, after)) => format!("committed `{}`, now `{}`", before.trim(), after.trim()),
        None => "one is longer than the other".into(),
    }
}

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    match work() {
        Ok(()) => {
            println!("{name}: ok");
            Ok(())
        }
        Err(error) => {
            println!("{name}: FAILED");
            Err(error)
        }
    }
}
