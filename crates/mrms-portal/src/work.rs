//! Runs the work of a request on a thread of its own, with the home of the session's profile open.

use std::sync::{Arc, PoisonError, RwLock};

use mrms_app::{Actor, Session};
use mrms_crypto::age_file::Passphrase;
use mrms_home::{Home, HomeError, HomeFolder, HomeSettings, Names, OpenHome, ProfileName};
use mrms_people::Person;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::face::PortalFace;
use crate::memory::Memory;
use crate::opened::OpenProfile;

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

    /// The home of a profile, for this face.
    pub(crate) fn home(&self, profile: &ProfileName, face: PortalFace) -> Home {
        let settings = HomeSettings { profile: profile.clone(), ..self.settings() };
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
}

impl Work {
    /// The use cases.
    pub(crate) fn session(&self) -> Session<'_> {
        self.open.session()
    }

    /// The people whom this person knows. Their links have accounts with names, too, and are none.
    pub(crate) fn people(&self) -> Result<Vec<Person>, PortalError> {
        let root = self.actor.keyring.record_root().map_err(refused)?;
        let links = self.session().profile.links(&root).map_err(refused)?;
        let is_link = |person: &Person| links.iter().any(|link| link.principal == person.principal);
        let people = self.names.people().map(|people| people.all().to_vec()).unwrap_or_default();
        Ok(people.into_iter().filter(|person| !is_link(person)).collect())
    }

    fn begin(homes: &Homes, person: OpenProfile) -> Result<Self, PortalError> {
        let home = homes.home(&person.profile, PortalFace::with_words(person.phrase));
        let actor = home.unlock()?;
        let names = home.names(Some(&actor))?;
        let open = home.open()?;
        let root = actor.keyring.record_root().map_err(refused)?;
        let called = open.session().profile.called(&root).map_err(refused)?;
        person.memory.is_called(called.map(|name| name.to_string()));
        Ok(Self { home, actor, names, open, memory: person.memory })
    }
}

/// Does work with the person's home open. The home is closed before the answer is written.
pub(crate) async fn with_home<T: Send + 'static>(
    homes: &Homes,
    person: OpenProfile,
    work: impl FnOnce(&Work) -> Result<T, PortalError> + Send + 'static,
) -> Result<T, PortalError> {
    let homes = homes.clone();
    blocking(move || work(&Work::begin(&homes, person)?)).await
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
