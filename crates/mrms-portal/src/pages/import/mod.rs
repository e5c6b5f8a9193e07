//! Takes in what other systems gave: archives, discs, folders. It shows what would become of each file and whom it is about
//! before anything is written, has the person choose, and shows what became of each afterwards.
//!
//! The files lie encrypted beside the home until the person decides (`staged.rs`); what is done with each is decided by the
//! use case that the command line has, too (`mrms-app/src/import/`).

mod found;
pub(crate) mod link;
pub(crate) mod look;

use std::io::Cursor;
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::{Multipart, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use found::{Ticked, Wants};
use maud::{Markup, html};
use mrms_app::import::{How, Seen};
use mrms_app::records::write::Placement;
use mrms_crypto::content::Retention;
use serde::Deserialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::importing::{Importing, Preview, look, run};
use crate::pages::forms::{OfPage, Plain};
use crate::pages::incoming::{Incoming, Wiped, pass_on};
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::staged::Staged;
use crate::work::{Work, blocking, with_home};

/// Where files are chosen.
const PATH: &str = "/records/import";
/// Where it is shown what becomes of them.
const FOUND: &str = "/records/import/found";
/// Pieces of a file that wait to be encrypted.
const AHEAD: usize = 4;

fn form(view: &View, is_begun: bool) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("import-title")) }
        p { a href="/records/import/link" { (words.say("foreign-open")) } }
        section.card {
            p { (words.say("import-explained")) }
            @if is_begun { p { a href=(FOUND) { (words.say("import-begun")) } } }
            form method="post" action=(PATH) enctype="multipart/form-data" id="import"
                data-to=(format!("{PATH}/file?path=")) data-then=(FOUND) {
                (token(&view.visitor))
                label for="files" { (words.say("import-files")) }
                input id="files" name="file" type="file" multiple required;
                // With script alone: a form sends no folder, and nothing that is dropped.
                div id="import-more" hidden {
                    label for="folder" { (words.say("import-folder")) }
                    input id="folder" type="file" webkitdirectory multiple;
                    p.drop id="drop" { (words.say("import-drop")) }
                }
                button type="submit" { (words.say("import-button")) }
                a.button.second href="/records" { (words.say("cancel")) }
            }
            ul.progress id="import-progress" aria-live="polite" data-failed=(words.say("add-progress-failed")) {}
        }
    };
    layout::page(view, "/records", &words.say("import-title"), &body)
}

fn to(path: impl Into<String>) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path.into())]).into_response()
}

/// `GET /records/import`.
pub(crate) async fn show(view: View) -> Markup {
    let importing = view.person.memory.importing();
    let is_begun = matches!(importing, Some(Importing::Chosen(staged, _)) if staged.count() > 0);
    form(&view, is_begun)
}

/// Where files are kept that this session sends now.
fn staged(portal: &Portal, view: &View) -> Result<Arc<Staged>, PortalError> {
    let begin = || Staged::new(portal.homes.folder.root());
    view.person.memory.staged(begin).map_err(refused)
}

/// `POST /records/import`: the form without script.
pub(crate) async fn choose(
    State(portal): State<Arc<Portal>>,
    view: View,
    mut form: Multipart,
) -> Result<Response, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let (mut has_token, mut files) = (false, Vec::new());
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                view.must_have(&field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            Some("file") if has_token => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let bytes = Zeroizing::new(field.bytes().await.map_err(broke)?.to_vec());
                files.extend((!name.is_empty()).then_some((name, bytes)));
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    if files.is_empty() {
        return Err(PortalError::Form { key: "add-nothing" });
    }
    let staged = staged(&portal, &view)?;
    let take = move || {
        let mut files = files.into_iter();
        files.try_for_each(|(name, bytes)| staged.take(name, Cursor::new(Wiped(bytes))))
    };
    blocking(move || take().map_err(refused)).await?;
    Ok(to(FOUND))
}

#[derive(Deserialize)]
pub(crate) struct Sent {
    /// Where it lies in the folder that was chosen, or its name.
    path: String,
}

/// `POST /records/import/file?path=…`: one file as the body, which a script sends.
pub(crate) async fn take(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(Sent { path }): Query<Sent>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PortalError> {
    let token = headers.get("x-mrms-token").and_then(|value| value.to_str().ok());
    view.must_have(token.unwrap_or_default())?;
    let staged = staged(&portal, &view)?;
    let (pieces, inbox) = mpsc::channel(AHEAD);
    let keeping = blocking(move || staged.take(path, Incoming::new(inbox)).map_err(refused));
    let (kept, ()) = tokio::join!(keeping, pass_on(body, pieces));
    kept?;
    Ok((StatusCode::CREATED, FOUND).into_response())
}

/// `GET /records/import/found`: what is in the files and what would become of it, or what became of it.
pub(crate) async fn found(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(OfPage { page }): Query<OfPage>,
) -> Result<Response, PortalError> {
    let (staged, preview) = match view.person.memory.importing() {
        None => return Ok(to(PATH)),
        Some(Importing::Done(found)) => {
            return Ok(found::done(&view, &found, page).into_response());
        }
        Some(Importing::Chosen(staged, preview)) => (staged, preview),
    };
    let preview = match preview {
        Some(preview) => preview,
        None => {
            let files = staged.files();
            let look = move |work: &Work| look(work, &files);
            let found = with_home(&portal.homes, view.person.clone(), look).await?;
            let preview = Preview::of(Arc::new(found));
            view.person.memory.preview(&staged, preview.clone());
            preview
        }
    };
    Ok(found::chosen(&view, &preview, page, None).into_response())
}

/// `POST /records/import/write`: keeps what is ticked, and puts it on record if the person wants that now.
pub(crate) async fn write(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let ticked = Ticked::of(&pairs);
    view.must_have(ticked.token)?;
    let memory = Arc::clone(&view.person.memory);
    let Some(Importing::Chosen(staged, Some(mut preview))) = memory.importing() else {
        return Ok(to(FOUND));
    };
    // What is put on record is what was shown.
    if staged.count() != preview.found.files || !ticked.is_of(&preview) {
        return Ok(to(FOUND));
    }
    ticked.keep(&mut preview);
    memory.preview(&staged, preview.clone());
    match ticked.wants {
        Wants::Page(page) => return Ok(to(format!("{FOUND}?page={page}"))),
        Wants::Write if !preview.takes_any() => {
            let wrong = view.words.say("import-nothing-ticked");
            let page = found::chosen(&view, &preview, Some(ticked.page), Some(&wrong));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
        Wants::Write => {}
    }
    let inline_limit = portal.settings.inline_limit;
    let how = How::Write(Placement { inline_limit, retention: Retention::Permanent });
    with_home(&portal.homes, view.person.clone(), move |work| {
        let files = staged.files();
        if files.len() != preview.found.files {
            return Ok(());
        }
        work.open.fund(&work.actor)?;
        let choose = |seen: Seen<'_>| preview.leaves_out(seen.number, seen.whose);
        let found = run(work, &files, (how, &choose));
        work.open.tell_missing_copies();
        // Until all was looked at, the files stay, and what the person chose of them.
        memory.import(Some(Importing::Done(Arc::new(found?))));
        Ok(())
    })
    .await?;
    Ok(to(FOUND))
}

/// `POST /records/import/leave`: nothing of it is put on record.
pub(crate) async fn leave(view: View, Form(form): Form<Plain>) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    view.person.memory.import(None);
    Ok(to("/records"))
}
