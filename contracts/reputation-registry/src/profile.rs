//! What a provider says of itself. A profile is passed around as the event that announces it.

use alloc::string::String;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::SolEvent;

use crate::{
    errors::{Error, TextLengthOutOfRange, ZeroGpuCount},
    events::ProfileUpdated,
};

/// Passes a profile whose every part is in its range.
///
/// # Errors
/// [`ZeroGpuCount`], [`TextLengthOutOfRange`].
pub fn check(profile: &ProfileUpdated) -> Result<(), Error> {
    if profile.gpuCount == 0 {
        return Err(Error::of::<ZeroGpuCount>(&[]));
    }
    length("gpuModel", &profile.gpuModel, 1, 64)?;
    length("region", &profile.region, 0, 32)?;
    length("endpoint", &profile.endpoint, 0, 256)?;
    length("priceListUri", &profile.priceListUri, 0, 256)
}

/// `keccak256(abi.encode(gpuModel, gpuCount, region, endpoint, priceListUri))`, which is the hash of the event's data: with it
/// anyone can check a profile taken from the events.
pub fn digest(profile: &ProfileUpdated) -> B256 {
    keccak256(profile.encode_data())
}

/// Passes a text of so many bytes.
///
/// # Errors
/// [`TextLengthOutOfRange`].
pub(crate) fn length(field: &str, text: &str, minimum: u16, maximum: u16) -> Result<(), Error> {
    let length = text.len();
    if (usize::from(minimum)..=usize::from(maximum)).contains(&length) {
        return Ok(());
    }
    Err(TextLengthOutOfRange {
        field: String::from(field),
        length: U256::from(length),
        minimum: U256::from(minimum),
        maximum: U256::from(maximum),
    }
    .into())
}
