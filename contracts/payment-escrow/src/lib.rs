//! Holds every budget from the moment it is promised until the task is settled.
//!
//! Money comes in by [`deposit`](PaymentEscrow::deposit) or when a task is locked, and stands on internal balances otherwise: a
//! settlement credits balances and calls nobody, so no recipient can block another's payment. What is locked for a task
//! leaves it once: payment + fee + refund = lock.
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

mod errors;
mod events;
mod settlement;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    Ownable, Pausable, Upgradeable,
    amount::{self, StorageTime, widen},
    initializable, ownable, pausable,
    token::{self, Permit},
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap, StorageU96},
};

pub use errors::*;
pub use events::*;
pub use settlement::Settlement;

/// The escrow.
#[storage]
#[entrypoint]
pub struct PaymentEscrow {
    /// Internal balances.
    accounts: StorageMap<Address, Account>,
    /// What is locked for tasks, by their ids.
    locks: StorageMap<U256, Lock>,
    /// The contract that locks and settles.
    task_manager: StorageAddress,
    /// Fees that have not been collected.
    accrued_fees: StorageU96,
    /// The oGPU token.
    token: StorageAddress,
    /// Until when nothing comes in.
    paused_until: StorageTime,
    /// Where fees go.
    treasury: StorageAddress,
}

/// One slot: an internal balance.
#[storage]
pub struct Account {
    balance: StorageU96,
    /// Stays set once the account has had a balance, so that the slot never becomes empty and later credits are cheap.
    opened: StorageBool,
}

/// One slot: what is locked for a task; empty before and after.
#[storage]
pub struct Lock {
    payer: StorageAddress,
    amount: StorageU96,
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
        let previous = self.task_manager.get();
        self.task_manager.set(amount::nonzero(task_manager)?);
        self.vm().log(TaskManagerChanged {
            previousTaskManager: previous,
            newTaskManager: task_manager,
        });
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
        let mut slot = self.accounts.setter(account);
        let balance = amount::load(&slot.balance);
        if amount > balance {
            return Err(InsufficientBalance {
                account,
                available: widen(balance),
                requested: widen(amount),
            }
            .into());
        }
        amount::store(&mut slot.balance, balance - amount);
        self.vm().log(Withdrawn {
            account,
            to,
            amount: widen(amount),
        });
        self.send(to, amount)
    }

    /// Sends all fees to the treasury, and returns how much that was. Anyone. Emits `FeesCollected`.
    ///
    /// # Errors
    /// `ZeroAmount` if there are none.
    pub fn collect_fees(&mut self) -> Result<U256, Error> {
        let fees = amount::positive(self.accrued_fees())?;
        let treasury = self.treasury.get();
        amount::store(&mut self.accrued_fees, 0);
        self.vm().log(FeesCollected {
            treasury,
            amount: widen(fees),
        });
        self.send(treasury, fees)?;
        Ok(widen(fees))
    }

    /// Locks `amount` of the payer's for a task: off the payer's balance as far as it goes, the rest by the payer's allowance.
    /// Task manager only, once a task. A pause stops what would come by allowance. Emits `Locked`.
    ///
    /// # Errors
    /// `NotTaskManager`, `ZeroAmount`, `AmountTooLarge`, `ZeroAddress`, `AlreadyLocked`, `EnforcedPause`, `TokenTookFee`, and what the
    /// token reverts with.
    pub fn lock(&mut self, task_id: U256, payer: Address, amount: U256) -> Result<(), Error> {
        self.only_task_manager()?;
        let amount = amount::positive(amount)?;
        amount::nonzero(payer)?;
        let mut lock = self.locks.setter(task_id);
        if !lock.payer.get().is_zero() {
            return Err(AlreadyLocked { taskId: task_id }.into());
        }
        lock.payer.set(payer);
        amount::store(&mut lock.amount, amount);

        let mut account = self.accounts.setter(payer);
        let balance = amount::load(&account.balance);
        let from_balance = amount.min(balance);
        if from_balance > 0 {
            amount::store(&mut account.balance, balance - from_balance);
        }
        self.vm().log(Locked {
            taskId: task_id,
            payer,
            amount: widen(amount),
            fromBalance: widen(from_balance),
        });
        if amount > from_balance {
            self.receive(payer, amount - from_balance)?;
        }
        Ok(())
    }

    /// Pays out what is locked for a task: `payment` to the provider's balance, `fee` to the fees, the rest back to the payer's
    /// balance. Task manager only, once a task. Emits `Settled`.
    ///
    /// # Errors
    /// `NotTaskManager`, `AmountTooLarge`, `NotLocked`, `SettlementExceedsLock`, and `ZeroAddress` if there is a payment and no provider.
    pub fn settle(
        &mut self,
        task_id: U256,
        provider: Address,
        payment: U256,
        fee: U256,
    ) -> Result<(), Error> {
        self.only_task_manager()?;
        let (payment, fee) = (amount::checked(payment)?, amount::checked(fee)?);
        let mut lock = self.locks.setter(task_id);
        let payer = lock.payer.get();
        if payer.is_zero() {
            return Err(NotLocked { taskId: task_id }.into());
        }
        let locked = amount::load(&lock.amount);
        let Some(Settlement {
            payment,
            fee,
            refund,
        }) = Settlement::of(locked, payment, fee)
        else {
            return Err(SettlementExceedsLock {
                taskId: task_id,
                locked: widen(locked),
                payment: widen(payment),
                fee: widen(fee),
            }
            .into());
        };
        lock.payer.set(Address::ZERO);
        amount::store(&mut lock.amount, 0);
        if payment > 0 {
            self.credit(amount::nonzero(provider)?, payment)?;
        }
        if refund > 0 {
            self.credit(payer, refund)?;
        }
        if fee > 0 {
            let fees = amount::sum(amount::load(&self.accrued_fees), fee)?;
            amount::store(&mut self.accrued_fees, fees);
        }
        self.vm().log(Settled {
            taskId: task_id,
            provider,
            payment: widen(payment),
            fee: widen(fee),
            refund: widen(refund),
        });
        Ok(())
    }

    /// The internal balance of an account.
    pub fn balance_of(&self, account: Address) -> U256 {
        widen(amount::load(&self.accounts.getter(account).balance))
    }

    /// Who paid for a task, and how much is locked for it; zeros if nothing is.
    pub fn lock_of(&self, task_id: U256) -> (Address, U256) {
        let lock = self.locks.getter(task_id);
        (lock.payer.get(), widen(amount::load(&lock.amount)))
    }

    /// Fees that have not been collected.
    pub fn accrued_fees(&self) -> U256 {
        widen(amount::load(&self.accrued_fees))
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// The contract that locks and settles.
    pub fn task_manager(&self) -> Address {
        self.task_manager.get()
    }

    /// Where fees go.
    pub fn treasury(&self) -> Address {
        self.treasury.get()
    }
}

impl PaymentEscrow {
    fn only_task_manager(&self) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller == self.task_manager.get() {
            Ok(())
        } else {
            Err(NotTaskManager { caller }.into())
        }
    }

    fn replace_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        let previous = self.treasury.get();
        self.treasury.set(amount::nonzero(treasury)?);
        self.vm().log(TreasuryChanged {
            previousTreasury: previous,
            newTreasury: treasury,
        });
        Ok(())
    }

    fn deposit_from_caller(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        let amount = amount::positive(amount)?;
        let from = self.vm().msg_sender();
        self.credit(account, amount)?;
        self.vm().log(Deposited {
            account,
            from,
            amount: widen(amount),
        });
        self.receive(from, amount)
    }

    fn credit(&mut self, account: Address, amount: u128) -> Result<(), Error> {
        let mut account = self.accounts.setter(account);
        let balance = amount::sum(amount::load(&account.balance), amount)?;
        amount::store(&mut account.balance, balance);
        account.opened.set(true);
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
