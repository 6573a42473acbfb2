//! The DAO: proposals in words and in calls, votes, and ballots that are signed off the chain.

use alloy::{
    primitives::{Address, B256, Bytes, Signature, U256, keccak256},
    providers::Provider as _,
    rpc::types::Filter,
    sol_types::{Eip712Domain, SolEvent as _, SolStruct as _, SolValue as _, eip712_domain},
};
use serde::{Deserialize, Serialize};

use crate::{
    Account, Chain, ClientError, DaoAddresses, Deployment, Provider, Reason, Receipt,
    bindings::{
        GovernanceDao::{self, BallotSkipped, GovernanceDaoInstance, ProposalCreated, VoteCast},
        Timelock::{self, TimelockInstance},
        governance,
    },
};

/// What the governor signs ballots under.
const NAME: &str = "OGPU DAO";

/// One call that a proposal makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The contract.
    pub target: Address,
    /// Ether that goes with it, in wei.
    pub value: U256,
    /// The calldata.
    pub data: Bytes,
}

/// What holders vote on: calls that the timelock makes, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The calls, in their order.
    pub actions: Vec<Action>,
    /// Why; its first line is the title that front ends show.
    pub description: String,
}

impl Proposal {
    /// Its number: the hash of what it does and says.
    pub fn id(&self) -> U256 {
        let (targets, values, calldatas) = self.lists();
        let hash = self.description_hash();
        let encoded = (targets, values, calldatas, hash).abi_encode_params();
        U256::from_be_bytes(keccak256(encoded).0)
    }

    /// The same proposal, which nobody but `proposer` can make: the description's end says so to the governor. Otherwise whoever sees it
    /// on its way can make it first, and cancel it.
    #[must_use]
    pub fn reserved_for(mut self, proposer: Address) -> Self {
        self.description += &format!("\n\n#proposer={proposer:?}");
        self
    }

    /// The hash of the description.
    pub fn description_hash(&self) -> B256 {
        keccak256(&self.description)
    }

    /// Its operation in the timelock, for the governor at this address.
    pub fn operation(&self, governor: Address) -> B256 {
        let (targets, values, calldatas) = self.lists();
        let mut salt = self.description_hash();
        for (byte, own) in salt.iter_mut().zip(governor) {
            *byte ^= own;
        }
        keccak256((targets, values, calldatas, B256::ZERO, salt).abi_encode_params())
    }

    fn lists(&self) -> (Vec<Address>, Vec<U256>, Vec<Bytes>) {
        let actions = self.actions.iter();
        let (mut targets, mut values, mut calldatas) = (vec![], vec![], vec![]);
        for Action {
            target,
            value,
            data,
        } in actions
        {
            targets.push(*target);
            values.push(*value);
            calldatas.push(data.clone());
        }
        (targets, values, calldatas)
    }
}

/// What a holder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// Against the proposal.
    Against,
    /// For it.
    For,
    /// Neither; counts for the quorum.
    Abstain,
}

/// How far a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProposalState {
    /// Made; voting has not begun.
    Pending,
    /// Takes votes.
    Active,
    /// Will not be executed any more.
    Canceled,
    /// Without a quorum or a majority.
    Defeated,
    /// Can be queued.
    Succeeded,
    /// In the timelock.
    Queued,
    /// Too late to execute.
    Expired,
    /// Done.
    Executed,
}

impl ProposalState {
    const ALL: [Self; 8] = [
        Self::Pending,
        Self::Active,
        Self::Canceled,
        Self::Defeated,
        Self::Succeeded,
        Self::Queued,
        Self::Expired,
        Self::Executed,
    ];
}

/// A proposal as it stands. Times are readings of the token's clock, but for `eta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalView {
    /// How far it is.
    pub state: ProposalState,
    /// Who made it.
    pub proposer: Address,
    /// Votes count as they stood then; voting begins after it.
    pub snapshot: U256,
    /// The last moment of voting.
    pub deadline: U256,
    /// From when on it can be executed (seconds since 1970); 0 until it is queued.
    pub eta: U256,
    /// Votes against it, in wei.
    pub against_votes: U256,
    /// Votes for it, in wei.
    pub for_votes: U256,
    /// Votes for neither, in wei.
    pub abstain_votes: U256,
    /// What it does.
    pub actions: Vec<Action>,
}

/// A vote that was signed off the chain, as holders hand it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedBallot {
    /// The chain it is good on.
    pub chain_id: u64,
    /// The governor it is good for.
    pub governor: Address,
    /// The proposal.
    pub proposal_id: U256,
    /// What the voter is for.
    pub support: Support,
    /// Whose votes it casts.
    pub voter: Address,
    /// The voter's next nonce, once the ballots that it signed before are counted.
    pub nonce: U256,
    /// The signature; of a contract wallet, whatever that accepts.
    pub signature: Bytes,
}

impl SignedBallot {
    /// What the voter signs.
    pub fn digest(&self) -> B256 {
        let ballot = governance::Ballot {
            proposalId: self.proposal_id,
            support: self.support as u8,
            voter: self.voter,
            nonce: self.nonce,
        };
        ballot.eip712_signing_hash(&domain(self.chain_id, self.governor))
    }

    /// Whether the signature is the voter's own. A contract wallet's says so only on the chain.
    pub fn is_signed_by_voter(&self) -> bool {
        let signature = Signature::from_raw(&self.signature);
        let signer =
            signature.and_then(|signature| signature.recover_address_from_prehash(&self.digest()));
        signer.is_ok_and(|signer| signer == self.voter)
    }
}

fn domain(chain_id: u64, governor: Address) -> Eip712Domain {
    eip712_domain! {
        name: NAME,
        version: "1",
        chain_id: chain_id,
        verifying_contract: governor,
    }
}

/// The votes that a transaction cast.
pub fn votes_in(receipt: &Receipt) -> Vec<VoteCast> {
    let logs = receipt.inner.logs().iter();
    let votes = logs.filter_map(|log| log.log_decode().ok());
    votes.map(|log| log.inner.data).collect()
}

/// Ballots in one transaction.
const BATCH: usize = 50;

/// Ballots that were looked at, each with what its owner knows it by.
#[derive(Clone, Debug)]
pub struct Checked<K> {
    /// Those that can be posted: each list in one transaction, in this order.
    pub batches: Vec<Vec<(K, SignedBallot)>>,
    /// Those that cannot, with why.
    pub refused: Vec<(K, String)>,
}

/// The ballots that a transaction did not count: their position in it, and why.
pub fn skipped_in(receipt: &Receipt) -> Vec<(usize, Reason)> {
    let logs = receipt.inner.logs().iter();
    let skips = logs.filter_map(|log| log.log_decode::<BallotSkipped>().ok());
    skips
        .map(|log| {
            let skip = log.inner.data;
            (skip.position.saturating_to(), Reason::decode(&skip.reason))
        })
        .collect()
}

/// The DAO of a deployment.
#[derive(Clone, Debug)]
pub struct Dao {
    chain: Chain,
    addresses: DaoAddresses,
}

impl Dao {
    /// The DAO at these addresses.
    pub fn new(chain: Chain, addresses: DaoAddresses) -> Self {
        Self { chain, addresses }
    }

    /// Where it is.
    pub fn addresses(&self) -> DaoAddresses {
        self.addresses
    }

    /// The governor.
    pub fn governor(&self) -> GovernanceDaoInstance<Provider> {
        GovernanceDao::new(self.addresses.governor, self.chain.provider().clone())
    }

    /// The timelock.
    pub fn timelock(&self) -> TimelockInstance<Provider> {
        Timelock::new(self.addresses.timelock, self.chain.provider().clone())
    }

    /// Makes a proposal; returns its number.
    ///
    /// # Errors
    /// When the governor refuses: `account` has too few votes, or the proposal exists.
    pub async fn propose(
        &self,
        account: &Account,
        proposal: &Proposal,
    ) -> Result<(U256, Receipt), ClientError> {
        let (targets, values, calldatas) = proposal.lists();
        let governor = self.governor();
        let call = governor.propose(targets, values, calldatas, proposal.description.clone());
        let receipt = account.send("proposing", call).await?;
        Ok((proposal.id(), receipt))
    }

    /// Votes, with a reason that may be empty.
    ///
    /// # Errors
    /// When the governor refuses: voting has not begun or is over, or `account` has voted.
    pub async fn vote(
        &self,
        account: &Account,
        proposal: U256,
        support: Support,
        reason: &str,
    ) -> Result<Receipt, ClientError> {
        let governor = self.governor();
        if reason.is_empty() {
            let call = governor.castVote(proposal, support as u8);
            return account.send("voting", call).await;
        }
        let call = governor.castVoteWithReason(proposal, support as u8, reason.to_owned());
        account.send("voting", call).await
    }

    /// Signs a ballot of `account` with its next nonce, which sends nothing.
    ///
    /// # Errors
    /// What reading the nonce and signing give.
    pub async fn sign(
        &self,
        account: &Account,
        proposal: U256,
        support: Support,
    ) -> Result<SignedBallot, ClientError> {
        let (what, governor) = ("reading the nonce", self.governor());
        let nonce = self
            .chain
            .read(what, governor.nonces(account.address()))
            .await?;
        self.sign_with_nonce(account, proposal, support, nonce)
    }

    /// Signs a ballot that is counted after all of `account` with lower nonces.
    ///
    /// # Errors
    /// What signing gives.
    pub fn sign_with_nonce(
        &self,
        account: &Account,
        proposal: U256,
        support: Support,
        nonce: U256,
    ) -> Result<SignedBallot, ClientError> {
        let mut ballot = SignedBallot {
            chain_id: self.chain.id(),
            governor: self.addresses.governor,
            proposal_id: proposal,
            support,
            voter: account.address(),
            nonce,
            signature: Bytes::new(),
        };
        ballot.signature = account.sign_digest(ballot.digest())?;
        Ok(ballot)
    }

    /// Posts ballots on one proposal in one transaction. A bad one costs the others nothing: an event says which and why.
    ///
    /// # Errors
    /// When the governor refuses all of them: voting has not begun or is over.
    pub async fn post(
        &self,
        account: &Account,
        proposal: U256,
        ballots: &[SignedBallot],
    ) -> Result<Receipt, ClientError> {
        let each = ballots.iter();
        let governor = self.governor();
        let call = governor.castVoteBySigBatch(
            proposal,
            each.clone().map(|ballot| ballot.voter).collect(),
            each.clone().map(|ballot| ballot.support as u8).collect(),
            each.clone().map(|ballot| ballot.nonce).collect(),
            each.map(|ballot| ballot.signature.clone()).collect(),
        );
        account.send("posting ballots", call).await
    }

    /// Hands a proposal that succeeded to the timelock. Anyone.
    ///
    /// # Errors
    /// When the governor refuses: it has not succeeded.
    pub async fn queue(&self, account: &Account, proposal: U256) -> Result<Receipt, ClientError> {
        let governor = self.governor();
        let call = governor.queue_1(proposal);
        account.send("queueing", call).await
    }

    /// Has the timelock do what a queued proposal says. Anyone, once its time has come.
    ///
    /// # Errors
    /// When the governor or the timelock refuses, or a call of the proposal reverts.
    pub async fn execute(&self, account: &Account, proposal: U256) -> Result<Receipt, ClientError> {
        let governor = self.governor();
        let call = governor.execute_1(proposal);
        account.send("executing", call).await
    }

    /// Cancels a proposal: its proposer while it is pending and, where no guardian is named, until it is executed; the guardian until
    /// then.
    ///
    /// # Errors
    /// When the governor refuses.
    pub async fn cancel(&self, account: &Account, proposal: U256) -> Result<Receipt, ClientError> {
        let governor = self.governor();
        let call = governor.cancel_1(proposal);
        account.send("cancelling", call).await
    }

    /// Sorts ballots into those that can be posted, in batches that each go into one transaction of [`post`](Self::post), one after
    /// the other, and those that cannot, with why. `key` tells the caller's ballots apart.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn check_all<K>(
        &self,
        mut ballots: Vec<(K, SignedBallot)>,
    ) -> Result<Checked<K>, ClientError> {
        ballots.sort_by_key(|(_, ballot)| (ballot.voter, ballot.nonce, ballot.proposal_id));
        let mut good: Vec<(usize, K, SignedBallot)> = vec![];
        let mut refused = vec![];
        for (key, ballot) in ballots {
            let of_voter = good
                .iter()
                .filter(|(_, _, other)| other.voter == ballot.voter);
            let before: Vec<_> = of_voter.map(|(_, _, other)| other.proposal_id).collect();
            match self.refusal(&ballot, &before).await? {
                None => good.push((before.len(), key, ballot)),
                Some(why) => refused.push((key, why)),
            }
        }
        // who signed several has them counted in the order of their nonces
        good.sort_by_key(|(before, _, ballot)| (*before, ballot.proposal_id));
        let mut batches: Vec<Vec<(K, SignedBallot)>> = vec![];
        let mut last = None;
        for (before, key, ballot) in good {
            let round = Some((before, ballot.proposal_id));
            match batches.last_mut() {
                Some(batch) if last == round && batch.len() < BATCH => batch.push((key, ballot)),
                _ => batches.push(vec![(key, ballot)]),
            }
            last = round;
        }
        Ok(Checked { batches, refused })
    }

    /// Why a ballot cannot be posted; nothing if it can, by what can be known before.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn check(&self, ballot: &SignedBallot) -> Result<Option<String>, ClientError> {
        self.refusal(ballot, &[]).await
    }

    /// Why a ballot cannot be posted after others of its voter on the proposals `before`; nothing if it can. The signature of a
    /// contract wallet is judged by the chain.
    async fn refusal(
        &self,
        ballot: &SignedBallot,
        before: &[U256],
    ) -> Result<Option<String>, ClientError> {
        if ballot.chain_id != self.chain.id() || ballot.governor != self.addresses.governor {
            return Ok(Some("it is for another chain or governor".to_owned()));
        }
        let is_contract = !self.chain.code(ballot.voter).await?.is_empty();
        if !is_contract && !ballot.is_signed_by_voter() {
            return Ok(Some(format!("{} did not sign it", ballot.voter)));
        }
        let (what, governor) = ("checking a ballot", self.governor());
        let call = governor.hasVoted(ballot.proposal_id, ballot.voter);
        if before.contains(&ballot.proposal_id) || self.chain.read(what, call).await? {
            return Ok(Some(format!("{} has voted", ballot.voter)));
        }
        let nonce = self.chain.read(what, governor.nonces(ballot.voter)).await?;
        let nonce = nonce.saturating_add(U256::from(before.len()));
        if nonce != ballot.nonce {
            return Ok(Some(format!(
                "its nonce is {} and the voter's next is {nonce}",
                ballot.nonce
            )));
        }
        // The state is that at the latest block, which may be older than the beginning of the voting: then posting decides.
        Ok(match self.state(ballot.proposal_id).await? {
            ProposalState::Pending | ProposalState::Active => None,
            state => Some(format!("the proposal takes no votes: it is {state:?}")),
        })
    }

    /// Every proposal there was, in its order, as it was made.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn proposals(
        &self,
        deployment: &Deployment,
    ) -> Result<Vec<ProposalCreated>, ClientError> {
        let from = deployment.anchor.as_ref().map_or(0, |anchor| anchor.number);
        let filter = Filter::new()
            .address(self.addresses.governor)
            .event_signature(ProposalCreated::SIGNATURE_HASH)
            .from_block(from);
        let logs = self.chain.provider().get_logs(&filter).await;
        let logs = logs.map_err(|error| self.chain.explain("reading proposals", &error))?;
        let events = logs.iter().filter_map(|log| log.log_decode().ok());
        Ok(events.map(|log| log.inner.data).collect())
    }

    /// How far a proposal is.
    ///
    /// # Errors
    /// When there is none.
    pub async fn state(&self, proposal: U256) -> Result<ProposalState, ClientError> {
        let governor = self.governor();
        let state = self
            .chain
            .read("reading the proposal", governor.state(proposal));
        let state = usize::from(state.await?);
        Ok(ProposalState::ALL[state.min(ProposalState::ALL.len() - 1)])
    }

    /// A proposal as it stands.
    ///
    /// # Errors
    /// When there is none.
    pub async fn proposal(&self, proposal: U256) -> Result<ProposalView, ClientError> {
        let (what, governor) = ("reading the proposal", self.governor());
        let state = self.state(proposal).await?;
        let read = &self.chain;
        let votes = read.read(what, governor.proposalVotes(proposal)).await?;
        let details = read.read(what, governor.proposalDetails(proposal)).await?;
        let calls = details.values.into_iter().zip(details.calldatas);
        let actions = details.targets.into_iter().zip(calls);
        Ok(ProposalView {
            state,
            proposer: read.read(what, governor.proposalProposer(proposal)).await?,
            snapshot: read.read(what, governor.proposalSnapshot(proposal)).await?,
            deadline: read.read(what, governor.proposalDeadline(proposal)).await?,
            eta: read.read(what, governor.proposalEta(proposal)).await?,
            against_votes: votes.againstVotes,
            for_votes: votes.forVotes,
            abstain_votes: votes.abstainVotes,
            actions: actions
                .map(|(target, (value, data))| Action {
                    target,
                    value,
                    data,
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::address;

    #[test]
    fn a_ballot_is_its_voters_only_where_it_says() {
        use alloy::signers::{SignerSync as _, local::PrivateKeySigner};
        let signer = PrivateKeySigner::random();
        let mut ballot = SignedBallot {
            chain_id: 412_346,
            governor: address!("00000000000000000000000000000000000000aa"),
            proposal_id: U256::from(7),
            support: Support::For,
            voter: signer.address(),
            nonce: U256::ZERO,
            signature: Bytes::new(),
        };
        assert!(!ballot.is_signed_by_voter());
        let signature = signer.sign_hash_sync(&ballot.digest()).unwrap();
        ballot.signature = signature.as_bytes().into();
        assert!(ballot.is_signed_by_voter());
        let written = serde_json::to_string(&ballot).unwrap();
        assert_eq!(
            serde_json::from_str::<SignedBallot>(&written).unwrap(),
            ballot
        );
        let elsewhere = SignedBallot {
            chain_id: 1,
            ..ballot.clone()
        };
        let otherwise = SignedBallot {
            support: Support::Against,
            ..ballot.clone()
        };
        let later = SignedBallot {
            nonce: U256::ONE,
            ..ballot
        };
        for ballot in [elsewhere, otherwise, later] {
            assert!(!ballot.is_signed_by_voter());
        }
    }
}
