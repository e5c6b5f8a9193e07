//! `mrms audit`: who did what to a record, refusals included.

use clap::Args;
use mrms_app::audit::trail::{ActionOutcome, Trail, TrailLine};
use mrms_app::audit::{csv, fhir};
use mrms_core::{Principal, RecordId};

use crate::commands::audit::reconcile;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::audit::{self as results, AuditEvent};
use crate::ui::times;

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The record; all of this profile's when left out.
    id: Option<RecordId>,
    /// Say what was checked: every entry against the head that the contract has.
    #[arg(long)]
    verify: bool,
    /// Compare the log with the logs of the vaults, both ways, and name every difference.
    #[arg(long, conflicts_with_all = ["csv", "fhir"])]
    reconcile: bool,
    /// Comma-separated values with a heading, for a spreadsheet.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// FHIR R4 AuditEvents after IHE's audit patterns, one a line (NDJSON), for other health software.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    fhir: bool,
}

pub(crate) fn run(args: &AuditArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = if args.reconcile { Some(settings.home.unlock()?) } else { None };
    let place = settings.home.open()?;
    let session = place.session();
    let ids = match args.id {
        Some(id) => vec![id],
        None => {
            let own = Principal::from(settings.home.account()?);
            session.records_of(&own)?.into_iter().map(|(id, _)| id).collect()
        }
    };
    if args.csv {
        output.bytes(&csv::heading())?;
    }
    for id in ids {
        if let Some(actor) = &actor {
            reconcile::run(&session, actor, id, output)?;
            continue;
        }
        // Reading a trail checks it: there is no way to print one that does not hold.
        let trail = session.trail(id)?;
        if output.is_json() {
            let mut lines = trail.lines.iter().map(results::TrailLine::from);
            lines.try_for_each(|line| output.object_in_order(&line))?;
        } else if args.fhir {
            let (chain_id, contract) = (session.ledger.network().chain_id, session.contract);
            let events = fhir::audit_events(&trail, fhir::Namespace { chain_id, contract });
            let mut events = events.iter().map(AuditEvent);
            events.try_for_each(|event| output.object_in_order(&event))?;
        } else if args.csv {
            trail.lines.iter().try_for_each(|line| output.bytes(&csv::row(line)))?;
        } else {
            print(&trail, id, output)?;
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
    Ok(())
}

fn print(trail: &Trail, id: RecordId, output: Output) -> Result<(), Failure> {
    output.text(&format!("record {id}"))?;
    trail.lines.iter().try_for_each(|line| output.text(&sentence(line)))
}

/// A line of the trail as people read it.
fn sentence(line: &TrailLine) -> String {
    let index = line.index.map_or_else(|| "-".to_owned(), |index| index.to_string());
    let when = line
        .time
        .as_deref()
        .map_or_else(|| format!("burn block {}", line.burn_height), times::local_of_rfc3339);
    let mut text = format!("{index:>5}  {when}  {:<9} {}", line.action, line.actor);
    if let Some(subject) = &line.subject {
        text.push_str(&format!(" to {subject}"));
    }
    if let Some(version) = line.version.filter(|version| *version > 0) {
        text.push_str(&format!(", version {version}"));
    }
    if let Some(expiry) = line.expiry {
        text.push_str(&format!(", until burn block {expiry}"));
    }
    if line.outcome == ActionOutcome::Denied {
        text.push_str(&format!("  DENIED: {}", line.reason.as_deref().unwrap_or("refused")));
    }
    text
}
