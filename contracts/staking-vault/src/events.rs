//! What the vault tells the world. Every account follows from these events.

use alloy_sol_types::sol;

sol! {
    /// `from` added `amount` to `account`'s free stake.
    #[derive(Debug, PartialEq)]
    event Staked(address indexed account, address indexed from, uint256 amount);
    /// `amount` went from free to unbonding; all that is unbonding matures at this time.
    #[derive(Debug, PartialEq)]
    event UnbondRequested(address indexed account, uint256 amount, uint64 maturesAt);
    /// `amount` went from unbonding to free.
    #[derive(Debug, PartialEq)]
    event UnbondCancelled(address indexed account, uint256 amount);
    /// All that was unbonding left.
    #[derive(Debug, PartialEq)]
    event Withdrawn(address indexed account, uint256 amount);
    /// `amount` went from free to locked.
    #[derive(Debug, PartialEq)]
    event Locked(address indexed account, uint256 amount);
    /// `amount` went from locked to free.
    #[derive(Debug, PartialEq)]
    event Unlocked(address indexed account, uint256 amount);
    /// `account` lost `taken`: of its locked stake first, then unbonding, then free. The parts add up to it; what `injured` gets is
    /// owed as compensation.
    #[derive(Debug, PartialEq)]
    event Slashed(address indexed account, address indexed injured, uint256 taken, uint256 toInjured, uint256 toTreasury, uint256 burned);
    /// What slashes had left for the treasury went to it, and what they had left for nobody burned.
    #[derive(Debug, PartialEq)]
    event SlashesCollected(address indexed treasury, uint256 toTreasury, uint256 burned);
    /// All that was owed to `account` left.
    #[derive(Debug, PartialEq)]
    event CompensationWithdrawn(address indexed account, uint256 amount);
    /// The task manager changed.
    #[derive(Debug, PartialEq)]
    event TaskManagerChanged(address indexed previousTaskManager, address indexed newTaskManager);
    /// The treasury changed.
    #[derive(Debug, PartialEq)]
    event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
    /// The split of slashed stake changed; the rest burns.
    #[derive(Debug, PartialEq)]
    event SlashSplitChanged(uint16 injuredBps, uint16 treasuryBps);
    /// The unbonding period, in seconds, changed for requests from now on.
    #[derive(Debug, PartialEq)]
    event UnbondingPeriodChanged(uint64 period);
}
