//! Why somebody can't be joined, or an invitation can't be made.

use std::path::PathBuf;

use mrms_core::{ChainId, ContractId, StandardPrincipal, UnixTime, visible};
use mrms_people::{DocumentError, ServiceUrl};

use crate::error::HomeError;

/// Why somebody can't be joined, or an invitation can't be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// What came is no invitation, or was altered.
    #[error("this invitation cannot be taken")]
    Document(#[from] DocumentError),
    /// It is over.
    #[error("the invitation is no longer valid")]
    Expired {
        /// When it ended.
        until: UnixTime,
    },
    /// Its voucher is another account's.
    #[error("this invitation was used already: the voucher in it belongs to another account")]
    Used,
    /// Its voucher was taken back.
    #[error("the sponsor no longer takes the voucher in this invitation")]
    Withdrawn,
    /// It was made later than it is now, by this machine's clock.
    #[error("the invitation was made at a time that has not come yet, by this machine's clock")]
    FromLater {
        /// When it was made.
        issued: UnixTime,
    },
    /// It leads over an unencrypted way to another machine.
    #[error("the invitation leads to {url}, which is not encrypted")]
    PlainHttp {
        /// The address.
        url: ServiceUrl,
    },
    /// The node does not answer, so that nothing can be checked.
    #[error("the node {url} does not answer: {}", visible::line(reason))]
    NodeAway {
        /// Its address.
        url: ServiceUrl,
        /// Why.
        reason: String,
    },
    /// The node serves another chain than the one that is named.
    #[error(
        "the node {url} serves another ledger than the invitation names: {}",
        visible::line(what)
    )]
    OtherChain {
        /// Its address.
        url: ServiceUrl,
        /// What differs.
        what: String,
    },
    /// The contract is not on the ledger.
    #[error("the contract {contract} is not on the ledger at {url}")]
    NoContract {
        /// The node's address.
        url: ServiceUrl,
        /// The contract.
        contract: ContractId,
    },
    /// The contract has a source that this program does not know.
    #[error("{contract} is not the records contract that this program knows")]
    UnknownContract {
        /// The contract.
        contract: ContractId,
    },
    /// A vault answers as another account than the one that is named.
    #[error("the vault {url} answers as {found}, and the invitation names {expected}")]
    OtherVault {
        /// Its address.
        url: ServiceUrl,
        /// The account that is named.
        expected: StandardPrincipal,
        /// The account that answers.
        found: StandardPrincipal,
    },
    /// A vault keeps keys for another contract or chain.
    #[error(
        "the vault {url} follows {} on chain {chain}, not the contract of the invitation",
        visible::line(contract)
    )]
    VaultElsewhere {
        /// Its address.
        url: ServiceUrl,
        /// The contract that it follows.
        contract: String,
        /// The chain of that.
        chain: ChainId,
    },
    /// The sponsor pays for another contract or chain.
    #[error(
        "the sponsor {url} pays for {} on chain {chain}, not for the contract of the invitation",
        visible::line(contract)
    )]
    SponsorElsewhere {
        /// Its address.
        url: ServiceUrl,
        /// The contract that it pays for.
        contract: String,
        /// The chain of that.
        chain: ChainId,
    },
    /// At the address there is no invitation.
    #[error("{url} shows no invitation: {}", visible::line(reason))]
    NotPublished {
        /// The address.
        url: ServiceUrl,
        /// What came in its place.
        reason: String,
    },
    /// The one at the address is not of the inviter who was joined.
    #[error("{url} shows an invitation of somebody else than {inviter}, or for another ledger")]
    OtherInviter {
        /// The address.
        url: ServiceUrl,
        /// Who was joined.
        inviter: StandardPrincipal,
    },
    /// This home joined nobody.
    #[error("this home joined nobody by an invitation")]
    NotJoined,
    /// Others can't reach the ledger of this home.
    #[error("no other machine reaches the ledger of this home")]
    NoNode,
    /// Others can't reach the vault of this home.
    #[error("no other machine reaches the vault of this home")]
    NoVault,
    /// The ledger does not tell its first block, by which those who join recognise it.
    #[error("the ledger does not tell its first block, by which others recognise it")]
    NoGenesis,
    /// A vault's account is not known.
    #[error("{vault} does not answer, and its account is not known here")]
    VaultUnknown {
        /// The vault.
        vault: String,
    },
    /// An address of this home's settings is none that an invitation can name.
    #[error("{} cannot stand in an invitation", visible::line(address))]
    Address {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: mrms_people::UrlError,
    },
    /// The settings file is not TOML.
    #[error("{} cannot be read: {}", path.display(), visible::line(reason))]
    SettingsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the home, or its ledger.
    #[error(transparent)]
    Home(#[from] HomeError),
}
