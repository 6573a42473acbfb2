//! What voters sign (EIP-712), and whether they did.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::{
    amount::time,
    signature::{HALF_ORDER, digest, hash},
    words::{self, word},
};
use stylus_sdk::{call::RawCall, keccak_const::Keccak256, prelude::*};

use crate::{
    Governor, NAME,
    encoding::{Field, text, tuple},
    small,
};

/// keccak256 of [`NAME`].
pub const NAME_HASH: B256 = B256::new(Keccak256::new().update(NAME.as_bytes()).finalize());

/// The EIP-712 type of a ballot without a reason.
pub const BALLOT_TYPEHASH: B256 = B256::new(
    Keccak256::new()
        .update(b"Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)")
        .finalize(),
);

/// The EIP-712 type of a ballot with a reason and parameters.
pub const EXTENDED_BALLOT_TYPEHASH: B256 = B256::new(
    Keccak256::new()
        .update(b"ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)")
        .finalize(),
);

/// How much gas a contract may take to say whether it signed a ballot in a batch, so that it can spoil only its own.
pub const WALLET_GAS: u64 = 500_000;

/// The precompile that recovers a signer.
const ECRECOVER: Address = Address::with_last_byte(1);

/// What a contract answers to a good signature, and how it is asked (EIP-1271): the selector of `isValidSignature(bytes32,bytes)`.
const MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// A ballot that a voter signs.
#[derive(Clone, Copy, Debug)]
pub struct Ballot<'a> {
    /// The proposal.
    pub proposal: &'a U256,
    /// 0 against, 1 in favor, 2 abstaining.
    pub support: u8,
    /// Whose ballot it is.
    pub voter: Address,
    /// Why, and parameters that mean nothing here, where the voter signed such.
    pub extension: Option<(&'a [u8], &'a [u8])>,
}

impl Ballot<'_> {
    /// The EIP-712 hash of the struct.
    #[inline(never)]
    pub fn hash(&self, nonce: u64) -> B256 {
        let mut fields = vec![
            BALLOT_TYPEHASH,
            word(self.proposal),
            word(&small(self.support.into())),
            self.voter.into_word(),
            word(&time(nonce)),
        ];
        if let Some((reason, params)) = self.extension {
            fields[0] = EXTENDED_BALLOT_TYPEHASH;
            fields.extend([reason, params].map(keccak256));
        }
        hash(&fields)
    }
}

impl Governor {
    /// Whether a voter signed a ballot with this nonce: with a key (65 bytes: `r`, `s`, `v`, with `s` in the lower half of its range),
    /// or, where the voter is a contract, by saying so with at most this much gas.
    #[inline(never)]
    pub fn is_signed(&self, ballot: &Ballot<'_>, nonce: u64, signature: &[u8], gas: u64) -> bool {
        let (vm, voter) = (self.vm(), ballot.voter);
        let digest = digest(vm, NAME_HASH, ballot.hash(nonce));
        if vm.code_size(voter) != 0 {
            let call = tuple(
                MAGIC.to_vec(),
                &[
                    Field::Word(&words::number(&digest)),
                    Field::Tail(&text(signature)),
                ],
            );
            let answer = self.ask_shortly(voter, &call, gas);
            return answer.len() == 32 && answer[..4] == MAGIC && answer[4..] == [0; 28];
        }
        let Ok([point @ .., v]) = <&[u8; 65]>::try_from(signature) else {
            return false;
        };
        if point[32..] > HALF_ORDER[..] {
            return false;
        }
        let mut input = [0; 128];
        input[..32].copy_from_slice(digest.as_slice());
        input[63] = *v;
        input[64..].copy_from_slice(point);
        let output = self.ask_shortly(ECRECOVER, &input, u64::MAX);
        !voter.is_zero() && output.get(12..) == Some(voter.as_slice())
    }

    /// The first 32 bytes of an answer, or nothing if the call fails.
    #[allow(unsafe_code)] // a static call changes nothing
    fn ask_shortly(&self, to: Address, data: &[u8], gas: u64) -> Vec<u8> {
        let call = RawCall::new_static(self.vm())
            .gas(gas)
            .limit_return_data(0, 32)
            .flush_storage_cache();
        unsafe { call.call(to, data) }.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::{SolStruct, sol};
    use proptest::prelude::*;

    mod typed {
        use super::sol;

        sol! {
            struct Ballot {
                uint256 proposalId;
                uint8 support;
                address voter;
                uint256 nonce;
            }

            struct ExtendedBallot {
                uint256 proposalId;
                uint8 support;
                address voter;
                uint256 nonce;
                string reason;
                bytes params;
            }
        }
    }

    #[test]
    fn the_name_is_hashed() {
        assert_eq!(NAME_HASH, keccak256(NAME));
    }

    proptest! {
        #[test]
        fn hashes_as_eip_712_says(
            proposal: [u64; 4], support: u8, voter: [u8; 20], nonce: u64, reason in ".{0,40}",
            params in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let (proposal, voter) = (U256::from_limbs(proposal), Address::from(voter));
            let ballot = Ballot { proposal: &proposal, support, voter, extension: None };
            let plain = typed::Ballot { proposalId: proposal, support, voter, nonce: U256::from(nonce) };
            prop_assert_eq!(ballot.hash(nonce), plain.eip712_hash_struct());
            let extension = Some((reason.as_bytes(), params.as_slice()));
            let ballot = Ballot { extension, ..ballot };
            let plain = typed::ExtendedBallot {
                proposalId: proposal, support, voter, nonce: U256::from(nonce), reason: reason.clone(), params: params.clone().into(),
            };
            prop_assert_eq!(ballot.hash(nonce), plain.eip712_hash_struct());
        }
    }
}
