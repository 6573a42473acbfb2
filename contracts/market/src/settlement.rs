//! How tasks end: words first, then the escrow, the vault and the registry.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::amount::widen;
use ogpu_rules::{Card, ClientSlot, TaskState, Verdict, settle};

use crate::{
    Market,
    abi::id,
    errors::Error,
    events::{DisputeResolved, PaymentFinalized, TaskFailed, VerifierPaid, word},
    store::Id,
};

impl Market {
    /// Ends a task that has a provider: `next` is its last state.
    ///
    /// # Errors
    /// `OutOfRange`, `SlashAboveCollateral`, and what the escrow, the vault and the registry revert with.
    pub fn settle(
        &mut self,
        task_id: U256,
        next: TaskState,
        verdict: Verdict,
    ) -> Result<(), Error> {
        let provider_id = id(next.winner());
        let hot = self.hot(next.version());
        let terms = self.terms(&task_id, &next, &hot);
        let collateral = terms.collateral(next.price(), hot.collateral_bps);
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

        let ClientSlot { client, budget } = self.client(&task_id);
        let payer = self.payer(&task_id, &terms, client);
        self.settle_budget(task_id, payer, budget, card.owner, (payment, fee))?;
        if !slashed.is_zero() {
            self.slash(card.owner, slashed, client)?;
        }
        if let Some(success) = settled.outcome {
            let trust =
                self.record_outcome(task_id, provider_id, client, widen(next.price()), success)?;
            self.put_card(&provider_id, &Card { trust, ..card });
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
    ///
    /// # Errors
    /// What the escrow reverts with.
    pub fn close(&mut self, task_id: U256, next: TaskState) -> Result<(), Error> {
        self.put_state(&task_id, &next);
        let ClientSlot { client, budget } = self.client(&task_id);
        let payer = self.payer_of(&task_id, &next, client);
        self.settle_budget(task_id, payer, budget, payer, (U256::ZERO, U256::ZERO))
    }

    /// Pays a verifier for its verdict, out of the budget. Emits `VerifierPaid`.
    ///
    /// # Errors
    /// What the escrow reverts with.
    pub fn pay_verifier(
        &mut self,
        task_id: U256,
        state: &TaskState,
        verifier: Address,
        fee: u128,
    ) -> Result<(), Error> {
        let ClientSlot { client, budget } = self.client(&task_id);
        let slot = ClientSlot {
            client,
            budget: budget.saturating_sub(fee),
        };
        self.clients.insert(Id(task_id), slot.pack());
        let payer = self.payer_of(&task_id, state, client);
        self.settle_budget(task_id, payer, fee, verifier, (widen(fee), U256::ZERO))?;
        self.emit(
            &VerifierPaid::SIGNATURE_HASH,
            &[&task_id, &word(verifier)],
            &[&widen(fee)],
        );
        Ok(())
    }
}
