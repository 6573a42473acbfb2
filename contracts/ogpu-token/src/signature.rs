//! Who signed a digest.

use alloy_primitives::{Address, B256, b256};
use stylus_sdk::prelude::*;

use crate::errors::{ECDSAInvalidSignature, ECDSAInvalidSignatureS, Error};

/// The precompile that recovers a signer.
const ECRECOVER: Address = Address::with_last_byte(1);

/// Half of secp256k1's order. Of the two `s` that sign the same digest only the one up to here is accepted, so that nobody can
/// make a second valid signature out of a first.
const HALF_ORDER: B256 = b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/// The account whose key signed `digest`.
///
/// # Errors
/// [`ECDSAInvalidSignatureS`] if `s` is in the upper half of its range, [`ECDSAInvalidSignature`] if nobody can have signed.
pub fn signer<H: Host>(host: &H, digest: B256, v: u8, r: B256, s: B256) -> Result<Address, Error> {
    if s > HALF_ORDER {
        return Err(ECDSAInvalidSignatureS { s }.into());
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(digest.as_slice());
    input[63] = v;
    input[64..96].copy_from_slice(r.as_slice());
    input[96..].copy_from_slice(s.as_slice());
    let output = static_call(host, Call::new(), ECRECOVER, &input).unwrap_or_default();
    match output.get(12..32).map(Address::from_slice) {
        Some(account) if !account.is_zero() => Ok(account),
        _ => Err(ECDSAInvalidSignature {}.into()),
    }
}
