//! Programs inside ordinary transactions: nested, delegated, re-entered, reverted.

mod common;

use common::{Chain, USER, forwarder, module, relay};
use ogpu_evm::revm::{
    context::result::ExecutionResult,
    primitives::{Address, U256, hex},
};

/// Returns its calldata.
const ECHO: [u8; 7] = hex!("363d3d37363df3");
/// Reverts with its calldata.
const REVERTING_ECHO: [u8; 7] = hex!("363d3d37363dfd");
const HERE: Address = Address::repeat_byte(0x11);
const THERE: Address = Address::repeat_byte(0x22);
const CALL: u8 = 0xF1;
const DELEGATECALL: u8 = 0xF4;
const STATICCALL: u8 = 0xFA;

/// What the counter program writes: caller, own address, value, whether it was re-entered.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    sender: Address,
    contract: Address,
    value: U256,
    reentrant: bool,
}

impl Seen {
    fn read(output: &[u8]) -> Self {
        assert_eq!(output.len(), 108, "{output:?}");
        Self {
            sender: Address::from_slice(&output[..20]),
            contract: Address::from_slice(&output[20..40]),
            value: U256::from_be_slice(&output[40..72]),
            reentrant: output[72] == 1,
        }
    }
}

fn seen(result: &ExecutionResult) -> Seen {
    assert!(result.is_success(), "{result:?}");
    Seen::read(result.output().expect("a call has output"))
}

fn count(chain: &mut Chain, account: Address) -> u64 {
    let account = chain.db.load_account(account).expect("memory is readable");
    account
        .storage
        .get(&U256::ZERO)
        .copied()
        .unwrap_or_default()
        .to()
}

#[test]
fn a_program_is_called_with_value() {
    let mut chain = Chain::new();
    let counter = chain.program(&module("sub_counter"));
    let output = chain.send(counter, [0], 7);
    assert_eq!(
        seen(&output.result),
        Seen {
            sender: USER,
            contract: counter,
            value: U256::from(7),
            reentrant: false
        }
    );
    assert_eq!(count(&mut chain, counter), 1);
    assert_eq!(chain.balance(counter), U256::from(7));
    assert_eq!(output.frames.len(), 1);
    assert_eq!(
        output.result.tx_gas_used(),
        21_000 + 4 + output.frames[0].gas_used
    );
}

#[test]
fn evm_code_calls_a_program_that_calls_evm_code() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    chain.set_code(HERE, &forwarder(CALL, program));
    chain.set_code(THERE, &ECHO);
    let result = chain
        .send(HERE, relay(0, THERE, b"through three kinds of code"), 0)
        .result;
    assert!(result.is_success(), "{result:?}");
    assert_eq!(
        result.output().unwrap().as_ref(),
        b"through three kinds of code"
    );
}

#[test]
fn revert_data_passes_through_every_frame() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    chain.set_code(HERE, &forwarder(CALL, program));
    chain.set_code(THERE, &REVERTING_ECHO);
    let result = chain
        .send(HERE, relay(0, THERE, b"why it failed"), 0)
        .result;
    let ExecutionResult::Revert { output, .. } = result else {
        panic!("{result:?}")
    };
    assert_eq!(output.as_ref(), b"why it failed");
}

#[test]
fn an_evm_proxy_delegates_to_a_program() {
    let mut chain = Chain::new();
    let counter = chain.program(&module("sub_counter"));
    chain.set_code(HERE, &forwarder(DELEGATECALL, counter));
    for _ in 0..2 {
        let result = chain.send(HERE, [0], 3).result;
        let want = Seen {
            sender: USER,
            contract: HERE,
            value: U256::from(3),
            reentrant: false,
        };
        assert_eq!(seen(&result), want);
    }
    assert_eq!(count(&mut chain, HERE), 2);
    assert_eq!(count(&mut chain, counter), 0);
}

#[test]
fn a_program_delegates_to_a_program_and_to_evm_code() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    let counter = chain.program(&module("sub_counter"));
    let result = chain.send(program, relay(1, counter, &[0]), 0).result;
    assert_eq!(seen(&result).contract, program);
    assert_eq!(count(&mut chain, program), 1);
    // EVM code that returns the account it runs as.
    chain.set_code(THERE, &hex!("305f5260205ff3"));
    let result = chain.send(program, relay(1, THERE, &[]), 0).result;
    assert_eq!(
        result.output().unwrap().as_ref(),
        program.into_word().as_slice()
    );
}

#[test]
fn a_reverted_call_leaves_nothing() {
    let mut chain = Chain::new();
    let counter = chain.program(&module("sub_counter"));
    let result = chain.send(counter, [1], 5).result;
    let ExecutionResult::Revert { output, .. } = &result else {
        panic!("{result:?}")
    };
    assert_eq!(Seen::read(output).value, U256::from(5));
    assert_eq!(count(&mut chain, counter), 0);
    assert_eq!(chain.balance(counter), U256::ZERO);
}

#[test]
fn only_calls_of_the_same_account_are_reentrant() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    let counter = chain.program(&module("sub_counter"));
    let delegated = relay(1, counter, &[0]);
    let reentrant = |chain: &mut Chain, to, data: Vec<u8>| {
        let result = chain.send(to, data, 0).result;
        seen(&result).reentrant
    };
    assert!(!reentrant(&mut chain, program, delegated.clone()));
    assert!(reentrant(
        &mut chain,
        program,
        relay(0, program, &delegated)
    ));
    // Delegating twice is no re-entry.
    assert!(!reentrant(
        &mut chain,
        program,
        relay(1, program, &delegated)
    ));
    // Through EVM code and back.
    chain.set_code(HERE, &forwarder(CALL, program));
    assert!(reentrant(&mut chain, program, relay(0, HERE, &delegated)));
    assert!(!reentrant(&mut chain, HERE, delegated));
    // A proxy that is entered again, its program delegated both times.
    chain.set_code(THERE, &forwarder(DELEGATECALL, program));
    assert!(reentrant(
        &mut chain,
        THERE,
        relay(0, THERE, &relay(1, counter, &[0]))
    ));
}

#[test]
fn nothing_is_written_inside_a_static_call() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    let counter = chain.program(&module("sub_counter"));
    let result = chain.send(program, relay(2, counter, &[0]), 0).result;
    assert!(
        matches!(&result, ExecutionResult::Revert { output, .. } if output.is_empty()),
        "{result:?}"
    );
    // The call inside stays static.
    chain.set_code(HERE, &forwarder(STATICCALL, program));
    let result = chain.send(HERE, relay(0, counter, &[0]), 0).result;
    assert!(
        matches!(result, ExecutionResult::Revert { .. }),
        "{result:?}"
    );
    assert_eq!(count(&mut chain, counter), 0);
    // Reading alone is allowed: the counter that does not flush.
    let result = chain.send(program, relay(2, counter, &[4]), 0).result;
    assert_eq!(seen(&result).sender, program);
}

#[test]
fn programs_nest_a_hundred_deep() {
    const DEPTH: usize = 100;
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    chain.cache(program);
    chain.set_code(THERE, &ECHO);
    let data = (0..DEPTH).fold(relay(0, THERE, b"bottom"), |data, _| {
        relay(0, program, &data)
    });
    let output = chain.send(program, data, 0);
    assert!(output.result.is_success(), "{:?}", output.result);
    assert_eq!(output.result.output().unwrap().as_ref(), b"bottom");
    assert_eq!(output.frames.len(), DEPTH + 1);
    assert_eq!(output.frames[0].depth, DEPTH);
}

#[test]
fn programs_and_evm_code_alternate_until_the_pages_are_gone() {
    let mut chain = Chain::new();
    let program = chain.program(&module("relay"));
    chain.set_code(HERE, &forwarder(CALL, program));
    let data = (0..200).fold(relay(0, HERE, &[]), |data, _| relay(0, HERE, &data));
    let output = chain.send(program, data, 0);
    assert!(
        !output.result.is_success(),
        "128 pages are the most: {:?}",
        output.result
    );
    // The next transaction starts without open pages.
    chain.set_code(THERE, &ECHO);
    assert!(
        chain
            .send(program, relay(0, THERE, b"again"), 0)
            .result
            .is_success()
    );
}

#[test]
fn pages_that_were_open_before_cost_less() {
    let mut chain = Chain::new();
    // It calls the account named at byte 16 three times: a call, a static call, a delegated call.
    let program = chain.program(&module("nest_call"));
    let large = chain.program(&module("act_pages_100"));
    let data = [[0; 8], [0xFF; 8]].concat();
    let data = [&data[..], large.as_slice(), &[0; 60]].concat();
    let output = chain.send(program, data, 0);
    assert!(output.result.is_success(), "{:?}", output.result);
    let start: Vec<_> = output.frames.iter().map(|frame| frame.start_gas).collect();
    let [first, second, third, _] = start[..] else {
        panic!("{start:?}")
    };
    // 101 pages for the first time: 31874000^(101/128) gas more.
    assert_eq!((first - second, second), (833_067 - 1, third));
}

#[test]
fn reserved_code_cannot_be_deployed_but_programs_can() {
    let mut chain = Chain::new();
    for code in [
        &hex!("ef00")[..],
        &hex!("ef0100"),
        &hex!("eff001aa"),
        &hex!("eff00200aa"),
    ] {
        let init = common::init_code(code);
        let kind = ogpu_evm::revm::primitives::TxKind::Create;
        let result = chain.send_from(USER, kind, init, 0).result;
        assert!(result.is_halt(), "{code:02x?} was deployed");
    }
    let program = chain.deploy(&common::program_code(&module("relay")));
    assert_ne!(program, Address::ZERO);
}

#[test]
fn fees_and_values_add_up() {
    let mut chain = Chain::new();
    let total = |chain: &mut Chain| {
        let accounts: Vec<_> = chain.db.cache.accounts.keys().copied().collect();
        accounts
            .into_iter()
            .map(|account| chain.balance(account))
            .sum::<U256>()
    };
    let before = total(&mut chain);
    let counter = chain.program(&module("sub_counter"));
    chain.send(counter, [0], 1234);
    chain.send(counter, [1], 1234);
    assert_eq!(total(&mut chain), before);
}
