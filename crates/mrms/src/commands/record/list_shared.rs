//! `mrms list --shared-with-me` and `mrms openings`: what others let you open, and what you have opened.

use std::collections::BTreeMap;

use clap::Args;
use mrms_app::Actor;
use mrms_app::profile::received::ReceivedRecord;
use mrms_app::records::received::OpenedRecord;
use mrms_app::records::shared::{SharedBounds, SharedRecord, SharedRecords};
use mrms_contract::{ids, read};
use mrms_core::{BurnClock, Principal, RecordId};
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::name::{end, likeness, short};

use crate::config::Settings;
use crate::ui::columns::{self, cut, width};
use crate::ui::failure::Failure;
use crate::ui::naming::{in_column, title_of_others};
use crate::ui::output::Output;
use crate::ui::results::record::{GrantState, OwnOpening, Shared};
use crate::ui::someone::{Someone, names_or_accounts};
use crate::ui::times;

/// The options of `--shared-with-me`.
#[derive(Debug, Args)]
pub(super) struct SharedArgs {
    /// With --shared-with-me or --organisation, list grants that have ended as well. A TEXT finds them anyway.
    #[arg(long, requires = "others")]
    ended: bool,
    /// With --shared-with-me or --organisation, look at everything. Without it: at the 10,000 newest entries, and at
    /// 1,000 records of one patient.
    #[arg(long, requires = "others")]
    all: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "It tells the entries that you made in the logs of records that others share or shared \
    with you, the newest first: of each record the newest 256. Your patients read the same entries."
)]
pub(crate) struct OpeningsArgs {
    /// List only what has this in the patient's name, the record's name or the id.
    text: Option<String>,
}

/// What is known of the records of others, as this person reads it.
pub(crate) struct Reading {
    names: Names,
    /// `None` while the profile is locked.
    known: Option<BTreeMap<RecordId, ReceivedRecord>>,
}

impl Reading {
    /// Looks it up, as far as the profile is unlocked.
    pub(crate) fn of(
        settings: &Settings,
        session: &mrms_app::Session<'_>,
        actor: Option<&Actor>,
        (shared, organisation): (&[SharedRecord], Option<&Principal>),
        output: Output,
    ) -> Result<Self, Failure> {
        let names = names_or_accounts(&[], actor, settings, output)?;
        let known = match actor {
            Some(actor) => {
                let held = organisation.map(|one| session.held(actor, one)).transpose()?;
                let shared = (shared, held.as_ref());
                Some(session.look_at_received(actor, shared, &mut rng())?)
            }
            None => None,
        };
        Ok(Self { names, known })
    }

    fn known(&self, id: RecordId) -> Option<&ReceivedRecord> {
        self.known.as_ref()?.get(&id)
    }

    pub(crate) fn record_name(&self, id: RecordId) -> Option<&str> {
        Some(self.known(id)?.record_name()?.as_str())
    }

    fn calls_themselves(&self, id: RecordId) -> Option<&str> {
        Some(self.known(id)?.patient_name()?.as_str())
    }

    /// The patient in a list: by one's own name for them; else as they call themselves, marked as their word; else short.
    pub(crate) fn patient(&self, id: RecordId, patient: &Principal) -> String {
        match (self.names.name_of(patient), self.calls_themselves(id)) {
            (Some(_), _) => self.names.shown(patient),
            (None, Some(name)) => format!("“{name}” ({})", end(patient)),
            (None, None) => short(patient),
        }
    }

    /// What the record is called in a list.
    fn title(&self, id: RecordId) -> String {
        match (&self.known, self.record_name(id)) {
            (_, Some(name)) => title_of_others(name).into_owned(),
            (None, None) => "(locked)".to_owned(),
            (Some(_), None) => "(no name)".to_owned(),
        }
    }

    fn fits(&self, text: Option<&str>, id: RecordId, patient: &Principal) -> bool {
        let Some(wanted) = text.map(likeness) else { return true };
        let texts = [
            self.patient(id, patient),
            self.calls_themselves(id).unwrap_or_default().to_owned(),
            self.title(id),
            id.to_string(),
            patient.to_string(),
        ];
        texts.iter().any(|text| likeness(text).contains(&wanted))
    }
}

/// Lists what others share.
pub(super) fn run(
    args: &SharedArgs,
    text: Option<&str>,
    (me, organisation): (&Principal, Option<&Someone>),
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let actor = settings.home.unlock_quietly()?;
    let organisation = match organisation {
        Some(one) => Some(one.resolve(&settings.home.names(actor.as_ref())?)?),
        None => None,
    };
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let bounds = if args.all { SharedBounds::NONE } else { SharedBounds::USUAL };
    let holder = organisation.as_ref().unwrap_or(me);
    let SharedRecords { mut records, older_entries, cut_short } =
        session.shared_with(holder, bounds)?;
    // The keys of organisations are no documents: mrms staff is for them.
    records.retain(|one| ids::staff_record(&one.record.patient) != Some(one.id));
    let reading =
        Reading::of(settings, &session, actor.as_ref(), (&records, organisation.as_ref()), output)?;
    let found = records.len();
    // Whoever looks for somebody finds them also where their grants have ended, and reads that.
    if !args.ended && text.is_none() {
        records.retain(|shared| shared.now.is_ok());
    }
    let ended = found - records.len();
    let listed = records.len();
    records.retain(|one| reading.fits(text, one.id, &one.record.patient));
    records.sort_by_key(|one| (one.number.is_none(), one.number, one.id));
    if records.is_empty() && !output.is_json() {
        let whom = match &organisation {
            Some(organisation) => reading.names.shown(organisation),
            None => "you".to_owned(),
        };
        output.text(&match (listed, ended) {
            (0, 0) => format!("nothing was shared with {whom} yet"),
            (0, _) => format!("nothing that was shared with {whom} can be opened now"),
            _ => format!("nothing that is shared with {whom} has that in its names"),
        })?;
    }
    if let Some(organisation) = organisation.as_ref().filter(|one| *one != me) {
        let membership = session.ask(&read::member(organisation, me))?;
        if !membership.is_some_and(|one| one.is_live(clock.height)) {
            let name = reading.names.shown(organisation);
            output.note(&format!("you are no member of {name} now: you can open nothing for it"));
        }
    }
    let digits = records.iter().map(|one| number(one).len()).max().unwrap_or_default();
    for shared in &records {
        let object =
            Shared { organisation: organisation.as_ref(), ..object(shared, &reading, clock) };
        output.result(&object, &line(shared, &reading, clock, digits))?;
    }
    if ended > 0 {
        let grants =
            if ended == 1 { "1 grant has".to_owned() } else { format!("{ended} grants have") };
        output.note(&format!("{grants} ended; --ended lists what has"));
    }
    if older_entries > 0 {
        output.note(&format!(
            "{older_entries} older entries were not looked at; --all looks at everything"
        ));
    }
    for patient in cut_short {
        output.note(&format!(
            "{patient} shared more records than are listed; --all lists them, and mrms profile ignore {patient} hides them"
        ));
    }
    if actor.is_none() && !records.is_empty() && !output.is_json() {
        output.note("names are encrypted: mrms key unlock shows them for a while");
    }
    if let (Some(actor), None, false) = (&actor, &organisation, output.is_json()) {
        for held in session.organisations(actor)? {
            let name = reading.names.shown(&held);
            output
                .note(&format!("mrms list --organisation '{name}' lists what {name} was granted"));
        }
    }
    Ok(())
}

fn number(shared: &SharedRecord) -> String {
    shared.number.map_or_else(|| "-".to_owned(), |number| format!("s{number}"))
}

/// Whether the latest version waits to be opened.
fn is_new(shared: &SharedRecord, reading: &Reading) -> Option<bool> {
    let may_read = shared.now.as_ref().is_ok_and(|(rights, _)| rights.may_read());
    let known = reading.known(shared.id).filter(|_| may_read)?;
    Some(!known.has_opened(shared.record.version))
}

fn line(shared: &SharedRecord, reading: &Reading, clock: BurnClock, digits: usize) -> String {
    let mut ends = String::new();
    match &shared.now {
        Ok((rights, _)) => {
            ends.push_str(&format!("; {}", times::until_words(shared.expiry, clock)));
            if !rights.may_read() {
                ends.push_str("; for emergencies");
            } else if rights.may_amend() {
                ends.push_str("; you may add to it");
            }
        }
        Err(_) => ends.push_str("; ended"),
    }
    if is_new(shared, reading) == Some(true) {
        ends.push_str("; new");
    }
    let begins = format!("{:>digits$}  ", number(shared));
    let named = named(
        &reading.patient(shared.id, &shared.record.patient),
        &reading.title(shared.id),
        width(&begins) + width(&ends),
    );
    format!("{begins}{named}{ends}")
}

/// A patient and what a record is called, in what other columns leave of a line; whole where lines are not cut.
fn named(patient: &str, title: &str, others: usize) -> String {
    let Some(columns) = columns::room() else { return format!("{patient}: {title}") };
    let room = columns.saturating_sub(others);
    let patient = cut(patient, room / 2);
    let title = cut(title, room.saturating_sub(width(&patient) + 2));
    format!("{patient}: {title}")
}

fn object<'a>(shared: &'a SharedRecord, reading: &'a Reading, clock: BurnClock) -> Shared<'a> {
    let patient = &shared.record.patient;
    Shared {
        number: shared.number,
        record_id: shared.id,
        name: reading.record_name(shared.id),
        patient,
        patient_name: reading.names.name_of(patient),
        patient_calls_themselves: reading.calls_themselves(shared.id),
        new: is_new(shared, reading),
        organisation: None,
        version: shared.record.version,
        state: if shared.now.is_ok() { GrantState::Open } else { GrantState::Closed },
        rights: shared.now.as_ref().ok().map(|(rights, _)| *rights),
        expiry: shared.expiry,
        expires_at: times::expires_at(shared.expiry, clock),
    }
}

/// Lists one's own openings of the records of others.
pub(crate) fn openings(
    args: &OpeningsArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let shared = session.shared_with(&actor.principal(), SharedBounds::USUAL)?.records;
    for organisation in session.organisations(&actor)? {
        let granted = session.shared_with(&organisation, SharedBounds::USUAL)?.records;
        let held = session.held(&actor, &organisation)?;
        session.look_at_received(&actor, (&granted, Some(&held)), &mut rng())?;
    }
    let reading = Reading::of(settings, &session, Some(&actor), (&shared, None), output)?;
    let mut openings = session.own_openings(&actor)?;
    openings.retain(|one| reading.fits(args.text.as_deref(), one.record, &one.known.patient));
    if openings.is_empty() && !output.is_json() {
        return output.text("you have opened nothing of others, as far as the logs tell");
    }
    for OpenedRecord { record, known, opening } in &openings {
        let opened_at = clock.time_of(opening.burn_height);
        let begins = format!("{:<18}  ", times::day_and_time(opened_at));
        let emergency = if opening.is_emergency { ", in an emergency" } else { "" };
        let organisation = opening.organisation.as_ref();
        let whose = organisation.map(|one| format!(", for {}", in_column(&reading.names, one)));
        let ends = format!(", version {}{emergency}{}", opening.version, whose.unwrap_or_default());
        let named = named(
            &reading.patient(*record, &known.patient),
            &reading.title(*record),
            width(&begins) + width(&ends),
        );
        output.result(
            &OwnOpening {
                record_id: *record,
                name: reading.record_name(*record),
                patient: &known.patient,
                patient_name: reading.names.name_of(&known.patient),
                patient_calls_themselves: reading.calls_themselves(*record),
                version: opening.version,
                audit_index: opening.index,
                burn_height: opening.burn_height,
                opened_at: times::rfc3339(opened_at),
                emergency: opening.is_emergency,
                organisation,
                organisation_name: organisation.and_then(|one| reading.names.name_of(one)),
            },
            &format!("{begins}{named}{ends}"),
        )?;
    }
    Ok(())
}
