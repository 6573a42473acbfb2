//! Ownership with the interface, errors, event and storage slot of OpenZeppelin's `OwnableUpgradeable`. The owner of every
//! OGPU contract is the timelock.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolEvent, sol};
use stylus_sdk::{host::VM, prelude::*, storage::StorageAddress};

use crate::{
    Error, OwnableInvalidOwner, OwnableUnauthorizedAccount,
    namespace::{erc7201, open},
    words,
};

sol! {
    /// The owner changed.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
}

/// Where the owner stands.
pub const SLOT: U256 = erc7201("openzeppelin.storage.Ownable");

/// Storage at [`SLOT`].
#[storage]
pub struct OwnableStorage {
    owner: StorageAddress,
}

/// The functions of an owned contract; [`proxied!`](crate::proxied) implements them.
#[public]
#[allow(missing_docs)] // `#[public]` adds a function of its own
pub trait Ownable {
    /// The owner; zero if there is none.
    fn owner(&self) -> Address;
    /// Hands the contract to `new_owner`, which must not be zero. Owner only. Emits `OwnershipTransferred`.
    fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Error>;
    /// Leaves the contract without an owner, for good. Owner only. Emits `OwnershipTransferred`.
    fn renounce_ownership(&mut self) -> Result<(), Error>;
}

/// The owner; zero if there is none.
pub fn owner(vm: &VM) -> Address {
    open::<OwnableStorage>(vm, SLOT).owner.get()
}

/// Passes if the caller is the owner.
///
/// # Errors
/// [`OwnableUnauthorizedAccount`].
pub fn only_owner(vm: &VM) -> Result<(), Error> {
    let account = vm.msg_sender();
    if account == owner(vm) {
        Ok(())
    } else {
        Err(Error::of::<OwnableUnauthorizedAccount>(&[&words::address(
            account,
        )]))
    }
}

/// Sets the first owner, in an initialiser.
///
/// # Errors
/// [`OwnableInvalidOwner`] if it is zero.
pub fn set_first_owner(vm: &VM, owner: Address) -> Result<(), Error> {
    if owner.is_zero() {
        return Err(Error::of::<OwnableInvalidOwner>(&[&words::address(owner)]));
    }
    set_owner(vm, owner);
    Ok(())
}

/// [`Ownable::transfer_ownership`].
///
/// # Errors
/// [`OwnableUnauthorizedAccount`], [`OwnableInvalidOwner`].
pub fn transfer_ownership(vm: &VM, new_owner: Address) -> Result<(), Error> {
    only_owner(vm)?;
    set_first_owner(vm, new_owner)
}

/// [`Ownable::renounce_ownership`].
///
/// # Errors
/// [`OwnableUnauthorizedAccount`].
pub fn renounce_ownership(vm: &VM) -> Result<(), Error> {
    only_owner(vm)?;
    set_owner(vm, Address::ZERO);
    Ok(())
}

fn set_owner(vm: &VM, new_owner: Address) {
    let mut storage: OwnableStorage = open(vm, SLOT);
    let previous_owner = storage.owner.get();
    storage.owner.set(new_owner);
    let owners = [previous_owner, new_owner].map(words::address);
    words::emit(
        vm,
        &OwnershipTransferred::SIGNATURE_HASH,
        &owners.each_ref(),
        &[],
        &[],
    );
}

/// Gives a contract the trait [`Ownable`]; list it in its `#[implements(…)]`.
#[macro_export]
macro_rules! owned {
    ($contract:ident) => {
        #[stylus_sdk::prelude::public]
        impl $crate::Ownable for $contract {
            fn owner(&self) -> stylus_sdk::alloy_primitives::Address {
                $crate::ownable::owner(self.vm())
            }

            fn transfer_ownership(
                &mut self,
                new_owner: stylus_sdk::alloy_primitives::Address,
            ) -> Result<(), $crate::Error> {
                $crate::ownable::transfer_ownership(self.vm(), new_owner)
            }

            fn renounce_ownership(&mut self) -> Result<(), $crate::Error> {
                $crate::ownable::renounce_ownership(self.vm())
            }
        }
    };
}
