//! A chain in one process: accounts that run contracts compiled natively, calls between them, and a journal that undoes what
//! a reverted call wrote and logged.
//!
//! What it keeps of a real chain: each contract has its storage, address, sender, value, clock and logs; `delegatecall` runs other code in
//! the caller's storage; a static call can change nothing; a program that is already running is not entered again; what reverts
//! has not happened. What it leaves out: gas, balances of ether, and the creation of contracts by contracts.
//!
//! A call puts the chain into a thread's own place for as long as it runs, so that the handle which programs hold is nothing but a
//! type, and copying it, which the SDK does for every field of a storage, is free.

mod faults;
mod host;
mod logs;
mod programs;
mod storage;
mod tokens;

use std::{
    cell::RefCell,
    mem,
    panic::{self, AssertUnwindSafe},
};

use alloy_primitives::{Address, B256, U256};
use ogpu_common::namespace::IMPLEMENTATION_SLOT;
use rustc_hash::FxHashMap;

pub use faults::Fault;
pub use logs::{Log, Logs, UnreadableLog};
pub use programs::{Code, Program};
pub use storage::{Slot, Storage};
pub use tokens::{Manner, Reentry, Wallet, sign};

/// What a call gives back: data, or the data that it reverts with.
pub type Answer = Result<Vec<u8>, Vec<u8>>;

/// The chain's id.
pub const CHAIN_ID: u64 = 412_346;

/// The deepest nesting of calls.
const MAX_DEPTH: usize = 48;

/// A message to a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who sends it.
    pub from: Address,
    /// Who receives it.
    pub to: Address,
    /// Wei of ether that come with it.
    pub value: u64,
    /// Selector and arguments.
    pub data: Vec<u8>,
}

/// What became of a transaction.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What the call gave back.
    pub answer: Answer,
    /// How often it read a word, wrote a word or called somebody.
    pub accesses: u32,
    /// Whether somebody in it had a reason to fail without a word: a program entered again, or a wallet that refuses everything.
    pub excused: bool,
    /// What no program may do, and one did.
    pub defect: Option<Defect>,
}

/// What no program may do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// On a chain it would have trapped.
    #[error("a program panicked: {0}")]
    Panic(String),
    /// Whom it called would not have seen what it wrote.
    #[error("the program at {0} made a call before it flushed its writes")]
    Unflushed(Address),
    /// Nothing here creates contracts.
    #[error("the program at {0} created a contract")]
    Created(Address),
}

/// An account with code.
#[derive(Clone, Debug)]
struct Account {
    address: Address,
    code: Code,
    /// Calls into it that have not returned.
    entries: u32,
}

/// A call that has not returned.
#[derive(Clone, Debug)]
struct Frame {
    account: u32,
    /// Who called.
    caller: Address,
    /// Who the program thinks has called; another only if a fault says so.
    sender: Address,
    value: u64,
    read_only: bool,
    delegated: bool,
    /// By how many seconds its clock is ahead, which only a fault can bring about.
    ahead: u64,
    /// It has done what a static call may not.
    failed: bool,
    /// It has written and not flushed.
    unflushed: bool,
    /// What the last call that it made gave back.
    returned: Vec<u8>,
    storage_checkpoint: usize,
    logs_checkpoint: usize,
}

/// How somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Static,
    Delegate,
}

/// Recovers a signer, as the precompile does.
pub type Recover = fn(&[u8]) -> Vec<u8>;

/// The chain.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// Seconds since 1970.
    pub time: u64,
    /// The number of the block.
    pub block: u64,
    /// What a wallet that re-enters does the next time a token tells it of a transfer.
    pub reentry: Option<Reentry>,
    /// What is wrong on purpose.
    pub fault: Option<Fault>,
    /// The precompile that says who signed, if not the stand-in for it: see [`sign`].
    pub recover: Option<Recover>,
    accounts: Vec<Account>,
    places: FxHashMap<Address, u32>,
    storage: Storage,
    logs: Logs,
    frames: Vec<Frame>,
    accesses: u32,
    excused: bool,
    defect: Option<Defect>,
    /// Attempts that have not ended: as long as there are any, writes stay undoable.
    attempts: u32,
}

thread_local! {
    static CURRENT: RefCell<Chain> = RefCell::new(Chain::default());
}

/// The chain that a call is running on.
fn with<R>(action: impl FnOnce(&mut Chain) -> R) -> R {
    CURRENT.with_borrow_mut(action)
}

impl Chain {
    /// A chain without accounts.
    pub fn new(time: u64) -> Self {
        Self {
            time,
            block: 1,
            ..Self::default()
        }
    }

    /// Puts code at an address.
    pub fn install(&mut self, address: Address, code: Code) {
        if let Some(&place) = self.places.get(&address) {
            self.accounts[place as usize].code = code;
            return;
        }
        self.places.insert(address, self.accounts.len() as u32);
        self.accounts.push(Account {
            address,
            code,
            entries: 0,
        });
    }

    /// Puts a proxy at an address and initialises it, in one go, as a proxy's creation does.
    ///
    /// # Errors
    /// What the initialiser reverts with.
    pub fn install_proxy(
        &mut self,
        address: Address,
        implementation: Address,
        from: Address,
        initializer: Vec<u8>,
    ) -> Answer {
        self.install(address, Code::Proxy);
        let slot = self.slot(address, IMPLEMENTATION_SLOT);
        self.storage.store(slot, implementation.into_word());
        self.transact(&Message {
            from,
            to: address,
            value: 0,
            data: initializer,
        })
        .answer
    }

    /// What a proxy delegates to.
    pub fn implementation_of(&self, proxy: Address) -> Address {
        Address::from_word(self.storage.load(self.slot(proxy, IMPLEMENTATION_SLOT)))
    }

    /// Runs a transaction. The logs of the one before are gone.
    pub fn transact(&mut self, message: &Message) -> Outcome {
        self.logs.clear();
        let outcome = self.run(message, Kind::Plain);
        if self.attempts == 0 {
            self.storage.commit();
        }
        outcome
    }

    /// Asks a contract something, which changes nothing.
    ///
    /// # Errors
    /// What the contract reverts with.
    pub fn query(&mut self, to: Address, data: Vec<u8>) -> Answer {
        let message = Message {
            from: Address::ZERO,
            to,
            value: 0,
            data,
        };
        self.run(&message, Kind::Static).answer
    }

    /// Lets something happen, and then makes it not have happened.
    pub fn attempt<R>(&mut self, action: impl FnOnce(&mut Self) -> R) -> R {
        let (checkpoint, time, block) = (self.storage.checkpoint(), self.time, self.block);
        self.attempts += 1;
        let result = action(self);
        self.attempts -= 1;
        self.storage.revert(checkpoint);
        self.logs.clear();
        (self.time, self.block) = (time, block);
        result
    }

    /// The logs of the last transaction.
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// All words, and a digest of them.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// The words that the last transaction wrote, as they are now: whose, which, what.
    pub fn written(&self) -> impl Iterator<Item = (Address, U256, B256)> + '_ {
        let written = self.storage.written();
        written.map(|slot| self.word(slot, self.storage.load(slot)))
    }

    /// All words that are not zero: whose, which, what.
    pub fn words(&self) -> impl Iterator<Item = (Address, U256, B256)> + '_ {
        let words = self.storage.words();
        words.map(|(slot, value)| self.word(slot, value))
    }

    fn word(&self, slot: Slot, value: B256) -> (Address, U256, B256) {
        (
            self.accounts[slot.account as usize].address,
            slot.key,
            value,
        )
    }

    /// Overwrites a word, as no contract did.
    pub fn corrupt(&mut self, address: Address, key: U256, value: B256) {
        let slot = self.slot(address, key);
        self.storage.store(slot, value);
    }

    fn run(&mut self, message: &Message, kind: Kind) -> Outcome {
        self.accesses = 0;
        self.excused = false;
        self.defect = None;
        let checkpoint = self.storage.checkpoint();
        let answer = self.entered(|| {
            panic::catch_unwind(AssertUnwindSafe(|| {
                let Message {
                    from,
                    to,
                    value,
                    data,
                } = message;
                call(kind, *from, *to, *value, data)
            }))
        });
        let answer = answer.unwrap_or_else(|payload| {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or(payload.downcast_ref::<&str>().copied());
            self.defect = Some(Defect::Panic(text.unwrap_or("without a word").into()));
            self.frames.clear();
            self.accounts
                .iter_mut()
                .for_each(|account| account.entries = 0);
            self.storage.revert(checkpoint);
            Err(Vec::new())
        });
        Outcome {
            answer,
            accesses: self.accesses,
            excused: self.excused,
            defect: self.defect.take(),
        }
    }

    /// Has `action` find this chain as the current one.
    fn entered<R>(&mut self, action: impl FnOnce() -> R) -> R {
        with(|current| mem::swap(current, self));
        let result = action();
        with(|current| mem::swap(current, self));
        result
    }

    fn slot(&self, address: Address, key: U256) -> Slot {
        let account = self.places.get(&address).copied();
        Slot {
            account: account.expect("an account with code"),
            key,
        }
    }

    fn code(&self, address: Address) -> Code {
        match self.places.get(&address) {
            Some(&place) => self.accounts[place as usize].code,
            None => Code::None,
        }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a call that runs")
    }

    /// The address in whose name the running code acts.
    fn acting(&mut self) -> Address {
        let account = self.frame().account;
        self.accounts[account as usize].address
    }

    /// The implementation slot of the running code's storage.
    fn own_implementation(&mut self) -> Address {
        let account = self.frame().account;
        self.accesses += 1;
        Address::from_word(self.storage.load(Slot {
            account,
            key: IMPLEMENTATION_SLOT,
        }))
    }

    /// Whether the account that runs was running already when it was called.
    fn is_reentered(&mut self) -> bool {
        let account = self.frame().account;
        self.accounts[account as usize].entries > 1
    }

    /// Opens a frame; `None` if there is nobody to answer, or nobody who could be asked.
    fn open(
        &mut self,
        kind: Kind,
        sender: Address,
        to: Address,
        value: u64,
    ) -> Result<Option<Code>, Vec<u8>> {
        self.accesses += 1;
        let caller = self.frames.last();
        if self.frames.len() >= MAX_DEPTH {
            self.excused = true;
            return Err(Vec::new());
        }
        let Some(&place) = self.places.get(&to) else {
            return Ok(None);
        };
        let code = self.accounts[place as usize].code;
        let read_only = kind == Kind::Static || caller.is_some_and(|caller| caller.read_only);
        let (account, sender, value) = match (kind, caller) {
            (Kind::Delegate, Some(caller)) => (caller.account, caller.sender, caller.value),
            _ => (place, sender, value),
        };
        let delegated = kind == Kind::Delegate;
        if !delegated {
            self.accounts[account as usize].entries += 1;
        }
        self.frames.push(Frame {
            account,
            caller: sender,
            sender,
            value,
            read_only,
            delegated,
            ahead: 0,
            failed: false,
            unflushed: false,
            returned: Vec::new(),
            storage_checkpoint: self.storage.checkpoint(),
            logs_checkpoint: self.logs.checkpoint(),
        });
        Ok(Some(code))
    }

    fn close(&mut self, answer: Answer) -> Answer {
        let frame = self.frames.pop().expect("a frame that was opened");
        if !frame.delegated {
            self.accounts[frame.account as usize].entries -= 1;
        }
        let answer = if frame.failed {
            self.excused = true;
            Err(Vec::new())
        } else {
            answer
        };
        if answer.is_err() {
            let forgotten = self.fault == Some(Fault::LeakyRevert) && !self.frames.is_empty();
            if !forgotten {
                self.storage.revert(frame.storage_checkpoint);
            }
            self.logs.revert(frame.logs_checkpoint);
        }
        answer
    }
}

/// Calls somebody on the current chain.
fn call(kind: Kind, sender: Address, to: Address, value: u64, data: &[u8]) -> Answer {
    match with(|chain| chain.open(kind, sender, to, value))? {
        None => Ok(Vec::new()),
        Some(code) => {
            let answer = code.execute(data);
            with(|chain| chain.close(answer))
        }
    }
}
