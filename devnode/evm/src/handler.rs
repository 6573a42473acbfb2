//! revm's transaction handler with the chain's way of distributing fees.

use crate::{arbos::ArbosState, chain::ArbContext, evm::ArbEvm};
use revm::{
    Database, Inspector,
    context::{
        Block as _, Cfg as _, ContextTr, JournalTr, Transaction as _,
        result::{EVMError, HaltReason},
    },
    context_interface::journaled_state::account::JournaledAccountTr,
    handler::{FrameResult, Handler},
    inspector::InspectorHandler,
    interpreter::interpreter::EthInterpreter,
    primitives::U256,
};
use std::marker::PhantomData;

/// Pays the whole fee, base fee included, to the chain's fee account; nothing is burned and the coinbase gets nothing.
#[derive(Debug)]
pub(crate) struct ArbHandler<DB, I>(PhantomData<(DB, I)>);

impl<DB, I> Default for ArbHandler<DB, I> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> Handler for ArbHandler<DB, I> {
    type Evm = ArbEvm<DB, I>;
    type Error = EVMError<DB::Error>;
    type HaltReason = HaltReason;

    fn reward_beneficiary(
        &self,
        evm: &mut Self::Evm,
        exec_result: &mut FrameResult,
    ) -> Result<(), Self::Error> {
        let ctx = &mut evm.inner.ctx;
        if ctx.cfg().is_fee_charge_disabled() {
            return Ok(());
        }
        let price = ctx.tx().effective_gas_price(ctx.block().basefee().into());
        let fee = U256::from(price) * U256::from(exec_result.gas().used());
        if !fee.is_zero() {
            let owner = ctx.chain.config.owner;
            let account = ArbosState(ctx.journal_mut()).fee_account(owner)?;
            ctx.journal_mut()
                .load_account_mut(account)?
                .incr_balance(fee);
        }
        Ok(())
    }
}

impl<DB: Database, I: Inspector<ArbContext<DB>>> InspectorHandler for ArbHandler<DB, I> {
    type IT = EthInterpreter;
}
