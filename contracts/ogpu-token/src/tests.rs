//! Each function allowed and refused, the standard's interface, and the invariants of balances and votes.

mod invariants;
mod signatures;
mod tokens;
mod votes;

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Log, U256, aliases::U48, hex};
use alloy_sol_types::{SolCall, SolEvent, sol};
use ogpu_common::{
    InvalidInitialization, OwnableInvalidOwner, UUPSUnauthorizedCallContext,
    namespace::IMPLEMENTATION_SLOT,
};
use stylus_sdk::{abi::router_entrypoint, host::VM, testing::TestVM};

use crate::{OgpuToken, errors::*, events::*};

const OWNER: Address = Address::repeat_byte(0x11);
const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const CAROL: Address = Address::repeat_byte(0xca);
const SUPPLY: u128 = 1_000_000;
const START: u64 = 1_800_000_000;

fn wei(amount: u128) -> U256 {
    U256::from(amount)
}

/// A chain whose executing storage is a proxy's.
fn proxy() -> TestVM {
    let vm = TestVM::new();
    vm.set_storage(IMPLEMENTATION_SLOT, Address::repeat_byte(0xcc).into_word());
    vm.set_block_timestamp(START);
    vm
}

/// A token whose supply [`ALICE`] holds and who is also the caller.
fn token() -> (TestVM, OgpuToken) {
    let vm = proxy();
    let mut token = OgpuToken::from(&vm);
    token.initialize(OWNER, ALICE, wei(SUPPLY), 0).unwrap();
    vm.set_sender(ALICE);
    vm.clear_mocks();
    (vm, token)
}

/// The events of one type since the last [`TestVM::clear_mocks`].
fn events<E: SolEvent>(vm: &TestVM) -> Vec<E> {
    vm.get_emitted_logs()
        .into_iter()
        .filter(|(topics, _)| topics[0] == E::SIGNATURE_HASH)
        .map(|(topics, data)| {
            let log = Log::new_unchecked(Address::ZERO, topics, data.into());
            E::decode_log_validate(&log).unwrap().data
        })
        .collect()
}

/// Calls the token as another contract would.
fn call(vm: &TestVM, data: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let host = VM {
        host: Box::new(vm.clone()),
    };
    router_entrypoint::<OgpuToken, OgpuToken>(data.to_vec(), host)
}

sol! {
    struct Checkpoint208 { uint48 key; uint208 value; }

    function initialize(address owner, address holder, uint256 supply, uint8 clockMode);
    function totalSupply() returns (uint256);
    function checkpoints(address account, uint32 pos) returns (Checkpoint208);
    function numCheckpoints(address account) returns (uint32);
    function clock() returns (uint48);
    function CLOCK_MODE() returns (string);
    function eip712Domain() returns (bytes1, string, string, uint256, address, bytes32, uint256[]);
    function decimals() returns (uint8);
    function name() returns (string);
    function symbol() returns (string);
}

#[test]
fn has_every_function_of_the_standards() {
    let (vm, _) = token();
    // name, selector as the standards' checklists write it
    for (name, selector) in [
        ("allowance", hex!("dd62ed3e")),
        ("approve", hex!("095ea7b3")),
        ("balanceOf", hex!("70a08231")),
        ("totalSupply", hex!("18160ddd")),
        ("transfer", hex!("a9059cbb")),
        ("transferFrom", hex!("23b872dd")),
        ("decimals", hex!("313ce567")),
        ("name", hex!("06fdde03")),
        ("symbol", hex!("95d89b41")),
        ("DOMAIN_SEPARATOR", hex!("3644e515")),
        ("nonces", hex!("7ecebe00")),
        ("permit", hex!("d505accf")),
        ("eip712Domain", hex!("84b0196e")),
        ("CLOCK_MODE", hex!("4bf5d7e9")),
        ("clock", hex!("91ddadf4")),
        ("delegate", hex!("5c19a95c")),
        ("delegateBySig", hex!("c3cda520")),
        ("delegates", hex!("587cde1e")),
        ("getPastTotalSupply", hex!("8e539e8c")),
        ("getPastVotes", hex!("3a46b1a8")),
        ("getVotes", hex!("9ab24eb0")),
        ("checkpoints", hex!("f1127ed8")),
        ("numCheckpoints", hex!("6fcfff45")),
        ("burn", hex!("42966c68")),
        ("owner", hex!("8da5cb5b")),
        ("transferOwnership", hex!("f2fde38b")),
        ("renounceOwnership", hex!("715018a6")),
        ("proxiableUUID", hex!("52d1902d")),
        ("upgradeToAndCall", hex!("4f1ef286")),
        ("UPGRADE_INTERFACE_VERSION", hex!("ad3cb1cc")),
        ("storageLayout", hex!("b4c29064")),
    ] {
        let mut data = selector.to_vec();
        data.extend([0; 7 * 32]);
        // the empty arguments of most functions are refused, but by them and not by the router, which says nothing
        let known = match call(&vm, &data) {
            Ok(_) => true,
            Err(reason) => !reason.is_empty(),
        };
        assert!(known || name == "upgradeToAndCall", "{name}");
    }
    assert_eq!(call(&vm, &hex!("79cc6790")), Err(vec![]));
}

#[test]
fn has_every_error_and_event_of_the_standards() {
    use alloy_sol_types::SolError;
    assert_eq!(ERC20InsufficientAllowance::SELECTOR, hex!("fb8f41b2"));
    assert_eq!(ERC20InsufficientBalance::SELECTOR, hex!("e450d38c"));
    assert_eq!(ERC20InvalidApprover::SELECTOR, hex!("e602df05"));
    assert_eq!(ERC20InvalidReceiver::SELECTOR, hex!("ec442f05"));
    assert_eq!(ERC20InvalidSender::SELECTOR, hex!("96c6fd1e"));
    assert_eq!(ERC20InvalidSpender::SELECTOR, hex!("94280d62"));
    assert_eq!(ECDSAInvalidSignature::SELECTOR, hex!("f645eedf"));
    assert_eq!(ECDSAInvalidSignatureS::SELECTOR, hex!("d78bce0c"));
    assert_eq!(ERC2612ExpiredSignature::SELECTOR, hex!("62791302"));
    assert_eq!(ERC2612InvalidSigner::SELECTOR, hex!("4b800e46"));
    assert_eq!(InvalidAccountNonce::SELECTOR, hex!("752d88c0"));
    assert_eq!(VotesExpiredSignature::SELECTOR, hex!("4683af0e"));
    assert_eq!(CheckpointUnorderedInsertion::SELECTOR, hex!("2520601d"));
    assert_eq!(ERC5805FutureLookup::SELECTOR, hex!("ecd3f81e"));
    assert_eq!(SafeCastOverflowedUintDowncast::SELECTOR, hex!("6dfcc650"));
    assert_eq!(ERC20ExceededSafeSupply::SELECTOR, hex!("1cb15d26"));
    assert_eq!(ERC6372InconsistentClock::SELECTOR, hex!("6ff07140"));
    assert_eq!(ECDSAInvalidSignatureLength::SELECTOR, hex!("fce698f7"));
    assert_eq!(InvalidShortString::SELECTOR, hex!("b3512b0c"));
    assert_eq!(StringTooLong::SELECTOR, hex!("305a27a9"));
    assert_eq!(Panic::SELECTOR, hex!("4e487b71"));
    assert_eq!(
        Approval::SIGNATURE_HASH.0,
        hex!("8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925")
    );
    assert_eq!(
        Transfer::SIGNATURE_HASH.0,
        hex!("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
    );
    assert_eq!(
        DelegateChanged::SIGNATURE_HASH.0,
        hex!("3134e8a2e6d97e929a7e54011ea5485d7d196dd5f0ba4d4ef95803e8e3fc257f")
    );
    assert_eq!(
        DelegateVotesChanged::SIGNATURE_HASH.0,
        hex!("dec2bacdd2f05b59de34da9b523dff8be42e5e38e818c82fdb0bae774387a724")
    );
    assert_eq!(
        EIP712DomainChanged::SIGNATURE_HASH.0,
        hex!("0a6387c9ea3628b88a633bb4f3b151770f70085117a15f9bf3787cda53f13d31")
    );
}

#[test]
fn answers_as_the_standards_write_it() {
    let (vm, mut token) = token();
    token.delegate(ALICE).unwrap();
    let data = call(
        &vm,
        &checkpointsCall {
            account: ALICE,
            pos: 0,
        }
        .abi_encode(),
    )
    .unwrap();
    let checkpoint = checkpointsCall::abi_decode_returns_validate(&data).unwrap();
    assert_eq!(checkpoint.key, U48::from(START));
    assert_eq!(U256::from(checkpoint.value), wei(SUPPLY));
    let data = call(&vm, &numCheckpointsCall { account: ALICE }.abi_encode()).unwrap();
    assert_eq!(
        numCheckpointsCall::abi_decode_returns_validate(&data),
        Ok(1)
    );
    let data = call(&vm, &clockCall {}.abi_encode()).unwrap();
    assert_eq!(
        clockCall::abi_decode_returns_validate(&data),
        Ok(U48::from(START))
    );
    let data = call(&vm, &nameCall {}.abi_encode()).unwrap();
    assert_eq!(
        nameCall::abi_decode_returns_validate(&data).unwrap(),
        "OGPU"
    );
    let data = call(&vm, &symbolCall {}.abi_encode()).unwrap();
    assert_eq!(
        symbolCall::abi_decode_returns_validate(&data).unwrap(),
        "oGPU"
    );
    let data = call(&vm, &decimalsCall {}.abi_encode()).unwrap();
    assert_eq!(decimalsCall::abi_decode_returns_validate(&data), Ok(18));
    let data = call(&vm, &CLOCK_MODECall {}.abi_encode()).unwrap();
    assert_eq!(
        CLOCK_MODECall::abi_decode_returns_validate(&data).unwrap(),
        "mode=timestamp"
    );
    let data = call(&vm, &eip712DomainCall {}.abi_encode()).unwrap();
    let domain = eip712DomainCall::abi_decode_returns_validate(&data).unwrap();
    assert_eq!(domain._0.0, [0x0f]);
    assert_eq!((domain._1.as_str(), domain._2.as_str()), ("OGPU", "1"));
    assert_eq!(domain._3, U256::from(42_161));
    assert_eq!(domain._4, vm.snapshot().contract_address);
    assert_eq!(domain._5, B256::ZERO);
    assert!(domain._6.is_empty());
}

#[test]
fn takes_no_ether() {
    let (vm, _) = token();
    vm.set_value(U256::ONE);
    assert!(call(&vm, &totalSupplyCall {}.abi_encode()).is_err());
}

#[test]
fn is_initialised_once_behind_a_proxy() {
    let vm = proxy();
    let mut token = OgpuToken::from(&vm);
    token.initialize(OWNER, ALICE, wei(SUPPLY), 1).unwrap();
    assert_eq!(token.balance_of(ALICE), wei(SUPPLY));
    assert_eq!(token.total_supply(), wei(SUPPLY));
    assert_eq!(
        ogpu_common::ownable::owner(&VM {
            host: Box::new(vm.clone())
        }),
        OWNER
    );
    let minted = Transfer {
        from: Address::ZERO,
        to: ALICE,
        value: wei(SUPPLY),
    };
    assert_eq!(events::<Transfer>(&vm), [minted]);
    assert_eq!(
        token.initialize(OWNER, ALICE, wei(SUPPLY), 1),
        Err(ogpu_common::Error::from(InvalidInitialization {}).into())
    );
    let mut implementation = OgpuToken::from(&TestVM::new());
    assert_eq!(
        implementation.initialize(OWNER, ALICE, wei(SUPPLY), 1),
        Err(ogpu_common::Error::from(UUPSUnauthorizedCallContext {}).into())
    );
}

#[test]
fn is_initialised_with_sound_values_only() {
    let initialize = |owner, holder, supply, mode| {
        OgpuToken::from(&proxy()).initialize(owner, holder, supply, mode)
    };
    assert_eq!(
        initialize(Address::ZERO, ALICE, wei(1), 0),
        Err(ogpu_common::Error::from(OwnableInvalidOwner {
            owner: Address::ZERO
        })
        .into())
    );
    assert_eq!(
        initialize(OWNER, Address::ZERO, wei(1), 0),
        Err(ERC20InvalidReceiver {
            receiver: Address::ZERO
        }
        .into())
    );
    assert_eq!(
        initialize(OWNER, ALICE, wei(1), 2),
        Err(UnknownClockMode { clockMode: 2 }.into())
    );
    let cap = wei((1 << 96) - 1);
    assert_eq!(initialize(OWNER, ALICE, cap, 0), Ok(()));
    for supply in [cap + U256::ONE, U256::MAX] {
        assert_eq!(
            initialize(OWNER, ALICE, supply, 0),
            Err(ERC20ExceededSafeSupply {
                increasedSupply: supply,
                cap
            }
            .into())
        );
    }
}
