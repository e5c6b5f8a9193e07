//! Backups: one that the browser saves, and one that is checked here. Only what is encrypted is ever in a file.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::multipart::Field;
use axum::extract::{Multipart, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use http_body::Frame;
use mrms_crypto::age_file::{Protection, Recipient, Recipients, SealedFor};
use mrms_crypto::{HybridRecipient, Words as Phrase};
use mrms_home::FaceError;
use mrms_home::backup::BackupKeys;
use mrms_home::backup::noted::{note_checked, note_made};
use mrms_home::backup::{self, BackUpError, BackupKey};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::opened::OpenProfile;
use crate::pages::content::{Pieces, saved_as};
use crate::pages::forms::Plain;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Homes, blocking};

/// Bytes of a piece on its way to the browser.
const PIECE: usize = 256 * 1024;
/// Pieces that wait for the browser.
const AHEAD: usize = 4;

fn failed(error: io::Error) -> PortalError {
    refused(error)
}

/// Writes a backup of the home to a file, encrypted to the person's own key.
fn write(homes: &Homes, person: &OpenProfile, file: &Path) -> Result<(), PortalError> {
    let face = PortalFace::with_words(person.phrase.clone());
    let home = homes.home(&person.profile, face);
    let card = home.card()?;
    let own: HybridRecipient = card.recipient.parse().map_err(refused)?;
    let recipients = Recipients::new(vec![Recipient::from(own)]).map_err(refused)?;
    let protection = Protection::Recipients(&recipients);
    let made =
        backup::back_up(home.folder(), file, &protection, BackupKeys::LeaveOut, &**home.face());
    made.map(drop).map_err(refused)
}

/// A download's length, and what is done once all of it has left. One that breaks off was no backup.
struct Whole {
    pieces: Pieces,
    left: u64,
    then: Option<Box<dyn FnOnce() + Send>>,
}

impl http_body::Body for Whole {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let polled = Pin::new(&mut self.pieces).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let count = frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
            self.left = self.left.saturating_sub(count);
            if self.left == 0
                && let Some(then) = self.then.take()
            {
                tokio::task::spawn_blocking(then);
            }
        }
        polled
    }
}

/// `POST /backup`: makes a backup, which the browser saves.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let (homes, person) = (portal.homes.clone(), view.person.clone());
    let (home, profile) = (portal.homes.folder.clone(), view.person.profile.clone());
    let (folder, length) = blocking(move || {
        let folder = tempfile::tempdir().map_err(failed)?;
        let file = folder.path().join(KEPT);
        write(&homes, &person, &file)?;
        let length = file.metadata().map_err(failed)?.len();
        Ok((folder, length))
    })
    .await?;
    let (pieces, inbox) = mpsc::channel(AHEAD);
    // The folder goes when the last piece is out, or the browser has gone.
    tokio::task::spawn_blocking(move || {
        let sent = File::open(folder.path().join(KEPT)).and_then(|mut file| {
            loop {
                let mut piece = vec![0; PIECE];
                let count = file.read(&mut piece)?;
                piece.truncate(count);
                if count == 0 || pieces.blocking_send(Ok(Bytes::from(piece))).is_err() {
                    return Ok(());
                }
            }
        });
        if let Err(error) = sent {
            let _ = pieces.blocking_send(Err(error));
        }
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (CONTENT_LENGTH, HeaderValue::from(length)),
        (CONTENT_DISPOSITION, saved_as("mrms-backup", "age")),
    ];
    let note = move || note_made(&home, Some(&profile));
    let body = Whole { pieces: Pieces { inbox }, left: length, then: Some(Box::new(note)) };
    Ok((headers, Body::new(body)).into_response())
}

/// The name of a backup in its folder.
pub(super) const KEPT: &str = "backup.age";

/// Keeps a backup that comes piece by piece in a folder of its own: it is encrypted.
pub(super) async fn keep(mut field: Field<'_>) -> Result<TempDir, PortalError> {
    let folder = tempfile::tempdir().map_err(failed)?;
    let mut file = File::create(folder.path().join(KEPT)).map_err(failed)?;
    let broke = |_| PortalError::Form { key: "backup-broken" };
    while let Some(piece) = field.chunk().await.map_err(broke)? {
        tokio::task::block_in_place(|| file.write_all(&piece)).map_err(failed)?;
    }
    Ok(folder)
}

/// Reads a backup to its last byte.
fn verify(homes: &Homes, person: &OpenProfile, file: &Path) -> Result<(), PortalError> {
    let home = homes.home(&person.profile, PortalFace::with_words(person.phrase.clone()));
    let key = |sealed_for| -> Result<BackupKey, FaceError> {
        if sealed_for == SealedFor::Passphrase {
            return Err("a backup with a passphrase of its own is checked by mrms backup".into());
        }
        let words = Phrase::parse(&person.phrase)?;
        Ok(BackupKey::Identities(backup::identities_of(&words)?))
    };
    match backup::verify(file, &key, &**home.face()) {
        Ok(_) => {
            note_checked(home.folder());
            Ok(())
        }
        Err(BackUpError::Home(error)) => Err(error.into()),
        Err(_) => Err(PortalError::Form { key: "backup-broken" }),
    }
}

/// `POST /backup/check`: one that the person chose.
pub(crate) async fn check(
    State(portal): State<Arc<Portal>>,
    view: View,
    mut form: Multipart,
) -> Result<Response, PortalError> {
    let broke = |_| PortalError::Form { key: "backup-broken" };
    let (mut has_token, mut kept) = (false, None);
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                view.must_have(&field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            Some("backup") if has_token => {
                kept = Some(keep(field).await?);
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    let folder = kept.ok_or(PortalError::Form { key: "add-nothing" })?;
    let (homes, person) = (portal.homes.clone(), view.person.clone());
    blocking(move || verify(&homes, &person, &folder.path().join(KEPT))).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/settings?done=checked")]).into_response())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    /// A download of eight bytes, of which so many pieces of four are taken; whether it was noted.
    async fn is_noted_after(taken: usize) -> bool {
        let (pieces, inbox) = mpsc::channel(AHEAD);
        for _ in 0..2 {
            pieces.send(Ok(Bytes::from_static(b"four"))).await.unwrap();
        }
        drop(pieces);
        let (note, noted) = tokio::sync::oneshot::channel();
        let then = move || {
            let _ = note.send(());
        };
        let mut body = Whole { pieces: Pieces { inbox }, left: 8, then: Some(Box::new(then)) };
        for _ in 0..taken {
            body.frame().await.unwrap().unwrap();
        }
        // What was not done is dropped with the body.
        drop(body);
        noted.await.is_ok()
    }

    #[tokio::test]
    async fn backup_is_made_when_all_of_it_has_left_and_not_when_the_download_breaks_off() {
        assert!(!is_noted_after(0).await && !is_noted_after(1).await);
        assert!(is_noted_after(2).await);
    }
}
