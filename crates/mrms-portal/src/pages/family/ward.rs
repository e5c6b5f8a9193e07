//! Wards: a child's profile in this home. The person acts for the child until the end of the day on which the child grows up.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use mrms_app::sharing::of_all::TermsOfAll;
use mrms_app::sharing::recipients::ChangedKey;
use mrms_contract::read;
use mrms_core::{BurnClock, Powers, Principal, UnixTime};
use mrms_crypto::{IdentityIndex, Words as Phrase};
use mrms_home::clock::{now, rng};
use mrms_home::keys::actor_of;
use mrms_home::wards::WardTerms;
use mrms_home::{Home, HomeSettings, ProfileName};
use mrms_people::{Invitation, SignedDocument};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::acting::called;
use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::memory::WardWords;
use crate::named::Named;
use crate::pages::forms::Plain;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::pages::{left, welcome};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, blocking, with_home};

/// The furthest end of what a guardian may do, in seconds: a hundred years.
const FURTHEST: u64 = 100 * 365 * 86_400;

/// A child with a profile in this home.
pub(super) struct Row {
    profile: ProfileName,
    grows_up: UnixTime,
    has_grown_up: bool,
    /// Whether the day is near, and the child is told so.
    is_near: bool,
    /// Who took everything over.
    successor: Option<Named>,
    /// Whether the child's words were shown to be on paper.
    has_noted: bool,
    /// The child's account, where an earlier try was interrupted: the person does not act for the child yet.
    unfinished: Option<Principal>,
}

pub(super) fn wards(work: &Work, clock: BurnClock) -> Result<Vec<Row>, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let mut rows = Vec::new();
    let mut wards = work.home.wards()?;
    // Of those of others, and of themselves, the person is no guardian.
    wards.retain(|ward| ward.terms.guardian == me || work.names.is_former(&ward.terms.guardian));
    for ward in wards {
        let child = Principal::from(ward.principal);
        let handed_over = session.handed_over(&child).map_err(refused)?;
        let has_grown_up = clock.height >= ward.terms.until;
        let is_left = handed_over.is_none() && !has_grown_up && ward.terms.guardian == me;
        let unfinished = match is_left {
            true => session.ask(&read::delegate(&child, &me)).map_err(refused)?.is_none(),
            false => false,
        };
        rows.push(Row {
            // Who took everything over has words of their own.
            has_noted: handed_over.is_some()
                || welcome::has_noted(work.home.folder(), &ward.profile),
            unfinished: unfinished.then_some(child),
            grows_up: ward.terms.grows_up,
            has_grown_up,
            is_near: ward.terms.guardian == me && ward.days_told(clock.height).is_some(),
            successor: handed_over.map(|it| called(work, &it.to)).transpose()?,
            profile: ward.profile,
        });
    }
    Ok(rows)
}

/// The day that was said, and not the midnight after it.
pub(crate) fn said_day(words: &Words, end: UnixTime) -> String {
    times::day(words, UnixTime::from_seconds(end.seconds().saturating_sub(1)))
}

/// The children with a profile here.
pub(super) fn section(view: &View, now: UnixTime, rows: &[Row], has_sponsor: bool) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="wards" {
            h2 id="wards" { (words.say("ward-title")) }
            @if rows.is_empty() { p { (words.say("ward-none")) } }
            @else if rows.iter().any(|row| row.successor.is_none() && !row.has_grown_up) {
                p { (words.say("ward-explained")) }
            }
            ul.readers {
                @for row in rows {
                    li {
                        span {
                            strong { bdi { (row.profile.as_str()) } }
                            br;
                            (words.with("ward-grows-up", &[("day", (&said_day(words, row.grows_up)).into())]))
                            " · "
                            @match &row.successor {
                                Some(who) => (words.with("ward-handed-over", &[("who", (&who.say(words)).into())])),
                                None if row.has_grown_up => (words.say("ward-grown-up")),
                                None => (left::words_left(words, now, row.grows_up)),
                            }
                            @if row.is_near && row.successor.is_none() {
                                br;
                                (words.say("ward-take-over"))
                                @if has_sponsor { " " (words.say("ward-sponsor")) }
                            }
                            @if !row.has_noted && row.unfinished.is_none() {
                                br;
                                strong { (words.say("ward-words-missing")) }
                            }
                            @if let Some(account) = &row.unfinished {
                                br;
                                strong { (words.say("ward-unfinished")) } " "
                                (words.say("ward-unfinished-account")) " " (layout::account(words, account))
                            }
                        }
                        @if row.unfinished.is_some() {
                            a.button href=(format!("/family/ward?finish={}", row.profile)) {
                                (words.with("ward-finish", &[("name", row.profile.as_str().into())]))
                            }
                        }
                    }
                }
            }
            p { a.button.second href="/family/ward" { (words.say("ward-add")) } }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct NewWard {
    token: String,
    name: String,
    grows_up: String,
    passphrase: Zeroizing<String>,
    #[serde(default)]
    again: Zeroizing<String>,
    /// The child's own invitation, where fees are paid by one.
    #[serde(default)]
    invitation: Zeroizing<String>,
    /// `yes` where an earlier try is finished.
    #[serde(default)]
    finish: String,
}

/// The form.
struct Shape {
    /// Whether a sponsor pays the fees: it may want the child's own invitation.
    has_sponsor: bool,
    /// Whether the profile is there, and is finished.
    is_finish: bool,
    name: String,
    /// As a browser's form writes it.
    grows_up: String,
}

fn form(view: &View, shape: &Shape, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let title = match shape.is_finish {
        true => words.with("ward-finish", &[("name", shape.name.as_str().into())]),
        false => words.say("ward-add"),
    };
    let body = html! {
        h1 { (title) }
        p { (words.say(if shape.is_finish { "ward-finish-explained" } else { "ward-add-explained" })) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/family/ward" {
            (token(&view.visitor))
            @if shape.is_finish {
                input type="hidden" name="name" value=(shape.name);
                input type="hidden" name="finish" value="yes";
            } @else {
                label for="name" { (words.say("ward-name")) }
                input id="name" name="name" type="text" required maxlength="32" autocomplete="off"
                    autocapitalize="none" spellcheck="false" aria-describedby="name-hint"
                    value=(shape.name);
                p.hint id="name-hint" { (words.say("recover-name-hint")) }
            }
            label for="grows_up" { (words.say("ward-day")) }
            input id="grows_up" name="grows_up" type="date" required aria-describedby="day-hint"
                value=(shape.grows_up);
            p.hint id="day-hint" { (words.say("ward-day-hint")) }
            @if shape.has_sponsor {
                label for="invitation" { (words.say("ward-invitation")) }
                textarea id="invitation" name="invitation" rows="3" spellcheck="false"
                    autocapitalize="none" autocomplete="off" aria-describedby="invitation-hint" {}
                p.hint id="invitation-hint" { (words.say("ward-invitation-hint")) }
            }
            @if shape.is_finish {
                label for="passphrase" { (words.say("ward-passphrase-before")) }
                input id="passphrase" name="passphrase" type="password" autocomplete="off" required;
                button type="submit" { (title) }
            } @else {
                (welcome::new_passphrase(words))
                button type="submit" { (words.say("ward-button")) }
            }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &title, &body)
}

/// The day that was said, as a browser's form writes it.
fn day_of_form(end: UnixTime) -> String {
    let last = i64::try_from(end.seconds().saturating_sub(1)).unwrap_or(i64::MAX);
    let said = Timestamp::from_second(last).map(|time| time.to_zoned(TimeZone::system()).date());
    said.map(|date| date.to_string()).unwrap_or_default()
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    /// The profile that an earlier try began.
    finish: Option<String>,
}

/// `GET /family/ward`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(chosen): Query<Chosen>,
) -> Result<Markup, PortalError> {
    let has_sponsor = portal.homes.settings().remote.sponsor.is_some();
    let Some(name) = chosen.finish else {
        let (name, grows_up) = (String::new(), String::new());
        return Ok(form(&view, &Shape { has_sponsor, is_finish: false, name, grows_up }, None));
    };
    let wards = with_home(&portal.homes, view.person.clone(), |work| Ok(work.home.wards()?));
    let ward = wards.await?.into_iter().find(|ward| ward.profile.as_str() == name);
    let ward = ward.ok_or(PortalError::NoPage)?;
    let shape = Shape {
        has_sponsor,
        is_finish: true,
        name: ward.profile.as_str().to_owned(),
        grows_up: day_of_form(ward.terms.grows_up),
    };
    Ok(form(&view, &shape, None))
}

/// The voucher of the child's own invitation. `Err` is the key of why the invitation is none for the child.
fn voucher_in(
    text: &str,
    settings: &HomeSettings,
) -> Result<Option<Zeroizing<String>>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let Ok(invitation) = SignedDocument::<Invitation>::from_text(text) else {
        return Err("ward-no-invitation");
    };
    let invitation = invitation.document();
    if invitation.has_expired(now()) {
        return Err("join-expired");
    }
    let pays = |url: &str| settings.remote.sponsor.as_deref() == Some(url);
    let sponsor = invitation.sponsor.as_ref().filter(|one| pays(&one.url.to_string()));
    let voucher = sponsor.and_then(|sponsor| sponsor.voucher.as_ref());
    let voucher = voucher.ok_or("ward-other-invitation")?;
    Ok(Some(Zeroizing::new(voucher.expose().to_owned())))
}

/// What is to be done for a child.
struct Wanted {
    name: ProfileName,
    terms: WardTerms,
    /// Whether the profile is there: an earlier try was interrupted.
    is_begun: bool,
}

fn look(work: &Work, name: &str, day: &str) -> Result<Result<Wanted, &'static str>, PortalError> {
    let Ok(name) = name.trim().to_lowercase().parse::<ProfileName>() else {
        return Ok(Err("recover-name-hint"));
    };
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    let Some(grows_up) = times::end_of_day(day) else { return Ok(Err("ward-no-day")) };
    if grows_up.seconds().saturating_sub(clock.now.seconds()) > FURTHEST {
        return Ok(Err("ward-no-day"));
    }
    let Some(until) = clock.expiry_at(grows_up) else { return Ok(Err("ward-day-past")) };
    let guardian = work.actor.principal();
    let wards = work.home.wards()?;
    let is_begun = wards.iter().any(|one| one.profile == name && one.terms.guardian == guardian);
    if !is_begun && work.home.folder().profiles()?.contains(&name) {
        return Ok(Err("recover-name-taken"));
    }
    Ok(Ok(Wanted { name, terms: WardTerms { guardian, grows_up, until }, is_begun }))
}

/// `POST /family/ward`: makes the child's profile, and lets the person act for the child until the day.
pub(crate) async fn add(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(typed): Form<NewWard>,
) -> Result<Response, PortalError> {
    view.must_have(&typed.token)?;
    let mut settings = portal.homes.settings();
    let shape = Shape {
        has_sponsor: settings.remote.sponsor.is_some(),
        is_finish: typed.finish == "yes",
        name: typed.name.clone(),
        grows_up: typed.grows_up.clone(),
    };
    let again = |key: &str| {
        let page = form(&view, &shape, Some(&view.words.say(key)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let (name, day) = (typed.name.clone(), typed.grows_up.clone());
    let wanted = with_home(&portal.homes, view.person.clone(), move |work| look(work, &name, &day));
    let Wanted { name, terms, is_begun } = match wanted.await? {
        Ok(wanted) => wanted,
        Err(key) => return again(key),
    };
    let voucher = match voucher_in(&typed.invitation, &settings) {
        Ok(voucher) => voucher,
        Err(key) => return again(key),
    };
    let (phrase, passphrase) = match is_begun {
        // The passphrase of the first try opens it.
        true => match portal.unlocked(&view.words, name.clone(), typed.passphrase.clone()).await? {
            Ok(phrase) => (phrase, None),
            Err((status, wrong)) => {
                return Ok((status, form(&view, &shape, Some(&wrong))).into_response());
            }
        },
        false => match welcome::chosen_passphrase(typed.passphrase.clone(), &typed.again) {
            Ok(chosen) => (Phrase::generate(&mut rng()).to_phrase(), Some(chosen)),
            Err(key) => return again(key),
        },
    };
    settings.profile = name.clone();
    let (folder, work) = (portal.homes.folder.clone(), portal.settings.work_factor);
    let (guardian, shown, grows_up) = (terms.guardian.clone(), phrase.clone(), terms.grows_up);
    let is_paid = blocking(move || {
        let face = Arc::new(PortalFace::with_words(phrase.clone()));
        // The child's account has a voucher of its own, where fees are paid by vouchers.
        if let Some(voucher) = &voucher {
            settings.remote.sponsor_voucher = voucher.parse().ok();
        }
        let home = Home::new(folder, settings, face);
        if let (true, Some(voucher)) = (is_begun, &voucher) {
            // In place of the one of the first try.
            home.keep_ward_voucher(voucher)?;
        }
        let parsed = Phrase::parse(&phrase).map_err(refused)?;
        // Before anything is made: a profile that can't let the person act helps nobody.
        let account = actor_of(&parsed, IdentityIndex::FIRST, home.network()?)?.principal;
        if !home.pays_for(&account)? {
            return Ok(Err(match voucher {
                Some(_) => "join-used",
                None => "ward-needs-invitation",
            }));
        }
        if let Some(passphrase) = passphrase {
            home.make_profile(&parsed, IdentityIndex::FIRST, &passphrase, work)?;
        }
        home.note_ward(&terms)?;
        if let Some(voucher) = &voucher {
            home.keep_ward_voucher(voucher)?;
        }
        home.remember_joined_vaults().map_err(refused)?;
        let actor = home.unlock()?;
        let open = home.open()?;
        open.fund(&actor)?;
        // The person's key is of this home: nobody has to compare it.
        let changed_key = ChangedKey::Accept;
        let terms = TermsOfAll { allows: Powers::ALL, expiry: Some(terms.until), changed_key };
        let named = open.session().name_delegate(&actor, &guardian, terms).map_err(refused)?;
        named.done().ok_or(PortalError::BrokeOff)?;
        // An earlier try may have put something on record; without records nothing has to be left.
        let records =
            open.session().records_of(&Principal::from(actor.principal)).map_err(refused)?;
        let _ = open.session().tend(&actor, &records, usize::MAX, &mut |_, _| {}, &mut rng());
        Ok(Ok(actor.principal()))
    });
    let child = match is_paid.await? {
        Ok(child) => child,
        Err(key) => return again(key),
    };
    // The child reads who looks after them by name, and nobody is asked to compare a key that was made here.
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.home.know_ward(&work.open, &work.actor, &child);
        work.home.leave_names(&work.open, &work.actor, &child);
        Ok(())
    })
    .await?;
    view.person.memory.keep_ward_words(Some(WardWords { name, grows_up, phrase: shown }));
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/family/ward/words")]).into_response())
}

/// `GET /family/ward/words`: the words of the child's profile that was just made, as often as the page is asked for, until the
/// person says that they have them on paper.
pub(crate) async fn words(view: View) -> Response {
    let Some(ward) = view.person.memory.ward_words() else { return to_family() };
    let words = &view.words;
    let name = ward.name.as_str();
    let title = words.with("ward-made", &[("name", name.into())]);
    let body = html! {
        section.card {
            h1 { (title) }
            p { (words.with("ward-made-explained", &[
                ("name", name.into()), ("day", (&said_day(words, ward.grows_up)).into()),
            ])) }
            h2 { (words.say("ward-words")) }
            p { (words.say("ward-words-explained")) }
            ol.words { @for word in ward.phrase.split(' ') { li { (word) } } }
            form method="post" action="/family/ward/words" {
                (token(&view.visitor))
                button type="submit" { (words.say("words-noted")) }
            }
        }
    };
    layout::page(&view, "/family", &title, &body).into_response()
}

/// `POST /family/ward/words`: the person has them.
pub(crate) async fn noted(view: View, Form(form): Form<Plain>) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    view.person.memory.keep_ward_words(None);
    Ok(to_family())
}

fn to_family() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/family")]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn day_that_was_said_is_told_and_not_the_midnight_after_it() {
        let words = Words::of(Language::English);
        let end = times::end_of_day("2044-05-17").unwrap();
        assert_eq!(said_day(&words, end), "17 May 2044");
        assert_eq!(day_of_form(end), "2044-05-17");
    }
}
