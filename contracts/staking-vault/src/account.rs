//! A stake and its way out, as plain values.
//!
//! ```text
//! stake slot | free u96 | locked u96 |
//! exit slot  | unbonding u96 | matures at u40 | compensation u96 |
//! ```
//!
//! All amounts are wei of oGPU below 2^96, times seconds since 1970.

use ogpu_rules::share;

/// Why an account stays as it is: it has only so much of what is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// What there is.
    pub available: u128,
}

/// Stake that is not on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// The owner may unbond it, the task manager lock it.
    pub free: u128,
    /// Committed to the market.
    pub locked: u128,
}

/// Stake on its way out, and what the account is owed for being injured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// Waits for [`matures_at`](Self::matures_at); can still be slashed.
    pub unbonding: u128,
    /// When all of it may leave; 0 if nothing is unbonding.
    pub matures_at: u64,
    /// Shares of others' slashed stakes; cannot be slashed.
    pub compensation: u128,
}

impl Stake {
    /// Free and locked stake: what counts for tiers and requirements.
    pub fn total(&self) -> u128 {
        self.free + self.locked
    }

    /// Locks free stake.
    pub fn lock(self, amount: u128) -> Result<Self, Short> {
        let free = self.free.checked_sub(amount).ok_or(Short {
            available: self.free,
        })?;
        Ok(Self {
            free,
            locked: self.locked + amount,
        })
    }

    /// Frees locked stake, at most what there is: a slash in between must not stand in the way.
    pub fn unlock(self, amount: u128) -> Self {
        let amount = amount.min(self.locked);
        Self {
            free: self.free + amount,
            locked: self.locked - amount,
        }
    }
}

/// Moves free stake to the way out. Whatever is unbonding already waits anew, until `matures_at`.
pub fn request_unbond(
    stake: Stake,
    exit: Exit,
    amount: u128,
    matures_at: u64,
) -> Result<(Stake, Exit), Short> {
    let free = stake.free.checked_sub(amount).ok_or(Short {
        available: stake.free,
    })?;
    Ok((
        Stake { free, ..stake },
        Exit {
            unbonding: exit.unbonding + amount,
            matures_at,
            ..exit
        },
    ))
}

/// Moves unbonding stake back.
pub fn cancel_unbond(stake: Stake, exit: Exit, amount: u128) -> Result<(Stake, Exit), Short> {
    let unbonding = exit.unbonding.checked_sub(amount).ok_or(Short {
        available: exit.unbonding,
    })?;
    Ok((
        Stake {
            free: stake.free + amount,
            ..stake
        },
        exit.with_unbonding(unbonding),
    ))
}

/// Takes up to `amount`: locked stake first, of which at most `reach`, then unbonding, then free. The last value is what could be
/// taken.
pub fn slash(stake: Stake, exit: Exit, amount: u128, reach: u128) -> (Stake, Exit, u128) {
    let locked = amount.min(reach).min(stake.locked);
    let unbonding = (amount - locked).min(exit.unbonding);
    let free = (amount - locked - unbonding).min(stake.free);
    (
        Stake {
            free: stake.free - free,
            locked: stake.locked - locked,
        },
        exit.with_unbonding(exit.unbonding - unbonding),
        locked + unbonding + free,
    )
}

impl Exit {
    fn with_unbonding(self, unbonding: u128) -> Self {
        let matures_at = if unbonding == 0 { 0 } else { self.matures_at };
        Self {
            unbonding,
            matures_at,
            ..self
        }
    }
}

/// Where slashed stake goes; the parts add up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// To whoever was injured.
    pub injured: u128,
    /// To the treasury.
    pub treasury: u128,
    /// To nobody, ever again.
    pub burned: u128,
}

impl Split {
    /// Divides `taken` by basis points, which together must be at most 10,000. What rounding leaves over burns.
    pub fn of(taken: u128, injured_bps: u16, treasury_bps: u16) -> Self {
        let (injured, treasury) = (share(taken, injured_bps), share(taken, treasury_bps));
        Self {
            injured,
            treasury,
            burned: taken - injured - treasury,
        }
    }
}

const TOKEN: u128 = 1_000_000_000_000_000_000;

/// The stake from which tiers 1, 2, 3 and 4 begin: 1,000, 10,000, 100,000 and 1,000,000 oGPU.
pub const TIERS: [u128; 4] = [
    1_000 * TOKEN,
    10_000 * TOKEN,
    100_000 * TOKEN,
    1_000_000 * TOKEN,
];

/// The tier of a total stake: 0 to 4.
pub fn tier(total: u128) -> u8 {
    TIERS.iter().filter(|&&from| total >= from).count() as u8
}

#[cfg(test)]
mod tests {
    use ogpu_rules::{BPS, MAX_AMOUNT};
    use proptest::prelude::*;

    use super::*;

    const STAKE: Stake = Stake {
        free: 10,
        locked: 20,
    };
    const EXIT: Exit = Exit {
        unbonding: 5,
        matures_at: 77,
        compensation: 3,
    };

    #[test]
    fn free_stake_locks_and_locked_stake_is_freed() {
        assert_eq!(
            STAKE.lock(10),
            Ok(Stake {
                free: 0,
                locked: 30
            })
        );
        assert_eq!(STAKE.lock(11), Err(Short { available: 10 }));
        assert_eq!(
            STAKE.unlock(15),
            Stake {
                free: 25,
                locked: 5
            }
        );
        assert_eq!(
            STAKE.unlock(21),
            Stake {
                free: 30,
                locked: 0
            },
            "no more than there is"
        );
    }

    #[test]
    fn a_further_request_waits_anew_for_everything() {
        let (stake, exit) = request_unbond(STAKE, EXIT, 4, 99).unwrap();
        assert_eq!(
            stake,
            Stake {
                free: 6,
                locked: 20
            }
        );
        assert_eq!(
            exit,
            Exit {
                unbonding: 9,
                matures_at: 99,
                compensation: 3
            }
        );
        assert_eq!(
            request_unbond(STAKE, EXIT, 11, 99),
            Err(Short { available: 10 })
        );
    }

    #[test]
    fn cancelling_keeps_the_time_of_the_rest() {
        let (stake, exit) = cancel_unbond(STAKE, EXIT, 2).unwrap();
        assert_eq!((stake.free, exit.unbonding, exit.matures_at), (12, 3, 77));
        let (_, exit) = cancel_unbond(STAKE, EXIT, 5).unwrap();
        assert_eq!(
            exit,
            Exit {
                unbonding: 0,
                matures_at: 0,
                compensation: 3
            }
        );
        assert_eq!(cancel_unbond(STAKE, EXIT, 6), Err(Short { available: 5 }));
    }

    #[test]
    fn a_slash_takes_locked_then_unbonding_then_free() {
        let take = |amount, reach| {
            let (stake, exit, taken) = slash(STAKE, EXIT, amount, reach);
            (
                stake.locked,
                exit.unbonding,
                stake.free,
                taken,
                exit.matures_at,
            )
        };
        assert_eq!(take(0, 20), (20, 5, 10, 0, 77));
        assert_eq!(take(20, 20), (0, 5, 10, 20, 77));
        assert_eq!(take(23, 20), (0, 2, 10, 23, 77));
        assert_eq!(take(25, 20), (0, 0, 10, 25, 0));
        assert_eq!(take(30, 20), (0, 0, 5, 30, 0));
        assert_eq!(take(1_000, 20), (0, 0, 0, 35, 0));
        assert_eq!(take(4, 0), (20, 1, 10, 4, 77));
        assert_eq!(take(1_000, 0), (20, 0, 0, 15, 0));
        assert_eq!(take(1_000, 3), (17, 0, 0, 18, 0));
        assert_eq!(
            slash(STAKE, EXIT, u128::MAX, u128::MAX).1.compensation,
            3,
            "owed, not staked"
        );
    }

    #[test]
    fn what_rounding_leaves_over_burns() {
        assert_eq!(
            Split::of(10_001, 5_000, 2_500),
            Split {
                injured: 5_000,
                treasury: 2_500,
                burned: 2_501
            }
        );
        assert_eq!(
            Split::of(1, 5_000, 5_000),
            Split {
                injured: 0,
                treasury: 0,
                burned: 1
            }
        );
    }

    #[test]
    fn tiers_begin_at_their_bounds() {
        assert_eq!(tier(0), 0);
        for (index, from) in TIERS.into_iter().enumerate() {
            assert_eq!(tier(from - 1), index as u8);
            assert_eq!(tier(from), index as u8 + 1);
        }
    }

    fn amounts() -> impl Strategy<Value = u128> {
        prop_oneof![0..100_u128, 0..=MAX_AMOUNT / 8]
    }

    proptest! {
        #[test]
        fn nothing_is_made_or_lost(
            free in amounts(), locked in amounts(), unbonding in amounts(), amount in amounts(), compensation in amounts(), reach in amounts(),
        ) {
            let stake = Stake { free, locked };
            let exit = Exit { unbonding, matures_at: 7, compensation };
            let total = |stake: Stake, exit: Exit| stake.total() + exit.unbonding;
            let before = total(stake, exit);
            if let Ok(stake) = stake.lock(amount) {
                prop_assert_eq!(total(stake, exit), before);
            }
            prop_assert_eq!(total(stake.unlock(amount), exit), before);
            for (stake, exit) in [request_unbond(stake, exit, amount, 9), cancel_unbond(stake, exit, amount)].into_iter().flatten() {
                prop_assert_eq!(total(stake, exit), before);
                prop_assert_eq!(exit.compensation, compensation);
            }
            let (left, way_out, taken) = slash(stake, exit, amount, reach);
            prop_assert_eq!(taken, amount.min(before - locked.saturating_sub(reach)));
            prop_assert_eq!(total(left, way_out) + taken, before);
        }

        #[test]
        fn splits_add_up(taken in 0..=MAX_AMOUNT, injured in 0..=BPS, rest in 0..=BPS) {
            let treasury = rest.min(BPS - injured);
            let split = Split::of(taken, injured, treasury);
            prop_assert_eq!(split.injured + split.treasury + split.burned, taken);
        }
    }
}
