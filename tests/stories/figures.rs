//! Measured gas that is committed: as data in `snapshots/`, as a table in `docs/benchmarks.md`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use eyre::{ContextCompat, Result, WrapErr};
use serde_json::Value;

/// Set to 1 to write snapshots and tables instead of comparing with them.
const UPDATE: &str = "OGPU_UPDATE_SNAPSHOTS";

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// 1234567 as 1,234,567.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `page` with `table` between the lines `<!-- name -->` and `<!-- /name -->`.
fn with_table(page: &str, name: &str, table: &str) -> Result<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let missing = || {
        format!(
            "docs/benchmarks.md has no line {} or {}",
            begin.trim(),
            end.trim()
        )
    };
    let (before, rest) = page.split_once(&begin).wrap_err_with(missing)?;
    let (_, after) = rest.split_once(&end).wrap_err_with(missing)?;
    Ok(format!("{before}{begin}{table}{end}{after}"))
}

/// Holds `report`, a list, against `snapshots/NAME.json`, and `table` against the one in the documentation; or writes both.
pub fn hold(report: &Value, table: &str, name: &str) -> Result<()> {
    /// The page has several tables, and tests run side by side.
    static PAGE: Mutex<()> = Mutex::new(());
    let _turn = PAGE.lock();
    let path = root().join(format!("snapshots/{name}.json"));
    let page = root().join("docs/benchmarks.md");
    if std::env::var(UPDATE).is_ok_and(|value| value == "1") {
        fs::write(&path, serde_json::to_string_pretty(report)? + "\n")?;
        let shown = fs::read_to_string(&page)?;
        fs::write(&page, with_table(&shown, name, table)?)?;
        return Ok(());
    }
    let snapshot: Value =
        serde_json::from_str(&fs::read_to_string(&path).wrap_err_with(|| {
            format!("{} is missing; write it with {UPDATE}=1", path.display())
        })?)?;
    let differences: Vec<_> = (report.as_array().into_iter().flatten())
        .filter(|row| !snapshot.as_array().is_some_and(|rows| rows.contains(row)))
        .map(Value::to_string)
        .collect();
    assert!(
        *report == snapshot,
        "{} says otherwise; if that is meant, write it with {UPDATE}=1\n{}",
        path.display(),
        differences.join("\n")
    );
    let shown = fs::read_to_string(&page)?;
    assert!(
        shown == with_table(&shown, name, table)?,
        "{} shows other figures than {}; write both with {UPDATE}=1",
        page.display(),
        path.display()
    );
    Ok(())
}
