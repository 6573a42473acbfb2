//! Who may do what: events that only some may cause.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use committee::events as committee_events;
use market::events as market_events;
use ogpu_common::{
    ownable::OwnershipTransferred,
    pausable::{GuardianChanged, Paused, Unpaused},
    uups::Upgraded,
};
use reputation_registry::events as registry_events;
use rustc_hash::FxHashMap;

use super::{Violation, only};
use crate::{
    chain::Log,
    world::{GUARDIAN, MARKET, OWNER},
};

/// Who may cause an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    Owner,
    OwnerOrGuardian,
    Market,
    MarketOrOwner,
}

/// The events, with those who may cause them; every contract that has an event of this signature has the same rule.
const RIGHTS: [(B256, Right); 33] = [
    (Upgraded::SIGNATURE_HASH, Right::Owner),
    (GuardianChanged::SIGNATURE_HASH, Right::Owner),
    (Paused::SIGNATURE_HASH, Right::OwnerOrGuardian),
    (Unpaused::SIGNATURE_HASH, Right::Owner),
    (
        payment_escrow::TaskManagerChanged::SIGNATURE_HASH,
        Right::Owner,
    ),
    (
        payment_escrow::TreasuryChanged::SIGNATURE_HASH,
        Right::Owner,
    ),
    (payment_escrow::Locked::SIGNATURE_HASH, Right::Market),
    (payment_escrow::Settled::SIGNATURE_HASH, Right::Market),
    (staking_vault::Locked::SIGNATURE_HASH, Right::Market),
    (staking_vault::Unlocked::SIGNATURE_HASH, Right::Market),
    (staking_vault::Slashed::SIGNATURE_HASH, Right::MarketOrOwner),
    (
        staking_vault::SlashSplitChanged::SIGNATURE_HASH,
        Right::Owner,
    ),
    (
        staking_vault::UnbondingPeriodChanged::SIGNATURE_HASH,
        Right::Owner,
    ),
    (
        registry_events::OutcomeRecorded::SIGNATURE_HASH,
        Right::Market,
    ),
    (registry_events::ScoreSet::SIGNATURE_HASH, Right::Owner),
    (
        registry_events::ContestTermsSet::SIGNATURE_HASH,
        Right::Owner,
    ),
    (
        registry_events::TaskManagerSet::SIGNATURE_HASH,
        Right::Owner,
    ),
    (market_events::ParametersSet::SIGNATURE_HASH, Right::Owner),
    (market_events::SiblingsSet::SIGNATURE_HASH, Right::Owner),
    (market_events::ExtensionSet::SIGNATURE_HASH, Right::Owner),
    (market_events::ProviderSlashed::SIGNATURE_HASH, Right::Owner),
    (market_events::VerifierAdded::SIGNATURE_HASH, Right::Owner),
    (market_events::VerifierRetired::SIGNATURE_HASH, Right::Owner),
    (
        optimistic_verifier::ParametersSet::SIGNATURE_HASH,
        Right::Owner,
    ),
    (committee_events::ExtensionSet::SIGNATURE_HASH, Right::Owner),
    (committee_events::SiblingsSet::SIGNATURE_HASH, Right::Owner),
    (committee_events::ParameterSet::SIGNATURE_HASH, Right::Owner),
    (
        committee_events::PlanterChanged::SIGNATURE_HASH,
        Right::Owner,
    ),
    (committee_events::NodeRemoved::SIGNATURE_HASH, Right::Owner),
    (watchdog::Watched::SIGNATURE_HASH, Right::Owner),
    (watchdog::Unwatched::SIGNATURE_HASH, Right::Owner),
    (watchdog::TargetsSet::SIGNATURE_HASH, Right::Owner),
    (watchdog::PauseDurationSet::SIGNATURE_HASH, Right::Owner),
];

/// Who owns and who guards each contract.
#[derive(Clone, Debug)]
pub struct Rights {
    owners: FxHashMap<Address, Address>,
    guardians: FxHashMap<Address, Address>,
    rights: FxHashMap<B256, Right>,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            owners: FxHashMap::default(),
            guardians: FxHashMap::default(),
            rights: RIGHTS.into_iter().collect(),
        }
    }
}

impl Rights {
    /// Who owns a contract.
    pub fn owner(&self, contract: Address) -> Address {
        self.owners.get(&contract).copied().unwrap_or(OWNER)
    }

    /// Who guards a contract.
    pub fn guardian(&self, contract: Address) -> Address {
        self.guardians.get(&contract).copied().unwrap_or(GUARDIAN)
    }

    /// Checks that whoever caused an event was allowed to.
    pub fn observe(&mut self, log: Log<'_>) -> Result<(), Violation> {
        let owner = self.owner(log.emitter);
        match self.rights.get(&log.signature()) {
            Some(Right::Owner) => only(log, owner)?,
            Some(Right::OwnerOrGuardian) if log.caller == Some(self.guardian(log.emitter)) => {}
            Some(Right::OwnerOrGuardian) => only(log, owner)?,
            Some(Right::Market) => only(log, MARKET)?,
            Some(Right::MarketOrOwner) if log.caller == Some(MARKET) => {}
            Some(Right::MarketOrOwner) => only(log, owner)?,
            None => {}
        }
        match log.signature() {
            OwnershipTransferred::SIGNATURE_HASH => {
                let event = log.read::<OwnershipTransferred>()?;
                only(log, owner)?;
                self.owners.insert(log.emitter, event.newOwner);
            }
            GuardianChanged::SIGNATURE_HASH => {
                let event = log.read::<GuardianChanged>()?;
                self.guardians.insert(log.emitter, event.newGuardian);
            }
            _ => {}
        }
        Ok(())
    }
}
