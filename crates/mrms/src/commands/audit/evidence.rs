//! `mrms evidence` writes an evidence bundle; `mrms verify` checks one.
//!
//! To make a bundle needs no key and leaves no entry: everything in it is on the ledger already, or
//! was kept by this profile.

use std::path::PathBuf;

use clap::Args;
use mrms_core::RecordId;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::results::audit::{Evidence, VerifiedEvidence, WrittenEvidence};
use crate::ui::target;
use mrms_home::evidence::{self, Bundle, EmbeddedPart, LedgerPart};
use mrms_home::ledger::embedded;

#[derive(Debug, Args)]
#[command(
    after_help = "Anybody can check the file, without a ledger: mrms verify FILE. The proofs are \
    complete only on the machine that has the embedded ledger. The file has no plaintext, no name \
    and no key in it.\n\n\
    Example:\n  mrms evidence 123 -o evidence.json"
)]
pub(crate) struct EvidenceArgs {
    /// Id of the record.
    id: RecordId,
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
    let default = || PathBuf::from(format!("evidence-{}.json", args.id));
    let path = args.output.clone().unwrap_or_else(default);
    let mut target = target::open(&path, args.force)?;
    let to_stdout = target.is_stdout();
    if to_stdout && output.is_json() {
        return Err(Failure::usage("the bundle and a result cannot both go to standard output")
            .hint("leave out --json: the bundle is JSON"));
    }
    let home = settings.home.open()?;
    let bundle = match settings.home.settings().ledger {
        None => evidence::from_file(&home.session(), args.id, &settings.home.folder().ledger())?,
        Some(_) => evidence::from_network(&home.session(), args.id)?,
    };
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
    let object = WrittenEvidence { evidence: describe(&bundle), output: &path, bytes: text.len() };
    let sentence = match proven_ledger(&bundle) {
        Some(ledger) => format!(
            "the proofs of {} entries and {} refusals of record {} are in {}\n  mrms verify {} checks it anywhere, without a ledger\n  note the ledger's genesis where others find it: {}",
            bundle.trail.entries,
            bundle.trail.refusals,
            bundle.record_id,
            path.display(),
            path.display(),
            ledger.genesis,
        ),
        None => format!(
            "{} entries of record {} are in {}, without proofs: {}",
            bundle.trail.entries,
            bundle.record_id,
            path.display(),
            NO_PROOFS,
        ),
    };
    output.result(&object, &sentence)
}

/// Checks a bundle, and compares it with the head and genesis that the caller knows from elsewhere.
pub(crate) fn verify(
    text: &str,
    head: Option<String>,
    genesis: Option<String>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let bundle = evidence::check(text)?;
    let found = bundle.trail.head.to_string();
    if let Some(expected) = head.as_ref().filter(|expected| **expected != found) {
        return Err(other("the trail ends in head", &found, expected));
    }
    let ledger = proven_ledger(&bundle);
    let found = ledger.map_or_else(String::new, |ledger| ledger.genesis.to_string());
    if let Some(expected) = genesis.as_ref().filter(|expected| **expected != found) {
        return Err(other("the ledger's block 0 is", &found, expected));
    }
    // A bundle of this home's own ledger needs no --genesis.
    let is_own =
        embedded::genesis(&settings.home.folder().ledger()).is_some_and(|own| own == found);
    let genesis_compared = genesis.is_some() || is_own;
    let open = not_proven(&bundle, genesis_compared);
    let object = VerifiedEvidence {
        evidence: describe(&bundle),
        intact: true,
        head_compared: head.is_some(),
        genesis_compared,
        not_proven: &open,
    };
    let text = format!("{}\n\nNot proven by it:\n  - {}", summary(&bundle), open.join("\n  - "),);
    output.result(&object, &text)
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

fn describe(bundle: &Bundle) -> Evidence<'_> {
    let ledger = proven_ledger(bundle);
    Evidence {
        record_id: bundle.record_id,
        proven: ledger.is_some(),
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
    }
}

fn summary(bundle: &Bundle) -> String {
    let trail = format!(
        "the bundle on record {} holds\n  {} entries give the head {}; {} refusals beside them\n  {} version(s), by the hash of their ciphertext; {} grant(s)",
        bundle.record_id,
        bundle.trail.entries,
        bundle.trail.head,
        bundle.trail.refusals,
        bundle.versions.len(),
        bundle.grants.len(),
    );
    let source = if is_ours(bundle) { "as in this program" } else { "other than in this program" };
    match proven_ledger(bundle) {
        Some(ledger) => format!(
            "{trail}\n  {} transaction(s): each signed by its sender, in a block that the node signed, with the receipt that the\n  block commits to; entries are in these receipts, by those who signed\n  contract {}, source {}, {source}\n  ledger {}, node key {}\n  as of block {}, {}",
            bundle.transactions.len(),
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

const NO_PROOFS: &str = "a ledger elsewhere gives none. The entries give the head; that they happened, and when, \
    is to be looked up on that network, by their transactions";

/// What the bundle does not prove, so that its reader must know it from elsewhere.
fn not_proven(bundle: &Bundle, genesis_compared: bool) -> Vec<String> {
    let mut open = Vec::new();
    match proven_ledger(bundle) {
        Some(ledger) => {
            if !genesis_compared {
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
