//! What a home needs of the face that opened it: answers to questions, a progress display, and notices
//! to the person.
//!
//! The command line answers from the terminal, its flags and the key agent; the portal answers from
//! its pages. A home never prints and never reads from a terminal itself.

use std::io::{self, Read};

use mrms_app::contacts::Asking;
use mrms_app::ledger::act::Act;
use mrms_app::ledger::{GoingFirst, LedgerError};
use mrms_app::profile::ProfileError;
use mrms_app::sending::outcome::{Resumed, SendError};
use mrms_core::{MicroStx, Nonce, Principal, TxId, UnixTime};
use mrms_crypto::Words;
use mrms_crypto::age_file::Passphrase;
use mrms_store::StoreError;
use mrms_vault::VaultError;

use crate::breaks::{Break, HeadError};
use crate::folder::ProfileName;
use crate::names::Names;
use crate::wards::Ward;
use crate::withheld::Withheld;

/// Why a face gives no answer. Only the face that made it looks inside.
pub type FaceError = Box<dyn std::error::Error + Send + Sync>;

/// The face that opened the home.
pub trait Face: Send + Sync {
    /// Tells the person something beside the result.
    fn notice(&self, notice: &Notice<'_>);

    /// Asks whether this fee may be paid on this network.
    fn agrees_to_pay(&self, fee: MicroStx, network: &str) -> bool;

    /// Asks for the passphrase of a profile.
    ///
    /// # Errors
    ///
    /// [`FaceError`] when there is nobody to ask, or nothing was given.
    fn passphrase(&self, profile: &ProfileName) -> Result<Passphrase, FaceError>;

    /// The profile's words, if the profile is unlocked: by the key agent, or in a session of the portal.
    fn unlocked_words(&self) -> Option<Words>;

    /// Whether the profile can be unlocked without asking the person.
    fn unlocks_quietly(&self) -> bool;

    /// A profile was unlocked; these are the names that it knows. A face can show them in what it says later.
    fn knows(&self, names: Names) {
        drop(names);
    }

    /// Begins to show the progress of a task of `total` bytes, or of what else it counts.
    fn progress(&self, task: Task, total: u64) -> Box<dyn Progress>;
}

/// Shows how far a task is. Dropped when the task ends.
pub trait Progress: Send {
    /// This many bytes more are done, or of what else the task counts.
    fn advance(&mut self, done: u64);
}

/// Work that takes long enough to show its progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A backup is written.
    BackUp,
    /// A backup is read.
    ReadBackup,
    /// The transactions of a contract are looked through for refused calls, and counted.
    ReadCalls,
}

/// What the person should know beside the result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<'a> {
    /// What an interrupted command had begun cannot be finished now.
    CannotFinish {
        /// Why.
        error: &'a SendError,
    },
    /// A file that should have what was sent can't be read: it keeps nothing back, and what it was to do is not known.
    Unreadable {
        /// Which, and why.
        error: &'a ProfileError,
    },
    /// What became of something that an earlier command had begun.
    Finished(&'a Resumed),
    /// The ledger no longer shows a block with this: it is sent again as it was signed.
    PutBack {
        /// What it does.
        what: &'a str,
    },
    /// What ends somebody's access goes before what waits for a block.
    GoingFirst(&'a GoingFirst<'a>),
    /// The ledger does not tell the account: what ends access takes this nonce, by what else is known.
    NonceUnsure {
        /// Which.
        nonce: Nonce,
        /// The network's name.
        network: &'a str,
    },
    /// The ledger does not tell what a transaction costs, or more than the ceiling: what ends access offers this.
    FeeUnsure {
        /// How much.
        fee: MicroStx,
        /// The network's name.
        network: &'a str,
    },
    /// The encryption key of whoever joined earlier could be published now.
    KeyPublished,
    /// A node refused what gives somebody access. It proves nothing: it may be given all the same.
    PerhapsGiven {
        /// What it does.
        what: &'a str,
        /// The same, for a face that says it in its own words.
        act: &'a Act,
    },
    /// The nodes of the settings say different things, and the command goes on.
    NodesDisagree {
        /// What they say.
        error: &'a LedgerError,
        /// Whether it ends something: then it goes by the answer that shows more.
        ends: bool,
    },
    /// A node does not answer what ends access; it is asked still.
    StillAsking {
        /// Its address.
        url: &'a str,
    },
    /// A node does not answer what ends access; the next one of the settings is asked.
    NextNode {
        /// Its address.
        url: &'a str,
        /// Why.
        error: &'a LedgerError,
    },
    /// A fee is about to be paid.
    Paying {
        /// How much.
        fee: MicroStx,
        /// For how many transactions.
        transactions: usize,
        /// The most that the settings let each of them cost.
        ceiling: MicroStx,
        /// The network's name.
        network: &'a str,
    },
    /// A transaction has not reached a block yet; the home goes on waiting.
    WaitingForBlock {
        /// The network's name.
        network: &'a str,
        /// The transaction.
        txid: TxId,
    },
    /// All transactions of a contract are looked through for refused calls, since the ledger has no list of those. What was
    /// looked through is remembered, also where this is interrupted.
    ReadingCalls {
        /// How many transactions are left, where the ledger tells.
        left: Option<u64>,
    },
    /// A ledger elsewhere does not show a block that has a transaction of this profile.
    Withheld(&'a Withheld),
    /// Another command has the home's ledger; this one waits for it.
    WaitingForHome {
        /// Its process id, as far as known.
        pid: &'a str,
    },
    /// A vault has no copy of a ciphertext; enough others have one.
    VaultHasNoCopy {
        /// The vault.
        name: &'a str,
        /// Why it has none.
        error: &'a StoreError,
    },
    /// The ledger is not what this profile saw of it. The command goes on.
    LedgerBroken {
        /// How.
        broken: &'a Break,
    },
    /// The ledger could not be compared with what this profile saw of it.
    LedgerNotCompared {
        /// Why.
        error: &'a HeadError,
    },
    /// Who was joined has published a newer invitation, which is not taken yet.
    NewerInvitation {
        /// The inviter's name, as their card says it.
        inviter: &'a str,
    },
    /// What a former patient handed over to this profile does not open: what was encrypted before stays closed.
    InheritedKeysDamaged,
    /// This profile handed over: another account is the patient now.
    HandedOver {
        /// Who.
        to: &'a Principal,
        /// Since when, estimated; `None` where the ledger does not tell.
        when: Option<UnixTime>,
        /// Whether a program of this profile offered everything to them, or the person said that it was they.
        is_own: bool,
    },
    /// Everything was offered to somebody and is not any more, and no program of this profile made that offer.
    OfferedElsewhere {
        /// To whom.
        to: &'a Principal,
        /// When, estimated.
        when: UnixTime,
    },
    /// Everything of this profile's patient is offered to somebody, who can take it over at any moment.
    HandOverOffered {
        /// To whom.
        to: &'a Principal,
    },
    /// A ward of this home grows up soon, or has: this profile is theirs, or their guardian's.
    GrowsUp {
        /// The ward.
        ward: &'a Ward,
        /// Whether this profile is the ward's own.
        is_own: bool,
        /// At most so many days are left; 0 once the day has come.
        days: u64,
    },
    /// A contact of this profile's patient asked to become a delegate, and can be refused.
    ContactAsked(&'a Asking),
    /// The home's own vault could not look for grants that ended; it looks when it is next opened.
    VaultDidNotLook {
        /// Why.
        error: &'a VaultError,
    },
}

/// Reads from `inner` and reports each byte to the progress.
pub(crate) struct Measured<R> {
    inner: R,
    progress: Box<dyn Progress>,
}

impl<R> Measured<R> {
    pub(crate) fn new(inner: R, progress: Box<dyn Progress>) -> Self {
        Self { inner, progress }
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.advance(count as u64);
        Ok(count)
    }
}
