//! Adds files: a form that works without script, and the stream that a script sends for each file.

use std::ffi::OsStr;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Multipart, Query, State};
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::file_names::NameOnRecord;
use mrms_app::records::write::{Placement, Source};
use mrms_contract::ids;
use mrms_core::RecordId;
use mrms_crypto::content::{FileName, Label, Retention};
use rand_core::Rng as _;
use serde::Deserialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// The longest file that the form without script takes, in bytes: it is in memory at once.
const MOST_IN_FORM: usize = 32 * 1024 * 1024;
/// Files that one form takes.
const MOST_FILES: usize = 50;
/// Pieces of a file that wait to be encrypted.
const AHEAD: usize = 4;

/// One file of a form, and what became of it.
struct Told {
    name: String,
    outcome: Result<RecordId, String>,
}

fn page(view: &View, told: &[Told]) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("add-title")) }
        @for one in told {
            @match &one.outcome {
                Ok(id) => p.notice role="status" {
                    a href=(format!("/records/{id}")) {
                        (words.with("add-done", &[("name", (&one.name).into())]))
                    }
                },
                Err(why) => p.wrong role="alert" {
                    (words.with("add-failed", &[("name", (&one.name).into()), ("why", why.into())]))
                },
            }
        }
        section.card {
            p { (words.say("add-explained")) }
            form method="post" action="/records/add" enctype="multipart/form-data" id="add" {
                (token(&view.visitor))
                label for="files" { (words.say("add-files")) }
                input id="files" name="file" type="file" multiple required;
                button type="submit" { (words.say("add-button")) }
            }
            ul.progress id="add-progress" aria-live="polite"
                data-done=(words.say("add-progress-done")) data-failed=(words.say("add-progress-failed")) {}
        }
    };
    layout::page(view, "/records", &words.say("add-title"), &body)
}

/// `GET /records/add`.
pub(crate) async fn show(view: View) -> Markup {
    page(&view, &[])
}

/// `POST /records/add`: the form without script.
pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    view: View,
    mut form: Multipart,
) -> Result<Response, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let mut has_token = false;
    let mut files: Vec<(String, Zeroizing<Vec<u8>>)> = Vec::new();
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                view.must_have(&field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            // The token comes first, so nobody else's file is read.
            Some("file") if has_token && files.len() < MOST_FILES => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let bytes = Zeroizing::new(field.bytes().await.map_err(broke)?.to_vec());
                if !name.is_empty() {
                    files.push((name, bytes));
                }
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    if files.is_empty() {
        return Err(PortalError::Form { key: "add-nothing" });
    }
    let (inline_limit, is_one) = (portal.settings.inline_limit, files.len() == 1);
    let told = with_home(&portal.homes, view.person.clone(), move |work| {
        let each = files.into_iter().map(|(name, bytes)| {
            let length = bytes.len() as u64;
            let content = Cursor::new(bytes.to_vec());
            let outcome = create(work, content, length, &name, inline_limit);
            Told { name, outcome: outcome.map_err(|error| error.to_string()) }
        });
        Ok(each.collect::<Vec<_>>())
    })
    .await?;
    if let ([Told { outcome: Ok(id), .. }], true) = (&told[..], is_one) {
        let to = format!("/records/{id}?done=added");
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response());
    }
    let all = told.iter().all(|one| one.outcome.is_ok());
    let status = if all { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok((status, page(&view, &told)).into_response())
}

/// The bytes that a form may have.
pub(crate) const MOST_FORM: usize = MOST_IN_FORM + 64 * 1024;

fn create(
    work: &Work,
    content: impl Read + Send,
    length: u64,
    name: &str,
    inline_limit: usize,
) -> Result<RecordId, PortalError> {
    let mut rng = mrms_home::clock::rng();
    let id = ids::bound_to(&work.actor.principal(), rng.next_u64()).ok_or(PortalError::BrokeOff)?;
    let file_name = name_on_record(name);
    let label: Option<Label> = None;
    let source = Source { content, length, file_name, media_type: None, label };
    let placement = Placement { inline_limit, retention: Retention::Permanent };
    work.open.fund(&work.actor)?;
    let added = work.session().create(&work.actor, id, source, placement, &mut rng);
    added.map_err(|error| PortalError::refused(&error))?.done().ok_or(PortalError::BrokeOff)?;
    Ok(id)
}

/// The name with which an uploaded file goes on record: some browsers send it with its folder. A name that no record can
/// have is changed, and not dropped.
fn name_on_record(sent: &str) -> Option<FileName> {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    NameOnRecord::of(OsStr::new(name)).into_name()
}

#[derive(Deserialize)]
pub(crate) struct Sent {
    name: String,
}

/// `POST /records/upload?name=…`: one file as the body, which a script sends. It is encrypted as it comes.
pub(crate) async fn upload(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(sent): Query<Sent>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PortalError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    view.must_have(text("x-mrms-token").unwrap_or_default())?;
    let length = text(CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<u64>().ok());
    let length = length.ok_or(PortalError::Form { key: "add-nothing" })?;
    let (pieces, inbox) = mpsc::channel(AHEAD);
    let inline_limit = portal.settings.inline_limit;
    let creating = with_home(&portal.homes, view.person.clone(), move |work| {
        create(work, Incoming { inbox, piece: Bytes::new() }, length, &sent.name, inline_limit)
    });
    let (created, ()) = tokio::join!(creating, pass_on(body, pieces));
    Ok((StatusCode::CREATED, format!("/records/{}", created?)).into_response())
}

async fn pass_on(body: Body, pieces: mpsc::Sender<io::Result<Bytes>>) {
    use http_body_util::BodyExt as _;
    let mut body = body;
    while let Some(frame) = body.frame().await {
        let piece = match frame.map(http_body::Frame::into_data) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(_trailers)) => continue,
            Err(error) => Err(io::Error::other(error)),
        };
        let is_last = piece.is_err();
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// A body as it comes from a browser.
struct Incoming {
    inbox: mpsc::Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.inbox.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_name_of_an_upload_is_kept_as_far_as_it_can_be() {
        let name = |sent: &str| name_on_record(sent).map(|name| name.as_str().to_owned());
        for (sent, kept) in [
            ("Befund M\u{e4}rz.pdf", "Befund M\u{e4}rz.pdf"),
            ("C:\\Users\\m\\scan.pdf", "scan.pdf"),
            ("blood\u{202e}fdp.exe", "blood_fdp.exe"),
            ("line\nbreak\u{1b}[2J.txt", "line_break_[2J.txt"),
        ] {
            assert_eq!(name(sent).as_deref(), Some(kept), "{sent:?}");
        }
        let long = name(&format!("{}.pdf", "a".repeat(400))).unwrap();
        assert!(long.len() <= 255 && long.ends_with("~.pdf"), "{long}");
        assert_eq!(name("folder/"), None);
    }
}
