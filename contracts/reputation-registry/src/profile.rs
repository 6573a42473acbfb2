//! What a provider says of itself.

use alloc::string::String;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolValue, sol};

use crate::errors::{Error, TextLengthOutOfRange, ZeroGpuCount};

sol! {
    /// A provider's profile. The texts are UTF-8; their lengths are in bytes.
    #[derive(Debug, PartialEq, Eq)]
    struct Profile {
        /// The model of its GPUs, 1 to 64 bytes, such as `H100 SXM 80GB`.
        string gpuModel;
        /// How many GPUs it has, at least one.
        uint32 gpuCount;
        /// Where they are, up to 32 bytes, such as `eu-west`.
        string region;
        /// Where to reach the provider, up to 256 bytes.
        string endpoint;
        /// Where its prices are, up to 256 bytes.
        string priceListUri;
    }
}

impl Profile {
    /// Passes if every part is in its range.
    ///
    /// # Errors
    /// [`ZeroGpuCount`], [`TextLengthOutOfRange`].
    pub fn check(&self) -> Result<(), Error> {
        if self.gpuCount == 0 {
            return Err(ZeroGpuCount {}.into());
        }
        length("gpuModel", &self.gpuModel, 1, 64)?;
        length("region", &self.region, 0, 32)?;
        length("endpoint", &self.endpoint, 0, 256)?;
        length("priceListUri", &self.priceListUri, 0, 256)
    }

    /// `keccak256(abi.encode(gpuModel, gpuCount, region, endpoint, priceListUri))`: with it anyone can check a profile taken from
    /// the events.
    pub fn digest(&self) -> B256 {
        keccak256(self.abi_encode_params())
    }
}

fn length(field: &str, text: &str, minimum: u16, maximum: u16) -> Result<(), Error> {
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
