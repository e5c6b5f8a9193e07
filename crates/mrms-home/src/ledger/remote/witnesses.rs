//! Other nodes of the same network, which are asked beside the ledger: what matters is believed only where all say the same.
//!
//! One node, or whoever runs it, could show another contract, another key of a reader, or hide a grant. So before a key is
//! encrypted to anybody, and wherever a log's head is read, each node is asked the same question; and, before the first of
//! them, for the contract's source. Nodes may be at different tips for a moment; a difference that stays stops the command,
//! with both answers. What ends something is not stopped by that: it goes by the answer that shows more, and the difference is told.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use mrms_app::ledger::LedgerError;
use mrms_app::profile::chains::KnownChain;
use mrms_core::{BlockHeight, ContractId, visible};
use mrms_stacks::clarity::Value;
use mrms_stacks::client::RpcClient;
use sha2::{Digest as _, Sha256};

use super::connecting::{chain_of, named};
use super::{RemoteLedger, ledger_error};
use crate::face::Notice;

/// The read-only functions whose answers decide what is encrypted to whom, or what a log proves.
const MATTERS: [&str; 17] = [
    "get-encryption-key",
    "get-grant",
    "get-standing-grant",
    "has-access",
    "get-delegate",
    "get-member",
    "get-contact",
    "get-pending-succession",
    "get-care-team-member",
    "get-record-reader",
    "get-patient-record",
    "get-patient-audit-entry",
    "get-line",
    "get-record",
    "get-patient",
    "get-contract-version",
    "get-vault-log",
];
/// How often a different answer is asked for again, and after which pause: nodes catch up with each other.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// The same where something is to be ended.
const TRIES_OF_ENDS: u32 = 2;
/// How much of an answer is shown.
const SHOWN: usize = 200;

/// The contracts of whose source all nodes have told the same.
#[derive(Debug, Default)]
pub(super) struct SameSource(Mutex<HashSet<ContractId>>);

/// What was found out about another node.
#[derive(Debug)]
pub struct Compared {
    /// Its address.
    pub url: String,
    /// Height of its newest block.
    pub tip: BlockHeight,
}

impl RemoteLedger {
    /// The answer of a read-only call, on which all nodes agree if it matters.
    pub(super) fn agreed_call(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        let sender = contract.deployer.into();
        let at = self.reading_at()?;
        let ask = |client: &RpcClient| {
            let ask = || {
                let answer = match &at {
                    Some(_) => client.call_read_only_at(
                        at.as_ref(),
                        contract,
                        function,
                        arguments,
                        &sender,
                    ),
                    None => client.call_read_only(contract, function, arguments, &sender),
                };
                answer.map_err(ledger_error)
            };
            self.until_known(ask, |_| true)
        };
        if self.settings.ending && !self.witnesses.is_empty() {
            return self.most_told(function, ask);
        }
        if !MATTERS.contains(&function) {
            return ask(&self.client);
        }
        self.source_is_agreed(contract)?;
        self.agreed(function, ask, &|answer| shown(&answer.to_string()))
    }

    /// For what ends something: of different answers the one that shows most, since what any node shows can be ended. That they
    /// disagree is told. A node that does not answer tells nothing, where another does.
    fn most_told(
        &self,
        what: &str,
        ask: impl Fn(&RpcClient) -> Result<Value, LedgerError>,
    ) -> Result<Value, LedgerError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (mut told, mut failed) = (Vec::new(), None);
            for node in self.answering() {
                match ask(node) {
                    Ok(answer) => told.push((node.url(), answer)),
                    Err(error) => {
                        if matches!(error, LedgerError::Unreachable { .. }) {
                            self.is_silent(node);
                        }
                        failed.get_or_insert(error);
                    }
                }
            }
            let shows = |(_, answer): &(&str, Value)| {
                let bytes = answer.encode().unwrap_or_default();
                (bytes.len(), bytes)
            };
            let Some(most) = told.iter().max_by_key(|one| shows(one)) else {
                let nobody = || LedgerError::Answer { reason: "no node answers".to_owned() };
                return Err(failed.unwrap_or_else(nobody));
            };
            let Some(other) = told.iter().find(|(_, answer)| *answer != most.1) else {
                return Ok(most.1.clone());
            };
            if tries < TRIES_OF_ENDS {
                thread::sleep(PAUSE);
                continue;
            }
            let says = |(url, answer): &(&str, Value)| {
                format!("{url} says {}", shown(&answer.to_string()))
            };
            self.disagree(LedgerError::Disagreement {
                what: what.to_owned(),
                answers: format!("{}, {}", says(other), says(most)),
            });
            return Ok(most.1.clone());
        }
    }

    /// The nodes that have not left a question unanswered; all, where none is left.
    pub(super) fn answering(&self) -> Vec<&RpcClient> {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        let all: Vec<_> = std::iter::once(&*self.client).chain(self.witnesses.iter()).collect();
        let left = all.iter().copied().filter(|node| !silent.contains(node.url()));
        let left: Vec<_> = left.collect();
        if left.is_empty() { all } else { left }
    }

    pub(super) fn is_silent(&self, node: &RpcClient) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.insert(node.url().to_owned());
    }

    /// Tells once that the nodes disagree, where that holds nothing up.
    pub(super) fn disagree(&self, error: LedgerError) {
        if !self.has_told_doubt.swap(true, Ordering::Relaxed) {
            self.face.notice(&Notice::NodesDisagree { error: &error, ends: true });
        }
    }

    /// Makes sure once that all nodes have the same source of a contract: what another one answers says nothing.
    fn source_is_agreed(&self, contract: &ContractId) -> Result<(), LedgerError> {
        let is_known = || {
            let same = self.same_source.0.lock().unwrap_or_else(PoisonError::into_inner);
            same.contains(contract)
        };
        if self.witnesses.is_empty() || is_known() {
            return Ok(());
        }
        self.network_is_agreed()?;
        self.agreed_source(contract)?;
        let mut same = self.same_source.0.lock().unwrap_or_else(PoisonError::into_inner);
        same.insert(contract.clone());
        Ok(())
    }

    /// All nodes must be of one chain, which began with the same block.
    fn network_is_agreed(&self) -> Result<(), LedgerError> {
        self.agreed("the network", chain_of, &KnownChain::to_string).map(drop)
    }

    /// The first node's answer, if all others give the same.
    pub(super) fn agreed<T: PartialEq>(
        &self,
        what: &str,
        ask: impl Fn(&RpcClient) -> Result<T, LedgerError>,
        show: &dyn Fn(&T) -> String,
    ) -> Result<T, LedgerError> {
        let mut tries = 0;
        'again: loop {
            tries += 1;
            let answer = ask(&self.client)?;
            for witness in self.witnesses.iter() {
                let other = ask(witness)?;
                if other == answer {
                    continue;
                }
                if tries < TRIES {
                    thread::sleep(PAUSE);
                    continue 'again;
                }
                return Err(LedgerError::Disagreement {
                    what: what.to_owned(),
                    answers: format!(
                        "{} says {}, {} says {}",
                        self.url(),
                        show(&answer),
                        witness.url(),
                        show(&other)
                    ),
                });
            }
            return Ok(answer);
        }
    }

    /// Compares each other node with the ledger: the network, a settled block, and the contract's source.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Disagreement`], and whatever keeps from asking.
    pub fn compare_nodes(&self, contract: &ContractId) -> Result<Vec<Compared>, LedgerError> {
        let here = self.client.info().map_err(ledger_error)?;
        let mut compared = Vec::new();
        for witness in self.witnesses.iter() {
            let there = witness.info().map_err(ledger_error)?;
            let differs = |what: &str, one: String, other: String| LedgerError::Disagreement {
                what: what.to_owned(),
                answers: format!("{} says {one}, {} says {other}", self.url(), witness.url()),
            };
            let chains = (named(&here), named(&there));
            if chains.0 != chains.1 {
                let (one, other) = (chains.0.to_string(), chains.1.to_string());
                return Err(differs("which chain it is", one, other));
            }
            // The newest blocks may still change.
            let lower = here.block_height.min(there.block_height);
            let height = self.newest_final(lower)?.unwrap_or(BlockHeight::new(0));
            let block = |client: &RpcClient| -> Result<_, LedgerError> {
                Ok(client.block(height).map_err(ledger_error)?.map(|block| hex::encode(block.id)))
            };
            // A node alone before epoch 3 does not tell.
            if let (Some(one), Some(other)) = (block(&self.client)?, block(witness)?)
                && one != other
            {
                return Err(differs(&format!("block {height}"), one, other));
            }
            compared.push(Compared { url: witness.url().to_owned(), tip: there.block_height });
        }
        self.agreed_source(contract)?;
        Ok(compared)
    }

    /// A contract's details, if all nodes have the same source.
    pub(super) fn agreed_source(
        &self,
        contract: &ContractId,
    ) -> Result<Option<mrms_stacks::client::ContractDetails>, LedgerError> {
        let ask = || self.client.contract(contract).map_err(ledger_error);
        let found = self.until_known(ask, Option::is_some)?;
        if self.witnesses.is_empty() {
            return Ok(found);
        }
        let source = |client: &RpcClient| -> Result<_, LedgerError> {
            let found = client.contract(contract).map_err(ledger_error)?;
            Ok(found.map(|found| found.source))
        };
        self.agreed(&format!("the source of {contract}"), source, &|source| match source {
            Some(source) => {
                let hash = hex::encode(&Sha256::digest(source)[..8]);
                format!("{} characters of it, with a SHA-256 of {hash}…", source.chars().count())
            }
            None => "that there is none".to_owned(),
        })?;
        Ok(found)
    }
}

fn shown(text: &str) -> String {
    let text = visible::line(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}
