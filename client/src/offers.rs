//! What providers and clients prepare off the chain: lists of providers, sealed bids, signed bids.

use std::path::{Path, PathBuf};

use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::{Eip712Domain, SolStruct as _, SolValue as _, eip712_domain},
};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    Account, ClientError,
    bindings::task_manager::SignedBid,
    file::{self, Readers},
};

/// A client's list of providers that may bid: a Merkle tree of their ids, of which the chain knows the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowList {
    /// In rising order, none twice.
    providers: Vec<U256>,
}

impl AllowList {
    /// The list of `providers`; neither order nor repetition matters.
    ///
    /// # Errors
    /// [`ClientError::EmptyList`].
    pub fn new(mut providers: Vec<U256>) -> Result<Self, ClientError> {
        if providers.is_empty() {
            return Err(ClientError::EmptyList);
        }
        providers.sort_unstable();
        providers.dedup();
        Ok(Self { providers })
    }

    /// Reads a list from a file with one provider id a line; empty lines and those that begin with `#` do not count.
    ///
    /// # Errors
    /// [`ClientError::File`], [`ClientError::BadFile`], [`ClientError::EmptyList`].
    pub fn load(path: &Path) -> Result<Self, ClientError> {
        let text = std::fs::read_to_string(path).map_err(|source| ClientError::File {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let lines = text.lines().map(str::trim).enumerate();
        let ids = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let ids = ids.map(|(number, line)| {
            line.parse().map_err(|_| ClientError::BadFile {
                path: path.to_owned(),
                what: "list of providers",
                why: format!(
                    "line {} is '{line}'; write one provider id a line",
                    number + 1
                ),
            })
        });
        Self::new(ids.collect::<Result<_, _>>()?)
    }

    /// How many providers are on it.
    pub fn size(&self) -> usize {
        self.providers.len()
    }

    /// The root, which a task's terms have as `allowList`.
    pub fn root(&self) -> B256 {
        let mut row = self.leaves();
        while row.len() > 1 {
            row = above(&row);
        }
        row[0]
    }

    /// What proves that `provider` is on the list.
    ///
    /// # Errors
    /// [`ClientError::NotOnList`].
    pub fn proof(&self, provider: U256) -> Result<Vec<B256>, ClientError> {
        let place = self.providers.binary_search(&provider);
        let mut place = place.map_err(|_| ClientError::NotOnList { provider })?;
        let (mut row, mut proof) = (self.leaves(), Vec::new());
        while row.len() > 1 {
            proof.extend(row.get(place ^ 1));
            row = above(&row);
            place /= 2;
        }
        Ok(proof)
    }

    fn leaves(&self) -> Vec<B256> {
        let leaf = |id: &U256| keccak256(keccak256(id.to_be_bytes::<32>()));
        self.providers.iter().map(leaf).collect()
    }
}

/// The nodes above a row: pairs are hashed in the order of their values, a node without a neighbour rises as it is.
fn above(row: &[B256]) -> Vec<B256> {
    let node = |pair: &[B256]| match pair {
        [a, b] => keccak256([*a.min(b), *a.max(b)].concat()),
        one => one[0],
    };
    row.chunks(2).map(node).collect()
}

/// A bid whose price the chain learns when it is opened. Until then, who has its salt knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedBid {
    /// The task.
    #[serde(serialize_with = "decimal")]
    pub task_id: U256,
    /// Who bids.
    #[serde(serialize_with = "decimal")]
    pub provider_id: U256,
    /// What the provider asks, in wei of oGPU.
    #[serde(serialize_with = "decimal")]
    pub price: U256,
    /// Random, so that nobody finds the price by trying.
    pub salt: B256,
}

impl SealedBid {
    /// Seals a bid with a salt from the operating system.
    pub fn new(task_id: U256, provider_id: U256, price: U256) -> Self {
        Self {
            task_id,
            provider_id,
            price,
            salt: B256::random(),
        }
    }

    /// What the chain keeps until the bid is opened.
    pub fn commitment(&self) -> B256 {
        keccak256((self.task_id, self.provider_id, self.price, self.salt).abi_encode())
    }
}

/// A provider's sealed bids on one task, in a file that only its owner can read: without it they cannot be opened.
#[derive(Clone, Debug)]
pub struct SealedBids {
    path: PathBuf,
    bids: Vec<SealedBid>,
}

impl SealedBids {
    /// Reads the file at `path`; without one there are no bids.
    ///
    /// # Errors
    /// [`ClientError::File`], [`ClientError::BadFile`].
    pub fn load(path: &Path) -> Result<Self, ClientError> {
        let bids = if path.exists() {
            read(path, "file of sealed bids")?
        } else {
            Vec::new()
        };
        Ok(Self {
            path: path.to_owned(),
            bids,
        })
    }

    /// The bids, the latest first. An earlier one counts where the transaction of a later one failed.
    pub fn latest_first(&self) -> impl Iterator<Item = &SealedBid> {
        self.bids.iter().rev()
    }

    /// Adds a bid, and writes the file before it returns: the chain must not know a bid that nobody can open.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn add(&mut self, bid: SealedBid) -> Result<(), ClientError> {
        self.bids.push(bid);
        file::save(&self.path, &self.bids, Readers::Owner)
    }
}

/// A bid that a provider has signed, as it is handed to the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// The chain it is for.
    pub chain_id: u64,
    /// The market it is for: the task manager's address.
    pub market: Address,
    /// The task.
    #[serde(serialize_with = "decimal")]
    pub task_id: U256,
    /// Who bids.
    #[serde(serialize_with = "decimal")]
    pub provider_id: U256,
    /// What the provider asks, in wei of oGPU.
    #[serde(serialize_with = "decimal")]
    pub price: U256,
    /// Until when it can be handed in, in seconds since 1970.
    pub expiry: u64,
    /// The provider's `bidNonceOf` when it was signed.
    #[serde(serialize_with = "decimal")]
    pub nonce: U256,
    /// The signature of the provider's owner.
    pub signature: Bytes,
}

impl Offer {
    /// Signs `bid` for the market at `market`, as the key of the provider's owner.
    ///
    /// # Errors
    /// [`ClientError::Unsigned`].
    pub fn sign(owner: &Account, market: Address, bid: &SignedBid) -> Result<Self, ClientError> {
        let chain_id = owner.chain().id();
        let digest = bid.eip712_signing_hash(&domain(chain_id, market));
        Ok(Self {
            chain_id,
            market,
            task_id: bid.taskId,
            provider_id: bid.providerId,
            price: bid.price,
            expiry: bid.expiry,
            nonce: bid.nonce,
            signature: owner.sign_digest(digest)?,
        })
    }

    /// Reads one from a file.
    ///
    /// # Errors
    /// [`ClientError::File`], [`ClientError::BadFile`].
    pub fn load(path: &Path) -> Result<Self, ClientError> {
        read(path, "signed bid")
    }

    /// The bid, as the contract takes it.
    pub fn bid(&self) -> SignedBid {
        SignedBid {
            taskId: self.task_id,
            providerId: self.provider_id,
            price: self.price,
            expiry: self.expiry,
            nonce: self.nonce,
        }
    }
}

/// The domain under which bids are signed (EIP-712).
fn domain(chain_id: u64, market: Address) -> Eip712Domain {
    eip712_domain! {
        name: "OGPU Market",
        version: "1",
        chain_id: chain_id,
        verifying_contract: market,
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, what: &'static str) -> Result<T, ClientError> {
    let text = std::fs::read(path).map_err(|source| ClientError::File {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&text).map_err(|error| ClientError::BadFile {
        path: path.to_owned(),
        what,
        why: error.to_string(),
    })
}

/// Numbers in files are decimal text, as in what the commands print.
fn decimal<S: Serializer>(number: &U256, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::b256;

    fn list(ids: std::ops::Range<u64>) -> AllowList {
        AllowList::new(ids.map(U256::from).collect()).unwrap()
    }

    /// Where a proof leads.
    fn led(provider: U256, proof: &[B256]) -> B256 {
        let leaf = keccak256(keccak256(provider.to_be_bytes::<32>()));
        proof
            .iter()
            .fold(leaf, |node, sibling| above(&[node, *sibling])[0])
    }

    #[test]
    fn every_proof_leads_to_the_root_and_to_no_other() {
        for size in 1..20 {
            let (list, longer) = (list(1..1 + size), list(1..2 + size));
            for id in 1..=size {
                let id = U256::from(id);
                let proof = list.proof(id).unwrap();
                assert_eq!(led(id, &proof), list.root(), "{id} of {size}");
                assert_ne!(led(id + U256::ONE, &proof), list.root());
            }
            assert_ne!(list.root(), longer.root());
            let error = list.proof(U256::from(size + 1)).unwrap_err().to_string();
            assert!(error.contains(&format!("{}", size + 1)), "{error}");
        }
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let ids = [3, 1, 2, 3, 1].map(U256::from).to_vec();
        assert_eq!(AllowList::new(ids).unwrap(), list(1..4));
        assert!(matches!(
            AllowList::new(Vec::new()),
            Err(ClientError::EmptyList)
        ));
    }

    #[test]
    fn a_bid_is_signed_as_its_type_says() {
        let bid = SignedBid {
            taskId: U256::ONE,
            providerId: U256::from(2),
            price: U256::from(3),
            expiry: 4,
            nonce: U256::from(5),
        };
        assert_eq!(
            bid.eip712_type_hash(),
            b256!("62fb4062c4387ba9e2df716b190f1c1603e89e106ba33fc7aa5842bcdc8f63a1")
        );
    }

    #[test]
    fn files_hold_decimal_numbers() {
        let bid = SealedBid::new(U256::from(7), U256::from(8), crate::amount::MAX);
        let text = serde_json::to_string(&bid).unwrap();
        assert!(
            text.contains(r#""price":"79228162514264337593543950335""#),
            "{text}"
        );
        let read: SealedBid = serde_json::from_str(&text).unwrap();
        assert_eq!((&read, read.commitment()), (&bid, bid.commitment()));
        let other = SealedBid::new(bid.task_id, bid.provider_id, bid.price);
        assert_ne!(bid.commitment(), other.commitment());
    }
}
