//! Gathers resources of each type from the use cases: all that the profile may see, or the versions of one.
//!
//! Nothing here opens a record of somebody else. Its content is looked into only where this server opened it against an
//! entry before ([`Memory`](crate::memory::Memory)), and while the grant is live.

pub(crate) mod clinical;
pub(crate) mod consents;
pub(crate) mod documents;
pub(crate) mod events;
pub(crate) mod parties;
pub(crate) mod provenances;
pub(crate) mod records;

use mrms_fhir::{Kind, Query, Refusal, Resource, Why};

use crate::work::Work;

/// The present versions of all resources of a query's type; of those with other ids than it asks for, perhaps none.
pub(crate) fn all(work: &Work, query: &Query) -> Result<Vec<Resource>, Refusal> {
    match query.kind {
        Kind::Patient => parties::patients(work),
        Kind::DocumentReference => documents::all(work, query.ids()),
        Kind::Consent => consents::all(work),
        Kind::AuditEvent => events::all(work),
        Kind::Provenance => provenances::all(work),
        Kind::Clinical(_) => clinical::all(work, query.kind),
        Kind::Binary => Err(Why::NoSuchAction
            .because("Binaries can't be searched.")
            .hint("Search DocumentReference: its attachments have the addresses.")),
    }
}

/// The versions of one resource, the newest first. There is at least one.
pub(crate) fn versions(work: &Work, kind: Kind, id: &str) -> Result<Vec<Resource>, Refusal> {
    let found = match kind {
        Kind::Patient => parties::patients(work)?,
        Kind::DocumentReference => documents::versions(work, id)?,
        Kind::Consent => consents::versions(work, id)?,
        Kind::AuditEvent => events::one(work, id)?,
        Kind::Provenance => provenances::one(work, id)?,
        Kind::Clinical(_) => clinical::one(work, kind, id)?,
        Kind::Binary => Vec::new(),
    };
    let found: Vec<_> = found.into_iter().filter(|one| one.id == id).collect();
    if found.is_empty() { Err(not_here(kind, id)) } else { Ok(found) }
}

pub(crate) fn not_here(kind: Kind, id: &str) -> Refusal {
    Why::NotFound.because(format!("There is no {kind} {id:?} that this profile can see."))
}
