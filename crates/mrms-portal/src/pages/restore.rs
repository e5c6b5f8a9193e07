//! Brings everything back from a backup, on a machine where nobody has a profile yet.

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::Words as Phrase;
use mrms_crypto::age_file::{Passphrase, SealedFor};
use mrms_home::backup::{self, BackUpError, BackupKey};
use mrms_home::vault::own::VaultFolder;
use mrms_home::{FaceError, HomeError, HomeFolder};
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::pages::backup::{KEPT, keep};
use crate::pages::layout::{self, token};
use crate::pages::unlock::profiles;
use crate::pages::view::{Entered, must_have};
use crate::portal::Portal;
use crate::work::blocking;

/// The settings of a home. They are read when the program starts.
const SETTINGS: &str = "mrms.toml";

fn page(entered: &Entered, has_profiles: bool, wrong: Option<&str>) -> Markup {
    let words = &entered.words;
    let body = html! {
        section.card {
            h1 { (words.say("restore-title")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (words.say(wrong)) } }
            @if has_profiles {
                p { (words.say("restore-not-empty")) }
                p { a.button.second href="/unlock" { (words.say("cancel")) } }
            } @else {
                p { (words.say("restore-explained")) }
                form method="post" action="/recover/backup" enctype="multipart/form-data" autocomplete="off" {
                    (token(&entered.visitor))
                    label for="given" { (words.say("restore-given")) }
                    textarea id="given" name="given" rows="6" required spellcheck="false"
                        autocapitalize="none" aria-describedby="given-hint" {}
                    p.hint id="given-hint" { (words.say("restore-given-hint")) }
                    label for="backup" { (words.say("restore-file")) }
                    input id="backup" name="backup" type="file" required;
                    p { (words.say("restore-one")) }
                    button type="submit" { (words.say("restore-button")) }
                    a.button.second href="/recover" { (words.say("cancel")) }
                }
            }
        }
    };
    layout::bare(words, "restore-title", &body)
}

/// `GET /recover/backup`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
) -> Result<Markup, PortalError> {
    Ok(page(&entered, !profiles(&portal).await?.is_empty(), None))
}

/// What opens a backup: a passphrase of its own, or the 24 words.
fn key(given: &Zeroizing<String>, sealed_for: SealedFor) -> Result<BackupKey, FaceError> {
    if sealed_for == SealedFor::Passphrase {
        let given = Zeroizing::new(given.trim().to_owned());
        let passphrase = Passphrase::new(given).ok_or("there is no passphrase")?;
        return Ok(BackupKey::Passphrase(passphrase));
    }
    Ok(BackupKey::Identities(backup::identities_of(&Phrase::parse_noted(given)?)?))
}

/// What is wrong, as a key of the catalogues; an error that has no sentence here is told by itself.
fn wrong(error: BackUpError) -> Result<&'static str, PortalError> {
    Ok(match error {
        BackUpError::Refused(_) | BackUpError::Home(HomeError::Face(_)) => "restore-wrong-key",
        BackUpError::HomeExists { .. } => "restore-not-empty",
        BackUpError::PartOfSet => "restore-part",
        BackUpError::Archive(_) => "backup-broken",
        other => return Err(refused(other)),
    })
}

/// What came with the form.
#[derive(Default)]
struct Sent {
    given: Zeroizing<String>,
    backup: Option<tempfile::TempDir>,
}

async fn read(entered: &Entered, mut form: Multipart) -> Result<Sent, PortalError> {
    let broke = |_| PortalError::Form { key: "backup-broken" };
    let (mut sent, mut has_token) = (Sent::default(), false);
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                must_have(&entered.visitor, &field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            Some("given") if has_token => {
                sent.given = Zeroizing::new(field.text().await.map_err(broke)?);
            }
            Some("backup") if has_token => sent.backup = Some(keep(field).await?),
            _ => return Err(PortalError::OtherPage),
        }
    }
    Ok(sent)
}

/// `POST /recover/backup`: restores the home.
pub(crate) async fn restore(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    form: Multipart,
) -> Result<Response, PortalError> {
    let Sent { given, backup } = read(&entered, form).await?;
    let folder = backup.ok_or(PortalError::Form { key: "add-nothing" })?;
    let root = portal.homes.folder.root().to_owned();
    let restored = blocking(move || {
        let root = std::path::absolute(root).map_err(refused)?;
        let ask = |sealed_for| key(&given, sealed_for);
        let face = PortalFace::without_words();
        match backup::restore(&root, &folder.path().join(KEPT), &ask, &face) {
            // The program goes on with the settings that it began with.
            Ok(_) => {
                let vaults = VaultFolder::all_in(&HomeFolder::new(root.clone()))?;
                let has_vault = !vaults.is_empty();
                Ok(Ok(Restored { starts_again: root.join(SETTINGS).exists(), has_vault }))
            }
            Err(error) => wrong(error).map(Err),
        }
    });
    Ok(match restored.await? {
        Ok(restored) => done(&entered, &restored).into_response(),
        Err(key) => {
            let has_profiles = !profiles(&portal).await?.is_empty();
            let page = page(&entered, has_profiles, Some(key));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}

/// A home that was brought back.
struct Restored {
    /// Whether it has settings of its own, with which the program starts again.
    starts_again: bool,
    /// Whether it has a vault, whose keys are in no backup of these pages.
    has_vault: bool,
}

fn done(entered: &Entered, restored: &Restored) -> Markup {
    let words = &entered.words;
    let body = html! {
        section.card role="status" {
            h1 { (words.say("restore-done")) }
            p { (words.say("restore-since")) }
            @if restored.has_vault { p.notice { (words.say("restore-share-again")) } }
            @if restored.starts_again {
                p { (words.say("restore-start-again")) }
            } @else {
                p { a.button href="/unlock" { (words.say("recover-go-on")) } }
            }
        }
    };
    layout::bare(words, "restore-title", &body)
}
