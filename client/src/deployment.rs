//! The deployment file: where a system lives, and the journal of how it got there.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use alloy::primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};

use crate::{
    Chain, ClientError,
    deploy::Settings,
    file::{self, Readers},
};

/// The version of the file's format.
const FORMAT: u32 = 1;

/// A system on a chain, complete or on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    format: u32,
    /// Which chain it is on.
    pub chain_id: u64,
    /// Hash of the chain's first block.
    pub genesis: B256,
    /// A block of the chain with something of this deployment in it: a restarted development chain does not have it.
    pub anchor: Option<Anchor>,
    /// Who deploys.
    pub deployer: Address,
    /// What it is deployed with.
    pub settings: Settings,
    /// Whether every step is done.
    pub complete: bool,
    /// The contracts that stand, by name.
    pub contracts: BTreeMap<String, Contract>,
    /// Everything that was done, in order.
    pub steps: Vec<Step>,
    #[serde(skip)]
    path: PathBuf,
}

/// A block that tells a chain from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
}

/// One contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Where users call it; nothing for the proxy's own program, and for extensions, which are called through the contract
    /// that delegates to them.
    pub proxy: Option<Address>,
    /// The program.
    pub implementation: Address,
    /// The program's code hash.
    pub code_hash: B256,
}

/// One transaction of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What it does; unique in a deployment.
    pub name: String,
    /// How far it is.
    pub state: StepState,
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "state"
)]
pub enum StepState {
    /// Signed, perhaps sent: the very same bytes are sent again when a run is resumed.
    Signed {
        /// The account's nonce.
        nonce: u64,
        /// The transaction.
        tx: B256,
        /// Its bytes.
        raw: Bytes,
    },
    /// Mined.
    Done {
        /// The transaction.
        tx: B256,
        /// The block it is in.
        block: u64,
        /// Gas it used.
        gas: u64,
        /// The contract it created.
        address: Option<Address>,
    },
    /// Found to be unnecessary.
    Skipped,
}

/// Where users call the contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The token.
    pub token: Address,
    /// The escrow.
    pub escrow: Address,
    /// The vault.
    pub vault: Address,
    /// The registry.
    pub registry: Address,
    /// The task manager.
    pub task_manager: Address,
    /// The watchdog.
    pub watchdog: Address,
    /// The verification committee.
    pub committee: Address,
    /// The DAO, where there is one.
    pub dao: Option<DaoAddresses>,
}

/// Where the DAO decides and acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaoAddresses {
    /// Takes proposals and votes.
    pub governor: Address,
    /// Owns every contract.
    pub timelock: Address,
}

impl Deployment {
    /// Begins the file of a new deployment at `path`; nothing is written yet.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`].
    pub(crate) async fn begin(
        path: &Path,
        chain: &Chain,
        deployer: Address,
        settings: Settings,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            format: FORMAT,
            chain_id: chain.id(),
            genesis: chain.block_hash(0).await?.unwrap_or_default(),
            anchor: None,
            deployer,
            settings,
            complete: false,
            contracts: BTreeMap::new(),
            steps: Vec::new(),
            path: path.to_owned(),
        })
    }

    /// Reads the file at `path` and checks that it belongs to `chain`. The deployment may be unfinished.
    ///
    /// # Errors
    /// [`ClientError::NoDeployment`], [`ClientError::BadDeployment`], [`ClientError::OtherChain`], or what reading from the
    /// chain gives.
    pub async fn load(path: &Path, chain: &Chain) -> Result<Self, ClientError> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ClientError::NoDeployment {
                    path: path.to_owned(),
                });
            }
            Err(source) => {
                return Err(ClientError::File {
                    action: "read",
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let bad = |why: String| ClientError::BadDeployment {
            path: path.to_owned(),
            why,
        };
        let mut deployment: Self =
            serde_json::from_slice(&text).map_err(|error| bad(error.to_string()))?;
        if deployment.format != FORMAT {
            return Err(bad(format!(
                "its format is {}, and this program knows {FORMAT}",
                deployment.format
            )));
        }
        deployment.path = path.to_owned();
        deployment.check_chain(chain).await?;
        Ok(deployment)
    }

    async fn check_chain(&self, chain: &Chain) -> Result<(), ClientError> {
        let other = |why: String| {
            Err(ClientError::OtherChain {
                path: self.path.clone(),
                why,
            })
        };
        if self.chain_id != chain.id() {
            return other(format!(
                "its chain id is {}, and {} has {}",
                self.chain_id,
                chain.url(),
                chain.id()
            ));
        }
        let genesis = chain.block_hash(0).await?.unwrap_or_default();
        if genesis != self.genesis {
            return other(format!(
                "its first block is {}, and {} has {genesis}",
                self.genesis,
                chain.url()
            ));
        }
        if let Some(Anchor { number, hash }) = self.anchor {
            let found = chain.block_hash(number).await?;
            if found != Some(hash) {
                let found = found.map_or("none yet".to_owned(), |hash| hash.to_string());
                return other(format!(
                    "its block {number} is {hash}, and {} has {found}",
                    chain.url()
                ));
            }
        }
        Ok(())
    }

    /// The addresses users call.
    ///
    /// # Errors
    /// [`ClientError::Unfinished`] when the deployment was interrupted, [`ClientError::BadDeployment`] when a contract is
    /// missing.
    pub fn addresses(&self) -> Result<Addresses, ClientError> {
        if !self.complete {
            let step = self
                .steps
                .last()
                .map_or("the first step", |step| &step.name)
                .to_owned();
            return Err(ClientError::Unfinished {
                path: self.path.clone(),
                step,
            });
        }
        let of = |name: &str| {
            self.contracts
                .get(name)
                .and_then(|contract| contract.proxy)
                .ok_or_else(|| ClientError::BadDeployment {
                    path: self.path.clone(),
                    why: format!("it has no address for {name}"),
                })
        };
        Ok(Addresses {
            token: of("ogpu-token")?,
            escrow: of("payment-escrow")?,
            vault: of("staking-vault")?,
            registry: of("reputation-registry")?,
            task_manager: of("task-manager")?,
            watchdog: of("watchdog")?,
            committee: of("verification-committee")?,
            dao: match self.settings.governance {
                None => None,
                Some(_) => Some(DaoAddresses {
                    governor: of("governance-dao")?,
                    timelock: of("timelock")?,
                }),
            },
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How far the step `name` is.
    pub fn step(&self, name: &str) -> Option<&StepState> {
        self.steps
            .iter()
            .find(|step| step.name == name)
            .map(|step| &step.state)
    }

    /// Notes how far the step `name` is, and writes the file.
    pub(crate) fn record(&mut self, name: &str, state: StepState) -> Result<(), ClientError> {
        match self.steps.iter_mut().find(|step| step.name == name) {
            Some(step) => step.state = state,
            None => self.steps.push(Step {
                name: name.to_owned(),
                state,
            }),
        }
        self.save()
    }

    /// Forgets the step `name`: its transaction can no longer be mined.
    pub(crate) fn forget(&mut self, name: &str) -> Result<(), ClientError> {
        self.steps.retain(|step| step.name != name);
        self.save()
    }

    /// Writes the file whole: beside it first, then in its place, so that no interruption leaves half a file.
    pub(crate) fn save(&self) -> Result<(), ClientError> {
        file::save(&self.path, self, Readers::Anybody)
    }
}
