//! How outcomes move scores, and who cannot make them do so.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use ogpu_common::{Text, testing::Chain};
use ogpu_rules::{
    pair::{CAP, WINDOW},
    score::{self, HALF_LIFE, START, decayed},
};
use proptest::prelude::*;
use stylus_sdk::prelude::BlockAccess;

use super::{ALICE, BOB, MANAGER, NOW, ONE, OWNER, number};
use crate::{
    ReputationRegistry,
    errors::*,
    events::OutcomeRecorded,
    views::{OutcomeView, PairView, ProviderView},
};

pub const OGPU: u128 = 1_000_000_000_000_000_000;
pub const CLIENT: Address = Address::repeat_byte(0xc1);
const DAY: u64 = 24 * 60 * 60;

/// A registry with [`ALICE`] as provider 1, and its task manager.
pub struct Stage {
    pub chain: Chain,
    pub registry: ReputationRegistry,
    tasks: u64,
}

impl Stage {
    pub fn new() -> Self {
        let chain = Chain::new();
        chain.vm.set_block_timestamp(NOW);
        let mut registry = ReputationRegistry::from(&chain);
        chain.call(OWNER, || registry.initialize(OWNER)).unwrap();
        chain
            .call(OWNER, || registry.set_task_manager(MANAGER))
            .unwrap();
        let mut stage = Self {
            chain,
            registry,
            tasks: 0,
        };
        assert_eq!(stage.register(ALICE), Ok(ONE));
        stage
    }

    pub fn register(&mut self, account: Address) -> Result<U256, Error> {
        let registry = &mut self.registry;
        let [model, none] = ["H100", ""].map(Text::from);
        self.chain.call(account, || {
            registry.register(model, 1, none.clone(), none.clone(), none)
        })
    }

    pub fn now(&self) -> u64 {
        self.chain.vm.block_timestamp()
    }

    /// Calls as somebody.
    pub fn by<T>(
        &mut self,
        sender: Address,
        call: impl FnOnce(&mut ReputationRegistry) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let registry = &mut self.registry;
        self.chain.call(sender, || call(registry))
    }

    /// The next task, of so many oGPU, ended `age` seconds ago; its id and the score then.
    pub fn late(&mut self, client: Address, ogpu: u128, bps: u16, age: u64) -> (U256, u16) {
        self.tasks += 1;
        let (task, value, at) = (
            number(self.tasks),
            U256::from(ogpu * OGPU),
            self.now() - age,
        );
        let score = self.by(MANAGER, |r| {
            r.record_outcome(task, ONE, client, value, bps, at)
        });
        (task, score.unwrap().to())
    }

    /// As [`Stage::late`], just now.
    pub fn record(&mut self, client: Address, ogpu: u128, bps: u16) -> (U256, u16) {
        self.late(client, ogpu, bps, 0)
    }

    pub fn score(&self) -> u16 {
        self.registry.score_of(ONE).unwrap().to()
    }

    fn counts(&self) -> (U256, U256) {
        let (_, completed, failed, _) = self.registry.record_of(ONE).unwrap();
        (completed, failed)
    }
}

/// The `number`th other client.
fn client(number: u64) -> Address {
    Address::left_padding_from(&(number + 1).to_be_bytes())
}

#[test]
fn outcomes_move_the_score() {
    let mut stage = Stage::new();
    let (task, score) = stage.record(CLIENT, 1_000, 10_000);
    assert_eq!(score, 5_053);
    let event = OutcomeRecorded {
        taskId: task,
        providerId: ONE,
        client: CLIENT,
        value: U256::from(1_000 * OGPU),
        providerBps: 10_000,
        settledAt: stage.now(),
        weight: 11,
        score: number(5_053),
    };
    assert_eq!(stage.chain.last_event::<OutcomeRecorded>(), event);
    let view = OutcomeView {
        client: CLIENT,
        providerId: ONE,
        outcome: 3,
        moved: 53,
        recordedAt: stage.now(),
        rated: false,
        stage: 0,
        contestEnds: stage.now() + 7 * DAY,
        reviewEnds: stage.now() + 37 * DAY,
        contestant: Address::ZERO,
        bond: U256::ZERO,
    };
    assert_eq!(stage.registry.outcome_of(task), Ok(view));
    let (task, score) = stage.record(CLIENT, 1_000, 4_999);
    assert_eq!(score, score::after_outcome(5_053, 11, false, 0));
    let view = stage.registry.outcome_of(task).unwrap();
    assert_eq!((view.outcome, view.moved), (1, -218));
    let record = (number(score.into()), ONE, ONE, stage.now());
    assert_eq!(stage.registry.record_of(ONE), Ok(record));
    let pair = PairView {
        gainLeft: 29,
        lossLeft: 29,
        windowEnds: stage.now() + 30 * DAY,
        feedbackCount: 0,
        feedbackAverage: U256::ZERO,
    };
    assert_eq!(stage.registry.pair_of(CLIENT, ONE), Ok(pair));
}

#[test]
fn a_task_is_recorded_once() {
    let mut stage = Stage::new();
    assert_eq!(stage.register(BOB), Ok(number(2)));
    let (task, score) = stage.record(CLIENT, 1_000, 10_000);
    for (provider, client, bps) in [(1, CLIENT, 10_000), (1, BOB, 0), (2, CLIENT, 5_000)] {
        let again = stage.by(MANAGER, |r| {
            r.record_outcome(task, number(provider), client, ONE, bps, 0)
        });
        assert_eq!(again, Err(AlreadyRecorded { taskId: task }.into()));
    }
    assert_eq!((stage.score(), stage.counts().0), (score, ONE));
    // Ids are whole words: a lease's, 2^64 above a task's, is another one, and so is the largest.
    for other in [task + (ONE << 64), U256::MAX] {
        let recorded = stage.by(MANAGER, |r| {
            r.record_outcome(other, ONE, CLIENT, ONE, 10_000, 0)
        });
        assert_eq!(recorded, Ok(number(score.into())));
    }
}

#[test]
fn only_the_task_manager_records() {
    let mut stage = Stage::new();
    for account in [OWNER, ALICE, CLIENT, Address::ZERO] {
        let refused = stage.by(account, |r| {
            r.record_outcome(ONE, ONE, CLIENT, ONE, 10_000, 0)
        });
        let task_manager = MANAGER;
        assert_eq!(
            refused,
            Err(NotTaskManager {
                account,
                taskManager: task_manager
            }
            .into())
        );
    }
    let unknown = UnknownOutcome { taskId: ONE };
    assert_eq!(stage.registry.outcome_of(ONE), Err(unknown.into()));
}

#[test]
fn half_of_the_price_moves_nothing() {
    let mut stage = Stage::new();
    let (task, score) = stage.record(CLIENT, 1_000, 5_000);
    let view = stage.registry.outcome_of(task).unwrap();
    assert_eq!((score, view.outcome, view.moved), (5_000, 2, 0));
    assert_eq!(stage.counts(), (U256::ZERO, U256::ZERO));
    assert_eq!(stage.registry.pair_of(CLIENT, ONE).unwrap().gainLeft, CAP);
    assert_eq!(stage.record(CLIENT, 1_000, 5_001).1, 5_053);
}

#[test]
fn who_deals_with_itself_moves_nothing() {
    let mut stage = Stage::new();
    for bps in [10_000, 0] {
        let (task, score) = stage.record(ALICE, 1_000_000, bps);
        let view = stage.registry.outcome_of(task).unwrap();
        assert_eq!((score, view.moved, view.client), (5_000, 0, ALICE));
    }
    assert_eq!(stage.counts(), (U256::ZERO, U256::ZERO));
    assert_eq!(stage.registry.pair_of(ALICE, ONE).unwrap().gainLeft, CAP);
}

#[test]
fn any_value_is_recorded_and_dust_stops_no_clock() {
    let mut stage = Stage::new();
    for (task, value) in [
        (101, U256::MAX),
        (102, U256::ZERO),
        (103, U256::from(OGPU / 2)),
    ] {
        let recorded = stage.by(MANAGER, |r| {
            r.record_outcome(number(task), ONE, CLIENT, value, 10_000, u64::MAX)
        });
        // 37 / 1,024 of the way to the top for the largest, nothing for the others.
        assert_eq!(recorded, Ok(number(5_180)));
        stage.chain.pass(1);
    }
    stage.chain.pass(HALF_LIFE - 3);
    stage.record(CLIENT, 0, 0);
    let (score, _, failed, updated_at) = stage.registry.record_of(ONE).unwrap();
    assert_eq!((score, failed), (number(5_090), ONE));
    assert_eq!(updated_at, stage.now() - HALF_LIFE);
}

#[test]
fn a_client_moves_a_score_up_to_the_cap_in_a_window() {
    let mut stage = Stage::new();
    let moves = [37, 3, 0, 0].map(|weight| {
        let (task, _) = stage.record(CLIENT, 1 << 40, 10_000);
        let event = stage.chain.last_event::<OutcomeRecorded>();
        (
            event.weight,
            stage.registry.outcome_of(task).unwrap().moved,
            weight,
        )
    });
    assert_eq!(
        moves.map(|(weight, _, expected)| weight == expected),
        [true; 4]
    );
    assert_eq!(moves.map(|(_, moved, _)| moved), [180, 14, 0, 0]);
    // What does not move the score is still a task done.
    assert_eq!(stage.counts().0, number(4));
    // Failures have a cap of their own: successes before a failure do not make it weigh nothing.
    let before = stage.score();
    let (_, after) = stage.record(CLIENT, 1_000, 0);
    assert_eq!(after, score::after_outcome(before, 11, false, 0));
    // Another client has one too.
    let (_, more) = stage.record(BOB, 1_000, 10_000);
    assert_eq!(more, score::after_outcome(after, 11, true, 0));
    // And so has this one in the next window.
    stage.chain.pass(WINDOW - 1);
    let score = stage.score();
    assert_eq!(stage.record(CLIENT, 1_000, 10_000).1, score);
    stage.chain.pass(1);
    let score = stage.score();
    let expected = score::after_outcome(score, 11, true, 0);
    assert_eq!(stage.record(CLIENT, 1_000, 10_000).1, expected);
    assert!(expected > score);
}

#[test]
fn washing_with_few_accounts_stays_low() {
    // Two accounts of one's own, with as many small tasks as one likes, every day for half a year.
    let mut stage = Stage::new();
    let mut best = 0;
    for _ in 0..180 {
        for number in 0..2 {
            for _ in 0..4 {
                best = stage.record(client(number), 10, 10_000).1.max(best);
            }
        }
        stage.chain.pass(DAY);
    }
    assert_eq!(best, 6_441);
}

#[test]
fn successes_kept_back_gain_nothing() {
    let (mut prompt, mut hoarder) = (Stage::new(), Stage::new());
    let days = 300;
    for day in 0..days / 10 {
        prompt.record(client(day), 1_000, 10_000);
        prompt.chain.pass(10 * DAY);
    }
    hoarder.chain.pass(days * DAY);
    for day in 0..days / 10 {
        hoarder.late(client(day), 1_000, 10_000, (days - 10 * day) * DAY);
    }
    assert_eq!(prompt.now(), hoarder.now());
    assert!(prompt.score() > 5_700);
    let lead = i32::from(hoarder.score()) - i32::from(prompt.score());
    assert!((-30..=0).contains(&lead), "{lead}");
    // From one client they fall into one window, and most are lost.
    let mut loyal = Stage::new();
    loyal.chain.pass(days * DAY);
    for day in 0..days / 10 {
        loyal.late(CLIENT, 1_000, 10_000, (days - 10 * day) * DAY);
    }
    assert!(loyal.score() < 5_100);
}

#[test]
fn an_outcome_writes_its_own_slot_and_two_that_stay() {
    let mut stage = Stage::new();
    let mut slots = || {
        let before = stage.chain.vm.snapshot().storage;
        stage.record(CLIENT, 100, 10_000);
        let after = stage.chain.vm.snapshot().storage;
        let written = after
            .iter()
            .filter(|(slot, word)| before.get(*slot) != Some(word));
        (written.count(), after.len() - before.len())
    };
    assert_eq!([slots(), slots(), slots()], [(3, 2), (3, 1), (3, 1)]);
}

#[test]
fn providers_are_listed_by_pages() {
    let mut stage = Stage::new();
    for number in 0..4 {
        stage.register(client(number)).unwrap();
    }
    stage.record(CLIENT, 1_000, 10_000);
    let page = |first, count| stage.registry.providers_from(first, count);
    let first = ProviderView {
        providerId: ONE,
        owner: ALICE,
        score: number(5_053),
        completed: ONE,
        failed: U256::ZERO,
        updatedAt: stage.now(),
        feedbackCount: 0,
        feedbackAverage: U256::ZERO,
    };
    assert_eq!(page(U256::ZERO, ONE), [first]);
    let ids = |first, count| {
        let page = page(first, count).into_iter();
        page.map(|view| view.providerId.to::<u64>())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(ONE, number(2)), [1, 2]);
    assert_eq!(ids(number(4), U256::MAX), [4, 5]);
    assert!(ids(number(6), number(10)).is_empty());
    assert!(ids(U256::MAX, U256::MAX).is_empty());
    assert!(ids(ONE, U256::ZERO).is_empty());
}

proptest! {
    /// Whatever is recorded, in whatever order and how late: the score is in range, and where rules and caps put it.
    #[test]
    fn a_score_is_where_the_rules_put_it(
        steps in proptest::collection::vec(
            (0..HALF_LIFE, 0u64..3, any::<u128>(), 0u16..=10_000, 0..2 * HALF_LIFE), 0..40,
        ),
    ) {
        let mut stage = Stage::new();
        stage.chain.pass(4 * HALF_LIFE);
        let (mut score, mut since, mut tasks) = (START, stage.now(), 0u64);
        let mut windows = BTreeMap::new();
        for (wait, who, value, bps, age) in steps {
            tasks += 1;
            stage.chain.pass(wait);
            let (now, value, who) = (stage.now(), value >> 32, if who == 2 { ALICE } else { client(who) });
            let mut expected = decayed(score, now - since);
            if who != ALICE && bps != 5_000 {
                let window: &mut (u64, [u16; 2]) = windows.entry(who).or_default();
                let (success, weight) = (bps > 5_000, score::weight(value));
                if weight != 0 && now >= window.0 + WINDOW {
                    *window = (now, [0; 2]);
                }
                let counted = weight.min(CAP - window.1[usize::from(success)]);
                window.1[usize::from(success)] += counted;
                let after = score::after_outcome(expected, counted, success, age);
                if after != expected {
                    (score, since, expected) = (after, now, after);
                }
            }
            let recorded = stage.by(MANAGER, |r| {
                r.record_outcome(number(tasks), ONE, who, U256::from(value), bps, now - age)
            });
            prop_assert_eq!(recorded, Ok(number(expected.into())));
            prop_assert_eq!(stage.score(), expected);
            prop_assert!(expected <= score::MAX);
        }
    }
}
