//! From calldata to functions, and back.
//!
//! The SDK's router decodes the arguments of every function with code of its own: a quarter of this contract, which would then be too
//! large to deploy. Nearly all arguments here are single words, so this router reads words. What `#[public]` says stays the interface:
//! it makes the exported ABI, and a test holds the two routers against each other, call by call.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::key;
use ogpu_common::{Ownable, Pausable, Upgradeable, uups};
use stylus_sdk::{
    ArbResult,
    abi::{Bytes, Router, router_entrypoint},
    function_selector,
    host::VM,
    prelude::*,
    stylus_core::ValueDenier,
};

use crate::{
    TaskManager,
    abi::{Parameters, id, time},
    errors::Error,
    events::word,
};

/// Where execution starts.
#[entrypoint]
pub fn run(calldata: Vec<u8>, vm: VM) -> ArbResult {
    router_entrypoint::<Words, TaskManager>(calldata, vm)
}

/// The router of calls whose arguments are words.
pub struct Words;

/// `ALIAS = "abiName"(types);` makes a selector.
macro_rules! selectors {
    ($($alias:ident = $name:literal($($type:ty),*);)*) => {
        $(const $alias: u32 = u32::from_be_bytes(function_selector!($name $(, $type)*));)*
    };
}

selectors! {
    SET_SIBLINGS = "setSiblings"(Address, Address, Address);
    DEPOSIT_COLLATERAL = "depositCollateral"(U256, U256);
    WITHDRAW_COLLATERAL = "withdrawCollateral"(U256, U256);
    REFRESH_PROVIDER = "refreshProvider"(U256);
    SUBMIT_TASK = "submitTask"(alloc::string::String, U256, u64);
    SUBMIT_TASK_WITH_TERMS = "submitTaskWithTerms"(crate::abi::Terms);
    PLACE_BID = "placeBid"(U256, U256, U256);
    WITHDRAW_BID = "withdrawBid"(U256, U256);
    ASSIGN_PROVIDER = "assignProvider"(U256, U256);
    SUBMIT_RESULT = "submitResult"(U256, B256);
    VERIFY_COMPLETION = "verifyCompletion"(U256, B256);
    FINALIZE_PAYMENT = "finalizePayment"(U256);
    CANCEL_TASK = "cancelTask"(U256);
    EXPIRE_TASK = "expireTask"(U256);
    FAIL_TASK = "failTask"(U256);
    OPEN_DISPUTE = "openDispute"(U256);
    RESOLVE_DISPUTE = "resolveDispute"(U256, u16, U256);
    INITIALIZE = "initialize"(Address, Parameters);
    SET_PARAMETERS = "setParameters"(Parameters);
    TASK_OF = "taskOf"(U256);
    BID_OF = "bidOf"(U256, U256);
    CARD_OF = "cardOf"(U256);
    TASK_COUNT = "taskCount"();
    PARAMETERS = "parameters"(u16);
    CURRENT_VERSION = "currentVersion"();
    SIBLINGS = "siblings"();
    SEAL_OF = "sealOf"(U256, U256, B256);
    OWNER = "owner"();
    TRANSFER_OWNERSHIP = "transferOwnership"(Address);
    RENOUNCE_OWNERSHIP = "renounceOwnership"();
    GUARDIAN = "guardian"();
    SET_GUARDIAN = "setGuardian"(Address);
    PAUSE = "pause"(u64);
    UNPAUSE = "unpause"();
    PAUSED_UNTIL = "pausedUntil"();
    PROXIABLE_UUID = "proxiableUUID"();
    UPGRADE_TO_AND_CALL = "upgradeToAndCall"(Address, Bytes);
    UPGRADE_INTERFACE_VERSION = "UPGRADE_INTERFACE_VERSION"();
}

impl Router<TaskManager> for Words {
    type Storage = TaskManager;

    fn route(manager: &mut TaskManager, selector: u32, input: &[u8]) -> Option<ArbResult> {
        let words = words(selector)?;
        if selector != UPGRADE_TO_AND_CALL
            && let Err(data) = manager.deny_value("")
        {
            return Some(Err(data));
        }
        // what cannot be decoded reverts without data, as it does with the SDK's router
        let result = if input.len() < 32 * words {
            None
        } else {
            call(manager, selector, Args(input))
        };
        Some(result.map_or(Err(Vec::new()), |result| result.map_err(Vec::from)))
    }

    fn fallback(_: &mut TaskManager, _: &[u8]) -> Option<ArbResult> {
        None
    }

    fn receive(_: &mut TaskManager) -> Option<Result<(), Vec<u8>>> {
        None
    }

    fn constructor(_: &mut TaskManager, _: &[u8]) -> Option<ArbResult> {
        None
    }
}

/// How many words the arguments have at least; nothing for an unknown selector.
fn words(selector: u32) -> Option<usize> {
    Some(match selector {
        TASK_COUNT
        | CURRENT_VERSION
        | SIBLINGS
        | OWNER
        | RENOUNCE_OWNERSHIP
        | GUARDIAN
        | UNPAUSE
        | PAUSED_UNTIL
        | PROXIABLE_UUID
        | UPGRADE_INTERFACE_VERSION => 0,
        REFRESH_PROVIDER
        | FINALIZE_PAYMENT
        | CANCEL_TASK
        | EXPIRE_TASK
        | FAIL_TASK
        | OPEN_DISPUTE
        | TASK_OF
        | CARD_OF
        | PARAMETERS
        | SUBMIT_TASK_WITH_TERMS
        | TRANSFER_OWNERSHIP
        | SET_GUARDIAN
        | PAUSE => 1,
        DEPOSIT_COLLATERAL | WITHDRAW_COLLATERAL | WITHDRAW_BID | ASSIGN_PROVIDER
        | SUBMIT_RESULT | VERIFY_COMPLETION | BID_OF | UPGRADE_TO_AND_CALL => 2,
        SET_SIBLINGS | PLACE_BID | RESOLVE_DISPUTE | SEAL_OF | SUBMIT_TASK => 3,
        SET_PARAMETERS => Parameters::WORDS,
        INITIALIZE => 1 + Parameters::WORDS,
        _ => return None,
    })
}

/// Runs the function with a known selector and enough words; nothing if an argument does not fit its type.
fn call(
    manager: &mut TaskManager,
    selector: u32,
    args: Args<'_>,
) -> Option<Result<Vec<u8>, Error>> {
    let done = match selector {
        PLACE_BID => manager.place_bid(args.word(0), args.word(1), args.word(2)),
        ASSIGN_PROVIDER => manager.assign_provider(args.word(0), args.word(1)),
        SUBMIT_RESULT => manager.submit_result(args.word(0), args.word(1).into()),
        VERIFY_COMPLETION => manager.verify_completion(args.word(0), args.word(1).into()),
        FINALIZE_PAYMENT => manager.finalize_payment(args.word(0)),
        WITHDRAW_BID => manager.withdraw_bid(args.word(0), args.word(1)),
        DEPOSIT_COLLATERAL => manager.deposit_collateral(args.word(0), args.word(1)),
        WITHDRAW_COLLATERAL => manager.withdraw_collateral(args.word(0), args.word(1)),
        REFRESH_PROVIDER => manager.refresh_provider(args.word(0)),
        CANCEL_TASK => manager.cancel_task(args.word(0)),
        EXPIRE_TASK => manager.expire_task(args.word(0)),
        FAIL_TASK => manager.fail_task(args.word(0)),
        OPEN_DISPUTE => manager.open_dispute(args.word(0)),
        RESOLVE_DISPUTE => {
            manager.resolve_dispute(args.word(0), args.small(1, 16)? as u16, args.word(2))
        }
        SET_SIBLINGS => manager.set_siblings(args.address(0)?, args.address(1)?, args.address(2)?),
        INITIALIZE => manager.initialize(args.address(0)?, Parameters::from_words(&args, 1)?),
        _ => return shared(manager, selector, args),
    };
    Some(done.map(|()| Vec::new()))
}

/// Runs the function of [`Ownable`], [`Pausable`] or [`Upgradeable`] with a known selector that returns nothing.
fn shared(
    manager: &mut TaskManager,
    selector: u32,
    args: Args<'_>,
) -> Option<Result<Vec<u8>, Error>> {
    let done = match selector {
        TRANSFER_OWNERSHIP => manager.transfer_ownership(args.address(0)?),
        RENOUNCE_OWNERSHIP => manager.renounce_ownership(),
        SET_GUARDIAN => manager.set_guardian(args.address(0)?),
        PAUSE => manager.pause(args.small(0, 64)?),
        UNPAUSE => manager.unpause(),
        UPGRADE_TO_AND_CALL => {
            let (implementation, data) = (args.address(0)?, args.text(1)?);
            let call = Call::new_mutating(manager);
            uups::upgrade_to_and_call(manager.vm(), call, implementation, data)
        }
        _ => return answer(manager, selector, args),
    };
    Some(done.map(|()| Vec::new()).map_err(Error::from))
}

/// Runs the function with a known selector that returns something.
fn answer(
    manager: &mut TaskManager,
    selector: u32,
    args: Args<'_>,
) -> Option<Result<Vec<u8>, Error>> {
    let answer = match selector {
        SUBMIT_TASK => {
            let (metadata, duration) = (args.text(0)?, args.small(2, 64)?);
            manager.open(metadata, args.word(1), duration, None, None)
        }
        SUBMIT_TASK_WITH_TERMS => {
            let terms = Args(args.tail(0)?);
            if terms.0.len() < 32 * 7 {
                return None;
            }
            let rules = (
                terms.small(4, 16)? as u16,
                terms.word(5),
                terms.small(6, 16)? as u16,
            );
            let (metadata, duration, window) =
                (terms.text(0)?, terms.small(2, 64)?, terms.small(3, 64)?);
            manager.open_with(metadata, terms.word(1), duration, window, rules)
        }
        SET_PARAMETERS => manager
            .set_parameters(Parameters::from_words(&args, 0)?)
            .map(|version| id(version.into())),
        TASK_COUNT => Ok(manager.task_count()),
        CURRENT_VERSION => Ok(id(manager.current_version().into())),
        SEAL_OF => Ok(manager
            .seal_of(args.word(0), args.word(1), args.word(2).into())
            .into()),
        OWNER => Ok(word(manager.owner())),
        GUARDIAN => Ok(word(manager.guardian())),
        PAUSED_UNTIL => Ok(time(manager.paused_until())),
        PROXIABLE_UUID => manager
            .proxiable_uuid()
            .map(Into::into)
            .map_err(Error::from),
        _ => return list(manager, selector, args),
    };
    Some(answer.map(|word| encode(&[word])))
}

/// Runs the function with a known selector that returns several words.
fn list(
    manager: &mut TaskManager,
    selector: u32,
    args: Args<'_>,
) -> Option<Result<Vec<u8>, Error>> {
    Some(match selector {
        TASK_OF => manager.task_of(args.word(0)).map(|task| {
            encode(&[
                word(task.client),
                task.budget,
                id(task.status.into()),
                id(task.version.into()),
                time(task.duration),
                time(task.deadline),
                task.price,
                task.providerId,
                task.runnerUpId,
                id(task.minTrust.into()),
                task.minCollateral,
                id(task.trustWeight.into()),
            ])
        }),
        BID_OF => manager
            .bid_of(args.word(0), args.word(1))
            .map(|bid| encode(&[bid.price, bid.resultSeal.into()])),
        CARD_OF => {
            let (owner, trust, collateral) = manager.card_of(args.word(0));
            Ok(encode(&[word(owner), trust, collateral]))
        }
        PARAMETERS => Ok(encode(
            &manager.parameters(args.small(0, 16)? as u16).to_words(),
        )),
        SIBLINGS => {
            let (escrow, vault, registry) = manager.siblings();
            Ok(encode(&[escrow, vault, registry].map(word)))
        }
        UPGRADE_INTERFACE_VERSION => {
            let version = manager.upgrade_interface_version();
            let mut bytes = encode(&[id(32), id(version.len() as u32)]);
            bytes.extend_from_slice(version.as_bytes());
            bytes.resize(32 * 3, 0);
            Ok(bytes)
        }
        _ => return None,
    })
}

#[inline(never)]
fn encode(words: &[U256]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32 * words.len());
    for word in words {
        bytes.extend_from_slice(key::word(word).as_slice());
    }
    bytes
}

/// Arguments: the calldata after the selector, or the encoding of a struct.
pub(crate) struct Args<'a>(pub(crate) &'a [u8]);

impl<'a> Args<'a> {
    /// The word at this place; zero behind the end, which no caller asks for.
    #[inline(never)]
    pub(crate) fn word(&self, place: usize) -> U256 {
        let bytes = self.0.get(32 * place..32 * place + 32).unwrap_or(&[0; 32]);
        U256::from_be_slice(bytes)
    }

    /// The word at this place as a number of so many bits, at most 64.
    #[inline(never)]
    pub(crate) fn small(&self, place: usize, bits: u32) -> Option<u64> {
        let [low, a, b, c] = self.word(place).into_limbs();
        if a | b | c != 0 || (bits < 64 && low >> bits != 0) {
            None
        } else {
            Some(low)
        }
    }

    /// The word at this place as a number of 96 bits.
    pub(crate) fn amount(&self, place: usize) -> Option<u128> {
        ogpu_common::amount::checked(self.word(place)).ok()
    }

    /// The word at this place as an address.
    #[inline(never)]
    pub(crate) fn address(&self, place: usize) -> Option<Address> {
        let word = B256::from(self.word(place));
        if word[..12] == [0; 12] {
            Some(Address::from_word(word))
        } else {
            None
        }
    }

    /// What stands where the word at this place points to.
    fn tail(&self, place: usize) -> Option<&'a [u8]> {
        let offset = usize::try_from(self.small(place, 31)?).ok()?;
        self.0.get(offset..)
    }

    /// The text or the bytes to which the word at this place points. As in Solidity, nobody checks that a text is UTF-8.
    #[inline(never)]
    fn text(&self, place: usize) -> Option<&'a [u8]> {
        let tail = self.tail(place)?;
        let length = usize::try_from(Args(tail.get(..32)?).small(0, 31)?).ok()?;
        tail.get(32..)?.get(..length)
    }
}
