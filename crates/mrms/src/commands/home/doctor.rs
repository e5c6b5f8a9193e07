//! `mrms doctor`: checks this installation and says how to mend what is wrong.

use std::path::Path;

use clap::Args;
use mrms_app::ledger::{Ledger, LedgerError};
use mrms_app::session::vaults::MemberError;
use mrms_app::sharing::all_readers::MissingKeys;
use mrms_core::{Principal, visible};
use mrms_home::mending::Flaw;
use mrms_vault::protocol::VaultCard;
use sha2::{Digest as _, Sha256};

use super::{health, hosted_links, mend, served_index};
use crate::commands::joining::{JoinedNode, earlier_records};
use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::home::Check;
use crate::ui::times;
use mrms_home::OpenHome;
use mrms_home::clock::now;
use mrms_home::joining::{Kept, published};
use mrms_home::ledger::HomeLedger;
use mrms_home::ledger::remote::Limits;

/// The machine's clock may be behind the ledger's by this many seconds before it is reported.
const CLOCK_TOLERANCE: u64 = 60;

#[derive(Debug, Default, Args)]
#[command(
    after_help = "A profile remembers the newest block that it saw of a ledger of MRMS. If the ledger no longer has it, \
    every command warns, until you say that this is right: for example because you took the ledger back yourself.\n\n\
    --fix mends permissions, owners, and what services left that no longer run; it tells each before and after. \
    It removes nothing that anybody wrote.\n\n\
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
    /// Only ask the node, vault, sponsor, index or host of links at this address whether it can work now, for
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
    let folder = settings.home.folder();
    if !folder.root().is_dir() {
        return Err(folder.is_missing().into());
    }
    if args.fix {
        mend::mend(&mend::found(settings)?, settings, output)?;
    }
    let has_profile = folder.has_profile(settings.home.profile());
    // Programs and auditors need accounts, heights and hashes; a person needs to know whether it is well.
    let full = settings.details || output.is_json();
    let mut findings = vec![home(settings), files(settings)?];
    findings.extend(if has_profile {
        vec![keystore(settings), agent_state(settings)]
    } else {
        vec![no_profile(settings)?]
    });
    findings.extend(joined(settings));
    findings.extend(earlier(settings));
    findings.extend(shown_invitation(settings));
    let links = hosted_links::look(settings);
    findings.extend(links.map(|outcome| Finding { what: "links", outcome }));
    if served_index::is_alone(settings) {
        findings.push(Finding { what: "index", outcome: served_index::look(settings) });
        return tell(&findings, output);
    }
    match settings.home.open() {
        Ok(mut home) => {
            if args.accept_ledger {
                home.accept_ledger()?;
            }
            findings.push(ledger(&home, full));
            findings.extend(results(&home));
            findings.extend(index(&home));
            findings.extend(nodes(&home));
            findings.extend(history(&home, full));
            findings.push(clock(&home));
            findings.push(contract(&home, full));
            findings.push(ciphertext(&home));
            // Vaults and sponsor are those of a profile, which remembers their accounts.
            if has_profile {
                findings.extend(people(&home, settings));
                findings.extend(keys_of_all(&home, settings));
                findings.extend(vaults(&home, full));
                findings.extend(sponsor(&home, settings));
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

fn home(settings: &Settings) -> Finding {
    let root = settings.home.folder().root();
    match others_can_read(root) {
        Ok(false) => fine("home", format!("{} is private", root.display())),
        Ok(true) => Finding {
            what: "home",
            outcome: Err((
                format!("{} can be read by others", root.display()),
                format!("chmod 700 {}", quoted(root)),
            )),
        },
        Err(error) => trouble("home", crate::ui::reasons::cannot("read", root, &error)),
    }
}

/// What protects the files where nothing is wrong: each of them itself, or the folder around them.
fn files_words(open: usize) -> String {
    match open {
        0 => "each is private, and nothing was left behind".to_owned(),
        open => format!(
            "nobody else comes into the home folder; {} in it {} open by {} own permissions: a copy elsewhere would not be private",
            counted(open as u64, "file or folder", "files and folders"),
            if open == 1 { "is" } else { "are" },
            if open == 1 { "its" } else { "their" },
        ),
    }
}

/// Permissions, owners, and what was left behind: what `--fix` mends.
fn files(settings: &Settings) -> Result<Finding, Failure> {
    let root = settings.home.folder().root();
    let mut flaws = mend::found(settings)?;
    // The folder itself has a finding of its own. Into a private one nobody else comes.
    let is_private =
        !flaws.iter().any(|flaw| matches!(flaw, Flaw::Open { path, .. } if path == root));
    let behind = flaws.iter().filter(
        |flaw| matches!(flaw, Flaw::Open { path, .. } if path != root && path.starts_with(root)),
    );
    let behind = behind.count();
    flaws.retain(|flaw| match flaw {
        Flaw::Open { path, .. } => path != root && !(is_private && path.starts_with(root)),
        _ => true,
    });
    Ok(match flaws.as_slice() {
        [] => fine("files", files_words(if is_private { behind } else { 0 })),
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            Finding {
                what: "files",
                outcome: Err((
                    format!("{first}{more}"),
                    "mrms doctor --fix mends it, and tells each; with --dry-run it only tells"
                        .to_owned(),
                )),
            }
        }
    })
}

/// A home without the profile that acts: fine if it serves a ledger or a vault, and names no profile.
fn no_profile(settings: &Settings) -> Result<Finding, Failure> {
    let (folder, name) = (settings.home.folder(), settings.home.profile());
    let others = folder.profiles()?;
    if !others.is_empty() {
        return Ok(match folder.card(name) {
            Ok(_) => fine("profile", format!("{name} is here")),
            Err(error) => trouble("profile", error.into()),
        });
    }
    Ok(match folder.serves().as_slice() {
        [] => trouble("profile", folder.is_missing().into()),
        serves => {
            fine("profile", format!("nobody has one here: the home has {}", serves.join(" and ")))
        }
    })
}

/// Whom this home joined, and whether they published anything newer.
fn joined(settings: &Settings) -> Option<Finding> {
    let kept = match Kept::load(settings.home.folder()) {
        Ok(kept) => kept?,
        Err(error) => return Some(trouble("joined", error.into())),
    };
    let taken = match kept.taken() {
        Ok(taken) => taken,
        Err(error) => return Some(trouble("joined", error.into())),
    };
    let name = taken.document().card().name.to_string();
    Some(match kept.newer {
        None => fine("joined", format!("“{name}”")),
        Some(_) => Finding {
            what: "joined",
            outcome: Err((
                format!("“{name}” has published a newer invitation"),
                "mrms join --update shows it, and takes it".to_owned(),
            )),
        },
    })
}

/// Records that stayed on this home's own ledger when it joined somebody.
fn earlier(settings: &Settings) -> Option<Finding> {
    Some(fine("earlier", earlier_records(settings)?))
}

/// The invitation that node and vault show to everybody.
fn shown_invitation(settings: &Settings) -> Option<Finding> {
    let shown = match published::published(settings.home.folder()) {
        Ok(shown) => shown?,
        Err(error) => return Some(trouble("invitation", error.into())),
    };
    let invitation = shown.document();
    let until = times::local(invitation.valid_until);
    Some(match invitation.has_expired(now()) {
        false => fine("invitation", format!("shown at {} until {until}", invitation.node)),
        true => Finding {
            what: "invitation",
            outcome: Err((
                format!("the one that node and vault show could be taken until {until}"),
                "mrms invite --publish --for 365d makes another".to_owned(),
            )),
        },
    })
}

fn keystore(settings: &Settings) -> Finding {
    let path = settings.home.folder().keystore(settings.home.profile());
    match others_can_read(&path) {
        Ok(false) => fine("keystore", format!("{} is private", path.display())),
        Ok(true) => Finding {
            what: "keystore",
            outcome: Err((
                format!("{} can be read by others", path.display()),
                format!("chmod 600 {}", quoted(&path)),
            )),
        },
        Err(error) => trouble("keystore", crate::ui::reasons::cannot("read", &path, &error)),
    }
}

/// A path as a shell takes it in one piece.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "/._-+@%".contains(one);
    match text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(unix)]
fn others_can_read(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_can_read(path: &Path) -> std::io::Result<bool> {
    std::fs::metadata(path).map(|_| false)
}

fn agent_state(settings: &Settings) -> Finding {
    let text = if settings.agent.is_running() {
        "holds the profile unlocked; mrms key lock ends it"
    } else {
        "not running: commands ask for the passphrase"
    };
    fine("key agent", text.to_owned())
}

fn ledger(home: &OpenHome, full: bool) -> Finding {
    let ledger = home.ledger().port();
    if let Some(withheld) = home.withheld() {
        let message = chain(&LedgerError::from(withheld));
        return Finding {
            what: "ledger",
            outcome: Err((
                message,
                "ask whoever runs the ledger, or ask another node of it; a node that is only behind catches up".to_owned(),
            )),
        };
    }
    match ledger.tip() {
        Ok(_) if !full => fine("ledger", format!("{} answers", ledger.name())),
        Ok(tip) => fine(
            "ledger",
            format!(
                "{}, chain {}, block {}, burn height {}",
                ledger.name(),
                ledger.network().chain_id,
                tip.block_height,
                tip.burn_height
            ),
        ),
        Err(error) => trouble("ledger", error.into()),
    }
}

/// Whether the other nodes of the settings say the same as the ledger; nothing where there are none.
fn nodes(home: &OpenHome) -> Option<Finding> {
    let compared = match home.ledger().over_http()?.compare_nodes(home.contract()) {
        Ok(compared) => compared,
        Err(error) => return Some(trouble("nodes", error.into())),
    };
    let each = compared.iter().map(|node| format!("{} at block {}", node.url, node.tip));
    let each: Vec<_> = each.collect();
    (!each.is_empty()).then(|| fine("nodes", format!("they agree: {}", each.join(", "))))
}

/// What a Stacks network's node can tell of transactions, and of what happened before; nothing on the embedded ledger.
fn results(home: &OpenHome) -> Option<Finding> {
    let ledger = home.ledger().over_http()?;
    let limits = match ledger.limits() {
        Ok(limits) => limits?,
        Err(error) => return Some(trouble("results", error.into())),
    };
    Some(match limits {
        Limits::None => {
            fine("results", "the hosted API tells of transactions and of what happened".to_owned())
        }
        Limits::NoHistory => fine(
            "results",
            "the node tells of transactions by its index; audits list neither refusals nor the transaction of each entry, which a hosted API would tell"
                .to_owned(),
        ),
        Limits::NoIndex => Finding {
            what: "results",
            outcome: Err((
                "the node keeps no index of transactions: results are read from the contract's state, other contracts can't be called, a vault can't follow it, and audits list no refusals"
                    .to_owned(),
                "set txindex = true under [node] in the node's configuration, or name a hosted API as the ledger"
                    .to_owned(),
            )),
        },
    })
}

/// How the index of a node's blocks stands; nothing where another thing answers.
fn index(home: &OpenHome) -> Option<Finding> {
    let standing = match home.ledger().over_http()?.index() {
        Ok(standing) => standing?,
        Err(error) => return Some(trouble("index", error.into())),
    };
    if let Some(what) = standing.trouble {
        return Some(Finding {
            what: "index",
            outcome: Err((
                what,
                "look at the log of mrms index, and that the node's configuration names it under [[events_observer]]".to_owned(),
            )),
        });
    }
    Some(match (standing.begins, standing.newest) {
        (Some(begins), _) => Finding {
            what: "index",
            outcome: Err((
                format!("history before block {begins} is not here: the node told of nothing before"),
                "audits of contracts that are older need a hosted API, or an index that a node tells of everything from its first block on".to_owned(),
            )),
        },
        (None, Some(newest)) => fine("index", format!("has everything up to block {newest}")),
        (None, None) => fine("index", "has no block yet".to_owned()),
    })
}

/// Whether the ledger still has the newest block that the profile saw; nothing on a Stacks network.
fn history(home: &OpenHome, full: bool) -> Option<Finding> {
    if let Some(broken) = home.ledger_break() {
        return Some(Finding {
            what: "history",
            outcome: Err((
                if full { broken.to_string() } else { broken.words().to_owned() },
                "ask whoever runs the ledger what happened, and compare evidence with others; if it is right so, mrms doctor --accept-ledger goes on with it"
                    .to_owned(),
            )),
        });
    }
    let newest = home.newest_block()?;
    let mut text = "goes on from what this profile saw".to_owned();
    if full {
        let hash = hex::encode(newest.hash);
        text.push_str(&format!("; block {} is {hash}", newest.height));
    }
    Some(fine("history", text))
}

fn clock(home: &OpenHome) -> Finding {
    let machine = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    match home.ledger().port().tip() {
        Ok(tip) if tip.time.seconds() > machine + CLOCK_TOLERANCE => Finding {
            what: "clock",
            outcome: Err((
                format!(
                    "this machine's clock is {} behind the ledger's latest block",
                    times::duration_words(tip.time.seconds() - machine)
                ),
                "set the clock: grants expire by it".to_owned(),
            )),
        },
        Ok(tip) => fine("clock", times::local(tip.time)),
        Err(error) => trouble("clock", error.into()),
    }
}

fn release_of(source: &str) -> Option<&'static str> {
    mrms_contract::release_of(&Sha256::digest(source).into())
}

fn contract(home: &OpenHome, full: bool) -> Finding {
    match home.ledger().port().deployed(home.contract()) {
        Ok(Some(found)) if !full && release_of(&found.source).is_some() => {
            fine("contract", "the records contract, as this program knows it".to_owned())
        }
        Ok(Some(found)) if found.source == mrms_contract::SOURCE => {
            fine("contract", format!("{}, source as in this binary", home.contract()))
        }
        Ok(Some(found)) if release_of(&found.source).is_some() => {
            let release = release_of(&found.source).unwrap_or_default();
            fine("contract", format!("{}, source of release {release}", home.contract()))
        }
        Ok(Some(_)) => Finding {
            what: "contract",
            outcome: Err((
                format!("{} has another source than this binary's", home.contract()),
                "use the version of mrms that deployed it; mrms contract source prints it"
                    .to_owned(),
            )),
        },
        Ok(None) => Finding {
            what: "contract",
            outcome: Err((
                format!("{} is not deployed", home.contract()),
                "mrms contract deploy deploys it".to_owned(),
            )),
        },
        Err(error) => trouble("contract", error.into()),
    }
}

/// Whether those who read everything have all keys, where the profile is unlocked and somebody does.
fn keys_of_all(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    let actor = settings.home.unlock_quietly().ok()??;
    let session = home.session();
    let me = actor.principal();
    let looked = || -> Result<Option<Finding>, Failure> {
        let records = session.records_of(&me)?;
        let missing = session.missing_keys(&actor, &records)?;
        let names = settings.home.names(Some(&actor))?;
        let said = missing.iter().map(|(user, missing)| {
            let who = names.shown(user);
            match missing {
                MissingKeys::Records(count) => {
                    format!("the keys of {count} records are still to be left for {who}")
                }
                MissingKeys::LeftOut(why) => {
                    format!("{who} reads everything and gets no keys: {why}")
                }
            }
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() {
            let somebody = !session.lacking_keys(&actor, &records)?.is_empty();
            let text = "everybody who reads all your records has the keys";
            return Ok(somebody.then(|| fine("keys", text.to_owned())));
        }
        let hint = "mrms list leaves what is lacking; mrms delegate, or mrms grant --all-records, names somebody anew, and shows their key".to_owned();
        Ok(Some(Finding { what: "keys", outcome: Err((said.join("; "), hint)) }))
    };
    looked().unwrap_or_else(|failure| Some(trouble("keys", failure)))
}

/// The sponsor, if one is named: whether it pays for this contract, and how much budget is left.
fn sponsor(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    let (HomeLedger::Remote(ledger) | HomeLedger::Served(ledger, _)) = home.ledger() else {
        return None;
    };
    let sponsor = ledger.fee_sponsor()?;
    let asked = settings.home.account().map(|account| sponsor.details(&account));
    Some(match asked {
        Err(error) => trouble("sponsor", error.into()),
        Ok(Err(error)) => Finding {
            what: "sponsor",
            outcome: Err((
                error.to_string(),
                "check its address, and that mrms sponsor runs there".to_owned(),
            )),
        },
        Ok(Ok(found)) => {
            let pays_here =
                found.chain_id == ledger.network().chain_id && found.contract == *home.contract();
            let (contract, chain) = (&found.contract, found.chain_id);
            if pays_here {
                fine(
                    "sponsor",
                    format!(
                        "{} pays {} more of your transactions until {}, {} of anybody's",
                        sponsor.url(),
                        found.remaining,
                        visible::line(&found.renews_at),
                        found.remaining_for_all,
                    ),
                )
            } else {
                Finding {
                    what: "sponsor",
                    outcome: Err((
                        format!("{} pays for {contract} on chain {chain}", sponsor.url()),
                        "name a sponsor that pays for your contract, or set MRMS_CONTRACT to the contract that this one pays for"
                            .to_owned(),
                    )),
                }
            }
        }
    })
}

fn ciphertext(home: &OpenHome) -> Finding {
    match home.blobs().list() {
        Ok(blobs) if home.copies().is_some() && !blobs.is_empty() => fine(
            "ciphertext",
            format!("waiting here for a vault: {}; mrms vault sync sends it", blobs.len()),
        ),
        Ok(blobs) => fine("ciphertext", format!("{} pieces in this folder", blobs.len())),
        Err(error) => trouble("ciphertext", error.into()),
    }
}

/// The people whom the profile knows: whether they can be read, and whether their published keys are those that the profile
/// knows. Nothing where that would take a question, or where it knows nobody.
fn people(home: &OpenHome, settings: &Settings) -> Option<Finding> {
    // What is wrong with the keystore is told by a finding of its own.
    let actor = settings.home.unlock_quietly().ok().flatten()?;
    let names = match settings.home.names(Some(&actor)) {
        Ok(names) => names,
        Err(error) => return Some(trouble("people", error.into())),
    };
    let all = names.people().filter(|people| !people.all().is_empty())?.all();
    let session = home.session();
    let is_other =
        |who: &Principal| matches!(session.changed_recipient(Some(&actor), who), Ok(Some(_)));
    let others = all.iter().map(|person| &person.principal).filter(|who| is_other(who));
    let others: Vec<String> = others.map(|who| names.shown(who)).collect();
    let cards = all.iter().filter(|person| person.card.is_some()).count();
    Some(match others.as_slice() {
        [] => fine("people", format!("{} known, {cards} of them by a card", all.len())),
        others => Finding {
            what: "people",
            outcome: Err((
                format!("another key is published than the one that you know: {}", others.join("; ")),
                "ask them for their newest card, and mrms people add takes it; or compare the fingerprint with them, and mrms key trust takes the key"
                    .to_owned(),
            )),
        },
    })
}

/// Each vault: whether it answers, follows this contract, and has the account that it had before.
fn vaults(home: &OpenHome, full: bool) -> Vec<Finding> {
    let session = home.session();
    let of_one = |(name, card): (&str, Result<&VaultCard, MemberError>)| match card {
        Ok(_) if !full => fine("vault", format!("{name} answers, and is the one that you know")),
        Ok(card) => fine("vault", format!("{name}: {}, {} lines", card.vault, card.log_count)),
        Err(error) => {
            if error.is_missing() {
                return trouble("vault", error.into());
            }
            let mend = if error.is_unreachable() {
                "see that it runs and can be reached: mrms vault run serves it"
            } else {
                "ask whoever runs it what has changed; mrms vault trust URL ACCOUNT accepts another vault at its address"
            };
            Finding { what: "vault", outcome: Err((error.to_string(), mend.to_owned())) }
        }
    };
    session.vault_cards().into_iter().map(of_one).collect()
}
