//! A record as a row of a list: what it is called, what tells it from others, and who can see it. One's own list and the one of
//! somebody for whom one acts show it alike.

use maud::{Markup, html};
use mrms_viewers::Kind;

use crate::words::Words;

/// What a row shows.
pub(crate) struct RecordRow<'r> {
    /// Where its page is.
    pub(crate) to: String,
    /// Its name, where it has one.
    pub(crate) name: Option<&'r str>,
    /// What stands in place of a name.
    pub(crate) unnamed: String,
    /// What kind of document it is, where that is known.
    pub(crate) kind: Option<Kind>,
    /// Its dates, and what else tells it apart.
    pub(crate) facts: Markup,
    pub(crate) versions: u64,
    /// Who can see it; empty where nobody can.
    pub(crate) seen: String,
}

impl RecordRow<'_> {
    pub(crate) fn shown(&self, words: &Words) -> Markup {
        let versions = (self.versions > 1)
            .then(|| words.with("records-versions", &[("count", self.versions.into())]));
        let kind = self.kind.map(|kind| words.say(kind.key()));
        let facts = Some(&self.facts).filter(|facts| !facts.0.is_empty()).cloned();
        let text = |text: String| html! { (text) };
        let meta = [kind.map(text), facts, versions.map(text)];
        html! {
            li.row {
                a href=(self.to) {
                    span.name.short title=[self.name] {
                        bdi { @match self.name { Some(name) => (name), None => (self.unnamed) } }
                    }
                    span.meta {
                        @for (at, part) in meta.into_iter().flatten().enumerate() {
                            @if at > 0 { " · " }
                            (part)
                        }
                    }
                    @if !self.seen.is_empty() { span.seen { (self.seen) } }
                }
            }
        }
    }
}

/// How many people can see a record, and how many links open it. `people` is the key of the sentence about people.
pub(crate) fn seen_by(words: &Words, (readers, links): (usize, usize), people: &str) -> String {
    let by_people = words.with(people, &[("count", readers.into())]);
    let by_links = words.with("records-links", &[("count", links.into())]);
    match (readers, links) {
        (_, 0) => by_people,
        (0, _) => by_links,
        _ => format!("{by_people} · {by_links}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn what_is_not_known_leaves_no_gap() {
        let words = Words::of(Language::English);
        let said = |kind, facts: &str, versions| {
            let row = RecordRow {
                to: "/records/7".to_owned(),
                name: Some("<b>ECG"),
                unnamed: "Record 7".to_owned(),
                kind,
                facts: html! { (facts) },
                versions,
                seen: "only you".to_owned(),
            };
            let shown = row.shown(&words).into_string();
            assert!(shown.contains("&lt;b&gt;ECG") && !shown.contains("Record 7"), "{shown}");
            shown.split("class=\"meta\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
        };
        assert_eq!(said(Some(Kind::Pdf), "4 May 2026", 1), "Document (PDF) · 4 May 2026");
        assert_eq!(said(None, "4 May 2026", 2), "4 May 2026 · 2 versions");
        assert_eq!(said(Some(Kind::Pdf), "", 1), "Document (PDF)");
        assert_eq!(said(None, "", 1), "");
    }
}
