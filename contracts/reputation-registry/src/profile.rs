//! What a provider says of itself.

use alloc::vec::Vec;

use alloy_sol_types::SolError;
use ogpu_common::{Text, amount::widen};

use crate::{
    encode::{Field, encode, length},
    errors::{Error, TextLengthOutOfRange, ZeroGpuCount},
};

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The model of its GPUs, 1 to 64 bytes.
    pub gpu_model: Text,
    /// How many it has, at least one.
    pub gpu_count: u32,
    /// Where they are, up to 32 bytes.
    pub region: Text,
    /// Where to reach the provider, up to 256 bytes.
    pub endpoint: Text,
    /// Where its prices are, up to 256 bytes.
    pub price_list_uri: Text,
}

impl Profile {
    /// Passes a profile whose every part is in its range.
    ///
    /// # Errors
    /// [`ZeroGpuCount`], [`TextLengthOutOfRange`].
    pub fn check(&self) -> Result<(), Error> {
        if self.gpu_count == 0 {
            return Err(Error::of::<ZeroGpuCount>(&[]));
        }
        in_range("gpuModel", &self.gpu_model, 1, 64)?;
        in_range("region", &self.region, 0, 32)?;
        in_range("endpoint", &self.endpoint, 0, 256)?;
        in_range("priceListUri", &self.price_list_uri, 0, 256)
    }

    /// `abi.encode(gpuModel, gpuCount, region, endpoint, priceListUri)`: the data of the event that announces a profile. The Keccak-256
    /// of it is the profile's digest, with which anyone can check a profile taken from the events.
    pub fn encoded(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let fields = [
            Field::Text(&self.gpu_model.0),
            Field::Word(&widen(self.gpu_count.into())),
            Field::Text(&self.region.0),
            Field::Text(&self.endpoint.0),
            Field::Text(&self.price_list_uri.0),
        ];
        encode(&mut data, &fields);
        data
    }
}

/// Passes a text of so many bytes.
///
/// # Errors
/// [`TextLengthOutOfRange`].
pub(crate) fn in_range(field: &str, text: &Text, minimum: u16, maximum: u16) -> Result<(), Error> {
    let bytes = text.0.len();
    if (usize::from(minimum)..=usize::from(maximum)).contains(&bytes) {
        return Ok(());
    }
    let mut data = TextLengthOutOfRange::SELECTOR.to_vec();
    let fields = [
        Field::Text(field.as_bytes()),
        Field::Word(&length(bytes)),
        Field::Word(&crate::small(minimum)),
        Field::Word(&crate::small(maximum)),
    ];
    encode(&mut data, &fields);
    Err(Error(data))
}
