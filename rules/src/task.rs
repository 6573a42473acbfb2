//! The state of a task, and every step from one state to another.
//!
//! ```text
//! while Open:   | version u16 | status u8 | duration u32 | deadline u40 | best rank 48 | 2nd rank 48 | runner-up u32 | leader u32 |
//! afterwards:   | version u16 | status u8 | duration u32 | deadline u40 | price u96                  | 0, 32         | winner u32 |
//! ```
//!
//! The highest bit of the status says that the task has terms of its own.
//!
//! Every step says from which state, by whom and when it is possible, and gives the next state back. A time window is half-open: what
//! ends at `t` is possible before `t`, and what others may do afterwards is possible from `t` on.

use alloy_primitives::B256;

use crate::{
    Book, MAX_TIME, RuleError, Verdict,
    status::{Party, Status},
    word,
};

/// Set in the status byte of a task with terms of its own.
const HAS_TERMS: u8 = 0x80;

/// The state slot of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskState {
    /// The set of parameters under which the task was made.
    pub version: u16,
    /// Where the task is in its life.
    pub status: Status,
    /// Whether there is a terms slot.
    pub has_terms: bool,
    /// Seconds the provider has, from assignment to delivery.
    pub duration: u32,
    /// While Open the end of the bidding, while Assigned the end of the work, then when the present state began.
    pub deadline: u64,
    /// The best two bids; only while Open.
    pub book: Book,
    /// The agreed price, in wei; once a provider is assigned.
    pub price: u128,
    /// The assigned provider; once there is one.
    pub winner: u32,
}

impl TaskState {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        let status = word[2];
        let mut state = Self {
            version: word::small::<2>(&word, 0) as u16,
            status: Status::from_number(status & !HAS_TERMS),
            has_terms: status & HAS_TERMS != 0,
            duration: word::small::<4>(&word, 3) as u32,
            deadline: word::small::<5>(&word, 7),
            ..Self::default()
        };
        let leader = word::small::<4>(&word, 28) as u32;
        if state.status == Status::Open {
            state.book = Book {
                leader,
                runner_up: word::small::<4>(&word, 24) as u32,
                leader_rank: word::small::<6>(&word, 12),
                runner_up_rank: word::small::<6>(&word, 18),
            };
        } else {
            state.price = word::large::<12>(&word, 12);
            state.winner = leader;
        }
        state
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<2>(&mut word, 0, self.version as u128);
        word[2] = self.status as u8 | if self.has_terms { HAS_TERMS } else { 0 };
        word::put::<4>(&mut word, 3, self.duration as u128);
        word::put::<5>(&mut word, 7, self.deadline as u128);
        if self.status == Status::Open {
            word::put::<6>(&mut word, 12, self.book.leader_rank as u128);
            word::put::<6>(&mut word, 18, self.book.runner_up_rank as u128);
            word::put::<4>(&mut word, 24, self.book.runner_up as u128);
            word::put::<4>(&mut word, 28, self.book.leader as u128);
        } else {
            word::put::<12>(&mut word, 12, self.price);
            word::put::<4>(&mut word, 28, self.winner as u128);
        }
        word
    }

    /// A new task, open for bids for `window` seconds.
    pub fn open(version: u16, has_terms: bool, duration: u32, now: u64, window: u32) -> Self {
        Self {
            version,
            status: Status::Open,
            has_terms,
            duration,
            deadline: later(now, window),
            ..Self::default()
        }
    }

    /// Enters a bid: a provider's, while Open, until the bidding ends.
    ///
    /// A bid that takes the lead within the last `late_window` seconds moves the end to `late_window` seconds after itself.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooLate`].
    pub fn bid(
        self,
        provider: u32,
        rank: u64,
        now: u64,
        late_window: u16,
    ) -> Result<Self, RuleError> {
        self.require(Status::Open)?;
        before(self.deadline, now)?;
        let book = self.book.place(provider, rank);
        let late = later(now, late_window as u32);
        let takes_lead = book.leader == provider && self.book.leader != provider;
        let deadline = if takes_lead && late > self.deadline {
            late
        } else {
            self.deadline
        };
        Ok(Self {
            book,
            deadline,
            ..self
        })
    }

    /// Takes a bid out: its provider's, at any time, unless it won.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`] without a task, [`RuleError::BidWon`].
    pub fn withdraw(self, provider: u32) -> Result<Self, RuleError> {
        match self.status {
            Status::None => Err(RuleError::WrongStatus(self.status)),
            Status::Open => Ok(Self {
                book: self.book.remove(provider),
                ..self
            }),
            status if status.has_provider() && self.winner == provider => Err(RuleError::BidWon),
            _ => Ok(self),
        }
    }

    /// Whether somebody can assign now: while Open the client, until `grace` seconds after the bidding; anyone, in those seconds.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`], [`RuleError::TooLate`].
    pub fn check_assign(&self, by: Party, now: u64, grace: u32) -> Result<(), RuleError> {
        self.require(Status::Open)?;
        if by != Party::Client {
            from(self.deadline, now)?;
        }
        before(self.expires(grace), now)
    }

    /// Assigns the provider at its price; the work starts now. [`TaskState::check_assign`] says who and when.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`].
    pub fn assign(self, provider: u32, price: u128, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Open)?;
        Ok(Self {
            status: Status::Assigned,
            deadline: later(now, self.duration),
            book: Book::default(),
            price,
            winner: provider,
            ..self
        })
    }

    /// Delivers: the provider, while Assigned, before the deadline.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`], [`RuleError::TooLate`].
    pub fn deliver(self, by: Party, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Assigned)?;
        require_party(Party::Provider, by)?;
        before(self.deadline, now)?;
        Ok(self.enter(Status::Submitted, now))
    }

    /// Accepts: the client, while Submitted.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`].
    pub fn accept(self, by: Party, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Submitted)?;
        require_party(Party::Client, by)?;
        Ok(self.enter(Status::Verified, now))
    }

    /// Rejects: the client, while Submitted, within the review window.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`], [`RuleError::TooLate`].
    pub fn reject(self, by: Party, now: u64, review_window: u32) -> Result<Self, RuleError> {
        self.require(Status::Submitted)?;
        require_party(Party::Client, by)?;
        before(later(self.deadline, review_window), now)?;
        Ok(self.enter(Status::Rejected, now))
    }

    /// Disputes, within the challenge window: the provider while Rejected, the client while Verified.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`], [`RuleError::TooLate`].
    pub fn dispute(self, by: Party, now: u64, challenge_window: u32) -> Result<Self, RuleError> {
        let needed = match self.status {
            Status::Rejected => Party::Provider,
            Status::Verified => Party::Client,
            status => return Err(RuleError::WrongStatus(status)),
        };
        require_party(needed, by)?;
        before(later(self.deadline, challenge_window), now)?;
        Ok(self.enter(Status::Disputed, now))
    }

    /// Ends what nobody objected to: anyone, once the window of the state has passed.
    ///
    /// Submitted (a silent client) and Verified pay, Rejected fails, Disputed (a silent owner) gets the default split. `window` is the
    /// review, challenge, challenge or arbitration window.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`].
    pub fn finalize(self, now: u64, window: u32) -> Result<(Self, Verdict), RuleError> {
        let (status, verdict) = match self.status {
            Status::Submitted | Status::Verified => (Status::Finalized, Verdict::Paid),
            Status::Rejected => (Status::Failed, Verdict::Failed),
            Status::Disputed => (Status::Resolved, Verdict::DEFAULT),
            status => return Err(RuleError::WrongStatus(status)),
        };
        from(later(self.deadline, window), now)?;
        Ok((self.enter(status, now), verdict))
    }

    /// Ends a dispute: the owner, while Disputed.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`].
    pub fn resolve(self, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Disputed)?;
        Ok(self.enter(Status::Resolved, now))
    }

    /// Ends work that was not delivered: anyone, while Assigned, from the deadline on.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`].
    pub fn fail(self, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Assigned)?;
        from(self.deadline, now)?;
        Ok(self.enter(Status::Failed, now))
    }

    /// Takes the task back: the client, while Open.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`].
    pub fn cancel(self, by: Party, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Open)?;
        require_party(Party::Client, by)?;
        Ok(self.enter(Status::Cancelled, now))
    }

    /// Ends a task that nobody was assigned to: anyone, while Open, after the bidding if the book is empty, else `grace` later.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`].
    pub fn expire(self, now: u64, grace: u32) -> Result<Self, RuleError> {
        self.require(Status::Open)?;
        let end = if self.book.leader == 0 {
            self.deadline
        } else {
            self.expires(grace)
        };
        from(end, now)?;
        Ok(self.enter(Status::Expired, now))
    }

    /// When an open task with bids can be expired.
    fn expires(&self, grace: u32) -> u64 {
        later(self.deadline, grace)
    }

    fn enter(self, status: Status, now: u64) -> Self {
        Self {
            status,
            deadline: later(now, 0),
            book: Book::default(),
            ..self
        }
    }

    fn require(&self, status: Status) -> Result<(), RuleError> {
        if self.status == status {
            Ok(())
        } else {
            Err(RuleError::WrongStatus(self.status))
        }
    }
}

/// `window` seconds after `now`, at most the last second that can be stored.
fn later(now: u64, window: u32) -> u64 {
    now.saturating_add(window as u64).min(MAX_TIME)
}

fn before(until: u64, now: u64) -> Result<(), RuleError> {
    if now < until {
        Ok(())
    } else {
        Err(RuleError::TooLate { until })
    }
}

fn from(from: u64, now: u64) -> Result<(), RuleError> {
    if now >= from {
        Ok(())
    } else {
        Err(RuleError::TooEarly { from })
    }
}

fn require_party(needed: Party, by: Party) -> Result<(), RuleError> {
    if by == needed {
        Ok(())
    } else {
        Err(RuleError::NotAllowed { needed })
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
