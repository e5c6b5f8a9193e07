//! Import: files, folders and archives that other systems gave a patient, each put on record byte for byte.
//!
//! Every file becomes a record, or is told with the reason why not. Nothing is held in memory but the beginning of a file, the
//! directory of an archive entry by entry, and small archives inside archives. A record's id is made from its content and the
//! person's own key, so that nothing is put on record twice, however often and from wherever it is imported, and an import that
//! was interrupted goes on by being repeated. What came by another way is found by its content. Nothing on the ledger tells that two people have the same file.
//!
//! The folders and archives are somebody else's: links are not followed, and what grows out of proportion is left out.

mod archive;
mod left_out;
mod origin;
mod study;
mod walk;

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;

use mrms_contract::{ids, read};
use mrms_core::{RecordId, Version};
use mrms_crypto::content::{FileName, Label};
use mrms_crypto::own_notes;
use mrms_viewers::{Description, Head, Kind, describe};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

pub use left_out::LeftOut;

use crate::access::open::OpenRecordError;
use crate::records::described::needed;
use crate::records::file_names::NameOnRecord;
use crate::records::same_content::OwnLengths;
use crate::records::write::{Placement, Source, WriteError};
use crate::session::{Actor, AskError, Session};
use origin::{Checked, Origin, Sum};
use walk::{Found, Walk};

/// The name of the notes from which ids of imported records are made.
const NOTE: &str = "import";
/// How many ids a content can have: a further one where another content has the first.
const CHOICES: u8 = 4;

/// How files are imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// They are put on record.
    Write(Placement),
    /// Nothing is written: it is told what would be.
    Preview,
}

/// What became of a file.
#[derive(Debug)]
pub struct Told {
    /// Where it lay; what is in an archive after the sign `›`.
    pub place: String,
    /// How many bytes it has.
    pub length: u64,
    /// How many files it stands for: more than one for a scan.
    pub files: u64,
    /// What it is called on record; `None` for what is left out.
    pub label: Option<String>,
    /// What kind of document it is; `None` for what is left out.
    pub kind: Option<Kind>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is on record now.
    Created(RecordId),
    /// It would be put on record.
    WouldCreate,
    /// It is on record, whatever brought it, or since another file of this import.
    Known(RecordId),
    /// It is left out.
    LeftOut(LeftOut),
    /// It could not be read.
    Unread(io::Error),
    /// It could not be put on record.
    Failed(ImportError),
}

/// Why a file could not be put on record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What is on record under its id could not be looked at.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// Every id that is made from this content is taken.
    #[error("every record id that is made from this content is taken")]
    NoId,
}

/// One thing to put on record: a file, or the files of a scan.
struct Item {
    place: String,
    name: String,
    length: u64,
    files: u64,
    description: Description,
    /// What its id is made from.
    sum: Sum,
}

/// What one import has come across.
#[derive(Default)]
struct Seen {
    /// The ids that a preview would give.
    ids: BTreeSet<RecordId>,
    /// What the person had on record when it began; read when it is first needed.
    lengths: Option<OwnLengths>,
}

enum Id {
    Free(RecordId),
    Known(RecordId),
    Erased,
}

impl Session<'_> {
    /// Imports files, folders and archives. Tells each as soon as it is done; a `Break` ends the import.
    pub fn import(
        &self,
        actor: &Actor,
        paths: &[PathBuf],
        how: How,
        rng: &mut dyn CryptoRng,
        tell: &mut dyn FnMut(Told) -> ControlFlow<()>,
    ) {
        let mut seen = Seen::default();
        let mut visit = |found: Found| match found {
            Found::LeftOut { place, length, why } => tell(Told {
                place,
                length,
                files: 1,
                label: None,
                kind: None,
                outcome: Outcome::LeftOut(why),
            }),
            Found::Unread { place, error } => tell(unread_file(place, error)),
            Found::File { place, name, origin, kind } => {
                tell(self.import_file(actor, (place, name), &origin, kind, (how, &mut seen), rng))
            }
            Found::Study(study) => {
                let (parts, unread) = study.parts();
                for part in parts {
                    tell(self.import_study(actor, &part, (how, &mut seen), rng))?;
                }
                unread.into_iter().try_for_each(|(place, error)| tell(unread_file(place, error)))
            }
        };
        let mut walk = Walk::new(&mut visit);
        for path in paths {
            if walk.top(path).is_break() {
                return;
            }
        }
    }

    fn import_file(
        &self,
        actor: &Actor,
        (place, name): (String, String),
        origin: &Origin,
        kind: Kind,
        how: (How, &mut Seen),
        rng: &mut dyn CryptoRng,
    ) -> Told {
        let length = origin.length;
        let head = origin.head(needed(kind));
        let (head, sum) = match head.and_then(|head| Ok((head, origin.sum()?))) {
            Ok(read) => read,
            Err(error) => return Told { length, ..unread_file(place, error) },
        };
        let is_whole = head.len() as u64 == length;
        let description = describe(Head { bytes: &head, is_whole }, &name);
        let item = Item { place, name, length, files: 1, description, sum };
        let open =
            || Ok(Box::new(Checked::new(origin.open()?, item.sum, length)) as Box<dyn Read + Send>);
        self.put(actor, &item, &open, how, rng)
    }

    fn import_study(
        &self,
        actor: &Actor,
        part: &study::Part,
        how: (How, &mut Seen),
        rng: &mut dyn CryptoRng,
    ) -> Told {
        let item = Item {
            place: part.place.clone(),
            name: part.name(),
            length: part.length(),
            files: part.count(),
            description: part.description(),
            sum: part.sum(),
        };
        self.put(actor, &item, &|| Ok(Box::new(part.open()) as Box<dyn Read + Send>), how, rng)
    }

    fn put(
        &self,
        actor: &Actor,
        item: &Item,
        open: &dyn Fn() -> io::Result<Box<dyn Read + Send>>,
        (how, seen): (How, &mut Seen),
        rng: &mut dyn CryptoRng,
    ) -> Told {
        let outcome = self.put_item(actor, item, open, (how, seen), rng);
        Told {
            place: item.place.clone(),
            length: item.length,
            files: item.files,
            label: item.description.line().or_else(|| Some(item.name.clone())),
            kind: Some(item.description.kind),
            outcome: outcome.unwrap_or_else(Outcome::Failed),
        }
    }

    fn put_item(
        &self,
        actor: &Actor,
        item: &Item,
        open: &dyn Fn() -> io::Result<Box<dyn Read + Send>>,
        (how, seen): (How, &mut Seen),
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome, ImportError> {
        let id = match self.imported_id(actor, item, rng)? {
            Id::Free(id) => id,
            Id::Known(id) => return Ok(Outcome::Known(id)),
            Id::Erased => return Ok(Outcome::LeftOut(LeftOut::Erased)),
        };
        if let Some(id) = self.brought_otherwise(actor, item, open, seen, rng)? {
            return Ok(Outcome::Known(id));
        }
        let How::Write(placement) = how else {
            // Of the same content twice, only the first would be written.
            return Ok(if seen.ids.insert(id) { Outcome::WouldCreate } else { Outcome::Known(id) });
        };
        let content = match open() {
            Ok(content) => content,
            Err(error) => return Ok(Outcome::Unread(error)),
        };
        let file_name: Option<FileName> = NameOnRecord::of(item.name.as_ref()).into_name();
        let label: Option<Label> = item.description.line().and_then(|line| line.parse().ok());
        let source = Source { content, length: item.length, file_name, media_type: None, label };
        let created = self.create(actor, id, source, placement, rng)?.done();
        // A session that only plans or signs has not written it.
        Ok(created.map_or(Outcome::WouldCreate, |_| Outcome::Created(id)))
    }

    /// The record that has this content under an id that no import gave it.
    fn brought_otherwise(
        &self,
        actor: &Actor,
        item: &Item,
        open: &dyn Fn() -> io::Result<Box<dyn Read + Send>>,
        seen: &mut Seen,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<RecordId>, ImportError> {
        let lengths = match &seen.lengths {
            Some(lengths) => lengths,
            None => {
                let records = self.numbered_records_of(&actor.principal())?;
                let erased = self.erased_records().map_err(WriteError::from)?;
                seen.lengths.insert(self.own_lengths(actor, &records, &erased, rng))
            }
        };
        if !lengths.has(item.length) {
            return Ok(None);
        }
        // Of a scan of several files, the sum is not that of its bytes.
        let sum = open().and_then(|mut content| {
            let mut sum = Sha256::new();
            io::copy(&mut content, &mut sum)?;
            Ok(sum.finalize().into())
        });
        // What can't be read is told when it is put on record.
        let Ok(sum) = sum else { return Ok(None) };
        Ok(self.record_with_content(actor, lengths, item.length, sum, rng)?)
    }

    /// The id of a content: the same each time, and nobody can tell from it what the content is.
    fn imported_id(
        &self,
        actor: &Actor,
        item: &Item,
        rng: &mut dyn CryptoRng,
    ) -> Result<Id, ImportError> {
        let me = actor.principal();
        let root = actor.keyring.record_root().map_err(WriteError::from)?;
        for choice in 0..CHOICES {
            let mut note = item.sum.sha256.to_vec();
            note.push(choice);
            let tag = own_notes::tag(&root, NOTE, &note);
            let number = tag.first_chunk().map_or(0, |eight| u64::from_be_bytes(*eight));
            let id = ids::bound_to(&me, number).ok_or(ImportError::NoId)?;
            match self.ask(&read::record(id))? {
                None => return Ok(Id::Free(id)),
                Some(record) if record.patient != me => {}
                Some(_) if self.erased_records().map_err(WriteError::from)?.contains(&id) => {
                    return Ok(Id::Erased);
                }
                Some(_) => {
                    // Two contents may have the same id, if hardly ever: then their lengths differ.
                    let unlocked = self.own_version(actor, id, Version::FIRST, rng)?;
                    if self.header(&unlocked)?.length == item.length {
                        return Ok(Id::Known(id));
                    }
                }
            }
        }
        Err(ImportError::NoId)
    }
}

/// A file that can't be read, or whose bytes are not those that its archive tells.
fn unread_file(place: String, error: io::Error) -> Told {
    let outcome = match error.kind() {
        io::ErrorKind::InvalidData => Outcome::LeftOut(LeftOut::Damaged),
        _ => Outcome::Unread(error),
    };
    Told { place, length: 0, files: 1, label: None, kind: None, outcome }
}

#[cfg(test)]
mod tests;
