//! The rules of the market: plain functions over plain values, without a host, storage or a clock.
//!
//! Amounts are wei of oGPU below 2^96, times are seconds since 1970 below 2^40, shares are basis points (10,000 = all).
//! Every value that is stored packs itself into one 256-bit word; the layout is drawn in its module. The contract that uses
//! these rules loads words, calls a transition, stores the words it gives back, and emits events.
//!
//! | module | holds |
//! |---|---|
//! | [`status`], [`task`] | the states of a task and every step from one to another |
//! | [`book`], [`fit`] | which bid is best, and the best two |
//! | [`rising`], [`hire`] | prices that are not bid: one that rises until it is taken, one that is published |
//! | [`lease`] | a machine rented by the second |
//! | [`client`], [`card`], [`entry`], [`terms`], [`params`] | the words beside the state of a task |
//! | [`settle`] | who gets what of a budget and of a collateral |
//! | [`score`], [`pair`], [`outcome`] | how a reputation moves, how much of that one client can do, what is kept of a task |
//! | [`seal`] | what binds a result to its provider |
//! | [`committee`] | the verification committee: nodes, draws, votes |
//! | [`replication`] | replicated execution: plans, seats, rounds, what the results decide |
#![cfg_attr(not(test), no_std)]

pub mod book;
pub mod card;
pub mod client;
pub mod committee;
pub mod entry;
mod error;
pub mod fit;
pub mod hire;
pub mod lease;
pub mod outcome;
pub mod pair;
pub mod params;
pub mod replication;
pub mod rising;
pub mod score;
pub mod seal;
pub mod settle;
pub mod status;
pub mod task;
pub mod terms;
mod word;

#[cfg(test)]
mod edge_tests;

pub use book::Book;
pub use card::Card;
pub use client::ClientSlot;
pub use entry::{Entry, Hold};
pub use error::RuleError;
pub use hire::PublishedPrice;
pub use lease::{Agreement, Lease, LeaseError, LeaseStatus};
pub use outcome::{Outcome, OutcomeSlot};
pub use pair::Pair;
pub use params::{ColdParams, HotParams, Params};
pub use rising::Rising;
pub use settle::{Settlement, Verdict};
pub use status::{Party, Status};
pub use task::TaskState;
pub use terms::{Bidding, Terms};

/// All of something, in basis points.
pub const BPS: u16 = 10_000;
/// The largest amount: 2^96 − 1 wei.
pub const MAX_AMOUNT: u128 = (1 << 96) - 1;
/// The largest free collateral of a provider: 2^80 − 1 wei.
pub const MAX_COLLATERAL: u128 = (1 << 80) - 1;
/// The last second that can be stored: 2^40 − 1.
pub const MAX_TIME: u64 = (1 << 40) - 1;

/// `bps` basis points of `amount`, rounded down. Amounts above [`MAX_AMOUNT`] count as that, shares above [`BPS`] as all.
pub const fn share(amount: u128, bps: u16) -> u128 {
    let amount = if amount > MAX_AMOUNT {
        MAX_AMOUNT
    } else {
        amount
    };
    let bps = if bps > BPS { BPS } else { bps };
    // In two steps of 48 bits each, which need no 128-bit division.
    let bps = bps as u64;
    let (high, low) = (
        (amount >> 48) as u64 * bps,
        (amount as u64 & ((1 << 48) - 1)) * bps,
    );
    let rest = (high % BPS as u64) << 48;
    (((high / BPS as u64) as u128) << 48) + ((rest + low) / BPS as u64) as u128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_round_down() {
        assert_eq!(share(10_000, 250), 250);
        assert_eq!(share(9_999, 1), 0);
        assert_eq!(share(MAX_AMOUNT, BPS), MAX_AMOUNT);
    }

    proptest! {
        #[test]
        fn a_share_and_the_rest_are_all(amount: u128, bps: u16) {
            let amount = amount.min(MAX_AMOUNT);
            let part = share(amount, bps);
            prop_assert_eq!(part, amount * bps.min(BPS) as u128 / BPS as u128);
            prop_assert!(part <= share(amount, bps.saturating_add(1)));
        }
    }
}
