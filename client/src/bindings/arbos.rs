//! ArbOS' precompiles for Stylus programs, and the cache manager of live chains.

use alloy::{
    primitives::{Address, address},
    sol,
};

/// Where [`ArbWasm`] answers.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// Where [`ArbWasmCache`] answers.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

sol! {
    /// Activates programs and tells what they cost.
    #[sol(rpc)]
    #[derive(Debug)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 secs);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
    }

    /// Which programs are held ready in every validator's memory.
    #[sol(rpc)]
    #[derive(Debug)]
    interface ArbWasmCache {
        function allCacheManagers() external view returns (address[] managers);
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }

    /// The auction for a place in the cache.
    #[sol(rpc)]
    #[derive(Debug)]
    interface CacheManager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
    }
}
