//! One retrieval: let in, counted, entered on the ledger, logged, and only then answered.

use std::sync::Arc;
use std::time::Instant;

use mrms_app::Session;
use mrms_app::links::entry::{EntryError, link_account};
use mrms_app::links::host::{Answered, HostError};
use mrms_app::links::hosted::{Admitted, Asks, HostedLink, Ticket, Ticketed};
use mrms_app::profile::links::{GivenVersion, LinkId};
use mrms_core::TxId;
use mrms_home::clock::{now, rng};
use mrms_home::{Home, HomeError};
use mrms_links::manifest::{Manifest, ManifestFile, ManifestRequest, ManifestStatus};

use crate::answer::{Answer, Gone, Refused};
use crate::face::HostFace;
use crate::server::Server;

/// Files up to so many bytes are in the manifest itself, unless the viewer wants them shorter.
const EMBEDDED: u64 = 512 * 1024;
/// The version of FHIR of everything that links give.
const FHIR_VERSION: &str = "4.0.1";

impl From<HostError> for Refused {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Unknown => Self::NotHere(Gone::Unknown),
            HostError::Busy => Self::Busy,
            error => {
                tracing::error!(target: "mrms::link", %error, "the host's folder can't be used");
                Self::Failed
            }
        }
    }
}

/// Why a link's entries do not stand.
enum NotEntered {
    /// The contract opens nothing to the link any more.
    Closed,
    /// They can't be made now.
    NotNow,
}

/// What a viewer asks for with a manifest request.
pub(crate) fn manifest(
    server: &Server,
    secret: &str,
    request: &ManifestRequest,
) -> Result<Answer, Refused> {
    let id = LinkId::of(secret);
    let recipient = request.recipient.as_str();
    let passcode = request.passcode.as_deref();
    let link = admitted(server, &id, Asks::Manifest, passcode, recipient)?;
    let most = request.embedded_length_max.unwrap_or(EMBEDDED).min(EMBEDDED);
    let is_embedded = |length: u64| length <= most;
    let all = versions(link.files.iter().flat_map(|file| &file.has));
    let embedded = link.files.iter().filter(|file| is_embedded(file.length));
    let embedded = versions(embedded.flat_map(|file| &file.has));
    // Everything is read before anything is entered: what the host can't give leaves no entry.
    let mut files = Vec::new();
    for (place, file) in link.files.iter().enumerate() {
        let (mut sealed, mut location) = (None, None);
        if is_embedded(file.length) {
            sealed = Some(server.links.jwe(&id, file)?);
        } else {
            let ticket = server.links.ticket(&id, place, recipient, now(), &mut rng())?;
            location = Some(format!("{}/l/{secret}/{ticket}", server.settings.url));
        }
        files.push(ManifestFile {
            content_type: file.content_type.clone(),
            embedded: sealed,
            location,
            last_updated: Some(file.sealed_at.clone()),
            fhir_version: (file.content_type == mrms_links::FHIR_JSON)
                .then(|| FHIR_VERSION.to_owned()),
        });
    }
    let txids = entered(server, &link, &all, &embedded);
    let txids = or_refused(server, &id, recipient, Counted::Use, txids)?;
    let (answered, what) = match txids.is_empty() {
        true => (Answered::Listed, "list"),
        false => (Answered::Given, "manifest"),
    };
    server.links.log(&id, recipient, answered, &txids, now())?;
    let lengths = link.files.iter().map(|file| file.length);
    server.metrics.opened(what, lengths.filter(|length| is_embedded(*length)));
    let status = match link.flags.long_term {
        true => ManifestStatus::CanChange,
        false => ManifestStatus::Finalized,
    };
    Ok(Answer::Manifest(Manifest { status: Some(status), files }))
}

/// The one file of a link that has no manifest.
pub(crate) fn single_file(
    server: &Server,
    secret: &str,
    recipient: &str,
) -> Result<Answer, Refused> {
    let id = LinkId::of(secret);
    let link = admitted(server, &id, Asks::SingleFile, None, recipient)?;
    let file = link.files.first().ok_or(Refused::Failed)?;
    let jwe = server.links.jwe(&id, file)?;
    let all = versions(&file.has);
    let txids = entered(server, &link, &all, &all);
    let txids = or_refused(server, &id, recipient, Counted::Use, txids)?;
    server.links.log(&id, recipient, Answered::Given, &txids, now())?;
    server.metrics.opened("single-file", [file.length]);
    Ok(Answer::File(jwe))
}

/// A file that a manifest named.
pub(crate) fn file(server: &Server, secret: &str, ticket: &str) -> Result<Answer, Refused> {
    let id = LinkId::of(secret);
    let taken = server.links.take_ticket(&id, ticket, now())?;
    let taken = taken.ok_or(Refused::NotHere(Gone::Unknown))?;
    let Ticketed { link, ticket } = taken;
    let file = link.files.get(ticket.file).ok_or(Refused::NotHere(Gone::Unknown))?;
    let jwe = server.links.jwe(&id, file)?;
    let all = versions(&file.has);
    let recipient = ticket.recipient.clone();
    let txids = entered(server, &link, &all, &all);
    let txids = or_refused(server, &id, &recipient, Counted::Ticket(ticket), txids)?;
    server.links.log(&id, &recipient, Answered::Given, &txids, now())?;
    server.metrics.opened("file", [file.length]);
    Ok(Answer::File(jwe))
}

fn admitted(
    server: &Server,
    id: &LinkId,
    asks: Asks,
    passcode: Option<&str>,
    recipient: &str,
) -> Result<HostedLink, Refused> {
    if !server.links.has(id) {
        return Err(Refused::NotHere(Gone::Unknown));
    }
    server.rate_limit.ask(id, now()).map_err(|seconds| Refused::TooMuch { seconds })?;
    match server.links.admit(id, asks, passcode, recipient, now())? {
        Admitted::Use(link) => Ok(*link),
        Admitted::WrongPasscode { remaining } => {
            Err(Refused::WrongPasscode { remaining, was_given: passcode.is_some() })
        }
        Admitted::NotHere => Err(Refused::NotHere(Gone::Ended)),
    }
}

/// What the request took, and gets back if nothing is given.
enum Counted {
    /// A use of the link.
    Use,
    /// A ticket.
    Ticket(Ticket),
}

/// The transactions of the entries; where they do not stand, nothing was used.
fn or_refused(
    server: &Server,
    id: &LinkId,
    recipient: &str,
    counted: Counted,
    entered: Result<Vec<TxId>, NotEntered>,
) -> Result<Vec<TxId>, Refused> {
    let refusal = match entered {
        Ok(txids) => return Ok(txids),
        Err(NotEntered::Closed) => {
            server.links.log(id, recipient, Answered::Refused, &[], now())?;
            Refused::NotHere(Gone::Closed)
        }
        Err(NotEntered::NotNow) => Refused::NoEntry,
    };
    match counted {
        Counted::Use => server.links.give_back(id)?,
        Counted::Ticket(ticket) => server.links.give_ticket_back(id, ticket)?,
    }
    Err(refusal)
}

/// Makes the entries as the link's own account, and counts how long that took.
fn entered(
    server: &Server,
    link: &HostedLink,
    all: &[GivenVersion],
    now_given: &[GivenVersion],
) -> Result<Vec<TxId>, NotEntered> {
    let began = Instant::now();
    let made = made_entries(server, link, all, now_given);
    let outcome = match &made {
        Ok(txids) if txids.is_empty() => "asked",
        Ok(_) => "entered",
        Err(NotEntered::Closed) => "closed",
        Err(NotEntered::NotNow) => "failed",
    };
    server.metrics.entered(outcome, began.elapsed());
    made
}

/// Makes the entries. All that the link has must be open to it, also what is not given now.
fn made_entries(
    server: &Server,
    link: &HostedLink,
    all: &[GivenVersion],
    now_given: &[GivenVersion],
) -> Result<Vec<TxId>, NotEntered> {
    let home = Home::new(server.folder.clone(), server.home.clone(), Arc::new(HostFace));
    let open = home.open().map_err(not_opened)?;
    if open.contract().to_string() != link.contract {
        tracing::warn!(target: "mrms::link", link = link.id.as_str(), "the link is of another contract than this host's");
        return Err(NotEntered::NotNow);
    }
    let network = open.session().ledger.network();
    let account = link_account(&link.words, network).map_err(not_entered)?;
    open.ledger().fund(&account.principal).map_err(not_opened)?;
    let profile = server.links.account(&link.id);
    let session = Session { profile: &profile, ..open.session() };
    session.enter_for_link(&account, all, now_given).map_err(not_entered)
}

fn not_opened(error: HomeError) -> NotEntered {
    tracing::error!(target: "mrms::link", error = %mrms_home::error::chain(&error), "the ledger can't be used");
    NotEntered::NotNow
}

fn not_entered(error: EntryError) -> NotEntered {
    match error {
        EntryError::Closed { .. } => NotEntered::Closed,
        error => {
            tracing::error!(target: "mrms::link", error = %mrms_home::error::chain(&error), "no entry could be made");
            NotEntered::NotNow
        }
    }
}

/// Each version once, in order.
fn versions<'v>(of: impl IntoIterator<Item = &'v GivenVersion>) -> Vec<GivenVersion> {
    let mut versions: Vec<_> = of.into_iter().copied().collect();
    versions.sort_unstable();
    versions.dedup();
    versions
}
