//! Gas that can be compared between chains.

use eyre::{Result, WrapErr};
use ogpu_client::{
    Receipt,
    alloy::{primitives::U64, providers::Provider as _},
    bindings::{ArbWasmCache, arbos::ARB_WASM_CACHE},
};
use serde_json::Value;

use crate::Harness;

impl Harness {
    /// What running a transaction cost: its gas without the parent chain's share, which moves with that chain's prices.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn execution_gas(&self, receipt: &Receipt) -> Result<u64> {
        let whole: Value = self
            .chain()
            .provider()
            .raw_request(
                "eth_getTransactionReceipt".into(),
                [receipt.transaction_hash],
            )
            .await?;
        let parent = match whole.get("gasUsedForL1") {
            Some(gas) => serde_json::from_value::<U64>(gas.clone())
                .wrap_err_with(|| format!("gasUsedForL1 of {} is {gas}", receipt.transaction_hash))?
                .to::<u64>(),
            None => 0,
        };
        Ok(receipt.gas_used - parent)
    }

    /// Whether every program of the market is in the chain's program cache: those that are not cost more to start. A
    /// deployment puts them there where the chain has a cache manager.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn is_cached(&self) -> Result<bool> {
        let cache = ArbWasmCache::new(ARB_WASM_CACHE, self.chain().provider());
        for contract in self.deployment.contracts.values() {
            let call = cache.codehashIsCached(contract.code_hash);
            if !self.chain().read("asking the cache", call).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
