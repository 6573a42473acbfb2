//! Circuit breakers, and the keeper that keeps programs alive. Nobody's hot path leads through here.
//!
//! **Breakers.** The owner names accounts to [`watch`](Watchdog::watch), and contracts to pause, whose guardian the watchdog is. Anyone
//! [`poke`](Watchdog::poke)s an account: if its balance has fallen by more than its limit within a [`window`], the new entries of
//! all contracts are paused. A guardian of flesh and blood [`pause`](Watchdog::pause)s by hand. How long, and how often, the paused
//! contracts bound themselves; only their owner lifts a pause early, and none of them can pause what lets money out.
//!
//! **Keeper.** Stylus programs expire a year after their activation. Anyone [`keep_alive`](Watchdog::keep_alive)s one, for the data fee
//! that ArbOS asks; what is left of the ether goes back. An expired program cannot be called at all, the watchdog's own
//! included: then ArbOS' `activateProgram` brings it back, which needs no contract of ours.
//!
//! The watchdog holds nothing: no tokens, and no ether after a call.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod errors;
mod events;
mod keeper;
#[cfg(test)]
mod tests;
mod watch;
pub mod window;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    Ownable, Upgradeable,
    amount::{self, StorageTime, load_time, store_time, widen},
    initializable, ownable,
    pausable::MAX_PAUSE,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageVec},
};

pub use errors::*;
pub use events::*;
use watch::Watch;

/// The shortest window: one hour, in seconds.
pub const MIN_WINDOW: u64 = 60 * 60;

/// The longest window: thirty days, in seconds.
pub const MAX_WINDOW: u64 = 30 * 24 * 60 * 60;

/// The shortest pause of a breaker: one hour, in seconds.
pub const MIN_PAUSE: u64 = 60 * 60;

/// How many contracts can be paused.
pub const MAX_TARGETS: usize = 8;

/// Gas that must be left for each contract that is to be paused: several times what that takes. With less, a caller could let the calls fail
/// and have the breaker think that it had tripped.
pub const PAUSE_GAS: u64 = 500_000;

/// The watchdog.
#[storage]
#[entrypoint]
pub struct Watchdog {
    /// The oGPU token.
    token: StorageAddress,
    /// How long a breaker that trips pauses, in seconds.
    pause_duration: StorageTime,
    /// Who pauses by hand.
    guardian: StorageAddress,
    /// What is paused.
    targets: StorageVec<StorageAddress>,
    /// What is watched.
    accounts: StorageVec<StorageAddress>,
    /// How each account does.
    watches: StorageMap<Address, Watch>,
}

ogpu_common::proxied!(Watchdog);

#[public]
#[implements(Ownable, Upgradeable)]
impl Watchdog {
    /// Makes the watchdog, once, through a new proxy: it pauses `targets`, for `pause_duration` seconds when a breaker trips; `guardian`, which
    /// may be zero, pauses by hand. Nothing is watched yet, and each target's owner must still name the watchdog as its guardian.
    /// Emits [`TargetsSet`], [`PauseDurationSet`], [`GuardianChanged`].
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`, `OwnableInvalidOwner`, `ZeroAddress`, [`TooManyTargets`],
    /// [`DurationOutOfRange`].
    pub fn initialize(
        &mut self,
        owner: Address,
        token: Address,
        guardian: Address,
        pause_duration: u64,
        targets: Vec<Address>,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.token.set(amount::nonzero(token)?);
        self.replace_guardian(guardian);
        self.replace_pause_duration(pause_duration)?;
        self.replace_targets(targets)
    }

    /// Changes who pauses by hand; zero for nobody. Owner only. Emits [`GuardianChanged`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`.
    pub fn set_guardian(&mut self, guardian: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_guardian(guardian);
        Ok(())
    }

    /// Changes how long a breaker that trips pauses, in seconds: [`MIN_PAUSE`] to seven days. Owner only. Emits [`PauseDurationSet`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`DurationOutOfRange`].
    pub fn set_pause_duration(&mut self, duration: u64) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_pause_duration(duration)
    }

    /// Changes which contracts are paused, at most [`MAX_TARGETS`]. Owner only. Emits [`TargetsSet`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`TooManyTargets`], `ZeroAddress`.
    pub fn set_targets(&mut self, targets: Vec<Address>) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_targets(targets)
    }

    /// Watches an account: within `window` seconds, [`MIN_WINDOW`] to [`MAX_WINDOW`], its token balance may fall by `limit` wei. For an
    /// account that is watched already, the limit counts at once and the window from the next one on. Owner only. Emits [`Watched`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`, `ZeroAmount`, `AmountTooLarge`, [`DurationOutOfRange`].
    pub fn watch(&mut self, account: Address, limit: U256, window: u64) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        amount::nonzero(account)?;
        let limit = amount::positive(limit)?;
        within(window, MIN_WINDOW, MAX_WINDOW)?;
        let mut watch = self.watches.setter(account);
        let mut state = watch.window();
        let new = state.limit == 0;
        (state.limit, state.length) = (limit, window);
        watch.set(state);
        if new {
            self.accounts.push(account);
        }
        self.vm().log(Watched {
            account,
            limit: widen(limit),
            window,
        });
        Ok(())
    }

    /// Watches an account no longer. Owner only. Emits [`Unwatched`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`NotWatched`].
    pub fn unwatch(&mut self, account: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.watched(account)?;
        self.watches.setter(account).set(Default::default());
        let mut left = list(&self.accounts);
        left.retain(|watched| *watched != account);
        replace(&mut self.accounts, &left);
        self.vm().log(Unwatched { account });
        Ok(())
    }

    /// Takes note of an account's balance, and returns whether that trips its breaker: then the new entries of all targets are paused for
    /// the configured time, unless they are for longer, and it does not trip again in this window. A target that cannot be paused keeps
    /// none of the others from it; if none can, the next poke tries again. Anyone; it pays nothing and moves nothing. Emits [`Tripped`], [`PauseFailed`].
    ///
    /// # Errors
    /// [`NotWatched`], [`TooLittleGas`], `AmountTooLarge`, and what the token reverts with.
    pub fn poke(&mut self, account: Address) -> Result<bool, Error> {
        let (mut state, balance) = self.observed(account)?;
        let tripped = state.exceeded(balance);
        if tripped {
            let now = self.vm().block_timestamp();
            let until = now + load_time(&self.pause_duration);
            let paused = self.pause_all(until)?;
            if paused > 0 {
                state = state.trip(balance, now);
            }
            self.vm().log(Tripped {
                account,
                peak: widen(state.peak),
                balance: widen(balance),
                limit: widen(state.limit),
                until,
                paused,
            });
        }
        self.watches.setter(account).set(state);
        Ok(tripped)
    }

    /// Pauses the new entries of all targets until a time (seconds since 1970), at most seven days away, and returns how many were. Each
    /// target lets its guardian do so once in thirty days; whoever pauses by hand uses up the breakers' pause. Guardian only. Emits
    /// [`PauseFailed`] for each that cannot be paused.
    ///
    /// # Errors
    /// [`NotGuardian`], [`TooLittleGas`], [`NothingPaused`].
    pub fn pause(&mut self, until: u64) -> Result<u8, Error> {
        let (caller, guardian) = (self.vm().msg_sender(), self.guardian.get());
        if caller != guardian {
            return Err(NotGuardian { caller, guardian }.into());
        }
        match self.pause_all(until)? {
            0 => Err(NothingPaused {}.into()),
            paused => Ok(paused),
        }
    }

    /// How an account does, as a poke would find it now: the balance with which the window began, how far the balance is below the highest
    /// one that was held since, the limit (wei), when the window ends (seconds since 1970; 0 before the first), and whether the
    /// breaker has tripped in it.
    ///
    /// # Errors
    /// [`NotWatched`], `AmountTooLarge`, and what the token reverts with.
    pub fn status_of(&self, account: Address) -> Result<(U256, U256, U256, u64, bool), Error> {
        let (state, balance) = self.observed(account)?;
        Ok((
            widen(state.start),
            widen(state.fall(balance)),
            widen(state.limit),
            state.ends,
            state.tripped,
        ))
    }

    /// Gives a program (an implementation; a proxy stands for the program of all proxies) another year, counted from now, for ArbOS' data fee,
    /// and returns that, in wei of ether; the rest of what was sent goes back. ArbOS refuses in the first 31 days. Anyone. Emits
    /// [`KeptAlive`].
    ///
    /// # Errors
    /// [`RefundFailed`], and what ArbOS reverts with.
    #[payable]
    pub fn keep_alive(&mut self, program: Address) -> Result<U256, Error> {
        let value = self.vm().msg_value();
        let fee = self.extend(program, value)?;
        self.refund(value - fee)?;
        Ok(fee)
    }

    /// [`keep_alive`](Self::keep_alive) for each program, leaving out those that ArbOS refuses; returns how many were extended and what that
    /// took, in wei of ether. The rest of what was sent goes back. Anyone. Emits [`KeptAlive`] or [`NotKeptAlive`] for each.
    ///
    /// # Errors
    /// [`RefundFailed`].
    #[payable]
    pub fn keep_alive_all(&mut self, programs: Vec<Address>) -> Result<(U256, U256), Error> {
        let value = self.vm().msg_value();
        let (mut extended, mut fees) = (0, U256::ZERO);
        for program in programs {
            match self.extend(program, value - fees) {
                Ok(fee) => {
                    extended += 1;
                    fees += fee;
                }
                Err(reason) => self.vm().log(NotKeptAlive {
                    program,
                    reason: Vec::from(reason).into(),
                }),
            }
        }
        self.refund(value - fees)?;
        Ok((widen(extended), fees))
    }

    /// How long a program can still be called, in seconds.
    ///
    /// # Errors
    /// What ArbOS reverts with: the program has expired, waits for a new Stylus version, or is none.
    pub fn time_left_of(&self, program: Address) -> Result<u64, Error> {
        self.time_left(program)
    }

    /// Passes if the code of `account` has this hash, which is keccak256 of the code. A proposal that calls this first, and a contract
    /// next, calls the code that was voted on or nothing: a batch that fails changes nothing.
    ///
    /// # Errors
    /// [`CodeDiffers`].
    pub fn require_code(&self, account: Address, code_hash: B256) -> Result<(), Error> {
        let present = self.vm().code_hash(account);
        if present == code_hash {
            return Ok(());
        }
        Err(CodeDiffers {
            account,
            present,
            required: code_hash,
        }
        .into())
    }

    /// Who pauses by hand; zero if nobody.
    pub fn guardian(&self) -> Address {
        self.guardian.get()
    }

    /// How long a breaker that trips pauses, in seconds.
    pub fn pause_duration(&self) -> u64 {
        load_time(&self.pause_duration)
    }

    /// What is paused.
    pub fn targets(&self) -> Vec<Address> {
        list(&self.targets)
    }

    /// What is watched.
    pub fn watched_accounts(&self) -> Vec<Address> {
        list(&self.accounts)
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }
}

impl Watchdog {
    fn replace_guardian(&mut self, guardian: Address) {
        let previous = self.guardian.get();
        self.guardian.set(guardian);
        self.vm().log(GuardianChanged {
            previousGuardian: previous,
            newGuardian: guardian,
        });
    }

    fn replace_pause_duration(&mut self, duration: u64) -> Result<(), Error> {
        within(duration, MIN_PAUSE, MAX_PAUSE)?;
        store_time(&mut self.pause_duration, duration);
        self.vm().log(PauseDurationSet { duration });
        Ok(())
    }

    fn replace_targets(&mut self, targets: Vec<Address>) -> Result<(), Error> {
        if targets.len() > MAX_TARGETS {
            return Err(TooManyTargets {
                count: widen(targets.len() as u128),
                maximum: widen(MAX_TARGETS as u128),
            }
            .into());
        }
        for target in &targets {
            amount::nonzero(*target)?;
        }
        replace(&mut self.targets, &targets);
        self.vm().log(TargetsSet { targets });
        Ok(())
    }
}

fn within(duration: u64, minimum: u64, maximum: u64) -> Result<(), Error> {
    if (minimum..=maximum).contains(&duration) {
        Ok(())
    } else {
        Err(DurationOutOfRange {
            duration,
            minimum,
            maximum,
        }
        .into())
    }
}

fn list(addresses: &StorageVec<StorageAddress>) -> Vec<Address> {
    (0..addresses.len())
        .filter_map(|index| addresses.get(index))
        .collect()
}

fn replace(list: &mut StorageVec<StorageAddress>, addresses: &[Address]) {
    list.erase();
    for address in addresses {
        list.push(*address);
    }
}
