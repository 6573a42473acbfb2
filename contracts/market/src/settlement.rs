//! How tasks end: words first, then the escrow, the vault and the registry.

use alloy_primitives::U256;
use alloy_sol_types::SolEvent;
use ogpu_common::amount::widen;
use ogpu_rules::{Card, ClientSlot, TaskState, Verdict, settle};

use crate::{
    Market,
    abi::id,
    errors::Error,
    events::{DisputeResolved, PaymentFinalized, TaskFailed},
    store::Id,
};

impl Market {
    /// Ends a task that has a provider: `next` is its last state.
    pub fn settle(
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

        let ClientSlot { client, budget } = self.client(&task_id);
        self.settle_budget(task_id, client, budget, card.owner, (payment, fee))?;
        if !slashed.is_zero() {
            self.slash(card.owner, slashed, client)?;
        }
        if let Some(success) = settled.outcome {
            let trust = self.record_outcome(provider_id, widen(next.price()), success)?;
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
    pub fn close(&mut self, task_id: U256, next: TaskState) -> Result<(), Error> {
        self.put_state(&task_id, &next);
        let ClientSlot { client, budget } = self.client(&task_id);
        self.settle_budget(task_id, client, budget, client, (U256::ZERO, U256::ZERO))
    }
}
