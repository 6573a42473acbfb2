//! Why a call to the timelock fails.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolError, sol};
use ogpu_common::words;
#[cfg(feature = "export-abi")]
use ogpu_common::{AddressEmptyCode, NotInitializing};

use crate::operation::State;

sol! {
    /// The account does not have the role that this needs.
    #[derive(Debug, PartialEq)]
    error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
    /// Whoever renounces a role has to name itself.
    #[derive(Debug, PartialEq)]
    error AccessControlBadConfirmation();
    /// A batch has one target, one value and one payload a call; these are how many there are of each.
    #[derive(Debug, PartialEq)]
    error TimelockInvalidOperationLength(uint256 targets, uint256 payloads, uint256 values);
    /// The delay is shorter than the least one, both in seconds.
    #[derive(Debug, PartialEq)]
    error TimelockInsufficientDelay(uint256 delay, uint256 minDelay);
    /// The operation is in none of the states in which this is possible: bit 0 unset, 1 waiting, 2 ready, 3 done.
    #[derive(Debug, PartialEq)]
    error TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates);
    /// The operation that has to be done before is not done.
    #[derive(Debug, PartialEq)]
    error TimelockUnexecutedPredecessor(bytes32 predecessorId);
    /// Only the timelock itself changes its delay: schedule an operation that does.
    #[derive(Debug, PartialEq)]
    error TimelockUnauthorizedCaller(address caller);
    /// The delay ends after the last second that a word can name (code 0x11).
    #[derive(Debug, PartialEq)]
    error Panic(uint256 code);
}

/// Why a call to the timelock fails: one of the errors above, one of the shared code, or one of what an operation called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Vec<u8>);

impl Error {
    /// An error all of whose fields are words, which are these.
    pub fn of<E: SolError>(fields: &[&U256]) -> Self {
        Self(words::encode(E::SELECTOR, fields))
    }

    /// The account lacks the role.
    pub fn unauthorized(account: Address, role: &B256) -> Self {
        let (account, role) = (words::address(account), words::number(role));
        Self::of::<AccessControlUnauthorizedAccount>(&[&account, &role])
    }

    /// The operation should be in one of these states.
    pub fn state(id: &U256, expected: &[State]) -> Self {
        let bits = expected.iter().fold(0, |bits, state| bits | state.bit());
        Self::of::<TimelockUnexpectedOperationState>(&[id, &U256::from_limbs([bits, 0, 0, 0])])
    }
}

impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<ogpu_common::Error> for Error {
    fn from(error: ogpu_common::Error) -> Self {
        Self(error.0)
    }
}

#[cfg(feature = "export-abi")]
ogpu_common::listed!(Error:
    NotInitializing,
    AddressEmptyCode,
    AccessControlUnauthorizedAccount,
    AccessControlBadConfirmation,
    TimelockInvalidOperationLength,
    TimelockInsufficientDelay,
    TimelockUnexpectedOperationState,
    TimelockUnexecutedPredecessor,
    TimelockUnauthorizedCaller,
    Panic;
    ogpu_common::Error
);
