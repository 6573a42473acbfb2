//! Why a call to the verifier fails.

use alloy_sol_types::sol;

sol! {
    /// A key has this many bytes (24 words).
    #[derive(Debug, PartialEq)]
    error WrongKeyLength(uint256 length, uint256 required);
    /// A proof has this many bytes (8 words).
    #[derive(Debug, PartialEq)]
    error WrongProofLength(uint256 length, uint256 required);
    /// The word of a key or a proof with this index, counted from 0, is no coordinate: those are below the field's modulus.
    #[derive(Debug, PartialEq)]
    error CoordinateTooLarge(uint256 index, uint256 value);
    /// The point of a key that begins at the word with this index is the point at infinity, which binds nothing.
    #[derive(Debug, PartialEq)]
    error PointAtInfinity(uint256 index);
    /// The points beta, gamma and delta of a key must differ, also in more than their sign: with two alike, anybody proves
    /// anything. Finish the key's setup: its second phase chooses delta.
    #[derive(Debug, PartialEq)]
    error SetupNotFinished();
    /// The chain's precompile at this address refused: a point is not on its curve or not in its group, or the gas ran out.
    #[derive(Debug, PartialEq)]
    error CurveCallFailed(address precompile);
    /// Nobody has registered a key with this id; `registerKey` does.
    #[derive(Debug, PartialEq)]
    error UnknownKey(bytes32 keyId);
    /// The task is decided by another verifier, or by none.
    #[derive(Debug, PartialEq)]
    error OtherVerifier(uint256 taskId, address verifier);
    /// The task does not wait for a verdict: it must have been delivered (status 3), and not decided.
    #[derive(Debug, PartialEq)]
    error WrongStatus(uint256 taskId, uint8 status);
    /// The task asks for another program or another input: its verifier data are `required`.
    #[derive(Debug, PartialEq)]
    error WrongStatement(uint256 taskId, bytes32 statement, bytes32 required);
    /// A result of zero is no verdict.
    #[derive(Debug, PartialEq)]
    error ZeroResult();
    /// The proof does not prove that the program gives this result for this input.
    #[derive(Debug, PartialEq)]
    error ProofInvalid(bytes32 keyId, bytes32 inputDigest, bytes32 resultHash);
}

ogpu_common::errors! {
    /// Why a call to the verifier fails.
    pub enum Error {
        WrongKeyLength, WrongProofLength, CoordinateTooLarge, PointAtInfinity, SetupNotFinished, CurveCallFailed, UnknownKey,
        OtherVerifier, WrongStatus, WrongStatement, ZeroResult, ProofInvalid;
        Shared(ogpu_common::Error)
    }
}
