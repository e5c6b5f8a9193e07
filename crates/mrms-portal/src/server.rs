//! The portal's server: its routes and its files.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::BodyExt as _;
use mrms_http::LocalUser;

use crate::entrance::sessions::{Use, Visitor};
use crate::error::PortalError;
use crate::guard::{admit, put_headers};
use crate::pages::next as asked_for;
use crate::pages::{
    acting, add, answers, backup, check, content, damaged, disclosures, draft, enter, erase,
    export, failed, family, hand_over, handed, home, import, inbox, invite, join, lacking,
    left_there, link_records, links, lists, log, naming, new_key, new_link, news,
};
use crate::pages::{
    own_card, passphrase, people, person, record, records, recover, rename, request, restore,
    results, send, settings, share, share_several, shared, staff, trustees, unlock, view, welcome,
    who, whose,
};
use crate::portal::Portal;
use crate::words::Words;

/// All pages of a portal.
pub fn router(portal: Portal) -> Router {
    let portal = Arc::new(portal);
    let streams = Router::new()
        .route("/records/upload", post(add::upload))
        .route("/records/import/file", post(import::take))
        .route("/acting/upload", post(acting::add::upload))
        .route("/backup/check", post(backup::check))
        .route("/recover/backup", get(restore::show).post(restore::restore))
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/", get(home::show))
        .route("/enter", get(enter::show).post(enter::enter))
        .route("/enter/known", post(enter::known))
        .route("/browser", post(enter::remember))
        .route("/language", post(enter::language))
        .route("/unlock", get(unlock::show).post(unlock::unlock))
        .route("/lock", post(enter::lock))
        .route("/stay", post(enter::stay))
        .route("/draft", post(draft::seal))
        .route("/draft/open", post(draft::open))
        .route("/told", post(home::told))
        .route("/damaged", get(damaged::show).post(damaged::set_aside))
        .route("/key/publish", post(lacking::publish))
        .route("/news", post(news::read))
        .route("/welcome", get(welcome::show).post(welcome::make))
        .route("/recover", get(recover::show).post(recover::bring_back))
        .route("/recover/answers", get(answers::show).post(answers::add))
        .route("/recover/answers/{number}/remove", post(answers::remove))
        .route("/recover/key", post(answers::begin))
        .route("/recover/finish", post(answers::finish))
        .route("/recover/forget", post(answers::forget))
        .route("/words", get(welcome::words))
        .route("/words/check", get(welcome::ask).post(welcome::check))
        .route("/records", get(records::show))
        .route("/records/add", get(add::show).post(add::form))
        .route("/records/import", get(import::show).post(import::choose))
        .route("/records/import/found", get(import::found))
        .route("/records/import/found/{number}", get(import::look::show))
        .route("/records/import/found/{number}/picture", get(import::look::picture))
        .route("/records/import/found/{number}/document", get(import::look::document))
        .route("/records/import/found/{number}/page", get(import::look::page))
        .route("/records/import/found/{number}/file", get(import::look::file))
        .route("/records/import/link", get(import::link::show).post(import::link::open))
        .route("/records/import/write", post(import::write))
        .route("/records/import/leave", post(import::leave))
        .route("/results", get(results::show))
        .route("/results/{id}", get(results::show_one))
        .route("/records/{id}", get(record::show))
        .route("/records/{id}/picture", get(content::picture))
        .route("/records/{id}/document", get(content::document))
        .route("/records/{id}/page", get(content::page))
        .route("/records/{id}/file", get(content::file))
        .route("/records/{id}/version", get(add::show_version).post(add::version_form))
        .route("/records/{id}/name", get(rename::show).post(rename::rename))
        .route("/records/{id}/erase", get(erase::show).post(erase::erase))
        .route("/records/{id}/log", get(log::show))
        .route("/records/{id}/log/{index}", get(log::entry))
        .route("/records/{id}/reviewed", post(log::review))
        .route("/records/{id}/evidence", get(log::explain_evidence))
        .route("/records/{id}/evidence/file", get(log::evidence_of))
        .route("/records/{id}/share", get(share::show).post(share::share))
        .route("/records/{id}/stop", post(share::stop))
        .route("/left-there", get(left_there::show).post(left_there::bring))
        .route("/share", get(share_several::show).post(share_several::post))
        .route("/records/{id}/link", get(new_link::show_one))
        .route("/links", get(links::list))
        .route("/links/new", get(link_records::show).post(new_link::make))
        .route("/links/new/terms", get(new_link::show))
        .route("/links/{number}", get(links::show))
        .route("/links/{number}/sheet", get(links::show_sheet))
        .route("/links/{number}/pause", post(links::pause))
        .route("/links/{number}/rearm", post(links::rearm))
        .route("/links/{number}/destroy", post(links::destroy))
        .route("/shared", get(shared::show))
        .route("/shared/purpose", post(shared::choose))
        .route("/shared/{id}/open", post(shared::open))
        .route("/opened/{opening}", get(acting::opened::again))
        .route("/opened/{opening}/document", get(content::opened_document))
        .route("/opened/{opening}/page", get(content::opened_page))
        .route("/shared/{id}/emergency", get(shared::emergency).post(shared::declare))
        .route("/shared/{id}/version", get(add::show_report).post(add::report_form))
        .route("/shared/{id}/patient", post(whose::theirs))
        .route("/contacts/{account}/refuse", post(home::refuse_contact))
        .route("/inbox", get(inbox::show))
        .route("/inbox/{id}/accept", post(inbox::accept))
        .route("/inbox/{id}/refuse", post(inbox::refuse))
        .route("/send", get(send::show).post(send::send))
        .route("/send/compared", post(send::compared))
        .route("/request", get(request::show).post(request::make))
        .route("/request/look", post(request::look_at))
        .route("/request/answer", get(request::show_answer).post(request::answer))
        .route("/card", get(own_card::show).post(own_card::make))
        .route("/card/code.png", get(own_card::picture))
        .route("/opened/{opening}/picture", get(content::opened_picture))
        .route("/opened/{opening}/file", get(content::opened_file))
        .route("/people", get(people::show).post(people::add_person))
        .route("/people/look", post(people::look_at))
        .route("/people/list", post(lists::add))
        .route("/people/list/forget", post(lists::forget))
        .route("/people/{who}", get(person::show))
        .route("/people/{who}/stop", post(person::stop))
        .route("/people/{who}/key", get(new_key::show).post(new_key::compare))
        .route("/people/{who}/rename", post(person::rename))
        .route("/people/{who}/name", get(naming::show).post(naming::name))
        .route("/people/{who}/forget", post(person::forget))
        .route("/staff", get(staff::show))
        .route("/staff/add", get(staff::add::show).post(staff::add::post))
        .route("/staff/add/look", post(staff::add::look_at))
        .route("/staff/names", post(staff::names::save))
        .route("/staff/key", get(staff::remove::show_key).post(staff::remove::begin_key))
        .route("/staff/{who}/remove", get(staff::remove::show).post(staff::remove::remove))
        .route("/staff/{who}/join", post(staff::mine::join))
        .route("/staff/{who}/leave", post(staff::mine::leave))
        .route("/family", get(family::show))
        .route("/family/name", get(family::name::show).post(family::name::post))
        .route("/family/{who}/over", get(family::over::show))
        .route("/family/{who}/end", get(family::end::show).post(family::end::end))
        .route("/family/contact", get(family::contact::show).post(family::contact::post))
        .route("/family/contact/ask", post(family::contact::ask))
        .route("/family/contact/accept", post(family::contact::accept))
        .route("/family/contact/{who}/remove", post(family::contact::remove))
        .route("/family/ward", get(family::ward::show).post(family::ward::add))
        .route("/family/ward/words", get(family::ward::words).post(family::ward::noted))
        .route("/hand-over", get(hand_over::show))
        .route("/hand-over/offer", get(hand_over::offer::show).post(hand_over::offer::post))
        .route("/hand-over/look", post(hand_over::offer::look_at))
        .route("/hand-over/text", get(hand_over::offer::text))
        .route("/hand-over/withdraw", post(hand_over::offer::withdraw))
        .route("/hand-over/was-me", post(hand_over::alarms::was_mine))
        .route("/hand-over/review", post(hand_over::accept::review))
        .route("/hand-over/accept", get(hand_over::accept::show).post(hand_over::accept::post))
        .route("/acting", get(acting::list::show))
        .route("/acting/begin", post(acting::begin))
        .route("/acting/end", post(acting::end))
        .route("/acting/own", get(acting::own))
        .route("/acting/compared", post(acting::compared))
        .route("/acting/share", get(share_several::show_acting).post(share_several::post_acting))
        .route("/acting/who", get(acting::who::show))
        .route("/acting/people/{who}/name", get(naming::show).post(naming::name))
        .route("/acting/add", get(acting::add::show).post(acting::add::form))
        .route("/acting/records/{id}", get(acting::record::show))
        .route("/acting/records/{id}/open", post(acting::opened::open))
        .route("/acting/records/{id}/share", get(acting::share::show).post(acting::share::share))
        .route("/acting/records/{id}/stop", post(acting::record::stop))
        .route(
            "/acting/records/{id}/version",
            get(acting::add::show_version).post(acting::add::version_form),
        )
        .route("/invite", get(invite::show).post(invite::make))
        .route("/join", get(join::show).post(join::join))
        .route("/join/look", post(join::look))
        .route("/scan", post(handed::scan))
        .route("/who", get(who::show))
        .route("/who/export", get(log::export))
        .route("/who/report", get(disclosures::show))
        .route("/check", get(check::show).post(check::check))
        .route("/settings", get(settings::show))
        .route("/settings/words", post(settings::words))
        .route("/settings/lock", post(settings::lock))
        .route("/settings/browsers", post(settings::forget_browsers))
        .route("/settings/passphrase", get(passphrase::show).post(passphrase::change))
        .route("/trustees", get(trustees::show))
        .route("/trustees/compare", post(trustees::compare))
        .route("/trustees/split", post(trustees::split))
        .route("/trustees/answer", get(trustees::ask))
        .route("/trustees/look", post(trustees::look))
        .route("/trustees/give", post(trustees::give))
        .route("/backup", post(backup::make))
        .route("/backup/made", get(settings::backup_made))
        .route("/export", post(export::all))
        .layer(DefaultBodyLimit::max(add::MOST_FORM))
        .layer(from_fn(fit))
        .merge(streams)
        .route("/assets/portal.css", get(async || asset("text/css; charset=utf-8", CSS)))
        .route("/assets/portal.js", get(async || asset("text/javascript; charset=utf-8", JS)))
        .route("/assets/loading.svg", get(async || asset("image/svg+xml", LOADING)))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
        .fallback(async || PortalError::NoPage)
        .layer(from_fn_with_state(Arc::clone(&portal), of_whom))
        .layer(from_fn(admit))
        .layer(from_fn_with_state(Arc::clone(&portal), in_words))
        .layer(from_fn(put_headers))
        .with_state(portal)
}

const CSS: &str = include_str!("assets/portal.css");
const JS: &str = include_str!("assets/portal.js");
const LOADING: &str = include_str!("assets/loading.svg");
const ICON: &str = include_str!("assets/icon.svg");

fn asset(kind: &'static str, text: &'static str) -> impl IntoResponse {
    ([(CONTENT_TYPE, HeaderValue::from_static(kind))], text)
}

/// The longest form that is read to its end only to be refused, in bytes.
const MOST_DRAINED: u64 = 1024 * 1024 * 1024;

/// Refuses forms that are too long. A browser shows the answer only after it has sent the whole form, so the form is read and
/// thrown away first.
async fn fit(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<u64>().ok()).unwrap_or_default();
    if length <= add::MOST_FORM as u64 {
        return next.run(request).await;
    }
    if length <= MOST_DRAINED {
        let mut body = request.into_body();
        while let Some(Ok(_)) = body.frame().await {}
    }
    PortalError::TooLarge.into_response()
}

/// The pages that there are while somebody acts for another: those of that, and what concerns the session alone. All others are
/// of the person's own things, so that a new page is one of them until somebody says otherwise.
const WHILE_ACTING: [&str; 11] = [
    "/acting",
    "/opened",
    "/lock",
    "/stay",
    "/told",
    "/language",
    "/unlock",
    "/enter",
    "/browser",
    "/draft",
    "/assets",
];

fn is_there_while_acting(path: &str) -> bool {
    WHILE_ACTING.into_iter().any(|place| {
        path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// Keeps the person's own things and those of whom they act for apart: while they act for somebody, no page of their own is
/// shown, and no form of one does anything.
async fn of_whom(State(portal): State<Arc<Portal>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_there_while_acting(path) {
        return next.run(request).await;
    }
    let open = visitor(&portal, request.headers(), user_of(&request)).and_then(|one| one.open);
    if open.is_none_or(|open| open.memory.acting().is_none()) {
        return next.run(request).await;
    }
    match *request.method() {
        Method::GET | Method::HEAD if path == "/" => PortalError::OwnPage { to: "/acting" },
        Method::GET | Method::HEAD => PortalError::OwnPage { to: "/acting/own" },
        _ => PortalError::Form { key: "acting-own-form" },
    }
    .into_response()
}

/// Whose browser this is, without telling that somebody is there.
fn visitor(portal: &Portal, headers: &HeaderMap, user: Option<LocalUser>) -> Option<Visitor> {
    let cookie = view::cookie(headers, portal.cookie())?;
    portal.sessions.find(cookie, user, mrms_files::seconds_since_boot(), Use::Background)
}

/// Who of this machine asks, where that is told.
fn user_of(request: &Request) -> Option<LocalUser> {
    request.extensions().get().copied()
}

/// Says errors in the person's language: those of pages, and those of the framework, which has plain English for them.
async fn in_words(State(portal): State<Arc<Portal>>, request: Request, next: Next) -> Response {
    let language = view::language(request.headers());
    let (headers, user) = (request.headers().clone(), user_of(&request));
    let asked = asked_for::asked(request.method(), request.uri(), &headers);
    let mut response = next.run(request).await;
    if let Some(asked) = asked {
        asked_for::keep(&asked, &mut response);
    }
    let error = match response.extensions().get::<Arc<PortalError>>() {
        Some(error) => Arc::clone(error),
        None => match of_framework(&response) {
            Some(error) => Arc::new(error),
            None => return response,
        },
    };
    failed::page(&error, &Words::of(language), visitor(&portal, &headers, user).as_ref())
}

/// What the framework refused before a page was asked: an address, a method or a form that no page has.
fn of_framework(response: &Response) -> Option<PortalError> {
    let kind = response.headers().get(CONTENT_TYPE);
    let is_bare = kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND if is_bare => Some(PortalError::NoPage),
        StatusCode::METHOD_NOT_ALLOWED if is_bare => Some(PortalError::NoPage),
        StatusCode::PAYLOAD_TOO_LARGE if is_bare => Some(PortalError::TooLarge),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE if is_bare => {
            Some(PortalError::Form { key: "error-form" })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_framework_refuses_becomes_a_page_and_what_pages_answer_stays() {
        let answer = |status: StatusCode, kind: Option<&'static str>| {
            let mut response = status.into_response();
            if let Some(kind) = kind {
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            }
            of_framework(&response).map(|error| error.status())
        };
        let text = Some("text/plain; charset=utf-8");
        for (status, said) in [
            (StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND),
            (StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_FOUND),
            (StatusCode::PAYLOAD_TOO_LARGE, StatusCode::PAYLOAD_TOO_LARGE),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            assert_eq!(answer(status, text), Some(said), "{status}");
            assert_eq!(answer(status, Some("text/html; charset=utf-8")), None, "{status}");
        }
        assert_eq!(answer(StatusCode::METHOD_NOT_ALLOWED, None), Some(StatusCode::NOT_FOUND));
        assert_eq!(answer(StatusCode::OK, text), None);
        assert_eq!(answer(StatusCode::NO_CONTENT, None), None);
    }

    #[test]
    fn pages_are_the_persons_own_while_they_act_unless_they_are_named() {
        for path in
            ["/acting", "/acting/records/7", "/opened/x/file", "/lock", "/assets/portal.css"]
        {
            assert!(is_there_while_acting(path), "{path}");
        }
        for path in
            ["/", "/records", "/actingly", "/family", "/settings/words", "/join", "/openedx"]
        {
            assert!(!is_there_while_acting(path), "{path}");
        }
    }

    #[test]
    fn nothing_of_that_number_is_not_found() {
        let unknown = PortalError::Refused { code: Some("why-no-record"), message: String::new() };
        assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
        let other = PortalError::Refused { code: Some("why-busy"), message: String::new() };
        assert_eq!(other.status(), StatusCode::CONFLICT);
    }
}
