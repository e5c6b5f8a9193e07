//! The token of a service, which a client must show, and the file that keeps it for its owner alone.

use std::io;
use std::path::Path;

use mrms_fhir_server::Token;

use crate::ui::failure::{Exit, Failure};
use crate::ui::reasons::cannot;

/// A token that nobody knows yet.
pub(crate) fn new_token() -> Result<Token, Failure> {
    Token::generate().map_err(|error| Failure::new(Exit::Failed, "system", error))
}

/// The token in a file, which `command` makes where it is not there.
pub(crate) fn token_in(path: &Path, command: &str) -> Result<Token, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            must_be_private(path, command)?;
            Token::parse(&text).ok_or_else(|| {
                Failure::usage(format!("{} has no token", path.display()))
                    .hint(format!("name a file that {command} made, or one that is not there yet"))
            })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let token = new_token()?;
            let line = zeroize::Zeroizing::new(format!("{}\n", token.expose()));
            mrms_files::write_new(path, line.as_bytes())
                .map_err(|error| cannot("write", path, &error))?;
            Ok(token)
        }
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Fails if others can read the file.
#[cfg(unix)]
fn must_be_private(path: &Path, command: &str) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    // The service manager shows credentials to the service alone, by an access list that looks like the group's rights.
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty());
    if credentials.is_some_and(|folder| path.starts_with(folder)) {
        return Ok(());
    }
    let mode =
        std::fs::metadata(path).map_err(|error| cannot("read", path, &error))?.permissions().mode();
    match mode & 0o077 {
        0 => Ok(()),
        _ => {
            Err(Failure::usage(format!("others can read {}, which has the token", path.display()))
                .hint(format!(
                    "delete it, so that {command} makes a new one; or: chmod 600 {}",
                    path.display()
                )))
        }
    }
}

#[cfg(not(unix))]
fn must_be_private(_: &Path, _: &str) -> Result<(), Failure> {
    Ok(())
}
