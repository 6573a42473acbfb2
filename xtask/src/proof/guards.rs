//! `cargo xtask guards`: what refuses a call is taken out of the contracts, one guard at a time, and some native test must fail.

use super::{
    copy_tree,
    guards_found::{Guard, guards_of},
    own_build,
    survivors::ensure_explained,
};
use crate::run::{capture, cargo, workspace_root};
use clap::Args;
use eyre::{ContextCompat, Result, WrapErr, ensure};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The committed list of survivors.
const LIST: &str = "contracts/guards.md";

/// Tests that run longer than this, in seconds, run for ever: the removal is caught.
const TIMEOUT: &str = "300";

/// What `timeout` takes for no limit: a build takes as long as it takes.
const NO_TIMEOUT: &str = "0";

/// What to try.
#[derive(Args)]
pub struct Options {
    /// Only this contract crate (may be given several times)
    #[arg(long, value_name = "CRATE")]
    package: Vec<String>,
    /// Only guards whose line in the list contains this
    #[arg(long, value_name = "TEXT")]
    matching: Option<String>,
    /// List the guards, try nothing
    #[arg(long)]
    list: bool,
}

/// A guard in a file of a crate.
struct Found {
    package: String,
    /// Relative to the workspace.
    file: PathBuf,
    guard: Guard,
}

impl Found {
    /// The guard without its line, which moves with every edit.
    fn name(&self) -> String {
        format!(
            "{}: {}: {}",
            self.file.display(),
            self.guard.function,
            self.guard.text
        )
    }
}

/// What happened without a guard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Caught,
    Survived,
    /// The compiler refuses the code, so nobody can forget this guard.
    Unviable,
}

/// Removes every guard in turn; fails if a removal that no test notices is not explained.
pub fn guards(options: &Options) -> Result<()> {
    let crates = crates()?;
    let guards = find(&crates, options)?;
    if options.list {
        for found in &guards {
            println!(
                "{}:{}: {}: {}",
                found.file.display(),
                found.guard.line,
                found.guard.function,
                found.guard.text
            );
        }
        println!("{} guards", guards.len());
        return Ok(());
    }
    let tree = copy_tree("guards")?;
    let mut outcomes = vec![];
    let mut baselines = vec![];
    for found in &guards {
        let tests = &crates[&found.package].tested_by;
        ensure!(!tests.is_empty(), "no crate tests {}", found.package);
        if !baselines.contains(tests) {
            ensure!(
                outcome_of(&tree, &crates, tests)? == Outcome::Survived,
                "the tests of {} fail with every guard in place",
                tests.join(", ")
            );
            baselines.push(tests.clone());
        }
        let outcome = try_without(&tree, &crates, found)?;
        let shown = match outcome {
            Outcome::Caught => "caught  ",
            Outcome::Survived => "SURVIVED",
            Outcome::Unviable => "unviable",
        };
        println!(
            "{shown} {}:{}: {}: {}",
            found.file.display(),
            found.guard.line,
            found.guard.function,
            found.guard.text
        );
        outcomes.push(outcome);
    }
    print_table(&guards, &outcomes);
    let names = |wanted: &dyn Fn(Outcome) -> bool| -> Vec<String> {
        let pairs = guards.iter().zip(&outcomes);
        pairs
            .filter(|&(_, &outcome)| wanted(outcome))
            .map(|(found, _)| found.name())
            .collect()
    };
    ensure_explained(
        &workspace_root().join(LIST),
        &names(&|outcome| outcome == Outcome::Survived),
        &names(&|_| true),
    )
}

/// A crate of a contract.
struct Crate {
    folder: PathBuf,
    /// The crates with native tests that execute it: itself, or those that name it for their tests.
    tested_by: Vec<String>,
}

/// By name.
type Crates = BTreeMap<String, Crate>;

/// The crates under `contracts/`.
fn crates() -> Result<Crates> {
    let root = workspace_root();
    let metadata =
        capture(cargo().args(["metadata", "--format-version=1", "--no-deps", "--offline"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"]
        .as_array()
        .wrap_err("no packages in cargo's metadata")?;
    let mut crates = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let folder = manifest.parent().unwrap_or(manifest);
        let Ok(folder) = folder.strip_prefix(&root) else {
            continue;
        };
        if folder.starts_with("contracts") {
            crates.insert(
                name.to_owned(),
                Crate {
                    folder: folder.to_owned(),
                    tested_by: if has_tests(&root.join(folder)) {
                        vec![name.to_owned()]
                    } else {
                        vec![]
                    },
                },
            );
        }
    }
    for package in packages {
        let tester = package["name"].as_str().unwrap_or_default();
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["kind"] == "dev"
                && let Some(tested) = dependency["name"]
                    .as_str()
                    .and_then(|name| crates.get_mut(name))
                && tested.folder.starts_with("contracts")
                && tested.tested_by.is_empty()
            {
                tested.tested_by.push(tester.to_owned());
            }
        }
    }
    Ok(crates)
}

/// Whether a crate has tests of its own that execute the contract.
fn has_tests(folder: &Path) -> bool {
    folder.join("tests").is_dir() || folder.join("src/tests.rs").is_file()
}

fn find(crates: &Crates, options: &Options) -> Result<Vec<Found>> {
    for name in &options.package {
        ensure!(
            crates.contains_key(name),
            "no contract crate is called {name}"
        );
    }
    let root = workspace_root();
    let mut all = vec![];
    for (package, Crate { folder, .. }) in crates {
        if !options.package.is_empty() && !options.package.contains(package) {
            continue;
        }
        let mut files = vec![];
        sources(&root.join(folder).join("src"), &mut files)?;
        files.sort();
        for file in files {
            let source = fs::read_to_string(&file)?;
            let guards = guards_of(&source).wrap_err_with(|| format!("in {}", file.display()))?;
            let file = file.strip_prefix(&root)?.to_owned();
            all.extend(guards.into_iter().map(|guard| Found {
                package: package.clone(),
                file: file.clone(),
                guard,
            }));
        }
    }
    if let Some(text) = &options.matching {
        all.retain(|found| found.name().contains(text));
    }
    Ok(all)
}

/// The sources of a crate that end up in its program.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["tests", "testing", "main"].contains(&&*name)
            && !name.ends_with("_tests")
        {
            files.push(path);
        }
    }
    Ok(())
}

fn try_without(tree: &Path, crates: &Crates, found: &Found) -> Result<Outcome> {
    let path = tree.join(&found.file);
    let source = fs::read_to_string(&path)?;
    fs::write(&path, found.guard.removed_from(&source))?;
    let outcome = outcome_of(tree, crates, &crates[&found.package].tested_by);
    fs::write(&path, source)?;
    outcome
}

/// Builds and runs the native tests of crates.
fn outcome_of(tree: &Path, crates: &Crates, packages: &[String]) -> Result<Outcome> {
    let whole = packages.iter().any(|package| {
        let folder = crates.get(package).map(|tester| tree.join(&tester.folder));
        folder.is_none_or(|folder| folder.join("tests").is_dir())
    });
    let test = |seconds: &str, more: &[&str]| -> Result<bool> {
        let mut command = Command::new("timeout");
        command
            .arg(seconds)
            .arg(cargo().get_program())
            .args(["test", "--quiet", "--offline"]);
        for package in packages {
            command.args(["--package", package]);
        }
        // Where all tests stand in the library, what else is in the crate need not be built.
        command.arg(if whole { "--tests" } else { "--lib" });
        let status = command
            .args(more)
            .current_dir(tree)
            .envs(own_build("guards"))
            .env("PROPTEST_FAILURE_PERSISTENCE", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .wrap_err("cannot run cargo test")?;
        Ok(status.success())
    };
    Ok(if !test(NO_TIMEOUT, &["--no-run"])? {
        Outcome::Unviable
    } else if test(TIMEOUT, &[])? {
        Outcome::Survived
    } else {
        Outcome::Caught
    })
}

fn print_table(guards: &[Found], outcomes: &[Outcome]) {
    let mut rows: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (found, outcome) in guards.iter().zip(outcomes) {
        let row = rows.entry(&found.package).or_default();
        row[0] += 1;
        row[match outcome {
            Outcome::Caught => 1,
            Outcome::Survived => 2,
            Outcome::Unviable => 3,
        }] += 1;
    }
    println!(
        "\n{:<24} {:>6} {:>7} {:>9} {:>9}",
        "crate", "guards", "caught", "survive", "unviable"
    );
    for (package, [all, caught, survive, unviable]) in rows {
        println!("{package:<24} {all:>6} {caught:>7} {survive:>9} {unviable:>9}");
    }
}
