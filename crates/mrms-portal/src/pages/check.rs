//! The auditor's page: checks an evidence bundle or an exported trail on this machine, and compares it with the log that is
//! known here. Needs no profile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::audit::trail::{
    ActionOutcome, CheckedTrail, ReadTrailError, TrailLine, check_exported,
};
use mrms_core::{BurnClock, Principal, Purpose, RecordId, UnixTime, visible};
use mrms_home::Home;
use mrms_home::error::chain;
use mrms_home::evidence::{self, Bundle, LedgerPart, Standing};
use mrms_people::name::short;

use crate::error::PortalError;
use crate::face::PortalFace;
use crate::named::Named;
use crate::pages::handed;
use crate::pages::layout::{self, token};
use crate::pages::log::{self, purpose_key};
use crate::pages::record::more_than_reading;
use crate::pages::view::Entered;
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, blocking, with_home};

/// Events of which each is told.
const MOST_EVENTS: usize = 100;

/// What a check found.
enum Found {
    /// A bundle that holds, and what it is worth.
    Bundle { bundle: Box<Bundle>, standing: Standing },
    /// A bundle of a ledger that shows other blocks here.
    Forked,
    /// Exported trails that hold, of one record or of many, each with whether the log here has the same.
    Trails(Vec<(CheckedTrail, bool)>),
    /// There is nothing to check: the key of the sentence that says why.
    Nothing(&'static str),
    /// It does not hold, or can't be read.
    Broken { why: String },
}

fn look(home: &Home, text: &str) -> Found {
    if evidence::is_bundle(text) {
        let bundle = match evidence::check(text) {
            Ok(bundle) => Box::new(bundle),
            Err(error) => return Found::Broken { why: chain(&error) },
        };
        return match Standing::of(&bundle, home) {
            Ok(standing) => Found::Bundle { bundle, standing },
            Err(_) => Found::Forked,
        };
    }
    let checked = match check_exported(text) {
        Ok(checked) => checked,
        Err(ReadTrailError::NoTrail) => return Found::Nothing("check-no-evidence"),
        Err(error) => return Found::Broken { why: chain(&error) },
    };
    // Where the log here has a record, its entries are compared.
    match here(home, &checked) {
        Ok(compared) => Found::Trails(checked.into_iter().zip(compared).collect()),
        Err(error) => Found::Broken { why: chain(&error) },
    }
}

/// Whether this home's ledger has the same trails; not, where it can't be read or does not have the record.
fn here(home: &Home, checked: &[CheckedTrail]) -> Result<Vec<bool>, ReadTrailError> {
    let none = || vec![false; checked.len()];
    if !matches!(home.contract_known(), Ok(Some(_))) {
        return Ok(none());
    }
    let Ok(open) = home.open() else { return Ok(none()) };
    match open.session().compare_exported(checked) {
        Ok(compared) => Ok(compared.iter().map(Option::is_some).collect()),
        Err(differs @ ReadTrailError::LineDiffers { .. }) => Err(differs),
        Err(_) => Ok(none()),
    }
}

/// What the person whose profile is open knows beside the file.
#[derive(Default)]
struct Known {
    /// What accounts are called; the others are called by their ends.
    names: BTreeMap<Principal, Named>,
    /// What openings of their own records were for, by record and entry. No file proves that.
    purposes: BTreeMap<(RecordId, u64), Purpose>,
}

impl Known {
    fn of(work: &Work, accounts: BTreeSet<Principal>, records: &BTreeSet<RecordId>) -> Self {
        let purposes = work.session().known_purposes_of(&work.actor, records);
        Self {
            names: accounts.into_iter().map(|who| (who.clone(), work.named(&who))).collect(),
            purposes: purposes.unwrap_or_default(),
        }
    }

    fn name(&self, who: &Principal) -> Named {
        self.names.get(who).cloned().unwrap_or_else(|| Named::Unknown(short(who)))
    }
}

/// The lines of which each is told: of one record.
fn told(found: &Found) -> &[TrailLine] {
    match found {
        Found::Bundle { bundle, .. } => &bundle.trail.lines,
        Found::Trails(trails) => match &trails[..] {
            [(one, _)] => &one.lines,
            _ => &[],
        },
        _ => &[],
    }
}

fn accounts(found: &Found) -> BTreeSet<Principal> {
    let of = |line: &TrailLine| [Some(line.actor.clone()), line.subject.clone()];
    told(found).iter().flat_map(of).flatten().collect()
}

/// When the access that a line gave ends, by the time of its block; `None` where it gave none, or that time is not told. Inside,
/// `None` until it is stopped.
fn end_of(line: &TrailLine) -> Option<Option<UnixTime>> {
    line.rights().filter(|_| line.outcome == ActionOutcome::Ok)?;
    let Some(expiry) = line.expiry else { return Some(None) };
    let time = times::of_block(line.time.as_deref()?)?;
    let clock = BurnClock { height: line.burn_height, began: time, now: time };
    Some(Some(clock.time_of(expiry)))
}

/// What an access allows beside reading, and until when; what an opening was for.
fn terms(words: &Words, line: &TrailLine, known: &Known) -> Markup {
    let more = line.rights().and_then(more_than_reading);
    let purpose = line.index.and_then(|index| known.purposes.get(&(line.record_id, index)));
    html! {
        @if let Some(more) = more { " · " (words.say(more)) }
        @match end_of(line) {
            None => {},
            Some(None) => { " · " (words.say("check-until-stopped")) },
            Some(Some(end)) => {
                " · " time datetime=(times::machine(end)) {
                    (words.with("record-until", &[("end", (&times::end(words, end)).into())]))
                }
            },
        }
        @if let Some(organisation) = line.organisation() {
            " · " (words.with("shared-for", &[("organisation", (&known.name(organisation).say(words)).into())]))
        }
        @if let Some(purpose) = purpose {
            " · " (words.with("log-purpose", &[("purpose", (&words.say(purpose_key(*purpose))).into())]))
        }
    }
}

/// What happened, by the lines of a trail.
fn events(words: &Words, lines: &[TrailLine], known: &Known) -> Markup {
    let event = |line: &TrailLine| {
        let who = known.name(&line.actor);
        let whom =
            line.subject.as_ref().map(|whom| known.name(whom).say_to(words)).unwrap_or_default();
        let is_own = who == Named::You;
        let did = log::said(words, (&line.action, line.outcome), is_own, &who.say(words), &whom);
        let time = line.time.as_deref().and_then(times::of_block);
        html! {
            li.refused[line.outcome == ActionOutcome::Denied] {
                bdi { (did) }
                @if line.outcome == ActionOutcome::Denied { " · " strong { (words.say("record-refused")) } }
                @if let Some(time) = time {
                    " " time datetime=(times::machine(time)) { (times::day_and_time(words, time)) }
                }
                (terms(words, line, known))
            }
        }
    };
    let tells_purpose = lines.iter().take(MOST_EVENTS).any(|line| {
        line.index.is_some_and(|index| known.purposes.contains_key(&(line.record_id, index)))
    });
    html! {
        h3 { (words.say("check-events")) }
        ul.looks { @for line in lines.iter().take(MOST_EVENTS) { (event(line)) } }
        @if lines.len() > MOST_EVENTS {
            p { (words.with("check-more", &[("count", (lines.len() - MOST_EVENTS).into())])) }
        }
        @if tells_purpose { p.hint { (words.say("check-purposes")) } }
    }
}

fn bundle_found(words: &Words, bundle: &Bundle, standing: &Standing, known: &Known) -> Markup {
    let count = [("count", bundle.trail.lines.len().into())];
    let about = html! {
        p { (words.with("check-record", &[("record", (&bundle.record_id.to_string()).into())])) }
        @if !bundle.flagged.is_empty() { p.wrong { (words.say("check-flagged")) } }
        (events(words, &bundle.trail.lines, known))
    };
    html! {
        @match &bundle.ledger {
            _ if !standing.is_proven() => section.attention role="status" {
                h2 { (words.with("check-not-proven", &count)) }
                p { (words.say(if standing.has_proofs { "check-no-chain" } else { "check-no-proofs" })) }
                (about)
            },
            LedgerPart::Embedded(ledger) => section.good role="status" {
                h2 { (words.with("check-bundle", &count)) }
                (about)
                @if standing.is_own_ledger { p { (words.say("check-own-ledger")) } } @else {
                    p { (words.say("check-ledger")) }
                    p { code { (ledger.genesis) } }
                }
            },
            LedgerPart::Network(_) => {},
        }
    }
}

/// Trails that hold: of one record, or of many with how many entries each has.
fn trails_found(words: &Words, trails: &[(CheckedTrail, bool)], known: &Known) -> Markup {
    let entries: u64 = trails.iter().map(|(one, _)| one.entries).sum();
    let count = ("count", entries.into());
    let ends = |one: &CheckedTrail| html! { (words.say("check-head")) " " code { (one.head) } };
    html! {
        section.good role="status" {
            @if let [(one, is_compared)] = trails {
                h2 { (words.with("check-trail", &[count])) }
                p { (words.with("check-record", &[("record", (&one.record.to_string()).into())])) }
                @if *is_compared { p { (words.say("check-own-ledger")) } } @else { p { (ends(one)) } }
                (events(words, &one.lines, known))
            } @else {
                h2 { (words.with("check-trails", &[count, ("records", trails.len().into())])) }
                @if trails.iter().all(|(_, is_compared)| *is_compared) { p { (words.say("check-own-ledger")) } }
                ul.looks {
                    @for (one, is_compared) in trails.iter().take(MOST_EVENTS) {
                        li {
                            (words.with("check-of-record", &[
                                ("record", (&one.record.to_string()).into()),
                                ("count", one.entries.into()),
                            ]))
                            @if !is_compared { br; (ends(one)) }
                        }
                    }
                }
                @if trails.len() > MOST_EVENTS {
                    p { (words.with("check-more", &[("count", (trails.len() - MOST_EVENTS).into())])) }
                }
            }
        }
    }
}

fn page(entered: &Entered, found: Option<&Found>, known: &Known) -> Markup {
    let words = &entered.words;
    let body = html! {
        h1 { (words.say("check-title")) }
        @match found {
            None => {}
            Some(Found::Bundle { bundle, standing }) => (bundle_found(words, bundle, standing, known)),
            Some(Found::Forked) => section.wrong role="alert" {
                h2 { (words.say("check-broken")) }
                p { (words.say("check-forked")) }
            },
            Some(Found::Trails(trails)) => (trails_found(words, trails, known)),
            Some(Found::Nothing(why)) => section.wrong role="alert" { p { (words.say(why)) } },
            Some(Found::Broken { why }) => section.wrong role="alert" {
                h2 { (words.say("check-broken")) }
                p { (words.say("check-broken-why")) }
                p.said { (visible::lines(why)) }
            },
        }
        form.card method="post" action="/check" enctype="multipart/form-data" {
            (token(&entered.visitor))
            p { (words.say("check-explained")) }
            label for="evidence" { (words.say("check-file")) }
            input id="evidence" name="evidence" type="file" required;
            button type="submit" { (words.say("check-button")) }
        }
        // Whoever has no profile is asked there for one, and comes from there.
        @if entered.visitor.open.is_none() { p { a href="/unlock" { (words.say("check-back")) } } }
    };
    match &entered.visitor.open {
        Some(person) => {
            let (session, title) = ((&entered.visitor, person), words.say("check-title"));
            layout::with_menu(words, session, "/check", &title, &body)
        }
        None => layout::bare(words, "check-title", &body),
    }
}

/// `GET /check`.
pub(crate) async fn show(entered: Entered) -> Markup {
    page(&entered, None, &Known::default())
}

/// `POST /check`.
pub(crate) async fn check(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    form: Multipart,
) -> Result<Response, PortalError> {
    let why_not = match handed::file(&entered.visitor, form, "evidence").await? {
        Some(bytes) if !bytes.is_empty() => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Some(_) => Err("why-empty"),
        None => Err("add-nothing"),
    };
    let text = match why_not {
        Ok(text) => text,
        Err(key) => {
            let page = page(&entered, Some(&Found::Nothing(key)), &Known::default());
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let homes = portal.homes.clone();
    let profile = match &entered.visitor.open {
        Some(person) => person.profile.clone(),
        None => homes.settings().profile,
    };
    let found =
        blocking(move || Ok(look(&homes.home(&profile, PortalFace::without_words()), &text)));
    let (found, mut known) = (found.await?, Known::default());
    if let Some(person) = &entered.visitor.open {
        let accounts = accounts(&found);
        let records = told(&found).iter().map(|line| line.record_id).collect();
        // The check needs no ledger; without one there are no names.
        let more = with_home(&portal.homes, person.clone(), move |work| {
            Ok(Known::of(work, accounts, &records))
        });
        known = more.await.unwrap_or_default();
    }
    Ok(page(&entered, Some(&found), &known).into_response())
}

#[cfg(test)]
mod tests {
    use mrms_core::BurnHeight;

    use super::*;
    use crate::words::Language;

    fn line(action: &str, bits: u8, expiry: Option<u64>) -> TrailLine {
        TrailLine {
            record_id: RecordId::new(7),
            index: Some(2),
            action: action.to_owned(),
            actor: "ST000000000000000000002AMW42H".parse().unwrap(),
            subject: None,
            version: None,
            expiry: expiry.map(BurnHeight::new),
            burn_height: BurnHeight::new(900_000),
            time: Some("2026-05-28T12:00:00Z".to_owned()),
            txid: None,
            outcome: ActionOutcome::Ok,
            reason: None,
            detail: Some(format!("{}{bits:02x}", "00".repeat(31))),
            head: None,
        }
    }

    #[test]
    fn access_is_told_with_its_end_and_an_opening_with_what_it_was_for() {
        let known = Known {
            purposes: BTreeMap::from([((RecordId::new(7), 2), Purpose::Treatment)]),
            ..Known::default()
        };
        let nothing = Known::default();
        for language in Language::ALL {
            let words = Words::of(language);
            let said = |line: &TrailLine, known| terms(&words, line, known).into_string();
            // 144 burn blocks are a day.
            let ends = said(&line("grant", 3, Some(900_144)), &nothing);
            assert!(ends.contains("2026-05-29T12:00:00Z"), "{ends}");
            assert!(ends.contains(&words.say("rights-amend")), "{ends}");
            let open = said(&line("grant", 1, None), &nothing);
            assert!(open.contains(&words.say("check-until-stopped")), "{open}");
            let refused = TrailLine { outcome: ActionOutcome::Denied, ..line("grant", 1, None) };
            assert!(!said(&refused, &nothing).contains(&words.say("check-until-stopped")));
            let opening = line("access", 0, None);
            assert!(said(&opening, &known).contains(&words.say("purpose-treat")));
            assert_eq!(said(&opening, &nothing), "");
        }
    }
}
