//! `ArbSys` (0x64), `ArbInfo` (0x65), `ArbGasInfo` (0x6c): facts about the chain.

use super::{
    abi::{
        ArbGasInfo::ArbGasInfoCalls,
        ArbInfo::ArbInfoCalls,
        ArbSys::{self, ArbSysCalls},
    },
    call::{Answer, Call, broken, refuse, results, revert},
};
use alloy_sol_types::SolInterface as _;
use revm::{
    Database,
    context::{Block as _, JournalTr},
    primitives::{Address, B256, U256, address},
};

/// Added to a parent chain's contract address when it sends messages.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");
/// `arbOSVersion` counts from here.
const ARBOS_VERSION_OFFSET: u64 = 55;
/// Block hashes reach back so far.
const BLOCK_HASHES: u64 = 256;
/// Gas of a new storage slot.
const STORAGE_GAS: u64 = 20_000;
/// Gas a second the chain is meant to sustain.
const SPEED_LIMIT: u64 = 7_000_000;
/// Most gas of one block of transactions.
const MAX_TX_GAS: u64 = 32_000_000;

pub(super) fn arb_sys<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    match ArbSysCalls::abi_decode(data).map_err(|_| refuse())? {
        ArbSysCalls::arbBlockNumber(_) => results(&U256::from(call.ctx.chain.block_number)),
        ArbSysCalls::arbBlockHash(args) => block_hash(call, args.arbBlockNum),
        ArbSysCalls::arbChainID(_) => results(&U256::from(call.ctx.chain.config.chain_id)),
        ArbSysCalls::arbOSVersion(_) => results(&U256::from(ARBOS_VERSION_OFFSET + call.arbos())),
        ArbSysCalls::getStorageGasAvailable(_) => results(&U256::ZERO),
        ArbSysCalls::isTopLevelCall(_) => results(&(call.ctx.journaled_state.depth() <= 2)),
        ArbSysCalls::mapL1SenderContractAddressToL2Alias(args) => {
            let sum = args.sender.into_word();
            let offset: U256 = ALIAS_OFFSET.into_word().into();
            let alias: B256 = U256::from_be_bytes(sum.0).wrapping_add(offset).into();
            results(&Address::from_slice(&alias[12..]))
        }
        ArbSysCalls::wasMyCallersAddressAliased(_) => results(&false),
        ArbSysCalls::myCallersAddressWithoutAliasing(_) => results(&call.caller()),
    }
}

fn block_hash<DB: Database>(call: &mut Call<'_, DB>, requested: U256) -> Answer {
    let current = call.ctx.chain.block_number;
    match u64::try_from(requested) {
        Ok(number) if number < current && number + BLOCK_HASHES >= current => {
            results(&call.journal().db_mut().block_hash(number).map_err(broken)?)
        }
        _ => Err(revert(&ArbSys::InvalidBlockNumber {
            requested,
            current: U256::from(current),
        })),
    }
}

pub(super) fn arb_info<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    match ArbInfoCalls::abi_decode(data).map_err(|_| refuse())? {
        ArbInfoCalls::getBalance(args) => {
            call.burn(700)?;
            results(
                &call
                    .journal()
                    .load_account(args.account)
                    .map_err(broken)?
                    .info
                    .balance,
            )
        }
        ArbInfoCalls::getCode(args) => {
            call.burn(2_600)?;
            let (_, code) = call.code(args.account)?;
            call.burn(3 * code.len().div_ceil(32) as u64)?;
            results(&code)
        }
    }
}

pub(super) fn arb_gas_info<DB: Database>(call: &mut Call<'_, DB>, data: &[u8]) -> Answer {
    call.nonpayable()?;
    let zero = U256::ZERO;
    let base_fee = U256::from(call.ctx.block.basefee());
    match ArbGasInfoCalls::abi_decode(data).map_err(|_| refuse())? {
        ArbGasInfoCalls::getPricesInWei(_) => {
            let storage = base_fee * U256::from(STORAGE_GAS);
            results(&(zero, zero, storage, base_fee, zero, base_fee))
        }
        ArbGasInfoCalls::getPricesInArbGas(_) => results(&(zero, zero, U256::from(STORAGE_GAS))),
        ArbGasInfoCalls::getGasAccountingParams(_) => {
            let most = U256::from(MAX_TX_GAS);
            results(&(U256::from(SPEED_LIMIT), most, most))
        }
        ArbGasInfoCalls::getMinimumGasPrice(_) => results(&base_fee),
        ArbGasInfoCalls::getL1BaseFeeEstimate(_)
        | ArbGasInfoCalls::getL1GasPriceEstimate(_)
        | ArbGasInfoCalls::getCurrentTxL1GasFees(_) => results(&zero),
    }
}
