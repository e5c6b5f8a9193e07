//! The trail of what concerns a patient as a whole, and no single record: access to all records, delegates, contacts, members of
//! an organisation, successions. Every entry with its transaction and time, and the refusals.
//!
//! As with records' [trails](super::trails), every entry is checked against the contract's head, and what many trails share is
//! asked once. A line of succession has one such trail, under the name of its first principal.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::ContractError;
use mrms_contract::read::{self, PatientCounts};
use mrms_contract::state::{printed_patient, printed_patient_entry};
use mrms_contract::trail::{self, Head};
use mrms_core::{Action, AuditEntry, BlockHeight, BurnHeight, Powers, Principal, Rights, TxId};
use mrms_stacks::clarity::Value;

use crate::audit::trail::{ActionOutcome, ReadTrailError};
use crate::ledger::{IncludedCall, LedgerError};
use crate::session::{AskError, Session};
use crate::times::rfc3339;

/// One line of such a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientLine {
    /// Position in the log; none for what was refused.
    pub index: Option<u64>,
    /// What was done or attempted.
    pub action: Action,
    /// Who did it.
    pub actor: Principal,
    /// Whom it concerned.
    pub subject: Option<Principal>,
    /// The end that was set; of a contact who asked, when the wait is over.
    pub expiry: Option<BurnHeight>,
    /// The burn height at which it happened.
    pub burn_height: BurnHeight,
    /// The time of the block, RFC 3339; none when the ledger no longer tells.
    pub time: Option<String>,
    /// The transaction; none when the ledger no longer tells.
    pub txid: Option<TxId>,
    /// Whether it was done or refused.
    pub outcome: ActionOutcome,
    /// Why it was refused, as a stable word.
    pub reason: Option<String>,
    /// The entry's 32 bytes of detail.
    pub detail: Option<[u8; 32]>,
    /// The head of the log after this entry.
    pub head: Option<Head>,
}

impl PatientLine {
    fn of_entry(entry: &AuditEntry, head: Head) -> Self {
        Self {
            index: Some(entry.index),
            action: entry.action,
            actor: entry.actor.clone(),
            subject: entry.subject.clone(),
            expiry: entry.expiry,
            burn_height: entry.burn_height,
            time: None,
            txid: None,
            outcome: ActionOutcome::Ok,
            reason: None,
            detail: Some(entry.detail),
            head: Some(head),
        }
    }

    /// The line of a refused call, and in whose trail it is told; `None` where the call was about a record.
    fn of_refusal(call: &IncludedCall) -> Option<(Principal, Self)> {
        let payload = call.call.as_ref()?;
        let sender: Principal = call.sender.into();
        let named = |place: usize| match payload.arguments.get(place) {
            Some(Value::Principal(principal)) => Some(principal.clone()),
            _ => None,
        };
        let (own, theirs) = (|| Some((sender.clone(), named(0)?)), || Some((named(0)?, named(1)?)));
        // Who asks, or accepts, is whom it concerns.
        let oneself = || Some((named(0)?, sender.clone()));
        let (action, found) = match payload.function.as_str() {
            "grant-standing-access" => (Action::StandingGrant, theirs()),
            "revoke-standing-access" => (Action::StandingRevoke, theirs()),
            "set-delegate" => (Action::DelegateSet, own()),
            "remove-delegate" => (Action::DelegateRemove, own()),
            "end-delegation" => (Action::DelegateEnd, own()),
            "name-contact" => (Action::ContactName, own()),
            "ask-for-delegation" => (Action::ContactAsk, oneself()),
            "refuse-delegation" => (Action::ContactRefuse, theirs()),
            "accept-delegation" => (Action::ContactAccept, oneself()),
            "set-member" => (Action::MemberSet, own()),
            "remove-member" => (Action::MemberRemove, own()),
            "offer-succession" => (Action::SuccessionOffer, own()),
            "accept-succession" => (Action::SuccessionAccept, Some((named(0)?, named(0)?))),
            _ => return None,
        };
        let (patient, subject) = found?;
        let expiry = match payload.arguments.last() {
            Some(Value::Some(height)) => height.read().uint().ok().map(BurnHeight::from_uint),
            _ => None,
        };
        let line = Self {
            index: None,
            action,
            actor: sender.clone(),
            subject: Some(subject),
            expiry,
            burn_height: call.receipt.burn_height,
            time: Some(rfc3339(call.receipt.time)),
            txid: Some(call.receipt.txid),
            outcome: ActionOutcome::Denied,
            reason: ContractError::in_result(&call.receipt.result)
                .map(|refusal| refusal.slug().to_owned()),
            detail: None,
            head: None,
        };
        Some((patient, line))
    }

    /// What the entry gives: rights to all records, or powers; in words, and under the name of what it is.
    #[must_use]
    pub fn allows(&self) -> Option<(&'static str, String)> {
        let [zeros @ .., bits] = self.detail.as_ref()?;
        if zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        match self.action {
            Action::StandingGrant => {
                Rights::from_bits(*bits).map(|rights| ("rights", rights.to_string()))
            }
            Action::DelegateSet
            | Action::ContactName
            | Action::ContactAsk
            | Action::ContactAccept => {
                Powers::from_bits(*bits).map(|powers| ("powers", powers.to_string()))
            }
            _ => None,
        }
    }
}

/// The trail of a line of succession.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientTrail {
    /// The first principal of the line, under whose name the contract keeps it.
    pub root: Principal,
    /// Who is the patient now.
    pub patient: Principal,
    /// The lines that were asked for, oldest first.
    pub lines: Vec<PatientLine>,
    /// Who took over from whom, oldest first: at which place of the log, and who.
    pub successions: Vec<(u64, Principal)>,
}

impl PatientTrail {
    /// Who was the patient when a line was written; the one of the lines before it, where its place is not known.
    #[must_use]
    pub fn patient_at(&self, index: u64) -> &Principal {
        let before = self.successions.iter().take_while(|(place, _)| *place <= index);
        before.last().map_or(&self.root, |(_, successor)| successor)
    }

    /// Everybody who was ever the patient of the line, the first one first.
    pub fn everybody(&self) -> impl Iterator<Item = &Principal> {
        [&self.root].into_iter().chain(self.successions.iter().map(|(_, successor)| successor))
    }
}

/// A trail that is being put together.
struct Begun {
    trail: PatientTrail,
    /// The lines, each with its block as far as that is known.
    lines: Vec<(Option<BlockHeight>, PatientLine)>,
}

impl Begun {
    fn done(self) -> PatientTrail {
        let Self { mut trail, lines } = self;
        let mut place = BlockHeight::new(0);
        let mut placed = Vec::with_capacity(lines.len());
        for (block, line) in lines {
            // The log's order counts, and refusals come after it.
            let at = match line.index {
                Some(_) => block.map_or(place, |block| block.max(place)),
                None => block.unwrap_or(place),
            };
            if line.index.is_some() {
                place = at;
            }
            placed.push((at, line));
        }
        placed.sort_by_key(|(at, _)| *at);
        trail.lines = placed.into_iter().map(|(_, line)| line).collect();
        trail
    }
}

impl Session<'_> {
    /// The trails of these patients, as somebody may be told of them: of their own everything, and of the others what they did
    /// themselves, and what was done about them. A patient without such a trail is left out.
    ///
    /// # Errors
    ///
    /// [`ReadTrailError`].
    pub fn patient_trails(
        &self,
        me: &Principal,
        patients: &BTreeSet<Principal>,
    ) -> Result<Vec<PatientTrail>, ReadTrailError> {
        let reads: Vec<_> = patients.iter().map(read::patient_counts).collect();
        let mut begun: BTreeMap<Principal, Begun> = BTreeMap::new();
        // Everybody of a line, by the first of it.
        let mut roots: BTreeMap<Principal, Principal> = BTreeMap::new();
        for (patient, counts) in patients.iter().zip(self.ask_all(&reads)?) {
            let root = self.root_of(patient, &counts)?;
            roots.insert(patient.clone(), root.clone());
            if let Entry::Vacant(place) = begun.entry(root.clone()) {
                let one = place.insert(self.begin(me, &root, &counts)?);
                let everybody = one.trail.everybody();
                roots.extend(everybody.map(|one| (one.clone(), root.clone())));
            }
        }
        self.put_times(&mut begun)?;
        let failed = match self.ledger.failed_calls(self.contract, &|_| true) {
            Err(LedgerError::NoHistory { .. }) => Vec::new(),
            failed => failed.map_err(AskError::from)?,
        };
        for call in failed {
            let Some((patient, line)) = PatientLine::of_refusal(&call) else { continue };
            let one = roots.get(&patient).and_then(|root| begun.get_mut(root));
            if let Some(one) = one.filter(|one| is_told(me, &one.trail.patient, &line)) {
                one.lines.push((Some(call.receipt.block_height), line));
            }
        }
        Ok(begun.into_values().map(Begun::done).filter(|one| !one.lines.is_empty()).collect())
    }

    /// The first principal of a patient's line.
    fn root_of(&self, patient: &Principal, counts: &PatientCounts) -> Result<Principal, AskError> {
        match counts.successor {
            // Nobody succeeded anybody; former releases have no lines.
            None => Ok(patient.clone()),
            Some(_) => Ok(self.ask(&read::line(patient))?.root),
        }
    }

    fn begin(
        &self,
        me: &Principal,
        root: &Principal,
        counts: &PatientCounts,
    ) -> Result<Begun, ReadTrailError> {
        let patient = counts.successor.clone().unwrap_or_else(|| root.clone());
        let entries =
            self.ask_list(counts.audit_count, |index| read::patient_audit_entry(root, index))?;
        trail::verify(root, entries.iter().map(|entry| (entry, None)), counts.audit_head)?;
        let accepted = entries.iter().filter(|entry| entry.action == Action::SuccessionAccept);
        let successions = accepted.map(|entry| (entry.index, entry.actor.clone())).collect();
        let (mut head, mut lines) = (Head::EMPTY, Vec::new());
        for entry in &entries {
            head = head.after(root, entry)?;
            let line = PatientLine::of_entry(entry, head);
            if is_told(me, &patient, &line) {
                lines.push((None, line));
            }
        }
        let trail = PatientTrail { root: root.clone(), patient, lines: Vec::new(), successions };
        Ok(Begun { trail, lines })
    }

    /// Finds where the contract printed each entry, as far as the ledger tells.
    fn put_times(&self, begun: &mut BTreeMap<Principal, Begun>) -> Result<(), ReadTrailError> {
        let lines = begun.values().flat_map(|one| &one.lines);
        let heights: BTreeSet<_> = lines.map(|(_, line)| line.burn_height).collect();
        for height in heights {
            let concerns = |value: &Value| {
                printed_patient(value).is_some_and(|patient| begun.contains_key(&patient))
            };
            let printed = match self.ledger.printed_at(self.contract, height, &concerns) {
                Err(LedgerError::NoHistory { .. }) => return Ok(()),
                printed => printed.map_err(AskError::from)?,
            };
            for event in printed {
                let Some(patient) = printed_patient(&event.value) else { continue };
                let Some(one) = begun.get_mut(&patient) else { continue };
                let entry =
                    printed_patient_entry(&event.value, &patient).map_err(AskError::from)?;
                let Some(entry) = entry else { continue };
                let place =
                    one.lines.binary_search_by_key(&Some(entry.index), |(_, line)| line.index);
                let line = place.ok().and_then(|place| one.lines.get_mut(place));
                let Some((block, line)) = line else { continue };
                if !is_of(&entry, line) {
                    let (index, txid) = (entry.index, event.txid);
                    return Err(ReadTrailError::EventDiffers { index, txid });
                }
                *block = Some(event.block_height);
                line.time = Some(rfc3339(event.time));
                line.txid = Some(event.txid);
            }
        }
        Ok(())
    }
}

/// Whether a line of this patient's trail is told to somebody.
fn is_told(me: &Principal, patient: &Principal, line: &PatientLine) -> bool {
    patient == me || line.actor == *me || line.subject.as_ref() == Some(me)
}

/// Whether a line is that of a printed entry.
fn is_of(entry: &AuditEntry, line: &PatientLine) -> bool {
    let AuditEntry { index, action, actor, subject, version: _, expiry, detail, burn_height } =
        entry;
    line.index == Some(*index)
        && line.action == *action
        && line.actor == *actor
        && line.subject == *subject
        && line.expiry == *expiry
        && line.detail == Some(*detail)
        && line.burn_height == *burn_height
}

#[cfg(test)]
mod tests;
