//! Brings a profile back: from its 24 words, or from what enough trustees answered.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::Words as Phrase;
use mrms_crypto::trustees::{self, JoinError, ParseShareError, Share};
use mrms_crypto::words::WordsError;
use mrms_home::ProfileName;
use mrms_home::recovery::Opens;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::opened::OpenProfile;
use crate::pages::layout::{self, token};
use crate::pages::unlock::profiles;
use crate::pages::view::{Entered, must_have};
use crate::pages::welcome;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

#[derive(Deserialize)]
pub(crate) struct Returning {
    token: String,
    /// The words, or the shares.
    given: Zeroizing<String>,
    passphrase: Zeroizing<String>,
    again: Zeroizing<String>,
    /// The new profile's name, in a home that has others.
    #[serde(default)]
    name: String,
}

/// The page. After an error it says what is wrong, and has what was pasted again, and the name; the passphrases are
/// typed again.
fn page(entered: &Entered, has_profiles: bool, after: Option<(&str, &Returning)>) -> Markup {
    let words = &entered.words;
    let wrong = after.map(|(wrong, _)| wrong);
    let (given, name) =
        after.map_or(("", ""), |(_, typed)| (typed.given.as_str(), typed.name.as_str()));
    let body = html! {
        section.card {
            h1 { (words.say("recover-title")) }
            p { (words.say("recover-explained")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            form method="post" action="/recover" autocomplete="off" {
                (token(&entered.visitor))
                label for="given" { (words.say("recover-given")) }
                textarea id="given" name="given" rows="8" required spellcheck="false" autocapitalize="none"
                    aria-describedby="given-hint" { "\n" (given) }
                p.hint id="given-hint" { (words.say("recover-given-hint")) }
                (welcome::new_passphrase(words))
                @if has_profiles {
                    label for="name" { (words.say("recover-name")) }
                    input id="name" name="name" type="text" value=(name) required pattern="[a-z0-9][a-z0-9\\-]*" maxlength="32"
                        autocapitalize="none" spellcheck="false" aria-describedby="name-hint";
                    p.hint id="name-hint" { (words.say("recover-name-hint")) }
                }
                button type="submit" { (words.say("recover-button")) }
            }
        }
    };
    layout::bare(words, "recover-title", &body)
}

/// `GET /recover`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
) -> Result<Markup, PortalError> {
    Ok(page(&entered, !profiles(&portal).await?.is_empty(), None))
}

fn has_shares(given: &str) -> bool {
    given.contains("mrms-share-")
}

/// The words in what was given. `Err` is a sentence of what is wrong with it.
fn words_of(given: &str, words: &Words) -> Result<Phrase, String> {
    let place = |key: &str, number: usize| words.with(key, &[("number", number.into())]);
    if !has_shares(given) {
        return Phrase::parse_noted(given).map_err(|error| match error {
            WordsError::Count { count } => {
                words.with("recover-wrong-count", &[("count", count.into())])
            }
            WordsError::NotInList { position } => place("recover-wrong-word", position),
            _ => words.say("recover-wrong-words"),
        });
    }
    let shares = Share::parse_all(given).map_err(|error| match error {
        ParseShareError::Mistyped { position } => place("recover-share-mistyped", position),
        _ => words.say("recover-no-share"),
    })?;
    trustees::join(&shares).map_err(|error| match error {
        JoinError::TooFew { needed, found } => {
            let places = [("needed", usize::from(needed).into()), ("found", found.into())];
            words.with("recover-too-few", &places)
        }
        JoinError::OtherSet { number } => place("recover-other-set", number.into()),
        JoinError::Twice { number } => place("recover-twice", number.into()),
        _ => words.say("recover-altered"),
    })
}

fn back(words: &Words, opens: &Opens, by_words: bool) -> Markup {
    let body = html! {
        section.card {
            h1 { (words.say("recover-done")) }
            p {
                (words.with("recover-opens", &[
                    ("opened", opens.opened.into()),
                    ("records", opens.records.into()),
                ]))
            }
            @if opens.records == 0 {
                p.wrong { (words.with("recover-none", &[("ledger", (&opens.ledger).into())])) }
            } @else if opens.opened < opens.records && !opens.former.is_empty() {
                p.wrong { (words.say("recover-former")) }
            }
            // Whoever came by answers has no words on paper yet.
            p { a.button href=(if by_words { "/" } else { "/words" }) { (words.say("recover-go-on")) } }
        }
    };
    layout::bare(words, "recover-title", &body)
}

/// `POST /recover`: makes the profile, opens it, and says how many of its records open.
pub(crate) async fn bring_back(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Returning>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let present = profiles(&portal).await?;
    let words = &entered.words;
    let again = |wrong: &str| {
        let page = page(&entered, !present.is_empty(), Some((wrong, &form)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let profile = match (present.is_empty(), form.name.trim().parse::<ProfileName>()) {
        (true, _) => ProfileName::standard(),
        (false, Ok(name)) if !present.contains(&name) => name,
        (false, Ok(_)) => return again(&words.say("recover-name-taken")),
        (false, Err(_)) => return again(&words.say("recover-name-hint")),
    };
    let passphrase = match welcome::chosen_passphrase(form.passphrase.clone(), &form.again) {
        Ok(passphrase) => passphrase,
        Err(key) => return again(&words.say(key)),
    };
    let phrase = match words_of(&form.given, words) {
        Ok(phrase) => phrase,
        Err(wrong) => return again(&wrong),
    };
    let (shown, by_words) = (phrase.to_phrase(), !has_shares(&form.given));
    let (homes, work, name) = (portal.homes.clone(), portal.settings.work_factor, profile.clone());
    let opens = blocking(move || {
        let home = homes.home(&name, PortalFace::with_words(phrase.to_phrase()));
        let identity = home.identity_of(&phrase).map_err(refused)?;
        let made = home.make_profile(&phrase, identity, &passphrase, work)?;
        if by_words {
            welcome::note(&homes, &name)?;
        }
        home.remember_joined_vaults().map_err(refused)?;
        home.what_opens(&made.actor).map_err(refused)
    })
    .await?;
    let open = OpenProfile { profile, phrase: shown, idle: welcome::IDLE, memory: Arc::default() };
    portal.sessions.set_open(entered.visitor.key, Some(open), mrms_files::seconds_since_boot());
    Ok(back(words, &opens, by_words).into_response())
}

#[cfg(test)]
mod tests {
    use mrms_core::StandardPrincipal;
    use mrms_crypto::trustees::{Quorum, Threshold};
    use mrms_home::clock::rng;

    use super::*;
    use crate::words::Language;

    #[test]
    fn words_and_shares_come_back_as_people_paste_them() {
        let words = Words::of(Language::English);
        let phrase = Phrase::generate(&mut rng());
        let expected = phrase.to_phrase();
        let is_right = |given: &str| words_of(given, &words).unwrap().to_phrase() == expected;
        let numbered: String =
            (1..).zip(expected.split(' ')).map(|(at, word)| format!("{at}. {word}\r\n")).collect();
        assert!(is_right(&expected) && is_right(&numbered) && is_right(&expected.to_uppercase()));

        let owner = StandardPrincipal::new(26, [7; 20]).unwrap();
        let quorum = Quorum::new(Threshold::new(2), 3).unwrap();
        let shares = trustees::split(&phrase, &owner, quorum, &mut rng());
        let texts: Vec<_> = shares.iter().map(Share::to_text).collect();
        let text =
            |places: &[usize]| places.iter().map(|at| texts[*at].as_str()).collect::<String>();
        assert!(is_right(&text(&[2, 0])));

        let wrong = |given: &str| words_of(given, &words).unwrap_err();
        assert_eq!(wrong(&text(&[1])), "2 answers are needed. You gave 1.");
        assert!(wrong(&text(&[1, 1])).contains("twice"), "{}", wrong(&text(&[1, 1])));
        assert!(wrong("one two three").contains("24 words"), "{}", wrong("one two three"));
        let swapped = texts[0].replace("mrms-share-1", "mrms-share-1qqqqq");
        assert!(wrong(&swapped).contains("Answer 1"), "{}", wrong(&swapped));
        for said in [wrong(&text(&[1])), wrong(&swapped)] {
            assert!(!said.contains("mrms-share"), "an error must not have a share in it");
        }
    }
}
