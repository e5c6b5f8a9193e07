//! How a link is shown: its text, its QR code, and who it says it is for.

use std::path::PathBuf;

use clap::Args;
use mrms_app::links::given::GivenLink;
use mrms_app::links::make::LinkError;
use mrms_app::links::openness::Openness;
use mrms_app::profile::links::{KeptLink, LinkKind, LinkState};
use mrms_core::BurnClock;
use mrms_home::link_host::{HostAnswers, LinkViewer};
use mrms_home::qr::code::Code;
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::ui::document::draw;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::RecordNames;
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::results::links::{GivenRecord, KindOfLink, ShownLink, StateOfLink};
use crate::ui::{target, times};

/// Where a link goes.
#[derive(Debug, Default, Args)]
pub(super) struct HandOutArgs {
    /// Also draw its QR code, for a telephone or a clinic's scanner.
    #[arg(long)]
    pub(super) qr: bool,
    /// File to write it to: its QR code for a name that ends in .png or .svg, else its text.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Give the plain text alone (shlink:/…), also in the code: for a program that reads links, or where whoever opens the
    /// link is to use a viewer of their own, and not the page of the link's host.
    #[arg(long)]
    pub(super) plain: bool,
    /// Replace the file if it exists. Without it: the command stops.
    #[arg(long, requires = "output")]
    pub(super) force: bool,
}

/// The texts of a link, as they are told.
pub(super) struct Texts {
    /// What JSON calls the text.
    text: Zeroizing<String>,
    given: GivenLink,
}

impl Texts {
    /// Those of a link, whose host is asked whether it has a page, unless it does not answer; `None` once the link is
    /// destroyed.
    pub(super) fn of(
        link: &KeptLink,
        how: &HandOutArgs,
        host: &HostAnswers,
        settings: &Settings,
    ) -> Result<Option<Self>, Failure> {
        if link.state == LinkState::Destroyed {
            return Ok(None);
        }
        let viewer = if how.plain { &LinkViewer::Theirs } else { &settings.links.viewer };
        let page = settings.home.link_page(link, viewer, host);
        let given = link.given(page.as_deref()).map_err(LinkError::from)?;
        let text = match how.plain {
            true => Zeroizing::new(given.plain().to_owned()),
            false => link.text().map_err(LinkError::from)?,
        };
        Ok(Some(Self { text, given }))
    }

    /// Lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let plain = self.given.plain();
        match self.given.page() {
            None => vec![format!("  {plain}")],
            Some(page) => vec![
                match self.given.is_near() {
                    true => format!("  for a browser of this machine: {page}"),
                    false => format!("  for any browser: {page}"),
                },
                format!("  for a program that reads links: {plain}"),
            ],
        }
    }
}

/// Draws and writes a link as the person wants it.
pub(super) fn hand_out(texts: &Texts, how: &HandOutArgs, output: Output) -> Result<(), Failure> {
    let text = texts.given.for_anybody();
    let code = || {
        Code::of_text(text)
            .map_err(|error| Failure::new(Exit::Failed, "qr-code", format!("the link: {error}")))
    };
    if let Some(path) = &how.output {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let contents = match ending.to_ascii_lowercase().as_str() {
            "png" => code()?.png()?,
            "svg" => code()?.svg().into_bytes(),
            _ => format!("{text}\n").into_bytes(),
        };
        let mut target = target::open(path, how.force)?;
        let written = target.as_write().write_all(&contents);
        written.map_err(|error| not_written(target::name_of(&target), &error))?;
        target::finish(target)?;
    }
    if how.qr && !output.is_json() {
        draw(&code()?, output)?;
    }
    Ok(())
}

/// How a link stands, in words.
pub(super) fn state_words(link: &KeptLink, openness: Openness, clock: BurnClock) -> String {
    let number = link.number;
    match openness {
        Openness::Begun => format!("not armed yet: mrms link rearm {number} goes on"),
        Openness::Armed => format!("armed, {}", times::until_words(Some(link.expiry), clock)),
        Openness::Ended => "ended".to_owned(),
        Openness::Revoked => "revoked: it opens nothing".to_owned(),
        Openness::UsedUp => "used up: it opens nothing more".to_owned(),
        Openness::Shut => "shut by wrong passcodes: it opens nothing".to_owned(),
        Openness::Paused => "paused".to_owned(),
        Openness::Destroying => format!("being destroyed: mrms link destroy {number} goes on"),
        Openness::Destroyed => "destroyed".to_owned(),
    }
}

/// A passcode in two parts, as it is read out. Whoever types it leaves the space out.
pub(super) fn spoken(passcode: &str) -> String {
    match passcode.len() {
        8 if passcode.is_ascii() => format!("{} {}", &passcode[..4], &passcode[4..]),
        _ => passcode.to_owned(),
    }
}

/// What is printed of a link with `--json`.
pub(super) fn object<'l>(
    link: &'l KeptLink,
    texts: Option<&'l Texts>,
    record_names: &'l RecordNames,
    openness: Openness,
) -> ShownLink<'l> {
    ShownLink {
        link: link.number,
        user: &link.principal,
        kind: match link.kind {
            LinkKind::Shl => KindOfLink::Shl,
            LinkKind::Ktc => KindOfLink::Ktc,
        },
        state: match openness {
            Openness::Begun => StateOfLink::Begun,
            Openness::Armed => StateOfLink::Armed,
            Openness::Ended => StateOfLink::Ended,
            Openness::Revoked => StateOfLink::Revoked,
            Openness::UsedUp => StateOfLink::UsedUp,
            Openness::Shut => StateOfLink::Shut,
            Openness::Paused => StateOfLink::Paused,
            Openness::Destroying => StateOfLink::Destroying,
            Openness::Destroyed => StateOfLink::Destroyed,
        },
        label: link.label.as_deref(),
        flags: link.flags.letters(),
        expiry: link.expiry,
        expires_at: times::rfc3339(link.expires),
        max_uses: link.most_uses,
        text: texts.map(|texts| texts.text.as_str()),
        page: texts.and_then(|texts| texts.given.page()),
        passcode: link.passcode.as_ref().map(|passcode| passcode.as_str()),
        records: link
            .gives
            .iter()
            .map(|given| GivenRecord {
                record_id: given.record,
                number: record_names.number(given.record),
                name: record_names.name(given.record),
                version: given.version,
            })
            .collect(),
    }
}
