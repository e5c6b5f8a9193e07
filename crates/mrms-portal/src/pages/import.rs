//! Takes in what other systems gave: archives, discs, folders. It shows what would become of each file before anything is
//! written, and what became of each afterwards.
//!
//! The files lie encrypted beside the home until the person decides (`staged.rs`); what is done with each is decided by the
//! use case that the command line has, too (`mrms-app/src/import/`).

use std::io::Cursor;
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::{Multipart, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::import::{How, LeftOut};
use mrms_app::records::write::Placement;
use mrms_crypto::content::Retention;
use serde::Deserialize;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::importing::{Became, Found, Importing, Row, run};
use crate::pages::failed;
use crate::pages::incoming::{Incoming, Wiped, pass_on};
use crate::pages::layout::{self, token};
use crate::pages::paging::Page;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::staged::Staged;
use crate::words::Words;
use crate::work::{Work, blocking, with_home};

/// Where files are chosen.
const PATH: &str = "/records/import";
/// Where it is shown what becomes of them.
const FOUND: &str = "/records/import/found";
/// Pieces of a file that wait to be encrypted.
const AHEAD: usize = 4;

const fn left_out_key(why: LeftOut) -> &'static str {
    match why {
        LeftOut::Empty => "import-left-empty",
        LeftOut::Program => "import-left-program",
        LeftOut::System => "import-left-system",
        LeftOut::Style => "import-left-style",
        LeftOut::DiscIndex => "import-left-index",
        LeftOut::Locked => "import-left-locked",
        LeftOut::Packing => "import-left-packing",
        LeftOut::Bomb => "import-left-bomb",
        LeftOut::Erased => "import-left-erased",
        // Folders and links do not come from a browser.
        _ => "import-left-damaged",
    }
}

fn row(words: &Words, row: &Row, is_done: bool) -> Markup {
    let said = match &row.became {
        Became::OnRecord(_) => words.say("import-on-record"),
        Became::New => words.say("import-new"),
        Became::Known(_) => words.say("import-known"),
        Became::LeftOut(why) => {
            words.with("import-left", &[("why", (&words.say(left_out_key(*why))).into())])
        }
        Became::Failed(error) => {
            words.with("import-failed", &[("why", (&failed::sentence(error, words)).into())])
        }
    };
    let last = row.place.rsplit(['/', '›']).next().unwrap_or_default().trim();
    let inner = html! {
        span.name.short { bdi { (row.name.as_deref().unwrap_or(last)) } }
        span.meta {
            @if let Some(kind) = row.kind { (words.say(kind.key())) " · " }
            bdi { (row.place) }
        }
        span.became.wrong[matches!(row.became, Became::Failed(_))] { (said) }
    };
    // What is the same as another file of this import has its record only when that is made.
    let id = match row.became {
        Became::OnRecord(id) | Became::Known(id) if is_done => Some(id),
        _ => None,
    };
    html! {
        li.row {
            @match id {
                Some(id) => a href=(format!("/records/{id}")) { (inner) },
                None => div { (inner) },
            }
        }
    }
}

fn form(view: &View, is_begun: bool) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("import-title")) }
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

fn found_page(view: &View, found: &Found, is_done: bool, page: Option<usize>) -> Markup {
    let words = &view.words;
    let count = |is: fn(&Became) -> bool| found.rows.iter().filter(|row| is(&row.became)).count();
    let counts = [
        ("import-count-new", count(|became| matches!(became, Became::New))),
        ("import-count-on-record", count(|became| matches!(became, Became::OnRecord(_)))),
        ("import-count-known", count(|became| matches!(became, Became::Known(_)))),
        ("import-count-left", count(|became| matches!(became, Became::LeftOut(_)))),
        ("import-count-failed", count(|became| matches!(became, Became::Failed(_)))),
    ];
    let has_new = counts[0].1 > 0;
    let title = words.say(if is_done { "import-done-title" } else { "import-found-title" });
    let shown = Page::of(page, found.rows.len());
    let body = html! {
        h1 { (title) }
        section.card role="status" {
            @for (key, count) in counts.iter().filter(|(_, count)| *count > 0) {
                p { (words.with(key, &[("count", (*count).into())])) }
            }
            @if found.rows.is_empty() { p { (words.say("import-nothing")) } }
            div.actions {
                @if is_done {
                    a.button href="/records" { (words.say("home-records")) }
                } @else {
                    @if has_new {
                        form method="post" action=(format!("{PATH}/write")) {
                            (token(&view.visitor))
                            button type="submit" { (words.say("import-write")) }
                        }
                    }
                    form method="post" action=(format!("{PATH}/leave")) {
                        (token(&view.visitor))
                        button.second type="submit" { (words.say("import-leave")) }
                    }
                }
            }
        }
        ul.rows { @for one in shown.of_all(&found.rows) { (row(words, one, is_done)) } }
        (shown.links(words, FOUND, &[]))
    };
    layout::page(view, "/records", &title, &body)
}

fn to(path: &'static str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
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

#[derive(Deserialize)]
pub(crate) struct Paging {
    page: Option<usize>,
}

/// `GET /records/import/found`: what is in the files and what would become of it, or what became of it.
pub(crate) async fn found(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(Paging { page }): Query<Paging>,
) -> Result<Response, PortalError> {
    let (staged, found) = match view.person.memory.importing() {
        None => return Ok(to(PATH)),
        Some(Importing::Done(found)) => {
            return Ok(found_page(&view, &found, true, page).into_response());
        }
        Some(Importing::Chosen(staged, found)) => (staged, found),
    };
    let found = match found {
        Some(found) => found,
        None => {
            let looking = Arc::clone(&staged);
            let look = move |work: &Work| run(work, &looking, How::Preview).map(Arc::new);
            let found = with_home(&portal.homes, view.person.clone(), look).await?;
            view.person.memory.found_in(&staged, Arc::clone(&found));
            found
        }
    };
    Ok(found_page(&view, &found, false, page).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Plain {
    token: String,
}

/// `POST /records/import/write`: puts it on record.
pub(crate) async fn write(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let Some(Importing::Chosen(staged, _)) = view.person.memory.importing() else {
        return Ok(to(FOUND));
    };
    let inline_limit = portal.settings.inline_limit;
    let how = How::Write(Placement { inline_limit, retention: Retention::Permanent });
    let memory = Arc::clone(&view.person.memory);
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let found = run(work, &staged, how);
        work.open.tell_missing_copies();
        // Until all was looked at, the files stay, and what became of them is looked for again.
        memory.import(Some(Importing::Chosen(staged, None)));
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
