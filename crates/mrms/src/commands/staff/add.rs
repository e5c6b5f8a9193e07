//! `mrms staff add`: names somebody who opens for the organisation.

use std::path::Path;

use clap::Args;
use mrms_app::staff::administer::StaffError;
use mrms_app::staff::name::MemberTerms;
use mrms_core::Principal;
use mrms_home::clock::rng;
use mrms_people::FieldText;
use mrms_people::pasted::text_in;

use crate::commands::people::add::take_by_card;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::end::EndArgs;
use crate::commands::sharing::grant::note_missing;
use crate::commands::staff::tell_key;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::naming::as_subject;
use crate::ui::output::Output;
use crate::ui::results::staff::NamedMember;
use crate::ui::times;

#[derive(Debug, Args)]
#[command(
    after_help = "A member opens what your organisation was granted, in their own home and under their own \
    account; the log names you both. They get your organisation's key through the vaults, from a record of yours: the \
    staff key. You must say how long: --for, --until or --forever. Naming a member again changes the end.\n\n\
    Examples:\n  \
    mrms staff add quist.png --for 365d\n  \
    mrms staff add 'Dr Quist' --until 2027-03-31"
)]
pub(crate) struct AddArgs {
    /// Whom: a name among your people, a principal, or their card: its text, a file with it, or a picture
    /// of its QR code.
    #[arg(value_name = "CARD|NAME")]
    who: String,
    /// Your own name for them, where you give their card; at most 64 bytes. Without it: what they call
    /// themselves.
    #[arg(long, value_parser = FieldText::<64>::new)]
    name: Option<FieldText<64>>,
    #[command(flatten)]
    end: EndArgs,
    /// Trust their new key if it changed since you last shared with them; compare the fingerprint with
    /// them first. Without it: the command shows both fingerprints and asks.
    #[arg(long)]
    accept_changed_key: bool,
}

pub(super) fn run(args: &AddArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("staff add")?;
    let end = args.end.must_be_said("they are a member")?;
    let actor = settings.home.unlock()?;
    let member = whom(args, settings, output)?;
    if member == actor.principal() {
        return Err(StaffError::Oneself.into());
    }
    let home = settings.home.open()?;
    home.must_be_reached_by(&member, &settings.home)?;
    home.fund(&actor)?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let expiry = end.expiry(clock)?;
    let consent = Consent::of_flag(args.accept_changed_key);
    let changed_key = changed_key::settle(&session, Some(&actor), &member, consent, output)?;
    let terms = MemberTerms { expiry, changed_key };
    let named = session.name_member(&actor, &member, terms, settings.inline_limit, &mut rng())?;
    tell_key(&session, &actor, &named.key, output)?;
    note_missing(&named.missing, output);
    let names = settings.home.names(Some(&actor))?;
    let who = as_subject(&names, &member);
    output.result(
        &NamedMember {
            member: &member,
            member_name: names.name_of(&member),
            expiry,
            expires_at: times::expires_at(expiry, clock),
            key: named.key.version,
            txid: named.txid,
        },
        &format!(
            "{who} may open for you what you were granted, {}\n  they take the key with: mrms staff join",
            times::until_words(expiry, clock)
        ),
    )
}

/// Whom the person means. A card is taken in first, with its own questions.
fn whom(args: &AddArgs, settings: &Settings, output: Output) -> Result<Principal, Failure> {
    let given = args.who.as_str();
    let actor = settings.home.unlock()?;
    let resolved = settings.home.names(Some(&actor))?.resolve(given);
    let is_card = text_in(given).is_some() || given == "-" || Path::new(given).is_file();
    match resolved {
        Ok(principal) => Ok(principal),
        Err(_) if is_card => take_by_card(given, args.name.clone(), settings, output),
        Err(error) => Err(error.into()),
    }
}
