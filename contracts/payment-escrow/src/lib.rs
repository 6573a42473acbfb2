//! Holds every budget from the moment it is promised until the task is settled.
//!
//! Money comes in by [`deposit`](PaymentEscrow::deposit) or when a task is locked, and stands on internal balances otherwise: a
//! settlement credits balances and calls nobody, so no recipient can block another's payment. What leaves a lock is what went
//! into it: payment + fee + refund = amount.
//!
//! Locks are kept as one sum a payer, beside the payer's balance: a lock of its own for each task would be a further slot made
//! and cleared a task. So the task manager can move no more than what the payer has promised to tasks; that every task is
//! settled once, with the amount it was locked with, is the task manager's state machine, which ends a task before it settles.
//!
//! The escrow's token balance is never below the sum of all balances, locks and fees. The token must move exactly what it is
//! asked to; a transfer in that brings less is refused.
//!
//! A pause stops money from coming in. Settling and withdrawing cannot be paused.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own
#![allow(clippy::result_large_err)] // a call fails once, and its error names all the values

#[macro_use]
extern crate alloc;

mod account;
mod errors;
mod events;
mod market;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    Ownable, Pausable, Upgradeable,
    amount::{self, StorageTime, widen},
    initializable, key, ownable, pausable,
    token::{self, Permit},
    words,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageGuardMut, StorageMap},
};

pub use account::Account;
pub use errors::*;
pub use events::*;
pub use market::Market;

/// The escrow.
#[storage]
#[entrypoint]
pub struct PaymentEscrow {
    /// Balances and locks: one [`Account`] a slot.
    accounts: StorageMap<key::Account, StorageB256>,
    /// The task manager and the fees: a [`Market`].
    market: StorageB256,
    /// The oGPU token.
    token: StorageAddress,
    /// Until when nothing comes in.
    paused_until: StorageTime,
    /// Where fees go.
    treasury: StorageAddress,
}

ogpu_common::proxied!(PaymentEscrow);
ogpu_common::pausable!(PaymentEscrow, paused_until);

#[public]
#[implements(Ownable, Upgradeable, Pausable)]
impl PaymentEscrow {
    /// Makes the escrow, once, through a new proxy.
    ///
    /// # Errors
    /// `InvalidInitialization`, `UUPSUnauthorizedCallContext`, `OwnableInvalidOwner`, `ZeroAddress`.
    pub fn initialize(
        &mut self,
        owner: Address,
        token: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.token.set(amount::nonzero(token)?);
        self.replace_treasury(treasury)
    }

    /// Names the contract that may lock and settle. Owner only. Emits `TaskManagerChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_task_manager(&mut self, task_manager: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let before = self.market();
        let after = Market {
            task_manager: amount::nonzero(task_manager)?,
            ..before
        };
        self.market.set(after.pack());
        let managers = [before.task_manager, task_manager].map(words::address);
        self.emit::<TaskManagerChanged>(&managers.each_ref(), &[]);
        Ok(())
    }

    /// Names where fees go. Owner only. Emits `TreasuryChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_treasury(treasury)
    }

    /// Makes the caller's slot, if there is none: whoever expects payments pays for it, and its first payment costs its payer as
    /// little as any later one (5,000 gas for the slot, not 22,100). An account that is open stays as it is. Anyone, for itself.
    /// Emits `AccountOpened` if there was none.
    pub fn open_account(&mut self) {
        let account = self.vm().msg_sender();
        let mut slot = self.slot(account);
        if slot.get().is_zero() {
            slot.set(Account::default().pack());
            self.emit::<AccountOpened>(&[&words::address(account)], &[]);
        }
    }

    /// Puts `amount`, which the caller has allowed the escrow to take, on the caller's balance. Emits `Deposited`.
    ///
    /// # Errors
    /// `EnforcedPause`, `ZeroAmount`, `AmountTooLarge`, `TokenTookFee`, and what the token reverts with.
    pub fn deposit(&mut self, amount: U256) -> Result<(), Error> {
        self.deposit_from_caller(self.vm().msg_sender(), amount)
    }

    /// Puts `amount`, which the caller has allowed the escrow to take, on another's balance. Emits `Deposited`.
    ///
    /// # Errors
    /// Those of `deposit`, and `ZeroAddress`.
    pub fn deposit_for(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        self.deposit_from_caller(amount::nonzero(account)?, amount)
    }

    /// `deposit`, after the caller's EIP-2612 permit for `amount` has been handed to the token. A permit that somebody else has
    /// handed in before does no harm.
    ///
    /// # Errors
    /// Those of `deposit`.
    pub fn deposit_with_permit(
        &mut self,
        amount: U256,
        deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(), Error> {
        let (call, token) = (Call::new_mutating(self), self.token.get());
        token::permit(
            self.vm(),
            call,
            token,
            Permit {
                value: amount,
                deadline,
                v,
                r,
                s,
            },
        );
        self.deposit(amount)
    }

    /// Takes `amount` off the caller's balance and sends it there. Emits `Withdrawn`.
    ///
    /// # Errors
    /// `ZeroAmount`, `AmountTooLarge`, `InsufficientBalance`.
    pub fn withdraw(&mut self, amount: U256) -> Result<(), Error> {
        self.withdraw_to(self.vm().msg_sender(), amount)
    }

    /// Takes `amount` off the caller's balance and sends it to `to`. Emits `Withdrawn`.
    ///
    /// # Errors
    /// Those of `withdraw`, and `ZeroAddress`.
    pub fn withdraw_to(&mut self, to: Address, amount: U256) -> Result<(), Error> {
        let amount = amount::positive(amount)?;
        amount::nonzero(to)?;
        let account = self.vm().msg_sender();
        let mut slot = self.slot(account);
        let before = Account::unpack(slot.get());
        let Some(after) = before.debit(amount) else {
            return Err(InsufficientBalance {
                account,
                available: widen(before.balance),
                requested: widen(amount),
            }
            .into());
        };
        slot.set(after.pack());
        self.emit::<Withdrawn>(
            &[account, to].map(words::address).each_ref(),
            &[&widen(amount)],
        );
        self.send(to, amount)
    }

    /// Sends all fees to the treasury, and returns how much that was. Anyone. Emits `FeesCollected`.
    ///
    /// # Errors
    /// `ZeroAmount` if there are none.
    pub fn collect_fees(&mut self) -> Result<U256, Error> {
        let market = self.market();
        let (fees, treasury) = (widen(market.fees), self.treasury.get());
        amount::positive(fees)?;
        self.market.set(Market { fees: 0, ..market }.pack());
        self.emit::<FeesCollected>(&[&words::address(treasury)], &[&fees]);
        self.send(treasury, market.fees)?;
        Ok(fees)
    }

    /// Locks `amount` of the payer's for a task: off the payer's balance as far as it goes, the rest by the payer's allowance.
    /// Task manager only, once a task. A pause stops what would come by allowance. Emits `Locked`.
    ///
    /// # Errors
    /// `NotTaskManager`, `ZeroAmount`, `AmountTooLarge`, `ZeroAddress`, `EnforcedPause`, `TokenTookFee`, and what the token reverts
    /// with.
    pub fn lock(&mut self, task_id: U256, payer: Address, amount: U256) -> Result<(), Error> {
        self.only_task_manager()?;
        let amount = amount::positive(amount)?;
        amount::nonzero(payer)?;
        let mut slot = self.slot(payer);
        let (account, from_balance) = Account::unpack(slot.get()).lock(amount)?;
        slot.set(account.pack());
        self.emit::<Locked>(
            &[&task_id, &words::address(payer)],
            &[&widen(amount), &widen(from_balance)],
        );
        if amount > from_balance {
            self.receive(payer, amount - from_balance)?;
        }
        Ok(())
    }

    /// Pays out `amount`, which was locked for a task: `payment` to the provider's balance, `fee` to the fees, the rest back to the
    /// payer's balance. Payer and provider may be the same. Task manager only, once a task. Emits `Settled`.
    ///
    /// # Errors
    /// `NotTaskManager`, `ZeroAmount`, `AmountTooLarge`, `SettlementExceedsLock`, `LockTooLow` if the payer has less than `amount`
    /// locked, and `ZeroAddress` if there is a payment and no provider.
    pub fn settle(
        &mut self,
        task_id: U256,
        payer: Address,
        amount: U256,
        provider: Address,
        payment: U256,
        fee: U256,
    ) -> Result<(), Error> {
        let market = self.only_task_manager()?;
        let amount = amount::positive(amount)?;
        let (payment, fee) = (amount::checked(payment)?, amount::checked(fee)?);
        let Some(refund) = amount
            .checked_sub(payment)
            .and_then(|rest| rest.checked_sub(fee))
        else {
            return Err(SettlementExceedsLock {
                taskId: task_id,
                amount: widen(amount),
                payment: widen(payment),
                fee: widen(fee),
            }
            .into());
        };
        // A payer who is the provider has one slot, which is read and written once like any other.
        let (returned, paid) = if provider == payer {
            (refund + payment, 0)
        } else {
            (refund, payment)
        };
        let mut slot = self.slot(payer);
        let before = Account::unpack(slot.get());
        let Some(after) = before.unlock(amount) else {
            return Err(LockTooLow {
                payer,
                locked: widen(before.locked),
                amount: widen(amount),
            }
            .into());
        };
        slot.set(after.credit(returned)?.pack());
        if paid > 0 {
            self.credit(amount::nonzero(provider)?, paid)?;
        }
        if fee > 0 {
            self.market.set(market.charge(fee)?.pack());
        }
        self.emit::<Settled>(
            &[&task_id, &words::address(provider)],
            &[
                &words::address(payer),
                &widen(payment),
                &widen(fee),
                &widen(refund),
            ],
        );
        Ok(())
    }

    /// The internal balance of an account.
    pub fn balance_of(&self, account: Address) -> U256 {
        widen(self.account(account).balance)
    }

    /// What an account has locked for tasks that are not settled.
    pub fn locked_of(&self, account: Address) -> U256 {
        widen(self.account(account).locked)
    }

    /// Fees that have not been collected.
    pub fn accrued_fees(&self) -> U256 {
        widen(self.market().fees)
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// The contract that locks and settles.
    pub fn task_manager(&self) -> Address {
        self.market().task_manager
    }

    /// Where fees go.
    pub fn treasury(&self) -> Address {
        self.treasury.get()
    }
}

impl PaymentEscrow {
    fn market(&self) -> Market {
        Market::unpack(self.market.get())
    }

    fn only_task_manager(&self) -> Result<Market, Error> {
        let (caller, market) = (self.vm().msg_sender(), self.market());
        if caller == market.task_manager {
            Ok(market)
        } else {
            Err(NotTaskManager { caller }.into())
        }
    }

    fn replace_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        let previous = self.treasury.get();
        self.treasury.set(amount::nonzero(treasury)?);
        self.emit::<TreasuryChanged>(&[previous, treasury].map(words::address).each_ref(), &[]);
        Ok(())
    }

    fn deposit_from_caller(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        let amount = amount::positive(amount)?;
        let from = self.vm().msg_sender();
        self.credit(account, amount)?;
        self.emit::<Deposited>(
            &[account, from].map(words::address).each_ref(),
            &[&widen(amount)],
        );
        self.receive(from, amount)
    }

    #[inline(never)]
    fn slot(&mut self, account: Address) -> StorageGuardMut<'_, StorageB256> {
        self.accounts.setter(key::Account(account))
    }

    fn account(&self, account: Address) -> Account {
        Account::unpack(self.accounts.getter(key::Account(account)).get())
    }

    fn credit(&mut self, account: Address, amount: u128) -> Result<(), Error> {
        let mut slot = self.slot(account);
        let after = Account::unpack(slot.get()).credit(amount)?;
        slot.set(after.pack());
        Ok(())
    }

    /// Takes tokens in; call it last.
    fn receive(&mut self, from: Address, amount: u128) -> Result<(), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::pull(self.vm(), call, token, from, amount)?)
    }

    /// Sends tokens out; call it last.
    fn send(&mut self, to: Address, amount: u128) -> Result<(), Error> {
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::push(self.vm(), call, token, to, amount)?)
    }
}
