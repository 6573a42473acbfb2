//! Host functions that ask the EVM, and what they do with its answer.

use alloy_primitives::{B256, Bytes, U256};

use super::{
    CodeSlice, Host, MAX_TOPICS, Machine, Next, Stop, Then,
    local::slice,
    prices::{
        self, CACHE_ACCESS_GAS, COLD_ACCOUNT_GAS, COLD_SLOAD_GAS, EVM_API, HOSTIO, POINTER,
        SSTORE_SENTRY_GAS, TRANSIENT_GAS,
    },
};
use crate::{CallKind, Request, Response};

impl Host {
    pub(super) fn storage_load(
        &mut self,
        machine: &mut Machine<'_>,
        key: u32,
        to: u32,
    ) -> Result<Next, Stop> {
        machine.buy_ink(HOSTIO + 2 * POINTER)?;
        let api_gas = if self.params.overcharges_storage_loads() {
            EVM_API
        } else {
            EVM_API / u64::from(self.params.ink_price)
        };
        machine.require_gas(COLD_SLOAD_GAS + CACHE_ACCESS_GAS + api_gas)?;
        let key = machine.read_word(key)?;
        let surcharge = self.storage.read_gas();
        let Some(value) = self.storage.get(key) else {
            return Ok(Next::Ask(
                Request::StorageLoad { key },
                Then::CacheWord {
                    key,
                    to,
                    gas: surcharge + api_gas,
                },
            ));
        };
        machine.buy_gas(surcharge)?;
        machine.write(to, value.as_slice())?;
        Ok(Next::Return(0))
    }

    pub(super) fn storage_cache(
        &mut self,
        machine: &mut Machine<'_>,
        key: u32,
        value: u32,
    ) -> Result<Next, Stop> {
        machine.buy_ink(HOSTIO + 2 * POINTER)?;
        machine.require_gas(SSTORE_SENTRY_GAS + CACHE_ACCESS_GAS)?;
        let key = machine.read_word(key)?;
        let value = machine.read_word(value)?;
        machine.buy_gas(self.storage.write_gas())?;
        self.storage.set(key, value);
        Ok(Next::Return(0))
    }

    pub(super) fn storage_flush(
        &mut self,
        machine: &mut Machine<'_>,
        clear: bool,
    ) -> Result<Next, Stop> {
        machine.buy_ink(HOSTIO + EVM_API)?;
        machine.require_gas(SSTORE_SENTRY_GAS)?;
        let slots = self.storage.dirty();
        if slots.is_empty() {
            self.flushed(clear);
            return Ok(Next::Return(0));
        }
        Ok(Next::Ask(
            Request::StorageFlush {
                slots,
                gas_left: machine.gas_left(),
            },
            Then::Flushed { clear },
        ))
    }

    fn flushed(&mut self, clear: bool) {
        self.storage.flushed();
        if clear {
            self.storage.clear();
        }
    }

    pub(super) fn account_code(
        &mut self,
        machine: &mut Machine<'_>,
        address: u32,
        part: Option<CodeSlice>,
    ) -> Result<Next, Stop> {
        machine.buy_ink(HOSTIO + EVM_API)?;
        machine.require_gas(COLD_ACCOUNT_GAS)?;
        let address = machine.read_address(address)?;
        if let Some((known, code)) = &self.last_code
            && *known == address
        {
            return give_code(machine, code, part).map(Next::Return);
        }
        Ok(Next::Ask(
            Request::AccountCode {
                address,
                gas_left: machine.gas_left(),
            },
            Then::Code { address, part },
        ))
    }

    /// Does what is left to do. None where the answer does not belong to the request.
    pub(super) fn answered(
        &mut self,
        machine: &mut Machine<'_>,
        then: Then,
        response: Response,
    ) -> Option<Result<u64, Stop>> {
        Some(
            match (then, response) {
                (Then::CacheWord { key, to, gas }, Response::Storage { value, gas: access }) => {
                    machine.buy_gas(gas.saturating_add(access)).and_then(|()| {
                        self.storage.loaded(key, value);
                        machine.write(to, value.as_slice())
                    })
                }
                (Then::StoreWord { to }, Response::Storage { value, gas }) => machine
                    .buy_gas(gas)
                    .and_then(|()| machine.write(to, value.as_slice())),
                (Then::StoreNumber { to }, Response::Balance { value, gas }) => machine
                    .buy_gas(gas)
                    .and_then(|()| machine.write_number(to, value)),
                (Then::Flushed { clear }, Response::Done { gas }) => {
                    self.flushed(clear);
                    machine.buy_gas(gas)
                }
                (Then::Flushed { .. }, Response::OutOfGas) => {
                    Err(if self.params.reports_out_of_gas() {
                        Stop::OutOfGas
                    } else {
                        Stop::Failure
                    })
                }
                (Then::Nothing, Response::Done { gas }) => machine.buy_gas(gas),
                (Then::Nothing | Then::Flushed { .. } | Then::Created { .. }, Response::Denied) => {
                    Err(Stop::Failure)
                }
                (
                    Then::Called { output_len_to },
                    Response::Call {
                        status,
                        output,
                        gas,
                    },
                ) => {
                    return Some(
                        self.returned(machine, output, gas, output_len_to)
                            .map(|()| status as u64),
                    );
                }
                (
                    Then::Created {
                        address_to,
                        output_len_to,
                    },
                    Response::Create {
                        address,
                        output,
                        gas,
                    },
                ) => self
                    .returned(machine, output, gas, output_len_to)
                    .and_then(|()| {
                        machine.write(address_to, address.unwrap_or_default().as_slice())
                    }),
                (Then::Code { address, part }, Response::Code { code, gas }) => {
                    if !(code.is_empty() && self.params.rereads_empty_code()) {
                        self.last_code = Some((address, code.clone()));
                    }
                    return Some(
                        machine
                            .buy_gas(gas)
                            .and_then(|()| give_code(machine, &code, part)),
                    );
                }
                _ => return None,
            }
            .map(|()| 0),
        )
    }

    /// Pays for a call or create, keeps what it returned and tells the program how long that is.
    fn returned(
        &mut self,
        machine: &mut Machine<'_>,
        output: Bytes,
        gas: u64,
        len_to: u32,
    ) -> Result<(), Stop> {
        machine.buy_gas(gas)?;
        let len = output.len() as u32;
        self.return_data = output;
        machine.write(len_to, &len.to_le_bytes())
    }
}

/// Gives a program the part of a code it wants and the part's length, or the length of the whole.
fn give_code(
    machine: &mut Machine<'_>,
    code: &Bytes,
    part: Option<CodeSlice>,
) -> Result<u64, Stop> {
    let Some(CodeSlice { offset, size, to }) = part else {
        return Ok(code.len() as u64);
    };
    machine.buy_ink(prices::write(code.len()))?;
    let part = slice(code, offset, size);
    machine.write(to, part)?;
    Ok(part.len() as u64)
}

pub(super) fn transient_load(machine: &mut Machine<'_>, key: u32, to: u32) -> Result<Next, Stop> {
    machine.buy_ink(HOSTIO + 2 * POINTER + EVM_API)?;
    machine.buy_gas(TRANSIENT_GAS)?;
    let key = machine.read_word(key)?;
    Ok(Next::Ask(
        Request::TransientLoad { key },
        Then::StoreWord { to },
    ))
}

pub(super) fn transient_store(
    machine: &mut Machine<'_>,
    key: u32,
    value: u32,
) -> Result<Next, Stop> {
    machine.buy_ink(HOSTIO + 2 * POINTER + EVM_API)?;
    machine.buy_gas(TRANSIENT_GAS)?;
    let key = machine.read_word(key)?;
    let value = machine.read_word(value)?;
    Ok(Next::Ask(
        Request::TransientStore { key, value },
        Then::Nothing,
    ))
}

/// Calls `[address, data, data length, where to write the output's length]` with at most `gas` gas.
pub(super) fn call(
    machine: &mut Machine<'_>,
    kind: CallKind,
    args: [u32; 4],
    value: Option<u32>,
    gas: u64,
) -> Result<Next, Stop> {
    let [address, data, len, output_len_to] = args;
    machine.buy_ink(HOSTIO + 3 * POINTER + EVM_API)?;
    machine.buy_ink(2 * prices::read(len as usize))?;
    let gas_left = machine.gas_left();
    let request = Request::Call {
        kind,
        address: machine.read_address(address)?,
        input: machine.read_bytes(data, len)?,
        value: value.map_or(Ok(U256::ZERO), |value| machine.read_number(value))?,
        gas: gas.min(gas_left),
        gas_left,
    };
    Ok(Next::Ask(request, Then::Called { output_len_to }))
}

/// Creates an account from `[code, code length, endowment]`; where to write its address and the output's length.
pub(super) fn create(
    machine: &mut Machine<'_>,
    args: [u32; 3],
    salt: Option<u32>,
    results: [u32; 2],
) -> Result<Next, Stop> {
    let [code, len, endowment] = args;
    let [address_to, output_len_to] = results;
    let pointers = if salt.is_some() { 4 } else { 3 };
    machine.buy_ink(HOSTIO + pointers * POINTER + EVM_API)?;
    machine.buy_ink(2 * prices::read(len as usize))?;
    let request = Request::Create {
        code: machine.read_bytes(code, len)?,
        endowment: machine.read_number(endowment)?,
        salt: salt.map(|salt| machine.read_word(salt)).transpose()?,
        gas_left: machine.gas_left(),
    };
    Ok(Next::Ask(
        request,
        Then::Created {
            address_to,
            output_len_to,
        },
    ))
}

/// Emits `len` bytes as a log: first the topics, then the data.
pub(super) fn emit_log(
    machine: &mut Machine<'_>,
    from: u32,
    len: u32,
    topics: u32,
) -> Result<Next, Stop> {
    machine.buy_ink(HOSTIO + EVM_API)?;
    if topics > MAX_TOPICS || len < topics * 32 {
        return Err(Stop::Failure);
    }
    machine.buy_ink(prices::read(len as usize))?;
    machine.buy_gas(prices::log_gas(topics, len - topics * 32))?;
    let bytes = machine.read_bytes(from, len)?;
    let (heads, _) = bytes.split_at(topics as usize * 32);
    let topics = heads.chunks_exact(32).map(B256::from_slice).collect();
    let data = bytes.slice(heads.len()..);
    Ok(Next::Ask(Request::EmitLog { topics, data }, Then::Nothing))
}

pub(super) fn account_balance(
    machine: &mut Machine<'_>,
    address: u32,
    to: u32,
) -> Result<Next, Stop> {
    machine.buy_ink(HOSTIO + 2 * POINTER + EVM_API)?;
    machine.require_gas(COLD_ACCOUNT_GAS)?;
    let address = machine.read_address(address)?;
    Ok(Next::Ask(
        Request::AccountBalance { address },
        Then::StoreNumber { to },
    ))
}

pub(super) fn account_code_hash(
    machine: &mut Machine<'_>,
    address: u32,
    to: u32,
) -> Result<Next, Stop> {
    machine.buy_ink(HOSTIO + 2 * POINTER + EVM_API)?;
    machine.require_gas(COLD_ACCOUNT_GAS)?;
    let address = machine.read_address(address)?;
    Ok(Next::Ask(
        Request::AccountCodeHash { address },
        Then::StoreWord { to },
    ))
}
