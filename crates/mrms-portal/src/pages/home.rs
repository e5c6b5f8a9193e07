//! Home: in one sentence who can see what, and then what wants attention.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use maud::html;
use mrms_core::Principal;

use crate::error::PortalError;
use crate::pages::layout;
use crate::pages::view::View;
use crate::pages::welcome;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// A grant that ends within this many seconds is told.
const SOON: u64 = 3 * 86_400;

struct Summary {
    records: usize,
    people: usize,
    /// Who, the record's id, and when it ends.
    ending: Vec<(String, String, mrms_core::UnixTime)>,
    emergencies: Vec<(String, String)>,
}

fn look(work: &Work) -> Result<Summary, PortalError> {
    let session = work.session();
    let me = work.actor.principal();
    let failed = |error| PortalError::refused(&error);
    let clock = session.ledger.tip().map_err(|error| PortalError::refused(&error))?.clock();
    let mut records = session.records_of(&me).map_err(failed)?;
    let standing = session.standing_users(&me).map_err(failed)?;
    let mut people: BTreeSet<Principal> = BTreeSet::new();
    let (mut ending, mut emergencies) = (Vec::new(), Vec::new());
    let erased = session.erased_records().map_err(|error| PortalError::refused(&error))?;
    records.retain(|(id, _)| !erased.contains(id));
    for (id, record) in &records {
        let readers = session.readers_of(*id, record).map_err(failed)?;
        for (user, _) in session.unreviewed_emergencies(*id, &readers, &standing).map_err(failed)? {
            emergencies.push((work.names.shown(&user), id.to_string()));
        }
        for reader in readers.into_iter().filter(|reader| reader.now.is_ok()) {
            if let Some(expiry) = reader.grant.as_ref().and_then(|grant| grant.expiry) {
                let end = clock.time_of(expiry);
                if end.seconds().saturating_sub(clock.now.seconds()) < SOON {
                    ending.push((work.names.shown(&reader.user), id.to_string(), end));
                }
            }
            people.insert(reader.user);
        }
    }
    Ok(Summary { records: records.len(), people: people.len(), ending, emergencies })
}

/// `GET /`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Response, PortalError> {
    let has_noted = welcome::are_noted(&portal, &view);
    let Summary { records, people, ending, emergencies } =
        with_home(&portal.homes, view.person.clone(), look).await?;
    let words = &view.words;
    let body = html! {
        h1.sentence { (words.with("home-sentence", &[("people", people.into()), ("records", records.into())])) }
        @if !has_noted || !ending.is_empty() || !emergencies.is_empty() {
            section.attention aria-labelledby="attention" {
                h2 id="attention" { (words.say("home-attention")) }
                ul {
                    @for (who, id) in &emergencies {
                        li.emergency {
                            a href=(format!("/records/{id}")) {
                                (words.with("home-emergency", &[("who", who.into())]))
                            }
                        }
                    }
                    @for (who, id, end) in &ending {
                        li {
                            a href=(format!("/records/{id}")) {
                                (words.with("home-ending", &[
                                    ("who", who.into()),
                                    ("end", (&times::day_and_time(words, *end)).into()),
                                ]))
                            }
                        }
                    }
                    @if !has_noted {
                        li { a href="/words" { (words.say("home-words")) } }
                    }
                }
            }
        }
        section.actions {
            a.button href="/records/add" { (words.say("home-add")) }
            a.button.second href="/records" { (words.say("home-records")) }
        }
    };
    Ok(layout::page(&view, "/", &words.say("nav-home"), &body).into_response())
}
