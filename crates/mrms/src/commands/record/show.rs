//! `mrms show`: shows the versions of a record and who may open it.

use std::collections::BTreeMap;

use clap::Args;
use mrms_app::audit::shares::{KeyOnChain, Openings};
use mrms_app::audit::trail::Trail;
use mrms_app::profile::received::ReceivedRecord;
use mrms_app::records::find::Lists;
use mrms_app::records::list::OwnRecord;
use mrms_app::sharing::delegates::Delegate;
use mrms_app::sharing::readers::Reader;
use mrms_app::{Actor, Session};
use mrms_contract::read;
use mrms_core::{BurnClock, Powers, Principal, RecordId, Rights, Version};
use mrms_crypto::envelope::ContentEnvelope;
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::name::end;

use super::erase::unerased;
use crate::commands::sharing::catch_up;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::amounts::counted;
use crate::ui::columns::{cut, pad, wrap};
use crate::ui::failure::Failure;
use crate::ui::naming::{RecordNames, in_column};
use crate::ui::output::Output;
use crate::ui::record_ref::{Finder, RecordRef};
use crate::ui::results::record::{GrantState, Shown, ShownGrant, ShownVersion, Storage};
use crate::ui::rights::{opened_words, rights_words};
use crate::ui::someone::{Someone, names_or_accounts};
use crate::ui::{news, short_times, times};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mrms show 5\n  mrms show 'Blood test, May' --all")]
pub(crate) struct ShowArgs {
    /// The record: its number in mrms list, its label, or its id.
    #[arg(value_name = "RECORD")]
    record: RecordRef,
    /// The record's number is in the list of an organisation that you are a member of: its name or principal.
    #[arg(long, value_name = "NAME")]
    organisation: Option<Someone>,
    /// Also show those whose access has ended.
    #[arg(long)]
    all: bool,
}

/// What is shown, once it was read.
struct Scene<'s> {
    session: Session<'s>,
    actor: Option<&'s Actor>,
    names: Names,
    clock: BurnClock,
    id: RecordId,
    trail: Trail,
    me: Principal,
    is_mine: bool,
    is_erased: bool,
    /// The patient's delegates who may see every record.
    seeing: Vec<Delegate>,
    /// Whether principals, heights and hashes are shown.
    details: bool,
}

pub(crate) fn run(args: &ShowArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let me: Principal = settings.home.account()?.into();
    let actor = match &args.organisation {
        Some(_) => Some(settings.home.unlock()?),
        None => args.record.keys(settings)?,
    };
    let home = settings.home.open()?;
    let session = home.session();
    let acting = Acting::of(settings, &session, actor.as_ref(), None, output)?;
    let id = match (&args.organisation, &actor) {
        (Some(organisation), Some(actor)) => {
            let organisation = organisation.resolve(&settings.home.names(Some(actor))?)?;
            let lists = Lists::Granted(&organisation);
            args.record.one(Finder { session, lists, actor: Some(actor) })?
        }
        _ => acting.find_one(&args.record, session, actor.as_ref())?,
    };
    let trail = session.trail(id)?;
    let is_mine = trail.record.patient == me;
    let mut seeing = session.live_delegates(&trail.record.patient)?;
    seeing.retain(|one| one.delegation.powers.include(Powers::SEE));
    let scene = Scene {
        session,
        seeing,
        actor: actor.as_ref(),
        names: names_or_accounts(&[], actor.as_ref(), settings, output)?,
        clock: session.ledger.tip()?.clock(),
        id,
        me: me.clone(),
        is_mine,
        is_erased: session.erased_records()?.contains(&id),
        trail,
        details: settings.details,
    };
    let is_theirs = acting.is_other() && scene.trail.record.patient == acting.patient;
    // The list is not read for one record.
    let own: Vec<_> = match is_mine {
        true => session.record_index(actor.as_ref()).numbered_one(&session, &me, id)?,
        false if is_theirs => {
            let mut theirs = session.numbered_records_of(&acting.patient)?.into_iter();
            theirs.find(|one| one.id == id)
        }
        false => None,
    }
    .into_iter()
    .collect();
    if let (true, [one]) = (is_mine, own.as_slice()) {
        news::tell_of(&session, actor.as_ref(), one, output);
        catch_up::run_with(&session, actor.as_ref(), &own, &scene.names, output);
    }
    let record_names = acting.record_names(&session, actor.as_ref(), &own)?;
    let own = session.own_records(&acting.patient, own)?.pop();
    let readers = match &own {
        Some(own) => own.readers.clone(),
        None => session.readers_of(id, &scene.trail.record)?,
    };
    let mut openings = match &own {
        Some(own) => session.openings_of(own)?,
        None => BTreeMap::new(),
    };
    if let Some(actor) = actor.as_ref().filter(|_| is_mine) {
        let latest = scene.trail.record.version;
        session.try_keys_on_chain(actor, (id, latest), &mut openings, &mut rng())?;
        session.tell_without_key(actor, id, &mut openings, &mut rng());
    }
    let (versions, version_lines) = scene.versions()?;
    let mut text = scene.title(&record_names);
    let is_unfinished = unerased(&session, output)?.contains(&id);
    match (scene.is_erased, is_unfinished) {
        (_, true) => text.push_str("\nNOT WHOLLY ERASED: a vault may still keep it; repeat mrms erase with its number or id when all vaults can be reached"),
        (true, false) => {
            text.push_str("\nERASED: the vaults deleted what they kept of it, as you asked");
        }
        (false, false) => {}
    }
    text.push_str("\nversions");
    version_lines.iter().for_each(|line| text.push_str(line));
    text.push_str(&scene.reader_lines(&readers, &openings, own.as_ref(), args));
    let record = &scene.trail.record;
    let entries = counted(record.audit_count, "entry", "entries");
    text.push_str(&match (settings.details, record_names.number(id)) {
        (true, _) => format!("\nlog: {entries}, head {}", record.audit_head),
        (false, Some(number)) => {
            format!("\nits log has {entries}: {} audit {number}", acting.program())
        }
        (false, None) => {
            let typed = args.record.typed();
            let quotes = if typed.contains(' ') { "'" } else { "" };
            let program = acting.program();
            format!("\nits log has {entries}: {program} audit {quotes}{typed}{quotes}")
        }
    });
    output.result(
        &Shown {
            record_id: id,
            number: record_names.number(id),
            patient: &record.patient,
            patient_name: scene.names.name_of(&record.patient),
            version: record.version,
            versions,
            erased: scene.is_erased,
            erasure_unfinished: is_unfinished,
            grants: readers.iter().map(|reader| scene.grant(reader, &openings)).collect(),
            audit_entries: record.audit_count,
            audit_head: record.audit_head.to_string(),
        },
        &text,
    )
}

impl Scene<'_> {
    fn title(&self, record_names: &RecordNames) -> String {
        let patient = &self.trail.record.patient;
        let given = self.given_names();
        let whose = match (self.is_mine, self.details) {
            (true, false) => "yours".to_owned(),
            (true, true) => format!("of {patient} (you)"),
            (false, true) => format!("of {patient}"),
            (false, false) => {
                let own = self.names.name_of(patient);
                match given.as_ref().and_then(|given| given.patient_name()) {
                    Some(name) if own.is_none() => format!("of “{name}” ({})", end(patient)),
                    _ => format!("of {}", self.names.shown(patient)),
                }
            }
        };
        let name = given.as_ref().and_then(|given| given.record_name());
        let words = match name {
            Some(name) if !self.is_mine => format!("“{name}”"),
            _ => record_names.words(self.id),
        };
        match self.details {
            true => format!("{words}, {whose}\nid {}", self.id),
            false => format!("{words}, {whose}"),
        }
    }

    /// The names that the patient gave with somebody else's record, as far as they are at hand.
    fn given_names(&self) -> Option<ReceivedRecord> {
        let actor = self.actor.filter(|_| !self.is_mine)?;
        self.session.kept_of(actor, self.id).ok().flatten()
    }

    /// The versions, oldest first, and their lines.
    fn versions(&self) -> Result<(Vec<ShownVersion>, Vec<String>), Failure> {
        let (mut versions, mut lines) = (Vec::new(), Vec::new());
        for version in self.trail.record.version.up_to() {
            let Some(stored) = self.session.ask(&read::record_version(self.id, version))? else {
                continue;
            };
            let storage = ContentEnvelope::parse(&stored.encrypted_content)
                .map_or(Storage::Unknown, |envelope| envelope.storage().into());
            let label = match self.actor {
                Some(actor) if self.is_mine && !self.is_erased => {
                    self.session.label_of(actor, self.id, version, &mut rng())
                }
                _ => None,
            };
            let name = label.as_ref().and_then(|label| label.name()).map(str::to_owned);
            // Of a record of others the name of the newest version came with the grant.
            let is_newest = version == self.trail.record.version;
            let given = || Some(self.given_names()?.record_name()?.as_str().to_owned());
            let name = name.or_else(|| given().filter(|_| is_newest && !self.is_mine));
            let written = self.written(version);
            let day = match &written {
                Some(time) => short_times::day_and_time_of(time),
                None => {
                    format!("about {}", short_times::day(self.clock.time_of(stored.burn_height)))
                }
            };
            let missing = if self.is_erased { "(erased)" } else { "(name not at hand)" };
            let author = match self.details {
                true => stored.author.to_string(),
                false if stored.author == self.me => "you".to_owned(),
                false => cut(&in_column(&self.names, &stored.author), 24),
            };
            let shown = pad(name.as_deref().unwrap_or(missing), 24);
            lines.push(format!("\n{:>5}  {day:<18}  {shown}  by {author}", version.number()));
            versions.push(ShownVersion {
                version,
                author_name: self.names.name_of(&stored.author).map(str::to_owned),
                author: stored.author,
                written,
                burn_height: stored.burn_height,
                content_hash: stored.content_hash.to_string(),
                storage,
                name,
            });
        }
        Ok((versions, lines))
    }

    /// When a version was written: the time of its entry's block.
    fn written(&self, version: Version) -> Option<String> {
        let wrote = |action: &str| matches!(action, "create" | "create-for" | "amend");
        let line = self.trail.lines.iter().find(|line| {
            line.index.is_some() && line.version == Some(version.number()) && wrote(&line.action)
        })?;
        line.time.clone()
    }

    /// Who can open it, and apart from them those whose access has ended.
    fn reader_lines(
        &self,
        readers: &[Reader],
        openings: &BTreeMap<Principal, Openings>,
        own: Option<&OwnRecord>,
        args: &ShowArgs,
    ) -> String {
        let (live, ended): (Vec<_>, Vec<_>) = readers.iter().partition(|reader| reader.now.is_ok());
        let mut text = match (live.as_slice(), self.seeing.as_slice()) {
            ([], []) => "\nnobody else can open it".to_owned(),
            _ => "\nwho can open it".to_owned(),
        };
        for one in &self.seeing {
            let end = short_times::until(one.delegation.expiry, self.clock);
            let user = self.user(&one.user);
            text.push_str(&format!("\n  {user}  {end}, as a delegate who may see every record"));
        }
        for reader in &live {
            let theirs = own.map(|_| openings.get(&reader.user).cloned().unwrap_or_default());
            let Ok((rights, from)) = reader.now else { continue };
            let reach = reach_words(rights, from, reader.is_by_standing(self.clock.height));
            let opened = theirs.map(|theirs| format!("; {}", opened_words(&theirs, self.clock)));
            text.push_str(&format!(
                "\n  {}  {}, {}\n{}",
                self.user(&reader.user),
                short_times::until(reader.until(self.clock.height), self.clock),
                rights_words(rights),
                wrap(&format!("      {reach}{}", opened.unwrap_or_default()), 6),
            ));
            if self.details {
                text.push_str(&format!(
                    "\n      {rights}, from version {from}, {}",
                    match reader.until(self.clock.height) {
                        Some(height) => format!("closed at burn height {height}"),
                        None => "no expiry".to_owned(),
                    }
                ));
            }
        }
        if ended.is_empty() {
            return text;
        }
        if args.all || self.details {
            text.push_str("\nwhose access has ended");
            for reader in ended {
                let why = match &reader.now {
                    Err(error) if self.details => error.to_string(),
                    _ => short_times::ended(reader.expired(), self.clock),
                };
                let opened = openings
                    .get(&reader.user)
                    .map(|theirs| format!("; {}", opened_words(theirs, self.clock)));
                let user = self.user(&reader.user);
                let line = format!("  {user}  {why}{}", opened.unwrap_or_default());
                text.push_str(&format!("\n{}", wrap(&line, 6)));
            }
        } else {
            let count = ended.len();
            let others = if count == 1 { "other" } else { "others" };
            text.push_str(&format!(
                "\nthe access of {count} {others} has ended: --all shows whose"
            ));
        }
        text
    }

    fn user(&self, user: &Principal) -> String {
        match self.details {
            true => format!("{} ({user})", in_column(&self.names, user)),
            false => pad(&in_column(&self.names, user), 24),
        }
    }

    fn grant(&self, reader: &Reader, openings: &BTreeMap<Principal, Openings>) -> ShownGrant {
        let expiry = reader.grant.and_then(|grant| grant.expiry);
        let theirs = openings.get(&reader.user).cloned().unwrap_or_default();
        let (rights, from_version) = reader.now.as_ref().ok().copied().unzip();
        let state = if reader.now.is_ok() { GrantState::Open } else { GrantState::Closed };
        ShownGrant {
            user: reader.user.clone(),
            user_name: self.names.name_of(&reader.user).map(str::to_owned),
            state,
            rights,
            from_version,
            expiry,
            expires_at: times::expires_at(expiry, self.clock),
            all_records: reader.is_by_standing(self.clock.height),
            openings: theirs.count,
            openings_without_key: theirs.without_key,
            key_on_chain: theirs.key_on_chain.is_there(),
            key_opens: theirs.key_on_chain == KeyOnChain::Opens,
            last_opened: theirs.last.map(|height| times::rfc3339(self.clock.time_of(height))),
        }
    }
}

/// Which versions are open.
fn reach_words(rights: Rights, from: Version, by_standing: bool) -> String {
    match by_standing {
        true => "like all your records, later ones too".to_owned(),
        false if rights.includes_history() || from == Version::FIRST => "every version".to_owned(),
        false => format!("version {from} and later ones"),
    }
}
