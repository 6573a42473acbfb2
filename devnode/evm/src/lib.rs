//! The EVM of the embedded chain: revm, in which a call frame may be a Stylus program, with ArbOS' programs and precompiles.

mod arbos;
mod chain;
mod code;
mod config;
mod evm;
mod executor;
mod genesis;
mod handler;
mod precompiles;
mod programs;
pub mod run;
mod wasm;

pub use arbos::ARBOS_STATE;
pub use chain::{ArbContext, ChainState};
pub use config::{Block, ChainConfig, DEV_ACCOUNT, Options, SEQUENCER};
pub use executor::{Executor, Output};
pub use genesis::{CACHE_MANAGER, GenesisAccount, genesis};
pub use precompiles::{
    ARB_DEBUG, ARB_GAS_INFO, ARB_INFO, ARB_OWNER, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM,
    ARB_WASM_CACHE,
};
pub use programs::{Programs, RecentPrograms};
pub use revm;
pub use wasm::ProgramFrame;
