//! [`RefusalReason`]: why a vault refuses, or deletes by itself. Each has one word, for machines, logs and tests.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::VaultReceipt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $sentence:literal;)*) => {
        /// Why a vault refuses, or deletes by itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum RefusalReason {
            $($(#[$doc])* $variant,)*
        }

        impl RefusalReason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its word, as in JSON and in the log.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// A sentence for people.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                }
            }
        }
    };
}

reasons! {
    /// The message can't be read, or its fields are invalid.
    Malformed = "malformed", "the message cannot be read";
    /// It is for another vault.
    WrongVault = "wrong-vault", "the message is for another vault";
    /// It is for another contract.
    WrongContract = "wrong-contract", "the message is for another contract";
    /// Its signer did not sign it.
    BadSignature = "bad-signature", "the signature does not hold";
    /// Too many messages from this account in a short time.
    TooManyRequests = "too-many-requests", "this account asks too often";
    /// Its time is too far from the vault's, or the vault's clock fell back.
    Clock = "clock", "the clocks of sender and vault are too far apart";
    /// The same message came before.
    RequestReplayed = "request-replayed", "this very request was made before";
    /// The vault can't ask the chain.
    ChainUnreachable = "chain-unreachable", "the vault cannot reach the chain";
    /// The chain that the vault sees has stood still for too long.
    ChainStale = "chain-stale", "the chain that the vault sees is out of date";
    /// The chain that the vault sees ends before a block that it has acted on.
    ChainForkedBack = "chain-forked-back", "the chain that the vault sees has gone back";
    /// The chain that the vault sees has another block in the place of one that the vault has acted on.
    ChainForked = "chain-forked", "the chain that the vault sees is not the one that it went by";
    /// The burn height that the vault sees rose faster than time, and stands in no block.
    ChainJumped = "chain-jumped", "the height that the vault sees has jumped";
    /// There is no such record, or no such version.
    NoRecord = "no-record", "there is no such record or version";
    /// Only the record's patient may ask this.
    NotPatient = "not-patient", "the signer is not the record's patient";
    /// Only the version's author or the record's patient may ask this.
    NotAuthor = "not-author", "the signer is neither author nor patient";
    /// The record's log has no such entry.
    NoEntry = "no-entry", "the log has no such entry";
    /// The entry is no opening.
    NotAnAccess = "not-an-access", "the entry is not an access";
    /// The entry is of somebody else.
    OtherReader = "other-reader", "the entry is somebody else's";
    /// The entry is about another version.
    OtherVersion = "other-version", "the entry is about another version";
    /// The transaction named did not make the entry.
    OtherTransaction = "other-transaction", "the entry was not made by that transaction";
    /// The block of the entry, or of what else the message rests on, is not deep enough yet.
    NotFinal = "not-final", "what this rests on is not final on the chain yet";
    /// The entry is too old.
    EntryStale = "entry-stale", "the entry is too old";
    /// A share was released against the entry before.
    EntryUsed = "entry-used", "the entry was used before";
    /// Nothing was ever granted.
    NotGranted = "not-granted", "no access was granted";
    /// The entry is by somebody for an organisation, who is no member of it now.
    NotMember = "not-member", "the signer is no member of that organisation";
    /// The signer was a delegate of the patient, and either is none now or has not the power.
    NotDelegate = "not-delegate", "the signer is no delegate now, or has not the power to see";
    /// The grant was taken back.
    Revoked = "revoked", "access was revoked";
    /// The grant has ended.
    Expired = "expired", "the grant has expired";
    /// The grant opens later versions only.
    VersionBeforeGrant = "version-before-grant", "the grant does not open this version";
    /// The grant opens in an emergency only, and none is open.
    NoEmergency = "no-emergency", "the grant opens in an emergency only";
    /// The release is for an emergency, and the note is not the one whose hash is on chain.
    NoEmergencyNote = "no-emergency-note", "the sealed reason of the emergency on chain did not come with it";
    /// The vault has no share for this reader and version.
    NoShare = "no-share", "the vault has no share for this";
    /// The salt of a version on chain is not replaced by another.
    SaltStands = "salt-stands", "another salt is kept for this version";
    /// The version refers to another ciphertext than the one announced.
    OtherCiphertext = "other-ciphertext", "the version refers to another ciphertext";
    /// Too much that this account, or accounts that the vault does not know, left waits for a version on the chain.
    TooMuchWaits = "too-much-waits", "too much waits for its version already";
    /// The record was erased.
    RecordErased = "record-erased", "the record was erased";
    /// A grant for what was left did not come.
    GrantNeverCame = "grant-never-came", "no grant came for what was left";
    /// The vault can't write its log.
    LogUnavailable = "log-unavailable", "the vault cannot write its log";
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal, with the line that the vault wrote about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", reason.sentence())]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// The vault's line. None for a message without a valid signature, and if no line could be written.
    pub receipt: Option<Box<VaultReceipt>>,
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        Self { reason, receipt: None }
    }
}
