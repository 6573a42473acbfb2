//! Calls to the market and the escrow.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount,
    interfaces::{IMarket, IPaymentEscrow},
    words,
};
use ogpu_rules::{Status, committee::hash};
use stylus_sdk::prelude::*;

use crate::{Committee, errors::*, small};

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
    /// What the market pays for a verdict, in wei.
    fee: U256,
    /// What the provider delivered.
    pub seal: B256,
    /// Whether it delivered the result zero, which to the market is no result: a verdict that there is none would be one for it.
    pub empty: bool,
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

    /// Tells the market what was found, if it still waits, and brings in the fee that it pays for that, whatever that is. Returns the
    /// fee. Words of this storage are written before, and read again after.
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
        if !task.fee.is_zero() {
            let escrow = IPaymentEscrow::new(self.escrow.get());
            let call = Call::new_mutating(self);
            escrow.withdraw(self.vm(), call, task.fee)?;
        }
        Ok(amount::checked(task.fee)?)
    }

    fn awaits(&self, task: &Task) -> bool {
        task.verifier == self.vm().contract_address() && task.status == Status::Submitted as u8
    }

    fn task(&self, task_id: &U256) -> Result<Task, Error> {
        let market = IMarket::new(self.market.get());
        let (verifier, status, client, provider_id, provider, price, fee, _, seal, deadline) =
            market.verification_of(self.vm(), Call::new(), *task_id)?;
        Ok(Task {
            verifier,
            status,
            client,
            provider,
            price,
            fee,
            seal,
            empty: seal
                == hash(&[
                    &words::word(task_id),
                    &words::word(&provider_id),
                    &B256::ZERO,
                ]),
            deadline,
        })
    }
}
