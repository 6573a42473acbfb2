//! Pausing new entries for a bounded time. Whatever lets money or stake out never asks.
//!
//! The end of a pause is a field of the contract, in a slot that its hot path reads anyway; the guardian stands in a namespace
//! of its own.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256, aliases::U40};
use alloy_sol_types::{SolEvent, sol};
use stylus_sdk::{host::VM, prelude::*, storage::StorageAddress};

use crate::{
    EnforcedPause, Error, GuardianMustWait, PausableUnauthorizedAccount, PauseOutOfRange,
    amount::{StorageTime, load_time, store_time, time},
    namespace::{erc7201, open},
    ownable::{only_owner, owner},
    words,
};

sol! {
    /// New entries are paused until a time (seconds since 1970).
    event Paused(address indexed account, uint64 until);
    /// The owner lifted a pause.
    event Unpaused(address indexed account);
    /// The guardian changed.
    event GuardianChanged(address indexed previousGuardian, address indexed newGuardian);
}

/// The longest pause: seven days, in seconds.
pub const MAX_PAUSE: u64 = 7 * 24 * 60 * 60;

/// How long after a pause the guardian has to wait before pausing again: thirty days, in seconds.
pub const GUARDIAN_PERIOD: u64 = 30 * 24 * 60 * 60;

/// Where the guardian stands.
pub const SLOT: U256 = erc7201("ogpu.storage.Pausable");

/// Storage at [`SLOT`].
#[storage]
pub struct PausableStorage {
    guardian: StorageAddress,
    guardian_waits_until: StorageTime,
}

/// The functions of a contract that can be paused; [`pausable!`](crate::pausable!) implements them.
#[public]
#[allow(missing_docs)] // `#[public]` adds a function of its own
pub trait Pausable {
    /// Who may pause besides the owner; zero if nobody.
    fn guardian(&self) -> Address;
    /// Changes the guardian; zero for none. Owner only. Emits `GuardianChanged`.
    fn set_guardian(&mut self, guardian: Address) -> Result<(), Error>;
    /// Pauses new entries until a time in the future, at most [`MAX_PAUSE`] away. The owner, who may also move the end of a
    /// pause, or the guardian, once in [`GUARDIAN_PERIOD`], and not to an earlier end. Emits `Paused`.
    fn pause(&mut self, until: u64) -> Result<(), Error>;
    /// Lifts a pause. Owner only. Emits `Unpaused`.
    fn unpause(&mut self) -> Result<(), Error>;
    /// When the pause ends or ended (seconds since 1970).
    fn paused_until(&self) -> u64;
}

/// Passes if the contract is not paused.
///
/// # Errors
/// [`EnforcedPause`].
pub fn when_not_paused(vm: &VM, paused_until: U40) -> Result<(), Error> {
    let until = paused_until.into_limbs()[0];
    if vm.block_timestamp() < until {
        Err(Error::of::<EnforcedPause>(&[&time(until)]))
    } else {
        Ok(())
    }
}

/// [`Pausable::guardian`].
pub fn guardian(vm: &VM) -> Address {
    open::<PausableStorage>(vm, SLOT).guardian.get()
}

/// [`Pausable::set_guardian`]. A new guardian need not wait.
///
/// # Errors
/// [`OwnableUnauthorizedAccount`](crate::OwnableUnauthorizedAccount).
pub fn set_guardian(vm: &VM, new_guardian: Address) -> Result<(), Error> {
    only_owner(vm)?;
    let mut storage: PausableStorage = open(vm, SLOT);
    let previous = storage.guardian.get();
    storage.guardian.set(new_guardian);
    store_time(&mut storage.guardian_waits_until, 0);
    let guardians = [previous, new_guardian].map(words::address);
    words::emit(
        vm,
        &GuardianChanged::SIGNATURE_HASH,
        &guardians.each_ref(),
        &[],
        &[],
    );
    Ok(())
}

/// [`Pausable::pause`] for a contract that keeps the end of its pause in `field`.
///
/// # Errors
/// [`PausableUnauthorizedAccount`], [`PauseOutOfRange`], [`GuardianMustWait`].
pub fn pause(vm: &VM, field: &mut StorageTime, until: u64) -> Result<(), Error> {
    let account = vm.msg_sender();
    let now = vm.block_timestamp();
    let latest = now + MAX_PAUSE;
    let mut earliest = now;
    if account != owner(vm) {
        // A guardian cannot end another's pause by a shorter one.
        earliest = now.max(load_time(field));
        let mut storage: PausableStorage = open(vm, SLOT);
        if account != storage.guardian.get() {
            return Err(Error::of::<PausableUnauthorizedAccount>(&[
                &words::address(account),
            ]));
        }
        let wait = load_time(&storage.guardian_waits_until);
        if now < wait {
            return Err(Error::of::<GuardianMustWait>(&[&time(wait)]));
        }
        store_time(&mut storage.guardian_waits_until, now + GUARDIAN_PERIOD);
    }
    if until <= earliest || until > latest {
        return Err(Error::of::<PauseOutOfRange>(&[
            &time(until),
            &time(earliest),
            &time(latest),
        ]));
    }
    store_time(field, until);
    let account = words::address(account);
    words::emit(
        vm,
        &Paused::SIGNATURE_HASH,
        &[&account],
        &[&time(until)],
        &[],
    );
    Ok(())
}

/// [`Pausable::unpause`] for a contract that keeps the end of its pause in `field`.
///
/// # Errors
/// [`OwnableUnauthorizedAccount`](crate::OwnableUnauthorizedAccount).
pub fn unpause(vm: &VM, field: &mut StorageTime) -> Result<(), Error> {
    only_owner(vm)?;
    store_time(field, 0);
    let account = words::address(vm.msg_sender());
    words::emit(vm, &Unpaused::SIGNATURE_HASH, &[&account], &[], &[]);
    Ok(())
}

/// Gives a contract the trait [`Pausable`] over one of its own fields of type
/// [`StorageTime`](crate::amount::StorageTime); list it in its `#[implements(…)]`.
#[macro_export]
macro_rules! pausable {
    ($contract:ident, $($field:ident).+) => {
        #[stylus_sdk::prelude::public]
        impl $crate::Pausable for $contract {
            fn guardian(&self) -> stylus_sdk::alloy_primitives::Address {
                $crate::pausable::guardian(self.vm())
            }

            fn set_guardian(
                &mut self,
                guardian: stylus_sdk::alloy_primitives::Address,
            ) -> Result<(), $crate::Error> {
                $crate::pausable::set_guardian(self.vm(), guardian)
            }

            fn pause(&mut self, until: u64) -> Result<(), $crate::Error> {
                let vm = self.vm().clone();
                $crate::pausable::pause(&vm, &mut self.$($field).+, until)
            }

            fn unpause(&mut self) -> Result<(), $crate::Error> {
                let vm = self.vm().clone();
                $crate::pausable::unpause(&vm, &mut self.$($field).+)
            }

            fn paused_until(&self) -> u64 {
                $crate::amount::load_time(&self.$($field).+)
            }
        }
    };
}
