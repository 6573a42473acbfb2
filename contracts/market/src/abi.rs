//! The structs of the interface.

use alloy_primitives::{U256, aliases::U96};
use alloy_sol_types::sol;
use ogpu_common::amount::widen;
use ogpu_rules::{ColdParams, HotParams, Params, RuleError};
use stylus_sdk::prelude::AbiType;

sol! {
    /// What a client asks for beyond the plain way; zero stands for "as usual" where it is said.
    #[derive(Debug, PartialEq, AbiType)]
    struct Terms {
        /// Seconds for bids, at most 30 days.
        uint64 biddingWindow;
        /// The least score of a bidder, 0 to 10,000.
        uint16 minTrust;
        /// The least collateral of the winner, in wei of oGPU.
        uint256 minCollateral;
        /// What trust weighs against the price, 0 to 8,000.
        uint16 trustWeight;
        /// Who judges the result: a number of the list of verifiers, or 0 for the client.
        uint8 verifier;
        /// What the verifier gets out of the budget for its verdict, in wei of oGPU; 0 without a verifier.
        uint256 verifierFee;
        /// Tells the verifier what to verify; what it means is the verifier's.
        bytes32 verifierData;
        /// The root of a Merkle tree of the ids of providers that may bid, or 0 for all.
        bytes32 allowList;
        /// How providers offer: 0 open bids, 1 sealed bids, 2 a price that rises until one takes it.
        uint8 bidding;
        /// The first price of a rising one, in wei of oGPU.
        uint256 startPrice;
        /// The last minutes of the bidding, in which sealed bids are opened.
        uint16 revealMinutes;
    }

    /// A bid that a provider's owner signs (EIP-712, or EIP-1271 for a contract) and the client hands in with the assignment.
    #[derive(Debug, PartialEq, AbiType)]
    struct SignedBid {
        /// The task.
        uint256 taskId;
        /// The provider.
        uint256 providerId;
        /// What the provider asks, in wei of oGPU.
        uint256 price;
        /// Until when it can be handed in (seconds since 1970).
        uint64 expiry;
        /// The provider's present `bidNonceOf`; raising that takes all its signed bids back.
        uint256 nonce;
    }

    /// What a verifier needs to know of a task.
    #[derive(Debug, PartialEq, AbiType)]
    struct Verification {
        /// Who judges; zero for the client.
        address verifier;
        /// As in `TaskView`.
        uint8 status;
        /// Who made the task.
        address client;
        /// Who did it.
        uint256 providerId;
        /// The provider's owner.
        address provider;
        /// The agreed price.
        uint256 price;
        /// What the verifier gets for its verdict.
        uint256 fee;
        /// What the client told the verifier.
        bytes32 data;
        /// The seal of the result.
        bytes32 seal;
        /// From when on anyone can send the task to arbitration for want of a verdict (seconds since 1970).
        uint64 deadline;
    }

    /// The parameters of the market. Shares are basis points, amounts wei of oGPU, times seconds.
    #[derive(Debug, PartialEq, AbiType)]
    struct Parameters {
        /// The protocol's share of a payment, at most 2,000.
        uint16 feeBps;
        /// What trust weighs against the price where the client does not say, at most 8,000.
        uint16 trustWeight;
        /// Collateral of a task, as a share of its price.
        uint16 collateralBps;
        /// What a failure costs, as a share of the collateral.
        uint16 slashBps;
        /// What a provider leaves with a bid, below 2^80.
        uint96 bidBond;
        /// The stake a client needs in the vault, below 2^80.
        uint96 minClientStake;
        /// Time for bids where the client does not say, 1 to 30 days.
        uint32 biddingWindow;
        /// Time for the client to judge a result, at most 30 days.
        uint32 reviewWindow;
        /// Time to dispute a judgement, at most 30 days.
        uint32 challengeWindow;
        /// Time for the owner to arbitrate, at most 90 days.
        uint32 arbitrationWindow;
        /// Time after the bidding in which somebody can still be assigned, at most 30 days.
        uint32 assignmentGrace;
        /// The longest duration of a task, at most 365 days.
        uint32 maxDuration;
        /// A bid that takes the lead in the last so many seconds extends the bidding by as many, at most 3,600.
        uint16 lateBidWindow;
        /// What a side leaves with a dispute that it opens, and loses if it was wrong, below 2^80.
        uint96 disputeBond;
        /// The budget from which on the review and the challenge of a task take twice as long; zero: none.
        uint96 highValue;
    }

    /// There is a new set of parameters, for tasks made from now on.
    #[derive(Debug, PartialEq)]
    event ParametersSet(uint16 indexed version, Parameters parameters);

    /// A task as others see it.
    #[derive(Debug, PartialEq, AbiType)]
    struct TaskView {
        /// Who made it.
        address client;
        /// What was locked, in wei of oGPU.
        uint256 budget;
        /// 1 Open, 2 Assigned, 3 Submitted, 4 Verified, 5 Rejected, 6 Disputed, 7 Finalized, 8 Resolved, 9 Failed, 10 Cancelled, 11 Expired.
        uint8 status;
        /// The set of parameters it was made under.
        uint16 version;
        /// Seconds from assignment to delivery.
        uint64 duration;
        /// When the present state ends (seconds since 1970); for final states when it began.
        uint64 deadline;
        /// The agreed price; zero while Open.
        uint256 price;
        /// The best bidder while Open, then the winner; zero if there is none.
        uint256 providerId;
        /// The second best bidder while Open.
        uint256 runnerUpId;
        /// The least score of a bidder.
        uint16 minTrust;
        /// The least collateral of the winner.
        uint256 minCollateral;
        /// What trust weighs against the price.
        uint16 trustWeight;
        /// The budget was at or above the parameters' `highValue`: review and challenge take twice as long.
        bool highValue;
    }

    /// A bid as others see it.
    #[derive(Debug, PartialEq, AbiType)]
    struct BidView {
        /// What the provider asks, in wei of oGPU; zero if there is no bid.
        uint256 price;
        /// The seal of the result, once the winner has delivered.
        bytes32 resultSeal;
    }

    /// A lease as others see it.
    #[derive(Debug, PartialEq, AbiType)]
    struct LeaseView {
        /// Who rents and pays.
        address client;
        /// Whose machine it is.
        uint256 providerId;
        /// 1 Pending, 2 Active, 3 Ending, 4 Closed, 5 Cancelled.
        uint8 status;
        /// The set of parameters it was made under.
        uint16 version;
        /// The number of who watches the latency, or 0.
        uint8 verifier;
        /// The protocol's share of what is paid, in basis points.
        uint16 feeBps;
        /// Wei of oGPU a second.
        uint256 rate;
        /// Seconds that a settlement would pay now.
        uint64 due;
        /// Seconds locked beyond those.
        uint64 left;
        /// The last heartbeat (seconds since 1970), or 0.
        uint64 heartbeat;
        /// When it can be closed if nothing more happens, or, while pending, cancelled; 0 once it is over.
        uint64 endsAt;
        /// What is held of the provider's collateral, in wei of oGPU.
        uint256 collateral;
    }
}

impl Parameters {
    /// How many words the struct has.
    pub const WORDS: usize = 15;

    /// The struct as words.
    pub fn to_words(&self) -> [U256; Self::WORDS] {
        [
            id(self.feeBps.into()),
            id(self.trustWeight.into()),
            id(self.collateralBps.into()),
            id(self.slashBps.into()),
            widen(narrow(self.bidBond)),
            widen(narrow(self.minClientStake)),
            id(self.biddingWindow),
            id(self.reviewWindow),
            id(self.challengeWindow),
            id(self.arbitrationWindow),
            id(self.assignmentGrace),
            id(self.maxDuration),
            id(self.lateBidWindow.into()),
            widen(narrow(self.disputeBond)),
            widen(narrow(self.highValue)),
        ]
    }

    /// The parameters as the rules take them, in range.
    pub fn checked(&self) -> Result<Params, RuleError> {
        let hot = HotParams {
            bid_bond: narrow(self.bidBond),
            late_bid_window: self.lateBidWindow,
            fee_bps: self.feeBps,
            trust_weight: self.trustWeight,
            collateral_bps: self.collateralBps,
            slash_bps: self.slashBps,
            review_window: self.reviewWindow,
            challenge_window: self.challengeWindow,
            assignment_grace: self.assignmentGrace,
        };
        let cold = ColdParams {
            min_client_stake: narrow(self.minClientStake),
            dispute_bond: narrow(self.disputeBond),
            bidding_window: self.biddingWindow,
            arbitration_window: self.arbitrationWindow,
            max_duration: self.maxDuration,
        };
        let high_value = narrow(self.highValue);
        Params {
            hot,
            cold,
            high_value,
        }
        .checked()
    }

    /// The parameters as the interface shows them.
    pub fn of(params: Params) -> Self {
        let Params {
            hot,
            cold,
            high_value,
        } = params;
        Self {
            feeBps: hot.fee_bps,
            trustWeight: hot.trust_weight,
            collateralBps: hot.collateral_bps,
            slashBps: hot.slash_bps,
            bidBond: u96(hot.bid_bond),
            minClientStake: u96(cold.min_client_stake),
            biddingWindow: cold.bidding_window,
            reviewWindow: hot.review_window,
            challengeWindow: hot.challenge_window,
            arbitrationWindow: cold.arbitration_window,
            assignmentGrace: hot.assignment_grace,
            maxDuration: cold.max_duration,
            lateBidWindow: hot.late_bid_window,
            disputeBond: u96(cold.dispute_bond),
            highValue: u96(high_value),
        }
    }
}

/// A small number as the interface shows it.
pub fn id(number: u32) -> U256 {
    widen(number as u128)
}

fn narrow(amount: U96) -> u128 {
    let [low, high] = amount.into_limbs();
    (high as u128) << 64 | low as u128
}

fn u96(amount: u128) -> U96 {
    U96::from_limbs([amount as u64, (amount >> 64) as u64])
}
