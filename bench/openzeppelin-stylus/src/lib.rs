//! OpenZeppelin's contracts for Stylus, made into programs by what their crate offers: one program a feature.
#![cfg(target_arch = "wasm32")]

extern crate alloc;

#[cfg(feature = "proxy")]
mod proxy;
#[cfg(feature = "token")]
mod token;
