//! Holds the stakes of providers and clients.
//!
//! Stake is free, locked for the market, or unbonding. Only free stake can unbond, and unbonding takes longer than any task with
//! its dispute; until it is withdrawn, all of it can be slashed. A slash takes what is there and never fails for want of
//! more; whoever was injured is owed a share, the treasury gets one, the rest burns.
//!
//! The vault's token balance is never below the sum of all free, locked and unbonding stake and compensation. The token must
//! move exactly what it is asked to; a transfer in that brings less is refused.
//!
//! A pause stops stake from coming in. Unbonding, withdrawing, unlocking and slashing cannot be paused.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod account;
mod errors;
mod events;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use account::{Exit, Short, Split, Stake};
use alloy_primitives::{
    Address, B256, U256,
    aliases::{U16, U96},
};
use ogpu_common::{
    Ownable, Pausable, Upgradeable,
    amount::{self, MAX_AMOUNT, StorageTime, load_time, store_time, widen},
    initializable, ownable, pausable,
    token::{self, Permit},
};
use ogpu_rules::BPS;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap, StorageU16, StorageU96},
};

pub use errors::*;
pub use events::*;

/// The most that the injured may get of a slash, in basis points: never all, so that nobody gains by slashing oneself.
pub const MAX_INJURED_BPS: u16 = 8_000;

/// The most that the treasury may get of a slash, in basis points: those who decide on slashes should not live off them.
pub const MAX_TREASURY_BPS: u16 = 5_000;

/// The shortest unbonding period: one day, in seconds.
pub const MIN_UNBONDING: u64 = 24 * 60 * 60;

/// The longest unbonding period: a year, in seconds.
pub const MAX_UNBONDING: u64 = 365 * 24 * 60 * 60;

const INITIAL_INJURED_BPS: u16 = 5_000;
const INITIAL_TREASURY_BPS: u16 = 2_500;

/// The vault.
#[storage]
#[entrypoint]
pub struct StakingVault {
    /// Everybody's stake.
    accounts: StorageMap<Address, Account>,
    /// The contract that locks, unlocks and slashes.
    task_manager: StorageAddress,
    /// The injured's share of a slash, in basis points.
    injured_bps: StorageU16,
    /// The treasury's share of a slash, in basis points.
    treasury_bps: StorageU16,
    /// How long stake unbonds, in seconds.
    unbonding_period: StorageTime,
    /// The oGPU token.
    token: StorageAddress,
    /// Until when nothing comes in.
    paused_until: StorageTime,
    /// Where the treasury's share goes.
    treasury: StorageAddress,
    /// What of slashes has not been collected.
    slashes: Slashes,
}

/// One slot: slashed stake that is nobody's any more.
#[storage]
pub struct Slashes {
    /// The treasury's shares.
    to_treasury: StorageU96,
    /// What burns.
    to_burn: StorageU96,
    /// Set with the first slash for good: a slot that is never empty again is cheaper to write.
    used: StorageBool,
}

/// Two slots: a [`Stake`] and an [`Exit`].
#[storage]
pub struct Account {
    free: StorageU96,
    locked: StorageU96,
    unbonding: StorageU96,
    matures_at: StorageTime,
    compensation: StorageU96,
}

ogpu_common::proxied!(StakingVault);
ogpu_common::pausable!(StakingVault, paused_until);

#[public]
#[implements(Ownable, Upgradeable, Pausable)]
impl StakingVault {
    /// Makes the vault, once, through a new proxy. Of a slash, half goes to the injured and a quarter to the treasury until
    /// `setSlashSplit` says otherwise. The unbonding period is in seconds.
    ///
    /// # Errors
    /// `InvalidInitialization`, `UUPSUnauthorizedCallContext`, `OwnableInvalidOwner`, `ZeroAddress`, `InvalidUnbondingPeriod`.
    pub fn initialize(
        &mut self,
        owner: Address,
        token: Address,
        treasury: Address,
        unbonding_period: u64,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.token.set(amount::nonzero(token)?);
        self.replace_treasury(treasury)?;
        self.replace_slash_split(INITIAL_INJURED_BPS, INITIAL_TREASURY_BPS)?;
        self.replace_unbonding_period(unbonding_period)
    }

    /// Names the contract that may lock, unlock and slash. Owner only. Emits `TaskManagerChanged`.
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

    /// Names where the treasury's share of slashes goes. Owner only. Emits `TreasuryChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_treasury(treasury)
    }

    /// Sets who gets how much of later slashes, in basis points: at most [`MAX_INJURED_BPS`], [`MAX_TREASURY_BPS`], and 10,000
    /// together; the rest burns. Owner only. Emits `SlashSplitChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `InvalidSlashSplit`.
    pub fn set_slash_split(&mut self, injured_bps: u16, treasury_bps: u16) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_slash_split(injured_bps, treasury_bps)
    }

    /// Sets how long later requests unbond, in seconds: [`MIN_UNBONDING`] to [`MAX_UNBONDING`]. Owner only. Emits
    /// `UnbondingPeriodChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `InvalidUnbondingPeriod`.
    pub fn set_unbonding_period(&mut self, period: u64) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_unbonding_period(period)
    }

    /// Adds `amount`, which the caller has allowed the vault to take, to the caller's free stake. Emits `Staked`.
    ///
    /// # Errors
    /// `EnforcedPause`, `ZeroAmount`, `AmountTooLarge`, `TokenTookFee`, and what the token reverts with.
    pub fn stake(&mut self, amount: U256) -> Result<(), Error> {
        self.stake_from_caller(self.vm().msg_sender(), amount)
    }

    /// Adds `amount`, which the caller has allowed the vault to take, to another's free stake. Emits `Staked`.
    ///
    /// # Errors
    /// Those of `stake`, and `ZeroAddress`.
    pub fn stake_for(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        self.stake_from_caller(amount::nonzero(account)?, amount)
    }

    /// `stake`, after the caller's EIP-2612 permit for `amount` has been handed to the token. A permit that somebody else has
    /// handed in before does no harm.
    ///
    /// # Errors
    /// Those of `stake`.
    pub fn stake_with_permit(
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
        self.stake(amount)
    }

    /// Starts unbonding `amount` of the caller's free stake. What is unbonding already waits anew together with it. Emits
    /// `UnbondRequested`.
    ///
    /// # Errors
    /// `ZeroAmount`, `AmountTooLarge`, `InsufficientFreeStake`.
    pub fn request_unbond(&mut self, amount: U256) -> Result<(), Error> {
        let amount = amount::positive(amount)?;
        let account = self.vm().msg_sender();
        let matures_at = self.vm().block_timestamp() + load_time(&self.unbonding_period);
        let mut slots = self.accounts.setter(account);
        let (stake, exit) =
            account::request_unbond(slots.stake(), slots.exit(), amount, matures_at)
                .map_err(|short| short.of_free(account, amount))?;
        slots.set_stake(stake);
        slots.set_exit(exit);
        self.vm().log(UnbondRequested {
            account,
            amount: widen(amount),
            maturesAt: matures_at,
        });
        Ok(())
    }

    /// Makes `amount` of what the caller is unbonding free stake again. Emits `UnbondCancelled`.
    ///
    /// # Errors
    /// `ZeroAmount`, `AmountTooLarge`, `InsufficientUnbonding`.
    pub fn cancel_unbond(&mut self, amount: U256) -> Result<(), Error> {
        let amount = amount::positive(amount)?;
        let account = self.vm().msg_sender();
        let mut slots = self.accounts.setter(account);
        let (stake, exit) =
            account::cancel_unbond(slots.stake(), slots.exit(), amount).map_err(|short| {
                InsufficientUnbonding {
                    account,
                    available: widen(short.available),
                    requested: widen(amount),
                }
            })?;
        slots.set_stake(stake);
        slots.set_exit(exit);
        self.vm().log(UnbondCancelled {
            account,
            amount: widen(amount),
        });
        Ok(())
    }

    /// Sends the caller all that has unbonded. Emits `Withdrawn`.
    ///
    /// # Errors
    /// `NothingUnbonding`, `StillUnbonding`.
    pub fn withdraw_unbonded(&mut self) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let now = self.vm().block_timestamp();
        let mut slots = self.accounts.setter(account);
        let exit = slots.exit();
        if exit.unbonding == 0 {
            return Err(NothingUnbonding { account }.into());
        }
        if now < exit.matures_at {
            return Err(StillUnbonding {
                account,
                maturesAt: exit.matures_at,
            }
            .into());
        }
        slots.set_exit(Exit {
            unbonding: 0,
            matures_at: 0,
            ..exit
        });
        self.vm().log(Withdrawn {
            account,
            amount: widen(exit.unbonding),
        });
        self.send(account, exit.unbonding)
    }

    /// Sends the caller all that it is owed for having been injured. Emits `CompensationWithdrawn`.
    ///
    /// # Errors
    /// `NoCompensation`.
    pub fn withdraw_compensation(&mut self) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let mut slots = self.accounts.setter(account);
        let compensation = amount::load(&slots.compensation);
        if compensation == 0 {
            return Err(NoCompensation { account }.into());
        }
        slots.compensation.set(U96::ZERO);
        self.vm().log(CompensationWithdrawn {
            account,
            amount: widen(compensation),
        });
        self.send(account, compensation)
    }

    /// Locks free stake for the market. Task manager only. Emits `Locked`.
    ///
    /// # Errors
    /// `NotTaskManager`, `ZeroAmount`, `AmountTooLarge`, `InsufficientFreeStake`.
    pub fn lock(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        self.only_task_manager()?;
        let amount = amount::positive(amount)?;
        let mut slots = self.accounts.setter(account);
        let stake = slots
            .stake()
            .lock(amount)
            .map_err(|short| short.of_free(account, amount))?;
        slots.set_stake(stake);
        self.vm().log(Locked {
            account,
            amount: widen(amount),
        });
        Ok(())
    }

    /// Frees locked stake, at most what is left of it after slashes by the owner. Task manager only. Emits `Unlocked`.
    ///
    /// # Errors
    /// `NotTaskManager`, `ZeroAmount`, `AmountTooLarge`.
    pub fn unlock(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        self.only_task_manager()?;
        let amount = amount::positive(amount)?;
        let mut slots = self.accounts.setter(account);
        let before = slots.stake();
        let after = before.unlock(amount);
        slots.set_stake(after);
        self.vm().log(Unlocked {
            account,
            amount: widen(before.locked - after.locked),
        });
        Ok(())
    }

    /// Takes up to `amount` of an account's stake, and returns how much that was: for the task manager locked, then unbonding, then
    /// free stake; for the owner unbonding, then free stake, since what is locked is on the books of the task manager, where the
    /// owner slashes it. It is split between `injured`, the treasury and nobody; the injured's share burns if that is zero or the
    /// account itself. The injured withdraws its share, the rest waits for `collectSlashes`. Task manager or owner. Emits `Slashed`.
    ///
    /// # Errors
    /// `NotSlasher`, `ZeroAmount`, `AmountTooLarge`.
    pub fn slash(
        &mut self,
        account: Address,
        amount: U256,
        injured: Address,
    ) -> Result<U256, Error> {
        let caller = self.vm().msg_sender();
        let reach = if caller == self.task_manager.get() {
            MAX_AMOUNT
        } else if caller == ownable::owner(self.vm()) {
            0
        } else {
            return Err(NotSlasher { caller }.into());
        };
        let amount = amount::positive(amount)?;
        let mut slots = self.accounts.setter(account);
        let (stake, exit, taken) = account::slash(slots.stake(), slots.exit(), amount, reach);
        slots.set_stake(stake);
        slots.set_exit(exit);

        let injured_bps = if injured.is_zero() || injured == account {
            0
        } else {
            bps(&self.injured_bps)
        };
        let split = Split::of(taken, injured_bps, bps(&self.treasury_bps));
        if split.injured > 0 {
            let mut slots = self.accounts.setter(injured);
            let compensation = amount::sum(amount::load(&slots.compensation), split.injured)?;
            amount::store(&mut slots.compensation, compensation);
        }
        self.vm().log(Slashed {
            account,
            injured,
            taken: widen(taken),
            toInjured: widen(split.injured),
            toTreasury: widen(split.treasury),
            burned: widen(split.burned),
        });
        let (to_treasury, to_burn) = self.slashes.amounts();
        let to_treasury = amount::sum(to_treasury, split.treasury)?;
        let to_burn = amount::sum(to_burn, split.burned)?;
        self.slashes.put(to_treasury, to_burn);
        Ok(widen(taken))
    }

    /// Sends the treasury its shares of all slashes since the last time, and burns what is nobody's. A slash itself moves no token, so
    /// that neither the token nor the treasury can stand in its way. Anyone. Emits `SlashesCollected`.
    ///
    /// # Errors
    /// `ZeroAmount` if there is nothing, and what the token reverts with.
    pub fn collect_slashes(&mut self) -> Result<(), Error> {
        let (to_treasury, to_burn) = self.slashes.amounts();
        amount::positive(widen(to_treasury + to_burn))?;
        self.slashes.put(0, 0);
        let treasury = self.treasury.get();
        self.vm().log(SlashesCollected {
            treasury,
            toTreasury: widen(to_treasury),
            burned: widen(to_burn),
        });
        if to_treasury > 0 {
            self.send(treasury, to_treasury)?;
        }
        if to_burn > 0 {
            let (call, token) = (Call::new_mutating(self), self.token.get());
            token::burn(self.vm(), call, token, to_burn)?;
        }
        Ok(())
    }

    /// What of slashes waits for `collectSlashes`: the treasury's, and what burns.
    pub fn accrued_slashes(&self) -> (U256, U256) {
        let (to_treasury, to_burn) = self.slashes.amounts();
        (widen(to_treasury), widen(to_burn))
    }

    /// Everything about an account: free, locked and unbonding stake, when what is unbonding matures (seconds since 1970; 0 if
    /// nothing is), and the compensation it is owed.
    pub fn account_of(&self, account: Address) -> (U256, U256, U256, u64, U256) {
        let slots = self.accounts.getter(account);
        let (stake, exit) = (slots.stake(), slots.exit());
        (
            widen(stake.free),
            widen(stake.locked),
            widen(exit.unbonding),
            exit.matures_at,
            widen(exit.compensation),
        )
    }

    /// Free and locked stake of an account: what counts for tiers and requirements.
    pub fn total_stake_of(&self, account: Address) -> U256 {
        widen(self.accounts.getter(account).stake().total())
    }

    /// The tier of an account by its total stake, 0 to 4: see [`account::TIERS`].
    pub fn tier_of(&self, account: Address) -> u8 {
        account::tier(self.accounts.getter(account).stake().total())
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// The contract that locks, unlocks and slashes.
    pub fn task_manager(&self) -> Address {
        self.task_manager.get()
    }

    /// Where the treasury's share of slashes goes.
    pub fn treasury(&self) -> Address {
        self.treasury.get()
    }

    /// The injured's and the treasury's share of a slash, in basis points.
    pub fn slash_split(&self) -> (u16, u16) {
        (bps(&self.injured_bps), bps(&self.treasury_bps))
    }

    /// How long stake unbonds, in seconds.
    pub fn unbonding_period(&self) -> u64 {
        load_time(&self.unbonding_period)
    }
}

impl StakingVault {
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

    fn replace_slash_split(&mut self, injured_bps: u16, treasury_bps: u16) -> Result<(), Error> {
        if injured_bps > MAX_INJURED_BPS
            || treasury_bps > MAX_TREASURY_BPS
            || injured_bps + treasury_bps > BPS
        {
            return Err(InvalidSlashSplit {
                injuredBps: injured_bps,
                treasuryBps: treasury_bps,
                maxInjuredBps: MAX_INJURED_BPS,
                maxTreasuryBps: MAX_TREASURY_BPS,
            }
            .into());
        }
        self.injured_bps.set(U16::from_limbs([injured_bps.into()]));
        self.treasury_bps
            .set(U16::from_limbs([treasury_bps.into()]));
        self.vm().log(SlashSplitChanged {
            injuredBps: injured_bps,
            treasuryBps: treasury_bps,
        });
        Ok(())
    }

    fn replace_unbonding_period(&mut self, period: u64) -> Result<(), Error> {
        if !(MIN_UNBONDING..=MAX_UNBONDING).contains(&period) {
            return Err(InvalidUnbondingPeriod {
                period,
                minimum: MIN_UNBONDING,
                maximum: MAX_UNBONDING,
            }
            .into());
        }
        store_time(&mut self.unbonding_period, period);
        self.vm().log(UnbondingPeriodChanged { period });
        Ok(())
    }

    fn stake_from_caller(&mut self, account: Address, amount: U256) -> Result<(), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let amount = amount::positive(amount)?;
        let from = self.vm().msg_sender();
        let mut slots = self.accounts.setter(account);
        let free = amount::sum(amount::load(&slots.free), amount)?;
        amount::store(&mut slots.free, free);
        self.vm().log(Staked {
            account,
            from,
            amount: widen(amount),
        });
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::pull(self.vm(), call, token, from, amount)?)
    }

    /// Sends tokens out; call it last.
    fn send(&mut self, to: Address, amount: u128) -> Result<(), Error> {
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::push(self.vm(), call, token, to, amount)?)
    }
}

impl Slashes {
    fn amounts(&self) -> (u128, u128) {
        (amount::load(&self.to_treasury), amount::load(&self.to_burn))
    }

    fn put(&mut self, to_treasury: u128, to_burn: u128) {
        amount::store(&mut self.to_treasury, to_treasury);
        amount::store(&mut self.to_burn, to_burn);
        self.used.set(true);
    }
}

impl Account {
    fn stake(&self) -> Stake {
        Stake {
            free: amount::load(&self.free),
            locked: amount::load(&self.locked),
        }
    }

    fn exit(&self) -> Exit {
        Exit {
            unbonding: amount::load(&self.unbonding),
            matures_at: load_time(&self.matures_at),
            compensation: amount::load(&self.compensation),
        }
    }

    fn set_stake(&mut self, stake: Stake) {
        amount::store(&mut self.free, stake.free);
        amount::store(&mut self.locked, stake.locked);
    }

    fn set_exit(&mut self, exit: Exit) {
        amount::store(&mut self.unbonding, exit.unbonding);
        store_time(&mut self.matures_at, exit.matures_at);
        amount::store(&mut self.compensation, exit.compensation);
    }
}

impl Short {
    fn of_free(self, account: Address, requested: u128) -> InsufficientFreeStake {
        InsufficientFreeStake {
            account,
            available: widen(self.available),
            requested: widen(requested),
        }
    }
}

fn bps(field: &StorageU16) -> u16 {
    field.get().into_limbs()[0] as u16
}
