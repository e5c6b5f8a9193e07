//! `mrms clinic setup`: from nothing to a clinic that others can join, in one command.
//!
//! It makes what is missing and leaves what is there, so that it goes on after an interruption, and takes a change, such as
//! a further vault.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand};
use mrms_app::people::card::{CardError, CardTexts};
use mrms_app::{Actor, Session};
use mrms_core::StandardPrincipal;
use mrms_crypto::age_file::WorkFactor;
use mrms_crypto::{IdentityIndex, Words};
use mrms_home::ProfileName;
use mrms_home::clock::{now, rng};
use mrms_home::joining::clinic::{ClinicPlan, Places};
use mrms_people::{Card, FieldText, InvitedVault, Kind, ServiceUrl, SignedDocument};

use crate::commands::home::{doctor, init};
use crate::commands::joining::invite::AddressArgs;
use crate::config::Settings;
use crate::serving::units::{PASSPHRASE, Unit};
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::joining::SetUpClinic;

/// How long the invitation for the first patient is good, in seconds: 30 days.
const FIRST_INVITATION: u64 = 30 * 86_400;

#[derive(Debug, Subcommand)]
pub(crate) enum ClinicCommand {
    /// Make a clinic's home: node, vault, sponsor, card, and invitations.
    Setup(SetupArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "It can be repeated: what is there stays, what is missing is made, and what is asked for \
    otherwise is changed. Then mrms up serves node, vault and sponsor.\n\n\
    Examples:\n  \
    mrms clinic setup \"Clinic B\"\n  \
    mrms clinic setup \"Clinic B\" --node-url https://node.clinic.example \\\n    \
    --vault-url https://vault.clinic.example \\\n    \
    --sponsor-url https://sponsor.clinic.example"
)]
pub(crate) struct SetupArgs {
    /// The clinic's name, as it stands on its card.
    #[arg(value_parser = FieldText::<64>::new)]
    name: FieldText<64>,
    /// What it is: practice, hospital, laboratory, pharmacy, insurer, auditor, person or other.
    #[arg(long, default_value = "practice", value_parser = Kind::from_str)]
    kind: Kind,
    /// Where it is, as an accounting of disclosures must name it; at most 120 bytes. Without it: what the
    /// card says already.
    #[arg(long, value_parser = FieldText::<120>::new)]
    address: Option<FieldText<120>>,
    #[command(flatten)]
    reached: AddressArgs,
    /// Where the node listens. Without it: as before, else 127.0.0.1:20443.
    #[arg(long, value_name = "ADDRESS:PORT")]
    node_listen: Option<SocketAddr>,
    /// Where the vault listens. Without it: as before, else 127.0.0.1:20444.
    #[arg(long, value_name = "ADDRESS:PORT")]
    vault_listen: Option<SocketAddr>,
    /// Where the sponsor listens. Without it: as before, else 127.0.0.1:20446.
    #[arg(long, value_name = "ADDRESS:PORT")]
    sponsor_listen: Option<SocketAddr>,
    /// Add a vault of another operator, as mrms vault join printed it there; may be given more than once.
    #[arg(long, value_name = "URL=ACCOUNT")]
    vault: Vec<NamedVault>,
    /// How many of the vaults are needed to release a key. Without it: more than half.
    #[arg(long, value_name = "N")]
    threshold: Option<u8>,
    /// Let the sponsor pay for whoever reaches it, so that the address alone is enough to join. Anybody
    /// can then use up its budget of a day. Without it: for those with an invitation of their own.
    #[arg(long)]
    anyone: bool,
    /// Write the units for systemd into this folder. Without it: into units in the home folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "install")]
    units: Option<PathBuf>,
    /// As root: install the unit, make its user, give the home to it, and start the service. Services
    /// start then, and mrms up is not needed.
    #[arg(long)]
    install: bool,
    /// Install below this folder, as for an image of a machine. Nothing is started.
    #[arg(long, value_name = "FOLDER", requires = "install", default_value = "/")]
    install_root: PathBuf,
}

/// A vault of another operator: `URL=ACCOUNT`.
#[derive(Clone, Debug)]
struct NamedVault(InvitedVault);

impl FromStr for NamedVault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.rsplit_once('=');
        let (url, account) = parts.ok_or("it is URL=ACCOUNT, as mrms vault join prints it")?;
        let url = url.parse().map_err(|error: mrms_people::UrlError| error.to_string())?;
        let account: StandardPrincipal =
            account.parse().map_err(|_| format!("{account} is no account"))?;
        Ok(Self(InvitedVault { url, account }))
    }
}

impl ClinicCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Setup(args) => setup(&args, settings, output),
        }
    }
}

fn setup(args: &SetupArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("clinic setup")?;
    settings.must_be_embedded("clinic setup")?;
    let sponsor_profile = match &settings.serving.sponsor {
        Some((profile, _)) => profile.clone(),
        None => "sponsor".parse().map_err(Failure::usage)?,
    };
    if sponsor_profile == *settings.home.profile() {
        return Err(Failure::usage("the profile that pays fees is for nothing else")
            .hint("set the clinic up as another profile: --profile clinic"));
    }
    let actor = profiles(&sponsor_profile, settings, output)?;
    let home = settings.home.open()?;
    let session = home.session();
    let payer = settings.home.folder().card(&sponsor_profile)?.principal;
    home.ledger().fund(&payer)?;
    let plan = plan(args, sponsor_profile, &session, settings)?;
    settings.home.write_clinic(&session, &plan)?;
    let card = card(args, &session, &actor)?;
    let offer = plan.offer();
    let (_, is_new) = settings.home.publish_offer(&session, &actor, &card, &offer)?;
    let near = offer.is_near();
    let list = settings.sponsored.vouchers.clone();
    let list = list.unwrap_or_else(|| settings.home.folder().root().join("vouchers.txt"));
    let voucher = offer.voucher(Some(&list))?;
    let first =
        settings.home.invitation(&session, &actor, card, offer, voucher, FIRST_INVITATION)?;
    let contract = home.contract().clone();
    drop(home);
    let unit = write_unit(args, settings)?;
    let text = first.to_text();
    let places = &plan.places;
    let told = SetUpClinic {
        name: args.name.as_str(),
        principal: actor.principal,
        contract_id: &contract,
        node: places.node.as_str(),
        sponsor: places.sponsor.as_str(),
        vaults: plan.vaults.iter().map(|vault| vault.url.as_str()).collect(),
        threshold: plan.threshold,
        published: is_new,
        invitation: &text,
        unit: &unit,
    };
    output.result(&told, &words(args, &plan, &text, &unit, near, settings))?;
    doctor::run(&doctor::DoctorArgs::default(), settings, output)
}

/// Makes the clinic's profile and the one that pays, where they are missing; the clinic's keys.
fn profiles(sponsor: &ProfileName, settings: &Settings, output: Output) -> Result<Actor, Failure> {
    let folder = settings.home.folder();
    let own = settings.home.profile();
    let (has_own, has_sponsor) = (folder.has_profile(own), folder.has_profile(sponsor));
    if has_own && has_sponsor {
        return Ok(settings.home.unlock()?);
    }
    let work = WorkFactor::new(settings.work_factor).unwrap_or_default();
    // One question for both: they are kept by the same people.
    let passphrase = settings.passphrase.choose(&format!("profiles {own} and {sponsor}"))?;
    let actor = if has_own {
        None
    } else {
        let words = Words::generate(&mut rng());
        let made = settings.home.make_profile(&words, IdentityIndex::FIRST, &passphrase, work)?;
        init::show_new_words(&words, output)?;
        Some(made.actor)
    };
    if !has_sponsor {
        let words = Words::generate(&mut rng());
        let settings = settings.as_profile(sponsor.clone(), output);
        settings.home.make_profile(&words, IdentityIndex::FIRST, &passphrase, work)?;
    }
    match actor {
        Some(actor) => Ok(actor),
        None => Ok(settings.home.unlock()?),
    }
}

/// What is asked for, else what was before, else the defaults.
fn plan(
    args: &SetupArgs,
    sponsor_profile: ProfileName,
    session: &Session<'_>,
    settings: &Settings,
) -> Result<ClinicPlan, Failure> {
    let serving = &settings.serving;
    let listen = |flag: Option<SocketAddr>, before: Option<SocketAddr>, port: u16| {
        flag.or(before).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    let node_listen = listen(args.node_listen, serving.node_listen, 20_443);
    let vault_listen = listen(args.vault_listen, serving.vault_listen, 20_444);
    let before = serving.sponsor.as_ref().map(|(_, listen)| *listen);
    let sponsor_listen = listen(args.sponsor_listen, before, 20_446);
    for listen in [node_listen, vault_listen, sponsor_listen] {
        if listen.port() == 0 || !listen.ip().is_loopback() {
            return Err(Failure::usage(format!("{listen} is no address for a service of a clinic"))
                .hint("services listen on loopback, on a port of their own; a proxy with TLS stands in front, and --node-url and the others name it"));
        }
    }
    let own = args.reached.over(&serving.own);
    // An address of before that only said where it listened follows when that changes.
    let reached = |url: Option<ServiceUrl>, given: bool, listen: SocketAddr| match url {
        Some(url) if given || !url.is_this_machine() => Ok(url),
        _ => format!("http://{listen}").parse().map_err(Failure::usage),
    };
    let reach = &args.reached;
    let places = Places {
        node: reached(own.node, reach.node_url.is_some(), node_listen)?,
        vault: reached(own.vault, reach.vault_url.is_some(), vault_listen)?,
        sponsor: reached(own.sponsor, reach.sponsor_url.is_some(), sponsor_listen)?,
        node_listen,
        vault_listen,
        sponsor_listen,
    };
    let vaults = vaults(args, &places, session, settings)?;
    let most = u8::try_from(vaults.len()).unwrap_or(u8::MAX);
    let threshold = args.threshold.unwrap_or(most / 2 + 1);
    if !(1..=most).contains(&threshold) {
        return Err(Failure::usage(format!("{threshold} of {most} vaults cannot be needed"))
            .hint("give --threshold a number from 1 to the number of vaults"));
    }
    let anyone = args.anyone.then_some(true);
    Ok(ClinicPlan { places, sponsor_profile, anyone, vaults, threshold })
}

/// The clinic's own vault, those of before, and those that are added; each other one must answer as named.
fn vaults(
    args: &SetupArgs,
    places: &Places,
    session: &Session<'_>,
    settings: &Settings,
) -> Result<Vec<InvitedVault>, Failure> {
    let account = settings.home.own_vault_account(session)?;
    let mut all = vec![InvitedVault { url: places.vault.clone(), account }];
    let mut add = |vault: InvitedVault| {
        let is_new = all.iter().all(|one| one.url != vault.url && one.account != vault.account);
        if is_new {
            all.push(vault);
        }
    };
    args.vault.iter().for_each(|NamedVault(vault)| add(vault.clone()));
    let known = session.remembered_vaults().map_err(mrms_home::HomeError::from)?;
    for url in &settings.home.settings().vaults.urls {
        let account = known.iter().find(|(name, _)| name == url).map(|(_, account)| *account);
        if let (Ok(url), Some(account)) = (url.parse(), account) {
            add(InvitedVault { url, account });
        }
    }
    let plain_http = settings.home.settings().vaults.plain_http;
    for NamedVault(vault) in &args.vault {
        settings.home.must_be_vault(session, vault, plain_http)?;
    }
    Ok(all)
}

/// The clinic's card, which is made anew if it is to say anything else.
fn card(
    args: &SetupArgs,
    session: &Session<'_>,
    actor: &Actor,
) -> Result<SignedDocument<Card>, Failure> {
    let before = match session.own_card(actor, now(), &mut rng()) {
        Ok(own) => Some(own.card),
        Err(CardError::NotSet) => None,
        Err(error) => return Err(error.into()),
    };
    let said = before.as_ref().map(SignedDocument::document);
    let address = args.address.clone().or_else(|| said.and_then(|card| card.address.clone()));
    let organisation = said.and_then(|card| card.organisation.clone());
    match before {
        Some(card)
            if card.document().name == args.name
                && card.document().kind == args.kind
                && card.document().address == address =>
        {
            Ok(card)
        }
        _ => {
            let texts =
                CardTexts { kind: args.kind, name: args.name.clone(), organisation, address };
            Ok(session.set_card(actor, texts, now(), &mut rng())?)
        }
    }
}

/// Writes or installs the unit of `mrms up`.
fn write_unit(args: &SetupArgs, settings: &Settings) -> Result<PathBuf, Failure> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|error| Failure::new(Exit::Failed, "file", error))
    };
    let home = absolute(settings.home.folder().root())?;
    let program =
        std::env::current_exe().map_err(|error| Failure::new(Exit::Failed, "system", error))?;
    let passphrase = match settings.passphrase.file() {
        Some(file) if file.is_file() => absolute(file)?,
        _ => PathBuf::from(PASSPHRASE),
    };
    let unit = Unit {
        name: "mrms-clinic",
        description: &format!("MRMS of {}: node, vault and sponsor", args.name),
        home: &home,
        command: "up",
        passphrase: Some(&passphrase),
    };
    match args.install {
        true => unit.install(&args.install_root, &program),
        false => {
            let folder = args.units.clone().unwrap_or_else(|| home.join("units"));
            unit.write_into(&folder, &program)
        }
    }
}

fn words(
    args: &SetupArgs,
    plan: &ClinicPlan,
    invitation: &str,
    unit: &Path,
    near: bool,
    settings: &Settings,
) -> String {
    let places = &plan.places;
    let mut text = format!(
        "“{}” is set up in {}\n  node     {}\n  vault    {}\n  sponsor  {}",
        args.name,
        settings.home.folder().root().display(),
        places.node,
        places.vault,
        places.sponsor
    );
    for vault in &plan.vaults[1..] {
        text.push_str(&format!("\n  vault    {}, account {}", vault.url, vault.account));
    }
    if plan.vaults.len() > 1 {
        text.push_str(&format!(
            "\n  {} of {} vaults are needed",
            plan.threshold,
            plan.vaults.len()
        ));
    }
    let served = match args.install {
        true => format!("Its service runs them:\n  {}", unit.display()),
        false => format!("mrms up serves them; so does the unit of systemd:\n  {}", unit.display()),
    };
    text.push_str(&format!("\n{served}"));
    if near {
        text.push_str(
            "\nThese addresses lead to this machine alone. For other machines, put a proxy\nwith TLS in front, and repeat this with --node-url, --vault-url, --sponsor-url.",
        );
    }
    text.push_str(&format!(
        "\nThis is for one patient or colleague, for 30 days. mrms invite makes more.\n\n{invitation}\n"
    ));
    text
}
