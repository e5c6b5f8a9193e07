//! The files in a child's profile: the one that makes it a ward's, and the voucher with which its fees are paid. Whether
//! they would be is asked before anything is made.

use std::io;
use std::time::Duration;

use mrms_app::Actor;
use mrms_app::ledger::LedgerError;
use mrms_core::{Principal, StandardPrincipal};
use mrms_crypto::HybridRecipient;
use mrms_stacks::client::{ClientSettings, SponsorClient, Voucher, VoucherState};
use rand_core::Rng as _;
use zeroize::Zeroizing;

use crate::clock::{now, rng};
use crate::error::{HomeError, file_error};
use crate::home::Home;
use crate::open::OpenHome;
use crate::wards::{Ward, WardTerms};

const FILE: &str = "ward.json";
const VOUCHER: &str = "ward-voucher";

impl Home {
    /// Notes that the profile of this home is a ward's.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn note_ward(&self, terms: &WardTerms) -> Result<(), HomeError> {
        let path = self.folder().profile(self.profile()).path().join(FILE);
        // Plain fields: nothing here can fail to serialize.
        let bytes = serde_json::to_vec_pretty(terms).unwrap_or_default();
        mrms_files::write_whole(&path, &bytes).map_err(file_error("write", &path))
    }

    /// Keeps the voucher of a ward's own invitation: the sponsor wants to see it again.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn keep_ward_voucher(&self, voucher: &str) -> Result<(), HomeError> {
        let path = self.folder().profile(self.profile()).path().join(VOUCHER);
        mrms_files::write_whole(&path, voucher.as_bytes()).map_err(file_error("write", &path))
    }

    /// The voucher that was kept for the ward of this profile.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn ward_voucher(&self) -> Result<Option<Voucher>, HomeError> {
        let path = self.folder().profile(self.profile()).path().join(VOUCHER);
        match std::fs::read_to_string(&path).map(Zeroizing::new) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => Ok(text.map_err(file_error("read", &path))?.trim().parse().ok()),
        }
    }

    /// Keeps the voucher of the settings for the ward of this profile, who has none yet, where the sponsor takes it for their
    /// account. Whoever acts for them later shows it without being told of it again.
    ///
    /// # Errors
    ///
    /// As [`Self::pays_for`] and [`Self::keep_ward_voucher`].
    pub fn keep_settings_voucher(&self, account: &StandardPrincipal) -> Result<(), HomeError> {
        match &self.settings().remote.sponsor_voucher {
            Some(voucher) if self.ward_voucher()?.is_none() && self.pays_for(account)? => {
                self.keep_ward_voucher(voucher.expose())
            }
            _ => Ok(()),
        }
    }

    /// The voucher that is shown to the sponsor: a ward's own, or else that of the settings.
    pub(crate) fn voucher(&self) -> Result<Option<Voucher>, HomeError> {
        Ok(self.ward_voucher()?.or_else(|| self.settings().remote.sponsor_voucher.clone()))
    }

    /// Whether the sponsor of this home's settings pays for an account that shows the voucher of this profile. Asking claims
    /// nothing. True where there is no sponsor, and where it does not tell.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`] if the sponsor can't be reached; [`HomeError::File`].
    pub fn pays_for(&self, account: &StandardPrincipal) -> Result<bool, HomeError> {
        let remote = &self.settings().remote;
        let (Some(_), Some(url)) = (&self.settings().ledger, &remote.sponsor) else {
            return Ok(true);
        };
        // Without one, show one that nobody has: an account that needs none is told so.
        let voucher = self.voucher()?.or_else(|| nobodys().parse().ok());
        let settings = ClientSettings {
            plain_http: remote.plain_http,
            timeout: Duration::from_secs(15),
            attempts: 2,
            ..ClientSettings::default()
        };
        let state = SponsorClient::new(url, settings, voucher)
            .and_then(|sponsor| sponsor.voucher_state(Some(account)))
            .map_err(|error| LedgerError::SponsorUnreachable { reason: error.to_string() })?;
        Ok(!matches!(state, Some(VoucherState::Taken | VoucherState::Unknown)))
    }

    /// Leaves names in the profile of a ward of this account: whom the ward's records are open to, and who looks after them.
    /// For others there is nothing to leave here, and what can't be left now is left the next time.
    pub fn leave_names(&self, open: &OpenHome, actor: &Actor, patient: &Principal) {
        let mut wards = self.wards().unwrap_or_default().into_iter();
        let is_it = |ward: &Ward| {
            Principal::from(ward.principal) == *patient && ward.terms.guardian == actor.principal()
        };
        let Some(ward) = wards.find(is_it) else { return };
        let (session, now) = (open.session(), now());
        let profile = self.folder().profile(&ward.profile);
        let _ = session.names_to_leave(actor, patient, now).and_then(|people| {
            session.leave_people(actor, (ward.principal, &profile), &people, now, &mut rng())
        });
    }

    /// Takes the key of a ward of this account as known, where it is the published one: it was made in this home, so that
    /// nobody has to compare it. What can't be done now is asked about.
    pub fn know_ward(&self, open: &OpenHome, actor: &Actor, patient: &Principal) {
        let is_it = |ward: &Ward| {
            Principal::from(ward.principal) == *patient && ward.terms.guardian == actor.principal()
        };
        let Some(ward) = self.wards().unwrap_or_default().into_iter().find(is_it) else { return };
        let Ok(card) = self.folder().card(&ward.profile) else { return };
        let Ok(made_here) = card.recipient.parse::<HybridRecipient>() else { return };
        let session = open.session();
        if let Ok(Some(new)) = session.new_recipient(actor, patient)
            && new.fingerprint == made_here.fingerprint()
        {
            let _ = session.trust_new(new);
        }
    }

    /// The wards with a profile in this home.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::CardDamaged`]; [`HomeError::Damaged`] where a ward's file is.
    pub fn wards(&self) -> Result<Vec<Ward>, HomeError> {
        let mut wards = Vec::new();
        for profile in self.folder().profiles()? {
            let path = self.folder().profile(&profile).path().join(FILE);
            let bytes = match std::fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                bytes => bytes.map_err(file_error("read", &path))?,
            };
            let terms = serde_json::from_slice(&bytes)
                .map_err(|error| HomeError::Damaged { path, reason: error.to_string() })?;
            let principal = self.folder().card(&profile)?.principal;
            wards.push(Ward { profile, principal, terms });
        }
        Ok(wards)
    }
}

fn nobodys() -> String {
    let mut bytes = [0; 16];
    rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}
