//! `mrms revoke`: ends another account's access to a record.

use clap::Args;
use mrms_app::sharing::revoke::revoking;
use mrms_contract::call;
use mrms_core::{Principal, RecordId};

use super::grant::versions_words;
use crate::commands::contract::sign::SignArgs;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::sharing::Revoked;

#[derive(Debug, Args)]
#[command(
    after_help = "The vaults delete what they kept for that account. A revoke takes nothing \
    back: what was opened or saved before stays with them. With -o, --chain, --nonce and --fee it is \
    signed without a ledger."
)]
pub(crate) struct RevokeArgs {
    /// Id of the record, one of your own.
    id: RecordId,
    /// Principal of the account whose access ends.
    user: Principal,
    #[command(flatten)]
    sign: SignArgs,
}

pub(crate) fn revoke(
    args: &RevokeArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let call = |_: &_| Ok(call::revoke_record_access(args.id, &args.user));
    if args.sign.sign_without_ledger(settings, output, call)?.is_some() {
        return Ok(());
    }
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    home.fund(&actor)?;
    let session = home.session();
    let revoked = match home.finished(&revoking(args.id, &args.user)) {
        // An earlier command had begun this very revoke, and it was finished when the home was opened.
        Some(txid) => session.revoked_before(args.id, &args.user, txid)?,
        None => {
            let revoked = session.revoke(&actor, args.id, &args.user)?;
            let Some(revoked) = args.sign.done(revoked, output)? else { return Ok(()) };
            revoked
        }
    };
    home.watch_own_vault();
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
            "{} can no longer open record {}\n  transaction {}\n  they opened {}\n  {}\n  {}\n  versions added from now on are closed to them",
            args.user,
            args.id,
            revoked.txid,
            if revoked.opened.is_empty() {
                "no version".to_owned()
            } else {
                format!("{}; what they saved then, they may keep", versions_words(&revoked.opened))
            },
            if revoked.exposed.is_empty() {
                "no key of this record is on chain for them".to_owned()
            } else {
                format!(
                    "the key of {} is on chain for them (direct sharing): they could still decrypt that from the public chain",
                    versions_words(&revoked.exposed)
                )
            },
            if revoked.closed.is_empty() {
                "there was no other version that they could have opened".to_owned()
            } else {
                format!(
                    "{} they could have opened and did not; it is closed to them now",
                    versions_words(&revoked.closed)
                )
            },
        ),
    )
}
