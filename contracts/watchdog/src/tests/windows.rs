//! What trips a breaker, what does not, and who tries to make it.

use proptest::prelude::*;

use super::*;

const LIMIT: u128 = 200;

fn fresh() -> Window {
    Window {
        limit: LIMIT,
        length: DAY,
        ..Window::default()
    }
}

/// A window that began at the time 2,000 with 1,000 wei.
fn begun() -> Window {
    let window = fresh().observe(1_000, 2_000 - HOLD).observe(1_000, 2_000);
    assert_eq!((window.start, window.ends), (1_000, 2_000 + DAY));
    window
}

#[test]
fn a_window_begins_with_a_balance_that_was_held() {
    let first = fresh().observe(5_000, 100);
    assert_eq!((first.ends, first.peak), (0, 0));
    let early = first.observe(5_000, 100 + HOLD - 1);
    assert_eq!((early.ends, early.peak), (0, 0));
    let held = early.observe(1_000, 100 + HOLD);
    assert_eq!((held.start, held.peak), (1_000, 1_000));
    assert_eq!(held.ends, 100 + HOLD + DAY);
}

#[test]
fn deposits_for_a_moment_raise_nothing() {
    // In one transaction: in, poke, out; as the first observation, in a window, and when one ends.
    let first = fresh().observe(9_000, 100).observe(1_000, 101);
    let window = first.observe(9_000, 100 + HOLD).observe(1_000, 100 + HOLD);
    assert_eq!(window.peak, 1_000);
    assert!(!window.exceeded(1_000));

    let mut window = begun();
    for now in (2_000..2_000 + 3 * DAY).step_by(700) {
        window = window.observe(9_000, now).observe(1_000, now);
        assert_eq!(window.peak, 1_000, "at {now}");
        assert!(!window.exceeded(1_000), "at {now}");
    }
}

#[test]
fn withdrawing_and_depositing_again_does_not_reset_a_window() {
    // A thief that has 500 of the 1,000 in it takes them out, pokes, and puts them back.
    let window = begun().observe(500, 3_000).observe(1_000, 3_000);
    assert_eq!((window.start, window.peak), (1_000, 1_000));
    assert!(window.exceeded(799));
    // Nor at the end of the window.
    let window = begun()
        .observe(1_000, 1_000 + DAY)
        .observe(500, 2_000 + DAY);
    assert_eq!((window.start, window.fall(500)), (1_000, 500));
}

#[test]
fn a_deposit_hides_no_outflow() {
    // 500 came in and stayed; 600 go out: less than it began with by 100 only.
    let window = begun().observe(1_500, 3_000).observe(1_500, 3_000 + HOLD);
    assert_eq!((window.start, window.peak), (1_000, 1_500));
    let window = window.observe(900, 4_000);
    assert!(window.exceeded(900));
    // A thief's own deposit delays it only until it is withdrawn.
    let window = begun().observe(1_000, 3_000);
    assert!(!window.exceeded(1_000 - 500 + 500));
    assert!(window.exceeded(1_000 - 500));
}

#[test]
fn nothing_flows_out_between_two_windows() {
    let window = begun().observe(1_000, 1_900 + DAY);
    let next = window.observe(799, 2_000 + DAY);
    assert_eq!((next.start, next.ends), (1_000, 2_000 + 2 * DAY));
    assert!(next.exceeded(799));
}

#[test]
fn what_happened_while_nobody_looked_for_a_window_does_not_count() {
    let window = begun().observe(100, 2_000 + DAY);
    assert_eq!(window.start, 100);
    assert!(!window.exceeded(100));
    let window = begun().observe(100, 2_000 + DAY - 1);
    assert!(window.exceeded(100));
}

#[test]
fn poking_without_end_does_not_keep_a_balance_from_counting() {
    let mut window = begun();
    for now in 2_001..=2_000 + 2 * HOLD {
        window = window.observe(4_000, now);
    }
    assert_eq!(window.peak, 4_000);
}

proptest! {
    /// A balance that never falls by more than the limit from its highest never trips.
    #[test]
    fn small_falls_never_trip(steps in prop::collection::vec((0_u64..5_000, 0_u128..=LIMIT), 1..200)) {
        let (mut window, mut now) = (fresh(), 1);
        for (pass, down) in steps {
            now += pass;
            let balance = 10_000 - down;
            window = window.observe(balance, now);
            prop_assert!(!window.exceeded(balance));
        }
    }

    /// A balance that is held and watched, and then falls by more than the limit, always trips, whatever was poked in between.
    #[test]
    fn large_falls_always_trip(
        noise in prop::collection::vec((1_u64..HOLD, 0_u128..5_000), 0..50),
        fall in LIMIT + 1..10_000,
        wait in 0_u64..DAY / 2,
    ) {
        let (mut window, mut now) = (fresh(), 1);
        for (pass, up) in noise {
            now += pass;
            window = window.observe(10_000 + up, now);
        }
        for _ in 0..3 {
            now += HOLD;
            window = window.observe(10_000, now);
        }
        now += wait;
        window = window.observe(10_000 - fall, now);
        prop_assert!(window.exceeded(10_000 - fall));
        prop_assert!(!window.trip(10_000 - fall, now).exceeded(0));
    }

    /// The peak is never above what was there at two observations a hold apart, and never below what is held now.
    #[test]
    fn the_peak_was_held(steps in prop::collection::vec((0_u64..3_000, 0_u128..1_000), 2..100)) {
        let (mut window, mut now) = (fresh(), 1);
        let mut seen: Vec<(u64, u128)> = Vec::new();
        for (pass, balance) in steps {
            now += pass;
            window = window.observe(balance, now);
            seen.push((now, balance));
            let held = seen.iter().enumerate().any(|(index, &(first, amount))| {
                amount >= window.peak
                    && seen[index..].iter().any(|&(later, amount)| later >= first + HOLD && amount >= window.peak)
            });
            prop_assert!(window.peak == 0 || held);
            prop_assert!(window.peak >= window.settled);
        }
    }
}
