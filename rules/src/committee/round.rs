//! The vote on one task, and the seat of one member: one word each.
//!
//! ```text
//! round: | phase u8 | size u8 | extended u8 | committed u8 | revealed u8 | latency u8 | version u16 | attempts u8 | beacon u32
//!        | commit end u40 | reveal end u40 | heads 7 × u8 | 0, 16 |
//! seat:  | state, 4 bits | index, 4 bits | commitment, then result, 248 |
//! ```
//!
//! `committed`, `revealed` and `latency` have one bit a seat. A seat keeps the low 248 bits of what it is given: of a commitment that
//! is enough; of a result the first byte stands in `heads` of the round, so that no vote needs a further slot.

use alloy_primitives::B256;

use super::{MAX_SIZE, Vote, hash, quorum};
use crate::word;

/// What a round is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nobody asked for it.
    #[default]
    None = 0,
    /// Waits for randomness.
    Requested = 1,
    /// The committee is drawn and votes.
    Voting = 2,
    /// It is over.
    Closed = 3,
    /// It is over, and was a planted task.
    Planted = 4,
}

/// Why a vote is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoteError {
    /// The round is at something else.
    Phase(Phase),
    /// The voter has no seat in this round.
    NotDrawn,
    /// The voter has committed.
    Committed,
    /// The voter has nothing to reveal: it has not committed, or has revealed.
    NothingToReveal,
    /// What is revealed is not what was committed.
    OtherVote,
    /// Reveals begin at this time.
    TooEarly(u64),
    /// The window closed at this time.
    TooLate(u64),
    /// Too few have committed for reveals to begin.
    NoQuorum {
        /// How many committed.
        committed: u8,
        /// How many are needed.
        needed: u8,
    },
}

/// What can be done with a round now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing before this time.
    Wait(u64),
    /// Without quorum, it is given more time, once.
    Extend,
    /// The votes are counted.
    Count,
    /// Without quorum for the second time, it ends without a verdict.
    GiveUp,
}

/// The vote on one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// What it is at.
    pub phase: Phase,
    /// How many members it has.
    pub size: u8,
    /// Whether it was given more time.
    pub extended: bool,
    /// Who has committed: one bit a seat.
    pub committed: u8,
    /// Who has revealed: one bit a seat.
    pub revealed: u8,
    /// Who was content with the latency: one bit a seat.
    pub latency: u8,
    /// The parameters it runs under.
    pub version: u16,
    /// For how many beacons it has waited.
    pub attempts: u8,
    /// The beacon that draws its committee.
    pub beacon: u32,
    /// From when on votes are revealed, and not committed any more (seconds since 1970).
    pub commit_end: u64,
    /// From when on nothing is revealed any more; when it ended, once it has.
    pub reveal_end: u64,
    /// The first bytes of the results.
    pub heads: [u8; MAX_SIZE],
}

/// The seat of one member. The index is below [`MAX_SIZE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// No seat.
    None,
    /// Drawn.
    Drawn(u8),
    /// Committed to a vote: the low 248 bits of the commitment.
    Committed(u8, B256),
    /// Revealed a result: its low 248 bits.
    Revealed(u8, B256),
}

/// What a member commits to: `keccak256(abi.encode(taskId, node, resultHash, latencyOk, salt))`. All but the vote are words.
pub fn commitment(task_id: &B256, node: &B256, vote: Vote, salt: &B256) -> B256 {
    let latency_ok = B256::with_last_byte(vote.latency_ok as u8);
    hash(&[task_id, node, &vote.result, &latency_ok, salt])
}

impl Seat {
    /// 0 if it is none, 1 drawn, 2 committed, 3 revealed.
    pub const fn state(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Drawn(_) => 1,
            Self::Committed(..) => 2,
            Self::Revealed(..) => 3,
        }
    }

    /// Its index, if it is one.
    pub const fn index(&self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::Drawn(index) | Self::Committed(index, _) | Self::Revealed(index, _) => {
                Some(*index)
            }
        }
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        let (tag, mut rest) = (word[0], word);
        rest[0] = 0;
        match tag >> 4 {
            1 => Self::Drawn(tag & 15),
            2 => Self::Committed(tag & 15, rest),
            3 => Self::Revealed(tag & 15, rest),
            _ => Self::None,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let (index, mut word) = match self {
            Self::None => (0, B256::ZERO),
            Self::Drawn(index) => (index, B256::ZERO),
            Self::Committed(index, rest) | Self::Revealed(index, rest) => (index, rest),
        };
        word[0] = self.state() << 4 | index;
        word
    }
}

impl Round {
    /// A round that waits for the randomness of a beacon.
    pub fn request(version: u16, beacon: u32) -> Self {
        Self {
            phase: Phase::Requested,
            version,
            attempts: 1,
            beacon,
            ..Self::default()
        }
    }

    /// The round once its committee is drawn.
    pub const fn drawn(self, size: u8, now: u64, commit_window: u64, reveal_window: u64) -> Self {
        let commit_end = now + commit_window;
        Self {
            phase: Phase::Voting,
            size,
            commit_end,
            reveal_end: commit_end + reveal_window,
            ..self
        }
    }

    /// The round once it is over.
    pub const fn closed(self, now: u64) -> Self {
        Self {
            phase: Phase::Closed,
            reveal_end: now,
            ..self
        }
    }

    /// Takes a commitment. When all have committed, reveals begin at once.
    ///
    /// # Errors
    /// [`VoteError`].
    pub fn commit(self, seat: Seat, commitment: B256, now: u64) -> Result<(Self, Seat), VoteError> {
        self.voting()?;
        let index = match seat {
            Seat::None => return Err(VoteError::NotDrawn),
            Seat::Drawn(index) => index,
            _ => return Err(VoteError::Committed),
        };
        if now >= self.commit_end {
            return Err(VoteError::TooLate(self.commit_end));
        }
        let mut round = self;
        round.committed |= 1 << index;
        if count(round.committed) == round.size {
            round.reveal_end = now + self.window();
            round.commit_end = now;
        }
        Ok((round, Seat::Committed(index, low(commitment))))
    }

    /// Takes a vote whose commitment, made again from what is revealed, is `commitment`.
    ///
    /// # Errors
    /// [`VoteError`].
    pub fn reveal(
        self,
        seat: Seat,
        commitment: B256,
        vote: Vote,
        now: u64,
    ) -> Result<(Self, Seat), VoteError> {
        self.voting()?;
        let (index, committed) = match seat {
            Seat::None => return Err(VoteError::NotDrawn),
            Seat::Committed(index, committed) => (index, committed),
            _ => return Err(VoteError::NothingToReveal),
        };
        if now < self.commit_end {
            return Err(VoteError::TooEarly(self.commit_end));
        }
        if !self.can_reveal() {
            return Err(VoteError::NoQuorum {
                committed: count(self.committed),
                needed: quorum(self.size),
            });
        }
        if now >= self.reveal_end {
            return Err(VoteError::TooLate(self.reveal_end));
        }
        if low(commitment) != committed {
            return Err(VoteError::OtherVote);
        }
        let mut round = self;
        round.revealed |= 1 << index;
        round.latency |= (vote.latency_ok as u8) << index;
        if let Some(head) = round.heads.get_mut(index as usize) {
            *head = vote.result[0];
        }
        Ok((round, Seat::Revealed(index, low(vote.result))))
    }

    /// What can be done with a round whose committee votes.
    pub const fn due(&self, now: u64) -> Due {
        if now < self.commit_end {
            return Due::Wait(self.commit_end);
        }
        if self.can_reveal() {
            let all = self.revealed == self.committed;
            if !all && now < self.reveal_end {
                return Due::Wait(self.reveal_end);
            }
            if count(self.revealed) >= quorum(self.size) {
                return Due::Count;
            }
        }
        if self.extended {
            Due::GiveUp
        } else {
            Due::Extend
        }
    }

    /// The round with one more reveal window for whatever lacked its quorum: commitments, which then are followed by reveals, or
    /// reveals. Nothing is revealed before enough is committed, so whoever commits late has seen no vote.
    pub const fn extend(self, now: u64) -> Self {
        let window = self.window();
        let (commit_end, reveal_end) = if self.can_reveal() {
            (self.commit_end, now + window)
        } else {
            (now + window, now + 2 * window)
        };
        Self {
            extended: true,
            commit_end,
            reveal_end,
            ..self
        }
    }

    /// Whether a seat owed something and did not give it: its commitment while those were too few, its reveal otherwise.
    pub const fn missed(&self, index: u8) -> bool {
        let given = if self.can_reveal() {
            self.revealed
        } else {
            self.committed
        };
        given & 1 << index == 0
    }

    /// The vote in a seat, if it was revealed.
    pub fn vote(&self, seat: Seat) -> Option<Vote> {
        let Seat::Revealed(index, mut result) = seat else {
            return None;
        };
        result[0] = *self.heads.get(index as usize)?;
        Some(Vote {
            result,
            latency_ok: self.latency & 1 << index != 0,
        })
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        let mut heads = [0; MAX_SIZE];
        heads.copy_from_slice(&word[23..30]);
        Self {
            phase: match word[0] {
                1 => Phase::Requested,
                2 => Phase::Voting,
                3 => Phase::Closed,
                4 => Phase::Planted,
                _ => Phase::None,
            },
            size: word[1],
            extended: word[2] != 0,
            committed: word[3],
            revealed: word[4],
            latency: word[5],
            version: word::small::<2>(&word, 6) as u16,
            attempts: word[8],
            beacon: word::small::<4>(&word, 9) as u32,
            commit_end: word::small::<5>(&word, 13),
            reveal_end: word::small::<5>(&word, 18),
            heads,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word[0] = self.phase as u8;
        word[1] = self.size;
        word[2] = self.extended as u8;
        word[3] = self.committed;
        word[4] = self.revealed;
        word[5] = self.latency;
        word::put::<2>(&mut word, 6, self.version.into());
        word[8] = self.attempts;
        word::put::<4>(&mut word, 9, self.beacon.into());
        word::put::<5>(&mut word, 13, self.commit_end.into());
        word::put::<5>(&mut word, 18, self.reveal_end.into());
        word[23..30].copy_from_slice(&self.heads);
        word
    }

    const fn voting(&self) -> Result<(), VoteError> {
        match self.phase {
            Phase::Voting => Ok(()),
            phase => Err(VoteError::Phase(phase)),
        }
    }

    /// Whether enough are committed for reveals to begin.
    const fn can_reveal(&self) -> bool {
        count(self.committed) >= quorum(self.size)
    }

    const fn window(&self) -> u64 {
        self.reveal_end - self.commit_end
    }
}

/// How many seats have their bit set. (Counting bits is dear on this chain; there are at most eight.)
const fn count(mut bits: u8) -> u8 {
    let mut count = 0;
    while bits != 0 {
        bits &= bits - 1;
        count += 1;
    }
    count
}

fn low(mut word: B256) -> B256 {
    word[0] = 0;
    word
}

#[cfg(test)]
#[path = "round_tests.rs"]
mod tests;
