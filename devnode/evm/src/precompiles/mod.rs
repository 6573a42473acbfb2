//! Precompiled contracts: Ethereum's, and ArbOS' own.

use crate::chain::ArbContext;
use revm::{
    Database,
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, InterpreterResult},
    primitives::{Address, AddressSet, hardfork::SpecId},
};

/// All precompiles of the chain.
#[derive(Clone, Debug)]
pub struct ArbPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl ArbPrecompiles {
    pub(crate) fn new(spec: SpecId, _arbos: u64) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let warm = ethereum.warm_addresses().clone();
        Self { ethereum, warm }
    }
}

impl<DB: Database> PrecompileProvider<ArbContext<DB>> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(
        &mut self,
        context: &mut ArbContext<DB>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        self.ethereum.run(context, inputs)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }

    fn contains(&self, address: &Address) -> bool {
        self.warm.contains(address)
    }
}
