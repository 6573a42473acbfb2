//! What nobody can stop: tasks end, and what is somebody's can be taken out, with everything paused.

use alloy_primitives::{Address, U256, hex};
use alloy_sol_types::SolCall;
use ogpu_common::pausable::MAX_PAUSE;
use ogpu_rules::Status;

use super::{Model, Violation};
use crate::{
    chain::{Answer, Chain},
    world::{ESCROW, MARKET, STRANGERS, System, VAULT, lease_view, send, task_view},
};

/// The most steps that anyone has to take to end a task.
const MAX_STEPS: usize = 3;

impl Model {
    /// Ends a task as a stranger, at the first second at which that must be possible, while everything is paused; then makes it not
    /// have happened.
    pub fn try_to_end(&self, chain: &mut Chain, id: u64) -> Result<(), Violation> {
        let Some(task) = self.market.task(id) else {
            return Ok(());
        };
        let first = self.market.exit_time(task);
        let arbitration = self.market.parameters(task).arbitrationWindow;
        chain.attempt(|chain| {
            let mut status = task.status as u8;
            chain.time = chain.time.max(first);
            for _ in 0..MAX_STEPS {
                self.pause_everything(chain);
                let task_id = U256::from(id);
                let step = match Status::from_number(status) {
                    Status::Open => System::expireTaskCall { taskId: task_id }.abi_encode(),
                    Status::Assigned => System::failTaskCall { taskId: task_id }.abi_encode(),
                    _ => System::finalizePaymentCall { taskId: task_id }.abi_encode(),
                };
                let time = chain.time;
                let no_exit = |reason| Violation::NoExit {
                    what: "task",
                    id,
                    status,
                    time,
                    reason,
                };
                let answer = send(chain, STRANGERS[0], MARKET, step);
                answer.map_err(|reason| no_exit(hex::encode(reason)))?;
                status = task_view(chain, id)?.status;
                if Status::from_number(status).is_final() {
                    return Ok(());
                }
                chain.time += u64::from(arbitration); // a verifier was silent: now the owner is
            }
            Err(Violation::NoExit {
                what: "task",
                id,
                status,
                time: chain.time,
                reason: format!("not over after {MAX_STEPS} steps"),
            })
        })
    }

    /// Ends a lease as a stranger, at the time that it has said, while everything is paused; then makes it not have happened.
    pub fn try_to_end_lease(&self, chain: &mut Chain, id: u64) -> Result<(), Violation> {
        let view = lease_view(chain, id)?;
        let lease_id = U256::from(id);
        let end = match view.status {
            1 => System::cancelLeaseCall { leaseId: lease_id }.abi_encode(),
            _ => System::closeLeaseCall { leaseId: lease_id }.abi_encode(),
        };
        chain.attempt(|chain| {
            let time = chain.time.max(view.endsAt);
            chain.time = time;
            self.pause_everything(chain);
            let no_exit = |reason| Violation::NoExit {
                what: "lease",
                id,
                status: view.status,
                time,
                reason,
            };
            let answer = send(chain, STRANGERS[0], MARKET, end);
            answer.map_err(|reason| no_exit(hex::encode(reason)))?;
            match lease_view(chain, id)?.status {
                4 | 5 => Ok(()),
                status => Err(no_exit(format!("state {status} afterwards"))),
            }
        })
    }

    /// Takes everything out that is somebody's, while everything is paused; then makes it not have happened.
    pub fn try_to_leave(&self, chain: &mut Chain, account: Address) -> Result<(), Violation> {
        let escrow = self.escrow.account(account);
        let stake = self.vault.account(account);
        let provider = self.registry.id_of(account);
        chain.attempt(|chain| {
            self.pause_everything(chain);
            let stuck = |what, amount, answer: Answer| match answer {
                Ok(_) => Ok(()),
                Err(reason) => Err(Violation::Stuck {
                    account,
                    what,
                    amount,
                    reason: hex::encode(reason),
                }),
            };
            if escrow.balance > 0 {
                let amount = U256::from(escrow.balance);
                let call = System::withdrawCall { amount }.abi_encode();
                let answer = send(chain, account, ESCROW, call);
                stuck("balance", escrow.balance, answer)?;
            }
            if stake.compensation > 0 {
                let call = System::withdrawCompensationCall {}.abi_encode();
                let answer = send(chain, account, VAULT, call);
                stuck("compensation", stake.compensation, answer)?;
            }
            let mut free = stake.free;
            let collateral = self.market.card(provider).free;
            if collateral > 0 {
                let call = System::withdrawCollateralCall {
                    providerId: U256::from(provider),
                    amount: U256::from(collateral),
                };
                let answer = send(chain, account, MARKET, call.abi_encode());
                stuck("free collateral", collateral, answer)?;
                free += collateral;
            }
            if free > 0 {
                let amount = U256::from(free);
                let call = System::requestUnbondCall { amount }.abi_encode();
                let answer = send(chain, account, VAULT, call);
                stuck("free stake", free, answer)?;
            }
            if free + stake.unbonding > 0 {
                let matures_at = chain.time + self.vault.unbonding_period();
                chain.time = matures_at.max(stake.matures_at);
                self.pause_everything(chain);
                let call = System::withdrawUnbondedCall {}.abi_encode();
                let answer = send(chain, account, VAULT, call);
                stuck("stake", free + stake.unbonding, answer)?;
            }
            Ok(())
        })
    }

    /// Pauses for as long as can be, everything that can be.
    fn pause_everything(&self, chain: &mut Chain) {
        let until = chain.time + MAX_PAUSE;
        for contract in [ESCROW, VAULT, MARKET] {
            let owner = self.rights.owner(contract);
            let call = System::pauseCall { until }.abi_encode();
            // without an owner there is nobody to pause
            let _ = send(chain, owner, contract, call);
        }
    }
}
