//! Requests and subscriptions over WebSocket.

mod common;

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes};
use common::{Chain, word};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn connect(chain: &Chain) -> Self {
        Self(connect_async(chain.node.ws_url()).await.unwrap().0)
    }

    async fn send(&mut self, text: String) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        loop {
            let message = timeout(Duration::from_secs(10), self.0.next())
                .await
                .expect("no message")
                .unwrap()
                .unwrap();
            if let Message::Text(text) = message {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        self.send(
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string(),
        )
        .await;
        self.next().await
    }

    async fn subscribe(&mut self, params: Value) -> Value {
        self.request("eth_subscribe", params).await["result"].clone()
    }
}

#[tokio::test]
async fn subscribers_hear_of_heads_logs_and_transactions() {
    let chain = Chain::start().await;
    let made = chain.deploy_box().await;
    let mut socket = Socket::connect(&chain).await;
    let heads = socket.subscribe(json!(["newHeads"])).await;
    let logs = socket.subscribe(json!(["logs", { "address": made }])).await;
    let transactions = socket.subscribe(json!(["newPendingTransactions"])).await;

    let receipt = chain.send(1, made, 0, word(4)).await;
    let mut heard = Vec::new();
    for _ in 0..3 {
        let message = socket.next().await;
        assert_eq!(message["method"], "eth_subscription");
        heard.push((
            message["params"]["subscription"].clone(),
            message["params"]["result"].clone(),
        ));
    }
    let of = |id: &Value| &heard.iter().find(|(heard, _)| heard == id).unwrap().1;
    assert_eq!(*of(&transactions), receipt["transactionHash"]);
    assert_eq!(of(&heads)["hash"], receipt["blockHash"]);
    assert_eq!(of(&heads)["number"], receipt["blockNumber"]);
    assert_eq!(*of(&logs), receipt["logs"][0]);

    for id in [&transactions, &heads] {
        assert_eq!(
            socket.request("eth_unsubscribe", json!([id])).await["result"],
            true
        );
    }
    assert_eq!(
        socket.request("eth_unsubscribe", json!([heads])).await["result"],
        false
    );
    // Only logs of the contract are left: a transfer is not heard, the next log is.
    chain
        .send(1, Address::repeat_byte(1), 1, Bytes::new())
        .await;
    let receipt = chain.send(1, made, 0, word(5)).await;
    assert_eq!(socket.next().await["params"]["result"], receipt["logs"][0]);
}

#[tokio::test]
async fn a_socket_answers_like_http_and_survives_nonsense() {
    let chain = Chain::start().await;
    let mut socket = Socket::connect(&chain).await;
    assert_eq!(
        socket.request("eth_chainId", json!([])).await["result"],
        "0x64aba"
    );
    for (text, code) in [
        ("nonsense", -32700),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newMoons"]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":[]}"#,
            -32602,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":["moon"]}"#,
            -32602,
        ),
    ] {
        socket.send(text.into()).await;
        assert_eq!(socket.next().await["error"]["code"], code, "{text}");
    }
    socket
        .send(
            json!([{ "id": 5, "method": "eth_blockNumber" }, { "id": 6, "method": "net_version" }])
                .to_string(),
        )
        .await;
    let answers = socket.next().await;
    assert_eq!(
        (&answers[0]["result"], &answers[1]["result"]),
        (&json!("0x0"), &json!("412346"))
    );
}

#[tokio::test]
async fn a_subscription_hears_nothing_from_before_it() {
    let chain = Chain::start().await;
    let mut socket = Socket::connect(&chain).await;
    for _ in 0..3 {
        chain.call("evm_mine", json!([])).await;
    }
    socket.subscribe(json!(["newHeads"])).await;
    chain.call("evm_mine", json!([])).await;
    let head = socket.next().await["params"]["result"].clone();
    assert_eq!(head["number"], "0x4");
    let parent: B256 = serde_json::from_value(head["parentHash"].clone()).unwrap();
    assert_ne!(parent, B256::ZERO);
}

#[tokio::test]
async fn dropping_the_node_ends_its_sockets() {
    let chain = Chain::start().await;
    let mut socket = Socket::connect(&chain).await;
    drop(chain);
    let end = timeout(Duration::from_secs(10), async {
        while let Some(Ok(_)) = socket.0.next().await {}
    })
    .await;
    end.expect("the connection stays open");
}
