// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {ERC20BurnableUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20BurnableUpgradeable.sol";
import {ERC20PermitUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {ERC20VotesUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20VotesUpgradeable.sol";
import {NoncesUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/NoncesUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts-upgradeable/proxy/utils/UUPSUpgradeable.sol";

/// oGPU's token as one would write it with OpenZeppelin Contracts: its whole supply is minted at once.
contract Token is
    ERC20BurnableUpgradeable,
    ERC20PermitUpgradeable,
    ERC20VotesUpgradeable,
    OwnableUpgradeable,
    UUPSUpgradeable
{
    bool private _countsBlocks;

    constructor() {
        _disableInitializers();
    }

    /// The clock of votes is the time in seconds (`clockMode` 0) or the block number (1).
    function initialize(address owner, address holder, uint256 supply, uint8 clockMode) external initializer {
        __Ownable_init(owner);
        __ERC20_init("OGPU", "oGPU");
        __ERC20Permit_init("OGPU");
        _countsBlocks = clockMode == 1;
        _mint(holder, supply);
    }

    function clock() public view override returns (uint48) {
        return _countsBlocks ? super.clock() : uint48(block.timestamp);
    }

    function CLOCK_MODE() public view override returns (string memory) {
        return _countsBlocks ? super.CLOCK_MODE() : "mode=timestamp";
    }

    function nonces(address owner) public view override(ERC20PermitUpgradeable, NoncesUpgradeable) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value)
        internal
        override(ERC20Upgradeable, ERC20VotesUpgradeable)
    {
        super._update(from, to, value);
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
