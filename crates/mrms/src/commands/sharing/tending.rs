//! Tends the keys of those who read everything, and tells it: all of it after somebody was let in, and a bounded part with
//! any command that reads one's records anyway.

use std::io::{self, IsTerminal};

use mrms_app::sharing::tend::Tended;
use mrms_app::{Actor, Session};
use mrms_contract::state::Record;
use mrms_core::RecordId;
use mrms_home::Names;
use mrms_home::clock::rng;

use crate::ui::amounts::counted;
use crate::ui::failure::{Failure, chain};
use crate::ui::output::Output;
use crate::ui::progress;

/// The most deposits that a command makes beside its own work: about a second of it.
const BESIDE: usize = 100;

/// What those who were let in got.
#[derive(Debug, Default)]
pub(crate) struct Served {
    /// How many records' keys were left now.
    pub(crate) records: usize,
    /// How many are still to be left.
    pub(crate) to_do: usize,
}

impl Served {
    pub(crate) fn words(&self) -> String {
        let left = counted(self.records as u64, "record", "records");
        match (self.records, self.to_do) {
            (0, 0) => {
                "the vaults have all keys for them; later records' keys go there by themselves"
                    .to_owned()
            }
            (_, 0) => format!(
                "the vaults got the keys of {left} for them; later ones go there by themselves"
            ),
            (_, to_do) => format!(
                "the vaults got the keys of {left} for them; {to_do} are still to be left, by your next commands"
            ),
        }
    }
}

/// Leaves everything that is lacking, with a line of progress.
pub(crate) fn everything(
    session: &Session<'_>,
    actor: &Actor,
    names: &Names,
    output: Output,
) -> Result<Served, Failure> {
    let records = session.records_of(&actor.principal())?;
    let bar = progress::endless("keys left");
    let mut before = 0;
    let mut moved = |done: usize, _: usize| {
        bar.add(done - before);
        before = done;
    };
    let tended = session.tend(actor, &records, usize::MAX, &mut moved, &mut rng());
    bar.clear();
    let tended = tended?;
    tell(&tended, names, output);
    Ok(Served { records: tended.left.values().sum(), to_do: tended.to_do })
}

/// Leaves a bounded part of what is lacking, and tells what was done or can't be done. It keeps nobody from what they
/// asked for. Returns how much is still to be done.
pub(crate) fn beside(
    session: &Session<'_>,
    actor: &Actor,
    records: &[(RecordId, Record)],
    names: &Names,
    output: Output,
) -> usize {
    match session.tend(actor, records, BESIDE, &mut |_, _| {}, &mut rng()) {
        Ok(tended) => {
            for (user, records) in &tended.left {
                let records = counted(*records as u64, "record", "records");
                output.note(&format!("{} got the keys of {records}", names.shown(user)));
            }
            tell(&tended, names, output);
            tended.to_do
        }
        Err(error) => {
            output.note(&format!("keys could not be left: {}", chain(&error)));
            1
        }
    }
}

fn tell(tended: &Tended, names: &Names, output: Output) {
    for (user, why) in &tended.waiting {
        let who = names.shown(user);
        output.note(&format!("{who} gets no keys: {why}; mrms delegate, or mrms grant --all-records, shows their key and asks"));
    }
    for (id, closed) in &tended.closed {
        let version = closed.version;
        output
            .note(&format!("version {version} of record {id} has no key to leave: {}", closed.why));
    }
    if let Some(error) = &tended.failed {
        output.note(&format!(
            "{} of keys could not be left now; it is tried again: {}",
            counted(tended.to_do as u64, "deposit", "deposits"),
            chain(error)
        ));
    } else if tended.to_do > 0 && io::stderr().is_terminal() {
        output.note(&format!(
            "{} of keys are still to be made, by your next commands",
            counted(tended.to_do as u64, "deposit", "deposits")
        ));
    }
}
