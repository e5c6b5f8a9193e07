//! `mrms people`: whom you know, by the names that you gave them. Adding somebody is in [`add`](super::add).

use clap::{Args, Subcommand};
use mrms_app::Actor;
use mrms_core::Principal;
use mrms_crypto::RecordRoot;
use mrms_home::Names;
use mrms_home::clock::{now, rng};
use mrms_people::{FieldText, People, Person, name};

use super::add::{self, AddArgs};
use super::card::lines;
use crate::config::Settings;
use crate::ui::columns::cut;
use crate::ui::document::{ShowDocument, write_document};
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, confirm};
use crate::ui::results::people::{KnownPerson, RemovedPerson, ShownPerson};
use crate::ui::someone::Someone;
use crate::ui::times;

#[derive(Debug, Subcommand)]
pub(crate) enum PeopleCommand {
    /// Add somebody by their card; a newer card replaces the one you have.
    Add(AddArgs),
    /// List whom you know.
    List,
    /// Show what you know of somebody, and their card.
    Show(ShowArgs),
    /// Give somebody another name. Nobody but you sees it.
    Rename {
        /// Whom: their name, or their principal.
        who: Someone,
        /// Their new name; at most 64 bytes.
        #[arg(value_parser = FieldText::<64>::new)]
        name: FieldText<64>,
    },
    /// Forget somebody. What they may open stays: mrms revoke ends that.
    Remove {
        /// Whom: their name, or their principal.
        who: Someone,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Whom: their name, or their principal.
    who: Someone,
    #[command(flatten)]
    how: ShowDocument,
}

impl PeopleCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Add(args) => add::run(&args, settings, output),
            Self::List => list(settings, output),
            Self::Show(args) => show(&args, settings, output),
            Self::Rename { who, name } => rename(&who, name, settings, output),
            Self::Remove { who } => remove(&who, settings, output),
        }
    }
}

fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let (_, names) = opened(settings)?;
    let all = known(&names).all();
    if all.is_empty() && !output.is_json() {
        return output.text("nobody yet: mrms people add takes a card, as text, file or picture");
    }
    let shown: Vec<String> = all.iter().map(|person| names.shown(&person.principal)).collect();
    let width = shown.iter().map(|name| name.chars().count()).max().unwrap_or_default().min(40);
    for (person, shown) in all.iter().zip(&shown) {
        let card = person.card().ok().flatten();
        let card = card.as_ref().map(|card| card.document());
        let mut line = format!("{:<width$}", cut(shown, width));
        if let Some(card) = card {
            line.push_str(&format!("  {:<10}", card.kind.as_str()));
        }
        if person.own_name.is_some() {
            line.push_str(&format!("  {}", name::short(&person.principal)));
        }
        if let Some(organisation) = card.and_then(|card| card.organisation.as_ref()) {
            line.push_str(&format!("  {organisation}"));
        }
        output.result(&KnownPerson::of(person, card), cut(line.trim_end(), 80).as_str())?;
    }
    Ok(())
}

fn show(args: &ShowArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let (_, names) = opened(settings)?;
    let principal = args.who.resolve(&names)?;
    let person = must_know(known(&names), &names, &principal)?;
    let card = person.card()?;
    let said = card.as_ref().map(|card| card.document());
    let text = card.as_ref().map(mrms_people::SignedDocument::to_text);
    let wants_document = args.how.qr || args.how.output.is_some();
    let no_card = || {
        Failure::new(Exit::NotFound, "no-card", "you have no card of them")
            .hint("ask them for what mrms card show prints, and mrms people add takes it")
    };
    if wants_document {
        let bytes = card.as_ref().ok_or_else(no_card)?.to_bytes();
        if !output.is_json() {
            return crate::ui::document::show_document(&bytes, &args.how, output);
        }
        write_document(&bytes, &args.how)?;
    }
    let mut lines_shown = names.shown(&principal);
    match said {
        Some(card) => lines_shown.push_str(&format!(
            "\nThey say of themselves ({}):\n{}",
            times::local(card.issued),
            indented(&lines(card))
        )),
        None => lines_shown.push_str(&format!("\n  account      {principal}\n  no card of theirs")),
    }
    let file = args.how.output.as_deref();
    output.result(
        &ShownPerson { person: KnownPerson::of(person, said), text: text.as_deref(), file },
        &lines_shown,
    )
}

fn rename(
    who: &Someone,
    name: FieldText<64>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("people rename")?;
    let (actor, names) = opened(settings)?;
    let principal = who.resolve(&names)?;
    let people = known(&names);
    must_know(people, &names, &principal)?;
    let before = names.shown(&principal);
    add::settle_name(people, &names, &principal, &name, add::NameFrom::Person, output)?;
    let root = root_of(&actor)?;
    let profile = settings.home.folder().profile(settings.home.profile());
    let person = profile.call_account(&root, &principal, name, now(), &mut rng())?;
    let card = person.card().ok().flatten();
    output.result(
        &KnownPerson::of(&person, card.as_ref().map(|card| card.document())),
        &format!("{before} is {} from now on", reread(&actor, settings)?.shown(&principal)),
    )
}

fn remove(who: &Someone, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("people remove")?;
    let (actor, names) = opened(settings)?;
    let principal = who.resolve(&names)?;
    let person = must_know(known(&names), &names, &principal)?.clone();
    let shown = names.shown(&principal);
    confirm(
        &format!(
            "Forget {shown}, with their card? What they may open, they may open still. Go ahead?"
        ),
        settings.yes,
    )?;
    change(&actor, settings, |people| people.remove(&principal))?;
    output.result(
        &RemovedPerson {
            principal: &principal,
            name: person.own_name.as_ref().map(FieldText::as_str),
        },
        &format!("{shown}: forgotten. mrms stop ends what they may open"),
    )
}

/// The profile, unlocked, with the names that it knows.
pub(super) fn opened(settings: &Settings) -> Result<(Actor, Names), Failure> {
    let actor = settings.home.unlock()?;
    let names = reread(&actor, settings)?;
    Ok((actor, names))
}

/// The names as they are now.
pub(super) fn reread(actor: &Actor, settings: &Settings) -> Result<Names, Failure> {
    Ok(settings.home.names(Some(actor))?)
}

/// The people of names that were read with an unlocked profile.
pub(super) fn known(names: &Names) -> &People {
    static NOBODY: std::sync::LazyLock<People> = std::sync::LazyLock::new(People::default);
    names.people().unwrap_or(&NOBODY)
}

/// The key under which the profile's files are sealed.
pub(crate) fn root_of(actor: &Actor) -> Result<RecordRoot, Failure> {
    actor.keyring.record_root().map_err(|error| Failure::new(Exit::Failed, "no-key", error))
}

pub(super) fn change<T>(
    actor: &Actor,
    settings: &Settings,
    change: impl FnOnce(&mut People) -> T,
) -> Result<T, Failure> {
    let root = root_of(actor)?;
    let profile = settings.home.folder().profile(settings.home.profile());
    Ok(profile.change_people(&root, &mut rng(), change)?)
}

fn must_know<'p>(
    people: &'p People,
    names: &Names,
    principal: &Principal,
) -> Result<&'p Person, Failure> {
    people.get(principal).ok_or_else(|| {
        Failure::new(Exit::NotFound, "name-unknown", names.shown(principal)).hint(
            "mrms people list shows whom you know; mrms people add takes a card or a principal",
        )
    })
}

fn indented(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    lines.join("\n")
}
