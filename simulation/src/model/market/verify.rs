//! The market's books against the contracts, and against the other books.

use alloy_primitives::U256;
use ogpu_rules::Status;

use super::{Card, Market, Others, end::expect_slash, equal, number};
use crate::{
    chain::Chain,
    model::{Escrow, Violation},
    world::{self, MARKET, System, ask},
};

impl Market {
    /// Compares the books with the contract and with the others': what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain, mut others: Others<'_>) -> Result<(), Violation> {
        while let Some((task, provider, amount)) = self.due_slashes.pop() {
            expect_slash(&mut others, task, provider, amount)?;
        }
        while let Some(id) = self.touched_tasks.pop() {
            self.verify_task(chain, id, others.escrow)?;
            if self.tasks[id as usize - 1].status.is_final() {
                self.live.retain(|live| *live != id);
            }
        }
        self.verify_leases(chain, others.escrow)?;
        while let Some(id) = self.touched_cards.pop() {
            self.verify_card(chain, id, &others)?;
        }
        others.vault.slashed.clear();
        Ok(())
    }

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        let Self {
            tasks,
            leases,
            live,
            live_leases,
            ..
        } = self;
        live.retain(|id| !tasks[*id as usize - 1].status.is_final());
        live_leases.retain(|id| !leases[*id as usize - 1].over);
        self.due_slashes.clear();
        self.touched_tasks.clear();
        self.touched_leases.clear();
        self.touched_cards.clear();
    }

    /// Compares every task and every lease that there has been.
    pub fn scan_all(&mut self, chain: &mut Chain, escrow: &Escrow) -> Result<(), Violation> {
        for id in 1..=self.count() {
            self.verify_task(chain, id, escrow)?;
        }
        for id in 1..=self.leases.len() as u64 {
            self.verify_lease(chain, id, escrow)?;
        }
        Ok(())
    }

    /// Compares everything.
    pub fn scan(&mut self, chain: &mut Chain, others: Others<'_>) -> Result<(), Violation> {
        for &id in &self.live {
            self.verify_task(chain, id, others.escrow)?;
        }
        for &id in &self.live_leases {
            self.verify_lease(chain, id, others.escrow)?;
        }
        for &id in self.cards.keys() {
            self.verify_card(chain, id, &others)?;
        }
        Ok(())
    }

    fn verify_task(&self, chain: &mut Chain, id: u64, escrow: &Escrow) -> Result<(), Violation> {
        let task = &self.tasks[id as usize - 1];
        let found = world::task_view(chain, id)?;
        equal(id, "state", found.status.into(), task.status as u128)?;
        equal(id, "budget", number(found.budget), task.budget)?;
        equal(id, "price", number(found.price), task.price)?;
        if task.provider != 0 {
            equal(id, "winner", number(found.providerId), task.provider.into())?;
        }
        let end = match task.status {
            Status::Open => task.deadline,
            status if status.is_final() => found.deadline,
            _ => self.exit_time(task),
        };
        equal(id, "deadline", found.deadline.into(), end.into())?;
        for payer in [task.payer, task.client] {
            let mut expected = 0;
            if !task.status.is_final() && payer == task.payer {
                expected += task.budget;
            }
            if payer == task.client {
                expected += task.client_bond;
            }
            let locked = escrow.lock(id.into(), payer);
            if locked != expected {
                return Err(Violation::WrongLock {
                    task: id,
                    status: task.status as u8,
                    payer,
                    locked,
                    expected,
                });
            }
        }
        Ok(())
    }

    fn verify_card(
        &self,
        chain: &mut Chain,
        provider: u32,
        others: &Others<'_>,
    ) -> Result<(), Violation> {
        let Card { free, held, bonds } = self.card(provider);
        let question = System::cardOfCall {
            providerId: U256::from(provider),
        };
        let found = ask(chain, MARKET, question)?;
        let locked = others.vault.account(found.owner).locked;
        if number(found.collateral) != free || free + held + bonds != locked {
            return Err(Violation::WrongCollateral {
                provider,
                free: number(found.collateral),
                held,
                bonds,
                locked,
            });
        }
        if found.trust > U256::from(10_000) {
            return Err(Violation::WrongScore {
                provider,
                found: number(found.trust),
                expected: 10_000,
            });
        }
        Ok(())
    }
}
