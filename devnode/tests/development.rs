//! What only a development chain does: time, mining, snapshots, accounts changed at will.

mod common;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, U256};
use common::{Chain, number, word};
use ogpu_devnode::NodeConfig;
use serde_json::{Value, json};

async fn timestamp(chain: &Chain) -> u64 {
    number(
        &chain
            .call("eth_getBlockByNumber", json!(["latest", false]))
            .await["timestamp"],
    )
    .to()
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

#[tokio::test]
async fn time_moves_as_told() {
    let chain = Chain::start().await;
    assert!(timestamp(&chain).await.abs_diff(now()) <= 2);
    let offset = chain.call("evm_increaseTime", json!([86_400])).await;
    assert!(
        (86_399..=86_401).contains(&offset.as_u64().unwrap()),
        "{offset}"
    );
    // What is estimated and called on the pending block sees the new time already; the latest block does not.
    let clock = Address::repeat_byte(0xc1);
    chain
        .call("anvil_setCode", json!([clock, "0x425f5260205ff3"]))
        .await;
    let seen = chain
        .number("eth_call", json!([{ "to": clock }, "pending"]))
        .await;
    assert!(seen.to::<u64>().abs_diff(now() + 86_400) <= 2);
    assert!(
        chain
            .number("eth_call", json!([{ "to": clock }, "latest"]))
            .await
            .to::<u64>()
            <= now()
    );
    chain.call("evm_mine", json!([])).await;
    assert!(timestamp(&chain).await.abs_diff(now() + 86_400) <= 2);

    let target = now() + 1_000_000;
    chain
        .call("evm_setNextBlockTimestamp", json!([target]))
        .await;
    chain.call("evm_mine", json!([])).await;
    assert_eq!(timestamp(&chain).await, target);
    chain
        .call("evm_mine", json!([format!("{:#x}", target + 60)]))
        .await;
    assert_eq!(timestamp(&chain).await, target + 60);
    let (code, message) = chain
        .error("evm_setNextBlockTimestamp", json!([target]))
        .await;
    assert_eq!(code, -32602);
    assert!(message.contains(&(target + 60).to_string()), "{message}");
    chain.error("evm_setTime", json!([u64::MAX])).await;
    chain.call("evm_increaseTime", json!([u64::MAX])).await;
    chain.call("evm_mine", json!([])).await;
    assert!(timestamp(&chain).await >= target + 60);
}

#[tokio::test]
async fn many_blocks_at_once() {
    let chain = Chain::start().await;
    let start = timestamp(&chain).await;
    chain.call("hardhat_mine", json!(["0x64", "0x3c"])).await;
    assert_eq!(
        chain.number("eth_blockNumber", json!([])).await,
        U256::from(100)
    );
    assert!(timestamp(&chain).await.abs_diff(start + 99 * 60) <= 2);
    let (code, _) = chain.error("anvil_mine", json!([1_000_000_000u64])).await;
    assert_eq!(code, -32602);
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    chain.send(1, made, 0, word(1)).await;
    let before = chain
        .call("eth_getBlockByNumber", json!(["latest", true]))
        .await;
    let balance = chain
        .call("eth_getBalance", json!([chain.address(1)]))
        .await;
    let snapshot = chain.call("evm_snapshot", json!([])).await;
    let filter = chain.call("eth_newBlockFilter", json!([])).await;

    let gone = chain.send(1, made, 0, word(2)).await;
    chain
        .call("anvil_setBalance", json!([chain.address(1), "0x1"]))
        .await;
    chain
        .call("anvil_setNonce", json!([chain.address(1), "0x63"]))
        .await;
    chain.call("evm_increaseTime", json!([1_000])).await;
    let later = chain.call("evm_snapshot", json!([])).await;
    chain.call("evm_mine", json!([])).await;
    assert_eq!(chain.nonce(chain.address(1)).await, 99);

    assert_eq!(chain.call("evm_revert", json!([snapshot])).await, true);
    assert_eq!(
        chain
            .call("eth_getBlockByNumber", json!(["latest", true]))
            .await,
        before
    );
    assert_eq!(
        chain
            .call("eth_getBalance", json!([chain.address(1)]))
            .await,
        balance
    );
    assert_eq!(
        chain.number("eth_call", json!([{ "to": made }])).await,
        U256::from(1)
    );
    assert_eq!(chain.nonce(chain.address(1)).await, 1);
    for method in ["eth_getTransactionByHash", "eth_getTransactionReceipt"] {
        assert_eq!(
            chain.call(method, json!([gone["transactionHash"]])).await,
            Value::Null
        );
    }
    assert_eq!(
        chain
            .call("eth_getBlockByHash", json!([gone["blockHash"], false]))
            .await,
        Value::Null
    );
    // Used up, with those made after it.
    assert_eq!(chain.call("evm_revert", json!([snapshot])).await, false);
    assert_eq!(chain.call("evm_revert", json!([later])).await, false);
    // The chain goes on from there, and filters with it.
    let receipt = chain.send(1, made, 0, word(3)).await;
    assert_eq!(
        (&receipt["blockNumber"], &receipt["status"]),
        (&json!("0x3"), &json!("0x1"))
    );
    assert_eq!(
        chain.number("eth_call", json!([{ "to": made }])).await,
        U256::from(3)
    );
    assert_eq!(
        chain.call("eth_getFilterChanges", json!([filter])).await,
        json!([receipt["blockHash"]])
    );
    assert!(timestamp(&chain).await.abs_diff(now()) <= 2);
}

#[tokio::test]
async fn accounts_change_at_will() {
    let chain = Chain::start().await;
    let account = Address::repeat_byte(0xac);
    for namespace in ["anvil", "hardhat"] {
        chain
            .call(&format!("{namespace}_setBalance"), json!([account, "0xff"]))
            .await;
        chain
            .call(&format!("{namespace}_setNonce"), json!([account, "0x7"]))
            .await;
        chain
            .call(
                &format!("{namespace}_setCode"),
                json!([account, "0x5f5460005260206000f3"]),
            )
            .await;
        chain
            .call(
                &format!("{namespace}_setStorageAt"),
                json!([account, "0x0", word(33)]),
            )
            .await;
        assert_eq!(chain.call("eth_getBalance", json!([account])).await, "0xff");
        assert_eq!(
            chain
                .call("eth_getTransactionCount", json!([account]))
                .await,
            "0x7"
        );
        assert_eq!(
            chain.number("eth_call", json!([{ "to": account }])).await,
            U256::from(33)
        );
        chain
            .call(&format!("{namespace}_setBalance"), json!([account, "0x0"]))
            .await;
    }
    let (code, message) = chain
        .error("anvil_setCode", json!([account, "0xef0100"]))
        .await;
    assert_eq!(code, -32602);
    assert!(message.starts_with("code is not valid"), "{message}");
    // block.number is the parent chain's, which a development chain does not have until it is told.
    chain
        .call("anvil_setCode", json!([account, "0x435f5260205ff3"]))
        .await;
    chain.call("ogpu_setL1BlockNumber", json!([123])).await;
    assert_eq!(
        chain
            .number("eth_call", json!([{ "to": account }, "latest"]))
            .await,
        U256::ZERO
    );
    assert_eq!(
        chain
            .number("eth_call", json!([{ "to": account }, "pending"]))
            .await,
        U256::from(123)
    );
    chain.call("evm_mine", json!([])).await;
    assert_eq!(
        chain
            .call("eth_getBlockByNumber", json!(["latest", false]))
            .await["l1BlockNumber"],
        "0x7b"
    );
}

#[tokio::test]
async fn blocks_come_at_regular_times() {
    let config = NodeConfig {
        block_time: Some(Duration::from_millis(50)),
        ..NodeConfig::test()
    };
    let chain = Chain::with(config).await;
    let raw = chain
        .sign(1, Address::repeat_byte(1).into(), 1, Default::default())
        .await;
    let hash = chain.call("eth_sendRawTransaction", json!([raw])).await;
    let mut receipt = Value::Null;
    for _ in 0..100 {
        receipt = chain.call("eth_getTransactionReceipt", json!([hash])).await;
        if !receipt.is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(receipt["status"], "0x1");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(chain.number("eth_blockNumber", json!([])).await > number(&receipt["blockNumber"]));
}
