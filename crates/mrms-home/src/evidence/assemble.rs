//! Derives everything in a bundle that people read from its proofs. Pure. No other file decides what a
//! bundle says.

use std::collections::{BTreeMap, BTreeSet};

use mrms_app::audit::trail::{ActionOutcome, Printed, TrailLine};
use mrms_app::times::rfc3339;
use mrms_contract::state::printed_entry;
use mrms_contract::trail::{self, Head};
use mrms_core::UnixTime;
use mrms_core::{Action, AuditEntry, ContentHash, ContractId, Principal, RecordId};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_node::chain::merkle::Node;
use mrms_node::chain::{GenesisProof, Header, SignedHeader, TransactionProof};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Payload;
use mrms_vault::protocol::VaultReceipt;
use sha2::{Digest, Sha256};

use super::EvidenceError;
use super::format::{
    AncestorPart, AsOfPart, BlockZeroPart, Bundle, ContractPart, EmbeddedPart, FORMAT, GrantPart,
    Hex, LedgerPart, NetworkPart, PayloadPart, TrailPart, VersionPart, WITHOUT_ANCESTRY,
};
use super::proven::Proven;
use super::receipts;

/// What a bundle with proofs is made of.
#[derive(Debug)]
pub(super) struct Proofs {
    pub(super) record: RecordId,
    pub(super) contract: ContractId,
    pub(super) block_0: GenesisProof,
    /// The newest known block.
    pub(super) as_of: SignedHeader,
    /// The transaction that deployed the contract.
    pub(super) deployed: TransactionProof,
    /// The transactions about the record, in any order.
    pub(super) transactions: Vec<TransactionProof>,
    /// By height, the paths that show every other block to be an ancestor of the newest; `None` if nothing shows it.
    pub(super) ancestors: Option<Vec<AncestorPath>>,
    pub(super) vault_receipts: Vec<VaultReceipt>,
}

/// The path from a block's hash to the root over all blocks below the newest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AncestorPath {
    /// Height of the block.
    pub(super) height: u32,
    pub(super) nodes: Vec<Node>,
}

/// A trail from a ledger that gives no proofs.
#[derive(Clone, Debug)]
pub(super) struct NetworkTrail {
    /// The record.
    pub(super) record: RecordId,
    /// The records contract.
    pub(super) contract: ContractId,
    /// SHA-256 of the source as it was deployed.
    pub(super) source_sha256: [u8; 32],
    /// The ledger that the record is on.
    pub(super) ledger: NetworkPart,
    /// The lines of the log.
    pub(super) lines: Vec<TrailLine>,
}

/// The bundle of these proofs.
///
/// # Errors
///
/// [`EvidenceError`] for the first part that does not hold. Nothing in a bundle is trusted unchecked.
pub(super) fn from_proofs(proofs: Proofs) -> Result<Bundle, EvidenceError> {
    let Proofs {
        record,
        contract,
        block_0,
        as_of,
        deployed,
        transactions,
        ancestors,
        vault_receipts,
    } = proofs;
    let genesis = block_0.verify().map_err(|source| EvidenceError::Genesis { source })?;
    let (chain_id, node_key) = (genesis.chain_id, genesis.node_key);
    as_of.header.verify_signature(&node_key, &as_of.signature).map_err(|_| EvidenceError::AsOf)?;
    let deployed = Proven::check(deployed, chain_id, &node_key, 0)?;
    let source_sha256 = deployed_source(&deployed, &contract)?;
    let mut proven = (1..)
        .zip(transactions)
        .map(|(number, proof)| Proven::check(proof, chain_id, &node_key, number))
        .collect::<Result<Vec<_>, _>>()?;
    proven.sort_by_key(|one| (one.block_height(), one.proof.position));
    let headers = std::iter::once(&block_0.block.header)
        .chain([deployed.header(), &as_of.header])
        .chain(proven.iter().map(Proven::header));
    let by_height = agree(headers, &as_of.header)?;
    let ancestors = match ancestors {
        Some(paths) => Some(shown_ancestors(&by_height, &as_of.header, &paths)?),
        None => None,
    };
    let format = if ancestors.is_some() { FORMAT } else { WITHOUT_ANCESTRY };

    let Told { lines, contents } = told(record, &contract, &proven)?;
    let ledger = LedgerPart::Embedded(Box::new(EmbeddedPart {
        chain_id,
        genesis: Hex(genesis.hash.as_bytes().to_vec()),
        node_key: Hex(node_key.to_vec()),
        block_0: BlockZeroPart {
            header: Hex(block_0.block.header.encode()),
            signature: Hex(block_0.block.signature.to_vec()),
            operations: block_0.operations.into_iter().map(Hex).collect(),
        },
        as_of: AsOfPart {
            block_height: as_of.header.height.get(),
            burn_height: as_of.header.burn_height.get(),
            time: rfc3339(UnixTime::from_seconds(as_of.header.time.get())),
            hash: Hex(as_of.header.hash().as_bytes().to_vec()),
            header: Hex(as_of.header.encode()),
            signature: Hex(as_of.signature.to_vec()),
        },
        ancestors,
    }));
    let contract = ContractPart {
        id: contract,
        source_sha256: Hex(source_sha256.to_vec()),
        deployed: Some(deployed.to_part()),
    };
    let mut bundle = summary(record, contract, ledger, lines, &contents)?;
    bundle.format = format.to_owned();
    bundle.transactions = proven.iter().map(Proven::to_part).collect();
    receipts::add(&mut bundle, vault_receipts, chain_id)?;
    Ok(bundle)
}

/// The bundle of a trail without proofs.
///
/// # Errors
///
/// [`EvidenceError`] when the trail does not hold.
pub(super) fn from_network(
    trail: NetworkTrail,
    vault_receipts: Vec<VaultReceipt>,
) -> Result<Bundle, EvidenceError> {
    let NetworkTrail { record, contract, source_sha256, ledger, lines } = trail;
    let contract =
        ContractPart { id: contract, source_sha256: Hex(source_sha256.to_vec()), deployed: None };
    let chain_id = ledger.chain_id;
    let ledger = LedgerPart::Network(ledger);
    let mut bundle = summary(record, contract, ledger, lines, &BTreeMap::new())?;
    receipts::add(&mut bundle, vault_receipts, chain_id)?;
    Ok(bundle)
}

/// SHA-256 of the source that this transaction deployed as `contract`.
fn deployed_source(deployed: &Proven, contract: &ContractId) -> Result<[u8; 32], EvidenceError> {
    let failed = || EvidenceError::Deployment { contract: contract.to_string() };
    let succeeded = deployed.receipt.status == mrms_node::chain::Status::Success;
    match deployed.transaction.payload() {
        Payload::SmartContract(published)
            if succeeded
                && published.name == contract.name
                && deployed.transaction.origin() == contract.deployer =>
        {
            Ok(Sha256::digest(published.source.as_str()).into())
        }
        _ => Err(failed()),
    }
}

/// Checks that headers can be of one chain: one for each height, time and burn height never fall, a child
/// names its parent if both are there, and none is above the newest. Returns them by height.
fn agree<'a>(
    headers: impl Iterator<Item = &'a Header>,
    newest: &Header,
) -> Result<BTreeMap<u32, &'a Header>, EvidenceError> {
    let mut by_height: BTreeMap<u32, &Header> = BTreeMap::new();
    for header in headers {
        let height = header.height.get();
        let other = by_height.insert(height, header);
        if other.is_some_and(|other| other != header) || header.height > newest.height {
            return Err(EvidenceError::Blocks { height });
        }
    }
    let ordered: Vec<_> = by_height.values().collect();
    for pair in ordered.windows(2) {
        let [below, above] = pair else { continue };
        let height = above.height.get();
        let is_child = below.height.get() + 1 == height;
        let fits = above.time >= below.time
            && above.burn_height >= below.burn_height
            && (!is_child || above.parent == below.hash());
        if !fits {
            return Err(EvidenceError::Blocks { height });
        }
    }
    Ok(by_height)
}

/// Checks that each block below the newest has a path that shows it to be an ancestor, and that there are no other paths.
fn shown_ancestors(
    by_height: &BTreeMap<u32, &Header>,
    newest: &Header,
    paths: &[AncestorPath],
) -> Result<Vec<AncestorPart>, EvidenceError> {
    let mut paths = paths.iter();
    let mut shown = Vec::new();
    for (height, header) in by_height.range(..newest.height.get()) {
        let path = match paths.next() {
            Some(path) if path.height == *height => path.nodes.as_slice(),
            _ => return Err(EvidenceError::AncestorPaths),
        };
        newest
            .must_include(header, path)
            .map_err(|source| EvidenceError::Ancestor { height: *height, source })?;
        let path = path.iter().map(|node| Hex(node.to_vec())).collect();
        shown.push(AncestorPart { block_height: *height, path });
    }
    match paths.next() {
        Some(_) => Err(EvidenceError::AncestorPaths),
        None => Ok(shown),
    }
}

/// What transactions say about a record.
struct Told {
    lines: Vec<TrailLine>,
    /// Content envelopes by their SHA-256.
    contents: BTreeMap<[u8; 32], Vec<u8>>,
}

/// Makes the trail's lines from receipts and refused calls. Fails for an entry whose actor did not sign.
fn told(record: RecordId, contract: &ContractId, proven: &[Proven]) -> Result<Told, EvidenceError> {
    let mut lines = Vec::new();
    let mut head = Head::EMPTY;
    let mut contents = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for one in proven {
        let txid = one.txid;
        let before = lines.len();
        for value in one.printed(contract)? {
            let wrong = |error: mrms_contract::AnswerError| EvidenceError::Transaction {
                txid,
                reason: error.to_string(),
            };
            let Some(entry) = printed_entry(&value, record).map_err(wrong)? else { continue };
            // The contract's actor is its immediate caller: the signer, or a contract in between.
            let actor_signed = match one.calls(contract) {
                true => entry.actor == Principal::Standard(one.transaction.origin()),
                false => matches!(entry.actor, Principal::Contract(_)),
            };
            if !actor_signed {
                return Err(EvidenceError::Actor { index: entry.index, txid });
            }
            head = head.after(record, &entry)?;
            let (block_height, time) = (one.block_height(), one.time());
            let printed = Printed { entry, txid, block_height, time };
            lines.push(TrailLine::of_entry(record, &printed.entry, Some(&printed), head));
        }
        if let Some(refused) = one.refusal()?.filter(|_| one.calls(contract)) {
            lines.extend(TrailLine::of_refusal(record, &refused));
        }
        // A proof that says nothing about the record, or comes twice, has no place in a bundle.
        if lines.len() == before || !seen.insert(txid) {
            return Err(EvidenceError::Unrelated { txid });
        }
        if let Payload::ContractCall(call) = one.transaction.payload() {
            for argument in &call.arguments {
                if let Value::Buffer(bytes) = argument {
                    contents.insert(*ContentHash::of(bytes).as_bytes(), bytes.clone());
                }
            }
        }
    }
    Ok(Told { lines, contents })
}

/// Makes the bundle: what the lines of a trail say about versions and grants.
fn summary(
    record: RecordId,
    contract: ContractPart,
    ledger: LedgerPart,
    lines: Vec<TrailLine>,
    contents: &BTreeMap<[u8; 32], Vec<u8>>,
) -> Result<Bundle, EvidenceError> {
    let mut entries = Vec::new();
    let mut refusals = 0;
    for line in &lines {
        if line.record_id != record {
            return Err(EvidenceError::Differs { section: "a line of the trail" });
        }
        match line.outcome {
            ActionOutcome::Denied => refusals += 1,
            ActionOutcome::Ok => entries.push(
                line.to_entry().map_err(|_| EvidenceError::Bytes { what: "line of the trail" })?,
            ),
        }
    }
    let head = entries.last().map_or(Head::EMPTY, |(_, head)| *head);
    let pairs = entries.iter().map(|(entry, head)| (entry, Some(*head)));
    let count = trail::verify(record, pairs, head)?;
    let mut patient = None;
    let mut versions = Vec::new();
    let mut grants: Vec<GrantPart> = Vec::new();
    for (entry, _) in &entries {
        match entry.action {
            Action::Create | Action::TransferAccept => patient = Some(entry.actor.clone()),
            Action::CreateFor => patient.clone_from(&entry.subject),
            _ => {}
        }
        if matches!(entry.action, Action::Create | Action::CreateFor | Action::Amend) {
            versions.push(version(entry, contents));
        }
        if matches!(entry.action, Action::Grant | Action::Revoke) {
            let Some(user) = &entry.subject else { continue };
            let standing = grants.iter_mut().rfind(|grant| grant.user == *user);
            if let Some(grant) = standing.filter(|grant| grant.ended_by.is_none()) {
                grant.ended_by = Some(entry.index);
            }
            if entry.action == Action::Grant {
                grants.push(GrantPart {
                    user: user.clone(),
                    rights: entry.detail[31],
                    expiry: entry.expiry,
                    index: entry.index,
                    ended_by: None,
                });
            }
        }
    }
    // The first entry of every record is its creation.
    let patient = patient.ok_or(EvidenceError::Differs { section: "the trail" })?;
    Ok(Bundle {
        format: WITHOUT_ANCESTRY.to_owned(),
        record_id: record,
        patient,
        contract,
        ledger,
        trail: TrailPart { entries: count, head: Hex(head.as_bytes().to_vec()), refusals, lines },
        versions,
        grants,
        transactions: Vec::new(),
        vault_receipts: Vec::new(),
        flagged: Vec::new(),
    })
}

fn version(entry: &AuditEntry, contents: &BTreeMap<[u8; 32], Vec<u8>>) -> VersionPart {
    let envelope = contents.get(&entry.detail).and_then(|bytes| ContentEnvelope::parse(bytes).ok());
    VersionPart {
        version: entry.version,
        author: entry.actor.clone(),
        index: entry.index,
        content_hash: Hex(entry.detail.to_vec()),
        payload: envelope.map(|envelope| {
            let digest = envelope.payload_digest();
            PayloadPart {
                storage: match envelope.storage() {
                    Storage::Inline => "chain",
                    Storage::Reference => "vault",
                    Storage::Erasable => "vault-erasable",
                }
                .to_owned(),
                bytes: digest.length(),
                sha256: Hex(digest.sha256().to_vec()),
            }
        }),
    }
}
