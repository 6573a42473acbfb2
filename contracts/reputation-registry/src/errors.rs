//! Why the registry refuses.

use alloy_sol_types::sol;

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
    /// A text of the profile is shorter or longer, in bytes, than it may be.
    #[derive(Debug, PartialEq)]
    error TextLengthOutOfRange(string field, uint256 length, uint256 minimum, uint256 maximum);
    /// A score is at most `maximum`.
    #[derive(Debug, PartialEq)]
    error ScoreOutOfRange(uint256 score, uint256 maximum);
}

ogpu_common::errors! {
    /// Why a call to the registry failed.
    pub enum Error {
        NotTaskManager,
        UnknownProvider,
        AlreadyRegistered,
        NotRegistered,
        RegistryFull,
        ZeroGpuCount,
        TextLengthOutOfRange,
        ScoreOutOfRange;
        Shared(ogpu_common::Error),
    }
}
