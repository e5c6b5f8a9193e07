//! The key agent: a process that keeps one profile unlocked for a set time, so that commands do not ask
//! for the passphrase.
//!
//! It has the 24 words in memory and listens on a socket that only this user can open. It checks who
//! connects, writes no core dump, and ends by itself. The words come to it through a pipe and leave it
//! through the socket; they are in no file and in no argument.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mrms_crypto::words::Words;
use mrms_home::ProfileName;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ui::failure::{Exit, Failure};

const ASK_WORDS: u8 = b'w';
const ASK_END: u8 = b'e';
/// The longest text of 24 words, in bytes.
const PHRASE_MAX: u64 = 24 * 9;
/// How long a command and the agent wait for each other.
const TIMEOUT: Duration = Duration::from_secs(2);

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "agent", format!("the key agent cannot be used: {error}"))
}

/// The key agent of one profile of one home. It need not be running.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// The home folder.
    pub(crate) home: PathBuf,
    /// The profile.
    pub(crate) profile: ProfileName,
    /// The user's folder for sockets, if the system has one.
    pub(crate) runtime: Option<PathBuf>,
}

impl Agent {
    /// The socket, in a folder that only this user can enter.
    fn socket_path(&self) -> io::Result<PathBuf> {
        let own = rustix::process::getuid().as_raw();
        let folder = match &self.runtime {
            Some(folder) => folder.join("mrms"),
            None => std::env::temp_dir().join(format!("mrms-{own}")),
        };
        mrms_files::make_private_folder(&folder)?;
        let metadata = fs::symlink_metadata(&folder)?;
        let is_private = metadata.is_dir()
            && metadata.uid() == own
            && metadata.permissions().mode() & 0o077 == 0;
        if !is_private {
            let text = format!("{} is not a private folder of this user", folder.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        let home = std::path::absolute(&self.home)?;
        let name = Sha256::new()
            .chain_update(home.as_os_str().as_encoded_bytes())
            .chain_update([0])
            .chain_update(self.profile.as_str())
            .finalize();
        Ok(folder.join(format!("{}.sock", hex::encode(&name[..12]))))
    }

    fn connect(&self) -> Option<UnixStream> {
        let stream = UnixStream::connect(self.socket_path().ok()?).ok()?;
        stream.set_read_timeout(Some(TIMEOUT)).ok()?;
        stream.set_write_timeout(Some(TIMEOUT)).ok()?;
        is_same_user(&stream).then_some(stream)
    }

    /// The words, if an agent is running.
    pub(crate) fn words(&self) -> Option<Words> {
        let mut stream = self.connect()?;
        stream.write_all(&[ASK_WORDS]).ok()?;
        let mut phrase = Zeroizing::new(String::with_capacity(PHRASE_MAX as usize));
        stream.take(PHRASE_MAX).read_to_string(&mut phrase).ok()?;
        Words::parse(&phrase).ok()
    }

    /// Whether an agent holds the words.
    pub(crate) fn is_running(&self) -> bool {
        self.connect().is_some()
    }

    /// Ends the agent; tells whether there was one.
    pub(crate) fn end(&self) -> Result<bool, Failure> {
        let Some(mut stream) = self.connect() else { return Ok(false) };
        stream.write_all(&[ASK_END]).map_err(failed)?;
        // The agent closes the connection when it has forgotten the words.
        let _ = stream.read(&mut [0]).map_err(failed)?;
        Ok(true)
    }

    /// Starts an agent that holds these words for `duration`.
    pub(crate) fn start(&self, words: &Words, duration: Duration) -> Result<(), Failure> {
        self.end()?;
        let mut child = Command::new(std::env::current_exe().map_err(failed)?)
            .arg("--home")
            .arg(&self.home)
            .args(["--profile", self.profile.as_str(), "key", "agent"])
            .arg(duration.as_secs().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        if let Some(mut pipe) = child.stdin.take() {
            pipe.write_all(words.to_phrase().as_bytes()).map_err(failed)?;
        }
        let began = Instant::now();
        while began.elapsed() < TIMEOUT {
            if self.is_running() {
                return Ok(());
            }
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Err(failed(format!("it ended with {status}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(failed("it did not start"))
    }

    /// Runs as the agent: reads the words from stdin, answers for `seconds`, ends.
    pub(crate) fn serve(&self, seconds: u64) -> Result<(), Failure> {
        // Not readable by a debugger of the same user, and in no core dump.
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
            .map_err(failed)?;
        let _ = rustix::process::setsid();
        let mut phrase = Zeroizing::new(String::with_capacity(PHRASE_MAX as usize));
        io::stdin().take(PHRASE_MAX).read_to_string(&mut phrase).map_err(failed)?;
        Words::parse(&phrase).map_err(failed)?;
        let path = self.socket_path().map_err(failed)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        let at_end = path.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            let _ = fs::remove_file(at_end);
            std::process::exit(0);
        });
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let timeouts = stream
                .set_read_timeout(Some(TIMEOUT))
                .and_then(|()| stream.set_write_timeout(Some(TIMEOUT)));
            let mut request = [0];
            if timeouts.is_err()
                || !is_same_user(&stream)
                || stream.read_exact(&mut request).is_err()
            {
                continue;
            }
            match request[0] {
                // A client that has gone needs no answer.
                ASK_WORDS => drop(stream.write_all(phrase.as_bytes())),
                ASK_END => {
                    let _ = fs::remove_file(&path);
                    drop(phrase);
                    return Ok(());
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_same_user(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid == rustix::process::getuid())
}
