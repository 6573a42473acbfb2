//! Why a call to the task manager fails.

use alloc::vec::Vec;

use alloy_primitives::U256;
use alloy_sol_types::{SolError, sol};
use ogpu_common::amount::widen;
use ogpu_common::key;
use ogpu_rules::{MAX_COLLATERAL, Party, RuleError};
use stylus_sdk::{prelude::*, stylus_core::calls::errors::Error as CallError};

use crate::{
    TaskManager,
    abi::{id, time},
    events::word,
};

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
    /// The field with this place in the struct or the arguments, counted from 0, is out of its range.
    #[derive(Debug, PartialEq)]
    error OutOfRange(uint8 field, uint256 value, uint256 minimum, uint256 maximum);
    /// The owner has to name the other contracts with `setSiblings` first.
    #[derive(Debug, PartialEq)]
    error SiblingsNotSet();
    /// There can be no more sets of parameters.
    #[derive(Debug, PartialEq)]
    error TooManyVersions();
}

/// Why a call to the task manager fails: one of the errors above, one of the shared code, or one of a sibling.
///
/// It holds the revert data, encoded where the error arises: three words, whatever it says, which keeps the program small.
#[derive(Debug, PartialEq)]
pub struct Error(Vec<u8>);

impl Error {
    /// An error all of whose fields are words, which are these. One function for all of them is a fraction of the code of an encoder
    /// for each.
    pub(crate) fn of<E: SolError>(fields: &[&U256]) -> Self {
        Self(encode(E::SELECTOR, fields))
    }
}

/// A selector and words: the data of an error, or of a call.
#[inline(never)]
pub(crate) fn encode(selector: [u8; 4], words: &[&U256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(4 + 32 * words.len());
    data.extend_from_slice(&selector);
    for word in words {
        data.extend_from_slice(key::word(word).as_slice());
    }
    data
}

impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<ogpu_common::Error> for Error {
    #[inline(never)]
    fn from(error: ogpu_common::Error) -> Self {
        Self(error.into())
    }
}

impl From<CallError> for Error {
    /// A sibling's revert data passes through unchanged.
    #[inline(never)]
    fn from(error: CallError) -> Self {
        Self(error.into())
    }
}

/// Lists errors in the exported interface.
#[cfg(feature = "export-abi")]
macro_rules! listed {
    ($($error:ident),* $(,)?) => {
        impl stylus_sdk::abi::export::internal::InnerTypes for Error {
            fn inner_types() -> Vec<stylus_sdk::abi::export::internal::InnerType> {
                use stylus_sdk::abi::export::internal::InnerType;

                let mut types = vec![$(InnerType {
                    name: alloc::format!("error {};", $error::SIGNATURE.replace(',', ", ")),
                    id: core::any::TypeId::of::<$error>(),
                }),*];
                types.extend(ogpu_common::Error::inner_types());
                types
            }
        }
    };
}

#[cfg(feature = "export-abi")]
listed! {
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
    SiblingsNotSet,
    TooManyVersions,
}

impl TaskManager {
    /// The error that tells the caller why the rules refuse a step on this task by this provider.
    #[inline(never)]
    pub(crate) fn refused(&self, task_id: &U256, provider_id: &U256, rule: RuleError) -> Error {
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
