//! Who looked: openings and refusals on all of one's records, the newest first.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use mrms_app::audit::trail::ActionOutcome;
use mrms_core::{RecordId, UnixTime};

use crate::error::PortalError;
use crate::pages::layout;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// How many rows one page has.
const MOST: usize = 200;

struct Row {
    who: String,
    id: RecordId,
    name: Option<String>,
    time: UnixTime,
    is_refused: bool,
    is_emergency: bool,
}

fn rows(work: &Work) -> Result<Vec<Row>, PortalError> {
    let session = work.session();
    let me = work.actor.principal();
    let clock = session.ledger.tip().map_err(|error| PortalError::refused(&error))?.clock();
    let records = session.records_of(&me).map_err(|error| PortalError::refused(&error))?;
    let mut rng = mrms_home::clock::rng();
    let mut trails = session.trails(records.clone());
    let mut rows = Vec::new();
    for (id, record) in records {
        let trail = trails.read(id).map_err(|error| PortalError::refused(&error))?;
        let looks = trail.lines.iter().filter(|line| {
            (line.action.contains("access") || line.action.contains("emergency"))
                && !line.action.contains("grant")
                && !line.action.contains("revoke")
                && line.actor != me
        });
        let mut looks = looks.peekable();
        if looks.peek().is_none() {
            continue;
        }
        let label = session.label_of(&work.actor, id, record.version, &mut rng);
        let name = label.and_then(|label| label.name().map(str::to_owned));
        rows.extend(looks.map(|line| {
            Row {
                who: work.names.shown(&line.actor),
                id,
                name: name.clone(),
                // Heights are ten minutes apart; the block has its own time.
                time: line
                    .time
                    .as_deref()
                    .and_then(times::of_block)
                    .unwrap_or_else(|| clock.time_of(line.burn_height)),
                is_refused: line.outcome == ActionOutcome::Denied,
                is_emergency: line.action.contains("emergency"),
            }
        }));
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.time.seconds()));
    rows.truncate(MOST);
    Ok(rows)
}

/// `GET /who`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let rows = with_home(&portal.homes, view.person.clone(), rows).await?;
    let words = &view.words;
    let body = html! {
        h1 { (words.say("nav-who")) }
        @if rows.is_empty() { p { (words.say("record-nobody-looked")) } }
        ul.looks {
            @for row in &rows {
                @let name = row.name.clone().unwrap_or_else(|| words.say("records-unnamed"));
                @let key = match (row.is_refused, row.is_emergency) {
                    (true, _) => "who-refused",
                    (false, true) => "who-emergency",
                    (false, false) => "who-opened",
                };
                li.refused[row.is_refused].emergency[row.is_emergency] {
                    a href=(format!("/records/{}", row.id)) {
                        (words.with(key, &[("who", (&row.who).into()), ("name", (&name).into())]))
                    }
                    " "
                    time datetime=(times::machine(row.time)) { (times::day_and_time(words, row.time)) }
                }
            }
        }
    };
    Ok(layout::page(&view, "/who", &words.say("nav-who"), &body))
}
