//! The states of a task, and who acts.

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// There is no such task.
    #[default]
    None = 0,
    /// Providers bid; ends by assignment, cancellation or expiry.
    Open = 1,
    /// A provider works; ends by delivery or by its deadline.
    Assigned = 2,
    /// A sealed result waits for the client.
    Submitted = 3,
    /// The client accepted; the challenge window runs.
    Verified = 4,
    /// The client rejected; the provider can dispute while the challenge window runs.
    Rejected = 5,
    /// The owner arbitrates.
    Disputed = 6,
    /// Final: the provider is paid.
    Finalized = 7,
    /// Final: a dispute ended with a split.
    Resolved = 8,
    /// Final: the client is refunded, the provider slashed.
    Failed = 9,
    /// Final: the client took the task back before anybody was assigned.
    Cancelled = 10,
    /// Final: nobody was assigned in time.
    Expired = 11,
}

impl Status {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::None,
        Self::Open,
        Self::Assigned,
        Self::Submitted,
        Self::Verified,
        Self::Rejected,
        Self::Disputed,
        Self::Finalized,
        Self::Resolved,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The state with this number; [`Status::None`] for numbers that no state has.
    pub const fn from_number(number: u8) -> Self {
        if (number as usize) < Self::ALL.len() {
            Self::ALL[number as usize]
        } else {
            Self::None
        }
    }

    /// Whether nothing can happen to the task any more.
    pub const fn is_final(self) -> bool {
        self as u8 >= Self::Finalized as u8
    }

    /// Whether a provider has been assigned, now or before.
    pub const fn has_provider(self) -> bool {
        matches!(self as u8, 2..=9)
    }
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The client of the task.
    Client,
    /// The owner of the assigned provider.
    Provider,
    /// The verifier that judges in the client's place.
    Verifier,
    /// Anybody else.
    Anyone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for (number, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, number);
            assert_eq!(Status::from_number(number as u8), status);
        }
        assert_eq!(Status::from_number(12), Status::None);
        assert_eq!(Status::from_number(255), Status::None);
    }

    #[test]
    fn five_states_are_final() {
        assert_eq!(Status::ALL.into_iter().filter(|s| s.is_final()).count(), 5);
        assert!(!Status::Disputed.is_final());
        assert!(!Status::Open.has_provider() && !Status::Cancelled.has_provider());
        assert!(Status::Assigned.has_provider() && Status::Failed.has_provider());
    }
}
