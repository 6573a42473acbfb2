//! The committed lists of what survives being broken, and why that is right.
//!
//! A list is a Markdown table whose first column names a survivor in backticks, with a backslash before each `|`, and whose
//! last explains it. Line numbers are not part of a name, so several survivors may have one: each has a row of its own.

use eyre::{Result, WrapErr, ensure};
use std::{collections::BTreeMap, fs, path::Path};

/// Survivors by name, and how many of them are explained.
pub struct Explained(BTreeMap<String, usize>);

impl Explained {
    /// Reads a list.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).wrap_err_with(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let mut names = BTreeMap::new();
        for row in text.lines().filter(|line| line.starts_with("| `")) {
            let name = row[3..].rsplit_once("` |");
            let explained = name.is_some_and(|(_, rest)| rest.trim_end_matches('|').trim() != "");
            ensure!(explained, "no explanation in the row {row}");
            let (name, _) = name.expect("it was just seen");
            *names.entry(name.replace("\\|", "|")).or_default() += 1;
        }
        Ok(Self(names))
    }

    /// Those of the survivors that are not explained, in their order; and explanations of what was tried but does not survive.
    pub fn compare(&self, survivors: &[String], tried: &[String]) -> (Vec<String>, Vec<String>) {
        let mut left = self.0.clone();
        let mut unexplained = vec![];
        for survivor in survivors {
            match left.get_mut(survivor) {
                Some(rows) if *rows > 0 => *rows -= 1,
                _ => unexplained.push(survivor.clone()),
            }
        }
        let stale = left
            .into_iter()
            .filter(|(name, rows)| *rows > 0 && tried.contains(name))
            .map(|(name, _)| name)
            .collect();
        (unexplained, stale)
    }
}

/// Fails unless every survivor is explained, and every explanation is of one.
pub fn ensure_explained(list: &Path, survivors: &[String], tried: &[String]) -> Result<()> {
    let (unexplained, stale) = Explained::read(list)?.compare(survivors, tried);
    for name in &unexplained {
        println!("not explained: | `{}` | … |", name.replace('|', "\\|"));
    }
    for name in &stale {
        println!("explained, but caught by now: {name}");
    }
    ensure!(
        unexplained.is_empty() && stale.is_empty(),
        "{} of {} survivors are not explained in {}, {} explanations are out of date",
        unexplained.len(),
        survivors.len(),
        list.display(),
        stale.len()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn every_survivor_needs_a_row_of_its_own() {
        let list =
            "# Title\n\n| survivor | why |\n|---|---|\n| `a: x \\| y` | equal |\n| `b` | equal |\n";
        let list = Explained::parse(list).unwrap();
        let tried = names(&["a: x | y", "a: x | y", "b", "c"]);
        assert_eq!(
            list.compare(&names(&["a: x | y", "a: x | y", "c"]), &tried),
            (names(&["a: x | y", "c"]), names(&["b"]))
        );
        // what was not tried is not out of date
        assert_eq!(list.compare(&[], &[]), (vec![], vec![]));
        assert!(Explained::parse("| `b` |  |\n").is_err());
        assert!(Explained::parse("| `b\n").is_err());
    }
}
