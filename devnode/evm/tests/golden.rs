//! The golden numbers: every activation and call must do exactly what the production runtime does.

use ogpu_evm::run::run;
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

const MUST: [&str; 4] = ["status", "ink_used", "call_overhead", "gas_used"];
const MAY: [&str; 5] = [
    "program_gas",
    "hostio",
    "pages_at_end",
    "stack_left",
    "frames",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

fn entries() -> Vec<Value> {
    let text = fs::read_to_string(folder().join("golden.json")).expect("golden.json is there");
    serde_json::from_str(&text).expect("golden.json is JSON")
}

/// The file of a module named by its source.
fn module(name: &Value) -> Value {
    let name = name
        .as_str()
        .expect("modules are named")
        .replace(".wat", ".wasm");
    folder()
        .join("modules")
        .join(name)
        .to_str()
        .expect("paths are UTF-8")
        .into()
}

fn request(entry: &Value) -> Value {
    let programs = entry["programs"].as_object();
    let programs = programs
        .into_iter()
        .flatten()
        .map(|(at, name)| (at.clone(), module(name)));
    let calls: Vec<_> = calls(entry)
        .iter()
        .map(|call| {
            json!({
                "calldata": call["calldata"], "gas_limit": call["gas_limit"],
                "cached": call["cached"], "storage_before": call["storage_before"],
            })
        })
        .collect();
    json!({
        "module": module(&entry["module"]),
        "arbos": entry["arbos"], "stylus_version": entry["stylus_version"], "max_depth": entry["max_depth"],
        "context": entry.get("context").cloned().unwrap_or_else(|| json!({})),
        "programs": programs.collect::<serde_json::Map<_, _>>(),
        "calls": calls,
    })
}

fn calls(entry: &Value) -> &[Value] {
    entry
        .get("calls")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// What differs between the figures of an activation.
fn activation_differences(want: &Value, got: &Value) -> Vec<String> {
    let want = want.as_object().expect("an activation is an object");
    want.iter()
        .filter(|(name, value)| *name != "why" && got.get(*name) != Some(value))
        .map(|(name, value)| format!("{name}: want {value}, got {}", got[name]))
        .collect()
}

/// What differs between two calls.
fn call_differences(want: &Value, got: &Value) -> Vec<String> {
    let differs = |name: &str, want: Option<&Value>, got: Option<&Value>| {
        (want != got).then(|| format!("{name}: want {want:?}, got {got:?}"))
    };
    let must = MUST
        .iter()
        .filter_map(|name| differs(name, want.get(name), got.get(name)));
    let may = MAY
        .iter()
        .filter(|name| want.get(**name).is_some())
        .filter_map(|name| differs(name, want.get(name), got.get(name)));
    let none = [
        ("refund", json!(0)),
        ("logs", json!([])),
        ("storage_changed", json!({})),
    ];
    let empty = none.iter().filter_map(|(name, none)| {
        let or_none = |value: &Value| value.get(name).unwrap_or(none).clone();
        differs(name, Some(&or_none(want)), Some(&or_none(got)))
    });
    must.chain(may)
        .chain(empty)
        .chain(output_difference(want, got))
        .collect()
}

fn output_difference(want: &Value, got: &Value) -> Option<String> {
    let output = got["output"].as_str().unwrap_or_default();
    if let Some(want) = want.get("output") {
        return (want != output).then(|| format!("output: want {want}, got {output}"));
    }
    let bytes = alloy_primitives::hex::decode(output).expect("output is hexadecimal");
    let digest = sha256(&bytes);
    let same = want["output_len"] == bytes.len() && want["output_sha256"] == digest;
    (!same).then(|| format!("output: {} bytes with digest {digest}", bytes.len()))
}

fn sha256(bytes: &[u8]) -> String {
    let crypto = ogpu_evm::revm::precompile::hash::sha256_run(bytes, u64::MAX);
    alloy_primitives::hex::encode(crypto.expect("there is gas enough").bytes)
}

#[test]
fn every_activation_and_call_is_equal() {
    let (mut activations, mut calls_compared) = (0, 0);
    let mut wrong = Vec::new();
    for entry in entries() {
        let name = format!("{} at ArbOS {}", entry["module"], entry["arbos"]);
        let answer = run(&request(&entry).to_string()).expect("a golden request is answered");
        let answer: Value = serde_json::from_str(&answer).expect("an answer is JSON");
        activations += 1;
        for difference in activation_differences(&entry["activate"], &answer["activate"]) {
            wrong.push(format!("{name}: {difference}"));
        }
        for (at, call) in calls(&entry).iter().enumerate() {
            calls_compared += 1;
            for difference in call_differences(call, &answer["calls"][at]) {
                wrong.push(format!(
                    "{name}, call {at} {}: {difference}",
                    call["calldata"]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!((activations, calls_compared), (179, 358));
}
