//! What is stored of a task's replicas, one word each.
//!
//! ```text
//! round:     | stage u8 | ordered u8 | seated u8 | committed u8 | revealed u8 | claim end u40 | commit end u40 | reveal end u40 | 0, 96 |
//! candidate: | stage u8 | seat u8 | 0, 144 | bond u96 |
//! purse:     | 0, 64 | locked u96 | free u96 |
//! ```

use alloy_primitives::B256;

use super::{CLAIM_WINDOW, Plan, REVEAL_WINDOW, quorum};
use crate::{MAX_AMOUNT, word};

/// What a round is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum RoundStage {
    /// Nothing was drawn.
    #[default]
    None = 0,
    /// Seats are claimed, then commitments taken, then results.
    Drawn = 1,
    /// It is over.
    Closed = 2,
}

/// Why a step of a round is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundError {
    /// The round is at another stage.
    Stage(RoundStage),
    /// Possible from this time on.
    TooEarly(u64),
    /// Not possible any more since this time.
    TooLate(u64),
}

/// How far a task's replicas are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// What it is at.
    pub stage: RoundStage,
    /// How many replicas were ordered.
    pub ordered: u8,
    /// How many seats are taken.
    pub seated: u8,
    /// How many have committed.
    pub committed: u8,
    /// How many have revealed.
    pub revealed: u8,
    /// From when on seats are fixed and commitments are taken.
    pub claim_end: u64,
    /// From when on results are revealed, and nothing is committed any more.
    pub commit_end: u64,
    /// From when on nothing is revealed any more.
    pub reveal_end: u64,
}

impl Round {
    /// Reads the word.
    pub fn unpack(word: &B256) -> Self {
        Self {
            stage: match word[0] {
                1 => RoundStage::Drawn,
                2 => RoundStage::Closed,
                _ => RoundStage::None,
            },
            ordered: word[1],
            seated: word[2],
            committed: word[3],
            revealed: word[4],
            claim_end: word::small::<5>(word, 5),
            commit_end: word::small::<5>(word, 10),
            reveal_end: word::small::<5>(word, 15),
        }
    }

    /// Writes the word.
    pub fn pack(&self) -> B256 {
        let mut word = B256::ZERO;
        word[0] = self.stage as u8;
        word[1] = self.ordered;
        word[2] = self.seated;
        word[3] = self.committed;
        word[4] = self.revealed;
        word::put::<5>(&mut word, 5, self.claim_end.into());
        word::put::<5>(&mut word, 10, self.commit_end.into());
        word::put::<5>(&mut word, 15, self.reveal_end.into());
        word
    }

    /// Begins: the claim window, the time to work, and the reveal window follow one another.
    ///
    /// # Errors
    /// [`RoundError::Stage`] if it has begun before.
    pub fn draw(&self, plan: &Plan, now: u64) -> Result<Self, RoundError> {
        self.require(RoundStage::None)?;
        let claim_end = now + CLAIM_WINDOW;
        let commit_end = claim_end + u64::from(plan.minutes) * 60;
        Ok(Self {
            stage: RoundStage::Drawn,
            ordered: plan.replicas,
            claim_end,
            commit_end,
            reveal_end: commit_end + REVEAL_WINDOW,
            ..Self::default()
        })
    }

    /// Passes while seats can be claimed.
    ///
    /// # Errors
    /// [`RoundError::Stage`], [`RoundError::TooLate`].
    pub fn check_claim(&self, now: u64) -> Result<(), RoundError> {
        self.require(RoundStage::Drawn)?;
        before(self.claim_end, now)
    }

    /// Takes one commitment. With the last one reveals begin at once.
    ///
    /// # Errors
    /// [`RoundError::Stage`], [`RoundError::TooEarly`], [`RoundError::TooLate`].
    pub fn commit(mut self, now: u64) -> Result<Self, RoundError> {
        self.require(RoundStage::Drawn)?;
        from(self.claim_end, now)?;
        before(self.commit_end, now)?;
        self.committed += 1;
        if self.committed == self.seated {
            self.commit_end = now;
            self.reveal_end = now + REVEAL_WINDOW;
        }
        Ok(self)
    }

    /// Takes one result.
    ///
    /// # Errors
    /// [`RoundError::Stage`], [`RoundError::TooEarly`], [`RoundError::TooLate`].
    pub fn reveal(mut self, now: u64) -> Result<Self, RoundError> {
        self.require(RoundStage::Drawn)?;
        from(self.commit_end, now)?;
        before(self.reveal_end, now)?;
        self.revealed += 1;
        Ok(self)
    }

    /// Ends: when nothing is revealed any more, or all that was committed is, or too few seats were taken.
    ///
    /// # Errors
    /// [`RoundError::Stage`], [`RoundError::TooEarly`].
    pub fn close(mut self, now: u64) -> Result<Self, RoundError> {
        self.require(RoundStage::Drawn)?;
        let over = if self.is_short() {
            self.claim_end
        } else if self.revealed == self.committed {
            self.commit_end
        } else {
            self.reveal_end
        };
        from(over, now)?;
        self.stage = RoundStage::Closed;
        Ok(self)
    }

    /// Whether too few seats were taken for a verdict; then nobody is to blame for there being none.
    pub const fn is_short(&self) -> bool {
        self.seated < quorum(self.ordered)
    }

    fn require(&self, stage: RoundStage) -> Result<(), RoundError> {
        if self.stage == stage {
            Ok(())
        } else {
            Err(RoundError::Stage(self.stage))
        }
    }
}

fn before(until: u64, now: u64) -> Result<(), RoundError> {
    if now < until {
        Ok(())
    } else {
        Err(RoundError::TooLate(until))
    }
}

fn from(from: u64, now: u64) -> Result<(), RoundError> {
    if now >= from {
        Ok(())
    } else {
        Err(RoundError::TooEarly(from))
    }
}

/// What somebody who enrolled has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
#[repr(u8)]
pub enum CandidateStage {
    /// It did not enrol, or has left.
    #[default]
    None = 0,
    /// It can claim a seat.
    Enrolled = 1,
    /// It took a seat, which a lower ticket may have taken from it since.
    Seated = 2,
    /// It has committed to a result.
    Committed = 3,
    /// It has revealed its result.
    Revealed = 4,
}

/// Somebody who enrolled for a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// What it has done.
    pub stage: CandidateStage,
    /// The seat that it took.
    pub seat: u8,
    /// What is locked of its purse, in wei, below 2^96.
    pub bond: u128,
}

impl Candidate {
    /// Reads the word.
    pub fn unpack(word: &B256) -> Self {
        Self {
            stage: match word[0] {
                1 => CandidateStage::Enrolled,
                2 => CandidateStage::Seated,
                3 => CandidateStage::Committed,
                4 => CandidateStage::Revealed,
                _ => CandidateStage::None,
            },
            seat: word[1],
            bond: word::large::<12>(word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(&self) -> B256 {
        let mut word = B256::ZERO;
        word[0] = self.stage as u8;
        word[1] = self.seat;
        word::put::<12>(&mut word, 20, self.bond);
        word
    }
}

/// What an account has here, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purse {
    /// What it can take out or bond, below 2^96.
    pub free: u128,
    /// The sum of its bonds, below 2^96.
    pub locked: u128,
}

impl Purse {
    /// Reads the word.
    pub fn unpack(word: &B256) -> Self {
        Self {
            locked: word::large::<12>(word, 8),
            free: word::large::<12>(word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(&self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<12>(&mut word, 8, self.locked);
        word::put::<12>(&mut word, 20, self.free);
        word
    }

    /// Adds to what is free. All tokens together are below 2^96, so it never reaches that.
    pub fn credit(self, amount: u128) -> Self {
        let free = self.free.saturating_add(amount).min(MAX_AMOUNT);
        Self { free, ..self }
    }

    /// Takes from what is free, if there is enough.
    pub fn debit(self, amount: u128) -> Option<Self> {
        let free = self.free.checked_sub(amount)?;
        Some(Self { free, ..self })
    }

    /// Bonds what is free, if there is enough.
    pub fn lock(self, bond: u128) -> Option<Self> {
        let mut purse = self.debit(bond)?;
        purse.locked += bond;
        Some(purse)
    }

    /// Frees a bond.
    pub fn unlock(self, bond: u128) -> Self {
        self.slash(bond).credit(bond)
    }

    /// Loses a bond.
    pub fn slash(self, bond: u128) -> Self {
        let locked = self.locked.saturating_sub(bond);
        Self { locked, ..self }
    }
}

#[cfg(test)]
#[path = "round_tests.rs"]
mod tests;
