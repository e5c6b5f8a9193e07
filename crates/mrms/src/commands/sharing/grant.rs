//! `mrms grant`: lets another account open a record.

use clap::Args;
use mrms_app::session::vaults::MemberError;
use mrms_app::sharing::grant::{GrantTerms, Granted, LiveGrant, Sharing};
use mrms_core::{BurnClock, BurnHeight, Principal, RecordId, Rights, UnixTime, Version};

use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::by_request;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::own_name::OwnName;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::{Output, confirm};
use crate::ui::results::sharing::{GrantBefore, Granted as GrantedResult};
use crate::ui::times;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "You must say how long: --for, --until, --expiry or --forever. A second grant to the \
    same account replaces the first; it keeps what they may do, unless you say otherwise. The end is \
    counted in burn blocks of about ten minutes, so the time is an estimate.\n\n\
    Examples:\n  \
    mrms grant 123 ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC --for 30d\n  \
    mrms grant 123 ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC --until 2027-01-31"
)]
pub(crate) struct GrantArgs {
    /// Id of the record, one of your own.
    #[arg(required_unless_present = "request")]
    id: Option<RecordId>,
    /// Principal of the account that may open it; mrms key show prints it for its owner.
    #[arg(required_unless_present = "request", conflicts_with = "request")]
    user: Option<Principal>,
    /// Grant what somebody asks for: the text of their request, a file with it, or a picture of its QR
    /// code. It is shown before anything is granted. The end may be sooner than they ask for.
    #[arg(long, value_name = "REQUEST")]
    request: Option<String>,
    /// End the grant after this time: 90min, 12h, 30d or 8w.
    #[arg(long = "for", value_name = "DURATION", group = "end")]
    duration: Option<String>,
    /// End the grant at this time: the end of a day, such as 2027-01-31; a local time, such as
    /// 2027-01-31T18:00; or a time with its offset or zone, such as 2027-01-31T18:00+01:00,
    /// 2027-01-31T17:00Z or 2027-01-31T18:00[Europe/Berlin].
    #[arg(long, value_name = "TIME", group = "end")]
    until: Option<String>,
    /// End the grant at this burn height; at that height it is closed.
    #[arg(long, value_name = "HEIGHT", group = "end")]
    expiry: Option<BurnHeight>,
    /// Let the grant hold until you revoke it.
    #[arg(long, group = "end")]
    forever: bool,
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

pub(crate) fn grant(args: &GrantArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let has_end =
        args.duration.is_some() || args.until.is_some() || args.expiry.is_some() || args.forever;
    let end = (has_end || args.request.is_none()).then(|| End::of(args)).transpose()?;
    if args.direct {
        confirm(&format!("{DIRECT} Go ahead?"), settings.yes)?;
    }
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let clock = home.session().ledger.tip()?.clock();
    let end = end.map(|end| end.expiry(clock)).transpose()?;
    let asked = match &args.request {
        Some(given) => {
            let names = settings.home.names(Some(&actor))?;
            Some(by_request::read_request(given, &home.session(), &actor, &names, output)?)
        }
        None => None,
    };
    let (id, user, expiry) = match (&asked, args.id, &args.user) {
        (Some(asked), id, _) => {
            let id = id.map_or_else(|| asked.record(), Ok)?;
            (id, asked.user.clone(), asked.expiry(end, clock)?)
        }
        (None, Some(id), Some(user)) => (id, user.clone(), end.flatten()),
        _ => return Err(Failure::usage("say which record, and who may open it")),
    };
    if asked.is_some() {
        home.session().ledger.step_aside();
        confirm("Grant this?", settings.yes)?;
    }
    if !args.direct {
        home.must_be_reached_by(&user, &settings.home)?;
    }
    home.fund(&actor)?;
    let live = home.session().live_grant(&actor, id, &user)?;
    let rights = Wanted::of(args).rights(live)?;
    if args.direct && !rights.may_read() {
        return Err(Failure::usage(
            "their grant is for emergencies only, and a key on chain is not",
        )
        .hint("leave out --direct, or let them read with --read-only"));
    }
    let consent = Consent::of_flag(args.accept_changed_key);
    let changed_key = changed_key::settle(&home.session(), Some(&actor), &user, consent, output)?;
    args.own_name.remember(&home.session(), &actor)?;
    let sharing = if args.direct { Sharing::Direct } else { Sharing::Sealed };
    let terms = GrantTerms { rights, expiry, sharing, changed_key };
    let granted = home.session().grant(&actor, id, &user, terms, &mut rng())?;
    let Some(granted) = args.sign.done(granted, output)? else { return Ok(()) };
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
    output.result(
        &GrantedResult {
            record_id: id,
            user: &user,
            expiry: granted.expiry,
            expires_at: times::expires_at(granted.expiry, clock),
            rights,
            txid: granted.txid,
            from_version: granted.from_version,
            before: granted.before.map(|before| GrantBefore {
                rights: before.rights,
                expiry: before.expiry,
                expires_at: times::expires_at(before.expiry, clock),
            }),
            left_out_versions: granted.left_out_versions.iter().map(Into::into).collect(),
        },
        &format!(
            "{} may {} record {} {}{}\n  transaction {}{}{}",
            user,
            match (rights.may_amend(), rights.may_read()) {
                (true, _) => "open and add to",
                (_, false) => "in an emergency open",
                _ => "open",
            },
            id,
            times::expiry_words(granted.expiry, clock),
            change_lines(&granted, rights, clock),
            granted.txid,
            keys_line(sharing, &granted),
            reach_line(&granted, rights),
        ),
    )
}

/// When a grant is to end, as the person said. It is never assumed.
enum End {
    /// Seconds.
    After(u64),
    At(UnixTime),
    Height(BurnHeight),
    Never,
}

impl End {
    fn of(args: &GrantArgs) -> Result<Self, Failure> {
        match (&args.duration, &args.until, args.expiry, args.forever) {
            (Some(text), ..) => times::grant_duration(text).map(Self::After),
            (_, Some(text), ..) => times::grant_end(text).map(Self::At),
            (_, _, Some(height), _) => Ok(Self::Height(height)),
            (_, _, _, true) => Ok(Self::Never),
            _ => Err(Failure::usage("say how long they may open it")
                .hint("--for 30d, --until 2027-01-31, or --forever: until you revoke it")),
        }
    }

    fn expiry(&self, clock: BurnClock) -> Result<Option<BurnHeight>, Failure> {
        match *self {
            Self::After(seconds) => Ok(Some(clock.expiry_in(seconds))),
            Self::At(time) => times::expiry_until(time, clock).map(Some),
            Self::Height(height) => times::check_expiry(height, clock).map(Some),
            Self::Never => Ok(None),
        }
    }
}

/// What the person said about rights.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    amend: bool,
    history: bool,
    read_only: bool,
    emergency: bool,
}

impl Wanted {
    fn of(args: &GrantArgs) -> Self {
        let GrantArgs { amend, history, read_only, emergency, .. } = *args;
        Self { amend, history, read_only, emergency }
    }

    /// The rights to grant. A live grant's rights are kept unless the person said otherwise; but only
    /// those that this profile remembers, since a ledger elsewhere could invent some.
    fn rights(self, live: Option<LiveGrant>) -> Result<Rights, Failure> {
        let kept = match live {
            Some(live) if live.is_remembered => live.rights,
            Some(LiveGrant { rights, .. }) if rights != Rights::READ && self.is_silent() => {
                return Err(Failure::usage(format!(
                    "the ledger says that they have {rights}, and this profile does not remember that"
                ))
                .hint("say what they may do: --read-only, or --amend, --history, --emergency"));
            }
            _ => Rights::READ,
        };
        let rights = if self.emergency {
            Rights::EMERGENCY
        } else if self.read_only {
            Rights::READ
        } else if self.amend {
            let history = kept.includes_history();
            let rights = Rights::READ.with(Rights::AMEND);
            if history { rights.with(Rights::HISTORY) } else { rights }
        } else {
            kept
        };
        Ok(if self.history { rights.with(Rights::HISTORY) } else { rights })
    }

    const fn is_silent(self) -> bool {
        !(self.amend || self.history || self.read_only || self.emergency)
    }
}

/// What the grant replaced, where something changed.
fn change_lines(granted: &Granted, rights: Rights, clock: BurnClock) -> String {
    let Some(before) = &granted.before else { return String::new() };
    let old = before.rights.map_or_else(|| "nothing".to_owned(), |rights| rights.to_string());
    format!(
        "\n  before       {old}, {}\n  now          {rights}, {}",
        times::expiry_words(before.expiry, clock),
        times::expiry_words(granted.expiry, clock),
    )
}

/// Which versions are open to them.
fn reach_line(granted: &Granted, rights: Rights) -> String {
    let from = granted.from_version;
    if rights.includes_history() {
        return "\n  they can open every version".to_owned();
    }
    let later = format!("\n  they can open version {from} and later ones");
    match granted.before {
        _ if from < granted.keys_from => format!(
            "{later} by the ledger's word. This profile does not remember that it gave those before version {}, and gave no key of them: --history does",
            granted.keys_from
        ),
        Some(_) if from < granted.latest => format!(
            "{later}: what the grant before opened stays open. To close it, revoke and grant again"
        ),
        _ => later,
    }
}

fn keys_line(sharing: Sharing, granted: &Granted) -> String {
    let present = granted.latest.up_to().filter(|version| *version >= granted.keys_from);
    let left_out = granted.left_out_versions.len();
    match (sharing, granted.versions.as_slice()) {
        (_, []) if left_out > 0 && left_out == present.count() => {
            "\n  no version that is there now can be opened; those that you add can".to_owned()
        }
        (_, []) => "\n  no key had to be shared: they have it already".to_owned(),
        (Sharing::Sealed, versions) => format!(
            "\n  key of {} left with the vault: released against an entry in the log, each time",
            versions_words(versions)
        ),
        (Sharing::Direct, versions) => {
            format!("\n  key of {} shared on chain", versions_words(versions))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn live(rights: Rights, is_remembered: bool) -> Option<LiveGrant> {
        Some(LiveGrant { rights, is_remembered })
    }

    #[test]
    fn renewing_keeps_rights_unless_told() {
        let amend = Rights::READ.with(Rights::AMEND);
        let all = amend.with(Rights::HISTORY);
        let silent = Wanted::default();
        let history = Wanted { history: true, ..silent };
        let adding = Wanted { amend: true, ..silent };
        let read_only = Wanted { read_only: true, ..silent };
        let emergency = Wanted { emergency: true, ..silent };
        for (wanted, before, expected) in [
            (silent, None, Rights::READ),
            (silent, live(all, true), all),
            (silent, live(Rights::EMERGENCY, true), Rights::EMERGENCY),
            (history, live(amend, true), all),
            (adding, live(Rights::READ.with(Rights::HISTORY), true), all),
            (adding, live(Rights::EMERGENCY, true), amend),
            (read_only, live(all, true), Rights::READ),
            (emergency, live(all, true), Rights::EMERGENCY),
            (adding, live(all, false), amend),
            (silent, live(Rights::READ, false), Rights::READ),
        ] {
            assert_eq!(wanted.rights(before).unwrap(), expected, "{wanted:?} {before:?}");
        }
    }

    #[test]
    fn rights_that_only_the_ledger_knows_are_not_kept_in_silence() {
        let amend = Rights::READ.with(Rights::AMEND);
        let refused = Wanted::default().rights(live(amend, false)).unwrap_err();
        assert!(refused.hint.unwrap().contains("--read-only"));
    }
}
