//! What happens on the market, told on a chain: every contract as WASM, every call over JSON-RPC.

mod life;
