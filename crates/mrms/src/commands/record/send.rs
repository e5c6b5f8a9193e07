//! `mrms send`: makes a record for a patient and offers it to them.

use std::path::PathBuf;
use std::slice::from_ref;

use clap::Args;
use mrms_app::ledger::LedgerError;
use mrms_app::records::drafts::{Intent, Interrupted, Purpose};
use mrms_app::{Actor, Session};
use mrms_contract::ids;
use mrms_core::RecordId;
use mrms_home::OpenHome;
use mrms_home::clock::rng;
use mrms_people::name::end;
use rand_core::Rng;

use super::create::{self, Naming, note_told, place_words};
use crate::commands::sharing::changed_key::{self, Consent};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::outcome::done;
use crate::ui::output::Output;
use crate::ui::results::sharing::{Sent, SentBefore, WithdrawnOffer};
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "The patient can read it from then on, and nobody else but you. When they accept it \
    (mrms accept), it becomes a record of theirs: they decide who else may open it, and you can't any more. \
    Who wrote it stays with it.\n\n\
    Examples:\n  \
    mrms send \"Maria Muster\" report.pdf --label 'Blood test, May'\n  \
    mrms send --withdraw 123"
)]
pub(crate) struct SendArgs {
    /// Whom to send it to: a name among your people, or a principal.
    #[arg(required_unless_present = "withdraw")]
    patient: Option<Someone>,
    /// File to encrypt for them; - reads standard input, at most 256 MiB.
    #[arg(required_unless_present = "withdraw")]
    file: Option<PathBuf>,
    #[command(flatten)]
    naming: Naming,
    /// Trust their new key if it changed since you last shared with them; compare the fingerprint
    /// with them first. Without it: the command shows both fingerprints and asks.
    #[arg(long)]
    accept_changed_key: bool,
    /// Take back the offer of this record, which you sent and they have not accepted; they can't read
    /// it any more.
    #[arg(long, value_name = "ID", conflicts_with_all = ["patient", "file", "accept_changed_key"])]
    withdraw: Option<RecordId>,
}

pub(crate) fn run(args: SendArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let SendArgs { patient, file, naming, accept_changed_key, withdraw } = args;
    let (Some(patient), Some(file)) = (patient, file) else {
        return match withdraw {
            Some(id) => take_back(id, settings, output),
            None => Err(Failure::usage("say whom to send it to, and which file")
                .hint("mrms send \"Maria Muster\" report.pdf")),
        };
    };
    let said = naming.said();
    let opened = create::open(&file, naming, output)?;
    let sent = opened.file(&file)?;
    let source = opened.source;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let names = settings.home.names(Some(&actor))?;
    let patient = patient.resolve(&names)?;
    if source.length > settings.inline_limit as u64 {
        home.must_be_reached_by(&patient, &settings.home)?;
    }
    let session = home.session();
    let name = source.label.as_ref().map(ToString::to_string);
    let name = name.or_else(|| source.file_name.as_ref().map(ToString::to_string));
    let what = name.as_deref().unwrap_or("what you sent");
    let shown = names.shown(&patient);
    let intent = Intent::new(sent, said, Purpose::Send(patient.clone()));
    match session.interrupted_writes(&actor, from_ref(&intent))?.as_slice() {
        [Interrupted::OnRecord(id, version)] => {
            let (to, to_name) = (&patient, names.name_of(&patient));
            output.result(
                &SentBefore { record_id: *id, to, to_name, name: name.as_deref(), sent: true },
                &format!("it was sent to {shown} already: {what}\n  record {id}"),
            )?;
            output.note("the same command again sends it once more");
            note_told(&session, &actor, vec![(*id, *version)]);
            return Ok(());
        }
        [Interrupted::OnItsWay(txid)] => return Err(LedgerError::Pending { txid: *txid }.into()),
        _ => {}
    }
    home.fund(&actor)?;
    let consent = Consent::of_flag(accept_changed_key);
    changed_key::settle(&session, Some(&actor), &patient, consent, output)?;
    let mut rng = rng();
    let id = ids::bound_to(&actor.principal(), rng.next_u64())
        .ok_or_else(|| Failure::usage("this account can make no record"))?;
    let at_work = session.at_work(&mut rng)?;
    let begins: Vec<_> = at_work.iter().map(|at_work| at_work.begins(id, intent.clone())).collect();
    let session = Session { begins: &begins, ..session };
    let added = session.send_to(&actor, id, &patient, source, settings.inline_limit, &mut rng);
    home.tell_missing_copies();
    let Some(added) = done(added?, output)? else { return Ok(()) };
    if let Some(fingerprint) = added.first_seen {
        output.note(&format!(
            "their key is new to this profile: compare {fingerprint} with mrms key show of theirs"
        ));
    }
    output.result(
        &Sent {
            record_id: added.record,
            to: &patient,
            to_name: names.name_of(&patient),
            name: name.as_deref(),
            txid: added.txid,
            storage: added.storage.into(),
        },
        &format!(
            "sent to {shown}: {what}\n  they can read it now, and nobody else but you\n  it becomes \
             theirs when they accept it: mrms inbox, mrms accept\n  record {}, {}",
            added.record,
            place_words(added.storage),
        ),
    )?;
    note_told(&session, &actor, vec![(id, added.version)]);
    Ok(())
}

fn take_back(id: RecordId, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor: Actor = settings.home.unlock()?;
    let home: OpenHome = settings.home.open()?;
    home.fund(&actor)?;
    let names = settings.home.names(Some(&actor))?;
    let Some(to) = done(home.session().withdraw_offer(&actor, id)?, output)? else {
        return Ok(());
    };
    // The vaults delete nothing: no shares were left for them.
    let shown = if names.name_of(&to).is_some() { names.shown(&to) } else { end(&to) };
    output.result(
        &WithdrawnOffer { record_id: id, other: &to, other_name: names.name_of(&to), name: None },
        &format!("record {id} is not offered to {shown} any more, and they can't open it"),
    )
}
