//! Contracts that judge results: each deployed as WASM behind its proxy, approved by the market, and judging tasks of it.

mod committee;
mod cubic;
mod optimistic;
mod replication;
mod zk;

use std::{fmt::Debug, path::PathBuf};

use eyre::{Result, WrapErr, eyre};
use ogpu_client::{
    Account, ClientError, Reason,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, B256, Bytes, U256, keccak256},
        rpc::types::TransactionRequest,
        sol_types::{SolError, SolInterface as _},
    },
    bindings::{
        ArbWasm, ArbWasmCache, CacheManager,
        arbos::{ARB_WASM, ARB_WASM_CACHE},
        task_manager::Terms,
    },
    programs::{DEFAULT_FOLDER, creation_code},
    proxy_init::proxy_creation_code,
};
use ogpu_tests::{DURATION, Harness, Provider, ogpu, programs};

/// What the verifier of the tasks here gets for its verdict, in whole oGPU.
const FEE: u64 = 2;

/// Ether for an activation, in wei; what is too much comes back.
const ACTIVATION: u64 = 10_000_000_000_000_000;

/// How long a result waits for a verdict, in seconds: a little longer than the shortest challenge period.
const REVIEW: u64 = 700;

/// A market in which results wait for [`REVIEW`].
async fn market() -> Result<Harness> {
    Harness::with(|settings| settings.parameters.reviewWindow = REVIEW as u32).await
}

/// Creates, activates and caches the program `name`, makes a proxy for it that is initialised by `initialize`, and has the market
/// approve that; returns it with its number in the market's list.
async fn deploy(harness: &Harness, name: &str, initialize: &[u8]) -> Result<(Address, u8)> {
    let (owner, implementation) = (&harness.owner, activated(harness, name).await?);
    let init = proxy_creation_code(programs()?.proxy.code(), implementation, initialize);
    let verifier = create(owner, init.into()).await?;
    let tasks = harness.market.tasks();
    let number = harness
        .chain()
        .read("", tasks.addVerifier(verifier).from(owner.address()))
        .await?;
    owner.send("approving", tasks.addVerifier(verifier)).await?;
    Ok((verifier, number))
}

/// Creates, activates and caches the program `name`.
async fn activated(harness: &Harness, name: &str) -> Result<Address> {
    let code = program(name)?;
    let owner = &harness.owner;
    let implementation = create(owner, creation_code(&code)).await?;
    let wasm = ArbWasm::new(ARB_WASM, harness.chain().provider());
    let active = wasm.codehashVersion(keccak256(&code));
    if harness.chain().read("", active).await.is_err() {
        let call = wasm.activateProgram(implementation);
        owner
            .send("activating", call.value(U256::from(ACTIVATION)))
            .await?;
    }
    let cache = ArbWasmCache::new(ARB_WASM_CACHE, harness.chain().provider());
    let managers = harness.chain().read("", cache.allCacheManagers()).await?;
    let cached = cache.codehashIsCached(keccak256(&code));
    if let (Some(manager), false) = (managers.first(), harness.chain().read("", cached).await?) {
        let manager = CacheManager::new(*manager, harness.chain().provider());
        let least = manager.getMinBid(implementation);
        let least = harness.chain().read("", least).await?;
        let bid = manager.placeBid(implementation).value(U256::from(least));
        owner.send("caching", bid).await?;
    }
    Ok(implementation)
}

/// The built code of a program, from where [`programs`] are.
pub(super) fn program(name: &str) -> Result<Vec<u8>> {
    let folder = match std::env::var("OGPU_PROGRAMS") {
        Ok(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(DEFAULT_FOLDER),
    };
    let path = folder.join(format!("{name}.code"));
    std::fs::read(&path).wrap_err_with(|| {
        format!(
            "cannot read {}; build it with `cargo xtask build`",
            path.display()
        )
    })
}

pub(super) async fn create(account: &Account, init: Bytes) -> Result<Address> {
    let request = TransactionRequest::default().with_deploy_code(init);
    let receipt = account.send_request("creating", request).await?;
    receipt
        .contract_address
        .ok_or_else(|| eyre!("nothing was created"))
}

/// A task of 100 oGPU that verifier `number` judges by `data`, done by `provider` for 80, with `result` delivered.
async fn delivered(
    harness: &Harness,
    client: &Account,
    provider: &Provider,
    number: u8,
    data: B256,
    result: B256,
) -> Result<U256> {
    let terms = Terms {
        biddingWindow: 40,
        trustWeight: harness.settings.parameters.trustWeight,
        verifier: number,
        verifierFee: ogpu(FEE),
        verifierData: data,
        ..Terms::default()
    };
    let market = &harness.market;
    let (task, _) = market
        .submit_task_with_terms(client, "ipfs://job", ogpu(100), DURATION, terms)
        .await?;
    harness.bid(provider, task, 80).await?;
    harness.assign(client, task, provider).await?;
    market
        .deliver(&provider.account, task, provider.id, result)
        .await?;
    Ok(task)
}

/// That a call was refused with exactly this error.
#[track_caller]
fn refused<T: Debug>(result: Result<T, ClientError>, error: impl SolError) {
    let refusal = result.expect_err("the contract should have refused");
    let data = match refusal.reason() {
        Some(Reason::Known(known)) => known.abi_encode(),
        Some(Reason::Unknown(data)) => data.to_vec(),
        _ => panic!("no typed error: {refusal}"),
    };
    assert_eq!(Bytes::from(data), Bytes::from(error.abi_encode()));
}
