//! Merges the settings once: a flag wins over a `MRMS_*` variable, a variable over `mrms.toml` in the
//! home folder, and that file over the default.
//!
//! The options of every command are here. `settings_file` has the form of the file, `environment` reads the variables.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use mrms_app::session::Sending;
use mrms_core::MicroStx;
use mrms_home::joining::making::OwnAddresses;
use mrms_home::link_host::LinkViewer;
use mrms_home::{Home, HomeFolder, HomeSettings, ProfileName, RemoteSettings, VaultSettings};
use mrms_http::Gate;
use mrms_node::index::NodeUrl;
use mrms_people::{ServiceUrl, UrlError};
use mrms_sponsor::Sources;
use mrms_stacks::client::{ApiKey, PlainHttp, Voucher};
use mrms_vault::protocol::Split;

use crate::agent::Agent;
use crate::environment::{number, variable};
use crate::settings_file::{LinksTable, VaultTable, read_file};
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::passphrase::PassphraseSource;
use crate::ui::terminal::Terminal;

/// Default inline limit, in bytes: the largest content envelope with its payload on the ledger.
const INLINE_LIMIT: usize = 16 * 1024;
/// How long a command waits, by default, for another command that has the home folder locked.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// Default for the highest fee of one transaction, in micro-STX: 1 STX.
const FEE_CEILING: u64 = 1_000_000;
/// How long a command waits, by default, until its transactions are in a block.
const WAIT: Duration = Duration::from_secs(600);
/// Default scrypt cost of a new keystore, as log2 of N.
const WORK_FACTOR: u8 = 18;

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalFlags {
    /// Use this folder as the home: it has your profiles, settings, ledger and vault. Without it:
    /// the data folder of your account (Linux: ~/.local/share/mrms).
    #[arg(long, global = true, value_name = "FOLDER", env = "MRMS_HOME", hide_env_values = true)]
    pub(crate) home: Option<PathBuf>,
    /// Act as this profile. Without it: profile of mrms.toml, else the one that mrms profile use
    /// chose, else the first one made.
    #[arg(long, global = true, value_name = "NAME", env = "MRMS_PROFILE", hide_env_values = true)]
    pub(crate) profile: Option<ProfileName>,
    /// Print JSON in place of text: one object, or one on each line where there are several.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Also show what programs and auditors need: principals in full, ids of transactions, burn
    /// heights, fingerprints and hashes. Without it: names, dates and times.
    #[arg(long, global = true)]
    pub(crate) details: bool,
    /// Read the passphrase from the first line of this file. Without it: mrms asks at the terminal
    /// when it needs one. [env: MRMS_PASSPHRASE_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read the passphrase from the first line of this open file descriptor (a number).
    #[arg(long, global = true, value_name = "N", conflicts_with = "passphrase_file")]
    pub(crate) passphrase_fd: Option<u32>,
    /// Use the ledger of the Stacks node or hosted API at this address. Without it: the
    /// ledger named in mrms.toml, else the embedded ledger of the home.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "MRMS_LEDGER_URL",
        hide_env_values = true
    )]
    pub(crate) ledger: Option<String>,
    /// Work with this home's own ledger and vault, as before it joined somebody: the ledger, contract,
    /// vaults and sponsor of mrms.toml count for nothing.
    #[arg(long, global = true, conflicts_with_all = ["ledger", "sponsor"])]
    pub(crate) own_ledger: bool,
    /// Let the sponsor at this address pay the fees of calls of the records contract. Without it:
    /// the sponsor named in mrms.toml, else your own account pays.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "MRMS_SPONSOR_URL",
        hide_env_values = true
    )]
    pub(crate) sponsor: Option<String>,
    /// Send nothing: print what would be sent, its fee, and what the contract would answer.
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Answer yes to every question but one: a reader's changed key needs --accept-changed-key.
    #[arg(long, short = 'y', global = true)]
    pub(crate) yes: bool,
}

/// Which host answers for links, and in which viewer they open: by the file and the variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkSettings {
    /// The host's address, as others reach it.
    pub(crate) host: Option<String>,
    /// The file with its deposit key, where it is not of this home.
    pub(crate) host_key_file: Option<PathBuf>,
    /// In which viewer they open.
    pub(crate) viewer: LinkViewer,
}

impl LinkSettings {
    /// A host that a variable names has its key from a variable, too.
    fn of(file: LinksTable, home: &HomeFolder) -> Self {
        let (host, key) = match variable("MRMS_LINK_HOST") {
            Some(host) => (Some(host), None),
            None => (file.host, file.host_key_file.map(|path| home.root().join(path))),
        };
        let given = variable("MRMS_LINK_HOST_KEY_FILE").map(PathBuf::from);
        Self {
            host,
            host_key_file: given.or(key),
            viewer: LinkViewer::of(variable("MRMS_LINK_VIEWER").or(file.viewer).as_deref()),
        }
    }
}

/// By which ways the person is told what happens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watching {
    pub(crate) desktop: bool,
    pub(crate) webhook: Option<ServiceUrl>,
    pub(crate) ntfy: Option<ServiceUrl>,
    pub(crate) names: bool,
}

/// What a command runs with.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The home, which is not open yet.
    pub(crate) home: Home,
    /// `--yes`: go ahead without asking.
    pub(crate) yes: bool,
    /// `--details`: also print what programs and auditors need, beside names and dates.
    pub(crate) details: bool,
    pub(crate) passphrase: PassphraseSource,
    /// The largest content envelope, in bytes, with its payload on the ledger.
    pub(crate) inline_limit: usize,
    /// Scrypt cost of a new keystore, as log2 of N.
    pub(crate) work_factor: u8,
    /// The key agent of the home's profile.
    pub(crate) agent: Agent,
    /// Which requests the services of this home let in.
    pub(crate) gate: Gate,
    /// Whom the sponsor of this home pays for.
    pub(crate) sponsored: Sources,
    /// Where the services of this home listen, and how others reach them.
    pub(crate) serving: Serving,
    /// The patient for whom the command acts, as typed with `mrms as`; none for oneself.
    pub(crate) acting_for: Option<String>,
    /// By which ways the person is told what happens.
    pub(crate) watch: Watching,
    /// Which host answers for links.
    pub(crate) links: LinkSettings,
    /// The flags and variables that win over the settings file in what an invitation brings.
    pub(crate) overriding: Vec<&'static str>,
    /// The address of a ledger that a flag named, and neither a variable nor the settings file.
    pub(crate) ledger_to_remember: Option<String>,
}

/// Where the services of this home listen, and how others reach them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serving {
    /// The addresses by which others reach them, where they are other ones.
    pub(crate) own: OwnAddresses,
    /// Where the node listens.
    pub(crate) node_listen: Option<SocketAddr>,
    /// Where the vault listens.
    pub(crate) vault_listen: Option<SocketAddr>,
    /// Where the index answers.
    pub(crate) index_listen: Option<SocketAddr>,
    /// Where the index's node tells of its blocks.
    pub(crate) index_events: Option<SocketAddr>,
    /// The index's node.
    pub(crate) index_node: Option<NodeUrl>,
    /// The profile that pays for others, and where it listens.
    pub(crate) sponsor: Option<(ProfileName, SocketAddr)>,
    /// Whether it pays for whoever reaches it.
    pub(crate) pays_for_anyone: bool,
}

impl Settings {
    /// Merges flags, environment (through clap), file and defaults.
    pub(crate) fn merge(flags: GlobalFlags) -> Result<Self, Failure> {
        let overriding = overriding(&flags);
        let home = home_folder(&flags)?;
        let path = home.settings_file();
        let mut file = read_file(&path)?;
        if flags.own_ledger {
            file.follow_nobody();
        }
        let in_file = |problem: String| {
            Failure::new(Exit::Usage, "settings", format!("{}: {problem}", path.display()))
                .hint("correct the line, or remove it for the default")
        };
        let profile = match (flags.profile, file.profile) {
            (Some(name), _) => name,
            (None, Some(name)) => {
                name.parse().map_err(|error| in_file(format!("profile: {error}")))?
            }
            (None, None) => home.profile_in_use()?.unwrap_or_else(ProfileName::standard),
        };
        let inline_limit = number(
            "MRMS_INLINE_LIMIT",
            file.inline_limit.map(|n| n as u64),
            INLINE_LIMIT as u64,
            0..=mrms_contract::CONTENT_MAX as u64,
        )?;
        let lock_wait = number("MRMS_LOCK_WAIT", file.lock_wait, LOCK_WAIT.as_secs(), 0..=86_400)?;
        let work_factor = number(
            "MRMS_WORK_FACTOR",
            file.keystore.work_factor.map(u64::from),
            u64::from(WORK_FACTOR),
            10..=22,
        )?;
        let fee_ceiling =
            number("MRMS_FEE_CEILING", file.ledger.fee_ceiling, FEE_CEILING, 0..=u64::MAX)?;
        let wait = number("MRMS_WAIT", file.ledger.wait, WAIT.as_secs(), 0..=86_400)?;
        let contract = match variable("MRMS_CONTRACT") {
            Some(text) => Some(text.parse().map_err(|error| {
                Failure::usage(format!("MRMS_CONTRACT: {error}")).hint("it is ADDRESS.NAME")
            })?),
            None => file.contract.id.map(|text| text.parse()).transpose().map_err(|error| {
                in_file(format!("[contract] id: {error}")).hint("it is ADDRESS.NAME")
            })?,
        };
        let own_url = |name: &str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse).transpose();
            parsed.map_err(|error: UrlError| in_file(format!("[serve] {name}: {error}")))
        };
        let sponsor_profile = file.sponsor.profile.as_deref().map(str::parse).transpose();
        let sponsor_profile =
            sponsor_profile.map_err(|error| in_file(format!("[sponsor] profile: {error}")))?;
        let index_node = file.serve.index_node.as_deref().map(str::parse).transpose();
        let index_node =
            index_node.map_err(|error| in_file(format!("[serve] index_node: {error}")))?;
        let serving = Serving {
            own: OwnAddresses {
                node: own_url("node_url", &file.serve.node_url)?,
                vault: own_url("vault_url", &file.serve.vault_url)?,
                sponsor: own_url("sponsor_url", &file.serve.sponsor_url)?,
            },
            node_listen: file.serve.node_listen,
            vault_listen: file.serve.vault_listen,
            index_listen: file.serve.index_listen,
            index_events: file.serve.index_events,
            index_node,
            sponsor: sponsor_profile.zip(file.sponsor.listen),
            pays_for_anyone: file.sponsor.anyone,
        };
        let watch_url = |name: &str, text: &Option<String>| {
            let parsed = text.as_deref().map(str::parse).transpose();
            parsed.map_err(|error: UrlError| in_file(format!("[watch] {name}: {error}")))
        };
        let watch = Watching {
            desktop: file.watch.desktop,
            webhook: watch_url("webhook", &file.watch.webhook)?,
            ntfy: watch_url("ntfy", &file.watch.ntfy)?,
            names: file.watch.names,
        };
        let links = LinkSettings::of(file.links, &home);
        let ledger_to_remember = flags.ledger.clone().filter(|url| {
            file.ledger.url.is_none()
                && file.ledger.urls.is_empty()
                && !url.is_empty()
                && variable("MRMS_LEDGER_URL").is_none()
        });
        let gate = Gate {
            hosts: parsed(&file.serve.hosts).map_err(|error| in_file(format!("hosts: {error}")))?,
            origins: parsed(&file.serve.origins)
                .map_err(|error| in_file(format!("origins: {error}")))?,
        };
        let sponsored = [file.sponsor.accounts, file.sponsor.vouchers]
            .map(|path| Some(home.root().join(path?)));
        let [accounts, vouchers] = sponsored;
        let sponsored = Sources { accounts, vouchers };
        // The text is in no message, since it is a secret.
        let sponsor_voucher: Option<Voucher> = match variable("MRMS_SPONSOR_VOUCHER") {
            Some(text) => Some(text.parse().map_err(|error| {
                Failure::usage(format!("MRMS_SPONSOR_VOUCHER: {error}"))
                    .hint("copy it whole from your invitation, or unset it")
            })?),
            None => {
                let text = file.ledger.sponsor_voucher.as_ref().map(|secret| secret.0.trim());
                let voucher = text.filter(|text| !text.is_empty()).map(str::parse).transpose();
                voucher.map_err(|error| in_file(format!("[ledger] sponsor_voucher: {error}")))?
            }
        };
        let api_key: Option<ApiKey> = match variable("MRMS_LEDGER_API_KEY") {
            Some(text) => Some(text.parse().map_err(|error| {
                Failure::usage(format!("MRMS_LEDGER_API_KEY: {error}"))
                    .hint("copy it whole from who runs the API, or unset it")
            })?),
            None => {
                let text = file.ledger.api_key.as_ref().map(|secret| secret.0.trim());
                let key = text.filter(|text| !text.is_empty()).map(str::parse).transpose();
                key.map_err(|error| in_file(format!("[ledger] api_key: {error}")))?
            }
        };
        // A flag or a variable names the one ledger that is meant.
        let named = flags.ledger.is_some();
        let mut nodes: Vec<String> =
            file.ledger.url.iter().chain(&file.ledger.urls).cloned().collect();
        nodes.retain(|url| !url.is_empty());
        nodes.dedup();
        let witnesses = if named { Vec::new() } else { nodes.iter().skip(1).cloned().collect() };
        let vaults = vaults(file.vault)?;
        let yes = flags.yes || flags.dry_run;
        // clap would take the variable for the flag, which then conflicts with the other flag.
        let passphrase_file = flags.passphrase_file.or_else(|| {
            let named = std::env::var_os("MRMS_PASSPHRASE_FILE").filter(|path| !path.is_empty());
            named.filter(|_| flags.passphrase_fd.is_none()).map(PathBuf::from)
        });
        let passphrase = PassphraseSource::of(passphrase_file, flags.passphrase_fd);
        let agent = Agent {
            home: home.root().to_owned(),
            profile: profile.clone(),
            runtime: std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
        };
        let settings = HomeSettings {
            profile,
            ledger: flags.ledger.or(nodes.into_iter().next()).filter(|url| !url.is_empty()),
            remote: RemoteSettings {
                fee_ceiling: MicroStx::new(fee_ceiling),
                wait: Duration::from_secs(wait),
                reach: None,
                plain_http: plain_http(file.ledger.allow_plain_http),
                witnesses,
                api_key,
                ending: false,
                sponsor: flags.sponsor.or(file.ledger.sponsor).filter(|url| !url.is_empty()),
                sponsor_voucher,
            },
            vaults,
            contract,
            lock_wait: Duration::from_secs(lock_wait),
            sending: if flags.dry_run { Sending::DryRun } else { Sending::Send },
        };
        let output = Output::new(flags.json);
        Ok(Self {
            home: Home::new(home, settings, face(output, &passphrase, &agent, yes, flags.details)),
            yes,
            details: flags.details,
            passphrase,
            inline_limit: inline_limit as usize,
            work_factor: work_factor as u8,
            agent,
            gate,
            sponsored,
            serving,
            watch,
            links,
            acting_for: None,
            overriding,
            ledger_to_remember,
        })
    }
}

/// The command line as the face of a home.
fn face(
    output: Output,
    passphrase: &PassphraseSource,
    agent: &Agent,
    yes: bool,
    details: bool,
) -> Arc<Terminal> {
    let (passphrase, agent) = (passphrase.clone(), agent.clone());
    Arc::new(Terminal { output, passphrase, agent, yes, details })
}

impl Settings {
    /// The same settings for what ends something: no node holds that up.
    pub(crate) fn for_an_end(self) -> Self {
        let (folder, face) = (self.home.folder().clone(), Arc::clone(self.home.face()));
        let mut settings = self.home.settings().clone();
        settings.remote.ending = true;
        Self { home: Home::new(folder, settings, face), ..self }
    }

    /// The same settings for another profile of the home.
    pub(crate) fn for_profile(self, profile: ProfileName, output: Output) -> Self {
        let agent = Agent { profile: profile.clone(), ..self.agent };
        let face = face(output, &self.passphrase, &agent, self.yes, self.details);
        let settings = HomeSettings { profile, ..self.home.settings().clone() };
        let home = Home::new(self.home.folder().clone(), settings, face);
        Self { home, agent, ..self }
    }

    /// The same settings for another profile of the home, beside these.
    pub(crate) fn as_profile(&self, profile: ProfileName, output: Output) -> Self {
        let home = &self.home;
        let same =
            Home::new(home.folder().clone(), home.settings().clone(), Arc::clone(home.face()));
        self.with_home(same).for_profile(profile, output)
    }

    /// The same settings for this home, which another part of them made.
    pub(crate) fn with_home(&self, home: Home) -> Self {
        Self {
            home,
            yes: self.yes,
            details: self.details,
            passphrase: self.passphrase.clone(),
            inline_limit: self.inline_limit,
            work_factor: self.work_factor,
            agent: self.agent.clone(),
            gate: self.gate.clone(),
            sponsored: self.sponsored.clone(),
            serving: self.serving.clone(),
            watch: self.watch.clone(),
            links: self.links.clone(),
            acting_for: self.acting_for.clone(),
            overriding: self.overriding.clone(),
            ledger_to_remember: None,
        }
    }

    /// Refuses `--dry-run` for a command that does more than send transactions.
    pub(crate) fn must_not_rehearse(&self, command: &str) -> Result<(), Failure> {
        match self.home.settings().sending {
            Sending::Send | Sending::SignOnly(_) => Ok(()),
            Sending::DryRun => Err(Failure::usage(format!("mrms {command} cannot be a dry run"))
                .hint("leave out --dry-run")),
        }
    }

    /// Refuses a ledger elsewhere for a command that works on the embedded ledger only.
    pub(crate) fn must_be_embedded(&self, command: &str) -> Result<(), Failure> {
        match &self.home.settings().ledger {
            None => Ok(()),
            Some(url) => Err(Failure::usage(format!(
                "mrms {command} is for the embedded ledger, not for {url}"
            ))
            .hint("leave out --ledger, MRMS_LEDGER_URL and [ledger] url")),
        }
    }
}

/// The flags and variables that win over the settings file in what an invitation brings.
fn overriding(flags: &GlobalFlags) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut flag = |is_given: bool, flag, name| {
        if is_given {
            found.push(if variable(name).is_some() { name } else { flag });
        }
    };
    flag(flags.ledger.is_some(), "--ledger", "MRMS_LEDGER_URL");
    flag(flags.sponsor.is_some(), "--sponsor", "MRMS_SPONSOR_URL");
    let variables =
        ["MRMS_CONTRACT", "MRMS_VAULT_URLS", "MRMS_VAULT_THRESHOLD", "MRMS_SPONSOR_VOUCHER"];
    found.extend(variables.into_iter().filter(|name| variable(name).is_some()));
    found
}

fn parsed<T: std::str::FromStr>(texts: &[String]) -> Result<Vec<T>, T::Err> {
    texts.iter().map(|text| text.parse()).collect()
}

fn plain_http(allowed: bool) -> PlainHttp {
    if allowed { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly }
}

fn vaults(file: VaultTable) -> Result<VaultSettings, Failure> {
    let urls: Vec<String> = match variable("MRMS_VAULT_URLS") {
        Some(list) => list.split(',').map(|url| url.trim().to_owned()).collect(),
        None => file.urls,
    };
    let most = u64::from(Split::MOST);
    let count = urls.len().max(1) as u64;
    if count > most || urls.iter().any(String::is_empty) {
        return Err(Failure::usage(format!("{count} vaults are named, not 1 to {most} addresses"))
            .hint("correct MRMS_VAULT_URLS, or urls under [vault] in mrms.toml"));
    }
    let most_of_them = count / 2 + 1;
    let threshold =
        number("MRMS_VAULT_THRESHOLD", file.threshold.map(u64::from), most_of_them, 1..=count)?;
    let plain_http = plain_http(file.allow_plain_http);
    Ok(VaultSettings { urls, threshold: threshold as u8, plain_http })
}

/// The home folder that flags and environment name, which need not exist.
pub(crate) fn home_folder(flags: &GlobalFlags) -> Result<HomeFolder, Failure> {
    Ok(HomeFolder::new(match &flags.home {
        Some(folder) => folder.clone(),
        None => default_home()?,
    }))
}

fn default_home() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "mrms")
        .map(|dirs| dirs.data_dir().to_owned())
        .ok_or_else(|| {
            Failure::usage("this account has no home directory")
                .hint("name a folder with --home or MRMS_HOME")
        })
}
