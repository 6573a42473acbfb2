//! The state of a task, and every step from one state to another.
//!
//! ```text
//! while Open:   | version u16 | status u8 | duration u32 | deadline u40 | best rank 48 | 2nd rank 48 | runner-up u32 | leader u32 |
//! afterwards:   | version u16 | status u8 | duration u32 | deadline u40 | price u96                  | disputant u32 | winner u32 |
//! ```
//!
//! The disputant is 0 where nobody left a bond, 1 for the client, 2 for the provider.
//!
//! The highest bit of the status says that the task has terms of its own, the next that it is of high value: its windows are
//! [`HIGH_VALUE_FACTOR`] times as long.
//!
//! Every step says from which state, by whom and when it is possible, and gives the next state back. A time window is half-open: what
//! ends at `t` is possible before `t`, and what others may do afterwards is possible from `t` on.

use alloy_primitives::B256;

use crate::{
    Book, HotParams, MAX_TIME, RuleError, Verdict,
    entry::Hold,
    status::{Party, Status},
    word,
};

/// Set in the status byte of a task with terms of its own.
const HAS_TERMS: u8 = 0x80;
/// Set in the status byte of a task of high value.
const HIGH_VALUE: u8 = 0x40;
/// How many times as long the review and the challenge of a task of high value last.
pub const HIGH_VALUE_FACTOR: u32 = 2;

/// The state slot of a task: its word, read and changed in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskState(B256);

impl TaskState {
    /// Takes the word of the slot.
    pub const fn unpack(word: B256) -> Self {
        Self(word)
    }

    /// The word for the slot.
    pub const fn pack(self) -> B256 {
        self.0
    }

    /// The set of parameters under which the task was made.
    pub fn version(&self) -> u16 {
        word::small::<2>(&self.0, 0) as u16
    }

    /// Where the task is in its life.
    pub fn status(&self) -> Status {
        Status::from_number(self.0[2] & !(HAS_TERMS | HIGH_VALUE))
    }

    /// Whether there is a terms slot.
    pub fn has_terms(&self) -> bool {
        self.0[2] & HAS_TERMS != 0
    }

    /// Whether the review and the challenge take longer.
    pub fn is_high_value(&self) -> bool {
        self.0[2] & HIGH_VALUE != 0
    }

    /// How long the present state lasts before anyone may end it, for the states whose window stands in these parameters.
    pub fn window(&self, hot: &HotParams) -> u32 {
        let window = if self.status() == Status::Submitted {
            hot.review_window
        } else {
            hot.challenge_window
        };
        if self.is_high_value() {
            window.saturating_mul(HIGH_VALUE_FACTOR)
        } else {
            window
        }
    }

    /// What a bid that this provider has on the task still means.
    pub fn hold(&self, provider: u32) -> Hold {
        let won = self.winner() == provider;
        match self.status() {
            Status::Open => Hold::Bid,
            status if won && status.is_final() => Hold::Nothing,
            _ if won => Hold::Bid,
            _ => Hold::Bond,
        }
    }

    /// Seconds the provider has, from assignment to delivery.
    pub fn duration(&self) -> u32 {
        word::small::<4>(&self.0, 3) as u32
    }

    /// While Open the end of the bidding, while Assigned the end of the work, then when the present state began.
    pub fn deadline(&self) -> u64 {
        word::small::<5>(&self.0, 7)
    }

    /// The best two bids; nobody unless Open.
    pub fn book(&self) -> Book {
        if self.status() != Status::Open {
            return Book::default();
        }
        Book {
            leader: word::small::<4>(&self.0, 28) as u32,
            runner_up: word::small::<4>(&self.0, 24) as u32,
            leader_rank: word::small::<6>(&self.0, 12),
            runner_up_rank: word::small::<6>(&self.0, 18),
        }
    }

    /// The agreed price, in wei; zero if no provider was assigned.
    pub fn price(&self) -> u128 {
        if self.status().has_provider() {
            word::large::<12>(&self.0, 12)
        } else {
            0
        }
    }

    /// The assigned provider; zero if there is none.
    pub fn winner(&self) -> u32 {
        if self.status().has_provider() {
            word::small::<4>(&self.0, 28) as u32
        } else {
            0
        }
    }

    /// Who opened the dispute, now or before; nobody if there is none, or a verifier left the task to arbitration.
    pub fn disputant(&self) -> Option<Party> {
        if !matches!(self.status(), Status::Disputed | Status::Resolved) {
            return None;
        }
        match word::small::<4>(&self.0, 24) {
            1 => Some(Party::Client),
            2 => Some(Party::Provider),
            _ => None,
        }
    }

    fn set_status(&mut self, status: Status) {
        self.0[2] = status as u8 | self.0[2] & (HAS_TERMS | HIGH_VALUE);
    }

    fn set_deadline(&mut self, deadline: u64) {
        word::put::<5>(&mut self.0, 7, deadline as u128);
    }

    fn set_book(&mut self, book: Book) {
        word::put::<6>(&mut self.0, 12, book.leader_rank as u128);
        word::put::<6>(&mut self.0, 18, book.runner_up_rank as u128);
        word::put::<4>(&mut self.0, 24, book.runner_up as u128);
        word::put::<4>(&mut self.0, 28, book.leader as u128);
    }

    /// A new task, open for bids for `window` seconds.
    pub fn open(
        version: u16,
        (has_terms, high_value): (bool, bool),
        duration: u32,
        now: u64,
        window: u32,
    ) -> Self {
        let mut task = Self::default();
        word::put::<2>(&mut task.0, 0, version as u128);
        task.0[2] = Status::Open as u8;
        if has_terms {
            task.0[2] |= HAS_TERMS;
        }
        if high_value {
            task.0[2] |= HIGH_VALUE;
        }
        word::put::<4>(&mut task.0, 3, duration as u128);
        task.set_deadline(later(now, window));
        task
    }

    /// Enters a bid: a provider's, while Open, until the bidding ends.
    ///
    /// A bid that takes the lead within the last `late_window` seconds moves the end to `late_window` seconds after itself.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooLate`].
    pub fn bid(
        mut self,
        provider: u32,
        rank: u64,
        now: u64,
        late_window: u16,
    ) -> Result<Self, RuleError> {
        self.require(Status::Open)?;
        before(self.deadline(), now)?;
        let standing = self.book();
        let book = standing.place(provider, rank);
        self.set_book(book);
        let late = later(now, late_window as u32);
        if book.leader == provider && standing.leader != provider && late > self.deadline() {
            self.set_deadline(late);
        }
        Ok(self)
    }

    /// Takes a bid out: its provider's, at any time, unless it won.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`] without a task, [`RuleError::BidWon`].
    pub fn withdraw(mut self, provider: u32) -> Result<Self, RuleError> {
        match self.status() {
            Status::None => return Err(RuleError::WrongStatus(Status::None)),
            Status::Open => self.set_book(self.book().remove(provider)),
            _ if self.winner() == provider => return Err(RuleError::BidWon),
            _ => {}
        }
        Ok(self)
    }

    /// Whether the task is open and its bidding still runs for more than `rest` seconds.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooLate`].
    pub fn check_open(&self, now: u64, rest: u64) -> Result<(), RuleError> {
        self.require(Status::Open)?;
        before(self.deadline().saturating_sub(rest), now)
    }

    /// Whether somebody can assign now: while Open the client, until `grace` seconds after the bidding; anyone, in those seconds.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`], [`RuleError::TooLate`].
    pub fn check_assign(&self, by: Party, now: u64, grace: u32) -> Result<(), RuleError> {
        self.require(Status::Open)?;
        if by != Party::Client {
            from(self.deadline(), now)?;
        }
        before(self.expires(grace), now)
    }

    /// Assigns the provider at its price; the work starts now. [`TaskState::check_assign`] says who and when.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`].
    pub fn assign(mut self, provider: u32, price: u128, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Open)?;
        self.set_status(Status::Assigned);
        self.set_deadline(later(now, self.duration()));
        word::put::<12>(&mut self.0, 12, price);
        word::put::<4>(&mut self.0, 24, 0);
        word::put::<4>(&mut self.0, 28, provider as u128);
        Ok(self)
    }

    /// Delivers: the provider, while Assigned, before the deadline.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`], [`RuleError::TooLate`].
    pub fn deliver(self, by: Party, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Assigned)?;
        require_party(Party::Provider, by)?;
        before(self.deadline(), now)?;
        Ok(self.enter(Status::Submitted, now))
    }

    /// Accepts: the client, or the verifier in its place, while Submitted.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`].
    pub fn accept(self, by: Party, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Submitted)?;
        require_judge(by)?;
        Ok(self.enter(Status::Verified, now))
    }

    /// Judges nothing: the verifier, while Submitted, could not come to a verdict. The owner arbitrates.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`].
    pub fn give_up(self, now: u64) -> Result<Self, RuleError> {
        self.require(Status::Submitted)?;
        Ok(self.enter(Status::Disputed, now))
    }

    /// Ends the wait for a verifier: anyone, while Submitted, once the review window has passed. The owner arbitrates: a task with a
    /// verifier is never paid for want of a verdict.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`].
    pub fn escalate(self, now: u64, review_window: u32) -> Result<Self, RuleError> {
        self.require(Status::Submitted)?;
        from(later(self.deadline(), review_window), now)?;
        Ok(self.enter(Status::Disputed, now))
    }

    /// Rejects, while Submitted: the client, within the review window; or the verifier in its place, for as long as the task waits,
    /// because silence does not pay a task that has one.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`], [`RuleError::TooLate`].
    pub fn reject(self, by: Party, now: u64, review_window: u32) -> Result<Self, RuleError> {
        self.require(Status::Submitted)?;
        require_judge(by)?;
        if by == Party::Client {
            before(later(self.deadline(), review_window), now)?;
        }
        Ok(self.enter(Status::Rejected, now))
    }

    /// Disputes, within the challenge window: the provider while Rejected, the client while Verified.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::NotAllowed`], [`RuleError::TooLate`].
    pub fn dispute(self, by: Party, now: u64, challenge_window: u32) -> Result<Self, RuleError> {
        let needed = match self.status() {
            Status::Rejected => Party::Provider,
            Status::Verified => Party::Client,
            status => return Err(RuleError::WrongStatus(status)),
        };
        require_party(needed, by)?;
        before(later(self.deadline(), challenge_window), now)?;
        let mut next = self.enter(Status::Disputed, now);
        let disputant = if by == Party::Client { 1 } else { 2 };
        word::put::<4>(&mut next.0, 24, disputant);
        Ok(next)
    }

    /// Ends what nobody objected to: anyone, once the window of the state has passed.
    ///
    /// Submitted (a silent client) and Verified pay, Rejected fails, Disputed (a silent owner) gets the default split. `window` is the
    /// review, challenge, challenge or arbitration window.
    ///
    /// # Errors
    /// [`RuleError::WrongStatus`], [`RuleError::TooEarly`].
    pub fn finalize(self, now: u64, window: u32) -> Result<(Self, Verdict), RuleError> {
        let (status, verdict) = match self.status() {
            Status::Submitted | Status::Verified => (Status::Finalized, Verdict::Paid),
            Status::Rejected => (Status::Failed, Verdict::Failed),
            Status::Disputed => (Status::Resolved, Verdict::DEFAULT),
            status => return Err(RuleError::WrongStatus(status)),
        };
        from(later(self.deadline(), window), now)?;
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
        from(self.deadline(), now)?;
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
        let end = if self.book().leader == 0 {
            self.deadline()
        } else {
            self.expires(grace)
        };
        from(end, now)?;
        Ok(self.enter(Status::Expired, now))
    }

    /// When an open task with bids can be expired.
    fn expires(&self, grace: u32) -> u64 {
        later(self.deadline(), grace)
    }

    fn enter(mut self, status: Status, now: u64) -> Self {
        if self.status() == Status::Open {
            self.set_book(Book::default());
        }
        self.set_status(status);
        self.set_deadline(later(now, 0));
        self
    }

    fn require(&self, status: Status) -> Result<(), RuleError> {
        if self.status() == status {
            Ok(())
        } else {
            Err(RuleError::WrongStatus(self.status()))
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

fn require_judge(by: Party) -> Result<(), RuleError> {
    match by {
        Party::Verifier => Ok(()),
        by => require_party(Party::Client, by),
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
