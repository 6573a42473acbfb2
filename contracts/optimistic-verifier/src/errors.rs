//! Why a call to the verifier fails.

use alloy_sol_types::sol;

sol! {
    /// The task is decided by another verifier, or by none.
    #[derive(Debug, PartialEq)]
    error OtherVerifier(uint256 taskId, address verifier);
    /// The task does not wait for a verdict: it must have been delivered (status 3), and not decided.
    #[derive(Debug, PartialEq)]
    error WrongStatus(uint256 taskId, uint8 status);
    /// The result is not the one that the provider has sealed: `seal` is what was delivered.
    #[derive(Debug, PartialEq)]
    error WrongResult(uint256 taskId, bytes32 resultHash, bytes32 seal);
    /// A result of zero is no verdict.
    #[derive(Debug, PartialEq)]
    error ZeroResult();
    /// The proposal is not in the stage that this needs: 0 none, 1 proposed, 2 challenged, 3 closed.
    #[derive(Debug, PartialEq)]
    error WrongStage(uint256 taskId, uint8 stage, uint8 required);
    /// The challenge period would end at `ends`, and the market's deadline for a verdict is not after that.
    #[derive(Debug, PartialEq)]
    error NoTimeToChallenge(uint256 taskId, uint64 ends, uint64 deadline);
    /// The challenge period has ended at this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooLate(uint256 taskId, uint64 until);
    /// The period that runs ends at this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooEarly(uint256 taskId, uint64 from);
    /// A provider cannot challenge its own result.
    #[derive(Debug, PartialEq)]
    error SelfDealing(address account);
    /// A parameter is out of its bounds. Fields are counted from 0 in the order of `setParameters`.
    #[derive(Debug, PartialEq)]
    error OutOfRange(uint8 field, uint256 value, uint256 minimum, uint256 maximum);
    /// The account is owed nothing.
    #[derive(Debug, PartialEq)]
    error NothingOwed(address account);
}

ogpu_common::errors! {
    /// Why a call to the verifier fails.
    pub enum Error {
        OtherVerifier, WrongStatus, WrongResult, ZeroResult, WrongStage, NoTimeToChallenge, TooLate, TooEarly, SelfDealing, OutOfRange,
        NothingOwed;
        Shared(ogpu_common::Error)
    }
}
