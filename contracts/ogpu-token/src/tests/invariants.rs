//! What holds whatever happens: the balances sum up to the supply, and at every time the votes sum up to the balances of those
//! who delegate.

use std::collections::BTreeMap;

use super::*;
use proptest::prelude::*;

const HOLDERS: [Address; 4] = [ALICE, BOB, CAROL, OWNER];

#[derive(Clone, Debug)]
enum Step {
    Transfer {
        from: usize,
        to: usize,
        amount: u128,
    },
    TransferFrom {
        spender: usize,
        from: usize,
        to: usize,
        amount: u128,
    },
    Approve {
        owner: usize,
        spender: usize,
        amount: u128,
    },
    Burn {
        from: usize,
        amount: u128,
    },
    /// To nobody if there is no such holder.
    Delegate {
        from: usize,
        to: usize,
    },
    Wait {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let holder = 0..HOLDERS.len();
    let amount = prop_oneof![Just(0), 0..SUPPLY / 2, Just(SUPPLY), any::<u128>()];
    prop_oneof![
        4 => (holder.clone(), holder.clone(), amount.clone())
            .prop_map(|(from, to, amount)| Step::Transfer { from, to, amount }),
        2 => (holder.clone(), holder.clone(), holder.clone(), amount.clone())
            .prop_map(|(spender, from, to, amount)| Step::TransferFrom { spender, from, to, amount }),
        2 => (holder.clone(), holder.clone(), amount.clone())
            .prop_map(|(owner, spender, amount)| Step::Approve { owner, spender, amount }),
        1 => (holder.clone(), amount).prop_map(|(from, amount)| Step::Burn { from, amount }),
        3 => (holder, 0..=HOLDERS.len()).prop_map(|(from, to)| Step::Delegate { from, to }),
        3 => (1..5u64).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// The token as a plain table.
#[derive(Clone, Default)]
struct Model {
    balances: [u128; 4],
    allowances: [[u128; 4]; 4],
    delegates: [Option<usize>; 4],
}

impl Model {
    fn transfer(&mut self, from: usize, to: Option<usize>, amount: u128) -> bool {
        if self.balances[from] < amount {
            return false;
        }
        self.balances[from] -= amount;
        if let Some(to) = to {
            self.balances[to] += amount;
        }
        true
    }

    fn votes(&self, delegate: usize) -> u128 {
        (0..HOLDERS.len())
            .filter(|holder| self.delegates[*holder] == Some(delegate))
            .map(|holder| self.balances[holder])
            .sum()
    }

    /// Takes a step and says whether it is allowed.
    fn take(&mut self, step: &Step) -> bool {
        match *step {
            Step::Transfer { from, to, amount } => self.transfer(from, Some(to), amount),
            Step::TransferFrom {
                spender,
                from,
                to,
                amount,
            } => {
                let allowed = self.allowances[from][spender] >= amount;
                let done = allowed && self.transfer(from, Some(to), amount);
                if done {
                    self.allowances[from][spender] -= amount;
                }
                done
            }
            Step::Approve {
                owner,
                spender,
                amount,
            } => {
                self.allowances[owner][spender] = amount;
                true
            }
            Step::Burn { from, amount } => self.transfer(from, None, amount),
            Step::Delegate { from, to } => {
                self.delegates[from] = (to < HOLDERS.len()).then_some(to);
                true
            }
            Step::Wait { .. } => true,
        }
    }
}

/// Takes a step and says whether it was allowed. What is refused leaves the storage as it was.
fn take(vm: &TestVM, token: &mut OgpuToken, step: &Step) -> bool {
    let before = vm.snapshot().storage;
    let done = match *step {
        Step::Transfer { from, to, amount } => {
            vm.set_sender(HOLDERS[from]);
            token.transfer(HOLDERS[to], wei(amount)).is_ok()
        }
        Step::TransferFrom {
            spender,
            from,
            to,
            amount,
        } => {
            vm.set_sender(HOLDERS[spender]);
            token
                .transfer_from(HOLDERS[from], HOLDERS[to], wei(amount))
                .is_ok()
        }
        Step::Approve {
            owner,
            spender,
            amount,
        } => {
            vm.set_sender(HOLDERS[owner]);
            token.approve(HOLDERS[spender], wei(amount)).is_ok()
        }
        Step::Burn { from, amount } => {
            vm.set_sender(HOLDERS[from]);
            token.burn(wei(amount)).is_ok()
        }
        Step::Delegate { from, to } => {
            vm.set_sender(HOLDERS[from]);
            token
                .delegate(HOLDERS.get(to).copied().unwrap_or_default())
                .is_ok()
        }
        Step::Wait { seconds } => {
            vm.set_block_timestamp(vm.snapshot().block_timestamp + seconds);
            true
        }
    };
    if !done {
        for (slot, word) in before {
            vm.set_storage(slot, word);
        }
    }
    done
}

proptest! {
    #[test]
    fn balances_sum_to_the_supply_and_votes_to_what_is_delegated(
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let (vm, mut token) = token();
        let mut model = Model { balances: [SUPPLY, 0, 0, 0], ..Model::default() };
        let mut past = BTreeMap::new();
        for step in &steps {
            let mut next = model.clone();
            let allowed = next.take(step);
            prop_assert_eq!(take(&vm, &mut token, step), allowed, "{:?}", step);
            if allowed {
                model = next;
            }
            for (holder, address) in HOLDERS.iter().enumerate() {
                prop_assert_eq!(token.balance_of(*address), wei(model.balances[holder]));
                prop_assert_eq!(token.get_votes(*address), wei(model.votes(holder)));
            }
            prop_assert_eq!(token.total_supply(), wei(model.balances.iter().sum()));
            past.insert(vm.snapshot().block_timestamp, model.clone());
        }
        let end = vm.snapshot().block_timestamp + 1;
        vm.set_block_timestamp(end);
        for timepoint in START..end {
            let Some((_, model)) = past.range(..=timepoint).next_back() else { continue };
            let timepoint = U256::from(timepoint);
            let mut sum = U256::ZERO;
            for (holder, address) in HOLDERS.iter().enumerate() {
                let votes = token.get_past_votes(*address, timepoint).unwrap();
                prop_assert_eq!(votes, wei(model.votes(holder)));
                sum += votes;
            }
            let delegated = (0..HOLDERS.len()).filter(|holder| model.delegates[*holder].is_some());
            prop_assert_eq!(sum, wei(delegated.map(|holder| model.balances[holder]).sum()));
            let supply = token.get_past_total_supply(timepoint).unwrap();
            prop_assert_eq!(supply, wei(model.balances.iter().sum()));
        }
    }
}
