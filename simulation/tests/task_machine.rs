//! Every state that a market with one task or two can come into, by every step of everybody at every time: found exhaustively.
//!
//! The steps are those of [`ogpu_rules::task`], the money is divided by [`ogpu_rules::settle`], and the words that they keep are part of
//! the state. Only time is small: windows of a few seconds, so that all orders of steps and seconds can be tried.

use std::hash::Hash;

use alloy_primitives::B256;
use ogpu_rules::{
    Entry, HotParams, MAX_TIME, Party, RuleError, Status, TaskState, Terms, Verdict, settle,
};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// The budget of every task.
const BUDGET: u128 = 1_000;
/// What each provider asks.
const PRICES: [u128; 2] = [800, 900];
/// What each provider has when the market opens.
const COLLATERAL: u128 = 400;
/// The owner has so many seconds to arbitrate.
const ARBITRATION: u32 = 1;
/// The most steps that anyone needs to end a task.
const MAX_STEPS: usize = 3;

const HOT: HotParams = HotParams {
    bid_bond: 10,
    late_bid_window: 1,
    fee_bps: 250,
    trust_weight: 0,
    collateral_bps: 1_000,
    slash_bps: 5_000,
    review_window: 1,
    challenge_window: 1,
    assignment_grace: 1,
};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A second passes.
    Wait,
    /// Somebody does something to a task.
    Act(usize, Act),
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Bid(usize),
    Withdraw(usize),
    Assign(Party, usize),
    Deliver,
    Accept,
    Reject,
    GiveUp,
    Dispute(Party),
    Resolve(u16, u128),
    Cancel,
    Expire,
    Fail,
    Finalize,
}

/// What holds in every state.
const MUST_HOLD: [&str; 4] = [
    "anyone can end a task by waiting",
    "what came in is there or was paid out",
    "a task pays out when it ends, and once",
    "no collateral is made or lost",
];

/// The steps that anyone can take, whoever is silent.
const ANYONE: [Act; 3] = [Act::Expire, Act::Fail, Act::Finalize];

/// A task, its bids and its money.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Task {
    /// [`TaskState`].
    state: B256,
    /// [`Entry`] of each provider.
    bids: [B256; 2],
    /// Whether each provider has left a bond.
    bonds: [bool; 2],
    /// What is held of the winner's collateral.
    held: u128,
    /// What of the budget is in the escrow.
    locked: u128,
    /// To providers, to the protocol, back to the client.
    paid: [u128; 3],
    /// How often it paid out.
    settlements: u8,
    /// Whether a verifier judges instead of the client.
    verified: bool,
}

/// The market.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Market {
    now: u64,
    tasks: Vec<Task>,
    flaw: Option<Flaw>,
    /// Free collateral of the providers.
    free: [u128; 2],
    /// What was slashed.
    slashed: u128,
}

/// What can be wrong with the rules on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Flaw {
    /// A dispute waits for the owner for ever.
    EndlessDispute,
    /// A task that is paid stays as it was.
    PaidStays,
    /// An arbiter can give the provider more than there is.
    OverpaidProvider,
    /// Who withdraws a bid does not get the bond back.
    BondKept,
}

/// The market with these tasks: with a verifier or without, and how long each takes at most.
struct Bounds {
    tasks: &'static [bool],
    duration: u32,
    last_second: u64,
    flaw: Option<Flaw>,
}

impl Task {
    fn new(duration: u32, verified: bool) -> Self {
        Self {
            state: TaskState::open(1, (false, false), duration, 0, 2).pack(),
            bids: [B256::ZERO; 2],
            bonds: [false; 2],
            held: 0,
            locked: BUDGET,
            paid: [0; 3],
            settlements: 0,
            verified,
        }
    }

    /// Who judges its result.
    fn judge(&self) -> Party {
        if self.verified {
            Party::Verifier
        } else {
            Party::Client
        }
    }

    fn state(&self) -> TaskState {
        TaskState::unpack(self.state)
    }
}

impl Market {
    /// The market after somebody did something, if that is possible.
    fn act(&self, index: usize, act: Act) -> Result<Self, RuleError> {
        let (mut market, now) = (self.clone(), self.now);
        let Self {
            tasks,
            free,
            slashed,
            ..
        } = &mut market;
        let task = &mut tasks[index];
        let state = task.state();
        let terms = HOT.default_terms();
        let next = match act {
            Act::Bid(provider) => {
                let entry = Entry::unpack(task.bids[provider]).bid(PRICES[provider], BUDGET)?;
                if !task.bonds[provider] {
                    free[provider] = debit(free[provider], HOT.bid_bond)?;
                    task.bonds[provider] = true;
                }
                task.bids[provider] = entry.pack();
                let rank = PRICES[1 - provider] as u64;
                state.bid(provider as u32 + 1, rank, now, HOT.late_bid_window)?
            }
            Act::Withdraw(provider) => {
                let next = state.withdraw(provider as u32 + 1)?;
                if !Entry::unpack(task.bids[provider]).stands() {
                    return Err(RuleError::NoBid);
                }
                task.bids[provider] = B256::ZERO;
                task.bonds[provider] = false;
                if self.flaw != Some(Flaw::BondKept) {
                    free[provider] += HOT.bid_bond;
                }
                next
            }
            Act::Assign(by, provider) => {
                state.check_assign(by, now, HOT.assignment_grace)?;
                let entry = Entry::unpack(task.bids[provider]);
                let leads = state.book().leader == provider as u32 + 1;
                if !entry.stands() || by == Party::Anyone && !leads {
                    return Err(RuleError::NoBid);
                }
                task.held = collateral(&terms, entry.price);
                free[provider] = debit(free[provider], task.held)?;
                state.assign(provider as u32 + 1, entry.price, now)?
            }
            Act::Deliver => state.deliver(Party::Provider, now)?,
            Act::Accept => state.accept(task.judge(), now)?,
            Act::Reject => state.reject(task.judge(), now, HOT.review_window)?,
            Act::GiveUp if task.verified => state.give_up(now)?,
            Act::GiveUp => return Err(RuleError::WrongStatus(state.status())),
            Act::Dispute(by) => state.dispute(by, now, HOT.challenge_window)?,
            Act::Resolve(provider_bps, slash) => {
                let verdict = Verdict::Split {
                    provider_bps,
                    slash: slash.min(task.held),
                };
                pay(task, free, slashed, verdict)?;
                if self.flaw == Some(Flaw::OverpaidProvider) {
                    task.paid[0] += 1;
                }
                state.resolve(now)?
            }
            Act::Cancel => {
                refund(task);
                state.cancel(Party::Client, now)?
            }
            Act::Expire => {
                refund(task);
                state.expire(now, HOT.assignment_grace)?
            }
            Act::Fail => {
                pay(task, free, slashed, Verdict::Failed)?;
                state.fail(now)?
            }
            Act::Finalize if state.status() == Status::Submitted && task.verified => {
                state.escalate(now, HOT.review_window)?
            }
            Act::Finalize
                if state.status() == Status::Disputed
                    && self.flaw == Some(Flaw::EndlessDispute) =>
            {
                return Err(RuleError::WrongStatus(Status::Disputed));
            }
            Act::Finalize => {
                let window = match state.status() {
                    Status::Disputed => ARBITRATION,
                    _ => state.window(&HOT),
                };
                let (next, verdict) = state.finalize(now, window)?;
                pay(task, free, slashed, verdict)?;
                match self.flaw {
                    Some(Flaw::PaidStays) => state,
                    _ => next,
                }
            }
        };
        task.state = next.pack();
        Ok(market)
    }

    /// Whether anyone can end a task when all others are silent, by waiting.
    fn can_be_ended(&self, index: usize) -> bool {
        let mut market = self.clone();
        for _ in 0..MAX_STEPS {
            if market.tasks[index].state().status().is_final() {
                return true;
            }
            market.now = (market.now + 10).min(MAX_TIME);
            let mut steps = ANYONE.into_iter();
            match steps.find_map(|act| market.act(index, act).ok()) {
                Some(next) => market = next,
                None => return false,
            }
        }
        market.tasks[index].state().status().is_final()
    }
}

fn debit(free: u128, amount: u128) -> Result<u128, RuleError> {
    let required = amount;
    free.checked_sub(amount)
        .ok_or(RuleError::CollateralTooLow { free, required })
}

fn collateral(terms: &Terms, price: u128) -> u128 {
    terms.collateral(price, HOT.collateral_bps)
}

fn refund(task: &mut Task) {
    task.paid[2] += task.locked;
    task.locked = 0;
    task.settlements += 1;
}

/// Divides the budget and the collateral, as the market does when a task with a winner ends.
fn pay(
    task: &mut Task,
    free: &mut [u128; 2],
    slashed: &mut u128,
    verdict: Verdict,
) -> Result<(), RuleError> {
    let state = task.state();
    let Some(winner) = (state.winner() as usize).checked_sub(1) else {
        return Err(RuleError::WrongStatus(state.status()));
    };
    let held = collateral(&HOT.default_terms(), state.price());
    let settled = settle::settle(verdict, state.price(), held, &HOT)?;
    let refund = settled.refund(BUDGET);
    task.paid[0] += settled.payment;
    task.paid[1] += settled.fee;
    task.paid[2] += refund;
    task.locked = task
        .locked
        .saturating_sub(settled.payment + settled.fee + refund);
    task.settlements += 1;
    task.held = 0;
    task.bonds[winner] = false;
    free[winner] += settled.released;
    *slashed += settled.slash;
    Ok(())
}

impl Model for Bounds {
    type State = Market;
    type Action = Step;

    fn init_states(&self) -> Vec<Market> {
        let tasks = self.tasks.iter();
        vec![Market {
            now: 0,
            flaw: self.flaw,
            tasks: tasks.map(|v| Task::new(self.duration, *v)).collect(),
            free: [COLLATERAL; 2],
            slashed: 0,
        }]
    }

    fn actions(&self, market: &Market, steps: &mut Vec<Step>) {
        if market.now < self.last_second {
            steps.push(Step::Wait);
        }
        for task in 0..market.tasks.len() {
            let mut acts = ANYONE.to_vec();
            for provider in 0..2 {
                acts.extend([Act::Bid(provider), Act::Withdraw(provider)]);
                acts.push(Act::Assign(Party::Client, provider));
                acts.push(Act::Assign(Party::Anyone, provider));
            }
            acts.extend([
                Act::Deliver,
                Act::Accept,
                Act::Reject,
                Act::GiveUp,
                Act::Cancel,
            ]);
            acts.extend([Party::Client, Party::Provider].map(Act::Dispute));
            for provider_bps in [0, 2_500, 5_000, 10_000] {
                acts.extend([0, 1_000].map(|slash| Act::Resolve(provider_bps, slash)));
            }
            steps.extend(acts.into_iter().map(|act| Step::Act(task, act)));
        }
    }

    fn next_state(&self, market: &Market, step: Step) -> Option<Market> {
        match step {
            Step::Wait => Some(Market {
                now: market.now + 1,
                ..market.clone()
            }),
            Step::Act(task, act) => market.act(task, act).ok(),
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn reached(market: &Market, status: Status) -> bool {
            market.tasks.iter().any(|t| t.state().status() == status)
        }
        vec![
            Property::always(MUST_HOLD[0], |_, market: &Market| {
                (0..market.tasks.len()).all(|task| market.can_be_ended(task))
            }),
            Property::always(MUST_HOLD[1], |_, market: &Market| {
                let mut tasks = market.tasks.iter();
                tasks.all(|task| task.locked + task.paid.iter().sum::<u128>() == BUDGET)
            }),
            Property::always(MUST_HOLD[2], |_, market: &Market| {
                market.tasks.iter().all(|task| {
                    let over = task.state().status().is_final();
                    task.settlements == u8::from(over) && (task.locked == 0) == over
                })
            }),
            Property::always(MUST_HOLD[3], |_, market: &Market| {
                let bonds = |task: &Task| task.bonds.iter().filter(|held| **held).count() as u128;
                let tasks = market.tasks.iter();
                let held: u128 = tasks.map(|t| t.held + bonds(t) * HOT.bid_bond).sum();
                market.free.iter().sum::<u128>() + held + market.slashed == 2 * COLLATERAL
            }),
            Property::sometimes("paid", |_, market| reached(market, Status::Finalized)),
            Property::sometimes("arbitrated", |_, market| reached(market, Status::Resolved)),
            Property::sometimes("failed", |_, market| reached(market, Status::Failed)),
            Property::sometimes("cancelled", |_, market| reached(market, Status::Cancelled)),
            Property::sometimes("expired", |_, market| reached(market, Status::Expired)),
        ]
    }
}

fn explore(bounds: Bounds) -> usize {
    let checker = bounds.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    println!(
        "{} states, {} different, {} steps deep",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    checker.unique_state_count()
}

#[test]
fn one_task_to_the_end_of_time() {
    for verified in [&[false], &[true]] {
        let states = explore(Bounds {
            tasks: verified,
            duration: 2,
            last_second: 14,
            flaw: None,
        });
        assert!(states > 1_000, "{states} states are not all there are");
    }
}

#[test]
fn two_tasks_at_once() {
    let states = explore(Bounds {
        tasks: &[false, true],
        duration: 1,
        last_second: 4,
        flaw: None,
    });
    assert!(states > 100_000, "{states} states are not all there are");
}

/// Each flaw is found, by the property that it breaks.
#[test]
fn flaws_are_found() {
    for (flaw, property) in [
        (Flaw::EndlessDispute, MUST_HOLD[0]),
        (Flaw::OverpaidProvider, MUST_HOLD[1]),
        (Flaw::PaidStays, MUST_HOLD[2]),
        (Flaw::BondKept, MUST_HOLD[3]),
    ] {
        let bounds = Bounds {
            tasks: &[false],
            duration: 2,
            last_second: 14,
            flaw: Some(flaw),
        };
        let checker = bounds
            .checker()
            .finish_when(HasDiscoveries::AnyFailures)
            .spawn_bfs()
            .join();
        let found = checker.discovery(property);
        let steps = found.expect("a way to it").into_actions();
        println!("{flaw:?} after {steps:?}");
    }
}
