//! What `link` and `open` print.

use mrms_core::{BurnHeight, Principal, RecordId, TxId, Version};
use serde::Serialize;

/// A link. Whoever has its text can open what it gives.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownLink<'a> {
    /// Its number in `mrms link list`.
    pub(crate) link: u32,
    /// Principal of its own account, which the records' logs name.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// Which kind.
    pub(crate) kind: KindOfLink,
    /// How it stands.
    pub(crate) state: StateOfLink,
    /// What it is called; null when it has no label.
    pub(crate) label: Option<&'a str>,
    /// What viewers are told: letters of `L`, `P` and `U`.
    pub(crate) flags: String,
    /// First burn height at which it is closed.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) expiry: BurnHeight,
    /// When that is, as the link's text says it, RFC 3339 in UTC.
    pub(crate) expires_at: String,
    /// How often it can be used; null for any number.
    pub(crate) max_uses: Option<u32>,
    /// The text to give away, as programs read it: `shlink:/` and what follows, behind the address of a viewer where
    /// `--viewer` named one; null in lists, and once it is destroyed.
    pub(crate) text: Option<&'a str>,
    /// The same behind the address of a page that opens it in any browser: the viewer that was named, else that of its host;
    /// null where there is none, where none is wanted, in lists, and once it is destroyed.
    pub(crate) page: Option<&'a str>,
    /// Its passcode; null when it has none, and once it is destroyed.
    pub(crate) passcode: Option<&'a str>,
    /// What it gives.
    pub(crate) records: Vec<GivenRecord<'a>>,
}

/// A version that a link gives.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GivenRecord<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`; null when it is none of the patient's any more.
    pub(crate) number: Option<u64>,
    /// What it is called; null when it has no name.
    pub(crate) name: Option<&'a str>,
    /// Number of the version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
}

/// Which kind of link.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KindOfLink {
    /// A SMART Health Link for any viewer.
    Shl,
    /// One with a single bundle, as clinics of the United States scan it.
    Ktc,
}

/// How a link stands.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum StateOfLink {
    /// It was begun and interrupted; it opens nothing.
    Begun,
    /// It can be used.
    Armed,
    /// It has ended by itself.
    Ended,
    /// All that it was granted was revoked.
    Revoked,
    /// It was used as often as it can be.
    UsedUp,
    /// It stands no more wrong passcodes.
    Shut,
    /// The patient paused it.
    Paused,
    /// Its destruction was begun and interrupted; it opens nothing.
    Destroying,
    /// It is gone.
    Destroyed,
}

/// A link with what its host says of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownLinkUses<'a> {
    /// The link.
    #[serde(flatten)]
    pub(crate) link: ShownLink<'a>,
    /// How often it was used since it was armed; null where the host does not have it.
    pub(crate) uses: Option<u32>,
    /// How many more wrong passcodes it stands; null without a passcode.
    pub(crate) attempts_left: Option<u32>,
    /// The host's log of it, oldest first.
    pub(crate) log: Vec<LinkUse<'a>>,
    /// Differences between the host's log and the records' logs, in words.
    pub(crate) differences: Vec<String>,
}

/// One line of a host's log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LinkUse<'a> {
    /// Its number, from 0.
    pub(crate) index: u64,
    /// When, by the host's clock, RFC 3339 in UTC.
    pub(crate) time: String,
    /// Who asked, as they said themselves.
    pub(crate) said_to_be: &'a str,
    /// What became of it.
    pub(crate) outcome: UseOutcome,
    /// The transactions of the entries that stood before the answer.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) txids: &'a [TxId],
}

/// What became of a request.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UseOutcome {
    /// Files were given.
    Given,
    /// A list was given that says where the files are.
    Listed,
    /// The passcode was wrong.
    WrongPasscode,
    /// The link had ended.
    Refused,
}

/// A link whose access was ended.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EndedLink<'a> {
    /// Its number in `mrms link list`.
    pub(crate) link: u32,
    /// Principal of its own account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// Whether it is gone for good.
    pub(crate) destroyed: bool,
    /// The records, in decimal, whose grants were revoked now.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) revoked: Vec<RecordId>,
}

/// Where links are answered, once the host is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedLinks<'a> {
    /// The address that links name.
    pub(crate) url: &'a str,
    /// The address and port that it listens on.
    pub(crate) listens: &'a str,
}

/// A file of a link, a document inside one, or a health card; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OpenedFile<'a> {
    /// Its place among the files, from 1.
    pub(crate) file: usize,
    /// Its number among the documents inside that file, from 1; null for the file itself.
    pub(crate) document: Option<usize>,
    /// What it says that it is; null where it does not.
    pub(crate) content_type: Option<&'a str>,
    /// Its bytes.
    pub(crate) bytes: u64,
    /// What kind of document it is, as a stable word.
    pub(crate) kind: &'a str,
    /// What it says, as text; null where it can't be shown.
    pub(crate) text: Option<&'a str>,
    /// Who is said to have issued the health cards in it, and what is known of their signatures; empty for other files.
    pub(crate) cards: Vec<OpenedCard<'a>>,
    /// Why it can't be read as what it says that it is: `no-card`, `other-kind` or `damaged`; null where it is that. It is
    /// put on no record then.
    pub(crate) unread: Option<&'static str>,
    /// Where it was saved; null where it was not.
    pub(crate) output: Option<String>,
    /// The record that has it, in decimal; null where it was not put on record.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) record_id: Option<RecordId>,
    /// Whether it was on record before.
    pub(crate) known: bool,
}

/// A health card.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OpenedCard<'a> {
    /// The address of who is said to have issued it.
    pub(crate) issuer: &'a str,
    /// What is known of its signature.
    pub(crate) signature: CardSignature,
}

/// What is known of a signature.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CardSignature {
    /// A key that was given made it.
    Valid,
    /// The issuer's key is not at hand.
    NotChecked,
    /// The card was altered, or somebody else made it.
    Wrong,
}
