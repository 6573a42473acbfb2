//! How tasks end, and who gets what.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use market::events::*;
use ogpu_rules::Status;

use super::{Bid, Market, Others, at_most, equal, number, short};
use crate::{
    chain::Log,
    model::{Violation, less, only, registry::Outcome, share},
};

impl Market {
    /// How tasks end.
    pub(super) fn observe_end(
        &mut self,
        log: Log<'_>,
        now: u64,
        others: Others<'_>,
    ) -> Result<(), Violation> {
        use Status::{
            Assigned, Cancelled, Disputed, Expired, Failed, Finalized, Open, Rejected, Resolved,
            Submitted, Verified,
        };
        match log.signature() {
            TaskCancelled::SIGNATURE_HASH => {
                let event = log.read::<TaskCancelled>()?;
                let task = self.step(event.taskId, &[Open], Cancelled)?;
                only(log, task.client)?;
            }
            TaskExpired::SIGNATURE_HASH => {
                let event = log.read::<TaskExpired>()?;
                let task = self.step(event.taskId, &[Open], Expired)?;
                let over = now >= task.deadline;
                equal(event.taskId.saturating_to(), "end", over.into(), 1)?;
            }
            PaymentFinalized::SIGNATURE_HASH => {
                let event = log.read::<PaymentFinalized>()?;
                self.step(event.taskId, &[Submitted, Verified], Finalized)?;
                let paid = Some((number(event.payment), number(event.fee)));
                self.settle(event.taskId, 10_000, paid, 0, others)?;
            }
            TaskFailed::SIGNATURE_HASH => {
                let event = log.read::<TaskFailed>()?;
                let task = self.step(event.taskId, &[Assigned, Rejected], Failed)?;
                let (held, version) = (task.held, task.version);
                let slash_bps = self.parameters[version as usize - 1].slashBps;
                let slashed = number(event.slashed);
                let id = event.taskId.saturating_to();
                equal(id, "slash", slashed, share(held, slash_bps))?;
                self.settle(event.taskId, 0, None, slashed, others)?;
            }
            DisputeResolved::SIGNATURE_HASH => {
                let event = log.read::<DisputeResolved>()?;
                let id: u64 = event.taskId.saturating_to();
                let exit = self.task(id).map_or(0, |task| self.exit_time(task));
                let task = self.step(event.taskId, &[Disputed], Resolved)?;
                let (payment, fee) = (number(event.payment), number(event.fee));
                let slashed = number(event.slashed);
                let half = share(task.price, 5_000);
                if slashed > 0 || payment + fee != half || now < exit {
                    only(log, others.owner)?;
                }
                at_most(id, "share of the price", payment + fee, task.price)?;
                at_most(id, "slash", slashed, task.held)?;
                task.awarded = payment + fee;
                let bps = match others.registry.outcome_of(task.provider, task.price) {
                    None => 5_000,
                    Some(success) => 10_000 * u16::from(success),
                };
                self.settle(event.taskId, bps, Some((payment, fee)), slashed, others)?;
            }
            DisputeBondSettled::SIGNATURE_HASH => {
                let event = log.read::<DisputeBondSettled>()?;
                let bond = number(event.bond);
                self.settle_dispute_bond(event.taskId.saturating_to(), bond, event.lost)?;
            }
            VerifierPaid::SIGNATURE_HASH => {
                let event = log.read::<VerifierPaid>()?;
                let verifier = self.judge(event.taskId)?;
                only(log, verifier)?;
                let task = self.touch(event.taskId, "verifier's fee")?;
                let (id, fee) = (event.taskId.saturating_to(), number(event.fee));
                equal(id, "verifier's fee", fee, task.verifier_fee)?;
                task.budget = less(verifier, "budget", task.budget, fee)?;
                task.verifier_fee = 0;
            }
            _ => {}
        }
        Ok(())
    }

    /// A task with a provider is over: of the price `bps` are the provider's, or it was split as arbitrated.
    fn settle(
        &mut self,
        id: U256,
        bps: u16,
        paid: Option<(u128, u128)>,
        slashed: u128,
        mut others: Others<'_>,
    ) -> Result<(), Violation> {
        let number = id;
        let id: u64 = id.saturating_to();
        let task = &self.tasks[id as usize - 1];
        let (price, provider, held) = (task.price, task.provider, task.held);
        let (payment, fee) = paid.unwrap_or_default();
        let part = payment + fee;
        equal(id, "fee", fee, share(part, self.parameters(task).feeBps))?;
        let outcome = Outcome {
            provider,
            value: price,
            success: bps > 5_000,
        };
        if task.status == Status::Finalized {
            others.registry.paid(number, outcome);
        } else if bps != 5_000 {
            others.registry.settled(outcome)?;
        }
        if task.status != Status::Resolved {
            equal(id, "payment", part, share(price, bps))?;
        }
        expect_slash(&mut others, id, provider, slashed)?;
        let card = self.touch_card(provider);
        card.held = short(provider, card, card.held, held)?;
        card.free += held - slashed;
        self.release(Bid {
            task: id,
            provider,
            sealed: false,
        })
    }

    /// The bond of a dispute that is over goes back, or, if whoever left it was wrong altogether, to the other side.
    fn settle_dispute_bond(&mut self, id: u64, bond: u128, lost: bool) -> Result<(), Violation> {
        let task = &mut self.tasks[id as usize - 1];
        let (provider, price, awarded) = (task.provider, task.price, task.awarded);
        let by_client = task.client_bond > 0;
        equal(id, "bond", bond, task.client_bond + task.provider_bond)?;
        let wrong = match by_client {
            true => awarded == price,
            false => awarded == 0,
        };
        // of a price of dust a share can be nothing, which does not make the provider wrong
        if lost && !wrong || !lost && wrong && price >= 10_000 {
            return Err(Violation::WrongTask {
                task: id,
                what: "loss of a bond",
                found: lost.into(),
                expected: wrong.into(),
            });
        }
        (task.client_bond, task.provider_bond) = (0, 0);
        if by_client {
            return Ok(());
        }
        let card = self.touch_card(provider);
        card.bonds = short(provider, card, card.bonds, bond)?;
        if lost {
            self.due_slashes.push((id, provider, bond)); // comes after this event
            return Ok(());
        }
        card.free += bond;
        Ok(())
    }
}

/// The vault must have slashed this provider by this much in the same transaction.
pub(super) fn expect_slash(
    others: &mut Others<'_>,
    task: u64,
    provider: u32,
    amount: u128,
) -> Result<(), Violation> {
    if amount == 0 {
        return Ok(());
    }
    let provider = others.registry.provider(provider);
    let owner = provider.map_or(Address::ZERO, |provider| provider.owner);
    let known = &mut others.vault.slashed;
    let Some(index) = known.iter().position(|slash| *slash == (owner, amount)) else {
        return equal(task, "slash in the vault", 0, amount);
    };
    known.swap_remove(index);
    Ok(())
}
