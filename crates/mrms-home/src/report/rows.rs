//! The lines of a report. Every text that came from somebody else has its acting characters written out.

use mrms_app::audit::disclosures::{Accounting, Disclosure, Place};
use mrms_app::audit::trail::{ActionOutcome, TrailLine};
use mrms_core::{Principal, Purpose, visible};
use serde::Serialize;

use super::Called;

/// Somebody, as the report names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Party {
    name: Option<String>,
    organisation: Option<String>,
    address: Option<String>,
}

impl Party {
    fn of(principal: &Principal, called: &Called<'_>) -> Self {
        let text = |text: &str| visible::line(text).into_owned();
        let card = called.names.card_of(principal);
        Self {
            name: called.name(principal).as_deref().map(text),
            organisation: card
                .as_ref()
                .and_then(|card| card.organisation.as_ref())
                .map(|organisation| text(organisation.as_str())),
            address: card
                .as_ref()
                .and_then(|card| card.address.as_ref())
                .map(|address| text(address.as_str())),
        }
    }
}

impl Party {
    /// Somebody who opens for an organisation: the organisation's name and address count.
    fn of_member(
        member: &Principal,
        organisation: Option<&Principal>,
        called: &Called<'_>,
    ) -> Self {
        let party = Self::of(member, called);
        let Some(organisation) = organisation else { return party };
        let of_it = Self::of(organisation, called);
        let on_card = called.names.card_of(organisation);
        let on_card = on_card.map(|card| visible::line(card.name.as_str()).into_owned());
        Self {
            name: party.name,
            organisation: of_it.name.or(on_card).or_else(|| Some(organisation.to_string())),
            address: party.address.or(of_it.address),
        }
    }
}

/// A line of the statutory report: what one recipient got to read of one record for one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DisclosureRow {
    /// The first time, RFC 3339; none when the ledger no longer tells.
    pub first: Option<String>,
    /// The last time.
    pub last: Option<String>,
    /// How often.
    pub times: u64,
    /// The patient's name for the recipient, or the one under which a directory of theirs lists them. Of a link also its
    /// label, and who is said to have used it.
    pub recipient: Option<String>,
    /// The organisation for which they opened it: the patient's name for it, or what its card says. Where they opened it
    /// for themselves, the organisation that their own card names.
    pub organisation: Option<String>,
    /// The recipient's postal address, as their card says, or else that of the organisation.
    pub address: Option<String>,
    /// The recipient's account.
    pub account: String,
    /// The account of the organisation for which they opened it, as its member; none where they did for themselves.
    pub organisation_account: Option<String>,
    /// The record's number in `mrms list`.
    pub record: u64,
    /// What the record is called, and its media type.
    pub description: String,
    /// The versions, in order.
    pub versions: Vec<u64>,
    /// `opened`, `opened-in-emergency` or `key-on-chain`.
    pub means: &'static str,
    /// What for: a code of HL7's PurposeOfUse, as the recipient told.
    pub purpose: Option<&'static str>,
    /// The same in words.
    pub purpose_words: Option<&'static str>,
    /// The reason of an emergency, as the recipient told.
    pub reason: Option<String>,
    /// The record's id.
    pub record_id: String,
    /// Place of the first one in the record's log.
    pub first_entry: u64,
    /// Place of the last one.
    pub last_entry: u64,
    /// Transaction of the first one.
    pub first_txid: Option<String>,
    /// Transaction of the last one.
    pub last_txid: Option<String>,
}

impl DisclosureRow {
    pub(super) fn of(one: &Disclosure, called: &Called<'_>) -> Self {
        let party = Party::of_member(&one.recipient, one.organisation.as_ref(), called);
        let txid = |place: &Place| place.txid.map(|txid| txid.to_string());
        Self {
            first: one.first.time.clone(),
            last: one.last.time.clone(),
            times: one.count,
            recipient: match one.for_patient {
                true => Some(for_patient(party.name)),
                false => called.links.reader(&one.recipient, one.record, party.name),
            },
            organisation: party.organisation,
            address: party.address,
            account: one.recipient.to_string(),
            organisation_account: one.organisation.as_ref().map(ToString::to_string),
            record: called.number(one.record),
            description: called.description(one.record),
            versions: one.versions.iter().copied().filter(|version| *version > 0).collect(),
            means: one.means.as_str(),
            purpose: one.purpose.map(Purpose::code),
            purpose_words: one.purpose.map(Purpose::words),
            reason: one.reason.as_deref().map(|reason| visible::line(reason).into_owned()),
            record_id: one.record.to_string(),
            first_entry: one.first.index,
            last_entry: one.last.index,
            first_txid: txid(&one.first),
            last_txid: txid(&one.last),
        }
    }
}

/// A delegate who acted for the patient, as the report names them.
fn for_patient(name: Option<String>) -> String {
    format!("{}, for the patient", name.as_deref().unwrap_or("a delegate"))
}

/// A line of the full report: an entry of a log, or a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventRow {
    /// When, RFC 3339; none when the ledger no longer tells.
    pub time: Option<String>,
    /// What was done or tried, in the contract's word.
    pub action: String,
    /// `ok` or `denied`.
    pub outcome: &'static str,
    /// Why it was refused, as a stable word.
    pub refused: Option<String>,
    /// Who did it: the patient's name for them. Of a link also its label, and who is said to have used it.
    pub actor: Option<String>,
    /// The organisation for which they opened it: the patient's name for it, or what its card says; else the organisation
    /// that their own card names.
    pub organisation: Option<String>,
    /// Their account.
    pub account: String,
    /// The account of the organisation for which they opened it, or tried to, as its member.
    pub organisation_account: Option<String>,
    /// Whom it concerned: the patient's name for them.
    pub subject: Option<String>,
    /// Their account.
    pub subject_account: Option<String>,
    /// The record's number in `mrms list`.
    pub record: u64,
    /// What the record is called, and its media type.
    pub description: String,
    /// The version.
    pub version: Option<u64>,
    /// What a grant allows.
    pub rights: Option<String>,
    /// The burn height at which a grant ends.
    pub expiry: Option<u64>,
    /// What for, as they told: a code of HL7's PurposeOfUse.
    pub purpose: Option<&'static str>,
    /// The reason of an emergency, as they told.
    pub reason: Option<String>,
    /// The record's id.
    pub record_id: String,
    /// Its place in the record's log; none for what was refused.
    pub entry: Option<u64>,
    /// The transaction.
    pub txid: Option<String>,
    /// The log's head after it.
    pub head: Option<String>,
}

impl EventRow {
    pub(super) fn of(line: &TrailLine, accounting: &Accounting, called: &Called<'_>) -> Self {
        let actor = Party::of_member(&line.actor, line.organisation(), called);
        let subject = line.subject.as_ref().map(|subject| Party::of(subject, called));
        let own = line.actor == accounting.patient;
        Self {
            time: line.time.clone(),
            action: line.action.clone(),
            outcome: match line.outcome {
                ActionOutcome::Ok => "ok",
                ActionOutcome::Denied => "denied",
            },
            refused: line.reason.clone(),
            actor: match own {
                true => Some("the patient".to_owned()),
                false if accounting.is_for_patient(line) => Some(for_patient(actor.name)),
                false => called.links.actor(&line.actor, line.txid, actor.name),
            },
            organisation: actor.organisation,
            account: line.actor.to_string(),
            organisation_account: line.organisation().map(ToString::to_string),
            subject: subject.and_then(|subject| subject.name),
            subject_account: line.subject.as_ref().map(ToString::to_string),
            record: called.number(line.record_id),
            description: called.description(line.record_id),
            version: line.version.filter(|version| *version > 0),
            rights: line.rights().map(|rights| rights.to_string()),
            expiry: line.expiry.and_then(|expiry| u64::try_from(expiry.number()).ok()),
            purpose: accounting.purpose(line).map(Purpose::code),
            reason: accounting.reason(line).map(|reason| visible::line(reason).into_owned()),
            record_id: line.record_id.to_string(),
            entry: line.index,
            txid: line.txid.map(|txid| txid.to_string()),
            head: line.head.clone(),
        }
    }
}
