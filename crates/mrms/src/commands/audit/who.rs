//! `mrms who`: who looked at your records, in sentences, and whether the vaults' logs agree.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use mrms_app::audit::news::Scope;
use mrms_app::audit::reconcile::Reconciled;
use mrms_app::audit::who::{Deed, FormerPart, Look, NO_KEY, Wanted};
use mrms_app::{Actor, Session};
use mrms_contract::ContractError;
use mrms_contract::state::Record;
use mrms_core::{BurnClock, RecordId, TxId, Version, visible};
use mrms_home::Names;
use mrms_home::clock::{now, rng};

use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::columns::wrap;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, for_organisation};
use crate::ui::output::{Output, let_out};
use crate::ui::record_ref::RecordRef;
use crate::ui::results::who::{ComparedLogs, LookKind, Looked};
use crate::ui::someone::{names_or_accounts, tell_damaged};
use crate::ui::{news, short_times, times};

/// How many records are compared with the vaults' logs, those looked at last: each takes a question to every vault.
const COMPARED: usize = 50;
/// Columns of the time before each sentence.
const TIME: usize = 17;

#[derive(Debug, Args)]
#[command(
    after_help = "Every entry is checked against the contract's head before anything is printed. Then the \
    logs of the vaults are compared with it: they would show if a key was given out without an entry. If \
    they differ, the exit code is 5.\n\n\
    Examples:\n  \
    mrms who --since 1w\n  \
    mrms who 'Blood test, May'"
)]
pub(crate) struct WhoArgs {
    /// The records: numbers in mrms list, ranges such as 7-9, labels, or ids. Without it: all yours.
    #[arg(value_name = "RECORD")]
    records: Vec<RecordRef>,
    /// Leave out what was before: a time ago, such as 1w or "2 days"; yesterday, monday; or a date.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Show your own openings as well.
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(args: &WhoArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let since = args.since.as_deref().map(|text| times::past_time(text, now())).transpose()?;
    let mut actor = settings.home.unlock_quietly()?;
    for record in &args.records {
        if actor.is_none() {
            actor = record.keys(settings)?;
        }
    }
    let home = settings.home.open()?;
    let session = home.session();
    let acting = Acting::of(settings, &session, actor.as_ref(), None, output)?;
    let me = acting.patient.clone();
    // The index, labels and the vaults' lines are the patient's.
    let own_actor = actor.as_ref().filter(|_| !acting.is_other());
    let clock = session.ledger.tip()?.clock();
    let mut index = session.record_index(own_actor);
    let numbered = index.numbered(&session, &me)?;
    index.keep(&session, own_actor, &mut rng());
    let record_names = acting.record_names(&session, actor.as_ref(), &numbered)?;
    let names = names_or_accounts(&[], actor.as_ref(), settings, output)?;
    let wanted = acting.find(&args.records, session, actor.as_ref())?;
    if wanted.is_empty() && !acting.is_other() {
        // What is shown now is no news to the next command.
        let _ = news::seen(&session, actor.as_ref(), (Scope::All, &numbered), output);
    }
    let mut records: Vec<_> = numbered.into_iter().map(|one| (one.id, one.record)).collect();
    let all: BTreeMap<_, _> = records.iter().cloned().collect();
    if let Some(other) = wanted.iter().find(|id| !records.iter().any(|(own, _)| own == *id)) {
        return Err(Failure::new(
            Exit::NotAllowed,
            "not-patient",
            format!("record {other} is none of yours"),
        )
        .hint("mrms audit shows the log of any record"));
    }
    records.retain(|(id, _)| wanted.is_empty() || wanted.contains(id));
    let asked = records.len();
    let mut looks = session.looks(&me, records, Wanted { since, own: args.all })?;
    if let Some(actor) = own_actor {
        tell_damaged(&home, actor, &["vault-logs.json"], output);
    }
    let compared = match own_actor {
        Some(actor) => Some(Compared::of(&session, actor, &mut looks, &wanted)?),
        None => None,
    };
    let former = former_names(&session, own_actor, &looks, &all);
    let patient = names.shown(&me);
    let among: BTreeSet<_> = looks.iter().map(|look| &look.who).collect();
    let said = own_actor
        .map(|actor| session.said_to_be(actor, &among, &|link| settings.home.link_host(link)));
    let said = said.unwrap_or_default();
    let scene = Scene { names: &names, record_names: &record_names, former, clock, patient, said };
    for look in &looks {
        output.result(&scene.object(look), &scene.sentence(look, settings.details))?;
    }
    if !output.is_json() {
        if looks.is_empty() {
            output.text(match (asked, since.is_some()) {
                (0, _) => "you have no records yet",
                (_, true) => "nobody else looked, and nobody tried, since then",
                (_, false) => "nobody else looked, and nobody tried",
            })?;
        }
        if acting.is_other() {
            output.note("the vaults' logs are compared by the patient: mrms who");
        } else if actor.is_none() {
            output.note(
                "names are locked, and the vaults' logs were not compared: mrms key unlock opens them for a while",
            );
        }
    }
    match &compared {
        Some(compared) => compared.tell(&session, &scene, output),
        None => Ok(()),
    }
}

/// What somebody looked at: a version, or the record as it was when it had no newer one than this.
type LookedAt = (RecordId, Option<Version>, Option<Version>);

fn looked_at(look: &Look) -> LookedAt {
    let opened = look.version.and_then(Version::new);
    (look.record, opened, look.newest_then.filter(|_| opened.is_none()))
}

/// What things were called when somebody looked at them: as the patient had called the record by then, and, where they opened an
/// older version, by that version. Whoever else wrote a version gave no name. Of a record with one version that is its name.
fn former_names(
    session: &Session<'_>,
    actor: Option<&Actor>,
    looks: &[Look],
    records: &BTreeMap<RecordId, Record>,
) -> BTreeMap<LookedAt, String> {
    let Some(actor) = actor else { return BTreeMap::new() };
    let has_several =
        |id: &RecordId| records.get(id).is_some_and(|one| one.version > Version::FIRST);
    let all: BTreeSet<_> = looks.iter().map(looked_at).filter(|one| has_several(&one.0)).collect();
    let name = |looked: LookedAt| {
        let (id, opened, newest) = looked;
        let then = Record { version: opened.or(newest)?, ..records.get(&id)?.clone() };
        let version = session.titled_by(id, &then).ok()?;
        let label = session.label_of(actor, id, version, &mut rng())?;
        Some((looked, label.name()?.to_owned()))
    };
    all.into_iter().filter_map(name).collect()
}

/// The records that were compared with the vaults' logs.
struct Compared {
    reconciled: Vec<(RecordId, Reconciled)>,
    /// How many were looked at and not compared.
    left: usize,
}

impl Compared {
    /// Compares the records that somebody looked at, and those that were named, and puts reasons beside emergencies.
    fn of(
        session: &Session<'_>,
        actor: &Actor,
        looks: &mut [Look],
        wanted: &[RecordId],
    ) -> Result<Self, Failure> {
        let mut ids: Vec<RecordId> = Vec::new();
        let mut known = BTreeSet::new();
        let newest_first = looks.iter().rev().map(|look| look.record);
        ids.extend(newest_first.chain(wanted.iter().copied()).filter(|id| known.insert(*id)));
        let left = ids.len().saturating_sub(COMPARED);
        ids.truncate(COMPARED);
        let mut reconciled = Vec::new();
        let mut reconciling = session.reconciling(actor, &ids, &mut rng())?;
        for id in ids {
            let one = reconciling.one(actor, id, &mut rng())?;
            Look::tell_reasons(looks, id, &one);
            reconciled.push((id, one));
        }
        Ok(Self { reconciled, left })
    }

    fn tell(
        &self,
        session: &Session<'_>,
        scene: &Scene<'_>,
        output: Output,
    ) -> Result<(), Failure> {
        let all = || {
            let of = |(id, one): &'_ (RecordId, Reconciled)| {
                let differences = one.differences.clone();
                differences.into_iter().map(|difference| (*id, difference)).collect::<Vec<_>>()
            };
            self.reconciled.iter().flat_map(of).collect::<Vec<_>>()
        };
        let differences = all();
        let grave = differences.iter().filter(|(_, one)| one.is_grave()).count();
        let mut lines = Vec::new();
        match (self.reconciled.len(), differences.len()) {
            (0, _) => {}
            (_, 0) => lines.push("the vaults' logs agree".to_owned()),
            (_, _) if grave == 0 => {
                lines.push("the vaults' logs agree as far as they could be compared".to_owned());
            }
            _ => lines.push("THE VAULTS' LOGS DIFFER".to_owned()),
        }
        for (id, difference) in &differences {
            let mark = if difference.is_grave() { "GRAVE: " } else { "" };
            let words = visible::line(&difference.to_string()).into_owned();
            lines.push(wrap(&format!("  {mark}{}: {words}", scene.record_names.words(*id)), 4));
        }
        if self.left > 0 {
            lines.push(format!(
                "{} more records were not compared: mrms who RECORD compares one",
                self.left
            ));
        }
        if output.is_json() || !lines.is_empty() {
            output.result(
                &ComparedLogs {
                    vaults_agree: grave == 0,
                    compared: self.reconciled.iter().map(|(id, _)| *id).collect(),
                    not_compared: self.left,
                    differences: differences.iter().map(|(_, one)| one.to_string()).collect(),
                },
                &lines.join("\n"),
            )?;
        }
        // It counts as shown when it is out, however long somebody reads in a pager.
        session.ledger.step_aside();
        let_out()?;
        if !output.is_json() {
            for (id, one) in &self.reconciled {
                session.review_emergencies(*id, &one.told_emergencies())?;
            }
        }
        match grave {
            0 => Ok(()),
            _ => Err(Failure::new(
                Exit::Integrity,
                "logs-differ",
                "a vault's log and the chain's do not fit",
            )
            .hint("mrms audit RECORD --reconcile shows both; keep its output: it proves who altered a log")),
        }
    }
}

/// What sentences are made with.
struct Scene<'s> {
    names: &'s Names,
    record_names: &'s RecordNames,
    /// What versions of records with several were called.
    former: BTreeMap<LookedAt, String>,
    clock: BurnClock,
    /// Who the patient is: `you`, or a name.
    patient: String,
    /// Who used a link, as they said themselves, by the entry's transaction.
    said: BTreeMap<TxId, String>,
}

impl Scene<'_> {
    /// What the record was called at the time of a look.
    fn name(&self, look: &Look) -> Option<&str> {
        let former = self.former.get(&looked_at(look));
        former.map(String::as_str).or_else(|| self.record_names.name(look.record))
    }

    /// Who used the link that looked, as they said themselves.
    fn said_to_be(&self, look: &Look) -> Option<&str> {
        self.said.get(&look.txid?).map(String::as_str)
    }

    fn sentence(&self, look: &Look, details: bool) -> String {
        let now = self.clock.now;
        let when = match &look.time {
            Some(time) => short_times::near_time_of(time, now),
            None => format!(
                "about {}",
                short_times::near_day(self.clock.time_of(look.burn_height), now)
            ),
        };
        let mut who = for_organisation(self.names, &look.who, look.organisation.as_ref());
        if let Some(said) = self.said_to_be(look) {
            who = format!("{who}, said to be “{}”,", visible::line(said));
        }
        if look.for_patient {
            // A name that is no name of this person's ends in a comma already.
            who = format!("{}, for {},", who.trim_end_matches(','), self.patient);
        }
        let what = self.record_names.words_as(look.record, self.name(look));
        let version =
            look.version.map_or_else(String::new, |version| format!(", version {version}"));
        let said = match &look.deed {
            Deed::Opened => {
                let purpose = look.purpose.map(|purpose| format!(", for {}", purpose.words()));
                let sharing = look.given_to.as_ref().map(|user| {
                    format!(", for sharing: {} got access right after", self.names.shown(user))
                });
                format!(
                    "{who} opened {what}{version}{}{}",
                    purpose.unwrap_or_default(),
                    sharing.unwrap_or_default()
                )
            }
            Deed::DeclaredEmergency => format!("EMERGENCY: {who} declared one on {what}"),
            Deed::OpenedInEmergency => format!("EMERGENCY: {who} opened {what}{version}"),
            Deed::Refused { action, reason } => {
                let why =
                    reason.as_deref().map_or("refused", |slug| refusal_words(slug, look.part));
                format!("REFUSED: {who} tried to {} {what}: {why}", verb(action))
            }
        };
        let mut text = wrap(&format!("{when:<TIME$}  {said}"), TIME + 2);
        if let Some(reason) = &look.reason {
            let words = visible::line(reason).into_owned();
            let line = format!("{:width$}what for: “{words}”", "", width = TIME + 2);
            text.push_str(&format!("\n{}", wrap(&line, TIME + 4)));
        }
        if details {
            let index = look.index.map_or_else(|| "none".to_owned(), |index| index.to_string());
            let txid = look.txid.map_or_else(|| "unknown".to_owned(), |txid| txid.to_string());
            let organisation = look.organisation.as_ref();
            let organisation =
                organisation.map_or_else(String::new, |one| format!("\n  organisation {one}"));
            text.push_str(&format!(
                "\n  account {}{organisation}\n  record {}, entry {index}, burn height {}\n  transaction {txid}",
                look.who, look.record, look.burn_height
            ));
        }
        text
    }

    fn object<'l>(&'l self, look: &'l Look) -> Looked<'l> {
        let (what, action, refused) = match &look.deed {
            Deed::Opened => (LookKind::Opened, None, None),
            Deed::DeclaredEmergency => (LookKind::Emergency, None, None),
            Deed::OpenedInEmergency => (LookKind::OpenedInEmergency, None, None),
            Deed::Refused { action, reason } => {
                (LookKind::Refused, Some(action.as_str()), reason.as_deref())
            }
        };
        Looked {
            record_id: look.record,
            number: self.record_names.number(look.record),
            name: self.name(look),
            who: &look.who,
            who_name: self.names.name_of(&look.who),
            said_to_be: self.said_to_be(look),
            organisation: look.organisation.as_ref(),
            organisation_name: look
                .organisation
                .as_ref()
                .and_then(|organisation| self.names.name_of(organisation)),
            for_patient: look.for_patient,
            given_to: look.given_to.as_ref(),
            given_to_name: look.given_to.as_ref().and_then(|user| self.names.name_of(user)),
            what,
            action,
            refused,
            reason: look.reason.as_deref(),
            purpose: look.purpose.map(|purpose| purpose.code()),
            version: look.version,
            time: look.time.as_deref(),
            burn_height: look.burn_height,
            index: look.index,
            txid: look.txid,
        }
    }
}

/// What somebody tried, as a verb.
fn verb(action: &str) -> &str {
    match action {
        "access" => "open",
        "amend" => "add to",
        "grant" => "share",
        "revoke" => "end access to",
        "emergency" => "declare an emergency on",
        "create" => "take the id of",
        "create-for" => "create a record for the patient with the id of",
        "envelope" => "leave a key for",
        "transfer-offer" => "give away",
        "transfer-accept" => "take over",
        other => other,
    }
}

/// Why it was refused.
fn refusal_words(slug: &str, part: FormerPart) -> &str {
    if slug == NO_KEY {
        return "the vaults gave no key";
    }
    let refusal = ContractError::ALL.iter().find(|refusal| refusal.slug() == slug);
    match (refusal, part) {
        (Some(ContractError::NoAccess), FormerPart::Author) => {
            return "they wrote it, and you have not given them access";
        }
        (Some(ContractError::NoAccess), FormerPart::Patient) => {
            return "it was theirs before, and you have not given them access";
        }
        _ => {}
    }
    match refusal {
        Some(ContractError::NoAccess) => "they never had access",
        Some(ContractError::GrantExpired) => "their access had ended",
        Some(ContractError::GrantRevoked) => "you had ended their access",
        Some(ContractError::NoReadRight) => "they may open it in an emergency only",
        Some(ContractError::NoAmendRight) => "they may not add to it",
        Some(ContractError::NoEmergencyRight) => "they may declare no emergency on it",
        Some(ContractError::VersionNotGranted) => "that version is older than their access",
        Some(ContractError::NotPatient) => "it is yours",
        Some(ContractError::NoPower) => "you gave them no power to do that",
        Some(ContractError::Succeeded) => "a successor has taken their place",
        Some(ContractError::NotMember) => "they are no member of that organisation, or no longer",
        _ => slug,
    }
}
