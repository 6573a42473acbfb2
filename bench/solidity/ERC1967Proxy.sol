// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// Delegates every call to the implementation that its ERC-1967 slot names.
contract ERC1967Proxy {
    event Upgraded(address indexed implementation);

    error ERC1967InvalidImplementation(address implementation);

    /// keccak256("eip1967.proxy.implementation") - 1
    bytes32 private constant _SLOT = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;

    /// Initialises the storage by calling `implementation` with `data`, in the same transaction.
    constructor(address implementation, bytes memory data) payable {
        if (implementation.code.length == 0) revert ERC1967InvalidImplementation(implementation);
        assembly ("memory-safe") {
            sstore(_SLOT, implementation)
        }
        emit Upgraded(implementation);
        (bool done, bytes memory answer) = implementation.delegatecall(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    fallback() external payable {
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), sload(_SLOT), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}
