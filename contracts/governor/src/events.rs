//! What the governor tells the world: the events of OpenZeppelin's governor and its extensions, and few more.

use alloy_sol_types::sol;

sol! {
    /// Somebody proposed these calls; ballots are taken after `voteStart` and until `voteEnd`, readings of the clock. Signatures are
    /// empty: a calldata starts with its selector.
    #[derive(Debug, PartialEq)]
    event ProposalCreated(
        uint256 proposalId,
        address proposer,
        address[] targets,
        uint256[] values,
        string[] signatures,
        bytes[] calldatas,
        uint256 voteStart,
        uint256 voteEnd,
        string description
    );
    /// The timelock has the proposal, which can be executed from this time on (seconds since 1970).
    #[derive(Debug, PartialEq)]
    event ProposalQueued(uint256 proposalId, uint256 etaSeconds);
    /// The proposal is done.
    #[derive(Debug, PartialEq)]
    event ProposalExecuted(uint256 proposalId);
    /// The proposal is called off.
    #[derive(Debug, PartialEq)]
    event ProposalCanceled(uint256 proposalId);
    /// A ballot counts, with this weight: 0 against, 1 in favor, 2 abstaining.
    #[derive(Debug, PartialEq)]
    event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason);
    /// As `VoteCast`, where the ballot has parameters, which mean nothing here.
    #[derive(Debug, PartialEq)]
    event VoteCastWithParams(
        address indexed voter,
        uint256 proposalId,
        uint8 support,
        uint256 weight,
        string reason,
        bytes params
    );
    /// The ballot at this position of a batch, from 0, does not count; `reason` is what it alone would have reverted with.
    #[derive(Debug, PartialEq)]
    event BallotSkipped(uint256 indexed proposalId, address indexed voter, uint256 position, bytes reason);
    /// The quorum was reached late, so voting lasts until this reading of the clock.
    #[derive(Debug, PartialEq)]
    event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline);
    /// How long after a proposal its snapshot is, on the clock.
    #[derive(Debug, PartialEq)]
    event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay);
    /// How long ballots are taken, on the clock.
    #[derive(Debug, PartialEq)]
    event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod);
    /// How many votes a proposer needs, in wei.
    #[derive(Debug, PartialEq)]
    event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold);
    /// How many hundredths of the supply are a quorum, from now on.
    #[derive(Debug, PartialEq)]
    event QuorumNumeratorUpdated(uint256 oldQuorumNumerator, uint256 newQuorumNumerator);
    /// For how long ballots are taken at least once the quorum is reached, on the clock.
    #[derive(Debug, PartialEq)]
    event LateQuorumVoteExtensionSet(uint64 oldVoteExtension, uint64 newVoteExtension);
    /// Who carries proposals out.
    #[derive(Debug, PartialEq)]
    event TimelockChange(address oldTimelock, address newTimelock);
    /// Who can cancel any proposal; zero for nobody.
    #[derive(Debug, PartialEq)]
    event ProposalGuardianSet(address oldProposalGuardian, address newProposalGuardian);
    /// Declared by ERC-5267; never emitted, since the signing domain never changes.
    #[derive(Debug, PartialEq)]
    event EIP712DomainChanged();
    /// What this program does not know goes on to that one; zero for none.
    #[derive(Debug, PartialEq)]
    event ExtensionSet(address indexed extension);
}
