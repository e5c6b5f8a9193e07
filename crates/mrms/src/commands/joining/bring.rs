//! `mrms join --bring-records`: what was on this home's own ledger before it joined somebody is put on record there, too.

use mrms_home::clock::rng;

use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::joining::{BroughtRecord, BroughtRecords};

pub(super) fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let Some(beside) = settings.home.open_beside()? else {
        return Err(Failure::new(
            Exit::Failed,
            "nothing-beside",
            "this home works with no other ledger than its own, or never had one of its own",
        )
        .hint("mrms join takes an invitation; records that are on the own ledger then can be brought along"));
    };
    let home = settings.home.open()?;
    let (session, there) = (home.session(), beside.elsewhere());
    let left = session.left_there(&actor, there)?;
    if !left.is_empty() {
        home.fund(&actor)?;
    }
    let mut records = 0;
    for one in &left {
        let label = there.session.record_label(there.actor, one.id, one.record(), &mut rng());
        let name = label.as_ref().and_then(|label| label.name());
        let versions = session.bring(&actor, there, one, settings.inline_limit, &mut rng())?;
        records += 1;
        let shown = name.map_or_else(|| format!("record {}", one.id), |name| format!("“{name}”"));
        let text =
            format!("{shown} is on record here, with {}", counted(versions, "version", "versions"));
        let (record_id, former_record_id) = (one.here, one.id);
        output.result(&BroughtRecord { record_id, former_record_id, name, versions }, &text)?;
    }
    settings.home.has_brought_all()?;
    let text = match records {
        0 => "everything is here already".to_owned(),
        _ => format!(
            "{} came along; nobody sees them until you share them. Versions that others wrote are here as added by you. What was shared on the own ledger, and its log, stay there: mrms --own-ledger who",
            counted(records, "record", "records")
        ),
    };
    output.result(&BroughtRecords { records }, &text)
}
