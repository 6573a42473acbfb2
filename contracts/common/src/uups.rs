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
    UUPSUnauthorizedCallContext, UUPSUnsupportedProxiableUUID,
    namespace::{IMPLEMENTATION_SLOT, open},
    ownable::only_owner,
    words,
};

sol! {
    /// The proxy has a new implementation.
    event Upgraded(address indexed implementation);

    function proxiableUUID() external view returns (bytes32);
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

/// [`Upgradeable::upgrade_to_and_call`]; `call` is `Call::new_mutating(self)`.
///
/// The new implementation is asked for its `proxiableUUID` first. That fails, and nothing changes, if it is no contract, no
/// UUPS implementation, or a program that is not activated.
///
/// # Errors
/// [`UUPSUnauthorizedCallContext`], [`OwnableUnauthorizedAccount`](crate::OwnableUnauthorizedAccount),
/// [`ERC1967InvalidImplementation`], [`UUPSUnsupportedProxiableUUID`], [`ERC1967NonPayable`], [`FailedCall`], and whatever `data`
/// reverts with.
pub fn upgrade_to_and_call(
    vm: &VM,
    call: Call<true>,
    new_implementation: Address,
    data: &[u8],
) -> Result<(), Error> {
    only_proxy(vm)?;
    only_owner(vm)?;
    let invalid =
        || Error::of::<ERC1967InvalidImplementation>(&[&words::address(new_implementation)]);
    let answer = static_call(
        vm,
        Call::new(),
        new_implementation,
        &proxiableUUIDCall::SELECTOR,
    )
    .map_err(|_| invalid())?;
    // an address without code answers with nothing
    let slot = B256::try_from(answer.as_slice()).map_err(|_| invalid())?;
    if slot.0 != IMPLEMENTATION_SLOT.to_be_bytes::<32>() {
        return Err(Error::of::<UUPSUnsupportedProxiableUUID>(&[
            &words::number(&slot),
        ]));
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
                $crate::uups::upgrade_to_and_call(self.vm(), call, new_implementation, &data.0)
            }

            #[selector(name = "proxiableUUID")]
            fn proxiable_uuid(&self) -> Result<stylus_sdk::alloy_primitives::B256, $crate::Error> {
                $crate::uups::proxiable_uuid(self.vm())
            }

            #[selector(name = "UPGRADE_INTERFACE_VERSION")]
            fn upgrade_interface_version(&self) -> alloc::string::String {
                "5.0.0".into()
            }
        }
    };
}
