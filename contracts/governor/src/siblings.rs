//! Calls to the token and the timelock, which are whatever ERC-5805 token and `TimelockController` the governor was given.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, sol};
use ogpu_common::{UnexpectedAnswer, words};
use stylus_sdk::{
    call::{call, static_call},
    prelude::*,
};

use crate::{Governor, errors::*, proposal::State};

#[allow(missing_docs)] // each is documented where it is
mod interfaces {
    use super::sol;

    sol! {
        interface IVotes {
            function getPastVotes(address account, uint256 timepoint) external view returns (uint256);
            function getPastTotalSupply(uint256 timepoint) external view returns (uint256);
            function clock() external view returns (uint48);
            function CLOCK_MODE() external view returns (string);
        }

        interface ITimelock {
            function getMinDelay() external view returns (uint256);
            function isOperationPending(bytes32 id) external view returns (bool);
            function isOperationDone(bytes32 id) external view returns (bool);
            function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
            function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external payable;
            function cancel(bytes32 id) external;
        }
    }
}
pub use interfaces::{ITimelock, IVotes};

impl Governor {
    /// Asks somebody for a word.
    ///
    /// # Errors
    /// `UnexpectedAnswer`, and what that reverts with.
    #[inline(never)]
    pub fn ask(&self, to: Address, selector: [u8; 4], words: &[&U256]) -> Result<U256, Error> {
        let answer = static_call(self.vm(), Call::new(), to, &words::encode(selector, words))?;
        first(&answer)
    }

    /// The votes of an account at a time that is over, in wei.
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn past_votes(&self, account: Address, timepoint: &U256) -> Result<U256, Error> {
        let account = words::address(account);
        let selector = IVotes::getPastVotesCall::SELECTOR;
        self.ask(self.terms().token, selector, &[&account, timepoint])
    }

    /// The supply at a time that is over, in wei; 96 bits.
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn past_supply(&self, timepoint: &U256) -> Result<u128, Error> {
        let selector = IVotes::getPastTotalSupplyCall::SELECTOR;
        narrow(self.ask(self.terms().token, selector, &[timepoint])?, 96)
    }

    /// Where the clock stands: the token's, or the block number if that fails. 48 bits.
    ///
    /// # Errors
    /// If the token answers with no such number.
    pub fn now(&self) -> Result<u64, Error> {
        let (to, data) = (self.terms().token, IVotes::clockCall::SELECTOR);
        match static_call(self.vm(), Call::new(), to, &data) {
            Ok(answer) => Ok(narrow(first(&answer)?, 48)? as u64),
            Err(_) => Ok(self.vm().block_number()),
        }
    }

    /// What a queued proposal is at, which the timelock knows.
    ///
    /// # Errors
    /// What the timelock reverts with.
    pub fn queued_state(&self, timelock: Address, operation: &U256) -> Result<State, Error> {
        let is = |selector| Ok::<_, Error>(!self.ask(timelock, selector, &[operation])?.is_zero());
        Ok(if is(ITimelock::isOperationPendingCall::SELECTOR)? {
            State::Queued
        } else if is(ITimelock::isOperationDoneCall::SELECTOR)? {
            State::Executed
        } else {
            State::Canceled
        })
    }

    /// Has a contract do something. Words of this storage are written before, and read again after.
    ///
    /// # Errors
    /// `UnexpectedAnswer` if it is no contract, and what it reverts with.
    pub fn tell(&mut self, to: Address, value: U256, data: &[u8]) -> Result<(), Error> {
        if self.vm().code_size(to) == 0 {
            return Err(ogpu_common::Error::of::<UnexpectedAnswer>(&[]).into());
        }
        let context = Call::new_payable(self, value);
        call(self.vm(), context, to, data)?;
        Ok(())
    }

    /// Under which salt the timelock has the proposals with this description: with the governor in it, so that two governors can
    /// have one timelock.
    pub fn salt(&self, description_hash: &B256) -> U256 {
        let mut salt = *description_hash;
        let own = self.vm().contract_address();
        salt.iter_mut()
            .zip(own.as_slice())
            .for_each(|(byte, own)| *byte ^= own);
        words::number(&salt)
    }
}

/// The first word of an answer.
fn first(answer: &[u8]) -> Result<U256, Error> {
    match answer.first_chunk() {
        Some(word) => Ok(words::number(&B256::new(*word))),
        None => Err(ogpu_common::Error::of::<UnexpectedAnswer>(&[]).into()),
    }
}

/// What a call said when it failed, or that it failed.
pub fn reason(data: Vec<u8>) -> Error {
    if data.is_empty() {
        Error::of::<FailedCall>(&[])
    } else {
        Error(data)
    }
}
