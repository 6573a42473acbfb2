//! Every step from every state, at every side of every window.

use super::*;
use crate::MAX_AMOUNT;
use proptest::prelude::*;

const NOW: u64 = 1_000;

fn open() -> TaskState {
    TaskState::open(1, (false, false), 500, NOW, 100)
}

/// A task in any state, with the price and winner or the book of two bids that it then has.
fn built(
    version: u16,
    status: Status,
    has_terms: bool,
    duration: u32,
    deadline: u64,
    book: Book,
    price: u128,
) -> TaskState {
    let mut task = TaskState::open(version, (has_terms, false), duration, 0, 0);
    if status == Status::Open {
        task.set_book(book);
    } else if status.has_provider() {
        task = task.assign(book.leader, price, 0).unwrap();
    }
    task.set_status(status);
    task.set_deadline(deadline);
    task
}

/// A task in this state since [`NOW`], which provider 7 won at 80 if anybody did.
fn in_status(status: Status) -> TaskState {
    built(
        1,
        status,
        false,
        500,
        NOW,
        Book {
            leader: if status == Status::Open { 0 } else { 7 },
            ..Book::default()
        },
        80,
    )
}

#[test]
fn has_the_layout_above() {
    let book = Book {
        leader: 0x1819_1a1b,
        runner_up: 0x1415_1617,
        leader_rank: 0x0c,
        runner_up_rank: 0x0d,
    };
    let state = built(
        0x0102,
        Status::Open,
        true,
        0x0304_0506,
        0x07_0809_0a0b,
        book,
        0xff,
    );
    let expected = alloy_primitives::b256!(
        "0102810304050607 08090a0b00000000 000c00000000000d 141516171819 1a1b"
    );
    assert_eq!(state.pack(), expected);
    assert_eq!((state.book(), state.price(), state.winner()), (book, 0, 0));
    let book = Book { leader: 9, ..book };
    let state = built(
        0x0102,
        Status::Assigned,
        false,
        0x0304_0506,
        0x07_0809_0a0b,
        book,
        0xff,
    );
    let expected = alloy_primitives::b256!(
        "0102020304050607 08090a0b00000000 00000000000000ff 0000000000000009"
    );
    assert_eq!(state.pack(), expected);
    assert_eq!(
        (state.book(), state.price(), state.winner()),
        (Book::default(), 0xff, 9)
    );
}

#[test]
fn bids_until_the_end() {
    let task = open();
    assert_eq!(task.deadline(), 1_100);
    assert_eq!(task.bid(7, 5, 1_099, 0).unwrap().book().leader, 7);
    assert_eq!(
        task.bid(7, 5, 1_100, 0),
        Err(RuleError::TooLate { until: 1_100 })
    );
    assert_eq!(
        in_status(Status::Assigned).bid(8, 5, NOW, 0),
        Err(RuleError::WrongStatus(Status::Assigned))
    );
}

#[test]
fn open_for_some_time_yet() {
    let task = open();
    assert_eq!(task.check_open(1_099, 0), Ok(()));
    assert_eq!(task.check_open(1_089, 10), Ok(()));
    assert_eq!(
        task.check_open(1_090, 10),
        Err(RuleError::TooLate { until: 1_090 })
    );
    assert_eq!(
        in_status(Status::Assigned).check_open(NOW, 0),
        Err(RuleError::WrongStatus(Status::Assigned))
    );
}

#[test]
fn only_a_new_lead_extends_the_bidding() {
    let task = open().bid(7, 5, 1_010, 30).unwrap();
    assert_eq!(task.deadline(), 1_100);
    assert_eq!(
        task.bid(8, 5, 1_090, 30).unwrap().deadline(),
        1_100,
        "does not lead"
    );
    assert_eq!(
        task.bid(7, 6, 1_090, 30).unwrap().deadline(),
        1_100,
        "led before"
    );
    assert_eq!(task.bid(8, 6, 1_090, 30).unwrap().deadline(), 1_120);
}

#[test]
fn the_client_assigns_early_and_others_in_the_grace() {
    let task = open();
    let check = |by, now| task.check_assign(by, now, 50);
    assert_eq!(check(Party::Client, 1_000), Ok(()));
    assert_eq!(check(Party::Client, 1_149), Ok(()));
    assert_eq!(
        check(Party::Client, 1_150),
        Err(RuleError::TooLate { until: 1_150 })
    );
    assert_eq!(
        check(Party::Anyone, 1_099),
        Err(RuleError::TooEarly { from: 1_100 })
    );
    assert_eq!(check(Party::Anyone, 1_100), Ok(()));
    assert_eq!(
        check(Party::Anyone, 1_150),
        Err(RuleError::TooLate { until: 1_150 })
    );
    let assigned = task.assign(7, 80, 1_120).unwrap();
    assert_eq!(
        (
            assigned.status(),
            assigned.deadline(),
            assigned.price(),
            assigned.winner()
        ),
        (Status::Assigned, 1_620, 80, 7)
    );
}

#[test]
fn delivers_before_the_deadline_or_fails_after_it() {
    let task = in_status(Status::Assigned);
    assert_eq!(
        task.deliver(Party::Provider, 999).unwrap().status(),
        Status::Submitted
    );
    assert_eq!(task.deliver(Party::Provider, 999).unwrap().deadline(), 999);
    assert_eq!(
        task.deliver(Party::Anyone, 999),
        Err(RuleError::NotAllowed {
            needed: Party::Provider
        })
    );
    assert_eq!(
        task.deliver(Party::Provider, 1_000),
        Err(RuleError::TooLate { until: 1_000 })
    );
    assert_eq!(task.fail(999), Err(RuleError::TooEarly { from: 1_000 }));
    assert_eq!(task.fail(1_000).unwrap().status(), Status::Failed);
}

#[test]
fn the_client_judges() {
    let task = in_status(Status::Submitted);
    assert_eq!(
        task.accept(Party::Client, 5_000).unwrap().status(),
        Status::Verified
    );
    assert_eq!(
        task.accept(Party::Provider, 1_001),
        Err(RuleError::NotAllowed {
            needed: Party::Client
        })
    );
    assert_eq!(
        task.reject(Party::Client, 1_059, 60).unwrap().status(),
        Status::Rejected
    );
    assert_eq!(
        task.reject(Party::Client, 1_060, 60),
        Err(RuleError::TooLate { until: 1_060 })
    );
    assert_eq!(
        task.reject(Party::Anyone, 1_059, 60),
        Err(RuleError::NotAllowed {
            needed: Party::Client
        })
    );
}

#[test]
fn a_verifier_judges_for_as_long_as_the_task_waits() {
    let task = in_status(Status::Submitted);
    for (judged, status) in [
        (task.accept(Party::Verifier, 5_000), Status::Verified),
        (task.reject(Party::Verifier, 5_000, 60), Status::Rejected),
    ] {
        let judged = judged.unwrap();
        assert_eq!((judged.status(), judged.deadline()), (status, 5_000));
    }
}

#[test]
fn each_side_disputes_what_went_against_it() {
    let rejected = in_status(Status::Rejected);
    assert_eq!(
        rejected
            .dispute(Party::Provider, 1_059, 60)
            .unwrap()
            .status(),
        Status::Disputed
    );
    assert_eq!(
        rejected.dispute(Party::Provider, 1_060, 60),
        Err(RuleError::TooLate { until: 1_060 })
    );
    assert_eq!(
        rejected.dispute(Party::Client, 1_059, 60),
        Err(RuleError::NotAllowed {
            needed: Party::Provider
        })
    );
    let verified = in_status(Status::Verified);
    assert_eq!(
        verified.dispute(Party::Client, 1_059, 60).unwrap().status(),
        Status::Disputed
    );
    assert_eq!(
        verified.dispute(Party::Anyone, 1_059, 60),
        Err(RuleError::NotAllowed {
            needed: Party::Client
        })
    );
}

#[test]
fn silence_has_a_verdict_in_every_state() {
    let end = |status, now| {
        in_status(status)
            .finalize(now, 60)
            .map(|(task, verdict)| (task.status(), verdict))
    };
    for (status, next, verdict) in [
        (Status::Submitted, Status::Finalized, Verdict::Paid),
        (Status::Verified, Status::Finalized, Verdict::Paid),
        (Status::Rejected, Status::Failed, Verdict::Failed),
        (
            Status::Disputed,
            Status::Resolved,
            Verdict::Split {
                provider_bps: 5_000,
                slash: 0,
            },
        ),
    ] {
        assert_eq!(end(status, 1_059), Err(RuleError::TooEarly { from: 1_060 }));
        assert_eq!(end(status, 1_060), Ok((next, verdict)));
    }
}

#[test]
fn an_open_task_ends_without_a_provider() {
    let task = open();
    assert_eq!(
        task.cancel(Party::Client, 1_000).unwrap().status(),
        Status::Cancelled
    );
    assert_eq!(
        task.cancel(Party::Anyone, 1_000),
        Err(RuleError::NotAllowed {
            needed: Party::Client
        })
    );
    assert_eq!(
        task.expire(1_099, 50),
        Err(RuleError::TooEarly { from: 1_100 })
    );
    assert_eq!(task.expire(1_100, 50).unwrap().status(), Status::Expired);
    let with_bid = task.bid(7, 5, 1_000, 0).unwrap();
    assert_eq!(
        with_bid.expire(1_100, 50),
        Err(RuleError::TooEarly { from: 1_150 })
    );
    assert_eq!(
        with_bid.expire(1_150, 50).unwrap().status(),
        Status::Expired
    );
}

#[test]
fn only_the_winner_cannot_withdraw() {
    let task = open().bid(7, 5, NOW, 0).unwrap().bid(8, 4, NOW, 0).unwrap();
    let left = task.withdraw(7).unwrap();
    assert_eq!((left.book().leader, left.book().runner_up), (8, 0));
    let assigned = task.assign(7, 80, NOW).unwrap();
    assert_eq!(assigned.withdraw(7), Err(RuleError::BidWon));
    assert_eq!(assigned.withdraw(8), Ok(assigned));
    let cancelled = task.cancel(Party::Client, NOW).unwrap();
    assert_eq!(cancelled.withdraw(7), Ok(cancelled));
    assert_eq!(
        TaskState::default().withdraw(7),
        Err(RuleError::WrongStatus(Status::None))
    );
}

/// The whole table: which steps start from which state, with the right party at a time that suits.
#[test]
fn no_other_step_is_possible() {
    for status in Status::ALL {
        let task = in_status(status);
        let possible = [
            task.bid(8, 1, 0, 0).is_ok(),
            task.assign(8, 1, NOW).is_ok(),
            task.cancel(Party::Client, NOW).is_ok(),
            task.expire(MAX_TIME, 0).is_ok(),
            task.deliver(Party::Provider, 0).is_ok(),
            task.fail(MAX_TIME).is_ok(),
            task.accept(Party::Client, NOW).is_ok(),
            task.reject(Party::Client, NOW, 1).is_ok(),
            task.dispute(Party::Client, NOW, 1).is_ok()
                || task.dispute(Party::Provider, NOW, 1).is_ok(),
            task.finalize(MAX_TIME, 1).is_ok(),
            task.resolve(NOW).is_ok(),
        ];
        let steps: String = possible
            .iter()
            .map(|p| if *p { 'x' } else { '.' })
            .collect();
        let expected = match status {
            Status::Open => "xxxx.......",
            Status::Assigned => "....xx.....",
            Status::Submitted => "......xx.x.",
            Status::Verified | Status::Rejected => "........xx.",
            Status::Disputed => ".........xx",
            _ => "...........",
        };
        assert_eq!(steps, expected, "{status:?}");
        assert_eq!(
            steps.contains('x'),
            !status.is_final() && status != Status::None
        );
    }
}

fn any_state() -> impl Strategy<Value = TaskState> {
    let book = (1u32.., any::<u32>(), 0..1u64 << 48, 0..1u64 << 48).prop_map(
        |(leader, runner_up, leader_rank, runner_up_rank)| Book {
            leader,
            runner_up,
            leader_rank,
            runner_up_rank,
        },
    );
    (
        any::<u16>(),
        0usize..12,
        any::<bool>(),
        any::<u32>(),
        0..=MAX_TIME,
        book,
        0..=MAX_AMOUNT,
    )
        .prop_map(
            |(version, status, has_terms, duration, deadline, book, price)| {
                built(
                    version,
                    Status::ALL[status],
                    has_terms,
                    duration,
                    deadline,
                    book,
                    price,
                )
            },
        )
}

proptest! {
    /// Every field reads back as it was written, and none disturbs another.
    #[test]
    fn fields_round_trip(
        version: u16, status in 0usize..12, has_terms: bool, duration: u32, deadline in 0..=MAX_TIME,
        leader in 1u32.., runner_up: u32, leader_rank in 0..1u64 << 48, runner_up_rank in 0..1u64 << 48, price in 0..=MAX_AMOUNT,
    ) {
        let status = Status::ALL[status];
        let book = Book { leader, runner_up, leader_rank, runner_up_rank };
        let task = built(version, status, has_terms, duration, deadline, book, price);
        let task = TaskState::unpack(task.pack());
        prop_assert_eq!((task.version(), task.status(), task.has_terms()), (version, status, has_terms));
        prop_assert_eq!((task.duration(), task.deadline()), (duration, deadline));
        prop_assert_eq!(task.book(), if status == Status::Open { book } else { Book::default() });
        let won = if status.has_provider() { (price, leader) } else { (0, 0) };
        prop_assert_eq!((task.price(), task.winner()), won);
    }

    #[test]
    fn any_word_is_read_without_panic(word: [u8; 32], now: u64, window: u32) {
        let task = TaskState::unpack(word.into());
        let _ = (task.version(), task.duration(), task.book(), task.price(), task.winner());
        let _ = (task.bid(1, 1, now, 1), task.withdraw(1), task.finalize(now, window), task.expire(now, window));
        prop_assert!(task.deadline() <= MAX_TIME);
    }

    /// Every step of every state at every time gives a state that packs without loss, and final states stay as they are.
    #[test]
    fn steps_pack_and_final_states_stay(task in any_state(), step in 0u8..11, now: u64, window: u32, id in 1u32.., amount in 0..=MAX_AMOUNT) {
        let rank = amount as u64 >> 16;
        let next = match step {
            0 => task.bid(id, rank, now, window as u16),
            1 => task.assign(id, amount, now),
            2 => task.cancel(Party::Client, now),
            3 => task.expire(now, window),
            4 => task.deliver(Party::Provider, now),
            5 => task.fail(now),
            6 => task.accept(Party::Client, now),
            7 => task.reject(Party::Client, now, window),
            8 => task.dispute(Party::Provider, now, window),
            9 => task.finalize(now, window).map(|(task, _)| task),
            _ => task.resolve(now),
        };
        if let Ok(next) = next {
            prop_assert!(next.deadline() <= MAX_TIME);
            prop_assert!(!task.status().is_final());
            prop_assert_eq!((next.version(), next.has_terms(), next.duration()), (task.version(), task.has_terms(), task.duration()));
            if task.status().has_provider() {
                prop_assert_eq!((next.price(), next.winner()), (task.price(), task.winner()));
            }
        }
    }

    /// Before a window's end its owner acts, from its end on anyone: never both, never neither.
    #[test]
    fn windows_leave_no_gap(task in any_state(), now in 0..MAX_TIME, window: u32) {
        match task.status() {
            Status::Assigned => prop_assert!(task.deliver(Party::Provider, now).is_ok() != task.fail(now).is_ok()),
            Status::Submitted => {
                prop_assert!(task.reject(Party::Client, now, window).is_ok() != task.finalize(now, window).is_ok());
            }
            Status::Open => {
                prop_assert!(task.check_assign(Party::Client, now, window).is_ok() != task.expire(now, window).is_ok());
            }
            _ => {}
        }
    }
}

#[test]
fn a_high_value_doubles_the_windows_and_stays() {
    let hot = HotParams {
        review_window: 86_400,
        challenge_window: 43_200,
        ..HotParams::default()
    };
    let window = |status| in_status(status).window(&hot);
    assert_eq!(window(Status::Submitted), 86_400);
    assert_eq!(window(Status::Verified), 43_200);
    assert_eq!(window(Status::Rejected), 43_200);
    let state = TaskState::open(1, (true, true), 500, NOW, 100);
    let state = state.assign(7, 80, NOW).unwrap();
    let state = state.deliver(Party::Provider, NOW).unwrap();
    assert!(state.is_high_value() && state.has_terms());
    assert_eq!(state.status(), Status::Submitted);
    assert_eq!(state.window(&hot), 172_800);
    let state = state.accept(Party::Client, NOW).unwrap();
    assert_eq!(state.window(&hot), 86_400);
    assert!(!open().is_high_value());
}

#[test]
fn a_bid_holds_until_it_has_lost_or_its_win_is_settled() {
    use Status::*;
    for status in Status::ALL.into_iter().skip(1) {
        let state = in_status(status);
        let winner = match status {
            Open | Assigned | Submitted | Verified | Rejected | Disputed => Hold::Bid,
            Finalized | Resolved | Failed => Hold::Nothing,
            _ => Hold::Bond,
        };
        assert_eq!(state.hold(7), winner, "the winner's, {status:?}");
        let loser = if status == Open {
            Hold::Bid
        } else {
            Hold::Bond
        };
        assert_eq!(state.hold(8), loser, "a loser's, {status:?}");
    }
}

#[test]
fn a_dispute_remembers_who_opened_it() {
    let task = |status: u8| {
        let mut word = B256::ZERO;
        word[2] = status;
        TaskState::unpack(word)
    };
    let (verified, rejected) = (task(4), task(5));
    assert_eq!(verified.disputant(), None);
    for (state, by) in [(verified, Party::Client), (rejected, Party::Provider)] {
        let disputed = state.dispute(by, 10, 60).unwrap();
        assert_eq!(disputed.disputant(), Some(by));
        assert_eq!(disputed.resolve(20).unwrap().disputant(), Some(by));
        let (resolved, _) = disputed.finalize(100, 60).unwrap();
        assert_eq!(resolved.disputant(), Some(by));
    }
}

#[test]
fn without_a_verdict_the_owner_arbitrates() {
    let mut word = B256::ZERO;
    word[2] = 3;
    let submitted = TaskState::unpack(word);
    for disputed in [submitted.give_up(50), submitted.escalate(50, 50)] {
        let disputed = disputed.unwrap();
        assert_eq!(
            (disputed.status(), disputed.deadline()),
            (Status::Disputed, 50)
        );
        assert_eq!(disputed.disputant(), None);
    }
    assert_eq!(
        submitted.escalate(49, 50),
        Err(RuleError::TooEarly { from: 50 })
    );
    for status in [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11] {
        word[2] = status;
        let other = TaskState::unpack(word);
        let wrong = RuleError::WrongStatus(Status::from_number(status));
        assert_eq!(other.give_up(99), Err(wrong));
        assert_eq!(other.escalate(99, 0), Err(wrong));
    }
}
