//! A lease: a provider's machine, rented by the second.
//!
//! ```text
//! agreement | verifier u8 | fee u16 | rate u72 | client address 160 |
//! meter     | 0, 16 | status u8 | version u16 | provider u32 | metered u40 | heartbeat u40 | until u40 | due u32 | left u32 |
//! ```
//!
//! The client buys seconds at a fixed rate, so every amount is a number of seconds times the rate, and nothing is ever rounded. Of the
//! seconds that are `left`, `due` are metered and not paid out yet. The meter runs while heartbeats come: a heartbeat is good for
//! [`HEARTBEAT_INTERVAL`]; what lies between that and the next one is not paid.
//!
//! A running lease ends at the earliest of three times, each of which is known before: when the notice ends, if one was given; when the
//! seconds are used up, counted as if every heartbeat came; and [`DEAD_AFTER`] without a heartbeat, which alone costs the provider
//! collateral. Settling, as often as one likes, moves none of them.

use alloy_primitives::{Address, B256};

use crate::{share, status::Party, word};

/// Seconds in which the provider can start a lease.
pub const START_WINDOW: u32 = 1_800;
/// Seconds of the meter that one heartbeat is good for.
pub const HEARTBEAT_INTERVAL: u32 = 600;
/// Seconds without a heartbeat after which a lease is dead: longer than a chain usually stands still.
pub const DEAD_AFTER: u32 = 7_200;
/// Seconds from a notice to the end; also the fewest that can be rented.
pub const NOTICE_PERIOD: u32 = 3_600;
/// The most seconds that can be left, 180 days: at the highest rate they cost less than 2^96 wei.
pub const MAX_SECONDS: u32 = 180 * 24 * 3_600;
/// The highest rate: 2^72 − 1 wei a second.
pub const MAX_RATE: u128 = (1 << 72) - 1;
/// Of the rent for so many seconds, the parameters' share is held as collateral: a day.
pub const COLLATERAL_PERIOD: u32 = 86_400;

/// Where a lease is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum LeaseStatus {
    /// There is no such lease.
    #[default]
    None = 0,
    /// Paid in; the provider has not started it.
    Pending = 1,
    /// The machine is rented.
    Active = 2,
    /// The machine is rented until a notice ends.
    Ending = 3,
    /// Final: settled, and the rest refunded.
    Closed = 4,
    /// Final: it never started, and everything was refunded.
    Cancelled = 5,
}

impl LeaseStatus {
    /// Whether the machine is rented.
    pub const fn is_running(self) -> bool {
        matches!(self, Self::Active | Self::Ending)
    }

    const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Pending,
            2 => Self::Active,
            3 => Self::Ending,
            4 => Self::Closed,
            5 => Self::Cancelled,
            _ => Self::None,
        }
    }
}

/// Why a step on a lease is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseError {
    /// The step does not start from this state.
    WrongStatus(LeaseStatus),
    /// The step is possible from this second on.
    TooEarly {
        /// The first second at which it is possible.
        from: u64,
    },
    /// The step has closed.
    TooLate {
        /// The first second at which it was no longer possible.
        until: u64,
    },
    /// A number of seconds, or a rate, outside its range.
    OutOfRange {
        /// The value.
        value: u128,
        /// The smallest one possible.
        min: u128,
        /// The largest one possible.
        max: u128,
    },
}

/// What was agreed, which never changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Who rents and pays.
    pub client: Address,
    /// Wei a second, at most [`MAX_RATE`].
    pub rate: u128,
    /// The protocol's share of what is paid, in basis points.
    pub fee_bps: u16,
    /// Who watches the latency: a number of the list of verifiers, or 0 for nobody.
    pub verifier: u8,
}

impl Agreement {
    /// The agreement with its rate in range, 1 to [`MAX_RATE`].
    ///
    /// # Errors
    /// [`LeaseError::OutOfRange`].
    pub fn checked(self) -> Result<Self, LeaseError> {
        in_range(self.rate, 1, MAX_RATE)?;
        Ok(self)
    }

    /// What so many seconds cost, in wei.
    pub const fn price(&self, seconds: u32) -> u128 {
        self.rate * seconds as u128
    }

    /// What the provider and the protocol get for so many seconds, in wei: together exactly their price.
    pub fn split(&self, seconds: u32) -> (u128, u128) {
        let price = self.price(seconds);
        let fee = share(price, self.fee_bps);
        (price - fee, fee)
    }

    /// What is held of the provider's collateral, in wei: this share of a day's rent.
    pub fn collateral(&self, collateral_bps: u16) -> u128 {
        share(self.price(COLLATERAL_PERIOD), collateral_bps)
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            verifier: word::small::<1>(&word, 0) as u8,
            fee_bps: word::small::<2>(&word, 1) as u16,
            rate: word::large::<9>(&word, 3),
            client: word::address(&word),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = self.client.into_word();
        word::put::<1>(&mut word, 0, self.verifier as u128);
        word::put::<2>(&mut word, 1, self.fee_bps as u128);
        word::put::<9>(&mut word, 3, self.rate);
        word
    }
}

/// The state of a lease: its meter. Each step gives the state after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// Where it is in its life.
    pub status: LeaseStatus,
    /// The parameters it was made under.
    pub version: u16,
    /// The provider.
    pub provider: u32,
    /// The time up to which seconds are counted.
    pub metered: u64,
    /// The last heartbeat.
    pub heartbeat: u64,
    /// While pending, when the provider's time to start is over; while ending, when the notice is.
    pub until: u64,
    /// Seconds metered and not paid out.
    pub due: u32,
    /// Seconds bought and not paid out, with those that are due.
    pub left: u32,
}

/// What a closed lease leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The last state.
    pub lease: Lease,
    /// Seconds to pay.
    pub paid: u32,
    /// Seconds to pay and to refund.
    pub left: u32,
    /// The provider vanished.
    pub dead: bool,
}

impl Lease {
    /// A lease of `seconds`, [`NOTICE_PERIOD`] to [`MAX_SECONDS`], that the provider has yet to start.
    ///
    /// # Errors
    /// [`LeaseError::OutOfRange`].
    pub fn rent(version: u16, provider: u32, seconds: u64, now: u64) -> Result<Self, LeaseError> {
        let left = between(seconds, NOTICE_PERIOD, MAX_SECONDS)?;
        Ok(Self {
            status: LeaseStatus::Pending,
            version,
            provider,
            until: now + START_WINDOW as u64,
            left,
            ..Self::default()
        })
    }

    /// The provider starts the meter, within the window.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooLate`].
    pub fn start(self, now: u64) -> Result<Self, LeaseError> {
        self.pending()?;
        before(now, self.until)?;
        Ok(Self {
            status: LeaseStatus::Active,
            metered: now,
            heartbeat: now,
            until: 0,
            ..self
        })
    }

    /// Ends a lease that was not started: the provider declines it, or anybody, once the window is over.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooEarly`].
    pub fn cancel(self, by: Party, now: u64) -> Result<Self, LeaseError> {
        self.pending()?;
        if by != Party::Provider && now < self.until {
            return Err(LeaseError::TooEarly { from: self.until });
        }
        Ok(Self {
            status: LeaseStatus::Cancelled,
            left: 0,
            ..self
        })
    }

    /// The provider is there. What a gap before was longer than the interval is not metered.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooLate`].
    pub fn beat(self, now: u64) -> Result<Self, LeaseError> {
        let lease = self.running(now)?.count(now);
        Ok(Self {
            metered: now,
            heartbeat: now,
            ..lease
        })
    }

    /// More seconds, while heartbeats come, so that nobody can hold a provider to a lease that it left when it was used up.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooLate`], [`LeaseError::OutOfRange`].
    pub fn top_up(self, seconds: u64, now: u64) -> Result<Self, LeaseError> {
        let lease = self.running(now)?;
        before(now, self.alive_until())?;
        let more = between(seconds, 1, MAX_SECONDS - self.left)?;
        Ok(Self {
            left: lease.left + more,
            ..lease
        })
    }

    /// Fewer seconds, down to the notice period; what is due is paid with it. The second value is the seconds to pay.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooLate`], [`LeaseError::OutOfRange`].
    pub fn shorten(self, seconds: u64, now: u64) -> Result<(Self, u32), LeaseError> {
        let lease = self.running(now)?.count(now);
        let spare = (lease.left - lease.due).saturating_sub(NOTICE_PERIOD);
        let less = between(seconds, 1, spare)?;
        let (lease, paid) = lease.pay();
        Ok((
            Self {
                left: lease.left - less,
                ..lease
            },
            paid,
        ))
    }

    /// One side gives notice.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`] if one was given, [`LeaseError::TooLate`].
    pub fn give_notice(self, now: u64) -> Result<Self, LeaseError> {
        let lease = self.running(now)?;
        if lease.status == LeaseStatus::Ending {
            return Err(LeaseError::WrongStatus(lease.status));
        }
        Ok(Self {
            status: LeaseStatus::Ending,
            until: now + NOTICE_PERIOD as u64,
            ..lease
        })
    }

    /// The verifier found the machine wanting: the lease ends at once.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooLate`].
    pub fn stop(self, now: u64) -> Result<Self, LeaseError> {
        Ok(Self {
            status: LeaseStatus::Ending,
            until: now,
            ..self.running(now)?
        })
    }

    /// What is due is paid: the state after it, and the seconds to pay. A lease that does not run has nothing due.
    pub fn settle(self, now: u64) -> (Self, u32) {
        if self.status.is_running() {
            self.count(now).pay()
        } else {
            (self, 0)
        }
    }

    /// Ends a lease whose time has come.
    ///
    /// # Errors
    /// [`LeaseError::WrongStatus`], [`LeaseError::TooEarly`].
    pub fn close(self, now: u64) -> Result<Closing, LeaseError> {
        if !self.status.is_running() {
            return Err(LeaseError::WrongStatus(self.status));
        }
        let from = self.end();
        if now < from {
            return Err(LeaseError::TooEarly { from });
        }
        let lease = self.count(now);
        let dead = self.dead_from() < self.funded_until().min(self.notice_end());
        Ok(Closing {
            paid: lease.due,
            left: lease.left,
            dead,
            lease: Self {
                status: LeaseStatus::Closed,
                due: 0,
                left: 0,
                ..lease
            },
        })
    }

    /// When it ends if no heartbeat, no payment and no notice comes; while pending, when the window to start it is over.
    pub fn end(&self) -> u64 {
        if self.status.is_running() {
            self.dead_from()
                .min(self.funded_until())
                .min(self.notice_end())
        } else {
            self.until
        }
    }

    /// Until when the last heartbeat is good.
    pub const fn alive_until(&self) -> u64 {
        self.heartbeat + HEARTBEAT_INTERVAL as u64
    }

    const fn dead_from(&self) -> u64 {
        self.heartbeat + DEAD_AFTER as u64
    }

    const fn funded_until(&self) -> u64 {
        self.metered + (self.left - self.due) as u64
    }

    fn notice_end(&self) -> u64 {
        match self.status {
            LeaseStatus::Ending => self.until,
            _ => u64::MAX,
        }
    }

    /// Counts the seconds until now: those of the last heartbeat, before the notice ends, that are paid for.
    fn count(self, now: u64) -> Self {
        let until = now.min(self.alive_until()).min(self.notice_end());
        let rest = self.left - self.due;
        let seconds = until.saturating_sub(self.metered).min(rest as u64) as u32;
        Self {
            metered: self.metered + seconds as u64,
            due: self.due + seconds,
            ..self
        }
    }

    fn pay(self) -> (Self, u32) {
        let lease = Self {
            due: 0,
            left: self.left - self.due,
            ..self
        };
        (lease, self.due)
    }

    fn pending(&self) -> Result<(), LeaseError> {
        match self.status {
            LeaseStatus::Pending => Ok(()),
            status => Err(LeaseError::WrongStatus(status)),
        }
    }

    fn running(self, now: u64) -> Result<Self, LeaseError> {
        if !self.status.is_running() {
            return Err(LeaseError::WrongStatus(self.status));
        }
        before(now, self.end())?;
        Ok(self)
    }

    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            status: LeaseStatus::from_number(word::small::<1>(&word, 2) as u8),
            version: word::small::<2>(&word, 3) as u16,
            provider: word::small::<4>(&word, 5) as u32,
            metered: word::small::<5>(&word, 9),
            heartbeat: word::small::<5>(&word, 14),
            until: word::small::<5>(&word, 19),
            due: word::small::<4>(&word, 24) as u32,
            left: word::small::<4>(&word, 28) as u32,
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<1>(&mut word, 2, self.status as u128);
        word::put::<2>(&mut word, 3, self.version as u128);
        word::put::<4>(&mut word, 5, self.provider as u128);
        word::put::<5>(&mut word, 9, self.metered as u128);
        word::put::<5>(&mut word, 14, self.heartbeat as u128);
        word::put::<5>(&mut word, 19, self.until as u128);
        word::put::<4>(&mut word, 24, self.due as u128);
        word::put::<4>(&mut word, 28, self.left as u128);
        word
    }
}

fn before(now: u64, until: u64) -> Result<(), LeaseError> {
    if now < until {
        Ok(())
    } else {
        Err(LeaseError::TooLate { until })
    }
}

fn between(seconds: u64, min: u32, max: u32) -> Result<u32, LeaseError> {
    in_range(seconds as u128, min as u128, max as u128)?;
    Ok(seconds as u32)
}

fn in_range(value: u128, min: u128, max: u128) -> Result<(), LeaseError> {
    if value < min || value > max {
        Err(LeaseError::OutOfRange { value, min, max })
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
