//! `cargo xtask layout OLD [NEW]`: whether contracts of one version can take over what those of another have stored.
//!
//! What is stored must be found where it was: every field of the old version has one of the same size and type at the same place, in
//! the contract, in its namespaces, and in the structs it stores. New fields may follow, and a field may have another name, but not one
//! that another field had: two fields of one type that change places look like that. Elements of a list lie side by side, so a struct
//! in a list may not even grow. Where a namespace lies follows from its name, so it keeps that.

use super::{all, all_below, names};
use crate::run::{capture, workspace_root};
use eyre::{Result, WrapErr, ensure};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

/// Prints, contract by contract, what `new` (the working tree, if none is named) stores otherwise than `old`, both as git names them.
///
/// # Errors
/// If that would corrupt what a contract has stored.
pub fn compare_commits(old: &str, new: Option<&str>) -> Result<()> {
    let before = of_commit(old)?;
    let after = new.map_or_else(all, of_commit)?;
    println!(
        "Storage, from {old} to {}:\n",
        new.unwrap_or("the working tree")
    );
    let mut corrupt = 0;
    for name in before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)))
    {
        let found = match (before.get(name), after.get(name)) {
            (Some(before), Some(after)) => compare(before, after),
            (None, _) => Found::noting("is new"),
            (_, None) => Found::noting("is gone"),
        };
        let said = match (&found.corrupt[..], &found.notes[..]) {
            ([], []) => "the same".to_owned(),
            ([], notes) => notes.join("; "),
            (corrupt, _) => format!("REFUSED: {}", corrupt.join("; ")),
        };
        println!("  {name:24} {said}");
        corrupt += usize::from(!found.corrupt.is_empty());
    }
    ensure!(
        corrupt == 0,
        "an upgrade would misread what {corrupt} contracts have stored: keep every field at its place, add new ones at the end"
    );
    Ok(())
}

/// The layouts that the sources of a commit say.
fn of_commit(commit: &str) -> Result<BTreeMap<String, Value>> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        capture(git.arg("-C").arg(workspace_root()).args(arguments))
    };
    let hash = git(&["rev-parse", "--verify", &format!("{commit}^{{commit}}")])
        .wrap_err_with(|| format!("git knows no commit {commit}"))?;
    let hash = hash.trim();
    let root: PathBuf = workspace_root().join("target/layout").join(hash);
    let list = git(&["ls-tree", "-r", "--name-only", hash, "contracts"])?;
    let source = |path: &&str| path.ends_with(".rs") && path.contains("/src/");
    for path in list.lines().filter(source) {
        let file = root.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, git(&["show", &format!("{hash}:{path}")])?)?;
    }
    let layouts = all_below(&root).wrap_err_with(|| format!("storage at {commit}"));
    fs::remove_dir_all(&root)?;
    layouts
}

/// What changed in a contract's storage.
#[derive(Default)]
struct Found {
    /// What a new version would misread.
    corrupt: Vec<String>,
    /// What it would not.
    notes: Vec<String>,
}

impl Found {
    fn noting(note: &str) -> Self {
        Self {
            notes: vec![note.to_owned()],
            ..Self::default()
        }
    }

    /// Compares one list of fields; `within` is empty for the contract's own.
    fn fields(&mut self, within: &str, old: &Value, new: &Value) {
        let of = |name: &str| {
            if within.is_empty() {
                name.to_owned()
            } else {
                format!("{within}.{name}")
            }
        };
        let list = |fields: &Value| fields.as_array().cloned().unwrap_or_default();
        let place = |field: &Value| (field["slot"].as_u64(), field["offset"].as_u64());
        let label = |field: &Value| field["label"].as_str().unwrap_or_default().to_owned();
        let (old, mut new) = (list(old), list(new));
        let labels = |fields: &[Value]| fields.iter().map(label).collect::<Vec<_>>();
        let (old_labels, new_labels) = (labels(&old), labels(&new));
        for field in old {
            let name = of(&label(&field));
            let Some(at) = new.iter().position(|other| place(other) == place(&field)) else {
                let (slot, offset) = (&field["slot"], &field["offset"]);
                self.corrupt.push(format!(
                    "nothing is where {name} was, slot {slot} from byte {offset}"
                ));
                continue;
            };
            let other = new.remove(at);
            let other_name = of(&label(&other));
            if (&field["type"], &field["bytes"]) != (&other["type"], &other["bytes"]) {
                self.corrupt.push(format!(
                    "where {name} was, {} of {} bytes, is {other_name}, {} of {}",
                    field["type"], field["bytes"], other["type"], other["bytes"]
                ));
            } else if name != other_name
                && (new_labels.contains(&label(&field)) || old_labels.contains(&label(&other)))
            {
                self.corrupt
                    .push(format!("where {name} was, is {other_name}"));
            } else if name != other_name {
                self.notes.push(format!("{name} is called {other_name}"));
            }
        }
        let added = new.iter().map(|field| of(&label(field)));
        self.notes
            .extend(added.map(|name| format!("{name} is added")));
    }
}

/// Compares two layouts of a contract.
fn compare(old: &Value, new: &Value) -> Found {
    let mut found = Found::default();
    found.fields("", &old["fields"], &new["fields"]);
    let part = |layout: &Value, name: &str| layout[name].as_object().cloned().unwrap_or_default();
    let spaces = part(new, "namespaces");
    for (id, old) in part(old, "namespaces") {
        match spaces.get(&id) {
            None => found.corrupt.push(format!(
                "{id} is gone, and with it what it stored: keep its name"
            )),
            Some(new) => found.fields(&id, &old["fields"], &new["fields"]),
        }
    }
    let structs = part(new, "structs");
    for (name, fields) in part(old, "structs") {
        // Under another name, its user's type has changed, and that has been said.
        let Some(new_fields) = structs.get(&name) else {
            continue;
        };
        let notes = found.notes.len();
        found.fields(&name, &fields, new_fields);
        if in_list(old, &name) && found.notes.len() > notes {
            found
                .corrupt
                .push(format!("{name} is in a list, whose elements may not grow"));
        }
    }
    found
}

/// Whether a struct is an element of a list.
fn in_list(layout: &Value, name: &str) -> bool {
    let inner = layout["structs"].as_object().into_iter().flatten();
    let lists = inner.map(|(_, fields)| fields).chain([&layout["fields"]]);
    lists
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|field| field["type"].as_str())
        .any(|shown| shown.contains("StorageVec") && names(shown).any(|part| part == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Sources;

    const OLD: &str = "
        #[storage] pub struct Vault { token: StorageAddress, rate: StorageU16, accounts: StorageMap<Address, Account>, turns: StorageVec<Turn> }
        #[storage] pub struct Account { free: StorageU128, locked: StorageU128 }
        #[storage] pub struct Turn { at: StorageU64 }
    ";

    fn layout(source: &str) -> Value {
        let files = vec![syn::parse_file(source).expect("Rust")];
        Sources { files }.layout("vault").expect("a layout")
    }

    /// What comes of replacing one piece of the old source.
    fn changed(from: &str, to: &str) -> Found {
        assert!(OLD.contains(from));
        compare(&layout(OLD), &layout(&OLD.replacen(from, to, 1)))
    }

    #[test]
    fn what_follows_or_is_renamed_is_no_corruption() {
        for (from, to, notes) in [
            ("rate", "rate", 0),
            ("rate", "share", 1),
            (
                "turns: StorageVec<Turn>",
                "turns: StorageVec<Turn>, next: StorageU64",
                1,
            ),
            // in what is left of the first slot
            (
                "rate: StorageU16,",
                "rate: StorageU16, flag: StorageBool,",
                1,
            ),
            (
                "locked: StorageU128",
                "locked: StorageU128, since: StorageU64",
                1,
            ),
        ] {
            let found = changed(from, to);
            assert_eq!(found.corrupt, [""; 0], "{to}");
            assert_eq!(found.notes.len(), notes, "{to}");
        }
    }

    #[test]
    fn what_would_misread_state_is_refused() {
        for (from, to) in [
            ("token: StorageAddress, ", ""),
            (
                "token: StorageAddress, rate: StorageU16",
                "rate: StorageU16, token: StorageAddress",
            ),
            ("rate: StorageU16", "rate: StorageU32"),
            ("rate: StorageU16,", "rate: StorageU16, more: StorageU256,"),
            ("Map<Address, Account>", "Map<U256, Account>"),
            (
                "free: StorageU128, locked: StorageU128",
                "locked: StorageU256, free: StorageU128",
            ),
            ("locked: StorageU128", "locked: StorageU256"),
            ("at: StorageU64", "at: StorageU64, by: StorageAddress"),
            (", turns: StorageVec<Turn>", ""),
            // two of one type in each other's place, and a name that comes back elsewhere
            (
                "free: StorageU128, locked: StorageU128",
                "locked: StorageU128, free: StorageU128",
            ),
            (
                "free: StorageU128, locked: StorageU128",
                "free: StorageU128, owed: StorageU128, locked: StorageU128",
            ),
        ] {
            assert_ne!(changed(from, to).corrupt, [""; 0], "{to}");
        }
    }

    #[test]
    fn a_namespace_keeps_its_fields() {
        let spaced = |fields: &str| layout_with(fields);
        let old = spaced("owner: StorageAddress");
        let grown = compare(&old, &spaced("owner: StorageAddress, since: StorageU64"));
        assert_eq!(grown.corrupt, [""; 0]);
        let moved = compare(&old, &spaced("since: StorageU64, owner: StorageAddress"));
        assert_ne!(moved.corrupt, [""; 0]);
        for new in [layout_at("Room", "owner: StorageAddress"), layout(OLD)] {
            let gone = compare(&old, &new);
            assert!(
                gone.corrupt[0].contains("keep its name"),
                "{:?}",
                gone.corrupt
            );
        }
    }

    fn layout_with(fields: &str) -> Value {
        layout_at("Space", fields)
    }

    fn layout_at(name: &str, fields: &str) -> Value {
        let space = format!(
            "const SLOT: U256 = namespace(\"ogpu.storage.{name}\"); #[storage] pub struct {name} {{ {fields} }}"
        );
        let files = [OLD, &space].map(|source| syn::parse_file(source).expect("Rust"));
        let files = files.to_vec();
        Sources { files }.layout("vault").expect("a layout")
    }
}
