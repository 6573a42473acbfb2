//! The escrow against a model of it, over any order of steps.

use alloy_primitives::U256;
use proptest::prelude::*;

use super::{CLIENT, MANAGER, PROVIDER, STRANGER, open, setup, task};

#[derive(Clone, Debug)]
enum Step {
    Open(usize),
    Deposit(usize, usize, u64),
    Withdraw(usize, usize, u64),
    Lock(usize, u64),
    Settle(usize, u64, usize, u64, u64),
    Collect,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..3_usize;
    let amount = || 0..400_u64;
    // Payments and fees around a third of what is settled, so that many settlements are possible.
    let part = || 0..150_u64;
    let step = prop_oneof![
        1 => who().prop_map(Step::Open),
        2 => (who(), who(), amount()).prop_map(|(a, b, c)| Step::Deposit(a, b, c)),
        2 => (who(), who(), amount()).prop_map(|(a, b, c)| Step::Withdraw(a, b, c)),
        3 => (who(), amount()).prop_map(|(a, b)| Step::Lock(a, b)),
        4 => (who(), amount(), who(), part(), part())
            .prop_map(|(a, b, c, d, e)| Step::Settle(a, b, c, d, e)),
        1 => Just(Step::Collect),
    ];
    prop::collection::vec(step, 1..60)
}

/// What three people have in the escrow, and the fees; every step says whether it can be taken.
#[derive(Clone, Debug, Default)]
struct Model {
    balances: [u64; 3],
    locked: [u64; 3],
    fees: u64,
    wallets: [u64; 3],
}

impl Model {
    fn take(&mut self, step: &Step) -> Option<()> {
        match *step {
            Step::Open(_) => {}
            Step::Deposit(_, _, 0) | Step::Withdraw(_, _, 0) | Step::Lock(_, 0) => return None,
            Step::Deposit(from, to, amount) => {
                self.wallets[from] = self.wallets[from].checked_sub(amount)?;
                self.balances[to] += amount;
            }
            Step::Withdraw(from, to, amount) => {
                self.balances[from] = self.balances[from].checked_sub(amount)?;
                self.wallets[to] += amount;
            }
            Step::Lock(payer, amount) => {
                let rest = amount.saturating_sub(self.balances[payer]);
                self.wallets[payer] = self.wallets[payer].checked_sub(rest)?;
                self.balances[payer] -= amount - rest;
                self.locked[payer] += amount;
            }
            Step::Settle(_, 0, ..) => return None,
            Step::Settle(payer, amount, provider, payment, fee) => {
                let refund = amount.checked_sub(payment + fee)?;
                self.locked[payer] = self.locked[payer].checked_sub(amount)?;
                self.balances[payer] += refund;
                self.balances[provider] += payment;
                self.fees += fee;
            }
            Step::Collect if self.fees == 0 => return None,
            Step::Collect => self.fees = 0,
        }
        Some(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The escrow does what its model does, and has exactly what it owes, whatever is done in whatever order.
    #[test]
    fn it_has_what_it_owes(steps in steps()) {
        let (chain, mut escrow) = setup();
        let people = [CLIENT, PROVIDER, STRANGER];
        chain.token.borrow_mut().balances.clear();
        for person in people {
            chain.token.borrow_mut().fund(person, chain.contract(), 1_000);
            // Tokens that were withdrawn may come back.
            chain.token.borrow_mut().allowances.insert((person, chain.contract()), u128::MAX);
        }
        let mut model = Model { wallets: [1_000; 3], ..Model::default() };
        for step in steps {
            let result = match step {
                Step::Open(account) => {
                    open(&chain, &mut escrow, people[account]);
                    Ok(())
                }
                Step::Deposit(from, to, amount) => {
                    chain.call(people[from], || escrow.deposit_for(people[to], U256::from(amount)))
                }
                Step::Withdraw(from, to, amount) => {
                    chain.call(people[from], || escrow.withdraw_to(people[to], U256::from(amount)))
                }
                Step::Lock(payer, amount) => {
                    chain.call(MANAGER, || escrow.lock(task(1), people[payer], U256::from(amount)))
                }
                Step::Settle(payer, amount, provider, payment, fee) => chain.call(MANAGER, || {
                    let [amount, payment, fee] = [amount, payment, fee].map(U256::from);
                    escrow.settle(task(1), people[payer], amount, people[provider], payment, fee)
                }),
                Step::Collect => chain.call(STRANGER, || escrow.collect_fees()).map(|_| ()),
            };
            let mut next = model.clone();
            let possible = next.take(&step).is_some();
            prop_assert_eq!(result.is_ok(), possible, "{:?}: {:?}", step, result);
            if possible {
                model = next;
            }
            let balances = people.map(|person| escrow.balance_of(person));
            let locked = people.map(|person| escrow.locked_of(person));
            prop_assert_eq!(balances, model.balances.map(U256::from));
            prop_assert_eq!(locked, model.locked.map(U256::from));
            prop_assert_eq!(escrow.accrued_fees(), U256::from(model.fees));
            let owed: U256 = balances.into_iter().chain(locked).sum();
            let held = U256::from(chain.token.borrow().balance(chain.contract()));
            prop_assert_eq!(held, owed + escrow.accrued_fees());
        }
    }
}
