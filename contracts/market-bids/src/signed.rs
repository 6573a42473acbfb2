//! What providers sign: EIP-712 digests of bids.

use alloy_primitives::{B256, b256};
use market::abi::SignedBid;
use ogpu_common::{amount::time, signature, words};
use stylus_sdk::host::VM;

/// keccak256 of "OGPU Market", the name of the signing domain.
const NAME_HASH: B256 = b256!("f2fd4d4eaf083abd1d6ffc8b51b80eec800a47f2d1f7e84262e9e8ee0f400ec6");

/// keccak256 of `SignedBid(uint256 taskId,uint256 providerId,uint256 price,uint64 expiry,uint256 nonce)`.
const BID_TYPE_HASH: B256 =
    b256!("62fb4062c4387ba9e2df716b190f1c1603e89e106ba33fc7aa5842bcdc8f63a1");

/// The digest of a bid.
pub(crate) fn digest(vm: &VM, bid: &SignedBid) -> B256 {
    let fields = [
        bid.taskId,
        bid.providerId,
        bid.price,
        time(bid.expiry),
        bid.nonce,
    ];
    let [a, b, c, d, e] = fields.map(|field| words::word(&field));
    let bid = signature::hash(&[BID_TYPE_HASH, a, b, c, d, e]);
    signature::digest(vm, NAME_HASH, bid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn hashes_are_those_of_their_texts() {
        assert_eq!(NAME_HASH, keccak256("OGPU Market"));
        let text = "SignedBid(uint256 taskId,uint256 providerId,uint256 price,uint64 expiry,uint256 nonce)";
        assert_eq!(BID_TYPE_HASH, keccak256(text));
    }
}
