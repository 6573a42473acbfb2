//! What becomes of the votes: verdict, pay and slashes; and planted tasks.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount::{time, widen},
    key::Number,
    words,
};
use ogpu_rules::committee::{
    Due, Field, MAX_SIZE, PLANT_WINDOW, Phase, Round, Vote, hash, split, verdict::verdict,
};
use stylus_sdk::prelude::*;

use crate::{Committee, errors::*, events::*, nodes::Cause, rounds::wrong_phase, small};

/// A member of a committee that still has its seat, and its vote if it was revealed.
type Member = Option<(Address, Option<Vote>)>;

impl Committee {
    /// Does what is due with a round that votes.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn count_votes(&mut self, task_id: &U256) -> Result<(), Error> {
        let (round, now) = (self.round(task_id), self.now());
        if round.phase != Phase::Voting {
            return Err(wrong_phase(task_id, round.phase));
        }
        match round.due(now) {
            Due::Wait(until) => Err(Error::early(task_id, until)),
            Due::Extend => {
                let round = round.extend(now);
                self.put_round(task_id, round);
                self.emit::<RoundExtended>(
                    &[task_id],
                    &[&time(round.commit_end), &time(round.reveal_end)],
                );
                Ok(())
            }
            Due::Count | Due::GiveUp => self.settle(task_id, round),
        }
    }

    /// Ends a round: tells the market, slashes and pays. A round in which too few voted, or
    /// without a committee, has no verdict.
    pub fn settle(&mut self, task_id: &U256, round: Round) -> Result<(), Error> {
        let members = self.voters(task_id, &round);
        let votes = members.map(|member| member.and_then(|(_, vote)| vote));
        let counted = round.phase == Phase::Voting && round.due(self.now()) == Due::Count;
        let decided = if counted {
            verdict(&votes, round.size)
        } else {
            None
        };
        let (result, winners, latency_ok) = decided.map_or((B256::ZERO, 0, false), |decided| {
            (decided.result, decided.votes, decided.latency_ok)
        });
        self.put_round(task_id, round.closed(self.now()));
        let fee = self.report(task_id, result)?;

        let params = self.params(round.version);
        let amount = params.slash(Field::VoteSlash);
        let mut slashed = 0;
        let mut agreed = [Address::ZERO; MAX_SIZE];
        for (index, member) in members.into_iter().enumerate() {
            let Some((account, vote)) = member else {
                continue;
            };
            let agrees = winners > 0 && vote.is_some_and(|vote| vote.result == result);
            if agrees {
                agreed[index] = account;
            } else if round.missed(index as u8) {
                slashed += self.slash(account, task_id, Cause::MissingVote, amount);
            } else if winners > 0 {
                slashed += self.slash(account, task_id, Cause::MinorityVote, amount);
            }
        }
        let (each, rest) = split(fee + slashed, winners);
        for account in agreed {
            if !account.is_zero() {
                self.credit(account, task_id, each);
            }
        }
        self.credit(self.treasury.get(), task_id, rest);
        self.emit::<RoundClosed>(
            &[task_id],
            &[
                &words::number(&result),
                &small(winners.into()),
                &small(latency_ok.into()),
                &widen(fee),
                &widen(slashed),
            ],
        );
        Ok(())
    }

    /// Takes a commitment of the planter.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn sow(&mut self, commitment: B256) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.planter.get() {
            return Err(Error::of::<NotPlanter>(&[&words::address(caller)]));
        }
        let number = words::number(&commitment);
        if !self.plant_time(&commitment).is_zero() {
            return Err(Error::of::<AlreadyPlanted>(&[&number]));
        }
        let now = words::word(&time(self.now()));
        self.plants.insert(Number(number), now);
        self.emit::<PlantCommitted>(&[&number], &[]);
        Ok(())
    }

    /// Opens a planted task and slashes who voted wrongly.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn reap(&mut self, task_id: &U256, answer: B256, salt: &B256) -> Result<(), Error> {
        let commitment = hash(&[&words::word(task_id), &answer, salt]);
        let number = words::number(&commitment);
        let planted_at = self.plant_time(&commitment);
        if planted_at.is_zero() {
            return Err(Error::of::<UnknownPlant>(&[&number]));
        }
        let round = self.round(task_id);
        if round.phase != Phase::Closed {
            return Err(wrong_phase(task_id, round.phase));
        }
        // From then on secrets are revealed, and whoever knows them all knows the committee.
        let latest = time(self.beacon(&small(round.beacon)).0.commit_end);
        if planted_at >= latest {
            return Err(Error::of::<PlantedTooLate>(&[
                task_id,
                &planted_at,
                &latest,
            ]));
        }
        let until = round.reveal_end + PLANT_WINDOW;
        if self.now() >= until {
            return Err(Error::late(task_id, until));
        }
        self.plants.insert(Number(number), B256::ZERO);
        let planted = Round {
            phase: Phase::Planted,
            ..round
        };
        self.put_round(task_id, planted);
        let params = self.params(round.version);
        let amount = params.slash(Field::PlantSlash);
        let mut slashed = 0;
        for (account, vote) in self.voters(task_id, &round).into_iter().flatten() {
            if vote.is_some_and(|vote| vote.result != answer) {
                slashed += self.slash(account, task_id, Cause::WrongOnPlant, amount);
            }
        }
        self.credit(self.treasury.get(), task_id, slashed);
        self.emit::<PlantOpened>(
            &[task_id, &number],
            &[&words::number(&answer), &widen(slashed)],
        );
        Ok(())
    }

    /// The members of a committee by seat. A number that somebody else has by now is nobody's seat.
    fn voters(&self, task_id: &U256, round: &Round) -> [Member; MAX_SIZE] {
        let numbers = self.members(task_id);
        let mut members = [None; MAX_SIZE];
        let size = usize::from(round.size);
        for (index, member) in members.iter_mut().enumerate().take(size) {
            let account = self.holder(&small(numbers[index]));
            let seat = self.seat(task_id, account);
            if seat.index() == Some(index as u8) {
                *member = Some((account, round.vote(seat)));
            }
        }
        members
    }
}
