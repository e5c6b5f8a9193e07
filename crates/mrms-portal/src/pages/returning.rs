//! The profile that comes back, however its words came: its name and passphrase, the making of it, and what opens.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_crypto::Words as Phrase;
use mrms_crypto::age_file::Passphrase;
use mrms_crypto::trustees::{JoinError, ParseShareError};
use mrms_home::joining::Kept;
use mrms_home::recovery::Opens;
use mrms_home::{HomeError, ProfileName};
use zeroize::Zeroizing;

use crate::entrance::sessions::Visitor;
use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::opened::OpenProfile;
use crate::pages::join::{self, Then};
use crate::pages::layout::{self, token};
use crate::pages::view::Entered;
use crate::pages::{handed, welcome};
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

/// What came back.
struct Back {
    opens: Opens,
    by: By,
    /// Whom the home has joined, by their card.
    inviter: Option<String>,
    /// Whether an invitation can be taken here.
    can_join: bool,
}

/// What comes back from where, and what does not come by the words.
fn what_is_back(words: &Words, back: &Back) -> Markup {
    let has_records = back.opens.records > 0;
    let people = match &back.inviter {
        Some(name) => words.with("recover-people-inviter", &[("name", name.into())]),
        None => words.say("recover-people"),
    };
    let rows = [
        ("recover-what-account", words.say("recover-account")),
        (
            "recover-what-records",
            words.say(if has_records { "recover-records" } else { "recover-records-not-yet" }),
        ),
        ("recover-what-people", people),
        ("recover-what-own", words.say("recover-own")),
        ("recover-what-links", words.say("recover-links")),
    ];
    html! {
        h2 { (words.say("recover-what")) }
        dl.facts {
            @for (what, said) in rows { div { dt { (words.say(what)) } dd { (said) } } }
        }
    }
}

fn back(words: &Words, visitor: &Visitor, back: &Back) -> Markup {
    let opens = &back.opens;
    let is_found = opens.records > 0;
    let body = html! {
        section.card {
            h1 { (words.say("recover-done")) }
            div role="status" {
                @if is_found {
                    p.good {
                        (words.with("recover-opens", &[
                            ("opened", opens.opened.into()),
                            ("records", opens.records.into()),
                        ]))
                    }
                } @else {
                    p.good { (words.say("recover-right")) }
                    p { (words.with("recover-none", &[("ledger", (&opens.ledger).into())])) " " (words.say("recover-none-next")) }
                }
                @if opens.opened < opens.records && !opens.former.is_empty() {
                    p.notice { (words.say("recover-former")) }
                }
            }
            @if !is_found && back.can_join {
                h2 { (words.say("recover-join")) }
                (join::form(words, visitor, Then::Next, false))
            } @else if !is_found {
                p { a.button.second href="/settings" { (words.say("recover-ledger")) } }
            }
            (what_is_back(words, back))
            @if is_found {
                form method="post" action="/people/look" enctype="multipart/form-data" {
                    h2 { (words.say("recover-card")) }
                    (token(visitor))
                    (handed::fields(words, "people-card", "people-card-hint", ""))
                    button.second type="submit" { (words.say("people-look-button")) }
                }
            }
            // Whoever came by answers has no words on paper yet.
            p { a.button href=(if back.by == By::Words { "/" } else { "/words" }) { (words.say("recover-go-on")) } }
        }
    };
    layout::bare(words, "recover-title", &body)
}

/// Where a form leads that was sent once more: the account is back.
pub(super) fn is_back() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response()
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
    let can_join = portal.settings.overriding.is_empty();
    let came = blocking(move || {
        let home = homes.home(&name, PortalFace::with_words(phrase.to_phrase()));
        let identity = home.identity_of(&phrase).map_err(refused)?;
        let made = match home.make_profile(&phrase, identity, &passphrase, work) {
            // The button was pressed twice.
            Err(HomeError::ProfileExists { .. }) => return Ok(None),
            made => made?,
        };
        if by == By::Words {
            welcome::note(&homes, &name)?;
        }
        home.remember_joined_vaults().map_err(refused)?;
        let kept = Kept::load(home.folder())?;
        let inviter = match kept {
            None => None,
            Some(kept) => {
                let taken = kept.taken().map_err(refused)?;
                // Whom one joined is nobody's stranger. The account is back all the same.
                if let Err(error) = join::finish(&home, taken.document(), None, None) {
                    tracing::warn!(target: "mrms::portal", "whom this home joined is not among the people: {error}");
                }
                Some(taken.document().card().name.to_string())
            }
        };
        let opens = home.what_opens(&made.actor).map_err(refused)?;
        Ok(Some(Back { opens, by, inviter, can_join }))
    })
    .await?;
    let Some(came) = came else { return Ok(is_back()) };
    let open = OpenProfile { profile, phrase: shown, idle: welcome::IDLE, memory: Arc::default() };
    portal.sessions.set_open(entered.visitor.key, Some(open), mrms_files::seconds_since_boot());
    Ok(back(&entered.words, &entered.visitor, &came).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entrance::secret::Secret;
    use crate::words::Language;

    fn visitor() -> Visitor {
        let secret = Secret::generate().unwrap();
        Visitor { key: secret.hash(), token: "the-token".to_owned(), open: None, is_settled: true }
    }

    fn none() -> Back {
        let opens = Opens {
            ledger: "the ledger of Clinic North".to_owned(),
            records: 0,
            opened: 0,
            former: Vec::new(),
        };
        Back { opens, by: By::Words, inviter: None, can_join: true }
    }

    #[test]
    fn account_without_records_is_told_so_calmly_and_asked_for_the_invitation() {
        for language in Language::ALL {
            let words = Words::of(language);
            let page = back(&words, &visitor(), &none()).into_string();
            assert!(page.contains("Clinic North"), "{page}");
            assert!(!page.contains("wrong"), "right words are greeted without red: {page}");
            assert!(
                page.contains("action=\"/join/look\"") && page.contains("href=\"/\""),
                "{page}"
            );
            assert!(!page.contains(" 0 ") && !page.contains("recover-"), "{page}");
            let fixed = back(&words, &visitor(), &Back { can_join: false, ..none() }).into_string();
            assert!(fixed.contains("href=\"/settings\"") && !fixed.contains("/join"), "{fixed}");
        }
    }

    #[test]
    fn account_with_records_says_what_is_back_and_takes_a_card() {
        for language in Language::ALL {
            let words = Words::of(language);
            let former = vec!["ST000000000000000000002AMW42H".parse().unwrap()];
            let opens = Opens { records: 3, opened: 2, former, ..none().opens };
            let inviter = Some("Clinic North".to_owned());
            let some = Back { opens, by: By::Answers, inviter, can_join: true };
            let page = back(&words, &visitor(), &some).into_string();
            assert!(!page.contains("/join") && page.contains("href=\"/words\""), "{page}");
            assert!(!page.contains("wrong") && page.contains("action=\"/people/look\""), "{page}");
            assert!(page.contains("Clinic North") && !page.contains("recover-"), "{page}");
        }
    }
}
