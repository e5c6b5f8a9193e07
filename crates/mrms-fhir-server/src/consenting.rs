//! Consents that clients send: a new one grants, a changed one narrows, widens or ends.
//!
//! What lets somebody open more than before needs the person's agreement, as [`Grants`] says. Narrowing and ending need
//! none. A key that nobody compared is never encrypted to.

use mrms_app::sharing::grant::{GrantTerms, ShareError, Sharing};
use mrms_app::sharing::not_shown::{Unasked, What};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::sharing::wanted::Wanted;
use mrms_contract::ContractError;
use mrms_core::{BurnHeight, Grant, Principal, RecordId, Rights, grant};
use mrms_fhir::asked_consent::{AskedConsent, End, read};
use mrms_fhir::time::instant;
use mrms_fhir::write::is_consent_to_all;
use mrms_fhir::{Kind, Refusal, Resource, Why, etag};
use mrms_home::NameError;
use mrms_home::clock::{now, rng};
use serde_json::Value;

use crate::gather::consents::{Granted, logs, one, versions_of};
use crate::gather::not_here;
use crate::gather::parties::patient_id;
use crate::gather::records::{self, Seen};
use crate::reasons::refused;
use crate::server::Grants;
use crate::work::Work;

/// What is to be granted.
struct Terms {
    rights: Rights,
    expiry: Option<BurnHeight>,
}

/// Grants what a new Consent says.
pub(crate) fn create(work: &Work, consent: &Value) -> Result<Resource, Refusal> {
    must_be_own_patient(work, consent)?;
    let AskedConsent::Permit { record, reader, end, rights } = read(consent, now())? else {
        return Err(Why::Unprocessable
            .because("A new Consent is active.")
            .hint("To end a grant, update its Consent."));
    };
    let seen = own_record(work, record)?;
    let reader = account(work, &reader)?;
    let live = live_grant(work, &seen, &reader)?;
    if live.is_some() {
        let known = logs(work, &seen)?.into_iter().find(|log| log.reader == reader);
        let place =
            known.map(|log| mrms_fhir::write::consent_id(record, log.place)).unwrap_or_default();
        return Err(Why::Conflict
            .because("They can open this record already.")
            .hint(format!("Change what they may do with an update of Consent/{place}.")));
    }
    let terms = terms(work, record, &reader, end, rights.as_deref())?;
    permit(work, record, &reader, &terms)?;
    let seen = own_record(work, record)?;
    let log = logs(work, &seen)?.into_iter().find(|log| log.reader == reader);
    let log = log.ok_or_else(|| Why::Failed.because("The grant stands in no log."))?;
    newest(work, &Granted { seen, log })
}

/// Changes a grant as its Consent now says.
pub(crate) fn update(
    work: &Work,
    id: &str,
    if_match: Option<&str>,
    consent: &Value,
) -> Result<Resource, Refusal> {
    if consent.get("id").and_then(Value::as_str).is_some_and(|named| named != id) {
        return Err(Why::Invalid.because("The body is of another Consent than the address."));
    }
    if is_consent_to_all(id) {
        return Err(Why::Unprocessable
            .because("Access to all records is not changed here.")
            .hint("The person changes it: in the pages, or with mrms grant --all-records and mrms revoke --all-records."));
    }
    let Granted { seen, log } = one(work, id)?;
    must_be_own_patient(work, consent)?;
    let seen = own_record(work, seen.id)?;
    etag::must_match(if_match, log.acts.len() as u64)?;
    match read(consent, now())? {
        AskedConsent::End => end(work, &seen, &log.reader)?,
        AskedConsent::Permit { record, reader, end, rights } => {
            if record != seen.id || account(work, &reader)? != log.reader {
                return Err(Why::Unprocessable
                    .because("An update keeps the record and the account.")
                    .hint("For another one, send a new Consent."));
            }
            let terms = terms(work, record, &log.reader, end, rights.as_deref())?;
            match live_grant(work, &seen, &log.reader)? {
                Some(live) if is_narrower(&terms, &live) => {
                    grant_now(work, record, &log.reader, &terms)?
                }
                _ => permit(work, record, &log.reader, &terms)?,
            }
        }
    }
    newest(work, &one(work, id)?)
}

/// Ends a grant: one that the ledger shows, and one that the person gave and the ledger does not show, or does not answer about.
fn end(work: &Work, seen: &Seen, reader: &Principal) -> Result<(), Refusal> {
    let session = work.session();
    let is_shown = live_grant(work, seen, reader).is_ok_and(|live| live.is_some());
    let what = What::Record(seen.id);
    if !is_shown && !session.given_unasked(&work.actor, reader).map_err(refused)?.contains(&what) {
        return Ok(());
    }
    work.open.fund(&work.actor).map_err(refused)?;
    match session.revoke(&work.actor, seen.id, reader) {
        Err(error) if !is_shown && error.refusal() == Some(ContractError::NoSuchGrant) => {}
        Err(ShareError::Ask(_)) => {
            let ended = session.end_unasked(&work.actor, reader, vec![what]).map_err(refused)?;
            let ended = ended.done().ok_or_else(nothing_sent)?;
            if let Some(refusal) = ended.iter().find_map(Unasked::failure) {
                return Err(refused(ShareError::Refused(refusal)));
            }
        }
        ended => {
            ended.map_err(refused)?.done().ok_or_else(nothing_sent)?;
        }
    }
    work.open.watch_own_vault();
    Ok(())
}

fn newest(work: &Work, granted: &Granted) -> Result<Resource, Refusal> {
    let found = versions_of(work, granted)?.into_iter().next();
    found.ok_or_else(|| Why::Failed.because("The grant stands in no log."))
}

fn nothing_sent() -> Refusal {
    Why::Failed.because("Nothing was sent.")
}

fn must_be_own_patient(work: &Work, consent: &Value) -> Result<(), Refusal> {
    let patient = consent.get("patient");
    let reference = patient.and_then(|patient| patient.get("reference")).and_then(Value::as_str);
    let identifier =
        patient.and_then(|patient| patient.get("identifier")?.get("value")).and_then(Value::as_str);
    let me = work.me();
    let address = format!("Patient/{}", patient_id(&me));
    let is_me = match (reference, identifier) {
        (Some(reference), _) => {
            let base = &work.server.settings.base;
            reference
                .strip_prefix(base.as_str())
                .map_or(reference, |rest| rest.trim_start_matches('/'))
                == address
        }
        (None, Some(identifier)) => {
            identifier == work.namespace().uri(&me) || identifier == me.to_string()
        }
        (None, None) => patient.is_none(),
    };
    match is_me {
        true => Ok(()),
        false => Err(Why::Unprocessable
            .because(format!("Consent.patient is the patient of this profile, {address}."))
            .hint("Only patients grant, for records of their own.")),
    }
}

fn own_record(work: &Work, id: RecordId) -> Result<Seen, Refusal> {
    let seen = records::one(work, id)?;
    if seen.record.patient != work.me() {
        return Err(Why::Forbidden
            .because("Only the record's patient may grant it.")
            .hint("Ask the patient, with mrms request."));
    }
    seen.must_be_open(work)?;
    Ok(seen)
}

/// Whom a Consent means.
fn account(work: &Work, text: &str) -> Result<Principal, Refusal> {
    let chain = format!("stacks:{}:", work.namespace().chain_id.number());
    let plain = match (text.strip_prefix(&chain), text.rsplit_once('/')) {
        (Some(account), _) => account,
        (None, Some((_, id))) => id,
        (None, None) => text,
    };
    work.names.resolve(plain).map_err(|error| {
        let hint = match error {
            NameError::Unclear { accepted, .. } => format!("Say which one you mean, for example {accepted}."),
            _ => "Give their account in actor.reference.identifier.value, or add their card with mrms people add.".to_owned(),
        };
        Why::Unprocessable.because(format!("Nobody here is known as {plain:?}.")).hint(hint)
    })
}

/// The record's own grant for somebody, while it is in force.
fn live_grant(work: &Work, seen: &Seen, reader: &Principal) -> Result<Option<Grant>, Refusal> {
    let given = work.session().grants(seen.id, &seen.record.patient, reader);
    let (own, _) = given.map_err(refused)?;
    Ok(own.filter(|own| own.rights.is_some() && grant::is_live(own.expiry, work.clock.height)))
}

fn terms(
    work: &Work,
    record: RecordId,
    reader: &Principal,
    end: End,
    rights: Option<&str>,
) -> Result<Terms, Refusal> {
    let rights = match rights {
        Some(words) => parse_rights(words)?,
        // What is not said stays as it is.
        None => {
            let live = work.session().live_grant(&work.actor, record, reader).map_err(refused)?;
            Wanted::default().rights(live).map_err(refused)?
        }
    };
    let expiry = match end {
        End::Open => None,
        End::At(end) => Some(work.clock.expiry_at(end).ok_or_else(|| {
            Why::Unprocessable
                .because(format!("{} is past, or less than ten minutes away.", instant(end)))
                .hint("A grant ends in steps of about ten minutes.")
        })?),
    };
    Ok(Terms { rights, expiry })
}

fn parse_rights(words: &str) -> Result<Rights, Refusal> {
    let mut bits = 0;
    for word in words.split('+') {
        bits |= match word {
            "read" => Rights::READ,
            "amend" => Rights::AMEND,
            "emergency" => Rights::EMERGENCY,
            "history" => Rights::HISTORY,
            _ => {
                return Err(Why::Unprocessable
                    .because(format!("{word:?} is no right: read, amend, emergency or history.")));
            }
        }
        .bits();
    }
    Rights::from_bits(bits).ok_or_else(|| {
        Why::Unprocessable.because(format!("{words:?} are no rights that go together."))
    })
}

/// Whether a grant allows no more than another one does, and for no longer.
fn is_narrower(terms: &Terms, live: &Grant) -> bool {
    let ends_by = match (terms.expiry, live.expiry) {
        (_, None) => true,
        (Some(end), Some(before)) => end <= before,
        (None, Some(_)) => false,
    };
    let before = live.rights.map_or(0, Rights::bits);
    ends_by && terms.rights.bits() & !before == 0
}

/// Grants what somebody could not open so far, if the person agrees.
fn permit(work: &Work, record: RecordId, reader: &Principal, terms: &Terms) -> Result<(), Refusal> {
    let session = work.session();
    work.open.must_be_reached_by(reader, &work.home).map_err(refused)?;
    let changed = session.changed_recipient(Some(&work.actor), reader).map_err(refused)?;
    if let Some(changed) = changed {
        return Err(Why::Conflict
            .because(format!(
                "Their encryption key is {}, and not {} as it was seen before.",
                changed.after, changed.before
            ))
            .hint(
                "Compare the new one with them, and accept it with mrms key trust; then repeat it.",
            ));
    }
    let new = session.new_recipient(&work.actor, reader).map_err(refused)?;
    let who = work.names.shown(reader);
    match (&work.server.settings.grants, &new) {
        (Grants::Refuse, _) => {
            return Err(Why::Forbidden
                .because("This server grants nothing.")
                .hint("Whoever runs it can start it with --grants ask or --grants allow."));
        }
        (Grants::Allow, Some(new)) => {
            return Err(Why::Conflict
                .because(format!("The encryption key of {who} is new to this profile: {}.", new.fingerprint))
                .hint("Add their card with mrms people add; or compare the key with them and grant them a first record with mrms grant. Then repeat it."));
        }
        (Grants::Allow, None) => {}
        (Grants::Ask(ask), _) => {
            let mut question = format!(
                "A program asks: let {who} open record {record} ({}) {}?",
                terms.rights,
                match terms.expiry {
                    Some(expiry) => format!("until {}", instant(work.clock.time_of(expiry))),
                    None => "until you end it".to_owned(),
                },
            );
            if let Some(new) = &new {
                question.push_str(&format!(
                    " Their key is new to you: compare {} with them.",
                    new.fingerprint
                ));
            }
            // Others can work while the person reads.
            session.ledger.step_aside();
            if !ask(&question) {
                return Err(Why::Forbidden.because("The person did not agree."));
            }
        }
    }
    if let Some(new) = new {
        session.trust_new(new).map_err(refused)?;
    }
    grant_now(work, record, reader, terms)
}

fn grant_now(
    work: &Work,
    record: RecordId,
    reader: &Principal,
    terms: &Terms,
) -> Result<(), Refusal> {
    work.open.fund(&work.actor).map_err(refused)?;
    let Terms { rights, expiry } = *terms;
    let terms =
        GrantTerms { rights, expiry, sharing: Sharing::Sealed, changed_key: ChangedKey::Refuse };
    let granted =
        work.session().grant(&work.actor, record, reader, terms, &mut rng()).map_err(refused)?;
    granted.done().map(drop).ok_or_else(nothing_sent)
}

/// The Consent that fits `If-None-Exist`, if one does.
pub(crate) fn existing(work: &Work, query: &mrms_fhir::Query) -> Result<Option<Resource>, Refusal> {
    let found = mrms_fhir::page::page(query, crate::gather::all(work, query)?);
    match (found.total, found.entries.into_iter().next()) {
        (0, _) => Ok(None),
        (1, Some(one)) => Ok(Some(one)),
        (1, None) => Err(not_here(Kind::Consent, "")),
        _ => Err(Why::OtherVersion.because("If-None-Exist fits more than one Consent.")),
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::Version;

    use super::*;

    #[test]
    fn only_what_allows_no_more_is_narrower() {
        let live = |rights: Rights, expiry: Option<u64>| Grant {
            rights: Some(rights),
            expiry: expiry.map(BurnHeight::new),
            granted_at: BurnHeight::new(1),
            from_version: Version::FIRST,
            entry: None,
        };
        let terms = |rights: Rights, expiry: Option<u64>| Terms {
            rights,
            expiry: expiry.map(BurnHeight::new),
        };
        let amend = Rights::READ.with(Rights::AMEND);
        for (asked, before, expected) in [
            (terms(Rights::READ, Some(10)), live(amend, Some(10)), true),
            (terms(Rights::READ, Some(10)), live(Rights::READ, None), true),
            (terms(Rights::READ, Some(11)), live(Rights::READ, Some(10)), false),
            (terms(Rights::READ, None), live(Rights::READ, Some(10)), false),
            (terms(amend, Some(5)), live(Rights::READ, Some(10)), false),
        ] {
            assert_eq!(is_narrower(&asked, &before), expected);
        }
    }

    #[test]
    fn rights_are_read_as_they_are_written() {
        let all = Rights::READ.with(Rights::AMEND).with(Rights::HISTORY);
        assert_eq!(parse_rights(&all.to_string()), Ok(all));
        for wrong in ["", "history", "read+write", "read,amend"] {
            assert_eq!(parse_rights(wrong).unwrap_err().why, Why::Unprocessable, "{wrong}");
        }
    }
}
