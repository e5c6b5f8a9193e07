//! [`HostFolder`]: a host's links on its disk, and what is counted before anything is answered.
//!
//! A folder for each link, named by its [`LinkId`]: `link.json` with the terms, `state.json` with the counts, the sealed
//! files, `log.jsonl`, and `account/` with the outbox of the link's own account. Every change is made under the link's lock
//! and is durable before the answer leaves, so parallel requests can't guess or use more than was allowed. Knows no HTTP and
//! no ledger.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mrms_core::UnixTime;
use mrms_files::{FileLock, LockError};
use mrms_links::manifest::MOST_RECIPIENT;
use rand_core::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::deposit::{Deposit, MOST_ATTEMPTS};
use super::host::{Answered, HostError, HostLine, HostStanding, LinkHost};
use super::hosted::{Admitted, Asks, HostedFile, HostedLink, State, Ticket, Ticketed};
use super::manage::manager_secret;
use crate::profile::ProfileFolder;
use crate::profile::links::LinkId;

/// How long a request waits for another one of the same link.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long a ticket for a file is good, in seconds. The standard allows an hour.
const TICKET_SECONDS: u64 = 3_600;
/// Tickets of one link at a time.
const MOST_TICKETS: usize = 400;
/// Refusals of one link that are logged: after an end, anybody could fill the disk.
const MOST_REFUSALS: usize = 200;

/// A host's links.
#[derive(Clone, Debug)]
pub struct HostFolder(PathBuf);

impl HostFolder {
    /// The links in this folder, which need not be there yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    fn of(&self, id: &LinkId) -> PathBuf {
        self.0.join(id.as_str())
    }

    /// Notes the address by which viewers reach this host, for the links that are made later, and where it listens on this
    /// machine, for who checks it.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn announce(&self, url: &str, listens: &str) -> Result<(), HostError> {
        mrms_files::make_private_folder(&self.0).map_err(failed(&self.0, "make"))?;
        for (name, text) in [("url", url), ("listens", listens)] {
            let path = self.0.join(name);
            mrms_files::write_whole(&path, text.as_bytes()).map_err(failed(&path, "write"))?;
        }
        Ok(())
    }

    /// The address by which viewers reached this host when it was served last.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        fs::read_to_string(self.0.join("url")).ok().filter(|url| !url.is_empty())
    }

    /// Where this host listened when it was served last: address and port.
    #[must_use]
    pub fn listens(&self) -> Option<String> {
        fs::read_to_string(self.0.join("listens")).ok().filter(|address| !address.is_empty())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether there is, or was, such a link.
    #[must_use]
    pub fn has(&self, id: &LinkId) -> bool {
        self.of(id).is_dir()
    }

    /// Whether this is the manager secret of the link. Nobody's is, of a link that was never there.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn is_managed_by(&self, id: &LinkId, manager: &str) -> Result<bool, HostError> {
        let path = self.of(id).join("manager");
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            kept => Ok(kept.map_err(failed(&path, "read"))? == hash(manager)),
        }
    }

    /// The folder of what the link's own account has begun on the ledger.
    #[must_use]
    pub fn account(&self, id: &LinkId) -> ProfileFolder {
        ProfileFolder::new(&self.of(id).join("account"))
    }

    /// Lets a request in, or not. A use and a wrong passcode are counted durably before this returns.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn admit(
        &self,
        id: &LinkId,
        asks: Asks,
        passcode: Option<&str>,
        recipient: &str,
        now: UnixTime,
    ) -> Result<Admitted, HostError> {
        let Some((_lock, link)) = self.locked(id)? else { return Ok(Admitted::NotHere) };
        if link.flags.single_file != (asks == Asks::SingleFile) {
            return Ok(Admitted::NotHere);
        }
        let mut state = self.state(id)?;
        let is_used_up = link.most_uses.is_some_and(|most| state.uses >= most);
        if state.is_paused || is_used_up || now.seconds() >= link.expires {
            return Ok(Admitted::NotHere);
        }
        if let Some(right) = &link.passcode {
            if state.wrong_passcodes >= MOST_ATTEMPTS {
                return Ok(Admitted::NotHere);
            }
            if !passcode.is_some_and(|passcode| right.is(passcode)) {
                // Nobody guesses by leaving it out.
                if passcode.is_some() {
                    state.wrong_passcodes += 1;
                    self.save(id, "state.json", &state)?;
                    self.note(id, recipient, Answered::WrongPasscode, &[], now)?;
                }
                let remaining = MOST_ATTEMPTS.saturating_sub(state.wrong_passcodes);
                return Ok(Admitted::WrongPasscode { remaining });
            }
        }
        state.uses = state.uses.saturating_add(1);
        self.save(id, "state.json", &state)?;
        Ok(Admitted::Use(Box::new(link)))
    }

    /// Gives a use back: the entries could not be made, and nothing was given.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn give_back(&self, id: &LinkId) -> Result<(), HostError> {
        let Some((_lock, _)) = self.locked(id)? else { return Ok(()) };
        let mut state = self.state(id)?;
        state.uses = state.uses.saturating_sub(1);
        self.save(id, "state.json", &state)
    }

    /// Makes a ticket with which a file can be fetched once, within an hour.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn ticket(
        &self,
        id: &LinkId,
        file: usize,
        recipient: &str,
        now: UnixTime,
        rng: &mut dyn CryptoRng,
    ) -> Result<String, HostError> {
        let Some((_lock, _)) = self.locked(id)? else { return Err(HostError::Unknown) };
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        let text = hex::encode(bytes);
        let mut state = self.state(id)?;
        state.tickets.retain(|ticket| now.seconds() < ticket.until);
        if state.tickets.len() >= MOST_TICKETS {
            state.tickets.remove(0);
        }
        let until = now.seconds().saturating_add(TICKET_SECONDS);
        let recipient = shortened(recipient);
        state.tickets.push(Ticket { hash: hash(&text), file, until, recipient });
        self.save(id, "state.json", &state)?;
        Ok(text)
    }

    /// Takes a ticket: it is good for nothing afterwards. `None` for one that is not good, and for a link that is paused or
    /// has ended.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn take_ticket(
        &self,
        id: &LinkId,
        ticket: &str,
        now: UnixTime,
    ) -> Result<Option<Ticketed>, HostError> {
        let Some((_lock, link)) = self.locked(id)? else { return Ok(None) };
        let mut state = self.state(id)?;
        if state.is_paused || now.seconds() >= link.expires {
            return Ok(None);
        }
        let hash = hash(ticket);
        let Some(place) = state.tickets.iter().position(|one| one.hash == hash) else {
            return Ok(None);
        };
        let found = state.tickets.remove(place);
        self.save(id, "state.json", &state)?;
        let is_good = now.seconds() < found.until && found.file < link.files.len();
        Ok(is_good.then_some(Ticketed { link, ticket: found }))
    }

    /// Gives a ticket back: the entries could not be made, and nothing was given.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn give_ticket_back(&self, id: &LinkId, ticket: Ticket) -> Result<(), HostError> {
        let Some((_lock, _)) = self.locked(id)? else { return Ok(()) };
        let mut state = self.state(id)?;
        state.tickets.push(ticket);
        self.save(id, "state.json", &state)
    }

    /// The sealed bytes of a file.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn jwe(&self, id: &LinkId, file: &HostedFile) -> Result<String, HostError> {
        let path = self.of(id).join(&file.name);
        fs::read_to_string(&path).map_err(failed(&path, "read"))
    }

    /// Writes a line into the link's log. To be called before the answer leaves.
    ///
    /// # Errors
    ///
    /// [`HostError`].
    pub fn log(
        &self,
        id: &LinkId,
        recipient: &str,
        answered: Answered,
        txids: &[mrms_core::TxId],
        now: UnixTime,
    ) -> Result<(), HostError> {
        let _lock = self.lock(id)?;
        self.note(id, recipient, answered, txids, now)
    }

    fn note(
        &self,
        id: &LinkId,
        recipient: &str,
        answered: Answered,
        txids: &[mrms_core::TxId],
        now: UnixTime,
    ) -> Result<(), HostError> {
        let lines = self.lines(id)?;
        let refusals = lines.iter().filter(|line| line.answered == Answered::Refused).count();
        if answered == Answered::Refused && refusals >= MOST_REFUSALS {
            return Ok(());
        }
        let line = HostLine {
            index: lines.len() as u64,
            time: now.seconds(),
            recipient: shortened(recipient),
            answered,
            txids: txids.to_vec(),
            before: lines.last().map_or_else(HostLine::beginning, HostLine::hash),
        };
        let path = self.of(id).join("log.jsonl");
        let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
        bytes.push(b'\n');
        mrms_files::append(&path, &bytes).map_err(failed(&path, "write"))
    }

    fn lines(&self, id: &LinkId) -> Result<Vec<HostLine>, HostError> {
        let path = self.of(id).join("log.jsonl");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(failed(&path, "read"))?,
        };
        // A line that a crash cut short was never answered. One that was altered shows in the chain of hashes.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// The link, and its lock; `None` if there is none.
    fn locked(&self, id: &LinkId) -> Result<Option<(FileLock, HostedLink)>, HostError> {
        if !self.of(id).is_dir() {
            return Ok(None);
        }
        let lock = self.lock(id)?;
        Ok(self.load::<HostedLink>(id, "link.json")?.map(|link| (lock, link)))
    }

    fn lock(&self, id: &LinkId) -> Result<FileLock, HostError> {
        let path = self.of(id).join("lock");
        FileLock::take(&path, LONGEST_WAIT).map_err(|error| match error {
            LockError::InUse { .. } => HostError::Busy,
            LockError::Open(source) | LockError::Lock(source) => failed(&path, "lock")(source),
        })
    }

    fn state(&self, id: &LinkId) -> Result<State, HostError> {
        Ok(self.load(id, "state.json")?.unwrap_or_default())
    }

    fn load<T: DeserializeOwned>(&self, id: &LinkId, name: &str) -> Result<Option<T>, HostError> {
        let path = self.of(id).join(name);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            bytes => {
                let bytes = Zeroizing::new(bytes.map_err(failed(&path, "read"))?);
                serde_json::from_slice(&bytes).map(Some).map_err(|error| damaged(&path, &error))
            }
        }
    }

    fn save<T: Serialize>(&self, id: &LinkId, name: &str, value: &T) -> Result<(), HostError> {
        let path = self.of(id).join(name);
        // Plain fields: nothing here can fail to serialize.
        let bytes = Zeroizing::new(serde_json::to_vec(value).unwrap_or_default());
        mrms_files::write_whole(&path, &bytes).map_err(failed(&path, "write"))
    }

    /// Deletes sealed files that the link does not name any more.
    fn sweep(&self, id: &LinkId, keep: &[HostedFile]) -> Result<(), HostError> {
        let folder = self.of(id);
        for entry in fs::read_dir(&folder).map_err(failed(&folder, "read"))? {
            let path = entry.map_err(failed(&folder, "read"))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".jwe") && !keep.iter().any(|file| file.name == name) {
                mrms_files::remove_if_present(&path).map_err(failed(&path, "remove"))?;
            }
        }
        Ok(())
    }
}

impl LinkHost for HostFolder {
    fn put(&self, deposit: &Deposit) -> Result<(), HostError> {
        let (id, folder) = (&deposit.id, self.of(&deposit.id));
        let account = folder.join("account");
        mrms_files::make_private_folder(&account).map_err(failed(&account, "make"))?;
        let _lock = self.lock(id)?;
        let path = folder.join("manager");
        let manager = hash(&manager_secret(&deposit.words));
        mrms_files::write_whole(&path, manager.as_bytes()).map_err(failed(&path, "write"))?;
        let mut files = Vec::new();
        for file in &deposit.files {
            // Named by its content, so that the file before is there until the new one is named.
            let name = format!("{}.jwe", &hash(&file.jwe)[..32]);
            let path = folder.join(&name);
            mrms_files::write_whole(&path, file.jwe.as_bytes()).map_err(failed(&path, "write"))?;
            files.push(HostedFile {
                content_type: file.content_type.clone(),
                has: file.has.clone(),
                sealed_at: file.sealed_at.clone(),
                length: file.jwe.len() as u64,
                name,
            });
        }
        // The counts first: a crash in between leaves the former terms with nothing used, and the patient's program, which
        // does not know yet that it was done, does it again.
        self.save(id, "state.json", &State::default())?;
        let link = HostedLink {
            id: id.clone(),
            contract: deposit.contract.clone(),
            words: deposit.words.clone(),
            flags: deposit.flags,
            expires: deposit.expires,
            passcode: deposit.passcode.clone(),
            most_uses: deposit.most_uses,
            files,
        };
        self.save(id, "link.json", &link)?;
        self.sweep(id, &link.files)
    }

    fn pause(&self, id: &LinkId) -> Result<(), HostError> {
        let Some((_lock, _)) = self.locked(id)? else { return Err(HostError::Unknown) };
        let state = State { is_paused: true, tickets: Vec::new(), ..self.state(id)? };
        self.save(id, "state.json", &state)
    }

    fn remove(&self, id: &LinkId) -> Result<(), HostError> {
        let folder = self.of(id);
        if !folder.is_dir() {
            return Ok(());
        }
        let _lock = self.lock(id)?;
        // Without it nothing is answered any more, whatever interrupts the rest.
        let path = folder.join("link.json");
        mrms_files::remove(&path).map_err(failed(&path, "remove"))?;
        self.sweep(id, &[])?;
        let path = folder.join("state.json");
        mrms_files::remove(&path).map_err(failed(&path, "remove"))
    }

    fn standing(&self, id: &LinkId) -> Result<HostStanding, HostError> {
        if !self.of(id).is_dir() {
            return Err(HostError::Unknown);
        }
        let _lock = self.lock(id)?;
        let state = self.state(id)?;
        let link: Option<HostedLink> = self.load(id, "link.json")?;
        let has_passcode = link.is_some_and(|link| link.passcode.is_some());
        Ok(HostStanding {
            uses: state.uses,
            attempts_left: has_passcode
                .then(|| MOST_ATTEMPTS.saturating_sub(state.wrong_passcodes)),
            is_paused: state.is_paused,
            lines: self.lines(id)?,
        })
    }
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn shortened(recipient: &str) -> String {
    recipient.trim().chars().take(MOST_RECIPIENT).collect()
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> HostError {
    let path = path.to_owned();
    move |source| HostError::Io { path, action, source }
}

fn damaged(path: &Path, error: &serde_json::Error) -> HostError {
    HostError::Damaged { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
