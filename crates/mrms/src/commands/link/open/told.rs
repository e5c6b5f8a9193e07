//! Shows one file of a link or card, saves it and puts it on record, and says what of it can't be read.

use std::io::Write as _;
use std::path::Path;

use mrms_core::visible;
use mrms_home::foreign_link::claim::{self, NoCard, Unread};
use mrms_home::foreign_link::given::GivenFile;
use mrms_links::card::{IssuerKeys, Signature};
use mrms_viewers::{Answer, Head, Kind, NotShown, Request, Want, describe, plain_text};

use super::OpenArgs;
use super::keeping::Keeping;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::results::links::{CardSignature, OpenedCard, OpenedFile};
use crate::ui::target;
use crate::ui::viewer::viewers;

/// The width of the text, in characters.
const WIDTH: usize = 80;

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// What it says that it is.
    Sound,
    /// Something that can't be read as what it says that it is.
    Unread,
    /// A health card that was altered, or is not by its issuer.
    WrongSignature,
}

/// How one file is told, or a document inside it.
#[derive(Clone, Copy)]
pub(super) struct Told<'t> {
    pub(super) args: &'t OpenArgs,
    /// What the link is called by who made it.
    pub(super) label: Option<&'t str>,
    pub(super) output: Output,
}

impl Told<'_> {
    /// Shows a file, saves it and puts it on record, as was asked. What can't be read, or has a wrong signature, is put on no
    /// record.
    pub(super) fn tell(
        &self,
        given: &GivenFile,
        keys: &IssuerKeys,
        keeping: Option<&Keeping<'_>>,
    ) -> Result<Found, Failure> {
        let GivenFile { place, document, file, .. } = given;
        let (content, content_type) = (&file.content, &file.content_type);
        let label = given.title.as_deref().or(self.label);
        let (cards, no_card) = match claim::is_card(content, content_type.as_deref()) {
            false => (Vec::new(), None),
            true => match claim::cards_in(content, keys) {
                Ok(cards) => (cards, None),
                Err(NoCard) => (Vec::new(), Some(Unread::NoCard)),
            },
        };
        let is_wrong = cards.iter().any(|card| card.signature == Signature::Wrong);
        let head = Head { bytes: content, is_whole: true };
        let described = describe(head, "");
        let (text, is_damaged) = match shown(content)? {
            Shown::Text(text) => (Some(text), false),
            Shown::Damaged => (None, true),
            Shown::Nothing => (None, false),
        };
        let unread = no_card
            .or_else(|| claim::other_kind(content, content_type.as_deref()))
            .or_else(|| is_damaged.then_some(Unread::Damaged));
        // The file that it is in showed it already.
        let is_shown = document.is_some() && described.kind == Kind::Text;
        let output = match &self.args.output {
            Some(folder) => Some(self.save(folder, given)?),
            None => None,
        };
        let kept = match keeping {
            Some(keeping) if !is_wrong && unread.is_none() => {
                let label = label.map(ToOwned::to_owned);
                // A file says best what it is; a document inside one has its title there.
                let name = match document {
                    None => described.line().or(label),
                    Some(_) => label.or_else(|| described.line()),
                };
                keeping.keep(content, content_type.as_deref(), &given.file_name(), name)?
            }
            _ => None,
        };
        let mut lines = vec![format!(
            "{}: {}, {} bytes",
            words(given),
            visible::line(content_type.as_deref().unwrap_or("it does not say what it is")),
            content.len()
        )];
        lines.extend(cards.iter().map(|card| {
            let issuer = visible::line(&card.issuer);
            match card.signature {
                Signature::Valid => format!("  signed by {issuer}"),
                Signature::NoKey => {
                    format!("  said to be by {issuer}: not checked, its key is not at hand")
                }
                Signature::Wrong => {
                    format!("  NOT BY {issuer}: it was altered, or somebody else made it")
                }
            }
        }));
        lines.extend(unread.map(|why| {
            let kept = if keeping.is_some() { "; it was not put on record" } else { "" };
            format!("  CAN'T BE READ: {}{kept}", why.words())
        }));
        lines.extend(output.as_ref().map(|path| format!("  saved as {path}")));
        lines.extend(kept.map(|(id, known)| match known {
            true => format!("  on record already: {id}"),
            false => format!("  on record now: {id}; mrms list shows it"),
        }));
        lines.extend(text.as_ref().filter(|_| !is_shown).map(|text| format!("\n{text}\n")));
        let cards: Vec<_> = cards
            .iter()
            .map(|card| OpenedCard {
                issuer: &card.issuer,
                signature: match card.signature {
                    Signature::Valid => CardSignature::Valid,
                    Signature::NoKey => CardSignature::NotChecked,
                    Signature::Wrong => CardSignature::Wrong,
                },
            })
            .collect();
        let object = OpenedFile {
            file: *place,
            document: *document,
            content_type: content_type.as_deref(),
            bytes: content.len() as u64,
            kind: described.kind.word(),
            text: text.as_deref(),
            cards,
            unread: unread.map(Unread::as_str),
            output,
            record_id: kept.map(|(id, _)| id),
            known: kept.is_some_and(|(_, known)| known),
        };
        self.output.result(&object, &lines.join("\n"))?;
        Ok(match (is_wrong, unread) {
            (true, _) => Found::WrongSignature,
            (false, Some(_)) => Found::Unread,
            (false, None) => Found::Sound,
        })
    }

    fn save(&self, folder: &Path, given: &GivenFile) -> Result<String, Failure> {
        let path = folder.join(given.file_name());
        let mut target = target::open(&path, self.args.force)?;
        let written = target.as_write().write_all(&given.file.content);
        written.map_err(|error| not_written(target::name_of(&target), &error))?;
        target::finish(target)?;
        Ok(path.display().to_string())
    }
}

fn words(given: &GivenFile) -> String {
    match given.document {
        None => format!("file {}", given.place),
        Some(number) => format!("document {number} in file {}", given.place),
    }
}

/// What a viewer makes of a file.
enum Shown {
    /// What it says.
    Text(String),
    /// It is not what it begins as.
    Damaged,
    /// There is nothing to show, or no viewer for it.
    Nothing,
}

/// What a file says, as text. A process of its own looks at it.
fn shown(content: &[u8]) -> Result<Shown, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::new(Exit::Failed, "viewer", chain(error));
    let viewers = viewers().map_err(|error| failed(&error))?;
    let request = Request { name: String::new(), want: Want::Document };
    let mut viewing = viewers.begin(&request).map_err(|error| failed(&error))?;
    // A viewer that has seen enough ends before it has all of it.
    let _ = viewing.write_all(content);
    Ok(match viewing.answer() {
        Answer::Document(document) => {
            let text = plain_text(&document, WIDTH);
            Shown::Text(visible::lines(text.trim_end()).into_owned())
        }
        Answer::NotShown(NotShown::Damaged) => Shown::Damaged,
        Answer::NotShown(_) | Answer::Picture(_) | Answer::Facts(_) => Shown::Nothing,
    })
}
