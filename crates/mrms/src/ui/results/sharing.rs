//! What `grant`, `revoke`, `shared` and `stop` print.

use std::path::Path;

use mrms_app::sharing::not_shown::What;
use mrms_app::sharing::own::{ClosedVersion, WhyClosed};
use mrms_core::{BurnHeight, Principal, RecordId, Rights, TxId, Version};
use serde::Serialize;

use super::record::Storage;

/// The access that somebody has now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Granted<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`; null for a record that is not the profile's own.
    pub(crate) number: Option<u64>,
    /// Principal of who may open it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// First burn height at which the grant is closed; null when it ends only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// What the grant allows: `read`, `amend`, `emergency`, `history`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) rights: Rights,
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// The oldest version that is open to them.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) from_version: Version,
    /// The live grant that this one replaced; null when there was none.
    pub(crate) before: Option<GrantBefore>,
    /// Versions that they should be able to open and got no key of, since it can't be found.
    pub(crate) left_out_versions: Vec<LeftOutVersion>,
}

/// A version whose key its patient can't find.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LeftOutVersion {
    /// Its number.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Why.
    pub(crate) reason: LeftOutVersionReason,
}

/// Why a version's key can't be found.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LeftOutVersionReason {
    /// It was not written by this software.
    Unreadable,
    /// None of the patient's keys opens it.
    NoKey,
    /// Every vault answered, and none has the erasure salt that opens it.
    NoSalt,
}

impl From<&ClosedVersion> for LeftOutVersion {
    fn from(closed: &ClosedVersion) -> Self {
        let reason = match closed.why {
            WhyClosed::Unreadable => LeftOutVersionReason::Unreadable,
            WhyClosed::NoKey => LeftOutVersionReason::NoKey,
            WhyClosed::NoSalt => LeftOutVersionReason::NoSalt,
        };
        Self { version: closed.version, reason }
    }
}

/// A live grant that another one replaced.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GrantBefore {
    /// What it allowed, as `rights`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) rights: Option<Rights>,
    /// First burn height at which it was to close; null when it was to end only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
}

/// The access that was ended, and what it was used for.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Revoked<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`; null for a record that is not the profile's own.
    pub(crate) number: Option<u64>,
    /// Principal of who can no longer open it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// Always null: the grant has ended.
    pub(crate) expiry: (),
    /// Always null: the grant has ended.
    pub(crate) expires_at: (),
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Numbers of the versions that they opened.
    #[cfg_attr(test, schemars(with = "Vec<u64>"))]
    pub(crate) versions_opened: &'a [Version],
    /// Numbers of the versions that they wrote themselves: their keys open these for good.
    #[cfg_attr(test, schemars(with = "Vec<u64>"))]
    pub(crate) versions_written: &'a [Version],
    /// Numbers of the versions whose key is on chain for them (direct sharing): they can open these
    /// without an entry in the log, for good.
    #[cfg_attr(test, schemars(with = "Vec<u64>"))]
    pub(crate) versions_exposed: &'a [Version],
    /// Numbers of the versions that they could have opened and did not: closed to them now.
    #[cfg_attr(test, schemars(with = "Vec<u64>"))]
    pub(crate) versions_closed: &'a [Version],
    /// Whether they can open it all the same, as a delegate of the patient.
    pub(crate) sees_as_delegate: bool,
}

/// One of several grants or revokes that failed; the others are told beside it, and an error follows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NotDone<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Principal of the person.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// Always false.
    pub(crate) done: bool,
    /// Stable word for why, as in an error.
    pub(crate) code: &'a str,
    /// Why, in words.
    pub(crate) message: &'a str,
    /// What to do next; null when nothing is known.
    pub(crate) hint: Option<&'a str>,
}

/// What one person can open now; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SharedWith<'a> {
    /// Principal of the person.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when there is none, or while the profile is locked.
    pub(crate) user_name: Option<&'a str>,
    /// Whether they can open all records, later ones too.
    pub(crate) all_records: bool,
    /// What that grant allows: `read`, `amend`, `emergency`, `history`, joined by `+`; null without one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) rights: Option<Rights>,
    /// First burn height at which that grant is closed; null without one, or when it ends only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// The records that they can open, by number.
    pub(crate) records: Vec<SharedRecord>,
    /// The records that they could open by name, and can't any more; only where the person is named in the command.
    pub(crate) ended: Vec<EndedRecord>,
}

/// A record that somebody could open, and can't any more.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EndedRecord {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`.
    pub(crate) number: u64,
    /// Its label or file name; null when it has neither, or while the profile is locked.
    pub(crate) name: Option<String>,
    /// First burn height at which it was closed to them; null where the patient ended it.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expired: Option<BurnHeight>,
    /// When that was, estimated, RFC 3339 in UTC; null when `expired` is.
    pub(crate) expired_at: Option<String>,
    /// How often they opened it with an entry in the log.
    pub(crate) openings: u64,
    /// How often they made the entry and the vaults gave them no key, so that they opened nothing.
    pub(crate) openings_without_key: u64,
}

/// A record that somebody can open now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SharedRecord {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`.
    pub(crate) number: u64,
    /// Its label or file name; null when it has neither, or while the profile is locked.
    pub(crate) name: Option<String>,
    /// What they may do: `read`, `amend`, `emergency`, `history`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) rights: Rights,
    /// The oldest version that is open to them.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) from_version: Version,
    /// First burn height at which it is closed to them; null when it ends only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// Whether they have it by the grant on all records alone.
    pub(crate) all_records: bool,
    /// How often they opened it with an entry in the log.
    pub(crate) openings: u64,
    /// How often they made the entry and the vaults gave them no key, so that they opened nothing.
    pub(crate) openings_without_key: u64,
    /// Of an organisation, which of its members opened it for it.
    pub(crate) opened_by: Vec<OpeningMember>,
    /// Whether something lies on the chain as their key of it (direct sharing): then they can open it without an entry, and
    /// `openings` may be too few.
    pub(crate) key_on_chain: bool,
    /// Whether that key was tried and opens a version; false also where this can't be told: while the profile is locked, or
    /// where somebody else than the patient put it there.
    pub(crate) key_opens: bool,
    /// When they last did, estimated, RFC 3339 in UTC; null when they never did.
    pub(crate) last_opened: Option<String>,
}

/// A member of an organisation who opened a record for it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OpeningMember {
    /// Principal of the member.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) who: Principal,
    /// The person's own name for them; null when there is none, or while the profile is locked.
    pub(crate) who_name: Option<String>,
    /// How often.
    pub(crate) openings: u64,
}

/// A person who can open nothing any more; the revokes of single records are told before it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Stopped<'a> {
    /// Principal of the person.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) user_name: Option<&'a str>,
    /// The records, in decimal, that they could open by name, and whose access was ended.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) records: Vec<RecordId>,
    /// Whether a grant on all records was ended with them.
    pub(crate) all_records: bool,
    /// Whether they were a delegate and are none any more.
    pub(crate) delegation: bool,
    /// Whether they were a member of the staff and are none any more.
    pub(crate) membership: bool,
    /// Whether the succession was offered to them, and the offer was withdrawn.
    pub(crate) offer: bool,
    /// Whether they were a contact and are none any more.
    pub(crate) contact: bool,
}

impl<'a> Stopped<'a> {
    /// What has ended for somebody.
    pub(crate) fn of(user: &'a Principal, user_name: Option<&'a str>, what: &[What]) -> Self {
        let has = |one| what.contains(&one);
        Self {
            user,
            user_name,
            records: what.iter().copied().filter_map(What::record).collect(),
            all_records: has(What::AllRecords),
            delegation: has(What::Delegation),
            membership: has(What::Membership),
            offer: has(What::Offer),
            contact: has(What::Contact),
        }
    }
}

/// A record that was made for somebody else and offered to them.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Sent<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Principal of whom it is offered to.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) to: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) to_name: Option<&'a str>,
    /// What it is called: the label, else the file's name; null when it has none.
    pub(crate) name: Option<&'a str>,
    /// The transaction that made it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Where the encrypted content lies.
    pub(crate) storage: Storage,
}

/// What an interrupted command has sent already.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SentBefore<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Principal of whom it was sent to.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) to: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) to_name: Option<&'a str>,
    /// What it is called: the label, else the file's name; null when it has none.
    pub(crate) name: Option<&'a str>,
    /// Always true: it was sent.
    pub(crate) sent: bool,
}

/// A record that is offered to you.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Offered<'a> {
    /// Its number in `inbox` and in `list --shared-with-me`; null when it has none.
    pub(crate) number: Option<u64>,
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// What it is called; null when unknown or locked.
    pub(crate) name: Option<&'a str>,
    /// Principal of who offers it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) from: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) from_name: Option<&'a str>,
    /// Principal of who wrote its latest version.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) author: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) author_name: Option<&'a str>,
    /// Number of the latest version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// When it was offered, estimated, RFC 3339 in UTC; null when the log has it too far back.
    pub(crate) offered_at: Option<String>,
    /// Whether its key came with it; null while the profile is locked.
    pub(crate) readable: Option<bool>,
}

/// An offer that became a record of yours.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AcceptedOffer<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// What it is called; null when unknown.
    pub(crate) name: Option<&'a str>,
    /// Principal of who offered it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) from: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) from_name: Option<&'a str>,
}

/// An offer that is out of your inbox.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RefusedOffer<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// What it is called; null when unknown.
    pub(crate) name: Option<&'a str>,
    /// Principal of who offers it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) from: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) from_name: Option<&'a str>,
}

/// An offer that its sender took back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WithdrawnOffer<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Principal of the other side: who offered it, or whom you had offered it to.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) other: &'a Principal,
    /// Your name for them; null when you gave none.
    pub(crate) other_name: Option<&'a str>,
    /// What it was called; null when unknown.
    pub(crate) name: Option<&'a str>,
}

/// A request that was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MadeRequest<'a> {
    /// The request as text, which begins with `mrms:`.
    pub(crate) text: &'a str,
    /// The file that it was written to; null when none was named.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) file: Option<&'a Path>,
    /// What is asked for.
    pub(crate) what: &'a str,
    /// The record that is meant, in decimal; null when none was named.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) record_id: Option<RecordId>,
    /// For how long, in seconds.
    pub(crate) seconds: u64,
    /// What for: a code of HL7's PurposeOfUse.
    pub(crate) purpose: &'static str,
    /// Until when it can be answered, RFC 3339 in UTC.
    pub(crate) valid_until: String,
}
