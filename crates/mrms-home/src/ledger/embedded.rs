//! The port to the embedded ledger, in this process.
//!
//! Values and transactions go to and fro as bytes, in their consensus serialization. So the client's codec
//! and the node's stay separate, and each checks the other.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mrms_app::ledger::{
    Account, Block, Cost, Deployed, Descent, IncludedCall, Ledger as LedgerPort, LedgerError,
    PrintedEvent, Receipt, Tip,
};
use mrms_core::{
    BlockHeight, BurnHeight, ContractId, MicroStx, Nonce, Principal, StandardPrincipal, TxId,
    UnixTime,
};
use mrms_node::chain;
use mrms_node::control::Done;
use mrms_stacks::abi::Interface;
use mrms_stacks::clarity::Value;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Transaction, Unsigned};
use sha2::{Digest as _, Sha256};

use super::entries::{self, entry_of};
use super::lineage;
use super::spare_room::SpareRoom;
use super::translated::{
    answer, call, core_txid, decode, encode, failed, node_contract, node_principal, open_error,
    operation, receipt, seen, submit_error,
};
use crate::folder::mark_beside;

/// How many rows are read at a time.
const PAGE: u32 = 500;

/// What an account gets from the faucet when it can't pay a fee, in micro-STX: 1,000 STX.
pub const FAUCET: u64 = 1_000_000_000;

/// Whether an account has so little that its next fees may not be covered.
pub fn is_short(balance: MicroStx) -> bool {
    balance.number() < FAUCET / 10
}

/// The ledger of a home folder, in this process. Clones share it.
#[derive(Clone)]
pub struct EmbeddedLedger {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    settings: chain::Settings,
    /// How long to wait for others when it is taken up again.
    wait: Mutex<Duration>,
    /// The hash of block 0, by which a ledger is known again.
    genesis: String,
    /// None while another command may have it.
    chain: Mutex<Option<chain::Ledger>>,
    /// The contract that was last looked at, and whether it has the source that this program has.
    looked: Mutex<Option<(ContractId, bool)>>,
}

impl std::fmt::Debug for EmbeddedLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedLedger").finish_non_exhaustive()
    }
}

impl EmbeddedLedger {
    /// Opens the ledger in `folder`. Waits for another process that has it locked.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Busy`] when the other process keeps the ledger for longer than `wait`; [`LedgerError::Behind`]
    /// when blocks are missing, or all of them; else [`LedgerError`].
    pub fn open(folder: &Path, wait: Duration) -> Result<Self, LedgerError> {
        Self::open_with(folder, settings(folder, wait))
    }

    /// The same, and begins a ledger if none was ever begun there.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn begin(folder: &Path, wait: Duration) -> Result<Self, LedgerError> {
        let mut settings = settings(folder, wait);
        settings.may_begin = true;
        let begun = Self::open_with(folder, settings.clone())?;
        settings.may_begin = false;
        let shared = Arc::into_inner(begun.shared)
            .ok_or_else(|| LedgerError::Storage { reason: "it is in use already".to_owned() })?;
        Ok(Self { shared: Arc::new(Shared { settings, ..shared }) })
    }

    /// Hash of block 0.
    pub(super) fn first_block(&self) -> Result<chain::BlockHash, LedgerError> {
        Ok(self.chain()?.identity().genesis)
    }

    /// Fails if it lacks one of these blocks, and no block of it says why.
    pub(super) fn must_have(
        &self,
        folder: &Path,
        noted: &[chain::NotedMark],
    ) -> Result<(), LedgerError> {
        if noted.is_empty() {
            return Ok(());
        }
        let chain = self.chain()?;
        let fates = chain.fates(noted.iter().map(|one| one.mark).collect()).map_err(failed)?;
        let missing = noted.iter().zip(fates).filter(|(_, fate)| *fate == chain::Fate::Missing);
        let Some((newest, _)) = missing.max_by_key(|(one, _)| one.mark.height) else {
            return Ok(());
        };
        let tip = chain.read(|snapshot| snapshot.tip()).map_err(failed)?;
        let gap = chain::Gap {
            folder: folder.to_owned(),
            ends: Some(tip.height),
            missing: Some(newest.clone()),
            is_other: false,
            has_log: true,
        };
        Err(LedgerError::Behind { reason: gap.to_string() })
    }

    /// The same with these settings.
    pub(crate) fn open_with(folder: &Path, settings: chain::Settings) -> Result<Self, LedgerError> {
        let chain = open_chain(folder, &settings)?;
        let genesis = genesis_of(&chain);
        let (folder, chain) = (folder.to_owned(), Mutex::new(Some(chain)));
        let wait = Mutex::new(settings.lock_wait);
        let looked = Mutex::new(None);
        Ok(Self { shared: Arc::new(Shared { folder, settings, wait, genesis, chain, looked }) })
    }

    /// From now on waits this long for others when it is taken up again.
    pub(super) fn wait_for(&self, wait: Duration) {
        *self.shared.wait.lock().unwrap_or_else(PoisonError::into_inner) = wait;
    }

    /// The chain, which is opened again if this process had let others have it.
    fn chain(&self) -> Result<chain::Ledger, LedgerError> {
        let mut open = self.shared.chain.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chain) = &*open {
            return Ok(chain.clone());
        }
        let mut settings = self.shared.settings.clone();
        settings.lock_wait = *self.shared.wait.lock().unwrap_or_else(PoisonError::into_inner);
        let chain = open_chain(&self.shared.folder, &settings)?;
        if genesis_of(&chain) != self.shared.genesis {
            let reason = "another ledger took its place meanwhile".to_owned();
            return Err(LedgerError::Damaged { reason });
        }
        Ok(open.insert(chain).clone())
    }

    /// The chain itself, to serve it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn into_chain(self) -> Result<chain::Ledger, LedgerError> {
        self.chain()
    }

    /// Adds burn blocks, as if time had passed. A block records it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn advance(&self, burn_blocks: u64) -> Result<(), LedgerError> {
        self.chain()?.advance(burn_blocks).map_err(operation)
    }

    /// Gives an account what it needs to pay fees, if it has less than that.
    pub fn fund(&self, account: &StandardPrincipal) -> Result<(), LedgerError> {
        if is_short(self.account(account)?.balance) {
            self.faucet(account, u128::from(FAUCET))?;
        }
        Ok(())
    }

    /// Makes STX for an account. Unit: micro-STX. A block records it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn faucet(&self, account: &StandardPrincipal, amount: u128) -> Result<(), LedgerError> {
        let account = node_principal(&(*account).into())?;
        self.chain()?.faucet(&account, chain::MicroStx::new(amount)).map_err(operation)
    }

    /// The chain's heights, in the form in which a running node gives them.
    pub fn heights(&self) -> Result<Done, LedgerError> {
        let tip = self.chain()?.read(|snapshot| snapshot.tip()).map_err(failed)?;
        let (block_height, burn_height) = (tip.height.get(), tip.burn_height_now.get());
        Ok(Done { block_height, burn_height, ..Done::default() })
    }

    /// Makes an empty block.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn mine(&self) -> Result<(), LedgerError> {
        self.chain()?.mine(&[]).map(drop).map_err(operation)
    }

    /// The first contract on this ledger that has the records contract's name, and the source of this or of a
    /// former release.
    pub fn records_contract(&self) -> Result<Option<ContractId>, LedgerError> {
        let found = self.chain()?.read(|snapshot| {
            for contract in snapshot.contracts()? {
                let is_known = |source: &str| {
                    mrms_contract::release_of(&Sha256::digest(source).into()).is_some()
                };
                let is_ours = contract.name() == mrms_contract::NAME
                    && snapshot.contract(&contract)?.is_some_and(|record| is_known(&record.source));
                if is_ours {
                    return Ok(Some(contract));
                }
            }
            Ok(None)
        });
        found
            .map_err(call)?
            .map(|contract| contract.to_string().parse().map_err(answer))
            .transpose()
    }

    /// Whether the contract has the source that this program has. A deployed contract never changes.
    fn has_present_source(&self, contract: &ContractId) -> Result<bool, LedgerError> {
        let looked = self.shared.looked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((id, is_present)) = looked
            && id == *contract
        {
            return Ok(is_present);
        }
        let found = self.deployed(contract)?;
        let is_present = found.is_some_and(|found| found.source == mrms_contract::SOURCE);
        let mut looked = self.shared.looked.lock().unwrap_or_else(PoisonError::into_inner);
        *looked = Some((contract.clone(), is_present));
        Ok(is_present)
    }

    /// An included transaction.
    fn stored(&self, txid: &TxId) -> Result<Option<chain::StoredTransaction>, LedgerError> {
        let id = chain::TxId::parse(&txid.to_string()).map_err(answer)?;
        self.chain()?.read(move |snapshot| snapshot.transaction(&id)).map_err(failed)
    }
}

impl LedgerPort for EmbeddedLedger {
    fn network(&self) -> Network {
        Network::EMBEDDED
    }

    fn name(&self) -> &str {
        "embedded ledger"
    }

    fn genesis(&self) -> Option<String> {
        Some(self.shared.genesis.clone())
    }

    fn step_aside(&self) {
        *self.shared.looked.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.shared.chain.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn tip(&self) -> Result<Tip, LedgerError> {
        let tip = self.chain()?.read(|snapshot| snapshot.tip()).map_err(failed)?;
        Ok(Tip {
            block_height: BlockHeight::new(u64::from(tip.height.get())),
            burn_height: BurnHeight::new(u64::from(tip.burn_height_now.get())),
            burn_began: Some(UnixTime::from_seconds(tip.burn_began.get())),
            time: UnixTime::from_seconds(now(tip.time.get())),
        })
    }

    fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerError> {
        let Ok(number) = u32::try_from(height.number()) else { return Ok(None) };
        let number = chain::BlockHeight::new(number);
        let found = self.chain()?.read(move |snapshot| snapshot.block(number)).map_err(failed)?;
        Ok(found.map(|block| Block {
            height,
            id: *block.hash.as_bytes(),
            burn_height: BurnHeight::new(u64::from(block.header.burn_height.get())),
        }))
    }

    fn descent(&self, older: &Block, newer: &Block) -> Result<Descent, LedgerError> {
        let chain = self.chain()?;
        let ask = |height, head| {
            chain.read(move |snapshot| snapshot.ancestor_proof(height, head)).map_err(failed)
        };
        lineage::descent(ask, &chain.identity().node_key, &seen(older)?, &seen(newer)?)
    }

    fn account(&self, account: &StandardPrincipal) -> Result<Account, LedgerError> {
        let account = node_principal(&(*account).into())?;
        let found = self.chain()?.read(move |snapshot| snapshot.account(&account)).map_err(call)?;
        Ok(Account {
            nonce: Nonce::new(found.nonce),
            missing: Vec::new(),
            balance: MicroStx::new(u64::try_from(found.balance.get()).unwrap_or(u64::MAX)),
        })
    }

    fn fee(&self, transaction: &Unsigned) -> Result<MicroStx, LedgerError> {
        transaction
            .minimum_fee()
            .map_err(|error| LedgerError::Rejected { reason: error.to_string() })
    }

    fn submit(
        &self,
        transactions: &[Vec<u8>],
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        let outcomes = self.chain()?.submit_all(transactions);
        handed_over();
        outcomes.into_iter().map(|outcome| receipt(&outcome.map_err(submit_error)?)).collect()
    }

    fn receipt(&self, txid: &TxId) -> Result<Option<Receipt>, LedgerError> {
        self.stored(txid)?.map(|stored| receipt(&stored.included)).transpose()
    }

    fn included(&self, txid: &TxId) -> Result<Option<IncludedCall>, LedgerError> {
        let Some(stored) = self.stored(txid)? else { return Ok(None) };
        let transaction = Transaction::decode(&stored.raw).map_err(answer)?;
        Ok(Some(IncludedCall::of(&transaction, receipt(&stored.included)?)))
    }

    fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        let answers = self.call_read_only_all(contract, &[(function, arguments)])?;
        answers.into_iter().next().ok_or_else(|| answer("there is no answer"))
    }

    fn call_read_only_all(
        &self,
        contract: &ContractId,
        calls: &[(&str, &[Value])],
    ) -> Result<Vec<Value>, LedgerError> {
        let id = node_contract(contract)?;
        let entries = calls.iter().map(|(function, arguments)| entry_of(function, arguments));
        if let Some(entries) = entries.collect::<Option<Vec<_>>>()
            && !entries.is_empty()
            && self.has_present_source(contract)?
        {
            let read = move |snapshot: &mut chain::ReadSnapshot<'_>| {
                Ok::<_, chain::LedgerFailure>(entries::answers(snapshot, &id, &entries))
            };
            return self.chain()?.read(read).map_err(failed)?;
        }
        let sender = node_principal(&Principal::Standard(contract.deployer))?;
        let encoded = calls
            .iter()
            .map(|(function, arguments)| Ok(((*function).to_owned(), encode(arguments)?)))
            .collect::<Result<Vec<_>, LedgerError>>()?;
        let answers = self.chain()?.read(move |snapshot| {
            encoded
                .iter()
                .map(|(function, arguments)| {
                    snapshot.call_read_only(&id, function, arguments, &sender)
                })
                .collect::<Result<Vec<_>, _>>()
        });
        answers.map_err(call)?.iter().map(|answer| decode(answer)).collect()
    }

    fn deployed(&self, contract: &ContractId) -> Result<Option<Deployed>, LedgerError> {
        let id = node_contract(contract)?;
        let record = self.chain()?.read(move |snapshot| snapshot.contract(&id)).map_err(call)?;
        record
            .map(|record| {
                Ok(Deployed {
                    clarity_version: record
                        .clarity_version
                        .map(|version| version.get().to_string()),
                    txid: record.txid.map(|txid| core_txid(&txid)).transpose()?,
                    block_height: BlockHeight::new(u64::from(record.height.get())),
                    source: record.source,
                })
            })
            .transpose()
    }

    fn interface(&self, contract: &ContractId) -> Result<Option<Interface>, LedgerError> {
        let id = node_contract(contract)?;
        let json = self.chain()?.read(move |snapshot| match snapshot.contract(&id)? {
            Some(_) => snapshot.contract_interface(&id).map(Some),
            None => Ok(None),
        });
        json.map_err(call)?.map(|json| Interface::parse(&json).map_err(answer)).transpose()
    }

    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        let id = node_contract(contract)?;
        // Nothing was printed at a height that the chain can't have.
        let Ok(height) = u32::try_from(height.number()) else { return Ok(Vec::new()) };
        let height = chain::BurnHeight::new(height);
        let mut printed = Vec::new();
        let mut after = None;
        loop {
            let id = id.clone();
            let read = self
                .chain()?
                .read(move |snapshot| snapshot.contract_events_at(&id, height, after, PAGE));
            let page = read.map_err(failed)?;
            for event in &page {
                let value = decode(&event.value)?;
                if !concerns(&value) {
                    continue;
                }
                printed.push(PrintedEvent {
                    txid: core_txid(&event.txid)?,
                    block_height: BlockHeight::new(u64::from(event.height.get())),
                    time: UnixTime::from_seconds(event.time.get()),
                    value,
                });
            }
            match page.last() {
                Some(chain::ContractEvent { sequence, position, .. })
                    if page.len() == PAGE as usize =>
                {
                    after = Some(chain::EventPlace { sequence: *sequence, position: *position });
                }
                _ => return Ok(printed),
            }
        }
    }

    fn failed_calls(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        let id = node_contract(contract)?;
        let mut calls = Vec::new();
        let mut before = chain::Sequence::new(u64::MAX);
        loop {
            let id = id.clone();
            let page = self
                .chain()?
                .read(move |snapshot| snapshot.failed_calls_before(&id, before, PAGE))
                .map_err(failed)?;
            // One after the other, so that those that concern others are not in memory together.
            for sequence in &page {
                let sequence = *sequence;
                let stored = self.chain()?.read(move |snapshot| snapshot.transaction_at(sequence));
                let Some(stored) = stored.map_err(failed)? else { continue };
                if may_concern(&stored.raw) {
                    let transaction = Transaction::decode(&stored.raw).map_err(answer)?;
                    calls.push(IncludedCall::of(&transaction, receipt(&stored.included)?));
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => before = *last,
                _ => break,
            }
        }
        calls.reverse();
        Ok(calls)
    }

    fn simulate(
        &self,
        contract: &ContractId,
        sender: &StandardPrincipal,
        function: &str,
        arguments: &[Value],
    ) -> Result<(Value, Cost), LedgerError> {
        let id = node_contract(contract)?;
        let sender = node_principal(&(*sender).into())?;
        let (function, arguments) = (function.to_owned(), encode(arguments)?);
        let simulated = self
            .chain()?
            .read(move |snapshot| snapshot.simulate_call(&id, &function, &arguments, &sender));
        let simulated = simulated.map_err(call)?;
        let cost = simulated.cost;
        let cost = Cost {
            runtime: cost.runtime,
            read_count: cost.read_count,
            read_length: cost.read_length,
            write_count: cost.write_count,
            write_length: cost.write_length,
        };
        Ok((decode(&simulated.result)?, cost))
    }
}

/// Opens the chain. On a full disk it uses the reserved room, so that records can be read.
fn open_chain(folder: &Path, settings: &chain::Settings) -> Result<chain::Ledger, LedgerError> {
    let spare = SpareRoom::of(folder);
    let opened = match chain::Ledger::open(folder, settings.clone()) {
        Err(chain::OpenError::Failed { failure: chain::LedgerFailure::Full })
            if spare.release() =>
        {
            chain::Ledger::open(folder, settings.clone())
        }
        opened => opened,
    };
    let chain = opened.map_err(open_error)?;
    spare.keep();
    Ok(chain)
}

fn genesis_of(chain: &chain::Ledger) -> String {
    hex::encode(chain.identity().genesis.as_bytes())
}

/// The machine's time, but never before the latest block's.
fn now(tip: u64) -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(tip, |since| since.as_secs().max(tip))
}

/// The settings with which this program opens a ledger.
pub(super) fn settings(folder: &Path, wait: Duration) -> chain::Settings {
    let mut settings = chain::Settings::default();
    settings.lock_wait = wait;
    settings.pinned = vec![chain::SourceHash::of(mrms_contract::SOURCE)];
    settings.may_begin = false;
    settings.mark_beside = Some(mark_beside(folder));
    settings
}

/// The sources that may run without metering: those of the releases of the records contract that this program knows.
#[must_use]
pub fn known_sources() -> Vec<chain::SourceHash> {
    let former = mrms_contract::FORMER_RELEASES.iter().map(|(_, hash)| *hash);
    former.chain([mrms_contract::source_hash()]).map(chain::SourceHash::new).collect()
}

/// The genesis (hash of block 0) of the ledger in `folder`, in hexadecimal; `None` if there is no readable
/// ledger.
pub fn genesis(folder: &Path) -> Option<String> {
    let block = chain::Proofs::open(folder).ok()?.genesis().ok()?;
    Some(hex::encode(block.verify().ok()?.hash.as_bytes()))
}
