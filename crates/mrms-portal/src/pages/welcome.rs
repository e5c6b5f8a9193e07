//! The first steps: a passphrase, a profile, its 24 words shown and three of them asked back.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::profile::received::PersonName;
use mrms_crypto::age_file::Passphrase;
use mrms_crypto::{IdentityIndex, Words as Phrase};
use mrms_home::joining::Kept;
use mrms_home::{HomeError, HomeFolder, ProfileName, weak};
use rand_core::Rng as _;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::opened::OpenProfile;
use crate::pages::join;
use crate::pages::layout::{self, token};
use crate::pages::unlock::profiles;
use crate::pages::view::{Entered, View, must_have};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Homes, blocking};

/// The file of a profile whose words the person has written down.
const NOTED: &str = "words-noted";
/// How many words are asked back.
const ASKED: usize = 3;
/// Seconds after which a profile that was just made is locked.
pub(crate) const IDLE: u64 = 15 * 60;

#[derive(Deserialize)]
pub(crate) struct NewProfile {
    token: String,
    passphrase: Zeroizing<String>,
    again: Zeroizing<String>,
    /// What those with whom they share read as their name, where the home has joined somebody.
    #[serde(default)]
    own: String,
}

/// The fields of a new passphrase.
pub(crate) fn new_passphrase(words: &Words) -> Markup {
    html! {
        label for="passphrase" { (words.say("welcome-passphrase")) }
        input id="passphrase" name="passphrase" type="password" autocomplete="new-password"
            required minlength="8" aria-describedby="passphrase-hint";
        p.hint id="passphrase-hint" { (words.say("welcome-passphrase-hint")) }
        label for="again" { (words.say("welcome-again")) }
        input id="again" name="again" type="password" autocomplete="new-password" required;
    }
}

/// A new passphrase that was given twice. `Err` is the key of what is wrong with it.
pub(crate) fn chosen_passphrase(
    passphrase: Zeroizing<String>,
    again: &str,
) -> Result<Passphrase, &'static str> {
    if *passphrase != again {
        return Err("welcome-differ");
    }
    if weak::reason(&passphrase).is_some() {
        return Err("welcome-weak");
    }
    Passphrase::new(passphrase).ok_or("welcome-weak")
}

/// The field for what those with whom one shares read as one's name, with what was typed before. A mistake in the passphrase
/// takes nobody's name away.
fn own_name(words: &Words, typed: &str) -> Markup {
    html! {
        label for="own" { (words.say("join-own-name")) }
        input id="own" name="own" type="text" maxlength="64" autocomplete="name"
            aria-describedby="own-hint" value=(typed);
        p.hint id="own-hint" { (words.say("join-own-name-hint")) }
    }
}

/// What the program is, for somebody who sees it for the first time.
pub(super) fn about(words: &Words) -> Markup {
    html! { @for key in ["about-keeps", "about-shares", "about-tells"] { p { (words.say(key)) } } }
}

/// The page. `again` is what is wrong, and the name that was typed with it.
fn page(entered: &Entered, inviter: Option<&str>, again: Option<(&str, &str)>) -> Markup {
    let words = &entered.words;
    let body = html! {
        section.card {
            h1 { (words.say("welcome-title")) }
            (about(words))
            p { (words.say("welcome-explained")) }
            @match inviter {
                Some(name) => p.notice { (words.with("welcome-joined", &[("name", name.into())])) },
                None => p { a href="/join" { (words.say("welcome-invitation")) } },
            }
            p { a href="/recover" { (words.say("recover-link")) } }
            p { a href="/check" { (words.say("check-only")) } }
            @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
            form method="post" action="/welcome" {
                (token(&entered.visitor))
                (new_passphrase(words))
                @if inviter.is_some() { (own_name(words, again.map_or("", |(_, own)| own))) }
                button type="submit" { (words.say("welcome-button")) }
            }
        }
    };
    layout::bare(words, "welcome-title", &body)
}

/// Whom this home has joined, by the name on their card.
pub(crate) async fn inviter(portal: &Portal) -> Result<Option<String>, PortalError> {
    let folder = portal.homes.folder.clone();
    blocking(move || {
        let Some(kept) = Kept::load(&folder)? else { return Ok(None) };
        let taken = kept.taken().map_err(refused)?;
        Ok(Some(taken.document().card().name.to_string()))
    })
    .await
}

/// `GET /welcome`: for a home in which nobody has a profile.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
) -> Result<Response, PortalError> {
    if !profiles(&portal).await?.is_empty() {
        // Whoever comes back to this page while their profile is open finds their words.
        let to = if entered.visitor.open.is_some() { "/words" } else { "/unlock" };
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response());
    }
    Ok(page(&entered, inviter(&portal).await?.as_deref(), None).into_response())
}

/// `POST /welcome`: makes the first profile. A form that is sent once more leads to the words of the profile that was made.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<NewProfile>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let to_words = || Ok((StatusCode::SEE_OTHER, [(LOCATION, "/words")]).into_response());
    let _making = portal.making.lock().await;
    if !profiles(&portal).await?.is_empty() {
        return to_words();
    }
    let inviter = inviter(&portal).await?;
    let again = |wrong: &str| {
        let page = page(&entered, inviter.as_deref(), Some((wrong, &form.own)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let passphrase = match chosen_passphrase(form.passphrase.clone(), &form.again) {
        Ok(passphrase) => passphrase,
        Err(key) => return again(&entered.words.say(key)),
    };
    let own = PersonName::new(&form.own).ok();
    let (homes, work) = (portal.homes.clone(), portal.settings.work_factor);
    let phrase = blocking(move || {
        let phrase = Phrase::generate(&mut mrms_home::clock::rng());
        let face = PortalFace::with_words(phrase.to_phrase());
        let home = homes.home(&ProfileName::standard(), face);
        match home.make_profile(&phrase, IdentityIndex::FIRST, &passphrase, work) {
            // Somebody else of this home was faster.
            Err(HomeError::ProfileExists { .. }) => return Ok(None),
            made => made?,
        };
        if let Some(kept) = Kept::load(home.folder())? {
            home.remember_joined_vaults().map_err(refused)?;
            let taken = kept.taken().map_err(refused)?;
            join::finish(&home, taken.document(), None, own)?;
        }
        Ok(Some(phrase.to_phrase()))
    });
    let Some(phrase) = phrase.await? else { return to_words() };
    let open = OpenProfile {
        profile: ProfileName::standard(),
        phrase,
        idle: IDLE,
        memory: Arc::default(),
    };
    portal.sessions.set_open(entered.visitor.key, Some(open), mrms_files::seconds_since_boot());
    to_words()
}

/// `GET /words`: the 24 words, until the person has shown that they wrote them down. Later they are in the settings, after the
/// passphrase.
pub(crate) async fn words(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Response, PortalError> {
    if are_noted(&portal, &view) {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response());
    }
    let words = &view.words;
    let body = html! {
        section.card {
            h1 { (words.say("words-title")) }
            p { (words.say("words-explained")) }
            ol.words {
                @for word in view.person.phrase.split(' ') { li { (word) } }
            }
            p { a.button href="/words/check" { (words.say("words-noted")) } }
        }
    };
    Ok(layout::bare(words, "words-title", &body).into_response())
}

/// Whether the person has shown that they wrote the words down.
pub(crate) fn are_noted(portal: &Portal, view: &View) -> bool {
    has_noted(&portal.homes.folder, &view.person.profile)
}

/// The same of any profile.
pub(crate) fn has_noted(folder: &HomeFolder, profile: &ProfileName) -> bool {
    noted(folder, profile).exists()
}

fn noted(folder: &HomeFolder, profile: &ProfileName) -> std::path::PathBuf {
    folder.profile(profile).path().join(NOTED)
}

/// Remembers that the person has the words on paper.
pub(crate) fn note(homes: &Homes, profile: &ProfileName) -> Result<(), PortalError> {
    let written = mrms_files::write_whole(&noted(&homes.folder, profile), b"yes\n");
    written.map_err(|error| PortalError::refused(&error))
}

/// The page that asks for some words; again with those that were right, where some were not.
fn check_page(view: &View, places: &[(usize, &str)], wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        section.card {
            h1 { (words.say("words-check-title")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            p { (words.say("words-check-explained")) }
            form method="post" action="/words/check" autocomplete="off" data-keeps="nothing" {
                (token(&view.visitor))
                @for (place, right) in places {
                    @let number = place + 1;
                    label for=(format!("word-{number}")) {
                        (words.with("words-number", &[("number", number.into())]))
                    }
                    input type="hidden" name="place" value=(place);
                    input id=(format!("word-{number}")) name="word" type="text" required
                        value=[(!right.is_empty()).then_some(right)]
                        autocapitalize="none" spellcheck="false";
                }
                button type="submit" { (words.say("words-check-button")) }
                a.button.second href="/words" { (words.say("words-again")) }
            }
        }
    };
    layout::bare(words, "words-check-title", &body)
}

/// `GET /words/check`: asks for three of the words.
pub(crate) async fn ask(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Response, PortalError> {
    if are_noted(&portal, &view) {
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response());
    }
    let mut rng = mrms_home::clock::rng();
    let count = view.person.phrase.split(' ').count().max(ASKED);
    let mut places = std::collections::BTreeSet::new();
    while places.len() < ASKED {
        places.insert(usize::try_from(rng.next_u32()).unwrap_or_default() % count);
    }
    let places: Vec<_> = places.into_iter().map(|place| (place, "")).collect();
    Ok(check_page(&view, &places, None).into_response())
}

/// `POST /words/check`.
pub(crate) async fn check(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let all = |name: &str| {
        let of_it = pairs.iter().filter(|(key, _)| key == name);
        of_it.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    view.must_have(all("token").first().map_or("", String::as_str))?;
    let places: Vec<usize> = all("place").iter().filter_map(|place| place.parse().ok()).collect();
    let given: Vec<Zeroizing<String>> = all("word").into_iter().map(Zeroizing::new).collect();
    let phrase: Vec<&str> = view.person.phrase.split(' ').collect();
    let distinct: std::collections::BTreeSet<_> = places.iter().collect();
    if distinct.len() != ASKED || given.len() != ASKED {
        return Err(PortalError::Form { key: "words-wrong" });
    }
    let answers: Vec<(usize, &str)> = places
        .iter()
        .zip(&given)
        .map(|(place, word)| {
            let known = phrase.get(*place).copied().unwrap_or_default();
            let is_right = !known.is_empty() && known == word.trim().to_lowercase();
            (*place, if is_right { known } else { "" })
        })
        .collect();
    let wrong = answers.iter().filter(|(_, right)| right.is_empty());
    let wrong: Vec<String> = wrong.map(|(place, _)| (place + 1).to_string()).collect();
    if !wrong.is_empty() {
        let numbers = wrong.join(", ");
        let wrong = view.words.with("words-wrong-at", &[("numbers", (&numbers).into())]);
        let page = check_page(&view, &answers, Some(&wrong));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (homes, profile) = (portal.homes.clone(), view.person.profile.clone());
    blocking(move || note(&homes, &profile)).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response())
}
