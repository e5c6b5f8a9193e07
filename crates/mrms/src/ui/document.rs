//! Documents that people hand to each other: a card, an invitation, a request, a directory.
//!
//! Reads one from whatever a person has of it: a text, a file with the text or the bytes, a picture of its QR code,
//! standard input. Shows one in the same ways. Knows no kind of document; the caller checks kind and signature.

use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_home::qr::code::Code;
use mrms_home::qr::picture;
use mrms_people::{document, pasted};

use super::failure::Failure;
use super::output::Output;
use super::reasons::{cannot, not_written};
use super::results::people::ShownDocument;
use super::{input, target};

/// The largest file that is read, in bytes: a photograph of a QR code.
const MOST_FILE: u64 = 32 * 1024 * 1024;

/// How a command shows the document that it made.
#[derive(Debug, Default, Args)]
pub(crate) struct ShowDocument {
    /// Also draw a QR code, for a telephone or for mrms on another machine to read.
    #[arg(long)]
    pub(crate) qr: bool,
    /// File, pipe or device to write to. A name that ends in .png or .svg gets a QR code, one in
    /// .txt the text, any other the bytes. Without it: prints the text.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it exists. Without it: the command stops.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

impl ShowDocument {
    /// Fails if a file stands where the document is to go and may not be replaced. Before anything is done that the document is
    /// about.
    pub(crate) fn must_be_free(&self) -> Result<(), Failure> {
        match &self.output {
            // Opening a pipe would wait for its reader; it is there to be written to.
            Some(path) if !self.force && std::fs::metadata(path).is_ok_and(|it| it.is_file()) => {
                target::open(path, false).map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// Reads a document: its text, a file with its text or bytes, a picture of its QR code, or `-` for standard input.
/// Returns its bytes, which are not checked yet.
pub(crate) fn read_document(given: &str) -> Result<Vec<u8>, Failure> {
    if document::begins_as_text(given) || pasted::text_in(given).is_some() {
        return Ok(document::bytes_of_text(given)?);
    }
    let path = Path::new(given);
    let contents = if given == "-" {
        bounded(io::stdin().lock(), path)?
    } else {
        let file = input::open(path).map_err(|failure| match failure.code {
            "file-not-found" => failure.hint("give the text, which begins with mrms:, or the name of a file: the text, the bytes, or a picture of the QR code"),
            _ => failure,
        })?;
        bounded(file, path)?
    };
    if picture::is_picture(&contents) {
        return Ok(picture::document_in(&contents)?);
    }
    Ok(document::bytes_of_file(&contents)?)
}

fn bounded(reader: impl Read, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut contents = Vec::new();
    let read = reader.take(MOST_FILE + 1).read_to_end(&mut contents);
    let length = read.map_err(|error| cannot("read", path, &error))?;
    match u64::try_from(length) {
        Ok(length) if length <= MOST_FILE => Ok(contents),
        _ => Err(Failure::usage(format!(
            "{} is larger than any document or picture",
            path.display()
        ))
        .hint("give the text, the file with it, or a picture of the QR code of at most 32 MiB")),
    }
}

/// Shows a document that `mrms` made: as text, as QR code, or in a file.
pub(crate) fn show_document(
    bytes: &[u8],
    how: &ShowDocument,
    output: Output,
) -> Result<(), Failure> {
    let text = document::armor(bytes);
    let kind = document::topic_of(bytes).unwrap_or_default();
    let object = ShownDocument { kind: &kind, text: &text, file: how.output.as_deref() };
    if output.is_json() {
        write_document(bytes, how)?;
        return output.object(&object);
    }
    if how.qr {
        draw(&Code::of(bytes)?, output)?;
    }
    match &how.output {
        None => output.text(&text),
        Some(path) => {
            if write_document(bytes, how)? {
                return Ok(());
            }
            output.text(&format!("{} has it", path.display()))
        }
    }
}

/// Writes a document to the file that was named, if one was. Returns whether it went to standard output.
pub(crate) fn write_document(bytes: &[u8], how: &ShowDocument) -> Result<bool, Failure> {
    let Some(path) = &how.output else { return Ok(false) };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let contents = match ending.to_ascii_lowercase().as_str() {
        "png" => Code::of(bytes)?.png()?,
        "svg" => Code::of(bytes)?.svg().into_bytes(),
        "txt" => format!("{}\n", document::armor(bytes)).into_bytes(),
        _ => bytes.to_vec(),
    };
    let mut target = target::open(path, how.force)?;
    let to_stdout = target.is_stdout();
    let written = target.as_write().write_all(&contents);
    written.map_err(|error| not_written(target::name_of(&target), &error))?;
    target::finish(target)?;
    Ok(to_stdout)
}

/// Draws a code on the terminal, light on dark whatever the terminal's colors are: a camera needs it so.
pub(crate) fn draw(code: &Code, output: Output) -> Result<(), Failure> {
    let blocks = code.half_blocks();
    if !io::stdout().is_terminal() {
        return output.bytes(blocks.as_bytes());
    }
    for line in blocks.lines() {
        output.bytes(format!("\x1b[97;40m{line}\x1b[0m\n").as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn document_is_read_from_whatever_a_person_has_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..200).collect();
        let written = |name: &str| {
            let path = folder.path().join(name);
            let how = ShowDocument { output: Some(path.clone()), ..Default::default() };
            write_document(&bytes, &how).unwrap();
            path.to_str().unwrap().to_owned()
        };
        for name in ["card", "card.txt", "card.png", "card.PNG", "card.mrms"] {
            assert_eq!(read_document(&written(name)).unwrap(), bytes, "{name}");
        }
        assert_eq!(read_document(&document::armor(&bytes)).unwrap(), bytes);
        assert_eq!(read_document(&document::armor_for_code(&bytes)).unwrap(), bytes);
        let refused = read_document("no-such-file").unwrap_err();
        assert_eq!(refused.code, "file-not-found");
        assert!(refused.hint.unwrap().contains("begins with mrms:"));
        // A whole mail, pasted or in a file.
        let card = mrms_stacks::clarity::Value::uint(7_u8).encode().unwrap();
        let mail = format!("Dear Anna\n\n> {}\n\nBest wishes\n", document::armor(&card));
        assert_eq!(read_document(&mail).unwrap(), card);
        let file = folder.path().join("mail.txt");
        std::fs::write(&file, &mail).unwrap();
        assert_eq!(read_document(file.to_str().unwrap()).unwrap(), card);
        assert_eq!(read_document("mrms:??").unwrap_err().code, "document");
    }

    #[test]
    fn file_without_end_is_not_read_to_the_end() {
        assert_eq!(read_document("/dev/zero").unwrap_err().code, "usage");
    }
}
