//! `bytes` as an argument, in a plain vector: the buffers of [`alloy_primitives::Bytes`] can be shared, which takes code.

use alloc::vec::Vec;

use alloy_primitives::keccak256;
use alloy_sol_types::{SolType, Word, abi::token::PackedSeqToken, private::SolTypeValue};
use stylus_sdk::abi::{AbiType, ConstString};

/// Calldata for somebody else, passed as `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calldata(pub Vec<u8>);

impl From<Vec<u8>> for Calldata {
    fn from(data: Vec<u8>) -> Self {
        Self(data)
    }
}

/// How [`Calldata`] is encoded.
#[derive(Debug)]
pub enum CalldataType {}

impl AbiType for Calldata {
    type SolType = CalldataType;

    const ABI: ConstString = ConstString::new("bytes");

    const EXPORT_ABI_ARG: ConstString = ConstString::new("bytes calldata");

    const EXPORT_ABI_RET: ConstString = ConstString::new("bytes memory");
}

impl SolType for CalldataType {
    type RustType = Calldata;
    type Token<'a> = PackedSeqToken<'a>;

    const SOL_NAME: &'static str = "bytes";
    const ENCODED_SIZE: Option<usize> = None;
    const PACKED_ENCODED_SIZE: Option<usize> = None;

    fn valid_token(_: &PackedSeqToken<'_>) -> bool {
        true
    }

    fn detokenize(token: PackedSeqToken<'_>) -> Calldata {
        Calldata(token.into_vec())
    }
}

impl SolTypeValue<CalldataType> for Calldata {
    fn stv_to_tokens(&self) -> PackedSeqToken<'_> {
        PackedSeqToken(&self.0)
    }

    fn stv_abi_encoded_size(&self) -> usize {
        64 + self.0.len().next_multiple_of(32)
    }

    fn stv_eip712_data_word(&self) -> Word {
        keccak256(&self.0)
    }

    fn stv_abi_encode_packed_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    fn stv_abi_packed_encoded_size(&self) -> usize {
        self.0.len()
    }
}

#[cfg(feature = "export-abi")]
impl stylus_sdk::abi::export::internal::InnerTypes for Calldata {}
