//! Shows a file that came, before it is put on record: in the same frames, by the same viewers, as what is on record.

use std::io::{self, Read as _, Write};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::import::Handed;
use mrms_app::records::media::{HEAD_LENGTH, media_type};
use mrms_viewers::Want;

use super::FOUND;
use crate::error::{PortalError, refused};
use crate::importing::{Importing, Row};
use crate::pages::content;
use crate::pages::layout;
use crate::pages::shown::{self, Address, Place, Source};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::blocking;

/// A file that came.
struct Came {
    file: Handed,
    media_type: &'static str,
}

impl Came {
    fn of(file: Handed) -> Result<Self, PortalError> {
        let mut head = Vec::with_capacity(HEAD_LENGTH);
        let mut content = file.content.open().map_err(refused)?;
        content.by_ref().take(HEAD_LENGTH as u64).read_to_end(&mut head).map_err(refused)?;
        let media_type = media_type(&head, &file.path);
        Ok(Self { file, media_type })
    }
}

impl Source for Came {
    fn media_type(&self) -> &str {
        self.media_type
    }

    fn length(&self) -> u64 {
        self.file.length
    }

    fn file_name(&self) -> String {
        self.file.path.rsplit('/').next().unwrap_or_default().to_owned()
    }

    fn write_to(&self, out: &mut (dyn Write + Send)) -> Result<(), PortalError> {
        let mut content = self.file.content.open().map_err(refused)?;
        io::copy(&mut content, out).map(drop).map_err(refused)
    }
}

/// Whether what was found is a file that came as it is, and no part of an archive or of a scan.
pub(super) fn is_whole_file(row: &Row) -> bool {
    row.files == 1 && !row.place.contains('›')
}

/// What was found under a number: what it is called, and its file.
fn of(view: &View, number: usize) -> Result<(String, Handed), PortalError> {
    let Some(Importing::Chosen(staged, Some(preview))) = view.person.memory.importing() else {
        return Err(PortalError::Over);
    };
    let row = preview.found.rows.iter().find(|row| row.number == number);
    let row = row.filter(|row| is_whole_file(row)).ok_or(PortalError::NoPage)?;
    // Several files may have one name: they come in the order in which they were found.
    let earlier = preview.found.rows.iter().take_while(|one| one.number != number);
    let earlier = earlier.filter(|one| one.place == row.place).count();
    let file = staged.files().into_iter().filter(|file| file.path == row.place).nth(earlier);
    let file = file.ok_or(PortalError::NoPage)?;
    let name = row.name.clone().unwrap_or_else(|| row.place.clone());
    Ok((name, file))
}

async fn came(view: &View, number: usize) -> Result<(String, Came), PortalError> {
    let (name, file) = of(view, number)?;
    Ok((name, blocking(move || Came::of(file)).await?))
}

/// `GET /records/import/found/{number}`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<usize>,
    Query(place): Query<Place>,
) -> Result<Markup, PortalError> {
    let (name, came) = came(&view, number).await?;
    let viewers = portal.settings.viewers.clone();
    let shown = blocking(move || Ok(shown::show(&viewers, Some(&came)))).await?;
    let shown = shown.settled().await;
    let words = &view.words;
    let address = Address { path: format!("{FOUND}/{number}"), version: None, place };
    let body = html! {
        div.head {
            h1 { bdi { (name) } }
            p.meta { (words.say("import-look-not-yet")) }
        }
        section.content aria-label=(words.say("record-content")) {
            (shown::frame(words, &address, &shown, &name))
        }
        p { a.button href=(FOUND) { (words.say("import-look-back")) } }
    };
    Ok(layout::page(&view, "/records", &name, &body))
}

/// `GET /records/import/found/{number}/picture`.
pub(crate) async fn picture(
    view: View,
    Path(number): Path<usize>,
) -> Result<Response, PortalError> {
    let (_, came) = came(&view, number).await?;
    blocking(move || content::picture_page(&came)).await
}

/// `GET /records/import/found/{number}/document`.
pub(crate) async fn document(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<usize>,
) -> Result<Response, PortalError> {
    viewed(&portal, &view, number, Want::Document).await
}

/// `GET /records/import/found/{number}/page`.
pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<usize>,
    Query(place): Query<Place>,
) -> Result<Response, PortalError> {
    let want = Want::Picture { number: place.page(), window: place.window() };
    viewed(&portal, &view, number, want).await
}

async fn viewed(
    portal: &Portal,
    view: &View,
    number: usize,
    want: Want,
) -> Result<Response, PortalError> {
    let (name, came) = came(view, number).await?;
    let viewers = portal.settings.viewers.clone();
    let viewing = blocking(move || shown::looking(&viewers, &came, want)).await?;
    content::answered(&view.words, viewing, &name).await
}

/// `GET /records/import/found/{number}/file`.
pub(crate) async fn file(view: View, Path(number): Path<usize>) -> Result<Response, PortalError> {
    let (_, came) = came(&view, number).await?;
    let (name, length) = (came.file_name(), came.length());
    Ok(content::download(&name, length, move |out| came.write_to(out)))
}
