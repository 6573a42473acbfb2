//! Which task, beacon or round a call to a verifier is about, whose turn it is, and what nodes commit to.

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_rules::{
    Status,
    committee::{Field, Vote, beacon, hash, round},
};

use super::{FAR, Generator, Scene};
use crate::{
    abi::{Value, word},
    model::Done,
    world::{COLLUDING, COMMITTEE, OGPU, OPTIMISTIC, STRANGERS, World},
};

/// What somebody does for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Proposes a delivered result.
    Propose,
    /// Does something with a proposal in this stage, before its period ends.
    During(u8),
    /// Ends a proposal in this stage: the clock is moved there, now and then.
    After(u8),
    /// Asks for a committee.
    Request,
    /// Commits a secret.
    CommitSecret,
    /// Reveals a secret: the clock is moved there.
    RevealSecret,
    /// Reports a secret that was not revealed.
    Report,
    /// Draws a committee.
    Draw,
    /// Commits to a vote.
    CommitVote,
    /// Reveals a vote: the clock is moved there.
    RevealVote,
    /// Plants a task.
    Plant,
    /// Opens a task that was planted.
    OpenPlant,
    /// Counts votes: the clock is moved there.
    Tally,
}

impl Generator<'_> {
    /// Finds out what such a call can be about, and moves the clock if that makes sense. Whether it makes sense at all.
    pub(super) fn choose_turn(&mut self, world: &World, scene: &mut Scene<'_>, turn: Turn) -> bool {
        let now = world.chain.time;
        let live = world.model.market.live();
        if !live.is_empty() {
            scene.task = live[self.below(live.len())];
        }
        let (market, model) = (&world.model.market, &world.model);
        let committee = &model.committee;
        match turn {
            Turn::Propose | Turn::Request => {
                let judge = if turn == Turn::Propose {
                    OPTIMISTIC
                } else {
                    COMMITTEE
                };
                let waits = |id: &u64| {
                    let task = market.task(*id);
                    task.is_some_and(|task| {
                        task.status == Status::Submitted
                            && market.verifier(task.verifier) == judge
                            && model.optimistic.proposal(*id).stage == 0
                            && (committee.round(*id)).is_none_or(|round| {
                                let beacon = committee.beacon(round.beacon);
                                round.phase == 1 && beacon.is_some_and(|b| b.failed(now))
                            })
                    })
                };
                self.choose_task(market.live(), scene, waits)
            }
            Turn::During(stage) => self.choose_task(model.optimistic.live(), scene, |task| {
                let proposal = model.optimistic.proposal(*task);
                proposal.stage == stage && now < proposal.ends
            }),
            Turn::After(stage) => {
                let jumps = self.chance(10);
                let found = self.choose_task(model.optimistic.live(), scene, |task| {
                    let proposal = model.optimistic.proposal(*task);
                    proposal.stage == stage && (jumps || now >= proposal.ends)
                });
                let ends = model.optimistic.proposal(scene.task).ends;
                self.reach(scene, now, ends);
                found
            }
            Turn::CommitSecret | Turn::RevealSecret | Turn::Report => {
                let Some((number, beacon)) = committee.newest() else {
                    return false;
                };
                scene.beacon = number;
                let known = beacon.secrets.iter();
                if turn == Turn::CommitSecret {
                    let nodes = self.people.iter().copied().filter(|person| {
                        committee.node(*person).standing == 1
                            && !known.clone().any(|(node, _)| node == person)
                    });
                    let nodes: Vec<_> = nodes.collect();
                    return now < beacon.commit_end && self.choose_actor(scene, &nodes);
                }
                let silent = known.filter(|(_, done)| *done == Done::Committed);
                let silent: Vec<_> = silent.map(|(node, _)| *node).collect();
                if turn == Turn::Report {
                    return now >= beacon.reveal_end && self.choose_actor(scene, &silent);
                }
                if silent.is_empty() || now >= beacon.reveal_end {
                    return false;
                }
                self.reach(scene, now, beacon.commit_end);
                self.choose_actor(scene, &silent)
            }
            Turn::Draw => {
                let drawable = |task: &u64| {
                    let round = committee.round(*task);
                    round.is_some_and(|round| {
                        let beacon = committee.beacon(round.beacon);
                        round.phase == 1
                            && beacon.is_some_and(|b| b.ready(now))
                            && market
                                .task(*task)
                                .is_some_and(|t| t.status == Status::Submitted)
                    })
                };
                self.choose_task(committee.live(), scene, drawable)
            }
            Turn::CommitVote | Turn::RevealVote => {
                let (wanted, reveals) = match turn {
                    Turn::CommitVote => (Done::Nothing, false),
                    _ => (Done::Committed, true),
                };
                let waits = |task: &u64| {
                    committee.round(*task).is_some_and(|round| {
                        let end = if reveals {
                            round.reveal_end
                        } else {
                            round.commit_end
                        };
                        round.phase == 2 && now < end && round.seats.iter().any(|s| s.1 == wanted)
                    })
                };
                if !self.choose_task(committee.live(), scene, waits) {
                    return false;
                }
                let Some(round) = committee.round(scene.task) else {
                    return false;
                };
                if reveals && now < round.commit_end {
                    let undecided = round.seats.iter().any(|(_, done)| *done == Done::Nothing);
                    if undecided && !self.chance(10) {
                        return false;
                    }
                    self.reach(scene, now, round.commit_end);
                }
                let waiting = round.seats.iter().filter(|(_, done)| *done == wanted);
                let waiting: Vec<_> = waiting.map(|(node, _)| *node).collect();
                self.choose_actor(scene, &waiting)
            }
            Turn::Plant => {
                scene.actor = STRANGERS[1];
                let delivered = |id: &u64| {
                    let task = market.task(*id);
                    task.is_some_and(|task| {
                        task.status == Status::Submitted
                            && market.verifier(task.verifier) == COMMITTEE
                            && !committee.is_planted(plant(*id))
                    })
                };
                self.choose_task(market.live(), scene, delivered)
            }
            Turn::OpenPlant => {
                let planted = |id: &u64| committee.is_planted(plant(*id));
                self.choose_task(&committee.closed(), scene, planted)
            }
            Turn::Tally => {
                let voting = |task: &u64| committee.round(*task).is_some_and(|r| r.phase == 2);
                if !self.choose_task(committee.live(), scene, voting) {
                    return false;
                }
                let Some(round) = committee.round(scene.task) else {
                    return false;
                };
                let open = round.seats.iter().any(|(_, done)| *done != Done::Revealed);
                if open && now < round.reveal_end {
                    if !self.chance(10) {
                        return false;
                    }
                    self.reach(scene, now, round.reveal_end);
                }
                true
            }
        }
    }

    /// Moves the clock to a time, if it is not far.
    fn reach(&mut self, scene: &mut Scene<'_>, now: u64, time: u64) {
        let left = time.saturating_sub(now);
        if left > scene.wait && left < 5 * FAR {
            scene.wait = left;
        }
    }

    /// One of the tasks of which this is true.
    fn choose_task(
        &mut self,
        tasks: &[u64],
        scene: &mut Scene<'_>,
        suits: impl Fn(&u64) -> bool,
    ) -> bool {
        let start = self.below(tasks.len());
        let task = (tasks[start..].iter())
            .chain(&tasks[..start])
            .find(|id| suits(id));
        scene.task = task.copied().unwrap_or(scene.task);
        task.is_some()
    }

    fn choose_actor(&mut self, scene: &mut Scene<'_>, nodes: &[Address]) -> bool {
        if nodes.is_empty() {
            return false;
        }
        scene.actor = self.one_of(nodes);
        true
    }

    /// A word that a verifier is told, by the function and the name of the argument.
    pub(super) fn told(&self, scene: &Scene<'_>, name: &str) -> Option<B256> {
        let node = scene.from;
        let (task, beacon) = (word(scene.task.into()), word(scene.beacon.into()));
        let function = scene.entry.function.name.as_str();
        Some(match (function, name) {
            ("commitSecret", "commitment") => {
                beacon::commitment(&beacon, &node.into_word(), &secret(scene.beacon, node))
            }
            ("revealSecret", "secret") => secret(scene.beacon, node),
            ("commitVote", "commitment") => {
                round::commitment(&task, &node.into_word(), vote(scene.task, node), &task)
            }
            ("revealVote", "resultHash") => vote(scene.task, node).result,
            ("revealVote" | "openPlant", "salt") => task,
            ("openPlant", "answer") => super::arguments::result(scene.task),
            ("plant", "commitment") => plant(scene.task),
            _ => return None,
        })
    }

    /// All arguments of calls to verifiers whose arguments depend on each other.
    pub(super) fn whole_verdict(&mut self, scene: &Scene<'_>) -> Option<Vec<Value>> {
        let words = match scene.entry.function.name.as_str() {
            "setParameter" => {
                let day = 86_400;
                let field = self.rng.u8(0..11);
                let value = match field {
                    _ if field == Field::MinBond as u8 => self.rng.u128(50 * OGPU..150 * OGPU),
                    1 => self.rng.u128(1..=5_000),
                    2 | 3 => self.rng.u128(1..=10_000),
                    4 => self.rng.u128(600..1_500),
                    5 | 6 => self.rng.u128(900..2_000),
                    7 => self.rng.u128(7 * day..20 * day),
                    8 => self.rng.u128(1..4),
                    9 => self.rng.u128(50 * OGPU..500 * OGPU),
                    _ => self.rng.u128(500 * OGPU..5_000 * OGPU),
                };
                vec![word(field.into()), word(value)]
            }
            "setParameters" if scene.entry.function.inputs.len() == 4 => vec![
                word(self.rng.u128(600..3_000)),
                word(self.rng.u128(86_400..200_000)),
                word(self.rng.u128(0..=5_000)),
                word(self.rng.u128(1..10 * OGPU)),
            ],
            "reportWithheld" => vec![word(scene.beacon.into()), scene.actor.into_word()],
            "watch" => vec![
                self.one_of(&crate::world::HOLDERS).into_word(),
                word(self.rng.u128(1..1_000 * OGPU)),
                word(self.rng.u128(3_600..90_000)),
            ],
            "poke" | "unwatch" => vec![self.one_of(&crate::world::HOLDERS).into_word()],
            _ => return None,
        };
        Some(words.into_iter().map(Value::Word).collect())
    }
}

/// What the planter commits to.
fn plant(task: u64) -> B256 {
    let id = word(task.into());
    hash(&[&id, &super::arguments::result(task), &id])
}

/// The secret of a node for a beacon.
fn secret(beacon: u64, node: Address) -> B256 {
    keccak256([word(beacon.into()), node.into_word()].concat())
}

/// What a node finds: what was delivered, unless it colludes, or errs.
fn vote(task: u64, node: Address) -> Vote {
    let errs = keccak256([word(task.into()), node.into_word()].concat())[0] < 20;
    let result = if COLLUDING.contains(&node) && task.is_multiple_of(3) {
        B256::repeat_byte(0xcc)
    } else if errs {
        B256::from(U256::from(task) + U256::ONE)
    } else {
        super::arguments::result(task)
    };
    Vote {
        result,
        latency_ok: true,
    }
}
