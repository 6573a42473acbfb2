//! `cargo xtask mutants`: mutation testing of the rules, with cargo-mutants.

use super::{copy_tree, own_build, survivors::ensure_explained, target};
use crate::run::{capture, cargo, run, workspace_root};
use eyre::{Result, WrapErr, ensure};
use std::{fs, path::PathBuf, process::Command};

/// The version of cargo-mutants that the list of survivors was made with.
const VERSION: &str = "27.1.0";

/// The committed list of survivors.
const LIST: &str = "rules/mutants.md";

/// At most this share of all mutants may survive, explained or not, in percent.
const MOST_SURVIVORS: usize = 5;

/// A mutant that takes longer than this many seconds, of tests that take less than one, runs for ever: it is caught.
const TIMEOUT: &str = "60";

/// Breaks the rules in every way that cargo-mutants knows, and fails if a survivor is not explained. `args` go to cargo-mutants:
/// `--file`, `--re`, `--shard` and the like try fewer.
pub fn mutants(args: &[String]) -> Result<()> {
    let tool = tool()?;
    let tree = copy_tree("mutants")?;
    let output = target().join("mutants");
    let status = Command::new(tool)
        .args([
            "mutants",
            "--package",
            "ogpu-rules",
            "--in-place",
            "--no-shuffle",
        ])
        .args(["--timeout", TIMEOUT, "--output"])
        .arg(&output)
        .args(args)
        .args(["--", "--lib"])
        .current_dir(tree)
        .envs(own_build("mutants"))
        .status()
        .wrap_err("cannot run cargo-mutants")?;
    // 0: all caught, 2: some missed, 3: some ran out of time; anything else is no result.
    ensure!(
        matches!(status.code(), Some(0 | 2 | 3)),
        "cargo-mutants failed ({status})"
    );
    let read = |name: &str| -> Result<Vec<String>> {
        let path = output.join("mutants.out").join(name);
        let text = fs::read_to_string(&path)
            .wrap_err_with(|| format!("cannot read {}", path.display()))?;
        Ok(text.lines().map(without_line).collect())
    };
    let (missed, caught) = (read("missed.txt")?, read("caught.txt")?);
    let timeouts = read("timeout.txt")?;
    let tried = [missed.clone(), caught, timeouts].concat();
    println!("{} of {} mutants survive", missed.len(), tried.len());
    ensure_explained(&workspace_root().join(LIST), &missed, &tried)?;
    ensure!(
        missed.len() * 100 <= tried.len() * MOST_SURVIVORS,
        "more than {MOST_SURVIVORS} % of the mutants survive"
    );
    Ok(())
}

/// `rules/src/a.rs:61:9: replace …` without the place in the file, which moves with every edit.
fn without_line(name: &str) -> String {
    match name.splitn(4, ':').collect::<Vec<_>>()[..] {
        [file, _, _, what] => format!("{file}:{what}"),
        _ => name.to_owned(),
    }
}

/// cargo-mutants of exactly [`VERSION`], installed under `target/` if it is not there.
fn tool() -> Result<PathBuf> {
    let root = target().join("tools");
    let tool = root.join("bin/cargo-mutants");
    let wanted = format!("cargo-mutants {VERSION}");
    let there = capture(Command::new(&tool).args(["mutants", "--version"]));
    if !there.is_ok_and(|version| version.trim() == wanted) {
        eprintln!("Installing {wanted} under target/ …");
        run(cargo()
            .args([
                "install",
                "cargo-mutants",
                "--locked",
                "--force",
                "--version",
            ])
            .arg(format!("={VERSION}"))
            .arg("--root")
            .arg(&root))?;
    }
    Ok(tool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_cut_off() {
        assert_eq!(
            without_line("rules/src/book.rs:61:9: replace Book::best -> Option<u32> with None"),
            "rules/src/book.rs: replace Book::best -> Option<u32> with None"
        );
    }
}
