//! Clients' lists of providers that may bid: Merkle trees of their ids.

use alloy_primitives::{B256, FixedBytes, U256, keccak256};
use market::{Error, bidding::Task, errors::NotListed, store::Id};
use ogpu_common::words;

use crate::MarketBids;

impl MarketBids {
    /// Passes if the task has no list, or `proof` leads from the provider to the root of its list.
    pub(crate) fn require_listed(
        &self,
        task_id: &U256,
        task: &Task,
        provider_id: &U256,
        proof: &[FixedBytes<32>],
    ) -> Result<(), Error> {
        if task.terms.listed && root(leaf(provider_id), proof) != self.allow_lists.get(Id(*task_id))
        {
            return Err(Error::of::<NotListed>(&[task_id, provider_id]));
        }
        Ok(())
    }
}

/// The leaf of a provider: its id hashed twice, so that no inner node is a leaf.
pub(crate) fn leaf(provider_id: &U256) -> B256 {
    keccak256(keccak256(words::word(provider_id)))
}

/// The root to which a proof leads; pairs are hashed in the order of their values.
pub(crate) fn root(leaf: B256, proof: &[FixedBytes<32>]) -> B256 {
    proof.iter().fold(leaf, |node, sibling| {
        let (low, high) = if node < *sibling {
            (&node, sibling)
        } else {
            (sibling, &node)
        };
        let mut pair = [0; 64];
        pair[..32].copy_from_slice(low.as_slice());
        pair[32..].copy_from_slice(high.as_slice());
        keccak256(pair)
    })
}
