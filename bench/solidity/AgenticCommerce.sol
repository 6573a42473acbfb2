// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {SafeTransfer} from "./SafeTransfer.sol";
import {Upgradeable} from "./Upgradeable.sol";

/// A job escrow as ERC-8183 describes it: a client funds a job, a provider submits work, and one evaluator completes or rejects it.
///
/// Included: the provider chosen later, a token a job from an allow-list, a platform fee, the hour of grace for the evaluator, refunds that
/// anybody can trigger. Left out, each of them optional there: hooks, payout receivers, agent ids, evaluator fees, claims on parts of a budget.
contract AgenticCommerce is Upgradeable {
    using SafeTransfer for address;

    enum Status {
        Open,
        Funded,
        Submitted,
        Completed,
        Rejected,
        Expired
    }

    /// Three slots and the description: client, times and status; provider and budget; evaluator; token.
    struct Job {
        address client;
        uint40 expiredAt;
        uint40 submittedAt;
        Status status;
        address provider;
        uint96 budget;
        address evaluator;
        address paymentToken;
        string description;
    }

    event FeeSet(address indexed treasury, uint256 feeBps);
    event TokenAllowed(address indexed token, bool allowed);
    event JobCreated(
        uint256 indexed jobId,
        address indexed client,
        address indexed provider,
        address evaluator,
        uint256 expiredAt,
        string description
    );
    event ProviderSet(uint256 indexed jobId, address indexed provider);
    event BudgetSet(uint256 indexed jobId, address indexed token, uint256 amount);
    event JobFunded(uint256 indexed jobId, address indexed client, uint256 amount);
    event JobSubmitted(uint256 indexed jobId, address indexed provider, bytes32 deliverable);
    event JobCompleted(uint256 indexed jobId, address indexed evaluator, bytes32 reason);
    event PaymentReleased(uint256 indexed jobId, address indexed provider, uint256 payment, uint256 fee);
    event JobRejected(uint256 indexed jobId, address indexed rejector, bytes32 reason);
    event JobExpired(uint256 indexed jobId);
    event Refunded(uint256 indexed jobId, address indexed client, uint256 amount);

    error UnknownJob(uint256 jobId);
    error WrongStatus(uint256 jobId, Status status);
    error NotAllowed(uint256 jobId, address caller);
    error Expired(uint256 jobId, uint256 expiredAt);
    error NotExpired(uint256 jobId, uint256 refundableAt);
    error ExpiryTooSoon(uint256 expiredAt, uint256 earliest);
    error ExpiryTooLate(uint256 expiredAt, uint256 latest);
    error InvalidProvider(address provider);
    error InvalidEvaluator(address evaluator);
    error ProviderMissing(uint256 jobId);
    error PaymentTokenNotAllowed(address token);
    error BudgetTooLarge(uint256 amount, uint256 largest);
    error UnexpectedTerms(uint256 jobId, address token, uint256 budget);
    error FeeTooLarge(uint256 feeBps);

    uint256 public constant EVALUATION_GRACE_PERIOD = 1 hours;
    uint256 private constant _SHORTEST = 5 minutes;

    address public treasury;
    uint16 public feeBps;
    uint256 public jobCount;
    mapping(address token => bool) public isAllowed;
    mapping(uint256 jobId => Job) private _jobs;

    function initialize(address owner_, address treasury_, uint256 feeBps_) external {
        _initialize(owner_);
        _setFee(treasury_, feeBps_);
    }

    /// Owner only.
    function setFee(address treasury_, uint256 feeBps_) external onlyOwner {
        _setFee(treasury_, feeBps_);
    }

    /// Owner only. Tokens that take a fee, rebase or call back do not belong on the list.
    function allowToken(address token, bool allowed) external onlyOwner {
        isAllowed[token] = allowed;
        emit TokenAllowed(token, allowed);
    }

    /// Creates a job of the caller's. `provider` may be zero and chosen later; `expiredAt` is in seconds since 1970.
    function createJob(address provider, address evaluator, uint256 expiredAt, string calldata description)
        external
        returns (uint256 jobId)
    {
        if (evaluator == address(0) || evaluator == provider) revert InvalidEvaluator(evaluator);
        if (provider == msg.sender) revert InvalidProvider(provider);
        uint256 earliest = block.timestamp + _SHORTEST;
        if (expiredAt < earliest) revert ExpiryTooSoon(expiredAt, earliest);
        if (expiredAt > type(uint40).max) revert ExpiryTooLate(expiredAt, type(uint40).max);
        unchecked {
            jobId = ++jobCount;
        }
        Job storage job = _jobs[jobId];
        job.client = msg.sender;
        job.expiredAt = uint40(expiredAt);
        if (provider != address(0)) job.provider = provider;
        job.evaluator = evaluator;
        job.description = description;
        emit JobCreated(jobId, msg.sender, provider, evaluator, expiredAt, description);
    }

    /// The client chooses the provider, once.
    function setProvider(uint256 jobId, address provider) external {
        Job storage job = _open(jobId);
        if (msg.sender != job.client) revert NotAllowed(jobId, msg.sender);
        if (job.provider != address(0) || provider == address(0) || provider == msg.sender || provider == job.evaluator) {
            revert InvalidProvider(provider);
        }
        job.provider = provider;
        emit ProviderSet(jobId, provider);
    }

    /// The provider names its price.
    function setBudget(uint256 jobId, address token, uint256 amount) external {
        Job storage job = _open(jobId);
        if (msg.sender != job.provider) revert NotAllowed(jobId, msg.sender);
        if (!isAllowed[token]) revert PaymentTokenNotAllowed(token);
        if (amount > type(uint96).max) revert BudgetTooLarge(amount, type(uint96).max);
        job.budget = uint96(amount);
        job.paymentToken = token;
        emit BudgetSet(jobId, token, amount);
    }

    /// The client agrees to the terms and pays them in.
    function fund(uint256 jobId, address expectedToken, uint256 expectedBudget) external nonReentrant {
        Job storage job = _open(jobId);
        if (msg.sender != job.client) revert NotAllowed(jobId, msg.sender);
        (address provider, uint256 budget, address token) = (job.provider, job.budget, job.paymentToken);
        if (provider == address(0)) revert ProviderMissing(jobId);
        if (token != expectedToken || budget != expectedBudget) revert UnexpectedTerms(jobId, token, budget);
        job.status = Status.Funded;
        if (budget > 0) token.collect(msg.sender, budget);
        emit JobFunded(jobId, msg.sender, budget);
    }

    /// The provider delivers, before the job expires; a job without a budget needs no funding.
    function submit(uint256 jobId, bytes32 deliverable) external {
        Job storage job = _jobs[jobId];
        if (msg.sender != job.provider) revert NotAllowed(jobId, msg.sender);
        Status status = job.status;
        if (status != Status.Funded && (status != Status.Open || job.budget > 0)) revert WrongStatus(jobId, status);
        if (block.timestamp >= job.expiredAt) revert Expired(jobId, job.expiredAt);
        job.status = Status.Submitted;
        job.submittedAt = uint40(block.timestamp);
        emit JobSubmitted(jobId, msg.sender, deliverable);
    }

    /// The evaluator accepts what was submitted: the provider is paid, and the treasury its fee.
    function complete(uint256 jobId, bytes32 reason) external nonReentrant {
        Job storage job = _jobs[jobId];
        if (msg.sender != job.evaluator) revert NotAllowed(jobId, msg.sender);
        if (job.status != Status.Submitted) revert WrongStatus(jobId, job.status);
        job.status = Status.Completed;
        emit JobCompleted(jobId, msg.sender, reason);
        (address provider, uint256 budget) = (job.provider, job.budget);
        if (budget == 0) return;
        uint256 fee = budget * feeBps / 10_000;
        address token = job.paymentToken;
        if (fee > 0) token.pay(treasury, fee);
        token.pay(provider, budget - fee);
        emit PaymentReleased(jobId, provider, budget - fee, fee);
    }

    /// Ends a job without payment: the client or the provider while it is open, the evaluator afterwards.
    function reject(uint256 jobId, bytes32 reason) external nonReentrant {
        Job storage job = _existing(jobId);
        Status status = job.status;
        bool allowed;
        if (status == Status.Open) allowed = msg.sender == job.client || msg.sender == job.provider;
        else if (status == Status.Funded || status == Status.Submitted) allowed = msg.sender == job.evaluator;
        else revert WrongStatus(jobId, status);
        if (!allowed) revert NotAllowed(jobId, msg.sender);
        job.status = Status.Rejected;
        emit JobRejected(jobId, msg.sender, reason);
        _refund(jobId, job, status);
    }

    /// Ends an expired job; anybody may. The evaluator has an hour more for what was submitted.
    function claimRefund(uint256 jobId) external nonReentrant {
        Job storage job = _existing(jobId);
        Status status = job.status;
        if (status > Status.Submitted) revert WrongStatus(jobId, status);
        uint256 refundableAt = job.expiredAt;
        if (status == Status.Submitted) refundableAt += EVALUATION_GRACE_PERIOD;
        if (block.timestamp < refundableAt) revert NotExpired(jobId, refundableAt);
        job.status = Status.Expired;
        emit JobExpired(jobId);
        _refund(jobId, job, status);
    }

    function getJob(uint256 jobId) external view returns (Job memory) {
        return _existing(jobId);
    }

    /// Gives the budget back if it was paid in: a price that an open job names is nobody's money yet.
    function _refund(uint256 jobId, Job storage job, Status before) private {
        uint256 budget = job.budget;
        if (before == Status.Open || budget == 0) return;
        address client = job.client;
        job.paymentToken.pay(client, budget);
        emit Refunded(jobId, client, budget);
    }

    function _setFee(address treasury_, uint256 feeBps_) private {
        if (feeBps_ > 10_000 || (feeBps_ > 0 && treasury_ == address(0))) revert FeeTooLarge(feeBps_);
        (treasury, feeBps) = (treasury_, uint16(feeBps_));
        emit FeeSet(treasury_, feeBps_);
    }

    function _existing(uint256 jobId) private view returns (Job storage job) {
        job = _jobs[jobId];
        if (job.client == address(0)) revert UnknownJob(jobId);
    }

    /// A job that is open and has not expired.
    function _open(uint256 jobId) private view returns (Job storage job) {
        job = _existing(jobId);
        if (job.status != Status.Open) revert WrongStatus(jobId, job.status);
        if (block.timestamp >= job.expiredAt) revert Expired(jobId, job.expiredAt);
    }
}
