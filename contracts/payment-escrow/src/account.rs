//! An account's slot, as a plain value.

use alloy_primitives::{B256, U256};
use ogpu_common::{
    Error,
    amount::{self, MAX_AMOUNT},
    words,
};

/// What the escrow keeps of an account, so that locking and settling read and write one slot a party.
///
/// ```text
/// | 0, 31 | opened 1 | locked u96 | 0, 32 | balance u96 |
/// ```
///
/// The amounts lie in a half each, so taking them apart is two masks. Every slot that is written is marked as opened and never
/// becomes empty again: from then on a credit changes a slot (5,000 gas), where the first one makes a slot (22,100 gas).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The owner's to withdraw, in wei of oGPU, at most [`MAX_AMOUNT`].
    pub balance: u128,
    /// Promised to tasks that are not settled, in wei of oGPU, at most [`MAX_AMOUNT`].
    pub locked: u128,
}

/// The mark of a slot that has been written, in its most significant limb.
const OPENED: u64 = 1 << 32;

impl Account {
    /// Reads the slot.
    #[inline(never)]
    pub fn unpack(word: B256) -> Self {
        let [a, b, c, d] = words::number(&word).into_limbs();
        let amount = |low, high| (u128::from(high) << 64 | u128::from(low)) & MAX_AMOUNT;
        Self {
            balance: amount(a, b),
            locked: amount(c, d),
        }
    }

    /// The slot's new content, which is marked as opened.
    #[inline(never)]
    pub fn pack(self) -> B256 {
        words::word(&U256::from_limbs([
            self.balance as u64,
            (self.balance >> 64) as u64,
            self.locked as u64,
            OPENED | (self.locked >> 64) as u64,
        ]))
    }

    /// Adds to the balance.
    ///
    /// # Errors
    /// `AmountTooLarge` if the balance would be above [`MAX_AMOUNT`].
    pub fn credit(self, amount: u128) -> Result<Self, Error> {
        Ok(Self {
            balance: amount::sum(self.balance, amount)?,
            ..self
        })
    }

    /// Takes from the balance; `None` if there is less.
    pub fn debit(self, amount: u128) -> Option<Self> {
        Some(Self {
            balance: self.balance.checked_sub(amount)?,
            ..self
        })
    }

    /// Locks `amount`, off the balance as far as it goes. The second value is what came off the balance.
    ///
    /// # Errors
    /// `AmountTooLarge` if more than [`MAX_AMOUNT`] would be locked.
    pub fn lock(self, amount: u128) -> Result<(Self, u128), Error> {
        let from_balance = amount.min(self.balance);
        let account = Self {
            balance: self.balance - from_balance,
            locked: amount::sum(self.locked, amount)?,
        };
        Ok((account, from_balance))
    }

    /// Ends a lock of `amount`; `None` if less is locked.
    pub fn unlock(self, amount: u128) -> Option<Self> {
        Some(Self {
            locked: self.locked.checked_sub(amount)?,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use ogpu_common::AmountTooLarge;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_the_layout_above() {
        let account = Account {
            balance: 0x0102 << 80 | 3,
            locked: 0x0405 << 80 | 6,
        };
        let mut word = [0; 32];
        word[3] = 1;
        word[4..6].copy_from_slice(&[4, 5]);
        word[15] = 6;
        word[20..22].copy_from_slice(&[1, 2]);
        word[31] = 3;
        assert_eq!(account.pack(), B256::from(word));
        assert_eq!(Account::unpack(B256::ZERO), Account::default());
        assert!(!Account::default().pack().is_zero(), "stays marked");
    }

    #[test]
    fn no_field_holds_more_than_an_amount() {
        let full = Account {
            balance: MAX_AMOUNT,
            locked: MAX_AMOUNT,
        };
        assert_eq!(Account::unpack(full.pack()), full);
        let error = || {
            Error::from(AmountTooLarge {
                amount: U256::from(1) << 96,
                maximum: U256::from(MAX_AMOUNT),
            })
        };
        assert_eq!(full.credit(1), Err(error()));
        assert_eq!(full.lock(1), Err(error()));
    }

    proptest! {
        #[test]
        fn round_trips(balance in 0..=MAX_AMOUNT, locked in 0..=MAX_AMOUNT) {
            let account = Account { balance, locked };
            prop_assert_eq!(Account::unpack(account.pack()), account);
        }

        #[test]
        fn nothing_is_made_or_lost(
            balance in 0..=MAX_AMOUNT / 2, locked in 0..=MAX_AMOUNT / 2, amount in 0..=MAX_AMOUNT / 2,
        ) {
            let account = Account { balance, locked };
            let (after, from_balance) = account.lock(amount).unwrap();
            prop_assert_eq!(from_balance, balance.min(amount));
            prop_assert_eq!(after, Account { balance: balance - from_balance, locked: locked + amount });
            prop_assert_eq!(after.unlock(amount).unwrap().credit(from_balance), Ok(account));
            prop_assert_eq!(account.credit(amount).unwrap().debit(amount), Some(account));
            prop_assert_eq!(account.debit(amount).is_some(), amount <= balance);
            prop_assert_eq!(account.unlock(amount).is_some(), amount <= locked);
        }
    }
}
