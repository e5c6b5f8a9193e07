//! The node's own key, which signs the blocks: created with the ledger and stored beside it.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::error::OpenError;
use super::wire::SigningKey;

const KEY_FILE: &str = "node.key";

/// Path of the key's file.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(KEY_FILE)
}

/// Creates a key from the system's randomness and stores it, before anything is signed with it. Only the
/// owner can read the file. An existing key is kept: it belongs to a genesis that did not complete.
pub(crate) fn make(folder: &Path) -> Result<SigningKey, OpenError> {
    let path = path(folder);
    if path.exists() {
        return read(folder);
    }
    let key = loop {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| OpenError::Randomness)?;
        // About one in 2^128 is out of range.
        if let Ok(key) = SigningKey::from_bytes(*bytes) {
            break key;
        }
    };
    let unfinished = folder.join(format!("{KEY_FILE}.new"));
    let _ = std::fs::remove_file(&unfinished);
    write_new(&unfinished, &key)?;
    let file_error = |source| OpenError::File { path: path.clone(), source };
    std::fs::rename(&unfinished, &path).map_err(file_error)?;
    // The file's name is durable only after the folder is synced.
    mrms_files::sync_folder(folder).map_err(file_error)?;
    Ok(key)
}

/// Writes a key to a new file that only its owner can read. Fails when the file exists.
pub(crate) fn write_new(path: &Path, key: &SigningKey) -> Result<(), OpenError> {
    let file_error = |source| OpenError::File { path: path.to_owned(), source };
    let text = Zeroizing::new(hex::encode(key.as_bytes()));
    mrms_files::create_in_place(path, text.as_bytes()).map_err(file_error)
}

/// Reads the key that [`make`] stored.
pub(crate) fn read(folder: &Path) -> Result<SigningKey, OpenError> {
    read_file(&path(folder))
}

/// Reads a key from a file.
pub(crate) fn read_file(path: &Path) -> Result<SigningKey, OpenError> {
    let mut text = Zeroizing::new(String::new());
    let mut file =
        std::fs::File::open(path).map_err(|_| OpenError::NodeKey { path: path.to_owned() })?;
    file.read_to_string(&mut text)
        .map_err(|source| OpenError::File { path: path.to_owned(), source })?;
    let mut bytes = Zeroizing::new([0; 32]);
    crate::hexadecimal::decode_to_slice(text.trim(), bytes.as_mut_slice())
        .ok_or_else(|| OpenError::NodeKey { path: path.to_owned() })?;
    SigningKey::from_bytes(*bytes).map_err(|_| OpenError::NodeKey { path: path.to_owned() })
}
