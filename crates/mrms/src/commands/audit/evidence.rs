//! `mrms evidence` writes an evidence bundle; `mrms verify` checks one.
//!
//! To make a bundle needs no key and leaves no entry: everything in it is on the ledger already, or
//! was kept by this profile.

use std::path::PathBuf;

use clap::Args;
use mrms_app::records::find::Lists;
use mrms_core::visible;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::record_ref::{Finder, RecordRef};
use crate::ui::results::audit::{Evidence, Flagged, VerifiedEvidence, WrittenEvidence};
use crate::ui::target;
use mrms_home::error::chain;
use mrms_home::evidence::{self, Bundle, Comparison, EmbeddedPart, FlagPart, LedgerPart, Standing};

#[derive(Debug, Args)]
#[command(
    after_help = "Anybody can check the file, without a ledger: mrms verify FILE. The proofs come from \
    the embedded ledger: its file, or the node that serves it. A Stacks network gives none, and the file \
    says so. The file has no plaintext, no name and no key in it.\n\n\
    Example:\n  mrms evidence 123 -o evidence.json"
)]
pub(crate) struct EvidenceArgs {
    /// The record: its number in mrms list, its label, or its id.
    #[arg(value_name = "RECORD")]
    record: RecordRef,
    /// File, pipe or device to write to; - is standard output. Without it: evidence-ID.json in this
    /// folder.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists. Without it: the command stops.
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &EvidenceArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("evidence")?;
    let me = settings.home.account()?.into();
    let actor = args.record.keys(settings)?;
    let home = settings.home.open()?;
    let finder = Finder { session: home.session(), lists: Lists::Own(&me), actor: actor.as_ref() };
    let id = args.record.one(finder)?;
    let default = || PathBuf::from(format!("evidence-{id}.json"));
    let path = args.output.clone().unwrap_or_else(default);
    let mut target = target::open(&path, args.force)?;
    let to_stdout = target.is_stdout();
    if to_stdout && output.is_json() {
        return Err(Failure::usage("the bundle and a result cannot both go to standard output")
            .hint("leave out --json: the bundle is JSON"));
    }
    let folder = settings.home.folder();
    let bundle = evidence::collect(&home.session(), id, home.ledger(), folder)?;
    let text = bundle.to_text();
    // Others will rely on the bundle, so it is checked here in the way that they will check it.
    evidence::check(&text)?;
    target
        .as_write()
        .write_all(text.as_bytes())
        .map_err(|error| not_written(target::name_of(&target), &error))?;
    target::finish(target)?;
    if to_stdout {
        return Ok(());
    }
    let proven = bundle.shows_one_chain();
    let object =
        WrittenEvidence { evidence: describe(&bundle, proven), output: &path, bytes: text.len() };
    let mut sentence = match proven_ledger(&bundle) {
        Some(_) if !bundle.shows_one_chain() => format!(
            "NOT PROVEN: {NO_CHAIN}\n  the proofs of {} entries and {} refusals of record {} are in {}\n  make it again after the ledger's next block, and it shows that",
            bundle.trail.entries,
            bundle.trail.refusals,
            bundle.record_id,
            path.display(),
        ),
        Some(ledger) => format!(
            "PROVEN: the proofs of {} entries and {} refusals of record {} are in {}\n  mrms verify {} checks it anywhere, without a ledger\n  note the ledger's genesis where others find it: {}",
            bundle.trail.entries,
            bundle.trail.refusals,
            bundle.record_id,
            path.display(),
            path.display(),
            ledger.genesis,
        ),
        None => format!(
            "NOT PROVEN: {NO_PROOFS}\n  {} entries of record {} are in {}, without proofs",
            bundle.trail.entries,
            bundle.record_id,
            path.display(),
        ),
    };
    sentence.push_str(&flagged(&bundle));
    output.result(&object, &sentence)
}

/// Checks a bundle, and compares it with the head and genesis that the caller knows from elsewhere. The first
/// line is PROVEN or NOT PROVEN, with the reason; each has exit codes of its own.
pub(crate) fn verify(
    text: &str,
    head: Option<String>,
    genesis: Option<String>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let bundle = match compared(text, head.as_ref(), genesis.as_ref()) {
        Ok(bundle) => bundle,
        Err(failure) => {
            if !output.is_json() {
                output.text(&format!("NOT PROVEN: {}", failure.message))?;
            }
            return Err(failure);
        }
    };
    let standing = match Standing::of(&bundle, &settings.home) {
        Ok(standing) => standing,
        Err(forked) => {
            if !output.is_json() {
                output.text(&format!("NOT PROVEN: {forked}"))?;
            }
            return Err(forked.into());
        }
    };
    let ledger = proven_ledger(&bundle);
    let proven = standing.is_proven();
    // A bundle of this home's own ledger needs no --genesis.
    let known = Known { genesis: genesis.is_some() || standing.is_own_ledger, standing };
    let open = not_proven(&bundle, &known);
    let object = VerifiedEvidence {
        evidence: describe(&bundle, proven),
        intact: true,
        head_compared: head.is_some(),
        genesis_compared: known.genesis,
        one_chain: known.standing.one_chain,
        ledger_compared: matches!(known.standing.ledger, Comparison::Later | Comparison::OneChain),
        not_proven: &open,
    };
    let text = format!(
        "{}\n{}{}\n\nNot proven by it:\n  - {}",
        verdict(&bundle, &known),
        summary(&bundle, &known),
        flagged(&bundle),
        open.join("\n  - "),
    );
    output.result(&object, &text)?;
    match ledger {
        Some(_) if proven => Ok(()),
        Some(_) => Err(Failure::new(Exit::NotProven, "not-proven", format!("the bundle is whole, but {NO_CHAIN}"))
            .hint("make it again: mrms evidence ID; or check it in the home of that ledger, which knows its blocks")),
        None => Err(Failure::new(
            Exit::NotProven,
            "not-proven",
            "the bundle has no proofs: nothing but its head is shown by it",
        )
        .hint(
            "look its transactions up on that network; a node of an embedded ledger gives proofs",
        )),
    }
}

/// What is known from elsewhere of a bundle's ledger.
struct Known {
    /// Whether its block 0 was compared.
    genesis: bool,
    standing: Standing,
}

/// The bundle, if it is whole and as the caller knows it.
fn compared(
    text: &str,
    head: Option<&String>,
    genesis: Option<&String>,
) -> Result<Bundle, Failure> {
    let bundle = evidence::check(text)?;
    let found = bundle.trail.head.to_string();
    if let Some(expected) = head.filter(|expected| **expected != found) {
        return Err(other("the trail ends in head", &found, expected));
    }
    let found = match proven_ledger(&bundle) {
        Some(ledger) => ledger.genesis.to_string(),
        None => "not proven".to_owned(),
    };
    if let Some(expected) = genesis.filter(|expected| **expected != found) {
        return Err(other("the ledger's block 0 is", &found, expected));
    }
    Ok(bundle)
}

/// The first line of a check.
fn verdict(bundle: &Bundle, known: &Known) -> String {
    match proven_ledger(bundle) {
        None => format!("NOT PROVEN: {NO_PROOFS}"),
        Some(_) if !known.standing.one_chain => format!("NOT PROVEN: {NO_CHAIN}"),
        Some(_) if known.genesis => {
            "PROVEN: every entry and refusal, by transactions in blocks of the ledger that you know"
                .to_owned()
        }
        Some(ledger) => format!(
            "PROVEN for the ledger {} alone: whose that is was not compared (--genesis)",
            ledger.genesis
        ),
    }
}

/// What the vault receipts tell against their vaults.
fn flagged(bundle: &Bundle) -> String {
    let mut text = String::new();
    for FlagPart { vault, flag, receipts } in &bundle.flagged {
        let numbers: Vec<_> = receipts.iter().map(ToString::to_string).collect();
        text.push_str(&format!(
            "\nFLAGGED: vault {vault}, by its own signature: {flag} (vault receipts {})",
            numbers.join(", ")
        ));
    }
    text
}

fn other(what: &str, found: &str, expected: &str) -> Failure {
    Failure::new(Exit::Integrity, "evidence-altered", format!("{what} {found}, not {expected}"))
        .hint("the bundle is from another ledger, or from another time, than the one that you know")
}

fn proven_ledger(bundle: &Bundle) -> Option<&EmbeddedPart> {
    match &bundle.ledger {
        LedgerPart::Embedded(ledger) => Some(ledger),
        LedgerPart::Network(_) => None,
    }
}

/// Whether the contract's source is the one in this program.
fn is_ours(bundle: &Bundle) -> bool {
    bundle.contract.source_sha256.as_bytes() == mrms_contract::source_hash()
}

fn describe(bundle: &Bundle, proven: bool) -> Evidence<'_> {
    let ledger = proven_ledger(bundle);
    Evidence {
        record_id: bundle.record_id,
        proven,
        entries: bundle.trail.entries,
        denied: bundle.trail.refusals,
        head: bundle.trail.head.to_string(),
        versions: bundle.versions.len(),
        transactions: bundle.transactions.len(),
        contract_id: &bundle.contract.id,
        source_sha256: bundle.contract.source_sha256.to_string(),
        source_matches: is_ours(bundle),
        genesis: ledger.map(|ledger| ledger.genesis.to_string()),
        node_key: ledger.map(|ledger| ledger.node_key.to_string()),
        as_of_block: ledger.map(|ledger| ledger.as_of.block_height),
        as_of_time: ledger.map(|ledger| ledger.as_of.time.as_str()),
        vault_receipts: bundle.vault_receipts.len(),
        flagged: bundle.flagged.iter().map(Flagged::from).collect(),
    }
}

fn summary(bundle: &Bundle, known: &Known) -> String {
    let trail = format!(
        "the bundle on record {} is whole\n  {} entries give the head {}; {} refusals beside them\n  {} version(s), by the hash of their ciphertext; {} grant(s)",
        bundle.record_id,
        bundle.trail.entries,
        bundle.trail.head,
        bundle.trail.refusals,
        bundle.versions.len(),
        bundle.grants.len(),
    );
    let hash = bundle.contract.source_sha256.array("hash of the source").ok();
    let source = match hash.as_ref().and_then(mrms_contract::release_of) {
        _ if is_ours(bundle) => "as in this program".to_owned(),
        Some(release) => format!("of release {release}, which this program knows"),
        None => "unknown to this program".to_owned(),
    };
    match proven_ledger(bundle) {
        Some(ledger) => format!(
            "{trail}\n  {} transaction(s): each signed by its sender, in a block that the node signed, with the receipt that the\n  block commits to; entries are in these receipts, by those who signed{}\n  contract {}, source {}, {source}\n  ledger {}, node key {}\n  as of block {}, {}",
            bundle.transactions.len(),
            on_chain(bundle, known),
            bundle.contract.id,
            bundle.contract.source_sha256,
            ledger.genesis,
            ledger.node_key,
            ledger.as_of.block_height,
            ledger.as_of.time,
        ),
        None => format!(
            "{trail}\n  contract {}, source {}, {source}",
            bundle.contract.id, bundle.contract.source_sha256,
        ),
    }
}

/// What shows that the blocks are on one chain.
fn on_chain(bundle: &Bundle, known: &Known) -> &'static str {
    match (&known.standing.ledger, bundle.shows_one_chain()) {
        (Comparison::OneChain, _) => {
            "\n  every block is on the chain of the ledger that is known here"
        }
        (Comparison::Later, true) => {
            "\n  every block is on the chain of the newest one; the ledger that is known here has the same, as far as it goes"
        }
        (_, true) => "\n  every block is on the chain of the newest one",
        (_, false) => "",
    }
}

/// What a bundle from before headers committed to all blocks does not show.
const NO_CHAIN: &str = "nothing shows that its blocks are on one chain: the node signed each of them, but may have \
    dropped some since";

const NO_PROOFS: &str = "the ledger gives no proofs. The entries give the head; that they happened, and when, \
    is to be looked up on that network, by their transactions";

/// What the bundle does not prove, so that its reader must know it from elsewhere.
fn not_proven(bundle: &Bundle, known: &Known) -> Vec<String> {
    let mut open = Vec::new();
    match proven_ledger(bundle) {
        Some(ledger) => {
            if !known.standing.one_chain {
                open.push(format!("that what is in it still counts: {NO_CHAIN}"));
            }
            match &known.standing.ledger {
                Comparison::NotReached { error } => open.push(format!(
                    "that this ledger shows everybody the same: it could not be asked ({})",
                    visible::line(&chain(error))
                )),
                Comparison::Unknown => open.push(
                    "that this ledger shows everybody the same: nothing is known of it here; a home that works with it compares its blocks".to_owned(),
                ),
                _ => {}
            }
            if !known.genesis {
                open.push("whose ledger this is: compare its block 0 with one that you know from elsewhere (--genesis)".to_owned());
            }
            open.push(format!(
                "that nothing came after entry {}: the head and the count are those of the last transaction here; the node's word is that the chain had come to block {}",
                bundle.trail.entries.saturating_sub(1),
                ledger.as_of.block_height,
            ));
            open.push("that there were no other refusals: nothing commits to those".to_owned());
            open.push("that the node ran the contract as it is written: mrms node fsck, on the ledger, executes it again".to_owned());
            open.push("the time of day: it is the clock of the node's machine".to_owned());
        }
        None => open.push(format!("anything but the head: {NO_PROOFS}")),
    }
    open.push("what the ciphertext says, who the accounts belong to, and what was read without an entry (standing grants and delegates are in the patient's own log)".to_owned());
    if !bundle.vault_receipts.is_empty() {
        open.push(format!(
            "that these {} receipts are all that the vaults gave: mrms audit ID --reconcile reads their whole logs",
            bundle.vault_receipts.len()
        ));
    }
    open
}
