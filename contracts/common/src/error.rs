//! The errors that come from shared code, and the macro that makes a contract's error enum.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::{SolError, sol};
use stylus_sdk::stylus_core::calls::errors::Error as CallError;

use crate::words;

sol! {
    /// The caller is not the owner.
    #[derive(Debug, PartialEq)]
    error OwnableUnauthorizedAccount(address account);
    /// The address cannot be an owner.
    #[derive(Debug, PartialEq)]
    error OwnableInvalidOwner(address owner);
    /// This version has been initialised already.
    #[derive(Debug, PartialEq)]
    error InvalidInitialization();
    /// The function must be called through a proxy if it changes state, and directly if it is `proxiableUUID`.
    #[derive(Debug, PartialEq)]
    error UUPSUnauthorizedCallContext();
    /// The new implementation answers `proxiableUUID` with another slot.
    #[derive(Debug, PartialEq)]
    error UUPSUnsupportedProxiableUUID(bytes32 slot);
    /// The new implementation lays storage out as this contract does, and not as the one behind the proxy; 0 if it does not say.
    #[derive(Debug, PartialEq)]
    error UnsupportedStorageLayout(bytes32 layout);
    /// The new implementation is no contract, is not activated, or has no `proxiableUUID`.
    #[derive(Debug, PartialEq)]
    error ERC1967InvalidImplementation(address implementation);
    /// Value was sent with an upgrade that calls nothing.
    #[derive(Debug, PartialEq)]
    error ERC1967NonPayable();
    /// A delegated call failed without saying why.
    #[derive(Debug, PartialEq)]
    error FailedCall();
    /// The caller is neither the owner nor the guardian.
    #[derive(Debug, PartialEq)]
    error PausableUnauthorizedAccount(address account);
    /// New entries are paused until this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error EnforcedPause(uint64 until);
    /// A pause must end after `earliest` and not after `latest`.
    #[derive(Debug, PartialEq)]
    error PauseOutOfRange(uint64 until, uint64 earliest, uint64 latest);
    /// The guardian has paused recently and may do so again at this time; the owner may always.
    #[derive(Debug, PartialEq)]
    error GuardianMustWait(uint64 until);
    /// Another contract's answer is not what its interface says.
    #[derive(Debug, PartialEq)]
    error UnexpectedAnswer();
    /// The amount is larger than any amount of oGPU can be.
    #[derive(Debug, PartialEq)]
    error AmountTooLarge(uint256 amount, uint256 maximum);
    /// The amount must be positive.
    #[derive(Debug, PartialEq)]
    error ZeroAmount();
    /// The address must not be zero.
    #[derive(Debug, PartialEq)]
    error ZeroAddress();
    /// The token answered `false`.
    #[derive(Debug, PartialEq)]
    error TokenCallFailed(address token);
    /// The token took a fee on a transfer; only tokens that move exactly what they are asked to are accepted.
    #[derive(Debug, PartialEq)]
    error TokenTookFee(address token, uint256 sent, uint256 received);
}

// In the interfaces of OpenZeppelin's upgradeable contracts, and so in those of ours that have the same interface, though nothing in
// ours fails in these ways.
sol! {
    /// A step of initialising is called outside of it.
    #[derive(Debug, PartialEq)]
    error NotInitializing();
    /// There is no code at the address.
    #[derive(Debug, PartialEq)]
    error AddressEmptyCode(address target);
}

/// Puts errors into a contract's exported interface: `sol!` errors, then types that list others.
#[cfg(feature = "export-abi")]
#[macro_export]
macro_rules! listed {
    ($name:ident: $($error:ident),* $(,)? ; $($wrapped:ty),*) => {
        impl stylus_sdk::abi::export::internal::InnerTypes for $name {
            fn inner_types() -> alloc::vec::Vec<stylus_sdk::abi::export::internal::InnerType> {
                use stylus_sdk::abi::export::internal::InnerType;
                use stylus_sdk::alloy_sol_types::SolError;

                #[allow(unused_mut)]
                let mut types = alloc::vec![$(InnerType {
                    name: alloc::format!("error {};", <$error as SolError>::SIGNATURE.replace(',', ", ")),
                    id: core::any::TypeId::of::<$error>(),
                }),*];
                $(types.extend(
                    <$wrapped as stylus_sdk::abi::export::internal::InnerTypes>::inner_types(),
                );)*
                types
            }
        }
    };
}

/// Makes a contract's error enum out of `sol!` errors in scope.
///
/// Variants before the semicolon are the contract's own; those after it hold another enum or raw revert data, which pass
/// through unchanged. The enum converts from each of them and into revert data, and prints its interface with `export-abi`. A second
/// semicolon begins errors that are in that interface and nothing fails with: those of a standard.
///
/// ```text
/// ogpu_common::errors! {
///     /// Why a call to this contract failed.
///     pub enum Error { NotTaskManager, InsufficientBalance; Shared(ogpu_common::Error) }
/// }
/// ```
#[macro_export]
macro_rules! errors {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($error:ident),* $(,)? ; $($wrapper:ident($wrapped:ty)),* $(,)? $(; $($declared:ident),* $(,)?)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, PartialEq)]
        #[allow(missing_docs)] // each variant is documented at the type it holds
        $vis enum $name {
            $($error($error),)*
            $($wrapper($wrapped),)*
        }

        $(impl From<$error> for $name {
            fn from(error: $error) -> Self {
                Self::$error(error)
            }
        })*

        $(impl From<$wrapped> for $name {
            fn from(error: $wrapped) -> Self {
                Self::$wrapper(error)
            }
        })*

        impl From<$name> for alloc::vec::Vec<u8> {
            fn from(error: $name) -> Self {
                match error {
                    $($name::$error(error) => stylus_sdk::alloy_sol_types::SolError::abi_encode(&error),)*
                    $($name::$wrapper(error) => error.into(),)*
                }
            }
        }

        #[cfg(feature = "export-abi")]
        $crate::listed!($name: $($error,)* $($($declared,)*)?; $($wrapped),*);
    };
}

/// Makes a contract's error as revert data, out of `sol!` errors in scope, this crate's [`Error`] and what other contracts revert with.
///
/// It is encoded where it arises, by one function for all errors, which is a fraction of the code of an encoder for each: what a
/// program with many errors should use, where [`errors!`] is an enum that can be matched.
///
/// ```text
/// ogpu_common::encoded_errors! {
///     /// Why a call to this contract fails.
///     pub struct Error { NotNode, TooEarly }
/// }
///
/// Err(Error::of::<TooEarly>(&[&task_id, &time(from)]))
/// ```
#[macro_export]
macro_rules! encoded_errors {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($error:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        $vis struct $name(
            /// The revert data.
            pub alloc::vec::Vec<u8>,
        );

        impl $name {
            /// An error all of whose fields are words, which are these.
            $vis fn of<E: stylus_sdk::alloy_sol_types::SolError>(
                fields: &[&stylus_sdk::alloy_primitives::U256],
            ) -> Self {
                Self($crate::words::encode(E::SELECTOR, fields))
            }
        }

        impl From<$name> for alloc::vec::Vec<u8> {
            fn from(error: $name) -> Self {
                error.0
            }
        }

        impl From<$crate::Error> for $name {
            fn from(error: $crate::Error) -> Self {
                Self(error.0)
            }
        }

        impl From<stylus_sdk::stylus_core::calls::errors::Error> for $name {
            /// A sibling's revert data passes through unchanged.
            fn from(error: stylus_sdk::stylus_core::calls::errors::Error) -> Self {
                $crate::Error::from(error).into()
            }
        }

        $(impl From<$error> for $name {
            fn from(error: $error) -> Self {
                Self(stylus_sdk::alloy_sol_types::SolError::abi_encode(&error))
            }
        })*

        #[cfg(feature = "export-abi")]
        $crate::listed!($name: $($error),*; $crate::Error);
    };
}

/// Why shared code refused, as revert data: one of the errors above, or what another contract reverted with.
///
/// It is encoded where it arises, by one function for all errors, which is a fraction of the code of an encoder for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub Vec<u8>);

impl Error {
    /// An error all of whose fields are words, which are these.
    pub fn of<E: SolError>(fields: &[&U256]) -> Self {
        Self(words::encode(E::SELECTOR, fields))
    }
}

impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<CallError> for Error {
    /// A sibling's revert data passes through unchanged.
    #[inline(never)]
    fn from(error: CallError) -> Self {
        match error {
            CallError::Revert(data) => Self(data),
            CallError::AbiDecodingFailed(_) => Self::of::<UnexpectedAnswer>(&[]),
        }
    }
}

/// Names the errors above: each converts, and each is in the exported interface.
macro_rules! shared {
    ($($error:ident),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self(error.abi_encode())
            }
        })*

        #[cfg(feature = "export-abi")]
        $crate::listed!(Error: $($error),*;);
    };
}

shared! {
    OwnableUnauthorizedAccount,
    OwnableInvalidOwner,
    InvalidInitialization,
    UUPSUnauthorizedCallContext,
    UUPSUnsupportedProxiableUUID,
    UnsupportedStorageLayout,
    ERC1967InvalidImplementation,
    ERC1967NonPayable,
    FailedCall,
    PausableUnauthorizedAccount,
    EnforcedPause,
    PauseOutOfRange,
    GuardianMustWait,
    UnexpectedAnswer,
    AmountTooLarge,
    ZeroAmount,
    ZeroAddress,
    TokenCallFailed,
    TokenTookFee,
}
