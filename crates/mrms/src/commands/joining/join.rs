//! `mrms join`, and joining within `mrms init` and `mrms key recover`: shows whom one is about to trust with what, asks,
//! and then works with their node, vaults and sponsor.

use std::net::SocketAddr;

use clap::Args;
use mrms_app::Actor;
use mrms_app::profile::received::PersonName;
use mrms_core::StandardPrincipal;
use mrms_crypto::Words;
use mrms_home::clock::now;
use mrms_home::joining::check::{check, check_voucher};
use mrms_home::joining::doubts::{self, Publishing};
use mrms_home::joining::fetch::{FetchPolicy, fetch};
use mrms_home::joining::settings_file::SettingsFile;
use mrms_home::joining::{Checked, JoinError, Kept, updates};
use mrms_home::{Home, HomeFolder, OpenHome};
use mrms_people::name::short;
use mrms_people::{FieldText, Invitation, ServiceUrl, SignedDocument};
use mrms_stacks::client::PlainHttp;

use super::bring;
use super::oneself::{account, ask_own_name, own_name_is_known};
use super::shown;
use crate::commands::people::add::must_be_a_name;
use crate::commands::vault::sync::{SyncArgs, sync};
use crate::config::Settings;
use crate::ui::document::read_document;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, asked, confirm};
use crate::ui::results::joining::{Joined, JoinedVault, NothingNewer};
use crate::ui::times;

#[derive(Debug, Args)]
#[command(
    after_help = "It shows who invites, and which ledger, vaults and sponsor you would work with, and asks. \
    Each must answer as the invitation names it. Then it writes the addresses into mrms.toml and adds the inviter to \
    your people.\n\n\
    Examples:\n  \
    mrms join mrms:DAAAAAIHY29udGVud…\n  \
    mrms join https://node.clinic.example\n  \
    mrms join --update\n  \
    mrms join --bring-records"
)]
pub(crate) struct JoinArgs {
    /// The invitation: its text, a file with it, a picture of its QR code, or the address of a node or
    /// vault that shows it; - is standard input.
    #[arg(required_unless_present_any = ["update", "bring_records"], conflicts_with_all = ["update", "bring_records"])]
    invitation: Option<String>,
    /// Look whether whom you joined has published a newer invitation, and take that.
    #[arg(long)]
    update: bool,
    /// After joining: put the records that are on this machine's own ledger on record with whom you joined.
    #[arg(long, conflicts_with = "update")]
    bring_records: bool,
    #[command(flatten)]
    terms: JoinTerms,
}

/// How an invitation is taken.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct JoinTerms {
    /// The account that must have made the invitation, as the inviter told you. It lets --yes answer for
    /// an invitation that was found at an address, too.
    #[arg(long, value_name = "PRINCIPAL")]
    inviter: Option<StandardPrincipal>,
    /// Your own name for who invites. Without it: the name on their card.
    #[arg(long, value_name = "NAME", value_parser = FieldText::<64>::new)]
    call: Option<FieldText<64>>,
    /// What those with whom you share read as your name, from now on; it travels encrypted with what you
    /// share, and nobody else learns it. Without it: mrms asks at a terminal.
    #[arg(long = "name", value_name = "NAME", value_parser = FieldText::<64>::new)]
    pub(crate) own_name: Option<PersonName>,
    /// Go on although fewer vaults answer now than are needed, or your records stay on this home's own
    /// ledger.
    #[arg(long)]
    anyway: bool,
    /// Allow addresses that are not encrypted (http://) on other machines, where everybody on the way can
    /// read and change what is said.
    #[arg(long)]
    allow_plain_http: bool,
}

/// An invitation that was checked and accepted, and is not taken yet.
pub(crate) struct Accepted {
    checked: Checked,
    /// The address where it was found, if it was found at one.
    from: Option<ServiceUrl>,
    terms: JoinTerms,
    /// How many records stay on this home's own ledger.
    left: u64,
    /// The keys of the profile, if it was there already.
    actor: Option<Actor>,
}

pub(crate) fn run(args: &JoinArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("join")?;
    if args.bring_records {
        return bring::run(settings, output);
    }
    let Some(given) = &args.invitation else { return update(&args.terms, settings, output) };
    settings.home.card()?;
    let mut accepted = accept(given, &args.terms, Joining::Person(None), settings, output)?;
    let settings = accepted.settings(settings);
    let actor = match accepted.actor.take() {
        Some(actor) => actor,
        None => settings.home.unlock()?,
    };
    take(&accepted, &settings, &actor, output)
}

impl Accepted {
    /// What the inviter calls themselves.
    pub(crate) fn inviter_name(&self) -> &str {
        self.checked.invitation.document().card().name.as_str()
    }

    /// Writes settings with which a home follows the inviter's ledger and contract, and nothing else: for a vault.
    pub(crate) fn follow_only(
        &self,
        folder: &HomeFolder,
        listen: SocketAddr,
        url: &ServiceUrl,
    ) -> Result<(), Failure> {
        let mut file = SettingsFile::open(folder)?;
        let is_plain = self.checked.plain_http == PlainHttp::Anywhere;
        file.follow(self.checked.invitation.document(), is_plain);
        file.serve_vault(listen, url);
        Ok(file.save()?)
    }

    /// The settings as they are after it is taken.
    pub(crate) fn settings(&self, settings: &Settings) -> Settings {
        let home = &settings.home;
        let joined = home.settings_with(&self.checked);
        settings.with_home(Home::new(home.folder().clone(), joined, home.face().clone()))
    }
}

/// Who joins.
#[derive(Clone, Copy)]
pub(crate) enum Joining<'w> {
    /// A person. Their profile may be made from words that are there already.
    Person(Option<&'w Words>),
    /// A vault, which uses no voucher and shares nothing.
    Vault,
}

/// Reads or gets an invitation, asks its services, shows what is about to be trusted, and asks the person.
pub(crate) fn accept(
    given: &str,
    terms: &JoinTerms,
    who: Joining<'_>,
    settings: &Settings,
    output: Output,
) -> Result<Accepted, Failure> {
    must_not_be_overridden(settings)?;
    let plain_http = plain_http(terms, settings);
    let is_address = given.starts_with("https://") || given.starts_with("http://");
    let (invitation, from) = if is_address {
        let url: ServiceUrl = given.parse().map_err(|error| {
            Failure::usage(format!("{given} cannot be asked: {error}"))
                .hint("give the address of a node or vault, such as https://node.clinic.example")
        })?;
        (fetch(&url, plain_http, FetchPolicy::Asked)?, Some(url))
    } else {
        let bytes = read_document(given)?;
        (SignedDocument::from_bytes(&bytes).map_err(JoinError::from)?, None)
    };
    must_be_of(&invitation, terms)?;
    let checked = check(invitation, now(), plain_http)?;
    if let Joining::Person(words) = who {
        // Whoever has used the invitation before may use it again.
        check_voucher(&checked, account(&checked, words, settings)?.as_ref())?;
    }
    output.note(&shown::words(&checked, from.as_ref()));
    must_reach_enough(&checked, terms, settings.yes)?;
    let left = leave_own_records(terms, settings, output)?;
    let actor = must_be_told_apart(&checked, terms, settings, output)?;
    let question = format!(
        "Work with these from now on, and add “{}” to your people?",
        checked.invitation.document().card().name
    );
    // A text or a file somebody has handed over. Who answers at an address says who they are themselves, so a yes in
    // advance counts only where the person has said whom they expect.
    let is_known = from.is_none() || terms.inviter.is_some();
    if settings.yes && !is_known {
        return Err(Failure::new(
            Exit::Failed,
            "not-confirmed",
            "--yes does not accept whoever answers at an address",
        )
        .hint(
            "say whom you expect with --inviter PRINCIPAL, or answer at a terminal without --yes",
        ));
    }
    confirm(&question, settings.yes)?;
    let mut terms = terms.clone();
    let shares = matches!(who, Joining::Person(_));
    if shares && terms.own_name.is_none() && !own_name_is_known(actor.as_ref(), settings)? {
        terms.own_name = ask_own_name(&checked, settings.yes || output.is_json())?;
    }
    Ok(Accepted { checked, from, terms, actor, left })
}

fn plain_http(terms: &JoinTerms, settings: &Settings) -> PlainHttp {
    match terms.allow_plain_http {
        true => PlainHttp::Anywhere,
        false => settings.home.settings().remote.plain_http,
    }
}

/// Fails if a flag or a variable would win over what is joined.
fn must_not_be_overridden(settings: &Settings) -> Result<(), Failure> {
    match settings.overriding.as_slice() {
        [] => Ok(()),
        some => Err(Failure::usage(format!(
            "{} would win over what the invitation brings",
            some.join(", ")
        ))
        .hint("leave it out, or unset the variable, and repeat the command")),
    }
}

fn must_be_of(invitation: &SignedDocument<Invitation>, terms: &JoinTerms) -> Result<(), Failure> {
    let found = invitation.document().card().principal;
    match terms.inviter {
        Some(expected) if expected != found => Err(Failure::new(
            Exit::Integrity,
            "other-inviter",
            format!("the invitation is of {found}, and not of {expected}"),
        )
        .hint("ask whom you expected for another invitation")),
        _ => Ok(()),
    }
}

/// With fewer vaults than are needed nothing that is shared can be opened, and nothing can be shared.
fn must_reach_enough(checked: &Checked, terms: &JoinTerms, yes: bool) -> Result<(), Failure> {
    let Some((there, needed)) = doubts::too_few_vaults(checked).filter(|_| !terms.anyway) else {
        return Ok(());
    };
    let message =
        format!("{there} of the vaults answer now, and {needed} are needed to share anything");
    let failure = Failure::new(Exit::Unreachable, "vaults-away", &message)
        .hint("try again later; or join now with --anyway, and share later");
    if yes {
        return Err(failure);
    }
    confirm(&format!("{message}. Go on all the same?"), false).map_err(|_| failure)
}

/// Tells that records on this home's own ledger stay there, and asks. Returns how many they are.
fn leave_own_records(
    terms: &JoinTerms,
    settings: &Settings,
    output: Output,
) -> Result<u64, Failure> {
    let count = settings.home.records_left_behind()? as u64;
    if count == 0 || terms.anyway {
        return Ok(count);
    }
    let message = format!("your {count} records are on this machine's own ledger, and stay there");
    let failure = Failure::new(Exit::Failed, "own-records", &message).hint(
        "join here with --anyway; after that, mrms join --bring-records brings them along. Or join in another home (--home FOLDER)",
    );
    if settings.yes {
        return Err(failure);
    }
    output.note("After joining, mrms join --bring-records brings them along. Until then mrms --own-ledger list shows them.");
    confirm(&format!("{message}. Go on?"), false).map_err(|_| failure)?;
    Ok(count)
}

/// Warns of a name that could be taken for that of somebody whom the person knows already, and asks for another. Returns
/// the keys of the profile, if there is one, whose names these are.
fn must_be_told_apart(
    checked: &Checked,
    terms: &JoinTerms,
    settings: &Settings,
    output: Output,
) -> Result<Option<Actor>, Failure> {
    let card = checked.invitation.document().card();
    let name = terms.call.as_ref().unwrap_or(&card.name);
    let hint = "give them one of your own, such as --call \"My clinic\"";
    if !settings.home.folder().has_profile(settings.home.profile()) {
        must_be_a_name(None, name, hint)?;
        return Ok(None);
    }
    let actor = settings.home.unlock_on(checked.findings.network)?;
    let names = settings.home.names(Some(&actor))?;
    let principal = card.principal.into();
    // A name that the person gave before stays.
    if terms.call.is_some() || names.name_of(&principal).is_none() {
        must_be_a_name(names.people(), name, hint)?;
    }
    let alike =
        names.people().and_then(|people| doubts::alike(people, checked, terms.call.as_ref()));
    let Some(other) = alike else { return Ok(Some(actor)) };
    let message =
        format!("you know somebody else by a name that looks like “{name}”: {}", short(other));
    let failure = Failure::new(Exit::Usage, "name-unclear", &message).hint(
        "make sure that it is not somebody who poses as them; --call gives this one another name",
    );
    if settings.yes {
        return Err(failure);
    }
    output.note(&format!(
        "CAREFUL: {message}\nThis invitation is of another account: {}",
        short(&principal)
    ));
    confirm("Is it really somebody else, whom you trust?", false).map_err(|_| failure)?;
    Ok(Some(actor))
}

/// Takes an invitation that was accepted: settings, people, and the published key. `settings` are those with it.
pub(crate) fn take(
    accepted: &Accepted,
    settings: &Settings,
    actor: &Actor,
    output: Output,
) -> Result<(), Failure> {
    let Accepted { checked, from, terms, .. } = accepted;
    let invitation = checked.invitation.document();
    settings.home.take_invitation(checked, from.as_ref(), accepted.left)?;
    let name = settings.home.add_inviter(actor, &invitation.inviter, terms.call.clone())?;
    if let Some(own) = terms.own_name.clone() {
        settings.home.call_me(actor, own)?;
    }
    let own_name = settings.home.called(actor)?;
    let published = settings.home.open().map_err(Failure::from);
    let published = published.and_then(|home| publish(&settings.home, &home, invitation, actor));
    let vaults = invitation.vaults.iter().zip(&checked.findings.vaults_away);
    let vaults = vaults.map(|(vault, away)| JoinedVault {
        url: vault.url.as_str(),
        account: vault.account,
        answers: away.is_none(),
    });
    let reason = published.as_ref().err().map(|failure| failure.message.as_str());
    let mut text = match reason {
        None => format!("you work with “{name}” now, and others can share with you"),
        Some(reason) => format!(
            "you work with “{name}” now\nOthers cannot share with you yet: {reason}\nmrms key publish does the rest"
        ),
    };
    text.push_str(&match &own_name {
        Some(own) => format!("\nthose with whom you share will read your name, {own}, and nobody else"),
        None => format!(
            "\nthose with whom you share will read {} in place of your name: mrms grant --as NAME\ntells it with what you share",
            short(&actor.principal())
        ),
    });
    output.result(
        &Joined {
            inviter: invitation.card().principal,
            inviter_name: &name,
            ledger: invitation.node.as_str(),
            contract_id: &invitation.contract,
            vaults: vaults.collect(),
            threshold: invitation.threshold,
            sponsor: invitation.sponsor.as_ref().map(|sponsor| sponsor.url.as_str()),
            valid_until: times::rfc3339(invitation.valid_until),
            key_published: published.is_ok(),
            own_name: own_name.as_ref().map(FieldText::as_str),
            reason,
        },
        &text,
    )
}

/// Publishes the encryption key, so that others can share.
fn publish(
    home: &Home,
    open: &OpenHome,
    invitation: &Invitation,
    actor: &Actor,
) -> Result<(), Failure> {
    match home.publish_after_joining(open, invitation, actor)? {
        Publishing::Done => Ok(()),
        Publishing::CostsFee => Err(Failure::new(
            Exit::Failed,
            "not-sent",
            "publishing your key costs a fee, which you pay yourself",
        )),
    }
}

/// Takes the newer invitation of whom this home joined, and gives vaults that are new what they lack.
fn update(terms: &JoinTerms, settings: &Settings, output: Output) -> Result<(), Failure> {
    must_not_be_overridden(settings)?;
    let folder = settings.home.folder();
    let plain_http = plain_http(terms, settings);
    let kept = Kept::load(folder)?.ok_or(JoinError::NotJoined)?;
    let taken = kept.taken()?;
    let Some(found) = updates::newest(folder, plain_http)? else {
        return output.result(
            &NothingNewer { inviter: taken.document().card().principal, newer: false },
            "you work with what was published last",
        );
    };
    must_be_of(&found, terms)?;
    let checked = check(found, now(), plain_http)?;
    output.note(&shown::words(&checked, None));
    let (before, after) = (taken.document(), checked.invitation.document());
    for gone in before.vaults.iter().filter(|vault| !after.vaults.contains(vault)) {
        output
            .note(&format!("  no more  the vault {} with the account {}", gone.url, gone.account));
    }
    must_reach_enough(&checked, terms, settings.yes)?;
    // Whoever was joined has signed it: a yes in advance counts.
    confirm("Work with these from now on?", settings.yes)?;
    let vaults_changed = before.vaults != after.vaults || before.threshold != after.threshold;
    let (from, terms) = (Some(kept.address()?), terms.clone());
    let accepted = Accepted { checked, from, terms, actor: None, left: 0 };
    let settings = accepted.settings(settings);
    let actor = settings.home.unlock()?;
    take(&accepted, &settings, &actor, output)?;
    if vaults_changed { sync(&SyncArgs::with_keys(), &settings, output) } else { Ok(()) }
}

/// Asks at the terminal whom a new home is to join; `None` for nobody.
pub(crate) fn ask_whom() -> Result<Option<String>, Failure> {
    let question = "Were you invited, by a clinic perhaps? (No: this machine works alone.)";
    if !asked(question)? {
        return Ok(None);
    }
    let mut line = String::new();
    Output::new(false).note("Paste the invitation, or give its file or address:");
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| Failure::new(Exit::Failed, "not-confirmed", error))?;
    let given = line.trim();
    match given.is_empty() {
        true => Err(Failure::usage("no invitation was given").hint(
            "mrms init --join INVITATION joins somebody; mrms init alone makes a home that works alone",
        )),
        false => Ok(Some(given.to_owned())),
    }
}
