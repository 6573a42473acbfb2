//! `ArbWasm` (0x71): activates programs and tells about them. `ArbWasmCache` (0x72): keeps programs in the cache.

use super::{
    abi::{ArbWasm, ArbWasm::ArbWasmCalls, ArbWasmCache, ArbWasmCache::ArbWasmCacheCalls},
    call::{Answer, Call, Failure, broken, refuse, results, revert},
};
use crate::{
    arbos::{Members, Program},
    code::{is_program, module},
};
use alloy_sol_types::{SolCall as _, SolInterface as _, SolValue as _};
use ogpu_stylus::Params;
use revm::{
    Database,
    context::JournalTr,
    primitives::{Address, B256, U256, keccak256},
};

/// Gas of an activation besides the metered part.
const ACTIVATION_GAS: u64 = 1_659_168;
/// The base of the exponential page price.
const PAGE_RAMP: u64 = 620_674_314;
/// Percent of one unit of a cost scalar.
const SCALAR_PERCENT: u64 = 2;
/// Gas of one unit of the least initialisation cost.
const MIN_INIT_UNIT: u64 = 128;
/// Gas of one unit of the least cached cost.
const MIN_CACHED_UNIT: u64 = 32;
/// Size estimates are kept in units of so many bytes.
const ASM_UNIT: u32 = 1024;

/// Answers a call of `ArbWasm`.
pub(super) fn arb_wasm<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    let request = ArbWasmCalls::abi_decode(data).map_err(|_| refuse())?;
    match request {
        ArbWasmCalls::activateProgram(args) => return activate(call, args.program),
        ArbWasmCalls::codehashKeepalive(args) => return keepalive(call, args.codehash),
        _ => call.nonpayable()?,
    }
    let params = call.params()?;
    match request {
        ArbWasmCalls::stylusVersion(_) => results(&params.version),
        ArbWasmCalls::inkPrice(_) => results(&params.ink_price),
        ArbWasmCalls::maxStackDepth(_) => results(&params.max_stack_depth),
        ArbWasmCalls::freePages(_) => results(&params.free_pages),
        ArbWasmCalls::pageGas(_) => results(&params.page_gas),
        ArbWasmCalls::pageRamp(_) => results(&PAGE_RAMP),
        ArbWasmCalls::pageLimit(_) => results(&params.page_limit),
        ArbWasmCalls::minInitGas(_) => {
            let init = u64::from(params.min_init_gas) * MIN_INIT_UNIT;
            let cached = u64::from(params.min_cached_init_gas) * MIN_CACHED_UNIT;
            results(&(init, cached))
        }
        ArbWasmCalls::initCostScalar(_) => {
            results(&(u64::from(params.init_cost_scalar) * SCALAR_PERCENT))
        }
        ArbWasmCalls::expiryDays(_) => results(&params.expiry_days),
        ArbWasmCalls::keepaliveDays(_) => results(&params.keepalive_days),
        ArbWasmCalls::blockCacheSize(_) => results(&params.block_cache_size),
        ArbWasmCalls::codehashVersion(args) => {
            results(&active(call, args.codehash, &params)?.version)
        }
        ArbWasmCalls::codehashAsmSize(args) => {
            let estimate = active(call, args.codehash, &params)?
                .activation
                .asm_estimate;
            results(&(estimate.div_ceil(ASM_UNIT) * ASM_UNIT))
        }
        ArbWasmCalls::programVersion(args) => {
            results(&active_at(call, args.program, &params)?.version)
        }
        ArbWasmCalls::programInitGas(args) => {
            let costs = active_at(call, args.program, &params)?.activation;
            results(&(
                params.start_gas(&costs, false),
                params.start_gas(&costs, true),
            ))
        }
        ArbWasmCalls::programMemoryFootprint(args) => {
            results(&active_at(call, args.program, &params)?.activation.footprint)
        }
        ArbWasmCalls::programTimeLeft(args) => {
            let program = active_at(call, args.program, &params)?;
            results(&program.time_left(&params, call.now()))
        }
        ArbWasmCalls::activateProgram(_) | ArbWasmCalls::codehashKeepalive(_) => Err(refuse()),
    }
}

/// The entry of a code hash that can run.
fn active<DB: Database>(
    call: &mut Call<'_, DB>,
    code_hash: B256,
    params: &Params,
) -> Result<Program, Failure> {
    let now = call.now();
    Ok(call.read(1, |mut state| state.active_program(code_hash, params, now))??)
}

/// The entry of an account's program.
fn active_at<DB: Database>(
    call: &mut Call<'_, DB>,
    account: Address,
    params: &Params,
) -> Result<Program, Failure> {
    let (code_hash, _) = call.code(account)?;
    active(call, code_hash, params)
}

/// `activateProgram`: anybody may call it, once for each code and Stylus version (or after expiry); what is sent beyond
/// the data fee comes back.
fn activate<DB: Database>(call: &mut Call<'_, DB>, account: Address) -> Answer {
    call.writes()?;
    call.burn(ACTIVATION_GAS)?;
    let (code_hash, code) = call.code(account)?;
    if !is_program(&code, call.arbos()) {
        return Err(revert(&ArbWasm::ProgramNotWasm {}));
    }
    let params = call.params()?;
    let now = call.now();
    let old = call.read(1, |mut state| state.program(code_hash))?;
    if old.version == params.version && old.time_left(&params, now) > 0 {
        return Err(revert(&ArbWasm::ProgramUpToDate {}));
    }
    let wasm = module(call.ctx, &code, &params).map_err(broken)?;
    let wasm = wasm.map_err(|why| call.refuse_because(why))?;
    let activation =
        ogpu_stylus::activate(&wasm, &params).map_err(|why| call.refuse_because(why))?;
    let module_hash = keccak256(&wasm);
    call.burn(activation.activation_gas)?;
    call.write(1, |mut state| state.set_module_hash(code_hash, module_hash))?;
    let data_fee = charge_data(call, activation.asm_estimate)?;
    let version = params.version;
    let program = Program {
        version,
        activation,
        activated_at: now,
        cached: old.cached,
    };
    call.write(1, |mut state| state.set_program(code_hash, &program))?;
    pay_data_fee(call, data_fee)?;
    call.emit(&ArbWasm::ProgramActivated {
        codehash: code_hash,
        moduleHash: module_hash,
        program: account,
        dataFee: data_fee,
        version,
    })?;
    results(&(version, data_fee))
}

/// `codehashKeepalive`: anybody may extend an activation that is old enough, for the same data fee.
fn keepalive<DB: Database>(call: &mut Call<'_, DB>, code_hash: B256) -> Answer {
    call.writes()?;
    let params = call.params()?;
    let now = call.now();
    let mut program = active(call, code_hash, &params)?;
    if !program.may_be_extended(&params, now) {
        let age = program.age(now);
        return Err(revert(&ArbWasm::ProgramKeepaliveTooSoon {
            ageInSeconds: age,
        }));
    }
    let data_fee = charge_data(call, program.activation.asm_estimate)?;
    program.activated_at = now;
    call.write(1, |mut state| state.set_program(code_hash, &program))?;
    pay_data_fee(call, data_fee)?;
    call.emit(&ArbWasm::ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: data_fee,
    })?;
    Ok(().abi_encode().into())
}

/// Adds to the demand for data and gives the fee in wei.
fn charge_data<DB: Database>(call: &mut Call<'_, DB>, bytes: u32) -> Result<U256, Failure> {
    let now = call.now();
    let mut pricer = call.read(5, |mut state| state.data_pricer())?;
    let fee = pricer.charge(bytes, now);
    call.write(2, |mut state| state.set_data_pricer(pricer))?;
    Ok(fee)
}

/// Passes the fee on to the chain and the rest of the value back to the caller.
fn pay_data_fee<DB: Database>(call: &mut Call<'_, DB>, fee: U256) -> Result<(), Failure> {
    let have = call.value();
    if have < fee {
        return Err(revert(&ArbWasm::ProgramInsufficientValue {
            have,
            want: fee,
        }));
    }
    let owner = call.ctx.chain.config.owner;
    let to = call.read(1, |mut state| state.fee_account(owner))?;
    let (this, caller) = (call.inputs.target_address, call.caller());
    for (to, amount) in [(to, fee), (caller, have - fee)] {
        if call
            .journal()
            .transfer(this, to, amount)
            .map_err(broken)?
            .is_some()
        {
            return Err(refuse());
        }
    }
    Ok(())
}

/// Answers a call of `ArbWasmCache`.
pub(super) fn arb_wasm_cache<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    match ArbWasmCacheCalls::abi_decode(data).map_err(|_| refuse())? {
        ArbWasmCacheCalls::isCacheManager(args) => results(&call.read(1, |mut state| {
            state.contains(Members::CACHE_MANAGERS, args.manager)
        })?),
        ArbWasmCacheCalls::allCacheManagers(_) => {
            results(&call.read(1, |mut state| state.members(Members::CACHE_MANAGERS))?)
        }
        ArbWasmCacheCalls::codehashIsCached(args) => results(
            &call
                .read(1, |mut state| state.program(args.codehash))?
                .cached,
        ),
        ArbWasmCacheCalls::cacheCodehash(args) => set_cached(call, args.codehash, true),
        ArbWasmCacheCalls::evictCodehash(args) => set_cached(call, args.codehash, false),
        ArbWasmCacheCalls::cacheProgram(args) => {
            let (code_hash, _) = call.code(args.program)?;
            set_cached(call, code_hash, true)
        }
        ArbWasmCacheCalls::evictProgram(args) => {
            let (code_hash, _) = call.code(args.program)?;
            set_cached(call, code_hash, false)
        }
    }
}

/// Cache managers and chain owners may change what is cached. Caching costs what initialising the program costs, and it
/// must be active; evicting is always possible.
fn set_cached<DB: Database>(call: &mut Call<'_, DB>, code_hash: B256, cached: bool) -> Answer {
    call.writes()?;
    let manager = call.caller();
    let allowed = call.read(1, |mut state| {
        Ok(state.contains(Members::CACHE_MANAGERS, manager)?
            || state.contains(Members::OWNERS, manager)?)
    })?;
    if !allowed {
        return Err(refuse());
    }
    let params = call.params()?;
    let mut program = if cached {
        active(call, code_hash, &params)?
    } else {
        call.read(1, |mut state| state.program(code_hash))?
    };
    if program.cached != cached {
        call.emit(&ArbWasmCache::UpdateProgramCache {
            manager,
            codehash: code_hash,
            cached,
        })?;
        if cached {
            call.burn(params.init_gas(&program.activation))?;
        }
        program.cached = cached;
        call.write(1, |mut state| state.set_program(code_hash, &program))?;
    }
    Ok(().abi_encode().into())
}

/// The calldata that caches a program, for those who call the precompile from EVM code.
pub(crate) const CACHE_PROGRAM_SELECTOR: [u8; 4] = ArbWasmCache::cacheProgramCall::SELECTOR;
