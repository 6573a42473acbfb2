//! ArbOS' precompile for Stylus programs.

use alloy_primitives::{Address, U256, address};
use stylus_sdk::{call::transfer::transfer_eth, prelude::*};

use crate::{Error, KeptAlive, RefundFailed, Watchdog};

/// Where ArbWasm answers.
pub(crate) const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

#[allow(missing_docs)] // as ArbOS documents it
mod interface {
    use stylus_sdk::prelude::sol_interface;

    sol_interface! {
        interface IArbWasm {
            function codehashKeepalive(bytes32 codehash) external payable;
            function programTimeLeft(address program) external view returns (uint64);
        }
    }
}

use interface::IArbWasm;

impl Watchdog {
    /// Extends a program with at most `value` wei of ether, and returns what that took. ArbOS sends the rest back here.
    pub(crate) fn extend(&mut self, program: Address, value: U256) -> Result<U256, Error> {
        let this = self.vm().contract_address();
        let codehash = self.vm().code_hash(program);
        let before = self.vm().balance(this);
        let call = Call::new_payable(self, value);
        IArbWasm::new(ARB_WASM)
            .codehash_keepalive(self.vm(), call, codehash)
            .map_err(ogpu_common::Error::from)?;
        let fee = before.saturating_sub(self.vm().balance(this));
        self.vm().log(KeptAlive {
            program,
            codehash,
            fee,
        });
        Ok(fee)
    }

    /// Sends the caller ether that is left.
    pub(crate) fn refund(&mut self, amount: U256) -> Result<(), Error> {
        if amount.is_zero() {
            return Ok(());
        }
        let to = self.vm().msg_sender();
        transfer_eth(self.vm(), to, amount).map_err(|_| RefundFailed { to, amount }.into())
    }

    pub(crate) fn time_left(&self, program: Address) -> Result<u64, Error> {
        Ok(IArbWasm::new(ARB_WASM)
            .program_time_left(self.vm(), Call::new(), program)
            .map_err(ogpu_common::Error::from)?)
    }
}
