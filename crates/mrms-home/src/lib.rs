//! Opens a home: the folder on this machine with a person's profiles, keys, ledger and vault.
//!
//! A *face* is a program for people that works on a home: the command line is one, the portal another.
//! A face hands in [`HomeSettings`] and answers questions through [`Face`]. It gets an [`OpenHome`],
//! whose session has the use cases of `mrms-app`.
//!
//! This crate reads no command line and no environment variable, merges no settings, and prints nothing. What an
//! invitation brings it writes into the settings file ([`joining`]).

pub mod anchor;
pub mod answers;
pub mod backup;
pub mod breaks;
pub mod causes;
pub mod clock;
pub mod erasing;
pub mod error;
pub mod evidence;
pub mod face;
pub mod folder;
pub mod foreign_link;
pub mod format;
mod heads;
pub mod home;
pub mod joining;
pub mod keys;
pub mod ledger;
#[cfg(unix)]
pub mod link_host;
pub mod mending;
pub mod names;
pub mod open;
mod passphrase;
pub mod qr;
pub mod reading;
pub mod recovery;
pub mod report;
pub mod said;
pub mod settings;
pub mod setup;
pub mod staff;
pub mod summary_paper;
pub mod vault;
pub mod viewing;
mod ward_files;
pub mod wards;
pub mod weak;
pub mod web;
pub mod withheld;

pub use error::HomeError;
pub use face::{Face, FaceError, Notice, Progress, Task};
pub use folder::{Announcement, HomeFolder, ProfileCard, ProfileName, ServerCard, Service};
pub use home::Home;
pub use ledger::known::KnownLedgers;
pub use names::{NameError, Names, NamesError};
pub use open::OpenHome;
pub use settings::{HomeSettings, RemoteSettings, VaultSettings};
