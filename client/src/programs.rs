//! The built programs, as `cargo xtask build` leaves them.

use std::path::{Path, PathBuf};

use alloy::{
    json_abi::JsonAbi,
    primitives::{B256, Bytes, keccak256},
};

use crate::ClientError;

/// Where `cargo xtask build` puts the programs, from the root of the project.
pub const DEFAULT_FOLDER: &str = "target/programs";

/// The largest code an account can hold, in bytes.
const CODE_LIMIT: usize = 24_576;

/// The code of one contract: `EF F0 00`, a dictionary byte, and the compressed module.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    code: Bytes,
}

impl Program {
    /// The contract's name: its folder under `contracts/`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The code as it stands in an account.
    pub fn code(&self) -> &Bytes {
        &self.code
    }

    /// What ArbOS knows the program by.
    pub fn code_hash(&self) -> B256 {
        keccak256(&self.code)
    }

    /// Init code that creates an account with this code.
    pub fn creation_code(&self) -> Bytes {
        creation_code(&self.code)
    }

    /// Reads the program `name` in `folder`.
    ///
    /// # Errors
    /// [`ClientError::NoPrograms`], [`ClientError::BadProgram`].
    pub fn read(folder: &Path, name: &str) -> Result<Self, ClientError> {
        let path = folder.join(format!("{name}.code"));
        let code: Bytes = match std::fs::read(&path) {
            Ok(code) => code.into(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(ClientError::NoPrograms { path });
            }
            Err(source) => {
                return Err(ClientError::File {
                    action: "read",
                    path,
                    source,
                });
            }
        };
        let refuse = |why: String| ClientError::BadProgram {
            path: path.clone(),
            why,
        };
        if !code.starts_with(&[0xef, 0xf0, 0x00]) {
            return Err(refuse("it does not begin with EFF000".to_owned()));
        }
        if code.len() > CODE_LIMIT {
            return Err(refuse(format!(
                "it has {} bytes, and a chain takes {CODE_LIMIT}",
                code.len()
            )));
        }
        Ok(Self {
            name: name.to_owned(),
            code,
        })
    }
}

/// The extensions: programs that are called through the contract that delegates to them, each with that contract.
pub const EXTENSIONS: [(&str, &str); 7] = [
    ("market-orders", "task-manager"),
    ("market-bids", "task-manager"),
    ("market-leases", "task-manager"),
    ("market-disputes", "task-manager"),
    ("market-admin", "task-manager"),
    ("governor-admin", "governance-dao"),
    ("committee-nodes", "verification-committee"),
];

/// The selectors of all functions of an extension of the task manager, one after the other, by its committed interface; nothing
/// for other programs.
pub fn selectors(name: &str) -> Bytes {
    let text = match name {
        "market-orders" => include_str!("../../abi/market-orders.json"),
        "market-bids" => include_str!("../../abi/market-bids.json"),
        "market-leases" => include_str!("../../abi/market-leases.json"),
        "market-disputes" => include_str!("../../abi/market-disputes.json"),
        "market-admin" => include_str!("../../abi/market-admin.json"),
        _ => "[]",
    };
    let abi: JsonAbi = serde_json::from_str(text).expect("the committed interfaces are checked");
    let mut selectors: Vec<_> = abi
        .functions()
        .map(|function| function.selector())
        .collect();
    selectors.sort_unstable();
    selectors.concat().into()
}

/// Init code that creates an account with `code`: 43 bytes that copy what follows them and return it.
pub fn creation_code(code: &[u8]) -> Bytes {
    let mut init = Vec::with_capacity(43 + code.len());
    init.push(0x7f); // PUSH32 length
    init.extend_from_slice(&alloy::primitives::U256::from(code.len()).to_be_bytes::<32>());
    init.extend_from_slice(&[
        0x80, // DUP1          length length
        0x60, 0x2b, // PUSH1 43      43 length length
        0x60, 0x00, // PUSH1 0       0 43 length length
        0x39, // CODECOPY      length
        0x60, 0x00, // PUSH1 0       0 length
        0xf3, // RETURN
        0x00, // STOP
    ]);
    init.extend_from_slice(code);
    init.into()
}

/// All programs of a system.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The proxy every contract stands behind.
    pub proxy: Program,
    /// The token.
    pub token: Program,
    /// The escrow.
    pub escrow: Program,
    /// The vault.
    pub vault: Program,
    /// The registry.
    pub registry: Program,
    /// The task manager.
    pub task_manager: Program,
    /// The watchdog.
    pub watchdog: Program,
    /// Judges by proofs.
    pub zk_verifier: Program,
    /// Judges by nobody's objection.
    pub optimistic_verifier: Program,
    /// Judges by doing the work again.
    pub replication_verifier: Program,
    /// Holders' proposals and votes.
    pub governor: Program,
    /// What the governor delegates other calls to.
    pub governor_admin: Program,
    /// Owns everything, and does what the governor decides.
    pub timelock: Program,
    /// Judges by vote.
    pub committee: Program,
    /// What the committee delegates other calls to.
    pub committee_nodes: Program,
    /// What the task manager delegates other calls to, by their selectors.
    pub extensions: [Program; 5],
}

impl Programs {
    /// Reads the programs in `folder`.
    ///
    /// # Errors
    /// [`ClientError::NoPrograms`] when one is missing, [`ClientError::BadProgram`] when one is damaged.
    pub fn load(folder: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            proxy: Program::read(folder, "proxy-uups")?,
            token: Program::read(folder, "ogpu-token")?,
            escrow: Program::read(folder, "payment-escrow")?,
            vault: Program::read(folder, "staking-vault")?,
            registry: Program::read(folder, "reputation-registry")?,
            task_manager: Program::read(folder, "task-manager")?,
            watchdog: Program::read(folder, "watchdog")?,
            zk_verifier: Program::read(folder, "zk-verifier")?,
            optimistic_verifier: Program::read(folder, "optimistic-verifier")?,
            replication_verifier: Program::read(folder, "replication-verifier")?,
            governor: Program::read(folder, "governance-dao")?,
            governor_admin: Program::read(folder, "governor-admin")?,
            timelock: Program::read(folder, "timelock")?,
            committee: Program::read(folder, "verification-committee")?,
            committee_nodes: Program::read(folder, "committee-nodes")?,
            extensions: [
                Program::read(folder, "market-orders")?,
                Program::read(folder, "market-bids")?,
                Program::read(folder, "market-leases")?,
                Program::read(folder, "market-disputes")?,
                Program::read(folder, "market-admin")?,
            ],
        })
    }

    /// [`DEFAULT_FOLDER`] below the working directory or the nearest folder above it that has one; where there is none,
    /// [`DEFAULT_FOLDER`] itself.
    pub fn default_folder() -> PathBuf {
        let here = std::env::current_dir().unwrap_or_default();
        here.ancestors()
            .map(|folder| folder.join(DEFAULT_FOLDER))
            .find(|folder| folder.is_dir())
            .unwrap_or_else(|| DEFAULT_FOLDER.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creation_code_is_prelude_and_code() {
        let init = creation_code(&[0xef, 0xf0, 0x00, 0x00, 0xaa]);
        assert_eq!(init.len(), 43 + 5);
        assert_eq!(init[0], 0x7f);
        assert_eq!(init[32], 5);
        assert_eq!(
            &init[33..43],
            &[0x80, 0x60, 0x2b, 0x60, 0x00, 0x39, 0x60, 0x00, 0xf3, 0x00]
        );
        assert_eq!(&init[43..], &[0xef, 0xf0, 0x00, 0x00, 0xaa]);
    }

    #[test]
    fn missing_programs_name_the_command_that_builds_them() {
        let error = Programs::load(Path::new("/nonexistent"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("cargo xtask build"), "{error}");
        assert!(error.contains("/nonexistent/proxy-uups.code"), "{error}");
    }
}
