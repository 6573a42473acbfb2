//! What the votes of a committee decide.

use alloy_primitives::B256;

use super::is_majority;

/// One revealed vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// What the voter found to be the right result; zero if the result is bad or cannot be had.
    pub result: B256,
    /// Whether the provider answered as fast as was promised.
    pub latency_ok: bool,
}

/// What more than half of a committee found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The result.
    pub result: B256,
    /// How many found it.
    pub votes: u8,
    /// Whether more than half of those who found it were content with the latency.
    pub latency_ok: bool,
}

/// What a committee of this size has decided, if it has: a result that more than half of all its members found, those who did not
/// vote included. There is at most one.
pub fn verdict(votes: &[Option<Vote>], size: u8) -> Option<Verdict> {
    votes.iter().flatten().find_map(|candidate| {
        let (mut alike, mut content) = (0, 0);
        for vote in votes.iter().flatten() {
            if vote.result == candidate.result {
                alike += 1;
                content += vote.latency_ok as u8;
            }
        }
        is_majority(alike, size).then_some(Verdict {
            result: candidate.result,
            votes: alike,
            latency_ok: is_majority(content, alike),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vote(result: u8, latency_ok: bool) -> Option<Vote> {
        let result = B256::with_last_byte(result);
        Some(Vote { result, latency_ok })
    }

    #[test]
    fn more_than_half_decide() {
        let decided = verdict(&[vote(1, true), vote(2, false), vote(1, true)], 3);
        let expected = Verdict {
            result: B256::with_last_byte(1),
            votes: 2,
            latency_ok: true,
        };
        assert_eq!(decided, Some(expected));
        assert_eq!(verdict(&[vote(1, true), vote(2, true), None], 3), None);
        assert_eq!(
            verdict(&[vote(1, true), None, None], 3),
            None,
            "absent members count"
        );
        assert_eq!(verdict(&[], 3), None);
        let bad = verdict(&[None, vote(0, false), vote(0, true)], 3).unwrap();
        assert_eq!(
            (bad.result, bad.latency_ok),
            (B256::ZERO, false),
            "half is no majority"
        );
    }

    fn votes() -> impl Strategy<Value = Vec<Option<Vote>>> {
        let vote = prop::option::of((0u8..3, any::<bool>()).prop_map(|(r, l)| vote(r, l).unwrap()));
        prop_oneof![
            prop::collection::vec(vote.clone(), 3),
            prop::collection::vec(vote.clone(), 5),
            prop::collection::vec(vote, 7),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_votes_decides_nothing(mut votes in votes()) {
            let size = votes.len() as u8;
            let decided = verdict(&votes, size);
            votes.reverse();
            prop_assert_eq!(verdict(&votes, size), decided);
        }

        /// No minority ever decides, and no vote that agrees with the verdict undoes it.
        #[test]
        fn a_verdict_has_more_than_half(votes in votes()) {
            let size = votes.len() as u8;
            if let Some(decided) = verdict(&votes, size) {
                let alike = votes.iter().flatten().filter(|vote| vote.result == decided.result).count();
                prop_assert_eq!(alike, usize::from(decided.votes));
                prop_assert!(2 * alike > votes.len());
                let more: Vec<_> = votes.iter().map(|vote| vote.or(self::vote(0, true).map(|vote| Vote { result: decided.result, ..vote }))).collect();
                prop_assert_eq!(verdict(&more, size).unwrap().result, decided.result);
            }
        }
    }
}
