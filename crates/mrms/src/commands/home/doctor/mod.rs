//! `mrms doctor`: checks this installation and says how to mend what is wrong.

mod folder;
mod health;
mod hosted_links;
mod joined;
mod ledger;
mod mend;
mod served_index;
mod services;

use clap::Args;
use mrms_app::ledger::LedgerError;
use mrms_core::visible;
use mrms_home::HomeError;

use crate::commands::joining::JoinedNode;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::home::Check;

#[derive(Debug, Default, Args)]
#[command(
    after_help = "A profile remembers the newest block that it saw of a ledger of MRMS. If the ledger no longer has it, \
    every command warns, until you say that this is right: for example because you took the ledger back yourself.\n\n\
    --fix mends permissions, owners, and what services left that no longer run, and moves aside what was sent or remembered \
    and can't be read; it tells each before and after. It removes nothing that anybody wrote.\n\n\
    Examples:\n  \
    mrms doctor\n  \
    mrms doctor --fix\n  \
    mrms doctor --accept-ledger"
)]
pub(crate) struct DoctorArgs {
    /// Go on with the ledger as it is now: forget the newest block that this profile saw of it before.
    #[arg(long)]
    accept_ledger: bool,
    /// Mend what can be mended without losing anything: permissions and owners of files, and what services
    /// left behind that no longer run. With --dry-run it only tells.
    #[arg(long)]
    fix: bool,
    /// Only ask the node, vault, sponsor, index or link host at this address whether it can work now, for
    /// a health check; may be given more than once. Exit code 6: it can't.
    #[arg(long, value_name = "URL", conflicts_with_all = ["fix", "accept_ledger"])]
    service: Vec<String>,
}

impl DoctorArgs {
    /// Whether it changes files.
    pub(crate) const fn mends(&self) -> bool {
        self.fix
    }
}

struct Finding {
    what: &'static str,
    /// What was found; or the trouble, and how to mend it.
    outcome: Result<String, (String, String)>,
}

pub(crate) fn run(args: &DoctorArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    if !args.service.is_empty() {
        return health::run(&args.service, settings, output);
    }
    let home_folder = settings.home.folder();
    if !home_folder.root().is_dir() {
        return Err(home_folder.is_missing().into());
    }
    if args.fix {
        mend::mend(&mend::found(settings)?, settings, output)?;
    }
    let has_profile = home_folder.has_profile(settings.home.profile());
    // Programs and auditors need accounts, heights and hashes; a person needs to know whether it is well.
    let full = settings.details || output.is_json();
    let mut findings = vec![folder::home(settings), folder::files(settings)?];
    findings.extend(if has_profile {
        vec![folder::keystore(settings), folder::agent_state(settings)]
    } else {
        vec![folder::no_profile(settings)?]
    });
    findings.extend(folder::outbox(settings));
    if has_profile {
        findings.extend(folder::memory(settings));
    }
    findings.extend(joined::joined(settings));
    findings.extend(joined::earlier(settings));
    findings.extend(joined::shown_invitation(settings));
    let links = hosted_links::look(settings);
    findings.extend(links.map(|outcome| Finding { what: "links", outcome }));
    if served_index::is_alone(settings) {
        findings.push(Finding { what: "index", outcome: served_index::look(settings) });
        return tell(&findings, output);
    }
    let mut opened = settings.home.open();
    if args.accept_ledger
        && let Err(HomeError::Ledger(LedgerError::OtherChain { .. })) = &opened
    {
        settings.home.forget_ledger()?;
        opened = settings.home.open();
    }
    match opened {
        Ok(mut home) => {
            if args.accept_ledger {
                home.accept_ledger()?;
            }
            findings.push(ledger::ledger(&home, full));
            findings.extend(ledger::results(&home));
            findings.extend(ledger::index(&home));
            let me = settings.home.account().ok().map(mrms_core::Principal::from);
            findings.extend(ledger::nodes(&home, me.as_ref()));
            findings.extend(ledger::waiting(&home));
            findings.extend(ledger::history(&home, full));
            findings.push(ledger::clock(&home));
            findings.push(ledger::contract(&home, full));
            findings.push(services::ciphertext(&home));
            // Vaults and sponsor are those of a profile, which remembers their accounts.
            if has_profile {
                findings.extend(joined::lacking(&home, settings));
                findings.extend(services::people(&home, settings));
                findings.extend(services::offered(&home, settings));
                findings.extend(services::keys_of_all(&home, settings));
                findings.extend(services::vaults(&home, full));
                findings.extend(services::sponsor(&home, settings));
            }
        }
        Err(error) => {
            let failure = Failure::from(error);
            findings.push(trouble(
                "ledger",
                match JoinedNode::of(settings) {
                    Some(node) => node.explain(failure),
                    None => failure,
                },
            ));
        }
    }
    tell(&findings, output)
}

/// Prints what was found, and fails if something is wrong.
fn tell(findings: &[Finding], output: Output) -> Result<(), Failure> {
    let broken = findings.iter().filter(|finding| finding.outcome.is_err()).count();
    for finding in findings {
        let (ok, text, hint) = match &finding.outcome {
            Ok(text) => (true, visible::lines(text), None),
            Err((text, hint)) => (false, visible::lines(text), Some(hint)),
        };
        let mark = if ok { "ok     " } else { "TROUBLE" };
        let line = format!("{mark}  {:<10} {text}", finding.what);
        let line = match hint {
            Some(hint) => format!("{line}\n         hint: {hint}"),
            None => line,
        };
        output.result(
            &Check { check: finding.what, ok, message: &text, hint: hint.map(String::as_str) },
            &line,
        )?;
    }
    match broken {
        0 => Ok(()),
        one_or_more => Err(Failure::new(
            Exit::Failed,
            "doctor",
            format!("{one_or_more} of {} checks found trouble", findings.len()),
        )
        .hint("follow the hint beside each, then run mrms doctor again")),
    }
}

fn trouble(what: &'static str, failure: Failure) -> Finding {
    let hint = failure.hint.unwrap_or_else(|| "see mrms --help".to_owned());
    Finding { what, outcome: Err((failure.message, hint)) }
}

fn fine(what: &'static str, text: String) -> Finding {
    Finding { what, outcome: Ok(text) }
}
