//! A chain of several contracts in one process: calls between them with value, rollback of what fails, and a storage cache for each
//! call, as programs have it, so that a read which is older than a call is seen to be.
#![allow(unsafe_code)] // the host's traits are declared unsafe; pointers are read as the SDK documents them

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, slice};

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::namespace::IMPLEMENTATION_SLOT;
use stylus_sdk::{abi::router_entrypoint, host::VM, prelude::*};

use crate::Timelock;

/// What a call gives back: data, or what it reverts with.
pub type Answer = Result<Vec<u8>, Vec<u8>>;

/// What a scripted contract is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub from: Address,
    pub to: Address,
    pub value: U256,
    pub data: Vec<u8>,
}

/// What stands at an address.
#[derive(Clone)]
pub enum Code {
    /// Delegates to its ERC-1967 implementation.
    Proxy,
    /// The program under test.
    Timelock,
    /// Whatever a test wants.
    Script(Rc<dyn Fn(&Message) -> Answer>),
}

/// A log: who emitted it, topics, data.
pub type Log = (Address, Vec<B256>, Vec<u8>);

#[derive(Default)]
struct Frame {
    account: Address,
    sender: Address,
    value: U256,
    read_only: bool,
    /// It has done what a static call may not.
    failed: bool,
    /// Words that the program has read or written, and whether it has written them since they were flushed.
    cache: BTreeMap<U256, (B256, bool)>,
    returned: Vec<u8>,
}

/// What a failed call gives back.
#[derive(Clone, Default)]
struct State {
    storage: BTreeMap<(Address, U256), B256>,
    balances: BTreeMap<Address, U256>,
    logs: Vec<Log>,
}

#[derive(Default)]
struct World {
    time: u64,
    codes: BTreeMap<Address, Code>,
    state: State,
    frames: Vec<Frame>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

fn with<R>(action: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(action)
}

impl World {
    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a call that runs")
    }

    fn flush(&mut self, clear: bool) {
        let World { state, frames, .. } = self;
        let frame = frames.last_mut().expect("a call that runs");
        for (key, (value, dirty)) in &mut frame.cache {
            if *dirty {
                state.storage.insert((frame.account, *key), *value);
                *dirty = false;
            }
        }
        if clear {
            frame.cache.clear();
        }
    }
}

/// A new chain at the time 1,000,000.
pub fn reset() {
    with(|world| {
        *world = World {
            time: 1_000_000,
            ..World::default()
        }
    });
}

pub fn now() -> u64 {
    with(|world| world.time)
}

pub fn pass(seconds: u64) {
    with(|world| world.time += seconds);
}

pub fn install(address: Address, code: Code) {
    with(|world| world.codes.insert(address, code));
}

/// Puts a script at an address.
pub fn script(address: Address, script: impl Fn(&Message) -> Answer + 'static) {
    install(address, Code::Script(Rc::new(script)));
}

/// Puts a proxy of `implementation` at an address.
pub fn install_proxy(address: Address, implementation: Address) {
    install(address, Code::Proxy);
    let word = implementation.into_word();
    with(|world| {
        world
            .state
            .storage
            .insert((address, IMPLEMENTATION_SLOT), word)
    });
}

pub fn implementation(proxy: Address) -> Address {
    let key = (proxy, IMPLEMENTATION_SLOT);
    Address::from_word(with(|world| {
        world.state.storage.get(&key).copied().unwrap_or_default()
    }))
}

pub fn fund(account: Address, amount: u64) {
    with(|world| world.state.balances.insert(account, U256::from(amount)));
}

pub fn balance(account: Address) -> U256 {
    with(|world| {
        world
            .state
            .balances
            .get(&account)
            .copied()
            .unwrap_or_default()
    })
}

/// The logs since the last time.
pub fn logs() -> Vec<Log> {
    with(|world| std::mem::take(&mut world.state.logs))
}

/// How many words of a contract's storage are not zero.
pub fn words(account: Address) -> usize {
    with(|world| {
        let words = world.state.storage.iter();
        words
            .filter(|((owner, _), value)| *owner == account && !value.is_zero())
            .count()
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Static,
    Delegate,
}

/// Sends a call.
pub fn send(from: Address, to: Address, value: U256, data: &[u8]) -> Answer {
    enter(Kind::Plain, from, to, value, data)
}

/// Sends a call that can change nothing.
pub fn query(to: Address, data: &[u8]) -> Answer {
    enter(Kind::Static, Address::ZERO, to, U256::ZERO, data)
}

fn enter(kind: Kind, from: Address, to: Address, value: U256, data: &[u8]) -> Answer {
    let before = with(|world| world.state.clone());
    if with(|world| world.frames.len()) >= 24 {
        return Err(Vec::new());
    }
    if kind == Kind::Plain && !value.is_zero() {
        let Some(left) = balance(from).checked_sub(value) else {
            return Err(Vec::new());
        };
        with(|world| world.state.balances.insert(from, left));
        let received = balance(to) + value;
        with(|world| world.state.balances.insert(to, received));
    }
    with(|world| {
        let caller = world.frames.last();
        let read_only = kind == Kind::Static || caller.is_some_and(|caller| caller.read_only);
        let (account, sender, value) = match (kind, caller) {
            (Kind::Delegate, Some(caller)) => (caller.account, caller.sender, caller.value),
            _ => (to, from, value),
        };
        world.frames.push(Frame {
            account,
            sender,
            value,
            read_only,
            ..Frame::default()
        });
    });
    let answer = run(to, from, value, data);
    let frame = with(|world| world.frames.pop().expect("the frame from above"));
    let answer = if frame.failed {
        Err(Vec::new())
    } else {
        answer
    };
    if answer.is_err() {
        with(|world| world.state = before);
    }
    answer
}

fn run(code: Address, from: Address, value: U256, data: &[u8]) -> Answer {
    match with(|world| world.codes.get(&code).cloned()) {
        None => Ok(Vec::new()),
        Some(Code::Script(script)) => script(&Message {
            from,
            to: code,
            value,
            data: data.to_vec(),
        }),
        Some(Code::Proxy) => run(implementation(code), from, value, data),
        Some(Code::Timelock) => {
            let host = Box::new(Handle);
            let answer = router_entrypoint::<Timelock, Timelock>(data.to_vec(), VM { host });
            with(|world| world.flush(false));
            answer
        }
    }
}

/// What the program holds of the chain.
#[derive(Clone, Copy, Debug)]
struct Handle;

impl Host for Handle {}

/// Calls in the name of the running code.
///
/// # Safety
/// `to` must point to 20 bytes, and `data` to `length`.
unsafe fn ask(
    kind: Kind,
    to: *const u8,
    data: *const u8,
    length: usize,
    value: U256,
    returned: &mut usize,
) -> u8 {
    let to = Address::from_slice(unsafe { slice::from_raw_parts(to, 20) });
    let data = match length {
        0 => Vec::new(),
        _ => unsafe { slice::from_raw_parts(data, length) }.to_vec(),
    };
    let (from, refused) = with(|world| {
        let frame = world.frame();
        (frame.account, frame.read_only && !value.is_zero())
    });
    let answer = if refused {
        with(|world| world.frame().failed = true);
        Err(Vec::new())
    } else {
        enter(kind, from, to, value, &data)
    };
    let status = u8::from(answer.is_err());
    let bytes = answer.unwrap_or_else(|reason| reason);
    *returned = bytes.len();
    with(|world| world.frame().returned = bytes);
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
        unsafe { ask(Kind::Plain, to, data, data_len, value, outs_len) }
    }

    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { ask(Kind::Static, to, data, data_len, U256::ZERO, outs_len) }
    }

    unsafe fn delegate_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { ask(Kind::Delegate, to, data, data_len, U256::ZERO, outs_len) }
    }
}

unsafe impl UnsafeDeploymentAccess for Handle {
    unsafe fn create1(&self, _: *const u8, _: usize, _: *const u8, _: *mut u8, _: *mut usize) {
        unimplemented!("nobody here creates contracts")
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
        unimplemented!("nobody here creates contracts")
    }
}

impl StorageAccess for Handle {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        with(|world| {
            let World { state, frames, .. } = world;
            let frame = frames.last_mut().expect("a call that runs");
            let stored = || {
                let stored = state.storage.get(&(frame.account, key));
                (stored.copied().unwrap_or_default(), false)
            };
            frame.cache.entry(key).or_insert_with(stored).0
        })
    }

    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        with(|world| {
            let frame = world.frame();
            frame.failed |= frame.read_only;
            frame.cache.insert(key, (value, true));
        });
    }

    fn flush_cache(&self, clear: bool) {
        with(|world| world.flush(clear));
    }
}

impl CalldataAccess for Handle {
    fn read_args(&self, _: usize) -> Vec<u8> {
        unimplemented!("programs are handed their calldata")
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        with(|world| {
            let returned = &world.frame().returned;
            let end = size.map_or(returned.len(), |size| returned.len().min(offset + size));
            returned[offset..end].to_vec()
        })
    }

    fn return_data_size(&self) -> usize {
        with(|world| world.frame().returned.len())
    }

    fn write_result(&self, _: &[u8]) {}
}

impl RawLogAccess for Handle {
    fn emit_log(&self, input: &[u8], num_topics: usize) {
        let (topics, data) = input.split_at(32 * num_topics);
        let topics = topics.chunks_exact(32).map(B256::from_slice).collect();
        with(|world| {
            let frame = world.frame();
            frame.failed |= frame.read_only;
            let account = frame.account;
            world.state.logs.push((account, topics, data.to_vec()));
        });
    }

    fn raw_log(&self, topics: &[B256], data: &[u8]) -> Result<(), &'static str> {
        self.emit_log(&[&topics.concat(), data].concat(), topics.len());
        Ok(())
    }
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
        1
    }

    fn block_timestamp(&self) -> u64 {
        now()
    }

    fn block_gas_limit(&self) -> u64 {
        u64::MAX
    }
}

impl ChainAccess for Handle {
    fn chain_id(&self) -> u64 {
        1
    }
}

impl AccountAccess for Handle {
    fn balance(&self, account: Address) -> U256 {
        balance(account)
    }

    fn contract_address(&self) -> Address {
        with(|world| world.frame().account)
    }

    fn code(&self, _: Address) -> Vec<u8> {
        Vec::new()
    }

    fn code_size(&self, _: Address) -> usize {
        0
    }

    fn code_hash(&self, _: Address) -> B256 {
        B256::ZERO
    }
}

impl MemoryAccess for Handle {
    fn pay_for_memory_grow(&self, _: u16) {}
}

impl MessageAccess for Handle {
    fn msg_sender(&self) -> Address {
        with(|world| world.frame().sender)
    }

    fn msg_reentrant(&self) -> bool {
        with(|world| {
            let account = world.frame().account;
            world.frames.iter().filter(|f| f.account == account).count() > 1
        })
    }

    fn msg_value(&self) -> U256 {
        with(|world| world.frame().value)
    }

    fn tx_origin(&self) -> Address {
        with(|world| world.frames[0].sender)
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
