//! Shares a record, on one page: what, with whom, and for how long. Stops it again.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_core::{Principal, RecordId, Rights, UnixTime};
use mrms_home::NameError;
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// How long one can share, by the key of the words and the seconds.
const TERMS: [(&str, Option<u64>); 6] = [
    ("share-hour", Some(3_600)),
    ("share-day", Some(86_400)),
    ("share-week", Some(7 * 86_400)),
    ("share-month", Some(30 * 86_400)),
    ("share-year", Some(365 * 86_400)),
    ("share-stopped", None),
];
const USUAL: &str = "share-month";

#[derive(Clone, Deserialize)]
pub(crate) struct Terms {
    token: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    other: String,
    term: String,
    #[serde(default)]
    confirmed: String,
}

struct Known {
    name: Option<String>,
    people: Vec<(Principal, String)>,
    now: UnixTime,
}

fn known(work: &Work, id: RecordId) -> Result<Known, PortalError> {
    let session = work.session();
    let failed = |error| PortalError::refused(&error);
    let records = session.records_of(&work.actor.principal()).map_err(failed)?;
    let (_, record) = records.into_iter().find(|(one, _)| *one == id).ok_or(PortalError::NoPage)?;
    let mut rng = mrms_home::clock::rng();
    let label = session.label_of(&work.actor, id, record.version, &mut rng);
    let people = work.names.people().map(|people| people.all().to_vec()).unwrap_or_default();
    let tip = session.ledger.tip().map_err(|error| PortalError::refused(&error))?;
    Ok(Known {
        name: label.and_then(|label| label.name().map(str::to_owned)),
        people: people
            .into_iter()
            .map(|person| (person.principal.clone(), work.names.shown(&person.principal)))
            .collect(),
        now: tip.clock().now,
    })
}

fn page(view: &View, id: RecordId, known: &Known, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let name = known.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
    let body = html! {
        h1 { (words.with("share-title", &[("name", (&name).into())])) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action=(format!("/records/{id}/share")) {
            (token(&view.visitor))
            fieldset {
                legend { (words.say("share-with")) }
                @for (at, (principal, shown)) in known.people.iter().enumerate() {
                    div.choice {
                        input type="radio" name="person" id=(format!("person-{at}")) value=(principal);
                        label for=(format!("person-{at}")) { bdi { (shown) } }
                    }
                }
                label for="other" { (words.say("share-other")) }
                input id="other" name="other" type="text" spellcheck="false" autocomplete="off"
                    aria-describedby="other-hint";
                p.hint id="other-hint" { (words.say("share-other-hint")) }
            }
            fieldset {
                legend { (words.say("share-how-long")) }
                @for (key, seconds) in TERMS {
                    div.choice {
                        input type="radio" name="term" id=(key) value=(key) checked[key == USUAL] required;
                        label for=(key) {
                            (words.say(key))
                            @if let Some(seconds) = seconds {
                                @let end = UnixTime::from_seconds(known.now.seconds().saturating_add(seconds));
                                span.hint { " " (words.with("share-until", &[("end", (&times::day_and_time(words, end)).into())])) }
                            }
                        }
                    }
                }
            }
            p { (words.say("share-explained")) }
            button type="submit" { (words.say("share-button")) }
            a.button.second href=(format!("/records/{id}")) { (words.say("cancel")) }
        }
    };
    layout::page(view, "/records", &words.say("record-share"), &body)
}

/// `GET /records/{id}/share`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let known = with_home(&portal.homes, view.person.clone(), move |work| known(work, id)).await?;
    Ok(page(&view, id, &known, None))
}

/// What became of a form.
enum Outcome {
    Shared,
    /// The reader is new, and this is their key's fingerprint.
    AskAbout {
        who: String,
        fingerprint: String,
    },
    Wrong(&'static str),
}

fn grant(work: &Work, id: RecordId, terms: &Terms) -> Result<Outcome, PortalError> {
    let given = if terms.other.trim().is_empty() { &terms.person } else { &terms.other };
    if given.trim().is_empty() {
        return Ok(Outcome::Wrong("share-nobody"));
    }
    let user = match work.names.resolve(given) {
        Ok(user) => user,
        Err(NameError::Unclear { .. }) => return Ok(Outcome::Wrong("share-unclear")),
        Err(_) => return Ok(Outcome::Wrong("share-unknown")),
    };
    let Some((_, seconds)) = TERMS.into_iter().find(|(key, _)| *key == terms.term) else {
        return Ok(Outcome::Wrong("share-no-term"));
    };
    let session = work.session();
    if let Some(fingerprint) = unknown_key(work, &user)?
        && terms.confirmed != fingerprint
    {
        return Ok(Outcome::AskAbout { who: work.names.shown(&user), fingerprint });
    }
    let clock = session.ledger.tip().map_err(|error| PortalError::refused(&error))?.clock();
    let terms = GrantTerms {
        rights: Rights::READ,
        expiry: seconds.map(|seconds| clock.expiry_in(seconds)),
        sharing: Sharing::Sealed,
        changed_key: ChangedKey::Refuse,
    };
    work.open.must_be_reached_by(&user, &work.home)?;
    work.open.fund(&work.actor)?;
    let mut rng = mrms_home::clock::rng();
    let granted = session.grant(&work.actor, id, &user, terms, &mut rng);
    granted.map_err(|error| PortalError::refused(&error))?.done().ok_or(PortalError::BrokeOff)?;
    Ok(Outcome::Shared)
}

/// The fingerprint of a reader's key, if this profile never saw it and the reader is not among the person's people.
fn unknown_key(work: &Work, user: &Principal) -> Result<Option<String>, PortalError> {
    let session = work.session();
    let is_known = work.names.name_of(user).is_some()
        || session
            .profile
            .pinned()
            .map_err(|error| PortalError::refused(&error))?
            .contains_key(user);
    if is_known {
        return Ok(None);
    }
    let fingerprint =
        session.published_fingerprint(user).map_err(|error| PortalError::refused(&error))?;
    Ok(Some(fingerprint.to_string()))
}

/// `POST /records/{id}/share`.
pub(crate) async fn share(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(terms): Form<Terms>,
) -> Result<Response, PortalError> {
    view.must_have(&terms.token)?;
    let sent = terms.clone();
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let known = known(work, id)?;
        Ok((grant(work, id, &sent)?, known))
    })
    .await?;
    let words = &view.words;
    match outcome {
        Outcome::Shared => {
            let to = format!("/records/{id}?done=shared");
            Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
        }
        Outcome::Wrong(key) => {
            let page = page(&view, id, &known, Some(&words.say(key)));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Outcome::AskAbout { who, fingerprint } => {
            let body = html! {
                h1 { (words.say("share-new-title")) }
                form.card method="post" action=(format!("/records/{id}/share")) {
                    (token(&view.visitor))
                    p { (words.with("share-new-explained", &[("who", (&who).into())])) }
                    p.fingerprint { (fingerprint) }
                    input type="hidden" name="person" value=(terms.person);
                    input type="hidden" name="other" value=(terms.other);
                    input type="hidden" name="term" value=(terms.term);
                    input type="hidden" name="confirmed" value=(fingerprint);
                    button type="submit" { (words.say("share-new-button")) }
                    a.button.second href=(format!("/records/{id}")) { (words.say("cancel")) }
                }
            };
            Ok(layout::page(&view, "/records", &words.say("share-new-title"), &body)
                .into_response())
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Stopping {
    token: String,
    user: Principal,
}

/// `POST /records/{id}/stop`: ends somebody's access now.
pub(crate) async fn stop(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Stopping>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let revoked = work.session().revoke(&work.actor, id, &form.user);
        revoked
            .map_err(|error| PortalError::refused(&error))?
            .done()
            .ok_or(PortalError::BrokeOff)?;
        work.open.watch_own_vault();
        Ok(())
    })
    .await?;
    let to = format!("/records/{id}?done=stopped");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
