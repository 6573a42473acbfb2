//! Providers, their profiles and their scores.

use alloy::sol;

sol! {
    /// One identity a participant; scores from 0 to 10,000.
    #[sol(rpc)]
    #[derive(Debug)]
    interface ReputationRegistry {
        #[derive(PartialEq, Eq)]
        struct ProviderView {
            uint256 providerId;
            address owner;
            uint256 score;
            uint256 completed;
            uint256 failed;
            uint64 updatedAt;
            uint64 feedbackCount;
            uint256 feedbackAverage;
        }

        #[derive(PartialEq, Eq)]
        struct OutcomeView {
            address client;
            uint256 providerId;
            uint8 outcome;
            int16 moved;
            uint64 recordedAt;
            bool rated;
            uint8 stage;
            uint64 contestEnds;
            uint64 reviewEnds;
            address contestant;
            uint256 bond;
        }

        #[derive(PartialEq, Eq)]
        struct PairView {
            uint16 gainLeft;
            uint16 lossLeft;
            uint64 windowEnds;
            uint64 feedbackCount;
            uint256 feedbackAverage;
        }

        event ProviderRegistered(uint256 indexed providerId, address indexed owner);
        event ProfileUpdated(uint256 indexed providerId, string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri);
        event OutcomeRecorded(uint256 indexed taskId, uint256 indexed providerId, address indexed client, uint256 value, uint16 providerBps, uint64 settledAt, uint16 weight, uint256 score);
        event ScoreSet(uint256 indexed providerId, uint256 previousScore, uint256 score);
        event NewFeedback(uint256 indexed agentId, address indexed clientAddress, uint64 feedbackIndex, int128 value, uint8 valueDecimals, string indexed indexedTag1, string tag1, string tag2, string endpoint, string feedbackURI, bytes32 feedbackHash);
        event TaskRated(uint256 indexed taskId, uint256 indexed providerId, address indexed client, uint64 feedbackIndex);
        event ChangeContested(uint256 indexed taskId, address indexed contestant, uint256 bond);
        event ContestClosed(uint256 indexed taskId, address indexed contestant, bool reversed, bool returned, uint256 score);
        event ContestTermsSet(address indexed token, uint256 bond);
        event TaskManagerSet(address indexed previousTaskManager, address indexed taskManager);

        function initialize(address owner) external;
        function setTaskManager(address taskManager) external;
        function register(string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri) external returns (uint256 providerId);
        function updateProfile(string gpuModel, uint32 gpuCount, string region, string endpoint, string priceListUri) external;
        function setContestTerms(address token, uint256 bond) external;
        function recordOutcome(uint256 taskId, uint256 providerId, address client, uint256 value, uint16 providerBps, uint64 settledAt) external returns (uint256 score);
        function giveFeedback(uint256 taskId, int128 value, uint8 valueDecimals, string tag1, string tag2, string feedbackUri, bytes32 feedbackHash) external;
        function contest(uint256 taskId) external;
        function resolveContest(uint256 taskId, bool reverse) external;
        function closeContest(uint256 taskId) external;
        function setScore(uint256 providerId, uint256 score) external;
        function ownerOf(uint256 providerId) external view returns (address);
        function providerOf(address account) external view returns (uint256);
        function scoreOf(uint256 providerId) external view returns (uint256);
        function standingOf(uint256 providerId) external view returns (address owner, uint256 score);
        function recordOf(uint256 providerId) external view returns (uint256 score, uint256 completed, uint256 failed, uint64 updatedAt);
        function profileDigestOf(uint256 providerId) external view returns (bytes32);
        function providerCount() external view returns (uint256);
        function taskManager() external view returns (address);
        function contestTerms() external view returns (address token, uint256 bond);
        function providersFrom(uint256 first, uint256 count) external view returns (ProviderView[] memory);
        function outcomeOf(uint256 taskId) external view returns (OutcomeView memory);
        function pairOf(address client, uint256 providerId) external view returns (PairView memory);
        function getIdentityRegistry() external view returns (address);
        function getSummary(uint256 agentId, address[] clientAddresses, string tag1, string tag2) external view returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals);
        function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64);
        function getValidationStatus(bytes32 requestHash) external view returns (address validatorAddress, uint256 agentId, uint8 response, bytes32 responseHash, string tag, uint256 lastUpdate);
    }
}
