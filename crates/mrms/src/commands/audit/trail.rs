//! `mrms audit`: prints a record's trail: who did what, and which attempts were refused.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use clap::Args;
use mrms_app::audit::acted_for::{Delegations, OwnOpenings};
use mrms_app::audit::trail::{ActionOutcome, ReadTrailError, Refusals, Trail, TrailLine};
use mrms_app::audit::{csv, fhir};
use mrms_contract::read;
use mrms_core::{Action, BurnClock, Principal, Purpose, RecordId};
use mrms_home::Names;
use mrms_home::clock::rng;

use crate::commands::audit::reconcile;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::record_ref::RecordRef;
use crate::ui::results::audit::{self as results, AuditEvent};
use crate::ui::someone::{names_or_accounts, names_quietly, tell_damaged};
use crate::ui::times;

#[derive(Debug, Args)]
#[command(
    after_help = "A line with a number is an entry of the log; a line with - is a refusal. Every \
    entry is checked against the contract's head before anything is printed. If one does not fit, \
    the exit code is 5. Reading a log needs no key and leaves no entry.\n\n\
    Examples:\n  \
    mrms audit 123 --verify\n  \
    mrms audit 123 --json > trail.ndjson"
)]
pub(crate) struct AuditArgs {
    /// The record: its number in mrms list, its label, or its id. Without it: every record of this
    /// profile.
    #[arg(value_name = "RECORD")]
    record: Option<RecordRef>,
    /// Also print how many entries were checked, and the head.
    #[arg(long)]
    verify: bool,
    /// Compare the log with the vaults' logs, in both directions, and print each difference. A grave
    /// one gives exit code 5. Needs the key of the patient or of a reader.
    #[arg(long, conflicts_with_all = ["csv", "fhir"])]
    reconcile: bool,
    /// Print comma-separated values with a heading, for a spreadsheet. What openings were for stands
    /// there as far as mrms audit --reconcile has read it.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print FHIR R4 AuditEvents (IHE audit patterns), one on each line, for other health software. Without a record,
    /// those of your own log, too: who may open everything or act for you, and your staff.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    fhir: bool,
}

pub(crate) fn run(args: &AuditArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = match (&args.record, args.reconcile) {
        (_, true) => Some(settings.home.unlock()?),
        (Some(record), false) => record.keys(settings)?,
        // What an opening was for is sealed to the patient.
        (None, false) if args.csv || args.fhir => settings.home.unlock_quietly()?,
        (None, false) => None,
    };
    let names = match &actor {
        Some(actor) => names_or_accounts(&[], Some(actor), settings, output)?,
        None if args.csv || args.fhir => Names::new(None, None),
        None => names_quietly(settings, output)?,
    };
    let home = settings.home.open()?;
    let session = home.session();
    let acting = Acting::of(settings, &session, actor.as_ref(), None, output)?;
    let me = acting.patient.clone();
    let records = match &args.record {
        Some(record) => {
            let mut records = Vec::new();
            for id in acting.find(std::slice::from_ref(record), session, actor.as_ref())? {
                let record = session.ask(&read::record(id))?;
                records.push((id, record.ok_or(ReadTrailError::NotFound { record: id })?));
            }
            records
        }
        None => session.records_of(&me)?,
    };
    let ids: Vec<_> = records.iter().map(|(id, _)| *id).collect();
    let is_for_people = !(output.is_json() || args.csv || args.fhir || args.reconcile);
    let mut own = match is_for_people {
        true => session.numbered_records_of(&me)?,
        false => Vec::new(),
    };
    own.retain(|one| ids.contains(&one.id));
    let record_names = acting.record_names(&session, actor.as_ref(), &own)?;
    let mut trails = session.trails(records);
    if args.csv {
        output.bytes(&csv::heading())?;
    }
    let comparing = actor.as_ref().filter(|_| args.reconcile);
    if let Some(actor) = comparing {
        tell_damaged(&home, actor, &["vault-logs.json"], output);
    }
    let mut comparing = match comparing {
        Some(actor) => Some((actor, session.reconciling(actor, &ids, &mut rng())?)),
        None => None,
    };
    let mut since = Instant::now();
    for id in ids {
        if let Some((actor, reconciling)) = &mut comparing {
            reconcile::run(&session, reconciling, (actor, id), &names, output, &mut since)?;
            continue;
        }
        // Reading a trail checks it, so a trail that does not hold is never printed.
        let trail = trails.read(id)?;
        tell_what_is_missing(&trail, id, output);
        let purposes = match actor.as_ref().filter(|_| args.csv || args.fhir) {
            Some(actor) => session.known_purposes(actor, id)?,
            None => BTreeMap::new(),
        };
        if output.is_json() {
            let mut lines = trail.lines.iter().map(|line| results::TrailLine::of(line, &names));
            lines.try_for_each(|line| output.object_in_order(&line))?;
        } else if args.fhir {
            let (chain_id, contract) = (session.ledger.network().chain_id, session.contract);
            let events =
                fhir::audit_events(&trail, fhir::Namespace { chain_id, contract }, &purposes);
            let mut events = events.iter().map(AuditEvent);
            events.try_for_each(|event| output.object_in_order(&event))?;
        } else if args.csv {
            for line in &trail.lines {
                let purpose = line.index.and_then(|index| purposes.get(&index).copied());
                let is_emergency = line.action == Action::EmergencyRead.as_str();
                let purpose = purpose.or(is_emergency.then_some(Purpose::EmergencyTreatment));
                output.bytes(&csv::row(line, purpose))?;
            }
        } else {
            let clock = session.ledger.tip()?.clock();
            let patient = &trail.record.patient;
            let delegations = session.delegations_of(patient)?;
            let how = How {
                names: &names,
                clock,
                details: settings.details,
                patient,
                delegations,
                own_openings: OwnOpenings::of(&trail.lines),
            };
            output.text(&record_names.words(id))?;
            if settings.details {
                output.text(&format!("record {id}"))?;
            }
            print(&trail, &how, output)?;
        }
        if args.verify {
            let said = format!(
                "record {id}: log intact, {} entries checked against the contract's head {}",
                trail.record.audit_count, trail.record.audit_head
            );
            if output.is_json() || args.csv || args.fhir {
                output.note(&said)
            } else {
                output.text(&said)?
            }
        }
    }
    // What is about no single record.
    if args.fhir && args.record.is_none() {
        let (chain_id, contract) = (session.ledger.network().chain_id, session.contract);
        for own in session.patient_trails(&me, &BTreeSet::from([me.clone()]))? {
            let events = fhir::patient_events(&own, fhir::Namespace { chain_id, contract });
            let mut events = events.iter().map(AuditEvent);
            events.try_for_each(|event| output.object_in_order(&event))?;
        }
    }
    Ok(())
}

/// Says what this ledger could not tell about a trail. Its entries are checked against the head all the same.
pub(super) fn tell_what_is_missing(trail: &Trail, id: RecordId, output: Output) {
    if trail.uncompared > 0 {
        output.note(&format!(
            "record {id}: {} of {} entries could not be compared with what the contract printed, and have no transaction and no time of their block; the ledger does not tell",
            trail.uncompared, trail.record.audit_count
        ));
    }
    if trail.refusals == Refusals::NotTold {
        output.note(&format!(
            "record {id}: refused attempts are not listed, as this ledger keeps no list of them"
        ));
    }
}

/// How lines are written for people.
struct How<'a> {
    names: &'a Names,
    clock: BurnClock,
    /// Whether principals and burn heights stand beside names and dates.
    details: bool,
    patient: &'a Principal,
    /// Who could act for the patient, and when.
    delegations: Delegations,
    own_openings: OwnOpenings,
}

impl How<'_> {
    fn who(&self, principal: &Principal) -> String {
        let shown = self.names.shown(principal);
        match self.details && shown != principal.to_string() {
            true => format!("{shown} ({principal})"),
            false => shown,
        }
    }
}

fn print(trail: &Trail, how: &How<'_>, output: Output) -> Result<(), Failure> {
    trail.lines.iter().try_for_each(|line| output.text(&sentence(line, how)))
}

/// A line of the trail, for people.
fn sentence(line: &TrailLine, how: &How<'_>) -> String {
    let index = line.index.map_or_else(|| "-".to_owned(), |index| index.to_string());
    let when = line
        .time
        .as_deref()
        .map_or_else(|| times::local(how.clock.time_of(line.burn_height)), times::local_of_rfc3339);
    let mut text = format!("{index:>5}  {when}  {:<9} {}", line.action, how.who(&line.actor));
    let action = line.action.parse::<Action>().ok().filter(|_| line.outcome == ActionOutcome::Ok);
    let acted_for = how.delegations.acted(line, how.patient, &how.own_openings);
    if acted_for {
        text.push_str(&format!(", for {}", how.who(how.patient)));
    }
    if let Some(organisation) = line.organisation() {
        text.push_str(&format!(", for {}", how.who(organisation)));
    // Whom a delegate made a record for is the patient, who was named just now.
    } else if let Some(subject) =
        line.subject.as_ref().filter(|_| action != Some(Action::CreateFor))
    {
        let comma = if acted_for { "," } else { "" };
        text.push_str(&format!("{comma} to {}", how.who(subject)));
    }
    if let Some(version) = line.version.filter(|version| *version > 0) {
        text.push_str(&format!(", version {version}"));
    }
    if let Some(rights) = line.rights() {
        text.push_str(&format!(", {rights}"));
    }
    if let Some(expiry) = line.expiry {
        text.push_str(&format!(", until about {}", times::local(how.clock.time_of(expiry))));
        if how.details {
            text.push_str(&format!(" (burn block {expiry})"));
        }
    }
    if line.outcome == ActionOutcome::Denied {
        text.push_str(&format!("  DENIED: {}", line.reason.as_deref().unwrap_or("refused")));
    }
    text
}
