//! As much of an EVM as programs need that neither call nor create.

use std::collections::{BTreeMap, HashMap, HashSet};

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use ogpu_stylus::{Request, Response};
use serde_json::Value;

pub const CONTRACT: Address = Address::repeat_byte(0xc0);
pub const SENDER: Address = Address::repeat_byte(0x5e);

const SLOAD_COLD: u64 = 2100;
const SLOAD_WARM: u64 = 100;
const SSTORE_SENTRY: u64 = 2300;

pub struct World {
    readonly: bool,
    before: HashMap<B256, B256>,
    storage: HashMap<B256, B256>,
    transient: HashMap<B256, B256>,
    warm_slots: HashSet<B256>,
    warm_accounts: HashSet<Address>,
    pub logs: Vec<(Vec<B256>, Bytes)>,
    pub refund: i64,
}

impl World {
    pub fn new(storage: &Value, readonly: bool) -> Self {
        let slots = storage
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| !key.contains(':'));
        let before: HashMap<_, _> = slots
            .map(|(key, value)| (super::word(key), super::word(value.as_str().unwrap())))
            .collect();
        Self {
            readonly,
            storage: before.clone(),
            before,
            transient: HashMap::new(),
            warm_slots: HashSet::new(),
            warm_accounts: HashSet::from([CONTRACT, SENDER, Address::repeat_byte(0xcb)]),
            logs: Vec::new(),
            refund: 0,
        }
    }

    /// Slots whose value changed, as golden.json has them.
    pub fn changed(&self) -> Value {
        let changed = self
            .storage
            .iter()
            .filter(|(key, value)| self.before(**key) != **value);
        let changed: BTreeMap<_, _> = changed
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        serde_json::to_value(changed).unwrap()
    }

    pub fn answer(&mut self, request: Request) -> Response {
        match request {
            Request::StorageLoad { key } => {
                let gas = if self.warm_slots.insert(key) {
                    SLOAD_COLD
                } else {
                    SLOAD_WARM
                };
                Response::Storage {
                    value: self.now(key),
                    gas,
                }
            }
            Request::StorageFlush { slots, gas_left } => self.flush(&slots, gas_left),
            Request::TransientLoad { key } => Response::Storage {
                value: self.transient.get(&key).copied().unwrap_or_default(),
                gas: 0,
            },
            Request::TransientStore { .. } | Request::EmitLog { .. } if self.readonly => {
                Response::Denied
            }
            Request::TransientStore { key, value } => {
                self.transient.insert(key, value);
                Response::Done { gas: 0 }
            }
            Request::EmitLog { topics, data } => {
                self.logs.push((topics, data));
                Response::Done { gas: 0 }
            }
            Request::AccountBalance { address } => {
                let value = match address {
                    CONTRACT => U256::from(5) * U256::from(10).pow(U256::from(18)),
                    SENDER => U256::from(7) * U256::from(10).pow(U256::from(21)),
                    _ if address == Address::repeat_byte(0xe0) => U256::from(1000),
                    _ => U256::ZERO,
                };
                Response::Balance {
                    value,
                    gas: self.touch(address),
                }
            }
            Request::AccountCode { address, .. } => Response::Code {
                code: code(address).unwrap_or_default(),
                gas: self.touch(address) + 700,
            },
            Request::AccountCodeHash { address } => {
                let value = match code(address) {
                    Some(code) => keccak256(code),
                    None if address == Address::repeat_byte(0xee) => B256::ZERO,
                    None => KECCAK256_EMPTY,
                };
                Response::Storage {
                    value,
                    gas: self.touch(address),
                }
            }
            Request::Call { .. } | Request::Create { .. } => {
                panic!("this world has no other frames")
            }
        }
    }

    fn touch(&mut self, address: Address) -> u64 {
        if self.warm_accounts.insert(address) {
            2600
        } else {
            100
        }
    }

    fn before(&self, key: B256) -> B256 {
        self.before.get(&key).copied().unwrap_or_default()
    }

    fn now(&self, key: B256) -> B256 {
        self.storage.get(&key).copied().unwrap_or_default()
    }

    fn flush(&mut self, slots: &[(B256, B256)], gas_left: u64) -> Response {
        if self.readonly {
            return Response::Denied;
        }
        let mut used = 0;
        for &(key, value) in slots {
            if gas_left - used <= SSTORE_SENTRY {
                return Response::OutOfGas;
            }
            used += self.store(key, value);
            if used > gas_left {
                return Response::OutOfGas;
            }
        }
        Response::Done { gas: used }
    }

    /// SSTORE's price (EIP-2200, 2929 and 3529); the slots of the golden set are written at most once.
    fn store(&mut self, key: B256, value: B256) -> u64 {
        let access = if self.warm_slots.insert(key) {
            SLOAD_COLD
        } else {
            0
        };
        let (before, now) = (self.before(key), self.now(key));
        let price = if now == value || now != before {
            SLOAD_WARM
        } else if before.is_zero() {
            20_000
        } else {
            if value.is_zero() {
                self.refund += 4800;
            }
            2900
        };
        self.storage.insert(key, value);
        access + price
    }
}

/// Code of the accounts that have some.
fn code(address: Address) -> Option<Bytes> {
    match address {
        _ if address == Address::repeat_byte(0xd1) => Some(Bytes::from_static(&[
            0x36, 0x3d, 0x3d, 0x37, 0x36, 0x3d, 0xf3,
        ])),
        _ if address == Address::repeat_byte(0xd2) => Some(Bytes::from_static(&[
            0x36, 0x3d, 0x3d, 0x37, 0x36, 0x3d, 0xfd,
        ])),
        _ => None,
    }
}
