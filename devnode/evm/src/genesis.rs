//! What a development chain starts with.

use crate::{
    arbos::{ARBOS_STATE, Members},
    config::ChainConfig,
    precompiles::{ARB_WASM_CACHE, ARBOS, CACHE_PROGRAM_SELECTOR},
};
use alloy_sol_types::{SolCall as _, sol};
use revm::{
    primitives::{Address, StorageKey, U256, address},
    state::{AccountInfo, Bytecode},
};

/// The chain's cache manager: it caches any active program for a bid of any size, also of nothing.
pub const CACHE_MANAGER: Address = address!("0000000000000000000000000000000000cac4e0");

sol! {
    interface CacheManager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
    }
}

/// An account at genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisAccount {
    /// Its address.
    pub address: Address,
    /// Balance, nonce and code.
    pub info: AccountInfo,
    /// Its storage.
    pub storage: Vec<(StorageKey, U256)>,
}

/// The accounts that ArbOS needs: its state, with the chain's owner and the cache manager, and code for the precompiles,
/// so that contracts that look for code find some. Funded accounts are for the caller to add.
pub fn genesis(config: &ChainConfig) -> Vec<GenesisAccount> {
    let owners = Members::OWNERS.single(config.owner);
    let managers = Members::CACHE_MANAGERS.single(CACHE_MANAGER);
    let state = GenesisAccount {
        address: ARBOS_STATE,
        info: AccountInfo {
            nonce: 1,
            ..AccountInfo::default()
        },
        storage: owners.into_iter().chain(managers).collect(),
    };
    let with_code = |address, code: Vec<u8>| {
        let info = AccountInfo {
            nonce: 1,
            ..AccountInfo::default()
        };
        let info = info.with_code(Bytecode::new_legacy(code.into()));
        GenesisAccount {
            address,
            info,
            storage: Vec::new(),
        }
    };
    let precompiles = ARBOS.map(|address| with_code(address, vec![INVALID]));
    let manager = with_code(CACHE_MANAGER, cache_manager_code());
    [state, manager].into_iter().chain(precompiles).collect()
}

const INVALID: u8 = 0xFE;

/// The cache manager's code.
///
/// ```text
///     if selector == placeBid(address)   goto 20
///     if selector == getMinBid(address)  goto 1b
///     revert()
/// 1b  return(uint192(0))
/// 20  memory[0..36] := selector of cacheProgram(address), calldata[4..36]
///     if call(ArbWasmCache, value 0, memory[0..36]) goto 45
///     revert(return data)
/// 45  stop
/// ```
fn cache_manager_code() -> Vec<u8> {
    let [p0, p1, p2, p3] = CacheManager::placeBidCall::SELECTOR;
    let [m0, m1, m2, m3] = CacheManager::getMinBidCall::SELECTOR;
    let [c0, c1, c2, c3] = CACHE_PROGRAM_SELECTOR;
    let cache = ARB_WASM_CACHE[19];
    #[rustfmt::skip]
    let code = vec![
        0x5F, 0x35, 0x60, 0xE0, 0x1C,                       // 00 PUSH0 CALLDATALOAD PUSH1 e0 SHR
        0x80, 0x63, p0, p1, p2, p3, 0x14, 0x60, 0x20, 0x57, // 05 DUP1 PUSH4 EQ PUSH1 20 JUMPI
        0x63, m0, m1, m2, m3, 0x14, 0x60, 0x1B, 0x57,       // 0f PUSH4 EQ PUSH1 1b JUMPI
        0x5F, 0x5F, 0xFD,                                   // 18 PUSH0 PUSH0 REVERT
        0x5B, 0x60, 0x20, 0x5F, 0xF3,                       // 1b JUMPDEST PUSH1 20 PUSH0 RETURN
        0x5B, 0x63, c0, c1, c2, c3, 0x60, 0xE0, 0x1B,       // 20 JUMPDEST PUSH4 PUSH1 e0 SHL
        0x5F, 0x52,                                         // 29 PUSH0 MSTORE
        0x60, 0x04, 0x35, 0x60, 0x04, 0x52,                 // 2b PUSH1 4 CALLDATALOAD PUSH1 4 MSTORE
        0x5F, 0x5F, 0x60, 0x24, 0x5F, 0x5F,                 // 31 PUSH0 PUSH0 PUSH1 24 PUSH0 PUSH0
        0x60, cache, 0x5A, 0xF1, 0x60, 0x45, 0x57,          // 37 PUSH1 72 GAS CALL PUSH1 45 JUMPI
        0x3D, 0x5F, 0x5F, 0x3E,                             // 3e RETURNDATASIZE PUSH0 PUSH0 RETURNDATACOPY
        0x3D, 0x5F, 0xFD,                                   // 42 RETURNDATASIZE PUSH0 REVERT
        0x5B, 0x00,                                         // 45 JUMPDEST STOP
    ];
    code
}
