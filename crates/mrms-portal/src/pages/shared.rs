//! What others shared with this person: new, ending soon, ended. It is opened for a purpose that is chosen once a visit,
//! with an entry in the patient's log, and shown once. An emergency is a page of its own.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::access::open::{Access, Unlocked};
use mrms_app::profile::received::RecordSaid;
use mrms_app::records::shared::{SharedBounds, SharedRecord};
use mrms_contract::{ids, read};
use mrms_core::{BurnClock, Principal, Purpose, RecordId, Rights, UnixTime, Version};
use mrms_crypto::content::ContentHeader;
use mrms_home::clock::{now, rng};
use mrms_people::name::quotable;
use mrms_viewers::Kind;
use serde::Deserialize;

use crate::error::{NoShareTold, PortalError, refused};
use crate::named::Named;
use crate::pages::content;
use crate::pages::layout::{self, notice, token};
use crate::pages::left;
use crate::pages::log::purpose_key;
use crate::pages::naming::Offers;
use crate::pages::shown::{self, Address, Place, Shown, Stored};
use crate::pages::titles::Titles;
use crate::pages::told;
use crate::pages::view::View;
use crate::portal::Portal;
use crate::reasons::NO_SHARE;
use crate::times;
use crate::work::{Work, with_home};

/// Access that ends within this many seconds ends soon.
const SOON: u64 = 3 * 86_400;
/// What one opens records for, in this list.
pub(crate) const PURPOSES: [Purpose; 6] = [
    Purpose::Treatment,
    Purpose::Coordination,
    Purpose::Payment,
    Purpose::Operations,
    Purpose::Research,
    Purpose::PatientRequest,
];
/// The form in which the purpose is chosen.
const PURPOSE_FORM: &str = "purpose-form";
/// Rows of what has ended.
const MOST_ENDED: usize = 50;

struct Row {
    id: RecordId,
    /// What it is called, and what tells it from others, as far as that was told.
    said: RecordSaid,
    patient: Named,
    account: Principal,
    /// The organisation that was granted it, where the person opens it as a member.
    organisation: Option<Named>,
    until: Option<UnixTime>,
    since: Option<UnixTime>,
    rights: Option<Rights>,
    is_new: bool,
}

struct Lists {
    now: UnixTime,
    new: Vec<Row>,
    soon: Vec<Row>,
    others: Vec<Row>,
    ended: Vec<Row>,
    purpose: Option<Purpose>,
    /// Whether more was shared than was looked at.
    is_cut_short: bool,
    /// How many organisations name the person, and their keys were not taken.
    naming: usize,
}

fn row(
    work: &Work,
    shared: &SharedRecord,
    known: Option<&mrms_app::profile::received::ReceivedRecord>,
    clock: BurnClock,
) -> Row {
    let calls = known.and_then(|known| known.patient_name());
    let patient = match (work.named(&shared.record.patient), calls) {
        (Named::Unknown(short), Some(name)) => {
            Named::Calls { short, name: quotable(name.as_str()) }
        }
        (named, _) => named,
    };
    Row {
        id: shared.id,
        said: known.map(|known| known.said()).unwrap_or_default(),
        patient,
        account: shared.record.patient.clone(),
        organisation: None,
        until: shared.expiry.map(|expiry| clock.time_of(expiry)),
        since: shared.since.map(|height| clock.time_of(height)),
        rights: shared.now.as_ref().ok().map(|(rights, _)| *rights),
        is_new: !known.is_some_and(|known| known.has_opened(shared.record.version)),
    }
}

fn lists(work: &Work, bounds: SharedBounds) -> Result<Lists, PortalError> {
    let session = work.session();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let found = session.shared_with(&work.actor.principal(), bounds);
    let found = found.map_err(refused)?;
    let known = session.look_at_received(&work.actor, (&found.records, None), &mut rng());
    let known = known.map_err(refused)?;
    let organisations = session.organisations(&work.actor).map_err(refused)?;
    let names_me = |one: &&SharedRecord| {
        is_staff_key(one) && one.now.is_ok() && !organisations.contains(&one.record.patient)
    };
    let mut lists = Lists {
        naming: found.records.iter().filter(names_me).count(),
        now: clock.now,
        new: Vec::new(),
        soon: Vec::new(),
        others: Vec::new(),
        ended: Vec::new(),
        purpose: work.memory.purpose(),
        is_cut_short: found.older_entries > 0 || !found.cut_short.is_empty(),
    };
    let mut rows: Vec<Row> = Vec::new();
    for shared in found.records.iter().filter(|one| !is_staff_key(one)) {
        rows.push(row(work, shared, known.get(&shared.id), clock));
    }
    rows.extend(of_organisations(work, clock)?);
    for row in rows {
        let until = row.until;
        let ends_soon =
            until.is_some_and(|end| end.seconds().saturating_sub(clock.now.seconds()) < SOON);
        match (row.rights, ends_soon, row.is_new) {
            (None, ..) => lists.ended.push(row),
            (_, true, _) => lists.soon.push(row),
            (_, _, true) => lists.new.push(row),
            _ => lists.others.push(row),
        }
    }
    lists.soon.sort_by_key(|row| row.until);
    lists.ended.truncate(MOST_ENDED);
    Ok(lists)
}

/// Whether a record is no document, but the keys of an organisation.
fn is_staff_key(shared: &SharedRecord) -> bool {
    ids::staff_record(&shared.record.patient) == Some(shared.id)
}

/// What the organisations were granted that this person is a member of, and can open now.
fn of_organisations(work: &Work, clock: BurnClock) -> Result<Vec<Row>, PortalError> {
    let (session, me) = (work.session(), work.actor.principal());
    let mut rows = Vec::new();
    for organisation in session.organisations(&work.actor).map_err(refused)? {
        let membership = session.ask(&read::member(&organisation, &me)).map_err(refused)?;
        if !membership.is_some_and(|membership| membership.is_live(clock.height)) {
            continue;
        }
        let found = session.shared_with(&organisation, SharedBounds::USUAL).map_err(refused)?;
        let held = session.held(&work.actor, &organisation).map_err(refused)?;
        let known = (&found.records[..], Some(&held));
        let known = session.look_at_received(&work.actor, known, &mut rng()).map_err(refused)?;
        for shared in found.records.iter().filter(|one| one.now.is_ok() && !is_staff_key(one)) {
            let named = work.named(&organisation);
            let row = row(work, shared, known.get(&shared.id), clock);
            // The organisation itself adds versions and declares emergencies.
            let rights = row.rights.filter(|rights| rights.may_read()).map(|_| Rights::READ);
            if rights.is_some() {
                rows.push(Row { organisation: Some(named), rights, ..row });
            }
        }
    }
    Ok(rows)
}

/// By whose grants the person opens a record: their own, or else those of an organisation of theirs.
pub(super) fn holder(work: &Work, id: RecordId) -> Result<Option<Principal>, PortalError> {
    let found = work.session().organisations_that_open(&work.actor, id).map_err(refused)?;
    Ok(found.into_iter().next())
}

fn group((view, offers): (&View, &Offers<'_>), lists: &Lists, title: &str, rows: &[Row]) -> Markup {
    let words = &view.words;
    html! {
        @if !rows.is_empty() {
            section aria-labelledby=(title) {
                h2 id=(title) { (words.say(title)) }
                ul.readers {
                    @for row in rows {
                        li {
                            span {
                                strong { bdi { @match &row.said.name {
                                    Some(name) => (name.as_str()),
                                    None => (words.with("shared-record", &[("number", (&short(row.id)).into())])),
                                } } }
                                " · " a href=(format!("/people/{}", row.account)) { bdi { (row.patient.say(words)) } }
                                (offers.beside(&row.account, None, &row.patient))
                                @if let Some(organisation) = &row.organisation {
                                    " · " bdi { (words.with("shared-for", &[("organisation", (&organisation.say(words)).into())])) }
                                }
                                br;
                                @match row.rights {
                                    Some(_) => (left::since(words, lists.now, row.since, row.until)),
                                    None => (words.say("shared-ended-why")),
                                }
                            }
                            (actions(view, row))
                        }
                    }
                }
            }
        }
    }
}

/// The end of a record's id, until its patient's name for it is known: those of one patient all begin alike.
fn short(id: RecordId) -> String {
    let text = id.to_string();
    text[text.len().saturating_sub(6)..].to_owned()
}

fn actions(view: &View, row: &Row) -> Markup {
    let words = &view.words;
    html! {
        @match row.rights {
            None => a.button.second href="/request" { (words.say("request-again")) },
            Some(rights) => span {
                @if rights.may_read() {
                    // It sends the form above, so that what is chosen there counts. What is missing, the page says.
                    button type="submit" form=(PURPOSE_FORM) formnovalidate
                        formaction=(format!("/shared/{}/open", row.id)) { (words.say("shared-open")) }
                }
                @if rights.may_declare_emergency() {
                    a.button.stop href=(format!("/shared/{}/emergency", row.id)) { (words.say("emergency-short")) }
                }
                @if rights.may_amend() {
                    a.button.second href=(format!("/shared/{}/version", row.id)) { (words.say("report-add")) }
                }
            },
        }
    }
}

fn purpose_form(view: &View, chosen: Option<Purpose>) -> Markup {
    let words = &view.words;
    html! {
        form.search id=(PURPOSE_FORM) method="post" action="/shared/purpose" {
            (token(&view.visitor))
            label for="purpose" { (words.say("purpose-title")) }
            select id="purpose" name="purpose" required {
                @if chosen.is_none() { option value="" { (words.say("purpose-choose")) } }
                @for purpose in PURPOSES {
                    option value=(purpose.code()) selected[chosen == Some(purpose)] {
                        (words.say(purpose_key(purpose)))
                    }
                }
            }
            button type="submit" { (words.say("purpose-button")) }
        }
    }
}

fn page(view: &View, lists: &Lists, done: &str, wrong: Option<&str>) -> Markup {
    let words = &view.words;
    let is_empty = lists.new.is_empty() && lists.soon.is_empty() && lists.others.is_empty();
    let offers = Offers::new(view, "/shared");
    let body = html! {
        @match done {
            "amended" => (notice(&words.say("report-added"))),
            "sent" => (notice(&words.say("send-done"))),
            _ => {}
        }
        h1 { (words.say("nav-shared")) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        @if lists.naming > 0 {
            p.notice {
                (words.with("works-for-shared-notice", &[("count", lists.naming.into())])) " "
                a href="/staff" { (words.say("works-for")) }
            }
        }
        @if is_empty { p { (words.say("shared-none")) } }
        @else { p { (words.say("shared-explained")) } (purpose_form(view, lists.purpose)) }
        (group((view, &offers), lists, "shared-soon", &lists.soon))
        (group((view, &offers), lists, "shared-new", &lists.new))
        (group((view, &offers), lists, "shared-others", &lists.others))
        (group((view, &offers), lists, "shared-ended", &lists.ended))
        @if lists.is_cut_short {
            p { (words.say("shared-cut-short")) " " a href="/shared?all=yes" { (words.say("shared-all")) } }
        }
        p.actions {
            a.button.second href="/request" { (words.say("request-title")) }
            a.button.second href="/send" { (words.say("send-title")) }
        }
    };
    layout::page(view, "/shared", &words.say("nav-shared"), &body)
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
    /// `yes` for everything, however long it takes.
    #[serde(default)]
    all: String,
}

/// `GET /shared`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Markup, PortalError> {
    let bounds = if asked.all == "yes" { SharedBounds::NONE } else { SharedBounds::USUAL };
    let lists =
        with_home(&portal.homes, view.person.clone(), move |work| lists(work, bounds)).await?;
    Ok(page(&view, &lists, &asked.done, None))
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    token: String,
    purpose: String,
}

/// `POST /shared/purpose`: chooses what records are opened for in this visit.
pub(crate) async fn choose(view: View, Form(form): Form<Chosen>) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let purpose = form.purpose.parse().map_err(|_| PortalError::NoPage)?;
    view.person.memory.choose_purpose(purpose);
    Ok((StatusCode::SEE_OTHER, [(LOCATION, "/shared")]).into_response())
}

/// A version that was opened against an entry of the log.
struct Opened {
    record: RecordId,
    version: Version,
    /// The versions that this person may open.
    versions: Vec<Version>,
    titles: Titles,
    patient: Named,
    /// The organisation for which it was opened.
    organisation: Option<Named>,
    shown: Shown,
    until: Option<UnixTime>,
    since: Option<UnixTime>,
    now: UnixTime,
    rights: Option<Rights>,
    opening: String,
}

/// Keeps what an access opened for this session, and what it is called. From here on its content can leave. Returns the name
/// under which it is found.
pub(super) fn kept(
    work: &Work,
    portal: &Portal,
    view_key: crate::entrance::secret::SecretHash,
    access: Access,
) -> Result<String, PortalError> {
    let session = work.session();
    let header = session.header(&access.unlocked).map_err(refused)?;
    session.finish(&access).map_err(refused)?;
    // For lists, where no name came with the grant. What was opened is not lost for want of it.
    if let Err(error) = session.remember_opened(&work.actor, &header, &mut rng()) {
        tracing::warn!(target: "mrms::portal", "a name could not be kept: {error}");
    }
    let opening = portal.openings.keep(Arc::new(access.unlocked), view_key);
    opening.map_err(|_| PortalError::BrokeOff)
}

/// The page of what was just opened has an address of its own: whoever loads it again makes no further entry in the log.
pub(super) fn to_opening(opening: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, format!("/opened/{opening}"))]).into_response()
}

/// Until when the page of an opening is there.
pub(super) fn there_until(portal: &Portal, view: &View, opening: &str) -> UnixTime {
    let left = portal.openings.left(opening, view.visitor.key);
    UnixTime::from_seconds(now().seconds().saturating_add(left))
}

/// What is shown of a version that this session has opened.
fn look(
    work: &Work,
    portal: &Portal,
    unlocked: &Arc<Unlocked>,
    header: &ContentHeader,
    opening: String,
) -> Result<Opened, PortalError> {
    let session = work.session();
    let (me, patient) = (work.actor.principal(), &header.context.patient);
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let id = header.context.record;
    let organisation = holder(work, id)?;
    let reader = organisation.as_ref().unwrap_or(&me);
    let reader = session.reader(id, (patient, reader), clock.height).map_err(refused)?;
    let (since, expiry) = (reader.since(clock.height), reader.until(clock.height));
    let effective = reader.now;
    let latest = session.ask(&read::record(id)).map_err(refused)?.map(|record| record.version);
    let first = effective.as_ref().ok().map(|(_, first)| *first);
    let versions = latest.zip(first).map(|(latest, first)| {
        latest.up_to().filter(|version| *version >= first).collect::<Vec<_>>()
    });
    let stored = Stored { session, unlocked, header };
    Ok(Opened {
        record: id,
        version: header.context.version,
        versions: versions.unwrap_or_default(),
        titles: Titles::of(work, organisation.as_ref(), (&**unlocked, header)),
        patient: work.named(patient),
        shown: shown::show(&portal.settings.viewers, Some(&stored)),
        until: expiry.map(|expiry| clock.time_of(expiry)),
        since: since.map(|height| clock.time_of(height)),
        now: clock.now,
        rights: effective.ok().map(|(rights, _)| rights).filter(|_| organisation.is_none()),
        organisation: organisation.map(|one| work.named(&one)),
        opening,
    })
}

/// What this session has opened, once more, without a further entry in the log.
pub(super) async fn again(
    portal: &Arc<Portal>,
    view: &View,
    unlocked: Arc<Unlocked>,
    opening: String,
    place: Place,
) -> Result<Markup, PortalError> {
    let whole = Arc::clone(portal);
    let end = times::clock(there_until(portal, view, &opening));
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        let (unlocked, header) = content::of_opening(work, unlocked)?;
        look(work, &whole, &unlocked, &header, opening)
    });
    let said = view.words.with("shared-opened", &[("end", (&end).into())]);
    Ok(opened_page(view, found.await?, place, &said).await)
}

/// The other versions that this person may open, each with an entry of its own.
fn versions(view: &View, opened: &Opened) -> Markup {
    let words = &view.words;
    let name =
        |version: Version| words.with("record-version", &[("number", version.number().into())]);
    html! {
        @if opened.versions.len() > 1 {
            nav.versions aria-label=(words.say("record-versions")) {
                @for version in &opened.versions {
                    @if *version == opened.version {
                        span.now aria-current="true" { (name(*version)) }
                    } @else {
                        form.inline method="post" action=(format!("/shared/{}/open", opened.record)) {
                            (token(&view.visitor))
                            input type="hidden" name="version" value=(version.number());
                            // Without a purpose, it was opened as something that was sent.
                            @if view.person.memory.purpose().is_none() {
                                input type="hidden" name="sent" value="yes";
                            }
                            button.quiet type="submit" { (name(*version)) }
                        }
                    }
                }
            }
            p.hint { (words.say("shared-versions-hint")) }
        }
    }
}

async fn opened_page(view: &View, opened: Opened, place: Place, said: &str) -> Markup {
    let words = &view.words;
    let others = versions(view, &opened);
    let shown = opened.shown.settled().await;
    let name = opened.titles.heading(words);
    let address = Address { path: format!("/opened/{}", opened.opening), version: None, place };
    let body = html! {
        div.head {
            h1 { bdi { (name) } }
            p.meta { bdi { (opened.patient.say(words)) } }
            (opened.titles.said(words))
            @if let Some(organisation) = &opened.organisation {
                p.meta { bdi { (words.with("shared-for", &[("organisation", (&organisation.say(words)).into())])) } }
            }
        }
        p.countdown { (left::since(words, opened.now, opened.since, opened.until)) }
        (others)
        (notice(said))
        section.content aria-label=(words.say("record-content")) {
            (shown::frame(words, &address, &shown, &name))
        }
        p.actions {
            @if opened.rights.is_some_and(Rights::may_amend) {
                a.button.second href=(format!("/shared/{}/version", opened.record)) { (words.say("report-add")) }
            }
            a.button.second href="/request" { (words.say("request-title")) }
            a.button.second href="/shared" { (words.say("nav-shared")) }
        }
    };
    layout::page(view, "/shared", &name, &body)
}

#[derive(Deserialize)]
pub(crate) struct Opening {
    token: String,
    /// `yes` where there is nobody to be told a purpose: it was sent to this person.
    #[serde(default)]
    sent: String,
    /// What was chosen in the list, for this visit.
    #[serde(default)]
    purpose: String,
    /// The version; the latest without it.
    version: Option<u64>,
}

/// `POST /shared/{id}/open`: makes an entry in the record's log, and leads to what it opened.
pub(crate) async fn open(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Opening>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    if let Ok(chosen) = form.purpose.parse() {
        view.person.memory.choose_purpose(chosen);
    }
    let purpose = view.person.memory.purpose();
    if purpose.is_none() && form.sent != "yes" {
        let found =
            with_home(&portal.homes, view.person.clone(), |work| lists(work, SharedBounds::USUAL));
        let lists = found.await?;
        let page = page(&view, &lists, "", Some(&view.words.say("purpose-first")));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let purpose = purpose.filter(|_| form.sent != "yes");
    let version = form.version.map(|number| Version::new(number).ok_or(PortalError::NoPage));
    let version = version.transpose()?;
    let (key, whole) = (view.visitor.key, Arc::clone(&portal));
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let session = work.session();
        let organisation = holder(work, id)?;
        let accessed = match (&organisation, purpose) {
            (Some(organisation), purpose) => {
                let which = (id, version);
                session
                    .access_for_organisation(&work.actor, organisation, which, purpose, &mut rng())
                    .map_err(refused)
            }
            (None, Some(purpose)) => {
                session.access_for(&work.actor, id, version, purpose, &mut rng()).map_err(refused)
            }
            (None, None) => session.access(&work.actor, id, version, &mut rng()).map_err(refused),
        };
        let again = OpenedAt {
            path: format!("/shared/{id}/open"),
            // Without a purpose, it was opened as something that was sent.
            fields: purpose.is_none().then(|| ("sent", "yes".to_owned())).into_iter().collect(),
        };
        let accessed = accessed.map_err(|error| {
            without_share(work, error, (id, version), organisation.as_ref(), again)
        })?;
        let access = accessed.done().ok_or(PortalError::BrokeOff)?;
        kept(work, &whole, key, access)
    });
    Ok(to_opening(&found.await?))
}

/// The form with which versions of a record are opened.
pub(super) struct OpenedAt {
    pub(super) path: String,
    pub(super) fields: Vec<(&'static str, String)>,
}

/// The error of an opening. Where the vaults have no share of that version, it says what has to happen, and which version may
/// open now.
pub(super) fn without_share(
    work: &Work,
    error: PortalError,
    (id, version): (RecordId, Option<Version>),
    organisation: Option<&Principal>,
    OpenedAt { path, fields }: OpenedAt,
) -> PortalError {
    if !matches!(&error, PortalError::Refused { code: Some(NO_SHARE), .. }) {
        return error;
    }
    // Where that can't be asked, the error says what there is to say.
    match work.session().why_no_share(&work.actor, id, version, organisation) {
        Ok(Some(no_share)) => {
            let me = work.actor.principal();
            // Where it can't be asked for, the page goes without.
            let key = work.session().published_fingerprint(organisation.unwrap_or(&me));
            PortalError::NoShare(Box::new(NoShareTold {
                no_share,
                for_organisation: organisation.is_some(),
                fingerprint: key.ok(),
                path,
                fields,
            }))
        }
        Ok(None) | Err(_) => error,
    }
}

/// What an emergency would be about.
struct EmergencyOf {
    patient: Named,
    /// What the record is called, and what tells it from others, as far as that was told.
    said: RecordSaid,
}

async fn emergency_of(
    portal: &Portal,
    view: &View,
    id: RecordId,
) -> Result<EmergencyOf, PortalError> {
    with_home(&portal.homes, view.person.clone(), move |work| {
        let record = work.session().ask(&read::record(id)).map_err(refused)?;
        let patient = record.ok_or(PortalError::NoPage)?.patient;
        let lists = lists(work, SharedBounds::USUAL)?;
        let mut rows = lists.new.into_iter().chain(lists.soon).chain(lists.others);
        let said = rows.find(|row| row.id == id).map(|row| row.said).unwrap_or_default();
        Ok(EmergencyOf { patient: work.named(&patient), said })
    })
    .await
}

fn emergency_page(
    view: &View,
    id: RecordId,
    EmergencyOf { patient, said }: &EmergencyOf,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let unnamed = || words.with("shared-record", &[("number", (&short(id)).into())]);
    let name = said.name.as_ref().map_or_else(unnamed, |name| name.as_str().to_owned());
    let kind = said.media_type.as_ref().map(|kind| Kind::of_media_type(kind.as_str()));
    let body = html! {
        section.emergency {
            h1 { (words.say("emergency-title")) }
            p { (words.with("emergency-of", &[("name", (&name).into()), ("who", (&patient.say(words)).into())])) }
            // Whoever may open it in an emergency alone is told whose it is, and no more.
            @if said.name.is_none() { p.meta { (words.say("emergency-unnamed")) } }
            @if kind.is_some() || said.written.is_some() {
                p.meta {
                    @if let Some(kind) = kind { (words.say(kind.key())) }
                    @if kind.is_some() && said.written.is_some() { " · " }
                    (told::dates(words, None, said.written))
                }
            }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            ul {
                li { (words.say("emergency-at-once")) }
                li { (words.say("emergency-read")) }
                li { (words.say("emergency-log")) }
                li { (words.say("emergency-day")) }
            }
            form method="post" action=(format!("/shared/{id}/emergency")) {
                (token(&view.visitor))
                label for="reason" { (words.say("emergency-reason")) }
                input id="reason" name="reason" type="text" required maxlength="400" autocomplete="off";
                div.choice {
                    input type="checkbox" id="meant" name="meant" value="yes" required;
                    label for="meant" { (words.say("emergency-meant")) }
                }
                button.danger type="submit" { (words.say("emergency-button")) }
                a.button.second href="/shared" { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/shared", &words.say("emergency-title"), &body)
}

/// `GET /shared/{id}/emergency`: says what will happen.
pub(crate) async fn emergency(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let of = emergency_of(&portal, &view, id).await?;
    Ok(emergency_page(&view, id, &of, None))
}

#[derive(Deserialize)]
pub(crate) struct Declared {
    token: String,
    reason: String,
    #[serde(default)]
    meant: String,
}

/// `POST /shared/{id}/emergency`: declares one, and opens the latest version.
pub(crate) async fn declare(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    Form(form): Form<Declared>,
) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    if form.meant != "yes" || form.reason.trim().is_empty() {
        let of = emergency_of(&portal, &view, id).await?;
        let page = emergency_page(&view, id, &of, Some(&view.words.say("why-no-reason")));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (key, whole) = (view.visitor.key, Arc::clone(&portal));
    let found = with_home(&portal.homes, view.person.clone(), move |work| {
        work.open.fund(&work.actor)?;
        let session = work.session();
        let accessed = session.emergency_access(&work.actor, id, &form.reason, &mut rng());
        let accessed = accessed.map_err(|error| {
            let fields = vec![("sent", "yes".to_owned())];
            let again = OpenedAt { path: format!("/shared/{id}/open"), fields };
            without_share(work, refused(error), (id, None), None, again)
        })?;
        let access = accessed.done().ok_or(PortalError::BrokeOff)?;
        kept(work, &whole, key, access)
    });
    Ok(to_opening(&found.await?))
}
