//! Who signed a digest: a key, or a contract (EIP-1271).

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, b256, keccak256};
use stylus_sdk::{call::static_call, host::VM, prelude::*};

use crate::words;

/// The precompile that recovers a signer.
const ECRECOVER: Address = Address::with_last_byte(1);

/// Half of secp256k1's order. Of the two `s` that sign the same digest only the one up to here is accepted, so that nobody can
/// make a second valid signature out of a first.
pub const HALF_ORDER: B256 =
    b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/// What a contract answers to a good signature: the selector of `isValidSignature(bytes32,bytes)`.
const MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// keccak256 of `EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)`.
const DOMAIN_TYPE_HASH: B256 =
    b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");

/// keccak256 of "1", the version of every signing domain.
const VERSION_HASH: B256 =
    b256!("c89efdaa54c0f20c7adf612882df0950f5a951637e0307cdcb4c672f298b8bc6");

/// What is signed (EIP-712) for a struct of this hash under the domain with a name of this hash, version "1", this chain and this
/// contract.
pub fn digest(vm: &VM, name_hash: B256, struct_hash: B256) -> B256 {
    let domain = hash(&[
        DOMAIN_TYPE_HASH,
        name_hash,
        VERSION_HASH,
        words::word(&U256::from_limbs([vm.chain_id(), 0, 0, 0])),
        vm.contract_address().into_word(),
    ]);
    let mut message = [0; 66];
    message[..2].copy_from_slice(&[0x19, 0x01]);
    message[2..34].copy_from_slice(domain.as_slice());
    message[34..].copy_from_slice(struct_hash.as_slice());
    keccak256(message)
}

/// The hash of words, one after the other.
pub fn hash(words: &[B256]) -> B256 {
    let mut bytes = Vec::with_capacity(32 * words.len());
    for word in words {
        bytes.extend_from_slice(word.as_slice());
    }
    keccak256(bytes)
}

/// Whether `signer` signed `digest`: with its key (65 bytes: `r`, `s`, `v`, with `s` in the lower half of its range), or, where it is a
/// contract, by saying so.
pub fn is_valid(vm: &VM, signer: Address, digest: B256, signature: &[u8]) -> bool {
    if vm.code_size(signer) != 0 {
        let mut call = Vec::with_capacity(132 + signature.len());
        call.extend_from_slice(&MAGIC);
        call.extend_from_slice(digest.as_slice());
        for number in [64, signature.len() as u64] {
            call.extend_from_slice(words::word(&U256::from_limbs([number, 0, 0, 0])).as_slice());
        }
        call.extend_from_slice(signature);
        call.resize(4 + (call.len() - 4).next_multiple_of(32), 0);
        let answer = static_call(vm, Call::new(), signer, &call).unwrap_or_default();
        return answer.len() == 32 && answer[..4] == MAGIC && answer[4..] == [0; 28];
    }
    let Ok([r @ .., v]) = <&[u8; 65]>::try_from(signature) else {
        return false;
    };
    if r[32..] > HALF_ORDER[..] {
        return false;
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(digest.as_slice());
    input[63] = *v;
    input[64..].copy_from_slice(r);
    let output = static_call(vm, Call::new(), ECRECOVER, &input).unwrap_or_default();
    !signer.is_zero() && output.get(12..32) == Some(signer.as_slice())
}
