//! Frames as whoever runs them meets them: requests, answers, wrong use, and what the golden set does not reach.

mod program;

use alloy_primitives::{Address, B256, Bytes, U256};
use ogpu_stylus::{
    Context, Frame, FrameError, InvalidModule, Module, Outcome, Pages, Params, Request, Response,
    Status, Step, activate,
};
use program::Program;
use wasm_encoder::{BlockType, Instruction as I, ValType};

const GAS: u64 = 1_000_000;

fn context() -> Context {
    Context {
        contract: Address::repeat_byte(1),
        sender: Address::repeat_byte(2),
        origin: Address::repeat_byte(3),
        value: U256::ZERO,
        block_number: 1,
        block_timestamp: 2,
        block_gas_limit: 3,
        block_basefee: U256::from(4),
        block_coinbase: Address::repeat_byte(5),
        chain_id: 6,
        gas_price: U256::from(7),
        reentrant: false,
        calldata: Bytes::new(),
    }
}

fn frame(program: &Program, arbos: u64, gas: u64) -> Frame {
    let params = Params::at(arbos);
    let module = Module::new(&program.wasm(), &params).expect("the program is valid");
    Frame::new(&module, &params, context(), gas).expect("there is memory")
}

/// Runs a program that asks for nothing.
fn run(program: &Program, arbos: u64, gas: u64) -> Outcome {
    match frame(program, arbos, gas)
        .run(&mut Pages::default())
        .expect("it runs")
    {
        Step::Done(outcome) => outcome,
        Step::Request(request) => panic!("unexpected {request:?}"),
    }
}

#[test]
fn functions_left_by_a_branch_give_their_frame_back() {
    for branch in [
        vec![I::Br(0)],
        vec![I::I32Const(1), I::BrIf(0)],
        vec![I::I32Const(9), I::BrTable([0].as_slice().into(), 0)],
    ] {
        let mut program = Program::new();
        let leaves = program.function([], [], branch);
        // 100,000 calls of it: the words of all frames are far more than there are
        program.entry([
            I::Loop(BlockType::Empty),
            I::Call(leaves),
            I::LocalGet(1),
            I::I32Const(1),
            I::I32Add,
            I::LocalTee(1),
            I::I32Const(100_000),
            I::I32LtU,
            I::BrIf(0),
            I::End,
            I::I32Const(0),
        ]);
        let outcome = run(&program, 51, 100 * GAS);
        assert_eq!(
            (outcome.status, outcome.stack_left),
            (Status::Success, 22_000)
        );
    }
}

#[test]
fn functions_of_several_results_can_be_left_by_a_branch() {
    let mut program = Program::new();
    let both = program.function(
        [],
        [ValType::I32, ValType::I64],
        [I::I32Const(7), I::I64Const(8), I::Br(0)],
    );
    program.entry([
        I::Call(both),
        I::I32WrapI64,
        I::I32Mul,
        I::I32Const(56),
        I::I32Ne,
    ]);
    let outcome = run(&program, 51, GAS);
    assert_eq!(
        (outcome.status, outcome.stack_left),
        (Status::Success, 22_000)
    );
    assert!(matches!(
        activate(&program.wasm(), &Params::at(60)),
        Err(InvalidModule::Invalid(_))
    ));
}

#[test]
fn the_most_gas_there_can_be_is_no_trouble() {
    let mut program = Program::new();
    program.entry([I::I32Const(0)]);
    let outcome = run(&program, 51, u64::MAX);
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.ink_left, u64::MAX - 2452);
}

#[test]
fn a_function_without_its_end_is_no_program() {
    let mut program = Program::new();
    program.entry([I::I32Const(0)]);
    let mut wasm = program.wasm();
    let last = wasm.len() - 1;
    assert_eq!(wasm[last], 0x0b, "the code section is the last");
    wasm[last] = 0x01;
    assert!(matches!(
        activate(&wasm, &Params::at(51)),
        Err(InvalidModule::Invalid(_))
    ));
}

#[test]
fn a_host_function_is_no_entry_point() {
    let mut program = Program::new();
    let size = program.import("account_code_size", [ValType::I32], [ValType::I32]);
    program.export_entry(size);
    let error = activate(&program.wasm(), &Params::at(51)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the module exports no user_entrypoint of its own"
    );
}

#[test]
fn errors_name_what_was_wrong() {
    let mut program = Program::new();
    program.entry([I::F32Const(1.0.into()), I::F32Const(2.0.into()), I::F32Lt]);
    let error = activate(&program.wasm(), &Params::at(51)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("instruction F32Lt is not allowed"),
        "{error}"
    );

    let mut program = Program::new();
    program.import("read_args", [ValType::I64], []);
    program.entry([I::I32Const(0)]);
    let error = activate(&program.wasm(), &Params::at(51)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "host function vm_hooks.read_args imported as (func (param i64)), but it is (func (param i32))"
    );

    let mut params = Params::at(51);
    params.max_wasm_size = 10;
    let error = activate(&program.wasm(), &params).unwrap_err();
    assert!(
        error.to_string().ends_with("at most 10 are allowed"),
        "{error}"
    );
}

/// A program that asks for the balance of the zero address and stores it at 32.
fn balance() -> Program {
    let mut program = Program::new();
    let balance = program.import("account_balance", [ValType::I32, ValType::I32], []);
    program.entry([
        I::I32Const(0),
        I::I32Const(32),
        I::Call(balance),
        I::I32Const(0),
    ]);
    program
}

#[test]
fn a_request_is_answered_once_and_in_kind() {
    let mut pages = Pages::default();
    let mut waiting = frame(&balance(), 51, GAS);
    assert!(matches!(
        waiting.resume(Response::Denied, &mut pages),
        Err(FrameError::NotWaiting)
    ));
    assert_eq!(
        waiting.run(&mut pages).unwrap(),
        Step::Request(Request::AccountBalance {
            address: Address::ZERO
        })
    );
    assert!(matches!(
        waiting.run(&mut pages),
        Err(FrameError::AlreadyRun)
    ));
    assert!(matches!(
        waiting.resume(Response::Done { gas: 1 }, &mut pages),
        Err(FrameError::WrongResponse)
    ));

    let mut waiting = frame(&balance(), 51, GAS);
    waiting.run(&mut pages).unwrap();
    let answer = Response::Balance {
        value: U256::from(5),
        gas: 2600,
    };
    let Step::Done(outcome) = waiting.resume(answer.clone(), &mut pages).unwrap() else {
        panic!("it has ended")
    };
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(outcome.host_calls["account_balance"].calls, 1);
    assert_eq!(
        outcome.host_calls["account_balance"].ink,
        78_153 + 26_000_000
    );
    assert!(matches!(
        waiting.resume(answer, &mut pages),
        Err(FrameError::NotWaiting)
    ));
}

#[test]
fn many_frames_of_a_program_can_wait_at_once() {
    let mut pages = Pages::default();
    let params = Params::at(51);
    let module = Module::new(&balance().wasm(), &params).unwrap();
    let mut frames: Vec<_> = (0..200)
        .map(|_| Frame::new(&module, &params, context(), GAS).unwrap())
        .collect();
    for frame in &mut frames {
        assert!(matches!(frame.run(&mut pages).unwrap(), Step::Request(_)));
    }
    for (gas, frame) in (0..).zip(&mut frames) {
        let answer = Response::Balance {
            value: U256::ZERO,
            gas,
        };
        let Step::Done(outcome) = frame.resume(answer, &mut pages).unwrap() else {
            panic!("it has ended")
        };
        assert_eq!(
            outcome.host_calls["account_balance"].ink,
            78_153 + gas * 10_000
        );
    }
}

#[test]
fn an_answer_that_costs_too_much_runs_out_of_gas() {
    let mut pages = Pages::default();
    let mut waiting = frame(&balance(), 51, 2700);
    waiting.run(&mut pages).unwrap();
    let answer = Response::Balance {
        value: U256::ZERO,
        gas: 3000,
    };
    let Step::Done(outcome) = waiting.resume(answer, &mut pages).unwrap() else {
        panic!("it has ended")
    };
    assert_eq!(
        (outcome.status, outcome.ink_left, outcome.gas_left),
        (Status::OutOfGas, 0, 0)
    );
    // less than the dearest access: not even asked
    assert_eq!(run(&balance(), 51, 2600).status, Status::OutOfGas);
}

#[test]
fn code_is_looked_up_once_unless_there_is_none() {
    let mut program = Program::new();
    let size = program.import("account_code_size", [ValType::I32], [ValType::I32]);
    program.entry([
        I::I32Const(0),
        I::Call(size),
        I::I32Const(0),
        I::Call(size),
        I::I32Add,
    ]);
    let asked = |arbos: u64, code: &'static [u8]| {
        let mut pages = Pages::default();
        let mut frame = frame(&program, arbos, GAS);
        let mut asked = 0;
        let mut step = frame.run(&mut pages).unwrap();
        while let Step::Request(Request::AccountCode { .. }) = step {
            asked += 1;
            let answer = Response::Code {
                code: Bytes::from_static(code),
                gas: 3300,
            };
            step = frame.resume(answer, &mut pages).unwrap();
        }
        asked
    };
    assert_eq!(asked(51, b"code"), 1);
    assert_eq!(asked(51, b""), 2);
    assert_eq!(asked(50, b""), 1);
}

#[test]
fn pages_are_the_transactions() {
    let mut program = Program::new();
    let pay = program.import("pay_for_memory_grow", [ValType::I32], []);
    program.entry([I::I32Const(10), I::Call(pay), I::I32Const(0)]);
    let mut pages = Pages { open: 1, ever: 1 };
    let Step::Done(outcome) = frame(&program, 51, GAS).run(&mut pages).unwrap() else {
        panic!("it asks for nothing")
    };
    let gas = Pages { open: 1, ever: 1 }.open_cost(10, &Params::at(51));
    assert_eq!(outcome.host_calls["pay_for_memory_grow"].ink, gas * 10_000);
    assert_eq!(pages, Pages { open: 11, ever: 11 });
}

#[test]
fn a_flush_names_the_slots_in_the_order_they_were_set() {
    let mut program = Program::new();
    let set = program.import("storage_cache_bytes32", [ValType::I32, ValType::I32], []);
    let flush = program.import("storage_flush_cache", [ValType::I32], []);
    let store = |at: i32, byte: i32| {
        let place = wasm_encoder::MemArg {
            offset: 0,
            align: 0,
            target: Default::default(),
            ordering: None,
        };
        [I::I32Const(at), I::I32Const(byte), I::I32Store8(place)]
    };
    let mut code = store(31, 2).to_vec();
    code.extend(store(63, 1));
    code.extend([I::I32Const(0), I::I32Const(32), I::Call(set)]);
    code.extend([I::I32Const(32), I::I32Const(0), I::Call(set)]);
    code.extend([I::I32Const(1), I::Call(flush), I::I32Const(0)]);
    program.entry(code);
    let two = B256::with_last_byte(2);
    let one = B256::with_last_byte(1);
    let step = frame(&program, 51, GAS).run(&mut Pages::default()).unwrap();
    let Step::Request(Request::StorageFlush { slots, gas_left }) = step else {
        panic!("{step:?}")
    };
    assert_eq!(slots, [(two, one), (one, two)]);
    assert!(gas_left < GAS && gas_left > GAS - 100, "{gas_left}");
}
