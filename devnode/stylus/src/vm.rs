//! The engine: a program's instance in wasmi, whose host functions can wait for the EVM.
//!
//! A host function that needs the EVM interrupts the program; wasmi keeps the program's own stack, so it goes on later
//! without any native recursion.

use std::{fmt, sync::LazyLock};

use wasmi::{
    Caller, CompilationMode, Config, Engine, Error, FuncType, Global, Linker, Memory,
    ResumableCall, ResumableCallHostTrap, Store, TrapCode, Val, ValType, errors::HostError,
};

use crate::{
    FrameError, Outcome, Pages, Request, Response, Status, Step,
    host::{Flow, Host, HostFunction, Machine, Pending, Stop},
    module::{ENTRY_POINT, INK_LEFT, INK_STATUS, MEMORY, STACK_LEFT},
};

/// Frames and bytes of stack that wasmi allows: beyond what the depth meter does.
const MAX_FRAMES: usize = 1 << 20;
const MAX_STACK_BYTES: usize = 64 << 20;
/// Stacks that are kept for reuse.
const CACHED_STACKS: usize = 16;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(MAX_FRAMES)
        .set_max_stack_height(MAX_STACK_BYTES)
        .set_max_cached_stacks(CACHED_STACKS)
        .compilation_mode(CompilationMode::Lazy);
    Engine::new(&config)
});

static LINKER: LazyLock<Linker<State>> = LazyLock::new(|| {
    let mut linker = Linker::new(&ENGINE);
    for &function in HostFunction::ALL {
        let ty = FuncType::new(
            function.params().iter().copied().map(value_type),
            function.result().map(value_type),
        );
        linker
            .func_new(
                HostFunction::MODULE,
                function.name(),
                ty,
                move |caller, args, results| call_host(caller, function, args, results),
            )
            .expect("every host function has a name of its own");
    }
    linker
});

/// Compiles an instrumented module; its functions are translated when they are first called.
pub(crate) fn compile(wasm: &[u8]) -> Result<wasmi::Module, Error> {
    wasmi::Module::new(&ENGINE, wasm)
}

/// What the store of an instance holds.
struct State {
    host: Host,
    /// The instance's memory and ink, once there is one.
    handles: Option<(Memory, Global)>,
    /// Why a host function interrupted the program.
    interrupt: Option<Interrupt>,
}

enum Interrupt {
    Stop(Stop),
    Ask(Request, Pending),
}

/// Tells wasmi that a host function interrupts the program; why is in the [`State`].
#[derive(Clone, Copy, Debug)]
struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted by a host function")
    }
}

impl HostError for Interrupted {}

/// A program's instance.
pub(crate) struct Vm {
    store: Store<State>,
    entry_point: wasmi::Func,
    memory: Memory,
    ink_left: Global,
    ink_status: Global,
    stack_left: Global,
    started: bool,
    /// Where the program goes on, and the host function that waits there.
    waiting: Option<(ResumableCallHostTrap, Pending)>,
}

impl Vm {
    /// An instance with `ink` ink and `stack` words of stack.
    pub fn new(
        module: &wasmi::Module,
        host: Host,
        ink: u64,
        stack: u32,
    ) -> Result<Self, FrameError> {
        let mut store = Store::new(
            &ENGINE,
            State {
                host,
                handles: None,
                interrupt: None,
            },
        );
        let instance = LINKER.instantiate_and_start(&mut store, module)?;
        let global = |name| {
            instance
                .get_global(&store, name)
                .ok_or(FrameError::Instance(name))
        };
        let (ink_left, ink_status, stack_left) =
            (global(INK_LEFT)?, global(INK_STATUS)?, global(STACK_LEFT)?);
        let memory = instance
            .get_memory(&store, MEMORY)
            .ok_or(FrameError::Instance(MEMORY))?;
        let entry_point = instance
            .get_func(&store, ENTRY_POINT)
            .ok_or(FrameError::Instance(ENTRY_POINT))?;
        store.data_mut().handles = Some((memory, ink_left));
        let mut vm = Self {
            store,
            entry_point,
            memory,
            ink_left,
            ink_status,
            stack_left,
            started: false,
            waiting: None,
        };
        set(&mut vm.store, ink_left, Val::I64(ink as i64));
        set(&mut vm.store, stack_left, Val::I32(stack as i32));
        Ok(vm)
    }

    /// Runs the program from its start.
    pub fn run(&mut self, pages: &mut Pages) -> Result<Step, FrameError> {
        if std::mem::replace(&mut self.started, true) {
            return Err(FrameError::AlreadyRun);
        }
        self.store.data_mut().host.pages = *pages;
        let len = self.store.data().host.calldata_len();
        let mut result = [Val::I32(0)];
        let progress =
            self.entry_point
                .call_resumable(&mut self.store, &[Val::I32(len as i32)], &mut result);
        self.step(progress, &result, pages)
    }

    /// Runs the program on, with the EVM's answer to its last request.
    pub fn resume(&mut self, response: Response, pages: &mut Pages) -> Result<Step, FrameError> {
        let (paused, pending) = self.waiting.take().ok_or(FrameError::NotWaiting)?;
        self.store.data_mut().host.pages = *pages;
        let returns = pending.function().result();
        let ink = ink(&self.store, self.ink_left);
        let (memory, state) = self.memory.data_and_store_mut(&mut self.store);
        let mut machine = Machine {
            memory,
            ink,
            ink_price: state.host.ink_price(),
        };
        let result = state
            .host
            .finish(&mut machine, pending, response)
            .ok_or(FrameError::WrongResponse)?;
        let ink = machine.ink;
        set(&mut self.store, self.ink_left, Val::I64(ink as i64));
        match result {
            Err(stop) => Ok(self.end(stopped(stop), pages)),
            Ok(value) => {
                let values = returns.map(|ty| to_value(ty, value));
                let mut result = [Val::I32(0)];
                let progress = paused.resume(&mut self.store, values.as_slice(), &mut result);
                self.step(progress, &result, pages)
            }
        }
    }

    fn step(
        &mut self,
        progress: Result<ResumableCall, Error>,
        result: &[Val; 1],
        pages: &mut Pages,
    ) -> Result<Step, FrameError> {
        match progress {
            Ok(ResumableCall::Finished) => {
                let status = match result {
                    [Val::I32(0)] => Status::Success,
                    _ => Status::Revert,
                };
                Ok(self.end(status, pages))
            }
            Ok(ResumableCall::HostTrap(paused)) => match self.store.data_mut().interrupt.take() {
                Some(Interrupt::Ask(request, pending)) => {
                    self.waiting = Some((paused, pending));
                    *pages = self.store.data().host.pages;
                    Ok(Step::Request(request))
                }
                Some(Interrupt::Stop(stop)) => Ok(self.end(stopped(stop), pages)),
                None => Err(FrameError::Engine(paused.into_host_error())),
            },
            Ok(ResumableCall::OutOfFuel(_)) => Err(FrameError::Instance("fuel")),
            Err(error) => match error.as_trap_code() {
                Some(TrapCode::StackOverflow) => Ok(self.end(Status::OutOfStack, pages)),
                Some(_) => {
                    let status = if self.word(self.ink_status) != 0 {
                        Status::OutOfGas
                    } else if self.word(self.stack_left) == 0 {
                        Status::OutOfStack
                    } else {
                        Status::Failure
                    };
                    Ok(self.end(status, pages))
                }
                None => Err(FrameError::Engine(error)),
            },
        }
    }

    fn end(&mut self, status: Status, pages: &mut Pages) -> Step {
        let stack_left = self.word(self.stack_left);
        let memory_pages = self.memory.size(&self.store) as u16;
        let ink_left = match status {
            Status::OutOfGas | Status::OutOfStack => 0,
            _ => ink(&self.store, self.ink_left),
        };
        let host = &mut self.store.data_mut().host;
        *pages = host.pages;
        let output = match status {
            Status::Success | Status::Revert => std::mem::take(&mut host.output),
            _ => Default::default(),
        };
        let gas_left = ink_left / u64::from(host.ink_price());
        Step::Done(Outcome {
            status,
            output,
            ink_left,
            gas_left,
            stack_left,
            memory_pages,
            host_calls: host.calls(),
        })
    }

    fn word(&self, global: Global) -> u32 {
        match global.get(&self.store) {
            Val::I32(value) => value as u32,
            _ => 0,
        }
    }
}

fn stopped(stop: Stop) -> Status {
    match stop {
        Stop::Exit(0) => Status::Success,
        Stop::Exit(_) => Status::Revert,
        Stop::Failure => Status::Failure,
        Stop::OutOfGas => Status::OutOfGas,
    }
}

/// Runs a host function for wasmi.
fn call_host(
    mut caller: Caller<'_, State>,
    function: HostFunction,
    args: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let mut words = [0; HostFunction::MAX_PARAMS];
    for (word, arg) in words.iter_mut().zip(args) {
        *word = to_word(arg);
    }
    let (memory, ink_left) = caller
        .data()
        .handles
        .ok_or_else(|| Error::host(Interrupted))?;
    let ink = ink(&caller, ink_left);
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let mut machine = Machine {
        memory: bytes,
        ink,
        ink_price: state.host.ink_price(),
    };
    let flow = state.host.begin(&mut machine, function, &words);
    let ink = machine.ink;
    let interrupt = match flow {
        Ok(Flow::Return(value)) => {
            if let (Some(result), Some(ty)) = (results.first_mut(), function.result()) {
                *result = to_value(ty, value);
            }
            None
        }
        Ok(Flow::Ask(request, pending)) => Some(Interrupt::Ask(request, pending)),
        Err(stop) => Some(Interrupt::Stop(stop)),
    };
    set(&mut caller, ink_left, Val::I64(ink as i64));
    match interrupt {
        None => Ok(()),
        Some(interrupt) => {
            caller.data_mut().interrupt = Some(interrupt);
            Err(Error::host(Interrupted))
        }
    }
}

fn ink(store: impl wasmi::AsContext, global: Global) -> u64 {
    to_word(&global.get(store))
}

/// Sets a meter. The meters are mutable globals of the type they are set to, so this cannot fail.
fn set(store: impl wasmi::AsContextMut, global: Global, value: Val) {
    global
        .set(store, value)
        .expect("meters are mutable and keep their type");
}

fn to_word(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        _ => 0,
    }
}

fn to_value(ty: wasmparser::ValType, word: u64) -> Val {
    match ty {
        wasmparser::ValType::I64 => Val::I64(word as i64),
        _ => Val::I32(word as i32),
    }
}

fn value_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I64 => ValType::I64,
        _ => ValType::I32,
    }
}
