//! Everything at once: all versions of all one's own records in one archive, decrypted on their way to the browser.
//! Each file is verified before its first byte leaves. What could not be read is told in a text at the archive's end.

use std::io::{self, Write};
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use mrms_app::records::export_index::{ExportIndex, IndexRow};
use mrms_app::records::file_names::name_here;
use mrms_core::Version;
use mrms_home::clock::rng;
use tokio::sync::mpsc;

use crate::error::{PortalError, refused};
use crate::overview::Row;
use crate::pages::content::{Outgoing, Pieces, saved_as};
use crate::pages::forms::Plain;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// Pieces that wait for the browser.
const AHEAD: usize = 4;
/// Bytes of a block of an archive (POSIX ustar).
const BLOCK: u64 = 512;
/// The longest name of a file in it, in bytes: such a header has room for 100.
const MOST_NAME: usize = 80;
/// The file that tells what is not in it.
const NOT_HERE: &str = "NOT-IN-HERE.txt";

fn begin(out: &mut impl Write, name: &str, length: u64, seconds: u64) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_size(length);
    header.set_mode(0o600);
    header.set_mtime(seconds);
    header.set_cksum();
    out.write_all(header.as_bytes())
}

fn end(out: &mut impl Write, length: u64) -> io::Result<()> {
    let rest = usize::try_from((BLOCK - length % BLOCK) % BLOCK).unwrap_or_default();
    out.write_all(&[0; BLOCK as usize][..rest])
}

/// What a record's file is called: as the record, with the kind of the file behind it.
fn file_name(title: Option<&str>, file: Option<&str>) -> String {
    let (title, file) = (title.unwrap_or_default(), file.unwrap_or_default());
    let kind = file.rsplit_once('.').map(|(_, kind)| kind).filter(|kind| !kind.contains(' '));
    match kind {
        _ if title.is_empty() => file.to_owned(),
        Some(kind) if !title.to_lowercase().ends_with(&format!(".{}", kind.to_lowercase())) => {
            format!("{title}.{kind}")
        }
        _ => title.to_owned(),
    }
}

/// A name that other systems take as well: Windows takes none of these signs.
fn for_any_system(name: &str) -> String {
    name.replace(['<', '>', ':', '"', '|', '?', '*'], "_")
}

/// Writes a version of a record. Returns its row in the index; `None` where it could not be read. An error is one of the archive
/// itself.
fn put(
    work: &Work,
    row: &Row,
    (number, version): (usize, Version),
    out: &mut (impl Write + Send),
) -> io::Result<Option<IndexRow>> {
    let session = work.session();
    let Ok(unlocked) = session.own_version(&work.actor, row.id, version, &mut rng()) else {
        return Ok(None);
    };
    // First to nowhere: all of it is verified before it is written.
    let Ok(header) = session.decrypt(&unlocked, io::sink()) else { return Ok(None) };
    let own = header.file_name.as_ref().map(ToString::to_string);
    let name = file_name(row.name.as_deref(), own.as_deref());
    // Of several versions each says which it is.
    let which = match row.version == Version::FIRST {
        true => String::new(),
        false => format!("v{version} "),
    };
    let name = name_here(&for_any_system(&name), MOST_NAME - which.len());
    let name = format!("{number:05} {which}{name}");
    let told = IndexRow::of(&name, &header, row.name.clone());
    begin(out, &name, header.length, header.time.seconds())?;
    let written = session.decrypt(&unlocked, &mut *out);
    written.map_err(|error| io::Error::other(error.to_string()))?;
    end(out, header.length)?;
    Ok(Some(told))
}

/// Writes a file of the program's own.
fn put_text(out: &mut impl Write, name: &str, text: &[u8]) -> io::Result<()> {
    begin(out, name, text.len() as u64, mrms_home::clock::now().seconds())?;
    out.write_all(text)?;
    end(out, text.len() as u64)
}

fn write(work: &Work, out: &mut (impl Write + Send)) -> Result<(), PortalError> {
    let overview = work.overview()?;
    let (mut missing, mut index) = (String::new(), ExportIndex::default());
    let rows = overview.rows.iter().rev().filter(|row| !row.is_erased);
    for (number, row) in (1..).zip(rows) {
        for version in row.version.up_to() {
            match put(work, row, (number, version), out).map_err(refused)? {
                Some(told) => index.put(told),
                None => {
                    let name = row.name.as_deref().unwrap_or_default();
                    missing.push_str(&format!("{number:05} v{version} {name} ({})\n", row.id));
                }
            }
        }
    }
    let index = index.to_bytes();
    put_text(out, ExportIndex::FILE, &index).map_err(refused)?;
    if !missing.is_empty() {
        put_text(out, NOT_HERE, missing.as_bytes()).map_err(refused)?;
    }
    // Two empty blocks end an archive.
    out.write_all(&[0; 2 * BLOCK as usize]).and_then(|()| out.flush()).map_err(refused)
}

/// `POST /export`: all of one's own records, as an archive that the browser saves.
pub(crate) async fn all(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let (pieces, inbox) = mpsc::channel(AHEAD);
    let (homes, person) = (portal.homes.clone(), view.person.clone());
    tokio::spawn(async move {
        let told = pieces.clone();
        let written = with_home(&homes, person, move |work| {
            let mut out = Outgoing { pieces, kept: Vec::new() };
            write(work, &mut out)
        });
        // The archive ends early, and the browser says that the download failed.
        if written.await.is_err() {
            let _ = told.send(Err(io::Error::other("the export broke off"))).await;
        }
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_DISPOSITION, saved_as("records", "tar")),
    ];
    Ok((headers, Body::new(Pieces { inbox })).into_response())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn file_is_called_as_its_record_with_the_kind_of_the_file() {
        assert_eq!(file_name(Some("Letter, June"), Some("scan 12.pdf")), "Letter, June.pdf");
        assert_eq!(file_name(Some("letter.PDF"), Some("a.pdf")), "letter.PDF");
        assert_eq!(file_name(None, Some("a.pdf")), "a.pdf");
        assert_eq!(file_name(Some("Notes"), Some("Dr. Weber wrote")), "Notes");
        assert_eq!(file_name(Some("Notes"), None), "Notes");
        assert_eq!(for_any_system("CT: e+1 <?>"), "CT_ e+1 ___");
    }

    #[test]
    fn archive_is_one_that_others_read() {
        let mut bytes = Vec::new();
        for (name, content) in [("00001 a.txt", &b"one"[..]), ("00002 \u{e9}.bin", &[7; 512])] {
            begin(&mut bytes, name, content.len() as u64, 1_700_000_000).unwrap();
            bytes.extend_from_slice(content);
            end(&mut bytes, content.len() as u64).unwrap();
        }
        bytes.extend_from_slice(&[0; 1024]);
        let mut archive = tar::Archive::new(bytes.as_slice());
        let read: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                (entry.path().unwrap().to_string_lossy().into_owned(), content)
            })
            .collect();
        assert_eq!(read[0], ("00001 a.txt".to_owned(), b"one".to_vec()));
        assert_eq!(read[1], ("00002 \u{e9}.bin".to_owned(), vec![7; 512]));
    }
}
