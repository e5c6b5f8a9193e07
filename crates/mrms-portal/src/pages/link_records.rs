//! Chooses the records of a link.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};

use crate::error::PortalError;
use crate::pages::layout;
use crate::pages::link_host;
use crate::pages::ticks::{self, Chosen, Listed};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::with_home;

/// `listed` is `None` where no host would answer for a link.
fn page(view: &View, chosen: &Chosen, listed: Option<&Listed>, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("link-records-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("links-explained")) }
        @match listed {
            None => (link_host::missing(words, None)),
            Some(listed) => form.card method="get" action="/links/new" {
                (ticks::fields(words, chosen, listed))
                p.hint { (words.say("link-records-hint")) }
                button type="submit" formaction="/links/new/terms" { (words.say("link-records-go-on")) }
                a.button.second href="/links" { (words.say("cancel")) }
            },
        }
    };
    layout::page(view, "/people", &words.say("link-records-title"), &body)
}

/// `GET /links/new`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    again(&portal, &view, Chosen::of(&pairs), None).await
}

/// The page with what is ticked, and with what is wrong with it.
pub(super) async fn again(
    portal: &Portal,
    view: &View,
    chosen: Chosen,
    wrong: Option<&'static str>,
) -> Result<Response, PortalError> {
    let (asked, hosts) = (chosen.clone(), portal.settings.link_hosts.clone());
    let listed =
        with_home(&portal.homes, view.person.clone(), move |work| {
            match link_host::is_there(work, &hosts) {
                true => ticks::listed(work, &asked).map(Some),
                false => Ok(None),
            }
        });
    let wrong = wrong.map(|key| view.words.say(key));
    let page = page(view, &chosen, listed.await?.as_ref(), wrong.as_deref());
    let status = match wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    Ok((status, page).into_response())
}
