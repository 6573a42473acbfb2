//! `bytes` and `string` as arguments, in plain vectors: the buffers of [`alloy_primitives::Bytes`] can be shared, and a [`String`] is
//! checked to be UTF-8, both of which take code. As in Solidity, nobody checks a text.
//!
//! [`String`]: alloc::string::String

use alloc::vec::Vec;

use alloy_primitives::keccak256;
use alloy_sol_types::{SolType, Word, abi::token::PackedSeqToken, private::SolTypeValue};
use stylus_sdk::abi::{AbiType, ConstString};

/// Makes an argument that is a sequence of bytes: its type in Rust, the type of its encoding, its name in Solidity.
macro_rules! sequence {
    ($(#[$meta:meta])* $rust:ident, $sol:ident, $name:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $rust(pub Vec<u8>);

        impl From<Vec<u8>> for $rust {
            fn from(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }
        }

        #[doc = concat!("How [`", stringify!($rust), "`] is encoded.")]
        #[derive(Debug)]
        pub enum $sol {}

        impl AbiType for $rust {
            type SolType = $sol;

            const ABI: ConstString = ConstString::new($name);

            const EXPORT_ABI_ARG: ConstString = ConstString::new(concat!($name, " calldata"));

            const EXPORT_ABI_RET: ConstString = ConstString::new(concat!($name, " memory"));
        }

        impl SolType for $sol {
            type RustType = $rust;
            type Token<'a> = PackedSeqToken<'a>;

            const SOL_NAME: &'static str = $name;
            const ENCODED_SIZE: Option<usize> = None;
            const PACKED_ENCODED_SIZE: Option<usize> = None;

            fn valid_token(_: &PackedSeqToken<'_>) -> bool {
                true
            }

            fn detokenize(token: PackedSeqToken<'_>) -> $rust {
                $rust(token.into_vec())
            }
        }

        impl SolTypeValue<$sol> for $rust {
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
        impl stylus_sdk::abi::export::internal::InnerTypes for $rust {}
    };
}

sequence!(
    /// Calldata for somebody else, passed as `bytes`.
    Calldata, CalldataType, "bytes"
);
sequence!(
    /// A text, passed as `string`.
    Text, TextType, "string"
);

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}
