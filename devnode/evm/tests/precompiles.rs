//! ArbOS' precompiles in ordinary transactions.

mod common;

use alloy_sol_types::{SolCall, sol};
use common::{
    ArbWasm, ArbWasmCache, CacheManager, Chain, DAY, FEE, USER, error, event, forwarder, module,
    program_code,
};
use ogpu_evm::{
    ARB_DEBUG, ARB_GAS_INFO, ARB_INFO, ARB_OWNER, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM,
    ARB_WASM_CACHE, CACHE_MANAGER, DEV_ACCOUNT,
    revm::{
        context::result::{ExecutionResult, HaltReason},
        primitives::{Address, TxKind, U256, hex},
    },
};

sol! {
    interface Arb {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 number) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function getBalance(address account) external view returns (uint256);
        function getCode(address account) external view returns (bytes);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[]);
        function getNetworkFeeAccount() external view returns (address);
        function setNetworkFeeAccount(address account) external;
        function becomeChainOwner() external;
        function setInkPrice(uint32 price) external;
        function setWasmExpiryDays(uint16 number) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

const HERE: Address = Address::repeat_byte(0x11);
const CALL: u8 = 0xF1;

/// Gas that activating takes besides the metered part.
const FIXED_GAS: u64 = 1_659_168;

#[test]
fn a_program_is_activated_once_for_the_data_fee() {
    let mut chain = Chain::new();
    let program = chain.deploy(&program_code(&module("sub_counter")));
    let code_hash = chain.code_hash(program);
    let result = chain.call(
        ARB_WASM,
        ArbWasm::codehashVersionCall {
            codehash: code_hash,
        }
        .abi_encode(),
    );
    error::<ArbWasm::ProgramNotActivated>(&result);

    let (user, owner) = (chain.balance(USER), chain.balance(DEV_ACCOUNT));
    let output = chain.activate(program, FEE);
    assert!(output.result.is_success(), "{:?}", output.result);
    let activated: ArbWasm::ProgramActivated = event(output.result.logs());
    assert_eq!(
        (activated.codehash, activated.program, activated.version),
        (code_hash, program, 2)
    );
    let gas_fee = U256::from(output.result.tx_gas_used()) * U256::from(chain.block.base_fee);
    assert_eq!(user - chain.balance(USER), activated.dataFee + gas_fee);
    assert_eq!(
        chain.balance(DEV_ACCOUNT) - owner,
        activated.dataFee + gas_fee
    );
    assert_eq!(chain.balance(ARB_WASM), U256::ZERO);

    let asm = chain.view(
        ARB_WASM,
        ArbWasm::codehashAsmSizeCall {
            codehash: code_hash,
        },
    );
    assert!(
        activated.dataFee > U256::from(asm) * U256::from(80_000_000),
        "{}",
        activated.dataFee
    );
    assert!(
        output.result.tx_gas_used() > FIXED_GAS + 100_000,
        "{}",
        output.result.tx_gas_used()
    );
    assert_eq!(
        chain.view(ARB_WASM, ArbWasm::programVersionCall { program }),
        2
    );
    assert_eq!(
        chain.view(ARB_WASM, ArbWasm::programMemoryFootprintCall { program }),
        4
    );
    assert_eq!(
        chain.view(ARB_WASM, ArbWasm::programTimeLeftCall { program }),
        365 * DAY
    );

    error::<ArbWasm::ProgramUpToDate>(&chain.activate(program, FEE).result);
}

#[test]
fn the_same_code_elsewhere_is_active_too() {
    let mut chain = Chain::new();
    chain.program(&module("sub_counter"));
    let twin = chain.deploy(&program_code(&module("sub_counter")));
    assert!(chain.send(twin, [0], 0).result.is_success());
}

#[test]
fn what_cannot_be_activated_is_refused() {
    let mut chain = Chain::new();
    chain.set_code(HERE, &hex!("00"));
    error::<ArbWasm::ProgramNotWasm>(&chain.activate(HERE, FEE).result);

    let program = chain.deploy(&program_code(&module("sub_counter")));
    let poor = error::<ArbWasm::ProgramInsufficientValue>(&chain.activate(program, 1).result);
    assert_eq!(poor.have, U256::from(1));
    assert!(
        poor.want > U256::from(40_000_000_000_000_u64),
        "{}",
        poor.want
    );
    let result = chain.activate(program, poor.want.to()).result;
    assert!(result.is_success(), "the price named is enough: {result:?}");

    let invalid = chain.deploy(&program_code(&module("rej_float")));
    let result = chain.activate(invalid, FEE).result;
    let ExecutionResult::Halt {
        reason: HaltReason::PrecompileErrorWithContext(why),
        gas,
        ..
    } = result
    else {
        panic!("{result:?}")
    };
    assert!(why.contains("not activated"), "{why}");
    assert_eq!(
        gas.total_gas_spent(),
        common::GAS,
        "a failed activation takes all gas"
    );
}

#[test]
fn a_program_that_is_not_active_takes_all_gas_and_says_why() {
    let mut chain = Chain::new();
    let program = chain.deploy(&program_code(&module("sub_counter")));
    let halted = |chain: &mut Chain| match chain.send(program, [0], 0).result {
        ExecutionResult::Halt {
            reason: HaltReason::PrecompileErrorWithContext(why),
            gas,
            ..
        } => {
            assert_eq!(gas.total_gas_spent(), common::GAS);
            why
        }
        other => panic!("{other:?}"),
    };
    let why = halted(&mut chain);
    assert!(
        why.contains("not activated") && why.contains("0x71"),
        "{why}"
    );

    assert!(chain.activate(program, FEE).result.is_success());
    assert!(chain.send(program, [0], 0).result.is_success());
    chain.block.timestamp += 365 * DAY;
    assert!(
        chain.send(program, [0], 0).result.is_success(),
        "on its last second"
    );
    chain.block.timestamp += 1;
    let why = halted(&mut chain);
    assert!(why.contains("expired"), "{why}");
    let view = ArbWasm::programVersionCall { program }.abi_encode();
    let expired: ArbWasm::ProgramExpired = error(&chain.call(ARB_WASM, view));
    assert_eq!(expired.ageInSeconds, 365 * DAY + 1);

    assert!(
        chain.activate(program, FEE).result.is_success(),
        "it can be activated again"
    );
    assert!(chain.send(program, [0], 0).result.is_success());
}

#[test]
fn an_activation_is_extended_only_when_it_is_old_enough() {
    let mut chain = Chain::new();
    let program = chain.program(&module("sub_counter"));
    let codehash = chain.code_hash(program);
    let keepalive = ArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    chain.block.timestamp += 31 * DAY - 1;
    let soon: ArbWasm::ProgramKeepaliveTooSoon =
        error(&chain.send(ARB_WASM, keepalive.clone(), FEE).result);
    assert_eq!(soon.ageInSeconds, 31 * DAY - 1);
    chain.block.timestamp += 1;
    let result = chain.send(ARB_WASM, keepalive, FEE).result;
    let extended: ArbWasm::ProgramLifetimeExtended = event(result.logs());
    assert_eq!(extended.codehash, codehash);
    assert_eq!(
        chain.view(ARB_WASM, ArbWasm::programTimeLeftCall { program }),
        365 * DAY
    );
}

#[test]
fn an_activation_in_a_reverted_frame_never_happened() {
    let mut chain = Chain::new();
    let program = chain.deploy(&program_code(&module("sub_counter")));
    // Calls ArbWasm with its calldata and value, then reverts with what comes back.
    let mut code = forwarder(CALL, ARB_WASM);
    let stop = code.len() - 1;
    code[stop] = 0xFD;
    chain.set_code(HERE, &code);
    let activate = ArbWasm::activateProgramCall { program }.abi_encode();
    let result = chain.send(HERE, activate.clone(), FEE).result;
    let ExecutionResult::Revert { output, .. } = &result else {
        panic!("{result:?}")
    };
    assert_eq!(output.len(), 64, "the activation itself succeeded");
    let codehash = chain.code_hash(program);
    let version = ArbWasm::codehashVersionCall { codehash }.abi_encode();
    error::<ArbWasm::ProgramNotActivated>(&chain.call(ARB_WASM, version));

    chain.set_code(HERE, &forwarder(CALL, ARB_WASM));
    let result = chain.send(HERE, activate, FEE).result;
    assert!(result.is_success(), "{result:?}");
    assert_eq!(
        chain.view(ARB_WASM, ArbWasm::programVersionCall { program }),
        2
    );
}

#[test]
fn a_bid_puts_a_program_in_the_cache_and_calls_get_cheaper() {
    let mut chain = Chain::new();
    let program = chain.program(&module("sub_counter"));
    let codehash = chain.code_hash(program);
    let gas = chain.view(ARB_WASM, ArbWasm::programInitGasCall { program });
    let uncached = chain.send(program, [4], 0);
    assert!(
        chain
            .view(CACHE_MANAGER, CacheManager::getMinBidCall { program })
            .is_zero()
    );
    let output = chain.cache(program);
    assert!(output.result.is_success(), "{:?}", output.result);
    let update: ArbWasmCache::UpdateProgramCache = event(output.result.logs());
    assert_eq!(
        (update.manager, update.codehash, update.cached),
        (CACHE_MANAGER, codehash, true)
    );
    assert!(chain.view(
        ARB_WASM_CACHE,
        ArbWasmCache::codehashIsCachedCall { codehash }
    ));

    let cached = chain.send(program, [4], 0);
    let saved = uncached.result.tx_gas_used() - cached.result.tx_gas_used();
    assert_eq!(saved, gas.gas - gas.gasWhenCached);
    assert!(saved > 8_832, "at least the least initialisation: {saved}");
    assert_eq!(uncached.frames[0].ink_used, cached.frames[0].ink_used);

    let evict = ArbWasmCache::evictCodehashCall { codehash }.abi_encode();
    assert!(
        chain
            .send(ARB_WASM_CACHE, evict.clone(), 0)
            .result
            .is_halt(),
        "nobody may evict"
    );
    let result = chain
        .send_from(DEV_ACCOUNT, TxKind::Call(ARB_WASM_CACHE), evict, 0)
        .result;
    assert!(result.is_success(), "the owner may: {result:?}");
    let again = chain.send(program, [4], 0);
    assert_eq!(again.result.tx_gas_used(), uncached.result.tx_gas_used());
}

#[test]
fn only_cache_managers_cache_and_only_active_programs() {
    let mut chain = Chain::new();
    let managers = chain.view(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {});
    assert_eq!(managers, [CACHE_MANAGER]);
    let program = chain.deploy(&program_code(&module("sub_counter")));
    error::<ArbWasm::ProgramNotActivated>(&chain.cache(program).result);
    assert!(chain.activate(program, FEE).result.is_success());
    let cache = ArbWasmCache::cacheProgramCall { program }.abi_encode();
    assert!(
        chain
            .send(ARB_WASM_CACHE, cache.clone(), 0)
            .result
            .is_halt()
    );

    let add = Arb::addWasmCacheManagerCall { manager: USER }.abi_encode();
    assert!(
        chain.send(ARB_OWNER, add.clone(), 0).result.is_halt(),
        "the user is no owner"
    );
    assert!(
        chain
            .send_from(DEV_ACCOUNT, TxKind::Call(ARB_OWNER), add, 0)
            .result
            .is_success()
    );
    assert!(chain.send(ARB_WASM_CACHE, cache, 0).result.is_success());
    let remove = Arb::removeWasmCacheManagerCall {
        manager: CACHE_MANAGER,
    }
    .abi_encode();
    assert!(
        chain
            .send_from(DEV_ACCOUNT, TxKind::Call(ARB_OWNER), remove, 0)
            .result
            .is_success()
    );
    let managers = chain.view(ARB_WASM_CACHE, ArbWasmCache::allCacheManagersCall {});
    assert_eq!(managers, [USER]);
}

#[test]
fn from_arbos_60_a_second_call_in_a_block_is_cached() {
    for (arbos, expected) in [(51, false), (60, true)] {
        let mut chain = Chain::at(arbos);
        let relay = chain.program(&module("relay"));
        let counter = chain.program(&module("sub_counter"));
        chain.set_code(HERE, &hex!("00"));
        let data = common::relay(0, relay, &common::relay(0, counter, &[4]));
        let output = chain.send(relay, data, 0);
        assert!(output.result.is_success(), "{:?}", output.result);
        let [_, inner, outer] = &output.frames[..] else {
            panic!("{:?}", output.frames)
        };
        let gas = chain.view(ARB_WASM, ArbWasm::programInitGasCall { program: relay });
        let start = if expected { gas.gasWhenCached } else { gas.gas };
        assert_eq!(
            (outer.start_gas, inner.start_gas),
            (gas.gas, start),
            "ArbOS {arbos}"
        );
    }
}

#[test]
fn precompiles_tell_about_the_chain() {
    let mut chain = Chain::new();
    chain.block.number = 77;
    assert_eq!(
        chain.view(ARB_SYS, Arb::arbBlockNumberCall {}),
        U256::from(77)
    );
    assert_eq!(
        chain.view(ARB_SYS, Arb::arbChainIDCall {}),
        U256::from(412_346)
    );
    assert_eq!(
        chain.view(ARB_SYS, Arb::arbOSVersionCall {}),
        U256::from(55 + 51)
    );
    assert!(chain.view(ARB_SYS, Arb::isTopLevelCallCall {}));
    let hash = chain.view(
        ARB_SYS,
        Arb::arbBlockHashCall {
            number: U256::from(76),
        },
    );
    assert!(!hash.is_zero());
    let ahead = Arb::arbBlockHashCall {
        number: U256::from(77),
    }
    .abi_encode();
    let refused: Arb::InvalidBlockNumber = error(&chain.call(ARB_SYS, ahead));
    assert_eq!(
        (refused.requested, refused.current),
        (U256::from(77), U256::from(77))
    );

    let balance = chain.balance(USER);
    assert_eq!(
        chain.view(ARB_INFO, Arb::getBalanceCall { account: USER }),
        balance
    );
    let code = chain.view(ARB_INFO, Arb::getCodeCall { account: ARB_WASM });
    assert_eq!(code.as_ref(), [0xFE]);
    let price = U256::from(chain.block.base_fee);
    assert_eq!(
        chain.view(ARB_GAS_INFO, Arb::getMinimumGasPriceCall {}),
        price
    );
    assert_eq!(
        chain.view(ARB_GAS_INFO, Arb::getPricesInWeiCall {})._1,
        U256::ZERO
    );
    assert_eq!(chain.view(ARB_WASM, ArbWasm::stylusVersionCall {}), 2);
    assert_eq!(chain.view(ARB_WASM, ArbWasm::inkPriceCall {}), 10_000);
    assert_eq!(chain.view(ARB_WASM, ArbWasm::maxStackDepthCall {}), 22_000);
    assert_eq!(chain.view(ARB_WASM, ArbWasm::pageLimitCall {}), 128);
    let least = chain.view(ARB_WASM, ArbWasm::minInitGasCall {});
    assert_eq!((least.gas, least.cached), (8_832, 352));
    assert!(
        chain.call(ARB_SYS, hex!("deadbeef")).is_halt(),
        "an unknown method takes all gas"
    );
}

#[test]
fn owners_change_parameters_and_anybody_may_become_one() {
    let mut chain = Chain::new();
    assert_eq!(
        chain.view(ARB_OWNER_PUBLIC, Arb::getAllChainOwnersCall {}),
        [DEV_ACCOUNT]
    );
    let set = Arb::setInkPriceCall { price: 20_000 }.abi_encode();
    assert!(chain.send(ARB_OWNER, set.clone(), 0).result.is_halt());
    assert!(
        chain
            .send(ARB_DEBUG, Arb::becomeChainOwnerCall {}.abi_encode(), 0)
            .result
            .is_success()
    );
    assert!(chain.view(ARB_OWNER_PUBLIC, Arb::isChainOwnerCall { addr: USER }));
    assert!(chain.send(ARB_OWNER, set, 0).result.is_success());
    assert_eq!(chain.view(ARB_WASM, ArbWasm::inkPriceCall {}), 20_000);

    let expiry = Arb::setWasmExpiryDaysCall { number: 7 }.abi_encode();
    assert!(chain.send(ARB_OWNER, expiry, 0).result.is_success());
    assert_eq!(chain.view(ARB_WASM, ArbWasm::expiryDaysCall {}), 7);
}

#[test]
fn fees_go_to_the_account_the_owner_names() {
    let mut chain = Chain::new();
    assert_eq!(
        chain.view(ARB_OWNER_PUBLIC, Arb::getNetworkFeeAccountCall {}),
        DEV_ACCOUNT
    );
    let set = Arb::setNetworkFeeAccountCall { account: HERE }.abi_encode();
    let output = chain.send_from(DEV_ACCOUNT, TxKind::Call(ARB_OWNER), set, 0);
    assert!(output.result.is_success(), "{:?}", output.result);
    let before = chain.balance(HERE);
    let output = chain.send(USER, [], 0);
    let fee = U256::from(output.result.tx_gas_used()) * U256::from(chain.block.base_fee);
    assert_eq!(chain.balance(HERE) - before, fee);
}

#[test]
fn p256_signatures_are_checked_at_every_version() {
    // The first vector of EIP-7951's reference tests: hash, r, s, x, y.
    let signed = hex!(
        "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
        "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
        "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
        "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
        "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"
    );
    let at = Address::left_padding_from(&[1, 0]);
    for (arbos, gas) in [(31, 3_450), (51, 6_900)] {
        let mut chain = Chain::at(arbos);
        let result = chain.call(at, signed);
        assert_eq!(
            result.output().unwrap().as_ref(),
            U256::from(1).to_be_bytes::<32>()
        );
        let empty = chain.call(Address::repeat_byte(0x77), signed);
        assert_eq!(
            result.tx_gas_used() - empty.tx_gas_used(),
            gas,
            "ArbOS {arbos}"
        );
    }
}

#[test]
fn changing_parameters_costs_an_owner_nothing() {
    let mut chain = Chain::new();
    let set = Arb::setWasmExpiryDaysCall { number: 7 }.abi_encode();
    let output = chain.send_from(DEV_ACCOUNT, TxKind::Call(ARB_OWNER), set.clone(), 0);
    let plain = chain.send_from(DEV_ACCOUNT, TxKind::Call(HERE), set, 0);
    assert_eq!(output.result.tx_gas_used(), plain.result.tx_gas_used());
}

#[test]
fn no_calldata_breaks_a_precompile() {
    let mut chain = Chain::new();
    let program = chain.program(&module("sub_counter"));
    let selectors = [
        ArbWasm::activateProgramCall::SELECTOR,
        ArbWasm::codehashKeepaliveCall::SELECTOR,
        ArbWasm::programInitGasCall::SELECTOR,
        ArbWasmCache::cacheProgramCall::SELECTOR,
        Arb::arbBlockHashCall::SELECTOR,
        Arb::getCodeCall::SELECTOR,
        Arb::setInkPriceCall::SELECTOR,
    ];
    let addresses = [
        ARB_SYS,
        ARB_INFO,
        ARB_OWNER_PUBLIC,
        ARB_GAS_INFO,
        ARB_OWNER,
        ARB_WASM,
        ARB_WASM_CACHE,
        ARB_DEBUG,
    ];
    for address in addresses {
        for selector in selectors {
            for tail in [
                vec![],
                vec![0xFF; 31],
                vec![0xFF; 32],
                vec![0xFF; 100],
                vec![0; 3],
            ] {
                let data = [&selector[..], &tail].concat();
                for cut in [0, 1, 3, data.len()] {
                    chain.call(address, data[..cut].to_vec());
                }
            }
        }
    }
    assert!(chain.send(program, [0], 0).result.is_success());
}
