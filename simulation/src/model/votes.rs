//! Who holds what, who may move it, and who votes with it, as the token's events tell.

use std::collections::VecDeque;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ogpu_token::events::{Approval, DelegateChanged, DelegateVotesChanged, Transfer};
use rustc_hash::FxHashMap;

use super::{Violation, less};
use crate::{
    chain::{Chain, Log},
    world::{System, TOKEN, ask},
};

/// How many answers about the past are kept, to be asked for again.
const MEMORIES: usize = 64;

/// Somebody's votes at a time that is over.
#[derive(Clone, Copy, Debug)]
struct Memory {
    account: Address,
    timepoint: u64,
    votes: u128,
}

/// The token's books.
#[derive(Clone, Debug, Default)]
pub struct Votes {
    balances: FxHashMap<Address, u128>,
    allowances: FxHashMap<(Address, Address), U256>,
    delegates: FxHashMap<Address, Address>,
    votes: FxHashMap<Address, u128>,
    supply: u128,
    touched: Vec<Address>,
    memories: VecDeque<Memory>,
}

impl Votes {
    /// What somebody holds, in wei.
    pub fn balance(&self, account: Address) -> u128 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// Enters an event of the token. If it was a transfer: from, to, how much.
    pub fn observe(&mut self, log: Log<'_>) -> Result<Option<(Address, Address, u128)>, Violation> {
        match log.signature() {
            Transfer::SIGNATURE_HASH => {
                let Transfer { from, to, value } = log.read()?;
                if let Some(caller) = log.caller
                    && !from.is_zero()
                    && caller != from
                {
                    self.spend_allowance(log, caller, from, value)?;
                }
                let value = number(value);
                self.transferred(from, to, value)?;
                return Ok(Some((from, to, value)));
            }
            Approval::SIGNATURE_HASH => {
                let event = log.read::<Approval>()?;
                self.allowances
                    .insert((event.owner, event.spender), event.value);
            }
            DelegateChanged::SIGNATURE_HASH => {
                let event = log.read::<DelegateChanged>()?;
                let holder = event.delegator;
                let before = self.delegate(holder).unwrap_or_default();
                if before != event.fromDelegate {
                    return Err(Violation::Unauthorized {
                        contract: TOKEN,
                        caller: event.fromDelegate,
                        allowed: before,
                        event: log.signature(),
                    });
                }
                let balance = self.balance(holder);
                self.lose(before, balance)?;
                self.delegates.insert(holder, event.toDelegate);
                self.gain(event.toDelegate, balance);
                self.touch(holder);
            }
            DelegateVotesChanged::SIGNATURE_HASH => {
                let event = log.read::<DelegateVotesChanged>()?;
                self.touch(event.delegate);
            }
            _ => {}
        }
        Ok(None)
    }

    fn spend_allowance(
        &mut self,
        log: Log<'_>,
        caller: Address,
        owner: Address,
        value: U256,
    ) -> Result<(), Violation> {
        let allowance = self.allowances.entry((owner, caller)).or_default();
        match allowance.checked_sub(value) {
            None => Err(Violation::Unauthorized {
                contract: TOKEN,
                caller,
                allowed: owner,
                event: log.signature(),
            }),
            Some(_) if *allowance == U256::MAX => Ok(()),
            Some(left) => {
                *allowance = left;
                Ok(())
            }
        }
    }

    fn transferred(&mut self, from: Address, to: Address, value: u128) -> Result<(), Violation> {
        if from.is_zero() {
            self.supply += value;
        } else {
            let held = self.balance(from);
            self.balances
                .insert(from, less(from, "tokens", held, value)?);
            self.touch(from);
            if let Some(delegate) = self.delegate(from) {
                self.lose(delegate, value)?;
            }
        }
        if to.is_zero() {
            self.supply = less(TOKEN, "supply", self.supply, value)?;
        } else {
            *self.balances.entry(to).or_default() += value;
            self.touch(to);
            if let Some(delegate) = self.delegate(to) {
                self.gain(delegate, value);
            }
        }
        Ok(())
    }

    fn delegate(&self, holder: Address) -> Option<Address> {
        self.delegates.get(&holder).copied()
    }

    fn lose(&mut self, delegate: Address, amount: u128) -> Result<(), Violation> {
        if !delegate.is_zero() {
            let votes = self.votes.entry(delegate).or_default();
            *votes = less(delegate, "votes", *votes, amount)?;
            self.touch(delegate);
        }
        Ok(())
    }

    fn gain(&mut self, delegate: Address, amount: u128) {
        if !delegate.is_zero() {
            *self.votes.entry(delegate).or_default() += amount;
            self.touch(delegate);
        }
    }

    fn touch(&mut self, account: Address) {
        if !self.touched.contains(&account) {
            self.touched.push(account);
        }
    }

    /// Keeps in mind what somebody has now, at a reading of the clock that is about to be over.
    pub fn remember(&mut self, account: Address, timepoint: u64) {
        if self.memories.len() == MEMORIES {
            self.memories.pop_front();
        }
        let votes = self.votes.get(&account).copied().unwrap_or_default();
        self.memories.push_back(Memory {
            account,
            timepoint,
            votes,
        });
    }

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        self.touched.clear();
    }

    /// Compares the books with the contract: what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let mut touched = std::mem::take(&mut self.touched);
        for account in touched.drain(..) {
            self.verify_account(chain, account)?;
        }
        self.touched = touched;
        Ok(())
    }

    /// Compares everything, every sum with its parts, and the past with what it was.
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let delegated = self.delegates.iter().filter(|(_, to)| !to.is_zero());
        let delegated: u128 = delegated.map(|(holder, _)| self.balance(*holder)).sum();
        let mut votes = 0;
        for &account in self.votes.keys() {
            votes += number(ask(chain, TOKEN, System::getVotesCall { account })?);
        }
        equal(TOKEN, "all delegated votes", votes, delegated)?;
        for &account in self.balances.keys() {
            self.verify_account(chain, account)?;
        }
        let held = self.balances.values().sum();
        equal(TOKEN, "all that is held", held, self.supply)?;
        let supply = number(ask(chain, TOKEN, System::totalSupplyCall {})?);
        equal(TOKEN, "supply", supply, self.supply)?;
        for &Memory {
            account,
            timepoint,
            votes: expected,
        } in &self.memories
        {
            let question = System::getPastVotesCall {
                account,
                timepoint: U256::from(timepoint),
            };
            let found = number(ask(chain, TOKEN, question)?);
            if found != expected {
                return Err(Violation::WrongPast {
                    account,
                    timepoint,
                    found,
                    expected,
                });
            }
        }
        self.verify(chain)
    }

    fn verify_account(&self, chain: &mut Chain, account: Address) -> Result<(), Violation> {
        let found = number(ask(chain, TOKEN, System::balanceOfCall { account })?);
        equal(account, "tokens", found, self.balance(account))?;
        let found = number(ask(chain, TOKEN, System::getVotesCall { account })?);
        let expected = self.votes.get(&account).copied().unwrap_or_default();
        equal(account, "votes", found, expected)
    }
}

fn equal(
    account: Address,
    what: &'static str,
    found: u128,
    expected: u128,
) -> Result<(), Violation> {
    super::equal(TOKEN, account, what, found, expected)
}

fn number(word: U256) -> u128 {
    word.saturating_to()
}
