//! `mrms vault join`: makes a vault on another machine that follows a clinic's node, and says what the clinic must add.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_home::vault::own::VaultFolder;
use mrms_people::ServiceUrl;

use crate::commands::joining::join::{JoinTerms, Joining, accept};
use crate::config::Settings;
use crate::serving::units::Unit;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::joining::NewVault;

#[derive(Debug, Args)]
#[command(
    after_help = "The home needs no profile and no passphrase. Then mrms vault run serves the vault, and whoever \
    invited adds the line that this command prints.\n\n\
    Example:\n  \
    mrms --home /srv/vault vault join mrms:DAAAAAIHY29udGVud… \\\n    \
    --url https://vault.patients.example"
)]
pub(crate) struct VaultJoinArgs {
    /// The clinic's invitation: its text, a file with it, a picture of its QR code, or the address of its
    /// node; - is standard input.
    invitation: String,
    /// Address by which others will reach this vault. Without it: where it listens, which is enough on
    /// one machine alone.
    #[arg(long, value_name = "URL")]
    url: Option<ServiceUrl>,
    /// Where the vault will listen. Without it: 127.0.0.1:20444.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Write the unit for systemd into this folder. Without it: into units in the home folder.
    #[arg(long, value_name = "FOLDER")]
    units: Option<PathBuf>,
    #[command(flatten)]
    terms: JoinTerms,
}

pub(crate) fn join(
    args: &VaultJoinArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let folder = settings.home.folder();
    if !folder.profiles()?.is_empty() || folder.contract()?.is_some() {
        return Err(Failure::usage(format!(
            "{} is somebody's home already",
            folder.root().display()
        ))
        .hint("make the vault in a folder of its own: --home FOLDER"));
    }
    let accepted = accept(&args.invitation, &args.terms, Joining::Vault, settings, output)?;
    let joined = accepted.settings(settings);
    let before = settings.serving.vault_listen;
    let listen = args.listen.or(before);
    let listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 20_444)));
    let url = match args.url.clone().or_else(|| settings.serving.own.vault.clone()) {
        Some(url) => url,
        None => format!("http://{listen}").parse().map_err(Failure::usage)?,
    };
    let root = folder.root();
    mrms_files::make_private_folder(root).map_err(|error| cannot("make", root, &error))?;
    accepted.follow_only(folder, listen, &url)?;
    let (network, contract) = (joined.home.network()?, joined.home.contract()?);
    let key = VaultFolder::on(folder, network, &contract).key()?;
    let account = key.address(network.version);
    let unit = write_unit(args, root)?;
    let option = format!("--vault {url}={account}");
    let name = accepted.inviter_name();
    output.result(
        &NewVault {
            url: url.as_str(),
            account,
            ledger: joined.home.settings().ledger.as_deref().unwrap_or_default(),
            contract_id: &contract,
            option: &option,
            unit: &unit,
        },
        &format!(
            "a vault is ready in {}\n  account  {account}\n  address  {url}\nmrms vault run serves it; so does the unit of systemd:\n  {}\nWhile it is served, “{name}” adds it with:\n\n  mrms clinic setup \"{name}\" \\\n    {option}\n",
            root.display(),
            unit.display(),
        ),
    )
}

fn write_unit(args: &VaultJoinArgs, home: &Path) -> Result<PathBuf, Failure> {
    let system = |error| Failure::new(Exit::Failed, "system", error);
    let home = std::path::absolute(home).map_err(system)?;
    let program = std::env::current_exe().map_err(system)?;
    let unit = Unit {
        name: "mrms-vault",
        description: "MRMS: a vault",
        home: &home,
        command: "vault run",
        passphrase: None,
    };
    let folder = args.units.clone().unwrap_or_else(|| home.join("units"));
    unit.write_into(&folder, &program)
}
