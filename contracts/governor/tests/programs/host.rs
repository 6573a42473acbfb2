//! A chain in one process: proxies and the programs behind them, plain Rust closures as other contracts, ether, logs; and what reverts has
//! not happened.
#![allow(unsafe_code)] // the host's traits are declared unsafe; pointers are read as the SDK documents them

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, slice};

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::namespace::IMPLEMENTATION_SLOT;
use stylus_sdk::{
    abi::{Router, router_entrypoint},
    host::VM,
    prelude::*,
    storage::StorageType,
    stylus_core::{ConstructorGuard, ValueDenier},
};

/// What a call gives back: data, or the data that it reverts with.
pub type Answer = Result<Vec<u8>, Vec<u8>>;

/// How other contracts answer.
type Reply = dyn Fn(&[u8]) -> Answer;

/// What an account does when it is called.
#[derive(Clone)]
pub enum Code {
    /// Delegates to the address in its implementation slot.
    Proxy,
    /// A program.
    Program(fn(&[u8]) -> Answer),
    /// Anything.
    Closure(Rc<Reply>),
}

/// A program's code.
pub fn program<P>() -> Code
where
    P: Router<P>
        + StorageType
        + TopLevelStorage
        + std::borrow::BorrowMut<P::Storage>
        + ValueDenier
        + ConstructorGuard,
{
    Code::Program(|data| {
        let host = Box::new(Handle);
        router_entrypoint::<P, P>(data.to_vec(), VM { host })
    })
}

/// What [`routes`] gives back for a function that a program has not.
pub const NO_ROUTE: &[u8] = b"no such function";

/// A program's functions, without what it does with other calls.
pub fn routes<P>() -> Code
where
    P: Router<P> + StorageType + TopLevelStorage + std::borrow::BorrowMut<P::Storage> + ValueDenier,
{
    Code::Program(|data| {
        let host = Box::new(Handle);
        let mut program = unsafe { P::new(U256::ZERO, 0, VM { host }) };
        let (selector, arguments) = data.split_first_chunk().expect("a selector");
        let selector = u32::from_be_bytes(*selector);
        let answer = P::route(&mut program, selector, arguments);
        answer.unwrap_or_else(|| Err(NO_ROUTE.to_vec()))
    })
}

/// An event as it was emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub emitter: Address,
    pub topics: Vec<B256>,
    pub data: Vec<u8>,
}

/// What a revert undoes.
#[derive(Clone, Default)]
struct State {
    storage: BTreeMap<(Address, U256), B256>,
    balances: BTreeMap<Address, U256>,
    logs: Vec<Log>,
}

#[derive(Clone, Default)]
struct Frame {
    acting: Address,
    sender: Address,
    value: U256,
    read_only: bool,
    returned: Vec<u8>,
}

#[derive(Default)]
struct Chain {
    state: State,
    codes: BTreeMap<Address, Code>,
    frames: Vec<Frame>,
    time: u64,
    block: u64,
    id: u64,
    /// Calls to each account since the last reset.
    calls: BTreeMap<Address, u32>,
}

thread_local! {
    static CHAIN: RefCell<Chain> = RefCell::default();
}

fn with<R>(action: impl FnOnce(&mut Chain) -> R) -> R {
    CHAIN.with_borrow_mut(action)
}

/// Starts anew.
pub fn reset(time: u64) {
    with(|chain| {
        *chain = Chain {
            time,
            block: 1,
            id: 42_161,
            ..Chain::default()
        }
    });
}

pub fn install(address: Address, code: Code) {
    with(|chain| chain.codes.insert(address, code));
}

/// Puts a proxy at an address, and calls its initialiser.
pub fn install_proxy(address: Address, implementation: Address, initializer: Vec<u8>) -> Answer {
    install(address, Code::Proxy);
    with(|chain| {
        let slot = (address, IMPLEMENTATION_SLOT);
        chain.state.storage.insert(slot, implementation.into_word())
    });
    call(
        Address::repeat_byte(0xde),
        address,
        U256::ZERO,
        &initializer,
    )
}

pub fn time() -> u64 {
    with(|chain| chain.time)
}

pub fn pass(seconds: u64) {
    with(|chain| (chain.time, chain.block) = (chain.time + seconds, chain.block + 1));
}

pub fn set_block(block: u64) {
    with(|chain| chain.block = block);
}

pub fn set_chain_id(id: u64) {
    with(|chain| chain.id = id);
}

pub fn give(account: Address, wei: u64) {
    with(|chain| *chain.state.balances.entry(account).or_default() += U256::from(wei));
}

pub fn balance(account: Address) -> U256 {
    with(|chain| {
        chain
            .state
            .balances
            .get(&account)
            .copied()
            .unwrap_or_default()
    })
}

pub fn logs() -> Vec<Log> {
    with(|chain| chain.state.logs.clone())
}

pub fn clear_logs() {
    with(|chain| chain.state.logs.clear());
}

/// How often an account was called since this was asked last.
pub fn calls_to(account: Address) -> u32 {
    with(|chain| chain.calls.remove(&account).unwrap_or(0))
}

/// Who called the closure that runs.
pub fn sender() -> Address {
    with(|chain| chain.frame().sender)
}

/// Calls from outside, or from the closure that runs.
pub fn call(from: Address, to: Address, value: U256, data: &[u8]) -> Answer {
    run(Kind::Plain, from, to, value, data)
}

/// Asks, which changes nothing.
pub fn ask(to: Address, data: &[u8]) -> Answer {
    run(Kind::Static, Address::ZERO, to, U256::ZERO, data)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Plain,
    Static,
    Delegate,
}

fn run(kind: Kind, from: Address, to: Address, value: U256, data: &[u8]) -> Answer {
    let (code, before) = with(|chain| {
        *chain.calls.entry(to).or_default() += 1;
        let before = chain.state.clone();
        let outer = chain.frames.last().cloned().unwrap_or_default();
        let mut frame = Frame {
            acting: to,
            sender: from,
            value,
            read_only: outer.read_only || kind == Kind::Static,
            returned: Vec::new(),
        };
        if kind == Kind::Delegate {
            (frame.acting, frame.sender, frame.value) = (outer.acting, outer.sender, outer.value);
        } else if !value.is_zero() {
            let balances = &mut chain.state.balances;
            let left = balances.get(&from).copied().unwrap_or_default();
            let left = left.checked_sub(value).ok_or_else(Vec::new)?;
            balances.insert(from, left);
            *balances.entry(to).or_default() += value;
        }
        chain.frames.push(frame);
        Ok::<_, Vec<u8>>((chain.codes.get(&to).cloned(), before))
    })?;
    let answer = execute(code, data);
    with(|chain| {
        chain.frames.pop();
        if answer.is_err() {
            chain.state = before;
        }
    });
    answer
}

fn execute(code: Option<Code>, data: &[u8]) -> Answer {
    match code {
        None => Ok(Vec::new()),
        Some(Code::Program(run)) => run(data),
        Some(Code::Closure(run)) => run(data),
        Some(Code::Proxy) => {
            let implementation = with(|chain| {
                let slot = (chain.frame().acting, IMPLEMENTATION_SLOT);
                chain.state.storage.get(&slot).copied().unwrap_or_default()
            });
            let to = Address::from_word(implementation);
            run(Kind::Delegate, Address::ZERO, to, U256::ZERO, data)
        }
    }
}

impl Chain {
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a call that runs")
    }
}

/// What programs see of the chain.
#[derive(Clone, Copy, Debug)]
struct Handle;

impl Host for Handle {}

unsafe fn ask_pointed(
    kind: Kind,
    to: *const u8,
    data: *const u8,
    length: usize,
    value: U256,
    returned: &mut usize,
) -> u8 {
    let to = Address::from_slice(unsafe { slice::from_raw_parts(to, 20) });
    let data = if length == 0 {
        &[]
    } else {
        unsafe { slice::from_raw_parts(data, length) }
    };
    let from = with(|chain| chain.frame().acting);
    let answer = run(kind, from, to, value, data);
    let status = u8::from(answer.is_err());
    let bytes = answer.unwrap_or_else(|reason| reason);
    *returned = bytes.len();
    with(|chain| chain.frame().returned = bytes);
    status
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
        let value = B256::from_slice(unsafe { slice::from_raw_parts(value, 32) });
        let value = U256::from_be_bytes(value.0);
        unsafe { ask_pointed(Kind::Plain, to, data, data_len, value, outs_len) }
    }

    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { ask_pointed(Kind::Static, to, data, data_len, U256::ZERO, outs_len) }
    }

    unsafe fn delegate_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { ask_pointed(Kind::Delegate, to, data, data_len, U256::ZERO, outs_len) }
    }
}

unsafe impl UnsafeDeploymentAccess for Handle {
    unsafe fn create1(&self, _: *const u8, _: usize, _: *const u8, _: *mut u8, _: *mut usize) {
        unreachable!("nothing here creates contracts")
    }

    unsafe fn create2(
        &self,
        _: *const u8,
        _: usize,
        _: *const u8,
        _: *const u8,
        _: *mut u8,
        _: *mut usize,
    ) {
        unreachable!("nothing here creates contracts")
    }
}

impl StorageAccess for Handle {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        with(|chain| {
            let slot = (chain.frame().acting, key);
            chain.state.storage.get(&slot).copied().unwrap_or_default()
        })
    }

    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        with(|chain| {
            assert!(!chain.frame().read_only, "a static call writes");
            let slot = (chain.frame().acting, key);
            chain.state.storage.insert(slot, value);
        });
    }

    fn flush_cache(&self, _clear: bool) {}
}

impl CalldataAccess for Handle {
    fn read_args(&self, _len: usize) -> Vec<u8> {
        Vec::new() // programs are handed their calldata
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        with(|chain| {
            let returned = &chain.frame().returned;
            let start = offset.min(returned.len());
            let end = size.map_or(returned.len(), |size| returned.len().min(start + size));
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
        time()
    }

    fn block_gas_limit(&self) -> u64 {
        u64::MAX
    }
}

impl ChainAccess for Handle {
    fn chain_id(&self) -> u64 {
        with(|chain| chain.id)
    }
}

impl AccountAccess for Handle {
    fn balance(&self, account: Address) -> U256 {
        balance(account)
    }

    fn contract_address(&self) -> Address {
        with(|chain| chain.frame().acting)
    }

    fn code(&self, account: Address) -> Vec<u8> {
        vec![0; self.code_size(account)]
    }

    fn code_size(&self, account: Address) -> usize {
        usize::from(with(|chain| chain.codes.contains_key(&account)))
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
        sender()
    }

    fn msg_reentrant(&self) -> bool {
        false
    }

    fn msg_value(&self) -> U256 {
        with(|chain| chain.frame().value)
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
            let frame = chain.frame();
            assert!(!frame.read_only, "a static call logs");
            let emitter = frame.acting;
            let (topics, data) = input.split_at(32 * num_topics);
            chain.state.logs.push(Log {
                emitter,
                topics: topics.chunks(32).map(B256::from_slice).collect(),
                data: data.to_vec(),
            });
        });
    }

    fn raw_log(&self, topics: &[B256], data: &[u8]) -> Result<(), &'static str> {
        let mut bytes = topics.concat();
        bytes.extend_from_slice(data);
        self.emit_log(&bytes, topics.len());
        Ok(())
    }
}
