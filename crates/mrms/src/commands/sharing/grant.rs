//! `mrms grant`: lets other accounts open records.

use clap::Args;
use mrms_app::Actor;
use mrms_app::session::vaults::MemberError;
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_app::sharing::wanted::Wanted;
use mrms_contract::read;
use mrms_core::{BurnClock, BurnHeight, Powers, Principal, RecordId, Rights, Version};
use mrms_home::{Names, OpenHome};

use super::all_records::{self, AllRecords};
use super::catch_up;
use super::granted::granted_words;
use super::several::{Tally, records_and_people};
use super::sooner::Sooner;
use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::by_request;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::end::EndArgs;
use crate::commands::sharing::own_name::OwnName;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::output::{Output, confirm};
use crate::ui::record_ref::RecordRef;
use crate::ui::results::sharing::{GrantBefore, Granted as GrantedResult};
use crate::ui::someone::Someone;
use crate::ui::{news, times};
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "You must say how long: --for, --until, --expiry or --forever. A second grant to the \
    same account replaces the first; it keeps what they may do, unless you say otherwise. The end is \
    counted in steps of about ten minutes: never before what you say, at most a step after it. With several records and \
    people, each grant is told; one that fails stops none of the others, and the exit code is that \
    of the worst.\n\n\
    Examples:\n  \
    mrms grant 5 --to 'Clinic B' --for 30d\n  \
    mrms grant 'Blood test, May' 5 7-9 --to 'Clinic A' --until friday\n  \
    mrms grant all --to 'Dr Example' --for '2 weeks'\n  \
    mrms grant --all-records --to 'Dr Example' --for 365d\n  \
    mrms grant 123 ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC --until 2027-01-31"
)]
pub(crate) struct GrantArgs {
    /// The records, of your own: numbers in mrms list, ranges such as 7-9, all, labels, or ids.
    /// Without --to the last one names the person.
    #[arg(value_name = "RECORD", required_unless_present_any = ["request", "all_records"])]
    records: Vec<String>,
    /// Who may open them: a name among your people, or a principal; may be given more than once.
    #[arg(long, value_name = "NAME")]
    to: Vec<Someone>,
    /// Grant what somebody asks for: the text of their request, a file with it, or a picture of its QR
    /// code. It is shown before anything is granted. Name your records, unless it names one; the end may
    /// be sooner than they ask for.
    #[arg(long, value_name = "REQUEST", conflicts_with = "to")]
    request: Option<String>,
    /// Let them open all your records, every version, and later records too. They get the keys of all
    /// that is there now; if that is interrupted, the next command goes on with it. A grant or a revoke
    /// of a single record goes before it.
    #[arg(long, conflicts_with_all = ["request", "direct", "history"])]
    all_records: bool,
    #[command(flatten)]
    end: EndArgs,
    /// Also let them add versions.
    #[arg(long)]
    amend: bool,
    /// Also let them open versions from before this grant. Without it: the latest version and later
    /// ones, and what a grant that is still live opens to them.
    #[arg(long)]
    history: bool,
    /// Let them open the record and no more, also where a grant that is still live allows more.
    #[arg(long, conflicts_with_all = ["amend", "emergency"])]
    read_only: bool,
    /// Let them open the record only after they declare an emergency, with a reason that you can
    /// read. Without it: they can open it at any time while the grant is live.
    #[arg(long, conflicts_with_all = ["amend", "direct"])]
    emergency: bool,
    /// Share without a vault: put the key onto the ledger, encrypted for them. They can then open
    /// these versions without an entry in the log, also after the grant ended. Without it: vaults
    /// release the key, against an entry each time.
    #[arg(long)]
    direct: bool,
    /// Trust their new key if it changed since you last shared with them; compare the fingerprint
    /// with them first. Without it: the command shows both fingerprints and asks.
    #[arg(long)]
    accept_changed_key: bool,
    #[command(flatten)]
    own_name: OwnName,
    #[command(flatten)]
    sign: SignArgs,
}

const DIRECT: &str = "Direct sharing puts the key of these versions on a public chain, wrapped for \
    this reader: they can open them at any time and without an entry in the log, even after the \
    grant has ended. Versions that you add after a revoke stay closed to them.";

/// What `--for` and the others say the end of.
const WHAT_ENDS: &str = "they may open it";

/// One grant of several: what all of them have in common.
struct Granting<'g> {
    args: &'g GrantArgs,
    settings: &'g Settings,
    output: Output,
    actor: Actor,
    home: OpenHome,
    names: Names,
    record_names: RecordNames,
    clock: BurnClock,
    expiry: Option<BurnHeight>,
}

pub(crate) fn grant(args: &GrantArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    if args.all_records && settings.acting_for.is_some() {
        return Err(Failure::usage("access to all records is the patient's own to give")
            .hint("name records, or all: those that are there now"));
    }
    if args.all_records {
        let all = AllRecords {
            typed: &args.records,
            people: &args.to,
            wanted: wanted(args),
            end: args.end.must_be_said(WHAT_ENDS)?,
            accept_changed_key: args.accept_changed_key,
            own_name: &args.own_name,
            sign: &args.sign,
        };
        return all_records::grant(&all, settings, output);
    }
    // A request says for how long; the person may say less.
    let end = match &args.request {
        Some(_) => args.end.said()?,
        None => Some(args.end.must_be_said(WHAT_ENDS)?),
    };
    let (records, people) = match &args.request {
        Some(_) => (args.records.iter().map(|text| RecordRef::of(text)).collect(), Vec::new()),
        None => records_and_people(&args.records, &args.to, "--to")?,
    };
    if args.direct {
        confirm(&format!("{DIRECT} Go ahead?"), settings.yes)?;
    }
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let names = settings.home.names(Some(&actor))?;
    let mut users = Vec::new();
    for one in &people {
        let user = one.resolve(&names)?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let session = home.session();
    let acting = Acting::of(settings, &session, Some(&actor), Some(Powers::SHARE), output)?;
    let asked = match &args.request {
        Some(given) => Some(by_request::read_request(given, &session, &actor, &names, output)?),
        None => None,
    };
    let ids = match &asked {
        Some(asked) if records.is_empty() => vec![asked.record()?],
        _ => acting.find(&records, session, Some(&actor))?,
    };
    users.extend(asked.iter().map(|asked| asked.user.clone()));
    if !args.direct {
        users.iter().try_for_each(|user| home.must_be_reached_by(user, &settings.home))?;
    }
    args.sign.must_be_one(ids.len() * users.len())?;
    home.fund(&actor)?;
    let clock = session.ledger.tip()?.clock();
    let said = end.map(|end| end.expiry(clock)).transpose()?;
    let expiry = match &asked {
        Some(asked) => asked.expiry(said, clock)?,
        None => said.flatten(),
    };
    if let Some(end) = end {
        end.tell_shortest(output);
    }
    let numbered = session.numbered_records_of(&acting.patient)?;
    let granted: Vec<_> = numbered.iter().filter(|one| ids.contains(&one.id)).cloned().collect();
    let record_names = acting.record_names(&session, Some(&actor), &granted)?;
    if asked.is_some() {
        let mut text = "you would let them open".to_owned();
        for id in &ids {
            text.push_str(&format!("\n  {}", record_names.words(*id)));
        }
        output.note(&format!("{text}\n  {}", times::expiry_words(expiry, clock)));
        session.ledger.step_aside();
        confirm("Grant this?", settings.yes)?;
    }
    if !acting.is_other() {
        args.own_name.remember(&session, &actor)?;
        news::tell(&session, Some(&actor), &numbered, output);
        catch_up::run_with(&session, Some(&actor), &numbered, &names, output);
    }
    let granting =
        Granting { args, settings, output, actor, home, names, record_names, clock, expiry };
    granting.may_end_sooner(&users, &ids)?;
    let mut tally = Tally::new(ids.len() * users.len(), "granting", output);
    for user in &users {
        granting.to(user, &ids, &mut tally)?;
    }
    tally.end(Exit::Failed, "grant-incomplete", "grants were not made")
}

impl Granting<'_> {
    /// Asks before somebody's own access to one of these records ends sooner than it would.
    fn may_end_sooner(&self, users: &[Principal], ids: &[RecordId]) -> Result<(), Failure> {
        if Sooner::is_not_asked(self.settings) {
            return Ok(());
        }
        let session = self.home.session();
        let mut sooner = Sooner::than(self.expiry, self.clock);
        for user in users {
            let grants: Vec<_> = ids.iter().map(|id| read::grant(*id, user)).collect();
            for (id, had) in ids.iter().zip(session.ask_all(&grants)?) {
                let had = had.filter(|had| had.rights.is_some());
                had.iter().for_each(|had| sooner.note(&self.told(*id, user), had.expiry));
            }
        }
        sooner.confirm(&session, self.settings)
    }

    /// Grants each record to one person. Their key is asked about once.
    fn to(&self, user: &Principal, ids: &[RecordId], tally: &mut Tally) -> Result<(), Failure> {
        let consent = Consent::of_flag(self.args.accept_changed_key);
        let session = self.home.session();
        let settled = changed_key::settle(&session, Some(&self.actor), user, consent, self.output);
        let changed_key = match settled {
            Ok(changed_key) => changed_key,
            Err(failure) => return tally.none_of(ids, user, failure),
        };
        let sharing = if self.args.direct { Sharing::Direct } else { Sharing::Sealed };
        for id in ids {
            if tally.has_stopped() {
                break;
            }
            let ended = self.rights(*id, user).and_then(|rights| {
                let terms = GrantTerms { rights, expiry: self.expiry, sharing, changed_key };
                self.one(*id, user, terms)
            });
            tally.ended(*id, user, ended, &self.told(*id, user))?;
        }
        Ok(())
    }

    /// The end of access to all records, where they have that and it holds longer than this grant.
    fn longer_by_all(
        &self,
        id: RecordId,
        user: &Principal,
        expiry: Option<BurnHeight>,
    ) -> Result<Option<Option<BurnHeight>>, Failure> {
        let (session, now) = (self.home.session(), self.clock.height);
        let Some(record) = session.ask(&read::record(id))? else { return Ok(None) };
        let reader = session.reader(id, (&record.patient, user), now)?;
        let until = reader.until(now);
        Ok((reader.now.is_ok() && until != expiry).then_some(until))
    }

    fn told(&self, id: RecordId, user: &Principal) -> String {
        format!("{} to {}", self.record_names.words(id), self.names.shown(user))
    }

    fn rights(&self, id: RecordId, user: &Principal) -> Result<Rights, Failure> {
        let live = self.home.session().live_grant(&self.actor, id, user)?;
        let rights = wanted(self.args).rights(live).map_err(|error| {
            Failure::usage(error)
                .hint("say what they may do: --read-only, or --amend, --history, --emergency")
        })?;
        if self.args.direct && !rights.may_read() {
            return Err(Failure::usage(
                "their grant is for emergencies only, and a key on chain is not",
            )
            .hint("leave out --direct, or let them read with --read-only"));
        }
        Ok(rights)
    }

    /// Makes one grant, and tells it.
    fn one(&self, id: RecordId, user: &Principal, terms: GrantTerms) -> Result<(), Failure> {
        let Self { output, clock, .. } = *self;
        let session = self.home.session();
        let granted = session.grant(&self.actor, id, user, terms, &mut rng())?;
        let Some(granted) = self.args.sign.done(granted, output)? else { return Ok(()) };
        note_missing(&granted.missing, output);
        for closed in &granted.left_out_versions {
            let (version, why) = (closed.version, closed.why);
            output.note(&format!("they got no key of version {version}: {why}"));
        }
        if let Some(fingerprint) = granted.first_seen {
            output.note(&format!(
                "their key is new to this profile: compare {fingerprint} with mrms key show of theirs"
            ));
        }
        let who = as_subject(&self.names, user);
        let mut text = granted_words(&who, &self.record_names.words(id), terms, &granted, clock);
        if let Some(until) = self.longer_by_all(id, user, granted.expiry)? {
            text.push_str(&format!(
                "\n  they see all records as well, so this one stays open to them: {}",
                times::expiry_words(until, clock)
            ));
        }
        if self.settings.details {
            let height = granted.expiry.map_or("none".to_owned(), |height| height.to_string());
            text.push_str(&format!(
                "\n  account      {user}\n  record       {id}\n  burn height  {height}\n  transaction  {}",
                granted.txid
            ));
        }
        output.result(
            &GrantedResult {
                record_id: id,
                number: self.record_names.number(id),
                user,
                user_name: self.names.name_of(user),
                expiry: granted.expiry,
                expires_at: times::expires_at(granted.expiry, clock),
                rights: terms.rights,
                txid: granted.txid,
                from_version: granted.from_version,
                before: granted.before.map(|before| GrantBefore {
                    rights: before.rights,
                    expiry: before.expiry,
                    expires_at: times::expires_at(before.expiry, clock),
                }),
                left_out_versions: granted.left_out_versions.iter().map(Into::into).collect(),
            },
            &text,
        )
    }
}

fn wanted(args: &GrantArgs) -> Wanted {
    let GrantArgs { amend, history, read_only, emergency, .. } = *args;
    Wanted { amend, history, read_only, emergency }
}

/// Tells which vaults got no share. The other vaults are enough.
pub(crate) fn note_missing(missing: &[MemberError], output: Output) {
    for failure in missing {
        output.note(&format!(
            "a vault has no share, the others are enough: {failure}; mrms vault sync --keys leaves it one"
        ));
    }
}

/// Versions, for people.
pub(crate) fn versions_words(versions: &[Version]) -> String {
    let numbers: Vec<_> = versions.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [] => "no version".to_owned(),
        [one] => format!("version {one}"),
        many => format!("versions {}", many.join(", ")),
    }
}
