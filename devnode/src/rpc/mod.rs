//! JSON-RPC: requests in, answers out, whatever carries them.

mod call;
mod debug;
mod dev;
mod error;
mod filters;
mod params;
mod query;
mod render;
mod send;
pub(crate) mod server;
mod subscriptions;

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;
use serde_json::{Value, json};

use crate::chain::Chain;
use error::RpcError;
use filters::Filters;
use params::Params;
pub(crate) use subscriptions::Subscriptions;

/// The most requests in one batch.
const BATCH_LIMIT: usize = 1_000;

/// Answers requests about one chain.
#[derive(Debug)]
pub(crate) struct Rpc {
    chain: RwLock<Chain>,
    filters: Mutex<Filters>,
}

type Answer = Result<Value, RpcError>;

impl Rpc {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain: RwLock::new(chain),
            filters: Mutex::default(),
        }
    }

    // A request that panicked has not left a half-written chain behind: everything is checked and run before it is written.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Chain> {
        self.chain.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Chain> {
        self.chain.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn filters(&self) -> MutexGuard<'_, Filters> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request or a batch; `None` if nothing in it wants an answer. Subscriptions need a connection to send to.
    pub(crate) fn respond(
        &self,
        body: &[u8],
        subscriptions: Option<&Mutex<Subscriptions>>,
    ) -> Option<Vec<u8>> {
        let answer = match serde_json::from_slice::<Value>(body) {
            Err(error) => Some(failure(Value::Null, &RpcError::parse(&error))),
            Ok(Value::Array(requests)) if requests.is_empty() => Some(failure(
                Value::Null,
                &RpcError::invalid_request("empty batch"),
            )),
            Ok(Value::Array(requests)) if requests.len() > BATCH_LIMIT => {
                let message = format!(
                    "batch of {} requests is over the limit of {BATCH_LIMIT}",
                    requests.len()
                );
                Some(failure(Value::Null, &RpcError::invalid_request(message)))
            }
            Ok(Value::Array(requests)) => {
                let answers: Vec<_> = requests
                    .into_iter()
                    .filter_map(|request| self.answer(request, subscriptions))
                    .collect();
                (!answers.is_empty()).then_some(Value::Array(answers))
            }
            Ok(request) => self.answer(request, subscriptions),
        };
        answer.map(|answer| answer.to_string().into_bytes())
    }

    /// Answers one request; a notification, which has no id, is carried out without an answer.
    fn answer(
        &self,
        request: Value,
        subscriptions: Option<&Mutex<Subscriptions>>,
    ) -> Option<Value> {
        let Value::Object(mut request) = request else {
            return Some(failure(
                Value::Null,
                &RpcError::invalid_request("a request must be an object"),
            ));
        };
        let id = request.remove("id");
        if matches!(
            id,
            Some(Value::Object(_) | Value::Array(_) | Value::Bool(_))
        ) {
            let error = RpcError::invalid_request("id must be a string, a number or null");
            return Some(failure(Value::Null, &error));
        }
        if request
            .get("jsonrpc")
            .is_some_and(|version| version != "2.0")
        {
            let error = RpcError::invalid_request("jsonrpc must be \"2.0\"");
            return Some(failure(id.unwrap_or_default(), &error));
        }
        let Some(Value::String(method)) = request.remove("method") else {
            let error = RpcError::invalid_request("method must be a string");
            return Some(failure(id.unwrap_or_default(), &error));
        };
        let answer = Params::new(request.remove("params")).and_then(|params| {
            match (method.as_str(), subscriptions) {
                ("eth_subscribe", Some(subscriptions)) => {
                    subscriptions::subscribe(subscriptions, params)
                }
                ("eth_unsubscribe", Some(subscriptions)) => {
                    subscriptions::unsubscribe(subscriptions, params)
                }
                (method, _) => self.dispatch(method, params),
            }
        });
        let id = id?;
        Some(match answer {
            Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
            Err(error) => failure(id, &error),
        })
    }

    fn dispatch(&self, method: &str, params: Params) -> Answer {
        match method {
            "web3_clientVersion" => json_of(concat!("ogpu-devnode/", env!("CARGO_PKG_VERSION"))),
            "web3_sha3" => query::sha3(params),
            "net_version" => json_of(self.read().config().chain_id.to_string()),
            "net_listening" => json_of(true),
            "net_peerCount" => json_of("0x0"),
            "eth_chainId" => quantity(self.read().config().chain_id),
            "eth_syncing" | "eth_mining" => json_of(false),
            "eth_blockNumber" => quantity(self.read().head().number()),
            "eth_gasPrice" => quantity(self.read().base_fee()),
            "eth_maxPriorityFeePerGas" => json_of("0x0"),
            "eth_feeHistory" => query::fee_history(self, params),
            "eth_accounts" => query::accounts(self),
            "eth_getBalance" => query::balance(self, params),
            "eth_getCode" => query::code(self, params),
            "eth_getStorageAt" => query::storage(self, params),
            "eth_getTransactionCount" => query::transaction_count(self, params),
            "eth_getBlockByNumber" => query::block_by_number(self, params),
            "eth_getBlockByHash" => query::block_by_hash(self, params),
            "eth_getBlockTransactionCountByNumber" => query::transactions_in_number(self, params),
            "eth_getBlockTransactionCountByHash" => query::transactions_in_hash(self, params),
            "eth_getBlockReceipts" => query::block_receipts(self, params),
            "eth_getUncleCountByBlockNumber" | "eth_getUncleCountByBlockHash" => json_of("0x0"),
            "eth_getTransactionByHash" => query::transaction_by_hash(self, params),
            "eth_getTransactionByBlockNumberAndIndex" => query::transaction_in_number(self, params),
            "eth_getTransactionByBlockHashAndIndex" => query::transaction_in_hash(self, params),
            "eth_getTransactionReceipt" => query::receipt(self, params),
            "eth_getLogs" => query::logs(self, params),
            "eth_call" => call::call(self, params),
            "eth_estimateGas" => call::estimate_gas(self, params),
            "eth_sendRawTransaction" => send::send_raw(self, params),
            "eth_sendTransaction" => send::send(self, params),
            "eth_newFilter" => filters::new_logs(self, params),
            "eth_newBlockFilter" => filters::new_blocks(self),
            "eth_newPendingTransactionFilter" => filters::new_transactions(self),
            "eth_getFilterChanges" => filters::changes(self, params),
            "eth_getFilterLogs" => filters::logs(self, params),
            "eth_uninstallFilter" => filters::uninstall(self, params),
            "eth_subscribe" | "eth_unsubscribe" => Err(RpcError {
                code: -32601,
                message: "notifications not supported: connect by WebSocket".into(),
                data: None,
            }),
            "debug_traceTransaction" => debug::trace_transaction(self, params),
            "debug_traceCall" => debug::trace_call(self, params),
            _ => dev::dispatch(self, method, params)
                .unwrap_or_else(|| Err(RpcError::method_not_found(method))),
        }
    }
}

/// An error answer to the request with this id.
pub(crate) fn failure(id: Value, error: &RpcError) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error })
}

fn json_of<T: Serialize>(value: T) -> Answer {
    serde_json::to_value(value).map_err(|error| RpcError::internal(error.to_string()))
}

fn quantity(value: u64) -> Answer {
    Ok(Value::String(format!("{value:#x}")))
}
