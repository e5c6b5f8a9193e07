//! Adds files: a form that works without script, and the stream that a script sends for each file.

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::header::{CONTENT_LENGTH, LOCATION};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::import::is_archive;
use mrms_app::records::described::described;
use mrms_app::records::list::{NumberedRecord, OwnRecord};
use mrms_app::records::write::{Placement, Source};
use mrms_app::sharing::unknown::WhyLeftOut;
use mrms_contract::ids;
use mrms_core::{Powers, Principal, RecordId};
use mrms_crypto::content::{FileName, Retention};
use rand_core::Rng as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::acting::for_nobody;
use crate::error::{PortalError, refused};
use crate::named::Named;
use crate::overview::Overview;
use crate::pages::failed;
use crate::pages::incoming::{Incoming, Wiped, name_on_record, pass_on};
use crate::pages::layout::{self, token};
use crate::pages::new_key;
use crate::pages::typed::no_name;
use crate::pages::view::View;
use crate::pages::whose;
use crate::portal::Portal;
use crate::work::{Work, with_home};

/// The longest file that the form without script takes, in bytes: it is in memory at once.
const MOST_IN_FORM: usize = 32 * 1024 * 1024;
/// Files that one form takes.
const MOST_FILES: usize = 50;
/// Pieces of a file that wait to be encrypted.
const AHEAD: usize = 4;

/// What a file becomes.
#[derive(Clone, Debug)]
pub(super) enum Becomes {
    /// A record of its own.
    Record,
    /// The next version of this record of one's own.
    Version(RecordId),
    /// The next version of this record of somebody else.
    Report(RecordId),
    /// A record of the patient for whom the session acts.
    RecordFor(Principal),
    /// The next version of this record of theirs.
    VersionFor(Principal, RecordId),
}

impl Becomes {
    /// The patient for whom the session has to act.
    const fn patient(&self) -> Option<&Principal> {
        match self {
            Self::RecordFor(patient) | Self::VersionFor(patient, _) => Some(patient),
            Self::Record | Self::Version(_) | Self::Report(_) => None,
        }
    }

    fn path(&self) -> String {
        match self {
            Self::Record => "/records/add".to_owned(),
            Self::Version(id) => format!("/records/{id}/version"),
            Self::Report(id) => format!("/shared/{id}/version"),
            Self::RecordFor(_) => "/acting/add".to_owned(),
            Self::VersionFor(_, id) => format!("/acting/records/{id}/version"),
        }
    }

    /// Where the person came from.
    fn back(&self) -> String {
        match self {
            Self::Record => "/records".to_owned(),
            Self::Version(id) => format!("/records/{id}"),
            Self::Report(_) => "/shared".to_owned(),
            Self::RecordFor(_) => "/acting".to_owned(),
            Self::VersionFor(_, id) => format!("/acting/records/{id}"),
        }
    }

    /// The record that gets a version, where it is known what it is called.
    const fn of(&self) -> Option<RecordId> {
        match self {
            Self::Version(id) => Some(*id),
            _ => None,
        }
    }

    /// The page of a record that was added.
    fn place_of(&self, id: RecordId) -> String {
        let below = if self.patient().is_some() { "/acting" } else { "" };
        format!("{below}/records/{id}")
    }

    /// Where the person goes when it is done.
    fn leads_to(&self, put: &Put) -> String {
        match (self, put) {
            (Self::Record, Put::Added { id, left_out }) => {
                format!("/records/{id}?done=added{}", without(left_out))
            }
            (Self::Record, Put::Known(id)) => format!("/records/{id}?done=known"),
            (Self::Version(id), Put::Added { left_out, .. }) => {
                format!("/records/{id}?done=amended{}", without(left_out))
            }
            (Self::Version(id), Put::Known(_)) => format!("/records/{id}?done=amended"),
            (Self::Report(_), _) => "/shared?done=amended".to_owned(),
            (Self::RecordFor(_), Put::Added { id, .. } | Put::Known(id)) => {
                format!("/acting/records/{id}?done=added")
            }
            (Self::VersionFor(_, id), _) => format!("/acting/records/{id}?done=amended"),
        }
    }
}

/// The readers who got no key of what was added, for the page that says so.
fn without(left_out: &[Principal]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let accounts: Vec<_> = left_out.iter().take(MOST_LEFT_OUT).map(ToString::to_string).collect();
    format!("&without={}", accounts.join(","))
}

/// What became of a file that was put on record.
#[derive(Clone, Debug)]
enum Put {
    /// It was added.
    Added {
        /// To this record.
        id: RecordId,
        /// Readers who got no key of it.
        left_out: Vec<Principal>,
    },
    /// The person has the same content in this record already. Nothing was added.
    Known(RecordId),
}

/// A file that came from a browser.
struct Sent<R> {
    content: R,
    /// How many bytes it has.
    length: u64,
    /// What it is called on the disk of the person.
    file_name: String,
    /// What the person calls it; empty for what it calls itself.
    called: String,
    /// Whether an archive goes on record as the one file that it is.
    is_whole: bool,
}

/// The key of the sentence about an archive, of which the person says first whether it is to be looked into.
const ARCHIVE: &str = "add-archive";
/// The header of an answer that asks that.
const ASKS: HeaderName = HeaderName::from_static("x-mrms-archive");
/// So many readers who got no key are named.
const MOST_LEFT_OUT: usize = 5;
/// Bytes by which an archive is known.
const HEAD: u64 = 4_096;

/// One file of a form, and what became of it.
pub(super) struct Told {
    name: String,
    outcome: Result<Put, PortalError>,
}

pub(super) fn page(view: &View, becomes: &Becomes, told: &[Told]) -> Markup {
    page_for(view, becomes, told, &Getting::default())
}

/// Who gets what is added.
#[derive(Default)]
struct Getting {
    /// Those who can open it at once, since they see everything.
    open_to: Vec<Named>,
    /// Those whose key is to be compared first.
    new_keys: Vec<(Principal, Named)>,
}

/// The same, with who gets what is added.
fn page_for(view: &View, becomes: &Becomes, told: &[Told], getting: &Getting) -> Markup {
    let Getting { open_to, new_keys } = getting;
    let open_to: Vec<String> = open_to.iter().map(|who| who.say(&view.words)).collect();
    let words = &view.words;
    let is_version = !matches!(becomes, Becomes::Record | Becomes::RecordFor(_));
    let (title, explained) = match becomes {
        Becomes::Record => ("add-title", "add-explained"),
        Becomes::Version(_) => ("amend-title", "amend-explained"),
        Becomes::Report(_) => ("report-add", "report-explained"),
        Becomes::RecordFor(_) => ("acting-add", "acting-add-explained"),
        Becomes::VersionFor(..) => ("amend-title", "acting-amend-explained"),
    };
    let upload = match becomes {
        Becomes::Record => "/records/upload?".to_owned(),
        Becomes::Version(id) => format!("/records/upload?record={id}&"),
        Becomes::Report(id) => format!("/records/upload?report={id}&"),
        Becomes::RecordFor(patient) => format!("/acting/upload?patient={patient}&"),
        Becomes::VersionFor(patient, id) => {
            format!("/acting/upload?patient={patient}&record={id}&")
        }
    };
    let name = becomes.of().and_then(|id| view.person.memory.known_name(id));
    let body = html! {
        h1 { (words.say(title)) }
        @if let Some(name) = name { p.meta { bdi { (name) } } }
        @for one in told {
            @match &one.outcome {
                Err(PortalError::Form { key: ARCHIVE }) => p.notice role="alert" {
                    strong { bdi { (one.name) } } ": " (words.say(ARCHIVE)) " "
                    a href="/records/import" { (words.say("add-archive-look")) }
                },
                Ok(Put::Added { id, .. }) => p.notice role="status" {
                    a href=(becomes.place_of(*id)) {
                        (words.with("add-done", &[("name", (&one.name).into())]))
                    }
                },
                Ok(Put::Known(id)) => p.notice role="status" {
                    a href=(becomes.place_of(*id)) {
                        (words.with("add-known", &[("name", (&one.name).into())]))
                    }
                },
                Err(why) => p.wrong role="alert" {
                    (words.with("add-failed", &[("name", (&one.name).into()), ("why", (&failed::sentence(why, words)).into())]))
                },
            }
        }
        section.card {
            p { (words.say(explained)) }
            @if !open_to.is_empty() {
                p { (words.with("add-open-to", &[("who", (&open_to.join(", ")).into())])) }
            }
            @for (who, named) in new_keys { (new_key::said(words, who, named)) }
            form method="post" action=(becomes.path()) enctype="multipart/form-data" id="add" data-upload=(upload) {
                (token(&view.visitor))
                @if let Some(patient) = becomes.patient() { input type="hidden" name="patient" value=(patient); }
                label for="files" { (words.say("add-files")) }
                input id="files" name="file" type="file" multiple[!is_version] required;
                @if !is_version {
                    // With script there is one for each file.
                    div id="add-names" data-label=(words.say("add-name-of")) {
                        label for="called" { (words.say("add-name")) }
                        input id="called" name="called" type="text" maxlength="200" autocomplete="off"
                            aria-describedby="called-hint";
                    }
                    p.hint id="called-hint" { (words.say("add-name-hint")) }
                }
                @if told.iter().any(|one| matches!(one.outcome, Err(PortalError::Form { key: ARCHIVE }))) {
                    div.choice {
                        input type="checkbox" id="whole" name="whole" value="yes";
                        label for="whole" { (words.say("add-archive-whole")) }
                    }
                }
                button type="submit" { (words.say("add-button")) }
                a.button.second href=(becomes.back()) {
                    // What was sent by script is on record, and nothing is left to cancel.
                    (words.say(if matches!(becomes, Becomes::Record) { "home-records" } else { "cancel" }))
                }
            }
            ul.progress id="add-progress" aria-live="polite"
                data-done=(words.say("add-progress-done")) data-known=(words.say("add-progress-known"))
                data-failed=(words.say("add-progress-failed"))
                data-look=(words.say("add-archive-look")) data-whole=(words.say("add-archive-one")) {}
            @if matches!(becomes, Becomes::Record) {
                p { a href="/records/import" { (words.say("import-link")) } }
                p { a href="/records/import/link" { (words.say("foreign-open")) } }
            }
        }
    };
    let place = match becomes {
        Becomes::Report(_) => "/shared",
        Becomes::RecordFor(_) => "/acting/add",
        Becomes::VersionFor(..) => "/acting",
        Becomes::Record | Becomes::Version(_) => "/records",
    };
    layout::page(view, place, &words.say(title), &body)
}

/// `GET /records/add`.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
) -> Result<Markup, PortalError> {
    let getting = with_home(&portal.homes, view.person.clone(), |work| {
        let overview = work.overview()?;
        let all = overview.shares.iter().filter(|share| share.standing.is_some());
        let seeing = overview.seeing.iter().map(|one| &one.user);
        let who: BTreeSet<_> = all.map(|share| &share.user).chain(seeing).collect();
        getting(work, &overview, who)
    });
    Ok(page_for(&view, &Becomes::Record, &[], &getting.await?))
}

/// Who of these readers gets what is added.
fn getting<'p>(
    work: &Work,
    overview: &Overview,
    readers: impl IntoIterator<Item = &'p Principal>,
) -> Result<Getting, PortalError> {
    let new_keys = overview.with_new_keys(work);
    let mut getting = Getting::default();
    for who in readers {
        let named = work.reader(who);
        match new_keys.contains(who) {
            true => getting.new_keys.push((who.clone(), named)),
            false => getting.open_to.push(named),
        }
    }
    Ok(getting)
}

/// `GET /records/{id}/version`.
pub(crate) async fn show_version(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let getting = with_home(&portal.homes, view.person.clone(), move |work| {
        work.own_record(id)?;
        let overview = work.overview()?;
        let own = overview.own.iter().find(|own| own.id == id);
        let readers = own.into_iter().flat_map(|own| own.live_readers()).map(|one| &one.user);
        let seeing = overview.seeing.iter().map(|one| &one.user);
        let who: BTreeSet<_> = readers.chain(seeing).collect();
        // That those who can see the record see the new version is said for all of them.
        Ok(Getting { open_to: Vec::new(), ..getting(work, &overview, who)? })
    });
    Ok(page_for(&view, &Becomes::Version(id), &[], &getting.await?))
}

/// `POST /records/{id}/version`: the form without script.
pub(crate) async fn version_form(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    form: Multipart,
) -> Result<Response, PortalError> {
    take(&portal, &view, Becomes::Version(id), form).await
}

/// `POST /records/add`: the form without script.
pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    view: View,
    form: Multipart,
) -> Result<Response, PortalError> {
    take(&portal, &view, Becomes::Record, form).await
}

/// `GET /shared/{id}/version`: a report to somebody else's record. The ledger says whether it may be added; whose the record
/// is, the person may have to say first.
pub(crate) async fn show_report(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Markup, PortalError> {
    let doubt =
        with_home(&portal.homes, view.person.clone(), move |work| whose::doubt(work, id)).await?;
    Ok(match doubt {
        Some(claim) => whose::page(&view, id, &claim),
        None => page(&view, &Becomes::Report(id), &[]),
    })
}

/// `POST /shared/{id}/version`: the form without script.
pub(crate) async fn report_form(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
    form: Multipart,
) -> Result<Response, PortalError> {
    take(&portal, &view, Becomes::Report(id), form).await
}

/// Takes the files of a form.
pub(super) async fn take(
    portal: &Portal,
    view: &View,
    becomes: Becomes,
    mut form: Multipart,
) -> Result<Response, PortalError> {
    let broke = |_| PortalError::Form { key: "add-too-large" };
    let (mut has_token, mut is_for) = (false, becomes.patient().is_none());
    let mut files: Vec<(String, Zeroizing<Vec<u8>>)> = Vec::new();
    let (mut called, mut is_whole) = (String::new(), false);
    while let Some(field) = form.next_field().await.map_err(broke)? {
        match field.name() {
            Some("token") => {
                view.must_have(&field.text().await.map_err(broke)?)?;
                has_token = true;
            }
            // A page that was open before may be of another patient.
            Some("patient") if has_token => {
                let said = field.text().await.map_err(broke)?.parse().ok();
                is_for = said.is_some() && said.as_ref() == becomes.patient();
                if !is_for {
                    return Err(PortalError::Form { key: "acting-other" });
                }
            }
            Some("called") if has_token => called = field.text().await.map_err(broke)?,
            Some("whole") if has_token => is_whole = field.text().await.map_err(broke)? == "yes",
            // The token comes first, so nobody else's file is read.
            Some("file") if has_token && is_for && files.len() < MOST_FILES => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let bytes = Zeroizing::new(field.bytes().await.map_err(broke)?.to_vec());
                if !name.is_empty() {
                    files.push((name, bytes));
                }
            }
            _ => return Err(PortalError::OtherPage),
        }
    }
    if files.is_empty() {
        return Err(PortalError::Form { key: "add-nothing" });
    }
    let (inline_limit, is_one) = (portal.settings.inline_limit, files.len() == 1);
    // One name is not that of several files.
    let called = if is_one { called } else { String::new() };
    let wanted = becomes.clone();
    let told = with_home(&portal.homes, view.person.clone(), move |work| {
        let each = files.into_iter().map(|(name, bytes)| {
            let length = bytes.len() as u64;
            let content = Cursor::new(Wiped(bytes));
            let (file_name, called) = (name.clone(), called.clone());
            let sent = Sent { content, length, file_name, called, is_whole };
            Told { name, outcome: put(work, &wanted, sent, inline_limit) }
        });
        Ok(each.collect::<Vec<_>>())
    })
    .await?;
    let told = unless_over(view, told)?;
    if let ([Told { outcome: Ok(put), .. }], true) = (&told[..], is_one) {
        let to = becomes.leads_to(put);
        return Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response());
    }
    let all = told.iter().all(|one| one.outcome.is_ok());
    let status = if all { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok((status, page(view, &becomes, &told)).into_response())
}

/// What became of the files. Fails where the person acts for the patient no more: the form is of nobody then.
fn unless_over(view: &View, told: Vec<Told>) -> Result<Vec<Told>, PortalError> {
    let is_over = |one: &Told| matches!(one.outcome, Err(PortalError::ActsNoMore { .. }));
    if !told.iter().any(is_over) {
        return Ok(told);
    }
    for one in told.iter().filter(|one| one.outcome.is_err()) {
        view.person.memory.was_not_sent(&one.name);
    }
    Err(for_nobody(&view.person.memory))
}

/// The bytes that a form may have.
pub(crate) const MOST_FORM: usize = MOST_IN_FORM + 64 * 1024;

fn put(
    work: &Work,
    becomes: &Becomes,
    sent: Sent<impl Read + Send>,
    inline_limit: usize,
) -> Result<Put, PortalError> {
    let mut rng = mrms_home::clock::rng();
    let Sent { content, length, file_name, called, is_whole } = sent;
    let content = match matches!(becomes, Becomes::Record) && !is_whole {
        true => look_at(content, &file_name)?,
        false => Box::new(content) as Box<dyn Read + Send>,
    };
    let file_name = name_on_record(&file_name);
    let session = work.session();
    let acting = match becomes.patient() {
        Some(patient) => Some(work.acting(Some(patient), Some(Powers::ADD))?),
        None => None,
    };
    work.open.fund(&work.actor)?;
    let added = match becomes {
        Becomes::Record | Becomes::RecordFor(_) => {
            let content: Box<dyn Read + Send> = match becomes {
                // What the patient has already, the patient alone can tell.
                Becomes::RecordFor(_) => Box::new(content),
                _ => match look_for(work, content, length)? {
                    Looked::Known(id) => return Ok(Put::Known(id)),
                    Looked::New(content) => content,
                },
            };
            let id = ids::bound_to(&work.actor.principal(), rng.next_u64());
            let id = id.ok_or(PortalError::BrokeOff)?;
            let name = file_name.as_ref().map_or("", FileName::as_str);
            let (description, content) = described(content, length, name).map_err(refused)?;
            let label = match called.trim() {
                "" => description.line().and_then(|line| line.parse().ok()),
                called => {
                    Some(called.parse().map_err(|_| PortalError::Form { key: no_name(called) })?)
                }
            };
            let source = Source { content, length, file_name, media_type: None, label };
            let placement = Placement { inline_limit, retention: Retention::Permanent };
            match &acting {
                Some(acting) => {
                    let patient = &acting.patient;
                    session.create_for(&work.actor, patient, id, source, placement, &mut rng)
                }
                None => session.create(&work.actor, id, source, placement, &mut rng),
            }
        }
        Becomes::Version(id) | Becomes::Report(id) | Becomes::VersionFor(_, id) => {
            let id = *id;
            if let Some(acting) = &acting {
                work.record_of(acting, id)?;
                session
                    .know_patient(&work.actor, id, &acting.patient, &mut rng)
                    .map_err(refused)?;
            }
            if session.erased_records().map_err(refused)?.contains(&id) {
                return Err(PortalError::Form { key: "record-erased-explained" });
            }
            // A correction is called as what it corrects.
            let label = session.latest_label(&work.actor, id, file_name.as_ref(), &mut rng);
            let source = Source { content, length, file_name, media_type: None, label };
            session.amend(&work.actor, id, source, inline_limit, &mut rng)
        }
    };
    let added = added.map_err(refused)?.done().ok_or(PortalError::BrokeOff)?;
    work.open.tell_missing_copies();
    let left_out = added.left_out.into_iter().filter(|one| one.why != WhyLeftOut::Ended);
    Ok(Put::Added { id: added.record, left_out: left_out.map(|one| one.user).collect() })
}

/// Looks at how a file begins, and gives it back whole. Fails for an archive, which would be one record that nobody can read.
fn look_at<'r>(
    mut content: impl Read + Send + 'r,
    name: &str,
) -> Result<Box<dyn Read + Send + 'r>, PortalError> {
    let mut head = Zeroizing::new(Vec::new());
    content.by_ref().take(HEAD).read_to_end(&mut head).map_err(refused)?;
    if is_archive(&head, name) {
        // A browser hears the answer once all of it has left.
        std::io::copy(&mut content, &mut std::io::sink()).map_err(refused)?;
        return Err(PortalError::Form { key: ARCHIVE });
    }
    Ok(Box::new(Cursor::new(Wiped(head)).chain(content)))
}

/// Whether the person has content already.
enum Looked<'r> {
    Known(RecordId),
    New(Box<dyn Read + Send + 'r>),
}

/// Looks for content among the person's own records. Only content of a length that one of them has is read before it is
/// put on record, and none that is too long to be in memory at once.
fn look_for<'r>(
    work: &Work,
    content: impl Read + Send + 'r,
    length: u64,
) -> Result<Looked<'r>, PortalError> {
    if length > MOST_IN_FORM as u64 {
        return Ok(Looked::New(Box::new(content)));
    }
    let (session, mut rng) = (work.session(), mrms_home::clock::rng());
    let overview = work.overview()?;
    let numbered = |own: &OwnRecord| NumberedRecord {
        number: own.number,
        id: own.id,
        record: own.record.clone(),
    };
    let records: Vec<NumberedRecord> = overview.own.iter().map(numbered).collect();
    let erased = session.erased_records().map_err(refused)?;
    let mut contents = session.own_contents(&work.actor, &records, &erased, &mut rng);
    if !contents.has(length) {
        return Ok(Looked::New(Box::new(content)));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    content.take(length + 1).read_to_end(&mut bytes).map_err(refused)?;
    let sum = Sha256::digest(&*bytes).into();
    let known = session.record_with_content(&work.actor, &mut contents, length, sum, &mut rng);
    Ok(match known.map_err(refused)? {
        Some(id) => Looked::Known(id),
        None => Looked::New(Box::new(Cursor::new(Wiped(bytes)))),
    })
}

#[derive(Deserialize)]
pub(crate) struct Upload {
    name: String,
    /// What the person calls it.
    #[serde(default)]
    called: String,
    /// `yes` where an archive goes on record as it is.
    #[serde(default)]
    whole: String,
    /// The record of which it becomes the next version.
    record: Option<RecordId>,
    /// The same for a record of somebody else.
    report: Option<RecordId>,
}

/// `POST /records/upload?name=…`, with `record=…` for its next version: one file as the body, which a script sends. It is encrypted as it comes.
pub(crate) async fn upload(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(upload): Query<Upload>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PortalError> {
    let becomes = match (upload.record, upload.report) {
        (Some(id), _) => Becomes::Version(id),
        (None, Some(id)) => Becomes::Report(id),
        (None, None) => Becomes::Record,
    };
    let Upload { name: file_name, called, whole, .. } = upload;
    let sent = (file_name, called, whole == "yes");
    match uploaded(&portal, &view, becomes, sent, (&headers, body)).await {
        // The script asks, and sends it again to where the person wants it.
        Err(PortalError::Form { key: ARCHIVE }) => {
            Ok((StatusCode::CONFLICT, [(ASKS, "1")], view.words.say(ARCHIVE)).into_response())
        }
        answer => answer,
    }
}

/// Takes a file whose bytes are the body.
pub(super) async fn uploaded(
    portal: &Portal,
    view: &View,
    becomes: Becomes,
    (file_name, called, is_whole): (String, String, bool),
    (headers, body): (&HeaderMap, Body),
) -> Result<Response, PortalError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    view.must_have(text("x-mrms-token").unwrap_or_default())?;
    let length = text(CONTENT_LENGTH.as_str()).and_then(|length| length.parse::<u64>().ok());
    let length = length.ok_or(PortalError::Form { key: "add-nothing" })?;
    let (pieces, inbox) = mpsc::channel(AHEAD);
    let (wanted, name) = (becomes.clone(), file_name.clone());
    let inline_limit = portal.settings.inline_limit;
    let creating = with_home(&portal.homes, view.person.clone(), move |work| {
        let content = Incoming::new(inbox);
        let sent = Sent { content, length, file_name, called, is_whole };
        put(work, &wanted, sent, inline_limit)
    });
    let (created, ()) = tokio::join!(creating, pass_on(body, pieces));
    if matches!(created, Err(PortalError::ActsNoMore { .. })) {
        view.person.memory.was_not_sent(&name);
    }
    let put = created?;
    let status = if matches!(put, Put::Known(_)) { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, becomes.leads_to(&put)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archive_is_not_put_on_record_before_it_was_asked_about_and_all_else_is_whole() {
        let name = b"letters/may.txt";
        let mut archive = b"PK\x03\x04".to_vec();
        archive.extend([0; 22]);
        archive.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
        archive.extend(name);
        archive.extend(vec![7; 10_000]);
        let mut content = Cursor::new(&archive);
        let looked = look_at(&mut content, "letters.zip").map(drop);
        assert!(matches!(looked, Err(PortalError::Form { key: ARCHIVE })));
        assert_eq!(content.position(), archive.len() as u64, "the browser is heard to the end");
        for other in [vec![7; 10_000], b"short".to_vec(), Vec::new()] {
            let mut bytes = Vec::new();
            look_at(&*other, "scan.pdf").unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, other);
        }
    }
}
