//! Each function allowed and refused.

mod contests;
mod feedback;
mod outcomes;

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Log, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolEvent, SolValue, sol};
use ogpu_common::{
    InvalidInitialization, OwnableInvalidOwner, OwnableUnauthorizedAccount, Text,
    UUPSUnauthorizedCallContext, ZeroAddress, namespace::IMPLEMENTATION_SLOT,
};
use stylus_sdk::{abi::router_entrypoint, host::VM, testing::TestVM};

use crate::{ReputationRegistry, errors::*, events::*};

const OWNER: Address = Address::repeat_byte(0x11);
const MANAGER: Address = Address::repeat_byte(0x77);
const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const NOW: u64 = 1_800_000_000;
const ONE: U256 = U256::ONE;

fn number(value: u64) -> U256 {
    U256::from(value)
}

fn proxy() -> TestVM {
    let vm = TestVM::new();
    vm.set_storage(IMPLEMENTATION_SLOT, Address::repeat_byte(0xcc).into_word());
    vm.set_block_timestamp(NOW);
    vm
}

/// A registry that knows its task manager.
fn registry() -> (TestVM, ReputationRegistry) {
    let vm = proxy();
    let mut registry = ReputationRegistry::from(&vm);
    registry.initialize(OWNER).unwrap();
    vm.set_sender(OWNER);
    registry.set_task_manager(MANAGER).unwrap();
    (vm, registry)
}

fn register(
    vm: &TestVM,
    registry: &mut ReputationRegistry,
    account: Address,
) -> Result<U256, Error> {
    vm.set_sender(account);
    let [model, region, endpoint, prices] = [
        "H100 SXM 80GB",
        "eu-west",
        "https://gpu.example",
        "ipfs://prices",
    ]
    .map(Text::from);
    registry.register(model, 8, region, endpoint, prices)
}

/// A registry with [`ALICE`] as provider 1.
fn registered() -> (TestVM, ReputationRegistry) {
    let (vm, mut registry) = registry();
    assert_eq!(register(&vm, &mut registry, ALICE), Ok(ONE));
    vm.clear_mocks();
    (vm, registry)
}

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

fn unauthorized(account: Address) -> Error {
    ogpu_common::Error::from(OwnableUnauthorizedAccount { account }).into()
}

#[test]
fn is_initialised_once_behind_a_proxy() {
    let vm = proxy();
    let mut registry = ReputationRegistry::from(&vm);
    assert_eq!(
        registry.initialize(Address::ZERO),
        Err(ogpu_common::Error::from(OwnableInvalidOwner {
            owner: Address::ZERO
        })
        .into())
    );
    let vm = proxy();
    let mut registry = ReputationRegistry::from(&vm);
    assert_eq!(registry.initialize(OWNER), Ok(()));
    assert_eq!(
        registry.initialize(OWNER),
        Err(ogpu_common::Error::from(InvalidInitialization {}).into())
    );
    assert_eq!(registry.task_manager(), Address::ZERO);
    assert_eq!(
        ReputationRegistry::from(&TestVM::new()).initialize(OWNER),
        Err(ogpu_common::Error::from(UUPSUnauthorizedCallContext {}).into())
    );
}

#[test]
fn the_owner_sets_the_task_manager() {
    let (vm, mut registry) = registry();
    vm.clear_mocks();
    registry.set_task_manager(BOB).unwrap();
    assert_eq!(registry.task_manager(), BOB);
    let changed = TaskManagerSet {
        previousTaskManager: MANAGER,
        taskManager: BOB,
    };
    assert_eq!(events::<TaskManagerSet>(&vm), [changed]);
    assert_eq!(
        registry.set_task_manager(Address::ZERO),
        Err(ogpu_common::Error::from(ZeroAddress {}).into())
    );
    vm.set_sender(MANAGER);
    assert_eq!(
        registry.set_task_manager(MANAGER),
        Err(unauthorized(MANAGER))
    );
}

#[test]
fn registers_providers_in_order() {
    let (vm, mut registry) = registry();
    assert_eq!(registry.provider_count(), U256::ZERO);
    vm.clear_mocks();
    assert_eq!(register(&vm, &mut registry, ALICE), Ok(ONE));
    let event = ProviderRegistered {
        providerId: ONE,
        owner: ALICE,
    };
    assert_eq!(events::<ProviderRegistered>(&vm), [event]);
    let profile = ProfileUpdated {
        providerId: ONE,
        gpuModel: "H100 SXM 80GB".into(),
        gpuCount: 8,
        region: "eu-west".into(),
        endpoint: "https://gpu.example".into(),
        priceListUri: "ipfs://prices".into(),
    };
    assert_eq!(events::<ProfileUpdated>(&vm), [profile]);
    assert_eq!(register(&vm, &mut registry, BOB), Ok(number(2)));
    assert_eq!(registry.provider_count(), number(2));
    assert_eq!(registry.task_manager(), MANAGER);
    assert_eq!(
        (registry.provider_of(ALICE), registry.provider_of(BOB)),
        (ONE, number(2))
    );
    assert_eq!(registry.provider_of(OWNER), U256::ZERO);
    assert_eq!(registry.owner_of(ONE), Ok(ALICE));
    assert_eq!(registry.standing_of(number(2)), Ok((BOB, number(5_000))));
    assert_eq!(
        registry.record_of(ONE),
        Ok((number(5_000), U256::ZERO, U256::ZERO, NOW))
    );
    let digest = keccak256(
        (
            "H100 SXM 80GB",
            8u32,
            "eu-west",
            "https://gpu.example",
            "ipfs://prices",
        )
            .abi_encode_params(),
    );
    assert_eq!(registry.profile_digest_of(ONE), Ok(digest));
}

#[test]
fn registers_an_account_once() {
    let (vm, mut registry) = registered();
    assert_eq!(
        register(&vm, &mut registry, ALICE),
        Err(AlreadyRegistered {
            account: ALICE,
            providerId: ONE
        }
        .into())
    );
    assert_eq!(registry.provider_count(), ONE);
}

#[test]
fn is_full_when_ids_run_out() {
    let (vm, mut registry) = registry();
    let mut word = B256::ZERO;
    word[8..12].fill(0xff);
    word[12..].copy_from_slice(MANAGER.as_slice());
    vm.set_storage(U256::ZERO, word);
    assert_eq!(registry.provider_count(), number(u32::MAX.into()));
    assert_eq!(
        register(&vm, &mut registry, ALICE),
        Err(RegistryFull {
            maximum: number(u32::MAX.into())
        }
        .into())
    );
}

#[test]
fn checks_profiles() {
    let (vm, mut registry) = registry();
    vm.set_sender(ALICE);
    let text = |length: usize| Text::from(&*"x".repeat(length));
    let before = vm.snapshot().storage;
    let mut refused = |model, count, region, endpoint, prices, expected: Error| {
        let result = registry.register(
            text(model),
            count,
            text(region),
            text(endpoint),
            text(prices),
        );
        assert_eq!(result, Err(expected));
    };
    let range = |field: &str, length, minimum, maximum| {
        let [length, minimum, maximum] = [length, minimum, maximum].map(number);
        TextLengthOutOfRange {
            field: field.into(),
            length,
            minimum,
            maximum,
        }
        .into()
    };
    refused(1, 0, 1, 1, 1, ZeroGpuCount {}.into());
    refused(0, 1, 1, 1, 1, range("gpuModel", 0, 1, 64));
    refused(65, 1, 1, 1, 1, range("gpuModel", 65, 1, 64));
    refused(1, 1, 33, 1, 1, range("region", 33, 0, 32));
    refused(1, 1, 1, 257, 1, range("endpoint", 257, 0, 256));
    refused(1, 1, 1, 1, 70_000, range("priceListUri", 70_000, 0, 256));
    assert_eq!(vm.snapshot().storage, before);
    let longest = registry.register(text(64), u32::MAX, text(32), text(256), text(256));
    assert_eq!(longest, Ok(ONE));
    assert_eq!(
        registry.update_profile(text(1), 1, text(0), text(0), text(0)),
        Ok(())
    );
}

#[test]
fn providers_update_their_profiles() {
    let (vm, mut registry) = registered();
    let before = registry.profile_digest_of(ONE).unwrap();
    let update = |registry: &mut ReputationRegistry, count| {
        registry.update_profile("A100".into(), count, "us-east".into(), "".into(), "".into())
    };
    assert_eq!(update(&mut registry, 0), Err(ZeroGpuCount {}.into()));
    assert_eq!(registry.profile_digest_of(ONE), Ok(before));
    assert_eq!(update(&mut registry, 4), Ok(()));
    let digest = keccak256(("A100", 4u32, "us-east", "", "").abi_encode_params());
    assert_eq!(registry.profile_digest_of(ONE), Ok(digest));
    let updated = events::<ProfileUpdated>(&vm);
    assert_eq!(
        (updated.len(), updated[0].providerId, updated[0].gpuCount),
        (1, ONE, 4)
    );
    assert_eq!(events::<ProviderRegistered>(&vm), []);
    vm.set_sender(BOB);
    assert_eq!(
        update(&mut registry, 4),
        Err(NotRegistered { account: BOB }.into())
    );
}

#[test]
fn the_owner_arbitrates() {
    let (vm, mut registry) = registered();
    vm.set_sender(OWNER);
    vm.set_block_timestamp(NOW + 5);
    for score in [10_000, 0] {
        assert_eq!(registry.set_score(ONE, number(score)), Ok(()));
        assert_eq!(
            registry.record_of(ONE),
            Ok((number(score), U256::ZERO, U256::ZERO, NOW + 5))
        );
    }
    assert_eq!(
        events::<ScoreSet>(&vm),
        [
            ScoreSet {
                providerId: ONE,
                previousScore: number(5_000),
                score: number(10_000)
            },
            ScoreSet {
                providerId: ONE,
                previousScore: number(10_000),
                score: number(0)
            },
        ]
    );
    let maximum = number(10_000);
    for score in [number(10_001), number(1 << 16), U256::MAX] {
        assert_eq!(
            registry.set_score(ONE, score),
            Err(ScoreOutOfRange { score, maximum }.into())
        );
    }
    vm.set_sender(MANAGER);
    assert_eq!(registry.set_score(ONE, ONE), Err(unauthorized(MANAGER)));
}

#[test]
fn knows_no_other_providers() {
    let (vm, mut registry) = registered();
    for provider in [
        U256::ZERO,
        number(2),
        number((1 << 32) + 1),
        ONE + (ONE << 64),
        U256::MAX,
    ] {
        let unknown = || {
            Error::from(UnknownProvider {
                providerId: provider,
            })
        };
        assert_eq!(registry.owner_of(provider), Err(unknown()));
        assert_eq!(registry.score_of(provider), Err(unknown()));
        assert_eq!(registry.standing_of(provider), Err(unknown()));
        assert_eq!(registry.record_of(provider), Err(unknown()));
        assert_eq!(registry.profile_digest_of(provider), Err(unknown()));
        vm.set_sender(MANAGER);
        let recorded = registry.record_outcome(ONE, provider, BOB, ONE, 10_000, NOW);
        assert_eq!(recorded, Err(unknown()));
        assert_eq!(registry.pair_of(BOB, provider), Err(unknown()));
        assert_eq!(registry.get_last_index(provider, BOB), Err(unknown()));
        let summary = registry.get_summary(provider, vec![], "".into(), "".into());
        assert_eq!(summary, Err(unknown()));
        vm.set_sender(OWNER);
        assert_eq!(registry.set_score(provider, ONE), Err(unknown()));
    }
}

sol! {
    function standingOf(uint256 providerId) returns (address, uint256);
    function recordOf(uint256 providerId) returns (uint256, uint256, uint256, uint64);
}

#[test]
fn answers_other_contracts() {
    let (vm, _) = registered();
    let call = |data: Vec<u8>| {
        let host = VM {
            host: Box::new(vm.clone()),
        };
        router_entrypoint::<ReputationRegistry, ReputationRegistry>(data, host)
    };
    let data = call(standingOfCall { providerId: ONE }.abi_encode()).unwrap();
    let standing = standingOfCall::abi_decode_returns_validate(&data).unwrap();
    assert_eq!((standing._0, standing._1), (ALICE, number(5_000)));
    let data = call(recordOfCall { providerId: ONE }.abi_encode()).unwrap();
    let record = recordOfCall::abi_decode_returns_validate(&data).unwrap();
    assert_eq!((record._0, record._3), (number(5_000), NOW));
    for signature in [
        "register(string,uint32,string,string,string)",
        "updateProfile(string,uint32,string,string,string)",
        "recordOutcome(uint256,uint256,address,uint256,uint16,uint64)",
        "giveFeedback(uint256,int128,uint8,string,string,string,bytes32)",
        "contest(uint256)",
        "resolveContest(uint256,bool)",
        "closeContest(uint256)",
        "setContestTerms(address,uint256)",
        "outcomeOf(uint256)",
        "pairOf(address,uint256)",
        // as ERC-8004 has them
        "getSummary(uint256,address[],string,string)",
        "getLastIndex(uint256,address)",
        "getIdentityRegistry()",
        "getValidationStatus(bytes32)",
        "setScore(uint256,uint256)",
        "setTaskManager(address)",
        "ownerOf(uint256)",
        "providerOf(address)",
        "scoreOf(uint256)",
        "profileDigestOf(uint256)",
        "providerCount()",
        "taskManager()",
        "owner()",
    ] {
        let mut data = keccak256(signature)[..4].to_vec();
        data.extend([0; 7 * 32]);
        // the arguments are refused by most functions, but not by the router, which says nothing
        assert_ne!(call(data), Err(vec![]), "{signature}");
    }
    assert_eq!(call(hex!("deadbeef").to_vec()), Err(vec![]));
}
