//! The golden programs: what the real runtime charges, to the last ink.
//!
//! The EVM here is a handful of rules (storage, transient storage, logs, balances and code); calls that call or create
//! are compared where there is a whole EVM.

mod world;

use std::{collections::BTreeMap, path::PathBuf};

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use ogpu_stylus::{
    Activation, Context, Frame, Module, Outcome, Pages, Params, Status, Step, activate,
};
use serde_json::Value;
use world::World;

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../evm/golden")
}

fn entries() -> Vec<Value> {
    let text = std::fs::read_to_string(golden().join("golden.json"))
        .expect("the golden set is part of the repository");
    serde_json::from_str(&text).expect("golden.json is JSON")
}

fn wasm(entry: &Value) -> Vec<u8> {
    let name = entry["module"].as_str().unwrap().replace(".wat", ".wasm");
    std::fs::read(golden().join("modules").join(name)).expect("every entry has its module")
}

fn params(entry: &Value) -> Params {
    let mut params = Params::at(entry["arbos"].as_u64().unwrap());
    assert_eq!(
        u64::from(params.version),
        entry["stylus_version"].as_u64().unwrap()
    );
    params.max_stack_depth = entry["max_depth"].as_u64().unwrap() as u32;
    params
}

fn describe(entry: &Value) -> String {
    format!("{} at ArbOS {}", entry["module"], entry["arbos"])
}

#[test]
fn activations_are_equal() {
    let mut differences = Vec::new();
    let mut compared = 0;
    for entry in entries() {
        let want = &entry["activate"];
        let number = |name: &str| want[name].as_u64().unwrap();
        let got = activate(&wasm(&entry), &params(&entry));
        let equal = match &got {
            Ok(got) if want["ok"] == true => {
                *got == Activation {
                    init_cost: number("init_cost") as u16,
                    cached_init_cost: number("cached_init_cost") as u16,
                    footprint: number("footprint") as u16,
                    asm_estimate: number("asm_estimate") as u32,
                    activation_gas: number("activation_gas"),
                }
            }
            Ok(_) => false,
            Err(_) => want["ok"] == false,
        };
        compared += 1;
        if !equal {
            differences.push(format!("{}: want {want}, got {got:?}", describe(&entry)));
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {compared} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert_eq!(compared, 179);
}

#[test]
fn calls_are_equal() {
    let mut differences = Vec::new();
    let mut compared = 0;
    for entry in entries() {
        for (index, call) in entry["calls"].as_array().into_iter().flatten().enumerate() {
            let makes_frames =
                |about: &str| about.contains("call prices") || about.contains("create price");
            if call["mock_about"].as_str().is_some_and(makes_frames) {
                continue;
            }
            compared += 1;
            let differing = compare(&entry, call);
            if !differing.is_empty() {
                differences.push(format!(
                    "{} call {index}: {}",
                    describe(&entry),
                    differing.join("; ")
                ));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {compared} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(compared > 300, "only {compared} calls compared");
}

/// Runs a call and says what differs.
fn compare(entry: &Value, call: &Value) -> Vec<String> {
    let params = params(entry);
    let module = Module::new(&wasm(entry), &params).expect("it activates");
    let limit = call["gas_limit"].as_u64().unwrap();
    let mut pages = Pages::default();
    let overhead = pages.open(module.footprint(), &params)
        + params.start_gas(&module.activation(), call["cached"] == true);
    let mut world = World::new(
        &call["storage_before"],
        entry["context"]["readonly"] == true,
    );
    let context = context(
        call["calldata"].as_str().unwrap(),
        &entry["context"]["value"],
    );

    let outcome = if limit < overhead {
        None
    } else {
        let mut frame = Frame::new(&module, &params, context, limit - overhead).unwrap();
        let mut step = frame.run(&mut pages).unwrap();
        loop {
            match step {
                Step::Done(outcome) => break Some(outcome),
                Step::Request(request) => {
                    step = frame.resume(world.answer(request), &mut pages).unwrap()
                }
            }
        }
    };

    let mut differing = Vec::new();
    let mut check = |name: &str, got: Value, want: &Value| {
        if got != *want {
            differing.push(format!("{name}: want {want}, got {got}"));
        }
    };
    check("call_overhead", overhead.into(), &call["call_overhead"]);
    let Some(outcome) = outcome else {
        check("status", "out_of_gas".into(), &call["status"]);
        return differing;
    };
    let given = limit - overhead;
    let gas_left = params.gas_left_after_output(limit, outcome.gas_left, outcome.output.len());
    check("status", status(outcome.status).into(), &call["status"]);
    check(
        "ink_used",
        (given * u64::from(params.ink_price) - outcome.ink_left).into(),
        &call["ink_used"],
    );
    check(
        "program_gas",
        (given - outcome.gas_left).into(),
        &call["program_gas"],
    );
    check("gas_used", (limit - gas_left).into(), &call["gas_used"]);
    check(
        "pages_at_end",
        outcome.memory_pages.into(),
        &call["pages_at_end"],
    );
    check(
        "hostio",
        host_calls(&outcome),
        call.get("hostio")
            .unwrap_or(&Value::Object(Default::default())),
    );
    match call.get("output") {
        Some(output) => check(
            "output",
            hex::encode_prefixed(&outcome.output).into(),
            output,
        ),
        None => check(
            "output_len",
            outcome.output.len().into(),
            &call["output_len"],
        ),
    }
    if outcome.status == Status::Success {
        check("stack_left", outcome.stack_left.into(), &call["stack_left"]);
        check(
            "refund",
            world.refund.into(),
            call.get("refund").unwrap_or(&0.into()),
        );
        check(
            "logs",
            world.logs.len().into(),
            &call["logs"].as_array().map_or(0, Vec::len).into(),
        );
        let changed = call
            .get("storage_changed")
            .cloned()
            .unwrap_or(Value::Object(Default::default()));
        check("storage_changed", world.changed(), &changed);
    }
    differing
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Success => "success",
        Status::Revert => "revert",
        Status::Failure => "failure",
        Status::OutOfGas => "out_of_gas",
        Status::OutOfStack => "out_of_stack",
    }
}

fn host_calls(outcome: &Outcome) -> Value {
    let calls: BTreeMap<_, _> = outcome
        .host_calls
        .iter()
        .map(|(name, calls)| {
            (
                *name,
                serde_json::json!({ "calls": calls.calls, "ink": calls.ink }),
            )
        })
        .collect();
    serde_json::to_value(calls).unwrap()
}

/// The world every golden call runs in.
fn context(calldata: &str, value: &Value) -> Context {
    Context {
        contract: world::CONTRACT,
        sender: world::SENDER,
        origin: world::SENDER,
        value: value
            .as_str()
            .map_or(U256::ZERO, |value| value.parse().unwrap()),
        block_number: 123_456,
        block_timestamp: 1_800_000_000,
        block_gas_limit: 1 << 50,
        block_basefee: U256::from(100_000_000),
        block_coinbase: Address::repeat_byte(0xcb),
        chain_id: 412_346,
        gas_price: U256::from(100_000_000),
        reentrant: false,
        calldata: calldata.parse::<Bytes>().unwrap(),
    }
}

/// A word in the form golden.json has it.
fn word(text: &str) -> B256 {
    text.parse().unwrap()
}
