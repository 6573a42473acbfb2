//! What can go wrong between a program and the market, each with what to do about it.

use std::path::PathBuf;

use alloy::{
    contract,
    primitives::{Address, B256, U256},
    transports::{RpcError, TransportErrorKind},
};

use crate::{Reason, signer::SignerError};

/// Every failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The RPC address is no http(s) URL.
    #[error("{url} is no RPC address: {why}; write it like http://127.0.0.1:8547")]
    Url {
        /// What was given.
        url: String,
        /// Why it is none.
        why: String,
    },
    /// Nothing answers at the RPC address.
    #[error(
        "cannot reach {url}: {why}; check the address (--rpc, OGPU_RPC_URL), or start a chain with `cargo ogpu devnode`"
    )]
    Unreachable {
        /// The address.
        url: String,
        /// What the connection said.
        why: String,
    },
    /// The node answered with an error of its own, or with something that is no answer.
    #[error("{what}: the node at {url} says: {why}")]
    Node {
        /// What was being done.
        what: String,
        /// The address.
        url: String,
        /// The node's words.
        why: String,
    },
    /// A call cannot be written as calldata.
    #[error("{call}: {why}")]
    BadCall {
        /// The contract and the function.
        call: String,
        /// What is wrong with it.
        why: String,
    },
    /// A system cannot be deployed with this setting.
    #[error("{setting} cannot be {value}: {why}; nothing was sent")]
    BadSetting {
        /// The setting, as files of settings have it.
        setting: &'static str,
        /// What it was to be.
        value: String,
        /// What it can be.
        why: String,
    },
    /// A deployment cannot be owned by an account and by a DAO.
    #[error("name an owner or the terms of a DAO, not both: a DAO's timelock is the owner")]
    TwoOwners,
    /// The deployment has no DAO.
    #[error(
        "nobody votes on this deployment: it belongs to {owner}; deploy one with a DAO (`ogpu deploy --dao`)"
    )]
    NoDao {
        /// Whose it is.
        owner: Address,
    },
    /// A contract refused.
    #[error("{what}: {reason}")]
    Refused {
        /// What was being done.
        what: String,
        /// The contract's reason.
        reason: Reason,
    },
    /// A transaction was mined and reverted, though its simulation had passed.
    #[error(
        "{what}: transaction {tx} reverted after {gas} gas; something changed between simulating and mining it, look at the state and try again"
    )]
    Reverted {
        /// What was being done.
        what: String,
        /// The transaction.
        tx: B256,
        /// Gas it used.
        gas: u64,
    },
    /// A transaction was sent and is not mined yet.
    #[error(
        "{what}: transaction {tx} is not mined after {seconds} s; it may still be: look it up before trying again"
    )]
    NotMined {
        /// What was being done.
        what: String,
        /// The transaction.
        tx: B256,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The sender has no ether to pay gas with.
    #[error(
        "{what}: {account} holds {balance} wei of ether, too little for gas; send it some, or use another key (OGPU_PRIVATE_KEY)"
    )]
    NoEther {
        /// What was being done.
        what: String,
        /// The sender.
        account: Address,
        /// What it holds.
        balance: U256,
    },
    /// A transaction did not log what it should have.
    #[error(
        "{what}: transaction {tx} logged no {event}; is the contract at this address another one?"
    )]
    NoEvent {
        /// What was being done.
        what: String,
        /// The transaction.
        tx: B256,
        /// The event that is missing.
        event: &'static str,
    },
    /// An amount that is none.
    #[error("'{text}' is no amount of oGPU: {why}")]
    Amount {
        /// What was given.
        text: String,
        /// Why it is none.
        why: String,
    },
    /// The built programs are not there.
    #[error(
        "{path} is missing: build the contracts first, with `cargo xtask build` (or name their folder with --programs DIR)"
    )]
    NoPrograms {
        /// The file that is missing.
        path: PathBuf,
    },
    /// A built program is damaged.
    #[error("{path} is no deployable program: {why}; build it again with `cargo xtask build`")]
    BadProgram {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no deployment file.
    #[error(
        "{path} is missing: deploy first with `cargo ogpu deploy`, or name another file with --deployment FILE"
    )]
    NoDeployment {
        /// The file.
        path: PathBuf,
    },
    /// The deployment file cannot be understood.
    #[error("{path} is no deployment file: {why}; restore it, or move it away and deploy anew")]
    BadDeployment {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The deployment file belongs to another chain.
    #[error(
        "{path} was written for another chain: {why}; use the chain's own file (--deployment FILE) or its RPC address (--rpc URL). After restarting a development chain, move the file away and deploy anew"
    )]
    OtherChain {
        /// The file.
        path: PathBuf,
        /// How it is seen.
        why: String,
    },
    /// A deployment was interrupted.
    #[error(
        "the deployment in {path} stopped after '{step}'; run `cargo ogpu deploy` again to finish it"
    )]
    Unfinished {
        /// The file.
        path: PathBuf,
        /// The last step it wrote down.
        step: String,
    },
    /// A deployment is resumed by another account or with other settings.
    #[error(
        "{path} holds a deployment {why}; go on with what it was begun with, or move it away to begin another"
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// What differs.
        why: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// "read" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that was named holds something else.
    #[error("{path} is no {what}: {why}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Another process uses a node's file.
    #[error(
        "another process uses {path}: a node runs once at a time; stop `ogpu node run` first, or let it do the work"
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A node does not have what it would have to reveal.
    #[error("{path} has no {what}; is it the folder (--state DIR) that the node committed with?")]
    NotInFile {
        /// What is missing.
        what: String,
        /// The file.
        path: PathBuf,
    },
    /// A node has sealed another vote on a task.
    #[error(
        "{path} has a vote on task {task} already, for the result {result}; it may be on the chain, so it stays: vote with that one"
    )]
    OtherVote {
        /// The task.
        task: U256,
        /// The file.
        path: PathBuf,
        /// What the sealed vote is for.
        result: B256,
    },
    /// A list without providers.
    #[error("the list names no provider; write one provider id a line")]
    EmptyList,
    /// A provider is not on its client's list.
    #[error("provider {provider} is not on this list; is it the list of this task's client?")]
    NotOnList {
        /// The provider.
        provider: U256,
    },
    /// A signed bid is for another market.
    #[error(
        "the bid is signed for the market {market} on chain {chain_id}; ask the provider for one that is signed for {here} on chain {here_id}"
    )]
    OtherMarket {
        /// The chain of the bid.
        chain_id: u64,
        /// The market of the bid.
        market: Address,
        /// This chain.
        here_id: u64,
        /// This market.
        here: Address,
    },
    /// A key did not sign.
    #[error("{account} could not sign: {why}")]
    Unsigned {
        /// Who was to sign.
        account: Address,
        /// What the signer said.
        why: String,
    },
    /// There is no key to sign with.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl ClientError {
    /// Explains an RPC failure while doing `what` at `url`.
    pub(crate) fn rpc(what: &str, url: &str, error: &RpcError<TransportErrorKind>) -> Self {
        match error {
            RpcError::ErrorResp(payload) => match payload.as_revert_data() {
                Some(data) => Self::Refused {
                    what: what.to_owned(),
                    reason: Reason::decode(&data),
                },
                None if payload.message.contains("revert") => Self::Refused {
                    what: what.to_owned(),
                    reason: Reason::Silent,
                },
                None => Self::Node {
                    what: what.to_owned(),
                    url: url.to_owned(),
                    why: payload.message.to_string(),
                },
            },
            RpcError::Transport(TransportErrorKind::HttpError(http)) => Self::Node {
                what: what.to_owned(),
                url: url.to_owned(),
                why: format!("HTTP {}", http.status),
            },
            RpcError::Transport(kind) => Self::Unreachable {
                url: url.to_owned(),
                why: innermost(kind),
            },
            other => Self::Node {
                what: what.to_owned(),
                url: url.to_owned(),
                why: innermost(other),
            },
        }
    }

    /// Explains a failed view while doing `what` at `url`.
    pub(crate) fn call(what: &str, url: &str, error: &contract::Error) -> Self {
        match error {
            contract::Error::TransportError(rpc) => Self::rpc(what, url, rpc),
            contract::Error::ZeroData(..) => Self::Refused {
                what: what.to_owned(),
                reason: Reason::NoContract,
            },
            other => Self::Node {
                what: what.to_owned(),
                url: url.to_owned(),
                why: innermost(other),
            },
        }
    }

    /// The contract's reason, where a contract refused.
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Refused { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

/// The last cause in a chain of errors: the one that names the matter.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
