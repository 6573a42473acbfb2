//! Executing one transaction.

use crate::{
    chain::{ArbContext, ChainState},
    config::{Block, ChainConfig, Options},
    evm::ArbEvm,
    handler::ArbHandler,
    programs::{Programs, RecentPrograms},
    wasm::ProgramFrame,
};
use revm::{
    Database, Inspector,
    context::{
        ContextTr, JournalTr, TransactionType, TxEnv,
        result::{EVMError, ExecutionResult, HaltReason},
    },
    handler::Handler,
    inspector::{InspectorHandler, NoOpInspector},
    state::EvmState,
};

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Output {
    /// Success, revert or halt, with gas, logs and output.
    pub result: ExecutionResult<HaltReason>,
    /// Every account touched, to be committed to the database.
    pub state: EvmState,
    /// The block's recently called programs after this transaction; the next one starts with them.
    pub recent: RecentPrograms,
    /// The programs' frames that ran, innermost first.
    pub frames: Vec<ProgramFrame>,
}

/// Executes transactions of one chain in one block.
///
/// It holds no state: the database is given to each call, and what a transaction changed is returned.
#[derive(Clone, Debug)]
pub struct Executor<'a> {
    /// The chain.
    pub config: &'a ChainConfig,
    /// The block.
    pub block: &'a Block,
    /// Compiled programs, shared by everything that executes on this chain.
    pub programs: &'a Programs,
    /// Programs that earlier transactions of the block have called.
    pub recent: RecentPrograms,
    /// What is not checked.
    pub options: Options,
}

impl<'a> Executor<'a> {
    /// An executor with all checks, at the start of `block`.
    pub fn new(config: &'a ChainConfig, block: &'a Block, programs: &'a Programs) -> Self {
        Self {
            config,
            block,
            programs,
            recent: RecentPrograms::default(),
            options: Options::default(),
        }
    }

    /// The same executor with other [`Options`].
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Executes `tx` on the state of `db`, which is only read.
    ///
    /// # Errors
    /// [`EVMError::Transaction`] if the transaction cannot be in a block at all, [`EVMError::Database`] if `db` fails.
    pub fn transact<DB: Database>(&self, db: DB, tx: TxEnv) -> Result<Output, EVMError<DB::Error>> {
        let mut evm = self.evm(db, NoOpInspector);
        evm.inner.ctx.tx = self.at_base_fee(tx);
        let result = ArbHandler::default().run(&mut evm);
        self.finish(evm, result)
    }

    /// As [`Executor::transact`], telling `inspector` about every step of EVM code and every call, create and log.
    ///
    /// # Errors
    /// As [`Executor::transact`].
    pub fn inspect<DB: Database, I: Inspector<ArbContext<DB>>>(
        &self,
        db: DB,
        tx: TxEnv,
        inspector: I,
    ) -> Result<Output, EVMError<DB::Error>> {
        let mut evm = self.evm(db, inspector);
        evm.inner.ctx.tx = self.at_base_fee(tx);
        let result = ArbHandler::default().inspect_run(&mut evm);
        self.finish(evm, result)
    }

    pub(crate) fn evm<DB: Database, I>(&self, db: DB, inspector: I) -> ArbEvm<DB, I> {
        let chain = ChainState::new(self);
        ArbEvm::new(
            db,
            self.config.cfg_env(&self.options),
            self.block.block_env(),
            chain,
            inspector,
        )
    }

    /// Tips are not collected: every transaction pays the base fee, and `gas_price` is only the most it would pay.
    fn at_base_fee(&self, mut tx: TxEnv) -> TxEnv {
        if self.options.skip_base_fee {
            return tx;
        }
        tx.gas_priority_fee = Some(0);
        // Transactions signed before EIP-155 name no chain; the type they become here must.
        tx.chain_id.get_or_insert(self.config.chain_id);
        if tx.tx_type == TransactionType::Legacy as u8
            || tx.tx_type == TransactionType::Eip2930 as u8
        {
            tx.tx_type = TransactionType::Eip1559 as u8;
        }
        tx
    }

    fn finish<DB: Database, I>(
        &self,
        mut evm: ArbEvm<DB, I>,
        result: Result<ExecutionResult<HaltReason>, EVMError<DB::Error>>,
    ) -> Result<Output, EVMError<DB::Error>> {
        let state = evm.inner.ctx.journal_mut().finalize();
        let chain = evm.inner.ctx.chain;
        Ok(Output {
            result: result?,
            state,
            recent: chain.recent,
            frames: chain.frames,
        })
    }
}
