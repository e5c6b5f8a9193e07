//! The auditor's page: checks an evidence bundle or an exported trail on this machine, and compares it with the log that is
//! known here. Needs no profile.

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::response::IntoResponse as _;
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::audit::trail::{Trail, check_exported};
use mrms_core::{RecordId, visible};
use mrms_home::Home;
use mrms_home::error::chain;
use mrms_home::evidence::{self, Bundle, LedgerPart, Standing};

use crate::error::PortalError;
use crate::face::PortalFace;
use crate::pages::handed;
use crate::pages::layout::{self, token};
use crate::pages::view::Entered;
use crate::portal::Portal;
use crate::words::Words;
use crate::work::blocking;

/// What a check found.
enum Found {
    /// A bundle that holds, and what it is worth.
    Bundle { bundle: Box<Bundle>, standing: Standing },
    /// A bundle of a ledger that shows other blocks here.
    Forked,
    /// An exported trail that holds: the record, its entries, the head, and whether the log here has the same.
    Trail { record: String, entries: u64, head: String, is_compared: bool },
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
        Err(error) => return Found::Broken { why: chain(&error) },
    };
    // Where the log here has the record, its entries are compared.
    let compared = trail_here(home, checked.record).map(|trail| checked.compare(&trail).map(drop));
    match compared.transpose() {
        Ok(compared) => Found::Trail {
            record: checked.record.to_string(),
            entries: checked.entries,
            head: checked.head.to_string(),
            is_compared: compared.is_some(),
        },
        Err(error) => Found::Broken { why: chain(&error) },
    }
}

/// The record's log as this home's ledger has it; `None` where that can't be read, or does not have it.
fn trail_here(home: &Home, record: RecordId) -> Option<Trail> {
    home.contract_known().ok()??;
    let open = home.open().ok()?;
    open.session().trail(record).ok()
}

fn bundle_found(words: &Words, bundle: &Bundle, standing: &Standing) -> Markup {
    let count = [("count", bundle.trail.lines.len().into())];
    let about = html! {
        p { (words.with("check-record", &[("record", (&bundle.record_id.to_string()).into())])) }
        @if !bundle.flagged.is_empty() { p.wrong { (words.say("check-flagged")) } }
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

fn page(entered: &Entered, found: Option<&Found>) -> Markup {
    let words = &entered.words;
    let body = html! {
        h1 { (words.say("check-title")) }
        @match found {
            None => {}
            Some(Found::Bundle { bundle, standing }) => (bundle_found(words, bundle, standing)),
            Some(Found::Forked) => section.wrong role="alert" {
                h2 { (words.say("check-broken")) }
                p { (words.say("check-forked")) }
            },
            Some(Found::Trail { record, entries, head, is_compared }) => section.good role="status" {
                h2 { (words.with("check-trail", &[("count", (*entries).into())])) }
                p { (words.with("check-record", &[("record", record.into())])) }
                @if *is_compared { p { (words.say("check-own-ledger")) } }
                @else { p { (words.say("check-head")) " " code { (head) } } }
            },
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
        @if entered.visitor.open.is_none() { p { a href="/unlock" { (words.say("unlock-title")) } } }
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
    page(&entered, None)
}

/// `POST /check`.
pub(crate) async fn check(
    State(portal): State<Arc<Portal>>,
    entered: Entered,
    form: Multipart,
) -> Result<Response, PortalError> {
    let bytes = handed::file(&entered.visitor, form, "evidence").await?;
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.ok_or(PortalError::Form { key: "add-nothing" })?;
    let homes = portal.homes.clone();
    let profile = match &entered.visitor.open {
        Some(person) => person.profile.clone(),
        None => homes.settings().profile,
    };
    let found =
        blocking(move || Ok(look(&homes.home(&profile, PortalFace::without_words()), &text)));
    let found = found.await?;
    Ok(page(&entered, Some(&found)).into_response())
}
