//! Precompiled contracts: Ethereum's, and ArbOS' own.

mod abi;
mod call;
mod chain;
mod owner;
mod wasm;

pub(crate) use wasm::CACHE_PROGRAM_SELECTOR;

use crate::chain::ArbContext;
use call::Call;
use revm::{
    Database,
    handler::{EthPrecompiles, PrecompileProvider, precompile_output_to_interpreter_result},
    interpreter::{CallInputs, InterpreterResult},
    precompile::{Precompile, secp256r1::P256VERIFY},
    primitives::{Address, AddressSet, address, hardfork::SpecId},
};

/// `ArbSys`.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// `ArbInfo`.
pub const ARB_INFO: Address = address!("0000000000000000000000000000000000000065");
/// `ArbOwnerPublic`.
pub const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// `ArbGasInfo`.
pub const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// `ArbOwner`.
pub const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
/// `ArbWasm`.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// `ArbWasmCache`.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
/// `ArbDebug`.
pub const ARB_DEBUG: Address = address!("00000000000000000000000000000000000000ff");

/// ArbOS' precompiles that a development chain has.
pub(crate) const ARBOS: [Address; 8] = [
    ARB_SYS,
    ARB_INFO,
    ARB_OWNER_PUBLIC,
    ARB_GAS_INFO,
    ARB_OWNER,
    ARB_WASM,
    ARB_WASM_CACHE,
    ARB_DEBUG,
];

/// All precompiles of the chain.
#[derive(Clone, Debug)]
pub struct ArbPrecompiles {
    ethereum: EthPrecompiles,
    /// Checks P-256 signatures, where Ethereum's rules of the time do not yet.
    p256: Option<Precompile>,
    warm: AddressSet,
}

impl ArbPrecompiles {
    pub(crate) fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend(ARBOS);
        let p256 = warm.insert(*P256VERIFY.address()).then_some(P256VERIFY);
        Self {
            ethereum,
            p256,
            warm,
        }
    }

    /// Runs the P-256 check, if the call is for it and Ethereum does not have it.
    fn p256<DB: Database>(
        &self,
        ctx: &ArbContext<DB>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let Some(p256) = self
            .p256
            .as_ref()
            .filter(|p256| *p256.address() == inputs.bytecode_address)
        else {
            return Ok(None);
        };
        let data = inputs.input.as_bytes(ctx);
        let output = p256
            .execute(&data, inputs.gas_limit, inputs.reservoir)
            .map_err(|error| error.to_string())?;
        Ok(Some(precompile_output_to_interpreter_result(
            output,
            inputs.gas_limit,
        )))
    }
}

impl<DB: Database> PrecompileProvider<ArbContext<DB>> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(
        &mut self,
        ctx: &mut ArbContext<DB>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        let method = match inputs.bytecode_address {
            ARB_SYS => chain::arb_sys,
            ARB_INFO => chain::arb_info,
            ARB_OWNER_PUBLIC => owner::arb_owner_public,
            ARB_GAS_INFO => chain::arb_gas_info,
            ARB_OWNER => owner::arb_owner,
            ARB_WASM => wasm::arb_wasm,
            ARB_WASM_CACHE => wasm::arb_wasm_cache,
            ARB_DEBUG => owner::arb_debug,
            _ => {
                return match self.p256(ctx, inputs)? {
                    Some(result) => Ok(Some(result)),
                    None => self.ethereum.run(ctx, inputs),
                };
            }
        };
        Call::answer(ctx, inputs, method).map(Some)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }

    fn contains(&self, address: &Address) -> bool {
        self.warm.contains(address)
    }
}
