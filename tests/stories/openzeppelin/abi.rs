//! What the contracts declare.

use std::{collections::BTreeSet, fs};

use eyre::Result;
use ogpu_client::alloy::json_abi::JsonAbi;
use serde_json::Value;

use crate::figures::root;

/// What all our contracts share, and declare.
pub const SHARED: &[&str] = &[
    "storageLayout()(bytes32)",
    "error UnsupportedStorageLayout(bytes32)",
    "error AmountTooLarge(uint256,uint256)",
    "error EnforcedPause(uint64)",
    "error GuardianMustWait(uint64)",
    "error PausableUnauthorizedAccount(address)",
    "error PauseOutOfRange(uint64,uint64,uint64)",
    "error TokenCallFailed(address)",
    "error TokenTookFee(address,uint256,uint256)",
    "error UnexpectedAnswer()",
    "error ZeroAddress()",
    "error ZeroAmount()",
];
/// Why theirs has none of [`SHARED`].
pub const OF_ALL: &str = "ours: of what all our contracts share";

/// Fails unless theirs and ours declare the same functions, errors and events, but for those that are `meant` to be of one only.
pub fn compare<'a>(
    theirs: &str,
    ours: &str,
    meant: impl Iterator<Item = &'a &'a str>,
) -> Result<()> {
    let read = |path: String| -> Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(
            root().join(path),
        )?)?)
    };
    let theirs = read(format!("bench/artifacts/openzeppelin/{theirs}.json"))?["abi"].take();
    let ours = read(format!("abi/{ours}.json"))?;
    let abis = [
        serde_json::from_value::<JsonAbi>(theirs)?,
        serde_json::from_value(ours)?,
    ];
    let [theirs, ours] = abis.each_ref().map(|abi| {
        let functions = abi.functions();
        let functions = functions.map(|function| function.signature_with_outputs());
        let errors = abi.errors();
        let errors = errors.map(|error| format!("error {}", error.signature()));
        let events = abi.events().map(|event| event.full_signature());
        functions
            .chain(errors)
            .chain(events)
            .collect::<BTreeSet<_>>()
    });
    let meant: BTreeSet<_> = meant.map(|name| (*name).to_owned()).collect();
    assert_eq!(&theirs ^ &ours, meant);
    Ok(())
}
