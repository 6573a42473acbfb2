//! Replicated execution, from outside.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    sol_types::SolValue as _,
};
pub use ogpu_rules::replication::Plan;
use ogpu_rules::replication::commitment;

use crate::{
    Account, Chain, ClientError, Deployment, Market, Provider, Receipt,
    bindings::verifiers::ReplicationVerifier::{self, ReplicationVerifierInstance},
};

/// The replication verifier of a system.
#[derive(Clone, Debug)]
pub struct Replication {
    chain: Chain,
    address: Address,
}

impl Replication {
    /// The verifier at `address` on `chain`.
    pub fn new(chain: Chain, address: Address) -> Self {
        Self { chain, address }
    }

    /// The verifier of a deployment on `chain`.
    ///
    /// # Errors
    /// [`ClientError::BadDeployment`] when it has none.
    pub fn of(chain: Chain, deployment: &Deployment) -> Result<Self, ClientError> {
        let contract = deployment.contracts.get("replication-verifier");
        let address = contract
            .and_then(|contract| contract.proxy)
            .ok_or_else(|| ClientError::BadDeployment {
                path: deployment.path().to_owned(),
                why: "it has no address for replication-verifier".to_owned(),
            })?;
        Ok(Self::new(chain, address))
    }

    /// Where it is.
    pub fn address(&self) -> Address {
        self.address
    }

    /// Its functions.
    pub fn contract(&self) -> ReplicationVerifierInstance<Provider> {
        ReplicationVerifier::new(self.address, self.chain.provider().clone())
    }

    /// Puts `amount` of the account's tokens into its purse, approving it where needed.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn deposit(
        &self,
        market: &Market,
        account: &Account,
        amount: U256,
    ) -> Result<Receipt, ClientError> {
        market.allow(account, self.address, amount).await?;
        let contract = self.contract();
        let call = contract.deposit(amount);
        account.send("depositing oGPU", call).await
    }

    /// The salt of the account's commitment for a task: the hash of its signature of a text about it, so that nothing has to be kept.
    ///
    /// # Errors
    /// When the account cannot sign.
    pub fn salt(&self, account: &Account, task: U256) -> Result<B256, ClientError> {
        let about = "OGPU: the salt of a replica";
        let digest = (about, U256::from(self.chain.id()), self.address, task).abi_encode();
        Ok(keccak256(account.sign_digest(keccak256(digest))?))
    }

    /// Commits to what the account has found.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn commit(
        &self,
        account: &Account,
        task: U256,
        result: B256,
    ) -> Result<Receipt, ClientError> {
        let (task_word, replica) = (B256::from(task), account.address().into_word());
        let salt = self.salt(account, task)?;
        let sealed = commitment(&task_word, &replica, &result, &salt);
        let contract = self.contract();
        let call = contract.commit(task, sealed);
        account.send("committing", call).await
    }

    /// Reveals what the account has committed to by [`Replication::commit`].
    ///
    /// # Errors
    /// What sending gives.
    pub async fn reveal(
        &self,
        account: &Account,
        task: U256,
        result: B256,
    ) -> Result<Receipt, ClientError> {
        let salt = self.salt(account, task)?;
        let contract = self.contract();
        let call = contract.reveal(task, result, salt);
        account.send("revealing", call).await
    }
}
