//! Clinical resources out of stored FHIR documents: of one's own records, and of those records of others that this server
//! opened against an entry within the hour, while their grants are live. No search opens anything.

use std::sync::Arc;

use mrms_app::access::open::Unlocked;
use mrms_core::{RecordId, Version};
use mrms_crypto::content::ContentHeader;
use mrms_fhir::stored::{Origin, origin_of, resources};
use mrms_fhir::{Kind, Refusal, Resource};
use mrms_home::clock::rng;
use zeroize::Zeroizing;

use crate::gather::not_here;
use crate::gather::parties::patient_id;
use crate::gather::records::{self, Seen, State};
use crate::reasons::refused;
use crate::work::Work;

/// The longest document that is looked into, in bytes.
const MOST: u64 = 32 * 1024 * 1024;

/// Those of a type.
pub(crate) fn all(work: &Work, kind: Kind) -> Result<Vec<Resource>, Refusal> {
    let mut found = Vec::new();
    for one in records::all(work)? {
        if !one.is_open() {
            work.server.memory.forget(one.id);
            continue;
        }
        let is_fhir = one.media_type.as_deref().is_none_or(may_be_fhir);
        if !is_fhir {
            continue;
        }
        // Of one's own the latest version counts; of others' whichever was opened last.
        for version in one.versions() {
            match document(work, &one, version) {
                Ok(Some(document)) => {
                    found.extend(document.iter().filter(|one| one.kind == kind).cloned());
                    break;
                }
                Ok(None) if one.is_own() => break,
                Ok(None) => {}
                // One that can't be read now keeps no other from being found.
                Err(refusal) => {
                    tracing::warn!(target: "mrms::fhir", "a document was left out: {refusal}");
                    break;
                }
            }
        }
    }
    Ok(found)
}

/// One of them.
pub(crate) fn one(work: &Work, kind: Kind, id: &str) -> Result<Vec<Resource>, Refusal> {
    let none = || {
        not_here(kind, id).hint("Clinical resources of others are here after their document was opened: read its Binary.")
    };
    let (record, version) = origin_of(id).ok_or_else(none)?;
    let seen = records::one(work, record).map_err(|_| none())?;
    seen.must_be_open(work)?;
    if !seen.versions().any(|open| open == version) {
        return Err(none());
    }
    let found = document(work, &seen, version)?.ok_or_else(none)?;
    let found: Vec<_> =
        found.iter().filter(|one| one.kind == kind && one.id == id).cloned().collect();
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

fn may_be_fhir(media_type: &str) -> bool {
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    matches!(plain, "application/fhir+json" | "application/json")
}

/// The resources of a version; `None` where it is no FHIR, or was not opened.
fn document(
    work: &Work,
    seen: &Seen,
    version: Version,
) -> Result<Option<Arc<Vec<Resource>>>, Refusal> {
    match seen.state {
        State::Own => {
            let is_known = version == seen.record.version && seen.media_type.is_none();
            if is_known {
                return Ok(None);
            }
            own(work, seen, version).map(Some)
        }
        State::Open { rights, .. } if rights.may_read() || rights.may_declare_emergency() => {
            let Some(opened) = work.server.memory.opened(seen.id, version) else { return Ok(None) };
            if !may_be_fhir(opened.header.media_type.as_str()) || opened.header.length > MOST {
                return Ok(None);
            }
            let read = || parsed(work, seen, &opened.unlocked, &opened.header);
            work.server.memory.document((seen.id, version), read).map(Some)
        }
        _ => Ok(None),
    }
}

fn own(work: &Work, seen: &Seen, version: Version) -> Result<Arc<Vec<Resource>>, Refusal> {
    let session = work.session();
    work.server.memory.document((seen.id, version), || {
        let unlocked =
            session.own_version(&work.actor, seen.id, version, &mut rng()).map_err(refused)?;
        let header = session.header(&unlocked).map_err(refused)?;
        if !may_be_fhir(header.media_type.as_str()) || header.length > MOST {
            return Ok(Vec::new());
        }
        parsed(work, seen, &unlocked, &header)
    })
}

fn parsed(
    work: &Work,
    seen: &Seen,
    unlocked: &Unlocked,
    header: &ContentHeader,
) -> Result<Vec<Resource>, Refusal> {
    let mut bytes = Zeroizing::new(Vec::new());
    work.session().decrypt(unlocked, &mut *bytes).map_err(refused)?;
    // What is no FHIR after all has no resources.
    let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(Vec::new()) };
    let (record, version): (RecordId, Version) = (header.context.record, header.context.version);
    let patient = patient_id(&seen.record.patient);
    let updated = Some(work.clock.time_of(unlocked.stored.burn_height));
    Ok(resources(text, &Origin { record, version, patient, updated, first: 0 }).unwrap_or_default())
}
