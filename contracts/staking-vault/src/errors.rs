//! Why a call to the vault fails.

use alloy_sol_types::sol;

sol! {
    /// Only the task manager may lock and unlock.
    #[derive(Debug, PartialEq)]
    error NotTaskManager(address caller);
    /// Only the task manager and the owner may slash.
    #[derive(Debug, PartialEq)]
    error NotSlasher(address caller);
    /// The account's free stake is lower than what was asked for.
    #[derive(Debug, PartialEq)]
    error InsufficientFreeStake(address account, uint256 available, uint256 requested);
    /// Less is unbonding than was asked for.
    #[derive(Debug, PartialEq)]
    error InsufficientUnbonding(address account, uint256 available, uint256 requested);
    /// Nothing of the account's is unbonding.
    #[derive(Debug, PartialEq)]
    error NothingUnbonding(address account);
    /// What is unbonding can be withdrawn from this time on (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error StillUnbonding(address account, uint64 maturesAt);
    /// The account is owed nothing.
    #[derive(Debug, PartialEq)]
    error NoCompensation(address account);
    /// A share is above its cap, or both together are above 10,000 basis points.
    #[derive(Debug, PartialEq)]
    error InvalidSlashSplit(uint16 injuredBps, uint16 treasuryBps, uint16 maxInjuredBps, uint16 maxTreasuryBps);
    /// The unbonding period is out of bounds (seconds).
    #[derive(Debug, PartialEq)]
    error InvalidUnbondingPeriod(uint64 period, uint64 minimum, uint64 maximum);
}

ogpu_common::errors! {
    /// Why a call to the vault fails.
    pub enum Error {
        NotTaskManager, NotSlasher, InsufficientFreeStake, InsufficientUnbonding, NothingUnbonding, StillUnbonding,
        NoCompensation, InvalidSlashSplit, InvalidUnbondingPeriod;
        Shared(ogpu_common::Error)
    }
}
