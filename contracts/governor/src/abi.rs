//! The functions of `governance-dao`, by which calls are told apart.
#![allow(missing_docs)] // each is documented in `governance-dao`

use alloy_sol_types::sol;

sol! {
    interface IGovernanceDao {
        function initialize(address token, address timelock, address extension, uint48 votingDelay, uint32 votingPeriod, uint256 proposalThreshold, uint256 quorumNumerator, uint48 voteExtension, address guardian) external;
        function setExtension(address extension) external;
        function propose(address[] targets, uint256[] values, bytes[] calldatas, string description) external returns (uint256);
        function queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external returns (uint256);
        function queue(uint256 proposalId) external;
        function execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external payable returns (uint256);
        function execute(uint256 proposalId) external payable;
        function cancel(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external returns (uint256);
        function cancel(uint256 proposalId) external;
        function state(uint256 proposalId) external view returns (uint8);
        function castVote(uint256 proposalId, uint8 support) external returns (uint256);
        function castVoteWithReason(uint256 proposalId, uint8 support, string reason) external returns (uint256);
        function castVoteWithReasonAndParams(uint256 proposalId, uint8 support, string reason, bytes params) external returns (uint256);
        function castVoteBySig(uint256 proposalId, uint8 support, address voter, bytes signature) external returns (uint256);
        function castVoteWithReasonAndParamsBySig(uint256 proposalId, uint8 support, address voter, string reason, bytes params, bytes signature) external returns (uint256);
        function castVoteBySigBatch(uint256 proposalId, address[] voters, uint8[] support, uint256[] nonces, bytes[] signatures) external returns (uint256);
        function castVoteWithReasonAndParamsBySigBatch(uint256 proposalId, address[] voters, uint8[] support, uint256[] nonces, string[] reasons, bytes[] params, bytes[] signatures) external returns (uint256);
    }
}
