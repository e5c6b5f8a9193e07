//! `mrms hand-over offer` and `withdraw`: the former profile's part.

use std::io::{self, IsTerminal};

use clap::Args;
use mrms_app::succession::HandOverError;
use mrms_app::succession::offer::{Offered, Step};
use mrms_core::Principal;
use mrms_home::clock::{now, rng};
use mrms_people::name::{quotable, short};
use mrms_people::{Card, SignedDocument, document};

use super::stolen;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::unasked::by_node;
use crate::config::Settings;
use crate::ui::document::{ShowDocument, read_document, show_document, write_document};
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::done;
use crate::ui::output::{Output, confirm};
use crate::ui::results::succession::{
    HandOverStep, OfferedHandOver, OffersWereMine, WithdrawnHandOver,
};
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "For a new device, for words that somebody else may have, for a child who grows up. The \
    successor is a new profile that has done nothing as a patient. All records, grants, delegates and contacts \
    stay as they are and are theirs from the moment they accept; you can change nothing from then on. The text \
    that this prints has the keys to your earlier records, sealed to their key: nobody else can use it. It can be \
    made again at any time, by the same command. Whoever has your words now keeps what they could read.\n\n\
    Examples:\n  \
    mrms hand-over offer new-card.png -o for-my-new-device.txt\n  \
    mrms hand-over offer ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC"
)]
pub(crate) struct OfferArgs {
    /// To whom: the card of the new profile (its text, a file, or a picture of its QR code), a name among your people,
    /// or a principal.
    #[arg(value_name = "CARD|NAME")]
    to: String,
    /// Trust their key if it changed since you last saw it; compare the fingerprint with them first. Without it: the
    /// command shows both fingerprints and asks.
    #[arg(long)]
    accept_changed_key: bool,
    /// Hand over an organisation's account although people are on its staff: nobody can end that any more, and they go on
    /// opening what was granted to this account, until each patient revokes it.
    #[arg(long)]
    leave_staff: bool,
    #[command(flatten)]
    how: ShowDocument,
}

pub(super) fn run(args: &OfferArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    args.how.must_be_free()?;
    let card = card_of(&args.to)?;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let names = settings.home.names(Some(&actor))?;
    let to = match &card {
        Some(card) => {
            session.must_be_for_here(card.document())?;
            Principal::from(card.document().principal)
        }
        None => {
            args.to.parse::<Someone>().unwrap_or_else(|never| match never {}).resolve(&names)?
        }
    };
    let Principal::Standard(successor) = &to else {
        return Err(Failure::usage("a contract can take over nothing")
            .hint("name the account of a new profile: mrms key show prints it there"));
    };
    if to == actor.principal() {
        return Err(HandOverError::Oneself.into());
    }
    // A card that is handed over by hand says which key it is: one that is published instead would get everything.
    let consent = Consent::of_flag(args.accept_changed_key);
    match &card {
        Some(card) => {
            session.must_be_key_of(card.document())?;
            changed_key::settle_changed(&session, Some(&actor), &to, consent, output)?;
        }
        None => {
            if !io::stdin().is_terminal()
                && !args.accept_changed_key
                && let Ok(Some(new)) = session.new_recipient(&actor, &to)
            {
                let message = format!(
                    "nobody has compared the key that would get everything: fingerprint {}",
                    new.fingerprint
                );
                return Err(Failure::new(Exit::NotAllowed, "key-not-compared", message).hint(
                    "give their card in place of the name; or have its owner read you the fingerprint that mrms key show prints, and add --accept-changed-key if it is this one",
                ));
            }
            changed_key::settle(&session, Some(&actor), &to, consent, output)?;
        }
    }
    let shown = match &card {
        Some(card) if names.name_of(&to).is_none() => {
            let name = quotable(card.document().name.as_str()).to_string();
            format!("“{name}” ({}), by the card that you gave", short(&to))
        }
        _ => names.shown(&to),
    };
    let is_first = session.handed_over(&actor.principal())?.is_none()
        && session.offered_to(&actor.principal())?.as_ref() != Some(&to);
    if is_first {
        if !args.leave_staff {
            session.must_have_no_members(&actor.principal())?;
        }
        session.ledger.step_aside();
        confirm(
            &format!(
                "Offer everything to {shown}? Once they accept, they alone are the patient: they decide who may open \
                 your records, and you can change nothing and take nothing back. Go ahead?"
            ),
            settings.yes,
        )?;
    }
    home.fund(&actor)?;
    let offered = session.offer_succession(&actor, *successor, now(), &mut rng())?;
    let Some(offered) = done(offered, output)? else { return Ok(()) };
    tell(&offered, &to, &shown, args, output, names.name_of(&to))
}

/// The card that was given, if it is one; a name or a principal is none.
fn card_of(given: &str) -> Result<Option<SignedDocument<Card>>, Failure> {
    if given.trim().parse::<Principal>().is_ok() {
        return Ok(None);
    }
    match read_document(given) {
        Ok(bytes) => Ok(Some(SignedDocument::from_bytes(&bytes)?)),
        Err(failure) if failure.code == "file-not-found" && !document::begins_as_text(given) => {
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

fn tell(
    offered: &Offered,
    to: &Principal,
    shown: &str,
    args: &OfferArgs,
    output: Output,
    name: Option<&str>,
) -> Result<(), Failure> {
    let bytes = offered.document.to_bytes();
    if !offered.has_memory {
        output.note(
            "your people and your memory of grants are too many to travel: the new profile asks about each reader once",
        );
    }
    if output.is_json() {
        write_document(&bytes, &args.how)?;
        return output.object(&OfferedHandOver {
            to,
            to_name: name,
            step: match offered.step {
                Step::Offered => HandOverStep::Offered,
                Step::OfferedBefore => HandOverStep::OfferedBefore,
                Step::Accepted => HandOverStep::Accepted,
            },
            text: &offered.document.to_text(),
            file: args.how.output.as_deref(),
            with_memory: offered.has_memory,
        });
    }
    output.note(&match offered.step {
        Step::Accepted => format!("{shown} has taken over already; this is the text with the keys again"),
        Step::Offered | Step::OfferedBefore => format!(
            "offered to {shown}. In the new profile: mrms hand-over accept, with this text. Until then nothing \
             changes, and mrms hand-over withdraw takes it back.\n\
             Whoever has your words now keeps what they could read so far."
        ),
    });
    show_document(&bytes, &args.how, output)
}

pub(super) fn withdraw(settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let names = settings.home.names(Some(&actor))?;
    let withdrawn = home.session().withdraw_succession(&actor);
    let withdrawn = withdrawn.map_err(|error| by_node(error.into(), &home))?;
    let Some(to) = done(withdrawn, output)? else {
        return Ok(());
    };
    let session = home.session();
    let offers = session.past_offers(&actor.principal())?;
    let made_here = offers.last().is_none_or(|last| session.is_own_offer(last));
    let steps = if made_here { String::new() } else { format!("\n{}", stolen::OFFERED) };
    output.result(
        &WithdrawnHandOver { to: &to, to_name: names.name_of(&to), made_here },
        &format!("nothing is offered to {} any more{steps}", names.shown(&to)),
    )
}

pub(super) fn was_me(settings: &Settings, output: Output) -> Result<(), Failure> {
    // Whoever says so has the profile's words or its passphrase.
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let (session, me) = (home.session(), actor.principal());
    let before = session.at_once(&me)?;
    confirm(
        "Was it you who offered or handed over everything, on another device or with another program? If you say yes, you are \
         not warned of it any more.",
        settings.yes,
    )?;
    session.offers_were_mine(&me)?;
    let handed_over = before.handed_over.filter(|_| !before.is_own_successor);
    output.result(
        &OffersWereMine {
            offers: before.offered_elsewhere.len(),
            handed_over_to: handed_over.as_ref().map(|it| &it.to),
        },
        "it was you: you are not warned of it any more",
    )
}
