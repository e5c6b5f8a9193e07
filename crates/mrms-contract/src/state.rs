//! The values in the contract's maps and answers, as types.

use mrms_core::{Action, AuditEntry, BurnHeight, ContentHash, Grant, Powers, Principal, RecordId};
use mrms_core::{StandingGrant, Version, grant};
use mrms_stacks::clarity::{Reading, Value};

use crate::decode::{
    AnswerError, expiry, height, later_field, powers, rights, unexpected, version,
};
use crate::trail::Head;

/// A contract's version, as `get-contract-version` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractVersion {
    /// Number of its interface: another one means other signatures or shapes.
    pub interface: u64,
    /// Its release, such as `1.0.0`.
    pub release: String,
}

impl ContractVersion {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            interface: reading.field("interface")?.uint64()?,
            release: reading.field("release")?.ascii()?.to_owned(),
        })
    }
}

/// A record, as `get-record` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub patient: Principal,
    /// Its latest version.
    pub version: Version,
    /// How many users were ever granted access to it by name.
    pub readers: u64,
    /// How many audit entries it has.
    pub audit_count: u64,
    /// What commits to all of them.
    pub audit_head: Head,
}

impl Record {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            patient: reading.field("patient")?.principal()?.clone(),
            version: version(&reading.field("version")?)?,
            readers: reading.field("readers")?.uint64()?,
            audit_count: reading.field("audit-count")?.uint64()?,
            audit_head: Head::from_bytes(reading.field("audit-head")?.array()?),
        })
    }
}

/// A version of a record, as `get-record-version` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredVersion {
    /// Who wrote it.
    pub author: Principal,
    /// What was written: opaque to the contract.
    pub encrypted_content: Vec<u8>,
    /// SHA-256 of it, computed by the contract.
    pub content_hash: ContentHash,
    /// When it was written.
    pub burn_height: BurnHeight,
}

impl StoredVersion {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            author: reading.field("author")?.principal()?.clone(),
            encrypted_content: reading.field("encrypted-content")?.buffer()?.to_vec(),
            content_hash: ContentHash::from_bytes(reading.field("content-hash")?.array()?),
            burn_height: height(&reading.field("burn-height")?)?,
        })
    }
}

/// What `access-medical-record` and `access-record-version` return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The version that was opened.
    pub version: Version,
    /// Its content and author.
    pub stored: StoredVersion,
    /// Index of the entry that this opening left.
    pub audit_index: u64,
    /// The trail's head after it.
    pub audit_head: Head,
}

impl Opened {
    /// Reads the `ok` value of an access.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when it has another shape.
    pub fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            version: version(&reading.field("version")?)?,
            stored: StoredVersion::read(reading)?,
            audit_index: reading.field("audit-index")?.uint64()?,
            audit_head: Head::from_bytes(reading.field("audit-head")?.array()?),
        })
    }
}

/// What `create-medical-record` and the amending functions return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The version that was written.
    pub version: Version,
    /// SHA-256 of its content, computed by the contract.
    pub content_hash: ContentHash,
}

impl Written {
    /// Reads the `ok` value of a create or an amend.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when it has another shape.
    pub fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            version: version(&reading.field("version")?)?,
            content_hash: ContentHash::from_bytes(reading.field("content-hash")?.array()?),
        })
    }
}

/// A published encryption key, as `get-encryption-key` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKey {
    /// The recipient's bytes.
    pub recipient: Vec<u8>,
    /// How often this owner has published: 1 for the first.
    pub generation: u64,
}

impl EncryptionKey {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            recipient: reading.field("recipient")?.buffer()?.to_vec(),
            generation: reading.field("generation")?.uint64()?,
        })
    }
}

/// An emergency opening, as `get-emergency-opening` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyOpening {
    /// First height at which it has ended by itself.
    pub until: BurnHeight,
    /// Height at which it was declared.
    pub opened_at: BurnHeight,
    /// What commits to the reason.
    pub reason: [u8; 32],
    /// The grant by which it was declared. Contracts before release 2.0.0 do not tell it.
    pub under: Option<DeclaredUnder>,
}

/// The very grant by which an emergency was declared: the opening ends with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredUnder {
    /// Index of its entry in the record's log, or in the log of the patient whose standing grant it is.
    pub entry: u64,
    /// The patient whose standing grant it is, as the first of their line; `None` for the record's own grant.
    pub standing: Option<Principal>,
}

impl EmergencyOpening {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            until: height(&reading.field("until")?)?,
            opened_at: height(&reading.field("opened-at")?)?,
            reason: reading.field("reason")?.array()?,
            under: later_field(reading, "entry")?
                .map(|entry| {
                    let standing = reading.field("standing")?.optional()?;
                    let standing = standing.map(|of| of.principal().cloned()).transpose()?;
                    Ok::<_, AnswerError>(DeclaredUnder { entry: entry.uint64()?, standing })
                })
                .transpose()?,
        })
    }
}

/// A delegate of a patient, as `get-delegate` tells it: live, lapsed or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// What they may do for the patient.
    pub powers: Powers,
    /// First height at which it is over; `None` until it is removed.
    pub expiry: Option<BurnHeight>,
    /// How often they became a delegate anew: 1 for the first time.
    pub term: u64,
    /// What they granted up to this term has ended; 0 for nothing.
    pub ended: u64,
}

impl Delegation {
    /// Contracts before release 2.0.0 know no powers: there a delegate has all.
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        let number = |name| later_field(reading, name)?.map(|field| field.uint64()).transpose();
        Ok(Self {
            powers: later_field(reading, "powers")?
                .map_or(Ok(Powers::ALL), |field| powers(&field))?,
            expiry: expiry(&reading.field("expiry")?)?,
            term: number("term")?.unwrap_or(1),
            ended: number("ended")?.unwrap_or(0),
        })
    }

    /// What the delegate may do at `now`.
    #[must_use]
    pub fn powers_at(&self, now: BurnHeight) -> Option<Powers> {
        grant::is_live(self.expiry, now).then_some(self.powers)
    }
}

/// Somebody who may ask to become a delegate, as `get-contact` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What they may do then.
    pub powers: Powers,
    /// How many burn blocks they have to wait after they asked.
    pub wait: u64,
    /// The height from which on they can become a delegate, once they asked.
    pub ready_at: Option<BurnHeight>,
}

impl Contact {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            powers: powers(&reading.field("powers")?)?,
            wait: reading.field("wait")?.uint64()?,
            ready_at: expiry(&reading.field("ready-at")?)?,
        })
    }
}

/// A member of an organisation, as `get-member` tells it: live, lapsed or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// First height at which it is over; `None` until it is removed.
    pub expiry: Option<BurnHeight>,
}

impl Membership {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self { expiry: expiry(&reading.field("expiry")?)? })
    }

    /// Whether the member may open for the organisation at `now`.
    #[must_use]
    pub fn is_live(&self, now: BurnHeight) -> bool {
        grant::is_live(self.expiry, now)
    }
}

/// The line of succession that somebody is in, as `get-line` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its first principal, by whom the contract keeps everything.
    pub root: Principal,
    /// The latest, who alone is the patient.
    pub patient: Principal,
}

impl Line {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            root: reading.field("root")?.principal()?.clone(),
            patient: reading.field("patient")?.principal()?.clone(),
        })
    }
}

/// A vault's log as the vault last anchored it, as `get-vault-log` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The head that commits to its lines.
    pub head: [u8; 32],
    /// How many lines it had.
    pub count: u64,
    /// When it was anchored.
    pub burn_height: BurnHeight,
}

impl Anchor {
    pub(crate) fn read(reading: &Reading<'_>) -> Result<Self, AnswerError> {
        Ok(Self {
            head: reading.field("head")?.array()?,
            count: reading.field("count")?.uint64()?,
            burn_height: height(&reading.field("burn-height")?)?,
        })
    }
}

pub(crate) fn grant(reading: &Reading<'_>) -> Result<Grant, AnswerError> {
    let rights = rights(&reading.field("rights")?)?;
    // A revoke over a standing grant leaves a mark with version u0, which opens nothing.
    let from_version = reading.field("from-version")?;
    let from_version = match rights {
        None => Version::new(from_version.uint64()?).unwrap_or(Version::FIRST),
        Some(_) => version(&from_version)?,
    };
    Ok(Grant {
        rights,
        expiry: expiry(&reading.field("expiry")?)?,
        granted_at: height(&reading.field("granted-at")?)?,
        from_version,
        entry: entry(reading)?,
    })
}

pub(crate) fn standing_grant(reading: &Reading<'_>) -> Result<StandingGrant, AnswerError> {
    Ok(StandingGrant {
        rights: rights(&reading.field("rights")?)?,
        expiry: expiry(&reading.field("expiry")?)?,
        granted_at: height(&reading.field("granted-at")?)?,
        entry: entry(reading)?,
    })
}

/// The delegate by whose delegation a grant was given; `None` where the patient gave it. Contracts before release 2.0.0 know no
/// delegates.
pub(crate) fn given_by(reading: &Reading<'_>) -> Result<Option<Principal>, AnswerError> {
    let Some(by) = later_field(reading, "by")? else { return Ok(None) };
    let Some(mark) = by.optional()? else { return Ok(None) };
    Ok(Some(mark.field("delegate")?.principal()?.clone()))
}

fn entry(reading: &Reading<'_>) -> Result<Option<u64>, AnswerError> {
    Ok(later_field(reading, "entry")?.map(|entry| entry.uint64()).transpose()?)
}

pub(crate) fn audit_entry(reading: &Reading<'_>) -> Result<AuditEntry, AnswerError> {
    let action_field = reading.field("action")?;
    let action: Action = action_field
        .ascii()?
        .parse()
        .map_err(|_| unexpected(&action_field, "an action of the audit log"))?;
    Ok(AuditEntry {
        index: reading.field("index")?.uint64()?,
        action,
        actor: reading.field("actor")?.principal()?.clone(),
        subject: match reading.field("subject")?.optional()? {
            Some(subject) => Some(subject.principal()?.clone()),
            None => None,
        },
        version: reading.field("version")?.uint64()?,
        expiry: expiry(&reading.field("expiry")?)?,
        detail: reading.field("detail")?.array()?,
        burn_height: height(&reading.field("burn-height")?)?,
    })
}

/// The record in whose log a printed value is an entry; `None` for every other value.
#[must_use]
pub fn printed_record(printed: &Value) -> Option<RecordId> {
    let reading = printed.read();
    let is_entry = reading.field("topic").and_then(|topic| Ok(topic.ascii()? == "record-audit"));
    match is_entry {
        Ok(true) => Some(RecordId::new(reading.field("record-id").ok()?.uint().ok()?)),
        _ => None,
    }
}

/// The patient in whose own log, of grants on all records, a printed value is an entry; `None` for every other value.
#[must_use]
pub fn printed_patient(printed: &Value) -> Option<Principal> {
    let reading = printed.read();
    let is_entry = reading.field("topic").and_then(|topic| Ok(topic.ascii()? == "patient-audit"));
    match is_entry {
        Ok(true) => reading.field("patient").ok()?.principal().ok().cloned(),
        _ => None,
    }
}

/// The entry of this record's log in a value that the contract printed; `None` for every other
/// value. Ignores whatever else was printed, so that nobody can disturb the reading of a log.
///
/// # Errors
///
/// [`AnswerError`] for an entry of this record with another shape.
pub fn printed_entry(printed: &Value, record: RecordId) -> Result<Option<AuditEntry>, AnswerError> {
    let reading = printed.read();
    let is_entry = reading.field("topic").and_then(|topic| Ok(topic.ascii()? == "record-audit"));
    let is_ours = reading.field("record-id").and_then(|id| Ok(id.uint()? == record.number()));
    match (is_entry, is_ours) {
        (Ok(true), Ok(true)) => audit_entry(&reading).map(Some),
        _ => Ok(None),
    }
}

/// The entry of a patient's own log in a printed value; `None` for every other value.
///
/// # Errors
///
/// [`AnswerError`] for an entry of this patient with another shape.
pub fn printed_patient_entry(
    printed: &Value,
    patient: &Principal,
) -> Result<Option<AuditEntry>, AnswerError> {
    let reading = printed.read();
    let is_entry = reading.field("topic").and_then(|topic| Ok(topic.ascii()? == "patient-audit"));
    let is_theirs = reading.field("patient").and_then(|of| Ok(of.principal()? == patient));
    match (is_entry, is_theirs) {
        (Ok(true), Ok(true)) => audit_entry(&reading).map(Some),
        _ => Ok(None),
    }
}
