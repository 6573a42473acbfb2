//! What the registry tells the world, beside what every proxied contract does. Scores are `0..=10_000`.

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

    /// A task of `value` wei was settled, well (`success`) or not, and the provider's score is `score` now.
    #[derive(Debug, PartialEq, Eq)]
    event OutcomeRecorded(uint256 indexed providerId, uint256 value, bool success, uint256 score);

    /// The owner changed a score in arbitration.
    #[derive(Debug, PartialEq, Eq)]
    event ScoreSet(uint256 indexed providerId, uint256 previousScore, uint256 score);

    /// The contract that may record outcomes changed.
    #[derive(Debug, PartialEq, Eq)]
    event TaskManagerSet(address indexed previousTaskManager, address indexed taskManager);
}
