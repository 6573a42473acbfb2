//! Programs over HTTP: deployed, activated, cached, called and traced as on Nitro.

mod common;

use std::io::Read;

use alloy_primitives::{Address, Bytes, TxKind, U256, address, hex, keccak256};
use common::{Chain, number};
use serde_json::{Value, json};

const ARB_SYS: Address = address!("0x0000000000000000000000000000000000000064");
const ARB_WASM: Address = address!("0x0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0x0000000000000000000000000000000000000072");
const DATA_FEE: u64 = 1_000_000_000_000_000;

/// A program of the golden set that counts in its storage, as account code.
fn counter() -> Bytes {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/evm/golden/modules/sub_counter.wasm"
    );
    let wasm = std::fs::read(path).unwrap();
    let mut code = hex!("eff00000").to_vec();
    brotli::CompressorReader::new(&wasm[..], 4096, 11, 22)
        .read_to_end(&mut code)
        .unwrap();
    code.into()
}

/// The init code cargo-stylus writes before a program: PUSH32 length, DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN.
fn init(code: &[u8]) -> Bytes {
    let length = U256::from(code.len()).to_be_bytes::<32>();
    [
        &hex!("7f")[..],
        &length,
        &hex!("80602b6000396000f300"),
        code,
    ]
    .concat()
    .into()
}

/// The call data of a function with at most one word as argument.
fn calldata(signature: &str, word: Option<[u8; 32]>) -> Bytes {
    [
        &keccak256(signature)[..4],
        word.as_ref().map_or(&[], |word| &word[..]),
    ]
    .concat()
    .into()
}

async fn deploy(chain: &Chain) -> Address {
    let raw = chain.sign(1, TxKind::Create, 0, init(&counter())).await;
    let receipt = chain.send_raw(raw).await;
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    serde_json::from_value(receipt["contractAddress"].clone()).unwrap()
}

async fn activate(chain: &Chain, program: Address) -> Value {
    let data = calldata("activateProgram(address)", Some(program.into_word().0));
    let mut transaction = common::transfer(
        chain.nonce(chain.address(1)).await,
        ARB_WASM.into(),
        DATA_FEE,
        data,
    );
    transaction.gas_limit = 20_000_000;
    chain
        .send_raw(common::raw(chain.signer(1), transaction))
        .await
}

#[tokio::test]
async fn a_program_is_deployed_activated_cached_and_called() {
    let chain = Chain::start().await;
    let code = counter();
    let version = json!([{ "to": ARB_WASM, "data": calldata("codehashVersion(bytes32)", Some(keccak256(&code).0)) }]);
    let error = chain
        .try_call("eth_call", version.clone())
        .await
        .unwrap_err();
    assert_eq!(error["code"], 3);
    assert_eq!(
        error["data"],
        json!(calldata("ProgramNotActivated()", None))
    );
    // Tools try an activation on code that nobody has deployed yet.
    let unborn = Address::repeat_byte(0x5a);
    let activation = json!({
        "from": chain.address(1), "to": ARB_WASM, "value": format!("{DATA_FEE:#x}"),
        "data": calldata("activateProgram(address)", Some(unborn.into_word().0)),
    });
    let pretend = json!({ unborn.to_string(): { "code": code } });
    let answer = chain
        .call("eth_call", json!([activation, "latest", pretend]))
        .await;
    let answer: Bytes = serde_json::from_value(answer).unwrap();
    assert_eq!(
        U256::from_be_slice(&answer[..32]),
        U256::from(2),
        "the Stylus version of ArbOS 51"
    );

    let program = deploy(&chain).await;
    assert_eq!(
        chain.call("eth_getCode", json!([program])).await,
        json!(code)
    );
    let receipt = activate(&chain, program).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["logs"][0]["address"], json!(ARB_WASM));
    assert_eq!(chain.number("eth_call", version).await, U256::from(2));

    let managers = json!([{ "to": ARB_WASM_CACHE, "data": calldata("allCacheManagers()", None) }]);
    let managers: Bytes = serde_json::from_value(chain.call("eth_call", managers).await).unwrap();
    let manager = Address::from_slice(&managers[76..96]);
    let before = chain.send(1, program, 0, Bytes::from([0])).await;
    let bid = calldata("placeBid(address)", Some(program.into_word().0));
    assert_eq!(chain.send(1, manager, 0, bid).await["status"], "0x1");
    let is_cached = calldata("codehashIsCached(bytes32)", Some(keccak256(&code).0));
    assert_eq!(
        chain
            .number(
                "eth_call",
                json!([{ "to": ARB_WASM_CACHE, "data": is_cached }])
            )
            .await,
        U256::ONE
    );
    let after = chain.send(1, program, 0, Bytes::from([0])).await;
    assert_eq!(
        (&before["status"], &after["status"]),
        (&json!("0x1"), &json!("0x1"))
    );
    let gas = |receipt: &Value| number(&receipt["gasUsed"]);
    assert!(
        gas(&after) < gas(&before),
        "{} is not cheaper than {}",
        gas(&after),
        gas(&before)
    );
    assert_eq!(
        chain
            .number("eth_getStorageAt", json!([program, "0x0"]))
            .await,
        U256::from(2)
    );
}

#[tokio::test]
async fn an_activation_goes_with_the_snapshot_it_came_after() {
    let chain = Chain::start().await;
    let program = deploy(&chain).await;
    let snapshot = chain.call("evm_snapshot", json!([])).await;
    assert_eq!(activate(&chain, program).await["status"], "0x1");
    let hash = chain.send(1, program, 0, Bytes::from([0])).await["transactionHash"].clone();
    let trace = chain
        .call(
            "debug_traceTransaction",
            json!([hash, { "tracer": "callTracer" }]),
        )
        .await;
    assert_eq!(
        (&trace["to"], &trace["error"]),
        (&json!(program), &Value::Null)
    );
    assert_eq!(chain.call("evm_revert", json!([snapshot])).await, true);
    let receipt = chain.send(1, program, 0, Bytes::from([0])).await;
    assert_eq!(
        receipt["status"], "0x0",
        "the program is not active any more"
    );
}

#[tokio::test]
async fn arb_sys_knows_the_block() {
    let chain = Chain::start().await;
    chain.call("anvil_mine", json!([5])).await;
    let number = json!([{ "to": ARB_SYS, "data": calldata("arbBlockNumber()", None) }, "latest"]);
    assert_eq!(chain.number("eth_call", number).await, U256::from(5));
    let fourth = U256::from(4).to_be_bytes::<32>();
    let hash = json!([{ "to": ARB_SYS, "data": calldata("arbBlockHash(uint256)", Some(fourth)) }]);
    let block = chain
        .call("eth_getBlockByNumber", json!(["0x4", false]))
        .await;
    assert_eq!(chain.call("eth_call", hash).await, block["hash"]);
}
