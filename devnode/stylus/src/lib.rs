//! Runs one [Stylus](https://docs.arbitrum.io/stylus) program, and charges for it what the chain charges, to the last ink.
//!
//! This crate knows no EVM. It takes a WebAssembly module and a [`Context`], runs it, and stops with a [`Request`] whenever
//! the program needs something that an EVM has: storage, another account, a call. Whoever runs the frame answers with a
//! [`Response`] and the program goes on. Frames never nest natively, so a chain of calls costs no native stack.
//!
//! ```
//! # use alloy_primitives::{Address, B256, Bytes, U256};
//! # use ogpu_stylus::{Context, Frame, Module, Pages, Params, Request, Response, Status, Step};
//! # let wasm = include_bytes!("../../evm/golden/modules/host_storage_load.wasm");
//! # let context = Context {
//! #     contract: Address::ZERO, sender: Address::ZERO, origin: Address::ZERO, value: U256::ZERO, block_number: 0,
//! #     block_timestamp: 0, block_gas_limit: 0, block_basefee: U256::ZERO, block_coinbase: Address::ZERO, chain_id: 412_346,
//! #     gas_price: U256::ZERO, reentrant: false, calldata: Bytes::from_static(&[0; 32]),
//! # };
//! let params = Params::at(51);
//! let module = Module::new(wasm, &params)?;
//!
//! // what the call costs before the first instruction
//! let mut pages = Pages::default();
//! let gas = 100_000 - pages.open(module.footprint(), &params) - params.start_gas(&module.activation(), false);
//!
//! let mut frame = Frame::new(&module, &params, context, gas)?;
//! let mut step = frame.run(&mut pages)?;
//! let outcome = loop {
//!     step = match step {
//!         Step::Done(outcome) => break outcome,
//!         Step::Request(Request::StorageLoad { .. }) => {
//!             frame.resume(Response::Storage { value: B256::ZERO, gas: 2100 }, &mut pages)?
//!         }
//!         Step::Request(other) => panic!("{other:?}"),
//!     };
//! };
//! assert_eq!(outcome.status, Status::Success);
//! assert_eq!(gas - outcome.gas_left, 2118);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # From a module to a frame
//!
//! 1. **Validation** (`module`). WebAssembly's first version with mutable globals, sign extension and bulk memory; several
//!    results only before ArbOS 60. Floating-point types, constants, loads and stores pass, operations do not: they have no
//!    price. Limits: 513 imports, 4096 functions, 348 locals and 65,536 instructions a function, 32,768 globals, 4096 table
//!    entries, 128 data segments, 128 element segments of 4096 bytes together, 128 pages of memory. Segments are active and
//!    in bounds. The module exports `memory` and `user_entrypoint`, imports from `vm_hooks` only, and a memory that can
//!    grow needs `pay_for_memory_grow`.
//! 2. **Meters** (`meter`). The code is copied; four globals and what takes from them are added (below).
//! 3. **Activation** ([`activate`], [`Activation`]). Estimates in the module's bytes, functions, signatures, globals,
//!    segments, pages and metered instructions; each term is rounded down by itself.
//! 4. **Start**. [`Pages::open`] for the memory, [`Params::start_gas`] for the rest.
//! 5. **Run** ([`Frame`]). wasmi interprets the module. A host function that needs the EVM interrupts it; wasmi keeps the
//!    program's stack until the answer comes.
//!
//! # What is metered
//!
//! Programs pay in *ink*; a gas buys [`Params::ink_price`] of it. Gas becomes ink by multiplication that saturates, ink
//! becomes gas rounded down.
//!
//! * **Instructions** (`prices`): each has a price, and each basic block 2450 ink more. A block ends with `end`, `else`,
//!   `loop`, `return`, `call`, `call_indirect` and every branch. Its whole cost is taken when it is entered; what does not
//!   suffice runs out of gas before the block's first instruction. `memory.copy` and `memory.fill` pay 100 ink a byte more,
//!   before they run.
//! * **Stack** (`depth`): a frame takes 4 words, one for each local that is not a parameter, and its most operands, the
//!   meters' own two included. A block's results count from its start, and a call's results before its arguments go. Where
//!   no more than that is left, the call runs out of stack and all its gas is gone. Words come back when the function
//!   returns, also by a branch; not when the program exits early, so [`Outcome::stack_left`] then shows the depth.
//! * **Host functions** (`host`): 8400 ink for the call, 5040 for each pointer, 59,673 for asking the EVM, more for lengths.
//!   The meter of a host function that fails keeps what was taken until then.
//! * **Memory** ([`Pages`]): two pages a transaction are free. Others cost 1000 gas each, and a part that grows
//!   exponentially with the most pages the transaction ever had open.
//! * **Storage** (`host::storage`): a frame caches slots. Accesses of the cache cost nothing, then 2 or 7, then 10 gas; a
//!   cold load costs what the EVM asks; a flush writes only slots that differ, at the EVM's price, and nothing is flushed
//!   by itself at the end.
//!
//! # Where the figures come from
//!
//! Prices, limits and estimates are the chain's own; they are checked against its runtime by the golden set in
//! `devnode/evm/golden`: 126 modules whose activation figures, ink, gas, output and calls of host functions were recorded at
//! ArbOS 30 to 60. `tests/golden.rs` compares all of it that needs no other frame. What differs between versions:
//!
//! | ArbOS | what changes |
//! |---|---|
//! | 31 | Stylus version 2: starting an uncached program pays the cached part too; output costs at least EVM memory |
//! | 32 | storage loads are no longer overcharged 59,673 gas; activation pays for the module's bytes |
//! | 50 | 22,000 words of stack; a flush that lacks gas runs out of gas, before it failed |
//! | 51 | the code of an account without code is looked up, and charged, every time |
//! | 60 | no more than one result a function or block; code in fragments; programs of the same block count as cached |

mod activation;
mod depth;
mod error;
mod frame;
mod host;
mod meter;
mod module;
mod pages;
mod params;
mod prices;
mod program;
mod vm;

pub use activation::Activation;
pub use error::InvalidModule;
pub use frame::{
    CallKind, CallStatus, Context, HostCalls, Outcome, Request, Response, Status, Step,
};
pub use pages::Pages;
pub use params::Params;
pub use program::{Frame, FrameError, Module, ModuleError, activate};
