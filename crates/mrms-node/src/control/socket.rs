//! The socket: who may connect, and one line in and out.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UnixListener;
use tokio::sync::Semaphore;

use super::perform::perform;
use crate::rpc::Node;

/// Longest line that is read, in bytes.
const LINE_BYTES: u64 = 16 * 1024;
/// How long a client may take for its line, or for reading the answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Commands that are done at once.
const AT_ONCE: usize = 4;
/// Pause after the system had no socket to give.
const NO_SOCKET_PAUSE: Duration = Duration::from_millis(100);

/// What whoever may connect may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// Have STX created, as every command of the home folder does that finds an account short of it.
    Funds,
    /// Everything, going back to a snapshot included.
    Everything,
}

/// Where a node listens for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlSettings {
    /// The socket's file, in a folder that only its owner may enter. What is there is replaced.
    pub path: PathBuf,
    /// What may be asked for.
    pub rights: Rights,
}

/// The socket, bound and not yet serving. Its file goes when this is dropped.
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    /// Who may connect: the user that this process runs as.
    owner: u32,
    rights: Rights,
}

impl ControlSocket {
    /// Makes the socket under another name, and gives it its own when it is closed to everybody else.
    pub(crate) fn bind(settings: &ControlSettings) -> io::Result<Self> {
        let path = settings.path.clone();
        let unready = path.with_extension("new");
        match std::fs::remove_file(&unready) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&unready)?;
        std::fs::set_permissions(&unready, std::fs::Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(&unready)?.uid();
        std::fs::rename(&unready, &path)?;
        Ok(Self { listener, path, owner, rights: settings.rights })
    }

    /// Answers for ever.
    pub(crate) async fn serve(self, node: Arc<Node>) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(NO_SOCKET_PAUSE).await;
                    continue;
                }
            };
            if !stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner) {
                tracing::warn!("somebody else was turned away from the control socket");
                continue;
            }
            let Ok(stream) = stream.into_std() else { continue };
            let (node, rights) = (Arc::clone(&node), self.rights);
            tokio::task::spawn_blocking(move || {
                if let Err(error) = answer(stream, &node, rights) {
                    tracing::debug!(%error, "control connection ended early");
                }
                drop(place);
            });
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // A file that stays leads nowhere, and the next node replaces it.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn answer(stream: UnixStream, node: &Node, rights: Rights) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = Vec::new();
    BufReader::new(&stream).take(LINE_BYTES).read_until(b'\n', &mut line)?;
    let mut reply = serde_json::to_vec(&perform(&line, node, rights))?;
    reply.push(b'\n');
    (&stream).write_all(&reply)
}
