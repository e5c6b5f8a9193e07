//! Opens a profile with its passphrase, for as long as the person chooses.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_home::ProfileName;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::opened::OpenProfile;
use crate::pages::layout::{self, token};
use crate::pages::next;
use crate::pages::view::{Entered, must_have};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

/// After how many idle minutes a profile may be locked.
pub(crate) const MINUTES: [u64; 4] = [5, 15, 60, 480];
const USUAL_MINUTES: u64 = 15;

#[derive(Deserialize)]
pub(crate) struct Opening {
    token: String,
    profile: String,
    passphrase: Zeroizing<String>,
    minutes: u64,
    /// The page that was asked for.
    #[serde(default)]
    next: String,
}

/// What a profile is called: what its person calls themselves is sealed until it is open.
fn called(words: &Words, profile: &ProfileName) -> String {
    match *profile == ProfileName::standard() {
        true => words.with("unlock-standard", &[("name", profile.as_str().into())]),
        false => profile.to_string(),
    }
}

/// The page. `last` is the profile that stands in its box.
fn page(
    entered: &Entered,
    profiles: &[ProfileName],
    last: Option<&ProfileName>,
    (wrong, next): (Option<&str>, Option<&str>),
) -> Markup {
    let words = &entered.words;
    let body = html! {
        section.card {
            h1 { (words.say("unlock-title")) }
            @if let [only] = profiles { p { (words.say("unlock-whose")) " " strong { bdi { (called(words, only)) } } } }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            form method="post" action="/unlock" {
                (token(&entered.visitor))
                @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                @if let [only] = profiles {
                    input type="hidden" name="profile" value=(only.as_str());
                } @else {
                    label for="profile" { (words.say("unlock-profile")) }
                    select id="profile" name="profile" {
                        @for profile in profiles {
                            option value=(profile.as_str()) selected[Some(profile) == last] { (called(words, profile)) }
                        }
                    }
                }
                label for="passphrase" { (words.say("unlock-passphrase")) }
                input id="passphrase" name="passphrase" type="password" autocomplete="current-password"
                    required autofocus;
                label for="minutes" { (words.say("unlock-minutes")) }
                select id="minutes" name="minutes" {
                    @for minutes in MINUTES {
                        option value=(minutes) selected[minutes == USUAL_MINUTES] {
                            (words.with("minutes", &[("count", minutes.into())]))
                        }
                    }
                }
                button type="submit" { (words.say("unlock-button")) }
            }
            p { a href="/recover" { (words.say("recover-forgotten")) } }
            p { a href="/check" { (words.say("check-only")) } }
        }
    };
    layout::bare(words, "unlock-title", &body)
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    /// The page that was asked for.
    #[serde(default)]
    next: String,
}

/// `GET /unlock`. A home without a profile leads to a first one.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    let profiles = profiles(&portal).await?;
    if profiles.is_empty() {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/welcome")]).into_response());
    }
    let last = last_used(&portal);
    Ok(page(&entered, &profiles, last.as_ref(), (None, next::of(&asked.next))).into_response())
}

/// The profile that was opened last; before any was, the one of the settings.
fn last_used(portal: &Portal) -> Option<ProfileName> {
    portal.sessions.last_opened().or_else(|| Some(portal.homes.settings().profile))
}

pub(crate) async fn profiles(portal: &Portal) -> Result<Vec<ProfileName>, PortalError> {
    let folder = portal.homes.folder.clone();
    blocking(move || Ok(folder.profiles()?)).await
}

/// `POST /unlock`.
pub(crate) async fn unlock(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Opening>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let next = next::of(&form.next);
    let profiles = profiles(&portal).await?;
    // What was just chosen, even if the passphrase was wrong.
    let chosen = profiles.iter().find(|one| one.as_str() == form.profile);
    let again = |status: StatusCode, wrong: &str| {
        Ok((status, page(&entered, &profiles, chosen, (Some(wrong), next))).into_response())
    };
    let Some(profile) = chosen.cloned() else {
        return Err(PortalError::NoPage);
    };
    let idle = if MINUTES.contains(&form.minutes) { form.minutes } else { USUAL_MINUTES } * 60;
    let phrase = match portal.unlocked(&entered.words, profile.clone(), form.passphrase).await? {
        Ok(phrase) => phrase,
        Err((status, wrong)) => return again(status, &wrong),
    };
    let open = OpenProfile { profile, phrase, idle, memory: Arc::default() };
    portal.sessions.set_open(entered.visitor.key, Some(open), mrms_files::seconds_since_boot());
    let to = next.unwrap_or("/").to_owned();
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
