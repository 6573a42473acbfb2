//! What holders sign: EIP-712 digests of permits and delegations.

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, b256, keccak256};

/// The signing domain's name, which is the token's.
pub const NAME: &str = "OGPU";
/// The signing domain's version.
pub const VERSION: &str = "1";

/// keccak256 of [`NAME`].
const NAME_HASH: B256 = b256!("656aff6c20adee4f4847ecaf29169eb3b29b117d877985c2a8560799ea939089");
/// keccak256 of [`VERSION`].
const VERSION_HASH: B256 =
    b256!("c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6");
/// keccak256 of `EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)`.
const DOMAIN_TYPE_HASH: B256 =
    b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
/// keccak256 of `Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)`.
const PERMIT_TYPE_HASH: B256 =
    b256!("6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9");
/// keccak256 of `Delegation(address delegatee,uint256 nonce,uint256 expiry)`.
const DELEGATION_TYPE_HASH: B256 =
    b256!("e48329057bfd03d55e49b547132e39cffd9c1820ad7b9d4c5307691425d15adf");

/// The hash of the signing domain of the token at `token` on a chain.
pub fn domain_separator(chain_id: u64, token: Address) -> B256 {
    hash_words(&[
        DOMAIN_TYPE_HASH,
        NAME_HASH,
        VERSION_HASH,
        U256::from(chain_id).into(),
        token.into_word(),
    ])
}

/// The hash of a permit.
pub fn permit_hash(
    owner: Address,
    spender: Address,
    value: U256,
    nonce: U256,
    deadline: U256,
) -> B256 {
    hash_words(&[
        PERMIT_TYPE_HASH,
        owner.into_word(),
        spender.into_word(),
        value.into(),
        nonce.into(),
        deadline.into(),
    ])
}

/// The hash of a delegation.
pub fn delegation_hash(delegatee: Address, nonce: U256, expiry: U256) -> B256 {
    hash_words(&[
        DELEGATION_TYPE_HASH,
        delegatee.into_word(),
        nonce.into(),
        expiry.into(),
    ])
}

/// What is signed for a struct of this hash under a domain.
pub fn digest(domain_separator: B256, struct_hash: B256) -> B256 {
    let mut message = [0; 66];
    message[..2].copy_from_slice(&[0x19, 0x01]);
    message[2..34].copy_from_slice(domain_separator.as_slice());
    message[34..].copy_from_slice(struct_hash.as_slice());
    keccak256(message)
}

fn hash_words(words: &[B256]) -> B256 {
    let mut bytes = Vec::with_capacity(32 * words.len());
    for word in words {
        bytes.extend_from_slice(word.as_slice());
    }
    keccak256(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_hashes_are_those_of_their_types() {
        for (hash, text) in [
            (NAME_HASH, NAME),
            (VERSION_HASH, VERSION),
            (
                DOMAIN_TYPE_HASH,
                "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
            ),
            (
                PERMIT_TYPE_HASH,
                "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
            ),
            (
                DELEGATION_TYPE_HASH,
                "Delegation(address delegatee,uint256 nonce,uint256 expiry)",
            ),
        ] {
            assert_eq!(hash, keccak256(text), "{text}");
        }
    }
}
