//! `ArbOwner` (0x70), `ArbOwnerPublic` (0x6b), `ArbDebug` (0xff): the chain's owners and what they may change.

use super::{
    abi::{
        ArbDebug::ArbDebugCalls,
        ArbOwner::{self, ArbOwnerCalls},
        ArbOwnerPublic::ArbOwnerPublicCalls,
    },
    call::{Answer, Call, Failure, refuse, results},
};
use crate::arbos::Members;
use alloy_sol_types::{SolInterface as _, SolValue as _};
use ogpu_stylus::Params;
use revm::{Database, primitives::FixedBytes};

const NOTHING: () = ();

pub(super) fn arb_owner_public<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    let owner = call.ctx.chain.config.owner;
    match ArbOwnerPublicCalls::abi_decode(data).map_err(|_| refuse())? {
        ArbOwnerPublicCalls::isChainOwner(args) => {
            results(&call.read(1, |mut state| state.contains(Members::OWNERS, args.addr))?)
        }
        ArbOwnerPublicCalls::getAllChainOwners(_) => {
            results(&call.read(1, |mut state| state.members(Members::OWNERS))?)
        }
        ArbOwnerPublicCalls::getNetworkFeeAccount(_)
        | ArbOwnerPublicCalls::getInfraFeeAccount(_) => {
            results(&call.read(1, |mut state| state.fee_account(owner))?)
        }
    }
}

/// `becomeChainOwner`: on a development chain anybody may.
pub(super) fn arb_debug<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    let ArbDebugCalls::becomeChainOwner(_) =
        ArbDebugCalls::abi_decode(data).map_err(|_| refuse())?;
    call.writes()?;
    let caller = call.caller();
    call.write(3, |mut state| state.insert(Members::OWNERS, caller))?;
    Ok(NOTHING.abi_encode().into())
}

/// Only chain owners may call it; it costs them no gas, and every change is logged.
pub(super) fn arb_owner<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    let answer = as_owner(call, data)?;
    call.free();
    Ok(answer)
}

fn as_owner<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    let request = ArbOwnerCalls::abi_decode(data).map_err(|_| refuse())?;
    let caller = call.caller();
    if !call.read(1, |mut state| state.contains(Members::OWNERS, caller))? {
        return Err(refuse());
    }
    let fee_owner = call.ctx.chain.config.owner;
    match request {
        ArbOwnerCalls::isChainOwner(args) => {
            return results(&call.read(1, |mut state| state.contains(Members::OWNERS, args.addr))?);
        }
        ArbOwnerCalls::getAllChainOwners(_) => {
            return results(&call.read(1, |mut state| state.members(Members::OWNERS))?);
        }
        ArbOwnerCalls::getNetworkFeeAccount(_) => {
            return results(&call.read(1, |mut state| state.fee_account(fee_owner))?);
        }
        _ => call.writes()?,
    }
    change(call, request)?;
    let method = FixedBytes::<4>::try_from(&data[..4]).unwrap_or_default();
    let data = data.to_vec().into();
    call.emit(&ArbOwner::OwnerActs {
        method,
        owner: caller,
        data,
    })?;
    Ok(NOTHING.abi_encode().into())
}

fn change<DB: Database>(call: &mut Call<'_, DB>, request: ArbOwnerCalls) -> Result<(), Failure> {
    use ArbOwnerCalls as Owner;
    match request {
        Owner::addChainOwner(args) => {
            call.write(0, |mut state| state.insert(Members::OWNERS, args.newOwner))
        }
        Owner::removeChainOwner(args) => call.write(0, |mut state| {
            state.remove(Members::OWNERS, args.ownerToRemove)
        }),
        Owner::addWasmCacheManager(args) => call.write(0, |mut state| {
            state.insert(Members::CACHE_MANAGERS, args.manager)
        }),
        Owner::removeWasmCacheManager(args) => call.write(0, |mut state| {
            state.remove(Members::CACHE_MANAGERS, args.manager)
        }),
        Owner::setNetworkFeeAccount(args) => call.write(0, |mut state| {
            state.set_fee_account(args.newNetworkFeeAccount)
        }),
        other => {
            let mut params = call.params()?;
            set_param(&mut params, other)?;
            call.write(0, |mut state| state.set_params(&params))
        }
    }
}

/// Changes one parameter; refuses values that cannot be kept.
fn set_param(params: &mut Params, request: ArbOwnerCalls) -> Result<(), Failure> {
    use ArbOwnerCalls as Owner;
    match request {
        Owner::setInkPrice(args) if (1..1 << 24).contains(&args.price) => {
            params.ink_price = args.price;
        }
        Owner::setWasmMaxStackDepth(args) => params.max_stack_depth = args.depth,
        Owner::setWasmFreePages(args) => params.free_pages = args.pages,
        Owner::setWasmPageGas(args) => params.page_gas = args.gas,
        Owner::setWasmPageLimit(args) => params.page_limit = args.limit,
        Owner::setWasmMaxSize(args) => params.max_wasm_size = args.size,
        Owner::setWasmMinInitGas(args) => {
            params.min_init_gas = args.gas;
            params.min_cached_init_gas = u8::try_from(args.cached).map_err(|_| refuse())?;
        }
        Owner::setWasmInitCostScalar(args) => {
            params.init_cost_scalar =
                u8::try_from(args.percent.div_ceil(2)).map_err(|_| refuse())?;
        }
        Owner::setWasmExpiryDays(args) => params.expiry_days = args.days,
        Owner::setWasmKeepaliveDays(args) => params.keepalive_days = args.days,
        Owner::setWasmBlockCacheSize(args) => params.block_cache_size = args.count,
        _ => return Err(refuse()),
    }
    Ok(())
}
