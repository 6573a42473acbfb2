//! What a system is deployed with.

use alloy::primitives::{Address, U256, aliases::U96};
use serde::{Deserialize, Serialize};

use crate::{ClientError, bindings::task_manager::Parameters, committee::CommitteeParameters};

/// What a system is deployed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Who owns every contract in the end; the deployer when nobody is named. With a DAO it is its timelock, and nobody can be named.
    pub owner: Option<Address>,
    /// How the DAO decides that owns every contract in the end; without one an account does.
    pub governance: Option<GovernanceSettings>,
    /// Who may pause new entries through the watchdog; nobody when nobody is named.
    pub guardian: Option<Address>,
    /// Who gets the whole supply of the token; the deployer when nobody is named.
    pub holder: Option<Address>,
    /// Who gets fees and the treasury's share of what is slashed; the owner when nobody is named.
    pub treasury: Option<Address>,
    /// The token's supply, in wei.
    pub supply: U256,
    /// The clock of votes: 0 for time, 1 for block numbers.
    pub clock_mode: u8,
    /// How long stake takes to leave, in seconds.
    pub unbonding_period: u64,
    /// What may flow out of the escrow, and out of the vault, within a day before the watchdog pauses new entries, in wei.
    pub outflow_limit: U256,
    /// How long the watchdog pauses then, in seconds.
    pub pause_duration: u64,
    /// The market's parameters.
    pub parameters: Parameters,
    /// Who plants tasks with known answers for the committee; nobody when nobody is named.
    pub planter: Option<Address>,
    /// The verification committee's parameters.
    pub committee: CommitteeParameters,
}

/// How the DAO decides. Times are seconds where the token's clock counts time, blocks where it counts those.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GovernanceSettings {
    /// How long after a proposal votes are counted as they stand then, and voting begins.
    pub voting_delay: u64,
    /// How long ballots are taken.
    pub voting_period: u32,
    /// How many votes a proposer needs, in wei.
    pub proposal_threshold: U256,
    /// How much of the supply has to vote in favor or abstain, in percent.
    pub quorum_percent: u8,
    /// How long ballots are taken at least once there is a quorum.
    pub vote_extension: u64,
    /// How long what succeeded waits before it can be executed, in seconds.
    pub timelock_delay: u64,
    /// Who can cancel proposals, and nothing else; nobody when nobody is named.
    pub guardian: Option<Address>,
}

impl GovernanceSettings {
    /// Whether a DAO can be deployed on these terms, and be of use, where the token has `supply`.
    ///
    /// # Errors
    /// [`ClientError::BadTerm`] for the first that is wrong.
    pub fn check(&self, supply: U256) -> Result<(), ClientError> {
        const CLOCK: u64 = 1 << 48;
        let rules = [
            (
                self.voting_delay < CLOCK,
                "votingDelay",
                self.voting_delay.to_string(),
                "it has 48 bits",
            ),
            (
                self.voting_period > 0,
                "votingPeriod",
                self.voting_period.to_string(),
                "nobody could vote",
            ),
            (
                self.vote_extension <= self.voting_period.into(),
                "voteExtension",
                self.vote_extension.to_string(),
                "it is at most the votingPeriod",
            ),
            (
                (1..=100).contains(&self.quorum_percent),
                "quorumPercent",
                self.quorum_percent.to_string(),
                "it is 1 to 100; without a quorum anybody decides everything",
            ),
            (
                self.proposal_threshold <= supply,
                "proposalThreshold",
                self.proposal_threshold.to_string(),
                "that is more than the supply, in wei, so nobody could propose",
            ),
            (
                self.timelock_delay < CLOCK,
                "timelockDelay",
                self.timelock_delay.to_string(),
                "it would never end",
            ),
        ];
        match rules.into_iter().find(|(good, ..)| !good) {
            None => Ok(()),
            Some((_, term, value, why)) => Err(ClientError::BadTerm { term, value, why }),
        }
    }
}

impl Default for GovernanceSettings {
    /// A day until voting, a week of it, two days more for a late quorum; a ten-thousandth of a billion oGPU to propose, 4 % of the
    /// supply for a quorum; two days in the timelock; no guardian.
    fn default() -> Self {
        Self {
            voting_delay: 86_400,
            voting_period: 7 * 86_400,
            proposal_threshold: U256::from(100_000) * U256::from(10).pow(U256::from(18)),
            quorum_percent: 4,
            vote_extension: 2 * 86_400,
            timelock_delay: 2 * 86_400,
            guardian: None,
        }
    }
}

impl Default for Settings {
    /// A billion oGPU; a 2.5 % fee, a tenth of a price as collateral, half of it slashed for a missed deadline; an hour for
    /// bids, a day to accept, a day to dispute, a week to arbitrate; tasks of at most 30 days, and 45 days to unbond; a pause of three
    /// days when a hundredth of the supply flows out of one contract within a day. The committee's are
    /// [`CommitteeParameters::default`].
    fn default() -> Self {
        let ogpu = |whole: u64| U256::from(whole) * U256::from(10).pow(U256::from(18));
        Self {
            owner: None,
            governance: None,
            guardian: None,
            holder: None,
            treasury: None,
            supply: ogpu(1_000_000_000),
            clock_mode: 0,
            unbonding_period: 45 * 86_400,
            outflow_limit: ogpu(10_000_000),
            pause_duration: 3 * 86_400,
            parameters: Parameters {
                feeBps: 250,
                trustWeight: 5_000,
                collateralBps: 1_000,
                slashBps: 5_000,
                bidBond: U96::from(ogpu(1)),
                minClientStake: U96::ZERO,
                biddingWindow: 3_600,
                reviewWindow: 86_400,
                challengeWindow: 86_400,
                arbitrationWindow: 7 * 86_400,
                assignmentGrace: 86_400,
                maxDuration: 30 * 86_400,
                lateBidWindow: 60,
                disputeBond: U96::from(ogpu(10)),
                highValue: U96::from(ogpu(10_000)),
            },
            planter: None,
            committee: CommitteeParameters::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_that_no_dao_can_have_are_refused_by_name() {
        type Change = fn(&mut GovernanceSettings);
        let supply = Settings::default().supply;
        let good = GovernanceSettings::default();
        assert!(good.check(supply).is_ok());
        let wrong: [(&str, Change); 6] = [
            ("votingDelay", |terms| terms.voting_delay = 1 << 48),
            ("votingPeriod", |terms| {
                (terms.voting_period, terms.vote_extension) = (0, 0);
            }),
            ("voteExtension", |terms| {
                terms.vote_extension = u64::from(terms.voting_period) + 1;
            }),
            ("quorumPercent cannot be 0", |terms| {
                terms.quorum_percent = 0
            }),
            ("quorumPercent cannot be 101", |terms| {
                terms.quorum_percent = 101
            }),
            ("proposalThreshold", |terms| {
                terms.proposal_threshold = U256::MAX
            }),
        ];
        for (says, change) in wrong {
            let mut terms = good.clone();
            change(&mut terms);
            let error = terms.check(supply).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
