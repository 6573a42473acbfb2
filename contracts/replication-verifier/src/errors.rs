//! Why a call to the verifier fails.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolError, sol};
use ogpu_common::{amount::time, words};
use ogpu_rules::replication::RoundError;

use crate::small;

sol! {
    /// The task is decided by another verifier, or by none.
    #[derive(Debug, PartialEq)]
    error OtherVerifier(uint256 taskId, address verifier);
    /// The task's status in the market does not allow this: one enrols while it is Open (1) or Assigned (2), and it is drawn while it is
    /// Submitted (3).
    #[derive(Debug, PartialEq)]
    error WrongStatus(uint256 taskId, uint8 status);
    /// The task's verifier data is no plan: it says `replicas` (2 to 8), `minutes` to work, and a bond in wei, none of them zero.
    #[derive(Debug, PartialEq)]
    error InvalidPlan(uint256 taskId, bytes32 verifierData);
    /// The account is no registered provider.
    #[derive(Debug, PartialEq)]
    error NotRegistered(address account);
    /// A task's client and its provider cannot be its replicas.
    #[derive(Debug, PartialEq)]
    error SelfDealing(address account);
    /// The account has too little that is free here, in wei.
    #[derive(Debug, PartialEq)]
    error InsufficientPurse(address account, uint256 available, uint256 requested);
    /// The account has enrolled for this task.
    #[derive(Debug, PartialEq)]
    error AlreadyEnrolled(uint256 taskId, address account);
    /// The account has not enrolled for this task.
    #[derive(Debug, PartialEq)]
    error NotEnrolled(uint256 taskId, address account);
    /// The task's plan has the digest of another secret.
    #[derive(Debug, PartialEq)]
    error WrongSecret(uint256 taskId);
    /// The market's deadline for a verdict is before `needed`, when a round that begins now can be concluded (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error DeadlineTooNear(uint256 taskId, uint64 deadline, uint64 needed);
    /// The round is at another stage: 0 none, 1 drawn, 2 closed.
    #[derive(Debug, PartialEq)]
    error WrongStage(uint256 taskId, uint8 stage);
    /// Possible from this time on (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooEarly(uint256 taskId, uint64 from);
    /// Not possible any more since this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooLate(uint256 taskId, uint64 until);
    /// All seats are taken, by tickets that are not above `highest`.
    #[derive(Debug, PartialEq)]
    error NoSeat(uint256 taskId, bytes32 ticket, bytes32 highest);
    /// The account has a seat, which it keeps until the task is concluded.
    #[derive(Debug, PartialEq)]
    error AlreadySeated(uint256 taskId, address account);
    /// The account has no seat.
    #[derive(Debug, PartialEq)]
    error NotSeated(uint256 taskId, address account);
    /// The replica has committed.
    #[derive(Debug, PartialEq)]
    error AlreadyCommitted(uint256 taskId, address replica);
    /// The replica has not committed, or has revealed.
    #[derive(Debug, PartialEq)]
    error NothingToReveal(uint256 taskId, address replica);
    /// What is revealed is not what the replica committed to.
    #[derive(Debug, PartialEq)]
    error WrongReveal(uint256 taskId, address replica);
    /// A result of zero is none.
    #[derive(Debug, PartialEq)]
    error ZeroResult();
}

ogpu_common::encoded_errors! {
    /// Why a call to the verifier fails: one of the errors above, one of the shared code, or one of a sibling.
    pub struct Error {
        OtherVerifier,
        WrongStatus,
        InvalidPlan,
        NotRegistered,
        SelfDealing,
        InsufficientPurse,
        AlreadyEnrolled,
        NotEnrolled,
        WrongSecret,
        DeadlineTooNear,
        WrongStage,
        TooEarly,
        TooLate,
        NoSeat,
        AlreadySeated,
        NotSeated,
        AlreadyCommitted,
        NothingToReveal,
        WrongReveal,
        ZeroResult,
    }
}

impl Error {
    /// One that names a task and an account.
    #[inline(never)]
    pub(crate) fn by<E: SolError>(task_id: &U256, account: Address) -> Self {
        Self::of::<E>(&[task_id, &words::address(account)])
    }

    /// What the rules of rounds say.
    #[inline(never)]
    pub(crate) fn of_round(task_id: &U256, error: RoundError) -> Self {
        match error {
            RoundError::Stage(stage) => Self::of::<WrongStage>(&[task_id, &small(stage as u8)]),
            RoundError::TooEarly(from) => Self::of::<TooEarly>(&[task_id, &time(from)]),
            RoundError::TooLate(until) => Self::of::<TooLate>(&[task_id, &time(until)]),
        }
    }
}
