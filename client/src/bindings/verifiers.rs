//! Contracts that judge results.

use alloy::sol;

sol! {
    /// Judges by a Groth16 proof.
    #[sol(rpc)]
    #[derive(Debug)]
    interface ZkVerifier {
        event KeyRegistered(bytes32 indexed keyId, address indexed by, bytes key);
        event Proven(uint256 indexed taskId, bytes32 indexed keyId, address indexed prover, bytes32 resultHash, uint256 fee);

        function initialize(address owner, address market, address escrow) external;
        function registerKey(bytes key) external returns (bytes32 keyId);
        function prove(uint256 taskId, bytes key, bytes32 inputDigest, bytes32 resultHash, bytes proof) external;
        function verify(bytes key, bytes32 inputDigest, bytes32 resultHash, bytes proof) external view returns (bool);
        function statement(bytes32 keyId, bytes32 inputDigest) external view returns (bytes32);
        function isRegistered(bytes32 keyId) external view returns (bool);
    }

    /// Judges by nobody's bond against a result.
    #[sol(rpc)]
    #[derive(Debug)]
    interface OptimisticVerifier {
        function initialize(address owner, address market, address escrow, address token, address treasury) external;
        function propose(uint256 taskId, bytes32 resultHash) external;
        function challenge(uint256 taskId) external;
        function conclude(uint256 taskId) external;
        function resolveChallenge(uint256 taskId, bool challengerRight) external;
        function releaseChallenge(uint256 taskId) external;
        function withdraw(address account) external;
        function proposalOf(uint256 taskId) external view returns (uint8 stage, address proposer, bytes32 resultHash, uint64 ends, address challenger, uint256 bond, uint256 fee);
        function bondFor(uint256 taskId) external view returns (uint256);
        function owedTo(address account) external view returns (uint256);
    }
}

sol! {
    /// Judges by what several providers find who do the work again.
    #[sol(rpc)]
    #[derive(Debug)]
    interface ReplicationVerifier {
        event Deposited(address indexed account, uint256 amount);
        event Withdrawn(address indexed account, uint256 amount);
        event Enrolled(uint256 indexed taskId, address indexed account, uint256 bond);
        event Left(uint256 indexed taskId, address indexed account, uint256 bond);
        event Drawn(uint256 indexed taskId, bytes32 seed, uint8 replicas, uint64 claimEnd, uint64 commitEnd, uint64 revealEnd);
        event Seated(uint256 indexed taskId, address indexed replica, uint8 seat, address displaced);
        event Committed(uint256 indexed taskId, address indexed replica, bytes32 commitment);
        event Revealed(uint256 indexed taskId, address indexed replica, bytes32 resultHash);
        event Slashed(uint256 indexed taskId, address indexed replica, uint256 bond);
        event Credited(uint256 indexed taskId, address indexed account, uint256 amount);
        event Concluded(uint256 indexed taskId, bytes32 resultHash, uint8 replicas, bool told, uint256 fee, uint256 slashed);
        event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);

        function initialize(address owner, address market, address escrow, address registry, address token, address treasury) external;
        function setTreasury(address treasury) external;
        function deposit(uint256 amount) external;
        function withdraw(uint256 amount) external;
        function enrol(uint256 taskId) external;
        function leave(uint256 taskId) external;
        function draw(uint256 taskId, bytes32 secret) external;
        function claim(uint256 taskId) external;
        function commit(uint256 taskId, bytes32 commitment) external;
        function reveal(uint256 taskId, bytes32 resultHash, bytes32 salt) external;
        function conclude(uint256 taskId) external;
        function purseOf(address account) external view returns (uint256 free, uint256 locked);
        function roundOf(uint256 taskId) external view returns (uint8 stage, uint8 ordered, uint8 seated, uint8 committed, uint8 revealed, uint64 claimEnd, uint64 commitEnd, uint64 revealEnd, bytes32 seed);
        function candidateOf(uint256 taskId, address account) external view returns (uint8 stage, bool isSeated, uint256 bond, bytes32 result);
        function replicaAt(uint256 taskId, uint8 seat) external view returns (address replica);
        function ticketOf(uint256 taskId, address account) external view returns (bytes32 ticket);
        function market() external view returns (address);
        function token() external view returns (address);
        function treasury() external view returns (address);
    }
}
