//! Makes an invitation from the settings of a home: how others reach what it works with, or what it serves itself.

use std::path::Path;

use mrms_app::ledger::Ledger;
use mrms_app::{Actor, Session};
use mrms_core::{StandardPrincipal, UnixTime};
use mrms_people::{
    Card, Invitation, InvitedSponsor, InvitedVault, ServiceUrl, SignedDocument, VoucherText,
};
use rand_core::Rng;
use zeroize::Zeroizing;

use super::check::genesis_bytes;
use super::error::JoinError;
use crate::clock::{now, rng};
use crate::error::{HomeError, file_error};
use crate::home::Home;
use crate::vault::own::VaultFolder;

/// The file with the serial of the invitation that was made last.
const SERIAL: &str = "invitation-serial";

/// By which addresses others reach the services of this home, where a proxy or a person gave them other ones than those
/// on which they listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnAddresses {
    /// The node.
    pub node: Option<ServiceUrl>,
    /// The vault.
    pub vault: Option<ServiceUrl>,
    /// The sponsor.
    pub sponsor: Option<ServiceUrl>,
}

/// What an invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The node.
    pub node: ServiceUrl,
    /// The vaults, in the order of their shares.
    pub vaults: Vec<InvitedVault>,
    /// How many of them are needed.
    pub threshold: u8,
    /// Who pays fees.
    pub sponsor: Option<ServiceUrl>,
}

impl Offer {
    /// Whether any of the addresses leads to this machine alone, where others can't follow.
    #[must_use]
    pub fn is_near(&self) -> bool {
        let vaults = self.vaults.iter().map(|vault| &vault.url);
        let mut all = std::iter::once(&self.node).chain(vaults).chain(&self.sponsor);
        all.any(ServiceUrl::is_this_machine)
    }

    /// A new voucher for whoever takes an invitation with this offer; `None` where it names no sponsor, or where this home's
    /// sponsor takes none: `list` has those that it takes.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn voucher(&self, list: Option<&Path>) -> Result<Option<VoucherText>, HomeError> {
        list.filter(|_| self.sponsor.is_some()).map(new_voucher).transpose()
    }
}

/// The hash of a ledger's first block.
///
/// # Errors
///
/// [`JoinError::NoGenesis`].
pub fn genesis_of(ledger: &dyn Ledger) -> Result<[u8; 32], JoinError> {
    ledger.genesis().as_deref().and_then(genesis_bytes).ok_or(JoinError::NoGenesis)
}

fn address(text: &str) -> Result<ServiceUrl, JoinError> {
    text.parse().map_err(|source| JoinError::Address { address: text.to_owned(), source })
}

impl Home {
    /// What this home can offer to others: what its settings name, or what it serves itself.
    ///
    /// # Errors
    ///
    /// [`JoinError::NoNode`], [`JoinError::NoVault`], [`JoinError::VaultUnknown`], [`JoinError::Address`].
    pub fn offer(&self, session: &Session<'_>, own: &OwnAddresses) -> Result<Offer, JoinError> {
        let settings = self.settings();
        let node = match (&own.node, &settings.ledger, self.folder().node()) {
            (Some(url), _, _) => url.clone(),
            (None, Some(url), _) => address(url)?,
            (None, None, Some(served)) => address(&served.url)?,
            (None, None, None) => return Err(JoinError::NoNode),
        };
        let vaults = match settings.vaults.urls.is_empty() {
            true => vec![self.own_vault(session, own)?],
            false => named_vaults(session)?,
        };
        let threshold = if vaults.len() == 1 { 1 } else { settings.vaults.threshold };
        let sponsor = match (&own.sponsor, &settings.remote.sponsor) {
            (Some(url), _) => Some(url.clone()),
            (None, Some(url)) => Some(address(url)?),
            (None, None) => None,
        };
        Ok(Offer { node, vaults, threshold, sponsor })
    }

    /// The vault of this home, as others reach it.
    fn own_vault(
        &self,
        session: &Session<'_>,
        own: &OwnAddresses,
    ) -> Result<InvitedVault, JoinError> {
        let url = match (&own.vault, self.folder().vault_server()) {
            (Some(url), _) => url.clone(),
            (None, Some(served)) => address(&served.url)?,
            (None, None) => return Err(JoinError::NoVault),
        };
        let account = self.own_vault_account(session)?;
        Ok(InvitedVault { url, account })
    }

    /// The account of the vault of this home, which is made if it has none yet.
    ///
    /// # Errors
    ///
    /// [`HomeError::VaultMissing`], [`HomeError::VaultKeyDamaged`], [`HomeError::File`].
    pub fn own_vault_account(&self, session: &Session<'_>) -> Result<StandardPrincipal, HomeError> {
        let network = session.ledger.network();
        let folder = VaultFolder::on(self.folder(), network, session.contract);
        Ok(folder.key()?.address(network.version))
    }

    /// Makes an invitation. Its serial is above those of all that this home made before.
    ///
    /// # Errors
    ///
    /// [`JoinError::NoGenesis`], [`JoinError::Document`], [`JoinError::Home`].
    pub fn invitation(
        &self,
        session: &Session<'_>,
        actor: &Actor,
        card: SignedDocument<Card>,
        offer: Offer,
        voucher: Option<VoucherText>,
        lasts: u64,
    ) -> Result<SignedDocument<Invitation>, JoinError> {
        let now = now();
        let last: Option<u64> = self.folder().read_line(SERIAL)?;
        // Also above those of a time when this machine's clock was ahead.
        let serial = now.seconds().max(last.unwrap_or_default().saturating_add(1));
        let sponsor = offer.sponsor.map(|url| InvitedSponsor { url, voucher });
        let invitation = Invitation {
            inviter: card,
            node: offer.node,
            chain_id: session.ledger.network().chain_id,
            genesis: genesis_of(session.ledger)?,
            contract: session.contract.clone(),
            vaults: offer.vaults,
            threshold: offer.threshold,
            sponsor,
            issued: now,
            valid_until: UnixTime::from_seconds(now.seconds().saturating_add(lasts)),
            serial,
        };
        // Read as those who get it read it: what they would refuse is not handed out.
        let signed = SignedDocument::sign(invitation, &actor.key)?;
        let read = SignedDocument::from_bytes(&signed.to_bytes())?;
        self.folder().write_line(SERIAL, &serial)?;
        Ok(read)
    }
}

/// The vaults of the settings with their accounts, as they answer now or as they are known.
fn named_vaults(session: &Session<'_>) -> Result<Vec<InvitedVault>, JoinError> {
    let known = session.remembered_vaults().map_err(HomeError::from)?;
    let mut vaults = Vec::new();
    for (name, card) in session.vault_cards() {
        let remembered = known.iter().find(|(known, _)| known == name);
        let account = match (card, remembered) {
            (Ok(card), _) => card.vault,
            (Err(_), Some((_, account))) => *account,
            (Err(_), None) => return Err(JoinError::VaultUnknown { vault: name.to_owned() }),
        };
        vaults.push(InvitedVault { url: address(name)?, account });
    }
    Ok(vaults)
}

/// Makes a voucher and adds it to the list of those that this home's sponsor takes.
fn new_voucher(list: &Path) -> Result<VoucherText, HomeError> {
    let mut bytes = Zeroizing::new([0; 16]);
    rng().fill_bytes(bytes.as_mut_slice());
    let text = Zeroizing::new(hex::encode(bytes.as_slice()));
    let Some(voucher) = VoucherText::new(&text) else { unreachable!("32 digits are a voucher") };
    let line = Zeroizing::new(format!("{}\n", voucher.expose()));
    mrms_files::append(list, line.as_bytes()).map_err(file_error("write", list))?;
    Ok(voucher)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(node: &str, sponsor: Option<&str>) -> Offer {
        let account = StandardPrincipal::new(26, [7; 20]).unwrap();
        let url = "https://vault.example".parse().unwrap();
        Offer {
            node: node.parse().unwrap(),
            vaults: vec![InvitedVault { url, account }],
            threshold: 1,
            sponsor: sponsor.map(|url| url.parse().unwrap()),
        }
    }

    #[test]
    fn any_address_of_this_machine_makes_an_offer_one_that_others_cannot_follow() {
        let far = "https://node.example";
        assert!(!offer(far, None).is_near());
        assert!(!offer(far, Some("https://pays.example")).is_near());
        assert!(offer("http://127.0.0.1:20443", None).is_near());
        assert!(offer(far, Some("http://localhost:20446")).is_near());
    }

    #[test]
    fn voucher_is_made_where_a_sponsor_of_the_offer_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("vouchers.txt");
        let far = "https://node.example";
        assert!(offer(far, None).voucher(Some(&list)).unwrap().is_none());
        assert!(!list.exists(), "nobody would ask for it");
        let pays = offer(far, Some("https://pays.example"));
        assert!(pays.voucher(None).unwrap().is_none());
        let [one, other] = [0, 1].map(|_| pays.voucher(Some(&list)).unwrap().unwrap());
        let written = std::fs::read_to_string(&list).unwrap();
        assert_eq!(written, format!("{}\n{}\n", one.expose(), other.expose()));
    }
}
