//! Contracts over HTTP: calls, reverts, estimates, overrides, logs, filters and traces.

mod common;

use alloy_primitives::{Address, B256, Bytes, U256, bytes, hex};
use common::{BOX_CODE, Chain, number, word};
use serde_json::{Value, json};

const REVERTING: Bytes = bytes!("0102");

fn topic() -> B256 {
    B256::with_last_byte(0xaa)
}

#[tokio::test]
async fn a_contract_is_deployed_called_and_read_in_the_past() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    assert_eq!(
        chain.call("eth_getCode", json!([made, "latest"])).await,
        json!(BOX_CODE)
    );
    assert_eq!(chain.call("eth_getCode", json!([made, "0x0"])).await, "0x");
    for value in [11, 22] {
        let receipt = chain.send(1, made, 0, word(value)).await;
        let log = &receipt["logs"][0];
        assert_eq!(
            (&log["address"], &log["topics"]),
            (&json!(made), &json!([topic()]))
        );
        assert_eq!(log["data"], json!(word(value)));
        assert_eq!(log["blockHash"], receipt["blockHash"]);
    }
    let read = json!({ "to": made });
    for (block, value) in [
        ("latest", 22),
        ("pending", 22),
        ("0x3", 22),
        ("0x2", 11),
        ("0x1", 0),
    ] {
        assert_eq!(
            chain.number("eth_call", json!([read, block])).await,
            U256::from(value),
            "{block}"
        );
        assert_eq!(
            chain
                .number("eth_getStorageAt", json!([made, "0x0", block]))
                .await,
            U256::from(value)
        );
    }
    let hash = &chain
        .call("eth_getBlockByNumber", json!(["0x2", false]))
        .await["hash"];
    let by_hash = json!({ "blockHash": hash, "requireCanonical": true });
    assert_eq!(
        chain.number("eth_call", json!([read, by_hash])).await,
        U256::from(11)
    );
    let (code, message) = chain.error("eth_call", json!([read, "0x9"])).await;
    assert_eq!(
        (code, message.as_str()),
        (-32000, "header not found: no block 9")
    );
    assert_eq!(
        chain
            .call("eth_call", json!([{ "to": Address::repeat_byte(9) }]))
            .await,
        "0x"
    );
}

#[tokio::test]
async fn a_revert_carries_its_data() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    let request = json!({ "from": chain.address(1), "to": made, "data": REVERTING });
    for method in ["eth_call", "eth_estimateGas"] {
        let error = chain.try_call(method, json!([request])).await.unwrap_err();
        assert_eq!(
            error,
            json!({ "code": 3, "message": "execution reverted", "data": "0xdeadbeef" })
        );
    }
    let receipt = chain.send(1, made, 0, REVERTING).await;
    assert_eq!(
        (&receipt["status"], &receipt["logs"]),
        (&json!("0x0"), &json!([]))
    );
    // Running out of gas is not a revert.
    let hungry = json!({ "to": made, "data": word(1), "gas": "0x6000" });
    let (code, message) = chain.error("eth_call", json!([hungry])).await;
    assert_eq!(code, -32000);
    assert!(message.starts_with("out of gas"), "{message}");
    let (_, message) = chain.error("eth_estimateGas", json!([hungry])).await;
    assert_eq!(message, "gas required exceeds allowance (24576)");
    let both = json!({ "to": made, "data": "0x01", "input": "0x02" });
    let (_, message) = chain.error("eth_call", json!([both])).await;
    assert!(message.contains("both"), "{message}");
}

#[tokio::test]
async fn an_estimate_is_what_the_transaction_needs() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    let alice = chain.address(1);
    let plain = json!([{ "from": alice, "to": Address::repeat_byte(1), "value": "0x1" }]);
    assert_eq!(
        chain.number("eth_estimateGas", plain).await,
        U256::from(21_000)
    );
    let store = json!([{ "from": alice, "to": made, "data": word(5) }]);
    let estimate = chain.number("eth_estimateGas", store.clone()).await;
    let receipt = chain.send(1, made, 0, word(5)).await;
    assert_eq!(number(&receipt["gasUsed"]), estimate);
    // Clearing the slot gives a refund, but the gas must be there first.
    let clear = json!([{ "from": alice, "to": made, "data": word(0) }]);
    let estimate: u64 = chain.number("eth_estimateGas", clear).await.to();
    let mut transaction = common::transfer(chain.nonce(alice).await, made.into(), 0, word(0));
    transaction.gas_limit = estimate;
    let receipt = chain
        .send_raw(common::raw(chain.signer(1), transaction))
        .await;
    assert_eq!(receipt["status"], "0x1");
    assert!(number(&receipt["gasUsed"]) < U256::from(estimate));
    let poor = json!([{ "from": Address::repeat_byte(7), "to": made, "value": "0x1" }]);
    let (_, message) = chain.error("eth_estimateGas", poor).await;
    assert!(
        message.starts_with("insufficient funds for gas * price + value"),
        "{message}"
    );
}

#[tokio::test]
async fn calls_can_pretend() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    chain.send(1, made, 0, word(5)).await;
    let read = json!({ "to": made });
    let slot = B256::ZERO;
    let cases = [
        (
            json!({ "stateDiff": { slot.to_string(): B256::with_last_byte(9) } }),
            9,
        ),
        (json!({ "state": {} }), 0),
        (json!({ "stateDiff": {} }), 5),
        // PUSH1 42, MSTORE, RETURN
        (json!({ "code": "0x602a5f5260205ff3" }), 42),
        // SELFBALANCE
        (json!({ "code": "0x475f5260205ff3", "balance": "0x63" }), 99),
    ];
    for (account, expected) in cases {
        let params = json!([read, "latest", { made.to_string(): account }]);
        assert_eq!(
            chain.number("eth_call", params).await,
            U256::from(expected),
            "{account}"
        );
    }
    let block = json!({ "time": "0x1234", "number": "0x63" });
    for (code, expected) in [("0x425f5260205ff3", 0x1234), ("0x435f5260205ff3", 0x63)] {
        let params = json!([read, "latest", { made.to_string(): { "code": code } }, block]);
        assert_eq!(chain.number("eth_call", params).await, U256::from(expected));
    }
    let both = json!({ "state": {}, "stateDiff": {} });
    let (code, message) = chain
        .error(
            "eth_call",
            json!([read, "latest", { made.to_string(): both }]),
        )
        .await;
    assert_eq!(code, -32602);
    assert!(message.contains("'stateDiff'"), "{message}");
    // A new account without code, as deployment tools try it.
    let check = json!([{ "to": Address::repeat_byte(0x77) }, "latest",
        { Address::repeat_byte(0x77).to_string(): { "code": BOX_CODE } }]);
    assert_eq!(chain.number("eth_call", check).await, U256::ZERO);
    assert_eq!(chain.number("eth_call", json!([read])).await, U256::from(5));
}

#[tokio::test]
async fn logs_are_found_by_range_hash_address_and_topic() {
    let chain = Chain::start().await;
    let (first, second) = (chain.deploy_box().await, chain.deploy_box().await);
    for (made, value) in [(first, 1), (second, 2), (first, 3)] {
        chain.send(1, made, 0, word(value)).await;
    }
    let other = B256::with_last_byte(0xbb);
    let values = async |filter: Value| {
        let logs = chain.call("eth_getLogs", json!([filter])).await;
        logs.as_array()
            .unwrap()
            .iter()
            .map(|log| number(&log["data"]).to::<u64>())
            .collect::<Vec<_>>()
    };
    assert_eq!(values(json!({ "fromBlock": "earliest" })).await, [1, 2, 3]);
    assert_eq!(values(json!({})).await, [3]);
    assert_eq!(
        values(json!({ "fromBlock": "0x3", "toBlock": "0x4" })).await,
        [1, 2]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x4", "toBlock": "0xffff" })).await,
        [2, 3]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x0", "address": first })).await,
        [1, 3]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x0", "address": [first, second] })).await,
        [1, 2, 3]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x0", "topics": [topic()] })).await,
        [1, 2, 3]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x0", "topics": [[other, topic()]] })).await,
        [1, 2, 3]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x0", "topics": [other] })).await,
        [0; 0]
    );
    assert_eq!(
        values(json!({ "fromBlock": "0x0", "topics": [null, topic()] })).await,
        [0; 0]
    );
    let hash = chain
        .call("eth_getBlockByNumber", json!(["0x4", false]))
        .await["hash"]
        .clone();
    assert_eq!(values(json!({ "blockHash": hash })).await, [2]);
    let (_, message) = chain
        .error("eth_getLogs", json!([{ "blockHash": B256::ZERO }]))
        .await;
    assert_eq!(
        message,
        format!("header not found: no block {}", B256::ZERO)
    );
    let (_, message) = chain
        .error(
            "eth_getLogs",
            json!([{ "fromBlock": "0x4", "toBlock": "0x2" }]),
        )
        .await;
    assert_eq!(message, "invalid block range: from 4 to 2");
}

#[tokio::test]
async fn filters_tell_what_is_new() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    let logs = chain
        .call(
            "eth_newFilter",
            json!([{ "address": made, "fromBlock": "0x0" }]),
        )
        .await;
    let blocks = chain.call("eth_newBlockFilter", json!([])).await;
    let transactions = chain
        .call("eth_newPendingTransactionFilter", json!([]))
        .await;
    for filter in [&logs, &blocks, &transactions] {
        assert_eq!(
            chain.call("eth_getFilterChanges", json!([filter])).await,
            json!([])
        );
    }
    let receipt = chain.send(1, made, 0, word(8)).await;
    let new = chain.call("eth_getFilterChanges", json!([logs])).await;
    assert_eq!(new, receipt["logs"]);
    assert_eq!(
        chain.call("eth_getFilterChanges", json!([logs])).await,
        json!([])
    );
    assert_eq!(
        chain.call("eth_getFilterChanges", json!([blocks])).await,
        json!([receipt["blockHash"]])
    );
    assert_eq!(
        chain
            .call("eth_getFilterChanges", json!([transactions]))
            .await,
        json!([receipt["transactionHash"]])
    );
    assert_eq!(
        chain.call("eth_getFilterLogs", json!([logs])).await,
        receipt["logs"]
    );
    chain.error("eth_getFilterLogs", json!([blocks])).await;
    assert_eq!(chain.call("eth_uninstallFilter", json!([logs])).await, true);
    assert_eq!(
        chain.call("eth_uninstallFilter", json!([logs])).await,
        false
    );
    let error = chain.error("eth_getFilterChanges", json!([logs])).await;
    assert_eq!(error, (-32000, "filter not found".into()));
}

#[tokio::test]
async fn a_trace_shows_calls_inside_calls() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    // A contract that passes its call data on: CALL(gas, box, 0, 0, calldatasize, 0, 0), then returns.
    let forward = format!("0x365f5f375f5f365f5f73{}5af1", hex::encode(made));
    let forwarder = Address::repeat_byte(0xf0);
    chain
        .call("anvil_setCode", json!([forwarder, forward]))
        .await;
    let receipt = chain.send(1, forwarder, 0, word(6)).await;
    let options = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let trace = chain
        .call(
            "debug_traceTransaction",
            json!([receipt["transactionHash"], options]),
        )
        .await;
    assert_eq!(
        (&trace["type"], &trace["to"]),
        (&json!("CALL"), &json!(forwarder))
    );
    assert_eq!(trace["gasUsed"], receipt["gasUsed"]);
    let inner = &trace["calls"][0];
    assert_eq!(
        (&inner["from"], &inner["to"]),
        (&json!(forwarder), &json!(made))
    );
    assert_eq!(inner["input"], json!(word(6)));
    assert_eq!(inner["logs"][0]["topics"], json!([topic()]));
    let call =
        json!([{ "to": forwarder, "data": REVERTING }, "latest", { "tracer": "callTracer" }]);
    let inner = &chain.call("debug_traceCall", call).await["calls"][0];
    assert_eq!(
        (&inner["error"], &inner["output"]),
        (&json!("execution reverted"), &json!("0xdeadbeef"))
    );
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    let trace = chain
        .call(
            "debug_traceTransaction",
            json!([receipt["transactionHash"], top]),
        )
        .await;
    assert_eq!(trace["calls"], Value::Null);
    let (code, _) = chain
        .error("debug_traceTransaction", json!([B256::ZERO, top]))
        .await;
    assert_eq!(code, -32000);
    let (code, message) = chain
        .error(
            "debug_traceTransaction",
            json!([B256::ZERO, { "tracer": "x" }]),
        )
        .await;
    assert_eq!(code, -32602);
    assert!(message.contains("callTracer"), "{message}");
}
