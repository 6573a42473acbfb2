//! A node of the verification committee: its steps, and the file with what it has committed to and must be able to reveal.
//!
//! Every secret and every vote is in the file, on the disk, before the transaction that commits to it is sent. A node that is
//! killed at any moment finds the same secret and the same vote again, and commits to nothing twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolValue as _,
};
use ogpu_rules::committee::{Vote as Verdict, beacon, round};
use serde::{Deserialize, Serialize};

use crate::{
    Account, ClientError, Market, Receipt,
    file::{self, Readers},
};

/// What a member found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    /// The right result's hash; zero if the result is bad or cannot be had.
    pub result: B256,
    /// Whether the provider was as fast as it promised.
    pub latency_ok: bool,
}

/// A vote with the salt that hides it until it is revealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SealedVote {
    #[serde(flatten)]
    vote: Vote,
    salt: B256,
}

/// What a node knows and the chain does not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Memory {
    /// The last block whose events the node has seen.
    block: u64,
    /// Tasks that the committee has still to decide.
    open: BTreeSet<U256>,
    /// By beacon.
    secrets: BTreeMap<U256, B256>,
    /// By task.
    votes: BTreeMap<U256, SealedVote>,
}

/// The file of a node, which only its owner can read, and which one process uses at a time.
#[derive(Debug)]
pub struct NodeFile {
    path: PathBuf,
    memory: Memory,
    /// Held as long as the file is in use; the system lets go of it when the process ends, however it ends.
    _lock: File,
}

impl NodeFile {
    /// Opens the file at `path`; without one the node has committed to nothing yet.
    ///
    /// # Errors
    /// [`ClientError::InUse`] when another process has it open, [`ClientError::File`], [`ClientError::BadFile`].
    pub fn open(path: &Path) -> Result<Self, ClientError> {
        let failed = |action, source| ClientError::File {
            action,
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| failed("write", error))?;
        }
        let mut beside = path.to_owned().into_os_string();
        beside.push(".lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&beside)
            .map_err(|error| failed("write", error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ClientError::InUse {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed("lock", error)),
        }
        let memory = match std::fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| ClientError::BadFile {
                path: path.to_owned(),
                what: "node's file",
                why: error.to_string(),
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Memory::default(),
            Err(error) => return Err(failed("read", error)),
        };
        Ok(Self {
            path: path.to_owned(),
            memory,
            _lock: lock,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last block whose events were noted; 0 before the first.
    pub fn block(&self) -> u64 {
        self.memory.block
    }

    /// Tasks that the committee has still to decide, as far as the events up to [`NodeFile::block`] tell.
    pub fn open_tasks(&self) -> impl Iterator<Item = U256> + use<> {
        self.memory.open.clone().into_iter()
    }

    /// Notes that events up to `block` have been seen, and which tasks they add.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn seen(&mut self, block: u64, tasks: &[U256]) -> Result<(), ClientError> {
        self.change(|memory| {
            memory.block = block;
            memory.open.extend(tasks);
        })
    }

    /// Notes that nothing is left to do for a task, and forgets the vote on it.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn close(&mut self, task: U256) -> Result<(), ClientError> {
        self.change(|memory| {
            memory.open.remove(&task);
            memory.votes.remove(&task);
        })
    }

    /// The beacons whose secrets are in the file.
    pub fn beacons(&self) -> impl Iterator<Item = U256> + use<> {
        let beacons: Vec<U256> = self.memory.secrets.keys().copied().collect();
        beacons.into_iter()
    }

    /// Forgets the secret of a beacon that is over.
    ///
    /// # Errors
    /// [`ClientError::File`].
    pub fn forget(&mut self, beacon: U256) -> Result<(), ClientError> {
        self.change(|memory| {
            memory.secrets.remove(&beacon);
        })
    }

    /// The vote on a task, if it was sealed.
    pub fn vote(&self, task: U256) -> Option<Vote> {
        self.memory.votes.get(&task).map(|sealed| sealed.vote)
    }

    /// The node's secret for a beacon: the one in the file, or a new one, which then is in it.
    fn secret(&mut self, beacon: U256) -> Result<B256, ClientError> {
        if let Some(secret) = self.memory.secrets.get(&beacon) {
            return Ok(*secret);
        }
        let secret = B256::random();
        self.change(|memory| {
            memory.secrets.insert(beacon, secret);
        })?;
        Ok(secret)
    }

    /// Seals a vote. One that is in the file already stays: it may be on its way to the chain.
    fn seal(&mut self, task: U256, vote: Vote) -> Result<SealedVote, ClientError> {
        if let Some(sealed) = self.memory.votes.get(&task) {
            if sealed.vote != vote {
                return Err(ClientError::OtherVote {
                    task,
                    path: self.path.clone(),
                    result: sealed.vote.result,
                });
            }
            return Ok(*sealed);
        }
        let sealed = SealedVote {
            vote,
            salt: B256::random(),
        };
        self.change(|memory| {
            memory.votes.insert(task, sealed);
        })?;
        Ok(sealed)
    }

    /// Changes what the node knows: on the disk first, so that nothing is acted on that is not there.
    fn change(&mut self, change: impl FnOnce(&mut Memory)) -> Result<(), ClientError> {
        let mut memory = self.memory.clone();
        change(&mut memory);
        file::save(&self.path, &memory, Readers::Owner)?;
        self.memory = memory;
        Ok(())
    }
}

/// A node and what it does. Each step is one transaction, simulated first: one that the committee refuses costs nothing.
#[derive(Debug)]
pub struct Node {
    /// The market.
    pub market: Market,
    /// Who signs: the node.
    pub account: Account,
    /// What the node has committed to.
    pub file: NodeFile,
}

impl Node {
    /// The node that signs as `account`, with its file in `folder`.
    ///
    /// # Errors
    /// As [`NodeFile::open`].
    pub fn open(market: Market, account: Account, folder: &Path) -> Result<Self, ClientError> {
        let name = format!(
            "{}-{}-{}.json",
            market.chain().id(),
            market.addresses().committee,
            account.address()
        );
        Ok(Self {
            file: NodeFile::open(&folder.join(name))?,
            market,
            account,
        })
    }

    /// The node's address.
    pub fn address(&self) -> Address {
        self.account.address()
    }

    /// Commits to a secret for a beacon. The secret is in the file before that.
    ///
    /// # Errors
    /// [`ClientError::File`], and what sending gives.
    pub async fn commit_secret(&mut self, beacon: U256) -> Result<Receipt, ClientError> {
        let secret = self.file.secret(beacon)?;
        let commitment = beacon::commitment(&beacon.into(), &self.address().into_word(), &secret);
        let call = self.market.committee();
        let call = call.commitSecret(beacon, commitment);
        self.account.send("committing a secret", call).await
    }

    /// Reveals the secret for a beacon.
    ///
    /// # Errors
    /// [`ClientError::NotInFile`], and what sending gives.
    pub async fn reveal_secret(&self, beacon: U256) -> Result<Receipt, ClientError> {
        let secret = self.file.memory.secrets.get(&beacon);
        let secret = secret.ok_or_else(|| self.missing(format!("secret for beacon {beacon}")))?;
        let call = self.market.committee();
        let call = call.revealSecret(beacon, *secret);
        self.account.send("revealing a secret", call).await
    }

    /// Commits to a vote. The vote and its salt are in the file before that.
    ///
    /// # Errors
    /// [`ClientError::OtherVote`] when the file has another vote on the task, [`ClientError::File`], and what sending gives.
    pub async fn commit_vote(&mut self, task: U256, vote: Vote) -> Result<Receipt, ClientError> {
        let SealedVote { vote, salt } = self.file.seal(task, vote)?;
        let node = self.address().into_word();
        let commitment = round::commitment(&task.into(), &node, vote.into(), &salt);
        let call = self.market.committee();
        let call = call.commitVote(task, commitment);
        self.account.send("committing a vote", call).await
    }

    /// Reveals the vote on a task.
    ///
    /// # Errors
    /// [`ClientError::NotInFile`], and what sending gives.
    pub async fn reveal_vote(&self, task: U256) -> Result<(Vote, Receipt), ClientError> {
        let sealed = self.file.memory.votes.get(&task);
        let SealedVote { vote, salt } =
            *sealed.ok_or_else(|| self.missing(format!("vote on task {task}")))?;
        let call = self.market.committee();
        let call = call.revealVote(task, vote.result, vote.latency_ok, salt);
        let receipt = self.account.send("revealing a vote", call).await?;
        Ok((vote, receipt))
    }

    fn missing(&self, what: String) -> ClientError {
        ClientError::NotInFile {
            what,
            path: self.file.path.clone(),
        }
    }
}

impl Market {
    /// Adds `bond` to the account's bond in the committee, approving it where needed, and makes it a node for the beacons that open
    /// later. A node that was leaving comes back with it; `bond` may be zero then.
    ///
    /// # Errors
    /// What sending gives.
    pub async fn join_committee(
        &self,
        account: &Account,
        bond: U256,
    ) -> Result<Receipt, ClientError> {
        self.allow(account, self.addresses().committee, bond)
            .await?;
        account
            .send("joining the committee", self.committee().join(bond))
            .await
    }
}

impl From<Vote> for Verdict {
    fn from(Vote { result, latency_ok }: Vote) -> Self {
        Self { result, latency_ok }
    }
}

/// What the planter commits to: `keccak256(abi.encode(taskId, answer, salt))`.
pub fn plant_commitment(task: U256, answer: B256, salt: B256) -> B256 {
    alloy::primitives::keccak256((task, answer, salt).abi_encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(name: &str) -> PathBuf {
        let name = format!("ogpu-node-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        folder.join("node.json")
    }

    #[test]
    fn what_was_sealed_is_found_again_and_never_replaced() -> Result<(), ClientError> {
        let path = temporary("sealed");
        let task = U256::from(7);
        let vote = Vote {
            result: B256::repeat_byte(3),
            latency_ok: true,
        };
        let mut file = NodeFile::open(&path)?;
        let (secret, sealed) = (file.secret(U256::ONE)?, file.seal(task, vote)?);
        file.seen(12, &[task])?;
        drop(file);

        let mut file = NodeFile::open(&path)?;
        assert_eq!(file.secret(U256::ONE)?, secret);
        assert_eq!(file.seal(task, vote)?, sealed);
        assert_eq!((file.block(), file.vote(task)), (12, Some(vote)));
        assert_eq!(file.open_tasks().collect::<Vec<_>>(), [task]);
        let other = Vote {
            latency_ok: false,
            ..vote
        };
        let error = file.seal(task, other).unwrap_err();
        assert!(matches!(error, ClientError::OtherVote { .. }), "{error}");
        assert_ne!(file.secret(U256::from(2))?, secret);

        file.close(task)?;
        file.forget(U256::ONE)?;
        drop(file);
        let file = NodeFile::open(&path)?;
        assert_eq!((file.vote(task), file.open_tasks().count()), (None, 0));
        assert_eq!(file.beacons().collect::<Vec<_>>(), [U256::from(2)]);
        std::fs::remove_dir_all(path.parent().expect("a folder")).expect("it is there");
        Ok(())
    }

    #[test]
    fn one_process_at_a_time_uses_a_file() -> Result<(), ClientError> {
        let path = temporary("locked");
        let file = NodeFile::open(&path)?;
        let error = NodeFile::open(&path).unwrap_err();
        assert!(matches!(error, ClientError::InUse { .. }), "{error}");
        drop(file);
        NodeFile::open(&path)?;
        std::fs::remove_dir_all(path.parent().expect("a folder")).expect("it is there");
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nothing_is_sealed_that_the_disk_does_not_take() -> Result<(), ClientError> {
        let path = temporary("full");
        let mut file = NodeFile::open(&path)?;
        let beside = path.with_extension("json.new");
        std::os::unix::fs::symlink("/dev/full", &beside).expect("there is no such file");
        let error = file.secret(U256::ONE).unwrap_err();
        assert!(matches!(error, ClientError::File { .. }), "{error}");
        assert_eq!(file.beacons().count(), 0);
        assert!(
            beside.symlink_metadata().is_err(),
            "what is left of it is in the way"
        );
        let secret = file.secret(U256::ONE)?;
        drop(file);
        assert_eq!(NodeFile::open(&path)?.secret(U256::ONE)?, secret);
        std::fs::remove_dir_all(path.parent().expect("a folder")).expect("it is there");
        Ok(())
    }

    #[test]
    fn damaged_files_are_not_taken_for_empty_ones() {
        let path = temporary("damaged");
        drop(NodeFile::open(&path).unwrap());
        std::fs::write(&path, "{").unwrap();
        let error = NodeFile::open(&path).unwrap_err();
        assert!(matches!(error, ClientError::BadFile { .. }), "{error}");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_what_is_hidden() -> Result<(), ClientError> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = temporary("private");
        NodeFile::open(&path)?.secret(U256::ONE)?;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        Ok(())
    }
}
