//! What the optimistic verifier owes, and what it waits for, as its events tell.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use optimistic_verifier::{
    ChallengeResolved, Challenged, Concluded, Lapsed, ParametersSet, Proposed, TreasuryChanged,
    Withdrawn,
};
use rustc_hash::FxHashMap;

use super::{Market, Violation, balance, less};
use crate::{
    chain::{Chain, Log},
    world::{OPTIMISTIC, OptimisticViews, ask},
};

/// A proposed result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// 1 proposed, 2 challenged, 3 closed.
    pub stage: u8,
    /// When the present period ends.
    pub ends: u64,
    /// Who gets the fee if it stands.
    pub proposer: Address,
    challenger: Address,
    bond: u128,
    fee: u128,
}

/// The optimistic verifier's books.
#[derive(Clone, Debug, Default)]
pub struct Optimistic {
    proposals: FxHashMap<u64, Proposal>,
    /// Tasks whose proposals are not closed.
    live: Vec<u64>,
    owed: FxHashMap<Address, u128>,
    total: u128,
    treasury: Address,
    challenge_period: u64,
    arbitration_period: u64,
    /// What came in without being a bond or a fee.
    pub surplus: u128,
    touched_tasks: Vec<u64>,
    touched: Vec<Address>,
}

impl Optimistic {
    /// The proposal for a task; of stage 0 if there is none.
    pub fn proposal(&self, task: u64) -> Proposal {
        self.proposals.get(&task).copied().unwrap_or_default()
    }

    /// The tasks whose proposals are not closed.
    pub fn live(&self) -> &[u64] {
        &self.live
    }

    /// What somebody is owed.
    pub fn owed(&self, account: Address) -> u128 {
        self.owed.get(&account).copied().unwrap_or_default()
    }

    /// How long a result can be challenged, in seconds.
    pub fn challenge_period(&self) -> u64 {
        self.challenge_period
    }

    /// Enters an event of the verifier; `owner` is the verifier's.
    pub fn observe(
        &mut self,
        log: Log<'_>,
        now: u64,
        owner: Address,
        market: &Market,
    ) -> Result<(), Violation> {
        match log.signature() {
            Proposed::SIGNATURE_HASH => {
                let event = log.read::<Proposed>()?;
                super::only(log, event.proposer)?;
                let task = event.taskId.saturating_to();
                let ends = u128::from(now + self.challenge_period);
                equal(event.proposer, "challenge period", event.ends.into(), ends)?;
                self.enter(task, 0, |proposal| {
                    (proposal.stage, proposal.ends) = (1, event.ends);
                    proposal.proposer = event.proposer;
                })?;
                self.live.push(task);
            }
            Challenged::SIGNATURE_HASH => {
                let event = log.read::<Challenged>()?;
                super::only(log, event.challenger)?;
                let (bond, fee) = (number(event.bond), number(event.fee));
                let ends = u128::from(now + self.arbitration_period);
                equal(event.challenger, "period", event.ends.into(), ends)?;
                let task = event.taskId.saturating_to();
                let late = u128::from(now >= self.proposal(task).ends);
                equal(event.challenger, "late challenges", late, 0)?;
                self.enter(task, 1, |proposal| {
                    (proposal.stage, proposal.ends) = (2, event.ends);
                    proposal.challenger = event.challenger;
                    (proposal.bond, proposal.fee) = (bond, fee);
                })?;
                self.total += bond + fee;
            }
            Concluded::SIGNATURE_HASH => {
                let task = log.read::<Concluded>()?.taskId;
                self.close(task, 1, self.proposal(task.saturating_to()).ends, now)?;
            }
            Lapsed::SIGNATURE_HASH => {
                let task = log.read::<Lapsed>()?.taskId;
                self.close(task, 1, self.proposal(task.saturating_to()).ends, now)?;
            }
            ChallengeResolved::SIGNATURE_HASH => self.resolved(log, now, owner, market)?,
            Withdrawn::SIGNATURE_HASH => {
                let Withdrawn { account, amount } = log.read()?;
                let amount = number(amount);
                equal(account, "withdrawal", amount, self.owed(account))?;
                self.owed.insert(account, 0);
                self.touch(account);
                self.total = less(account, "all that is owed", self.total, amount)?;
            }
            ParametersSet::SIGNATURE_HASH => {
                let event = log.read::<ParametersSet>()?;
                self.challenge_period = event.challengePeriod;
                self.arbitration_period = event.arbitrationPeriod;
            }
            TreasuryChanged::SIGNATURE_HASH => {
                self.treasury = log.read::<TreasuryChanged>()?.newTreasury;
            }
            _ => {}
        }
        Ok(())
    }

    /// Bond and fee are divided as the outcome says, and by whom it says.
    fn resolved(
        &mut self,
        log: Log<'_>,
        now: u64,
        owner: Address,
        market: &Market,
    ) -> Result<(), Violation> {
        let event = log.read::<ChallengeResolved>()?;
        let task = event.taskId.saturating_to();
        let proposal = self.proposal(task);
        let (bond, fee) = (proposal.bond, proposal.fee);
        let (expected, from) = match event.outcome {
            1 => ([bond + fee, 0, 0, 0], 0),
            2 => ([0, fee, 0, bond], 0),
            _ => ([bond, 0, fee, 0], proposal.ends),
        };
        if event.outcome != 3 {
            super::only(log, owner)?;
        }
        let client = market.task(task).map_or(Address::ZERO, |task| task.client);
        let shares = [
            (proposal.challenger, event.toChallenger),
            (proposal.proposer, event.toProposer),
            (client, event.toClient),
            (self.treasury, event.toTreasury),
        ];
        for ((account, share), expected) in shares.into_iter().zip(expected) {
            equal(account, "share of a bond", number(share), expected)?;
            *self.owed.entry(account).or_default() += expected;
            self.touch(account);
        }
        self.close(event.taskId, 2, from, now)
    }

    /// Changes the proposal of a task, which must be in this stage.
    fn enter(
        &mut self,
        task: u64,
        stage: u8,
        change: impl FnOnce(&mut Proposal),
    ) -> Result<(), Violation> {
        let proposal = self.proposals.entry(task).or_default();
        equal(OPTIMISTIC, "stage", proposal.stage.into(), stage.into())?;
        change(proposal);
        self.touched_tasks.push(task);
        Ok(())
    }

    /// Nothing more can happen to a proposal, which was in this stage, from a time on.
    fn close(&mut self, task: U256, stage: u8, from: u64, now: u64) -> Result<(), Violation> {
        let task = task.saturating_to();
        equal(OPTIMISTIC, "early ends", u128::from(now < from), 0)?;
        self.live.retain(|live| *live != task);
        self.enter(task, stage, |proposal| proposal.stage = 3)
    }

    fn touch(&mut self, account: Address) {
        if !self.touched.contains(&account) {
            self.touched.push(account);
        }
    }

    /// Forgets what the last transaction touched.
    pub fn forget(&mut self) {
        self.touched.clear();
        self.touched_tasks.clear();
    }

    /// What this holds beyond what it owes was given to it.
    pub fn absorb(&mut self, held: u128) {
        self.surplus = held.saturating_sub(self.total);
    }

    /// Compares the books with the contract: what the last transaction touched.
    pub fn verify(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        for &task in &self.touched_tasks {
            self.verify_proposal(chain, task)?;
        }
        for &account in &self.touched {
            self.verify_account(chain, account)?;
        }
        self.forget();
        balance(chain, OPTIMISTIC, self.total, self.surplus)
    }

    /// Compares everything, and every sum with its parts.
    pub fn scan(&mut self, chain: &mut Chain) -> Result<(), Violation> {
        let mut total = 0;
        for (&task, proposal) in &self.proposals {
            self.verify_proposal(chain, task)?;
            if proposal.stage == 2 {
                total += proposal.bond + proposal.fee;
            }
        }
        for (&account, owed) in &self.owed {
            self.verify_account(chain, account)?;
            total += owed;
        }
        equal(OPTIMISTIC, "all that is owed", total, self.total)?;
        self.verify(chain)
    }

    fn verify_proposal(&self, chain: &mut Chain, task: u64) -> Result<(), Violation> {
        let proposal = self.proposal(task);
        let question = OptimisticViews::proposalOfCall {
            taskId: U256::from(task),
        };
        let found = ask(chain, OPTIMISTIC, question)?;
        let who = proposal.proposer;
        equal(who, "stage", found.stage.into(), proposal.stage.into())?;
        let (challenger, proposer) = (found.challenger, found.proposer);
        let same = proposer == who && challenger == proposal.challenger;
        equal(who, "parties", same.into(), 1)?;
        equal(who, "bond", number(found.bond), proposal.bond)?;
        equal(who, "fee", number(found.fee), proposal.fee)?;
        equal(who, "end", found.ends.into(), proposal.ends.into())
    }

    fn verify_account(&self, chain: &mut Chain, account: Address) -> Result<(), Violation> {
        let question = OptimisticViews::owedToCall { account };
        let found = number(ask(chain, OPTIMISTIC, question)?);
        equal(account, "what is owed", found, self.owed(account))
    }
}

fn equal(
    account: Address,
    what: &'static str,
    found: u128,
    expected: u128,
) -> Result<(), Violation> {
    super::equal(OPTIMISTIC, account, what, found, expected)
}

fn number(word: U256) -> u128 {
    word.saturating_to()
}
