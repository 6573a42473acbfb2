//! Outcomes of tasks, and what clients say of them.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    Text,
    amount::{self, time, widen},
    key::Number,
    words,
};
use ogpu_rules::{Outcome, OutcomeSlot, Pair, outcome::Stage, score};
use stylus_sdk::prelude::*;

use crate::{
    ReputationRegistry,
    encode::{Field, encode},
    errors::{
        AlreadyRated, AlreadyRecorded, Error, FeedbackOutOfRange, NotClient, NotTaskManager,
        SelfDealing, UnknownOutcome,
    },
    events::{NewFeedback, OutcomeRecorded, TaskRated},
    profile, small,
};

/// The decimals in which feedback is summed.
pub const FEEDBACK_DECIMALS: u8 = 2;
/// The best feedback, with [`FEEDBACK_DECIMALS`].
const MAX_FEEDBACK: u64 = 10_000;

/// What a client says of a task, as `giveFeedback` takes it.
pub struct Feedback {
    pub value: i128,
    pub value_decimals: u8,
    pub tag1: Text,
    pub tag2: Text,
    pub uri: Text,
    pub hash: B256,
}

impl ReputationRegistry {
    /// The outcome of a task.
    ///
    /// # Errors
    /// [`UnknownOutcome`].
    pub(crate) fn outcome(&self, task_id: &U256) -> Result<OutcomeSlot, Error> {
        let slot = OutcomeSlot::unpack(self.outcomes.get(Number(*task_id)));
        slot.ok_or_else(|| Error::of::<UnknownOutcome>(&[task_id]))
    }

    pub(crate) fn put_outcome(&mut self, task_id: &U256, slot: OutcomeSlot) {
        self.outcomes.insert(Number(*task_id), slot.pack());
    }

    /// What a client and a provider have done with each other.
    pub(crate) fn pair(&self, client: Address, provider: u32) -> Pair {
        Pair::unpack(self.pairs.get(pair_key(client, provider)))
    }

    fn put_pair(&mut self, client: Address, provider: u32, pair: Pair) {
        self.pairs.insert(pair_key(client, provider), pair.pack());
    }

    /// The number of a provider's feedbacks, and their sum in hundredths.
    pub(crate) fn feedback(&self, provider: u32) -> (u64, u64) {
        let [sum, count, ..] = self.feedback.get(provider).into_limbs();
        (count, sum)
    }

    /// See [`ReputationRegistry::record_outcome`].
    pub(crate) fn record_task(
        &mut self,
        task_id: &U256,
        provider_id: &U256,
        client: Address,
        value: &U256,
        provider_bps: u16,
        settled_at: u64,
    ) -> Result<U256, Error> {
        let caller = self.vm().msg_sender();
        let task_manager = self.task_manager.get();
        if caller != task_manager {
            return Err(Error::by::<NotTaskManager>(
                &words::address(caller),
                task_manager,
            ));
        }
        let (id, mut record) = self.record(provider_id)?;
        if self.outcome(task_id).is_ok() {
            return Err(Error::of::<AlreadyRecorded>(&[task_id]));
        }
        let now = self.vm().block_timestamp();
        let outcome = Outcome::of(provider_bps);
        let success = outcome == Outcome::Success;
        let counted = outcome != Outcome::Neutral && client != record.owner;
        let (mut weight, mut moved) = (0, 0);
        if counted {
            record = record.with_task(success);
            let all = score::weight(amount::checked(*value).unwrap_or(amount::MAX_AMOUNT));
            if all != 0 {
                let mut pair = self.pair(client, id);
                weight = pair.count(all, success, now);
                self.put_pair(client, id, pair);
            }
            let before = record.score_at(now);
            let age = now.saturating_sub(settled_at);
            let after = score::after_outcome(before, weight, success, age);
            // What moves nothing does not touch the score's clock either.
            if after != before {
                moved = after as i16 - before as i16;
                record = record.with_score(after, now);
            }
            self.records.insert(id, record.pack());
        }
        let slot = OutcomeSlot {
            client,
            provider: id,
            recorded_at: now,
            moved,
            outcome,
            counted,
            rated: false,
            stage: Stage::Settled,
        };
        self.put_outcome(task_id, slot);
        let score = small(record.score_at(now));
        self.emit::<OutcomeRecorded>(
            &[task_id, provider_id, &words::address(client)],
            &[
                value,
                &small(provider_bps),
                &time(settled_at),
                &small(weight),
                &score,
            ],
        );
        Ok(score)
    }

    /// See [`ReputationRegistry::give_feedback`].
    pub(crate) fn rate_task(&mut self, task_id: &U256, feedback: Feedback) -> Result<(), Error> {
        let mut slot = self.outcome(task_id)?;
        let client = self.vm().msg_sender();
        if client != slot.client {
            return Err(Error::by::<NotClient>(task_id, client));
        }
        let provider_id = widen(slot.provider.into());
        if client == self.record(&provider_id)?.1.owner {
            return Err(Error::of::<SelfDealing>(&[&words::address(client)]));
        }
        if slot.rated {
            return Err(Error::of::<AlreadyRated>(&[task_id]));
        }
        let hundredths = hundredths(feedback.value, feedback.value_decimals)?;
        profile::in_range("tag1", &feedback.tag1, 0, 32)?;
        profile::in_range("tag2", &feedback.tag2, 0, 32)?;
        profile::in_range("feedbackURI", &feedback.uri, 0, 256)?;

        slot.rated = true;
        self.put_outcome(task_id, slot);
        let mut pair = self.pair(client, slot.provider);
        pair.feedback_count = pair.feedback_count.saturating_add(1);
        pair.feedback_sum = pair.feedback_sum.saturating_add(hundredths);
        self.put_pair(client, slot.provider, pair);
        let (count, sum) = self.feedback(slot.provider);
        let sums = [
            sum.saturating_add(hundredths),
            count.saturating_add(1),
            0,
            0,
        ];
        self.feedback.insert(slot.provider, U256::from_limbs(sums));

        let index = pair.feedback_count.into();
        let mut data = Vec::new();
        let fields = [
            Field::Word(&time(index)),
            Field::Word(&widen(feedback.value.unsigned_abs())),
            Field::Word(&small(feedback.value_decimals.into())),
            Field::Text(&feedback.tag1.0),
            Field::Text(&feedback.tag2.0),
            Field::Text(&[]),
            Field::Text(&feedback.uri.0),
            Field::Word(&words::number(&feedback.hash)),
        ];
        encode(&mut data, &fields);
        let tag = words::number(&keccak256(&feedback.tag1.0));
        let indexed = [&provider_id, &words::address(client), &tag];
        words::emit(
            self.vm(),
            &NewFeedback::SIGNATURE_HASH,
            &indexed,
            &[],
            &data,
        );
        self.emit::<TaskRated>(
            &[task_id, &provider_id, &words::address(client)],
            &[&time(index)],
        );
        Ok(())
    }

    /// The number and the sum, in hundredths, of the feedback of these clients on a provider; of all clients, if none is named.
    pub(crate) fn feedback_of(&self, provider: u32, clients: &[Address]) -> (u64, u64) {
        if clients.is_empty() {
            return self.feedback(provider);
        }
        clients.iter().fold((0u64, 0u64), |(count, sum), client| {
            let pair = self.pair(*client, provider);
            (
                count.saturating_add(pair.feedback_count.into()),
                sum.saturating_add(pair.feedback_sum),
            )
        })
    }

    /// Emits an event all of whose fields are words: the indexed ones, then the others.
    pub(crate) fn emit<E: SolEvent>(&self, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), &E::SIGNATURE_HASH, indexed, others, &[]);
    }
}

/// A provider's id and the client's address, in one word.
fn pair_key(client: Address, provider: u32) -> Number {
    let [low, middle, high, _] = words::address(client).into_limbs();
    Number(U256::from_limbs([low, middle, high, provider.into()]))
}

/// A value of so many decimals as hundredths, from 0 to 10,000.
fn hundredths(value: i128, decimals: u8) -> Result<u64, Error> {
    let unit = match decimals {
        0 => 100,
        1 => 10,
        2 => 1,
        _ => 0,
    };
    match u64::try_from(value) {
        Ok(value) if unit != 0 && value <= MAX_FEEDBACK / unit => Ok(value * unit),
        _ => {
            let sign = if value < 0 { u64::MAX } else { 0 };
            let value = U256::from_limbs([value as u64, (value >> 64) as u64, sign, sign]);
            let decimals = small(decimals.into());
            Err(Error::of::<FeedbackOutOfRange>(&[&value, &decimals]))
        }
    }
}
