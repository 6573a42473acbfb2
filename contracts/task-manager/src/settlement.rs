//! How tasks end: words first, then the escrow, the vault and the registry.

use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::widen,
    interfaces::{IPaymentEscrow, IReputationRegistry, IStakingVault},
};
use ogpu_rules::{Card, TaskState, Verdict, settle};
use stylus_sdk::prelude::*;

use crate::{
    TaskManager,
    abi::id,
    errors::Error,
    events::{DisputeResolved, PaymentFinalized, TaskFailed},
    store::Id,
    trust,
};

impl TaskManager {
    /// Ends a task that has a provider: `next` is its last state.
    pub(crate) fn settle(
        &mut self,
        task_id: U256,
        next: TaskState,
        verdict: Verdict,
    ) -> Result<(), Error> {
        let provider_id = id(next.winner());
        let hot = self.hot(next.version());
        let collateral = self
            .terms(&task_id, &next, &hot)
            .collateral(next.price(), hot.collateral_bps);
        let settled = settle::settle(verdict, next.price(), collateral, &hot);
        let settled = settled.map_err(|rule| self.refused(&task_id, &provider_id, rule))?;
        let (payment, fee, slashed) = (
            widen(settled.payment),
            widen(settled.fee),
            widen(settled.slash),
        );
        let card = Card::unpack(self.cards.get(Id(provider_id))).restore(settled.released);
        self.put_state(&task_id, &next);
        self.put_card(&provider_id, &card);

        let (call, escrow) = (Call::new_mutating(self), self.escrow.get());
        IPaymentEscrow::new(escrow).settle(self.vm(), call, task_id, card.owner, payment, fee)?;
        if !slashed.is_zero() {
            let client = self.client(&task_id).client;
            let (call, vault) = (Call::new_mutating(self), self.vault.get());
            IStakingVault::new(vault).slash(self.vm(), call, card.owner, slashed, client)?;
        }
        if let Some(success) = settled.outcome {
            let (call, registry) = (Call::new_mutating(self), self.registry.get());
            let registry = IReputationRegistry::new(registry);
            let score = registry.record_outcome(
                self.vm(),
                call,
                provider_id,
                widen(next.price()),
                success,
            )?;
            self.put_card(
                &provider_id,
                &Card {
                    trust: trust(score),
                    ..card
                },
            );
        }

        let parties = [&task_id, &provider_id];
        match verdict {
            Verdict::Paid => self.emit(
                &PaymentFinalized::SIGNATURE_HASH,
                &parties,
                &[&payment, &fee],
            ),
            Verdict::Failed => self.emit(&TaskFailed::SIGNATURE_HASH, &parties, &[&slashed]),
            Verdict::Split { .. } => self.emit(
                &DisputeResolved::SIGNATURE_HASH,
                &parties,
                &[&payment, &fee, &slashed],
            ),
        }
        Ok(())
    }

    /// Ends a task that has no provider: the whole budget goes back.
    pub(crate) fn close(&mut self, task_id: U256, next: TaskState) -> Result<(), Error> {
        self.put_state(&task_id, &next);
        let client = self.client(&task_id).client;
        let (call, escrow) = (Call::new_mutating(self), self.escrow.get());
        IPaymentEscrow::new(escrow).settle(
            self.vm(),
            call,
            task_id,
            client,
            U256::ZERO,
            U256::ZERO,
        )?;
        Ok(())
    }
}
