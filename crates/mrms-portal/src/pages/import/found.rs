//! The page of what is in files that others gave: whose each document is, which of them the person wants, and what became of
//! each afterwards. What is ticked on a page is kept whenever its form is sent, also on the way to another page of the list.

use std::collections::BTreeSet;

use maud::{Markup, html};
use mrms_app::import::{ComparedWith, LeftOut, Whose};
use mrms_people::name::quotable;
use mrms_viewers::Subject;

use super::{FOUND, PATH, look};
use crate::importing::{Became, Found, Group, Preview, Row};
use crate::pages::failed;
use crate::pages::frames::day;
use crate::pages::layout::{self, token};
use crate::pages::paging::Page;
use crate::pages::view::View;
use crate::words::Words;

/// How many groups of people are listed above the files.
const MOST_GROUPS: usize = 12;

/// What the form of the page says.
pub(super) struct Ticked<'p> {
    pub(super) token: &'p str,
    /// The page of the list that it has, from 1.
    pub(super) page: usize,
    /// How many files came, and how many rows were found in them.
    of: (usize, usize),
    numbers: BTreeSet<usize>,
    /// Which group of documents is ticked as a whole, or not.
    group: Option<(usize, bool)>,
    pub(super) wants: Wants,
}

/// Which button was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// What is ticked is put on record.
    Write,
    /// The list is shown from this page on.
    Page(usize),
}

impl<'p> Ticked<'p> {
    pub(super) fn of(pairs: &'p [(String, String)]) -> Self {
        let text = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let number = |name: &str| text(name).parse().unwrap_or_default();
        let numbers = pairs.iter().filter(|(key, _)| key == "take");
        let page = number("page");
        let wants = match text("do") {
            "write" => Wants::Write,
            other => {
                let asked = other.strip_prefix("page-").and_then(|page| page.parse().ok());
                Wants::Page(asked.unwrap_or(page))
            }
        };
        let group = |prefix: &str| text("do").strip_prefix(prefix)?.parse::<usize>().ok();
        let tick = group("tick-").map(|group| (group, true));
        Self {
            token: text("token"),
            page,
            of: (number("files"), number("rows")),
            numbers: numbers.filter_map(|(_, value)| value.parse().ok()).collect(),
            group: tick.or_else(|| group("untick-").map(|group| (group, false))),
            wants,
        }
    }

    /// Whether it is about what was found last.
    pub(super) fn is_of(&self, preview: &Preview) -> bool {
        self.of == (preview.found.files, preview.found.rows.len())
    }

    /// Keeps what is ticked.
    pub(super) fn keep(&self, preview: &mut Preview) {
        let found = std::sync::Arc::clone(&preview.found);
        let rows = Page::of(Some(self.page), found.rows.len()).of_all(&found.rows);
        let shown = rows.iter().filter(|row| row.is_new()).map(|row| row.number).collect();
        preview.choose(&shown, &self.numbers);
        let groups = found.groups();
        if let Some((group, is_ticked)) = self.group
            && let Some(Group { numbers, .. }) = groups.get(group)
        {
            let none = BTreeSet::new();
            preview.choose(numbers, if is_ticked { numbers } else { &none });
        }
    }
}

const fn left_out_key(why: LeftOut) -> &'static str {
    match why {
        LeftOut::Empty => "import-left-empty",
        LeftOut::Program => "import-left-program",
        LeftOut::System => "import-left-system",
        LeftOut::Style => "import-left-style",
        LeftOut::DiscIndex => "import-left-index",
        LeftOut::Locked => "import-left-locked",
        LeftOut::Packing => "import-left-packing",
        LeftOut::Bomb => "import-left-bomb",
        LeftOut::NotChosen => "import-left-not-chosen",
        LeftOut::OtherPerson => "import-left-other-person",
        LeftOut::Erased => "import-left-erased",
        // Folders and links do not come from a browser.
        _ => "import-left-damaged",
    }
}

/// One of those whom a document is about.
fn subject(words: &Words, one: &Subject) -> String {
    let name = one.name.as_deref().map(quotable);
    let name = name.unwrap_or_else(|| words.say("import-no-name"));
    match &one.born {
        Some(born) => {
            let born = day(words, born);
            words.with("import-born", &[("name", (&name).into()), ("born", (&born).into())])
        }
        None => name,
    }
}

/// Whom a document is about, as it says itself.
fn about(words: &Words, about: &[Subject]) -> String {
    if about.is_empty() {
        return words.say("import-not-named");
    }
    about.iter().map(|one| subject(words, one)).collect::<Vec<_>>().join("; ")
}

/// What speaks against a document being about the person.
fn doubt(words: &Words, whose: Whose, with: &ComparedWith) -> Option<String> {
    let name = with.name.as_deref().map(quotable).unwrap_or_default();
    let name: &str = &name;
    Some(match whose {
        Whose::Unnamed | Whose::Fits => return None,
        Whose::OtherName => words.with("import-doubt-name", &[("name", name.into())]),
        Whose::OtherBirth => {
            let born = with.born.as_deref().map(|born| day(words, born)).unwrap_or_default();
            words.with("import-doubt-born", &[("born", (&born).into())])
        }
        Whose::OtherThanMost => words.with("import-doubt-most", &[("name", name.into())]),
        Whose::Unclear => words.say("import-doubt-unclear"),
        Whose::Several => words.say("import-doubt-several"),
    })
}

/// What a row says of a document.
fn inner(words: &Words, row: &Row, with: &ComparedWith) -> Markup {
    let last = row.place.rsplit(['/', '›']).next().unwrap_or_default().trim();
    // Of what is on record already, the person has decided.
    let is_on_record = matches!(row.became, Became::OnRecord(_) | Became::Known(_));
    let doubt = row.whose.filter(|_| !is_on_record).and_then(|whose| doubt(words, whose, with));
    html! {
        span.name.short { bdi { (row.name.as_deref().unwrap_or(last)) } }
        @if row.whose.is_some() {
            span.meta.about {
                @match row.about.as_slice() {
                    [] => { (about(words, &[])) }
                    people => { (words.say("import-about")) " " bdi { (about(words, people)) } }
                }
            }
        }
        @if let Some(doubt) = doubt { span.meta.doubt { (doubt) } }
        span.meta {
            @if let Some(kind) = row.kind { (words.say(kind.key())) " · " }
            bdi { (row.place) }
        }
    }
}

fn became(words: &Words, became: &Became) -> Option<String> {
    Some(match became {
        Became::New => return None,
        Became::OnRecord(_) => words.say("import-on-record"),
        Became::Known(_) => words.say("import-known"),
        Became::LeftOut(why) => {
            words.with("import-left", &[("why", (&words.say(left_out_key(*why))).into())])
        }
        Became::Failed(error) => {
            words.with("import-failed", &[("why", (&failed::sentence(error, words)).into())])
        }
    })
}

/// A file that is new, with its tick; or what became of one.
fn row(words: &Words, found: &Found, row: &Row, preview: Option<&Preview>) -> Markup {
    let inner = inner(words, row, &found.with);
    if let Some(preview) = preview
        && row.is_new()
    {
        let id = format!("take-{}", row.number);
        return html! {
            li.row {
                div.take {
                    input type="checkbox" id=(id) name="take" value=(row.number) checked[preview.takes(row.number)];
                    label for=(id) { (inner) }
                }
                @if look::is_whole_file(row) {
                    a.button.quiet href=(format!("{FOUND}/{}", row.number)) { (words.say("import-look")) }
                }
            }
        };
    }
    let is_failed = matches!(row.became, Became::Failed(_));
    let whole = html! {
        (inner)
        @if let Some(said) = became(words, &row.became) { span.became.wrong[is_failed] { (said) } }
    };
    // What is the same as another file of this import has its record only when that is made.
    let id = match row.became {
        Became::OnRecord(id) | Became::Known(id) if preview.is_none() => Some(id),
        _ => None,
    };
    html! {
        li.row {
            @match id {
                Some(id) => a href=(format!("/records/{id}")) { (whole) },
                None => div { (whole) },
            }
        }
    }
}

/// With whom the documents are compared.
fn compared(words: &Words, with: &ComparedWith) -> Markup {
    let name = with.name.as_deref().map(quotable);
    html! {
        p {
            @match (&name, with.is_own) {
                (Some(name), true) => (words.with("import-compared-own", &[("name", name.into())])),
                (Some(name), false) => (words.with("import-compared-most", &[("name", name.into())])),
                (None, _) => (words.say("import-compared-none")),
            }
            @if !with.is_own { " " a href="/card" { (words.say("import-compared-card")) } }
        }
    }
}

/// Whose the new documents are, by people, and a button for all that name the same.
fn people(words: &Words, preview: &Preview) -> Markup {
    let found = &preview.found;
    let groups = found.groups();
    if groups.is_empty() {
        return html! {};
    }
    let doubted: usize =
        groups.iter().filter(|one| one.whose.is_doubted()).map(|one| one.numbers.len()).sum();
    let is_named = groups.iter().any(|one| !one.about.is_empty());
    html! {
        section.card {
            h2 { (words.say("import-whose")) }
            @if is_named { (compared(words, &found.with)) }
            @if doubted > 0 {
                p.wrong { strong { (words.with("import-doubted", &[("count", doubted.into())])) } }
            }
            ul.readers {
                @for (index, group) in groups.iter().enumerate().take(MOST_GROUPS) {
                    (one_group(words, preview, index, group))
                }
            }
            @if groups.len() > MOST_GROUPS {
                p.hint { (words.with("import-more-groups", &[("count", (groups.len() - MOST_GROUPS).into())])) }
            }
        }
    }
}

fn one_group(words: &Words, preview: &Preview, index: usize, group: &Group<'_>) -> Markup {
    let ticked = group.numbers.iter().filter(|number| preview.takes(**number)).count();
    let all = group.numbers.len();
    let (key, value) = match ticked == all {
        true => ("import-untick", format!("untick-{index}")),
        false => ("import-tick", format!("tick-{index}")),
    };
    let of = [("ticked", ticked.into()), ("count", all.into())];
    let id = format!("group-{index}");
    html! {
        li {
            span id=(id) {
                bdi { strong { (about(words, group.about)) } } ": " (words.with("import-group", &of))
                @if let Some(doubt) = doubt(words, group.whose, &preview.found.with) {
                    " " span.doubt { (doubt) }
                }
            }
            button.second type="submit" name="do" value=(value) aria-describedby=(id) { (words.say(key)) }
        }
    }
}

fn counts(words: &Words, found: &Found) -> Markup {
    let count = |is: fn(&Became) -> bool| found.rows.iter().filter(|row| is(&row.became)).count();
    let counts = [
        ("import-count-new", count(|became| matches!(became, Became::New))),
        ("import-count-on-record", count(|became| matches!(became, Became::OnRecord(_)))),
        ("import-count-known", count(|became| matches!(became, Became::Known(_)))),
        ("import-count-left", count(|became| matches!(became, Became::LeftOut(_)))),
        ("import-count-failed", count(|became| matches!(became, Became::Failed(_)))),
    ];
    html! {
        section.card role="status" {
            @for (key, count) in counts.iter().filter(|(_, count)| *count > 0) {
                p { (words.with(key, &[("count", (*count).into())])) }
            }
            @if found.rows.is_empty() { p { (words.say("import-nothing")) } }
        }
    }
}

/// What is in the files, before anything is put on record. `wrong` is what is wrong with what was sent.
pub(super) fn chosen(
    view: &View,
    preview: &Preview,
    page: Option<usize>,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let found = &preview.found;
    let has_new = found.rows.iter().any(Row::is_new);
    let shown = Page::of(page, found.rows.len());
    let body = html! {
        h1 { (words.say("import-found-title")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        (counts(words, found))
        form method="post" action=(format!("{PATH}/write")) {
            (token(&view.visitor))
            input type="hidden" name="page" value=(shown.number());
            input type="hidden" name="files" value=(found.files);
            input type="hidden" name="rows" value=(found.rows.len());
            (people(words, preview))
            ul.rows { @for one in shown.of_all(&found.rows) { (row(words, found, one, Some(preview))) } }
            (shown.buttons(words))
            @if has_new {
                p { button type="submit" name="do" value="write" { (words.say("import-write")) } }
            }
        }
        form method="post" action=(format!("{PATH}/leave")) {
            (token(&view.visitor))
            button.second type="submit" { (words.say("import-leave")) }
        }
    };
    layout::page(view, "/records", &words.say("import-found-title"), &body)
}

/// What became of the files.
pub(super) fn done(view: &View, found: &Found, page: Option<usize>) -> Markup {
    let words = &view.words;
    let shown = Page::of(page, found.rows.len());
    let body = html! {
        h1 { (words.say("import-done-title")) }
        (counts(words, found))
        p { a.button href="/records" { (words.say("home-records")) } }
        ul.rows { @for one in shown.of_all(&found.rows) { (row(words, found, one, None)) } }
        (shown.links(words, FOUND, &[]))
    };
    layout::page(view, "/records", &words.say("import-done-title"), &body)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::words::Language;

    fn pairs(texts: &[(&str, &str)]) -> Vec<(String, String)> {
        texts.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn found(count: usize) -> Arc<Found> {
        let row = |number| Row {
            number,
            place: format!("{number}.json"),
            files: 1,
            name: None,
            kind: None,
            about: Vec::new(),
            whose: Some(if number == 0 { Whose::OtherName } else { Whose::Unnamed }),
            became: Became::New,
        };
        let rows = (0..count).map(row).collect();
        Arc::new(Found { files: 1, rows, with: ComparedWith::default() })
    }

    #[test]
    fn what_is_ticked_on_one_page_of_the_list_stays_while_the_other_is_looked_at() {
        let mut preview = Preview::of(found(60));
        let sent = pairs(&[
            ("page", "2"),
            ("files", "1"),
            ("rows", "60"),
            ("take", "51"),
            ("do", "page-1"),
        ]);
        let ticked = Ticked::of(&sent);
        assert!(ticked.is_of(&preview));
        assert_eq!(ticked.wants, Wants::Page(1));
        ticked.keep(&mut preview);
        let taken: Vec<_> = (0..60).filter(|number| preview.takes(*number)).collect();
        assert_eq!(taken, (1..50).chain([51]).collect::<Vec<_>>());
        // All of a group, which come after those that fit.
        let all = pairs(&[("page", "2"), ("take", "51"), ("do", "tick-1")]);
        Ticked::of(&all).keep(&mut preview);
        assert!(preview.takes(0) && preview.takes(51) && !preview.takes(52));
        let none = pairs(&[("page", "2"), ("do", "untick-0")]);
        Ticked::of(&none).keep(&mut preview);
        assert_eq!((0..60).filter(|number| preview.takes(*number)).collect::<Vec<_>>(), [0]);
        let other = pairs(&[("files", "1"), ("rows", "59"), ("do", "write")]);
        assert!(!Ticked::of(&other).is_of(&preview), "what was shown has changed");
    }

    #[test]
    fn document_on_record_carries_no_doubt_any_more() {
        let words = Words::of(Language::English);
        let found = found(1);
        let id = mrms_core::RecordId::new(7);
        let has_doubt = |became| {
            let one = Row {
                number: 0,
                place: "0.json".to_owned(),
                files: 1,
                name: None,
                kind: None,
                about: Vec::new(),
                whose: Some(Whose::OtherName),
                became,
            };
            row(&words, &found, &one, None).into_string().contains("doubt")
        };
        assert!(has_doubt(Became::LeftOut(LeftOut::NotChosen)));
        for became in [Became::OnRecord(id), Became::Known(id)] {
            assert!(!has_doubt(became));
        }
    }

    #[test]
    fn every_doubt_has_its_reason_in_every_language() {
        let with = ComparedWith {
            name: Some("Ana “x” Muster".to_owned()),
            born: Some("1950-05-03".to_owned()),
            is_own: true,
        };
        for language in Language::ALL {
            let words = Words::of(language);
            for whose in [
                Whose::OtherName,
                Whose::OtherBirth,
                Whose::OtherThanMost,
                Whose::Unclear,
                Whose::Several,
            ] {
                let said = doubt(&words, whose, &with).unwrap();
                assert!(!said.starts_with("import-") && !said.contains("“x”"), "{said}");
            }
            assert_eq!(doubt(&words, Whose::Unnamed, &with), None);
            let one = Subject { name: None, born: Some("1950-05-03".to_owned()) };
            assert!(subject(&words, &one).contains("1950"));
        }
    }
}
