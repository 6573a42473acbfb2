// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// What both peers have in common: an owner, upgrades as ERC-1822 and ERC-1967 describe them, initialisation that happens once and only
/// behind a proxy, and a lock against re-entrancy in transient storage.
abstract contract Upgradeable {
    event Initialized(uint64 version);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event Upgraded(address indexed implementation);

    error InvalidInitialization();
    error OwnableUnauthorizedAccount(address account);
    error OwnableInvalidOwner(address owner);
    error ReentrancyGuardReentrantCall();
    error UUPSUnauthorizedCallContext();
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    error UpgradeCallFailed();

    /// keccak256("eip1967.proxy.implementation") - 1
    bytes32 private constant _SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    address private immutable _self = address(this);

    address public owner;
    bool private _initialized;
    bool private transient _entered;

    modifier onlyOwner() {
        if (msg.sender != owner) revert OwnableUnauthorizedAccount(msg.sender);
        _;
    }

    modifier onlyProxy() {
        if (address(this) == _self || _implementation() != _self) revert UUPSUnauthorizedCallContext();
        _;
    }

    modifier nonReentrant() {
        if (_entered) revert ReentrancyGuardReentrantCall();
        _entered = true;
        _;
        _entered = false;
    }

    /// For the initialiser: once, and never in the implementation's own storage.
    function _initialize(address newOwner) internal onlyProxy {
        if (_initialized) revert InvalidInitialization();
        _initialized = true;
        _transferOwnership(newOwner);
        emit Initialized(1);
    }

    function transferOwnership(address newOwner) external onlyOwner {
        _transferOwnership(newOwner);
    }

    /// Replaces the implementation, then calls it with `data` unless that is empty. Owner only.
    function upgradeToAndCall(address implementation, bytes calldata data) external payable onlyProxy onlyOwner {
        bytes32 slot = Upgradeable(implementation).proxiableUUID();
        if (slot != _SLOT) revert UUPSUnsupportedProxiableUUID(slot);
        assembly ("memory-safe") {
            sstore(_SLOT, implementation)
        }
        emit Upgraded(implementation);
        if (data.length > 0) {
            (bool done,) = implementation.delegatecall(data);
            if (!done) revert UpgradeCallFailed();
        }
    }

    /// The slot that upgrades write; only the implementation itself answers.
    function proxiableUUID() external view returns (bytes32) {
        if (address(this) != _self) revert UUPSUnauthorizedCallContext();
        return _SLOT;
    }

    function _transferOwnership(address newOwner) private {
        if (newOwner == address(0)) revert OwnableInvalidOwner(newOwner);
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    function _implementation() private view returns (address implementation) {
        assembly ("memory-safe") {
            implementation := sload(_SLOT)
        }
    }
}
