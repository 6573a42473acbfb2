// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// Somebody who makes several calls in one transaction, and tells what came of each, also of those that fail. So two contracts
/// can be asked the same by the same caller at the same time.
contract Actor {
    struct Order {
        address target;
        uint256 value;
        bytes data;
    }

    struct Result {
        bool success;
        bytes output;
    }

    /// What an order came to; the events between two of these are those of the second one's order.
    event Outcome(bool success, bytes output);

    /// Signs with this key's signatures (EIP-1271) besides making its calls; nothing is signed while it is zero.
    address public immutable signer;

    constructor(address signer_) {
        signer = signer_;
    }

    receive() external payable {}

    /// Makes the calls, whatever comes of them.
    function send(Order[] calldata orders) external payable returns (Result[] memory results) {
        results = new Result[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            (bool success, bytes memory output) = orders[i].target.call{value: orders[i].value}(orders[i].data);
            results[i] = Result(success, output);
            emit Outcome(success, output);
        }
    }

    /// EIP-1271.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signer == address(0) || signature.length != 65) return 0xffffffff;
        address account = ecrecover(
            digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        return account == signer ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
