//! What host functions cost, in ink unless it says gas.

/// Being called at all.
pub(crate) const HOSTIO: u64 = 8400;
/// A pointer to a word or an address that is read or written.
pub(crate) const POINTER: u64 = 5040;
/// Asking the EVM.
pub(crate) const EVM_API: u64 = 59_673;

/// Division and remainder.
pub(crate) const DIV: u64 = 43_520;
/// Addition modulo.
pub(crate) const ADD_MOD: u64 = 49_560;
/// Multiplication modulo.
pub(crate) const MUL_MOD: u64 = 52_660;

/// Gas of the dearest SLOAD.
pub(crate) const COLD_SLOAD_GAS: u64 = 2100;
/// Gas the EVM wants to see before an SSTORE.
pub(crate) const SSTORE_SENTRY_GAS: u64 = 2300;
/// Gas of the dearest access to the storage cache.
pub(crate) const CACHE_ACCESS_GAS: u64 = 10;
/// Gas of TLOAD and TSTORE.
pub(crate) const TRANSIENT_GAS: u64 = 100;
/// Gas of the dearest account access.
pub(crate) const COLD_ACCOUNT_GAS: u64 = 2600;
/// Gas of a log and of each of its topics, and of each of its bytes.
const LOG_TOPIC_GAS: u64 = 375;
const LOG_BYTE_GAS: u64 = 8;

/// Writing `len` bytes to the program's memory.
pub(crate) fn write(len: usize) -> u64 {
    5040 + 30 * beyond_word(len)
}

/// Reading `len` bytes from the program's memory.
pub(crate) fn read(len: usize) -> u64 {
    16_381 + 55 * beyond_word(len)
}

/// The hash of `len` bytes.
pub(crate) fn keccak(len: usize) -> u64 {
    121_800 + 21_000 * (len as u64).div_ceil(32).saturating_sub(2)
}

/// A power with an exponent of so many leading zero bytes.
pub(crate) fn pow(leading_zero_bytes: u64) -> u64 {
    3000 + 17_500 * (33 - leading_zero_bytes)
}

/// Gas of a log.
pub(crate) fn log_gas(topics: u32, data_len: u32) -> u64 {
    LOG_TOPIC_GAS * (1 + u64::from(topics)) + LOG_BYTE_GAS * u64::from(data_len)
}

fn beyond_word(len: usize) -> u64 {
    (len as u64).saturating_sub(32)
}
