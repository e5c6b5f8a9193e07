//! The server side of the control socket: creates it, checks who connects, reads one line and writes one.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mrms_files::SocketPath;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;

use super::protocol::Reply;

/// Maximum length of a command's line, in bytes.
const MAX_LINE_BYTES: u64 = 16 * 1024;
/// How long a client may take to send its line, and to read the reply.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum number of commands that are executed at the same time.
const MAX_COMMANDS: usize = 4;
/// Pause after a connection could not be accepted.
const ACCEPT_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// What the owner may do over the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Create STX. The commands of the home folder do this when an account has too little to pay fees.
    Funds,
    /// Everything, including reverts to a snapshot.
    Everything,
}

/// Settings of the control socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlSettings {
    /// Path of the socket, in a folder that only its owner can enter. An existing file is replaced.
    pub path: PathBuf,
    /// What the owner may do.
    pub rights: Rights,
}

/// The control socket, bound and not yet serving. Dropping it deletes its file.
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// The user who may connect: the one that this process runs as.
    owner: u32,
    rights: Rights,
}

impl ControlSocket {
    /// Creates the socket under a temporary name, sets its permissions, and only then renames it.
    pub(crate) fn bind(settings: &ControlSettings) -> io::Result<Self> {
        let path = settings.path.clone();
        let temporary = path.with_extension("new");
        match std::fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let address = SocketPath::of(&temporary)?;
        let listener = UnixListener::bind(&address)?;
        std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(&temporary)?.uid();
        std::fs::rename(&temporary, &path)?;
        Ok(Self { listener, path, owner, rights: settings.rights })
    }

    /// Accepts connections and answers each with what `execute` replies to its line. Never returns.
    pub(crate) async fn serve(
        self,
        execute: impl Fn(&[u8], Rights) -> Reply + Send + Sync + 'static,
    ) {
        let execute = Arc::new(execute);
        let permits = Arc::new(Semaphore::new(MAX_COMMANDS));
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(target: "mrms::node", %error, "connection not accepted");
                    tokio::time::sleep(ACCEPT_RETRY_PAUSE).await;
                    continue;
                }
            };
            if !stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner) {
                tracing::warn!(target: "mrms::node", "somebody else was turned away from the control socket");
                continue;
            }
            let Ok(stream) = stream.into_std() else { continue };
            let (execute, rights) = (Arc::clone(&execute), self.rights);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = answer(stream, |line| execute(line, rights)) {
                    tracing::debug!(target: "mrms::node", %error, "control connection ended early");
                }
                drop(permit);
            });
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // A file that stays does no harm: nobody listens there, and the next node replaces it.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn answer(stream: UnixStream, execute: impl FnOnce(&[u8]) -> Reply) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(CLIENT_TIMEOUT))?;
    stream.set_write_timeout(Some(CLIENT_TIMEOUT))?;
    let mut line = Vec::new();
    BufReader::new(&stream).take(MAX_LINE_BYTES).read_until(b'\n', &mut line)?;
    let mut reply = serde_json::to_vec(&execute(&line))?;
    reply.push(b'\n');
    (&stream).write_all(&reply)
}
