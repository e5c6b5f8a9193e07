//! `mrms grant --request`: reads what somebody asks for, and tells it in words before anything is granted.
//!
//! Whatever is wrong with a request is said to the person here, and to nobody else: nothing is sent.

use mrms_app::people::asked::{RequestError, narrowed};
use mrms_app::{Actor, Session};
use mrms_core::{BurnClock, BurnHeight, Principal, RecordId};
use mrms_home::Names;
use mrms_home::clock::now;
use mrms_people::Request;
use mrms_people::name::quotable;

use crate::ui::document::read_document;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::RecordNames;
use crate::ui::output::Output;
use crate::ui::{short_times, times};

/// What somebody asks for, after it was checked and told.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Who asks.
    pub(crate) user: Principal,
    /// The record that they mean, if they named one.
    pub(crate) record: Option<RecordId>,
    /// For how long, in seconds.
    pub(crate) seconds: u64,
}

/// Reads a request from a text, a file or a picture of its QR code, checks it, and tells it.
pub(crate) fn read_request(
    given: &str,
    session: &Session<'_>,
    actor: &Actor,
    names: &Names,
    output: Output,
) -> Result<Asked, Failure> {
    let signed =
        session.look_at_request(actor, &read_document(given)?, now()).map_err(not_answered)?;
    let request = signed.document();
    let user = Principal::from(request.card().principal);
    let record = request.record.map(|id| record_words(id, session, actor)).transpose()?;
    output.note(&words(request, &user, record.as_deref(), names));
    Ok(Asked { user, record: request.record, seconds: request.seconds })
}

/// Why a request is not answered, and what to do about it.
fn not_answered(error: RequestError) -> Failure {
    let (exit, code, hint) = match &error {
        RequestError::OtherLedger => (
            Exit::Failed,
            "request-other-ledger",
            "ask them which node they use; mrms doctor shows yours",
        ),
        RequestError::Expired { until } => {
            let message =
                format!("this request could be answered until {}", short_times::day(*until));
            return Failure::new(Exit::Failed, "request-expired", message)
                .hint("ask them for a new one");
        }
        RequestError::Own => {
            return Failure::usage("this request is your own")
                .hint("give it to the person whose records you would like to open");
        }
        RequestError::OtherKey => (
            Exit::Integrity,
            "request-other-key",
            "they may have a new key: ask them for a new request, by another way than this one came",
        ),
        _ => {
            return match error {
                RequestError::Document(error) => error.into(),
                RequestError::Ask(error) => error.into(),
                error => Failure::new(Exit::Failed, "failed", error),
            };
        }
    };
    Failure::new(exit, code, error).hint(hint)
}

/// The record that is asked for, as this person calls it: an id alone could be taken for a number in their list.
fn record_words(id: RecordId, session: &Session<'_>, actor: &Actor) -> Result<String, Failure> {
    let mut own = session.numbered_records_of(&actor.principal())?;
    own.retain(|one| one.id == id);
    if own.is_empty() {
        return Ok(format!("a record that is none of yours (id:{id})"));
    }
    Ok(RecordNames::of(session, Some(actor), &own)?.words(id))
}

/// What is asked for, in words.
fn words(request: &Request, user: &Principal, record: Option<&str>, names: &Names) -> String {
    let card = request.card();
    let mut who = names.shown(user);
    if names.name_of(user).is_none() {
        who =
            format!("{who}\n  calls themselves “{}”, {}", quotable(card.name.as_str()), card.kind);
        let more = [
            card.organisation.as_ref().map(ToString::to_string),
            card.address.as_ref().map(ToString::to_string),
        ];
        for more in more.into_iter().flatten() {
            who.push_str(&format!("\n  {more}"));
        }
    }
    let record = record.map_or_else(String::new, |record| format!("\n  {record}"));
    format!(
        "{who}\nasks to open\n  “{}”{record}\n  for {}, for {} ({})",
        quotable(request.what.as_str()),
        times::duration_words(request.seconds),
        request.purpose.words(),
        request.purpose
    )
}

impl Asked {
    /// When a grant of what was asked for ends: as the person says, and no later than was asked for.
    pub(crate) fn expiry(
        &self,
        said: Option<Option<BurnHeight>>,
        clock: BurnClock,
    ) -> Result<Option<BurnHeight>, Failure> {
        narrowed(self.seconds, said, clock).map_err(|_| {
            Failure::usage(format!(
                "they ask for {}, and no longer",
                times::duration_words(self.seconds)
            ))
            .hint("a request can be shortened; for longer, grant without --request")
        })
    }

    /// The record that they mean, where the person names none.
    pub(crate) fn record(&self) -> Result<RecordId, Failure> {
        self.record.ok_or_else(|| {
            Failure::usage("the request names no record: say which of yours they may open")
                .hint("mrms list shows your records; name them before --request")
        })
    }
}
