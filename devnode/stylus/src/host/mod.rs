//! The host functions: what they charge, read, write and ask the EVM for.
//!
//! [`Host::begin`] does everything up to the EVM, [`Host::finish`] everything after its answer. Neither knows the engine:
//! they work on a [`Machine`], the program's memory and ink.

mod evm;
mod local;
mod prices;
mod storage;
mod table;

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, U256};

pub(crate) use table::HostFunction;

use crate::{CallKind, Context, HostCalls, Pages, Params, Request, Response};
use storage::SlotCache;

/// Most topics of a log.
const MAX_TOPICS: u32 = 4;

/// Why a program does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It exits with this status.
    Exit(u32),
    /// A host function refused.
    Failure,
    /// It cannot pay.
    OutOfGas,
}

/// How a host function went on.
#[derive(Debug)]
pub(crate) enum Flow {
    /// It returns this value (0 where it returns nothing).
    Return(u64),
    /// It waits for the EVM.
    Ask(Request, Pending),
}

/// How far a host function came.
#[derive(Debug)]
enum Next {
    Return(u64),
    Ask(Request, Then),
}

/// A host function that waits for the EVM.
#[derive(Debug)]
pub(crate) struct Pending {
    function: HostFunction,
    ink_before: u64,
    then: Then,
}

impl Pending {
    /// The host function that waits.
    pub const fn function(&self) -> HostFunction {
        self.function
    }
}

/// What is left to do when the EVM has answered.
#[derive(Debug)]
enum Then {
    StoreWord {
        to: u32,
    },
    CacheWord {
        key: B256,
        to: u32,
        gas: u64,
    },
    Flushed {
        clear: bool,
    },
    Nothing,
    Called {
        output_len_to: u32,
    },
    Created {
        address_to: u32,
        output_len_to: u32,
    },
    StoreNumber {
        to: u32,
    },
    Code {
        address: Address,
        part: Option<CodeSlice>,
    },
}

/// The part of an account's code a program wants, and where.
#[derive(Clone, Copy, Debug)]
struct CodeSlice {
    offset: u32,
    size: u32,
    to: u32,
}

/// What a host function can reach of the engine.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    /// The program's memory.
    pub memory: &'a mut [u8],
    /// Ink left.
    pub ink: u64,
    /// Ink a gas buys.
    pub ink_price: u32,
}

impl Machine<'_> {
    /// Gas left.
    pub fn gas_left(&self) -> u64 {
        self.ink / u64::from(self.ink_price)
    }

    fn buy_ink(&mut self, ink: u64) -> Result<(), Stop> {
        self.ink = self.ink.checked_sub(ink).ok_or(Stop::OutOfGas)?;
        Ok(())
    }

    fn buy_gas(&mut self, gas: u64) -> Result<(), Stop> {
        self.buy_ink(self.to_ink(gas))
    }

    fn require_gas(&self, gas: u64) -> Result<(), Stop> {
        if self.ink < self.to_ink(gas) {
            Err(Stop::OutOfGas)
        } else {
            Ok(())
        }
    }

    fn to_ink(&self, gas: u64) -> u64 {
        gas.saturating_mul(self.ink_price.into())
    }

    fn read(&self, from: u32, len: u32) -> Result<&[u8], Stop> {
        let from = from as usize;
        self.memory
            .get(from..from + len as usize)
            .ok_or(Stop::Failure)
    }

    fn read_bytes(&self, from: u32, len: u32) -> Result<Bytes, Stop> {
        self.read(from, len).map(Bytes::copy_from_slice)
    }

    fn read_word(&self, from: u32) -> Result<B256, Stop> {
        self.read(from, 32).map(B256::from_slice)
    }

    fn read_number(&self, from: u32) -> Result<U256, Stop> {
        self.read_word(from).map(|word| U256::from_be_bytes(word.0))
    }

    fn read_address(&self, from: u32) -> Result<Address, Stop> {
        self.read(from, 20).map(Address::from_slice)
    }

    fn write(&mut self, to: u32, bytes: &[u8]) -> Result<(), Stop> {
        let to = to as usize;
        self.memory
            .get_mut(to..to + bytes.len())
            .ok_or(Stop::Failure)?
            .copy_from_slice(bytes);
        Ok(())
    }

    fn write_number(&mut self, to: u32, value: U256) -> Result<(), Stop> {
        self.write(to, &value.to_be_bytes::<32>())
    }
}

/// The host's side of one frame.
#[derive(Debug)]
pub(crate) struct Host {
    context: Context,
    params: Params,
    /// Pages of the transaction, as of when this frame was last running.
    pub pages: Pages,
    /// What the program wrote as its result.
    pub output: Bytes,
    return_data: Bytes,
    storage: SlotCache,
    last_code: Option<(Address, Bytes)>,
    calls: [HostCalls; HostFunction::ALL.len()],
}

impl Host {
    /// A host for a frame that has just started.
    pub fn new(context: Context, params: Params) -> Self {
        Self {
            context,
            params,
            pages: Pages::default(),
            output: Bytes::new(),
            return_data: Bytes::new(),
            storage: SlotCache::default(),
            last_code: None,
            calls: [HostCalls::default(); HostFunction::ALL.len()],
        }
    }

    /// Bytes of calldata, the program's argument.
    pub fn calldata_len(&self) -> u32 {
        self.context.calldata.len() as u32
    }

    /// Ink a gas buys.
    pub fn ink_price(&self) -> u32 {
        self.params.ink_price
    }

    /// The host functions that were called.
    pub fn calls(&self) -> BTreeMap<&'static str, HostCalls> {
        let calls = HostFunction::ALL.iter().zip(self.calls);
        calls
            .filter(|(_, calls)| calls.calls > 0)
            .map(|(function, calls)| (function.name(), calls))
            .collect()
    }

    /// Runs a host function until it returns or needs the EVM.
    pub fn begin(
        &mut self,
        machine: &mut Machine<'_>,
        function: HostFunction,
        args: &[u64],
    ) -> Result<Flow, Stop> {
        let ink_before = machine.ink;
        match self.call(machine, function, args) {
            Ok(Next::Return(value)) => {
                self.count(function, ink_before, machine.ink);
                Ok(Flow::Return(value))
            }
            Ok(Next::Ask(request, then)) => Ok(Flow::Ask(
                request,
                Pending {
                    function,
                    ink_before,
                    then,
                },
            )),
            Err(stop) => {
                if matches!(stop, Stop::Exit(_)) {
                    self.count(function, ink_before, machine.ink);
                }
                Err(stop)
            }
        }
    }

    /// Ends a host function with the EVM's answer. None where the answer does not belong to the request.
    pub fn finish(
        &mut self,
        machine: &mut Machine<'_>,
        pending: Pending,
        response: Response,
    ) -> Option<Result<u64, Stop>> {
        let result = self.answered(machine, pending.then, response)?;
        if result.is_ok() {
            self.count(pending.function, pending.ink_before, machine.ink);
        }
        Some(result)
    }

    fn count(&mut self, function: HostFunction, before: u64, after: u64) {
        let calls = &mut self.calls[function as usize];
        calls.calls += 1;
        calls.ink += before - after;
    }

    fn call(
        &mut self,
        machine: &mut Machine<'_>,
        function: HostFunction,
        args: &[u64],
    ) -> Result<Next, Stop> {
        use HostFunction as F;
        let arg = |at: usize| args[at] as u32;
        match function {
            F::StorageLoad => self.storage_load(machine, arg(0), arg(1)),
            F::StorageCache => self.storage_cache(machine, arg(0), arg(1)),
            F::StorageFlush => self.storage_flush(machine, arg(0) != 0),
            F::TransientLoad => evm::transient_load(machine, arg(0), arg(1)),
            F::TransientStore => evm::transient_store(machine, arg(0), arg(1)),
            F::CallContract => evm::call(
                machine,
                CallKind::Call,
                [arg(0), arg(1), arg(2), arg(5)],
                Some(arg(3)),
                args[4],
            ),
            F::DelegateCallContract => evm::call(
                machine,
                CallKind::Delegate,
                [arg(0), arg(1), arg(2), arg(4)],
                None,
                args[3],
            ),
            F::StaticCallContract => evm::call(
                machine,
                CallKind::Static,
                [arg(0), arg(1), arg(2), arg(4)],
                None,
                args[3],
            ),
            F::Create1 => evm::create(machine, [arg(0), arg(1), arg(2)], None, [arg(3), arg(4)]),
            F::Create2 => evm::create(
                machine,
                [arg(0), arg(1), arg(2)],
                Some(arg(3)),
                [arg(4), arg(5)],
            ),
            F::EmitLog => evm::emit_log(machine, arg(0), arg(1), arg(2)),
            F::AccountBalance => evm::account_balance(machine, arg(0), arg(1)),
            F::AccountCode => {
                let slice = CodeSlice {
                    offset: arg(1),
                    size: arg(2),
                    to: arg(3),
                };
                self.account_code(machine, arg(0), Some(slice))
            }
            F::AccountCodeSize => self.account_code(machine, arg(0), None),
            F::AccountCodeHash => evm::account_code_hash(machine, arg(0), arg(1)),
            _ => self.local(machine, function, args).map(Next::Return),
        }
    }
}
