//! Requests: asking somebody for something, and answering what somebody asks for. What a request is good for, and whether
//! it can be answered here, `mrms-app` says.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::people::asked::{RequestError, narrowed};
use mrms_app::sharing::wanted::Wanted;
use mrms_core::{BurnClock, Principal, RecordId, UnixTime};
use mrms_home::clock::{now, rng};
use mrms_people::document::{armor, bytes_of_text};
use mrms_people::{DocumentError, FieldText, Request, SignedDocument};
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::overview::Row;
use crate::pages::beside::{Beside, Chosen as ChosenEnd};
use crate::pages::keys::{self, Doubt};
use crate::pages::layout::{self, token};
use crate::pages::log::purpose_key;
use crate::pages::own_card::to_give;
use crate::pages::search;
use crate::pages::share::{call_me, called, expiry_of, grant, terms};
use crate::pages::shared::PURPOSES;
use crate::pages::someone::Meant;
use crate::pages::told::Told;
use crate::pages::typed::{Typed, no_name};
use crate::pages::view::View;
use crate::pages::{cards, handed};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// How long a request can be answered, in seconds.
const VALID: u64 = 14 * 86_400;
/// Times that can be asked for: the key of the words, and seconds.
const LENGTHS: [(&str, u64); 5] = [
    ("share-hour", 3_600),
    ("share-day", 86_400),
    ("share-week", 7 * 86_400),
    ("share-month", 30 * 86_400),
    ("share-year", 365 * 86_400),
];
/// Records among which one chooses at once.
const MOST_ROWS: usize = 50;

fn asking(view: &View, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("request-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("request-explained")) }
        form.card method="post" action="/request" {
            (token(&view.visitor))
            label for="what" { (words.say("request-what")) }
            input id="what" name="what" type="text" maxlength="200" required autocomplete="off";
            label for="length" { (words.say("request-length")) }
            select id="length" name="length" {
                @for (key, _) in LENGTHS { option value=(key) selected[key == "share-month"] { (words.say(key)) } }
            }
            label for="purpose" { (words.say("purpose-title")) }
            select id="purpose" name="purpose" {
                @for purpose in PURPOSES { option value=(purpose.code()) { (words.say(purpose_key(purpose))) } }
            }
            button type="submit" { (words.say("request-button")) }
            a.button.second href="/shared" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/shared", &words.say("request-title"), &body)
}

/// `GET /request`.
pub(crate) async fn show(view: View) -> Markup {
    asking(&view, None)
}

#[derive(Deserialize)]
pub(crate) struct Wish {
    token: String,
    what: String,
    length: String,
    purpose: String,
}

/// `POST /request`: makes a request, to give to the person whose records they are.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(wish): Form<Wish>,
) -> Result<Response, PortalError> {
    view.must_have(&wish.token)?;
    let words = &view.words;
    let Ok(what) = FieldText::new(&wish.what) else {
        let page = asking(&view, Some(&words.say(no_name(&wish.what))));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let length = LENGTHS.into_iter().find(|(key, _)| *key == wish.length);
    let (_, seconds) = length.ok_or(PortalError::NoPage)?;
    let purpose = wish.purpose.parse().map_err(|_| PortalError::NoPage)?;
    let made = with_home(&portal.homes, view.person.clone(), move |work| {
        let own = work.session().own_card(&work.actor, now(), &mut rng()).map_err(refused)?;
        let issued = now();
        let valid_until = UnixTime::from_seconds(issued.seconds().saturating_add(VALID));
        let request =
            Request { asker: own.card, what, record: None, seconds, purpose, issued, valid_until };
        SignedDocument::sign(request, &work.actor.key).map_err(refused)
    })
    .await?;
    let title = words.say("request-made");
    let end = times::day_and_time(words, made.document().valid_until);
    let body = html! {
        h1 { (title) }
        p { (words.with("request-give", &[("end", (&end).into())])) }
        section.card { (to_give(words, &made.to_bytes(), &made.to_text(), &title)) }
        p { a.button.second href="/shared" { (words.say("nav-shared")) } }
    };
    Ok(layout::page(&view, "/shared", &title, &body).into_response())
}

/// A request that can be answered, and the records among which the person chooses.
struct Answerable {
    request: SignedDocument<Request>,
    who: Named,
    is_known: bool,
    rows: Vec<Told>,
    clock: BurnClock,
}

fn not_answered(error: &RequestError) -> Option<&'static str> {
    Some(match error {
        RequestError::Document(DocumentError::OtherKind { .. }) => "answer-other-kind",
        RequestError::Document(_) => "answer-altered",
        RequestError::OtherLedger => "answer-other-ledger",
        RequestError::Expired { .. } => "answer-expired",
        RequestError::Own => "answer-own",
        RequestError::OtherKey => "answer-other-key",
        _ => return None,
    })
}

fn look(
    work: &Work,
    bytes: &[u8],
    wanted: &str,
) -> Result<Result<Answerable, &'static str>, PortalError> {
    let request = match work.session().look_at_request(&work.actor, bytes, now()) {
        Ok(request) => request,
        Err(error) => {
            return not_answered(&error).map(Err).ok_or_else(|| PortalError::refused(&error));
        }
    };
    let overview = work.overview()?;
    let user = Principal::from(request.document().card().principal);
    let meant = request.document().record;
    let found: BTreeSet<RecordId> =
        search::found(work, &overview, wanted).into_iter().map(|row| row.id).collect();
    let fits = |row: &&Row| !row.is_erased && (found.contains(&row.id) || Some(row.id) == meant);
    let mut rows: Vec<&Row> = overview.rows.iter().filter(fits).take(MOST_ROWS).collect();
    rows.sort_by_key(|row| Some(row.id) != meant);
    let rows = Told::of_all(work, rows);
    Ok(Ok(Answerable {
        who: work.named(&user),
        is_known: work.names.name_of(&user).is_some(),
        rows,
        clock: overview.clock,
        request,
    }))
}

/// The page; `again` is what is wrong with a request, and what was pasted.
fn answer_page(view: &View, again: Option<(&str, &str)>) -> Markup {
    let words = &view.words;
    let body = html! {
        h1 { (words.say("answer-title")) }
        @if let Some((wrong, _)) = again { p.wrong role="alert" { (wrong) } }
        p { (words.say("answer-explained")) }
        form.card method="post" action="/request/look" enctype="multipart/form-data" {
            (token(&view.visitor))
            (handed::fields(words, "answer-request", "answer-hint", again.map_or("", |(_, typed)| typed)))
            button type="submit" { (words.say("join-look")) }
            a.button.second href="/" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say("answer-title"), &body)
}

/// `GET /request/answer`.
pub(crate) async fn show_answer(view: View) -> Markup {
    answer_page(&view, None)
}

fn days(words: &Words, seconds: u64) -> String {
    let found = LENGTHS.into_iter().find(|(_, length)| *length == seconds);
    match found {
        Some((key, _)) => words.say(key),
        None => words.with("answer-days", &[("count", seconds.div_ceil(86_400).into())]),
    }
}

fn question(
    view: &View,
    text: &str,
    wanted: &str,
    found: &Answerable,
    (wrong, beside): (Option<&str>, Option<(&Beside, &Answer)>),
) -> Markup {
    let words = &view.words;
    let Answerable { request, who, is_known, rows, clock } = found;
    let request = request.document();
    let is_ticked = |id: RecordId| match beside {
        Some((_, answer)) => answer.records.contains(&id),
        None => request.record == Some(id),
    };
    let chosen = beside.map(|(_, answer)| [("term", answer.term.as_str())]);
    let typed = chosen.as_ref().map_or(Typed::NOTHING, |fields| Typed::of(fields));
    let body = html! {
        h1 { (words.with("answer-question", &[("who", (&who.say(words)).into())])) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        @if let Some((beside, _)) = beside { (beside.said(words)) }
        section.card {
            p { "“" bdi { (request.what) } "”" }
            p { (words.with("answer-terms", &[
                ("length", (&days(words, request.seconds)).into()),
                ("purpose", (&words.say(purpose_key(request.purpose))).into()),
            ])) }
            @if !is_known { (cards::card(words, request.card())) p { (words.say("card-compare")) } }
        }
        form.card method="post" action="/request/answer" {
            (token(&view.visitor))
            input type="hidden" name="document" value=(text);
            @if let Some((beside, _)) = beside { (beside.field()) }
            fieldset {
                legend { (words.say("answer-which")) }
                label for="q" { (words.say("records-search")) }
                input id="q" name="q" type="search" value=(wanted);
                button.second type="submit" name="do" value="search" formnovalidate { (words.say("records-search-button")) }
                @for told in rows {
                    @let row = &told.row;
                    div.choice {
                        input type="checkbox" id=(format!("record-{}", row.id)) name="record" value=(row.id)
                            checked[is_ticked(row.id)];
                        label for=(format!("record-{}", row.id)) {
                            bdi { (told.name(words)) } " " span.hint { (told.facts(words)) }
                        }
                    }
                }
                @if rows.is_empty() { p { (words.say("records-none-found")) } }
            }
            (terms(words, *clock, Some(request.seconds), typed))
            (called(words, view.person.memory.own_name().as_deref()))
            p { (words.say("answer-refuse")) }
            button type="submit" name="do" value="grant" { (words.say("share-button")) }
            a.button.second href="/" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say("answer-title"), &body)
}

/// `POST /request/look`: shows what a request asks for.
pub(crate) async fn look_at(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    let again = |key: &str, typed: &str| {
        let page = answer_page(&view, Some((&view.words.say(key), typed)));
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    };
    let handed = match handed::read(&view.visitor, form).await? {
        Ok(handed) => handed,
        Err(not) => return Ok(again(not.key, &not.text)),
    };
    let typed = handed.text;
    let Some(bytes) = handed.bytes else { return Ok(again("answer-none", &typed)) };
    let text = armor(&bytes);
    let found =
        with_home(&portal.homes, view.person.clone(), move |work| look(work, &bytes, "")).await?;
    Ok(match found {
        Ok(found) => question(&view, &text, "", &found, (None, None)).into_response(),
        Err(key) => again(key, &typed),
    })
}

/// What the person chose.
#[derive(Clone, Debug, Default)]
struct Answer {
    document: String,
    wanted: String,
    records: Vec<RecordId>,
    term: String,
    own: String,
    confirmed: String,
    seen: String,
    is_search: bool,
}

impl Answer {
    fn of(view: &View, pairs: &[(String, String)]) -> Result<Self, PortalError> {
        let one = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        view.must_have(&one("token"))?;
        let records = pairs.iter().filter(|(key, _)| key == "record");
        Ok(Self {
            document: one("document"),
            wanted: one("q"),
            records: records.filter_map(|(_, value)| value.parse().ok()).collect(),
            term: one("term"),
            own: one("own"),
            confirmed: one("confirmed"),
            seen: one("seen"),
            is_search: one("do") == "search",
        })
    }
}

enum Answered {
    Granted(RecordId),
    AskAbout(Doubt),
    /// What it comes to is to be read first.
    Tell(Box<Answerable>, Beside),
    Again(Box<Answerable>, Option<&'static str>),
    Not(&'static str),
}

fn answer_with(work: &Work, answer: &Answer) -> Result<Answered, PortalError> {
    let Ok(bytes) = bytes_of_text(&answer.document) else {
        return Ok(Answered::Not("answer-altered"));
    };
    let found = match look(work, &bytes, &answer.wanted)? {
        Ok(found) => Box::new(found),
        Err(key) => return Ok(Answered::Not(key)),
    };
    if answer.is_search {
        return Ok(Answered::Again(found, None));
    }
    let Some(first) = answer.records.first().copied() else {
        return Ok(Answered::Again(found, Some("answer-no-record")));
    };
    for id in &answer.records {
        work.own_record(*id)?;
    }
    let request = found.request.document();
    let clock = work.session().ledger.tip().map_err(refused)?.clock();
    // Without a choice, for as long as was asked.
    let said = match answer.term.as_str() {
        "" => None,
        term => match expiry_of(term, "", clock) {
            Ok(expiry) => Some(expiry),
            Err(key) => return Ok(Answered::Again(found, Some(key))),
        },
    };
    let Ok(expiry) = narrowed(request.seconds, said, clock) else {
        return Ok(Answered::Again(found, Some("answer-longer")));
    };
    let user = Principal::from(request.card().principal);
    let chosen = ChosenEnd { expiry, term: (&answer.term, "") };
    if let Some(beside) = Beside::of_own(work, &user, &answer.records, Some(chosen))?
        && !beside.was_read(&answer.seen)
    {
        return Ok(Answered::Tell(found, beside));
    }
    if let Err(key) = call_me(work, &answer.own)? {
        return Ok(Answered::Again(found, Some(key)));
    }
    let (wanted, confirmed) = (Wanted::default(), &answer.confirmed);
    Ok(match grant(work, &answer.records, &Meant::Account(user), wanted, expiry, confirmed)? {
        Some(doubt) => Answered::AskAbout(doubt),
        None => Answered::Granted(first),
    })
}

/// `POST /request/answer`: grants what was chosen.
pub(crate) async fn answer(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let answer = Answer::of(&view, &pairs)?;
    let sent = answer.clone();
    let answered =
        with_home(&portal.homes, view.person.clone(), move |work| answer_with(work, &sent));
    let words = &view.words;
    Ok(match answered.await? {
        Answered::Granted(id) => {
            let to = format!("/records/{id}?done=shared");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Answered::AskAbout(doubt) => {
            let fields: Vec<(&str, &str)> = pairs
                .iter()
                .filter(|(key, _)| {
                    ["document", "record", "term", "own", "q", "seen"].contains(&key.as_str())
                })
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect();
            keys::page(&view, &doubt, "/request/answer", &fields).into_response()
        }
        Answered::Tell(found, beside) => {
            let told = (None, Some((&beside, &answer)));
            question(&view, &answer.document, &answer.wanted, &found, told).into_response()
        }
        Answered::Again(found, key) => {
            let wrong = key.map(|key| words.say(key));
            let told = (wrong.as_deref(), None);
            let page = question(&view, &answer.document, &answer.wanted, &found, told);
            let status =
                if key.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            (status, page).into_response()
        }
        Answered::Not(key) => {
            let page = answer_page(&view, Some((&words.say(key), "")));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}
