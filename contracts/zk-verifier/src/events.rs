//! What the verifier tells the world.

use alloy_sol_types::sol;

sol! {
    /// A program's verification key was registered; only here it can be read back.
    #[derive(Debug, PartialEq)]
    event KeyRegistered(bytes32 indexed keyId, address indexed by, bytes key);
    /// A task was decided: the program gives `resultHash` for the input. `fee` wei of oGPU went to `prover`.
    #[derive(Debug, PartialEq)]
    event Proven(uint256 indexed taskId, bytes32 indexed keyId, address indexed prover, bytes32 resultHash, uint256 fee);
}
