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

/// The escrow's books.
#[derive(Clone, Debug, Default)]
pub struct Escrow {
    accounts: FxHashMap<Address, Account>,
    /// What is locked for a task or a lease, by whom: what it costs, and what the client leaves with a dispute.
    locks: FxHashMap<(u128, Address), u128>,
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

    /// What of somebody's is locked for a task, in wei.
    pub fn lock(&self, task: u128, payer: Address) -> u128 {
        self.locks.get(&(task, payer)).copied().unwrap_or_default()
    }

    /// Everybody who has ever had something.
    pub fn holders(&self) -> impl Iterator<Item = Address> + '_ {
        self.accounts.keys().copied()
    }

    /// A lock passes from a task to the one that it was opened anew as.
    pub fn reopened(&mut self, old: u64, new: u64, payer: Address) {
        if let Some(amount) = self.locks.remove(&(old.into(), payer)) {
            self.locks.insert((new.into(), payer), amount);
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
        let (task, payer) = (number(event.taskId), event.payer);
        let (amount, from_balance) = (number(event.amount), number(event.fromBalance));
        let slot = self.touch(payer);
        slot.balance = less(payer, "escrow balance", slot.balance, from_balance)?;
        slot.locked += amount;
        self.owed += less(payer, "lock", amount, from_balance)?;
        *self.locks.entry((task, payer)).or_default() += amount;
        Ok(())
    }

    fn settled(&mut self, event: Settled) -> Result<(), Violation> {
        let (task, payer) = (number(event.taskId), event.payer);
        let (payment, fee, refund) = (
            number(event.payment),
            number(event.fee),
            number(event.refund),
        );
        let amount = payment + fee + refund;
        let locked = self.lock(task, payer);
        match locked.checked_sub(amount) {
            Some(0) => self.locks.remove(&(task, payer)),
            Some(left) => self.locks.insert((task, payer), left),
            None => {
                return Err(Violation::PaidWithoutLock {
                    task,
                    payer,
                    amount,
                    locked,
                });
            }
        };
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

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        self.touched.clear();
    }

    /// What this holds beyond what it owes was given to it.
    pub fn absorb(&mut self, held: u128) {
        self.surplus = held.saturating_sub(self.owed);
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
        for (&(_, payer), amount) in &self.locks {
            *locked.entry(payer).or_default() += amount;
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
