//! Links to records for people who have no MRMS: which there are, one with its code and who used it, and how it ends.
//!
//! The code is drawn by this program and is on the page alone. Who used a link says themselves who they are.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, PreEscaped, html};
use mrms_app::links::given::GivenLink;
use mrms_app::links::host::{Answered, HostError, HostLine, HostStanding};
use mrms_app::links::openness::Openness;
use mrms_app::profile::links::{KeptLink, LinkKind, LinkState};
use mrms_core::{BurnClock, RecordId, UnixTime, visible};
use mrms_home::clock::rng;
use mrms_home::link_host::{HostAnswers, LinkViewer};
use mrms_home::qr::code::Code;
use serde::Deserialize;

use crate::error::{PortalError, refused};
use crate::pages::layout::{self, copy, token};
use crate::pages::left;
use crate::pages::link_host;
use crate::pages::share::{expiry_of, terms};
use crate::pages::typed::Typed;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// The longest that a link can be good for, on these pages, in seconds.
pub(super) const LONGEST: u64 = 365 * 86_400;

/// How a link stands, as a key of the catalogues.
const fn state_key(openness: Openness) -> &'static str {
    match openness {
        Openness::Begun => "link-begun",
        Openness::Armed => "link-armed",
        Openness::Ended => "link-ended",
        Openness::Revoked => "link-revoked",
        Openness::UsedUp => "link-used-up",
        Openness::Shut => "link-shut",
        Openness::Paused => "link-paused",
        Openness::Destroying => "link-destroying",
        Openness::Destroyed => "link-destroyed",
    }
}

/// What a link is called: its label, or its number.
fn name(words: &Words, link: &KeptLink) -> String {
    match &link.label {
        Some(label) => visible::line(label).into_owned(),
        None => words.with("link-number", &[("number", u64::from(link.number).into())]),
    }
}

fn all(work: &Work) -> Result<(Vec<(KeptLink, Openness)>, BurnClock), PortalError> {
    let session = work.session();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let mut links = Vec::new();
    for link in session.links(&work.actor).map_err(refused)? {
        // A host elsewhere is asked by the page of its link.
        let standing = work.home.standing_here(&link);
        let openness = session.openness(&link, clock.height, standing.as_ref());
        links.push((link, openness.map_err(refused)?));
    }
    Ok((links, clock))
}

/// `GET /links`.
pub(crate) async fn list(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let hosts = portal.settings.link_hosts.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok((all(work)?, link_host::is_there(work, &hosts)))
    });
    let ((links, clock), has_host) = found.await?;
    let words = &view.words;
    let title = words.say("links-title");
    let body = html! {
        div.head {
            h1 { (title) }
            @if has_host { a.button href="/links/new" { (words.say("new-link-button")) } }
        }
        p { (words.say("links-explained")) }
        @if !has_host { (link_host::missing(words, None)) }
        @if links.is_empty() { p { (words.say("links-none")) } }
        ul.readers {
            @for (link, openness) in links.iter().rev() {
                li {
                    span {
                        a href=(format!("/links/{}", link.number)) { bdi { (name(words, link)) } }
                        br;
                        @if *openness == Openness::Armed {
                            (left::until(words, clock.now, Some(clock.time_of(link.expiry))))
                        } @else { (words.say(state_key(*openness))) }
                    }
                }
            }
        }
    };
    Ok(layout::page(&view, "/people", &title, &body))
}

/// What the page of one link shows.
struct Facts {
    link: KeptLink,
    openness: Openness,
    clock: BurnClock,
    /// `None` where the host could not be asked, or does not have it.
    standing: Option<HostStanding>,
    /// Whether the host could not be asked.
    is_host_away: bool,
    /// Whether this home's host does not answer viewers now.
    is_host_silent: bool,
    /// What is given away; `None` once it is destroyed.
    given: Option<GivenLink>,
    /// Whether the host's log and those of the records fit.
    agrees: bool,
    gives: Vec<(RecordId, Option<String>, u64)>,
}

fn facts(work: &Work, viewer: &LinkViewer, number: u32) -> Result<Facts, PortalError> {
    let session = work.session();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let link = session.link(&work.actor, number).map_err(|_| PortalError::NoPage)?;
    let (standing, is_host_away) = match work.home.link_host(&link).standing(&link.id) {
        Ok(standing) => (Some(standing), false),
        Err(HostError::Unknown) => (None, false),
        Err(_) => (None, true),
    };
    let agrees = match &standing {
        Some(standing) => {
            let found = session.check_link(&link, standing).map_err(refused)?;
            !found.iter().any(mrms_app::links::check::LinkDifference::is_grave)
        }
        None => true,
    };
    let overview = work.overview()?;
    let gives = link.gives.iter().map(|given| {
        let name = overview.name(given.record).map(str::to_owned);
        (given.record, name, given.version.number())
    });
    let gives = gives.collect();
    let openness = session.openness(&link, clock.height, standing.as_ref()).map_err(refused)?;
    let answers = match openness {
        Openness::Armed => work.home.answers_for(&link),
        _ => HostAnswers::NotAsked,
    };
    let is_host_silent = matches!(answers, HostAnswers::No(_));
    // A host that does not answer is not waited for twice.
    let answers = if is_host_away { HostAnswers::No(String::new()) } else { answers };
    let given = given(work, &link, viewer, &answers);
    Ok(Facts {
        link,
        openness,
        clock,
        standing,
        is_host_away,
        is_host_silent,
        given,
        agrees,
        gives,
    })
}

/// What of a link is given away, with the page that opens it; `None` once it is destroyed.
fn given(
    work: &Work,
    link: &KeptLink,
    viewer: &LinkViewer,
    host: &HostAnswers,
) -> Option<GivenLink> {
    let page = work.home.link_page(link, viewer, host);
    link.given(page.as_deref()).ok()
}

fn used(words: &Words, line: &HostLine) -> String {
    let key = match line.answered {
        Answered::Given => "link-given",
        Answered::Listed => "link-listed",
        Answered::WrongPasscode => "link-wrong-passcode",
        Answered::Refused => "link-refused",
    };
    let who = visible::line(&line.recipient);
    words.with(key, &[("who", (&*who).into())])
}

/// Where a link opens, as a key of the catalogues.
fn where_key(given: &GivenLink) -> &'static str {
    match (given.page(), given.is_near()) {
        (None, _) => "link-program-alone",
        (Some(_), true) => "link-here-alone",
        (Some(_), false) => "link-any-browser",
    }
}

/// The code, the text and the passcode, to give away.
fn to_give(words: &Words, link: &KeptLink, given: Option<&GivenLink>, title: &str) -> Markup {
    html! {
        @if let Some(given) = given {
            section.card {
                // Drawn by this program: it has squares alone.
                @if let Ok(code) = Code::of_text(given.for_anybody()) {
                    div.code role="img" aria-label=(title) { (PreEscaped(code.svg())) }
                }
                label for="text" { (words.say("link-text")) }
                p.hint { (words.say(where_key(given))) }
                textarea id="text" rows="5" readonly spellcheck="false" { (given.for_anybody()) }
                (copy(words, "text"))
                @if given.page().is_some() {
                    details {
                        summary { (words.say("link-plain-title")) }
                        label for="plain" { (words.say("link-plain")) }
                        textarea id="plain" rows="4" readonly spellcheck="false" { (given.plain()) }
                        (copy(words, "plain"))
                    }
                }
                @if let Some(passcode) = &link.passcode {
                    p.secret { (words.with("link-passcode", &[("passcode", passcode.as_str().into())])) }
                }
                p.actions {
                    a.button.second href=(format!("/links/{}/sheet", link.number)) { (words.say("link-sheet")) }
                }
            }
        }
    }
}

fn page(view: &View, facts: &Facts) -> Markup {
    let words = &view.words;
    let Facts { link, openness, clock, standing, .. } = facts;
    let title = name(words, link);
    let is_there = !matches!(link.state, LinkState::Destroying | LinkState::Destroyed);
    let post = |what: &str| format!("/links/{}/{what}", link.number);
    let body = html! {
        h1 { bdi { (title) } }
        @if *openness == Openness::Armed {
            p { (left::until(words, clock.now, Some(clock.time_of(link.expiry)))) }
        } @else { p.wrong { (words.say(state_key(*openness))) } }
        @if is_there { (to_give(words, link, facts.given.as_ref(), &title)) }
        section aria-labelledby="gives" {
            h2 id="gives" { (words.say("link-gives")) }
            ul {
                @for (id, name, version) in &facts.gives {
                    li {
                        a href=(format!("/records/{id}?version={version}")) {
                            bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                        }
                        ", " (words.with("record-version", &[("number", (*version).into())]))
                    }
                }
                @if let Some(patient) = &link.patient { li {
                    bdi { (visible::line(&patient.name)) }
                    @if let Some(born) = &patient.birth_date { ", " (words.say("viewer-born")) " " (born) }
                } }
            }
            @if link.kind == LinkKind::Ktc { p { (words.say("link-clinic")) } }
            @if let Some(host) = &link.host {
                p { (words.with("new-link-kept-at", &[("place", (&host.url).into())])) }
            }
        }
        section aria-labelledby="used" {
            h2 id="used" { (words.say("link-used")) }
            @if facts.is_host_away { p.wrong { (words.say("link-host-away")) } }
            @if facts.is_host_silent { p.wrong { (words.say("link-host-silent")) } }
            @if !facts.agrees { p.wrong role="alert" { (words.say("link-differs")) } }
            @if let Some(standing) = standing {
                p { (words.with("link-uses", &[("count", u64::from(standing.uses).into())])) }
                @if let Some(left) = standing.attempts_left {
                    p { (words.with("link-attempts", &[("count", u64::from(left).into())])) }
                }
                ul.looks {
                    @for line in standing.lines.iter().rev() {
                        @let time = UnixTime::from_seconds(line.time);
                        li.refused[!matches!(line.answered, Answered::Given | Answered::Listed)] {
                            bdi { (used(words, line)) } " · "
                            time datetime=(times::machine(time)) { (times::day_and_time(words, time)) }
                        }
                    }
                }
                p.hint { (words.say("link-said-to-be")) }
            }
        }
        @if *openness == Openness::Armed {
            form method="post" action=(post("pause")) {
                (token(&view.visitor))
                button.stop type="submit" { (words.say("link-pause")) }
            }
        } @else if is_there {
            form.card method="post" action=(post("rearm")) {
                (token(&view.visitor))
                h2 { (words.say("link-rearm-title")) }
                (terms(words, *clock, Some(LONGEST), Typed::NOTHING))
                button type="submit" { (words.say("link-rearm")) }
            }
        }
        @if link.state != LinkState::Destroyed {
            details {
                summary { (words.say("link-destroy-title")) }
                p { (words.say("link-destroy-explained")) }
                form method="post" action=(post("destroy")) {
                    (token(&view.visitor))
                    button.danger type="submit" { (words.say("link-destroy")) }
                }
            }
        }
        p { a href="/links" { (words.say("links-title")) } }
    };
    layout::page(view, "/people", &title, &body)
}

/// A sheet of paper to give away: everything but the passcode, which goes another way.
fn sheet(words: &Words, link: &KeptLink, end: UnixTime, given: &GivenLink) -> Markup {
    let title = name(words, link);
    html! {
        section.sheet {
            h1 { bdi { (title) } }
            @if let Some(patient) = &link.patient { p { bdi { (visible::line(&patient.name)) } } }
            p { (words.say(match where_key(given) { "link-any-browser" => "link-sheet-camera", _ => "link-sheet-how" })) }
            // Drawn by this program: it has squares alone.
            @if let Ok(code) = Code::of_text(given.for_anybody()) {
                div.code role="img" aria-label=(title) { (PreEscaped(code.svg())) }
            }
            p { (words.say("link-sheet-address")) }
            p.address { code { (given.for_anybody()) } }
            p { strong { (words.with("link-sheet-until", &[("end", (&times::day_and_time(words, end)).into())])) } }
            @if link.flags.passcode { p { (words.say("link-sheet-passcode")) } }
            p { (words.say("link-sheet-log")) }
        }
        p.actions {
            button.print type="button" hidden { (words.say("print")) }
            a.button.second href=(format!("/links/{}", link.number)) { (words.say("link-sheet-back")) }
        }
        noscript { p.hint { (words.say("print-hint")) } }
    }
}

/// `GET /links/{number}/sheet`: a sheet of the link to print.
pub(crate) async fn show_sheet(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<u32>,
) -> Result<Markup, PortalError> {
    let viewer = portal.settings.link_hosts.viewer.clone();
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let session = work.session();
        let link = session.link(&work.actor, number).map_err(|_| PortalError::NoPage)?;
        let clock = session.ledger.tip().map_err(refused)?.clock();
        let openness = session.openness(&link, clock.height, None).map_err(refused)?;
        // A link that opens nothing is not given away.
        let given = match openness {
            Openness::Armed => given(work, &link, &viewer, &HostAnswers::NotAsked),
            _ => None,
        };
        Ok((clock.time_of(link.expiry), given, link))
    });
    let (end, given, link) = found.await?;
    let given = given.ok_or(PortalError::Form { key: "link-sheet-none" })?;
    let title = name(&view.words, &link);
    Ok(layout::page(&view, "/people", &title, &sheet(&view.words, &link, end, &given)))
}

/// `GET /links/{number}`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<u32>,
) -> Result<Markup, PortalError> {
    let viewer = portal.settings.link_hosts.viewer.clone();
    let facts =
        with_home(&portal.homes, view.person.clone(), move |work| facts(work, &viewer, number));
    Ok(page(&view, &facts.await?))
}

#[derive(Deserialize)]
pub(crate) struct Meant {
    token: String,
    #[serde(default)]
    term: String,
}

/// What is done with a link.
#[derive(Clone, Copy)]
enum Change {
    Pause,
    Rearm,
    Destroy,
}

async fn change(
    portal: Arc<Portal>,
    view: View,
    number: u32,
    form: Meant,
    change: Change,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let homes = match change {
        Change::Pause | Change::Destroy => portal.homes.for_an_end(),
        Change::Rearm => portal.homes.clone(),
    };
    with_home(&homes, view.person.clone(), move |work| {
        let session = work.session();
        let link = session.link(&work.actor, number).map_err(|_| PortalError::NoPage)?;
        let host = work.home.link_host(&link);
        work.open.fund(&work.actor)?;
        match change {
            Change::Pause => session.pause_link(&work.actor, number, &*host, &mut rng()).map(drop),
            // A host that could not be told is told again by the same button.
            Change::Destroy => {
                session.destroy_link(&work.actor, number, &*host, &mut rng()).map(drop)
            }
            Change::Rearm => {
                let clock = session.ledger.tip().map_err(refused)?.clock();
                let wrong = |key| PortalError::Form { key };
                let expiry = expiry_of(&form.term, "", clock).map_err(wrong)?;
                let expiry = expiry.ok_or(PortalError::Form { key: "share-no-term" })?;
                session.rearm_link(&work.actor, number, expiry, &*host, &mut rng()).map(drop)
            }
        }
        .map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, format!("/links/{number}"))]).into_response())
}

/// `POST /links/{number}/pause`.
pub(crate) async fn pause(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<u32>,
    Form(form): Form<Meant>,
) -> Result<Response, PortalError> {
    change(portal, view, number, form, Change::Pause).await
}

/// `POST /links/{number}/rearm`.
pub(crate) async fn rearm(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<u32>,
    Form(form): Form<Meant>,
) -> Result<Response, PortalError> {
    change(portal, view, number, form, Change::Rearm).await
}

/// `POST /links/{number}/destroy`.
pub(crate) async fn destroy(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(number): Path<u32>,
    Form(form): Form<Meant>,
) -> Result<Response, PortalError> {
    change(portal, view, number, form, Change::Destroy).await
}
