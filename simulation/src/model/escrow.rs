//! What the escrow owes, as its events tell.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use payment_escrow::{Deposited, FeesCollected, Locked, Settled, Withdrawn};
use rustc_hash::FxHashMap;

use super::{Violation, balance, less};
use crate::{
    chain::{Chain, Log},
    world::{ESCROW, System, ask},
};

/// What somebody has in the escrow, in wei.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Theirs to withdraw.
    pub balance: u128,
    /// Promised to tasks.
    pub locked: u128,
}

/// What is locked for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Whose it was.
    pub payer: Address,
    /// How much has not been paid out, in wei.
    pub amount: u128,
}

/// The escrow's books.
#[derive(Clone, Debug, Default)]
pub struct Escrow {
    accounts: FxHashMap<Address, Account>,
    locks: FxHashMap<u64, Lock>,
    owed: u128,
    fees: u128,
    /// What came in without being deposited.
    pub surplus: u128,
    touched: Vec<Address>,
}

impl Escrow {
    /// What somebody has.
    pub fn account(&self, account: Address) -> Account {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    /// What is locked for a task.
    pub fn lock(&self, task: u64) -> Option<Lock> {
        self.locks.get(&task).copied()
    }

    /// Everybody who has ever had something.
    pub fn holders(&self) -> impl Iterator<Item = Address> + '_ {
        self.accounts.keys().copied()
    }

    /// A lock passes from a task to the one that it was opened anew as.
    pub fn reopened(&mut self, old: u64, new: u64) {
        if let Some(lock) = self.locks.remove(&old) {
            self.locks.insert(new, lock);
        }
    }

    /// Enters an event of the escrow.
    pub fn observe(&mut self, log: Log<'_>) -> Result<(), Violation> {
        match log.signature() {
            Deposited::SIGNATURE_HASH => {
                let Deposited {
                    account, amount, ..
                } = log.read()?;
                self.owed += number(amount);
                self.touch(account).balance += number(amount);
            }
            Withdrawn::SIGNATURE_HASH => {
                let Withdrawn {
                    account, amount, ..
                } = log.read()?;
                super::only(log, account)?;
                let amount = number(amount);
                let slot = self.touch(account);
                slot.balance = less(account, "escrow balance", slot.balance, amount)?;
                self.owed = less(ESCROW, "all that is owed", self.owed, amount)?;
            }
            Locked::SIGNATURE_HASH => {
                self.locked(log.read()?)?;
            }
            Settled::SIGNATURE_HASH => {
                self.settled(log.read()?)?;
            }
            FeesCollected::SIGNATURE_HASH => {
                let FeesCollected { amount, .. } = log.read()?;
                self.fees = less(ESCROW, "fees", self.fees, number(amount))?;
                self.owed = less(ESCROW, "all that is owed", self.owed, number(amount))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn locked(&mut self, event: Locked) -> Result<(), Violation> {
        let (task, payer) = (event.taskId.saturating_to(), event.payer);
        let (amount, from_balance) = (number(event.amount), number(event.fromBalance));
        let slot = self.touch(payer);
        slot.balance = less(payer, "escrow balance", slot.balance, from_balance)?;
        slot.locked += amount;
        self.owed += less(payer, "lock", amount, from_balance)?;
        match self.locks.insert(task, Lock { payer, amount }) {
            None => Ok(()),
            Some(_) => Err(Violation::LockedTwice { task }),
        }
    }

    fn settled(&mut self, event: Settled) -> Result<(), Violation> {
        let (task, payer): (u64, _) = (event.taskId.saturating_to(), event.payer);
        let (payment, fee, refund) = (
            number(event.payment),
            number(event.fee),
            number(event.refund),
        );
        let amount = payment + fee + refund;
        match self.locks.get_mut(&task) {
            Some(lock) if lock.payer == payer && lock.amount >= amount => {
                lock.amount -= amount;
                if lock.amount == 0 {
                    self.locks.remove(&task);
                }
            }
            other => {
                return Err(Violation::PaidWithoutLock {
                    task,
                    payer,
                    amount,
                    locked: other.map_or(0, |lock| lock.amount),
                });
            }
        }
        let slot = self.touch(payer);
        slot.locked = less(payer, "escrow lock", slot.locked, amount)?;
        slot.balance += refund;
        self.touch(event.provider).balance += payment;
        self.fees += fee;
        Ok(())
    }

    fn touch(&mut self, account: Address) -> &mut Account {
        if !self.touched.contains(&account) {
            self.touched.push(account);
        }
        self.accounts.entry(account).or_default()
    }

    /// Compares the books with the contract: what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let mut touched = std::mem::take(&mut self.touched);
        for account in touched.drain(..) {
            self.verify_account(chain, account)?;
        }
        self.touched = touched;
        let found = number(ask(chain, ESCROW, System::accruedFeesCall {})?);
        equal(ESCROW, "fees", found, self.fees)?;
        balance(chain, ESCROW, self.owed, self.surplus)
    }

    /// Compares everything, and every sum with its parts.
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let mut locked: FxHashMap<Address, u128> = FxHashMap::default();
        for lock in self.locks.values() {
            *locked.entry(lock.payer).or_default() += lock.amount;
        }
        let mut owed = self.fees;
        for (&account, slot) in &self.accounts {
            self.verify_account(chain, account)?;
            let tasks = locked.get(&account).copied().unwrap_or_default();
            equal(account, "budgets of open tasks", tasks, slot.locked)?;
            owed += slot.balance + slot.locked;
        }
        equal(ESCROW, "all that is owed", owed, self.owed)?;
        self.verify(chain)
    }

    fn verify_account(&self, chain: &mut Chain, account: Address) -> Result<(), Violation> {
        let Account {
            balance, locked, ..
        } = self.account(account);
        let found = number(ask(chain, ESCROW, System::balanceOfCall { account })?);
        equal(account, "balance", found, balance)?;
        let found = number(ask(chain, ESCROW, System::lockedOfCall { account })?);
        equal(account, "lock", found, locked)
    }
}

fn equal(
    account: Address,
    what: &'static str,
    found: u128,
    expected: u128,
) -> Result<(), Violation> {
    super::equal(ESCROW, account, what, found, expected)
}

fn number(word: U256) -> u128 {
    word.saturating_to()
}
