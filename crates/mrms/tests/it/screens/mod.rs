//! What people read on a screen of 80 columns. Ids, keys and times are replaced by their kind.

mod received;
mod sent;
mod sharing;

use crate::support::Run;

/// Columns of a screen.
const SCREEN: usize = 80;

/// A command's stdout with what differs from run to run replaced, and nothing wider than a screen.
#[track_caller]
pub(crate) fn screen(run: &Run) -> String {
    let text = run.printed();
    for line in text.lines() {
        let columns = line.chars().count();
        assert!(columns <= SCREEN, "{columns} columns: {line}\nin {run:?}");
    }
    normal(text)
}

/// Days, times and what counts down, by their kind.
pub(crate) fn normal(text: &str) -> String {
    let now = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC);
    let mut text = text.to_owned();
    // From the longest form to the shortest, for the days that tests use.
    for days in -1..=62_i64 {
        let day = now.checked_add(jiff::Span::new().days(days)).unwrap();
        let name = match days {
            -1 => "YESTERDAY".to_owned(),
            0 => "TODAY".to_owned(),
            days => format!("IN-{days}-DAYS"),
        };
        for form in ["%A, %-d %B %Y", "%-d %B %Y", "%a %-d %b", "%-d %b %Y"] {
            text = whole(&text, &day.strftime(form).to_string(), &name);
        }
    }
    let mut lines: Vec<String> = text.lines().map(clocks).collect();
    lines.iter_mut().for_each(|line| *line = line.trim_end().to_owned());
    lines.join("\n")
}

/// Replaces a text where no digit stands before it: `8 Nov` is no part of `28 Nov`.
fn whole(text: &str, wanted: &str, by: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(wanted) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let is_part = out.ends_with(|last: char| last.is_ascii_digit());
        out.push_str(if is_part { wanted } else { by });
        rest = &found[wanted.len()..];
    }
    out + rest
}

/// Times of day as `HH:MM`, and days that are left as `N`.
fn clocks(line: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let digit = |at: usize| characters.get(at).is_some_and(char::is_ascii_digit);
    let mut out = String::new();
    let mut at = 0;
    while at < characters.len() {
        if digit(at)
            && digit(at + 1)
            && characters.get(at + 2) == Some(&':')
            && digit(at + 3)
            && digit(at + 4)
        {
            out.push_str("HH:MM");
            at += 5;
            continue;
        }
        out.push(characters[at]);
        at += 1;
    }
    match out.split_once(" days left)") {
        Some((before, after)) => {
            let before = before.trim_end_matches(|last: char| last.is_ascii_digit());
            format!("{before}N days left){after}")
        }
        None => out,
    }
}
