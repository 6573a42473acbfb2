//! What every contract behind a proxy answers.

use alloy::sol;

sol! {
    /// Ownership and upgrades (OpenZeppelin's `Ownable` and UUPS).
    #[sol(rpc)]
    #[derive(Debug)]
    interface Owned {
        function owner() external view returns (address);
        function transferOwnership(address newOwner) external;
        function renounceOwnership() external;
        function proxiableUUID() external view returns (bytes32);
        function storageLayout() external view returns (bytes32);
        function upgradeToAndCall(address newImplementation, bytes data) external payable;
        function UPGRADE_INTERFACE_VERSION() external view returns (string);

        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
        event Upgraded(address indexed implementation);
        event Initialized(uint64 version);
    }

    /// Stopping new entries for at most seven days.
    #[sol(rpc)]
    #[derive(Debug)]
    interface Pausable {
        event Paused(address indexed account, uint64 until);
        event Unpaused(address indexed account);
        event GuardianChanged(address indexed previousGuardian, address indexed newGuardian);

        function guardian() external view returns (address);
        function setGuardian(address guardian) external;
        function pause(uint64 until) external;
        function unpause() external;
        function pausedUntil() external view returns (uint64);
    }
}
