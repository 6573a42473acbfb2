//! Why a call to the governor fails: the errors of OpenZeppelin's governor and its extensions, and few more.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolError, sol};
#[cfg(feature = "export-abi")]
use ogpu_common::{AddressEmptyCode, NotInitializing};
use ogpu_common::{amount, words};
use stylus_sdk::stylus_core::calls::errors::Error as CallError;

use crate::proposal::State;

pub use ogpu_common::FailedCall;

sol! {
    /// The account has voted on this proposal.
    #[derive(Debug, PartialEq)]
    error GovernorAlreadyCastVote(address voter);
    /// Declared by `IGovernor`; nothing reverts with it.
    #[derive(Debug, PartialEq)]
    error GovernorAlreadyQueuedProposal(uint256 proposalId);
    /// The governor holds no ether and no tokens: the timelock does.
    #[derive(Debug, PartialEq)]
    error GovernorDisabledDeposit();
    /// The proposer had `votes` wei of votes and needs `threshold`.
    #[derive(Debug, PartialEq)]
    error GovernorInsufficientProposerVotes(address proposer, uint256 votes, uint256 threshold);
    /// A proposal has as many targets as values and calldatas, and at least one.
    #[derive(Debug, PartialEq)]
    error GovernorInvalidProposalLength(uint256 targets, uint256 calldatas, uint256 values);
    /// The voter did not sign this ballot, or not with this nonce, or not for this governor on this chain.
    #[derive(Debug, PartialEq)]
    error GovernorInvalidSignature(address voter);
    /// Declared by `IGovernor`; nothing reverts with it.
    #[derive(Debug, PartialEq)]
    error GovernorInvalidVoteParams();
    /// A vote is 0 against, 1 in favor or 2 abstaining.
    #[derive(Debug, PartialEq)]
    error GovernorInvalidVoteType();
    /// A voting period lasts.
    #[derive(Debug, PartialEq)]
    error GovernorInvalidVotingPeriod(uint256 votingPeriod);
    /// Nobody proposed this.
    #[derive(Debug, PartialEq)]
    error GovernorNonexistentProposal(uint256 proposalId);
    /// Only the timelock may do this, for a proposal.
    #[derive(Debug, PartialEq)]
    error GovernorOnlyExecutor(address account);
    /// The timelock gave no time for the operation.
    #[derive(Debug, PartialEq)]
    error GovernorProposalQueueingFailed(uint256 proposalId);
    /// Declared by `IGovernor`; nothing reverts with it, since every proposal is queued.
    #[derive(Debug, PartialEq)]
    error GovernorProposalQueueingNotRequired(uint256 proposalId);
    /// The description names another proposer.
    #[derive(Debug, PartialEq)]
    error GovernorRestrictedProposer(address proposer);
    /// Neither the guardian nor a proposer who still may cancels.
    #[derive(Debug, PartialEq)]
    error GovernorUnableToCancel(uint256 proposalId, address account);
    /// The proposal is at another state; the bits of `expectedStates` are those that would do, none for a proposal that exists.
    #[derive(Debug, PartialEq)]
    error GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates);
    /// The quorum is at most the whole supply.
    #[derive(Debug, PartialEq)]
    error GovernorInvalidQuorumFraction(uint256 quorumNumerator, uint256 quorumDenominator);
    /// A late quorum extends voting by at most a voting period.
    #[derive(Debug, PartialEq)]
    error GovernorPreventLateQuorumVoteExtensionTooLarge(uint256 newVoteExtension, uint256 maxVoteExtension);
    /// A quorum of a later time is recorded already.
    #[derive(Debug, PartialEq)]
    error CheckpointUnorderedInsertion();
    /// The token's clock fails, and time is not what it was.
    #[derive(Debug, PartialEq)]
    error ERC6372InconsistentClock();
    /// The ballot has another nonce than its voter.
    #[derive(Debug, PartialEq)]
    error InvalidAccountNonce(address account, uint256 currentNonce);
    /// Declared by `EIP712`; nothing reverts with it, since name and version are constants.
    #[derive(Debug, PartialEq)]
    error InvalidShortString();
    /// Declared by `EIP712`; nothing reverts with it, since name and version are constants.
    #[derive(Debug, PartialEq)]
    error StringTooLong(string str);
    /// The value takes more than so many bits.
    #[derive(Debug, PartialEq)]
    error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value);
    /// As Solidity panics: 0x11 overflow, 0x31 no such governance call, 0x32 no such index.
    #[derive(Debug, PartialEq)]
    error Panic(uint256 code);
    /// The lists of a batch have different lengths.
    #[derive(Debug, PartialEq)]
    error BallotLengthMismatch();
    /// There is no code at this address.
    #[derive(Debug, PartialEq)]
    error InvalidExtension(address extension);
    /// Neither this program nor its extension has the function that was called.
    #[derive(Debug, PartialEq)]
    error UnknownFunction();
}

/// Why a call to the governor fails: one of the errors above, one of the shared code, or one of whom it called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub Vec<u8>);

impl Error {
    /// An error all of whose fields are words, which are these.
    #[inline(never)]
    fn encoded(selector: [u8; 4], fields: &[&U256]) -> Self {
        Self(words::encode(selector, fields))
    }

    /// An error all of whose fields are words, which are these.
    pub fn of<E: SolError>(fields: &[&U256]) -> Self {
        Self::encoded(E::SELECTOR, fields)
    }

    /// One that names an account and nothing else.
    pub fn by<E: SolError>(account: Address) -> Self {
        Self::of::<E>(&[&words::address(account)])
    }

    /// As Solidity panics.
    pub fn panic(code: u32) -> Self {
        Self::of::<Panic>(&[&small(code)])
    }

    /// A proposal at another state than these bits stand for.
    pub fn unexpected(id: &U256, state: State, expected: u8) -> Self {
        let expected = small(expected.into());
        Self::of::<GovernorUnexpectedProposalState>(&[id, &state.word(), &expected])
    }
}

/// A small number as a word.
pub const fn small(number: u32) -> U256 {
    amount::widen(number as u128)
}

/// A number of at most so many bits, which are at most 128.
///
/// # Errors
/// [`SafeCastOverflowedUintDowncast`].
pub fn narrow(value: U256, bits: u32) -> Result<u128, Error> {
    let [low, high, third, fourth] = value.into_limbs();
    let number = u128::from(high) << 64 | u128::from(low);
    if third | fourth == 0 && number >> bits == 0 {
        Ok(number)
    } else {
        Err(Error::of::<SafeCastOverflowedUintDowncast>(&[
            &small(bits),
            &value,
        ]))
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

impl From<CallError> for Error {
    /// Revert data of others passes through unchanged.
    fn from(error: CallError) -> Self {
        ogpu_common::Error::from(error).into()
    }
}

#[cfg(feature = "export-abi")]
ogpu_common::listed!(Error:
    NotInitializing,
    AddressEmptyCode,
    GovernorAlreadyCastVote,
    GovernorAlreadyQueuedProposal,
    GovernorDisabledDeposit,
    GovernorInsufficientProposerVotes,
    GovernorInvalidProposalLength,
    GovernorInvalidSignature,
    GovernorInvalidVoteParams,
    GovernorInvalidVoteType,
    GovernorInvalidVotingPeriod,
    GovernorNonexistentProposal,
    GovernorOnlyExecutor,
    GovernorProposalQueueingFailed,
    GovernorProposalQueueingNotRequired,
    GovernorRestrictedProposer,
    GovernorUnableToCancel,
    GovernorUnexpectedProposalState,
    GovernorInvalidQuorumFraction,
    GovernorPreventLateQuorumVoteExtensionTooLarge,
    CheckpointUnorderedInsertion,
    ERC6372InconsistentClock,
    InvalidAccountNonce,
    InvalidShortString,
    StringTooLong,
    SafeCastOverflowedUintDowncast,
    Panic,
    BallotLengthMismatch,
    InvalidExtension,
    UnknownFunction;
    ogpu_common::Error
);
