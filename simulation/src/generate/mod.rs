//! Random steps: every function of every contract, mostly with arguments that make sense, sometimes with any.

mod arguments;
mod habits;
mod verdicts;
mod whole;

use std::fmt;

use alloy_primitives::{Address, hex};
use fastrand::Rng;
use ogpu_rules::Status;
use rustc_hash::FxHashMap;

pub use habits::{Habit, Which, Who};
pub use verdicts::Turn;

use crate::{
    abi::{Abi, Function, Value, encode},
    chain::{Manner, Message, Program, Reentry},
    model::{Model, Task},
    world::{
        CLIENTS, COPIES, GUARDIAN, OTHER_OWNER, OWNER, PROVIDERS, REENTERING, REENTERING_PROVIDER,
        VERIFIERS, WATCHDOG, World, lease_view, people, program_at, proxy_of,
    },
};

/// How many functions are looked at for one that makes sense now.
const TRIES: usize = 12;

/// Seconds from the record of an outcome to the end of a contest that the owner does not decide: 37 days.
const CONTEST: u64 = 37 * 24 * 60 * 60;
/// How far the clock may be moved to where a call makes sense, in seconds.
const FAR: u64 = 20_000;

/// A function that can be called.
#[derive(Clone, Debug)]
pub struct Entry {
    /// At which contract.
    pub program: Program,
    /// The function.
    pub function: Function,
    habit: Habit,
}

/// All functions that can be called, and how often each is.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    weights: u32,
    /// The selectors of each extension.
    selectors: FxHashMap<Program, Vec<u8>>,
}

impl Catalogue {
    /// The functions of all interfaces.
    pub fn new(abi: &Abi) -> Self {
        let contracts = Program::ALL.iter().filter(|p| !p.is_extension());
        let entries: Vec<_> = contracts
            .flat_map(|&program| {
                abi.functions(program).iter().map(move |function| Entry {
                    program,
                    function: function.clone(),
                    habit: habits::of(program, &function.name, function.is_view),
                })
            })
            .filter(|entry| entry.habit.weight > 0)
            .collect();
        let weights = entries.iter().map(|entry| entry.habit.weight).sum();
        let extensions = Program::ALL.iter().filter(|p| p.is_extension());
        Self {
            entries,
            weights,
            selectors: extensions.map(|&p| (p, abi.selectors(p))).collect(),
        }
    }

    /// The functions.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn pick(&self, rng: &mut Rng) -> usize {
        let mut at = rng.u32(0..self.weights);
        for (index, entry) in self.entries.iter().enumerate() {
            match at.checked_sub(entry.habit.weight) {
                Some(left) => at = left,
                None => return index,
            }
        }
        0
    }
}

/// A step: time passes, and somebody sends a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Seconds that pass before.
    pub wait: u64,
    /// The message.
    pub message: Message,
    /// What a wallet does when a token calls it meanwhile.
    pub reentry: Option<Reentry>,
    /// Which function it calls: its place in the catalogue.
    pub entry: usize,
    /// Whether the calldata is none that a wallet would make.
    pub malformed: bool,
    /// Whether it is undone afterwards.
    pub undone: bool,
    /// How many calls are in it.
    pub calls: u32,
}

/// Makes steps.
#[derive(Clone, Debug)]
pub struct Generator<'a> {
    catalogue: &'a Catalogue,
    manner: Option<Manner>,
    rng: Rng,
    people: Vec<Address>,
}

/// What a call is about.
#[derive(Clone, Copy, Debug)]
struct Scene<'a> {
    entry: &'a Entry,
    from: Address,
    task: u64,
    lease: u64,
    provider: u32,
    beacon: u64,
    /// Whose turn it is, where that follows from what the call is about; zero otherwise.
    actor: Address,
    wait: u64,
    /// Whether the call makes sense on the task and the lease.
    suits: bool,
}

impl<'a> Generator<'a> {
    /// Makes the steps that go with a seed.
    pub fn new(catalogue: &'a Catalogue, manner: Option<Manner>, seed: u64) -> Self {
        Self {
            catalogue,
            manner,
            rng: Rng::with_seed(seed),
            people: people(),
        }
    }

    /// The next step of a world.
    pub fn step(&mut self, world: &mut World) -> Step {
        let mut step = self.sensible(world, None);
        if self.manner == Some(Manner::Hooks) && self.chance(60) {
            let wallet = self.one_of(&[REENTERING, REENTERING_PROVIDER]);
            let message = self.sensible(world, Some(wallet)).message;
            let insists = self.chance(30);
            step.reentry = Some(Reentry { message, insists });
        }
        if self.chance(2) {
            self.deform(&mut step);
        }
        step
    }

    /// Which account to look at next: any of the people.
    pub fn person(&mut self) -> Address {
        let index = self.rng.usize(0..self.people.len());
        self.people[index]
    }

    /// Which of so many things to look at next.
    pub fn below(&mut self, count: usize) -> usize {
        self.rng.usize(0..count.max(1))
    }

    /// A call that makes sense now, if one is found soon.
    fn sensible(&mut self, world: &mut World, from: Option<Address>) -> Step {
        for _ in 1..TRIES {
            let index = self.catalogue.pick(&mut self.rng);
            let scene = self.scene(world, &self.catalogue.entries[index]);
            if scene.suits || self.chance(3) {
                return self.call_in(world, index, scene, from);
            }
        }
        let index = self.catalogue.pick(&mut self.rng);
        self.call(world, index, from)
    }

    /// A call of a function, by a given account or by whoever usually makes it.
    fn call(&mut self, world: &mut World, index: usize, from: Option<Address>) -> Step {
        let scene = self.scene(world, &self.catalogue.entries[index]);
        self.call_in(world, index, scene, from)
    }

    fn call_in(
        &mut self,
        world: &mut World,
        index: usize,
        mut scene: Scene<'_>,
        from: Option<Address>,
    ) -> Step {
        let entry = scene.entry;
        scene.from = from.unwrap_or_else(|| self.sender(world, &scene));
        let matures_at = world.model.vault.account(scene.from).matures_at;
        if scene.entry.habit.which == Which::Matured && self.chance(3) {
            let matures_at = match entry.program {
                Program::VerificationCommittee => world.model.committee.node(scene.from).matures_at,
                _ => matures_at,
            };
            scene.wait = matures_at.saturating_sub(world.chain.time);
        }
        let rewires =
            habits::rewires(&entry.function.name) && [OWNER, OTHER_OWNER].contains(&scene.from);
        let harmless = rewires && self.chance(40);
        if habits::is_batch(&entry.function.name) {
            return self.several(world, index, &scene);
        }
        let arguments = match self.whole(world, &scene, harmless) {
            Some(arguments) => arguments,
            None => {
                let inputs = &entry.function.inputs;
                let arguments = inputs.iter().map(|p| self.argument(world, &scene, p));
                arguments.collect()
            }
        };
        let to = match self.chance(1) {
            true => program_at(entry.program, self.rng.u8(0..COPIES)),
            false => proxy_of(entry.program),
        };
        Step {
            wait: scene.wait,
            message: Message {
                from: scene.from,
                to,
                value: 0,
                data: encode(&entry.function, &arguments),
            },
            reentry: None,
            entry: index,
            malformed: false,
            undone: rewires && !harmless,
            calls: batch(&arguments),
        }
    }

    /// Several calls of one sender in one message.
    fn several(&mut self, world: &mut World, index: usize, scene: &Scene<'_>) -> Step {
        let entry = &self.catalogue.entries[index];
        let count = self.rng.usize(0..4);
        let mut parts = Vec::with_capacity(count);
        let mut undone = false;
        while parts.len() < count {
            let part = self.catalogue.pick(&mut self.rng);
            if self.catalogue.entries[part].program == entry.program && part != index {
                let step = self.call(world, part, Some(scene.from));
                undone |= step.undone;
                parts.push(Value::Bytes(step.message.data));
            }
        }
        Step {
            wait: scene.wait,
            message: Message {
                from: scene.from,
                to: proxy_of(entry.program),
                value: 0,
                data: encode(&entry.function, &[Value::Array(parts)]),
            },
            reentry: None,
            entry: index,
            malformed: false,
            undone,
            calls: 1 + count as u32,
        }
    }

    /// When, and on what.
    fn scene<'e>(&mut self, world: &mut World, entry: &'e Entry) -> Scene<'e> {
        let wait = match self.rng.u32(0..1_000) {
            0 => self.rng.u64(0..100_000),
            1..=9 => self.rng.u64(0..7_200),
            10..=49 => self.rng.u64(0..600),
            50..=199 => self.rng.u64(0..60),
            _ => 0,
        };
        let provider = self.provider(world);
        let mut scene = Scene {
            entry,
            from: Address::ZERO,
            task: 0,
            lease: 0,
            provider,
            beacon: 0,
            actor: Address::ZERO,
            wait,
            suits: false,
        };
        if let Which::Verdict(turn) = entry.habit.which {
            scene.suits = self.choose_turn(world, &mut scene, turn);
            return scene;
        }
        if !self.choose_lease(world, &mut scene) {
            return scene;
        }
        if entry.habit.which == Which::In(habits::ENDED) {
            self.choose_recorded(world, &mut scene);
            return scene;
        }
        let market = &world.model.market;
        if self.chance(4) || market.live().is_empty() {
            scene.task = self.rng.u64(0..market.count() + 2);
            return scene;
        }
        for _ in 0..12 {
            scene.task = market.live()[self.rng.usize(0..market.live().len())];
            if let Some(task) = market.task(scene.task)
                && self.suits(world, task, &mut scene)
            {
                scene.suits = true;
                break;
            }
        }
        scene
    }

    /// Which recorded task a call is about, and for the end of a contest one that is contested; moves the clock to that end.
    fn choose_recorded(&mut self, world: &World, scene: &mut Scene<'_>) {
        let ending = scene.entry.function.name.ends_with("Contest");
        let recorded = world.model.registry.recorded(ending);
        if recorded.is_empty() {
            return;
        }
        let (task, recorded_at) = recorded[self.rng.usize(0..recorded.len())];
        scene.task = task;
        scene.suits = true;
        if scene.entry.function.name == "closeContest" {
            let end = recorded_at + CONTEST;
            scene.wait = end.saturating_sub(world.chain.time);
        }
    }

    /// Any provider, mostly one with collateral.
    fn provider(&mut self, world: &World) -> u32 {
        let count = world.model.registry.providers().len() as u32;
        let mut provider = self.rng.u32(1..=count);
        for _ in 0..3 {
            if world.model.market.card(provider).free > 0 {
                break;
            }
            provider = self.rng.u32(1..=count);
        }
        provider
    }

    /// Which lease a call is about; moves the clock to its end if that makes sense. Whether the call makes sense on it.
    fn choose_lease(&mut self, world: &mut World, scene: &mut Scene<'_>) -> bool {
        let World { chain, model, .. } = world;
        let live = model.market.live_leases();
        let which = scene.entry.habit.which;
        let (Which::Lease(wanted) | Which::LeaseDue(wanted)) = which else {
            if !live.is_empty() {
                scene.lease = live[self.rng.usize(0..live.len())];
            }
            return true;
        };
        if self.chance(4) || live.is_empty() {
            scene.lease = self.rng.u64(0..20);
            return false;
        }
        for _ in 0..8 {
            scene.lease = live[self.rng.usize(0..live.len())];
            let lease = model.market.lease(scene.lease);
            let Ok(view) = lease_view(chain, scene.lease) else {
                continue;
            };
            let left = view.endsAt.saturating_sub(chain.time);
            let suits = match which {
                Which::Lease(_) => left > scene.wait,
                _ => left == 0 || left < FAR && self.chance(5),
            };
            if lease.is_some_and(|lease| lease.started == wanted) && suits {
                if matches!(which, Which::LeaseDue(_)) && left > 0 {
                    scene.wait = left - u64::from(self.chance(10));
                }
                return true;
            }
        }
        false
    }

    /// Whether a call makes sense on a task; moves the clock if it will.
    fn suits(&mut self, world: &World, task: &Task, scene: &mut Scene<'_>) -> bool {
        let market = &world.model.market;
        let now = world.chain.time;
        match scene.entry.habit.which {
            Which::Live
            | Which::Matured
            | Which::Lease(_)
            | Which::LeaseDue(_)
            | Which::Verdict(_) => true,
            Which::In(states) => {
                states.contains(&task.status) && now + scene.wait < market.exit_time(task)
            }
            Which::Due(states) => {
                let left = market.exit_time(task).saturating_sub(now);
                let suits =
                    states.contains(&task.status) && (left == 0 || left < FAR && self.chance(4));
                if suits && left > 0 {
                    scene.wait = left - u64::from(self.chance(10));
                }
                suits
            }
            Which::Bidding(way) => {
                task.status == Status::Open
                    && task.bidding == way
                    && now + scene.wait < task.deadline
            }
            Which::Revealing => {
                if task.status != Status::Open || now >= task.deadline {
                    return false;
                }
                let opens = task.deadline - 60 * u64::from(task.reveal_minutes);
                let provider = (1..=PROVIDERS.len() as u32)
                    .find(|provider| market.has_bid(scene.task, *provider, true));
                let Some(provider) = provider else {
                    return false;
                };
                scene.provider = provider;
                scene.wait = opens.saturating_sub(now);
                scene.wait < FAR
            }
            Which::Bidden => {
                let mut providers = 1..=PROVIDERS.len() as u32;
                let bidden = providers.find(|provider| {
                    market.has_bid(scene.task, *provider, false)
                        || market.has_bid(scene.task, *provider, true)
                });
                scene.provider = bidden.unwrap_or(scene.provider);
                bidden.is_some()
            }
        }
    }

    /// Who calls: nobody has the key of the zero address.
    fn sender(&mut self, world: &World, scene: &Scene<'_>) -> Address {
        if self.manner == Some(Manner::Hooks) && self.chance(15) {
            return self.one_of(&[REENTERING, REENTERING_PROVIDER]);
        }
        match self.usual_sender(world, scene) {
            sender if sender.is_zero() || self.chance(8) => self.person(),
            sender => sender,
        }
    }

    fn usual_sender(&mut self, world: &World, scene: &Scene<'_>) -> Address {
        let model = &world.model;
        let Model { market, rights, .. } = model;
        let (task, lease) = (market.task(scene.task), market.lease(scene.lease));
        let owner_of = |provider| match world.model.registry.provider(provider) {
            Some(provider) => provider.owner,
            None => OWNER,
        };
        let contract = proxy_of(scene.entry.program);
        match (scene.entry.habit.who, task) {
            (Who::Chosen, _) => scene.actor,
            (Who::Buyer, _) => self.one_of(&CLIENTS),
            (Who::Client, Some(task)) => task.client,
            (Who::Judge, Some(task)) if task.verifier != 0 => judge(market.verifier(task.verifier)),
            (Who::Judge, Some(task)) => task.client,
            (Who::Winner, Some(task)) => owner_of(task.provider),
            (Who::Loser, Some(task)) if task.status == Status::Verified => task.client,
            (Who::Loser, Some(task)) => owner_of(task.provider),
            (Who::Provider, _) => owner_of(scene.provider),
            (Who::Tenant, _) if lease.is_some() => lease.map_or(OWNER, |lease| lease.client),
            (Who::Host, _) if lease.is_some() => {
                lease.map_or(OWNER, |lease| owner_of(lease.provider))
            }
            (Who::Watcher, _) => {
                judge(lease.map_or(OWNER, |lease| market.verifier(lease.verifier)))
            }
            (Who::Owner, _) => rights.owner(contract),
            (Who::Guardian, _) if self.chance(50) => match rights.guardian(contract) {
                WATCHDOG => GUARDIAN, // a contract sends nothing by itself
                guardian => guardian,
            },
            (Who::Guardian, _) => rights.owner(contract),
            (Who::Payee, _) => self.person_who(|p| model.escrow.account(p).balance > 0),
            (Who::Leaver, _) if scene.entry.program == Program::VerificationCommittee => self
                .person_who(|p| {
                    model.committee.node(p).owed > 0 || model.committee.node(p).standing > 1
                }),
            (Who::Owed, _) => self.person_who(|p| model.optimistic.owed(p) > 0),
            (Who::Node, _) => self.person_who(|p| model.committee.node(p).standing == 1),
            (Who::Leaver, _) => self.person_who(|p| model.vault.account(p).unbonding > 0),
            (Who::Injured, _) => self.person_who(|p| model.vault.account(p).compensation > 0),
            (Who::Contract, _) => self.one_of(&[OWNER, OTHER_OWNER]),
            _ => self.person(),
        }
    }

    /// Somebody of whom this is true, if there is anybody.
    fn person_who(&mut self, is: impl Fn(Address) -> bool) -> Address {
        let (count, start) = (self.people.len(), self.below(self.people.len()));
        let mut people = (0..count).map(|step| self.people[(start + step) % count]);
        people
            .find(|person| is(*person))
            .unwrap_or(self.people[start])
    }

    /// Makes calldata that no wallet makes, or sends ether along.
    fn deform(&mut self, step: &mut Step) {
        step.malformed = true;
        step.undone |= step.message.from == OWNER || step.message.from == OTHER_OWNER;
        let data = &mut step.message.data;
        match self.rng.u8(0..5) {
            0 => data.truncate(self.rng.usize(0..=data.len())),
            1 => {
                let index = self.rng.usize(0..data.len());
                data[index] ^= 1 << self.rng.u8(0..8);
            }
            2 => {
                *data = (0..self.rng.usize(0..200))
                    .map(|_| self.rng.u8(..))
                    .collect()
            }
            3 => data.extend([0xff; 33]),
            _ => step.message.value = self.rng.u64(1..1_000),
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.rng.usize(0..choices.len())]
    }
}

/// Who judges in person: a contract sends nothing by itself.
fn judge(verifier: Address) -> Address {
    if VERIFIERS.contains(&verifier) {
        verifier
    } else {
        Address::ZERO
    }
}

/// A step as people read it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a Step, pub &'a Catalogue);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(step, catalogue) = self;
        let Entry {
            program, function, ..
        } = &catalogue.entries[step.entry];
        let Message {
            from,
            to,
            value,
            data,
        } = &step.message;
        write!(f, "+{} s  {from}", step.wait)?;
        let name = (program.name(), &function.name);
        write!(f, " → {}.{} at {to}", name.0, name.1)?;
        if *value > 0 {
            write!(f, " with {value} wei")?;
        }
        if step.undone {
            write!(f, " (tried and undone)")?;
        }
        write!(f, "\n      {}", hex::encode_prefixed(data))?;
        if let Some(Reentry { message, insists }) = &step.reentry {
            let data = hex::encode_prefixed(&message.data);
            let how = if *insists { "insists on" } else { "tries" };
            write!(f, "\n      a wallet {how} {data} at {}", message.to)?;
        }
        Ok(())
    }
}

/// How many things a call does: as many as it has in its longest list.
fn batch(arguments: &[Value]) -> u32 {
    let lists = arguments.iter().map(|argument| match argument {
        Value::Array(values) => values.len() as u32,
        _ => 1,
    });
    lists.max().unwrap_or(1).max(1)
}
