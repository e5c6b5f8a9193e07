//! A plot of numbers over time, with the band of what is normal. Whoever shows one has its figures in a table as well.

use maud::{Markup, html};

use crate::numbers;
use crate::pages::frames;
use crate::words::Words;

/// The width and height.
const SIZE: (f64, f64) = (640.0, 180.0);
/// Points of which each is marked.
const MOST_MARKED: usize = 200;

/// A plot of values by the days of their dates, the oldest first. `label` is what a screen reader says.
pub(crate) fn plot(
    label: &str,
    points: &[(&str, f64)],
    band: (Option<f64>, Option<f64>),
) -> Markup {
    let (low, high) = band;
    let values = points.iter().map(|(_, value)| *value).chain(low).chain(high);
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(f64::NEG_INFINITY, f64::max);
    let (width, tall) = SIZE;
    // What is the same all along, or of one day alone, stands in the middle.
    let y = |value: f64| match most > least {
        true => 8.0 + (tall - 16.0) * (1.0 - (value - least) / (most - least)),
        false => tall / 2.0,
    };
    let days: Vec<f64> = points.iter().map(|(date, _)| days(date)).collect();
    let (first, last) = (days.first().copied().unwrap_or(0.0), days.last().copied().unwrap_or(1.0));
    let x = |day: f64| match last > first {
        true => 8.0 + (width - 16.0) * (day - first) / (last - first),
        false => width / 2.0,
    };
    let places: Vec<(f64, f64)> =
        points.iter().zip(&days).map(|((_, value), day)| (x(*day), y(*value))).collect();
    let line: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let is_banded = low.is_some() || high.is_some();
    let (top, bottom) = (y(high.unwrap_or(most)), y(low.unwrap_or(least)));
    html! {
        svg viewBox=(format!("0 0 {width} {tall}")) role="img" aria-label=(label) {
            @if is_banded { rect.normal x="0" y=(format!("{top:.1}")) width=(width) height=(format!("{:.1}", (bottom - top).max(1.0))) {} }
            polyline.line points=(line.join(" ")) {}
            @if places.len() <= MOST_MARKED {
                @for (x, y) in &places { circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="4" {} }
            }
        }
    }
}

/// What a plot shows, in a line below it: its lowest and highest value, and its days. Of one value that says nothing.
pub(crate) fn span(words: &Words, points: &[(&str, f64)], unit: &str) -> Markup {
    if points.len() < 2 {
        return html! {};
    }
    let values = points.iter().map(|(_, value)| *value);
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(f64::NEG_INFINITY, f64::max);
    let (Some((first, _)), Some((last, _))) = (points.first(), points.last()) else {
        return html! {};
    };
    let figure = |value: f64| {
        let rounded = numbers::rounded(words, value);
        if unit.is_empty() { rounded } else { format!("{rounded} {unit}") }
    };
    let day = |date: &str| frames::day(words, date.split('T').next().unwrap_or_default());
    let (least, most, first, last) = (figure(least), figure(most), day(first), day(last));
    let args = [
        ("least", (&least).into()),
        ("most", (&most).into()),
        ("first", (&first).into()),
        ("last", (&last).into()),
    ];
    html! { p.hint { (words.with("viewer-plot-span", &args)) } }
}

/// A band in words, with its unit.
pub(crate) fn band(words: &Words, low: Option<f64>, high: Option<f64>, unit: &str) -> String {
    let end = |value: Option<f64>| value.map(|value| numbers::value(words, value));
    let text = match (end(low), end(high)) {
        (Some(low), Some(high)) => format!("{low} – {high}"),
        (Some(low), None) => format!("≥ {low}"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => return String::new(),
    };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

/// Whether a value is outside of what is normal.
pub(crate) fn is_out(value: f64, low: Option<f64>, high: Option<f64>) -> bool {
    low.is_some_and(|low| value < low) || high.is_some_and(|high| value > high)
}

/// About which day a date is, for its place in a plot.
fn days(date: &str) -> f64 {
    let (day, time) = date.split_once('T').unwrap_or((date, ""));
    let mut parts = day.split('-').map(|part| part.parse::<f64>().unwrap_or(1.0));
    let mut part = |usual| parts.next().unwrap_or(usual);
    let (year, month, day) = (part(0.0), part(1.0), part(1.0));
    let mut clock = time
        .split(':')
        .map(|part| part.get(..2).and_then(|two| two.parse::<f64>().ok()).unwrap_or(0.0));
    let (hour, minute) = (clock.next().unwrap_or(0.0), clock.next().unwrap_or(0.0));
    year * 365.25 + month * 30.44 + day + hour / 24.0 + minute / 1440.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_dates_lie_further_to_the_right_whatever_is_missing_of_them() {
        assert!(
            days("2026-05-04T11:30") > days("2026-05-04")
                && days("2026-06") > days("2026-05-31T10")
        );
    }

    #[test]
    fn band_is_drawn_where_there_is_one_and_said_with_its_unit() {
        let points = [("2025-05-04", 11.5), ("2026-05-04", 13.2)];
        let drawn = plot("Haemoglobin", &points, (Some(12.0), Some(16.0))).into_string();
        assert_eq!((drawn.matches("<circle").count(), drawn.matches("<rect").count()), (2, 1));
        // In a page, what is not closed has the rest of the drawing in it, which then is not drawn.
        for name in ["circle", "rect", "polyline", "svg"] {
            let (begun, ended) = (format!("<{name}"), format!("</{name}>"));
            assert_eq!(drawn.matches(&begun).count(), drawn.matches(&ended).count(), "{drawn}");
        }
        let words = Words::of(crate::words::Language::English);
        let said = span(&words, &points, "g/dL").into_string();
        assert!(said.contains("11.5 g/dL") && said.contains("13.2 g/dL"), "{said}");
        assert!(said.contains("4 May 2025") && said.contains("4 May 2026"), "{said}");
        let bare = plot("Haemoglobin", &points[..1], (None, None)).into_string();
        assert!(
            !bare.contains("<rect") && !bare.contains("NaN") && !bare.contains("inf"),
            "{bare}"
        );
        assert_eq!(band(&words, Some(12.0), Some(16.0), "g/dL"), "12 – 16 g/dL");
        assert_eq!(
            (band(&words, None, Some(5.0), ""), band(&words, None, None, "g/dL")),
            ("≤ 5".to_owned(), String::new())
        );
        let german = Words::of(crate::words::Language::German);
        assert_eq!(band(&german, Some(3.5), Some(5.1), "mmol/L"), "3,5 – 5,1 mmol/L");
        let said = span(&german, &points, "g/dL").into_string();
        assert!(said.contains("11,5 g/dL") && said.contains("13,2 g/dL"), "{said}");
        assert!(drawn.contains("points=\"8.0,"), "what a browser draws has points: {drawn}");
        assert!(is_out(11.5, Some(12.0), None) && !is_out(12.0, Some(12.0), Some(16.0)));
    }
}
