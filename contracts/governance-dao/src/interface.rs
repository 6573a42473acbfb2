//! The interface, as it is exported and documented. What runs is `program`, which reads the same arguments with less code.

use alloc::vec::Vec;

use alloy_primitives::{
    Address, B256, U256,
    aliases::{U32, U48},
};
use governor::{Error, Governor, ballots::Batch, encoding::Actions, setup::Setup, signing::Ballot};
use ogpu_common::{Calldata, Text, Upgradeable};
use stylus_sdk::{ArbResult, prelude::*};

/// The governor.
#[storage]
#[entrypoint]
pub struct GovernanceDao {
    governor: Governor,
}

governor::program!(GovernanceDao);
ogpu_common::upgradeable!(GovernanceDao);

#[public]
#[implements(Upgradeable)]
impl GovernanceDao {
    /// Makes the governor, once, through a new proxy. The timelock becomes its owner. `extension` is the program with the rest of the
    /// functions; `quorum_numerator` is hundredths of the supply; delay, period and extension are in the units of the token's clock, the
    /// threshold in wei of votes; the guardian may be zero. Emits an event for each setting.
    ///
    /// # Errors
    /// `InvalidInitialization`, `UUPSUnauthorizedCallContext`, `OwnableInvalidOwner`, `ZeroAddress`, `InvalidExtension`, and those of
    /// the settings.
    #[allow(clippy::too_many_arguments)] // it is made once
    pub fn initialize(
        &mut self,
        token: Address,
        timelock: Address,
        extension: Address,
        voting_delay: U48,
        voting_period: U32,
        proposal_threshold: U256,
        quorum_numerator: U256,
        vote_extension: U48,
        guardian: Address,
    ) -> Result<(), Error> {
        self.set_up(&Setup {
            token,
            timelock,
            extension,
            voting_delay: voting_delay.as_limbs()[0],
            voting_period: voting_period.as_limbs()[0] as u32,
            proposal_threshold,
            quorum_numerator,
            vote_extension: vote_extension.as_limbs()[0],
            guardian,
        })
    }

    /// Names the program to which this one hands on what it does not know; zero for none. What this program knows itself stays here.
    /// Owner only. Emits `ExtensionSet`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `InvalidExtension` if there is no code.
    pub fn set_extension(&mut self, extension: Address) -> Result<(), Error> {
        self.change_extension(extension)
    }

    /// Proposes calls to `targets` with these `values` of ether and `calldatas`, and returns the proposal's id. Whoever has as many votes
    /// as the threshold, a moment ago. A description that ends with `#proposer=0x…` lets only that account propose it.
    /// Emits `ProposalCreated`.
    ///
    /// # Errors
    /// `GovernorRestrictedProposer`, `GovernorInsufficientProposerVotes`, `GovernorInvalidProposalLength`,
    /// `GovernorUnexpectedProposalState` if it was proposed already.
    pub fn propose(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Calldata>,
        description: Text,
    ) -> Result<U256, Error> {
        self.make(&actions(targets, values, calldatas), &description.0)
    }

    /// Hands a proposal that succeeded to the timelock, and returns its id. Anyone. Emits `ProposalQueued`.
    ///
    /// # Errors
    /// `GovernorNonexistentProposal`, `GovernorUnexpectedProposalState`, and what the timelock reverts with.
    pub fn queue(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Calldata>,
        description_hash: B256,
    ) -> Result<U256, Error> {
        self.enqueue(&actions(targets, values, calldatas), &description_hash)
    }

    /// [`queue`](Self::queue) by the id alone.
    ///
    /// # Errors
    /// Those of [`queue`](Self::queue).
    #[selector(name = "queue")]
    pub fn queue_by_id(&mut self, proposal_id: U256) -> Result<(), Error> {
        let (actions, description_hash) = self.details_of(&proposal_id)?;
        self.enqueue(&actions, &description_hash).map(|_| ())
    }

    /// Has the timelock carry out a proposal that is queued and due, with the ether that comes with the call, and returns its id.
    /// Anyone whom the timelock lets. Emits `ProposalExecuted`.
    ///
    /// # Errors
    /// `GovernorNonexistentProposal`, `GovernorUnexpectedProposalState`, and what the timelock reverts with.
    #[payable]
    pub fn execute(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Calldata>,
        description_hash: B256,
    ) -> Result<U256, Error> {
        self.carry_out(&actions(targets, values, calldatas), &description_hash)
    }

    /// [`execute`](Self::execute) by the id alone.
    ///
    /// # Errors
    /// Those of [`execute`](Self::execute).
    #[payable]
    #[selector(name = "execute")]
    pub fn execute_by_id(&mut self, proposal_id: U256) -> Result<(), Error> {
        let (actions, description_hash) = self.details_of(&proposal_id)?;
        self.carry_out(&actions, &description_hash).map(|_| ())
    }

    /// Calls a proposal off, and returns its id. The guardian; the proposer while it is pending, or while there is no guardian.
    /// Emits `ProposalCanceled`.
    ///
    /// # Errors
    /// `GovernorNonexistentProposal`, `GovernorUnableToCancel`, `GovernorUnexpectedProposalState`, and what the timelock reverts with.
    pub fn cancel(
        &mut self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Calldata>,
        description_hash: B256,
    ) -> Result<U256, Error> {
        self.call_off(&actions(targets, values, calldatas), &description_hash)
    }

    /// [`cancel`](Self::cancel) by the id alone.
    ///
    /// # Errors
    /// Those of [`cancel`](Self::cancel).
    #[selector(name = "cancel")]
    pub fn cancel_by_id(&mut self, proposal_id: U256) -> Result<(), Error> {
        let (actions, description_hash) = self.details_of(&proposal_id)?;
        self.call_off(&actions, &description_hash).map(|_| ())
    }

    /// What a proposal is at: 0 pending, 1 active, 2 canceled, 3 defeated, 4 succeeded, 5 queued, 6 expired (never), 7 executed.
    ///
    /// # Errors
    /// `GovernorNonexistentProposal`.
    pub fn state(&self, proposal_id: U256) -> Result<u8, Error> {
        Ok(self.state_of(&proposal_id)? as u8)
    }

    /// Casts the caller's ballot, 0 against, 1 in favor, 2 abstaining, and returns its weight, in wei of votes. Once a proposal.
    /// Emits `VoteCast`, and `ProposalExtended` if it makes the quorum late.
    ///
    /// # Errors
    /// `GovernorNonexistentProposal`, `GovernorUnexpectedProposalState` unless it is active, `GovernorAlreadyCastVote`,
    /// `GovernorInvalidVoteType`.
    pub fn cast_vote(&mut self, proposal_id: U256, support: u8) -> Result<U256, Error> {
        self.cast_own(&proposal_id, support, &[], &[])
    }

    /// [`cast_vote`](Self::cast_vote), and says why.
    ///
    /// # Errors
    /// Those of [`cast_vote`](Self::cast_vote).
    pub fn cast_vote_with_reason(
        &mut self,
        proposal_id: U256,
        support: u8,
        reason: Text,
    ) -> Result<U256, Error> {
        self.cast_own(&proposal_id, support, &reason.0, &[])
    }

    /// [`cast_vote`](Self::cast_vote), and says why, with parameters, which are told and mean nothing. Emits `VoteCastWithParams` instead
    /// of `VoteCast` unless they are empty.
    ///
    /// # Errors
    /// Those of [`cast_vote`](Self::cast_vote).
    pub fn cast_vote_with_reason_and_params(
        &mut self,
        proposal_id: U256,
        support: u8,
        reason: Text,
        params: Calldata,
    ) -> Result<U256, Error> {
        self.cast_own(&proposal_id, support, &reason.0, &params.0)
    }

    /// [`cast_vote`](Self::cast_vote) for `voter`, who signed a `Ballot` with its present nonce. Anyone.
    ///
    /// # Errors
    /// `GovernorInvalidSignature`, and those of [`cast_vote`](Self::cast_vote).
    pub fn cast_vote_by_sig(
        &mut self,
        proposal_id: U256,
        support: u8,
        voter: Address,
        signature: Calldata,
    ) -> Result<U256, Error> {
        let ballot = Ballot {
            proposal: &proposal_id,
            support,
            voter,
            extension: None,
        };
        self.cast_signed(&ballot, &signature.0)
    }

    /// [`cast_vote_with_reason_and_params`](Self::cast_vote_with_reason_and_params) for `voter`, who signed an `ExtendedBallot` with its
    /// present nonce. Anyone.
    ///
    /// # Errors
    /// `GovernorInvalidSignature`, and those of [`cast_vote`](Self::cast_vote).
    pub fn cast_vote_with_reason_and_params_by_sig(
        &mut self,
        proposal_id: U256,
        support: u8,
        voter: Address,
        reason: Text,
        params: Calldata,
        signature: Calldata,
    ) -> Result<U256, Error> {
        let ballot = Ballot {
            proposal: &proposal_id,
            support,
            voter,
            extension: Some((&reason.0, &params.0)),
        };
        self.cast_signed(&ballot, &signature.0)
    }

    /// Casts many ballots on one proposal, each signed as for [`cast_vote_by_sig`](Self::cast_vote_by_sig) with the nonce given beside it,
    /// and returns how many count. The lists have an entry for each. Anyone.
    ///
    /// A ballot that does not count is skipped: it costs the others nothing, and its voter's nonce stays. `BallotSkipped` tells which,
    /// and what it alone would have reverted with: `InvalidAccountNonce` where the nonce is used or not yet due,
    /// `GovernorInvalidSignature`, `GovernorAlreadyCastVote`, `GovernorInvalidVoteType`. A contract that votes may take
    /// 500,000 gas to say whether it signed. Emits `VoteCast` for each that counts.
    ///
    /// # Errors
    /// `BallotLengthMismatch`, `GovernorNonexistentProposal`, `GovernorUnexpectedProposalState` unless it is active.
    pub fn cast_vote_by_sig_batch(
        &mut self,
        proposal_id: U256,
        voters: Vec<Address>,
        support: Vec<u8>,
        nonces: Vec<U256>,
        signatures: Vec<Calldata>,
    ) -> Result<U256, Error> {
        let batch = Batch {
            voters,
            support,
            nonces,
            extensions: None,
            signatures,
        };
        self.cast_batch(proposal_id, &batch)
    }

    /// [`cast_vote_by_sig_batch`](Self::cast_vote_by_sig_batch) of ballots signed as for
    /// [`cast_vote_with_reason_and_params_by_sig`](Self::cast_vote_with_reason_and_params_by_sig). Emits `VoteCast` or `VoteCastWithParams`
    /// for each that counts.
    ///
    /// # Errors
    /// Those of [`cast_vote_by_sig_batch`](Self::cast_vote_by_sig_batch).
    #[allow(clippy::too_many_arguments)] // a list for each field of a ballot
    pub fn cast_vote_with_reason_and_params_by_sig_batch(
        &mut self,
        proposal_id: U256,
        voters: Vec<Address>,
        support: Vec<u8>,
        nonces: Vec<U256>,
        reasons: Vec<Text>,
        params: Vec<Calldata>,
        signatures: Vec<Calldata>,
    ) -> Result<U256, Error> {
        let batch = Batch {
            voters,
            support,
            nonces,
            extensions: Some((
                reasons
                    .into_iter()
                    .map(|reason| Calldata(reason.0))
                    .collect(),
                params,
            )),
            signatures,
        };
        self.cast_batch(proposal_id, &batch)
    }

    /// Takes ether, unless somebody else carries proposals out: then that, the timelock, is where it belongs.
    ///
    /// # Errors
    /// `GovernorDisabledDeposit`.
    #[receive]
    #[payable]
    pub fn receive(&mut self) -> Result<(), Vec<u8>> {
        Ok(self.only_own_executor()?)
    }

    /// Delegates to the extension. What only governance may call, passes only if the running proposal has announced it.
    ///
    /// # Errors
    /// `UnknownFunction` without an extension, `GovernorOnlyExecutor`, `Panic`, and what that program reverts with.
    #[fallback]
    #[payable]
    pub fn fallback(&mut self, calldata: &[u8]) -> ArbResult {
        self.hand_on(calldata).map_err(Into::into)
    }
}

impl GovernanceDao {
    /// Casts the caller's ballot.
    fn cast_own(
        &mut self,
        proposal: &U256,
        support: u8,
        reason: &[u8],
        params: &[u8],
    ) -> Result<U256, Error> {
        let ballot = Ballot {
            proposal,
            support,
            voter: self.vm().msg_sender(),
            extension: Some((reason, params)),
        };
        self.cast(&ballot)
    }
}

fn actions(targets: Vec<Address>, values: Vec<U256>, calldatas: Vec<Calldata>) -> Actions {
    Actions {
        targets,
        values,
        calldatas,
    }
}
