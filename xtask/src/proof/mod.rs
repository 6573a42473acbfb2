//! Proof that the tests test: code is broken on purpose, one place at a time, and some test must notice.
//!
//! | command | breaks | must notice |
//! |---|---|---|
//! | [`mutants`] | any operator, value or function of `rules` | the tests of `rules` |
//! | [`guards`] | what refuses a call, in `contracts` | the native tests of that contract |
//!
//! Both work on a copy of the tree under `target/`, and compare what survives with a committed list that explains each survivor.

pub mod guards;
mod guards_found;
pub mod mutants;
mod survivors;

use crate::run::{capture, workspace_root};
use eyre::{Result, WrapErr};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of everything that is built.
fn target() -> PathBuf {
    workspace_root().join("target")
}

/// What makes cargo build apart from the tree's own builds, which neither wait nor are undone, and without debug information,
/// which nobody would read.
fn own_build(name: &str) -> [(&'static str, OsString); 2] {
    [
        ("CARGO_TARGET_DIR", target().join(name).join("build").into()),
        ("CARGO_PROFILE_DEV_DEBUG", "0".into()),
    ]
}

/// Makes `target/NAME/tree` equal to the tree, without what git ignores. Files that are equal stay untouched, so that cargo
/// rebuilds nothing for them.
fn copy_tree(name: &str) -> Result<PathBuf> {
    let (root, copy) = (workspace_root(), target().join(name).join("tree"));
    let listed = capture(
        Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(&root),
    )?;
    let files: Vec<&str> = listed.split('\0').filter(|path| !path.is_empty()).collect();
    remove_others(&copy, &copy, &files)?;
    for path in files {
        let (from, to) = (root.join(path), copy.join(path));
        if !from.is_file() {
            continue;
        }
        let text = fs::read(&from).wrap_err_with(|| format!("cannot read {}", from.display()))?;
        if fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        fs::create_dir_all(to.parent().expect("a file stands in a folder"))?;
        fs::write(&to, text).wrap_err_with(|| format!("cannot write {}", to.display()))?;
    }
    Ok(copy)
}

/// Removes what an earlier copy has and the tree has no more.
fn remove_others(copy: &Path, folder: &Path, files: &[&str]) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(copy, &path, files)?;
        } else if path
            .strip_prefix(copy)
            .is_ok_and(|relative| !files.iter().any(|file| Path::new(file) == relative))
        {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
