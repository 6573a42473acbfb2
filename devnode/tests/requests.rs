//! Requests as they should not be, many at once, and many clients.

mod common;

use std::time::{Duration, Instant};

use alloy_primitives::{Address, Bytes, U256};
use common::{Chain, raw, transfer};
use ogpu_devnode::{Node, NodeConfig, NodeError};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn answer(chain: &Chain, body: &str) -> Value {
    let (status, answer) = chain.post(body.as_bytes()).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

#[tokio::test]
async fn what_is_no_request_gets_the_right_error() {
    let chain = Chain::start().await;
    let deep = "[".repeat(10_000);
    let many = format!("[{}]", vec!["1"; 1_001].join(","));
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("\u{0}\u{1}", -32700),
        (&deep, -32700),
        ("[]", -32600),
        ("1", -32600),
        ("null", -32600),
        ("\"eth_chainId\"", -32600),
        (&many, -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
        (
            r#"{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}"#,
            -32600,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}"#, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"evm_"}"#, -32601),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#,
            -32601,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{"address":"0x0"}}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":7}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x12"]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[1e400]}"#,
            -32700,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x1"}]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"gas":"0xfffffffffffffffffff"}]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"topics":[1]}]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["zz"]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{}]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"evm_increaseTime","params":[-5]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0xffffffffffffffffff"]}"#,
            -32602,
        ),
    ] {
        let answer = answer(&chain, body).await;
        assert_eq!(answer["error"]["code"], code, "{body:.100} -> {answer}");
        assert_eq!(answer["jsonrpc"], "2.0");
    }
    let bytes = chain.post(&[0xff, 0xfe, 0x00]).await;
    assert!(bytes.1.contains("-32700"), "{}", bytes.1);
    // The node is as well as before.
    assert_eq!(chain.call("eth_chainId", json!([])).await, "0x64aba");
}

#[tokio::test]
async fn ids_come_back_as_they_were() {
    let chain = Chain::start().await;
    for id in [
        json!(0),
        json!(-1),
        json!("a"),
        json!(null),
        json!(1.5),
        json!(u64::MAX),
    ] {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" }).to_string();
        assert_eq!(
            answer(&chain, &request).await,
            json!({ "jsonrpc": "2.0", "id": id, "result": "0x64aba" })
        );
    }
    // A notification is carried out but not answered.
    let mine = json!({ "jsonrpc": "2.0", "method": "evm_mine", "params": [] }).to_string();
    assert_eq!(chain.post(mine.as_bytes()).await, (204, String::new()));
    assert_eq!(chain.call("eth_blockNumber", json!([])).await, "0x1");
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let chain = Chain::start().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" },
        { "jsonrpc": "2.0", "id": 2, "method": "eth_nothing" },
        7,
        { "jsonrpc": "2.0", "method": "evm_mine" },
        { "jsonrpc": "2.0", "id": "four", "method": "eth_blockNumber", "params": [] },
    ]);
    let answers = answer(&chain, &batch.to_string()).await;
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["result"], "0x64aba");
    assert_eq!(
        (&answers[1]["id"], &answers[1]["error"]["code"]),
        (&json!(2), &json!(-32601))
    );
    assert_eq!(
        (&answers[2]["id"], &answers[2]["error"]["code"]),
        (&Value::Null, &json!(-32600))
    );
    assert_eq!(
        (&answers[3]["id"], &answers[3]["result"]),
        (&json!("four"), &json!("0x1"))
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let chain = Chain::with(NodeConfig {
        max_body: 10_000,
        ..NodeConfig::test()
    })
    .await;
    let request = |length| {
        json!({ "jsonrpc": "2.0", "id": 1, "method": "web3_sha3", "params": [format!("0x{}", "00".repeat(length))] })
            .to_string()
    };
    assert!(answer(&chain, &request(4_000)).await["result"].is_string());
    let (status, body) = chain.post(request(6_000).as_bytes()).await;
    assert_eq!(status, 413);
    assert!(body.contains("over the limit of 10000 bytes"), "{body}");
    assert_eq!(chain.call("eth_chainId", json!([])).await, "0x64aba");
}

#[tokio::test]
async fn other_http_methods_are_answered() {
    let chain = Chain::start().await;
    for (method, status) in [("GET", "200"), ("OPTIONS", "204"), ("DELETE", "405")] {
        let mut stream = TcpStream::connect(chain.node.address()).await.unwrap();
        let request = format!("{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(
            answer.contains("access-control-allow-origin: *"),
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_at_once_lose_nothing() {
    const CLIENTS: usize = 10;
    const EACH: u64 = 20;
    let chain = Chain::start().await;
    let address = chain.node.address();
    let target = Address::repeat_byte(0x99);
    let clients = (0..CLIENTS).map(|client| {
        let signer = chain.signer(client + 1).clone();
        tokio::spawn(async move {
            for nonce in 0..EACH {
                let raw = raw(&signer, transfer(nonce, target.into(), 1, Bytes::new()));
                let hash = common::call(address, "eth_sendRawTransaction", json!([raw]))
                    .await
                    .unwrap();
                let receipt = common::call(address, "eth_getTransactionReceipt", json!([hash]))
                    .await
                    .unwrap();
                assert_eq!(receipt["status"], "0x1");
                common::call(address, "eth_getBlockByNumber", json!(["latest", true]))
                    .await
                    .unwrap();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let total = U256::from(CLIENTS as u64 * EACH);
    assert_eq!(chain.number("eth_getBalance", json!([target])).await, total);
    assert_eq!(chain.number("eth_blockNumber", json!([])).await, total);
}

#[tokio::test]
async fn a_node_starts_at_once_and_stops_when_dropped() {
    let start = Instant::now();
    let chain = Chain::start().await;
    assert!(
        start.elapsed() < Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
    let address = chain.node.address();
    let taken = NodeConfig {
        port: address.port(),
        ..NodeConfig::test()
    };
    let error = Node::start(taken).await.unwrap_err();
    assert!(matches!(error, NodeError::Listen { .. }));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    drop(chain);
    let mut refused = false;
    for _ in 0..100 {
        refused = TcpStream::connect(address).await.is_err();
        if refused {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(refused, "the port is still open");
}
