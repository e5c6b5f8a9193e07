//! Import: files, folders and archives that other systems gave a patient, each put on record byte for byte.
//!
//! Every file becomes a record, or is told with the reason why not. Nothing is held in memory but the beginning of a file, the
//! directory of an archive entry by entry, and small archives inside archives. A record's id is made from its content and the
//! person's own key, so that nothing is put on record twice, however often and from wherever it is imported, and an import that
//! was interrupted goes on by being repeated. What came by another way is found by its content. Nothing on the ledger tells that two people have the same file.
//!
//! Before anything is written, all documents are read for whom they name (`whose.rs`), so that each can be compared with the
//! others. Whoever imports chooses by that which are put on record.
//!
//! The folders and archives are somebody else's: links are not followed, and what grows out of proportion is left out.

mod archive;
mod cost;
mod left_out;
mod origin;
mod study;
mod waiting;
mod walk;
mod whose;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;

use mrms_contract::{ids, read};
use mrms_core::{RecordId, Version};
use mrms_crypto::content::{FileName, Label};
use mrms_crypto::own_notes;
use mrms_people::Kind as CardKind;
use mrms_viewers::{Description, Head, Kind, Subject, describe};
use rand_core::CryptoRng;
use sha2::{Digest as _, Sha256};

pub use cost::Estimate;
pub use left_out::LeftOut;
pub use origin::{Bytes, Given, Handed};
pub use whose::{ComparedWith, Own, Whose};

use crate::access::open::OpenRecordError;
use crate::records::described::needed;
use crate::records::file_names::NameOnRecord;
use crate::records::same_content::OwnContents;
use crate::records::write::{Placement, Source, WriteError};
use crate::sending::outcome::SendError;
use crate::session::{Actor, AskError, Session};
use origin::{Checked, Origin, Sum};
use waiting::{SMALL, Waiting, borrowed};
pub use walk::is_archive;
use walk::{Found, Walk};
use whose::compared;

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

/// A document, for whoever chooses which are put on record.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'s> {
    /// Which of what was found it is, from 0: the same number each time the same files are imported. The parts of a long
    /// study have one number.
    pub number: usize,
    /// Where it lay.
    pub place: &'s str,
    /// Whether it may be about the person.
    pub whose: Whose,
}

/// Chooses: `Some` is why a document is left out. Of files with the same content, the answer for the first one counts.
pub type Choose<'c> = dyn Fn(Seen<'_>) -> Option<LeftOut> + 'c;

/// What became of a file.
#[derive(Debug)]
pub struct Told {
    /// Which of what was found it is, from 0.
    pub number: usize,
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
    /// Whom it is about, as it says itself.
    pub about: Vec<Subject>,
    /// Whether that may be the person; `None` for what could not be looked at, or is no document.
    pub whose: Option<Whose>,
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
    /// It was sent together with others; what is said of the first of them holds for it.
    #[error("it was sent together with {first}, and what is said there holds for it")]
    Together {
        /// Where the first of them lay.
        first: String,
    },
    /// It was read, and the import ended before it was tried.
    #[error("it was not tried: the import ended before")]
    NotTried,
}

/// One thing to put on record: a file, or the files of a scan.
struct Item {
    number: usize,
    place: String,
    name: String,
    length: u64,
    files: u64,
    description: Description,
    whose: Whose,
    /// What its id is made from.
    sum: Sum,
}

impl Item {
    fn told(&self, outcome: Outcome) -> Told {
        Told {
            number: self.number,
            place: self.place.clone(),
            length: self.length,
            files: self.files,
            label: self.description.line().or_else(|| Some(self.name.clone())),
            kind: Some(self.description.kind),
            about: self.description.about.clone(),
            whose: Some(self.whose),
            outcome,
        }
    }

    fn source<R>(&self, content: R) -> Source<R> {
        let file_name: Option<FileName> = NameOnRecord::of(self.name.as_ref()).into_name();
        let label: Option<Label> = self.description.line().and_then(|line| line.parse().ok());
        Source { content, length: self.length, file_name, media_type: None, label }
    }
}

enum Id {
    Free(RecordId),
    Known(RecordId),
    Erased,
}

/// What is to be done with a file.
enum Next {
    /// Nothing: it is told.
    Tell(Outcome),
    /// It becomes this record.
    Create(RecordId),
    /// A file with this content waits to be put on record.
    Wait,
}

type Open<'o> = dyn Fn() -> io::Result<Box<dyn Read + Send>> + 'o;

impl Session<'_> {
    /// Imports files, folders and archives, and tells each in the order in which they lie there; a `Break` ends the import.
    /// Small files are put on record together and told together. Returns whom the documents were compared with.
    pub fn import(
        &self,
        actor: &Actor,
        paths: &[PathBuf],
        how: (How, &Choose<'_>),
        rng: &mut dyn CryptoRng,
        tell: &mut dyn FnMut(Told) -> ControlFlow<()>,
    ) -> ComparedWith {
        self.import_from(actor, how, rng, tell, |walk| {
            paths.iter().try_for_each(|path| walk.top(path))
        })
    }

    /// The same with files that were handed over together.
    pub fn import_handed(
        &self,
        actor: &Actor,
        files: &[Handed],
        how: (How, &Choose<'_>),
        rng: &mut dyn CryptoRng,
        tell: &mut dyn FnMut(Told) -> ControlFlow<()>,
    ) -> ComparedWith {
        self.import_from(actor, how, rng, tell, |walk| walk.handed(files))
    }

    fn import_from(
        &self,
        actor: &Actor,
        (how, choose): (How, &Choose<'_>),
        rng: &mut dyn CryptoRng,
        tell: &mut dyn FnMut(Told) -> ControlFlow<()>,
        from: impl Fn(&mut Walk<'_>) -> ControlFlow<()>,
    ) -> ComparedWith {
        let mut documents = Vec::new();
        let mut look = |found: Found| {
            documents.push(about(&found));
            ControlFlow::Continue(())
        };
        // Nothing ends this walk.
        let _ = from(&mut Walk::new(&mut look));
        let compared = compared(&self.own_name(actor), &documents);
        let mut import = Import {
            session: self,
            actor,
            how,
            choose,
            verdicts: compared.verdicts,
            number: 0,
            refused: BTreeMap::new(),
            rng,
            tell,
            previewed: BTreeSet::new(),
            contents: None,
            waiting: Waiting::default(),
        };
        let mut visit = |found: Found| import.take(found);
        if from(&mut Walk::new(&mut visit)).is_continue() {
            // Whether the last of them ended it changes nothing now.
            let _ = import.send_waiting();
        }
        compared.with
    }

    /// What the person is called. What can't be read tells nothing.
    #[must_use]
    pub fn own_name(&self, actor: &Actor) -> Own {
        let Ok(root) = actor.keyring.record_root() else { return Own::NotSaid };
        let card = self.profile.own_card(&root).ok().flatten();
        match card.as_ref().map(mrms_people::SignedDocument::document) {
            Some(card)
                if matches!(card.kind, CardKind::Person | CardKind::Auditor | CardKind::Other) =>
            {
                Own::Person(card.name.to_string())
            }
            Some(_) => Own::Organisation,
            None => match self.profile.called(&root) {
                Ok(Some(name)) => Own::Person(name.to_string()),
                _ => Own::NotSaid,
            },
        }
    }
}

/// Whom what was found is about. What can't be read is told when it is to be put on record.
fn about(found: &Found) -> Vec<Subject> {
    match found {
        Found::File { name, origin, kind, .. } => {
            let Ok(head) = origin.head(needed(*kind)) else { return Vec::new() };
            let is_whole = head.len() as u64 == origin.length;
            describe(Head { bytes: &head, is_whole }, name).about
        }
        Found::Study(study) => study.about(),
        Found::LeftOut { .. } | Found::Unread { .. } => Vec::new(),
    }
}

/// One import.
struct Import<'i, 's> {
    session: &'i Session<'s>,
    actor: &'i Actor,
    how: How,
    choose: &'i Choose<'i>,
    /// Of what was found, by its number, whether it may be about the person.
    verdicts: Vec<Whose>,
    /// The number of what is taken now.
    number: usize,
    /// The contents that were left out by choice, by the ids that they would have.
    refused: BTreeMap<RecordId, LeftOut>,
    rng: &'i mut dyn CryptoRng,
    tell: &'i mut dyn FnMut(Told) -> ControlFlow<()>,
    /// The ids that a preview would give.
    previewed: BTreeSet<RecordId>,
    /// What the person had on record when it began; read when it is first needed.
    contents: Option<OwnContents>,
    waiting: Waiting,
}

impl Import<'_, '_> {
    fn take(&mut self, found: Found) -> ControlFlow<()> {
        let flow = self.take_one(found);
        self.number += 1;
        flow
    }

    fn take_one(&mut self, found: Found) -> ControlFlow<()> {
        let number = self.number;
        match found {
            Found::LeftOut { place, length, why } => self.told(Told {
                number,
                place,
                length,
                files: 1,
                label: None,
                kind: None,
                about: Vec::new(),
                whose: None,
                outcome: Outcome::LeftOut(why),
            }),
            Found::Unread { place, error } => self.told(unread_file(number, place, error)),
            Found::File { place, name, origin, kind } => self.file((place, name), &origin, kind),
            Found::Study(study) => {
                let (parts, unread) = study.parts();
                parts.iter().try_for_each(|part| self.study(part))?;
                let mut unread = unread.into_iter();
                unread.try_for_each(|(place, error)| self.told(unread_file(number, place, error)))
            }
        }
    }

    /// Whether what is taken now may be about the person. What another program put there since the first look is compared
    /// with nobody.
    fn whose(&self) -> Whose {
        self.verdicts.get(self.number).copied().unwrap_or(Whose::Unclear)
    }

    /// Why this document is not put on record, if the person wants it so.
    fn left_out_by_choice(&mut self, item: &Item, id: RecordId) -> Option<LeftOut> {
        if let Some(why) = self.refused.get(&id) {
            return Some(*why);
        }
        let seen = Seen { number: item.number, place: &item.place, whose: item.whose };
        let why = (self.choose)(seen)?;
        self.refused.insert(id, why);
        Some(why)
    }

    fn file(
        &mut self,
        (place, name): (String, String),
        origin: &Origin,
        kind: Kind,
    ) -> ControlFlow<()> {
        let length = origin.length;
        let head = origin.head(needed(kind));
        let (head, sum) = match head.and_then(|head| Ok((head, origin.sum()?))) {
            Ok(read) => read,
            Err(error) => {
                return self.told(Told { length, ..unread_file(self.number, place, error) });
            }
        };
        let is_whole = head.len() as u64 == length;
        let description = describe(Head { bytes: &head, is_whole }, &name);
        let (number, whose) = (self.number, self.whose());
        let item = Item { number, place, name, length, files: 1, description, whose, sum };
        let open =
            || Ok(Box::new(Checked::new(origin.open()?, item.sum, length)) as Box<dyn Read + Send>);
        self.put(&item, &open)
    }

    fn study(&mut self, part: &study::Part) -> ControlFlow<()> {
        let item = Item {
            number: self.number,
            place: part.place.clone(),
            name: part.name(),
            length: part.length(),
            files: part.count(),
            description: part.description(),
            whose: self.whose(),
            sum: part.sum(),
        };
        self.put(&item, &|| Ok(Box::new(part.open()) as Box<dyn Read + Send>))
    }

    /// Tells what became of a file, after those that wait.
    fn told(&mut self, told: Told) -> ControlFlow<()> {
        if self.waiting.is_empty() {
            return (self.tell)(told);
        }
        self.waiting.told(told);
        if self.waiting.is_full() { self.send_waiting() } else { ControlFlow::Continue(()) }
    }

    fn put(&mut self, item: &Item, open: &Open<'_>) -> ControlFlow<()> {
        let mut next = self.next(item, open);
        if let Ok(Next::Wait) = next {
            self.send_waiting()?;
            next = self.next(item, open);
        }
        let id = match next {
            Ok(Next::Create(id)) => id,
            Ok(Next::Tell(outcome)) => return self.told(item.told(outcome)),
            Ok(Next::Wait) => return self.told(item.told(Outcome::Failed(ImportError::NoId))),
            Err(error) => return self.told(item.told(Outcome::Failed(error))),
        };
        if let Some(why) = self.left_out_by_choice(item, id) {
            return self.told(item.told(Outcome::LeftOut(why)));
        }
        if self.how == How::Preview {
            // Of the same content twice, only the first would be written.
            let is_first = self.previewed.insert(id);
            let outcome = if is_first { Outcome::WouldCreate } else { Outcome::Known(id) };
            return self.told(item.told(outcome));
        }
        let mut content = match open() {
            Ok(content) => content,
            Err(error) => return self.told(item.told(Outcome::Unread(error))),
        };
        if item.length > SMALL {
            self.send_waiting()?;
            let outcome = self.create_alone(id, item.source(content));
            return self.told(item.told(outcome));
        }
        let mut bytes = Vec::new();
        match content.read_to_end(&mut bytes) {
            Ok(_) => self.waiting.add(item.told(Outcome::Created(id)), id, item.source(bytes)),
            Err(error) => {
                let unread = unread_file(item.number, item.place.clone(), error);
                return self.told(Told { length: item.length, ..unread });
            }
        }
        if self.waiting.is_full() { self.send_waiting() } else { ControlFlow::Continue(()) }
    }

    /// What is to be done with a file.
    fn next(&mut self, item: &Item, open: &Open<'_>) -> Result<Next, ImportError> {
        let id = match self.imported_id(item)? {
            Id::Free(id) => id,
            Id::Known(id) => return Ok(Next::Tell(Outcome::Known(id))),
            Id::Erased => return Ok(Next::Tell(Outcome::LeftOut(LeftOut::Erased))),
        };
        if self.waiting.has(id) {
            return Ok(Next::Wait);
        }
        if let Some(id) = self.brought_otherwise(item, open)? {
            return Ok(Next::Tell(Outcome::Known(id)));
        }
        Ok(Next::Create(id))
    }

    /// Puts what waits on record together, and tells all that waits.
    fn send_waiting(&mut self) -> ControlFlow<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let How::Write(placement) = self.how else { return ControlFlow::Continue(()) };
        let wanted = waiting.sources();
        if wanted.is_empty() {
            return waiting.into_told().try_for_each(|(told, _)| (self.tell)(told));
        }
        let made = match self.session.create_several(self.actor, wanted, placement, self.rng) {
            Ok(made) => made.done().map(Vec::into_iter),
            Err(error @ WriteError::Send(SendError::Kept(_))) => {
                return self.tell_kept(waiting, error);
            }
            Err(_) => return self.try_each(waiting),
        };
        let mut made = made.into_iter().flatten();
        waiting.into_told().try_for_each(|(mut told, sent)| {
            if let Some((id, _)) = sent {
                told.outcome = match made.next() {
                    Some(Ok(_)) => Outcome::Created(id),
                    Some(Err(error)) => self.failed(id, error),
                    // A session that only plans or signs has not written it.
                    None => Outcome::WouldCreate,
                };
            }
            (self.tell)(told)
        })
    }

    /// They are signed and kept, and a later command puts them on record: each is told, also when the first ends the import.
    fn tell_kept(&mut self, waiting: Waiting, error: WriteError) -> ControlFlow<()> {
        let (mut error, mut flow) = (Some(error), ControlFlow::Continue(()));
        let mut first = None;
        for (mut told, sent) in waiting.into_told() {
            if let Some((id, _)) = sent {
                let error = match (error.take(), &first) {
                    (Some(error), _) => error.into(),
                    (None, first) => {
                        ImportError::Together { first: first.clone().unwrap_or_default() }
                    }
                };
                first.get_or_insert_with(|| told.place.clone());
                told.outcome = self.outcome_of(id, error);
            }
            if (self.tell)(told).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        flow
    }

    /// They were not taken together, and nothing of them is kept: each is tried by itself, and says why it can't be written.
    fn try_each(&mut self, waiting: Waiting) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        for (mut told, sent) in waiting.into_told() {
            if let Some((id, source)) = sent {
                told.outcome = match flow {
                    ControlFlow::Continue(()) => self.create_alone(id, borrowed(&source)),
                    ControlFlow::Break(()) => Outcome::Failed(ImportError::NotTried),
                };
            }
            if (self.tell)(told).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        flow
    }

    fn create_alone(&mut self, id: RecordId, source: Source<impl Read + Send>) -> Outcome {
        let How::Write(placement) = self.how else { return Outcome::WouldCreate };
        match self.session.create(self.actor, id, source, placement, self.rng) {
            // A session that only plans or signs has not written it.
            Ok(created) => created.done().map_or(Outcome::WouldCreate, |_| Outcome::Created(id)),
            Err(error) => self.failed(id, error),
        }
    }

    /// What became of a file that was not written, as it seems: what was kept of an attempt before may have become its record.
    fn failed(&self, id: RecordId, error: WriteError) -> Outcome {
        self.outcome_of(id, error.into())
    }

    fn outcome_of(&self, id: RecordId, error: ImportError) -> Outcome {
        match self.session.ask(&read::record(id)) {
            Ok(Some(record)) if record.patient == self.actor.principal() => Outcome::Created(id),
            _ => Outcome::Failed(error),
        }
    }

    /// The record that has this content under an id that no import gave it.
    fn brought_otherwise(
        &mut self,
        item: &Item,
        open: &Open<'_>,
    ) -> Result<Option<RecordId>, ImportError> {
        let (session, actor) = (self.session, self.actor);
        let contents = match &mut self.contents {
            Some(contents) => contents,
            None => {
                let records = session.numbered_records_of(&actor.principal())?;
                let erased = session.erased_records().map_err(WriteError::from)?;
                self.contents.insert(session.own_contents(actor, &records, &erased, self.rng))
            }
        };
        if !contents.has(item.length) {
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
        Ok(session.record_with_content(actor, contents, item.length, sum, self.rng)?)
    }

    /// The id of a content: the same each time, and nobody can tell from it what the content is.
    fn imported_id(&mut self, item: &Item) -> Result<Id, ImportError> {
        let (session, actor) = (self.session, self.actor);
        let me = actor.principal();
        let root = actor.keyring.record_root().map_err(WriteError::from)?;
        for choice in 0..CHOICES {
            let mut note = item.sum.sha256.to_vec();
            note.push(choice);
            let tag = own_notes::tag(&root, NOTE, &note);
            let number = tag.first_chunk().map_or(0, |eight| u64::from_be_bytes(*eight));
            let id = ids::bound_to(&me, number).ok_or(ImportError::NoId)?;
            match session.ask(&read::record(id))? {
                None => return Ok(Id::Free(id)),
                Some(record) if record.patient != me => {}
                Some(_) if session.erased_records().map_err(WriteError::from)?.contains(&id) => {
                    return Ok(Id::Erased);
                }
                Some(_) => {
                    // Two contents may have the same id, if hardly ever: then their lengths differ.
                    let unlocked = session.own_version(actor, id, Version::FIRST, self.rng)?;
                    if session.header(&unlocked)?.length == item.length {
                        return Ok(Id::Known(id));
                    }
                }
            }
        }
        Err(ImportError::NoId)
    }
}

/// A file that can't be read, or whose bytes are not those that its archive tells.
fn unread_file(number: usize, place: String, error: io::Error) -> Told {
    let outcome = match error.kind() {
        io::ErrorKind::InvalidData => Outcome::LeftOut(LeftOut::Damaged),
        _ => Outcome::Unread(error),
    };
    Told {
        number,
        place,
        length: 0,
        files: 1,
        label: None,
        kind: None,
        about: Vec::new(),
        whose: None,
        outcome,
    }
}

#[cfg(test)]
mod tests;
