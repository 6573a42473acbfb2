//! A round of randomness: nodes commit secrets, then reveal them; the seed is made of all of them.
//!
//! ```text
//! | 0, 56 | version u16 | nodes u32 | opened at u40 | commit end u40 | reveal end u40 | commits u16 | reveals u16 |
//! ```
//!
//! The secrets are combined by exclusive or, so that the order in which they are revealed decides nothing.

use alloy_primitives::B256;

use super::hash;
use crate::word;

/// One round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beacon {
    /// The parameters it runs under.
    pub version: u16,
    /// How many numbers nodes had when it opened: the tickets of its draws.
    pub nodes: u32,
    /// When it opened (seconds since 1970).
    pub opened_at: u64,
    /// From when on secrets are revealed, and not committed any more.
    pub commit_end: u64,
    /// From when on nothing is revealed any more.
    pub reveal_end: u64,
    /// How many secrets were committed.
    pub commits: u16,
    /// How many of them were revealed.
    pub reveals: u16,
}

/// What a beacon is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Secrets are committed, until this time.
    Commit(u64),
    /// Secrets are revealed, until this time at the latest.
    Reveal(u64),
    /// The seed is final.
    Ready,
    /// Too few secrets came, or one that was committed was not revealed: there is no seed.
    Failed,
}

impl Beacon {
    /// A round that opens now.
    pub const fn open(version: u16, nodes: u32, now: u64, window: u64) -> Self {
        let commit_end = now + window;
        Self {
            version,
            nodes,
            opened_at: now,
            commit_end,
            reveal_end: commit_end + window,
            commits: 0,
            reveals: 0,
        }
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            version: word::small::<2>(&word, 7) as u16,
            nodes: word::small::<4>(&word, 9) as u32,
            opened_at: word::small::<5>(&word, 13),
            commit_end: word::small::<5>(&word, 18),
            reveal_end: word::small::<5>(&word, 23),
            commits: word::small::<2>(&word, 28) as u16,
            reveals: word::small::<2>(&word, 30) as u16,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<2>(&mut word, 7, self.version.into());
        word::put::<4>(&mut word, 9, self.nodes.into());
        word::put::<5>(&mut word, 13, self.opened_at.into());
        word::put::<5>(&mut word, 18, self.commit_end.into());
        word::put::<5>(&mut word, 23, self.reveal_end.into());
        word::put::<2>(&mut word, 28, self.commits.into());
        word::put::<2>(&mut word, 30, self.reveals.into());
        word
    }

    /// Whether it ever opened.
    pub const fn exists(&self) -> bool {
        self.opened_at != 0
    }

    /// What it is at, where `min` secrets are needed. Once every committed secret is revealed, nothing can change the seed, and nobody has
    /// to wait. One that is withheld leaves none: were there a seed of the others, whoever has committed many secrets could choose
    /// among the seeds of all ways to withhold some of them.
    pub const fn stage(&self, now: u64, min: u16) -> Stage {
        if now < self.commit_end {
            Stage::Commit(self.commit_end)
        } else if self.commits < min {
            Stage::Failed
        } else if self.reveals == self.commits {
            Stage::Ready
        } else if now < self.reveal_end {
            Stage::Reveal(self.reveal_end)
        } else {
            Stage::Failed
        }
    }
}

/// The seed of round `number` (as a word), whose revealed secrets are `mixed`: `keccak256(abi.encode(number, mixed))`.
pub fn seed(number: &B256, mixed: &B256) -> B256 {
    hash(&[number, mixed])
}

/// What a node commits to a beacon: `keccak256(abi.encode(number, node, secret))`. `number` and `node` are words.
pub fn commitment(number: &B256, node: &B256, secret: &B256) -> B256 {
    hash(&[number, node, secret])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn goes_from_stage_to_stage() {
        let new = Beacon::open(1, 9, 100, 10);
        assert_eq!((new.commit_end, new.reveal_end, new.nodes), (110, 120, 9));
        let with = |commits, reveals| Beacon {
            commits,
            reveals,
            ..new
        };
        assert_eq!(with(5, 0).stage(109, 2), Stage::Commit(110));
        assert_eq!(
            with(1, 0).stage(110, 2),
            Stage::Failed,
            "too few to ever be enough"
        );
        assert_eq!(with(5, 4).stage(110, 2), Stage::Reveal(120));
        assert_eq!(with(5, 5).stage(110, 2), Stage::Ready);
        assert_eq!(with(5, 4).stage(119, 2), Stage::Reveal(120));
        assert_eq!(
            with(5, 4).stage(120, 2),
            Stage::Failed,
            "nobody chooses by withholding"
        );
        assert_eq!(with(2, 2).stage(120, 2), Stage::Ready);
        assert_eq!(
            with(0, 0).stage(110, 1),
            Stage::Failed,
            "nobody could have drawn"
        );
    }

    #[test]
    fn seeds_and_commitments_depend_on_every_part() {
        let word = B256::with_last_byte;
        let seeds = [
            seed(&word(1), &word(2)),
            seed(&word(2), &word(2)),
            seed(&word(1), &word(3)),
        ];
        assert!(seeds[0] != seeds[1] && seeds[0] != seeds[2]);
        let commitments = [[1, 2, 3], [2, 2, 3], [1, 3, 3], [1, 2, 4]]
            .map(|[number, node, secret]| commitment(&word(number), &word(node), &word(secret)));
        assert!(
            commitments[1..]
                .iter()
                .all(|other| *other != commitments[0])
        );
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(version: u16, nodes: u32, times in prop::array::uniform3(0u64..1 << 40), commits: u16, reveals: u16) {
            let [opened_at, commit_end, reveal_end] = times;
            let beacon = Beacon { version, nodes, opened_at, commit_end, reveal_end, commits, reveals };
            prop_assert_eq!(Beacon::unpack(beacon.pack()), beacon);
        }

        /// Who does not know the last secret knows nothing: every seed is as far away as any other.
        #[test]
        fn the_order_of_secrets_decides_nothing(secrets in prop::collection::vec(any::<[u8; 32]>(), 1..6)) {
            let mix = |secrets: &mut dyn Iterator<Item = &[u8; 32]>| {
                secrets.fold(B256::ZERO, |mixed, secret| mixed ^ B256::from(*secret))
            };
            prop_assert_eq!(mix(&mut secrets.iter()), mix(&mut secrets.iter().rev()));
        }
    }
}
