//! Watched accounts in storage, and the calls that look at them and pause.

use alloc::vec::Vec;

use alloy_primitives::Address;
use ogpu_common::{
    amount::{self, StorageTime, load_time, store_time, widen},
    interfaces::IToken,
};
use stylus_sdk::{
    prelude::*,
    storage::{StorageBool, StorageU96},
};

use crate::{Error, NotWatched, PAUSE_GAS, PauseFailed, TooLittleGas, Watchdog, window::Window};

#[allow(missing_docs)] // as `Pausable` documents it
mod interface {
    use stylus_sdk::prelude::sol_interface;

    sol_interface! {
        interface IPausable {
            function pause(uint64 until) external;
            function pausedUntil() external view returns (uint64);
        }
    }
}

/// Three slots: a [`Window`].
#[storage]
pub struct Watch {
    limit: StorageU96,
    length: StorageTime,
    ends: StorageTime,
    observed_at: StorageTime,
    tripped: StorageBool,
    start: StorageU96,
    peak: StorageU96,
    settled: StorageU96,
    observed: StorageU96,
}

impl Watch {
    /// Reads it; an account that is not watched has a limit of zero.
    pub fn window(&self) -> Window {
        Window {
            limit: amount::load(&self.limit),
            length: load_time(&self.length),
            ends: load_time(&self.ends),
            start: amount::load(&self.start),
            peak: amount::load(&self.peak),
            settled: amount::load(&self.settled),
            observed: amount::load(&self.observed),
            observed_at: load_time(&self.observed_at),
            tripped: self.tripped.get(),
        }
    }

    /// Writes it.
    pub fn set(&mut self, window: Window) {
        amount::store(&mut self.limit, window.limit);
        store_time(&mut self.length, window.length);
        store_time(&mut self.ends, window.ends);
        amount::store(&mut self.start, window.start);
        amount::store(&mut self.peak, window.peak);
        amount::store(&mut self.settled, window.settled);
        amount::store(&mut self.observed, window.observed);
        store_time(&mut self.observed_at, window.observed_at);
        self.tripped.set(window.tripped);
    }
}

impl Watchdog {
    /// The window of a watched account.
    pub(crate) fn watched(&self, account: Address) -> Result<Window, Error> {
        let window = self.watches.getter(account).window();
        if window.limit == 0 {
            return Err(NotWatched { account }.into());
        }
        Ok(window)
    }

    /// The window of a watched account with its present balance taken note of, and that balance.
    pub(crate) fn observed(&self, account: Address) -> Result<(Window, u128), Error> {
        let window = self.watched(account)?;
        let balance = IToken::new(self.token.get())
            .balance_of(self.vm(), Call::new(), account)
            .map_err(ogpu_common::Error::from)?;
        let balance = amount::checked(balance)?;
        Ok((
            window.observe(balance, self.vm().block_timestamp()),
            balance,
        ))
    }

    /// Pauses every target that can be, and returns how many are. One that is paused for longer, by its owner, is left as it is: a pause
    /// would shorten that.
    pub(crate) fn pause_all(&mut self, until: u64) -> Result<u8, Error> {
        let targets = self.targets();
        let (left, required) = (self.vm().evm_gas_left(), PAUSE_GAS * targets.len() as u64);
        if left < required {
            return Err(TooLittleGas {
                left: widen(left.into()),
                required: widen(required.into()),
            }
            .into());
        }
        let mut paused = 0;
        for target in targets {
            let pausable = interface::IPausable::new(target);
            if matches!(pausable.paused_until(self.vm(), Call::new()), Ok(ends) if ends >= until) {
                paused += 1;
                continue;
            }
            let call = Call::new_mutating(self);
            match pausable.pause(self.vm(), call, until) {
                Ok(()) => paused += 1,
                Err(reason) => {
                    let reason = Vec::from(ogpu_common::Error::from(reason)).into();
                    self.vm().log(PauseFailed { target, reason });
                }
            }
        }
        Ok(paused)
    }
}
