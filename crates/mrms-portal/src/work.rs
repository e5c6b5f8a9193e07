//! Runs the work of a request on a thread of its own, with the home of the session's profile open.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use mrms_app::profile::ProfileError;
use mrms_app::{Actor, Session};
use mrms_core::Principal;
use mrms_crypto::age_file::Passphrase;
use mrms_home::clock::rng;
use mrms_home::mending::set_aside;
use mrms_home::{
    Home, HomeError, HomeFolder, HomeSettings, Names, OpenHome, ProfileName, RemoteSettings,
};
use mrms_people::Person;
use mrms_people::name::{quotable, short};
use zeroize::Zeroizing;

use crate::alarms::Alarms;
use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::memory::{Line, Memory};
use crate::named::Named;
use crate::notes::Notes;
use crate::opened::OpenProfile;

/// So long a page tries to reach a ledger that has not answered yet. One that is slow is reached, and may take its time.
const REACH: Duration = Duration::from_millis(3_500);

/// The homes that the portal can open: one folder, with these settings, for each of its profiles.
#[derive(Clone, Debug)]
pub(crate) struct Homes {
    pub(crate) folder: HomeFolder,
    settings: Arc<RwLock<HomeSettings>>,
}

impl Homes {
    pub(crate) fn new(folder: HomeFolder, settings: HomeSettings) -> Self {
        Self { folder, settings: Arc::new(RwLock::new(settings)) }
    }

    /// The settings as they are now.
    pub(crate) fn settings(&self) -> HomeSettings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on with other settings: the home has joined somebody.
    pub(crate) fn use_settings(&self, settings: HomeSettings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// The same for what ends something: no node holds that up.
    pub(crate) fn for_an_end(&self) -> Self {
        let mut settings = self.settings();
        settings.remote.ending = true;
        Self::new(self.folder.clone(), settings)
    }

    /// The home of a profile, for this face.
    pub(crate) fn home(&self, profile: &ProfileName, face: PortalFace) -> Home {
        let before = self.settings();
        let remote = RemoteSettings { reach: Some(REACH), ..before.remote };
        let settings = HomeSettings { profile: profile.clone(), remote, ..before };
        Home::new(self.folder.clone(), settings, Arc::new(face))
    }
}

/// What the work of a request has: the open home, the person's keys and names.
pub(crate) struct Work {
    pub(crate) home: Home,
    pub(crate) actor: Actor,
    pub(crate) names: Names,
    pub(crate) open: OpenHome,
    pub(crate) memory: Arc<Memory>,
    /// What patients call themselves, as it came with what they shared; read when it is asked for first.
    said: OnceCell<BTreeMap<Principal, String>>,
    /// What the person calls their links; read when it is asked for first.
    labels: OnceCell<BTreeMap<Principal, String>>,
    /// What patients call themselves of whom the vaults were asked for this request.
    learned: RefCell<BTreeMap<Principal, String>>,
    /// Files of the profile's memory that could not be read.
    damaged: RefCell<Vec<ProfileError>>,
}

impl Work {
    /// A file of the profile's memory can't be read: pages go on without it, and say so.
    pub(crate) fn is_damaged(&self, error: ProfileError) {
        let mut damaged = self.damaged.borrow_mut();
        damaged.push(error);
        self.memory.are_damaged(damaged.iter().filter_map(file_of).collect());
    }

    /// Sets aside what is damaged of what pages go on without.
    pub(crate) fn set_damaged_aside(&self) -> Result<(), PortalError> {
        self.for_me()?;
        Ok(set_aside(&self.damaged.borrow()).map(drop)?)
    }

    /// The use cases.
    pub(crate) fn session(&self) -> Session<'_> {
        self.open.session()
    }

    /// The people whom this person knows. Their links have accounts with names, too, and are none.
    pub(crate) fn people(&self) -> Result<Vec<Person>, PortalError> {
        let root = self.actor.keyring.record_root().map_err(refused)?;
        // Damaged, they are told apart by their names alone.
        let links = self.session().profile.links(&root).unwrap_or_default();
        let is_link = |person: &Person| links.iter().any(|link| link.principal == person.principal);
        let people = self.names.people().map(|people| people.all().to_vec()).unwrap_or_default();
        Ok(people.into_iter().filter(|person| !is_link(person)).collect())
    }

    /// Somebody as the person at work knows them: by name, else by what they called themselves in anything that they sent.
    pub(crate) fn named(&self, principal: &Principal) -> Named {
        let named = Named::of(&self.names, &self.actor.principal(), principal);
        let short = match named {
            Named::Unknown(short) => short,
            Named::Link(number, _) => return Named::Link(number, self.label(principal)),
            named => return named,
        };
        match self.called(principal) {
            Some(name) => Named::Calls { short, name },
            None => self.in_line(principal, short),
        }
    }

    /// What somebody called themselves in anything that they sent.
    fn called(&self, principal: &Principal) -> Option<String> {
        let said = self.said().get(principal).cloned();
        let said = said.or_else(|| self.learned.borrow().get(principal).cloned());
        said.map(|name| quotable(&name))
    }

    /// Somebody without a name: by another account of theirs that has one, where they handed everything over.
    fn in_line(&self, principal: &Principal, short: String) -> Named {
        let Line { latest, formers } = self.memory.line_of(principal, Instant::now(), || {
            let session = self.session();
            let latest = session.handed_over_to(principal).ok()?;
            let formers = session.predecessors(principal).ok()?;
            Some(Line { latest, formers: formers.into_iter().map(|(former, _)| former).collect() })
        });
        let by_name = |other: &Principal| {
            let short = match Named::of(&self.names, &self.actor.principal(), other) {
                Named::Unknown(short) => short,
                named => return Some(named),
            };
            self.called(other).map(|name| Named::Calls { short, name })
        };
        if let Some(who) = latest.as_ref().and_then(by_name) {
            return Named::EarlierAccount { who: Box::new(who), short };
        }
        match formers.iter().rev().find_map(by_name) {
            Some(former) => Named::NewAccount { former: Box::new(former), short },
            None => Named::Unknown(short),
        }
    }

    /// What the person calls a link of theirs.
    fn label(&self, link: &Principal) -> Option<String> {
        self.labels
            .get_or_init(|| {
                let Ok(root) = self.actor.keyring.record_root() else { return BTreeMap::new() };
                let links = self.session().profile.links(&root).unwrap_or_default();
                links.into_iter().filter_map(|link| Some((link.principal, link.label?))).collect()
            })
            .get(link)
            .map(|label| quotable(label))
    }

    /// Somebody who can read, or did. An account that has neither a name nor a key is called what it is.
    pub(crate) fn reader(&self, principal: &Principal) -> Named {
        match self.named(principal) {
            // Where the ledger does not answer, it stays an account.
            Named::Unknown(_) if self.has_key(principal).is_ok_and(|has| !has) => {
                Named::NoKey(short(principal))
            }
            named => named,
        }
    }

    /// The same with the organisation for which they act.
    pub(crate) fn named_for(
        &self,
        principal: &Principal,
        organisation: Option<&Principal>,
    ) -> Named {
        let who = self.reader(principal);
        match organisation {
            None => who,
            Some(organisation) => Named::Member {
                who: Box::new(who),
                organisation: Box::new(self.named(organisation)),
            },
        }
    }

    /// Those of these readers who are no people: links, also such as this profile does not know.
    pub(crate) fn links_among<'p>(
        &self,
        readers: impl IntoIterator<Item = &'p Principal>,
    ) -> Result<BTreeSet<Principal>, PortalError> {
        let mut links = BTreeSet::new();
        for reader in readers {
            let is_link = match self.named(reader) {
                Named::Link(..) => true,
                Named::Unknown(_) => !self.has_key(reader)?,
                _ => false,
            };
            if is_link {
                links.insert(reader.clone());
            }
        }
        Ok(links)
    }

    fn has_key(&self, principal: &Principal) -> Result<bool, PortalError> {
        self.memory.has_key(principal, || {
            let found = self.session().without_key(std::slice::from_ref(principal));
            Ok(found.map_err(refused)?.is_empty())
        })
    }

    /// Whether this patient shared something with the person, and came with a name.
    pub(crate) fn has_said(&self, who: &Principal) -> bool {
        self.said().contains_key(who)
    }

    /// What a patient who let this person act for them calls themselves: the vaults are asked, now and then. Whoever can't be
    /// asked leaves the account without a name.
    pub(crate) fn learned(&self, patient: &Principal) -> Option<String> {
        if !self.memory.asks_name_of(patient, Instant::now()) {
            return None;
        }
        let learned = self.session().learn_patient(&self.actor, patient, &mut rng());
        let name = learned.ok().flatten()?.as_str().to_owned();
        self.learned.borrow_mut().insert(patient.clone(), name.clone());
        Some(name)
    }

    /// What patients call themselves. What can't be read tells nothing.
    fn said(&self) -> &BTreeMap<Principal, String> {
        self.said.get_or_init(|| {
            let session = self.session();
            let Ok(root) = self.actor.keyring.record_root() else { return BTreeMap::new() };
            let Ok(received) = session.profile.received(&root) else { return BTreeMap::new() };
            let records = received.records(session.contract).into_values();
            let said = records.filter_map(|one| {
                let name = one.patient_name()?.as_str().to_owned();
                Some((one.patient, name))
            });
            said.collect()
        })
    }

    /// Something is about to end. Tells the person if what they gave can't be read here.
    pub(crate) fn tell_unremembered(&self) {
        if self.session().must_remember_grants(&self.actor).is_err() {
            self.memory.change_notes(Notes::is_unremembered);
        }
    }

    fn begin(homes: &Homes, person: OpenProfile) -> Result<Self, PortalError> {
        let face = PortalFace::with_words(person.phrase).telling(Arc::clone(&person.memory));
        let home = homes.home(&person.profile, face);
        let actor = home.unlock()?;
        // What the profile remembers of others is no reason to keep its person from their own records.
        let (names, mut damaged) = home.readable_names(&actor)?;
        let open = home.open()?;
        let root = actor.keyring.record_root().map_err(refused)?;
        let called = open.session().profile.called(&root).unwrap_or_else(|error| {
            damaged.push(error);
            None
        });
        person.memory.are_damaged(damaged.iter().filter_map(file_of).collect());
        let damaged = RefCell::new(damaged);
        person.memory.is_called(called.map(|name| name.to_string()));
        let (said, labels, learned) = (OnceCell::new(), OnceCell::new(), RefCell::default());
        let memory = person.memory;
        let work = Self { home, actor, names, open, memory, said, labels, learned, damaged };
        // Where the ledger can't be asked, what was known stays.
        if let Some(told) = work.open.told() {
            work.memory.alarms_are(Alarms::of(&work, told));
        }
        Ok(work)
    }
}

/// The name of the file that can't be read.
fn file_of(error: &ProfileError) -> Option<String> {
    let path = match error {
        ProfileError::Damaged { path, .. }
        | ProfileError::Earlier { path }
        | ProfileError::Gone { path }
        | ProfileError::Io { path, .. } => path,
        _ => return None,
    };
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// Does work with the person's home open. The home is closed before the answer is written.
pub(crate) async fn with_home<T: Send + 'static>(
    homes: &Homes,
    person: OpenProfile,
    work: impl FnOnce(&Work) -> Result<T, PortalError> + Send + 'static,
) -> Result<T, PortalError> {
    let homes = homes.clone();
    blocking(move || {
        let begun = Work::begin(&homes, person)?;
        let done = work(&begun);
        begun.settle_notes();
        done
    })
    .await
}

/// The 24 words of a profile, by its passphrase; `None` if that is wrong.
pub(crate) async fn phrase_of(
    homes: &Homes,
    profile: ProfileName,
    passphrase: Zeroizing<String>,
) -> Result<Option<Zeroizing<String>>, PortalError> {
    let homes = homes.clone();
    blocking(move || {
        let Some(passphrase) = Passphrase::new(passphrase) else { return Ok(None) };
        let home = homes.home(&profile, PortalFace::with_passphrase(passphrase));
        match home.words_by_passphrase() {
            Ok(words) => Ok(Some(words.to_phrase())),
            Err(HomeError::WrongPassphrase) => Ok(None),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Runs what blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PortalError> + Send + 'static,
) -> Result<T, PortalError> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(PortalError::BrokeOff))
}
