//! Files that are there whole or not at all.

use std::{fs, io, io::Write as _, path::Path};

use serde::Serialize;

use crate::ClientError;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Whoever the system lets.
    Anybody,
    /// Its owner: the file holds secrets. Where the system has no such thing, as [`Readers::Anybody`].
    Owner,
}

/// Writes `value` as JSON to a file beside `path`, and puts that in its place once all of it is on the disk. Makes the folder if there is none.
///
/// # Errors
/// [`ClientError::File`]; what was there before is there still.
pub fn save(path: &Path, value: &impl Serialize, readers: Readers) -> Result<(), ClientError> {
    write(path, value, readers).map_err(|source| ClientError::File {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, value: &impl Serialize, readers: Readers) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.to_owned().into_os_string();
    beside.push(".new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if readers == Readers::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    let mut file = options.open(&beside)?;
    let written = file.write_all(&text).and_then(|()| file.sync_all());
    written
        .and_then(|()| fs::rename(&beside, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })
}
