//! What a link gives: versions of records, as the files that viewers read.
//!
//! Decrypts one's own records without an entry, as for showing them to oneself.

use mrms_contract::read;
use mrms_core::{RecordId, UnixTime, Version};
use mrms_links::bundle::{self, Document, LinkFile, PatientWords};
use mrms_links::jwe;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::deposit::{DepositedFile, MOST_FILES};
use super::make::LinkError;
use crate::audit::trail::rfc3339;
use crate::profile::links::GivenVersion;
use crate::profile::links::LinkKind;
use crate::session::{Actor, Session};

/// The largest document of a link, in bytes.
pub(super) const MOST_DOCUMENT: u64 = 12 * 1024 * 1024;
/// The most bytes of all documents of a link.
pub(super) const MOST_DOCUMENTS: u64 = 24 * 1024 * 1024;

/// A document of one's own, decrypted.
pub(super) struct Read {
    pub(super) given: GivenVersion,
    pub(super) content: Zeroizing<Vec<u8>>,
    pub(super) media_type: String,
    pub(super) title: String,
    pub(super) date: String,
}

impl Read {
    fn document(&self) -> Document<'_> {
        Document {
            content: &self.content,
            media_type: &self.media_type,
            title: &self.title,
            date: &self.date,
        }
    }
}

impl Session<'_> {
    /// Decrypts the latest version of each record.
    pub(super) fn read_for_link(
        &self,
        actor: &Actor,
        records: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Read>, LinkError> {
        if records.is_empty() || records.len() > MOST_FILES {
            return Err(LinkError::TooMany { most: MOST_FILES });
        }
        let mut read_all = Vec::new();
        let mut all = 0_u64;
        for record in records {
            let found = self.ask(&read::record(*record))?;
            let found = found.filter(|found| found.patient == actor.principal());
            let version = found.ok_or(LinkError::NotYours { record: *record })?.version;
            let one = self.read_version(actor, *record, version, rng)?;
            all = all.saturating_add(one.content.len() as u64);
            if all > MOST_DOCUMENTS {
                return Err(LinkError::TooLarge { most: MOST_DOCUMENTS });
            }
            read_all.push(one);
        }
        Ok(read_all)
    }

    fn read_version(
        &self,
        actor: &Actor,
        record: RecordId,
        version: Version,
        rng: &mut dyn CryptoRng,
    ) -> Result<Read, LinkError> {
        let unlocked = self.own_version(actor, record, version, rng)?;
        let header = self.header(&unlocked)?;
        if header.length > MOST_DOCUMENT {
            return Err(LinkError::TooLarge { most: MOST_DOCUMENT });
        }
        let mut content = Zeroizing::new(Vec::new());
        self.decrypt(&unlocked, &mut *content)?;
        let label = header.label.as_ref().map(|label| label.as_str());
        let name = header.file_name.as_ref().map(|name| name.as_str());
        Ok(Read {
            given: GivenVersion { record, version },
            media_type: header.media_type.as_str().to_owned(),
            title: label.or(name).unwrap_or("Document").to_owned(),
            date: rfc3339(header.time),
            content,
        })
    }
}

/// The files before they are sealed, each with what it has.
pub(super) fn files(
    read: &[Read],
    kind: LinkKind,
    is_single: bool,
    patient: Option<&PatientWords<'_>>,
    now: UnixTime,
    rng: &mut dyn CryptoRng,
) -> Vec<(LinkFile, Vec<GivenVersion>)> {
    let all = || read.iter().map(|one| one.given).collect::<Vec<_>>();
    let documents: Vec<_> = read.iter().map(Read::document).collect();
    match (kind, patient, documents.as_slice()) {
        (LinkKind::Ktc, Some(patient), documents) => {
            vec![(bundle::ktc(patient, documents, &rfc3339(now), rng), all())]
        }
        (_, _, [one]) => vec![(bundle::file_of(one, rng), all())],
        (_, _, several) if is_single => vec![(bundle::bundle_of(several, rng), all())],
        (_, _, several) => {
            let file = |(document, read): (&Document<'_>, &Read)| {
                (bundle::file_of(document, &mut *rng), vec![read.given])
            };
            several.iter().zip(read).map(file).collect()
        }
    }
}

/// Seals the files under the link's key.
pub(super) fn seal(
    key: &mrms_links::LinkKey,
    files: Vec<(LinkFile, Vec<GivenVersion>)>,
    now: UnixTime,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<DepositedFile>, LinkError> {
    let mut sealed = Vec::new();
    for (file, has) in files {
        let content = Zeroizing::new(file.content);
        sealed.push(DepositedFile {
            content_type: file.content_type.to_owned(),
            has,
            sealed_at: rfc3339(now),
            jwe: jwe::seal(key, &content, file.content_type, rng)?,
        });
    }
    Ok(sealed)
}
