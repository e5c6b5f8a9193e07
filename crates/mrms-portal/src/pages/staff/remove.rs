//! Removes somebody from the staff, and says first who loses what; and begins a new key where one is due.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::records::shared::SharedBounds;
use mrms_contract::{ids, read};
use mrms_core::Principal;
use mrms_home::staff::{KeyAfterwards, NewStaffKey};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::forms::Plain;
use crate::pages::layout::{self, token};
use crate::pages::staff::{PLACE, back};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// What the form says of a new key, and of the present one.
const NEW: &str = "new";
const STAYS: &str = "stays";
/// The choices, each with the keys of its words.
const KEYS: [(&str, &str, &str); 2] = [
    (NEW, "staff-remove-new", "staff-remove-new-hint"),
    (STAYS, "staff-remove-stays", "staff-remove-stays-hint"),
];

struct Facts {
    who: Named,
    /// Whether the ledger shows them as a member now.
    is_member: bool,
    /// How many records they open as a member; `None` where not all of them were looked at.
    records: Option<usize>,
    /// How many others stay.
    others: usize,
    /// Whether they see records of the organisation's own beside their membership.
    sees_own: bool,
}

fn facts(work: &Work, user: &Principal) -> Result<Facts, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let now = session.ledger.tip().map_err(refused)?.burn_height;
    let membership = session.ask(&read::member(&me, user)).map_err(refused)?;
    let staff = session.staff(&me).map_err(refused)?;
    let live = staff.members.iter().filter(|one| one.membership.is_live(now));
    let found = session.shared_with(&me, SharedBounds::USUAL).map_err(refused)?;
    let is_whole = found.older_entries == 0 && found.cut_short.is_empty();
    let open = found.records.iter().filter(|one| one.now.is_ok()).count();
    let overview = work.overview()?;
    let share = overview.shares.iter().find(|share| share.user == *user);
    let staff_record = ids::staff_record(&me);
    Ok(Facts {
        who: work.named(user),
        is_member: membership.is_some_and(|one| one.is_live(now)),
        records: is_whole.then_some(open),
        others: live.filter(|one| one.principal != *user).count(),
        sees_own: share.is_some_and(|share| {
            share.standing.is_some()
                || share.by_name().any(|record| Some(record.id) != staff_record)
        }),
    })
}

fn page(view: &View, user: &Principal, facts: &Facts, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let who = facts.who.say(words);
    let said = |key: &str| words.with(key, &[("who", (&who).into())]);
    let title = said("staff-remove-title");
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action=(format!("/staff/{user}/remove")) {
            (token(&view.visitor))
            @if facts.is_member {
                p { @match facts.records {
                    Some(count) => (words.with("staff-loses", &[("who", (&who).into()), ("count", count.into())])),
                    None => (said("staff-loses-all")),
                } }
            } @else { p { (said("staff-no-member")) } }
            ul {
                li { (words.say("staff-remove-at-once")) }
                li { (words.with("staff-remove-others", &[("count", facts.others.into())])) }
                li { (words.say("staff-saved")) }
                @if facts.sees_own {
                    li {
                        (said("staff-sees-own")) " "
                        a href=(format!("/people/{user}")) { (words.say("staff-sees-own-link")) }
                    }
                }
            }
            fieldset {
                legend { (words.say("staff-remove-key")) }
                @for (value, key, hint) in KEYS {
                    div.choice {
                        input type="radio" name="key" id=(key) value=(value) required
                            checked[value == NEW] aria-describedby=(hint);
                        label for=(key) {
                            (words.say(key)) br;
                            span.hint id=(hint) { (words.say(hint)) }
                        }
                    }
                }
            }
            button.danger type="submit" { (words.say("staff-remove-button")) }
            a.button.second href=(PLACE) { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &title, &body)
}

/// `GET /staff/{account}/remove`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(user): Path<Principal>,
) -> Result<Markup, PortalError> {
    let who = user.clone();
    let facts = with_home(&portal.homes, view.person.clone(), move |work| facts(work, &who));
    Ok(page(&view, &user, &facts.await?, None))
}

#[derive(Deserialize)]
pub(crate) struct Removing {
    token: String,
    /// [`NEW`] or [`STAYS`].
    #[serde(default)]
    key: String,
}

/// `POST /staff/{account}/remove`.
pub(crate) async fn remove(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(user): Path<Principal>,
    Form(form): Form<Removing>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let key = match form.key.as_str() {
        NEW => KeyAfterwards::New,
        STAYS => KeyAfterwards::Stays,
        _ => {
            let who = user.clone();
            let facts =
                with_home(&portal.homes, view.person.clone(), move |work| facts(work, &who));
            let page =
                page(&view, &user, &facts.await?, Some(&view.words.say("staff-remove-choose")));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let inline_limit = portal.settings.inline_limit;
    let homes = portal.homes.for_an_end();
    let to = with_home(&homes, view.person.clone(), move |work| {
        work.tell_unremembered();
        let mut actor = work.home.unlock()?;
        let removed = work.open.remove_member(&work.home, &mut actor, &user, key, inline_limit);
        let removed = removed.map_err(refused)?;
        Ok(match &removed.new_key {
            Ok(Some(new)) => back("removed", &user, &left_out(new)),
            Ok(None) => back("removed-kept", &user, &[]),
            // They get nothing any more; the page has the button that goes on.
            Err(error) => {
                tracing::warn!(target: "mrms::portal", "no new key was begun: {error}");
                back("removed-half", &user, &[])
            }
        })
    });
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to.await?)]).into_response())
}

/// The members who got no share of a new key.
fn left_out(new: &NewStaffKey) -> Vec<Principal> {
    new.kept.left_out.iter().map(|one| one.user.clone()).collect()
}

/// `GET /staff/key`: what a new key means.
pub(crate) async fn show_key(view: View) -> Markup {
    let words = &view.words;
    let title = words.say("staff-key-begin");
    let body = html! {
        h1 { (title) }
        form.card method="post" action="/staff/key" {
            (token(&view.visitor))
            p { (words.say("staff-key-due")) }
            p { (words.say("staff-remove-new-hint")) }
            button type="submit" { (words.say("staff-key-begin")) }
            a.button.second href=(PLACE) { (words.say("cancel")) }
        }
    };
    layout::page(&view, "/people", &title, &body)
}

/// `POST /staff/key`: begins a new key, where one is due.
pub(crate) async fn begin_key(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let inline_limit = portal.settings.inline_limit;
    let to = with_home(&portal.homes, view.person.clone(), move |work| {
        let me = work.actor.principal();
        // The second press of the button finds that it is done.
        if !work.session().staff(&me).map_err(refused)?.is_key_due {
            return Ok(PLACE.to_owned());
        }
        work.open.fund(&work.actor)?;
        let mut actor = work.home.unlock()?;
        let new = work.open.begin_staff_key(&work.home, &mut actor, inline_limit);
        Ok(back("key", &me, &left_out(&new.map_err(refused)?)))
    });
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to.await?)]).into_response())
}
