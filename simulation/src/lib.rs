//! All contracts of the system in one process.
pub mod chain;
