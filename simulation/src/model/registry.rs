//! Who the providers are, and how their scores move, as the registry's events tell.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use ogpu_rules::{Pair, score};
use reputation_registry::events::{
    ChangeContested, ContestClosed, OutcomeRecorded, ProviderRegistered, ScoreSet,
};

use super::Violation;
use crate::{
    chain::{Chain, Log},
    world::{REGISTRY, System, TOKEN, ask},
};

/// A provider.
#[derive(Clone, Copy, Debug)]
pub struct Provider {
    /// The account that registered.
    pub owner: Address,
    score: u16,
    updated_at: u64,
}

/// An outcome that the market reported in the last transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whose.
    pub provider: u32,
    /// The price of the task, in wei.
    pub value: u128,
    /// How it ended.
    pub success: bool,
}

/// What the outcome of a task has moved.
#[derive(Clone, Copy, Debug)]
struct Change {
    provider: u32,
    moved: i16,
    recorded_at: u64,
    bond: u128,
}

/// The registry's books.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    providers: Vec<Provider>,
    touched: Vec<u32>,
    /// What clients and providers have done with each other.
    pairs: BTreeMap<(Address, u32), Pair>,
    /// What each task has moved.
    changes: BTreeMap<U256, Change>,
    /// The bonds of open contests, in wei.
    bonds: u128,
    /// What has been reported and not yet been seen to come from a task.
    pub outcomes: Vec<Outcome>,
    /// Tasks that were paid, and have not been recorded.
    paid: BTreeMap<U256, Outcome>,
}

impl Registry {
    /// All providers; the first has the id 1.
    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    /// A provider.
    pub fn provider(&self, id: u32) -> Option<Provider> {
        self.providers.get((id as usize).checked_sub(1)?).copied()
    }

    /// The provider that an account is; 0 if it is none.
    pub fn id_of(&self, account: Address) -> u32 {
        let mut providers = self.providers.iter();
        let position = providers.position(|provider| provider.owner == account);
        position.map_or(0, |index| index as u32 + 1)
    }

    /// Enters an event of the registry.
    pub fn observe(&mut self, log: Log<'_>, now: u64) -> Result<(), Violation> {
        match log.signature() {
            ProviderRegistered::SIGNATURE_HASH => {
                let event = log.read::<ProviderRegistered>()?;
                super::only(log, event.owner)?;
                self.providers.push(Provider {
                    owner: event.owner,
                    score: score::START,
                    updated_at: now,
                });
                let expected = self.providers.len() as u128;
                let found = event.providerId.saturating_to();
                super::equal(REGISTRY, event.owner, "provider id", found, expected)?;
                self.touched.push(expected as u32);
            }
            OutcomeRecorded::SIGNATURE_HASH => {
                let event = log.read::<OutcomeRecorded>()?;
                self.outcome(&event, now)?;
            }
            ChangeContested::SIGNATURE_HASH => {
                let event = log.read::<ChangeContested>()?;
                let bond = event.bond.saturating_to();
                if let Some(change) = self.changes.get_mut(&event.taskId) {
                    change.bond = bond;
                }
                self.bonds += bond;
            }
            ContestClosed::SIGNATURE_HASH => {
                let event = log.read::<ContestClosed>()?;
                let change = self.changes.get_mut(&event.taskId);
                let Some(change) = change.filter(|change| change.bond > 0) else {
                    return Err(Violation::ScoreWithoutTask { provider: 0 });
                };
                self.bonds -= change.bond;
                change.bond = 0;
                let Change {
                    provider,
                    moved,
                    recorded_at,
                    ..
                } = *change;
                if event.reversed {
                    let before = self.score(provider, now).unwrap_or_default();
                    let expected = score::undone(before, moved, now.saturating_sub(recorded_at));
                    self.moved(provider, expected, event.score, now)?;
                }
            }
            ScoreSet::SIGNATURE_HASH => {
                let event = log.read::<ScoreSet>()?;
                let score = event.score.saturating_to::<u16>();
                self.moved(event.providerId.saturating_to(), score, event.score, now)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Enters an outcome: what of its weight counts, and where the score goes.
    fn outcome(&mut self, event: &OutcomeRecorded, now: u64) -> Result<(), Violation> {
        let id = event.providerId.saturating_to::<u32>();
        let success = event.providerBps > 5_000;
        let value = event.value.saturating_to::<u128>();
        let outcome = Outcome {
            provider: id,
            value,
            success,
        };
        if self.paid.get(&event.taskId) == Some(&outcome) {
            self.paid.remove(&event.taskId);
        } else if event.providerBps != 5_000 {
            self.outcomes.push(outcome);
        }
        let own = self.provider(id).map(|provider| provider.owner) == Some(event.client);
        let mut weight = 0;
        if event.providerBps != 5_000 && !own && score::weight(value) > 0 {
            let pair = self.pairs.entry((event.client, id)).or_default();
            weight = pair.count(score::weight(value), success, now);
        }
        let counted = event.weight.into();
        super::equal(REGISTRY, event.client, "weight", counted, weight.into())?;
        let before = self.score(id, now).unwrap_or_default();
        let age = now.saturating_sub(event.settledAt);
        let expected = score::after_outcome(before, weight, success, age);
        let change = Change {
            provider: id,
            moved: expected as i16 - before as i16,
            recorded_at: now,
            bond: 0,
        };
        if self.changes.insert(event.taskId, change).is_some() {
            return Err(Violation::ScoreWithoutTask { provider: id });
        }
        if expected == before {
            return Ok(()); // and the score's clock goes on
        }
        self.moved(id, expected, event.score, now)
    }

    /// A provider's score at a time: that of its last change, drifting back to the start.
    pub fn score(&self, id: u32, now: u64) -> Option<u16> {
        let Provider {
            score, updated_at, ..
        } = self.provider(id)?;
        Some(score::decayed(score, now.saturating_sub(updated_at)))
    }

    fn moved(&mut self, id: u32, expected: u16, found: U256, now: u64) -> Result<(), Violation> {
        let index = (id as usize).wrapping_sub(1);
        let known = self.providers.get_mut(index);
        let valid = found == U256::from(expected) && expected <= score::MAX;
        let Some(provider) = known.filter(|_| valid) else {
            return Err(Violation::WrongScore {
                provider: id,
                found: found.saturating_to(),
                expected: expected.into(),
            });
        };
        (provider.score, provider.updated_at) = (expected, now);
        self.touched.push(id);
        Ok(())
    }

    /// What was reported of a provider for a task of this value, if anything was.
    pub fn outcome_of(&self, provider: u32, value: u128) -> Option<bool> {
        let mut known = self.outcomes.iter();
        known
            .find(|outcome| outcome.provider == provider && outcome.value == value)
            .map(|outcome| outcome.success)
    }

    /// Tasks whose outcomes are recorded, and since when; only those that are contested, or all.
    pub fn recorded(&self, contested: bool) -> Vec<(u64, u64)> {
        let changes = self.changes.iter();
        let wanted = changes.filter(|(_, change)| change.bond > 0 || !contested);
        wanted
            .filter_map(|(task, change)| Some((u64::try_from(*task).ok()?, change.recorded_at)))
            .collect()
    }

    /// A task was paid: anyone may have it recorded.
    pub fn paid(&mut self, task: U256, outcome: Outcome) {
        self.paid.insert(task, outcome);
    }

    /// A task was settled for this provider: what was reported for it is accounted for.
    pub fn settled(&mut self, outcome: Outcome) -> Result<(), Violation> {
        match self.outcomes.iter().position(|known| *known == outcome) {
            Some(index) => {
                self.outcomes.swap_remove(index);
                Ok(())
            }
            None => Err(Violation::ScoreWithoutTask {
                provider: outcome.provider,
            }),
        }
    }

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        self.touched.clear();
        self.outcomes.clear();
    }

    /// Compares the books with the contract: what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        if let Some(outcome) = self.outcomes.pop() {
            return Err(Violation::ScoreWithoutTask {
                provider: outcome.provider,
            });
        }
        while let Some(id) = self.touched.pop() {
            self.verify_provider(chain, id)?;
        }
        let account = REGISTRY;
        let held = ask(chain, TOKEN, System::balanceOfCall { account })?.saturating_to::<u128>();
        if held < self.bonds {
            super::equal(TOKEN, REGISTRY, "bonds", held, self.bonds)?;
        }
        Ok(())
    }

    /// Compares everything.
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        for id in 1..=self.providers.len() as u32 {
            self.verify_provider(chain, id)?;
        }
        self.verify(chain)
    }

    fn verify_provider(&self, chain: &mut Chain, id: u32) -> Result<(), Violation> {
        let question = System::scoreOfCall {
            providerId: U256::from(id),
        };
        let found = ask(chain, REGISTRY, question)?.saturating_to::<u128>();
        let expected = self.score(id, chain.time).unwrap_or_default().into();
        if found != expected {
            return Err(Violation::WrongScore {
                provider: id,
                found,
                expected,
            });
        }
        Ok(())
    }
}
