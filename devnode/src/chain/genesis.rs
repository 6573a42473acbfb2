//! What the chain starts with.

use alloy_primitives::{Address, B256, Bytes, U256, address, b256, bytes};
use alloy_signer_local::PrivateKeySigner;

/// Wei of one ether.
pub const ETHER: u64 = 1_000_000_000_000_000_000;

/// The key of the account that every Arbitrum development chain funds and makes its owner.
pub const DEV_KEY: B256 =
    b256!("0xb6b15c8cb491557369f3c7d2c287b053eb229daa9c22138887752191c9520659");

/// The factory that deploys a contract at the same address on every chain.
pub const CREATE2_FACTORY: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");

pub(crate) const CREATE2_FACTORY_CODE: Bytes = bytes!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// The keys that Ethereum's development nodes share, from the mnemonic "test test … junk".
const TEST_KEYS: [B256; 10] = [
    b256!("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    b256!("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    b256!("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    b256!("0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    b256!("0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    b256!("0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    b256!("0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    b256!("0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    b256!("0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    b256!("0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];

/// An account whose key the node holds.
#[derive(Clone, Debug)]
pub struct DevAccount {
    /// Signs what is sent with `eth_sendTransaction`.
    pub signer: PrivateKeySigner,
    /// Balance at the start, in wei.
    pub balance: U256,
}

impl DevAccount {
    /// An account by its private key.
    ///
    /// # Errors
    /// If the key is zero or not below the order of secp256k1.
    pub fn new(key: &B256, balance: U256) -> Result<Self, alloy_signer_local::LocalSignerError> {
        Ok(Self {
            signer: PrivateKeySigner::from_bytes(key)?,
            balance,
        })
    }

    /// The account's address.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// The chain's owner, with a million ether, and the ten test accounts, with ten thousand each.
    pub fn defaults() -> Vec<Self> {
        let owner = (&DEV_KEY, 1_000_000u64);
        std::iter::once(owner)
            .chain(TEST_KEYS.iter().map(|key| (key, 10_000)))
            .filter_map(|(key, ether)| Self::new(key, U256::from(ether) * U256::from(ETHER)).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn the_default_accounts_are_the_well_known_ones() {
        let accounts = DevAccount::defaults();
        assert_eq!(accounts.len(), 11);
        assert_eq!(accounts[0].address(), ogpu_evm::DEV_ACCOUNT);
        assert_eq!(
            accounts[1].address(),
            address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
        );
        assert_eq!(
            accounts[10].address(),
            address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720")
        );
    }

    #[test]
    fn the_create2_factory_is_the_one_of_every_chain() {
        assert_eq!(
            keccak256(&CREATE2_FACTORY_CODE),
            b256!("0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989")
        );
    }
}
