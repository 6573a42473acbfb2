//! The slot that every lock and every settlement reads, as a plain value.

use alloy_primitives::{Address, B256};
use ogpu_common::{Error, amount, words};

/// Who locks and settles, and what that has earned the protocol: one slot, read and written once a settlement.
///
/// ```text
/// | fees u96 | task manager address 160 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Market {
    /// The contract that locks and settles; zero before it is named.
    pub task_manager: Address,
    /// Fees that have not been collected, in wei of oGPU, at most [`MAX_AMOUNT`](amount::MAX_AMOUNT).
    pub fees: u128,
}

impl Market {
    /// Reads the slot.
    #[inline(never)]
    pub fn unpack(word: B256) -> Self {
        let [_, _, c, d] = words::number(&word).into_limbs();
        Self {
            task_manager: Address::from_word(word),
            fees: u128::from(d) << 32 | u128::from(c >> 32),
        }
    }

    /// The slot's new content.
    #[inline(never)]
    pub fn pack(self) -> B256 {
        let mut word = self.task_manager.into_word();
        word[..4].copy_from_slice(&((self.fees >> 64) as u32).to_be_bytes());
        word[4..12].copy_from_slice(&(self.fees as u64).to_be_bytes());
        word
    }

    /// Adds a fee.
    ///
    /// # Errors
    /// `AmountTooLarge` if the fees would be above [`MAX_AMOUNT`](amount::MAX_AMOUNT).
    pub fn charge(self, fee: u128) -> Result<Self, Error> {
        Ok(Self {
            fees: amount::sum(self.fees, fee)?,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_the_layout_above() {
        let market = Market {
            task_manager: Address::repeat_byte(0xab),
            fees: 0x0102 << 80 | 0x0304,
        };
        let mut word = [0xab; 32];
        word[..12].copy_from_slice(&[1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4]);
        assert_eq!(market.pack(), B256::from(word));
    }

    #[test]
    fn fees_are_amounts() {
        let full = Market {
            fees: amount::MAX_AMOUNT,
            ..Market::default()
        };
        assert_eq!(full.charge(0), Ok(full));
        assert!(full.charge(1).is_err());
    }

    proptest! {
        #[test]
        fn round_trips(word: [u8; 32]) {
            let word = B256::from(word);
            prop_assert_eq!(Market::unpack(word).pack(), word);
        }
    }
}
