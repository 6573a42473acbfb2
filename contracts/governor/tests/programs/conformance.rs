//! What the programs answer to, held against the interfaces that are exported from their declarations (`abi/`): `governance-dao` tells calls
//! apart and reads their arguments by hand.

use std::{cell::RefCell, collections::BTreeSet};

use alloy_dyn_abi::{DynSolType, DynSolValue, FunctionExt, JsonAbiExt, Specifier};
use alloy_json_abi::{Function, JsonAbi, StateMutability};
use governor::governance::{GOVERNED, is_governed};

use super::*;

/// The functions that a program's interface has.
fn functions(program: &str) -> Vec<Function> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../abi");
    let text = std::fs::read_to_string(format!("{folder}/{program}.json")).unwrap();
    let abi: JsonAbi = serde_json::from_str(&text).unwrap();
    abi.functions.into_values().flatten().collect()
}

/// Every function of the governor, and the program of the two that has it.
fn governor() -> Vec<(Function, Address)> {
    let extension = functions("governor-admin");
    let all = functions("governance-dao");
    assert!(extension.iter().all(|function| all.contains(function)));
    let place = |function: &Function| CODE[if extension.contains(function) { 3 } else { 2 }];
    let all = all.into_iter().map(|function| {
        let place = place(&function);
        (function, place)
    });
    all.collect()
}

/// Selectors of nothing: close to those that are declared, and anywhere.
fn strange() -> Vec<[u8; 4]> {
    let declared: BTreeSet<[u8; 4]> = governor()
        .iter()
        .map(|(function, _)| function.selector().0)
        .collect();
    let close = declared.iter().flat_map(|selector| {
        let number = u32::from_be_bytes(*selector);
        (0..32).map(move |bit| (number ^ 1 << bit).to_be_bytes())
    });
    let anywhere = (0..10_000).map(|index| {
        let hash = keccak256(n(index).to_be_bytes::<32>());
        [hash[0], hash[1], hash[2], hash[3]]
    });
    let edges = [[0; 4], [0xff; 4]];
    let all = close.chain(anywhere).chain(edges);
    all.filter(|selector| !declared.contains(selector))
        .collect()
}

/// Arguments for a function, with which its views have an answer.
fn arguments(function: &Function, proposal: U256) -> Vec<DynSolValue> {
    let parameters = function.inputs.iter();
    parameters
        .map(|parameter| match parameter.name.as_str() {
            "proposalId" => DynSolValue::Uint(proposal, 256),
            "timepoint" => DynSolValue::Uint(n(host::time() - 1), 256),
            "index" => DynSolValue::Uint(n(0), 256),
            _ => value(&parameter.resolve().unwrap()),
        })
        .collect()
}

fn value(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Address => DynSolValue::Address(ALICE),
        DynSolType::Uint(bits) => DynSolValue::Uint(n(1), *bits),
        DynSolType::FixedBytes(length) => DynSolValue::FixedBytes(B256::ZERO, *length),
        DynSolType::Bytes => DynSolValue::Bytes(b"bytes".to_vec()),
        DynSolType::String => DynSolValue::String("text".to_owned()),
        DynSolType::Array(entry) => DynSolValue::Array(vec![value(entry)]),
        other => panic!("the governor has no {other}"),
    }
}

/// Where a function's calls go to be answered. What only governance may call is asked for in its own program: the first refuses it unread.
fn door(data: &[u8]) -> Address {
    if is_governed(data) { CODE[3] } else { DAO }
}

/// What a call to [`door`] comes to, with this in place of the word at `position` of the arguments.
fn with_word(data: &[u8], position: usize, word: U256) -> Answer {
    let mut data = data.to_vec();
    data[4 + position..][..32].copy_from_slice(&word.to_be_bytes::<32>());
    call(STRANGER, door(&data), n(0), &data)
}

/// What is refused for its form is refused without a reason, and nothing else is.
const MALFORMED: Answer = Err(Vec::new());

/// Fails unless the word at `position` of the arguments is read as one of this type. Positions in `data` count from `base`.
fn assert_read_as(kind: &DynSolType, data: &[u8], base: usize, position: usize, name: &str) {
    let at = base + position;
    let name = format!("{name}, {kind} at {at}");
    let bits = match kind {
        DynSolType::Address => 160,
        DynSolType::Uint(bits) => *bits,
        DynSolType::FixedBytes(4) => {
            assert_eq!(with_word(data, at, n(1)), MALFORMED, "{name}");
            return;
        }
        DynSolType::FixedBytes(32) => 256,
        _ => {
            assert_eq!(with_word(data, at, U256::MAX), MALFORMED, "{name}");
            let offset: usize = U256::from_be_slice(&data[4 + at..][..32]).to();
            let length = base + offset;
            assert_eq!(with_word(data, length, U256::MAX), MALFORMED, "{name}");
            if let DynSolType::Array(entry) = kind {
                assert_read_as(entry, data, length + 32, 0, &name);
            }
            return;
        }
    };
    let largest = U256::MAX >> (256 - bits);
    assert_ne!(with_word(data, at, largest), MALFORMED, "{name}");
    if bits < 256 {
        let larger = largest + n(1);
        assert_eq!(with_word(data, at, larger), MALFORMED, "{name}");
    }
}

#[test]
fn each_program_has_its_functions_and_no_others() {
    let _world = World::new();
    install(CODE[2], host::routes::<governance_dao::GovernanceDao>());
    install(CODE[3], host::routes::<governor_admin::GovernorAdmin>());
    let has =
        |program, data: &[u8]| call(STRANGER, program, n(0), data) != Err(host::NO_ROUTE.to_vec());
    for (function, place) in governor() {
        let data = function.abi_encode_input(&arguments(&function, n(1)));
        for program in [CODE[2], CODE[3]] {
            let name = function.signature();
            assert_eq!(
                has(program, data.as_ref().unwrap()),
                program == place,
                "{name}"
            );
        }
    }
    for selector in strange() {
        for program in [CODE[2], CODE[3]] {
            assert!(!has(program, &[selector.as_slice(), &[0; 320]].concat()));
        }
    }
}

#[test]
fn what_the_first_program_has_not_reaches_the_second_as_it_is() {
    let _world = World::new();
    let reached = Rc::new(RefCell::new(Vec::new()));
    let log = reached.clone();
    let extension = move |data: &[u8]| {
        log.borrow_mut().push(data.to_vec());
        Ok(b"an answer".to_vec())
    };
    install(CODE[3], Code::Closure(Rc::new(extension)));
    for (function, place) in governor() {
        let name = function.signature();
        let data = function.abi_encode_input(&arguments(&function, n(1)));
        let data = data.unwrap();
        let answer = call(STRANGER, DAO, n(0), &data);
        let reached = reached.take();
        if is_governed(&data) {
            assert_eq!(reached, Vec::<Vec<u8>>::new(), "{name}");
            refused(answer, GovernorOnlyExecutor { account: STRANGER });
        } else if place == CODE[3] {
            assert_eq!(answer, Ok(b"an answer".to_vec()), "{name}");
            assert_eq!(reached, [data], "{name}");
        } else {
            assert_eq!(reached, Vec::<Vec<u8>>::new(), "{name}");
        }
    }
    for selector in strange() {
        let data = [selector.as_slice(), b"and what follows"].concat();
        let answer = call(STRANGER, DAO, n(0), &data);
        assert_eq!(answer, Ok(b"an answer".to_vec()));
        assert_eq!(reached.take(), [data]);
    }
}

#[test]
fn arguments_are_read_as_they_are_declared() {
    let world = World::new();
    let proposal = world.by(ALICE, Proposal::plain("One").propose()).unwrap();
    host::give(STRANGER, 1_000);
    for (function, _) in governor() {
        let name = function.signature();
        let data = function.abi_encode_input(&arguments(&function, proposal));
        let data = data.unwrap();
        let answer = |data: &[u8], value| call(STRANGER, door(data), n(value), data);
        if name != "proxiableUUID()" {
            assert_ne!(answer(&data, 0), MALFORMED, "{name}");
            let payable = function.state_mutability == StateMutability::Payable;
            assert_eq!(answer(&data, 1) != MALFORMED, payable, "{name}");
        }
        let heads = 32 * function.inputs.len();
        for short in 4..4 + heads {
            assert_eq!(
                answer(&data[..short], 0),
                MALFORMED,
                "{name}: {short} bytes"
            );
        }
        for (index, parameter) in function.inputs.iter().enumerate() {
            let kind = parameter.resolve().unwrap();
            assert_read_as(&kind, &data, 0, 32 * index, &name);
        }
    }
}

#[test]
fn views_answer_what_they_declare_and_change_nothing() {
    let world = World::new();
    let proposal = world.by(ALICE, Proposal::plain("One").propose()).unwrap();
    for (function, _) in governor() {
        let name = function.signature();
        if function.state_mutability != StateMutability::View {
            continue;
        }
        let data = function.abi_encode_input(&arguments(&function, proposal));
        // An implementation tells its slot, and a proxy does not.
        let to = if name == "proxiableUUID()" {
            CODE[2]
        } else {
            DAO
        };
        let answer = ask(to, &data.unwrap()).unwrap_or_else(|reason| panic!("{name}: {reason:?}"));
        let outputs = function.abi_decode_output(&answer).unwrap();
        let again = function.abi_encode_output(&outputs).unwrap();
        assert_eq!(again, answer, "{name}");
    }
}

/// But for ownership and for gifts, whose functions look after themselves.
#[test]
fn the_second_program_changes_nothing_but_for_governance() {
    let others = [
        "onERC1155BatchReceived",
        "onERC1155Received",
        "onERC721Received",
        "renounceOwnership",
        "transferOwnership",
    ];
    let changing = functions("governor-admin");
    let changing = changing.iter().filter(|function| {
        function.state_mutability != StateMutability::View
            && !others.contains(&function.name.as_str())
    });
    let changing: BTreeSet<_> = changing.map(|function| function.selector().0).collect();
    assert_eq!(changing, BTreeSet::from(GOVERNED));
}
