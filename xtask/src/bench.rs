//! How long a user waits, and what the same work costs elsewhere. Nothing here is a test: clocks differ from machine to
//! machine, and gas is compared with its snapshots by the stories.

use crate::{programs, run};
use eyre::{ContextCompat, Result, WrapErr};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// Measures the start of the embedded chain, the demo up to its paid task, and the gas of the peers in `bench/` beside ours.
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
        let told: Value = serde_json::from_str(&text)?;
        let seconds = |name: &str| {
            told[name]
                .as_f64()
                .wrap_err_with(|| format!("the demo does not tell {name}"))
        };
        let after_paid = Duration::from_secs_f64(seconds("seconds")? - seconds("seconds_to_paid")?);
        Ok(whole.saturating_sub(after_paid))
    })?;
    peers()
}

/// Has the story of the peers measure, and shows gas and ratios; `docs/benchmarks.md` says what each side includes.
fn peers() -> Result<()> {
    let path = run::workspace_root().join("target/peers.json");
    let mut story = run::cargo();
    story
        .args(["test", "--quiet", "--locked", "--package", "ogpu-tests"])
        .args(["--test", "stories", "gas_beside_the_peers"])
        .env("OGPU_PEERS_REPORT", &path)
        .env_remove("OGPU_RPC_URL");
    run::capture(&mut story).wrap_err("the peers cannot be measured")?;
    let report: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let mut group = "";
    for row in report.as_array().wrap_err("the comparison is no list")? {
        let of = |key: &str| row[key].as_str().unwrap_or_default();
        if of("group") != group {
            group = of("group");
            println!(
                "\ngas of {group:<45} {:>9} {:>9} {:>9}",
                "theirs", "ours", "ratio"
            );
        }
        let gas = |side: &str| row[side]["gas"].as_u64().map(|gas| gas.to_string());
        let ratio = row["ratio"].as_f64().map(|ratio| format!("{ratio:.2}"));
        let shown = |number: Option<String>| number.unwrap_or_else(|| "-".into());
        println!(
            "{:<52} {:>9} {:>9} {:>9}",
            of("purpose"),
            shown(gas("theirs")),
            shown(gas("ours")),
            shown(ratio)
        );
    }
    println!(
        "\nWhat each side includes: docs/benchmarks.md. As data: {}",
        path.display()
    );
    Ok(())
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
