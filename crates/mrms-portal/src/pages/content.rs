//! The content of a version: what can be shown here, and the file itself as a download.
//!
//! Content is somebody else's bytes. Text is shown as text. Pictures go into a frame with a policy of its own,
//! which runs nothing. Content is in memory alone, and never on a disk.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use mrms_app::Session;
use mrms_app::access::open::Unlocked;
use mrms_core::{RecordId, Version, visible};
use mrms_crypto::content::ContentHeader;
use serde::Deserialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::guard::FOREIGN_CONTENT;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// The longest text that is shown in the page, in bytes.
const MOST_TEXT: u64 = 1024 * 1024;
/// The longest picture that is shown, in bytes.
const MOST_PICTURE: u64 = 32 * 1024 * 1024;
/// Pieces of a file that wait for the browser.
const AHEAD: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
const PICTURE_STYLE: &str =
    "body{margin:0}img{max-width:100%;height:auto;display:block;margin:auto}";

/// How a version can be shown.
pub(crate) enum Shown {
    /// As text in the page.
    Text(Zeroizing<String>),
    /// As a picture in a frame.
    Picture,
    /// Not here: it is downloaded.
    NoViewer,
    /// Its content was erased or is away.
    Away,
}

/// The media types that browsers draw without running anything. SVG is none of them.
fn is_picture(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp" | "image/avif"
    )
}

fn is_text(media_type: &str) -> bool {
    let plain = media_type.split(';').next().unwrap_or_default().trim();
    plain.starts_with("text/")
        || plain.ends_with("json")
        || plain.ends_with("xml")
        || plain == "application/hl7-v2"
}

/// How a version is shown, by its header. Text is decrypted at once.
pub(crate) fn show(
    session: &Session<'_>,
    unlocked: &Unlocked,
    header: Option<&ContentHeader>,
) -> Shown {
    let Some(header) = header else { return Shown::Away };
    let media_type = header.media_type.as_str();
    if is_picture(media_type) && header.length <= MOST_PICTURE {
        return Shown::Picture;
    }
    if !is_text(media_type) || header.length > MOST_TEXT {
        return Shown::NoViewer;
    }
    let mut bytes = Zeroizing::new(Vec::new());
    match session.decrypt(unlocked, &mut *bytes) {
        Ok(_) => match std::str::from_utf8(&bytes) {
            Ok(text) => Shown::Text(Zeroizing::new(visible::lines(text).into_owned())),
            Err(_) => Shown::NoViewer,
        },
        Err(_) => Shown::Away,
    }
}

/// What of the page shows the content. `at` is the path below which its picture and file are.
pub(crate) fn frame(words: &Words, at: &str, query: &str, shown: &Shown, name: &str) -> Markup {
    html! {
        @match shown {
            Shown::Text(text) => pre.text tabindex="0" { (text.as_str()) },
            Shown::Picture => iframe.picture sandbox="" title=(name) src=(format!("{at}/picture{query}")) {},
            Shown::NoViewer => p { (words.say("content-no-viewer")) },
            Shown::Away => p { (words.say("content-away")) },
        }
        p { a.button.second href=(format!("{at}/file{query}")) download { (words.say("record-download")) } }
    }
}

#[derive(Deserialize)]
pub(crate) struct Which {
    version: Option<u64>,
}

/// A version that was found, and its header.
type Found = (Arc<Unlocked>, ContentHeader);

fn own(work: &Work, id: RecordId, version: Option<u64>) -> Result<Found, PortalError> {
    let (session, record) = (work.session(), work.own_record(id)?);
    let version = match version {
        Some(number) => Version::new(number).ok_or(PortalError::NoPage)?,
        None => record.version,
    };
    let refused = |error| PortalError::refused(&error);
    let mut rng = mrms_home::clock::rng();
    let unlocked = session.own_version(&work.actor, id, version, &mut rng).map_err(refused)?;
    let header = session.header(&unlocked).map_err(refused)?;
    Ok((Arc::new(unlocked), header))
}

fn of_opening(work: &Work, unlocked: Arc<Unlocked>) -> Result<Found, PortalError> {
    let header = work.session().header(&unlocked).map_err(|error| PortalError::refused(&error))?;
    Ok((unlocked, header))
}

/// `GET /records/{id}/picture`: a page with the picture alone, for a frame.
pub(crate) async fn picture(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(which): Query<Which>,
) -> Result<Response, PortalError> {
    picture_of(&portal, &view, move |work| own(work, id, which.version)).await
}

/// `GET /opened/{opening}/picture`: the same of a version that somebody shared.
pub(crate) async fn opened_picture(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(opening): Path<String>,
) -> Result<Response, PortalError> {
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::NoPage)?;
    picture_of(&portal, &view, move |work| of_opening(work, unlocked)).await
}

async fn picture_of(
    portal: &Portal,
    view: &View,
    find: impl FnOnce(&Work) -> Result<Found, PortalError> + Send + 'static,
) -> Result<Response, PortalError> {
    let page = with_home(&portal.homes, view.person.clone(), move |work| {
        let (unlocked, header) = find(work)?;
        if !is_picture(header.media_type.as_str()) || header.length > MOST_PICTURE {
            return Err(PortalError::NoPage);
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let decrypted = work.session().decrypt(&unlocked, &mut *bytes);
        decrypted.map_err(|error| PortalError::refused(&error))?;
        let encoded = STANDARD.encode(&*bytes);
        let source = format!("data:{};base64,{encoded}", header.media_type.as_str());
        Ok(html! {
            (maud::DOCTYPE)
            html {
                head { title { "·" } style { (PICTURE_STYLE) } }
                body { img src=(source) alt=""; }
            }
        })
    })
    .await?;
    let policy = HeaderValue::from_static(FOREIGN_CONTENT);
    Ok(([(CONTENT_SECURITY_POLICY, policy)], page).into_response())
}

/// `GET /records/{id}/file`: the file itself. All of it is verified before its first byte leaves.
pub(crate) async fn file(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(which): Query<Which>,
) -> Result<Response, PortalError> {
    file_of(&portal, &view, move |work| own(work, id, which.version)).await
}

/// `GET /opened/{opening}/file`: the same of a version that somebody shared.
pub(crate) async fn opened_file(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(opening): Path<String>,
) -> Result<Response, PortalError> {
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::NoPage)?;
    file_of(&portal, &view, move |work| of_opening(work, unlocked)).await
}

async fn file_of(
    portal: &Portal,
    view: &View,
    find: impl FnOnce(&Work) -> Result<Found, PortalError> + Send + 'static,
) -> Result<Response, PortalError> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let (pieces, inbox) = mpsc::channel::<Result<Bytes, io::Error>>(AHEAD);
    let (homes, person) = (portal.homes.clone(), view.person.clone());
    tokio::spawn(async move {
        with_home(&homes, person, move |work| {
            let found = find(work).and_then(|(unlocked, header)| {
                let verified = work.session().decrypt(&unlocked, io::sink());
                verified.map_err(|error| PortalError::refused(&error))?;
                Ok((unlocked, header))
            });
            match found {
                Err(error) => drop(tell.send(Err(error))),
                Ok((unlocked, header)) => {
                    drop(tell.send(Ok(header)));
                    let mut outgoing = Outgoing { pieces, kept: Vec::with_capacity(PIECE) };
                    // Whoever stopped the download needs no answer.
                    if work.session().decrypt(&unlocked, &mut outgoing).is_ok() {
                        drop(outgoing.flush());
                    }
                }
            }
            Ok(())
        })
        .await
    });
    let header = told.await.unwrap_or(Err(PortalError::BrokeOff))?;
    let id = header.context.record;
    let name =
        header.file_name.as_ref().map_or_else(|| format!("record-{id}"), ToString::to_string);
    let headers = [
        // Never a type that a browser would open here.
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_LENGTH, HeaderValue::from(header.length)),
        (CONTENT_DISPOSITION, disposition(&name)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(FOREIGN_CONTENT)),
    ];
    Ok((headers, Body::new(Pieces { inbox })).into_response())
}

/// What a version is called: by its label, or else by its file's name.
pub(crate) fn name_of(header: &ContentHeader) -> Option<String> {
    let label = header.label.as_ref().map(ToString::to_string);
    label.or_else(|| header.file_name.as_ref().map(ToString::to_string))
}

/// A file's name in a header, whatever it has (RFC 6266, RFC 8187).
fn disposition(name: &str) -> HeaderValue {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    let encoded: String =
        name.bytes()
            .map(|byte| {
                if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            })
            .collect();
    let text = format!("attachment; filename*=UTF-8''{encoded}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// Verified content on its way to a browser, in pieces.
pub(crate) struct Outgoing {
    pub(crate) pieces: mpsc::Sender<Result<Bytes, io::Error>>,
    pub(crate) kept: Vec<u8>,
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.kept.extend_from_slice(bytes);
        if self.kept.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.kept, Vec::with_capacity(PIECE));
        let sent = self.pieces.blocking_send(Ok(piece.into()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// The pieces as the body of an answer.
pub(crate) struct Pieces {
    pub(crate) inbox: mpsc::Receiver<Result<Bytes, io::Error>>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, io::Error>>> {
        let polled = self.inbox.poll_recv(context);
        polled.map(|piece| piece.map(|piece| piece.map(http_body::Frame::data)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_file_ends_no_header() {
        let header = disposition("a\"; filename=b\r\nX: y/../é.pdf");
        let text = header.to_str().unwrap();
        assert!(text.starts_with("attachment; filename*=UTF-8''a%22%3B%20filename%3Db%0D%0AX%3A"));
        assert!(text.ends_with("%C3%A9.pdf"));
    }

    #[test]
    fn nothing_that_could_run_is_a_picture() {
        assert!(
            is_picture("image/png") && !is_picture("image/svg+xml") && !is_picture("text/html")
        );
        assert!(
            is_text("text/html") && is_text("application/fhir+json") && !is_text("application/pdf")
        );
    }
}
