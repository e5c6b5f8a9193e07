//! DocumentReferences: what is known of records without opening them.

use mrms_app::records::titles::own_title;
use mrms_contract::read;
use mrms_contract::state::StoredVersion;
use mrms_core::{RecordId, Version, visible};
use mrms_fhir::write::{Document, Hash, document};
use mrms_fhir::{Kind, Refusal, Resource};
use mrms_home::clock::rng;

use crate::gather::not_here;
use crate::gather::parties::Parties;
use crate::gather::records::{self, Seen};
use crate::reasons::refused;
use crate::work::Work;

/// The latest versions of all records that can be opened.
pub(crate) fn all(work: &Work, ids: Option<&[String]>) -> Result<Vec<Resource>, Refusal> {
    let seen = records::all(work)?;
    let parties = Parties::of(work, &seen);
    let wanted = seen
        .iter()
        .filter(|one| one.is_open() && ids.is_none_or(|ids| ids.contains(&one.id.to_string())));
    wanted.filter_map(|one| Some(of(work, &parties, one, one.versions().next()?))).collect()
}

/// The versions of one record, the newest first.
pub(crate) fn versions(work: &Work, id: &str) -> Result<Vec<Resource>, Refusal> {
    let id: RecordId = id.parse().map_err(|_| not_here(Kind::DocumentReference, id))?;
    let seen = records::one(work, id)?;
    seen.must_be_open(work)?;
    let parties = Parties::of(work, std::slice::from_ref(&seen));
    seen.versions().map(|version| of(work, &parties, &seen, version)).collect()
}

/// A version as the ledger has it.
pub(crate) fn stored(work: &Work, seen: &Seen, version: Version) -> Result<StoredVersion, Refusal> {
    let found = work.session().ask(&read::record_version(seen.id, version)).map_err(refused)?;
    found.ok_or_else(|| not_here(Kind::DocumentReference, &seen.id.to_string()))
}

fn of(
    work: &Work,
    parties: &Parties<'_>,
    seen: &Seen,
    version: Version,
) -> Result<Resource, Refusal> {
    let stored = stored(work, seen, version)?;
    let (version_name, media_type) = known(work, seen, version);
    Ok(document(Document {
        record: seen.id,
        version,
        is_superseded: version < seen.record.version,
        contract: work.contract_uri(),
        patient: parties.patient(&seen.record.patient),
        author: parties.party(&stored.author),
        time: work.clock.time_of(stored.burn_height),
        name: seen.name.clone(),
        version_name,
        media_type,
        hash: Hash(stored.content_hash.to_string()),
    }))
}

/// What a version's author called it and of which kind it is, as far as that is known.
fn known(work: &Work, seen: &Seen, version: Version) -> (Option<String>, Option<String>) {
    if let Some(opened) = work.server.memory.opened(seen.id, version) {
        let header = &opened.header;
        let name = own_title(header).map(|name| visible::line(&name).into_owned());
        return (name, Some(header.media_type.to_string()));
    }
    // It has the record's title, or nothing else is known of it.
    let latest = seen.record.version;
    let has_title = version == latest && seen.titled_by == Some(latest);
    if !seen.is_own() || has_title || latest == Version::FIRST {
        return (None, seen.media_type.clone());
    }
    let label = work.session().label_of(&work.actor, seen.id, version, &mut rng());
    let name =
        label.as_ref().and_then(|label| label.name()).map(|name| visible::line(name).into_owned());
    (name, label.map(|label| label.media_type))
}
