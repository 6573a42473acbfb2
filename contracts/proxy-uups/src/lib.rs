//! The proxy that every OGPU contract sits behind: it delegates each call to the address in its ERC-1967 implementation slot.
//!
//! Every call of every user passes through it, so it is written straight on the host's functions: no allocator, no ABI, one
//! page of memory as long as calldata and return data fit in it. It does nothing but forward. Calldata, value, return
//! data and revert data pass through unchanged, and it can be re-entered. Upgrading is up to the implementation (ERC-1822), and the
//! slot is first set by the code that creates the proxy, so there is neither a constructor nor an administrator.
//!
//! Errors: `ERC1967ProxyUninitialized()` if the slot is empty.
#![cfg_attr(target_arch = "wasm32", no_std)]

/// The ERC-1967 implementation slot: `keccak256("eip1967.proxy.implementation") − 1`.
pub const IMPLEMENTATION_SLOT: [u8; 32] = [
    0x36, 0x08, 0x94, 0xa1, 0x3b, 0xa1, 0xa3, 0x21, 0x06, 0x67, 0xc8, 0x28, 0x49, 0x2d, 0xb9, 0x8d,
    0xca, 0x3e, 0x20, 0x76, 0xcc, 0x37, 0x35, 0xa9, 0x20, 0xa3, 0xca, 0x50, 0x5d, 0x38, 0x2b, 0xbc,
];

/// The revert data of a proxy without an implementation: the selector of `ERC1967ProxyUninitialized()`.
pub const UNINITIALIZED: [u8; 4] = [0xc2, 0x8a, 0x27, 0x3c];

#[cfg(target_arch = "wasm32")]
mod program;

#[cfg(test)]
mod tests {
    use alloy_primitives::{U256, keccak256};

    use super::*;

    #[test]
    fn the_slot_is_the_one_of_erc_1967() {
        let slot = U256::from_be_bytes(keccak256("eip1967.proxy.implementation").0) - U256::ONE;
        assert_eq!(IMPLEMENTATION_SLOT, slot.to_be_bytes::<32>());
    }

    #[test]
    fn the_error_is_the_one_of_an_uninitialised_proxy() {
        assert_eq!(UNINITIALIZED, keccak256("ERC1967ProxyUninitialized()")[..4]);
    }
}
