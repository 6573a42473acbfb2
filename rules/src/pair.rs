//! What one client and one provider have done with each other, as far as a reputation needs it.
//!
//! ```text
//! | 88 unused | feedback sum 64 | feedback count 32 | lost 16 | gained 16 | window began at 40 |
//! ```
//!
//! In a window of [`WINDOW`] seconds the outcomes of a pair count up to a weight of [`CAP`] for the score, and as much against it;
//! the two are apart, so that nobody can make a failure weigh nothing by successes before it.

use alloy_primitives::B256;

use crate::word;

/// Seconds of a window: 30 days. It begins with the first outcome that is recorded after the one before it has ended.
pub const WINDOW: u64 = 30 * 24 * 60 * 60;
/// The weight that the successes of a pair can have in a window, and the weight that its failures can have. One task always fits,
/// see [`crate::score::MAX_WEIGHT`].
pub const CAP: u16 = 40;

/// The slot of a client and a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// When the window began, in seconds since 1970.
    pub since: u64,
    /// What successes have weighed in the window.
    pub gained: u16,
    /// What failures have weighed in the window.
    pub lost: u16,
    /// How often the client has given feedback.
    pub feedback_count: u32,
    /// The sum of that, in hundredths.
    pub feedback_sum: u64,
}

impl Pair {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            since: word::small::<5>(&word, 27),
            gained: word::small::<2>(&word, 25) as u16,
            lost: word::small::<2>(&word, 23) as u16,
            feedback_count: word::small::<4>(&word, 19) as u32,
            feedback_sum: word::small::<8>(&word, 11),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<5>(&mut word, 27, self.since.into());
        word::put::<2>(&mut word, 25, self.gained.into());
        word::put::<2>(&mut word, 23, self.lost.into());
        word::put::<4>(&mut word, 19, self.feedback_count.into());
        word::put::<8>(&mut word, 11, self.feedback_sum.into());
        word
    }

    /// An outcome of this weight is recorded: what of the weight counts, which is what the window has left.
    #[must_use]
    pub fn count(&mut self, weight: u16, success: bool, now: u64) -> u16 {
        if now >= self.since.saturating_add(WINDOW) {
            (self.since, self.gained, self.lost) = (now, 0, 0);
        }
        let used = if success {
            &mut self.gained
        } else {
            &mut self.lost
        };
        let counted = weight.min(CAP.saturating_sub(*used));
        *used += counted;
        counted
    }

    /// What of [`CAP`] successes and failures have left at a time.
    pub fn left(&self, now: u64) -> (u16, u16) {
        if now >= self.since.saturating_add(WINDOW) {
            return (CAP, CAP);
        }
        (
            CAP.saturating_sub(self.gained),
            CAP.saturating_sub(self.lost),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_TIME, score};
    use proptest::prelude::*;

    #[test]
    fn has_the_layout_above() {
        let pair = Pair {
            since: 0x0102030405,
            gained: 0x0607,
            lost: 0x0809,
            feedback_count: 0x0a0b0c0d,
            feedback_sum: 0x1112131415161718,
        };
        let mut word = [0; 32];
        word[11..19].copy_from_slice(&0x1112131415161718u64.to_be_bytes());
        word[19..23].copy_from_slice(&[10, 11, 12, 13]);
        word[23..25].copy_from_slice(&[8, 9]);
        word[25..27].copy_from_slice(&[6, 7]);
        word[27..].copy_from_slice(&[1, 2, 3, 4, 5]);
        assert_eq!(pair.pack(), B256::from(word));
        assert_eq!(Pair::unpack(pair.pack()), pair);
    }

    #[test]
    fn a_window_has_thirty_days() {
        assert_eq!(WINDOW, 2_592_000);
    }

    #[test]
    fn a_window_counts_up_to_the_cap_on_each_side() {
        let mut pair = Pair::default();
        let now = 1_800_000_000;
        assert_eq!(pair.count(37, true, now), 37);
        assert_eq!(pair.left(now), (3, 40));
        assert_eq!(pair.count(37, true, now + 1), 3);
        assert_eq!(pair.count(37, true, now + WINDOW - 1), 0);
        assert_eq!(pair.count(37, false, now + WINDOW - 1), 37);
        assert_eq!(pair.left(now + WINDOW - 1), (0, 3));
        assert_eq!(pair.left(now + WINDOW), (40, 40));
        assert_eq!(pair.count(8, false, now + WINDOW), 8);
        assert_eq!((pair.since, pair.gained, pair.lost), (now + WINDOW, 0, 8));
    }

    proptest! {
        /// Whatever a pair does, no more counts than a cap for each window that has begun.
        #[test]
        fn no_pair_counts_more_than_its_windows(
            steps in proptest::collection::vec((0..WINDOW, 0..=score::MAX_WEIGHT, any::<bool>()), 0..60),
        ) {
            let (mut pair, start) = (Pair::default(), 1_800_000_000);
            let (mut now, mut counted) = (start, [0u64; 2]);
            for (pause, weight, success) in steps {
                now += pause;
                counted[usize::from(success)] += u64::from(pair.count(weight, success, now));
                prop_assert!(pair.gained <= CAP && pair.lost <= CAP && pair.since <= now);
            }
            let windows = (now - start) / WINDOW + 1;
            prop_assert!(counted.into_iter().all(|sum| sum <= u64::from(CAP) * windows));
        }

        #[test]
        fn round_trips(since in 0..=MAX_TIME, gained: u16, lost: u16, feedback_count: u32, feedback_sum: u64) {
            let pair = Pair { since, gained, lost, feedback_count, feedback_sum };
            prop_assert_eq!(Pair::unpack(pair.pack()), pair);
        }
    }
}
