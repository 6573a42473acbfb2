//! One program on a chain, ready to be upgraded to.

use alloy::{
    network::TransactionBuilder as _,
    primitives::{Address, U256},
    rpc::types::TransactionRequest,
};

use crate::{
    Account, ClientError, Program,
    bindings::{
        ArbWasm, ArbWasmCache, CacheManager,
        arbos::{ARB_WASM, ARB_WASM_CACHE},
    },
    keeper::{outcome, with_margin},
};

/// Creates a program, and activates and caches its code where that has not been done. It belongs to nobody and is called by nobody
/// until some proxy is upgraded to it.
///
/// # Errors
/// What sending gives.
pub async fn install(account: &Account, program: &Program) -> Result<Address, ClientError> {
    let (chain, hash) = (account.chain(), program.code_hash());
    let request = TransactionRequest::default().with_deploy_code(program.creation_code());
    let step = format!("creating {}", program.name());
    let receipt = account.send_request(&step, request).await?;
    let address = receipt.contract_address.unwrap_or_default();

    let wasm = ArbWasm::new(ARB_WASM, chain.provider());
    let step = format!("activating {}", program.name());
    let active = chain.read(&step, wasm.codehashVersion(hash)).await;
    if matches!(active, Err(ClientError::Refused { .. })) {
        let call = ArbWasm::activateProgramCall { program: address };
        let request = TransactionRequest::default()
            .with_to(ARB_WASM)
            .with_call(&call);
        let from = account.address();
        let fee = outcome::<ArbWasm::activateProgramCall>(chain, &step, from, request.clone());
        let request = request.with_value(with_margin(fee.await?.dataFee));
        account.send_request(&step, request).await?;
    } else {
        active?;
    }

    let step = format!("caching {}", program.name());
    let cache = ArbWasmCache::new(ARB_WASM_CACHE, chain.provider());
    let managers = chain.read(&step, cache.allCacheManagers()).await?;
    let cached = chain.read(&step, cache.codehashIsCached(hash)).await?;
    if let (Some(manager), false) = (managers.last(), cached) {
        let manager = CacheManager::new(*manager, chain.provider());
        let bid = chain.read(&step, manager.getMinBid(address)).await?;
        let call = manager.placeBid(address).value(U256::from(bid));
        account.send(&step, call).await?;
    }
    Ok(address)
}
