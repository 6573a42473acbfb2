//! Who calls what, how often, and on which tasks: the one place to say so for a function.
//!
//! A function that is not listed is called all the same, now and then, by anyone, on any task, with arguments after their names.

use super::Turn;
use crate::chain::Program;
use ogpu_rules::Status::{self, Assigned, Disputed, Open, Rejected, Submitted, Verified};

/// Who usually calls a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody.
    Anyone,
    /// Somebody who buys.
    Buyer,
    /// The client of the task.
    Client,
    /// Who judges the result of the task.
    Judge,
    /// The owner of the task's winner.
    Winner,
    /// The owner of the provider that is named.
    Provider,
    /// Whom the last judgement of the task went against.
    Loser,
    /// The client of the lease.
    Tenant,
    /// The owner of the lease's provider.
    Host,
    /// The verifier of the lease.
    Watcher,
    /// Somebody who has a balance in the escrow.
    Payee,
    /// Somebody whose stake is unbonding.
    Leaver,
    /// Somebody whom the vault owes compensation.
    Injured,
    /// Whose turn it is.
    Chosen,
    /// A verification node.
    Node,
    /// Somebody whom the optimistic verifier owes something.
    Owed,
    /// The owner of the contract.
    Owner,
    /// Its guardian, or its owner.
    Guardian,
    /// The contract that may call it: refused to everybody else.
    Contract,
}

/// Which task a call is usually about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Any that is not over.
    Live,
    /// One in one of these states.
    In(&'static [Status]),
    /// One in one of these states whose time is up: the clock is moved there, if it is not far.
    Due(&'static [Status]),
    /// An open one on which providers offer in this way: 0 openly, 1 sealed, 2 at a rising price.
    Bidding(u8),
    /// An open one with a sealed bid of the provider's, in the minutes for opening: the clock is moved there.
    Revealing,
    /// One on which the provider has a bid.
    Bidden,
    /// Any task; and stake that has matured: the clock is moved there, now and then.
    Matured,
    /// Any task; and a lease that runs (true), or has not been started (false).
    Lease(bool),
    /// Any task; and such a lease whose end has come: the clock is moved there, if it is not far.
    LeaseDue(bool),
    /// What comes next on the way to a verdict.
    Verdict(Turn),
}

/// How a function is called.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// How often, against others.
    pub weight: u32,
    /// By whom.
    pub who: Who,
    /// On which tasks.
    pub which: Which,
}

/// How functions are called that are not listed below.
const UNLISTED: Habit = Habit {
    weight: 8,
    who: Who::Anyone,
    which: Which::Live,
};

/// The states of tasks that have ended for a provider.
pub(super) const ENDED: &[Status] = &[Status::Finalized, Status::Failed, Status::Resolved];

/// How views are called.
const VIEW: Habit = Habit {
    weight: 1,
    ..UNLISTED
};

/// Whether a function takes several calls.
pub fn is_batch(name: &str) -> bool {
    matches!(name, "multicall" | "batch")
}

/// How a function of a contract is called; never if its weight is zero.
pub fn of(program: Program, name: &str, is_view: bool) -> Habit {
    let habit = match program {
        Program::OptimisticVerifier | Program::VerificationCommittee | Program::Watchdog => {
            of_verifier(program, name)
        }
        _ => None,
    };
    habit.unwrap_or_else(|| of_name(name, is_view))
}

/// How a function of a verifier, or of the watchdog, is called, if not as others of its name.
fn of_verifier(program: Program, name: &str) -> Option<Habit> {
    use Turn::{
        After, CommitSecret, CommitVote, Draw, During, OpenPlant, Plant, Propose, Report, Request,
        RevealSecret, RevealVote, Tally,
    };
    use Which::{Live, Matured, Verdict};
    use Who::{Anyone, Chosen, Leaver, Node, Owed, Owner};
    let optimistic = program == Program::OptimisticVerifier;
    let (weight, who, which) = match name {
        "propose" => (60, Anyone, Verdict(Propose)),
        "challenge" => (15, Anyone, Verdict(During(1))),
        "conclude" => (30, Anyone, Verdict(After(1))),
        "resolveChallenge" => (15, Owner, Verdict(During(2))),
        "releaseChallenge" => (15, Anyone, Verdict(After(2))),
        "withdraw" if optimistic => (10, Owed, Live),
        "withdraw" => (10, Leaver, Matured),
        "request" => (120, Anyone, Verdict(Request)),
        "commitSecret" => (250, Chosen, Verdict(CommitSecret)),
        "revealSecret" => (200, Chosen, Verdict(RevealSecret)),
        "reportWithheld" => (8, Anyone, Verdict(Report)),
        "draw" => (100, Anyone, Verdict(Draw)),
        "commitVote" => (200, Chosen, Verdict(CommitVote)),
        "revealVote" => (200, Chosen, Verdict(RevealVote)),
        "tally" => (80, Anyone, Verdict(Tally)),
        "batch" => (5, Node, Live),
        "join" => (12, Anyone, Live),
        "leave" => (2, Node, Live),
        "plant" => (10, Chosen, Verdict(Plant)),
        "openPlant" => (20, Anyone, Verdict(OpenPlant)),
        "removeNode" => (1, Owner, Live),
        "setParameter" | "setPlanter" | "setParameters" | "setTargets" | "setPauseDuration"
        | "watch" | "unwatch" => (2, Owner, Live),
        "poke" => (10, Anyone, Live),
        // ArbOS, which is not here, would answer these
        "keepAlive" | "keepAliveAll" | "timeLeftOf" => (0, Anyone, Live),
        _ => return None,
    };
    Some(Habit { weight, who, which })
}

/// How a function of this name is called.
fn of_name(name: &str, is_view: bool) -> Habit {
    use Which::{Bidden, Bidding, Due, In, Lease, LeaseDue, Live, Matured, Revealing};
    use Who::{
        Anyone, Buyer, Client, Contract, Guardian, Host, Injured, Judge, Leaver, Loser, Owner,
        Payee, Provider, Tenant, Watcher, Winner,
    };
    if is_view {
        return VIEW;
    }
    let (weight, who, which) = match name {
        // tasks
        "submitTask" => (70, Buyer, Live),
        "submitTaskWithTerms" => (50, Buyer, Live),
        "submitTaskFor" => (10, Buyer, Live),
        "reopenTask" => (8, Client, In(&[Open])),
        "hire" => (15, Buyer, Live),
        "publishPrice" => (8, Provider, Live),
        "placeBid" => (150, Provider, Bidding(0)),
        "placeListedBid" => (30, Provider, Bidding(0)),
        "commitBid" => (60, Provider, Bidding(1)),
        "revealBid" => (40, Provider, Revealing),
        "takeTask" => (20, Provider, Bidding(2)),
        "assignSignedBid" => (15, Client, In(&[Open])),
        "revokeSignedBids" => (2, Provider, Live),
        "withdrawBid" => (25, Provider, Bidden),
        "assignProvider" => (70, Client, In(&[Open])),
        "submitResult" => (70, Winner, In(&[Assigned])),
        "verifyCompletion" => (60, Judge, In(&[Submitted])),
        "finalizePayment" => (60, Anyone, Due(&[Submitted, Verified, Rejected, Disputed])),
        "cancelTask" => (8, Client, In(&[Open])),
        "expireTask" => (30, Anyone, Due(&[Open])),
        "recordOutcomes" => (20, Anyone, Live),
        "failTask" => (10, Anyone, Due(&[Assigned])),
        "submitEvidence" => (6, Winner, In(&[Disputed])),
        "resolveByDefault" => (10, Anyone, Due(&[Disputed])),
        "openDispute" => (20, Loser, In(&[Verified, Rejected])),
        "resolveDispute" => (12, Owner, In(&[Disputed])),
        // leases
        "rent" => (15, Buyer, Live),
        "startLease" => (40, Host, Lease(false)),
        "cancelLease" => (8, Anyone, LeaseDue(false)),
        "heartbeat" => (50, Host, Lease(true)),
        "settleLease" | "settleLeases" => (12, Anyone, Lease(true)),
        "topUpLease" | "shortenLease" => (10, Tenant, Lease(true)),
        "giveNotice" => (5, Tenant, Lease(true)),
        "reportLatency" => (5, Watcher, Lease(true)),
        "closeLease" => (15, Anyone, LeaseDue(true)),
        "multicall" => (20, Anyone, Live),
        // money and stake
        "deposit" | "stake" => (25, Anyone, Live),
        "depositFor" | "stakeFor" | "depositWithPermit" | "stakeWithPermit" => (8, Anyone, Live),
        "withdraw" => (25, Payee, Live),
        "withdrawTo" => (8, Payee, Live),
        "withdrawCompensation" => (8, Injured, Live),
        "collectFees" | "collectSlashes" => (5, Anyone, Live),
        "depositCollateral" => (20, Provider, Live),
        "withdrawCollateral" => (12, Provider, Live),
        "refreshProvider" => (6, Anyone, Live),
        "requestUnbond" => (15, Anyone, Live),
        "cancelUnbond" => (6, Leaver, Live),
        "withdrawUnbonded" => (10, Leaver, Matured),
        // reputation
        "giveFeedback" => (25, Client, In(ENDED)),
        "contest" => (25, Client, In(ENDED)),
        "resolveContest" => (8, Owner, In(ENDED)),
        "closeContest" => (4, Anyone, In(ENDED)),
        "setContestTerms" => (2, Owner, Live),
        // the token
        "transfer" | "transferFrom" | "approve" => (15, Anyone, Live),
        "delegate" | "delegateBySig" | "permit" => (10, Anyone, Live),
        "burn" => (3, Anyone, Live),
        // who has a say
        "setParameters" | "setSlashSplit" | "setUnbondingPeriod" | "setTreasury" => {
            (2, Owner, Live)
        }
        "setScore" | "slash" | "slashProvider" => (6, Owner, Live),
        "addVerifier" | "retireVerifier" => (1, Owner, Live),
        "setSiblings" | "setTaskManager" | "setExtension" | "upgradeToAndCall"
        | "transferOwnership" | "renounceOwnership" => (2, Owner, Live),
        "pause" | "setGuardian" => (2, Guardian, Live),
        "unpause" => (6, Owner, Live),
        "lock" | "unlock" | "settle" | "recordOutcome" | "initialize" => (2, Contract, Live),
        _ => return UNLISTED,
    };
    Habit { weight, who, which }
}

/// Calls of the owner after which a system can be another one. They happen in ways that leave it this one, or are tried and undone.
pub fn rewires(name: &str) -> bool {
    matches!(
        name,
        "setSiblings"
            | "setTaskManager"
            | "setExtension"
            | "upgradeToAndCall"
            | "transferOwnership"
            | "renounceOwnership"
    )
}
