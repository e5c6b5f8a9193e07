//! Binaries: the content of versions.
//!
//! Of somebody else's record each read makes an entry in its log first, also a second read of the same version. All of the
//! content is verified before its first byte leaves.

use std::io::{self, Write};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, ETAG};
use axum::response::{IntoResponse as _, Response};
use mrms_app::access::open::Unlocked;
use mrms_contract::read;
use mrms_core::{RecordId, Version, grant};
use mrms_crypto::content::ContentHeader;
use mrms_fhir::write::binary;
use mrms_fhir::{Kind, Refusal, Why, etag};
use mrms_home::clock::rng;
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

use crate::answer::{FhirError, json};
use crate::gather::not_here;
use crate::gather::provenances::place;
use crate::gather::records;
use crate::memory::Opened;
use crate::reasons::refused;
use crate::server::Server;
use crate::work::{Work, with_home};

/// Pieces of content that wait for the client.
const AHEAD: usize = 4;
/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// Most bytes of content in a resource of JSON.
const MOST_IN_JSON: u64 = 32 * 1024 * 1024;

/// A version that may be read now.
enum Readable {
    /// One's own.
    Own(Box<(Unlocked, ContentHeader)>),
    /// Somebody else's, opened against an entry.
    Opened(Arc<Opened>),
}

impl Readable {
    fn parts(&self) -> (&Unlocked, &ContentHeader) {
        match self {
            Self::Own(own) => (&own.0, &own.1),
            Self::Opened(opened) => (&opened.unlocked, &opened.header),
        }
    }
}

/// `GET /Binary/RECORD.VERSION` as a resource.
pub(crate) async fn as_resource(server: Arc<Server>, id: String) -> Result<Response, FhirError> {
    let text = with_home(server, move |work| {
        let (record, version) = place(&id).ok_or_else(|| not_here(Kind::Binary, &id))?;
        let found = open(work, record, version)?;
        let (unlocked, header) = found.parts();
        if header.length > MOST_IN_JSON {
            return Err(Why::TooLong
                .because("The content is too long for a resource.")
                .hint("Ask for its bytes: Accept: */*."));
        }
        let mut bytes = Zeroizing::new(Vec::new());
        work.session().decrypt(unlocked, &mut *bytes).map_err(refused)?;
        Ok(binary(record, version, header.media_type.as_str(), &bytes))
    });
    Ok(json(StatusCode::OK, &text.await?))
}

/// The same as its bytes.
pub(crate) async fn as_bytes(server: Arc<Server>, id: String) -> Result<Response, FhirError> {
    let (record, version) = place(&id).ok_or_else(|| not_here(Kind::Binary, &id))?;
    let (tell, told) = oneshot::channel();
    let (pieces, inbox) = mpsc::channel::<Result<Bytes, io::Error>>(AHEAD);
    let base = server.settings.base.clone();
    tokio::spawn(with_home(server, move |work| {
        let found = open(work, record, version).and_then(|found| {
            let (unlocked, _) = found.parts();
            work.session().decrypt(unlocked, io::sink()).map_err(refused)?;
            Ok(found)
        });
        match found {
            Err(refusal) => drop(tell.send(Err(refusal))),
            Ok(found) => {
                let (unlocked, header) = found.parts();
                drop(tell.send(Ok(header.clone())));
                let mut outgoing = Outgoing { pieces, kept: Vec::with_capacity(PIECE) };
                // Whoever stopped the download needs no answer.
                if work.session().decrypt(unlocked, &mut outgoing).is_ok() {
                    drop(outgoing.flush());
                }
            }
        }
        Ok(())
    }));
    let header =
        told.await.unwrap_or_else(|_| Err(Why::Away.because("The content can't be read now.")))?;
    let kind = HeaderValue::try_from(header.media_type.as_str());
    let kind = kind.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let mut response = Body::new(Pieces { inbox }).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(header.length));
    for (name, value) in
        [(ETAG, etag::of(version.number())), (CONTENT_LOCATION, format!("{base}/Binary/{id}"))]
    {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}

fn open(work: &Work, id: RecordId, version: Version) -> Result<Readable, Refusal> {
    let session = work.session();
    let none = || not_here(Kind::Binary, &format!("{id}.{version}"));
    let record = session.ask(&read::record(id)).map_err(refused)?.ok_or_else(none)?;
    if version > record.version {
        return Err(none());
    }
    if record.patient == work.me() {
        records::one(work, id)?.must_be_open(work)?;
        let unlocked =
            session.own_version(&work.actor, id, version, &mut rng()).map_err(refused)?;
        let header = session.header(&unlocked).map_err(refused)?;
        return Ok(Readable::Own(Box::new((unlocked, header))));
    }
    work.open.fund(&work.actor).map_err(refused)?;
    // The contract decides, so that what it refuses stands in the record's log as well.
    let accessed = match work.server.settings.purpose {
        Some(purpose) => {
            session.access_for(&work.actor, id, Some(version), purpose, &mut rng()).map_err(refused)
        }
        None => session.access(&work.actor, id, Some(version), &mut rng()).map_err(refused),
    };
    let accessed = accessed.map_err(|refusal| why_not(work, id, refusal))?;
    let access = accessed.done().ok_or_else(|| Why::Failed.because("Nothing was sent."))?;
    let header = session.header(&access.unlocked).map_err(refused)?;
    session.finish(&access).map_err(refused)?;
    // For lists, where no name came with the grant. What was opened is not lost for want of it.
    if let Err(error) = session.remember_opened(&work.actor, &header, &mut rng()) {
        tracing::warn!(target: "mrms::fhir", "a name could not be kept: {error}");
    }
    Ok(Readable::Opened(work.server.memory.keep(access.unlocked, header)))
}

/// Says what ended, and when, where that is why.
fn why_not(work: &Work, id: RecordId, refusal: Refusal) -> Refusal {
    if refusal.why != Why::Forbidden {
        return refusal;
    }
    work.server.memory.forget(id);
    let ended = || {
        let session = work.session();
        let record = session.ask(&read::record(id)).ok()??;
        let (own, standing) = session.grants(id, &record.patient, &work.me()).ok()?;
        grant::effective(id, own.as_ref(), standing.as_ref(), work.clock.height).err()
    };
    match ended() {
        Some(why) => {
            let said = records::ended(work, id, &why);
            let sentence = format!("{} The attempt stands in the record's log.", said.sentence);
            Refusal { sentence, ..said }
        }
        None => refusal,
    }
}

/// Verified content on its way to a client, in pieces.
struct Outgoing {
    pieces: mpsc::Sender<Result<Bytes, io::Error>>,
    kept: Vec<u8>,
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
struct Pieces {
    inbox: mpsc::Receiver<Result<Bytes, io::Error>>,
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
