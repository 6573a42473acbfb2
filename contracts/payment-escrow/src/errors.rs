//! Why a call to the escrow fails.

use alloy_sol_types::sol;

sol! {
    /// Only the task manager may lock and settle.
    #[derive(Debug, PartialEq)]
    error NotTaskManager(address caller);
    /// The account's balance is lower than what was to be withdrawn.
    #[derive(Debug, PartialEq)]
    error InsufficientBalance(address account, uint256 available, uint256 requested);
    /// Something is locked for this task already.
    #[derive(Debug, PartialEq)]
    error AlreadyLocked(uint256 taskId);
    /// Nothing is locked for this task: it was never locked, or it is settled.
    #[derive(Debug, PartialEq)]
    error NotLocked(uint256 taskId);
    /// Payment and fee are more than what is locked.
    #[derive(Debug, PartialEq)]
    error SettlementExceedsLock(uint256 taskId, uint256 locked, uint256 payment, uint256 fee);
}

ogpu_common::errors! {
    /// Why a call to the escrow fails.
    pub enum Error {
        NotTaskManager, InsufficientBalance, AlreadyLocked, NotLocked, SettlementExceedsLock;
        Shared(ogpu_common::Error)
    }
}
