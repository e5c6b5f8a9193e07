//! Records that were on this machine's own ledger before its home joined somebody: they are told, and brought along.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::bring::{Elsewhere, LeftThere};
use mrms_home::clock::rng;

use crate::error::{PortalError, refused};
use crate::pages::forms::{Done, Plain};
use crate::pages::layout::{self, notice, token};
use crate::pages::paging::ROWS;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// So long one request brings records along. What is left then, the next one does.
const ONE_GO: Duration = Duration::from_secs(20);

/// How many records are there and not here. Known for a visit once it was counted; `0` where it can't be told.
pub(super) fn count(work: &Work) -> usize {
    // A visit may begin before its home joins somebody.
    if !work.home.has_left_records().unwrap_or(false) {
        return 0;
    }
    work.memory.left_there(|| of_those(work, |_, left| left.len()).unwrap_or_default())
}

/// What this says of those records; of none where the machine has no ledger of its own.
fn of_those<T: Default>(
    work: &Work,
    say: impl FnOnce(Elsewhere<'_>, &[LeftThere]) -> T,
) -> Result<T, PortalError> {
    let Some(beside) = work.home.open_beside()? else { return Ok(T::default()) };
    let left = work.session().left_there(&work.actor, beside.elsewhere()).map_err(refused)?;
    Ok(say(beside.elsewhere(), &left))
}

/// The records that are told.
#[derive(Default)]
struct Told {
    /// What the first of them are called.
    names: Vec<Option<String>>,
    count: usize,
}

fn told(work: &Work) -> Result<Told, PortalError> {
    if !work.home.has_left_records()? {
        return Ok(Told::default());
    }
    of_those(work, |there, left| {
        let mut rng = rng();
        let names = left.iter().take(ROWS).map(|one| {
            let label = there.session.record_label(there.actor, one.id, one.record(), &mut rng);
            label.and_then(|label| label.name().map(str::to_owned))
        });
        Told { names: names.collect(), count: left.len() }
    })
}

/// `GET /left-there`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(done): Query<Done>,
) -> Result<Markup, PortalError> {
    let Told { names, count } = with_home(&portal.homes, view.person.clone(), told).await?;
    let words = &view.words;
    let body = html! {
        @if done.done == "brought" { (notice(&words.say("left-there-brought"))) }
        h1 { (words.say("left-there-title")) }
        section.card {
            @if names.is_empty() {
                p { (words.say("left-there-none")) }
                p.actions { a.button href="/records" { (words.say("home-records")) } }
            } @else {
                p { (words.with("left-there-explained", &[("count", count.into())])) }
                ul {
                    @for name in &names {
                        li { bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) } }
                    }
                    @if count > names.len() { li { "…" } }
                }
                form method="post" action="/left-there" {
                    (token(&view.visitor))
                    p { (words.say("left-there-what")) }
                    button type="submit" { (words.say("left-there-button")) }
                    a.button.second href="/" { (words.say("cancel")) }
                }
            }
        }
    };
    Ok(layout::page(&view, "/records", &words.say("left-there-title"), &body))
}

/// `POST /left-there`: brings them along, as many as there is time for.
pub(crate) async fn bring(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let inline_limit = portal.settings.inline_limit;
    with_home(&portal.homes, view.person.clone(), move |work| {
        let Some(beside) = work.home.open_beside()? else { return Ok(()) };
        let (session, there, begun) = (work.session(), beside.elsewhere(), Instant::now());
        let left = session.left_there(&work.actor, there).map_err(refused)?;
        work.open.fund(&work.actor)?;
        let (mut brought, mut more) = (Ok(()), left.len());
        for one in left {
            if let Err(error) = session.bring(&work.actor, there, &one, inline_limit, &mut rng()) {
                brought = Err(refused(error));
                break;
            }
            more -= 1;
            if begun.elapsed() > ONE_GO {
                break;
            }
        }
        if more == 0 {
            work.home.has_brought_all()?;
        }
        work.memory.forget_left_there();
        work.open.tell_missing_copies();
        brought
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/left-there?done=brought")]).into_response())
}
