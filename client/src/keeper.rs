//! Keeping programs alive: how long each has left, another year for those that still live, and a new activation for those that do not.

use alloy::{
    network::TransactionBuilder as _,
    primitives::{Address, U256},
    providers::Provider as _,
    rpc::types::{
        TransactionRequest,
        state::{AccountOverride, StateOverride},
    },
    sol_types::SolCall,
};

use crate::{
    Account, Chain, ClientError, Market, Receipt,
    bindings::{ArbWasm, Watchdog, arbos::ARB_WASM},
};

/// How a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It can be called for so many seconds.
    Left(u64),
    /// It cannot be called until it is activated again: it has expired, or the chain's Stylus version has changed.
    Over,
}

/// How the program at `address` is. This asks ArbOS itself, and works when every contract has expired.
///
/// # Errors
/// [`ClientError::Refused`] when there is no program that ever was active, else as [`Chain::now`].
pub async fn life_of(chain: &Chain, address: Address) -> Result<Life, ClientError> {
    let wasm = ArbWasm::new(ARB_WASM, chain.provider());
    let left = chain.read(
        "reading how long a program lives",
        wasm.programTimeLeft(address),
    );
    match left.await {
        Ok(seconds) => Ok(Life::Left(seconds)),
        Err(error) => match error.reason().and_then(|reason| reason.name()) {
            Some("ProgramExpired" | "ProgramNeedsUpgrade") => Ok(Life::Over),
            _ => Err(error),
        },
    }
}

/// Gives each of `programs` another year, through the watchdog, leaving out those that ArbOS refuses: it takes none in the first 31 days after
/// an activation. Returns how many that were and what it took, in wei of ether; nothing is sent when that is none.
///
/// # Errors
/// As [`Account::send`].
pub async fn keep_alive(
    market: &Market,
    account: &Account,
    programs: Vec<Address>,
) -> Result<Option<(Receipt, U256, U256)>, ClientError> {
    let what = "keeping programs alive";
    let call = Watchdog::keepAliveAllCall { programs };
    let request = TransactionRequest::default()
        .with_to(market.addresses().watchdog)
        .with_input(call.abi_encode());
    let (from, chain) = (account.address(), market.chain());
    let expected: Watchdog::keepAliveAllReturn =
        outcome::<Watchdog::keepAliveAllCall>(chain, what, from, request.clone()).await?;
    if expected.extended.is_zero() {
        return Ok(None);
    }
    let request = request.with_value(with_margin(expected.fees));
    let receipt = account.send_request(what, request).await?;
    let kept = receipt.inner.logs().iter().filter_map(|log| {
        log.log_decode_validate::<Watchdog::KeptAlive>()
            .map(|log| log.inner.data.fee)
            .ok()
    });
    let (extended, fees) = kept.fold((0_u64, U256::ZERO), |(count, sum), fee| {
        (count + 1, sum + fee)
    });
    Ok(Some((receipt, U256::from(extended), fees)))
}

/// Activates a program again whose life is over.
///
/// # Errors
/// As [`Account::send`].
pub async fn bring_back(account: &Account, program: Address) -> Result<Receipt, ClientError> {
    let what = "activating a program again";
    let request = TransactionRequest::default()
        .with_to(ARB_WASM)
        .with_call(&ArbWasm::activateProgramCall { program });
    let (from, chain) = (account.address(), account.chain());
    let outcome =
        outcome::<ArbWasm::activateProgramCall>(chain, what, from, request.clone()).await?;
    let request = request.with_value(with_margin(outcome.dataFee));
    account.send_request(what, request).await
}

/// ArbOS' data fee rises with every activation on the chain; what is too much comes back.
pub(crate) fn with_margin(fee: U256) -> U256 {
    fee + fee / U256::from(5)
}

/// What a call would return to a caller with ether to spare.
pub(crate) async fn outcome<C: SolCall>(
    chain: &Chain,
    what: &str,
    from: Address,
    request: TransactionRequest,
) -> Result<C::Return, ClientError> {
    let ether = U256::from(10).pow(U256::from(18));
    let rich = AccountOverride {
        balance: Some(ether * U256::from(1_000)),
        ..Default::default()
    };
    let overrides = StateOverride::from_iter([(from, rich)]);
    let output = chain
        .provider()
        .call(request.with_from(from).with_value(ether))
        .overrides(overrides)
        .await
        .map_err(|error| chain.explain(what, &error))?;
    C::abi_decode_returns(&output).map_err(|error| ClientError::Node {
        what: what.to_owned(),
        url: chain.url().to_owned(),
        why: error.to_string(),
    })
}
