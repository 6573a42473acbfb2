//! Subscriptions: what is sent to a client as it happens.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use alloy_rpc_types_eth::Filter;
use serde_json::{Value, json};

use super::{
    Answer,
    error::RpcError,
    json_of,
    params::{Params, Quantity},
    quantity, render,
};
use crate::chain::{Event, block_logs};

/// The most subscriptions of one connection.
const SUBSCRIPTION_LIMIT: usize = 1_000;

/// What one connection wants to hear.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    made: u64,
    open: BTreeMap<u64, Kind>,
}

#[derive(Debug)]
enum Kind {
    Heads,
    Logs(Box<Filter>),
    Transactions,
}

impl Subscriptions {
    /// The notifications that an event causes.
    pub(crate) fn notifications(&self, event: &Event) -> Vec<String> {
        let mut sent = Vec::new();
        for (id, kind) in &self.open {
            let results = match (kind, event) {
                (Kind::Heads, Event::Block(block)) => vec![render::header(block)],
                (Kind::Logs(filter), Event::Block(block)) => {
                    block_logs(block, filter).into_iter().map(json_of).collect()
                }
                (Kind::Transactions, Event::Transaction(hash)) => vec![json_of(hash)],
                _ => continue,
            };
            sent.extend(results.into_iter().flatten().map(|result| {
                let params = json!({ "subscription": format!("{id:#x}"), "result": result });
                json!({ "jsonrpc": "2.0", "method": "eth_subscription", "params": params })
                    .to_string()
            }));
        }
        sent
    }
}

pub(super) fn subscribe(subscriptions: &Mutex<Subscriptions>, mut params: Params) -> Answer {
    let kind = match params.required::<String>("kind")?.as_str() {
        "newHeads" => Kind::Heads,
        "logs" => Kind::Logs(params.optional("filter")?.unwrap_or_default()),
        "newPendingTransactions" => Kind::Transactions,
        other => {
            let known = "newHeads, logs, newPendingTransactions";
            return Err(RpcError::invalid_params(format!(
                "no subscription {other:?}: there are {known}"
            )));
        }
    };
    let mut subscriptions = subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
    if subscriptions.open.len() >= SUBSCRIPTION_LIMIT {
        return Err(RpcError::server(format!(
            "{SUBSCRIPTION_LIMIT} subscriptions are open: cancel some"
        )));
    }
    subscriptions.made += 1;
    let id = subscriptions.made;
    subscriptions.open.insert(id, kind);
    quantity(id)
}

pub(super) fn unsubscribe(subscriptions: &Mutex<Subscriptions>, mut params: Params) -> Answer {
    let Quantity(id) = params.required("subscription")?;
    let mut subscriptions = subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Value::Bool(subscriptions.open.remove(&id).is_some()))
}
