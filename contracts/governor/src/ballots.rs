//! Ballots: cast one by one, or many in one transaction.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::{Calldata, amount::time, words};
use stylus_sdk::prelude::*;

use crate::{
    Governor,
    encoding::{Field, text, tuple},
    errors::*,
    events::*,
    proposal::{Core, Opposition, State, Tally},
    settings::is_quorum,
    signing::{Ballot, WALLET_GAS},
};

/// A proposal whose ballots are being counted. Its words are read once and written once, however many those are.
#[derive(Clone, Debug)]
pub struct Poll {
    id: U256,
    core: Core,
    tally: Tally,
    /// Read when the first vote against comes.
    opposition: Option<Opposition>,
    /// Read when the first vote comes that could make the quorum.
    bar: Option<u128>,
    now: u64,
}

/// Ballots with what their voters signed, list by list.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Whose ballots.
    pub voters: Vec<Address>,
    /// 0 against, 1 in favor, 2 abstaining.
    pub support: Vec<u8>,
    /// The nonces that were signed.
    pub nonces: Vec<U256>,
    /// Reasons and parameters, where such were signed.
    pub extensions: Option<(Vec<Calldata>, Vec<Calldata>)>,
    /// The signatures.
    pub signatures: Vec<Calldata>,
}

impl Batch {
    fn is_even(&self) -> bool {
        let lengths = [self.support.len(), self.nonces.len(), self.signatures.len()];
        let count = self.voters.len();
        lengths == [count; 3]
            && self
                .extensions
                .as_ref()
                .is_none_or(|(reasons, params)| [reasons.len(), params.len()] == [count; 2])
    }

    fn ballot<'a>(&'a self, position: usize, proposal: &'a U256) -> Ballot<'a> {
        Ballot {
            proposal,
            support: self.support[position],
            voter: self.voters[position],
            extension: self.extensions.as_ref().map(|(reasons, params)| {
                let (reason, params) = (&reasons[position].0, &params[position].0);
                (reason.as_slice(), params.as_slice())
            }),
        }
    }
}

impl Governor {
    /// A proposal that takes ballots.
    ///
    /// # Errors
    /// [`GovernorNonexistentProposal`], [`GovernorUnexpectedProposalState`], and what the token reverts with.
    pub fn open_poll(&self, id: U256) -> Result<Poll, Error> {
        let (core, tally, now) = (self.core(&id), self.tally(&id), self.now()?);
        if !core.is_active(&tally, now) {
            self.expect(&id, State::Active.bit())?;
        }
        Ok(Poll {
            id,
            core,
            tally,
            opposition: None,
            bar: None,
            now,
        })
    }

    /// Stores what was counted.
    pub fn close_poll(&mut self, poll: Poll) {
        self.put_tally(&poll.id, poll.tally);
        if let Some(opposition) = poll.opposition {
            self.put_opposition(&poll.id, opposition);
        }
    }

    /// Counts a ballot of whoever it is, and returns its weight, in wei. Stores nothing if it fails. Emits `VoteCast` or
    /// `VoteCastWithParams`, and `ProposalExtended` where the quorum is reached late.
    ///
    /// # Errors
    /// [`GovernorAlreadyCastVote`], [`GovernorInvalidVoteType`], and what the token reverts with.
    #[inline(never)]
    pub fn count(&mut self, poll: &mut Poll, ballot: &Ballot<'_>) -> Result<U256, Error> {
        let snapshot = poll.core.vote_start;
        let weight = self.past_votes(ballot.voter, &time(snapshot))?;
        let (window, word, voted) = self.marked(ballot.voter, poll.tally.number);
        if voted {
            return Err(Error::by::<GovernorAlreadyCastVote>(ballot.voter));
        }
        let (mut tally, mut opposition) = (poll.tally, poll.opposition);
        // A vote against makes no quorum, unless that takes no votes and this is the first.
        let mut may_be_quorum = true;
        let sum = match ballot.support {
            0 => {
                let loaded = opposition.unwrap_or_else(|| self.opposition(&poll.id));
                let opposition = opposition.insert(loaded);
                may_be_quorum = opposition.against | tally.in_favor | tally.abstaining == 0;
                &mut opposition.against
            }
            1 => &mut tally.in_favor,
            2 => &mut tally.abstaining,
            _ => return Err(Error::of::<GovernorInvalidVoteType>(&[])),
        };
        *sum = narrow(weight.saturating_add(ogpu_common::amount::widen(*sum)), 96)?;
        let reached = !tally.reached && may_be_quorum && {
            let bar = match poll.bar {
                Some(bar) => bar,
                None => *poll.bar.insert(self.quorum_bar(snapshot)?),
            };
            is_quorum(tally.in_favor + tally.abstaining, bar)
        };
        if reached {
            tally.reached = true;
            let extended = poll.now + self.quorum().vote_extension;
            // at most a voting period, so 32 bits
            tally.extension = extended.saturating_sub(poll.core.deadline(&poll.tally)) as u32;
        }
        self.voters.insert(window, word);
        self.tell_vote(ballot, &weight);
        if reached && tally.extension != 0 {
            let deadline = time(poll.core.deadline(&tally));
            self.emit::<ProposalExtended>(&[&poll.id], &[&deadline]);
        }
        (poll.tally, poll.opposition) = (tally, opposition);
        Ok(weight)
    }

    /// Casts a ballot and returns its weight, in wei.
    ///
    /// # Errors
    /// Those of [`open_poll`](Self::open_poll) and [`count`](Self::count).
    pub fn cast(&mut self, ballot: &Ballot<'_>) -> Result<U256, Error> {
        let mut poll = self.open_poll(*ballot.proposal)?;
        let weight = self.count(&mut poll, ballot)?;
        self.close_poll(poll);
        Ok(weight)
    }

    /// Casts a signed ballot and returns its weight, in wei.
    ///
    /// # Errors
    /// [`GovernorInvalidSignature`], and those of [`cast`](Self::cast).
    pub fn cast_signed(&mut self, ballot: &Ballot<'_>, signature: &[u8]) -> Result<U256, Error> {
        let nonce = self.nonce_of(ballot.voter);
        if !self.is_signed(ballot, nonce, signature, u64::MAX) {
            return Err(Error::by::<GovernorInvalidSignature>(ballot.voter));
        }
        let weight = self.cast(ballot)?;
        self.use_nonce(ballot.voter);
        Ok(weight)
    }

    /// Casts signed ballots on one proposal and returns how many count. One that does not is skipped: it costs the others nothing and
    /// leaves its voter's nonce as it was. Emits what each alone would, or `BallotSkipped`.
    ///
    /// # Errors
    /// [`BallotLengthMismatch`], and those of [`open_poll`](Self::open_poll).
    pub fn cast_batch(&mut self, id: U256, batch: &Batch) -> Result<U256, Error> {
        if !batch.is_even() {
            return Err(Error::of::<BallotLengthMismatch>(&[]));
        }
        let mut poll = self.open_poll(id)?;
        let mut counted = 0;
        for position in 0..batch.voters.len() {
            match self.count_signed(&mut poll, batch, position) {
                Ok(()) => counted += 1,
                Err(Error(reason)) => {
                    let voter = words::address(batch.voters[position]);
                    let fields = [
                        Field::Word(&small(position as u32)),
                        Field::Tail(&text(&reason)),
                    ];
                    let data = tuple(Vec::new(), &fields);
                    let signature = &BallotSkipped::SIGNATURE_HASH;
                    words::emit(self.vm(), signature, &[&id, &voter], &[], &data);
                }
            }
        }
        self.close_poll(poll);
        Ok(small(counted))
    }

    fn count_signed(
        &mut self,
        poll: &mut Poll,
        batch: &Batch,
        position: usize,
    ) -> Result<(), Error> {
        let id = poll.id;
        let ballot = batch.ballot(position, &id);
        let nonce = self.nonce_of(ballot.voter);
        if batch.nonces[position] != time(nonce) {
            return Err(Error::of::<InvalidAccountNonce>(&[
                &words::address(ballot.voter),
                &time(nonce),
            ]));
        }
        if !self.is_signed(&ballot, nonce, &batch.signatures[position].0, WALLET_GAS) {
            return Err(Error::by::<GovernorInvalidSignature>(ballot.voter));
        }
        self.count(poll, &ballot)?;
        self.use_nonce(ballot.voter);
        Ok(())
    }

    fn tell_vote(&self, ballot: &Ballot<'_>, weight: &U256) {
        let (reason, params) = ballot.extension.unwrap_or_default();
        let (support, reason) = (small(ballot.support.into()), text(reason));
        let with_params = text(params);
        let mut fields = vec![
            Field::Word(ballot.proposal),
            Field::Word(&support),
            Field::Word(weight),
            Field::Tail(&reason),
        ];
        let signature = if params.is_empty() {
            VoteCast::SIGNATURE_HASH
        } else {
            fields.push(Field::Tail(&with_params));
            VoteCastWithParams::SIGNATURE_HASH
        };
        let data = tuple(Vec::new(), &fields);
        let voter = words::address(ballot.voter);
        words::emit(self.vm(), &signature, &[&voter], &[], &data);
    }
}
