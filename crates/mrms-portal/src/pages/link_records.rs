//! Chooses the records of a link: a list with a search, in which what was ticked stays ticked.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_core::RecordId;

use crate::error::PortalError;
use crate::overview::Row;
use crate::pages::layout;
use crate::pages::paging::ROWS;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::times;
use crate::work::{Work, with_home};

/// What the form in the address says.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    /// The records that are ticked, each once.
    pub(super) records: Vec<RecordId>,
    wanted: String,
}

impl Chosen {
    pub(super) fn of(pairs: &[(String, String)]) -> Self {
        let mut records = Vec::new();
        for id in pairs.iter().filter(|(key, _)| key == "record") {
            match id.1.parse() {
                Ok(id) if !records.contains(&id) => records.push(id),
                _ => {}
            }
        }
        let wanted = pairs.iter().find(|(key, _)| key == "q");
        Self { records, wanted: wanted.map(|(_, text)| text.trim().to_owned()).unwrap_or_default() }
    }
}

struct Listed {
    ticked: Vec<Row>,
    others: Vec<Row>,
}

fn listed(work: &Work, chosen: &Chosen) -> Result<Listed, PortalError> {
    let overview = work.overview()?;
    let wanted = chosen.wanted.to_lowercase();
    let ticked = chosen.records.iter().filter_map(|id| overview.row(*id)).cloned();
    let others = overview
        .rows
        .iter()
        .filter(|row| !row.is_erased && !chosen.records.contains(&row.id) && row.fits(&wanted, ""));
    Ok(Listed {
        ticked: ticked.filter(|row| !row.is_erased).collect(),
        others: others.take(ROWS).cloned().collect(),
    })
}

fn page(view: &View, chosen: &Chosen, listed: &Listed, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let row = |row: &Row, is_ticked: bool| {
        html! {
            div.choice {
                input type="checkbox" id=(format!("record-{}", row.id)) name="record" value=(row.id) checked[is_ticked];
                label for=(format!("record-{}", row.id)) {
                    bdi { (row.name.clone().unwrap_or_else(|| words.say("records-unnamed"))) }
                    @if let Some(time) = row.written { span.hint { " " (times::day(words, time)) } }
                }
            }
        }
    };
    let body = html! {
        h1 { (words.say("link-records-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("links-explained")) }
        form.card method="get" action="/links/new" {
            fieldset {
                legend { (words.say("link-records-which")) }
                label for="q" { (words.say("records-search")) }
                input id="q" name="q" type="search" value=(chosen.wanted);
                button.second type="submit" { (words.say("records-search-button")) }
                @for one in &listed.ticked { (row(one, true)) }
                @for one in &listed.others { (row(one, false)) }
                @if listed.ticked.is_empty() && listed.others.is_empty() {
                    p { (words.say("records-none-found")) }
                }
            }
            p.hint { (words.say("link-records-hint")) }
            button type="submit" formaction="/links/new/terms" { (words.say("link-records-go-on")) }
            a.button.second href="/links" { (words.say("cancel")) }
        }
    };
    layout::page(view, "/people", &words.say("link-records-title"), &body)
}

/// `GET /links/new`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    again(&portal, &view, Chosen::of(&pairs), None).await
}

/// The page with what is ticked, and with what is wrong with it.
pub(super) async fn again(
    portal: &Portal,
    view: &View,
    chosen: Chosen,
    wrong: Option<&'static str>,
) -> Result<Response, PortalError> {
    let asked = chosen.clone();
    let listed = with_home(&portal.homes, view.person.clone(), move |work| listed(work, &asked));
    let wrong = wrong.map(|key| view.words.say(key));
    let page = page(view, &chosen, &listed.await?, wrong.as_deref());
    let status = match wrong {
        Some(_) => axum::http::StatusCode::UNPROCESSABLE_ENTITY,
        None => axum::http::StatusCode::OK,
    };
    Ok((status, page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_chosen_once_and_in_the_order_of_the_form() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let pairs = [
            pair("record", "7"),
            pair("q", " blood "),
            pair("record", "3"),
            pair("record", "7"),
            pair("record", "<script>"),
        ];
        let chosen = Chosen::of(&pairs);
        assert_eq!(chosen.records, [RecordId::new(7), RecordId::new(3)]);
        assert_eq!(chosen.wanted, "blood");
    }
}
