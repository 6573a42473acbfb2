//! An indexer such as front ends of governors have: it knows what the logs of a governor and of its timelock say, and what it asks for beside
//! them, and nothing else.

use std::collections::BTreeMap;

use eyre::{ContextCompat, Result};
use ogpu_client::{
    Chain,
    alloy::{
        contract::SolCallBuilder,
        eips::BlockId,
        primitives::{Address, B256, U256, keccak256},
        providers::Provider,
        rpc::types::{Filter, Log},
        sol_types::{SolCall, SolEvent},
    },
    bindings::{
        GovernanceDao::{self, *},
        OgpuToken,
        Timelock::{self, CallExecuted, MinDelayChange},
    },
    governance::{Action, Proposal, ProposalState},
};

/// A governor, as it is listed.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) timelock: Address,
    pub(super) token: Address,
    pub(super) symbol: String,
    pub(super) decimals: u8,
    pub(super) voting_delay: U256,
    pub(super) voting_period: U256,
    pub(super) proposal_threshold: U256,
    /// The least delay of the timelock, and of those before it.
    pub(super) delays: BTreeMap<Address, U256>,
    pub(super) proposals: Vec<Listed>,
}

/// A proposal, as it is listed.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) id: U256,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) proposer: Address,
    pub(super) actions: Vec<Action>,
    pub(super) start: U256,
    pub(super) end: U256,
    /// Asked for at the first vote.
    pub(super) quorum: Option<U256>,
    pub(super) votes: Vec<Vote>,
    pub(super) is_canceled: bool,
    /// In seconds since 1970, once it is queued.
    pub(super) eta: Option<U256>,
    pub(super) is_executed: bool,
    /// Its operation in the timelock.
    pub(super) operation: B256,
}

/// A ballot, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Vote {
    pub(super) voter: Address,
    /// 0 against, 1 for, 2 abstaining.
    pub(super) support: u8,
    pub(super) weight: U256,
    pub(super) reason: String,
}

impl Listed {
    fn new(governor: Address, created: ProposalCreated) -> Self {
        let description = created.description;
        let (title, body) = description.split_once('\n').unwrap_or((&description, ""));
        let calls = created.values.into_iter().zip(created.calldatas);
        let actions: Vec<_> = created
            .targets
            .into_iter()
            .zip(calls)
            .map(|(target, (value, data))| Action {
                target,
                value,
                data,
            })
            .collect();
        Self {
            id: created.proposalId,
            title: title.trim_start_matches('#').trim().to_owned(),
            body: body.trim().to_owned(),
            proposer: created.proposer,
            operation: operation(governor, &actions, &description),
            actions,
            start: created.voteStart,
            end: created.voteEnd,
            quorum: None,
            votes: Vec::new(),
            is_canceled: false,
            eta: None,
            is_executed: false,
        }
    }

    /// Against, for, abstaining.
    pub(super) fn scores(&self) -> [U256; 3] {
        let mut scores = [U256::ZERO; 3];
        for vote in &self.votes {
            scores[usize::from(vote.support)] += vote.weight;
        }
        scores
    }

    /// How far it is when the clock stands there.
    pub(super) fn state(&self, clock: U256) -> ProposalState {
        let [against, in_favor, abstaining] = self.scores();
        let has_quorum = self
            .quorum
            .is_some_and(|quorum| in_favor + abstaining >= quorum);
        if self.is_canceled {
            ProposalState::Canceled
        } else if self.is_executed {
            ProposalState::Executed
        } else if self.eta.is_some() {
            ProposalState::Queued
        } else if clock <= self.start {
            ProposalState::Pending
        } else if clock <= self.end {
            ProposalState::Active
        } else if has_quorum && in_favor > against {
            ProposalState::Succeeded
        } else {
            ProposalState::Defeated
        }
    }
}

/// `hashOperationBatch(targets, values, calldatas, 0, bytes20(governor) ^ keccak256(description))`.
fn operation(governor: Address, actions: &[Action], description: &str) -> B256 {
    let proposal = Proposal {
        actions: actions.to_vec(),
        description: description.to_owned(),
    };
    proposal.operation(governor)
}

/// Reads as of the end of a block.
async fn read<P: Provider, C: SolCall>(
    call: SolCallBuilder<P, C>,
    block: u64,
) -> Result<C::Return> {
    Ok(call.block(BlockId::number(block)).call().await?)
}

/// Every log of these contracts, in their order.
pub(super) async fn logs(chain: &Chain, contracts: Vec<Address>) -> Result<Vec<Log>> {
    let filter = Filter::new().address(contracts).from_block(0);
    Ok(chain.provider().get_logs(&filter).await?)
}

fn block(log: &Log) -> Result<u64> {
    log.block_number.wrap_err("the log is in a block")
}

impl Space {
    /// What the logs of a governor tell, from its first to the latest, with those of the timelocks that it names.
    pub(super) async fn of(chain: &Chain, governor: Address) -> Result<Self> {
        let own = logs(chain, vec![governor]).await?;
        let first = own.first().wrap_err("the governor has logged")?;
        let mut space = Self::begin(chain, governor, block(first)?).await?;
        let changes = own.iter().filter_map(|log| log.log_decode().ok());
        let changes = changes.map(|log: Log<TimelockChange>| log.inner.data.newTimelock);
        let mut contracts: Vec<_> = changes.collect();
        contracts.extend([governor, space.timelock]);
        for log in logs(chain, contracts).await? {
            if log.address() == governor || space.delays.contains_key(&log.address()) {
                space.take(chain, governor, &log).await?;
            }
        }
        Ok(space)
    }

    /// What is asked for when the governor is first heard of.
    async fn begin(chain: &Chain, governor: Address, block: u64) -> Result<Self> {
        let provider = chain.provider();
        let view = GovernanceDao::new(governor, provider);
        // It counts blocks, whatever the clock counts; it must have an answer all the same.
        let now = U256::from(block.saturating_sub(1));
        read(view.quorum(now), block).await?;
        let timelock = read(view.timelock(), block).await?;
        let token = read(view.token(), block).await?;
        let delay = Timelock::new(timelock, provider);
        let delay = read(delay.getMinDelay(), block).await?;
        let coin = OgpuToken::new(token, provider);
        Ok(Self {
            timelock,
            token,
            symbol: read(coin.symbol(), block).await?,
            decimals: read(coin.decimals(), block).await?,
            voting_delay: read(view.votingDelay(), block).await?,
            voting_period: read(view.votingPeriod(), block).await?,
            proposal_threshold: read(view.proposalThreshold(), block).await?,
            delays: BTreeMap::from([(timelock, delay)]),
            proposals: Vec::new(),
        })
    }

    fn proposal(&mut self, id: U256) -> Result<&mut Listed> {
        let mut proposals = self.proposals.iter_mut();
        let found = proposals.find(|proposal| proposal.id == id);
        found.wrap_err("the proposal was created")
    }

    async fn take(&mut self, chain: &Chain, governor: Address, log: &Log) -> Result<()> {
        let Some(topic) = log.topic0() else {
            return Ok(());
        };
        let view = GovernanceDao::new(governor, chain.provider());
        match *topic {
            ProposalCreated::SIGNATURE_HASH => {
                let created = log.log_decode::<ProposalCreated>()?.inner.data;
                self.proposals.push(Listed::new(governor, created));
            }
            VoteCast::SIGNATURE_HASH => {
                let cast = log.log_decode::<VoteCast>()?.inner.data;
                let proposal = self.proposal(cast.proposalId)?;
                if proposal.quorum.is_none() {
                    let quorum = read(view.quorum(proposal.start), block(log)?).await?;
                    proposal.quorum = Some(quorum);
                }
                proposal.votes.push(Vote {
                    voter: cast.voter,
                    support: cast.support,
                    weight: cast.weight,
                    reason: cast.reason,
                });
            }
            ProposalCanceled::SIGNATURE_HASH => {
                let event = log.log_decode::<ProposalCanceled>()?.inner.data;
                self.proposal(event.proposalId)?.is_canceled = true;
            }
            ProposalQueued::SIGNATURE_HASH => {
                let event = log.log_decode::<ProposalQueued>()?.inner.data;
                self.proposal(event.proposalId)?.eta = Some(event.etaSeconds);
            }
            ProposalExecuted::SIGNATURE_HASH => {
                let event = log.log_decode::<ProposalExecuted>()?.inner.data;
                self.proposal(event.proposalId)?.is_executed = true;
            }
            ProposalExtended::SIGNATURE_HASH => {
                let event = log.log_decode::<ProposalExtended>()?.inner.data;
                self.proposal(event.proposalId)?.end = U256::from(event.extendedDeadline);
            }
            VotingDelaySet::SIGNATURE_HASH => {
                self.voting_delay = log.log_decode::<VotingDelaySet>()?.inner.newVotingDelay;
            }
            VotingPeriodSet::SIGNATURE_HASH => {
                self.voting_period = log.log_decode::<VotingPeriodSet>()?.inner.newVotingPeriod;
            }
            ProposalThresholdSet::SIGNATURE_HASH => {
                let event = log.log_decode::<ProposalThresholdSet>()?.inner.data;
                self.proposal_threshold = event.newProposalThreshold;
            }
            TimelockChange::SIGNATURE_HASH => {
                self.timelock = log.log_decode::<TimelockChange>()?.inner.newTimelock;
                let delay = Timelock::new(self.timelock, chain.provider());
                let delay = read(delay.getMinDelay(), block(log)?).await?;
                self.delays.insert(self.timelock, delay);
            }
            MinDelayChange::SIGNATURE_HASH => {
                let event = log.log_decode::<MinDelayChange>()?.inner.data;
                self.delays.insert(log.address(), event.newDuration);
            }
            CallExecuted::SIGNATURE_HASH => {
                let event = log.log_decode::<CallExecuted>()?.inner.data;
                let mut proposals = self.proposals.iter_mut();
                if let Some(proposal) = proposals.find(|proposal| proposal.operation == event.id) {
                    proposal.is_executed = true;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The events of the standard: of the governor, of its extensions, and of the timelock, and how many of their arguments are indexed.
pub(super) const STANDARD: &[(&str, usize)] = &[
    (
        "ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)",
        0,
    ),
    ("ProposalQueued(uint256,uint256)", 0),
    ("ProposalExecuted(uint256)", 0),
    ("ProposalCanceled(uint256)", 0),
    ("ProposalExtended(uint256,uint64)", 1),
    ("VoteCast(address,uint256,uint8,uint256,string)", 1),
    (
        "VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)",
        1,
    ),
    ("VotingDelaySet(uint256,uint256)", 0),
    ("VotingPeriodSet(uint256,uint256)", 0),
    ("ProposalThresholdSet(uint256,uint256)", 0),
    ("QuorumNumeratorUpdated(uint256,uint256)", 0),
    ("LateQuorumVoteExtensionSet(uint64,uint64)", 0),
    ("ProposalGuardianSet(address,address)", 0),
    ("TimelockChange(address,address)", 0),
    (
        "CallScheduled(bytes32,uint256,address,uint256,bytes,bytes32,uint256)",
        2,
    ),
    ("CallExecuted(bytes32,uint256,address,uint256,bytes)", 2),
    ("CallSalt(bytes32,bytes32)", 1),
    ("Cancelled(bytes32)", 1),
    ("MinDelayChange(uint256,uint256)", 0),
    ("RoleGranted(bytes32,address,address)", 3),
    ("RoleRevoked(bytes32,address,address)", 3),
    ("OwnershipTransferred(address,address)", 2),
    ("Upgraded(address)", 1),
    ("Initialized(uint64)", 0),
    ("EIP712DomainChanged()", 0),
    // Beyond the standard.
    ("ExtensionSet(address)", 1),
    ("BallotSkipped(uint256,address,uint256,bytes)", 2),
];

/// The events that these logs are, by signature; fails at one that is not [`STANDARD`], or has other topics.
pub(super) fn events(logs: &[Log]) -> Result<Vec<&'static str>> {
    let mut seen = Vec::new();
    for log in logs {
        let topic = log.topic0().wrap_err("every event has a signature")?;
        let mut standard = STANDARD.iter();
        let known = standard.find(|(signature, _)| keccak256(signature) == *topic);
        let (signature, indexed) = known.wrap_err_with(|| format!("{log:?}"))?;
        assert_eq!(log.topics().len(), 1 + indexed, "{signature}");
        if !seen.contains(signature) {
            seen.push(*signature);
        }
    }
    Ok(seen)
}
