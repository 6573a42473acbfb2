//! What the verification committee owes, and what its beacons and rounds wait for, as its events tell.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use committee::events::*;
use rustc_hash::FxHashMap;

use super::{Violation, balance, less};
use crate::{
    chain::{Chain, Log},
    world::{COMMITTEE, CommitteeViews, ask},
};

/// An account of the committee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// 0 none, 1 active, 2 leaving, 3 removed.
    pub standing: u8,
    /// When its bond matures, unless it is active.
    pub matures_at: u64,
    /// What it can lose, in wei.
    pub bond: u128,
    /// Its to take out, in wei.
    pub owed: u128,
    number: u32,
}

/// What a node has done, to a beacon or in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing yet.
    Nothing,
    /// It has committed.
    Committed,
    /// It has revealed.
    Revealed,
}

/// A beacon.
#[derive(Clone, Debug, Default)]
pub struct Beacon {
    /// Until when secrets are committed.
    pub commit_end: u64,
    /// Until when they are revealed.
    pub reveal_end: u64,
    /// Who has committed one, and whether it is revealed.
    pub secrets: Vec<(Address, Done)>,
    mixed: B256,
}

impl Beacon {
    /// Whether all secrets are revealed.
    pub fn ready(&self, now: u64) -> bool {
        let mut silent = self.secrets.iter();
        now >= self.commit_end
            && !self.secrets.is_empty()
            && silent.all(|(_, done)| *done == Done::Revealed)
    }

    /// Whether it comes to nothing, as far as is known without its parameters.
    pub fn failed(&self, now: u64) -> bool {
        let few = self.secrets.len() < 2 && now >= self.commit_end;
        few || now >= self.reveal_end && !self.ready(now)
    }
}

/// The round of a task.
#[derive(Clone, Debug, Default)]
pub struct Round {
    /// 1 requested, 2 voting, 3 closed, 4 closed and planted.
    pub phase: u8,
    /// Whose randomness draws its committee.
    pub beacon: u64,
    /// Until when votes are committed.
    pub commit_end: u64,
    /// Until when they are revealed.
    pub reveal_end: u64,
    /// Who has a seat, and what it has done.
    pub seats: Vec<(Address, Done)>,
}

/// The committee's books.
#[derive(Clone, Debug, Default)]
pub struct Committee {
    nodes: FxHashMap<Address, Node>,
    beacons: Vec<Beacon>,
    rounds: FxHashMap<u64, Round>,
    /// What the planter has committed to, and not opened.
    plants: Vec<B256>,
    /// Tasks whose rounds are not closed.
    live: Vec<u64>,
    total: u128,
    /// Credited in this transaction, and not yet seen to come from a fee or a slash.
    credited: u128,
    /// Slashed in this transaction, and not yet credited.
    slashed: u128,
    /// What came in without being a bond or a fee.
    pub surplus: u128,
    /// Who is owed what nobody else is.
    pub treasury: Address,
    touched: Vec<Address>,
    touched_rounds: Vec<u64>,
}

impl Committee {
    /// An account.
    pub fn node(&self, account: Address) -> Node {
        self.nodes.get(&account).copied().unwrap_or_default()
    }

    /// The newest beacon, with its number.
    pub fn newest(&self) -> Option<(u64, &Beacon)> {
        Some((self.beacons.len() as u64, self.beacons.last()?))
    }

    /// A beacon.
    pub fn beacon(&self, number: u64) -> Option<&Beacon> {
        self.beacons.get((number as usize).checked_sub(1)?)
    }

    /// The round of a task.
    pub fn round(&self, task: u64) -> Option<&Round> {
        self.rounds.get(&task)
    }

    /// The tasks whose rounds are closed, and can be found to have been planted.
    pub fn closed(&self) -> Vec<u64> {
        let rounds = self.rounds.iter();
        let closed = rounds.filter(|(_, round)| round.phase == 3);
        closed.map(|(task, _)| *task).collect()
    }

    /// Whether the planter has committed to this, and not opened it.
    pub fn is_planted(&self, commitment: B256) -> bool {
        self.plants.contains(&commitment)
    }

    /// The tasks whose rounds are not closed.
    pub fn live(&self) -> &[u64] {
        &self.live
    }

    /// Enters an event of the committee.
    pub fn observe(&mut self, log: Log<'_>, now: u64) -> Result<(), Violation> {
        self.observe_node(log, now)?;
        self.observe_beacon(log)?;
        self.observe_round(log, now)
    }

    /// Bonds, and what is owed.
    fn observe_node(&mut self, log: Log<'_>, now: u64) -> Result<(), Violation> {
        match log.signature() {
            NodeJoined::SIGNATURE_HASH => {
                let event = log.read::<NodeJoined>()?;
                super::only(log, event.node)?;
                let added = number(event.added);
                let node = self.touch(event.node);
                node.bond += added;
                (node.standing, node.number) = (1, event.id.saturating_to());
                let bond = node.bond;
                self.total += added;
                equal(event.node, "bond", number(event.bond), bond)?;
            }
            NodeLeaving::SIGNATURE_HASH => {
                let event = log.read::<NodeLeaving>()?;
                super::only(log, event.node)?;
                let node = self.touch(event.node);
                (node.standing, node.matures_at) = (2, event.maturesAt);
            }
            NodeRemoved::SIGNATURE_HASH => {
                let event = log.read::<NodeRemoved>()?;
                let node = self.touch(event.node);
                (node.standing, node.matures_at) = (3, event.maturesAt);
            }
            Withdrawn::SIGNATURE_HASH => {
                let event = log.read::<Withdrawn>()?;
                super::only(log, event.account)?;
                let node = self.touch(event.account);
                let mut expected = node.owed;
                node.owed = 0;
                if node.standing > 1 && node.number > 0 && now >= node.matures_at {
                    expected += node.bond;
                    *node = Node {
                        standing: if node.standing == 3 { 3 } else { 0 },
                        ..Node::default()
                    };
                }
                equal(event.account, "withdrawal", number(event.amount), expected)?;
                self.total = less(event.account, "all that is owed", self.total, expected)?;
            }
            Slashed::SIGNATURE_HASH => {
                let event = log.read::<Slashed>()?;
                let taken = number(event.taken);
                let node = self.touch(event.node);
                node.bond = less(event.node, "bond", node.bond, taken)?;
                self.total = less(event.node, "all that is owed", self.total, taken)?;
                self.slashed += taken;
            }
            Credited::SIGNATURE_HASH => {
                let event = log.read::<Credited>()?;
                let amount = number(event.amount);
                self.touch(event.account).owed += amount;
                self.total += amount;
                self.credited += amount;
            }
            TreasuryChanged::SIGNATURE_HASH => {
                self.treasury = log.read::<TreasuryChanged>()?.newTreasury;
            }
            _ => {}
        }
        Ok(())
    }

    /// Secrets.
    fn observe_beacon(&mut self, log: Log<'_>) -> Result<(), Violation> {
        match log.signature() {
            BeaconOpened::SIGNATURE_HASH => {
                let event = log.read::<BeaconOpened>()?;
                self.beacons.push(Beacon {
                    commit_end: event.commitEnd,
                    reveal_end: event.revealEnd,
                    ..Beacon::default()
                });
                let expected = self.beacons.len() as u128;
                equal(COMMITTEE, "beacon", number(event.beacon), expected)?;
            }
            SecretCommitted::SIGNATURE_HASH => {
                let event = log.read::<SecretCommitted>()?;
                super::only(log, event.node)?;
                let beacon = self.beacon_mut(event.beacon);
                beacon.secrets.push((event.node, Done::Committed));
            }
            SecretRevealed::SIGNATURE_HASH => {
                let event = log.read::<SecretRevealed>()?;
                super::only(log, event.node)?;
                let beacon = self.beacon_mut(event.beacon);
                beacon.mixed ^= event.secret;
                did(
                    &mut beacon.secrets,
                    event.node,
                    Done::Committed,
                    Done::Revealed,
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Votes.
    fn observe_round(&mut self, log: Log<'_>, now: u64) -> Result<(), Violation> {
        match log.signature() {
            Requested::SIGNATURE_HASH => {
                let event = log.read::<Requested>()?;
                let task = event.taskId.saturating_to();
                if !self.live.contains(&task) {
                    self.live.push(task);
                }
                let round = self.round_in(event.taskId, &[0, 1])?;
                (round.phase, round.beacon) = (1, event.beacon.saturating_to());
            }
            Seated::SIGNATURE_HASH => {
                let event = log.read::<Seated>()?;
                let round = self.round_in(event.taskId, &[1])?;
                round.seats.push((event.node, Done::Nothing));
            }
            CommitteeDrawn::SIGNATURE_HASH => {
                let event = log.read::<CommitteeDrawn>()?;
                let round = self.round_in(event.taskId, &[1])?;
                round.phase = 2;
                (round.commit_end, round.reveal_end) = (event.commitEnd, event.revealEnd);
                let seats = round.seats.len() as u128;
                equal(COMMITTEE, "seats", seats, event.size.into())?;
            }
            VoteCommitted::SIGNATURE_HASH => {
                let event = log.read::<VoteCommitted>()?;
                super::only(log, event.node)?;
                let round = self.round_in(event.taskId, &[2])?;
                did(&mut round.seats, event.node, Done::Nothing, Done::Committed)?;
                let all = round.seats.iter().all(|(_, done)| *done != Done::Nothing);
                if all {
                    // reveals begin at once, and last as long as they would have
                    round.reveal_end -= round.commit_end - now;
                    round.commit_end = now;
                }
            }
            VoteRevealed::SIGNATURE_HASH => {
                let event = log.read::<VoteRevealed>()?;
                super::only(log, event.node)?;
                let round = self.round_in(event.taskId, &[2])?;
                did(
                    &mut round.seats,
                    event.node,
                    Done::Committed,
                    Done::Revealed,
                )?;
            }
            RoundExtended::SIGNATURE_HASH => {
                let event = log.read::<RoundExtended>()?;
                let round = self.round_in(event.taskId, &[2])?;
                (round.commit_end, round.reveal_end) = (event.commitEnd, event.revealEnd);
            }
            RoundClosed::SIGNATURE_HASH => {
                let event = log.read::<RoundClosed>()?;
                let round = self.round_in(event.taskId, &[1, 2])?;
                (round.phase, round.reveal_end) = (3, now);
                let task: u64 = event.taskId.saturating_to();
                self.live.retain(|live| *live != task);
                let (fee, slashed) = (number(event.fee), number(event.slashed));
                self.divided(fee, slashed)?;
            }
            PlantCommitted::SIGNATURE_HASH => {
                self.plants.push(log.read::<PlantCommitted>()?.commitment);
            }
            PlantOpened::SIGNATURE_HASH => {
                let event = log.read::<PlantOpened>()?;
                self.plants.retain(|plant| *plant != event.commitment);
                self.round_in(event.taskId, &[3])?.phase = 4;
                self.divided(0, number(event.slashed))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What was slashed and what came from the market is what was credited.
    fn divided(&mut self, fee: u128, slashed: u128) -> Result<(), Violation> {
        let (credited, taken) = (self.credited, self.slashed);
        (self.credited, self.slashed) = (0, 0);
        equal(COMMITTEE, "slashes of a round", slashed, taken)?;
        equal(COMMITTEE, "credits of a round", credited, fee + slashed)
    }

    fn beacon_mut(&mut self, number: U256) -> &mut Beacon {
        let index: usize = number.saturating_to();
        &mut self.beacons[index - 1]
    }

    fn round_in(&mut self, task: U256, phases: &[u8]) -> Result<&mut Round, Violation> {
        let task = task.saturating_to();
        self.touched_rounds.push(task);
        let round = self.rounds.entry(task).or_default();
        let known = phases.contains(&round.phase);
        equal(COMMITTEE, "phase", known.into(), 1)?;
        Ok(round)
    }

    fn touch(&mut self, account: Address) -> &mut Node {
        if !self.touched.contains(&account) {
            self.touched.push(account);
        }
        self.nodes.entry(account).or_default()
    }

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        self.touched.clear();
        self.touched_rounds.clear();
        (self.credited, self.slashed) = (0, 0);
    }

    /// What this holds beyond what it owes was given to it.
    pub fn absorb(&mut self, held: u128) {
        self.surplus = held.saturating_sub(self.total);
    }

    /// Compares the books with the contract: what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        equal(COMMITTEE, "credits", self.credited, self.slashed)?;
        for &account in &self.touched {
            self.verify_node(chain, account)?;
        }
        for &task in &self.touched_rounds {
            self.verify_round(chain, task)?;
        }
        self.forget();
        balance(chain, COMMITTEE, self.total, self.surplus)
    }

    /// Compares everything, and every sum with its parts.
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let mut total = 0;
        for (&account, node) in &self.nodes {
            self.verify_node(chain, account)?;
            total += node.bond + node.owed;
        }
        equal(COMMITTEE, "all that is owed", total, self.total)?;
        for &task in self.rounds.keys() {
            self.verify_round(chain, task)?;
        }
        for (index, beacon) in self.beacons.iter().enumerate() {
            let question = CommitteeViews::beaconOfCall {
                beacon: U256::from(index + 1),
            };
            let found = ask(chain, COMMITTEE, question)?;
            let revealed = beacon.secrets.iter();
            let revealed = revealed.filter(|(_, done)| *done == Done::Revealed).count();
            let same = B256::from(found.mixed) == beacon.mixed;
            equal(COMMITTEE, "seed", same.into(), 1)?;
            let commits = beacon.secrets.len() as u128;
            equal(COMMITTEE, "secrets", number(found.commits), commits)?;
            equal(
                COMMITTEE,
                "reveals",
                number(found.reveals),
                revealed as u128,
            )?;
        }
        self.verify(chain)
    }

    fn verify_node(&self, chain: &mut Chain, account: Address) -> Result<(), Violation> {
        let node = self.node(account);
        let found = ask(chain, COMMITTEE, CommitteeViews::nodeOfCall { account })?;
        equal(account, "bond", number(found.bond), node.bond)?;
        equal(account, "what is owed", number(found.owed), node.owed)?;
        equal(account, "number", number(found.number), node.number.into())?;
        let standing = number(found.standing);
        equal(account, "standing", standing, node.standing.into())?;
        if node.standing > 1 && node.number > 0 {
            let since = number(found.since);
            equal(account, "time to mature", since, node.matures_at.into())?;
        }
        Ok(())
    }

    fn verify_round(&self, chain: &mut Chain, task: u64) -> Result<(), Violation> {
        let round = &self.rounds[&task];
        let task_id = U256::from(task);
        let found = ask(
            chain,
            COMMITTEE,
            CommitteeViews::roundOfCall { taskId: task_id },
        )?;
        equal(COMMITTEE, "phase", number(found.phase), round.phase.into())?;
        let beacon = number(found.beacon);
        equal(COMMITTEE, "beacon of a round", beacon, round.beacon.into())?;
        if round.phase == 2 {
            let (commit_end, reveal_end) = (number(found.commitEnd), number(found.revealEnd));
            equal(
                COMMITTEE,
                "end of commitments",
                commit_end,
                round.commit_end.into(),
            )?;
            equal(
                COMMITTEE,
                "end of reveals",
                reveal_end,
                round.reveal_end.into(),
            )?;
        }
        for &(node, done) in &round.seats {
            let question = CommitteeViews::voteOfCall {
                taskId: task_id,
                node,
            };
            let vote = ask(chain, COMMITTEE, question)?;
            equal(node, "vote", number(vote.state), done as u128 + 1)?;
        }
        Ok(())
    }
}

/// Enters what a node did after something else.
fn did(
    nodes: &mut [(Address, Done)],
    node: Address,
    before: Done,
    after: Done,
) -> Result<(), Violation> {
    let known = nodes.iter_mut().find(|known| **known == (node, before));
    equal(node, "place in the committee", known.is_some().into(), 1)?;
    if let Some((_, done)) = known {
        *done = after;
    }
    Ok(())
}

fn equal(
    account: Address,
    what: &'static str,
    found: u128,
    expected: u128,
) -> Result<(), Violation> {
    super::equal(COMMITTEE, account, what, found, expected)
}

fn number(word: U256) -> u128 {
    word.saturating_to()
}
