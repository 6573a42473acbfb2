//! The verification committee's parameters and its views, in the words of its rules.

use alloy::primitives::{Address, B256, U256};
pub use ogpu_rules::committee::{Field, Phase};
use ogpu_rules::committee::{Params, Standing};
use serde::{Deserialize, Serialize};

use crate::{ClientError, Market, bindings::VerificationCommittee::voteOfReturn};

/// What a committee works with. Amounts are wei of oGPU, times seconds, slashes basis points of the least bond; the ranges are
/// those of [`Field`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitteeParameters {
    /// The least bond of a node.
    pub min_bond: U256,
    /// What a minority vote or a missing one costs.
    pub vote_slash: u16,
    /// What a secret costs that is committed and not revealed.
    pub secret_slash: u16,
    /// What a wrong vote on a planted task costs.
    pub plant_slash: u16,
    /// How long secrets are committed, and then how long they are revealed.
    pub beacon_window: u32,
    /// How long votes are committed.
    pub commit_window: u32,
    /// How long votes are revealed.
    pub reveal_window: u32,
    /// How long a bond unbonds.
    pub unbonding: u32,
    /// How many secrets a beacon needs.
    pub min_secrets: u8,
    /// From this price on, five verify.
    pub medium_value: U256,
    /// From this price on, seven verify.
    pub high_value: U256,
}

impl Default for CommitteeParameters {
    /// What the contract begins with: a bond of 1,000 oGPU, of which 5 % are lost with a vote, half with a secret or a planted
    /// task; five minutes for secrets, an hour to check and commit, a quarter of an hour to reveal, 14 days to unbond; two secrets;
    /// five members from 1,000 oGPU on, seven from 10,000 on.
    fn default() -> Self {
        let initial = Params::initial();
        let number = |field| U256::from(initial.get(field));
        let small = |field| initial.get(field) as u32;
        Self {
            min_bond: number(Field::MinBond),
            vote_slash: small(Field::VoteSlash) as u16,
            secret_slash: small(Field::SecretSlash) as u16,
            plant_slash: small(Field::PlantSlash) as u16,
            beacon_window: small(Field::BeaconWindow),
            commit_window: small(Field::CommitWindow),
            reveal_window: small(Field::RevealWindow),
            unbonding: small(Field::Unbonding),
            min_secrets: small(Field::MinSecrets) as u8,
            medium_value: number(Field::MediumValue),
            high_value: number(Field::HighValue),
        }
    }
}

impl CommitteeParameters {
    /// What differs from the parameters that a contract begins with, in an order in which each step is in range: the medium value
    /// never passes the high one.
    pub fn changes(&self) -> Vec<(Field, U256)> {
        let number = |value: u32| U256::from(value);
        let mut values = vec![
            (Field::MinBond, self.min_bond),
            (Field::VoteSlash, number(self.vote_slash.into())),
            (Field::SecretSlash, number(self.secret_slash.into())),
            (Field::PlantSlash, number(self.plant_slash.into())),
            (Field::BeaconWindow, number(self.beacon_window)),
            (Field::CommitWindow, number(self.commit_window)),
            (Field::RevealWindow, number(self.reveal_window)),
            (Field::Unbonding, number(self.unbonding)),
            (Field::MinSecrets, number(self.min_secrets.into())),
            (Field::MediumValue, self.medium_value),
            (Field::HighValue, self.high_value),
        ];
        let initial = Params::initial();
        if self.high_value >= U256::from(initial.get(Field::MediumValue)) {
            values.swap(9, 10);
        }
        values.retain(|(field, value)| *value != U256::from(initial.get(*field)));
        values
    }
}

/// A node as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Whether it can be drawn.
    pub standing: Standing,
    /// Since when it can be drawn while active, or when its bond matures otherwise (seconds since 1970).
    pub since: u64,
    /// Its bond, in wei of oGPU.
    pub bond: U256,
    /// What it is owed, in wei of oGPU.
    pub owed: U256,
}

/// A round of randomness as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// Until when it takes secrets (seconds since 1970); 0 if there is none.
    pub commit_end: u64,
    /// Until when it takes reveals (seconds since 1970).
    pub reveal_end: u64,
    /// How many secrets were committed.
    pub commits: u64,
    /// How many of them were revealed.
    pub reveals: u64,
}

/// The vote on a task as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// What it is at.
    pub phase: Phase,
    /// The beacon that draws its committee.
    pub beacon: U256,
    /// Until when votes are committed (seconds since 1970).
    pub commit_end: u64,
    /// Until when votes are revealed, or when the round ended (seconds since 1970).
    pub reveal_end: u64,
    /// The committee, by seat; nobody before it is drawn.
    pub members: Vec<Address>,
}

/// How far a member is with its vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballot {
    /// It has no seat.
    NotDrawn,
    /// It has a seat, and has not committed.
    Drawn,
    /// It has committed, and not revealed.
    Committed,
    /// It has revealed.
    Revealed {
        /// The result it found; zero for none.
        result: B256,
        /// Whether it was content with the latency.
        latency_ok: bool,
    },
}

impl Market {
    /// A node of the committee; what nobody has who is none.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn node_of(&self, account: Address) -> Result<Membership, ClientError> {
        let view = self.committee();
        let view = view.nodeOf(account);
        let view = self.chain().read("reading the node", view).await?;
        Ok(Membership {
            standing: match view.standing.saturating_to() {
                0 => Standing::None,
                1 => Standing::Active,
                2 => Standing::Leaving,
                _ => Standing::Removed,
            },
            since: view.since.saturating_to(),
            bond: view.bond,
            owed: view.owed,
        })
    }

    /// A beacon of the committee.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn beacon(&self, beacon: U256) -> Result<Beacon, ClientError> {
        let view = self.committee();
        let view = view.beaconOf(beacon);
        let view = self.chain().read("reading the beacon", view).await?;
        Ok(Beacon {
            commit_end: view.commitEnd.saturating_to(),
            reveal_end: view.revealEnd.saturating_to(),
            commits: view.commits.saturating_to(),
            reveals: view.reveals.saturating_to(),
        })
    }

    /// The committee's vote on a task.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn round(&self, task: U256) -> Result<Round, ClientError> {
        let what = "reading the round";
        let committee = self.committee();
        let view = self.chain().read(what, committee.roundOf(task)).await?;
        let phase = match view.phase.saturating_to() {
            0 => Phase::None,
            1 => Phase::Requested,
            2 => Phase::Voting,
            3 => Phase::Closed,
            _ => Phase::Planted,
        };
        let members = match phase {
            Phase::None | Phase::Requested => Vec::new(),
            _ => self.chain().read(what, committee.committeeOf(task)).await?,
        };
        Ok(Round {
            phase,
            beacon: view.beacon,
            commit_end: view.commitEnd.saturating_to(),
            reveal_end: view.revealEnd.saturating_to(),
            members,
        })
    }

    /// How far `node` is with its vote on a task.
    ///
    /// # Errors
    /// What reading gives.
    pub async fn ballot(&self, task: U256, node: Address) -> Result<Ballot, ClientError> {
        let view = self.committee();
        let view = view.voteOf(task, node);
        let voteOfReturn {
            state,
            resultHash,
            latencyOk,
        } = self.chain().read("reading the vote", view).await?;
        Ok(match state.saturating_to() {
            0 => Ballot::NotDrawn,
            1 => Ballot::Drawn,
            2 => Ballot::Committed,
            _ => Ballot::Revealed {
                result: resultHash,
                latency_ok: latencyOk,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_contract_begins_with_needs_no_change() {
        assert_eq!(CommitteeParameters::default().changes(), []);
    }

    #[test]
    fn values_change_in_an_order_that_stays_in_range() {
        let ogpu = |whole: u64| U256::from(whole) * U256::from(10).pow(U256::from(18));
        for (medium, high) in [(20_000, 30_000), (1, 2), (5, 5_000), (1_000, 1_000)] {
            let parameters = CommitteeParameters {
                min_bond: ogpu(1),
                medium_value: ogpu(medium),
                high_value: ogpu(high),
                ..CommitteeParameters::default()
            };
            let mut params = Params::initial();
            for (field, value) in parameters.changes() {
                let value = value.saturating_to();
                params = params.with(field as usize, value).expect("in range");
            }
            let value = |field| U256::from(params.get(field));
            assert_eq!(value(Field::MinBond), ogpu(1));
            assert_eq!(value(Field::MediumValue), ogpu(medium));
            assert_eq!(value(Field::HighValue), ogpu(high));
        }
    }
}
