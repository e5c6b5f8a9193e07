//! The port to a ledger over HTTP: a Stacks node or the hosted API. It chooses fees under the ceiling and
//! brings transactions into blocks.
//!
//! A signed transaction is always sent as the same bytes, so sending it again does nothing twice. It is
//! given up only if the ledger does not have it and refuses it, or if another transaction with its nonce
//! is in a block. Every other one stays in the outbox.

mod added;
mod backends;
mod calls;
mod connecting;
mod convert;
mod delivery;
mod fees;
mod from_state;
mod history;
mod memory;
mod proofs;
mod proven;
mod refusals;
mod spans;
mod told_heights;
mod witnesses;

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};

use mrms_app::ledger::act::Act;
use mrms_app::ledger::{
    Account, Block, Cost, Deployed, Descent, GoingFirst, IncludedCall, Ledger, LedgerError, Payer,
    PrintedEvent, Receipt, Rivals, SentCall, Tip,
};
use mrms_app::sending::outcome::Resumed;
use mrms_core::{
    BlockHeight, BurnHeight, ContractId, Finality, MicroStx, Nonce, StandardPrincipal, TxId,
};
use mrms_stacks::abi::Interface;
use mrms_stacks::clarity::Value;
use mrms_stacks::client::{
    ClientError, ClientSettings, Follows, IndexStanding, RpcClient, SponsorClient, TransactionState,
};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{ContractCall, Payload, Unsigned};

pub(crate) use self::convert::ledger_error;
use self::convert::{receipt, sponsor_error, sponsored};
pub use self::proofs::ServedProofs;
pub use self::witnesses::Compared;
use super::lineage;
use super::proofs::ProofSource as _;
use super::status::TransactionStatus;
use super::translated::seen;
use crate::clock::now;
use crate::face::{Face, Notice};
use crate::settings::RemoteSettings;

/// How often an account is asked for by whom nothing must keep waiting.
const GLANCES: u32 = 3;
/// What a Stacks network's address can't tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    /// It tells everything: it is a hosted API, or an index.
    None,
    /// A node with an index of transactions: it has no lists of what contracts printed and refused.
    NoHistory,
    /// A node without an index: it can't be asked for a transaction either.
    NoIndex,
    /// A node before epoch 3: its index, if it has one, knows none of its transactions.
    BeforeEpoch3,
    /// It has neither history nor blocks: nobody can find out there what became of a transaction.
    Nothing,
}

/// A ledger over HTTP. Clones share one client.
#[derive(Clone)]
pub struct RemoteLedger {
    client: Arc<RpcClient>,
    /// Other nodes of the same network.
    witnesses: Arc<Vec<RpcClient>>,
    same_source: Arc<witnesses::SameSource>,
    sponsor: Option<Arc<SponsorClient>>,
    /// The same sponsor, asked once and for a moment.
    hasty_sponsor: Option<Arc<SponsorClient>>,
    known: Arc<history::Known>,
    /// The proofs of an embedded ledger, and the key that signs its blocks, once its block 0 was read and checked.
    proven: Arc<OnceLock<(ServedProofs, [u8; 33])>>,
    network: Network,
    genesis: Option<String>,
    name: String,
    settings: RemoteSettings,
    /// What the home remembers of the ledger; `None` where it remembers nothing.
    memory: Option<memory::Memory>,
    /// What the heights of the address have told of the servers behind it.
    backends: Arc<backends::Backends>,
    /// What was sent by this process, for a node that must be asked by nonce.
    sent: Arc<from_state::Sent>,
    glances: Arc<delivery::Glances>,
    told: Arc<told_heights::ToldHeights>,
    /// Whether the person was told that the nodes disagree about what is to be ended.
    has_told_doubt: Arc<AtomicBool>,
    /// The nodes that left a question of what ends something unanswered: they are not asked again, where others answer.
    silent: Arc<Mutex<HashSet<String>>>,
    face: Arc<dyn Face>,
}

impl std::fmt::Debug for RemoteLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteLedger")
            .field("url", &self.url())
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RemoteLedger {
    /// A block of this height is there, as this profile knows: where the address tells less, it is several servers, or behind.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub(crate) fn must_reach(&self, height: BlockHeight) -> Result<(), LedgerError> {
        self.backends.reaches(height);
        self.info().map(drop)
    }

    /// The same ledger, of which this folder remembers what need not be read again.
    #[must_use]
    pub fn remembering(self, folder: &Path) -> Self {
        let memory = memory::Memory::new(folder, self.genesis.as_ref());
        Self { memory, ..self }
    }

    /// The same ledger, asked once and for a moment only: for what a command would like to know when its work is done.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub(crate) fn at_a_glance(&self) -> Result<Self, LedgerError> {
        self.hasty(1)
    }

    /// The same ledger, each of whose questions is asked so often at most, for a moment each time.
    fn hasty(&self, attempts: u32) -> Result<Self, LedgerError> {
        let settings = ClientSettings {
            plain_http: self.settings.plain_http,
            timeout: delivery::GLANCE,
            attempts,
            api_key: self.settings.api_key.clone(),
            ..ClientSettings::default()
        };
        let client = Arc::new(RpcClient::new(self.url(), settings).map_err(ledger_error)?);
        let proven = OnceLock::new();
        if let Some((proofs, node_key)) = self.proven.get() {
            let _ = proven.set((proofs.through(&client), *node_key));
        }
        Ok(Self { client, proven: Arc::new(proven), ..self.clone() })
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.client.url()
    }

    /// The proofs that the node serves, and the key that signs the ledger's blocks; `None` if it serves none. Block 0 names the
    /// key, and its hash is the ledger's name.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn proofs(&self) -> Result<Option<(ServedProofs, [u8; 33])>, LedgerError> {
        if !self.is_embedded() {
            return Ok(None);
        }
        if let Some(proven) = self.proven.get() {
            return Ok(Some(proven.clone()));
        }
        let Some(proofs) = ServedProofs::of(&self.client)? else { return Ok(None) };
        let wrong = |reason: String| LedgerError::Answer { reason };
        let genesis = proofs.genesis()?.verify().map_err(|error| wrong(error.to_string()))?;
        let name = hex::encode(genesis.hash.as_bytes());
        if self.genesis.as_ref().is_some_and(|genesis| *genesis != name) {
            return Err(wrong("its block 0 is not the one that it names".to_owned()));
        }
        Ok(Some(self.proven.get_or_init(|| (proofs, genesis.node_key)).clone()))
    }

    /// What the address can't tell; `None` for a served embedded ledger, which tells everything.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn limits(&self) -> Result<Option<Limits>, LedgerError> {
        if self.is_embedded() {
            return Ok(None);
        }
        Ok(Some(match self.client.follows().map_err(ledger_error)? {
            Follows::Api => Limits::None,
            Follows::Index => Limits::NoHistory,
            Follows::Blocks if !self.shows_blocks()? => Limits::Nothing,
            Follows::Blocks if self.is_before_epoch_3()? => Limits::BeforeEpoch3,
            Follows::Blocks => Limits::NoIndex,
        }))
    }

    /// Whether a transaction can be looked for in the blocks.
    fn shows_blocks(&self) -> Result<bool, LedgerError> {
        self.client.shows_blocks().map_err(ledger_error)
    }

    /// Whether it can be found out there what became of a transaction.
    fn can_follow(&self) -> Result<bool, LedgerError> {
        Ok(self.limits()? != Some(Limits::Nothing))
    }

    /// Whether it is a node before epoch 3.
    fn is_before_epoch_3(&self) -> Result<bool, LedgerError> {
        self.client.is_before_epoch_3().map_err(ledger_error)
    }

    /// How the index at the address stands; `None` where none is there.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn index(&self) -> Result<Option<IndexStanding>, LedgerError> {
        self.client.index().map_err(ledger_error)
    }

    /// The sponsor; `None` if the sender pays.
    #[must_use]
    pub fn fee_sponsor(&self) -> Option<&SponsorClient> {
        self.sponsor.as_deref()
    }

    /// The status of a transaction.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn status(&self, txid: &TxId) -> Result<TransactionStatus, LedgerError> {
        Ok(match self.state(txid)? {
            None => TransactionStatus::Unknown,
            Some(TransactionState::Pending) => TransactionStatus::Pending,
            Some(TransactionState::Dropped { reason }) => TransactionStatus::Dropped { reason },
            Some(TransactionState::Included(inclusion)) => {
                TransactionStatus::Included(Box::new(receipt(*txid, *inclusion)))
            }
        })
    }

    /// The state of a transaction; `None` if the ledger does not know it.
    fn state(&self, txid: &TxId) -> Result<Option<TransactionState>, LedgerError> {
        self.furthest_state(|| match self.client.transaction(txid) {
            // A node without an index is asked by nonce, for what is at hand to be compared.
            Err(ClientError::NoIndex { .. }) => self.state_in_blocks(txid),
            state => state.map_err(ledger_error),
        })
    }

    /// The newest block that is final, at or below a height; `None` if there is none, or the node does not tell.
    fn newest_final(&self, tip: BlockHeight) -> Result<Option<BlockHeight>, LedgerError> {
        let burn_of = |height| Ok(self.block_at(height)?.map(|block| block.burn_height));
        Finality::of(self.network.chain_id).newest_final(tip, None, burn_of)
    }

    /// What was sent stands in blocks: whoever tells less from now on is behind.
    fn note_reached(
        &self,
        sent: Result<Vec<Receipt>, LedgerError>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        if !self.is_embedded()
            && let Ok(receipts) = &sent
            && let Some(height) = receipts.iter().map(|receipt| receipt.block_height).max()
        {
            self.backends.reaches(height);
            self.info()?;
        }
        sent
    }

    /// Whether it is an embedded ledger that another process serves. Fees have no monetary value there, and its blocks
    /// are final.
    fn is_embedded(&self) -> bool {
        self.network == Network::EMBEDDED
    }
}

impl Ledger for RemoteLedger {
    fn network(&self) -> Network {
        self.network
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn genesis(&self) -> Option<String> {
        self.genesis.clone()
    }

    fn payer(&self) -> Payer {
        if self.sponsor.is_some() { Payer::Sponsor } else { Payer::Sender }
    }

    fn tip(&self) -> Result<Tip, LedgerError> {
        let info = self.info()?;
        let (block_height, burn_height, time) = (info.block_height, info.burn_height, now());
        self.told.note(burn_height);
        let burn_began = info.burn_began.map(|began| told_heights::began(began, time));
        Ok(Tip { block_height, burn_height, burn_began, time })
    }

    fn must_show_time(&self) -> Result<(), LedgerError> {
        self.check_told_heights()
    }

    fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerError> {
        let found = self.block_at(height)?;
        Ok(found.map(|block| Block {
            height: block.height,
            id: block.id,
            burn_height: block.burn_height,
        }))
    }

    fn descent(&self, older: &Block, newer: &Block) -> Result<Descent, LedgerError> {
        let Some((proofs, node_key)) = self.proofs()? else { return Ok(Descent::NotShown) };
        let ask = |height, head| proofs.ancestor(height, head);
        lineage::descent(ask, &node_key, &seen(older)?, &seen(newer)?)
    }

    fn account(&self, account: &StandardPrincipal) -> Result<Account, LedgerError> {
        let (now, nonces) = self.furthest_account(account)?;
        // The API can be behind the node, and the node's nonce does not count the mempool.
        let missing = nonces.missing.into_iter().filter(|nonce| *nonce >= now.nonce);
        let (missing, nonce) = (missing.collect(), nonces.next.max(now.nonce));
        Ok(Account { nonce, missing, balance: now.balance })
    }

    fn account_at_a_glance(&self, account: &StandardPrincipal) -> Result<Account, LedgerError> {
        // A server that asks to come again later is given its time.
        self.hasty(GLANCES)?.account(account)
    }

    fn nonce_of_others(&self, account: &StandardPrincipal) -> Option<Nonce> {
        self.nonce_beside(account)
    }

    fn nonce_is_unsure(&self, nonce: Nonce) {
        self.face.notice(&Notice::NonceUnsure { nonce, network: &self.name });
    }

    fn newest_calls(
        &self,
        account: &StandardPrincipal,
        wanted: &dyn Fn(&ContractCall) -> bool,
    ) -> Result<Vec<SentCall>, LedgerError> {
        self.calls_of(account, wanted)
    }

    fn fee(&self, transaction: &Unsigned) -> Result<MicroStx, LedgerError> {
        self.usual_fee(transaction)
    }

    fn fees_of_ends(&self, transactions: &[Unsigned]) -> Result<Vec<MicroStx>, LedgerError> {
        let mut unsure = None;
        let mut fees = Vec::with_capacity(transactions.len());
        for transaction in transactions {
            fees.push(match self.usual_fee(transaction) {
                Ok(fee) => fee,
                Err(error) => {
                    let fee = self.unsure_fee(transaction, &error)?;
                    unsure = unsure.max(Some(fee));
                    fee
                }
            });
        }
        if let Some(fee) = unsure {
            self.face.notice(&Notice::FeeUnsure { fee, network: &self.name });
        }
        Ok(fees)
    }

    fn fee_ceiling(&self) -> Option<MicroStx> {
        (!self.is_embedded()).then_some(self.settings.fee_ceiling)
    }

    fn knows_all(&self) -> bool {
        self.is_embedded()
    }

    fn refuses_for_good(&self) -> bool {
        false
    }

    fn shows_ends_truly(&self) -> bool {
        !self.is_embedded()
    }

    fn may_be_given(&self, what: &str, act: &Act) {
        self.face.notice(&Notice::PerhapsGiven { what, act });
    }

    fn must_follow(&self, transactions: &[&Payload]) -> Result<(), LedgerError> {
        if self.is_embedded() {
            return Ok(());
        }
        match self.client.follows().map_err(ledger_error)? {
            Follows::Api | Follows::Index => Ok(()),
            Follows::Blocks if !self.shows_blocks()? => Err(LedgerError::CannotFollow {
                what: "a transaction".to_owned(),
                reason: format!(
                    "{} tells neither what became of one nor its blocks; name another API, or a node",
                    self.url()
                ),
            }),
            Follows::Blocks => {
                transactions.iter().try_for_each(|payload| self.must_be_told(payload))
            }
        }
    }

    fn agree(&self, fee: MicroStx, transactions: usize) -> Result<(), LedgerError> {
        if self.is_embedded() {
            return Ok(());
        }
        let (network, ceiling) = (self.name.as_str(), self.settings.fee_ceiling);
        self.face.notice(&Notice::Paying { fee, transactions, ceiling, network });
        if self.face.agrees_to_pay(fee, &self.name) {
            return Ok(());
        }
        Err(LedgerError::NotAgreed { fee })
    }

    fn sponsor(&self, transaction: &[u8]) -> Result<Vec<u8>, LedgerError> {
        sponsored(self.sponsor.as_deref(), transaction)
    }

    fn sponsor_at_a_glance(&self, transaction: &[u8]) -> Result<Vec<u8>, LedgerError> {
        sponsored(self.hasty_sponsor.as_deref(), transaction)
    }

    fn has(&self, txid: &TxId) -> Result<bool, LedgerError> {
        let state = self.state(txid)?;
        Ok(matches!(state, Some(TransactionState::Included(_) | TransactionState::Pending)))
    }

    fn submit(
        &self,
        transactions: &[Vec<u8>],
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        self.submit_over(transactions, &Rivals::NONE, handed_over)
    }

    fn resubmit(&self, transactions: &[Vec<u8>]) -> Result<Vec<Receipt>, LedgerError> {
        self.resubmit_over(transactions, &Rivals::NONE)
    }

    fn submit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        let wait = self.settings.wait;
        let sent = self.deliver(transactions, delivery::Sent::Never, wait, handed_over, rivals);
        self.note_reached(sent.and_then(|receipts| self.proven(receipts)))
    }

    fn resubmit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let sent = delivery::Sent::Perhaps;
        let sent = self.deliver(transactions, sent, self.glances.left(), &|| {}, rivals);
        self.note_reached(sent.and_then(|receipts| self.proven(receipts)))
    }

    fn going_first(&self, going: &GoingFirst<'_>) {
        self.face.notice(&Notice::GoingFirst(going));
    }

    fn became(&self, what: &Resumed) {
        self.face.notice(&Notice::Finished(what));
    }

    fn receipt(&self, txid: &TxId) -> Result<Option<Receipt>, LedgerError> {
        Ok(match self.state(txid)? {
            Some(TransactionState::Included(inclusion)) => Some(receipt(*txid, *inclusion)),
            _ => None,
        })
    }

    fn included(&self, txid: &TxId) -> Result<Option<IncludedCall>, LedgerError> {
        let Some(receipt) = self.receipt(txid)? else { return Ok(None) };
        if let Some(transaction) = self.sent.transaction(txid) {
            return Ok(Some(IncludedCall::of(&transaction, receipt)));
        }
        let ask = || self.client.signed_transaction(txid).map_err(ledger_error);
        if let Some(transaction) = self.until_known(ask, Option::is_some)? {
            return Ok(Some(IncludedCall::of(&transaction, receipt)));
        }
        // Version 3 of the hosted API tells what was called, and not the bytes.
        let ask = || self.client.call_details(&[*txid]).map_err(ledger_error);
        let details = self.until_known(ask, |details| !details.is_empty())?;
        Ok(details.into_iter().next().map(refusals::included_call))
    }

    fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        self.agreed_call(contract, function, arguments)
    }

    fn call_read_only_at(
        &self,
        block: &Block,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        // On an embedded ledger that is served, blocks are final and older states are not kept.
        if self.is_embedded() {
            return self.call_read_only(contract, function, arguments);
        }
        let sender = contract.deployer.into();
        let ask = || {
            let client = &self.client;
            let answer =
                client.call_read_only_at(Some(&block.id), contract, function, arguments, &sender);
            answer.map_err(ledger_error)
        };
        self.until_known(ask, |_| true)
    }

    fn deployed(&self, contract: &ContractId) -> Result<Option<Deployed>, LedgerError> {
        let found = self.agreed_source(contract)?;
        Ok(found.map(|found| Deployed {
            source: found.source,
            clarity_version: found.clarity_version,
            txid: found.txid,
            block_height: found.block_height,
        }))
    }

    fn interface(&self, contract: &ContractId) -> Result<Option<Interface>, LedgerError> {
        self.until_known(|| self.client.interface(contract).map_err(ledger_error), Option::is_some)
    }

    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        self.printed_under(contract, height, concerns)
    }

    fn failed_calls(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        self.failures_of(contract, may_concern)
    }

    fn simulate(
        &self,
        _contract: &ContractId,
        _sender: &StandardPrincipal,
        _function: &str,
        _arguments: &[Value],
    ) -> Result<(Value, Cost), LedgerError> {
        Err(LedgerError::CannotTry)
    }
}
