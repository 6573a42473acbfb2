//! What comes after a result: disputes, opened with a bond, argued with evidence, settled by the owner, or by a default if the owner
//! is silent; and the record of how tasks ended.
//!
//! One of the programs behind the task manager's proxy: see [`market`]. Called directly, it finds an empty market.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use market::{Error, Market, abi::id, errors::*, events::*, store::Id};
use ogpu_common::{
    Text,
    amount::{self, widen},
    ownable, words,
};
use ogpu_rules::{BPS, Card, Party, RuleError, Status, TaskState, Verdict, settle::lost};
use stylus_sdk::prelude::*;

/// The disputes of the market.
#[storage]
#[entrypoint]
pub struct MarketDisputes {
    market: Market,
}

market::program!(MarketDisputes);

#[public]
impl MarketDisputes {
    /// Asks the owner to arbitrate, within the challenge window: the provider's owner against a rejection, the client against an
    /// acceptance. It leaves a bond (`disputeBond` of the parameters): the client out of its balance in the escrow or its allowance, the
    /// provider out of its collateral. Emits `DisputeOpened` and `DisputeBondHeld`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotProvider`], [`NotClient`], [`TooLate`], [`CollateralTooLow`], and what the escrow reverts
    /// with.
    pub fn open_dispute(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let caller = self.caller();
        let provider_id = id(state.winner());
        let card = Card::unpack(self.cards.get(Id(provider_id)));
        let by = if state.status() == Status::Verified {
            self.client(&task_id).party(caller)
        } else {
            card.party(caller)
        };
        let refused = |rule| self.refused(&task_id, &provider_id, rule);
        let hot = self.hot(state.version());
        let next = state.dispute(by, self.now(), state.window(&hot));
        let next = next.map_err(refused)?;
        let bond = self.cold(state.version()).dispute_bond;
        if by == Party::Provider {
            let card = card.debit(bond).map_err(refused)?;
            self.put_card(&provider_id, &card);
        }
        self.put_state(&task_id, &next);
        self.emit(
            &DisputeOpened::SIGNATURE_HASH,
            &[&task_id, &word(caller)],
            &[],
        );
        if bond == 0 {
            return Ok(());
        }
        self.emit(
            &DisputeBondHeld::SIGNATURE_HASH,
            &[&task_id, &word(caller)],
            &[&widen(bond)],
        );
        if by == Party::Client {
            self.lock_budget(task_id, caller, widen(bond))?;
        }
        Ok(())
    }

    /// Shows something to whoever arbitrates: the Keccak hash of what stands at `uri`. The client or the provider's owner, while the
    /// dispute runs. Emits `EvidenceSubmitted`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`NotParty`].
    pub fn submit_evidence(&mut self, task_id: U256, digest: B256, uri: Text) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        if state.status() != Status::Disputed {
            let rule = RuleError::WrongStatus(state.status());
            return Err(self.refused(&task_id, &U256::ZERO, rule));
        }
        let caller = self.caller();
        let provider = Card::unpack(self.cards.get(Id(id(state.winner())))).owner;
        if caller != self.client(&task_id).client && caller != provider {
            return Err(Error::of::<NotParty>(&[&task_id, &word(caller)]));
        }
        words::emit(
            self.vm(),
            &EvidenceSubmitted::SIGNATURE_HASH,
            &[&task_id, &word(caller)],
            &[&digest.into(), &id(32 * 2), &id(uri.0.len() as u32)],
            &uri.0,
        );
        Ok(())
    }

    /// Arbitrates: the provider gets `provider_bps` of the price and loses `slash_amount` of its collateral. Above half of the price
    /// it counts as a success, below as a failure. The side that opened the dispute gets its bond back, unless it was wrong altogether:
    /// a client loses it to the provider, if that gets its whole price; a provider to the client's side, as a slash, if it gets
    /// nothing. Owner only. Emits `DisputeResolved` and `DisputeBondSettled`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`OutOfRange`], [`SlashAboveCollateral`].
    pub fn resolve_dispute(
        &mut self,
        task_id: U256,
        provider_bps: u16,
        slash_amount: U256,
    ) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let slash = amount::checked(slash_amount)?;
        let next = self.state(&task_id)?.resolve(self.now());
        let next = next.map_err(|rule| self.refused(&task_id, &U256::ZERO, rule))?;
        let lost = next
            .disputant()
            .is_some_and(|side| lost(side, provider_bps));
        let verdict = Verdict::Split {
            provider_bps,
            slash,
        };
        self.end(task_id, next, verdict, lost)
    }

    /// Ends a dispute that the owner has not settled within the arbitration window: half of the price, no slash, the bond back. Anyone;
    /// `finalizePayment` does the same. Emits `DisputeResolved` and `DisputeBondSettled`.
    ///
    /// # Errors
    /// [`UnknownTask`], [`WrongStatus`], [`TooEarly`].
    pub fn resolve_by_default(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        let refused = |rule| self.refused(&task_id, &U256::ZERO, rule);
        if state.status() != Status::Disputed {
            return Err(refused(RuleError::WrongStatus(state.status())));
        }
        let window = self.cold(state.version()).arbitration_window;
        let (next, verdict) = state.finalize(self.now(), window).map_err(refused)?;
        self.end(task_id, next, verdict, false)
    }

    /// Has the registry record tasks that were paid as the successes they are, and puts the providers' new scores on their cards. The
    /// registry knows all that ended otherwise from the moment of its end; a success it hears of from whoever wants it to count, once
    /// a task. Tasks that cannot be recorded, as when somebody else has just done so, are passed over. Anyone. Emits
    /// `ProviderRefreshed` for each; returns how many were recorded.
    ///
    /// # Errors
    /// If none could be recorded, why the last could not: [`UnknownTask`], [`WrongStatus`], and what the registry reverts with.
    pub fn record_outcomes(&mut self, task_ids: Vec<U256>) -> Result<U256, Error> {
        let mut recorded = 0;
        let mut failed = Ok(U256::ZERO);
        for task_id in task_ids {
            match self.record(task_id) {
                Ok(()) => recorded += 1,
                Err(error) => failed = Err(error),
            }
        }
        if recorded == 0 {
            return failed;
        }
        Ok(id(recorded))
    }
}

impl MarketDisputes {
    /// Records that a task was paid.
    fn record(&mut self, task_id: U256) -> Result<(), Error> {
        let state = self.state(&task_id)?;
        if state.status() != Status::Finalized {
            let rule = RuleError::WrongStatus(state.status());
            return Err(self.refused(&task_id, &U256::ZERO, rule));
        }
        self.record_task(task_id, &state, BPS)
    }

    /// Ends a dispute, and settles its bond.
    fn end(
        &mut self,
        task_id: U256,
        next: TaskState,
        verdict: Verdict,
        lost: bool,
    ) -> Result<(), Error> {
        let bond = self.cold(next.version()).dispute_bond;
        self.settle(task_id, next, verdict)?;
        let Some(side) = next.disputant() else {
            return Ok(());
        };
        if bond == 0 {
            return Ok(());
        }
        let provider_id = id(next.winner());
        let card = Card::unpack(self.cards.get(Id(provider_id)));
        let client = self.client(&task_id).client;
        self.emit(
            &DisputeBondSettled::SIGNATURE_HASH,
            &[&task_id],
            &[&widen(bond), &id(lost.into())],
        );
        let (nothing, wei) = (U256::ZERO, widen(bond));
        match (side, lost) {
            (Party::Client, true) => {
                self.settle_budget(task_id, client, bond, card.owner, (wei, nothing))
            }
            (Party::Client, false) => {
                self.settle_budget(task_id, client, bond, client, (nothing, nothing))
            }
            (_, true) => self.slash(card.owner, wei, client),
            (_, false) => {
                self.put_card(&provider_id, &card.restore(bond));
                Ok(())
            }
        }
    }
}
