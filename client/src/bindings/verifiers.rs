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
