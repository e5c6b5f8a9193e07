//! The settings of a home that serves a clinic's node, vault and sponsor, and what it publishes of them.

use core::net::SocketAddr;

use mrms_app::session::vaults::remember_account;
use mrms_app::{Actor, Session};
use mrms_core::ChainId;
use mrms_people::{Card, Invitation, InvitedVault, ServiceUrl, SignedDocument};
use mrms_stacks::client::PlainHttp;
use mrms_vault::Vault as _;

use super::error::JoinError;
use super::making::Offer;
use super::published::{publish, published};
use super::settings_file::SettingsFile;
use crate::clock::now;
use crate::error::{HomeError, file_error};
use crate::folder::ProfileName;
use crate::home::Home;
use crate::vault::configured::vault_at;

/// The list of vouchers that the sponsor takes, in the home folder.
const VOUCHERS: &str = "vouchers.txt";
/// How long a published invitation is good, in seconds: a year.
const PUBLISHED_FOR: u64 = 365 * 86_400;
/// A published invitation that ends sooner than this is made anew, in seconds: three months.
const RENEWED_BEFORE: u64 = 90 * 86_400;

/// Where the services of a clinic listen, and how others reach them.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where the node listens.
    pub node_listen: SocketAddr,
    /// Where the vault listens.
    pub vault_listen: SocketAddr,
    /// Where the sponsor listens.
    pub sponsor_listen: SocketAddr,
    /// How others reach the node.
    pub node: ServiceUrl,
    /// How others reach the vault.
    pub vault: ServiceUrl,
    /// How others reach the sponsor.
    pub sponsor: ServiceUrl,
}

/// A clinic that is set up.
#[derive(Clone, Debug)]
pub struct ClinicPlan {
    /// Where its services are.
    pub places: Places,
    /// The profile that pays fees.
    pub sponsor_profile: ProfileName,
    /// Whether the sponsor pays for whoever reaches it, vouchers or not; `None` leaves it as it is.
    pub anyone: Option<bool>,
    /// All its vaults, its own first.
    pub vaults: Vec<InvitedVault>,
    /// How many of them are needed.
    pub threshold: u8,
}

impl ClinicPlan {
    /// What the clinic offers to others.
    #[must_use]
    pub fn offer(&self) -> Offer {
        Offer {
            node: self.places.node.clone(),
            vaults: self.vaults.clone(),
            threshold: self.threshold,
            sponsor: Some(self.places.sponsor.clone()),
        }
    }
}

impl Home {
    /// Fails unless a vault of somebody else answers as the account that is named, and follows this contract.
    ///
    /// # Errors
    ///
    /// [`JoinError::VaultUnknown`] when it does not answer, [`JoinError::OtherVault`], [`JoinError::VaultElsewhere`].
    pub fn must_be_vault(
        &self,
        session: &Session<'_>,
        named: &InvitedVault,
        plain_http: PlainHttp,
    ) -> Result<(), JoinError> {
        let url = &named.url;
        let unknown = |_| JoinError::VaultUnknown { vault: url.to_string() };
        let card = vault_at(url.as_str(), plain_http)?.card().map_err(unknown)?;
        let expected = named.account;
        if card.vault != expected {
            return Err(JoinError::OtherVault { url: url.clone(), expected, found: card.vault });
        }
        let chain = ChainId::new(card.chain_id);
        if card.contract != *session.contract || chain != session.ledger.network().chain_id {
            let contract = card.contract.to_string();
            return Err(JoinError::VaultElsewhere { url: url.clone(), contract, chain });
        }
        Ok(())
    }

    /// Writes the settings of a clinic, and an empty list of vouchers where there is none. Repeated, it changes what is
    /// different now.
    ///
    /// # Errors
    ///
    /// [`JoinError::SettingsFile`], [`JoinError::Home`].
    pub fn write_clinic(&self, session: &Session<'_>, plan: &ClinicPlan) -> Result<(), JoinError> {
        let list = self.folder().root().join(VOUCHERS);
        match mrms_files::write_new(&list, b"") {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(file_error("write", &list)(error).into());
            }
            _ => {}
        }
        let mut file = SettingsFile::open(self.folder())?;
        let places = &plan.places;
        for (key, listen) in
            [("node_listen", places.node_listen), ("vault_listen", places.vault_listen)]
        {
            file.set("serve", key, listen.to_string());
        }
        let urls = [&places.node, &places.vault, &places.sponsor];
        for (key, url) in ["node_url", "vault_url", "sponsor_url"].into_iter().zip(urls) {
            file.set("serve", key, url.as_str());
        }
        file.answer_to(&urls);
        file.set("sponsor", "profile", plan.sponsor_profile.as_str());
        file.set("sponsor", "listen", places.sponsor_listen.to_string());
        if file.text("sponsor", "vouchers").is_none() {
            file.set("sponsor", "vouchers", VOUCHERS);
        }
        if let Some(anyone) = plan.anyone {
            file.set("sponsor", "anyone", anyone);
        }
        // Alone, the vault of this home is found without an address, also while it is not served.
        if plan.vaults.len() > 1 {
            file.set_list("vault", "urls", plan.vaults.iter().map(|vault| vault.url.as_str()));
            file.set("vault", "threshold", i64::from(plan.threshold));
            let chain = session.ledger.network().chain_id;
            for profile in self.folder().profiles()? {
                let profile = self.folder().profile(&profile);
                for vault in &plan.vaults {
                    let name = vault.url.as_str();
                    remember_account(&profile, name, session.contract, chain, vault.account)
                        .map_err(HomeError::from)?;
                }
            }
        }
        file.save()
    }

    /// Publishes an invitation with this offer, unless the one that is published says the same and is good for long.
    /// Returns the one that is published now, and whether it is new.
    ///
    /// # Errors
    ///
    /// As [`Self::invitation`].
    pub fn publish_offer(
        &self,
        session: &Session<'_>,
        actor: &Actor,
        card: &SignedDocument<Card>,
        offer: &Offer,
    ) -> Result<(SignedDocument<Invitation>, bool), JoinError> {
        if let Some(before) = published(self.folder())? {
            let said = before.document();
            let sponsor = said.sponsor.as_ref().map(|sponsor| sponsor.url.clone());
            let is_same = said.inviter == *card
                && said.node == offer.node
                && said.vaults == offer.vaults
                && said.threshold == offer.threshold
                && sponsor == offer.sponsor
                && said.contract == *session.contract;
            let lasts = said.valid_until.seconds().saturating_sub(now().seconds());
            if is_same && lasts > RENEWED_BEFORE {
                return Ok((before, false));
            }
        }
        let (card, offer) = (card.clone(), offer.clone());
        let made = self.invitation(session, actor, card, offer, None, PUBLISHED_FOR)?;
        publish(self.folder(), &made)?;
        Ok((made, true))
    }
}
