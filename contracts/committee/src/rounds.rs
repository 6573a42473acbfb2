//! The way of a task up to its votes.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount::{self, time},
    key::Number,
    words,
};
use ogpu_rules::committee::{
    Field, MAX_ATTEMPTS, MAX_SIZE, MAX_TRIES, Phase, Round, Seat, Vote,
    beacon::{self, Stage},
    round, ticket,
};
use stylus_sdk::prelude::*;

use crate::{Committee, errors::*, events::*, small};

impl Committee {
    /// Has a task wait for a beacon, or for another one.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn ask(&mut self, task_id: &U256) -> Result<(), Error> {
        let round = self.round(task_id);
        let round = match round.phase {
            Phase::None => {
                if self.awaited(task_id)?.empty {
                    return Err(Error::of::<EmptyResult>(&[task_id]));
                }
                Round::request(self.version(), self.open_beacon())
            }
            Phase::Requested => {
                let id = small(round.beacon);
                if self.beacon(&id).1 != Stage::Failed {
                    return Err(Error::of::<AlreadyRequested>(&[task_id, &id]));
                }
                if round.attempts >= MAX_ATTEMPTS {
                    return self.settle(task_id, round);
                }
                Round {
                    attempts: round.attempts + 1,
                    beacon: self.open_beacon(),
                    ..round
                }
            }
            phase => return Err(wrong_phase(task_id, phase)),
        };
        self.put_round(task_id, round);
        self.emit::<Requested>(&[task_id, &small(round.beacon)], &[]);
        Ok(())
    }

    /// Draws the committee of a task.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn seat_committee(&mut self, task_id: &U256) -> Result<(), Error> {
        let round = self.round(task_id);
        if round.phase != Phase::Requested {
            return Err(wrong_phase(task_id, round.phase));
        }
        let id = small(round.beacon);
        let (beacon, stage) = self.beacon(&id);
        match stage {
            Stage::Commit(until) | Stage::Reveal(until) => {
                return Err(Error::early(task_id, until));
            }
            Stage::Failed => return Err(Error::of::<BeaconFailed>(&[&id])),
            Stage::Ready => {}
        }
        let (task, params, now) = (
            self.awaited(task_id)?,
            self.params(round.version),
            self.now(),
        );
        let (commit_window, reveal_window) = (
            params.seconds(Field::CommitWindow),
            params.seconds(Field::RevealWindow),
        );
        let min_bond = params.get(Field::MinBond);
        let needed = now + commit_window + reveal_window;
        if task.deadline < needed {
            return Err(Error::of::<DeadlineTooNear>(&[
                task_id,
                &time(task.deadline),
                &time(needed),
            ]));
        }
        let size = params.size(amount::checked(task.price)?);
        let seed = beacon::seed(&words::word(&id), &self.mixes.get(Number(id)));
        let (mut members, mut seated) = ([(0, Address::ZERO); MAX_SIZE], 0);
        if beacon.nodes > 0 {
            for index in 0..MAX_TRIES {
                let number = ticket(
                    &seed,
                    &words::word(task_id),
                    &task.seal,
                    index,
                    beacon.nodes,
                );
                let account = self.holder(&small(number));
                if account == task.client
                    || account == task.provider
                    || members.iter().any(|(taken, _)| *taken == number)
                    || !self.node(account).can_be_drawn(min_bond, beacon.opened_at)
                {
                    continue;
                }
                members[seated] = (number, account);
                seated += 1;
                if seated == usize::from(size) {
                    break;
                }
            }
        }
        if seated < usize::from(size) {
            return self.settle(task_id, round);
        }
        let mut committee = B256::ZERO;
        for (index, (number, account)) in members.into_iter().take(seated).enumerate() {
            committee[4 * index..4 * index + 4].copy_from_slice(&number.to_be_bytes());
            self.put_seat(task_id, account, Seat::Drawn(index as u8));
            self.emit::<Seated>(
                &[task_id, &words::address(account)],
                &[&small(index as u32)],
            );
        }
        self.committees.insert(Number(*task_id), committee);
        let round = round.drawn(size, now, commit_window, reveal_window);
        self.put_round(task_id, round);
        self.emit::<CommitteeDrawn>(
            &[task_id],
            &[
                &small(size.into()),
                &time(round.commit_end),
                &time(round.reveal_end),
            ],
        );
        Ok(())
    }

    /// Takes a commitment to a vote.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn take_vote(&mut self, task_id: &U256, commitment: B256) -> Result<(), Error> {
        let node = self.vm().msg_sender();
        let (round, seat) = self
            .round(task_id)
            .commit(self.seat(task_id, node), commitment, self.now())
            .map_err(|error| Error::of_vote(task_id, node, error))?;
        self.put_round(task_id, round);
        self.put_seat(task_id, node, seat);
        self.emit::<VoteCommitted>(&[task_id, &words::address(node)], &[]);
        Ok(())
    }

    /// Takes a vote.
    ///
    /// # Errors
    /// Those of the public function.
    pub fn open_vote(&mut self, task_id: &U256, vote: Vote, salt: &B256) -> Result<(), Error> {
        let node = self.vm().msg_sender();
        let commitment = round::commitment(&words::word(task_id), &node.into_word(), vote, salt);
        let (round, seat) = self
            .round(task_id)
            .reveal(self.seat(task_id, node), commitment, vote, self.now())
            .map_err(|error| Error::of_vote(task_id, node, error))?;
        self.put_round(task_id, round);
        self.put_seat(task_id, node, seat);
        self.emit::<VoteRevealed>(
            &[task_id, &words::address(node)],
            &[&words::number(&vote.result), &small(vote.latency_ok.into())],
        );
        Ok(())
    }

    /// The numbers of a committee, 0 beyond its size.
    pub fn members(&self, task_id: &U256) -> [u32; MAX_SIZE] {
        let committee = self.committees.get(Number(*task_id));
        let mut members = [0; MAX_SIZE];
        for (member, bytes) in members.iter_mut().zip(committee.chunks_exact(4)) {
            let mut four = [0; 4];
            four.copy_from_slice(bytes);
            *member = u32::from_be_bytes(four);
        }
        members
    }
}

/// The round is at something else.
pub fn wrong_phase(task_id: &U256, phase: Phase) -> Error {
    Error::of::<WrongPhase>(&[task_id, &small(phase as u32)])
}
