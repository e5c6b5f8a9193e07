//! Who looked: openings and refusals on all of one's records, the newest first, by week, person, record and kind.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::audit::who::Deed;
use mrms_core::{Principal, RecordId, UnixTime};
use serde::Deserialize;

use crate::asked::Unexplained;
use crate::error::PortalError;
use crate::looks::{Counts, Timed};
use crate::named::Named;
use crate::pages::layout;
use crate::pages::naming::Offers;
use crate::pages::paging::{Page, encoded};
use crate::pages::told::Told;
use crate::pages::view::View;
use crate::pages::what_for::{self, Asking, Known};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

const WEEK: u64 = 7 * 86_400;
const DAY: u64 = 86_400;
/// Weeks in the strip.
const WEEKS: u64 = 12;
/// Dots of one week.
const MOST_DOTS: usize = 5;

#[derive(Clone, Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    person: String,
    #[serde(default)]
    record: String,
    /// `opened`, `refused` or `emergency`.
    #[serde(default)]
    kind: String,
    /// So many weeks ago.
    #[serde(default)]
    week: String,
    page: Option<usize>,
}

impl Filter {
    /// Whether a look is among those that are asked for.
    fn fits(&self, now: UnixTime) -> impl Fn(&Timed) -> bool {
        let kind: fn(&Timed) -> bool = match self.kind.as_str() {
            "opened" => Timed::is_opening,
            "refused" => Timed::is_refused,
            "emergency" => Timed::is_emergency,
            _ => |_| true,
        };
        let person = self.person.parse::<Principal>().ok();
        let record = self.record.parse::<RecordId>().ok();
        let week = self.week.parse::<u64>().ok();
        move |one| {
            kind(one)
                && person.as_ref().is_none_or(|who| one.is_of(who))
                && record.is_none_or(|id| one.look.record == id)
                && week.is_none_or(|week| weeks_ago(one, now) == week)
        }
    }
}

fn weeks_ago(one: &Timed, now: UnixTime) -> u64 {
    now.seconds().saturating_sub(one.time.seconds()) / WEEK
}

/// Openings of one record by one person on one day.
struct Group {
    first: Timed,
    count: usize,
    who: Named,
    /// What the record is called, and what tells it from others.
    told: Option<Told>,
    /// What they said of it.
    known: Known,
}

struct Found {
    now: UnixTime,
    /// By weeks ago.
    weeks: Vec<Counts>,
    people: Vec<(Principal, Named)>,
    groups: Vec<Group>,
    page: Page,
    all: Counts,
    /// Openings and emergencies that are shown, of which nothing is known yet.
    unexplained: Vec<Unexplained>,
}

fn is_repeat(one: &Timed, other: &Timed) -> bool {
    let day = |timed: &Timed| timed.time.seconds() / DAY;
    one.look.who == other.look.who
        && one.look.organisation == other.look.organisation
        && one.look.record == other.look.record
        && one.look.for_patient == other.look.for_patient
        && one.look.given_to == other.look.given_to
        && day(one) == day(other)
        && one.is_refused() == other.is_refused()
        && one.got_no_key() == other.got_no_key()
        && one.is_emergency() == other.is_emergency()
        && one.is_opening() == other.is_opening()
}

fn find(work: &Work, filter: &Filter) -> Result<Found, PortalError> {
    let (overview, looks) = (work.overview()?, work.looks()?);
    let now = overview.clock.now;
    let mut weeks = vec![Counts::default(); usize::try_from(WEEKS).unwrap_or_default()];
    for one in looks.since(UnixTime::from_seconds(now.seconds().saturating_sub(WEEKS * WEEK))) {
        let at = usize::try_from(weeks_ago(one, now)).unwrap_or(usize::MAX);
        if let Some(week) = weeks.get_mut(at) {
            week.add(one);
        }
    }
    let people: HashSet<&Principal> = looks.all.iter().map(|one| &one.look.who).collect();
    let people: BTreeSet<Principal> = people.into_iter().cloned().collect();
    let fits = filter.fits(now);
    let fitting: Vec<&Timed> = looks.all.iter().filter(|one| fits(one)).collect();
    let mut all = Counts::default();
    fitting.iter().for_each(|one| all.add(one));
    let repeated: Vec<&[&Timed]> = fitting.chunk_by(|one, next| is_repeat(one, next)).collect();
    let page = Page::of(filter.page, repeated.len());
    let shown = page.of_all(&repeated);
    // Of what is shown alone: reading what for takes a file for each record.
    let all_shown: Vec<&Timed> = shown.iter().flat_map(|looks| looks.iter().copied()).collect();
    let known = what_for::known(work, &all_shown)?;
    let unexplained = what_for::unexplained(&all_shown, &known, now);
    let known_of = |one: &Timed| what_for::of_look(&known, one);
    let mut groups = Vec::new();
    for looks in shown {
        for looks in looks.chunk_by(|one, next| known_of(one) == known_of(next)) {
            let Some(first) = looks.first() else { continue };
            groups.push(Group {
                known: known_of(first),
                who: work.named_for(&first.look.who, first.look.organisation.as_ref()),
                told: Told::of(work, &overview, first.look.record),
                first: (*first).clone(),
                count: looks.len(),
            });
        }
    }
    let people = people.into_iter().map(|who| (who.clone(), work.reader(&who)));
    Ok(Found { now, weeks, people: people.collect(), groups, page, all, unexplained })
}

/// `GET /who`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(filter): Query<Filter>,
) -> Result<Response, PortalError> {
    let look = |wanted: Filter| {
        with_home(&portal.homes, view.person.clone(), move |work| find(work, &wanted))
    };
    let mut found = look(filter.clone()).await?;
    let asking = what_for::ask(&portal, &view, &found.unexplained).await;
    if asking == Asking::Answered {
        found = look(filter.clone()).await?;
    }
    let words = &view.words;
    let offers = Offers::new(&view, "/who");
    let body = html! {
        h1 { (words.say("nav-who")) }
        (strip(&view, &found))
        (filters(&view, &filter, &found))
        p.meta role="status" { (counted(words, found.all, &filter.kind)) }
        ul.looks { @for group in &found.groups { (row(words, group, asking.waits(), &offers)) } }
        (found.page.links(words, "/who", &[
            ("person", &filter.person), ("record", &filter.record), ("kind", &filter.kind), ("week", &filter.week),
        ]))
        section.card {
            h2 { (words.say("who-export")) }
            p { (words.say("who-export-explained")) }
            p.actions {
                a.button.second href="/who/export?format=csv" download { "CSV" }
                a.button.second href="/who/export?format=ndjson" download { "NDJSON" }
                a.button.second href="/who/export?format=fhir" download { "FHIR" }
            }
            p { (words.say("who-report")) }
            p.actions {
                a.button.second href="/who/report" download { "PDF (A4)" }
                a.button.second href="/who/report?paper=letter" download { "PDF (Letter)" }
            }
        }
    };
    Ok(asking.page(layout::page(&view, "/who", &words.say("nav-who"), &body)))
}

/// Openings, refusals and emergencies in words, each with a number of its own, as far as they are asked for.
fn counted(words: &Words, counts: Counts, kind: &str) -> String {
    if counts == Counts::default() && kind.is_empty() {
        return words.say("who-nobody");
    }
    let opened = ("who-count-opened", counts.opened);
    let refused = ("who-count-refused", counts.refused);
    let declared = ("who-count-declared", counts.declared);
    let told = match kind {
        "opened" => vec![opened],
        "refused" => vec![refused],
        "emergency" => vec![declared, opened],
        _ if counts.declared == 0 => vec![opened, refused],
        _ => vec![opened, refused, declared],
    };
    let told = told.into_iter().map(|(key, count)| words.with(key, &[("count", count.into())]));
    told.collect::<Vec<_>>().join(" · ")
}

fn row(words: &Words, group: &Group, waits: bool, offers: &Offers<'_>) -> Markup {
    let Group { first, count, who, told, known } = group;
    let named = who;
    let who = named.say_of(&first.look, words);
    let unnamed = || words.say("records-unnamed");
    let name = told.as_ref().map_or_else(unnamed, |told| told.in_sentence(words));
    // An emergency is read by somebody who may have to act: what it was about is told whole.
    let facts = told.as_ref().filter(|_| first.is_emergency());
    let key = match first.look.deed {
        Deed::Refused { .. } if first.got_no_key() => "who-without-key",
        Deed::Refused { .. } => "who-refused",
        Deed::DeclaredEmergency => "who-emergency",
        Deed::OpenedInEmergency => "who-emergency-opened",
        Deed::Opened => "who-opened",
    };
    let entry = match first.look.index {
        Some(index) => format!("/records/{}/log/{index}", first.look.record),
        None => format!("/records/{}", first.look.record),
    };
    html! {
        li.refused[first.is_refused()].emergency[first.is_emergency()] {
            a href=(entry) { (words.with(key, &[("who", (&who).into()), ("name", (&name).into())])) }
            " "
            time datetime=(times::machine(first.time)) { (times::day_and_time(words, first.time)) }
            @if *count > 1 {
                " · " (words.with("who-times", &[("count", (*count).into())]))
            }
            @if let Some(told) = facts { br; span.hint { (told.kind_and_facts(words)) } }
            (what_for::told(words, first, known, waits))
            (offers.beside(&first.look.who, first.look.organisation.as_ref(), named))
        }
    }
}

fn week_words(view: &View, found: &Found, ago: usize) -> String {
    let Counts { opened, refused, .. } = found.weeks.get(ago).copied().unwrap_or_default();
    let back = (ago as u64 + 1).saturating_mul(WEEK);
    let begin = UnixTime::from_seconds(found.now.seconds().saturating_sub(back));
    view.words.with(
        "who-week",
        &[
            ("day", (&times::day(&view.words, begin)).into()),
            ("opened", opened.into()),
            ("refused", refused.into()),
        ],
    )
}

/// The last weeks, the newest at the end: a filled dot was opened, a hollow one refused.
fn strip(view: &View, found: &Found) -> Markup {
    let words = &view.words;
    let dots = |Counts { opened, refused, .. }: Counts| {
        let filled = opened.min(MOST_DOTS);
        (0..(filled + refused.min(MOST_DOTS - filled))).map(move |at| at < filled)
    };
    html! {
        h2 id="weeks" { (words.say("who-weeks")) }
        p.hint { (words.say("who-weeks-hint")) }
        ol.weeks aria-labelledby="weeks" {
            @for (ago, counts) in found.weeks.iter().enumerate().rev() {
                li {
                    a href=(format!("/who?week={ago}")) aria-label=(week_words(view, found, ago)) {
                        svg viewBox="0 0 16 76" width="16" height="76" aria-hidden="true" {
                            line x1="0" y1="75" x2="16" y2="75" {}
                            @for (at, is_opened) in dots(*counts).enumerate() {
                                circle.opened[is_opened] cx="8" cy=(66 - at * 14) r="5" {}
                            }
                        }
                    }
                }
            }
        }
        details {
            summary { (words.say("who-weeks-table")) }
            ul { @for ago in 0..found.weeks.len() { li { (week_words(view, found, ago)) } } }
        }
    }
}

fn filters(view: &View, filter: &Filter, found: &Found) -> Markup {
    let words = &view.words;
    let kinds = [
        ("", "who-filter-all"),
        ("opened", "who-filter-opened"),
        ("refused", "who-filter-refused"),
        ("emergency", "who-filter-emergency"),
    ];
    let rest = format!("person={}&record={}", encoded(&filter.person), encoded(&filter.record));
    html! {
        nav.chips aria-label=(words.say("who-filter")) {
            @for (kind, key) in kinds {
                a href=(format!("/who?kind={kind}&{rest}"))
                    aria-current=[(filter.kind == kind).then_some("true")] { (words.say(key)) }
            }
        }
        form.search method="get" action="/who" {
            label for="person" { (words.say("who-filter-person")) }
            select id="person" name="person" {
                option value="" { (words.say("who-filter-everybody")) }
                @for (principal, who) in &found.people {
                    option value=(principal) selected[filter.person == principal.to_string()] {
                        (who.say(words))
                    }
                }
            }
            input type="hidden" name="kind" value=(filter.kind);
            input type="hidden" name="record" value=(filter.record);
            button type="submit" { (words.say("who-filter-button")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use mrms_app::audit::who::{FormerPart, Look};
    use mrms_core::BurnHeight;

    use super::*;

    fn timed(seconds: u64, record: u128, deed: Deed) -> Timed {
        let look = Look {
            record: RecordId::new(record),
            organisation: None,
            who: "ST000000000000000000002AMW42H".parse().unwrap(),
            deed,
            version: None,
            newest_then: None,
            time: None,
            burn_height: BurnHeight::new(1),
            index: None,
            txid: None,
            reason: None,
            purpose: None,
            part: FormerPart::None,
            for_patient: false,
            given_to: None,
        };
        Timed { look, time: UnixTime::from_seconds(seconds) }
    }

    #[test]
    fn refusals_and_emergencies_are_no_openings() {
        let refused = || Deed::Refused { action: "access".to_owned(), reason: None };
        let deeds = [Deed::Opened, refused(), refused(), refused(), Deed::DeclaredEmergency];
        let looks: Vec<Timed> = deeds.into_iter().map(|deed| timed(10, 1, deed)).collect();
        let counts = Counts::of(&looks);
        assert_eq!((counts.opened, counts.refused, counts.declared), (1, 3, 1));
        for language in crate::words::Language::ALL {
            let words = Words::of(language);
            let all = counted(&words, counts, "");
            assert!(all.contains('1') && all.contains('3') && !all.contains('4'), "{all}");
            let refused = counted(&words, counts, "refused");
            assert!(refused.contains('3') && !refused.contains('1'), "{refused}");
        }
        let english = Words::of(crate::words::Language::English);
        let mut look = timed(10, 1, Deed::Opened).look;
        let daughter = Named::Known("My daughter".to_owned());
        assert_eq!(daughter.say_of(&look, &english), "My daughter");
        look.for_patient = true;
        assert_eq!(daughter.say_of(&look, &english), "My daughter, for you,");
        look.given_to = Some(look.who.clone());
        assert_eq!(daughter.say_of(&look, &english), "My daughter, for you and to share it,");
        assert_eq!(
            counted(&english, Counts::default(), ""),
            "Nobody else looked, and nobody tried."
        );
        assert_eq!(counted(&english, Counts::default(), "refused"), "Refused: 0");
    }

    #[test]
    fn openings_of_one_day_are_one_row_and_refusals_another() {
        let refused = Deed::Refused { action: "access".to_owned(), reason: None };
        let first = timed(90_000, 1, Deed::Opened);
        assert!(is_repeat(&first, &timed(90_060, 1, Deed::Opened)));
        assert!(!is_repeat(&first, &timed(90_060, 2, Deed::Opened)));
        assert!(!is_repeat(&first, &timed(10, 1, Deed::Opened)));
        assert!(!is_repeat(&first, &timed(90_060, 1, refused.clone())));
        let filter = |kind: &str, week: &str| Filter {
            person: String::new(),
            record: String::new(),
            kind: kind.to_owned(),
            week: week.to_owned(),
            page: None,
        };
        let now = UnixTime::from_seconds(90_000 + WEEK);
        assert!(filter("", "1").fits(now)(&first) && !filter("", "0").fits(now)(&first));
        assert!(!filter("refused", "").fits(now)(&first));
        assert!(filter("refused", "").fits(now)(&timed(1, 1, refused)));
    }
}
