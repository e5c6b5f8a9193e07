//! What a host does on the ledger: it makes the link's entry in each record's log, before it gives anything out.
//!
//! Asks first whether the grants are in force, so that a request for a link that has ended costs no fee.

use mrms_contract::call::access_record_version;
use mrms_contract::read;
use mrms_core::{Principal, RecordId, TxId, grant};
use mrms_crypto::{IdentityIndex, Keyring, Words};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::Network;

use crate::profile::ProfileError;
use crate::profile::links::GivenVersion;
use crate::profile::remembered::Asked;
use crate::sending::outcome::{Outcome, SendError};
use crate::session::{Actor, AskError, Session};

/// Why a link's entries do not stand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The contract lets the link open the record no more.
    #[error("the link can't open record {record} any more")]
    Closed {
        /// The record.
        record: RecordId,
    },
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// What the host keeps of the account could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The words of the link's account are damaged.
    #[error("the words of the link's account are damaged")]
    Words,
}

/// A link's own account, from its words.
///
/// # Errors
///
/// [`EntryError::Words`].
pub fn link_account(words: &str, network: Network) -> Result<Actor, EntryError> {
    let words = Words::parse(words).map_err(|_| EntryError::Words)?;
    account_of(&words, network)
}

pub(super) fn account_of(words: &Words, network: Network) -> Result<Actor, EntryError> {
    let keyring = Keyring::from_words(words);
    let secret = keyring.stacks_secret_key().map_err(|_| EntryError::Words)?;
    let key = SigningKey::from_bytes(secret.expose_bytes()).map_err(|_| EntryError::Words)?;
    let principal = key.address(network.version);
    Ok(Actor { principal, key, keyring, identity: IdentityIndex::FIRST })
}

impl Session<'_> {
    /// Makes the link's entry for each of the versions that are `given`, and waits until all of them stand. All that the link
    /// `has` must be open to it. The session's profile is what the host keeps of the link's account. Returns the transactions
    /// in the order of the versions.
    ///
    /// # Errors
    ///
    /// [`EntryError`]. What was sent before an error may yet stand: an entry without an answer, never the other way round.
    pub fn enter_for_link(
        &self,
        link: &Actor,
        has: &[GivenVersion],
        given: &[GivenVersion],
    ) -> Result<Vec<TxId>, EntryError> {
        // What a crash interrupted is finished first, with the same signed bytes.
        self.resume()?;
        let me = link.principal();
        for one in has {
            self.must_be_open(&me, *one)?;
        }
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let calls = given.iter().map(|one| access_record_version(one.record, one.version));
        let sent = self.carry_out(link, "entries of a link", calls.collect());
        let receipts = match sent {
            Ok(Outcome::Done(receipts)) => receipts,
            // The host never rehearses.
            Ok(Outcome::Planned(_) | Outcome::Signed(_)) => Vec::new(),
            Err(SendError::Refused { .. }) => {
                let record = given.first().map_or(RecordId::new(0), |one| one.record);
                return Err(EntryError::Closed { record });
            }
            Err(error) => return Err(error.into()),
        };
        // A later request makes entries of its own.
        for one in given {
            let (record, version) = (one.record, Some(one.version));
            self.profile.forget_opening(Asked { record, version, organisation: None })?;
        }
        Ok(receipts.iter().map(|receipt| receipt.txid).collect())
    }

    /// Fails if the link's grant does not open this version now.
    fn must_be_open(&self, me: &Principal, given: GivenVersion) -> Result<(), EntryError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let found = self.ask(&read::grant(given.record, me))?;
        let is_open = found.is_some_and(|found| {
            found.rights.is_some_and(mrms_core::Rights::may_read)
                && grant::is_live(found.expiry, now)
                && found.from_version <= given.version
        });
        if is_open { Ok(()) } else { Err(EntryError::Closed { record: given.record }) }
    }
}
