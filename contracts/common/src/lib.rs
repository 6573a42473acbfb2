//! What several OGPU contracts share: [interfaces](mod@interfaces) of one another, [ownership](mod@ownable),
//! [initialisation](mod@initializable), [upgrades](mod@uups), [pausing](mod@pausable), and checked [amounts](mod@amount).
//!
//! # How a contract uses it
//!
//! The SDK routes a call to a trait only where the contract's own crate implements that trait, so the public functions that
//! every contract has are written once here, as plain functions over the host, and a macro gives a contract the traits that
//! expose them:
//!
//! ```text
//! #[storage]
//! #[entrypoint]
//! pub struct PaymentEscrow {
//!     token: StorageAddress,
//!     paused_until: StorageUint<40, 1>,
//! }
//!
//! ogpu_common::proxied!(PaymentEscrow);                // Ownable and Upgradeable
//! ogpu_common::pausable!(PaymentEscrow, paused_until); // Pausable, over a field of its own
//!
//! #[public]
//! #[implements(Ownable, Upgradeable, Pausable)]
//! impl PaymentEscrow {
//!     pub fn initialize(&mut self, owner: Address, token: Address) -> Result<(), Error> {
//!         initializable::start(self.vm(), 1)?; // only behind a proxy, only once
//!         ownable::set_first_owner(self.vm(), owner)?;
//!         self.token.set(token);
//!         Ok(())
//!     }
//!
//!     pub fn set_token(&mut self, token: Address) -> Result<(), Error> {
//!         ownable::only_owner(self.vm())?;
//!         self.token.set(token);
//!         Ok(())
//!     }
//!
//!     pub fn deposit(&mut self, amount: U256) -> Result<(), Error> {
//!         pausable::when_not_paused(self.vm(), self.paused_until.get())?;
//!         let amount = amount::positive(amount)?;
//!         let (call, token) = (Call::new_mutating(self), self.token.get());
//!         let sender = self.vm().msg_sender();
//!         Ok(token::pull(self.vm(), call, token, sender, amount)?)
//!     }
//! }
//! ```
//!
//! Errors of a contract are one enum, made by [`errors!`] out of `sol!` errors; it holds this crate's [`Error`] as its last
//! variant, so `?` works on everything above.
#![cfg_attr(not(any(test, feature = "export-abi", feature = "testing")), no_std)]

#[macro_use]
extern crate alloc;

/// The allocator of every contract: it only ever moves forward, since a call is short.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: mini_alloc::MiniAlloc = mini_alloc::MiniAlloc::INIT;

mod error;

pub mod amount;
mod calldata;
pub mod initializable;
pub mod interfaces;
pub mod key;
pub mod multicall;
pub mod namespace;
pub mod ownable;
pub mod pausable;
pub mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod token;
pub mod uups;
pub mod words;

#[cfg(test)]
mod tests;

pub use calldata::{Calldata, CalldataType, Text, TextType};
pub use error::*;
pub use ownable::Ownable;
pub use pausable::Pausable;
pub use uups::Upgradeable;
