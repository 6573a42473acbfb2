//! Calls to the market, the registry and the escrow.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount,
    interfaces::{IMarket, IPaymentEscrow, IReputationRegistry},
    words,
};
use ogpu_rules::{Status, replication::Plan};
use stylus_sdk::prelude::*;

use crate::{Error, ReplicationVerifier, errors::*, small};

/// What the market says of a task that this contract decides.
pub(crate) struct Task {
    status: u8,
    pub(crate) client: Address,
    pub(crate) provider_id: U256,
    provider: Address,
    pub(crate) fee: u128,
    data: B256,
    pub(crate) seal: B256,
    pub(crate) deadline: u64,
}

impl Task {
    /// What the client ordered.
    pub(crate) fn plan(&self, task_id: &U256) -> Result<Plan, Error> {
        let data = words::number(&self.data);
        Plan::unpack(&self.data).ok_or_else(|| Error::of::<InvalidPlan>(&[task_id, &data]))
    }

    /// Passes while one can enrol.
    pub(crate) fn check_enrolling(&self, task_id: &U256) -> Result<(), Error> {
        self.check_status(
            task_id,
            [Status::Open, Status::Assigned]
                .map(|status| status as u8)
                .contains(&self.status),
        )
    }

    /// Passes while the result waits for a verdict.
    pub(crate) fn check_submitted(&self, task_id: &U256) -> Result<(), Error> {
        self.check_status(task_id, self.status == Status::Submitted as u8)
    }

    fn check_status(&self, task_id: &U256, right: bool) -> Result<(), Error> {
        if right {
            Ok(())
        } else {
            Err(Error::of::<WrongStatus>(&[task_id, &small(self.status)]))
        }
    }

    /// Passes an account that is no side of the task.
    pub(crate) fn check_stranger(&self, account: Address) -> Result<(), Error> {
        if account == self.client || account == self.provider {
            return Err(Error::of::<SelfDealing>(&[&words::address(account)]));
        }
        Ok(())
    }

    /// Whether the market takes a verdict at this time.
    pub(crate) fn awaits(&self, now: u64) -> bool {
        self.status == Status::Submitted as u8 && now < self.deadline
    }
}

impl ReplicationVerifier {
    /// A task that this contract decides.
    pub(crate) fn task(&self, task_id: &U256) -> Result<Task, Error> {
        let market = IMarket::new(self.market.get());
        let (verifier, status, client, provider_id, provider, _, fee, data, seal, deadline) =
            market.verification_of(self.vm(), Call::new(), *task_id)?;
        if verifier != self.vm().contract_address() {
            return Err(Error::by::<OtherVerifier>(task_id, verifier));
        }
        Ok(Task {
            status,
            client,
            provider_id,
            provider,
            fee: amount::checked(fee)?,
            data,
            seal,
            deadline,
        })
    }

    /// Passes a registered provider.
    pub(crate) fn check_registered(&self, account: Address) -> Result<(), Error> {
        let registry = IReputationRegistry::new(self.registry.get());
        let provider_id = registry.provider_of(self.vm(), Call::new(), account)?;
        if provider_id.is_zero() {
            return Err(Error::of::<NotRegistered>(&[&words::address(account)]));
        }
        Ok(())
    }

    /// Tells the market, and brings in the fee that it pays for that. State must have been written.
    pub(crate) fn report(&mut self, task_id: &U256, result: B256, fee: u128) -> Result<(), Error> {
        let (call, market) = (Call::new_mutating(self), IMarket::new(self.market.get()));
        market.verify_completion(self.vm(), call, *task_id, result)?;
        if fee > 0 {
            let escrow = IPaymentEscrow::new(self.escrow.get());
            let call = Call::new_mutating(self);
            escrow.withdraw(self.vm(), call, amount::widen(fee))?;
        }
        Ok(())
    }
}
