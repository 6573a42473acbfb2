//! Stakes: free, locked, unbonding.

use alloy::sol;

sol! {
    /// The stakes of providers and clients.
    #[sol(rpc)]
    #[derive(Debug)]
    interface StakingVault {
        event Staked(address indexed account, address indexed from, uint256 amount);
        event UnbondRequested(address indexed account, uint256 amount, uint64 maturesAt);
        event UnbondCancelled(address indexed account, uint256 amount);
        event Withdrawn(address indexed account, uint256 amount);
        event Locked(address indexed account, uint256 amount);
        event Unlocked(address indexed account, uint256 amount);
        event Slashed(address indexed account, address indexed injured, uint256 taken, uint256 toInjured, uint256 toTreasury, uint256 burned);
        event SlashesCollected(address indexed treasury, uint256 toTreasury, uint256 burned);
        event CompensationWithdrawn(address indexed account, uint256 amount);
        event TaskManagerChanged(address indexed previousTaskManager, address indexed newTaskManager);
        event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
        event SlashSplitChanged(uint16 injuredBps, uint16 treasuryBps);
        event UnbondingPeriodChanged(uint64 period);

        function initialize(address owner, address token, address treasury, uint64 unbondingPeriod) external;
        function setTaskManager(address taskManager) external;
        function setTreasury(address treasury) external;
        function setSlashSplit(uint16 injuredBps, uint16 treasuryBps) external;
        function setUnbondingPeriod(uint64 period) external;
        function stake(uint256 amount) external;
        function stakeFor(address account, uint256 amount) external;
        function stakeWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function requestUnbond(uint256 amount) external;
        function cancelUnbond(uint256 amount) external;
        function withdrawUnbonded() external;
        function withdrawCompensation() external;
        function lock(address account, uint256 amount) external;
        function unlock(address account, uint256 amount) external;
        function slash(address account, uint256 amount, address injured) external returns (uint256 taken);
        function collectSlashes() external;
        function accruedSlashes() external view returns (uint256 toTreasury, uint256 toBurn);
        function accountOf(address account) external view returns (uint256 free, uint256 locked, uint256 unbonding, uint64 maturesAt, uint256 compensation);
        function totalStakeOf(address account) external view returns (uint256);
        function tierOf(address account) external view returns (uint8);
        function token() external view returns (address);
        function taskManager() external view returns (address);
        function treasury() external view returns (address);
        function slashSplit() external view returns (uint16 injuredBps, uint16 treasuryBps);
        function unbondingPeriod() external view returns (uint64);
    }
}
