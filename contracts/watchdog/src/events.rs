//! What the watchdog tells the world.

use alloy_sol_types::sol;

sol! {
    /// The account is watched: within `window` seconds its balance may fall by `limit` wei.
    #[derive(Debug, PartialEq)]
    event Watched(address indexed account, uint256 limit, uint64 window);
    /// The account is not watched any more.
    #[derive(Debug, PartialEq)]
    event Unwatched(address indexed account);
    /// The balance of `account` fell from `peak` to `balance`, by more than `limit`. `paused` contracts are paused until this time (seconds
    /// since 1970); if that is none, the next poke tries again.
    #[derive(Debug, PartialEq)]
    event Tripped(address indexed account, uint256 peak, uint256 balance, uint256 limit, uint64 until, uint8 paused);
    /// A contract could not be paused, for this reason: what it reverted with.
    #[derive(Debug, PartialEq)]
    event PauseFailed(address indexed target, bytes reason);
    /// These contracts are paused from now on.
    #[derive(Debug, PartialEq)]
    event TargetsSet(address[] targets);
    /// A breaker that trips pauses for so many seconds.
    #[derive(Debug, PartialEq)]
    event PauseDurationSet(uint64 duration);
    /// The guardian changed.
    #[derive(Debug, PartialEq)]
    event GuardianChanged(address indexed previousGuardian, address indexed newGuardian);
    /// A program lives for another period; that took `fee` wei of ether.
    #[derive(Debug, PartialEq)]
    event KeptAlive(address indexed program, bytes32 indexed codehash, uint256 fee);
    /// A program of a batch was left as it is, for this reason: what ArbOS reverted with.
    #[derive(Debug, PartialEq)]
    event NotKeptAlive(address indexed program, bytes reason);
}
