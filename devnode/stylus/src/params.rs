//! The chain's parameters for Stylus programs.

use crate::Activation;

/// Gas of one unit of [`Params::min_init_gas`].
const MIN_INIT_GAS_UNIT: u64 = 128;
/// Gas of one unit of [`Params::min_cached_init_gas`].
const MIN_CACHED_GAS_UNIT: u64 = 32;
/// Percent of one unit of [`Params::init_cost_scalar`] and [`Params::cached_cost_scalar`].
const COST_SCALAR_PERCENT: u64 = 2;

/// What the chain's owner and its ArbOS version say about programs.
///
/// [`Params::at`] gives the values a chain starts with; the fields are public because a chain's owner may change them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// ArbOS version, 30 or later (the first with programs).
    pub arbos: u64,
    /// Version of Stylus a program is activated under: 1 at ArbOS 30, then 2.
    pub version: u16,
    /// Ink a gas buys.
    pub ink_price: u32,
    /// Words of stack a call may use.
    pub max_stack_depth: u32,
    /// Pages a transaction may open before pages cost gas.
    pub free_pages: u16,
    /// Gas of each page opened beyond the free ones.
    pub page_gas: u16,
    /// Most pages a program may start with, and most pages its memory may have.
    pub page_limit: u16,
    /// Least gas of starting a program that is not cached, in units of 128 gas.
    pub min_init_gas: u8,
    /// Least gas of starting a cached program, in units of 32 gas.
    pub min_cached_init_gas: u8,
    /// Share of the estimated initialisation cost that is charged, in units of 2 %.
    pub init_cost_scalar: u8,
    /// Share of the estimated cached cost that is charged, in units of 2 %.
    pub cached_cost_scalar: u8,
    /// Days after which an activation lapses.
    pub expiry_days: u16,
    /// Days after which an activation may be extended.
    pub keepalive_days: u16,
    /// Programs that count as cached after being called in the same block, from ArbOS 60.
    pub block_cache_size: u16,
    /// Longest module, decompressed, in bytes.
    pub max_wasm_size: u32,
    /// Most fragments a program's code may be split into; 0 where fragments do not exist.
    pub max_fragments: u8,
}

impl Params {
    /// The parameters a chain of this ArbOS version starts with.
    pub const fn at(arbos: u64) -> Self {
        Self {
            arbos,
            version: if arbos >= 31 { 2 } else { 1 },
            ink_price: 10_000,
            max_stack_depth: if arbos >= 50 { 22_000 } else { 262_144 },
            free_pages: 2,
            page_gas: 1000,
            page_limit: 128,
            min_init_gas: if arbos >= 31 { 69 } else { 72 },
            min_cached_init_gas: 11,
            init_cost_scalar: 50,
            cached_cost_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_wasm_size: 131_072,
            max_fragments: if arbos >= 60 { 2 } else { 0 },
        }
    }

    /// Gas of initialising a program that is not cached.
    pub fn init_gas(&self, activation: &Activation) -> u64 {
        let least = u64::from(self.min_init_gas) * MIN_INIT_GAS_UNIT;
        least + scaled(activation.init_cost, self.init_cost_scalar)
    }

    /// Gas of initialising a cached program.
    pub fn cached_gas(&self, activation: &Activation) -> u64 {
        let least = u64::from(self.min_cached_init_gas) * MIN_CACHED_GAS_UNIT;
        least + scaled(activation.cached_init_cost, self.cached_cost_scalar)
    }

    /// Gas of starting a program, without its pages ([`crate::Pages::open_cost`]): the cached part if it is cached or from
    /// version 2 on, and the initialisation unless it is cached.
    pub fn start_gas(&self, activation: &Activation, cached: bool) -> u64 {
        let cached_part = if cached || self.version > 1 {
            self.cached_gas(activation)
        } else {
            0
        };
        let init_part = if cached { 0 } else { self.init_gas(activation) };
        cached_part + init_part
    }

    /// Gas left after a call that had `gas_limit` gas (before its start costs), ended with `gas_left` and returned
    /// `output_len` bytes: from version 2 a call costs at least what the EVM asks for memory of that length, but never
    /// more than it had.
    pub fn gas_left_after_output(&self, gas_limit: u64, gas_left: u64, output_len: usize) -> u64 {
        if self.version < 2 || output_len == 0 {
            return gas_left;
        }
        gas_left.min(gas_limit.saturating_sub(evm_memory_gas(output_len)))
    }

    /// Whether running out of gas inside a host function is reported as such (from ArbOS 50) or as a failure.
    pub(crate) const fn reports_out_of_gas(&self) -> bool {
        self.arbos >= 50
    }

    /// Whether activation is charged for the module's length (from ArbOS 32).
    pub(crate) const fn charges_module_bytes(&self) -> bool {
        self.arbos >= 32
    }

    /// Whether a call to the EVM is charged its ink as gas (ArbOS 30 and 31) when a storage slot is loaded.
    pub(crate) const fn overcharges_storage_loads(&self) -> bool {
        self.arbos < 32
    }

    /// Whether the code of an empty account is looked up, and charged, each time (from ArbOS 51).
    pub(crate) const fn rereads_empty_code(&self) -> bool {
        self.arbos >= 51
    }

    /// Whether functions and blocks may give several values (before ArbOS 60).
    pub(crate) const fn allows_multi_value(&self) -> bool {
        self.arbos < 60
    }
}

/// A cost of `cost` units scaled by `scalar` units of 2 %, rounded up.
fn scaled(cost: u16, scalar: u8) -> u64 {
    (u64::from(cost) * u64::from(scalar) * COST_SCALAR_PERCENT).div_ceil(100)
}

/// What the EVM charges for memory of `len` bytes from nothing: 3 gas a word and a quadratic part.
fn evm_memory_gas(len: usize) -> u64 {
    let words = (len as u64).div_ceil(32);
    3 * words + words * words / 512
}
