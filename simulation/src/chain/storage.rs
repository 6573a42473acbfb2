//! The storage of all accounts, with what it takes to undo a write.

use std::hash::{Hash, Hasher};

use alloy_primitives::{B256, U256};
use rustc_hash::FxHashMap;

/// A word of an account, which goes by its place in the list of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Whose word it is.
    pub account: u32,
    /// Which word.
    pub key: U256,
}

impl Hash for Slot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // keys are hashes or small numbers: either way the lowest limb tells them apart
        state.write_u64(self.key.as_limbs()[0] ^ (u64::from(self.account) << 48));
    }
}

/// Words that are not zero, a digest of all of them, and the words that were overwritten.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    words: FxHashMap<Slot, B256>,
    journal: Vec<(Slot, B256)>,
    /// What the last transaction wrote, once or more often.
    written: Vec<Slot>,
    digest: u64,
}

impl Storage {
    /// Reads a word.
    pub fn load(&self, slot: Slot) -> B256 {
        self.words.get(&slot).copied().unwrap_or_default()
    }

    /// Writes a word, so that it can be undone.
    pub fn store(&mut self, slot: Slot, value: B256) {
        let before = self.replace(slot, value);
        if before != value {
            self.journal.push((slot, before));
        }
    }

    /// Where [`Storage::revert`] can come back to.
    pub fn checkpoint(&self) -> usize {
        self.journal.len()
    }

    /// Undoes every write since a checkpoint.
    pub fn revert(&mut self, checkpoint: usize) {
        while self.journal.len() > checkpoint {
            if let Some((slot, before)) = self.journal.pop() {
                self.replace(slot, before);
            }
        }
    }

    /// Forgets how to undo what has been written so far.
    pub fn commit(&mut self) {
        self.written.clear();
        self.written
            .extend(self.journal.drain(..).map(|(slot, _)| slot));
    }

    /// The words that were written between the last two commits.
    pub fn written(&self) -> impl Iterator<Item = Slot> + '_ {
        self.written.iter().copied()
    }

    /// The words that are not zero.
    pub fn words(&self) -> impl Iterator<Item = (Slot, B256)> + '_ {
        self.words.iter().map(|(slot, value)| (*slot, *value))
    }

    /// Puts back what the `index`th of the writes to an account since a checkpoint overwrote.
    pub fn forget(&mut self, checkpoint: usize, account: u32, index: usize) {
        let writes = self.journal[checkpoint..].iter();
        let mut own = writes.filter(|(slot, _)| slot.account == account);
        if let Some(&(slot, before)) = own.nth(index) {
            self.store(slot, before);
        }
    }

    /// A digest of all words, kept up to date with every write.
    pub fn digest(&self) -> u64 {
        self.digest
    }

    /// The same digest, computed anew.
    pub fn full_digest(&self) -> u64 {
        let parts = self.words.iter().map(|(slot, value)| mix(slot, value));
        parts.fold(0, |digest, part| digest ^ part)
    }

    /// How many words are not zero.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether all words are zero.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn replace(&mut self, slot: Slot, value: B256) -> B256 {
        let before = if value.is_zero() {
            self.words.remove(&slot).unwrap_or_default()
        } else {
            self.words.insert(slot, value).unwrap_or_default()
        };
        self.digest ^= mix(&slot, &before) ^ mix(&slot, &value);
        before
    }
}

/// What a word adds to the digest; nothing if it is zero.
fn mix(slot: &Slot, value: &B256) -> u64 {
    if value.is_zero() {
        return 0;
    }
    let value = U256::from_be_bytes(value.0);
    let seed = (u64::from(slot.account) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let words = slot.key.as_limbs().iter().chain(value.as_limbs());
    words.fold(seed, |digest, word| {
        let product = u128::from(digest ^ word) * 0xd6e8_feb8_6659_fd93_u128;
        (product as u64).rotate_left(29) ^ (product >> 64) as u64
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(account: u32, key: u64) -> Slot {
        Slot {
            account,
            key: U256::from(key),
        }
    }

    #[test]
    fn what_is_undone_was_never_there() {
        let mut storage = Storage::default();
        storage.store(slot(1, 7), B256::with_last_byte(1));
        let (digest, checkpoint) = (storage.digest(), storage.checkpoint());
        storage.store(slot(1, 7), B256::with_last_byte(2));
        storage.store(slot(1, 7), B256::ZERO);
        storage.store(slot(2, 7), B256::with_last_byte(3));
        assert_ne!(storage.digest(), digest);
        storage.revert(checkpoint);
        assert_eq!(storage.digest(), digest);
        assert_eq!(storage.load(slot(1, 7)), B256::with_last_byte(1));
        assert_eq!(storage.load(slot(2, 7)), B256::ZERO);
        assert_eq!(storage.len(), 1);
    }

    #[test]
    fn the_digest_tells_accounts_keys_and_values_apart() {
        let of = |slot, value| {
            let mut storage = Storage::default();
            storage.store(slot, B256::with_last_byte(value));
            assert_eq!(storage.digest(), storage.full_digest());
            storage.digest()
        };
        let digests = [
            of(slot(1, 1), 1),
            of(slot(2, 1), 1),
            of(slot(1, 2), 1),
            of(slot(1, 1), 2),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest));
        }
    }
}
