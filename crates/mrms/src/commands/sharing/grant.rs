//! `mrms grant`: lets another account open a record.

use clap::Args;
use mrms_app::session::vaults::MemberError;
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_core::{BurnClock, BurnHeight, Principal, RecordId, Rights, Version};

use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::refusal_failure;
use crate::ui::results::sharing::Granted;
use crate::ui::times;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "A second grant to the same account replaces the first. The end is counted in \
    burn blocks of about ten minutes, so the time is an estimate.\n\n\
    Examples:\n  \
    mrms grant 123 ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC --for 30d\n  \
    mrms grant 123 ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC --until 2027-01-31"
)]
pub(crate) struct GrantArgs {
    /// Id of the record, one of your own.
    id: RecordId,
    /// Principal of the account that may open it; mrms key show prints it for its owner.
    user: Principal,
    /// End the grant after this time: 90m, 12h, 30d or 8w. Without --for, --until and --expiry: the
    /// grant holds until you revoke it.
    #[arg(long = "for", value_name = "DURATION", group = "end")]
    duration: Option<String>,
    /// End the grant with this day, such as 2027-01-31, or at this time (RFC 3339), such as
    /// 2027-01-31T18:00:00Z.
    #[arg(long, value_name = "DATE", group = "end")]
    until: Option<String>,
    /// End the grant at this burn height; at that height it is closed.
    #[arg(long, value_name = "HEIGHT", group = "end")]
    expiry: Option<BurnHeight>,
    /// Also let them add versions.
    #[arg(long)]
    amend: bool,
    /// Also let them open versions from before this grant. Without it: the latest version and later
    /// ones.
    #[arg(long)]
    history: bool,
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
    sign: SignArgs,
}

const DIRECT: &str = "Direct sharing puts the key of these versions on a public chain, wrapped for \
    this reader: they can open them at any time and without an entry in the log, even after the \
    grant has ended. Versions that you add after a revoke stay closed to them.";

pub(crate) fn grant(args: &GrantArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    if args.direct {
        confirm(&format!("{DIRECT} Go ahead?"), settings.yes)?;
    }
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    if !args.direct {
        home.must_be_reached_by(&args.user, &settings.home)?;
    }
    home.fund(&actor)?;
    let clock = home.session().ledger.tip()?.clock();
    let expiry = expiry(args, clock)?;
    let mut rights = if args.emergency { Rights::EMERGENCY } else { Rights::READ };
    if args.amend {
        rights = rights.with(Rights::AMEND);
    }
    if args.history {
        rights = rights.with(Rights::HISTORY);
    }
    let consent = Consent::of_flag(args.accept_changed_key);
    let changed_key = changed_key::settle(&home.session(), &args.user, consent, output)?;
    let sharing = if args.direct { Sharing::Direct } else { Sharing::Sealed };
    let terms = GrantTerms { rights, expiry, sharing, changed_key };
    let granted = home.session().grant(&actor, args.id, &args.user, terms, &mut rng())?;
    let Some(granted) = args.sign.done(granted, output)? else { return Ok(()) };
    note_missing(&granted.missing, output);
    output.result(
        &Granted {
            record_id: args.id,
            user: &args.user,
            expiry: granted.expiry,
            expires_at: times::expires_at(granted.expiry, clock),
            rights,
            txid: granted.txid,
        },
        &format!(
            "{} may {} record {} {}\n  transaction {}{}",
            args.user,
            match (args.amend, args.emergency) {
                (true, _) => "open and add to",
                (_, true) => "in an emergency open",
                _ => "open",
            },
            args.id,
            times::expiry_words(granted.expiry, clock),
            granted.txid,
            keys_line(sharing, &granted.versions),
        ),
    )
}

fn expiry(args: &GrantArgs, clock: BurnClock) -> Result<Option<BurnHeight>, Failure> {
    if let Some(text) = &args.duration {
        return Ok(Some(clock.expiry_in(times::parse_duration(text)?)));
    }
    if let Some(text) = &args.until {
        let time = times::parse_time(text)?;
        return clock
            .expiry_at(time)
            .map(Some)
            .ok_or_else(|| refusal_failure(mrms_contract::ContractError::ExpiryInPast));
    }
    Ok(args.expiry)
}

fn keys_line(sharing: Sharing, versions: &[Version]) -> String {
    match (sharing, versions) {
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
