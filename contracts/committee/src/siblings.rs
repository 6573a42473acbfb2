//! Calls to the market and the escrow.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{amount, interfaces::IMarket, words};
use stylus_sdk::prelude::*;

use crate::{Committee, errors::*, small};

#[allow(missing_docs)]
mod interface {
    use stylus_sdk::prelude::sol_interface;

    sol_interface! {
        interface IEscrowAccount {
            function balanceOf(address account) external view returns (uint256);
            function withdraw(uint256 amount) external;
        }
    }
}

/// The market's status Submitted: the provider has delivered, and nobody has judged.
const SUBMITTED: u8 = 3;

/// What the market says of a task.
pub struct Task {
    verifier: Address,
    status: u8,
    /// Who made it.
    pub client: Address,
    /// Who delivered.
    pub provider: Address,
    /// The agreed price, in wei.
    pub price: U256,
    /// What the provider delivered.
    pub seal: B256,
    /// When the market waits no longer (seconds since 1970).
    pub deadline: u64,
}

impl Committee {
    /// A task that waits for a verdict of this committee.
    ///
    /// # Errors
    /// [`NotAwaited`], and what the market reverts with.
    pub fn awaited(&self, task_id: &U256) -> Result<Task, Error> {
        let task = self.task(task_id)?;
        if self.awaits(&task) {
            return Ok(task);
        }
        Err(Error::of::<NotAwaited>(&[
            task_id,
            &words::address(task.verifier),
            &small(task.status.into()),
        ]))
    }

    /// Tells the market what was found, if it still waits, and brings in what it paid for that: whatever the escrow holds for the
    /// committee. Returns how much that was. Words of this storage are written before, and read again after.
    ///
    /// A market that fails is no market that does not wait: the caller could have left it too little gas.
    ///
    /// # Errors
    /// What the market and the escrow revert with.
    pub fn report(&mut self, task_id: &U256, result: B256) -> Result<u128, Error> {
        let task = self.task(task_id)?;
        if !self.awaits(&task) {
            return Ok(0);
        }
        let (call, market) = (Call::new_mutating(self), IMarket::new(self.market.get()));
        market.verify_completion(self.vm(), call, *task_id, result)?;
        let escrow = interface::IEscrowAccount::new(self.escrow.get());
        let this = self.vm().contract_address();
        let fee = escrow.balance_of(self.vm(), Call::new(), this)?;
        if !fee.is_zero() {
            let call = Call::new_mutating(self);
            escrow.withdraw(self.vm(), call, fee)?;
        }
        Ok(amount::checked(fee)?)
    }

    fn awaits(&self, task: &Task) -> bool {
        task.verifier == self.vm().contract_address() && task.status == SUBMITTED
    }

    fn task(&self, task_id: &U256) -> Result<Task, Error> {
        let market = IMarket::new(self.market.get());
        let (verifier, status, client, _, provider, price, _, _, seal, deadline) =
            market.verification_of(self.vm(), Call::new(), *task_id)?;
        Ok(Task {
            verifier,
            status,
            client,
            provider,
            price,
            seal,
            deadline,
        })
    }
}
