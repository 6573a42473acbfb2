//! `cargo xtask guards`: what refuses a call is taken out of the contracts, one guard at a time, and some native test must fail.
//!
//! The tests are built once, from a copy in which every guard has a switch, and run once for each guard with that switched off.

use super::{
    copy_tree,
    guards_found::{Guard, OFF, SWITCHES, guards_of, switched},
    own_build,
    survivors::ensure_explained,
};
use crate::run::{capture, cargo, workspace_root};
use clap::Args;
use eyre::{ContextCompat, Result, WrapErr, bail, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The committed list of survivors.
const LIST: &str = "contracts/guards.md";

/// Tests that run longer than this, in seconds, run for ever: the removal is caught.
const TIMEOUT: &str = "300";

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

    fn show(&self, outcome: &str) {
        let Guard {
            line,
            function,
            text,
            ..
        } = &self.guard;
        println!(
            "{outcome}{}:{line}: {function}: {text}",
            self.file.display()
        );
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
        guards.iter().for_each(|found| found.show(""));
        println!("{} guards", guards.len());
        return Ok(());
    }
    let tested = guards.iter().map(|found| &crates[&found.package].tested_by);
    let testers: BTreeSet<&String> = tested.flatten().collect();
    let tree = copy_tree("guards")?;
    println!(
        "Building the tests of {} crates, with a switch at {} guards …",
        testers.len(),
        guards.len()
    );
    let (programs, unviable) = build(&tree, &crates, &guards, &testers)?;
    for tester in testers {
        ensure!(
            programs.contains_key(tester) && passes(&tree, &crates, &programs, &[tester], None)?,
            "the tests of {tester} fail with every guard in place"
        );
    }
    let try_without = |number: usize| -> Result<Outcome> {
        let testers: Vec<&String> = crates[&guards[number].package].tested_by.iter().collect();
        ensure!(
            !testers.is_empty(),
            "no crate tests {}",
            guards[number].package
        );
        Ok(if unviable.contains(&number) {
            Outcome::Unviable
        } else if passes(&tree, &crates, &programs, &testers, Some(number))? {
            Outcome::Survived
        } else {
            Outcome::Caught
        })
    };
    let outcomes = try_all(&guards, try_without)?;
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

/// Tries every guard, as many at a time as there are processors, and says what happened.
fn try_all(
    guards: &[Found],
    try_without: impl Fn(usize) -> Result<Outcome> + Sync,
) -> Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    thread::scope(|scope| -> Result<()> {
        let work = || -> Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(found) = guards.get(number) else {
                    return Ok(());
                };
                let outcome = try_without(number)?;
                found.show(match outcome {
                    Outcome::Caught => "caught   ",
                    Outcome::Survived => "SURVIVED ",
                    Outcome::Unviable => "unviable ",
                });
                let mut outcomes = outcomes.lock().expect("no thread panics with the lock");
                outcomes.insert(number, outcome);
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("no worker panics"))
    })?;
    let outcomes = outcomes.into_inner().expect("no thread panicked");
    Ok(outcomes.into_values().collect())
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

/// The programs that test each crate.
type Programs = BTreeMap<String, Vec<PathBuf>>;

/// Builds the tests from `tree` with switches; returns them, and the guards without which the code does not compile.
fn build(
    tree: &Path,
    crates: &Crates,
    guards: &[Found],
    testers: &BTreeSet<&String>,
) -> Result<(Programs, BTreeSet<usize>)> {
    let mut files: BTreeMap<&Path, Vec<(usize, &Guard)>> = BTreeMap::new();
    for (number, found) in guards.iter().enumerate() {
        let file = files.entry(&found.file).or_default();
        file.push((number, &found.guard));
    }
    // The switches call a module at the root of their crate.
    let roots: BTreeSet<PathBuf> = guards
        .iter()
        .map(|found| crates[&found.package].folder.join("src/lib.rs"))
        .collect();
    for root in &roots {
        files.entry(root).or_default();
    }
    // Read once: somebody may go on writing.
    let mut sources: BTreeMap<&Path, String> = BTreeMap::new();
    for file in files.keys() {
        sources.insert(file, fs::read_to_string(workspace_root().join(file))?);
    }
    let mut unviable = BTreeSet::new();
    loop {
        let mut places: BTreeMap<&Path, Vec<(usize, Range<usize>)>> = BTreeMap::new();
        for (file, guards) in &files {
            let viable = guards
                .iter()
                .filter(|(number, _)| !unviable.contains(number));
            let (mut text, switches) =
                switched(&sources[file], &viable.copied().collect::<Vec<_>>());
            if roots.contains(*file) {
                text.push_str(SWITCHES);
            }
            let path = tree.join(file);
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                fs::write(path, text)?; // an untouched file is not compiled again
            }
            places.insert(file, switches);
        }
        let (good, messages) = compile(tree, testers, &["check", "--keep-going"])?;
        if good {
            let (good, messages) = compile(tree, testers, &["test", "--no-run"])?;
            ensure!(good, "what passes `cargo check` does not compile");
            return Ok((programs(tree, crates, &messages), unviable));
        }
        let before = unviable.len();
        for error in messages
            .iter()
            .filter(|message| message["message"]["level"] == "error")
        {
            unviable.extend(culprit(&places, &error["message"]));
        }
        if unviable.len() == before {
            let errors = messages
                .iter()
                .filter_map(|message| message["message"]["rendered"].as_str());
            bail!(
                "the switches do not compile:\n{}",
                errors.collect::<String>()
            );
        }
    }
}

/// Runs cargo over the tests of some crates, and returns whether it succeeded, with what it said.
fn compile(
    tree: &Path,
    testers: &BTreeSet<&String>,
    command: &[&str],
) -> Result<(bool, Vec<Value>)> {
    let mut compiler = cargo();
    compiler.args(command);
    compiler.args(["--offline", "--tests", "--message-format=json"]);
    for tester in testers {
        compiler.args(["--package", tester]);
    }
    let output = compiler
        .current_dir(tree)
        .envs(own_build("guards"))
        .env("RUSTFLAGS", "--cap-lints=allow")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .wrap_err("cannot run cargo")?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok((output.status.success(), messages.collect()))
}

/// The innermost guard that an error of the compiler is about.
fn culprit(places: &BTreeMap<&Path, Vec<(usize, Range<usize>)>>, error: &Value) -> Option<usize> {
    let spans = error["spans"].as_array()?;
    let span = spans.iter().find(|span| span["is_primary"] == true)?;
    let at = span["byte_start"].as_u64()? as usize;
    let switches = places.get(Path::new(span["file_name"].as_str()?))?;
    let around = switches.iter().filter(|(_, place)| place.contains(&at));
    around
        .min_by_key(|(_, place)| place.len())
        .map(|(number, _)| *number)
}

/// The programs that cargo says it has built, by the crate that they test.
fn programs(tree: &Path, crates: &Crates, messages: &[Value]) -> Programs {
    let mut programs = Programs::new();
    for message in messages
        .iter()
        .filter(|message| message["profile"]["test"] == true)
    {
        let manifest = Path::new(message["manifest_path"].as_str().unwrap_or_default());
        let folder = manifest
            .parent()
            .and_then(|folder| folder.strip_prefix(tree).ok());
        let name = crates
            .iter()
            .find(|(_, found)| Some(&*found.folder) == folder);
        if let (Some((name, _)), Some(program)) = (name, message["executable"].as_str()) {
            programs
                .entry(name.clone())
                .or_default()
                .push(program.into());
        }
    }
    programs
}

/// Whether the tests of these crates pass, without one of the guards or with all.
fn passes(
    tree: &Path,
    crates: &Crates,
    programs: &Programs,
    testers: &[&String],
    without: Option<usize>,
) -> Result<bool> {
    for tester in testers {
        for program in &programs[*tester] {
            let mut command = Command::new("timeout");
            command.arg(TIMEOUT).arg(program).arg("--quiet");
            if let Some(number) = without {
                command.env(OFF, number.to_string());
            }
            let status = command
                .current_dir(tree.join(&crates[*tester].folder))
                .env("PROPTEST_FAILURE_PERSISTENCE", "off")
                .env("RUST_BACKTRACE", "0")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .wrap_err("cannot run a test")?;
            if !status.success() {
                return Ok(false);
            }
        }
    }
    Ok(true)
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
