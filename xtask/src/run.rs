//! Running other programs.

use eyre::{Result, WrapErr, bail};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// What a command prints about its results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Nothing but progress and errors.
    Quiet,
    /// A table for people.
    Table,
    /// JSON for scripts.
    Json,
}

/// The root of the workspace.
pub fn workspace_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask stands in the workspace")
        .into()
}

/// The cargo that runs us, without the variables it set for us.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || name == "CARGO_BIN_NAME"
        {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command, which must succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .wrap_err_with(|| format!("cannot run {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs a command and gives what it printed; on failure what it printed as an error is in the message.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .wrap_err_with(|| format!("cannot run {}", shown(command)))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{} failed ({}): {}",
            shown(command),
            output.status,
            errors.trim()
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs a command and ends this process with its exit code.
pub fn exit_with(command: impl std::borrow::BorrowMut<Command>) -> Result<()> {
    let mut command = command;
    let command = command.borrow_mut();
    let status = command
        .status()
        .wrap_err_with(|| format!("cannot run {}", shown(command)))?;
    std::process::exit(status.code().unwrap_or(1))
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
