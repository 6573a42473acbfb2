//! What the virtual machine reads while it runs.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::state::StateOverride;
use revm::{
    Database,
    state::{AccountInfo, Bytecode},
};

use super::{block::Block, error::ChainError, state::View};

/// The state at one version, the hashes of the blocks, and what a call pretends to be different.
#[derive(Debug)]
pub struct Reader<'a> {
    view: View<'a>,
    blocks: &'a [Arc<Block>],
    overrides: StateOverride,
    code: HashMap<B256, Bytecode>,
}

impl<'a> Reader<'a> {
    /// Reads from `view`; `blocks` is the chain from its first block.
    pub fn new(view: View<'a>, blocks: &'a [Arc<Block>]) -> Self {
        Self {
            view,
            blocks,
            overrides: StateOverride::default(),
            code: HashMap::new(),
        }
    }

    /// Reads as if the accounts were as `overrides` says.
    ///
    /// # Errors
    /// [`ChainError::AmbiguousOverride`], [`ChainError::BadCode`].
    pub fn with_overrides(mut self, overrides: StateOverride) -> Result<Self, ChainError> {
        for (address, account) in &overrides {
            if account.state.is_some() && account.state_diff.is_some() {
                return Err(ChainError::AmbiguousOverride(*address));
            }
            if let Some(code) = &account.code {
                let code = bytecode(code.clone())?;
                self.code.insert(code.hash_slow(), code);
            }
        }
        self.overrides = overrides;
        Ok(self)
    }

    /// The balance of an account in wei.
    pub fn balance(&mut self, address: Address) -> U256 {
        let Ok(account) = self.basic(address);
        account.map_or(U256::ZERO, |account| account.balance)
    }
}

/// Code as the virtual machine takes it.
///
/// # Errors
/// [`ChainError::BadCode`] for a malformed EIP-7702 delegation.
pub fn bytecode(code: alloy_primitives::Bytes) -> Result<Bytecode, ChainError> {
    Bytecode::new_raw_checked(code).map_err(|error| ChainError::BadCode(error.to_string()))
}

impl Database for Reader<'_> {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        let mut account = self.view.existing(address);
        if let Some(changed) = self.overrides.get(&address) {
            let account = account.get_or_insert_default();
            account.balance = changed.balance.unwrap_or(account.balance);
            account.nonce = changed.nonce.unwrap_or(account.nonce);
            if let Some(code) = &changed.code {
                account.code_hash = alloy_primitives::keccak256(code);
            }
        }
        Ok(account.map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            code: None,
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self
            .code
            .get(&hash)
            .or_else(|| self.view.code_by_hash(hash))
            .cloned()
            .unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        let key = B256::from(slot);
        if let Some(account) = self.overrides.get(&address) {
            if let Some(state) = &account.state {
                return Ok(state.get(&key).map_or(U256::ZERO, |value| (*value).into()));
            }
            if let Some(value) = account.state_diff.as_ref().and_then(|diff| diff.get(&key)) {
                return Ok((*value).into());
            }
        }
        Ok(self.view.storage(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        let index = usize::try_from(number).ok();
        Ok(index
            .and_then(|index| self.blocks.get(index))
            .map_or(B256::ZERO, |block| block.header.hash()))
    }
}
