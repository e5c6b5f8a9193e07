//! The accounting of disclosures, with names, for whoever has a right to one: as rows, as CSV, as NDJSON, as FHIR and on paper.
//!
//! The *statutory* report has what 45 CFR 164.528(b) asks for: who got to read what, when and what for, repeats together,
//! six years back. The *full* one has every line of the logs, as ISO 27789 wants it. Both have no content of a record.
//! What is not known is empty, and [`Missing`] counts it. docs/disclosures.md maps each field to its source.

mod fhir;
mod links;
mod paper;
mod rows;
mod tables;

use std::collections::BTreeMap;

use mrms_app::audit::disclosures::{Accounting, AccountingError};
use mrms_app::audit::reconcile::Difference;
use mrms_app::profile::ProfileError;
use mrms_app::records::labels::RecordLabel;
use mrms_app::records::list::NumberedRecord;
use mrms_app::times::rfc3339;
use mrms_app::{Actor, Session};
use mrms_core::{ChainId, Principal, RecordId, UnixTime, visible};
use mrms_pdf::PdfError;
use rand_core::CryptoRng;
use serde::Serialize;

pub use links::HostOf;
pub use mrms_pdf::Paper;
pub use rows::{DisclosureRow, EventRow};

use self::links::UsedLinks;
use crate::Names;

/// Seconds that an accounting goes back when nothing else is asked: six years, with their leap days.
pub const SIX_YEARS: u64 = (6 * 365 + 2) * 24 * 60 * 60;

/// How much a report has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extent {
    /// Disclosures, repeats together.
    #[default]
    Statutory,
    /// Every line of the logs.
    Full,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// How much.
    pub extent: Extent,
    /// From when on; all when not given.
    pub since: Option<UnixTime>,
    /// The time that the report bears.
    pub now: UnixTime,
}

/// What the report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct About {
    /// How much it has.
    pub extent: Extent,
    /// The patient's account.
    pub patient: String,
    /// What the patient's own card says; none without one.
    pub patient_name: Option<String>,
    /// Its beginning, RFC 3339; none where it has everything.
    pub from: Option<String>,
    /// When it was made, RFC 3339. It ends there.
    pub made: String,
    /// The records contract.
    pub contract: String,
    /// Hash of the ledger's first block; none where it tells none.
    pub genesis: Option<String>,
}

/// A log that the report rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogRow {
    /// The record's number in `mrms list`.
    pub record: u64,
    /// What it is called, or what kind of document it is.
    pub description: String,
    /// Its id.
    pub record_id: String,
    /// How many entries were checked.
    pub entries: u64,
    /// The contract's head, which commits to all of them.
    pub head: String,
}

/// What the report lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Accounts in it of whom the person has no name.
    pub without_name: usize,
    /// Accounts in it whose postal address is not known.
    pub without_address: usize,
    /// Openings of which nobody told what they were for.
    pub without_purpose: u64,
    /// Keys on chain: what is opened with them leaves no entry.
    pub keys_on_chain: u64,
    /// Vaults that could not be asked, so that purposes and reasons may be missing.
    pub vaults_not_asked: Vec<String>,
    /// Where a vault's log does not fit the chain's, so that somebody must have broken the rules, in words.
    pub differences: Vec<String>,
}

/// The report's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Of the statutory report.
    Disclosures(Vec<DisclosureRow>),
    /// Of the full one.
    Events(Vec<EventRow>),
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisclosureReport {
    /// What it is about.
    pub about: About,
    /// Its lines.
    pub rows: Rows,
    /// What it rests on.
    pub logs: Vec<LogRow>,
    /// What it lacks.
    pub missing: Missing,
    /// Openings by others than the patient, as the logs have them.
    pub openings: u64,
    /// The chain, by which accounts are named in FHIR.
    pub chain_id: ChainId,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The logs could not be read, or do not hold.
    #[error(transparent)]
    Accounting(#[from] AccountingError),
    /// The profile could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The pages could not be made.
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

/// How records and people are called in the rows.
struct Called<'a> {
    names: &'a Names,
    records: BTreeMap<RecordId, (u64, Option<RecordLabel>)>,
    links: UsedLinks,
}

impl Called<'_> {
    /// The patient's own name for somebody; else the one under which a directory of theirs lists them.
    fn name(&self, account: &Principal) -> Option<String> {
        let own = self.names.name_of(account).map(str::to_owned);
        own.or_else(|| self.names.listings().shown(account))
    }

    fn number(&self, id: RecordId) -> u64 {
        self.records.get(&id).map_or(0, |(number, _)| *number)
    }

    /// What a record is called and what kind of document it is.
    fn description(&self, id: RecordId) -> String {
        let label = self.records.get(&id).and_then(|(_, label)| label.as_ref());
        let Some(label) = label else { return "not known (erased, or another's)".to_owned() };
        let text = match label.name() {
            Some(name) => format!("{name} ({})", label.media_type),
            None => label.media_type.clone(),
        };
        visible::line(&text).into_owned()
    }
}

impl DisclosureReport {
    /// Makes the report of these records of a patient. Compares the vaults' logs with the chain's on the way, and asks the
    /// link hosts who is said to have used them.
    ///
    /// # Errors
    ///
    /// [`ReportError`].
    pub fn make(
        session: &Session<'_>,
        actor: &Actor,
        names: &Names,
        records: &[NumberedRecord],
        asked: Asked,
        hosts: HostOf<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, ReportError> {
        let patient = actor.principal();
        let erased = session.erased_records()?;
        let mut labels = session.labels(actor, records, &erased, &mut *rng);
        let called = |one: &NumberedRecord| (one.id, (one.number, labels.remove(&one.id)));
        let logs = records.iter().map(|one| (one.id, one.record.clone())).collect();
        let records: BTreeMap<_, _> = records.iter().map(called).collect();
        let accounting = session.accounting(actor, &patient, logs, asked.since, &mut *rng)?;
        let links = UsedLinks::of(session, actor, &accounting, hosts);
        let called = Called { names, records, links };
        let patient_name = session.own_card(actor, asked.now, rng).ok();
        let about = About {
            extent: asked.extent,
            patient: patient.to_string(),
            patient_name: patient_name
                .map(|own| visible::line(own.card.document().name.as_str()).into_owned()),
            from: asked.since.map(rfc3339),
            made: rfc3339(asked.now),
            contract: session.contract.to_string(),
            genesis: session.ledger.genesis(),
        };
        let chain_id = session.ledger.network().chain_id;
        Ok(Self::of(&accounting, &called, about, chain_id))
    }

    fn of(accounting: &Accounting, called: &Called<'_>, about: About, chain_id: ChainId) -> Self {
        let disclosures = accounting.disclosures();
        let mut missing = Missing::default();
        let mut recipients: Vec<&Principal> =
            disclosures.iter().map(|one| &one.recipient).collect();
        recipients.sort_unstable();
        recipients.dedup();
        let has_address = |account: &Principal| {
            called.names.card_of(account).is_some_and(|card| card.address.is_some())
        };
        for recipient in recipients {
            missing.without_name += usize::from(called.name(recipient).is_none());
            // Whoever always opened for an organisation can be reached at its address.
            let mut theirs = disclosures.iter().filter(|one| one.recipient == *recipient);
            let is_known = has_address(recipient)
                || theirs.all(|one| one.organisation.as_ref().is_some_and(has_address));
            missing.without_address += usize::from(!is_known);
        }
        let mut openings = 0;
        for one in &disclosures {
            if one.means == mrms_app::audit::disclosures::Means::KeyOnChain {
                missing.keys_on_chain += one.count;
                continue;
            }
            openings += one.count;
            missing.without_purpose += if one.purpose.is_none() { one.count } else { 0 };
        }
        for log in &accounting.logs {
            for difference in &log.differences {
                match difference {
                    Difference::NotAsked { vault, .. } => {
                        missing.vaults_not_asked.push(visible::line(vault).into_owned());
                    }
                    other if !other.is_grave() => {}
                    other => {
                        let words = format!("record #{}: {other}", called.number(log.record));
                        missing.differences.push(visible::line(&words).into_owned());
                    }
                }
            }
        }
        missing.vaults_not_asked.sort_unstable();
        missing.vaults_not_asked.dedup();
        let rows = match about.extent {
            Extent::Statutory => Rows::Disclosures(
                disclosures.iter().map(|one| DisclosureRow::of(one, called)).collect(),
            ),
            Extent::Full => Rows::Events(
                accounting
                    .lines
                    .iter()
                    .map(|line| EventRow::of(line, accounting, called))
                    .collect(),
            ),
        };
        let log = |log: &mrms_app::audit::disclosures::CheckedLog| LogRow {
            record: called.number(log.record),
            description: called.description(log.record),
            record_id: log.record.to_string(),
            entries: log.entries,
            head: log.head.to_string(),
        };
        let logs = accounting.logs.iter().map(log).collect();
        Self { about, rows, logs, missing, openings, chain_id }
    }

    /// How many lines it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Disclosures(rows) => rows.len(),
            Rows::Events(rows) => rows.len(),
        }
    }

    /// Whether it has no line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lines as comma-separated values, under a heading.
    #[must_use]
    pub fn to_csv(&self) -> Vec<u8> {
        tables::to_csv(&self.rows)
    }

    /// Everything as one JSON object on each line: first what it is about, then the lines, then what it rests on and lacks.
    #[must_use]
    pub fn to_ndjson(&self) -> Vec<u8> {
        tables::to_ndjson(self)
    }

    /// Everything as a bundle of FHIR R4: a List, and an AuditEvent for each line.
    #[must_use]
    pub fn to_fhir(&self) -> Vec<u8> {
        fhir::to_fhir(self)
    }

    /// Everything on pages of paper.
    ///
    /// # Errors
    ///
    /// [`ReportError::Pdf`].
    pub fn to_pdf(&self, paper: Paper) -> Result<Vec<u8>, ReportError> {
        Ok(mrms_pdf::to_pdf(&paper::document(self, paper))?)
    }
}
