//! What `mrms.toml` in the home folder may hold.
//!
//! Reads it, and judges nothing but its form: [`Settings::merge`](crate::config::Settings::merge) has the ranges and the defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use serde::Deserialize;

use crate::ui::failure::{Exit, Failure};
use crate::ui::reasons::cannot;

/// What `mrms.toml` may hold. An unknown key is an error, so that a misspelt setting is noticed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SettingsFile {
    pub(crate) profile: Option<String>,
    pub(crate) inline_limit: Option<usize>,
    pub(crate) lock_wait: Option<u64>,
    pub(crate) keystore: KeystoreTable,
    pub(crate) ledger: LedgerTable,
    pub(crate) contract: ContractTable,
    pub(crate) vault: VaultTable,
    pub(crate) serve: ServeTable,
    pub(crate) sponsor: SponsorTable,
    pub(crate) watch: WatchTable,
    pub(crate) links: LinksTable,
}

/// Which host answers for links, and in which viewer they open.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LinksTable {
    pub(crate) host: Option<String>,
    pub(crate) host_key_file: Option<PathBuf>,
    pub(crate) viewer: Option<String>,
}

/// By which ways the person is told what happens.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WatchTable {
    pub(crate) desktop: bool,
    pub(crate) webhook: Option<String>,
    pub(crate) ntfy: Option<String>,
    pub(crate) names: bool,
}

impl SettingsFile {
    /// Takes away what an invitation brings: then the home works with its own ledger and vault.
    pub(crate) fn follow_nobody(&mut self) {
        (self.ledger.url, self.ledger.sponsor) = (None, None);
        self.ledger.sponsor_voucher = None;
        self.contract.id = None;
        self.vault = VaultTable::default();
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServeTable {
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
    pub(crate) node_listen: Option<SocketAddr>,
    pub(crate) vault_listen: Option<SocketAddr>,
    pub(crate) index_listen: Option<SocketAddr>,
    pub(crate) index_events: Option<SocketAddr>,
    pub(crate) index_node: Option<String>,
    pub(crate) node_url: Option<String>,
    pub(crate) vault_url: Option<String>,
    pub(crate) sponsor_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SponsorTable {
    pub(crate) accounts: Option<PathBuf>,
    pub(crate) vouchers: Option<PathBuf>,
    pub(crate) anyone: bool,
    pub(crate) profile: Option<String>,
    pub(crate) listen: Option<SocketAddr>,
}

/// A secret of the settings file. Never printed.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerTable {
    pub(crate) url: Option<String>,
    pub(crate) urls: Vec<String>,
    pub(crate) api_key: Option<Secret>,
    pub(crate) sponsor: Option<String>,
    pub(crate) sponsor_voucher: Option<Secret>,
    pub(crate) fee_ceiling: Option<u64>,
    pub(crate) wait: Option<u64>,
    pub(crate) allow_plain_http: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct VaultTable {
    pub(crate) urls: Vec<String>,
    pub(crate) threshold: Option<u8>,
    pub(crate) allow_plain_http: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ContractTable {
    pub(crate) id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeystoreTable {
    pub(crate) work_factor: Option<u8>,
}

/// Reads the file; without one, every setting has its default.
pub(crate) fn read_file(path: &Path) -> Result<SettingsFile, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|error| {
            Failure::new(Exit::Usage, "settings", format!("{}: {error}", path.display()))
                .hint("mrms.example.toml, beside the README, shows every setting")
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(SettingsFile::default()),
        Err(error) => Err(cannot("read", path, &error)),
    }
}
