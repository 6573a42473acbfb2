//! A host for native tests: the SDK's test machine, behind an initialised proxy, with a token that keeps balances, and with
//! calls that are undone when they fail.
//!
//! ```text
//! let chain = Chain::new();
//! let mut escrow = PaymentEscrow::from(&chain);
//! chain.call(OWNER, || escrow.initialize(OWNER, TOKEN, TREASURY)).unwrap();
//! ```
#![allow(unsafe_code)] // the host's traits are declared unsafe; pointers are read as the SDK documents them

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, slice};

use alloy_primitives::{Address, B256, U256, address};
use alloy_sol_types::{SolCall, SolEvent, SolValue, sol};
use stylus_sdk::{prelude::*, testing::TestVM};

use crate::namespace::IMPLEMENTATION_SLOT;

/// Where the [`Token`] stands.
pub const TOKEN: Address = address!("7070707070707070707070707070707070707070");

/// What the proxy under test delegates to.
pub const IMPLEMENTATION: Address = address!("1111111111111111111111111111111111111111");

sol! {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
    function burn(uint256 amount) external;
    /// What the token reverts with.
    error NotEnough(address account, uint256 available);
}

/// An ERC-20 token. A permit is good if its `v` is 27.
#[derive(Clone, Debug, Default)]
pub struct Token {
    /// Who has how much.
    pub balances: BTreeMap<Address, u128>,
    /// Whom owners have allowed how much: (owner, spender).
    pub allowances: BTreeMap<(Address, Address), u128>,
    /// What every transfer costs the recipient.
    pub fee: u128,
    /// Answer `false` instead of moving anything.
    pub refuses: bool,
}

impl Token {
    /// The balance of an account.
    pub fn balance(&self, account: Address) -> u128 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    /// Gives an account tokens, and allows `spender` to take them.
    pub fn fund(&mut self, account: Address, spender: Address, amount: u128) {
        *self.balances.entry(account).or_default() += amount;
        *self.allowances.entry((account, spender)).or_default() += amount;
    }

    fn take(&mut self, from: Address, amount: u128) -> Result<(), Vec<u8>> {
        let balance = self.balance(from);
        let left = balance
            .checked_sub(amount)
            .ok_or_else(|| not_enough(from, balance))?;
        self.balances.insert(from, left);
        Ok(())
    }

    fn answer(&mut self, caller: Address, data: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        let selector: [u8; 4] = data[..4].try_into().expect("a selector");
        match selector {
            balanceOfCall::SELECTOR => {
                let account = balanceOfCall::abi_decode(data).expect("balanceOf").account;
                Ok(U256::from(self.balance(account)).abi_encode())
            }
            transferCall::SELECTOR | transferFromCall::SELECTOR if self.refuses => {
                Ok(false.abi_encode())
            }
            transferCall::SELECTOR => {
                let transferCall { to, amount } = transferCall::abi_decode(data).expect("transfer");
                self.take(caller, amount.to())?;
                *self.balances.entry(to).or_default() +=
                    amount.to::<u128>().saturating_sub(self.fee);
                Ok(true.abi_encode())
            }
            transferFromCall::SELECTOR => {
                let transferFromCall { from, to, amount } =
                    transferFromCall::abi_decode(data).expect("transferFrom");
                let allowance = self.allowances.entry((from, caller)).or_default();
                *allowance = allowance
                    .checked_sub(amount.to())
                    .ok_or_else(|| not_enough(caller, *allowance))?;
                self.take(from, amount.to())?;
                *self.balances.entry(to).or_default() +=
                    amount.to::<u128>().saturating_sub(self.fee);
                Ok(true.abi_encode())
            }
            permitCall::SELECTOR => {
                let permit = permitCall::abi_decode(data).expect("permit");
                if permit.v != 27 {
                    return Err(Vec::new());
                }
                self.allowances
                    .insert((permit.owner, permit.spender), permit.value.to());
                Ok(Vec::new())
            }
            burnCall::SELECTOR => {
                let amount = burnCall::abi_decode(data).expect("burn").amount;
                self.take(caller, amount.to())?;
                Ok(Vec::new())
            }
            _ => Err(Vec::new()),
        }
    }
}

fn not_enough(account: Address, available: u128) -> Vec<u8> {
    alloy_sol_types::SolError::abi_encode(&NotEnough {
        account,
        available: U256::from(available),
    })
}

/// What others than the token answer, by address and calldata.
type Answers = BTreeMap<(Address, Vec<u8>), Result<Vec<u8>, Vec<u8>>>;

/// The host. Clones share their state.
#[derive(Clone)]
pub struct Chain {
    /// The SDK's test machine: clock, storage, logs.
    pub vm: TestVM,
    /// The token at [`TOKEN`].
    pub token: Rc<RefCell<Token>>,
    answers: Rc<RefCell<Answers>>,
    /// What the last call returned.
    returned: Rc<RefCell<Vec<u8>>>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// A chain at the time 1,000,000, whose contract runs behind a proxy.
    pub fn new() -> Self {
        let chain = Self::direct();
        chain
            .vm
            .set_storage(IMPLEMENTATION_SLOT, IMPLEMENTATION.into_word());
        chain
    }

    /// A chain whose contract is called directly.
    pub fn direct() -> Self {
        let vm = TestVM::new();
        vm.set_block_timestamp(1_000_000);
        Self {
            vm,
            token: Rc::default(),
            answers: Rc::default(),
            returned: Rc::default(),
        }
    }

    /// Calls as `sender`; a failed call changes nothing.
    pub fn call<T, E>(&self, sender: Address, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.vm.set_sender(sender);
        let (storage, token) = (self.vm.snapshot().storage, self.token.borrow().clone());
        let result = call();
        if result.is_err() {
            self.vm.clear_storage();
            storage
                .into_iter()
                .for_each(|(key, value)| self.vm.set_storage(key, value));
            *self.token.borrow_mut() = token;
        }
        result
    }

    /// The address of the contract under test.
    pub fn contract(&self) -> Address {
        self.vm.contract_address()
    }

    /// The time of the block, in seconds since 1970.
    pub fn now(&self) -> u64 {
        self.vm.block_timestamp()
    }

    /// Moves the clock, in seconds.
    pub fn pass(&self, seconds: u64) {
        self.vm
            .set_block_timestamp(self.vm.block_timestamp() + seconds);
    }

    /// The last event, which must be of type `E`.
    pub fn last_event<E: SolEvent>(&self) -> E {
        let (topics, data) = self.vm.get_emitted_logs().pop().expect("an event");
        E::decode_raw_log_validate(topics, &data).expect("an event of this type")
    }

    /// Makes whoever is at `to` answer a call with `data` like this. Without an answer, calls succeed with nothing.
    pub fn answer(&self, to: Address, data: Vec<u8>, answer: Result<Vec<u8>, Vec<u8>>) {
        self.answers.borrow_mut().insert((to, data), answer);
    }

    unsafe fn ask(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        outs_len: &mut usize,
    ) -> u8 {
        let (to, data) = unsafe {
            (
                Address::from_slice(slice::from_raw_parts(to, 20)),
                slice::from_raw_parts(data, data_len),
            )
        };
        let result = if to == TOKEN {
            self.token.borrow_mut().answer(self.contract(), data)
        } else {
            let answers = self.answers.borrow();
            answers
                .get(&(to, data.to_vec()))
                .cloned()
                .unwrap_or(Ok(Vec::new()))
        };
        let status = u8::from(result.is_err());
        *self.returned.borrow_mut() = result.unwrap_or_else(|reason| reason);
        *outs_len = self.returned.borrow().len();
        status
    }
}

impl Host for Chain {}

unsafe impl UnsafeCallAccess for Chain {
    unsafe fn call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _value: *const u8,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { self.ask(to, data, data_len, outs_len) }
    }

    unsafe fn static_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { self.ask(to, data, data_len, outs_len) }
    }

    unsafe fn delegate_call_contract(
        &self,
        to: *const u8,
        data: *const u8,
        data_len: usize,
        _gas: u64,
        outs_len: &mut usize,
    ) -> u8 {
        unsafe { self.ask(to, data, data_len, outs_len) }
    }
}

impl CalldataAccess for Chain {
    fn read_args(&self, len: usize) -> Vec<u8> {
        self.vm.read_args(len)
    }

    fn read_return_data(&self, offset: usize, size: Option<usize>) -> Vec<u8> {
        let returned = self.returned.borrow();
        let end = size.map_or(returned.len(), |size| returned.len().min(offset + size));
        returned[offset..end].to_vec()
    }

    fn return_data_size(&self) -> usize {
        self.returned.borrow().len()
    }

    fn write_result(&self, data: &[u8]) {
        self.vm.write_result(data);
    }
}

unsafe impl UnsafeDeploymentAccess for Chain {
    unsafe fn create1(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        unsafe {
            self.vm
                .create1(code, code_len, endowment, contract, revert_data_len)
        }
    }

    unsafe fn create2(
        &self,
        code: *const u8,
        code_len: usize,
        endowment: *const u8,
        salt: *const u8,
        contract: *mut u8,
        revert_data_len: *mut usize,
    ) {
        unsafe {
            self.vm
                .create2(code, code_len, endowment, salt, contract, revert_data_len)
        }
    }
}

impl StorageAccess for Chain {
    fn storage_load_bytes32(&self, key: U256) -> B256 {
        self.vm.storage_load_bytes32(key)
    }

    unsafe fn storage_cache_bytes32(&self, key: U256, value: B256) {
        unsafe { self.vm.storage_cache_bytes32(key, value) }
    }

    fn flush_cache(&self, clear: bool) {
        self.vm.flush_cache(clear);
    }
}

/// Forwards functions to the SDK's test machine.
macro_rules! forward {
    ($($part:ident { $(fn $name:ident($($argument:ident: $type:ty),*) $(-> $output:ty)?;)* })*) => {
        $(impl $part for Chain {
            $(fn $name(&self, $($argument: $type),*) $(-> $output)? {
                self.vm.$name($($argument),*)
            })*
        })*
    };
}

forward! {
    CryptographyAccess {
        fn native_keccak256(input: &[u8]) -> B256;
    }
    BlockAccess {
        fn block_basefee() -> U256;
        fn block_coinbase() -> Address;
        fn block_number() -> u64;
        fn block_timestamp() -> u64;
        fn block_gas_limit() -> u64;
    }
    ChainAccess {
        fn chain_id() -> u64;
    }
    AccountAccess {
        fn balance(account: Address) -> U256;
        fn contract_address() -> Address;
        fn code(account: Address) -> Vec<u8>;
        fn code_size(account: Address) -> usize;
        fn code_hash(account: Address) -> B256;
    }
    MemoryAccess {
        fn pay_for_memory_grow(pages: u16);
    }
    MessageAccess {
        fn msg_sender() -> Address;
        fn msg_reentrant() -> bool;
        fn msg_value() -> U256;
        fn tx_origin() -> Address;
    }
    MeteringAccess {
        fn evm_gas_left() -> u64;
        fn evm_ink_left() -> u64;
        fn tx_gas_price() -> U256;
        fn tx_ink_price() -> u32;
    }
    RawLogAccess {
        fn emit_log(input: &[u8], num_topics: usize);
        fn raw_log(topics: &[B256], data: &[u8]) -> Result<(), &'static str>;
    }
}
