//! How far a balance has fallen: plain values, without a host or a clock.
//!
//! What counts is the highest balance of the window that was *held*: found by two observations at least [`HOLD`] apart, with nothing lower in
//! between. So whoever deposits and withdraws in one transaction, or in one borrowed minute, raises nothing, and who deposits
//! after the window has begun hides nothing of what flows out later.

/// How long a balance must have been there to count, in seconds.
pub const HOLD: u64 = 600;

/// One watched balance. Amounts in wei, times in seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// By how much the balance may fall within a window.
    pub limit: u128,
    /// How long a window is, in seconds; more than [`HOLD`].
    pub length: u64,
    /// When the present window ends; 0 before the first.
    pub ends: u64,
    /// The balance with which it began.
    pub start: u128,
    /// The highest balance that was held in it.
    pub peak: u128,
    /// The balance that is held now.
    pub settled: u128,
    /// The lowest balance since `observed_at`.
    pub observed: u128,
    /// When the present observation began; 0 before the first.
    pub observed_at: u64,
    /// Whether the breaker has tripped in this window.
    pub tripped: bool,
}

impl Window {
    /// Takes note of a balance. A new window begins with the balance that was held at the end of the last one, so that nothing flows out
    /// between two windows; if nobody has looked for as long as a window lasts, with the one that is held now.
    pub fn observe(mut self, balance: u128, now: u64) -> Self {
        let (settled_before, observed_before) = (self.settled, self.observed_at);
        let first = observed_before == 0;
        let held = !first && now >= observed_before + HOLD;
        if held {
            self.settled = self.observed.min(balance);
        } else {
            self.settled = self.settled.min(balance);
        }
        if held || first {
            self.observed = balance;
            self.observed_at = now;
        } else {
            self.observed = self.observed.min(balance);
        }
        if self.ends == 0 {
            if held {
                self.begin(self.settled, now);
            }
        } else if now >= self.ends {
            let recent = now < observed_before + self.length;
            self.begin(if recent { settled_before } else { self.settled }, now);
        }
        self.peak = self.peak.max(self.settled);
        self
    }

    /// How far below the peak of the window a balance is.
    pub fn fall(&self, balance: u128) -> u128 {
        self.peak.saturating_sub(balance)
    }

    /// Whether this balance trips the breaker.
    pub fn exceeded(&self, balance: u128) -> bool {
        !self.tripped && self.fall(balance) > self.limit
    }

    /// Notes that the breaker has tripped: not again in this window, nor in the next for the same fall.
    pub fn trip(mut self, balance: u128, now: u64) -> Self {
        self.tripped = true;
        self.settled = balance;
        self.observed = balance;
        self.observed_at = now;
        self
    }

    fn begin(&mut self, balance: u128, now: u64) {
        self.ends = now + self.length;
        self.start = balance;
        self.peak = balance;
        self.tripped = false;
    }
}
