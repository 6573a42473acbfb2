//! What an inspector learns of programs, and programs in fragments.

mod common;

use common::{Chain, FEE, USER, module, program_code, relay};
use ogpu_evm::{
    Executor, Programs,
    revm::{
        Inspector,
        context::{ContextTr, TxEnv},
        interpreter::{CallInputs, CallOutcome},
        primitives::{Address, Log, TxKind, hex},
    },
};

/// Returns its calldata.
const ECHO: [u8; 7] = hex!("363d3d37363df3");
const THERE: Address = Address::repeat_byte(0x22);

#[derive(Default)]
struct Recorder {
    calls: Vec<(Address, Vec<u8>)>,
    ends: Vec<(Address, bool)>,
    logs: Vec<Log>,
}

impl<CTX: ContextTr> Inspector<CTX> for Recorder {
    fn call(&mut self, ctx: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.calls
            .push((inputs.target_address, inputs.input.bytes(ctx).to_vec()));
        None
    }

    fn call_end(&mut self, _: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        self.ends
            .push((inputs.target_address, outcome.result.is_ok()));
    }

    fn log(&mut self, _: &mut CTX, log: Log) {
        self.logs.push(log);
    }
}

/// Executes a call under inspection, and again without: both must do the same.
fn inspect(chain: &mut Chain, to: Address, data: Vec<u8>) -> Recorder {
    let tx = TxEnv {
        caller: USER,
        gas_limit: common::GAS,
        gas_price: u128::from(chain.block.base_fee),
        kind: TxKind::Call(to),
        data: data.clone().into(),
        nonce: chain.account(USER).nonce,
        chain_id: Some(chain.config.chain_id),
        ..TxEnv::default()
    };
    let programs = Programs::default();
    let mut recorder = Recorder::default();
    let inspected = Executor::new(&chain.config, &chain.block, &programs)
        .inspect(&mut chain.db, tx, &mut recorder)
        .expect("the transaction is valid");
    let plain = chain.send(to, data, 0);
    assert_eq!(inspected.result, plain.result);
    assert_eq!(inspected.frames, plain.frames);
    recorder
}

#[test]
fn an_inspector_sees_the_calls_of_programs() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    chain.set_code(THERE, &ECHO);
    let inner = relay(0, THERE, b"deep");
    let outer = relay(0, program, &inner);
    let seen = inspect(&mut chain, program, outer.clone());
    assert_eq!(
        seen.calls,
        [
            (program, outer),
            (program, inner),
            (THERE, b"deep".to_vec())
        ]
    );
    assert_eq!(seen.ends, [(THERE, true), (program, true), (program, true)]);
}

#[test]
fn an_inspector_sees_the_logs_and_failures_of_programs() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    let logger = chain.program(&module("host_emit_log"));
    // One topic, and data of two bytes.
    let log = [&hex!("22000000 01000000")[..], &[7; 32], &[9; 2]].concat();
    let seen = inspect(&mut chain, program, relay(0, logger, &log));
    assert_eq!(seen.logs.len(), 1, "{:?}", seen.ends);
    assert_eq!(seen.logs[0].address, logger);

    let seen = inspect(&mut chain, program, relay(2, logger, &log));
    assert_eq!(seen.ends, [(logger, false), (program, false)]);
    assert!(seen.logs.is_empty());
}

#[test]
fn from_arbos_60_a_program_may_be_split() {
    let mut chain = Chain::at(60);
    let wasm = module("relay");
    let code = program_code(&wasm);
    let (first, second) = code[4..].split_at(code.len() / 2);
    let fragment =
        |chain: &mut Chain, slice: &[u8]| chain.deploy(&[&hex!("eff001")[..], slice].concat());
    let fragments = [fragment(&mut chain, first), fragment(&mut chain, second)];
    let length = (wasm.len() as u32).to_be_bytes();
    let root = |parts: &[Address]| {
        let parts: Vec<_> = parts.iter().flat_map(|part| part.to_vec()).collect();
        [&hex!("eff00200")[..], &length, &parts].concat()
    };
    let program = chain.deploy(&root(&fragments));
    let result = chain.activate(program, FEE).result;
    assert!(result.is_success(), "{result:?}");
    chain.set_code(THERE, &ECHO);
    let result = chain.send(program, relay(0, THERE, b"whole"), 0).result;
    assert_eq!(result.output().unwrap().as_ref(), b"whole");

    let too_many = chain.deploy(&root(&[fragments[0], fragments[1], fragments[1]]));
    assert!(chain.activate(too_many, FEE).result.is_halt());
    let incomplete = chain.deploy(&root(&fragments[..1]));
    assert!(chain.activate(incomplete, FEE).result.is_halt());
    let foreign = chain.deploy(&root(&[fragments[0], THERE]));
    assert!(chain.activate(foreign, FEE).result.is_halt());
}
