//! Why a call to the task manager fails.

use alloy_primitives::U256;
use alloy_sol_types::sol;
use ogpu_common::amount::{time, widen};
use ogpu_rules::{MAX_COLLATERAL, Party, RuleError};
use stylus_sdk::prelude::*;

use crate::{Market, abi::id, events::word};

sol! {
    /// There is no task with this id.
    #[derive(Debug, PartialEq)]
    error UnknownTask(uint256 taskId);
    /// The registry has no provider with this id, or it has not deposited collateral here yet.
    #[derive(Debug, PartialEq)]
    error UnknownProvider(uint256 providerId);
    /// The step does not start from the state in which the task is.
    #[derive(Debug, PartialEq)]
    error WrongStatus(uint256 taskId, uint8 status);
    /// Only the task's client may do this.
    #[derive(Debug, PartialEq)]
    error NotClient(uint256 taskId, address caller);
    /// Only the provider's owner may do this.
    #[derive(Debug, PartialEq)]
    error NotProvider(uint256 providerId, address caller);
    /// Possible from this time on (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooEarly(uint256 taskId, uint64 from);
    /// Was possible until this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error TooLate(uint256 taskId, uint64 until);
    /// Bid at most the budget.
    #[derive(Debug, PartialEq)]
    error PriceAboveBudget(uint256 price, uint256 budget);
    /// A standing bid can be repeated or lowered; to ask for more, withdraw it first.
    #[derive(Debug, PartialEq)]
    error PriceRaised(uint256 price, uint256 standing);
    /// The client asks for more trust than the provider has.
    #[derive(Debug, PartialEq)]
    error TrustTooLow(uint256 trust, uint256 required);
    /// The provider has less free collateral than this needs: deposit more.
    #[derive(Debug, PartialEq)]
    error CollateralTooLow(uint256 free, uint256 required);
    /// A provider's free collateral has a maximum.
    #[derive(Debug, PartialEq)]
    error CollateralTooHigh(uint256 amount, uint256 maximum);
    /// The provider has no bid on the task.
    #[derive(Debug, PartialEq)]
    error NoBid(uint256 taskId, uint256 providerId);
    /// The winner's bond comes back when its task is settled.
    #[derive(Debug, PartialEq)]
    error BidWon(uint256 taskId, uint256 providerId);
    /// The best two bids are gone or no longer eligible: the client can choose another, or cancel.
    #[derive(Debug, PartialEq)]
    error NoEligibleBid(uint256 taskId);
    /// Only the client may choose another than the best fit.
    #[derive(Debug, PartialEq)]
    error NotBestFit(uint256 providerId, uint256 bestProviderId);
    /// The client's own provider may not bid.
    #[derive(Debug, PartialEq)]
    error SelfDealing(address account);
    /// Clients need a stake in the vault.
    #[derive(Debug, PartialEq)]
    error ClientStakeTooLow(uint256 stake, uint256 required);
    /// A slash takes at most the collateral of the task.
    #[derive(Debug, PartialEq)]
    error SlashAboveCollateral(uint256 slash, uint256 collateral);
    /// The argument with this place, counted from 0 with the fields of a struct in its place, is out of its range.
    #[derive(Debug, PartialEq)]
    error OutOfRange(uint8 field, uint256 value, uint256 minimum, uint256 maximum);
    /// Only the two sides of a dispute may do this.
    #[derive(Debug, PartialEq)]
    error NotParty(uint256 taskId, address caller);
    /// Only the task's verifier may do this.
    #[derive(Debug, PartialEq)]
    error NotVerifier(uint256 taskId, address caller, address verifier);
    /// There is no verifier with this number, or it takes no new tasks.
    #[derive(Debug, PartialEq)]
    error UnknownVerifier(uint8 verifier);
    /// There can be no more verifiers.
    #[derive(Debug, PartialEq)]
    error TooManyVerifiers();
    /// The task takes offers in another way: 0 open bids, 1 sealed bids, 2 a rising price.
    #[derive(Debug, PartialEq)]
    error OtherBidding(uint256 taskId, uint8 bidding);
    /// The client has not listed this provider, or the proof is for another list.
    #[derive(Debug, PartialEq)]
    error NotListed(uint256 taskId, uint256 providerId);
    /// The price and the salt are not those of the sealed bid.
    #[derive(Debug, PartialEq)]
    error WrongOpening(uint256 taskId, uint256 providerId);
    /// The provider's owner has not signed this.
    #[derive(Debug, PartialEq)]
    error InvalidSignature(address signer);
    /// A signed bid was good until this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error BidExpired(uint64 expiry);
    /// The provider has taken its signed bids back.
    #[derive(Debug, PartialEq)]
    error BidRevoked(uint256 providerId, uint256 nonce, uint256 current);
    /// The provider cannot be hired at a published price, or not for so long (seconds).
    #[derive(Debug, PartialEq)]
    error NotForHire(uint256 providerId, uint64 duration, uint64 maxDuration);
    /// The owner has to name the other contracts with `setSiblings` first.
    #[derive(Debug, PartialEq)]
    error SiblingsNotSet();
    /// The owner has to give the market a set of parameters with `setParameters` first.
    #[derive(Debug, PartialEq)]
    error ParametersNotSet();
    /// There is no program at this address.
    #[derive(Debug, PartialEq)]
    error InvalidExtension(address extension);
    /// There is no function with this selector.
    #[derive(Debug, PartialEq)]
    error UnknownSelector(bytes4 selector);
    /// There can be no more sets of parameters.
    #[derive(Debug, PartialEq)]
    error TooManyVersions();
    /// There is no lease with this id.
    #[derive(Debug, PartialEq)]
    error UnknownLease(uint256 leaseId);
    /// The step does not start from the state in which the lease is.
    #[derive(Debug, PartialEq)]
    error WrongLeaseStatus(uint256 leaseId, uint8 status);
    /// Only the lease's client tops it up and shortens it, only its sides give notice, only its verifier reports.
    #[derive(Debug, PartialEq)]
    error NotLeaseParty(uint256 leaseId, address caller);
    /// Possible from this time on (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error LeaseTooEarly(uint256 leaseId, uint64 from);
    /// Was possible until this time (seconds since 1970).
    #[derive(Debug, PartialEq)]
    error LeaseTooLate(uint256 leaseId, uint64 until);
    /// The provider has published a higher price a second.
    #[derive(Debug, PartialEq)]
    error RateAboveMaximum(uint256 rate, uint256 maximum);
}

ogpu_common::encoded_errors! {
    /// Why a call to the task manager fails: one of the errors above, one of the shared code, or one of a sibling.
    pub struct Error {
        UnknownTask,
        UnknownProvider,
        WrongStatus,
        NotClient,
        NotProvider,
        TooEarly,
        TooLate,
        PriceAboveBudget,
        PriceRaised,
        TrustTooLow,
        CollateralTooLow,
        CollateralTooHigh,
        NoBid,
        BidWon,
        NoEligibleBid,
        NotBestFit,
        SelfDealing,
        ClientStakeTooLow,
        SlashAboveCollateral,
        OutOfRange,
        NotParty,
        NotVerifier,
        UnknownVerifier,
        TooManyVerifiers,
        OtherBidding,
        NotListed,
        WrongOpening,
        InvalidSignature,
        BidExpired,
        BidRevoked,
        NotForHire,
        SiblingsNotSet,
        ParametersNotSet,
        InvalidExtension,
        UnknownSelector,
        TooManyVersions,
        UnknownLease,
        WrongLeaseStatus,
        NotLeaseParty,
        LeaseTooEarly,
        LeaseTooLate,
        RateAboveMaximum,
    }
}

impl Market {
    /// The error that tells the caller why the rules refuse a step on this task by this provider.
    #[inline(never)]
    pub fn refused(&self, task_id: &U256, provider_id: &U256, rule: RuleError) -> Error {
        let caller = word(self.vm().msg_sender());
        match rule {
            RuleError::WrongStatus(status) => {
                Error::of::<WrongStatus>(&[task_id, &id(status as u32)])
            }
            RuleError::NotAllowed {
                needed: Party::Provider,
            } => Error::of::<NotProvider>(&[provider_id, &caller]),
            RuleError::NotAllowed { .. } => Error::of::<NotClient>(&[task_id, &caller]),
            RuleError::TooEarly { from } => Error::of::<TooEarly>(&[task_id, &time(from)]),
            RuleError::TooLate { until } => Error::of::<TooLate>(&[task_id, &time(until)]),
            RuleError::Zero => Error::of::<ogpu_common::ZeroAmount>(&[]),
            RuleError::PriceAboveBudget { price, budget } => {
                Error::of::<PriceAboveBudget>(&[&widen(price), &widen(budget)])
            }
            RuleError::PriceRaised { price, standing } => {
                Error::of::<PriceRaised>(&[&widen(price), &widen(standing)])
            }
            RuleError::TrustTooLow { trust, required } => {
                Error::of::<TrustTooLow>(&[&id(trust.into()), &id(required.into())])
            }
            RuleError::CollateralTooLow { free, required } => {
                Error::of::<CollateralTooLow>(&[&widen(free), &widen(required)])
            }
            RuleError::CollateralTooHigh { amount } => {
                Error::of::<CollateralTooHigh>(&[&widen(amount), &widen(MAX_COLLATERAL)])
            }
            RuleError::NoBid => Error::of::<NoBid>(&[task_id, provider_id]),
            RuleError::BidWon => Error::of::<BidWon>(&[task_id, provider_id]),
            RuleError::SelfDealing => Error::of::<SelfDealing>(&[&caller]),
            RuleError::SlashAboveCollateral { slash, collateral } => {
                Error::of::<SlashAboveCollateral>(&[&widen(slash), &widen(collateral)])
            }
            RuleError::OutOfRange {
                value,
                min,
                max,
                field,
            } => Error::of::<OutOfRange>(&[
                &id(field.into()),
                &widen(value),
                &widen(min),
                &widen(max),
            ]),
        }
    }
}
