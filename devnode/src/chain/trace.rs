//! What a transaction did, call by call.

use alloy_primitives::{Address, B256, Bytes, Log, U256};
use revm::{
    Inspector,
    context::{ContextTr, TxEnv, result::ExecutionResult},
    interpreter::{
        CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome, CreateScheme,
        InterpreterResult,
    },
};
use serde::Serialize;

use ogpu_evm::{Block as Context, Executor, RecentPrograms};

use super::{
    Call, Chain, ChainError, Mined, TX_GAS_LIMIT, block::context_of, call::call_env,
    database::Reader, mine::refused, transaction,
};

/// How much a trace says.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceOptions {
    /// Only the outermost call.
    pub only_top_call: bool,
    /// Logs too.
    pub with_log: bool,
}

/// One call and the calls it made, as geth's `callTracer` writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// `CALL`, `STATICCALL`, `DELEGATECALL`, `CALLCODE`, `CREATE`, `CREATE2` or `SELFDESTRUCT`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Who called.
    pub from: Address,
    /// Who was called or created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Address>,
    /// Value in wei; not for static calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<U256>,
    /// Gas given.
    #[serde(with = "alloy_serde::quantity")]
    pub gas: u64,
    /// Gas used.
    #[serde(with = "alloy_serde::quantity")]
    pub gas_used: u64,
    /// Call data or init code.
    pub input: Bytes,
    /// Returned or reverted data, or the created code.
    #[serde(skip_serializing_if = "is_empty")]
    pub output: Bytes,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Calls made, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Trace>,
    /// Logs written, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<Log>,
}

fn is_empty(data: &Bytes) -> bool {
    data.is_empty()
}

impl Chain {
    /// Runs a mined transaction again, on the state it ran on, and tells what it did.
    ///
    /// # Errors
    /// [`ChainError::UnknownTransaction`].
    pub fn trace_transaction(
        &self,
        hash: B256,
        options: TraceOptions,
    ) -> Result<Trace, ChainError> {
        let (block, index) = self
            .transaction(hash)
            .ok_or(ChainError::UnknownTransaction(hash))?;
        let context = context_of(block);
        let mut recent = RecentPrograms::default();
        for mined in &block.transactions[..index] {
            recent = self.replay(mined, &context, recent)?;
        }
        let mined = &block.transactions[index];
        let executor = Executor {
            recent,
            ..self.executor(&context, mined.transaction.signer())
        };
        let reader = Reader::new(self.state.at(mined.before), &self.blocks);
        run(
            &executor,
            reader,
            transaction::env(&mined.transaction, self.config.chain_id, context.base_fee),
            options,
        )
    }

    /// Runs a call and tells what it did.
    ///
    /// # Errors
    /// Why it could not run; a call that fails is a trace with an error.
    pub fn trace_call(&self, call: &Call, options: TraceOptions) -> Result<Trace, ChainError> {
        let context = self.call_context(call)?;
        let mut reader = self.reader(call)?;
        let gas = call.request.gas.unwrap_or(TX_GAS_LIMIT).min(TX_GAS_LIMIT);
        let tx = call_env(call, gas, &mut reader)?;
        run(&self.call_executor(&context), reader, tx, options)
    }

    /// The block's recent programs after a mined transaction.
    fn replay(
        &self,
        mined: &Mined,
        context: &Context,
        recent: RecentPrograms,
    ) -> Result<RecentPrograms, ChainError> {
        let sender = mined.transaction.signer();
        Executor {
            recent,
            ..self.executor(context, sender)
        }
        .transact(
            Reader::new(self.state.at(mined.before), &self.blocks),
            transaction::env(&mined.transaction, self.config.chain_id, context.base_fee),
        )
        .map(|output| output.recent)
        .map_err(|error| refused(error, sender))
    }
}

fn run(
    executor: &Executor<'_>,
    reader: Reader<'_>,
    tx: TxEnv,
    options: TraceOptions,
) -> Result<Trace, ChainError> {
    let mut tracer = CallTracer {
        options,
        ..CallTracer::default()
    };
    let (sender, gas) = (tx.caller, tx.gas_limit);
    let output = executor
        .inspect(reader, tx, &mut tracer)
        .map_err(|error| refused(error, sender))?;
    let mut trace = tracer.finished.ok_or_else(|| {
        ChainError::Invalid("the transaction made no call that could be traced".into())
    })?;
    // The outermost call also has the transaction's fixed costs and refunds.
    trace.gas = gas;
    trace.gas_used = output.result.tx_gas_used();
    if let (ExecutionResult::Halt { reason, .. }, None) = (&output.result, &trace.error) {
        trace.error = Some(reason.to_string());
    }
    Ok(trace)
}

/// Builds the tree of calls.
#[derive(Debug, Default)]
struct CallTracer {
    options: TraceOptions,
    depth: usize,
    open: Vec<Trace>,
    finished: Option<Trace>,
}

impl CallTracer {
    fn wanted(&self) -> bool {
        !(self.options.only_top_call && self.depth > 1)
    }

    fn begin(&mut self, trace: Trace) {
        self.depth += 1;
        if self.wanted() {
            self.open.push(trace);
        }
    }

    fn end(&mut self, result: &InterpreterResult, created: Option<Address>) {
        let wanted = self.wanted();
        self.depth = self.depth.saturating_sub(1);
        if !wanted {
            return;
        }
        let Some(mut trace) = self.open.pop() else {
            return;
        };
        trace.gas_used = result.gas.total_gas_spent();
        trace.output = result.output.clone();
        trace.to = trace.to.or(created);
        if result.result.is_revert() {
            trace.error = Some("execution reverted".into());
        } else if !result.result.is_ok() {
            trace.error = Some(format!("{:?}", result.result));
        }
        if trace.error.is_some() {
            trace.logs.clear();
        }
        match self.open.last_mut() {
            Some(parent) => parent.calls.push(trace),
            None => self.finished = Some(trace),
        }
    }
}

impl<CTX: ContextTr> Inspector<CTX> for CallTracer {
    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let (kind, from, to) = match inputs.scheme {
            CallScheme::Call => ("CALL", inputs.caller, inputs.target_address),
            CallScheme::StaticCall => ("STATICCALL", inputs.caller, inputs.target_address),
            CallScheme::CallCode => ("CALLCODE", inputs.target_address, inputs.bytecode_address),
            CallScheme::DelegateCall => (
                "DELEGATECALL",
                inputs.target_address,
                inputs.bytecode_address,
            ),
        };
        self.begin(Trace {
            kind,
            from,
            to: Some(to),
            value: (kind != "STATICCALL").then(|| inputs.call_value()),
            gas: inputs.gas_limit,
            gas_used: 0,
            input: inputs.input.bytes(context),
            output: Bytes::new(),
            error: None,
            calls: Vec::new(),
            logs: Vec::new(),
        });
        None
    }

    fn call_end(&mut self, _: &mut CTX, _: &CallInputs, outcome: &mut CallOutcome) {
        self.end(&outcome.result, None);
    }

    fn create(&mut self, _: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.begin(Trace {
            kind: if matches!(inputs.scheme(), CreateScheme::Create2 { .. }) {
                "CREATE2"
            } else {
                "CREATE"
            },
            from: inputs.caller(),
            to: None,
            value: Some(inputs.value()),
            gas: inputs.gas_limit(),
            gas_used: 0,
            input: inputs.init_code().clone(),
            output: Bytes::new(),
            error: None,
            calls: Vec::new(),
            logs: Vec::new(),
        });
        None
    }

    fn create_end(&mut self, _: &mut CTX, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.end(&outcome.result, outcome.address);
    }

    fn log(&mut self, _: &mut CTX, log: Log) {
        if let (true, true, Some(trace)) =
            (self.options.with_log, self.wanted(), self.open.last_mut())
        {
            trace.logs.push(log);
        }
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        if let Some(trace) = self.open.last_mut() {
            trace.calls.push(Trace {
                kind: "SELFDESTRUCT",
                from: contract,
                to: Some(target),
                value: Some(value),
                gas: 0,
                gas_used: 0,
                input: Bytes::new(),
                output: Bytes::new(),
                error: None,
                calls: Vec::new(),
                logs: Vec::new(),
            });
        }
    }
}
