//! `mrms link create`: shows what a link would give, and makes it.

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mrms_app::links::deposit::passcode_characters;
use mrms_app::links::host::LinkHost;
use mrms_app::links::make::{LinkTerms, Preview, PreviewedDocument, draw_passcode};
use mrms_app::profile::links::{LinkKind, LinkPatient};
use mrms_app::records::find::Lists;
use mrms_core::visible;
use mrms_home::Names;
use mrms_home::clock::{now, rng};
use mrms_home::link_host::{HostAnswers, LinkHostElsewhere, LinkViewer};
use mrms_links::link::MOST_LABEL;
use mrms_people::name::quotable;
use zeroize::Zeroizing;

use super::named::{HOST_SETTING, NamedHost, must_be_web};
use super::shown::{HandOutArgs, Texts, hand_out, object, spoken};
use super::{open, tell_if_silent};
use crate::commands::sharing::end::EndTimeArgs;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::input;
use crate::ui::naming::{RecordNames, title};
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::cannot;
use crate::ui::record_ref::{Finder, RecordRef, all_of};
use crate::ui::times;

/// The longest passcode that is read from a file, in bytes.
const MOST_PASSCODE: usize = 128;

#[derive(Debug, Args)]
#[command(
    after_help = "The command shows what the link gives, and asks. Whoever has the link's text can open it until it ends, \
    and says themselves who they are; mrms who shows each time. The host has no key to the files, and makes an entry in \
    each record's log before it gives one out. What somebody saved, they keep. docs/links.md goes through it.\n\n\
    Examples:\n  \
    mrms link create 'Blood test' --for 1d --passcode --qr\n  \
    mrms link create 3 5 --for 30d --max-uses 5 -o link.png\n  \
    mrms link create 3 --kind ktc --for 1d --qr --birth-date 1980-02-29"
)]
pub(crate) struct CreateArgs {
    /// The records: numbers in mrms list, ranges such as 7-9, labels, or ids; at most 20.
    #[arg(value_name = "RECORD", required = true)]
    records: Vec<RecordRef>,
    #[command(flatten)]
    end: EndTimeArgs,
    /// Draw a passcode of eight digits, which whoever opens it must type.
    #[arg(long)]
    passcode: bool,
    /// Take the passcode from the first line of this file.
    #[arg(long, value_name = "FILE", conflicts_with = "passcode")]
    passcode_file: Option<PathBuf>,
    /// How often it can be used. Without it: any number of times until it ends.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    max_uses: Option<u32>,
    /// shl for any viewer of SMART Health Links; ktc for the scanners of clinics in the United States, which take one
    /// file, no passcode, and the patient's name.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = Kind::Shl, hide_possible_values = true)]
    kind: Kind,
    /// What it is called, for you and for whoever opens it; at most 80 characters.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Tell viewers that they may ask again later, for what mrms link rearm puts in.
    #[arg(long)]
    long_term: bool,
    /// Give one file at the link's address itself, for viewers that know nothing else; it can have no passcode.
    #[arg(long, conflicts_with_all = ["passcode", "passcode_file"])]
    single_file: bool,
    /// Who you are, for ktc. Without it: the name on your card.
    #[arg(long, value_name = "NAME")]
    patient_name: Option<String>,
    /// Your day of birth, for ktc, such as 1980-02-29: clinics find you by it.
    #[arg(long, value_name = "DATE")]
    birth_date: Option<String>,
    /// Address of the host, as others reach it. Without it: the one under [links] of mrms.toml, else where mrms link serve
    /// of this home was served last.
    #[arg(long, value_name = "URL", env = "MRMS_LINK_HOST", hide_env_values = true)]
    host: Option<String>,
    /// Deposit the link with the host at that address, which is not of this home: take the deposit key that its operator
    /// gave you from this file. Without it, and without one in mrms.toml: the host is mrms link serve of this home.
    #[arg(long, value_name = "FILE", env = "MRMS_LINK_HOST_KEY_FILE", hide_env_values = true)]
    host_key_file: Option<PathBuf>,
    /// Address of a viewer in which the link opens for people, in place of the page of its host; none for no viewer. Without
    /// it: the one under [links] of mrms.toml, if there is one.
    #[arg(long, value_name = "URL", env = "MRMS_LINK_VIEWER", hide_env_values = true)]
    viewer: Option<String>,
    #[command(flatten)]
    how: HandOutArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Shl,
    Ktc,
}

pub(super) fn run(args: &CreateArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let end = args.end.must_be_said(
        "the link is good",
        "--for 1d, or --until 2027-01-31; mrms link pause ends it before",
    )?;
    let label = args.label.as_deref().map(label_of).transpose()?;
    let kind = match args.kind {
        Kind::Shl => LinkKind::Shl,
        Kind::Ktc => LinkKind::Ktc,
    };
    let passcode = passcode_of(args)?;
    if kind == LinkKind::Ktc && (passcode.is_some() || args.long_term) {
        return Err(Failure::usage(
            "a link of the kind ktc has no passcode, and gives what it gives once and for all",
        )
        .hint("leave out --passcode and --long-term, or --kind ktc"));
    }
    let (kept, own) = (&settings.links, settings.home.hosted_links().url());
    let key = args.host_key_file.as_ref();
    let (host, key, named_by) = match (&args.host, &kept.host) {
        // A host that is named here has its key from here as well, and not from the settings.
        (Some(host), _) => (Some(host), key, "--host"),
        (None, Some(host)) => (Some(host), key.or(kept.host_key_file.as_ref()), HOST_SETTING),
        (None, None) => (own.as_ref(), key, "the address of mrms link serve"),
    };
    let named = NamedHost::of(host, key.map(PathBuf::as_path), named_by)?;
    let host_url = address(named.url)?;
    let elsewhere = named.elsewhere;
    let host: Box<dyn LinkHost> = match &elsewhere {
        None => Box::new(settings.home.hosted_links()),
        Some(elsewhere) => {
            let plain_http = settings.home.settings().remote.plain_http;
            Box::new(LinkHostElsewhere::new(elsewhere.clone(), Zeroizing::default(), plain_http))
        }
    };
    let viewer = match &args.viewer {
        Some(named) => LinkViewer::of(Some(named)),
        None => settings.links.viewer.clone(),
    };
    if let Some(viewer) = viewer.address() {
        must_be_web(viewer, "--viewer")?;
    }
    let actor = settings.home.unlock()?;
    let home = open(settings, "link create")?;
    let session = home.session();
    let me = actor.principal();
    let ids =
        all_of(&args.records, Finder { session, lists: Lists::Own(&me), actor: Some(&actor) })?;
    let patient = match kind {
        LinkKind::Shl => None,
        LinkKind::Ktc => Some(patient_of(args, &home, &actor)?),
    };
    let clock = session.ledger.tip()?.clock();
    end.tell_shortest(output);
    let expiry = end.expiry(clock)?;
    let prepared = session.prepare_link(&actor, &ids, &mut rng())?;
    let preview = prepared.preview(kind, args.single_file);
    let ends = times::until_words(Some(expiry), clock);
    session.ledger.step_aside();
    // A deposit elsewhere shows by itself whether its host is there.
    let answers = match &elsewhere {
        None => settings.home.link_host_answers(&host_url),
        Some(_) => HostAnswers::NotAsked,
    };
    tell_if_silent(&answers, &host_url, output);
    let names = settings.home.names(Some(&actor))?;
    let mut shown = vec!["Whoever opens the link gets:".to_owned()];
    shown.extend(preview.documents.iter().map(|one| document_words(one, &names)));
    let more = words(&preview, label.as_deref(), patient.as_ref(), &ends, passcode.is_some());
    shown.push(more);
    let shown = shown.join("\n");
    if elsewhere.is_none() && !settings.home.is_paid_for_links() {
        output.note("whoever pays your fees does not pay for links that this home answers for: nobody could open it. Ask them for a voucher after the word shared (docs/operations.md), or let a host of theirs answer (--host)");
    }
    confirm(&format!("{shown}\nMake this link?"), settings.yes)?;
    home.fund(&actor)?;
    let terms = LinkTerms {
        kind,
        label,
        expiry,
        passcode,
        most_uses: args.max_uses,
        long_term: args.long_term,
        single_file: args.single_file,
        host_url: &host_url,
        host: elsewhere,
        patient,
        viewer: viewer.address().map(ToOwned::to_owned),
    };
    let link = session.make_link(&actor, &prepared, &terms, &*host, &mut rng())?;
    let numbered = session.numbered_records_of(&me)?;
    let record_names = RecordNames::of(&session, Some(&actor), &numbered)?;
    let texts = Texts::of(&link, &args.how, &answers, settings)?;
    let mut lines = vec![format!("{} is armed, {ends}", link.name())];
    if let Some(texts) = &texts {
        hand_out(texts, &args.how, output)?;
        match &args.how.output {
            Some(path) => lines.push(format!("  {} has it", path.display())),
            None => lines.extend(texts.lines()),
        }
    }
    if let Some(passcode) = &link.passcode {
        lines
            .push(format!("  passcode {}: tell it by another way than the link", spoken(passcode)));
    }
    lines.push(format!(
        "  it is answered while mrms link serve runs at {host_url}\n  who used it: mrms link show {0}; end it: mrms link destroy {0}",
        link.number
    ));
    let openness = session.openness(&link, clock.height, None)?;
    output.result(&object(&link, texts.as_ref(), &record_names, openness), &lines.join("\n"))
}

/// A document that a link would give: by the record's title, and by what somebody else calls that version.
fn document_words(document: &PreviewedDocument, names: &Names) -> String {
    let mut words = format!(
        "  {}, version {}: {}, {}",
        title(&document.title),
        document.version,
        document.media_type,
        size_words(document.length)
    );
    if let Some(called) = &document.version_title {
        let (who, title) = (names.shown(&called.author), quotable(&visible::line(&called.title)));
        words.push_str(&format!("\n    {who} calls this version “{title}”; the link does not"));
    }
    words
}

/// What more a link would give, and until when, as a question goes on.
fn words(
    preview: &Preview,
    label: Option<&str>,
    patient: Option<&LinkPatient>,
    ends: &str,
    has_passcode: bool,
) -> String {
    let mut lines = Vec::new();
    if preview.files == 1 && preview.documents.len() > 1 {
        lines.push("  all of it in one file".to_owned());
    }
    if let Some(patient) = patient {
        let born = patient.birth_date.as_deref().map(|date| format!(", born {date}"));
        lines.push(format!("  your name: {}{}", patient.name, born.unwrap_or_default()));
    }
    if let Some(label) = label {
        lines.push(format!("  the label: {label}"));
    }
    let passcode = if has_passcode { "with the passcode" } else { "without a passcode" };
    lines.push(format!("  {ends}, {passcode}"));
    lines.join("\n")
}

fn size_words(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes.div_ceil(1_024)),
        _ => format!("{} MiB", bytes.div_ceil(1_048_576)),
    }
}

fn label_of(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if mrms_core::visible::acting(text).is_some() || text.is_empty() {
        return Err(Failure::usage("a label is one line of text, without control characters"));
    }
    if text.chars().count() > MOST_LABEL {
        return Err(Failure::usage(format!("a link's label has {MOST_LABEL} characters at most"))
            .hint("give a shorter one"));
    }
    Ok(text.to_owned())
}

fn passcode_of(args: &CreateArgs) -> Result<Option<Zeroizing<String>>, Failure> {
    if args.passcode {
        return Ok(Some(draw_passcode(&mut rng())));
    }
    let Some(path) = &args.passcode_file else { return Ok(None) };
    let mut text = Zeroizing::new(String::new());
    let file = input::open(path)?;
    file.take(MOST_PASSCODE as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| cannot("read", path, &error))?;
    let first = text.lines().next().unwrap_or_default().trim();
    if passcode_characters(first).count() < 4 || text.len() > MOST_PASSCODE {
        return Err(Failure::usage(format!(
            "{} has no passcode: a line of 4 to {MOST_PASSCODE} characters; spaces and hyphens don't count",
            path.display()
        ))
        .hint("--passcode draws one"));
    }
    Ok(Some(Zeroizing::new(first.to_owned())))
}

/// The host's address, which a link can't be without.
fn address(given: Option<String>) -> Result<String, Failure> {
    given.ok_or_else(|| {
        Failure::usage("say where the link's host is").hint(
            "start mrms link serve, which this home's links then name; or give --host https://links.example.org",
        )
    })
}

fn patient_of(
    args: &CreateArgs,
    home: &mrms_home::OpenHome,
    actor: &mrms_app::Actor,
) -> Result<LinkPatient, Failure> {
    let name = match &args.patient_name {
        Some(name) => name.trim().to_owned(),
        None => home
            .session()
            .own_card(actor, now(), &mut rng())
            .map(|own| own.card.document().name.to_string())
            .map_err(|_| {
                Failure::usage("a link of the kind ktc says who you are")
                    .hint("--patient-name 'Maria Muster' --birth-date 1980-02-29")
            })?,
    };
    if name.is_empty() || mrms_core::visible::acting(&name).is_some() {
        return Err(Failure::usage("a name is one line of text, without control characters"));
    }
    let birth_date = match &args.birth_date {
        None => None,
        Some(date) => match date.parse::<jiff::civil::Date>() {
            Ok(date) => Some(date.to_string()),
            Err(_) => {
                return Err(
                    Failure::usage(format!("{date:?} is no date")).hint("give it like 1980-02-29")
                );
            }
        },
    };
    Ok(LinkPatient { name, birth_date })
}
