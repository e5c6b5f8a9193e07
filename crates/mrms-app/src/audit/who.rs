//! Who looked: the openings, emergencies and refused attempts on a patient's records, in the order in which they came.
//!
//! Goes through each record's trail once, so every entry was checked against the contract's head. Knows no names.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::Record;
use mrms_core::{BurnHeight, Principal, Purpose, RecordId, TxId, UnixTime, Version};

use crate::audit::acted_for::OwnOpenings;
use crate::audit::reconcile::{GivenReason, Reconciled};
use crate::audit::trail::{ActionOutcome, ReadTrailError, TrailLine};
use crate::session::Session;

/// Why an opening was refused that the contract allowed, and the vaults did not.
pub const NO_KEY: &str = "no-key";

/// What somebody did, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// They opened the record.
    Opened,
    /// They declared an emergency.
    DeclaredEmergency,
    /// They opened it in an emergency.
    OpenedInEmergency,
    /// They were refused, for this reason, if the ledger tells it.
    Refused {
        /// What they tried, in the contract's word.
        action: String,
        /// Why they were refused, as a stable word.
        reason: Option<String>,
    },
}

/// One time that somebody looked at a record, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The record.
    pub record: RecordId,
    /// Who.
    pub who: Principal,
    /// The organisation for which they did it, as its member.
    pub organisation: Option<Principal>,
    /// What they did.
    pub deed: Deed,
    /// The version that they opened.
    pub version: Option<u64>,
    /// The newest version at that time.
    pub newest_then: Option<Version>,
    /// The time of the block, RFC 3339; none when the ledger no longer tells.
    pub time: Option<String>,
    /// The burn height at which it happened.
    pub burn_height: BurnHeight,
    /// Its place in the record's log; none for what was refused.
    pub index: Option<u64>,
    /// The transaction; none when the ledger no longer tells.
    pub txid: Option<TxId>,
    /// The reason of an emergency, as they told the patient; known once the vaults' logs were read.
    pub reason: Option<String>,
    /// What they opened it for, as they told the patient; known once the vaults' logs were read.
    pub purpose: Option<Purpose>,
    /// What they were to the record before.
    pub part: FormerPart,
    /// Whether they opened it for the patient, as a delegate of that time who might see.
    pub for_patient: bool,
    /// Whom they gave the record right after, as a delegate: whoever shares opens what they share, to leave its keys.
    pub given_to: Option<Principal>,
}

/// What somebody was to a record before they looked, grants apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormerPart {
    /// Nothing.
    #[default]
    None,
    /// They wrote a version of it, as who sends a record does.
    Author,
    /// It was theirs until the patient accepted it.
    Patient,
}

/// Which looks are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those from this time on; all when not given.
    pub since: Option<UnixTime>,
    /// Whether the patient's own are wanted, too.
    pub own: bool,
}

impl Look {
    /// What a line of a trail tells; `None` where nobody looked.
    pub(crate) fn of(line: &TrailLine) -> Option<Self> {
        let deed = match (line.outcome, line.action.as_str()) {
            (ActionOutcome::Denied, action) => {
                Deed::Refused { action: action.to_owned(), reason: line.reason.clone() }
            }
            (_, "access") => Deed::Opened,
            (_, "emergency") => Deed::DeclaredEmergency,
            (_, "emergency-read") => Deed::OpenedInEmergency,
            _ => return None,
        };
        Some(Self {
            record: line.record_id,
            who: line.actor.clone(),
            organisation: line.organisation().cloned(),
            deed,
            version: line.version.filter(|version| *version > 0),
            newest_then: None,
            time: line.time.clone(),
            burn_height: line.burn_height,
            index: line.index,
            txid: line.txid,
            reason: None,
            purpose: None,
            part: FormerPart::None,
            for_patient: false,
            given_to: None,
        })
    }

    /// Puts the reasons that the vaults gave beside the emergencies that they were given for, and purposes beside openings.
    pub fn tell_reasons(looks: &mut [Self], record: RecordId, reconciled: &Reconciled) {
        let mut reasons = BTreeMap::new();
        for declared in &reconciled.emergencies {
            if let GivenReason::Words(words) = &declared.reason {
                reasons.insert(declared.entry.index, words.clone());
            }
        }
        for look in looks.iter_mut().filter(|look| look.record == record) {
            if let (Deed::Opened | Deed::OpenedInEmergency, Some(index)) = (&look.deed, look.index)
            {
                look.purpose = reconciled.purposes.get(&index).copied();
            }
            if let (Deed::DeclaredEmergency, Some(index)) = (&look.deed, look.index) {
                look.reason = reasons.get(&index).cloned();
            }
        }
        Self::tell_without_key(looks, record, &reconciled.without_key());
    }

    /// Of a record's openings, these opened nothing: the vaults gave no key for them.
    pub fn tell_without_key(looks: &mut [Self], record: RecordId, without: &BTreeSet<u64>) {
        for look in looks.iter_mut().filter(|look| look.record == record) {
            let is_opening = matches!(look.deed, Deed::Opened | Deed::OpenedInEmergency);
            if is_opening && look.index.is_some_and(|index| without.contains(&index)) {
                let (action, reason) = ("access".to_owned(), Some(NO_KEY.to_owned()));
                look.deed = Deed::Refused { action, reason };
            }
        }
    }
}

/// Which openings of a trail were made to share the record, by their places in its log, and with whom.
///
/// Who shares for a patient opens each version that the grant gives, in order, and then grants. So those right before a grant of
/// theirs belong to it, as far as they go on from one version to the next within a burn block or so.
fn for_sharing(lines: &[TrailLine]) -> BTreeMap<u64, Principal> {
    let mut found = BTreeMap::new();
    let done: Vec<_> = lines.iter().filter(|line| line.index.is_some()).collect();
    for (place, grant) in done.iter().enumerate() {
        let Some(user) = grant.subject.as_ref().filter(|_| grant.action == "grant") else {
            continue;
        };
        let mut before = u64::MAX;
        for line in done[..place].iter().rev() {
            let version = line.version.unwrap_or_default();
            let is_part = line.action == "access"
                && line.actor == grant.actor
                && version < before
                && line.burn_height.plus(1) >= grant.burn_height;
            let (true, Some(index)) = (is_part, line.index) else { break };
            found.insert(index, user.clone());
            before = version;
        }
    }
    found
}

/// What accounts were to a record by the record's own log; whoever was nothing is not in it.
fn parts_by(lines: &[TrailLine]) -> BTreeMap<&Principal, FormerPart> {
    let mut parts = BTreeMap::new();
    for line in lines.iter().filter(|line| line.index.is_some()) {
        match line.action.as_str() {
            "create" | "create-for" | "amend" => {
                parts.insert(&line.actor, FormerPart::Author);
            }
            "transfer-offer" => {
                parts.entry(&line.actor).or_insert(FormerPart::Patient);
            }
            _ => {}
        }
    }
    parts
}

impl Session<'_> {
    /// Who looked at these records of a patient, oldest first.
    ///
    /// # Errors
    ///
    /// [`ReadTrailError`], also when a trail does not hold.
    pub fn looks(
        &self,
        patient: &Principal,
        records: Vec<(RecordId, Record)>,
        wanted: Wanted,
    ) -> Result<Vec<Look>, ReadTrailError> {
        let clock = self.ledger.tip().map_err(crate::session::AskError::from)?.clock();
        let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
        let delegations = self.delegations_of(patient).map_err(ReadTrailError::from)?;
        let mut trails = self.trails(records);
        let mut looks = Vec::new();
        for id in ids {
            let trail = trails.read(id)?;
            let mut newest = None;
            let own = OwnOpenings::of(&trail.lines);
            let parts = parts_by(&trail.lines);
            let shared = for_sharing(&trail.lines);
            for line in &trail.lines {
                let is_written = line.index.is_some()
                    && matches!(line.action.as_str(), "create" | "create-for" | "amend");
                if is_written {
                    newest = line.version.and_then(Version::new);
                }
                let look = Look::of(line).map(|look| {
                    let for_patient =
                        look.deed == Deed::Opened && delegations.acted(line, patient, &own);
                    let given_to = line.index.and_then(|index| shared.get(&index).cloned());
                    Look {
                        newest_then: newest,
                        part: parts.get(&look.who).copied().unwrap_or_default(),
                        for_patient,
                        given_to: given_to.filter(|_| for_patient),
                        ..look
                    }
                });
                looks.extend(look);
            }
        }
        // Who was the patient before a succession looked at their own records.
        let former = match wanted.own {
            true => Vec::new(),
            false => self.predecessors(patient).map_err(ReadTrailError::from)?,
        };
        let was_patient = |look: &Look| {
            former.iter().any(|(who, until)| *who == look.who && look.burn_height <= *until)
        };
        looks.retain(|look| {
            (wanted.own || (look.who != *patient && !was_patient(look)))
                && wanted.since.is_none_or(|since| clock.time_of(look.burn_height) >= since)
        });
        looks.sort_by_key(|look| (look.burn_height, look.time.clone()));
        Ok(looks)
    }
}
