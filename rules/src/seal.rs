//! What binds a result to its provider.

use alloy_primitives::{B256, Keccak256, U256};

/// `keccak256(abi.encode(taskId, providerId, resultHash))`: a provider that copies another's seal has sealed nothing of its own.
pub fn seal(task_id: U256, provider_id: U256, result_hash: B256) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(preimage(task_id, provider_id, result_hash));
    hasher.finalize()
}

/// The 96 bytes whose hash is the seal, for those who have a hash function of their own.
pub fn preimage(task_id: U256, provider_id: U256, result_hash: B256) -> [u8; 96] {
    let mut bytes = [0; 96];
    bytes[..32].copy_from_slice(&task_id.to_be_bytes::<32>());
    bytes[32..64].copy_from_slice(&provider_id.to_be_bytes::<32>());
    bytes[64..].copy_from_slice(result_hash.as_slice());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{b256, keccak256};

    #[test]
    fn is_the_hash_of_three_words() {
        let hash = b256!("00000000000000000000000000000000000000000000000000000000000000ff");
        let bytes: Vec<u8> = [U256::from(1), U256::from(2), U256::from(255)]
            .iter()
            .flat_map(|n| n.to_be_bytes::<32>())
            .collect();
        assert_eq!(seal(U256::from(1), U256::from(2), hash), keccak256(bytes));
    }

    #[test]
    fn differs_by_each_part() {
        let one = |a, b, c| seal(U256::from(a), U256::from(b), B256::with_last_byte(c));
        assert!(
            one(1, 2, 3) != one(2, 2, 3)
                && one(1, 2, 3) != one(1, 3, 3)
                && one(1, 2, 3) != one(1, 2, 4)
        );
    }
}
