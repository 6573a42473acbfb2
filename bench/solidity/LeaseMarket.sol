// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SafeTransfer} from "./SafeTransfer.sol";
import {Upgradeable} from "./Upgradeable.sol";

/// Machines rented by the second, in the style of Marlin's Oyster market: a client deposits, the deposit is paid out to the provider at a
/// rate, and what the client wants to change it has to announce.
///
/// A rate is in wei a second times 10^12. A lower or higher rate, and the end of the lease (a rate of zero), come after a notice;
/// withdrawals leave what the notice costs. Nobody bids, stakes or is scored, and there is no fee.
contract LeaseMarket is Upgradeable {
    using SafeTransfer for address;

    /// Three slots and the metadata: client and times; provider and balance; the rates.
    struct Lease {
        address client;
        uint40 settledAt;
        uint40 revisableAt;
        address provider;
        uint96 balance;
        uint128 rate;
        uint128 newRate;
        string metadata;
    }

    event LeaseOpened(
        uint256 indexed leaseId,
        address indexed client,
        address indexed provider,
        uint256 rate,
        uint256 balance,
        string metadata
    );
    event LeaseSettled(uint256 indexed leaseId, uint256 amount, uint256 settledAt);
    event LeaseDeposited(uint256 indexed leaseId, address indexed from, uint256 amount);
    event LeaseWithdrew(uint256 indexed leaseId, uint256 amount);
    event RevisionAnnounced(uint256 indexed leaseId, uint256 newRate, uint256 revisableAt);
    event RevisionCancelled(uint256 indexed leaseId);
    event RateRevised(uint256 indexed leaseId, uint256 rate);
    event LeaseClosed(uint256 indexed leaseId, uint256 refund);

    error UnknownLease(uint256 leaseId);
    error NotClient(uint256 leaseId, address caller);
    error InvalidProvider(address provider);
    error InvalidRate(uint256 rate);
    error NoAmount();
    error AmountTooLarge(uint256 amount, uint256 largest);
    error NoticeNotCovered(uint256 leaseId, uint256 left, uint256 needed);
    error NoRevision(uint256 leaseId);
    error RevisionPending(uint256 leaseId, uint256 revisableAt);
    error NoticeNotOver(uint256 leaseId, uint256 revisableAt);
    error NoticeIsOfARate(uint256 leaseId, uint256 newRate);

    uint256 private constant _PRECISION = 1e12;

    address public token;
    uint64 public notice;
    uint256 public leaseCount;
    mapping(uint256 leaseId => Lease) private _leases;

    /// `notice_` is in seconds.
    function initialize(address owner_, address token_, uint64 notice_) external {
        _initialize(owner_);
        (token, notice) = (token_, notice_);
    }

    /// Opens a lease of the caller's; the deposit covers the notice at least.
    function open(string calldata metadata, address provider, uint256 rate, uint256 deposit_)
        external
        nonReentrant
        returns (uint256 leaseId)
    {
        if (provider == address(0) || provider == msg.sender) revert InvalidProvider(provider);
        if (rate == 0 || rate > type(uint128).max) revert InvalidRate(rate);
        if (deposit_ > type(uint96).max) revert AmountTooLarge(deposit_, type(uint96).max);
        unchecked {
            leaseId = ++leaseCount;
        }
        _covered(leaseId, deposit_, rate);
        Lease storage lease = _leases[leaseId];
        lease.client = msg.sender;
        lease.settledAt = uint40(block.timestamp);
        lease.provider = provider;
        lease.balance = uint96(deposit_);
        lease.rate = uint128(rate);
        lease.metadata = metadata;
        emit LeaseOpened(leaseId, msg.sender, provider, rate, deposit_, metadata);
        token.collect(msg.sender, deposit_);
    }

    /// Pays the provider for the time since the last settlement; anybody may.
    function settle(uint256 leaseId) external nonReentrant {
        Lease storage lease = _existing(leaseId);
        (uint256 amount,) = _settle(leaseId, lease);
        _pay(lease.provider, amount);
    }

    /// Adds to the deposit; anybody may.
    function deposit(uint256 leaseId, uint256 amount) external nonReentrant {
        Lease storage lease = _existing(leaseId);
        if (amount == 0) revert NoAmount();
        uint256 balance = lease.balance + amount;
        if (balance > type(uint96).max) revert AmountTooLarge(amount, type(uint96).max - lease.balance);
        lease.balance = uint96(balance);
        emit LeaseDeposited(leaseId, msg.sender, amount);
        token.collect(msg.sender, amount);
    }

    /// Settles, and takes from the deposit what the notice does not need. The client only.
    function withdraw(uint256 leaseId, uint256 amount) external nonReentrant {
        Lease storage lease = _ofCaller(leaseId);
        if (amount == 0) revert NoAmount();
        (uint256 owed, uint256 left) = _settle(leaseId, lease);
        if (amount > left) revert AmountTooLarge(amount, left);
        left -= amount;
        _covered(leaseId, left, lease.rate);
        lease.balance = uint96(left);
        emit LeaseWithdrew(leaseId, amount);
        _pay(lease.provider, owed);
        _pay(msg.sender, amount);
    }

    /// Announces another rate, or with zero the end. The client only.
    function announceRate(uint256 leaseId, uint256 newRate) external {
        Lease storage lease = _ofCaller(leaseId);
        if (newRate > type(uint128).max || newRate == lease.rate) revert InvalidRate(newRate);
        if (lease.revisableAt != 0) revert RevisionPending(leaseId, lease.revisableAt);
        uint256 revisableAt = block.timestamp + notice;
        lease.revisableAt = uint40(revisableAt);
        lease.newRate = uint128(newRate);
        emit RevisionAnnounced(leaseId, newRate, revisableAt);
    }

    /// Takes the announcement back. The client only.
    function cancelAnnouncement(uint256 leaseId) external {
        Lease storage lease = _ofCaller(leaseId);
        if (lease.revisableAt == 0) revert NoRevision(leaseId);
        (lease.revisableAt, lease.newRate) = (0, 0);
        emit RevisionCancelled(leaseId);
    }

    /// Settles at the old rate and begins the announced one, once the notice is over. The client only.
    function reviseRate(uint256 leaseId) external nonReentrant {
        Lease storage lease = _ofCaller(leaseId);
        _noticeOver(leaseId, lease);
        uint128 rate = lease.newRate;
        if (rate == 0) revert InvalidRate(rate);
        (uint256 owed,) = _settle(leaseId, lease);
        lease.revisableAt = 0;
        (lease.rate, lease.newRate) = (rate, 0);
        emit RateRevised(leaseId, rate);
        _pay(lease.provider, owed);
    }

    /// Settles, gives the rest back and ends the lease, once the announcement of its end is over. The client only.
    function close(uint256 leaseId) external nonReentrant {
        Lease storage lease = _ofCaller(leaseId);
        _noticeOver(leaseId, lease);
        if (lease.newRate != 0) revert NoticeIsOfARate(leaseId, lease.newRate);
        (uint256 owed, uint256 left) = _settle(leaseId, lease);
        address provider = lease.provider;
        delete _leases[leaseId];
        emit LeaseClosed(leaseId, left);
        _pay(provider, owed);
        _pay(msg.sender, left);
    }

    function getLease(uint256 leaseId) external view returns (Lease memory) {
        return _existing(leaseId);
    }

    /// Books what the provider is owed since the last settlement, at most what there is.
    function _settle(uint256 leaseId, Lease storage lease) private returns (uint256 owed, uint256 left) {
        left = lease.balance;
        owed = uint256(lease.rate) * (block.timestamp - lease.settledAt) / _PRECISION;
        if (owed > left) owed = left;
        unchecked {
            left -= owed;
        }
        lease.balance = uint96(left);
        lease.settledAt = uint40(block.timestamp);
        emit LeaseSettled(leaseId, owed, block.timestamp);
    }

    function _pay(address to, uint256 amount) private {
        if (amount > 0) token.pay(to, amount);
    }

    function _covered(uint256 leaseId, uint256 left, uint256 rate) private view {
        uint256 needed = (rate * notice + _PRECISION - 1) / _PRECISION;
        if (left < needed) revert NoticeNotCovered(leaseId, left, needed);
    }

    function _noticeOver(uint256 leaseId, Lease storage lease) private view {
        uint256 revisableAt = lease.revisableAt;
        if (revisableAt == 0) revert NoRevision(leaseId);
        if (block.timestamp < revisableAt) revert NoticeNotOver(leaseId, revisableAt);
    }

    function _existing(uint256 leaseId) private view returns (Lease storage lease) {
        lease = _leases[leaseId];
        if (lease.client == address(0)) revert UnknownLease(leaseId);
    }

    function _ofCaller(uint256 leaseId) private view returns (Lease storage lease) {
        lease = _existing(leaseId);
        if (lease.client != msg.sender) revert NotClient(leaseId, msg.sender);
    }
}
