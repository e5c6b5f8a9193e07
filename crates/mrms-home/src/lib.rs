//! Opens a home: the folder on this machine with a person's profiles, keys, ledger and vault.
//!
//! A *face* is a program for people that works on a home: the command line is one, the portal another.
//! A face hands in [`HomeSettings`] and answers questions through [`Face`]. It gets an [`OpenHome`],
//! whose session has the use cases of `mrms-app`.
//!
//! This crate reads no command line, no settings file and no environment variable, and it prints
//! nothing.

pub mod backup;
pub mod clock;
pub mod error;
pub mod evidence;
pub mod face;
pub mod folder;
pub mod home;
pub mod keys;
pub mod ledger;
pub mod names;
pub mod open;
pub mod settings;
pub mod setup;
pub mod vault;
pub mod weak;

pub use error::HomeError;
pub use face::{Face, FaceError, Notice, Progress, Task};
pub use folder::{Announcement, HomeFolder, ProfileCard, ProfileName, ServerCard, Service};
pub use home::Home;
pub use names::{NameError, Names};
pub use open::OpenHome;
pub use settings::{HomeSettings, RemoteSettings, VaultSettings};
