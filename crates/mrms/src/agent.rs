//! The key agent: a process that keeps one profile unlocked for a set time, so that commands do not ask
//! for the passphrase.
//!
//! It has the 24 words in memory and listens on a socket that only this user can open. It checks who
//! connects, writes no core dump, keeps no file open that it inherited, and ends by itself, also while the
//! machine sleeps. The words come to it through a pipe and leave it
//! through the socket; they are in no file and in no argument.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mrms_crypto::words::Words;
use mrms_home::{HomeFolder, ProfileName};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ui::failure::{Exit, Failure};

const ASK_WORDS: u8 = b'w';
const ASK_END: u8 = b'e';
/// The longest text of 24 words, in bytes.
const PHRASE_MAX: u64 = 24 * 9;
/// How often the agent looks whether its time is over.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The longest name of a socket, in bytes. Linux allows 108, with a zero at the end.
const SOCKET_NAME_BYTES: usize = 107;
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
    /// Folders for the socket, the best first. Another user may have made the one in the folder for temporary files.
    fn folders(&self) -> Vec<PathBuf> {
        let own = rustix::process::getuid().as_raw();
        let mut folders: Vec<_> = self.runtime.iter().map(|folder| folder.join("mrms")).collect();
        folders.push(std::env::temp_dir().join(format!("mrms-{own}")));
        folders.push(self.home.join(HomeFolder::AGENT));
        folders
    }

    /// The socket in a folder that only this user can enter.
    fn socket_in(&self, folder: &Path) -> io::Result<PathBuf> {
        let metadata = fs::symlink_metadata(folder)?;
        let is_private = metadata.is_dir()
            && metadata.uid() == rustix::process::getuid().as_raw()
            && metadata.permissions().mode() & 0o077 == 0;
        if !is_private {
            let text = "it is not a private folder of this user";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
        }
        let home = std::path::absolute(&self.home)?;
        let name = Sha256::new()
            .chain_update(home.as_os_str().as_encoded_bytes())
            .chain_update([0])
            .chain_update(self.profile.as_str())
            .finalize();
        let path = folder.join(format!("{}.sock", hex::encode(&name[..12])));
        if path.as_os_str().len() > SOCKET_NAME_BYTES {
            let text = "its name is too long for a socket";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(path)
    }

    /// Where an agent listens: in the first folder that can be used, which is made if it is not there. Tells which
    /// could not, and why.
    fn place(&self) -> (Option<PathBuf>, Vec<String>) {
        let mut passed_over = Vec::new();
        for folder in self.folders() {
            let made = mrms_files::make_private_folder(&folder);
            match made.and_then(|()| self.socket_in(&folder)) {
                Ok(path) => return (Some(path), passed_over),
                Err(error) => passed_over.push(format!("{}: {error}", folder.display())),
            }
        }
        (None, passed_over)
    }

    fn connect(&self) -> Option<UnixStream> {
        // In any of them: another one may have been usable when the agent started.
        self.folders().iter().find_map(|folder| {
            let stream = UnixStream::connect(self.socket_in(folder).ok()?).ok()?;
            stream.set_read_timeout(Some(TIMEOUT)).ok()?;
            stream.set_write_timeout(Some(TIMEOUT)).ok()?;
            is_same_user(&stream).then_some(stream)
        })
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

    /// Starts an agent that holds these words for `duration`. Tells which folders for its socket could not be used, and
    /// why.
    pub(crate) fn start(&self, words: &Words, duration: Duration) -> Result<Vec<String>, Failure> {
        self.end()?;
        let (place, passed_over) = self.place();
        if place.is_none() {
            return Err(failed(format!("no folder for its socket: {}", passed_over.join("; "))));
        }
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
                return Ok(passed_over);
            }
            if let Some(status) = child.try_wait().map_err(failed)? {
                return Err(failed(format!("it ended with {status}")));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(failed("it did not start"))
    }

    /// Runs as the agent: reads the words from stdin, answers for `seconds`, ends. The program has made itself
    /// unreadable to debuggers and core dumps before.
    pub(crate) fn serve(&self, seconds: u64) -> Result<(), Failure> {
        let deadline = Deadline::after(Duration::from_secs(seconds));
        close_inherited();
        let _ = rustix::process::setsid();
        let mut phrase = Zeroizing::new(String::with_capacity(PHRASE_MAX as usize));
        io::stdin().take(PHRASE_MAX).read_to_string(&mut phrase).map_err(failed)?;
        Words::parse(&phrase).map_err(failed)?;
        let (path, passed_over) = self.place();
        let path = path.ok_or_else(|| failed(passed_over.join("; ")))?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(failed)?;
        let at_end = path.clone();
        std::thread::spawn(move || {
            while let Some(left) = deadline.left() {
                // A sleep does not count the time in which the machine sleeps, so it is short.
                std::thread::sleep(left.min(LOOK_EVERY));
            }
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
                // The machine may just have woken up.
                ASK_WORDS if deadline.left().is_none() => {}
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

/// When the agent ends: by the time since the machine started, which goes on while the machine sleeps and which nobody
/// sets.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    end: Duration,
}

impl Deadline {
    fn after(duration: Duration) -> Self {
        Self { end: since_boot().saturating_add(duration) }
    }

    /// The time that is left; `None` when it is over.
    fn left(self) -> Option<Duration> {
        self.end.checked_sub(since_boot()).filter(|left| !left.is_zero())
    }
}

/// Where the system does not tell, the time is over.
fn since_boot() -> Duration {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME);
    now.map_or(Duration::MAX, Duration::from)
}

/// Closes what the agent inherited beside the three usual streams: a pipe that somebody waits for, or a file that should
/// be gone.
fn close_inherited() {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else { return };
    let number = |entry: io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    let open: Vec<i32> = entries.filter_map(number).collect();
    for number in open.into_iter().filter(|number| *number > 2) {
        // The one of this very list is closed already.
        let _ = nix::unistd::close(number);
    }
}

fn is_same_user(stream: &UnixStream) -> bool {
    rustix::net::sockopt::socket_peercred(stream)
        .is_ok_and(|peer| peer.uid == rustix::process::getuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_the_one_that_goes_on_while_the_machine_sleeps() {
        let uptime = fs::read_to_string("/proc/uptime").unwrap();
        let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
        assert!((since_boot().as_secs_f64() - uptime).abs() < 2.0);
        assert!(Deadline::after(Duration::ZERO).left().is_none());
        assert!(Deadline::after(Duration::from_secs(60)).left().is_some());
    }
}
