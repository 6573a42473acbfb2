//! revm's EVM with one addition: a call frame whose code is a Stylus program.

use crate::{
    chain::{ArbContext, ChainState},
    precompiles::ArbPrecompiles,
};
use revm::{
    Context, Database, Inspector, Journal,
    context::{
        BlockEnv, CfgEnv, Evm, FrameStack, JournalTr, LocalContext, TxEnv,
    },
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::{EthInstructions, InstructionProvider as _},
    },
    inspector::{InspectorEvmTr, inspect_instructions, handler::frame_end},
    interpreter::{
        FrameInput, InstructionResult, InterpreterAction, interpreter::EthInterpreter,
        interpreter_action::FrameInit,
    },
};

type Instructions<DB> = EthInstructions<EthInterpreter, ArbContext<DB>>;
type Inner<DB, I> =
    Evm<ArbContext<DB>, I, Instructions<DB>, ArbPrecompiles, EthFrame<EthInterpreter>>;

/// The EVM of the chain.
#[derive(Debug)]
pub struct ArbEvm<DB: Database, I> {
    pub(crate) inner: Inner<DB, I>,
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
        let arbos = chain.config.arbos_version;
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
        let precompiles = ArbPrecompiles::new(spec, arbos);
        Self { inner: Evm::new_with_inspector(ctx, inspector, instructions, precompiles) }
    }
}

/// EIP-3541 for all code but Stylus programs: a contract must not be created with a reserved first byte.
fn refuse_reserved_prefix(frame: &EthFrame<EthInterpreter>, action: &mut InterpreterAction) {
    if let (FrameInput::Create(_), InterpreterAction::Return(result)) = (&frame.input, action)
        && result.result.is_ok()
        && result.output.first() == Some(&0xEF)
        && !result.output.starts_with(&[0xEF, 0xF0, 0x00])
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
    ) -> (&Self::Context, &Self::Instructions, &Self::Precompiles, &FrameStack<Self::Frame>) {
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
        self.inner.frame_init(frame_input)
    }

    fn frame_run(
        &mut self,
    ) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Self::Context>> {
        let frame = self.inner.frame_stack.get();
        let instructions = &self.inner.instruction;
        let mut action = frame.interpreter.run_plain(
            instructions.instruction_table(),
            instructions.gas_table(),
            &mut self.inner.ctx,
        );
        refuse_reserved_prefix(frame, &mut action);
        let next = frame.process_next_action::<_, ContextDbError<ArbContext<DB>>>(&mut self.inner.ctx, action)?;
        frame.set_finished(next.is_result());
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Self::Context>> {
        self.inner.frame_return_result(result)
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
        let Inner { ctx, inspector, instruction, frame_stack, .. } = &mut self.inner;
        let frame = frame_stack.get();
        let mut action = inspect_instructions(
            ctx,
            &mut frame.interpreter,
            &mut *inspector,
            instruction.instruction_table(),
            instruction.gas_table(),
        );
        refuse_reserved_prefix(frame, &mut action);
        let mut next = frame.process_next_action::<_, ContextDbError<ArbContext<DB>>>(ctx, action)?;
        if let ItemOrResult::Result(result) = &mut next {
            frame_end(ctx, inspector, &frame.input, result);
            frame.set_finished(true);
        }
        Ok(next)
    }
}
