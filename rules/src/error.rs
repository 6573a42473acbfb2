//! Why a step is refused.

use crate::status::{Party, Status};

/// Why a step is refused, with the values that were wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// The step does not start from this state.
    WrongStatus(Status),
    /// The step belongs to somebody else.
    NotAllowed {
        /// Who may take it.
        needed: Party,
    },
    /// The step opens later.
    TooEarly {
        /// The first second at which it is possible.
        from: u64,
    },
    /// The step has closed.
    TooLate {
        /// The first second at which it was no longer possible.
        until: u64,
    },
    /// An amount or a price of nothing.
    Zero,
    /// The bid asks for more than the task's budget.
    PriceAboveBudget {
        /// The price asked.
        price: u128,
        /// The budget of the task.
        budget: u128,
    },
    /// A bid can be repeated or lowered, never raised.
    PriceRaised {
        /// The price asked.
        price: u128,
        /// The price of the standing bid.
        standing: u128,
    },
    /// The provider's trust is below what the client asks for.
    TrustTooLow {
        /// The provider's score.
        trust: u16,
        /// The least score the client accepts.
        required: u16,
    },
    /// The provider's free collateral does not suffice.
    CollateralTooLow {
        /// What is free.
        free: u128,
        /// What is needed.
        required: u128,
    },
    /// More collateral than a card can hold.
    CollateralTooHigh {
        /// What the card would hold.
        amount: u128,
    },
    /// The provider has no bid on this task.
    NoBid,
    /// The bid of the winner stays until its task is settled.
    BidWon,
    /// The client and the provider are the same account.
    SelfDealing,
    /// A slash above the collateral of the task.
    SlashAboveCollateral {
        /// The slash asked for.
        slash: u128,
        /// The collateral of the task.
        collateral: u128,
    },
    /// A value outside its range.
    OutOfRange {
        /// The value.
        value: u128,
        /// The smallest one possible.
        min: u128,
        /// The largest one possible.
        max: u128,
        /// Which one: its place among the fields of the struct it came in, from 0.
        field: u8,
    },
}
