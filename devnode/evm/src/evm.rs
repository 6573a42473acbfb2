//! revm's EVM with one addition: a call frame whose code is a Stylus program.

use crate::{
    chain::{ArbContext, ChainState},
    code::may_be_deployed,
    precompiles::ArbPrecompiles,
    wasm::{Frames, is_program_frame},
};
use revm::{
    Context, Database, Inspector, Journal,
    context::{BlockEnv, CfgEnv, Evm, FrameStack, JournalTr, LocalContext, TxEnv},
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::{EthInstructions, InstructionProvider as _},
    },
    inspector::{InspectorEvmTr, handler::frame_end, inspect_instructions},
    interpreter::{
        CallScheme, FrameInput, InstructionResult, InterpreterAction, interpreter::EthInterpreter,
        interpreter_action::FrameInit, interpreter_types::StackTr as _,
    },
    primitives::Address,
};

type Instructions<DB> = EthInstructions<EthInterpreter, ArbContext<DB>>;
type Inner<DB, I> =
    Evm<ArbContext<DB>, I, Instructions<DB>, ArbPrecompiles, EthFrame<EthInterpreter>>;

/// The EVM of the chain.
#[derive(Debug)]
pub struct ArbEvm<DB: Database, I> {
    pub(crate) inner: Inner<DB, I>,
    programs: Frames,
}

impl<DB: Database, I> ArbEvm<DB, I> {
    pub(crate) fn new(
        db: DB,
        cfg: CfgEnv,
        block: BlockEnv,
        chain: ChainState,
        inspector: I,
    ) -> Self {
        let spec = cfg.spec;
        let mut journaled_state = Journal::new(db);
        journaled_state.set_spec_id(spec);
        let ctx = Context {
            block,
            tx: TxEnv::default(),
            cfg,
            journaled_state,
            chain,
            local: LocalContext::default(),
            error: Ok(()),
        };
        let instructions = EthInstructions::new_mainnet_with_spec(spec);
        let precompiles = ArbPrecompiles::new(spec);
        let inner = Evm::new_with_inspector(ctx, inspector, instructions, precompiles);
        Self {
            inner,
            programs: Frames::default(),
        }
    }

    /// Runs the innermost frame, if it is a program's.
    fn run_program(&mut self) -> Result<Option<InterpreterAction>, ContextDbError<ArbContext<DB>>> {
        let Evm {
            ctx, frame_stack, ..
        } = &mut self.inner;
        let index = frame_stack.index().unwrap_or_default();
        let frame = frame_stack.get();
        if !is_program_frame(frame, ctx.chain.config.arbos_version) {
            return Ok(None);
        }
        self.programs.run(index, frame, ctx).map(Some)
    }

    /// Goes on with what the innermost frame wants: another frame, or to end.
    fn process(
        &mut self,
        mut action: InterpreterAction,
    ) -> Result<FrameInitOrResult<EthFrame<EthInterpreter>>, ContextDbError<ArbContext<DB>>> {
        let Evm {
            ctx, frame_stack, ..
        } = &mut self.inner;
        let frame = frame_stack.get();
        refuse_reserved_prefix(ctx.chain.config.arbos_version, frame, &mut action);
        let next = frame.process_next_action::<_, ContextDbError<ArbContext<DB>>>(ctx, action)?;
        if next.is_result() {
            frame.set_finished(true);
            if let Some(account) = acting_account(frame) {
                ctx.chain.leave(account);
            }
        }
        Ok(next)
    }
}

/// The account a frame executes as, unless it is borrowed by a delegated call.
fn acting_account(frame: &EthFrame<EthInterpreter>) -> Option<Address> {
    match &frame.input {
        FrameInput::Call(inputs) => {
            matches!(inputs.scheme, CallScheme::Call | CallScheme::StaticCall)
                .then_some(inputs.target_address)
        }
        FrameInput::Create(_) => Some(frame.interpreter.input.target_address),
        FrameInput::Empty => None,
    }
}

/// EIP-3541 for all code but Stylus programs: a contract must not be created with a reserved first byte.
fn refuse_reserved_prefix(
    arbos: u64,
    frame: &EthFrame<EthInterpreter>,
    action: &mut InterpreterAction,
) {
    if let (FrameInput::Create(_), InterpreterAction::Return(result)) = (&frame.input, action)
        && result.result.is_ok()
        && result.output.first() == Some(&0xEF)
        && !may_be_deployed(&result.output, arbos)
    {
        result.result = InstructionResult::CreateContractStartingWithEF;
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> EvmTr for ArbEvm<DB, I> {
    type Context = ArbContext<DB>;
    type Instructions = Instructions<DB>;
    type Precompiles = ArbPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(
        &self,
    ) -> (
        &Self::Context,
        &Self::Instructions,
        &Self::Precompiles,
        &FrameStack<Self::Frame>,
    ) {
        self.inner.all()
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Self::Frame>,
    ) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        frame_input: FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Self::Context>> {
        if let ItemOrResult::Result(result) = self.inner.frame_init(frame_input)? {
            return Ok(ItemOrResult::Result(result));
        }
        let Evm {
            ctx, frame_stack, ..
        } = &mut self.inner;
        let frame = frame_stack.get();
        if let Some(account) = acting_account(frame) {
            ctx.chain.enter(account);
        }
        Ok(ItemOrResult::Item(frame))
    }

    fn frame_run(
        &mut self,
    ) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let action = match self.run_program()? {
            Some(action) => action,
            None => {
                let Evm {
                    ctx,
                    instruction,
                    frame_stack,
                    ..
                } = &mut self.inner;
                let (instructions, gas) =
                    (instruction.instruction_table(), instruction.gas_table());
                frame_stack
                    .get()
                    .interpreter
                    .run_plain(instructions, gas, ctx)
            }
        };
        self.process(action)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        let frames = &mut self.inner.frame_stack;
        let top = frames.index().unwrap_or_default();
        let caller = if frames.get().is_finished() {
            top.checked_sub(1)
        } else {
            Some(top)
        };
        let for_program = caller.is_some_and(|index| self.programs.take_result(index, &result));
        let last = self.inner.frame_return_result(result)?;
        if for_program {
            // A program has the result in its own way: what is meant for the interpreter goes.
            let interpreter = &mut self.inner.frame_stack.get().interpreter;
            interpreter.stack.clear();
            interpreter.gas.set_remaining(0);
        }
        Ok(last)
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> InspectorEvmTr for ArbEvm<DB, I> {
    type Inspector = I;

    fn all_inspector(
        &self,
    ) -> (
        &Self::Context,
        &Self::Instructions,
        &Self::Precompiles,
        &FrameStack<Self::Frame>,
        &Self::Inspector,
    ) {
        self.inner.all_inspector()
    }

    fn all_mut_inspector(
        &mut self,
    ) -> (
        &mut Self::Context,
        &mut Self::Instructions,
        &mut Self::Precompiles,
        &mut FrameStack<Self::Frame>,
        &mut Self::Inspector,
    ) {
        self.inner.all_mut_inspector()
    }

    fn inspect_frame_run(
        &mut self,
    ) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let logs = self.inner.ctx.journaled_state.logs().len();
        let action = match self.run_program()? {
            Some(action) => {
                let Evm { ctx, inspector, .. } = &mut self.inner;
                let emitted = ctx.journaled_state.logs()[logs..].to_vec();
                for log in emitted {
                    inspector.log(ctx, log);
                }
                action
            }
            None => {
                let Evm {
                    ctx,
                    inspector,
                    instruction,
                    frame_stack,
                    ..
                } = &mut self.inner;
                let (instructions, gas) =
                    (instruction.instruction_table(), instruction.gas_table());
                let interpreter = &mut frame_stack.get().interpreter;
                inspect_instructions(ctx, interpreter, inspector, instructions, gas)
            }
        };
        let mut next = self.process(action)?;
        if let ItemOrResult::Result(result) = &mut next {
            let Evm {
                ctx,
                inspector,
                frame_stack,
                ..
            } = &mut self.inner;
            frame_end(ctx, inspector, &frame_stack.get().input, result);
        }
        Ok(next)
    }
}
