//! Replicated execution: several providers do the same work, and what more than half of them find is the result.
//!
//! The client orders replicas by the task's verifier data, a [`Plan`]. Providers enrol while the task is open or worked on. Once the
//! result is delivered, a [`seed`] that neither client nor provider could choose alone gives everybody who enrolled a [`ticket`]; the
//! lowest ones that are claimed get the seats. A [`Round`] then takes commitments, and after them results; [`verdict`] counts.
//!
//! Times are seconds since 1970, amounts wei of oGPU.

mod round;

pub use round::{Candidate, CandidateStage, Purse, Round, RoundError, RoundStage};

use alloy_primitives::B256;

use crate::{committee::hash, word};

/// The fewest replicas of a task, beside its provider.
pub const MIN_REPLICAS: u8 = 2;
/// The most replicas of a task, beside its provider.
pub const MAX_REPLICAS: u8 = 8;
/// How long seats can be claimed after the draw: a quarter of an hour.
pub const CLAIM_WINDOW: u64 = 15 * 60;
/// How long results are revealed after the last commitment: half an hour.
pub const REVEAL_WINDOW: u64 = 30 * 60;
/// What must be left between the last reveal and the market's deadline for a verdict: a quarter of an hour, to conclude in.
pub const MARGIN: u64 = 15 * 60;
/// The unit of a plan's bond: a millionth of an oGPU, in wei.
pub const BOND_UNIT: u128 = 1_000_000_000_000;

/// What a client orders, as the task's verifier data says it.
///
/// ```text
/// | replicas u8 | minutes to work u16 | bond in millionths of an oGPU, u48 | digest 184 |
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How many replicas there are to be, [`MIN_REPLICAS`] to [`MAX_REPLICAS`].
    pub replicas: u8,
    /// How long they have to do the work and to commit to what they found, in minutes; above zero.
    pub minutes: u16,
    /// What a replica puts up, in units of [`BOND_UNIT`], above zero and below 2^48.
    pub bond_units: u64,
    /// The low 184 bits of the hash of the client's secret.
    pub digest: [u8; 23],
}

impl Plan {
    /// A plan with a secret of 32 bytes, which the client keeps to itself until the result is delivered. `bond` is in wei, rounded down
    /// to units. Nothing if a field is out of its range.
    pub fn new(replicas: u8, minutes: u16, bond: u128, secret: &B256) -> Option<Self> {
        let bond_units = u64::try_from(bond / BOND_UNIT).ok()?;
        let plan = Self {
            replicas,
            minutes,
            bond_units,
            digest: digest(secret),
        };
        Self::unpack(&plan.pack()).filter(|same| *same == plan)
    }

    /// Reads verifier data; nothing if it is no plan.
    pub fn unpack(data: &B256) -> Option<Self> {
        let mut digest = [0; 23];
        digest.copy_from_slice(&data[9..]);
        let plan = Self {
            replicas: data[0],
            minutes: word::small::<2>(data, 1) as u16,
            bond_units: word::small::<6>(data, 3),
            digest,
        };
        let replicas = plan.replicas >= MIN_REPLICAS && plan.replicas <= MAX_REPLICAS;
        (replicas && plan.minutes > 0 && plan.bond_units > 0).then_some(plan)
    }

    /// The verifier data.
    pub fn pack(&self) -> B256 {
        let mut data = B256::ZERO;
        data[0] = self.replicas;
        word::put::<2>(&mut data, 1, self.minutes.into());
        word::put::<6>(&mut data, 3, self.bond_units.into());
        data[9..].copy_from_slice(&self.digest);
        data
    }

    /// What a replica puts up, in wei.
    pub const fn bond(&self) -> u128 {
        self.bond_units as u128 * BOND_UNIT
    }

    /// Whether this is the client's secret.
    pub fn opens(&self, secret: &B256) -> bool {
        self.digest == digest(secret)
    }

    /// How long before the market's deadline the draw must be, in seconds.
    pub const fn time_needed(&self) -> u64 {
        CLAIM_WINDOW + self.minutes as u64 * 60 + REVEAL_WINDOW + MARGIN
    }
}

fn digest(secret: &B256) -> [u8; 23] {
    let mut digest = [0; 23];
    digest.copy_from_slice(&hash(&[secret])[9..]);
    digest
}

/// What decides who sits: `keccak256(abi.encode(taskId, secret, seal))`. The client chose the secret before it knew the seal, the
/// provider the seal without knowing the secret.
pub fn seed(task_id: &B256, secret: &B256, seal: &B256) -> B256 {
    hash(&[task_id, secret, seal])
}

/// An account's ticket, `keccak256(abi.encode(seed, account))`: the lowest ones win.
pub fn ticket(seed: &B256, account: &B256) -> B256 {
    hash(&[seed, account])
}

/// What a replica commits to: `keccak256(abi.encode(taskId, replica, resultHash, salt))`. It is worth nothing to anybody else, nor for
/// another task.
pub fn commitment(task_id: &B256, replica: &B256, result: &B256, salt: &B256) -> B256 {
    hash(&[task_id, replica, result, salt])
}

/// How many replicas must reveal for their results to count: two thirds of those ordered, rounded up.
pub const fn quorum(replicas: u8) -> u8 {
    crate::committee::quorum(replicas)
}

/// Whether so many are more than half of the replicas ordered and the provider.
pub const fn is_majority(votes: u8, replicas: u8) -> bool {
    2 * votes > replicas + 1
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The result.
    pub result: B256,
    /// How many replicas found it.
    pub replicas: u8,
    /// Whether it is the provider's.
    pub accepted: bool,
}

/// What the replicas' results decide, if they do: a quorum must have revealed, and more than half of all that were ordered, the provider
/// counted as one of them, must have found the same. `is_providers` says whether the provider sealed a result.
pub fn verdict(
    results: &[Option<B256>],
    replicas: u8,
    is_providers: impl Fn(&B256) -> bool,
) -> Option<Verdict> {
    let revealed = results.iter().flatten().count() as u8;
    if revealed < quorum(replicas) {
        return None;
    }
    for (index, result) in results.iter().enumerate() {
        let Some(result) = result else { continue };
        // Counted when it came first.
        if results[..index]
            .iter()
            .flatten()
            .any(|other| other == result)
        {
            continue;
        }
        let alike = results.iter().flatten().filter(|other| *other == result);
        let alike = alike.count() as u8;
        let accepted = is_providers(result);
        if is_majority(alike + accepted as u8, replicas) {
            return Some(Verdict {
                result: *result,
                replicas: alike,
                accepted,
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: B256 = B256::repeat_byte(9);

    fn found(result: u8) -> Option<B256> {
        Some(B256::with_last_byte(result))
    }

    /// The verdict where the provider sealed result 1: the result, how many replicas found it, whether it is the provider's.
    fn decided(results: &[u8], replicas: u8) -> Option<(u8, u8, bool)> {
        let results: Vec<_> = results
            .iter()
            .map(|result| (*result > 0).then_some(B256::with_last_byte(*result)))
            .collect();
        let one = B256::with_last_byte(1);
        verdict(&results, replicas, |result| *result == one)
            .map(|verdict| (verdict.result[31], verdict.replicas, verdict.accepted))
    }

    #[test]
    fn plans_keep_to_their_ranges() {
        let plan = Plan::new(3, 60, 50 * 10_u128.pow(18) + 7, &SECRET).unwrap();
        assert_eq!(plan.bond(), 50 * 10_u128.pow(18), "rounded to units");
        assert_eq!(plan.time_needed(), 900 + 3_600 + 1_800 + 900);
        assert!(plan.opens(&SECRET) && !plan.opens(&B256::ZERO));
        let data = plan.pack();
        assert_eq!(data[..9], [3, 0, 60, 0, 0, 2, 0xfa, 0xf0, 0x80]);
        assert_eq!(Plan::unpack(&data), Some(plan));
        for (replicas, minutes, bond) in [
            (1, 60, BOND_UNIT),
            (9, 60, BOND_UNIT),
            (3, 0, BOND_UNIT),
            (3, 60, BOND_UNIT - 1),
            (3, 60, BOND_UNIT << 48),
            (3, 60, u128::MAX),
        ] {
            assert_eq!(Plan::new(replicas, minutes, bond, &SECRET), None);
        }
        assert_eq!(Plan::unpack(&B256::ZERO), None);
        assert!(Plan::new(8, u16::MAX, (BOND_UNIT << 48) - 1, &SECRET).is_some());
    }

    #[test]
    fn the_provider_and_one_of_two_are_more_than_half() {
        assert_eq!(decided(&[1, 1], 2), Some((1, 2, true)));
        assert_eq!(decided(&[1, 2], 2), Some((1, 1, true)));
        assert_eq!(decided(&[2, 2], 2), Some((2, 2, false)));
        assert_eq!(decided(&[2, 3], 2), None);
        assert_eq!(decided(&[1, 0], 2), None, "one is no quorum of two");
    }

    #[test]
    fn replicas_that_are_missing_count_against_every_result() {
        assert_eq!(decided(&[1, 1, 0], 3), Some((1, 2, true)));
        assert_eq!(decided(&[2, 2, 0], 3), None, "two of four");
        assert_eq!(decided(&[2, 2, 2], 3), Some((2, 3, false)));
        assert_eq!(decided(&[2, 2, 1], 3), None);
        assert_eq!(decided(&[1, 0, 0], 3), None);
        assert_eq!(decided(&[2, 2, 2, 1, 0], 5), None, "three of six");
        assert_eq!(decided(&[2, 2, 2, 2, 0], 5), Some((2, 4, false)));
        assert_eq!(decided(&[], 2), None);
    }

    #[test]
    fn what_the_provider_needs() {
        let needed = |replicas: u8| (0..=replicas).find(|n| is_majority(n + 1, replicas));
        let table: Vec<_> = (2..=8).map(|replicas| needed(replicas).unwrap()).collect();
        assert_eq!(table, [1, 2, 2, 3, 3, 4, 4]);
        let quorums: Vec<_> = (2..=8).map(quorum).collect();
        assert_eq!(quorums, [2, 2, 3, 4, 4, 5, 6]);
    }

    #[test]
    fn words_are_bound_to_their_owners() {
        let [a, b, c, d] = [1, 2, 3, 4].map(B256::with_last_byte);
        let commitments = [
            commitment(&a, &b, &c, &d),
            commitment(&b, &b, &c, &d),
            commitment(&a, &a, &c, &d),
            commitment(&a, &b, &d, &d),
            commitment(&a, &b, &c, &c),
        ];
        for (index, one) in commitments.iter().enumerate() {
            assert!(!commitments[..index].contains(one));
        }
        assert_ne!(seed(&a, &b, &c), seed(&a, &c, &b));
        assert_ne!(ticket(&a, &b), ticket(&b, &a));
    }

    proptest! {
        #[test]
        fn plans_come_back(replicas in 2_u8..=8, minutes in 1_u16.., bond_units in 1_u64..1 << 48, digest: [u8; 23]) {
            let plan = Plan { replicas, minutes, bond_units, digest };
            prop_assert_eq!(Plan::unpack(&plan.pack()), Some(plan));
        }

        /// No minority decides, nobody decides without a quorum, and the order of seats decides nothing.
        #[test]
        fn a_verdict_has_quorum_and_majority(replicas in 2_u8..=8, drawn in prop::collection::vec(0_u8..4, 8)) {
            let mut results: Vec<_> = drawn[..replicas as usize].iter().map(|result| found(*result).filter(|_| *result > 0)).collect();
            let one = B256::with_last_byte(1);
            let decided = verdict(&results, replicas, |result| *result == one);
            let count = |result: u8| results.iter().filter(|other| **other == found(result)).count();
            let revealed = results.iter().flatten().count();
            let expected = (1..4).find(|result| {
                revealed >= quorum(replicas) as usize && 2 * (count(*result) + (*result == 1) as usize) > replicas as usize + 1
            });
            prop_assert_eq!(decided.map(|verdict| verdict.result[31]), expected);
            if let Some(verdict) = decided {
                prop_assert_eq!(usize::from(verdict.replicas), count(verdict.result[31]));
                prop_assert!(verdict.replicas > 0);
                prop_assert_eq!(verdict.accepted, verdict.result == one);
            }
            results.reverse();
            prop_assert_eq!(verdict(&results, replicas, |result| *result == one), decided);
        }
    }
}
