//! What happens on the market, told on a chain: every contract as WASM, every call over JSON-RPC.

mod batches;
mod dao;
mod deployment;
mod figures;
mod gas;
mod leases;
mod life;
mod money;
mod nodes;
mod openzeppelin;
mod orders;
mod peers;
mod reputation;
mod transitions;
mod upgrades;
mod verifiers;
mod watchdog;
