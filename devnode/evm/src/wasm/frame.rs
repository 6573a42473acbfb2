//! Starting, driving and ending a program's frame.

use super::{
    calls::{Next, PendingCall, begin_call, begin_create},
    state,
};
use crate::{arbos::ArbosState, chain::ArbContext, code::is_program, programs::compiled};
use ogpu_stylus::{Context, Frame, Module, Outcome, Params, Request, Response, Status, Step};
use revm::{
    Database,
    context::{Block as _, Cfg as _, ContextTr as _, LocalContextTr as _, Transaction as _},
    context_interface::context::ContextError,
    handler::{EthFrame, FrameResult, evm::ContextDbError},
    interpreter::{
        FrameInput, InstructionResult, InterpreterAction, InterpreterResult,
        interpreter::EthInterpreter,
    },
    primitives::{Address, B256, Bytes, U256},
};

/// A program's frame that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramFrame {
    /// Account whose storage it worked on.
    pub contract: Address,
    /// Code hash of the program.
    pub code_hash: B256,
    /// Depth of the call; 0 for the transaction's own.
    pub depth: usize,
    /// Gas paid before the first instruction: pages, and initialisation or the cached start.
    pub start_gas: u64,
    /// Ink used from the first instruction on, sub-calls included.
    pub ink_used: u64,
    /// Gas used, `start_gas` included.
    pub gas_used: u64,
    /// How it ended.
    pub outcome: Outcome,
}

/// Whether a frame's code is a program. Only calls run programs: init code is always EVM code.
pub(crate) fn is_program_frame(frame: &EthFrame<EthInterpreter>, arbos: u64) -> bool {
    matches!(frame.input, FrameInput::Call(_))
        && is_program(frame.interpreter.bytecode.original_byte_slice(), arbos)
}

/// The frames of programs that are running now, innermost last.
#[derive(Debug, Default)]
pub(crate) struct Frames(Vec<Running>);

/// A program's frame that is running or waiting for a call it made.
#[derive(Debug)]
struct Running {
    /// Place of the frame in revm's stack.
    index: usize,
    frame: Frame,
    params: Params,
    code_hash: B256,
    start_gas: u64,
    /// Gas the frame had, before its start.
    gas_limit: u64,
    /// Pages the transaction had open before it.
    open_pages: u16,
    /// The call it waits for.
    pending: Option<PendingCall>,
    /// The answer to go on with.
    response: Option<Response>,
}

/// What has to be known of a frame before it can run.
struct Start {
    module: Module,
    params: Params,
    code_hash: B256,
    start_gas: u64,
}

impl Frames {
    /// Starts or resumes the program of the frame at `index` of revm's stack; runs it until it ends or makes a call.
    pub(crate) fn run<DB: Database>(
        &mut self,
        index: usize,
        frame: &mut EthFrame<EthInterpreter>,
        ctx: &mut ArbContext<DB>,
    ) -> Result<InterpreterAction, ContextDbError<ArbContext<DB>>> {
        if self.0.last().is_none_or(|running| running.index != index) {
            match prepare(frame, ctx)? {
                Ok(start) => self.0.push(Running::new(index, start, frame, ctx)?),
                Err(result) => {
                    frame.interpreter.gas.spend_all();
                    return Ok(finish(frame, result, Bytes::new()));
                }
            }
        }
        let running = self
            .0
            .last_mut()
            .expect("pushed above where it was not there");
        let outcome = loop {
            match running.step(ctx)? {
                Step::Done(outcome) => break outcome,
                Step::Request(request) => {
                    if let Some(input) = running.answer(request, frame, ctx)? {
                        return Ok(InterpreterAction::NewFrame(input));
                    }
                }
            }
        };
        let action = running.end(outcome, frame, ctx);
        self.0.pop();
        Ok(action)
    }

    /// Keeps the result of a call for the program at `index` of revm's stack, if that frame is a program's.
    pub(crate) fn take_result(&mut self, index: usize, result: &FrameResult) -> bool {
        let Some(running) = self.0.last_mut().filter(|running| running.index == index) else {
            return false;
        };
        running.response = running.pending.take().map(|call| call.response(result));
        true
    }
}

impl Running {
    fn new<DB: Database>(
        index: usize,
        start: Start,
        frame: &EthFrame<EthInterpreter>,
        ctx: &mut ArbContext<DB>,
    ) -> Result<Self, ContextDbError<ArbContext<DB>>> {
        let Start {
            module,
            params,
            code_hash,
            start_gas,
        } = start;
        let gas_limit = frame.interpreter.gas.limit();
        let open_pages = ctx.chain.pages.open;
        ctx.chain.pages.open(module.footprint(), &params);
        let context = context(frame, ctx);
        let vm = Frame::new(&module, &params, context, gas_limit - start_gas).map_err(engine)?;
        Ok(Self {
            index,
            frame: vm,
            params,
            code_hash,
            start_gas,
            gas_limit,
            open_pages,
            pending: None,
            response: None,
        })
    }

    fn step<DB: Database>(
        &mut self,
        ctx: &mut ArbContext<DB>,
    ) -> Result<Step, ContextDbError<ArbContext<DB>>> {
        let pages = &mut ctx.chain.pages;
        match self.response.take() {
            Some(response) => self.frame.resume(response, pages),
            None => self.frame.run(pages),
        }
        .map_err(engine)
    }

    /// Answers a request, or gives the frame that will.
    fn answer<DB: Database>(
        &mut self,
        request: Request,
        frame: &mut EthFrame<EthInterpreter>,
        ctx: &mut ArbContext<DB>,
    ) -> Result<Option<FrameInput>, ContextDbError<ArbContext<DB>>> {
        let next = match request {
            Request::Call {
                kind,
                address,
                value,
                input,
                gas,
                gas_left,
            } => begin_call(frame, ctx, kind, address, value, input, gas, gas_left)?,
            Request::Create {
                code,
                endowment,
                salt,
                gas_left,
            } => begin_create(frame, ctx, code, endowment, salt, gas_left),
            other => Next::Answer(state::answer(frame, ctx, other)?),
        };
        Ok(match next {
            Next::Answer(response) => {
                self.response = Some(response);
                None
            }
            Next::Frame(pending, input) => {
                self.pending = Some(pending);
                Some(input)
            }
        })
    }

    /// Closes the frame's pages and settles its gas.
    fn end<DB: Database>(
        &self,
        outcome: Outcome,
        frame: &mut EthFrame<EthInterpreter>,
        ctx: &mut ArbContext<DB>,
    ) -> InterpreterAction {
        ctx.chain.pages.open = self.open_pages;
        let (result, gas_left) = match outcome.status {
            Status::Success => (InstructionResult::Return, outcome.gas_left),
            Status::Revert | Status::Failure => (InstructionResult::Revert, outcome.gas_left),
            Status::OutOfGas => (InstructionResult::OutOfGas, 0),
            Status::OutOfStack => (InstructionResult::StackOverflow, 0),
        };
        let output = outcome.output.clone();
        let gas_left = self
            .params
            .gas_left_after_output(self.gas_limit, gas_left, output.len());
        frame.interpreter.gas.set_remaining(gas_left);
        let ink = (self.gas_limit - self.start_gas).saturating_mul(self.params.ink_price.into());
        ctx.chain.frames.push(ProgramFrame {
            contract: frame.interpreter.input.target_address,
            code_hash: self.code_hash,
            depth: frame.depth,
            start_gas: self.start_gas,
            ink_used: ink - outcome.ink_left,
            gas_used: self.gas_limit - gas_left,
            outcome,
        });
        finish(frame, result, output)
    }
}

fn finish(
    frame: &EthFrame<EthInterpreter>,
    result: InstructionResult,
    output: Bytes,
) -> InterpreterAction {
    InterpreterAction::Return(InterpreterResult::new(
        result,
        output,
        frame.interpreter.gas,
    ))
}

/// An engine that fails (for lack of memory) ends the execution, as a broken database does.
fn engine<E>(error: ogpu_stylus::FrameError) -> ContextError<E> {
    ContextError::Custom(error.to_string())
}

/// Looks a program up and pays for its start; otherwise tells how the frame ends, all gas used.
fn prepare<DB: Database>(
    frame: &EthFrame<EthInterpreter>,
    ctx: &mut ArbContext<DB>,
) -> Result<Result<Start, InstructionResult>, ContextDbError<ArbContext<DB>>> {
    let arbos = ctx.chain.config.arbos_version;
    let now = ctx.block.timestamp().saturating_to();
    let bytecode = &frame.interpreter.bytecode;
    let code_hash = bytecode.hash().unwrap_or_else(|| bytecode.hash_slow());
    let mut state = ArbosState(&mut ctx.journaled_state);
    let params = state.params(arbos)?;
    let program = match state.active_program(code_hash, &params, now)? {
        Ok(program) => program,
        Err(why) => return Ok(Err(unusable(frame, ctx, why))),
    };
    let recent = ctx.chain.recent.touch(code_hash, params.block_cache_size) && arbos >= 60;
    let cached = program.cached || recent;
    let pages_gas = ctx
        .chain
        .pages
        .open_cost(program.activation.footprint, &params);
    let start_gas = params
        .start_gas(&program.activation, cached)
        .saturating_add(pages_gas);
    if start_gas > frame.interpreter.gas.limit() {
        return Ok(Err(InstructionResult::OutOfGas));
    }
    let code = frame.interpreter.bytecode.original_bytes();
    match compiled(ctx, code_hash, &code, &params)? {
        Ok(module) => Ok(Ok(Start {
            module,
            params,
            code_hash,
            start_gas,
        })),
        Err(why) => Ok(Err(unusable(frame, ctx, why))),
    }
}

/// Says why a program cannot run, in the result of the transaction if it is the transaction's own call.
fn unusable<DB: Database>(
    frame: &EthFrame<EthInterpreter>,
    ctx: &mut ArbContext<DB>,
    why: impl std::fmt::Display,
) -> InstructionResult {
    let account = frame.interpreter.input.bytecode_address.unwrap_or_default();
    let message = format!("the program at {account} cannot run: {why}");
    ctx.local_mut().set_precompile_error_context(message);
    InstructionResult::PrecompileError
}

/// What the program may ask about its call.
fn context<DB: Database>(frame: &EthFrame<EthInterpreter>, ctx: &ArbContext<DB>) -> Context {
    let input = &frame.interpreter.input;
    let base_fee = ctx.block.basefee();
    Context {
        contract: input.target_address,
        sender: input.caller_address,
        origin: ctx.tx.caller(),
        value: input.call_value,
        block_number: ctx.block.number().saturating_to(),
        block_timestamp: ctx.block.timestamp().saturating_to(),
        block_gas_limit: ctx.block.gas_limit(),
        block_basefee: U256::from(base_fee),
        block_coinbase: ctx.block.beneficiary(),
        chain_id: ctx.cfg.chain_id(),
        gas_price: U256::from(ctx.tx.effective_gas_price(base_fee.into())),
        reentrant: ctx.chain.entries(input.target_address) > 1,
        calldata: input.input.bytes(ctx),
    }
}
