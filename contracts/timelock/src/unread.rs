//! Arguments that nobody reads: a word each, whatever it points to. Decoding what is then thrown away would be a tenth of the program.

use alloc::vec::Vec;

use alloy_sol_types::{SolType, Word, abi::token::WordToken, private::SolTypeValue};
use stylus_sdk::abi::{AbiType, ConstString};

/// Makes such an argument: its type in Rust, its name in Solidity, and how that is written in a list of arguments.
macro_rules! unread {
    ($(#[$meta:meta])* $name:ident, $sol:literal, $argument:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl AbiType for $name {
            type SolType = Self;

            const ABI: ConstString = ConstString::new($sol);

            const EXPORT_ABI_ARG: ConstString = ConstString::new($argument);
        }

        impl SolType for $name {
            type RustType = Self;
            type Token<'a> = WordToken;

            const SOL_NAME: &'static str = $sol;
            const ENCODED_SIZE: Option<usize> = Some(32);
            const PACKED_ENCODED_SIZE: Option<usize> = None;

            fn valid_token(_: &WordToken) -> bool {
                true
            }

            fn detokenize(_: WordToken) -> Self {
                Self
            }
        }

        impl SolTypeValue<Self> for $name {
            fn stv_to_tokens(&self) -> WordToken {
                WordToken::default()
            }

            fn stv_eip712_data_word(&self) -> Word {
                Word::ZERO
            }

            fn stv_abi_encode_packed_to(&self, _: &mut Vec<u8>) {}
        }

        #[cfg(feature = "export-abi")]
        impl stylus_sdk::abi::export::internal::InnerTypes for $name {}
    };
}

unread!(
    /// Somebody.
    AnyAddress, "address", "address"
);
unread!(
    /// A number.
    AnyNumber, "uint256", "uint256"
);
unread!(
    /// Several numbers.
    AnyNumbers, "uint256[]", "uint256[] memory"
);
unread!(
    /// Data.
    AnyBytes, "bytes", "bytes calldata"
);
