//! Wards: a child's profile in this home. The person acts for the child until the end of the day on which the child grows up.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::sharing::of_all::TermsOfAll;
use mrms_app::sharing::recipients::ChangedKey;
use mrms_core::{BurnClock, Powers, Principal, UnixTime};
use mrms_crypto::{IdentityIndex, Words as Phrase};
use mrms_home::ProfileName;
use mrms_home::clock::rng;
use mrms_home::wards::WardTerms;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::named::Named;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::pages::{left, welcome};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, blocking, phrase_of, with_home};

/// The furthest end of what a guardian may do, in seconds: a hundred years.
const FURTHEST: u64 = 100 * 365 * 86_400;

/// A child with a profile in this home.
pub(super) struct Row {
    profile: ProfileName,
    grows_up: UnixTime,
    has_grown_up: bool,
    /// Who took everything over.
    successor: Option<Named>,
}

pub(super) fn wards(work: &Work, clock: BurnClock) -> Result<Vec<Row>, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let mut rows = Vec::new();
    for ward in work.home.wards()? {
        let handed_over = session.handed_over(&ward.principal.into()).map_err(refused)?;
        rows.push(Row {
            grows_up: ward.terms.grows_up,
            has_grown_up: clock.height >= ward.terms.until,
            successor: handed_over.map(|it| Named::of(&work.names, &me, &it.to)),
            profile: ward.profile,
        });
    }
    Ok(rows)
}

/// The day that was said, and not the midnight after it.
fn said_day(words: &Words, end: UnixTime) -> String {
    times::day(words, UnixTime::from_seconds(end.seconds().saturating_sub(1)))
}

/// The children with a profile here.
pub(super) fn section(view: &View, now: UnixTime, rows: &[Row]) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="wards" {
            h2 id="wards" { (words.say("ward-title")) }
            @if rows.is_empty() { p { (words.say("ward-none")) } }
            @else { p { (words.say("ward-explained")) } }
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
    again: Zeroizing<String>,
}

/// The form, with what was typed before where it has to be asked again.
fn form(view: &View, again: Option<(&NewWard, &str)>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("ward-add")) }
        p { (words.say("ward-add-explained")) }
        @if let Some((_, wrong)) = again { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/family/ward" {
            (token(&view.visitor))
            label for="name" { (words.say("ward-name")) }
            input id="name" name="name" type="text" required maxlength="32" autocomplete="off"
                autocapitalize="none" spellcheck="false" aria-describedby="name-hint"
                value=[again.map(|(typed, _)| &typed.name)];
            p.hint id="name-hint" { (words.say("recover-name-hint")) }
            label for="grows_up" { (words.say("ward-day")) }
            input id="grows_up" name="grows_up" type="date" required aria-describedby="day-hint"
                value=[again.map(|(typed, _)| &typed.grows_up)];
            p.hint id="day-hint" { (words.say("ward-day-hint")) }
            (welcome::new_passphrase(words))
            button type="submit" { (words.say("ward-button")) }
            a.button.second href="/family" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &words.say("ward-add"), &body)
}

/// `GET /family/ward`.
pub(crate) async fn show(view: View) -> Markup {
    form(&view, None)
}

/// What is to be done for a child.
struct Wanted {
    name: ProfileName,
    terms: WardTerms,
    /// Whether the profile is there: an earlier try was interrupted.
    is_begun: bool,
}

fn look(work: &Work, name: &str, day: &str) -> Result<Result<Wanted, &'static str>, PortalError> {
    let Ok(name) = name.trim().parse::<ProfileName>() else { return Ok(Err("recover-name-hint")) };
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
    let words = &view.words;
    let again = |key: &str| {
        let page = form(&view, Some((&typed, &words.say(key))));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let (name, day) = (typed.name.clone(), typed.grows_up.clone());
    let wanted = with_home(&portal.homes, view.person.clone(), move |work| look(work, &name, &day));
    let Wanted { name, terms, is_begun } = match wanted.await? {
        Ok(wanted) => wanted,
        Err(key) => return again(key),
    };
    let passphrase = match welcome::chosen_passphrase(typed.passphrase.clone(), &typed.again) {
        Ok(passphrase) => passphrase,
        Err(key) => return again(key),
    };
    let phrase = match is_begun {
        // The passphrase of the first try opens it.
        true => match phrase_of(&portal.homes, name.clone(), typed.passphrase.clone()).await? {
            Some(phrase) => phrase,
            None => return again("unlock-wrong"),
        },
        false => Phrase::generate(&mut rng()).to_phrase(),
    };
    let (homes, work) = (portal.homes.clone(), portal.settings.work_factor);
    let (profile, guardian, shown) = (name.clone(), terms.guardian.clone(), phrase.clone());
    let grows_up = terms.grows_up;
    blocking(move || {
        let home = homes.home(&profile, PortalFace::with_words(phrase.clone()));
        if !is_begun {
            let parsed = Phrase::parse(&phrase).map_err(refused)?;
            home.make_profile(&parsed, IdentityIndex::FIRST, &passphrase, work)?;
        }
        home.note_ward(&terms)?;
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
        Ok(())
    })
    .await?;
    Ok(made(&view, &name, grows_up, &shown).into_response())
}

fn made(view: &View, name: &ProfileName, grows_up: UnixTime, phrase: &str) -> Markup {
    let words = &view.words;
    let title = words.with("ward-made", &[("name", name.as_str().into())]);
    let body = html! {
        section.card {
            h1 { (title) }
            p { (words.with("ward-made-explained", &[
                ("name", name.as_str().into()), ("day", (&said_day(words, grows_up)).into()),
            ])) }
            h2 { (words.say("ward-words")) }
            p { (words.say("ward-words-explained")) }
            ol.words { @for word in phrase.split(' ') { li { (word) } } }
            p { a.button href="/family" { (words.say("words-noted")) } }
        }
    };
    layout::page(view, "/family", &title, &body)
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
    }
}
