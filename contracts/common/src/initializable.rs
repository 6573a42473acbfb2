//! One-time initialisers with the storage slot, event and error of OpenZeppelin's `Initializable`.

use alloc::vec::Vec;

use alloy_primitives::{U256, aliases::U64};
use alloy_sol_types::{SolEvent, sol};
use stylus_sdk::{host::VM, prelude::*, storage::StorageU64};

use crate::{
    Error, InvalidInitialization,
    amount::time,
    namespace::{erc7201, open},
    uups::only_proxy,
    words,
};

sol! {
    /// The contract was initialised to a version.
    event Initialized(uint64 version);
}

/// Where the version stands.
pub const SLOT: U256 = erc7201("openzeppelin.storage.Initializable");

/// Storage at [`SLOT`]. OpenZeppelin also marks there that an initialiser is running; ours call nobody, so they need no such mark.
#[storage]
pub struct InitializableStorage {
    initialized: StorageU64,
}

/// Opens an initialiser: call it first. `version` is 1 for `initialize`, and one more for the initialiser of each later
/// release, which is to be called by `upgradeToAndCall` and must ask for the owner besides. Emits `Initialized`.
///
/// # Errors
/// [`UUPSUnauthorizedCallContext`](crate::UUPSUnauthorizedCallContext) outside of a proxy, so that an implementation can never be
/// initialised; [`InvalidInitialization`] if this version or a later one has been initialised.
pub fn start(vm: &VM, version: u64) -> Result<(), Error> {
    only_proxy(vm)?;
    let mut storage: InitializableStorage = open(vm, SLOT);
    if storage.initialized.get().into_limbs()[0] >= version {
        return Err(Error::of::<InvalidInitialization>(&[]));
    }
    storage.initialized.set(U64::from_limbs([version]));
    words::emit(
        vm,
        &Initialized::SIGNATURE_HASH,
        &[],
        &[&time(version)],
        &[],
    );
    Ok(())
}
