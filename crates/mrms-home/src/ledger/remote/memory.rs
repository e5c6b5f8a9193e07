//! What a contract refused, as a home remembers it of a Stacks network, so that each audit reads what is new alone.
//!
//! A file for each ledger and contract. It holds settled blocks only, and the id of the newest of them: where the ledger has
//! another block at that height, all of it is forgotten and read again. Which blocks it has is written beside the calls: so
//! what was read before an interruption need not be read again. It can be deleted at any time. Knows nothing of records: whom
//! a refusal concerns is for who asks.

use std::io;
use std::path::{Path, PathBuf};

use mrms_app::ledger::LedgerError;
use mrms_core::{BlockHeight, BurnHeight, ContractId, StandardPrincipal, TxId, UnixTime};
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::client::{CallDetails, Inclusion, Outcome};
use mrms_stacks::transaction::ContractCall;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::spans::{Span, Spans};

/// The folder of a home for what it remembers of one ledger.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    folder: PathBuf,
    genesis: String,
}

/// What is remembered: refused calls, and of which blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Remembered {
    /// The blocks that were read.
    pub(super) read: Spans,
    /// The calls that were refused in them, oldest first.
    pub(super) calls: Vec<CallDetails>,
}

/// Asks for the id of the block at a height.
pub(super) type BlockId<'a> = dyn Fn(BlockHeight) -> Result<Option<[u8; 32]>, LedgerError> + 'a;

#[derive(Serialize, Deserialize)]
struct FileJson {
    format: u8,
    contract: ContractId,
    /// The newest block that was read.
    up_to: u64,
    block_id: String,
    /// The blocks that were read.
    read: Vec<Span>,
    calls: Vec<CallJson>,
}

/// Files of earlier formats may lack refusals: they were written by programs that trusted the order of a page's rows (1), or
/// that passed over rows when a fork came between two pages (2). They are read anew.
const FORMAT: u8 = 3;

#[derive(Serialize, Deserialize)]
struct CallJson {
    txid: TxId,
    sender: StandardPrincipal,
    contract: ContractId,
    function: String,
    arguments: Vec<String>,
    outcome: OutcomeJson,
    result: String,
    block_height: u64,
    burn_height: u64,
    time: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeJson {
    AbortByResponse,
    AbortByPostCondition,
    Skipped,
}

impl Memory {
    pub(super) fn new(folder: &Path, genesis: Option<&String>) -> Option<Self> {
        Some(Self { folder: folder.to_owned(), genesis: genesis?.clone() })
    }

    fn path(&self, contract: &ContractId) -> PathBuf {
        let name = Sha256::digest(format!("{} {contract}", self.genesis));
        self.folder.join(format!("refused-{}.json", hex::encode(&name[..8])))
    }

    /// What is remembered, if the ledger still has its newest block. A file that can't be read is as good as none.
    pub(super) fn refusals(
        &self,
        contract: &ContractId,
        block_id: &BlockId<'_>,
    ) -> Result<Option<Remembered>, LedgerError> {
        let Ok(bytes) = std::fs::read(self.path(contract)) else { return Ok(None) };
        let Ok(file) = serde_json::from_slice::<FileJson>(&bytes) else { return Ok(None) };
        if file.format != FORMAT || file.contract != *contract {
            return Ok(None);
        }
        let (read, up_to) = (Spans::of(file.read), BlockHeight::new(file.up_to));
        if read.newest() != Some(up_to) {
            return Ok(None);
        }
        if block_id(up_to)?.map(hex::encode) != Some(file.block_id) {
            return Ok(None);
        }
        let calls: Option<Vec<_>> = file.calls.into_iter().map(CallJson::read).collect();
        Ok(calls.map(|calls| Remembered { read, calls }))
    }

    /// Remembers the calls of settled blocks, and the id of the newest of those.
    pub(super) fn remember(
        &self,
        contract: &ContractId,
        Remembered { read, calls }: &Remembered,
        newest_id: &[u8; 32],
    ) {
        let Some(up_to) = read.newest() else { return };
        let settled = calls.iter().filter(|call| read.has(call.inclusion.block_height));
        let file = FileJson {
            format: FORMAT,
            contract: contract.clone(),
            up_to: up_to.number(),
            block_id: hex::encode(newest_id),
            read: read.all().to_vec(),
            calls: settled.filter_map(CallJson::of).collect(),
        };
        // Without the file the next audit reads more.
        let _ = self.write(contract, &file);
    }

    fn write(&self, contract: &ContractId, file: &FileJson) -> io::Result<()> {
        mrms_files::make_private_folder(&self.folder)?;
        mrms_files::write_whole(&self.path(contract), &serde_json::to_vec(file)?)
    }
}

impl CallJson {
    fn of(details: &CallDetails) -> Option<Self> {
        let CallDetails { txid, sender, call, inclusion } = details;
        let arguments = call.arguments.iter().map(|argument| argument.to_hex().ok());
        Some(Self {
            txid: *txid,
            sender: *sender,
            contract: call.contract.clone(),
            function: call.function.to_string(),
            arguments: arguments.collect::<Option<_>>()?,
            outcome: match inclusion.outcome {
                Outcome::Success => return None,
                Outcome::AbortedByResponse => OutcomeJson::AbortByResponse,
                Outcome::AbortedByPostCondition => OutcomeJson::AbortByPostCondition,
                Outcome::Skipped => OutcomeJson::Skipped,
            },
            result: inclusion.result.to_hex().ok()?,
            block_height: inclusion.block_height.number(),
            burn_height: u64::try_from(inclusion.burn_height.number()).ok()?,
            time: inclusion.time.seconds(),
        })
    }

    fn read(self) -> Option<CallDetails> {
        let arguments = self.arguments.iter().map(|text| Value::from_hex(text).ok());
        Some(CallDetails {
            txid: self.txid,
            sender: self.sender,
            call: ContractCall {
                contract: self.contract,
                function: self.function.parse::<ClarityName>().ok()?,
                arguments: arguments.collect::<Option<_>>()?,
            },
            inclusion: Inclusion {
                outcome: match self.outcome {
                    OutcomeJson::AbortByResponse => Outcome::AbortedByResponse,
                    OutcomeJson::AbortByPostCondition => Outcome::AbortedByPostCondition,
                    OutcomeJson::Skipped => Outcome::Skipped,
                },
                result: Value::from_hex(&self.result).ok()?,
                block_height: BlockHeight::new(self.block_height),
                burn_height: BurnHeight::new(self.burn_height),
                time: UnixTime::from_seconds(self.time),
            },
        })
    }
}
