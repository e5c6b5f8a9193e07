//! The new account's part: looks through everybody who may open records or act for the patient, says for each whether that
//! goes on, and takes over.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::succession::accept::Ended;
use mrms_core::BurnClock;
use mrms_home::clock::rng;
use mrms_people::document::{armor, bytes_of_text};
use mrms_people::name::quotable;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::opened::OpenProfile;
use crate::pages::hand_over::review::{Told, ending, questions};
use crate::pages::handed;
use crate::pages::layout::{self, token};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// The form; `again` is what is wrong with it, and what was pasted.
fn form(view: &View, again: Option<(&str, &str)>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("hand-over-take")) }
        @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
        form.card method="post" action="/hand-over/review" enctype="multipart/form-data" {
            p { (words.say("hand-over-take-explained")) }
            (token(&view.visitor))
            (handed::fields(words, "hand-over-given", "handed-text-hint", again.map_or("", |(_, typed)| typed)))
            button type="submit" { (words.say("people-look-button")) }
            a.button.second href="/hand-over" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &words.say("hand-over-take"), &body)
}

/// `GET /hand-over/accept`.
pub(crate) async fn show(view: View) -> Markup {
    form(&view, None)
}

/// What is to be taken over, looked through.
struct Review {
    from: Named,
    /// Whether this account is the patient already, and the keys alone are lacking.
    is_accepted: bool,
    told: Vec<Told>,
    clock: BurnClock,
    text: String,
}

fn look(work: &Work, bytes: &[u8]) -> Result<Review, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let taking = session.look_at_hand_over(&work.actor, bytes).map_err(refused)?;
    let names = work.names.clone().with(taking.people());
    let patient = if taking.is_accepted { me.clone() } else { taking.from.clone() };
    let mut holders = session.holders(&patient).map_err(refused)?;
    holders.retain(|holder| holder.who != me);
    Ok(Review {
        from: match (Named::of(&names, &me, &taking.from), taking.called()) {
            (Named::Unknown(short), Some(name)) => {
                Named::Calls { short, name: quotable(name.as_str()) }
            }
            (named, _) => named,
        },
        is_accepted: taking.is_accepted,
        told: holders.into_iter().map(|holder| Told::of(holder, &names, &me)).collect(),
        clock: session.ledger.tip().map_err(refused)?.clock(),
        text: armor(bytes),
    })
}

fn question(view: &View, review: &Review, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let from = review.from.say(words);
    let title = words.with("hand-over-take-from", &[("who", (&from).into())]);
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        @if review.is_accepted { p { (words.say("hand-over-taken-before")) } }
        @if review.told.is_empty() { p { (words.say("held-nobody")) } }
        @else { p { (words.say("held-explained")) } }
        form method="post" action="/hand-over/accept" {
            (token(&view.visitor))
            input type="hidden" name="document" value=(review.text);
            (questions(words, review.clock, &review.told))
            div.choice {
                input type="checkbox" id="meant" name="meant" value="yes" required;
                label for="meant" { (words.with("hand-over-take-meant", &[("who", (&from).into())])) }
            }
            button.danger type="submit" { (words.say("hand-over-take-button")) }
            a.button.second href="/hand-over" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/family", &title, &body)
}

/// `POST /hand-over/review`: shows who may do what.
pub(crate) async fn review(
    State(portal): State<Arc<Portal>>,
    view: View,
    fields: Multipart,
) -> Result<Response, PortalError> {
    let again = |key: &str, typed: &str| {
        let page = form(&view, Some((&view.words.say(key), typed)));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let given = match handed::read(&view.visitor, fields).await? {
        Ok(given) => given,
        Err(not) => return again(not.key, &not.text),
    };
    let Some(bytes) = given.bytes else { return again("hand-over-no-text", &given.text) };
    let found = with_home(&portal.homes, view.person.clone(), move |work| look(work, &bytes));
    Ok(question(&view, &found.await?, None).into_response())
}

enum Outcome {
    Taken { ended: Vec<Ended>, of: usize },
    Again(Box<Review>, &'static str),
}

fn take(work: &Work, fields: &[(String, String)]) -> Result<Outcome, PortalError> {
    let field = |wanted: &str| {
        fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str())
    };
    let bytes = bytes_of_text(field("document")).map_err(refused)?;
    let review = look(work, &bytes)?;
    let Some(ending) = ending(&review.told, fields) else {
        return Ok(Outcome::Again(Box::new(review), "held-unanswered"));
    };
    if field("meant") != "yes" {
        return Ok(Outcome::Again(Box::new(review), "hand-over-not-meant"));
    }
    work.open.fund(&work.actor)?;
    let session = work.session();
    // Others can encrypt to the new patient from the first moment on.
    let _ = session.publish_recipient(&work.actor).map_err(refused)?.done();
    let mut actor = work.home.unlock()?;
    let taking = session.look_at_hand_over(&actor, &bytes).map_err(refused)?;
    let taken = session.take_over(&mut actor, taking, &ending, &mut rng());
    let ended = taken.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    work.open.watch_own_vault();
    Ok(Outcome::Taken { ended, of: review.told.len() })
}

/// `POST /hand-over/accept`: takes over.
pub(crate) async fn post(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let sent = fields.iter().find(|(name, _)| name == "token").map_or("", |(_, value)| value);
    view.must_have(sent)?;
    let outcome = with_home(&portal.homes, view.person.clone(), move |work| take(work, &fields));
    let (ended, of) = match outcome.await? {
        Outcome::Taken { ended, of } => (ended, of),
        Outcome::Again(review, key) => {
            let page = question(&view, &review, Some(&view.words.say(key)));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    // What was read before is of an account that had nothing.
    let open = OpenProfile { memory: Arc::default(), ..view.person.clone() };
    portal.sessions.set_open(view.visitor.key, Some(open), mrms_files::seconds_since_boot());
    let failed = ended.iter().filter(|one| one.refused.is_some()).count();
    // A page to which a person can go back.
    let to = format!("/hand-over?done=taken&failed={failed}&others={of}");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

/// What was taken over. `failed` could not be ended, and so many `others` were answered.
pub(super) fn taken(view: &View, records: usize, failed: usize, others: usize) -> Markup {
    let words = &view.words;
    let body = html! {
        section.card {
            h1 { (words.say("hand-over-taken")) }
            p { (words.with("hand-over-taken-explained", &[("count", records.into())])) }
            @if failed > 0 {
                p.wrong role="alert" { (words.with("hand-over-not-ended", &[("count", failed.into())])) }
            }
            @if others > 0 { p { (words.say("hand-over-taken-others")) } }
            p { strong { (words.say("hand-over-keep-text")) } }
            p { (words.say("hand-over-tell")) }
            p { a.button href="/" { (words.say("recover-go-on")) } }
        }
    };
    layout::page(view, "/family", &words.say("hand-over-taken"), &body)
}
