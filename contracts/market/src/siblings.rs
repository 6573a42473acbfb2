//! Calls to the escrow, the vault and the registry. Words of this storage are written before, and re-read after, as with any call.

use alloy_primitives::{Address, U256};
use ogpu_common::{
    amount::widen,
    interfaces::{IPaymentEscrow, IReputationRegistry, IStakingVault},
};
use ogpu_rules::{BPS, score};
use stylus_sdk::prelude::*;

use crate::{Market, errors::Error};

impl Market {
    /// The escrow locks a budget.
    pub fn lock_budget(
        &mut self,
        task_id: U256,
        client: Address,
        budget: U256,
    ) -> Result<(), Error> {
        let call = Call::new_mutating(self);
        Ok(
            IPaymentEscrow::new(self.escrow.get()).lock(
                self.vm(),
                call,
                task_id,
                client,
                budget,
            )?,
        )
    }

    /// The escrow pays out a client's budget: payment and fee, and what is neither goes back to the client.
    pub fn settle_budget(
        &mut self,
        task_id: U256,
        client: Address,
        budget: u128,
        provider: Address,
        (payment, fee): (U256, U256),
    ) -> Result<(), Error> {
        let call = Call::new_mutating(self);
        let escrow = IPaymentEscrow::new(self.escrow.get());
        let budget = widen(budget);
        Ok(escrow.settle(
            self.vm(),
            call,
            task_id,
            client,
            budget,
            provider,
            payment,
            fee,
        )?)
    }

    /// The vault locks free stake, as collateral.
    pub fn lock_stake(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        let call = Call::new_mutating(self);
        Ok(IStakingVault::new(self.vault.get()).lock(self.vm(), call, account, amount)?)
    }

    /// The vault makes locked stake free.
    pub fn unlock_stake(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        let call = Call::new_mutating(self);
        Ok(IStakingVault::new(self.vault.get()).unlock(self.vm(), call, account, amount)?)
    }

    /// The vault slashes locked stake.
    pub fn slash(&mut self, account: Address, amount: U256, injured: Address) -> Result<(), Error> {
        let call = Call::new_mutating(self);
        let vault = IStakingVault::new(self.vault.get());
        vault.slash(self.vm(), call, account, amount, injured)?;
        Ok(())
    }

    /// What the vault holds for an account.
    pub fn stake_of(&self, account: Address) -> Result<U256, Error> {
        let vault = IStakingVault::new(self.vault.get());
        Ok(vault.total_stake_of(self.vm(), Call::new(), account)?)
    }

    /// The registry records how a task of this value ended just now, and says the provider's score.
    pub fn record_outcome(
        &mut self,
        task_id: U256,
        provider_id: U256,
        client: Address,
        value: U256,
        success: bool,
    ) -> Result<u16, Error> {
        let provider_bps = if success { BPS } else { 0 };
        let now = self.now();
        let call = Call::new_mutating(self);
        let registry = IReputationRegistry::new(self.registry.get());
        Ok(trust(registry.record_outcome(
            self.vm(),
            call,
            task_id,
            provider_id,
            client,
            value,
            provider_bps,
            now,
        )?))
    }

    /// A provider's owner and score, from the registry.
    pub fn standing(&self, provider_id: U256) -> Result<(Address, u16), Error> {
        let registry = IReputationRegistry::new(self.registry.get());
        let (owner, score) = registry.standing_of(self.vm(), Call::new(), provider_id)?;
        Ok((owner, trust(score)))
    }
}

/// A score as cards hold it.
fn trust(score: U256) -> u16 {
    score.saturating_to::<u16>().min(score::MAX)
}
