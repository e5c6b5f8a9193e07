//! The agent: holds one profile's words in memory for a time, so that a row of commands asks for
//! the passphrase once.
//!
//! A process of its own that listens on a socket which only this user can open, checks who
//! connects, writes no core dump, and ends by itself. The words reach it through a pipe and leave
//! it through the socket; they are in no file and no argument list.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mrms_crypto::words::Words;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::failure::{Exit, Failure};

const ASK_WORDS: u8 = b'w';
const ASK_END: u8 = b'e';
/// Longest text of 24 words.
const PHRASE_MAX: u64 = 24 * 9;
/// How long a client and the agent wait for each other.
const PATIENCE: Duration = Duration::from_secs(2);

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "agent", format!("the key agent cannot be used: {error}"))
}

/// The socket of this home's profile, in a folder that only this user can enter.
fn socket_path(settings: &Settings) -> io::Result<PathBuf> {
    let own = rustix::process::getuid().as_raw();
    let folder = match &settings.runtime {
        Some(folder) => folder.join("mrms"),
        None => std::env::temp_dir().join(format!("mrms-{own}")),
    };
    mrms_files::make_private_folder(&folder)?;
    let metadata = fs::symlink_metadata(&folder)?;
    if !metadata.is_dir() || metadata.uid() != own || metadata.permissions().mode() & 0o077 != 0 {
        let text = format!("{} is not a private folder of this user", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    let home = std::path::absolute(settings.home.root())?;
    let name = Sha256::new()
        .chain_update(home.as_os_str().as_encoded_bytes())
        .chain_update([0])
        .chain_update(settings.profile.as_str())
        .finalize();
    Ok(folder.join(format!("{}.sock", hex::encode(&name[..12]))))
}

fn connect(settings: &Settings) -> Option<UnixStream> {
    let stream = UnixStream::connect(socket_path(settings).ok()?).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    is_same_user(&stream).then_some(stream)
}

fn is_same_user(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid == rustix::process::getuid())
}

/// The words, when an agent holds them.
pub(crate) fn words(settings: &Settings) -> Option<Words> {
    let mut stream = connect(settings)?;
    stream.write_all(&[ASK_WORDS]).ok()?;
    let mut phrase = Zeroizing::new(String::with_capacity(PHRASE_MAX as usize));
    stream.take(PHRASE_MAX).read_to_string(&mut phrase).ok()?;
    Words::parse(&phrase).ok()
}

/// Whether an agent holds the words.
pub(crate) fn is_running(settings: &Settings) -> bool {
    connect(settings).is_some()
}

/// Ends the agent; tells whether there was one.
pub(crate) fn end(settings: &Settings) -> Result<bool, Failure> {
    let Some(mut stream) = connect(settings) else { return Ok(false) };
    stream.write_all(&[ASK_END]).map_err(failed)?;
    // The agent closes the connection when it has forgotten the words.
    let _ = stream.read(&mut [0]).map_err(failed)?;
    Ok(true)
}

/// Starts an agent that holds these words for `duration`.
pub(crate) fn start(settings: &Settings, words: &Words, duration: Duration) -> Result<(), Failure> {
    end(settings)?;
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .arg("--home")
        .arg(settings.home.root())
        .args(["--profile", settings.profile.as_str(), "key", "agent"])
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
    while began.elapsed() < PATIENCE {
        if is_running(settings) {
            return Ok(());
        }
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Err(failed(format!("it ended with {status}")));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(failed("it did not start"))
}

/// The agent itself: reads the words from stdin, answers for `seconds`, ends.
pub(crate) fn serve(settings: &Settings, seconds: u64) -> Result<(), Failure> {
    // Not readable by a debugger of the same user, and in no core dump.
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(failed)?;
    let _ = rustix::process::setsid();
    let mut phrase = Zeroizing::new(String::with_capacity(PHRASE_MAX as usize));
    io::stdin().take(PHRASE_MAX).read_to_string(&mut phrase).map_err(failed)?;
    Words::parse(&phrase).map_err(failed)?;
    let path = socket_path(settings).map_err(failed)?;
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
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
        let mut request = [0];
        if timeouts.is_err() || !is_same_user(&stream) || stream.read_exact(&mut request).is_err() {
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
