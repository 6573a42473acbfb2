//! How a provider's reputation score moves.
//!
//! A score lies in `0..=10_000` and starts at `5_000`. A settled task pulls it towards `10_000` (success) or `0` (failure) by a
//! share that grows with the logarithm of the task's value; between tasks it drifts back to the start. Only the score and the
//! time of its last change are needed to go on, so nothing ever loops over a history.
//!
//! To record an outcome: `after_outcome(decayed(score, now - updated_at), value, success)`.

/// The lowest score.
pub const MIN: u16 = 0;
/// The highest score.
pub const MAX: u16 = 10_000;
/// The score of a provider without a history, and where every score drifts in time.
pub const START: u16 = 5_000;
/// Seconds in which a score loses half of its distance from [`START`]: 180 days.
pub const HALF_LIFE: u64 = 180 * 24 * 60 * 60;

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
    if bits > 37 { 37 } else { bits }
}

/// The score after `elapsed` seconds without a settled task.
///
/// The distance from [`START`] halves every [`HALF_LIFE`], in a straight line in between, rounding towards the score it had.
/// Scores above [`MAX`] count as [`MAX`].
pub const fn decayed(score: u16, elapsed: u64) -> u16 {
    let score = clamp(score);
    let distance = score.abs_diff(START) as u64;
    let halvings = elapsed / HALF_LIFE;
    if halvings >= 16 {
        return START;
    }
    // Twice the distance at the last halving, less what the line has covered since, then halved.
    let since = elapsed % HALF_LIFE;
    let left = (distance * (2 * HALF_LIFE - since)).div_ceil((2 * HALF_LIFE) << halvings) as u16;
    if score >= START {
        START + left
    } else {
        START - left
    }
}

/// The score after a task of `value` wei that was settled, well (`success`) or not.
///
/// `score` is the score at that moment, that is, already [`decayed`]. A gain rounds down, a loss rounds up: a failure of any
/// weight costs at least one point. Scores above [`MAX`] count as [`MAX`].
pub const fn after_outcome(score: u16, value: u128, success: bool) -> u16 {
    let score = clamp(score) as u32;
    let weight = weight(value) as u32;
    let moved = if success {
        score + (MAX as u32 - score) * weight / GAIN
    } else {
        score - (score * weight).div_ceil(LOSS)
    };
    moved as u16
}

const fn clamp(score: u16) -> u16 {
    if score > MAX { MAX } else { score }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OGPU: u128 = 1_000_000_000_000_000_000;

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
        assert_eq!(after_outcome(START, 1_000 * OGPU, true), 5_053);
        assert_eq!(after_outcome(START, 1_000 * OGPU, false), 4_785);
        assert_eq!(after_outcome(MAX, 1_000 * OGPU, true), MAX);
        assert_eq!(after_outcome(MIN, 1_000 * OGPU, false), MIN);
        assert_eq!(after_outcome(1, OGPU, false), 0);
        assert_eq!(after_outcome(7_000, 1, true), 7_000);
        assert_eq!(after_outcome(7_000, 1, false), 7_000);
    }

    #[test]
    fn drifts_home_by_halves() {
        assert_eq!(decayed(9_000, 0), 9_000);
        assert_eq!(decayed(9_000, HALF_LIFE / 2), 8_000);
        assert_eq!(decayed(9_000, HALF_LIFE), 7_000);
        assert_eq!(decayed(1_000, 2 * HALF_LIFE), 4_000);
        assert_eq!(decayed(1_000, 16 * HALF_LIFE), START);
        assert_eq!(decayed(u16::MAX, u64::MAX), START);
    }

    proptest! {
        #[test]
        fn outcomes_stay_in_range_and_on_their_side(score: u16, value: u128, success: bool) {
            let before = score.min(MAX);
            let after = after_outcome(score, value, success);
            prop_assert!(after <= MAX);
            if success {
                prop_assert!(after >= before);
            } else if weight(value) > 0 && before > 0 {
                prop_assert!(after < before);
            } else {
                prop_assert_eq!(after, before);
            }
        }

        #[test]
        fn a_failure_takes_more_than_a_success_gave(score in 256u16..=9_743, value: u128) {
            let up = after_outcome(score, value, true);
            prop_assert!(after_outcome(up, value, false) <= up);
            prop_assert!(weight(value) == 0 || score < START || after_outcome(up, value, false) < score);
        }

        #[test]
        fn order_is_kept(a in 0u16..=MAX, b in 0u16..=MAX, value: u128, success: bool, elapsed: u64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(after_outcome(low, value, success) <= after_outcome(high, value, success));
            prop_assert!(decayed(low, elapsed) <= decayed(high, elapsed));
        }

        #[test]
        fn more_value_moves_more(score in 0u16..=MAX, a: u128, b: u128) {
            let (small, big) = (a.min(b), a.max(b));
            prop_assert!(after_outcome(score, small, true) <= after_outcome(score, big, true));
            prop_assert!(after_outcome(score, small, false) >= after_outcome(score, big, false));
        }

        #[test]
        fn decay_nears_the_start_and_never_crosses_it(score: u16, a: u64, b: u64) {
            let before = score.min(MAX);
            let (soon, late) = (decayed(score, a.min(b)), decayed(score, a.max(b)));
            prop_assert!(soon.abs_diff(START) <= before.abs_diff(START));
            prop_assert!(late.abs_diff(START) <= soon.abs_diff(START));
            prop_assert_eq!(late > START, late != START && before > START);
        }
    }
}
