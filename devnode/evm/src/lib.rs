//! The EVM of the embedded chain: revm, in which a call frame may be a Stylus program, with ArbOS' programs and precompiles.

mod chain;
mod config;
mod evm;
mod executor;
mod handler;
mod precompiles;
mod programs;

pub use chain::{ArbContext, ChainState};
pub use config::{Block, ChainConfig, DEV_ACCOUNT, Options, SEQUENCER};
pub use executor::{Executor, Output};
pub use programs::{Programs, RecentPrograms};
pub use revm;
