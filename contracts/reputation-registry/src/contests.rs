//! Contests: a bond against what one outcome has moved.
//!
//! Who contests does not say which way: the owner looks at the outcome, and either confirms it, which burns the bond, or reverses it,
//! which returns it. So it makes no difference which of the two parties came first, and nobody earns by confirming. The registry holds
//! as many tokens as the bonds of open contests add up to, or more.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount::{self, time, widen},
    key::Number,
    token, words,
};
use ogpu_rules::{Outcome, OutcomeSlot, outcome::Stage, score};
use stylus_sdk::prelude::*;

use crate::{
    ReputationRegistry,
    errors::{
        AlreadyContested, BondOutOfRange, ContestTermsNotSet, Error, NotContested, NotParty,
        NothingMoved, TokenIsFixed, TooEarly, TooLate,
    },
    events::{ChangeContested, ContestClosed, ContestTermsSet},
    small,
};

/// The highest bond: 1,000 oGPU. A contest must stay within reach of who has little to lose but a score.
pub const MAX_BOND: u128 = 1_000 * 1_000_000_000_000_000_000;

/// How a contest ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// The owner finds the change right: it stands, and the bond burns.
    Confirm,
    /// The owner finds the change wrong: what is left of it is undone, and the bond goes back.
    Reverse,
    /// The owner has said nothing: the change stands, and the bond goes back.
    Lapse,
}

impl ReputationRegistry {
    /// See [`ReputationRegistry::set_contest_terms`].
    pub(crate) fn replace_terms(&mut self, token: Address, bond: &U256) -> Result<(), Error> {
        let known = self.token.get();
        if !known.is_zero() && known != token {
            return Err(Error::of::<TokenIsFixed>(&[&words::address(known)]));
        }
        let wei = amount::checked(*bond)?;
        if wei == 0 || wei > MAX_BOND {
            return Err(Error::of::<BondOutOfRange>(&[
                bond,
                &U256::ONE,
                &widen(MAX_BOND),
            ]));
        }
        self.token.set(amount::nonzero(token)?);
        amount::store(&mut self.bond, wei);
        self.emit::<ContestTermsSet>(&[&words::address(token)], &[bond]);
        Ok(())
    }

    /// See [`ReputationRegistry::contest`].
    pub(crate) fn open_contest(&mut self, task_id: &U256) -> Result<(), Error> {
        let mut slot = self.outcome(task_id)?;
        let caller = self.vm().msg_sender();
        let (_, record) = self.record(&widen(slot.provider.into()))?;
        if caller != slot.client && caller != record.owner {
            return Err(Error::by::<NotParty>(task_id, caller));
        }
        if slot.moved == 0 {
            return Err(Error::of::<NothingMoved>(&[task_id]));
        }
        if slot.stage != Stage::Settled {
            return Err(Error::of::<AlreadyContested>(&[task_id]));
        }
        let until = slot.contest_ends();
        if self.vm().block_timestamp() >= until {
            return Err(Error::of::<TooLate>(&[task_id, &time(until)]));
        }
        let (token, bond) = (self.token.get(), amount::load(&self.bond));
        if token.is_zero() {
            return Err(Error::of::<ContestTermsNotSet>(&[]));
        }
        slot.stage = Stage::Contested;
        self.put_outcome(task_id, slot);
        let mut word = caller.into_word();
        word[..12].copy_from_slice(&bond.to_be_bytes()[4..]);
        self.contests.insert(Number(*task_id), word);
        self.emit::<ChangeContested>(&[task_id, &words::address(caller)], &[&widen(bond)]);
        let call = Call::new_mutating(self);
        Ok(token::pull(self.vm(), call, token, caller, bond)?)
    }

    /// Ends an open contest.
    pub(crate) fn end_contest(&mut self, task_id: &U256, ruling: Ruling) -> Result<(), Error> {
        let mut slot = self.outcome(task_id)?;
        if slot.stage != Stage::Contested {
            return Err(Error::of::<NotContested>(&[task_id]));
        }
        let (now, from) = (self.vm().block_timestamp(), slot.review_ends());
        match ruling {
            Ruling::Lapse if now < from => {
                return Err(Error::of::<TooEarly>(&[task_id, &time(from)]));
            }
            Ruling::Confirm | Ruling::Reverse if now >= from => {
                return Err(Error::of::<TooLate>(&[task_id, &time(from)]));
            }
            _ => {}
        }
        let reversed = ruling == Ruling::Reverse;
        let returned = ruling != Ruling::Confirm;
        let (contestant, bond) = self.contest_at(task_id);
        slot.stage = if reversed {
            Stage::Reversed
        } else {
            Stage::Confirmed
        };
        self.put_outcome(task_id, slot);
        self.contests.insert(Number(*task_id), B256::ZERO);
        let score = self.close_books(&slot, reversed, now)?;
        self.emit::<ContestClosed>(
            &[task_id, &words::address(contestant)],
            &[
                &small(reversed.into()),
                &small(returned.into()),
                &small(score),
            ],
        );
        let (call, token) = (Call::new_mutating(self), self.token.get());
        if returned {
            token::push(self.vm(), call, token, contestant, bond)?;
        } else {
            token::burn(self.vm(), call, token, bond)?;
        }
        Ok(())
    }

    /// Undoes what is left of a change, if it is `reversed`; the provider's score then.
    fn close_books(&mut self, slot: &OutcomeSlot, reversed: bool, now: u64) -> Result<u16, Error> {
        let (id, mut record) = self.record(&widen(slot.provider.into()))?;
        let score = record.score_at(now);
        if !reversed {
            return Ok(score);
        }
        if slot.counted {
            record = record.without_task(slot.outcome == Outcome::Success);
        }
        let age = now.saturating_sub(slot.recorded_at);
        let record = record.with_score(score::undone(score, slot.moved, age), now);
        self.records.insert(id, record.pack());
        Ok(record.score)
    }

    /// Who contests an outcome, and the bond; nobody and nothing, if no contest is open.
    pub(crate) fn contest_at(&self, task_id: &U256) -> (Address, u128) {
        let word = self.contests.get(Number(*task_id));
        let mut bond = [0; 16];
        bond[4..].copy_from_slice(&word[..12]);
        (Address::from_word(word), u128::from_be_bytes(bond))
    }
}
