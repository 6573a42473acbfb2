//! The committee that judges results by vote.

use alloy::sol;

sol! {
    /// The committee: what `verification-committee` answers itself, and what it delegates to `committee-nodes`.
    #[sol(rpc)]
    #[derive(Debug)]
    interface VerificationCommittee {
        event NodeJoined(address indexed node, uint256 indexed id, uint256 added, uint256 bond);
        event NodeLeaving(address indexed node, uint64 maturesAt);
        event NodeRemoved(address indexed node, uint64 maturesAt);
        event Withdrawn(address indexed account, uint256 amount);
        event Slashed(address indexed node, uint256 indexed id, uint8 cause, uint256 taken);
        event Credited(address indexed account, uint256 indexed id, uint256 amount);
        event BeaconOpened(uint256 indexed beacon, uint256 nodes, uint64 commitEnd, uint64 revealEnd);
        event SecretCommitted(uint256 indexed beacon, address indexed node);
        event SecretRevealed(uint256 indexed beacon, address indexed node, bytes32 secret);
        event Requested(uint256 indexed taskId, uint256 indexed beacon);
        event Seated(uint256 indexed taskId, address indexed node, uint8 index);
        event CommitteeDrawn(uint256 indexed taskId, uint8 size, uint64 commitEnd, uint64 revealEnd);
        event VoteCommitted(uint256 indexed taskId, address indexed node);
        event VoteRevealed(uint256 indexed taskId, address indexed node, bytes32 resultHash, bool latencyOk);
        event RoundExtended(uint256 indexed taskId, uint64 commitEnd, uint64 revealEnd);
        event RoundClosed(uint256 indexed taskId, bytes32 resultHash, uint8 votes, bool latencyOk, uint256 fee, uint256 slashed);
        event PlantCommitted(bytes32 indexed commitment);
        event PlantOpened(uint256 indexed taskId, bytes32 indexed commitment, bytes32 answer, uint256 slashed);
        event ExtensionSet(address indexed extension);
        event ParameterSet(uint256 indexed version, uint256 indexed field, uint256 value);
        event SiblingsSet(address indexed market, address indexed escrow);
        event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
        event PlanterChanged(address indexed previousPlanter, address indexed newPlanter);

        function initialize(address owner, address token, address treasury) external;
        function setExtension(address extension) external;
        function setSiblings(address market, address escrow) external;
        function setTreasury(address treasury) external;
        function setPlanter(address planter) external;
        function setParameter(uint256 field, uint256 value) external returns (uint256 version);

        function join(uint256 bond) external;
        function leave() external;
        function withdraw() external;
        function removeNode(address node, uint256 slash) external;

        function request(uint256 taskId) external;
        function commitSecret(uint256 beacon, bytes32 commitment) external;
        function revealSecret(uint256 beacon, bytes32 secret) external;
        function reportWithheld(uint256 beacon, address node) external;
        function draw(uint256 taskId) external;
        function commitVote(uint256 taskId, bytes32 commitment) external;
        function revealVote(uint256 taskId, bytes32 resultHash, bool latencyOk, bytes32 salt) external;
        function tally(uint256 taskId) external;
        function batch(bytes[] calls) external;
        function plant(bytes32 commitment) external;
        function openPlant(uint256 taskId, bytes32 answer, bytes32 salt) external;

        function nodeOf(address account) external view returns (uint256 standing, uint256 since, uint256 number, uint256 bond, uint256 owed);
        function numberCount() external view returns (uint256);
        function nodeAt(uint256 number) external view returns (address);
        function newestBeacon() external view returns (uint256);
        function beaconOf(uint256 beacon) external view returns (uint256 commitEnd, uint256 revealEnd, uint256 commits, uint256 reveals, uint256 mixed);
        function roundOf(uint256 taskId) external view returns (uint256 phase, uint256 size, uint256 beacon, uint256 commitEnd, uint256 revealEnd);
        function committeeOf(uint256 taskId) external view returns (address[]);
        function voteOf(uint256 taskId, address node) external view returns (uint256 state, bytes32 resultHash, bool latencyOk);
        function plantedAt(bytes32 commitment) external view returns (uint256);
        function parameter(uint256 version, uint256 field) external view returns (uint256);
        function currentVersion() external view returns (uint256);
        function siblings() external view returns (address market, address escrow);
        function token() external view returns (address);
        function treasury() external view returns (address);
        function planter() external view returns (address);
    }
}
