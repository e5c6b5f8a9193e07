//! `mrms grant` and `mrms revoke`: who may open a record, and until when.

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
use crate::ui::results::sharing::{Granted, Revoked};
use crate::ui::times;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// The record.
    id: RecordId,
    /// Who may open it: their principal (mrms key show).
    user: Principal,
    /// For how long from now: 90m, 12h, 30d or 8w.
    #[arg(long = "for", value_name = "DURATION", group = "end")]
    duration: Option<String>,
    /// Until the end of this day, or until this moment (RFC 3339).
    #[arg(long, value_name = "DATE", group = "end")]
    until: Option<String>,
    /// Until this burn block height, exclusive.
    #[arg(long, value_name = "HEIGHT", group = "end")]
    expiry: Option<BurnHeight>,
    /// They may also add versions.
    #[arg(long)]
    amend: bool,
    /// They may also open the versions from before this grant.
    #[arg(long)]
    history: bool,
    /// They may open it in an emergency, with a reason that you get to read, and not otherwise.
    #[arg(long, conflicts_with_all = ["amend", "direct"])]
    emergency: bool,
    /// Put the key on chain for them: they can open these versions at any time and without an
    /// entry, for good.
    #[arg(long)]
    direct: bool,
    /// Wrap the key to their new encryption key, where it has changed since you last shared.
    #[arg(long)]
    accept_changed_key: bool,
    #[command(flatten)]
    sign: SignArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The record.
    id: RecordId,
    /// Who may no longer open it.
    user: Principal,
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
    let place = args.sign.open(settings)?;
    if !args.direct {
        place.must_be_reached_by(&args.user, &settings.home)?;
    }
    place.fund(&actor)?;
    let clock = place.session().ledger.tip()?.clock();
    let expiry = expiry(args, clock)?;
    let mut rights = if args.emergency { Rights::EMERGENCY } else { Rights::READ };
    if args.amend {
        rights = rights.with(Rights::AMEND);
    }
    if args.history {
        rights = rights.with(Rights::HISTORY);
    }
    let consent = Consent::of_flag(args.accept_changed_key);
    let changed_key = changed_key::settle(&place.session(), &args.user, consent, output)?;
    let sharing = if args.direct { Sharing::Direct } else { Sharing::Sealed };
    let terms = GrantTerms { rights, expiry, sharing, changed_key };
    let granted = place.session().grant(&actor, args.id, &args.user, terms, &mut rng())?;
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

/// Says which vaults have no share, where the others are enough.
pub(crate) fn note_missing(missing: &[MemberError], output: Output) {
    for failure in missing {
        output.note(&format!(
            "a vault has no share, the others are enough: {failure}; mrms vault sync --keys leaves it one"
        ));
    }
}

fn versions_words(versions: &[Version]) -> String {
    let numbers: Vec<_> = versions.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [] => "no version".to_owned(),
        [one] => format!("version {one}"),
        many => format!("versions {}", many.join(", ")),
    }
}

pub(crate) fn revoke(
    args: &RevokeArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let place = args.sign.open(settings)?;
    place.fund(&actor)?;
    let revoked = place.session().revoke(&actor, args.id, &args.user)?;
    let Some(revoked) = args.sign.done(revoked, output)? else { return Ok(()) };
    place.watch_own_vault();
    output.result(
        &Revoked {
            record_id: args.id,
            user: &args.user,
            expiry: (),
            expires_at: (),
            txid: revoked.txid,
            versions_opened: &revoked.opened,
            versions_exposed: &revoked.exposed,
            versions_closed: &revoked.closed,
        },
        &format!(
            "{} can no longer open record {}\n  transaction {}\n  they opened {}; what they saved then, they may keep\n  {}\n  {}\n  versions added from now on are closed to them",
            args.user,
            args.id,
            revoked.txid,
            versions_words(&revoked.opened),
            if revoked.exposed.is_empty() {
                "no key of this record is on chain for them".to_owned()
            } else {
                format!(
                    "the key of {} is on chain for them (direct sharing): they could still decrypt that from the public chain",
                    versions_words(&revoked.exposed)
                )
            },
            if revoked.closed.is_empty() {
                "they left nothing unopened that they could have".to_owned()
            } else {
                format!(
                    "{} they could have opened and did not; it is closed to them now",
                    versions_words(&revoked.closed)
                )
            },
        ),
    )
}
