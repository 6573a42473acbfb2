//! ArbOS' state: programs, parameters, owners, cache managers, the price of data.
//!
//! All of it is ordinary storage of one account, [`ARBOS_STATE`], so that reverts, snapshots and state overrides need no care.

mod data_pricing;
mod params;
mod programs;
mod sets;

pub(crate) use params::pack as pack_params;
pub(crate) use programs::{Inactive, Program};
pub(crate) use sets::Members;

use revm::{
    Database,
    context::JournalTr,
    context_interface::journaled_state::account::JournaledAccountTr,
    primitives::{Address, B256, StorageKey, U256, address, keccak256},
};

/// The account that holds ArbOS' state.
pub const ARBOS_STATE: Address = address!("A4B05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf");

/// The error of a journal's database.
pub(crate) type DbError<J> = <<J as JournalTr>::Database as Database>::Error;

/// Groups of slots; a slot is the hash of its group and its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Space {
    Params = 1,
    Programs = 2,
    Modules = 3,
    DataPricer = 4,
    Owners = 5,
    CacheManagers = 6,
    FeeAccount = 7,
}

impl Space {
    /// The slot of `key` in this group.
    pub(crate) fn slot(self, key: B256) -> StorageKey {
        let mut bytes = [0; 33];
        bytes[0] = self as u8;
        bytes[1..].copy_from_slice(key.as_slice());
        keccak256(bytes).into()
    }
}

/// ArbOS' state as the running transaction sees it.
#[derive(Debug)]
pub(crate) struct ArbosState<'a, J>(pub(crate) &'a mut J);

impl<J: JournalTr> ArbosState<'_, J> {
    pub(crate) fn get(&mut self, slot: StorageKey) -> Result<U256, DbError<J>> {
        self.0.load_account(ARBOS_STATE)?;
        Ok(self.0.sload(ARBOS_STATE, slot)?.data)
    }

    /// Writes a slot. The first write gives the account a nonce, so that it is never taken for empty.
    pub(crate) fn set(&mut self, slot: StorageKey, value: U256) -> Result<(), DbError<J>> {
        let mut account = self.0.load_account_mut(ARBOS_STATE)?;
        if account.nonce() == 0 {
            account.set_nonce(1);
        }
        account.touch();
        drop(account);
        self.0.sstore(ARBOS_STATE, slot, value)?;
        Ok(())
    }

    /// The account that receives fees; `owner` unless another was set.
    pub(crate) fn fee_account(&mut self, owner: Address) -> Result<Address, DbError<J>> {
        let word = self.get(Space::FeeAccount.slot(B256::ZERO))?;
        Ok(if word.is_zero() {
            owner
        } else {
            Address::from_word(word.into())
        })
    }

    pub(crate) fn set_fee_account(&mut self, account: Address) -> Result<(), DbError<J>> {
        self.set(
            Space::FeeAccount.slot(B256::ZERO),
            account.into_word().into(),
        )
    }
}
