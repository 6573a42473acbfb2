//! Calls to the escrow, the vault and the registry.
//!
//! All that goes there and comes back is words, so one function serves every call, where the bindings of `sol_interface!` would bring
//! an encoder and a decoder for each; the tests compare every call with the siblings' interfaces. Words of this contract are written
//! before, and re-read after, as with any call.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use ogpu_common::{UnexpectedAnswer, amount::widen};
use ogpu_rules::score;
use stylus_sdk::{call, function_selector, prelude::*};

use crate::{
    TaskManager,
    errors::{Error, encode},
    events::word,
    router::Args,
};

impl TaskManager {
    /// The escrow locks a budget.
    pub(crate) fn lock_budget(
        &mut self,
        task_id: &U256,
        client: Address,
        budget: &U256,
    ) -> Result<(), Error> {
        let selector = function_selector!("lock", U256, Address, U256);
        self.ask(
            self.escrow.get(),
            selector,
            &[task_id, &word(client), budget],
            0,
        )
        .map(drop)
    }

    /// The escrow pays out a client's budget: payment and fee, and what is neither goes back to the client.
    pub(crate) fn settle_budget(
        &mut self,
        task_id: &U256,
        client: Address,
        budget: u128,
        provider: Address,
        (payment, fee): (&U256, &U256),
    ) -> Result<(), Error> {
        let selector = function_selector!("settle", U256, Address, U256, Address, U256, U256);
        let words = [
            task_id,
            &word(client),
            &widen(budget),
            &word(provider),
            payment,
            fee,
        ];
        self.ask(self.escrow.get(), selector, &words, 0).map(drop)
    }

    /// The vault locks free stake, as collateral.
    pub(crate) fn lock_stake(&mut self, account: Address, amount: &U256) -> Result<(), Error> {
        let selector = function_selector!("lock", Address, U256);
        self.ask(self.vault.get(), selector, &[&word(account), amount], 0)
            .map(drop)
    }

    /// The vault makes locked stake free.
    pub(crate) fn unlock_stake(&mut self, account: Address, amount: &U256) -> Result<(), Error> {
        let selector = function_selector!("unlock", Address, U256);
        self.ask(self.vault.get(), selector, &[&word(account), amount], 0)
            .map(drop)
    }

    /// The vault slashes locked stake.
    pub(crate) fn slash(
        &mut self,
        account: Address,
        amount: &U256,
        injured: Address,
    ) -> Result<(), Error> {
        let selector = function_selector!("slash", Address, U256, Address);
        self.ask(
            self.vault.get(),
            selector,
            &[&word(account), amount, &word(injured)],
            1,
        )
        .map(drop)
    }

    /// What the vault holds for an account.
    pub(crate) fn stake_of(&mut self, account: Address) -> Result<U256, Error> {
        let selector = function_selector!("totalStakeOf", Address);
        let answer = self.ask(self.vault.get(), selector, &[&word(account)], 1)?;
        Ok(Args(&answer).word(0))
    }

    /// The registry records how a task of this value ended, and says the provider's score.
    pub(crate) fn record_outcome(
        &mut self,
        provider_id: &U256,
        value: &U256,
        success: bool,
    ) -> Result<u16, Error> {
        let selector = function_selector!("recordOutcome", U256, U256, bool);
        let success = U256::from_limbs([success as u64, 0, 0, 0]);
        let answer = self.ask(
            self.registry.get(),
            selector,
            &[provider_id, value, &success],
            1,
        )?;
        Ok(trust(&answer, 0))
    }

    /// A provider's owner and score, from the registry.
    pub(crate) fn standing(&mut self, provider_id: &U256) -> Result<(Address, u16), Error> {
        let selector = function_selector!("standingOf", U256);
        let answer = self.ask(self.registry.get(), selector, &[provider_id], 2)?;
        let owner = Args(&answer)
            .address(0)
            .ok_or_else(|| Error::of::<UnexpectedAnswer>(&[]))?;
        Ok((owner, trust(&answer, 1)))
    }

    /// Calls a sibling, which answers with so many words.
    #[inline(never)]
    fn ask(
        &mut self,
        to: Address,
        selector: [u8; 4],
        words: &[&U256],
        answers: usize,
    ) -> Result<Vec<u8>, Error> {
        let data = encode(selector, words);
        let context = Call::new_mutating(self);
        let answer = call::call(self.vm(), context, to, &data)?;
        if answer.len() == 32 * answers {
            Ok(answer)
        } else {
            Err(Error::of::<UnexpectedAnswer>(&[]))
        }
    }
}

/// A score as cards hold it.
fn trust(answer: &[u8], place: usize) -> u16 {
    Args(answer)
        .small(place, 16)
        .map_or(score::MAX, |score| (score as u16).min(score::MAX))
}
