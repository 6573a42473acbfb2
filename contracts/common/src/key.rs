//! Keys of maps, hashed as Solidity hashes them.
//!
//! The SDK's own keys give the same slots, but put their two words together byte by byte: some 120 gas an access, where these
//! take a tenth.

use alloy_primitives::{Address, B256, U256, keccak256};
use stylus_sdk::storage::StorageKey;

use crate::words::{address, number, word};

/// A `uint256` key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(pub U256);

/// An `address` key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account(pub Address);

/// Two words, as `abi.encode(first, second, root)` hashes: one hash, where a map of maps takes two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub U256, pub U256);

impl Pair {
    /// Something of a number and an account.
    pub fn of(number: &U256, account: Address) -> Self {
        Self(*number, address(account))
    }
}

impl StorageKey for Number {
    fn to_slot(&self, root: B256) -> U256 {
        slot(&word(&self.0), &root)
    }
}

impl StorageKey for Account {
    fn to_slot(&self, root: B256) -> U256 {
        slot(&self.0.into_word(), &root)
    }
}

impl StorageKey for Pair {
    #[inline(never)]
    fn to_slot(&self, root: B256) -> U256 {
        let mut words = [0; 96];
        words[..32].copy_from_slice(word(&self.0).as_slice());
        words[32..64].copy_from_slice(word(&self.1).as_slice());
        words[64..].copy_from_slice(root.as_slice());
        number(&keccak256(words))
    }
}

#[inline(never)]
fn slot(key: &B256, root: &B256) -> U256 {
    let mut words = [0; 64];
    words[..32].copy_from_slice(key.as_slice());
    words[32..].copy_from_slice(root.as_slice());
    number(&keccak256(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_hash_as_the_sdk_hashes_them(limbs: [u64; 4], address: [u8; 20], root: [u8; 32]) {
            let (key, root) = (U256::from_limbs(limbs), B256::from(root));
            prop_assert_eq!(Number(key).to_slot(root), key.to_slot(root));
            let address = Address::from(address);
            prop_assert_eq!(Account(address).to_slot(root), address.to_slot(root));
            let both = (key, address, root).abi_encode();
            prop_assert_eq!(Pair::of(&key, address).to_slot(root), U256::from_be_bytes(keccak256(both).0));
            prop_assert_eq!(word(&key), B256::from(key));
            prop_assert_eq!(number(&root), U256::from_be_bytes(root.0));
        }
    }
}
