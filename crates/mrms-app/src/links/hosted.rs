//! What a host keeps and counts of a link, and what it says to a request.

use mrms_links::Flags;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::deposit::PasscodeHash;
use crate::profile::links::{GivenVersion, LinkId};

/// A sealed file as the host keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedFile {
    /// What it is, without its encryption.
    pub content_type: String,
    /// What it has.
    pub has: Vec<GivenVersion>,
    /// When it was sealed, RFC 3339.
    pub sealed_at: String,
    /// Bytes of the JWE.
    pub length: u64,
    /// The file's name in the link's folder.
    pub(super) name: String,
}

/// A link as the host keeps it, without its files.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostedLink {
    /// The link.
    pub id: LinkId,
    /// The contract whose grants count.
    pub contract: String,
    /// The words of the link's own account.
    pub words: Zeroizing<String>,
    /// What viewers are told of it.
    pub flags: Flags,
    /// When it ends, in seconds of Unix time.
    pub expires: u64,
    pub(super) passcode: Option<PasscodeHash>,
    pub(super) most_uses: Option<u32>,
    /// The files.
    pub files: Vec<HostedFile>,
}

/// What is counted of a link.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct State {
    pub(super) uses: u32,
    pub(super) wrong_passcodes: u32,
    pub(super) is_paused: bool,
    pub(super) tickets: Vec<Ticket>,
}

/// A file that may be fetched once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// SHA-256 of the ticket's text.
    pub(super) hash: String,
    /// The file's place among the link's files.
    pub file: usize,
    /// When it ends, in seconds of Unix time.
    pub(super) until: u64,
    /// Who got it, as they said themselves.
    pub recipient: String,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// The manifest, of a link that has one.
    Manifest,
    /// The file itself, of a link that has one file and no manifest.
    SingleFile,
}

/// How a request begins.
pub enum Admitted {
    /// It may have the files, once the entries stand. The use is counted.
    Use(Box<HostedLink>),
    /// The passcode is wrong or missing; so many more the link stands.
    WrongPasscode {
        /// How many.
        remaining: u32,
    },
    /// There is no such link, or it is paused, ended or used up. Who asks does not learn which.
    NotHere,
}

/// A file that a ticket gives.
pub struct Ticketed {
    /// The link.
    pub link: HostedLink,
    /// The ticket, which is taken.
    pub ticket: Ticket,
}
