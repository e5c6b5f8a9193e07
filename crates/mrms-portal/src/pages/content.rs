//! The content of a version: what can be shown here, and the file itself as a download.
//!
//! Content is somebody else's bytes. What has a viewer is looked at by a process of its own (`mrms-home/src/viewing.rs`) and
//! shown in a frame with a policy of its own, which runs nothing (`frames`); `shown` decides. Content is in memory alone, and
//! never on a disk.

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
use mrms_app::access::open::Unlocked;
use mrms_app::times::rfc3339;
use mrms_core::{RecordId, Version};
use mrms_crypto::content::ContentHeader;
use mrms_home::viewing::Viewing;
use mrms_viewers::{Answer, Want};
use serde::Deserialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::guard::FOREIGN_CONTENT;
use crate::pages::frames;
use crate::pages::shared::holder;
use crate::pages::shown::{MOST_PICTURE, Place, Source, Stored, is_picture, looking, why_not};
use crate::pages::titles::Titles;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, blocking, with_home};

/// Pieces of a file that wait for the browser.
const AHEAD: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
const PICTURE_STYLE: &str =
    "body{margin:0}img{max-width:100%;height:auto;display:block;margin:auto}";

#[derive(Deserialize)]
pub(crate) struct Which {
    version: Option<u64>,
    page: Option<usize>,
    window: Option<usize>,
}

impl Which {
    const fn place(&self) -> Place {
        Place { page: self.page, window: self.window }
    }
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

pub(crate) fn of_opening(work: &Work, unlocked: Arc<Unlocked>) -> Result<Found, PortalError> {
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
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::Over)?;
    picture_of(&portal, &view, move |work| of_opening(work, unlocked)).await
}

async fn picture_of(
    portal: &Portal,
    view: &View,
    find: impl FnOnce(&Work) -> Result<Found, PortalError> + Send + 'static,
) -> Result<Response, PortalError> {
    with_home(&portal.homes, view.person.clone(), move |work| {
        let (unlocked, header) = find(work)?;
        picture_page(&Stored { session: work.session(), unlocked: &unlocked, header: &header })
    })
    .await
}

/// A page for a frame with a picture alone.
pub(super) fn picture_page(content: &impl Source) -> Result<Response, PortalError> {
    if !is_picture(content.media_type()) || content.length() > MOST_PICTURE {
        return Err(PortalError::NoPage);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    content.write_to(&mut *bytes)?;
    let encoded = STANDARD.encode(&*bytes);
    let source = format!("data:{};base64,{encoded}", content.media_type());
    Ok(foreign(html! {
        (maud::DOCTYPE)
        html {
            head { title { "·" } style { (PICTURE_STYLE) } }
            body { img src=(source) alt=""; }
        }
    }))
}

/// A page for a frame that shows what somebody else wrote.
fn foreign(page: Markup) -> Response {
    let policy = HeaderValue::from_static(FOREIGN_CONTENT);
    ([(CONTENT_SECURITY_POLICY, policy)], page).into_response()
}

/// `GET /records/{id}/document`: what a version says, for a frame.
pub(crate) async fn document(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(which): Query<Which>,
) -> Result<Response, PortalError> {
    viewed(&portal, &view, Want::Document, move |work| own(work, id, which.version)).await
}

/// `GET /opened/{opening}/document`: the same of a version that somebody shared.
pub(crate) async fn opened_document(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(opening): Path<String>,
) -> Result<Response, PortalError> {
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::Over)?;
    viewed(&portal, &view, Want::Document, move |work| of_opening(work, unlocked)).await
}

/// `GET /records/{id}/page`: a page or picture of a version, for a frame.
pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(which): Query<Which>,
) -> Result<Response, PortalError> {
    let want = Want::Picture { number: which.place().page(), window: which.place().window() };
    viewed(&portal, &view, want, move |work| own(work, id, which.version)).await
}

/// `GET /opened/{opening}/page`: the same of a version that somebody shared.
pub(crate) async fn opened_page(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(opening): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, PortalError> {
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::Over)?;
    let want = Want::Picture { number: place.page(), window: place.window() };
    viewed(&portal, &view, want, move |work| of_opening(work, unlocked)).await
}

async fn viewed(
    portal: &Portal,
    view: &View,
    want: Want,
    find: impl FnOnce(&Work) -> Result<Found, PortalError> + Send + 'static,
) -> Result<Response, PortalError> {
    let viewers = portal.settings.viewers.clone();
    let words = Words::of(view.words.language());
    let is_picture = matches!(want, Want::Picture { .. });
    let (viewing, name) = with_home(&portal.homes, view.person.clone(), move |work| {
        let (unlocked, header) = find(work)?;
        let stored = Stored { session: work.session(), unlocked: &unlocked, header: &header };
        let viewing = looking(&viewers, &stored, want)?;
        let name = match is_picture {
            true => titles_of(work, &unlocked, &header)?.heading(&words),
            false => String::new(),
        };
        Ok((viewing, name))
    })
    .await?;
    answered(&view.words, viewing, &name).await
}

/// What a viewer says of content, for a frame. `name` is what a picture of it is called.
pub(super) async fn answered(
    words: &Words,
    viewing: Viewing,
    name: &str,
) -> Result<Response, PortalError> {
    match blocking(move || Ok(viewing.answer())).await? {
        Answer::Document(document) => Ok(foreign(frames::document(words, &document))),
        Answer::Picture(picture) => Ok(foreign(frames::picture(words, name, &picture))),
        Answer::NotShown(why) => Ok(foreign(frames::sentence(words, &words.say(why_not(why))))),
        Answer::Facts(_) => Err(PortalError::BrokeOff),
    }
}

/// What a version is called that was found, whoever's it is.
fn titles_of(
    work: &Work,
    unlocked: &Unlocked,
    header: &ContentHeader,
) -> Result<Titles, PortalError> {
    let organisation = match header.context.patient == work.actor.principal() {
        true => None,
        false => holder(work, header.context.record)?,
    };
    Ok(Titles::of(work, organisation.as_ref(), (unlocked, header)))
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
    let unlocked = portal.openings.find(&opening, view.visitor.key).ok_or(PortalError::Over)?;
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
    Ok(as_file(&name, header.length, inbox))
}

/// A file that is written on its way to the browser. Where that breaks off, the browser sees that it is too short.
pub(super) fn download(
    name: &str,
    length: u64,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), PortalError> + Send + 'static,
) -> Response {
    let (pieces, inbox) = mpsc::channel::<Result<Bytes, io::Error>>(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut outgoing = Outgoing { pieces, kept: Vec::with_capacity(PIECE) };
        if write(&mut outgoing).is_ok() {
            drop(outgoing.flush());
        }
    });
    as_file(name, length, inbox)
}

fn as_file(name: &str, length: u64, inbox: mpsc::Receiver<Result<Bytes, io::Error>>) -> Response {
    let headers = [
        // Never a type that a browser would open here.
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_LENGTH, HeaderValue::from(length)),
        (CONTENT_DISPOSITION, disposition(name)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(FOREIGN_CONTENT)),
    ];
    (headers, Body::new(Pieces { inbox })).into_response()
}

/// The header of a file that this program makes: its name has the day, so that several in one folder are told apart.
pub(super) fn saved_as(name: &str, extension: &str) -> HeaderValue {
    let day = rfc3339(mrms_home::clock::now());
    disposition(&format!("{name}-{}.{extension}", day.split('T').next().unwrap_or_default()))
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
}
