//! A record of the patient for whom somebody acts: who can open it, who looked, and what may be done with it. Its content is
//! opened by a button, since that stands in the log.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::who::Wanted;
use mrms_app::records::list::NumberedRecord;
use mrms_core::{BurnClock, Powers, Principal, RecordId, UnixTime, Version};
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::acting::Acting;
use crate::error::{PortalError, refused};
use crate::looks::{Timed, timed};
use crate::named::Named;
use crate::pages::acting::{fields, for_whom, kind, said, who};
use crate::pages::layout::{self, notice};
use crate::pages::naming::Offers;
use crate::pages::record::extend;
use crate::pages::share::{self, Ended};
use crate::pages::view::View;
use crate::pages::{left, tell, told, unasked};
use crate::portal::Portal;
use crate::words::Words;
use crate::work::{Work, with_home};

/// How many openings are told on the page of a record.
const MOST_LOOKS: usize = 20;

#[derive(Deserialize)]
pub(crate) struct Asked {
    /// What was just done: a key of the catalogues.
    done: Option<String>,
}

struct Reader {
    user: Principal,
    who: Named,
    until: Option<UnixTime>,
    /// Whether they have it by access to all records, which is the patient's own to give and to end.
    by_standing: bool,
}

/// Somebody who acts for the patient, and sees the record by that.
struct Seeing {
    who: Named,
    /// `None` until the patient ends it.
    until: Option<UnixTime>,
}

impl Seeing {
    /// The words for what they can open.
    fn say(&self, words: &Words, acting: &Acting) -> String {
        let patient = acting.who.say(words);
        let places = [("who", (&patient).into())];
        match self.who {
            Named::You => words.with("acting-you-act", &places),
            _ => words.with("acting-acts", &places),
        }
    }
}

struct Facts {
    acting: Acting,
    number: u64,
    name: Option<String>,
    author: Named,
    /// What kind of document it is, where that was told.
    kind: Option<Kind>,
    written: UnixTime,
    latest: Version,
    clock: BurnClock,
    readers: Vec<Reader>,
    seeing: Vec<Seeing>,
    looks: Vec<(Named, Timed)>,
}

fn facts(work: &Work, id: RecordId) -> Result<Facts, PortalError> {
    let acting = work.acting(None, None)?;
    work.record_of(&acting, id)?;
    let session = work.session();
    let named = |who: &Principal| match *who == acting.patient {
        true => acting.who.clone(),
        false => work.reader(who),
    };
    let records = session.numbered_records_of(&acting.patient).map_err(refused)?;
    let of_this: Vec<NumberedRecord> = records.into_iter().filter(|one| one.id == id).collect();
    let said = said(work, &of_this).remove(&id).unwrap_or_default();
    let own = session.own_records(&acting.patient, of_this).map_err(refused)?;
    let own = own.into_iter().next().ok_or(PortalError::NoPage)?;
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let latest = own.record.version;
    let stored = session.ask(&mrms_contract::read::record_version(id, latest)).map_err(refused)?;
    let stored = stored.ok_or(PortalError::NoPage)?;
    let readers = own.live_readers().map(|reader| Reader {
        who: named(&reader.user),
        until: reader.until(clock.height).map(|expiry| clock.time_of(expiry)),
        by_standing: reader.is_by_standing(clock.height),
        user: reader.user.clone(),
    });
    let seeing = work.seeing(&acting.patient)?.into_iter().map(|one| Seeing {
        who: named(&one.user),
        until: one.delegation.expiry.map(|expiry| clock.time_of(expiry)),
    });
    let seeing = seeing.collect();
    let wanted = Wanted { since: None, own: false };
    let looks = session.looks(&acting.patient, vec![(id, own.record.clone())], wanted);
    let mut looks: Vec<_> =
        looks.map_err(refused)?.into_iter().map(|look| timed(look, clock)).collect();
    looks.sort_by_key(|one| std::cmp::Reverse(one.time));
    looks.truncate(MOST_LOOKS);
    Ok(Facts {
        number: own.number,
        kind: kind(&said),
        written: said.written.unwrap_or_else(|| clock.time_of(stored.burn_height)),
        name: said.name.map(Into::into),
        author: named(&stored.author),
        latest,
        clock,
        readers: readers.collect(),
        seeing,
        looks: looks.into_iter().map(|one| (who::who(work, &one), one)).collect(),
        acting,
    })
}

/// `GET /acting/records/{id}`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    for_whom(&view)?;
    let facts = with_home(&portal.homes, view.person.clone(), move |work| facts(work, id)).await?;
    let words = &view.words;
    let acting = &facts.acting;
    let name = name(&view, &facts);
    let offers = Offers::new(&view, format!("/acting/records/{id}"));
    let body = html! {
        @match asked.done.as_deref() {
            Some("added") => (notice(&words.with("acting-added", &[("who", (&acting.who.say(words)).into())]))),
            Some("amended") => (notice(&words.say("record-amended"))),
            Some("shared") => {
                (notice(&words.say("record-shared")))
                (tell::them(words, &view.person, "tell-shared-for", &[("who", (&acting.who.say(words)).into())]))
            }
            Some("stopped") => (notice(&words.say("record-stopped"))),
            Some("stopped-before") => (notice(&words.say("record-stopped-before"))),
            _ => {}
        }
        div.head {
            h1 { bdi { (name) } }
            p.meta {
                @if let Some(kind) = facts.kind { (words.say(kind.key())) " · " }
                (told::dates(words, None, Some(facts.written))) " · "
                (facts.author.as_author(words))
            }
        }
        @if acting.may(Powers::SEE) { (opening(&view, id, &facts)) }
        @else { p { (words.say("acting-sees-nothing")) } }
        (readers(&view, id, &facts, &offers))
        section aria-labelledby="looked" {
            h2 id="looked" { (words.say("record-who-looked")) }
            @if facts.looks.is_empty() { p { (words.say("acting-nobody-looked")) } }
            ul.looks { @for (named, one) in &facts.looks { (who::row(words, acting, (named, &offers), one, None)) } }
        }
        @if acting.may(Powers::ADD) {
            section aria-labelledby="more" {
                h2 id="more" { (words.say("record-more")) }
                p.actions {
                    a.button.second href=(format!("/acting/records/{id}/version")) { (words.say("record-amend")) }
                }
            }
        }
    };
    Ok(layout::page(&view, "/acting", &name, &body).into_response())
}

fn name(view: &View, facts: &Facts) -> String {
    let unnamed = || view.words.with("acting-unnamed", &[("number", facts.number.into())]);
    facts.name.clone().unwrap_or_else(unnamed)
}

/// The button that opens it: the latest version, or one of those before.
fn opening(view: &View, id: RecordId, facts: &Facts) -> Markup {
    let words = &view.words;
    html! {
        form.card method="post" action=(format!("/acting/records/{id}/open")) {
            (fields(view, &facts.acting))
            p { (words.with("acting-open-explained", &[("who", (&facts.acting.who.say(words)).into())])) }
            @if facts.latest > Version::FIRST {
                label for="version" { (words.say("acting-which-version")) }
                select id="version" name="version" {
                    @for version in (1..=facts.latest.number()).rev() {
                        option value=(version) { (words.with("record-version", &[("number", version.into())])) }
                    }
                }
            }
            button type="submit" { (words.say("shared-open")) }
        }
    }
}

fn readers(view: &View, id: RecordId, facts: &Facts, offers: &Offers<'_>) -> Markup {
    let words = &view.words;
    let acting = &facts.acting;
    html! {
        section aria-labelledby="readers" {
            h2 id="readers" { (words.say("record-who-can")) }
            @if facts.readers.is_empty() && facts.seeing.is_empty() {
                p { (words.say("acting-nobody-can")) }
            }
            ul.readers {
                @for one in &facts.seeing {
                    li {
                        span {
                            bdi { (one.who.say(words)) }
                            // What has no end, the patient alone ends.
                            @if one.until.is_some() { br; (left::until(words, facts.clock.now, one.until)) }
                        }
                        span.hint { (one.say(words, acting)) }
                    }
                }
                @for reader in &facts.readers {
                    @let who = reader.who.say(words);
                    @let may_stop = !reader.by_standing && acting.may(Powers::SHARE);
                    li {
                        span {
                            bdi { (who) }
                            (offers.beside(&reader.user, None, &reader.who))
                            @if may_stop || reader.until.is_some() {
                                br;
                                (left::until(words, facts.clock.now, reader.until))
                            }
                        }
                        @if reader.by_standing { span.hint { (words.say("acting-sees-all")) } }
                        @else if may_stop {
                            @if acting.may_give() && reader.until.is_some() && reader.who.may_be_given() {
                                (extend(words, &format!("/acting/records/{id}/share?with={}", reader.user), &who))
                            }
                            form method="post" action=(format!("/acting/records/{id}/stop")) {
                                (fields(view, acting))
                                input type="hidden" name="user" value=(reader.user);
                                button.stop type="submit"
                                    aria-label=(words.with("record-stop-who", &[("who", (&who).into())])) {
                                    (words.say("record-stop"))
                                }
                            }
                        }
                    }
                }
            }
            @if acting.may_give() {
                p { a.button href=(format!("/acting/records/{id}/share")) { (words.say("record-share")) } }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Stopping {
    token: String,
    patient: Principal,
    user: Principal,
}

/// `POST /acting/records/{id}/stop`: ends somebody's access, for the patient.
pub(crate) async fn stop(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Stopping>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let homes = portal.homes.for_an_end();
    let ended = with_home(&homes, view.person.clone(), move |work| {
        let acting = work.acting(Some(&form.patient), Some(Powers::SHARE))?;
        // One that a node hides is ended by whoever remembers to have given it.
        share::end(work, id, &form.user, |shown| match shown {
            Some(record) => record.patient == acting.patient,
            None => work.session().remembers_grant(&work.actor, id, &form.user),
        })
    });
    let done = match ended.await? {
        Ended::Now => "stopped",
        Ended::Before => "stopped-before",
        Ended::Unasked(ended) => {
            return Ok(unasked::ended_acting_page(&view, id, &ended).into_response());
        }
    };
    let to = format!("/acting/records/{id}?done={done}");
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}
