//! What clients say of tasks.

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::Text;
use ogpu_rules::outcome::CONTEST_WINDOW;
use proptest::prelude::*;

use super::{
    ALICE, BOB, MANAGER, ONE, OWNER, events, number,
    outcomes::{CLIENT, Stage},
};
use crate::{
    errors::*,
    events::{NewFeedback, TaskRated},
};

fn rate(
    stage: &mut Stage,
    sender: Address,
    task: U256,
    (value, decimals): (i128, u8),
) -> Result<(), Error> {
    let [tag, uri] = ["quality", "ipfs://words"].map(Text::from);
    let hash = B256::repeat_byte(7);
    stage.by(sender, |r| {
        r.give_feedback(task, value, decimals, tag, "".into(), uri, hash)
    })
}

fn summary(stage: &Stage, clients: &[Address]) -> (u64, i128, u8) {
    let none = Text::default;
    let summary = stage
        .registry
        .get_summary(ONE, clients.to_vec(), none(), none());
    summary.unwrap()
}

#[test]
fn the_client_rates_a_task_once() {
    let mut stage = Stage::new();
    let (task, score) = stage.record(CLIENT, 100, 10_000);
    assert_eq!(rate(&mut stage, CLIENT, task, (87, 0)), Ok(()));
    let given = NewFeedback {
        agentId: ONE,
        clientAddress: CLIENT,
        feedbackIndex: 1,
        value: 87,
        valueDecimals: 0,
        indexedTag1: keccak256("quality"),
        tag1: "quality".into(),
        tag2: "".into(),
        endpoint: "".into(),
        feedbackURI: "ipfs://words".into(),
        feedbackHash: B256::repeat_byte(7),
    };
    assert_eq!(events::<NewFeedback>(&stage.chain.vm), [given]);
    let rated = TaskRated {
        taskId: task,
        providerId: ONE,
        client: CLIENT,
        feedbackIndex: 1,
    };
    assert_eq!(stage.chain.last_event::<TaskRated>(), rated);
    assert!(stage.registry.outcome_of(task).unwrap().rated);
    assert_eq!(stage.score(), score);

    let again = rate(&mut stage, CLIENT, task, (0, 0));
    assert_eq!(again, Err(AlreadyRated { taskId: task }.into()));
    assert_eq!(summary(&stage, &[]), (1, 8_700, 2));
    stage.chain.pass(CONTEST_WINDOW);
    let (task, _) = stage.record(CLIENT, 100, 5_000);
    assert_eq!(rate(&mut stage, CLIENT, task, (999, 1)), Ok(()));
    assert_eq!(summary(&stage, &[]), (2, 9_345, 2));
    assert_eq!(stage.registry.get_last_index(ONE, CLIENT), Ok(2));
    assert_eq!(stage.registry.get_last_index(ONE, BOB), Ok(0));
    let page = stage.registry.providers_from(ONE, ONE);
    assert_eq!(
        (page[0].feedbackCount, page[0].feedbackAverage),
        (2, number(9_345))
    );
    let pair = stage.registry.pair_of(CLIENT, ONE).unwrap();
    assert_eq!(
        (pair.feedbackCount, pair.feedbackAverage),
        (2, number(9_345))
    );
}

#[test]
fn nobody_else_rates_it() {
    let mut stage = Stage::new();
    let unknown = rate(&mut stage, CLIENT, ONE, (1, 0));
    assert_eq!(unknown, Err(UnknownOutcome { taskId: ONE }.into()));
    let (task, _) = stage.record(CLIENT, 100, 0);
    for caller in [ALICE, BOB, OWNER, MANAGER] {
        let refused = rate(&mut stage, caller, task, (100, 0));
        assert_eq!(
            refused,
            Err(NotClient {
                taskId: task,
                caller
            }
            .into())
        );
    }
    let (own, _) = stage.record(ALICE, 100, 10_000);
    let refused = rate(&mut stage, ALICE, own, (100, 0));
    assert_eq!(refused, Err(SelfDealing { account: ALICE }.into()));
    assert_eq!(summary(&stage, &[]), (0, 0, 2));
}

#[test]
fn feedback_is_in_range() {
    let mut stage = Stage::new();
    let (task, _) = stage.record(CLIENT, 100, 10_000);
    for (value, decimals) in [
        (-1, 0),
        (101, 0),
        (1_001, 1),
        (10_001, 2),
        (0, 3),
        (i128::MAX, 0),
        (i128::MIN, 2),
        (1, u8::MAX),
    ] {
        let refused = rate(&mut stage, CLIENT, task, (value, decimals));
        let error = FeedbackOutOfRange {
            value,
            valueDecimals: decimals,
        };
        assert_eq!(refused, Err(error.into()), "{value} {decimals}");
    }
    let mut lengths = |tag1: usize, tag2: usize, uri: usize, field: &str, most: u64| {
        let [tag1, tag2, uri] = [tag1, tag2, uri].map(|length| Text::from(&*"x".repeat(length)));
        let refused = stage.by(CLIENT, |r| {
            r.give_feedback(task, 1, 0, tag1, tag2, uri, B256::ZERO)
        });
        let error = TextLengthOutOfRange {
            field: field.into(),
            length: number(most + 1),
            minimum: U256::ZERO,
            maximum: number(most),
        };
        assert_eq!(refused, Err(error.into()));
    };
    lengths(33, 0, 0, "tag1", 32);
    lengths(32, 33, 0, "tag2", 32);
    lengths(32, 32, 257, "feedbackURI", 256);
    let [tag, uri] = [32, 256].map(|length| Text::from(&*"x".repeat(length)));
    let longest = stage.by(CLIENT, |r| {
        r.give_feedback(task, 100, 0, tag.clone(), tag, uri, B256::ZERO)
    });
    assert_eq!(longest, Ok(()));
}

#[test]
fn summaries_are_of_clients_and_not_of_tags() {
    let mut stage = Stage::new();
    for (client, value) in [(CLIENT, 100), (BOB, 50), (BOB, 0)] {
        let (task, _) = stage.record(client, 1, 10_000);
        rate(&mut stage, client, task, (value, 0)).unwrap();
    }
    assert_eq!(summary(&stage, &[]), (3, 5_000, 2));
    assert_eq!(summary(&stage, &[CLIENT]), (1, 10_000, 2));
    assert_eq!(summary(&stage, &[BOB]), (2, 2_500, 2));
    assert_eq!(summary(&stage, &[BOB, CLIENT, OWNER]), (3, 5_000, 2));
    assert_eq!(summary(&stage, &[OWNER]), (0, 0, 2));
    for tags in [["quality", ""], ["", "x"]] {
        let [tag1, tag2] = tags.map(Text::from);
        let refused = stage.registry.get_summary(ONE, vec![], tag1, tag2);
        assert_eq!(refused, Err(TagsNotSummed {}.into()));
    }
    let registry = stage.registry.get_identity_registry();
    assert_eq!(registry, stage.chain.contract());
}

#[test]
fn an_outcome_reads_as_a_validation() {
    let mut stage = Stage::new();
    for (bps, response) in [(10_000, 100), (5_000, 50), (0, 0)] {
        let (task, _) = stage.record(CLIENT, 100, bps);
        let status = stage.registry.get_validation_status(task.into());
        let now = number(stage.now());
        let expected = (MANAGER, ONE, response, B256::ZERO, "settled".into(), now);
        assert_eq!(status, Ok(expected));
    }
    let unknown = stage.registry.get_validation_status(B256::ZERO);
    assert_eq!(unknown, Err(UnknownOutcome { taskId: U256::ZERO }.into()));
}

proptest! {
    /// Sums and counts are those of the feedback given, of which there is never more than there are tasks; no score moves.
    #[test]
    fn sums_are_those_of_the_feedback_given(
        steps in proptest::collection::vec((0usize..2, 0i128..=10_000, any::<bool>()), 1..20),
    ) {
        let mut stage = Stage::new();
        let clients = [CLIENT, BOB];
        let mut given = [(0u64, 0i128); 2];
        for (who, value, twice) in steps {
            let (task, score) = stage.record(clients[who], 1, 10_000);
            prop_assert!(rate(&mut stage, clients[who], task, (value, 2)).is_ok());
            if twice {
                prop_assert!(rate(&mut stage, clients[who], task, (value, 2)).is_err());
            }
            prop_assert!(rate(&mut stage, clients[1 - who], task, (value, 2)).is_err());
            given[who] = (given[who].0 + 1, given[who].1 + value);
            prop_assert_eq!(stage.score(), score);
        }
        let average = |(count, sum): (u64, i128)| (count, if count == 0 { 0 } else { sum / i128::from(count) }, 2);
        for who in 0..2 {
            prop_assert_eq!(summary(&stage, &[clients[who]]), average(given[who]));
        }
        let all = average((given[0].0 + given[1].0, given[0].1 + given[1].1));
        prop_assert_eq!(summary(&stage, &[]), all);
        prop_assert_eq!(summary(&stage, &clients), all);
    }
}
