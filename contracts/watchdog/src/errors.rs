//! Why a call to the watchdog fails.

use alloy_sol_types::sol;

sol! {
    /// Only the guardian pauses by hand; the owner names it with `setGuardian`.
    #[derive(Debug, PartialEq)]
    error NotGuardian(address caller, address guardian);
    /// The account is not watched; the owner adds it with `watch`.
    #[derive(Debug, PartialEq)]
    error NotWatched(address account);
    /// A duration in seconds is outside of what is allowed.
    #[derive(Debug, PartialEq)]
    error DurationOutOfRange(uint64 duration, uint64 minimum, uint64 maximum);
    /// So many contracts cannot be paused in one call.
    #[derive(Debug, PartialEq)]
    error TooManyTargets(uint256 count, uint256 maximum);
    /// None of the contracts could be paused; each says why: it may have been paused within the last 30 days, or the watchdog is not its
    /// guardian.
    #[derive(Debug, PartialEq)]
    error NothingPaused();
    /// Pausing needs this much gas, so that no contract is left out for want of it; send more.
    #[derive(Debug, PartialEq)]
    error TooLittleGas(uint256 left, uint256 required);
    /// The account has other code than was required, or none; what was to be called after it is not.
    #[derive(Debug, PartialEq)]
    error CodeDiffers(address account, bytes32 present, bytes32 required);
    /// The caller does not take the wei of ether that are left of what it sent.
    #[derive(Debug, PartialEq)]
    error RefundFailed(address to, uint256 amount);
}

ogpu_common::errors! {
    /// Why a call to the watchdog fails.
    pub enum Error {
        NotGuardian, NotWatched, DurationOutOfRange, TooManyTargets, NothingPaused, TooLittleGas, CodeDiffers, RefundFailed;
        Shared(ogpu_common::Error)
    }
}
