//! The port to a ledger: what the use cases need of any Stacks node.
//!
//! The embedded ledger implements it, and so does an HTTP client of the standard node RPC; nothing
//! here depends on which one it is. Values cross it as the client's own [`Value`], transactions as
//! their wire bytes.

pub mod act;
mod error;
mod order;
mod told;

use mrms_core::{BlockHeight, BurnHeight, ContractId, MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::abi::Interface;
use mrms_stacks::clarity::Value;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{ContractCall, Payload, Unsigned};

pub use error::LedgerError;
pub use order::{Ending, GoingFirst, Resumed, Rivals};
pub use told::{
    Account, Block, Cost, Deployed, Descent, IncludedCall, PrintedEvent, Receipt, SentCall, Status,
    Tip,
};

/// Who pays for transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// Whoever signs them.
    Sender,
    /// A sponsor, who completes them: see [`Ledger::sponsor`].
    Sponsor,
}

/// A Stacks ledger.
pub trait Ledger: Send + Sync {
    /// Which network its transactions are for.
    fn network(&self) -> Network;

    /// Its name in messages, such as `embedded ledger`.
    fn name(&self) -> &str;

    /// Hash of its first block in hexadecimal, where it tells. It tells two ledgers with the same
    /// chain id apart.
    fn genesis(&self) -> Option<String>;

    /// Who pays for transactions here.
    fn payer(&self) -> Payer {
        Payer::Sender
    }

    /// The latest block, and the time.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn tip(&self) -> Result<Tip, LedgerError>;

    /// Makes sure that the burn heights that it told can be so. Asked before something is signed that ends at a height.
    ///
    /// # Errors
    ///
    /// [`LedgerError::BurnHeight`].
    fn must_show_time(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    /// The block at a height; `None` when the chain has none there.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerError>;

    /// Whether the ledger shows that `newer` was made on top of `older`, which is not above it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn descent(&self, older: &Block, newer: &Block) -> Result<Descent, LedgerError> {
        let _ = (older, newer);
        Ok(Descent::NotShown)
    }

    /// The account's next nonce and balance.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn account(&self, account: &StandardPrincipal) -> Result<Account, LedgerError>;

    /// The same, for what ends access: who does not answer soon tells nothing.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn account_at_a_glance(&self, account: &StandardPrincipal) -> Result<Account, LedgerError> {
        self.account(account)
    }

    /// The account's next nonce, as others than those behind [`account`](Self::account) tell it: for where that can't be
    /// asked. `None` where nobody tells.
    fn nonce_of_others(&self, account: &StandardPrincipal) -> Option<Nonce> {
        let _ = account;
        None
    }

    /// Tells the person that the ledger did not tell the account, and which nonce was taken.
    fn nonce_is_unsure(&self, nonce: Nonce) {
        let _ = nonce;
    }

    /// The newest calls of an account, those that wait for a block included, in no order. Those that are `wanted` and stand in a
    /// block count if the ledger proves them, where it gives proofs. A ledger that keeps no such list tells none.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn newest_calls(
        &self,
        account: &StandardPrincipal,
        wanted: &dyn Fn(&ContractCall) -> bool,
    ) -> Result<Vec<SentCall>, LedgerError> {
        let _ = (account, wanted);
        Ok(Vec::new())
    }

    /// The fee to offer for this transaction.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn fee(&self, transaction: &Unsigned) -> Result<MicroStx, LedgerError>;

    /// The same for each of what ends access: a fee that is not told, or is told too high, keeps no end back. The person is told.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn fees_of_ends(&self, transactions: &[Unsigned]) -> Result<Vec<MicroStx>, LedgerError> {
        transactions.iter().map(|one| self.fee(one)).collect()
    }

    /// The highest fee that a transaction may have here; `None` where fees have no monetary value.
    fn fee_ceiling(&self) -> Option<MicroStx> {
        None
    }

    /// Whether the ledger surely does not have what it says that it does not have. One that answers from several servers,
    /// or to which others have passed a transaction on, may yet put it into a block.
    fn knows_all(&self) -> bool {
        true
    }

    /// Whether what it shows as ended has ended. A served embedded ledger has to prove the transaction that ended it.
    fn shows_ends_truly(&self) -> bool {
        true
    }

    /// Whether what it refused can't come any more: nobody else can have it. A node elsewhere may keep the bytes, or pass them on.
    fn refuses_for_good(&self) -> bool {
        true
    }

    /// Tells the person that something was refused that gives access, and may be given all the same.
    fn may_be_given(&self, what: &str, act: &act::Act) {
        let _ = (what, act);
    }

    /// Makes sure that it can be found out what becomes of these transactions. Asked before they are signed.
    ///
    /// # Errors
    ///
    /// [`LedgerError::CannotFollow`].
    fn must_follow(&self, transactions: &[&Payload]) -> Result<(), LedgerError> {
        let _ = transactions;
        Ok(())
    }

    /// Asks who pays to agree to `fee` for so many transactions that are about to be kept and sent. Where
    /// fees have no monetary value, nobody is asked.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NotAgreed`].
    fn agree(&self, fee: MicroStx, transactions: usize) -> Result<(), LedgerError> {
        let _ = (fee, transactions);
        Ok(())
    }

    /// Has the sponsor pay for a transaction that its origin has signed; returns it complete. The
    /// sponsor may send it at once. The same bytes give the same answer.
    ///
    /// # Errors
    ///
    /// [`LedgerError::SponsorRefused`], [`LedgerError::SponsorUnreachable`],
    /// [`LedgerError::NoSponsor`].
    fn sponsor(&self, transaction: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let _ = transaction;
        Err(LedgerError::NoSponsor)
    }

    /// The same for a transaction of an earlier command. Asks once and waits a moment only, since the present command
    /// has work of its own.
    ///
    /// # Errors
    ///
    /// As [`Self::sponsor`].
    fn sponsor_at_a_glance(&self, transaction: &[u8]) -> Result<Vec<u8>, LedgerError> {
        self.sponsor(transaction)
    }

    /// Lets other commands use the ledger while a person reads or thinks. Whatever is asked of it next takes it up again.
    /// Meanwhile others may have changed it.
    fn step_aside(&self) {}

    /// Whether the ledger has a transaction, in a block or waiting for one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn has(&self, txid: &TxId) -> Result<bool, LedgerError> {
        Ok(self.receipt(txid)?.is_some())
    }

    /// Sends transactions in order and waits until each stands in a block, durably. Stops at the
    /// first that is not taken; those before it stand. Calls `handed_over` when the ledger has all
    /// of them, before it waits for blocks.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] of the first that was not taken.
    fn submit(
        &self,
        transactions: &[Vec<u8>],
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError>;

    /// The same for transactions that may have been sent before. A ledger with slow blocks does not
    /// wait for them, and answers [`LedgerError::Pending`].
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    fn resubmit(&self, transactions: &[Vec<u8>]) -> Result<Vec<Receipt>, LedgerError> {
        self.submit(transactions, &|| {})
    }

    /// The same as [`submit`](Self::submit) where others may have been sent with the same nonces. Where one of them stands in
    /// a block, its receipt is in the place of ours; if that was one of the `own`, it is the last one.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    fn submit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        let _ = rivals;
        self.submit(transactions, handed_over)
    }

    /// The same for transactions that may have been sent before, as [`resubmit`](Self::resubmit).
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    fn resubmit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let _ = rivals;
        self.resubmit(transactions)
    }

    /// Tells the person that an operation goes before others, and what it costs, before they are asked to pay.
    fn going_first(&self, going: &GoingFirst<'_>) {
        let _ = going;
    }

    /// Tells the person what became of an operation whose place was taken.
    fn became(&self, what: &Resumed) {
        let _ = what;
    }

    /// What became of a transaction; `None` when it stands in no block.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn receipt(&self, txid: &TxId) -> Result<Option<Receipt>, LedgerError>;

    /// A transaction that stands in a block, as it was signed; `None` when it stands in none.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn included(&self, txid: &TxId) -> Result<Option<IncludedCall>, LedgerError>;

    /// Calls a read-only function.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError>;

    /// Calls read-only functions one after the other, and may see the ledger move between them. A ledger in
    /// this process answers many at once in less time than one by one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] of the first that fails.
    fn call_read_only_all(
        &self,
        contract: &ContractId,
        calls: &[(&str, &[Value])],
    ) -> Result<Vec<Value>, LedgerError> {
        let call = |(function, arguments): &(&str, &[Value])| {
            self.call_read_only(contract, function, arguments)
        };
        calls.iter().map(call).collect()
    }

    /// Calls a read-only function on the state that a block left. A ledger whose blocks are final at
    /// once may answer with the state of the latest one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn call_read_only_at(
        &self,
        block: &Block,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        let _ = block;
        self.call_read_only(contract, function, arguments)
    }

    /// A contract's source and where it came from; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn deployed(&self, contract: &ContractId) -> Result<Option<Deployed>, LedgerError>;

    /// A contract's interface; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn interface(&self, contract: &ContractId) -> Result<Option<Interface>, LedgerError>;

    /// What a contract printed at this burn height, in order, as far as `concerns` holds of it. The height is the one that
    /// the contract saw and printed; a block can be told to be of an earlier one.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoHistory`] from a node that keeps no events.
    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError>;

    /// The calls of a contract that ended in a refusal, oldest first: those of which `may_concern` holds.
    /// It is asked with the bytes of a whole transaction, or with those of each of its arguments.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoHistory`] from a node that keeps no lists.
    fn failed_calls(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError>;

    /// What a call would return and cost, without sending it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn simulate(
        &self,
        contract: &ContractId,
        sender: &StandardPrincipal,
        function: &str,
        arguments: &[Value],
    ) -> Result<(Value, Cost), LedgerError>;
}
