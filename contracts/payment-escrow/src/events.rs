//! What the escrow tells the world. Every balance and lock follows from these events.

use alloy_primitives::U256;
use alloy_sol_types::{SolEvent, sol};
use ogpu_common::words;
use stylus_sdk::prelude::*;

use crate::PaymentEscrow;

sol! {
    /// `account` opened its account, so that what it is credited first is as cheap as everything later.
    #[derive(Debug, PartialEq)]
    event AccountOpened(address indexed account);
    /// `from` put `amount` on `account`'s balance.
    #[derive(Debug, PartialEq)]
    event Deposited(address indexed account, address indexed from, uint256 amount);
    /// `account` took `amount` off its balance, to `to`.
    #[derive(Debug, PartialEq)]
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// `amount` is locked for a task: `fromBalance` of it off the payer's balance, the rest by allowance.
    #[derive(Debug, PartialEq)]
    event Locked(uint256 indexed taskId, address indexed payer, uint256 amount, uint256 fromBalance);
    /// A lock is settled: `payment` is on the provider's balance, `refund` on the payer's, and `fee` among the fees.
    #[derive(Debug, PartialEq)]
    event Settled(uint256 indexed taskId, address indexed provider, address payer, uint256 payment, uint256 fee, uint256 refund);
    /// The fees went to the treasury.
    #[derive(Debug, PartialEq)]
    event FeesCollected(address indexed treasury, uint256 amount);
    /// The task manager changed.
    #[derive(Debug, PartialEq)]
    event TaskManagerChanged(address indexed previousTaskManager, address indexed newTaskManager);
    /// The treasury changed.
    #[derive(Debug, PartialEq)]
    event TreasuryChanged(address indexed previousTreasury, address indexed newTreasury);
}

impl PaymentEscrow {
    /// Emits an event all of whose fields are words: the indexed ones, then the others, in their order.
    pub(crate) fn emit<E: SolEvent>(&self, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), &E::SIGNATURE_HASH, indexed, others, &[]);
    }
}
