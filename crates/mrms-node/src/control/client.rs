//! The client of the control socket: sends a command to the running node of the same home folder.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use mrms_files::SocketPath;

use super::protocol::{Command, Done, RefusalCode, Reply};

/// Maximum length of a reply, in bytes.
const MAX_REPLY_BYTES: u64 = 16 * 1024;
/// How long a node may take to reply. A revert takes long, because it copies the whole ledger.
const REPLY_TIMEOUT: Duration = Duration::from_secs(300);

/// Why a command was not executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// No node listens on the socket, or it does not answer.
    #[error("the node does not answer")]
    Unreachable {
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The node's answer is not a reply.
    #[error("the node's answer cannot be read")]
    Answer {
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The node refuses the command.
    #[error("{message}")]
    Refused {
        /// The reason, for programs.
        code: RefusalCode,
        /// The reason, for people.
        message: String,
    },
}

/// Sends a command to the node that listens on the socket at `path`, and waits until it is executed.
///
/// # Errors
/// [`AskError`]. After [`AskError::Unreachable`] the node may have executed the command all the same.
pub fn ask(path: &Path, command: &Command) -> Result<Done, AskError> {
    let line = serde_json::to_vec(command).map_err(|source| AskError::Answer { source })?;
    let answer = exchange(path, line).map_err(|source| AskError::Unreachable { source })?;
    match serde_json::from_slice(&answer).map_err(|source| AskError::Answer { source })? {
        Reply::Done(done) => Ok(done),
        Reply::Refused { code, message } => Err(AskError::Refused { code, message }),
    }
}

fn exchange(path: &Path, mut line: Vec<u8>) -> io::Result<Vec<u8>> {
    let address = SocketPath::of(path)?;
    let stream = UnixStream::connect(&address)?;
    stream.set_read_timeout(Some(REPLY_TIMEOUT))?;
    stream.set_write_timeout(Some(REPLY_TIMEOUT))?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut answer = Vec::new();
    BufReader::new(&stream).take(MAX_REPLY_BYTES).read_until(b'\n', &mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer)
}
