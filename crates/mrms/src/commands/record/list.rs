//! `mrms list`: lists your records, or those that others shared with you.

use clap::Args;
use mrms_app::Session;
use mrms_app::session::Actor;
use mrms_core::{Principal, RecordId, Version};

use crate::commands::record::list_shared::{self, SharedArgs};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::record::Listed;
use crate::ui::times;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(after_help = "Names are encrypted. mrms key unlock shows them without asking for the \
    passphrase each time.")]
pub(crate) struct ListArgs {
    /// List what others shared with you and you can open now. Without it: your own records.
    #[arg(long)]
    shared_with_me: bool,
    #[command(flatten)]
    shared: SharedArgs,
}

pub(crate) fn run(args: &ListArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    if args.shared_with_me {
        return list_shared::run(&args.shared, &me, settings, output);
    }
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let records = session.records_of(&me)?;
    let erased = session.erased_records()?;
    if records.is_empty() && !output.is_json() {
        return output.text("no records yet: mrms create FILE puts one on record");
    }
    let standing = session.standing_users(&me)?;
    let width = records.iter().map(|(id, _)| id.to_string().len()).max().unwrap_or_default();
    for (id, record) in records {
        let name = actor.as_ref().and_then(|actor| name_of(&session, actor, id, record.version));
        let readers = session.readers_of(id, &record)?;
        let emergencies = session.unreviewed_emergencies(id, &readers, &standing)?;
        let live = readers.iter().filter(|reader| reader.now.is_ok()).count();
        let erased = erased.contains(&id);
        let people = match live {
            _ if erased => "ERASED: the vaults deleted what they kept".to_owned(),
            0 => "nobody else can open it".to_owned(),
            1 => "1 other can open it".to_owned(),
            many => format!("{many} others can open it"),
        };
        output.result(
            &Listed {
                record_id: id,
                version: record.version,
                name: name.as_deref(),
                readers: live,
                audit_entries: record.audit_count,
                erased,
                emergencies: emergencies.iter().map(|(user, _)| user).collect(),
            },
            &format!(
                "{:>width$}  version {:<3} {:<32} {people}",
                id.to_string(),
                record.version.to_string(),
                name.as_deref().unwrap_or(match (erased, actor.is_some()) {
                    (true, _) => "(erased)",
                    (false, true) => "(no name)",
                    (false, false) => "(locked)",
                }),
            ),
        )?;
        for (user, opening) in emergencies.iter().filter(|_| !output.is_json()) {
            output.text(&format!(
                "{:>width$}  REVIEW: {user} declared an emergency, about {}; mrms audit {id} --reconcile shows the reason",
                "",
                times::local(clock.time_of(opening.opened_at)),
            ))?;
        }
    }
    if actor.is_none() && !output.is_json() {
        output.note("names are encrypted: mrms key unlock shows them for a while");
    }
    Ok(())
}

/// The label, or else the file name, of a version of one's own; `None` when it can't be decrypted here.
pub(crate) fn name_of(
    session: &Session<'_>,
    actor: &Actor,
    id: RecordId,
    version: Version,
) -> Option<String> {
    let unlocked = session.own_version(actor, id, version, &mut rng()).ok()?;
    let header = session.header(&unlocked).ok()?;
    let label = header.label.map(|label| label.to_string());
    label.or_else(|| header.file_name.map(|name| name.to_string()))
}
