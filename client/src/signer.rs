//! Where keys come from: the environment or an encrypted keystore, never a command's arguments.

use std::path::{Path, PathBuf};

use alloy::signers::local::{LocalSigner, PrivateKeySigner};

/// The variable that holds a private key, as 64 hexadecimal digits with or without `0x`.
pub const KEY_VARIABLE: &str = "OGPU_PRIVATE_KEY";
/// The variable that holds a keystore's password.
pub const PASSWORD_VARIABLE: &str = "OGPU_KEYSTORE_PASSWORD";

/// Why there is no key to sign with. No variant holds any part of a key or a password.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// Neither a key nor a keystore was given.
    #[error(
        "no key to sign with: set {KEY_VARIABLE}, or name an encrypted keystore with --keystore FILE (password from {PASSWORD_VARIABLE} or a prompt)"
    )]
    Missing,
    /// The variable is set, to something else than a key.
    #[error(
        "{KEY_VARIABLE} is not a private key: it must be 64 hexadecimal digits, with or without 0x, and not zero or above the curve's order"
    )]
    NotAKey,
    /// The keystore could not be opened.
    #[error("cannot open the keystore {path}: {why}")]
    Keystore {
        /// The file.
        path: PathBuf,
        /// What was wrong: the file, its format or the password.
        why: String,
    },
}

/// Reads the key in [`KEY_VARIABLE`].
///
/// # Errors
/// [`SignerError::Missing`] when it is not set or empty, [`SignerError::NotAKey`] when it holds something else.
pub fn from_environment() -> Result<PrivateKeySigner, SignerError> {
    match std::env::var(KEY_VARIABLE) {
        Ok(text) if !text.trim().is_empty() => parse(&text),
        _ => Err(SignerError::Missing),
    }
}

/// Reads a key from hexadecimal text.
///
/// # Errors
/// [`SignerError::NotAKey`] when it is none.
pub fn parse(text: &str) -> Result<PrivateKeySigner, SignerError> {
    text.trim().parse().map_err(|_| SignerError::NotAKey)
}

/// Opens a keystore of geth's format, version 3.
///
/// # Errors
/// [`SignerError::Keystore`] when the file cannot be read, is no keystore, or the password is wrong.
pub fn from_keystore(path: &Path, password: &str) -> Result<PrivateKeySigner, SignerError> {
    LocalSigner::decrypt_keystore(path, password).map_err(|error| SignerError::Keystore {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0101010101010101010101010101010101010101010101010101010101010101";

    #[test]
    fn reads_keys_with_and_without_prefix() {
        let plain = parse(KEY).unwrap().address();
        assert_eq!(parse(&format!(" 0x{KEY}\n")).unwrap().address(), plain);
    }

    #[test]
    fn refusals_do_not_repeat_the_text() {
        for text in ["", "0x1234secret", &"0".repeat(64), &"f".repeat(64)] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(KEY_VARIABLE));
            assert!(!error.contains("secret"));
        }
    }
}
