//! Every typed error a call can end with, whichever contract throws it.

use alloy::sol;

sol! {
    /// The errors of all contracts and of ArbOS' program precompiles.
    #[derive(Debug, PartialEq, Eq)]
    interface Contracts {
        // What contracts share.
        error OwnableUnauthorizedAccount(address account);
        error OwnableInvalidOwner(address owner);
        error InvalidInitialization();
        error UUPSUnauthorizedCallContext();
        error UUPSUnsupportedProxiableUUID(bytes32 slot);
        error UnsupportedStorageLayout(bytes32 layout);
        error ERC1967InvalidImplementation(address implementation);
        error ERC1967NonPayable();
        error ERC1967ProxyUninitialized();
        error FailedCall();
        error PausableUnauthorizedAccount(address account);
        error EnforcedPause(uint64 until);
        error PauseOutOfRange(uint64 until, uint64 earliest, uint64 latest);
        error GuardianMustWait(uint64 until);
        error UnexpectedAnswer();
        error AmountTooLarge(uint256 amount, uint256 maximum);
        error ZeroAmount();
        error ZeroAddress();
        error TokenCallFailed(address token);
        error TokenTookFee(address token, uint256 sent, uint256 received);

        // The token.
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InvalidSender(address sender);
        error ERC20InvalidReceiver(address receiver);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
        error ERC20InvalidApprover(address approver);
        error ERC20InvalidSpender(address spender);
        error ERC20ExceededSafeSupply(uint256 increasedSupply, uint256 cap);
        error ERC2612ExpiredSignature(uint256 deadline);
        error ERC2612InvalidSigner(address signer, address owner);
        error VotesExpiredSignature(uint256 expiry);
        error InvalidAccountNonce(address account, uint256 currentNonce);
        error ECDSAInvalidSignature();
        error ECDSAInvalidSignatureS(bytes32 s);
        error ECDSAInvalidSignatureLength(uint256 length);
        error NotInitializing();
        error AddressEmptyCode(address target);
        error ERC5805FutureLookup(uint256 timepoint, uint48 clock);
        error CheckpointUnorderedInsertion();
        error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
        error UnknownClockMode(uint8 clockMode);

        // The governor.
        error GovernorAlreadyCastVote(address voter);
        error GovernorAlreadyQueuedProposal(uint256 proposalId);
        error GovernorDisabledDeposit();
        error GovernorInsufficientProposerVotes(address proposer, uint256 votes, uint256 threshold);
        error GovernorInvalidProposalLength(uint256 targets, uint256 calldatas, uint256 values);
        error GovernorInvalidSignature(address voter);
        error GovernorInvalidVoteParams();
        error GovernorInvalidVoteType();
        error GovernorInvalidVotingPeriod(uint256 votingPeriod);
        error GovernorNonexistentProposal(uint256 proposalId);
        error GovernorOnlyExecutor(address account);
        error GovernorProposalQueueingFailed(uint256 proposalId);
        error GovernorProposalQueueingNotRequired(uint256 proposalId);
        error GovernorRestrictedProposer(address proposer);
        error GovernorUnableToCancel(uint256 proposalId, address account);
        error GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates);
        error GovernorInvalidQuorumFraction(uint256 quorumNumerator, uint256 quorumDenominator);
        error GovernorPreventLateQuorumVoteExtensionTooLarge(uint256 newVoteExtension, uint256 maxVoteExtension);
        error ERC6372InconsistentClock();
        error InvalidShortString();
        error StringTooLong(string str);
        error BallotLengthMismatch();

        // The timelock.
        error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
        error AccessControlBadConfirmation();
        error TimelockInvalidOperationLength(uint256 targets, uint256 payloads, uint256 values);
        error TimelockInsufficientDelay(uint256 delay, uint256 minDelay);
        error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates);
        error TimelockUnexecutedPredecessor(bytes32 predecessorId);
        error TimelockUnauthorizedCaller(address caller);

        // The task manager.
        error UnknownTask(uint256 taskId);
        error UnknownProvider(uint256 providerId);
        error WrongStatus(uint256 taskId, uint8 status);
        error NotClient(uint256 taskId, address caller);
        error NotProvider(uint256 providerId, address caller);
        error TooEarly(uint256 taskId, uint64 from);
        error TooLate(uint256 taskId, uint64 until);
        error PriceAboveBudget(uint256 price, uint256 budget);
        error PriceRaised(uint256 price, uint256 standing);
        error TrustTooLow(uint256 trust, uint256 required);
        error CollateralTooLow(uint256 free, uint256 required);
        error CollateralTooHigh(uint256 amount, uint256 maximum);
        error NoBid(uint256 taskId, uint256 providerId);
        error BidWon(uint256 taskId, uint256 providerId);
        error NoEligibleBid(uint256 taskId);
        error NotBestFit(uint256 providerId, uint256 bestProviderId);
        error SelfDealing(address account);
        error ClientStakeTooLow(uint256 stake, uint256 required);
        error SlashAboveCollateral(uint256 slash, uint256 collateral);
        error OutOfRange(uint8 field, uint256 value, uint256 minimum, uint256 maximum);
        error SiblingsNotSet();
        error ParametersNotSet();
        error UnknownSelector(bytes4 selector);
        error InvalidExtension(address extension);
        error NotParty(uint256 taskId, address caller);
        error NotVerifier(uint256 taskId, address caller, address verifier);
        error UnknownVerifier(uint8 verifier);
        error TooManyVerifiers();
        error OtherBidding(uint256 taskId, uint8 bidding);
        error NotListed(uint256 taskId, uint256 providerId);
        error WrongOpening(uint256 taskId, uint256 providerId);
        error InvalidSignature(address signer);
        error BidExpired(uint64 expiry);
        error BidRevoked(uint256 providerId, uint256 nonce, uint256 current);
        error NotForHire(uint256 providerId, uint64 duration, uint64 maxDuration);
        error TooManyVersions();
        error UnknownLease(uint256 leaseId);
        error WrongLeaseStatus(uint256 leaseId, uint8 status);
        error NotLeaseParty(uint256 leaseId, address caller);
        error LeaseTooEarly(uint256 leaseId, uint64 from);
        error LeaseTooLate(uint256 leaseId, uint64 until);
        error RateAboveMaximum(uint256 rate, uint256 maximum);

        // Escrow, vault and registry.
        error NotTaskManager(address caller);
        error InsufficientBalance(address account, uint256 available, uint256 requested);
        error LockTooLow(address payer, uint256 locked, uint256 amount);
        error SettlementExceedsLock(uint256 taskId, uint256 amount, uint256 payment, uint256 fee);
        error NotSlasher(address caller);
        error InsufficientFreeStake(address account, uint256 available, uint256 requested);
        error InsufficientUnbonding(address account, uint256 available, uint256 requested);
        error NothingUnbonding(address account);
        error StillUnbonding(address account, uint64 maturesAt);
        error NoCompensation(address account);
        error InvalidSlashSplit(uint16 injuredBps, uint16 treasuryBps, uint16 maxInjuredBps, uint16 maxTreasuryBps);
        error InvalidUnbondingPeriod(uint64 period, uint64 minimum, uint64 maximum);
        error NotTaskManager(address account, address taskManager);
        error AlreadyRegistered(address account, uint256 providerId);
        error NotRegistered(address account);
        error RegistryFull(uint256 maximum);
        error ZeroGpuCount();
        error TextLengthOutOfRange(string field, uint256 length, uint256 minimum, uint256 maximum);
        error ScoreOutOfRange(uint256 score, uint256 maximum);
        error AlreadyRecorded(uint256 taskId);
        error UnknownOutcome(uint256 taskId);
        error AlreadyRated(uint256 taskId);
        error FeedbackOutOfRange(int128 value, uint8 valueDecimals);
        error TagsNotSummed();
        error NothingMoved(uint256 taskId);
        error AlreadyContested(uint256 taskId);
        error NotContested(uint256 taskId);
        error ContestTermsNotSet();
        error BondOutOfRange(uint256 bond, uint256 minimum, uint256 maximum);
        error TokenIsFixed(address token);

        // The watchdog.
        error NotGuardian(address caller, address guardian);
        error NotWatched(address account);
        error DurationOutOfRange(uint64 duration, uint64 minimum, uint64 maximum);
        error TooManyTargets(uint256 count, uint256 maximum);
        error NothingPaused();
        error TooLittleGas(uint256 left, uint256 required);
        error CodeDiffers(address account, bytes32 present, bytes32 required);
        error RefundFailed(address to, uint256 amount);

        // Replicated execution.
        error OtherVerifier(uint256 taskId, address verifier);
        error InvalidPlan(uint256 taskId, bytes32 verifierData);
        error InsufficientPurse(address account, uint256 available, uint256 requested);
        error AlreadyEnrolled(uint256 taskId, address account);
        error NotEnrolled(uint256 taskId, address account);
        error WrongSecret(uint256 taskId);
        error DeadlineTooNear(uint256 taskId, uint64 deadline, uint64 needed);
        error WrongStage(uint256 taskId, uint8 stage);
        error NoSeat(uint256 taskId, bytes32 ticket, bytes32 highest);
        error AlreadySeated(uint256 taskId, address account);
        error NotSeated(uint256 taskId, address account);
        error AlreadyCommitted(uint256 id, address account);
        error NothingToReveal(uint256 id, address account);
        error WrongReveal(uint256 id, address account);
        error ZeroResult();
        // The verification committee.
        error NotAllowed(address account, uint8 standing, uint256 bond);
        error NothingToWithdraw(address account, uint64 maturesAt);
        error OutOfRange(uint256 field, uint256 value, uint256 minimum, uint256 maximum);
        error UnknownFunction();
        error NotAwaited(uint256 taskId, address verifier, uint8 status);
        error EmptyResult(uint256 taskId);
        error WrongPhase(uint256 taskId, uint8 phase);
        error AlreadyRequested(uint256 taskId, uint256 beacon);
        error BeaconFailed(uint256 beacon);
        error BeaconFull(uint256 beacon);
        error NotDrawn(uint256 taskId, address node);
        error NoQuorum(uint256 taskId, uint8 committed, uint8 needed);
        error NotPlanter(address caller);
        error AlreadyPlanted(bytes32 commitment);
        error UnknownPlant(bytes32 commitment);
        error PlantedTooLate(uint256 taskId, uint64 plantedAt, uint64 latest);

        // ArbOS.
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}
