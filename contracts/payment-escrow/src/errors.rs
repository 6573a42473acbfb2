//! Why a call to the escrow fails.

use alloy_sol_types::sol;

sol! {
    /// Only the task manager may lock and settle.
    #[derive(Debug, PartialEq)]
    error NotTaskManager(address caller);
    /// The account's balance is lower than what was to be withdrawn.
    #[derive(Debug, PartialEq)]
    error InsufficientBalance(address account, uint256 available, uint256 requested);
    /// The payer has less locked than was to be settled.
    #[derive(Debug, PartialEq)]
    error LockTooLow(address payer, uint256 locked, uint256 amount);
    /// Payment and fee are more than what is locked for the task.
    #[derive(Debug, PartialEq)]
    error SettlementExceedsLock(uint256 taskId, uint256 amount, uint256 payment, uint256 fee);
}

ogpu_common::errors! {
    /// Why a call to the escrow fails.
    pub enum Error {
        NotTaskManager, InsufficientBalance, LockTooLow, SettlementExceedsLock;
        Shared(ogpu_common::Error)
    }
}
