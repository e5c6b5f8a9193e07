//! Notices when the inviter published a newer invitation: at most once a day, beside work that goes to the network
//! anyway. It is told once, and counts only after the person has accepted it.

use mrms_people::{Invitation, SignedDocument};
use mrms_stacks::client::PlainHttp;

use super::error::JoinError;
use super::fetch::{FetchPolicy, fetch};
use super::kept::Kept;
use crate::clock::now;
use crate::folder::HomeFolder;

/// How long it is not looked again, in seconds.
const A_DAY: u64 = 86_400;

/// Looks for a newer invitation, if none was looked for today. Returns the name of the inviter if there is one that says
/// anything new. A home that can't look, or can't write that it looked, looks later.
#[must_use]
pub fn notice(home: &HomeFolder, plain_http: PlainHttp) -> Option<String> {
    let mut kept = Kept::load(home).ok()??;
    let now = now().seconds();
    // A clock that was set back does not end the looking.
    let is_recent = kept.looked <= now && now - kept.looked < A_DAY;
    if is_recent {
        return None;
    }
    kept.looked = now;
    // First, so that an address that does not answer costs its time once a day.
    kept.save(home).ok()?;
    let taken = kept.taken().ok()?;
    let found = fetch(&kept.address().ok()?, plain_http, FetchPolicy::Beside).ok()?;
    let is_told = kept.newer.as_deref() == Some(found.to_text().as_str());
    if is_told || !says_something_new(&found, &taken) {
        return None;
    }
    kept.newer = Some(found.to_text());
    kept.save(home).ok()?;
    Some(found.document().card().name.to_string())
}

/// The newer invitation that the inviter publishes now; `None` if there is none that says anything new.
///
/// # Errors
///
/// [`JoinError::NotJoined`], [`JoinError::OtherInviter`], and those of [`fetch`].
pub fn newest(
    home: &HomeFolder,
    plain_http: PlainHttp,
) -> Result<Option<SignedDocument<Invitation>>, JoinError> {
    let kept = Kept::load(home)?.ok_or(JoinError::NotJoined)?;
    let (taken, url) = (kept.taken()?, kept.address()?);
    let found = fetch(&url, plain_http, FetchPolicy::Asked)?;
    let inviter = taken.document().card().principal;
    let is_of_the_inviter = found.document().card().principal == inviter
        && found.document().is_for_the_ledger_of(taken.document());
    if !is_of_the_inviter {
        return Err(JoinError::OtherInviter { url, inviter });
    }
    Ok(says_something_new(&found, &taken).then_some(found))
}

/// Whether an invitation replaces another one, and names anything else than that.
fn says_something_new(
    found: &SignedDocument<Invitation>,
    taken: &SignedDocument<Invitation>,
) -> bool {
    let (found, taken) = (found.document(), taken.document());
    let sponsor = |one: &Invitation| one.sponsor.as_ref().map(|sponsor| sponsor.url.clone());
    let differs = found.node != taken.node
        || found.vaults != taken.vaults
        || found.threshold != taken.threshold
        || sponsor(found) != sponsor(taken);
    found.replaces(taken) && differs
}
