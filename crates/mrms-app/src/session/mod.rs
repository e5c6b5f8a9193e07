//! A session: who works with which ledger, contract, vaults, ciphertext and profile.
//!
//! Every use case is a method of [`Session`], in the module of its verb. This folder holds what all
//! of them need: asking the contract, and sending messages to vaults. Transactions are sent in
//! `sending`.

pub mod ciphertexts;
pub mod vaults;

use mrms_contract::{AnswerError, Call, Read};
use mrms_core::{ContractId, MicroStx, Nonce, Principal, StandardPrincipal, hexadecimal};
use mrms_crypto::{HybridIdentity, IdentityIndex, Keyring};
use mrms_stacks::clarity::Value;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::transaction::{Transaction, Unsigned};

use crate::ledger::{Ledger, LedgerError};
use crate::profile::ProfileFolder;
use crate::profile::begun::Begins;
use crate::session::ciphertexts::Ciphertexts;
use crate::session::vaults::Vaults;

/// How many questions go to the ledger at once.
pub(crate) const ASKED_AT_ONCE: usize = 256;

/// Somebody who can sign and decrypt: an unlocked profile.
#[derive(Debug)]
pub struct Actor {
    /// The account that the key controls on the ledger's network.
    pub principal: StandardPrincipal,
    /// Signs transactions.
    pub key: SigningKey,
    /// Opens and wraps keys.
    pub keyring: Keyring,
    /// Number of the identity in use. Those before it still open what was wrapped to them.
    pub identity: IdentityIndex,
}

impl Actor {
    /// The account as a principal.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal.into()
    }

    /// The identities that keys may have been wrapped to, the latest first.
    ///
    /// # Errors
    ///
    /// [`mrms_crypto::keyring::NoKeyError`]: practically impossible.
    pub fn identities(&self) -> Result<Vec<HybridIdentity>, mrms_crypto::keyring::NoKeyError> {
        (0..=self.identity.number())
            .rev()
            .map(|number| self.keyring.identity(IdentityIndex::new(number)))
            .collect()
    }

    /// The identities by which something opens that was meant for the patient: their own, and those of whom they succeeded.
    ///
    /// # Errors
    ///
    /// As [`Self::identities`].
    pub fn patient_identities(
        &self,
    ) -> Result<Vec<HybridIdentity>, mrms_crypto::keyring::NoKeyError> {
        let mut all = self.identities()?;
        all.extend(self.keyring.inherited_identities());
        Ok(all)
    }
}

/// What every use case works with.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The ledger that holds the contract.
    pub ledger: &'a dyn Ledger,
    /// The contract's id.
    pub contract: &'a ContractId,
    /// Where ciphertext beyond the inline limit is.
    pub blobs: &'a dyn Ciphertexts,
    /// The vaults that keep key shares.
    pub vaults: &'a Vaults,
    /// What the profile remembers.
    pub profile: &'a ProfileFolder,
    /// Whether transactions are sent.
    pub sending: Sending,
    /// What a command is about to make, to be found again by the same command if this one is interrupted; mostly nothing.
    pub begins: &'a [Begins],
}

/// What is done with the transactions that a use case makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// They are signed and sent.
    Send,
    /// They are signed and given back: the use case ends with
    /// [`Outcome::Signed`](crate::sending::outcome::Outcome::Signed).
    SignOnly(SignOnly),
    /// Nothing is signed, sent or kept: the use case ends with
    /// [`Outcome::Planned`](crate::sending::outcome::Outcome::Planned).
    DryRun,
}

/// The terms of transactions that are signed and not sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignOnly {
    /// The nonce of the first; the account's next when not given.
    pub nonce: Option<Nonce>,
    /// The fee of each; the ledger's when not given.
    pub fee: Option<MicroStx>,
}

/// Why the contract could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The contract's answer is not one that ours gives.
    #[error("the contract's answer is not understood: {0}")]
    Answer(#[from] AnswerError),
}

impl Session<'_> {
    /// Asks the contract.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn ask<T>(&self, read: &Read<T>) -> Result<T, AskError> {
        let answer = self.ledger.call_read_only(self.contract, read.function, &read.arguments)?;
        Ok(read.decode(&answer)?)
    }

    /// Asks the contract several things of one kind.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn ask_all<T>(&self, reads: &[Read<T>]) -> Result<Vec<T>, AskError> {
        let mut found = Vec::new();
        for reads in reads.chunks(ASKED_AT_ONCE) {
            let calls: Vec<(&str, &[Value])> =
                reads.iter().map(|read| (read.function, read.arguments.as_slice())).collect();
            let answers = self.ledger.call_read_only_all(self.contract, &calls)?;
            for (read, answer) in reads.iter().zip(&answers) {
                found.push(read.decode(answer)?);
            }
        }
        Ok(found)
    }

    /// Asks the contract for the first `count` entries of a list. Skips empty places.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub(crate) fn ask_list<T>(
        &self,
        count: u64,
        at: impl Fn(u64) -> Read<Option<T>>,
    ) -> Result<Vec<T>, AskError> {
        let mut found = Vec::new();
        let mut first = 0;
        while first < count {
            let end = count.min(first + ASKED_AT_ONCE as u64);
            let reads: Vec<_> = (first..end).map(&at).collect();
            found.extend(self.ask_all(&reads)?.into_iter().flatten());
            first = end;
        }
        Ok(found)
    }

    /// Hash of the ledger's first block; `None` where it does not tell.
    #[must_use]
    pub fn genesis(&self) -> Option<[u8; 32]> {
        let text = self.ledger.genesis()?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        let mut genesis = [0; 32];
        hexadecimal::decode_to_slice(digits, &mut genesis).ok()?;
        Some(genesis)
    }

    /// A call of the contract as a transaction to be signed.
    #[must_use]
    pub fn transaction(&self, call: Call) -> Unsigned {
        Transaction::contract_call(self.contract.clone(), call.function, call.arguments)
    }
}
