//! All contracts of the system in one process, driven by random steps, and what must hold after each.
//!
//! * [`chain`]: a chain that runs the contracts' own Rust code, compiled natively: calls between them through their real routers,
//!   a journal that undoes what reverts, faults on purpose;
//! * [`world`]: the whole system, deployed and wired, and the people in it;
//! * [`abi`]: the committed interfaces, from which the generator knows what can be called;
//! * [`model`]: the books of every contract, kept a second time from events, and everything that must hold;
//! * [`generate`]: random steps;
//! * [`run`]: episodes, replays, and leaving out what a failure does not need.
#![cfg_attr(test, allow(missing_docs))]
pub mod abi;
pub mod chain;
pub mod generate;
pub mod model;
pub mod run;
pub mod world;
