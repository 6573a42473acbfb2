//! Filters: what is new since a client last asked.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::B256;
use alloy_rpc_types_eth::{Filter, FilterBlockOption, Log};
use serde_json::Value;
use tokio::sync::broadcast;

use super::{
    Answer, Rpc,
    error::RpcError,
    json_of,
    params::{Params, Quantity},
    quantity,
};
use crate::chain::{Chain, Event};

/// A filter nobody asks for this long is forgotten.
const IDLE: Duration = Duration::from_secs(300);

/// The most filters at a time.
const FILTER_LIMIT: usize = 10_000;

/// The filters that clients have made.
#[derive(Debug, Default)]
pub(super) struct Filters {
    made: u64,
    open: HashMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    kind: Kind,
    /// First block not reported yet.
    next: u64,
    asked: Instant,
}

#[derive(Debug)]
enum Kind {
    Logs(Box<Filter>),
    Blocks,
    Transactions(broadcast::Receiver<Event>),
}

impl Filters {
    fn make(&mut self, kind: Kind, next: u64) -> Answer {
        self.open.retain(|_, filter| filter.asked.elapsed() < IDLE);
        if self.open.len() >= FILTER_LIMIT {
            return Err(RpcError::server(format!(
                "{FILTER_LIMIT} filters are open: uninstall some"
            )));
        }
        self.made += 1;
        self.open.insert(
            self.made,
            Open {
                kind,
                next,
                asked: Instant::now(),
            },
        );
        quantity(self.made)
    }

    fn get(&mut self, id: u64) -> Result<&mut Open, RpcError> {
        let filter = self
            .open
            .get_mut(&id)
            .ok_or_else(|| RpcError::server("filter not found"))?;
        filter.asked = Instant::now();
        Ok(filter)
    }
}

fn make(rpc: &Rpc, kind: impl FnOnce(&Chain) -> Kind) -> Answer {
    let chain = rpc.read();
    rpc.filters().make(kind(&chain), chain.head().number() + 1)
}

pub(super) fn new_logs(rpc: &Rpc, mut params: Params) -> Answer {
    let filter = params.required("filter")?;
    make(rpc, |_| Kind::Logs(filter))
}

pub(super) fn new_blocks(rpc: &Rpc) -> Answer {
    make(rpc, |_| Kind::Blocks)
}

pub(super) fn new_transactions(rpc: &Rpc) -> Answer {
    make(rpc, |chain| Kind::Transactions(chain.subscribe()))
}

pub(super) fn changes(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(id) = params.required("filter")?;
    let chain = rpc.read();
    let mut filters = rpc.filters();
    let filter = filters.get(id)?;
    let head = chain.head().number();
    // After going back to a snapshot, what is new starts at the blocks made since.
    let from = filter.next.min(head + 1);
    filter.next = head + 1;
    match &mut filter.kind {
        Kind::Logs(filter) => json_of(new_matches(&chain, filter, from)),
        Kind::Blocks => {
            let new = (from..=head).filter_map(|number| chain.block_by_number(number.into()));
            json_of(new.map(|block| block.header.hash()).collect::<Vec<B256>>())
        }
        Kind::Transactions(events) => json_of(drained(events)),
    }
}

/// Logs from block `from` on that are also within the filter's own range.
fn new_matches(chain: &Chain, filter: &Filter, from: u64) -> Vec<Log> {
    let (mut first, mut last) = (from, u64::MAX - 1);
    if let FilterBlockOption::Range {
        from_block,
        to_block,
    } = filter.block_option
    {
        if let Some(BlockNumberOrTag::Number(number)) = from_block {
            first = first.max(number);
        }
        if let Some(BlockNumberOrTag::Number(number)) = to_block {
            last = number;
        }
    }
    chain.logs_between(first, last, filter)
}

fn drained(events: &mut broadcast::Receiver<Event>) -> Vec<B256> {
    let mut hashes = Vec::new();
    loop {
        match events.try_recv() {
            Ok(Event::Transaction(hash)) => hashes.push(hash),
            // Blocks are not asked for; what was missed by waiting too long is gone.
            Ok(Event::Block(_)) | Err(broadcast::error::TryRecvError::Lagged(_)) => {}
            Err(_) => return hashes,
        }
    }
}

pub(super) fn logs(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(id) = params.required("filter")?;
    let chain = rpc.read();
    let mut filters = rpc.filters();
    match &filters.get(id)?.kind {
        Kind::Logs(filter) => json_of(chain.logs(filter)?),
        _ => Err(RpcError::server(
            "filter not found: it is not a filter of logs",
        )),
    }
}

pub(super) fn uninstall(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(id) = params.required("filter")?;
    Ok(Value::Bool(rpc.filters().open.remove(&id).is_some()))
}
