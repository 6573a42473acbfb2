//! The EVM of the embedded chain: revm, in which a call frame may be a Stylus program, with ArbOS' programs and precompiles.
//!
//! An [`Executor`] executes one transaction on any [`revm::Database`] and returns what it did and what it changed; it keeps
//! nothing but compiled modules ([`Programs`]), which follow from account code and may be dropped at any time.
//!
//! ```
//! use ogpu_evm::{Block, ChainConfig, DEV_ACCOUNT, Executor, Options, Programs, genesis};
//! use ogpu_evm::revm::{context::TxEnv, database::InMemoryDB, primitives::{TxKind, U256}};
//!
//! let config = ChainConfig::default();
//! let mut db = InMemoryDB::default();
//! for account in genesis(&config) {
//!     db.insert_account_info(account.address, account.info);
//!     for (slot, value) in account.storage {
//!         db.insert_account_storage(account.address, slot, value)?;
//!     }
//! }
//!
//! // ArbSys.arbOSVersion() of a chain at ArbOS 51
//! let tx = TxEnv {
//!     caller: DEV_ACCOUNT,
//!     kind: TxKind::Call(ogpu_evm::ARB_SYS),
//!     data: vec![0x05, 0x10, 0x38, 0xf2].into(),
//!     gas_limit: 100_000,
//!     ..TxEnv::default()
//! };
//! let (block, programs) = (Block::default(), Programs::default());
//! let executor = Executor::new(&config, &block, &programs).with_options(Options::call());
//! let output = executor.transact(&mut db, tx)?;
//! assert_eq!(output.result.output().map(|data| U256::from_be_slice(data)), Some(U256::from(55 + 51)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where things are
//!
//! | module | holds |
//! |---|---|
//! | `executor`, `handler`, `evm` | a transaction, who gets its fee, the frame loop |
//! | `wasm` | programs as frames: starting them, answering what they ask, calls they make |
//! | `code`, `programs` | modules in account code, compiled modules |
//! | `arbos` | ArbOS' state: programs, parameters, owners, the price of data |
//! | `precompiles` | `ArbSys`, `ArbWasm` and the others |
//! | `genesis` | the accounts ArbOS needs, and a cache manager |
//! | [`mod@run`] | one program by itself, for comparing with golden numbers |
//!
//! # What differs from Ethereum
//!
//! * Every transaction pays exactly the base fee; tips are not collected. The whole fee goes to the chain's fee account.
//! * `block.number` is the parent chain's; [`ARB_SYS`] tells this chain's.
//! * Code that starts with `0xEF` can be deployed if it is a program.
//! * The calldata floor price (EIP-7623) and the gas cap of a transaction (EIP-7825) do not apply.
//! * A program starts only if it is active: activated, by [`ARB_WASM`], under the chain's Stylus version, not longer ago than
//!   the expiry. Otherwise a call takes all gas, as the one to code that is no code.

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
pub use ogpu_stylus::{HostCalls, Outcome, Status};
pub use precompiles::{
    ARB_DEBUG, ARB_GAS_INFO, ARB_INFO, ARB_OWNER, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM,
    ARB_WASM_CACHE,
};
pub use programs::{Programs, RecentPrograms};
pub use revm;
pub use wasm::ProgramFrame;
