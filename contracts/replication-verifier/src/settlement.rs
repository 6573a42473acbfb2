//! What the public functions are made of, and how a round ends.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    amount::{nonzero, widen},
    key::{Account, Number, Pair},
    words,
};
use ogpu_rules::{
    committee::split,
    replication::{
        Candidate, CandidateStage, MAX_REPLICAS, Purse, Round, RoundError, ticket, verdict,
    },
    seal,
};
use stylus_sdk::prelude::*;

use crate::{Error, ReplicationVerifier, errors::*, events::*, small};

impl ReplicationVerifier {
    /// Counts, frees and slashes, tells the market, and pays.
    pub(crate) fn settle(&mut self, task_id: &U256) -> Result<(), Error> {
        let now = self.vm().block_timestamp();
        let round = self.step(task_id, |round| round.close(now))?;
        let task = self.task(task_id)?;
        let told = task.awaits(now);

        let mut replicas = [Address::ZERO; MAX_REPLICAS as usize];
        let mut results = [None; MAX_REPLICAS as usize];
        for seat in 0..round.seated {
            let account = self.seats.get(Pair(*task_id, small(seat)));
            replicas[seat as usize] = account;
            if self.candidate(task_id, account).stage == CandidateStage::Revealed {
                results[seat as usize] = Some(self.results.get(Pair::of(task_id, account)));
            }
        }
        let decided = verdict(&results, round.ordered, |result| {
            let preimage = seal::preimage(*task_id, task.provider_id, *result);
            self.vm().native_keccak256(&preimage) == task.seal
        })
        .filter(|_| told);
        let (result, winners) =
            decided.map_or((B256::ZERO, 0), |found| (found.result, found.replicas));

        let fee = if told { task.fee } else { 0 };
        let (each, rest) = split(fee, winners);
        let mut slashed = 0;
        for seat in 0..round.seated as usize {
            let (account, found) = (replicas[seat], results[seat]);
            let bond = self.candidate(task_id, account).bond;
            self.put_candidate(task_id, account, Candidate::default());
            let right = match found {
                None => round.is_short(),
                Some(found) => winners == 0 || found == result,
            };
            if right {
                self.put_purse(account, self.purse(account).unlock(bond));
            } else {
                slashed += bond;
                self.put_purse(account, self.purse(account).slash(bond));
                self.emit::<Slashed>(&[task_id, &words::address(account)], &[&widen(bond)]);
            }
            if winners > 0 && found == Some(result) {
                self.credit(task_id, account, each);
            }
        }
        let treasury = self.treasury.get();
        if winners == 0 {
            self.credit(task_id, task.client, fee);
            self.credit(task_id, treasury, slashed);
        } else {
            self.credit(task_id, treasury, slashed + rest);
        }
        self.emit::<Concluded>(
            &[task_id],
            &[
                &words::number(&result),
                &small(winners),
                &small(told.into()),
                &widen(fee),
                &widen(slashed),
            ],
        );
        if told {
            self.report(task_id, result, fee)?;
        }
        Ok(())
    }

    /// The seat that an account can take: a vacant one, or that of the highest ticket above its own.
    pub(crate) fn find_seat(
        &self,
        task_id: &U256,
        round: &Round,
        account: Address,
    ) -> Result<u8, Error> {
        if round.seated < round.ordered {
            return Ok(round.seated);
        }
        let seed = self.seeds.get(Number(*task_id));
        let own = ticket(&seed, &account.into_word());
        let (mut seat, mut highest) = (0, B256::ZERO);
        for other in 0..round.seated {
            let holder = self.seats.get(Pair(*task_id, small(other)));
            let theirs = ticket(&seed, &holder.into_word());
            if theirs > highest {
                (seat, highest) = (other, theirs);
            }
        }
        if own < highest {
            return Ok(seat);
        }
        Err(Error::of::<NoSeat>(&[
            task_id,
            &words::number(&own),
            &words::number(&highest),
        ]))
    }

    /// A candidate that has a seat.
    pub(crate) fn replica(&self, task_id: &U256, account: Address) -> Result<Candidate, Error> {
        let candidate = self.candidate(task_id, account);
        if self.is_seated(task_id, account, &candidate) {
            Ok(candidate)
        } else {
            Err(Error::by::<NotSeated>(task_id, account))
        }
    }

    /// Whether a candidate has the seat that it took, in a round that is not over.
    pub(crate) fn is_seated(
        &self,
        task_id: &U256,
        account: Address,
        candidate: &Candidate,
    ) -> bool {
        candidate.stage >= CandidateStage::Seated
            && self.seats.get(Pair(*task_id, small(candidate.seat))) == account
    }

    /// Takes a step of a round.
    pub(crate) fn step(
        &mut self,
        task_id: &U256,
        step: impl FnOnce(Round) -> Result<Round, RoundError>,
    ) -> Result<Round, Error> {
        let round = step(self.round(task_id)).map_err(|error| Error::of_round(task_id, error))?;
        self.put_round(task_id, &round);
        Ok(round)
    }

    pub(crate) fn replace_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        let treasuries = [self.treasury.get(), nonzero(treasury)?].map(words::address);
        self.treasury.set(treasury);
        self.emit::<TreasuryChanged>(&treasuries.each_ref(), &[]);
        Ok(())
    }

    fn credit(&mut self, task_id: &U256, account: Address, amount: u128) {
        if amount > 0 {
            self.put_purse(account, self.purse(account).credit(amount));
            self.emit::<Credited>(&[task_id, &words::address(account)], &[&widen(amount)]);
        }
    }

    pub(crate) fn emit<E: SolEvent>(&self, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), &E::SIGNATURE_HASH, indexed, others, &[]);
    }

    pub(crate) fn purse(&self, account: Address) -> Purse {
        Purse::unpack(&self.purses.get(Account(account)))
    }

    pub(crate) fn put_purse(&mut self, account: Address, purse: Purse) {
        self.purses.insert(Account(account), purse.pack());
    }

    pub(crate) fn round(&self, task_id: &U256) -> Round {
        Round::unpack(&self.rounds.get(Number(*task_id)))
    }

    pub(crate) fn put_round(&mut self, task_id: &U256, round: &Round) {
        self.rounds.insert(Number(*task_id), round.pack());
    }

    pub(crate) fn candidate(&self, task_id: &U256, account: Address) -> Candidate {
        Candidate::unpack(&self.candidates.get(Pair::of(task_id, account)))
    }

    pub(crate) fn put_candidate(&mut self, task_id: &U256, account: Address, candidate: Candidate) {
        self.candidates
            .insert(Pair::of(task_id, account), candidate.pack());
    }
}

/// Too little is free.
#[inline(never)]
pub(crate) fn insufficient(account: Address, purse: Purse, requested: u128) -> Error {
    Error::of::<InsufficientPurse>(&[
        &words::address(account),
        &widen(purse.free),
        &widen(requested),
    ])
}
