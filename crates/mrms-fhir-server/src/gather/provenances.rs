//! Provenances: who wrote each version that can be opened.

use mrms_core::{RecordId, Version};
use mrms_fhir::write::{Hash, Provenance, provenance};
use mrms_fhir::{Kind, Refusal, Resource};

use crate::gather::documents::stored;
use crate::gather::not_here;
use crate::gather::parties::Parties;
use crate::gather::records::{self, Seen};
use crate::work::Work;

/// Those of all versions of all records.
pub(crate) fn all(work: &Work) -> Result<Vec<Resource>, Refusal> {
    let seen = records::all(work)?;
    let parties = Parties::of(work, &seen);
    let open = seen.iter().filter(|one| one.is_open());
    let each = open.flat_map(|one| one.versions().map(move |version| (one, version)));
    each.map(|(one, version)| of(work, &parties, one, version)).collect()
}

/// That of one version.
pub(crate) fn one(work: &Work, id: &str) -> Result<Vec<Resource>, Refusal> {
    let (record, version) = place(id).ok_or_else(|| not_here(Kind::Provenance, id))?;
    let seen = records::one(work, record)?;
    seen.must_be_open(work)?;
    if !seen.versions().any(|open| open == version) {
        return Err(not_here(Kind::Provenance, id));
    }
    let parties = Parties::of(work, std::slice::from_ref(&seen));
    Ok(vec![of(work, &parties, &seen, version)?])
}

/// The record and the version in the id of a Provenance or a Binary.
pub(crate) fn place(id: &str) -> Option<(RecordId, Version)> {
    let (record, version) = id.split_once('.')?;
    Some((record.parse().ok()?, version.parse().ok()?))
}

fn of(
    work: &Work,
    parties: &Parties<'_>,
    seen: &Seen,
    version: Version,
) -> Result<Resource, Refusal> {
    let stored = stored(work, seen, version)?;
    Ok(provenance(Provenance {
        record: seen.id,
        version,
        patient: parties.patient(&seen.record.patient).0,
        author: parties.party(&stored.author),
        time: work.clock.time_of(stored.burn_height),
        hash: Hash(stored.content_hash.to_string()),
    }))
}
