//! An open home: ledger, vaults, contract and profile, ready for the use cases of `mrms-app`.
//!
//! Opening a home also finishes what an interrupted command had begun.

use std::sync::Arc;

use mrms_app::contacts::AtOnce;
use mrms_app::ledger::LedgerError;
use mrms_app::profile::chains::KnownChain;
use mrms_app::profile::{ProfileError, ProfileFolder};
use mrms_app::sending::outcome::{Ending, Resumed};
use mrms_app::session::ciphertexts::Ciphertexts;
use mrms_app::session::vaults::{Member, Vaults};
use mrms_app::session::{AskError, Sending, SignOnly};
use mrms_app::{Actor, Session};
use mrms_core::{ContractId, Principal, StandardPrincipal, TxId};
use mrms_store::{BlobId, BlobStore, DiscardingStore, FileStore};
use mrms_vault::Vault;

use crate::breaks::{Break, HeadError};
use crate::error::HomeError;
use crate::face::{Face, Notice};
use crate::folder::HomeFolder;
use crate::heads::{Look, LookedAt};
use crate::home::Home;
use crate::joining::{answers, updates};
use crate::ledger::HomeLedger;
use crate::ledger::lineage::SeenBlock;
use crate::vault::bringing::{Follows, OwnCiphertext, ServedCiphertext, WithoutVault};
use crate::vault::configured;
use crate::vault::own::{OwnVault, VaultFolder};
use crate::vault::replicas::Copies;
use crate::wards::Ward;
use crate::withheld::{Withheld, newest_act, withheld};

/// An open home.
pub struct OpenHome {
    ledger: HomeLedger,
    blobs: Box<dyn Ciphertexts>,
    copies: Option<Copies>,
    vaults: Vaults,
    own_vault: Option<Arc<OwnVault>>,
    contract: ContractId,
    folder: HomeFolder,
    profile: ProfileFolder,
    sending: Sending,
    /// The ledger as it was when the home was opened.
    look: Look,
    /// What earlier commands had begun and this opening looked at.
    resumed: Vec<Resumed>,
    /// What a ledger elsewhere does not show of this profile's own transactions.
    withheld: Option<Withheld>,
    /// What the patient had to be told at once, where the ledger could be asked.
    told: Option<AtOnce>,
    face: Arc<dyn Face>,
}

impl std::fmt::Debug for OpenHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenHome")
            .field("ledger", &self.ledger)
            .field("contract", &self.contract)
            .finish_non_exhaustive()
    }
}

impl Drop for OpenHome {
    /// Remembers the newest block, which this command may have made. What can't be remembered now is not compared later.
    fn drop(&mut self) {
        let (Look { at: Some(at), broken: None }, false) =
            (&self.look, self.sending == Sending::DryRun)
        else {
            return;
        };
        let ledger = self.ledger.at_a_glance();
        let _ = ledger.map(|ledger| at.remember(&ledger, &self.folder, &self.profile));
    }
}

/// The vaults and stores that keep shares and ciphertext.
struct Keeping {
    vaults: Vaults,
    /// The home's own vault, if this process opens it.
    own_vault: Option<Arc<OwnVault>>,
    /// Where ciphertext lies and goes.
    blobs: Box<dyn Ciphertexts>,
    /// The ciphertext with the vaults of the settings.
    copies: Option<Copies>,
}

impl Keeping {
    fn of(home: &Home, ledger: &HomeLedger, contract: &ContractId) -> Result<Self, HomeError> {
        let (folder, settings) = (home.folder(), home.settings());
        let chain = ledger.port().network().chain_id;
        if !settings.vaults.urls.is_empty() {
            let files = FileStore::open_folder(&folder.outgoing())?;
            let (vaults, copies) =
                configured::vaults_of(&settings.vaults, &files, contract, chain)?;
            let blobs = Box::new(copies.clone());
            return Ok(Self { vaults, own_vault: None, blobs, copies: Some(copies) });
        }
        let guardian = VaultFolder::on(folder, ledger.port().network(), contract);
        match guardian.must_be_itself() {
            Ok(()) => {}
            Err(HomeError::VaultMissing { folder: gone }) => {
                // What needs no vault still works. Nothing is made in the place of the one that is away.
                let files = FileStore::at(&folder.vault());
                let blobs = Box::new(WithoutVault::new(files.clone(), gone));
                let own_vault = OwnVault::new(
                    guardian,
                    ledger.shared(),
                    contract.clone(),
                    files,
                    settings.lock_wait,
                );
                let own_vault = Arc::new(own_vault);
                let vaults = configured::own_vault_alone(Box::new(Arc::clone(&own_vault)));
                return Ok(Self { vaults, own_vault: Some(own_vault), blobs, copies: None });
            }
            Err(error) => return Err(error),
        }
        let files = FileStore::open_folder(&folder.vault())?;
        let follows = Follows { contract: contract.clone(), chain };
        if let Some(card) = folder.vault_server() {
            let staging = FileStore::open_folder(&folder.outgoing())?;
            let plain_http = settings.vaults.plain_http;
            let (vaults, copies) =
                configured::own_vault_served(&card.url, plain_http, &staging, follows)?;
            let blobs = Box::new(ServedCiphertext::new(files, copies));
            return Ok(Self { vaults, own_vault: None, blobs, copies: None });
        }
        let own_vault = Arc::new(OwnVault::new(
            guardian,
            ledger.shared(),
            contract.clone(),
            files.clone(),
            settings.lock_wait,
        ));
        let vaults = configured::own_vault_alone(Box::new(Arc::clone(&own_vault)));
        let blobs = Box::new(OwnCiphertext::new(files, Arc::clone(&own_vault), follows));
        Ok(Self { vaults, own_vault: Some(own_vault), blobs, copies: None })
    }
}

impl Home {
    /// Opens the home, and finishes what earlier commands of this profile began.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoHome`], [`HomeError::NoContract`], [`HomeError::SponsorOutOfReach`], and those
    /// of files, ledger and vaults. If earlier work can't be finished now, the face gets a notice.
    pub fn open(&self) -> Result<OpenHome, HomeError> {
        OpenHome::open_for(self, self.contract()?)
    }
}

impl OpenHome {
    /// Opens a home with this contract, which need not be deployed yet: for making a home.
    ///
    /// # Errors
    ///
    /// As [`Home::open`].
    pub fn open_for(home: &Home, contract: ContractId) -> Result<Self, HomeError> {
        home.folder().must_be_of_known_format()?;
        let ledger = home.ledger()?;
        let Keeping { vaults, own_vault, blobs, copies } = Keeping::of(home, &ledger, &contract)?;
        let sending = home.settings().sending;
        let profile = home.folder().profile(home.profile());
        // The home's own ledger has been looked at when it was opened, by this process or by the node.
        let withheld = match &ledger {
            HomeLedger::Remote(remote) => {
                if let Some(act) = newest_act(remote, &profile) {
                    // If it can't be asked, the command says so itself.
                    let _ = remote.must_reach(act.block_height);
                }
                withheld(remote, &profile)
            }
            HomeLedger::Embedded(_) | HomeLedger::Served(..) => None,
        };
        let mut open = Self {
            ledger,
            vaults,
            own_vault,
            blobs: match sending {
                Sending::DryRun => Box::new(DiscardingStore),
                Sending::Send | Sending::SignOnly(_) => blobs,
            },
            copies,
            contract,
            folder: home.folder().clone(),
            profile,
            sending,
            look: Look::default(),
            resumed: Vec::new(),
            withheld,
            told: None,
            face: Arc::clone(home.face()),
        };
        open.must_reach_sponsor(home)?;
        open.look();
        open.put_back();
        open.take_up();
        open.look_for_own();
        open.told = open.tell_at_once(home);
        // This command goes to the network anyway.
        if open.sending == Sending::Send
            && matches!(open.ledger, HomeLedger::Remote(_))
            && let Some(inviter) = updates::notice(home.folder(), home.settings().remote.plain_http)
        {
            open.face.notice(&Notice::NewerInvitation { inviter: &inviter });
        }
        Ok(open)
    }

    /// Compares the ledger with what the profile saw of it, and tells what is wrong.
    fn look(&mut self) {
        match Look::at(&self.ledger, &self.folder, &self.profile) {
            Ok(mut look) => {
                look.broken = look.broken.or_else(|| self.other_chain());
                if matches!(self.ledger, HomeLedger::Remote(_)) {
                    answers::note(&self.folder);
                }
                if let Some(broken) = &look.broken {
                    self.face.notice(&Notice::LedgerBroken { broken });
                }
                self.look = look;
            }
            // The command will say by itself that the ledger can't be reached.
            Err(HeadError::Ledger(LedgerError::Unreachable { .. })) => {}
            Err(error) => self.face.notice(&Notice::LedgerNotCompared { error: &error }),
        }
    }

    /// Whether the ledger is another chain than the one on which this profile signed for the contract.
    fn other_chain(&self) -> Option<Break> {
        let known = self.profile.chains_of(&self.contract).ok().flatten()?;
        let is = self.session().chain();
        let was = KnownChain::contradicted(&known, &is)?.clone();
        Some(Break::OtherLedger { was, is })
    }

    /// How the ledger is not what this profile saw of it; `None` if it is.
    #[must_use]
    pub const fn ledger_break(&self) -> Option<&Break> {
        self.look.broken.as_ref()
    }

    /// The newest block when the home was opened, on a ledger that gives proofs.
    #[must_use]
    pub fn newest_block(&self) -> Option<&SeenBlock> {
        self.look.at.as_ref().map(LookedAt::newest)
    }

    /// From now on the profile goes by the ledger as it is, whatever it saw of it before.
    ///
    /// # Errors
    ///
    /// [`HomeError::Profile`].
    pub fn accept_ledger(&mut self) -> Result<(), HomeError> {
        self.look.accept(&self.ledger, &self.profile)?;
        Ok(self.profile.forget_chain(&self.contract)?)
    }

    /// Where the ledger does not show a block with a transaction of this profile: what stood in it and is in no other block is
    /// to be sent again.
    fn put_back(&self) {
        if self.withheld.is_none() {
            return;
        }
        match self.session().put_back_unsettled() {
            Ok(all) => all.iter().for_each(|what| self.face.notice(&Notice::PutBack { what })),
            Err(error) => self.face.notice(&Notice::CannotFinish { error: &error }),
        }
    }

    /// Tells what the ledger still does not show, after all that stands elsewhere was found there.
    fn look_for_own(&mut self) {
        if let (Some(_), HomeLedger::Remote(remote)) = (&self.withheld, &self.ledger) {
            self.withheld = withheld(remote, &self.profile);
        }
        if let Some(withheld) = &self.withheld {
            self.face.notice(&Notice::Withheld(withheld));
        }
    }

    /// Finishes what earlier commands began. If that can't be done now, the present command may still do
    /// its own work, such as reading from a full disk.
    fn take_up(&mut self) {
        // What can't even be listed, the command says by itself.
        for (_, error) in self.profile.unreadable_operations().unwrap_or_default() {
            self.face.notice(&Notice::Unreadable { error: &error });
        }
        match self.session().resume() {
            Ok(resumed) => {
                resumed.iter().for_each(|one| self.face.notice(&Notice::Finished(one)));
                self.resumed = resumed;
            }
            Err(error) => self.face.notice(&Notice::CannotFinish { error: &error }),
        }
    }

    /// Tells what a patient must know whatever they do now. A ledger that can't be asked is told by the command itself.
    fn tell_at_once(&self, home: &Home) -> Option<AtOnce> {
        let account = home.account().ok()?;
        let told = match self.session().at_once(&account.into()) {
            Ok(told) => told,
            Err(AskError::Ledger(error @ LedgerError::Disagreement { .. })) => {
                // Whether somebody asked to act for the patient is not known then.
                self.face.notice(&Notice::NodesDisagree { error: &error, ends: false });
                return None;
            }
            Err(_) => return None,
        };
        if let Some(handed_over) = &told.handed_over {
            let (to, when) = (&handed_over.to, told.handed_over_when);
            self.face.notice(&Notice::HandedOver { to, when, is_own: told.is_own_successor });
        }
        if let Some(to) = &told.offered_to {
            self.face.notice(&Notice::HandOverOffered { to });
        }
        if let (Some(offer), Ok(tip)) = (told.offered_elsewhere.last(), self.session().ledger.tip())
        {
            let when = tip.clock().time_of(offer.at);
            self.face.notice(&Notice::OfferedElsewhere { to: &offer.to, when });
        }
        told.asking.iter().for_each(|asking| self.face.notice(&Notice::ContactAsked(asking)));
        if told.handed_over.is_some() {
            return Some(told);
        }
        for (ward, days) in self.wards_growing_up(home, account) {
            let is_own = ward.principal.hash160() == account.hash160();
            self.face.notice(&Notice::GrowsUp { ward: &ward, is_own, days });
        }
        Some(told)
    }

    /// What the patient had to be told when the home was opened; `None` where the ledger could not be asked.
    #[must_use]
    pub const fn told(&self) -> Option<&AtOnce> {
        self.told.as_ref()
    }

    /// The wards of this account who grow up soon, and itself if it is one; each with the days that are left at most. What
    /// can't be read or asked now is told the next time. A ward who has handed over is none any more.
    #[must_use]
    pub fn wards_growing_up(&self, home: &Home, account: StandardPrincipal) -> Vec<(Ward, u64)> {
        let me = Principal::from(account);
        let mut wards = home.wards().unwrap_or_default();
        wards.retain(|ward| {
            ward.terms.guardian == me || ward.principal.hash160() == account.hash160()
        });
        let session = self.session();
        let (false, Ok(tip)) = (wards.is_empty(), session.ledger.tip()) else { return Vec::new() };
        let near = wards.into_iter().filter_map(|ward| {
            let days = ward.days_told(tip.burn_height)?;
            let handed_over = session.handed_over(&ward.principal.into());
            handed_over.is_ok_and(|it| it.is_none()).then_some((ward, days))
        });
        near.collect()
    }

    /// Fails if a sponsor is named and the ledger is open in this process, where no sponsor reaches it.
    fn must_reach_sponsor(&self, home: &Home) -> Result<(), HomeError> {
        match (&self.ledger, &home.settings().remote.sponsor) {
            (HomeLedger::Embedded(_), Some(_)) => Err(HomeError::SponsorOutOfReach),
            _ => Ok(()),
        }
    }

    /// The last transaction of an operation with this description that an earlier command had begun, and that was
    /// finished when this home was opened.
    #[must_use]
    pub fn finished(&self, description: &str) -> Option<TxId> {
        let is_it =
            |one: &&Resumed| one.description == description && one.ending == Ending::Finished;
        self.resumed.iter().rev().find(is_it)?.txids.last().copied()
    }

    /// From now on transactions are signed on these terms, and not sent. A dry run stays one.
    pub fn sign_only(&mut self, terms: SignOnly) {
        if self.sending == Sending::Send {
            self.sending = Sending::SignOnly(terms);
        }
    }

    /// The session, which has the use cases.
    #[must_use]
    pub fn session(&self) -> Session<'_> {
        Session {
            ledger: self.ledger.port(),
            contract: &self.contract,
            blobs: &*self.blobs,
            vaults: &self.vaults,
            profile: &self.profile,
            sending: self.sending,
            begins: &[],
        }
    }

    /// Fails if this reader can't reach the vaults that keep the shares.
    ///
    /// # Errors
    ///
    /// [`HomeError::VaultOutOfReach`] when the home's own vault keeps the shares and is not served, and
    /// the reader has no profile in this home.
    pub fn must_be_reached_by(&self, user: &Principal, home: &Home) -> Result<(), HomeError> {
        let is_alone = self.own_vault.is_some() && home.settings().ledger.is_some();
        if !is_alone || home.folder().has_profile_of(user)? {
            return Ok(());
        }
        Err(HomeError::VaultOutOfReach { user: user.clone() })
    }

    /// The vaults that the settings name no longer, and that may still have something: those that the profile worked with
    /// before, and the home's own vault of that time.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::Profile`].
    pub fn former_vaults(&self, home: &Home) -> Result<Vec<Member>, HomeError> {
        let is_present = |name: &str| self.vaults.members().iter().any(|one| one.name() == name);
        let plain_http = home.settings().vaults.plain_http;
        let mut former = Vec::new();
        let remembered = match self.session().remembered_vaults() {
            // Each vault that is asked says so.
            Err(ProfileError::Damaged { .. }) => Vec::new(),
            remembered => remembered?,
        };
        for (name, _) in remembered {
            // A name that is no address is the own vault's, which is looked for below.
            if !is_present(&name)
                && let Ok(vault) = configured::vault_at(&name, plain_http)
            {
                former.push(Member::new(name, Box::new(vault)));
            }
        }
        if !is_present(configured::OWN) {
            former.extend(self.former_own_vault(home)?);
        }
        Ok(former)
    }

    /// The home's own vault, if it has one that the settings do not use.
    fn former_own_vault(&self, home: &Home) -> Result<Option<Member>, HomeError> {
        let (folder, settings) = (home.folder(), home.settings());
        let network = self.ledger.port().network();
        let guardian = VaultFolder::on(folder, network, &self.contract);
        match guardian.must_be_itself() {
            Ok(()) if !guardian.is_used() => return Ok(None),
            // One that is away can't be asked: it fails when it is, and is named.
            Ok(()) | Err(HomeError::VaultMissing { .. }) => {}
            Err(error) => return Err(error),
        }
        let vault: Box<dyn Vault> = match folder.vault_server() {
            Some(card) => Box::new(configured::vault_at(&card.url, settings.vaults.plain_http)?),
            None => Box::new(Arc::new(OwnVault::new(
                guardian,
                self.ledger.shared(),
                self.contract.clone(),
                FileStore::at(&folder.vault()),
                settings.lock_wait,
            ))),
        };
        Ok(Some(Member::new(configured::OWN.to_owned(), vault)))
    }

    /// Deletes ciphertext that waits in the home for a vault, or was left from an upload.
    ///
    /// # Errors
    ///
    /// [`HomeError::Store`].
    pub fn discard_outgoing(&self, home: &Home, blobs: &[BlobId]) -> Result<(), HomeError> {
        let folder = home.folder().outgoing();
        if !folder.is_dir() {
            return Ok(());
        }
        let outgoing = FileStore::open_folder(&folder)?;
        blobs.iter().try_for_each(|blob| outgoing.delete(blob)).map_err(HomeError::from)
    }

    /// Lets the home's own vault delete the key slots of grants that ended. If it can't now, it does so
    /// when it is next opened.
    pub fn watch_own_vault(&self) {
        let Some(vault) = &self.own_vault else { return };
        if let Err(error) = vault.watch() {
            self.face.notice(&Notice::VaultDidNotLook { error: &error });
        }
    }

    /// What a ledger elsewhere does not show of this profile's own transactions; the face has had a notice.
    #[must_use]
    pub const fn withheld(&self) -> Option<&Withheld> {
        self.withheld.as_ref()
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &HomeLedger {
        &self.ledger
    }

    pub(crate) const fn folder(&self) -> &HomeFolder {
        &self.folder
    }

    pub(crate) fn face(&self) -> &dyn Face {
        &*self.face
    }

    /// Whether transactions are sent, and not only signed or rehearsed.
    pub(crate) fn sends(&self) -> bool {
        self.sending == Sending::Send
    }

    /// The records contract.
    #[must_use]
    pub const fn contract(&self) -> &ContractId {
        &self.contract
    }

    /// The ciphertext with the vaults of the settings; `None` if the settings name none.
    #[must_use]
    pub const fn copies(&self) -> Option<&Copies> {
        self.copies.as_ref()
    }

    /// The store for ciphertext.
    #[must_use]
    pub fn blobs(&self) -> &dyn BlobStore {
        &*self.blobs
    }

    /// Tells the face which vaults got no copy of a ciphertext; enough others have one.
    pub fn tell_missing_copies(&self) {
        for (name, error) in self.copies.iter().flat_map(Copies::missed) {
            self.face.notice(&Notice::VaultHasNoCopy { name: &name, error: &error });
        }
    }

    /// Lets the actor act: on the home's own ledger their account gets what fees need, and whoever joined elsewhere without money gets
    /// their key published. A dry run and signing without sending need neither.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`], [`HomeError::Node`].
    pub fn fund(&self, actor: &Actor) -> Result<(), HomeError> {
        match self.sending {
            Sending::Send => self.ledger.fund(&actor.principal)?,
            _ => return Ok(()),
        }
        // Why it can't be published keeps the actor's own work from a block as well, and is told there; or it is done later.
        let _ = self.publish_lacking_key(actor);
        Ok(())
    }
}
