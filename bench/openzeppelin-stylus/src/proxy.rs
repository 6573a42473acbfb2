//! The ERC-1967 proxy.

use alloc::vec::Vec;

use alloy_primitives::Address;
use openzeppelin_stylus::proxy::{
    IProxy,
    erc1967::{Erc1967Proxy, Error},
};
use stylus_sdk::{ArbResult, abi::Bytes, prelude::*};

#[entrypoint]
#[storage]
struct Proxy {
    erc1967: Erc1967Proxy,
}

#[public]
impl Proxy {
    /// On this implementation, initialised by this call.
    #[constructor]
    #[payable]
    fn constructor(&mut self, implementation: Address, data: Bytes) -> Result<(), Error> {
        self.erc1967.constructor(implementation, &data)
    }

    #[fallback]
    #[payable]
    fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        // SAFETY: what the implementation may do is what a proxy is for.
        unsafe { self.erc1967.do_fallback(calldata) }
    }
}
