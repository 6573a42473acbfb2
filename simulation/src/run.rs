//! Episodes: a new world each, random steps, and a check after every one of them.

use std::{
    ops::AddAssign,
    time::{Duration, Instant},
};

use rustc_hash::FxHashMap;

use crate::{
    abi::Abi,
    chain::{Manner, Outcome},
    generate::{Catalogue, Generator, Step},
    model::{Circumstances, Violation},
    world::{REFUSING, Setting, World, people},
};

/// After how many steps everything is compared with everything.
const SCAN: usize = 1_000;
/// After how many steps a task is ended and somebody leaves, to be undone.
const EXITS: usize = 40;

/// How often a function was called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// And succeeded.
    pub succeeded: u64,
    /// And reverted.
    pub refused: u64,
    /// The most reads, writes and calls that a success took.
    pub accesses: u32,
}

/// What happened in a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Worlds.
    pub episodes: u64,
    /// Steps.
    pub steps: u64,
    /// Messages sent, with those that were undone again.
    pub transactions: u64,
    /// Tasks that were made.
    pub tasks: u64,
    /// By function, in the order of the catalogue.
    pub counts: Vec<Count>,
    /// How often a function, by its place there, was refused with which error.
    pub refusals: FxHashMap<(usize, [u8; 4]), u64>,
    /// Time spent in transactions alone.
    pub in_transactions: Duration,
}

/// A world in which something did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed of its episode.
    pub seed: u64,
    /// What it was like.
    pub setting: Setting,
    /// What happened in it, up to the step after which it did not hold.
    pub steps: Vec<Step>,
    /// What did not hold.
    pub violation: Violation,
}

/// What can be called in every world.
#[derive(Clone, Debug)]
pub struct Lab {
    abi: Abi,
    /// The functions.
    pub catalogue: Catalogue,
}

impl Lab {
    /// Why a function, by its place in the catalogue, was refused, most often first: error and count.
    pub fn refusals(&self, report: &Report, entry: usize) -> Vec<(&str, u64)> {
        let of_entry = report.refusals.iter().filter(|((of, _), _)| *of == entry);
        let mut reasons: Vec<_> = of_entry
            .map(|((_, selector), count)| (self.abi.error(selector).unwrap_or("no word"), *count))
            .collect();
        reasons.sort_by_key(|(error, count)| (u64::MAX - count, *error));
        reasons
    }

    /// Of these interfaces.
    pub fn new(abi: Abi) -> Self {
        let catalogue = Catalogue::new(&abi);
        Self { abi, catalogue }
    }

    /// Runs a world for so many steps, checks after each of them, and enters them in the report.
    ///
    /// # Errors
    /// [`Failure`], not yet shrunk.
    pub fn episode(
        &self,
        seed: u64,
        setting: Setting,
        steps: usize,
        report: &mut Report,
    ) -> Result<(), Box<Failure>> {
        report
            .counts
            .resize(self.catalogue.entries().len(), Count::default());
        let mut world = World::new(&self.abi, setting);
        let mut generator = Generator::new(&self.catalogue, setting.manner, seed);
        let mut taken = Vec::with_capacity(steps);
        let mut result = Ok(());
        for index in 1..=steps {
            let step = generator.step(&mut world);
            let started = Instant::now();
            let outcome = take(&mut world, &step);
            report.in_transactions += started.elapsed();
            report.enter(&step, &outcome.0);
            result = self.check(&mut world, &step, &outcome);
            taken.push(step);
            if result.is_ok() && index % EXITS == 0 {
                result = look(&mut world, setting, &mut generator);
            }
            if result.is_ok() && index % SCAN == 0 {
                result = world.model.scan(&mut world.chain);
            }
            if result.is_err() {
                break;
            }
        }
        report.episodes += 1;
        report.tasks += world.model.market.count();
        let result = result.and_then(|()| everything(&mut world, setting));
        result.map_err(|violation| {
            Box::new(Failure {
                seed,
                setting,
                steps: taken,
                violation,
            })
        })
    }

    /// A new world.
    pub fn world(&self, setting: Setting) -> World {
        World::new(&self.abi, setting)
    }

    /// Takes a step in a world, and checks it.
    ///
    /// # Errors
    /// The first [`Violation`].
    pub fn step(&self, world: &mut World, step: &Step) -> Result<Outcome, Violation> {
        let taken = take(world, step);
        self.check(world, step, &taken)?;
        Ok(taken.0)
    }

    /// Takes steps in a new world; what does not hold in it.
    pub fn replay(&self, setting: Setting, steps: &[Step]) -> Option<Violation> {
        let mut world = World::new(&self.abi, setting);
        for step in steps {
            let outcome = take(&mut world, step);
            if let Err(violation) = self.check(&mut world, step, &outcome) {
                return Some(violation);
            }
        }
        everything(&mut world, setting).err()
    }

    /// Leaves steps out as long as the same still does not hold: first many at a time, in the end one by one.
    pub fn shrink(&self, mut failure: Failure) -> Failure {
        let mut chunk = failure.steps.len().div_ceil(2);
        loop {
            let (mut at, mut shrunk) = (0, false);
            while at < failure.steps.len() {
                let fewer = without(&failure.steps, at, chunk);
                match self.replay(failure.setting, &fewer) {
                    Some(violation) if same(&violation, &failure.violation) => {
                        (failure.steps, failure.violation) = (fewer, violation);
                        shrunk = true;
                    }
                    _ => at += chunk,
                }
            }
            if chunk > 1 {
                chunk = chunk.div_ceil(2);
            } else if !shrunk {
                return failure;
            }
        }
    }

    fn check(
        &self,
        world: &mut World,
        step: &Step,
        (outcome, digest): &(Outcome, u64),
    ) -> Result<(), Violation> {
        let World { chain, model, .. } = world;
        let circumstances = Circumstances {
            digest: *digest,
            malformed: step.malformed,
            is_view: self.catalogue.entries()[step.entry].function.is_view && !step.malformed,
            is_quiet: self.catalogue.entries()[step.entry].function.name == "poke",
            undone: step.undone,
            calls: step.calls,
        };
        model.check(chain, &self.abi, outcome, circumstances)
    }
}

/// The steps without some of them; what is left happens when it did.
fn without(steps: &[Step], at: usize, count: usize) -> Vec<Step> {
    let mut fewer = steps.to_vec();
    let dropped = fewer.drain(at..steps.len().min(at + count));
    let passed: u64 = dropped.map(|step| step.wait).sum();
    if let Some(next) = fewer.get_mut(at) {
        next.wait += passed;
    }
    fewer
}

/// Whether two violations are of one kind.
fn same(a: &Violation, b: &Violation) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// Takes a step: what became of it, and the digest of the storage before.
fn take(world: &mut World, step: &Step) -> (Outcome, u64) {
    let World { chain, model, .. } = world;
    if step.wait > 0 {
        let clock = match model.votes_by_block {
            true => chain.block,
            false => chain.time,
        };
        model.votes.remember(step.message.from, clock);
        chain.time += step.wait;
        chain.block += 1;
    }
    chain.reentry = step.reentry.clone();
    let digest = chain.storage().digest();
    let outcome = if step.undone {
        chain.attempt(|chain| chain.transact(&step.message))
    } else {
        chain.transact(&step.message)
    };
    chain.reentry = None;
    (outcome, digest)
}

/// Ends a task and has somebody leave, as if.
fn look(
    world: &mut World,
    setting: Setting,
    generator: &mut Generator<'_>,
) -> Result<(), Violation> {
    let World { chain, model, .. } = world;
    let live = model.market.live();
    if !live.is_empty() {
        model.try_to_end(chain, live[generator.below(live.len())])?;
    }
    let leases = model.market.live_leases();
    if !leases.is_empty() {
        model.try_to_end_lease(chain, leases[generator.below(leases.len())])?;
    }
    let proposals = model.optimistic.live();
    if !proposals.is_empty() {
        let task = proposals[generator.below(proposals.len())];
        if can_leave(setting, model.optimistic.proposal(task).proposer) {
            model.try_to_end_proposal(chain, task)?;
        }
    }
    let rounds = model.committee.live();
    if !rounds.is_empty() {
        model.try_to_end_round(chain, rounds[generator.below(rounds.len())])?;
    }
    let person = generator.person();
    if can_leave(setting, person) {
        model.try_to_leave(chain, person)?;
    }
    Ok(())
}

/// Compares everything with everything, ends every task and has everybody leave, as if.
fn everything(world: &mut World, setting: Setting) -> Result<(), Violation> {
    let World { chain, model, .. } = world;
    model.scan(chain)?;
    for &task in model.market.live() {
        model.try_to_end(chain, task)?;
    }
    for &lease in model.market.live_leases() {
        model.try_to_end_lease(chain, lease)?;
    }
    for &task in model.optimistic.live() {
        if can_leave(setting, model.optimistic.proposal(task).proposer) {
            model.try_to_end_proposal(chain, task)?;
        }
    }
    for &task in model.committee.live() {
        model.try_to_end_round(chain, task)?;
    }
    for person in people() {
        if can_leave(setting, person) {
            model.try_to_leave(chain, person)?;
        }
    }
    Ok(())
}

/// A wallet that refuses a token that calls it has only itself in the way; the result that it proposes lapses when the market goes on.
fn can_leave(setting: Setting, person: alloy_primitives::Address) -> bool {
    setting.manner != Some(Manner::Hooks) || person != REFUSING
}

impl Report {
    fn enter(&mut self, step: &Step, outcome: &Outcome) {
        self.steps += 1;
        self.transactions += 1;
        let count = &mut self.counts[step.entry];
        match &outcome.answer {
            Ok(_) => {
                count.succeeded += 1;
                count.accesses = count.accesses.max(outcome.accesses);
            }
            Err(reason) => {
                count.refused += 1;
                let selector = reason.first_chunk().copied().unwrap_or_default();
                *self.refusals.entry((step.entry, selector)).or_default() += 1;
            }
        }
    }
}

impl AddAssign<&Self> for Report {
    fn add_assign(&mut self, other: &Self) {
        self.episodes += other.episodes;
        self.steps += other.steps;
        self.transactions += other.transactions;
        self.tasks += other.tasks;
        self.in_transactions += other.in_transactions;
        self.counts
            .resize(other.counts.len().max(self.counts.len()), Count::default());
        for (&refusal, count) in &other.refusals {
            *self.refusals.entry(refusal).or_default() += count;
        }
        for (ours, theirs) in self.counts.iter_mut().zip(&other.counts) {
            ours.succeeded += theirs.succeeded;
            ours.refused += theirs.refused;
            ours.accesses = ours.accesses.max(theirs.accesses);
        }
    }
}
