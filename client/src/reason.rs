//! Contracts' errors, in sentences that say what to do.

use std::fmt;

use alloy::{
    primitives::{B256, Bytes, U256},
    sol_types::{Panic, Revert, SolError, SolInterface},
};

use ogpu_rules::Status;

use crate::{
    amount,
    bindings::errors::Contracts::{self, ContractsErrors as E},
};

/// Why a contract refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An error of our contracts or of ArbOS.
    Known(Box<Contracts::ContractsErrors>),
    /// A reason in words, as `require` gives it.
    Text(String),
    /// Solidity's panic, with its code.
    Panic(U256),
    /// Data of an error that is none of ours.
    Unknown(Bytes),
    /// The call reverted without a reason.
    Silent,
    /// There is no contract at the address.
    NoContract,
}

/// The name of a layout of storage.
fn layout(name: B256) -> String {
    let name = String::from_utf8_lossy(&name[..])
        .trim_end_matches('\0')
        .to_owned();
    if name.is_empty() {
        "no contract of ours".to_owned()
    } else {
        name
    }
}

impl Reason {
    /// Understands what a reverted call returned.
    pub fn decode(data: &[u8]) -> Self {
        if data.is_empty() {
            return Self::Silent;
        }
        if let Ok(known) = E::abi_decode(data) {
            return Self::Known(Box::new(known));
        }
        if let Ok(Revert { reason }) = Revert::abi_decode(data) {
            return Self::Text(reason);
        }
        match Panic::abi_decode(data) {
            Ok(Panic { code }) => Self::Panic(code),
            Err(_) => Self::Unknown(data.to_vec().into()),
        }
    }

    /// The error's name, where it is one of ours: `WrongStatus`, `ZeroAmount`, …
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::Known(error) => E::name_by_selector(error.selector()),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(error) => write!(to, "{} ({})", sentence(error), self.name().unwrap_or("unnamed")),
            Self::Text(text) => write!(to, "the contract says: {text}"),
            Self::Panic(code) => write!(to, "the contract panicked with code {code}"),
            Self::Unknown(data) => write!(to, "the contract refused with data nobody here knows: {data}"),
            Self::Silent => to.write_str(
                "the call reverted without a reason; it may have run out of gas, re-entered a contract, or called a function that is not there",
            ),
            Self::NoContract => to.write_str(
                "there is no contract at this address; is the deployment file that of this chain (--deployment, --rpc)?",
            ),
        }
    }
}

/// What was wrong, with its values, and what would be right.
fn sentence(error: &E) -> String {
    let ogpu = |wei: &U256| format!("{} oGPU", amount::format(*wei));
    match error {
        E::OwnableUnauthorizedAccount(e) => {
            format!("{} is not the owner; only the owner may do this", e.account)
        }
        E::OwnableInvalidOwner(e) => format!("{} cannot be an owner; name an account that exists", e.owner),
        E::InvalidInitialization(_) => "it is initialised already, and never again".to_owned(),
        E::UUPSUnauthorizedCallContext(_) => {
            "call the proxy, not the implementation behind it".to_owned()
        }
        E::UUPSUnsupportedProxiableUUID(e) => {
            format!("the new implementation keeps its address in slot {}, which is no UUPS slot; nothing was upgraded", e.slot)
        }
        E::UnsupportedStorageLayout(e) => format!(
            "the new implementation lays storage out as {} does, which would misread what this contract has stored; nothing was upgraded",
            layout(e.layout)
        ),
        E::ERC1967InvalidImplementation(e) => format!(
            "{} is no implementation: it must be an activated program with proxiableUUID; nothing was upgraded",
            e.implementation
        ),
        E::ERC1967NonPayable(_) => "send no ether with an upgrade that calls nothing".to_owned(),
        E::ERC1967ProxyUninitialized(_) => "the proxy has no implementation".to_owned(),
        E::FailedCall(_) => "a call into another contract failed without a reason".to_owned(),
        E::PausableUnauthorizedAccount(e) => {
            format!("{} is neither owner nor guardian; only they may pause", e.account)
        }
        E::EnforcedPause(e) => {
            format!("new entries are paused until {}; withdrawals and settlements go on", e.until)
        }
        E::PauseOutOfRange(e) => {
            format!("a pause until {} is out of range: choose a time after {} and not after {}", e.until, e.earliest, e.latest)
        }
        E::GuardianMustWait(e) => {
            format!("the guardian has paused recently and may again at {}; the owner may always", e.until)
        }
        E::UnexpectedAnswer(_) => {
            "another contract answered in a form nobody here knows; is the market wired to the right ones?".to_owned()
        }
        E::AmountTooLarge(e) => format!("{} is too much; at most {}", ogpu(&e.amount), ogpu(&e.maximum)),
        E::ZeroAmount(_) => "the amount is zero; give a positive one".to_owned(),
        E::ZeroAddress(_) => "the address is zero; name an account".to_owned(),
        E::TokenCallFailed(e) => format!("the token {} refused the transfer", e.token),
        E::TokenTookFee(e) => format!(
            "of {} that were sent {} arrived; tokens that take a fee are not accepted",
            ogpu(&e.sent),
            ogpu(&e.received)
        ),
        E::ERC20InsufficientBalance(e) => format!(
            "{} holds {} and needs {}; send it the rest first (`ogpu token transfer`)",
            e.sender,
            ogpu(&e.balance),
            ogpu(&e.needed)
        ),
        E::ERC20InvalidSender(e) => format!("{} cannot send tokens", e.sender),
        E::ERC20InvalidReceiver(e) => format!("{} cannot receive tokens", e.receiver),
        E::ERC20InsufficientAllowance(e) => format!(
            "{} may spend {} and needs {}; approve it first (`ogpu token approve`)",
            e.spender,
            ogpu(&e.allowance),
            ogpu(&e.needed)
        ),
        E::ERC20InvalidApprover(e) => format!("{} cannot approve", e.approver),
        E::ERC20InvalidSpender(e) => format!("{} cannot be approved", e.spender),
        E::ERC20ExceededSafeSupply(e) => {
            format!("a supply of {} is too large; at most {}", ogpu(&e.increasedSupply), ogpu(&e.cap))
        }
        E::ERC2612ExpiredSignature(e) => format!("the permit expired at {}; sign a new one", e.deadline),
        E::ERC2612InvalidSigner(e) => {
            format!("the permit was signed by {}, not by {}; check key, nonce and domain", e.signer, e.owner)
        }
        E::VotesExpiredSignature(e) => format!("the delegation expired at {}; sign a new one", e.expiry),
        E::InvalidAccountNonce(e) => format!("the signature's nonce is used; {} is at {}", e.account, e.currentNonce),
        E::ECDSAInvalidSignature(_) => "the signature is none".to_owned(),
        E::ECDSAInvalidSignatureLength(e) => format!("a signature has 65 bytes, and this one {}", e.length),
        E::NotInitializing(_) => "this is done while a contract is initialised, and only then".to_owned(),
        E::AddressEmptyCode(e) => format!("there is no code at {}", e.target),
        E::ECDSAInvalidSignatureS(e) => format!("the signature's s, {}, is in the upper half; use the lower one", e.s),
        E::ERC5805FutureLookup(e) => {
            format!("timepoint {} is not past: the clock stands at {}", e.timepoint, e.clock)
        }
        E::CheckpointUnorderedInsertion(_) => "a checkpoint was to be written before the last one".to_owned(),
        E::SafeCastOverflowedUintDowncast(e) => format!("{} does not fit {} bits", e.value, e.bits),
        E::UnknownClockMode(e) => format!("clock mode {} is unknown; 0 is time, 1 is block number", e.clockMode),
        E::GovernorAlreadyCastVote(e) => format!("{} has voted on this proposal", e.voter),
        E::GovernorAlreadyQueuedProposal(e) => format!("proposal {} is queued already", e.proposalId),
        E::GovernorDisabledDeposit(_) => "the governor keeps no ether and no tokens; send them to the timelock".to_owned(),
        E::GovernorInsufficientProposerVotes(e) => format!(
            "{} has {} votes and needs {} to propose; delegate to it (`ogpu dao delegate`)",
            e.proposer,
            ogpu(&e.votes),
            ogpu(&e.threshold)
        ),
        E::GovernorInvalidProposalLength(e) => format!(
            "a proposal has as many targets as values and calldatas, and at least one; these are {}, {} and {}",
            e.targets, e.values, e.calldatas
        ),
        E::GovernorInvalidSignature(e) => format!("{} did not sign this ballot, or with another nonce", e.voter),
        E::GovernorInvalidVoteParams(_) => "a vote takes no parameters".to_owned(),
        E::GovernorInvalidVoteType(_) => "a vote is 0 against, 1 for, 2 abstaining".to_owned(),
        E::GovernorInvalidVotingPeriod(e) => format!("voting cannot take {}", e.votingPeriod),
        E::GovernorNonexistentProposal(e) => format!("there is no proposal {}; `ogpu dao list` shows those there are", e.proposalId),
        E::GovernorOnlyExecutor(e) => format!("{} is not the timelock; only a proposal can do this", e.account),
        E::GovernorProposalQueueingFailed(e) => format!("the timelock did not take proposal {}", e.proposalId),
        E::GovernorProposalQueueingNotRequired(e) => format!("proposal {} needs no queue", e.proposalId),
        E::GovernorRestrictedProposer(e) => format!("the description names another proposer than {}", e.proposer),
        E::GovernorUnableToCancel(e) => format!(
            "{} cannot cancel proposal {}: its proposer can before voting begins, and where no guardian is named until it is executed; a guardian can until then",
            e.account, e.proposalId
        ),
        E::GovernorUnexpectedProposalState(e) => format!(
            "proposal {} is {}; `ogpu dao describe` shows its times",
            e.proposalId,
            ["pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed"]
                .get(usize::from(e.current))
                .unwrap_or(&"in an unknown state")
        ),
        E::GovernorInvalidQuorumFraction(e) => format!("a quorum of {} in {} is more than all", e.quorumNumerator, e.quorumDenominator),
        E::GovernorPreventLateQuorumVoteExtensionTooLarge(e) => {
            format!("a late quorum extends voting by at most {}, not {}", e.maxVoteExtension, e.newVoteExtension)
        }
        E::ERC6372InconsistentClock(_) => "the token's clock fails".to_owned(),
        E::InvalidShortString(_) => "a short text is none".to_owned(),
        E::StringTooLong(e) => format!("'{}' is too long", e.str),
        E::BallotLengthMismatch(_) => "the lists of a batch of ballots have different lengths".to_owned(),
        E::AccessControlUnauthorizedAccount(e) => format!("{} does not have the role {}", e.account, e.neededRole),
        E::AccessControlBadConfirmation(_) => "whoever renounces a role names itself".to_owned(),
        E::TimelockInvalidOperationLength(e) => format!(
            "an operation has as many targets as payloads and values; these are {}, {} and {}",
            e.targets, e.payloads, e.values
        ),
        E::TimelockInsufficientDelay(e) => format!("a delay of {} s is shorter than the least, {} s", e.delay, e.minDelay),
        E::TimelockUnexpectedOperationState(e) => {
            format!("operation {} is not in a state in which this is possible; its time may not have come", e.operationId)
        }
        E::TimelockUnexecutedPredecessor(e) => format!("operation {} has to be done before", e.predecessorId),
        E::TimelockUnauthorizedCaller(e) => format!("{} is not the timelock; schedule an operation that does this", e.caller),
        E::UnknownTask(e) => format!("there is no task {}; `ogpu task list` shows those there are", e.taskId),
        E::UnknownProvider(e) => format!(
            "provider {} is not registered or has no collateral yet (`ogpu provider register`, then `collateral deposit`)",
            e.providerId
        ),
        E::WrongStatus(e) => format!(
            "task {} is {:?}, and this is not possible then; `ogpu task show {}` tells what is",
            e.taskId,
            Status::from_number(e.status),
            e.taskId
        ),
        E::NotClient(e) => format!("{} is not the client of task {}; only the client may do this", e.caller, e.taskId),
        E::NotProvider(e) => {
            format!("{} does not own provider {}; only its owner may do this", e.caller, e.providerId)
        }
        E::TooEarly(e) => format!("it is too early for task {}: possible from {} on", e.taskId, e.from),
        E::TooLate(e) => format!("it is too late for task {}: this was possible until {}", e.taskId, e.until),
        E::PriceAboveBudget(e) => {
            format!("{} is above the task's budget; bid at most {}", ogpu(&e.price), ogpu(&e.budget))
        }
        E::PriceRaised(e) => format!(
            "{} is above the standing bid of {}; bid less, or withdraw it first (`ogpu provider withdraw-bid`)",
            ogpu(&e.price),
            ogpu(&e.standing)
        ),
        E::TrustTooLow(e) => format!("the provider's score is {}, and the client asks for {}", e.trust, e.required),
        E::CollateralTooLow(e) => format!(
            "{} of collateral are free and {} are needed; deposit more (`ogpu provider collateral deposit`)",
            ogpu(&e.free),
            ogpu(&e.required)
        ),
        E::CollateralTooHigh(e) => {
            format!("collateral of {} is too much; at most {}", ogpu(&e.amount), ogpu(&e.maximum))
        }
        E::NoBid(e) => format!("provider {} has no bid on task {}", e.providerId, e.taskId),
        E::BidWon(e) => format!(
            "provider {} won task {}; the bond comes back when the task is settled",
            e.providerId, e.taskId
        ),
        E::NoEligibleBid(e) => format!(
            "neither of the best bids on task {} is eligible any more; choose another bidder by its id, or cancel",
            e.taskId
        ),
        E::NotBestFit(e) => format!(
            "only the client may choose provider {}; anybody else assigns the best fit, {}",
            e.providerId, e.bestProviderId
        ),
        E::SelfDealing(e) => {
            format!("{} would be client and provider at once: it may neither work for itself nor rate itself", e.account)
        },
        E::ClientStakeTooLow(e) => format!(
            "the client has {} staked and needs {}; stake the rest first (`ogpu provider stake`)",
            ogpu(&e.stake),
            ogpu(&e.required)
        ),
        E::SlashAboveCollateral(e) => format!(
            "a slash of {} is above the task's collateral; slash at most {}",
            ogpu(&e.slash),
            ogpu(&e.collateral)
        ),
        E::OutOfRange_0(e) => format!(
            "the value {} of field {} (counted from 0) is out of range: choose {} to {}",
            e.value, e.field, e.minimum, e.maximum
        ),
        E::SiblingsNotSet(_) => {
            "the market does not know its other contracts yet; finish the deployment with `ogpu deploy`".to_owned()
        }
        E::ParametersNotSet(_) => {
            "the market has no parameters yet; finish the deployment with `ogpu deploy`".to_owned()
        }
        E::UnknownSelector(e) => format!(
            "the market has no function with the selector {}; is the deployment finished, and this tool as new as it?",
            e.selector
        ),
        E::InvalidExtension(e) => format!(
            "{} is no extension: it must be the address of the extension's program; nothing was changed",
            e.extension
        ),
        E::NotParty(e) => format!("{} is neither the client nor the provider of task {}", e.caller, e.taskId),
        E::NotVerifier(e) => format!(
            "only its verifier {} judges task {}, and the caller is {}",
            e.verifier, e.taskId, e.caller
        ),
        E::UnknownVerifier(e) => format!(
            "there is no verifier number {}, or it takes no new tasks; 0 stands for the client itself",
            e.verifier
        ),
        E::TooManyVerifiers(_) => "there can be no more verifiers".to_owned(),
        E::OtherBidding(e) => {
            let way = match e.bidding {
                1 => "sealed bids",
                2 => "a rising price, which a provider takes",
                _ => "open bids",
            };
            format!("task {} takes offers in another way: {way}", e.taskId)
        }
        E::NotListed(e) => format!(
            "the client of task {} has not listed provider {}, or the proof is for another list",
            e.taskId, e.providerId
        ),
        E::WrongOpening(e) => format!(
            "provider {} has no sealed bid on task {} with this price and salt",
            e.providerId, e.taskId
        ),
        E::InvalidSignature(e) => format!("{} has not signed this bid", e.signer),
        E::BidExpired(e) => format!("the signed bid was good until {}", e.expiry),
        E::BidRevoked(e) => format!(
            "provider {} has taken its signed bids back: this one has the nonce {}, and {} is current",
            e.providerId, e.nonce, e.current
        ),
        E::NotForHire(e) => format!(
            "provider {} cannot be hired for {} s: it has published a price for at most {} s",
            e.providerId, e.duration, e.maxDuration
        ),
        E::UnknownLease(e) => format!("there is no lease {}", e.leaseId),
        E::WrongLeaseStatus(e) => {
            let status = match e.status {
                1 => "waits for its provider to start it",
                2 => "runs",
                3 => "ends by the notice that was given",
                4 => "is closed",
                _ => "was cancelled",
            };
            format!("lease {} {status}, and this does not start from there", e.leaseId)
        }
        E::NotLeaseParty(e) => format!(
            "{} may not do this on lease {}: only its client tops it up and shortens it, only its sides give notice, only its verifier reports",
            e.caller, e.leaseId
        ),
        E::LeaseTooEarly(e) => format!("it is too early for lease {}: possible from {} on", e.leaseId, e.from),
        E::LeaseTooLate(e) => {
            format!("it is too late for lease {}: this was possible until {}", e.leaseId, e.until)
        }
        E::RateAboveMaximum(e) => format!(
            "the provider asks for {} a second, more than {}; offer that much, or rent another",
            ogpu(&e.rate),
            ogpu(&e.maximum)
        ),
        E::TooManyVersions(_) => "there can be no more sets of parameters".to_owned(),
        E::NotTaskManager_0(e) => format!("{} is not the task manager; only the task manager may do this", e.caller),
        E::NotTaskManager_1(e) => {
            format!("{} is not the task manager; only {} may do this", e.account, e.taskManager)
        }
        E::InsufficientBalance(e) => format!(
            "{} has {} in the escrow and needs {}; deposit the rest first (`ogpu client deposit`)",
            e.account,
            ogpu(&e.available),
            ogpu(&e.requested)
        ),
        E::LockTooLow(e) => format!("{} has {} locked, less than {}", e.payer, ogpu(&e.locked), ogpu(&e.amount)),
        E::SettlementExceedsLock(e) => format!(
            "a payment of {} and a fee of {} are more than the {} locked for task {}",
            ogpu(&e.payment),
            ogpu(&e.fee),
            ogpu(&e.amount),
            e.taskId
        ),
        E::NotSlasher(e) => format!("{} may not slash; only the task manager and the owner may", e.caller),
        E::InsufficientFreeStake(e) => format!(
            "{} has {} of free stake and needs {}; stake the rest first (`ogpu provider stake`)",
            e.account,
            ogpu(&e.available),
            ogpu(&e.requested)
        ),
        E::InsufficientUnbonding(e) => format!(
            "{} has {} unbonding, less than {}",
            e.account,
            ogpu(&e.available),
            ogpu(&e.requested)
        ),
        E::NothingUnbonding(e) => {
            format!("{} has nothing unbonding; request it first (`ogpu provider unbond request`)", e.account)
        }
        E::StillUnbonding(e) => format!("the stake of {} is unbonding until {}", e.account, e.maturesAt),
        E::NoCompensation(e) => format!("{} has no compensation to withdraw", e.account),
        E::InvalidSlashSplit(e) => format!(
            "a split of {} to the injured and {} to the treasury is out of range: at most {} and {}, and 10,000 together",
            e.injuredBps, e.treasuryBps, e.maxInjuredBps, e.maxTreasuryBps
        ),
        E::InvalidUnbondingPeriod(e) => {
            format!("an unbonding period of {} s is out of range: choose {} to {}", e.period, e.minimum, e.maximum)
        }
        E::AlreadyRegistered(e) => format!("{} is provider {} already", e.account, e.providerId),
        E::NotRegistered(e) => {
            format!("{} is no registered provider; register it with `ogpu provider register`", e.account)
        }
        E::RegistryFull(e) => format!("there are {} providers already, and can be no more", e.maximum),
        E::ZeroGpuCount(_) => "a provider has at least one GPU".to_owned(),
        E::TextLengthOutOfRange(e) => format!(
            "{} has {} bytes; it may have {} to {}",
            e.field, e.length, e.minimum, e.maximum
        ),
        E::ScoreOutOfRange(e) => format!("a score of {} is out of range: at most {}", e.score, e.maximum),
        E::AlreadyRecorded(e) => format!("the outcome of task {} is recorded already", e.taskId),
        E::UnknownOutcome(e) => format!("no outcome of task {} is recorded yet", e.taskId),
        E::AlreadyRated(e) => format!("there is feedback on task {} already; it is given once", e.taskId),
        E::FeedbackOutOfRange(e) => format!(
            "{} with {} decimals is no feedback: give 0 to 100, with at most 2 decimals",
            e.value, e.valueDecimals
        ),
        E::TagsNotSummed(_) => {
            "feedback is summed for all tags together; name none, and read those of tags from the events".to_owned()
        }
        E::NothingMoved(e) => format!("the outcome of task {} did not move the score: there is nothing to contest", e.taskId),
        E::AlreadyContested(e) => format!("the outcome of task {} is or was contested, which is possible once", e.taskId),
        E::NotContested(e) => format!("no contest of the outcome of task {} is open", e.taskId),
        E::ContestTermsNotSet(_) => {
            "nothing can be contested yet: the registry's owner has not set the bond (`setContestTerms`)".to_owned()
        }
        E::BondOutOfRange(e) => format!(
            "a bond of {} is out of range: choose {} to {}",
            ogpu(&e.bond),
            ogpu(&e.minimum),
            ogpu(&e.maximum)
        ),
        E::TokenIsFixed(e) => format!("bonds are held in the token {}, and in no other", e.token),
        E::NotGuardian(e) => {
            format!("{} is not the watchdog's guardian {}; only that one pauses by hand", e.caller, e.guardian)
        }
        E::NotWatched(e) => format!("{} is not watched; the owner adds it with `watch`", e.account),
        E::DurationOutOfRange(e) => {
            format!("{} s is out of range: {} to {} s are allowed", e.duration, e.minimum, e.maximum)
        }
        E::TooManyTargets(e) => format!("{} contracts cannot be paused together, at most {}", e.count, e.maximum),
        E::NothingPaused(_) => {
            "nothing could be paused: a guardian may pause once in 30 days, and the watchdog must be the contracts' guardian".to_owned()
        }
        E::TooLittleGas(e) => format!("pausing needs {} gas and {} are left; send more", e.required, e.left),
        E::CodeDiffers(e) => format!(
            "the code of {} has the hash {}, and {} was required: nothing was done; look what stands there before anything is proposed again",
            e.account, e.present, e.required
        ),
        E::RefundFailed(e) => format!("{} does not take the {} wei of ether that are left", e.to, e.amount),
        E::OtherVerifier(e) => format!("task {} is judged by {}, not by this verifier", e.taskId, e.verifier),
        E::InvalidPlan(e) => format!(
            "the verifier data of task {}, {}, is no plan for replicas; `ogpu verifier replica plan` writes one",
            e.taskId, e.verifierData
        ),
        E::InsufficientPurse(e) => format!(
            "{} has {} free at the verifier and needs {}; deposit the rest first (`ogpu verifier replica deposit`)",
            e.account,
            ogpu(&e.available),
            ogpu(&e.requested)
        ),
        E::AlreadyEnrolled(e) => format!("{} has enrolled for task {} already", e.account, e.taskId),
        E::NotEnrolled(e) => format!(
            "{} has not enrolled for task {}; that is possible until the result is delivered (`ogpu verifier replica enrol`)",
            e.account, e.taskId
        ),
        E::WrongSecret(e) => {
            format!("this is not the secret of task {}'s plan; `ogpu verifier replica plan` printed it", e.taskId)
        }
        E::DeadlineTooNear(e) => format!(
            "the market waits for a verdict on task {} until {}, and this needs until {}; the owner arbitrates then",
            e.taskId, e.deadline, e.needed
        ),
        E::WrongStage(e) => {
            let stage = match e.stage {
                0 => "has not been drawn",
                1 => "has been drawn already",
                _ => "is concluded",
            };
            format!("task {} {stage}, and this is not possible then", e.taskId)
        }
        E::NoSeat(e) => {
            format!("all seats of task {} are taken by lower tickets; `ogpu verifier replica leave` frees the bond", e.taskId)
        }
        E::AlreadySeated(e) => {
            format!("{} has a seat of task {} and keeps it until that is concluded", e.account, e.taskId)
        }
        E::NotSeated(e) => format!("{} has no seat of task {}", e.account, e.taskId),
        E::ZeroResult(_) => "a result of zero is none".to_owned(),
        E::NotAllowed(e) => {
            let standing = match e.standing {
                0 => "is no node; become one with `ogpu node register`".to_owned(),
                1 => format!("has a bond of {}, less than a node needs; add to it with `ogpu node register`", ogpu(&e.bond)),
                2 => "is leaving; come back with `ogpu node register`".to_owned(),
                _ => "was removed by the owner, for good".to_owned(),
            };
            format!("{} {standing}", e.account)
        }
        E::NothingToWithdraw(e) => match e.maturesAt {
            0 => format!("nothing is owed to {}, and its bond is not unbonding (`ogpu node exit`)", e.account),
            at => format!("nothing is owed to {}, and its bond is unbonding until {at}", e.account),
        },
        E::OutOfRange_1(e) => format!(
            "the value {} of the committee's parameter {} is out of range: choose {} to {}",
            e.value, e.field, e.minimum, e.maximum
        ),
        E::UnknownFunction(_) => {
            "the committee has no such function; is its deployment finished, and this tool as new as it?".to_owned()
        }
        E::NotAwaited(e) => format!(
            "task {} does not wait for the committee: its verifier is {} and it is {:?}",
            e.taskId,
            e.verifier,
            Status::from_number(e.status)
        ),
        E::EmptyResult(e) => format!(
            "the result of task {} is zero, which stands for none; when its time is over, the task goes to dispute",
            e.taskId
        ),
        E::WrongPhase(e) => {
            let phase = match e.phase {
                0 => "has no round yet; ask for one with `request`",
                1 => "waits for a beacon",
                2 => "is being voted on",
                3 => "is decided",
                _ => "is decided, and was a planted one",
            };
            format!("task {} {phase}; this step belongs to another phase", e.taskId)
        }
        E::AlreadyRequested(e) => format!("task {} waits for beacon {} already", e.taskId, e.beacon),
        E::BeaconFailed(e) => format!(
            "beacon {} is not there, got too few secrets, or one of them was withheld; request the task again",
            e.beacon
        ),
        E::BeaconFull(e) => format!("beacon {} takes no more secrets", e.beacon),
        E::NotDrawn(e) => format!("{} was not drawn for task {}", e.node, e.taskId),
        E::AlreadyCommitted(e) => format!("{} has committed already (task or beacon {})", e.account, e.id),
        E::NothingToReveal(e) => format!(
            "{} has committed to nothing that it has not revealed (task or beacon {})",
            e.account, e.id
        ),
        E::WrongReveal(e) => format!(
            "{} committed to something else (task or beacon {}); is this the folder with what it committed?",
            e.account, e.id
        ),
        E::NoQuorum(e) => format!(
            "only {} votes on task {} are committed, and reveals begin with {}",
            e.committed, e.taskId, e.needed
        ),
        E::NotPlanter(e) => format!("{} is not the planter; the owner names it", e.caller),
        E::AlreadyPlanted(e) => format!("{} was planted already", e.commitment),
        E::UnknownPlant(e) => format!("nobody planted {}, or it was opened; check task, answer and salt", e.commitment),
        E::PlantedTooLate(e) => format!(
            "task {} was planted at {}; it counts only before {}, when its committee could be known",
            e.taskId, e.plantedAt, e.latest
        ),
        E::ProgramNotWasm(_) => "there is no Stylus program at this address".to_owned(),
        E::ProgramNotActivated(_) => {
            "the program is not activated; activate it by running `ogpu deploy` again".to_owned()
        }
        E::ProgramNeedsUpgrade(e) => format!(
            "the program was activated for Stylus {} and the chain runs {}; activate it again with `ogpu deploy`",
            e.version, e.stylusVersion
        ),
        E::ProgramExpired(e) => format!(
            "the program was activated {} s ago and has expired; activate it again with `ogpu deploy`",
            e.ageInSeconds
        ),
        E::ProgramUpToDate(_) => "the program is active already".to_owned(),
        E::ProgramKeepaliveTooSoon(e) => {
            format!("the program was activated only {} s ago; it can be kept alive later", e.ageInSeconds)
        }
        E::ProgramInsufficientValue(e) => {
            format!("activation costs {} wei of ether and {} were sent", e.want, e.have)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, hex};

    #[test]
    fn known_errors_name_their_values() {
        let error = Contracts::ERC20InsufficientBalance {
            sender: Address::repeat_byte(1),
            balance: U256::from(1),
            needed: U256::from(2),
        };
        let reason = Reason::decode(&error.abi_encode());
        assert_eq!(reason.name(), Some("ERC20InsufficientBalance"));
        let text = reason.to_string();
        for part in [
            "0x0101010101010101010101010101010101010101",
            "0.000000000000000001",
            "0.000000000000000002",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_rest_is_told_apart() {
        assert_eq!(Reason::decode(&[]), Reason::Silent);
        assert_eq!(
            Reason::decode(&Revert::from("no").abi_encode()),
            Reason::Text("no".to_owned())
        );
        assert_eq!(
            Reason::decode(&Panic::from(0x11_u64).abi_encode()),
            Reason::Panic(U256::from(0x11))
        );
        let data = hex!("deadbeef00");
        assert_eq!(Reason::decode(&data), Reason::Unknown(data.to_vec().into()));
    }
}
