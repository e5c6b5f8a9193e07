//! The answers of trustees, collected over several visits: a one-time key to which they encrypt them, what came in, and the
//! account that comes back when enough is here.
//!
//! The key and the answers are in the home (`mrms_home::answers`), so that they are there again after the portal was started
//! anew. Nothing of an answer is shown.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, PreEscaped, html};
use mrms_core::Principal;
use mrms_crypto::trustees::JoinError;
use mrms_home::ProfileName;
use mrms_home::answers::{Answers, AnswersError};
use mrms_home::clock::rng;
use mrms_home::qr::code::Code;
use mrms_people::name::short;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::pages::forms::Plain;
use crate::pages::handed;
use crate::pages::layout::{self, copy, token};
use crate::pages::returning::{self, By};
use crate::pages::unlock::profiles;
use crate::pages::view::{Entered, must_have};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

const PATH: &str = "/recover/answers";
/// The longest answer, as text or as a file, in MB.
const MOST_MB: usize = 2;
/// The same in bytes.
const MOST_ANSWER: usize = MOST_MB * 1024 * 1024;

/// What is here so far.
struct Collected {
    key: String,
    fingerprint: String,
    numbers: Vec<u8>,
    /// How many there are and how many are needed, and whose words they give back.
    about: Option<(u8, u8, String)>,
    /// `None` while too few are here; else whether they fit together.
    fits: Option<bool>,
}

impl Collected {
    fn of(answers: &Answers) -> Self {
        let mut numbers: Vec<u8> = answers.numbers().collect();
        numbers.sort_unstable();
        let about = answers.quorum().zip(answers.owner());
        Self {
            key: answers.recipient().to_string(),
            fingerprint: answers.recipient().fingerprint().to_string(),
            numbers,
            about: about.map(|(quorum, owner)| {
                (quorum.shares(), quorum.threshold(), short(&Principal::from(*owner)))
            }),
            fits: match answers.words() {
                Ok(_) => Some(true),
                Err(JoinError::None | JoinError::TooFew { .. }) => None,
                Err(_) => Some(false),
            },
        }
    }
}

/// Works with what was begun. `None` where nothing was.
async fn with_answers<T: Send + 'static>(
    portal: &Portal,
    work: impl FnOnce(Answers) -> Result<T, PortalError> + Send + 'static,
) -> Result<Option<T>, PortalError> {
    let folder = portal.homes.folder.clone();
    blocking(move || Answers::load(&folder).map_err(refused)?.map(work).transpose()).await
}

/// How many answers were collected; `None` where no key was made.
pub(crate) async fn begun(portal: &Portal) -> Result<Option<usize>, PortalError> {
    with_answers(portal, |answers| Ok(answers.numbers().count())).await
}

fn page(
    entered: &Entered,
    collected: Option<&Collected>,
    has_profiles: bool,
    name: &str,
    wrong: Option<&str>,
) -> Markup {
    let words = &entered.words;
    let body = html! {
        h1 { (words.say("answers-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("answers-explained")) }
        @match collected {
            None => form.card method="post" action="/recover/key" {
                (token(&entered.visitor))
                button type="submit" { (words.say("answers-begin")) }
                a.button.second href="/recover" { (words.say("cancel")) }
            },
            Some(collected) => {
                (of_key(words, collected))
                (received(entered, collected))
                @if collected.fits == Some(true) {
                    section.card {
                        h2 { (words.say("answers-enough")) }
                        form method="post" action="/recover/finish" autocomplete="off" {
                            (token(&entered.visitor))
                            (returning::profile_fields(words, has_profiles, name))
                            button type="submit" { (words.say("recover-button")) }
                        }
                    }
                }
                details {
                    summary { (words.say("answers-forget")) }
                    p { (words.say("answers-forget-explained")) }
                    form method="post" action="/recover/forget" {
                        (token(&entered.visitor))
                        button.danger type="submit" { (words.say("answers-forget-button")) }
                    }
                }
                p { a href="/recover" { (words.say("recover-title")) } }
            },
        }
    };
    layout::bare(words, "answers-title", &body)
}

/// The key, to hand to trustees.
fn of_key(words: &Words, collected: &Collected) -> Markup {
    let title = words.say("answers-key");
    html! {
        section.card {
            h2 { (title) }
            p { (words.say("answers-key-give")) }
            p { (words.say("answers-fingerprint")) }
            p.fingerprint { (collected.fingerprint) }
            // Drawn by this program: it has squares alone.
            @if let Ok(code) = Code::of_key(&collected.key) {
                div.code.dense role="img" aria-label=(title) { (PreEscaped(code.svg())) }
            }
            label for="key" { (words.say("answers-key-text")) }
            textarea id="key" rows="4" readonly spellcheck="false" { (collected.key) }
            (copy(words, "key"))
        }
    }
}

/// What came in, and the form for more.
fn received(entered: &Entered, collected: &Collected) -> Markup {
    let words = &entered.words;
    html! {
        section.card {
            h2 { (words.say("answers-here")) }
            @match &collected.about {
                None => p { (words.say("answers-none")) },
                Some((shares, needed, owner)) => {
                    p role="status" { (words.with("answers-count", &[
                        ("found", collected.numbers.len().into()),
                        ("needed", usize::from(*needed).into()),
                    ])) }
                    p.meta { (words.with("answers-owner", &[("who", owner.into())])) }
                    ul.readers {
                        @for number in &collected.numbers {
                            @let places = [("number", usize::from(*number).into()), ("count", usize::from(*shares).into())];
                            li {
                                span { (words.with("answers-one", &places)) }
                                form method="post" action=(format!("{PATH}/{number}/remove")) {
                                    (token(&entered.visitor))
                                    button.quiet type="submit"
                                        aria-label=(words.with("answers-leave-out-one", &places)) {
                                        (words.say("answers-leave-out"))
                                    }
                                }
                            }
                        }
                    }
                },
            }
            @if collected.fits == Some(false) { p.wrong { (words.say("recover-altered")) } }
            form method="post" action=(PATH) enctype="multipart/form-data" autocomplete="off" {
                (token(&entered.visitor))
                label for="answer" { (words.say("answers-text")) }
                textarea id="answer" name="answer" rows="5" spellcheck="false" autocapitalize="none"
                    aria-describedby="answer-hint" {}
                p.hint id="answer-hint" { (words.say("answers-text-hint")) }
                label for="picture" { (words.say("answers-file")) }
                input id="picture" name="picture" type="file";
                button type="submit" { (words.say("answers-add")) }
            }
        }
    }
}

/// The page as it stands now, with what is wrong.
async fn again(
    portal: &Portal,
    entered: &Entered,
    name: &str,
    wrong: Option<&str>,
) -> Result<Response, PortalError> {
    let has_profiles = !profiles(portal).await?.is_empty();
    let collected = with_answers(portal, |answers| Ok(Collected::of(&answers))).await?;
    let page = page(entered, collected.as_ref(), has_profiles, name, wrong);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page).into_response())
}

fn to_page() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, PATH)]).into_response()
}

/// `GET /recover/answers`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
) -> Result<Response, PortalError> {
    again(&portal, &entered, "", None).await
}

/// `POST /recover/key`: makes the key, once.
pub(crate) async fn begin(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let folder = portal.homes.folder.clone();
    blocking(move || Answers::begin(&folder, &mut rng()).map(drop).map_err(refused)).await?;
    Ok(to_page())
}

/// What is wrong with an answer, in a sentence. `Err` where it is no fault of the answer.
fn why_not(words: &Words, error: &AnswersError) -> Result<String, PortalError> {
    Ok(match error {
        AnswersError::NotOpened => words.say("answers-not-opened"),
        AnswersError::Share(error) => returning::not_read(words, *error),
        AnswersError::Join(error) => returning::not_joined(words, *error),
        error => return Err(PortalError::refused(error)),
    })
}

/// `POST /recover/answers`: keeps an answer.
pub(crate) async fn add(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    form: Multipart,
) -> Result<Response, PortalError> {
    let too_large = entered.words.with("answers-too-large", &[("most", MOST_MB.into())]);
    let parts = match handed::parts(&entered.visitor, form).await {
        Ok(parts) => parts,
        Err(PortalError::Form { .. }) => {
            return again(&portal, &entered, "", Some(&too_large)).await;
        }
        Err(error) => return Err(error),
    };
    let typed = Zeroizing::new(parts.field("answer").as_bytes().to_vec());
    let file = parts.file.unwrap_or_default();
    if typed.len() > MOST_ANSWER || file.len() > MOST_ANSWER {
        return again(&portal, &entered, "", Some(&too_large)).await;
    }
    if typed.trim_ascii().is_empty() && file.is_empty() {
        return again(&portal, &entered, "", Some(&entered.words.say("answers-nothing"))).await;
    }
    let added = with_answers(&portal, move |mut answers| {
        // Both count where both were given.
        let given: [&[u8]; 2] = [&typed, &file];
        for one in given.into_iter().filter(|one| !one.trim_ascii().is_empty()) {
            if let Err(error) = answers.add(one, &mut rng()) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    });
    match added.await? {
        Some(Err(error)) => {
            let wrong = why_not(&entered.words, &error)?;
            again(&portal, &entered, "", Some(&wrong)).await
        }
        Some(Ok(())) | None => Ok(to_page()),
    }
}

/// `POST /recover/answers/{number}/remove`: leaves an answer out again.
pub(crate) async fn remove(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Path(number): Path<u8>,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    with_answers(&portal, move |mut answers| answers.leave_out(number).map_err(refused)).await?;
    Ok(to_page())
}

/// `POST /recover/forget`: deletes key and answers.
pub(crate) async fn forget(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Plain>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let folder = portal.homes.folder.clone();
    blocking(move || Answers::forget(&folder).map_err(refused)).await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/recover")]).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Finishing {
    token: String,
    passphrase: Zeroizing<String>,
    again: Zeroizing<String>,
    #[serde(default)]
    name: String,
}

/// `POST /recover/finish`: the account comes back, and key and answers are deleted.
pub(crate) async fn finish(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    Form(form): Form<Finishing>,
) -> Result<Response, PortalError> {
    must_have(&entered.visitor, &form.token)?;
    let words = &entered.words;
    let Some(phrase) = with_answers(&portal, |answers| Ok(answers.words())).await? else {
        return Ok(to_page());
    };
    // Without enough answers neither name nor passphrase matters yet.
    let phrase = match phrase {
        Ok(phrase) => phrase,
        Err(error) => {
            let wrong = returning::not_joined(words, error);
            return again(&portal, &entered, &form.name, Some(&wrong)).await;
        }
    };
    let chosen: Result<(ProfileName, _), _> = returning::chosen(
        words,
        &profiles(&portal).await?,
        &form.name,
        (form.passphrase.clone(), &form.again),
    );
    let (profile, passphrase) = match chosen {
        Ok(chosen) => chosen,
        Err(wrong) => return again(&portal, &entered, &form.name, Some(&wrong)).await,
    };
    let back =
        returning::bring_back_as(&portal, &entered, phrase, profile, passphrase, By::Answers)
            .await?;
    let folder = portal.homes.folder.clone();
    blocking(move || Answers::forget(&folder).map_err(refused)).await?;
    Ok(back)
}
