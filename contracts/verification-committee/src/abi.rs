//! The structs of the interface.

use alloy_primitives::{U256, aliases::U96};
use alloy_sol_types::sol;
use ogpu_common::amount::widen;
use ogpu_rules::{RuleError, committee::Params};
use stylus_sdk::prelude::AbiType;

sol! {
    /// The parameters of the committee. Amounts are wei of oGPU, times seconds, slashes basis points of the least bond.
    #[derive(Debug, PartialEq, AbiType)]
    struct Parameters {
        /// The least bond with which a node is drawn, 1 to 2^80 - 1.
        uint96 minBond;
        /// What a minority vote or a missing one costs, 1 to 5,000.
        uint16 voteSlash;
        /// What a beacon secret costs that is committed and not revealed, 1 to 10,000.
        uint16 beaconSlash;
        /// What a wrong vote on a planted task costs, 1 to 10,000.
        uint16 plantSlash;
        /// How many secrets a beacon needs, at least 1.
        uint8 minReveals;
        /// How long a beacon takes secrets, and then reveals: 10 to 86,400.
        uint32 beaconWindow;
        /// How long votes are committed: 10 to 86,400.
        uint32 commitWindow;
        /// How long votes are revealed, and by how much a round without quorum is extended: 10 to 86,400.
        uint32 revealWindow;
        /// How long a bond unbonds: 7 to 365 days.
        uint32 unbonding;
        /// From this price on, five verify instead of three.
        uint96 mediumValue;
        /// From this price on, seven verify; not below the medium value.
        uint96 highValue;
    }

    /// There is a new set of parameters, for beacons and rounds that begin from now on.
    #[derive(Debug, PartialEq)]
    event ParametersSet(uint16 indexed version, Parameters parameters);
}

impl Parameters {
    /// The parameters as the rules take them, in range.
    pub(crate) fn checked(&self) -> Result<Params, RuleError> {
        Params::checked([
            narrow(self.minBond),
            self.voteSlash.into(),
            self.beaconSlash.into(),
            self.plantSlash.into(),
            self.minReveals.into(),
            self.beaconWindow.into(),
            self.commitWindow.into(),
            self.revealWindow.into(),
            self.unbonding.into(),
            narrow(self.mediumValue),
            narrow(self.highValue),
        ])
    }

    /// The parameters as the interface shows them.
    pub(crate) fn of(params: &Params) -> Self {
        Self {
            minBond: wide(params.min_bond),
            voteSlash: params.vote_slash,
            beaconSlash: params.beacon_slash,
            plantSlash: params.plant_slash,
            minReveals: params.min_reveals,
            beaconWindow: params.beacon_window,
            commitWindow: params.commit_window,
            revealWindow: params.reveal_window,
            unbonding: params.unbonding,
            mediumValue: wide(params.medium_value),
            highValue: wide(params.high_value),
        }
    }
}

/// The fields as words.
pub(crate) fn to_words(params: &Params) -> [U256; 11] {
    params.fields().map(widen)
}

fn narrow(amount: U96) -> u128 {
    let [low, high] = amount.into_limbs();
    (high as u128) << 64 | low as u128
}

fn wide(amount: u128) -> U96 {
    U96::from_limbs([amount as u64, (amount >> 64) as u64])
}
