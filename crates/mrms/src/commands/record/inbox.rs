//! `mrms inbox`, `mrms accept` and `mrms refuse`: what others sent to you.

use std::borrow::Cow;

use clap::Args;
use mrms_app::records::handles::HandleError;
use mrms_app::records::inbox::{Inbox, Offer, OfferedContent, Withdrawn};
use mrms_app::{Actor, Session};
use mrms_core::{BurnClock, Principal};
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::name::short;

use crate::commands::sharing::catch_up;
use crate::config::Settings;
use crate::ui::columns::{SCREEN, cut, width};
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::title_of_others;
use crate::ui::outcome::done;
use crate::ui::output::Output;
use crate::ui::results::sharing::{AcceptedOffer, Offered, RefusedOffer, WithdrawnOffer};
use crate::ui::someone::{Someone, names_or_accounts};
use crate::ui::{short_times, times};

#[derive(Debug, Args)]
#[command(
    after_help = "What was sent can be read with mrms access before you accept it. Accepting makes it a \
    record of yours. At most 100 things of one sender are looked at; mrms profile ignore hides a sender."
)]
pub(crate) struct InboxArgs {
    /// Also list what you have refused.
    #[arg(long)]
    refused: bool,
    /// List what was sent to an organisation that you are a member of: its name or principal. Whoever
    /// administers it accepts.
    #[arg(long, value_name = "NAME", conflicts_with = "refused")]
    organisation: Option<Someone>,
}

/// Which of the things in the inbox.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// What was sent: its number in mrms inbox, a range such as 2-4, its name, or its id; or all.
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "From then on you decide who else may open it. Who wrote it stays with it.\n\n\
    Examples:\n  mrms accept 1\n  mrms accept all"
)]
pub(crate) struct AcceptArgs {
    #[command(flatten)]
    which: AnswerArgs,
    /// Accept also what you can't read, since its key did not come with it.
    #[arg(long)]
    even_unreadable: bool,
}

pub(crate) fn inbox(args: &InboxArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = settings.home.account()?.into();
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let names = names_or_accounts(args.organisation.as_slice(), actor.as_ref(), settings, output)?;
    if let Some(organisation) = &args.organisation {
        let organisation = organisation.resolve(&names)?;
        return inbox_of(&organisation, &session, &names, output);
    }
    if let Some(actor) = &actor {
        catch_up::run(&session, actor, &names, output);
    }
    let inbox = session.inbox(&me, actor.as_ref(), &mut rng())?;
    let listed = inbox.offers.iter().chain(inbox.refused.iter().filter(|_| args.refused));
    let listed: Vec<_> = listed.collect();
    if listed.is_empty() && !output.is_json() {
        output.text("nothing was sent to you that waits for an answer")?;
    }
    let digits = listed.iter().map(|offer| number(offer).len()).max().unwrap_or_default();
    for offer in &listed {
        output.result(
            &object(offer, &names, clock),
            &lines(offer, &names, clock, (digits, LOCKED)),
        )?;
    }
    for withdrawn in &inbox.withdrawn {
        tell_withdrawn(withdrawn, &names, output)?;
    }
    tell_rest(&inbox, args, actor.is_some(), output);
    Ok(())
}

/// Lists what was sent to an organisation. Its name can't be read here: it is sealed to the organisation's own account.
fn inbox_of(
    organisation: &Principal,
    session: &Session<'_>,
    names: &Names,
    output: Output,
) -> Result<(), Failure> {
    let clock = session.ledger.tip()?.clock();
    let inbox = session.inbox(organisation, None, &mut rng())?;
    let shown = names.shown(organisation);
    if inbox.offers.is_empty() && !output.is_json() {
        return output.text(&format!("nothing was sent to {shown} that waits for an answer"));
    }
    let digits = inbox.offers.iter().map(|offer| number(offer).len()).max().unwrap_or_default();
    for offer in &inbox.offers {
        output
            .result(&object(offer, names, clock), &lines(offer, names, clock, (digits, SEALED)))?;
    }
    output.note(&format!(
        "mrms access sN --organisation '{shown}' reads one; {shown} itself accepts: mrms accept"
    ));
    Ok(())
}

fn tell_withdrawn(withdrawn: &Withdrawn, names: &Names, output: Output) -> Result<(), Failure> {
    let Withdrawn { record, from, name } = withdrawn;
    let name = name.as_ref().map(|name| name.as_str());
    let what = name.map_or("something without a name".into(), title_of_others);
    let text = format!("withdrawn by its sender, {}: {what}", shown(names, from));
    let other_name = names.name_of(from);
    output.result(
        &WithdrawnOffer { record_id: *record, other: from, other_name, name },
        &cut(&text, SCREEN),
    )
}

fn tell_rest(inbox: &Inbox, args: &InboxArgs, is_unlocked: bool, output: Output) {
    if !inbox.refused.is_empty() && !args.refused {
        output.note(&format!("{} refused; --refused lists them", inbox.refused.len()));
    }
    if inbox.is_cut_short {
        output.note("others sent or shared more than was looked at");
    }
    for sender in &inbox.flooding {
        output.note(&format!("mrms profile ignore {sender} hides what they send"));
    }
    if output.is_json() {
        return;
    }
    if !is_unlocked && !inbox.offers.is_empty() {
        output.note("names are encrypted: mrms key unlock shows them for a while");
    } else if let Some(first) = inbox.offers.first() {
        let by_id = || format!("id:{}", first.record);
        let handle = first.number.map_or_else(by_id, |one| one.to_string());
        // A number alone could be that of a record of one's own.
        let shared = first.number.map_or_else(by_id, |one| format!("s{one}"));
        output.note(&format!(
            "mrms accept {handle} makes it yours; mrms access {shared} reads it; mrms refuse {handle} puts it away"
        ));
    }
}

fn number(offer: &Offer) -> String {
    offer.number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// Somebody in a list.
fn shown(names: &Names, principal: &Principal) -> String {
    match names.name_of(principal) {
        Some(_) => names.shown(principal),
        None => short(principal),
    }
}

/// In place of what something is called, while the profile is locked.
const LOCKED: &str = "(locked)";
/// The same of what was sent to an organisation: its own account alone reads that without opening it.
const SEALED: &str = "(opening it shows what it is)";

/// What it is called, as far as that can be read.
fn name_of(offer: &Offer) -> Option<&str> {
    match &offer.content {
        OfferedContent::Readable(name) => name.as_ref().map(|name| name.as_str()),
        OfferedContent::KeyMissing | OfferedContent::Locked => None,
    }
}

fn title<'o>(offer: &'o Offer, locked: &'static str) -> Cow<'o, str> {
    Cow::Borrowed(match &offer.content {
        OfferedContent::Readable(Some(name)) => return title_of_others(name.as_str()),
        OfferedContent::Readable(None) => "(no name)",
        OfferedContent::KeyMissing => "(its key is missing)",
        OfferedContent::Locked => locked,
    })
}

fn lines(
    offer: &Offer,
    names: &Names,
    clock: BurnClock,
    (digits, locked): (usize, &'static str),
) -> String {
    let begins = format!("{:>digits$}  ", number(offer));
    let when = offer.offered_at.map(|height| short_times::day(clock.time_of(height)));
    let ends = when.map_or_else(String::new, |when| format!("; {when}"));
    let room = SCREEN.saturating_sub(width(&begins) + width(&ends));
    let from = cut(&shown(names, &offer.from), room / 2);
    let title = cut(&title(offer, locked), room.saturating_sub(width(&from) + 2));
    let mut text = format!("{begins}{from}: {title}{ends}");
    let indent = " ".repeat(digits + 2);
    if offer.author != offer.from {
        let author = shown(names, &offer.author);
        text.push_str(&format!(
            "\n{indent}{}",
            cut(&format!("written by {author}"), SCREEN - digits - 2)
        ));
    }
    if offer.content == OfferedContent::KeyMissing {
        text.push_str(&format!("\n{indent}you could not read it: ask its sender to send it again"));
    }
    text
}

fn object<'a>(offer: &'a Offer, names: &'a Names, clock: BurnClock) -> Offered<'a> {
    Offered {
        number: offer.number,
        record_id: offer.record,
        name: name_of(offer),
        from: &offer.from,
        from_name: names.name_of(&offer.from),
        author: &offer.author,
        author_name: names.name_of(&offer.author),
        version: offer.version,
        offered_at: offer.offered_at.map(|height| times::rfc3339(clock.time_of(height))),
        readable: match offer.content {
            OfferedContent::Readable(_) => Some(true),
            OfferedContent::KeyMissing => Some(false),
            OfferedContent::Locked => None,
        },
    }
}

/// The offers that texts mean.
fn chosen(args: &AnswerArgs, inbox: &Inbox) -> Result<Vec<Offer>, Failure> {
    let mut chosen: Vec<Offer> = Vec::new();
    for text in &args.records {
        let is_all = text.trim().eq_ignore_ascii_case("all");
        if is_all && inbox.offers.is_empty() {
            continue;
        }
        let meant = inbox.find(text).map_err(|error| match error {
            HandleError::Nothing { text, near } => {
                let failure = Failure::new(
                    Exit::NotFound,
                    "not-offered",
                    format!("nothing in your inbox is {text:?}"),
                );
                failure.hint(match near.is_empty() {
                    true => "mrms inbox lists what was sent to you".to_owned(),
                    false => format!("it has {}", near.join("; ")),
                })
            }
            other => other.into(),
        })?;
        chosen.extend(meant.into_iter().cloned());
    }
    let mut known = std::collections::BTreeSet::new();
    chosen.retain(|offer| known.insert(offer.record));
    Ok(chosen)
}

/// Does something with each of the offers that were meant. What fails is told, and keeps no other from being done.
fn with_each(
    args: &AnswerArgs,
    settings: &Settings,
    output: Output,
    mut one: impl FnMut(&Session<'_>, &Actor, &Names, &Offer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let session = home.session();
    let names = settings.home.names(Some(&actor))?;
    let inbox = session.inbox(&actor.principal(), Some(&actor), &mut rng())?;
    let offers = chosen(args, &inbox)?;
    if offers.is_empty() && !output.is_json() {
        return output.text("nothing was sent to you that waits for an answer");
    }
    let mut failed = None;
    for offer in &offers {
        if let Err(failure) = one(&session, &actor, &names, offer) {
            if offers.len() > 1 {
                output.note(&format!("NOT DONE: {}: {}", title(offer, LOCKED), failure.message));
            }
            failed = Some(failure);
        }
    }
    catch_up::run(&session, &actor, &names, output);
    failed.map_or(Ok(()), Err)
}

pub(crate) fn accept(
    args: &AcceptArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    with_each(&args.which, settings, output, |session, actor, names, offer| {
        let id = offer.record;
        let accepted = session.accept_offer(actor, id, args.even_unreadable, &mut rng())?;
        let Some(from) = done(accepted, output)? else { return Ok(()) };
        let name = name_of(offer);
        let from_name = names.name_of(&from);
        let what = name.map_or("what was sent".into(), title_of_others);
        let what = cut(&what, 48);
        output.result(
            &AcceptedOffer { record_id: id, name, from: &from, from_name },
            &format!(
                "{what} is yours now, from {}\n  nobody else can open it, unless you grant it",
                cut(&shown(names, &from), 16)
            ),
        )
    })
}

pub(crate) fn refuse(
    args: &AnswerArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("refuse")?;
    with_each(args, settings, output, |session, actor, names, offer| {
        let from = session.refuse_offer(actor, offer.record, &mut rng())?;
        let name = name_of(offer);
        let from_name = names.name_of(&from);
        output.result(
            &RefusedOffer { record_id: offer.record, name, from: &from, from_name },
            &format!(
                "{}\n  is out of your inbox; its sender is not told",
                cut(&name.map_or("what was sent".into(), title_of_others), SCREEN)
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_label_takes_no_number_and_no_word_away() {
        for label in ["1", "#1", "all", "1-2", "77", "id:77"] {
            let inbox = Inbox {
                offers: vec![offer(1, 77, "ECG"), offer(2, 78, label)],
                refused: vec![offer(4, 104, label)],
                ..Inbox::default()
            };
            let meant = |text: &str| {
                let chosen = chosen(&AnswerArgs { records: vec![text.to_owned()] }, &inbox);
                chosen.unwrap().iter().map(|one| one.record.number()).collect::<Vec<_>>()
            };
            for one in ["1", "#1", "77", "id:77", "ecg"] {
                assert_eq!(meant(one), [77], "{label}: {one}");
            }
            // What was refused before is not meant by all.
            assert_eq!(meant("all"), [77, 78], "{label}");
            assert_eq!(meant("1-2"), [77, 78], "{label}");
            assert_eq!(meant("4"), [104], "{label}");
        }
    }

    fn offer(number: u64, id: u128, name: &str) -> Offer {
        let from: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let name = mrms_app::profile::received::RecordName::new(name).unwrap();
        Offer {
            record: mrms_core::RecordId::new(id),
            number: Some(number),
            from: from.clone(),
            author: from,
            version: mrms_core::Version::FIRST,
            offered_at: None,
            content: OfferedContent::Readable(Some(name)),
        }
    }

    fn meant(texts: &[&str]) -> Result<Vec<u128>, Failure> {
        let offers = vec![offer(1, 77, "ECG"), offer(2, 1, "X-ray"), offer(3, 9, "ecg")];
        let inbox = Inbox { offers, ..Inbox::default() };
        let records = texts.iter().map(|text| (*text).to_owned()).collect();
        let chosen = chosen(&AnswerArgs { records }, &inbox)?;
        Ok(chosen.iter().map(|one| one.record.number()).collect())
    }

    #[test]
    fn text_that_could_mean_two_things_is_refused() {
        assert_eq!(meant(&["2"]).unwrap(), [1]);
        assert_eq!(meant(&["77", "#2", "x-ray"]).unwrap(), [77, 1]);
        assert_eq!(meant(&["all", "77"]).unwrap(), [77, 1, 9]);
        assert_eq!(meant(&["id:1"]).unwrap(), [1]);
        assert_eq!(meant(&["ECG"]).unwrap_err().exit, Exit::Usage);
        // Its id is the number of another: the number counts, which the sender did not choose.
        for first in ["1", "#1", "s1"] {
            assert_eq!(meant(&[first]).unwrap(), [77], "{first}");
        }
        assert_eq!(meant(&["2-3"]).unwrap(), [1, 9]);
        assert_eq!(meant(&["4"]).unwrap_err().code, "not-offered");
    }
}
