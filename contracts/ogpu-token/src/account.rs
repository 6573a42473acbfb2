//! A holder's slot.

use alloy_primitives::{Address, B256};

/// What one slot keeps of a holder, so that a transfer reads one slot a side and finds both what moves and whose votes move.
///
/// ```text
/// | delegate 160 | balance 96 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Who votes with the balance; zero for nobody.
    pub delegate: Address,
    /// The balance in wei, at most 2^96 − 1.
    pub balance: u128,
}

impl Account {
    /// Reads the slot.
    pub fn unpack(word: B256) -> Self {
        Self {
            delegate: Address::from_slice(&word[..20]),
            balance: number(&word[20..]),
        }
    }

    /// The slot's new content.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word[..20].copy_from_slice(self.delegate.as_slice());
        word[20..].copy_from_slice(&self.balance.to_be_bytes()[4..]);
        word
    }
}

/// The number that bytes of a word, at most sixteen, are.
pub fn number(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ogpu_common::amount::MAX_AMOUNT;
    use proptest::prelude::*;

    #[test]
    fn has_the_documented_layout() {
        let account = Account {
            delegate: Address::repeat_byte(0xde),
            balance: 0x0102,
        };
        let mut word = [0; 32];
        word[..20].fill(0xde);
        word[30..].copy_from_slice(&[1, 2]);
        assert_eq!(account.pack(), B256::from(word));
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(delegate: [u8; 20], balance in 0..=MAX_AMOUNT) {
            let account = Account { delegate: delegate.into(), balance };
            prop_assert_eq!(Account::unpack(account.pack()), account);
        }
    }
}
