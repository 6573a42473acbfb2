// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// What others call: it keeps a number, takes ether, fails as told, and calls back.
contract Box {
    uint256 public number;
    address private _target;
    bytes private _data;

    error Refused(uint256 number);

    event Kept(address indexed caller, uint256 number, uint256 value);

    receive() external payable {}

    function keep(uint256 number_) external payable returns (uint256) {
        number = number_;
        emit Kept(msg.sender, number_, msg.value);
        return number_;
    }

    /// Fails with a reason.
    function refuse(uint256 number_) external payable {
        revert Refused(number_);
    }

    /// Fails without a reason.
    function fail() external payable {
        revert();
    }

    /// Calls `target`, and fails as it does.
    function relay(address target, bytes memory data) public payable {
        (bool success, bytes memory output) = target.call{value: msg.value}(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(output, 32), mload(output))
            }
        }
    }

    /// Keeps a call for `recall`.
    function remember(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// Makes the call that is kept, once.
    function recall() external payable {
        (address target, bytes memory data) = (_target, _data);
        (_target, _data) = (address(0), "");
        relay(target, data);
    }

    /// An implementation whose slot is another: `proxiableUUID` of no UUPS contract.
    function proxiableUUID() external view returns (bytes32) {
        return bytes32(number);
    }
}
