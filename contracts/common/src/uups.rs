//! Upgrades as ERC-1822 and ERC-1967 describe them, with the interface, errors and event of OpenZeppelin's `UUPSUpgradeable`.
//!
//! A Stylus program knows no address of its own code, so "called through a proxy" means that the ERC-1967 implementation slot
//! of the executing storage is set. Only code that delegates here can have set it, and only in its own storage.

use alloc::{string::String, vec::Vec};

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolEvent, sol};
use stylus_sdk::{
    call::{delegate_call, static_call},
    host::VM,
    prelude::*,
    storage::StorageAddress,
};

use crate::{
    Calldata, ERC1967InvalidImplementation, ERC1967NonPayable, Error, FailedCall,
    UUPSUnauthorizedCallContext, UUPSUnsupportedProxiableUUID, UnsupportedStorageLayout,
    namespace::{IMPLEMENTATION_SLOT, open},
    ownable::only_owner,
    words,
};

sol! {
    /// The proxy has a new implementation.
    event Upgraded(address indexed implementation);

    function proxiableUUID() external view returns (bytes32);
    function storageLayout() external view returns (bytes32);
}

/// Storage at [`IMPLEMENTATION_SLOT`].
#[storage]
pub struct ImplementationStorage {
    implementation: StorageAddress,
}

/// The functions of an upgradeable contract; [`proxied!`](crate::proxied) implements them.
#[public]
#[allow(missing_docs)] // `#[public]` adds a function of its own
pub trait Upgradeable {
    /// Puts the proxy on `new_implementation` and then, if `data` is not empty, delegates `data` to it. Owner only, through the
    /// proxy only. Emits `Upgraded`.
    #[payable]
    fn upgrade_to_and_call(
        &mut self,
        new_implementation: Address,
        data: Calldata,
    ) -> Result<(), Error>;
    /// The slot this implementation keeps its successor in: ERC-1967's. Reverts when called through a proxy, which therefore
    /// can never become an implementation.
    #[selector(name = "proxiableUUID")]
    fn proxiable_uuid(&self) -> Result<B256, Error>;
    /// The version of the upgrade interface: "5.0.0", which has `upgradeToAndCall` only.
    #[selector(name = "UPGRADE_INTERFACE_VERSION")]
    fn upgrade_interface_version(&self) -> String;
    /// The name of the layout of this contract's storage, in ASCII: the contract's own name. An implementation with another name would
    /// misread what the proxy has stored, and is refused. Within one name a layout only grows: `cargo xtask layout` compares.
    fn storage_layout(&self) -> B256;
}

/// A name as [`Upgradeable::storage_layout`] says it: ASCII, then zeros.
///
/// # Panics
/// While compiling, if the name has more than 32 bytes.
pub const fn layout_named(name: &str) -> B256 {
    let (name, mut word) = (name.as_bytes(), [0; 32]);
    let mut i = 0;
    while i < name.len() {
        word[i] = name[i];
        i += 1;
    }
    B256::new(word)
}

/// The implementation of the proxy that executes; zero outside of a proxy.
pub fn implementation(vm: &VM) -> Address {
    open::<ImplementationStorage>(vm, IMPLEMENTATION_SLOT)
        .implementation
        .get()
}

/// Passes if the call came through a proxy.
///
/// # Errors
/// [`UUPSUnauthorizedCallContext`].
pub fn only_proxy(vm: &VM) -> Result<(), Error> {
    if implementation(vm).is_zero() {
        Err(Error::of::<UUPSUnauthorizedCallContext>(&[]))
    } else {
        Ok(())
    }
}

/// [`Upgradeable::proxiable_uuid`].
///
/// # Errors
/// [`UUPSUnauthorizedCallContext`].
pub fn proxiable_uuid(vm: &VM) -> Result<B256, Error> {
    if implementation(vm).is_zero() {
        Ok(B256::new(IMPLEMENTATION_SLOT.to_be_bytes()))
    } else {
        Err(Error::of::<UUPSUnauthorizedCallContext>(&[]))
    }
}

/// [`Upgradeable::upgrade_to_and_call`]; `call` is `Call::new_mutating(self)`, `layout` what the present implementation answers to
/// [`Upgradeable::storage_layout`].
///
/// The new implementation is asked for its `proxiableUUID` first, and for its `storageLayout` then. That fails, and nothing changes, if
/// it is no contract, no UUPS implementation, one of another contract, or a program that is not activated or has expired.
///
/// # Errors
/// [`UUPSUnauthorizedCallContext`], [`OwnableUnauthorizedAccount`](crate::OwnableUnauthorizedAccount),
/// [`ERC1967InvalidImplementation`], [`UUPSUnsupportedProxiableUUID`], [`UnsupportedStorageLayout`], [`ERC1967NonPayable`],
/// [`FailedCall`], and whatever `data` reverts with.
pub fn upgrade_to_and_call(
    vm: &VM,
    call: Call<true>,
    new_implementation: Address,
    data: &[u8],
    layout: B256,
) -> Result<(), Error> {
    only_proxy(vm)?;
    only_owner(vm)?;
    let Some(slot) = word_of(vm, new_implementation, proxiableUUIDCall::SELECTOR) else {
        let implementation = words::address(new_implementation);
        return Err(Error::of::<ERC1967InvalidImplementation>(&[
            &implementation,
        ]));
    };
    if slot.0 != IMPLEMENTATION_SLOT.to_be_bytes::<32>() {
        return Err(Error::of::<UUPSUnsupportedProxiableUUID>(&[
            &words::number(&slot),
        ]));
    }
    let new_layout =
        word_of(vm, new_implementation, storageLayoutCall::SELECTOR).unwrap_or_default();
    if new_layout != layout {
        return Err(Error::of::<UnsupportedStorageLayout>(&[&words::number(
            &new_layout,
        )]));
    }
    open::<ImplementationStorage>(vm, IMPLEMENTATION_SLOT)
        .implementation
        .set(new_implementation);
    let implementation = words::address(new_implementation);
    words::emit(vm, &Upgraded::SIGNATURE_HASH, &[&implementation], &[], &[]);
    if data.is_empty() {
        return if vm.msg_value().is_zero() {
            Ok(())
        } else {
            Err(Error::of::<ERC1967NonPayable>(&[]))
        };
    }
    delegate(vm, call, new_implementation, data)
}

/// The word that a contract answers with, if it does: an address without code answers with nothing.
fn word_of(vm: &VM, contract: Address, selector: [u8; 4]) -> Option<B256> {
    let answer = static_call(vm, Call::new(), contract, &selector).ok()?;
    B256::try_from(answer.as_slice()).ok()
}

#[allow(unsafe_code)] // the owner chose this code, and the proxy will delegate every later call to it anyway
fn delegate(vm: &VM, call: Call<true>, implementation: Address, data: &[u8]) -> Result<(), Error> {
    match unsafe { delegate_call(vm, call, implementation, data) }.map_err(Error::from) {
        Ok(_) => Ok(()),
        Err(Error(reason)) if reason.is_empty() => Err(Error::of::<FailedCall>(&[])),
        Err(error) => Err(error),
    }
}

/// Gives a contract the traits [`Ownable`](crate::Ownable) and [`Upgradeable`]; list both in its `#[implements(…)]`.
#[macro_export]
macro_rules! proxied {
    ($contract:ident) => {
        $crate::owned!($contract);
        $crate::upgradeable!($contract);
    };
}

/// Gives a contract the trait [`Upgradeable`]; list it in its `#[implements(…)]`.
#[macro_export]
macro_rules! upgradeable {
    ($contract:ident) => {
        #[stylus_sdk::prelude::public]
        impl $crate::Upgradeable for $contract {
            #[payable]
            fn upgrade_to_and_call(
                &mut self,
                new_implementation: stylus_sdk::alloy_primitives::Address,
                data: $crate::Calldata,
            ) -> Result<(), $crate::Error> {
                let call = stylus_sdk::prelude::Call::new_mutating(self);
                let layout = $crate::Upgradeable::storage_layout(self);
                let (vm, data) = (self.vm(), &data.0);
                $crate::uups::upgrade_to_and_call(vm, call, new_implementation, data, layout)
            }

            #[selector(name = "proxiableUUID")]
            fn proxiable_uuid(&self) -> Result<stylus_sdk::alloy_primitives::B256, $crate::Error> {
                $crate::uups::proxiable_uuid(self.vm())
            }

            #[selector(name = "UPGRADE_INTERFACE_VERSION")]
            fn upgrade_interface_version(&self) -> alloc::string::String {
                "5.0.0".into()
            }

            fn storage_layout(&self) -> stylus_sdk::alloy_primitives::B256 {
                const { $crate::uups::layout_named(env!("CARGO_PKG_NAME")) }
            }
        }
    };
}
