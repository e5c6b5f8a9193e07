//! The auditor's page: checks an evidence bundle or an exported trail on this machine. Needs no profile.

use axum::extract::Multipart;
use axum::response::IntoResponse as _;
use axum::response::Response;
use maud::{Markup, html};
use mrms_app::audit::trail::check_exported;
use mrms_home::error::chain;
use mrms_home::evidence::{self, LedgerPart};

use crate::error::PortalError;
use crate::pages::handed;
use crate::pages::layout::{self, token};
use crate::pages::view::Entered;
use crate::work::blocking;

/// What a check found.
enum Found {
    /// A bundle whose proofs hold: the record, and its number of entries.
    Bundle {
        record: String,
        entries: usize,
        /// What names the ledger; none for a network that everybody knows.
        genesis: Option<String>,
    },
    /// An exported trail that holds: the record, its entries, the head.
    Trail { record: String, entries: u64, head: String },
    /// It does not hold, or can't be read.
    Broken { why: String },
}

fn look(text: &str) -> Found {
    if evidence::is_bundle(text) {
        return match evidence::check(text) {
            Ok(bundle) => Found::Bundle {
                record: bundle.record_id.to_string(),
                entries: bundle.trail.lines.len(),
                genesis: match &bundle.ledger {
                    LedgerPart::Embedded(ledger) => Some(ledger.genesis.to_string()),
                    LedgerPart::Network(_) => None,
                },
            },
            Err(error) => Found::Broken { why: chain(&error) },
        };
    }
    match check_exported(text) {
        Ok(checked) => Found::Trail {
            record: checked.record.to_string(),
            entries: checked.entries,
            head: checked.head.to_string(),
        },
        Err(error) => Found::Broken { why: chain(&error) },
    }
}

fn page(entered: &Entered, found: Option<&Found>) -> Markup {
    let words = &entered.words;
    let body = html! {
        h1 { (words.say("check-title")) }
        @match found {
            None => {}
            Some(Found::Bundle { record, entries, genesis }) => section.good role="status" {
                h2 { (words.with("check-bundle", &[("count", (*entries).into())])) }
                p { (words.with("check-record", &[("record", record.into())])) }
                @if let Some(genesis) = genesis {
                    p { (words.say("check-ledger")) }
                    p { code { (genesis) } }
                }
            },
            Some(Found::Trail { record, entries, head }) => section.good role="status" {
                h2 { (words.with("check-trail", &[("count", (*entries).into())])) }
                p { (words.with("check-record", &[("record", record.into())])) }
                p { (words.say("check-head")) " " code { (head) } }
            },
            Some(Found::Broken { why }) => section.wrong role="alert" {
                h2 { (words.say("check-broken")) }
                p { (why) }
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
pub(crate) async fn check(entered: Entered, form: Multipart) -> Result<Response, PortalError> {
    let bytes = handed::file(&entered.visitor, form, "evidence").await?;
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = text.ok_or(PortalError::Form { key: "add-nothing" })?;
    let found = blocking(move || Ok(look(&text))).await?;
    Ok(page(&entered, Some(&found)).into_response())
}
