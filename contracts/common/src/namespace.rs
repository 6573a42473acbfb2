//! Storage that stands at a fixed slot, so that shared code never shifts a contract's own fields.

use alloy_primitives::{U256, hex};
use stylus_sdk::{host::VM, keccak_const::Keccak256, storage::StorageType};

/// The ERC-1967 implementation slot: `keccak256("eip1967.proxy.implementation") − 1`.
pub const IMPLEMENTATION_SLOT: U256 = U256::from_be_bytes(hex!(
    "360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
));

/// The slot of an ERC-7201 namespace: `keccak256(keccak256(id) − 1) & ~0xff`.
pub const fn erc7201(id: &str) -> U256 {
    let mut digest = Keccak256::new().update(id.as_bytes()).finalize();
    let mut index = 31;
    while digest[index] == 0 {
        digest[index] = 0xff;
        index -= 1;
    }
    digest[index] -= 1;
    let mut slot = Keccak256::new().update(&digest).finalize();
    slot[31] = 0;
    U256::from_be_bytes(slot)
}

/// Opens the storage that starts at `slot`.
///
/// The accessor must not outlive the function that opened it: two accessors of one slot would each see the other's writes.
#[allow(unsafe_code)] // the SDK marks opening a slot as unsafe because accessors could alias; see above
pub fn open<T: StorageType>(vm: &VM, slot: U256) -> T {
    unsafe { T::new(slot, 0, vm.clone()) }
}
