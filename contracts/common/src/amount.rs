//! Amounts: wei of oGPU, at most 2^96 − 1; `u128` in Rust, `u96` in storage, `uint256` in interfaces.

use alloy_primitives::{Address, U256, aliases::U96};
use stylus_sdk::storage::{StorageU96, StorageUint};

use crate::{AmountTooLarge, Error, ZeroAddress, ZeroAmount};

/// The largest amount.
pub const MAX_AMOUNT: u128 = (1 << 96) - 1;

/// Storage of a time: seconds since 1970.
pub type StorageTime = StorageUint<40, 1>;

/// Narrows an argument to an amount.
///
/// # Errors
/// [`AmountTooLarge`].
pub fn checked(value: U256) -> Result<u128, Error> {
    let [low, high, third, fourth] = value.into_limbs();
    if third | fourth == 0 && high >> 32 == 0 {
        Ok(join(low, high))
    } else {
        Err(Error::of::<AmountTooLarge>(&[&value, &widen(MAX_AMOUNT)]))
    }
}

/// Narrows an argument to an amount above zero.
///
/// # Errors
/// [`AmountTooLarge`], [`ZeroAmount`].
pub fn positive(value: U256) -> Result<u128, Error> {
    match checked(value)? {
        0 => Err(Error::of::<ZeroAmount>(&[])),
        amount => Ok(amount),
    }
}

/// The sum of two amounts, if that is an amount.
///
/// # Errors
/// [`AmountTooLarge`].
pub fn sum(a: u128, b: u128) -> Result<u128, Error> {
    checked(widen(a.saturating_add(b)))
}

/// An amount as interfaces write it.
pub const fn widen(amount: u128) -> U256 {
    U256::from_limbs([amount as u64, (amount >> 64) as u64, 0, 0])
}

/// Reads a stored amount.
pub fn load(field: &StorageU96) -> u128 {
    let [low, high] = field.get().into_limbs();
    join(low, high)
}

/// Stores an amount, which must not be above [`MAX_AMOUNT`].
pub fn store(field: &mut StorageU96, amount: u128) {
    field.set(U96::from_limbs([amount as u64, (amount >> 64) as u64]));
}

/// A time as interfaces write it.
pub const fn time(seconds: u64) -> U256 {
    widen(seconds as u128)
}

/// Reads a stored time.
pub fn load_time(field: &StorageTime) -> u64 {
    field.get().into_limbs()[0]
}

/// Stores a time, which must be below 2^40.
pub fn store_time(field: &mut StorageTime, time: u64) {
    field.set(alloy_primitives::aliases::U40::from_limbs([time]));
}

/// Passes an address that is not zero.
///
/// # Errors
/// [`ZeroAddress`].
pub fn nonzero(address: Address) -> Result<Address, Error> {
    if address.is_zero() {
        Err(Error::of::<ZeroAddress>(&[]))
    } else {
        Ok(address)
    }
}

const fn join(low: u64, high: u64) -> u128 {
    (high as u128) << 64 | low as u128
}
