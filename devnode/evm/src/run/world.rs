//! The small world that calls are run in.

use super::{
    Call, Request, RunError, Surroundings, config, read,
    report::{CallReport, host_calls, status},
};
use crate::{
    arbos::{ARBOS_STATE, Program, Space, pack_params},
    code::encode,
    config::{Block, ChainConfig, Options},
    evm::ArbEvm,
    executor::Executor,
    handler::ArbHandler,
    programs::Programs,
};
use ogpu_stylus::{Activation, Pages, Params, Status};
use revm::{
    context::{ContextTr as _, JournalTr, LocalContextTr as _, TxEnv},
    database::InMemoryDB,
    handler::{EvmTr, FrameResult, Handler as _},
    inspector::NoOpInspector,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, FrameInput, SharedMemory,
        interpreter_action::FrameInit,
    },
    primitives::{Address, B256, Bytes, U256, hex, keccak256},
    state::{AccountInfo, Bytecode, EvmState},
};
use std::collections::BTreeMap;

const CONTRACT: Address = Address::repeat_byte(0xC0);
const SENDER: Address = Address::repeat_byte(0x5E);
const COINBASE: Address = Address::repeat_byte(0xCB);
/// An account without code.
const PLAIN: Address = Address::repeat_byte(0xE0);
/// A contract that returns its calldata.
const ECHO: (Address, [u8; 7]) = (Address::repeat_byte(0xD1), hex!("363d3d37363df3"));
/// A contract that reverts with its calldata.
const REVERTING_ECHO: (Address, [u8; 7]) = (Address::repeat_byte(0xD2), hex!("363d3d37363dfd"));
const BLOCK_NUMBER: u64 = 123_456;
const TIMESTAMP: u64 = 1_800_000_000;
const PRICE: u64 = 100_000_000;

/// Accounts, block and chain that every call of a request finds.
pub(super) struct World {
    config: ChainConfig,
    block: Block,
    context: Surroundings,
    params: Params,
    activation: Activation,
    programs: Programs,
    db: InMemoryDB,
}

impl World {
    pub(super) fn new(
        request: &Request,
        params: Params,
        wasm: Vec<u8>,
        activation: Activation,
    ) -> Result<Self, RunError> {
        let context = request.context.clone();
        let defaults = Block::default();
        let block = Block {
            number: context.block_number.unwrap_or(BLOCK_NUMBER),
            l1_number: context.block_number.unwrap_or(BLOCK_NUMBER),
            timestamp: context.block_timestamp.unwrap_or(TIMESTAMP),
            base_fee: context
                .block_basefee
                .map_or(PRICE, |fee| fee.saturating_to()),
            gas_limit: context.block_gas_limit.unwrap_or(defaults.gas_limit),
            coinbase: context.block_coinbase.unwrap_or(COINBASE),
            ..defaults
        };
        let mut world = Self {
            config: config(request),
            block,
            context,
            params,
            activation,
            programs: Programs::default(),
            db: InMemoryDB::default(),
        };
        world.populate(&wasm);
        for (&account, path) in &request.programs {
            let wasm = read(path)?;
            let activation =
                ogpu_stylus::activate(&wasm, &world.params).map_err(|error| RunError::Program {
                    path: path.clone(),
                    error,
                })?;
            world.add_program(account, AccountInfo::default(), &wasm, activation);
        }
        Ok(world)
    }

    /// The accounts, with the balances they have after the value of the call has moved.
    fn populate(&mut self, wasm: &[u8]) {
        let ether = U256::from(10).pow(U256::from(18));
        let value = self.context.value;
        let balance = (U256::from(5) * ether).saturating_sub(value);
        let contract = AccountInfo {
            balance,
            nonce: 1,
            ..AccountInfo::default()
        };
        self.add_program(CONTRACT, contract, wasm, self.activation);
        let with_balance = |balance| AccountInfo {
            balance,
            ..AccountInfo::default()
        };
        let sender = self.sender();
        self.db
            .insert_account_info(sender, with_balance(U256::from(7000) * ether + value));
        self.db
            .insert_account_info(PLAIN, with_balance(U256::from(1000)));
        for (account, code) in [ECHO, REVERTING_ECHO] {
            let code = Bytecode::new_legacy(Bytes::copy_from_slice(&code));
            self.db
                .insert_account_info(account, AccountInfo::default().with_code(code));
        }
        self.db.insert_account_info(
            ARBOS_STATE,
            AccountInfo {
                nonce: 1,
                ..Default::default()
            },
        );
        self.set_arbos(Space::Params.slot(B256::ZERO), pack_params(&self.params));
    }

    fn sender(&self) -> Address {
        self.context.sender.unwrap_or(SENDER)
    }

    fn origin(&self) -> Address {
        self.context.origin.unwrap_or(SENDER)
    }

    fn set_arbos(&mut self, slot: U256, value: U256) {
        self.db
            .insert_account_storage(ARBOS_STATE, slot, value)
            .unwrap_or_else(|never| match never {});
    }

    fn add_program(
        &mut self,
        account: Address,
        info: AccountInfo,
        wasm: &[u8],
        activation: Activation,
    ) {
        let code = encode(wasm);
        let code_hash = keccak256(&code);
        self.db
            .insert_account_info(account, info.with_code(Bytecode::new_legacy(code.into())));
        let entry = self.entry(activation, false);
        self.set_arbos(Space::Programs.slot(code_hash), entry);
    }

    /// An entry of ArbOS' table of programs.
    fn entry(&self, activation: Activation, cached: bool) -> U256 {
        let activated_at = self.block.timestamp;
        Program {
            version: self.params.version,
            activation,
            activated_at,
            cached,
        }
        .pack()
    }

    /// Runs one call as the outermost frame of a transaction.
    pub(super) fn call(&self, call: &Call) -> Result<CallReport, RunError> {
        let overhead = self.params.start_gas(&self.activation, call.cached)
            + Pages::default().open_cost(self.activation.footprint, &self.params);
        let executor =
            Executor::new(&self.config, &self.block, &self.programs).with_options(Options::call());
        let mut evm = executor.evm(self.state_before(call)?, NoOpInspector);
        let result = self.execute(&mut evm, call).map_err(RunError::Execution)?;
        let remaining = if result.instruction_result().is_ok_or_revert() {
            result.gas().remaining()
        } else {
            0
        };
        let frames = std::mem::take(&mut evm.inner.ctx.chain.frames);
        let mut report = CallReport {
            status: status(Status::OutOfGas),
            call_overhead: overhead,
            gas_used: call.gas_limit - remaining,
            hostio: host_calls(&frames),
            frames: (frames.len() > 1).then_some(frames.len()),
            ..CallReport::default()
        };
        let Some(frame) = frames.into_iter().next_back() else {
            report.program_gas = call.gas_limit.saturating_sub(overhead);
            report.pages_at_end = Some(0);
            return Ok(report);
        };
        report.status = status(frame.outcome.status);
        report.output = frame.outcome.output;
        report.ink_used = frame.ink_used;
        report.program_gas = call.gas_limit - overhead - frame.outcome.gas_left;
        report.pages_at_end = Some(frame.outcome.memory_pages);
        if frame.outcome.status == Status::Success {
            report.stack_left = Some(frame.outcome.stack_left);
            report.refund = result.gas().refunded();
            let journal = &mut evm.inner.ctx.journaled_state;
            report.logs = journal.take_logs().into_iter().map(Into::into).collect();
            report.storage_changed = changes(journal);
        }
        Ok(report)
    }

    fn state_before(&self, call: &Call) -> Result<InMemoryDB, RunError> {
        let mut db = self.db.clone();
        for (key, value) in &call.storage_before {
            let (account, slot) = slot(key).ok_or_else(|| RunError::Slot(key.clone()))?;
            db.insert_account_storage(account, slot, *value)
                .unwrap_or_else(|never| match never {});
        }
        if call.cached {
            let code_hash = db.cache.accounts[&CONTRACT].info.code_hash;
            let entry = self.entry(self.activation, true);
            db.insert_account_storage(ARBOS_STATE, Space::Programs.slot(code_hash), entry)
                .unwrap_or_else(|never| match never {});
        }
        Ok(db)
    }

    fn execute(
        &self,
        evm: &mut ArbEvm<InMemoryDB, NoOpInspector>,
        call: &Call,
    ) -> Result<FrameResult, String> {
        let mut handler = ArbHandler::default();
        evm.ctx_mut().tx = TxEnv {
            caller: self.origin(),
            gas_price: self.gas_price(),
            gas_limit: call.gas_limit,
            ..TxEnv::default()
        };
        handler
            .load_accounts(evm)
            .map_err(|error| error.to_string())?;
        let ctx = evm.ctx_mut();
        let journal = &mut ctx.journaled_state;
        for account in [self.sender(), self.origin(), CONTRACT] {
            journal
                .load_account_with_code(account)
                .unwrap_or_else(|never| match never {});
        }
        let contract = &journal.account(CONTRACT).info;
        let known_bytecode = (
            contract.code_hash,
            contract.code.clone().unwrap_or_default(),
        );
        let inputs = CallInputs {
            input: CallInput::Bytes(call.calldata.clone()),
            return_memory_offset: 0..0,
            gas_limit: call.gas_limit,
            reservoir: 0,
            bytecode_address: CONTRACT,
            known_bytecode,
            target_address: CONTRACT,
            caller: self.sender(),
            value: CallValue::Transfer(self.context.value),
            scheme: CallScheme::Call,
            is_static: self.context.readonly,
            charged_new_account_state_gas: false,
        };
        let memory = SharedMemory::new_with_buffer(ctx.local().shared_memory_buffer().clone());
        let frame_input = FrameInput::Call(Box::new(inputs));
        let init = FrameInit {
            depth: 0,
            memory,
            frame_input,
        };
        handler
            .run_exec_loop(evm, init)
            .map_err(|error| error.to_string())
    }

    /// What the transaction pays for gas.
    fn gas_price(&self) -> u128 {
        self.context
            .gas_price
            .map_or(u128::from(self.block.base_fee), |price| {
                price.saturating_to()
            })
    }
}

/// A slot of the contract, or of another account: `address:slot`.
fn slot(key: &str) -> Option<(Address, U256)> {
    let (account, slot) = match key.split_once(':') {
        Some((account, slot)) => (account.parse().ok()?, slot),
        None => (CONTRACT, key),
    };
    Some((account, slot.parse().ok()?))
}

/// Slots that changed: of the contract, or, where other accounts' changed too, `address:slot`.
fn changes(journal: &mut impl JournalTr<State = EvmState>) -> BTreeMap<String, B256> {
    let state = journal.finalize();
    let mut changes = Vec::new();
    for (account, content) in state.iter().filter(|(account, _)| **account != ARBOS_STATE) {
        for (slot, content) in content.storage.iter().filter(|(_, slot)| slot.is_changed()) {
            changes.push((
                *account,
                B256::from(*slot),
                B256::from(content.present_value),
            ));
        }
    }
    let alone = changes.iter().all(|(account, ..)| *account == CONTRACT);
    changes
        .into_iter()
        .map(|(account, slot, value)| {
            (
                if alone {
                    slot.to_string()
                } else {
                    format!("{account:#x}:{slot}")
                },
                value,
            )
        })
        .collect()
}
