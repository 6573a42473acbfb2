//! Accepting transactions and making blocks of them.

use std::sync::Arc;

use alloy_consensus::{
    Receipt, SignableTransaction, TxEnvelope, TypedTransaction, transaction::Recovered,
};
use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use ogpu_evm::{Block as Context, Executor, Options, RecentPrograms};
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction};

use super::{
    Chain, ChainError, Event,
    block::{Block, Mined, Transaction, seal},
    database::Reader,
    transaction,
};

/// The most blocks one request may make.
const MINE_LIMIT: u64 = 100_000;

/// A block in the making.
struct Draft {
    context: Context,
    recent: RecentPrograms,
    mined: Vec<Mined>,
    gas: u64,
    digest: B256,
}

impl Draft {
    fn new(context: Context) -> Self {
        Self {
            context,
            recent: RecentPrograms::default(),
            mined: Vec::new(),
            gas: 0,
            digest: B256::ZERO,
        }
    }
}

impl Chain {
    /// Takes a transaction in: into a block of its own, or to wait if blocks are made otherwise.
    ///
    /// # Errors
    /// Whatever makes the transaction impossible; what the contract does is no error but in the receipt.
    pub fn submit(&mut self, transaction: Transaction) -> Result<B256, ChainError> {
        let hash = *transaction.hash();
        if self.waiting(hash).is_some() {
            return Err(ChainError::AlreadyKnown);
        }
        let sender = transaction.signer();
        let mut clock = self.clock;
        let context = self.context(clock.take(self.last_timestamp()));
        transaction::check(
            &transaction,
            self.config.chain_id,
            &context,
            self.state.latest(),
            self.next_nonce(sender),
            self.is_impersonated(sender),
        )?;
        if self.automine {
            let mut draft = Draft::new(context);
            self.include(&mut draft, transaction)?;
            self.clock = clock;
            self.announce(Event::Transaction(hash));
            self.close(draft);
        } else {
            self.pool.push(transaction);
            self.announce(Event::Transaction(hash));
        }
        Ok(hash)
    }

    /// Whether the node can send transactions for the account.
    ///
    /// # Errors
    /// [`ChainError::UnknownAccount`] if not.
    pub fn check_sender(&self, address: Address) -> Result<(), ChainError> {
        if self.signer(address).is_some() || self.is_impersonated(address) {
            Ok(())
        } else {
            Err(ChainError::UnknownAccount(address))
        }
    }

    fn signer(&self, address: Address) -> Option<&PrivateKeySigner> {
        self.accounts
            .iter()
            .map(|account| &account.signer)
            .find(|signer| signer.address() == address)
    }

    /// Signs and takes in a transaction of an account whose key the node holds or which it impersonates.
    ///
    /// # Errors
    /// [`ChainError::UnknownAccount`], or as [`Self::submit`].
    pub fn send(
        &mut self,
        from: Address,
        transaction: TypedTransaction,
    ) -> Result<B256, ChainError> {
        self.check_sender(from)?;
        let hash = transaction.signature_hash();
        let signature = match self.signer(from) {
            Some(signer) => signer
                .sign_hash_sync(&hash)
                .map_err(|error| ChainError::BadSignature(error.to_string()))?,
            // Nobody can sign for an impersonated account: its address in the signature keeps hashes apart.
            None => Signature::new(U256::from_be_slice(from.as_slice()), U256::ONE, false),
        };
        let envelope: TxEnvelope = transaction.into_signed(signature).into();
        self.submit(Recovered::new_unchecked(envelope, from))
    }

    /// Makes a block of what waits. What has become impossible meanwhile is dropped.
    pub fn mine(&mut self) -> Arc<Block> {
        let timestamp = self.clock.take(self.last_timestamp());
        let mut draft = Draft::new(self.context(timestamp));
        for transaction in std::mem::take(&mut self.pool) {
            // A dropped transaction stays unknown to its sender, as when a pool of transactions lets one go.
            drop(self.include(&mut draft, transaction));
        }
        self.close(draft)
    }

    /// Makes `count` blocks, `interval` seconds apart.
    ///
    /// # Errors
    /// [`ChainError::TooMany`] above 100,000.
    pub fn mine_many(&mut self, count: u64, interval: Option<u64>) -> Result<(), ChainError> {
        if count > MINE_LIMIT {
            return Err(ChainError::TooMany {
                what: "number of blocks",
                have: count,
                limit: MINE_LIMIT,
            });
        }
        for index in 0..count {
            if let Some(interval) = interval.filter(|_| index > 0) {
                self.set_next_timestamp(self.last_timestamp().saturating_add(interval))?;
            }
            self.mine();
        }
        Ok(())
    }

    /// Whether every transaction makes a block at once.
    pub fn automine(&self) -> bool {
        self.automine
    }

    /// Switches making a block for every transaction; what waits is mined when it is switched on.
    pub fn set_automine(&mut self, on: bool) {
        self.automine = on;
        if on && !self.pool.is_empty() {
            self.mine();
        }
    }

    /// Takes a waiting transaction out again; says whether it was there.
    pub fn drop_waiting(&mut self, hash: B256) -> bool {
        let before = self.pool.len();
        self.pool.retain(|transaction| *transaction.hash() != hash);
        self.pool.len() < before
    }

    pub(super) fn seal_empty(&mut self) {
        let timestamp = self.clock.take(self.last_timestamp());
        let draft = Draft::new(self.context(timestamp));
        self.close(draft);
    }

    /// Runs a transaction at the end of the draft.
    fn include(&mut self, draft: &mut Draft, transaction: Transaction) -> Result<(), ChainError> {
        let before = self.state.version();
        let output = Executor {
            recent: draft.recent.clone(),
            ..self.executor(&draft.context, transaction.signer())
        }
        .transact(
            Reader::new(self.state.latest(), &self.blocks),
            transaction::env(&transaction, self.config.chain_id, draft.context.base_fee),
        )
        .map_err(|error| refused(error, transaction.signer()))?;
        let contract = output.result.created_address();
        let gas_used = output.result.tx_gas_used();
        draft.recent = output.recent;
        draft.gas += gas_used;
        draft.digest = keccak256([draft.digest, self.state.commit(output.state)].concat());
        let success = output.result.is_success();
        let (logs, output) = match output.result {
            ExecutionResult::Success { logs, output, .. } => (logs, output.into_data()),
            ExecutionResult::Revert { output, .. } => (Vec::new(), output),
            ExecutionResult::Halt { .. } => (Vec::new(), Default::default()),
        };
        let receipt = Receipt {
            status: success.into(),
            cumulative_gas_used: draft.gas,
            logs,
        };
        draft.mined.push(Mined {
            transaction,
            receipt,
            gas_used,
            contract,
            output,
            before,
        });
        Ok(())
    }

    /// Makes the draft the newest block.
    fn close(&mut self, draft: Draft) -> Arc<Block> {
        let parent = self.blocks.last().map(Arc::as_ref);
        let block = seal(
            &draft.context,
            parent,
            self.config.arbos_version,
            draft.mined,
            draft.digest,
            self.state.version(),
        );
        let block = Arc::new(block);
        let number = block.number();
        self.by_hash.insert(block.header.hash(), number);
        for (index, mined) in block.transactions.iter().enumerate() {
            self.transactions
                .insert(*mined.transaction.hash(), (number, index));
        }
        self.blocks.push(block.clone());
        self.announce(Event::Block(block.clone()));
        block
    }

    pub(super) fn executor<'a>(&'a self, context: &'a Context, sender: Address) -> Executor<'a> {
        let options = if self.is_impersonated(sender) {
            Options::impersonated()
        } else {
            Options::default()
        };
        Executor::new(&self.config, context, &self.programs).with_options(options)
    }

    fn announce(&self, event: Event) {
        // Nobody listening is no error.
        drop(self.events.send(event));
    }
}

/// What the virtual machine's refusal means.
pub(super) fn refused(error: EVMError<std::convert::Infallible>, address: Address) -> ChainError {
    match error {
        EVMError::Transaction(
            InvalidTransaction::CallGasCostMoreThanGasLimit {
                initial_gas: want,
                gas_limit: have,
            }
            | InvalidTransaction::GasFloorMoreThanGasLimit {
                gas_floor: want,
                gas_limit: have,
            },
        ) => ChainError::IntrinsicGas { have, want },
        EVMError::Transaction(InvalidTransaction::LackOfFundForMaxFee { fee, balance }) => {
            ChainError::InsufficientFunds {
                address,
                have: *balance,
                want: *fee,
            }
        }
        EVMError::Database(never) => match never {},
        error => ChainError::Invalid(error.to_string()),
    }
}
