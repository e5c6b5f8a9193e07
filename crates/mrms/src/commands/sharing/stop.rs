//! `mrms stop`: ends everything that somebody can open now.

use clap::Args;
use mrms_app::audit::shares::Share;
use mrms_app::sharing::revoke::StandingAccess;
use mrms_core::BurnClock;
use mrms_home::Names;

use super::revoke::Ending;
use super::several::Tally;
use crate::commands::sharing::shared::record_line;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::output::{Output, confirm};
use crate::ui::results::sharing::Stopped;
use crate::ui::short_times;
use crate::ui::someone::Someone;

/// How many records are shown before the question.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
#[command(
    after_help = "Access to single records ends, and access to all records with later ones. The command \
    shows first what ends, and asks. It takes nothing back: what was opened or saved before stays with \
    them. If it is interrupted, repeat it: it goes on with what is still open.\n\n\
    Example:\n  mrms stop 'Clinic B'"
)]
pub(crate) struct StopArgs {
    /// Whose access ends: a name among your people, or a principal; may be several.
    #[arg(value_name = "NAME", required = true)]
    people: Vec<Someone>,
}

pub(crate) fn run(args: &StopArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let names = settings.home.names(Some(&actor))?;
    let mut users = Vec::new();
    for one in &args.people {
        let user = one.resolve(&names)?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let me = actor.principal();
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let numbered = session.numbered_records_of(&me)?;
    let record_names = RecordNames::of(&session, Some(&actor), &numbered)?;
    let records = session.own_records(&me, numbered)?;
    let shares = session.shares(&me, &records)?;
    let mut open = Vec::new();
    for user in &users {
        match shares.iter().find(|share| share.user == *user) {
            Some(share) => open.push(share),
            None => output.result(
                &Stopped {
                    user,
                    user_name: names.name_of(user),
                    records: Vec::new(),
                    all_records: false,
                },
                &format!("{} can open nothing of yours", as_subject(&names, user)),
            )?,
        }
    }
    if open.is_empty() {
        return Ok(());
    }
    let what: Vec<_> =
        open.iter().map(|share| ending_words(share, &names, &record_names, clock)).collect();
    session.ledger.step_aside();
    confirm(&format!("{}\nEnd all of it?", what.join("\n")), settings.yes)?;
    home.fund(&actor)?;
    let ending = Ending {
        settings,
        output,
        actor: &actor,
        home: &home,
        names: &names,
        record_names: &record_names,
    };
    let all = open.iter().map(|share| share.by_name().count().max(1)).sum();
    let mut tally = Tally::new(all, "ending access", output);
    for share in open {
        let ids: Vec<_> = share.by_name().map(|record| record.id).collect();
        let standing =
            if share.standing.is_some() { StandingAccess::End } else { StandingAccess::Leave };
        let failed_before = tally.failures();
        ending.several(&share.user, &ids, standing, &mut tally)?;
        if settings.home.settings().sending != mrms_app::session::Sending::Send
            || tally.failures() > failed_before
        {
            continue;
        }
        let who = as_subject(&names, &share.user);
        let all_records = share.standing.is_some();
        let text = match all_records {
            true => format!("{who} can open nothing of yours now, and no later record"),
            false => format!("{who} can open nothing of yours now"),
        };
        let user_name = names.name_of(&share.user);
        output
            .result(&Stopped { user: &share.user, user_name, records: ids, all_records }, &text)?;
    }
    home.watch_own_vault();
    tally.end(Exit::Failed, "stop-incomplete", "accesses were not ended")
}

/// What ends for one person.
fn ending_words(
    share: &Share,
    names: &Names,
    record_names: &RecordNames,
    clock: BurnClock,
) -> String {
    let mut lines = vec![format!("{} can open now", as_subject(names, &share.user))];
    if let Some(standing) = share.standing {
        lines.push(format!(
            "  all your records, later ones too, {}",
            short_times::until(standing.expiry, clock)
        ));
    }
    let by_name: Vec<_> = share.by_name().collect();
    lines.extend(by_name.iter().take(SHOWN).map(|record| record_line(record, record_names, clock)));
    if by_name.len() > SHOWN {
        lines.push(format!("  … and {} more records", by_name.len() - SHOWN));
    }
    lines.join("\n")
}
