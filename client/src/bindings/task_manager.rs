//! The life of a task: bids, matching, delivery, acceptance, payment.

use alloy::sol;

sol! {
    /// The market's rules, as one versioned set.
    #[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    struct Parameters {
        uint16 feeBps;
        uint16 trustWeight;
        uint16 collateralBps;
        uint16 slashBps;
        uint96 bidBond;
        uint96 minClientStake;
        uint32 biddingWindow;
        uint32 reviewWindow;
        uint32 challengeWindow;
        uint32 arbitrationWindow;
        uint32 assignmentGrace;
        uint32 maxDuration;
        uint16 lateBidWindow;
        uint96 disputeBond;
        uint96 highValue;
    }

    /// What a client may ask beyond the defaults.
    #[derive(Debug, PartialEq, Eq, Default)]
    struct Terms {
        uint64 biddingWindow;
        uint16 minTrust;
        uint256 minCollateral;
        uint16 trustWeight;
        uint8 verifier;
        uint256 verifierFee;
        bytes32 verifierData;
        bytes32 allowList;
        uint8 bidding;
        uint256 startPrice;
        uint16 revealMinutes;
    }

    /// A bid that a provider's owner signs and the client hands in.
    #[derive(Debug, PartialEq, Eq)]
    struct SignedBid {
        uint256 taskId;
        uint256 providerId;
        uint256 price;
        uint64 expiry;
        uint256 nonce;
    }

    /// The market: what the task manager answers itself, and what it delegates to its extensions.
    #[sol(rpc)]
    #[derive(Debug)]
    interface TaskManager {
        /// A task as others see it.
        #[derive(PartialEq, Eq)]
        struct TaskView {
            address client;
            uint256 budget;
            uint8 status;
            uint16 version;
            uint64 duration;
            uint64 deadline;
            uint256 price;
            uint256 providerId;
            uint256 runnerUpId;
            uint16 minTrust;
            uint256 minCollateral;
            uint16 trustWeight;
            bool highValue;
        }

        /// A bid as others see it.
        #[derive(PartialEq, Eq)]
        struct BidView {
            uint256 price;
            bytes32 resultSeal;
        }

        /// What a verifier needs to know of a task.
        #[derive(PartialEq, Eq)]
        struct Verification {
            address verifier;
            uint8 status;
            address client;
            uint256 providerId;
            address provider;
            uint256 price;
            uint256 fee;
            bytes32 data;
            bytes32 seal;
            uint64 deadline;
        }

        /// A lease as others see it.
        #[derive(PartialEq, Eq)]
        struct LeaseView {
            address client;
            uint256 providerId;
            uint8 status;
            uint16 version;
            uint8 verifier;
            uint16 feeBps;
            uint256 rate;
            uint64 due;
            uint64 left;
            uint64 heartbeat;
            uint64 endsAt;
            uint256 collateral;
        }

        event ExtensionSet(address indexed extension, bytes selectors);
        event ParametersSet(uint16 indexed version, Parameters parameters);
        event SiblingsSet(address indexed escrow, address indexed vault, address indexed registry);
        event TaskSubmitted(uint256 indexed taskId, address indexed client, bytes32 indexed metadataDigest, uint256 budget, uint64 duration, uint64 biddingEnds, uint16 version, string metadata);
        event TermsSet(uint256 indexed taskId, address indexed payer, uint16 minTrust, uint256 minCollateral, uint16 trustWeight, uint8 verifier, uint256 verifierFee, bytes32 verifierData, bytes32 allowList, uint8 bidding, uint256 startPrice, uint16 revealMinutes);
        event TaskReopened(uint256 indexed taskId, uint256 indexed newTaskId);
        event BidCommitted(uint256 indexed taskId, uint256 indexed providerId, bytes32 commitment);
        event PricePublished(uint256 indexed providerId, uint256 pricePerSecond, uint64 maxDuration);
        event SignedBidsRevoked(uint256 indexed providerId, uint256 nonce);
        event VerifierPaid(uint256 indexed taskId, address indexed verifier, uint256 fee);
        event VerifierAdded(uint8 indexed number, address indexed verifier);
        event VerifierRetired(uint8 indexed number);
        event BidPlaced(uint256 indexed taskId, uint256 indexed providerId, uint256 price);
        event BiddingExtended(uint256 indexed taskId, uint64 biddingEnds);
        event BidWithdrawn(uint256 indexed taskId, uint256 indexed providerId);
        event ProviderAssigned(uint256 indexed taskId, uint256 indexed providerId, uint256 price, uint256 collateral, uint64 deadline);
        event ResultSubmitted(uint256 indexed taskId, uint256 indexed providerId, bytes32 resultSeal);
        event CompletionVerified(uint256 indexed taskId, uint256 indexed providerId, bytes32 resultHash);
        event ResultRejected(uint256 indexed taskId, uint256 indexed providerId, bytes32 resultHash);
        event DisputeOpened(uint256 indexed taskId, address indexed by);
        event DisputeBondHeld(uint256 indexed taskId, address indexed by, uint256 bond);
        event DisputeBondSettled(uint256 indexed taskId, uint256 bond, bool lost);
        event EvidenceSubmitted(uint256 indexed taskId, address indexed by, bytes32 digest, string uri);
        event DisputeResolved(uint256 indexed taskId, uint256 indexed providerId, uint256 payment, uint256 fee, uint256 slashed);
        event PaymentFinalized(uint256 indexed taskId, uint256 indexed providerId, uint256 payment, uint256 fee);
        event TaskCancelled(uint256 indexed taskId);
        event TaskExpired(uint256 indexed taskId);
        event TaskFailed(uint256 indexed taskId, uint256 indexed providerId, uint256 slashed);
        event CollateralDeposited(uint256 indexed providerId, address indexed owner, uint256 amount);
        event CollateralWithdrawn(uint256 indexed providerId, address indexed owner, uint256 amount);
        event ProviderRefreshed(uint256 indexed providerId, uint256 trust, uint256 collateral);
        event ProviderSlashed(uint256 indexed providerId, uint256 amount, address injured);

        event LeaseRented(uint256 indexed leaseId, address indexed client, uint256 indexed providerId, uint256 rate, uint64 duration, uint256 collateral, uint8 verifier, uint16 version, string metadata);
        event LeaseStarted(uint256 indexed leaseId);
        event LeaseCancelled(uint256 indexed leaseId);
        event LeaseHeartbeat(uint256 indexed leaseId);
        event LeaseSettled(uint256 indexed leaseId, uint64 duration, uint256 payment, uint256 fee);
        event LeaseToppedUp(uint256 indexed leaseId, uint64 duration);
        event LeaseShortened(uint256 indexed leaseId, uint64 duration);
        event NoticeGiven(uint256 indexed leaseId, address indexed by, uint64 endsAt);
        event LatencyReported(uint256 indexed leaseId, address indexed verifier, bool acceptable);
        event LeaseClosed(uint256 indexed leaseId, uint64 duration, uint256 payment, uint256 fee, uint256 slashed);

        function initialize(address owner) external;
        function setExtension(address extension, bytes selectors) external;
        function setSiblings(address escrow, address vault, address registry) external;
        function setParameters(Parameters parameters) external returns (uint16 version);

        function depositCollateral(uint256 providerId, uint256 amount) external;
        function withdrawCollateral(uint256 providerId, uint256 amount) external;
        function refreshProvider(uint256 providerId) external;
        function slashProvider(uint256 providerId, uint256 amount, address injured) external;

        function submitTask(string taskMetadata, uint256 budget, uint64 duration) external returns (uint256 taskId);
        function submitTaskWithTerms(string taskMetadata, uint256 budget, uint64 duration, Terms terms) external returns (uint256 taskId);
        function placeBid(uint256 taskId, uint256 providerId, uint256 price) external;
        function submitTaskFor(address client, string taskMetadata, uint256 budget, uint64 duration, Terms terms) external returns (uint256 taskId);
        function reopenTask(uint256 taskId, string taskMetadata, uint64 duration, Terms terms) external returns (uint256 newTaskId);
        function multicall(bytes[] calls) external returns (bytes[] results);
        function publishPrice(uint256 providerId, uint256 pricePerSecond, uint64 maxDuration) external;
        function priceOf(uint256 providerId) external view returns (uint256 pricePerSecond, uint64 maxDuration);
        function hire(string taskMetadata, uint256 providerId, uint64 duration, uint256 maxPrice, Terms terms) external returns (uint256 taskId);
        function placeListedBid(uint256 taskId, uint256 providerId, uint256 price, bytes32[] proof) external;
        function commitBid(uint256 taskId, uint256 providerId, bytes32 commitment, bytes32[] proof) external;
        function revealBid(uint256 taskId, uint256 providerId, uint256 price, bytes32 salt) external;
        function takeTask(uint256 taskId, uint256 providerId, bytes32[] proof) external;
        function assignSignedBid(SignedBid bid, bytes signature) external;
        function revokeSignedBids(uint256 providerId) external;
        function bidNonceOf(uint256 providerId) external view returns (uint256);
        function signedBidDigest(SignedBid bid) external view returns (bytes32);
        function addVerifier(address verifier) external returns (uint8 number);
        function retireVerifier(uint8 number) external;
        function verifierAt(uint8 number) external view returns (address verifier, bool approved);
        function verificationOf(uint256 taskId) external view returns (Verification);
        function withdrawBid(uint256 taskId, uint256 providerId) external;
        function assignProvider(uint256 taskId, uint256 providerId) external;
        function submitResult(uint256 taskId, bytes32 resultSeal) external;
        function verifyCompletion(uint256 taskId, bytes32 resultHash) external;
        function finalizePayment(uint256 taskId) external;
        function cancelTask(uint256 taskId) external;
        function expireTask(uint256 taskId) external;
        function failTask(uint256 taskId) external;
        function openDispute(uint256 taskId) external;
        function submitEvidence(uint256 taskId, bytes32 digest, string uri) external;
        function resolveByDefault(uint256 taskId) external;
        function recordOutcomes(uint256[] taskIds) external returns (uint256 recorded);
        function resolveDispute(uint256 taskId, uint16 providerBps, uint256 slashAmount) external;

        function rent(string metadata, uint256 providerId, uint256 maxRate, uint64 duration, uint8 verifier) external returns (uint256 leaseId);
        function startLease(uint256 leaseId) external;
        function cancelLease(uint256 leaseId) external;
        function heartbeat(uint256 leaseId) external;
        function settleLease(uint256 leaseId) external returns (uint256 payment);
        function settleLeases(uint256[] leaseIds) external;
        function topUpLease(uint256 leaseId, uint64 duration) external;
        function shortenLease(uint256 leaseId, uint64 duration) external;
        function giveNotice(uint256 leaseId) external;
        function reportLatency(uint256 leaseId, bool acceptable) external;
        function closeLease(uint256 leaseId) external;
        function leaseOf(uint256 leaseId) external view returns (LeaseView);
        function leaseCount() external view returns (uint256);

        function taskOf(uint256 taskId) external view returns (TaskView);
        function bidOf(uint256 taskId, uint256 providerId) external view returns (BidView);
        function cardOf(uint256 providerId) external view returns (address owner, uint256 trust, uint256 collateral);
        function taskCount() external view returns (uint256);
        function parameters(uint16 version) external view returns (Parameters);
        function extensionOf(bytes4 selector) external view returns (address);
        function siblings() external view returns (address escrow, address vault, address registry);
        function currentVersion() external view returns (uint16);
        function sealOf(uint256 taskId, uint256 providerId, bytes32 resultHash) external pure returns (bytes32);
    }
}
