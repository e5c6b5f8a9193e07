//! Takes an invitation that was checked and accepted: settings, the accounts of the vaults, the inviter among one's people.

use mrms_app::Actor;
use mrms_app::profile::received::PersonName;
use mrms_app::session::vaults::remember_account;
use mrms_core::Principal;
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, CardNews, FieldText, Person, ServiceUrl, SignedDocument};

use super::check::Checked;
use super::error::JoinError;
use super::kept::Kept;
use super::settings_file::SettingsFile;
use crate::clock::{now, rng};
use crate::error::HomeError;
use crate::home::Home;
use crate::keys::no_key;
use crate::settings::{HomeSettings, RemoteSettings, VaultSettings};
use mrms_stacks::client::PlainHttp;

impl Home {
    /// The settings of this home after it has taken an invitation, as its settings file will say them.
    #[must_use]
    pub fn settings_with(&self, checked: &Checked) -> HomeSettings {
        let invitation = checked.invitation.document();
        let before = self.settings().clone();
        let sponsor = invitation.sponsor.as_ref();
        let url = sponsor.map(|sponsor| sponsor.url.to_string());
        let brought = sponsor.and_then(|one| one.voucher.as_ref()?.expose().parse().ok());
        let is_the_same = before.remote.sponsor == url;
        let kept = before.remote.sponsor_voucher.clone().filter(|_| is_the_same);
        let plain_http = |before: PlainHttp| match checked.plain_http {
            PlainHttp::Anywhere => PlainHttp::Anywhere,
            PlainHttp::LoopbackOnly => before,
        };
        HomeSettings {
            ledger: Some(invitation.node.to_string()),
            remote: RemoteSettings {
                plain_http: plain_http(before.remote.plain_http),
                api_key: None,
                witnesses: Vec::new(),
                ending: false,
                sponsor: url,
                sponsor_voucher: brought.or(kept),
                ..before.remote
            },
            vaults: VaultSettings {
                urls: invitation.vaults.iter().map(|vault| vault.url.to_string()).collect(),
                threshold: invitation.threshold,
                plain_http: plain_http(before.vaults.plain_http),
            },
            contract: Some(invitation.contract.clone()),
            ..before
        }
    }

    /// Takes an invitation: writes the settings, remembers the account of each vault for every profile of this home, and
    /// keeps the invitation. `from` is the address where it was found, if it was found at one; `left_records` stay on the
    /// home's own ledger.
    ///
    /// What was written before an interruption is written again when it is repeated.
    ///
    /// # Errors
    ///
    /// [`JoinError::SettingsFile`], [`JoinError::Home`].
    pub fn take_invitation(
        &self,
        checked: &Checked,
        from: Option<&ServiceUrl>,
        left_records: u64,
    ) -> Result<(), JoinError> {
        let mut file = SettingsFile::open(self.folder())?;
        let invitation = checked.invitation.document();
        file.join(invitation, checked.plain_http == PlainHttp::Anywhere);
        // The accounts first: whoever reads the settings already works with vaults that are known.
        for profile in self.folder().profiles()? {
            let profile = self.folder().profile(&profile);
            for vault in &invitation.vaults {
                let (name, contract) = (vault.url.as_str(), &invitation.contract);
                remember_account(&profile, name, contract, invitation.chain_id, vault.account)
                    .map_err(HomeError::from)?;
            }
        }
        file.save()?;
        // Whoever joins another one later still has those on the home's own ledger.
        let before = Kept::load(self.folder()).ok().flatten().map_or(0, |kept| kept.left_records);
        let left = left_records.max(before);
        Kept::of(&checked.invitation, from, now().seconds(), left).save(self.folder())?;
        Ok(())
    }

    /// Remembers the vaults of the invitation that this home took for a profile that was made later. Does nothing in a
    /// home that joined nobody.
    ///
    /// # Errors
    ///
    /// [`JoinError`].
    pub fn remember_joined_vaults(&self) -> Result<(), JoinError> {
        let Some(kept) = Kept::load(self.folder())? else { return Ok(()) };
        let taken = kept.taken()?;
        let invitation = taken.document();
        let profile = self.folder().profile(self.profile());
        for vault in &invitation.vaults {
            let (name, contract) = (vault.url.as_str(), &invitation.contract);
            remember_account(&profile, name, contract, invitation.chain_id, vault.account)
                .map_err(HomeError::from)?;
        }
        Ok(())
    }

    /// Remembers what a profile's person calls themselves for those with whom they share. It is sent with what they share.
    ///
    /// # Errors
    ///
    /// [`HomeError::Profile`], [`HomeError::NoKey`].
    pub fn call_me(&self, actor: &Actor, name: PersonName) -> Result<(), HomeError> {
        let root = actor.keyring.record_root().map_err(no_key)?;
        Ok(self.folder().profile(self.profile()).call_me(&root, name, &mut rng())?)
    }

    /// What a profile's person calls themselves for those with whom they share; `None` until they said so.
    ///
    /// # Errors
    ///
    /// [`HomeError::Profile`], [`HomeError::NoKey`].
    pub fn called(&self, actor: &Actor) -> Result<Option<PersonName>, HomeError> {
        let root = actor.keyring.record_root().map_err(no_key)?;
        Ok(self.folder().profile(self.profile()).called(&root)?)
    }

    /// Adds who invited to the people of a profile, by a name of the person's own or the name that was accepted with the
    /// invitation. A name that the person gave before stays. Returns how they are shown from now on.
    ///
    /// # Errors
    ///
    /// [`HomeError::Profile`], [`HomeError::NoKey`].
    pub fn add_inviter(
        &self,
        actor: &Actor,
        card: &SignedDocument<Card>,
        own_name: Option<FieldText<MOST_NAME>>,
    ) -> Result<String, HomeError> {
        let root = actor.keyring.record_root().map_err(no_key)?;
        let profile = self.folder().profile(self.profile());
        let principal = Principal::from(card.document().principal);
        if card.document().principal.hash160() == actor.principal.hash160() {
            // Nobody is among their own people.
            return Ok("you".to_owned());
        }
        let shown = profile.change_people(&root, &mut rng(), |people| {
            let known = people.get(&principal).cloned();
            let kept = known.as_ref().and_then(|known| known.card.clone());
            let card_text = match people.news(card) {
                CardNews::First | CardNews::Newer { .. } => Some(card.to_text()),
                CardNews::Same | CardNews::Older { .. } | CardNews::Contradicts { .. } => kept,
            };
            let kept_name = known.as_ref().and_then(|known| known.own_name.clone());
            people.set(Person {
                principal: principal.clone(),
                own_name: own_name.or(kept_name).or_else(|| Some(card.document().name.clone())),
                card: card_text,
                added: known.map_or_else(|| now().seconds(), |known| known.added),
            });
            people.shown(&principal)
        })?;
        Ok(shown)
    }
}
