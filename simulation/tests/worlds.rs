//! Random steps, with everything checked after each of them.

use ogpu_simulation::{
    abi::Abi,
    generate::Shown,
    run::{Failure, Lab, Report},
    world::Setting,
};

/// Worlds of every setting, and steps in each.
const WORLDS: u64 = 24;
const STEPS: usize = 8_400;

fn told(lab: &Lab, failure: Failure) -> String {
    let seed = failure.seed;
    let failure = lab.shrink(failure);
    let steps = failure.steps.iter();
    let steps: Vec<_> = steps
        .map(|s| Shown(s, &lab.catalogue).to_string())
        .collect();
    let Failure {
        setting, violation, ..
    } = failure;
    format!(
        "seed {seed}, {setting:?}: {violation}\n{}",
        steps.join("\n")
    )
}

#[test]
fn what_must_hold_holds_after_every_step() {
    let lab = Lab::new(Abi::committed().unwrap());
    let run = |from: u64| {
        let mut report = Report::default();
        for seed in (from..WORLDS).step_by(2) {
            let setting = Setting::of(seed);
            if let Err(failure) = lab.episode(seed, setting, STEPS, &mut report) {
                panic!("{}", told(&lab, *failure));
            }
        }
        report
    };
    let mut report = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(1));
        let mut report = run(0);
        report += &other.join().expect("no violation in the odd worlds");
        report
    });
    assert_eq!(report.steps, WORLDS * STEPS as u64);

    // A world in which nothing succeeds proves nothing.
    let counts = std::mem::take(&mut report.counts);
    let entries = lab.catalogue.entries().iter().zip(&counts);
    let never: Vec<_> = entries
        .filter(|(entry, count)| count.succeeded == 0 && !entry.function.is_view)
        .map(|(entry, _)| format!("{}.{}", entry.program.name(), entry.function.name))
        .filter(|name| !REFUSED.contains(&name.as_str()))
        .collect();
    assert!(never.is_empty(), "never succeeded: {}", never.join(", "));
    for (entry, count) in lab.catalogue.entries().iter().zip(&counts) {
        let name = format!("{}.{}", entry.program.name(), entry.function.name);
        if REFUSED.contains(&name.as_str()) {
            assert!(
                count.refused > 0 && count.succeeded == 0,
                "{name}: {count:?}"
            );
        }
    }
    assert!(report.tasks > 10_000, "{} tasks", report.tasks);
}

/// What people are always refused: what only contracts may call, and only proxies or implementations answer.
const REFUSED: [&str; 13] = [
    "ogpu-token.initialize",
    "payment-escrow.initialize",
    "payment-escrow.lock",
    "payment-escrow.settle",
    "staking-vault.initialize",
    "staking-vault.lock",
    "staking-vault.unlock",
    "reputation-registry.initialize",
    "reputation-registry.recordOutcome",
    "task-manager.initialize",
    "optimistic-verifier.initialize",
    "verification-committee.initialize",
    "watchdog.initialize",
];

#[test]
fn a_seed_is_a_world() {
    let lab = Lab::new(Abi::committed().unwrap());
    let run = || {
        let mut report = Report::default();
        lab.episode(5, Setting::of(5), 300, &mut report).unwrap();
        let counts = report.counts.iter().map(|c| (c.succeeded, c.refused));
        (report.tasks, counts.collect::<Vec<_>>())
    };
    assert_eq!(run(), run());
}
