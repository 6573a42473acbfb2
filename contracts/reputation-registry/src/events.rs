//! What the registry tells the world, beside what every proxied contract does. Scores are `0..=10_000`.
//!
//! Every score, every count and every sum follows from these events and the rules of [`ogpu_rules::score`].

use alloy_sol_types::sol;

sol! {
    /// An account became a provider. Its score is 5,000.
    #[derive(Debug, PartialEq, Eq)]
    event ProviderRegistered(uint256 indexed providerId, address indexed owner);

    /// A provider's profile is this from now on: the model of its GPUs (1 to 64 bytes, such as `H100 SXM 80GB`), how many it has,
    /// where they are (up to 32 bytes), where to reach the provider and where its prices are (up to 256 bytes each).
    #[derive(Debug, PartialEq, Eq)]
    event ProfileUpdated(
        uint256 indexed providerId,
        string gpuModel,
        uint32 gpuCount,
        string region,
        string endpoint,
        string priceListUri
    );

    /// A task of `value` wei ended at `settledAt` (seconds since 1970) with this share of the price for the provider, in basis points.
    /// Of what it weighs, `weight` counted, and the provider's score is `score` now.
    #[derive(Debug, PartialEq, Eq)]
    event OutcomeRecorded(
        uint256 indexed taskId,
        uint256 indexed providerId,
        address indexed client,
        uint256 value,
        uint16 providerBps,
        uint64 settledAt,
        uint16 weight,
        uint256 score
    );

    /// The owner changed a score in arbitration.
    #[derive(Debug, PartialEq, Eq)]
    event ScoreSet(uint256 indexed providerId, uint256 previousScore, uint256 score);

    /// ERC-8004: a client gave feedback on a provider, its `feedbackIndex`th on this one, counted from 1. `endpoint` is empty.
    #[derive(Debug, PartialEq, Eq)]
    event NewFeedback(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        int128 value,
        uint8 valueDecimals,
        string indexed indexedTag1,
        string tag1,
        string tag2,
        string endpoint,
        string feedbackURI,
        bytes32 feedbackHash
    );

    /// Which task the feedback was for that the client gave just now.
    #[derive(Debug, PartialEq, Eq)]
    event TaskRated(
        uint256 indexed taskId,
        uint256 indexed providerId,
        address indexed client,
        uint64 feedbackIndex
    );

    /// The client or the provider's owner put a bond, in wei, against what the outcome of a task has moved.
    #[derive(Debug, PartialEq, Eq)]
    event ChangeContested(uint256 indexed taskId, address indexed contestant, uint256 bond);

    /// A contest is closed. If the change was `reversed`, what was left of it is undone. The bond went back to the contestant if
    /// `returned`, and is burnt if not. The provider's score is `score` now.
    #[derive(Debug, PartialEq, Eq)]
    event ContestClosed(
        uint256 indexed taskId,
        address indexed contestant,
        bool reversed,
        bool returned,
        uint256 score
    );

    /// A contest costs this bond from now on, in wei of this token.
    #[derive(Debug, PartialEq, Eq)]
    event ContestTermsSet(address indexed token, uint256 bond);

    /// The contract that may record outcomes changed.
    #[derive(Debug, PartialEq, Eq)]
    event TaskManagerSet(address indexed previousTaskManager, address indexed taskManager);
}
