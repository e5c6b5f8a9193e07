//! Shares a record, on one page: what, with whom, and for how long. Stops it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::profile::received::PersonName;
use mrms_app::sharing::grant::{GrantTerms, ShareError, Sharing};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::sharing::wanted::Wanted;
use mrms_contract::state::Record;
use mrms_contract::{ContractError, read};
use mrms_core::{BurnClock, BurnHeight, Lasting, Powers, Principal, RecordId, UnixTime};
use mrms_home::clock::rng;
use mrms_people::name::short;
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::beside::{Beside, Chosen as ChosenEnd};
use crate::pages::join::own_name;
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::someone::{self, Meant};
use crate::pages::typed::{Typed, no_name};
use crate::pages::unasked::{self, EndedRecord};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
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
/// The term of which the form has the day.
const DATE: &str = "share-date";

#[derive(Clone, Deserialize)]
pub(crate) struct Terms {
    token: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    other: String,
    term: String,
    /// A day, where that is the term.
    #[serde(default)]
    date: String,
    /// `amend`, `emergency`, or as it was before.
    #[serde(default)]
    allow: String,
    #[serde(default)]
    history: String,
    /// What the person wants to be called from now on, by those with whom they share.
    #[serde(default)]
    own: String,
    /// The fingerprint that the person has compared.
    #[serde(default)]
    confirmed: String,
    /// Of whom the person has read what the grant comes to.
    #[serde(default)]
    seen: String,
}

/// The first height at which a grant of this term is closed. `Err` is the key of a sentence.
pub(super) fn expiry_of(
    term: &str,
    date: &str,
    clock: BurnClock,
) -> Result<Option<BurnHeight>, &'static str> {
    if term == DATE {
        let end = times::end_of_day(date).ok_or("share-no-date")?;
        return clock.expiry_at(end).map(Some).ok_or("share-date-past");
    }
    let found = TERMS.into_iter().find(|(key, _)| *key == term);
    let (_, seconds) = found.ok_or("share-no-term")?;
    Ok(seconds.map(|seconds| clock.expiry_in(seconds)))
}

/// The choice of how long, up to `most` seconds, with what was chosen before.
pub(super) fn terms(
    words: &Words,
    clock: BurnClock,
    most: Option<u64>,
    typed: Typed<'_>,
) -> Markup {
    let fits = |seconds: Option<u64>| match (seconds, most) {
        (_, None) => true,
        (Some(seconds), Some(most)) => seconds <= most,
        (None, Some(_)) => false,
    };
    // The usual one, or else the longest that may be.
    let mut fitting = TERMS.into_iter().filter(|(_, seconds)| fits(*seconds));
    let longest = fitting.next_back().map_or("", |(key, _)| key);
    let usual = if fits(Some(30 * 86_400)) { USUAL } else { longest };
    html! {
        fieldset {
            legend { (words.say("share-how-long")) }
            @for (key, seconds) in TERMS.into_iter().filter(|(_, seconds)| fits(*seconds)) {
                div.choice {
                    input type="radio" name="term" id=(key) value=(key) required
                        checked[typed.chose("term", key, key == usual)];
                    label for=(key) {
                        (words.say(key))
                        @if let Some(seconds) = seconds {
                            // As it will be: access ends with a block.
                            span.hint { " " (real_end(words, clock, seconds)) }
                        }
                    }
                }
            }
            @if most.is_none() {
                div.choice {
                    input type="radio" name="term" id=(DATE) value=(DATE) checked[typed.chose("term", DATE, false)];
                    label for=(DATE) { (words.say("share-date")) }
                }
                input type="date" name="date" aria-label=(words.say("share-date-day")) value=[typed.get("date")];
            }
        }
    }
}

/// When access that is to last so long really ends. Ends are about ten minutes apart: where that shows in how long it is, that
/// is said, as it will be afterwards.
fn real_end(words: &Words, clock: BurnClock, seconds: u64) -> String {
    let end = clock.time_of(clock.expiry_in(seconds));
    let said = times::end(words, end);
    match Lasting::of(end.seconds().saturating_sub(clock.now.seconds())) {
        Lasting::Minutes(minutes) => {
            words.with("share-until-minutes", &[("count", minutes.into()), ("end", (&said).into())])
        }
        _ => words.with("share-until", &[("end", (&said).into())]),
    }
}

/// What those with whom the person shares will read as their name; without one, the question for it.
pub(super) fn called(words: &Words, name: Option<&str>) -> Markup {
    html! {
        @match name {
            Some(name) => p { (words.with("share-called", &[("name", name.into())])) },
            None => {
                p.wrong { (words.say("share-not-called")) }
                (own_name(words))
            },
        }
    }
}

/// What they may do; `acting` is for whom the person acts, where the records are not their own.
pub(super) fn allowed(words: &Words, typed: Typed<'_>, acting: Option<&Acting>) -> Markup {
    let emergency = acting.map_or("share-emergency", |_| "acting-share-emergency");
    // Nobody gives what they do not have.
    let amend = acting.is_none_or(|acting| acting.may(Powers::ADD));
    html! {
        label for="allow" { (words.say("share-allow")) }
        select id="allow" name="allow" {
            option value="" { (words.say("share-read")) }
            @if amend {
                option value="amend" selected[typed.chose("allow", "amend", false)] { (words.say("share-amend")) }
            }
            option value="emergency" selected[typed.chose("allow", "emergency", false)] { (words.say(emergency)) }
        }
    }
}

/// Whether they may open earlier versions.
pub(super) fn history(words: &Words, typed: Typed<'_>) -> Markup {
    html! {
        div.choice {
            input type="checkbox" id="history" name="history" value="yes"
                checked[typed.chose("history", "yes", false)];
            label for="history" { (words.say("share-history")) }
        }
    }
}

/// Whether a form names nobody.
pub(super) fn names_nobody(person: &str, other: &str) -> bool {
    person.trim().is_empty() && other.trim().is_empty()
}

/// Remembers what the person wants to be called, if they said so.
pub(super) fn call_me(work: &Work, own: &str) -> Result<Result<(), &'static str>, PortalError> {
    if own.trim().is_empty() {
        return Ok(Ok(()));
    }
    let Ok(name) = PersonName::new(own) else { return Ok(Err(no_name(own))) };
    work.session().call_me(&work.actor, name, &mut rng()).map_err(refused).map(Ok)
}

struct Known {
    name: Option<String>,
    people: Vec<(Principal, Named)>,
    /// Who can open it already, and until when.
    has: BTreeMap<Principal, Option<UnixTime>>,
    clock: BurnClock,
}

/// What is said beside somebody who has access already.
pub(super) fn has_said(words: &Words, until: Option<UnixTime>) -> String {
    match until {
        Some(end) => words.with("share-has-until", &[("end", (&times::end(words, end)).into())]),
        None => words.say("share-has"),
    }
}

fn known(work: &Work, id: RecordId) -> Result<Known, PortalError> {
    work.own_record(id)?;
    let overview = work.overview()?;
    let clock = overview.clock;
    let own = overview.own.iter().find(|own| own.id == id);
    let has = own.into_iter().flat_map(|own| own.live_readers()).map(|reader| {
        let until = reader.until(clock.height).map(|expiry| clock.time_of(expiry));
        (reader.user.clone(), until)
    });
    Ok(Known {
        name: overview.told_apart(id),
        people: someone::people(work)?,
        has: has.collect(),
        clock,
    })
}

/// Access that has an end already, and gets a later one.
pub(super) struct Extending {
    pub(super) who: String,
    pub(super) until: UnixTime,
    /// The field that has the person, and their account.
    pub(super) field: (&'static str, String),
}

impl Extending {
    /// Of whom the form is about, where they can open it until an end.
    pub(super) fn of(
        words: &Words,
        typed: Typed<'_>,
        people: &[(Principal, Named)],
        until: impl FnOnce(&Principal) -> Option<UnixTime>,
    ) -> Option<Self> {
        let fields = ["other", "person"].into_iter();
        let sent = fields.map(|name| (name, typed.text(name))).find(|(_, text)| !text.is_empty());
        let (field, account) = sent?;
        let who: Principal = account.parse().ok()?;
        let until = until(&who)?;
        let named = people.iter().find(|(one, _)| *one == who).map(|(_, named)| named.say(words));
        let who = named.unwrap_or_else(|| short(&who));
        Some(Self { who, until, field: (field, account.to_owned()) })
    }

    /// In place of the choice of whom: who it is, and the end until now.
    pub(super) fn said(&self, words: &Words) -> Markup {
        html! {
            input type="hidden" id=(self.field.0) name=(self.field.0) value=(self.field.1);
            p { (words.with("share-extend-now", &[("end", (&times::end(words, self.until)).into())])) }
        }
    }

    /// The title of the page about a record with this name.
    pub(super) fn title(&self, words: &Words, name: &str) -> String {
        words.with("share-extend-title", &[("who", (&self.who).into()), ("name", name.into())])
    }
}

fn page(
    view: &View,
    id: RecordId,
    known: &Known,
    typed: Typed<'_>,
    (wrong, beside): (Option<&str>, Option<&Beside>),
) -> Markup {
    let words = &view.words;
    let extending =
        Extending::of(words, typed, &known.people, |who| known.has.get(who).copied()?);
    let more = html! {
        p { a href="/people" { (words.say("share-by-card")) } " · "
            a href="/request/answer" { (words.say("answer-title")) } }
    };
    let name = known.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
    let body = html! {
        h1 { @match &extending {
            Some(extending) => (extending.title(words, &name)),
            None => (words.with("share-title", &[("name", (&name).into())])),
        } }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("share-what")) " " a href=(format!("/records/{id}")) { bdi { (name) } } }
        @if let Some(beside) = beside { (beside.said(words)) }
        form.card method="post" action=(format!("/records/{id}/share")) {
            (token(&view.visitor))
            @if let Some(beside) = beside { (beside.field()) }
            @let has = |who: &Principal| known.has.get(who).map(|until| has_said(words, *until));
            @match &extending {
                Some(extending) => (extending.said(words)),
                None => (someone::choice(words, "share-with", (&known.people, &has), typed, &more)),
            }
            (terms(words, known.clock, None, typed))
            details open[typed.text("history") == "yes" || !typed.text("allow").is_empty()] {
                summary { (words.say("share-more")) }
                (allowed(words, typed, None))
                (history(words, typed))
            }
            (called(words, view.person.memory.own_name().as_deref()))
            p { (words.say("share-explained")) }
            button type="submit" {
                (words.say(if extending.is_some() { "record-extend" } else { "share-button" }))
            }
            a.button.second href=(format!("/records/{id}")) { (words.say("cancel")) }
        }
    };
    let title = if extending.is_some() { "record-extend" } else { "record-share" };
    layout::page(view, "/records", &words.say(title), &body)
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    with: Option<Principal>,
}

/// `GET /records/{id}/share`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(chosen): Query<Chosen>,
) -> Result<Markup, PortalError> {
    let with = chosen.with.clone();
    let (known, beside) = with_home(&portal.homes, view.person.clone(), move |work| {
        let beside = with.map(|user| Beside::of_own(work, &user, &[id], None)).transpose()?;
        Ok((known(work, id)?, beside.flatten()))
    })
    .await?;
    let field = chosen.with.as_ref().map_or("person", |who| someone::field_of(&known.people, who));
    let chosen = chosen.with.map(|who| who.to_string()).unwrap_or_default();
    let fields = [(field, chosen.as_str())];
    Ok(page(&view, id, &known, Typed::of(&fields), (None, beside.as_ref())))
}

/// What became of a form.
enum Outcome {
    Shared,
    /// The reader's key is to be compared first.
    AskAbout(Doubt),
    /// What it comes to is to be read first.
    Tell(Beside),
    Wrong(&'static str),
}

fn share_with(work: &Work, id: RecordId, terms: &Terms) -> Result<Outcome, PortalError> {
    if names_nobody(&terms.person, &terms.other) {
        return Ok(Outcome::Wrong("share-nobody"));
    }
    let meant = match someone::meant(work, &terms.person, &terms.other)? {
        Ok(meant) => meant,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let user = meant.principal();
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    let expiry = match expiry_of(&terms.term, &terms.date, clock) {
        Ok(expiry) => expiry,
        Err(key) => return Ok(Outcome::Wrong(key)),
    };
    let chosen = ChosenEnd { expiry, term: (&terms.term, &terms.date) };
    if let Some(beside) = Beside::of_own(work, &user, &[id], Some(chosen))?
        && !beside.was_read(&terms.seen)
    {
        return Ok(Outcome::Tell(beside.called(meant.named(work))));
    }
    if let Err(key) = call_me(work, &terms.own)? {
        return Ok(Outcome::Wrong(key));
    }
    let wanted = Wanted {
        amend: terms.allow == "amend",
        emergency: terms.allow == "emergency",
        history: terms.history == "yes",
        ..Wanted::default()
    };
    grant(work, &[id], &meant, wanted, expiry, &terms.confirmed)
        .map(|asked| asked.map_or(Outcome::Shared, Outcome::AskAbout))
}

/// Grants records to one person, unless their key is to be compared first.
pub(super) fn grant(
    work: &Work,
    ids: &[RecordId],
    meant: &Meant,
    wanted: Wanted,
    expiry: Option<BurnHeight>,
    confirmed: &str,
) -> Result<Option<Doubt>, PortalError> {
    let session = work.session();
    let user = &meant.principal();
    work.open.must_be_reached_by(user, &work.home)?;
    meant.keep(work)?;
    if let Some(doubt) = keys::settle(work, user, confirmed)? {
        return Ok(Some(doubt.about(meant.named(work))));
    }
    work.open.fund(&work.actor)?;
    for id in ids {
        let live = session.live_grant(&work.actor, *id, user).map_err(refused)?;
        let rights = wanted.rights(live).map_err(refused)?;
        let (sharing, changed_key) = (Sharing::Sealed, ChangedKey::Refuse);
        let terms = GrantTerms { rights, expiry, sharing, changed_key };
        let granted = session.grant(&work.actor, *id, user, terms, &mut rng());
        granted.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    }
    // A child reads who it was whom a parent let in.
    if let Some(acting) = work.memory.acting() {
        work.home.leave_names(&work.open, &work.actor, &acting.patient);
    }
    Ok(None)
}

/// `POST /records/{id}/share`.
pub(crate) async fn share(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Terms>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let sent = form.clone();
    let (outcome, known) = with_home(&portal.homes, view.person.clone(), move |work| {
        let known = known(work, id)?;
        Ok((share_with(work, id, &sent)?, known))
    })
    .await?;
    let words = &view.words;
    let fields = [
        ("person", form.person.as_str()),
        ("other", &form.other),
        ("term", &form.term),
        ("date", &form.date),
        ("allow", &form.allow),
        ("history", &form.history),
        ("own", &form.own),
        ("seen", &form.seen),
    ];
    Ok(match outcome {
        Outcome::Shared => {
            let to = format!("/records/{id}?done=shared");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Outcome::Wrong(key) => {
            let wrong = words.say(key);
            let page = page(&view, id, &known, Typed::of(&fields), (Some(&wrong), None));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Outcome::Tell(beside) => {
            page(&view, id, &known, Typed::of(&fields), (None, Some(&beside))).into_response()
        }
        Outcome::AskAbout(doubt) => {
            let action = format!("/records/{id}/share");
            keys::page(&view, &doubt, &action, &fields).into_response()
        }
    })
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
    let user = form.user.clone();
    let homes = portal.homes.for_an_end();
    let ended = with_home(&homes, view.person.clone(), move |work| {
        // Whoever remembers to have given it ends it, whatever a node says of whose it is.
        end(work, id, &form.user, |shown| match shown {
            Some(record) if record.patient == work.actor.principal() => true,
            _ => work.session().remembers_grant(&work.actor, id, &form.user),
        })
    });
    let done = match ended.await? {
        Ended::Now => "stopped",
        Ended::Before => "stopped-before",
        Ended::Unasked(ended) => {
            return Ok(unasked::ended_record_page(&view, id, &ended).into_response());
        }
    };
    let to = format!("/records/{id}?done={done}&user={user}");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

/// How somebody's access to a record ended.
pub(super) enum Ended {
    Now,
    /// There was none any more: the second press of a button finds that it is done.
    Before,
    /// A node does not answer about the record, or hides it: it was ended without asking.
    Unasked(EndedRecord),
}

/// Ends somebody's access to a record, if it is one of those whose pages these are, by what the ledger shows of it.
pub(super) fn end(
    work: &Work,
    id: RecordId,
    user: &Principal,
    is_one_of_these: impl FnOnce(Option<&Record>) -> bool,
) -> Result<Ended, PortalError> {
    let session = work.session();
    // A ledger that does not answer keeps nothing from ending that the person named.
    if let Ok(shown) = session.ask(&read::record(id))
        && !is_one_of_these(shown.as_ref())
    {
        return Err(PortalError::NoPage);
    }
    work.tell_unremembered();
    work.open.fund(&work.actor)?;
    let ended = match session.revoke(&work.actor, id, user) {
        Err(error) if error.refusal() == Some(ContractError::NoSuchGrant) => Ended::Before,
        Err(error) if is_unasked(work, id, user, &error) => {
            Ended::Unasked(unasked::end_record(work, user, id)?)
        }
        revoked => {
            revoked.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
            Ended::Now
        }
    };
    work.open.watch_own_vault();
    Ok(ended)
}

/// Whether a revoke failed by what a node says before anything was sent: it does not answer, or knows no such record, of which
/// this profile remembers that it gave it.
fn is_unasked(work: &Work, id: RecordId, user: &Principal, error: &ShareError) -> bool {
    let is_hidden =
        matches!(error.refusal(), Some(ContractError::RecordNotFound | ContractError::NotPatient));
    matches!(error, ShareError::Ask(_))
        || is_hidden && work.session().remembers_grant(&work.actor, id, user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::left;
    use crate::words::Language;

    #[test]
    fn length_that_is_offered_is_the_one_that_is_left_afterwards() {
        let began = UnixTime::from_seconds(1_779_969_600);
        for late in [0, 1, 300, 599] {
            let now = UnixTime::from_seconds(began.seconds() + late);
            let clock = BurnClock { height: BurnHeight::new(1_000), began, now };
            let end = clock.time_of(clock.expiry_in(3_600));
            for language in Language::ALL {
                let words = Words::of(language);
                let (offered, after) =
                    (real_end(&words, clock, 3_600), left::words_left(&words, now, end));
                let minutes: String = after.chars().filter(char::is_ascii_digit).collect();
                let is_said = offered.contains(&format!("{minutes} min"))
                    || offered.contains(&format!("{minutes} Min"));
                assert!(is_said || minutes == "1", "{late}: {offered} / {after}");
            }
        }
        let now = UnixTime::from_seconds(began.seconds() + 60);
        let clock = BurnClock { height: BurnHeight::new(1_000), began, now };
        let offered = real_end(&Words::of(Language::English), clock, 3_600);
        assert!(offered.starts_with("(69 minutes, until "), "{offered}");
    }
}
