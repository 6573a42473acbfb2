//! The same commit gives the same bytes, wherever it is built.

use crate::{
    programs::{self, Manifest},
    run::{capture, run, workspace_root},
};
use eyre::{Result, bail};
use std::{fs, process::Command};

/// Builds the last commit from two fresh checkouts in folders of different names and compares every program.
pub fn reproduce() -> Result<()> {
    let root = workspace_root();
    let commit = capture(Command::new("git").args(["rev-parse", "HEAD"]))?;
    let dirty = capture(Command::new("git").args(["status", "--porcelain"]))?;
    if !dirty.trim().is_empty() {
        eprintln!("Note: changes that are not committed are not part of this.");
    }
    let mut builds: Vec<Manifest> = Vec::new();
    for name in ["one", "another/folder"] {
        let folder = root.join("target/reproduce").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        run(Command::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(&root)
            .arg(&folder))?;
        run(Command::new("git")
            .args(["checkout", "--quiet", commit.trim()])
            .current_dir(&folder))?;
        eprintln!(
            "Building {} in {} …",
            &commit[..12.min(commit.len())],
            folder.display()
        );
        builds.push(programs::build_in(&folder, &folder.join("target"))?);
    }
    let [one, another] = &builds[..] else {
        unreachable!("two builds")
    };
    println!(
        "{:<24} {:>8}  {:<66} verdict",
        "program", "bytes", "code hash"
    );
    let mut differ = Vec::new();
    for (name, program) in one {
        let same = another
            .get(name)
            .is_some_and(|other| other.code_hash == program.code_hash);
        println!(
            "{name:<24} {:>8}  {:<66} {}",
            program.code_bytes,
            program.code_hash,
            if same { "same" } else { "DIFFERS" }
        );
        if !same {
            differ.push(name.as_str());
        }
    }
    fs::remove_dir_all(root.join("target/reproduce"))?;
    if !differ.is_empty() {
        bail!("not reproducible: {}", differ.join(", "));
    }
    println!(
        "Every program of commit {} has the same bytes in both builds.",
        commit.trim()
    );
    Ok(())
}
