//! Brings a profile back: from its 24 words, or from what enough trustees answered. Answers that come in over days are
//! collected by `answers`.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::Words as Phrase;
use mrms_crypto::trustees::{self, Share, sealed};
use mrms_crypto::words::WordsError;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::PortalError;
use crate::pages::answers;
use crate::pages::join::{self, Then};
use crate::pages::layout::{self, token};
use crate::pages::returning::{
    By, bring_back_as, chosen, is_back, not_joined, not_read, profile_fields,
};
use crate::pages::unlock::profiles;
use crate::pages::view::{Entered, must_have};
use crate::pages::welcome::inviter;
use crate::portal::Portal;
use crate::words::Words;

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

/// Where the account's records may be, as far as the home says.
enum Place {
    /// Where the home works since it joined them.
    With(String),
    /// Nothing says it, and an invitation would.
    Unknown,
    /// Where others at this home work.
    Here,
}

impl Place {
    async fn of(portal: &Portal, has_profiles: bool) -> Result<Self, PortalError> {
        if let Some(name) = inviter(portal).await? {
            return Ok(Self::With(name));
        }
        let is_fixed = !portal.settings.overriding.is_empty();
        Ok(if has_profiles || is_fixed { Self::Here } else { Self::Unknown })
    }

    /// Where the account is looked for. An invitation comes first: with it the words find their records and the key that is
    /// in use at once.
    fn said(&self, entered: &Entered) -> Markup {
        let words = &entered.words;
        html! {
            @match self {
                Self::With(name) => p.notice { (words.with("recover-with", &[("name", name.into())])) },
                Self::Here => {},
                Self::Unknown => div {
                    h2 { (words.say("recover-where")) }
                    p { (words.say("recover-where-alone")) }
                    p { a.button.second href="/recover/backup" { (words.say("restore-link")) } }
                    p { (words.say("recover-where-explained")) }
                    (join::form(words, &entered.visitor, Then::Recover, false))
                },
            }
        }
    }
}

/// The page. `collected` is how many answers to a one-time key are here. After an error the page says what is wrong, and has
/// what was pasted again, and the name; the passphrases are typed again.
fn page(
    entered: &Entered,
    (has_profiles, place): (bool, &Place),
    collected: Option<usize>,
    after: Option<(&str, &Returning)>,
) -> Markup {
    let words = &entered.words;
    let wrong = after.map(|(wrong, _)| wrong);
    let (given, name) =
        after.map_or(("", ""), |(_, typed)| (typed.given.as_str(), typed.name.as_str()));
    let form = html! {
        p { (words.say("recover-explained")) }
        form method="post" action="/recover" autocomplete="off" {
            (token(&entered.visitor))
            label for="given" { (words.say("recover-given")) }
            textarea id="given" name="given" rows="8" required spellcheck="false" autocapitalize="none"
                aria-describedby="given-hint" { "\n" (given) }
            p.hint id="given-hint" { (words.say("recover-given-hint")) }
            (profile_fields(words, has_profiles, name))
            button type="submit" { (words.say("recover-button")) }
            a.button.second href="/unlock" { (words.say("cancel")) }
        }
    };
    let body = html! {
        section.card {
            h1 { (words.say("recover-title")) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            @if let Some(count) = collected {
                p.notice {
                    (words.with("recover-begun", &[("count", count.into())])) " "
                    a href="/recover/answers" { (words.say("recover-begun-link")) }
                }
            }
            (place.said(entered))
            @if collected.is_none() {
                p { a href="/recover/answers" { (words.say("recover-ask-link")) } }
            }
            @match place {
                // Whoever has a backup must not type the words first: a backup does not go on top of what they make.
                Place::Unknown => details open[after.is_some() || collected.is_some()] {
                    summary { (words.say("recover-words-alone")) }
                    p.notice { (words.say("recover-words-alone-explained")) }
                    (form)
                },
                Place::With(_) | Place::Here => {
                    p { a href="/recover/backup" { (words.say("restore-link")) } }
                    (form)
                },
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
    let has_profiles = !profiles(&portal).await?.is_empty();
    let place = Place::of(&portal, has_profiles).await?;
    Ok(page(&entered, (has_profiles, &place), answers::begun(&portal).await?, None))
}

fn has_shares(given: &str) -> bool {
    given.contains("mrms-share-")
}

/// The words in what was given. `Err` is a sentence of what is wrong with it.
fn words_of(given: &str, words: &Words) -> Result<Phrase, String> {
    if sealed::is_armored(given) {
        return Err(words.say("recover-sealed"));
    }
    if !has_shares(given) {
        return Phrase::parse_noted(given).map_err(|error| match error {
            WordsError::Count { count } => {
                words.with("recover-wrong-count", &[("count", count.into())])
            }
            WordsError::NotInList { position } => {
                words.with("recover-wrong-word", &[("number", position.into())])
            }
            _ => words.say("recover-wrong-words"),
        });
    }
    let shares = Share::parse_all(given).map_err(|error| not_read(words, error))?;
    trustees::join(&shares).map_err(|error| not_joined(words, error))
}

/// `POST /recover`: makes the profile, opens it, and says how many of its records open.
pub(crate) async fn bring_back(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Returning>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let present = profiles(&portal).await?;
    // Only the form of a home without a profile has no name: that profile has been made since.
    if !present.is_empty() && form.name.is_empty() {
        return Ok(is_back());
    }
    let collected = answers::begun(&portal).await?;
    let words = &entered.words;
    let place = Place::of(&portal, !present.is_empty()).await?;
    let again = |wrong: &str| {
        let of = (!present.is_empty(), &place);
        let page = page(&entered, of, collected, Some((wrong, &form)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let typed = (form.passphrase.clone(), form.again.as_str());
    let (profile, passphrase) = match chosen(words, &present, &form.name, typed) {
        Ok(chosen) => chosen,
        Err(wrong) => return again(&wrong),
    };
    let phrase = match words_of(&form.given, words) {
        Ok(phrase) => phrase,
        Err(wrong) => return again(&wrong),
    };
    let by = if has_shares(&form.given) { By::Answers } else { By::Words };
    bring_back_as(&portal, &entered, phrase, profile, passphrase, by).await
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
        let none = not_joined(&words, trustees::join(&[]).unwrap_err());
        assert!(none.starts_with("No answer is here yet"), "{none}");
        assert!(wrong(&text(&[1, 1])).contains("twice"), "{}", wrong(&text(&[1, 1])));
        let mailed = "Dear Ana,\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n";
        assert!(wrong(mailed).contains("encrypted answer"), "{}", wrong(mailed));
        assert!(wrong("one two three").contains("24 words"), "{}", wrong("one two three"));
        let swapped = texts[0].replace("mrms-share-1", "mrms-share-1qqqqq");
        assert!(wrong(&swapped).contains("Answer 1"), "{}", wrong(&swapped));
        for said in [wrong(&text(&[1])), wrong(&swapped)] {
            assert!(!said.contains("mrms-share"), "an error must not have a share in it");
        }
    }
}
