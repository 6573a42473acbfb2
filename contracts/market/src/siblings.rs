//! Calls to the escrow, the vault and the registry. Words of this storage are written before, and re-read after, as with any call.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::widen,
    interfaces::{IPaymentEscrow, IReputationRegistry, IStakingVault},
};
use ogpu_rules::{Card, score};
use stylus_sdk::prelude::*;

use crate::{Market, abi::id, errors::Error, events::ProviderRefreshed, store::Id};

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

    /// The registry records how work of this value ended, once, and the provider's card takes the score. Emits `ProviderRefreshed`.
    ///
    /// # Errors
    /// What the registry reverts with.
    pub fn record_outcome(
        &mut self,
        work: U256,
        provider_id: U256,
        client: Address,
        value: U256,
        provider_bps: u16,
        ended: u64,
    ) -> Result<(), Error> {
        let call = Call::new_mutating(self);
        let registry = IReputationRegistry::new(self.registry.get());
        let score = registry.record_outcome(
            self.vm(),
            call,
            work,
            provider_id,
            client,
            value,
            provider_bps,
            ended,
        )?;
        let card = Card {
            trust: trust(score),
            ..Card::unpack(self.cards.get(Id(provider_id)))
        };
        self.put_card(&provider_id, &card);
        self.emit(
            &ProviderRefreshed::SIGNATURE_HASH,
            &[&provider_id],
            &[&id(card.trust.into()), &widen(card.free)],
        );
        Ok(())
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
