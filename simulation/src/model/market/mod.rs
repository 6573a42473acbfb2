//! The tasks and the cards, as the market's events tell.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use market::{abi::Parameters, events::*};
use ogpu_rules::Status;
use rustc_hash::{FxHashMap, FxHashSet};

mod end;
mod leases;
mod verify;

pub use leases::Lease;

use super::{Escrow, Registry, Vault, Violation};
use crate::chain::Log;

/// A task.
#[derive(Clone, Debug)]
pub struct Task {
    /// Who made it.
    pub client: Address,
    /// Who pays.
    pub payer: Address,
    /// What has not been paid out of its budget, in wei.
    pub budget: u128,
    /// Where it is in its life.
    pub status: Status,
    /// Its set of parameters.
    pub version: u16,
    /// While Open the end of the bidding, while Assigned the end of the work, then when the state began.
    pub deadline: u64,
    /// Seconds for the work.
    pub duration: u64,
    /// The agreed price.
    pub price: u128,
    /// The winner; 0 if there is none.
    pub provider: u32,
    /// What is held of the winner's collateral, beside the bond.
    pub held: u128,
    /// What the client left with its dispute.
    pub client_bond: u128,
    /// What the provider left with its dispute.
    pub provider_bond: u128,
    /// What an arbiter gave the provider, with the fee.
    awarded: u128,
    /// Who judges, if not the client: a number of the list of verifiers.
    pub verifier: u8,
    /// What it gets for that.
    pub verifier_fee: u128,
    /// How providers offer: 0 open, 1 sealed, 2 a rising price.
    pub bidding: u8,
    /// The last minutes of the bidding, in which sealed bids are opened.
    pub reveal_minutes: u16,
    /// Review and challenge take twice as long.
    pub high_value: bool,
}

/// What the market holds of a provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Card {
    /// Neither a bid nor a task holds it.
    pub free: u128,
    /// Tasks hold it.
    pub held: u128,
    /// Bids hold it, and bids that won.
    pub bonds: u128,
}

/// A bid that holds a bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Bid {
    task: u64,
    provider: u32,
    /// Nobody can read it yet.
    sealed: bool,
}

/// The market's books.
#[derive(Clone, Debug, Default)]
pub struct Market {
    tasks: Vec<Task>,
    cards: FxHashMap<u32, Card>,
    bids: FxHashSet<Bid>,
    parameters: Vec<Parameters>,
    verifiers: Vec<Address>,
    /// Tasks that are not over.
    live: Vec<u64>,
    leases: Vec<Lease>,
    /// Leases that are not over.
    live_leases: Vec<u64>,
    /// What the vault has to slash in the present transaction: for which task, of which provider, how much.
    due_slashes: Vec<(u64, u32, u128)>,
    touched_tasks: Vec<u64>,
    touched_leases: Vec<u64>,
    touched_cards: Vec<u32>,
}

/// The other books, with which the market's must agree.
pub struct Others<'a> {
    /// The escrow's.
    pub escrow: &'a mut Escrow,
    /// The vault's.
    pub vault: &'a mut Vault,
    /// The registry's.
    pub registry: &'a mut Registry,
    /// The market's owner.
    pub owner: Address,
}

impl Others<'_> {
    /// The same, for a while.
    fn again(&mut self) -> Others<'_> {
        Others {
            escrow: self.escrow,
            vault: self.vault,
            registry: self.registry,
            owner: self.owner,
        }
    }
}

impl Market {
    /// How many tasks there have been.
    pub fn count(&self) -> u64 {
        self.tasks.len() as u64
    }

    /// A task.
    pub fn task(&self, id: u64) -> Option<&Task> {
        self.tasks.get((id as usize).checked_sub(1)?)
    }

    /// The tasks that are not over.
    pub fn live(&self) -> &[u64] {
        &self.live
    }

    /// What is held of a provider.
    pub fn card(&self, provider: u32) -> Card {
        self.cards.get(&provider).copied().unwrap_or_default()
    }

    /// The providers that have ever had collateral here.
    pub fn providers(&self) -> impl Iterator<Item = u32> + '_ {
        self.cards.keys().copied()
    }

    /// Whether a provider has a bid on a task that everybody can read, or a sealed one.
    pub fn has_bid(&self, task: u64, provider: u32, sealed: bool) -> bool {
        self.bids.contains(&Bid {
            task,
            provider,
            sealed,
        })
    }

    /// The parameters of a task.
    pub fn parameters(&self, task: &Task) -> &Parameters {
        &self.parameters[task.version as usize - 1]
    }

    /// The verifier with a number.
    pub fn verifier(&self, number: u8) -> Address {
        let index = (number as usize).wrapping_sub(1);
        self.verifiers.get(index).copied().unwrap_or_default()
    }

    /// How many verifiers there are.
    pub fn verifiers(&self) -> u8 {
        self.verifiers.len() as u8
    }

    /// From when on anyone can take the next step of a task that is not over.
    pub fn exit_time(&self, task: &Task) -> u64 {
        let parameters = self.parameters(task);
        let window = match task.status {
            Status::Open => parameters.assignmentGrace,
            Status::Submitted => parameters.reviewWindow,
            Status::Verified | Status::Rejected => parameters.challengeWindow,
            Status::Disputed => parameters.arbitrationWindow,
            _ => 0,
        };
        let longer = task.high_value
            && matches!(
                task.status,
                Status::Submitted | Status::Verified | Status::Rejected
            );
        task.deadline + u64::from(window) * if longer { 2 } else { 1 }
    }

    /// Enters an event of the market.
    pub fn observe(
        &mut self,
        log: Log<'_>,
        now: u64,
        mut others: Others<'_>,
    ) -> Result<(), Violation> {
        self.observe_beginning(log, others.escrow)?;
        self.observe_bid(log, others.registry)?;
        self.observe_work(log, now)?;
        self.observe_end(log, now, others.again())?;
        self.observe_lease(log, now, others)?;
        self.observe_rest(log)
    }

    /// How tasks begin.
    fn observe_beginning(&mut self, log: Log<'_>, escrow: &mut Escrow) -> Result<(), Violation> {
        match log.signature() {
            TaskSubmitted::SIGNATURE_HASH => {
                let event = log.read::<TaskSubmitted>()?;
                let id = self.count() + 1;
                equal(id, "id", event.taskId.saturating_to(), id.into())?;
                self.tasks.push(Task {
                    client: event.client,
                    payer: event.client,
                    budget: number(event.budget),
                    status: Status::Open,
                    version: event.version,
                    deadline: event.biddingEnds,
                    duration: event.duration,
                    price: 0,
                    provider: 0,
                    held: 0,
                    client_bond: 0,
                    provider_bond: 0,
                    awarded: 0,
                    verifier: 0,
                    verifier_fee: 0,
                    bidding: 0,
                    reveal_minutes: 0,
                    high_value: false,
                });
                let task = self.tasks.last().expect("the task that was just made");
                let threshold: u128 = self.parameters(task).highValue.to();
                let high_value = threshold != 0 && task.budget >= threshold;
                if let Some(task) = self.tasks.last_mut() {
                    task.high_value = high_value;
                }
                self.live.push(id);
                self.touched_tasks.push(id);
            }
            TermsSet::SIGNATURE_HASH => {
                let event = log.read::<TermsSet>()?;
                let task = self.touch(event.taskId, "terms")?;
                task.payer = event.payer;
                (task.verifier, task.verifier_fee) = (event.verifier, number(event.verifierFee));
                (task.bidding, task.reveal_minutes) = (event.bidding, event.revealMinutes);
            }
            TaskReopened::SIGNATURE_HASH => {
                let event = log.read::<TaskReopened>()?;
                let (old, new) = (
                    event.taskId.saturating_to(),
                    event.newTaskId.saturating_to(),
                );
                let payer = self.task(new).map_or(Address::ZERO, |task| task.payer);
                escrow.reopened(old, new, payer);
            }
            _ => {}
        }
        Ok(())
    }

    /// How providers offer, and win.
    fn observe_bid(&mut self, log: Log<'_>, registry: &Registry) -> Result<(), Violation> {
        match log.signature() {
            BidPlaced::SIGNATURE_HASH => {
                let event = log.read::<BidPlaced>()?;
                let bid = self.bid(log, event.taskId, event.providerId, registry)?;
                let task = self.touch(event.taskId, "bid")?;
                let most = task.budget - task.verifier_fee;
                at_most(bid.task, "bid", number(event.price), most)?;
                let sealed = Bid {
                    sealed: true,
                    ..bid
                };
                if self.bids.remove(&sealed) {
                    self.bids.insert(bid); // its bond is held already
                } else if !self.bids.contains(&bid) {
                    self.hold(bid)?;
                }
            }
            BidCommitted::SIGNATURE_HASH => {
                let event = log.read::<BidCommitted>()?;
                let bid = self.bid(log, event.taskId, event.providerId, registry)?;
                let sealed = Bid {
                    sealed: true,
                    ..bid
                };
                if !self.bids.contains(&bid) && !self.bids.contains(&sealed) {
                    self.hold(sealed)?;
                }
            }
            BidWithdrawn::SIGNATURE_HASH => {
                let event = log.read::<BidWithdrawn>()?;
                let bid = self.bid(log, event.taskId, event.providerId, registry)?;
                let sealed = Bid {
                    sealed: true,
                    ..bid
                };
                let bid = if self.bids.contains(&sealed) {
                    sealed
                } else {
                    bid
                };
                self.release(bid)?;
            }
            BiddingExtended::SIGNATURE_HASH => {
                let event = log.read::<BiddingExtended>()?;
                self.touch(event.taskId, "bidding")?.deadline = event.biddingEnds;
            }
            ProviderAssigned::SIGNATURE_HASH => {
                let event = log.read::<ProviderAssigned>()?;
                let provider = event.providerId.saturating_to();
                let task = self.step(event.taskId, &[Status::Open], Status::Assigned)?;
                let (id, price) = (event.taskId.saturating_to(), number(event.price));
                at_most(id, "price", price, task.budget - task.verifier_fee)?;
                task.price = price;
                task.deadline = event.deadline;
                task.provider = provider;
                task.held = number(event.collateral);
                let held = task.held;
                let bid = Bid {
                    task: id,
                    provider,
                    sealed: false,
                };
                if !self.bids.contains(&bid) {
                    self.hold(bid)?;
                }
                let card = self.touch_card(provider);
                card.free = short(provider, card, card.free, held)?;
                card.held += held;
            }
            _ => {}
        }
        Ok(())
    }

    /// Delivery and judgement.
    fn observe_work(&mut self, log: Log<'_>, now: u64) -> Result<(), Violation> {
        use Status::{Assigned, Disputed, Rejected, Submitted, Verified};
        let (id, from, to): (U256, &[Status], Status) = match log.signature() {
            ResultSubmitted::SIGNATURE_HASH => {
                let event = log.read::<ResultSubmitted>()?;
                (event.taskId, &[Assigned], Submitted)
            }
            CompletionVerified::SIGNATURE_HASH => {
                let event = log.read::<CompletionVerified>()?;
                super::only(log, self.judge(event.taskId)?)?;
                (event.taskId, &[Submitted], Verified)
            }
            ResultRejected::SIGNATURE_HASH => {
                let event = log.read::<ResultRejected>()?;
                super::only(log, self.judge(event.taskId)?)?;
                (event.taskId, &[Submitted], Rejected)
            }
            DisputeBondHeld::SIGNATURE_HASH => {
                let event = log.read::<DisputeBondHeld>()?;
                return self.hold_dispute_bond(event.taskId, event.by, number(event.bond));
            }
            EvidenceSubmitted::SIGNATURE_HASH => {
                let event = log.read::<EvidenceSubmitted>()?;
                return super::only(log, event.by);
            }
            DisputeOpened::SIGNATURE_HASH => {
                let event = log.read::<DisputeOpened>()?;
                if self.judged_by_verifier(event.taskId) {
                    (event.taskId, &[Submitted, Verified, Rejected], Disputed)
                } else {
                    (event.taskId, &[Verified, Rejected], Disputed)
                }
            }
            _ => return Ok(()),
        };
        self.step(id, from, to)?.deadline = now;
        Ok(())
    }

    /// Collateral, parameters and verifiers.
    fn observe_rest(&mut self, log: Log<'_>) -> Result<(), Violation> {
        match log.signature() {
            CollateralDeposited::SIGNATURE_HASH => {
                let event = log.read::<CollateralDeposited>()?;
                super::only(log, event.owner)?;
                let card = self.touch_card(event.providerId.saturating_to());
                card.free += number(event.amount);
            }
            CollateralWithdrawn::SIGNATURE_HASH => {
                let event = log.read::<CollateralWithdrawn>()?;
                super::only(log, event.owner)?;
                let id = event.providerId.saturating_to();
                let card = self.touch_card(id);
                card.free = short(id, card, card.free, number(event.amount))?;
            }
            ProviderSlashed::SIGNATURE_HASH => {
                let event = log.read::<ProviderSlashed>()?;
                let id = event.providerId.saturating_to();
                let card = self.touch_card(id);
                card.free = short(id, card, card.free, number(event.amount))?;
            }
            ParametersSet::SIGNATURE_HASH => {
                let event = log.read::<ParametersSet>()?;
                self.parameters.push(event.parameters);
            }
            VerifierAdded::SIGNATURE_HASH => {
                let event = log.read::<VerifierAdded>()?;
                self.verifiers.push(event.verifier);
            }
            _ => {}
        }
        Ok(())
    }

    /// The bid that an event is about; only the provider's owner makes such events.
    fn bid(
        &mut self,
        log: Log<'_>,
        task: U256,
        provider: U256,
        registry: &Registry,
    ) -> Result<Bid, Violation> {
        let provider = provider.saturating_to();
        let owner = registry.provider(provider).map(|provider| provider.owner);
        super::only(log, owner.unwrap_or_default())?;
        Ok(Bid {
            task: task.saturating_to(),
            provider,
            sealed: false,
        })
    }

    fn bond(&self, bid: Bid) -> u128 {
        let task = &self.tasks[bid.task as usize - 1];
        self.parameters(task).bidBond.saturating_to()
    }

    fn hold(&mut self, bid: Bid) -> Result<(), Violation> {
        let bond = self.bond(bid);
        self.bids.insert(bid);
        let card = self.touch_card(bid.provider);
        card.free = short(bid.provider, card, card.free, bond)?;
        card.bonds += bond;
        Ok(())
    }

    fn release(&mut self, bid: Bid) -> Result<(), Violation> {
        let bond = self.bond(bid);
        equal(bid.task, "bids", self.bids.remove(&bid).into(), 1)?;
        let card = self.touch_card(bid.provider);
        card.bonds = short(bid.provider, card, card.bonds, bond)?;
        card.free += bond;
        Ok(())
    }

    /// Whoever opens a dispute leaves a bond with it: the client in the escrow, the provider of its collateral.
    fn hold_dispute_bond(&mut self, id: U256, by: Address, bond: u128) -> Result<(), Violation> {
        let task = self.touch(id, "dispute")?;
        let provider = task.provider;
        if by == task.client {
            task.client_bond = bond;
            return Ok(());
        }
        task.provider_bond = bond;
        let card = self.touch_card(provider);
        card.free = short(provider, card, card.free, bond)?;
        card.bonds += bond;
        Ok(())
    }

    fn judge(&self, task: U256) -> Result<Address, Violation> {
        let id = task.saturating_to();
        match self.task(id) {
            Some(task) if task.verifier != 0 => Ok(self.verifier(task.verifier)),
            Some(task) => Ok(task.client),
            None => Err(Violation::WrongTransition {
                task: id,
                from: 0,
                to: 0,
            }),
        }
    }

    fn judged_by_verifier(&self, task: U256) -> bool {
        let task = self.task(task.saturating_to());
        task.is_some_and(|task| task.verifier != 0)
    }

    fn touch(&mut self, id: U256, what: &'static str) -> Result<&mut Task, Violation> {
        let id: u64 = id.saturating_to();
        if !self.touched_tasks.contains(&id) {
            self.touched_tasks.push(id);
        }
        let task = self.tasks.get_mut((id as usize).wrapping_sub(1));
        task.ok_or(Violation::WrongTask {
            task: id,
            what,
            found: 1,
            expected: 0,
        })
    }

    fn touch_card(&mut self, provider: u32) -> &mut Card {
        if !self.touched_cards.contains(&provider) {
            self.touched_cards.push(provider);
        }
        self.cards.entry(provider).or_default()
    }

    fn step(&mut self, id: U256, from: &[Status], to: Status) -> Result<&mut Task, Violation> {
        let task = self.touch(id, "state")?;
        if !from.contains(&task.status) {
            return Err(Violation::WrongTransition {
                task: id.saturating_to(),
                from: task.status as u8,
                to: to as u8,
            });
        }
        task.status = to;
        Ok(task)
    }
}

fn short(provider: u32, card: &Card, from: u128, amount: u128) -> Result<u128, Violation> {
    let Card { free, held, bonds } = *card;
    from.checked_sub(amount).ok_or(Violation::WrongCollateral {
        provider,
        free,
        held,
        bonds,
        locked: amount,
    })
}

fn equal(task: u64, what: &'static str, found: u128, expected: u128) -> Result<(), Violation> {
    if found == expected {
        return Ok(());
    }
    Err(Violation::WrongTask {
        task,
        what,
        found,
        expected,
    })
}

fn at_most(task: u64, what: &'static str, found: u128, most: u128) -> Result<(), Violation> {
    equal(task, what, found, found.min(most))
}

fn number(word: U256) -> u128 {
    word.saturating_to()
}
