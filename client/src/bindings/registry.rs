//! Providers, their profiles and their scores.

use alloy::sol;

sol! {
    /// One identity a participant; scores from 0 to 10,000.
    #[sol(rpc)]
    #[derive(Debug)]
    interface ReputationRegistry {
        event ProviderRegistered(uint256 indexed providerId, address indexed owner);
        event ProfileUpdated(uint256 indexed providerId, string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri);
        event OutcomeRecorded(uint256 indexed providerId, uint256 value, bool success, uint256 score);
        event ScoreSet(uint256 indexed providerId, uint256 previousScore, uint256 score);
        event TaskManagerSet(address indexed previousTaskManager, address indexed taskManager);

        function initialize(address owner) external;
        function setTaskManager(address taskManager) external;
        function register(string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri) external returns (uint256 providerId);
        function updateProfile(string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri) external;
        function recordOutcome(uint256 providerId, uint256 value, bool success) external returns (uint256 score);
        function setScore(uint256 providerId, uint256 score) external;
        function ownerOf(uint256 providerId) external view returns (address);
        function providerOf(address account) external view returns (uint256);
        function scoreOf(uint256 providerId) external view returns (uint256);
        function standingOf(uint256 providerId) external view returns (address owner, uint256 score);
        function recordOf(uint256 providerId) external view returns (uint256 score, uint256 completed, uint256 failed, uint64 updatedAt);
        function profileDigestOf(uint256 providerId) external view returns (bytes32);
        function providerCount() external view returns (uint256);
        function taskManager() external view returns (address);
    }
}
