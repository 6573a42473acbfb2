//! What the tests share: a small HTTP client, signing, and a contract.
#![allow(dead_code)]

use std::net::SocketAddr;

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope, TypedTransaction};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, bytes};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ogpu_devnode::{DevAccount, Node, NodeConfig};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// 0.1 gwei, the price of gas.
pub const BASE_FEE: u64 = 100_000_000;

/// Holds one word. No call data: returns it. 32 bytes: stores them and logs them under topic 0xaa. Anything else: reverts with
/// 0xdeadbeef.
pub const BOX_CODE: Bytes = bytes!(
    "368015601b578060201460245763deadbeef60e01b5f5260045ffd5b5f545f5260205ff35b5f35805f555f5260aa60205fa100"
);

/// Deploys [`BOX_CODE`].
pub fn box_init() -> Bytes {
    [&bytes!("60338060095f395ff3")[..], &BOX_CODE[..]]
        .concat()
        .into()
}

/// A node and a client of it.
pub struct Chain {
    pub node: Node,
    pub accounts: Vec<DevAccount>,
}

impl Chain {
    pub async fn start() -> Self {
        Self::with(NodeConfig::test()).await
    }

    pub async fn with(config: NodeConfig) -> Self {
        let accounts = config.accounts.clone();
        Self {
            node: Node::start(config).await.unwrap(),
            accounts,
        }
    }

    pub fn signer(&self, index: usize) -> &PrivateKeySigner {
        &self.accounts[index].signer
    }

    pub fn address(&self, index: usize) -> Address {
        self.accounts[index].address()
    }

    /// Sends a body as it is and returns the status and the answer.
    pub async fn post(&self, body: &[u8]) -> (u16, String) {
        post(self.node.address(), body).await
    }

    /// The result of a request, or its error.
    pub async fn try_call(&self, method: &str, params: Value) -> Result<Value, Value> {
        call(self.node.address(), method, params).await
    }

    /// The result of a request.
    pub async fn call(&self, method: &str, params: Value) -> Value {
        self.try_call(method, params)
            .await
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The error of a request: code and message.
    pub async fn error(&self, method: &str, params: Value) -> (i64, String) {
        let error = self.try_call(method, params).await.expect_err(method);
        (
            error["code"].as_i64().unwrap(),
            error["message"].as_str().unwrap().to_owned(),
        )
    }

    /// A result that is a number.
    pub async fn number(&self, method: &str, params: Value) -> U256 {
        number(&self.call(method, params).await)
    }

    pub async fn nonce(&self, address: Address) -> u64 {
        self.number("eth_getTransactionCount", json!([address, "pending"]))
            .await
            .to()
    }

    /// A signed transaction of account `from`, with its next nonce.
    pub async fn sign(&self, from: usize, to: TxKind, value: u64, input: Bytes) -> Bytes {
        let nonce = self.nonce(self.address(from)).await;
        raw(self.signer(from), transfer(nonce, to, value, input))
    }

    /// Sends a raw transaction and returns its receipt.
    pub async fn send_raw(&self, raw: Bytes) -> Value {
        let hash = self.call("eth_sendRawTransaction", json!([raw])).await;
        self.call("eth_getTransactionReceipt", json!([hash])).await
    }

    /// Sends a transaction and returns its receipt.
    pub async fn send(&self, from: usize, to: Address, value: u64, input: Bytes) -> Value {
        let raw = self.sign(from, to.into(), value, input).await;
        self.send_raw(raw).await
    }

    /// Deploys the box.
    pub async fn deploy_box(&self) -> Address {
        let raw = self.sign(0, TxKind::Create, 0, box_init()).await;
        let receipt = self.send_raw(raw).await;
        assert_eq!(receipt["status"], "0x1");
        serde_json::from_value(receipt["contractAddress"].clone()).unwrap()
    }
}

pub fn number(value: &Value) -> U256 {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}

pub fn word(value: u64) -> Bytes {
    B256::from(U256::from(value)).into()
}

/// An EIP-1559 transaction with plenty of gas.
pub fn transfer(nonce: u64, to: TxKind, value: u64, input: Bytes) -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 1_000_000,
        max_fee_per_gas: u128::from(BASE_FEE) * 2,
        max_priority_fee_per_gas: 0,
        to,
        value: U256::from(value),
        access_list: Default::default(),
        input,
    }
}

/// Signs and encodes a transaction.
pub fn raw(signer: &PrivateKeySigner, transaction: impl Into<TypedTransaction>) -> Bytes {
    let transaction = transaction.into();
    let signature = signer
        .sign_hash_sync(&transaction.signature_hash())
        .unwrap();
    TxEnvelope::from(transaction.into_signed(signature))
        .encoded_2718()
        .into()
}

pub async fn call(address: SocketAddr, method: &str, params: Value) -> Result<Value, Value> {
    let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    let (status, body) = post(address, request.to_string().as_bytes()).await;
    assert_eq!(status, 200, "{body}");
    let mut answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&answer["jsonrpc"], &answer["id"]),
        (&json!("2.0"), &json!(7))
    );
    match answer.get_mut("error") {
        Some(error) => Err(error.take()),
        None => Ok(answer["result"].take()),
    }
}

/// One HTTP request on a connection of its own.
pub async fn post(address: SocketAddr, body: &[u8]) -> (u16, String) {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses a huge body may answer and close before all of it is written.
    drop(stream.write_all(body).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}
