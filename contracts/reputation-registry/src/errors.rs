//! Why the registry refuses.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolError, sol};
use ogpu_common::words;

sol! {
    /// Only the task manager may do this.
    #[derive(Debug, PartialEq)]
    error NotTaskManager(address account, address taskManager);
    /// There is no such provider; the first is 1.
    #[derive(Debug, PartialEq)]
    error UnknownProvider(uint256 providerId);
    /// The account has registered already, as this provider; it can update its profile.
    #[derive(Debug, PartialEq)]
    error AlreadyRegistered(address account, uint256 providerId);
    /// The account has not registered.
    #[derive(Debug, PartialEq)]
    error NotRegistered(address account);
    /// There are as many providers as there can be.
    #[derive(Debug, PartialEq)]
    error RegistryFull(uint256 maximum);
    /// A profile must have at least one GPU.
    #[derive(Debug, PartialEq)]
    error ZeroGpuCount();
    /// A text is shorter or longer, in bytes, than it may be.
    #[derive(Debug, PartialEq)]
    error TextLengthOutOfRange(string field, uint256 length, uint256 minimum, uint256 maximum);
    /// A score is at most `maximum`.
    #[derive(Debug, PartialEq)]
    error ScoreOutOfRange(uint256 score, uint256 maximum);
    /// The outcome of the task is recorded already.
    #[derive(Debug, PartialEq)]
    error AlreadyRecorded(uint256 taskId);
    /// No outcome of this task is recorded.
    #[derive(Debug, PartialEq)]
    error UnknownOutcome(uint256 taskId);
    /// Only the client of the task may give feedback.
    #[derive(Debug, PartialEq)]
    error NotClient(uint256 taskId, address caller);
    /// The account is client and provider at once.
    #[derive(Debug, PartialEq)]
    error SelfDealing(address account);
    /// The client has given feedback for the task already.
    #[derive(Debug, PartialEq)]
    error AlreadyRated(uint256 taskId);
    /// Feedback is from 0 to 100, with at most 2 decimals: `value` / 10^`valueDecimals`.
    #[derive(Debug, PartialEq)]
    error FeedbackOutOfRange(int128 value, uint8 valueDecimals);
    /// Sums of feedback are kept for all tags together; name none, and take those of tags from the events.
    #[derive(Debug, PartialEq)]
    error TagsNotSummed();
    /// The caller is neither the client of the task nor the owner of its provider.
    #[derive(Debug, PartialEq)]
    error NotParty(uint256 taskId, address caller);
    /// The outcome did not move the score: there is nothing to contest.
    #[derive(Debug, PartialEq)]
    error NothingMoved(uint256 taskId);
    /// The outcome is, or was, contested, which is possible once.
    #[derive(Debug, PartialEq)]
    error AlreadyContested(uint256 taskId);
    /// No contest of the task's outcome is open.
    #[derive(Debug, PartialEq)]
    error NotContested(uint256 taskId);
    /// Possible from this time on (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooEarly(uint256 taskId, uint64 from);
    /// Not possible any more since this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooLate(uint256 taskId, uint64 until);
    /// The owner has not said what a contest costs.
    #[derive(Debug, PartialEq)]
    error ContestTermsNotSet();
    /// A bond is from `minimum` to `maximum`, in wei of oGPU.
    #[derive(Debug, PartialEq)]
    error BondOutOfRange(uint256 bond, uint256 minimum, uint256 maximum);
    /// The token of the bonds is this one, and stays it: bonds are held in it.
    #[derive(Debug, PartialEq)]
    error TokenIsFixed(address token);
}

ogpu_common::encoded_errors! {
    /// Why a call to the registry failed: one of the errors above, one of the shared code, or one of the token.
    pub struct Error {
        NotTaskManager,
        UnknownProvider,
        AlreadyRegistered,
        NotRegistered,
        RegistryFull,
        ZeroGpuCount,
        TextLengthOutOfRange,
        ScoreOutOfRange,
        AlreadyRecorded,
        UnknownOutcome,
        NotClient,
        SelfDealing,
        AlreadyRated,
        FeedbackOutOfRange,
        TagsNotSummed,
        NotParty,
        NothingMoved,
        AlreadyContested,
        NotContested,
        TooEarly,
        TooLate,
        ContestTermsNotSet,
        BondOutOfRange,
        TokenIsFixed,
    }
}

impl Error {
    /// One that names a task and an account.
    #[inline(never)]
    pub fn by<E: SolError>(task_id: &U256, account: Address) -> Self {
        Self::of::<E>(&[task_id, &words::address(account)])
    }
}
