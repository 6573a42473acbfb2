//! What can be wrong on purpose: whoever checks a world must find each of these.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, sol};
use ogpu_common::EnforcedPause;

use super::{Answer, Program, with};

sol! {
    function assignProvider(uint256 taskId, uint256 providerId);
    function collectFees() returns (uint256);
    function expireTask(uint256 taskId);
    function failTask(uint256 taskId);
    function finalizePayment(uint256 taskId);
    function owner() view returns (address);
    function pausedUntil() view returns (uint64);
    function placeBid(uint256 taskId, uint256 providerId, uint256 price);
    function setScore(uint256 providerId, uint256 score);
    function settle(uint256 taskId, address payer, uint256 amount, address provider, uint256 payment, uint256 fee);
    function slash(address account, uint256 amount, address injured) returns (uint256);
    function taskCount() view returns (uint256);
    function transfer(address to, uint256 value) returns (bool);
    function withdraw(uint256 amount);
    function withdrawBid(uint256 taskId, uint256 providerId);
    function withdrawUnbonded();
}

/// `withdraw()` of the committee.
mod payouts {
    alloy_sol_types::sol! {
        function withdraw();
    }
}
use payouts::withdrawCall as withdrawNodeCall;

/// A week, in seconds.
const WEEK: u64 = 7 * 24 * 60 * 60;

/// Something that is wrong with a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The escrow pays a withdrawal and leaves the balance as it was.
    WithdrawalForgotten,
    /// The escrow settles every task twice, as far as the payer has that much locked.
    SettledTwice,
    /// The escrow sends the fees and still has them on its books.
    FeesKept,
    /// A paid task stays as it was, to be paid again.
    PaidTaskStaysOpen,
    /// A pause stops the steps that anyone may take once a time has passed.
    PauseStopsExits,
    /// Work that was not delivered cannot be ended.
    EndlessWork,
    /// A provider that takes its bid back does not get its bond back.
    BondKept,
    /// Assigning a provider holds no collateral.
    CollateralNotHeld,
    /// Anyone sets scores.
    ScoresByAnyone,
    /// The vault lets stake out a week before it has matured.
    EarlyUnbonding,
    /// The vault says it has slashed, and has not.
    SlashForgotten,
    /// Votes do not move with the tokens.
    VotesStay,
    /// A refused bid does not say why.
    SilentRefusal,
    /// A call that fails inside of another leaves its writes behind.
    LeakyRevert,
    /// A bid looks at every task there is.
    CostGrows,
    /// The committee pays a node out, and owes it still.
    NodeForgotten,
}

/// Runs a program, with the fault of this chain if it has one.
pub(super) fn run(program: Program, data: &[u8]) -> Answer {
    let Some(fault) = with(|chain| chain.fault) else {
        return program.run(data);
    };
    let selector: [u8; 4] = data.first_chunk().copied().unwrap_or_default();
    let plain = || program.run(data);
    match (fault, program, selector) {
        (Fault::WithdrawalForgotten, Program::PaymentEscrow, withdrawCall::SELECTOR)
        | (Fault::FeesKept, Program::PaymentEscrow, collectFeesCall::SELECTOR)
        | (Fault::PaidTaskStaysOpen, Program::TaskManager, finalizePaymentCall::SELECTOR)
        | (Fault::CollateralNotHeld, Program::TaskManager, assignProviderCall::SELECTOR)
        | (Fault::SlashForgotten, Program::StakingVault, slashCall::SELECTOR) => {
            forgetting(0, plain)
        }
        (Fault::NodeForgotten, Program::CommitteeNodes, withdrawNodeCall::SELECTOR) => {
            forgetting(0, plain)
        }
        (Fault::ScoresByAnyone, Program::ReputationRegistry, setScoreCall::SELECTOR) => {
            let owner = Address::from_slice(&program.run(&ownerCall::SELECTOR)?[12..]);
            with(|chain| chain.frame().sender = owner);
            plain()
        }
        (Fault::BondKept, _, withdrawBidCall::SELECTOR) => forgetting(1, plain),
        (Fault::VotesStay, Program::OgpuToken, transferCall::SELECTOR) => forgetting(2, plain),
        (Fault::SettledTwice, Program::PaymentEscrow, settleCall::SELECTOR) => {
            let answer = plain()?;
            let _ = plain(); // refused before it writes, if the payer has nothing else locked
            Ok(answer)
        }
        (Fault::EndlessWork, Program::TaskManager, failTaskCall::SELECTOR) => {
            Err(market::errors::TooEarly::SELECTOR.to_vec())
        }
        (
            Fault::PauseStopsExits,
            _,
            failTaskCall::SELECTOR | expireTaskCall::SELECTOR | finalizePaymentCall::SELECTOR,
        ) => {
            let until = U256::from_be_slice(&Program::MarketAdmin.run(&pausedUntilCall::SELECTOR)?);
            if with(|chain| until > U256::from(chain.time)) {
                Err(EnforcedPause::SELECTOR.to_vec())
            } else {
                plain()
            }
        }
        (Fault::EarlyUnbonding, Program::StakingVault, withdrawUnbondedCall::SELECTOR) => {
            with(|chain| chain.frame().ahead = WEEK);
            plain()
        }
        (Fault::SilentRefusal, Program::TaskManager, placeBidCall::SELECTOR) => {
            plain().map_err(|_| Vec::new())
        }
        (Fault::CostGrows, Program::TaskManager, placeBidCall::SELECTOR) => {
            let tasks = U256::from_be_slice(&Program::MarketAdmin.run(&taskCountCall::SELECTOR)?);
            with(|chain| chain.accesses += 8 * tasks.saturating_to::<u32>());
            plain()
        }
        _ => plain(),
    }
}

/// Puts back what the `index`th write of a successful call overwrote.
fn forgetting(index: usize, call: impl FnOnce() -> Answer) -> Answer {
    let (checkpoint, account) = with(|chain| (chain.storage.checkpoint(), chain.frame().account));
    let answer = call()?;
    with(|chain| chain.storage.forget(checkpoint, account, index));
    Ok(answer)
}
