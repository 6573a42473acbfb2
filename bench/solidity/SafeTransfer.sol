// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "./ERC20.sol";

/// Token transfers that either happen or revert, also with tokens that return nothing or `false`.
library SafeTransfer {
    error SafeTransferFailed(address token);

    function pay(address token, address to, uint256 amount) internal {
        _call(token, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    function collect(address token, address from, uint256 amount) internal {
        _call(token, abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)));
    }

    /// What the token returned is `true`, or nothing and there is a token. A token's own error is passed on.
    function _call(address token, bytes memory data) private {
        bool done;
        assembly ("memory-safe") {
            done := call(gas(), token, 0, add(data, 0x20), mload(data), 0, 0x20)
            if iszero(done) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            switch returndatasize()
            case 0 { done := gt(extcodesize(token), 0) }
            default { done := and(gt(returndatasize(), 0x1f), eq(mload(0), 1)) }
        }
        if (!done) revert SafeTransferFailed(token);
    }
}
