//! A record: its content first, then who can see it, and who looked.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::trail::{ActionOutcome, TrailLine};
use mrms_core::{Principal, RecordId, UnixTime, Version};
use mrms_home::viewing::Viewers;
use serde::Deserialize;

use crate::error::PortalError;
use crate::pages::content;
use crate::pages::layout::{self, notice, token};
use crate::pages::records::kind;
use crate::pages::shown::{self, Address, Place, Shown};
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// How many openings are told on the page of a record.
const MOST_LOOKS: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Asked {
    version: Option<u64>,
    page: Option<usize>,
    window: Option<usize>,
    /// What was just done: a key of the catalogues.
    done: Option<String>,
}

pub(crate) struct Reader {
    pub(crate) user: Principal,
    pub(crate) who: String,
    /// `None` until it is stopped.
    pub(crate) until: Option<UnixTime>,
}

struct Facts {
    name: Option<String>,
    kind: &'static str,
    author: String,
    written: Option<UnixTime>,
    version: Version,
    latest: Version,
    readers: Vec<Reader>,
    looks: Vec<(String, UnixTime, bool)>,
    shown: Shown,
}

fn version_of(asked: Option<u64>, latest: Version) -> Result<Version, PortalError> {
    let Some(asked) = asked else { return Ok(latest) };
    let version = Version::new(asked).filter(|version| *version <= latest);
    version.ok_or(PortalError::NoPage)
}

fn facts(
    work: &Work,
    viewers: &Viewers,
    id: RecordId,
    asked: Option<u64>,
) -> Result<Facts, PortalError> {
    let session = work.session();
    let failed = |error| PortalError::refused(&error);
    let me = work.actor.principal();
    let records = session.records_of(&me).map_err(failed)?;
    let record = records.into_iter().find(|(one, _)| *one == id).map(|(_, record)| record);
    let record = record.ok_or(PortalError::NoPage)?;
    if session.erased_records().map_err(|error| PortalError::refused(&error))?.contains(&id) {
        return Err(PortalError::Form { key: "record-erased-explained" });
    }
    let version = version_of(asked, record.version)?;
    let clock = session.ledger.tip().map_err(|error| PortalError::refused(&error))?.clock();
    let mut rng = mrms_home::clock::rng();
    let unlocked = session
        .own_version(&work.actor, id, version, &mut rng)
        .map_err(|error| PortalError::refused(&error))?;
    let header = session.header(&unlocked).ok();
    let shown = shown::show(&session, viewers, &unlocked, header.as_ref());
    let readers = session.readers_of(id, &record).map_err(failed)?;
    let readers = readers.into_iter().filter(|reader| reader.now.is_ok()).map(|reader| Reader {
        who: work.names.shown(&reader.user),
        until: reader.grant.and_then(|grant| grant.expiry).map(|expiry| clock.time_of(expiry)),
        user: reader.user,
    });
    let trail = session.trail(id).map_err(|error| PortalError::refused(&error))?;
    let is_look = |line: &&TrailLine| line.action.starts_with("access") && line.actor != me;
    let looks = trail.lines.iter().rev().filter(is_look).take(MOST_LOOKS).map(|line| {
        let is_refused = line.outcome == ActionOutcome::Denied;
        // Heights are ten minutes apart; the block has its own time.
        let time = line.time.as_deref().and_then(times::of_block);
        let time = time.unwrap_or_else(|| clock.time_of(line.burn_height));
        (work.names.shown(&line.actor), time, is_refused)
    });
    Ok(Facts {
        name: header.as_ref().and_then(content::name_of),
        kind: header.as_ref().map_or("kind-file", |header| kind(header.media_type.as_str())),
        author: work.names.shown(&unlocked.stored.author),
        written: header.as_ref().map(|header| header.time),
        version,
        latest: record.version,
        readers: readers.collect(),
        looks: looks.collect(),
        shown,
    })
}

/// `GET /records/{id}`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    let wanted = asked.version;
    let viewers = portal.settings.viewers.clone();
    let mut facts = with_home(&portal.homes, view.person.clone(), move |work| {
        facts(work, &viewers, id, wanted)
    })
    .await?;
    facts.shown = facts.shown.settled().await;
    let address = Address {
        path: format!("/records/{id}"),
        version: Some(facts.version),
        place: Place { page: asked.page, window: asked.window },
    };
    let words = &view.words;
    let name = facts.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
    let done = asked.done.as_deref().filter(|done| ["added", "stopped", "shared"].contains(done));
    let body = html! {
        @match done {
            Some("added") => (notice(&words.say("record-added"))),
            Some("stopped") => (notice(&words.say("record-stopped"))),
            Some("shared") => (notice(&words.say("record-shared"))),
            _ => {}
        }
        div.head {
            h1 { bdi { (name) } }
            p.meta {
                (words.say(facts.kind)) " · "
                @if let Some(time) = facts.written { (times::day(words, time)) " · " }
                (words.with("record-author", &[("who", (&facts.author).into())]))
            }
        }
        section.content aria-label=(words.say("record-content")) {
            (shown::frame(words, &address, &facts.shown, &name))
        }
        (versions(&view, id, &facts))
        (readers(&view, id, &facts.readers))
        section aria-labelledby="looked" {
            h2 id="looked" { (words.say("record-who-looked")) }
            @if facts.looks.is_empty() { p { (words.say("record-nobody-looked")) } }
            ul.looks {
                @for (who, time, is_refused) in &facts.looks {
                    li.refused[*is_refused] {
                        bdi { (who) } " · "
                        time datetime=(times::machine(*time)) { (times::day_and_time(words, *time)) }
                        @if *is_refused { " · " (words.say("record-refused")) }
                    }
                }
            }
        }
    };
    Ok(layout::page(&view, "/records", &name, &body).into_response())
}

fn versions(view: &View, id: RecordId, facts: &Facts) -> Markup {
    let words = &view.words;
    html! {
        @if facts.latest > Version::FIRST {
            nav.versions aria-label=(words.say("record-versions")) {
                @for version in facts.latest.up_to() {
                    a href=(format!("/records/{id}?version={version}"))
                        aria-current=[(version == facts.version).then_some("true")] {
                        (words.with("record-version", &[("number", version.number().into())]))
                    }
                }
            }
        }
    }
}

fn readers(view: &View, id: RecordId, readers: &[Reader]) -> Markup {
    let words = &view.words;
    html! {
        section aria-labelledby="readers" {
            h2 id="readers" { (words.say("record-who-can")) }
            @if readers.is_empty() { p { (words.say("record-nobody-can")) } }
            ul.readers {
                @for reader in readers {
                    li {
                        span { bdi { (reader.who) } " · " @match reader.until {
                            Some(time) => (words.with("record-until", &[("end", (&times::day_and_time(words, time)).into())])),
                            None => (words.say("record-until-stopped")),
                        } }
                        form method="post" action=(format!("/records/{id}/stop")) {
                            (token(&view.visitor))
                            input type="hidden" name="user" value=(reader.user);
                            button.stop type="submit"
                                aria-label=(words.with("record-stop-who", &[("who", (&reader.who).into())])) {
                                (words.say("record-stop"))
                            }
                        }
                    }
                }
            }
            p { a.button href=(format!("/records/{id}/share")) { (words.say("record-share")) } }
        }
    }
}
