//! Runs worlds one after the other, and says what happened in them.

use std::{
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use eyre::{Result, eyre};
use ogpu_simulation::{
    abi::Abi,
    generate::Shown,
    run::{Failure, Lab, Report},
    world::Setting,
};

/// Random steps by clients, providers, strangers and owners against all contracts at once, with everything checked after each.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// How many steps to take in all.
    #[arg(long, default_value_t = 1_000_000)]
    steps: u64,
    /// The seed of the first world; the next has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many steps to take in a world.
    #[arg(long, default_value_t = 10_000)]
    episode: u64,
    /// How many worlds to run at a time.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let lab = Lab::new(Abi::committed()?);
    let started = Instant::now();
    let (report, failure) = run(&lab, &options)?;
    print(&lab, &report, started.elapsed());
    Ok(match failure {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            explain(&lab, failure);
            ExitCode::FAILURE
        }
    })
}

/// Runs until the steps are taken or something does not hold.
fn run(lab: &Lab, options: &Options) -> Result<(Report, Option<Failure>)> {
    let episodes = options.steps.div_ceil(options.episode.max(1));
    let (next, over) = (AtomicU64::new(0), AtomicBool::new(false));
    let total = Mutex::new((Report::default(), None, Instant::now()));
    thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= episodes {
                        break;
                    }
                    let steps = options.episode.min(options.steps - index * options.episode);
                    let seed = options.seed + index;
                    let mut report = Report::default();
                    let result = lab.episode(seed, Setting::of(seed), steps as usize, &mut report);
                    let Ok(mut total) = total.lock() else { break };
                    total.0 += &report;
                    if let Err(failure) = result {
                        over.store(true, Ordering::Relaxed);
                        total.1.get_or_insert(*failure);
                    }
                    if total.2.elapsed() > Duration::from_secs(10) {
                        total.2 = Instant::now();
                        let Report { steps, tasks, .. } = total.0;
                        eprintln!("{steps} of {} steps, {tasks} tasks", options.steps);
                    }
                }
            });
        }
    });
    let (report, failure, _) = total
        .into_inner()
        .map_err(|_| eyre!("a world panicked outside of its contracts"))?;
    Ok((report, failure))
}

/// How many reasons of refusals are printed for each function.
const REASONS: usize = 4;

fn print(lab: &Lab, report: &Report, elapsed: Duration) {
    println!(
        "{:<20}{:<22}{:>10}{:>10}{:>9}  because",
        "contract", "function", "succeeded", "refused", "accesses"
    );
    let counted = lab.catalogue.entries().iter().zip(&report.counts);
    for (index, (entry, count)) in counted.enumerate() {
        if entry.function.is_view {
            continue;
        }
        let reasons = lab.refusals(report, index);
        let reasons = reasons.into_iter().take(REASONS);
        let reasons: Vec<_> = reasons.map(|(error, n)| format!("{error} {n}")).collect();
        println!(
            "{:<20}{:<22}{:>10}{:>10}{:>9}  {}",
            entry.program.name(),
            entry.function.name,
            count.succeeded,
            count.refused,
            count.accesses,
            reasons.join(", ")
        );
    }
    let seconds = elapsed.as_secs_f64();
    let inside = report.in_transactions.as_secs_f64();
    println!(
        "\n{} worlds, {} steps and {} tasks in {seconds:.1} s: {:.0} checked steps a second; the transactions alone took {inside:.1} s: \
         {:.0} a second and core",
        report.episodes,
        report.steps,
        report.tasks,
        report.steps as f64 / seconds,
        report.transactions as f64 / inside,
    );
}

fn explain(lab: &Lab, failure: Failure) {
    let (seed, steps) = (failure.seed, failure.steps.len());
    eprintln!("seed {seed}, step {steps}: {}", failure.violation);
    eprintln!("leaving out what it does not need...");
    let failure = lab.shrink(failure);
    eprintln!(
        "{} steps in a world of {:?} are enough: {}",
        failure.steps.len(),
        failure.setting,
        failure.violation
    );
    for (index, step) in failure.steps.iter().enumerate() {
        eprintln!("{:>4}. {}", index + 1, Shown(step, &lab.catalogue));
    }
}
