//! Accounts, code and storage, with every past version of them.
//!
//! Each change of the state makes a new [`Version`]. A value is kept once for every version that wrote it, so memory grows with the
//! writes and not with the blocks; a read at an old version is a binary search; a snapshot is a number; going back costs as much as
//! what is undone.

use std::collections::HashMap;

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use revm::state::{AccountInfo, Bytecode, EvmState};

/// Counts the changes of a [`State`]; 0 is the empty state.
pub type Version = u64;

/// What the chain knows of an account besides its storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Balance in wei.
    pub balance: U256,
    /// Number of transactions sent, or of contracts created.
    pub nonce: u64,
    /// keccak256 of the code.
    pub code_hash: B256,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            balance: U256::ZERO,
            nonce: 0,
            code_hash: KECCAK256_EMPTY,
        }
    }
}

impl Account {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&AccountInfo> for Account {
    fn from(info: &AccountInfo) -> Self {
        Self {
            balance: info.balance,
            nonce: info.nonce,
            code_hash: info.code_hash,
        }
    }
}

/// The values of one place, by the version that wrote them.
#[derive(Debug)]
struct History<T>(Vec<(Version, T)>);

impl<T> Default for History<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> History<T> {
    fn at(&self, version: Version) -> Option<T> {
        let (written, value) = self.0.last()?;
        if *written <= version {
            return Some(*value);
        }
        let later = self.0.partition_point(|(written, _)| *written <= version);
        later.checked_sub(1).map(|i| self.0[i].1)
    }

    fn truncate(&mut self, version: Version) {
        while self.0.last().is_some_and(|(written, _)| *written > version) {
            self.0.pop();
        }
    }
}

#[derive(Debug)]
enum Place {
    Account(Address),
    Slot(Address, U256),
}

/// The versioned state.
#[derive(Debug, Default)]
pub struct State {
    version: Version,
    accounts: HashMap<Address, History<Option<Account>>>,
    slots: HashMap<(Address, U256), History<U256>>,
    code: HashMap<B256, Bytecode>,
    journal: Vec<(Version, Place)>,
}

impl State {
    /// The newest version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The state as it is now.
    pub fn latest(&self) -> View<'_> {
        self.at(self.version)
    }

    /// The state as it was at `version`.
    pub fn at(&self, version: Version) -> View<'_> {
        View {
            state: self,
            version,
        }
    }

    /// Applies what a transaction changed, as one new version, and returns a digest of the changes.
    pub fn commit(&mut self, changes: EvmState) -> B256 {
        self.version += 1;
        let mut digest = Vec::new();
        let mut changes: Vec<_> = changes
            .into_iter()
            .filter(|(_, account)| account.is_touched())
            .collect();
        changes.sort_unstable_by_key(|(address, _)| *address);
        for (address, account) in changes {
            if account.is_selfdestructed() {
                // EIP-6780: only an account made by this very transaction is destroyed, so no older storage is left behind.
                self.write_account(address, None, &mut digest);
                continue;
            }
            let entry = Account::from(&account.info);
            if let Some(code) = account.info.code.filter(|code| !code.is_empty()) {
                self.code.entry(entry.code_hash).or_insert(code);
            }
            self.write_account(address, (!entry.is_empty()).then_some(entry), &mut digest);
            let mut slots: Vec<_> = account
                .storage
                .into_iter()
                .filter(|(_, slot)| slot.is_changed())
                .collect();
            slots.sort_unstable_by_key(|(slot, _)| *slot);
            for (slot, value) in slots {
                self.write_slot(address, slot, value.present_value(), &mut digest);
            }
        }
        keccak256(digest)
    }

    /// Puts an account there outside of any transaction.
    pub fn insert(&mut self, address: Address, info: AccountInfo, storage: Vec<(U256, U256)>) {
        if let Some(code) = info.code.clone() {
            self.set_code(address, code);
        }
        self.edit_account(address, |account| {
            account.balance = info.balance;
            account.nonce = info.nonce;
        });
        for (slot, value) in storage {
            self.set_storage(address, slot, value);
        }
    }

    /// Changes an account outside of any transaction.
    pub fn edit_account(&mut self, address: Address, edit: impl FnOnce(&mut Account)) {
        let mut account = self.latest().account(address);
        edit(&mut account);
        self.version += 1;
        self.write_account(address, Some(account), &mut Vec::new());
    }

    /// Sets an account's code outside of any transaction.
    pub fn set_code(&mut self, address: Address, code: Bytecode) {
        let code_hash = code.hash_slow();
        self.code.entry(code_hash).or_insert(code);
        self.edit_account(address, |account| account.code_hash = code_hash);
    }

    /// Sets a storage slot outside of any transaction.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        self.version += 1;
        self.write_slot(address, slot, value, &mut Vec::new());
    }

    /// Forgets everything newer than `version`.
    pub fn revert_to(&mut self, version: Version) {
        while let Some((_, place)) = self.journal.pop_if(|(written, _)| *written > version) {
            match place {
                Place::Account(address) => {
                    if let Some(history) = self.accounts.get_mut(&address) {
                        history.truncate(version);
                    }
                }
                Place::Slot(address, slot) => {
                    if let Some(history) = self.slots.get_mut(&(address, slot)) {
                        history.truncate(version);
                    }
                }
            }
        }
        self.version = self.version.min(version);
    }

    fn write_account(&mut self, address: Address, account: Option<Account>, digest: &mut Vec<u8>) {
        let history = self.accounts.entry(address).or_default();
        if history.at(self.version).flatten() == account {
            return;
        }
        history.0.push((self.version, account));
        self.journal.push((self.version, Place::Account(address)));
        let account = account.unwrap_or_default();
        digest.extend_from_slice(address.as_slice());
        digest.extend_from_slice(&account.nonce.to_be_bytes());
        digest.extend_from_slice(&account.balance.to_be_bytes::<32>());
        digest.extend_from_slice(account.code_hash.as_slice());
    }

    fn write_slot(&mut self, address: Address, slot: U256, value: U256, digest: &mut Vec<u8>) {
        self.slots
            .entry((address, slot))
            .or_default()
            .0
            .push((self.version, value));
        self.journal
            .push((self.version, Place::Slot(address, slot)));
        digest.extend_from_slice(address.as_slice());
        digest.extend_from_slice(&slot.to_be_bytes::<32>());
        digest.extend_from_slice(&value.to_be_bytes::<32>());
    }
}

/// The state at one version.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    state: &'a State,
    version: Version,
}

impl<'a> View<'a> {
    /// The account, if it exists.
    pub fn existing(&self, address: Address) -> Option<Account> {
        self.state.accounts.get(&address)?.at(self.version)?
    }

    /// The account; an empty one if it does not exist.
    pub fn account(&self, address: Address) -> Account {
        self.existing(address).unwrap_or_default()
    }

    /// The code with this hash.
    pub fn code_by_hash(&self, hash: B256) -> Option<&'a Bytecode> {
        self.state.code.get(&hash)
    }

    /// The code of an account, if it has any.
    pub fn code(&self, address: Address) -> Option<&'a Bytecode> {
        self.code_by_hash(self.existing(address)?.code_hash)
    }

    /// The value of a storage slot; zero if never written.
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        self.state
            .slots
            .get(&(address, slot))
            .and_then(|history| history.at(self.version))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Address = Address::repeat_byte(0xa1);

    #[test]
    fn every_version_can_be_read() {
        let mut state = State::default();
        let balances = [5u64, 7, 7, 0];
        let versions: Vec<_> = balances
            .iter()
            .map(|balance| {
                state.edit_account(ALICE, |account| account.balance = U256::from(*balance));
                state.set_storage(ALICE, U256::ONE, U256::from(balance * 10));
                state.version()
            })
            .collect();
        for (version, balance) in versions.into_iter().zip(balances) {
            assert_eq!(
                state.at(version).account(ALICE).balance,
                U256::from(balance)
            );
            assert_eq!(
                state.at(version).storage(ALICE, U256::ONE),
                U256::from(balance * 10)
            );
        }
        assert_eq!(state.at(0).existing(ALICE), None);
        assert_eq!(state.at(0).storage(ALICE, U256::ONE), U256::ZERO);
    }

    #[test]
    fn reverting_forgets_only_what_is_newer() {
        let mut state = State::default();
        state.set_storage(ALICE, U256::ONE, U256::from(1));
        let kept = state.version();
        state.set_storage(ALICE, U256::ONE, U256::from(2));
        state.edit_account(ALICE, |account| account.nonce = 9);
        state.revert_to(kept);
        assert_eq!(state.version(), kept);
        assert_eq!(state.latest().storage(ALICE, U256::ONE), U256::from(1));
        assert_eq!(state.latest().existing(ALICE), None);
        state.set_storage(ALICE, U256::ONE, U256::from(3));
        assert_eq!(state.latest().storage(ALICE, U256::ONE), U256::from(3));
    }

    #[test]
    fn code_is_found_by_account_and_by_hash() {
        let mut state = State::default();
        let code = Bytecode::new_legacy(vec![0x60, 0x00].into());
        state.set_code(ALICE, code.clone());
        assert_eq!(
            state.latest().code(ALICE).map(Bytecode::original_bytes),
            Some(code.original_bytes())
        );
        assert!(state.at(0).code(ALICE).is_none());
        assert!(state.latest().code(Address::ZERO).is_none());
    }
}
