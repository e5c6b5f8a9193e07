//! What a document says, as a page for a frame of its own: it runs nothing, loads nothing and has no rights of the portal.
//!
//! Everything of the document comes as text, figures or a PNG drawn here (`mrms-viewers`); the markup is all ours. A plot always
//! has its figures in a table.

use maud::{DOCTYPE, Markup, html};
use mrms_viewers::{
    Block, Cell, Coded, Document, Picture, Series, Table, Trace, Waveform, time_of_day,
};

use crate::numbers;
use crate::pages::plot;
use crate::words::{Language, Words};

/// The look of a frame. It is in the page itself: the frame may load nothing.
const STYLE: &str = include_str!("../assets/frame.css");

fn page(words: &Words, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.language().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    }
}

/// A document as a page.
pub(crate) fn document(words: &Words, document: &Document) -> Markup {
    let title = document.title.clone().unwrap_or_else(|| words.say("record-content"));
    let facts = [
        ("viewer-kind", Some(words.say(document.kind.key()))),
        ("viewer-patient", document.patient.clone()),
        ("viewer-author", document.author.clone()),
        ("viewer-date", document.date.as_deref().map(|date| day(words, date))),
    ];
    let body = html! {
        h1 { bdi { (title) } }
        dl { @for (key, value) in &facts { @if let Some(value) = value {
            dt { (words.say(key)) } dd { bdi { (value) } }
        } } }
        @for one in &document.blocks { (block(words, one)) }
        @if document.is_cut { p.cut { (words.say("viewer-cut")) } }
    };
    page(words, &title, &body)
}

/// A page or picture of a document, with its text.
pub(crate) fn picture(words: &Words, name: &str, picture: &Picture) -> Markup {
    let source = format!("data:image/png;base64,{}", picture.png);
    let is_page = !picture.text.is_empty();
    let body = html! {
        h1.unseen { bdi { (name) } }
        // The frame runs no script: the size is chosen by the style, which sees what is ticked. The picture follows in it.
        @for (key, is_usual) in [("viewer-fit", true), ("viewer-larger", false), ("viewer-largest", false)] {
            input.size type="radio" name="size" id=(key) checked[is_usual];
            label.size for=(key) { (words.say(key)) }
        }
        div.over tabindex="0" role="group" aria-label=(name) {
            img.scan[!is_page].sheet[is_page] src=(source) alt=(name) width=(picture.width) height=(picture.height);
        }
        @if !picture.text.is_empty() {
            section aria-labelledby="text" {
                h2 id="text" { (words.say("viewer-text-of-page")) }
                pre tabindex="0" { (picture.text) }
            }
        }
    };
    page(words, name, &body)
}

/// A sentence of ours in place of a document.
pub(crate) fn sentence(words: &Words, sentence: &str) -> Markup {
    let body = html! { h1.unseen { (words.say("record-content")) } p { (sentence) } };
    page(words, &words.say("record-content"), &body)
}

/// A cell as text alone.
pub(crate) fn cell_text(words: &Words, cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Word(word) => words.say(word.key()),
        Cell::Counted(word, number) => format!("{} {number}", words.say(word.key())),
        Cell::Said(word, said) => format!("{}; {said}", words.say(word.key())),
        Cell::Date(date) => day(words, date),
        Cell::Figures(figures) => numbers::figures(words, figures),
        Cell::Coded(coded) => coded.said(words.language().tag()),
    }
}

fn cell(words: &Words, cell: &Cell) -> Markup {
    html! {
        @match cell {
            Cell::Text(text) => bdi { (text) },
            Cell::Figures(figures) => bdi { (numbers::figures(words, figures)) },
            Cell::Coded(one) => (coded(words, one)),
            Cell::Said(word, said) => { (words.say(word.key())) "; " bdi { (said) } },
            other => (cell_text(words, other)),
        }
    }
}

/// What something with a code is called, and the code small beside it.
fn coded(words: &Words, coded: &Coded) -> Markup {
    let tag = words.language().tag();
    html! {
        bdi { (coded.said(tag)) }
        @if let Some(code) = coded.beside(tag) { " " small { bdi { (code) } } }
    }
}

fn block(words: &Words, block: &Block) -> Markup {
    html! {
        @match block {
            Block::Heading { level: 2, text } => h2 { (cell(words, text)) },
            Block::Heading { level: 3, text } => h3 { (cell(words, text)) },
            Block::Heading { text, .. } => h4 { (cell(words, text)) },
            Block::Text(text) => p { (cell(words, text)) },
            Block::Preformatted(text) => pre tabindex="0" { (text) },
            Block::List(items) => ul { @for item in items { li { (cell(words, item)) } } },
            Block::Table(one) => (table(words, one)),
            Block::Series(one) => (series(words, one)),
            Block::Waveform(one) => (waveform(words, one)),
        }
    }
}

fn table(words: &Words, table: &Table) -> Markup {
    html! {
        div.table tabindex="0" role="group" {
            table {
                @if let Some(caption) = &table.caption { caption { (cell(words, caption)) } }
                @if !table.head.is_empty() {
                    thead { tr { @for one in &table.head { @if one.is_empty() { td {} } @else {
                        th scope="col" { (cell(words, one)) }
                    } } } }
                }
                tbody { @for row in &table.rows { tr { @for (at, one) in row.iter().enumerate() {
                    // On a narrow screen each cell has the name of its column beside it.
                    @let column = table.head.get(at).filter(|name| !name.is_empty());
                    td.nothing[one.is_empty()] data-column=[column.map(|name| cell_text(words, name))] { (cell(words, one)) }
                } } } }
            }
        }
    }
}

/// A plot over time, with the band of what is normal.
fn series(words: &Words, series: &Series) -> Markup {
    let Series { name, unit, low, high, points } = series;
    let called = name.said(words.language().tag());
    let label = words.with(
        "viewer-plot",
        &[("name", (&called).into()), ("count", (points.len() as u64).into())],
    );
    let drawn: Vec<_> = points.iter().map(|point| (point.date.as_str(), point.value)).collect();
    html! {
        section.series {
            h3 { (coded(words, name)) @if !unit.is_empty() { span.unit { " " bdi { (unit) } } } }
            @if low.is_some() || high.is_some() { p.band {
                (words.say("viewer-normal")) ": " bdi { (plot::band(words, *low, *high, unit)) }
            } }
            (plot::plot(&label, &drawn, (*low, *high)))
            (plot::span(words, &drawn, unit))
            div.table tabindex="0" role="group" { table {
                thead { tr { th scope="col" { (words.say("viewer-date")) } th scope="col" { (words.say("viewer-value")) } } }
                tbody { @for point in points.iter().rev() { tr {
                    @let is_out = plot::is_out(point.value, *low, *high);
                    td { time { (day(words, &point.date)) } }
                    td.out[is_out] {
                        bdi { (numbers::quantity(words, &point.text)) }
                        @if is_out { " " strong { (words.say("viewer-outside")) } }
                    }
                } } }
            } }
        }
    }
}

fn waveform(words: &Words, waveform: &Waveform) -> Markup {
    html! {
        section.waveform {
            h3 { (cell(words, &waveform.name)) span.unit { " " (numbers::number(words, &format!("{:.1}", waveform.seconds))) " s" } }
            @for trace in &waveform.traces { (curve(words, trace)) }
            div.table tabindex="0" role="group" { table {
                thead { tr { th scope="col" { (words.say("viewer-lead")) } th scope="col" { (words.say("viewer-range")) } } }
                tbody { @for trace in &waveform.traces { tr {
                    td { bdi { (trace.name) } }
                    td {
                        (numbers::number(words, &format!("{:.2}", trace.least))) " – "
                        (numbers::number(words, &format!("{:.2}", trace.most))) " " bdi { (trace.unit) }
                    }
                } } }
            } }
        }
    }
}

fn curve(words: &Words, trace: &Trace) -> Markup {
    let points: Vec<String> = trace.points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let label = words.with("viewer-curve", &[("name", (&trace.name).into())]);
    html! {
        p.lead { bdi { (trace.name) } }
        svg.curve viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label=(label) {
            polyline.line points=(points.join(" ")) {}
        }
    }
}

/// A date or time of ISO 8601 as people of a language read it. What is missing is left out.
pub(crate) fn day(words: &Words, date: &str) -> String {
    let time = time_of_day(date);
    let day = date.split('T').next().unwrap_or_default();
    let parts: Vec<u32> = day.split('-').filter_map(|part| part.parse().ok()).collect();
    let month = |number: u32| words.say(&format!("month-{number}"));
    let day = match (parts.as_slice(), words.language()) {
        ([year, month_of @ 1..=12, day], Language::English) => {
            format!("{day} {} {year}", month(*month_of))
        }
        ([year, month_of @ 1..=12, day], Language::German) => {
            format!("{day}. {} {year}", month(*month_of))
        }
        ([year, month_of @ 1..=12, day], Language::Spanish) => {
            format!("{day} de {} de {year}", month(*month_of))
        }
        ([year, month_of @ 1..=12], Language::Spanish) => format!("{} de {year}", month(*month_of)),
        ([year, month_of @ 1..=12], _) => format!("{} {year}", month(*month_of)),
        _ => day.to_owned(),
    };
    match time {
        Some(time) => format!("{day}, {time}"),
        None => day,
    }
}

#[cfg(test)]
mod tests {
    use mrms_viewers::{Answer, Kind, Request, Want, Word, answer};

    use super::*;

    #[test]
    fn dates_are_read_in_each_language() {
        let of = |language, date| day(&Words::of(language), date);
        assert_eq!(of(Language::English, "2026-05-04"), "4 May 2026");
        assert_eq!(of(Language::German, "2026-05-04T11:30:00Z"), "4. Mai 2026, 11:30 UTC");
        assert_eq!(of(Language::Spanish, "2026-05"), "mayo de 2026");
        assert_eq!(of(Language::German, "2026"), "2026");
    }

    #[test]
    fn every_word_of_a_viewer_is_in_every_catalogue() {
        for language in Language::ALL {
            let words = Words::of(language);
            let keys = Word::ALL.iter().map(|word| word.key());
            for key in keys.chain(Kind::ALL.map(Kind::key)) {
                assert_ne!(words.say(key), key, "{language:?}");
            }
        }
    }

    #[test]
    fn numbers_of_results_are_written_in_each_language_and_nothing_else_is_changed() {
        let result = |name: &str, date: &str, value: serde_json::Value| {
            let mut one = serde_json::json!({
                "resourceType": "Observation", "status": "final", "effectiveDateTime": date,
                "code": {"text": name, "coding": [{"system": "http://loinc.org", "code": "2.16.840"}]},
            });
            for (field, value) in value.as_object().unwrap() {
                one[field] = value.clone();
            }
            serde_json::json!({"resource": one})
        };
        let amount = |value: f64, unit: &str| serde_json::json!({"value": value, "unit": unit});
        let bundle = serde_json::json!({"resourceType": "Bundle", "entry": [
            result("Haemoglobin", "2025-05-04", serde_json::json!({"valueQuantity": amount(11.25, "g/dL")})),
            result("Haemoglobin", "2026-05-04", serde_json::json!({"valueQuantity": amount(13.5, "g/dL"),
                "referenceRange": [{"low": amount(12.5, "g/dL"), "high": amount(16.0, "g/dL")}]})),
            result("Leukocytes", "2026-05-04", serde_json::json!({"valueQuantity": amount(12480.5, "/uL"),
                "referenceRange": [{"low": amount(3900.5, "/uL")}]})),
            result("Ratio", "2026-05-04", serde_json::json!({"valueRatio":
                {"numerator": amount(1.5, "mg"), "denominator": amount(2.5, "g")}})),
            result("Software", "2026-05-04", serde_json::json!({"valueString": "Version 1.2.3, ICD J45.9, 4.5"})),
            result("Range", "2026-05-04", serde_json::json!({"valueInteger": 12480,
                "referenceRange": [{"text": "up to 10.5"}]})),
        ]});
        let request = Request { name: String::new(), want: Want::Document };
        let Answer::Document(made) = answer(&request, bundle.to_string().as_bytes()) else {
            panic!()
        };
        for (language, expected) in [
            (
                Language::English,
                [
                    "11.25 g/dL",
                    "12.5 – 16 g/dL",
                    "12,480.5 /uL",
                    "≥ 3900.5 /uL",
                    "1.5 mg : 2.5 g",
                    "12,480",
                ],
            ),
            (
                Language::German,
                [
                    "11,25 g/dL",
                    "12,5 – 16 g/dL",
                    "12\u{202f}480,5 /uL",
                    "≥ 3900,5 /uL",
                    "1,5 mg : 2,5 g",
                    "12\u{202f}480",
                ],
            ),
        ] {
            let page = document(&Words::of(language), &made).into_string();
            for text in expected.into_iter().chain(["Version 1.2.3, ICD J45.9, 4.5", "up to 10.5"])
            {
                assert!(page.contains(text), "{language:?} {text}: {page}");
            }
            let drawn = page.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(drawn.split([' ', ',']).all(|one| one.parse::<f64>().is_ok()), "{drawn}");
        }
    }

    #[test]
    fn nothing_of_a_document_becomes_markup() {
        let hostile = "</style><script>alert(1)</script><img src=x onerror=alert(1)>\"'";
        let text = serde_json::json!({"resourceType": "Bundle", "entry": [
            {"resource": {"resourceType": "Patient", "name": [{"text": hostile}]}},
            {"resource": {"resourceType": "Condition", "code": {"text": hostile}, "onsetDateTime": hostile}},
            {"resource": {"resourceType": "Observation", "code": {"text": hostile}, "effectiveDateTime": "2026-01-01", "valueQuantity": {"value": 1, "unit": hostile}}},
            {"resource": {"resourceType": "Observation", "code": {"text": hostile}, "effectiveDateTime": "2026-01-02", "valueQuantity": {"value": 2, "unit": hostile}}},
        ]});
        let request = Request { name: String::new(), want: Want::Document };
        let Answer::Document(made) = answer(&request, text.to_string().as_bytes()) else {
            panic!()
        };
        let page = document(&Words::of(Language::English), &made).into_string();
        assert!(page.contains("&lt;script&gt;"), "it is shown as text");
        for markup in ["<script", "<img", "onerror=alert(1)>\""] {
            assert!(!page.contains(markup), "{markup}");
        }
        assert_eq!(page.matches("</style>").count(), 1);
        assert!(
            page.contains("data-column=\"What\""),
            "cells that stand alone have their column's name"
        );
        assert!(page.contains("<td class=\"nothing\""), "and empty ones take no line");
    }
}
