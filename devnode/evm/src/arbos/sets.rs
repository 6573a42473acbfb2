//! Enumerable sets of addresses.

use super::{ArbosState, DbError, Space};
use revm::{
    context::JournalTr,
    primitives::{Address, B256, StorageKey, U256},
};

/// Chain owners, or cache managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Members(Space);

impl Members {
    pub(crate) const OWNERS: Self = Self(Space::Owners);
    pub(crate) const CACHE_MANAGERS: Self = Self(Space::CacheManagers);

    /// The slot of the number of members.
    fn len(self) -> StorageKey {
        self.0.slot(B256::ZERO)
    }

    /// The slot of the member at `index`, which counts from 1.
    fn at(self, index: U256) -> StorageKey {
        self.0.slot(index.into())
    }

    /// The slot of a member's index; 0 if it is none.
    fn index_of(self, member: Address) -> StorageKey {
        let mut key = B256::right_padding_from(member.as_slice());
        key[Address::len_bytes()] = 1;
        self.0.slot(key)
    }

    /// The storage of a set with one member.
    pub(crate) fn single(self, member: Address) -> [(StorageKey, U256); 3] {
        let one = U256::from(1);
        [
            (self.len(), one),
            (self.at(one), member.into_word().into()),
            (self.index_of(member), one),
        ]
    }
}

impl<J: JournalTr> ArbosState<'_, J> {
    pub(crate) fn contains(&mut self, set: Members, member: Address) -> Result<bool, DbError<J>> {
        Ok(!self.get(set.index_of(member))?.is_zero())
    }

    pub(crate) fn members(&mut self, set: Members) -> Result<Vec<Address>, DbError<J>> {
        let len = self.get(set.len())?.saturating_to::<u64>();
        (1..=len)
            .map(|index| {
                let word = self.get(set.at(U256::from(index)))?;
                Ok(Address::from_word(word.into()))
            })
            .collect()
    }

    /// Adds a member; nothing changes if it is one.
    pub(crate) fn insert(&mut self, set: Members, member: Address) -> Result<(), DbError<J>> {
        if self.contains(set, member)? {
            return Ok(());
        }
        let len = self.get(set.len())? + U256::from(1);
        self.set(set.len(), len)?;
        self.set(set.at(len), member.into_word().into())?;
        self.set(set.index_of(member), len)
    }

    /// Removes a member, the last one taking its place; nothing changes if it is none.
    pub(crate) fn remove(&mut self, set: Members, member: Address) -> Result<(), DbError<J>> {
        let index = self.get(set.index_of(member))?;
        if index.is_zero() {
            return Ok(());
        }
        let len = self.get(set.len())?;
        let last = self.get(set.at(len))?;
        self.set(set.at(index), last)?;
        self.set(set.index_of(Address::from_word(last.into())), index)?;
        self.set(set.index_of(member), U256::ZERO)?;
        self.set(set.at(len), U256::ZERO)?;
        self.set(set.len(), len - U256::from(1))
    }
}
