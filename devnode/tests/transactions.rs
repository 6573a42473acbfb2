//! Transactions over HTTP: what is accepted, what is refused and how, and what is remembered.

mod common;

use alloy_consensus::{TxEip2930, TxEip7702, TxLegacy, transaction::SignerRecoverable};
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, Bytes, U256, address, hex};
use alloy_signer::SignerSync;
use common::{BASE_FEE, BOX_CODE, Chain, number, raw, transfer};
use ogpu_devnode::{DEV_ACCOUNT, ETHER};
use serde_json::{Value, json};

const BOB: Address = Address::repeat_byte(0xb0);

#[tokio::test]
async fn a_transfer_moves_value_and_pays_the_base_fee() {
    let chain = Chain::start().await;
    let alice = chain.address(1);
    let receipt = chain.send(1, BOB, 12_345, Bytes::new()).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["type"], "0x2");
    assert_eq!(receipt["gasUsed"], "0x5208");
    assert_eq!(receipt["cumulativeGasUsed"], "0x5208");
    assert_eq!(receipt["effectiveGasPrice"], format!("{BASE_FEE:#x}"));
    assert_eq!(receipt["gasUsedForL1"], "0x0");
    assert_eq!(receipt["l1BlockNumber"], "0x0");
    assert_eq!(receipt["blockNumber"], "0x1");
    assert_eq!(receipt["transactionIndex"], "0x0");
    assert_eq!(receipt["contractAddress"], Value::Null);
    assert_eq!(receipt["logs"], json!([]));
    assert_eq!(
        chain.number("eth_getBalance", json!([BOB, "latest"])).await,
        U256::from(12_345)
    );
    let spent = U256::from(21_000 * BASE_FEE + 12_345);
    let left = U256::from(10_000) * U256::from(ETHER) - spent;
    assert_eq!(chain.number("eth_getBalance", json!([alice])).await, left);
    // The chain's owner receives the fee.
    let owned = U256::from(1_000_000) * U256::from(ETHER) + U256::from(21_000 * BASE_FEE);
    assert_eq!(
        chain.number("eth_getBalance", json!([DEV_ACCOUNT])).await,
        owned
    );

    let hash = &receipt["transactionHash"];
    let transaction = chain.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(transaction["hash"], *hash);
    assert_eq!(transaction["from"], json!(alice));
    assert_eq!(transaction["to"], json!(BOB));
    assert_eq!(transaction["value"], "0x3039");
    assert_eq!(transaction["gasPrice"], format!("{BASE_FEE:#x}"));
    assert_eq!(transaction["blockHash"], receipt["blockHash"]);
    for (method, block) in [
        (
            "eth_getTransactionByBlockNumberAndIndex",
            &receipt["blockNumber"],
        ),
        (
            "eth_getTransactionByBlockHashAndIndex",
            &receipt["blockHash"],
        ),
    ] {
        assert_eq!(chain.call(method, json!([block, "0x0"])).await, transaction);
        assert_eq!(chain.call(method, json!([block, "0x1"])).await, Value::Null);
    }
    assert_eq!(
        chain.call("eth_getBlockReceipts", json!(["latest"])).await,
        json!([receipt])
    );
}

#[tokio::test]
async fn a_high_price_is_never_paid() {
    let chain = Chain::start().await;
    let transaction = TxLegacy {
        chain_id: Some(412_346),
        nonce: 0,
        gas_price: 1_000 * u128::from(BASE_FEE),
        gas_limit: 21_000,
        to: BOB.into(),
        value: U256::ZERO,
        input: Bytes::new(),
    };
    let receipt = chain.send_raw(raw(chain.signer(1), transaction)).await;
    assert_eq!(receipt["effectiveGasPrice"], format!("{BASE_FEE:#x}"));
    let left = U256::from(10_000) * U256::from(ETHER) - U256::from(21_000 * BASE_FEE);
    assert_eq!(
        chain
            .number("eth_getBalance", json!([chain.address(1)]))
            .await,
        left
    );
}

#[tokio::test]
async fn every_type_of_transaction_but_blobs() {
    let chain = Chain::start().await;
    let signer = chain.signer(1);
    let legacy = |nonce, chain_id| TxLegacy {
        chain_id,
        nonce,
        gas_price: BASE_FEE.into(),
        gas_limit: 21_000,
        to: BOB.into(),
        value: U256::ONE,
        input: Bytes::new(),
    };
    let receipt = chain.send_raw(raw(signer, legacy(0, Some(412_346)))).await;
    assert_eq!(
        (&receipt["type"], &receipt["status"]),
        (&json!("0x0"), &json!("0x1"))
    );
    // Without a chain id, as the transaction that deploys the CREATE2 factory on new chains.
    assert_eq!(
        chain.send_raw(raw(signer, legacy(1, None))).await["status"],
        "0x1"
    );
    let access = TxEip2930 {
        chain_id: 412_346,
        nonce: 2,
        gas_price: BASE_FEE.into(),
        gas_limit: 100_000,
        to: BOB.into(),
        value: U256::ONE,
        access_list: vec![alloy_eips::eip2930::AccessListItem {
            address: BOB,
            storage_keys: vec![],
        }]
        .into(),
        input: Bytes::new(),
    };
    let receipt = chain.send_raw(raw(signer, access)).await;
    assert_eq!(
        (&receipt["type"], &receipt["gasUsed"]),
        (&json!("0x1"), &json!("0x5b68"))
    );
    assert_eq!(
        chain.number("eth_getBalance", json!([BOB])).await,
        U256::from(3)
    );

    let code = chain.deploy_box().await;
    let authority = chain.signer(2);
    let authorization = Authorization {
        chain_id: U256::from(412_346),
        address: code,
        nonce: 0,
    };
    let signature = authority
        .sign_hash_sync(&authorization.signature_hash())
        .unwrap();
    let delegation = TxEip7702 {
        chain_id: 412_346,
        nonce: 3,
        gas_limit: 200_000,
        max_fee_per_gas: BASE_FEE.into(),
        max_priority_fee_per_gas: 0,
        to: authority.address(),
        value: U256::ZERO,
        access_list: Default::default(),
        authorization_list: vec![authorization.into_signed(signature)],
        input: common::word(77),
    };
    let receipt = chain.send_raw(raw(signer, delegation)).await;
    assert_eq!(
        (&receipt["type"], &receipt["status"]),
        (&json!("0x4"), &json!("0x1"))
    );
    let stored = chain
        .call(
            "eth_getStorageAt",
            json!([authority.address(), "0x0", "latest"]),
        )
        .await;
    assert_eq!(number(&stored), U256::from(77));
    let designator = format!("0xef0100{}", hex::encode(code));
    assert_eq!(
        chain
            .call("eth_getCode", json!([authority.address()]))
            .await,
        designator
    );

    let (code, message) = chain
        .error("eth_sendRawTransaction", json!(["0x03c0"]))
        .await;
    assert_eq!(code, -32000);
    assert_eq!(
        message,
        "transaction type 3 not supported: send type 0, 1, 2 or 4"
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_the_reason() {
    let chain = Chain::start().await;
    let (signer, alice) = (chain.signer(1), chain.address(1));
    let plain = |nonce| transfer(nonce, BOB.into(), 1, Bytes::new());
    chain.send_raw(raw(signer, plain(0))).await;

    let mut other_chain = plain(1);
    other_chain.chain_id = 1;
    let mut poor = plain(1);
    poor.value = U256::from(20_000) * U256::from(ETHER);
    let mut cheap = plain(1);
    cheap.max_fee_per_gas = 99_999_999;
    let mut tipping = plain(1);
    tipping.max_priority_fee_per_gas = tipping.max_fee_per_gas + 1;
    let mut tight = plain(1);
    tight.gas_limit = 20_999;
    let mut huge = plain(1);
    huge.gas_limit = (1 << 50) + 1;
    let have = chain.number("eth_getBalance", json!([alice])).await;
    let want = poor.value + U256::from(2 * 1_000_000 * BASE_FEE);
    for (transaction, expected) in [
        (
            plain(0),
            format!("nonce too low: address {alice}, tx: 0 state: 1"),
        ),
        (
            plain(5),
            format!("nonce too high: address {alice}, tx: 5 state: 1"),
        ),
        (
            other_chain,
            "invalid chain id for signer: have 1 want 412346".into(),
        ),
        (
            poor,
            format!(
                "insufficient funds for gas * price + value: address {alice} have {have} want {want}"
            ),
        ),
        (
            cheap,
            format!(
                "max fee per gas less than block base fee: address {alice}, maxFeePerGas: 99999999, baseFee: 100000000"
            ),
        ),
        (
            tipping,
            format!(
                "max priority fee per gas higher than max fee per gas: address {alice}, \
                 maxPriorityFeePerGas: 200000001, maxFeePerGas: 200000000"
            ),
        ),
        (
            tight,
            "intrinsic gas too low: have 20999, want 21000".into(),
        ),
        (
            huge,
            format!(
                "exceeds block gas limit: have {}, limit {}",
                (1u64 << 50) + 1,
                1u64 << 50
            ),
        ),
    ] {
        let error = chain
            .error("eth_sendRawTransaction", json!([raw(signer, transaction)]))
            .await;
        assert_eq!(error, (-32000, expected));
    }
    for (raw, start) in [
        (json!("0x"), "invalid raw transaction: it is empty"),
        (json!("0xc0"), "invalid raw transaction: "),
        (json!("0x02f8"), "invalid raw transaction: "),
        (json!("0x02c0"), "invalid raw transaction: "),
        (json!("0x7f"), "transaction type 127 not supported"),
    ] {
        let (code, message) = chain.error("eth_sendRawTransaction", json!([raw])).await;
        assert_eq!(code, -32000);
        assert!(message.starts_with(start), "{raw}: {message}");
    }
    let mut trailing = raw(signer, plain(1)).to_vec();
    trailing.push(0);
    let (_, message) = chain
        .error("eth_sendRawTransaction", json!([Bytes::from(trailing)]))
        .await;
    assert_eq!(message, "invalid raw transaction: 1 bytes after its end");
    // None of it made a block or touched the account.
    assert_eq!(
        chain.number("eth_blockNumber", json!([])).await,
        U256::from(1)
    );
    assert_eq!(chain.nonce(alice).await, 1);
}

#[tokio::test]
async fn transactions_out_of_order_wait_for_each_other() {
    let chain = Chain::start().await;
    let signed: Vec<_> = (0..4)
        .map(|nonce| {
            raw(
                chain.signer(1),
                transfer(nonce, BOB.into(), 1, Bytes::new()),
            )
        })
        .collect();
    let address = chain.node.address();
    let mut sent = Vec::new();
    for raw in signed.into_iter().rev() {
        sent.push(tokio::spawn(common::call(
            address,
            "eth_sendRawTransaction",
            json!([raw]),
        )));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    for task in sent {
        task.await.unwrap().unwrap();
    }
    assert_eq!(
        chain.number("eth_getBalance", json!([BOB])).await,
        U256::from(4)
    );
}

#[tokio::test]
async fn the_node_signs_for_its_accounts_and_for_those_it_impersonates() {
    let chain = Chain::start().await;
    let alice = chain.address(1);
    let hash = chain
        .call(
            "eth_sendTransaction",
            json!([{ "from": alice, "to": BOB, "value": "0x5" }]),
        )
        .await;
    let transaction = chain.call("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!(
        (&transaction["from"], &transaction["gas"]),
        (&json!(alice), &json!("0x5208"))
    );
    // The signature is a real one: whoever reads the transaction finds the same sender.
    let read: alloy_rpc_types_eth::Transaction = serde_json::from_value(transaction).unwrap();
    assert_eq!(read.inner.inner().recover_signer().unwrap(), alice);

    let whale = address!("0x00000000000000000000000000000000000face5");
    let request = json!([{ "from": whale, "to": BOB, "value": "0x7" }]);
    let (code, message) = chain.error("eth_sendTransaction", request.clone()).await;
    assert_eq!(code, -32000);
    assert!(message.contains("anvil_impersonateAccount"), "{message}");
    // A contract can be impersonated too.
    chain.call("anvil_setCode", json!([whale, BOX_CODE])).await;
    chain
        .call("anvil_setBalance", json!([whale, "0xde0b6b3a7640000"]))
        .await;
    chain.call("anvil_impersonateAccount", json!([whale])).await;
    let hash = chain.call("eth_sendTransaction", request.clone()).await;
    let receipt = chain.call("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(
        (&receipt["from"], &receipt["status"]),
        (&json!(whale), &json!("0x1"))
    );
    assert_eq!(
        chain.number("eth_getBalance", json!([BOB])).await,
        U256::from(12)
    );
    chain
        .call("anvil_stopImpersonatingAccount", json!([whale]))
        .await;
    chain.error("eth_sendTransaction", request).await;
}

#[tokio::test]
async fn the_chain_starts_like_a_nitro_development_chain() {
    let chain = Chain::start().await;
    assert_eq!(chain.call("eth_chainId", json!([])).await, "0x64aba");
    assert_eq!(chain.call("net_version", json!([])).await, "412346");
    assert_eq!(chain.call("eth_gasPrice", json!([])).await, "0x5f5e100");
    assert_eq!(
        chain.call("eth_maxPriorityFeePerGas", json!([])).await,
        "0x0"
    );
    assert_eq!(chain.call("eth_syncing", json!([])).await, false);
    assert_eq!(
        chain.call("eth_accounts", json!([])).await[0],
        json!(address!("0x3f1Eae7D46d88F08fc2F8ed27FCb2AB183EB2d0E"))
    );
    let fees = chain
        .call("eth_feeHistory", json!(["0x4", "latest", [25.0, 75.0]]))
        .await;
    assert_eq!(fees["baseFeePerGas"], json!(["0x5f5e100", "0x5f5e100"]));
    assert_eq!(fees["reward"], json!([["0x0", "0x0"]]));
    assert_eq!(fees["oldestBlock"], "0x0");
    let block = chain
        .call("eth_getBlockByNumber", json!(["earliest", true]))
        .await;
    assert_eq!(block["number"], "0x0");
    assert_eq!(block["difficulty"], "0x1");
    assert_eq!(block["gasLimit"], "0x4000000000000");
    assert_eq!(block["sendCount"], "0x0");

    // Deploying through the CREATE2 factory gives the address every chain gives.
    let factory = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");
    let salt = U256::from(42).to_be_bytes::<32>();
    let init = common::box_init();
    chain
        .send(1, factory, 0, [&salt[..], &init[..]].concat().into())
        .await;
    let made = factory.create2_from_code(salt, &init);
    assert_eq!(
        chain.call("eth_getCode", json!([made])).await,
        json!(BOX_CODE)
    );
}

#[tokio::test]
async fn without_automining_transactions_wait_for_a_block() {
    let chain = Chain::start().await;
    chain.call("evm_setAutomine", json!([false])).await;
    let mut hashes = Vec::new();
    for value in [1, 2, 3] {
        let raw = chain.sign(1, BOB.into(), value, Bytes::new()).await;
        hashes.push(chain.call("eth_sendRawTransaction", json!([raw])).await);
        if value == 3 {
            let again = chain.error("eth_sendRawTransaction", json!([raw])).await;
            assert_eq!(again, (-32000, "already known".into()));
        }
    }
    let waiting = chain
        .call("eth_getTransactionByHash", json!([hashes[2]]))
        .await;
    assert_eq!(
        (&waiting["blockHash"], &waiting["nonce"]),
        (&Value::Null, &json!("0x2"))
    );
    assert_eq!(
        chain
            .call("eth_getTransactionReceipt", json!([hashes[2]]))
            .await,
        Value::Null
    );
    assert_eq!(
        chain
            .call(
                "eth_getTransactionCount",
                json!([chain.address(1), "latest"])
            )
            .await,
        "0x0"
    );
    assert_eq!(chain.nonce(chain.address(1)).await, 3);
    chain.call("evm_mine", json!([])).await;
    let block = chain
        .call("eth_getBlockByNumber", json!(["latest", false]))
        .await;
    assert_eq!(
        (&block["number"], &block["transactions"]),
        (&json!("0x1"), &json!(hashes))
    );
    let last = chain
        .call("eth_getTransactionReceipt", json!([hashes[2]]))
        .await;
    assert_eq!(
        (&last["transactionIndex"], &last["cumulativeGasUsed"]),
        (&json!("0x2"), &json!("0xf618"))
    );
    assert_eq!(
        chain.number("eth_getBalance", json!([BOB])).await,
        U256::from(6)
    );
}

#[tokio::test]
async fn block_hashes_and_roots_are_those_of_the_header() {
    let chain = Chain::start().await;
    chain.send(1, BOB, 1, Bytes::new()).await;
    let block = chain
        .call("eth_getBlockByNumber", json!(["latest", true]))
        .await;
    let read: alloy_rpc_types_eth::Block = serde_json::from_value(block.clone()).unwrap();
    assert_eq!(json!(read.header.inner.hash_slow()), block["hash"]);
    let transactions: Vec<_> = read
        .transactions
        .as_transactions()
        .unwrap()
        .iter()
        .map(|tx| tx.inner.inner().clone())
        .collect();
    assert_eq!(
        alloy_consensus::proofs::calculate_transaction_root(&transactions),
        read.header.transactions_root
    );
    let parent = chain
        .call("eth_getBlockByHash", json!([block["parentHash"]]))
        .await;
    assert_eq!(parent["number"], "0x0");
}
