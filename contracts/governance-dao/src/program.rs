//! What runs: calls told apart by their selectors, their arguments read, and handed to the steps of [`governor`].

use core::borrow::BorrowMut;

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::SolCall;
use governor::{
    Error, Governor, abi::IGovernanceDao as I, ballots::Batch, encoding::Actions, reader::Reader,
    setup::Setup, signing::Ballot,
};
use ogpu_common::{Upgradeable, words::word};
use stylus_sdk::{
    ArbResult,
    abi::Router,
    prelude::*,
    stylus_core::{ConstructorGuard, ValueDenier},
};

/// The governor.
#[storage]
#[entrypoint]
pub struct GovernanceDao {
    governor: Governor,
}

governor::program!(GovernanceDao);
ogpu_common::upgradeable!(GovernanceDao);

impl<S> Router<S> for GovernanceDao
where
    S: TopLevelStorage + BorrowMut<Self> + ValueDenier + ConstructorGuard,
{
    type Storage = Self;

    fn route(storage: &mut S, selector: u32, input: &[u8]) -> Option<ArbResult> {
        match storage
            .borrow_mut()
            .answer(selector.to_be_bytes(), Reader::new(input))
        {
            Ok(None) => <Self as Router<S, dyn Upgradeable>>::route(storage, selector, input),
            Ok(Some(answer)) => Some(Ok(answer)),
            Err(error) => Some(Err(error.into())),
        }
    }

    fn fallback(storage: &mut S, calldata: &[u8]) -> Option<ArbResult> {
        let governor: &mut Self = storage.borrow_mut();
        Some(governor.hand_on(calldata).map_err(Into::into))
    }

    fn receive(storage: &mut S) -> Option<Result<(), Vec<u8>>> {
        let governor: &mut Self = storage.borrow_mut();
        Some(governor.only_own_executor().map_err(Into::into))
    }

    fn constructor(_: &mut S, _: &[u8]) -> Option<ArbResult> {
        None
    }
}

impl GovernanceDao {
    /// Does what is called, or nothing if there is no such function here.
    fn answer(
        &mut self,
        selector: [u8; 4],
        mut arguments: Reader<'_>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let from = &mut arguments;
        let answer = match selector {
            I::castVoteCall::SELECTOR
            | I::castVoteWithReasonCall::SELECTOR
            | I::castVoteWithReasonAndParamsCall::SELECTOR
            | I::castVoteBySigCall::SELECTOR
            | I::castVoteWithReasonAndParamsBySigCall::SELECTOR => self.take_ballot(selector, from),
            I::castVoteBySigBatchCall::SELECTOR
            | I::castVoteWithReasonAndParamsBySigBatchCall::SELECTOR => {
                self.take_ballots(selector, from)
            }
            I::stateCall::SELECTOR => {
                self.free()?;
                Ok(self.state_of(&from.number()?)?.word())
            }
            I::proposeCall::SELECTOR => {
                self.free()?;
                let actions = read_actions(from)?;
                self.make(&actions, &from.bytes()?)
            }
            I::queue_0Call::SELECTOR | I::cancel_0Call::SELECTOR | I::execute_0Call::SELECTOR => {
                let actions = read_actions(from)?;
                let description_hash = from.word()?;
                self.advance(selector, &actions, &description_hash)
            }
            I::queue_1Call::SELECTOR | I::cancel_1Call::SELECTOR | I::execute_1Call::SELECTOR => {
                let (actions, description_hash) = self.details_of(&from.number()?)?;
                self.advance(selector, &actions, &description_hash)?;
                return Ok(Some(Vec::new()));
            }
            I::initializeCall::SELECTOR => {
                self.free()?;
                let setup = read_setup(from)?;
                self.set_up(&setup)?;
                return Ok(Some(Vec::new()));
            }
            I::setExtensionCall::SELECTOR => {
                self.free()?;
                self.change_extension(from.address()?)?;
                return Ok(Some(Vec::new()));
            }
            _ => return Ok(None),
        };
        answer.map(|number| Some(word(&number).to_vec()))
    }

    /// Passes a call without ether.
    fn free(&self) -> Result<(), Error> {
        if self.vm().msg_value().is_zero() {
            Ok(())
        } else {
            Err(Error(Vec::new()))
        }
    }

    /// Queues, executes or cancels.
    fn advance(
        &mut self,
        selector: [u8; 4],
        actions: &Actions,
        description_hash: &alloy_primitives::B256,
    ) -> Result<U256, Error> {
        match selector {
            I::execute_0Call::SELECTOR | I::execute_1Call::SELECTOR => {
                return self.carry_out(actions, description_hash);
            }
            _ => self.free()?,
        }
        match selector {
            I::queue_0Call::SELECTOR | I::queue_1Call::SELECTOR => {
                self.enqueue(actions, description_hash)
            }
            _ => self.call_off(actions, description_hash),
        }
    }

    /// Casts a ballot: of the caller, or of who signed it.
    fn take_ballot(&mut self, selector: [u8; 4], from: &mut Reader<'_>) -> Result<U256, Error> {
        self.free()?;
        let (proposal, support) = (from.number()?, from.small()?);
        let is_extended = selector == I::castVoteWithReasonAndParamsBySigCall::SELECTOR;
        let is_signed = is_extended || selector == I::castVoteBySigCall::SELECTOR;
        let voter = if is_signed {
            from.address()?
        } else {
            self.vm().msg_sender()
        };
        let (mut reason, mut params) = (Vec::new(), Vec::new());
        if is_extended || selector != I::castVoteCall::SELECTOR && !is_signed {
            reason = from.bytes()?;
        }
        if is_extended || selector == I::castVoteWithReasonAndParamsCall::SELECTOR {
            params = from.bytes()?;
        }
        let ballot = Ballot {
            proposal: &proposal,
            support,
            voter,
            extension: (is_extended || !is_signed).then_some((&reason, &params)),
        };
        if is_signed {
            self.cast_signed(&ballot, &from.bytes()?)
        } else {
            self.cast(&ballot)
        }
    }

    /// Casts signed ballots.
    fn take_ballots(&mut self, selector: [u8; 4], from: &mut Reader<'_>) -> Result<U256, Error> {
        self.free()?;
        let proposal = from.number()?;
        let mut batch = Batch {
            voters: from.addresses()?,
            support: from.smalls()?,
            nonces: from.numbers()?,
            ..Batch::default()
        };
        if selector == I::castVoteWithReasonAndParamsBySigBatchCall::SELECTOR {
            batch.extensions = Some((from.texts()?, from.texts()?));
        }
        batch.signatures = from.texts()?;
        self.cast_batch(proposal, &batch)
    }
}

/// Reads what a proposal does.
fn read_actions(from: &mut Reader<'_>) -> Result<Actions, Error> {
    Ok(Actions {
        targets: from.addresses()?,
        values: from.numbers()?,
        calldatas: from.texts()?,
    })
}

/// Reads what the governor starts with.
fn read_setup(from: &mut Reader<'_>) -> Result<Setup, Error> {
    Ok(Setup {
        token: from.address()?,
        timelock: from.address()?,
        extension: from.address()?,
        voting_delay: from.narrow(48)?,
        voting_period: from.narrow(32)? as u32,
        proposal_threshold: from.number()?,
        quorum_numerator: from.number()?,
        vote_extension: from.narrow(48)?,
        guardian: from.address()?,
    })
}
