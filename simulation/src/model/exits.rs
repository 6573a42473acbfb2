//! What nobody can stop: tasks end, and what is somebody's can be taken out, with everything paused.

use alloy_primitives::{Address, U256, hex};
use alloy_sol_types::SolCall;
use ogpu_common::pausable::MAX_PAUSE;
use ogpu_rules::Status;

use super::{Model, Violation};
use crate::{
    chain::{Answer, Chain},
    world::{
        COMMITTEE, CommitteeViews, ESCROW, MARKET, OPTIMISTIC, OptimisticViews, PAUSABLE,
        STRANGERS, System, VAULT, ask, lease_view, send, task_view,
    },
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

    /// Ends the proposal of a result as a stranger, when its period is over; then makes it not have happened.
    pub fn try_to_end_proposal(&self, chain: &mut Chain, task: u64) -> Result<(), Violation> {
        let proposal = self.optimistic.proposal(task);
        let task_id = U256::from(task);
        let end = match proposal.stage {
            1 => OptimisticViews::concludeCall { taskId: task_id }.abi_encode(),
            _ => OptimisticViews::releaseChallengeCall { taskId: task_id }.abi_encode(),
        };
        chain.attempt(|chain| {
            chain.time = chain.time.max(proposal.ends);
            self.pause_everything(chain);
            let answer = send(chain, STRANGERS[0], OPTIMISTIC, end);
            answer.map(drop).map_err(|reason| Violation::NoExit {
                what: "proposal for task",
                id: task,
                status: proposal.stage,
                time: chain.time,
                reason: hex::encode(reason),
            })
        })
    }

    /// Counts the votes of a round as a stranger, whenever something is due, until it is closed; then makes it not have happened. A
    /// round that has no committee yet holds nothing.
    pub fn try_to_end_round(&self, chain: &mut Chain, task: u64) -> Result<(), Violation> {
        let Some(round) = self.committee.round(task).filter(|round| round.phase == 2) else {
            return Ok(());
        };
        let task_id = U256::from(task);
        chain.attempt(|chain| {
            let mut due = round.reveal_end;
            for _ in 0..MAX_STEPS {
                chain.time = chain.time.max(due);
                self.pause_everything(chain);
                let tally = CommitteeViews::tallyCall { taskId: task_id }.abi_encode();
                let answer = send(chain, STRANGERS[0], COMMITTEE, tally);
                answer.map_err(|reason| Violation::NoExit {
                    what: "round of task",
                    id: task,
                    status: round.phase,
                    time: chain.time,
                    reason: hex::encode(reason),
                })?;
                let question = CommitteeViews::roundOfCall { taskId: task_id };
                let found = ask(chain, COMMITTEE, question)?;
                if found.phase == U256::from(3) {
                    return Ok(());
                }
                due = found.revealEnd.saturating_to();
            }
            Err(Violation::NoExit {
                what: "round of task",
                id: task,
                status: round.phase,
                time: chain.time,
                reason: format!("not over after {MAX_STEPS} steps"),
            })
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
            let owed = self.optimistic.owed(account);
            if owed > 0 {
                let call = OptimisticViews::withdrawCall { account }.abi_encode();
                let answer = send(chain, account, OPTIMISTIC, call);
                stuck("bond or fee", owed, answer)?;
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
            let node = self.committee.node(account);
            if node.standing == 1 {
                let call = CommitteeViews::leaveCall {}.abi_encode();
                let answer = send(chain, account, COMMITTEE, call);
                stuck("seat", node.bond, answer)?;
            }
            if node.bond + node.owed > 0 {
                let found = ask(chain, COMMITTEE, CommitteeViews::nodeOfCall { account })?;
                chain.time = chain.time.max(found.since.saturating_to());
                self.pause_everything(chain);
                let call = CommitteeViews::withdrawCall {}.abi_encode();
                let answer = send(chain, account, COMMITTEE, call);
                stuck("bond of a node", node.bond + node.owed, answer)?;
            }
            Ok(())
        })
    }

    /// Pauses for as long as can be, everything that can be.
    fn pause_everything(&self, chain: &mut Chain) {
        let until = chain.time + MAX_PAUSE;
        for contract in PAUSABLE {
            let owner = self.rights.owner(contract);
            let call = System::pauseCall { until }.abi_encode();
            // without an owner there is nobody to pause
            let _ = send(chain, owner, contract, call);
        }
    }
}
