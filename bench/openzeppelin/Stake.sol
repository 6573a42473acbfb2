// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";

/// The deposit of the staking vault as one would write it with OpenZeppelin Contracts: it can be paused and upgraded, refuses
/// re-entry and a token that takes a fee, and keeps free and locked stake in one slot.
contract Stake is OwnableUpgradeable, PausableUpgradeable, ReentrancyGuardTransient, UUPSUpgradeable {
    using SafeERC20 for IERC20;

    struct Account {
        uint128 free;
        uint128 locked;
    }

    event Staked(address indexed account, uint256 amount);

    error TokenTookFee(address token, uint256 sent, uint256 received);
    error ZeroAmount();

    IERC20 public token;
    mapping(address account => Account) public accounts;

    constructor() {
        _disableInitializers();
    }

    function initialize(address owner, IERC20 token_, address, uint64) external initializer {
        __Ownable_init(owner);
        __Pausable_init();
        token = token_;
    }

    function stake(uint256 amount) external nonReentrant whenNotPaused {
        if (amount == 0) revert ZeroAmount();
        accounts[msg.sender].free += SafeCast.toUint128(amount);
        IERC20 token_ = token;
        uint256 before = token_.balanceOf(address(this));
        token_.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token_.balanceOf(address(this)) - before;
        if (received < amount) revert TokenTookFee(address(token_), amount, received);
        emit Staked(msg.sender, amount);
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
