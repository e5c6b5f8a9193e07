//! Choosing records in a form: a list with a search, in which what was ticked stays ticked. Works without script.

use maud::{Markup, html};
use mrms_core::RecordId;

use crate::error::PortalError;
use crate::overview::Row;
use crate::pages::paging::ROWS;
use crate::pages::search;
use crate::pages::told::Told;
use crate::words::Words;
use crate::work::Work;

/// What a form says.
#[derive(Clone, Debug, Default)]
pub(super) struct Chosen {
    /// The records that are ticked, each once.
    pub(super) records: Vec<RecordId>,
    pub(super) wanted: String,
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

/// A record as such a list shows it.
pub(super) trait Ticked {
    fn id(&self) -> RecordId;
    /// What it is called.
    fn name(&self, words: &Words) -> String;
    /// What tells it from others.
    fn facts(&self, words: &Words) -> Markup;
}

/// A row of any list of records.
pub(super) type Tick = Box<dyn Ticked + Send>;

impl Ticked for Told {
    fn id(&self) -> RecordId {
        self.row.id
    }

    fn name(&self, words: &Words) -> String {
        Self::name(self, words)
    }

    fn facts(&self, words: &Words) -> Markup {
        Self::facts(self, words)
    }
}

/// The rows of the list.
pub(super) struct Listed {
    pub(super) ticked: Vec<Tick>,
    pub(super) others: Vec<Tick>,
    /// How many more there are than are listed.
    pub(super) more: usize,
    /// The key of what one can search by.
    pub(super) by: &'static str,
}

/// Rows of the person's own records.
fn own<'r>(work: &Work, rows: impl IntoIterator<Item = &'r Row>) -> Vec<Tick> {
    let told = Told::of_all(work, rows).into_iter();
    told.map(|one| Box::new(one) as Tick).collect()
}

/// Finds what is listed of the person's own records: what is ticked, and then what the search finds.
pub(super) fn listed(work: &Work, chosen: &Chosen) -> Result<Listed, PortalError> {
    let overview = work.overview()?;
    let ticked = chosen.records.iter().filter_map(|id| overview.row(*id));
    let others = search::found(work, &overview, &chosen.wanted);
    let others =
        others.into_iter().filter(|row| !row.is_erased && !chosen.records.contains(&row.id));
    Ok(Listed {
        by: "records-search",
        ticked: own(work, ticked.filter(|row| !row.is_erased)),
        more: others.clone().count().saturating_sub(ROWS),
        others: own(work, others.take(ROWS)),
    })
}

/// The fields. The search sends the whole form, which then has `look`.
pub(super) fn fields(words: &Words, chosen: &Chosen, listed: &Listed) -> Markup {
    let row = |row: &Tick, is_ticked: bool| {
        let id = row.id();
        html! {
            div.choice {
                input type="checkbox" id=(format!("record-{id}")) name="record" value=(id) checked[is_ticked];
                label for=(format!("record-{id}")) {
                    bdi { (row.name(words)) } " " span.hint { (row.facts(words)) }
                }
            }
        }
    };
    html! {
        fieldset {
            legend { (words.say("link-records-which")) }
            label for="q" { (words.say(listed.by)) }
            input id="q" name="q" type="search" value=(chosen.wanted);
            button.second type="submit" name="look" value="yes" formnovalidate {
                (words.say("records-search-button"))
            }
            @for one in &listed.ticked { (row(one, true)) }
            @for one in &listed.others { (row(one, false)) }
            @if listed.ticked.is_empty() && listed.others.is_empty() {
                p { (words.say("records-none-found")) }
            }
            @if listed.more > 0 { p.hint { (words.with("ticks-more", &[("count", listed.more.into())])) } }
        }
    }
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
