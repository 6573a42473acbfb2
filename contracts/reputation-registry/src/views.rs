//! What the registry shows of its slots.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::sol;
use ogpu_common::{
    Text,
    amount::{time, widen},
};
use ogpu_rules::{outcome::Stage, pair::WINDOW};
use stylus_sdk::prelude::*;

use crate::{ReputationRegistry, errors::Error};

sol! {
    /// A provider.
    #[derive(Debug, PartialEq, AbiType)]
    struct ProviderView {
        /// Its id.
        uint256 providerId;
        /// The account that registered.
        address owner;
        /// The score now, 0 to 10,000.
        uint256 score;
        /// Tasks settled well, counted up to 2^24 − 1.
        uint256 completed;
        /// Tasks settled badly, counted up to 2^16 − 1.
        uint256 failed;
        /// When the score last changed, in seconds since 1970.
        uint64 updatedAt;
        /// How often clients have given feedback.
        uint64 feedbackCount;
        /// The average of that in hundredths, 0 to 10,000.
        uint256 feedbackAverage;
    }

    /// The outcome of a task.
    #[derive(Debug, PartialEq, AbiType)]
    struct OutcomeView {
        /// Whose task it was.
        address client;
        /// Who did it.
        uint256 providerId;
        /// 1 a failure, 2 neutral, 3 a success.
        uint8 outcome;
        /// Points that the score moved when the outcome was recorded.
        int16 moved;
        /// When it was recorded, in seconds since 1970.
        uint64 recordedAt;
        /// Whether the client has given feedback.
        bool rated;
        /// 0 not contested, 1 contested, 2 confirmed, 3 reversed.
        uint8 stage;
        /// Until when it can be contested, in seconds since 1970.
        uint64 contestEnds;
        /// From when anyone can close a contest, in seconds since 1970.
        uint64 reviewEnds;
        /// Who contests it; zero if no contest is open.
        address contestant;
        /// The bond that is held, in wei.
        uint256 bond;
    }

    /// A client and a provider.
    #[derive(Debug, PartialEq, AbiType)]
    struct PairView {
        /// The weight of successes that still counts in the present window.
        uint16 gainLeft;
        /// The weight of failures that still counts in the present window.
        uint16 lossLeft;
        /// When the window ends, in seconds since 1970; in the past if the next outcome begins another.
        uint64 windowEnds;
        /// How often the client has given feedback.
        uint64 feedbackCount;
        /// The average of that in hundredths, 0 to 10,000.
        uint256 feedbackAverage;
    }
}

impl ReputationRegistry {
    pub(crate) fn page(&self, first: U256, count: U256) -> Vec<ProviderView> {
        let last = u64::from(self.count());
        let first = number(first).max(1);
        let end = first.saturating_add(number(count)).min(last + 1);
        let ids = (first..end).map(|id| id as u32);
        ids.map(|id| self.view_provider(id)).collect()
    }

    fn view_provider(&self, id: u32) -> ProviderView {
        let record = crate::Record::unpack(self.records.get(id));
        let (count, sum) = self.feedback(id);
        ProviderView {
            providerId: widen(id.into()),
            owner: record.owner,
            score: crate::small(record.score_at(self.vm().block_timestamp())),
            completed: widen(record.completed.into()),
            failed: crate::small(record.failed),
            updatedAt: record.updated_at,
            feedbackCount: count,
            feedbackAverage: time(sum.checked_div(count).unwrap_or(0)),
        }
    }

    pub(crate) fn view_outcome(&self, task_id: &U256) -> Result<OutcomeView, Error> {
        let slot = self.outcome(task_id)?;
        let (contestant, bond) = self.contest_at(task_id);
        Ok(OutcomeView {
            client: slot.client,
            providerId: widen(slot.provider.into()),
            outcome: slot.outcome as u8,
            moved: slot.moved,
            recordedAt: slot.recorded_at,
            rated: slot.rated,
            stage: slot.stage as u8,
            contestEnds: slot.contest_ends(),
            reviewEnds: slot.review_ends(),
            contestant,
            bond: widen(bond),
        })
    }

    pub(crate) fn view_pair(&self, client: Address, provider_id: &U256) -> Result<PairView, Error> {
        let (id, _) = self.record(provider_id)?;
        let pair = self.pair(client, id);
        let (gain_left, loss_left) = pair.left(self.vm().block_timestamp());
        let count = u64::from(pair.feedback_count);
        Ok(PairView {
            gainLeft: gain_left,
            lossLeft: loss_left,
            windowEnds: pair.since + WINDOW,
            feedbackCount: count,
            feedbackAverage: time(pair.feedback_sum.checked_div(count).unwrap_or(0)),
        })
    }

    pub(crate) fn view_validation(
        &self,
        task_id: &U256,
    ) -> Result<(Address, U256, u8, B256, Text, U256), Error> {
        let slot = self.outcome(task_id)?;
        let tag = match slot.stage {
            Stage::Settled => "settled",
            Stage::Contested => "contested",
            Stage::Confirmed => "confirmed",
            Stage::Reversed => "reversed",
        };
        Ok((
            self.task_manager.get(),
            widen(slot.provider.into()),
            slot.outcome.response(),
            B256::ZERO,
            tag.into(),
            time(slot.recorded_at),
        ))
    }
}

/// A number, or the largest of 64 bits.
fn number(number: U256) -> u64 {
    match *number.as_limbs() {
        [low, 0, 0, 0] => low,
        _ => u64::MAX,
    }
}
