//! `mrms view`: what one of your documents says, as text.

use clap::Args;
use mrms_app::records::find::Lists;
use mrms_core::{Version, visible};
use mrms_home::clock::rng;
use mrms_viewers::{Answer, Request, Want, plain_text};

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::record_ref::{Finder, RecordRef};
use crate::ui::results::record::Viewed;
use crate::ui::viewer::viewers;

/// The width of the text, in characters.
const WIDTH: usize = 80;

#[derive(Debug, Args)]
#[command(
    after_help = "Patient summaries, letters in C-CDA, laboratory messages, health cards, tables and text. Pages of a \
    PDF and pictures of scans are in mrms portal. What others share is opened with mrms access."
)]
pub(crate) struct ViewArgs {
    /// The record: its number in mrms list, its label, or its id.
    #[arg(value_name = "RECORD")]
    record: RecordRef,
    /// Version to show, from 1. Without it: the latest.
    #[arg(long, value_name = "N")]
    version: Option<Version>,
}

pub(crate) fn run(args: &ViewArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let me = actor.principal();
    let id = args.record.one(Finder { session, lists: Lists::Own(&me), actor: Some(&actor) })?;
    let own = session.records_of(&me)?.into_iter().find(|(one, _)| *one == id);
    let Some((_, record)) = own else {
        return Err(Failure::new(Exit::NotAllowed, "not-own", "this record is somebody else's")
            .hint("open it: mrms access, which makes an entry in its log"));
    };
    let version = args.version.unwrap_or(record.version);
    let unlocked = session.own_version(&actor, id, version, &mut rng())?;
    let header = session.header(&unlocked)?;
    let name = header.file_name.as_ref().map(ToString::to_string).unwrap_or_default();
    let failed = |error: &dyn std::error::Error| Failure::new(Exit::Failed, "viewer", chain(error));
    let viewers = viewers().map_err(|error| failed(&error))?;
    let request = Request { name, want: Want::Document };
    let mut viewing = viewers.begin(&request).map_err(|error| failed(&error))?;
    session.decrypt(&unlocked, &mut viewing)?;
    match viewing.answer() {
        Answer::Document(document) => {
            let text = plain_text(&document, WIDTH);
            let text = visible::lines(text.trim_end());
            let viewed = Viewed {
                record_id: id,
                version,
                kind: document.kind.word(),
                title: document.title.as_deref(),
                date: document.date.as_deref(),
                author: document.author.as_deref(),
                patient: document.patient.as_deref(),
                text: &text,
                complete: !document.is_cut,
            };
            output.result(&viewed, &text)
        }
        Answer::NotShown(why) => Err(Failure::new(Exit::Failed, "not-shown", why)
            .hint("save it and open it with another program: mrms access")),
        Answer::Picture(_) | Answer::Facts(_) => Ok(()),
    }
}
