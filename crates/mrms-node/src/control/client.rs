//! Asking a running node, from a command of the same home folder.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::protocol::{Command, Done, RefusalCode, Reply};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 16 * 1024;
/// How long a node may take; going back copies the whole ledger.
const PATIENCE: Duration = Duration::from_secs(300);

/// Why a node has not done what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Nobody listens there, or does not answer.
    #[error("the node does not answer")]
    Unreachable {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The node's answer is none.
    #[error("the node's answer cannot be read")]
    Answer {
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The node refuses.
    #[error("{message}")]
    Refused {
        /// Why, for programs.
        code: RefusalCode,
        /// Why, for people.
        message: String,
    },
}

/// Asks the node that listens on the socket at `path`, and waits until it is done.
///
/// # Errors
/// [`AskError`]. After [`AskError::Unreachable`] it may have been done all the same.
pub fn ask(path: &Path, command: &Command) -> Result<Done, AskError> {
    let line = serde_json::to_vec(command).map_err(|source| AskError::Answer { source })?;
    let answer = exchange(path, line).map_err(|source| AskError::Unreachable { source })?;
    match serde_json::from_slice(&answer).map_err(|source| AskError::Answer { source })? {
        Reply::Done(done) => Ok(done),
        Reply::Refused { code, message } => Err(AskError::Refused { code, message }),
    }
}

fn exchange(path: &Path, mut line: Vec<u8>) -> io::Result<Vec<u8>> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(&stream).take(ANSWER_BYTES).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}
