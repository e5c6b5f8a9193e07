//! The vaults of a session: which there are, how many are needed, and signed messages to each.
//!
//! The profile remembers a vault's account at first use, and refuses another vault at the same
//! address. What the messages say is decided in `access`, `sharing`, `records` and `vaults`.

use std::fmt;
use std::sync::OnceLock;

use mrms_contract::ContractError;
use mrms_core::{ChainId, ContractId, StandardPrincipal, UnixTime, visible};
use mrms_crypto::sharing::sealed::Threshold;
use mrms_vault::protocol::{
    Header, Message, Nonce, RefusalReason, Signed, SignedError, VaultCard, VaultReceipt,
};
use mrms_vault::{Vault, VaultError};
use rand_core::CryptoRng;

use crate::profile::{ProfileError, ProfileFolder};
use crate::session::{Actor, Session};

/// A vault and its name in messages: its address, or `this folder's own vault`.
pub struct Member {
    name: String,
    vault: Box<dyn Vault>,
    card: OnceLock<VaultCard>,
}

impl Member {
    /// A vault with this name.
    #[must_use]
    pub fn new(name: String, vault: Box<dyn Vault>) -> Self {
        Self { name, vault, card: OnceLock::new() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn vault(&self) -> &dyn Vault {
        &*self.vault
    }

    /// The key under which the profile remembers it. One address, or one folder, may have a vault
    /// for each contract.
    pub(crate) fn memory_key(&self, card: &VaultCard) -> String {
        let suffix = memory_suffix(&card.contract, ChainId::new(card.chain_id));
        format!("{}{suffix}", self.name)
    }
}

/// Remembers the account of the vault with this name, as somebody whom the person trusts has named it, before it was ever
/// asked. Returns the account that was remembered before.
///
/// # Errors
///
/// [`ProfileError`].
pub fn remember_account(
    profile: &ProfileFolder,
    name: &str,
    contract: &ContractId,
    chain: ChainId,
    account: StandardPrincipal,
) -> Result<Option<StandardPrincipal>, ProfileError> {
    let mut known = profile.vaults()?;
    let before = known.insert(format!("{name}{}", memory_suffix(contract, chain)), account);
    if before != Some(account) {
        profile.remember_vaults(&known)?;
    }
    Ok(before)
}

/// What follows a vault's name in the profile's memory.
fn memory_suffix(contract: &ContractId, chain: ChainId) -> String {
    format!(" for {contract} on chain {}", chain.number())
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({})", self.name)
    }
}

/// The vaults of a session: any `needed` of them release a key together.
#[derive(Debug)]
pub struct Vaults {
    members: Vec<Member>,
    threshold: Threshold,
    clock: fn() -> UnixTime,
}

impl Vaults {
    /// These vaults, in the order of their shares; `None` unless 1 ≤ needed ≤ their number ≤ 16.
    /// `clock` tells the time that messages carry.
    #[must_use]
    pub fn new(members: Vec<Member>, needed: u8, clock: fn() -> UnixTime) -> Option<Self> {
        let threshold = Threshold::new(needed, u8::try_from(members.len()).ok()?)?;
        Some(Self { members, threshold, clock })
    }

    /// The vaults, in the order of their shares.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// How many of them release a key together.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }
}

/// What went wrong with one vault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemberError {
    /// It refused, could not be reached, or gave an answer that can't be read.
    #[error("{name}: {source}")]
    Vault {
        /// Which vault.
        name: String,
        /// What happened.
        source: VaultError,
    },
    /// It follows another contract or chain.
    #[error(
        "{name} follows the contract {} on chain {chain_id}, not this one",
        visible::line(contract)
    )]
    OtherContract {
        /// Which vault.
        name: String,
        /// The contract that it follows.
        contract: String,
        /// The chain of that contract.
        chain_id: u32,
    },
    /// Another vault answers than was there before.
    #[error("{name} is not the vault that was there before: it was {known} and is {found}")]
    OtherVault {
        /// Which address.
        name: String,
        /// The account remembered.
        known: StandardPrincipal,
        /// The account that answers now.
        found: StandardPrincipal,
    },
    /// Another vault answers than the one that is to be trusted.
    #[error("{name} is {found}, not {expected}")]
    OtherAccount {
        /// Which address.
        name: String,
        /// The account that its operator has told.
        expected: StandardPrincipal,
        /// The account that answers.
        found: StandardPrincipal,
    },
    /// Its receipt does not prove that it did what was asked.
    #[error("{name} gave a receipt that does not hold")]
    Receipt {
        /// Which vault.
        name: String,
    },
    /// Its share does not open for the reader: it is not what the patient left there.
    #[error("{name} gave a share that is not what the patient left there")]
    Share {
        /// Which vault.
        name: String,
    },
    /// Its share is of another grant than those of the other vaults: it missed the latest one.
    #[error("{name} keeps the shares of another grant than the other vaults")]
    OtherDeposit {
        /// Which vault.
        name: String,
    },
    /// Its share opens, but joined with the others it gives no key of this version.
    #[error("{name} gave a share that gives no key of this version")]
    Useless {
        /// Which vault.
        name: String,
    },
    /// Its erasure salt opens nothing.
    #[error("{name} gave an erasure salt that is not this version's")]
    Salt {
        /// Which vault.
        name: String,
    },
    /// It gave a share of an erasable version without the erasure salt.
    #[error("{name} has no erasure salt of this version")]
    NoSalt {
        /// Which vault.
        name: String,
    },
    /// The message can't be made.
    #[error(transparent)]
    Sign(#[from] SignedError),
    /// The profile's memory of vaults could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

impl MemberError {
    /// The vault that it is about.
    #[must_use]
    pub fn vault_name(&self) -> Option<&str> {
        match self {
            Self::Vault { name, .. }
            | Self::OtherContract { name, .. }
            | Self::OtherVault { name, .. }
            | Self::OtherAccount { name, .. }
            | Self::Receipt { name }
            | Self::Share { name }
            | Self::OtherDeposit { name }
            | Self::Useless { name }
            | Self::Salt { name }
            | Self::NoSalt { name } => Some(name),
            Self::Sign(_) | Self::Profile(_) => None,
        }
    }

    /// The vault's reason, where it refused.
    #[must_use]
    pub fn reason(&self) -> Option<RefusalReason> {
        match self {
            Self::Vault { source: VaultError::Refused(refusal), .. } => Some(refusal.reason),
            _ => None,
        }
    }

    /// Whether the vault answered, and with something that is of no use.
    #[must_use]
    pub const fn is_wrong_answer(&self) -> bool {
        self.is_wrong_share()
            || matches!(
                self,
                Self::Receipt { .. } | Self::Vault { source: VaultError::Answer { .. }, .. }
            )
    }

    /// Whether the vault gave a share or a salt that is of no use.
    #[must_use]
    pub const fn is_wrong_share(&self) -> bool {
        matches!(
            self,
            Self::Share { .. }
                | Self::OtherDeposit { .. }
                | Self::Useless { .. }
                | Self::Salt { .. }
                | Self::NoSalt { .. }
        )
    }

    /// Whether it is the home's own vault, and its folder is away.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Vault { source: VaultError::Missing { .. }, .. })
    }

    /// Whether the vault could not be reached.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Vault { source: VaultError::Unreachable { .. }, .. })
    }
}

/// Fewer vaults did what was asked than are needed.
#[derive(Debug, thiserror::Error)]
#[error("{done} of the {needed} vaults needed did what was asked: {}", list(*done, failures))]
pub struct TooFewVaults {
    /// How many did.
    pub done: usize,
    /// How many are needed.
    pub needed: u8,
    /// What happened with the others.
    pub failures: Vec<MemberError>,
}

impl TooFewVaults {
    /// Whether the vaults that answered have no share for this reader, and those that did not answer could not change that:
    /// to try again is of no use, until somebody leaves shares there.
    #[must_use]
    pub fn lacks_shares(&self) -> bool {
        let reasons = || self.failures.iter().filter_map(MemberError::reason);
        let silent = self.failures.iter().filter(|failure| failure.reason().is_none()).count();
        reasons().any(|reason| reason == RefusalReason::NoShare)
            && reasons().all(|reason| reason == RefusalReason::NoShare)
            && self.done + silent < usize::from(self.needed)
    }

    /// What the contract says of it, where vaults refused for a reason that is the contract's, too.
    #[must_use]
    pub fn refusal(&self) -> Option<ContractError> {
        use RefusalReason as R;
        self.failures.iter().filter_map(MemberError::reason).find_map(|reason| {
            Some(match reason {
                R::NotGranted => ContractError::NoAccess,
                R::Revoked => ContractError::GrantRevoked,
                R::Expired => ContractError::GrantExpired,
                R::NotMember => ContractError::NotMember,
                R::NotDelegate => ContractError::NoPower,
                R::NoEmergency => ContractError::NoReadRight,
                R::VersionBeforeGrant => ContractError::VersionNotGranted,
                R::NotPatient => ContractError::NotPatient,
                _ => return None,
            })
        })
    }
}

fn list(done: usize, failures: &[MemberError]) -> String {
    match failures {
        [] if done > 0 => "no other vault is in the settings".to_owned(),
        [] => "none is configured".to_owned(),
        failures => failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

/// The vaults that did not do what was asked, though enough others did.
pub type VaultFailures = Vec<MemberError>;

impl Session<'_> {
    /// Asks a vault who it is, once a session. It must follow this session's contract, and be the
    /// vault that was there before.
    pub(crate) fn vault_card<'m>(&self, member: &'m Member) -> Result<&'m VaultCard, MemberError> {
        if let Some(card) = member.card.get() {
            return Ok(card);
        }
        let card = self.fitting_card(member)?;
        let key = member.memory_key(&card);
        let mut known = self.profile.vaults()?;
        match known.get(&key) {
            Some(known) if *known != card.vault => {
                let (name, known, found) = (member.name.clone(), *known, card.vault);
                return Err(MemberError::OtherVault { name, known, found });
            }
            Some(_) => {}
            None => {
                known.insert(key, card.vault);
                self.profile.remember_vaults(&known)?;
            }
        }
        Ok(member.card.get_or_init(|| card))
    }

    /// The account of a vault, as it says now or as the profile remembers it.
    pub(crate) fn remembered_account(&self, member: &Member) -> Option<StandardPrincipal> {
        if let Some(card) = member.card.get() {
            return Some(card.vault);
        }
        let remembered = self.remembered_vaults().ok()?;
        remembered.into_iter().find(|(name, _)| name == member.name()).map(|(_, account)| account)
    }

    /// Every vault that the profile has worked with on this session's contract, by its name.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn remembered_vaults(&self) -> Result<Vec<(String, StandardPrincipal)>, ProfileError> {
        let suffix = memory_suffix(self.contract, self.ledger.network().chain_id);
        let known = self.profile.vaults()?.into_iter();
        Ok(known
            .filter_map(|(key, account)| Some((key.strip_suffix(&suffix)?.to_owned(), account)))
            .collect())
    }

    /// Asks a vault who it is. It must follow this session's contract.
    pub(crate) fn fitting_card(&self, member: &Member) -> Result<VaultCard, MemberError> {
        let name = || member.name.clone();
        let card =
            member.vault.card().map_err(|source| MemberError::Vault { name: name(), source })?;
        if card.contract != *self.contract
            || card.chain_id != self.ledger.network().chain_id.number()
        {
            let (contract, chain_id) = (card.contract.to_string(), card.chain_id);
            return Err(MemberError::OtherContract { name: name(), contract, chain_id });
        }
        Ok(card)
    }

    /// Does something with every vault, and fails unless enough of them did it. Returns the
    /// failures of the others.
    pub(crate) fn with_enough_vaults<'m, T>(
        &self,
        members: impl IntoIterator<Item = (&'m Member, T)>,
        mut one: impl FnMut(&'m Member, T) -> Result<(), MemberError>,
    ) -> Result<Vec<MemberError>, TooFewVaults> {
        let (mut done, mut failures) = (0, Vec::new());
        for (member, what) in members {
            match one(member, what) {
                Ok(()) => done += 1,
                Err(error) => failures.push(error),
            }
        }
        let needed = self.vaults.threshold().needed();
        if done < usize::from(needed) {
            return Err(TooFewVaults { done, needed, failures });
        }
        Ok(failures)
    }

    /// Contacts each vault before an entry is made: a vault that was restored from a backup takes
    /// no entry that is older than its first look at the chain. A vault that can't be reached is no
    /// error here.
    pub(crate) fn contact_vaults(&self) {
        for member in self.vaults.members() {
            let _ = self.vault_card(member);
        }
    }

    /// Signs a message and sends it to a vault. Returns its answer, and the digest of the message.
    pub(crate) fn send_to_vault<M: Message, T>(
        &self,
        actor: &Actor,
        member: &Member,
        message: M,
        rng: &mut dyn CryptoRng,
        hand_over: impl FnOnce(&dyn Vault, &Signed<M>) -> Result<T, VaultError>,
    ) -> Result<(T, [u8; 32]), MemberError> {
        let header = self.message_header(member, rng)?;
        let chain = self.ledger.network().chain_id;
        let (signed, digest) =
            Signed::sign_told(message, header, chain, actor.principal, &actor.key)?;
        let answer = hand_over(member.vault(), &signed)
            .map_err(|source| MemberError::Vault { name: member.name.clone(), source })?;
        Ok((answer, digest))
    }

    /// Checks that this vault signed the receipt, and about the message with this digest, and keeps
    /// it.
    pub(crate) fn check_receipt(
        &self,
        member: &Member,
        receipt: &VaultReceipt,
        digest: [u8; 32],
    ) -> Result<(), MemberError> {
        self.check_receipts(member, std::slice::from_ref(receipt), digest)
    }

    /// The same for all receipts about one message.
    pub(crate) fn check_receipts(
        &self,
        member: &Member,
        receipts: &[VaultReceipt],
        digest: [u8; 32],
    ) -> Result<(), MemberError> {
        receipts.iter().try_for_each(|receipt| self.must_hold(member, receipt, digest))?;
        Ok(self.profile.keep_receipts(receipts)?)
    }

    fn must_hold(
        &self,
        member: &Member,
        receipt: &VaultReceipt,
        digest: [u8; 32],
    ) -> Result<(), MemberError> {
        let card = self.vault_card(member)?;
        let is_theirs = receipt.vault == card.vault && receipt.contract == card.contract;
        let is_about = receipt.line.request.0 == digest && receipt.line.reason.is_none();
        let chain = self.ledger.network().chain_id;
        if !is_theirs || !is_about || receipt.verify(chain).is_err() {
            return Err(MemberError::Receipt { name: member.name.clone() });
        }
        Ok(())
    }

    /// What the header of a message to a vault says.
    pub(crate) fn message_header(
        &self,
        member: &Member,
        rng: &mut dyn CryptoRng,
    ) -> Result<Header, MemberError> {
        Ok(Header {
            vault: self.vault_card(member)?.vault,
            contract: self.contract.clone(),
            time: (self.vaults.clock)().seconds(),
            nonce: Nonce::generate(rng),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaults_that_have_no_share_are_told_from_vaults_that_are_away() {
        let vault = |source| MemberError::Vault { name: "one".to_owned(), source };
        let says = |reason: RefusalReason| vault(VaultError::Refused(reason.into()));
        let none = || says(RefusalReason::NoShare);
        let away = || vault(VaultError::Unreachable { reason: "refused".to_owned() });
        let lacks = |done, needed, failures| {
            let refused = TooFewVaults { done, needed, failures };
            (refused.lacks_shares(), refused.refusal())
        };
        assert_eq!(lacks(0, 1, vec![none()]), (true, None));
        assert_eq!(lacks(1, 2, vec![none()]), (true, None));
        assert_eq!(lacks(0, 2, vec![none(), none(), away()]), (true, None), "it is not enough");
        assert_eq!(lacks(0, 1, vec![none(), away()]), (false, None), "it may have one");
        assert_eq!(lacks(0, 1, vec![away()]), (false, None));
        assert_eq!(lacks(0, 1, vec![]), (false, None), "none is configured");
        let revoked = says(RefusalReason::Revoked);
        let because = Some(ContractError::GrantRevoked);
        assert_eq!(lacks(0, 2, vec![none(), revoked]), (false, because), "that is the cause");
    }
}
