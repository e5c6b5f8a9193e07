//! Settings: the account, the words after the passphrase, the lock, backups, and the state of what the portal runs on.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::UnixTime;
use mrms_home::backup::noted::{Noted, noted};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::health::{Health, Part};
use crate::opened::OpenProfile;
use crate::pages::forms::Done;
use crate::pages::lacking;
use crate::pages::layout::{self, notice, token};
use crate::pages::unlock::MINUTES;
use crate::pages::view::View;
use crate::portal::{Portal, ToldBy};
use crate::times;
use crate::words::Words;
use crate::work::{Work, blocking, with_home};

/// The parts of the page, as the way through it names them.
const PARTS: [(&str, &str); 9] = [
    ("account", "settings-account"),
    ("words", "words-title"),
    ("change-passphrase", "unlock-passphrase"),
    ("lock", "settings-lock"),
    ("browsers", "settings-browsers"),
    ("backups", "backup-title"),
    ("export", "export-title"),
    ("state", "settings-state"),
    ("told", "settings-told"),
];

struct Facts {
    /// `None` while the ledger, whose network it is of, does not answer.
    principal: Option<mrms_core::Principal>,
    health: Health,
    backups: Noted,
    /// How many browsers come in by their keys.
    browsers: usize,
    /// Whether the records are on a ledger elsewhere, and not on this machine.
    is_elsewhere: bool,
}

fn facts(work: &Work) -> Result<Facts, PortalError> {
    Ok(Facts {
        principal: Some(work.actor.principal()),
        health: Health::of(work).and(lacking::look(work).parts()),
        backups: noted(work.home.folder()),
        browsers: 0,
        is_elsewhere: work.home.settings().ledger.is_some(),
    })
}

/// The same. What needs no ledger is there while that does not answer.
async fn facts_now(portal: &Portal, view: &View) -> Result<Facts, PortalError> {
    let asked = portal.browsers.clone();
    let count = move || asked.count(mrms_home::clock::now().seconds());
    // A file that can't be read lets none of them in.
    let browsers = blocking(move || Ok(count().unwrap_or(0))).await?;
    let away = match with_home(&portal.homes, view.person.clone(), facts).await {
        Err(PortalError::Away) => portal.homes.settings().ledger.unwrap_or_default(),
        found => return Ok(Facts { browsers, ..found? }),
    };
    let folder = portal.homes.folder.clone();
    let backups = blocking(move || Ok(noted(&folder))).await?;
    let ledger = Part { name: "state-ledger", place: away, trouble: Some("state-away") };
    Ok(Facts {
        principal: None,
        health: Health { parts: vec![ledger] },
        backups,
        browsers,
        is_elsewhere: true,
    })
}

fn state(view: &View, health: &Health) -> Markup {
    let words = &view.words;
    html! {
        section.card id="state" {
            h2 { (words.say("settings-state")) }
            ul.checks {
                @for Part { name, place, trouble } in &health.parts {
                    li.trouble[trouble.is_some()] {
                        strong { (words.say(name)) }
                        @if !place.is_empty() { " " code { (place) } }
                        ": "
                        @match trouble {
                            None => (words.say("state-fine")),
                            Some(key) => (words.say(key)),
                        }
                    }
                }
            }
            p.hint { (words.say("settings-doctor")) }
        }
    }
}

fn when(view: &View, time: Option<u64>) -> String {
    match time {
        Some(seconds) => times::day_and_time(&view.words, UnixTime::from_seconds(seconds)),
        None => view.words.say("backup-never"),
    }
}

fn made_line(view: &View, backups: &Noted) -> String {
    let made = backups.made_for(&view.person.profile);
    view.words.with("backup-made", &[("time", (&when(view, made)).into())])
}

/// `GET /backup/made`: when a backup was made last, in a line.
pub(crate) async fn backup_made(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<String, PortalError> {
    let folder = portal.homes.folder.clone();
    let noted = blocking(move || Ok(noted(&folder))).await?;
    Ok(made_line(&view, &noted))
}

fn backups(view: &View, backups: &Noted, is_elsewhere: bool) -> Markup {
    let words = &view.words;
    html! {
        section.card id="backups" {
            h2 { (words.say("backup-title")) }
            p { (words.say(if is_elsewhere { "backup-explained-elsewhere" } else { "backup-explained" })) }
            // A download leaves the page as it was; the script asks for this line again.
            p id="backup-made" { (made_line(view, backups)) }
            p { (words.with("backup-checked", &[("time", (&when(view, backups.checked)).into())])) }
            form method="post" action="/backup" id="backup-form" {
                (token(&view.visitor))
                button type="submit" { (words.say("backup-button")) }
            }
            p.hint { (words.say("backup-waits")) }
            form method="post" action="/backup/check" enctype="multipart/form-data" {
                (token(&view.visitor))
                label for="backup" { (words.say("backup-file")) }
                input id="backup" name="backup" type="file" required;
                button.second type="submit" { (words.say("backup-check")) }
            }
        }
    }
}

/// By which ways the person is told while no page is open.
fn told(words: &Words, by: ToldBy) -> Markup {
    let ways = [(by.desktop, "told-desktop"), (by.ntfy, "told-ntfy"), (by.webhook, "told-webhook")];
    let on: Vec<&str> = ways.into_iter().filter_map(|(is_on, key)| is_on.then_some(key)).collect();
    html! {
        section.card id="told" {
            h2 { (words.say("settings-told")) }
            p { (words.say("settings-told-explained")) }
            @if on.is_empty() { p { (words.say("told-none")) } } @else {
                p { (words.say("told-on")) }
                ul { @for key in &on { li { (words.say(key)) } } }
                p { (words.say(if by.names { "told-names" } else { "told-no-names" })) }
            }
        }
    }
}

fn page(
    view: &View,
    told_by: ToldBy,
    facts: &Facts,
    done: &str,
    shown: Option<&str>,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let body = html! {
        @match done {
            "lock" => (notice(&words.say("settings-lock-done"))),
            "browsers" => (notice(&words.say("settings-browsers-done"))),
            "checked" => (notice(&words.say("backup-check-done"))),
            _ => {}
        }
        h1 { (words.say("nav-settings")) }
        nav.chips aria-label=(words.say("settings-parts")) {
            @for (id, key) in PARTS { a href=(format!("#{id}")) { (words.say(key)) } }
        }
        section.card id="account" {
            h2 { (words.say("settings-account")) }
            @if let Some(principal) = &facts.principal { div { (layout::account(words, principal)) } }
            p { a href="/card" { (words.say("own-card-title")) } }
            p { a href="/join" { (words.say("join-title")) } }
        }
        section.card id="words" {
            h2 { (words.say("words-title")) }
            @if let Some(phrase) = shown {
                ol.words { @for word in phrase.split(' ') { li { (word) } } }
                p { (words.say("words-explained")) }
            } @else {
                @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
                p { (words.say("settings-words-explained")) }
                form method="post" action="/settings/words" {
                    (token(&view.visitor))
                    label for="passphrase" { (words.say("unlock-passphrase")) }
                    input id="passphrase" name="passphrase" type="password" required
                        autocomplete="current-password";
                    button type="submit" { (words.say("settings-words-button")) }
                }
            }
            p { (words.say("settings-trustees")) " " a href="/trustees" { (words.say("trustees-title")) } }
        }
        section.card id="change-passphrase" {
            h2 { (words.say("unlock-passphrase")) }
            p { (words.say("passphrase-explained")) }
            p { a.button.second href="/settings/passphrase" { (words.say("passphrase-title")) } }
        }
        section.card id="lock" {
            h2 { (words.say("settings-lock")) }
            form method="post" action="/settings/lock" {
                (token(&view.visitor))
                label for="minutes" { (words.say("unlock-minutes")) }
                select id="minutes" name="minutes" {
                    @for minutes in MINUTES {
                        option value=(minutes) selected[minutes * 60 == view.person.idle] {
                            (words.with("minutes", &[("count", minutes.into())]))
                        }
                    }
                }
                button.second type="submit" { (words.say("settings-lock-button")) }
            }
        }
        section.card id="browsers" {
            h2 { (words.say("settings-browsers")) }
            p { (words.say("settings-browsers-explained")) }
            p { (words.with("settings-browsers-count", &[("count", facts.browsers.into())])) }
            form method="post" action="/settings/browsers" {
                (token(&view.visitor))
                button.second type="submit" { (words.say("settings-browsers-button")) }
            }
        }
        (backups(view, &facts.backups, facts.is_elsewhere))
        section.card id="export" {
            h2 { (words.say("export-title")) }
            p { (words.say("export-explained")) }
            form method="post" action="/export" {
                (token(&view.visitor))
                button.second type="submit" { (words.say("export-button")) }
            }
        }
        (state(view, &facts.health))
        (told(words, told_by))
    };
    layout::page(view, "/settings", &words.say("nav-settings"), &body)
}

/// `GET /settings`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(Done { done }): Query<Done>,
) -> Result<Markup, PortalError> {
    let facts = facts_now(&portal, &view).await?;
    Ok(page(&view, portal.settings.told_by, &facts, &done, None, None))
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    token: String,
    passphrase: Zeroizing<String>,
}

/// `POST /settings/words`: shows the words to whoever knows the passphrase.
pub(crate) async fn words(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Asked>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let facts = facts_now(&portal, &view).await?;
    let profile = view.person.profile.clone();
    Ok(match portal.unlocked(&view.words, profile, form.passphrase).await? {
        Ok(phrase) => {
            page(&view, portal.settings.told_by, &facts, "", Some(&phrase), None).into_response()
        }
        Err((status, wrong)) => {
            (status, page(&view, portal.settings.told_by, &facts, "", None, Some(&wrong)))
                .into_response()
        }
    })
}

#[derive(Deserialize)]
pub(crate) struct Forgetting {
    token: String,
}

/// `POST /settings/browsers`: no browser comes in by its key any more, and all others are out at once.
pub(crate) async fn forget_browsers(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Forgetting>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let asked = Arc::clone(&portal);
    blocking(move || {
        let forgotten = asked.browsers.forget_all(mrms_home::clock::now().seconds());
        forgotten.map_err(|error| PortalError::refused(&error))
    })
    .await?;
    for ended in portal.sessions.end_others(view.visitor.key) {
        portal.openings.forget(ended);
    }
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/settings?done=browsers#browsers")]).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Lock {
    token: String,
    minutes: u64,
}

/// `POST /settings/lock`: locks after another time, in this session.
pub(crate) async fn lock(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(form): Form<Lock>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let minutes = MINUTES.into_iter().find(|minutes| *minutes == form.minutes);
    let idle = minutes.ok_or(PortalError::NoPage)? * 60;
    let open = OpenProfile { idle, ..view.person.clone() };
    portal.sessions.set_open(view.visitor.key, Some(open), mrms_files::seconds_since_boot());
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/settings?done=lock")]).into_response())
}
