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
        function upgradeToAndCall(address newImplementation, bytes data) external payable;
        function UPGRADE_INTERFACE_VERSION() external view returns (string);

        event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
        event Upgraded(address indexed implementation);
        event Initialized(uint64 version);

        error OwnableUnauthorizedAccount(address account);
        error OwnableInvalidOwner(address owner);
        error InvalidInitialization();
        error NotInitializing();
        error ERC1967InvalidImplementation(address implementation);
        error ERC1967NonPayable();
        error ERC1967ProxyUninitialized();
        error UUPSUnauthorizedCallContext();
        error UUPSUnsupportedProxiableUUID(bytes32 slot);
    }

    /// Stopping new entries for at most seven days.
    #[sol(rpc)]
    #[derive(Debug)]
    interface Pausable {
        function guardian() external view returns (address);
        function setGuardian(address guardian) external;
        function pause(uint64 until) external;
        function unpause() external;
        function pausedUntil() external view returns (uint64);
    }
}
