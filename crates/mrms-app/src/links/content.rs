//! What a link gives: versions of records, as the files that viewers read.
//!
//! Decrypts one's own records without an entry, as for showing them to oneself.

use std::collections::BTreeSet;

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{RecordId, UnixTime};
use mrms_links::bundle::{self, Document, LinkFile, PatientWords};
use mrms_links::jwe;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::deposit::{DepositedFile, MOST_FILES};
use super::make::{LinkError, VersionTitle};
use crate::profile::links::GivenVersion;
use crate::profile::links::LinkKind;
use crate::records::titles::own_title;
use crate::session::{Actor, Session};
use crate::times::rfc3339;

/// The largest document of a link, in bytes.
pub(super) const MOST_DOCUMENT: u64 = 12 * 1024 * 1024;
/// The most bytes of all documents of a link.
pub(super) const MOST_DOCUMENTS: u64 = 24 * 1024 * 1024;

/// A document of one's own, decrypted.
pub(super) struct Read {
    pub(super) given: GivenVersion,
    pub(super) content: Zeroizing<Vec<u8>>,
    pub(super) media_type: String,
    /// What the record is called.
    pub(super) title: String,
    /// What this version's author called it, where that is something else.
    pub(super) version_title: Option<VersionTitle>,
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
    /// Decrypts the latest version of each record. A record that is named twice is given once.
    pub(super) fn read_for_link(
        &self,
        actor: &Actor,
        records: &[RecordId],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Read>, LinkError> {
        let mut seen = BTreeSet::new();
        let records: Vec<_> = records.iter().filter(|record| seen.insert(**record)).collect();
        if records.is_empty() || records.len() > MOST_FILES {
            return Err(LinkError::TooMany { most: MOST_FILES });
        }
        let mut read_all = Vec::new();
        let mut all = 0_u64;
        for record in records {
            let found = self.ask(&read::record(*record))?;
            let found = found.filter(|found| found.patient == actor.principal());
            let found = found.ok_or(LinkError::NotYours { record: *record })?;
            let one = self.read_latest(actor, (*record, &found), rng)?;
            all = all.saturating_add(one.content.len() as u64);
            if all > MOST_DOCUMENTS {
                return Err(LinkError::TooLarge { most: MOST_DOCUMENTS });
            }
            read_all.push(one);
        }
        Ok(read_all)
    }

    fn read_latest(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        rng: &mut dyn CryptoRng,
    ) -> Result<Read, LinkError> {
        let version = record.version;
        let unlocked = self.own_version(actor, id, version, rng)?;
        let header = self.header(&unlocked)?;
        if header.length > MOST_DOCUMENT {
            return Err(LinkError::TooLarge { most: MOST_DOCUMENT });
        }
        let mut content = Zeroizing::new(Vec::new());
        self.decrypt(&unlocked, &mut *content)?;
        let own = own_title(&header);
        let titled = self.titled_by(id, record)?;
        let title = match titled == version {
            true => own.clone(),
            false => self
                .label_of(actor, id, titled, rng)
                .and_then(|label| label.name().map(str::to_owned)),
        };
        let title = title.unwrap_or_else(|| "Document".to_owned());
        let other = own.filter(|own| titled != version && *own != title);
        let author = unlocked.stored.author.clone();
        Ok(Read {
            given: GivenVersion { record: id, version },
            media_type: header.media_type.as_str().to_owned(),
            title,
            version_title: other.map(|title| VersionTitle { author, title }),
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
