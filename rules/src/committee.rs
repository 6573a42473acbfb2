//! The verification committee: who is drawn, when a vote counts, what the votes decide, and who pays for it.
//!
//! | module | holds |
//! |---|---|
//! | [`params`] | bonds, slashes, windows and sizes: one set in two words |
//! | [`node`] | an account: its bond, what it is owed, whether it can be drawn |
//! | [`beacon`] | a round of randomness |
//! | [`round`] | the vote on one task, and the seat of one member |
//! | [`verdict`] | what the votes decide |

pub mod beacon;
pub mod node;
pub mod params;
pub mod round;
pub mod verdict;

pub use beacon::Beacon;
pub use node::{Node, Standing};
pub use params::{Field, Params};
pub use round::{Due, Phase, Round, Seat};
pub use verdict::{Verdict, Vote};

use alloy_primitives::{B256, keccak256};

use crate::word;

/// The largest committee.
pub const MAX_SIZE: usize = 7;
/// The most tickets that are drawn for one committee: enough to fill it even where half of the numbers are vacant.
pub const MAX_TRIES: u32 = 96;
/// How many beacon rounds a task waits for before it goes to dispute.
pub const MAX_ATTEMPTS: u8 = 3;
/// How long after a vote a planted task can be opened, in seconds: three days.
pub const PLANT_WINDOW: u64 = 3 * 24 * 60 * 60;
/// What whoever reports a withheld beacon secret gets of the slash, in basis points: little, since it can be the node itself.
pub const REPORTER_BPS: u16 = 1_000;

/// How many of a committee must reveal for its vote to count: two thirds, rounded up.
pub const fn quorum(size: u8) -> u8 {
    (2 * size).div_ceil(3)
}

/// Whether so many votes are more than half of the committee, absent members counted.
pub const fn is_majority(votes: u8, size: u8) -> bool {
    2 * votes > size
}

/// The hash of up to five words one after another, as `keccak256(abi.encode(…))` makes it.
pub fn hash(words: &[&B256]) -> B256 {
    let mut bytes = [0; 160];
    let length = 32 * words.len();
    for (part, word) in bytes.chunks_exact_mut(32).zip(words) {
        part.copy_from_slice(word.as_slice());
    }
    keccak256(&bytes[..length])
}

/// The number, 1 to `nodes`, on the `index`th ticket of a draw: `keccak256(abi.encode(seed, taskId, seal, index))`, its first 64 bits
/// scaled to the number of nodes. `task_id` is the id as a word. `nodes` must not be zero.
pub fn ticket(seed: &B256, task_id: &B256, seal: &B256, index: u32, nodes: u32) -> u32 {
    let mut number = B256::ZERO;
    word::put::<4>(&mut number, 28, index.into());
    let number = word::small::<8>(&hash(&[seed, task_id, seal, &number]), 0);
    // Scaling prefers no number by more than 2^-32; 32 bits twice instead of one product of 128.
    let nodes = nodes as u64;
    let (high, low) = (number >> 32, number & 0xffff_ffff);
    ((high * nodes + ((low * nodes) >> 32)) >> 32) as u32 + 1
}

/// Splits `amount` among `winners`: what each gets, and what is left over. Nobody gets anything if there are no winners.
pub const fn split(amount: u128, winners: u8) -> (u128, u128) {
    if winners == 0 {
        return (0, amount);
    }
    // In two steps of 48 bits each, which need no 128-bit division; the amount is below 2^96, and so is each sum of slashes.
    let winners = winners as u64;
    let (high, low) = ((amount >> 48) as u64, amount as u64 & ((1 << 48) - 1));
    let rest = (high % winners) << 48 | low;
    (
        (((high / winners) as u128) << 48) + (rest / winners) as u128,
        (rest % winners) as u128,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quorums_and_majorities() {
        assert_eq!([3, 5, 7].map(quorum), [2, 4, 5]);
        assert!(is_majority(2, 3) && !is_majority(1, 3));
        assert!(is_majority(3, 5) && !is_majority(2, 5));
        assert!(is_majority(4, 7) && !is_majority(3, 7));
        for size in [3, 5, 7] {
            let votes = (1..=size).find(|votes| is_majority(*votes, size));
            assert!(
                votes.unwrap() <= quorum(size),
                "a majority can be reached with the least quorum"
            );
        }
    }

    #[test]
    fn a_planted_task_can_be_opened_for_three_days() {
        assert_eq!(PLANT_WINDOW, 259_200);
    }

    #[test]
    fn every_node_is_on_about_as_many_tickets() {
        let (seed, task, seal) = (B256::repeat_byte(1), B256::repeat_byte(2), B256::ZERO);
        let mut counts = [0; 10];
        for index in 0..10_000 {
            counts[ticket(&seed, &task, &seal, index, 10) as usize - 1] += 1;
        }
        // 1,000 each; the standard deviation is 30.
        assert!(
            counts.iter().all(|count| (850..1_150).contains(count)),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn a_ticket_names_a_node(seed: [u8; 32], task: [u8; 32], index: u32, nodes in 1u32..) {
            let (seed, task) = (B256::from(seed), B256::from(task));
            let number = ticket(&seed, &task, &B256::ZERO, index, nodes);
            prop_assert!((1..=nodes).contains(&number));
            let bytes = [seed.0, task.0, [0; 32], {
                let mut word = [0; 32];
                word[28..].copy_from_slice(&index.to_be_bytes());
                word
            }].concat();
            let first = u64::from_be_bytes(keccak256(bytes)[..8].try_into().unwrap());
            let exact = (u128::from(first) * u128::from(nodes)) >> 64;
            prop_assert_eq!(u128::from(number), exact + 1);
        }

        #[test]
        fn shares_and_the_rest_are_all(amount in 0..=crate::MAX_AMOUNT, winners in 0u8..=7) {
            let (each, rest) = split(amount, winners);
            prop_assert_eq!(each * u128::from(winners) + rest, amount);
            prop_assert!(winners == 0 || rest < u128::from(winners));
        }
    }
}
