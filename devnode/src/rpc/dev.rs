//! Methods of a development chain: time, mining, snapshots, and changing accounts at will.

use alloy_primitives::{Address, B256, U256};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Answer, Rpc, json_of,
    params::{Params, Quantity, Word},
    quantity,
};

/// Carries out `evm_…`, and `anvil_…` and its twin `hardhat_…`; `None` if there is no such method.
pub(super) fn dispatch(rpc: &Rpc, method: &str, params: Params) -> Option<Answer> {
    let (namespace, name) = method.split_once('_')?;
    Some(match (namespace, name) {
        ("evm", "snapshot") => quantity(rpc.write().snapshot()),
        ("evm", "revert") => revert(rpc, params),
        ("evm" | "anvil", "increaseTime") => increase_time(rpc, params),
        ("evm" | "anvil", "setNextBlockTimestamp") => set_next_timestamp(rpc, params),
        ("evm" | "anvil", "setTime") => set_time(rpc, params),
        ("evm", "mine") => mine_one(rpc, params),
        ("evm" | "anvil", "setAutomine") => set_automine(rpc, params),
        ("anvil" | "hardhat", name) => return account_method(rpc, name, params),
        ("ogpu", "setL1BlockNumber") => set_l1_number(rpc, params),
        _ => return None,
    })
}

fn account_method(rpc: &Rpc, name: &str, params: Params) -> Option<Answer> {
    Some(match name {
        "mine" => mine_many(rpc, params),
        "getAutomine" => json_of(rpc.read().automine()),
        "dropTransaction" => drop_transaction(rpc, params),
        "setBalance" => set_balance(rpc, params),
        "setCode" => set_code(rpc, params),
        "setNonce" => set_nonce(rpc, params),
        "setStorageAt" => set_storage(rpc, params),
        "impersonateAccount" => impersonate(rpc, params, true),
        "stopImpersonatingAccount" => impersonate(rpc, params, false),
        "autoImpersonateAccount" => auto_impersonate(rpc, params),
        "snapshot" => quantity(rpc.write().snapshot()),
        "revert" => revert(rpc, params),
        _ => return None,
    })
}

fn revert(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(id) = params.required("snapshot")?;
    json_of(rpc.write().revert(id))
}

fn increase_time(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(seconds) = params.required("seconds")?;
    json_of(rpc.write().increase_time(seconds))
}

fn set_next_timestamp(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(timestamp) = params.required("timestamp")?;
    rpc.write().set_next_timestamp(timestamp)?;
    Ok(Value::Null)
}

fn set_time(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(timestamp) = params.required("timestamp")?;
    json_of(rpc.write().set_time(timestamp)?)
}

/// What `evm_mine` takes: a timestamp, or an object.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Timestamp(Quantity),
    Object {
        timestamp: Option<Quantity>,
        blocks: Option<Quantity>,
    },
}

fn mine_one(rpc: &Rpc, mut params: Params) -> Answer {
    let (timestamp, blocks) = match params.optional("options")? {
        None => (None, None),
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), None),
        Some(MineOptions::Object { timestamp, blocks }) => (timestamp, blocks),
    };
    let mut chain = rpc.write();
    if let Some(Quantity(timestamp)) = timestamp {
        chain.set_next_timestamp(timestamp)?;
    }
    chain.mine_many(blocks.map_or(1, |Quantity(blocks)| blocks), None)?;
    json_of("0x0")
}

fn mine_many(rpc: &Rpc, mut params: Params) -> Answer {
    let count = params
        .optional("blocks")?
        .map_or(1, |Quantity(count)| count);
    let interval = params
        .optional("interval")?
        .map(|Quantity(interval)| interval);
    rpc.write().mine_many(count, interval)?;
    Ok(Value::Null)
}

fn set_automine(rpc: &Rpc, mut params: Params) -> Answer {
    let on = params.required("on")?;
    rpc.write().set_automine(on);
    Ok(Value::Null)
}

fn drop_transaction(rpc: &Rpc, mut params: Params) -> Answer {
    let hash: B256 = params.required("hash")?;
    json_of(rpc.write().drop_waiting(hash).then_some(hash))
}

fn set_balance(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, balance) = (params.required("address")?, params.required("balance")?);
    rpc.write().set_balance(address, balance);
    json_of(true)
}

fn set_code(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, code) = (params.required("address")?, params.required("code")?);
    rpc.write().set_code(address, code)?;
    json_of(true)
}

fn set_nonce(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, Quantity(nonce)) = (params.required("address")?, params.required("nonce")?);
    rpc.write().set_nonce(address, nonce);
    json_of(true)
}

fn set_storage(rpc: &Rpc, mut params: Params) -> Answer {
    let (address, Word(slot), Word(value)): (Address, _, _) = (
        params.required("address")?,
        params.required("slot")?,
        params.required("value")?,
    );
    rpc.write().set_storage(address, slot, value);
    json_of(true)
}

fn impersonate(rpc: &Rpc, mut params: Params, on: bool) -> Answer {
    let address = params.required("address")?;
    rpc.write().impersonate(address, on);
    json_of(true)
}

fn auto_impersonate(rpc: &Rpc, mut params: Params) -> Answer {
    let on = params.required("on")?;
    rpc.write().impersonate_all(on);
    json_of(true)
}

fn set_l1_number(rpc: &Rpc, mut params: Params) -> Answer {
    let Quantity(number) = params.required("number")?;
    rpc.write().set_l1_number(number);
    json_of(U256::from(number))
}
