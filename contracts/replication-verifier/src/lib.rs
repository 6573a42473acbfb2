//! The replication verifier: several providers do a task's work again, and the result counts if more than half find the same.
//!
//! ```text
//! enrol ──▶ (delivery) ──draw──▶ claim ──▶ commit ──▶ reveal ──conclude──▶ market
//!   └─leave                        └─leave, without a seat
//! ```
//!
//! A registered provider that has put in oGPU enrols for a task that names this verifier, while it takes bids or is worked on. After
//! delivery the client opens the secret of its [`Plan`](ogpu_rules::replication::Plan), which together with the seal decides who gets the
//! seats. Replicas commit to what they find before anybody reveals, then reveal; anybody concludes. Those who found what the verdict says
//! share the task's verifier fee; whoever found something else, or kept a seat without saying anything, loses its bond. A verdict of none
//! sends the task to arbitration: nothing is paid by default.
//!
//! The verifier's token balance is the sum of what is free and locked in all purses, to the wei. Every bond has an end that needs nobody's
//! leave, and nothing can be paused. The rules are in [`ogpu_rules::replication`]; what can be biased is in `docs/verification.md`.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod errors;
mod events;
mod settlement;
mod siblings;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    Ownable, Upgradeable,
    amount::{nonzero, positive, time, widen},
    initializable,
    key::{Account, Number, Pair},
    ownable, token, words,
};
use ogpu_rules::replication::{Candidate, CandidateStage, Round, commitment, seed, ticket};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap},
};

pub use errors::*;
pub use events::*;
use settlement::insufficient;

/// The verifier.
#[storage]
#[entrypoint]
pub struct ReplicationVerifier {
    /// A [`Purse`] each.
    purses: StorageMap<Account, StorageB256>,
    /// A [`Round`] for each task that was drawn.
    rounds: StorageMap<Number, StorageB256>,
    /// What decides the tickets of a task.
    seeds: StorageMap<Number, StorageB256>,
    /// Who sits where: task, then seat from 0.
    seats: StorageMap<Pair, StorageAddress>,
    /// A [`Candidate`] for each account that enrolled for a task.
    candidates: StorageMap<Pair, StorageB256>,
    /// What replicas committed to, then what they revealed.
    results: StorageMap<Pair, StorageB256>,
    /// The task manager.
    market: StorageAddress,
    /// Where the market pays fees.
    escrow: StorageAddress,
    /// Who the providers are.
    registry: StorageAddress,
    /// The oGPU token.
    token: StorageAddress,
    /// Whose the bonds are that are lost.
    treasury: StorageAddress,
}

/// A small number as a word.
pub(crate) const fn small(number: u8) -> U256 {
    widen(number as u128)
}

ogpu_common::proxied!(ReplicationVerifier);

#[public]
#[implements(Ownable, Upgradeable)]
impl ReplicationVerifier {
    /// Makes the verifier of `market`, whose fees are in `escrow` and whose providers in `registry`, once, through a new proxy. Bonds
    /// that are lost are the treasury's. Emits `TreasuryChanged`.
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`, `OwnableInvalidOwner`, `ZeroAddress`.
    pub fn initialize(
        &mut self,
        owner: Address,
        market: Address,
        escrow: Address,
        registry: Address,
        token: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.market.set(nonzero(market)?);
        self.escrow.set(nonzero(escrow)?);
        self.registry.set(nonzero(registry)?);
        self.token.set(nonzero(token)?);
        self.replace_treasury(treasury)
    }

    /// Sets whose the bonds are that are lost from now on. Owner only. Emits `TreasuryChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_treasury(treasury)
    }

    /// Puts `amount` wei, which the caller has allowed the verifier to take, into its purse. Anyone. Emits `Deposited`.
    ///
    /// # Errors
    /// `ZeroAmount`, `AmountTooLarge`, `TokenTookFee`, `TokenCallFailed`, and what the token reverts with.
    pub fn deposit(&mut self, amount: U256) -> Result<(), Error> {
        let amount = positive(amount)?;
        let account = self.vm().msg_sender();
        self.put_purse(account, self.purse(account).credit(amount));
        self.emit::<Deposited>(&[&words::address(account)], &[&widen(amount)]);
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::pull(self.vm(), call, token, account, amount)?)
    }

    /// Sends the caller `amount` wei of what is free in its purse: what it put in, and what it was credited. Bonds stay. Emits
    /// `Withdrawn`.
    ///
    /// # Errors
    /// `ZeroAmount`, `AmountTooLarge`, [`InsufficientPurse`], `TokenCallFailed`, and what the token reverts with.
    pub fn withdraw(&mut self, amount: U256) -> Result<(), Error> {
        let amount = positive(amount)?;
        let account = self.vm().msg_sender();
        let purse = self.purse(account);
        let left = purse
            .debit(amount)
            .ok_or_else(|| insufficient(account, purse, amount))?;
        self.put_purse(account, left);
        self.emit::<Withdrawn>(&[&words::address(account)], &[&widen(amount)]);
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::push(self.vm(), call, token, account, amount)?)
    }

    /// Gives the caller a ticket for a task that is open or worked on, and locks the bond that the task's plan asks for. A registered
    /// provider that is no side of the task, once. Emits `Enrolled`.
    ///
    /// # Errors
    /// [`OtherVerifier`], [`WrongStatus`], [`InvalidPlan`], [`SelfDealing`], [`AlreadyEnrolled`], [`NotRegistered`],
    /// [`InsufficientPurse`].
    pub fn enrol(&mut self, task_id: U256) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let task = self.task(&task_id)?;
        task.check_enrolling(&task_id)?;
        task.check_stranger(account)?;
        let bond = task.plan(&task_id)?.bond();
        if self.candidate(&task_id, account).stage != CandidateStage::None {
            return Err(Error::by::<AlreadyEnrolled>(&task_id, account));
        }
        self.check_registered(account)?;
        let purse = self.purse(account);
        let purse = purse
            .lock(bond)
            .ok_or_else(|| insufficient(account, purse, bond))?;
        self.put_purse(account, purse);
        let enrolled = Candidate {
            stage: CandidateStage::Enrolled,
            seat: 0,
            bond,
        };
        self.put_candidate(&task_id, account, enrolled);
        self.emit::<Enrolled>(&[&task_id, &words::address(account)], &[&widen(bond)]);
        Ok(())
    }

    /// Gives the caller's ticket back and frees its bond, at any time, unless it has a seat. Emits `Left`.
    ///
    /// # Errors
    /// [`NotEnrolled`], [`AlreadySeated`].
    pub fn leave(&mut self, task_id: U256) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let candidate = self.candidate(&task_id, account);
        if candidate.stage == CandidateStage::None {
            return Err(Error::by::<NotEnrolled>(&task_id, account));
        }
        if self.is_seated(&task_id, account, &candidate) {
            return Err(Error::by::<AlreadySeated>(&task_id, account));
        }
        self.put_candidate(&task_id, account, Candidate::default());
        self.put_purse(account, self.purse(account).unlock(candidate.bond));
        self.emit::<Left>(
            &[&task_id, &words::address(account)],
            &[&widen(candidate.bond)],
        );
        Ok(())
    }

    /// Opens the secret of a delivered task's plan, which decides the tickets; seats can be claimed. Whoever knows the secret, once, while
    /// the market's deadline leaves time for the round. Emits `Drawn`.
    ///
    /// # Errors
    /// [`OtherVerifier`], [`WrongStatus`], [`InvalidPlan`], [`WrongSecret`], [`DeadlineTooNear`], [`WrongStage`].
    pub fn draw(&mut self, task_id: U256, secret: B256) -> Result<(), Error> {
        let task = self.task(&task_id)?;
        task.check_submitted(&task_id)?;
        let plan = task.plan(&task_id)?;
        if !plan.opens(&secret) {
            return Err(Error::of::<WrongSecret>(&[&task_id]));
        }
        let now = self.vm().block_timestamp();
        let needed = now + plan.time_needed();
        if needed > task.deadline {
            return Err(Error::of::<DeadlineTooNear>(&[
                &task_id,
                &time(task.deadline),
                &time(needed),
            ]));
        }
        let round = self.step(&task_id, |round| round.draw(&plan, now))?;
        let seed = seed(&words::word(&task_id), &secret, &task.seal);
        self.seeds.insert(Number(task_id), seed);
        self.emit::<Drawn>(
            &[&task_id],
            &[
                &words::number(&seed),
                &small(round.ordered),
                &time(round.claim_end),
                &time(round.commit_end),
                &time(round.reveal_end),
            ],
        );
        Ok(())
    }

    /// Takes a seat for the caller: one that is vacant, or that of the highest ticket if the caller's is lower. Who enrolled and is no side
    /// of the task, within the claim window. Emits `Seated`.
    ///
    /// # Errors
    /// [`WrongStage`], [`TooLate`], [`NotEnrolled`], [`AlreadySeated`], [`NoSeat`], [`SelfDealing`].
    pub fn claim(&mut self, task_id: U256) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let round = self.round(&task_id);
        round
            .check_claim(self.vm().block_timestamp())
            .map_err(|error| Error::of_round(&task_id, error))?;
        let candidate = self.candidate(&task_id, account);
        if candidate.stage == CandidateStage::None {
            return Err(Error::by::<NotEnrolled>(&task_id, account));
        }
        if self.is_seated(&task_id, account, &candidate) {
            return Err(Error::by::<AlreadySeated>(&task_id, account));
        }
        self.task(&task_id)?.check_stranger(account)?;
        let seat = self.find_seat(&task_id, &round, account)?;
        let displaced = self.seats.get(Pair(task_id, small(seat)));
        if displaced.is_zero() {
            let seated = Round {
                seated: round.seated + 1,
                ..round
            };
            self.put_round(&task_id, &seated);
        }
        self.seats.insert(Pair(task_id, small(seat)), account);
        let seated = Candidate {
            stage: CandidateStage::Seated,
            seat,
            ..candidate
        };
        self.put_candidate(&task_id, account, seated);
        self.emit::<Seated>(
            &[&task_id, &words::address(account)],
            &[&small(seat), &words::address(displaced)],
        );
        Ok(())
    }

    /// Commits the caller to a result: `keccak256(abi.encode(taskId, caller, resultHash, salt))`, with a salt of 32 bytes that nobody can
    /// guess. A replica, once, between the claim window and the end of the time to work. Emits `Committed`.
    ///
    /// # Errors
    /// [`WrongStage`], [`TooEarly`], [`TooLate`], [`NotSeated`], [`AlreadyCommitted`].
    pub fn commit(&mut self, task_id: U256, commitment: B256) -> Result<(), Error> {
        let (replica, now) = (self.vm().msg_sender(), self.vm().block_timestamp());
        let candidate = self.replica(&task_id, replica)?;
        if candidate.stage != CandidateStage::Seated {
            return Err(Error::by::<AlreadyCommitted>(&task_id, replica));
        }
        self.step(&task_id, |round| round.commit(now))?;
        let committed = Candidate {
            stage: CandidateStage::Committed,
            ..candidate
        };
        self.put_candidate(&task_id, replica, committed);
        self.results.insert(Pair::of(&task_id, replica), commitment);
        self.emit::<Committed>(
            &[&task_id, &words::address(replica)],
            &[&words::number(&commitment)],
        );
        Ok(())
    }

    /// Reveals the result that the caller has committed to. A replica, once, from when nothing is committed any more until the end of the
    /// reveal window. Emits `Revealed`.
    ///
    /// # Errors
    /// [`ZeroResult`], [`NotSeated`], [`NothingToReveal`], [`WrongReveal`], [`WrongStage`], [`TooEarly`], [`TooLate`].
    pub fn reveal(&mut self, task_id: U256, result_hash: B256, salt: B256) -> Result<(), Error> {
        if result_hash.is_zero() {
            return Err(Error::of::<ZeroResult>(&[]));
        }
        let (replica, now) = (self.vm().msg_sender(), self.vm().block_timestamp());
        let candidate = self.replica(&task_id, replica)?;
        if candidate.stage != CandidateStage::Committed {
            return Err(Error::by::<NothingToReveal>(&task_id, replica));
        }
        let (task, account) = (words::word(&task_id), replica.into_word());
        let key = || Pair::of(&task_id, replica);
        if commitment(&task, &account, &result_hash, &salt) != self.results.get(key()) {
            return Err(Error::by::<WrongReveal>(&task_id, replica));
        }
        self.step(&task_id, |round| round.reveal(now))?;
        let revealed = Candidate {
            stage: CandidateStage::Revealed,
            ..candidate
        };
        self.put_candidate(&task_id, replica, revealed);
        self.results.insert(key(), result_hash);
        self.emit::<Revealed>(
            &[&task_id, &words::address(replica)],
            &[&words::number(&result_hash)],
        );
        Ok(())
    }

    /// Ends a round: counts the results, frees or slashes bonds, tells the market and divides its fee. Anyone, once all that was committed
    /// is revealed or the reveal window is over, or the claim window if too few seats were taken. What the market does not wait for any
    /// more is ended without a verdict. Emits `Slashed` and `Credited` for accounts, and `Concluded`.
    ///
    /// # Errors
    /// [`WrongStage`], [`TooEarly`], and what the market and the escrow revert with.
    pub fn conclude(&mut self, task_id: U256) -> Result<(), Error> {
        self.settle(&task_id)
    }

    /// What an account has here, in wei: free, and locked in bonds.
    pub fn purse_of(&self, account: Address) -> (U256, U256) {
        let purse = self.purse(account);
        (widen(purse.free), widen(purse.locked))
    }

    /// A round: its stage (0 none, 1 drawn, 2 closed), how many replicas were ordered, are seated, have committed, have revealed; when
    /// claims, commitments and reveals end (seconds since 1970); and the seed of the tickets.
    #[allow(clippy::type_complexity)] // the fields of a round
    pub fn round_of(&self, task_id: U256) -> (u8, u8, u8, u8, u8, u64, u64, u64, B256) {
        let round = self.round(&task_id);
        (
            round.stage as u8,
            round.ordered,
            round.seated,
            round.committed,
            round.revealed,
            round.claim_end,
            round.commit_end,
            round.reveal_end,
            self.seeds.get(Number(task_id)),
        )
    }

    /// What an account has done for a task (0 nothing, 1 enrolled, 2 seated, 3 committed, 4 revealed), whether it has a seat, its bond in
    /// wei, and what it committed to, or revealed.
    pub fn candidate_of(&self, task_id: U256, account: Address) -> (u8, bool, U256, B256) {
        let candidate = self.candidate(&task_id, account);
        (
            candidate.stage as u8,
            self.is_seated(&task_id, account, &candidate),
            widen(candidate.bond),
            self.results.get(Pair::of(&task_id, account)),
        )
    }

    /// Who has a seat of a task, by number from 0; zero for a vacant one.
    pub fn replica_at(&self, task_id: U256, seat: u8) -> Address {
        self.seats.get(Pair(task_id, small(seat)))
    }

    /// An account's ticket for a task that was drawn: the lowest ones win.
    pub fn ticket_of(&self, task_id: U256, account: Address) -> B256 {
        ticket(&self.seeds.get(Number(task_id)), &account.into_word())
    }

    /// The market whose tasks are decided.
    pub fn market(&self) -> Address {
        self.market.get()
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// Whose the bonds are that are lost.
    pub fn treasury(&self) -> Address {
        self.treasury.get()
    }
}
