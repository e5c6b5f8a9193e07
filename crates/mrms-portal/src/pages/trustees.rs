//! Trustees: splits the 24 words among people, and answers somebody who lost theirs.
//!
//! What is split, `mrms-crypto` does. Each share leaves this page sealed to its trustee; a share in the clear is shown only
//! to the trustee who opened it, after they said that they have spoken with its owner.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{Markup, html};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_core::Principal;
use mrms_crypto::HybridRecipient;
use mrms_crypto::age_file::Identity;
use mrms_crypto::trustees::{self, Quorum, Share, Threshold, sealed};
use mrms_home::clock::rng;
use mrms_people::Person;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::handed;
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// The fewest that may be needed, and the most that may be chosen.
const FEWEST: u8 = 2;
const USUAL: u8 = 3;

/// Whom the person chose, and how many of them are needed.
#[derive(Clone, Debug, Default)]
struct Choice {
    trustees: Vec<Principal>,
    threshold: u8,
    /// The fingerprint that the person compared.
    confirmed: String,
    passphrase: Zeroizing<String>,
}

impl Choice {
    fn read(view: &View, pairs: Vec<(String, String)>) -> Result<Self, PortalError> {
        let (mut choice, mut form_token) = (Self::default(), String::new());
        for (key, value) in pairs {
            match key.as_str() {
                "token" => form_token = value,
                "trustee" => choice.trustees.extend(value.parse()),
                "threshold" => choice.threshold = value.trim().parse().unwrap_or_default(),
                "confirmed" => choice.confirmed = value,
                "passphrase" => choice.passphrase = Zeroizing::new(value),
                _ => {}
            }
        }
        view.must_have(&form_token)?;
        choice.trustees.sort();
        choice.trustees.dedup();
        Ok(choice)
    }

    fn quorum(&self) -> Option<Quorum> {
        Quorum::new(Threshold::new(self.threshold), self.trustees.len()).ok()
    }
}

fn people(work: &Work) -> Result<Vec<(Principal, Named)>, PortalError> {
    let people = work.people()?;
    let named = |person: Person| {
        let named = work.named(&person.principal);
        (person.principal, named)
    };
    Ok(people.into_iter().map(named).collect())
}

fn page(
    view: &View,
    people: &[(Principal, Named)],
    choice: &Choice,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let threshold = if choice.threshold == 0 { USUAL } else { choice.threshold };
    let body = html! {
        h1 { (words.say("trustees-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("trustees-explained")) }
        @if people.len() < usize::from(FEWEST) {
            p { (words.say("trustees-no-people")) " " a href="/people" { (words.say("people-add")) } }
        } @else {
            form.card method="post" action="/trustees/compare" {
                (token(&view.visitor))
                fieldset {
                    legend { (words.say("trustees-who")) }
                    @for (at, (principal, named)) in people.iter().enumerate() {
                        div.choice {
                            input type="checkbox" name="trustee" id=(format!("trustee-{at}")) value=(principal)
                                checked[choice.trustees.contains(principal)];
                            label for=(format!("trustee-{at}")) { bdi { (named.say(words)) } }
                        }
                    }
                }
                label for="threshold" { (words.say("trustees-threshold")) }
                input id="threshold" name="threshold" type="number" required min=(FEWEST)
                    max=(trustees::MOST_SHARES) value=(threshold) aria-describedby="threshold-hint";
                p.hint id="threshold-hint" { (words.say("trustees-threshold-hint")) }
                button type="submit" { (words.say("trustees-go-on")) }
                a.button.second href="/settings" { (words.say("cancel")) }
            }
        }
        p { a href="/trustees/answer" { (words.say("trustees-answer-link")) } }
    };
    layout::page(view, "/settings", &words.say("trustees-title"), &body)
}

/// `GET /trustees`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let people = with_home(&portal.homes, view.person.clone(), people).await?;
    Ok(page(&view, &people, &Choice::default(), None))
}

/// What is to be said before the words are split.
enum Before {
    Wrong(String),
    Compare(Doubt),
    Ready(Vec<Named>),
}

fn before(work: &Work, choice: &Choice, words: &Words) -> Result<Before, PortalError> {
    if choice.quorum().is_none() {
        return Ok(Before::Wrong(words.say("trustees-no-quorum")));
    }
    let mut named = Vec::new();
    for who in &choice.trustees {
        let name = work.named(who);
        if let Some(doubt) = keys::settle(work, who, &choice.confirmed)? {
            return Ok(Before::Compare(doubt));
        }
        match work.session().recipient_of(Some(&work.actor), who, ChangedKey::Refuse) {
            Err(error) if error.has_no_key() => {
                let who = name.say(words);
                return Ok(Before::Wrong(words.with("trustees-no-key", &[("who", (&who).into())])));
            }
            found => found.map_err(refused)?,
        };
        named.push(name);
    }
    Ok(Before::Ready(named))
}

fn ready(view: &View, choice: &Choice, named: &[Named], wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("trustees-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/trustees/split" {
            (token(&view.visitor))
            p {
                (words.with("trustees-any", &[
                    ("threshold", usize::from(choice.threshold).into()),
                    ("count", named.len().into()),
                ]))
            }
            ul { @for one in named { li { bdi { (one.say(words)) } } } }
            p.wrong { (words.say("trustees-warning")) }
            @for one in &choice.trustees { input type="hidden" name="trustee" value=(one); }
            input type="hidden" name="threshold" value=(choice.threshold);
            label for="passphrase" { (words.say("unlock-passphrase")) }
            input id="passphrase" name="passphrase" type="password" required
                autocomplete="current-password";
            button type="submit" { (words.say("trustees-button")) }
            a.button.second href="/trustees" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/settings", &words.say("trustees-title"), &body)
}

/// The answer before the words are split: a page that asks for something, or what is to be done first.
async fn asked(
    portal: &Portal,
    view: &View,
    choice: &Choice,
) -> Result<Result<Vec<Named>, Response>, PortalError> {
    let (looked, language) = (choice.clone(), view.words.language());
    let (before, people) = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok((before(work, &looked, &Words::of(language))?, people(work)?))
    })
    .await?;
    Ok(match before {
        Before::Ready(named) => Ok(named),
        Before::Wrong(wrong) => {
            let page = page(view, &people, choice, Some(&wrong));
            Err((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Before::Compare(doubt) => {
            let trustees: Vec<_> = choice.trustees.iter().map(ToString::to_string).collect();
            let threshold = choice.threshold.to_string();
            let mut fields: Vec<_> = trustees.iter().map(|one| ("trustee", one.as_str())).collect();
            fields.push(("threshold", &threshold));
            Err(keys::page(view, &doubt, "/trustees/compare", &fields).into_response())
        }
    })
}

/// `POST /trustees/compare`: who was chosen, whose keys are compared first, and the question for the passphrase.
pub(crate) async fn compare(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let choice = Choice::read(&view, pairs)?;
    Ok(match asked(&portal, &view, &choice).await? {
        Ok(named) => ready(&view, &choice, &named, None).into_response(),
        Err(page) => page,
    })
}

/// A trustee's file.
struct File {
    who: Named,
    name: String,
    bytes: Vec<u8>,
}

fn files(work: &Work, choice: &Choice) -> Result<Vec<File>, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let phrase = work.home.face().unlocked_words().ok_or(PortalError::Locked)?;
    let quorum = choice.quorum().ok_or(PortalError::Form { key: "trustees-no-quorum" })?;
    let shares = trustees::split(&phrase, &work.actor.principal, quorum, &mut rng());
    // The shares are needed in years; whether they work is tried now, with all of them.
    let joined = trustees::join(&shares).map_err(refused)?;
    if joined.to_phrase() != phrase.to_phrase() {
        return Err(PortalError::BrokeOff);
    }
    let mut keys: Vec<HybridRecipient> = Vec::new();
    let mut files = Vec::new();
    for (share, who) in shares.iter().zip(&choice.trustees) {
        let to = session.recipient_of(Some(&work.actor), who, ChangedKey::Refuse);
        let to = to.map_err(refused)?;
        if *who == me || keys.contains(&to) {
            return Err(PortalError::Form { key: "trustees-same-key" });
        }
        let bytes = sealed::seal(share, &to, &mut rng()).map_err(refused)?;
        let name = format!("share-{}-of-{}.age", share.number(), share.quorum().shares());
        files.push(File { who: work.named(who), name, bytes });
        keys.push(to);
    }
    Ok(files)
}

/// `POST /trustees/split`: the files, one for each.
pub(crate) async fn split(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let choice = Choice::read(&view, pairs)?;
    let named = match asked(&portal, &view, &choice).await? {
        Ok(named) => named,
        Err(page) => return Ok(page),
    };
    let words = &view.words;
    let profile = view.person.profile.clone();
    if let Err((status, wrong)) = portal.unlocked(words, profile, choice.passphrase.clone()).await?
    {
        return Ok((status, ready(&view, &choice, &named, Some(&wrong))).into_response());
    }
    let wanted = choice.clone();
    let files =
        with_home(&portal.homes, view.person.clone(), move |work| files(work, &wanted)).await?;
    let body = html! {
        h1 { (words.say("trustees-done")) }
        p { (words.say("trustees-give")) }
        ul.rows {
            @for File { who, name, bytes } in &files {
                li.row {
                    span.name { bdi { (who.say(words)) } }
                    // Sealed to its trustee, and in this page alone: the portal keeps none.
                    a.button.second download=(name)
                        href=(format!("data:application/octet-stream;base64,{}", BASE64.encode(bytes))) {
                        (words.with("trustees-file", &[("name", name.into())]))
                    }
                }
            }
        }
        p.wrong { (words.say("trustees-note")) }
        p { a href="/settings" { (words.say("nav-settings")) } }
    };
    Ok(layout::page(&view, "/settings", &words.say("trustees-title"), &body).into_response())
}

fn answer_page(view: &View, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("trustees-answer-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("trustees-answer-explained")) }
        form.card method="post" action="/trustees/look" enctype="multipart/form-data" {
            (token(&view.visitor))
            label for="share" { (words.say("trustees-answer-file")) }
            input id="share" name="share" type="file" required;
            button type="submit" { (words.say("trustees-answer-look")) }
        }
    };
    layout::page(view, "/people", &words.say("trustees-answer-title"), &body)
}

/// `GET /trustees/answer`.
pub(crate) async fn ask(view: View) -> Markup {
    answer_page(&view, None)
}

/// The share in a file that was sealed to this person. `Err` is the key of a sentence.
fn share_in(work: &Work, file: &[u8]) -> Result<Result<Share, &'static str>, PortalError> {
    if !sealed::is_sealed(file) {
        return Ok(Err("trustees-no-file"));
    }
    let identities = work.actor.identities().map_err(refused)?;
    let identities: Vec<_> = identities.into_iter().map(Identity::from).collect();
    let Ok(text) = sealed::open(file, &identities) else { return Ok(Err("trustees-not-yours")) };
    let Ok(mut shares) = Share::parse_all(&text) else { return Ok(Err("trustees-no-file")) };
    Ok(match (shares.pop(), shares.is_empty()) {
        (Some(share), true) => Ok(share),
        _ => Err("trustees-no-file"),
    })
}

/// What a share says of itself, which is no secret.
struct Said {
    owner: Named,
    number: u8,
    quorum: Quorum,
}

impl Said {
    fn of(work: &Work, share: &Share) -> Self {
        let owner = Principal::from(*share.owner());
        let owner = work.named(&owner);
        Self { owner, number: share.number(), quorum: share.quorum() }
    }

    fn show(&self, words: &Words) -> Markup {
        html! {
            p {
                (words.with("trustees-said", &[
                    ("who", (&self.owner.say(words)).into()),
                    ("number", usize::from(self.number).into()),
                    ("count", usize::from(self.quorum.shares()).into()),
                    ("threshold", usize::from(self.quorum.threshold()).into()),
                ]))
            }
        }
    }
}

/// The question; `again` is what is wrong with the answer, and the key that was pasted.
fn question(view: &View, said: &Said, file: &str, again: Option<(&str, &str)>) -> Markup {
    let words = &view.words;
    let typed = again.map_or("", |(_, typed)| typed);
    let body = html! {
        h1 { (words.say("trustees-answer-title")) }
        @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/trustees/give" enctype="multipart/form-data" {
            (token(&view.visitor))
            (said.show(words))
            p.wrong { (words.say("trustees-spoken")) }
            input type="hidden" name="file" value=(file);
            div.choice {
                input type="checkbox" id="spoken" name="spoken" value="yes" required;
                label for="spoken" { (words.say("trustees-spoken-yes")) }
            }
            details open[!typed.is_empty()] {
                summary { (words.say("trustees-once")) }
                (handed::fields(words, "trustees-once-key", "trustees-once-hint", typed))
            }
            button type="submit" { (words.say("trustees-show")) }
            a.button.second href="/people" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say("trustees-answer-title"), &body)
}

/// `POST /trustees/look`: says whose share a file has.
pub(crate) async fn look(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    let file = handed::file(&view.visitor, form, "share").await?;
    let file = file.filter(|file| file.len() <= sealed::MOST_BYTES).unwrap_or_default();
    let text = BASE64.encode(&file);
    let said = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok(share_in(work, &file)?.map(|share| Said::of(work, &share)))
    })
    .await?;
    Ok(match said {
        Ok(said) => question(&view, &said, &text, None).into_response(),
        Err(key) => {
            let page = answer_page(&view, Some(&view.words.say(key)));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}

/// `POST /trustees/give`: shows the answer to whoever said that they have spoken with the owner.
pub(crate) async fn give(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    let words = &view.words;
    let parts = handed::parts(&view.visitor, form).await?;
    let (shown, is_spoken) = (parts.field("file").to_owned(), parts.field("spoken") == "yes");
    let handed = handed::of(parts).await?;
    let typed = match &handed {
        Ok(handed) => handed.text.clone(),
        Err(not) => not.text.clone(),
    };
    let file = BASE64.decode(&shown).unwrap_or_default();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok(share_in(work, &file)?.map(|share| (Said::of(work, &share), share)))
    })
    .await?;
    let Ok((said, share)) = found else {
        return Err(PortalError::Form { key: "trustees-no-file" });
    };
    let again = |key: &str| {
        let page = question(&view, &said, &shown, Some((&words.say(key), &typed)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    if !is_spoken {
        return again("trustees-not-spoken");
    }
    let handed = match handed {
        Ok(handed) => handed,
        Err(not) => return again(not.key),
    };
    let has_none = handed.text.is_empty() && handed.bytes.is_none();
    let (answer, fingerprint) = match handed::key_in(&handed.text) {
        None if has_none => (share.to_text(), None),
        Some(to) => {
            let bytes = sealed::seal(&share, &to, &mut rng()).map_err(refused)?;
            (sealed::text_of(&bytes), Some(to.fingerprint().to_string()))
        }
        None => return again("trustees-once-wrong"),
    };
    let is_sealed = fingerprint.is_some();
    let body = html! {
        h1 { (words.say("trustees-answer-title")) }
        section.card {
            (said.show(words))
            @if let Some(fingerprint) = fingerprint {
                p { (words.say("trustees-once-for")) }
                p.fingerprint { (fingerprint) }
            } @else {
                p.wrong { (words.say("trustees-answer-secret")) }
            }
            label for="answer" { (words.say("trustees-answer")) }
            textarea id="answer" rows="8" readonly spellcheck="false" { (*answer) }
            @if is_sealed {
                (layout::copy(words, "answer"))
                // Encrypted to its owner: a file can go by mail.
                p { a.button.second download=(format!("answer-{}.age", said.number))
                    href=(format!("data:application/octet-stream;base64,{}", BASE64.encode(answer.as_bytes()))) {
                    (words.say("trustees-answer-save"))
                } }
            }
        }
    };
    Ok(layout::page(&view, "/people", &words.say("trustees-answer-title"), &body).into_response())
}
