//! `mrms staff remove`: ends a membership, and begins a new key for those who stay.

use std::slice::from_ref;

use clap::Args;
use mrms_home::staff::KeyAfterwards;

use crate::commands::sharing::unasked::{by_node, must_not_come};
use crate::commands::staff::tell_key;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::naming::as_subject;
use crate::ui::output::{Output, confirm};
use crate::ui::results::staff::EndedMember;
use crate::ui::someone::{Someone, names_to_end};

#[derive(Debug, Args)]
#[command(
    after_help = "From the block on in which this stands, contract and vaults give them nothing any more for your \
    organisation, whatever keys they have kept. The new key is for what is shared with you from now on: those who stay \
    get it by themselves the next time they open something. Give your new card to those who share with you: they are asked \
    once whether you read them the new fingerprint, and later versions of what they shared reach you when they have granted \
    it again.\n\n\
    Examples:\n  \
    mrms staff remove 'Dr Quist'\n  \
    mrms staff remove 'Dr Quist' --keep-key"
)]
pub(crate) struct RemoveArgs {
    /// Whom: their name, or their principal.
    #[arg(value_name = "NAME")]
    who: Someone,
    /// Begin no new key, so that your card stays as it is. Whoever was removed opens nothing with the
    /// present one at a vault; what is put on chain for you with grant --direct they could read.
    #[arg(long)]
    keep_key: bool,
}

const QUESTION: &str = "This ends the membership and begins a new key for your organisation. Whoever shares with you will \
    be told that your key has changed, and asked once whether you read them the new fingerprint. Go ahead?";

pub(super) fn run(args: &RemoveArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("staff remove")?;
    let mut actor = settings.home.unlock()?;
    let names = names_to_end(from_ref(&args.who), &actor, settings, output)?;
    let member = args.who.resolve(&names)?;
    if !args.keep_key {
        confirm(QUESTION, settings.yes)?;
    }
    let home = settings.home.open()?;
    let key = if args.keep_key { KeyAfterwards::Stays } else { KeyAfterwards::New };
    let removed =
        home.remove_member(&settings.home, &mut actor, &member, key, settings.inline_limit);
    let removed = removed.map_err(|error| by_node(error.into(), &home))?;
    let (session, ended) = (home.session(), removed.ended);
    let who = as_subject(&names, &member);
    let new_key = removed.new_key.inspect_err(|_| {
        output.note(&format!(
            "{who} can no longer open anything for you; the new key is not done: repeat the command"
        ));
    })?;
    if let Some(new_key) = &new_key {
        tell_key(&session, &actor, &new_key.kept, output)?;
    }
    let fingerprint = new_key.as_ref().map(|new_key| &new_key.fingerprint);
    let mut text = match ended.txid {
        Some(_) => format!("{who} can no longer open anything for you"),
        None => format!("{who} was no member any more"),
    };
    match (fingerprint, ended.is_key_due) {
        (Some(fingerprint), _) => text.push_str(&format!(
            "\n  your new key has the fingerprint {fingerprint}: mrms card show gives your new card\n  what was shared with you before opens as before, for those who stay"
        )),
        (None, true) => text.push_str(
            "\n  your key is as it was; mrms staff remove without --keep-key begins a new one",
        ),
        (None, false) => {}
    }
    text.push_str("\n  what they opened before they may have kept");
    output.result(
        &EndedMember {
            member: &member,
            member_name: names.name_of(&member),
            txid: ended.txid,
            key: new_key.as_ref().map(|new_key| new_key.kept.version),
            fingerprint: fingerprint.cloned(),
            left_out: new_key
                .iter()
                .flat_map(|new_key| &new_key.kept.left_out)
                .map(|one| &one.user)
                .collect(),
        },
        &text,
    )?;
    must_not_come(&session, from_ref(&member))
}
