//! How long a user waits. Nothing here is a test: clocks differ from machine to machine.

use crate::{programs, run};
use eyre::{ContextCompat, Result, WrapErr};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Measures the start of the embedded chain, and the demo up to its paid task.
pub fn bench(runs: usize) -> Result<()> {
    programs::build(run::Output::Quiet)?;
    run::run(run::cargo().args(["build", "--quiet", "--locked", "--package", "ogpu"]))
        .wrap_err("the command line does not build")?;
    let ogpu = run::workspace_root().join("target/debug/ogpu");
    println!(
        "{:<52} {:>9} {:>9} {:>9}",
        "of a debug build", "best", "median", "worst"
    );
    row(
        "embedded chain: from its start to its address, ms",
        runs,
        || {
            let start = Instant::now();
            let mut chain = Command::new(&ogpu)
                .args(["devnode", "--port", "0"])
                .stdout(Stdio::piped())
                .spawn()
                .wrap_err("cannot start the embedded chain")?;
            let output = chain
                .stdout
                .take()
                .wrap_err("the embedded chain has no output")?;
            let told = BufReader::new(output)
                .lines()
                .map_while(Result::ok)
                .any(|line| line.contains("http://"));
            let taken = start.elapsed();
            chain.kill()?;
            chain.wait()?;
            told.then_some(taken)
                .wrap_err("the embedded chain did not say its address")
        },
    )?;
    row("demo: from the command to the paid task, ms", runs, || {
        let start = Instant::now();
        let mut demo = run::cargo();
        let text = run::capture(demo.args(["xtask", "demo", "--json"]))?;
        let whole = start.elapsed();
        let told: serde_json::Value = serde_json::from_str(&text)?;
        let seconds = |name: &str| {
            told[name]
                .as_f64()
                .wrap_err_with(|| format!("the demo does not tell {name}"))
        };
        let after_paid = Duration::from_secs_f64(seconds("seconds")? - seconds("seconds_to_paid")?);
        Ok(whole.saturating_sub(after_paid))
    })
}

fn row(what: &str, runs: usize, mut measure: impl FnMut() -> Result<Duration>) -> Result<()> {
    let mut times = (0..runs.max(1))
        .map(|_| measure())
        .collect::<Result<Vec<_>>>()?;
    times.sort();
    let shown = |time: &Duration| format!("{:.0}", time.as_secs_f64() * 1000.0);
    let (best, worst) = (&times[0], &times[times.len() - 1]);
    println!(
        "{what:<52} {:>9} {:>9} {:>9}",
        shown(best),
        shown(&times[times.len() / 2]),
        shown(worst)
    );
    Ok(())
}
