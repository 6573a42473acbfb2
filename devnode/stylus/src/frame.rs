//! One call of a program: what it is told, what it asks for, how it ends.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};

/// What a program can ask about the call it runs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Account whose storage and balance the program works on.
    pub contract: Address,
    /// Caller of this frame.
    pub sender: Address,
    /// Account that sent the transaction.
    pub origin: Address,
    /// Value sent with the call, in wei.
    pub value: U256,
    /// Number that `block_number` returns: on Arbitrum an estimate of the parent chain's.
    pub block_number: u64,
    /// Time of the block in seconds since 1970.
    pub block_timestamp: u64,
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// Base fee of the block, in wei a gas.
    pub block_basefee: U256,
    /// Beneficiary of the block.
    pub block_coinbase: Address,
    /// Chain id.
    pub chain_id: u64,
    /// Price the transaction pays, in wei a gas.
    pub gas_price: U256,
    /// Whether the program is already running further up (`msg_reentrant`).
    pub reentrant: bool,
    /// Calldata.
    pub calldata: Bytes,
}

/// How an account is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// `call_contract`: with value, in the callee's own storage.
    Call,
    /// `delegate_call_contract`: in the caller's storage, with its sender and value.
    Delegate,
    /// `static_call_contract`: nothing may be written.
    Static,
}

/// What a program needs from the EVM before it can go on. The frame has already charged what the host function costs by
/// itself; the answer says what the EVM charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Read a storage slot of the contract. Answer: [`Response::Storage`].
    StorageLoad {
        /// The slot.
        key: B256,
    },
    /// Write storage slots of the contract in this order, each at SSTORE's price, until `gas_left` is used up.
    /// Answer: [`Response::Done`], [`Response::OutOfGas`] or, in a static call, [`Response::Denied`].
    StorageFlush {
        /// Slots and their new values.
        slots: Vec<(B256, B256)>,
        /// Gas the frame has.
        gas_left: u64,
    },
    /// Read a transient slot (its price is already charged). Answer: [`Response::Storage`] with gas 0.
    TransientLoad {
        /// The slot.
        key: B256,
    },
    /// Write a transient slot (its price is already charged). Answer: [`Response::Done`] with gas 0 or, in a static call,
    /// [`Response::Denied`].
    TransientStore {
        /// The slot.
        key: B256,
        /// Its new value.
        value: B256,
    },
    /// Call an account. Answer: [`Response::Call`].
    Call {
        /// How.
        kind: CallKind,
        /// Callee.
        address: Address,
        /// Value in wei; 0 unless `kind` is [`CallKind::Call`].
        value: U256,
        /// Calldata.
        input: Bytes,
        /// Gas the program asks for, at most `gas_left`; before the 63/64 rule.
        gas: u64,
        /// Gas the frame has.
        gas_left: u64,
    },
    /// Create an account. Answer: [`Response::Create`] or, in a static call or without the gas for it,
    /// [`Response::Denied`].
    Create {
        /// Init code.
        code: Bytes,
        /// Value in wei.
        endowment: U256,
        /// Salt of CREATE2; none for CREATE.
        salt: Option<B256>,
        /// Gas the frame has.
        gas_left: u64,
    },
    /// Emit a log (its price is already charged). Answer: [`Response::Done`] with gas 0 or, in a static call,
    /// [`Response::Denied`].
    EmitLog {
        /// At most four topics.
        topics: Vec<B256>,
        /// Data.
        data: Bytes,
    },
    /// Balance of an account. Answer: [`Response::Balance`].
    AccountBalance {
        /// The account.
        address: Address,
    },
    /// Code of an account. Answer: [`Response::Code`].
    AccountCode {
        /// The account.
        address: Address,
        /// Gas the frame has; where the price is more, the code need not be read.
        gas_left: u64,
    },
    /// Code hash of an account (zero if it does not exist). Answer: [`Response::Storage`].
    AccountCodeHash {
        /// The account.
        address: Address,
    },
}

/// How a call that a program made ended, as the program is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CallStatus {
    /// It succeeded.
    Success = 0,
    /// Anything else: it reverted (then there may be data), ran out of gas, trapped, was too deep or had too little balance.
    Failure = 2,
}

/// The EVM's answer to a [`Request`]. `gas` is what the EVM charges; a frame that has less runs out of gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// The word asked for.
    Storage {
        /// The word.
        value: B256,
        /// Gas: SLOAD or account access.
        gas: u64,
    },
    /// It is done.
    Done {
        /// Gas.
        gas: u64,
    },
    /// The gas did not suffice.
    OutOfGas,
    /// The frame may not do it, being inside a static call or lacking gas: nothing was written.
    Denied,
    /// A call returned.
    Call {
        /// How it ended.
        status: CallStatus,
        /// Return or revert data.
        output: Bytes,
        /// Everything it cost the caller: access, value, and the gas the callee used.
        gas: u64,
    },
    /// A create returned.
    Create {
        /// The new account; none where creating failed.
        address: Option<Address>,
        /// Revert data; empty otherwise.
        output: Bytes,
        /// Everything it cost the creator.
        gas: u64,
    },
    /// A balance.
    Balance {
        /// In wei.
        value: U256,
        /// Gas of the access.
        gas: u64,
    },
    /// Code.
    Code {
        /// The code; empty if there is none.
        code: Bytes,
        /// Gas of the access.
        gas: u64,
    },
}

/// How a frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Returned zero.
    Success,
    /// Returned or exited with another number; its output is revert data.
    Revert,
    /// Trapped, or a host function refused. No data; the gas left is kept.
    Failure,
    /// Ran out of gas. No data, no gas left.
    OutOfGas,
    /// Ran out of stack. No data, no gas left.
    OutOfStack,
}

/// How often a host function was called and the ink that took, what it made the EVM do included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCalls {
    /// Calls that succeeded.
    pub calls: u64,
    /// Their ink.
    pub ink: u64,
}

/// A frame that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Output or revert data.
    pub output: Bytes,
    /// Ink left; 0 after running out of gas or stack.
    pub ink_left: u64,
    /// Gas left: what `ink_left` is worth, rounded down.
    pub gas_left: u64,
    /// Words of stack left.
    pub stack_left: u32,
    /// Pages of this frame's memory.
    pub memory_pages: u16,
    /// Host functions that were called, by name.
    pub host_calls: BTreeMap<&'static str, HostCalls>,
}

/// Where a frame stands after running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It waits for the EVM: answer with [`crate::Frame::resume`].
    Request(Request),
    /// It has ended.
    Done(Outcome),
}
