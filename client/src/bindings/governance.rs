//! The governor and the timelock.

use alloy::sol;

sol! {
    /// Proposals and votes: OpenZeppelin's Governor, and signed ballots in batches.
    #[sol(rpc)]
    #[derive(Debug)]
    interface GovernanceDao {
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
        function name() external view returns (string);
        function version() external view returns (string);
        function token() external view returns (address);
        function timelock() external view returns (address);
        function clock() external view returns (uint48);
        function CLOCK_MODE() external view returns (string);
        function COUNTING_MODE() external view returns (string);
        function votingDelay() external view returns (uint256);
        function votingPeriod() external view returns (uint256);
        function proposalThreshold() external view returns (uint256);
        function quorum(uint256 timepoint) external view returns (uint256);
        function quorumNumerator() external view returns (uint256);
        function quorumNumerator(uint256 timepoint) external view returns (uint256);
        function quorumDenominator() external view returns (uint256);
        function lateQuorumVoteExtension() external view returns (uint48);
        function proposalGuardian() external view returns (address);
        function getVotes(address account, uint256 timepoint) external view returns (uint256);
        function getVotesWithParams(address account, uint256 timepoint, bytes params) external view returns (uint256);
        function hasVoted(uint256 proposalId, address account) external view returns (bool);
        function nonces(address owner) external view returns (uint256);
        function BALLOT_TYPEHASH() external view returns (bytes32);
        function EXTENDED_BALLOT_TYPEHASH() external view returns (bytes32);
        function eip712Domain() external view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions);
        function hashProposal(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external view returns (uint256);
        function getProposalId(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external view returns (uint256);
        function proposalCount() external view returns (uint256);
        function proposalDetails(uint256 proposalId) external view returns (address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash);
        function proposalDetailsAt(uint256 index) external view returns (uint256 proposalId, address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash);
        function proposalVotes(uint256 proposalId) external view returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);
        function proposalSnapshot(uint256 proposalId) external view returns (uint256);
        function proposalDeadline(uint256 proposalId) external view returns (uint256);
        function proposalEta(uint256 proposalId) external view returns (uint256);
        function proposalProposer(uint256 proposalId) external view returns (address);
        function proposalNeedsQueuing(uint256 proposalId) external view returns (bool);
        function setVotingDelay(uint48 newVotingDelay) external;
        function setVotingPeriod(uint32 newVotingPeriod) external;
        function setProposalThreshold(uint256 newProposalThreshold) external;
        function updateQuorumNumerator(uint256 newQuorumNumerator) external;
        function setLateQuorumVoteExtension(uint48 newVoteExtension) external;
        function setProposalGuardian(address newProposalGuardian) external;
        function updateTimelock(address newTimelock) external;
        function relay(address target, uint256 value, bytes data) external payable;
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
        function onERC721Received(address operator, address from, uint256 tokenId, bytes data) external returns (bytes4);
        function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes data) external returns (bytes4);
        function onERC1155BatchReceived(address operator, address from, uint256[] ids, uint256[] values, bytes data) external returns (bytes4);

        event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description);
        event ProposalQueued(uint256 proposalId, uint256 etaSeconds);
        event ProposalExecuted(uint256 proposalId);
        event ProposalCanceled(uint256 proposalId);
        event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline);
        event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason);
        event VoteCastWithParams(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason, bytes params);
        event BallotSkipped(uint256 indexed proposalId, address indexed voter, uint256 position, bytes reason);
        event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay);
        event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod);
        event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold);
        event QuorumNumeratorUpdated(uint256 oldQuorumNumerator, uint256 newQuorumNumerator);
        event LateQuorumVoteExtensionSet(uint64 oldVoteExtension, uint64 newVoteExtension);
        event ProposalGuardianSet(address oldProposalGuardian, address newProposalGuardian);
        event TimelockChange(address oldTimelock, address newTimelock);
        event ExtensionSet(address indexed extension);
        event EIP712DomainChanged();
    }

    /// Delayed execution: OpenZeppelin's TimelockController. It owns every contract.
    #[sol(rpc)]
    #[derive(Debug)]
    interface Timelock {
        function initialize(uint256 minDelay, address[] proposers, address[] executors, address admin) external;
        function getMinDelay() external view returns (uint256);
        function updateDelay(uint256 newDelay) external;
        function PROPOSER_ROLE() external view returns (bytes32);
        function EXECUTOR_ROLE() external view returns (bytes32);
        function CANCELLER_ROLE() external view returns (bytes32);
        function DEFAULT_ADMIN_ROLE() external view returns (bytes32);
        function hasRole(bytes32 role, address account) external view returns (bool);
        function getRoleAdmin(bytes32 role) external view returns (bytes32);
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function renounceRole(bytes32 role, address callerConfirmation) external;
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external payable;
        function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external payable;
        function cancel(bytes32 id) external;
        function hashOperation(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt) external pure returns (bytes32);
        function hashOperationBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external pure returns (bytes32);
        function getOperationState(bytes32 id) external view returns (uint8);
        function isOperation(bytes32 id) external view returns (bool);
        function isOperationPending(bytes32 id) external view returns (bool);
        function isOperationReady(bytes32 id) external view returns (bool);
        function isOperationDone(bytes32 id) external view returns (bool);
        function getTimestamp(bytes32 id) external view returns (uint256);
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
        function onERC721Received(address operator, address from, uint256 tokenId, bytes data) external returns (bytes4);
        function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes data) external returns (bytes4);
        function onERC1155BatchReceived(address operator, address from, uint256[] ids, uint256[] values, bytes data) external returns (bytes4);

        event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data, bytes32 predecessor, uint256 delay);
        event CallExecuted(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data);
        event CallSalt(bytes32 indexed id, bytes32 salt);
        event Cancelled(bytes32 indexed id);
        event MinDelayChange(uint256 oldDuration, uint256 newDuration);
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole);
    }

    /// What a holder signs to vote without a transaction.
    #[derive(Debug)]
    struct Ballot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
    }

    /// What a holder signs to vote without a transaction, and to say why.
    #[derive(Debug)]
    struct ExtendedBallot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
        string reason;
        bytes params;
    }
}
