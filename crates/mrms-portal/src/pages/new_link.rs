//! Makes a link to records: shows what it gives, and asks who opens it, for how long, and where it is kept.
//!
//! What was shown is what is given: the form names the version of each record, and a record that changed meanwhile is shown
//! again first.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use mrms_app::links::host::LinkHost;
use mrms_app::links::make::{LinkTerms, Preview, VersionTitle, draw_passcode};
use mrms_app::profile::links::{LinkKind, LinkPatient};
use mrms_core::{BurnClock, Principal, RecordId, visible};
use mrms_home::clock::rng;
use mrms_home::link_host::{HostAnswers, LinkHostElsewhere};
use mrms_viewers::Kind;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::pages::layout::{self, token};
use crate::pages::link_host::{self, here};
use crate::pages::link_records;
use crate::pages::links::LONGEST;
use crate::pages::share::{expiry_of, terms};
use crate::pages::ticks::Chosen;
use crate::pages::typed::{Typed, no_name};
use crate::pages::view::View;
use crate::portal::{LinkHosts, Portal};
use crate::times;
use crate::words::Words;
use crate::work::{Work, with_home};

/// The longest label, in characters.
const MOST_LABEL: usize = 80;
/// The longest name of a patient, in characters.
const MOST_NAME: usize = 200;

/// Whom a link is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum How {
    /// Whoever has it and the passcode.
    #[default]
    Passcode,
    /// Whoever has it.
    Open,
    /// The scanner of a clinic: the kind KTC, which has no passcode and says who the patient is.
    Clinic,
}

impl How {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Passcode, "new-link-passcode"),
        (Self::Open, "new-link-open"),
        (Self::Clinic, "new-link-clinic"),
    ];

    fn of(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, one)| *one == key).map(|(how, _)| how)
    }
}

/// What the person wants.
#[derive(Clone, Debug, Default)]
struct Wanted {
    /// The records, each as it was shown: `ID@VERSION`.
    shown: Vec<String>,
    records: Vec<RecordId>,
    how: How,
    name: String,
    born: String,
    term: String,
    uses: String,
    label: String,
    /// Whether it is kept by this home's host, where the settings name another one.
    is_here: bool,
}

/// The records of a form as they were shown, each once.
fn given(pairs: &[(String, String)]) -> Vec<String> {
    let mut shown = Vec::new();
    for (_, value) in pairs.iter().filter(|(key, _)| key == "gives") {
        if !shown.contains(value) {
            shown.push(value.clone());
        }
    }
    shown
}

impl Wanted {
    fn of(view: &View, pairs: &[(String, String)]) -> Result<Self, PortalError> {
        let one = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        view.must_have(&one("token"))?;
        let shown = given(pairs);
        let records = shown.iter().map(|one| one.split('@').next().unwrap_or_default().parse());
        let records: Result<Vec<RecordId>, _> = records.collect();
        Ok(Self {
            records: records.map_err(|_| PortalError::NoPage)?,
            shown,
            how: How::of(&one("how")).ok_or(PortalError::Form { key: "error-form" })?,
            name: one("name"),
            born: one("born"),
            term: one("term"),
            uses: one("uses"),
            label: one("label"),
            is_here: one("host") == "here",
        })
    }
}

/// A record as the form names it.
fn shown_of(preview: &Preview) -> Vec<String> {
    let documents = preview.documents.iter();
    documents.map(|one| format!("{}@{}", one.record, one.version.number())).collect()
}

struct Facts {
    preview: Preview,
    clock: BurnClock,
    /// The address of this home's host, if it ever answered.
    here: Option<String>,
    /// Whether nobody answers there now.
    is_silent: bool,
    /// Whether nobody pays for the entries of links that are answered for here.
    is_unpaid: bool,
    /// What the person is called by their card, or else by those with whom they share.
    name: String,
    /// What those are called who gave versions titles of their own.
    authors: BTreeMap<Principal, String>,
}

fn facts(work: &Work, hosts: &LinkHosts, records: &[RecordId]) -> Result<Facts, PortalError> {
    let session = work.session();
    let prepared = session.prepare_link(&work.actor, records, &mut rng()).map_err(refused)?;
    let root = work.actor.keyring.record_root().map_err(refused)?;
    let card = session.profile.own_card(&root).map_err(refused)?;
    let name = card.map(|card| card.document().name.to_string());
    let served = work.home.hosted_links().url();
    let answers = served.map(|url| work.home.link_host_answers(&url));
    let preview = prepared.preview(LinkKind::Shl, false);
    let called = preview.documents.iter().filter_map(|one| one.version_title.as_ref());
    let authors = called.map(|one| (one.author.clone(), work.names.shown(&one.author)));
    Ok(Facts {
        authors: authors.collect(),
        preview,
        clock: session.ledger.tip().map_err(refused)?.clock(),
        here: here(work, hosts),
        is_silent: matches!(answers, Some(HostAnswers::No(_))),
        is_unpaid: answers.is_some() && !work.home.is_paid_for_links(),
        name: name.or_else(|| work.memory.own_name()).unwrap_or_default(),
    })
}

fn size(words: &Words, bytes: u64) -> String {
    let (key, count) = match bytes {
        0..1_000 => ("size-bytes", bytes),
        1_000..1_000_000 => ("size-kilobytes", bytes.div_ceil(1_000)),
        _ => ("size-megabytes", bytes.div_ceil(1_000_000)),
    };
    words.with(key, &[("count", count.into())])
}

/// What somebody else calls the version that is given.
fn version_title(words: &Words, facts: &Facts, called: &VersionTitle) -> String {
    let who = facts.authors.get(&called.author).cloned();
    let who = who.unwrap_or_else(|| called.author.to_string());
    let name = visible::line(&called.title);
    words.with("new-link-version-title", &[("who", (&who).into()), ("name", (&*name).into())])
}

/// Exactly what whoever opens the link gets.
fn preview(words: &Words, facts: &Facts) -> Markup {
    html! {
        section aria-labelledby="gives" {
            h2 id="gives" { (words.say("share-what")) }
            ul.gives {
                @for one in &facts.preview.documents {
                    li {
                        a href=(format!("/records/{}?version={}", one.record, one.version)) { bdi { (visible::line(&one.title)) } }
                        ", " (words.with("record-version", &[("number", one.version.number().into())]))
                        @if let Some(called) = &one.version_title {
                            br;
                            (version_title(words, facts, called))
                        }
                        br;
                        span.meta { (words.say(Kind::of_media_type(&one.media_type).key())) " · " (size(words, one.length)) }
                    }
                }
            }
        }
    }
}

/// Who opens it; for a clinic's scanner also who the patient is.
fn whom(words: &Words, wanted: &Wanted, name: &str) -> Markup {
    let name = if wanted.name.is_empty() { name } else { &wanted.name };
    html! {
        fieldset.whom {
            legend { (words.say("new-link-whom")) }
            @for (how, key) in How::ALL {
                div.choice {
                    input type="radio" name="how" id=(key) value=(key) checked[how == wanted.how] required;
                    label for=(key) { (words.say(key)) }
                }
            }
            div.clinic {
                p.hint { (words.say("new-link-clinic-explained")) }
                label for="name" { (words.say("new-link-name")) }
                input id="name" name="name" type="text" maxlength=(MOST_NAME) autocomplete="name" value=(name);
                label for="born" { (words.say("new-link-born")) }
                input id="born" name="born" type="date" autocomplete="bday" value=(wanted.born);
            }
        }
    }
}

/// Where its encrypted files are kept, where the settings name a host elsewhere.
fn place(words: &Words, hosts: &LinkHosts, facts: &Facts, wanted: &Wanted) -> Markup {
    let Some(elsewhere) = &hosts.elsewhere else { return html! {} };
    html! {
        @if facts.here.is_none() {
            p { (words.with("new-link-kept-at", &[("place", (&elsewhere.url).into())])) }
        } @else {
            fieldset {
                legend { (words.say("new-link-kept")) }
                div.choice {
                    input type="radio" name="host" id="host-elsewhere" value="elsewhere" checked[!wanted.is_here];
                    label for="host-elsewhere" { bdi { (elsewhere.url) } }
                }
                div.choice {
                    input type="radio" name="host" id="host-here" value="here" checked[wanted.is_here];
                    label for="host-here" { (words.say("new-link-kept-here")) }
                }
            }
        }
    }
}

fn page(
    view: &View,
    hosts: &LinkHosts,
    facts: &Facts,
    wanted: &Wanted,
    wrong: Option<&str>,
) -> Markup {
    let words = &view.words;
    let documents = &facts.preview.documents;
    let title = match documents.as_slice() {
        [one] => words.with("new-link-title", &[("name", (&*visible::line(&one.title)).into())]),
        several => words.with("new-link-title-several", &[("count", several.len().into())]),
    };
    let back = match documents.as_slice() {
        [one] => format!("/records/{}", one.record),
        _ => "/links".to_owned(),
    };
    let records: Vec<String> =
        documents.iter().map(|one| format!("record={}", one.record)).collect();
    let only = match documents.as_slice() {
        [one] => Some(one.record),
        _ => None,
    };
    let has_host = facts.here.is_some() || hosts.elsewhere.is_some();
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
        p { (words.say("links-explained")) }
        @if !has_host { (link_host::missing(words, only)) }
        @else {
            @if facts.is_silent && (hosts.elsewhere.is_none() || wanted.is_here) {
                p.wrong { (words.say("link-host-silent")) }
            }
            @if facts.is_unpaid && (hosts.elsewhere.is_none() || wanted.is_here) {
                p.wrong { (words.say("link-unpaid")) }
            }
            (preview(words, facts))
            p { a href=(format!("/links/new?{}", records.join("&"))) { (words.say("new-link-others")) } }
            form.card method="post" action="/links/new" {
                (token(&view.visitor))
                @for one in shown_of(&facts.preview) { input type="hidden" name="gives" value=(one); }
                (whom(words, wanted, &facts.name))
                (terms(words, facts.clock, Some(LONGEST), Typed::NOTHING))
                (place(words, hosts, facts, wanted))
                label for="uses" { (words.say("new-link-uses")) }
                input id="uses" name="uses" type="number" min="1" max="1000" inputmode="numeric" value=(wanted.uses);
                label for="label" { (words.say("new-link-label")) }
                input id="label" name="label" type="text" maxlength=(MOST_LABEL) autocomplete="off" value=(wanted.label);
                p { (words.say("new-link-explained")) }
                button type="submit" { (words.say("new-link-button")) }
                a.button.second href=(back) { (words.say("cancel")) }
            }
        }
    };
    layout::page(view, "/people", &words.say("new-link-button"), &body)
}

async fn terms_page(
    portal: &Portal,
    view: &View,
    records: Vec<RecordId>,
) -> Result<Response, PortalError> {
    let hosts = portal.settings.link_hosts.clone();
    let facts =
        with_home(&portal.homes, view.person.clone(), move |work| facts(work, &hosts, &records))
            .await?;
    let page = page(view, &portal.settings.link_hosts, &facts, &Wanted::default(), None);
    Ok(page.into_response())
}

/// `GET /records/{id}/link`: to one record.
pub(crate) async fn show_one(
    State(portal): State<Arc<Portal>>,
    view: View,
    Path(id): Path<RecordId>,
) -> Result<Response, PortalError> {
    with_home(&portal.homes, view.person.clone(), move |work| work.own_record(id).map(drop))
        .await?;
    terms_page(&portal, &view, vec![id]).await
}

/// `GET /links/new/terms`: to those that were chosen.
pub(crate) async fn show(
    State(portal): State<Arc<Portal>>,
    view: View,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let chosen = Chosen::of(&pairs);
    let wrong = match chosen.records.len() {
        0 => Some("answer-no-record"),
        1..=mrms_app::links::deposit::MOST_FILES => None,
        _ => Some("new-link-too-many"),
    };
    match wrong {
        Some(key) => link_records::again(&portal, &view, chosen, Some(key)).await,
        None => terms_page(&portal, &view, chosen.records).await,
    }
}

/// What a KTC link says of the patient; `None` for another link. `Err` is the key of a sentence.
fn patient_of(wanted: &Wanted) -> Result<Option<LinkPatient>, &'static str> {
    if wanted.how != How::Clinic {
        return Ok(None);
    }
    let name = wanted.name.clone();
    if name.is_empty() {
        return Err("new-link-no-name");
    }
    if visible::acting(&name).is_some() || name.chars().count() > MOST_NAME {
        return Err(no_name(&name));
    }
    let birth_date = match wanted.born.as_str() {
        "" => None,
        date => Some(times::date(date).ok_or("new-link-wrong-born")?),
    };
    Ok(Some(LinkPatient { name, birth_date }))
}

/// Makes the link; `Err` is the key of a sentence.
fn make_it(
    work: &Work,
    hosts: &LinkHosts,
    wanted: &Wanted,
) -> Result<Result<u32, &'static str>, PortalError> {
    let session = work.session();
    let clock = session.ledger.tip().map_err(refused)?.clock();
    let expiry = match expiry_of(&wanted.term, "", clock) {
        Ok(Some(expiry)) => expiry,
        Ok(None) => return Ok(Err("share-no-term")),
        Err(key) => return Ok(Err(key)),
    };
    let most_uses = match wanted.uses.as_str() {
        "" => None,
        text => match text.parse::<u32>() {
            Ok(uses) if uses > 0 => Some(uses),
            _ => return Ok(Err("new-link-wrong-uses")),
        },
    };
    let label = &wanted.label;
    if visible::acting(label).is_some() || label.chars().count() > MOST_LABEL {
        return Ok(Err("new-link-wrong-label"));
    }
    let patient = match patient_of(wanted) {
        Ok(patient) => patient,
        Err(key) => return Ok(Err(key)),
    };
    let here = here(work, hosts);
    let elsewhere = hosts.elsewhere.clone().filter(|_| !wanted.is_here || here.is_none());
    let host_url = match (&elsewhere, here) {
        (Some(elsewhere), _) => elsewhere.url.clone(),
        (None, Some(here)) => here,
        (None, None) => return Ok(Err("new-link-no-host")),
    };
    let host: Box<dyn LinkHost> = match &elsewhere {
        None => Box::new(work.home.hosted_links()),
        Some(elsewhere) => {
            let plain_http = work.home.settings().remote.plain_http;
            Box::new(LinkHostElsewhere::new(elsewhere.clone(), Zeroizing::default(), plain_http))
        }
    };
    let prepared = session.prepare_link(&work.actor, &wanted.records, &mut rng());
    let prepared = prepared.map_err(refused)?;
    let kind = if wanted.how == How::Clinic { LinkKind::Ktc } else { LinkKind::Shl };
    if shown_of(&prepared.preview(kind, false)) != wanted.shown {
        return Ok(Err("new-link-changed"));
    }
    let terms = LinkTerms {
        kind,
        label: (!label.is_empty()).then(|| label.to_owned()),
        expiry,
        passcode: (wanted.how == How::Passcode).then(|| draw_passcode(&mut rng())),
        most_uses,
        long_term: false,
        single_file: false,
        host_url: &host_url,
        host: elsewhere,
        patient,
        viewer: hosts.viewer.address().map(ToOwned::to_owned),
    };
    work.open.fund(&work.actor)?;
    let made = session.make_link(&work.actor, &prepared, &terms, &*host, &mut rng());
    Ok(Ok(made.map_err(refused)?.number))
}

/// `POST /links/new`.
pub(crate) async fn make(
    State(portal): State<Arc<Portal>>,
    view: View,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, PortalError> {
    let wanted = Wanted::of(&view, &pairs)?;
    let (asked, hosts) = (wanted.clone(), portal.settings.link_hosts.clone());
    let made = with_home(&portal.homes, view.person.clone(), move |work| {
        Ok(match make_it(work, &hosts, &asked)? {
            Ok(number) => Ok(number),
            Err(key) => Err((key, facts(work, &hosts, &asked.records)?)),
        })
    })
    .await?;
    Ok(match made {
        Ok(number) => {
            (StatusCode::SEE_OTHER, [(LOCATION, format!("/links/{number}"))]).into_response()
        }
        Err((key, facts)) => {
            let wrong = view.words.say(key);
            let page = page(&view, &portal.settings.link_hosts, &facts, &wanted, Some(&wrong));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use mrms_app::links::make::PreviewedDocument;

    use super::*;
    use crate::words::Language;

    #[test]
    fn clinics_scanner_gets_a_name_and_a_day_that_there_is_and_nobody_else_gets_them() {
        let wanted = |how, name: &str, born: &str| Wanted {
            how,
            name: name.to_owned(),
            born: born.to_owned(),
            ..Wanted::default()
        };
        assert_eq!(patient_of(&wanted(How::Passcode, "Ana", "1980-02-29")), Ok(None));
        assert_eq!(patient_of(&wanted(How::Open, "Ana", "")), Ok(None));
        let said = patient_of(&wanted(How::Clinic, "Ana Muster", "1980-02-29")).unwrap().unwrap();
        assert_eq!(
            (said.name.as_str(), said.birth_date.as_deref()),
            ("Ana Muster", Some("1980-02-29"))
        );
        for (name, born, key) in [
            ("", "1980-02-29", "new-link-no-name"),
            ("Ana\u{202e}", "", "name-hidden"),
            ("Ana", "1981-02-29", "new-link-wrong-born"),
            ("Ana", "yesterday", "new-link-wrong-born"),
        ] {
            assert_eq!(patient_of(&wanted(How::Clinic, name, born)), Err(key), "{name} {born}");
        }
    }

    #[test]
    fn record_that_a_form_names_twice_is_given_once() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let pairs =
            [pair("gives", "7@2"), pair("how", "x"), pair("gives", "3@1"), pair("gives", "7@2")];
        assert_eq!(given(&pairs), ["7@2", "3@1"]);
    }

    #[test]
    fn record_is_shown_by_its_title_and_what_somebody_else_calls_the_version_is_said_as_theirs() {
        let author: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let document = |version_title| PreviewedDocument {
            record: RecordId::new(7),
            version: mrms_core::Version::FIRST,
            title: "Blood test".to_owned(),
            version_title,
            media_type: "text/plain".to_owned(),
            length: 3,
        };
        let facts = |version_title| Facts {
            preview: Preview { documents: vec![document(version_title)], files: 1 },
            clock: BurnClock {
                height: mrms_core::BurnHeight::new(1),
                began: mrms_core::UnixTime::from_seconds(0),
                now: mrms_core::UnixTime::from_seconds(0),
            },
            here: None,
            is_silent: false,
            is_unpaid: false,
            name: String::new(),
            authors: [(author.clone(), "Dr. X".to_owned())].into(),
        };
        let theirs = VersionTitle { author: author.clone(), title: "Letter\u{202e}".to_owned() };
        for (language, said) in [
            (Language::English, "Dr. X calls this version “Letter\\u{202e}”."),
            (Language::German, "Dr. X nennt diese Fassung „Letter\\u{202e}“."),
            (Language::Spanish, "Dr. X llama a esta versión «Letter\\u{202e}»."),
        ] {
            let words = Words::of(language);
            let shown = preview(&words, &facts(Some(theirs.clone()))).into_string();
            assert!(shown.contains(said), "{shown}");
            assert!(shown.contains(">Blood test</bdi>"), "{shown}");
            assert!(!preview(&words, &facts(None)).into_string().contains("Dr. X"));
        }
    }

    #[test]
    fn whom_it_is_for_is_read_from_a_form_as_it_is_written() {
        for (how, key) in How::ALL {
            assert_eq!(How::of(key), Some(how));
        }
        assert_eq!(How::of("ktc"), None);
    }
}
