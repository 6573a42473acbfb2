//! What programs see of the chain: the SDK's host, as a type without a value.
#![allow(unsafe_code)] // the host's traits are declared unsafe; pointers are read as the SDK documents them

use std::slice;

use alloy_primitives::{Address, B256, U256, keccak256};
use stylus_sdk::prelude::*;

use super::{Answer, CHAIN_ID, Defect, Kind, Slot, call, with};

/// The chain that a call is running on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handle;

impl Host for Handle {}

/// Calls in the name of the running code, and keeps what that gives back.
fn ask(kind: Kind, to: Address, value: u64, data: &[u8], returned: &mut usize) -> u8 {
    let sender = with(|chain| {
        let acting = chain.acting();
        if chain.frame().unflushed {
            chain.defect = Some(Defect::Unflushed(acting));
        }
        acting
    });
    let answer: Answer = call(kind, sender, to, value, data);
    let status = u8::from(answer.is_err());
    let bytes = answer.unwrap_or_else(|reason| reason);
    *returned = bytes.len();
    with(|chain| chain.frame().returned = bytes);
    status
}

/// Reads what the SDK points to.
///
/// # Safety
/// `to` must point to 20 bytes and `data` to `length`.
unsafe fn pointed<'a>(to: *const u8, data: *const u8, length: usize) -> (Address, &'a [u8]) {
    let data = if length == 0 {
        &[]
    } else {
        unsafe { slice::from_raw_parts(data, length) }
    };
    let to = unsafe { slice::from_raw_parts(to, 20) };
    (Address::from_slice(to), data)
}

unsafe impl UnsafeCallAccess for Handle {
    unsafe fn call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        value: *const u8,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        let (to, data) = unsafe { pointed(to, data, data_len) };
        let value = B256::from_slice(unsafe { slice::from_raw_parts(value, 32) });
        let value = U256::from_be_bytes(value.0).saturating_to();
        ask(Kind::Plain, to, value, data, outs_len)
    }

    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        let (to, data) = unsafe { pointed(to, data, data_len) };
        ask(Kind::Static, to, 0, data, outs_len)
    }

    unsafe fn delegate_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        let (to, data) = unsafe { pointed(to, data, data_len) };
        ask(Kind::Delegate, to, 0, data, outs_len)
    }
}

/// Contracts here create no contracts: it fails, and is told to whoever sent the transaction.
fn created(contract: *mut u8, revert_data_len: *mut usize) {
    with(|chain| {
        let acting = chain.acting();
        chain.defect = Some(Defect::Created(acting));
    });
    unsafe {
        contract.write_bytes(0, 20);
        revert_data_len.write(0);
    }
}

unsafe impl UnsafeDeploymentAccess for Handle {
    unsafe fn create1(
        &self,
        _code: *const u8,
        _code_len: usize,
        _endowment: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        created(contract, revert_data_len);
    }

    unsafe fn create2(
        &self,
        _code: *const u8,
        _code_len: usize,
        _endowment: *const u8,
        _salt: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        created(contract, revert_data_len);
    }
}

impl StorageAccess for Handle {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        with(|chain| {
            chain.accesses += 1;
            let account = chain.frame().account;
            chain.storage.load(Slot { account, key })
        })
    }

    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        with(|chain| {
            chain.accesses += 1;
            let frame = chain.frame();
            if frame.read_only {
                frame.failed = true;
                return;
            }
            frame.unflushed = true;
            let account = frame.account;
            chain.storage.store(Slot { account, key }, value);
        });
    }

    fn flush_cache(&self, _clear: bool) {
        with(|chain| chain.frame().unflushed = false);
    }
}

impl CalldataAccess for Handle {
    fn read_args(&self, _len: usize) -> Vec<u8> {
        Vec::new() // programs are handed their calldata
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        with(|chain| {
            let returned = &chain.frame().returned;
            let start = offset.min(returned.len());
            let end = size.map_or(returned.len(), |size| {
                returned.len().min(start.saturating_add(size))
            });
            returned[start..end].to_vec()
        })
    }

    fn return_data_size(&self) -> usize {
        with(|chain| chain.frame().returned.len())
    }

    fn write_result(&self, _data: &[u8]) {} // programs hand back what they return
}

impl CryptographyAccess for Handle {
    fn native_keccak256(&self, input: &[u8]) -> B256 {
        keccak256(input)
    }
}

impl BlockAccess for Handle {
    fn block_basefee(&self) -> U256 {
        U256::ZERO
    }

    fn block_coinbase(&self) -> Address {
        Address::ZERO
    }

    fn block_number(&self) -> u64 {
        with(|chain| chain.block)
    }

    fn block_timestamp(&self) -> u64 {
        with(|chain| chain.time + chain.frame().ahead)
    }

    fn block_gas_limit(&self) -> u64 {
        u64::MAX
    }
}

impl ChainAccess for Handle {
    fn chain_id(&self) -> u64 {
        CHAIN_ID
    }
}

impl AccountAccess for Handle {
    fn balance(&self, _account: Address) -> U256 {
        U256::ZERO
    }

    fn contract_address(&self) -> Address {
        with(|chain| chain.acting())
    }

    fn code(&self, account: Address) -> Vec<u8> {
        vec![0; self.code_size(account)]
    }

    fn code_size(&self, account: Address) -> usize {
        usize::from(with(|chain| chain.code(account)) != super::Code::None)
    }

    fn code_hash(&self, account: Address) -> B256 {
        keccak256(self.code(account))
    }
}

impl MemoryAccess for Handle {
    fn pay_for_memory_grow(&self, _pages: u16) {}
}

impl MessageAccess for Handle {
    fn msg_sender(&self) -> Address {
        with(|chain| chain.frame().sender)
    }

    fn msg_reentrant(&self) -> bool {
        with(|chain| chain.is_reentered())
    }

    fn msg_value(&self) -> U256 {
        U256::from(with(|chain| chain.frame().value))
    }

    fn tx_origin(&self) -> Address {
        with(|chain| chain.frames[0].sender)
    }
}

impl MeteringAccess for Handle {
    fn evm_gas_left(&self) -> u64 {
        u64::MAX
    }

    fn evm_ink_left(&self) -> u64 {
        u64::MAX
    }

    fn tx_gas_price(&self) -> U256 {
        U256::ZERO
    }

    fn tx_ink_price(&self) -> u32 {
        10_000
    }
}

impl RawLogAccess for Handle {
    fn emit_log(&self, input: &[u8], num_topics: usize) {
        with(|chain| {
            let emitter = chain.acting();
            let frame = chain.frame();
            if frame.read_only {
                frame.failed = true;
                return;
            }
            let caller = frame.caller;
            chain.logs.push(emitter, caller, input, num_topics);
        });
    }

    fn raw_log(&self, topics: &[B256], data: &[u8]) -> Result<(), &'static str> {
        if topics.len() > 4 {
            return Err("a log has at most four topics");
        }
        let mut bytes = topics.concat();
        bytes.extend_from_slice(data);
        self.emit_log(&bytes, topics.len());
        Ok(())
    }
}
