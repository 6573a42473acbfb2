//! What happens to tasks, bids and collateral: enough to rebuild the state.

use alloy_primitives::{B256, U256};
use alloy_sol_types::sol;
use ogpu_common::words;
pub use ogpu_common::words::address as word;
use stylus_sdk::prelude::*;

use crate::Market;
pub use crate::abi::ParametersSet;

sol! {
    /// A task is open for bids. `metadataDigest` is the Keccak hash of `metadata`.
    #[derive(Debug, PartialEq)]
    event TaskSubmitted(
        uint256 indexed taskId,
        address indexed client,
        bytes32 indexed metadataDigest,
        uint256 budget,
        uint64 duration,
        uint64 biddingEnds,
        uint16 version,
        string metadata
    );
    /// The task has terms of its own.
    #[derive(Debug, PartialEq)]
    event TermsSet(
        uint256 indexed taskId,
        address indexed payer,
        uint16 minTrust,
        uint256 minCollateral,
        uint16 trustWeight,
        uint8 verifier,
        uint256 verifierFee,
        bytes32 verifierData,
        bytes32 allowList,
        uint8 bidding,
        uint256 startPrice,
        uint16 revealMinutes
    );
    /// The client opened a task anew, under another id and with other terms; the budget stays locked.
    #[derive(Debug, PartialEq)]
    event TaskReopened(uint256 indexed taskId, uint256 indexed newTaskId);
    /// A provider made a sealed bid; it holds the bond.
    #[derive(Debug, PartialEq)]
    event BidCommitted(uint256 indexed taskId, uint256 indexed providerId, bytes32 commitment);
    /// A provider can be hired at this price a second, for at most so many seconds; 0 ends that.
    #[derive(Debug, PartialEq)]
    event PricePublished(uint256 indexed providerId, uint256 pricePerSecond, uint64 maxDuration);
    /// A provider took all its signed bids with lower nonces back.
    #[derive(Debug, PartialEq)]
    event SignedBidsRevoked(uint256 indexed providerId, uint256 nonce);
    /// The verifier got its fee for a verdict.
    #[derive(Debug, PartialEq)]
    event VerifierPaid(uint256 indexed taskId, address indexed verifier, uint256 fee);
    /// Tasks can name this verifier.
    #[derive(Debug, PartialEq)]
    event VerifierAdded(uint8 indexed number, address indexed verifier);
    /// New tasks cannot name this verifier any more.
    #[derive(Debug, PartialEq)]
    event VerifierRetired(uint8 indexed number);
    /// A provider bid, or lowered its bid. Its first bid holds the bond.
    #[derive(Debug, PartialEq)]
    event BidPlaced(uint256 indexed taskId, uint256 indexed providerId, uint256 price);
    /// A late bid took the lead.
    #[derive(Debug, PartialEq)]
    event BiddingExtended(uint256 indexed taskId, uint64 biddingEnds);
    /// A provider took its bid, and the bond, back.
    #[derive(Debug, PartialEq)]
    event BidWithdrawn(uint256 indexed taskId, uint256 indexed providerId);
    /// The provider has until `deadline` to deliver; `collateral` is held.
    #[derive(Debug, PartialEq)]
    event ProviderAssigned(
        uint256 indexed taskId,
        uint256 indexed providerId,
        uint256 price,
        uint256 collateral,
        uint64 deadline
    );
    /// The provider delivered a sealed result.
    #[derive(Debug, PartialEq)]
    event ResultSubmitted(uint256 indexed taskId, uint256 indexed providerId, bytes32 resultSeal);
    /// The client accepted the result.
    #[derive(Debug, PartialEq)]
    event CompletionVerified(uint256 indexed taskId, uint256 indexed providerId, bytes32 resultHash);
    /// The client's hash does not match the seal.
    #[derive(Debug, PartialEq)]
    event ResultRejected(uint256 indexed taskId, uint256 indexed providerId, bytes32 resultHash);
    /// One side asks the owner to arbitrate.
    #[derive(Debug, PartialEq)]
    event DisputeOpened(uint256 indexed taskId, address indexed by);
    /// The side that opened a dispute left this with it.
    #[derive(Debug, PartialEq)]
    event DisputeBondHeld(uint256 indexed taskId, address indexed by, uint256 bond);
    /// A dispute ended and gave the bond back, or cost it.
    #[derive(Debug, PartialEq)]
    event DisputeBondSettled(uint256 indexed taskId, uint256 bond, bool lost);
    /// One side of a dispute shows something: the Keccak hash of what stands at `uri`.
    #[derive(Debug, PartialEq)]
    event EvidenceSubmitted(uint256 indexed taskId, address indexed by, bytes32 digest, string uri);
    /// A dispute ended, by arbitration or, in time, by the default split.
    #[derive(Debug, PartialEq)]
    event DisputeResolved(
        uint256 indexed taskId,
        uint256 indexed providerId,
        uint256 payment,
        uint256 fee,
        uint256 slashed
    );
    /// The provider is paid; the rest of the budget went back to the client.
    #[derive(Debug, PartialEq)]
    event PaymentFinalized(uint256 indexed taskId, uint256 indexed providerId, uint256 payment, uint256 fee);
    /// The client took the task back.
    #[derive(Debug, PartialEq)]
    event TaskCancelled(uint256 indexed taskId);
    /// Nobody was assigned in time.
    #[derive(Debug, PartialEq)]
    event TaskExpired(uint256 indexed taskId);
    /// The provider failed; the whole budget went back to the client.
    #[derive(Debug, PartialEq)]
    event TaskFailed(uint256 indexed taskId, uint256 indexed providerId, uint256 slashed);
    /// Stake became collateral.
    #[derive(Debug, PartialEq)]
    event CollateralDeposited(uint256 indexed providerId, address indexed owner, uint256 amount);
    /// Collateral became stake.
    #[derive(Debug, PartialEq)]
    event CollateralWithdrawn(uint256 indexed providerId, address indexed owner, uint256 amount);
    /// What the market knows of a provider.
    #[derive(Debug, PartialEq)]
    event ProviderRefreshed(uint256 indexed providerId, uint256 trust, uint256 collateral);
    /// The owner slashed a provider outside of a task; its free collateral is less by `amount`.
    #[derive(Debug, PartialEq)]
    event ProviderSlashed(uint256 indexed providerId, uint256 amount, address injured);
    /// Calls with these selectors, four bytes each, are delegated to this program.
    #[derive(Debug, PartialEq)]
    event ExtensionSet(address indexed extension, bytes selectors);
    /// The other contracts are these.
    #[derive(Debug, PartialEq)]
    event SiblingsSet(address indexed escrow, address indexed vault, address indexed registry);
    /// A machine is rented for `duration` seconds at `rate` wei each; `collateral` is held of the provider's. It has yet to start.
    #[derive(Debug, PartialEq)]
    event LeaseRented(
        uint256 indexed leaseId,
        address indexed client,
        uint256 indexed providerId,
        uint256 rate,
        uint64 duration,
        uint256 collateral,
        uint8 verifier,
        uint16 version,
        string metadata
    );
    /// The provider started the meter.
    #[derive(Debug, PartialEq)]
    event LeaseStarted(uint256 indexed leaseId);
    /// The lease was not started; everything went back.
    #[derive(Debug, PartialEq)]
    event LeaseCancelled(uint256 indexed leaseId);
    /// The provider says that the machine is there.
    #[derive(Debug, PartialEq)]
    event LeaseHeartbeat(uint256 indexed leaseId);
    /// The provider is paid for so many seconds.
    #[derive(Debug, PartialEq)]
    event LeaseSettled(uint256 indexed leaseId, uint64 duration, uint256 payment, uint256 fee);
    /// The client bought so many seconds more.
    #[derive(Debug, PartialEq)]
    event LeaseToppedUp(uint256 indexed leaseId, uint64 duration);
    /// The client took so many seconds back.
    #[derive(Debug, PartialEq)]
    event LeaseShortened(uint256 indexed leaseId, uint64 duration);
    /// The lease ends then at the latest.
    #[derive(Debug, PartialEq)]
    event NoticeGiven(uint256 indexed leaseId, address indexed by, uint64 endsAt);
    /// The verifier says whether the machine answers fast enough; if not, the lease has ended.
    #[derive(Debug, PartialEq)]
    event LatencyReported(uint256 indexed leaseId, address indexed verifier, bool acceptable);
    /// The last so many seconds are paid, the rest went back to the client, and what was not slashed of the collateral to the provider.
    #[derive(Debug, PartialEq)]
    event LeaseClosed(
        uint256 indexed leaseId,
        uint64 duration,
        uint256 payment,
        uint256 fee,
        uint256 slashed
    );
}

impl Market {
    /// Emits an event all of whose fields are words: the indexed ones, then the others, in their order.
    pub fn emit(&self, signature: &B256, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), signature, indexed, others, &[]);
    }
}
