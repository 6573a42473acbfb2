//! What a system is deployed with.

use alloy::primitives::{Address, U256, aliases::U96};
use ogpu_rules::{ColdParams, HotParams, MAX_AMOUNT, Params, RuleError};
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

/// The market's parameters, in the order of the ABI's struct, which is that of the rules' ranges.
const PARAMETERS: [&str; 15] = [
    "feeBps",
    "trustWeight",
    "collateralBps",
    "slashBps",
    "bidBond",
    "minClientStake",
    "biddingWindow",
    "reviewWindow",
    "challengeWindow",
    "arbitrationWindow",
    "assignmentGrace",
    "maxDuration",
    "lateBidWindow",
    "disputeBond",
    "highValue",
];

/// The bounds of the vault's unbonding period, in seconds: a day and a year.
const UNBONDING: std::ops::RangeInclusive<u64> = 86_400..=365 * 86_400;

fn bad(setting: &'static str, value: impl ToString, why: impl ToString) -> ClientError {
    ClientError::BadSetting {
        setting,
        value: value.to_string(),
        why: why.to_string(),
    }
}

impl Settings {
    /// Whether the contracts take all of this: a deployment that they stop half-way has cost gas, and cannot be mended.
    ///
    /// # Errors
    /// [`ClientError::BadSetting`] for the first that is wrong.
    pub fn check(&self) -> Result<(), ClientError> {
        if self.supply.is_zero() || self.supply > U256::from(MAX_AMOUNT) {
            let why = format!("the supply is 1 to {MAX_AMOUNT} wei");
            return Err(bad("supply", self.supply, why));
        }
        if !UNBONDING.contains(&self.unbonding_period) {
            let (least, most) = (UNBONDING.start(), UNBONDING.end());
            let why = format!("it is {least} to {most} seconds");
            return Err(bad("unbondingPeriod", self.unbonding_period, why));
        }
        if self.outflow_limit.is_zero() {
            let why = "the watchdog would pause at once; it is at least 1 wei";
            return Err(bad("outflowLimit", self.outflow_limit, why));
        }
        let checked = params(&self.parameters).checked();
        if let Err(RuleError::OutOfRange {
            field,
            value,
            min,
            max,
        }) = checked
        {
            let setting = PARAMETERS[usize::from(field)];
            return Err(bad(setting, value, format!("it is {min} to {max}")));
        }
        match &self.governance {
            Some(terms) => terms.check(self.supply),
            None => Ok(()),
        }
    }
}

/// The parameters as the rules have them.
fn params(of: &Parameters) -> Params {
    Params {
        hot: HotParams {
            bid_bond: of.bidBond.to(),
            late_bid_window: of.lateBidWindow,
            fee_bps: of.feeBps,
            trust_weight: of.trustWeight,
            collateral_bps: of.collateralBps,
            slash_bps: of.slashBps,
            review_window: of.reviewWindow,
            challenge_window: of.challengeWindow,
            assignment_grace: of.assignmentGrace,
        },
        cold: ColdParams {
            min_client_stake: of.minClientStake.to(),
            dispute_bond: of.disputeBond.to(),
            bidding_window: of.biddingWindow,
            arbitration_window: of.arbitrationWindow,
            max_duration: of.maxDuration,
        },
        high_value: of.highValue.to(),
    }
}

impl GovernanceSettings {
    /// Whether a DAO can be deployed on these terms, and be of use, where the token has `supply`.
    fn check(&self, supply: U256) -> Result<(), ClientError> {
        const CLOCK: u64 = 1 << 48;
        if self.voting_delay >= CLOCK {
            return Err(bad("votingDelay", self.voting_delay, "it has 48 bits"));
        }
        if self.voting_period == 0 {
            return Err(bad(
                "votingPeriod",
                0,
                "nobody could vote; it is at least 1",
            ));
        }
        if self.vote_extension > self.voting_period.into() {
            let why = format!("it is at most the votingPeriod, {}", self.voting_period);
            return Err(bad("voteExtension", self.vote_extension, why));
        }
        if !(1..=100).contains(&self.quorum_percent) {
            let why = "it is 1 to 100; without a quorum anybody decides everything";
            return Err(bad("quorumPercent", self.quorum_percent, why));
        }
        if self.proposal_threshold > supply {
            let why = format!("nobody could propose; it is at most the supply, {supply} wei");
            return Err(bad("proposalThreshold", self.proposal_threshold, why));
        }
        if self.timelock_delay >= CLOCK {
            return Err(bad("timelockDelay", self.timelock_delay, "it has 48 bits"));
        }
        Ok(())
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
    fn what_contracts_would_refuse_is_refused_by_name() {
        type Change = fn(&mut Settings, &mut GovernanceSettings);
        let (good, terms) = (Settings::default(), GovernanceSettings::default());
        assert!(good.check().is_ok());
        let wrong: [(&str, Change); 11] = [
            ("supply cannot be 0", |all, _| all.supply = U256::ZERO),
            ("supply", |all, _| all.supply = U256::MAX),
            ("unbondingPeriod", |all, _| all.unbonding_period = 86_399),
            ("outflowLimit", |all, _| all.outflow_limit = U256::ZERO),
            ("feeBps cannot be 2001: it is 0 to 2000", |all, _| {
                all.parameters.feeBps = 2_001;
            }),
            ("votingDelay", |_, terms| terms.voting_delay = 1 << 48),
            ("votingPeriod", |_, terms| {
                (terms.voting_period, terms.vote_extension) = (0, 0);
            }),
            ("voteExtension", |_, terms| {
                terms.vote_extension = u64::from(terms.voting_period) + 1;
            }),
            ("quorumPercent cannot be 0", |_, terms| {
                terms.quorum_percent = 0
            }),
            ("quorumPercent cannot be 101", |_, terms| {
                terms.quorum_percent = 101
            }),
            ("proposalThreshold", |_, terms| {
                terms.proposal_threshold = U256::MAX
            }),
        ];
        for (says, change) in wrong {
            let (mut all, mut terms) = (good.clone(), terms.clone());
            change(&mut all, &mut terms);
            all.governance = Some(terms);
            let error = all.check().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    /// The names stand in the order in which the rules count.
    #[test]
    fn every_parameter_has_its_name() {
        let text = serde_json::to_value(Settings::default().parameters).unwrap();
        let mut names: Vec<_> = text.as_object().unwrap().keys().cloned().collect();
        let mut listed = PARAMETERS.map(str::to_owned).to_vec();
        names.sort_unstable();
        listed.sort_unstable();
        assert_eq!(names, listed);
        let mut last = Settings::default();
        last.parameters.disputeBond = U96::MAX;
        let error = last.check().unwrap_err().to_string();
        assert!(error.starts_with("disputeBond"), "{error}");
    }
}
