//! The profile that comes back, however its words came: its name and passphrase, the making of it, and what opens.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::Words as Phrase;
use mrms_crypto::age_file::Passphrase;
use mrms_crypto::trustees::{JoinError, ParseShareError};
use mrms_home::ProfileName;
use mrms_home::recovery::Opens;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::opened::OpenProfile;
use crate::pages::layout;
use crate::pages::view::Entered;
use crate::pages::welcome;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

/// Where the words came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// From paper, where they are still.
    Words,
    /// From what trustees answered.
    Answers,
}

/// The fields for a profile that comes back: its passphrase, and its name in a home that has others.
pub(super) fn profile_fields(words: &Words, has_profiles: bool, name: &str) -> Markup {
    html! {
        (welcome::new_passphrase(words))
        @if has_profiles {
            label for="name" { (words.say("recover-name")) }
            input id="name" name="name" type="text" value=(name) required pattern="[a-z0-9][a-z0-9\\-]*" maxlength="32"
                autocapitalize="none" spellcheck="false" aria-describedby="name-hint";
            p.hint id="name-hint" { (words.say("recover-name-hint")) }
        }
    }
}

/// The name and the passphrase that were chosen. `Err` is a sentence of what is wrong with them.
pub(super) fn chosen(
    words: &Words,
    present: &[ProfileName],
    name: &str,
    (passphrase, again): (Zeroizing<String>, &str),
) -> Result<(ProfileName, Passphrase), String> {
    let profile = match (present.is_empty(), name.trim().to_lowercase().parse::<ProfileName>()) {
        (true, _) => ProfileName::standard(),
        (false, Ok(name)) if !present.contains(&name) => name,
        (false, Ok(_)) => return Err(words.say("recover-name-taken")),
        (false, Err(_)) => return Err(words.say("recover-name-hint")),
    };
    let passphrase = welcome::chosen_passphrase(passphrase, again);
    passphrase.map(|passphrase| (profile, passphrase)).map_err(|key| words.say(key))
}

fn at(words: &Words, key: &str, number: usize) -> String {
    words.with(key, &[("number", number.into())])
}

/// Why there is no answer in a text, in a sentence.
pub(super) fn not_read(words: &Words, error: ParseShareError) -> String {
    match error {
        ParseShareError::Mistyped { position } => at(words, "recover-share-mistyped", position),
        _ => words.say("recover-no-share"),
    }
}

/// Why answers give no words back, in a sentence.
pub(super) fn not_joined(words: &Words, error: JoinError) -> String {
    match error {
        JoinError::None => words.say("answers-none-yet"),
        JoinError::TooFew { needed, found } => {
            let places = [("needed", usize::from(needed).into()), ("found", found.into())];
            words.with("recover-too-few", &places)
        }
        JoinError::OtherSet { number } => at(words, "recover-other-set", number.into()),
        JoinError::Twice { number } => at(words, "recover-twice", number.into()),
        _ => words.say("recover-altered"),
    }
}

fn back(words: &Words, opens: &Opens, by: By) -> Markup {
    let body = html! {
        section.card {
            h1 { (words.say("recover-done")) }
            @if opens.records == 0 {
                p.wrong { (words.with("recover-none", &[("ledger", (&opens.ledger).into())])) }
                p { (words.say("recover-none-next")) }
                p.actions {
                    a.button.second href="/join" { (words.say("recover-join")) }
                    a.button.second href="/settings" { (words.say("recover-ledger")) }
                }
            } @else {
                p {
                    (words.with("recover-opens", &[
                        ("opened", opens.opened.into()),
                        ("records", opens.records.into()),
                    ]))
                }
                p { (words.say("recover-not-back")) }
                @if opens.opened < opens.records && !opens.former.is_empty() {
                    p.wrong { (words.say("recover-former")) }
                }
            }
            // Whoever came by answers has no words on paper yet.
            p { a.button href=(if by == By::Words { "/" } else { "/words" }) { (words.say("recover-go-on")) } }
        }
    };
    layout::bare(words, "recover-title", &body)
}

/// Makes the profile, opens it, and says how many of its records open.
pub(super) async fn bring_back_as(
    portal: &Portal,
    entered: &Entered,
    phrase: Phrase,
    profile: ProfileName,
    passphrase: Passphrase,
    by: By,
) -> Result<Response, PortalError> {
    let shown = phrase.to_phrase();
    let (homes, work, name) = (portal.homes.clone(), portal.settings.work_factor, profile.clone());
    let opens = blocking(move || {
        let home = homes.home(&name, PortalFace::with_words(phrase.to_phrase()));
        let identity = home.identity_of(&phrase).map_err(refused)?;
        let made = home.make_profile(&phrase, identity, &passphrase, work)?;
        if by == By::Words {
            welcome::note(&homes, &name)?;
        }
        home.remember_joined_vaults().map_err(refused)?;
        home.what_opens(&made.actor).map_err(refused)
    })
    .await?;
    let open = OpenProfile { profile, phrase: shown, idle: welcome::IDLE, memory: Arc::default() };
    portal.sessions.set_open(entered.visitor.key, Some(open), mrms_files::seconds_since_boot());
    Ok(back(&entered.words, &opens, by).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn account_without_records_is_told_so_and_led_on_and_counts_nothing() {
        for language in Language::ALL {
            let words = Words::of(language);
            let none = Opens {
                ledger: "the ledger of Clinic North".to_owned(),
                records: 0,
                opened: 0,
                former: Vec::new(),
            };
            let page = back(&words, &none, By::Words).into_string();
            assert!(page.contains("Clinic North"), "{page}");
            for link in ["href=\"/join\"", "href=\"/settings\"", "href=\"/\""] {
                assert!(page.contains(link), "{language:?}: {link}");
            }
            assert!(!page.contains(" 0 "), "{page}");
            let some = Opens { records: 3, opened: 2, ..none };
            let page = back(&words, &some, By::Answers).into_string();
            assert!(!page.contains("/join") && page.contains("href=\"/words\""), "{page}");
        }
    }
}
