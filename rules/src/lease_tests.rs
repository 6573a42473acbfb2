use super::*;
use proptest::prelude::*;

const START: u64 = 1_000_000;
const HOUR: u64 = 3_600;

/// A lease of two hours that starts at [`START`].
fn started() -> Lease {
    let lease = Lease::rent(1, 7, 2 * HOUR, START - 10).unwrap();
    lease.start(START).unwrap()
}

/// ... to which heartbeats came every ten minutes up to this many seconds after the start.
fn alive(seconds: u64) -> Lease {
    (600..=seconds)
        .step_by(600)
        .fold(started(), |lease, time| lease.beat(START + time).unwrap())
}

#[test]
fn it_is_paid_while_heartbeats_come() {
    assert_eq!(started().settle(START + 100).1, 100);
    assert_eq!(started().settle(START + 600).1, 600);
    assert_eq!(started().settle(START + 5_000).1, 600);
    assert_eq!(alive(3_000).settle(START + 3_100).1, 3_100);
    // A gap of 1,000 seconds, of which a heartbeat covers 600.
    let late = alive(600).beat(START + 1_600).unwrap();
    assert_eq!(late.settle(START + 1_700).1, 1_200 + 100);
}

#[test]
fn it_starts_in_time_or_not_at_all() {
    let lease = Lease::rent(1, 7, HOUR, START).unwrap();
    let until = START + START_WINDOW as u64;
    assert_eq!(lease.end(), until);
    assert!(lease.start(until - 1).is_ok());
    assert_eq!(lease.start(until), Err(LeaseError::TooLate { until }));
    let early = Err(LeaseError::TooEarly { from: until });
    assert_eq!(lease.cancel(Party::Anyone, until - 1), early);
    assert_eq!(lease.cancel(Party::Client, until - 1), early);
    for cancelled in [
        lease.cancel(Party::Provider, START),
        lease.cancel(Party::Anyone, until),
    ] {
        assert_eq!(cancelled.unwrap().status, LeaseStatus::Cancelled);
    }
    let wrong = LeaseError::WrongStatus(LeaseStatus::Active);
    assert_eq!(started().start(START), Err(wrong));
    assert_eq!(started().cancel(Party::Provider, START), Err(wrong));
}

#[test]
fn its_length_has_bounds() {
    let refused = |seconds| {
        Err(LeaseError::OutOfRange {
            value: seconds,
            min: HOUR as u128,
            max: MAX_SECONDS as u128,
        })
    };
    assert_eq!(Lease::rent(1, 7, HOUR - 1, START), refused(3_599));
    assert_eq!(
        Lease::rent(1, 7, MAX_SECONDS as u64 + 1, START),
        refused(15_552_001)
    );
    assert!(Lease::rent(1, 7, MAX_SECONDS as u64, START).is_ok());
}

#[test]
fn it_ends_when_it_is_used_up() {
    let lease = alive(6_600);
    let end = START + 2 * HOUR;
    assert_eq!(lease.end(), end);
    assert_eq!(
        lease.close(end - 1),
        Err(LeaseError::TooEarly { from: end })
    );
    assert_eq!(lease.beat(end), Err(LeaseError::TooLate { until: end }));
    let closing = lease.close(end + HOUR).unwrap();
    assert_eq!(
        (closing.paid, closing.left, closing.dead),
        (7_200, 7_200, false)
    );
    assert_eq!(closing.lease.status, LeaseStatus::Closed);
}

#[test]
fn it_ends_after_a_notice() {
    let lease = alive(600).give_notice(START + 900).unwrap();
    let end = START + 900 + HOUR;
    assert_eq!((lease.status, lease.end()), (LeaseStatus::Ending, end));
    assert_eq!(
        lease.give_notice(START + 901),
        Err(LeaseError::WrongStatus(LeaseStatus::Ending))
    );
    let lease = (1_200..=4_200)
        .step_by(600)
        .fold(lease, |lease, time| lease.beat(START + time).unwrap());
    let closing = lease.close(end + 99).unwrap();
    assert_eq!(
        (closing.paid, closing.left, closing.dead),
        (4_500, 7_200, false)
    );
}

#[test]
fn it_is_dead_without_heartbeats() {
    let lease = started().top_up(HOUR, START).unwrap();
    let end = START + DEAD_AFTER as u64;
    assert_eq!(lease.end(), end);
    let closing = lease.close(end).unwrap();
    assert_eq!(
        (closing.paid, closing.left, closing.dead),
        (600, 10_800, true)
    );
    // A notice late in the silence does not help; one before it does.
    assert!(lease.give_notice(end - 1).unwrap().close(end).unwrap().dead);
    let noticed = lease.give_notice(START + 10).unwrap();
    assert!(!noticed.close(end).unwrap().dead);
    // Used up in the silence: it has ended, and nobody is to blame.
    assert!(!started().close(end).unwrap().dead);
}

#[test]
fn nobody_is_held_to_a_lease_that_was_left() {
    let until = START + 600;
    assert_eq!(
        started().top_up(HOUR, until),
        Err(LeaseError::TooLate { until })
    );
    let most = (MAX_SECONDS - 7_200) as u128;
    let refused = |value| {
        Err(LeaseError::OutOfRange {
            value,
            min: 1,
            max: most,
        })
    };
    assert_eq!(started().top_up(0, START), refused(0));
    assert_eq!(started().top_up(most as u64 + 1, START), refused(most + 1));
    assert_eq!(
        started().top_up(most as u64, START).unwrap().left,
        MAX_SECONDS
    );
}

#[test]
fn it_shortens_to_the_notice_period() {
    let (lease, paid) = started().shorten(3_500, START + 100).unwrap();
    assert_eq!((lease.left, lease.due, paid), (3_600, 0, 100));
    assert_eq!(
        started().shorten(3_501, START + 100),
        Err(LeaseError::OutOfRange {
            value: 3_501,
            min: 1,
            max: 3_500
        })
    );
}

#[test]
fn a_verifier_stops_it_at_once() {
    let lease = started().stop(START + 300).unwrap();
    assert_eq!(lease.end(), START + 300);
    let closing = lease.close(START + 9_000).unwrap();
    assert_eq!(
        (closing.paid, closing.left, closing.dead),
        (300, 7_200, false)
    );
}

#[test]
fn what_has_ended_stays() {
    let over = started().stop(START).unwrap().close(START).unwrap().lease;
    let wrong = LeaseError::WrongStatus(LeaseStatus::Closed);
    assert_eq!(over.beat(START), Err(wrong));
    assert_eq!(over.top_up(1, START), Err(wrong));
    assert_eq!(over.shorten(1, START), Err(wrong));
    assert_eq!(over.give_notice(START), Err(wrong));
    assert_eq!(over.stop(START), Err(wrong));
    assert_eq!(over.close(START), Err(wrong));
    assert_eq!(over.settle(START + HOUR), (over, 0));
}

#[test]
fn words_have_the_layout_above() {
    let lease = Lease {
        status: LeaseStatus::Ending,
        version: 0x0102,
        provider: 3,
        metered: 4,
        heartbeat: 5,
        until: 6,
        due: 7,
        left: 8,
    };
    let mut word = [0; 32];
    word[2..5].copy_from_slice(&[3, 1, 2]);
    for (at, value) in [(8, 3), (13, 4), (18, 5), (23, 6), (27, 7), (31, 8)] {
        word[at] = value;
    }
    assert_eq!(lease.pack(), word);
    let agreement = Agreement {
        client: Address::repeat_byte(0xab),
        rate: 0x0102,
        fee_bps: 250,
        verifier: 9,
    };
    assert_eq!(
        agreement.pack()[..12],
        [9, 0, 250, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    );
    assert_eq!(agreement.pack()[12..], [0xab; 20]);
}

#[test]
fn rates_have_bounds() {
    let with = |rate| {
        Agreement {
            rate,
            ..Agreement::default()
        }
        .checked()
    };
    assert!(with(MAX_RATE).is_ok());
    for value in [0, MAX_RATE + 1] {
        assert_eq!(
            with(value),
            Err(LeaseError::OutOfRange {
                value,
                min: 1,
                max: MAX_RATE
            })
        );
    }
    assert!(with(MAX_RATE).unwrap().price(MAX_SECONDS) <= crate::MAX_AMOUNT);
}

/// What somebody does, after so many seconds.
#[derive(Clone, Debug)]
enum Step {
    Beat,
    Settle,
    TopUp(u64),
    Shorten(u64),
    Notice,
    Stop,
    Close,
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        12 => Just(Step::Beat),
        4 => Just(Step::Settle),
        2 => (0..20_000u64).prop_map(Step::TopUp),
        1 => (0..5_000u64).prop_map(Step::Shorten),
        1 => Just(Step::Notice),
        1 => Just(Step::Stop),
        1 => Just(Step::Close),
    ];
    let wait = prop_oneof![8 => 0..900u64, 1 => 0..10_000u64];
    proptest::collection::vec((wait, step), 1..60)
}

proptest! {
    #[test]
    fn words_round_trip(word: [u8; 32]) {
        let word = B256::from(word);
        prop_assert_eq!(Agreement::unpack(word).pack(), word);
        let lease = Lease::unpack(word);
        prop_assert_eq!(Lease::unpack(lease.pack()), lease);
    }

    #[test]
    fn a_split_is_the_price(rate in 1..=MAX_RATE, seconds in 0..=MAX_SECONDS, fee_bps in 0..=2_000u16) {
        let agreement = Agreement { rate, fee_bps, ..Agreement::default() };
        let (payment, fee) = agreement.split(seconds);
        prop_assert_eq!(payment + fee, rate * seconds as u128);
    }

    /// Every second bought is paid or refunded, none that no heartbeat covers is paid, and settling often changes nothing.
    #[test]
    fn seconds_are_conserved(bought in HOUR..20_000, steps in steps(), settled: bool) {
        let mut now = START;
        let mut lease = Lease::rent(1, 7, bought, now).unwrap().start(now).unwrap();
        let mut other = lease;
        let (mut bought, mut paid, mut other_paid, mut refunded, mut covered) = (bought, 0, 0, 0, 0);
        let (mut beat, mut closed) = (now, false);
        for (wait, step) in steps {
            now += wait;
            prop_assert_eq!(lease.end(), other.end());
            let end = lease.end();
            if settled {
                let (next, seconds) = lease.settle(now);
                lease = next;
                paid += seconds as u64;
            }
            match step {
                Step::Settle => {
                    let (next, seconds) = lease.settle(now);
                    (lease, paid) = (next, paid + seconds as u64);
                }
                Step::Beat => if let Ok(next) = lease.beat(now) {
                    prop_assert!(now < end);
                    covered += (now - beat).min(HEARTBEAT_INTERVAL as u64);
                    (lease, other, beat) = (next, other.beat(now).unwrap(), now);
                },
                Step::TopUp(seconds) => if let Ok(next) = lease.top_up(seconds, now) {
                    prop_assert!(now < end && now < beat + HEARTBEAT_INTERVAL as u64);
                    (lease, other, bought) = (next, other.top_up(seconds, now).unwrap(), bought + seconds);
                },
                Step::Shorten(seconds) => if let Ok((next, more)) = lease.shorten(seconds, now) {
                    let (next_other, more_other) = other.shorten(seconds, now).unwrap();
                    (lease, other, refunded) = (next, next_other, refunded + seconds);
                    (paid, other_paid) = (paid + more as u64, other_paid + more_other as u64);
                    prop_assert!(lease.left >= NOTICE_PERIOD);
                },
                Step::Notice => if let Ok(next) = lease.give_notice(now) {
                    (lease, other) = (next, other.give_notice(now).unwrap());
                    prop_assert!(lease.end() <= now + HOUR && lease.end() <= end);
                },
                Step::Stop => if let Ok(next) = lease.stop(now) {
                    (lease, other) = (next, other.stop(now).unwrap());
                    prop_assert_eq!(lease.end(), now);
                },
                Step::Close => {}
            }
            prop_assert!(lease.due <= lease.left && lease.left <= MAX_SECONDS);
            prop_assert_eq!(paid + refunded + lease.left as u64, bought);
            if let Ok(closing) = lease.close(now) {
                prop_assert!(now >= lease.end());
                let closing_other = other.close(now).unwrap();
                prop_assert_eq!(closing.dead, closing_other.dead);
                prop_assert!(!closing.dead || now >= beat + DEAD_AFTER as u64);
                paid += closing.paid as u64;
                other_paid += closing_other.paid as u64;
                refunded += (closing.left - closing.paid) as u64;
                covered += HEARTBEAT_INTERVAL as u64;
                closed = true;
                break;
            }
        }
        if closed {
            prop_assert_eq!(paid + refunded, bought);
            prop_assert_eq!(paid, other_paid);
            prop_assert!(paid <= covered && paid <= now - START);
        } else {
            // Nobody can prevent the end.
            prop_assert!(lease.close(lease.end()).is_ok());
        }
    }
}
