//! The log of one record: every entry, compared with the vaults' logs; one entry with its proof; and exports for others
//! to check.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::audit::reconcile::{Difference, GivenReason, Reconciled};
use mrms_app::audit::trail::{ActionOutcome, Trail, TrailLine};
use mrms_app::audit::{csv, fhir};
use mrms_contract::read;
use mrms_core::{Action, BurnClock, Principal, Purpose, RecordId, UnixTime, visible};
use mrms_home::clock::rng;
use mrms_home::evidence;
use mrms_home::said::{StandsFor, with_accounts_said};
use mrms_people::name::short;
use serde::Deserialize;

use crate::asked::Unexplained;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::pages::layout::{self, notice, token};
use crate::pages::naming::Offers;
use crate::pages::paging::Page;
use crate::pages::told::Told;
use crate::pages::view::View;
use crate::pages::what_for::{self, Asking};
use crate::portal::Portal;
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// A line of the log as a page shows it.
struct Line {
    index: Option<u64>,
    action: String,
    who: Named,
    account: Principal,
    organisation: Option<Principal>,
    subject: Option<(Principal, Named)>,
    time: UnixTime,
    outcome: ActionOutcome,
    /// The reason of an emergency.
    reason: Option<String>,
    /// Whether there is none that the patient could read.
    lacks_reason: bool,
    purpose: Option<Purpose>,
}

impl Line {
    fn is_refused(&self) -> bool {
        self.outcome == ActionOutcome::Denied
    }
}

struct Log {
    /// The record, and what tells it from others.
    record: Option<Told>,
    lines: Vec<Line>,
    page: Page,
    /// What does not fit between the log and those of the vaults, and whether it is grave.
    differences: Vec<(String, bool)>,
    /// Entries of emergencies whose reasons are told here, if the person has not reviewed all.
    told: Vec<u64>,
}

fn time_of(line: &TrailLine, clock: BurnClock) -> UnixTime {
    let time = line.time.as_deref().and_then(times::of_block);
    time.unwrap_or_else(|| clock.time_of(line.burn_height))
}

fn reasons(reconciled: &Reconciled) -> BTreeMap<u64, String> {
    let words = reconciled.emergencies.iter().filter_map(|declared| match &declared.reason {
        GivenReason::Words(words) => {
            Some((declared.entry.index, visible::line(words).into_owned()))
        }
        _ => None,
    });
    words.collect()
}

/// A difference between the logs, in the words of the page and with people in place of their accounts.
fn difference(work: &Work, words: &Words, one: &Difference) -> String {
    with_accounts_said(&difference_said(words, one), |account, stands_for| match stands_for {
        StandsFor::Account => Some(work.reader(account).say(words)),
        StandsFor::Contract => Some(short(account)),
    })
}

fn difference_said(words: &Words, one: &Difference) -> String {
    use Difference as D;
    let say = |key: &str, vault: &str, number: u64| {
        let vault = vault_name(words, vault);
        words.with(key, &[("vault", (&vault).into()), ("number", number.into())])
    };
    match one {
        D::ReleaseWithoutEntry { vault, line } => say("differ-without-entry", vault, *line),
        D::OtherEntry { vault, audit_index, .. } => say("differ-other-entry", vault, *audit_index),
        D::ReleasedTwice { vault, audit_index, .. } => say("differ-twice", vault, *audit_index),
        D::TooFewReleases { audit_index, releases } => words.with(
            "differ-interrupted",
            &[("number", (*audit_index).into()), ("count", (*releases).into())],
        ),
        D::ReasonDiffers { vault, line } => say("differ-reason", vault, *line),
        D::ReleasedWithoutReason { vault, audit_index, .. } => {
            say("differ-no-reason", vault, *audit_index)
        }
        D::ReasonUnreadable { audit_index } => say("differ-unreadable", "", *audit_index),
        D::LogAltered { vault } => say("differ-altered", vault, 0),
        D::NotAsAnchored { vault } => say("differ-anchored", vault, 0),
        D::NotAsSeen { vault } => say("differ-seen", vault, 0),
        D::NotAsked { vault, reason } => {
            let said = say("differ-not-asked", vault, 0);
            format!("{said} {}", visible::line(reason))
        }
        // A later kind, in the words of the program.
        other => visible::line(&other.to_string()).into_owned(),
    }
}

/// A vault by its address; the one of this home has none.
fn vault_name(words: &Words, vault: &str) -> String {
    match vault.contains("://") {
        true => visible::line(vault).into_owned(),
        false => words.say("differ-own-vault"),
    }
}

fn log(work: &Work, words: &Words, id: RecordId, asked: Option<usize>) -> Result<Log, PortalError> {
    work.own_record(id)?;
    let session = work.session();
    let overview = work.overview()?;
    let reconciled = session.reconcile(&work.actor, id, &mut rng()).map_err(refused)?;
    let reasons = reasons(&reconciled);
    let trail = session.trail(id).map_err(refused)?;
    let page = Page::of(asked, trail.lines.len());
    let newest: Vec<&TrailLine> = trail.lines.iter().rev().collect();
    let line = |line: &&TrailLine| Line {
        index: line.index,
        action: line.action.clone(),
        who: work.named_for(&line.actor, line.organisation()),
        account: line.actor.clone(),
        organisation: line.organisation().cloned(),
        subject: line.subject.as_ref().map(|subject| (subject.clone(), work.reader(subject))),
        time: time_of(line, overview.clock),
        outcome: line.outcome,
        reason: line.index.and_then(|index| reasons.get(&index).cloned()),
        lacks_reason: line.action == Action::Emergency.as_str()
            && line.outcome != ActionOutcome::Denied
            && line.index.is_some_and(|index| !reasons.contains_key(&index)),
        purpose: line.index.and_then(|index| reconciled.purposes.get(&index).copied()),
    };
    Ok(Log {
        record: Told::of(work, &overview, id),
        lines: page.of_all(&newest).iter().map(line).collect(),
        page,
        differences: reconciled
            .differences
            .iter()
            .map(|one| (difference(work, words, one), one.is_grave()))
            .collect(),
        told: match overview.emergencies().any(|(_, record)| record == id) {
            true => reconciled.told_emergencies().iter().map(|entry| entry.index).collect(),
            false => Vec::new(),
        },
    })
}

/// What a record is called in the title of its log.
fn called(words: &Words, record: Option<&Told>) -> String {
    record.map_or_else(|| words.say("records-unnamed"), |told| told.in_sentence(words))
}

/// What an action of the log is called, as keys of the catalogues: by somebody, and by the person at work.
fn action_keys(action: &str) -> (&'static str, &'static str) {
    match action {
        "create" | "create-for" => ("did-create", "did-create-you"),
        "amend" => ("did-amend", "did-amend-you"),
        "grant" | "standing-grant" => ("did-grant", "did-grant-you"),
        "revoke" | "standing-revoke" => ("did-revoke", "did-revoke-you"),
        "access" => ("did-access", "did-access-you"),
        "emergency" => ("did-emergency", "did-emergency-you"),
        "emergency-read" => ("did-emergency-read", "did-emergency-read-you"),
        "envelope" => ("did-envelope", "did-envelope-you"),
        "transfer-offer" => ("did-offer", "did-offer-you"),
        "transfer-accept" => ("did-accept", "did-accept-you"),
        _ => ("did-other", "did-other-you"),
    }
}

/// What somebody tried who was refused, as a key of the catalogues; `None` where it has no words of its own.
fn tried_key(action: &str) -> Option<&'static str> {
    Some(match action {
        "create" | "create-for" => "try-create",
        "amend" => "try-amend",
        "grant" | "standing-grant" => "try-grant",
        "revoke" | "standing-revoke" => "try-revoke",
        "access" => "try-access",
        "emergency" => "try-emergency",
        "emergency-read" => "try-emergency-read",
        "envelope" => "try-envelope",
        "transfer-offer" => "try-offer",
        "transfer-accept" => "try-accept",
        _ => return None,
    })
}

/// What an opening was for, as a key of the catalogues.
pub(crate) fn purpose_key(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Treatment => "purpose-treat",
        Purpose::EmergencyTreatment => "purpose-etreat",
        Purpose::Coordination | Purpose::CareManagement => "purpose-coc",
        Purpose::Payment | Purpose::Coverage => "purpose-hpaymt",
        Purpose::Operations | Purpose::Quality | Purpose::PatientSafety => "purpose-hoperat",
        Purpose::Research | Purpose::ClinicalTrial => "purpose-hresch",
        Purpose::PatientRequest => "purpose-patrqt",
        Purpose::FamilyRequest => "purpose-famrqt",
        _ => "purpose-other",
    }
}

/// An action as a sentence: by the person at work, or by somebody, and perhaps to somebody. What was refused was tried, and
/// not done.
pub(super) fn said(
    words: &Words,
    (action, outcome): (&str, ActionOutcome),
    is_own: bool,
    who: &str,
    whom: &str,
) -> String {
    if let (ActionOutcome::Denied, Some(tried)) = (outcome, tried_key(action)) {
        let what = words.with(tried, &[("whom", whom.into())]);
        let key = if is_own { "did-try-you" } else { "did-try" };
        return words.with(key, &[("who", who.into()), ("what", (&what).into())]);
    }
    let (somebody, oneself) = action_keys(action);
    let key = if is_own { oneself } else { somebody };
    words.with(key, &[("who", who.into()), ("whom", whom.into()), ("action", action.into())])
}

fn did(words: &Words, line: &Line) -> Markup {
    let who = line.who.say(words);
    let subject = line.subject.as_ref().map(|(_, subject)| subject.say_to(words));
    let subject = subject.unwrap_or_default();
    let done = (line.action.as_str(), line.outcome);
    let action = said(words, done, line.who == Named::You, &who, &subject);
    html! {
        bdi { (action) }
        @if let Some(purpose) = line.purpose {
            " · " (words.with("log-purpose", &[("purpose", (&words.say(purpose_key(purpose))).into())]))
        }
        @if line.is_refused() { " · " strong { (words.say("record-refused")) } }
        @if let Some(reason) = &line.reason {
            br; bdi { (words.with("log-reason", &[("reason", reason.into())])) }
        }
        @if line.lacks_reason { br; (words.say("log-no-reason")) }
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    page: Option<usize>,
    done: Option<String>,
}

/// `GET /records/{id}/log`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Query(asked): Query<Asked>,
) -> Result<Response, PortalError> {
    let (page, language) = (asked.page, view.words.language());
    let log = with_home(&portal.homes, view.person.clone(), move |work| {
        log(work, &Words::of(language), id, page)
    });
    let log = log.await?;
    let offers = Offers::new(&view, format!("/records/{id}/log"));
    let words = &view.words;
    let name = called(words, log.record.as_ref());
    let is_grave = log.differences.iter().any(|(_, is_grave)| *is_grave);
    let body = html! {
        @if asked.done.as_deref() == Some("reviewed") { (notice(&words.say("log-reviewed"))) }
        h1 { (words.with("log-title", &[("name", (&name).into())])) }
        @if let Some(record) = &log.record { p.meta { (record.kind_and_facts(words)) } }
        @if log.differences.is_empty() { p.good role="status" { (words.say("log-agree")) } }
        @else {
            section.wrong[is_grave] {
                h2 { (words.say(if is_grave { "log-differ" } else { "log-agree-partly" })) }
                ul { @for (difference, _) in &log.differences { li { (difference) } } }
            }
        }
        ul.looks {
            @for line in &log.lines {
                li.refused[line.is_refused()].emergency[line.action.starts_with("emergency")] {
                    @match line.index {
                        Some(index) => a href=(format!("/records/{id}/log/{index}")) { (did(words, line)) },
                        None => span { (did(words, line)) },
                    }
                    " "
                    time datetime=(times::machine(line.time)) { (times::day_and_time(words, line.time)) }
                    (offers.beside(&line.account, line.organisation.as_ref(), &line.who))
                    @if let Some((subject, named)) = &line.subject { (offers.beside(subject, None, named)) }
                }
            }
        }
        (log.page.links(words, &format!("/records/{id}/log"), &[]))
        @if !log.told.is_empty() {
            form method="post" action=(format!("/records/{id}/reviewed")) {
                (token(&view.visitor))
                @let told: Vec<String> = log.told.iter().map(ToString::to_string).collect();
                input type="hidden" name="told" value=(told.join(" "));
                button type="submit" { (words.say("log-review")) }
            }
        }
        p {
            a.button.second href=(format!("/records/{id}/evidence")) { (words.say("log-evidence")) }
            a.button.second href=(format!("/records/{id}")) { (words.say("log-back")) }
        }
    };
    Ok(layout::page(&view, "/who", &name, &body).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Read {
    token: String,
    /// The entries whose reasons the page told.
    told: String,
    /// `home`, where Home told them.
    #[serde(default)]
    from: String,
}

/// `POST /records/{id}/reviewed`: the person has read why an emergency was declared.
pub(crate) async fn review(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Read>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let to = match form.from.as_str() {
        "home" => "/?done=reviewed".to_owned(),
        _ => format!("/records/{id}/log?done=reviewed"),
    };
    with_home(&portal.homes, view.person.clone(), move |work| {
        work.own_record(id)?;
        let session = work.session();
        let reconciled = session.reconcile(&work.actor, id, &mut rng()).map_err(refused)?;
        // What came since the page was shown stays to be reviewed.
        let told: Vec<u64> = form.told.split(' ').filter_map(|one| one.parse().ok()).collect();
        let mut shown = reconciled.told_emergencies();
        shown.retain(|entry| told.contains(&entry.index));
        session.review_emergencies(id, &shown).map_err(refused)
    })
    .await?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

/// One entry, with the names that its page tells.
struct Entry {
    line: TrailLine,
    who: Named,
    whom: Option<Named>,
    record: Option<Told>,
    time: UnixTime,
    purpose: Option<Purpose>,
    /// The reason of an emergency; `None` inside where there is none that the patient could read.
    reason: Option<Option<String>>,
}

/// `GET /records/{id}/log/{index}`: one entry, as the ledger has it.
pub(crate) async fn entry(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path((id, index)): Path<(RecordId, u64)>,
) -> Result<Response, PortalError> {
    let look = || {
        with_home(&portal.homes, view.person.clone(), move |work| {
            let overview = work.overview()?;
            let Trail { lines, .. } = work.session().trail(id).map_err(refused)?;
            let line = lines.into_iter().find(|line| line.index == Some(index));
            let line = line.ok_or(PortalError::NoPage)?;
            let purposes = work.session().known_purposes(&work.actor, id).map_err(refused)?;
            Ok(Entry {
                who: work.named_for(&line.actor, line.organisation()),
                whom: line.subject.as_ref().map(|whom| work.reader(whom)),
                record: Told::of(work, &overview, id),
                time: time_of(&line, overview.clock),
                purpose: purposes.get(&index).copied(),
                reason: match line.action == Action::Emergency.as_str() {
                    true => {
                        let compared = work.session().reconcile(&work.actor, id, &mut rng());
                        Some(reasons(&compared.map_err(refused)?).remove(&index))
                    }
                    false => None,
                },
                line,
            })
        })
    };
    let mut found = look().await?;
    let is_unexplained = found.purpose.is_none() && found.line.action == Action::Access.as_str();
    let unexplained = Unexplained::new((id, index), found.time, mrms_home::clock::now());
    let unexplained = is_unexplained.then_some(unexplained);
    let asking = what_for::ask(&portal, &view, unexplained.as_slice()).await;
    if asking == Asking::Answered {
        found = look().await?;
    }
    let Entry { line, who, whom, record, time, purpose, reason } = found;
    let words = &view.words;
    let name = called(words, record.as_ref());
    let unknown = || words.say("log-unknown");
    let offers = Offers::new(&view, format!("/records/{id}/log/{index}"));
    let whom_said = whom.as_ref().map(|whom| whom.say_to(words)).unwrap_or_default();
    let body = html! {
        h1 { (words.with("log-entry", &[("index", index.into()), ("name", (&name).into())])) }
        @if let Some(record) = &record { p.meta { (record.kind_and_facts(words)) } }
        section.card {
            dl.facts {
                div { dt { (words.say("log-who")) } dd {
                    bdi { (who.say(words)) }
                    (offers.beside(&line.actor, line.organisation(), &who))
                    br;
                    (layout::account(words, &line.actor))
                } }
                div { dt { (words.say("log-action")) } dd { (said(words, (&line.action, line.outcome), who == Named::You, &who.say(words), &whom_said)) } }
                @if let Some(reason) = &reason {
                    div { dt { (words.say("log-why")) } dd { @match reason {
                        Some(reason) => bdi { (reason) },
                        None => (words.say("log-no-reason")),
                    } } }
                }
                @if let Some(purpose) = purpose {
                    div { dt { (words.say("log-what-for")) } dd { (words.say(purpose_key(purpose))) } }
                } @else if asking.waits() {
                    div { dt { (words.say("log-what-for")) } dd { (words.say("log-purpose-asked")) } }
                }
                @if let Some((subject, whom)) = line.subject.as_ref().zip(whom) {
                    div { dt { (words.say("log-whom")) } dd {
                        bdi { (whom.say_to(words)) }
                        (offers.beside(subject, None, &whom))
                        br;
                        (layout::account(words, subject))
                    } }
                }
                div { dt { (words.say("log-when")) } dd {
                    time datetime=(times::machine(time)) { (times::day_and_time(words, time)) }
                } }
                div { dt { (words.say("log-transaction")) } dd { code {
                    (line.txid.map_or_else(unknown, |txid| txid.to_string()))
                } } }
                div { dt { (words.say("log-head")) } dd { code { (line.head.clone().unwrap_or_else(unknown)) } } }
            }
            p { (words.say("log-entry-explained")) }
            p {
                a.button.second href=(format!("/records/{id}/evidence")) { (words.say("log-evidence")) }
                a.button.second href=(format!("/records/{id}/log")) { (words.say("log-whole")) }
            }
        }
    };
    Ok(asking.page(layout::page(&view, "/who", &name, &body)))
}

/// A file that the person saves.
pub(super) fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition =
        HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static(kind);
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// `GET /records/{id}/evidence`: what evidence is, before it is saved.
pub(crate) async fn explain_evidence(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let name = with_home(&portal.homes, view.person.clone(), move |work| {
        work.own_record(id)?;
        Ok(work.overview()?.name(id).map(str::to_owned))
    })
    .await?;
    let words = &view.words;
    let name = name.unwrap_or_else(|| words.say("records-unnamed"));
    let body = html! {
        h1 { (words.with("evidence-title", &[("name", (&name).into())])) }
        section.card {
            p { (words.say("evidence-what")) }
            p { (words.say("evidence-for")) }
            p { (words.say("evidence-has")) }
            p.actions {
                a.button href=(format!("/records/{id}/evidence/file")) download { (words.say("evidence-save")) }
                a.button.second href="/check" { (words.say("check-title")) }
                a.button.second href=(format!("/records/{id}")) { (words.say("log-back")) }
            }
        }
    };
    Ok(layout::page(&view, "/who", &words.say("log-evidence"), &body))
}

/// `GET /records/{id}/evidence/file`: a bundle that anybody can check.
pub(crate) async fn evidence_of(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Response, PortalError> {
    let text = with_home(&portal.homes, view.person.clone(), move |work| {
        work.own_record(id)?;
        let folder = work.home.folder();
        let bundle = evidence::collect(&work.session(), id, work.open.ledger(), folder);
        let text = bundle.map_err(refused)?.to_text();
        // Others will rely on the bundle, so it is checked here in the way that they will check it.
        evidence::check(&text).map_err(refused)?;
        Ok(text)
    })
    .await?;
    Ok(download(&format!("evidence-{id}.json"), "application/json", text.into_bytes()))
}

#[derive(Deserialize)]
pub(crate) struct Export {
    format: String,
    record: Option<RecordId>,
}

fn exported(work: &Work, format: &str, only: Option<RecordId>) -> Result<Vec<u8>, PortalError> {
    let session = work.session();
    let records = match only {
        Some(id) => {
            let record = session.ask(&read::record(id)).map_err(refused)?;
            vec![(id, record.ok_or(PortalError::NoPage)?)]
        }
        None => session.records_of(&work.actor.principal()).map_err(refused)?,
    };
    let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
    let mut trails = session.trails(records);
    let mut bytes = if format == "csv" { csv::heading() } else { Vec::new() };
    let mut put = |line: Result<String, serde_json::Error>| -> Result<(), PortalError> {
        bytes.extend_from_slice(line.map_err(refused)?.as_bytes());
        bytes.push(b'\n');
        Ok(())
    };
    let mut rows = Vec::new();
    for id in ids {
        // Reading a trail checks it, so a trail that does not hold is never given out.
        let trail = trails.read(id).map_err(refused)?;
        let purposes = session.known_purposes(&work.actor, id).map_err(refused)?;
        match format {
            "ndjson" => {
                trail.lines.iter().try_for_each(|line| put(serde_json::to_string(line)))?;
            }
            "fhir" => {
                let (chain_id, contract) = (session.ledger.network().chain_id, session.contract);
                let namespace = fhir::Namespace { chain_id, contract };
                let events = fhir::audit_events(&trail, namespace, &purposes);
                events.iter().try_for_each(|event| put(serde_json::to_string(event)))?;
            }
            _ => rows.extend(trail.lines.iter().map(|line| {
                let purpose = line.index.and_then(|index| purposes.get(&index).copied());
                let is_emergency = line.action == Action::EmergencyRead.as_str();
                let purpose = purpose.or(is_emergency.then_some(Purpose::EmergencyTreatment));
                csv::row(line, purpose)
            })),
        }
    }
    bytes.extend(rows.into_iter().flatten());
    Ok(bytes)
}

/// `GET /who/export`: the logs of all of one's records, or of one.
pub(crate) async fn export(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(Export { format, record }): Query<Export>,
) -> Result<Response, PortalError> {
    let kind = match format.as_str() {
        "csv" => "text/csv; charset=utf-8",
        "ndjson" | "fhir" => "application/x-ndjson",
        _ => return Err(PortalError::NoPage),
    };
    let name = if format == "csv" { "who-looked.csv" } else { "who-looked.ndjson" };
    let bytes =
        with_home(&portal.homes, view.person.clone(), move |work| exported(work, &format, record));
    Ok(download(name, kind, bytes.await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn what_was_refused_was_tried_and_not_done() {
        let english = Words::of(Language::English);
        let access = |outcome| said(&english, ("access", outcome), false, "Dr Quist", "");
        assert_eq!(access(ActionOutcome::Ok), "Dr Quist opened it");
        assert_eq!(access(ActionOutcome::Denied), "Dr Quist tried to open it");
        for language in Language::ALL {
            let words = Words::of(language);
            for action in Action::ALL.iter().map(|action| action.as_str()) {
                let Some(key) = tried_key(action) else { continue };
                assert!(!action_keys(action).0.contains("other"), "{action}");
                for is_own in [true, false] {
                    let of = |outcome| {
                        said(&words, (action, outcome), is_own, "Dr Quist", "Clinic North")
                    };
                    let (done, tried) = (of(ActionOutcome::Ok), of(ActionOutcome::Denied));
                    assert_ne!(done, tried);
                    assert!(!tried.contains(key) && !tried.contains("try-"), "{tried}");
                    assert_eq!(done.contains("Clinic North"), tried.contains("Clinic North"));
                }
            }
        }
    }

    #[test]
    fn every_difference_is_said_in_the_language_of_the_page() {
        use Difference as D;
        let vault = || "this folder's own vault".to_owned();
        let all = [
            D::ReleaseWithoutEntry { vault: vault(), line: 7 },
            D::OtherEntry { vault: vault(), line: 7, audit_index: 3 },
            D::ReleasedTwice { vault: vault(), line: 7, audit_index: 3 },
            D::TooFewReleases { audit_index: 3, releases: 0 },
            D::ReasonDiffers { vault: vault(), line: 7 },
            D::ReleasedWithoutReason { vault: vault(), line: 7, audit_index: 3 },
            D::ReasonUnreadable { audit_index: 3 },
            D::LogAltered { vault: vault() },
            D::NotAsAnchored { vault: vault() },
            D::NotAsSeen { vault: vault() },
            D::NotAsked { vault: vault(), reason: String::new() },
        ];
        let english = Words::of(Language::English);
        for one in &all {
            for language in [Language::German, Language::Spanish] {
                let said = difference_said(&Words::of(language), one);
                assert_ne!(said, difference_said(&english, one));
                assert!(!said.contains("differ-") && !said.contains("vault"), "{said}");
            }
        }
        let at = D::LogAltered { vault: "https://vault.example".to_owned() };
        assert!(difference_said(&english, &at).contains("https://vault.example"));
    }
}
