//! How a provider's reputation score moves.
//!
//! A score lies in `0..=10_000` and starts at `5_000`. A settled task pulls it towards `10_000` (success) or `0` (failure) by a
//! share that grows with the logarithm of the task's value; between tasks it drifts back to the start. Only the score and the
//! time of its last change are needed to go on, so nothing ever loops over a history.
//!
//! To record an outcome: `after_outcome(decayed(score, now - updated_at), weight(value), success, now - settled_at)`.

/// The lowest score.
pub const MIN: u16 = 0;
/// The highest score.
pub const MAX: u16 = 10_000;
/// The score of a provider without a history, and where every score drifts in time.
pub const START: u16 = 5_000;
/// Seconds in which a score loses half of its distance from [`START`]: 180 days.
pub const HALF_LIFE: u64 = 180 * 24 * 60 * 60;
/// What the heaviest task weighs.
pub const MAX_WEIGHT: u16 = 37;

/// A success of weight `w` closes `w / GAIN` of the distance to [`MAX`].
const GAIN: u32 = 1_024;
/// A failure of weight `w` takes `w / LOSS` of the score: four times as much as a success gives.
const LOSS: u32 = 256;

/// What a task of `value` wei weighs: `0..=37`, one more for every doubling from 2^59 wei (0.58 oGPU) on.
///
/// Tasks below that weigh nothing, so dust can neither build nor ruin a score. Values above 2^96 − 1 weigh as much as that.
pub const fn weight(value: u128) -> u16 {
    let units = value >> 59;
    let bits = (u128::BITS - units.leading_zeros()) as u16;
    if bits > MAX_WEIGHT { MAX_WEIGHT } else { bits }
}

/// What is left of a distance of at most 10,000 points after `elapsed` seconds: it halves every [`HALF_LIFE`]; rounded up.
///
/// Within a half-life the power of two is a cubic that has its value and its slope at both ends, and is never off by more than 0.07 %:
/// so it makes no difference whether a score is looked at often or seldom.
pub const fn faded(distance: u16, elapsed: u64) -> u16 {
    /// 1, and the coefficients of 1 − Ax + Bx² − Cx³, in units of 2^-32: A = ln 2, B = 5A/2 − 3/2, C = 3A/2 − 1.
    const ONE: u64 = 1 << 32;
    const A: u64 = 2_977_044_472;
    const B: u64 = 1_000_160_236;
    const C: u64 = 170_599_412;

    let halvings = elapsed / HALF_LIFE;
    if halvings >= 16 {
        return 0;
    }
    let x = ((elapsed % HALF_LIFE) << 32) / HALF_LIFE;
    let square = B - ((x * C) >> 32);
    let slope = A - ((x * square) >> 32);
    let power = ONE - ((x * slope) >> 32);
    (distance as u64 * power).div_ceil(ONE << halvings) as u16
}

/// The score after `elapsed` seconds without a settled task: its distance from [`START`], [`faded`].
///
/// Scores above [`MAX`] count as [`MAX`].
pub const fn decayed(score: u16, elapsed: u64) -> u16 {
    let score = clamp(score);
    let left = faded(score.abs_diff(START), elapsed);
    if score >= START {
        START + left
    } else {
        START - left
    }
}

/// The score after a task of this weight was settled, well (`success`) or not, `age` seconds ago.
///
/// `score` is the score now, that is, already [`decayed`]. A gain rounds down, a loss rounds up: a failure of any weight costs at
/// least one point, unless there is none left to lose. Scores above [`MAX`] count as [`MAX`], weights above [`MAX_WEIGHT`] as that.
///
/// An outcome that is recorded late moves what is left by now of what it would have moved then: it never pulls a score to where the best
/// (or the worst) score of that day would not be now, and what it pulls by fades as scores do. Who records successes late
/// therefore gains nothing; see the tests for how nearly.
pub const fn after_outcome(score: u16, weight: u16, success: bool, age: u64) -> u16 {
    let score = clamp(score);
    let weight = if weight > MAX_WEIGHT {
        MAX_WEIGHT
    } else {
        weight
    } as u32;
    let room = room(score, success, age) as u32 * weight;
    if success {
        score + (room / GAIN) as u16
    } else {
        score - room.div_ceil(LOSS) as u16
    }
}

/// The score without a move of so many points that was recorded `age` seconds ago: what is left of the move is undone.
pub const fn undone(score: u16, moved: i16, age: u64) -> u16 {
    let left = faded(clamp(moved.unsigned_abs()), age);
    if moved > 0 {
        clamp(score).saturating_sub(left)
    } else {
        clamp(clamp(score) + left)
    }
}

/// How far an outcome of this age can pull a score.
const fn room(score: u16, success: bool, age: u64) -> u16 {
    let ahead = if success {
        score > START
    } else {
        score < START
    };
    if ahead {
        faded(START, age).saturating_sub(score.abs_diff(START))
    } else {
        let end = if success { MAX } else { MIN };
        faded(score.abs_diff(end), age)
    }
}

const fn clamp(score: u16) -> u16 {
    if score > MAX { MAX } else { score }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OGPU: u128 = 1_000_000_000_000_000_000;

    /// An outcome that is recorded at once.
    fn fresh(score: u16, value: u128, success: bool) -> u16 {
        after_outcome(score, weight(value), success, 0)
    }

    #[test]
    fn weighs_by_doublings() {
        assert_eq!(weight(0), 0);
        assert_eq!(weight((1 << 59) - 1), 0);
        assert_eq!(weight(OGPU), 1);
        assert_eq!(weight(2 * OGPU), 2);
        assert_eq!(weight(1_000 * OGPU), 11);
        assert_eq!(weight((1 << 96) - 1), 37);
        assert_eq!(weight(u128::MAX), 37);
    }

    #[test]
    fn moves_by_known_steps() {
        assert_eq!(fresh(START, 1_000 * OGPU, true), 5_053);
        assert_eq!(fresh(START, 1_000 * OGPU, false), 4_785);
        assert_eq!(fresh(MAX, 1_000 * OGPU, true), MAX);
        assert_eq!(fresh(MIN, 1_000 * OGPU, false), MIN);
        assert_eq!(fresh(1, OGPU, false), 0);
        assert_eq!(after_outcome(START, 37, true, 0), 5_180);
        assert_eq!(after_outcome(START, u16::MAX, true, 0), 5_180);
        assert_eq!(fresh(7_000, 1, true), 7_000);
        assert_eq!(fresh(7_000, 1, false), 7_000);
    }

    #[test]
    fn late_outcomes_move_less() {
        // A success of half a year ago cannot lift a score above 7,500, where the best of that day would be.
        assert_eq!(after_outcome(START, 11, true, HALF_LIFE), 5_026);
        assert_eq!(after_outcome(7_400, 11, true, HALF_LIFE), 7_401);
        assert_eq!(after_outcome(7_500, 11, true, HALF_LIFE), 7_500);
        assert_eq!(after_outcome(9_000, 37, true, HALF_LIFE), 9_000);
        assert_eq!(after_outcome(2_000, 11, true, HALF_LIFE), 2_042);
        assert_eq!(after_outcome(START, 11, true, 16 * HALF_LIFE), START);
        assert_eq!(after_outcome(START, 11, false, HALF_LIFE), 4_892);
        assert_eq!(after_outcome(2_500, 11, false, HALF_LIFE), 2_500);
    }

    #[test]
    fn drifts_home_by_halves() {
        assert_eq!(decayed(9_000, 0), 9_000);
        assert_eq!(decayed(9_000, HALF_LIFE / 2), 7_827);
        assert_eq!(decayed(9_000, HALF_LIFE), 7_000);
        assert_eq!(decayed(1_000, 2 * HALF_LIFE), 4_000);
        assert_eq!(decayed(1_000, 16 * HALF_LIFE), START);
        assert_eq!(decayed(u16::MAX, u64::MAX), START);
    }

    #[test]
    fn what_is_undone_has_faded_too() {
        assert_eq!(undone(5_053, 53, 0), START);
        assert_eq!(undone(5_026, 53, HALF_LIFE), 4_999);
        assert_eq!(undone(4_785, -215, 0), START);
        assert_eq!(undone(20, 53, 0), MIN);
        assert_eq!(undone(9_990, -215, 0), MAX);
        assert_eq!(undone(7_000, 0, 0), 7_000);
    }

    /// What somebody reaches who makes successes of weight 1 with `accounts` others, `weight` a month with each, for `months`.
    fn washed(accounts: u16, weight: u16, months: u32) -> u16 {
        (0..months).fold(START, |score, _| {
            let score = decayed(score, 30 * 24 * 60 * 60);
            (0..accounts * weight).fold(score, |score, _| after_outcome(score, 1, true, 0))
        })
    }

    #[test]
    fn what_washing_reaches() {
        let reached = [1, 2, 5, 10, 20].map(|accounts| washed(accounts, 40, 24));
        assert_eq!(reached, [6_081, 6_978, 8_023, 8_624, 8_977]);
        assert_eq!(
            [1, 5, 10, 20].map(|accounts| washed(accounts, 40, 1)),
            [5_160, 5_800, 6_427, 7_395]
        );
    }

    proptest! {
        #[test]
        fn fades_by_powers_of_two(distance in 0u16..=MAX, elapsed in 0..=16 * HALF_LIFE) {
            let exact = f64::from(distance) * (-(elapsed as f64) / HALF_LIFE as f64).exp2();
            let found = f64::from(faded(distance, elapsed));
            prop_assert!(found >= exact * 0.9993 && found <= exact * 1.0007 + 1.0, "{found} {exact}");
        }

        #[test]
        fn outcomes_stay_in_range_and_on_their_side(score: u16, weight: u16, success: bool, age: u64) {
            let before = score.min(MAX);
            let after = after_outcome(score, weight, success, age);
            prop_assert!(after <= MAX);
            if success {
                prop_assert!(after >= before);
            } else if weight > 0 && before > 0 && age == 0 {
                prop_assert!(after < before);
            } else {
                prop_assert!(after <= before);
            }
        }

        #[test]
        fn a_failure_takes_more_than_a_success_gave(score in 256u16..=9_743, value: u128) {
            let up = fresh(score, value, true);
            prop_assert!(fresh(up, value, false) <= up);
            prop_assert!(weight(value) == 0 || score < START || fresh(up, value, false) < score);
        }

        #[test]
        fn order_is_kept(a in 0u16..=MAX, b in 0u16..=MAX, value: u128, success: bool, elapsed: u64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(fresh(low, value, success) <= fresh(high, value, success));
            prop_assert!(decayed(low, elapsed) <= decayed(high, elapsed));
        }

        #[test]
        fn more_value_moves_more(score in 0u16..=MAX, a: u128, b: u128) {
            let (small, big) = (a.min(b), a.max(b));
            prop_assert!(fresh(score, small, true) <= fresh(score, big, true));
            prop_assert!(fresh(score, small, false) >= fresh(score, big, false));
        }

        #[test]
        fn decay_nears_the_start_and_never_crosses_it(score: u16, a: u64, b: u64) {
            let before = score.min(MAX);
            let (soon, late) = (decayed(score, a.min(b)), decayed(score, a.max(b)));
            prop_assert!(soon.abs_diff(START) <= before.abs_diff(START));
            prop_assert!(late.abs_diff(START) <= soon.abs_diff(START));
            prop_assert_eq!(late > START, late != START && before > START);
        }

        #[test]
        fn what_an_outcome_moves_fades_by_its_age(
            score in 0u16..=MAX, weight in 0..=MAX_WEIGHT, success: bool, a: u64, b: u64,
        ) {
            let moved = |age| after_outcome(score, weight, success, age).abs_diff(score);
            let at_once = moved(0);
            prop_assert!(moved(a.max(b)) <= moved(a.min(b)));
            prop_assert!(moved(a) <= faded(at_once + 1, a) + 1);
        }

        /// Whoever keeps successes back and records them all at once, in any order, has at most a point an outcome more (of
        /// rounding) than if each had been recorded when it was settled.
        #[test]
        fn hoarding_successes_gains_nothing(
            steps in proptest::collection::vec((0..HALF_LIFE, 0..=MAX_WEIGHT), 1..20),
            wait in 0..2 * HALF_LIFE,
            order: u64,
        ) {
            let mut now = 0;
            let mut prompt = START;
            let mut kept = Vec::new();
            for (pause, weight) in steps {
                now += pause;
                prompt = after_outcome(decayed(prompt, pause), weight, true, 0);
                kept.push((now, weight));
            }
            let prompt = decayed(prompt, wait);
            let count = kept.len() as u16;
            kept.rotate_left((order % u64::from(count)) as usize);
            if order >> 63 == 1 {
                kept.reverse();
            }
            let hoarded = kept.into_iter().fold(START, |score, (at, weight)| {
                after_outcome(score, weight, true, now + wait - at)
            });
            prop_assert!(hoarded <= prompt + count + 3, "{hoarded} {prompt}");
        }

        /// A success that is kept back until a failure is recorded loses nothing of it to that failure: that is all it gains, and it is
        /// at most twice the product of what the two move.
        #[test]
        fn waiting_for_a_failure_gains_next_to_nothing(
            gain in 0..=MAX_WEIGHT, loss in 0..=MAX_WEIGHT, wait in 0..2 * HALF_LIFE,
        ) {
            let prompt = after_outcome(START, gain, true, 0);
            let prompt = after_outcome(decayed(prompt, wait), loss, false, 0);
            let late = after_outcome(after_outcome(START, loss, false, 0), gain, true, wait);
            let most = 2 * u32::from(START) * u32::from(gain) * u32::from(loss) / (GAIN * LOSS);
            prop_assert!(late <= prompt + most as u16 + 3, "{late} {prompt} {most}");
        }

        #[test]
        fn undoing_stays_in_range_and_never_overshoots(
            score in 0u16..=MAX, weight in 0..=MAX_WEIGHT, success: bool, wait in 0..HALF_LIFE,
        ) {
            let after = after_outcome(score, weight, success, 0);
            let moved = after as i16 - score as i16;
            prop_assert_eq!(undone(after, moved, 0), score);
            let (with, without) = (decayed(after, wait), decayed(score, wait));
            prop_assert!(undone(with, moved, wait).abs_diff(without) <= 2);
        }
    }
}
