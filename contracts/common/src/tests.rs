use alloy_primitives::{Address, B256, Bytes, U256, address, b256, hex};
use alloy_sol_types::{SolCall, SolError};
use stylus_sdk::{
    abi::{self, AbiType},
    alloy_sol_types::SolValue,
    prelude::*,
    stylus_core::calls::errors::Error as CallError,
};

use crate::{
    amount::{MAX_AMOUNT, StorageTime, load_time, widen},
    namespace::{IMPLEMENTATION_SLOT, erc7201},
    testing::{Chain, IMPLEMENTATION, TOKEN},
    *,
};

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const GUARDIAN: Address = address!("00000000000000000000000000000000000000bb");
const STRANGER: Address = address!("00000000000000000000000000000000000000cc");
const NEXT: Address = address!("00000000000000000000000000000000000000dd");

/// A contract with nothing of its own.
#[storage]
struct Plain {
    paused_until: StorageTime,
}

#[allow(unsafe_code)] // stands in for what `#[entrypoint]` writes
unsafe impl TopLevelStorage for Plain {}

proxied!(Plain);
pausable!(Plain, paused_until);

fn owned(chain: &Chain) -> Plain {
    let plain = Plain::from(chain);
    chain
        .call(STRANGER, || ownable::set_first_owner(plain.vm(), OWNER))
        .unwrap();
    plain
}

#[test]
fn namespaces_are_those_of_openzeppelin() {
    let ownable = b256!("9016d09d72d40fdae2fd8ceac6b6234c7706214fd39c1cd1e609a0528c199300");
    let initializable = b256!("f0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00");
    assert_eq!(ownable::SLOT.to_be_bytes(), ownable.0);
    assert_eq!(initializable::SLOT.to_be_bytes(), initializable.0);
    assert_ne!(erc7201("ogpu.storage.Pausable"), ownable::SLOT);
}

#[test]
fn amounts_are_narrowed_exactly() {
    assert_eq!(amount::checked(U256::ZERO), Ok(0));
    assert_eq!(amount::checked(widen(MAX_AMOUNT)), Ok(MAX_AMOUNT));
    for shift in [96, 127, 128, 192, 255] {
        let value = U256::ONE << shift;
        let error = AmountTooLarge {
            amount: value,
            maximum: widen(MAX_AMOUNT),
        };
        assert_eq!(amount::checked(value), Err(error.into()), "2^{shift}");
    }
    assert_eq!(amount::positive(U256::ZERO), Err(ZeroAmount {}.into()));
    assert_eq!(amount::sum(MAX_AMOUNT, 0), Ok(MAX_AMOUNT));
    assert!(amount::sum(MAX_AMOUNT, 1).is_err());
    assert!(amount::sum(u128::MAX, 1).is_err());
}

#[test]
fn ownership_moves_only_by_the_owner() {
    let chain = Chain::new();
    let mut plain = owned(&chain);
    assert_eq!(plain.owner(), OWNER);
    assert_eq!(chain.vm.get_storage(ownable::SLOT), OWNER.into_word());

    let stranger = OwnableUnauthorizedAccount { account: STRANGER };
    assert_eq!(
        chain.call(STRANGER, || plain.transfer_ownership(STRANGER)),
        Err(stranger.clone().into())
    );
    assert_eq!(
        chain.call(STRANGER, || plain.renounce_ownership()),
        Err(stranger.into())
    );
    let zero = OwnableInvalidOwner {
        owner: Address::ZERO,
    };
    assert_eq!(
        chain.call(OWNER, || plain.transfer_ownership(Address::ZERO)),
        Err(zero.into())
    );

    chain
        .call(OWNER, || plain.transfer_ownership(NEXT))
        .unwrap();
    let event: ownable::OwnershipTransferred = chain.last_event();
    assert_eq!((event.previousOwner, event.newOwner), (OWNER, NEXT));
    chain.call(NEXT, || plain.renounce_ownership()).unwrap();
    assert_eq!(plain.owner(), Address::ZERO);
    assert!(
        chain
            .call(Address::ZERO, || plain.transfer_ownership(STRANGER))
            .is_ok(),
        "nobody can send as zero"
    );
}

#[test]
fn initialisers_run_once_a_version_and_only_behind_a_proxy() {
    let chain = Chain::new();
    let plain = Plain::from(&chain);
    chain
        .call(OWNER, || initializable::start(plain.vm(), 1))
        .unwrap();
    assert_eq!(chain.last_event::<initializable::Initialized>().version, 1);
    assert_eq!(
        chain.call(OWNER, || initializable::start(plain.vm(), 1)),
        Err(InvalidInitialization {}.into())
    );
    chain
        .call(OWNER, || initializable::start(plain.vm(), 3))
        .unwrap();
    assert_eq!(
        chain.call(OWNER, || initializable::start(plain.vm(), 2)),
        Err(InvalidInitialization {}.into())
    );
    assert_eq!(chain.vm.get_storage(initializable::SLOT).0[31], 3);

    let direct = Chain::direct();
    let plain = Plain::from(&direct);
    let result = direct.call(OWNER, || initializable::start(plain.vm(), 1));
    assert_eq!(result, Err(UUPSUnauthorizedCallContext {}.into()));
}

fn answer_uuid(chain: &Chain, implementation: Address, answer: Result<Vec<u8>, Vec<u8>>) {
    chain.answer(
        implementation,
        uups::proxiableUUIDCall {}.abi_encode(),
        answer,
    );
}

fn answer_layout(chain: &Chain, implementation: Address, answer: Result<Vec<u8>, Vec<u8>>) {
    let call = uups::storageLayoutCall {}.abi_encode();
    chain.answer(implementation, call, answer);
}

/// The layout that this crate's contracts say they have.
fn own_layout() -> Vec<u8> {
    let mut name = b"ogpu-common".to_vec();
    name.resize(32, 0);
    name
}

#[test]
fn upgrades_go_to_implementations_only() {
    let chain = Chain::new();
    let mut plain = owned(&chain);
    let slot = IMPLEMENTATION_SLOT.to_be_bytes::<32>();
    answer_uuid(&chain, NEXT, Ok(slot.to_vec()));
    answer_layout(&chain, NEXT, Ok(own_layout()));

    let stranger = OwnableUnauthorizedAccount { account: STRANGER };
    let result = chain.call(STRANGER, || {
        plain.upgrade_to_and_call(NEXT, Vec::new().into())
    });
    assert_eq!(result, Err(stranger.into()));

    let invalid = ERC1967InvalidImplementation {
        implementation: STRANGER,
    };
    for answer in [
        Ok(Vec::new()),
        Err(Vec::new()),
        Ok(vec![0; 31]),
        Err(slot.to_vec()),
    ] {
        answer_uuid(&chain, STRANGER, answer);
        let result = chain.call(OWNER, || {
            plain.upgrade_to_and_call(STRANGER, Vec::new().into())
        });
        assert_eq!(result, Err(invalid.clone().into()));
    }
    answer_uuid(&chain, STRANGER, Ok(vec![7; 32]));
    let result = chain.call(OWNER, || {
        plain.upgrade_to_and_call(STRANGER, Vec::new().into())
    });
    assert_eq!(
        result,
        Err(UUPSUnsupportedProxiableUUID {
            slot: [7; 32].into()
        }
        .into())
    );
    answer_uuid(&chain, STRANGER, Ok(slot.to_vec()));
    for (answer, layout) in [
        (Err(own_layout()), B256::ZERO),
        (Ok(Vec::new()), B256::ZERO),
        (Ok(own_layout()[..31].to_vec()), B256::ZERO),
        (Ok(vec![7; 32]), B256::repeat_byte(7)),
    ] {
        answer_layout(&chain, STRANGER, answer);
        let result = chain.call(OWNER, || {
            plain.upgrade_to_and_call(STRANGER, Vec::new().into())
        });
        assert_eq!(result, Err(UnsupportedStorageLayout { layout }.into()));
    }
    assert_eq!(
        uups::implementation(plain.vm()),
        IMPLEMENTATION,
        "nothing has changed"
    );

    chain.vm.set_value(U256::ONE);
    let result = chain.call(OWNER, || plain.upgrade_to_and_call(NEXT, Vec::new().into()));
    assert_eq!(result, Err(ERC1967NonPayable {}.into()));
    chain.vm.set_value(U256::ZERO);

    chain
        .call(OWNER, || plain.upgrade_to_and_call(NEXT, Vec::new().into()))
        .unwrap();
    assert_eq!(uups::implementation(plain.vm()), NEXT);
    assert_eq!(chain.last_event::<uups::Upgraded>().implementation, NEXT);
}

#[test]
fn an_upgrade_passes_on_why_its_call_failed() {
    let chain = Chain::new();
    let mut plain = owned(&chain);
    answer_uuid(
        &chain,
        NEXT,
        Ok(IMPLEMENTATION_SLOT.to_be_bytes::<32>().to_vec()),
    );
    answer_layout(&chain, NEXT, Ok(own_layout()));
    let mut upgrade =
        |data: Vec<u8>| chain.call(OWNER, || plain.upgrade_to_and_call(NEXT, data.into()));

    chain.answer(NEXT, vec![1], Err(vec![9, 9]));
    assert_eq!(upgrade(vec![1]), Err(Error(vec![9, 9])));
    chain.answer(NEXT, vec![2], Err(Vec::new()));
    assert_eq!(upgrade(vec![2]), Err(FailedCall {}.into()));
    chain.answer(NEXT, vec![3], Ok(Vec::new()));
    assert_eq!(upgrade(vec![3]), Ok(()));
}

#[test]
fn only_an_implementation_called_directly_answers_proxiable_uuid() {
    let proxy = Chain::new();
    let result = proxy.call(OWNER, || Plain::from(&proxy).proxiable_uuid());
    assert_eq!(result, Err(UUPSUnauthorizedCallContext {}.into()));
    let direct = Chain::direct();
    assert_eq!(
        Plain::from(&direct).proxiable_uuid().unwrap().0,
        IMPLEMENTATION_SLOT.to_be_bytes::<32>()
    );
    let mut plain = owned(&direct);
    let result = direct.call(OWNER, || plain.upgrade_to_and_call(NEXT, Vec::new().into()));
    assert_eq!(result, Err(UUPSUnauthorizedCallContext {}.into()));
    assert_eq!(plain.upgrade_interface_version(), "5.0.0");
}

#[test]
fn pauses_end_within_seven_days() {
    let chain = Chain::new();
    let mut plain = owned(&chain);
    let now = chain.vm.block_timestamp();
    let latest = now + pausable::MAX_PAUSE;
    for until in [0, now, latest + 1, u64::MAX] {
        let error = PauseOutOfRange {
            until,
            earliest: now,
            latest,
        };
        assert_eq!(chain.call(OWNER, || plain.pause(until)), Err(error.into()));
    }
    chain.call(OWNER, || plain.pause(latest)).unwrap();
    assert_eq!(chain.last_event::<pausable::Paused>().until, latest);
    let paused = |plain: &Plain| pausable::when_not_paused(plain.vm(), plain.paused_until.get());
    assert_eq!(paused(&plain), Err(EnforcedPause { until: latest }.into()));
    chain.pass(pausable::MAX_PAUSE);
    assert_eq!(paused(&plain), Ok(()), "over by itself");

    chain.call(OWNER, || plain.pause(latest + 10)).unwrap();
    assert!(chain.call(STRANGER, || plain.unpause()).is_err());
    chain.call(OWNER, || plain.unpause()).unwrap();
    assert_eq!(
        (load_time(&plain.paused_until), paused(&plain)),
        (0, Ok(()))
    );
}

#[test]
fn the_guardian_pauses_once_a_period_and_lifts_nothing() {
    let chain = Chain::new();
    let mut plain = owned(&chain);
    let now = chain.vm.block_timestamp();
    let nobody = PausableUnauthorizedAccount { account: GUARDIAN };
    assert_eq!(
        chain.call(GUARDIAN, || plain.pause(now + 1)),
        Err(nobody.into())
    );
    assert!(
        chain
            .call(STRANGER, || plain.set_guardian(STRANGER))
            .is_err()
    );
    chain.call(OWNER, || plain.set_guardian(GUARDIAN)).unwrap();
    assert_eq!(plain.guardian(), GUARDIAN);

    assert!(chain.call(GUARDIAN, || plain.pause(now)).is_err());
    chain.call(GUARDIAN, || plain.pause(now + 5)).unwrap();
    assert_eq!(Pausable::paused_until(&plain), now + 5);
    let wait = GuardianMustWait {
        until: now + pausable::GUARDIAN_PERIOD,
    };
    assert_eq!(
        chain.call(GUARDIAN, || plain.pause(now + 9)),
        Err(wait.into())
    );
    assert!(chain.call(GUARDIAN, || plain.unpause()).is_err());
    assert!(
        chain.call(OWNER, || plain.pause(now + 9)).is_ok(),
        "the owner need not wait"
    );
    chain.pass(pausable::GUARDIAN_PERIOD);
    let now = chain.vm.block_timestamp();
    chain.call(OWNER, || plain.pause(now + 100)).unwrap();
    let shorter = PauseOutOfRange {
        until: now + 1,
        earliest: now + 100,
        latest: now + pausable::MAX_PAUSE,
    };
    assert_eq!(
        chain.call(GUARDIAN, || plain.pause(now + 1)),
        Err(shorter.into()),
        "a guardian does not shorten the owner's pause"
    );
    chain.call(GUARDIAN, || plain.pause(now + 101)).unwrap();
}

#[test]
fn tokens_move_exactly_or_not_at_all() {
    let chain = Chain::new();
    let mut plain = Plain::from(&chain);
    let this = chain.contract();
    chain.token.borrow_mut().fund(STRANGER, this, 100);
    let mut pull = |amount| {
        let call = Call::new_mutating(&mut plain);
        chain.call(STRANGER, || {
            token::pull(plain.vm(), call, TOKEN, STRANGER, amount)
        })
    };
    assert_eq!(pull(40), Ok(()));
    let refused = TokenCallFailed { token: TOKEN }.abi_encode();
    assert!(matches!(pull(61), Err(Error(reason)) if !reason.is_empty() && reason != refused));
    chain.token.borrow_mut().fee = 1;
    assert_eq!(
        pull(5),
        Err(TokenTookFee {
            token: TOKEN,
            sent: widen(5),
            received: widen(4)
        }
        .into())
    );
    chain.token.borrow_mut().refuses = true;
    assert_eq!(pull(5), Err(TokenCallFailed { token: TOKEN }.into()));
    let call = Call::new_mutating(&mut plain);
    let push = chain.call(STRANGER, || {
        token::push(plain.vm(), call, TOKEN, STRANGER, 5)
    });
    assert_eq!(push, Err(TokenCallFailed { token: TOKEN }.into()));
    assert_eq!(chain.token.borrow().balance(this), 40);
    // what the token itself says is passed on
    chain.token.borrow_mut().refuses = false;
    let call = Call::new_mutating(&mut plain);
    let push = chain.call(STRANGER, || {
        token::push(plain.vm(), call, TOKEN, STRANGER, 41)
    });
    assert!(matches!(push, Err(Error(reason)) if !reason.is_empty() && reason != refused));
    let call = Call::new_mutating(&mut plain);
    let burn = chain.call(STRANGER, || token::burn(plain.vm(), call, TOKEN, 41));
    assert!(matches!(burn, Err(Error(reason)) if !reason.is_empty()));
    let call = Call::new_mutating(&mut plain);
    let nowhere = chain.call(STRANGER, || {
        token::pull(plain.vm(), call, NEXT, STRANGER, 0)
    });
    assert_eq!(nowhere, Err(UnexpectedAnswer {}.into()));
}

#[test]
fn several_calls_are_one_or_none() {
    let direct = Chain::direct();
    let none = direct.call(STRANGER, || {
        multicall::multicall(&mut Plain::from(&direct), vec![])
    });
    assert_eq!(none, Err(UUPSUnauthorizedCallContext {}.into()));

    let chain = Chain::new();
    chain.answer(IMPLEMENTATION, vec![1], Ok(vec![7]));
    chain.answer(IMPLEMENTATION, vec![2], Err(vec![9]));
    let all = |calls: &[u8]| {
        let calls = calls.iter().map(|&call| Calldata(vec![call])).collect();
        chain.call(STRANGER, || {
            multicall::multicall(&mut Plain::from(&chain), calls)
        })
    };
    assert_eq!(all(&[1, 1]), Ok(vec![Calldata(vec![7]), Calldata(vec![7])]));
    assert_eq!(all(&[1, 2, 1]), Err(Error(vec![9])));
}

#[test]
fn errors_encode_themselves_and_pass_others_through() {
    let error = EnforcedPause { until: 7 };
    assert_eq!(
        Vec::<u8>::from(Error::from(error.clone())),
        error.abi_encode()
    );
    let reason = hex!("deadbeef").to_vec();
    assert_eq!(
        Vec::<u8>::from(Error::from(CallError::Revert(reason.clone()))),
        reason
    );
    assert_eq!(U256::from(7).abi_encode()[31], 7);
}

#[test]
fn calldata_are_bytes_to_everybody_else() {
    for length in [0, 1, 31, 32, 33, 100] {
        let data = vec![0xab; length];
        let shared = (Address::ZERO, Bytes::from(data.clone()));
        let (encoded, size) = (abi::encode_params(&shared), abi::encoded_size(&shared));
        let arguments = (Address::ZERO, Calldata(data));
        assert_eq!(abi::encode_params(&arguments), encoded);
        assert_eq!(abi::encoded_size(&arguments), size);
        assert_eq!(
            abi::decode_params::<(Address, Calldata)>(&encoded),
            Ok(arguments)
        );
    }
    assert_eq!(Calldata::ABI.as_str(), "bytes");
}

#[test]
fn an_answer_of_the_wrong_shape_is_named() {
    let error = CallError::AbiDecodingFailed(alloy_sol_types::Error::Overrun);
    assert_eq!(Error::from(error), UnexpectedAnswer {}.into());
}

#[test]
fn what_must_not_be_zero_is_refused() {
    assert_eq!(amount::nonzero(Address::ZERO), Err(ZeroAddress {}.into()));
    assert_eq!(amount::nonzero(STRANGER), Ok(STRANGER));
    assert_eq!(amount::positive(U256::ZERO), Err(ZeroAmount {}.into()));
    assert_eq!(amount::positive(U256::ONE), Ok(1));
    let above = amount::widen(amount::MAX_AMOUNT) + U256::ONE;
    let error = AmountTooLarge {
        amount: above,
        maximum: amount::widen(amount::MAX_AMOUNT),
    };
    assert_eq!(amount::positive(above), Err(error.into()));
}
