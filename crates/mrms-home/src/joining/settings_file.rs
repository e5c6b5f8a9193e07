//! [`SettingsFile`]: changes `mrms.toml` of a home, and keeps comments and everything else as they are.
//!
//! What is joined stands where a person looks for it, beside what they wrote themselves. It is read again by the face,
//! which merges it with flags and variables.

use core::net::SocketAddr;
use std::fs;
use std::io;
use std::path::PathBuf;

use mrms_people::{Invitation, ServiceUrl};
use toml_edit::{Array, DocumentMut, Item, Table};

use super::error::JoinError;
use crate::error::file_error;
use crate::folder::HomeFolder;

/// The settings file of a home while it is changed.
#[derive(Debug)]
pub struct SettingsFile {
    path: PathBuf,
    before: String,
    document: DocumentMut,
}

impl SettingsFile {
    /// The settings of this home; empty where there are none yet.
    ///
    /// # Errors
    ///
    /// [`JoinError::SettingsFile`] when it is not TOML, [`JoinError::Home`].
    pub fn open(home: &HomeFolder) -> Result<Self, JoinError> {
        let path = home.settings_file();
        let before = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.map_err(file_error("read", &path))?,
        };
        let wrong = |error: toml_edit::TomlError| JoinError::SettingsFile {
            path: path.clone(),
            reason: error.to_string(),
        };
        let document = before.parse().map_err(wrong)?;
        Ok(Self { path, before, document })
    }

    /// Sets a value of a table. Its comments stay.
    pub fn set(&mut self, table: &str, key: &str, new: impl Into<toml_edit::Value>) {
        let entry = self.document.entry(table).or_insert(Item::Table(Table::new()));
        let Some(entry) = entry.as_table_like_mut() else { return };
        let mut new: toml_edit::Value = new.into();
        if let Some(old) = entry.get(key).and_then(Item::as_value) {
            *new.decor_mut() = old.decor().clone();
        }
        entry.insert(key, Item::Value(new));
    }

    /// Sets a list of texts.
    pub fn set_list<'t>(
        &mut self,
        table: &str,
        key: &str,
        texts: impl IntoIterator<Item = &'t str>,
    ) {
        let list: Array = texts.into_iter().collect();
        self.set(table, key, list);
    }

    /// Removes a value of a table.
    pub fn remove(&mut self, table: &str, key: &str) {
        if let Some(table) = self.document.get_mut(table).and_then(Item::as_table_like_mut) {
            table.remove(key);
        }
    }

    /// A text of a table.
    #[must_use]
    pub fn text(&self, table: &str, key: &str) -> Option<&str> {
        self.document.get(table)?.get(key)?.as_str()
    }

    /// The texts of a list.
    #[must_use]
    pub fn list(&self, table: &str, key: &str) -> Vec<String> {
        let list = self.document.get(table).and_then(|table| table.get(key)?.as_array());
        let texts = list.into_iter().flatten().filter_map(|one| one.as_str());
        texts.map(ToOwned::to_owned).collect()
    }

    /// Writes the file, if anything is different now.
    ///
    /// # Errors
    ///
    /// [`JoinError::Home`].
    pub fn save(self) -> Result<(), JoinError> {
        let text = self.document.to_string();
        if text == self.before {
            return Ok(());
        }
        mrms_files::write_whole(&self.path, text.as_bytes())
            .map_err(file_error("write", &self.path))?;
        Ok(())
    }

    /// Sets what an invitation names: node, contract, vaults, threshold and sponsor. The voucher that is there stays,
    /// where the same sponsor pays and the invitation brings no other.
    pub fn join(&mut self, invitation: &Invitation, plain_http: bool) {
        self.follow(invitation, plain_http);
        let before = self.text("ledger", "sponsor").map(ToOwned::to_owned);
        match &invitation.sponsor {
            None => {
                self.remove("ledger", "sponsor");
                self.remove("ledger", "sponsor_voucher");
            }
            Some(sponsor) => {
                self.set("ledger", "sponsor", sponsor.url.as_str());
                match &sponsor.voucher {
                    Some(voucher) => self.set("ledger", "sponsor_voucher", voucher.expose()),
                    None if before.as_deref() != Some(sponsor.url.as_str()) => {
                        self.remove("ledger", "sponsor_voucher");
                    }
                    None => {}
                }
            }
        }
        self.set_list("vault", "urls", invitation.vaults.iter().map(|vault| vault.url.as_str()));
        self.set("vault", "threshold", i64::from(invitation.threshold));
        if plain_http {
            self.set("vault", "allow_plain_http", true);
        }
    }

    /// Sets the node and the contract of an invitation alone.
    pub fn follow(&mut self, invitation: &Invitation, plain_http: bool) {
        self.set("ledger", "url", invitation.node.as_str());
        self.set("contract", "id", invitation.contract.to_string());
        if plain_http {
            self.set("ledger", "allow_plain_http", true);
        }
    }

    /// Sets where the vault of this home listens, and how others reach it.
    pub fn serve_vault(&mut self, listen: SocketAddr, url: &ServiceUrl) {
        self.set("serve", "vault_listen", listen.to_string());
        self.set("serve", "vault_url", url.as_str());
        self.answer_to(&[url]);
    }

    /// Lets the services of this home answer to the hosts of these addresses, as a proxy passes them on.
    pub fn answer_to(&mut self, urls: &[&ServiceUrl]) {
        let mut hosts = self.list("serve", "hosts");
        for url in urls.iter().filter(|url| !url.is_this_machine()) {
            if !hosts.iter().any(|host| host == url.host()) {
                hosts.push(url.host().to_owned());
            }
        }
        self.set_list("serve", "hosts", hosts.iter().map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_wrote_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeFolder::new(folder.path().to_owned());
        let before =
            "# mine\nlock_wait = 9 # seconds\n\n[vault]\n# all of them\nurls = [] # none yet\n";
        fs::write(home.settings_file(), before).unwrap();
        let mut file = SettingsFile::open(&home).unwrap();
        file.set("ledger", "url", "https://node.clinic.example");
        file.set_list("vault", "urls", ["https://a.example", "https://b.example"]);
        file.set("vault", "threshold", 2);
        file.save().unwrap();
        let after = fs::read_to_string(home.settings_file()).unwrap();
        for kept in ["# mine\nlock_wait = 9 # seconds\n", "# all of them\n", "# none yet\n"] {
            assert!(after.contains(kept), "{after}");
        }
        let file = SettingsFile::open(&home).unwrap();
        assert_eq!(file.text("ledger", "url"), Some("https://node.clinic.example"));
        assert_eq!(file.list("vault", "urls"), ["https://a.example", "https://b.example"]);
        fs::write(home.settings_file(), "[vault\n").unwrap();
        let wrong = SettingsFile::open(&home).unwrap_err();
        assert!(matches!(wrong, JoinError::SettingsFile { .. }));
    }
}
